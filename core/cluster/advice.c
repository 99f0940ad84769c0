/* SPDX-License-Identifier: MIT */
/*
 * What the `repair` policy says of the chunks at the head of the line: it may reorder them, make
 * one wait, prefer a source or a target. How long it may make a chunk wait is bounded in all, and
 * one with a single live replica is hardly held up: a script must not lose data by its patience.
 */
#include "cluster/engine.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LAST_ONE_BOUND_MS = 10000, BOUND_MS = 3600000 };

static bool ask(struct cluster *cluster, struct advised *advised);
static void fill_request(struct cluster *cluster, const struct chunk *chunk, uint64_t since_ms,
        struct repair_request *ret);
static struct place_view candidates(struct cluster *cluster, const struct chunk *chunk);

size_t advise(struct cluster *cluster, struct advised *chunks, size_t count)
{
	const struct policies *policies = cluster->options.policies;
	size_t left = 0;

	if (!policies || !policies->ops || !policies->ops->repair)
		return count;
	for (size_t i = 0; i < count; i++) {
		size_t at = left;

		if (!ask(cluster, &chunks[i])) {
			under_take(cluster, chunks[i].queue, chunks[i].at);
			continue;
		}
		/* Among equals the built-in order stays. */
		for (struct advised one = chunks[i]; at > 0 && chunks[at - 1].urgency < one.urgency;
		        at--)
			chunks[at] = chunks[at - 1], chunks[at - 1] = one;
		if (at == left && left != i)
			chunks[left] = chunks[i];
		left++;
	}
	return left;
}

/* False: it waits. */
static bool ask(struct cluster *cluster, struct advised *advised)
{
	struct chunk *chunk = chunk_find(cluster, advised->chunk);
	struct repair_request request;
	struct repair_answer answer;
	struct place_view view;
	char why[160];

	assert(chunk);
	fill_request(cluster, chunk, advised->since_ms, &request);
	view = candidates(cluster, chunk);
	policies_repair(cluster->options.policies, &request, &view, &answer);
	advised->urgency = answer.urgency;
	advised->source = answer.source;
	advised->target = answer.target;
	if (answer.delay_ms == 0)
		return true;
	snprintf(why, sizeof(why), "the repair policy makes it wait%s%s",
	        answer.reason[0] ? ": " : "", answer.reason);
	return !delay_by_policy(cluster, chunk->id, answer.delay_ms,
	        request.live <= 1 ? LAST_ONE_BOUND_MS : BOUND_MS, why);
}

static void fill_request(struct cluster *cluster, const struct chunk *chunk, uint64_t since_ms,
        struct repair_request *ret)
{
	const struct delay *delay = delay_of(cluster, chunk->id);
	struct tally tally = chunk_tally(cluster, chunk);

	*ret = (struct repair_request){
	        .chunk = chunk->id,
	        .seed = chunk->id,
	        .size_bytes = chunk->length,
	        .goal = chunk->goal,
	        .good = tally.good,
	        .live = tally.sources,
	        .wanted = chunk->wanted,
	        .attempts = delay ? delay->attempts : 0,
	        .waited_ms = cluster_now(cluster) - since_ms + (delay ? delay->held_ms : 0),
	};
	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		struct node *node = cluster->nodes[chunk->slots[i]];

		if (source_fits(cluster, chunk, node) && pace_allows(cluster, node, PACE_FROM))
			ret->sources[ret->sources_count++] = node->number;
	}
}

static struct place_view candidates(struct cluster *cluster, const struct chunk *chunk)
{
	const struct delay *delay = delay_of(cluster, chunk->id);
	struct place_view view = {.version = ++cluster->advices};
	struct place_node *nodes;

	if (cluster->advice_capacity < cluster->nodes_count) {
		nodes = realloc(cluster->advice_nodes, cluster->nodes_count * sizeof(*nodes));
		if (!nodes)
			return view;
		cluster->advice_nodes = nodes;
		cluster->advice_capacity = cluster->nodes_count;
	}
	nodes = cluster->advice_nodes;
	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		struct node *node = cluster->nodes[i];

		if (!target_fits(cluster, chunk, node) || !pace_allows(cluster, node, PACE_TO))
			continue;
		view_node(cluster, node, &nodes[view.nodes_count]);
		nodes[view.nodes_count++].avoid = delay && delay->avoid == node->number;
	}
	place_sort(nodes, view.nodes_count);
	view.nodes = nodes;
	return view;
}
