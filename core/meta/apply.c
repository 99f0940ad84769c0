/* SPDX-License-Identifier: MIT */
/* One operation: answered before, applied, logged, answered. */
#include "meta/apply.h"

#include <assert.h>
#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "meta/answer.h"

enum { RECORD_HEAD = 24 };

static const int64_t TIME_MAX_MS =
        9000000000000; /* in nanoseconds it still fits 63 bits: year 2255 */

int record_pack(const struct proto_op *op, int64_t time_ms, uint64_t client, uint64_t sequence,
        struct buf *ret)
{
	uint64_t head[3] = {htole64((uint64_t)time_ms), htole64(client), htole64(sequence)};

	buf_clear(ret);
	buf_append(ret, head, sizeof(head));
	return proto_op_pack(op, ret);
}

int record_unpack(struct kv_bytes row, struct arena *arena, struct proto_op *ret_op,
        struct record *ret, struct dfs_error *err)
{
	uint64_t head[3];
	int64_t time_ms;
	int rc;

	if (row.size < RECORD_HEAD)
		return error_set(err, DFS_E_CORRUPT, "a row of the log has %zu bytes", row.size);
	memcpy(head, row.data, sizeof(head));
	time_ms = (int64_t)le64toh(head[0]);
	if (time_ms > TIME_MAX_MS || time_ms < -TIME_MAX_MS)
		return error_set(err, DFS_E_CORRUPT, "a row of the log has an impossible time");
	rc = proto_op_unpack(
	        (const char *)row.data + RECORD_HEAD, row.size - RECORD_HEAD, arena, ret_op, err);
	if (rc != 0)
		return rc;
	*ret = (struct record){ret_op, time_ms, le64toh(head[1]), le64toh(head[2]), NULL};
	return 0;
}

int apply(struct txn *txn, const struct record *record, struct meta_result *ret)
{
	struct proto_row_counters *counters;
	op_apply *op = op_apply_of(record->op->kind);
	struct table_key key;
	int rc;

	assert(txn->kv && !txn->failed);
	result_clear(ret);
	arena_reset(&txn->arena);
	txn->time_ms = record->time_ms;
	if (!op)
		return ret->code =
		               error_set(&ret->err, DFS_E_INVAL, "an operation of no known kind");
	if (record->client != 0 && answer_find(txn, record, ret, &rc))
		return ret->code = rc;
	rc = op(txn, record->op, ret);
	if (rc == 0 && !txn->failed) {
		/* What was looked for and not found is no error. */
		ret->err.code = 0;
		ret->err.text[0] = '\0';
		counters = counters_change(txn);
		ret->operation = ++counters->operation;
		counters->wall_ms = record->time_ms;
		key = key_u64(ret->operation);
		txn_put(txn, META_LOG, &key, record->packed);
		answer_keep(txn, record, ret);
	}
	assert(rc <= 0);
	return ret->code = rc;
}

int apply_own(struct txn *txn, struct io *io, const struct proto_op *op, struct dfs_error *err)
{
	struct meta_result *result = malloc(sizeof(*result));
	struct record record = {.op = op, .time_ms = io_wall_ms(io)};
	struct buf packed = {0};
	int rc;

	if (!result)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	record.packed = &packed;
	rc = record_pack(op, record.time_ms, 0, 0, &packed);
	if (rc != 0)
		error_set(&result->err, rc, "%s: cannot be packed: %s", proto_op_name(op->kind),
		        dfs_error_text(rc));
	else
		rc = apply(txn, &record, result);
	if (rc == 0 && txn->failed) {
		rc = txn->failed;
		result->err = txn->failure;
	}
	if (rc != 0)
		error_set(err, rc, "%s", result->err.text);
	buf_fini(&packed);
	free(result);
	return rc;
}
