/* SPDX-License-Identifier: MIT */
#ifndef STORE_ENTRY_H
#define STORE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "store/spans.h"

/*
 * One entry of an index file (ID.idx): 64 bytes that check themselves. The layout is drawn in
 * README.md.
 *
 * The checksum covers the chunk's id and the entry's position too, so that an entry of another
 * chunk or another place fails, and `before` repeats the checksum of the entry before, so that a
 * leftover of an earlier write does not fit on what was written since. Eight entries fill a sector:
 * a crash leaves whole entries or none of them.
 */
enum { ENTRY_SIZE = 64, INDEX_FORMAT = 1 };

enum entry_kind {
	ENTRY_OPEN = 1,    /* the first: this chunk, its version, the format */
	ENTRY_SPAN = 2,    /* a run of bytes with its checksum */
	ENTRY_SYNCED = 3,  /* the data is on disk up to `length`, acknowledged up to `committed` */
	ENTRY_VERSION = 4, /* frozen at `version` (RULES 1) */
	ENTRY_CUT = 5,    /* recovery: spans above `length` that stand before this entry are void */
	ENTRY_SEALED = 6, /* the length is fixed for ever; another one may follow that raises the
	                     version */
};

struct entry {
	enum entry_kind kind;
	uint32_t before;  /* checksum of the entry before; 0 at the first */
	uint64_t durable; /* bytes of the index that were on disk when this entry was written */
	union {
		struct span span;
		struct {
			uint64_t chunk, version;
			uint32_t format;
		} open;
		struct {
			uint64_t length, committed;
		} synced; /* ENTRY_CUT too */
		struct {
			uint64_t version;
		} version;
		struct {
			uint64_t length, version, spans;
			uint32_t crc;
		} sealed;
	};
};

/* Encode for `position` (bytes from the file's start). Returns the checksum, which the next entry
 * carries as `before`. */
uint32_t entry_encode(
        const struct entry *entry, uint64_t chunk, uint64_t position, uint8_t ret[ENTRY_SIZE]);
/* DFS_E_CORRUPT with a sentence: checksum, a field that cannot be. DFS_E_VERSION: whole, but of a kind,
 * format, codec or flag that only a newer program knows. */
int entry_decode(const uint8_t bytes[ENTRY_SIZE], uint64_t chunk, uint64_t position,
        struct entry *ret, struct dfs_error *err);
/* The checksum alone, as the next entry carries it. */
uint32_t entry_checksum(const uint8_t bytes[ENTRY_SIZE]);

#endif
