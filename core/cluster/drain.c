/* SPDX-License-Identifier: MIT */
/*
 * Emptying datanodes. A draining node takes nothing new (view.c), its open chunks are sealed
 * (leases.c), its replicas are sources but count towards no goal (health.c), so that repair makes
 * others elsewhere. Nothing is deleted from it: to cancel is to count its replicas again. Here:
 * may it begin, how far is it, and when nobody needs the node any more.
 */
#include "cluster/engine.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"

enum {
	LOOK_AT_ONCE_CHUNKS = 50000, /* a table up to this size is walked whenever somebody asks */
	LOOK_AGAIN_MS = 5000,        /* a larger one not more often than this */
	DRAINS_MAX = 1000,           /* told at once */
	SAMPLE_MS = 1000,
	RATE_WINDOW_MS = 10000,
	STUCK_LOOKS_MAX = 4096, /* chunks for which a place is looked for, at a walk */
};

/* What must go elsewhere before one node can be done without, and who is left to take it. */
struct demand {
	uint32_t staying, dead; /* other nodes that are to be used further: alive, and not */
	uint64_t room_bytes;    /* on those alive */
	uint64_t chunks, bytes; /* to be copied */
	uint64_t unplaceable;   /* chunks whose goal is above `staying` */
	uint32_t goal;          /* the highest of theirs */
};

static void demand_reckon(struct cluster *cluster, const struct node *leaving, struct demand *ret);
static bool stays(const struct node *node);
static uint32_t good_elsewhere(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *leaving);
static void look(struct cluster *cluster);
static void look_at(struct cluster *cluster, const struct chunk *chunk);
static bool only_leaves(const struct cluster *cluster, const struct chunk *chunk);
static void look_at_replica(
        struct cluster *cluster, const struct chunk *chunk, struct node *node, uint32_t good);
