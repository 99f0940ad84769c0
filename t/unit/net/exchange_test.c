/* SPDX-License-Identifier: MIT */
/* Requests and responses between our client and our server. */
#include <netdb.h>
#include "rig.h"

static void a_get_brings_every_byte(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	ask(&rig, &reply, "GET", "/bytes/67108864", 0);
	reply_wait(&reply);
	assert_int_equal(reply.status, 200);
	assert_int_equal(reply.said_size, 64 << 20);
	assert_int_equal(reply.received, 64 << 20);
	assert_false(reply.bad);
	assert_true(reply.ended);
	assert_true(reply.fine);
	reply_fini(&reply);
	rig_close(&rig);
}

static void a_post_brings_every_byte(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	ask(&rig, &reply, "POST", "/count", 64 << 20);
	reply_wait(&reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply.body.data, "67108864 good");
	assert_true(reply.fine);
	reply_fini(&reply);
	rig_close(&rig);
}

/* No byte of another request, or past the end, comes there. */
static void a_body_comes_to_where_it_is_wanted(void **state)
{
	static char spot[SPOT_SIZE];
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	for (int i = 0; i < 4; i++) { /* on one connection */
		uint64_t before = rig.placed;

		ask(&rig, &reply, i % 2 ? "GET" : "POST", i % 2 ? "/bytes/16777217" : "/into",
		        i % 2 ? 0 : 16777217);
		reply.into = i % 2 ? spot : NULL;
		reply_wait(&reply);
		assert_true(reply.fine);
		if (i % 2 == 0)
			assert_string_equal(reply.body.data, "16777217 good");
		else
			assert_int_equal(reply.received, 16777217);
		assert_false(reply.bad && i % 2);
		assert_true(rig.placed - before > 1 << 20);
		assert_true(rig.placed - before < 16777217);
		reply_fini(&reply);
	}
	ask(&rig, &reply, "POST", "/echo", 1000);
	reply_wait(&reply);
	assert_int_equal(reply.received, 1000);
	reply_fini(&reply);
	rig_close(&rig);
}

static void a_slow_server_holds_the_client_back(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	ask(&rig, &reply, "POST", "/slow", 64 << 20);
	reply_wait(&reply);
	assert_string_equal(reply.body.data, "67108864 good");
	reply_fini(&reply);
	rig_close(&rig);
}

static void a_slow_client_holds_the_server_back(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	ask(&rig, &reply, "GET", "/bytes/67108864", 0);
	reply.pausing = true;
	reply_wait(&reply);
	assert_int_equal(reply.received, 64 << 20);
	assert_false(reply.bad);
	reply_fini(&reply);
	rig_turns(&rig, 2000); /* the last pause's timer */
	rig_close(&rig);
}

/* What was read already may still come: one read of 1 MiB. What the sockets hold is not counted. */
static void a_pause_stops_the_body_of_a_request(void **state)
{
	struct rig rig;
	struct reply reply;
	uint64_t sent;

	rig_open(&rig);
	rig.slow_ms = 100000;
	ask(&rig, &reply, "POST", "/slow", 256 << 20);
	rig_wait_ms(&rig, 50);
	sent = reply.sent;
	assert_true(sent < 64 << 20);
	rig_wait_ms(&rig, 20);
	assert_int_equal(reply.sent, sent);
	io_net(rig.io, abort, reply.exchange);
	reply_fini(&reply);
	rig_turns(&rig, 20);
	rig_close(&rig);
}

static void a_pause_stops_the_body_of_a_response(void **state)
{
	struct rig rig;
	struct reply reply;
	uint64_t received;

	rig_open(&rig);
	ask(&rig, &reply, "GET", "/bytes/268435456", 0);
	reply.stopping = true;
	rig_wait_ms(&rig, 20);
	received = reply.received;
	assert_true(received > 0 && received <= 2 << 20);
	rig_wait_ms(&rig, 20);
	assert_int_equal(reply.received, received);
	reply.stopping = false;
	io_net(rig.io, pause, reply.exchange, false);
	reply_wait(&reply);
	assert_int_equal(reply.received, 256 << 20);
	assert_false(reply.bad);
	reply_fini(&reply);
	rig_close(&rig);
}

