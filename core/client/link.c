/* SPDX-License-Identifier: MIT */
/*
 * The life of a link and what leaves and enters its channel. Calls made here: link_ask.c; calls of
 * the other side: link_serve.c.
 */
#include "client/link_parts.h"

#include <assert.h>
#include <stdlib.h>
#include "proto/envelope.h"

static void link_opened(void *arg);
static void link_message(void *arg, const char *text, size_t size);
static void link_broken(void *arg, int status, const char *why);
static void link_turn(void *arg);

static const struct io_channel_events LINK_CHANNEL_EVENTS = {
        .opened = link_opened,
        .message = link_message,
        .closed = link_broken,
};

static struct link *link_create(struct io *io, const struct link_events *events, void *arg)
{
	struct link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	link->magic = LINK_MAGIC;
	link->io = io;
	link->events = events;
	link->arg = arg;
	link->next_id = 1;
	link->turn = io_timer_create(io, link_turn, link);
	link->clock = io_timer_create(io, link_ask_overdue, link);
	if (link->turn && link->clock)
		return link;
	io_timer_destroy(io, link->turn);
	io_timer_destroy(io, link->clock);
	free(link);
	return NULL;
}

static void link_free(struct link *link)
{
	assert(!link->asked && !link->refused && !link->served && link->uses == 0);
	io_timer_destroy(link->io, link->turn);
	io_timer_destroy(link->io, link->clock);
	buf_fini(&link->out);
	arena_fini(&link->arena);
	arena_fini(&link->body);
	link_ask_spares_free(link);
	link_serve_spares_free(link);
	envelopes_fini(&link->envelopes);
	link->magic = 0;
	free(link);
}

int link_open(struct link **ret, struct io *io, const char *address, const char *bearer,
        const struct link_events *events, void *arg, struct dfs_error *err)
{
	struct link *link = link_create(io, events, arg);

	if (!link)
		return error_set(err, DFS_E_NOMEM, "out of memory for a connection");
	link->channel =
	        io_net(io, channel_open, address, "/v1/rpc", bearer, &LINK_CHANNEL_EVENTS, link);
	if (!link->channel) {
		link_free(link);
		return error_set(err, DFS_E_NOMEM, "out of memory for a connection");
	}
	*ret = link;
	return 0;
}

int link_accept(struct link **ret, struct io *io, struct io_channel *channel,
        const struct link_events *events, void *arg, const struct io_channel_events **ret_events,
        void **ret_arg)
{
	struct link *link = link_create(io, events, arg);

	if (!link)
		return DFS_E_NOMEM;
	link->channel = channel;
	link->open = true;
	*ret_events = &LINK_CHANNEL_EVENTS;
	*ret_arg = link;
	*ret = link;
	return 0;
}

/* ---- the end ---- */

void link_use(struct link *link)
{
	assert(link->magic == LINK_MAGIC);
	link->uses++;
}

void link_release(struct link *link)
{
	assert(link->uses > 0);
	/* Calls that were made while it ended are told too. */
	while (link->uses == 1 && link->over && link->refused)
		link_ask_report(link);
	if (--link->uses == 0 && link->over)
		link_free(link);
}

/* Nothing comes in or goes out any more; everybody who waits is told. The caller holds a use. */
static void link_finish(struct link *link, const char *why)
{
	link->over = true;
	link->channel = NULL;
	io_timer_cancel(link->io, link->turn);
	io_timer_cancel(link->io, link->clock);
	link_serve_orphan(link);
	link_ask_fail_all(link, why);
}

void link_close(struct link *link)
{
	struct io_channel *channel;

	if (!link || link->over)
		return;
	link_use(link);
	channel = link->channel;
	/* What was answered in this turn is not lost to a close in the same turn. */
	link_flush(link);
	io_net(link->io, channel_close, channel);
	link_finish(link, "the connection was closed");
	link_release(link);
}

/* The channel ended by itself, or this side gives it up: the owner is told. */
static void link_end(struct link *link, int status, const char *why)
{
	link_use(link);
	link_finish(link, why);
	if (link->events->closed)
		link->events->closed(link->arg, status, why);
	link_release(link);
}

static void link_broken(void *arg, int status, const char *why)
{
	struct link *link = arg;

	assert(link->magic == LINK_MAGIC && !link->over);
	link_end(link, status, why ? why : "connection closed");
}

static void link_give_up(struct link *link, const char *why)
{
	io_net(link->io, channel_close, link->channel);
	link_end(link, 0, why);
}

/* ---- out ---- */

