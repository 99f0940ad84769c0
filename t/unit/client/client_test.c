/* SPDX-License-Identifier: MIT */
/* The connection to the master: found, lost, found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "fake_cluster.h"

struct asked {
	bool done;
	unsigned replies;
	int code;
	char text[DFS_ERROR_TEXT_MAX];
	struct client *again; /* ask once more in the reply */
	unsigned *order, place;
};

static struct fake_cluster *cluster(void)
{
	struct fake_options options = {.nodes = 1, .goal = 1};

	return fake_create(&options);
}

static void on_reply(void *arg, int code, const struct dfs_error *err, const void *reply);

static void ask_mkdir(struct client *client, struct asked *asked)
{
	struct proto_mkdir_args args = PROTO_MKDIR_ARGS_INIT;
	char path[] = "/d";

	args.path = path;
	client_call(client, PROTO_CALL_MKDIR, &args, on_reply, asked);
	memset(path, 'x', sizeof(path)); /* the client has its own copy */
}

static void ask_stat(struct client *client, struct asked *asked)
{
	struct proto_stat_args args = {.path = "/"};

	client_call(client, PROTO_CALL_STAT, &args, on_reply, asked);
}

static void on_reply(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct asked *asked = arg;
	struct client *again = asked->again;

	assert_true((code == 0) == (reply != NULL));
	asked->done = true;
	asked->replies++;
	asked->code = code;
	snprintf(asked->text, sizeof(asked->text), "%s", code ? err->text : "");
	if (asked->order)
		asked->place = (*asked->order)++;
	asked->again = NULL;
	if (again)
		ask_stat(again, asked);
}

/* ---- found ---- */

static void the_first_call_connects_and_says_hello(void **state)
{
	struct fake_cluster *fake = cluster();
	struct asked asked = {0};

	fake_run_for(fake, 100);
	assert_int_equal(fake_arrivals(fake, PROTO_CALL_HELLO), 0);
	assert_int_equal(client_id(fake_client(fake)), 0);
	ask_stat(fake_client(fake), &asked);
	assert_false(asked.done);
	fake_run(fake, &asked.done, 1000);
	assert_int_equal(asked.code, 0);
	assert_int_equal(fake_arrivals(fake, PROTO_CALL_HELLO), 1);
	assert_true(client_id(fake_client(fake)) >= 100);
	assert_int_equal(client_epoch(fake_client(fake)), 1);
	fake_destroy(fake);
}

static void a_thousand_calls_share_one_connection(void **state)
{
	static struct asked asked[1000];
	struct fake_cluster *fake = cluster();
	unsigned order = 0;

	for (unsigned i = 0; i < 1000; i++) {
		asked[i] = (struct asked){.order = &order};
		if (i % 2)
			ask_stat(fake_client(fake), &asked[i]);
		else
			ask_mkdir(fake_client(fake), &asked[i]);
	}
	fake_run_for(fake, 1000);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(asked[i].replies, 1);
		assert_int_equal(asked[i].code, 0);
		assert_int_equal(asked[i].place, i);
	}
	assert_int_equal(fake_arrivals(fake, PROTO_CALL_HELLO), 1);
	fake_destroy(fake);
}

static void a_refusal_is_passed_on(void **state)
{
	struct fake_cluster *fake = cluster();
	struct asked asked = {0};

	fake_master_refuse(fake, PROTO_CALL_MKDIR, DFS_E_EXIST, "/d exists");
	ask_mkdir(fake_client(fake), &asked);
	fake_run(fake, &asked.done, 1000);
	assert_int_equal(asked.code, DFS_E_EXIST);
	assert_string_equal(asked.text, "/d exists");
	fake_destroy(fake);
}

/* ---- not found ---- */

static void a_master_that_was_never_heard_is_given_up_soon(void **state)
{
	struct fake_cluster *fake = cluster();
	struct asked asked = {0};

	fake_master_kill(fake);
	ask_mkdir(fake_client(fake), &asked);
	fake_run_for(fake, 2400);
	assert_false(asked.done);
	fake_run_for(fake, 200);
	assert_int_equal(asked.code, DFS_E_UNAVAIL);
	fake_destroy(fake);
}

