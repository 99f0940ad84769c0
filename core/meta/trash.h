/* SPDX-License-Identifier: MIT */
#ifndef META_TRASH_H
#define META_TRASH_H

#include "meta/txn.h"

/*
 * Names in the trash (RULES 14). An entry has the number of the operation that moved it there, and
 * two places in trash_order:
 *
 *     't' when it goes, entry        the next to go first
 *     'p' hash of its path, ~entry   the newest of a path first
 *
 * Times are the master's living time: what it lived through, whatever clocks say. The inode keeps
 * its link count; a directory's parent is TRASH_INODE, so that walking up from below ends there.
 */
enum { TRASH_BY_TIME = 't', TRASH_BY_PATH = 'p' };

static const uint64_t TRASH_KEEP_MAX_MS = 3653ull * 86400000; /* ten years */
static const uint64_t LIVING_MAX_MS = 1ull << 50;             /* 35,000 years */

/* When the entry goes. */
uint64_t trash_goes_ms(const struct proto_row_trash *row);
/* Of a path, as the keys of trash_order hold it (FNV-1a, 64 bits): on disk, never to be changed. */
uint64_t trash_hash(const char *path);

/* DFS_E_NOENT without a sentence. */
int trash_get(struct txn *txn, uint64_t entry, struct proto_row_trash *ret, struct dfs_error *err);
/* The newest entry with that path; DFS_E_NOENT without a sentence. Shared with look-ups. */
int trash_newest(struct kv_txn *kv, const char *path, struct arena *arena, uint64_t *ret_entry,
        struct proto_row_trash *ret, struct dfs_error *err);

/* ---- putting halves: after trash_count_get ---- */

void trash_add(struct txn *txn, uint64_t entry, const struct proto_row_trash *row);
void trash_del(struct txn *txn, uint64_t entry, const struct proto_row_trash *row);
/* The master's living time as an operation tells it; it never goes back. */
void trash_lived(struct txn *txn, uint64_t living_ms);

#endif
