/* SPDX-License-Identifier: MIT */
#ifndef META_OP_H
#define META_OP_H

#include "meta/meta.h"
#include "meta/txn.h"

/*
 * The operations: each a function that checks everything, then puts (RULES 18). Deterministic: all
 * they know is the operation, the time in txn->time_ms and the database (RULES 19).
 *
 * Returns 0, or the refusal with its sentence in ret->err and nothing put. `ret->value` and
 * `ret->attr` are filled.
 */
typedef int op_apply(struct txn *txn, const struct proto_op *op, struct meta_result *ret);

/* NULL for a kind that is none. */
op_apply *op_apply_of(enum proto_op_kind kind);

op_apply op_mkdir, op_create, op_symlink, op_remove, op_setattr; /* op_names.c */
op_apply op_rename;                                              /* op_rename.c */
op_apply op_session_begin, op_chunk_add, op_session_touch, op_stage, op_commit,
        op_session_end;                                  /* op_files.c */
op_apply op_chunk_raise, op_chunk_seal, op_chunk_forget; /* op_chunks.c */
op_apply op_epoch_begin, op_reserve, op_node_set;        /* op_system.c */
op_apply op_purge;                                       /* op_purge.c */
op_apply op_mend;                                        /* op_mend.c */
op_apply op_hold, op_accept;                             /* op_reign.c */
op_apply op_log_drop;                                    /* op_log.c */
op_apply op_trash_move, op_undelete, op_trash_drop, op_trash_live,
        op_trash_measure;                   /* op_trash.c */
op_apply op_node_drain, op_node_forget;     /* op_system.c */
op_apply op_setting_set;                    /* op_setting.c */
op_apply op_keepsake_add, op_keepsake_drop; /* op_keepsake.c */

/* What several of them need. */

/* FENCED where the epoch is not above the database's, LIMIT where there is none left. */
int epoch_check(const struct txn *txn, uint64_t epoch, struct dfs_error *err);
/* The database is of this reign from here on, and its history says so. */
void epoch_take(struct txn *txn, uint64_t epoch, uint64_t reign, bool restored);

/* `ret->attr` and `ret->value` of an inode as its name shows it; strings are copied into `ret`. */
void result_attr(struct meta_result *ret, const char *name, size_t name_size, uint64_t inode,
        const struct proto_row_inode *row);
/* DFS_E_INVAL for bits beyond 07777. */
int mode_check(uint32_t mode, struct dfs_error *err);
/* What is asked for, or where that is 0 the operation's time. */
int64_t mtime_or_now(const struct txn *txn, int64_t mtime_ns);

/* One name of a file or symlink goes. Checking half: reads what will change. */
struct content_step;
struct file_drop {
	uint64_t inode;
	struct proto_row_inode row;
	struct content_step *content; /* in txn->arena */
};
int file_drop_check(struct txn *txn, uint64_t inode, struct file_drop *ret, struct dfs_error *err);
/* A directory without a name is left to purge, or goes at once where it is empty: after all checks.
 */
void dir_drop(struct txn *txn, uint64_t inode, struct proto_row_inode *row);
/* Putting half: the inode's link count, and with the last name the inode, its content and what it
 * counted. */
void file_drop(struct txn *txn, struct file_drop *drop);
/* Rows that a bounded step may still touch. */
void rows_spend(size_t *rows, size_t count);

#endif
