/* SPDX-License-Identifier: MIT */
/* Configuration files: what is read, in which order, and what is said of one that is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "fake_dfs.h"
#include "lua/command.h"
#include "shell.h"

static char seen[4096];

static int keep(void *arg, const char *key, const char *value, struct dfs_error *err)
{
	const char *refused = arg;

	if (refused && strcmp(key, refused) == 0)
		return error_set(err, DFS_E_INVAL, "%s is unknown", key);
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s=%s;", key, value);
	return 0;
}

static void gives(const char *text, const char *want)
{
	struct dfs_error err = {0};

	seen[0] = '\0';
	shell_file("c.lua", text);
	if (config_read("c.lua", keep, NULL, &err) != 0)
		fail_msg("%s", err.text);
	assert_string_equal(seen, want);
}

static void refuses(const char *text, const char *sentence)
{
	struct dfs_error err = {0};

	shell_file("c.lua", text);
	assert_int_equal(config_read("c.lua", keep, NULL, &err), DFS_E_INVAL);
	assert_int_equal(err.code, DFS_E_INVAL);
	assert_string_equal(err.text, sentence);
}

static void every_value_has_its_key(void **state)
{
	(void)state;
	gives("return {}", "");
	gives("return { port = 7070, host = 'h', safe = true, no = false, rate = 1.5 }",
	        "host=h;no=false;port=7070;rate=1.5;safe=true;");
	gives("return { nodes = { { rack = 'a' }, { rack = 'b', disks = { '/x', '/y' } } }, z = {} "
	      "}",
	        "nodes.1.rack=a;nodes.2.disks.1=/x;nodes.2.disks.2=/y;nodes.2.rack=b;");
	gives("local gib = 1 << 30\nreturn { reserve = 2 * gib, name = 'a' .. 'b' }",
	        "name=ab;reserve=2147483648;");
	gives("return { big = 9007199254740993, text = ('x'):rep(3) }",
	        "big=9007199254740993;text=xxx;");
}

static void mistakes_name_file_and_line(void **state)
{
	(void)state;
	refuses("return {\n  port = \n}", "c.lua:3: unexpected symbol near '}'");
	refuses("return 5", "c.lua: must return a table, returns number");
	refuses("", "c.lua: must return a table, returns nil");
	refuses("return { f = function() end }",
	        "c.lua: f is a function, want a string, a number, true, false or a table");
	refuses("return { a = { b = { [1.5] = 1 } } }",
	        "c.lua: a.b: a key is a number, want a name or a whole number");
	refuses("return { [true] = 1 }",
	        "c.lua: the table: a key is a boolean, want a name or a whole number");
	refuses("local t = {} t.t = t return t", "c.lua: t.t.t.t.t.t.t.t has more than 8 levels");
	refuses("return { a = 'x\\0y' }", "c.lua: a holds a zero byte");
	refuses("\nx = 1 return {}", "c.lua:2: attempt to set global 'x': write 'local x'");
}

static void nothing_can_be_called(void **state)
{
	(void)state;
	refuses("return { a = os.getenv('HOME') }",
	        "c.lua:1: attempt to index a nil value (global 'os')");
	refuses("return { a = tostring(1) }",
	        "c.lua:1: attempt to call a nil value (global 'tostring')");
	refuses("while true do end", "c.lua:1: used up its 2000000 instructions");
	refuses("local s = 'x' while true do s = s .. s end",
	        "c.lua: made a string of more than 16384 bytes");
	refuses("return { a = ('a'):rep(16000):find('.-.-.-.-b') }",
	        "c.lua:1: used up its 2000000 instructions");
}

static void what_the_caller_refuses_ends_the_reading(void **state)
{
	struct dfs_error err = {0};

	(void)state;
	seen[0] = '\0';
	shell_file("c.lua", "return { a = 1, b = 2, c = 3 }");
	assert_int_equal(config_read("c.lua", keep, "b", &err), DFS_E_INVAL);
	assert_string_equal(err.text, "c.lua:1: b is unknown");
	assert_string_equal(seen, "a=1;");
	assert_int_equal(config_read("c.lua", keep, "b", NULL), DFS_E_INVAL);
	shell_file(
	        "c.lua", "local b = 1\nreturn {\n  a = {\n    ['bb'] = 2,\n    b = { 1, 2 } } }");
	assert_int_equal(config_read("c.lua", keep, "a.bb", &err), DFS_E_INVAL);
	assert_string_equal(err.text, "c.lua:4: a.bb is unknown");
	assert_int_equal(config_read("c.lua", keep, "a.b.2", &err), DFS_E_INVAL);
	assert_non_null(strstr(err.text, "a.b.2 is unknown"));
	shell_file("c.lua", "return { [('b'):rep(2)] = 1 }");
	assert_int_equal(config_read("c.lua", keep, "bb", &err), DFS_E_INVAL);
	assert_string_equal(err.text, "c.lua: bb is unknown");
}

static void a_file_that_is_not_there_is_noent(void **state)
{
	struct dfs_error err = {0};
	char path[128] = "sub/of/a/path/that/is/longer/than/lua/likes/to/show/it.lua";

	(void)state;
	assert_int_equal(config_read("nowhere.lua", keep, NULL, &err), DFS_E_NOENT);
	assert_string_equal(err.text, "nowhere.lua: No such file or directory");
	shell_file(path, "return {\n}}");
	assert_int_equal(config_read(path, keep, NULL, &err), DFS_E_INVAL);
	assert_string_equal(err.text,
	        "...that/is/longer/than/lua/likes/to/show/it.lua:2: <eof> expected near '}'");
}

static int reset(void **state)
{
	(void)state;
	fake_reset();
	shell_enter();
	return 0;
}

static int leave(void **state)
{
	(void)state;
	shell_leave();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(every_value_has_its_key, reset, leave),
	        cmocka_unit_test_setup_teardown(mistakes_name_file_and_line, reset, leave),
	        cmocka_unit_test_setup_teardown(nothing_can_be_called, reset, leave),
	        cmocka_unit_test_setup_teardown(
	                what_the_caller_refuses_ends_the_reading, reset, leave),
	        cmocka_unit_test_setup_teardown(a_file_that_is_not_there_is_noent, reset, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
