/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "client/link.h"
#include "wire.h"

enum { MANY = 5000 };

/* What one end saw. */
struct end {
	struct link *link;
	int opened, closed, status;
	char why[200];
	/* Calls of the other side; kept for a later answer unless `answer_now`. */
	bool answer_now, close_when_called;
	struct link_call *calls[LINK_CALLS_MAX + 10];
	size_t calls_count;
	enum proto_call which;
	uint64_t client, sequence;
	char path[100];
	/* Answers. */
	size_t replies;
	int code;
	char text[DFS_ERROR_TEXT_MAX];
	uint64_t expires[MANY]; /* of renew, in the order of arrival */
	bool close_in_reply, close_in_closed, call_in_closed;
};

struct fixture {
	struct wire *wire;
	struct end client, server;
	int refuse;                  /* HTTP status for the upgrade */
	bool server_answers_nothing; /* events.called is NULL */
};

static void on_reply(void *arg, int code, const struct dfs_error *err, const void *reply);

static void ask(struct end *end, uint64_t session, uint64_t timeout_ms)
{
	struct proto_renew_args args = {.session = session};

	link_call(end->link, PROTO_CALL_RENEW, &args, 0, 0, timeout_ms, on_reply, end);
}

static void on_reply(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct end *end = arg;
	const struct proto_renew_reply *renewed = reply;

	assert_true((code == 0) == (reply != NULL));
	end->code = code;
	if (code == 0)
		end->expires[end->replies % MANY] = renewed->expires_ms;
	else
		snprintf(end->text, sizeof(end->text), "%s", err->text);
	end->replies++;
	if (end->close_in_reply) {
		end->close_in_reply = false;
		link_close(end->link);
		end->link = NULL;
	}
}

static void answer(struct link_call *call, uint64_t expires_ms)
{
	struct proto_renew_reply reply = {.expires_ms = expires_ms};

	link_answer(call, &reply);
}

static void on_opened(void *arg)
{
	((struct end *)arg)->opened++;
}

static void on_called(void *arg, struct link_call *call, enum proto_call which, const void *args,
        uint64_t client, uint64_t sequence)
{
	struct end *end = arg;

	end->which = which;
	end->client = client;
	end->sequence = sequence;
	if (which == PROTO_CALL_MKDIR)
		snprintf(end->path, sizeof(end->path), "%s",
		        ((const struct proto_mkdir_args *)args)->path);
	if (end->close_when_called) {
		end->close_when_called = false;
		link_close(end->link);
		end->link = NULL;
	}
	if (end->answer_now)
		answer(call, ((const struct proto_renew_args *)args)->session);
	else
		end->calls[end->calls_count++] = call;
}

static void on_closed(void *arg, int status, const char *why)
{
	struct end *end = arg;

	end->closed++;
	end->status = status;
	snprintf(end->why, sizeof(end->why), "%s", why);
	if (end->call_in_closed)
		ask(end, 1, 0);
	if (end->close_in_closed)
		link_close(end->link);
	end->link = NULL;
}

static const struct link_events EVENTS = {on_opened, on_called, on_closed};
static const struct link_events MUTE_EVENTS = {on_opened, NULL, on_closed};

static int on_channel(void *arg, struct io_channel *channel, const struct io_request *upgrade,
        const struct io_channel_events **ret_events, void **ret_arg)
{
	struct fixture *f = arg;

	if (f->refuse)
		return f->refuse;
	assert_string_equal(upgrade->headers[IO_AUTHORIZATION], "Bearer secret");
	assert_int_equal(link_accept(&f->server.link, wire_io(f->wire), channel,
	                         f->server_answers_nothing ? &MUTE_EVENTS : &EVENTS, &f->server,
	                         ret_events, ret_arg),
	        0);
	return 0;
}

static const struct io_service SERVICE = {.channel = on_channel};

