/* SPDX-License-Identifier: MIT */
#ifndef IO_KV_LMDB_H
#define IO_KV_LMDB_H

#include "base/error.h"
#include "io/kv.h"

/*
 * LMDB behind the ordered-KV vtable: `dir` is created if absent (0700); map_bytes 0 means 1 TiB of address space.
 * Every commit is synced: never NOSYNC, NOMETASYNC or WRITEMAP (RULES 18). The caller holds the lock of the directory
 * (RULES 16). DFS_E_CORRUPT where the file is shorter than its meta page says (RULES 21), naming file and remedy.
 */
int kv_lmdb_open(struct kv **ret, const char *dir, uint64_t map_bytes, struct dfs_error *err);

#endif
