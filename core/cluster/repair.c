/* SPDX-License-Identifier: MIT */
/*
 * Repair: sealed chunks with fewer good replicas than their goal are copied, those with the fewest
 * first, over all nodes, at most COPIES_PER_NODE_MAX with one node and COPIES_MAX at once
 * (GFS 4.3). After safe mode only (RULES 22). Nothing is ever deleted here.
 */
#include "cluster/engine.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOOK_AHEAD = 64, /* entries of a queue looked at past those whose nodes are busy */
	COPY_PATIENCE_MS = 600000,
	AGAIN_MS = 5000,
};

/* What became of looking at one chunk. */
enum outcome { TAKEN, BUSY, FULL };

/* How well a node suits as a target. A broken replica is completed where it lies, before another
 * place is found. */
enum fit { FIT_NONE, FIT_FRESH, FIT_BROKEN };

static enum outcome serve_queue(struct cluster *cluster, uint32_t level);
static enum outcome serve(struct cluster *cluster, uint64_t id, uint32_t level);
static struct node *pick_source(struct cluster *cluster, const struct chunk *chunk, bool *ret_busy);
static struct node *pick_target(struct cluster *cluster, const struct chunk *chunk, bool *ret_busy);
static struct node *place_among(
        struct cluster *cluster, const struct chunk *chunk, enum fit fit, bool other_racks);
static enum fit fit_of(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *node);
static bool shares_rack(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *node);
static enum outcome start(struct cluster *cluster, const struct chunk *chunk, struct node *source,
        struct node *target);
static struct copy *copy_of(struct cluster *cluster, uint64_t chunk);

void repair_tick(struct cluster *cluster)
{
	if (cluster->safe_mode || !cluster->out.ticket)
		return;
	delays_tick(cluster);
	for (uint32_t level = 0; level < UNDER_LEVELS; level++)
		if (serve_queue(cluster, level) == FULL)
			return;
	/* More chunks wanted repair than the queues hold: look for those now. */
	if (cluster->under_overflowed && cluster->copies_count == 0)
		cluster->walk_wanted = true;
}

void repair_answered(
        struct cluster *cluster, const struct call *call, int code, const struct dfs_error *err)
{
	struct copy *copy = copy_of(cluster, call->chunk);
	struct chunk *chunk = chunk_find(cluster, call->chunk);
	struct node *target = cluster->nodes[call->slot];

	assert(copy && copy->target == call->slot);
	cluster->nodes[copy->source]->copies--;
	target->copies--;
	cluster->copies_count--;
	copy->chunk = 0;
	cluster_event(cluster,
	        "event=copy_%s chunk=%016" PRIx64 " from=%" PRIu32 " to=%" PRIu32
	        " code=%s why=\"%s\"",
	        code == 0 ? "done" : "failed", call->chunk, cluster->nodes[call->source]->number,
	        target->number, dfs_error_name(code), err && code != 0 ? err->text : "");
	if (!chunk)
		return;
	if (chunk->state != PROTO_CHUNK_STATE_SEALED || chunk->version != call->version) {
		/* Freed meanwhile: whatever came of the copy goes with the others. */
		replica_set(cluster, chunk, target, MARK_UNKNOWN);
		doom_on(cluster, target, call->chunk);
		doom_check(cluster, call->chunk);
		return;
	}
	if (code == 0 || code == DFS_E_EXIST) {
		delay_forget(cluster, call->chunk);
		replica_set(cluster, chunk, target, MARK_GOOD);
		return;
	}
	delay_for(cluster, call->chunk, AGAIN_MS, true, target->number);
}

bool repair_copying(const struct cluster *cluster, uint64_t chunk)
{
	return copy_of((struct cluster *)cluster, chunk) != NULL;
}

static enum outcome serve_queue(struct cluster *cluster, uint32_t level)
{
	struct under_queue *queue = &cluster->under[level];
	size_t looked = 0;

	for (size_t i = queue->head; i < queue->count && looked < LOOK_AHEAD; i++) {
		enum outcome outcome;

		if (cluster->copies_count == COPIES_MAX)
			return FULL;
		outcome = queue->ids[i] == 0 ? TAKEN : serve(cluster, queue->ids[i], level);
		if (outcome == TAKEN)
			queue->ids[i] = 0;
		else
			looked++;
		while (queue->head < queue->count && queue->ids[queue->head] == 0)
			queue->head++;
	}
	return BUSY;
}

/* TAKEN: it leaves the queue, its copy begun or not needed or not possible now. BUSY: its nodes
 * are. */
static enum outcome serve(struct cluster *cluster, uint64_t id, uint32_t level)
{
	struct chunk *chunk = chunk_find(cluster, id);
	const struct delay *delay = delay_of(cluster, id);
	bool source_busy = false, target_busy = false;
	struct node *source, *target;
	struct tally tally;

	if (!chunk || chunk->queued != level + 1)
		return TAKEN; /* an old entry: it stands in another queue, or in none */
	chunk->queued = 0;
	tally = chunk_tally(cluster, chunk);
	if (chunk->health != HEALTH_UNDER || tally.sources == 0 || copy_of(cluster, id) ||
	        (delay && delay->waiting))
		return TAKEN;
	if (tally.good != level) {
		under_push(cluster, chunk, tally.good);
		return TAKEN;
	}
	/* A replica is being told to seal: cheaper than a copy, if it can. */
	if (settle_pending(cluster, id)) {
		delay_for(cluster, id, AGAIN_MS, false, 0);
		return TAKEN;
	}
	source = pick_source(cluster, chunk, &source_busy);
	target = pick_target(cluster, chunk, &target_busy);
	if (source && target)
		return start(cluster, chunk, source, target);
	if ((!source && !source_busy) || (!target && !target_busy))
		return TAKEN; /* no node for it: the walk after the next change finds it again */
	chunk->queued = (level + 1) & 15;
	return BUSY;
}

