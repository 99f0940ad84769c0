/* SPDX-License-Identifier: MIT */
/*
 * A backup becomes metadata again. The epochs between the backup and the loss are not known here,
 * and chunks of theirs lie on the datanodes: the jump passes over as many as any life has, and over
 * those of an earlier restore of the same backup by chance.
 */
#include <stdlib.h>
#include "meta/apply.h"

enum { EPOCH_JUMP = 4096 };

static int restore(struct txn *txn, struct io *io, uint64_t seen_epoch, int64_t wall_ms,
        struct dfs_error *err);

int meta_restore(
        struct kv *kv, struct io *io, uint64_t seen_epoch, int64_t wall_ms, struct dfs_error *err)
{
	struct txn *txn = calloc(1, sizeof(*txn));
	int rc;

	if (!txn)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	rc = txn_begin(txn, kv, err);
	if (rc == 0) {
		rc = restore(txn, io, seen_epoch, wall_ms, err);
		if (rc == 0)
			rc = txn_commit(txn, err);
		else
			txn_abort(txn);
	}
	txn_fini(txn);
	free(txn);
	return rc;
}

static int restore(
        struct txn *txn, struct io *io, uint64_t seen_epoch, int64_t wall_ms, struct dfs_error *err)
{
	uint64_t highest = txn->counters.epoch > seen_epoch ? txn->counters.epoch : seen_epoch;
	struct proto_op op = {.kind = PROTO_OP_HOLD};

	op.hold.epoch = highest + EPOCH_JUMP + io_random_u64(io) % EPOCH_JUMP;
	op.hold.operation = txn->counters.operation;
	op.hold.wall_ms = wall_ms;
	while (op.hold.reign == 0)
		op.hold.reign = io_random_u64(io);
	return apply_own(txn, io, &op, err);
}
