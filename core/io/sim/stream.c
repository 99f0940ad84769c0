/* SPDX-License-Identifier: MIT */
/*
 * The body that one end of an exchange sends. Bytes written go to a buffer; a pump cuts them into
 * pieces of random size, across the borders of writes, and puts them on the wire; they count until
 * the other side's owner took them.
 *
 *     write ---> buffered ---pump---> flying ---delivered--->
 *                <------------ window ------------->
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/net_model.h"

enum {
	PIECE_TINY = 64,
	PIECE_SMALL = 4096,
	PIECE_MAX = 256 * 1024,
	TURN_MAX_US = 50, /* until a loop gets to it */
};

static void pump_fires(struct sim_event *event);
static void writable_fires(struct sim_event *event);

static struct sim *sim_of(const struct io_exchange *exchange)
{
	return exchange->end.host->sim;
}

static uint64_t turn_us(const struct io_exchange *exchange)
{
	return sim_rng_between(&sim_of(exchange)->rng, 0, TURN_MAX_US);
}

void sim_stream_init(struct io_exchange *exchange, uint64_t body_size)
{
	struct sim_stream *out = &exchange->out;

	out->left = body_size;
	out->window =
	        (size_t)sim_rng_between(&sim_of(exchange)->rng, SIM_WINDOW_MIN, SIM_WINDOW_MAX);
	out->pump.fire = pump_fires;
	exchange->writable.fire = writable_fires;
}

void sim_stream_fini(struct io_exchange *exchange)
{
	free(exchange->out.buffer);
}

void sim_stream_stop(struct io_exchange *exchange)
{
	sim_event_cancel(sim_of(exchange), &exchange->out.pump);
	sim_event_cancel(sim_of(exchange), &exchange->writable);
}

/* ---- the pump ---- */

static size_t pending(const struct sim_stream *out)
{
	return out->buffered + out->flying;
}

/* It runs as long as there is something to move and room on the other side; the kernel's, so it
 * runs in a paused host. */
static void pump_later(struct io_exchange *exchange, uint64_t delay_us)
{
	struct sim_stream *out = &exchange->out;
	bool work = out->buffered > 0 || (out->left == 0 && !out->ended);

	if (exchange->started && work && out->flying < out->window &&
	        !sim_event_pending(&out->pump))
		sim_event_set(sim_of(exchange), &out->pump, NULL, delay_us);
}

static size_t piece_size(struct sim_rng *rng)
{
	switch (sim_rng_below(rng, 4)) {
	case 0:
		return (size_t)sim_rng_between(rng, 1, PIECE_TINY);
	case 1:
		return (size_t)sim_rng_between(rng, PIECE_TINY + 1, PIECE_SMALL);
	default:
		return (size_t)sim_rng_between(rng, PIECE_SMALL + 1, PIECE_MAX);
	}
}

static void buffer_consume(struct sim_stream *out, size_t size)
{
	out->consumed += size;
	out->buffered -= size;
	if (out->buffered == 0)
		out->consumed = 0;
}

/* One piece leaves. Where nobody reads any more (the server answered early) it is dropped, as
 * politeness demands. */
static uint64_t send_piece(struct io_exchange *exchange)
{
	struct sim_stream *out = &exchange->out;
	struct sim_end *end = &exchange->end;
	size_t size = piece_size(&sim_of(exchange)->rng);
	uint64_t wire_us;

	if (size > out->buffered)
		size = out->buffered;
	wire_us = sim_link_transfer_us(sim_of(exchange), end->host, end->other, size);
	if (end->peer)
		out->flying += size;
	sim_end_send(end, SIM_PACKET_BODY, wire_us, out->buffer + out->consumed, size, NULL);
	buffer_consume(out, size);
	return wire_us;
}

static void writable_later(struct io_exchange *exchange, uint64_t delay_us)
{
	const struct sim_stream *out = &exchange->out;
	bool room =
	        out->left > 0 && pending(out) < out->window; /* no body owed: it does not come */

	if (exchange->want_write && exchange->started && room &&
	        !sim_event_pending(&exchange->writable))
		sim_event_set(sim_of(exchange), &exchange->writable, exchange->end.host, delay_us);
}

static void pump_fires(struct sim_event *event)
{
	struct io_exchange *exchange = SIM_CONTAINER(event, struct io_exchange, out.pump);
	struct sim_stream *out = &exchange->out;
	uint64_t wire_us = 0;

	if (exchange->end.state == SIM_END_LOST) { /* nobody acknowledges anything: it stays here */
		sim_end_unanswered(&exchange->end);
		return;
	}
	if (out->buffered > 0)
		wire_us = send_piece(exchange);
	if (out->buffered == 0 && out->left == 0 && !out->ended) {
		out->ended = true;
		sim_end_send(&exchange->end, SIM_PACKET_BODY_END, wire_us, NULL, 0, NULL);
		sim_exchange_sent(exchange);
		return;
	}
	pump_later(exchange, wire_us);
	writable_later(exchange, wire_us);
}

void sim_stream_start(struct io_exchange *exchange)
{
	exchange->started = true;
	pump_later(exchange, turn_us(exchange));
	writable_later(exchange, turn_us(exchange));
}

void sim_stream_taken(struct io_exchange *exchange, size_t size)
{
	assert(exchange->out.flying >= size);
	exchange->out.flying -= size;
	pump_later(exchange, turn_us(exchange));
	writable_later(exchange, turn_us(exchange));
}

/* ---- the owner's calls ---- */

void sim_exchange_want_write(void *ctx, struct io_exchange *exchange)
{
	if (!sim_end_alive(&exchange->end))
		return;
	exchange->want_write = true;
	writable_later(exchange, turn_us(exchange));
}

static void writable_fires(struct sim_event *event)
{
	struct io_exchange *exchange = SIM_CONTAINER(event, struct io_exchange, writable);

	exchange->want_write = false;
	if (!exchange->events || !exchange->events->writable)
		return;
	sim_end_hold(&exchange->end);
	exchange->writing = true;
	exchange->events->writable(exchange->arg);
	exchange->writing = false;
	sim_end_release(&exchange->end);
}

/* Room at the end: what was consumed at the front is given back first. */
static void buffer_grow(struct sim_stream *out, size_t size)
{
	if (out->consumed + out->buffered + size <= out->capacity)
		return;
	if (out->buffered > 0)
		memmove(out->buffer, out->buffer + out->consumed, out->buffered);
	out->consumed = 0;
	if (out->buffered + size <= out->capacity / 2)
		return;
	out->capacity = 2 * (out->buffered + size);
	out->buffer = sim_realloc(out->buffer, out->capacity);
}

static void buffer_append(struct sim_stream *out, const void *bytes, size_t size)
{
	if (size == 0)
		return;
	buffer_grow(out, size);
	memcpy(out->buffer + out->consumed + out->buffered, bytes, size);
	out->buffered += size;
}

bool sim_exchange_write(void *ctx, struct io_exchange *exchange, const void *bytes, size_t size)
{
	struct sim_stream *out = &exchange->out;

	assert(exchange->writing); /* net.h: only inside `writable` */
	if (!sim_end_alive(&exchange->end))
		return false;
	assert(size <= out->left); /* exactly body_size bytes */
	if (out->left != IO_BODY_UNKNOWN)
		out->left -= size;
	else if (size == 0)
		out->left = 0; /* the end of a body without a size */
	buffer_append(out, bytes, size);
	pump_later(exchange, turn_us(exchange));
	sim_exchange_moved(exchange);
	return out->left > 0 && pending(out) < out->window;
}
