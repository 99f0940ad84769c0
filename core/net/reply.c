/* SPDX-License-Identifier: MIT */
/*
 * A client's end of an exchange: the response.
 *
 *   REPLY_HEAD --1xx--> REPLY_HEAD
 *       |
 *       +--> REPLY_SIZED, REPLY_CHUNKED or REPLY_TO_END --all of it--> closed
 */
#include "net/exchange.h"

#include <string.h>
#include "net/pool.h"

static size_t take_head(struct io_exchange *exchange, const char *bytes, size_t size);
static size_t take_body(struct io_exchange *exchange, const char *bytes, size_t size);

void net_reply_received(struct conn *conn, const char *bytes, size_t size)
{
	struct io_exchange *exchange = conn->owner;

	exchange->heard = true;
	while (size > 0 && exchange->conn) {
		size_t used = exchange->reading == REPLY_HEAD ? take_head(exchange, bytes, size)
		                                              : take_body(exchange, bytes, size);

		bytes += used;
		size -= used;
	}
	if (exchange->conn)
		net_request_due(exchange);
	else if (size > 0 && conn->ops) /* more than the answer: pool.c trusts it no more */
		conn->ops->received(conn, bytes, size);
}

char *net_reply_room(struct conn *conn, size_t *ret_size)
{
	struct io_exchange *exchange = conn->owner;

	if (exchange->reading != REPLY_SIZED)
		return NULL;
	return net_exchange_room(exchange, exchange->receive_left, ret_size);
}

/* The response is whole. Was the request? */
void net_reply_finish(struct io_exchange *exchange)
{
	struct conn *conn = exchange->conn;
	bool whole = exchange_sent(exchange) && (!conn || conn_is_flushed(conn));

	net_exchange_body_end(exchange);
	if (conn && !exchange->conn)
		return; /* aborted in body_end */
	exchange->conn = NULL;
	if (conn && whole && exchange->keep_alive)
		pool_put(conn);
	else if (conn)
		conn_destroy(conn);
	if (whole)
		net_exchange_close(exchange, NULL);
	else
		net_request_fail(
		        exchange, "", "the server answered before it had the whole request");
}

static void give_up(struct io_exchange *exchange, const char *why)
{
	struct conn *conn = exchange->conn;

	exchange->conn = NULL;
	conn_destroy(conn);
	net_request_fail(exchange, "", why);
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
		net_reply_finish(exchange);
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
	net_exchange_body(exchange, data, data_size);
	if (end && exchange->conn)
		net_reply_finish(exchange);
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
	net_exchange_body(exchange, bytes, taken);
	if (exchange->conn && exchange->reading == REPLY_SIZED && exchange->receive_left == 0)
		net_reply_finish(exchange);
	return taken;
}