static void no_master_is_told_after_the_timeout(void **state)
{
	struct fake_cluster *fake = cluster();
	struct asked asked = {0}, later = {0};

	ask_mkdir(fake_client(fake), &asked);
	fake_run(fake, &asked.done, 1000);
	asked = (struct asked){0};
	fake_master_kill(fake);
	fake_run_for(fake, 100);
	ask_mkdir(fake_client(fake), &asked);
	fake_run_for(fake, 5000);
	ask_stat(fake_client(fake), &later);
	fake_run_for(fake, 4900);
	assert_false(asked.done);
	fake_run_for(fake, 200);
	assert_true(asked.done && !later.done);
	assert_int_equal(asked.code, DFS_E_UNAVAIL);
	assert_non_null(strstr(asked.text, "no master answers at master:7070 ("));
	assert_non_null(strstr(asked.text, "refused"));
	assert_non_null(strstr(asked.text, "): is it running? try `dfs up`, or set DFS_MASTER"));
	/* Each call has its own patience. */
	fake_run_for(fake, 5000);
	assert_int_equal(later.code, DFS_E_UNAVAIL);
	assert_int_equal(asked.replies + later.replies, 2);
	/* And the client goes on: */
	fake_master_start(fake);
	asked = (struct asked){0};
	ask_mkdir(fake_client(fake), &asked);
	fake_run(fake, &asked.done, 3000);
	assert_int_equal(asked.code, 0);
	fake_destroy(fake);
}

static void a_master_that_comes_in_time_is_found(void **state)
{
	struct fake_cluster *fake = cluster();
	struct asked asked = {0};

	ask_mkdir(fake_client(fake), &asked);
	fake_run(fake, &asked.done, 1000);
	asked = (struct asked){0};
	fake_master_kill(fake);
	ask_mkdir(fake_client(fake), &asked);
	fake_run_for(fake, 9000);
	assert_false(asked.done);
	fake_master_start(fake);
	fake_run(fake, &asked.done, 1100);
	assert_int_equal(asked.code, 0);
	fake_destroy(fake);
}

static void a_wrong_token_is_final(void **state)
{
	struct fake_cluster *fake = cluster();
	struct client *client = fake_client_new(fake, "master:7070", "stolen");
	struct asked asked = {0}, more = {0};

	ask_mkdir(client, &asked);
	ask_stat(client, &more);
	fake_run(fake, &more.done, 500);
	assert_int_equal(asked.code, DFS_E_AUTH);
	assert_int_equal(more.code, DFS_E_AUTH);
	assert_non_null(strstr(asked.text, "refused the token (403"));
	assert_non_null(strstr(asked.text, "DFS_TOKEN"));
	client_destroy(client);
	client = fake_client_new(fake, "master:7070", "");
	asked = (struct asked){0};
	ask_mkdir(client, &asked);
	fake_run(fake, &asked.done, 500);
	assert_int_equal(asked.code, DFS_E_AUTH);
	client_destroy(client);
	fake_destroy(fake);
}

static void a_master_of_another_protocol_is_final(void **state)
{
	struct fake_cluster *fake = cluster();
	struct asked asked = {0};

	fake_master_refuse(
	        fake, PROTO_CALL_HELLO, DFS_E_VERSION, "protocol 1 is not spoken here, 7 is");
	ask_mkdir(fake_client(fake), &asked);
	fake_run(fake, &asked.done, 500);
	assert_int_equal(asked.code, DFS_E_VERSION);
	assert_non_null(strstr(asked.text, "protocol 1 is not spoken here"));
	fake_destroy(fake);
}

static void something_else_at_the_address_is_named(void **state)
{
	struct fake_cluster *fake = cluster();
	/* A datanode has no channels: 404. */
	struct client *client = fake_client_new(fake, "node1:7071", "good");
	struct asked asked = {0};

	ask_mkdir(client, &asked);
	fake_run(fake, &asked.done, 11000);
	assert_int_equal(asked.code, DFS_E_UNAVAIL);
	assert_non_null(strstr(asked.text, "it answers HTTP 404"));
	client_destroy(client);
	fake_destroy(fake);
}

static void a_bad_address_is_refused_at_once(void **state)
{
	struct fake_cluster *fake = cluster();
	struct client_options options = {.master = "nowhere"};
	struct client *client = NULL;
	struct dfs_error err = {0};

	assert_int_equal(
	        client_create(&client, sim_host_io(fake_client_host(fake)), &options, &err),
	        DFS_E_INVAL);
	assert_null(client);
	assert_non_null(strstr(err.text, "host:port"));
	fake_destroy(fake);
}

/* ---- lost, and found again ---- */

