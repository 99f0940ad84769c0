/* SPDX-License-Identifier: MIT */
/* purge: a bounded step of what recursive removes and long contents left behind. */
#include <string.h>
#include "meta/content.h"
#include "meta/op.h"
#include "meta/tree.h"

enum { PURGE_ROWS_MAX = 10000 }; /* in one transaction */

struct doomed_name {
	size_t size;
	const char *name;
	struct proto_row_dentry dentry;
};

static int doomed_first(
        struct txn *txn, char *ret_kind, uint64_t *ret_number, struct dfs_error *err);
static int purge_content(struct txn *txn, uint64_t content, size_t *rows, struct dfs_error *err);
static int purge_dir(struct txn *txn, uint64_t dir, size_t *rows, struct dfs_error *err);
static int names_collect(struct txn *txn, uint64_t dir, size_t max, struct doomed_name **ret,
        size_t *ret_count, struct dfs_error *err);
static int purge_name(struct txn *txn, uint64_t dir, const struct doomed_name *name, size_t *rows,
        struct dfs_error *err);
static int purge_subdir(struct txn *txn, uint64_t inode, struct dfs_error *err);

/* It puts as it reads: what is damaged on the way makes the transaction fail, so that nothing of
 * the step is kept. */
int op_purge(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	size_t rows = op->purge.rows < PURGE_ROWS_MAX ? op->purge.rows : PURGE_ROWS_MAX;
	char kind;
	uint64_t number;
	int rc = 0;

	while (rc == 0 && rows > 0 && !txn->failed) {
		rc = doomed_first(txn, &kind, &number, &ret->err);
		if (rc != 0)
			break;
		rc = kind == DOOMED_CONTENT ? purge_content(txn, number, &rows, &ret->err)
		                            : purge_dir(txn, number, &rows, &ret->err);
	}
	if (rc != 0 && rc != DFS_E_NOENT)
		txn_fail(txn, rc, &ret->err);
	return 0;
}

static int doomed_first(
        struct txn *txn, char *ret_kind, uint64_t *ret_number, struct dfs_error *err)
{
	struct table_cursor cursor = {0};
	struct table_key first = key_none();
	int rc = table_seek(txn->kv, META_DOOMED, &first, &cursor, err);

	if (rc == 0) {
		*ret_kind = (char)cursor.key.bytes[0];
		*ret_number = key_get_u64(&cursor.key, 1);
	}
	table_cursor_fini(&cursor);
	return rc;
}

static int purge_content(struct txn *txn, uint64_t content, size_t *rows, struct dfs_error *err)
{
	struct content_step step;
	int rc = content_step(
	        txn, content, *rows < CONTENT_DROP_MAX ? *rows : CONTENT_DROP_MAX, &step, err);

	if (rc != 0)
		return rc;
	content_drop(txn, &step);
	if (!step.more)
		undoom(txn, DOOMED_CONTENT, content);
	rows_spend(rows, step.count + 1);
	return 0;
}

static int purge_dir(struct txn *txn, uint64_t dir, size_t *rows, struct dfs_error *err)
{
	struct doomed_name *names;
	size_t count, wanted = *rows < CONTENT_DROP_MAX ? *rows : CONTENT_DROP_MAX;
	int rc = names_collect(txn, dir, wanted, &names, &count, err);

	for (size_t i = 0; i < count && rc == 0 && *rows > 0 && !txn->failed; i++)
		rc = purge_name(txn, dir, &names[i], rows, err);
	if (rc == 0 && count == 0) {
		inode_del(txn, dir);
		undoom(txn, DOOMED_DIR, dir);
		rows_spend(rows, 1);
	}
	return rc;
}

static int names_collect(struct txn *txn, uint64_t dir, size_t max, struct doomed_name **ret,
        size_t *ret_count, struct dfs_error *err)
{
	struct doomed_name *names = arena_alloc(&txn->arena, max * sizeof(*names));
	struct table_cursor cursor = {0};
	struct table_key first = key_u64(dir);
	size_t count = 0;
	int rc = names ? table_seek(txn->kv, META_DENTRY, &first, &cursor, err)
	               : error_set(err, DFS_E_NOMEM, "out of memory for a page of names");

	while (rc == 0 && count < max && key_get_u64(&cursor.key, 0) == dir) {
		struct doomed_name *name = &names[count++];

		name->size = cursor.key.size - 8;
		name->name =
		        arena_text(&txn->arena, (const char *)cursor.key.bytes + 8, name->size);
		rc = name->name ? table_unpack(META_DENTRY, &cursor.key, cursor.value, NULL,
		                          &name->dentry, err)
		                : error_set(err, DFS_E_NOMEM, "out of memory for a name");
		if (rc == 0)
			rc = table_next(&cursor, err);
	}
	table_cursor_fini(&cursor);
	*ret = names;
	*ret_count = count;
	return rc == DFS_E_NOENT ? 0 : rc;
}

static int purge_name(struct txn *txn, uint64_t dir, const struct doomed_name *name, size_t *rows,
        struct dfs_error *err)
{
	struct file_drop drop;
	int rc;

	if (name->dentry.kind == PROTO_KIND_DIR) {
		rc = purge_subdir(txn, name->dentry.inode, err);
	} else {
		rc = file_drop_check(txn, name->dentry.inode, &drop, err);
		if (rc == 0) {
			rows_spend(rows, drop.content->more ? 0 : drop.content->count);
			file_drop(txn, &drop);
		}
	}
	if (rc != 0)
		return rc;
	tree_unlink(txn, dir, name->name, name->size);
	rows_spend(rows, 2); /* the name and its inode */
	return 0;
}

/* It becomes doomed itself: no recursion, however deep. */
static int purge_subdir(struct txn *txn, uint64_t inode, struct dfs_error *err)
{
	struct proto_row_inode row;
	int rc = inode_get(txn, inode, &row, err);

	if (rc != 0)
		return rc;
	row.links = 0;
	inode_put(txn, inode, &row);
	counters_change(txn)->dirs--;
	doom(txn, DOOMED_DIR, inode);
	return 0;
}
