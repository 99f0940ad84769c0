/* SPDX-License-Identifier: MIT */
/* Paths to inodes; names made and unmade. */
#include "meta/tree.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum {
	SHOWN_MAX = 300, /* bytes of a path in a sentence: what is wrong must still fit behind it */
	DEPTH_MAX = 1 << 20, /* renames can stack trees deeper than a path can say; past this it is
	                        a ring */
};

static bool has_dot_name(const char *path);
static int walk(struct kv_txn *kv, const char *at, struct place *place, struct dfs_error *err);
static int step(struct kv_txn *kv, struct place *place, struct dfs_error *err);
static int next_name(const char **at, struct place *place, struct dfs_error *err);
static bool hint_fits(const struct tree_hint *hint, const char *path, size_t size);
static void hint_keep(struct tree_hint *hint, const struct place *place);
static void parent_changed(struct txn *txn, uint64_t parent, int names);

int tree_reach(struct kv_txn *kv, struct tree_hint *hint, const char *path, struct place *ret,
        struct dfs_error *err)
{
	struct place place = {
	        .path = path, .dentry = {ROOT_INODE, PROTO_KIND_DIR}, .rest = "", .found = true};
	size_t size = strlen(path);
	const char *at = path;
	int rc;

	if (path[0] != '/')
		return tree_refuse(err, DFS_E_NAME, path, "a path begins with '/'");
	if (size > PATH_BYTES_MAX)
		return tree_refuse(err, DFS_E_NAME, path, "the path is longer than 4096 bytes");
	if (size > 1) {
		if (hint && hint_fits(hint, path, size)) {
			place.dentry.inode = hint->inode;
			at = path + hint->size;
		}
		rc = walk(kv, at, &place, err);
		if (rc != 0)
			return rc;
	}
	if (hint && place.parent != 0 && *place.rest == '\0')
		hint_keep(hint, &place);
	*ret = place;
	return 0;
}

int tree_find(struct kv_txn *kv, struct tree_hint *hint, const char *path, struct place *ret,
        struct dfs_error *err)
{
	struct place place;
	int rc = tree_reach(kv, hint, path, &place, err);

	if (rc != 0)
		return rc;
	if (*place.rest != '\0')
		return error_set(err, DFS_E_NOENT, "%.*s: no such directory",
		        (int)(place.rest - path < SHOWN_MAX ? place.rest - path : SHOWN_MAX), path);
	*ret = place;
	return 0;
}

int tree_find_change(struct txn *txn, const char *path, struct place *ret, struct dfs_error *err)
{
	if (has_dot_name(path) && path_reserved(path))
		return tree_refuse(
		        err, DFS_E_PERM, path, "/.dfs and .snapshots are the system's own");
	if (strcmp(path, "/") == 0)
		return tree_refuse(err, DFS_E_INVAL, path, "this cannot be done to the root");
	return tree_find(txn->kv, &txn->hint, path, ret, err);
}

int tree_find_there(struct txn *txn, const char *path, struct place *ret, struct dfs_error *err)
{
	int rc = tree_find_change(txn, path, ret, err);

	if (rc == 0 && !ret->found)
		return tree_refuse(err, DFS_E_NOENT, path, "no such file or directory");
	return rc;
}

int tree_find_free(struct txn *txn, const char *path, struct place *ret, struct dfs_error *err)
{
	int rc = tree_find_change(txn, path, ret, err);

	if (rc == 0 && ret->found)
		return tree_refuse(err, DFS_E_EXIST, path, "already exists");
	return rc;
}

int tree_refuse(struct dfs_error *err, int code, const char *path, const char *sentence)
{
	const char *cut = strlen(path) > SHOWN_MAX ? "..." : "";

	return error_set(err, code, "%.*s%s: %s", SHOWN_MAX, path, cut, sentence);
}

int tree_is_below(
        struct txn *txn, uint64_t inode, uint64_t ancestor, bool *ret, struct dfs_error *err)
{
	struct table_key key;
	struct proto_row_inode row;
	int rc;

	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		if (inode == ancestor || inode == ROOT_INODE || inode == TRASH_INODE ||
		        inode == 0) {
			*ret = inode == ancestor;
			return 0;
		}
		key = key_u64(inode);
		if (txn->dirs[inode % TXN_DIRS].inode != inode &&
		        !txn_has(txn, META_INODE, &key, &rc, err)) {
			*ret = false; /* left behind, and purged already */
			return rc;
		}
		rc = inode_get(txn, inode, &row, err);
		if (rc != 0)
			return rc;
		if (row.links == 0) {
			*ret = false;
			return 0;
		}
		inode = row.parent;
	}
	return error_set(
	        err, DFS_E_CORRUPT, "inode %016" PRIx64 ": its directories make a ring", inode);
}

