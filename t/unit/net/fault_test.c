/* SPDX-License-Identifier: MIT */
/* Our client where things go wrong: refusals, aborts, resets, and servers that are not ours. */
#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a server that says what it is told ---- */

static int foreign_listen(struct rig *rig)
{
	struct sockaddr_in address = {
	        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 10), 0);
	getsockname(fd, (struct sockaddr *)&address, &size);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	snprintf(rig->address, sizeof(rig->address), "127.0.0.1:%d", ntohs(address.sin_port));
	return fd;
}

static int foreign_accept(struct rig *rig, int listener)
{
	for (int turns = 0; turns < 10000; turns++) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0) {
			fcntl(fd, F_SETFL, O_NONBLOCK);
			return fd;
		}
		rig_turns(rig, 1);
	}
	fail_msg("nobody connects");
	return -1;
}

static void foreign_close(int fd, bool reset)
{
	struct linger linger = {.l_onoff = reset};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

/* One GET, one answer, the end. */
static void foreign_answer(struct rig *rig, struct reply *reply, const char *text, bool reset)
{
	int listener = foreign_listen(rig), fd;
	struct buf request = {0};

	ask(rig, reply, "GET", "/x", 0);
	fd = foreign_accept(rig, listener);
	plain_read(rig, fd, "\r\n\r\n", &request);
	plain_send(fd, text);
	rig_turns(rig, 3);
	foreign_close(fd, reset);
	reply_wait(reply);
	buf_fini(&request);
	close(listener);
}

static void foreign_answers_are_understood(void **state)
{
	static const struct {
		const char *text;
		int status;
		const char *body;
		const char *why; /* part of it; NULL: fine */
	} rows[] = {
	        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", 200, "ab", NULL},
	        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 200 "
	         "OK\r\nContent-Length: 2\r\n\r\nab",
	                200, "ab", NULL},
	        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\nX: "
	         "y\r\n\r\n",
	                200, "ab", NULL},
	        {"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, "until the end", NULL},
	        {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", 200, "ab", NULL},
	        {"HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n", 204, NULL, NULL},
	        {"HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n", 304, NULL, NULL},
	        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore than that", 200, NULL, NULL},
	        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", 200, "ab", "closed"},
	        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", 200, "ab",
	                "closed"},
	        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 200, NULL,
	                "chunked"},
	        {"HTTP/1.1 101 Hm\r\n\r\n", 0, NULL, "another protocol"},
	        {"HTTP/1.1 200 OK", 0, NULL, "closed"},
	        {"", 0, NULL, "closed"},
	        {"SSH-2.0-OpenSSH\r\n\r\n", 0, NULL, "not"},
	        {"HTTP/1.1 200 OK\r\nbroken line\r\n\r\n", 0, NULL, "header"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct rig rig;
		struct reply reply;

		rig_open(&rig);
		foreign_answer(&rig, &reply, rows[i].text, false);
		assert_int_equal(reply.status, rows[i].status);
		assert_string_equal(
		        reply.body.data ? reply.body.data : "", rows[i].body ? rows[i].body : "");
		assert_int_equal(reply.fine, rows[i].why == NULL);
		assert_int_equal(reply.ended, rows[i].why == NULL);
		if (rows[i].why &&
		        (!strstr(reply.why, rows[i].why) || !strstr(reply.why, rig.address)))
			fail_msg("%s: %s", rows[i].text, reply.why);
		reply_fini(&reply);
		rig_close(&rig);
	}
}

