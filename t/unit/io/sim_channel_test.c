/* SPDX-License-Identifier: MIT */
/* Channels of the simulated network: messages in order, and every way in which a conversation ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dfs/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/sim.h"
#include "sim_story.h"

enum { ENDS_MAX = 8 };

/* One end of a channel and what it was told. */
struct talker {
	struct io *io;
	struct io_channel *channel; /* NULL: never was, or is gone */
	char heard[4096];           /* messages, with a space behind each */
	int opened, closed;
	int status;
	char why[256];
	bool calling; /* inside a call of ours: no callback may come */
	bool close_at_message;
	struct sim_host *crash_at_message;
};

/* Two hosts, a server on the second, and the ends that it accepted. */
struct stage {
	struct sim *sim;
	struct sim_host *client_host, *server_host;
	struct io *client_io, *server_io;
	struct io_server *server;
	struct talker client;
	struct talker accepted[ENDS_MAX];
	int accepted_count;
	int refuse;        /* with this status */
	const char *greet; /* sent from inside the accept */
	char path[64], bearer[64];
};

static void talker_opened(void *arg)
{
	struct talker *talker = arg;

	assert_false(talker->calling);
	assert_int_equal(talker->closed, 0);
	assert_string_equal(talker->heard, "");
	talker->opened++;
}

static void talker_message(void *arg, const char *text, size_t size)
{
	struct talker *talker = arg;

	assert_false(talker->calling);
	assert_int_equal(talker->closed, 0);
	assert_non_null(talker->channel);
	strncat(talker->heard, text, size);
	strcat(talker->heard, " ");
	if (talker->close_at_message) {
		io_net(talker->io, channel_close, talker->channel);
		talker->channel = NULL;
	}
	if (talker->crash_at_message)
		sim_host_crash(talker->crash_at_message, false);
}

static void talker_closed(void *arg, int status, const char *why)
{
	struct talker *talker = arg;

	assert_false(talker->calling);
	assert_non_null(why);
	talker->closed++;
	talker->channel = NULL;
	talker->status = status;
	snprintf(talker->why, sizeof(talker->why), "%s", why);
}

static const struct io_channel_events talker_events = {
        .opened = talker_opened, .message = talker_message, .closed = talker_closed};

static int accept_channel(void *arg, struct io_channel *channel, const struct io_request *upgrade,
        const struct io_channel_events **ret_events, void **ret_arg)
{
	struct stage *stage = arg;
	struct talker *talker = &stage->accepted[stage->accepted_count];

	snprintf(stage->path, sizeof(stage->path), "%s", upgrade->path);
	snprintf(stage->bearer, sizeof(stage->bearer), "%s",
	        upgrade->headers[IO_AUTHORIZATION] ? upgrade->headers[IO_AUTHORIZATION] : "");
	if (stage->refuse)
		return stage->refuse;
	stage->accepted_count++;
	talker->io = stage->server_io;
	talker->channel = channel;
	if (stage->greet)
		io_net(stage->server_io, channel_send, channel, stage->greet, strlen(stage->greet));
	*ret_events = &talker_events;
	*ret_arg = talker;
	return 0;
}

static const struct io_service service = {.channel = accept_channel};

static void stage_serve(struct stage *stage)
{
	char why[256];

	stage->server = io_net(stage->server_io, serve, "server:7070", &service, stage, why);
	assert_non_null(stage->server);
}

static struct stage *stage_create(uint64_t seed)
{
	struct sim_options options = {.seed = seed};
	struct stage *stage = calloc(1, sizeof(*stage));

	stage->sim = sim_create(&options);
	stage->client_host = sim_host_create(stage->sim, "client");
	stage->server_host = sim_host_create(stage->sim, "server");
	stage->client_io = sim_host_io(stage->client_host);
	stage->server_io = sim_host_io(stage->server_host);
	stage_serve(stage);
	return stage;
}

static void stage_destroy(struct stage *stage)
{
	sim_destroy(stage->sim);
	free(stage);
}

