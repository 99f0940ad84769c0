/* SPDX-License-Identifier: MIT */
/* A loop turned by hand over the real disk and real workers. */
#include "rig_real.h"

#include <assert.h>
#include <ftw.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "io/disk.h"
#include "io/real.h"

struct io_timer {
	struct io_timer *next;
	void (*fired)(void *arg);
	void *arg;
	bool set;
	uint64_t at_ms;
};

struct rig_real {
	struct io io;
	struct io_pool *pool;
	struct io_timer *timers;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	bool wake;
	char dir[64];
};

static uint64_t mono_ms(void *ctx)
{
	return io_real_mono_ms();
}

static int64_t wall_ms(void *ctx)
{
	return io_real_wall_ms();
}

static void random_bytes(void *ctx, void *ret_bytes, size_t size)
{
	io_real_random(ret_bytes, size);
}

static struct io_timer *timer_create_op(void *ctx, void (*fired)(void *arg), void *arg)
{
	struct rig_real *real = ctx;
	struct io_timer *timer = calloc(1, sizeof(*timer));

	assert(timer);
	timer->fired = fired;
	timer->arg = arg;
	timer->next = real->timers;
	real->timers = timer;
	return timer;
}

static void timer_set(void *ctx, struct io_timer *timer, uint64_t delay_ms)
{
	timer->set = true;
	timer->at_ms = io_real_mono_ms() + delay_ms;
}

static void timer_cancel(void *ctx, struct io_timer *timer)
{
	timer->set = false;
}

static void timer_destroy(void *ctx, struct io_timer *timer)
{
	struct rig_real *real = ctx;
	struct io_timer **at = &real->timers;

	while (*at != timer)
		at = &(*at)->next;
	*at = timer->next;
	free(timer);
}

static void work(void *ctx, struct io_work *job)
{
	struct rig_real *real = ctx;

	io_pool_submit(real->pool, job);
}

static const struct io_ops ops = {
        mono_ms,
        wall_ms,
        random_bytes,
        timer_create_op,
        timer_set,
        timer_cancel,
        timer_destroy,
        work,
};

static void wake(void *arg)
{
	struct rig_real *real = arg;

	pthread_mutex_lock(&real->lock);
	real->wake = true;
	pthread_cond_signal(&real->woken);
	pthread_mutex_unlock(&real->lock);
}

struct rig_real *rig_real_create(char *ret_dir, size_t size)
{
	struct rig_real *real = calloc(1, sizeof(*real));
	const char *tmp = getenv("TMPDIR");

	assert(real);
	snprintf(real->dir, sizeof(real->dir), "%s/store-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(real->dir))
		abort();
	snprintf(ret_dir, size, "%s/a", real->dir);
	pthread_mutex_init(&real->lock, NULL);
	pthread_cond_init(&real->woken, NULL);
	real->pool = io_pool_create(4, wake, real);
	real->io = (struct io){.ops = &ops, .disk = &io_disk_real, .ctx = real};
	return real;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

void rig_real_destroy(struct rig_real *real)
{
	io_pool_destroy(real->pool);
	nftw(real->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	while (real->timers)
		timer_destroy(real, real->timers);
	free(real);
}

struct io *rig_real_io(struct rig_real *real)
{
	return &real->io;
}

static bool fire(struct rig_real *real)
{
	uint64_t now = io_real_mono_ms();

	for (struct io_timer *timer = real->timers; timer; timer = timer->next)
		if (timer->set && timer->at_ms <= now) {
			timer->set = false;
			timer->fired(timer->arg);
			return true;
		}
	return false;
}

void rig_real_step(struct rig_real *real)
{
	struct timespec until;
	bool woken;

	if (fire(real))
		return;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 2000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_mutex_lock(&real->lock);
	if (!real->wake)
		pthread_cond_timedwait(&real->woken, &real->lock, &until);
	woken = real->wake;
	real->wake = false;
	pthread_mutex_unlock(&real->lock);
	if (woken)
		io_pool_drain(real->pool);
}