static void open_link(struct fixture *f)
{
	struct dfs_error err = {0};

	assert_int_equal(link_open(&f->client.link, wire_io(f->wire), "master:7070", "secret",
	                         &EVENTS, &f->client, &err),
	        0);
	wire_run(f->wire);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->wire = wire_create();
	wire_service(f->wire, &SERVICE, f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	link_close(f->client.link);
	wire_run(f->wire);
	link_close(f->server.link);
	wire_destroy(f->wire);
	free(f);
	return 0;
}

/* ---- the plain way ---- */

static void a_call_is_answered(void **state)
{
	struct fixture *f = *state;

	f->server.answer_now = true;
	open_link(f);
	assert_int_equal(f->client.opened, 1);
	ask(&f->client, 77, 0);
	assert_int_equal(f->client.replies, 0);
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 1);
	assert_int_equal(f->client.code, 0);
	assert_int_equal(f->client.expires[0], 77);
}

static void both_ends_call(void **state)
{
	struct fixture *f = *state;

	f->server.answer_now = f->client.answer_now = true;
	open_link(f);
	ask(&f->client, 1, 0);
	ask(&f->server, 2, 0);
	wire_run(f->wire);
	assert_int_equal(f->client.expires[0], 1);
	assert_int_equal(f->server.expires[0], 2);
}

static void a_call_before_it_is_open_waits_for_that(void **state)
{
	struct fixture *f = *state;

	f->server.answer_now = true;
	assert_int_equal(link_open(&f->client.link, wire_io(f->wire), "master:7070", "secret",
	                         &EVENTS, &f->client, NULL),
	        0);
	ask(&f->client, 5, 0);
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 1);
	assert_int_equal(f->client.code, 0);
}

static void thousands_in_flight_are_answered_in_any_order(void **state)
{
	struct fixture *f = *state;

	open_link(f);
	for (uint64_t i = 0; i < MANY; i++)
		ask(&f->client, i, 10000 + i % 3);
	wire_run(f->wire);
	assert_int_equal(f->server.calls_count, MANY);
	/* 7 and MANY have no common divisor: every call once, far out of order. */
	for (size_t i = 0; i < MANY; i++)
		answer(f->server.calls[i * 7 % MANY], i * 7 % MANY);
	wire_run(f->wire);
	assert_int_equal(f->client.replies, MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(f->client.expires[i], i * 7 % MANY);
}

static void calls_of_one_turn_travel_as_one_message(void **state)
{
	struct fixture *f = *state;
	size_t client, server;

	f->server.answer_now = true;
	open_link(f);
	client = wire_sent(wire_client_end(f->wire));
	server = wire_sent(wire_server_end(f->wire));
	for (int i = 0; i < 100; i++)
		ask(&f->client, 1, 0);
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 100);
	assert_int_equal(wire_sent(wire_client_end(f->wire)) - client, 1);
	assert_int_equal(wire_sent(wire_server_end(f->wire)) - server, 1);
	/* A batch holds at most PROTO_BATCH_MAX. */
	for (int i = 0; i < PROTO_BATCH_MAX + 1; i++)
		ask(&f->client, 1, 0);
	wire_run(f->wire);
	assert_int_equal(wire_sent(wire_client_end(f->wire)) - client, 3);
	assert_int_equal(f->client.replies, 100 + PROTO_BATCH_MAX + 1);
}

static void only_a_mutation_carries_its_writer(void **state)
{
	struct fixture *f = *state;
	struct proto_mkdir_args mkdir = {.path = "/a \xff%"};
	struct proto_renew_args renew = {.session = 1};

	open_link(f);
	link_call(f->client.link, PROTO_CALL_MKDIR, &mkdir, 0xabc, 18446744073709551615u, 0,
	        on_reply, &f->client);
	wire_run(f->wire);
	assert_int_equal(f->server.which, PROTO_CALL_MKDIR);
	assert_string_equal(f->server.path, "/a \xff%");
	assert_true(f->server.client == 0xabc && f->server.sequence == UINT64_MAX);
	link_call(f->client.link, PROTO_CALL_RENEW, &renew, 0xabc, 5, 0, on_reply, &f->client);
	wire_run(f->wire);
	assert_true(f->server.client == 0 && f->server.sequence == 0);
	assert_null(strstr(wire_last(wire_client_end(f->wire)), "\"c\""));
	for (size_t i = 0; i < 2; i++)
		link_refuse(f->server.calls[i], DFS_E_NOENT, "no such thing");
	wire_run(f->wire);
	assert_int_equal(f->client.code, DFS_E_NOENT);
	assert_string_equal(f->client.text, "no such thing");
}

