/* SPDX-License-Identifier: MIT */
/* Look-ups of rows by their number, and pages of them for start-up and the background. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include "meta/apply.h"
#include "meta/read.h"

enum { PAGE_MAX = 10000 }; /* io/kv.h: read transactions are short */

static uint64_t after_key(uint64_t after);

int meta_session(struct meta *meta, uint64_t session, struct arena *arena,
        struct proto_row_session *ret, struct dfs_error *err)
{
	int rc = read_row(meta, META_SESSION, key_u64(session), arena, ret, err);

	if (rc == DFS_E_NOENT)
		return error_set(err, DFS_E_EXPIRED,
		        "write session %016" PRIx64
		        " has ended or expired: begin a new one and append again",
		        session);
	return rc;
}

int meta_chunk(struct meta *meta, uint64_t chunk, struct arena *arena, struct proto_row_chunk *ret,
        struct dfs_error *err)
{
	int rc = read_row(meta, META_CHUNK, key_u64(chunk), arena, ret, err);

	return rc == DFS_E_NOENT ? error_set(err, rc, "chunk %016" PRIx64 " is not known", chunk)
	                         : rc;
}

int meta_setting(struct meta *meta, const char *name, struct arena *arena, const char **ret,
        struct dfs_error *err)
{
	struct proto_row_setting row;
	int rc = read_row(meta, META_SETTING, key_name(0, name, strlen(name)), arena, &row, err);

	*ret = rc == 0 ? row.value : "";
	return rc == DFS_E_NOENT ? 0 : rc;
}

int meta_counters(struct meta *meta, struct arena *arena, struct proto_row_counters *ret)
{
	return read_row(meta, META_COUNTERS, key_counters(), arena, ret, NULL);
}

struct chunk_visit {
	int (*each)(void *arg, uint64_t chunk, const struct proto_row_chunk *row);
	void *arg;
};

static int chunk_visit(
        void *context, const struct table_cursor *cursor, struct arena *arena, bool *ret_stop)
{
	struct chunk_visit *visit = context;
	struct proto_row_chunk row;
	int rc = table_unpack(META_CHUNK, &cursor->key, cursor->value, arena, &row, NULL);

	if (rc == 0)
		*ret_stop = visit->each(visit->arg, key_get_u64(&cursor->key, 0), &row) != 0;
	return rc;
}

int meta_each_chunk(struct meta *meta, uint64_t after, uint32_t limit,
        int (*each)(void *arg, uint64_t chunk, const struct proto_row_chunk *row), void *arg)
{
	struct chunk_visit visit = {each, arg};

	return read_page(meta, META_CHUNK, key_u64(after_key(after)), limit, chunk_visit, &visit);
}

struct session_visit {
	int (*each)(void *arg, uint64_t session, const struct proto_row_session *row);
	void *arg;
};

static int session_visit(
        void *context, const struct table_cursor *cursor, struct arena *arena, bool *ret_stop)
{
	struct session_visit *visit = context;
	struct proto_row_session row;
	int rc = table_unpack(META_SESSION, &cursor->key, cursor->value, arena, &row, NULL);

	if (rc == 0)
		*ret_stop = visit->each(visit->arg, key_get_u64(&cursor->key, 0), &row) != 0;
	return rc;
}

int meta_each_session(struct meta *meta, uint64_t after, uint32_t limit,
        int (*each)(void *arg, uint64_t session, const struct proto_row_session *row), void *arg)
{
	struct session_visit visit = {each, arg};

	return read_page(
	        meta, META_SESSION, key_u64(after_key(after)), limit, session_visit, &visit);
}

struct node_visit {
	int (*each)(void *arg, uint32_t node, const struct proto_row_node *row);
	void *arg;
};

static int node_visit(
        void *context, const struct table_cursor *cursor, struct arena *arena, bool *ret_stop)
{
	struct node_visit *visit = context;
	struct proto_row_node row;
	int rc = table_unpack(META_NODE, &cursor->key, cursor->value, arena, &row, NULL);

	if (rc == 0)
		*ret_stop = visit->each(visit->arg, key_get_u32(&cursor->key), &row) != 0;
	return rc;
}

int meta_each_node(struct meta *meta,
        int (*each)(void *arg, uint32_t node, const struct proto_row_node *row), void *arg)
{
	struct node_visit visit = {each, arg};

	return read_page(meta, META_NODE, key_none(), PAGE_MAX, node_visit, &visit);
}

struct keepsake_visit {
	int (*each)(void *arg, uint64_t first, const struct proto_row_keepsake *row);
	void *arg;
};

