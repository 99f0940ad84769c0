/* SPDX-License-Identifier: MIT */
/* Worker threads of io/real.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include "io/real.h"

enum { JOBS = 1000 };

struct loop {
	sem_t wakes;
	struct io_pool *pool;
	int done;
	int order[JOBS];
};

struct job {
	struct io_work work;
	struct loop *loop;
	int number;
	pthread_t ran_on;
	struct job *again; /* submitted by `done` */
};

static void wake(void *arg)
{
	struct loop *loop = arg;

	sem_post(&loop->wakes);
}

static void run(struct io_work *work)
{
	struct job *job = (struct job *)work;

	job->ran_on = pthread_self();
}

static void done(struct io_work *work)
{
	struct job *job = (struct job *)work;

	job->loop->order[job->loop->done++] = job->number;
	if (job->again)
		io_pool_submit(job->loop->pool, &job->again->work);
}

static void loop_init(struct loop *loop, unsigned threads)
{
	memset(loop, 0, sizeof(*loop));
	sem_init(&loop->wakes, 0, 0);
	loop->pool = io_pool_create(threads, wake, loop);
	assert_non_null(loop->pool);
}

static void loop_until(struct loop *loop, int count)
{
	while (loop->done < count) {
		sem_wait(&loop->wakes);
		io_pool_drain(loop->pool);
	}
}

static struct job jobs_of(struct loop *loop, int number)
{
	return (struct job){.work = {.run = run, .done = done}, .loop = loop, .number = number};
}

static void one_thread_keeps_the_order(void **state)
{
	static struct job jobs[JOBS];
	struct loop loop;

	loop_init(&loop, 1);
	for (int i = 0; i < JOBS; i++) {
		jobs[i] = jobs_of(&loop, i);
		io_pool_submit(loop.pool, &jobs[i].work);
	}
	loop_until(&loop, JOBS);
	for (int i = 0; i < JOBS; i++) {
		assert_int_equal(loop.order[i], i);
		assert_false(pthread_equal(jobs[i].ran_on, pthread_self()));
	}
	io_pool_destroy(loop.pool);
}

static void many_threads_run_all(void **state)
{
	static struct job jobs[JOBS];
	struct loop loop;
	int seen[JOBS] = {0};

	loop_init(&loop, 8);
	for (int i = 0; i < JOBS; i++) {
		jobs[i] = jobs_of(&loop, i);
		io_pool_submit(loop.pool, &jobs[i].work);
	}
	loop_until(&loop, JOBS);
	for (int i = 0; i < JOBS; i++)
		seen[loop.order[i]]++;
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(seen[i], 1);
	io_pool_destroy(loop.pool);
}

struct meeting {
	struct io_work work;
	pthread_barrier_t *barrier;
	struct loop *loop;
};

static void meet(struct io_work *work)
{
	pthread_barrier_wait(((struct meeting *)work)->barrier);
}

static void met(struct io_work *work)
{
	((struct meeting *)work)->loop->done++;
}

/* Were there one thread less than asked for, this would not end. */
static void blocked_jobs_do_not_hold_up_others(void **state)
{
	enum { THREADS = 4 };
	pthread_barrier_t barrier;
	struct meeting jobs[THREADS];
	struct loop loop;

	loop_init(&loop, THREADS);
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (int i = 0; i < THREADS; i++) {
		jobs[i] = (struct meeting){{.run = meet, .done = met}, &barrier, &loop};
		io_pool_submit(loop.pool, &jobs[i].work);
	}
	loop_until(&loop, THREADS);
	pthread_barrier_destroy(&barrier);
	io_pool_destroy(loop.pool);
}

/* A job that waits for its gate, as one that waits for a disk. */
struct gated {
	struct io_work work;
	sem_t began, gate;
	struct loop *loop;
};

static void run_gated(struct io_work *work)
{
	struct gated *job = (struct gated *)work;

	sem_post(&job->began);
	sem_wait(&job->gate);
}

static void done_gated(struct io_work *work)
{
	((struct gated *)work)->loop->done++;
}

static void a_job_that_hangs_shows_while_it_does_and_after(void **state)
{
	struct gated job = {.work = {.run = run_gated, .done = done_gated}};
	struct loop loop;
	uint64_t slowest, began;

	loop_init(&loop, 2);
	job.loop = &loop;
	sem_init(&job.began, 0, 0);
	sem_init(&job.gate, 0, 0);
	assert_int_equal(io_pool_slowest_ms(NULL), 0);
	assert_int_equal(io_pool_slowest_ms(loop.pool), 0);
	began = io_real_mono_ms();
	io_pool_submit(loop.pool, &job.work);
	sem_wait(&job.began);
	while ((slowest = io_pool_slowest_ms(loop.pool)) < 50)
		assert_true(io_real_mono_ms() < began + 30000);
	assert_true(slowest <= io_real_mono_ms() - began);
	sem_post(&job.gate);
	loop_until(&loop, 1);
	assert_true(io_pool_slowest_ms(loop.pool) >= slowest);
	io_pool_destroy(loop.pool);
	sem_destroy(&job.began);
	sem_destroy(&job.gate);
}

static void done_may_submit(void **state)
{
	struct loop loop;
	struct job first, second;

	loop_init(&loop, 1);
	first = jobs_of(&loop, 1);
	second = jobs_of(&loop, 2);
	first.again = &second;
	io_pool_submit(loop.pool, &first.work);
	loop_until(&loop, 2);
	assert_int_equal(loop.order[1], 2);
	io_pool_destroy(loop.pool);
}

static void destroy_runs_what_is_queued(void **state)
{
	static struct job jobs[JOBS];
	struct loop loop;

	loop_init(&loop, 2);
	for (int i = 0; i < JOBS; i++) {
		jobs[i] = jobs_of(&loop, i);
		jobs[i].ran_on = pthread_self();
		io_pool_submit(loop.pool, &jobs[i].work);
	}
	io_pool_destroy(loop.pool);
	for (int i = 0; i < JOBS; i++)
		assert_false(pthread_equal(jobs[i].ran_on, pthread_self()));
	assert_int_equal(loop.done, 0);
	io_pool_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(one_thread_keeps_the_order),
	        cmocka_unit_test(many_threads_run_all),
	        cmocka_unit_test(blocked_jobs_do_not_hold_up_others),
	        cmocka_unit_test(a_job_that_hangs_shows_while_it_does_and_after),
	        cmocka_unit_test(done_may_submit),
	        cmocka_unit_test(destroy_runs_what_is_queued),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
