/* SPDX-License-Identifier: MIT */
/*
 * Bytes of a chunk from a source that is read strictly onwards: a body of up to 4 MiB is collected,
 * and kept until it is acknowledged; while it is on its way the next one is collected. Its length
 * must be known before it is sent, and whether it is the last: so one byte more is read.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "client/put.h"

static uint8_t *frame_at(const struct put_body *body, uint64_t payload)
{
	return body->bytes + (body->first + payload / SPAN_SIZE_MAX) * PUT_FRAME_STRIDE;
}

/*
 * What the body ahead may hold: 4 MiB, or the rest of the chunk behind the body that is on its way
 * (a whole chunk where none is left).
 */
static uint64_t ahead_limit(const struct put_slot *slot)
{
	uint64_t limit = (uint64_t)PUT_BODY_FRAMES * SPAN_SIZE_MAX;
	uint64_t room = slot->length - slot->acked - slot->body.payload;

	if (room == 0)
		room = slot->length;
	if (room < limit)
		limit = room;
	return limit > slot->ahead.payload ? limit : slot->ahead.payload;
}

/* Up to `size` bytes, at least one; 0 at the end. */
static int64_t read_some(struct put *put, uint8_t *bytes, uint64_t size, struct dfs_error *err)
{
	uint64_t total = put->source.size_bytes;
	int64_t got = 0;

	if (put->source_ended)
		return 0;
	if (total != UINT64_MAX && size > total - put->cursor)
		size = total - put->cursor;
	if (size > 0)
		got = put->source.read(put->source.arg, put->cursor, bytes, size, err);
	if (got > 0) {
		assert((uint64_t)got <= size);
		put->cursor += (uint64_t)got;
	} else if (got == 0) {
		put->source_ended = true;
		if (total != UINT64_MAX && put->cursor < total)
			return error_set(err, DFS_E_CHANGED,
			        "the source of %.120s ended at byte %" PRIu64 " of %" PRIu64,
			        put->path, put->cursor, total);
	}
	return got;
}

static int64_t fill_some(struct put_slot *slot, uint64_t limit, struct dfs_error *err)
{
	struct put *put = slot->put;
	struct put_body *body = &slot->ahead;
	uint64_t inside = body->payload % SPAN_SIZE_MAX;
	uint64_t room = SPAN_SIZE_MAX - inside, left = limit - body->payload;
	uint8_t *at = frame_at(body, body->payload) + FRAME_HEADER_SIZE + inside;
	int64_t got;

	if (put->has_next) {
		*at = put->next;
		put->has_next = false;
		got = 1;
	} else {
		got = read_some(put, at, room < left ? room : left, err);
	}
	if (got > 0)
		body->payload += (uint64_t)got;
	return got;
}

/* Is this the last body? One byte more tells. */
static int64_t read_next(struct put *put, struct dfs_error *err)
{
	int64_t got = 1;

	if (!put->has_next)
		got = read_some(put, &put->next, 1, err);
	put->has_next = got > 0;
	return got;
}

int body_fill(struct put_slot *slot, struct dfs_error *err)
{
	struct put_body *body = &slot->ahead;
	uint64_t limit = ahead_limit(slot);
	int64_t got = 1;

	if (!body->bytes && posix_memalign((void **)&body->bytes, 4096,
	                            (size_t)PUT_BODY_FRAMES * PUT_FRAME_STRIDE) != 0) {
		body->bytes = NULL;
		return error_set(err, DFS_E_NOMEM, "out of memory for a body");
	}
	assert(body->first == 0);
	while (got > 0 && body->payload < limit)
		got = fill_some(slot, limit, err);
	if (got > 0)
		got = read_next(slot->put, err);
	return got < 0 ? (int)got : 0;
}

void body_turn(struct put_slot *slot)
{
	struct put_body empty = slot->body;

	assert(empty.payload == 0);
	slot->body = slot->ahead;
	slot->ahead = empty;
}

bool pipe_ended(const struct put *put)
{
	return put->source_ended && !put->has_next && put->slots[0].ahead.payload == 0 &&
	       put->slots[0].body.payload == 0;
}

static uint32_t frame_size(const struct put_body *body, uint64_t offset)
{
	uint64_t left = body->payload - offset;

	return left < SPAN_SIZE_MAX ? (uint32_t)left : SPAN_SIZE_MAX;
}

int body_frame(struct put_slot *slot)
{
	struct put_body *body = &slot->body;

	assert(body->payload > 0 && slot->sums.bytes == slot->acked);
	body->sent = 0;
	for (uint64_t offset = 0; offset < body->payload; offset += SPAN_SIZE_MAX) {
		uint8_t *at = frame_at(body, offset);
		struct frame frame = {.size_bytes = frame_size(body, offset),
		        .writer = slot->put->session,
		        .sequence = slot->sums.count + 1,
		        .flags = FRAME_RECORD_END};

		frame.crc = crc32c(0, at + FRAME_HEADER_SIZE, frame.size_bytes);
		frame_encode(&frame, at);
		if (sums_add(&slot->sums, frame.crc, frame.size_bytes) != 0)
			return DFS_E_NOMEM;
	}
	return 0;
}

uint64_t body_size(const struct put_body *body)
{
	return frame_body_size(body->payload);
}

/* While the body is on its way the next one is read: what the source has now. */
static void fill_ahead(struct put_slot *slot)
{
	struct dfs_error err = {0};
	int code = body_fill(slot, &err);

	if (code != 0 && code != DFS_E_BUSY)
		put_fail(slot->put, code, err.text);
}

void body_more(struct put_slot *slot)
{
	struct put_body *body = &slot->body;
	const uint8_t *start = body->bytes + body->first * PUT_FRAME_STRIDE;
	uint64_t piece = (uint64_t)PUT_PIECE_FRAMES * PUT_FRAME_STRIDE;
	bool more;

	do {
		uint64_t left = body_size(body) - body->sent;
		uint64_t size = left < piece ? left : piece;

		more = append_write(slot->append, start + body->sent, size);
		body->sent += size;
	} while (more);
	if (append_left(slot->append) == 0)
		fill_ahead(slot);
}

void body_consume(struct put_body *body, uint64_t bytes)
{
	assert(bytes <= body->payload);
	assert(bytes == body->payload || bytes % SPAN_SIZE_MAX == 0);
	body->payload -= bytes;
	body->first = body->payload == 0 ? 0 : body->first + bytes / SPAN_SIZE_MAX;
}
