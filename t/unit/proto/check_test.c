/* SPDX-License-Identifier: MIT */
/* What the parser bounds: size, depth, number of values, NULs. And texts at the limits, through to
 * the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "proto/gen/proto.h"
#include "proto/json_tree.h"

static int check_bytes(const char *text, size_t size, struct dfs_error *err)
{
	struct json_tree tree = {0};
	int status = json_tree_parse(&tree, text, size, err);

	json_tree_fini(&tree);
	return status;
}

static int check(const char *text, struct dfs_error *err)
{
	return check_bytes(text, strlen(text), err);
}

static void fill(struct buf *buf, const char *piece, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_text(buf, piece);
}

/* {"path":"/","x":[[[...]]]} with `depth` levels in all */
static int nested(size_t depth, const char *open, const char *close, struct dfs_error *err)
{
	struct buf text = {0};
	struct arena arena = {0};
	struct proto_stat_args args;
	int status;

	buf_text(&text, "{\"path\":\"/\",\"x\":");
	fill(&text, open, depth - 1);
	buf_text(&text, "0");
	fill(&text, close, depth - 1);
	buf_text(&text, "}");
	status = proto_stat_args_decode(&arena, text.data, text.size, &args, err);
	buf_fini(&text);
	arena_fini(&arena);
	return status;
}

static void nesting_to_the_limit_is_taken_and_beyond_it_refused(void **state)
{
	struct dfs_error err = {0};

	assert_int_equal(nested(PROTO_DEPTH_MAX, "[", "]", &err), 0);
	assert_int_equal(nested(PROTO_DEPTH_MAX, "{\"k\":", "}", &err), 0);
	assert_int_equal(nested(PROTO_DEPTH_MAX + 1, "[", "]", &err), DFS_E_PROTO);
	assert_string_equal(err.text, "message: nested deeper than 8 levels");
	assert_int_equal(nested(PROTO_DEPTH_MAX + 1, "{\"k\":", "}", &err), DFS_E_PROTO);
	assert_int_equal(nested(1000000, "[", "]", &err), DFS_E_PROTO);
}

static void brackets_in_strings_do_not_nest(void **state)
{
	assert_int_equal(check("{\"path\":\"[[[[[[[[[[[[{{{{{{{\"}", NULL), 0);
	assert_int_equal(check("[\"\\\"[[[[[[[[[[[\"]", NULL), 0);
	assert_int_equal(check("[\"\\\\\",[[[[[[[]]]]]]]]", NULL), 0);
	assert_int_equal(check("[\"\\\\\",[[[[[[[[]]]]]]]]]", NULL), DFS_E_PROTO);
}

static void what_closes_nothing_or_never_ends_is_refused(void **state)
{
	struct dfs_error err = {0};

	assert_int_equal(check("]", &err), DFS_E_PROTO);
	assert_int_equal(check("{}}", &err), DFS_E_PROTO);
	assert_string_equal(err.text, "message: a bracket closes nothing");
	assert_int_equal(check("{\"a", &err), DFS_E_PROTO);
	assert_int_equal(check("{\"a\\\"", &err), DFS_E_PROTO);
	assert_int_equal(check("\"\\", &err), DFS_E_PROTO);
	assert_string_equal(err.text, "message: a string without an end");
}

/* A text of exactly `size` bytes whose path is long: what is over the path's limit is said, not the
 * message's. */
static int text_of(size_t size, struct dfs_error *err)
{
	static const char head[] = "{\"path\":\"/\",\"unknown\":\"", tail[] = "\"}";
	char *text = malloc(size);
	struct arena arena = {0};
	struct proto_stat_args args;
	int status;

	memset(text, 'x', size);
	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + size - (sizeof(tail) - 1), tail, sizeof(tail) - 1);
	status = proto_stat_args_decode(&arena, text, size, &args, err);
	free(text);
	arena_fini(&arena);
	return status;
}

static void a_text_of_4_MiB_is_taken_and_one_byte_more_refused(void **state)
{
	struct dfs_error err = {0};

	assert_int_equal(PROTO_MESSAGE_MAX, 4 << 20);
	assert_int_equal(text_of(PROTO_MESSAGE_MAX, &err), 0);
	assert_int_equal(text_of(PROTO_MESSAGE_MAX + 1, &err), DFS_E_PROTO);
	assert_string_equal(err.text, "message: 4194305 bytes, at most 4194304 are taken");
}

static int values_of(size_t count, struct dfs_error *err)
{
	struct buf text = {0};
	int status;

	/* The list, its first entry, one for each comma. */
	buf_text(&text, "[0");
	fill(&text, ",0", count - 2);
	buf_text(&text, "]");
	status = check_bytes(text.data, text.size, err);
	buf_fini(&text);
	return status;
}

static void more_values_than_the_limit_are_refused(void **state)
{
	struct dfs_error err = {0};

	assert_int_equal(values_of(PROTO_VALUES_MAX, &err), 0);
	assert_int_equal(values_of(PROTO_VALUES_MAX + 1, &err), DFS_E_PROTO);
	assert_string_equal(err.text, "message: more than 262144 values");
}

static void a_NUL_is_refused_however_it_is_written(void **state)
{
	static const char inside[] = "{\"path\":\"/a\0b\"}", between[] = "{\"path\":\"/a\"\0}";
	struct dfs_error err = {0};

	assert_int_equal(check_bytes(inside, sizeof(inside) - 1, &err), DFS_E_PROTO);
	assert_int_equal(check_bytes(between, sizeof(between) - 1, &err), DFS_E_PROTO);
	assert_string_equal(err.text, "message: a NUL byte");
	assert_int_equal(check("{\"path\":\"/a\\u0000b\"}", &err), DFS_E_PROTO);
	assert_string_equal(err.text, "message: \\u0000 in a string");
	assert_int_equal(check("{\"path\":\"/a\\\\u0000b\"}", &err), 0);
	assert_int_equal(check("{\"path\":\"/a\\u0001b\"}", &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nesting_to_the_limit_is_taken_and_beyond_it_refused),
	        cmocka_unit_test(brackets_in_strings_do_not_nest),
	        cmocka_unit_test(what_closes_nothing_or_never_ends_is_refused),
	        cmocka_unit_test(a_text_of_4_MiB_is_taken_and_one_byte_more_refused),
	        cmocka_unit_test(more_values_than_the_limit_are_refused),
	        cmocka_unit_test(a_NUL_is_refused_however_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
