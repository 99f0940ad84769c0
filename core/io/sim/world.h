/* SPDX-License-Identifier: MIT */
#ifndef IO_SIM_WORLD_H
#define IO_SIM_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>
#include "io/sim/sim.h"

/*
 * What the files of this folder share: the queue of events, the random numbers, the world and its
 * hosts. Nobody outside includes this header.
 */

#define SIM_CONTAINER(pointer, type, member)                                                       \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Zeroed memory; a world that runs out of it ends the test (see README: out of memory). */
void *sim_alloc(size_t size);
void *sim_realloc(void *old, size_t size);
char *sim_strdup(const char *text);

/* ---- random numbers: xoshiro256**, one stream per purpose
 * ------------------------------------------------------ */

struct sim_rng {
	uint64_t state[4];
};

void sim_rng_seed(struct sim_rng *rng, uint64_t seed);
uint64_t sim_rng_next(struct sim_rng *rng);
uint64_t sim_rng_below(struct sim_rng *rng, uint64_t bound); /* 0..bound-1; bound > 0 */
uint64_t sim_rng_between(struct sim_rng *rng, uint64_t low, uint64_t high); /* both included */
bool sim_rng_percent(struct sim_rng *rng, unsigned percent);
void sim_rng_bytes(struct sim_rng *rng, void *ret_bytes, size_t size);

/* ---- events: embedded in what they move, ordered by (time, order of being added) ---- */

struct sim_event {
	uint64_t at_us;
	uint64_t order;
	void (*fire)(struct sim_event *event);
	struct sim_host *host; /* it waits while this host is paused; NULL: the world's own */
	size_t heap_place;     /* index + 1 in the queue; 0: not in it */
	size_t held_place;     /* index + 1 among the paused host's held events; 0: not there */
};

struct sim_queue {
	struct sim_event **heap;
	size_t count, capacity;
	uint64_t next_order;
};

void sim_queue_fini(struct sim_queue *queue);
void sim_queue_add(struct sim_queue *queue, struct sim_event *event, uint64_t at_us);
void sim_queue_remove(struct sim_queue *queue, struct sim_event *event);
struct sim_event *sim_queue_first(const struct sim_queue *queue); /* NULL when empty */

/* ---- the world ---- */

struct sim {
	struct sim_options options;
	uint64_t now_us;
	uint64_t events;
	struct sim_queue queue;
	struct sim_rng rng;      /* the network's, and the seeds of the hosts' own */
	struct sim_host **hosts; /* as they were created */
	size_t hosts_count;
	struct sim_host *by_name;
	struct sim_net *net;
	void (*trace)(void *arg, const char *text);
	void *trace_arg;
};

/* Set (or move) an event `delay_us` from now; it belongs to `host` or, NULL, to the world. */
void sim_event_set(
        struct sim *sim, struct sim_event *event, struct sim_host *host, uint64_t delay_us);
void sim_event_cancel(struct sim *sim, struct sim_event *event);
bool sim_event_pending(const struct sim_event *event);
/* One line of the trace, after the time. */
void sim_say(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct sim_host *sim_host_find(struct sim *sim, const char *name, size_t name_size);

/* ---- hosts ---- */

enum { SIM_HOST_NAME_MAX = 64, SIM_POOL_WORKERS = 4, SIM_LANES = 4 };

enum sim_host_state {
	SIM_HOST_UP,
	SIM_HOST_KILLED, /* the process is gone, the machine and its page cache live */
	SIM_HOST_OFF,    /* power cut */
};

struct sim_held {
	struct sim_event **events; /* NULL where one was cancelled */
	size_t count, capacity;
};

struct sim_host {
	struct io io;
	struct sim *sim;
	char name[SIM_HOST_NAME_MAX];
	unsigned index; /* in sim->hosts */
	UT_hash_handle hh;
	enum sim_host_state state;
	bool silent; /* crashed so that nobody hears of it */
	bool paused;
	uint64_t life;    /* raised when its process ends: what belongs to an earlier one is dead */
	uint64_t boot_us; /* when the machine came up, for mono_ms */
	uint64_t mono_base_ms;
	int64_t wall_base_ms;
	struct sim_rng rng; /* what the process draws (io_random) */
	struct sim_held held;
	struct io_timer *timers;
	struct sim_job *jobs;
	uint64_t lane_free_us[SIM_LANES][SIM_POOL_WORKERS];
	struct sim_rng work_rng;
	struct sim_disk *disk;
	struct sim_kv *kv;
	struct sim_end *ends; /* of conversations, that its process has */
	struct sim_end
	        *dead_ends; /* that an earlier process had; their owners have yet to let go */
	struct io_server *servers; /* what it listens on, and what earlier processes did */
};

static inline bool sim_host_up(const struct sim_host *host)
{
	return host->state == SIM_HOST_UP;
}

/* Events of a paused host wait, in order. */
void sim_host_hold(struct sim_host *host, struct sim_event *event);
void sim_host_unhold(struct sim_host *host, struct sim_event *event);
void sim_host_free(struct sim_host *host);

/* Timers and workers. */
extern const struct io_ops sim_io_ops;
void sim_timers_die(struct sim_host *host);
void sim_timers_free(struct sim_host *host);
void sim_jobs_die(struct sim_host *host);

/* The disk. */
extern const struct io_disk_ops sim_disk_ops;
struct sim_disk *sim_disk_create(struct sim_host *host, uint64_t seed);
void sim_disk_destroy(struct sim_disk *disk);
void sim_disk_close_all(struct sim_disk *disk); /* the process ended: its handles and locks go */
void sim_disk_power_cut(struct sim_disk *disk); /* what was not synced survives, tears or is lost */

/*
 * Every operation on the disk passes this gate, the KV's commit too: faults are counted here.
 * GO: do it, then `sim_disk_leave`. FAIL: it fails with EIO. OFF: the host is down, or went down
 * now.
 */
enum sim_gate { SIM_GATE_GO, SIM_GATE_FAIL, SIM_GATE_OFF };
enum sim_gate sim_disk_enter(struct sim_host *host, const char *what, const char *path);
int64_t sim_disk_leave(
        struct sim_host *host, int64_t result); /* -EIO where the power went during it */
struct sim_rng *sim_disk_rng(struct sim_host *host);

/* The network. */
extern const struct io_net_ops sim_net_ops;
struct sim_net *sim_net_create(void);
void sim_net_destroy(struct sim_net *net);
void sim_net_host_dies(struct sim_host *host, bool power_cut, bool silent);
void sim_net_host_pauses(struct sim_host *host); /* or goes on */
void sim_net_host_restarts(struct sim_host *host);
void sim_net_host_free(struct sim_host *host);

/* The KV. */
void sim_kv_die(struct sim_kv *kv);
void sim_kv_free(struct sim_kv *kv);

#endif
