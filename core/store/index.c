/* SPDX-License-Identifier: MIT */
/* What a run of index entries means. How one entry is laid out is in entry.c; what recovery does
 * about it in recover.c. */
#include "store/index.h"

#include <assert.h>
#include <inttypes.h>

enum { SECTOR_SIZE = 512 };

static const char *apply_open(struct index *index, const struct entry *entry);
static const char *apply_span(struct index *index, const struct entry *entry, int *ret_rc);
static const char *apply_synced(struct index *index, const struct entry *entry);
static const char *apply_version(struct index *index, const struct entry *entry);
static const char *apply_cut(struct index *index, const struct entry *entry);
static const char *apply_sealed(struct index *index, const struct entry *entry);
static const char *apply_sealed_again(struct index *index, const struct entry *entry);

void index_init(struct index *index, uint64_t chunk)
{
	*index = (struct index){.chunk = chunk};
}

void index_fini(struct index *index)
{
	spans_fini(&index->spans);
}

int index_replay(struct index *index, const uint8_t *bytes, size_t size, struct dfs_error *err)
{
	assert(index->size == 0);
	while (size - index->size >= ENTRY_SIZE) {
		const uint8_t *at = bytes + index->size;
		struct entry entry;
		int rc = entry_decode(at, index->chunk, index->size, &entry, err);

		if (rc == 0)
			rc = index_apply(index, &entry, entry_checksum(at), err);
		if (rc < 0)
			return rc;
	}
	if (size != index->size)
		return error_set(err, DFS_E_CORRUPT, "entry %" PRIu64 " is cut off",
		        index->size / ENTRY_SIZE);
	return 0;
}

int index_apply(struct index *index, const struct entry *entry, uint32_t crc, struct dfs_error *err)
{
	const char *wrong = NULL;
	int rc = 0;

	if (entry->before != index->last)
		wrong = "does not follow the one before it";
	else if ((entry->kind == ENTRY_OPEN) != (index->size == 0))
		wrong = index->size == 0 ? "is not the opening one" : "opens the chunk again";
	else if (index->sealed)
		wrong = apply_sealed_again(index, entry);
	else if (entry->kind == ENTRY_OPEN)
		wrong = apply_open(index, entry);
	else if (entry->kind == ENTRY_SPAN)
		wrong = apply_span(index, entry, &rc);
	else if (entry->kind == ENTRY_SYNCED)
		wrong = apply_synced(index, entry);
	else if (entry->kind == ENTRY_VERSION)
		wrong = apply_version(index, entry);
	else if (entry->kind == ENTRY_CUT)
		wrong = apply_cut(index, entry);
	else
		wrong = apply_sealed(index, entry);
	if (rc < 0)
		return error_set(err, rc, "entry %" PRIu64 ": %s", index->size / ENTRY_SIZE,
		        dfs_error_text(rc));
	if (wrong)
		return error_set(err, DFS_E_CORRUPT, "entry %" PRIu64 " %s",
		        index->size / ENTRY_SIZE, wrong);
	index->size += ENTRY_SIZE;
	index->last = crc;
	return 0;
}

bool index_interrupted(const struct index *index, const uint8_t *bytes, size_t size)
{
	struct entry entry;
	uint64_t at = index->size;

	/* One that checks and fits on the last, but says what it may not say, no crash has written.
	 */
	if (size - at >= ENTRY_SIZE &&
	        entry_decode(bytes + at, index->chunk, at, &entry, NULL) == 0 &&
	        entry.before == index->last)
		return false;
	for (uint64_t next = at + ENTRY_SIZE; next + ENTRY_SIZE <= size; next += ENTRY_SIZE) {
		int rc = entry_decode(bytes + next, index->chunk, next, &entry, NULL);

		if (rc == DFS_E_VERSION)
			return false; /* whole, whatever it means */
		if (rc < 0)
			continue;
		/* It knew that the bad one was on disk; or they share a sector, which is written
		 * whole. */
		if (entry.durable > at || next / SECTOR_SIZE == at / SECTOR_SIZE)
			return false;
	}
	return true;
}

static const char *apply_open(struct index *index, const struct entry *entry)
{
	if (entry->open.chunk != index->chunk)
		return "opens another chunk";
	index->version = entry->open.version;
	return NULL;
}

static const char *apply_span(struct index *index, const struct entry *entry, int *ret_rc)
{
	if (entry->span.offset != spans_end(&index->spans))
		return "is a span that does not begin where the last one ended";
	if (index->frozen)
		return "is a span of a frozen chunk";
	*ret_rc = spans_push(&index->spans, &entry->span);
	return NULL;
}

static const char *apply_synced(struct index *index, const struct entry *entry)
{
	if (entry->synced.length > spans_end(&index->spans) || entry->synced.length < index->synced)
		return "calls bytes synced that cannot be";
	index->synced = entry->synced.length;
	if (entry->synced.committed > index->committed)
		index->committed = entry->synced.committed;
	return NULL;
}

static const char *apply_version(struct index *index, const struct entry *entry)
{
	if (entry->version.version < index->version)
		return "takes the version back";
	index->version = entry->version.version;
	index->frozen = true;
	return NULL;
}

static const char *apply_cut(struct index *index, const struct entry *entry)
{
	uint64_t length = entry->synced.length;

	if (!spans_boundary(&index->spans, length) || length < index->synced)
		return "cuts the chunk where it cannot be cut";
	spans_keep(&index->spans, spans_find(&index->spans, length));
	if (entry->synced.committed > index->committed)
		index->committed = entry->synced.committed;
	return NULL;
}

static const char *apply_sealed(struct index *index, const struct entry *entry)
{
	uint64_t length = entry->sealed.length;
	size_t count = spans_find(&index->spans, length);

	if (!spans_boundary(&index->spans, length) || count != entry->sealed.spans)
		return "seals the chunk where no record ends";
	if (entry->sealed.version < index->version)
		return "takes the version back";
	spans_keep(&index->spans, count);
	index->sealed = true;
	index->version = entry->sealed.version;
	index->length = index->synced = index->committed = length;
	index->crc = entry->sealed.crc;
	return NULL;
}

/* A sealed chunk's version may be raised (RULES 3), nothing else. */
static const char *apply_sealed_again(struct index *index, const struct entry *entry)
{
	if (entry->kind != ENTRY_SEALED || entry->sealed.length != index->length ||
	        entry->sealed.crc != index->crc || entry->sealed.spans != index->spans.count)
		return "changes a sealed chunk";
	if (entry->sealed.version <= index->version)
		return "takes the version back";
	index->version = entry->sealed.version;
	return NULL;
}
