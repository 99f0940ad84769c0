/* SPDX-License-Identifier: MIT */
/*
 * A server's end of one connection: requests, one after the other.
 *
 *   HEAD --whole--> BODY --all of it--> ANSWER --response flushed--> HEAD ...
 *     |              |
 *     |              +--response flushed--> DISCARD --all of it--> HEAD ...
 *     |                                        +--too much--> lingering close
 *     +--malformed: 4xx--> lingering close
 *     +--upgrade: the socket goes to channel.c
 *
 * In ANSWER the next requests wait in `stash` (one read at most), and the socket is not read while
 * they do; else it is, to hear of the client's end.
 */
#include "net/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>
#include "net/exchange.h"

static const struct conn_ops session_ops;

static void session_turn(struct task *task);
static size_t take_head(struct session *session, const char *bytes, size_t size);
static size_t take_body(struct session *session, const char *bytes, size_t size);

void net_session_open(struct io_server *server, int fd)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session) {
		close(fd);
		return;
	}
	session->server = server;
	session->task.run = session_turn;
	session->conn = conn_accept(server->loop, fd);
	if (!session->conn) {
		free(session);
		return;
	}
	DL_APPEND(server->sessions, session);
	conn_own(session->conn, &session_ops, session);
	net_session_next(session);
}

void net_session_leave(struct session *session)
{
	assert(session->state != SESSION_GONE);
	session->state = SESSION_GONE;
	DL_DELETE(session->server->sessions, session);
	loop_defer(session->server->loop, &session->task);
	session->conn = NULL;
}

static void lost(struct conn *conn, const char *why)
{
	struct session *session = conn->owner;
	struct io_exchange *exchange = session->exchange;

	session->exchange = NULL;
	net_session_leave(session);
	if (exchange)
		net_exchange_close(exchange, why);
}

void net_session_drop(struct session *session, const char *why)
{
	struct conn *conn = session->conn;

	lost(conn, why);
	conn_destroy(conn);
}

void net_sessions_close(struct io_server *server)
{
	struct session *session;

	DL_FOREACH (server->sessions, session) {
		session->closing = true;
		loop_defer(server->loop, &session->task);
	}
}

static void destroy(struct session *session)
{
	buf_fini(&session->in);
	buf_fini(&session->stash);
	free(session);
}

void net_sessions_fini(struct io_server *server)
{
	struct session *session, *next;

	DL_FOREACH_SAFE (server->sessions, session, next) {
		loop_undefer(server->loop, &session->task);
		destroy(session);
	}
}

static void session_turn(struct task *task)
{
	struct session *session = (struct session *)((char *)task - offsetof(struct session, task));
	struct conn *conn = session->conn;

	if (session->state == SESSION_GONE) {
		destroy(session);
	} else if (session->closing) {
		net_session_drop(session, "the server is closing");
	} else {
		struct buf stash = session->stash;

		session->stash = (struct buf){0};
		conn_pause(conn, false); /* again where what follows has to wait too */
		conn->ops->received(conn, stash.data, stash.size);
		buf_fini(&stash);
	}
}

/* ---- in ---- */

static void stash_rest(struct session *session, const char *bytes, size_t size)
{
	buf_append(&session->stash, bytes, size);
	if (session->stash.failed) {
		net_session_drop(session, "out of memory");
		return;
	}
	conn_pause(session->conn, true);
}

/* How many of the bytes this state uses; 0: they wait. */
static size_t step(struct session *session, const char *bytes, size_t size)
{
	switch (session->state) {
	case SESSION_HEAD:
		return take_head(session, bytes, size);
	case SESSION_BODY:
	case SESSION_DISCARD:
		return take_body(session, bytes, size);
	default:
		return 0;
	}
}

static void received(struct conn *conn, const char *bytes, size_t size)
{
	struct session *session = conn->owner;

	while (size > 0 && session->state != SESSION_GONE) {
		size_t used = step(session, bytes, size);

		if (used == 0 && session->state == SESSION_ANSWER) {
			stash_rest(session, bytes, size);
			return;
		}
		bytes += used;
		size -= used;
	}
}

