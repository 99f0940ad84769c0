/* SPDX-License-Identifier: MIT */
/* The simulated world's clock, queue, timers, workers and hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/sim.h"
#include "sim_story.h"

struct ring {
	struct sim *sim;
	struct io *io;
	struct io_timer *timer;
	int fired;
	uint64_t at_ms;
};

static void ring_fired(void *arg)
{
	struct ring *ring = arg;

	ring->fired++;
	ring->at_ms = sim_now_ms(ring->sim);
}

static struct sim *world(uint64_t seed)
{
	struct sim_options options = {.seed = seed};

	return sim_create(&options);
}

static void a_timer_fires_once_at_its_time(void **state)
{
	struct sim *sim = world(1);
	struct io *io = sim_host_io(sim_host_create(sim, "node1"));
	struct ring ring = {.sim = sim};
	uint64_t before = io_mono_ms(io);

	ring.timer = io_timer_create(io, ring_fired, &ring);
	assert_false(sim_step(sim));
	io_timer_set(io, ring.timer, 500);
	io_timer_set(io, ring.timer, 250); /* replaces the first */
	sim_run_for(sim, 249);
	assert_int_equal(ring.fired, 0);
	sim_run_for(sim, 1000);
	assert_int_equal(ring.fired, 1);
	assert_int_equal(ring.at_ms, 250);
	assert_int_equal(io_mono_ms(io) - before, 1249);
	io_timer_destroy(io, ring.timer);
	sim_destroy(sim);
}

static void a_cancelled_or_destroyed_timer_does_not_fire(void **state)
{
	struct sim *sim = world(1);
	struct io *io = sim_host_io(sim_host_create(sim, "node1"));
	struct ring ring = {.sim = sim};
	struct io_timer *other = io_timer_create(io, ring_fired, &ring);

	ring.timer = io_timer_create(io, ring_fired, &ring);
	io_timer_set(io, ring.timer, 10);
	io_timer_set(io, other, 10);
	io_timer_cancel(io, ring.timer);
	io_timer_destroy(io, other);
	sim_run_for(sim, 100);
	assert_int_equal(ring.fired, 0);
	io_timer_set(io, ring.timer, UINT64_MAX); /* the end of time, not a wrap */
	sim_run_for(sim, 100);
	assert_int_equal(ring.fired, 0);
	io_timer_destroy(io, ring.timer);
	sim_destroy(sim);
}

struct chime {
	struct io *io;
	struct io_timer *timer;
	int left;
};

static void chime_fired(void *arg)
{
	struct chime *chime = arg;

	if (--chime->left > 0)
		io_timer_set(chime->io, chime->timer, 5);
	else
		io_timer_destroy(chime->io, chime->timer);
}

static void a_timer_may_be_set_again_and_destroyed_in_its_callback(void **state)
{
	struct sim *sim = world(1);
	struct chime chime = {.io = sim_host_io(sim_host_create(sim, "node1")), .left = 4};

	chime.timer = io_timer_create(chime.io, chime_fired, &chime);
	io_timer_set(chime.io, chime.timer, 5);
	while (sim_step(sim))
		;
	assert_int_equal(chime.left, 0);
	assert_int_equal(sim_now_ms(sim), 20);
	sim_destroy(sim);
}

static void many_events_come_in_order_of_time(void **state)
{
	enum { COUNT = 2000 };
	struct sim *sim = world(7);
	struct io *io = sim_host_io(sim_host_create(sim, "node1"));
	struct ring *rings = calloc(COUNT, sizeof(*rings));
	uint64_t random = 0;
	int fired = 0;

	for (int i = 0; i < COUNT; i++) {
		rings[i].sim = sim;
		rings[i].timer = io_timer_create(io, ring_fired, &rings[i]);
		random = io_random_u64(io) % 1000;
		io_timer_set(io, rings[i].timer, random);
		rings[i].at_ms = random;
		if (i % 3 == 0)
			io_timer_cancel(io, rings[i].timer);
	}
	for (uint64_t last = 0; sim_step(sim); last = sim_now_ms(sim))
		assert_true(sim_now_ms(sim) >= last);
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(rings[i].fired, i % 3 != 0);
		fired += rings[i].fired;
		io_timer_destroy(io, rings[i].timer);
	}
	assert_int_equal(sim_events(sim), fired);
	free(rings);
	sim_destroy(sim);
}

