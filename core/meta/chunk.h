/* SPDX-License-Identifier: MIT */
#ifndef META_CHUNK_H
#define META_CHUNK_H

#include "meta/txn.h"

/*
 * A chunk's life in metadata:
 *
 *              session_begin, chunk_add
 *                        |
 *                        v      commit (covered), chunk_seal
 *                     [open] ------------------------------> [sealed]
 *                        |                                      |
 *                        | no session and no extent left        | no extent left
 *                        v                                      v
 *                      [freed] <--------------------------------+
 *                        |  chunk_forget, once it lingered and is deleted everywhere (RULES 9, 13)
 *                        v
 *                      (no row)
 */

/* DFS_E_NOENT with a sentence. */
int chunk_get(struct txn *txn, uint64_t chunk, struct proto_row_chunk *ret, struct dfs_error *err);
void chunk_put(struct txn *txn, uint64_t chunk, const struct proto_row_chunk *row);

/* Fresh chunks for a session: ids of this reign, reserved and unused; a replica set each (RULES 4,
 * 15). */
int chunks_check(
        struct txn *txn, const struct proto_chunk_new *chunks, size_t count, struct dfs_error *err);
void chunks_make(struct txn *txn, uint64_t session, const struct proto_row_session *row,
        const struct proto_chunk_new *chunks, size_t count);

/* Extents point at the chunk or no longer do; the caller puts the row. */
void chunk_refer(struct proto_row_chunk *row, const struct proto_extent_new *extent);
/* Puts the row: freed where nothing holds it any more. */
void chunk_release(struct txn *txn, uint64_t chunk, struct proto_row_chunk *row, uint32_t extents,
        uint64_t bytes);

/*
 * The session is over: its chunks belong to nobody. What no extent uses is freed. With `committed`,
 * an open chunk that extents cover up to their last end is sealed there.
 */
void chunks_settle(struct txn *txn, uint64_t session, bool committed);

#endif
