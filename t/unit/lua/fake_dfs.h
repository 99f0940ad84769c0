/* SPDX-License-Identifier: MIT */
#ifndef UNIT_LUA_FAKE_DFS_H
#define UNIT_LUA_FAKE_DFS_H

#include <dfs/dfs.h>

/*
 * libdfs without a cluster: a small tree in memory that outlives dfs_open and dfs_close, and the
 * calls that verbs make. What tests want to see or to provoke stands in `fake`. A transfer of a
 * path that holds "unlucky" fails.
 */
struct fake_state {
	int opens;                /* calls of dfs_open */
	int queue_most;           /* most transfers that waited at once */
	struct dfs_transfer last; /* as asked by the last put */
	char warning[128];        /* that the next puts end with */
	int refuse;               /* dfs_open fails with this code */
	int page;                 /* entries of a page of list: 1000 */
	const char *status;       /* reply of "status" */
	const char *nodes;        /* reply of "nodes" */
	bool bad_name;            /* list adds an entry named ".." */
};

extern struct fake_state fake;

void fake_reset(void);
/* Bytes of a file, or NULL; attributes as stat gives them, or NULL. */
const char *fake_text(const char *path);
const struct dfs_attr *fake_attr(const char *path);
const char *fake_target(const char *path);
void fake_make(const char *path, enum dfs_kind kind, const char *text);

#endif
