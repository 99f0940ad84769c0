/* SPDX-License-Identifier: MIT */
#ifndef META_TXN_H
#define META_TXN_H

#include "base/arena.h"
#include "base/buf.h"
#include "meta/table.h"
#include "proto/gen/proto.h"

/*
 * One write transaction: a batch of operations on their way to one commit.
 *
 * The counters, the sums of the trash and the rows of directories are kept here and written once,
 * by txn_commit: a thousand creates in one directory change its row a thousand times. All access to
 * inodes goes through inode_get and inode_put, so nobody sees the difference.
 *
 * Getters return an error; putters do not: the first put that fails is remembered in `failed`,
 * later ones do nothing, and the transaction can only be aborted. An operation has checked
 * everything before its first put (RULES 18), so its putting half needs no branches.
 *
 * Thread  the one that began it
 */
enum { TXN_DIRS = 64, TXN_FRESH = 16 };

static const uint64_t ROOT_INODE = 1;
/* The parent of a directory in the trash: no inode has this number. */
static const uint64_t TRASH_INODE = UINT64_MAX;

struct txn_dir {
	uint64_t inode; /* 0: empty slot */
	bool dirty;
	struct proto_row_inode row; /* a directory's: no strings */
};

/* Where the parent of the last path was found: most operations of a batch work in one directory. */
struct tree_hint {
	uint64_t inode; /* 0: nothing known */
	size_t size;
	char path[PATH_BYTES_MAX]; /* of the directory, without the '/' at its end */
};

/* A client of whom no sequence past `above` has an answer: its next request needs no look-up. */
struct txn_fresh {
	uint64_t client; /* 0: empty slot */
	uint64_t above;
};

struct txn {
	struct kv_txn *kv;
	struct proto_row_counters counters; /* format 0: the database is empty */
	char cluster[33];                   /* what counters.cluster points to */
	struct tree_hint hint;
	struct txn_dir dirs[TXN_DIRS];
	struct txn_fresh fresh[TXN_FRESH];
	struct buf scratch;
	struct proto_row_trash_count trash; /* where trash_known */
	bool trash_known, trash_changed;
	bool counters_changed;
	bool doomed_changed; /* the caller forgets it */
	bool oldest_known;   /* oldest_ms is the time of the oldest answer, INT64_MAX where there is
	                        none */
	int64_t oldest_ms;
	int failed; /* first code of a put that failed */
	struct dfs_error failure;

	/* Of the operation under way. */
	struct arena arena;
	int64_t time_ms;
};

/* Memory, kept from one transaction to the next. Zero-initialise. */
void txn_fini(struct txn *txn);
int txn_begin(struct txn *txn, struct kv *kv, struct dfs_error *err);
/* `failed` must be 0. DFS_E_NOSPC: as if aborted. Whatever else: fatal (RULES 18). */
int txn_commit(struct txn *txn, struct dfs_error *err);
void txn_abort(struct txn *txn);
/* Remember the first failure. */
void txn_fail(struct txn *txn, int code, const struct dfs_error *err);

/* ---- rows of any table ---- */

/* Strings and lists of the row live in txn->arena: until the operation ends. NOENT without a
 * sentence. */
int txn_read(struct txn *txn, enum meta_table table, const struct table_key *key, void *ret_row,
        struct dfs_error *err);
bool txn_has(struct txn *txn, enum meta_table table, const struct table_key *key, int *ret_code,
        struct dfs_error *err);
void txn_write(
        struct txn *txn, enum meta_table table, const struct table_key *key, const void *row);
void txn_put(
        struct txn *txn, enum meta_table table, const struct table_key *key, struct buf *value);
void txn_mark(
        struct txn *txn, enum meta_table table, const struct table_key *key); /* an empty value */
void txn_del(
        struct txn *txn, enum meta_table table, const struct table_key *key); /* must be there */

/* ---- inodes ---- */

int inode_get(struct txn *txn, uint64_t inode, struct proto_row_inode *ret, struct dfs_error *err);
void inode_put(struct txn *txn, uint64_t inode, const struct proto_row_inode *row);
void inode_del(struct txn *txn, uint64_t inode);
struct proto_row_counters *counters_change(struct txn *txn);
/* The sums of the trash: read by a checking half, before the other may change them. */
int trash_count_get(struct txn *txn, struct dfs_error *err);
struct proto_row_trash_count *trash_count_change(struct txn *txn);

#endif
