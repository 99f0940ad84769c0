/* SPDX-License-Identifier: MIT */
/*
 * log_drop: a bounded step of forgetting what a checkpoint covers (RULES 19). An operation like any
 * other, so that nothing but operations ever writes; the log itself is no part of what a replay
 * must give again.
 */
#include <string.h>
#include "meta/apply.h"
#include "meta/op.h"

enum { DROP_ROWS_MAX = 10000 }; /* in one transaction */

/* Repeated requests are answered for 10 minutes; what they were is kept for twice as long. */
static const int64_t LOG_KEEP_MS = 20ll * 60 * 1000;

static bool may_go(
        struct txn *txn, const struct table_cursor *at, uint64_t upto, struct dfs_error *err);

/* The oldest rows first; `value` tells how many went. A damaged row goes too: what it said is in
 * the checkpoint. */
int op_log_drop(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	uint32_t rows = op->log_drop.rows < DROP_ROWS_MAX ? op->log_drop.rows : DROP_ROWS_MAX;
	struct table_key first = key_none();

	while (rows-- > 0 && !txn->failed) {
		struct table_cursor cursor = {0};
		int rc = table_seek(txn->kv, META_LOG, &first, &cursor, &ret->err);
		struct table_key key = cursor.key;
		bool goes = (rc == 0 || rc == DFS_E_CORRUPT) && cursor.cursor &&
		            may_go(txn, &cursor, op->log_drop.upto, &ret->err);

		table_cursor_fini(&cursor);
		if (rc != 0 && rc != DFS_E_NOENT && rc != DFS_E_CORRUPT)
			txn_fail(txn, rc, &ret->err);
		if (!goes)
			break;
		txn_del(txn, META_LOG, &key);
		ret->value++;
	}
	return 0;
}

static bool may_go(
        struct txn *txn, const struct table_cursor *at, uint64_t upto, struct dfs_error *err)
{
	struct record record;
	struct proto_op op;

	if (at->key.size != sizeof(uint64_t) || key_get_u64(&at->key, 0) > upto)
		return false;
	arena_reset(&txn->arena);
	return record_unpack(at->value, &txn->arena, &op, &record, err) != 0 ||
	       record.time_ms <= txn->time_ms - LOG_KEEP_MS;
}