static bool has_place(struct cluster *cluster, const struct chunk *chunk);
static bool held_by_others(const struct cluster *cluster, const struct chunk *chunk);
static bool is_safe(const struct cluster *cluster, const struct node *node);
static void sample(struct cluster *cluster, struct node *node);
static void fill(struct cluster *cluster, struct node *node, struct proto_drain_info *ret);
static void add(char *text, size_t size, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

int cluster_drain_check(struct cluster *cluster, uint32_t number, struct dfs_error *err)
{
	const struct node *node;
	struct demand demand;
	char bytes[TEXT_SIZE_MAX], room[TEXT_SIZE_MAX], dead[64] = "";

	cluster_check(cluster);
	node = node_find(cluster, number);
	if (!node)
		return error_set(err, DFS_E_NOENT, "there is no datanode %" PRIu32, number);
	if (cluster->safe_mode)
		return error_set(err, DFS_E_UNAVAIL,
		        "the master has just started and does not know yet what datanode %" PRIu32
		        " holds: try again in a moment (dfs status)",
		        number);
	demand_reckon(cluster, node, &demand);
	if (demand.dead > 0)
		snprintf(dead, sizeof(dead), ", %" PRIu32 " dead", demand.dead);
	if (demand.staying == 0)
		return error_set(err, DFS_E_NODES,
		        "datanode %" PRIu32
		        " cannot be emptied: no other datanode is up%s to take what it holds: "
		        "start another one first (dfs datanode)",
		        number, dead);
	if (demand.unplaceable > 0)
		return error_set(err, DFS_E_NODES,
		        "datanode %" PRIu32 " cannot be emptied: %" PRIu64
		        " of its chunks are to have up to %" PRIu32 " replicas, and only %" PRIu32
		        " other datanodes are up%s: start another one first (dfs datanode)",
		        number, demand.unplaceable, demand.goal, demand.staying, dead);
	text_size(demand.bytes, bytes);
	text_size(demand.room_bytes, room);
	if (demand.bytes > demand.room_bytes)
		return error_set(err, DFS_E_NODES,
		        "datanode %" PRIu32
		        " cannot be emptied: %s are to be copied and the other datanodes have room "
		        "for %s: start another one first (dfs datanode)",
		        number, bytes, room);
	return 0;
}

int cluster_node_drain(struct cluster *cluster, uint32_t number, bool draining)
{
	struct node *node;

	cluster_check(cluster);
	node = node_find(cluster, number);
	if (!node)
		return DFS_E_NOENT;
	if (node->draining == draining)
		return 0;
	drain_mark(cluster, node, draining);
	cluster_event(cluster, "event=%s node=%" PRIu32 " address=%s",
	        draining ? "drain_begun" : "drain_cancelled", number, node->address);
	nodes_judge(cluster);
	health_hurry(cluster);
	return 0;
}

int cluster_drain(
        struct cluster *cluster, uint32_t number, struct arena *arena, struct proto_drain_info *ret)
{
	struct node *node;
	char text[512];

	cluster_check(cluster);
	node = node_find(cluster, number);
	if (!node)
		return DFS_E_NOENT;
	look(cluster);
	fill(cluster, node, ret);
	ret->address = arena_text(arena, node->address, strlen(node->address));
	drain_text(cluster, node, text, sizeof(text));
	ret->text = arena_text(arena, text, strlen(text));
	return ret->address && ret->text ? 0 : DFS_E_NOMEM;
}

int cluster_drains(struct cluster *cluster, struct arena *arena, struct proto_drains_reply *ret)
{
	struct proto_drain_info *drains;
	size_t count = 0;
	int rc = 0;

	cluster_check(cluster);
	drains = arena_alloc(arena, (cluster->nodes_count + 1) * sizeof(*drains));
	if (!drains)
		return DFS_E_NOMEM;
	for (uint32_t i = 0; rc == 0 && i < cluster->nodes_count && count < DRAINS_MAX; i++)
		if (cluster->nodes[i]->draining)
			rc = cluster_drain(
			        cluster, cluster->nodes[i]->number, arena, &drains[count++]);
	if (rc != 0)
		return rc;
	node_numbers_sort(drains, count, sizeof(*drains));
	ret->drains = drains;
	ret->drains_count = count;
	return 0;
}

void drain_mark(struct cluster *cluster, struct node *node, bool draining)
{
	node->draining = draining;
	node->drain = (struct drain){.since_ms = cluster_now(cluster)};
	cluster->drains_looked_ms = 0;
}

void drain_tick(struct cluster *cluster)
{
	bool any = false;

	for (uint32_t i = 0; i < cluster->nodes_count; i++)
		any |= cluster->nodes[i]->draining;
	if (!any || cluster_now(cluster) - cluster->drains_sampled_ms < SAMPLE_MS)
		return;
	cluster->drains_sampled_ms = cluster_now(cluster);
	look(cluster);
	for (uint32_t i = 0; i < cluster->nodes_count; i++)
		if (cluster->nodes[i]->draining)
			sample(cluster, cluster->nodes[i]);
}

bool drain_unplugged(const struct node *node)
{
	return node->draining && node->drain.safe && !node_alive(node);
}

bool drain_none_short(const struct cluster *cluster)
{
	return cluster->under_goal == 0 && !cluster->walking && !cluster->walk_wanted &&
	       !cluster->opens;
}

uint64_t drain_leaving(struct cluster *cluster)
{
	look(cluster);
	return cluster->leaving < cluster->under_goal ? cluster->leaving : cluster->under_goal;
}

bool drain_safe(struct cluster *cluster, const struct node *node)
{
	if (!node->draining)
		return false;
	look(cluster);
	return node->drain.safe;
}

void drain_text(struct cluster *cluster, struct node *node, char *ret, size_t size)
{
	struct proto_drain_info info = {0};
	char bytes[TEXT_SIZE_MAX], rate[TEXT_SIZE_MAX];

	ret[0] = '\0';
	look(cluster);
	fill(cluster, node, &info);
	text_size(info.bytes, bytes);
	text_size(info.rate, rate);
	if (!info.draining)
		add(ret, size, "it is not being emptied");
	else if (info.safe)
		add(ret, size, "safe to unplug: all that it holds has enough replicas elsewhere");
	else if (cluster->safe_mode)
		add(ret, size, "the master has just started and waits for the datanodes' reports");
	else if (cluster_deletes_held(cluster))
		add(ret, size, "what is needed is not certain: %s", cluster_deletes_held(cluster));
	else if (node->reporting && node_alive(node))
		add(ret, size, "its report is still coming");
	if (ret[0] != '\0')
		return;
	if (info.chunks > 0)
		add(ret, size, "%" PRIu64 " chunk%s (%s) want%s replicas elsewhere", info.chunks,
		        info.chunks == 1 ? "" : "s", bytes, info.chunks == 1 ? "s" : "");
	if (info.chunks > 0 && info.estimate_ms > 0)
		add(ret, size, "%s/s, about %" PRIu64 " s left", rate,
		        (info.estimate_ms + 999) / 1000);
	if (info.stuck > 0)
		add(ret, size, "no datanode can take %" PRIu64 " of them: start another one",
		        info.stuck);
	if (info.open > 0)
		add(ret, size, "%" PRIu64 " chunk%s being written or waiting for a seal", info.open,
		        info.open == 1 ? " is" : "s are");
	if (info.deletions > 0)
		add(ret, size, "%" PRIu64 " freed chunk%s to be deleted", info.deletions,
		        info.deletions == 1 ? " waits" : "s wait");
	if (ret[0] == '\0')
		add(ret, size, "other chunks are under their goal, and this one may hold them");
}

/* ---- may it begin ---- */

static void demand_reckon(struct cluster *cluster, const struct node *leaving, struct demand *ret)
{
	*ret = (struct demand){0};
	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		const struct node *node = cluster->nodes[i];

		if (node == leaving || node->draining || node->forgotten)
			continue;
		ret->staying += node_alive(node);
		ret->dead += !node_alive(node);
		if (node_takes(node, 1))
			ret->room_bytes += node_room(node);
	}
	for (uint32_t i = 0; i < cluster->chunks.count; i++) {
		const struct chunk *chunk = chunk_at(cluster, i);
		uint32_t good;

		if (chunk->state == PROTO_CHUNK_STATE_FREED || replica_find(chunk, leaving) < 0)
			continue;
		if (chunk->goal > ret->staying) {
			ret->unplaceable++;
			ret->goal = chunk->goal > ret->goal ? chunk->goal : ret->goal;
		}
		good = good_elsewhere(cluster, chunk, leaving);
		if (chunk->state != PROTO_CHUNK_STATE_SEALED || good >= chunk->goal)
			continue;
		ret->chunks++;
		ret->bytes += (uint64_t)(chunk->goal - good) * chunk->length;
	}
}

