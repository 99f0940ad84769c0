/* SPDX-License-Identifier: MIT */
/* HTTP/1.1 as text: what is understood, what is refused, and that where the bytes are cut plays no
 * role. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "net/http.h"

/* Parses a copy that ends where the text ends, so that a sanitizer sees a byte too far. */
static int parse(const char *text, bool response, struct http_head *ret, char **ret_copy)
{
	size_t size = strlen(text);
	char *copy = malloc(size);

	memcpy(copy, text, size);
	assert_int_equal(http_head_size(copy, size, 0), size);
	*ret_copy = copy;
	return response ? http_parse_response(copy, size, ret)
	                : http_parse_request(copy, size, ret);
}

static void expect_refusal(const char *text, int status)
{
	struct http_head head;
	char *copy;
	int found = parse(text, false, &head, &copy);

	if (found != status)
		fail_msg("%s: %d instead of %d", text, found, status);
	if (status != 0)
		assert_string_not_equal(head.why, "");
	free(copy);
}

#define LINE "GET / HTTP/1.1\r\n"
#define HOST "Host: x\r\n"

static void a_request_is_understood(void **state)
{
	struct http_head head;
	char *copy;

	assert_int_equal(
	        parse("POST /v1/chunks/00ab?x=%2F HTTP/1.1\r\nhOsT: here\r\nContent-LENGTH:12\r\n"
	              "Authorization: \t Bearer abc \t\r\nx-dfs-chain: a:1,b:2\r\nX-Other: y\r\n"
	              "Expect: 100-Continue\r\nRange:\r\n\r\n",
	                false, &head, &copy),
	        0);
	assert_string_equal(head.method, "POST");
	assert_string_equal(head.path, "/v1/chunks/00ab?x=%2F");
	assert_int_equal(head.body_size, 12);
	assert_string_equal(head.headers[IO_AUTHORIZATION], "Bearer abc");
	assert_string_equal(head.headers[IO_DFS_CHAIN], "a:1,b:2");
	assert_string_equal(head.headers[IO_RANGE], "");
	assert_null(head.headers[IO_ETAG]);
	assert_true(head.expects_continue);
	assert_true(head.keep_alive);
	assert_false(head.upgrade);
	free(copy);
}

