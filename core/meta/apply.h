/* SPDX-License-Identifier: MIT */
#ifndef META_APPLY_H
#define META_APPLY_H

#include "meta/op.h"

/* One operation as it was queued: what the log keeps of it. */
struct record {
	const struct proto_op *op;
	int64_t time_ms;
	uint64_t client, sequence; /* client 0: not deduplicated */
	struct buf *packed;        /* record_pack of these */
};

/* A row of the log: time, client, sequence, packed operation. */
int record_pack(const struct proto_op *op, int64_t time_ms, uint64_t client, uint64_t sequence,
        struct buf *ret);
/* The operation goes into the arena. DFS_E_CORRUPT. */
int record_unpack(struct kv_bytes row, struct arena *arena, struct proto_op *ret_op,
        struct record *ret, struct dfs_error *err);

/*
 * Apply one operation: an earlier answer of its (client, sequence), or a refusal and nothing
 * written, or rows, log row and answer row in the transaction. Fills `ret` and returns its code.
 * Where txn->failed is set afterwards, the transaction must be aborted and `ret` says nothing.
 */
int apply(struct txn *txn, const struct record *record, struct meta_result *ret);
/* One of the master itself, now, outside of any batch. Whatever fails fails the transaction. */
int apply_own(struct txn *txn, struct io *io, const struct proto_op *op, struct dfs_error *err);

#endif
