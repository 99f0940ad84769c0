/* SPDX-License-Identifier: MIT */
/*
 * Surplus: replicas above the goal of their chunk, and broken ones that nobody needs any more, are
 * deleted once enough verified replicas are live elsewhere (RULES 3), by chunk and version, and
 * count as gone from the moment of the decision until the datanode has answered (RULES 13).
 *
 *   a surplus, its nodes steady for trim_after
 *        |
 *        v          others are missing, and no order is unanswered
 *     WANTED  ------------------------------------------------------> the mark as it was, ended
 *      |   ^
 *      |   | refused; or no answer (its channel broke): UNSURE, asked again once it has reported
 * the |   | replica; or, where others are missing then, told to seal: that answer says whether v |
 * it is there (settle.c) SENT
 *        |
 *        v
 *      gone, told by the answer or by a report: ended
 *
 * One replica of a chunk at a time, so that two decisions never count on each other's victims.
 */
#include "cluster/engine.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	TRIMS_MAX = 4096,
	LOOKS_A_TICK = 4096,
	SURPLUS_MAX = 65536, /* what does not fit is found by the next walk */
	CHUNKS_A_CALL = 1000,
	PATIENCE_MS = 120000,
	AGAIN_MS = 5000,
};

static void look(struct cluster *cluster, uint64_t id, uint64_t now);
static struct node *victim_of(struct cluster *cluster, const struct chunk *chunk);
static struct node *useless_of(struct cluster *cluster, const struct chunk *chunk);
static bool worse_off(struct cluster *cluster, const struct chunk *chunk, const struct node *a,
        const struct node *b);
static uint32_t mates_of(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *node);
static bool keeps_racks(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *without);
static uint32_t racks_of(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *without);
static bool is_steady(const struct cluster *cluster, const struct node *node, uint64_t now);
static bool counts_at(const struct cluster *cluster, const struct chunk *chunk, int at);
static uint32_t others_of(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *node);
static uint64_t steady_at(const struct cluster *cluster, const struct chunk *chunk);
static void turn(struct cluster *cluster, struct trim *trim);
static void spare(struct cluster *cluster, struct trim *trim, struct chunk *chunk);
static void send_batches(struct cluster *cluster, uint64_t now);
static void send_batch(struct cluster *cluster, struct node *node, uint64_t now);
static void trim_end(struct cluster *cluster, struct trim *trim, const char *what);

void trim_want(struct cluster *cluster, struct chunk *chunk)
{
	struct under_queue *queue = &cluster->surplus;

	if (chunk->surplus || trim_of(cluster, chunk->id))
		return;
	chunk->surplus = waiting_push(
	        queue, (struct waiting){chunk->id, steady_at(cluster, chunk)}, SURPLUS_MAX);
	if (!chunk->surplus)
		cluster->surplus_overflowed = true;
}

bool trim_begin(struct cluster *cluster, struct chunk *chunk, struct node *node, const char *why)
{
	int at = replica_find(chunk, node);
	struct trim *trim;

	if (!trim_allowed(cluster, chunk, node) || HASH_COUNT(cluster->trims) >= TRIMS_MAX)
		return false;
	trim = calloc(1, sizeof(*trim));
	if (!trim)
		return false;
	trim->chunk = chunk->id;
	trim->version = chunk->version;
	trim->slot = node->slot;
	trim->was = replica_mark(chunk, at);
	HASH_ADD(hh, cluster->trims, chunk, sizeof(trim->chunk), trim);
	cluster_event(cluster,
	        "event=trim_begun chunk=%016" PRIx64 " node=%" PRIu32
	        " replica=%s goal=%u why=\"%s\"",
	        chunk->id, node->number, mark_name(trim->was), chunk->goal, why);
	replica_set(cluster, chunk, node, MARK_DOOMED);
	return true;
}

