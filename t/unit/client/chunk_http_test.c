/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/frame.h"
#include "client/chunk_http.h"
#include "client/link.h"

static void a_path_carries_its_chunk(void **state)
{
	char path[CHUNK_TEXT_SIZE];
	uint64_t chunk = 0;

	chunk_path_format(0xa0000000017, path);
	assert_string_equal(path, "/v1/chunks/00000a0000000017");
	assert_int_equal(chunk_path_parse(path, &chunk, NULL), 0);
	assert_true(chunk == 0xa0000000017);
	assert_int_equal(
	        chunk_path_parse("/v1/chunks/00000a0000000017?version=3", &chunk, NULL), 0);
	assert_int_equal(
	        chunk_query_version("/v1/chunks/00000a0000000017?version=3", &chunk, NULL), 0);
	assert_true(chunk == 3);
}

static void a_path_of_another_form_is_refused(void **state)
{
	static const char *const bad[] = {"", "/", "/v1/chunks/", "/v1/chunks/00000a000000001",
	        "/v1/chunks/00000a00000000171", "/v1/chunks/00000A0000000017",
	        "/v1/chunks/00000a00000000g7", "/v2/chunks/00000a0000000017",
	        "/v1/chunks/00000a0000000017/"};
	uint64_t chunk = 42;
	struct dfs_error err = {0};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(chunk_path_parse(bad[i], &chunk, &err), DFS_E_PROTO);
		assert_true(chunk == 42 && err.text[0]);
	}
	assert_int_equal(chunk_query_version("/v1/chunks/0?version=x", &chunk, NULL), DFS_E_PROTO);
	assert_int_equal(chunk_query_version("/v1/chunks/0", &chunk, NULL), DFS_E_PROTO);
}

static void append_parameters_come_back_as_sent(void **state)
{
	struct chunk_append in = {
	        .version = UINT64_MAX, .offset = 65536, .payload = 1, .sync = true, .seal = true};
	struct chunk_append out = {0};
	char text[CHUNK_TEXT_SIZE];

	chunk_append_format(&in, text);
	assert_int_equal(chunk_append_parse(text, &out, NULL), 0);
	assert_true(
	        out.version == in.version && out.offset == in.offset && out.payload == in.payload);
	assert_true(!out.create && out.sync && out.seal);
}

static void append_parameters_of_a_newer_client_are_ignored(void **state)
{
	struct chunk_append out = {0};

	assert_int_equal(chunk_append_parse("seal=0;colour=red;sync=1;create=1;payload=9;offset=0;"
	                                    "version=1",
	                         &out, NULL),
	        0);
	assert_true(out.payload == 9 && out.create && out.sync && !out.seal);
}

static void bad_append_parameters_are_refused_with_a_sentence(void **state)
{
	static const char *const bad[] = {
	        "",
	        "version=1",
	        "version=1;offset=0;payload=0;create=1;sync=1;seal=1",
	        "version=1;offset=1;payload=1;create=1;sync=1;seal=1",
	        "version=1;offset=0;payload=1;create=2;sync=1;seal=1",
	        "version=1;offset=0;payload=1;create=1;sync=yes;seal=1",
	        "version=1;offset=0;payload=-1;create=1;sync=1;seal=1",
	        "version=1;offset=0;payload= 1;create=1;sync=1;seal=1",
	        "version=1;offset=0;payload=18446744073709551616;create=1;sync=1;seal=1",
	        "version=1;offset=0;payload=18446744073709551615;create=1;sync=1;seal=1",
	        "version=1;version=1;offset=0;payload=1;create=1;sync=1;seal=1",
	        "version=1;offset=0;payload=1;create=1;sync=1;seal",
	        "version=1;offset=0;payload=1;create=1;sync=1;=1;seal=1",
	        "version=1;offset=0;payload=1;create=1;sync=1;;seal=1",
	        "a=1;b=1;c=1;d=1;e=1;f=1;g=1;h=1;i=1;j=1;k=1;l=1;m=1;n=1;o=1;p=1;q=1",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct chunk_append out = {.version = 42};
		struct dfs_error err = {0};

		assert_int_equal(chunk_append_parse(bad[i], &out, &err), DFS_E_PROTO);
		assert_true(out.version == 42 && err.text[0]);
	}
}

