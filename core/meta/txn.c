/* SPDX-License-Identifier: MIT */
/* A write transaction: what it keeps in memory until its commit, and its first failure. */
#include "meta/txn.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int counters_load(struct txn *txn, struct dfs_error *err);
static void write_back(struct txn *txn);
static void dir_write(struct txn *txn, struct txn_dir *dir);
static struct txn_dir *dir_slot(struct txn *txn, uint64_t inode);
static void dir_keep(
        struct txn *txn, uint64_t inode, const struct proto_row_inode *row, bool dirty);

void txn_fini(struct txn *txn)
{
	assert(!txn->kv);
	arena_fini(&txn->arena);
	buf_fini(&txn->scratch);
}

int txn_begin(struct txn *txn, struct kv *kv, struct dfs_error *err)
{
	int rc;

	assert(!txn->kv);
	for (size_t i = 0; i < TXN_DIRS; i++)
		txn->dirs[i].inode = 0;
	for (size_t i = 0; i < TXN_FRESH; i++)
		txn->fresh[i].client = 0;
	txn->hint.inode = 0;
	txn->counters_changed = txn->oldest_known = false;
	txn->trash_known = txn->trash_changed = false;
	txn->failed = 0;
	rc = kv->ops->begin(kv, true, &txn->kv);
	if (rc != 0) {
		txn->kv = NULL;
		return error_set(err, rc, "the metadata store: no write transaction: %s",
		        dfs_error_text(rc));
	}
	rc = counters_load(txn, err);
	if (rc != 0)
		txn_abort(txn);
	return rc;
}

int txn_commit(struct txn *txn, struct dfs_error *err)
{
	struct kv_txn *kv = txn->kv;
	int rc;

	assert(kv && !txn->failed);
	write_back(txn);
	if (txn->failed) {
		rc = txn->failed;
		*err = txn->failure;
		txn_abort(txn);
		return rc;
	}
	txn->kv = NULL;
	rc = kv->ops->commit(kv);
	if (rc == DFS_E_NOSPC)
		return error_set(
		        err, rc, "the metadata store is full: raise its map size or remove files");
	return rc == 0 ? 0
	               : error_set(err, rc, "the metadata store: a commit failed: %s",
	                         dfs_error_text(rc));
}

void txn_abort(struct txn *txn)
{
	struct kv_txn *kv = txn->kv;

	txn->kv = NULL;
	if (kv)
		kv->ops->abort(kv);
}

void txn_fail(struct txn *txn, int code, const struct dfs_error *err)
{
	assert(code < 0);
	if (txn->failed)
		return;
	txn->failed = code;
	txn->failure = *err;
	txn->failure.code = code;
}

int txn_read(struct txn *txn, enum meta_table table, const struct table_key *key, void *ret_row,
        struct dfs_error *err)
{
	return table_read(txn->kv, table, key, &txn->arena, ret_row, err);
}

bool txn_has(struct txn *txn, enum meta_table table, const struct table_key *key, int *ret_code,
        struct dfs_error *err)
{
	struct kv_bytes value;
	int rc = table_get(txn->kv, table, key, &value, err);

	*ret_code = rc == DFS_E_NOENT ? 0 : rc;
	return rc == 0;
}

void txn_write(struct txn *txn, enum meta_table table, const struct table_key *key, const void *row)
{
	struct dfs_error err;
	int rc;

	if (txn->failed)
		return;
	rc = table_write(txn->kv, table, key, row, &txn->scratch, &err);
	if (rc != 0)
		txn_fail(txn, rc, &err);
}

void txn_put(struct txn *txn, enum meta_table table, const struct table_key *key, struct buf *value)
{
	struct dfs_error err;
	int rc;

	if (txn->failed)
		return;
	rc = table_put(txn->kv, table, key, value, &err);
	if (rc != 0)
		txn_fail(txn, rc, &err);
}

void txn_mark(struct txn *txn, enum meta_table table, const struct table_key *key)
{
	buf_clear(&txn->scratch);
	txn_put(txn, table, key, &txn->scratch);
}

void txn_del(struct txn *txn, enum meta_table table, const struct table_key *key)
{
	struct dfs_error err;
	int rc;

	if (txn->failed)
		return;
	rc = table_del(txn->kv, table, key, &err);
	if (rc == DFS_E_NOENT)
		rc = error_set(&err, DFS_E_CORRUPT,
		        "metadata table %s: a row that another one names is missing",
		        table_name(table));
	if (rc != 0)
		txn_fail(txn, rc, &err);
}

