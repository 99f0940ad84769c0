/* SPDX-License-Identifier: MIT */
/*
 * Everything at once: hosts that talk, stream and store at random while they crash, pause and lose
 * each other. Whatever happens, the promises of io.h and net.h hold, nothing is left over, and one
 * seed is one story to the byte.
 *
 * SIM_SEED=N runs that seed alone and prints its story.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "io/sim/sim.h"
#include "sim_story.h"

enum { HOSTS = 4, ROUNDS = 600, BODY_MAX = 250000, PATIENCE_MS = 400 * 1000 };

struct soup;

/* A channel's end: messages are numbered. */
struct talk {
	struct app *app;
	struct io_channel *channel;
	bool client, opened;
	unsigned sent, heard;
	struct talk *prev, *next;
};

/* An exchange's end: bodies are numbered bytes. */
struct fetch {
	struct app *app;
	struct io_exchange *exchange;
	bool server, responded, body_ended, paused;
	uint64_t to_write, written, to_get, got;
	struct fetch *prev, *next;
};

struct job {
	struct io_work work;
	struct app *app;
	bool ran;
	struct job *prev, *next;
};

/* What runs on a host; it dies with it. */
struct app {
	struct soup *soup;
	struct sim_host *host;
	struct io *io;
	struct io_server *server;
	struct io_timer *timer;
	struct talk *talks;
	struct fetch *fetches;
	struct job *jobs;
	bool calling; /* inside the io: nobody may call back */
	int fd;
};

struct soup {
	struct sim *sim;
	struct sim_host *hosts[HOSTS];
	struct app *apps[HOSTS]; /* NULL: down */
	struct io *dice;         /* of a host that takes no part: what the test does at random */
	bool cut[HOSTS][HOSTS];
	unsigned long messages, bytes, completed, broken;
};

static const char *const names[HOSTS] = {"alpha", "beta", "gamma", "delta"};

static uint64_t roll(struct soup *soup, uint64_t bound)
{
	return io_random_u64(soup->dice) % bound;
}

static uint64_t roll_body(struct soup *soup)
{
	return roll(soup, 6) ? roll(soup, 5000) : roll(soup, BODY_MAX);
}

static uint8_t pattern(uint64_t at)
{
	return (uint8_t)(at * 11 + (at >> 9));
}

#define CALL(app, expression)                                                                      \
	do {                                                                                       \
		(app)->calling = true;                                                             \
		expression;                                                                        \
		(app)->calling = false;                                                            \
	} while (0)

/* ---- channels ---- */

static void talk_free(struct talk *talk)
{
	DL_DELETE(talk->app->talks, talk);
	free(talk);
}

static void talk_opened(void *arg)
{
	struct talk *talk = arg;

	assert_false(talk->app->calling);
	assert_true(talk->client && !talk->opened && talk->heard == 0);
	talk->opened = true;
}

static void talk_message(void *arg, const char *text, size_t size)
{
	struct talk *talk = arg;
	char expected[16];

	assert_false(talk->app->calling);
	assert_true(talk->opened);
	snprintf(expected, sizeof(expected), "%u", talk->heard);
	assert_int_equal(size, strlen(expected));
	assert_memory_equal(text, expected, size);
	talk->heard++;
	talk->app->soup->messages++;
	if (roll(talk->app->soup, 20) == 0) {
		CALL(talk->app, io_net(talk->app->io, channel_close, talk->channel));
		talk_free(talk);
	}
}

static void talk_closed(void *arg, int status, const char *why)
{
	struct talk *talk = arg;

	assert_false(talk->app->calling);
	assert_non_null(why);
	talk_free(talk);
}

static const struct io_channel_events talk_events = {
        .opened = talk_opened, .message = talk_message, .closed = talk_closed};

static struct talk *talk_create(struct app *app, bool client)
{
	struct talk *talk = calloc(1, sizeof(*talk));

	talk->app = app;
	talk->client = client;
	talk->opened = !client;
	DL_APPEND(app->talks, talk);
	return talk;
}