/* Its replicas count when a node is said to be safe to unplug: stricter than health.c, which waits
 * for a suspect one before it copies anew. */
static bool stays(const struct node *node)
{
	return !node->draining &&
	       (node->state == PROTO_NODE_STATE_UP || node->state == PROTO_NODE_STATE_SLOW);
}

static uint32_t good_elsewhere(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *leaving)
{
	uint32_t good = 0;

	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		const struct node *node = cluster->nodes[chunk->slots[i]];

		good += node != leaving && stays(node) && replica_mark(chunk, i) == MARK_GOOD &&
		        replica_confirmed(cluster, chunk, i);
	}
	return good;
}

/* ---- how far it is ---- */

/*
 * One walk over all chunks tells it for all draining nodes, from what is known this very moment: no
 * count is kept that could be wrong.
 */
static void look(struct cluster *cluster)
{
	uint64_t now = cluster_now(cluster);

	if (cluster->drains_looked_ms != 0 && cluster->chunks.count > LOOK_AT_ONCE_CHUNKS &&
	        now - cluster->drains_looked_ms < LOOK_AGAIN_MS)
		return;
	cluster->drains_looked_ms = now;
	cluster->stuck_looks = 0;
	cluster->leaving = 0;
	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		struct drain *drain = &cluster->nodes[i]->drain;

		drain->held = drain->chunks = drain->bytes = drain->open = drain->deletions =
		        drain->stuck = 0;
	}
	for (uint32_t i = 0; i < cluster->chunks.count; i++)
		look_at(cluster, chunk_at(cluster, i));
	for (uint32_t i = 0; i < cluster->nodes_count; i++)
		cluster->nodes[i]->drain.safe = is_safe(cluster, cluster->nodes[i]);
}

static void look_at(struct cluster *cluster, const struct chunk *chunk)
{
	bool reckoned = false;
	uint32_t good = 0;

	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		struct node *node = cluster->nodes[chunk->slots[i]];

		if (!node->draining)
			continue;
		if (!reckoned) {
			good = good_elsewhere(cluster, chunk, node);
			cluster->leaving += only_leaves(cluster, chunk);
		}
		reckoned = true;
		look_at_replica(cluster, chunk, node, good);
	}
}

/* It is under its goal, but has all its replicas: one more is wanted before the node goes. */
static bool only_leaves(const struct cluster *cluster, const struct chunk *chunk)
{
	struct tally tally = chunk_tally(cluster, chunk);

	return chunk->health == HEALTH_UNDER && tally.sources >= chunk->goal;
}

