/* SPDX-License-Identifier: MIT */
/*
 * A backup becomes metadata again. The epochs between the backup and the loss are not known here,
 * and chunks of theirs lie on the datanodes: the jump passes over as many as any life has, and over
 * those of an earlier restore of the same backup by chance. So do clients with ids from that time
 * that are still at work, and writers with sessions of theirs: another one must get neither, or his
 * mutation would be answered with what was done for somebody else (RULES 15, 17).
 */
#include <stdlib.h>
#include "meta/apply.h"

enum { EPOCH_JUMP = 4096, DROP_STEP = 1000 };

#define ID_JUMP (UINT64_C(1) << 32)

static int restore(struct txn *txn, struct io *io, uint64_t seen_epoch, int64_t wall_ms,
        struct dfs_error *err);
static int jump_ids(struct txn *txn, struct io *io, struct dfs_error *err);
static int drop_keepsakes(struct txn *txn, struct io *io, struct dfs_error *err);

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
			rc = jump_ids(txn, io, err);
		if (rc == 0)
			rc = drop_keepsakes(txn, io, err);
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

static int jump_ids(struct txn *txn, struct io *io, struct dfs_error *err)
{
	struct proto_op op = {.kind = PROTO_OP_RESERVE};

	op.reserve.client = txn->counters.client_reserved + ID_JUMP + io_random_u64(io) % ID_JUMP;
	op.reserve.session = txn->counters.session_reserved + ID_JUMP + io_random_u64(io) % ID_JUMP;
	op.reserve.chunk = txn->counters.chunk_reserved; /* begins anew with the epoch */
	return apply_own(txn, io, &op, err);
}

/*
 * Keepsakes that the backup names may have been replaced and deleted since: they would be called lost.
 * Those that are there still are deleted after `accept`; the new reign keeps its own (RULES 20).
 */
static int drop_keepsakes(struct txn *txn, struct io *io, struct dfs_error *err)
{
	uint64_t firsts[DROP_STEP];
	struct proto_op op = {.kind = PROTO_OP_KEEPSAKE_DROP};
	int rc;

	op.keepsake_drop.chunks = firsts;
	do {
		struct table_cursor cursor = {0};
		struct table_key first = key_none();

		op.keepsake_drop.chunks_count = 0;
		rc = table_seek(txn->kv, META_KEEPSAKE, &first, &cursor, err);
		while (rc == 0 && op.keepsake_drop.chunks_count < DROP_STEP) {
			firsts[op.keepsake_drop.chunks_count++] = key_get_u64(&cursor.key, 0);
			rc = table_next(&cursor, err);
		}
		table_cursor_fini(&cursor);
		rc = rc == DFS_E_NOENT ? 0 : rc;
		if (rc == 0 && op.keepsake_drop.chunks_count > 0)
			rc = apply_own(txn, io, &op, err);
	} while (rc == 0 && op.keepsake_drop.chunks_count == DROP_STEP);
	return rc;
}
