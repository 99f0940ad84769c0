/* SPDX-License-Identifier: MIT */
/*
 * The plain half of a host's io: its clocks, its randomness, its timers and its workers.
 *
 * A dead timer (its host died) stays until its owner or the world frees it, so that destroyers are
 * safe after a crash.
 */
#include <assert.h>
#include <stdlib.h>
#include <utlist.h>
#include "io/sim/world.h"

static uint64_t mono_ms(void *ctx)
{
	struct sim_host *host = ctx;

	return host->mono_base_ms + (host->sim->now_us - host->boot_us) / 1000;
}

static int64_t wall_ms(void *ctx)
{
	struct sim_host *host = ctx;

	return host->wall_base_ms + (int64_t)(host->sim->now_us / 1000);
}

static void random_bytes(void *ctx, void *ret_bytes, size_t size)
{
	struct sim_host *host = ctx;

	sim_rng_bytes(&host->rng, ret_bytes, size);
}

/* ---- timers ---- */

struct io_timer {
	struct sim_event event;
	struct sim_host *host;
	uint64_t life; /* of the process that made it */
	void (*fired)(void *arg);
	void *arg;
	struct io_timer *prev, *next;
};

static void timer_fire(struct sim_event *event)
{
	struct io_timer *timer = SIM_CONTAINER(event, struct io_timer, event);

	timer->fired(timer->arg); /* may destroy the timer */
}

static struct io_timer *timer_create_(void *ctx, void (*fired)(void *arg), void *arg)
{
	struct sim_host *host = ctx;
	struct io_timer *timer = sim_alloc(sizeof(*timer));

	timer->event.fire = timer_fire;
	timer->host = host;
	timer->life = host->life;
	timer->fired = fired;
	timer->arg = arg;
	DL_APPEND(host->timers, timer);
	return timer;
}

static bool timer_alive(const struct io_timer *timer)
{
	return sim_host_up(timer->host) && timer->life == timer->host->life;
}

static void timer_set(void *ctx, struct io_timer *timer, uint64_t delay_ms)
{
	struct sim_host *host = ctx;
	uint64_t delay_us = delay_ms > UINT64_MAX / 1000 ? UINT64_MAX : delay_ms * 1000;

	assert(timer->host == host);
	if (timer_alive(timer))
		sim_event_set(host->sim, &timer->event, host, delay_us);
}

static void timer_cancel(void *ctx, struct io_timer *timer)
{
	sim_event_cancel(timer->host->sim, &timer->event);
}

static void timer_destroy(void *ctx, struct io_timer *timer)
{
	struct sim_host *host = ctx;

	assert(timer->host == host);
	sim_event_cancel(host->sim, &timer->event);
	DL_DELETE(host->timers, timer);
	free(timer);
}

void sim_timers_die(struct sim_host *host)
{
	struct io_timer *timer;

	DL_FOREACH (host->timers, timer)
		sim_event_cancel(host->sim, &timer->event);
}

void sim_timers_free(struct sim_host *host)
{
	while (host->timers)
		timer_destroy(host, host->timers);
}

/* ---- workers ---- */

/*
 * A job is two events: `run` somewhere within its delay, `done` at its end. A crash between them
 * leaves a job that has run and never said so; a crash before leaves one that never ran.
 */
struct sim_job {
	struct sim_event event;
	struct sim_host *host;
	struct io_work *work;
	uint64_t end_us;
	struct sim_job *prev, *next;
};

static void job_forget(struct sim_job *job)
{
	DL_DELETE(job->host->jobs, job);
	sim_event_cancel(job->host->sim, &job->event);
	free(job);
}

static void job_done(struct sim_event *event)
{
	struct sim_job *job = SIM_CONTAINER(event, struct sim_job, event);
	struct io_work *work = job->work;

	job_forget(job);
	work->done(work); /* may free the work, or end the host */
}

static void job_run(struct sim_event *event)
{
	struct sim_job *job = SIM_CONTAINER(event, struct sim_job, event);
	struct sim_host *host = job->host;
	uint64_t life = host->life;

	job->work->run(job->work);
	if (host->life != life)
		return; /* it crashed its host, and the job went with it */
	job->event.fire = job_done;
	sim_event_set(host->sim, &job->event, host,
	        job->end_us > host->sim->now_us ? job->end_us - host->sim->now_us : 0);
}

/* The worker of `lane` that is free first takes the job: META has one, in order of submission. */
static uint64_t *pick_worker(struct sim_host *host, enum io_lane lane)
{
	uint64_t *free_us = host->lane_free_us[lane];
	size_t first = 0;

	if (lane == IO_LANE_META)
		return &free_us[0];
	for (size_t i = 1; i < SIM_POOL_WORKERS; i++)
		if (free_us[i] < free_us[first])
			first = i;
	return &free_us[first];
}

static void work_submit(void *ctx, struct io_work *work)
{
	struct sim_host *host = ctx;
	struct sim *sim = host->sim;
	uint64_t *free_us, start_us, takes_us;
	struct sim_job *job;

	if (!sim_host_up(host))
		return;
	free_us = pick_worker(host, work->lane);
	start_us = *free_us > sim->now_us ? *free_us : sim->now_us;
	takes_us = sim_rng_between(
	        &host->work_rng, sim->options.disk_min_us, sim->options.disk_max_us);
	job = sim_alloc(sizeof(*job));
	job->event.fire = job_run;
	job->host = host;
	job->work = work;
	job->end_us = *free_us = start_us + takes_us;
	DL_APPEND(host->jobs, job);
	sim_event_set(sim, &job->event, host,
	        start_us - sim->now_us + sim_rng_between(&host->work_rng, 0, takes_us));
}

void sim_jobs_die(struct sim_host *host)
{
	while (host->jobs)
		job_forget(host->jobs);
}

const struct io_ops sim_io_ops = {
        .mono_ms = mono_ms,
        .wall_ms = wall_ms,
        .random = random_bytes,
        .timer_create = timer_create_,
        .timer_set = timer_set,
        .timer_cancel = timer_cancel,
        .timer_destroy = timer_destroy,
        .work = work_submit,
};
