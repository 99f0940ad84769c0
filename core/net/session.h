/* SPDX-License-Identifier: MIT */
#ifndef NET_SESSION_H
#define NET_SESSION_H

#include "net/server.h"

/* A server's end of one connection: requests one after the other, or the upgrade to a channel. */

/* Takes `fd`. */
void session_open(struct io_server *server, int fd);
/* Ends all of them in the next turn, telling those whose exchanges are not aborted until then. */
void sessions_close(struct io_server *server);
/* The loop is being destroyed: frees them. */
void sessions_fini(struct io_server *server);

#endif
