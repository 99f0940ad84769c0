/* SPDX-License-Identifier: MIT */
/* Our server and what our client would never say: plain sockets, byte by byte. */
#include "rig.h"

#include <errno.h>
#include <time.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define GET(path)        "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"
#define POST(path, size) "POST " path " HTTP/1.1\r\nHost: x\r\nContent-Length: " size "\r\n\r\n"

static int count(const struct buf *buf, const char *text)
{
	int found = 0;

	for (const char *at = buf->data; at && (at = strstr(at, text)); at++)
		found++;
	return found;
}

/* The server is still there for others. */
static void assert_serves(struct rig *rig)
{
	struct reply reply;

	ask(rig, &reply, "GET", "/bytes/10", 0);
	reply_wait(&reply);
	assert_int_equal(reply.received, 10);
	reply_fini(&reply);
}

/* Sends and reads until the server closes. */
static void exchange_plainly(struct rig *rig, const char *text, struct buf *ret)
{
	int fd = plain_connect(rig);

	plain_send(fd, text);
	plain_read(rig, fd, NULL, ret);
	close(fd);
}

static void what_is_no_request_is_refused_and_closed(void **state)
{
	static const struct {
		const char *text, *answer;
	} rows[] = {
	        {"garbage\r\n\r\n", "HTTP/1.1 400 "},
	        {"\x16\x03\x01\x02\x01\r\n\r\n", "HTTP/1.1 400 "},
	        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 505 "},
	        {"POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
	         "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	                "HTTP/1.1 411 "},
	        {"POST /count HTTP/1.1\r\nHost: x\r\n\r\nhello", "HTTP/1.1 411 "},
	        {"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n", "HTTP/1.1 400 "},
	};
	struct rig rig;

	rig_open(&rig);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct buf answer = {0};

		exchange_plainly(&rig, rows[i].text, &answer);
		if (answer.size == 0 ||
		        strncmp(answer.data, rows[i].answer, strlen(rows[i].answer)) != 0)
			fail_msg("%s: %s", rows[i].text, answer.data ? answer.data : "nothing");
		assert_int_equal(count(&answer, "Content-Type"), 1);
		assert_non_null(strstr(answer.data, "Connection: close\r\n"));
		assert_non_null(strstr(answer.data, "{\"code\":\""));
		buf_fini(&answer);
	}
	assert_int_equal(rig.requests, 0);
	assert_serves(&rig);
	rig_close(&rig);
}

