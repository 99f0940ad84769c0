/* SPDX-License-Identifier: MIT */
#ifndef NODE_PROCESS_BACKUP_H
#define NODE_PROCESS_BACKUP_H

#include <stdbool.h>
#include "meta/checkpoint.h"

/*
 * `dfs master backup`, `restore` and `accept` (RULES 16, 19). They block until their end, and
 * return 0 or a code with a sentence. `ret` tells whose state it is.
 */
struct backup_settings {
	const char *file;
	const char *dir;            /* of a master's metadata */
	const char *master, *token; /* NULL: those of the client file */
	bool force;                 /* the file may be replaced */
};

/*
 * Write `file`: whole, durable and checked, or not at all. DFS_E_EXIST where it is there and not
 * forced. The first asks the running master, the second reads the directory of one that does not
 * run: DFS_E_BUSY where it does.
 */
int backup_running(
        const struct backup_settings *settings, struct checkpoint *ret, struct dfs_error *err);
int backup_directory(
        const struct backup_settings *settings, struct checkpoint *ret, struct dfs_error *err);

/*
 * Put `file` into `dir`, which is not there or empty: the metadata of a new reign that deletes
 * nothing. The file is checked before anything is written; `dir` has no metadata before all of it
 * is there, so that a crash on the way leaves nothing that a master would start on.
 */
int backup_restore(
        const struct backup_settings *settings, struct checkpoint *ret, struct dfs_error *err);
/* The same on a given `io`: its disk and its clock. `seen_epoch`: 0, or one that the new reign must
 * pass. */
int restore_into(struct io *io, const char *file, const char *dir, uint64_t seen_epoch,
        struct checkpoint *ret, struct dfs_error *err);

/* The same with parts of the log, in order, replayed on it: `ret` is the state that they lead to. */
int restore_with_log(struct io *io, const char *file, const char *const *logs, size_t logs_count,
        const char *dir, uint64_t seen_epoch, struct checkpoint *ret, struct dfs_error *err);

/*
 * `dfs master rescue` (RULES 20): as a restore, from what datanodes keep. The key is a file's; what is
 * fetched lies in DIR.rescue meanwhile, which an earlier attempt may have left. Without `dir` nothing
 * is written but that folder, which is removed again: `ret` tells what could be rescued.
 */
struct rescue_settings {
	const char *dir; /* of the new metadata; NULL: only look */
	const char *key;
	const char *const *datanodes; /* host:port, several with commas */
	size_t datanodes_count;
};
int master_rescue(
        const struct rescue_settings *settings, struct checkpoint *ret, struct dfs_error *err);

/* Tell the running master that what it does not know may be deleted. */
int backup_accept(const struct backup_settings *settings, struct dfs_error *err);

#endif
