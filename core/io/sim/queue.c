/* SPDX-License-Identifier: MIT */
/* The queue of events: a binary heap by (time, order of being added), from which any event can be
 * taken out. */
#include <assert.h>
#include <stdlib.h>
#include "io/sim/world.h"

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void put(struct sim_queue *queue, size_t place, struct sim_event *event)
{
	queue->heap[place] = event;
	event->heap_place = place + 1;
}

static void sift_up(struct sim_queue *queue, size_t place)
{
	struct sim_event *event = queue->heap[place];

	while (place > 0 && before(event, queue->heap[(place - 1) / 2])) {
		put(queue, place, queue->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	put(queue, place, event);
}

static size_t smaller_child(const struct sim_queue *queue, size_t place)
{
	size_t left = 2 * place + 1;
	size_t right = left + 1;

	if (right < queue->count && before(queue->heap[right], queue->heap[left]))
		return right;
	return left;
}

static void sift_down(struct sim_queue *queue, size_t place)
{
	struct sim_event *event = queue->heap[place];

	while (2 * place + 1 < queue->count) {
		size_t child = smaller_child(queue, place);

		if (!before(queue->heap[child], event))
			break;
		put(queue, place, queue->heap[child]);
		place = child;
	}
	put(queue, place, event);
}

void sim_queue_fini(struct sim_queue *queue)
{
	free(queue->heap);
}

void sim_queue_add(struct sim_queue *queue, struct sim_event *event, uint64_t at_us)
{
	assert(event->heap_place == 0 && event->held_place == 0);
	if (queue->count == queue->capacity) {
		queue->capacity = queue->capacity ? 2 * queue->capacity : 256;
		queue->heap = sim_realloc(queue->heap, queue->capacity * sizeof(*queue->heap));
	}
	event->at_us = at_us;
	event->order = queue->next_order++;
	put(queue, queue->count++, event);
	sift_up(queue, queue->count - 1);
}

void sim_queue_remove(struct sim_queue *queue, struct sim_event *event)
{
	size_t place = event->heap_place - 1;
	struct sim_event *last;

	assert(event->heap_place > 0 && queue->heap[place] == event);
	event->heap_place = 0;
	last = queue->heap[--queue->count];
	if (last == event)
		return;
	put(queue, place, last);
	sift_up(queue, place);
	sift_down(queue, last->heap_place - 1);
}

struct sim_event *sim_queue_first(const struct sim_queue *queue)
{
	return queue->count ? queue->heap[0] : NULL;
}