static void dial(struct stage *stage, const char *address)
{
	stage->client = (struct talker){.io = stage->client_io, .calling = true};
	stage->client.channel = io_net(stage->client_io, channel_open, address, "/v1/rpc", "token",
	        &talker_events, &stage->client);
	assert_non_null(stage->client.channel);
	stage->client.calling = false;
}

static void say(struct talker *talker, const char *text)
{
	talker->calling = true;
	assert_int_equal(io_net(talker->io, channel_send, talker->channel, text, strlen(text)), 0);
	talker->calling = false;
}

static void hang_up(struct talker *talker)
{
	talker->calling = true;
	io_net(talker->io, channel_close, talker->channel);
	talker->calling = false;
	talker->channel = NULL;
}

static struct stage *stage_connected(uint64_t seed)
{
	struct stage *stage = stage_create(seed);

	dial(stage, "server:7070");
	sim_run_for(stage->sim, 5);
	assert_int_equal(stage->client.opened, 1);
	assert_int_equal(stage->accepted_count, 1);
	return stage;
}

/* ---- talking ---- */

static void messages_arrive_whole_and_in_order_both_ways(void **state)
{
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct stage *stage = stage_create(seed);

		dial(stage, "server:7070");
		say(&stage->client, "early"); /* before it is open */
		say(&stage->client, "bird");
		sim_run_for(stage->sim, 10);
		assert_int_equal(stage->client.opened, 1);
		assert_string_equal(stage->path, "/v1/rpc");
		assert_string_equal(stage->bearer, "Bearer token");
		for (int i = 0; i < 5; i++) {
			char text[2] = {(char)('a' + i)};

			say(&stage->client, text);
			say(&stage->accepted[0], text);
		}
		sim_run_for(stage->sim, 10);
		assert_string_equal(stage->accepted[0].heard, "early bird a b c d e ");
		assert_string_equal(stage->client.heard, "a b c d e ");
		stage_destroy(stage);
	}
}

static void a_message_from_inside_the_accept_comes_after_opened(void **state)
{
	struct stage *stage = stage_create(1);

	stage->greet = "hello";
	dial(stage, "server:7070");
	sim_run_for(stage->sim, 10);
	assert_int_equal(stage->client.opened, 1); /* which checks that nothing was heard before */
	assert_string_equal(stage->client.heard, "hello ");
	stage_destroy(stage);
}

static void messages_have_limits(void **state)
{
	struct stage *stage = stage_connected(1);
	char *large = calloc(1, IO_MESSAGE_MAX + 1);

	assert_int_equal(io_net(stage->client_io, channel_send, stage->client.channel, large,
	                         IO_MESSAGE_MAX + 1),
	        DFS_E_TOOBIG);
	for (int i = 0; i < 16; i++)
		assert_int_equal(io_net(stage->client_io, channel_send, stage->client.channel,
		                         large, IO_MESSAGE_MAX),
		        0);
	assert_int_equal(
	        io_net(stage->client_io, channel_send, stage->client.channel, "x", 1), DFS_E_BUSY);
	sim_run_for(stage->sim, 10000);
	assert_int_equal(io_net(stage->client_io, channel_send, stage->client.channel, "x", 1), 0);
	free(large);
	stage_destroy(stage);
}

/* ---- not connecting ---- */

static void a_refusal_brings_its_status(void **state)
{
	struct stage *stage = stage_create(1);

	stage->refuse = 403;
	stage->greet = "never heard";
	dial(stage, "server:7070");
	sim_run_for(stage->sim, 10);
	assert_int_equal(stage->client.opened, 0);
	assert_int_equal(stage->client.closed, 1);
	assert_int_equal(stage->client.status, 403);
	assert_string_equal(stage->client.heard, "");
	stage_destroy(stage);
}

static void expect_no_connection(struct stage *stage, const char *address, uint64_t after_ms)
{
	dial(stage, address);
	if (after_ms > 1)
		sim_run_for(stage->sim, after_ms - 1);
	assert_int_equal(stage->client.closed, 0);
	sim_run_for(stage->sim, 3);
	assert_int_equal(stage->client.closed, 1);
	assert_int_equal(stage->client.opened, 0);
	assert_int_equal(stage->client.status, 0);
}

