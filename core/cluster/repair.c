/* SPDX-License-Identifier: MIT */
/*
 * Repair: sealed chunks with fewer good replicas than their goal are copied, in the order of
 * queue.c, between the nodes that targets.c picks, as fast as pacing.c lets (GFS 4.3). After safe
 * mode only (RULES 22). Nothing is ever deleted here.
 */
#include "cluster/engine.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum {
	LOOK_AHEAD = 64, /* entries of a queue looked at past those whose nodes are busy */
	WINDOW = 8,      /* chunks among which the policy can choose */
	COPY_PATIENCE_MS = 600000, /* and what the pace makes of it */
	AGAIN_MS = 5000,
	AGED_EVERY = 8,  /* of so many copies one goes to who waits longest... */
	AGED_MS = 30000, /* ...if it is so long: what is less urgent is not forgotten */
};

static void copy_ended(
        struct cluster *cluster, const struct call *call, int code, const struct dfs_error *err);
static void serve_oldest(struct cluster *cluster);
static bool serve(struct cluster *cluster);
static size_t gather(struct cluster *cluster, uint32_t queue, struct advised *chunks, size_t count);
static bool consider(struct cluster *cluster, uint32_t queue, size_t at, struct advised *ret);
static bool begin(struct cluster *cluster, const struct advised *advised);
static bool wants_copy(struct cluster *cluster, struct chunk *chunk);

void repair_tick(struct cluster *cluster)
{
	pace_tick(cluster);
	if (cluster->safe_mode || !cluster->out.ticket)
		return;
	delays_tick(cluster);
	repair_timer(cluster);
	/* More chunks wanted repair than the queues hold: look for those now. */
	if (cluster->under_overflowed && cluster->copies_count == 0)
		cluster->walk_wanted = true;
}

void repair_timer(void *arg)
{
	struct cluster *cluster = arg;

	if (cluster->safe_mode || !cluster->out.ticket)
		return;
	serve_oldest(cluster);
	while (pace_open(cluster) && serve(cluster))
		;
	balance_tick(cluster);
}

void repair_answered(
        struct cluster *cluster, const struct call *call, int code, const struct dfs_error *err)
{
	const struct copy *copy = copy_of(cluster, call->chunk);
	struct copy was;

	assert(copy);
	was = *copy;
	copy_ended(cluster, call, code, err);
	if (was.moves)
		balance_copied(cluster, chunk_find(cluster, call->chunk), &was,
		        code == DFS_E_EXIST ? 0 : code);
}

static void copy_ended(
        struct cluster *cluster, const struct call *call, int code, const struct dfs_error *err)
{
	struct copy *copy = copy_of(cluster, call->chunk);
	struct chunk *chunk = chunk_find(cluster, call->chunk);
	struct node *target = cluster->nodes[call->slot];
	const bool pieces = copy && copy->pieces > 0;
	char why[160];

	assert(copy && copy->target == call->slot);
	pace_end(cluster, copy, code == 0);
	copy->chunk = 0;
	io_timer_set(cluster->io, cluster->repair_timer, 0);
	cluster_event(cluster,
	        "event=copy_%s chunk=%016" PRIx64 " from=%" PRIu32 " to=%" PRIu32 " length=%" PRIu32
	        " took_ms=%" PRIu64 " code=%s why=\"%s\"",
	        code == 0 ? "done" : "failed", call->chunk, cluster->nodes[call->source]->number,
	        target->number, copy->length, cluster_now(cluster) - copy->began_ms,
	        dfs_error_name(code), err && code != 0 ? err->text : "");
	if (code == 0) {
		cluster->copied++;
		cluster->copied_bytes += copy->length;
	} else if (code != DFS_E_EXIST) {
		cluster->copies_failed++;
	}
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
	if (!pieces && pieces_wanted(chunk)) { /* its last good source turned out to be none */
		delay_forget(cluster, call->chunk);
		chunk_reckon(cluster, chunk);
		return;
	}
	if (pieces && err) {
		/* Of the chunk, not of this target. */
		snprintf(why, sizeof(why), "%.159s", err->text);
		delay_failed(cluster, call->chunk, code == DFS_E_LOST ? 0 : target->number, why);
		return;
	}
	snprintf(why, sizeof(why), "the copy to datanode %" PRIu32 " failed (%s): %.90s",
	        target->number, dfs_error_name(code), err ? err->text : "");
	delay_failed(cluster, call->chunk, target->number, why);
}

bool repair_copying(const struct cluster *cluster, uint64_t chunk)
{
	return copy_of((struct cluster *)cluster, chunk) != NULL;
}

struct copy *copy_of(struct cluster *cluster, uint64_t chunk)
{
	for (uint32_t i = 0; i < cluster->options.copies_max; i++)
		if (cluster->copies[i].chunk == chunk)
			return &cluster->copies[i];
	return NULL;
}

bool copy_begin(struct cluster *cluster, const struct chunk *chunk, struct node *source,
        struct node *target)
{
	struct copy *copy = copy_of(cluster, 0);
	struct call like = {.chunk = chunk->id, .version = chunk->version, .source = source->slot};
	uint64_t pace = pace_of_copy(cluster, source, target);
	uint64_t patience = COPY_PATIENCE_MS + (pace ? 2000 * chunk->length / pace : 0);
	char ticket[PASS_SIZE] = "";
	struct proto_copy_source pieces[PLACE_REPLICAS_MAX];
	struct proto_copy_args args = {
	        .chunk = chunk->id,
	        .version = chunk->version,
	        .length = chunk->length,
	        .crc = chunk->crc,
	        .source = source->address,
	        .ticket = ticket,
	        .epoch = cluster->options.epoch,
	        .pace = pace,
	        .pieces = pieces,
	        .pieces_count = pieces_wanted(chunk) ? pieces_of(cluster, chunk, pieces) : 0,
	};