static void a_reset_is_said_with_the_address(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	foreign_answer(&rig, &reply, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nab", true);
	assert_non_null(strstr(reply.why, rig.address));
	assert_non_null(strstr(reply.why, "reset"));
	reply_fini(&reply);
	rig_close(&rig);
}

static void a_head_without_end_is_given_up(void **state)
{
	struct rig rig;
	struct reply reply;
	struct buf text = {0};

	rig_open(&rig);
	buf_text(&text, "HTTP/1.1 200 OK\r\nA: ");
	while (text.size < 40000)
		buf_text(&text, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	foreign_answer(&rig, &reply, text.data, false);
	assert_non_null(strstr(reply.why, "16 KiB"));
	buf_fini(&text);
	reply_fini(&reply);
	rig_close(&rig);
}

/* An idle connection that the server closed, at the very moment of the next request: once more on a
 * fresh one. */
static void a_stale_connection_is_not_the_callers_trouble(void **state)
{
	for (int post = 0; post < 2; post++) {
		struct rig rig;
		struct reply reply;
		struct buf request = {0};
		int listener, fd;

		rig_open(&rig);
		listener = foreign_listen(&rig);
		ask(&rig, &reply, "GET", "/x", 0);
		fd = foreign_accept(&rig, listener);
		plain_read(&rig, fd, "\r\n\r\n", &request);
		plain_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
		reply_wait(&reply);
		assert_true(reply.fine);
		reply_fini(&reply);

		foreign_close(fd, false); /* the client has not looked yet */
		ask(&rig, &reply, post ? "POST" : "GET", "/y", 0);
		if (post) { /* nobody knows whether it was done: that is for the caller to judge */
			reply_wait(&reply);
			assert_false(reply.fine);
		} else {
			fd = foreign_accept(&rig, listener);
			buf_clear(&request);
			plain_read(&rig, fd, "\r\n\r\n", &request);
			assert_non_null(strstr(request.data, "GET /y "));
			plain_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
			reply_wait(&reply);
			assert_true(reply.fine);
			close(fd);
		}
		close(listener);
		buf_fini(&request);
		reply_fini(&reply);
		rig_close(&rig);
	}
}

static void an_answer_that_does_not_wait_does_no_harm(void **state)
{
	struct rig rig;
	struct reply reply;
	int listener, fd;

	rig_open(&rig);
	listener = foreign_listen(&rig);
	ask(&rig, &reply, "GET", "/x", 0);
	fd = foreign_accept(&rig, listener);
	plain_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	reply_wait(&reply);
	assert_int_equal(reply.status, 200);
	close(fd);
	close(listener);
	reply_fini(&reply);
	rig_close(&rig);
}

/* An idle connection that speaks, and one to somebody else, are not for the next request. */
static void idle_connections_are_not_mixed_up(void **state)
{
	struct rig rig;
	struct reply reply;
	struct buf request = {0};
	int listener, first, second;

	rig_open(&rig);
	ask(&rig, &reply, "GET", "/bytes/10", 0); /* leaves an idle connection to our own server */
	reply_wait(&reply);
	reply_fini(&reply);
	listener = foreign_listen(&rig);
	ask(&rig, &reply, "GET", "/x", 0);
	first = foreign_accept(&rig, listener);
	plain_read(&rig, first, "\r\n\r\n", &request);
	plain_send(first, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	reply_wait(&reply);
	rig_turns(&rig, 3);
	plain_send(first, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); /* nobody asked */
	rig_turns(&rig, 3);
	ask(&rig, &reply, "GET", "/y", 0);
	second = foreign_accept(&rig, listener);
	plain_read(&rig, second, "\r\n\r\n", &request);
	plain_send(second, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	reply_wait(&reply);
	assert_true(reply.fine);
	close(first);
	close(second);
	close(listener);
	buf_fini(&request);
	rig_close(&rig);
}

/* ---- refusals ---- */

static void nobody_there_is_said_with_the_address(void **state)
{
	struct rig rig;
	struct reply reply;
	int listener;

	rig_open(&rig);
	listener = foreign_listen(&rig);
	close(listener);
	ask(&rig, &reply, "POST", "/x", 1000000);
	assert_false(reply.closed); /* never inside the call */
	reply_wait(&reply);
	assert_non_null(strstr(reply.why, rig.address));
	assert_non_null(strstr(reply.why, "refused"));
	assert_int_equal(reply.status, 0);
	rig_close(&rig);
}

static void an_address_that_is_none_is_said(void **state)
{
	static const char *const bad[] = {"", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:70000",
	        "127.0.0.1:x", "::1:80", "host.invalid:80"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct rig rig;
		struct reply reply;
		struct rig_channel channel = {0};

		rig_open(&rig);
		snprintf(rig.address, sizeof(rig.address), "%s", bad[i]);
		ask(&rig, &reply, "GET", "/x", 0);
		channel_start(&rig, &channel, NULL);
		reply_wait(&reply);
		rig_wait(&rig, &channel.closed);
		assert_string_not_equal(reply.why, "");
		assert_non_null(strstr(reply.why, bad[i]));
		assert_non_null(strstr(channel.why, bad[i]));
		rig_close(&rig);
	}
}

static void a_server_on_a_taken_or_bad_address_says_why(void **state)
{
	static const struct io_service service = {0};
	struct rig rig;
	char why[256] = "";

	rig_open(&rig);
	assert_null(io_net(rig.io, serve, rig.address, &service, NULL, why));
	assert_non_null(strstr(why, rig.address));
	assert_non_null(strstr(why, "in use"));
	assert_null(io_net(rig.io, serve, "nonsense", &service, NULL, why));
	assert_non_null(strstr(why, "nonsense"));
	assert_null(io_net(rig.io, serve, "192.0.2.1:0", &service, NULL, why));
	assert_non_null(strstr(why, "192.0.2.1:0"));
	rig_close(&rig);
}

static void an_address_is_free_again_after_close(void **state)
{
	static const struct io_service service = {0};
	struct rig rig;
	char why[256] = "";

	rig_open(&rig);
	for (int i = 0; i < 5; i++) {
		io_net(rig.io, server_close, rig.server);
		rig_turns(&rig, 3);
		rig.server = io_net(rig.io, serve, rig.address, &service, &rig, why);
		if (!rig.server)
			fail_msg("%s", why);
	}
	rig_close(&rig);
}

static void a_refusal_in_the_middle_of_a_body_arrives(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	for (int i = 0; i < 5; i++) {
		ask(&rig, &reply, "POST", i % 2 ? "/early/5000000" : "/status/507", 1 << 30);
		reply_wait(&reply);
		assert_int_equal(reply.status, 507);
		assert_true(reply.ended);
		assert_false(reply.fine);
		assert_non_null(strstr(reply.why, "before it had the whole request"));
		assert_true(reply.sent < 1 << 30);
		if (i % 2) /* the service took it, and is told how it ended */
			assert_string_equal(
			        rig.served_why, "answered before the whole request had come");
		reply_fini(&reply);
	}
	rig_close(&rig);
}

/* The same from a server that stops reading: our end may not wait for its own bytes to leave before
 * it listens. */
static void a_refusal_of_a_server_that_stops_reading_arrives(void **state)
{
	struct rig rig;
	struct reply reply;
	struct buf request = {0};
	int listener, fd;

	rig_open(&rig);
	listener = foreign_listen(&rig);
	ask(&rig, &reply, "POST", "/x", 1 << 30);
	fd = foreign_accept(&rig, listener);
	plain_read(&rig, fd, "\r\n\r\n", &request);
	rig_turns(&rig, 100); /* until nothing more fits into the socket */
	plain_send(fd, "HTTP/1.1 507 Full\r\nContent-Length: 4\r\n\r\nfull");
	reply_wait(&reply);
	assert_int_equal(reply.status, 507);
	assert_string_equal(reply.body.data, "full");
	close(fd);
	close(listener);
	buf_fini(&request);
	reply_fini(&reply);
	rig_close(&rig);
}

/* The rest of a refused body is read past: no later request may land in the middle of it. */
static void after_a_refusal_other_requests_are_answered(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	for (int i = 0; i < 5; i++) {
		ask(&rig, &reply, "POST", i % 2 ? "/early/1000" : "/status/507", 10000000);
		reply_wait(&reply);
		assert_int_equal(reply.status, 507);
		reply_fini(&reply);
		ask(&rig, &reply, "GET", "/bytes/1000", 0);
		reply_wait(&reply);
		assert_int_equal(reply.received, 1000);
		assert_true(reply.fine);
		reply_fini(&reply);
	}
	rig_close(&rig);
}

/* Our caller has written everything, the kernel has not taken it: the request is not whole yet. */
static void an_answer_before_the_last_byte_left_is_early(void **state)
{
	struct rig rig;
	struct reply reply;
	struct buf request = {0};
	int listener, fd;

	rig_open(&rig);
	listener = foreign_listen(&rig);
	memset(&reply, 0, sizeof(reply));
	reply.eager = true;
	ask_with(&rig, &reply,
	        &(struct io_request){.method = "POST", .path = "/x", .body_size = 32 << 20});
	fd = foreign_accept(&rig, listener);
	plain_read(&rig, fd, "\r\n\r\n", &request);
	rig_turns(&rig, 20);
	assert_int_equal(reply.sent, 32 << 20);
	plain_send(fd, "HTTP/1.1 507 Full\r\nContent-Length: 4\r\n\r\nfull");
	reply_wait(&reply);
	assert_int_equal(reply.status, 507);
	assert_false(reply.fine);
	close(fd);
	close(listener);
	buf_fini(&request);
	reply_fini(&reply);
	rig_close(&rig);
}

/* ---- aborts ---- */

static void a_client_may_abort_whenever_it_likes(void **state)
{
	static const struct {
		const char *method, *path;
		uint64_t size;
	} rows[] = {
	        {"GET", "/bytes/100000000", 0}, {"POST", "/count", 100000000}, {"GET", "/hold", 0}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (int turns = 0; turns < 30; turns++) {
			struct rig rig;
			struct reply reply;

			rig_open(&rig);
			ask(&rig, &reply, rows[i].method, rows[i].path, rows[i].size);
			rig_turns(&rig, turns);
			assert_false(reply.closed);
			io_net(rig.io, abort, reply.exchange);
			reply_fini(&reply);
			memset(&reply, 0xff, sizeof(reply)); /* whoever looks at it now fails */
			for (int more = 0; more < 1000 && (rig.served_open || more < 10); more++)
				rig_turns(&rig, 1);
			assert_int_equal(rig.served_open, 0);
			rig_close(&rig);
		}
}

static void a_client_may_abort_inside_its_body(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	memset(&reply, 0, sizeof(reply));
	ask(&rig, &reply, "GET", "/bytes/100000000", 0);
	reply.abort_at = 5000000;
	reply_wait(&reply);
	reply_fini(&reply);
	for (int more = 0; more < 1000 && rig.served_open; more++)
		rig_turns(&rig, 1);
	rig_close(&rig);
}

static void a_server_may_abort_in_the_middle(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	ask(&rig, &reply, "GET", "/drop/5000000", 0);
	reply_wait(&reply);
	assert_int_equal(reply.status, 200);
	assert_false(reply.fine);
	assert_false(reply.ended);
	assert_false(reply.bad);
	assert_non_null(strstr(reply.why, rig.address));
	reply_fini(&reply);
	ask(&rig, &reply, "GET", "/hold", 0);
	rig_turns(&rig, 100);
	assert_non_null(rig.held);
	rig_abort_held(&rig);
	reply_wait(&reply);
	assert_false(reply.fine);
	rig_close(&rig);
}

static void a_closing_server_tells_its_exchanges(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	ask(&rig, &reply, "GET", "/hold", 0);
	rig_turns(&rig, 100);
	assert_non_null(rig.held);
	io_net(rig.io, server_close, rig.server);
	rig.server = NULL;
	assert_false(rig.held_closed); /* not inside the call */
	rig_turns(&rig, 2);
	assert_true(rig.held_closed);
	reply_wait(&reply);
	assert_false(reply.fine);
	rig_close(&rig);
}

static void a_closing_server_may_be_aborted_first(void **state)
{
	struct rig rig;
	struct reply reply;

	rig_open(&rig);
	ask(&rig, &reply, "GET", "/hold", 0);
	rig_turns(&rig, 100);
	io_net(rig.io, server_close, rig.server);
	rig.server = NULL;
	rig_abort_held(&rig);
	reply_wait(&reply);
	assert_false(rig.held_closed);
	rig_close(&rig);
}

static void a_loop_may_end_in_the_middle_of_everything(void **state)
{
	int files = open_files();

	for (int turns = 0; turns < 40; turns++) {
		struct rig rig;
		struct reply replies[6];
		struct rig_channel channel = {0};

		rig_open(&rig);
		ask(&rig, &replies[0], "GET", "/bytes/100000000", 0);
		ask(&rig, &replies[1], "POST", "/count", 100000000);
		ask(&rig, &replies[2], "POST", "/slow", 100000000);
		ask(&rig, &replies[3], "GET", "/bytes/3", 0);
		ask(&rig, &replies[4], "POST", "/status/403", 1000000);
		ask(&rig, &replies[5], "GET", "/now", 0);
		channel_start(&rig, &channel, NULL);
		io_net(rig.io, channel_send, channel.channel, "x", 1);
		rig_turns(&rig, turns);
		rig_kill(&rig);
		for (int i = 0; i < 6; i++)
			reply_fini(&replies[i]);
	}
	assert_int_equal(open_files(), files);
}

/* ---- limits ---- */

static void *serve(void *arg)
{
	struct rig *rig = arg;

	loop_run(rig->loop);
	return NULL;
}

/* A client's tables hold some 256 connections: what is beyond fails with a sentence, what is within
 * goes on. */
static void more_connections_than_a_client_has_fail_one_by_one(void **state)
{
	enum { MANY = 300 };
	struct rig server, client = {0};
	struct reply *replies = calloc(MANY, sizeof(*replies));
	int failed = 0, answered = 0;
	pthread_t thread;

	rig_open(&server);
	pthread_create(&thread, NULL, serve, &server);
	assert_int_equal(
	        loop_create(&client.loop, &(struct loop_options){.server = false}, NULL), 0);
	client.io = loop_io(client.loop);
	memcpy(client.address, server.address, sizeof(client.address));
	for (int i = 0; i < MANY; i++)
		ask(&client, &replies[i], "GET", "/bytes/1000", 0);
	for (int i = 0; i < MANY; i++) {
		reply_wait(&replies[i]);
		failed += !replies[i].fine;
		answered += replies[i].received == 1000;
		if (!replies[i].fine)
			assert_non_null(strstr(replies[i].why, client.address));
		reply_fini(&replies[i]);
	}
	assert_true(failed > 0 && failed < 100);
	assert_int_equal(failed + answered, MANY);
	loop_destroy(client.loop);
	loop_stop(server.loop);
	pthread_join(thread, NULL);
	free(replies);
	rig_turns(&server, 10);
	rig_close(&server);
}

static void a_server_out_of_descriptors_rests_and_comes_back(void **state)
{
	enum { MANY = 40 };
	struct rlimit before, few;
	struct rig rig;
	struct buf answer = {0};
	int fds[MANY], made = 0;
	uint64_t turns;

	rig_open(&rig);
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = (rlim_t)open_files() + 10;
	for (; made < 8; made++)
		fds[made] = plain_connect(&rig); /* their other ends do not all fit */
	setrlimit(RLIMIT_NOFILE, &few);
	rig_turns(&rig, 10);
	turns = loop_turns(rig.loop);
	for (uint64_t end = io_mono_ms(rig.io) + 150; io_mono_ms(rig.io) < end;)
		rig_wait_ms(&rig, 50);
	assert_true(loop_turns(rig.loop) - turns < 50); /* it does not ask for ever */
	for (int i = 1; i < made; i++)
		close(fds[i]);
	rig_wait_ms(&rig, 150);
	fds[1] = plain_connect(&rig); /* and one that comes after the rest */
	for (int i = 0; i < 2; i++) {
		plain_send(fds[i], "GET /bytes/3 HTTP/1.1\r\nHost: x\r\n\r\n");
		plain_read(&rig, fds[i], "200 OK", &answer);
		buf_clear(&answer);
		close(fds[i]);
	}
	setrlimit(RLIMIT_NOFILE, &before);
	buf_fini(&answer);
	rig_turns(&rig, 10);
	rig_close(&rig);
}

static void nothing_stays_open(void **state)
{
	int files = open_files();
	struct rig rig;

	rig_open(&rig);
	for (int i = 0; i < 50; i++) {
		struct reply reply;
		struct rig_channel channel = {.want = 1};

		ask(&rig, &reply, "POST", i % 3 ? "/count" : "/status/400", 100000);
		reply_wait(&reply);
		reply_fini(&reply);
		channel_start(&rig, &channel, NULL);
		io_net(rig.io, channel_send, channel.channel, "x", 1);
		rig_wait(&rig, &channel.enough);
		io_net(rig.io, channel_close, channel.channel);
		for (int turns = 0; turns < 1000 && rig.channels_open; turns++)
			rig_turns(&rig, 1);
	}
	rig_close(&rig);
	assert_int_equal(open_files(), files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(foreign_answers_are_understood),
	        cmocka_unit_test(a_reset_is_said_with_the_address),
	        cmocka_unit_test(a_head_without_end_is_given_up),
	        cmocka_unit_test(a_stale_connection_is_not_the_callers_trouble),
	        cmocka_unit_test(an_answer_that_does_not_wait_does_no_harm),
	        cmocka_unit_test(idle_connections_are_not_mixed_up),
	        cmocka_unit_test(nobody_there_is_said_with_the_address),
	        cmocka_unit_test(an_address_that_is_none_is_said),
	        cmocka_unit_test(a_server_on_a_taken_or_bad_address_says_why),
	        cmocka_unit_test(an_address_is_free_again_after_close),
	        cmocka_unit_test(a_refusal_in_the_middle_of_a_body_arrives),
	        cmocka_unit_test(a_refusal_of_a_server_that_stops_reading_arrives),
	        cmocka_unit_test(after_a_refusal_other_requests_are_answered),
	        cmocka_unit_test(an_answer_before_the_last_byte_left_is_early),
	        cmocka_unit_test(a_client_may_abort_whenever_it_likes),
	        cmocka_unit_test(a_client_may_abort_inside_its_body),
	        cmocka_unit_test(a_server_may_abort_in_the_middle),
	        cmocka_unit_test(a_closing_server_tells_its_exchanges),
	        cmocka_unit_test(a_closing_server_may_be_aborted_first),
	        cmocka_unit_test(a_loop_may_end_in_the_middle_of_everything),
	        cmocka_unit_test(more_connections_than_a_client_has_fail_one_by_one),
	        cmocka_unit_test(a_server_out_of_descriptors_rests_and_comes_back),
	        cmocka_unit_test(nothing_stays_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