uint64_t tree_make(struct txn *txn, uint64_t parent, const char *name, size_t name_size,
        struct proto_row_inode *row)
{
	struct proto_row_counters *counters = counters_change(txn);
	uint64_t inode = counters->next_inode++;
	struct proto_row_dentry dentry = {inode, row->kind};

	row->links = 1;
	row->parent = row->kind == PROTO_KIND_DIR ? parent : 0;
	if (row->kind == PROTO_KIND_DIR)
		counters->dirs++;
	else
		counters->files++;
	inode_put(txn, inode, row);
	tree_link(txn, parent, name, name_size, &dentry);
	return inode;
}

void tree_link(struct txn *txn, uint64_t parent, const char *name, size_t name_size,
        const struct proto_row_dentry *dentry)
{
	struct table_key key = key_name(parent, name, name_size);

	txn_write(txn, META_DENTRY, &key, dentry);
	parent_changed(txn, parent, 1);
}

void tree_unlink(struct txn *txn, uint64_t parent, const char *name, size_t name_size)
{
	struct table_key key = key_name(parent, name, name_size);

	txn_del(txn, META_DENTRY, &key);
	parent_changed(txn, parent, -1);
}

/* Reserved names begin with a dot: most paths have no such name. */
static bool has_dot_name(const char *path)
{
	for (; (path = strchr(path, '/')); path++)
		if (path[1] == '.')
			return true;
	return false;
}

static int walk(struct kv_txn *kv, const char *at, struct place *place, struct dfs_error *err)
{
	int rc;

	do {
		/* Every name is looked at, also those past a missing one: a bad path is bad
		 * wherever it breaks. */
		rc = next_name(&at, place, err);
		if (rc == 0)
			rc = step(kv, place, err);
		if (rc != 0)
			return rc;
	} while (*at != '\0' && place->found);
	place->rest = at;
	while (*at != '\0') {
		struct place beyond = *place;

		rc = next_name(&at, &beyond, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* From the directory that `place` found to `name` in it. */
static int step(struct kv_txn *kv, struct place *place, struct dfs_error *err)
{
	struct table_key key;
	int rc;

	if (place->dentry.kind != PROTO_KIND_DIR) {
		return error_set(err, DFS_E_NOTDIR, "%.*s: %s",
		        (int)(place->name - 1 - place->path < SHOWN_MAX
		                        ? place->name - 1 - place->path
		                        : SHOWN_MAX),
		        place->path,
		        place->dentry.kind == PROTO_KIND_SYMLINK
		                ? "a symbolic link, which is not followed on the way to a name"
		                : "not a directory");
	}
	place->parent = place->dentry.inode;
	key = key_name(place->parent, place->name, place->name_size);
	rc = table_read(kv, META_DENTRY, &key, NULL, &place->dentry, err);
	place->found = rc == 0;
	return rc == DFS_E_NOENT ? 0 : rc;
}

static int next_name(const char **at, struct place *place, struct dfs_error *err)
{
	const char *name = *at + 1; /* behind the '/' */
	size_t size = strchrnul(name, '/') - name;
	int rc = name_check(name, size, err);

	if (rc != 0)
		return rc;
	place->name = name;
	place->name_size = size;
	*at = name + size;
	return 0;
}

/* The path is the hinted directory, a '/' and one name. */
static bool hint_fits(const struct tree_hint *hint, const char *path, size_t size)
{
	return hint->inode != 0 && size > hint->size + 1 && path[hint->size] == '/' &&
	       memcmp(path, hint->path, hint->size) == 0 && !strchr(path + hint->size + 1, '/');
}

static void hint_keep(struct tree_hint *hint, const struct place *place)
{
	size_t size = (size_t)(place->name - 1 - place->path);

	if (hint->inode == place->parent && hint->size == size)
		return;
	hint->inode = place->parent;
	hint->size = size;
	memcpy(hint->path, place->path, size);
}

static void parent_changed(struct txn *txn, uint64_t parent, int names)
{
	struct proto_row_inode row;
	struct dfs_error err;
	int rc = inode_get(txn, parent, &row, &err);

	if (rc == 0 && row.kind != PROTO_KIND_DIR)
		rc = error_set(&err, DFS_E_CORRUPT,
		        "inode %016" PRIx64 " holds names but is no directory", parent);
	if (rc != 0) {
		txn_fail(txn, rc, &err);
		return;
	}
	row.size = (uint64_t)((int64_t)row.size + names);
	row.mtime_ns = txn->time_ms * 1000000;
	inode_put(txn, parent, &row);
}