static void a_mutation_is_repeated_and_done_once(void **state)
{
	for (int done = 0; done <= 1; done++) {
		struct fake_cluster *fake = cluster();
		struct asked first = {0}, asked = {0};
		uint64_t id;

		ask_mkdir(fake_client(fake), &first);
		fake_run(fake, &first.done, 1000);
		id = client_id(fake_client(fake));
		fake_master_dies_at(fake, PROTO_CALL_MKDIR, done);
		ask_mkdir(fake_client(fake), &asked);
		fake_run_for(fake, 3000);
		assert_false(asked.done);
		fake_master_start(fake);
		fake_run(fake, &asked.done, 2000);
		assert_int_equal(asked.code, 0);
		assert_int_equal(fake_calls(fake, PROTO_CALL_MKDIR), 2);
		assert_int_equal(fake_arrivals(fake, PROTO_CALL_MKDIR), 3);
		assert_int_equal(client_id(fake_client(fake)), id);
		fake_destroy(fake);
	}
}

static void many_calls_survive_many_restarts_each_done_once(void **state)
{
	static struct asked asked[300];
	struct fake_cluster *fake = cluster();
	unsigned sent = 0;

	memset(asked, 0, sizeof(asked));
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 30; i++)
			ask_mkdir(fake_client(fake), &asked[sent++]);
		for (int i = 0; i < 5 + round * 3; i++)
			sim_step(fake_sim(fake));
		fake_master_kill(fake);
		fake_run_for(fake, 500);
		fake_master_start(fake);
		fake_run_for(fake, round % 2 ? 2000 : 0);
	}
	fake_run_for(fake, 3000);
	for (unsigned i = 0; i < sent; i++) {
		assert_int_equal(asked[i].replies, 1);
		assert_int_equal(asked[i].code, 0);
	}
	assert_int_equal(fake_calls(fake, PROTO_CALL_MKDIR), sent);
	fake_destroy(fake);
}

static void a_connection_that_drops_is_made_anew(void **state)
{
	struct fake_cluster *fake = cluster();
	struct asked asked = {0};

	ask_mkdir(fake_client(fake), &asked);
	fake_run(fake, &asked.done, 1000);
	sim_drop_connections(fake_sim(fake), fake_client_host(fake), fake_master_host(fake));
	fake_run_for(fake, 2000);
	/* Nobody needs it: it stays away until somebody does. */
	assert_int_equal(fake_arrivals(fake, PROTO_CALL_HELLO), 1);
	asked.done = false;
	ask_mkdir(fake_client(fake), &asked);
	fake_run(fake, &asked.done, 1000);
	assert_int_equal(asked.code, 0);
	assert_int_equal(fake_arrivals(fake, PROTO_CALL_HELLO), 2);
	fake_destroy(fake);
}

static void a_master_that_falls_silent_is_noticed(void **state)
{
	struct fake_cluster *fake = cluster();
	struct asked asked = {0};

	ask_mkdir(fake_client(fake), &asked);
	fake_run(fake, &asked.done, 1000);
	fake_run_for(fake, 3600000 / 100);
	sim_host_pause(fake_master_host(fake), true);
	asked.done = false;
	ask_mkdir(fake_client(fake), &asked);
	fake_run(fake, &asked.done, 40000);
	assert_int_equal(asked.code, DFS_E_UNAVAIL);
	sim_host_pause(fake_master_host(fake), false);
	fake_destroy(fake);
}

static void a_slow_answer_of_a_living_master_is_waited_for(void **state)
{
	struct fake_cluster *fake = cluster();
	struct asked asked = {0};

	fake_master_hangs_at(fake, PROTO_CALL_MKDIR, true);
	ask_mkdir(fake_client(fake), &asked);
	fake_run_for(fake, 60000);
	assert_false(asked.done);
	/* It was asked now and then whether it lives; it was not left. */
	assert_in_range(fake_arrivals(fake, PROTO_CALL_STAT), 5, 20);
	assert_int_equal(fake_arrivals(fake, PROTO_CALL_HELLO), 1);
	assert_int_equal(fake_arrivals(fake, PROTO_CALL_MKDIR), 1);
	fake_destroy(fake);
}

static void a_call_after_a_long_silence_is_no_sign_of_death(void **state)
{
	struct fake_cluster *fake = cluster();
	struct asked asked = {0}, slow = {0};

	ask_mkdir(fake_client(fake), &asked);
	fake_run(fake, &asked.done, 1000);
	fake_run_for(fake, 60000);
	fake_master_hangs_at(fake, PROTO_CALL_MKDIR, true);
	ask_mkdir(fake_client(fake), &slow);
	fake_run_for(fake, 4000);
	assert_int_equal(fake_arrivals(fake, PROTO_CALL_STAT), 0);
	assert_int_equal(fake_arrivals(fake, PROTO_CALL_HELLO), 1);
	fake_destroy(fake);
}