static void nobody_to_connect_to_is_told_as_closed(void **state)
{
	struct stage *stage = stage_create(1);

	expect_no_connection(stage, "nowhere:7070", 0);
	expect_no_connection(stage, "server:7071", 0);
	expect_no_connection(stage, "server", 0);
	expect_no_connection(stage, "server:70x", 0);
	sim_host_kill(stage->server_host);
	expect_no_connection(stage, "server:7070", 0);
	assert_non_null(strstr(stage->client.why, "refused"));
	sim_host_restart(stage->server_host);
	expect_no_connection(stage, "server:7070", 0); /* nobody listens yet */
	sim_host_crash(stage->server_host, true);
	expect_no_connection(stage, "server:7070", 5000); /* silence */
	assert_non_null(strstr(stage->client.why, "timed out"));
	stage_destroy(stage);
}

static void an_address_is_served_once(void **state)
{
	struct stage *stage = stage_create(1);
	char why[256] = "";

	assert_null(io_net(stage->server_io, serve, "server:7070", &service, stage, why));
	assert_non_null(strstr(why, "in use"));
	assert_null(io_net(stage->server_io, serve, "client:7070", &service, stage, why));
	assert_null(io_net(stage->server_io, serve, "7070", &service, stage, why));
	io_net(stage->server_io, server_close, stage->server);
	stage_serve(stage);
	dial(stage, "server:7070");
	sim_run_for(stage->sim, 10);
	assert_int_equal(stage->client.opened, 1);
	stage_destroy(stage);
}

static void a_host_reaches_itself(void **state)
{
	struct stage *stage = stage_create(1);

	stage->client_io = stage->server_io;
	dial(stage, "127.0.0.1:7070");
	sim_run_for(stage->sim, 10);
	assert_int_equal(stage->client.opened, 1);
	say(&stage->client, "me");
	sim_host_pause(stage->server_host, true);
	sim_run_for(stage->sim, 10);
	assert_string_equal(stage->accepted[0].heard, "");
	sim_host_pause(stage->server_host, false);
	sim_run_for(stage->sim, 10);
	assert_string_equal(stage->accepted[0].heard, "me ");
	sim_host_crash(stage->server_host, false);
	sim_run_for(stage->sim, 10);
	assert_int_equal(stage->client.closed, 0); /* it died as well */
	stage_destroy(stage);
}

/* ---- closing ---- */

static void closing_tells_the_other_side_once_after_what_was_sent(void **state)
{
	struct stage *stage = stage_connected(1);

	say(&stage->client, "last");
	say(&stage->client, "words");
	hang_up(&stage->client);
	say(&stage->accepted[0], "too late");
	sim_run_for(stage->sim, 100000);
	assert_string_equal(stage->accepted[0].heard, "last words ");
	assert_int_equal(stage->accepted[0].closed, 1);
	assert_string_equal(stage->client.heard, "");
	assert_int_equal(stage->client.closed, 0);
	assert_false(sim_step(stage->sim));
	stage_destroy(stage);
}

static void closing_before_it_is_open_is_safe(void **state)
{
	for (uint64_t us = 0; us < 6; us++) {
		struct stage *stage = stage_create(us + 1);

		dial(stage, "server:7070");
		say(&stage->client, "x");
		for (uint64_t i = 0; i < us; i++)
			sim_step(stage->sim);
		if (stage->client.channel)
			hang_up(&stage->client);
		sim_run_for(stage->sim, 100);
		assert_int_equal(stage->client.closed, 0);
		if (stage->accepted_count)
			assert_int_equal(stage->accepted[0].closed, 1);
		stage_destroy(stage);
	}
}

static void closing_inside_a_callback_is_safe(void **state)
{
	struct stage *stage = stage_connected(1);

	stage->accepted[0].close_at_message = true;
	say(&stage->client, "one");
	say(&stage->client, "two");
	sim_run_for(stage->sim, 10);
	assert_string_equal(stage->accepted[0].heard, "one ");
	assert_int_equal(stage->client.closed, 1);
	stage_destroy(stage);
}

