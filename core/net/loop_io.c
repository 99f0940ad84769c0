/* SPDX-License-Identifier: MIT */
/* The loop as the house sees it: struct io_ops, and the workers behind it. */
#include "net/loop_private.h"

enum { DISK_WORKERS = 4, CACHE_WORKERS = 2 };

void loop_drain(struct loop *loop)
{
	if (loop->meta_pool)
		io_pool_drain(loop->meta_pool);
	if (loop->disk_pool)
		io_pool_drain(loop->disk_pool);
	if (loop->cache_pool)
		io_pool_drain(loop->cache_pool);
}

uint64_t loop_disk_ms(const struct loop *loop)
{
	uint64_t disk = io_pool_slowest_ms(__atomic_load_n(&loop->disk_pool, __ATOMIC_ACQUIRE));
	uint64_t cache = io_pool_slowest_ms(__atomic_load_n(&loop->cache_pool, __ATOMIC_ACQUIRE));

	return disk > cache ? disk : cache;
}

static uint64_t op_mono_ms(void *ctx)
{
	(void)ctx;
	return io_real_mono_ms();
}

static int64_t op_wall_ms(void *ctx)
{
	(void)ctx;
	return io_real_wall_ms();
}

static void op_random(void *ctx, void *ret_bytes, size_t size)
{
	(void)ctx;
	io_real_random(ret_bytes, size);
}

static struct io_timer *op_timer_create(void *ctx, void (*fired)(void *arg), void *arg)
{
	struct loop *loop = ctx;

	return timers_create(&loop->timers, fired, arg);
}

static void op_timer_set(void *ctx, struct io_timer *timer, uint64_t delay_ms)
{
	struct loop *loop = ctx;

	timers_set(&loop->timers, timer, loop_now_ms() + delay_ms);
}

static void op_timer_cancel(void *ctx, struct io_timer *timer)
{
	struct loop *loop = ctx;

	timers_cancel(&loop->timers, timer);
}

static void op_timer_destroy(void *ctx, struct io_timer *timer)
{
	struct loop *loop = ctx;

	timers_destroy(&loop->timers, timer);
}

/* On a worker's thread. */
static void work_ran(void *arg)
{
	struct loop *loop = arg;

	lws_cancel_service(loop->context);
}

/* META has one thread, so that its jobs run in their order. */
static unsigned threads_of(const struct loop *loop, enum io_lane lane)
{
	unsigned asked = loop->options.disk_workers;

	if (lane == IO_LANE_META)
		return 1;
	if (lane == IO_LANE_CACHE)
		return loop->options.server ? CACHE_WORKERS : 1;
	if (asked > 0)
		return asked;
	return loop->options.server ? DISK_WORKERS : 1;
}

/* Made at first use: many a client never needs one. */
static struct io_pool *pool_of(struct loop *loop, enum io_lane lane)
{
	struct io_pool **pool = lane == IO_LANE_META    ? &loop->meta_pool
	                        : lane == IO_LANE_CACHE ? &loop->cache_pool
	                                                : &loop->disk_pool;

	if (!*pool)
		__atomic_store_n(pool, io_pool_create(threads_of(loop, lane), work_ran, loop),
		        __ATOMIC_RELEASE);
	return *pool;
}

/* Without memory for a pool the job runs here: late is better than never. */
static void op_work(void *ctx, struct io_work *work)
{
	struct loop *loop = ctx;
	struct io_pool *pool = pool_of(loop, work->lane);

	if (pool) {
		io_pool_submit(pool, work);
		return;
	}
	work->run(work);
	work->done(work);
}

const struct io_ops loop_ops = {
        .mono_ms = op_mono_ms,
        .wall_ms = op_wall_ms,
        .random = op_random,
        .timer_create = op_timer_create,
        .timer_set = op_timer_set,
        .timer_cancel = op_timer_cancel,
        .timer_destroy = op_timer_destroy,
        .work = op_work,
};