static void a_master_that_forgot_this_client_is_not_asked_twice(void **state)
{
	struct fake_cluster *fake = cluster();
	struct asked sent = {0}, read = {0}, later = {0};

	fake_master_hangs_at(fake, PROTO_CALL_MKDIR, true);
	fake_master_hangs_at(fake, PROTO_CALL_STAT, true);
	ask_mkdir(fake_client(fake), &sent);
	ask_stat(fake_client(fake), &read);
	fake_run_for(fake, 100);
	fake_master_kill(fake);
	fake_master_hangs_at(fake, PROTO_CALL_MKDIR, false);
	fake_master_hangs_at(fake, PROTO_CALL_STAT, false);
	fake_master_forgets_clients(fake);
	fake_run_for(fake, 100); /* the client has noticed: this one was never sent */
	ask_mkdir(fake_client(fake), &later);
	fake_master_start(fake);
	fake_run_for(fake, 3000);
	assert_int_equal(sent.code, DFS_E_UNAVAIL);
	assert_non_null(strstr(sent.text, "mkdir may or may not have been done"));
	assert_true(read.done && read.code == 0);
	assert_true(later.done && later.code == 0);
	fake_destroy(fake);
}

/* ---- the end ---- */

static void pending_calls_fail_when_the_client_goes(void **state)
{
	for (int events = 0; events < 12; events++) {
		struct fake_cluster *fake = cluster();
		struct asked asked = {0}, again = {.again = fake_client(fake)};

		fake_master_hangs_at(fake, PROTO_CALL_MKDIR, true);
		ask_mkdir(fake_client(fake), &asked);
		ask_mkdir(fake_client(fake), &again);
		for (int i = 0; i < events; i++)
			sim_step(fake_sim(fake));
		fake_client_gone(fake);
		assert_int_equal(asked.replies, 1);
		assert_int_equal(asked.code, DFS_E_CANCELLED);
		/* A call made meanwhile fails too. */
		assert_int_equal(again.replies, 2);
		assert_int_equal(again.code, DFS_E_CANCELLED);
		fake_destroy(fake);
	}
	client_destroy(NULL);
}

static void a_call_made_in_a_failing_reply_is_a_call_like_others(void **state)
{
	struct fake_cluster *fake = cluster();
	struct asked asked = {.again = fake_client(fake)};

	fake_master_kill(fake);
	ask_mkdir(fake_client(fake), &asked);
	fake_run(fake, &asked.done, 11000);
	assert_int_equal(asked.replies, 1);
	fake_master_start(fake);
	fake_run_for(fake, 2000);
	assert_int_equal(asked.replies, 2);
	assert_int_equal(asked.code, 0);
	fake_destroy(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_first_call_connects_and_says_hello),
	        cmocka_unit_test(a_thousand_calls_share_one_connection),
	        cmocka_unit_test(a_refusal_is_passed_on),
	        cmocka_unit_test(a_master_that_was_never_heard_is_given_up_soon),
	        cmocka_unit_test(no_master_is_told_after_the_timeout),
	        cmocka_unit_test(a_master_that_comes_in_time_is_found),
	        cmocka_unit_test(a_wrong_token_is_final),
	        cmocka_unit_test(a_master_of_another_protocol_is_final),
	        cmocka_unit_test(something_else_at_the_address_is_named),
	        cmocka_unit_test(a_bad_address_is_refused_at_once),
	        cmocka_unit_test(a_mutation_is_repeated_and_done_once),
	        cmocka_unit_test(many_calls_survive_many_restarts_each_done_once),
	        cmocka_unit_test(a_connection_that_drops_is_made_anew),
	        cmocka_unit_test(a_master_that_falls_silent_is_noticed),
	        cmocka_unit_test(a_slow_answer_of_a_living_master_is_waited_for),
	        cmocka_unit_test(a_call_after_a_long_silence_is_no_sign_of_death),
	        cmocka_unit_test(a_master_that_forgot_this_client_is_not_asked_twice),
	        cmocka_unit_test(pending_calls_fail_when_the_client_goes),
	        cmocka_unit_test(a_call_made_in_a_failing_reply_is_a_call_like_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
