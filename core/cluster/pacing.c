/* SPDX-License-Identifier: MIT */
/*
 * What copies may take of the datanodes and of the cluster: how many at once, and bytes/s by token
 * buckets. A copy is charged whole when it begins, at both its ends; a bucket that it emptied
 * below zero fills up again before the next copy may begin there.
 *
 * A node that serves users gets the slow rate (repair_busy_rate) and one copy at each side; one
 * that is left alone the fast one. What users move is what the node's heartbeats tell, less what
 * they tell of copies.
 */
#include "cluster/engine.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum {
	BUSY_BYTES =
	        64 * 1024, /* bytes/s of users from which on a node counts as serving them... */
	BUSY_MS = 5000,    /* ...and for so long after */
	SKEW = 32,
	BURST_MS = 1000, /* what a bucket holds at most: so long of its rate */
	LOAD_HALF_MS = 60000,
	DUTY_EVERY_MS = 1000,
};

static uint64_t rate_of(const struct cluster *cluster, const struct node *node);
static void fill(struct cluster *cluster, struct bucket *bucket, uint64_t rate);
static void charge(struct bucket *bucket, uint64_t rate, uint32_t bytes);
static uint64_t wait_ms(const struct bucket *bucket, uint64_t rate);
static uint32_t copies_max(
        const struct cluster *cluster, const struct node *node, enum pace_side side);
static uint32_t copies_now(const struct node *node, enum pace_side side);
static void seconds_turn(struct cluster *cluster);
static void duty_add(struct cluster *cluster, const struct chunk *chunk);
static void duty_change(struct cluster *cluster, const struct chunk *chunk, double bytes);

bool pace_allows(struct cluster *cluster, struct node *node, enum pace_side side)
{
	uint64_t rate = rate_of(cluster, node);

	if (copies_now(node, side) >= copies_max(cluster, node, side))
		return false;
	if (rate == 0)
		return true;
	fill(cluster, &node->bucket, rate);
	return node->bucket.tokens > 0;
}

bool pace_open(struct cluster *cluster)
{
	uint64_t rate = cluster->options.repair_cluster_rate;

	if (cluster->copies_count >= cluster->options.copies_max)
		return false;
	if (rate == 0)
		return true;
	fill(cluster, &cluster->pace.bucket, rate);
	return cluster->pace.bucket.tokens > 0;
}

void pace_say(
        struct cluster *cluster, struct node *node, enum pace_side side, char *ret, size_t size)
{
	const char *does = side == PACE_FROM ? "gives" : "takes";
	uint64_t rate = rate_of(cluster, node);

	ret[0] = '\0';
	if (pace_allows(cluster, node, side))
		return;
	if (copies_now(node, side) >= copies_max(cluster, node, side))
		snprintf(ret, size, "datanode %" PRIu32 " %s %" PRIu32 " copies, %s", node->number,
		        does, copies_now(node, side),
		        pace_is_busy(cluster, node) ? "all that it may while users are served"
		                                    : "as many as it may");
	else
		snprintf(ret, size,
		        "datanode %" PRIu32 " may move %" PRIu64
		        " bytes/s for copies%s: the next one in %" PRIu64 " ms",
		        node->number, rate,
		        pace_is_busy(cluster, node) ? " while users are served" : "",
		        wait_ms(&node->bucket, rate));
}

void pace_cluster_say(struct cluster *cluster, char *ret, size_t size)
{
	ret[0] = '\0';
	if (pace_open(cluster))
		return;
	if (cluster->copies_count >= cluster->options.copies_max)
		snprintf(ret, size,
		        "%" PRIu32 " copies are under way, as many as may be in the cluster",
		        cluster->copies_count);
	else
		snprintf(ret, size,
		        "copies may move %" PRIu64
		        " bytes/s in the cluster: the next one in %" PRIu64 " ms",
		        cluster->options.repair_cluster_rate,
		        wait_ms(&cluster->pace.bucket, cluster->options.repair_cluster_rate));
}

uint64_t pace_of_copy(struct cluster *cluster, const struct node *source, const struct node *target)
{
	uint64_t from = rate_of(cluster, source), to = rate_of(cluster, target);
	uint64_t least = from == 0 || (to != 0 && to < from) ? to : from;
	uint64_t all = cluster->options.repair_cluster_rate;

	return least == 0 || (all != 0 && all < least) ? all : least;
}

void pace_begin(struct cluster *cluster, struct copy *copy)
{
	struct node *ends[] = {cluster->nodes[copy->source], cluster->nodes[copy->target]};

	cluster->copies_count++;
	cluster->copies_begun++;
	ends[0]->copies_out++;
	ends[1]->copies_in++;
	charge(&cluster->pace.bucket, cluster->options.repair_cluster_rate, copy->length);
	for (int i = 0; i < 2; i++) {
		charge(&ends[i]->bucket, rate_of(cluster, ends[i]), copy->length);
		ends[i]->repair_load += copy->length;
	}
}

void pace_end(struct cluster *cluster, const struct copy *copy, bool well)
{
	struct node *source = cluster->nodes[copy->source], *target = cluster->nodes[copy->target];

	assert(source->copies_out > 0 && target->copies_in > 0 && cluster->copies_count > 0);
	source->copies_out--;
	target->copies_in--;
	cluster->copies_count--;
	seconds_turn(cluster);
	if (well)
		cluster->pace.bytes[cluster->pace.second % PACE_SECONDS] += copy->length;
}

