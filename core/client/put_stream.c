/* SPDX-License-Identifier: MIT */
/*
 * Bytes of a chunk from a source of known size that may be read again: read into a piece between
 * the gaps for the frame headers, summed, written. The piece stays in the cache and serves all
 * slots, since a write takes all of it at once.
 */
#include <assert.h>
#include <inttypes.h>
#include "base/crc32c.h"
#include "client/put.h"

/* Exactly `size` bytes at `offset`: a file that became shorter is an error, not a short file. */
static int read_whole(
        struct put *put, uint64_t offset, uint8_t *bytes, uint32_t size, struct dfs_error *err)
{
	uint32_t got = 0;

	while (got < size) {
		int64_t part = put->source.read(
		        put->source.arg, offset + got, bytes + got, size - got, err);

		if (part < 0)
			return (int)part;
		if (part == 0)
			return error_set(err, DFS_E_CHANGED,
			        "the source of %.120s ended at byte %" PRIu64 " of %" PRIu64
			        ": it changed while it was read",
			        put->path, offset + got, put->source.size_bytes);
		assert((uint64_t)part <= size - got);
		got += (uint32_t)part;
	}
	return 0;
}

static int frame_make(struct put_slot *slot, uint8_t *at, uint32_t size, struct dfs_error *err)
{
	struct put *put = slot->put;
	struct frame frame = {.size_bytes = size,
	        .writer = put->session,
	        .sequence = slot->sums.count + 1,
	        .flags = FRAME_RECORD_END};
	int code =
	        read_whole(put, slot->from + slot->sums.bytes, at + FRAME_HEADER_SIZE, size, err);

	if (code != 0)
		return code;
	frame.crc = crc32c(0, at + FRAME_HEADER_SIZE, size);
	frame_encode(&frame, at);
	if (sums_add(&slot->sums, frame.crc, size) != 0)
		return error_set(err, DFS_E_NOMEM, "out of memory for checksums");
	return 0;
}

/* The next frames of the chunk, as many as a piece holds. */
static int piece_make(struct put_slot *slot, size_t *ret_size, struct dfs_error *err)
{
	uint8_t *at = slot->put->piece;

	for (int i = 0; i < PUT_PIECE_FRAMES && slot->sums.bytes < slot->length; i++) {
		uint64_t left = slot->length - slot->sums.bytes;
		uint32_t size = left < SPAN_SIZE_MAX ? (uint32_t)left : SPAN_SIZE_MAX;
		int code = frame_make(slot, at, size, err);

		if (code != 0)
			return code;
		at += FRAME_HEADER_SIZE + size;
	}
	*ret_size = (size_t)(at - slot->put->piece);
	return 0;
}

void stream_more(struct put_slot *slot)
{
	struct dfs_error err = {0};
	size_t size;
	int code;

	do {
		code = piece_make(slot, &size, &err);
		if (code != 0) {
			put_fail(slot->put, code, err.text);
			return;
		}
	} while (append_write(slot->append, slot->put->piece, size));
	assert(append_left(slot->append) > 0 || slot->sums.bytes == slot->length);
}