static void closing_a_server_closes_its_conversations(void **state)
{
	struct stage *stage = stage_connected(1);

	stage->accepted[0].calling = true;
	io_net(stage->server_io, server_close, stage->server);
	stage->accepted[0].calling = false;
	sim_run_for(stage->sim, 10);
	assert_int_equal(stage->accepted[0].closed, 1);
	assert_int_equal(stage->client.closed, 1);
	stage_destroy(stage);
}

static void who_closes_his_end_after_the_server_is_not_told(void **state)
{
	struct stage *stage = stage_connected(1);

	io_net(stage->server_io, server_close, stage->server);
	hang_up(&stage->accepted[0]);
	sim_run_for(stage->sim, 10);
	assert_int_equal(stage->accepted[0].closed, 0);
	assert_int_equal(stage->client.closed, 1);
	stage_destroy(stage);
}

static void dropped_connections_break_on_both_sides(void **state)
{
	struct stage *stage = stage_connected(1);

	say(&stage->client, "lost");
	sim_drop_connections(stage->sim, stage->server_host, stage->client_host);
	sim_run_for(stage->sim, 10);
	assert_string_equal(stage->accepted[0].heard, "");
	assert_int_equal(stage->accepted[0].closed, 1);
	assert_int_equal(stage->client.closed, 1);
	dial(stage, "server:7070");
	sim_run_for(stage->sim, 10);
	assert_int_equal(stage->client.opened, 1);
	stage_destroy(stage);
}

/* ---- death ---- */

static void a_killed_process_is_heard_to_its_last_word(void **state)
{
	struct stage *stage = stage_connected(1);

	say(&stage->accepted[0], "last");
	say(&stage->accepted[0], "words");
	sim_host_kill(stage->server_host);
	sim_run_for(stage->sim, 10);
	assert_string_equal(stage->client.heard, "last words ");
	assert_int_equal(stage->client.closed, 1);
	assert_int_equal(stage->accepted[0].closed, 0);
	stage_destroy(stage);
}

static void a_power_cut_loses_the_end_of_what_was_said(void **state)
{
	int heard[4] = {0};

	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct stage *stage = stage_connected(seed);
		size_t words;

		say(&stage->accepted[0], "1");
		say(&stage->accepted[0], "2");
		say(&stage->accepted[0], "3");
		sim_host_crash(stage->server_host, false);
		sim_run_for(stage->sim, 10);
		assert_int_equal(stage->client.closed, 1);
		words = strlen(stage->client.heard) / 2;
		assert_int_equal(strncmp(stage->client.heard, "1 2 3 ", 2 * words), 0);
		heard[words]++;
		stage_destroy(stage);
	}
	for (int i = 0; i < 4; i++)
		assert_true(heard[i] > 0);
}

static void a_silent_crash_is_heard_when_probes_go_unanswered(void **state)
{
	struct stage *stage = stage_connected(1);

	sim_host_crash(stage->server_host, true);
	say(&stage->client, "hello?");
	sim_run_for(stage->sim, 20000);
	assert_int_equal(stage->client.closed, 0);
	sim_run_for(stage->sim, 10000);
	assert_int_equal(stage->client.closed, 1);
	stage_destroy(stage);
}

static void who_spoke_into_silence_is_told_after_the_restart(void **state)
{
	struct stage *stage = stage_connected(1);

	sim_host_crash(stage->server_host, true);
	say(&stage->client, "hello?");
	sim_run_for(stage->sim, 10000);
	assert_int_equal(stage->client.closed, 0);
	sim_host_restart(stage->server_host);
	sim_run_for(stage->sim, 1000);
	assert_int_equal(stage->client.closed, 1);
	stage_destroy(stage);
}

static void who_spoke_after_the_restart_is_told_too(void **state)
{
	struct stage *stage = stage_connected(1);

	sim_host_crash(stage->server_host, true);
	sim_host_restart(stage->server_host);
	sim_run_for(stage->sim, 10000);
	assert_int_equal(stage->client.closed, 0);
	say(&stage->client, "hello?");
	sim_run_for(stage->sim, 1000);
	assert_int_equal(stage->client.closed, 1);
	stage_destroy(stage);
}

