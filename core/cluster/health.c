/* SPDX-License-Identifier: MIT */
/*
 * How sealed chunks stand: how many replicas each has that count, how many chunks are under their
 * goal and by how much. A chunk is reckoned when something is heard of it;
 * when the set of nodes that count changes, a walk over all chunks reckons them anew, a slice at
 * each tick.
 */
#include "cluster/engine.h"

#include <assert.h>

enum {
	WALK_SLICE = 50000, /* chunks at a tick */
	WALK_EVERY_MS =
	        60000, /* also without a reason: space that came back is noticed by nobody else */
	REPORT_PATIENCE_MS = 60000, /* a report that takes longer keeps no repair waiting */
};

static bool counts_now(const struct node *node);
static bool hopes_now(const struct node *node, uint64_t now);
static bool hoped_for(const struct cluster *cluster, const struct chunk *chunk, int at);
static enum health health_of(const struct chunk *chunk, const struct tally *tally);
static void count(struct cluster *cluster, struct chunk *chunk, const struct tally *tally);
static void uncount(struct cluster *cluster, struct chunk *chunk);
static void nodes_compare(struct cluster *cluster);
static void walk_slice(struct cluster *cluster);

void chunk_reckon(struct cluster *cluster, struct chunk *chunk)
{
	struct tally tally = chunk_tally(cluster, chunk);

	const bool was_lost = chunk->health == HEALTH_LOST;

	uncount(cluster, chunk);
	chunk->health = health_of(chunk, &tally);
	count(cluster, chunk, &tally);
	/* What made it wait was that nobody had all of its bytes. */
	if (was_lost && chunk->health != HEALTH_LOST)
		delay_forget(cluster, chunk->id);
	if (chunk->health == HEALTH_WELL) {
		chunk->queued = 0;
		chunk->wanted = false;
		if (chunk->state == PROTO_CHUNK_STATE_SEALED &&
		        (tally.good > chunk->goal || tally.broken))
			trim_want(cluster, chunk);
	} else if (tally.sources > 0 || (chunk->health == HEALTH_LOST && tally.pieces > 0)) {
		chunk->wanted |= tally.tail;
		under_push(cluster, chunk, tally.sources);
	}
}

void chunk_unreckon(struct cluster *cluster, struct chunk *chunk)
{
	uncount(cluster, chunk);
	chunk->health = HEALTH_WELL;
	chunk->queued = 0;
	chunk->wanted = false;
}

void cluster_chunk_wanted(struct cluster *cluster, uint64_t id)
{
	struct chunk *chunk;

	cluster_check(cluster);
	chunk = cluster->under_goal > 0 ? chunk_find(cluster, id) : NULL;
	if (!chunk || chunk->health == HEALTH_WELL || chunk->wanted)
		return;
	chunk->wanted = true;
	if (chunk->queued != 0)
		chunk_reckon(cluster, chunk);
}

struct tally chunk_tally(const struct cluster *cluster, const struct chunk *chunk)
{
	struct tally tally = {0};

	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		const struct node *node = cluster->nodes[chunk->slots[i]];
		bool good =
		        replica_mark(chunk, i) == MARK_GOOD && replica_confirmed(cluster, chunk, i);

		if (!node_alive(node))
			continue;
		tally.sources += good;
		tally.pieces += pieces_fit(cluster, chunk, node);
		if (!counts_now(node))
			continue;
		tally.good += good;
		tally.hoped += !good && hoped_for(cluster, chunk, i);
		tally.tail |= replica_mark(chunk, i) == MARK_SHORT;
		tally.broken |= mark_is_broken(replica_mark(chunk, i));
	}
	return tally;
}

void health_tick(struct cluster *cluster)
{
	nodes_compare(cluster);
	if (!cluster->walking && cluster_now(cluster) - cluster->walked_ms > WALK_EVERY_MS)
		cluster->walk_wanted = true;
	walk_slice(cluster);
}

