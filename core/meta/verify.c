/* SPDX-License-Identifier: MIT */
/*
 * Every row of every table, once: its checksum, its shape, the order of the keys. What a copy must
 * pass before it is called a checkpoint: a database that rotted must not push out the good copies
 * of it. It keeps nothing in memory; the invariants between rows are meta_check's.
 */
#include <inttypes.h>
#include <string.h>
#include "base/text.h"
#include "meta/apply.h"
#include "meta/meta.h"

static int verify_table(
        struct kv_txn *kv, enum meta_table table, struct arena *arena, struct dfs_error *err);
static int verify_log(struct kv_txn *kv, uint64_t operation, struct dfs_error *err);
static int verify_row(
        const struct table_cursor *cursor, struct arena *arena, struct dfs_error *err);
static bool in_order(const struct table_key *before, const struct table_key *after);

int meta_verify(
        struct kv *kv, struct arena *arena, struct proto_row_counters *ret, struct dfs_error *err)
{
	struct table_key key = key_counters();
	struct arena scratch = {0};
	struct kv_txn *txn;
	int rc = kv->ops->begin(kv, false, &txn);

	if (rc != 0)
		return error_set(
		        err, rc, "the metadata store: no read transaction: %s", dfs_error_text(rc));
	rc = table_read(txn, META_COUNTERS, &key, arena, ret, err);
	if (rc == DFS_E_NOENT)
		rc = error_set(err, DFS_E_FENCED, "there is no metadata in it");
	for (int table = 0; rc == 0 && table < META_TABLES; table++)
		rc = verify_table(txn, (enum meta_table)table, &scratch, err);
	if (rc == 0)
		rc = verify_log(txn, ret->operation, err);
	kv->ops->abort(txn);
	arena_fini(&scratch);
	return rc;
}

static int verify_table(
        struct kv_txn *kv, enum meta_table table, struct arena *arena, struct dfs_error *err)
{
	struct table_cursor cursor = {0};
	struct table_key first = key_none(), before = key_none();
	int rc = table_seek(kv, table, &first, &cursor, err);

	while (rc == 0) {
		if (!in_order(&before, &cursor.key)) {
			rc = error_set(err, DFS_E_CORRUPT,
			        "metadata table %s: its keys are out of order", table_name(table));
			break;
		}
		before = cursor.key;
		arena_reset(arena);
		rc = verify_row(&cursor, arena, err);
		if (rc == 0)
			rc = table_next(&cursor, err);
	}
	table_cursor_fini(&cursor);
	return rc == DFS_E_NOENT ? 0 : rc;
}

static int verify_row(const struct table_cursor *cursor, struct arena *arena, struct dfs_error *err)
{
	struct proto_op op;
	struct record record;

	if (cursor->table != META_LOG)
		return table_try(cursor->table, &cursor->key, cursor->value, arena, err);
	return record_unpack(cursor->value, arena, &op, &record, err) == 0
	               ? 0
	               : error_where(err, "operation %" PRIu64, key_get_u64(&cursor->key, 0));
}

/* The log ends with the operation that the counters tell, and has no gap: pages of different times
 * do not fit together. */
static int verify_log(struct kv_txn *kv, uint64_t operation, struct dfs_error *err)
{
	struct table_cursor cursor = {0};
	struct table_key first = key_none();
	uint64_t last = 0, at;
	int rc = table_seek(kv, META_LOG, &first, &cursor, err);

	while (rc == 0) {
		at = key_get_u64(&cursor.key, 0);
		if (last != 0 && at != last + 1)
			break;
		last = at;
		rc = table_next(&cursor, err);
	}
	table_cursor_fini(&cursor);
	if (rc == DFS_E_NOENT && (last == operation || last == 0))
		return 0;
	return rc != 0 && rc != DFS_E_NOENT ? rc
	                                    : error_set(err, DFS_E_CORRUPT,
	                                              "the log has a gap behind operation %" PRIu64
	                                              "; the last one is %" PRIu64,
	                                              last, operation);
}

static bool in_order(const struct table_key *before, const struct table_key *after)
{
	size_t common = before->size < after->size ? before->size : after->size;
	int order = memcmp(before->bytes, after->bytes, common);

	return order < 0 || (order == 0 && before->size < after->size);
}
