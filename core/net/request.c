/* SPDX-License-Identifier: MIT */
/*
 * A client's end of an exchange: find or make a connection and send the request. The response is
 * reply.c's; it is read while the body is still being sent: a server may refuse in the middle of
 * it.
 *
 *   deferred --> looking up --> connecting --> sending, hearing --> closed
 *       |            ^                            ^    |
 *       |            |                            |    +-- lost before a byte came,
 *       |            +----------------------------|------- and it was an idle one
 *       +----- an idle connection (pool.c) -------+
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

struct io_exchange *net_request_open(void *ctx, const char *address,
        const struct io_request *request, const struct io_exchange_events *events, void *arg)
{
	struct loop *loop = ctx;
	struct io_exchange *exchange = net_exchange_create(loop);
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

void net_request_abort(struct io_exchange *exchange)
{
	if (exchange->conn)
		conn_destroy(exchange->conn);
}

void net_request_paused(struct io_exchange *exchange)
{
	struct conn *conn = exchange->conn;

	if (conn->state != CONN_OPEN)
		return; /* opened() looks */
	conn_pause(conn, exchange->paused);
	net_request_due(exchange);
}

/* How long the other side may let us wait: not while it is still us who speak, or who paused. */
void net_request_due(struct io_exchange *exchange)
{
	if (exchange->paused)
		conn_deadline(exchange->conn, 0, NULL);
	else if (exchange->reading != REPLY_HEAD)
		conn_deadline(exchange->conn, exchange->loop->limits.stall_ms,
		        "the answer stopped coming");
	else if (exchange_sent(exchange))
		conn_deadline(
		        exchange->conn, exchange->loop->limits.answer_ms, "no answer came in time");
}

/* ---- connecting ---- */

void net_request_fail(struct io_exchange *exchange, const char *what, const char *why)
{
	char text[sizeof(exchange->why)];

	snprintf(text, sizeof(text), "%s%.*s: %s", what, (int)sizeof(exchange->address),
	        exchange->address, why);
	net_exchange_close(exchange, text);
}

static void start(struct task *task)
{
	struct io_exchange *exchange =
	        (struct io_exchange *)((char *)task - offsetof(struct io_exchange, task));
	struct conn *conn;

	if (*exchange->why) {
		net_exchange_close(exchange, exchange->why);
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
		net_request_fail(exchange, "can not connect to ", strerror(errno));
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
		net_exchange_release(exchange); /* aborted meanwhile */
	else if (lookup->failed)
		net_request_fail(exchange, "can not connect to ", lookup->why);
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
		net_exchange_close(exchange, exchange->lookup.why);
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
	conn_pause(conn, exchange->paused);
	net_request_due(exchange);
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
		net_reply_finish(exchange);
	} else {
		net_request_fail(exchange, exchange->opened ? "" : "can not connect to ", why);
	}
}

static void writable(struct conn *conn)
{
	net_exchange_writable(conn->owner);
}

static void flushed(struct conn *conn)
{
	net_request_due(conn->owner);
}

static uint64_t due(struct conn *conn)
{
	const struct io_exchange *exchange = conn->owner;

	return exchange->reading == REPLY_SIZED ? exchange->receive_left : 0;
}

static const struct conn_ops request_ops = {
        .opened = opened,
        .received = net_reply_received,
        .room = net_reply_room,
        .due = due,
        .writable = writable,
        .flushed = flushed,
        .lost = lost,
};
