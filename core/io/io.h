/* SPDX-License-Identifier: MIT */
#ifndef IO_IO_H
#define IO_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The door: everything an engine may know of the world outside it.
 *
 * One `struct io` is one process's world: a clock, randomness, timers, workers, a disk and a network. The real one
 * is assembled in `net` (its loop is libwebsockets'); the simulated one in `io/sim` runs a whole cluster in one
 * process from a seed. Engines, clients and roles see only this.
 *
 * Loop    every callback of one `io` runs on one loop, never concurrently; `io_work.run` alone runs elsewhere.
 * Time    milliseconds. `io_mono_ms` counts through suspend (CLOCK_BOOTTIME) and never steps; `io_wall_ms` may.
 */
struct io_disk_ops;
struct io_net_ops;
struct io_timer;

/*
 * Which worker runs a job. META is one thread, in order of submission; DISK and BULK are pools. CACHE is for short jobs
 * that move bytes to and from the page cache: they wait for no sync of others.
 */
enum io_lane { IO_LANE_META, IO_LANE_DISK, IO_LANE_BULK, IO_LANE_CACHE };

/*
 * Blocking work. The caller owns the memory and leaves it alone from submit until `done`.
 * `run` runs on a worker and touches only what hangs on the job; `done` runs on the loop.
 */
struct io_work {
	void (*run)(struct io_work *work);
	void (*done)(struct io_work *work);
	enum io_lane lane;
	struct io_work *next; /* the implementation's */
};

struct io_ops {
	uint64_t (*mono_ms)(void *ctx);
	int64_t (*wall_ms)(void *ctx);
	void (*random)(void *ctx, void *ret_bytes, size_t size);
	struct io_timer *(*timer_create)(void *ctx, void (*fired)(void *arg), void *arg);
	void (*timer_set)(void *ctx, struct io_timer *timer, uint64_t delay_ms);
	void (*timer_cancel)(void *ctx, struct io_timer *timer);
	void (*timer_destroy)(void *ctx, struct io_timer *timer);
	void (*work)(void *ctx, struct io_work *work);
};

struct io {
	const struct io_ops *ops;
	const struct io_disk_ops *disk; /* disk.h; NULL for a client without one */
	const struct io_net_ops *net;   /* net.h */
	void *ctx;                      /* first argument of all of them */
};

static inline uint64_t io_mono_ms(struct io *io)
{
	return io->ops->mono_ms(io->ctx);
}

static inline int64_t io_wall_ms(struct io *io)
{
	return io->ops->wall_ms(io->ctx);
}

static inline void io_random(struct io *io, void *ret_bytes, size_t size)
{
	io->ops->random(io->ctx, ret_bytes, size);
}

static inline uint64_t io_random_u64(struct io *io)
{
	uint64_t value;

	io_random(io, &value, sizeof(value));
	return value;
}

/* A one-shot timer, not yet running; NULL when memory is out. `fired` may set it again. */
static inline struct io_timer *io_timer_create(struct io *io, void (*fired)(void *arg), void *arg)
{
	return io->ops->timer_create(io->ctx, fired, arg);
}

/* Fire once, `delay_ms` from now; replaces an earlier setting. */
static inline void io_timer_set(struct io *io, struct io_timer *timer, uint64_t delay_ms)
{
	io->ops->timer_set(io->ctx, timer, delay_ms);
}

static inline void io_timer_cancel(struct io *io, struct io_timer *timer)
{
	io->ops->timer_cancel(io->ctx, timer);
}

/* Takes NULL. After it `fired` is not called. */
static inline void io_timer_destroy(struct io *io, struct io_timer *timer)
{
	if (timer)
		io->ops->timer_destroy(io->ctx, timer);
}

static inline void io_work_submit(struct io *io, struct io_work *work)
{
	io->ops->work(io->ctx, work);
}

#endif
