/* SPDX-License-Identifier: MIT */
/* Chunks whose repair has to wait: it failed, or something better may happen first. */
#include "cluster/engine.h"

#include <stdio.h>
#include <stdlib.h>

enum { AGAIN_MS = 5000, AGAIN_MAX_MS = 300000 };

static struct delay *find_or_add(struct cluster *cluster, uint64_t chunk);
static void delay_remove(struct cluster *cluster, struct delay *delay);

struct delay *delay_of(const struct cluster *cluster, uint64_t chunk)
{
	struct delay *delay;

	HASH_FIND(hh, cluster->delays, &chunk, sizeof(chunk), delay);
	return delay;
}

void delay_for(struct cluster *cluster, uint64_t chunk, uint64_t ms, const char *why)
{
	struct delay *delay = find_or_add(cluster, chunk);

	if (!delay)
		return; /* the next walk finds the chunk again */
	delay->waiting = true;
	delay->due_ms = cluster_now(cluster) + (ms < AGAIN_MAX_MS ? ms : AGAIN_MAX_MS);
	snprintf(delay->why, sizeof(delay->why), "%s", why);
}

bool delay_by_policy(
        struct cluster *cluster, uint64_t chunk, uint64_t ms, uint64_t bound_ms, const char *why)
{
	struct delay *delay = find_or_add(cluster, chunk);
	uint64_t left = delay && delay->held_ms < bound_ms ? bound_ms - delay->held_ms : 0;

	if (left == 0)
		return false;
	ms = ms < left ? ms : left;
	delay->held_ms += ms;
	delay_for(cluster, chunk, ms, why);
	return true;
}

void delay_failed(struct cluster *cluster, uint64_t chunk, uint32_t avoid, const char *why)
{
	struct delay *delay = find_or_add(cluster, chunk);

	if (!delay)
		return;
	delay->avoid = avoid;
	delay_for(cluster, chunk,
	        (uint64_t)AGAIN_MS << (delay->attempts < 10 ? delay->attempts : 10), why);
	delay->attempts++;
}

void delay_forget(struct cluster *cluster, uint64_t chunk)
{
	struct delay *delay = delay_of(cluster, chunk);

	if (delay)
		delay_remove(cluster, delay);
}

/* Chunks whose delay is over are queued again. */
void delays_tick(struct cluster *cluster)
{
	uint64_t now = cluster_now(cluster);
	struct delay *delay, *next;

	HASH_ITER (hh, cluster->delays, delay, next) {
		struct chunk *chunk;

		if (!delay->waiting || delay->due_ms > now)
			continue;
		delay->waiting =
		        false; /* kept: it says whom to avoid, and how long to wait the next time */
		chunk = chunk_find(cluster, delay->chunk);
		if (!chunk || chunk->health == HEALTH_WELL)
			delay_remove(cluster, delay);
		else
			chunk_reckon(cluster, chunk);
	}
}

void delays_fini(struct cluster *cluster)
{
	struct delay *delay, *next;

	HASH_ITER (hh, cluster->delays, delay, next) {
		delay_remove(cluster, delay);
	}
}

static struct delay *find_or_add(struct cluster *cluster, uint64_t chunk)
{
	struct delay *delay = delay_of(cluster, chunk);

	if (delay)
		return delay;
	delay = calloc(1, sizeof(*delay));
	if (!delay)
		return NULL;
	delay->chunk = chunk;
	delay->since_ms = cluster_now(cluster);
	HASH_ADD(hh, cluster->delays, chunk, sizeof(delay->chunk), delay);
	return delay;
}

static void delay_remove(struct cluster *cluster, struct delay *delay)
{
	HASH_DEL(cluster->delays, delay);
	free(delay);
}