static void closed_at_the_far_end_is_not_our_connection(void **state)
{
	struct fixture *f = *state;

	open_link(f);
	ask(&f->client, 1, 0);
	wire_run(f->wire);
	link_refuse(f->server.calls[0], DFS_E_CLOSED, "datanode 3 went away");
	wire_run(f->wire);
	assert_int_equal(f->client.code, DFS_E_UNAVAIL);
	assert_string_equal(f->client.text, "datanode 3 went away");
}

/* ---- time ---- */

static void an_overdue_call_fails_and_its_late_answer_is_dropped(void **state)
{
	struct fixture *f = *state;

	open_link(f);
	ask(&f->client, 1, 50);
	wire_advance(f->wire, 49);
	assert_int_equal(f->client.replies, 0);
	wire_advance(f->wire, 1);
	assert_int_equal(f->client.replies, 1);
	assert_int_equal(f->client.code, DFS_E_TIMEOUT);
	answer(f->server.calls[0], 1);
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 1);
	ask(&f->client, 2, 50);
	wire_run(f->wire);
	answer(f->server.calls[1], 2);
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 2);
	assert_int_equal(f->client.code, 0);
	assert_int_equal(f->client.closed, 0);
}

static void each_call_has_its_own_deadline(void **state)
{
	struct fixture *f = *state;
	static const uint64_t timeouts[] = {30, 10, 50, 10, 20, 0, 40};

	open_link(f);
	for (size_t i = 0; i < 7; i++)
		ask(&f->client, i, timeouts[i]);
	wire_advance(f->wire, 9);
	assert_int_equal(f->client.replies, 0);
	wire_advance(f->wire, 1);
	assert_int_equal(f->client.replies, 2);
	answer(f->server.calls[0], 0); /* the one of 30 ms */
	wire_advance(f->wire, 10);
	assert_int_equal(f->client.replies, 4);
	wire_advance(f->wire, 20);
	assert_int_equal(f->client.replies, 5);
	wire_advance(f->wire, 1000);
	assert_int_equal(f->client.replies, 6);
	for (size_t i = 1; i < 7; i++)
		answer(f->server.calls[i], 0);
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 7);
	assert_int_equal(f->client.code, 0);
}

/* ---- the end ---- */

static void a_broken_channel_fails_what_is_pending(void **state)
{
	struct fixture *f = *state;

	open_link(f);
	for (int i = 0; i < 10; i++)
		ask(&f->client, 1, 1000);
	wire_run(f->wire);
	wire_break(wire_client_end(f->wire), "cable cut");
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 10);
	assert_int_equal(f->client.code, DFS_E_CLOSED);
	assert_string_equal(f->client.text, "cable cut");
	assert_int_equal(f->client.closed, 1);
	assert_int_equal(f->server.closed, 1);
	/* The answering side may still answer: nothing happens. */
	for (int i = 0; i < 5; i++)
		answer(f->server.calls[i], 1);
	for (int i = 5; i < 10; i++)
		link_refuse(f->server.calls[i], DFS_E_IO, NULL);
	wire_advance(f->wire, 2000);
	assert_int_equal(f->client.replies, 10);
}

