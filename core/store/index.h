/* SPDX-License-Identifier: MIT */
#ifndef STORE_INDEX_H
#define STORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "store/entry.h"
#include "store/spans.h"

/*
 * What an index file says, entry after entry (RULES 27: append-only, the last good entry counts).
 * Pure: bytes in, state out; the bytes may be anything.
 */
struct index {
	uint64_t chunk;
	uint64_t size; /* bytes of good entries */
	uint32_t last; /* checksum of the last of them: what the next one carries as `before` */
	uint64_t version;
	bool frozen, sealed;
	uint64_t length;    /* once sealed */
	uint32_t crc;       /* once sealed */
	uint64_t synced;    /* data bytes that were on disk */
	uint64_t committed; /* data bytes known to be acknowledged */
	struct spans spans;
};

/* Files longer than this are refused: bounds memory against a damaged or foreign file. */
#define INDEX_BYTES_MAX ((uint64_t)SPANS_MAX * ENTRY_SIZE * 4)

void index_init(struct index *index, uint64_t chunk);
void index_fini(struct index *index);
/*
 * Apply the file's bytes from its start. 0 when all are good; DFS_E_CORRUPT where an entry is not,
 * with index->size at that entry and the state as of the ones before it; DFS_E_VERSION likewise, for
 * one that a newer program has written; DFS_E_NOMEM.
 */
int index_replay(struct index *index, const uint8_t *bytes, size_t size, struct dfs_error *err);
/*
 * After a replay that stopped: true where a crash explains what stands from index->size on (never
 * synced, so nobody relied on it), false where it was on disk once: damage.
 */
bool index_interrupted(const struct index *index, const uint8_t *bytes, size_t size);
/* One entry, already decoded, at index->size with checksum `crc`. DFS_E_CORRUPT where it may not
 * stand there. */
int index_apply(
        struct index *index, const struct entry *entry, uint32_t crc, struct dfs_error *err);

#endif
