/* SPDX-License-Identifier: MIT */
/* Checksums of the frames sent into a chunk: what a receipt and a seal are compared with. */
#include <assert.h>
#include <stdlib.h>
#include "base/crc32c.h"
#include "client/put.h"

static uint64_t frame_end(const struct put_sums *sums, size_t index)
{
	uint64_t end = (uint64_t)(index + 1) * SPAN_SIZE_MAX;

	return end < sums->bytes ? end : sums->bytes;
}

int sums_add(struct put_sums *sums, uint32_t crc, uint32_t size_bytes)
{
	assert(sums->bytes % SPAN_SIZE_MAX == 0 && size_bytes > 0 && size_bytes <= SPAN_SIZE_MAX);
	if (sums->count == sums->capacity) {
		size_t capacity = sums->capacity ? 2 * sums->capacity : 64;
		uint32_t *crcs = realloc(sums->crcs, capacity * sizeof(*crcs));

		if (!crcs)
			return DFS_E_NOMEM;
		sums->crcs = crcs;
		sums->capacity = capacity;
	}
	sums->crcs[sums->count++] = crc;
	sums->bytes += size_bytes;
	return 0;
}

bool sums_crc(const struct put_sums *sums, uint64_t from, uint64_t to, uint32_t *ret)
{
	uint32_t crc = 0;

	if (from > to || to > sums->bytes || from % SPAN_SIZE_MAX != 0)
		return false;
	if (to % SPAN_SIZE_MAX != 0 && to != sums->bytes)
		return false;
	for (size_t i = from / SPAN_SIZE_MAX; (uint64_t)i * SPAN_SIZE_MAX < to; i++)
		crc = crc32c_combine(
		        crc, sums->crcs[i], frame_end(sums, i) - (uint64_t)i * SPAN_SIZE_MAX);
	*ret = crc;
	return true;
}

void sums_clear(struct put_sums *sums)
{
	sums->count = 0;
	sums->bytes = 0;
}

void sums_fini(struct put_sums *sums)
{
	free(sums->crcs);
	*sums = (struct put_sums){0};
}