static void closing_fails_what_is_pending_and_says_no_more(void **state)
{
	struct fixture *f = *state;

	open_link(f);
	ask(&f->client, 1, 0);
	wire_run(f->wire);
	ask(&f->client, 2, 0);
	link_close(f->client.link);
	f->client.link = NULL;
	assert_int_equal(f->client.replies, 2);
	assert_int_equal(f->client.code, DFS_E_CLOSED);
	wire_run(f->wire);
	assert_int_equal(f->client.closed, 0);
	assert_int_equal(f->server.closed, 1);
	for (size_t i = 0; i < f->server.calls_count; i++)
		answer(f->server.calls[i], 1);
	link_close(NULL);
}

static void a_link_may_be_closed_inside_any_event(void **state)
{
	struct fixture *f = *state;

	/* In a reply, with more replies in the same message. */
	f->server.answer_now = true;
	open_link(f);
	f->client.close_in_reply = true;
	for (int i = 0; i < 10; i++)
		ask(&f->client, 1, 0);
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 10);
	assert_null(f->client.link);
	assert_null(f->server.link);
	/* In a call, with more calls in the same message; it is answered afterwards. */
	open_link(f);
	f->server.close_when_called = true;
	for (int i = 0; i < 10; i++)
		ask(&f->client, 1, 0);
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 20);
	assert_int_equal(f->client.code, DFS_E_CLOSED);
	/* In closed. */
	open_link(f);
	f->client.close_in_closed = true;
	wire_break(wire_client_end(f->wire), "cut");
	wire_run(f->wire);
	assert_int_equal(f->client.closed, 2);
}

static void a_call_made_while_the_link_ends_is_told_too(void **state)
{
	struct fixture *f = *state;

	open_link(f);
	f->client.call_in_closed = true;
	wire_break(wire_client_end(f->wire), "cut");
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 1);
	assert_int_equal(f->client.code, DFS_E_CLOSED);
}

static void a_refused_upgrade_tells_its_status(void **state)
{
	struct fixture *f = *state;

	f->refuse = 403;
	assert_int_equal(link_open(&f->client.link, wire_io(f->wire), "master:7070", "secret",
	                         &EVENTS, &f->client, NULL),
	        0);
	ask(&f->client, 1, 0);
	wire_run(f->wire);
	assert_int_equal(f->client.opened, 0);
	assert_int_equal(f->client.closed, 1);
	assert_int_equal(f->client.status, 403);
	assert_int_equal(f->client.replies, 1);
	assert_int_equal(f->client.code, DFS_E_CLOSED);
}

static void a_peer_that_takes_nothing_is_cut_off(void **state)
{
	struct fixture *f = *state;

	open_link(f);
	wire_send_fails(f->wire, DFS_E_BUSY);
	ask(&f->client, 1, 0);
	wire_run(f->wire);
	wire_send_fails(f->wire, 0);
	assert_int_equal(f->client.closed, 1);
	assert_int_equal(f->client.replies, 1);
	assert_int_equal(f->client.code, DFS_E_CLOSED);
	assert_non_null(strstr(f->client.why, "does not take"));
}

/* ---- hostile peers ---- */

static void a_message_that_is_none_closes_the_channel(void **state)
{
	struct fixture *f = *state;
	static const char *const bad[] = {"", "x", "{", "{}", "[", "[[]]", "null", "7", "\"i\"",
	        "[{\"i\":1,\"r\":{}},7]", "{\"i\":1}", "{\"i\":-1,\"r\":{}}",
	        "{\"i\":1.5,\"r\":{}}", "{\"i\":\"1\",\"r\":{}}",
	        "{\"i\":18014398509481984,\"r\":{}}", "{\"r\":{\"expires_ms\":\"1\"}}",
	        "{\"i\":1,\"r\":{\"a\":[[[[[[[[[[[[1]]]]]]]]]]]]}}", "{\"i\":1,\"r\":{}} trailing"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int closed = f->client.closed;

		open_link(f);
		ask(&f->client, 1, 0);
		wire_run(f->wire);
		wire_inject(wire_client_end(f->wire), bad[i], strlen(bad[i]));
		wire_run(f->wire);
		if (f->client.closed != closed + 1)
			fail_msg("not closed by: %s", bad[i]);
		assert_int_equal(f->client.replies, i + 1);
		assert_int_equal(f->client.code, DFS_E_CLOSED);
		assert_true(f->client.why[0]);
		answer(f->server.calls[i], 1);
	}
}

