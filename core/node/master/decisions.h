/* SPDX-License-Identifier: MIT */
#ifndef NODE_MASTER_DECISIONS_H
#define NODE_MASTER_DECISIONS_H

#include <stdint.h>
#include "cluster/placement.h"
#include "cluster/reasons.h"

/*
 * Placement decisions as they were made: what was asked, who could be chosen, what the policy
 * answered and why, or why the built-in one had to. The last DECISIONS_MAX are remembered, in
 * memory: a master that starts has none. For people (`why`); nothing is decided by them.
 *
 * Loop    the master's. Costs a copy of some 1.5 KiB for each chunk placed.
 */
enum { DECISIONS_MAX = 1024 };

struct decisions;
struct cluster;

/* NULL: out of memory; the functions below take it, and remember nothing. */
struct decisions *decisions_create(void);
void decisions_destroy(struct decisions *decisions);
/* `policy`: name of the script in force. Before the chunk is opened on the nodes. */
void decisions_keep(struct decisions *decisions, struct cluster *cluster, int64_t wall_ms,
        const char *policy, const struct place_request *request, const struct place_view *view,
        const struct place_answer *answer);
/* Why that chunk was placed so, with all candidates or as one sentence; false: not remembered. */
bool decisions_why(
        const struct decisions *decisions, uint64_t chunk, bool whole, struct reasons *reasons);

#endif
