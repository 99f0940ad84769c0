/* SPDX-License-Identifier: MIT */
#ifndef NODE_PROCESS_DAEMON_H
#define NODE_PROCESS_DAEMON_H

#include "net/loop.h"

/* What the processes of all roles share: log lines, SIGTERM or SIGINT that end a loop, locks. */

/* One line: time, level, role, text. `arg` is the role's name. */
void daemon_log(void *arg, const char *level, const char *line);
/* SIGTERM and SIGINT stop `loop`; SIGPIPE is ignored. One loop a process. */
void daemon_signals(struct loop *loop);
/*
 * As io_disk's lock, until `until_ms` by io_mono_ms: a predecessor that was just killed may hold it
 * for a moment yet, and whoever starts the next one should not have to know. Blocks.
 */
int daemon_lock(struct io *io, const char *path, uint64_t until_ms);

#endif
