/* SPDX-License-Identifier: MIT */
/*
 * A client's end of an exchange: find or make a connection, send the request, understand the
 * response.
 *
 *   deferred --> looking up --> connecting --> REPLY_HEAD --> REPLY_SIZED | CHUNKED | TO_END -->
 * closed |                                        ^ |
 *       +-- an idle connection (pool.c) ---------+ +-- lost before a byte came, and it was an idle
 * one: once more on a fresh one
 *
 * The response is read while the body is still being sent: a server may refuse in the middle of it.
 */
#include "net/exchange.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "net/pool.h"

static const struct conn_ops request_ops;

static void start(struct task *task);
static void connect_to(struct io_exchange *exchange);
static void send_head(struct io_exchange *exchange, struct conn *conn);
static size_t take_head(struct io_exchange *exchange, const char *bytes, size_t size);
static size_t take_body(struct io_exchange *exchange, const char *bytes, size_t size);
static void finish(struct io_exchange *exchange);

struct io_exchange *request_open(void *ctx, const char *address, const struct io_request *request,
        const struct io_exchange_events *events, void *arg)
{
	struct loop *loop = ctx;
	struct io_exchange *exchange = exchange_create(loop);
	const char *fault = http_request_fault(request);

	if (!exchange)
		return NULL;
	snprintf(exchange->address, sizeof(exchange->address), "%s", address);
	exchange->events = events;
	exchange->arg = arg;
	exchange->send_left = request->body_size;
	exchange->head_request = strcmp(request->method, "HEAD") == 0;
	exchange->idempotent = strcmp(request->method, "POST") != 0;
	if (fault)
		snprintf(exchange->why, sizeof(exchange->why), "%s: %s", exchange->address, fault);
	else
		http_print_request(&exchange->head, address, request);
	if (exchange->head.failed)
		snprintf(exchange->why, sizeof(exchange->why), "%s: out of memory",
		        exchange->address);
	exchange->task.run = start;
	loop_defer(loop, &exchange->task);
	return exchange;
}

void request_abort(struct io_exchange *exchange)
{
	if (exchange->conn)
		conn_destroy(exchange->conn);
}

void request_paused(struct io_exchange *exchange)
{
	struct conn *conn = exchange->conn;

	if (conn->state != CONN_OPEN)
		return; /* opened() looks */
	conn_pause(conn, exchange->paused);
	if (exchange->paused)
		conn_deadline(conn, 0, NULL);
	else
		conn_deadline(conn, exchange->heard ? NET_STALL_MS : NET_ANSWER_MS,
		        "no answer came in time");
}

/* ---- connecting
 * -------------------------------------------------------------------------------------------- */

static void fail(struct io_exchange *exchange, const char *what, const char *why)
{
	char text[sizeof(exchange->why)];

	snprintf(text, sizeof(text), "%s%.*s: %s", what, (int)sizeof(exchange->address),
	        exchange->address, why);
	exchange_close(exchange, text);
}

static void start(struct task *task)
{
	struct io_exchange *exchange =
	        (struct io_exchange *)((char *)task - offsetof(struct io_exchange, task));
	struct conn *conn;

	if (*exchange->why) {
		exchange_close(exchange, exchange->why);
		return;
	}
	conn = pool_take(exchange->loop, exchange->address);
	if (!conn) {
		connect_to(exchange);
		return;
	}
	exchange->reused = true;
	conn_own(conn, &request_ops, exchange);
	send_head(exchange, conn);
}

static void connect_now(struct io_exchange *exchange)
{
	struct address *peer = &exchange->lookup.address;
	struct conn *conn = conn_connect(exchange->loop, exchange->address,
	        (const struct sockaddr *)&peer->sockaddr, peer->size);

	if (!conn) {
		fail(exchange, "can not connect to ", strerror(errno));
		return;
	}
	exchange->conn = conn;
	conn_own(conn, &request_ops, exchange);
}

static void looked_up(struct lookup *lookup)
{
	struct io_exchange *exchange =
	        (struct io_exchange *)((char *)lookup - offsetof(struct io_exchange, lookup));

	if (!exchange->events)
		exchange_release(exchange); /* aborted meanwhile */
	else if (lookup->failed)
		fail(exchange, "can not connect to ", lookup->why);
	else
		connect_now(exchange);
}

static void connect_to(struct io_exchange *exchange)
{
	switch (lookup_start(
	        &exchange->lookup, &exchange->loop->io, exchange->address, looked_up)) {
	case 0:
		connect_now(exchange);
		break;
	case -1:
		exchange_close(exchange, exchange->lookup.why);
		break;
	default:
		break;
	}
}

static void opened(struct conn *conn)
{
	send_head(conn->owner, conn);
}

/* The head leaves with the first bytes of the body, where the caller has some ready. */
static void send_head(struct io_exchange *exchange, struct conn *conn)
{
	exchange->conn = conn;
	exchange->opened = true;
	conn_queue(conn, exchange->head.data, exchange->head.size);
	if (exchange->want_write)
		conn_want_write(conn);
	if (exchange->paused)
		conn_pause(conn, true);
	else
		conn_deadline(conn, exchange_sent(exchange) ? NET_ANSWER_MS : 0,
		        "no answer came in time");
}

static bool may_repeat(const struct io_exchange *exchange)
{
	return exchange->reused && !exchange->heard && !exchange->started &&
	       (exchange->idempotent || !exchange_sent(exchange));
}

