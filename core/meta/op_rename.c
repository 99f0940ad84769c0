/* SPDX-License-Identifier: MIT */
/* rename: a name moves, and may replace another one of its kind. */
#include <assert.h>
#include <string.h>
#include "meta/op.h"
#include "meta/tree.h"

/* What stands at the new place and goes. */
struct replaced {
	bool dir;
	struct file_drop file;
};

static int move_check(struct txn *txn, const struct proto_op_rename *args, const struct place *from,
        const struct place *to, struct dfs_error *err);
static int replace_check(struct txn *txn, const struct place *from, const struct place *to,
        struct replaced *ret, struct dfs_error *err);
static void replace(struct txn *txn, const struct place *to, struct replaced *replaced);
static void move(struct txn *txn, const struct place *from, const struct place *to,
        struct proto_row_inode *row);

int op_rename(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_rename *args = &op->rename;
	struct place from, to;
	struct replaced replaced = {0};
	struct proto_row_inode row;
	int rc = tree_find_there(txn, args->path, &from, &ret->err);

	if (rc == 0)
		rc = tree_find_change(txn, args->to, &to, &ret->err);
	if (rc == 0)
		rc = inode_get(txn, from.dentry.inode, &row, &ret->err);
	if (rc == 0)
		rc = move_check(txn, args, &from, &to, &ret->err);
	if (rc != 0)
		return rc;
	result_attr(ret, to.name, to.name_size, from.dentry.inode, &row);
	if (to.found && to.dentry.inode == from.dentry.inode)
		return 0; /* two names of one inode, or the same name: POSIX leaves both */
	if (to.found)
		rc = replace_check(txn, &from, &to, &replaced, &ret->err);
	if (rc != 0)
		return rc;
	if (to.found)
		replace(txn, &to, &replaced);
	move(txn, &from, &to, &row);
	return 0;
}

static int move_check(struct txn *txn, const struct proto_op_rename *args, const struct place *from,
        const struct place *to, struct dfs_error *err)
{
	bool below = false;
	int rc = 0;

	if (to->found && args->no_replace)
		return tree_refuse(err, DFS_E_EXIST, args->to, "already exists");
	if (from->dentry.kind == PROTO_KIND_DIR)
		rc = tree_is_below(txn, to->parent, from->dentry.inode, &below, err);
	if (rc == 0 && below)
		return tree_refuse(
		        err, DFS_E_INVAL, args->path, "a directory cannot be moved into itself");
	return rc;
}

static int replace_check(struct txn *txn, const struct place *from, const struct place *to,
        struct replaced *ret, struct dfs_error *err)
{
	bool from_dir = from->dentry.kind == PROTO_KIND_DIR;
	struct proto_row_inode row;
	int rc;

	ret->dir = to->dentry.kind == PROTO_KIND_DIR;
	if (ret->dir && !from_dir)
		return tree_refuse(err, DFS_E_ISDIR, to->path,
		        "is a directory and cannot be replaced by a file");
	if (!ret->dir && from_dir)
		return tree_refuse(err, DFS_E_NOTDIR, to->path,
		        "not a directory: a directory cannot replace it");
	if (!ret->dir)
		return file_drop_check(txn, to->dentry.inode, &ret->file, err);
	rc = inode_get(txn, to->dentry.inode, &row, err);
	if (rc == 0 && row.size > 0)
		return tree_refuse(err, DFS_E_NOTEMPTY, to->path, "the directory is not empty");
	return rc;
}

static void replace(struct txn *txn, const struct place *to, struct replaced *replaced)
{
	tree_unlink(txn, to->parent, to->name, to->name_size);
	if (replaced->dir) {
		inode_del(txn, to->dentry.inode);
		counters_change(txn)->dirs--;
	} else {
		file_drop(txn, &replaced->file);
	}
}

static void move(struct txn *txn, const struct place *from, const struct place *to,
        struct proto_row_inode *row)
{
	tree_unlink(txn, from->parent, from->name, from->name_size);
	tree_link(txn, to->parent, to->name, to->name_size, &from->dentry);
	if (row->kind != PROTO_KIND_DIR)
		return;
	row->parent = to->parent;
	inode_put(txn, from->dentry.inode, row);
	txn->hint.inode = 0; /* whatever it names, it must not name it by a path that is gone */
}