static void a_body_size_that_cannot_carry_the_payload_is_seen(void **state)
{
	assert_true(chunk_body_fits(frame_body_size(1), 1));
	assert_true(chunk_body_fits(frame_body_size(65537), 65537));
	assert_true(chunk_body_fits(10 * 29, 10));
	assert_true(chunk_body_fits(10 + 3 * 28, 10));
	assert_false(chunk_body_fits(10 * 29 + 28, 10));
	assert_false(chunk_body_fits(10, 10));
	assert_false(chunk_body_fits(10 + 27, 10));
	assert_false(chunk_body_fits(frame_body_size(65537) - 28, 65537));
	assert_false(chunk_body_fits(0, 0));
	assert_false(chunk_body_fits(UINT64_MAX, UINT64_MAX));
}

static void a_chain_is_walked_to_its_end(void **state)
{
	const char *rest = "10.0.0.2:7071,node-3.example:7072,[::1]:65535";
	char next[IO_ADDRESS_MAX];

	assert_int_equal(chunk_chain_next(rest, next, &rest, NULL), 0);
	assert_string_equal(next, "10.0.0.2:7071");
	assert_int_equal(chunk_chain_next(rest, next, &rest, NULL), 0);
	assert_string_equal(next, "node-3.example:7072");
	assert_int_equal(chunk_chain_next(rest, next, &rest, NULL), 0);
	assert_string_equal(next, "[::1]:65535");
	assert_null(rest);
}

static void a_chain_that_is_no_list_of_addresses_is_refused(void **state)
{
	static const char *const bad[] = {"", ",", "a", "a:", ":1", "a:1,", ",a:1", "a:1,,b:1",
	        "a:1, b:1", "a:123456", "a:b", "a\r\nx: y:1", "a/b:1", "u@h:1",
	        "a:1,b:1,c:1,d:1,e:1,f:1,g:1,h:1,i:1"};
	char next[IO_ADDRESS_MAX] = "untouched";
	const char *rest = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(chunk_chain_next(bad[i], next, &rest, NULL), DFS_E_PROTO);
		assert_string_equal(next, "untouched");
	}
	assert_int_equal(chunk_chain_next("a:1,b:1,c:1,d:1,e:1,f:1,g:1,h:1", next, &rest, NULL), 0);
}

static void a_chain_address_has_a_length(void **state)
{
	char chain[600], next[IO_ADDRESS_MAX];
	const char *rest;

	memset(chain, 'a', sizeof(chain));
	memcpy(chain + 261, ":1", 3);
	assert_int_equal(chunk_chain_next(chain, next, &rest, NULL), 0);
	memset(chain, 'a', sizeof(chain));
	memcpy(chain + 262, ":1", 3);
	assert_int_equal(chunk_chain_next(chain, next, &rest, NULL), DFS_E_PROTO);
}

static void what_a_response_says_of_a_chunk_comes_back(void **state)
{
	struct chunk_info in = {.version = 7, .length = 67108864, .state = CHUNK_FROZEN};
	struct chunk_info out = {0};
	char text[CHUNK_TEXT_SIZE];

	chunk_info_format(&in, text);
	assert_string_equal(text, "version=7;length=67108864;state=frozen");
	assert_int_equal(chunk_info_parse(text, &out, NULL), 0);
	assert_true(out.version == 7 && out.length == 67108864 && out.state == CHUNK_FROZEN);
	assert_int_equal(
	        chunk_info_parse("version=7;length=1;state=melted", &out, NULL), DFS_E_PROTO);
	assert_int_equal(chunk_info_parse("version=7;length=1", &out, NULL), DFS_E_PROTO);
}

static void the_failed_node_is_named_or_nobody(void **state)
{
	char text[IO_ADDRESS_MAX + 8], address[IO_ADDRESS_MAX];

	chunk_failed_format("127.0.0.1:7072", text);
	assert_string_equal(text, "failed=127.0.0.1:7072");
	assert_true(chunk_failed_parse(text, address));
	assert_string_equal(address, "127.0.0.1:7072");
	assert_true(chunk_failed_parse("version=3;failed=a:1;x=y", address));
	assert_string_equal(address, "a:1");
	assert_false(chunk_failed_parse("version=3", address));
	assert_string_equal(address, "");
	assert_false(chunk_failed_parse("failed=", address));
	assert_false(chunk_failed_parse("failed=a b:1", address));
	assert_false(chunk_failed_parse("", address));
}