static void after_a_crash_calls_do_nothing_and_destroyers_are_safe(void **state)
{
	struct stage *stage = stage_connected(1);
	struct talker *dead = &stage->accepted[0];

	sim_host_crash(stage->server_host, false);
	say(dead, "from beyond");
	sim_host_restart(stage->server_host);
	stage_serve(stage); /* the address is free again, though the old server was not closed */
	say(dead, "from beyond");
	hang_up(dead);
	sim_run_for(stage->sim, 100);
	assert_string_equal(stage->client.heard, "");
	assert_int_equal(dead->closed, 0);
	dial(stage, "server:7070");
	sim_run_for(stage->sim, 10);
	assert_int_equal(stage->client.opened, 1);
	stage_destroy(stage);
}

static void a_conversation_opened_on_a_dead_host_is_dead(void **state)
{
	struct stage *stage = stage_create(1);
	char why[256];

	sim_host_kill(stage->client_host);
	dial(stage, "server:7070");
	assert_null(io_net(stage->client_io, serve, "client:1", &service, stage, why));
	sim_run_for(stage->sim, 60000);
	assert_int_equal(stage->accepted_count, 0);
	assert_int_equal(stage->client.opened + stage->client.closed, 0);
	hang_up(&stage->client);
	stage_destroy(stage);
}

static void a_host_may_crash_itself_or_its_peer_inside_a_callback(void **state)
{
	for (int peer = 0; peer < 2; peer++) {
		struct stage *stage = stage_connected(1);

		stage->accepted[0].crash_at_message =
		        peer ? stage->client_host : stage->server_host;
		say(&stage->client, "boom");
		say(&stage->client, "never heard");
		sim_run_for(stage->sim, 10);
		assert_int_equal(stage->client.closed, !peer);
		assert_int_equal(stage->accepted[0].closed, peer);
		if (!peer)
			assert_string_equal(stage->accepted[0].heard, "boom ");
		stage_destroy(stage);
	}
}

/* ---- partition ---- */

static void a_short_partition_only_delays(void **state)
{
	struct stage *stage = stage_connected(1);

	sim_partition(stage->sim, stage->client_host, stage->server_host, true);
	say(&stage->client, "1");
	say(&stage->accepted[0], "a");
	sim_run_for(stage->sim, 19000);
	say(&stage->client, "2");
	assert_string_equal(stage->accepted[0].heard, "");
	sim_partition(stage->sim, stage->client_host, stage->server_host, false);
	say(&stage->client, "3");
	sim_run_for(stage->sim, 10);
	assert_string_equal(stage->accepted[0].heard, "1 2 3 ");
	assert_string_equal(stage->client.heard, "a ");
	sim_run_for(stage->sim, 100000);
	assert_int_equal(stage->client.closed + stage->accepted[0].closed, 0);
	stage_destroy(stage);
}

static void a_long_partition_breaks_who_speaks(void **state)
{
	struct stage *stage = stage_connected(1);

	sim_partition(stage->sim, stage->client_host, stage->server_host, true);
	say(&stage->client, "1");
	sim_run_for(stage->sim, 19990);
	assert_int_equal(stage->client.closed + stage->accepted[0].closed, 0);
	sim_run_for(stage->sim, 20);
	assert_int_equal(stage->client.closed, 1);
	assert_int_equal(stage->accepted[0].closed, 0); /* it knows nothing yet */
	sim_partition(stage->sim, stage->client_host, stage->server_host, false);
	sim_run_for(stage->sim, 1000);
	assert_int_equal(stage->accepted[0].closed, 1);
	assert_string_equal(stage->accepted[0].heard, "");
	stage_destroy(stage);
}

