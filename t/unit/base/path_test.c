/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/path.h"

static void refused(const char *name, size_t size, const char *why)
{
	struct dfs_error err = {0};

	assert_int_equal(name_check(name, size, &err), DFS_E_NAME);
	assert_non_null(strstr(err.text, why));
}

static void ordinary_names_may_stand_in_a_directory(void **state)
{
	char longest[256];
	const char *good[] = {"a", "...", ".hidden", "with space", "\xff\xfe", "na\xc3\xafve", "\\",
	        "%41", "~", "-rf"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(name_check(good[i], strlen(good[i]), NULL), 0);
	memset(longest, 'n', sizeof(longest));
	assert_int_equal(name_check(longest, 255, NULL), 0);
	refused(longest, 256, "longer than 255");
}

static void bad_names_are_refused_with_a_quoting_sentence(void **state)
{
	refused("", 0, "empty");
	refused(".", 1, "\".\"");
	refused("..", 2, "\"..\"");
	refused("a/b", 3, "\"a/b\" holds a '/'");
	refused("a\nb", 3, "\"a\\x0ab\" holds a control byte");
	refused("a\x7f", 2, "control byte");
	refused("a\0b", 3, "control byte");
	refused("\x1b[2J", 4, "\\x1b[2J");
}

static void normal(const char *path, const char *wanted)
{
	struct buf buf = {0};

	buf_text(&buf, "old");
	assert_int_equal(path_normalize(path, &buf, NULL), 0);
	assert_string_equal(buf.data, wanted);
	buf_fini(&buf);
}

static void paths_become_canonical(void **state)
{
	normal("/", "/");
	normal("///", "/");
	normal(".", "/");
	normal("/./.", "/");
	normal("a", "/a");
	normal("a/b/", "/a/b");
	normal("//a///b//", "/a/b");
	normal("./a/./b/.", "/a/b");
	normal("/.../a", "/.../a");
}

static void path_refused(const char *path)
{
	struct dfs_error err = {0};
	struct buf buf = {0};

	buf_text(&buf, "untouched");
	assert_int_equal(path_normalize(path, &buf, &err), DFS_E_NAME);
	assert_string_equal(buf.data, "untouched");
	assert_true(err.text[0] != '\0');
	buf_fini(&buf);
}

static void paths_that_climb_or_hold_bad_names_are_refused(void **state)
{
	path_refused("");
	path_refused("..");
	path_refused("/a/../b");
	path_refused("/a/..");
	path_refused("/a\tb");
	path_refused("/ok/\x7f");
}

static void a_path_is_limited_in_its_canonical_form(void **state)
{
	char path[8300];

	for (size_t i = 0; i < 4096; i += 2)
		memcpy(path + i, "/a", 3);
	normal(path, path);
	strcpy(path + 4096, "/./////");
	path[4096 + 7] = '\0';
	{
		struct buf buf = {0};

		assert_int_equal(path_normalize(path, &buf, NULL), 0);
		assert_int_equal(buf.size, 4096);
		buf_fini(&buf);
	}
	strcpy(path + 4096, "b");
	path_refused(path);
}

static void a_name_too_long_within_a_path_is_refused(void **state)
{
	char path[300] = "/x/";

	memset(path + 3, 'y', 256);
	path[259] = '\0';
	path_refused(path);
	path[258] = '\0';
	normal(path, path);
}

static void components_come_one_after_the_other(void **state)
{
	const char *at = "/ab/c", *name;
	size_t size;

	assert_true(path_next(&at, &name, &size));
	assert_int_equal(size, 2);
	assert_memory_equal(name, "ab", 2);
	assert_true(path_next(&at, &name, &size));
	assert_int_equal(size, 1);
	assert_memory_equal(name, "c", 1);
	assert_false(path_next(&at, &name, &size));
	assert_false(path_next(&at, &name, &size));
	at = "/";
	assert_false(path_next(&at, &name, &size));
}

static void only_the_house_s_own_names_are_reserved(void **state)
{
	assert_true(path_reserved("/.dfs"));
	assert_true(path_reserved("/.dfs/import/1"));
	assert_true(path_reserved("/.snapshots"));
	assert_true(path_reserved("/a/b/.snapshots/x"));
	assert_false(path_reserved("/"));
	assert_false(path_reserved("/a/.dfs"));
	assert_false(path_reserved("/.dfsx"));
	assert_false(path_reserved("/.df"));
	assert_false(path_reserved("/a/.snapshotsx"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(ordinary_names_may_stand_in_a_directory),
	        cmocka_unit_test(bad_names_are_refused_with_a_quoting_sentence),
	        cmocka_unit_test(paths_become_canonical),
	        cmocka_unit_test(paths_that_climb_or_hold_bad_names_are_refused),
	        cmocka_unit_test(a_path_is_limited_in_its_canonical_form),
	        cmocka_unit_test(a_name_too_long_within_a_path_is_refused),
	        cmocka_unit_test(components_come_one_after_the_other),
	        cmocka_unit_test(only_the_house_s_own_names_are_reserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
