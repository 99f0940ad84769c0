/* SPDX-License-Identifier: MIT */
/*
 * Balance: replicas are moved from the fullest datanodes to the emptiest, a few at a time, until no
 * node's used share differs from the cluster's by more than was asked for. Only when asked for.
 *
 *     a well chunk on a full node ----copy----> one replica above its goal ----trim----> moved
 *                                      |                  |
 *                          failed: as before      not allowed yet: trim.c takes the fullest later
 *
 * A move is a copy like those of repair, under the same limits and its own, slower pace, and a
 * deletion like those of surplus (RULES 3, 13): at no moment has the chunk fewer good replicas
 * than its goal. There is nothing else to remember: what a master that is killed leaves behind is
 * a chunk with one replica too many. Repairs come first: while any chunk is under its goal nothing
 * begins here.
 */
#include "cluster/engine.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"

enum {
	MOVES_MAX = 4,        /* copies at once for it in the cluster */
	LOOKS_A_TICK = 20000, /* chunks */
	RECKON_MS = 5000,     /* how often the nodes' bytes are counted anew */
	WITHIN_DEFAULT = 5,
};

/* How full the nodes that take part are. */
struct shares {
	uint32_t count;
	double mean, highest, lowest;
	const struct node *fullest, *emptiest;
};

static const char *what_waits(const struct cluster *cluster);
static void finish(struct cluster *cluster, const char *why);
static void reckon(struct cluster *cluster);
static void reckon_chunk(struct cluster *cluster, const struct chunk *chunk);
static struct shares shares_of(const struct cluster *cluster);
static double imbalance(const struct shares *shares);
static bool takes_part(const struct node *node);
static double share(const struct node *node, double more_bytes);
static uint64_t capacity(const struct node *node);
static bool move_one(struct cluster *cluster, struct chunk *chunk, const struct shares *shares);
static bool may_move(struct cluster *cluster, const struct chunk *chunk);
static struct node *fullest_of(struct cluster *cluster, const struct chunk *chunk);
static struct node *place_for_move(struct cluster *cluster, const struct chunk *chunk,
        const struct node *from, const struct shares *shares);
static uint32_t racks_if_moved(const struct cluster *cluster, const struct chunk *chunk,
        const struct node *from, const struct node *to);

void cluster_balance_start(struct cluster *cluster, uint32_t within)
{
	struct balance *balance = &cluster->balance;

	cluster_check(cluster);
	balance->within = within ? within : WITHIN_DEFAULT;
	balance->over = false;
	balance->looked = 0;
	balance->reckoned_ms = 0;
	balance->why[0] = '\0';
	if (!balance->on)
		balance->moved = balance->moved_bytes = balance->failed = 0;
	balance->on = true;
	cluster_event(cluster, "event=balance_begun within=%" PRIu32, balance->within);
}

void cluster_balance_stop(struct cluster *cluster)
{
	cluster_check(cluster);
	if (!cluster->balance.on)
		return;
	finish(cluster, "it was stopped");
	cluster->balance.over = false;
}

bool cluster_balance_over(struct cluster *cluster)
{
	bool over = cluster->balance.over;

	cluster_check(cluster);
	cluster->balance.over = false;
	return over;
}