static void what_might_be_read_in_two_ways_is_refused(void **state)
{
	static const struct {
		const char *text;
		int status;
	} rows[] = {
	        {LINE HOST "\r\n", 0},
	        {"GET / HTTP/1.0\r\n\r\n", 0},
	        {"GET http://x/y HTTP/1.1\r\n" HOST "\r\n", 0},
	        {LINE "\r\n", 400},
	        {LINE HOST HOST "\r\n", 400},
	        {LINE HOST " folded\r\n\r\n", 400},
	        {LINE HOST "A : b\r\n\r\n", 400},
	        {LINE HOST ": b\r\n\r\n", 400},
	        {LINE HOST "A b\r\n\r\n", 400},
	        {LINE HOST "A\x01: b\r\n\r\n", 400},
	        {LINE HOST "A: b\x01\r\n\r\n", 400},
	        {LINE HOST "A: b\nC: d\r\n\r\n", 400},
	        {LINE HOST "A: b\rC: d\r\n\r\n", 400},
	        {LINE HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
	        {LINE HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 0},
	        {LINE HOST "Content-Length: 1, 1\r\n\r\n", 400},
	        {LINE HOST "Content-Length: -1\r\n\r\n", 400},
	        {LINE HOST "Content-Length: +1\r\n\r\n", 400},
	        {LINE HOST "Content-Length: 0x10\r\n\r\n", 400},
	        {LINE HOST "Content-Length:\r\n\r\n", 400},
	        {LINE HOST "Content-Length: 18446744073709551616\r\n\r\n", 400},
	        {LINE HOST "Content-Length: 999999999999999999\r\n\r\n", 0},
	        {LINE HOST "Transfer-Encoding: chunked\r\n\r\n", 411},
	        {LINE HOST "Transfer-Encoding: x\r\nContent-Length: 3\r\n\r\n", 411},
	        {LINE HOST "Authorization: a\r\nAuthorization: b\r\n\r\n", 400},
	        {"POST / HTTP/1.1\r\n" HOST "\r\n", 411},
	        {"PUT / HTTP/1.1\r\n" HOST "\r\n", 411},
	        {"DELETE / HTTP/1.1\r\n" HOST "\r\n", 0},
	        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 0},
	        {"PATCH / HTTP/1.1\r\n" HOST "\r\n", 501},
	        {"get / HTTP/1.1\r\n" HOST "\r\n", 501},
	        {"PRI * HTTP/2.0\r\n\r\n", 505},
	        {"GET / HTTP/1.2\r\n" HOST "\r\n", 505},
	        {"GET / FTP/1.1\r\n" HOST "\r\n", 400},
	        {"GET /\r\n" HOST "\r\n", 400},
	        {"GET  / HTTP/1.1\r\n" HOST "\r\n", 400},
	        {"GET / x HTTP/1.1\r\n" HOST "\r\n", 400},
	        {"GET * HTTP/1.1\r\n" HOST "\r\n", 400},
	        {"GET x HTTP/1.1\r\n" HOST "\r\n", 400},
	        {"GET\t/ HTTP/1.1\r\n" HOST "\r\n", 400},
	        {"\x16\x03\x01\r\n\r\n", 400},
	        {"GET /\x7f HTTP/1.1\r\n" HOST "\r\n", 400},
	        {LINE HOST "Upgrade: websocket\r\n\r\n", 400},
	        {LINE HOST "Upgrade: h2c\r\nConnection: upgrade\r\n\r\n", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		expect_refusal(rows[i].text, rows[i].status);
}

static char *long_text(const char *before, size_t fill, const char *after)
{
	char *text = malloc(strlen(before) + fill + strlen(after) + 1);

	strcpy(text, before);
	memset(text + strlen(before), 'a', fill);
	strcpy(text + strlen(before) + fill, after);
	return text;
}

static void limits_are_kept_to_the_byte(void **state)
{
	static const struct {
		const char *before, *after;
		size_t fill;
		int status;
	} rows[] = {
	        {"GET /", " HTTP/1.1\r\n" HOST "\r\n", IO_PATH_MAX - 2, 0},
	        {"GET /", " HTTP/1.1\r\n" HOST "\r\n", IO_PATH_MAX - 1, 414},
	        {LINE HOST "X-Dfs-Chain: ", "\r\n\r\n", IO_HEADER_MAX - 1, 0},
	        {LINE HOST "X-Dfs-Chain: ", "\r\n\r\n", IO_HEADER_MAX, 431},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *text = long_text(rows[i].before, rows[i].fill, rows[i].after);

		expect_refusal(text, rows[i].status);
		free(text);
	}
}

static void too_many_headers_are_refused(void **state)
{
	struct buf text = {0};

	buf_text(&text, LINE HOST);
	for (int i = 1; i < HTTP_LINES_MAX; i++)
		buf_text(&text, "a: b\r\n");
	buf_text(&text, "\r\n");
	expect_refusal(text.data, 0);
	text.size -= 2;
	buf_text(&text, "a: b\r\n\r\n");
	expect_refusal(text.data, 431);
	buf_fini(&text);
}

static void keep_alive_follows_version_and_word(void **state)
{
	static const struct {
		const char *text;
		bool keep_alive;
	} rows[] = {
	        {LINE HOST "\r\n", true},
	        {LINE HOST "Connection: close\r\n\r\n", false},
	        {LINE HOST "Connection: x, Close\r\n\r\n", false},
	        {LINE HOST "Connection: closed\r\n\r\n", true},
	        {"GET / HTTP/1.0\r\n\r\n", false},
	        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct http_head head;
		char *copy;

		assert_int_equal(parse(rows[i].text, false, &head, &copy), 0);
		assert_int_equal(head.keep_alive, rows[i].keep_alive);
		free(copy);
	}
}

static void an_upgrade_is_whole_or_refused(void **state)
{
	static const char *const lines[] = {"Connection: keep-alive, Upgrade\r\n",
	        "Upgrade: websocket\r\n", "Sec-WebSocket-Version: 13\r\n",
	        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"};

	for (int missing = -1; missing < 4; missing++) {
		struct buf text = {0};
		struct http_head head;
		char *copy;
		int status;

		buf_text(&text, LINE HOST);
		for (int i = 0; i < 4; i++)
			if (i != missing)
				buf_text(&text, lines[i]);
		buf_text(&text, "\r\n");
		status = parse(text.data, false, &head, &copy);
		assert_int_equal(status, missing == -1 || missing == 1 ? 0 : 400);
		assert_int_equal(head.upgrade, missing == -1);
		if (missing == -1)
			assert_string_equal(head.key, "dGhlIHNhbXBsZSBub25jZQ==");
		free(copy);
		buf_fini(&text);
	}
}

static void responses_are_understood(void **state)
{
	static const struct {
		const char *text;
		int bad, status;
		uint64_t size;
		bool chunked, keep_alive;
	} rows[] = {
	        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 0, 200, 5, false, true},
	        {"HTTP/1.1 200\r\n\r\n", 0, 200, IO_BODY_UNKNOWN, false, true},
	        {"HTTP/1.0 404 Not Here\r\n\r\n", 0, 404, IO_BODY_UNKNOWN, false, false},
	        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", 0, 200, IO_BODY_UNKNOWN,
	                true, true},
	        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 0, 200, 0,
	                false, false},
	        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 502},
	        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 502},
	        {"HTTP/1.1 20 OK\r\n\r\n", 502},
	        {"HTTP/1.1 2000 OK\r\n\r\n", 502},
	        {"HTTP/1.1 099 OK\r\n\r\n", 502},
	        {"HTTP/2 200 OK\r\n\r\n", 502},
	        {"ICY 200 OK\r\n\r\n", 502},
	        {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", 400},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct http_head head;
		char *copy;

		assert_int_equal(parse(rows[i].text, true, &head, &copy), rows[i].bad);
		if (rows[i].bad == 0) {
			assert_int_equal(head.status, rows[i].status);
			assert_int_equal(head.body_size, rows[i].size);
			assert_int_equal(head.chunked, rows[i].chunked);
			assert_int_equal(head.keep_alive, rows[i].keep_alive);
		}
		free(copy);
	}
}

