/* SPDX-License-Identifier: MIT */
#ifndef T_FAKE_IO_H
#define T_FAKE_IO_H

#include <stdint.h>
#include <stdlib.h>
#include "io/io.h"

/*
 * An `io` for unit tests of engines: a clock that the test moves, timers, and random numbers from a
 * seed. No disk, no network; work runs at once.
 */
struct io_timer {
	void (*fired)(void *arg);
	void *arg;
	bool set;
	uint64_t due_ms, order;
	struct io_timer *next;
};

struct fake_io {
	struct io io;
	uint64_t now_ms;
	int64_t wall_ms;
	uint64_t seed, order;
	struct io_timer *timers;
};

static inline uint64_t fake_mono_ms(void *ctx)
{
	return ((struct fake_io *)ctx)->now_ms;
}

static inline int64_t fake_wall_ms(void *ctx)
{
	struct fake_io *fake = ctx;

	return fake->wall_ms + (int64_t)fake->now_ms;
}

static inline void fake_random(void *ctx, void *ret_bytes, size_t size)
{
	struct fake_io *fake = ctx;

	for (size_t i = 0; i < size; i++) {
		fake->seed =
		        fake->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		((uint8_t *)ret_bytes)[i] = (uint8_t)(fake->seed >> 56);
	}
}

static inline struct io_timer *fake_timer_create(void *ctx, void (*fired)(void *arg), void *arg)
{
	struct fake_io *fake = ctx;
	struct io_timer *timer = calloc(1, sizeof(*timer));

	if (!timer)
		return NULL;
	timer->fired = fired;
	timer->arg = arg;
	timer->next = fake->timers;
	fake->timers = timer;
	return timer;
}

static inline void fake_timer_set(void *ctx, struct io_timer *timer, uint64_t delay_ms)
{
	struct fake_io *fake = ctx;

	timer->set = true;
	timer->due_ms = fake->now_ms + delay_ms;
	timer->order = fake->order++;
}

static inline void fake_timer_cancel(void *ctx, struct io_timer *timer)
{
	timer->set = false;
}

static inline void fake_timer_destroy(void *ctx, struct io_timer *timer)
{
	struct fake_io *fake = ctx;

	for (struct io_timer **at = &fake->timers; *at; at = &(*at)->next)
		if (*at == timer) {
			*at = timer->next;
			free(timer);
			return;
		}
	abort(); /* destroyed twice */
}

static inline void fake_work(void *ctx, struct io_work *work)
{
	work->run(work);
	work->done(work);
}

static inline void fake_io_init(struct fake_io *fake, uint64_t seed)
{
	static const struct io_ops ops = {fake_mono_ms, fake_wall_ms, fake_random,
	        fake_timer_create, fake_timer_set, fake_timer_cancel, fake_timer_destroy,
	        fake_work};

	*fake = (struct fake_io){
	        .seed = seed, .now_ms = 1000000, .wall_ms = INT64_C(1700000000000)};
	fake->io = (struct io){.ops = &ops, .ctx = fake};
}

/* The timer that is due first, NULL where none is set. */
static inline struct io_timer *fake_io_next(const struct fake_io *fake)
{
	struct io_timer *first = NULL;

	for (struct io_timer *t = fake->timers; t; t = t->next)
		if (t->set && (!first || t->due_ms < first->due_ms ||
		                      (t->due_ms == first->due_ms && t->order < first->order)))
			first = t;
	return first;
}

/* Time passes, timers fire in their order. */
static inline void fake_io_run(struct fake_io *fake, uint64_t ms)
{
	uint64_t end = fake->now_ms + ms;
	struct io_timer *timer;

	while ((timer = fake_io_next(fake)) != NULL && timer->due_ms <= end) {
		if (timer->due_ms > fake->now_ms)
			fake->now_ms = timer->due_ms;
		timer->set = false;
		timer->fired(timer->arg);
	}
	fake->now_ms = end;
}

/* The process was stopped: time passed, nothing fired. */
static inline void fake_io_stall(struct fake_io *fake, uint64_t ms)
{
	fake->now_ms += ms;
}

/* True where no timer is left: a destroyed engine must leave none. */
static inline bool fake_io_clean(const struct fake_io *fake)
{
	return fake->timers == NULL;
}

#endif