int cluster_balance(struct cluster *cluster, struct arena *arena, struct proto_balance_info *ret)
{
	struct balance *balance = &cluster->balance;
	struct shares shares;
	char text[512], bytes[TEXT_SIZE_MAX], most[TEXT_SIZE_MAX], least[TEXT_SIZE_MAX];
	const char *waits;

	cluster_check(cluster);
	reckon(cluster);
	shares = shares_of(cluster);
	waits = balance->on ? what_waits(cluster) : NULL;
	text_size(balance->moved_bytes, bytes);
	text_size(shares.fullest ? shares.fullest->balance_bytes : 0, most);
	text_size(shares.emptiest ? shares.emptiest->balance_bytes : 0, least);
	*ret = (struct proto_balance_info){
	        .on = balance->on,
	        .within = balance->within ? balance->within : WITHIN_DEFAULT,
	        .imbalance = (uint64_t)(imbalance(&shares) * 1000.0 + 0.5),
	        .moving = balance->moves,
	        .moved = balance->moved,
	        .moved_bytes = balance->moved_bytes,
	        .failed = balance->failed,
	};
	if (shares.count == 0)
		snprintf(text, sizeof(text), "no datanode takes part");
	else
		snprintf(text, sizeof(text),
		        "%s%s%s: imbalance %.1f %%, wanted at most %" PRIu32
		        " %%; datanode %" PRIu32
		        " has %s in chunks (%.2f %% of its capacity), datanode %" PRIu32
		        " %s (%.2f %%); %" PRIu32 " moves under way, %" PRIu64 " chunks (%s) moved",
		        balance->on ? "on" : "off", waits || balance->why[0] ? ", " : "",
		        waits ? waits : balance->why, imbalance(&shares) * 100.0, ret->within,
		        shares.fullest->number, most, shares.highest * 100.0,
		        shares.emptiest->number, least, shares.lowest * 100.0, balance->moves,
		        balance->moved, bytes);
	ret->text = arena_text(arena, text, strlen(text));
	return ret->text ? 0 : DFS_E_NOMEM;
}

void balance_tick(struct cluster *cluster)
{
	struct balance *balance = &cluster->balance;
	struct shares shares;

	if (!balance->on || what_waits(cluster))
		return;
	reckon(cluster);
	for (int looks = 0; looks < LOOKS_A_TICK; looks++) {
		struct chunk *chunk;

		if (balance->moves == MOVES_MAX || !pace_open(cluster))
			return;
		if (cluster_now(cluster) < balance->next_ms) {
			io_timer_set(cluster->io, cluster->repair_timer,
			        balance->next_ms - cluster_now(cluster));
			return;
		}
		shares = shares_of(cluster);
		if (imbalance(&shares) * 100.0 <= balance->within) {
			if (balance->moves == 0)
				finish(cluster, "it is reached");
			return;
		}
		if (balance->looked >= cluster->chunks.count) {
			if (balance->moves > 0)
				return;
			if (!balance->busy) {
				finish(cluster, "no move brings it closer");
				return;
			}
			balance->busy = false;
			balance->looked = 0;
			return;
		}
		balance->looked++;
		chunk = chunk_at(cluster, balance->at++ % cluster->chunks.count);
		if (move_one(cluster, chunk, &shares))
			balance->looked = 0;
	}
}

void balance_copied(struct cluster *cluster, struct chunk *chunk, const struct copy *copy, int code)
{
	struct balance *balance = &cluster->balance;
	struct node *from = cluster->nodes[copy->moved_from];
	char why[64];

	assert(balance->moves > 0);
	balance->moves--;
	balance->reckoned_ms = 0;
	if (code != 0) {
		balance->failed++;
		return;
	}
	balance->moved++;
	balance->moved_bytes += copy->length;
	snprintf(why, sizeof(why), "moved to datanode %" PRIu32,
	        cluster->nodes[copy->target]->number);
	/* Where it may not go yet it is surplus, and goes when it may. */
	if (chunk && chunk->state == PROTO_CHUNK_STATE_SEALED)
		trim_begin(cluster, chunk, from, why);
}

/* NULL: it may go on. */
static const char *what_waits(const struct cluster *cluster)
{
	if (cluster->safe_mode)
		return "it waits for the end of safe mode";
	if (!cluster_may_delete(cluster))
		return "it waits: nothing may be deleted now";
	if (cluster->under_goal > 0)
		return "it waits: chunks under their goal come first";
	return NULL;
}

static void finish(struct cluster *cluster, const char *why)
{
	struct balance *balance = &cluster->balance;

	balance->on = false;
	balance->over = true;
	snprintf(balance->why, sizeof(balance->why), "%s", why);
	cluster_event(cluster,
	        "event=balance_ended moved=%" PRIu64 " moved_bytes=%" PRIu64 " failed=%" PRIu64
	        " why=\"%s\"",
	        balance->moved, balance->moved_bytes, balance->failed, why);
}

