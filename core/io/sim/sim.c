/* SPDX-License-Identifier: MIT */
/* The world: its clock, its steps, and the trace. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/world.h"

enum { TRACE_LINE_MAX = 1024 };

static const struct sim_options defaults = {
        .latency_min_us = 50,
        .latency_max_us = 500,
        .disk_min_us = 50,
        .disk_max_us = 2000,
        .bytes_per_ms = 100000,
};

static void fill_defaults(struct sim_options *options)
{
	if (options->latency_min_us == 0 && options->latency_max_us == 0) {
		options->latency_min_us = defaults.latency_min_us;
		options->latency_max_us = defaults.latency_max_us;
	}
	if (options->disk_min_us == 0 && options->disk_max_us == 0) {
		options->disk_min_us = defaults.disk_min_us;
		options->disk_max_us = defaults.disk_max_us;
	}
	if (options->bytes_per_ms == 0)
		options->bytes_per_ms = defaults.bytes_per_ms;
	assert(options->latency_min_us <= options->latency_max_us);
	assert(options->disk_min_us <= options->disk_max_us);
}

struct sim *sim_create(const struct sim_options *options)
{
	struct sim *sim = sim_alloc(sizeof(*sim));

	if (options)
		sim->options = *options;
	fill_defaults(&sim->options);
	sim_rng_seed(&sim->rng, sim->options.seed);
	sim->net = sim_net_create();
	return sim;
}

void sim_destroy(struct sim *sim)
{
	if (!sim)
		return;
	for (size_t i = 0; i < sim->hosts_count; i++)
		sim_net_host_free(sim->hosts[i]);
	HASH_CLEAR(hh, sim->by_name);
	for (size_t i = 0; i < sim->hosts_count; i++)
		sim_host_free(sim->hosts[i]);
	sim_net_destroy(sim->net);
	free(sim->hosts);
	sim_queue_fini(&sim->queue);
	free(sim);
}

bool sim_step(struct sim *sim)
{
	struct sim_event *event = sim_queue_first(&sim->queue);

	if (!event)
		return false;
	assert(event->at_us >= sim->now_us);
	sim_queue_remove(&sim->queue, event);
	sim->now_us = event->at_us;
	sim->events++;
	if (event->host && event->host->paused)
		sim_host_hold(event->host, event);
	else
		event->fire(event);
	return true;
}

/* One event that is due by `end_us`; false when there is none, and then the clock stands at
 * `end_us`. */
static bool step_before(struct sim *sim, uint64_t end_us)
{
	const struct sim_event *event = sim_queue_first(&sim->queue);

	if (!event || event->at_us > end_us) {
		sim->now_us = end_us;
		return false;
	}
	return sim_step(sim);
}

/* `ms` from now, or the end of time where that is later. */
static uint64_t from_now(const struct sim *sim, uint64_t ms)
{
	if (ms > (UINT64_MAX - sim->now_us) / 1000)
		return UINT64_MAX;
	return sim->now_us + ms * 1000;
}

bool sim_run_until(struct sim *sim, const bool *flag, uint64_t limit_ms)
{
	uint64_t end_us = from_now(sim, limit_ms);

	while (!*flag && step_before(sim, end_us))
		;
	return *flag;
}

void sim_run_for(struct sim *sim, uint64_t ms)
{
	uint64_t end_us = from_now(sim, ms);

	while (step_before(sim, end_us))
		;
}

uint64_t sim_now_ms(const struct sim *sim)
{
	return sim->now_us / 1000;
}

uint64_t sim_events(const struct sim *sim)
{
	return sim->events;
}

void sim_event_set(
        struct sim *sim, struct sim_event *event, struct sim_host *host, uint64_t delay_us)
{
	assert(event->fire);
	sim_event_cancel(sim, event);
	event->host = host;
	if (delay_us > UINT64_MAX - sim->now_us)
		delay_us = UINT64_MAX - sim->now_us;
	sim_queue_add(&sim->queue, event, sim->now_us + delay_us);
}

void sim_event_cancel(struct sim *sim, struct sim_event *event)
{
	if (event->heap_place > 0)
		sim_queue_remove(&sim->queue, event);
	if (event->held_place > 0)
		sim_host_unhold(event->host, event);
}

bool sim_event_pending(const struct sim_event *event)
{
	return event->heap_place > 0 || event->held_place > 0;
}

/* ---- the trace ---- */

void sim_trace(struct sim *sim, void (*line)(void *arg, const char *text), void *arg)
{
	sim->trace = line;
	sim->trace_arg = arg;
}

static void say(struct sim *sim, const char *format, va_list arguments)
{
	char text[TRACE_LINE_MAX];
	int at;

	if (!sim->trace)
		return;
	at = snprintf(text, sizeof(text), "%" PRIu64 ".%03u ", sim->now_us / 1000,
	        (unsigned)(sim->now_us % 1000));
	vsnprintf(text + at, sizeof(text) - (size_t)at, format, arguments);
	sim->trace(sim->trace_arg, text);
}

void sim_say(struct sim *sim, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(sim, format, arguments);
	va_end(arguments);
}

void sim_note(struct sim *sim, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(sim, format, arguments);
	va_end(arguments);
}

/* ---- memory ---- */

static void *or_die(void *memory)
{
	if (!memory) {
		fputs("simulated world: out of memory\n", stderr);
		abort();
	}
	return memory;
}

void *sim_alloc(size_t size)
{
	return or_die(calloc(1, size ? size : 1));
}

void *sim_realloc(void *old, size_t size)
{
	return or_die(realloc(old, size));
}

char *sim_strdup(const char *text)
{
	return or_die(strdup(text));
}
