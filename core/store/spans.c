/* SPDX-License-Identifier: MIT */
/* The spans of one chunk in memory: pushing, finding, cutting. */
#include "store/spans.h"

#include <assert.h>
#include <stdlib.h>
#include "base/crc32c.h"
#include "base/frame.h"

static int grow(struct spans *spans);

void spans_fini(struct spans *spans)
{
	free(spans->array);
	*spans = (struct spans){0};
}

int spans_push(struct spans *spans, const struct span *span)
{
	assert(span->offset == spans_end(spans));
	assert(span->size >= 1 && span->size <= SPAN_SIZE_MAX);
	if (spans->count == spans->capacity) {
		int rc = grow(spans);

		if (rc < 0)
			return rc;
	}
	spans->array[spans->count++] = *span;
	return 0;
}

uint64_t spans_end(const struct spans *spans)
{
	const struct span *last;

	if (spans->count == 0)
		return 0;
	last = &spans->array[spans->count - 1];
	return last->offset + last->size;
}

size_t spans_find(const struct spans *spans, uint64_t offset)
{
	size_t low = 0, high = spans->count; /* the answer is in [low, high] */

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct span *span = &spans->array[middle];

		if (span->offset + span->size <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool spans_boundary(const struct spans *spans, uint64_t length)
{
	size_t count = spans_find(spans, length);
	const struct span *last;

	if (length == 0)
		return true;
	if (count == 0)
		return false;
	last = &spans->array[count - 1];
	return last->offset + last->size == length && (last->flags & FRAME_RECORD_END) != 0;
}

void spans_keep(struct spans *spans, size_t count)
{
	assert(count <= spans->count);
	spans->count = count;
}

size_t spans_whole(const struct spans *spans)
{
	size_t count = spans->count;

	while (count > 0 && !(spans->array[count - 1].flags & FRAME_RECORD_END))
		count--;
	return count;
}

uint32_t spans_crc(const struct spans *spans, size_t count)
{
	uint32_t crc = 0;

	assert(count <= spans->count);
	for (size_t i = 0; i < count; i++)
		crc = crc32c_combine(crc, spans->array[i].crc, spans->array[i].size);
	return crc;
}

size_t spans_bytes(const struct spans *spans)
{
	return spans->capacity * sizeof(*spans->array);
}

static int grow(struct spans *spans)
{
	size_t capacity = spans->capacity ? spans->capacity * 2 : 4;
	struct span *array;

	if (spans->count >= SPANS_MAX)
		return DFS_E_LIMIT;
	array = realloc(spans->array, capacity * sizeof(*array));
	if (!array)
		return DFS_E_NOMEM;
	spans->array = array;
	spans->capacity = capacity;
	return 0;
}