static void ranges_come_back_as_sent(void **state)
{
	struct chunk_range in = {65536, 131071}, out = {0};
	char text[CHUNK_TEXT_SIZE];

	chunk_range_format(&in, text);
	assert_string_equal(text, "bytes=65536-131071");
	assert_int_equal(chunk_range_parse(text, &out, NULL), 0);
	assert_true(out.first == 65536 && out.last == 131071);
	assert_int_equal(chunk_range_parse("bytes=5-", &out, NULL), 0);
	assert_true(out.first == 5 && out.last == UINT64_MAX);
	chunk_content_range_format(&in, 200000, text);
	assert_string_equal(text, "bytes 65536-131071/200000");
}

static void ranges_of_other_forms_are_refused(void **state)
{
	static const char *const bad[] = {"", "bytes", "bytes=", "bytes=-5", "bytes=5", "bytes=5-4",
	        "bytes=1-2,4-5", "bytes=a-b", "lines=1-2", "bytes=1-2x", "bytes= 1-2",
	        "bytes=99999999999999999999999999-"};
	struct chunk_range out = {42, 42};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(chunk_range_parse(bad[i], &out, NULL), DFS_E_RANGE);
		assert_true(out.first == 42);
	}
}

static void every_code_has_a_status_and_the_contract_holds(void **state)
{
#define X(name, number, text) assert_in_range(link_http_status(DFS_E_##name), 400, 599);
	DFS_ERRORS(X)
#undef X
	assert_int_equal(link_http_status(0), 200);
	assert_int_equal(link_http_status(DFS_E_PROTO), 400);
	assert_int_equal(link_http_status(DFS_E_AUTH), 401);
	assert_int_equal(link_http_status(DFS_E_TICKET), 403);
	assert_int_equal(link_http_status(DFS_E_NOENT), 404);
	assert_int_equal(link_http_status(DFS_E_STALE), 409);
	assert_int_equal(link_http_status(DFS_E_SEALED), 409);
	assert_int_equal(link_http_status(DFS_E_TOOBIG), 413);
	assert_int_equal(link_http_status(DFS_E_RANGE), 416);
	assert_int_equal(link_http_status(DFS_E_UNAVAIL), 503);
	assert_int_equal(link_http_status(DFS_E_NOSPC), 507);
	assert_int_equal(link_http_code(206), 0);
	assert_int_equal(link_http_code(507), DFS_E_NOSPC);
	assert_int_equal(link_http_code(403), DFS_E_TICKET);
	assert_int_equal(link_http_code(599), DFS_E_IO);
	assert_int_equal(link_http_code(302), DFS_E_PROTO);
}

static void bad_ranges_go_there_and_back(void **state)
{
	static const char *const wrong[] = {"", "bad=", "bad=1", "bad=1-", "bad=-5", "bad=9-5",
	        "bad=1-2-3", "bad=1-2;x=1", "bad= 1-2", "failed=a:1", "BAD=1-2",
	        "bad=18446744073709551616-1", "bad=0-18446744073709551615",
	        "bad=0000000000000000000000000000000000000000000000001-2"};
	struct chunk_range range = {65536, 131071}, got = {7, 8};
	char text[CHUNK_TEXT_SIZE];

	chunk_bad_format(&range, text);
	assert_string_equal(text, "bad=65536-131071");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(chunk_bad_parse(wrong[i], &got));
	assert_true(got.first == 7 && got.last == 8);
	assert_true(chunk_bad_parse(text, &got));
	assert_true(got.first == range.first && got.last == range.last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(bad_ranges_go_there_and_back),
	        cmocka_unit_test(a_path_carries_its_chunk),
	        cmocka_unit_test(a_path_of_another_form_is_refused),
	        cmocka_unit_test(append_parameters_come_back_as_sent),
	        cmocka_unit_test(append_parameters_of_a_newer_client_are_ignored),
	        cmocka_unit_test(bad_append_parameters_are_refused_with_a_sentence),
	        cmocka_unit_test(a_body_size_that_cannot_carry_the_payload_is_seen),
	        cmocka_unit_test(a_chain_is_walked_to_its_end),
	        cmocka_unit_test(a_chain_that_is_no_list_of_addresses_is_refused),
	        cmocka_unit_test(a_chain_address_has_a_length),
	        cmocka_unit_test(what_a_response_says_of_a_chunk_comes_back),
	        cmocka_unit_test(the_failed_node_is_named_or_nobody),
	        cmocka_unit_test(ranges_come_back_as_sent),
	        cmocka_unit_test(ranges_of_other_forms_are_refused),
	        cmocka_unit_test(every_code_has_a_status_and_the_contract_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
