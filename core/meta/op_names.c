/* SPDX-License-Identifier: MIT */
/* Operations on names: mkdir, create, symlink, remove, setattr. */
#include <assert.h>
#include <string.h>
#include "meta/op.h"
#include "meta/tree.h"

static int mkdir_found(struct txn *txn, const struct proto_op_mkdir *args,
        const struct place *place, struct meta_result *ret);
static void mkdir_all(struct txn *txn, const struct proto_op_mkdir *args, const struct place *place,
        struct meta_result *ret);
static int remove_file(struct txn *txn, const struct place *place, struct meta_result *ret);
static int remove_dir(
        struct txn *txn, const struct place *place, bool recursive, struct meta_result *ret);

int op_mkdir(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_mkdir *args = &op->mkdir;
	struct place place;
	int rc = mode_check(args->mode, &ret->err);

	if (rc == 0 && path_reserved(args->path))
		rc = tree_refuse(&ret->err, DFS_E_PERM, args->path,
		        "/.dfs and .snapshots are the system's own");
	if (rc == 0 && args->parents)
		rc = tree_reach(txn->kv, &txn->hint, args->path, &place, &ret->err);
	else if (rc == 0)
		rc = tree_find(txn->kv, &txn->hint, args->path, &place, &ret->err);
	if (rc != 0)
		return rc;
	if (place.found)
		return mkdir_found(txn, args, &place, ret);
	mkdir_all(txn, args, &place, ret);
	return 0;
}

int op_create(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_create *args = &op->create;
	struct proto_row_inode row = {
	        .kind = PROTO_KIND_FILE,
	        .generation = 1,
	        .mode = args->mode,
	        .uid = args->uid,
	        .gid = args->gid,
	        .mtime_ns = mtime_or_now(txn, args->mtime_ns),
	        .goal = args->goal,
	        .chunk_size = args->chunk_size,
	};
	struct place place;
	int rc = mode_check(args->mode, &ret->err);

	if (rc == 0)
		rc = tree_find_free(txn, args->path, &place, &ret->err);
	if (rc != 0)
		return rc;
	result_attr(ret, place.name, place.name_size,
	        tree_make(txn, place.parent, place.name, place.name_size, &row), &row);
	return 0;
}

int op_symlink(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_symlink *args = &op->symlink;
	struct proto_row_inode row = {
	        .kind = PROTO_KIND_SYMLINK,
	        .generation = 1,
	        .size = strlen(args->target),
	        .mode = 0777,
	        .uid = args->uid,
	        .gid = args->gid,
	        .mtime_ns = mtime_or_now(txn, args->mtime_ns),
	        .target = args->target,
	};
	struct place place;
	int rc = tree_find_free(txn, args->path, &place, &ret->err);

	if (rc != 0)
		return rc;
	if (row.size == 0 || row.size >= sizeof(ret->target_bytes))
		return tree_refuse(&ret->err, DFS_E_INVAL, args->path,
		        "a symbolic link's target has 1 to 4,095 bytes");
	result_attr(ret, place.name, place.name_size,
	        tree_make(txn, place.parent, place.name, place.name_size, &row), &row);
	return 0;
}

int op_remove(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_remove *args = &op->remove;
	struct place place;
	int rc = tree_find_there(txn, args->path, &place, &ret->err);

	if (rc != 0)
		return rc;
	if (place.dentry.kind != PROTO_KIND_DIR) {
		if (args->directory)
			return tree_refuse(&ret->err, DFS_E_NOTDIR, args->path, "not a directory");
		return remove_file(txn, &place, ret);
	}
	if (!args->recursive && !args->directory)
		return tree_refuse(&ret->err, DFS_E_ISDIR, args->path,
		        "is a directory: remove it recursively, or empty");
	return remove_dir(txn, &place, args->recursive, ret);
}

