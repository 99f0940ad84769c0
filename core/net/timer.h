/* SPDX-License-Identifier: MIT */
#ifndef NET_TIMER_H
#define NET_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One-shot timers of one loop, in a binary heap: thousands may run, setting one costs the logarithm
 * of their number. (libwebsockets' own list of timers is walked from its head; the loop uses one
 * entry of it, for the earliest of these.)
 *
 * Loop    all calls on the loop.
 */
struct io_timer;

struct timers {
	struct io_timer **heap;
	size_t count;    /* running */
	size_t capacity; /* room in the heap: never less than `created` */
	size_t created;
	struct io_timer *all;
	uint64_t sequence; /* timers due at the same millisecond fire in the order in which they
	                      were set */
};

void timers_fini(struct timers *timers); /* frees those that nobody destroyed */
struct io_timer *timers_create(struct timers *timers, void (*fired)(void *arg), void *arg);
void timers_destroy(struct timers *timers, struct io_timer *timer);
void timers_set(struct timers *timers, struct io_timer *timer, uint64_t due_ms);
void timers_cancel(struct timers *timers, struct io_timer *timer);
/* Fires what is due at `now_ms`, but not what is set meanwhile: that waits for the next call. */
void timers_run(struct timers *timers, uint64_t now_ms);
/* When the earliest is due; UINT64_MAX where none runs. */
uint64_t timers_next(const struct timers *timers);

#endif