static void look_at_replica(
        struct cluster *cluster, const struct chunk *chunk, struct node *node, uint32_t good)
{
	struct drain *drain = &node->drain;

	drain->held++;
	switch (chunk->state) {
	case PROTO_CHUNK_STATE_OPEN:
		drain->open++;
		break;
	case PROTO_CHUNK_STATE_SEALED:
		if (good >= chunk->goal || chunk->length == 0)
			break;
		drain->chunks++;
		drain->bytes += (uint64_t)(chunk->goal - good) * chunk->length;
		drain->stuck += !has_place(cluster, chunk);
		break;
	default:
		/* A reader may hold a ticket still; a deletion that was ordered should end. A node
		 * that is gone will not acknowledge it, and nobody waits for that. */
		drain->deletions += node_alive(node) && (deletes_pending(cluster, chunk->id) ||
		                                                !held_by_others(cluster, chunk));
		break;
	}
}

static bool has_place(struct cluster *cluster, const struct chunk *chunk)
{
	if (cluster->stuck_looks++ >= STUCK_LOOKS_MAX)
		return true;
	for (uint32_t i = 0; i < cluster->nodes_count; i++)
		if (target_fits(cluster, chunk, cluster->nodes[i]))
			return true;
	return false;
}

static bool held_by_others(const struct cluster *cluster, const struct chunk *chunk)
{
	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		enum mark mark = replica_mark(chunk, i);

		if (stays(cluster->nodes[chunk->slots[i]]) && mark != MARK_SHORT &&
		        mark != MARK_STALE && mark != MARK_CORRUPT)
			return true;
	}
	return false;
}

/*
 * Metadata that may be older than the datanodes' chunks (RULES 16) cannot know what is needed. What
 * the node holds is known after its report only. One that never reported to this master (it
 * was unplugged before the master started) is not needed when no chunk is short of replicas.
 */
static bool is_safe(const struct cluster *cluster, const struct node *node)
{
	const struct drain *drain = &node->drain;

	if (!node->draining || !cluster_may_delete(cluster) ||
	        drain->chunks + drain->open + drain->deletions > 0)
		return false;
	if (node_alive(node))
		return node->reported && !node->reporting;
	if (node->reported && !node->reporting)
		return true;
	return drain_none_short(cluster);
}

static void sample(struct cluster *cluster, struct node *node)
{
	struct drain *drain = &node->drain;
	uint64_t now = cluster_now(cluster), passed = now - drain->sampled_ms;
	double share = passed >= RATE_WINDOW_MS ? 1.0 : (double)passed / RATE_WINDOW_MS;
	double moved = drain->sampled_bytes > drain->bytes
	                       ? (double)(drain->sampled_bytes - drain->bytes)
	                       : 0;

	if (drain->sampled_ms != 0)
		drain->rate += share * (moved * 1000.0 / (double)passed - drain->rate);
	drain->sampled_ms = now;
	drain->sampled_bytes = drain->bytes;
	if (drain->safe == drain->said_safe)
		return;
	drain->said_safe = drain->safe;
	cluster_event(cluster, "event=%s node=%" PRIu32 " address=%s",
	        drain->safe ? "drained" : "drain_needed_again", node->number, node->address);
	if (drain_unplugged(node))
		dooms_check(cluster);
}

static void fill(struct cluster *cluster, struct node *node, struct proto_drain_info *ret)
{
	const struct drain *drain = &node->drain;

	*ret = (struct proto_drain_info){
	        .node = node->number,
	        .state = node->state,
	        .draining = node->draining,
	        .safe = drain->safe,
	        .held = drain->held,
	        .chunks = drain->chunks,
	        .bytes = drain->bytes,
	        .open = drain->open,
	        .stuck = drain->stuck,
	        .deletions = drain->deletions,
	        .rate = drain->bytes > 0 ? (uint64_t)drain->rate : 0,
	        .since_ms = node->draining ? cluster_now(cluster) - drain->since_ms : 0,
	};
	if (drain->bytes > 0 && drain->rate >= 1.0)
		ret->estimate_ms = (uint64_t)((double)drain->bytes * 1000.0 / drain->rate);
}

/* Append to a text of parts. */
static void add(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	if (used > 0 && used + 3 < size) {
		memcpy(text + used, "; ", 3);
		used += 2;
	}
	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}