static int keepsake_visit(
        void *context, const struct table_cursor *cursor, struct arena *arena, bool *ret_stop)
{
	struct keepsake_visit *visit = context;
	struct proto_row_keepsake row;
	int rc = table_unpack(META_KEEPSAKE, &cursor->key, cursor->value, arena, &row, NULL);

	if (rc == 0)
		*ret_stop = visit->each(visit->arg, key_get_u64(&cursor->key, 0), &row) != 0;
	return rc;
}

int meta_each_keepsake(struct meta *meta, uint64_t after, uint32_t limit,
        int (*each)(void *arg, uint64_t first, const struct proto_row_keepsake *row), void *arg)
{
	struct keepsake_visit visit = {each, arg};

	return read_page(
	        meta, META_KEEPSAKE, key_u64(after_key(after)), limit, keepsake_visit, &visit);
}

struct freed_visit {
	int (*each)(void *arg, uint64_t chunk, int64_t freed_ms);
	void *arg;
	int64_t before_ms;
};

static int freed_visit(
        void *context, const struct table_cursor *cursor, struct arena *arena, bool *ret_stop)
{
	struct freed_visit *visit = context;
	int64_t freed_ms = key_to_time(key_get_u64(&cursor->key, 0));

	*ret_stop = freed_ms >= visit->before_ms ||
	            visit->each(visit->arg, key_get_u64(&cursor->key, 8), freed_ms) != 0;
	return 0;
}

int meta_each_freed(struct meta *meta, int64_t after_ms, uint64_t after, int64_t before_ms,
        uint32_t limit, int (*each)(void *arg, uint64_t chunk, int64_t freed_ms), void *arg)
{
	struct freed_visit visit = {each, arg, before_ms};

	return read_page(meta, META_FREED, key_u64_2(key_from_time(after_ms), after_key(after)),
	        limit, freed_visit, &visit);
}

struct member_visit {
	int (*each)(void *arg, uint64_t chunk);
	void *arg;
	uint64_t session;
};

static int member_visit(
        void *context, const struct table_cursor *cursor, struct arena *arena, bool *ret_stop)
{
	struct member_visit *visit = context;

	*ret_stop = key_get_u64(&cursor->key, 0) != visit->session ||
	            visit->each(visit->arg, key_get_u64(&cursor->key, 8)) != 0;
	return 0;
}

int meta_each_session_chunk(struct meta *meta, uint64_t session, uint64_t after, uint32_t limit,
        int (*each)(void *arg, uint64_t chunk), void *arg)
{
	struct member_visit visit = {each, arg, session};

	return read_page(meta, META_SESSION_CHUNK, key_u64_2(session, after_key(after)), limit,
	        member_visit, &visit);
}

int meta_logged(struct meta *meta, uint64_t operation, struct arena *arena, struct proto_op *ret,
        struct dfs_error *err)
{
	struct table_key key = key_u64(operation);
	struct record record;
	struct kv_bytes row;
	struct kv_txn *kv;
	int rc = read_begin(meta, &kv, err);

	if (rc != 0)
		return rc;
	rc = table_get(kv, META_LOG, &key, &row, err);
	if (rc == DFS_E_NOENT)
		error_set(err, rc, "operation %" PRIu64 " is not in the log any more", operation);
	if (rc == 0)
		rc = record_unpack(row, arena, ret, &record, err);
	read_end(kv);
	return rc;
}

int read_row(struct meta *meta, enum meta_table table, struct table_key key, struct arena *arena,
        void *ret, struct dfs_error *err)
{
	struct kv_txn *kv;
	int rc = read_begin(meta, &kv, err);

	if (rc != 0)
		return rc;
	rc = table_read(kv, table, &key, arena, ret, err);
	read_end(kv);
	return rc;
}

int read_page(struct meta *meta, enum meta_table table, struct table_key first, uint32_t limit,
        row_visit *visit, void *context)
{
	struct table_cursor cursor = {0};
	struct arena arena = {0};
	struct kv_txn *kv;
	bool stop = false;
	int rc = read_begin(meta, &kv, NULL);

	if (rc != 0)
		return rc;
	limit = limit == 0 || limit > PAGE_MAX ? PAGE_MAX : limit;
	rc = table_seek(kv, table, &first, &cursor, NULL);
	for (uint32_t count = 0; rc == 0 && count < limit && !stop; count++) {
		arena_reset(&arena);
		rc = visit(context, &cursor, &arena, &stop);
		if (rc == 0 && !stop && count + 1 < limit)
			rc = table_next(&cursor, NULL);
	}
	table_cursor_fini(&cursor);
	read_end(kv);
	arena_fini(&arena);
	return rc == DFS_E_NOENT ? 0 : rc;
}

/* The first id past `after`; ids never reach the last number. */
static uint64_t after_key(uint64_t after)
{
	return after == UINT64_MAX ? after : after + 1;
}