static void run_until_stops_at_the_flag_or_the_limit(void **state)
{
	struct sim *sim = world(1);
	struct io *io = sim_host_io(sim_host_create(sim, "node1"));
	struct ring ring = {.sim = sim};
	bool flag = false, set = true;

	ring.timer = io_timer_create(io, ring_fired, &ring);
	io_timer_set(io, ring.timer, 70);
	assert_false(sim_run_until(sim, &flag, 30));
	assert_int_equal(sim_now_ms(sim), 30);
	assert_true(sim_run_until(sim, &set, 1000));
	assert_int_equal(sim_now_ms(sim), 30);
	io_timer_destroy(io, ring.timer);
	sim_destroy(sim);
}

/* ---- workers ---- */

struct job {
	struct io_work work;
	int *order; /* counts runs */
	int ran, done;
	int ran_as;
};

static void job_run(struct io_work *work)
{
	struct job *job = (struct job *)work;

	job->ran++;
	job->ran_as = (*job->order)++;
}

static void job_done(struct io_work *work)
{
	struct job *job = (struct job *)work;

	assert_int_equal(job->ran, 1);
	job->done++;
}

static void jobs_submit(struct io *io, struct job *jobs, int count, enum io_lane lane, int *order)
{
	for (int i = 0; i < count; i++) {
		jobs[i] = (struct job){
		        .work = {.run = job_run, .done = job_done, .lane = lane}, .order = order};
		io_work_submit(io, &jobs[i].work);
	}
}

static void meta_jobs_run_in_order_of_submission(void **state)
{
	enum { COUNT = 50 };

	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct sim *sim = world(seed);
		struct job jobs[COUNT];
		int order = 0;

		jobs_submit(sim_host_io(sim_host_create(sim, "node1")), jobs, COUNT, IO_LANE_META,
		        &order);
		assert_int_equal(order, 0); /* nothing happens inside the call */
		sim_run_for(sim, 1000);
		for (int i = 0; i < COUNT; i++) {
			assert_int_equal(jobs[i].done, 1);
			assert_int_equal(jobs[i].ran_as, i);
		}
		sim_destroy(sim);
	}
}

static void disk_jobs_overtake_each_other(void **state)
{
	enum { COUNT = 50 };
	struct sim *sim = world(3);
	struct job jobs[COUNT];
	int order = 0, overtaken = 0;

	jobs_submit(sim_host_io(sim_host_create(sim, "node1")), jobs, COUNT, IO_LANE_DISK, &order);
	sim_run_for(sim, 1000);
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(jobs[i].done, 1);
		overtaken += jobs[i].ran_as != i;
	}
	assert_true(overtaken > 0);
	sim_destroy(sim);
}

static void a_crash_leaves_jobs_lost_run_without_done_or_done(void **state)
{
	int lost = 0, ran = 0, done = 0;

	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct sim *sim = world(seed);
		struct sim_host *host = sim_host_create(sim, "node1");
		struct job job;
		int order = 0;

		jobs_submit(sim_host_io(host), &job, 1, IO_LANE_DISK, &order);
		sim_run_for(sim, 1);
		sim_host_crash(host, false);
		sim_run_for(sim, 1000);
		lost += !job.ran;
		ran += job.ran && !job.done;
		done += job.done;
		sim_destroy(sim);
	}
	assert_true(lost > 0 && ran > 0 && done > 0);
	assert_int_equal(lost + ran + done, 300);
}

/* ---- hosts ---- */