void health_hurry(struct cluster *cluster)
{
	nodes_compare(cluster);
	if (cluster->chunks.count > WALK_SLICE)
		return;
	walk_slice(cluster);
	walk_slice(cluster); /* one was under way, another is wanted */
	assert(!cluster->walking && !cluster->walk_wanted);
}

/* Does another set of nodes count than at the last walk? */
static void nodes_compare(struct cluster *cluster)
{
	uint64_t now = cluster_now(cluster);

	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		struct node *node = cluster->nodes[i];

		if (node->counted == counts_now(node) && node->hoped == hopes_now(node, now))
			continue;
		node->counted = counts_now(node);
		node->hoped = hopes_now(node, now);
		cluster->walk_wanted = true;
	}
}

/* A wanted walk begins; one under way is begun anew only after its end. */
static void walk_slice(struct cluster *cluster)
{
	if (!cluster->walking) {
		if (!cluster->walk_wanted)
			return;
		cluster->walk_wanted = false;
		cluster->walking = true;
		cluster->walk_at = 0;
		cluster->under_overflowed = false;
		cluster->walked_ms = cluster_now(cluster);
	}
	for (int i = 0; i < WALK_SLICE && cluster->walk_at < cluster->chunks.count; i++)
		chunk_reckon(cluster, chunk_at(cluster, cluster->walk_at++));
	if (cluster->walk_at >= cluster->chunks.count)
		cluster->walking = false;
}

/* Dead nodes' replicas do not count, nor those of a node that is to be emptied. */
static bool counts_now(const struct node *node)
{
	return node_alive(node) && !node->draining;
}

/* Its report is still coming: what it held before is presumed to be there. */
static bool hopes_now(const struct node *node, uint64_t now)
{
	return node->reporting && now - node->reporting_since_ms <= REPORT_PATIENCE_MS;
}

/* Not good yet, but about to be: copying now would be wasted. */
static bool hoped_for(const struct cluster *cluster, const struct chunk *chunk, int at)
{
	const struct node *node = cluster->nodes[chunk->slots[at]];
	enum mark mark = replica_mark(chunk, at);

	if (replica_confirmed(cluster, chunk, at))
		return mark == MARK_OPEN;
	return node->hoped && (mark == MARK_GOOD || mark == MARK_OPEN);
}

static enum health health_of(const struct chunk *chunk, const struct tally *tally)
{
	if (chunk->state != PROTO_CHUNK_STATE_SEALED || chunk->length == 0)
		return HEALTH_WELL;
	if (tally->sources + tally->hoped == 0)
		return HEALTH_LOST;
	return tally->good + tally->hoped < chunk->goal ? HEALTH_UNDER : HEALTH_WELL;
}

static void count(struct cluster *cluster, struct chunk *chunk, const struct tally *tally)
{
	uint32_t have = tally->good + tally->hoped;

	if (chunk->health == HEALTH_WELL)
		return;
	chunk->live = tally->sources & 15;
	chunk->missing = (have < chunk->goal ? chunk->goal - have : 0) & 15;
	cluster->under_goal++;
	cluster->live[chunk->health == HEALTH_LOST ? 0 : chunk->live]++;
	/* Nothing can be copied of a lost one, and of its pieces nobody knows what they make. */
	if (chunk->health == HEALTH_UNDER)
		cluster->missing_bytes += (uint64_t)chunk->length * chunk->missing;
}

/* As it was counted last; its length does not change while it is. */
static void uncount(struct cluster *cluster, struct chunk *chunk)
{
	if (chunk->health == HEALTH_WELL)
		return;
	cluster->under_goal--;
	cluster->live[chunk->health == HEALTH_LOST ? 0 : chunk->live]--;
	if (chunk->health == HEALTH_UNDER)
		cluster->missing_bytes -= (uint64_t)chunk->length * chunk->missing;
}