/* Paused before there is a connection: not one byte comes. */
static void a_pause_counts_from_the_start(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	ask(&rig, &reply, "GET", "/bytes/1000", 0);
	io_net(rig.io, pause, reply.exchange, true);
	rig_wait_ms(&rig, 20);
	assert_int_equal(reply.status, 0);
	io_net(rig.io, pause, reply.exchange, false);
	reply_wait(&reply);
	assert_int_equal(reply.received, 1000);
	reply_fini(&reply);
	rig_close(&rig);
}

static void small_bodies_are_echoed(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	for (int size = 0; size < 70; size += 23) {
		ask(&rig, &reply, "POST", "/echo", (uint64_t)size);
		reply_wait(&reply);
		assert_int_equal(reply.status, 200);
		assert_int_equal(reply.received, size);
		assert_false(reply.bad);
		assert_true(reply.fine);
		reply_fini(&reply);
	}
	rig_close(&rig);
}

static void headers_are_carried_both_ways(void **state)
{
	struct rig rig;
	struct reply reply = {0};
	struct io_request request = {.method = "GET", .path = "/headers"};

	rig_open(&rig);
	request.headers[IO_AUTHORIZATION] = "Bearer abc";
	request.headers[IO_RANGE] = "bytes=0-9";
	request.headers[IO_DFS_CHAIN] = "a:1,b:2";
	request.headers[IO_DFS_APPEND] = "offset=0";
	ask_with(&rig, &reply, &request);
	reply_wait(&reply);
	assert_string_equal(reply.body.data,
	        "Bearer abc|bytes=0-9|-|-|-|-|-|-|-|a:1,b:2|offset=0|-|GET /headers");
	assert_string_equal(reply.headers[IO_CONTENT_TYPE], "text/plain");
	assert_string_equal(reply.headers[IO_DFS_CHUNK], "seen");
	reply_fini(&reply);
	rig_close(&rig);
}

static void a_head_says_the_size_and_sends_nothing(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	for (int i = 0; i < 3; i++) {
		ask(&rig, &reply, "HEAD", "/bytes/1000", 0);
		reply_wait(&reply);
		assert_int_equal(reply.status, 200);
		assert_int_equal(reply.said_size, 1000);
		assert_int_equal(reply.received, 0);
		assert_true(reply.fine);
		reply_fini(&reply);
	}
	rig_close(&rig);
}

static void a_refusal_is_a_json_error(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	ask(&rig, &reply, "GET", "/status/404", 0);
	reply_wait(&reply);
	assert_int_equal(reply.status, 404);
	assert_string_equal(reply.headers[IO_CONTENT_TYPE], "application/json");
	assert_string_equal(reply.body.data, "{\"code\":\"NOENT\",\"message\":\"Not Found\"}\n");
	assert_true(reply.fine);
	reply_fini(&reply);
	rig_close(&rig);
}

static void a_service_that_neither_takes_nor_answers_is_an_error(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	ask(&rig, &reply, "GET", "/nothing", 0);
	reply_wait(&reply);
	assert_int_equal(reply.status, 500);
	reply_fini(&reply);
	ask(&rig, &reply, "GET", "/now", 0);
	reply_wait(&reply);
	assert_int_equal(reply.status, 204);
	assert_true(reply.fine);
	reply_fini(&reply);
	rig_close(&rig);
}

static void an_answer_may_come_from_a_worker(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	ask(&rig, &reply, "GET", "/later", 0);
	reply_wait(&reply);
	assert_string_equal(reply.body.data, "later");
	reply_fini(&reply);
	rig_close(&rig);
}

static void a_body_of_unknown_size_comes_whole(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	for (int i = 0; i < 2; i++) {
		ask(&rig, &reply, "GET", "/chunked/5000000", 0);
		reply_wait(&reply);
		assert_int_equal(reply.said_size, IO_BODY_UNKNOWN);
		assert_int_equal(reply.received, 5000000);
		assert_false(reply.bad);
		assert_true(reply.fine);
		reply_fini(&reply);
	}
	rig_close(&rig);
}

