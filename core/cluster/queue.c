/* SPDX-License-Identifier: MIT */
/*
 * In which order chunks are repaired: those with the fewest live good replicas first, among equals
 * those that somebody waits for (a reader asked where they are, a seal left a short replica), then
 * first come, first served. One queue for each of these classes; an entry that is no longer true
 * stays in its queue until its turn and is passed over then.
 */
#include "cluster/engine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	UNDER_QUEUE_MAX = 65536, /* what does not fit is found by the next walk */
	SEARCH_MAX = 256,
	SWEEP_EVERY_MS = 1000,
};

static uint32_t queue_of(uint32_t live, bool wanted);
static bool queue_push(struct cluster *cluster, uint32_t number, struct waiting entry);
static void queue_sweep(struct cluster *cluster, uint32_t number);

void under_push(struct cluster *cluster, struct chunk *chunk, uint32_t live)
{
	uint32_t queue = queue_of(live, chunk->wanted);
	struct waiting entry = {chunk->id, cluster_now(cluster)};
	uint64_t before, bytes;

	if (chunk->queued == queue + 1)
		return;
	/* It has waited for as long as before; long queues are not searched for that. */
	if (chunk->queued != 0 && cluster->under[chunk->queued - 1].count < SEARCH_MAX)
		under_place(cluster, chunk, &before, &bytes, &entry.since_ms);
	chunk->queued = 0;
	if (queue_push(cluster, queue, entry))
		chunk->queued = (uint8_t)(queue + 1);
	else
		cluster->under_overflowed = true;
}

struct chunk *under_at(struct cluster *cluster, uint32_t queue, size_t at)
{
	struct under_queue *q = &cluster->under[queue];
	struct chunk *chunk;

	assert(at < q->count);
	if (q->entries[at].id == 0)
		return NULL;
	chunk = chunk_find(cluster, q->entries[at].id);
	return chunk && chunk->queued == queue + 1 ? chunk : NULL;
}

void under_take(struct cluster *cluster, uint32_t queue, size_t at)
{
	struct under_queue *q = &cluster->under[queue];
	struct chunk *chunk = under_at(cluster, queue, at);

	if (chunk)
		chunk->queued = 0;
	q->entries[at].id = 0;
	while (q->head < q->count && q->entries[q->head].id == 0)
		q->head++;
}

bool under_oldest(
        struct cluster *cluster, uint64_t patience_ms, uint32_t *ret_queue, size_t *ret_at)
{
	uint64_t now = cluster_now(cluster), oldest = UINT64_MAX;

	for (uint32_t queue = 0; queue < UNDER_QUEUES; queue++) {
		struct under_queue *q = &cluster->under[queue];

		while (q->head < q->count && !under_at(cluster, queue, q->head))
			under_take(cluster, queue, q->head);
		if (q->head == q->count || q->entries[q->head].since_ms >= oldest)
			continue;
		oldest = q->entries[q->head].since_ms;
		*ret_queue = queue;
		*ret_at = q->head;
	}
	return oldest != UINT64_MAX && now - oldest > patience_ms;
}

bool under_place(struct cluster *cluster, const struct chunk *chunk, uint64_t *ret_before,
        uint64_t *ret_bytes, uint64_t *ret_since_ms)
{
	uint64_t before = 0, bytes = 0;

	for (uint32_t queue = 0; chunk->queued != 0 && queue < chunk->queued; queue++) {
		const struct under_queue *q = &cluster->under[queue];

		for (size_t at = q->head; at < q->count; at++) {
			const struct chunk *other = under_at(cluster, queue, at);

			if (other == chunk) {
				*ret_before = before;
				*ret_bytes = bytes;
				*ret_since_ms = q->entries[at].since_ms;
				return true;
			}
			if (!other)
				continue;
			before++;
			bytes += (uint64_t)other->length * other->missing;
		}
	}
	return false;
}

uint64_t under_count(struct cluster *cluster)
{
	uint64_t count = 0;

	for (uint32_t queue = 0; queue < UNDER_QUEUES; queue++)
		for (size_t at = cluster->under[queue].head; at < cluster->under[queue].count; at++)
			count += under_at(cluster, queue, at) != NULL;
	return count;
}

void under_each(
        struct cluster *cluster, void (*each)(struct cluster *cluster, const struct chunk *chunk))
{
	for (uint32_t queue = 0; queue < UNDER_QUEUES; queue++)
		for (size_t at = cluster->under[queue].head; at < cluster->under[queue].count;
		        at++) {
			const struct chunk *chunk = under_at(cluster, queue, at);

			if (chunk)
				each(cluster, chunk);
		}
}

void under_fini(struct cluster *cluster)
{
	for (int i = 0; i < UNDER_QUEUES; i++)
		free(cluster->under[i].entries);
}

bool waiting_push(struct under_queue *queue, struct waiting entry, size_t most)
{
	struct waiting *entries;
	size_t capacity;

	if (queue->head == queue->count)
		queue->head = queue->count = 0;
	if (queue->count == queue->capacity && queue->head > queue->count / 2) {
		queue->count -= queue->head;
		memmove(queue->entries, queue->entries + queue->head,
		        queue->count * sizeof(*entries));
		queue->head = 0;
	}
	if (queue->count == queue->capacity) {
		if (queue->capacity >= most)
			return false;
		capacity = queue->capacity ? queue->capacity * 2 : 256;
		entries = realloc(queue->entries, capacity * sizeof(*entries));
		if (!entries)
			return false;
		queue->entries = entries;
		queue->capacity = capacity;
	}
	queue->entries[queue->count++] = entry;
	return true;
}

/* What is to be put together from bad ones (none live) comes with those of which one is left. */
static uint32_t queue_of(uint32_t live, bool wanted)
{
	live = live > 0 ? live : 1;
	return 2 * ((live < UNDER_LEVELS ? live : UNDER_LEVELS) - 1) + !wanted;
}

static bool queue_push(struct cluster *cluster, uint32_t number, struct waiting entry)
{
	struct under_queue *queue = &cluster->under[number];

	if (queue->count == queue->capacity && queue->count > 0)
		queue_sweep(cluster, number);
	return waiting_push(queue, entry, UNDER_QUEUE_MAX);
}

/* Room again, where the head went on or entries are no longer true: looked for once a while, since
 * it costs a walk over all of them. */
static void queue_sweep(struct cluster *cluster, uint32_t number)
{
	struct under_queue *queue = &cluster->under[number];
	uint64_t now = cluster_now(cluster);
	size_t kept = 0;

	if (queue->head < queue->count / 2 && now - queue->swept_ms < SWEEP_EVERY_MS)
		return;
	queue->swept_ms = now;
	for (size_t at = queue->head; at < queue->count; at++) {
		struct chunk *chunk = under_at(cluster, number, at);

		if (!chunk)
			continue;
		chunk->queued = 0; /* a second entry of it is none */
		queue->entries[kept++] = queue->entries[at];
	}
	queue->head = 0;
	queue->count = kept;
	for (size_t at = 0; at < kept; at++)
		chunk_find(cluster, queue->entries[at].id)->queued = (uint8_t)(number + 1);
}
