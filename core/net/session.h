/* SPDX-License-Identifier: MIT */
#ifndef NET_SESSION_H
#define NET_SESSION_H

#include "base/buf.h"
#include "net/server.h"

/*
 * A server's end of one connection: requests one after the other, or the upgrade to a channel.
 * session.c reads and keeps the state; answer.c offers requests to the service and sends what it
 * answers.
 */
enum session_state { SESSION_HEAD, SESSION_BODY, SESSION_ANSWER, SESSION_DISCARD, SESSION_GONE };

struct session {
	struct io_server *server;
	struct conn *conn;
	struct session *prev, *next;
	enum session_state state;
	struct buf in; /* the request's head */
	struct buf stash;
	struct io_exchange *exchange;
	uint64_t body_left;
	bool keep_alive;
	bool closing; /* the server is: tell in the next turn */
	struct task task;
};

/* Takes `fd`. */
void net_session_open(struct io_server *server, int fd);
/* Ends all of them in the next turn, telling those whose exchanges are not aborted until then. */
void net_sessions_close(struct io_server *server);
/* The loop is being destroyed: frees them. */
void net_sessions_fini(struct io_server *server);

struct http_head;
/* session.c, for answer.c */
void net_session_next(struct session *session);     /* this request is over */
void net_session_body_due(struct session *session); /* more of the body has to come in time */
void net_session_body_complete(struct session *session);
/* Answer and close: what follows on this connection can't be trusted to be a request. */
void net_session_refuse(struct session *session, int status, const char *why);
/* The connection is lost to us; its exchange is told. */
void net_session_drop(struct session *session, const char *why);
/* Let go of the connection. Freed in the next turn: somebody below may be looking at it. */
void net_session_leave(struct session *session);
/* answer.c, for session.c */
void net_session_begin(struct session *session, const struct http_head *head);
void net_session_writable(struct conn *conn);
void net_session_flushed(struct conn *conn);

#endif