int inode_get(struct txn *txn, uint64_t inode, struct proto_row_inode *ret, struct dfs_error *err)
{
	struct txn_dir *dir = dir_slot(txn, inode);
	struct table_key key;
	int rc;

	if (dir->inode == inode) {
		*ret = dir->row;
		return 0;
	}
	key = key_u64(inode);
	rc = txn_read(txn, META_INODE, &key, ret, err);
	if (rc == DFS_E_NOENT)
		return error_set(
		        err, DFS_E_CORRUPT, "inode %016" PRIx64 " has a name but no row", inode);
	if (rc == 0 && ret->kind == PROTO_KIND_DIR)
		dir_keep(txn, inode, ret, false);
	return rc;
}

void inode_put(struct txn *txn, uint64_t inode, const struct proto_row_inode *row)
{
	struct table_key key;

	assert(inode != 0);
	if (row->kind == PROTO_KIND_DIR) {
		dir_keep(txn, inode, row, true);
		return;
	}
	key = key_u64(inode);
	txn_write(txn, META_INODE, &key, row);
}

void inode_del(struct txn *txn, uint64_t inode)
{
	struct txn_dir *dir = dir_slot(txn, inode);
	struct table_key key = key_u64(inode);
	struct dfs_error err;
	int rc;

	if (txn->failed)
		return;
	rc = table_del(txn->kv, META_INODE, &key, &err);
	/* A directory made in this batch has its row here only. */
	if (rc != 0 && !(rc == DFS_E_NOENT && dir->inode == inode))
		txn_fail(txn, rc, &err);
	if (dir->inode == inode)
		dir->inode = 0;
}

struct proto_row_counters *counters_change(struct txn *txn)
{
	txn->counters_changed = true;
	return &txn->counters;
}

int trash_count_get(struct txn *txn, struct dfs_error *err)
{
	struct table_key key = key_counters();
	int rc = 0;

	if (!txn->trash_known)
		rc = txn_read(txn, META_TRASH_COUNT, &key, &txn->trash, err);
	if (rc == DFS_E_NOENT) /* nothing was ever thrown away */
		txn->trash = (struct proto_row_trash_count){0};
	txn->trash_known = rc == 0 || rc == DFS_E_NOENT;
	return txn->trash_known ? 0 : rc;
}

struct proto_row_trash_count *trash_count_change(struct txn *txn)
{
	assert(txn->trash_known);
	txn->trash_changed = true;
	return &txn->trash;
}

static int counters_load(struct txn *txn, struct dfs_error *err)
{
	struct table_key key = key_counters();
	int rc;

	arena_reset(&txn->arena);
	rc = txn_read(txn, META_COUNTERS, &key, &txn->counters, err);
	if (rc == DFS_E_NOENT) {
		txn->counters = (struct proto_row_counters){0};
		rc = 0;
	}
	if (rc != 0)
		return rc;
	/* The arena is the operations'. */
	snprintf(txn->cluster, sizeof(txn->cluster), "%s",
	        txn->counters.cluster ? txn->counters.cluster : "");
	txn->counters.cluster = txn->cluster;
	return 0;
}

static void write_back(struct txn *txn)
{
	struct table_key key = key_counters();

	for (size_t i = 0; i < TXN_DIRS; i++)
		if (txn->dirs[i].inode != 0)
			dir_write(txn, &txn->dirs[i]);
	if (txn->counters_changed)
		txn_write(txn, META_COUNTERS, &key, &txn->counters);
	if (txn->trash_changed)
		txn_write(txn, META_TRASH_COUNT, &key, &txn->trash);
}

static void dir_write(struct txn *txn, struct txn_dir *dir)
{
	struct table_key key = key_u64(dir->inode);

	if (dir->dirty)
		txn_write(txn, META_INODE, &key, &dir->row);
	dir->dirty = false;
}

static struct txn_dir *dir_slot(struct txn *txn, uint64_t inode)
{
	return &txn->dirs[inode % TXN_DIRS];
}

static void dir_keep(struct txn *txn, uint64_t inode, const struct proto_row_inode *row, bool dirty)
{
	struct txn_dir *dir = dir_slot(txn, inode);

	if (dir->inode != 0 && dir->inode != inode)
		dir_write(txn, dir);
	dir->dirty = dirty;
	dir->inode = inode;
	dir->row = *row;
	dir->row.target = NULL;
}