uint64_t pace_rate(struct cluster *cluster)
{
	struct pace *pace = &cluster->pace;
	uint64_t bytes = 0, ms = 0;

	seconds_turn(cluster);
	for (uint64_t ago = 0; ago < PACE_SECONDS && ago <= pace->second; ago++) {
		if (pace->bytes[(pace->second - ago) % PACE_SECONDS] == 0)
			continue;
		bytes += pace->bytes[(pace->second - ago) % PACE_SECONDS];
		ms = cluster_now(cluster) - (pace->second - ago) * 1000;
	}
	return ms < 1000 ? bytes : bytes * 1000 / ms;
}

void pace_tick(struct cluster *cluster)
{
	uint64_t now = cluster_now(cluster);

	if (now - cluster->pace.halved_ms >= LOAD_HALF_MS) {
		cluster->pace.halved_ms = now;
		for (uint32_t i = 0; i < cluster->nodes_count; i++)
			cluster->nodes[i]->repair_load /= 2;
	}
	if (cluster->under_goal == 0 || now - cluster->pace.duties_ms < DUTY_EVERY_MS)
		return;
	cluster->pace.duties_ms = now;
	for (uint32_t i = 0; i < cluster->nodes_count; i++)
		cluster->nodes[i]->duty = 0;
	under_each(cluster, duty_add);
}

void pace_duty_done(struct cluster *cluster, const struct chunk *chunk)
{
	duty_change(cluster, chunk, -(double)chunk->length);
}

/*
 * Whoever holds the only replicas of many chunks will be read a lot, and should be written to less,
 * from the beginning: that is not to be made up for at the end.
 */
static void duty_add(struct cluster *cluster, const struct chunk *chunk)
{
	duty_change(cluster, chunk, (double)chunk->length * chunk->missing);
}

/* Shared by all who may be the source. */
static void duty_change(struct cluster *cluster, const struct chunk *chunk, double bytes)
{
	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		struct node *node = cluster->nodes[chunk->slots[i]];

		if (source_fits(cluster, chunk, node))
			node->duty += bytes / (chunk->live ? chunk->live : 1);
		if (node->duty < 0)
			node->duty = 0;
	}
}

/*
 * The two counters are not read at one moment: a piece of a copy may be in one and not yet in the
 * other, so that a node that does nothing but copy seems to serve a little.
 */
void pace_served(
        struct node *node, uint64_t bytes, uint64_t copy_bytes, uint64_t passed_ms, uint64_t now)
{
	uint64_t others = bytes > copy_bytes ? bytes - copy_bytes : 0;

	if (others >= BUSY_BYTES * passed_ms / 1000 + copy_bytes / SKEW)
		node->served_ms = now;
}

bool pace_is_busy(const struct cluster *cluster, const struct node *node)
{
	return node->served_ms != 0 && cluster_now(cluster) - node->served_ms < BUSY_MS;
}

/* 0: no bound. */
static uint64_t rate_of(const struct cluster *cluster, const struct node *node)
{
	uint64_t fast = cluster->options.repair_rate, slow = cluster->options.repair_busy_rate;

	if (!pace_is_busy(cluster, node))
		return fast;
	return fast != 0 && fast < slow ? fast : slow;
}

static void fill(struct cluster *cluster, struct bucket *bucket, uint64_t rate)
{
	uint64_t now = cluster_now(cluster), passed = now - bucket->filled_ms;
	double most = (double)rate * BURST_MS / 1000;

	bucket->tokens += (double)rate * (double)passed / 1000;
	if (bucket->tokens > most || bucket->filled_ms == 0)
		bucket->tokens = most;
	bucket->filled_ms = now;
}

/* Without a bound there is no debt either, whatever bound comes next. */
static void charge(struct bucket *bucket, uint64_t rate, uint32_t bytes)
{
	if (rate == 0)
		bucket->filled_ms = 0;
	else
		bucket->tokens -= bytes;
}

static uint64_t wait_ms(const struct bucket *bucket, uint64_t rate)
{
	return bucket->tokens > 0 ? 0 : (uint64_t)(-bucket->tokens * 1000 / (double)rate) + 1;
}

static uint32_t copies_max(
        const struct cluster *cluster, const struct node *node, enum pace_side side)
{
	if (pace_is_busy(cluster, node))
		return 1;
	return side == PACE_FROM ? cluster->options.copies_from_max
	                         : cluster->options.copies_to_max;
}

static uint32_t copies_now(const struct node *node, enum pace_side side)
{
	return side == PACE_FROM ? node->copies_out : node->copies_in;
}

/* The seconds that nothing was copied in are empty. */
static void seconds_turn(struct cluster *cluster)
{
	struct pace *pace = &cluster->pace;
	uint64_t second = cluster_now(cluster) / 1000;

	if (second >= pace->second + PACE_SECONDS)
		pace->second = second - PACE_SECONDS;
	while (pace->second < second)
		pace->bytes[++pace->second % PACE_SECONDS] = 0;
}