bool trim_allowed(struct cluster *cluster, const struct chunk *chunk, const struct node *node)
{
	int at = replica_find(chunk, node);
	enum mark mark;

	if (!cluster_may_delete(cluster) || chunk->state != PROTO_CHUNK_STATE_SEALED || at < 0 ||
	        trim_of(cluster, chunk->id) || copy_of(cluster, chunk->id) ||
	        settle_pending(cluster, chunk->id))
		return false;
	mark = replica_mark(chunk, at);
	if (mark == MARK_OPEN || mark == MARK_UNKNOWN || mark == MARK_DOOMED ||
	        !replica_confirmed(cluster, chunk, at) || !node_reachable(node))
		return false;
	return others_of(cluster, chunk, node) >= chunk->goal &&
	       (mark != MARK_GOOD || keeps_racks(cluster, chunk, node));
}

struct trim *trim_of(const struct cluster *cluster, uint64_t chunk)
{
	struct trim *trim;

	HASH_FIND(hh, cluster->trims, &chunk, sizeof(chunk), trim);
	return trim;
}

bool trim_heard(struct cluster *cluster, struct chunk *chunk, struct node *node)
{
	int at = replica_find(chunk, node);

	if (at < 0 || replica_mark(chunk, at) != MARK_DOOMED)
		return false;
	replica_set(cluster, chunk, node, MARK_DOOMED); /* there still: its round is this one */
	return true;
}

void trim_forget(struct cluster *cluster, struct chunk *chunk)
{
	struct trim *trim = trim_of(cluster, chunk->id);
	struct node *node = trim ? cluster->nodes[trim->slot] : NULL;

	if (!trim)
		return;
	HASH_DEL(cluster->trims, trim);
	free(trim);
	if (replica_find(chunk, node) >= 0)
		replica_set(cluster, chunk, node, MARK_UNKNOWN);
}

void trims_answered(struct cluster *cluster, const struct call *call, int code,
        const struct proto_delete_reply *reply)
{
	uint64_t now = cluster_now(cluster);
	struct trim *trim, *next;

	cluster->nodes[call->slot]->trimming = false;
	for (size_t i = 0; code == 0 && i < reply->gone_count; i++) {
		struct chunk *chunk = chunk_find(cluster, reply->gone[i].chunk);
		const struct trim *of = trim_of(cluster, reply->gone[i].chunk);

		if (!chunk || !of || of->slot != call->slot)
			continue;
		replica_drop(cluster, chunk, cluster->nodes[call->slot]);
	}
	HASH_ITER (hh, cluster->trims, trim, next) {
		if (trim->slot != call->slot || !trim->sent)
			continue;
		/* An answer that does not name it: refused, so it is there. */
		trim->sent = false;
		trim->unsure = code != 0;
		trim->due_ms = now + AGAIN_MS;
		turn(cluster, trim);
	}
}

void trims_tick(struct cluster *cluster)
{
	struct under_queue *queue = &cluster->surplus;
	uint64_t now = cluster_now(cluster);
	struct trim *trim, *next;

	HASH_ITER (hh, cluster->trims, trim, next) {
		turn(cluster, trim);
	}
	if (!cluster_may_delete(cluster))
		return;
	for (int looks = 0; looks < LOOKS_A_TICK && queue->head < queue->count &&
	                    queue->entries[queue->head].since_ms <= now &&
	                    HASH_COUNT(cluster->trims) < TRIMS_MAX;
	        looks++)
		look(cluster, queue->entries[queue->head++].id, now);
	if (queue->head == queue->count && cluster->surplus_overflowed) {
		cluster->surplus_overflowed = false;
		cluster->walk_wanted = true;
	}
	send_batches(cluster, now);
}

void trims_fini(struct cluster *cluster)
{
	struct trim *trim, *next;

	HASH_ITER (hh, cluster->trims, trim, next) {
		HASH_DEL(cluster->trims, trim);
		free(trim);
	}
	free(cluster->surplus.entries);
}

/* ---- who goes ---- */

/* Its time has come: the nodes that were there when it was queued have been steady since, or not.
 */
