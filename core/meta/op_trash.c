/* SPDX-License-Identifier: MIT */
/* Operations of the trash (RULES 14): names go in, come back, or leave for good. */
#include <inttypes.h>
#include <string.h>
#include "meta/content.h"
#include "meta/op.h"
#include "meta/trash.h"
#include "meta/tree.h"

enum { DROP_ROWS_MAX = 10000 }; /* in one transaction, as of a purge */

static int move_check(struct txn *txn, const struct proto_op_trash_move *args,
        const struct place *place, struct dfs_error *err);
static int entry_find(struct txn *txn, const struct proto_op_undelete *args, uint64_t *ret_entry,
        struct proto_row_trash *ret, struct dfs_error *err);
static int undelete_place(struct txn *txn, const struct proto_op_undelete *args, struct place *ret,
        struct dfs_error *err);
static int entry_there(struct txn *txn, uint64_t entry, struct dfs_error *err);
static int drop_one(struct txn *txn, uint64_t entry, uint64_t living_ms, size_t *rows,
        uint64_t *dropped, struct dfs_error *err);
static int drop_inode(
        struct txn *txn, const struct proto_row_trash *row, size_t *rows, struct dfs_error *err);
static int living_check(uint64_t living_ms, struct dfs_error *err);

/* The name goes, and with it whatever is below: one row, however large the tree. */
int op_trash_move(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_trash_move *args = &op->trash_move;
	struct proto_row_inode row;
	struct place place;
	int rc = tree_find_there(txn, args->path, &place, &ret->err);

	if (rc == 0)
		rc = move_check(txn, args, &place, &ret->err);
	if (rc == 0)
		rc = inode_get(txn, place.dentry.inode, &row, &ret->err);
	if (rc != 0)
		return rc;

	bool dir = row.kind == PROTO_KIND_DIR;
	struct proto_row_trash entry = {
	        .path = args->path,
	        .inode = place.dentry.inode,
	        .kind = row.kind,
	        .time_ms = txn->time_ms,
	        .keep_ms = args->keep_ms,
	        .by = args->by,
	        .counted = !dir || row.size == 0,
	        .files = !dir,
	        .dirs = dir,
	        .bytes = row.kind == PROTO_KIND_FILE ? row.size : 0,
	};

	result_attr(ret, place.name, place.name_size, place.dentry.inode, &row);
	trash_lived(txn, args->living_ms);
	entry.living_ms = txn->trash.living_ms;
	tree_unlink(txn, place.parent, place.name, place.name_size);
	if (dir) {
		row.parent = TRASH_INODE;
		inode_put(txn, place.dentry.inode, &row);
		txn->hint.inode = 0;
	}
	/* The number that this operation will have in the log. */
	trash_add(txn, txn->counters.operation + 1, &entry);
	return 0;
}

int op_undelete(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_undelete *args = &op->undelete;
	struct proto_row_trash entry;
	struct proto_row_inode row;
	struct place place;
	uint64_t number;
	int rc = entry_find(txn, args, &number, &entry, &ret->err);

	if (rc == 0)
		rc = undelete_place(txn, args, &place, &ret->err);
	if (rc == 0)
		rc = inode_get(txn, entry.inode, &row, &ret->err);
	if (rc == 0)
		rc = trash_count_get(txn, &ret->err);
	if (rc != 0)
		return rc;

	struct proto_row_dentry dentry = {entry.inode, entry.kind};

	result_attr(ret, place.name, place.name_size, entry.inode, &row);
	trash_del(txn, number, &entry);
	if (row.kind == PROTO_KIND_DIR) {
		row.parent = place.parent;
		inode_put(txn, entry.inode, &row);
	}
	tree_link(txn, place.parent, place.name, place.name_size, &dentry);
	return 0;
}

/* As a purge it puts as it reads: damage on the way makes the transaction fail, and nothing of it
 * is kept. */
int op_trash_drop(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_trash_drop *args = &op->trash_drop;
	size_t rows = args->rows < DROP_ROWS_MAX ? args->rows : DROP_ROWS_MAX;
	int rc = living_check(args->living_ms, &ret->err);

	if (rc == 0 && args->entries_count == 1 && args->living_ms == 0)
		rc = entry_there(txn, args->entries[0], &ret->err);
	if (rc == 0)
		rc = trash_count_get(txn, &ret->err);
	if (rc != 0)
		return rc;
	trash_lived(txn, args->living_ms);
	for (size_t i = 0; i < args->entries_count && rows > 0 && rc == 0 && !txn->failed; i++)
		rc = drop_one(
		        txn, args->entries[i], args->living_ms, &rows, &ret->value, &ret->err);
	if (rc != 0)
		txn_fail(txn, rc, &ret->err);
	return 0;
}

int op_trash_live(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	int rc = living_check(op->trash_live.living_ms, &ret->err);

	if (rc == 0)
		rc = trash_count_get(txn, &ret->err);
	if (rc != 0)
		return rc;
	trash_lived(txn, op->trash_live.living_ms);
	return 0;
}