static void a_crashed_host_does_nothing_and_its_destroyers_are_safe(void **state)
{
	struct sim *sim = world(1);
	struct sim_host *host = sim_host_create(sim, "node1");
	struct io *io = sim_host_io(host);
	struct ring ring = {.sim = sim};
	struct io_timer *late;
	struct job job;
	int order = 0;

	ring.timer = io_timer_create(io, ring_fired, &ring);
	io_timer_set(io, ring.timer, 10);
	sim_host_crash(host, false);
	assert_true(sim_host_crashed(host));
	io_timer_set(io, ring.timer, 10);
	late = io_timer_create(io, ring_fired, &ring);
	io_timer_set(io, late, 10);
	jobs_submit(io, &job, 1, IO_LANE_META, &order);
	assert_int_equal(io_disk(io, open, "/a", IO_OPEN_WRITE | IO_OPEN_CREATE), -5);
	sim_run_for(sim, 100);
	sim_host_restart(host);
	assert_false(sim_host_crashed(host));
	io_timer_set(io, ring.timer, 10); /* of the life before */
	sim_run_for(sim, 100);
	assert_int_equal(ring.fired, 0);
	assert_int_equal(order, 0);
	io_timer_destroy(io, ring.timer);
	/* `late` is left to the world */
	sim_destroy(sim);
}

static void a_restarted_host_works_again(void **state)
{
	struct sim *sim = world(1);
	struct sim_host *host = sim_host_create(sim, "node1");
	struct io *io = sim_host_io(host);
	struct ring ring = {.sim = sim};

	sim_host_kill(host);
	sim_host_restart(host);
	ring.timer = io_timer_create(io, ring_fired, &ring);
	io_timer_set(io, ring.timer, 10);
	sim_run_for(sim, 10);
	assert_int_equal(ring.fired, 1);
	io_timer_destroy(io, ring.timer);
	sim_destroy(sim);
}

static void a_paused_host_gets_its_events_later_in_order(void **state)
{
	struct sim *sim = world(1);
	struct sim_host *host = sim_host_create(sim, "node1");
	struct io *io = sim_host_io(host);
	struct ring rings[3] = {{.sim = sim}, {.sim = sim}, {.sim = sim}};

	for (int i = 0; i < 3; i++) {
		rings[i].timer = io_timer_create(io, ring_fired, &rings[i]);
		io_timer_set(io, rings[i].timer, 10 + (uint64_t)i);
	}
	sim_host_pause(host, true);
	sim_run_for(sim, 1000);
	assert_int_equal(rings[0].fired + rings[1].fired + rings[2].fired, 0);
	io_timer_cancel(io, rings[1].timer); /* while it waits */
	sim_host_pause(host, false);
	assert_true(sim_step(sim));
	assert_int_equal(rings[0].fired, 1);
	assert_int_equal(rings[2].fired, 0);
	assert_true(sim_step(sim));
	assert_int_equal(rings[2].fired, 1);
	assert_int_equal(rings[2].at_ms, 1000);
	assert_int_equal(rings[1].fired, 0);
	for (int i = 0; i < 3; i++)
		io_timer_destroy(io, rings[i].timer);
	sim_destroy(sim);
}

static void a_host_may_crash_while_paused(void **state)
{
	struct sim *sim = world(1);
	struct sim_host *host = sim_host_create(sim, "node1");
	struct io *io = sim_host_io(host);
	struct ring ring = {.sim = sim};

	ring.timer = io_timer_create(io, ring_fired, &ring);
	io_timer_set(io, ring.timer, 10);
	sim_host_pause(host, true);
	sim_run_for(sim, 100);
	sim_host_crash(host, true);
	sim_host_restart(host);
	sim_run_for(sim, 100);
	assert_int_equal(ring.fired, 0);
	io_timer_destroy(io, ring.timer);
	sim_destroy(sim);
}