static void look(struct cluster *cluster, uint64_t id, uint64_t now)
{
	struct chunk *chunk = chunk_find(cluster, id);
	struct node *victim;

	if (!chunk)
		return;
	chunk->surplus = false;
	if (chunk->state != PROTO_CHUNK_STATE_SEALED || chunk->health != HEALTH_WELL)
		return;
	if (steady_at(cluster, chunk) > now) {
		trim_want(cluster, chunk);
		return;
	}
	victim = useless_of(cluster, chunk);
	if (victim && trim_begin(cluster, chunk, victim, "broken, and enough others are good"))
		return;
	victim = victim_of(cluster, chunk);
	if (victim)
		trim_begin(cluster, chunk, victim, "above the goal");
}

/* A good replica of those above the goal: of the rack with the most, on the fullest node. */
static struct node *victim_of(struct cluster *cluster, const struct chunk *chunk)
{
	struct node *worst = NULL;

	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		struct node *node = cluster->nodes[chunk->slots[i]];

		if (counts_at(cluster, chunk, i) && trim_allowed(cluster, chunk, node) &&
		        (!worst || worse_off(cluster, chunk, node, worst)))
			worst = node;
	}
	return worst;
}

static struct node *useless_of(struct cluster *cluster, const struct chunk *chunk)
{
	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		struct node *node = cluster->nodes[chunk->slots[i]];

		if (mark_is_broken(replica_mark(chunk, i)) && !node->draining &&
		        trim_allowed(cluster, chunk, node))
			return node;
	}
	return NULL;
}

static bool worse_off(struct cluster *cluster, const struct chunk *chunk, const struct node *a,
        const struct node *b)
{
	uint32_t a_mates = mates_of(cluster, chunk, a), b_mates = mates_of(cluster, chunk, b);
	double a_free = (double)node_room(a) / (double)(a->total_bytes + 1);
	double b_free = (double)node_room(b) / (double)(b->total_bytes + 1);

	if (a_mates != b_mates)
		return a_mates > b_mates;
	if (a_free != b_free)
		return a_free < b_free;
	return a->chunks > b->chunks;
}

static bool same_rack(const struct node *a, const struct node *b)
{
	return a == b || (a->rack[0] != '\0' && strcmp(a->rack, b->rack) == 0);
}

static uint32_t mates_of(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *node)
{
	uint32_t mates = 0;

	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++)
		mates += counts_at(cluster, chunk, i) &&
		         same_rack(node, cluster->nodes[chunk->slots[i]]);
	return mates;
}

/* Without it the others stand in as many racks as with it, or in as many as there are replicas. */
static bool keeps_racks(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *without)
{
	uint32_t with = racks_of(cluster, chunk, NULL);

	return racks_of(cluster, chunk, without) >= (with < chunk->goal ? with : chunk->goal);
}

static uint32_t racks_of(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *without)
{
	const struct node *seen[PLACE_REPLICAS_MAX];
	uint32_t count = 0;

	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		const struct node *node = cluster->nodes[chunk->slots[i]];
		bool known = node == without || !counts_at(cluster, chunk, i);

		for (uint32_t j = 0; j < count && !known; j++)
			known = same_rack(node, seen[j]);
		if (!known)
			seen[count++] = node;
	}
	return count;
}

/* ---- on whom one can count ---- */

static bool is_steady(const struct cluster *cluster, const struct node *node, uint64_t now)
{
	return (node->state == PROTO_NODE_STATE_UP || node->state == PROTO_NODE_STATE_SLOW) &&
	       node->connected && !node->reporting &&
	       now >= node->steady_ms + cluster->options.trim_after_ms;
}

/* Verified, and on a node that has been there for long: stricter than health.c. */
static bool counts_at(const struct cluster *cluster, const struct chunk *chunk, int at)
{
	return replica_mark(chunk, at) == MARK_GOOD && replica_confirmed(cluster, chunk, at) &&
	       is_steady(cluster, cluster->nodes[chunk->slots[at]], cluster_now(cluster));
}

static uint32_t others_of(
        const struct cluster *cluster, const struct chunk *chunk, const struct node *node)
{
	uint32_t others = 0;

	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++)
		others += chunk->slots[i] != node->slot && counts_at(cluster, chunk, i);
	return others;
}