/* ---- how full ---- */

/*
 * Bytes that each node will hold once what is under way is over: heartbeats tell what is there now,
 * which lags behind.
 */
static void reckon(struct cluster *cluster)
{
	struct balance *balance = &cluster->balance;
	uint64_t now = cluster_now(cluster);

	if (balance->reckoned_ms != 0 && now - balance->reckoned_ms < RECKON_MS)
		return;
	balance->reckoned_ms = now ? now : 1;
	for (uint32_t i = 0; i < cluster->nodes_count; i++)
		cluster->nodes[i]->balance_bytes = 0;
	for (uint32_t i = 0; i < cluster->chunks.count; i++)
		reckon_chunk(cluster, chunk_at(cluster, i));
	for (uint32_t i = 0; i < cluster->options.copies_max; i++) {
		const struct copy *copy = &cluster->copies[i];

		if (copy->chunk == 0)
			continue;
		cluster->nodes[copy->target]->balance_bytes += copy->length;
		if (copy->moves && cluster->nodes[copy->moved_from]->balance_bytes >= copy->length)
			cluster->nodes[copy->moved_from]->balance_bytes -= copy->length;
	}
}

static void reckon_chunk(struct cluster *cluster, const struct chunk *chunk)
{
	struct node *fullest = fullest_of(cluster, chunk);
	uint32_t good = 0;

	if (chunk->state != PROTO_CHUNK_STATE_SEALED)
		return;
	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		struct node *node = cluster->nodes[chunk->slots[i]];
		enum mark mark = replica_mark(chunk, i);

		good += mark == MARK_GOOD && takes_part(node);
		if (mark == MARK_GOOD || mark == MARK_OPEN)
			node->balance_bytes += chunk->length;
	}
	/* One too many will go, from there. */
	if (good > chunk->goal && fullest && fullest->balance_bytes >= chunk->length)
		fullest->balance_bytes -= chunk->length;
}

static struct shares shares_of(const struct cluster *cluster)
{
	struct shares shares = {0};
	double bytes = 0, all = 0;

	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		const struct node *node = cluster->nodes[i];
		double full = share(node, 0);

		if (!takes_part(node))
			continue;
		bytes += (double)node->balance_bytes;
		all += (double)capacity(node);
		if (shares.count == 0 || full > shares.highest) {
			shares.highest = full;
			shares.fullest = node;
		}
		if (shares.count == 0 || full < shares.lowest) {
			shares.lowest = full;
			shares.emptiest = node;
		}
		shares.count++;
	}
	shares.mean = all > 0 ? bytes / all : 0;
	return shares;
}

/* How far the worst is from the cluster's share, as a part of that: a node that is empty is 1 off,
 * however empty the others are. */
static double imbalance(const struct shares *shares)
{
	double above = shares->highest - shares->mean, below = shares->mean - shares->lowest;

	if (shares->mean <= 0)
		return 0;
	return (above > below ? above : below) / shares->mean;
}

static bool takes_part(const struct node *node)
{
	return node->state == PROTO_NODE_STATE_UP && node->connected && !node->draining &&
	       node->reported && !node->reporting && capacity(node) > 0;
}

static double share(const struct node *node, double more_bytes)
{
	return ((double)node->balance_bytes + more_bytes) / (double)(capacity(node) + 1);
}

/* What is in chunks or could be: other files on its disks are not ours to move. */
static uint64_t capacity(const struct node *node)
{
	return node->used_bytes + node->room_bytes;
}

/* ---- one move ---- */

