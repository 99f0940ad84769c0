/* SPDX-License-Identifier: MIT */
/*
 * Forgetting datanodes that are gone for good. A slot is never given to another node, since
 * replicas, calls and copies name nodes by it: the forgotten one stays in its slot, dead, without a
 * number or a uuid that finds it, and without replicas. After the master's next start it is not
 * there at all.
 */
#include "cluster/engine.h"

#include <inttypes.h>
#include <stdlib.h>

static int check_gone(const struct node *node, struct dfs_error *err);
static bool is_needed(struct cluster *cluster, const struct node *node);
static void drop_replicas(struct cluster *cluster, struct node *node);
static void take_out(struct cluster *cluster, struct node *node);

int cluster_forget_check(struct cluster *cluster, uint32_t number, struct dfs_error *err)
{
	struct node *node;
	char far[512];
	int rc;

	cluster_check(cluster);
	node = node_find(cluster, number);
	if (!node)
		return error_set(err, DFS_E_NOENT, "there is no datanode %" PRIu32, number);
	rc = check_gone(node, err);
	if (rc != 0)
		return rc;
	if (cluster->safe_mode)
		return error_set(err, DFS_E_UNAVAIL,
		        "the master has just started and does not know yet whether datanode "
		        "%" PRIu32 " is needed: try again in a moment (dfs status)",
		        number);
	if (cluster_deletes_held(cluster))
		return error_set(err, DFS_E_NODES,
		        "datanode %" PRIu32
		        " cannot be forgotten: whether it is needed is not certain: %.300s",
		        number, cluster_deletes_held(cluster));
	if (is_needed(cluster, node) && !node->draining)
		return error_set(err, DFS_E_NODES,
		        "datanode %" PRIu32 " cannot be forgotten: chunks may be short of what it "
		        "holds: empty it first (dfs drain %" PRIu32 ")",
		        number, number);
	if (is_needed(cluster, node)) {
		drain_text(cluster, node, far, sizeof(far));
		return error_set(err, DFS_E_NODES,
		        "datanode %" PRIu32
		        " cannot be forgotten yet: %.300s: wait until it is safe to unplug "
		        "(dfs drain %" PRIu32 ")",
		        number, far, number);
	}
	return 0;
}

void cluster_node_forget(struct cluster *cluster, uint32_t number)
{
	struct node *node;

	cluster_check(cluster);
	node = node_find(cluster, number);
	if (!node)
		return;
	cluster_node_lost(cluster, number);
	calls_fail(cluster, node, DFS_E_UNAVAIL, "the datanode was forgotten");
	cluster_event(
	        cluster, "event=node_forgotten node=%" PRIu32 " address=%s", number, node->address);
	take_out(cluster, node);
	drop_replicas(cluster, node);
	orphans_begin_round(cluster, node);
	orphans_end_round(cluster, node);
	cluster->walk_wanted = true;
	health_hurry(cluster);
	if (cluster_may_delete(cluster))
		dooms_check(cluster);
}

/* Silence alone may be the network's. */
static int check_gone(const struct node *node, struct dfs_error *err)
{
	if (!node->connected && !node_alive(node))
		return 0;
	if (!node_alive(node))
		return error_set(err, DFS_E_NODES,
		        "datanode %" PRIu32
		        " is silent, but its channel is open still: stop it, and try again in half "
		        "a minute",
		        node->number);
	if (!node->draining)
		return error_set(err, DFS_E_NODES,
		        "datanode %" PRIu32 " is in use: empty it (dfs drain %" PRIu32
		        " --wait) and stop it, then it can be forgotten",
		        node->number, node->number);
	return error_set(err, DFS_E_NODES,
	        "datanode %" PRIu32
	        " is not dead yet: stop it once it is safe to unplug, and wait until it is dead "
	        "(dfs nodes)",
	        node->number);
}

/* Reckoned from all chunks as they are now; an open one lists all of its replica set. */
static bool is_needed(struct cluster *cluster, const struct node *node)
{
	health_hurry(cluster);
	cluster->drains_looked_ms = 0;
	if (node->draining)
		return !drain_safe(cluster, node);
	for (uint32_t i = 0; i < cluster->chunks.count; i++)
		if (replica_find(chunk_at(cluster, i), node) >= 0)
			return true;
	/* What it holds is known after a report only. */
	return (!node->reported || node->reporting) && !drain_none_short(cluster);
}

/* Dead for ever: nobody finds it, counts it as known or empties it. */
static void take_out(struct cluster *cluster, struct node *node)
{
	HASH_DELETE(hh, cluster->by_number, node);
	HASH_DELETE(hh_uuid, cluster->by_uuid, node);
	node->forgotten = true;
	node->state = PROTO_NODE_STATE_DEAD;
	drain_mark(cluster, node, false);
	node->reporting = node->hoped = false;
	free(node->doomed);
	node->doomed = NULL;
	node->doomed_count = node->doomed_capacity = 0;
}

static void drop_replicas(struct cluster *cluster, struct node *node)
{
	for (uint32_t i = 0; i < cluster->chunks.count; i++)
		replica_drop(cluster, chunk_at(cluster, i), node);
}