static void a_long_partition_breaks_who_is_silent_a_little_later(void **state)
{
	struct stage *stage = stage_connected(1);

	sim_run_for(stage->sim, 3600 * 1000); /* silence alone breaks nothing */
	sim_partition(stage->sim, stage->client_host, stage->server_host, true);
	sim_run_for(stage->sim, 20000);
	assert_int_equal(stage->client.closed + stage->accepted[0].closed, 0);
	sim_run_for(stage->sim, 10000);
	assert_int_equal(stage->client.closed, 1);
	assert_int_equal(stage->accepted[0].closed, 1);
	stage_destroy(stage);
}

static void nobody_connects_across_a_partition(void **state)
{
	struct stage *stage = stage_create(1);

	sim_partition(stage->sim, stage->client_host, stage->server_host, true);
	expect_no_connection(stage, "server:7070", 5000);
	sim_partition(stage->sim, stage->client_host, stage->server_host, false);
	dial(stage, "server:7070");
	sim_run_for(stage->sim, 10);
	assert_int_equal(stage->client.opened, 1);
	stage_destroy(stage);
}

static void a_partition_while_it_opens_only_delays(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct stage *stage = stage_create(seed);

		stage->greet = "hello";
		dial(stage, "server:7070");
		while (stage->accepted_count == 0)
			sim_step(stage->sim);
		sim_partition(stage->sim, stage->client_host, stage->server_host, true);
		sim_run_for(stage->sim, 5000);
		assert_int_equal(stage->client.opened, 0);
		sim_partition(stage->sim, stage->client_host, stage->server_host, false);
		sim_run_for(stage->sim, 10);
		assert_int_equal(stage->client.opened, 1);
		assert_string_equal(stage->client.heard, "hello ");
		stage_destroy(stage);
	}
}

static void a_death_behind_a_partition_is_heard_when_it_heals(void **state)
{
	struct stage *stage = stage_connected(1);

	sim_partition(stage->sim, stage->client_host, stage->server_host, true);
	sim_host_kill(stage->server_host);
	sim_run_for(stage->sim, 15000);
	assert_int_equal(stage->client.closed, 0);
	sim_partition(stage->sim, stage->client_host, stage->server_host, false);
	sim_run_for(stage->sim, 2000);
	assert_int_equal(stage->client.closed, 1);
	stage_destroy(stage);
}

/* ---- pause ---- */

static void a_paused_host_hears_later_and_keeps_its_connections(void **state)
{
	struct stage *stage = stage_connected(1);

	sim_host_pause(stage->server_host, true);
	say(&stage->client, "1");
	sim_run_for(stage->sim, 15000);
	say(&stage->client, "2");
	sim_run_for(stage->sim, 10);
	assert_string_equal(stage->accepted[0].heard, "");
	sim_host_pause(stage->server_host, false);
	sim_run_for(stage->sim, 60000);
	assert_string_equal(stage->accepted[0].heard, "1 2 ");
	assert_int_equal(stage->client.closed + stage->accepted[0].closed, 0);
	stage_destroy(stage);
}

static void a_host_paused_for_long_loses_its_connections(void **state)
{
	struct stage *stage = stage_connected(1);

	sim_host_pause(stage->server_host, true);
	sim_run_for(stage->sim, 31000);
	assert_int_equal(stage->client.closed, 1);
	assert_int_equal(stage->accepted[0].closed, 0);
	sim_host_pause(stage->server_host, false);
	sim_run_for(stage->sim, 10);
	assert_int_equal(stage->accepted[0].closed, 1);
	stage_destroy(stage);
}

static void a_paused_server_accepts_when_it_goes_on(void **state)
{
	for (int late = 0; late < 2; late++) {
		struct stage *stage = stage_create(1);

		sim_host_pause(stage->server_host, true);
		dial(stage, "server:7070");
		sim_run_for(stage->sim, late ? 11000 : 5000);
		assert_int_equal(stage->client.closed, late); /* no answer for 10 s */
		sim_host_pause(stage->server_host, false);
		sim_run_for(stage->sim, 10);
		assert_int_equal(stage->client.opened, !late);
		stage_destroy(stage);
	}
}

