/* SPDX-License-Identifier: MIT */
/*
 * Keepsakes (RULES 20): files of the metadata that are kept on datanodes. Their chunks are on
 * enough of them before anything is said of them here, so they are sealed from their first row on,
 * each with one reference: that of its keepsake.
 */
#include <inttypes.h>
#include "base/chunk_id.h"
#include "meta/chunk.h"
#include "meta/keepsake.h"
#include "meta/op.h"

enum { GOAL_MAX = 9 };

static int add_check(
        struct txn *txn, const struct proto_op_keepsake_add *args, struct dfs_error *err);
static int ids_check(
        const struct txn *txn, const struct proto_op_keepsake_add *args, struct dfs_error *err);
static int parts_check(const struct proto_op_keepsake_add *args, struct dfs_error *err);
static int drop_check(struct txn *txn, uint64_t first, struct dfs_error *err);
static void drop(struct txn *txn, uint64_t first);

uint64_t keepsake_parts(const struct proto_row_keepsake *row)
{
	return row->part ? (row->size + row->part - 1) / row->part : 0;
}

uint64_t keepsake_part_length(const struct proto_row_keepsake *row, uint64_t part)
{
	uint64_t at = part * row->part;

	return row->size - at < row->part ? row->size - at : row->part;
}

int op_keepsake_add(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_keepsake_add *args = &op->keepsake_add;
	struct table_key key = key_u64(args->chunk);
	struct proto_row_keepsake row = {
	        .from = args->from,
	        .operation = args->operation,
	        .epoch = args->epoch,
	        .reign = args->reign,
	        .part = args->part,
	        .time_ms = txn->time_ms,
	};
	int rc = add_check(txn, args, &ret->err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < args->chunks_count; i++) {
		const struct proto_keepsake_chunk *part = &args->chunks[i];
		struct proto_row_chunk made = {
		        .version = KEEPSAKE_VERSION,
		        .state = PROTO_CHUNK_STATE_SEALED,
		        .goal = args->goal,
		        .length = part->length,
		        .crc = part->crc,
		        .refs = 1,
		        .live = part->length,
		        .floor = part->length,
		};

		chunk_put(txn, args->chunk + i, &made);
		row.size += part->length;
	}
	counters_change(txn)->chunks += args->chunks_count;
	txn_write(txn, META_KEEPSAKE, &key, &row);
	ret->value = args->chunk;
	return 0;
}

int op_keepsake_drop(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_keepsake_drop *args = &op->keepsake_drop;

	for (size_t i = 0; i < args->chunks_count; i++) {
		int rc = drop_check(txn, args->chunks[i], &ret->err);

		if (rc != 0)
			return rc;
	}
	for (size_t i = 0; i < args->chunks_count; i++)
		drop(txn, args->chunks[i]);
	return 0;
}

static int add_check(
        struct txn *txn, const struct proto_op_keepsake_add *args, struct dfs_error *err)
{
	int rc = ids_check(txn, args, err);

	if (rc == 0)
		rc = parts_check(args, err);
	if (rc == 0 && (args->goal < 1 || args->goal > GOAL_MAX))
		rc = error_set(err, DFS_E_INVAL, "a goal is 1 to %d replicas, not %" PRIu32,
		        GOAL_MAX, args->goal);
	if (rc == 0 && (args->operation > txn->counters.operation || args->from > args->operation))
		rc = error_set(err, DFS_E_INVAL,
		        "a keepsake of operations %" PRIu64 " to %" PRIu64 " where %" PRIu64
		        " is the last",
		        args->from, args->operation, txn->counters.operation);
	for (size_t i = 0; rc == 0 && i < args->chunks_count; i++) {
		struct table_key key = key_u64(args->chunk + i);

		if (txn_has(txn, META_CHUNK, &key, &rc, err))
			rc = error_set(err, DFS_E_EXIST, "chunk %016" PRIx64 " already exists",
			        args->chunk + i);
	}
	return rc;
}

static int ids_check(
        const struct txn *txn, const struct proto_op_keepsake_add *args, struct dfs_error *err)
{
	uint64_t counter = chunk_counter(args->chunk);

	if (chunk_epoch(args->chunk) == txn->counters.epoch && chunk_is_keepsake(args->chunk) &&
	        counter > 0 && args->chunks_count > 0 &&
	        args->chunks_count <= CHUNK_COUNTER_MAX - counter)
		return 0;
	return error_set(err, DFS_E_INVAL,
	        "chunk %016" PRIx64 " and the %zu from it on are no keepsakes of epoch %" PRIu64,
	        args->chunk, args->chunks_count, txn->counters.epoch);
}

static int parts_check(const struct proto_op_keepsake_add *args, struct dfs_error *err)
{
	for (size_t i = 0; i < args->chunks_count; i++) {
		uint64_t length = args->chunks[i].length;
		bool last = i + 1 == args->chunks_count;

		if (length == 0 || length > args->part || (!last && length != args->part))
			return error_set(err, DFS_E_INVAL,
			        "part %zu of a keepsake has %" PRIu64 " bytes of %" PRIu64, i,
			        length, args->part);
	}
	return 0;
}

/* One that is gone is as good as dropped. */
static int drop_check(struct txn *txn, uint64_t first, struct dfs_error *err)
{
	struct table_key key = key_u64(first);
	struct proto_row_keepsake row;
	int rc = txn_read(txn, META_KEEPSAKE, &key, &row, err);

	for (uint64_t i = 0; rc == 0 && i < keepsake_parts(&row); i++) {
		struct proto_row_chunk chunk;

		rc = chunk_get(txn, first + i, &chunk, err);
		if (rc == 0 && (chunk.refs < 1 || chunk.live < keepsake_part_length(&row, i)))
			rc = error_set(err, DFS_E_CORRUPT,
			        "chunk %016" PRIx64 " of a keepsake counts no reference: "
			        "`dfs fsck --repair` mends it",
			        first + i);
	}
	return rc == DFS_E_NOENT ? 0 : rc;
}

static void drop(struct txn *txn, uint64_t first)
{
	struct table_key key = key_u64(first);
	struct proto_row_keepsake row;
	struct dfs_error err;
	int rc = txn_read(txn, META_KEEPSAKE, &key, &row, &err);

	for (uint64_t i = 0; rc == 0 && i < keepsake_parts(&row); i++) {
		struct proto_row_chunk chunk;

		rc = chunk_get(txn, first + i, &chunk, &err);
		if (rc == 0)
			chunk_release(txn, first + i, &chunk, 1, keepsake_part_length(&row, i));
	}
	if (rc == 0)
		txn_del(txn, META_KEEPSAKE, &key);
	else if (rc != DFS_E_NOENT) /* named twice, or dropped before */
		txn_fail(txn, rc, &err);
}
