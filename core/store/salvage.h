/* SPDX-License-Identifier: MIT */
#ifndef STORE_SALVAGE_H
#define STORE_SALVAGE_H

#include "store/chunk.h"
#include "store/index.h"

/*
 * What is left of a replica that is bad, stale or short: its index as far as its entries check by
 * themselves, its spans one by one (docs/decisions/0013-what-a-bad-replica-is-good-for.md).
 */

/* A span whose entry is damaged: nothing says what its bytes must be. In memory only. */
enum { SPAN_HOLE = 1 << 30 };

/*
 * As index_replay, but an entry that is damaged is passed over, and what its span covered becomes
 * holes. Spans end where the last entry that checks says so. 0, DFS_E_NOMEM, DFS_E_LIMIT.
 */
int index_salvage(struct index *index, const uint8_t *bytes, size_t size);

/*
 * The files of a slot as a chunk of their own: with one user, in no table, marked by nobody, to be
 * loaded by chunk_load, which sets version, length and state (STORE_SEALED where the index says so,
 * else STORE_BAD) from the index and not from the table. Gone with its last user. NULL: out of
 * memory.
 */
struct chunk *chunk_salvage(struct store *store, const struct slot *slot);
/* Its index was read: take what it says. */
void chunk_salvaged(struct chunk *chunk, const struct index *index);

#endif
