/* SPDX-License-Identifier: MIT */
/* Replay of a log onto an older copy, and the comparison of two databases (RULES 19). */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "meta/apply.h"
#include "meta/meta.h"

enum { REPLAY_STEP = 1000 }; /* operations in one transaction */

struct replay {
	struct kv *into;
	int (*row)(void *arg, uint64_t operation, struct kv_bytes *ret, struct dfs_error *err);
	void *arg;
	struct txn txn;
	struct arena arena;
	struct buf packed;
	struct meta_result result;
};

/* Rows of a database's own log; a new look at it every so often: io/kv.h. */
struct own_log {
	struct kv *kv;
	struct kv_txn *txn;
	uint64_t looked; /* rows read by it */
};

static int own_row(void *arg, uint64_t operation, struct kv_bytes *ret, struct dfs_error *err);
static int replay_step(struct replay *replay, uint64_t from, uint64_t to, struct dfs_error *err);
static int replay_one(struct replay *replay, uint64_t operation, struct dfs_error *err);
static int compare_table(
        struct kv_txn *a, struct kv_txn *b, enum meta_table table, struct dfs_error *err);
static bool same_row(const struct table_cursor *a, const struct table_cursor *b);
static int differs(enum meta_table table, const struct table_cursor *at, const char *how,
        struct dfs_error *err);

int meta_replay(struct kv *log, struct kv *into, uint64_t from, uint64_t to, struct dfs_error *err)
{
	struct own_log own = {.kv = log};
	int rc = meta_replay_rows(into, from, to, own_row, &own, err);

	if (own.txn)
		log->ops->abort(own.txn);
	return rc;
}

int meta_replay_rows(struct kv *into, uint64_t from, uint64_t to,
        int (*row)(void *arg, uint64_t operation, struct kv_bytes *ret, struct dfs_error *err),
        void *arg, struct dfs_error *err)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	int rc = 0;

	if (!replay)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	replay->into = into;
	replay->row = row;
	replay->arg = arg;
	while (rc == 0 && from <= to) {
		uint64_t last = to - from < REPLAY_STEP ? to : from + REPLAY_STEP - 1;

		rc = replay_step(replay, from, last, err);
		from = last + 1;
	}
	txn_fini(&replay->txn);
	arena_fini(&replay->arena);
	buf_fini(&replay->packed);
	free(replay);
	return rc;
}

int meta_compare(struct kv *a, struct kv *b, struct dfs_error *err)
{
	struct kv_txn *in_a = NULL, *in_b = NULL;
	int rc = a->ops->begin(a, false, &in_a);

	if (rc == 0)
		rc = b->ops->begin(b, false, &in_b);
	if (rc != 0)
		error_set(err, rc, "no read transaction: %s", dfs_error_text(rc));
	for (int table = 0; table < META_TABLES && rc == 0; table++)
		if (table != META_LOG)
			rc = compare_table(in_a, in_b, (enum meta_table)table, err);
	if (in_b)
		b->ops->abort(in_b);
	if (in_a)
		a->ops->abort(in_a);
	return rc;
}

static int own_row(void *arg, uint64_t operation, struct kv_bytes *ret, struct dfs_error *err)
{
	struct own_log *own = arg;
	struct table_key key = key_u64(operation);
	int rc = 0;

	if (own->txn && ++own->looked % REPLAY_STEP == 0) {
		own->kv->ops->abort(own->txn);
		own->txn = NULL;
	}
	if (!own->txn)
		rc = own->kv->ops->begin(own->kv, false, &own->txn);
	if (rc != 0)
		return error_set(
		        err, rc, "the log: no read transaction: %s", dfs_error_text(rc));
	rc = table_get(own->txn, META_LOG, &key, ret, err);
	return rc == DFS_E_NOENT ? error_set(err, rc, "operation %" PRIu64 " is not in the log",
	                                   operation)
	                         : rc;
}

