/* SPDX-License-Identifier: MIT */
/* Exchanges: what both sides have in common, and the calls of struct io_net_ops on them. */
#include "net/exchange.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>
#include "net/channel.h"
#include "net/server.h"

static void reap(struct task *task);

struct io_exchange *net_exchange_create(struct loop *loop)
{
	struct io_exchange *exchange = calloc(1, sizeof(*exchange));

	if (!exchange)
		return NULL;
	exchange->magic = EXCHANGE_MAGIC;
	exchange->loop = loop;
	exchange->task.run = reap;
	DL_APPEND(loop->exchanges, exchange);
	return exchange;
}

void net_exchange_close(struct io_exchange *exchange, const char *why)
{
	const struct io_exchange_events *events = exchange->events;

	exchange->events = NULL;
	exchange->conn = NULL;
	net_exchange_release(exchange);
	if (events && events->closed)
		events->closed(exchange->arg, why);
}

void net_exchange_release(struct io_exchange *exchange)
{
	exchange->events = NULL;
	exchange->conn = NULL;
	exchange->task.run = reap;
	if (!exchange->lookup.busy) /* else when the look-up is done */
		loop_defer(exchange->loop, &exchange->task);
}

static void destroy(struct io_exchange *exchange)
{
	DL_DELETE(exchange->loop->exchanges, exchange);
	loop_undefer(exchange->loop, &exchange->task);
	buf_fini(&exchange->head);
	buf_fini(&exchange->in);
	exchange->magic = 0;
	free(exchange);
}

static void reap(struct task *task)
{
	destroy((struct io_exchange *)((char *)task - offsetof(struct io_exchange, task)));
}

void net_exchanges_fini(struct loop *loop)
{
	while (loop->exchanges)
		destroy(loop->exchanges);
}

/* ---- events: nobody listens after closed or abort ---- */

void net_exchange_body(struct io_exchange *exchange, const char *bytes, size_t size)
{
	if (size > 0 && exchange->events && exchange->events->body)
		exchange->events->body(exchange->arg, bytes, size);
}

char *net_exchange_room(struct io_exchange *exchange, uint64_t left, size_t *ret_size)
{
	char *room = NULL;

	if (exchange->events && exchange->events->room)
		room = exchange->events->room(exchange->arg, ret_size);
	if (room && *ret_size > left)
		*ret_size = (size_t)left;
	return room;
}

void net_exchange_body_end(struct io_exchange *exchange)
{
	if (exchange->events && exchange->events->body_end)
		exchange->events->body_end(exchange->arg);
}

void net_exchange_writable(struct io_exchange *exchange)
{
	if (!exchange->want_write)
		return;
	exchange->want_write = false;
	if (exchange_sent(exchange))
		return; /* nothing is owed: the answer to a HEAD */
	if (exchange->events && exchange->events->writable)
		exchange->events->writable(exchange->arg);
}

/* ---- struct io_net_ops ---- */

static int op_respond(void *ctx, struct io_exchange *exchange, const struct io_response *response)
{
	(void)ctx;
	assert(exchange->magic == EXCHANGE_MAGIC && exchange->session);
	return net_session_respond(exchange, response);
}

static void op_want_write(void *ctx, struct io_exchange *exchange)
{
	(void)ctx;
	assert(exchange->magic == EXCHANGE_MAGIC);
	exchange->want_write = true;
	if (exchange->conn)
		conn_want_write(exchange->conn);
}

static bool write_chunk(struct conn *conn, const void *bytes, size_t size)
{
	char head[24];
	int head_size = snprintf(head, sizeof(head), "%zx\r\n", size);

	conn_queue(conn, head, (size_t)head_size);
	conn_write(conn, bytes, size);
	return conn_write(conn, "\r\n", 2);
}

static bool op_write(void *ctx, struct io_exchange *exchange, const void *bytes, size_t size)
{
	bool more;

	(void)ctx;
	assert(exchange->magic == EXCHANGE_MAGIC);
	assert(!exchange->session || exchange->responded);
	assert(size <= exchange->send_left);
	if (!exchange->conn)
		return false;
	exchange->started = true;
	if (exchange->send_left != IO_BODY_UNKNOWN)
		exchange->send_left -= size;
	else if (size == 0)
		exchange->send_left = 0; /* the end of a body without a size */
	more = exchange->chunked_out ? write_chunk(exchange->conn, bytes, size)
	                             : conn_write(exchange->conn, bytes, size);
	if (exchange_sent(exchange))
		conn_kick(exchange->conn);
	return more && !exchange_sent(exchange);
}

static void op_pause(void *ctx, struct io_exchange *exchange, bool paused)
{
	(void)ctx;
	assert(exchange->magic == EXCHANGE_MAGIC);
	if (exchange->paused == paused)
		return;
	exchange->paused = paused;
	if (exchange->conn && exchange->session)
		net_session_paused(exchange);
	else if (exchange->conn)
		net_request_paused(exchange);
}

static void op_abort(void *ctx, struct io_exchange *exchange)
{
	(void)ctx;
	if (!exchange)
		return;
	assert(exchange->magic == EXCHANGE_MAGIC);
	if (exchange->session)
		net_session_abort(exchange);
	else
		net_request_abort(exchange);
	net_exchange_release(exchange);
}

const struct io_net_ops net_ops = {
        .serve = net_server_open,
        .server_close = net_server_close,
        .channel_open = net_channel_open,
        .channel_send = net_channel_send,
        .channel_close = net_channel_close,
        .exchange_open = net_request_open,
        .respond = op_respond,
        .want_write = op_want_write,
        .write = op_write,
        .pause = op_pause,
        .abort = op_abort,
};
