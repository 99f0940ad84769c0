/* SPDX-License-Identifier: MIT */
/* Look-ups of names: stat and list. */
#include "meta/read.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include "meta/tree.h"

enum { LIST_MAX = 1000 };

static int list_self(struct arena *arena, const struct place *place,
        const struct proto_row_inode *row, const char *after, struct proto_list_reply *ret,
        struct dfs_error *err);
static int list_dir(struct kv_txn *kv, uint64_t dir, const char *after, uint32_t limit,
        struct arena *arena, struct proto_list_reply *ret, struct dfs_error *err);
static int list_entry(struct kv_txn *kv, const struct table_cursor *cursor, struct arena *arena,
        struct proto_attr *ret, struct dfs_error *err);
static const char *place_name(const struct place *place, size_t *ret_size);

int meta_stat(struct meta *meta, const char *path, struct arena *arena, struct proto_attr *ret,
        struct dfs_error *err)
{
	struct kv_txn *kv;
	struct place place;
	struct proto_row_inode row;
	const char *name;
	size_t size;
	int rc = read_begin(meta, &kv, err);

	if (rc != 0)
		return rc;
	rc = read_path(kv, path, arena, &place, &row, err);
	read_end(kv);
	if (rc != 0)
		return rc;
	name = place_name(&place, &size);
	return read_attr(arena, name, size, place.dentry.inode, &row, ret, err);
}

int meta_list(struct meta *meta, const char *path, const char *after, uint32_t limit,
        struct arena *arena, struct proto_list_reply *ret, struct dfs_error *err)
{
	struct kv_txn *kv;
	struct place place;
	struct proto_row_inode row;
	int rc;

	limit = limit == 0 || limit > LIST_MAX ? LIST_MAX : limit;
	after = after ? after : "";
	if (strlen(after) > NAME_BYTES_MAX)
		return error_set(
		        err, DFS_E_NAME, "the name to begin after is longer than 255 bytes");
	rc = read_begin(meta, &kv, err);
	if (rc != 0)
		return rc;
	rc = read_path(kv, path, arena, &place, &row, err);
	if (rc == 0 && row.kind == PROTO_KIND_DIR)
		rc = list_dir(kv, place.dentry.inode, after, limit, arena, ret, err);
	else if (rc == 0)
		rc = list_self(arena, &place, &row, after, ret, err);
	read_end(kv);
	return rc;
}

int read_begin(struct meta *meta, struct kv_txn **ret, struct dfs_error *err)
{
	struct kv *kv = meta->options.kv;
	int rc = kv->ops->begin(kv, false, ret);

	return rc == 0 ? 0
	               : error_set(err, rc, "the metadata store: no read transaction: %s",
	                         dfs_error_text(rc));
}

void read_end(struct kv_txn *kv)
{
	kv->ops->abort(kv);
}

int read_path(struct kv_txn *kv, const char *path, struct arena *arena, struct place *ret_place,
        struct proto_row_inode *ret, struct dfs_error *err)
{
	int rc = tree_find(kv, NULL, path, ret_place, err);

	if (rc == 0 && !ret_place->found)
		rc = tree_refuse(err, DFS_E_NOENT, path, "no such file or directory");
	return rc == 0 ? read_inode(kv, ret_place->dentry.inode, arena, ret, err) : rc;
}

int read_inode(struct kv_txn *kv, uint64_t inode, struct arena *arena, struct proto_row_inode *ret,
        struct dfs_error *err)
{
	struct table_key key = key_u64(inode);
	int rc = table_read(kv, META_INODE, &key, arena, ret, err);

	if (rc == DFS_E_NOENT)
		return error_set(
		        err, DFS_E_CORRUPT, "inode %016" PRIx64 " has a name but no row", inode);
	return rc;
}

int read_attr(struct arena *arena, const char *name, size_t name_size, uint64_t inode,
        const struct proto_row_inode *row, struct proto_attr *ret, struct dfs_error *err)
{
	char *copy = arena_text(arena, name, name_size);

	if (!copy)
		return error_set(err, DFS_E_NOMEM, "out of memory for attributes");
	*ret = (struct proto_attr){
	        .name = copy,
	        .kind = row->kind,
	        .inode = inode,
	        .generation = row->generation,
	        .size = row->size,
	        .mode = row->mode,
	        .uid = row->uid,
	        .gid = row->gid,
	        .mtime_ns = row->mtime_ns,
	        .goal = row->goal,
	        .chunk_size = row->chunk_size,
	        .links = row->links,
	        .target = row->target ? row->target : "",
	};
	return 0;
}

/* A file lists as itself alone. */
static int list_self(struct arena *arena, const struct place *place,
        const struct proto_row_inode *row, const char *after, struct proto_list_reply *ret,
        struct dfs_error *err)
{
	struct proto_attr *entry = arena_alloc(arena, sizeof(*entry));
	int rc;

	if (!entry)
		return error_set(err, DFS_E_NOMEM, "out of memory for attributes");
	rc = read_attr(arena, place->name, place->name_size, place->dentry.inode, row, entry, err);
	if (rc == 0)
		*ret = (struct proto_list_reply){
		        .entries = entry, .entries_count = strcmp(entry->name, after) > 0};
	return rc;
}

static int list_dir(struct kv_txn *kv, uint64_t dir, const char *after, uint32_t limit,
        struct arena *arena, struct proto_list_reply *ret, struct dfs_error *err)
{
	struct proto_list_reply page = {
	        .entries = arena_alloc(arena, limit * sizeof(page.entries[0]))};
	struct table_cursor cursor = {0};
	struct table_key first = key_name(dir, after, strlen(after));
	int rc = page.entries
	                 ? table_seek(kv, META_DENTRY, &first, &cursor, err)
	                 : error_set(err, DFS_E_NOMEM, "out of memory for a page of a directory");

	if (rc == 0 && *after && cursor.key.size == first.size &&
	        memcmp(cursor.key.bytes, first.bytes, first.size) == 0)
		rc = table_next(&cursor, err);
	while (rc == 0 && key_get_u64(&cursor.key, 0) == dir) {
		if (page.entries_count == limit) {
			page.more = true;
			break;
		}
		rc = list_entry(kv, &cursor, arena, &page.entries[page.entries_count], err);
		if (rc == 0) {
			page.entries_count++;
			rc = table_next(&cursor, err);
		}
	}
	table_cursor_fini(&cursor);
	if (rc != 0 && rc != DFS_E_NOENT)
		return rc;
	*ret = page;
	return 0;
}

static int list_entry(struct kv_txn *kv, const struct table_cursor *cursor, struct arena *arena,
        struct proto_attr *ret, struct dfs_error *err)
{
	struct proto_row_dentry dentry;
	struct proto_row_inode row;
	int rc = table_unpack(META_DENTRY, &cursor->key, cursor->value, arena, &dentry, err);

	if (rc == 0)
		rc = read_inode(kv, dentry.inode, arena, &row, err);
	if (rc == 0)
		rc = read_attr(arena, (const char *)cursor->key.bytes + 8, cursor->key.size - 8,
		        dentry.inode, &row, ret, err);
	return rc;
}

static const char *place_name(const struct place *place, size_t *ret_size)
{
	*ret_size = place->parent ? place->name_size : 1;
	return place->parent ? place->name : "/";
}