static int replay_step(struct replay *replay, uint64_t from, uint64_t to, struct dfs_error *err)
{
	struct dfs_error why = {0};
	int rc = txn_begin(&replay->txn, replay->into, err);

	if (rc != 0)
		return rc;
	if (replay->txn.counters.operation + 1 != from)
		rc = error_set(err, DFS_E_INVAL,
		        "the copy is at operation %" PRIu64 ", the replay begins at %" PRIu64,
		        replay->txn.counters.operation, from);
	for (uint64_t operation = from; operation <= to && rc == 0; operation++)
		rc = replay_one(replay, operation, err);
	if (rc != 0) {
		txn_abort(&replay->txn);
		return rc;
	}
	rc = txn_commit(&replay->txn, &why);
	return rc == 0 ? 0 : error_set(err, rc, "%s", why.text);
}

static int replay_one(struct replay *replay, uint64_t operation, struct dfs_error *err)
{
	struct meta_result *result = &replay->result;
	struct proto_op op;
	struct record record;
	struct kv_bytes row;
	int rc = replay->row(replay->arg, operation, &row, err);

	if (rc != 0)
		return rc;
	arena_reset(&replay->arena);
	rc = record_unpack(row, &replay->arena, &op, &record, err);
	if (rc != 0)
		return error_where(err, "operation %" PRIu64, operation);
	buf_clear(&replay->packed);
	buf_append(&replay->packed, row.data, row.size);
	record.packed = &replay->packed;
	rc = apply(&replay->txn, &record, result);
	if (replay->txn.failed)
		return error_set(err, replay->txn.failed, "operation %" PRIu64 ": %s", operation,
		        replay->txn.failure.text);
	if (rc != 0 || result->repeated || result->operation != operation)
		return error_set(err, DFS_E_CORRUPT,
		        "operation %" PRIu64 " (%s) does not replay: %s", operation,
		        proto_op_name(op.kind),
		        rc != 0 ? result->err.text : "it has been applied before");
	return 0;
}

static int compare_table(
        struct kv_txn *a, struct kv_txn *b, enum meta_table table, struct dfs_error *err)
{
	struct table_cursor in_a = {0}, in_b = {0};
	struct table_key first = key_none();
	int rc_a = table_seek(a, table, &first, &in_a, err);
	int rc_b = table_seek(b, table, &first, &in_b, err);
	int rc = 0;

	while (rc_a == 0 && rc_b == 0 && rc == 0) {
		if (!same_row(&in_a, &in_b)) {
			rc = differs(table, &in_a, "differs", err);
			break;
		}
		rc_a = table_next(&in_a, err);
		rc_b = table_next(&in_b, err);
	}
	if (rc == 0 && rc_a == 0 && rc_b == DFS_E_NOENT)
		rc = differs(table, &in_a, "is missing in the second database", err);
	else if (rc == 0 && rc_b == 0 && rc_a == DFS_E_NOENT)
		rc = differs(table, &in_b, "is missing in the first database", err);
	else if (rc == 0 && !(rc_a == DFS_E_NOENT && rc_b == DFS_E_NOENT))
		rc = rc_a != 0 && rc_a != DFS_E_NOENT ? rc_a : rc_b;
	table_cursor_fini(&in_a);
	table_cursor_fini(&in_b);
	return rc;
}

static bool same_row(const struct table_cursor *a, const struct table_cursor *b)
{
	return a->key.size == b->key.size && memcmp(a->key.bytes, b->key.bytes, a->key.size) == 0 &&
	       a->value.size == b->value.size &&
	       memcmp(a->value.data, b->value.data, a->value.size) == 0;
}

static int differs(enum meta_table table, const struct table_cursor *at, const char *how,
        struct dfs_error *err)
{
	char hex[2 * TABLE_KEY_MAX + 1];

	text_hex(at->key.bytes, at->key.size, hex);
	return error_set(err, DFS_E_CORRUPT, "metadata table %s, key %s: the row %s",
	        table_name(table), hex, how);
}