static void talk_say(struct talk *talk)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", talk->sent++);
	CALL(talk->app, io_net(talk->app->io, channel_send, talk->channel, text, strlen(text)));
}

static int accept_talk(void *arg, struct io_channel *channel, const struct io_request *upgrade,
        const struct io_channel_events **ret_events, void **ret_arg)
{
	struct app *app = arg;
	struct talk *talk;

	assert_false(app->calling);
	if (roll(app->soup, 10) == 0)
		return 503;
	talk = talk_create(app, false);
	talk->channel = channel;
	talk_say(talk);
	*ret_events = &talk_events;
	*ret_arg = talk;
	return 0;
}

/* ---- exchanges ---- */

static void fetch_free(struct fetch *fetch)
{
	DL_DELETE(fetch->app->fetches, fetch);
	free(fetch);
}

static void fetch_respond(struct fetch *fetch)
{
	struct io_response response = {.status = 200};
	struct app *app = fetch->app;

	if (fetch->responded)
		return;
	fetch->responded = true;
	response.body_size = fetch->to_write = roll_body(app->soup);
	CALL(app, io_net(app->io, respond, fetch->exchange, &response));
	if (fetch->to_write)
		CALL(app, io_net(app->io, want_write, fetch->exchange));
}

static void fetch_response(void *arg, const struct io_response *response)
{
	struct fetch *fetch = arg;

	assert_false(fetch->app->calling || fetch->server || fetch->responded);
	fetch->responded = true;
	fetch->to_get = response->status == 200 ? response->body_size : 0;
}

static void fetch_body(void *arg, const void *bytes, size_t size)
{
	struct fetch *fetch = arg;
	const uint8_t *at = bytes;

	assert_false(fetch->app->calling || fetch->body_ended);
	assert_true(fetch->server || fetch->responded);
	if (fetch->server || fetch->to_get) {
		for (size_t i = 0; i < size; i += 1 + i / 2)
			assert_int_equal(at[i], pattern(fetch->got + i));
		fetch->got += size;
		assert_true(fetch->got <= fetch->to_get);
	}
	fetch->app->soup->bytes += size;
	if (roll(fetch->app->soup, 40) == 0) {
		fetch->paused = true;
		CALL(fetch->app, io_net(fetch->app->io, pause, fetch->exchange, true));
	}
	if (fetch->server && roll(fetch->app->soup, 50) == 0)
		fetch_respond(fetch);
	if (roll(fetch->app->soup, 200) == 0) {
		CALL(fetch->app, io_net(fetch->app->io, abort, fetch->exchange));
		fetch_free(fetch);
	}
}

static void fetch_body_end(void *arg)
{
	struct fetch *fetch = arg;

	assert_false(fetch->app->calling || fetch->body_ended);
	assert_int_equal(fetch->got, fetch->to_get);
	fetch->body_ended = true;
	if (fetch->server)
		fetch_respond(fetch);
}

static void fetch_writable(void *arg)
{
	struct fetch *fetch = arg;
	struct app *app = fetch->app;
	bool more = true;

	assert_false(app->calling);
	while (more && fetch->written < fetch->to_write) {
		uint8_t bytes[3000];
		size_t size = 1 + (size_t)roll(app->soup, sizeof(bytes));

		if (size > fetch->to_write - fetch->written)
			size = (size_t)(fetch->to_write - fetch->written);
		for (size_t i = 0; i < size; i++)
			bytes[i] = pattern(fetch->written + i);
		CALL(app, more = io_net(app->io, write, fetch->exchange, bytes, size));
		fetch->written += size;
	}
	if (fetch->written < fetch->to_write)
		CALL(app, io_net(app->io, want_write, fetch->exchange));
}

static void fetch_closed(void *arg, const char *why)
{
	struct fetch *fetch = arg;

	assert_false(fetch->app->calling);
	if (!why) {
		assert_true(fetch->body_ended && fetch->responded);
		assert_int_equal(fetch->got, fetch->to_get);
		assert_int_equal(fetch->written, fetch->to_write);
		fetch->app->soup->completed++;
	} else {
		fetch->app->soup->broken++;
	}
	fetch_free(fetch);
}

