/* SPDX-License-Identifier: MIT */
/* Loops: timers, workers, stopping, several in one process. */
#include "rig.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include "net/timer.h"

static struct loop *make(bool server)
{
	struct dfs_error err = {0};
	struct loop *loop;

	if (loop_create(&loop, &(struct loop_options){.server = server}, &err))
		fail_msg("%s", err.text);
	return loop;
}

/* ---- timers ---- */

struct mark {
	struct io *io;
	struct io_timer *timer;
	char *order;
	char letter;
	bool *done;
	uint64_t fired_ms;
	int again;
};

static void mark_fired(void *arg)
{
	struct mark *mark = arg;
	size_t size = strlen(mark->order);

	mark->order[size] = mark->letter;
	mark->order[size + 1] = '\0';
	mark->fired_ms = io_mono_ms(mark->io);
	if (mark->again-- > 0)
		io_timer_set(mark->io, mark->timer, 0);
	else if (mark->done)
		*mark->done = true;
}

static void timers_fire_in_the_order_of_their_time(void **state)
{
	struct loop *loop = make(false);
	struct io *io = loop_io(loop);
	char order[16] = "";
	bool done = false;
	struct mark marks[4];
	static const uint64_t delays[] = {20, 5, 10, 5};
	uint64_t start = io_mono_ms(io);

	for (int i = 0; i < 4; i++) {
		marks[i] = (struct mark){.io = io,
		        .order = order,
		        .letter = (char)('a' + i),
		        .done = i ? NULL : &done};
		marks[i].timer = io_timer_create(io, mark_fired, &marks[i]);
		io_timer_set(io, marks[i].timer, delays[i]);
	}
	loop_run_until(loop, &done);
	assert_string_equal(order, "bdca");
	for (int i = 0; i < 4; i++) {
		assert_true(marks[i].fired_ms >= start + delays[i]);
		io_timer_destroy(io, marks[i].timer);
	}
	loop_destroy(loop);
}

static void a_timer_set_again_replaces_and_cancelled_stays_silent(void **state)
{
	struct loop *loop = make(false);
	struct io *io = loop_io(loop);
	char order[16] = "";
	bool done = false;
	struct mark a = {.io = io, .order = order, .letter = 'a'},
	            b = {.io = io, .order = order, .letter = 'b'};
	struct mark c = {.io = io, .order = order, .letter = 'c', .done = &done};

	a.timer = io_timer_create(io, mark_fired, &a);
	b.timer = io_timer_create(io, mark_fired, &b);
	c.timer = io_timer_create(io, mark_fired, &c);
	io_timer_set(io, a.timer, 30);
	io_timer_set(io, a.timer, 1);
	io_timer_set(io, b.timer, 1);
	io_timer_cancel(io, b.timer);
	io_timer_set(io, c.timer, 40);
	loop_run_until(loop, &done);
	assert_string_equal(order, "ac");
	io_timer_destroy(io, a.timer);
	io_timer_destroy(io, b.timer);
	loop_destroy(loop); /* frees c */
}

static void a_timer_of_no_delay_lets_others_run(void **state)
{
	struct loop *loop = make(false);
	struct io *io = loop_io(loop);
	char order[64] = "";
	bool done = false;
	struct mark a = {.io = io, .order = order, .letter = 'a', .again = 5, .done = &done};
	struct mark b = {.io = io, .order = order, .letter = 'b', .again = 5};

	a.timer = io_timer_create(io, mark_fired, &a);
	b.timer = io_timer_create(io, mark_fired, &b);
	io_timer_set(io, b.timer, 0);
	io_timer_set(io, a.timer, 0);
	loop_run_until(loop, &done);
	assert_string_equal(order, "babababababa");
	loop_destroy(loop);
}

struct again {
	struct timers timers;
	struct io_timer *timer;
	int fired;
};

static void fire_again(void *arg)
{
	struct again *again = arg;

	again->fired++;
	timers_set(&again->timers, again->timer, 0);
}

static void what_is_set_meanwhile_waits_for_the_next_run(void **state)
{
	struct again again = {0};

	again.timer = timers_create(&again.timers, fire_again, &again);
	timers_set(&again.timers, again.timer, 0);
	timers_run(&again.timers, 10);
	assert_int_equal(again.fired, 1);
	timers_run(&again.timers, 10);
	assert_int_equal(again.fired, 2);
	timers_fini(&again.timers);
}

