/* SPDX-License-Identifier: MIT */
/* Look-ups of the trash, and of names below it, which no path reaches. */
#include <stdio.h>
#include <string.h>
#include "meta/read.h"
#include "meta/trash.h"

int meta_trash(struct meta *meta, uint64_t entry, struct arena *arena, struct proto_row_trash *ret,
        struct dfs_error *err)
{
	return read_row(meta, META_TRASH, key_u64(entry), arena, ret, err);
}

int meta_trash_newest(struct meta *meta, const char *path, struct arena *arena, uint64_t *ret_entry,
        struct proto_row_trash *ret, struct dfs_error *err)
{
	struct kv_txn *kv;
	int rc = read_begin(meta, &kv, err);

	if (rc != 0)
		return rc;
	rc = trash_newest(kv, path, arena, ret_entry, ret, err);
	read_end(kv);
	return rc;
}

int meta_trash_count(struct meta *meta, struct proto_row_trash_count *ret)
{
	struct arena arena = {0};
	int rc = read_row(meta, META_TRASH_COUNT, key_counters(), &arena, ret, NULL);

	arena_fini(&arena);
	if (rc == DFS_E_NOENT)
		*ret = (struct proto_row_trash_count){0};
	return rc == DFS_E_NOENT ? 0 : rc;
}

struct entry_visit {
	int (*each)(void *arg, uint64_t entry, const struct proto_row_trash *row);
	void *arg;
};

static int entry_visit(
        void *context, const struct table_cursor *cursor, struct arena *arena, bool *ret_stop)
{
	struct entry_visit *visit = context;
	struct proto_row_trash row;
	int rc = table_unpack(META_TRASH, &cursor->key, cursor->value, arena, &row, NULL);

	if (rc == 0)
		*ret_stop = visit->each(visit->arg, key_get_u64(&cursor->key, 0), &row) != 0;
	return rc;
}

int meta_each_trash(struct meta *meta, uint64_t after, uint32_t limit,
        int (*each)(void *arg, uint64_t entry, const struct proto_row_trash *row), void *arg)
{
	struct entry_visit visit = {each, arg};

	if (after == UINT64_MAX)
		return 0;
	return read_page(meta, META_TRASH, key_u64(after + 1), limit, entry_visit, &visit);
}

struct due_visit {
	int (*each)(void *arg, uint64_t entry);
	void *arg;
	uint64_t living_ms;
};

static int due_visit(
        void *context, const struct table_cursor *cursor, struct arena *arena, bool *ret_stop)
{
	struct due_visit *visit = context;

	*ret_stop = cursor->key.bytes[0] != TRASH_BY_TIME ||
	            key_get_u64(&cursor->key, 1) > visit->living_ms ||
	            visit->each(visit->arg, key_get_u64(&cursor->key, 9)) != 0;
	return 0;
}

int meta_each_trash_due(struct meta *meta, uint64_t living_ms, uint32_t limit,
        int (*each)(void *arg, uint64_t entry), void *arg)
{
	struct due_visit visit = {each, arg, living_ms};

	return read_page(
	        meta, META_TRASH_ORDER, key_order(TRASH_BY_TIME, 0, 0), limit, due_visit, &visit);
}

struct name_visit {
	int (*each)(
	        void *arg, const char *name, const struct proto_row_dentry *dentry, uint64_t size);
	void *arg;
	struct kv_txn *kv;
	const char *after;
	uint32_t visited;
};

static int name_visit(struct name_visit *visit, const struct table_cursor *cursor,
        struct arena *arena, bool *ret_stop)
{
	struct proto_row_dentry dentry;
	struct proto_row_inode row = {0};
	char name[NAME_BYTES_MAX + 1];
	int rc = table_unpack(META_DENTRY, &cursor->key, cursor->value, arena, &dentry, NULL);

	snprintf(name, sizeof(name), "%.*s", (int)cursor->key.size - 8,
	        (const char *)cursor->key.bytes + 8);
	if (rc == 0 && strcmp(name, visit->after) == 0)
		return 0; /* the one to begin after */
	visit->visited++;
	if (rc == 0 && dentry.kind == PROTO_KIND_FILE)
		rc = read_inode(visit->kv, dentry.inode, arena, &row, NULL);
	if (rc == 0)
		*ret_stop = visit->each(visit->arg, name, &dentry, row.size) != 0;
	return rc;
}

int meta_each_name(struct meta *meta, uint64_t dir, const char *after, uint32_t limit,
        int (*each)(
                void *arg, const char *name, const struct proto_row_dentry *dentry, uint64_t size),
        void *arg)
{
	struct name_visit visit = {each, arg, NULL, after, 0};
	struct table_key first = key_name(dir, after, strnlen(after, NAME_BYTES_MAX));
	struct table_cursor cursor = {0};
	struct arena arena = {0};
	bool stop = false;
	int rc = read_begin(meta, &visit.kv, NULL);

	if (rc != 0)
		return rc;
	rc = table_seek(visit.kv, META_DENTRY, &first, &cursor, NULL);
	while (rc == 0 && visit.visited < limit && !stop) {
		if (key_get_u64(&cursor.key, 0) != dir)
			break;
		arena_reset(&arena);
		rc = name_visit(&visit, &cursor, &arena, &stop);
		if (rc == 0)
			rc = table_next(&cursor, NULL);
	}
	table_cursor_fini(&cursor);
	read_end(visit.kv);
	arena_fini(&arena);
	return rc == DFS_E_NOENT ? 0 : rc;
}