static bool move_one(struct cluster *cluster, struct chunk *chunk, const struct shares *shares)
{
	struct balance *balance = &cluster->balance;
	struct node *from, *to, *source;
	bool busy = false;

	if (!may_move(cluster, chunk))
		return false;
	from = fullest_of(cluster, chunk);
	if (!from || share(from, 0) <= shares->mean)
		return false;
	to = place_for_move(cluster, chunk, from, shares);
	if (!to)
		return false;
	source = pick_source(cluster, chunk, &busy);
	if (!source || !pace_allows(cluster, to, PACE_TO) ||
	        !copy_begin(cluster, chunk, source, to)) {
		balance->busy = true;
		return false;
	}
	copy_of(cluster, chunk->id)->moves = true;
	copy_of(cluster, chunk->id)->moved_from = from->slot;
	from->balance_bytes -=
	        chunk->length < from->balance_bytes ? chunk->length : from->balance_bytes;
	to->balance_bytes += chunk->length;
	balance->moves++;
	balance->next_ms = cluster_now(cluster) +
	                   (uint64_t)chunk->length * 1000 / cluster->options.balance_rate;
	return true;
}

/* It is as it should be, and nobody is at work on it. */
static bool may_move(struct cluster *cluster, const struct chunk *chunk)
{
	const struct delay *delay = delay_of(cluster, chunk->id);
	uint32_t good;

	if (chunk->state != PROTO_CHUNK_STATE_SEALED || chunk->length == 0)
		return false;
	good = chunk_tally(cluster, chunk).good;
	if (good < chunk->goal || chunk->health != HEALTH_WELL || (delay && delay->waiting) ||
	        copy_of(cluster, chunk->id) || trim_of(cluster, chunk->id) ||
	        settle_pending(cluster, chunk->id)) {
		cluster->balance.busy = true; /* later, perhaps */
		return false;
	}
	return good == chunk->goal;
}

static struct node *fullest_of(struct cluster *cluster, const struct chunk *chunk)
{
	struct node *fullest = NULL;

	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		struct node *node = cluster->nodes[chunk->slots[i]];

		if (replica_mark(chunk, i) != MARK_GOOD || !replica_confirmed(cluster, chunk, i) ||
		        !takes_part(node))
			continue;
		if (!fullest || share(node, 0) > share(fullest, 0))
			fullest = node;
	}
	return fullest;
}

/* The emptiest that can take it, keeps the racks apart, and is not the fuller one afterwards. */
static struct node *place_for_move(struct cluster *cluster, const struct chunk *chunk,
        const struct node *from, const struct shares *shares)
{
	double least = shares->mean * cluster->balance.within / 100.0;
	uint32_t racks = racks_if_moved(cluster, chunk, NULL, NULL);
	struct node *best = NULL;

	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		struct node *node = cluster->nodes[i];

		if (!takes_part(node) || replica_find(chunk, node) >= 0 ||
		        !target_fits(cluster, chunk, node) || share(node, 0) >= shares->mean)
			continue;
		if (share(from, 0) - share(node, 0) <= least ||
		        share(from, -(double)chunk->length) < share(node, chunk->length))
			continue;
		if (racks_if_moved(cluster, chunk, from, node) < racks)
			continue;
		if (!best || share(node, 0) < share(best, 0))
			best = node;
	}
	return best;
}

/* Racks that its good replicas stand in, without one node and with another. A node without a rack
 * is a rack of its own. */
static uint32_t racks_if_moved(const struct cluster *cluster, const struct chunk *chunk,
        const struct node *from, const struct node *to)
{
	const struct node *nodes[PLACE_REPLICAS_MAX + 1];
	uint32_t count = 0, racks = 0;

	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++)
		if (replica_mark(chunk, i) == MARK_GOOD && cluster->nodes[chunk->slots[i]] != from)
			nodes[count++] = cluster->nodes[chunk->slots[i]];
	if (to)
		nodes[count++] = to;
	for (uint32_t i = 0; i < count; i++) {
		bool known = false;

		for (uint32_t j = 0; j < i; j++)
			known |= nodes[i]->rack[0] != '\0' &&
			         strcmp(nodes[i]->rack, nodes[j]->rack) == 0;
		racks += !known;
	}
	return racks;
}