/* One after the other on one connection: the server accepts once. */
static void connections_are_used_again(void **state)
{
	struct rig rig;
	struct reply reply;
	int files;

	rig_open(&rig);
	ask(&rig, &reply, "GET", "/bytes/10", 0);
	reply_wait(&reply);
	reply_fini(&reply);
	files = open_files();
	for (int i = 0; i < 100; i++) {
		ask(&rig, &reply, i % 2 ? "GET" : "POST", i % 2 ? "/bytes/10" : "/echo",
		        i % 2 ? 0 : 10);
		reply_wait(&reply);
		assert_int_equal(reply.received, 10);
		reply_fini(&reply);
		assert_int_equal(open_files(), files);
	}
	rig_close(&rig);
}

static void many_at_a_time_do_not_mix(void **state)
{
	enum { MANY = 200 };
	struct rig rig;
	struct reply *replies = calloc(MANY, sizeof(*replies));

	rig_open(&rig);
	for (int i = 0; i < MANY; i++)
		ask(&rig, &replies[i], i % 2 ? "GET" : "POST", i % 2 ? "/bytes/100000" : "/echo",
		        i % 2 ? 0 : 30000);
	for (int i = 0; i < MANY; i++) {
		reply_wait(&replies[i]);
		assert_int_equal(replies[i].received, i % 2 ? 100000 : 30000);
		assert_false(replies[i].bad);
		reply_fini(&replies[i]);
	}
	free(replies);
	rig_close(&rig);
}

/* Numbers of both kinds, a name that is known, and one that a worker looks up. */
static void addresses_of_all_kinds_are_found(void **state)
{
	static const char upper[] = "LOCALHOST";
	static const struct {
		const char *listen, *ask;
	} rows[] = {{"127.0.0.1", "127.0.0.1"}, {"127.0.0.1", "localhost"}, {"127.0.0.1", upper}, {"localhost", "127.0.0.1"}, {"0.0.0.0", "127.0.0.1"},
	        {"[::1]", "[::1]"}, {"[::]", "[::1]"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct rig rig;
		struct reply reply;
		struct rig_channel channel = {.want = 1};
		struct addrinfo *known;

		if (rows[i].ask == upper && getaddrinfo(upper, NULL, NULL, &known) != 0)
			continue; /* a machine without /etc/hosts */
		if (rows[i].ask == upper)
			freeaddrinfo(known);
		if (rig_open_at(&rig, rows[i].listen)) {
			assert_int_equal(rows[i].listen[0], '[');
			continue; /* no IPv6 here */
		}
		snprintf(rig.address, sizeof(rig.address), "%s:%d", rows[i].ask,
		        loop_server_port(rig.server));
		ask(&rig, &reply, "GET", "/bytes/10", 0);
		reply_wait(&reply);
		if (!reply.fine)
			print_error("%s -> %s: %s\n", rows[i].ask, rows[i].listen, reply.why);
		assert_true(reply.fine);
		reply_fini(&reply);
		channel_start(&rig, &channel, NULL);
		io_net(rig.io, channel_send, channel.channel, "x", 1);
		rig_wait(&rig, &channel.enough);
		io_net(rig.io, channel_close, channel.channel);
		rig_wait_ms(&rig, 5);
		rig_close(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_get_brings_every_byte),
	        cmocka_unit_test(a_post_brings_every_byte),
	        cmocka_unit_test(a_body_comes_to_where_it_is_wanted),
	        cmocka_unit_test(a_slow_server_holds_the_client_back),
	        cmocka_unit_test(a_slow_client_holds_the_server_back),
	        cmocka_unit_test(a_pause_stops_the_body_of_a_request),
	        cmocka_unit_test(a_pause_stops_the_body_of_a_response),
	        cmocka_unit_test(a_pause_counts_from_the_start),
	        cmocka_unit_test(small_bodies_are_echoed),
	        cmocka_unit_test(headers_are_carried_both_ways),
	        cmocka_unit_test(a_head_says_the_size_and_sends_nothing),
	        cmocka_unit_test(a_refusal_is_a_json_error),
	        cmocka_unit_test(a_service_that_neither_takes_nor_answers_is_an_error),
	        cmocka_unit_test(an_answer_may_come_from_a_worker),
	        cmocka_unit_test(a_body_of_unknown_size_comes_whole),
	        cmocka_unit_test(connections_are_used_again),
	        cmocka_unit_test(addresses_of_all_kinds_are_found),
	        cmocka_unit_test(many_at_a_time_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
