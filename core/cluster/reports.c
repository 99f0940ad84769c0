/* SPDX-License-Identifier: MIT */
/* Reports of datanodes: a full one in parts, then deltas in order (RULES 23). */
#include "cluster/engine.h"

#include <inttypes.h>

static void gone_heard(struct cluster *cluster, struct node *node, uint64_t id);
static void end_round(struct cluster *cluster, struct node *node);
static void missing(struct cluster *cluster, struct chunk *chunk, struct node *node);

int cluster_node_report(struct cluster *cluster, uint32_t number,
        const struct proto_report_args *args, struct dfs_error *err)
{
	struct node *node;

	cluster_check(cluster);
	node = node_find(cluster, number);
	if (!node || !node->connected || node->incarnation != args->incarnation)
		return error_set(err, DFS_E_UNAVAIL,
		        "datanode %" PRIu32 " is not registered on this channel", number);
	if (args->sequence != node->report_sequence + 1)
		return error_set(err, DFS_E_PROTO,
		        "report %" PRIu64 " of datanode %" PRIu32 " where %" PRIu64 " is due",
		        args->sequence, number, node->report_sequence + 1);
	node->report_sequence++;
	node->heard_ms = cluster_now(cluster);
	if (args->full && !node->reporting)
		node_begin_round(cluster, node);
	for (size_t i = 0; i < args->held_count; i++)
		held_heard(cluster, node, &args->held[i]);
	for (size_t i = 0; i < args->gone_count; i++)
		gone_heard(cluster, node, args->gone[i].chunk);
	if (args->full && args->last)
		end_round(cluster, node);
	return 0;
}

static void gone_heard(struct cluster *cluster, struct node *node, uint64_t id)
{
	struct chunk *chunk = chunk_find(cluster, id);

	if (chunk) {
		missing(cluster, chunk, node);
		return;
	}
	orphan_gone(cluster, node, id);
	if (cluster->out.coming)
		cluster->out.coming(cluster->out.arg, node->number, id, NULL);
}

/*
 * What it held before and did not report is not there. What became known of it since the round
 * began is confirmed in this round, report or no report. From the end, because `missing` may take
 * chunks out of the table, whose place the last one fills.
 */
static void end_round(struct cluster *cluster, struct node *node)
{
	uint64_t count = 0;

	for (uint32_t i = cluster->chunks.count; i-- > 0;) {
		struct chunk *chunk;
		int at;

		if (i >= cluster->chunks.count)
			continue;
		chunk = chunk_at(cluster, i);
		at = replica_find(chunk, node);
		if (at < 0)
			continue;
		if (replica_confirmed(cluster, chunk, at))
			count++;
		else
			missing(cluster, chunk, node);
	}
	orphans_end_round(cluster, node);
	node->reporting = node->hoped = false;
	node->reported = true;
	node->steady_ms = cluster_now(cluster);
	cluster->walk_wanted = true;
	cluster_event(cluster,
	        "event=node_reported node=%" PRIu32 " replicas=%" PRIu64 " orphans=%" PRIu64,
	        node->number, count, node->orphans + node->orphans_beyond);
}

static void missing(struct cluster *cluster, struct chunk *chunk, struct node *node)
{
	struct open *open = open_find(cluster, chunk->id);
	struct member *member = open ? open_member(open, node->number) : NULL;
	uint64_t id = chunk->id;

	if (member) {
		/* Perhaps it is not written yet: it stays in the set, which never changes (RULES
		 * 4). */
		member->held = false;
		member->absent = true;
		replica_set(cluster, chunk, node, MARK_UNKNOWN);
		return;
	}
	replica_drop(cluster, chunk, node);
	if (chunk->state == PROTO_CHUNK_STATE_FREED)
		doom_check(cluster, id);
}