static void a_message_over_the_limit_closes_the_channel(void **state)
{
	struct fixture *f = *state;
	size_t size = PROTO_MESSAGE_MAX + 1;
	char *text = malloc(size);

	memset(text, ' ', size);
	open_link(f);
	wire_inject(wire_client_end(f->wire), text, size);
	wire_run(f->wire);
	assert_int_equal(f->client.closed, 1);
	free(text);
}

static void a_reply_that_does_not_decode_fails_its_call_alone(void **state)
{
	struct fixture *f = *state;
	const char *text = "[{\"i\":1,\"r\":{\"expires_ms\":\"many\"}},{\"i\":99,\"r\":{}},"
	                   "{\"i\":2,\"r\":{\"expires_ms\":\"9\"}}]";

	open_link(f);
	ask(&f->client, 1, 0);
	ask(&f->client, 1, 0);
	wire_run(f->wire);
	wire_inject(wire_client_end(f->wire), text, strlen(text));
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 2);
	assert_non_null(strstr(f->client.text, "expires_ms"));
	assert_int_equal(f->client.expires[1], 9);
	assert_int_equal(f->client.closed, 0);
	/* A second answer to the same call is an answer to none. */
	wire_inject(wire_client_end(f->wire), text, strlen(text));
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 2);
	for (int i = 0; i < 2; i++)
		answer(f->server.calls[i], 1);
}

static void a_call_that_does_not_decode_is_refused(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *text, *code;
	} bad[] = {
	        {"{\"i\":1,\"m\":\"renew\",\"a\":{}}", "\"PROTO\""},
	        {"{\"i\":1,\"m\":\"renew\",\"a\":{\"session\":7}}", "\"PROTO\""},
	        {"{\"i\":1,\"m\":\"renew\",\"a\":7}", "\"PROTO\""},
	        {"{\"i\":1,\"m\":\"explode\",\"a\":{}}", "\"UNSUPPORTED\""},
	        {"{\"i\":1,\"m\":\"mkdir\",\"a\":{\"path\":\"/%00\"},\"c\":\"0000000000000001\","
	         "\"s\":\"1\"}",
	                "\"PROTO\""},
	};

	open_link(f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		wire_inject(wire_server_end(f->wire), bad[i].text, strlen(bad[i].text));
		wire_run(f->wire);
		assert_int_equal(f->server.calls_count, 0);
		assert_int_equal(wire_sent(wire_server_end(f->wire)), i + 1);
		assert_non_null(strstr(wire_last(wire_server_end(f->wire)), bad[i].code));
	}
	assert_int_equal(f->server.closed, 0);
}

static void a_side_that_answers_nothing_refuses(void **state)
{
	struct fixture *f = *state;

	f->server_answers_nothing = true;
	open_link(f);
	ask(&f->client, 1, 0);
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 1);
	assert_int_equal(f->client.code, DFS_E_UNSUPPORTED);
}

static void calls_past_the_limit_are_refused_as_busy(void **state)
{
	struct fixture *f = *state;

	open_link(f);
	for (int i = 0; i < LINK_CALLS_MAX + 5; i++)
		ask(&f->client, 1, 0);
	wire_run(f->wire);
	assert_int_equal(f->server.calls_count, LINK_CALLS_MAX);
	assert_int_equal(f->client.replies, 5);
	assert_int_equal(f->client.code, DFS_E_BUSY);
	for (int i = 0; i < LINK_CALLS_MAX; i++)
		answer(f->server.calls[i], 1);
	wire_run(f->wire);
	assert_int_equal(f->client.replies, LINK_CALLS_MAX + 5);
	assert_int_equal(f->client.code, 0);
}