static void note(void *arg)
{
	(*(int *)arg)++;
}

static void the_heap_holds_under_random_use(void **state)
{
	enum { MANY = 300, STEPS = 20000 };
	const char *given = getenv("SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	struct timers timers = {0};
	struct io_timer *all[MANY] = {0};
	uint64_t due[MANY] = {0}, now = 0;
	int fired[MANY] = {0}, expected[MANY] = {0};

	print_message("# SEED=%u\n", seed);
	srandom(seed);
	for (int step = 0; step < STEPS; step++) {
		int i = (int)(random() % MANY);

		if (!all[i]) {
			all[i] = timers_create(&timers, note, &fired[i]);
		} else if (random() % 3 == 0) {
			timers_cancel(&timers, all[i]);
			due[i] = 0;
		} else if (random() % 7 == 0) {
			timers_destroy(&timers, all[i]);
			all[i] = NULL;
			due[i] = 0;
		} else {
			due[i] = now + 1 + (uint64_t)random() % 50;
			timers_set(&timers, all[i], due[i]);
		}
		if (step % 10 == 0) {
			uint64_t next = UINT64_MAX;

			timers_run(&timers, ++now);
			for (int j = 0; j < MANY; j++) {
				if (due[j] && due[j] <= now)
					expected[j]++, due[j] = 0;
				assert_int_equal(fired[j], expected[j]);
				if (due[j] && due[j] < next)
					next = due[j];
			}
			assert_int_equal(timers_next(&timers), next);
		}
	}
	timers_fini(&timers);
}

/* A wait costs no processor time: the loop must not spin through the last millisecond. */
static void waiting_for_a_timer_does_not_spin(void **state)
{
	struct loop *loop = make(false);
	struct io *io = loop_io(loop);
	char order[16] = "";
	bool done = false;
	struct mark mark = {.io = io, .order = order, .letter = 'a', .done = &done};
	uint64_t turns;

	mark.timer = io_timer_create(io, mark_fired, &mark);
	for (int i = 0; i < 10; i++) {
		done = false;
		order[0] = '\0';
		io_timer_set(io, mark.timer, 7);
		turns = loop_turns(loop);
		loop_run_until(loop, &done);
		assert_true(loop_turns(loop) - turns < 10);
	}
	loop_destroy(loop);
}

/* ---- workers ---- */

struct job {
	struct io_work work;
	struct io *io;
	pthread_t ran_on;
	int *left;
	bool *done;
	int *order;
	int number;
};

/* One thread, in order: a second one would meet it between the two lines. */
static void take_number(struct job *job)
{
	job->number = *job->order;
	sched_yield();
	*job->order = job->number + 1;
}

static void job_run(struct io_work *work)
{
	struct job *job = (struct job *)work;

	job->ran_on = pthread_self();
	if (job->work.lane == IO_LANE_META)
		take_number(job);
}

static void job_done(struct io_work *work)
{
	struct job *job = (struct job *)work;

	assert_false(pthread_equal(job->ran_on, pthread_self()));
	if (--*job->left == 0)
		*job->done = true;
}

static void jobs_run_elsewhere_and_end_on_the_loop(void **state)
{
	enum { MANY = 2000 };
	struct loop *loop = make(true);
	struct job *jobs = calloc(MANY, sizeof(*jobs));
	int left = MANY, order = 0;
	bool done = false;

	for (int i = 0; i < MANY; i++) {
		jobs[i] = (struct job){
		        .work = {.run = job_run, .done = job_done, .lane = (enum io_lane)(i % 3)},
		        .left = &left,
		        .done = &done,
		        .order = &order};
		io_work_submit(loop_io(loop), &jobs[i].work);
	}
	loop_run_until(loop, &done);
	for (int i = 0; i < MANY; i += 3)
		assert_int_equal(jobs[i].number, i / 3);
	free(jobs);
	loop_destroy(loop);
}

/* ---- stopping ---- */

static void *stop_it(void *arg)
{
	struct loop *loop = arg;

	while (loop_turns(loop) <
	        3) /* it turns: a timer of the sweep, or our first stop, wakes it */
		sched_yield();
	loop_stop(loop);
	return NULL;
}

static void keep_turning(void *arg)
{
	struct mark *mark = arg;

	io_timer_set(mark->io, mark->timer, 1);
}

static void another_thread_stops_it(void **state)
{
	struct loop *loop = make(false);
	struct mark mark = {.io = loop_io(loop)};
	pthread_t thread;

	mark.timer = io_timer_create(mark.io, keep_turning, &mark);
	io_timer_set(mark.io, mark.timer, 1);
	pthread_create(&thread, NULL, stop_it, loop);
	loop_run(loop);
	pthread_join(thread, NULL);
	loop_destroy(loop);
}

static struct loop *signalled; /* a handler has no argument */

static void on_signal(int number)
{
	(void)number;
	loop_stop(signalled);
}

static void raise_it(void *arg)
{
	(void)arg;
	raise(SIGUSR1);
}

static void a_signal_stops_it(void **state)
{
	struct loop *loop = make(false);
	struct io_timer *timer = io_timer_create(loop_io(loop), raise_it, NULL);

	signalled = loop;
	signal(SIGUSR1, on_signal);
	io_timer_set(loop_io(loop), timer, 2);
	loop_run(loop);
	signal(SIGUSR1, SIG_DFL);
	loop_destroy(loop);
}

static void a_stop_before_the_start_counts(void **state)
{
	struct loop *loop = make(false);

	loop_stop(loop);
	loop_run(loop);
	loop_destroy(loop);
}

static void set_flag(void *arg)
{
	*(bool *)arg = true;
}

static void a_stop_counts_once(void **state)
{
	struct loop *loop = make(false);
	bool done = false;
	struct io_timer *timer = io_timer_create(loop_io(loop), set_flag, &done);

	loop_stop(loop);
	loop_run(loop);
	io_timer_set(loop_io(loop), timer, 1);
	loop_run_until(loop, &done);
	assert_true(done);
	loop_destroy(loop);
}

static void a_flag_that_is_set_returns_at_once(void **state)
{
	struct loop *loop = make(false);
	bool flag = true;
	uint64_t turns = loop_turns(loop);

	loop_run_until(loop, &flag);
	assert_int_equal(loop_turns(loop), turns);
	loop_destroy(loop);
}

/* ---- several ---- */

static void *one_of_many(void *arg)
{
	struct rig rig;
	struct reply reply;

	(void)arg;
	rig_open(&rig);
	for (int i = 0; i < 20; i++) {
		ask(&rig, &reply, "GET", "/bytes/100000", 0);
		reply_wait(&reply);
		assert_int_equal(reply.received, 100000);
		assert_false(reply.bad);
		reply_fini(&reply);
	}
	rig_close(&rig);
	return NULL;
}

static void loops_of_several_threads_do_not_meet(void **state)
{
	enum { MANY = 4 };
	pthread_t threads[MANY];
	size_t size = 1;

	pattern_at(0, &size); /* made once, before the threads */
	for (int i = 0; i < MANY; i++)
		pthread_create(&threads[i], NULL, one_of_many, NULL);
	for (int i = 0; i < MANY; i++)
		pthread_join(threads[i], NULL);
}

static void loops_leave_no_descriptors(void **state)
{
	int files = open_files();

	for (int i = 0; i < 5; i++)
		one_of_many(NULL);
	assert_int_equal(open_files(), files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(timers_fire_in_the_order_of_their_time),
	        cmocka_unit_test(a_timer_set_again_replaces_and_cancelled_stays_silent),
	        cmocka_unit_test(a_timer_of_no_delay_lets_others_run),
	        cmocka_unit_test(what_is_set_meanwhile_waits_for_the_next_run),
	        cmocka_unit_test(the_heap_holds_under_random_use),
	        cmocka_unit_test(waiting_for_a_timer_does_not_spin),
	        cmocka_unit_test(jobs_run_elsewhere_and_end_on_the_loop),
	        cmocka_unit_test(another_thread_stops_it),
	        cmocka_unit_test(a_signal_stops_it),
	        cmocka_unit_test(a_stop_before_the_start_counts),
	        cmocka_unit_test(a_stop_counts_once),
	        cmocka_unit_test(a_flag_that_is_set_returns_at_once),
	        cmocka_unit_test(loops_of_several_threads_do_not_meet),
	        cmocka_unit_test(loops_leave_no_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