static struct node *pick_source(struct cluster *cluster, const struct chunk *chunk, bool *ret_busy)
{
	struct node *best = NULL;

	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		struct node *node = cluster->nodes[chunk->slots[i]];

		if (replica_mark(chunk, i) != MARK_GOOD || !replica_confirmed(cluster, chunk, i) ||
		        !node_alive(node))
			continue;
		if (node->copies >= COPIES_PER_NODE_MAX) {
			*ret_busy = true;
			continue;
		}
		/* A suspect one only where there is no other. */
		if (!best ||
		        (best->state == PROTO_NODE_STATE_SUSPECT &&
		                node->state != PROTO_NODE_STATE_SUSPECT) ||
		        (node->state != PROTO_NODE_STATE_SUSPECT && node->copies < best->copies))
			best = node;
	}
	return best;
}

static struct node *pick_target(struct cluster *cluster, const struct chunk *chunk, bool *ret_busy)
{
	struct node *target = place_among(cluster, chunk, FIT_BROKEN, false);

	if (!target)
		target = place_among(cluster, chunk, FIT_FRESH, true);
	if (!target)
		target = place_among(cluster, chunk, FIT_FRESH, false);
	for (uint32_t i = 0; !target && i < cluster->nodes_count; i++)
		*ret_busy |= fit_of(cluster, chunk, cluster->nodes[i]) != FIT_NONE;
	return target;
}

/* The built-in policy's choice of one node, among those that suit and are not busy. */
static struct node *place_among(
        struct cluster *cluster, const struct chunk *chunk, enum fit fit, bool other_racks)
{
	struct place_node *nodes = calloc(cluster->nodes_count, sizeof(*nodes));
	struct place_view view = {.nodes = nodes};
	struct place_request request = {
	        .chunk = chunk->id, .seed = chunk->id, .size_bytes = chunk->length, .goal = 1};
	const struct delay *delay = delay_of(cluster, chunk->id);
	struct place_answer answer;
	struct node *target = NULL;

	for (uint32_t i = 0; nodes && i < cluster->nodes_count; i++) {
		const struct node *node = cluster->nodes[i];

		if (fit_of(cluster, chunk, node) != fit || node->copies >= COPIES_PER_NODE_MAX)
			continue;
		if (other_racks && shares_rack(cluster, chunk, node))
			continue;
		view_node(cluster, node, &nodes[view.nodes_count]);
		nodes[view.nodes_count++].avoid = delay && delay->avoid == node->number;
	}
	place_sort(nodes, view.nodes_count);
	if (place_builtin(&request, &view, &answer, NULL) == 0)
		target = node_find(cluster, answer.nodes[0]);
	free(nodes);
	return target;
}

static enum fit fit_of(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *node)
{
	int at = replica_find(chunk, node);
	enum mark mark = at >= 0 ? replica_mark(chunk, at) : MARK_NONE;

	if (!node_takes(node, chunk->length))
		return FIT_NONE;
	switch (mark) {
	case MARK_SHORT:
	case MARK_STALE:
	case MARK_CORRUPT:
		return FIT_BROKEN;
	case MARK_NONE:
		return FIT_FRESH;
	default:
		return FIT_NONE; /* good, hoped for, or not understood */
	}
}

static bool shares_rack(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *node)
{
	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		const struct node *other = cluster->nodes[chunk->slots[i]];

		if (replica_mark(chunk, i) == MARK_GOOD && node_alive(other) &&
		        node->rack[0] != '\0' && strcmp(other->rack, node->rack) == 0)
			return true;
	}
	return false;
}

static enum outcome start(struct cluster *cluster, const struct chunk *chunk, struct node *source,
        struct node *target)
{
	struct copy *copy = copy_of(cluster, 0);
	struct call like = {.chunk = chunk->id, .version = chunk->version, .source = source->slot};
	char ticket[PASS_SIZE] = "";
	struct proto_copy_args args = {
	        .chunk = chunk->id,
	        .version = chunk->version,
	        .length = chunk->length,
	        .crc = chunk->crc,
	        .source = source->address,
	        .ticket = ticket,
	        .epoch = cluster->options.epoch,
	};

	assert(copy);
	if (cluster->out.ticket(
	            cluster->out.arg, chunk->id, chunk->version, chunk->length, ticket) != 0)
		goto later;
	*copy = (struct copy){chunk->id, source->slot, target->slot};
	source->copies++;
	target->copies++;
	cluster->copies_count++;
	node_placed(cluster, target);
	cluster_event(cluster,
	        "event=copy_begun chunk=%016" PRIx64 " from=%" PRIu32 " to=%" PRIu32
	        " length=%u goal=%u",
	        chunk->id, source->number, target->number, chunk->length, chunk->goal);
	if (call_send(cluster, target, PROTO_CALL_COPY, &args, &like, COPY_PATIENCE_MS))
		return TAKEN;
	source->copies--;
	target->copies--;
	cluster->copies_count--;
	copy->chunk = 0;
later:
	delay_for(cluster, chunk->id, AGAIN_MS, false, 0);
	return TAKEN;
}

/* By chunk; 0 finds a free place. */
static struct copy *copy_of(struct cluster *cluster, uint64_t chunk)
{
	for (int i = 0; i < COPIES_MAX; i++)
		if (cluster->copies[i].chunk == chunk)
			return &cluster->copies[i];
	return NULL;
}
