/* SPDX-License-Identifier: MIT */
#ifndef META_TREE_H
#define META_TREE_H

#include "meta/txn.h"

/* The namespace: from paths to inodes, and names made and unmade. Symbolic links are never followed
 * here. */

/* Where a path leads. Pointers go into the path. */
struct place {
	const char *path;
	uint64_t parent; /* the directory that holds `name`; 0: the path is "/" */
	const char *name;
	size_t name_size;
	const char *rest; /* of the path, after `name`: "" where it is the last */
	bool found;
	struct proto_row_dentry dentry; /* where found */
};

/*
 * Walk as far as names exist: `name` is the last one of the path, or the first that is missing.
 * `hint` may be NULL. Errors: NAME (not canonical: path_normalize), NOTDIR, CORRUPT.
 */
int tree_reach(struct kv_txn *kv, struct tree_hint *hint, const char *path, struct place *ret,
        struct dfs_error *err);
/* The same, but DFS_E_NOENT where the directory of the last name is missing; that name itself may
 * be. */
int tree_find(struct kv_txn *kv, struct tree_hint *hint, const char *path, struct place *ret,
        struct dfs_error *err);
/* As tree_find, for an operation: DFS_E_PERM for reserved paths, DFS_E_INVAL for "/". */
int tree_find_change(struct txn *txn, const char *path, struct place *ret, struct dfs_error *err);
/* tree_find_change, and it must exist: DFS_E_NOENT. */
int tree_find_there(struct txn *txn, const char *path, struct place *ret, struct dfs_error *err);
/* tree_find_change, and it must not: DFS_E_EXIST. */
int tree_find_free(struct txn *txn, const char *path, struct place *ret, struct dfs_error *err);

/* A sentence about a path: "PATH: ..." with the path cut where it is long. */
int tree_refuse(struct dfs_error *err, int code, const char *path, const char *sentence);

/*
 * Whether `inode`, a directory, is `ancestor` or below it: walks up. With ancestor ROOT_INODE:
 * whether it is still there, for one that a recursive remove left behind has a directory without
 * links above it. With ancestor TRASH_INODE: whether it is in the trash.
 */
int tree_is_below(
        struct txn *txn, uint64_t inode, uint64_t ancestor, bool *ret, struct dfs_error *err);

/* ---- putting halves: after all checks ---- */

/* A new inode with one name: its number. `row->links` and, of a directory, `row->parent` are set
 * here. */
uint64_t tree_make(struct txn *txn, uint64_t parent, const char *name, size_t name_size,
        struct proto_row_inode *row);
void tree_link(struct txn *txn, uint64_t parent, const char *name, size_t name_size,
        const struct proto_row_dentry *dentry);
void tree_unlink(struct txn *txn, uint64_t parent, const char *name, size_t name_size);

#endif
