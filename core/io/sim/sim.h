/* SPDX-License-Identifier: MIT */
#ifndef IO_SIM_SIM_H
#define IO_SIM_SIM_H

#include <stdbool.h>
#include "io/disk.h"
#include "io/io.h"
#include "io/kv.h"
#include "io/net.h"

/*
 * The simulated world: many hosts in one process, one queue of events, one seed. The same seed
 * gives the same run, to the byte. Nothing happens outside sim_step: a callback is an event with a
 * time. Time passes only between events.
 */
struct sim;
struct sim_host;

struct sim_options {
	uint64_t seed;
	uint64_t latency_min_us, latency_max_us; /* of a message; 0,0: 50..500 */
	uint64_t disk_min_us, disk_max_us;       /* of a worker's job; 0,0: 50..2,000 */
	uint64_t bytes_per_ms;                   /* of a link, for bodies; 0: 100,000 (100 MB/s) */
};

struct sim *sim_create(const struct sim_options *options);
void sim_destroy(struct sim *sim);
/* The next event; false when none is left. */
bool sim_step(struct sim *sim);
/* Steps until *flag, or `limit_ms` of simulated time passed (false). */
bool sim_run_until(struct sim *sim, const bool *flag, uint64_t limit_ms);
void sim_run_for(struct sim *sim, uint64_t ms);
uint64_t sim_now_ms(const struct sim *sim);
uint64_t sim_events(const struct sim *sim);

/*
 * A host: an `io`, a disk that survives crashes, and an address by its name ("node1:7071" reaches
 * host "node1"). Clocks differ: each host's io_mono_ms begins somewhere of its own, and anew after
 * a power cut; io_wall_ms begins at 1,700,000,000,000 everywhere, until sim_host_wall_step.
 */
struct sim_host *sim_host_create(struct sim *sim, const char *name);
struct io *sim_host_io(struct sim_host *host);
/*
 * Power cut: timers, jobs and conversations of the host are gone without any callback; peers see
 * `closed` after a delay, or silence (`silent`: channels break when their probes go unanswered,
 * after 20 to 30 s; exchanges when their patience ends, see README.md). Its files keep what was
 * synced and, by chance, parts of what was not (torn, lost, reordered by 4 KiB pages); its kv keeps
 * what was committed. May be called anywhere, also from a callback of the host.
 *
 * The owner then frees its objects: on a crashed host, and for objects from before a restart,
 * destroyers only free and other calls do nothing. What nobody frees the world frees.
 */
void sim_host_crash(struct sim_host *host, bool silent);
/* kill -9: as a crash, but what was written stays (the page cache lives). */
void sim_host_kill(struct sim_host *host);
void sim_host_restart(struct sim_host *host); /* the io works again, nothing runs on it yet */

/* ---- faults ---- */

/* io_wall_ms jumps, as when someone sets the clock. */
void sim_host_wall_step(struct sim_host *host, int64_t step_ms);
/* SIGSTOP: its events wait, its kernel goes on. */
void sim_host_pause(struct sim_host *host, bool paused);
/* Both ways: traffic waits; after 20 s connections break, connecting fails in 5 s. */
void sim_partition(struct sim *sim, struct sim_host *a, struct sim_host *b, bool cut);
/* Each connection between them is reset; what was under way on it is lost. */
void sim_drop_connections(struct sim *sim, struct sim_host *a, struct sim_host *b);

/* ENOSPC past it. Before the first call: 1 TiB. */
void sim_disk_capacity(struct sim_host *host, uint64_t bytes);
/* The Nth disk operation from now gives EIO, once; 0: none does. A failed fdatasync has lost bytes
 * (RULES 31). */
void sim_disk_fail_after(struct sim_host *host, uint64_t operations);
/* Power cut at the Nth disk operation from now, before or after it is done; 0: none. */
void sim_disk_crash_after(struct sim_host *host, uint64_t operations);
/* A disk that lies: fdatasync and fsync_dir answer 0, and a power cut treats what they were for as not
 * synced. */
void sim_disk_lies(struct sim_host *host, bool lies);
/* Flip one bit of a stored file: bit N is of byte N / 8. 0, -ENOENT, -EISDIR, -ERANGE (past the
 * end). */
int sim_disk_flip(struct sim_host *host, const char *path, uint64_t bit);

bool sim_host_crashed(const struct sim_host *host); /* or killed, and not restarted yet */
/* Every call of io/disk.h that may fail counts as one, but for space and size; so does a commit of
 * the host's kv. */
uint64_t sim_disk_operations(const struct sim_host *host);

/* ---- the ordered KV ---- */

/*
 * The host's, made at first use; it lives as long as the host, through crashes. A commit that
 * returned 0 is durable; one that a fault of the disk hits is stored or not, and the store answers
 * DFS_E_IO until the process ends (RULES 18).
 */
struct kv *sim_host_kv(struct sim_host *host);
/* DFS_E_NOSPC for puts that take keys and values past it. */
void sim_kv_capacity(struct kv *kv, uint64_t bytes);
/*
 * Stores that belong to no host: they know no crash, and `close` frees them. A clone begins with
 * what `kv` has committed; sim_kv_open_copy reads back what `kv->ops->copy` wrote on that host's
 * disk: 0, DFS_E_NOENT, DFS_E_IO, DFS_E_CORRUPT.
 */
struct kv *sim_kv_clone(struct kv *kv);
int sim_kv_open_copy(struct kv **ret, struct sim_host *host, const char *path);

/* ---- the trace ---- */

/*
 * The trace: a line for each message, exchange, fault and whatever sim_note adds, with the
 * simulated time. Golden traces are compared as text.
 */
void sim_trace(struct sim *sim, void (*line)(void *arg, const char *text), void *arg);
void sim_note(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
