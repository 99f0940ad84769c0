/* SPDX-License-Identifier: MIT */
#ifndef META_CONTENT_H
#define META_CONTENT_H

#include "meta/txn.h"

/*
 * Contents: the extents that one session wrote, keyed by (session, end offset). Staged ones are
 * here too: nobody sees them before an inode names them.
 */
enum { CONTENT_DROP_MAX = 1000 }; /* extents dropped inside an operation; more are left to purge */

/* ---- adding ---- */

/*
 * Extents that a session hands in follow `from` without a gap, in chunks that belong to it, within
 * what is sealed. DFS_E_INVAL, DFS_E_RANGE, DFS_E_NOENT.
 */
int extents_check(struct txn *txn, uint64_t session, uint64_t from,
        const struct proto_extent_new *extents, size_t count, struct dfs_error *err);
void extents_add(
        struct txn *txn, uint64_t session, const struct proto_extent_new *extents, size_t count);

/* ---- dropping ---- */

struct content_extent {
	uint64_t end, chunk, length;
};

/* The first extents of a content, in txn->arena. */
struct content_step {
	uint64_t content;
	struct content_extent *extents;
	size_t count;
	bool more; /* there are others behind */
};

int content_step(struct txn *txn, uint64_t content, size_t max, struct content_step *ret,
        struct dfs_error *err);
/* Drop exactly these. */
void content_drop(struct txn *txn, const struct content_step *step);

/* Checking half of giving up a whole content (0: none), then its putting half: drops it or leaves
 * it to purge. */
int content_end_check(
        struct txn *txn, uint64_t content, struct content_step *ret, struct dfs_error *err);
void content_end(struct txn *txn, const struct content_step *step);

/* ---- doomed ---- */

enum { DOOMED_CONTENT = 'c', DOOMED_DIR = 'd' };

void doom(struct txn *txn, char kind, uint64_t number);
void undoom(struct txn *txn, char kind, uint64_t number);

#endif