	assert(chunk->state == PROTO_CHUNK_STATE_SEALED);
	assert(source != target || args.pieces_count > 0);
	if (!copy || !pace_open(cluster) || copy_of(cluster, chunk->id) ||
	        !pace_allows(cluster, source, PACE_FROM) || !pace_allows(cluster, target, PACE_TO))
		return false;
	if (cluster->out.ticket(
	            cluster->out.arg, chunk->id, chunk->version, chunk->length, ticket) != 0)
		return false;
	*copy = (struct copy){.chunk = chunk->id,
	        .source = source->slot,
	        .target = target->slot,
	        .length = chunk->length,
	        .pieces = (uint32_t)args.pieces_count,
	        .began_ms = cluster_now(cluster)};
	pace_begin(cluster, copy);
	pace_duty_done(cluster, chunk);
	node_placed(cluster, target);
	cluster_event(cluster,
	        "event=copy_begun chunk=%016" PRIx64 " from=%" PRIu32 " to=%" PRIu32
	        " length=%u goal=%u pace=%" PRIu64 "%s%.0zu",
	        chunk->id, source->number, target->number, chunk->length, chunk->goal, pace,
	        args.pieces_count > 0 ? " pieces_of=" : "", args.pieces_count);
	if (call_send(cluster, target, PROTO_CALL_COPY, &args, &like, patience))
		return true;
	pace_end(cluster, copy, false);
	copy->chunk = 0;
	return false;
}

/* One copy of AGED_EVERY is for who waits longest, if that is long. */
static void serve_oldest(struct cluster *cluster)
{
	struct advised oldest;
	uint32_t queue;
	size_t at;

	if (cluster->copies_begun < cluster->aged_next || !pace_open(cluster) ||
	        !under_oldest(cluster, AGED_MS, &queue, &at) ||
	        !consider(cluster, queue, at, &oldest))
		return;
	if (advise(cluster, &oldest, 1) == 1 && begin(cluster, &oldest))
		cluster->aged_next = cluster->copies_begun + AGED_EVERY;
}

/* The next ones that can be copied now are gathered, put in order, and begun as far as the limits
 * go; false: none was begun. */
static bool serve(struct cluster *cluster)
{
	struct advised chunks[WINDOW];
	size_t count = 0, left;
	bool any = false;

	for (uint32_t queue = 0; queue < UNDER_QUEUES && count < WINDOW; queue++)
		count = gather(cluster, queue, chunks, count);
	left = advise(cluster, chunks, count);
	for (size_t i = 0; i < left && pace_open(cluster); i++)
		any |= begin(cluster, &chunks[i]);
	return any || left < count;
}

static size_t gather(struct cluster *cluster, uint32_t queue, struct advised *chunks, size_t count)
{
	struct under_queue *q = &cluster->under[queue];
	size_t busy = 0;

	for (size_t at = q->head; at < q->count && count < WINDOW && busy < LOOK_AHEAD; at++) {
		if (consider(cluster, queue, at, &chunks[count]))
			count++;
		else
			busy += under_at(cluster, queue, at) != NULL;
	}
	return count;
}

/* True where its copy could begin now. What needs none, or can have none, leaves the queue. */
static bool consider(struct cluster *cluster, uint32_t queue, size_t at, struct advised *ret)
{
	struct chunk *chunk = under_at(cluster, queue, at);
	bool source_busy = false, target_busy = false;
	struct node *source, *target;

	if (!chunk || !wants_copy(cluster, chunk)) {
		under_take(cluster, queue, at);
		return false;
	}
	source = pick_source(cluster, chunk, &source_busy);
	target = pick_target(cluster, chunk, &target_busy);
	if (source && target) {
		*ret = (struct advised){.chunk = chunk->id,
		        .since_ms = cluster->under[queue].entries[at].since_ms,
		        .queue = queue,
		        .at = at};
		return true;
	}
	/* No node for it: the walk after the next change finds it again. */
	if ((!source && !source_busy) || (!target && !target_busy))
		under_take(cluster, queue, at);
	return false;
}

/* Those begun before it may have taken its nodes: then it stays where it is. */
static bool begin(struct cluster *cluster, const struct advised *advised)
{
	struct chunk *chunk = chunk_find(cluster, advised->chunk);
	bool busy = false;
	struct node *source = advised->source ? node_find(cluster, advised->source)
	                                      : pick_source(cluster, chunk, &busy);
	struct node *target = advised->target ? node_find(cluster, advised->target)
	                                      : pick_target(cluster, chunk, &busy);

	if (!source || !target || !pace_allows(cluster, source, PACE_FROM) ||
	        !pace_allows(cluster, target, PACE_TO))
		return false;
	under_take(cluster, advised->queue, advised->at);
	if (!copy_begin(cluster, chunk, source, target))
		delay_for(cluster, chunk->id, AGAIN_MS, "the master could not order the copy");
	return true;
}

/* False: it is not for this queue, or not for now; it comes back by itself. */
static bool wants_copy(struct cluster *cluster, struct chunk *chunk)
{
	const struct delay *delay = delay_of(cluster, chunk->id);
	struct tally tally = chunk_tally(cluster, chunk);

	if ((pieces_wanted(chunk) ? tally.pieces == 0
	                          : chunk->health != HEALTH_UNDER || tally.sources == 0) ||
	        copy_of(cluster, chunk->id) || (delay && delay->waiting))
		return false;
	/* A replica is being told to seal: cheaper than a copy, if it can. */
	if (settle_hopeful(cluster, chunk->id)) {
		delay_for(cluster, chunk->id, AGAIN_MS, "a replica of it is being told to seal");
		return false;
	}
	return true;
}
