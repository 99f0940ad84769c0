/* SPDX-License-Identifier: MIT */
/* The header of a span on the wire. */
#include "base/frame.h"

#include <assert.h>
#include <dfs/error.h>

static void put_le(uint8_t *at, uint64_t value, int size);
static uint64_t get_le(const uint8_t *at, int size);

void frame_encode(const struct frame *frame, uint8_t ret[FRAME_HEADER_SIZE])
{
	assert(frame->size_bytes >= 1 && frame->size_bytes <= SPAN_SIZE_MAX);
	assert((frame->flags & ~(uint32_t)FRAME_RECORD_END) == 0);
	put_le(ret, frame->size_bytes, 4);
	put_le(ret + 4, frame->crc, 4);
	put_le(ret + 8, frame->writer, 8);
	put_le(ret + 16, frame->sequence, 8);
	put_le(ret + 24, frame->flags, 4);
}

int frame_decode(const uint8_t bytes[FRAME_HEADER_SIZE], struct frame *ret)
{
	uint64_t size = get_le(bytes, 4);
	uint64_t flags = get_le(bytes + 24, 4);

	if (size < 1 || size > SPAN_SIZE_MAX)
		return DFS_E_PROTO;
	if (flags & ~(uint64_t)FRAME_RECORD_END)
		return DFS_E_PROTO;
	*ret = (struct frame){
	        .size_bytes = (uint32_t)size,
	        .crc = (uint32_t)get_le(bytes + 4, 4),
	        .writer = get_le(bytes + 8, 8),
	        .sequence = get_le(bytes + 16, 8),
	        .flags = (uint32_t)flags,
	};
	return 0;
}

uint64_t frame_body_size(uint64_t payload_bytes)
{
	uint64_t frames = payload_bytes / SPAN_SIZE_MAX + (payload_bytes % SPAN_SIZE_MAX != 0);

	assert(payload_bytes < UINT64_MAX / 2);
	return payload_bytes + frames * FRAME_HEADER_SIZE;
}

static void put_le(uint8_t *at, uint64_t value, int size)
{
	for (int i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_le(const uint8_t *at, int size)
{
	uint64_t value = 0;

	for (int i = 0; i < size; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}