/* ---- too large ---- */

static void arguments_over_their_limit_fail_the_call_alone(void **state)
{
	struct fixture *f = *state;
	char *path = malloc(8192);
	struct proto_mkdir_args mkdir = {.path = path};

	memset(path, 'a', 8191);
	path[8191] = '\0';
	f->server.answer_now = true;
	open_link(f);
	ask(&f->client, 3, 0);
	link_call(f->client.link, PROTO_CALL_MKDIR, &mkdir, 1, 1, 0, on_reply, &f->client);
	ask(&f->client, 4, 0);
	assert_int_equal(f->client.replies, 0);
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 3);
	assert_non_null(strstr(f->client.text, "mkdir"));
	assert_int_equal(f->client.closed, 0);
	free(path);
}

static void a_reply_that_is_too_large_becomes_an_error(void **state)
{
	struct fixture *f = *state;
	struct proto_list_args args = PROTO_LIST_ARGS_INIT;
	struct proto_list_reply reply = {.entries_count = 1000};
	char *target = malloc(4096);

	args.path = "/";
	memset(target, 0x80, 4095); /* each byte becomes %80 */
	target[4095] = '\0';
	reply.entries = calloc(1000, sizeof(*reply.entries));
	for (size_t i = 0; i < 1000; i++) {
		reply.entries[i].name = "x";
		reply.entries[i].target = target;
	}
	open_link(f);
	link_call(f->client.link, PROTO_CALL_LIST, &args, 0, 0, 0, on_reply, &f->client);
	wire_run(f->wire);
	link_answer(f->server.calls[0], &reply);
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 1);
	assert_int_equal(f->client.code, DFS_E_TOOBIG);
	assert_int_equal(f->server.closed, 0);
	free(reply.entries);
	free(target);
}

static void large_replies_of_one_turn_travel_in_several_messages(void **state)
{
	struct fixture *f = *state;
	char message[500];

	memset(message, 'm', sizeof(message));
	message[499] = '\0';
	open_link(f);
	for (int i = 0; i < 10000; i++)
		ask(&f->client, 1, 0);
	wire_run(f->wire);
	for (int i = 0; i < 10000; i++)
		link_refuse(f->server.calls[i], DFS_E_IO, message);
	wire_run(f->wire);
	assert_int_equal(f->client.replies, 10000);
	assert_string_equal(f->client.text, message);
	assert_true(wire_sent(wire_server_end(f->wire)) > 10);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        T(a_call_is_answered),
	        T(both_ends_call),
	        T(a_call_before_it_is_open_waits_for_that),
	        T(thousands_in_flight_are_answered_in_any_order),
	        T(calls_of_one_turn_travel_as_one_message),
	        T(only_a_mutation_carries_its_writer),
	        T(closed_at_the_far_end_is_not_our_connection),
	        T(an_overdue_call_fails_and_its_late_answer_is_dropped),
	        T(each_call_has_its_own_deadline),
	        T(a_broken_channel_fails_what_is_pending),
	        T(closing_fails_what_is_pending_and_says_no_more),
	        T(a_link_may_be_closed_inside_any_event),
	        T(a_call_made_while_the_link_ends_is_told_too),
	        T(a_refused_upgrade_tells_its_status),
	        T(a_peer_that_takes_nothing_is_cut_off),
	        T(a_message_that_is_none_closes_the_channel),
	        T(a_message_over_the_limit_closes_the_channel),
	        T(a_reply_that_does_not_decode_fails_its_call_alone),
	        T(a_call_that_does_not_decode_is_refused),
	        T(a_side_that_answers_nothing_refuses),
	        T(calls_past_the_limit_are_refused_as_busy),
	        T(arguments_over_their_limit_fail_the_call_alone),
	        T(a_reply_that_is_too_large_becomes_an_error),
	        T(large_replies_of_one_turn_travel_in_several_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
