/* SPDX-License-Identifier: MIT */
#ifndef LUA_POLICY_H
#define LUA_POLICY_H

#include "base/error.h"
#include "cluster/placement.h"

/*
 * The policy host: runs placement, chunking, retain and repair scripts for the master, each in a Lua state
 * of its own, with budgets.
 *
 * A script is a text chunk that returns a table with kind, summary and the function of its kind
 * (docs/guide/policies.md). Pure: no clock, no I/O, `request.rng` seeded from the request; `pairs`
 * in sorted order.
 *
 * Loop    any one; calls take microseconds and end by their instruction budget at the latest
 * Errors  DFS_E_SCRIPT with the script's file and line; nothing in `ret` is touched then
 */
struct policy_host;

struct policy_host_options {
	const char *scripts;   /* directory that holds placement/, chunking/, retain/, repair/ */
	const char *placement; /* name of the script, "spread"; NULL: the built-in */
	const char *chunking;  /* "fixed" */
	size_t memory_bytes;   /* of each state; 0: 8 MiB */
	uint64_t instructions; /* of each call; 0: 2,000,000 */
	const char *retain;    /* "default" */
	const char *repair;    /* "urgent"; NULL: the built-in */
};

/* DFS_E_SCRIPT where a script does not load or its table is not what it must be. */
int policy_host_create(
        struct policy_host **ret, const struct policy_host_options *options, struct dfs_error *err);
void policy_host_destroy(struct policy_host *host);
extern const struct policy_ops policy_host_ops; /* ctx is the host */

#endif