void net_session_refuse(struct session *session, int status, const char *why)
{
	struct io_response response = {
	        .status = status, .headers[IO_CONTENT_TYPE] = "application/json"};
	struct conn *conn = session->conn;
	struct buf body = {0}, head = {0};

	http_print_error(&body, status, why);
	response.body_size = body.size;
	http_print_response(&head, &response, false, false);
	conn_queue(conn, head.data, head.size);
	conn_queue(conn, body.data, body.size);
	buf_fini(&head);
	buf_fini(&body);
	net_session_leave(session);
	conn_finish(conn);
}

static size_t take_head(struct session *session, const char *bytes, size_t size)
{
	size_t old = session->in.size;
	size_t room = HTTP_HEAD_MAX - old;
	size_t taken = size < room ? size : room;
	struct http_head head;
	size_t whole;
	int status;

	if (old == 0) {
		if (*bytes == '\r' ||
		        *bytes == '\n') /* RFC 9112 2.2: empty lines before a request */
			return 1;
		conn_deadline(session->conn, session->server->loop->limits.head_ms,
		        "no whole request came in time");
	}
	buf_append(&session->in, bytes, taken);
	whole = session->in.failed ? 0 : http_head_size(session->in.data, session->in.size, old);
	if (whole == 0) {
		if (session->in.failed || session->in.size == HTTP_HEAD_MAX)
			net_session_refuse(
			        session, 431, "the request's head is larger than 16 KiB");
		return taken;
	}
	conn_deadline(session->conn, 0, NULL);
	status = http_parse_request(session->in.data, whole, &head);
	if (status)
		net_session_refuse(session, status, head.why);
	else
		net_session_begin(session, &head);
	return whole - old;
}

void net_session_body_due(struct session *session)
{
	if (!session->exchange || !session->exchange->paused)
		conn_deadline(session->conn, session->server->loop->limits.stall_ms,
		        "the request's body stopped coming");
}

void net_session_body_complete(struct session *session)
{
	struct io_exchange *exchange = session->exchange;

	conn_deadline(session->conn, 0, NULL);
	if (session->state == SESSION_DISCARD) {
		net_session_next(session);
		return;
	}
	session->state = SESSION_ANSWER;
	net_exchange_body_end(exchange);
	if (session->state == SESSION_ANSWER && session->exchange == exchange &&
	        exchange->responded && exchange_sent(exchange))
		conn_kick(session->conn);
}

static size_t take_body(struct session *session, const char *bytes, size_t size)
{
	size_t taken = size < session->body_left ? size : (size_t)session->body_left;

	session->body_left -= taken;
	if (session->exchange)
		net_exchange_body(session->exchange, bytes, taken);
	if (session->state == SESSION_GONE)
		return taken;
	if (session->body_left == 0)
		net_session_body_complete(session);
	else
		net_session_body_due(session);
	return taken;
}

void net_session_next(struct session *session)
{
	struct conn *conn = session->conn;

	if (!session->keep_alive && session->in.size > 0) {
		net_session_leave(session);
		conn_finish(conn);
		return;
	}
	session->state = SESSION_HEAD;
	buf_clear(&session->in);
	conn_rest(conn);
	conn_deadline(conn, session->server->loop->limits.idle_ms, "no further request");
	if (session->stash.size > 0)
		loop_defer(conn->loop, &session->task);
	else
		conn_pause(conn, false);
}

/* Of a body the service may want to have its bytes in a place of its own. */
static char *room(struct conn *conn, size_t *ret_size)
{
	struct session *session = conn->owner;

	if (session->state != SESSION_BODY || !session->exchange)
		return NULL;
	return net_exchange_room(session->exchange, session->body_left, ret_size);
}

static uint64_t due(struct conn *conn)
{
	const struct session *session = conn->owner;
	bool reads = session->state == SESSION_BODY || session->state == SESSION_DISCARD;

	return reads ? session->body_left : 0;
}

static const struct conn_ops session_ops = {
        .received = received,
        .room = room,
        .due = due,
        .writable = net_session_writable,
        .flushed = net_session_flushed,
        .lost = lost,
};
