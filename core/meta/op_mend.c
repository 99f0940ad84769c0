/* SPDX-License-Identifier: MIT */
/*
 * Counts that a check found wrong, set right. The check saw the database as it was some operations
 * ago; what it found wrong is still as wrong, since every operation since has added and taken away
 * rightly. So a chunk that says what it said then has as many references as were counted then; one
 * that says something else is left to the next check. In a replay on a database that never had the
 * fault nothing fits, and nothing is changed.
 *
 * Never deletes: a count of 0, which would free a chunk, is refused.
 */
#include <inttypes.h>
#include "meta/chunk.h"
#include "meta/op.h"

static int mend_check(const struct proto_op_mend *args, struct dfs_error *err);
static int fits(struct txn *txn, const struct proto_mend_chunk *mend, struct proto_row_chunk *ret,
        bool *ret_fits, struct dfs_error *err);
static void add(uint64_t *count, int64_t delta);

int op_mend(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_mend *args = &op->mend;
	struct proto_row_counters *counters;
	struct proto_row_chunk row;
	bool fit;
	int rc = mend_check(args, &ret->err);

	for (size_t i = 0; rc == 0 && i < args->chunks_count; i++)
		rc = fits(txn, &args->chunks[i], &row, &fit, &ret->err);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < args->chunks_count; i++) {
		const struct proto_mend_chunk *mend = &args->chunks[i];
		struct dfs_error err;

		/* Read before: it cannot fail now, and one named twice fits once. */
		if (fits(txn, mend, &row, &fit, &err) != 0 || !fit)
			continue;
		row.refs = mend->refs;
		row.live = mend->live;
		chunk_put(txn, mend->chunk, &row);
		ret->value++;
	}
	counters = counters_change(txn);
	add(&counters->files, args->add_files);
	add(&counters->dirs, args->add_dirs);
	add(&counters->bytes, args->add_bytes);
	add(&counters->chunks, args->add_chunks);
	return 0;
}

static int mend_check(const struct proto_op_mend *args, struct dfs_error *err)
{
	for (size_t i = 0; i < args->chunks_count; i++)
		if (args->chunks[i].refs == 0)
			return error_set(err, DFS_E_INVAL,
			        "chunk %016" PRIx64 " would be left without a reference",
			        args->chunks[i].chunk);
	return 0;
}

static int fits(struct txn *txn, const struct proto_mend_chunk *mend, struct proto_row_chunk *ret,
        bool *ret_fits, struct dfs_error *err)
{
	int rc = chunk_get(txn, mend->chunk, ret, err);

	*ret_fits = rc == 0 && ret->state != PROTO_CHUNK_STATE_FREED &&
	            ret->refs == mend->was_refs && ret->live == mend->was_live;
	return rc == DFS_E_NOENT ? 0 : rc;
}

static void add(uint64_t *count, int64_t delta)
{
	if (delta < 0 && *count < (uint64_t)-delta)
		*count = 0;
	else
		*count += (uint64_t)delta;
}
