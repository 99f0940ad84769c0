/* SPDX-License-Identifier: MIT */
/*
 * Worker threads: two lists under one lock. `submit` fills the first, a thread takes its head, runs
 * it and puts it at the tail of the second, which the loop empties. With one thread jobs run in the
 * order of submission.
 */
#include "io/real.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct jobs {
	struct io_work *first, **last;
};

struct io_pool {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct jobs queued, ran;
	unsigned queued_count;
	unsigned threads_max, threads_made, threads_idle;
	bool ending;
	void (*wake)(void *arg);
	void *arg;
	uint64_t slow_ms, slow_at_ms; /* the slowest job of late, and when it ended */
	struct thread {
		pthread_t thread;
		struct io_pool *pool;
		uint64_t began_ms; /* its job; 0: none */
	} threads[];
};

static void *worker(void *arg);
static void job_begin(struct thread *thread);
static void job_end(struct thread *thread);
static void thread_make(struct io_pool *pool);
static void run_here(struct io_pool *pool, struct io_work *work);
static void ran_add(struct io_pool *pool, struct io_work *work);
static void jobs_init(struct jobs *jobs);
static void jobs_push(struct jobs *jobs, struct io_work *work);
static struct io_work *jobs_pop(struct jobs *jobs);

struct io_pool *io_pool_create(unsigned threads, void (*wake)(void *arg), void *arg)
{
	struct io_pool *pool = calloc(1, sizeof(*pool) + threads * sizeof(pool->threads[0]));

	assert(threads > 0);
	if (!pool)
		return NULL;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->filled, NULL);
	jobs_init(&pool->queued);
	jobs_init(&pool->ran);
	pool->threads_max = threads;
	pool->wake = wake;
	pool->arg = arg;
	return pool;
}

void io_pool_destroy(struct io_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	pthread_cond_broadcast(&pool->filled);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->threads_made; i++)
		pthread_join(pool->threads[i].thread, NULL);
	assert(!pool->queued.first);
	pthread_cond_destroy(&pool->filled);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

void io_pool_submit(struct io_pool *pool, struct io_work *work)
{
	assert(work->run && work->done);
	pthread_mutex_lock(&pool->lock);
	if (pool->queued_count >= pool->threads_idle && pool->threads_made < pool->threads_max)
		thread_make(pool);
	if (pool->threads_made == 0) {
		pthread_mutex_unlock(&pool->lock);
		run_here(pool, work);
		return;
	}
	jobs_push(&pool->queued, work);
	pool->queued_count++;
	pthread_cond_signal(&pool->filled);
	pthread_mutex_unlock(&pool->lock);
}

void io_pool_drain(struct io_pool *pool)
{
	struct jobs ran;
	struct io_work *work;

	/* What `done` submits and what ends meanwhile wakes the loop anew: one list, then back to
	 * the loop. */
	pthread_mutex_lock(&pool->lock);
	ran = pool->ran;
	if (!ran.first)
		ran.last = &ran.first;
	jobs_init(&pool->ran);
	pthread_mutex_unlock(&pool->lock);
	while ((work = jobs_pop(&ran)))
		work->done(work);
}

uint64_t io_pool_slowest_ms(struct io_pool *pool)
{
	uint64_t now = io_real_mono_ms(), slowest = 0;

	if (!pool)
		return 0;
	pthread_mutex_lock(&pool->lock);
	if (now - pool->slow_at_ms < IO_SLOW_KEPT_MS)
		slowest = pool->slow_ms;
	for (unsigned i = 0; i < pool->threads_made; i++) {
		uint64_t began = pool->threads[i].began_ms;

		if (began != 0 && now > began && now - began > slowest)
			slowest = now - began;
	}
	pthread_mutex_unlock(&pool->lock);
	return slowest;
}

static void *worker(void *arg)
{
	struct thread *thread = arg;
	struct io_pool *pool = thread->pool;
	struct io_work *work;

	pthread_setname_np(pthread_self(), "worker"); /* in top and perf */
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (!pool->queued.first && !pool->ending) {
			pool->threads_idle++;
			pthread_cond_wait(&pool->filled, &pool->lock);
			pool->threads_idle--;
		}
		work = jobs_pop(&pool->queued);
		if (!work)
			break;
		pool->queued_count--;
		job_begin(thread);
		pthread_mutex_unlock(&pool->lock);
		work->run(work);
		ran_add(pool, work);
		pthread_mutex_lock(&pool->lock);
		job_end(thread);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* Both with the lock held. */
static void job_begin(struct thread *thread)
{
	thread->began_ms = io_real_mono_ms();
}

static void job_end(struct thread *thread)
{
	struct io_pool *pool = thread->pool;
	uint64_t now = io_real_mono_ms(), took = now - thread->began_ms;

	thread->began_ms = 0;
	if (took >= pool->slow_ms || now - pool->slow_at_ms >= IO_SLOW_KEPT_MS) {
		pool->slow_ms = took;
		pool->slow_at_ms = now;
	}
}

/* With the lock held. Signals are the loop's. */
static void thread_make(struct io_pool *pool)
{
	struct thread *thread = &pool->threads[pool->threads_made];
	sigset_t all, before;

	thread->pool = pool;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread->thread, NULL, worker, thread) == 0)
		pool->threads_made++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* No thread can be had: late is better than never. */
static void run_here(struct io_pool *pool, struct io_work *work)
{
	work->run(work);
	ran_add(pool, work);
}

static void ran_add(struct io_pool *pool, struct io_work *work)
{
	bool first;

	pthread_mutex_lock(&pool->lock);
	first = !pool->ran.first;
	jobs_push(&pool->ran, work);
	pthread_mutex_unlock(&pool->lock);
	if (first)
		pool->wake(pool->arg);
}

static void jobs_init(struct jobs *jobs)
{
	jobs->first = NULL;
	jobs->last = &jobs->first;
}

static void jobs_push(struct jobs *jobs, struct io_work *work)
{
	work->next = NULL;
	*jobs->last = work;
	jobs->last = &work->next;
}

static struct io_work *jobs_pop(struct jobs *jobs)
{
	struct io_work *work = jobs->first;

	if (!work)
		return NULL;
	jobs->first = work->next;
	if (!jobs->first)
		jobs->last = &jobs->first;
	work->next = NULL;
	return work;
}