static void who_connects_to_a_paused_host_that_dies_is_refused(void **state)
{
	struct stage *stage = stage_create(1);

	sim_host_pause(stage->server_host, true);
	dial(stage, "server:7070");
	sim_run_for(stage->sim, 10);
	sim_host_kill(stage->server_host);
	sim_run_for(stage->sim, 10);
	assert_int_equal(stage->client.closed, 1);
	stage_destroy(stage);
}

/* ---- the trace ---- */

static void the_trace_tells_what_was_said(void **state)
{
	struct stage *stage = stage_create(1);
	struct story story = {0};

	sim_trace(stage->sim, story_line, &story);
	dial(stage, "server:7070");
	say(&stage->client, "{\"a\":1}\n");
	say(&stage->client, "0123456789012345678901234567890123456789012345678901234567890123");
	sim_run_for(stage->sim, 10);
	hang_up(&stage->client);
	sim_run_for(stage->sim, 10);
	assert_non_null(strstr(story.text, " client <> server channel /v1/rpc\n"));
	assert_non_null(strstr(story.text, " client -> server message 8 bytes {\"a\":1}?\n"));
	assert_non_null(strstr(story.text,
	        " message 64 bytes "
	        "012345678901234567890123456789012345678901234567890123456789...\n"));
	assert_non_null(strstr(story.text, "10.000 client <> server channel closed\n"));
	assert_non_null(strstr(story.text,
	        " server <> client channel broke: the other side closed the connection\n"));
	story_fini(&story);
	stage_destroy(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(messages_arrive_whole_and_in_order_both_ways),
	        cmocka_unit_test(a_message_from_inside_the_accept_comes_after_opened),
	        cmocka_unit_test(messages_have_limits),
	        cmocka_unit_test(a_refusal_brings_its_status),
	        cmocka_unit_test(nobody_to_connect_to_is_told_as_closed),
	        cmocka_unit_test(an_address_is_served_once),
	        cmocka_unit_test(a_host_reaches_itself),
	        cmocka_unit_test(closing_tells_the_other_side_once_after_what_was_sent),
	        cmocka_unit_test(closing_before_it_is_open_is_safe),
	        cmocka_unit_test(closing_inside_a_callback_is_safe),
	        cmocka_unit_test(closing_a_server_closes_its_conversations),
	        cmocka_unit_test(who_closes_his_end_after_the_server_is_not_told),
	        cmocka_unit_test(dropped_connections_break_on_both_sides),
	        cmocka_unit_test(a_killed_process_is_heard_to_its_last_word),
	        cmocka_unit_test(a_power_cut_loses_the_end_of_what_was_said),
	        cmocka_unit_test(a_silent_crash_is_heard_when_probes_go_unanswered),
	        cmocka_unit_test(who_spoke_into_silence_is_told_after_the_restart),
	        cmocka_unit_test(who_spoke_after_the_restart_is_told_too),
	        cmocka_unit_test(after_a_crash_calls_do_nothing_and_destroyers_are_safe),
	        cmocka_unit_test(a_conversation_opened_on_a_dead_host_is_dead),
	        cmocka_unit_test(a_host_may_crash_itself_or_its_peer_inside_a_callback),
	        cmocka_unit_test(a_short_partition_only_delays),
	        cmocka_unit_test(a_long_partition_breaks_who_speaks),
	        cmocka_unit_test(a_long_partition_breaks_who_is_silent_a_little_later),
	        cmocka_unit_test(nobody_connects_across_a_partition),
	        cmocka_unit_test(a_partition_while_it_opens_only_delays),
	        cmocka_unit_test(a_death_behind_a_partition_is_heard_when_it_heals),
	        cmocka_unit_test(a_host_paused_for_long_loses_its_connections),
	        cmocka_unit_test(a_paused_host_hears_later_and_keeps_its_connections),
	        cmocka_unit_test(a_paused_server_accepts_when_it_goes_on),
	        cmocka_unit_test(who_connects_to_a_paused_host_that_dies_is_refused),
	        cmocka_unit_test(the_trace_tells_what_was_said),
	};

	return cmocka_run_group_tests_name("io/sim: channels", tests, NULL, NULL);
}
