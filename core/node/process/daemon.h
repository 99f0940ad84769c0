/* SPDX-License-Identifier: MIT */
#ifndef NODE_PROCESS_DAEMON_H
#define NODE_PROCESS_DAEMON_H

#include "net/loop.h"

/* What the processes of all roles share: log lines, and SIGTERM or SIGINT that end a loop. */

/* One line: time, level, role, text. `arg` is the role's name. */
void daemon_log(void *arg, const char *level, const char *line);
/* SIGTERM and SIGINT stop `loop`; SIGPIPE is ignored. One loop a process. */
void daemon_signals(struct loop *loop);

#endif
