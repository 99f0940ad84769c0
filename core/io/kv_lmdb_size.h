/* SPDX-License-Identifier: MIT */
#ifndef IO_KV_LMDB_SIZE_H
#define IO_KV_LMDB_SIZE_H

#include "base/error.h"

/*
 * Before LMDB maps `file`: is it as long as its newest meta page says (RULES 21)? A file that was
 * cut would end the process by SIGBUS at some later read. An absent or empty file is a new
 * database: 0.
 *
 * LMDB never writes pages that one transaction both took and gave back, so a sound file may lack
 * some at its end: where it is short, the list of free pages must account for each missing one.
 *
 * Errors  DFS_E_CORRUPT naming the file and the remedy, DFS_E_VERSION (another format of LMDB),
 * DFS_E_IO
 */
int kv_lmdb_size_check(const char *file, struct dfs_error *err);

#endif