static const struct io_exchange_events fetch_events = {
        .response = fetch_response,
        .body = fetch_body,
        .body_end = fetch_body_end,
        .writable = fetch_writable,
        .closed = fetch_closed,
};

static struct fetch *fetch_create(struct app *app, bool server)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));

	fetch->app = app;
	fetch->server = server;
	DL_APPEND(app->fetches, fetch);
	return fetch;
}

static int accept_fetch(void *arg, struct io_exchange *exchange, const struct io_request *request,
        const struct io_exchange_events **ret_events, void **ret_arg)
{
	struct app *app = arg;
	struct fetch *fetch;

	assert_false(app->calling);
	if (roll(app->soup, 10) == 0)
		return 404;
	fetch = fetch_create(app, true);
	fetch->exchange = exchange;
	fetch->to_get = request->body_size;
	if (roll(app->soup, 10) == 0)
		fetch_respond(fetch);
	*ret_events = &fetch_events;
	*ret_arg = fetch;
	return 0;
}

/* ---- jobs and timers ---- */

static void job_run(struct io_work *work)
{
	struct job *job = (struct job *)work;
	struct iovec iov = {.iov_base = (void *)"soup", .iov_len = 4};
	struct io *io = job->app->io;

	assert_false(job->ran);
	job->ran = true;
	io_disk(io, pwritev, job->app->fd, &iov, 1, roll(job->app->soup, 100000));
	io_disk(io, fdatasync, job->app->fd);
}

static void job_done(struct io_work *work)
{
	struct job *job = (struct job *)work;

	assert_true(job->ran && !job->app->calling);
	DL_DELETE(job->app->jobs, job);
	free(job);
}

static void job_start(struct app *app)
{
	struct job *job = calloc(1, sizeof(*job));

	job->work = (struct io_work){
	        .run = job_run, .done = job_done, .lane = (enum io_lane)roll(app->soup, 3)};
	job->app = app;
	DL_APPEND(app->jobs, job);
	CALL(app, io_work_submit(app->io, &job->work));
}

/* ---- what an app does by itself ---- */

static void dial(struct app *app)
{
	struct talk *talk = talk_create(app, true);
	char address[32];

	snprintf(address, sizeof(address), "%s:80", names[roll(app->soup, HOSTS)]);
	CALL(app, talk->channel =
	                  io_net(app->io, channel_open, address, "/", NULL, &talk_events, talk));
}

static void get(struct app *app)
{
	struct fetch *fetch = fetch_create(app, false);
	struct io_request request = {.method = "POST", .path = "/"};
	char address[32];

	snprintf(address, sizeof(address), "%s:80", names[roll(app->soup, HOSTS)]);
	request.body_size = fetch->to_write = roll(app->soup, 3) ? roll_body(app->soup) : 0;
	CALL(app, fetch->exchange =
	                  io_net(app->io, exchange_open, address, &request, &fetch_events, fetch));
	CALL(app, io_net(app->io, want_write, fetch->exchange));
}

static void app_act(void *arg)
{
	struct app *app = arg;
	struct talk *talk;
	struct fetch *fetch;

	assert_false(app->calling);
	DL_FOREACH (app->talks, talk)
		if (roll(app->soup, 2))
			talk_say(talk);
	DL_FOREACH (app->fetches, fetch)
		if (fetch->paused && roll(app->soup, 2)) {
			fetch->paused = false;
			CALL(app, io_net(app->io, pause, fetch->exchange, false));
		}
	if (roll(app->soup, 3) == 0)
		dial(app);
	if (roll(app->soup, 2) == 0)
		get(app);
	if (roll(app->soup, 2) == 0)
		job_start(app);
	CALL(app, io_timer_set(app->io, app->timer,
	                  roll(app->soup, 8) ? roll(app->soup, 30) : roll(app->soup, 20000)));
}