static void the_end_of_a_head_is_found_wherever_it_is_cut(void **state)
{
	static const char text[] = LINE HOST "\r\nbody\r\n\r\n";
	size_t whole = strlen(LINE HOST) + 2;

	for (size_t old = 0; old < sizeof(text); old++)
		for (size_t size = old; size < sizeof(text); size++) {
			if (old >= whole)
				continue; /* it was found before */
			assert_int_equal(
			        http_head_size(text, size, old), size >= whole ? whole : 0);
		}
}

/* Feeds pieces of `step` bytes; the body goes to `ret`. Returns the bytes used, or -1. */
static ptrdiff_t unchunk(const char *text, size_t step, struct buf *ret, bool *ret_end)
{
	struct http_chunks chunks = {0};
	size_t size = strlen(text), at = 0;

	*ret_end = false;
	while (at < size && !*ret_end) {
		size_t part = size - at < step ? size - at : step;
		const char *data = NULL;
		size_t data_size;
		ptrdiff_t used =
		        http_chunks_step(&chunks, text + at, part, &data, &data_size, ret_end);

		if (used < 0)
			return -1;
		assert_true(used > 0);
		buf_append(ret, data ? data : "", data_size);
		at += (size_t)used;
	}
	return (ptrdiff_t)at;
}

