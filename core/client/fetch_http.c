/* SPDX-License-Identifier: MIT */
/*
 * One framed GET to one replica: each frame is checked and delivered; how it ended is told to
 * fetch.c, once, and never inside fetch_ask.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "client/chunk_http.h"
#include "client/get.h"

enum { KEPT_MAX = 8 * 1024 * 1024 };

static void on_response(void *arg, const struct io_response *response);
static void on_body(void *arg, const void *bytes, size_t size);
static void *on_room(void *arg, size_t *ret_size);
static void on_body_end(void *arg);
static void on_writable(void *arg);
static void on_closed(void *arg, const char *why);
static void on_patience(void *arg);

static const struct io_exchange_events EXCHANGE_EVENTS = {
        .response = on_response,
        .body = on_body,
        .room = on_room,
        .body_end = on_body_end,
        .writable = on_writable,
        .closed = on_closed,
};

int fetch_init(struct fetch *fetch, struct get *get)
{
	fetch->get = get;
	fetch->patience = io_timer_create(get->job.io, on_patience, fetch);
	return fetch->patience ? 0 : DFS_E_NOMEM;
}

void fetch_fini(struct fetch *fetch)
{
	assert(fetch->state == FETCH_IDLE && !fetch->exchange);
	if (fetch->patience)
		io_timer_destroy(fetch->get->job.io, fetch->patience);
	answer_fini(&fetch->answer);
	frames_fini(&fetch->frames);
	fetch_slab_fini(fetch);
	buf_fini(&fetch->kept);
}

static const char *address_of(const struct fetch *fetch)
{
	return fetch->extent->replicas[fetch->replica].address;
}

static void request_clear(struct fetch *fetch)
{
	answer_fini(&fetch->answer);
	fetch->answer = (struct answer){0};
	frames_reset(&fetch->frames);
	fetch_slab_drop(fetch);
	buf_fini(&fetch->kept);
	fetch->ended = false;
}

int fetch_ask(struct fetch *fetch)
{
	const struct proto_located *extent = fetch->extent;
	struct io *io = fetch->get->job.io;
	uint64_t first = extent->chunk_offset + (fetch->at - extent->offset);
	struct chunk_range range = {first, first + (fetch->to - fetch->at) - 1};
	char path[CHUNK_TEXT_SIZE], text[CHUNK_TEXT_SIZE], bearer[512];
	struct io_request request = {.method = "GET", .path = path};

	assert(!fetch->exchange && fetch->at < fetch->to);
	request_clear(fetch);
	chunk_path_format(extent->chunk, path);
	chunk_range_format(&range, text);
	snprintf(bearer, sizeof(bearer), "Bearer %s", extent->ticket);
	request.headers[IO_AUTHORIZATION] = bearer;
	request.headers[IO_RANGE] = text;
	request.headers[IO_ACCEPT] = CHUNK_FRAMES_TYPE;
	if (fetch->salvage)
		request.headers[IO_DFS_CHUNK] = CHUNK_READ_SPANS;
	fetch->began_at = fetch->at;
	fetch->moved_ms = io_mono_ms(io);
	fetch->exchange =
	        io_net(io, exchange_open, address_of(fetch), &request, &EXCHANGE_EVENTS, fetch);
	if (!fetch->exchange)
		return DFS_E_NOMEM;
	io_timer_set(io, fetch->patience, FETCH_PATIENCE_MS);
	return 0;
}

void fetch_drop(struct fetch *fetch)
{
	struct io *io = fetch->get->job.io;

	if (fetch->exchange)
		io_net(io, abort, fetch->exchange);
	fetch->exchange = NULL;
	io_timer_cancel(io, fetch->patience);
	request_clear(fetch);
}

static void end(struct fetch *fetch, int code, const char *why)
{
	struct dfs_error err = {0};

	if (code != 0)
		error_set(&err, code, "%s: %s", address_of(fetch), why);
	fetch_drop(fetch);
	fetch_ended(fetch, code, &err);
}

/* ---- bytes ---- */

int fetch_check(struct fetch *fetch, const struct frame *frame, struct dfs_error *err)
{
	if (frame->size_bytes > fetch->to - fetch->at)
		return error_set(err, DFS_E_PROTO, "it sent more bytes than were asked for");
	return 0;
}

void fetch_count(struct fetch *fetch, const struct frame *frame)
{
	if (fetch->whole)
		fetch->crc = crc32c_combine(fetch->crc, frame->crc, frame->size_bytes);
	fetch->at += frame->size_bytes;
	fetch->get->delivered += frame->size_bytes;
}

/* A checked frame, in order: to the sink. */
static int deliver(
        void *arg, const struct frame *frame, const uint8_t *bytes, struct dfs_error *err)
{
	struct fetch *fetch = arg;
	struct get *get = fetch->get;
	struct dfs_error mine = {0};
	int code = fetch_check(fetch, frame, err);

	if (code != 0)
		return code;
	code = get->sink.write(get->sink.arg, fetch->at, bytes, frame->size_bytes, &mine);
	if (code != 0) {
		get_fail(get, code < 0 ? code : DFS_E_IO,
		        mine.text[0] ? mine.text : "the target does not take the bytes");
		return DFS_E_CANCELLED;
	}
	fetch_count(fetch, frame);
	return 0;
}

