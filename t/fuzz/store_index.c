/* SPDX-License-Identifier: MIT */
/*
 * An index file as it comes from a disk, or from a newer program. With an odd first byte the checksums are made right
 * before, so that what entries mean is reached too. Whatever comes: the spans are in order and
 * without gaps, the rest fits them, and what was accepted is accepted again.
 */
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "base/frame.h"
#include "fuzz.h"
#include "store/index.h"

enum { CHUNK = 7 };

static void must(bool good);
static void make_right(uint8_t *bytes, size_t size);
static void put_le(uint8_t *at, uint64_t value, int size);
static void check(const struct index *index);
static void check_again(const struct index *index, const uint8_t *bytes);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct index index;
	struct dfs_error err = {0};
	uint8_t *bytes;
	int rc;

	if (size == 0)
		return 0;
	bytes = malloc(size);
	must(bytes != NULL);
	memcpy(bytes, input + 1, --size);
	if (input[0] & 1)
		make_right(bytes, size);
	index_init(&index, CHUNK);
	rc = index_replay(&index, bytes, size, &err);
	must(rc == err.code);
	must(rc == 0 ? index.size == size : rc == DFS_E_CORRUPT || rc == DFS_E_VERSION);
	check(&index);
	if (rc == DFS_E_CORRUPT) /* what a newer program wrote is not called torn */
		index_interrupted(&index, bytes, size);
	check_again(&index, bytes);
	index_fini(&index);
	free(bytes);
	return 0;
}

static void check(const struct index *index)
{
	uint64_t end = 0;

	must(index->size % ENTRY_SIZE == 0);
	for (size_t i = 0; i < index->spans.count; i++) {
		must(index->spans.array[i].offset == end);
		must(index->spans.array[i].size >= 1 &&
		        index->spans.array[i].size <= SPAN_SIZE_MAX);
		end += index->spans.array[i].size;
	}
	must(spans_end(&index->spans) == end);
	must(index->synced <= end);
	if (index->sealed)
		must(index->length == end && spans_boundary(&index->spans, end));
}

/* The good part alone says the same. */
static void check_again(const struct index *index, const uint8_t *bytes)
{
	struct index again;

	index_init(&again, CHUNK);
	must(index_replay(&again, bytes, (size_t)index->size, NULL) == 0);
	must(again.version == index->version && again.frozen == index->frozen);
	must(again.sealed == index->sealed && again.last == index->last);
	must(again.spans.count == index->spans.count && again.synced == index->synced);
	index_fini(&again);
}

/* The chunk of the opening entry, checksums, and the chain of them. */
static void make_right(uint8_t *bytes, size_t size)
{
	uint32_t before = 0;

	for (size_t at = 0; at + ENTRY_SIZE <= size; at += ENTRY_SIZE) {
		uint8_t place[16];

		if (at == 0)
			put_le(bytes + 16, CHUNK, 8);
		put_le(bytes + at + 4, before, 4);
		put_le(place, CHUNK, 8);
		put_le(place + 8, at, 8);
		before = crc32c(crc32c(0, place, sizeof(place)), bytes + at + 4, ENTRY_SIZE - 4);
		put_le(bytes + at, before, 4);
	}
}

static void put_le(uint8_t *at, uint64_t value, int size)
{
	for (int i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static void must(bool good)
{
	if (!good)
		abort();
}