/* A batch is sent before it is this large: small enough to be under every limit with one more
 * message in it. */
enum { BATCH_FLUSH_SIZE = 256 * 1024 };

/* Room for one more envelope: a batch is begun, or the full one sent. */
static int out_begin(struct link *link)
{
	if (link->out_count == PROTO_BATCH_MAX || link->out.size > BATCH_FLUSH_SIZE)
		link_flush(link);
	if (link->over || link->choked)
		return DFS_E_CLOSED;
	if (link->out_count == PROTO_BATCH_MAX)
		return DFS_E_BUSY; /* not open yet */
	if (link->out_count == 0) {
		buf_clear(&link->out);
		envelope_open(&link->out);
	}
	return 0;
}

/* A batch leaves when this turn of the loop is over, so that calls made together travel together.
 */
static int out_added(struct link *link, int code)
{
	if (code == 0 && link->out_count++ == 0)
		io_timer_set(link->io, link->turn, 0);
	return code;
}

/* The batch is full: true when it was sent, and the same may be written into a new one. */
static bool out_again(struct link *link, int code)
{
	if (code != DFS_E_LIMIT)
		return false;
	link_flush(link);
	return link->out_count == 0 && out_begin(link) == 0;
}

int link_put_call(struct link *link, uint64_t id, enum proto_call which, const void *args,
        uint64_t client, uint64_t sequence)
{
	int code = out_begin(link);

	if (code == 0)
		code = envelope_call(&link->out, id, which, args, client, sequence);
	if (out_again(link, code))
		code = envelope_call(&link->out, id, which, args, client, sequence);
	return out_added(link, code);
}

int link_put_reply(struct link *link, uint64_t id, enum proto_call which, const void *reply)
{
	int code = out_begin(link);

	if (code == 0)
		code = envelope_reply(&link->out, id, which, reply);
	if (out_again(link, code))
		code = envelope_reply(&link->out, id, which, reply);
	return out_added(link, code);
}

int link_put_fault(struct link *link, uint64_t id, int fault, const char *message)
{
	int code = out_begin(link);

	if (code == 0)
		code = envelope_fault(&link->out, id, fault, message);
	if (out_again(link, code))
		code = envelope_fault(&link->out, id, fault, message);
	return out_added(link, code);
}

/*
 * Send the batch. A failure is remembered and ends the link at the end of this turn: the caller may
 * be anywhere.
 */
void link_flush(struct link *link)
{
	int code;

	if (link->out_count == 0 || !link->open || link->over || link->choked)
		return;
	envelope_close(&link->out);
	code = link->out.failed ? DFS_E_NOMEM
	                        : io_net(link->io, channel_send, link->channel, link->out.data,
	                                  link->out.size);
	link->out_count = 0;
	if (code == 0)
		return;
	link->choked = true;
	link->choked_code = code;
	io_timer_set(link->io, link->turn, 0);
}

static const char *choked_why(int code)
{
	return code == DFS_E_BUSY ? "the other side does not take what it is sent"
	                          : dfs_error_text(code);
}

static void link_turn(void *arg)
{
	struct link *link = arg;

	assert(link->magic == LINK_MAGIC);
	link_use(link);
	link_flush(link);
	if (link->choked)
		link_give_up(link, choked_why(link->choked_code));
	else
		link_ask_report(link);
	link_release(link);
}

/* ---- in ---- */

static void link_opened(void *arg)
{
	struct link *link = arg;

	assert(link->magic == LINK_MAGIC);
	link->open = true;
	link_use(link);
	if (link->events->opened)
		link->events->opened(link->arg);
	/* What was called before it was open waited for this. */
	link_flush(link);
	link_release(link);
}

static void link_message(void *arg, const char *text, size_t size)
{
	struct link *link = arg;
	struct envelopes *envelopes = &link->envelopes;
	struct dfs_error err = {0};

	assert(link->magic == LINK_MAGIC);
	link_use(link);
	arena_reset(&link->arena);
	if (envelopes_parse(envelopes, &link->arena, text, size, &err) != 0)
		link_give_up(link, err.text);
	for (size_t i = 0; i < envelopes->count && !link->over; i++) {
		if (envelopes->list[i].kind == ENVELOPE_CALL)
			link_serve(link, &envelopes->list[i]);
		else
			link_ask_answered(link, &envelopes->list[i]);
		arena_reset(&link->body);
	}
	envelopes_clear(envelopes);
	/* What was answered at once leaves at once. */
	link_flush(link);
	link_release(link);
}
