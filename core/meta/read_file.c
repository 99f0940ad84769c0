/* SPDX-License-Identifier: MIT */
/* Look-ups of a file's extents. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include "meta/read.h"
#include "meta/tree.h"

enum { EXTENTS_MAX = 1000 };

static int file_by_inode(struct kv_txn *kv, uint64_t inode, uint64_t generation,
        struct arena *arena, struct proto_row_inode *ret, struct dfs_error *err);
static int file_find(struct kv_txn *kv, const char *path, uint64_t inode, uint64_t generation,
        struct arena *arena, struct meta_extents *ret, uint64_t *ret_content,
        struct dfs_error *err);
static int extents_read(struct kv_txn *kv, uint64_t content, uint64_t offset, uint32_t limit,
        struct arena *arena, struct meta_extents *ret, struct dfs_error *err);
static int extent_read(struct kv_txn *kv, const struct table_cursor *cursor, struct arena *arena,
        struct meta_extents *ret, struct dfs_error *err);

int meta_extents(struct meta *meta, const char *path, uint64_t inode, uint64_t generation,
        uint64_t offset, uint32_t limit, struct arena *arena, struct meta_extents *ret,
        struct dfs_error *err)
{
	struct meta_extents found = {0};
	struct kv_txn *kv;
	uint64_t content = 0;
	int rc = read_begin(meta, &kv, err);

	if (rc != 0)
		return rc;
	rc = file_find(kv, path, inode, generation, arena, &found, &content, err);
	if (rc == 0 && content != 0 && offset < found.attr.size)
		rc = extents_read(kv, content, offset,
		        limit == 0 || limit > EXTENTS_MAX ? EXTENTS_MAX : limit, arena, &found,
		        err);
	read_end(kv);
	if (rc == 0)
		*ret = found;
	return rc;
}

static int file_find(struct kv_txn *kv, const char *path, uint64_t inode, uint64_t generation,
        struct arena *arena, struct meta_extents *ret, uint64_t *ret_content, struct dfs_error *err)
{
	struct place place = {.name = "", .dentry = {.inode = inode}};
	struct proto_row_inode row;
	int rc = path ? read_path(kv, path, arena, &place, &row, err)
	              : file_by_inode(kv, inode, generation, arena, &row, err);

	if (rc != 0)
		return rc;
	if (row.kind == PROTO_KIND_DIR)
		return tree_refuse(
		        err, DFS_E_ISDIR, path ? path : "what is read", "is a directory");
	if (row.kind == PROTO_KIND_SYMLINK)
		return tree_refuse(err, DFS_E_INVAL, path ? path : "what is read",
		        "is a symbolic link: read where it points");
	*ret_content = row.content;
	return read_attr(
	        arena, place.name, place.name_size, place.dentry.inode, &row, &ret->attr, err);
}

/* RULES 9: a reader goes on with the state that it began with, or learns that it is gone. */
static int file_by_inode(struct kv_txn *kv, uint64_t inode, uint64_t generation,
        struct arena *arena, struct proto_row_inode *ret, struct dfs_error *err)
{
	struct table_key key = key_u64(inode);
	int rc = table_read(kv, META_INODE, &key, arena, ret, err);

	if (rc == DFS_E_NOENT)
		return error_set(err, DFS_E_CHANGED, "the file has been removed while it was read");
	if (rc == 0 && ret->generation != generation)
		return error_set(err, DFS_E_CHANGED,
		        "the file has been replaced while it was read: it is at generation %" PRIu64
		        ", not %" PRIu64 "; read it again",
		        ret->generation, generation);
	return rc;
}

/* Keys hold the extents' ends: the first past the offset is the one that holds it. */
static int extents_read(struct kv_txn *kv, uint64_t content, uint64_t offset, uint32_t limit,
        struct arena *arena, struct meta_extents *ret, struct dfs_error *err)
{
	struct table_cursor cursor = {0};
	struct table_key first = key_u64_2(content, offset + 1);
	int rc;

	ret->extents = arena_alloc(arena, limit * sizeof(ret->extents[0]));
	ret->offsets = arena_alloc(arena, limit * sizeof(ret->offsets[0]));
	ret->chunks = arena_alloc(arena, limit * sizeof(ret->chunks[0]));
	if (!ret->extents || !ret->offsets || !ret->chunks)
		return error_set(err, DFS_E_NOMEM, "out of memory for the extents of a file");
	rc = table_seek(kv, META_EXTENT, &first, &cursor, err);
	while (rc == 0 && key_get_u64(&cursor.key, 0) == content) {
		if (ret->count == limit) {
			ret->more = true;
			break;
		}
		rc = extent_read(kv, &cursor, arena, ret, err);
		if (rc == 0)
			rc = table_next(&cursor, err);
	}
	table_cursor_fini(&cursor);
	return rc == DFS_E_NOENT ? 0 : rc;
}

static int extent_read(struct kv_txn *kv, const struct table_cursor *cursor, struct arena *arena,
        struct meta_extents *ret, struct dfs_error *err)
{
	struct proto_row_extent_row *extent = &ret->extents[ret->count];
	struct proto_row_chunk *chunk = &ret->chunks[ret->count];
	struct table_key key;
	int rc = table_unpack(META_EXTENT, &cursor->key, cursor->value, arena, extent, err);

	if (rc != 0)
		return rc;
	if (ret->count > 0 && extent[-1].chunk == extent->chunk) {
		*chunk = chunk[-1];
	} else {
		key = key_u64(extent->chunk);
		rc = table_read(kv, META_CHUNK, &key, arena, chunk, err);
		if (rc == DFS_E_NOENT)
			rc = error_set(err, DFS_E_CORRUPT,
			        "an extent points at chunk %016" PRIx64 ", which has no row",
			        extent->chunk);
	}
	ret->offsets[ret->count++] = key_get_u64(&cursor->key, 8) - extent->length;
	return rc;
}
