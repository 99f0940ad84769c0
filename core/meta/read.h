/* SPDX-License-Identifier: MIT */
#ifndef META_READ_H
#define META_READ_H

#include "meta/internal.h"

/* What the look-ups share. Each is one short read transaction on the loop. */

int read_begin(struct meta *meta, struct kv_txn **ret, struct dfs_error *err);
void read_end(struct kv_txn *kv);
/* The row that a path leads to and where it stands; DFS_E_NOENT with a sentence. Strings in
 * `arena`. */
struct place;
int read_path(struct kv_txn *kv, const char *path, struct arena *arena, struct place *ret_place,
        struct proto_row_inode *ret, struct dfs_error *err);
int read_inode(struct kv_txn *kv, uint64_t inode, struct arena *arena, struct proto_row_inode *ret,
        struct dfs_error *err);
/* Attributes under a name, which is copied into `arena`. */
int read_attr(struct arena *arena, const char *name, size_t name_size, uint64_t inode,
        const struct proto_row_inode *row, struct proto_attr *ret, struct dfs_error *err);

/* What is done with each row of a page. */
typedef int row_visit(
        void *context, const struct table_cursor *cursor, struct arena *arena, bool *ret_stop);

int read_row(struct meta *meta, enum meta_table table, struct table_key key, struct arena *arena,
        void *ret, struct dfs_error *err);
/* Rows from `first` on, at most `limit` (0, and more: PAGE_MAX) of them, each in a fresh arena. */
int read_page(struct meta *meta, enum meta_table table, struct table_key first, uint32_t limit,
        row_visit *visit, void *context);

#endif
