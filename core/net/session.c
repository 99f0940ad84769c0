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
#include "net/channel.h"
#include "net/exchange.h"

enum session_state { SESSION_HEAD, SESSION_BODY, SESSION_ANSWER, SESSION_DISCARD, SESSION_GONE };

enum { DISCARD_MAX = 64 << 20 }; /* bytes of an unwanted body that are read for politeness */

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

static const struct conn_ops session_ops;
static const struct io_exchange_events nobody; /* for exchanges that are answered at once */

static void session_turn(struct task *task);
static void next_request(struct session *session);
static size_t take_head(struct session *session, const char *bytes, size_t size);
static size_t take_body(struct session *session, const char *bytes, size_t size);
static void begin(struct session *session, struct http_head *head);

void session_open(struct io_server *server, int fd)
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
	next_request(session);
}

/* Free in the next turn: somebody below may be looking at it. */
static void leave(struct session *session)
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
	leave(session);
	if (exchange)
		exchange_close(exchange, why);
}

void sessions_close(struct io_server *server)
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

void sessions_fini(struct io_server *server)
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
		lost(conn, "the server is closing");
		conn_destroy(conn);
	} else {
		struct buf stash = session->stash;

		session->stash = (struct buf){0};
		conn_pause(conn, false); /* again where what follows has to wait too */
		conn->ops->received(conn, stash.data, stash.size);
		buf_fini(&stash);
	}
}

/* ---- in
 * ----------------------------------------------------------------------------------------------------
 */

static void stash_rest(struct session *session, const char *bytes, size_t size)
{
	buf_append(&session->stash, bytes, size);
	if (session->stash.failed) {
		struct conn *conn = session->conn;

		lost(conn, "out of memory");
		conn_destroy(conn);
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

/* Answer and close: what follows on this connection can't be trusted to be a request. */
static void refuse(struct session *session, int status, const char *why)
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
	leave(session);
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
		conn_deadline(session->conn, NET_HEAD_MS, "no whole request came in time");
	}
	buf_append(&session->in, bytes, taken);
	whole = session->in.failed ? 0 : http_head_size(session->in.data, session->in.size, old);
	if (whole == 0) {
		if (session->in.failed || session->in.size == HTTP_HEAD_MAX)
			refuse(session, 431, "the request's head is larger than 16 KiB");
		return taken;
	}
	conn_deadline(session->conn, 0, NULL);
	status = http_parse_request(session->in.data, whole, &head);
	if (status)
		refuse(session, status, head.why);
	else
		begin(session, &head);
	return whole - old;
}

static void more_to_come(struct session *session)
{
	if (!session->exchange || !session->exchange->paused)
		conn_deadline(session->conn, NET_STALL_MS, "the request's body stopped coming");
}

static void body_complete(struct session *session)
{
	struct io_exchange *exchange = session->exchange;

	conn_deadline(session->conn, 0, NULL);
	if (session->state == SESSION_DISCARD) {
		next_request(session);
		return;
	}
	session->state = SESSION_ANSWER;
	exchange_body_end(exchange);
	if (session->state == SESSION_ANSWER && session->exchange == exchange &&
	        exchange->responded && exchange_sent(exchange))
		conn_kick(session->conn);
}

static size_t take_body(struct session *session, const char *bytes, size_t size)
{
	size_t taken = size < session->body_left ? size : (size_t)session->body_left;

	session->body_left -= taken;
	if (session->exchange)
		exchange_body(session->exchange, bytes, taken);
	if (session->state == SESSION_GONE)
		return taken;
	if (session->body_left == 0)
		body_complete(session);
	else
		more_to_come(session);
	return taken;
}

/* ---- requests
 * ---------------------------------------------------------------------------------------------- */

static void next_request(struct session *session)
{
	struct conn *conn = session->conn;

	if (!session->keep_alive && session->in.size > 0) {
		leave(session);
		conn_finish(conn);
		return;
	}
	session->state = SESSION_HEAD;
	buf_clear(&session->in);
	conn_rest(conn);
	conn_deadline(conn, NET_IDLE_MS, "no further request");
	if (session->stash.size > 0)
		loop_defer(conn->loop, &session->task);
	else
		conn_pause(conn, false);
}

/* A response without an event: errors of the service, and what it refuses. */
static void answer_error(struct session *session, int status)
{
	struct io_response response = {
	        .status = status, .headers[IO_CONTENT_TYPE] = "application/json"};
	struct io_exchange *exchange = session->exchange;
	struct buf body = {0};

	exchange->events = &nobody;
	http_print_error(&body, status, http_status_text(status));
	response.body_size = body.size;
	session_respond(exchange, &response);
	if (!exchange_sent(exchange))
		conn_queue(session->conn, body.data, body.size);
	exchange->send_left = 0;
	buf_fini(&body);
}

static void make_request(const struct http_head *head, struct io_request *ret)
{
	*ret = (struct io_request){
	        .method = head->method, .path = head->path, .body_size = head->body_size};
	memcpy(ret->headers, head->headers, sizeof(ret->headers));
}

/* The service says whether it takes the request; it may have answered, even aborted, before it
 * returns. */
