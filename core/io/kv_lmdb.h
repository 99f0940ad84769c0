/* SPDX-License-Identifier: MIT */
#ifndef IO_KV_LMDB_H
#define IO_KV_LMDB_H

#include "base/error.h"
#include "io/kv.h"

/*
 * LMDB behind the ordered-KV vtable: `dir` is created if absent (0700); map_bytes 0 means 1 TiB of
 * address space. Every commit is synced: never NOSYNC, NOMETASYNC or WRITEMAP (RULES 18). The
 * caller holds the lock of the directory (RULES 16). DFS_E_CORRUPT where the file is shorter than
 * its meta page says (RULES 21), naming file and remedy.
 */
int kv_lmdb_open(struct kv **ret, const char *dir, uint64_t map_bytes, struct dfs_error *err);
/*
 * The same, and `broken` is called where LMDB finds its pages in a state that cannot be, with what
 * it has to say; if it returns the process is aborted.
 */
typedef void kv_lmdb_broken(const char *text);
int kv_lmdb_open_guarded(struct kv **ret, const char *dir, uint64_t map_bytes,
        kv_lmdb_broken *broken, struct dfs_error *err);
/* The same database beside its writer, for reading, from another process. */
int kv_lmdb_open_reader(
        struct kv **ret, const char *dir, kv_lmdb_broken *broken, struct dfs_error *err);
/* Where the file is mapped: what a crash in its pages is known by. */
const void *kv_lmdb_map(struct kv *kv, size_t *ret_size);

/* Where LMDB's own code is, NULL where it cannot be told from ours. */
const void *kv_lmdb_code(size_t *ret_size);

#endif
