/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include "base/error.h"

static void every_code_has_a_name_and_comes_back_from_it(void **state)
{
	int count = 0;

	for (int code = -1; strcmp(dfs_error_name(code), "UNKNOWN") != 0; code--, count++) {
		assert_int_equal(dfs_error_code(dfs_error_name(code)), code);
		assert_true(strlen(dfs_error_text(code)) > 0);
	}
	assert_int_equal(count, 35);
	assert_string_equal(dfs_error_name(DFS_E_NOENT), "NOENT");
	assert_string_equal(dfs_error_text(DFS_E_NOENT), "no such file or directory");
}

static void codes_that_are_not_in_the_list_are_unknown(void **state)
{
	const int bad[] = {1, 35, -36, -1000, INT32_MIN, INT32_MAX};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_string_equal(dfs_error_name(bad[i]), "UNKNOWN");
		assert_string_equal(dfs_error_text(bad[i]), "unknown error");
	}
	assert_int_equal(dfs_error_code(""), 0);
	assert_int_equal(dfs_error_code("noent"), 0);
	assert_int_equal(dfs_error_code("NOENTRY"), 0);
}

static void a_sentence_is_set_with_its_code(void **state)
{
	struct dfs_error err = {0};

	assert_int_equal(error_set(&err, DFS_E_IO, "disk %d of %s", 3, "b"), DFS_E_IO);
	assert_int_equal(err.code, DFS_E_IO);
	assert_string_equal(err.text, "disk 3 of b");
	assert_int_equal(error_set(NULL, DFS_E_IO, "nobody listens"), DFS_E_IO);
}

static void a_sentence_may_quote_itself(void **state)
{
	struct dfs_error err = {0};

	error_set(&err, DFS_E_IO, "inner");
	error_set(&err, DFS_E_BUSY, "outer (%s)", err.text);
	assert_string_equal(err.text, "outer (inner)");
}

static void where_goes_in_front_and_keeps_the_code(void **state)
{
	struct dfs_error err = {0};

	error_set(&err, DFS_E_CORRUPT, "checksum");
	assert_int_equal(error_where(&err, "entry %d", 17), DFS_E_CORRUPT);
	assert_int_equal(error_where(&err, "chunk %s", "00ab"), DFS_E_CORRUPT);
	assert_string_equal(err.text, "chunk 00ab: entry 17: checksum");
	assert_true(error_where(NULL, "x") < 0);
}

static void a_long_sentence_is_cut_and_terminated(void **state)
{
	struct dfs_error err;
	char text[3 * DFS_ERROR_TEXT_MAX];

	memset(&err, 'x', sizeof(err));
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	error_set(&err, DFS_E_IO, "%s", text);
	assert_int_equal(strlen(err.text), DFS_ERROR_TEXT_MAX - 1);
	for (int i = 0; i < 3; i++)
		error_where(&err, "%s", text);
	assert_int_equal(strlen(err.text), DFS_ERROR_TEXT_MAX - 1);
}

static void a_cut_never_splits_a_character(void **state)
{
	struct dfs_error err;
	char text[DFS_ERROR_TEXT_MAX + 8];

	for (size_t shift = 0; shift < 4; shift++) {
		memset(text, 'a', shift);
		for (size_t i = shift; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xe2\x82\xac", 4);
		error_set(&err, DFS_E_IO, "%s", text);
		assert_int_equal((strlen(err.text) - shift) % 3, 0);
		assert_true(strlen(err.text) >= DFS_ERROR_TEXT_MAX - 4);
	}
}

static void errno_numbers_become_codes(void **state)
{
	assert_int_equal(error_from_errno(ENOSPC), DFS_E_NOSPC);
	assert_int_equal(error_from_errno(EDQUOT), DFS_E_NOSPC);
	assert_int_equal(error_from_errno(ENOENT), DFS_E_NOENT);
	assert_int_equal(error_from_errno(EACCES), DFS_E_PERM);
	assert_int_equal(error_from_errno(ENOMEM), DFS_E_NOMEM);
	assert_int_equal(error_from_errno(EIO), DFS_E_IO);
	assert_int_equal(error_from_errno(0), DFS_E_IO);
	assert_int_equal(error_from_errno(99999), DFS_E_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_code_has_a_name_and_comes_back_from_it),
	        cmocka_unit_test(codes_that_are_not_in_the_list_are_unknown),
	        cmocka_unit_test(a_sentence_is_set_with_its_code),
	        cmocka_unit_test(a_sentence_may_quote_itself),
	        cmocka_unit_test(where_goes_in_front_and_keeps_the_code),
	        cmocka_unit_test(a_long_sentence_is_cut_and_terminated),
	        cmocka_unit_test(a_cut_never_splits_a_character),
	        cmocka_unit_test(errno_numbers_become_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