static void offer(struct session *session, const struct http_head *head)
{
	struct io_server *server = session->server;
	struct io_exchange *exchange = session->exchange;
	const struct io_exchange_events *events = NULL;
	struct io_request request;
	void *arg = NULL;
	int status;

	make_request(head, &request);
	status = server->service->exchange(server->arg, exchange, &request, &events, &arg);
	if (session->state == SESSION_GONE || session->exchange != exchange)
		return;
	exchange->events = events ? events : &nobody;
	exchange->arg = arg;
	if (!exchange->responded && (status != 0 || !events))
		answer_error(session, status >= 400 && status <= 599 ? status : 500);
	assert(events || exchange_sent(exchange)); /* else nobody would ever write the body */
}

static void begin_exchange(struct session *session, const struct http_head *head)
{
	struct io_exchange *exchange = exchange_create(session->server->loop);

	if (!exchange) {
		refuse(session, 503, "out of memory");
		return;
	}
	exchange->conn = session->conn;
	exchange->session = session;
	exchange->head_only = strcmp(head->method, "HEAD") == 0;
	exchange->old = head->old;
	exchange->send_left = IO_BODY_UNKNOWN;
	session->exchange = exchange;
	session->keep_alive = head->keep_alive;
	session->body_left = head->body_size;
	session->state = head->body_size > 0 ? SESSION_BODY : SESSION_ANSWER;
	offer(session, head);
	if (session->state == SESSION_BODY && head->expects_continue && !exchange->responded)
		conn_queue(session->conn, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	if (session->state == SESSION_BODY)
		more_to_come(session);
	else if (session->state == SESSION_ANSWER)
		body_complete(session);
}

/* The socket leaves HTTP: libwebsockets takes a duplicate, this connection ends without a word. */
static void begin_channel(struct session *session, const struct http_head *head)
{
	struct conn *conn = session->conn;
	struct io_request request;
	int status;

	make_request(head, &request);
	status = channel_accept(session->server, &request, head->key, conn_dup(conn));
	if (session->state == SESSION_GONE)
		return;
	if (status) {
		refuse(session, status >= 400 && status <= 599 ? status : 500,
		        http_status_text(status));
		return;
	}
	conn_pause(conn, true);
	leave(session);
	conn_destroy(conn);
}

static void begin(struct session *session, struct http_head *head)
{
	if (head->upgrade)
		begin_channel(session, head);
	else
		begin_exchange(session, head);
}

/* ---- responses
 * --------------------------------------------------------------------------------------------- */

static bool has_body(const struct io_exchange *exchange, int status)
{
	return !exchange->head_only && status != 204 && status != 304 && status >= 200;
}

int session_respond(struct io_exchange *exchange, const struct io_response *response)
{
	struct session *session = exchange->session;
	bool unknown =
	        response->body_size == IO_BODY_UNKNOWN && has_body(exchange, response->status);
	struct buf head = {0};

	if (exchange->responded)
		return DFS_E_INVAL;
	if (!exchange->conn)
		return DFS_E_CLOSED;
	if ((unknown && exchange->old) ||
	        (session->state == SESSION_BODY && session->body_left > DISCARD_MAX))
		session->keep_alive = false;
	exchange->chunked_out = unknown && !exchange->old;
	http_print_response(&head, response, session->keep_alive, exchange->chunked_out);
	if (head.failed)
		return DFS_E_NOMEM;
	exchange->responded = true;
	exchange->send_left = has_body(exchange, response->status) ? response->body_size : 0;
	conn_queue(exchange->conn, head.data, head.size);
	buf_fini(&head);
	return 0;
}

static void writable(struct conn *conn)
{
	struct session *session = conn->owner;

	if (session->exchange)
		exchange_writable(session->exchange);
}

/* The response is with the kernel: the exchange is over, whatever of its request is still to come.
 */
static void flushed(struct conn *conn)
{
	struct session *session = conn->owner;
	struct io_exchange *exchange = session->exchange;
	bool whole = session->state == SESSION_ANSWER;

	if (!exchange || !exchange->responded || !exchange_sent(exchange))
		return;
	session->exchange = NULL;
	exchange_close(exchange, whole ? NULL : "answered before the whole request had come");
	if (session->state == SESSION_GONE)
		return;
	if (whole) {
		next_request(session);
	} else if (session->body_left > DISCARD_MAX) {
		leave(session);
		conn_finish(conn);
	} else {
		session->state = SESSION_DISCARD;
		conn_pause(conn, false);
		more_to_come(session);
	}
}

void session_paused(struct io_exchange *exchange)
{
	conn_pause(exchange->conn, exchange->paused || exchange->session->stash.size > 0);
	if (exchange->paused || exchange->session->state != SESSION_BODY)
		conn_deadline(exchange->conn, 0, NULL);
	else
		more_to_come(exchange->session);
}

void session_abort(struct io_exchange *exchange)
{
	struct session *session = exchange->session;
	struct conn *conn = exchange->conn;

	if (!conn)
		return;
	session->exchange = NULL;
	leave(session);
	conn_destroy(conn);
}

static const struct conn_ops session_ops = {
        .received = received,
        .writable = writable,
        .flushed = flushed,
        .lost = lost,
};