int op_setattr(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_setattr *args = &op->setattr;
	struct proto_row_inode row;
	struct place place;
	int rc = args->set_mode ? mode_check(args->mode, &ret->err) : 0;

	if (rc == 0 && path_reserved(args->path))
		rc = tree_refuse(&ret->err, DFS_E_PERM, args->path,
		        "/.dfs and .snapshots are the system's own");
	if (rc == 0)
		rc = tree_find(txn->kv, &txn->hint, args->path, &place,
		        &ret->err); /* the root has attributes too */
	if (rc == 0 && !place.found)
		rc = tree_refuse(&ret->err, DFS_E_NOENT, args->path, "no such file or directory");
	if (rc == 0)
		rc = inode_get(txn, place.dentry.inode, &row, &ret->err);
	if (rc != 0)
		return rc;
	row.mode = args->set_mode ? args->mode : row.mode;
	row.uid = args->set_owner ? args->uid : row.uid;
	row.gid = args->set_owner ? args->gid : row.gid;
	row.mtime_ns = args->set_mtime ? args->mtime_ns : row.mtime_ns;
	inode_put(txn, place.dentry.inode, &row);
	result_attr(ret, place.parent ? place.name : "/", place.parent ? place.name_size : 1,
	        place.dentry.inode, &row);
	return 0;
}

/* With `parents` a directory that is there is as good as made. */
static int mkdir_found(struct txn *txn, const struct proto_op_mkdir *args,
        const struct place *place, struct meta_result *ret)
{
	struct proto_row_inode row;
	int rc;

	if (!args->parents || place->dentry.kind != PROTO_KIND_DIR)
		return tree_refuse(&ret->err, DFS_E_EXIST, args->path, "already exists");
	rc = inode_get(txn, place->dentry.inode, &row, &ret->err);
	if (rc == 0)
		result_attr(ret, place->parent ? place->name : "/",
		        place->parent ? place->name_size : 1, place->dentry.inode, &row);
	return rc;
}

/* The missing name and all that follow it, each in the one before. */
static void mkdir_all(struct txn *txn, const struct proto_op_mkdir *args, const struct place *place,
        struct meta_result *ret)
{
	const char *name = place->name, *rest = place->rest;
	size_t size = place->name_size;
	uint64_t inode = place->parent;
	struct proto_row_inode row;

	do {
		row = (struct proto_row_inode){
		        .kind = PROTO_KIND_DIR,
		        .generation = 1,
		        .mode = args->mode,
		        .uid = args->uid,
		        .gid = args->gid,
		        .mtime_ns = mtime_or_now(txn, args->mtime_ns),
		};
		inode = tree_make(txn, inode, name, size, &row);
		result_attr(ret, name, size, inode, &row);
	} while (path_next(&rest, &name, &size));
}

static int remove_file(struct txn *txn, const struct place *place, struct meta_result *ret)
{
	struct file_drop drop;
	int rc = file_drop_check(txn, place->dentry.inode, &drop, &ret->err);

	if (rc != 0)
		return rc;
	result_attr(ret, place->name, place->name_size, drop.inode, &drop.row);
	tree_unlink(txn, place->parent, place->name, place->name_size);
	file_drop(txn, &drop);
	return 0;
}

/* The name goes at once; what is below waits for purge. */
static int remove_dir(
        struct txn *txn, const struct place *place, bool recursive, struct meta_result *ret)
{
	uint64_t inode = place->dentry.inode;
	struct proto_row_inode row;
	int rc = inode_get(txn, inode, &row, &ret->err);

	if (rc != 0)
		return rc;
	if (row.size > 0 && !recursive)
		return tree_refuse(
		        &ret->err, DFS_E_NOTEMPTY, place->path, "the directory is not empty");
	result_attr(ret, place->name, place->name_size, inode, &row);
	tree_unlink(txn, place->parent, place->name, place->name_size);
	txn->hint.inode = 0;
	dir_drop(txn, inode, &row);
	return 0;
}
