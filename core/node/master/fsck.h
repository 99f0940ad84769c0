/* SPDX-License-Identifier: MIT */
#ifndef NODE_MASTER_FSCK_H
#define NODE_MASTER_FSCK_H

#include "base/path.h"
#include "node/master/role.h"

/*
 * A check of the file system, one at a time, while the cluster works:
 *
 *   REPORTS --> METADATA --> CHUNKS --> PATHS --> MEND --> OVER
 *   only with   a worker:    the loop,  a worker: only     answers wait for it;
 *   --repair:   a scratch    2,000 rows which     with     kept for KEEP_MS
 *   nodes tell  copy and     a turn:    files     --repair
 *   all anew    its walk     replicas   are hit
 *
 * What a worker fills (`found`, `miscounted`, `checked`) the loop leaves alone meanwhile.
 */
enum fsck_stage { FSCK_REPORTS, FSCK_METADATA, FSCK_CHUNKS, FSCK_PATHS, FSCK_MEND, FSCK_OVER };

enum { FSCK_FOUND_MAX = 10000, FSCK_MEND_MAX = 1000, FSCK_PATHS_MAX = 8 };

struct fsck_found {
	struct meta_subject subject; /* first: they are sorted by it */
	enum proto_fault_kind kind;
	bool wrong;
	char *text;
	uint64_t names; /* all that were found */
	char *paths[FSCK_PATHS_MAX];
	bool below; /* one of them is at or below fsck->path */
};

struct fsck_reader; /* fsck.c */

struct fsck {
	struct master *master;
	uint64_t number;
	enum fsck_stage stage;
	bool repair;
	char path[PATH_BYTES_MAX + 1]; /* "/": all */
	struct io_work work;
	bool working; /* a worker is on it */
	struct io_timer *timer;
	int status;
	struct dfs_error err;
	struct kv *scratch;
	struct meta_checked checked;
	struct fsck_found *found;
	size_t found_count, found_capacity;
	uint64_t not_kept; /* wrong ones past FSCK_FOUND_MAX */
	struct proto_mend_chunk miscounted[FSCK_MEND_MAX];
	size_t miscounted_count;
	size_t awaited; /* nodes that report */
	uint64_t after; /* the last chunk looked at */
	uint64_t chunks, mended, queued;
	uint64_t over_ms;
	struct fsck_reader *readers;
};

/* fsck_walk.c */
/* Where memory is out it is only counted. Takes a copy of `text`. */
void fsck_add(struct fsck *fsck, struct meta_subject subject, enum proto_fault_kind kind,
        bool wrong, const char *text);
void fsck_metadata_run(struct io_work *work); /* on a worker */
void fsck_paths_run(struct io_work *work);    /* on a worker */
void fsck_found_free(struct fsck *fsck);

/* fsck_chunks.c: one slice; true where there is more. */
bool fsck_chunks_slice(struct fsck *fsck);

#endif