/* It may have come back or gone meanwhile; what is below one that is there nobody can change. */
int op_trash_measure(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_trash_measure *args = &op->trash_measure;
	struct proto_row_trash row;
	int rc = trash_get(txn, args->entry, &row, &ret->err);

	if (rc == DFS_E_NOENT)
		return error_set(
		        &ret->err, rc, "%" PRIu64 " is not in the trash any more", args->entry);
	if (rc == 0)
		rc = trash_count_get(txn, &ret->err);
	if (rc != 0)
		return rc;
	trash_del(txn, args->entry, &row);
	row.counted = true;
	row.files = args->files;
	row.dirs = args->dirs;
	row.bytes = args->bytes;
	trash_add(txn, args->entry, &row);
	ret->value = row.inode;
	return 0;
}

static int move_check(struct txn *txn, const struct proto_op_trash_move *args,
        const struct place *place, struct dfs_error *err)
{
	int rc = living_check(args->living_ms, err);

	if (rc != 0)
		return rc;
	if (place->dentry.kind == PROTO_KIND_DIR && !args->recursive)
		return tree_refuse(err, DFS_E_ISDIR, args->path,
		        "is a directory: remove it recursively, or empty");
	if (args->keep_ms == 0 || args->keep_ms > TRASH_KEEP_MAX_MS)
		return error_set(err, DFS_E_INVAL,
		        "%" PRIu64 " ms in the trash: from 1 ms to ten years", args->keep_ms);
	return trash_count_get(txn, err);
}

static int entry_find(struct txn *txn, const struct proto_op_undelete *args, uint64_t *ret_entry,
        struct proto_row_trash *ret, struct dfs_error *err)
{
	int rc;

	*ret_entry = args->entry;
	if (args->entry == 0)
		rc = trash_newest(txn->kv, args->path, &txn->arena, ret_entry, ret, err);
	else
		rc = trash_get(txn, args->entry, ret, err);
	if (rc == DFS_E_NOENT && args->entry == 0)
		return tree_refuse(
		        err, rc, args->path, "nothing in the trash stood there (dfs trash ls)");
	if (rc == DFS_E_NOENT || (rc == 0 && strcmp(ret->path, args->path) != 0))
		return error_set(err, DFS_E_NOENT,
		        "%.300s: %" PRIu64 " is not the number of a removal of it (dfs trash ls)",
		        args->path, args->entry);
	return rc;
}

static int undelete_place(struct txn *txn, const struct proto_op_undelete *args, struct place *ret,
        struct dfs_error *err)
{
	const char *to = args->to[0] ? args->to : args->path;
	int rc = tree_find_change(txn, to, ret, err);

	if (rc == 0 && ret->found)
		return tree_refuse(
		        err, DFS_E_EXIST, to, "already exists: undelete to another name (--to)");
	if (rc == DFS_E_NOENT || rc == DFS_E_NOTDIR)
		return error_set(
		        err, rc, "%.400s: make it, or undelete elsewhere (--to)", err->text);
	return rc;
}

/* Somebody names this very one. */
static int entry_there(struct txn *txn, uint64_t entry, struct dfs_error *err)
{
	struct table_key key = key_u64(entry);
	int rc;

	if (txn_has(txn, META_TRASH, &key, &rc, err) || rc != 0)
		return rc;
	return error_set(err, DFS_E_NOENT, "%" PRIu64 " is not in the trash (dfs trash ls)", entry);
}

static int drop_one(struct txn *txn, uint64_t entry, uint64_t living_ms, size_t *rows,
        uint64_t *dropped, struct dfs_error *err)
{
	struct proto_row_trash row;
	int rc = trash_get(txn, entry, &row, err);

	if (rc == DFS_E_NOENT)
		return 0; /* named twice, undeleted, or dropped before */
	if (rc != 0 || (living_ms != 0 && trash_goes_ms(&row) > living_ms))
		return rc;
	rc = drop_inode(txn, &row, rows, err);
	if (rc != 0)
		return rc;
	trash_del(txn, entry, &row);
	rows_spend(rows, 4); /* the entry, its places, its inode */
	++*dropped;
	return 0;
}

static int drop_inode(
        struct txn *txn, const struct proto_row_trash *row, size_t *rows, struct dfs_error *err)
{
	struct proto_row_inode inode;
	struct file_drop drop;
	int rc;

	if (row->kind == PROTO_KIND_DIR) {
		rc = inode_get(txn, row->inode, &inode, err);
		if (rc == 0)
			dir_drop(txn, row->inode, &inode);
		return rc;
	}
	rc = file_drop_check(txn, row->inode, &drop, err);
	if (rc != 0)
		return rc;
	rows_spend(rows, drop.content->more ? 0 : drop.content->count);
	file_drop(txn, &drop);
	return 0;
}

static int living_check(uint64_t living_ms, struct dfs_error *err)
{
	if (living_ms <= LIVING_MAX_MS)
		return 0;
	return error_set(err, DFS_E_INVAL, "no master has lived for %" PRIu64 " ms", living_ms);
}