static void clocks_of_hosts_differ_and_a_wall_clock_steps(void **state)
{
	struct sim *sim = world(1);
	struct sim_host *one = sim_host_create(sim, "node1");
	struct sim_host *two = sim_host_create(sim, "node2");
	int64_t wall = io_wall_ms(sim_host_io(one));
	uint64_t mono = io_mono_ms(sim_host_io(one));

	assert_int_not_equal(mono, io_mono_ms(sim_host_io(two)));
	assert_int_equal(wall, io_wall_ms(sim_host_io(two)));
	sim_host_wall_step(one, -7200 * 1000);
	assert_int_equal(io_wall_ms(sim_host_io(one)), wall - 7200 * 1000);
	assert_int_equal(io_mono_ms(sim_host_io(one)), mono);
	sim_host_kill(one);
	sim_host_restart(one);
	assert_int_equal(io_mono_ms(sim_host_io(one)), mono); /* the machine was not off */
	sim_run_for(sim, 1000 * 1000);
	sim_host_crash(one, false);
	sim_host_restart(one);
	mono = io_mono_ms(sim_host_io(one));
	assert_true(mono < 60 * 1000); /* it has just started */
	sim_run_for(sim, 100);
	assert_int_equal(io_mono_ms(sim_host_io(one)), mono + 100);
	sim_destroy(sim);
}

/* ---- one seed, one story ---- */

static void tell(uint64_t seed, struct story *story)
{
	struct sim *sim = world(seed);
	struct sim_host *host = sim_host_create(sim, "node1");
	struct io *io = sim_host_io(host);
	struct job jobs[20];
	int order = 0;

	sim_trace(sim, story_line, story);
	jobs_submit(io, jobs, 20, IO_LANE_DISK, &order);
	for (int i = 0; i < 20 && sim_step(sim); i++)
		sim_note(sim, "event %d, %d ran, random %llu", i, order,
		        (unsigned long long)io_random_u64(io));
	sim_host_crash(host, false);
	sim_host_restart(host);
	sim_destroy(sim);
}

static void one_seed_tells_one_story(void **state)
{
	struct story first = {0}, again = {0}, other = {0};

	tell(42, &first);
	tell(42, &again);
	tell(43, &other);
	assert_string_equal(first.text, again.text);
	assert_string_not_equal(first.text, other.text);
	assert_non_null(strstr(first.text, " node1 power cut\n"));
	assert_non_null(strstr(first.text, " node1 restarts\n"));
	story_fini(&first);
	story_fini(&again);
	story_fini(&other);
}

static void the_random_numbers_are_the_same_on_every_machine(void **state)
{
	/* from another implementation of xoshiro256** */
	static const uint8_t expected[] = {
	        0x6e, 0xe6, 0xc7, 0x86, 0x4e, 0x63, 0xb0, 0x99, 0x27, 0xb5, 0x1b};
	struct sim *sim = world(42);
	uint8_t bytes[11];

	io_random(sim_host_io(sim_host_create(sim, "node1")), bytes, sizeof(bytes));
	assert_memory_equal(bytes, expected, sizeof(expected));
	sim_destroy(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_timer_fires_once_at_its_time),
	        cmocka_unit_test(a_cancelled_or_destroyed_timer_does_not_fire),
	        cmocka_unit_test(a_timer_may_be_set_again_and_destroyed_in_its_callback),
	        cmocka_unit_test(many_events_come_in_order_of_time),
	        cmocka_unit_test(run_until_stops_at_the_flag_or_the_limit),
	        cmocka_unit_test(meta_jobs_run_in_order_of_submission),
	        cmocka_unit_test(disk_jobs_overtake_each_other),
	        cmocka_unit_test(a_crash_leaves_jobs_lost_run_without_done_or_done),
	        cmocka_unit_test(a_crashed_host_does_nothing_and_its_destroyers_are_safe),
	        cmocka_unit_test(a_restarted_host_works_again),
	        cmocka_unit_test(a_paused_host_gets_its_events_later_in_order),
	        cmocka_unit_test(a_host_may_crash_while_paused),
	        cmocka_unit_test(clocks_of_hosts_differ_and_a_wall_clock_steps),
	        cmocka_unit_test(one_seed_tells_one_story),
	        cmocka_unit_test(the_random_numbers_are_the_same_on_every_machine),
	};

	return cmocka_run_group_tests_name("io/sim: the world", tests, NULL, NULL);
}