/* When all live nodes with a good replica will have been steady for long enough. */
static uint64_t steady_at(const struct cluster *cluster, const struct chunk *chunk)
{
	uint64_t at_ms = 0;

	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		const struct node *node = cluster->nodes[chunk->slots[i]];

		if (replica_mark(chunk, i) == MARK_GOOD && node_alive(node) &&
		        node->steady_ms + cluster->options.trim_after_ms > at_ms)
			at_ms = node->steady_ms + cluster->options.trim_after_ms;
	}
	return at_ms;
}

/* ---- what becomes of it ---- */

static void turn(struct cluster *cluster, struct trim *trim)
{
	struct chunk *chunk = chunk_find(cluster, trim->chunk);
	struct node *node = cluster->nodes[trim->slot];
	int at = chunk ? replica_find(chunk, node) : -1;
	struct tally tally;

	if (at < 0) {
		cluster->trimmed++;
		trim_end(cluster, trim, "trimmed");
		if (chunk)
			chunk_reckon(cluster, chunk); /* perhaps there is more */
		return;
	}
	tally = chunk_tally(cluster, chunk);
	/* Unconfirmed: its node was away, and will tell whether it is there. */
	if (trim->sent || !replica_confirmed(cluster, chunk, at))
		return;
	if (tally.good < chunk->goal)
		spare(cluster, trim, chunk);
}

/* Others died: it is needed. Where the order to delete may be on its way still, only what it
 * answers to the next call says that it is there. */
static void spare(struct cluster *cluster, struct trim *trim, struct chunk *chunk)
{
	struct node *node = cluster->nodes[trim->slot];
	bool unsure = trim->unsure && trim->was == MARK_GOOD;
	enum mark mark = unsure ? MARK_OPEN : trim->was;

	if (unsure && !node_reachable(node))
		return;
	trim_end(cluster, trim, "trim_given_up");
	replica_set(cluster, chunk, node, mark);
	if (unsure)
		settle_want(cluster, chunk, 0);
}

static void trim_end(struct cluster *cluster, struct trim *trim, const char *what)
{
	cluster_event(cluster, "event=%s chunk=%016" PRIx64 " node=%" PRIu32, what, trim->chunk,
	        cluster->nodes[trim->slot]->number);
	HASH_DEL(cluster->trims, trim);
	free(trim);
}

static void send_batches(struct cluster *cluster, uint64_t now)
{
	for (uint32_t i = 0; cluster->trims && i < cluster->nodes_count; i++)
		if (!cluster->nodes[i]->trimming && node_reachable(cluster->nodes[i]))
			send_batch(cluster, cluster->nodes[i], now);
}

static void send_batch(struct cluster *cluster, struct node *node, uint64_t now)
{
	struct proto_chunk_version chunks[CHUNKS_A_CALL];
	struct proto_delete_args args = {.chunks = chunks, .epoch = cluster->options.epoch};
	struct call like = {.trim = true};

	for (struct trim *trim = cluster->trims; trim && args.chunks_count < CHUNKS_A_CALL;
	        trim = trim->hh.next) {
		const struct chunk *chunk = chunk_find(cluster, trim->chunk);
		int at = chunk ? replica_find(chunk, node) : -1;

		/* As sure as the decision was: nothing may have changed meanwhile. */
		if (trim->slot != node->slot || trim->sent || trim->due_ms > now || at < 0 ||
		        !replica_confirmed(cluster, chunk, at) ||
		        others_of(cluster, chunk, node) < chunk->goal)
			continue;
		trim->sent = true;
		/* A short one may be open: its disk lost the end, and `sealed` with it. This chunk
		 * is sealed, so a raised version shuts nobody out. */
		chunks[args.chunks_count++] = (struct proto_chunk_version){
		        trim->chunk, trim->version + (trim->was == MARK_SHORT)};
	}
	if (args.chunks_count > 0) {
		node->trimming =
		        call_send(cluster, node, PROTO_CALL_DELETE, &args, &like, PATIENCE_MS);
		for (struct trim *trim = cluster->trims; trim && !node->trimming;
		        trim = trim->hh.next)
			if (trim->slot == node->slot)
				trim->sent = false;
	}
}
