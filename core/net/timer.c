/* SPDX-License-Identifier: MIT */
/* A binary heap of timers: the one due first lies on top. The clock and the waiting are loop.c's.
 */
#include "net/timer.h"

#include <assert.h>
#include <stdlib.h>

enum { TIMER_IDLE = -1 };

struct io_timer {
	void (*fired)(void *arg);
	void *arg;
	uint64_t due_ms;
	uint64_t sequence;
	ptrdiff_t index;               /* in the heap, or TIMER_IDLE */
	struct io_timer *next, **link; /* all that were created, for timers_fini */
};

static bool reserve(struct timers *timers, size_t count);
static void place(struct timers *timers, struct io_timer *timer, size_t index);
static void sift_up(struct timers *timers, size_t index);
static void sift_down(struct timers *timers, size_t index);

void timers_fini(struct timers *timers)
{
	while (timers->all)
		timers_destroy(timers, timers->all);
	free(timers->heap);
	*timers = (struct timers){0};
}

struct io_timer *timers_create(struct timers *timers, void (*fired)(void *arg), void *arg)
{
	struct io_timer *timer = calloc(1, sizeof(*timer));

	assert(fired);
	if (!timer || !reserve(timers, timers->created + 1)) {
		free(timer);
		return NULL;
	}
	timers->created++;
	timer->fired = fired;
	timer->arg = arg;
	timer->index = TIMER_IDLE;
	timer->next = timers->all;
	timer->link = &timers->all;
	if (timer->next)
		timer->next->link = &timer->next;
	timers->all = timer;
	return timer;
}

void timers_destroy(struct timers *timers, struct io_timer *timer)
{
	timers_cancel(timers, timer);
	assert(timers->created > 0);
	timers->created--;
	*timer->link = timer->next;
	if (timer->next)
		timer->next->link = timer->link;
	free(timer);
}

void timers_set(struct timers *timers, struct io_timer *timer, uint64_t due_ms)
{
	timers_cancel(timers, timer);
	assert(timers->count < timers->capacity);
	timer->due_ms = due_ms;
	timer->sequence = timers->sequence++;
	place(timers, timer, timers->count++);
	sift_up(timers, timers->count - 1);
}

void timers_cancel(struct timers *timers, struct io_timer *timer)
{
	size_t index = (size_t)timer->index;
	struct io_timer *last;

	if (timer->index == TIMER_IDLE)
		return;
	assert(index < timers->count && timers->heap[index] == timer);
	timer->index = TIMER_IDLE;
	last = timers->heap[--timers->count];
	if (last == timer)
		return;
	place(timers, last, index);
	sift_up(timers, index);
	sift_down(timers, (size_t)last->index);
}

void timers_run(struct timers *timers, uint64_t now_ms)
{
	uint64_t end = timers->sequence;

	while (timers->count > 0) {
		struct io_timer *timer = timers->heap[0];

		if (timer->due_ms > now_ms || timer->sequence >= end)
			return;
		timers_cancel(timers, timer);
		timer->fired(timer->arg); /* may destroy it */
	}
}

uint64_t timers_next(const struct timers *timers)
{
	return timers->count > 0 ? timers->heap[0]->due_ms : UINT64_MAX;
}

/* The heap grows when a timer is made, so that setting one never fails. */
static bool reserve(struct timers *timers, size_t count)
{
	size_t capacity = timers->capacity ? timers->capacity : 16;
	struct io_timer **heap;

	if (count <= timers->capacity)
		return true;
	while (capacity < count)
		capacity *= 2;
	heap = realloc(timers->heap, capacity * sizeof(*heap));
	if (!heap)
		return false;
	timers->heap = heap;
	timers->capacity = capacity;
	return true;
}

static bool earlier(const struct io_timer *a, const struct io_timer *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->sequence < b->sequence;
}

static void place(struct timers *timers, struct io_timer *timer, size_t index)
{
	timers->heap[index] = timer;
	timer->index = (ptrdiff_t)index;
}

static void sift_up(struct timers *timers, size_t index)
{
	struct io_timer *timer = timers->heap[index];

	while (index > 0) {
		size_t parent = (index - 1) / 2;

		if (!earlier(timer, timers->heap[parent]))
			break;
		place(timers, timers->heap[parent], index);
		index = parent;
	}
	place(timers, timer, index);
}

static void sift_down(struct timers *timers, size_t index)
{
	struct io_timer *timer = timers->heap[index];

	for (;;) {
		size_t child = 2 * index + 1;

		if (child >= timers->count)
			break;
		if (child + 1 < timers->count &&
		        earlier(timers->heap[child + 1], timers->heap[child]))
			child++;
		if (!earlier(timers->heap[child], timer))
			break;
		place(timers, timers->heap[child], index);
		index = child;
	}
	place(timers, timer, index);
}
