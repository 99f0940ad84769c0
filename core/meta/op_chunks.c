/* SPDX-License-Identifier: MIT */
/* Operations on single chunks: raise, seal (RULES 1, 2), forget (RULES 13). */
#include <inttypes.h>
#include "meta/chunk.h"
#include "meta/op.h"

static int seal_check(const struct proto_op_chunk_seal *args, const struct proto_row_chunk *row,
        struct dfs_error *err);
static int forget_check(struct txn *txn, uint64_t chunk, struct dfs_error *err);
static void forget(struct txn *txn, uint64_t chunk);

int op_chunk_raise(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_chunk_raise *args = &op->chunk_raise;
	struct proto_row_chunk row;
	int rc = chunk_get(txn, args->chunk, &row, &ret->err);

	if (rc != 0)
		return rc;
	if (row.state == PROTO_CHUNK_STATE_SEALED)
		return error_set(&ret->err, DFS_E_SEALED,
		        "chunk %016" PRIx64 " is sealed at version %" PRIu64, args->chunk,
		        row.version);
	if (args->version <= row.version)
		return error_set(&ret->err, DFS_E_STALE,
		        "chunk %016" PRIx64 " is at version %" PRIu64
		        " already, not below %" PRIu64,
		        args->chunk, row.version, args->version);
	/* A freed one too: before its replicas are deleted, a late writer must be shut out of them.
	 */
	row.version = args->version;
	chunk_put(txn, args->chunk, &row);
	ret->value = args->chunk;
	return 0;
}

int op_chunk_seal(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_chunk_seal *args = &op->chunk_seal;
	struct proto_row_chunk row;
	int rc = chunk_get(txn, args->chunk, &row, &ret->err);

	if (rc == 0)
		rc = seal_check(args, &row, &ret->err);
	if (rc != 0)
		return rc;
	row.state = PROTO_CHUNK_STATE_SEALED;
	row.version = args->version;
	row.length = args->length;
	row.crc = args->crc;
	chunk_put(txn, args->chunk, &row);
	ret->value = args->chunk;
	return 0;
}

int op_chunk_forget(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_chunk_forget *args = &op->chunk_forget;

	for (size_t i = 0; i < args->chunks_count; i++) {
		int rc = forget_check(txn, args->chunks[i], &ret->err);

		if (rc != 0)
			return rc;
	}
	for (size_t i = 0; i < args->chunks_count; i++)
		forget(txn, args->chunks[i]);
	return 0;
}

static int seal_check(const struct proto_op_chunk_seal *args, const struct proto_row_chunk *row,
        struct dfs_error *err)
{
	bool same = args->version == row->version && args->length == row->length &&
	            args->crc == row->crc;

	if (row->state == PROTO_CHUNK_STATE_FREED)
		return error_set(err, DFS_E_NOENT,
		        "chunk %016" PRIx64 " has been freed: nobody refers to it any more",
		        args->chunk);
	if (row->state == PROTO_CHUNK_STATE_SEALED && !same)
		return error_set(err, DFS_E_SEALED,
		        "chunk %016" PRIx64 " is sealed already: version %" PRIu64 ", %" PRIu64
		        " bytes",
		        args->chunk, row->version, row->length);
	if (args->version < row->version)
		return error_set(err, DFS_E_STALE,
		        "chunk %016" PRIx64 " is at version %" PRIu64 ", not %" PRIu64, args->chunk,
		        row->version, args->version);
	/* RULES 1: a seal below what extents point at would cut acknowledged bytes. */
	if (args->length < row->floor)
		return error_set(err, DFS_E_RANGE,
		        "chunk %016" PRIx64 " holds %" PRIu64
		        " acknowledged bytes and cannot be sealed at %" PRIu64,
		        args->chunk, row->floor, args->length);
	return 0;
}

/* One that is gone already is as good as forgotten: the call may be a repeat. */
static int forget_check(struct txn *txn, uint64_t chunk, struct dfs_error *err)
{
	struct proto_row_chunk row;
	int rc = chunk_get(txn, chunk, &row, err);

	if (rc == DFS_E_NOENT)
		return 0;
	if (rc == 0 && row.state != PROTO_CHUNK_STATE_FREED)
		return error_set(err, DFS_E_INVAL,
		        "chunk %016" PRIx64 " is in use and cannot be forgotten", chunk);
	return rc;
}

static void forget(struct txn *txn, uint64_t chunk)
{
	struct table_key key = key_u64(chunk), freed;
	struct proto_row_chunk row;
	struct dfs_error err;
	int rc = chunk_get(txn, chunk, &row, &err);

	if (rc == DFS_E_NOENT)
		return; /* named twice, or forgotten before */
	if (rc != 0) {
		txn_fail(txn, rc, &err);
		return;
	}
	freed = key_u64_2(key_from_time(row.freed_ms), chunk);
	txn_del(txn, META_CHUNK, &key);
	txn_del(txn, META_FREED, &freed);
}
