/* SPDX-License-Identifier: MIT */
/* What is left of a bad replica: its index without the entries that are damaged, and a chunk to
 * read it by. Which of its spans are good is found out by whoever reads them. */
#include "store/salvage.h"

#include <assert.h>
#include <string.h>

static int take(struct index *index, const struct entry *entry, uint64_t *damaged);
static int take_span(struct index *index, const struct span *span, uint64_t *damaged);
static int take_seal(struct index *index, const struct entry *entry, uint64_t *damaged);
static bool reaches(const struct index *index, uint64_t offset, uint64_t damaged);
static int holes(struct index *index, uint64_t to);

int index_salvage(struct index *index, const uint8_t *bytes, size_t size)
{
	uint64_t damaged = 0; /* entries since the last span */

	assert(index->size == 0);
	for (; size - index->size >= ENTRY_SIZE; index->size += ENTRY_SIZE) {
		const uint8_t *at = bytes + index->size;
		struct entry entry;
		int rc = 0;

		if (entry_decode(at, index->chunk, index->size, &entry, NULL) < 0)
			damaged++;
		else
			rc = take(index, &entry, &damaged);
		if (rc < 0)
			return rc;
		index->last = entry_checksum(at);
	}
	return 0;
}

struct chunk *chunk_salvage(struct store *store, const struct slot *slot)
{
	struct chunk *chunk = chunk_create(store, &store->dirs[slot->dir], slot->chunk);

	if (!chunk)
		return NULL;
	chunk->gone = chunk->salvaged = true;
	chunk->state = STORE_BAD;
	if (slot->loaded)
		memcpy(chunk->why, slot->loaded->why, sizeof(chunk->why));
	chunk_ref(chunk);
	return chunk;
}

void chunk_salvaged(struct chunk *chunk, const struct index *index)
{
	assert(chunk->salvaged && chunk->gone);
	chunk->version = index->version;
	chunk->length = chunk->committed = spans_end(&index->spans);
	chunk->crc = index->crc;
	chunk->state = index->sealed ? STORE_SEALED : STORE_BAD;
}

/* What checks is believed, whatever stood before it: `before` is for recovery, which decides where
 * a file ends; here each span is compared with its bytes anyway. */
static int take(struct index *index, const struct entry *entry, uint64_t *damaged)
{
	switch (entry->kind) {
	case ENTRY_OPEN:
		index->version = entry->open.version;
		return 0;
	case ENTRY_VERSION:
		index->version = entry->version.version;
		return 0;
	case ENTRY_CUT:
		spans_keep(&index->spans, spans_find(&index->spans, entry->synced.length));
		return 0;
	case ENTRY_SPAN:
		return take_span(index, &entry->span, damaged);
	case ENTRY_SEALED:
		return take_seal(index, entry, damaged);
	case ENTRY_SYNCED:
		break;
	}
	return 0;
}

/* One that begins below the last one's end: what cut the chunk there is damaged. */
static int take_span(struct index *index, const struct span *span, uint64_t *damaged)
{
	int rc;

	if (!reaches(index, span->offset, *damaged))
		return 0;
	spans_keep(&index->spans, spans_find(&index->spans, span->offset));
	rc = holes(index, span->offset);
	*damaged = 0;
	return rc < 0 ? rc : spans_push(&index->spans, span);
}

static int take_seal(struct index *index, const struct entry *entry, uint64_t *damaged)
{
	uint64_t length = entry->sealed.length;

	if (!reaches(index, length, *damaged))
		return 0;
	spans_keep(&index->spans, spans_find(&index->spans, length));
	index->sealed = true;
	index->version = entry->sealed.version;
	index->length = length;
	index->crc = entry->sealed.crc;
	return holes(index, length);
}

/* Could the damaged entries have been spans up to there? */
static bool reaches(const struct index *index, uint64_t offset, uint64_t damaged)
{
	uint64_t end = spans_end(&index->spans);

	return offset <= end || (offset - end + SPAN_SIZE_MAX - 1) / SPAN_SIZE_MAX <= damaged;
}

static int holes(struct index *index, uint64_t to)
{
	int rc = 0;

	while (rc == 0 && spans_end(&index->spans) < to) {
		uint64_t from = spans_end(&index->spans);
		struct span hole = {.offset = from,
		        .size = (uint32_t)(to - from < SPAN_SIZE_MAX ? to - from : SPAN_SIZE_MAX),
		        .flags = SPAN_HOLE};

		rc = spans_push(&index->spans, &hole);
	}
	return rc;
}
