/* SPDX-License-Identifier: MIT */
/*
 * Between which nodes a chunk is copied. All survivors take part: of the nodes that will do, the
 * one that moved the fewest bytes for copies lately reads, and the one that moved the fewest for
 * its room writes (GFS 4.3; declustered).
 */
#include "cluster/engine.h"

#include <string.h>

/* What speaks for and against a candidate; the lower wins, the first that differs decides. */
struct merit {
	bool avoid;
	uint32_t mates; /* good replicas in its rack */
	bool busy;      /* users are served there */
	double load;
	uint64_t lot; /* nodes that are alike come in another order for each chunk */
};

static struct merit source_merit(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *node);
static struct merit target_merit(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *node);
static bool better(const struct merit *a, const struct merit *b);
static struct node *pick_broken(struct cluster *cluster, const struct chunk *chunk);
static bool is_broken(const struct chunk *chunk, const struct node *node);
static uint32_t rack_mates(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *node);
static uint64_t lot_of(uint64_t chunk, uint32_t node);

struct node *pick_source(struct cluster *cluster, const struct chunk *chunk, bool *ret_busy)
{
	struct node *best = NULL;
	struct merit best_merit = {0};

	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		struct node *node = cluster->nodes[chunk->slots[i]];
		struct merit merit = source_merit(cluster, chunk, node);

		if (!source_fits(cluster, chunk, node))
			continue;
		if (!pace_allows(cluster, node, PACE_FROM)) {
			*ret_busy = true;
			continue;
		}
		if (best && !better(&merit, &best_merit))
			continue;
		best = node;
		best_merit = merit;
	}
	return best;
}

struct node *pick_target(struct cluster *cluster, const struct chunk *chunk, bool *ret_busy)
{
	struct node *best = pick_broken(cluster, chunk);
	struct merit best_merit = {0};

	for (uint32_t i = 0; !best && i < cluster->nodes_count; i++)
		*ret_busy |= target_fits(cluster, chunk, cluster->nodes[i]);
	if (best)
		return best;
	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		struct node *node = cluster->nodes[i];
		struct merit merit = target_merit(cluster, chunk, node);

		if (!target_fits(cluster, chunk, node) || !pace_allows(cluster, node, PACE_TO))
			continue;
		if (best && !better(&merit, &best_merit))
			continue;
		best = node;
		best_merit = merit;
	}
	return best;
}

bool source_fits(const struct cluster *cluster, const struct chunk *chunk, const struct node *node)
{
	int at = replica_find(chunk, node);

	if (pieces_wanted(chunk))
		return pieces_fit(cluster, chunk, node);
	return at >= 0 && replica_mark(chunk, at) == MARK_GOOD &&
	       replica_confirmed(cluster, chunk, at) && node_alive(node);
}

bool pieces_wanted(const struct chunk *chunk)
{
	return chunk->state == PROTO_CHUNK_STATE_SEALED && chunk->health == HEALTH_LOST;
}

bool pieces_fit(const struct cluster *cluster, const struct chunk *chunk, const struct node *node)
{
	int at = replica_find(chunk, node);

	return at >= 0 && mark_is_broken(replica_mark(chunk, at)) &&
	       replica_confirmed(cluster, chunk, at) && node_reachable(node);
}

/* Bad ones were sealed, most likely; of a stale or short one nobody knows whether it has the sealed
 * bytes where it ends. */
size_t pieces_of(
        const struct cluster *cluster, const struct chunk *chunk, struct proto_copy_source *ret)
{
	static const enum mark order[] = {MARK_CORRUPT, MARK_STALE, MARK_SHORT};
	size_t count = 0;

	for (size_t mark = 0; mark < sizeof(order) / sizeof(order[0]); mark++)
		for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE;
		        i++) {
			const struct node *node = cluster->nodes[chunk->slots[i]];

			if (replica_mark(chunk, i) == order[mark] &&
			        pieces_fit(cluster, chunk, node))
				ret[count++] =
				        (struct proto_copy_source){node->number, node->address};
		}
	return count;
}

bool target_fits(const struct cluster *cluster, const struct chunk *chunk, const struct node *node)
{
	return node_takes(node, chunk->length) &&
	       (replica_find(chunk, node) < 0 || is_broken(chunk, node));
}

/* A broken replica is completed where it lies, before another place is found; not where that failed
 * the last time. */
static struct node *pick_broken(struct cluster *cluster, const struct chunk *chunk)
{
	const struct delay *delay = delay_of(cluster, chunk->id);

	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		struct node *node = cluster->nodes[chunk->slots[i]];

		if (is_broken(chunk, node) && target_fits(cluster, chunk, node) &&
		        pace_allows(cluster, node, PACE_TO) &&
		        !(delay && delay->avoid == node->number))
			return node;
	}
	return NULL;
}

static bool is_broken(const struct chunk *chunk, const struct node *node)
{
	int at = replica_find(chunk, node);

	return at >= 0 && mark_is_broken(replica_mark(chunk, at));
}

/* A suspect or slow one only where there is no other. */
static struct merit source_merit(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *node)
{
	return (struct merit){
	        .avoid = node->state == PROTO_NODE_STATE_SUSPECT ||
	                 node->state == PROTO_NODE_STATE_SLOW,
	        .busy = pace_is_busy(cluster, node),
	        .load = node->repair_load,
	        .lot = lot_of(chunk->id, node->number),
	};
}

static struct merit target_merit(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *node)
{
	const struct delay *delay = delay_of(cluster, chunk->id);

	return (struct merit){
	        .avoid = (delay && delay->avoid == node->number) || node_disk_slow(node),
	        .mates = rack_mates(cluster, chunk, node),
	        .busy = pace_is_busy(cluster, node),
	        .load = (node->repair_load + node->duty + chunk->length) /
	                (double)(node_room(node) + 1),
	        .lot = lot_of(chunk->id, node->number),
	};
}

static bool better(const struct merit *a, const struct merit *b)
{
	if (a->avoid != b->avoid)
		return b->avoid;
	if (a->mates != b->mates)
		return a->mates < b->mates;
	if (a->busy != b->busy)
		return b->busy;
	if (a->load != b->load)
		return a->load < b->load;
	return a->lot < b->lot;
}

/* A node without a rack is a rack of its own. */
static uint32_t rack_mates(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *node)
{
	uint32_t mates = 0;

	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		const struct node *other = cluster->nodes[chunk->slots[i]];

		mates += other != node && replica_mark(chunk, i) == MARK_GOOD &&
		         node_alive(other) && node->rack[0] != '\0' &&
		         strcmp(other->rack, node->rack) == 0;
	}
	return mates;
}

static uint64_t lot_of(uint64_t chunk, uint32_t node)
{
	uint64_t x = chunk ^ (node + UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xbf58476d1ce4e5b9);

	x = (x ^ (x >> 31)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 29);
}