static const struct io_service service = {.channel = accept_talk, .exchange = accept_fetch};

static struct app *app_create(struct soup *soup, struct sim_host *host)
{
	struct app *app = calloc(1, sizeof(*app));
	char why[256];

	app->soup = soup;
	app->host = host;
	app->io = sim_host_io(host);
	app->fd = io_disk(app->io, open, "/soup", IO_OPEN_WRITE | IO_OPEN_CREATE);
	app->server = io_net(app->io, serve, "0.0.0.0:80", &service, app, why);
	assert_non_null(app->server);
	app->timer = io_timer_create(app->io, app_act, app);
	io_timer_set(app->io, app->timer, roll(soup, 30));
	return app;
}

/* After a death, or alive: the destroyers must do. */
static void app_destroy(struct app *app)
{
	app->calling = true;
	if (roll(app->soup, 2))
		io_net(app->io, server_close, app->server);
	else if (!sim_host_crashed(app->host))
		io_net(app->io, server_close, app->server); /* else it is left to the world */
	while (app->talks) {
		io_net(app->io, channel_close, app->talks->channel);
		talk_free(app->talks);
	}
	while (app->fetches) {
		io_net(app->io, abort, app->fetches->exchange);
		fetch_free(app->fetches);
	}
	while (app->jobs) {
		struct job *job = app->jobs;

		assert_true(sim_host_crashed(app->host)); /* the living wait for their jobs */
		DL_DELETE(app->jobs, job);
		free(job);
	}
	io_timer_destroy(app->io, app->timer);
	io_disk(app->io, close, app->fd);
	free(app);
}

/* ---- what befalls them ---- */

static void befall_host(struct soup *soup, int i)
{
	if (!soup->apps[i]) {
		sim_disk_crash_after(soup->hosts[i], 0);
		sim_host_restart(soup->hosts[i]);
		soup->apps[i] = app_create(soup, soup->hosts[i]);
		return;
	}
	switch (roll(soup, 5)) {
	case 0:
		sim_host_kill(soup->hosts[i]);
		break;
	case 1:
		sim_host_crash(soup->hosts[i], roll(soup, 2));
		break;
	case 2:
		sim_disk_crash_after(soup->hosts[i], 1 + roll(soup, 5));
		return;
	default:
		sim_host_pause(soup->hosts[i], roll(soup, 2));
		return;
	}
}

static void befall_pair(struct soup *soup, int a, int b)
{
	if (roll(soup, 4) == 0) {
		sim_drop_connections(soup->sim, soup->hosts[a], soup->hosts[b]);
		return;
	}
	soup->cut[a][b] = soup->cut[b][a] = !soup->cut[a][b];
	sim_partition(soup->sim, soup->hosts[a], soup->hosts[b], soup->cut[a][b]);
}

static void befall(struct soup *soup)
{
	int a = (int)roll(soup, HOSTS), b = (int)roll(soup, HOSTS);

	if (roll(soup, 2))
		befall_host(soup, a);
	else if (a != b)
		befall_pair(soup, a, b);
}

/* The owner of a dead host's objects frees them. */
static void bury(struct soup *soup)
{
	for (int i = 0; i < HOSTS; i++)
		if (soup->apps[i] && sim_host_crashed(soup->hosts[i])) {
			app_destroy(soup->apps[i]);
			soup->apps[i] = NULL;
		}
}

static struct soup *soup_create(uint64_t seed, struct story *story)
{
	struct sim_options options = {.seed = seed, .bytes_per_ms = 5000};
	struct soup *soup = calloc(1, sizeof(*soup));

	soup->sim = sim_create(&options);
	sim_trace(soup->sim, story_line, story);
	soup->dice = sim_host_io(sim_host_create(soup->sim, "dice"));
	for (int i = 0; i < HOSTS; i++) {
		soup->hosts[i] = sim_host_create(soup->sim, names[i]);
		soup->apps[i] = app_create(soup, soup->hosts[i]);
	}
	return soup;
}