/* False where the request came to its end. */
static bool feed(struct fetch *fetch, const void *bytes, size_t size)
{
	struct get *get = fetch->get;
	struct dfs_error err = {0};
	int code = fetch_lends(fetch)
	                   ? fetch_receive(fetch, bytes, size, &err)
	                   : frames_feed(&fetch->frames, bytes, size, deliver, fetch, &err);

	if (get->failed.code != 0)
		return false; /* everything was stopped */
	if (code != 0)
		end(fetch, code, err.text);
	return code == 0;
}

/* The other side has said everything. */
static void conclude(struct fetch *fetch, const char *why)
{
	struct dfs_error err = {0};
	char text[100];
	int code = fetch->answer.status > 399
	                   ? answer_error(&fetch->answer, address_of(fetch), &err)
	                   : 0;

	if (code != 0) {
		if (fetch->answer.bad)
			fetch_bad(fetch, fetch->answer.bad_first, fetch->answer.bad_last);
		fetch_drop(fetch);
		fetch_ended(fetch, code, &err);
	} else if (fetch->at == fetch->to && frames_at_boundary(&fetch->frames) &&
	           fetch_at_boundary(fetch)) {
		end(fetch, 0, NULL);
	} else if (why) {
		end(fetch, DFS_E_CLOSED, why);
	} else {
		snprintf(text, sizeof(text),
		        "its answer ended after %" PRIu64 " of %" PRIu64 " bytes",
		        fetch->at - fetch->began_at, fetch->to - fetch->began_at);
		end(fetch, DFS_E_CLOSED, text);
	}
}

void fetch_release(struct fetch *fetch)
{
	struct buf kept = fetch->kept;

	assert(fetch->held);
	fetch->held = false;
	fetch->kept = (struct buf){0};
	fetch->moved_ms = io_mono_ms(fetch->get->job.io);
	if (kept.size > 0 && !feed(fetch, kept.data, kept.size))
		goto out;
	if (fetch->ended)
		conclude(fetch, "the connection broke while others were read");
	else if (fetch->state == FETCH_BODY)
		io_net(fetch->get->job.io, pause, fetch->exchange, false);
out:
	buf_fini(&kept);
}

/* ---- events of the exchange ---- */

static void on_response(void *arg, const struct io_response *response)
{
	struct fetch *fetch = arg;
	const char *type = response->headers[IO_CONTENT_TYPE];

	fetch->moved_ms = io_mono_ms(fetch->get->job.io);
	answer_begin(&fetch->answer, response);
	fetch_move(fetch, FETCH_BODY);
	if (response->status > 399)
		return;
	if ((response->status != 200 && response->status != 206) || !type ||
	        strcmp(type, CHUNK_FRAMES_TYPE) != 0)
		end(fetch, DFS_E_PROTO, "its answer is not made of frames");
	else if (fetch->held)
		io_net(fetch->get->job.io, pause, fetch->exchange, true);
}

static void on_body(void *arg, const void *bytes, size_t size)
{
	struct fetch *fetch = arg;

	fetch->moved_ms = io_mono_ms(fetch->get->job.io);
	if (fetch->answer.status > 399) {
		answer_body(&fetch->answer, bytes, size);
	} else if (fetch->held) {
		/* What had been read before the pause; a fetch that can't be held begins again
		 * later. */
		buf_append(&fetch->kept, bytes, size);
		if (fetch->kept.failed || fetch->kept.size > KEPT_MAX)
			end(fetch, DFS_E_NOMEM, "it does not pause");
	} else if (feed(fetch, bytes, size)) {
		job_progress(&fetch->get->job);
	}
}

static void *on_room(void *arg, size_t *ret_size)
{
	struct fetch *fetch = arg;

	if (fetch->state != FETCH_BODY || fetch->answer.status > 399 || !fetch_lends(fetch))
		return NULL;
	return fetch_room(fetch, ret_size);
}

static void on_body_end(void *arg)
{
	/* The exchange closes in good order. */
}

static void on_writable(void *arg)
{
	/* A GET has no body. */
}

static void on_closed(void *arg, const char *why)
{
	struct fetch *fetch = arg;

	fetch->exchange = NULL;
	if (fetch->held && fetch->answer.status != 0 && fetch->answer.status <= 399)
		fetch->ended = true;
	else
		conclude(fetch, why);
}

static void on_patience(void *arg)
{
	struct fetch *fetch = arg;
	struct io *io = fetch->get->job.io;
	uint64_t idle = io_mono_ms(io) - fetch->moved_ms;

	if ((fetch->held || fetch->paused) && fetch->state == FETCH_BODY)
		idle = 0; /* we paused it */
	if (idle < FETCH_PATIENCE_MS)
		io_timer_set(io, fetch->patience, FETCH_PATIENCE_MS - idle);
	else if (fetch->at == fetch->to)
		conclude(fetch, NULL);
	else
		end(fetch, DFS_E_TIMEOUT, "nothing came for 10 s");
}
