/* SPDX-License-Identifier: MIT */
/*
 * Hosts: how one is born, dies, waits and comes back. What belongs to its process (timers, jobs,
 * conversations, handles, transactions) dies here in a fixed order; what belongs to its machine
 * (disk, kv) is told which death it was.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/world.h"

enum {
	FIRST_UPTIME_MIN_MS = 60 * 1000, /* of a machine that was up before the run began */
	FIRST_UPTIME_MAX_MS = 1000 * 1000 * 1000,
	REBOOT_UPTIME_MIN_MS = 2000, /* of one that just came back from a power cut */
	REBOOT_UPTIME_MAX_MS = 60 * 1000,
};

#define WALL_START_MS INT64_C(1700000000000)

/* FNV-1a: a host's own randomness comes from the seed and its name, whichever other hosts there
 * are. */
static uint64_t name_seed(const struct sim *sim, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325u ^ sim->options.seed;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
	return hash;
}

static void add_to_world(struct sim *sim, struct sim_host *host)
{
	host->index = (unsigned)sim->hosts_count;
	sim->hosts = sim_realloc(sim->hosts, (sim->hosts_count + 1) * sizeof(struct sim_host *));
	sim->hosts[sim->hosts_count++] = host;
	HASH_ADD_STR(sim->by_name, name, host);
}

struct sim_host *sim_host_create(struct sim *sim, const char *name)
{
	struct sim_host *host = sim_alloc(sizeof(*host));
	uint64_t seed = name_seed(sim, name);

	assert(strlen(name) < sizeof(host->name) && !strchr(name, ':'));
	assert(!sim_host_find(sim, name, strlen(name)));
	strcpy(host->name, name);
	host->sim = sim;
	host->io = (struct io){
	        .ops = &sim_io_ops, .disk = &sim_disk_ops, .net = &sim_net_ops, .ctx = host};
	sim_rng_seed(&host->rng, seed);
	sim_rng_seed(&host->work_rng, seed + 1);
	host->disk = sim_disk_create(host, seed + 2);
	host->boot_us = sim->now_us;
	host->mono_base_ms =
	        sim_rng_between(&host->work_rng, FIRST_UPTIME_MIN_MS, FIRST_UPTIME_MAX_MS);
	host->wall_base_ms = WALL_START_MS;
	add_to_world(sim, host);
	return host;
}

struct io *sim_host_io(struct sim_host *host)
{
	return &host->io;
}

struct sim_host *sim_host_find(struct sim *sim, const char *name, size_t name_size)
{
	struct sim_host *host;

	HASH_FIND(hh, sim->by_name, name, name_size, host);
	return host;
}

void sim_host_free(struct sim_host *host)
{
	host->state = SIM_HOST_OFF;
	sim_timers_free(host);
	sim_jobs_die(host);
	sim_kv_free(host->kv);
	sim_disk_destroy(host->disk);
	free(host->held.events);
	free(host);
}

/* ---- events of a paused host ---- */

void sim_host_hold(struct sim_host *host, struct sim_event *event)
{
	struct sim_held *held = &host->held;

	if (held->count == held->capacity) {
		held->capacity = held->capacity ? 2 * held->capacity : 16;
		held->events = sim_realloc(held->events, held->capacity * sizeof(*held->events));
	}
	held->events[held->count++] = event;
	event->held_place = held->count;
}

void sim_host_unhold(struct sim_host *host, struct sim_event *event)
{
	assert(host->held.events[event->held_place - 1] == event);
	host->held.events[event->held_place - 1] = NULL;
	event->held_place = 0;
}

/* What waited comes in the order in which it would have come. */
static void release_held(struct sim_host *host)
{
	for (size_t i = 0; i < host->held.count; i++) {
		struct sim_event *event = host->held.events[i];

		if (!event)
			continue;
		event->held_place = 0;
		sim_queue_add(&host->sim->queue, event, host->sim->now_us);
	}
	host->held.count = 0;
}

/* ---- death and return ---- */

static void process_dies(struct sim_host *host, enum sim_host_state state)
{
	assert(sim_host_up(host));
	host->state = state;
	host->life++;
	sim_timers_die(host);
	sim_jobs_die(host);
	sim_net_host_dies(host, state == SIM_HOST_OFF, host->silent);
	host->paused = false;
	release_held(host); /* what is left is others': who were connecting to it */
	sim_disk_close_all(host->disk);
	if (host->kv)
		sim_kv_die(host->kv);
}

void sim_host_crash(struct sim_host *host, bool silent)
{
	if (host->state == SIM_HOST_OFF)
		return;
	sim_say(host->sim, "%s power cut%s", host->name, silent ? " (silent)" : "");
	host->silent = silent;
	if (sim_host_up(host))
		process_dies(host, SIM_HOST_OFF);
	host->state = SIM_HOST_OFF;
	sim_disk_power_cut(host->disk);
}

void sim_host_kill(struct sim_host *host)
{
	if (!sim_host_up(host))
		return;
	sim_say(host->sim, "%s killed", host->name);
	host->silent = false;
	process_dies(host, SIM_HOST_KILLED);
}

void sim_host_restart(struct sim_host *host)
{
	assert(!sim_host_up(host));
	sim_say(host->sim, "%s restarts", host->name);
	if (host->state == SIM_HOST_OFF) {
		host->boot_us = host->sim->now_us;
		host->mono_base_ms = sim_rng_between(
		        &host->work_rng, REBOOT_UPTIME_MIN_MS, REBOOT_UPTIME_MAX_MS);
	}
	memset(host->lane_free_us, 0, sizeof(host->lane_free_us));
	host->silent = false;
	host->state = SIM_HOST_UP;
	sim_net_host_restarts(host);
}

bool sim_host_crashed(const struct sim_host *host)
{
	return !sim_host_up(host);
}

void sim_host_wall_step(struct sim_host *host, int64_t step_ms)
{
	sim_say(host->sim, "%s wall clock steps by %lld ms", host->name, (long long)step_ms);
	host->wall_base_ms += step_ms;
}

/* ---- pause ---- */

void sim_host_pause(struct sim_host *host, bool paused)
{
	if (!sim_host_up(host) || host->paused == paused)
		return;
	sim_say(host->sim, "%s %s", host->name, paused ? "paused" : "goes on");
	host->paused = paused;
	if (!paused)
		release_held(host);
	sim_net_host_pauses(host);
}