/* Peace: everything reachable, nobody starts anything. What was begun must end. */
static void soup_settle(struct soup *soup)
{
	for (int a = 0; a < HOSTS; a++) {
		struct fetch *fetch;

		for (int b = 0; b < a; b++)
			sim_partition(soup->sim, soup->hosts[a], soup->hosts[b], false);
		if (!soup->apps[a])
			continue;
		sim_disk_crash_after(soup->hosts[a], 0);
		sim_host_pause(soup->hosts[a], false);
		io_timer_cancel(soup->apps[a]->io, soup->apps[a]->timer);
		DL_FOREACH (soup->apps[a]->fetches, fetch)
			io_net(soup->apps[a]->io, pause, fetch->exchange, false);
	}
	for (int i = 0; i < PATIENCE_MS; i += 1000) {
		struct fetch *fetch;

		sim_run_for(soup->sim, 1000);
		for (int a = 0; a < HOSTS; a++) /* who paused again is resumed */
			if (soup->apps[a])
				DL_FOREACH (soup->apps[a]->fetches, fetch)
					io_net(soup->apps[a]->io, pause, fetch->exchange, false);
	}
	for (int a = 0; a < HOSTS; a++)
		if (soup->apps[a]) {
			assert_null(soup->apps[a]->fetches);
			assert_null(soup->apps[a]->jobs);
		}
}

static void cook(uint64_t seed, struct story *story, struct soup *ret_counts)
{
	struct soup *soup = soup_create(seed, story);

	for (int i = 0; i < ROUNDS; i++) {
		for (uint64_t steps = roll(soup, 60); steps > 0; steps--) {
			sim_step(soup->sim);
			bury(soup);
		}
		if (roll(soup, 4) == 0)
			befall(soup);
		bury(soup);
	}
	soup_settle(soup);
	for (int i = 0; i < HOSTS; i++)
		if (soup->apps[i])
			app_destroy(soup->apps[i]);
	sim_run_for(soup->sim, 1000);
	assert_false(sim_step(soup->sim)); /* nothing is left over */
	ret_counts->messages += soup->messages;
	ret_counts->bytes += soup->bytes;
	ret_counts->completed += soup->completed;
	ret_counts->broken += soup->broken;
	sim_destroy(soup->sim);
	free(soup);
}

static void whatever_befalls_them_the_promises_hold(void **state)
{
	struct soup counts = {0};

	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct story story = {0};

		print_message("# seed %llu\n", (unsigned long long)seed);
		cook(seed, &story, &counts);
		story_fini(&story);
	}
	print_message("# %lu messages, %lu bytes, %lu exchanges complete, %lu broken\n",
	        counts.messages, counts.bytes, counts.completed, counts.broken);
	assert_true(counts.messages > 10000 && counts.bytes > 10 * 1000 * 1000);
	assert_true(counts.completed > 500 && counts.broken > 500);
}

static void one_seed_is_one_story_to_the_byte(void **state)
{
	struct soup counts = {0};

	for (uint64_t seed = 100; seed < 102; seed++) {
		struct story first = {0}, again = {0}, other = {0};
		void *shift = malloc(100000 + seed); /* other addresses, the same story */

		cook(seed, &first, &counts);
		free(shift);
		cook(seed, &again, &counts);
		cook(seed + 1000, &other, &counts);
		assert_int_equal(first.size, again.size);
		assert_memory_equal(first.text, again.text, first.size);
		assert_string_not_equal(first.text, other.text);
		story_fini(&first);
		story_fini(&again);
		story_fini(&other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(whatever_befalls_them_the_promises_hold),
	        cmocka_unit_test(one_seed_is_one_story_to_the_byte),
	};
	const char *seed = getenv("SIM_SEED");

	if (seed) {
		struct story story = {0};
		struct soup counts = {0};

		cook(strtoull(seed, NULL, 10), &story, &counts);
		fputs(story.text, stdout);
		story_fini(&story);
		return 0;
	}
	return cmocka_run_group_tests_name("io/sim: everything at once", tests, NULL, NULL);
}