static void chunked_bodies_come_whole_however_they_are_cut(void **state)
{
	static const char text[] =
	        "5\r\nhello\r\n1;name=value\r\n \r\n0a\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";

	for (size_t step = 1; step <= sizeof(text); step++) {
		struct buf body = {0};
		bool end;

		assert_int_equal(unchunk(text, step, &body, &end), strlen(text));
		assert_true(end);
		assert_string_equal(body.data, "hello 0123456789");
		buf_fini(&body);
	}
}

static void what_is_not_chunked_encoding_is_noticed(void **state)
{
	static const char *const bad[] = {"\r\n", "x\r\n", "-1\r\n", "5\nhello", "5\r\nhelloX",
	        "5\r\nhello\rX", "1000000000000000\r\n", "0\r\n\rX"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct buf body = {0};
		bool end;

		assert_int_equal(unchunk(bad[i], 100, &body, &end), -1);
		buf_fini(&body);
	}
}

static void what_is_printed_is_understood(void **state)
{
	struct io_request request = {.method = "POST", .path = "/a", .body_size = 77};
	struct io_response response = {.status = 206, .body_size = 12};
	struct buf text = {0};
	struct http_head head;

	request.headers[IO_RANGE] = "bytes=1-2";
	http_print_request(&text, "host:1", &request);
	assert_int_equal(http_parse_request(text.data, text.size, &head), 0);
	assert_string_equal(head.path, "/a");
	assert_int_equal(head.body_size, 77);
	assert_string_equal(head.headers[IO_RANGE], "bytes=1-2");
	buf_clear(&text);
	response.headers[IO_CONTENT_RANGE] = "bytes 1-2/3";
	http_print_response(&text, &response, false, false);
	assert_int_equal(http_parse_response(text.data, text.size, &head), 0);
	assert_int_equal(head.status, 206);
	assert_int_equal(head.body_size, 12);
	assert_false(head.keep_alive);
	assert_string_equal(head.headers[IO_CONTENT_RANGE], "bytes 1-2/3");
	buf_fini(&text);
}

static void a_line_break_in_a_value_is_not_sent(void **state)
{
	struct io_request request = {.method = "GET", .path = "/a"};
	struct io_response response = {.status = 200};
	struct buf text = {0};

	assert_null(http_request_fault(&request));
	request.path = "/a b";
	assert_non_null(http_request_fault(&request));
	request.path = "/a\r\nX: y";
	assert_non_null(http_request_fault(&request));
	request.path = "a";
	assert_non_null(http_request_fault(&request));
	request.path = "/";
	request.headers[IO_ETAG] = "x\r\nSet-Cookie: y";
	assert_non_null(http_request_fault(&request));
	response.headers[IO_ETAG] = "x\r\nSet-Cookie: y";
	http_print_response(&text, &response, true, false);
	assert_null(strstr(text.data, "Cookie"));
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_request_is_understood),
	        cmocka_unit_test(what_might_be_read_in_two_ways_is_refused),
	        cmocka_unit_test(limits_are_kept_to_the_byte),
	        cmocka_unit_test(too_many_headers_are_refused),
	        cmocka_unit_test(keep_alive_follows_version_and_word),
	        cmocka_unit_test(an_upgrade_is_whole_or_refused),
	        cmocka_unit_test(responses_are_understood),
	        cmocka_unit_test(the_end_of_a_head_is_found_wherever_it_is_cut),
	        cmocka_unit_test(chunked_bodies_come_whole_however_they_are_cut),
	        cmocka_unit_test(what_is_not_chunked_encoding_is_noticed),
	        cmocka_unit_test(what_is_printed_is_understood),
	        cmocka_unit_test(a_line_break_in_a_value_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