static void lost(struct conn *conn, const char *why)
{
	struct io_exchange *exchange = conn->owner;

	exchange->conn = NULL;
	if (may_repeat(exchange)) {
		exchange->reused = false;
		connect_to(exchange);
	} else if (exchange->reading == REPLY_TO_END && exchange->heard) {
		exchange->keep_alive = false;
		finish(exchange);
	} else {
		fail(exchange, exchange->opened ? "" : "can not connect to ", why);
	}
}

/* ---- the response
 * ------------------------------------------------------------------------------------------ */

static void received(struct conn *conn, const char *bytes, size_t size)
{
	struct io_exchange *exchange = conn->owner;

	exchange->heard = true;
	if (!exchange->paused)
		conn_deadline(conn, NET_STALL_MS, "the answer stopped coming");
	while (size > 0 && exchange->conn) {
		size_t used = exchange->reading == REPLY_HEAD ? take_head(exchange, bytes, size)
		                                              : take_body(exchange, bytes, size);

		bytes += used;
		size -= used;
	}
	if (size > 0 && conn->ops)
		conn->ops->received(conn, bytes,
		        size); /* more than the answer: pool.c does not trust it any more */
}

static void give_up(struct io_exchange *exchange, const char *why)
{
	struct conn *conn = exchange->conn;

	exchange->conn = NULL;
	conn_destroy(conn);
	fail(exchange, "", why);
}

static bool has_body(const struct io_exchange *exchange, int status)
{
	return !exchange->head_request && status != 204 && status != 304;
}

static void begin_reply(struct io_exchange *exchange, const struct http_head *head)
{
	struct io_response response = {.status = head->status, .body_size = head->body_size};

	memcpy(response.headers, head->headers, sizeof(response.headers));
	exchange->keep_alive = head->keep_alive;
	exchange->reading = head->chunked      ? REPLY_CHUNKED
	                    : head->has_length ? REPLY_SIZED
	                                       : REPLY_TO_END;
	exchange->receive_left = head->body_size;
	if (!has_body(exchange, head->status)) {
		exchange->reading = REPLY_SIZED;
		exchange->receive_left = 0;
	}
	if (exchange->events && exchange->events->response)
		exchange->events->response(exchange->arg, &response);
	if (exchange->conn && exchange->reading == REPLY_SIZED && exchange->receive_left == 0)
		finish(exchange);
}

static size_t take_head(struct io_exchange *exchange, const char *bytes, size_t size)
{
	size_t old = exchange->in.size;
	size_t room = HTTP_HEAD_MAX - old;
	size_t taken = size < room ? size : room;
	struct http_head head;
	size_t whole;

	buf_append(&exchange->in, bytes, taken);
	whole = exchange->in.failed ? 0 : http_head_size(exchange->in.data, exchange->in.size, old);
	if (whole == 0) {
		if (exchange->in.failed || exchange->in.size == HTTP_HEAD_MAX)
			give_up(exchange, "the answer's head is larger than 16 KiB");
		return taken;
	}
	if (http_parse_response(exchange->in.data, whole, &head))
		give_up(exchange, head.why);
	else if (head.status == 101)
		give_up(exchange, "the server changes to another protocol");
	else if (head.status >= 200)
		begin_reply(exchange, &head);
	buf_clear(&exchange->in); /* after 100 Continue the real one follows */
	return whole - old;
}

static size_t take_chunked(struct io_exchange *exchange, const char *bytes, size_t size)
{
	const char *data = NULL;
	size_t data_size;
	bool end;
	ptrdiff_t used = http_chunks_step(&exchange->chunks, bytes, size, &data, &data_size, &end);

	if (used < 0) {
		give_up(exchange, "the answer is not in the chunked encoding that it says");
		return size;
	}
	exchange_body(exchange, data, data_size);
	if (end && exchange->conn)
		finish(exchange);
	return (size_t)used;
}

static size_t take_body(struct io_exchange *exchange, const char *bytes, size_t size)
{
	size_t taken = size;

	if (exchange->reading == REPLY_CHUNKED)
		return take_chunked(exchange, bytes, size);
	if (exchange->reading == REPLY_SIZED && taken > exchange->receive_left)
		taken = (size_t)exchange->receive_left;
	if (exchange->reading == REPLY_SIZED)
		exchange->receive_left -= taken;
	exchange_body(exchange, bytes, taken);
	if (exchange->conn && exchange->reading == REPLY_SIZED && exchange->receive_left == 0)
		finish(exchange);
	return taken;
}

/* The response is whole. Was the request? */
static void finish(struct io_exchange *exchange)
{
	struct conn *conn = exchange->conn;
	bool whole = exchange_sent(exchange) && (!conn || conn_is_flushed(conn));

	exchange_body_end(exchange);
	if (conn && !exchange->conn)
		return; /* aborted in body_end */
	exchange->conn = NULL;
	if (conn && whole && exchange->keep_alive)
		pool_put(conn);
	else if (conn)
		conn_destroy(conn);
	if (whole)
		exchange_close(exchange, NULL);
	else
		fail(exchange, "", "the server answered before it had the whole request");
}

static void writable(struct conn *conn)
{
	exchange_writable(conn->owner);
}

/* The request is out: from here on the other side owes us something. */
static void flushed(struct conn *conn)
{
	struct io_exchange *exchange = conn->owner;

	if (exchange_sent(exchange) && !exchange->paused && !conn->deadline_ms)
		conn_deadline(conn, NET_ANSWER_MS, "no answer came in time");
}

static const struct conn_ops request_ops = {
        .opened = opened,
        .received = received,
        .writable = writable,
        .flushed = flushed,
        .lost = lost,
};