static void a_head_without_end_is_refused(void **state)
{
	struct rig rig;
	struct buf text = {0}, answer = {0};

	rig_open(&rig);
	buf_text(&text, "GET / HTTP/1.1\r\nHost: x\r\nA: ");
	while (text.size < 100000)
		buf_text(&text, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	exchange_plainly(&rig, text.data, &answer);
	assert_non_null(strstr(answer.data, "HTTP/1.1 431 "));
	buf_fini(&text);
	buf_fini(&answer);
	assert_serves(&rig);
	rig_close(&rig);
}

/* libwebsockets' own server takes the second head for its body here, and answers for ever. */
static void requests_in_one_packet_are_answered_in_order(void **state)
{
	struct rig rig;
	struct buf answer = {0};
	int fd;

	rig_open(&rig);
	fd = plain_connect(&rig);
	plain_send(fd, POST("/echo", "5") "first" POST("/echo", "6") "second" GET("/bytes/3")
	                       POST("/echo", "0") GET("/status/404") POST("/echo", "5") "third");
	plain_read(&rig, fd, "third", &answer);
	assert_int_equal(count(&answer, "HTTP/1.1 "), 6);
	assert_true(strstr(answer.data, "first") < strstr(answer.data, "second"));
	assert_true(strstr(answer.data, "second") < strstr(answer.data, "HTTP/1.1 404"));
	assert_int_equal(rig.requests, 6);
	buf_fini(&answer);
	close(fd);
	rig_turns(&rig, 3);
	rig_close(&rig);
}

static void a_thousand_requests_in_one_packet_are_answered(void **state)
{
	struct rig rig;
	struct buf text = {0}, answer = {0};
	int fd;

	rig_open(&rig);
	fd = plain_connect(&rig);
	for (int i = 0; i < 1000; i++)
		buf_text(&text, i == 999 ? POST("/echo", "4") "last" : GET("/bytes/3"));
	plain_send(fd, text.data);
	plain_read(&rig, fd, "last", &answer);
	assert_int_equal(count(&answer, "HTTP/1.1 200"), 1000);
	buf_fini(&text);
	buf_fini(&answer);
	close(fd);
	rig_turns(&rig, 3);
	rig_close(&rig);
}

static void where_the_bytes_are_cut_plays_no_role(void **state)
{
	static const char text[] =
	        POST("/echo", "5") "hello" GET("/headers") POST("/echo", "3") "end";
	struct rig rig;

	rig_open(&rig);
	for (size_t step = 1; step < sizeof(text); step += step < 8 ? 1 : 13) {
		struct buf answer = {0};
		int fd = plain_connect(&rig);

		for (size_t at = 0; at < sizeof(text) - 1; at += step) {
			size_t size = sizeof(text) - 1 - at < step ? sizeof(text) - 1 - at : step;

			assert_int_equal(send(fd, text + at, size, 0), size);
			rig_turns(&rig, 1);
		}
		plain_read(&rig, fd, "end", &answer);
		assert_int_equal(count(&answer, "HTTP/1.1 200"), 3);
		assert_non_null(strstr(answer.data, "\r\n\r\nhelloHTTP/1.1 "));
		assert_non_null(strstr(answer.data, "|GET /headersHTTP/1.1 "));
		buf_fini(&answer);
		close(fd);
	}
	rig_turns(&rig, 3);
	rig_close(&rig);
}

static void who_expects_a_continue_gets_one(void **state)
{
	struct rig rig;
	struct buf answer = {0};
	int fd;

	rig_open(&rig);
	fd = plain_connect(&rig);
	plain_send(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: "
	               "100-continue\r\n\r\n");
	plain_read(&rig, fd, "\r\n\r\n", &answer);
	assert_string_equal(answer.data, "HTTP/1.1 100 Continue\r\n\r\n");
	plain_send(fd, "body");
	plain_read(&rig, fd, "body", &answer);
	assert_non_null(strstr(answer.data, "HTTP/1.1 200 OK"));
	buf_clear(&answer);
	plain_send(fd, "POST /status/413 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: "
	               "100-continue\r\n\r\n");
	plain_read(&rig, fd, "}", &answer);
	assert_int_equal(strncmp(answer.data, "HTTP/1.1 413 ", 13), 0);
	buf_fini(&answer);
	close(fd);
	rig_turns(&rig, 3);
	rig_close(&rig);
}

static void an_old_client_gets_its_answer_and_the_end(void **state)
{
	struct rig rig;
	struct buf answer = {0};

	rig_open(&rig);
	exchange_plainly(&rig, "GET /bytes/10 HTTP/1.0\r\n\r\n", &answer);
	assert_non_null(strstr(answer.data, "Content-Length: 10\r\n"));
	buf_clear(&answer);
	exchange_plainly(&rig, "GET /chunked/10 HTTP/1.0\r\n\r\n", &answer);
	assert_null(strstr(answer.data, "chunked"));
	assert_true(pattern_is(answer.data + answer.size - 10, 10, 0));
	buf_clear(&answer);
	exchange_plainly(&rig, "GET /chunked/10 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	        &answer); /* its end is the only sign that it is whole */
	assert_non_null(strstr(answer.data, "Connection: close"));
	buf_clear(&answer);
	exchange_plainly(&rig,
	        "GET /bytes/10 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" GET("/bytes/10"),
	        &answer);
	assert_int_equal(count(&answer, "HTTP/1.1 "), 1);
	buf_fini(&answer);
	rig_close(&rig);
}

static void an_unwanted_body_is_read_past(void **state)
{
	struct rig rig;
	struct buf answer = {0};
	int fd;

	rig_open(&rig);
	fd = plain_connect(&rig);
	plain_send(fd, POST("/status/403", "10"));
	plain_read(&rig, fd, "}", &answer);
	assert_non_null(strstr(answer.data, "HTTP/1.1 403 "));
	plain_send(fd, "0123456789" GET("/bytes/3"));
	plain_read(&rig, fd, "HTTP/1.1 200", &answer);
	assert_int_equal(rig.requests, 2);
	buf_fini(&answer);
	close(fd);
	rig_turns(&rig, 3);
	rig_close(&rig);
}

/* Also where the service had paused it before it lost interest. */
static void a_paused_unwanted_body_is_read_past(void **state)
{
	struct rig rig;
	struct buf answer = {0};
	char half[500000];
	int fd;

	rig_open(&rig);
	fd = plain_connect(&rig);
	pattern_fill(half, sizeof(half), 0);
	plain_send(fd, POST("/stuck", "1000000"));
	for (int i = 0; i < 2; i++) {
		for (size_t sent = 0; sent < sizeof(half);) {
			ssize_t part = send(fd, half + sent, sizeof(half) - sent, MSG_NOSIGNAL);

			sent += part > 0 ? (size_t)part : 0;
			rig_turns(&rig, 1);
		}
	}
	plain_send(fd, GET("/bytes/3"));
	plain_read(&rig, fd, "HTTP/1.1 200", &answer);
	assert_non_null(strstr(answer.data, "HTTP/1.1 507"));
	buf_fini(&answer);
	close(fd);
	rig_turns(&rig, 3);
	rig_close(&rig);
}

static void a_huge_unwanted_body_is_not(void **state)
{
	struct rig rig;
	struct buf answer = {0};

	rig_open(&rig);
	exchange_plainly(&rig, POST("/status/403", "100000000000"), &answer);
	assert_non_null(strstr(answer.data, "HTTP/1.1 403 "));
	assert_non_null(strstr(answer.data, "Connection: close"));
	buf_fini(&answer);
	rig_close(&rig);
}

static void a_client_that_goes_is_noticed(void **state)
{
	static const char *const said[] = {GET("/hold"), POST("/count", "100") "half",
	        POST("/slow", "1000000") "x", GET("/bytes/1000000000")};

	for (int reset = 0; reset < 2; reset++)
		for (size_t i = 0; i < 4; i++) {
			struct linger linger = {.l_onoff = reset};
			struct rig rig;
			int fd;

			rig_open(&rig);
			fd = plain_connect(&rig);
			plain_send(fd, said[i]);
			for (int turns = 0; turns < 100 && rig.requests == 0; turns++)
				rig_turns(&rig, 1);
			assert_int_equal(rig.served_open, 1);
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
			close(fd);
			for (int turns = 0; turns < 10000 && rig.served_open; turns++)
				rig_turns(&rig, 1);
			assert_int_equal(rig.served_open, 0);
			assert_string_not_equal(rig.served_why, "");
			rig_close(&rig);
		}
}

static void a_silent_connection_costs_nothing(void **state)
{
	struct rig rig;
	int fds[50], files;
	uint64_t turns;
	bool done = false;

	rig_open(&rig);
	files = open_files();
	for (int i = 0; i < 50; i++) {
		fds[i] = plain_connect(&rig);
		plain_send(fds[i], i % 2 ? GET("/bytes/3") "GET" : "POST");
	}
	rig_turns(&rig, 300);
	turns = loop_turns(rig.loop);
	(void)done;
	assert_serves(&rig);
	assert_true(loop_turns(rig.loop) - turns < 30); /* nothing spins */
	for (int i = 0; i < 50; i++)
		close(fds[i]);
	rig_turns(&rig, 300);
	assert_true(
	        open_files() <= files + 2); /* the pooled connection of assert_serves, both ends */
	rig_close(&rig);
}

/* A request waits for its answer and the next is there already: no core burns meanwhile. */
static void waiting_with_a_next_request_does_not_spin(void **state)
{
	struct rig rig;
	uint64_t turns;
	int fd;

	rig_open(&rig);
	fd = plain_connect(&rig);
	plain_send(fd, GET("/hold") GET("/bytes/3"));
	rig_turns(&rig, 100);
	plain_send(fd, GET("/bytes/3"));
	rig_turns(&rig, 100);
	assert_int_equal(rig.requests, 1);
	turns = loop_turns(rig.loop);
	assert_serves(&rig);
	assert_true(loop_turns(rig.loop) - turns < 30);
	rig_abort_held(&rig);
	close(fd);
	rig_turns(&rig, 10);
	rig_close(&rig);
}

/* What comes after a request that waits stays in the sockets, but for one read. */
static void a_flood_behind_a_waiting_request_is_held_back(void **state)
{
	struct rig rig;
	char *flood = calloc(1, 1 << 20);
	size_t sent = 0;
	int fd;

	rig_open(&rig);
	fd = plain_connect(&rig);
	plain_send(fd, GET("/hold"));
	rig_turns(&rig, 10);
	for (int turns = 0; turns < 200; turns++) {
		ssize_t part = send(fd, flood, 1 << 20, MSG_NOSIGNAL);

		sent += part > 0 ? (size_t)part : 0;
		rig_turns(&rig, 1);
	}
	assert_true(sent < 32 << 20);
	rig_abort_held(&rig);
	close(fd);
	free(flood);
	rig_turns(&rig, 10);
	rig_close(&rig);
}

/* ---- WebSockets ---- */

#define UPGRADE                                                                                    \
	"GET /v1/rpc HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: "                    \
	"Upgrade\r\nSec-WebSocket-Version: 13\r\n"                                                 \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: "                                  \
	"http://here\r\nSec-WebSocket-Protocol: a, b\r\n"                                          \
	"Sec-WebSocket-Extensions: permessage-deflate\r\nAuthorization: Bearer tok\r\n\r\n"

static int upgrade(struct rig *rig, struct buf *answer)
{
	int fd = plain_connect(rig);

	plain_send(fd, UPGRADE);
	plain_read(rig, fd, "\r\n\r\n", answer);
	assert_non_null(strstr(answer->data, "101 Switching Protocols"));
	assert_non_null(
	        strstr(answer->data, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")); /* RFC 6455's example */
	assert_null(strstr(answer->data, "deflate"));
	buf_clear(answer);
	return fd;
}

static void frame(int fd, int first, const char *bytes, size_t size)
{
	unsigned char head[8] = {
	        (unsigned char)first, 0x80 | (unsigned char)size}; /* masked with zeros */

	assert_true(size < 126);
	assert_int_equal(send(fd, head, 6, MSG_NOSIGNAL), 6);
	if (size > 0)
		assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), size);
}

static void an_upgrade_carries_its_headers(void **state)
{
	struct rig rig;
	struct buf answer = {0};
	int fd;

	rig_open(&rig);
	fd = upgrade(&rig, &answer);
	assert_string_equal(rig.authorization, "Bearer tok");
	assert_string_equal(rig.origin, "http://here");
	frame(fd, 0x81, "hello", 5);
	plain_read(&rig, fd, "hello", &answer);
	assert_int_equal(answer.size, 7);
	buf_fini(&answer);
	close(fd);
	rig_turns(&rig, 10);
	assert_int_equal(rig.channels_open, 0);
	rig_close(&rig);
}

static void fragments_become_one_message(void **state)
{
	struct rig rig;
	struct buf answer = {0};
	int fd;

	rig_open(&rig);
	fd = upgrade(&rig, &answer);
	frame(fd, 0x01, "one ", 4);
	frame(fd, 0x89, "ping", 4); /* between two fragments */
	frame(fd, 0x00, "mess", 4);
	frame(fd, 0x80, "age", 3);
	plain_read(&rig, fd, "one message", &answer);
	frame(fd, 0x81, "", 0);
	frame(fd, 0x81, "next", 4);
	plain_read(&rig, fd, "next", &answer);
	buf_fini(&answer);
	close(fd);
	rig_turns(&rig, 10);
	rig_close(&rig);
}

static void bad_frames_close_with_a_sentence(void **state)
{
	static const struct {
		int first;
		const char *bytes;
		int status;
	} rows[] = {
	        {0x81, "\xff\xfe", 1007},
	        {0x81, "\xed\xa0\x80", 1007}, /* half of a surrogate pair */
	        {0x82, "binary", 1003},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct rig rig;
		struct buf answer = {0};
		int fd;

		rig_open(&rig);
		fd = upgrade(&rig, &answer);
		frame(fd, rows[i].first, rows[i].bytes, strlen(rows[i].bytes));
		plain_read(&rig, fd, i == 2 ? "binary messages" : "UTF-8", &answer);
		assert_int_equal((unsigned char)answer.data[0], 0x88);
		assert_int_equal((unsigned char)answer.data[2] << 8 | (unsigned char)answer.data[3],
		        rows[i].status);
		frame(fd, 0x88, "", 0);
		close(fd);
		for (int turns = 0; turns < 1000 && rig.channels_open; turns++)
			rig_turns(&rig, 1);
		assert_int_equal(rig.channels_open, 0);
		assert_serves(&rig);
		rig_close(&rig);
		buf_fini(&answer);
	}
}

/* The declared size alone: nobody waits for 4 MiB to say no, and nothing is allocated for it. */
static void a_message_over_the_limit_is_refused(void **state)
{
	struct rig rig;
	struct buf answer = {0};
	char *part = calloc(1, 1 << 20);
	unsigned char head[14] = {0x81, 0xff, 0, 0, 0, 0, 0, 0x50, 0, 0};
	int fd;

	rig_open(&rig);
	fd = upgrade(&rig, &answer);
	memset(part, 'x', 1 << 20);
	assert_int_equal(send(fd, head, 14, 0), 14);
	for (int i = 0; i < 5 << 20;) {
		ssize_t sent = send(fd, part, 1 << 20, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno != EAGAIN)
			break;
		i += sent > 0 ? (int)sent : 0;
		rig_turns(&rig, 1);
	}
	for (int turns = 0; turns < 1000 && rig.channels_open; turns++)
		rig_turns(&rig, 1);
	assert_string_equal(rig.served_why, "the message is larger than 4 MiB");
	close(fd);
	free(part);
	buf_fini(&answer);
	assert_serves(&rig);
	rig_close(&rig);
}

static void random_bytes_do_no_harm(void **state)
{
	const char *given = getenv("SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	struct rig rig;
	char bytes[600];

	print_message("# SEED=%u\n", seed);
	srandom(seed);
	rig_open(&rig);
	for (int i = 0; i < 200; i++) {
		struct buf answer = {0};
		int fd = i % 2 ? plain_connect(&rig) : upgrade(&rig, &answer);
		size_t size = (size_t)random() % sizeof(bytes);

		for (size_t at = 0; at < size; at++)
			bytes[at] = (char)(random() % (i % 4 == 1 ? 64 : 256));
		send(fd, bytes, size, MSG_NOSIGNAL);
		rig_turns(&rig, 3);
		close(fd);
		buf_fini(&answer);
	}
	assert_serves(&rig);
	for (int turns = 0; turns < 1000 && rig.channels_open; turns++)
		rig_turns(&rig, 1);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_no_request_is_refused_and_closed),
	        cmocka_unit_test(a_head_without_end_is_refused),
	        cmocka_unit_test(requests_in_one_packet_are_answered_in_order),
	        cmocka_unit_test(a_thousand_requests_in_one_packet_are_answered),
	        cmocka_unit_test(where_the_bytes_are_cut_plays_no_role),
	        cmocka_unit_test(who_expects_a_continue_gets_one),
	        cmocka_unit_test(an_old_client_gets_its_answer_and_the_end),
	        cmocka_unit_test(an_unwanted_body_is_read_past),
	        cmocka_unit_test(a_paused_unwanted_body_is_read_past),
	        cmocka_unit_test(a_huge_unwanted_body_is_not),
	        cmocka_unit_test(a_client_that_goes_is_noticed),
	        cmocka_unit_test(a_silent_connection_costs_nothing),
	        cmocka_unit_test(waiting_with_a_next_request_does_not_spin),
	        cmocka_unit_test(a_flood_behind_a_waiting_request_is_held_back),
	        cmocka_unit_test(an_upgrade_carries_its_headers),
	        cmocka_unit_test(fragments_become_one_message),
	        cmocka_unit_test(bad_frames_close_with_a_sentence),
	        cmocka_unit_test(a_message_over_the_limit_is_refused),
	        cmocka_unit_test(random_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
