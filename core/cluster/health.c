/* SPDX-License-Identifier: MIT */
/*
 * How sealed chunks stand: how many replicas each has that count, how many chunks are under their
 * goal, and in which order they want repair. A chunk is reckoned when something is heard of it;
 * when the set of nodes that count changes, a walk over all chunks reckons them anew, a slice at
 * each tick.
 */
#include "cluster/engine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	WALK_SLICE = 50000, /* chunks at a tick */
	WALK_EVERY_MS =
	        60000, /* also without a reason: space that came back is noticed by nobody else */
	UNDER_QUEUE_MAX = 65536,    /* what does not fit is found by the next walk */
	REPORT_PATIENCE_MS = 60000, /* a report that takes longer keeps no repair waiting */
};

static bool counts_now(const struct node *node);
static bool hopes_now(const struct node *node, uint64_t now);
static bool hoped_for(const struct cluster *cluster, const struct chunk *chunk, int at);
static enum health health_of(const struct chunk *chunk, const struct tally *tally);
static void count_health(struct cluster *cluster, enum health health, int step);
static bool queue_push(struct under_queue *queue, uint64_t id);
static void nodes_compare(struct cluster *cluster);
static void walk_slice(struct cluster *cluster);

void chunk_reckon(struct cluster *cluster, struct chunk *chunk)
{
	struct tally tally = chunk_tally(cluster, chunk);
	enum health health = health_of(chunk, &tally);

	if (health != chunk->health) {
		count_health(cluster, chunk->health, -1);
		count_health(cluster, health, 1);
		chunk->health = health;
	}
	if (health == HEALTH_WELL)
		chunk->queued = 0;
	else if (tally.sources > 0)
		under_push(cluster, chunk, tally.good);
}

void chunk_unreckon(struct cluster *cluster, struct chunk *chunk)
{
	count_health(cluster, chunk->health, -1);
	chunk->health = HEALTH_WELL;
	chunk->queued = 0;
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
		if (!counts_now(node))
			continue;
		tally.good += good;
		tally.hoped += !good && hoped_for(cluster, chunk, i);
	}
	return tally;
}

void under_push(struct cluster *cluster, struct chunk *chunk, uint32_t good)
{
	assert(good < UNDER_LEVELS);
	/* In a queue of more urgent ones it may stay: it is looked at again when its turn comes. */
	if (chunk->queued != 0 && chunk->queued <= good + 1)
		return;
	if (queue_push(&cluster->under[good], chunk->id))
		chunk->queued = (good + 1) & 15;
	else
		cluster->under_overflowed = true;
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

void health_fini(struct cluster *cluster)
{
	for (int i = 0; i < UNDER_LEVELS; i++)
		free(cluster->under[i].ids);
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

static void count_health(struct cluster *cluster, enum health health, int step)
{
	if (health == HEALTH_WELL)
		return;
	cluster->under_goal += (uint64_t)(int64_t)step;
	if (health == HEALTH_LOST)
		cluster->lost += (uint64_t)(int64_t)step;
}

static bool queue_push(struct under_queue *queue, uint64_t id)
{
	uint64_t *ids;
	size_t capacity;

	if (queue->head == queue->count)
		queue->head = queue->count = 0;
	if (queue->count == queue->capacity && queue->head > 0 &&
	        queue->head >= queue->capacity / 2) {
		queue->count -= queue->head;
		memmove(queue->ids, queue->ids + queue->head, queue->count * sizeof(*ids));
		queue->head = 0;
	}
	if (queue->count == queue->capacity) {
		if (queue->capacity >= UNDER_QUEUE_MAX)
			return false;
		capacity = queue->capacity ? queue->capacity * 2 : 256;
		ids = realloc(queue->ids, capacity * sizeof(*ids));
		if (!ids)
			return false;
		queue->ids = ids;
		queue->capacity = capacity;
	}
	queue->ids[queue->count++] = id;
	return true;
}
