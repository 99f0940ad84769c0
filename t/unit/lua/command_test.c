/* SPDX-License-Identifier: MIT */
/* The command host: finding verbs, arguments, help, exit codes, and what the `dfs` module promises
 * to scripts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "fake_dfs.h"
#include "guide.h"
#include "shell.h"

/* A command script whose run(asked) has this body. */
static void script(const char *name, const char *fields, const char *body)
{
	char path[64], text[4096];

	snprintf(path, sizeof(path), "scripts/%s.lua", name);
	snprintf(text, sizeof(text),
	        "return { summary = 's', usage = '%s [X]', %s run = function(asked)\n%s\nend }",
	        name, fields, body);
	shell_file(path, text);
}

static void an_unknown_verb_is_misuse_and_the_nearest_is_named(void **state)
{
	(void)state;
	run("lss", 2, "dfs: unknown verb 'lss': did you mean `ls`?\n");
	run("mkdri /a", 2, "dfs: unknown verb 'mkdri': did you mean `mkdir`?\n");
	run("datanod", 2, "dfs: unknown verb 'datanod': did you mean `datanode`?\n");
	run("frobnicate", 2, "dfs: unknown verb 'frobnicate': `dfs help` lists what there is\n");
	run("../../etc/passwd", 2,
	        "dfs: unknown verb '../../etc/passwd': `dfs help` lists what there is\n");
	run("", 2, "dfs: no verb given: `dfs help` lists them\n");
	assert_int_equal(fake.opens, 0);
}

static void a_verb_of_one_s_own_is_a_file(void **state)
{
	(void)state;
	script("hello", "", "io.write('hello ', asked[1] or 'you', '\\n')");
	assert_string_equal(run("hello", 0, ""), "hello you\n");
	assert_string_equal(run("hello moon", 0, ""), "hello moon\n");
	shell_file("scripts/hi.lua", "return { alias = 'hello' }");
	assert_string_equal(run("hi moon", 0, ""), "hello moon\n");
	has(run("help", 0, ""), "  hi         the same as hello\n");
}

static void an_earlier_directory_wins(void **state)
{
	(void)state;
	script("version", "", "io.write('mine\\n')");
	assert_string_equal(run("version", 0, ""), "mine\n");
	remove("scripts/version.lua");
	assert_string_equal(run("version", 0, ""), "dfs 9.9\n");
}

static void exit_codes_follow_from_what_run_returns(void **state)
{
	(void)state;
	script("t", "", "return");
	run("t", 0, "");
	script("t", "", "return true");
	run("t", 0, "");
	script("t", "", "return 1");
	run("t", 1, "");
	script("t", "", "return nil, 'it failed'");
	run("t", 1, "dfs t: it failed\n");
	script("t", "", "return dfs.stat('/nothing')");
	run("t", 1, "dfs t: /nothing: no such file or directory\n");
	script("t", "", "return require('args').misuse('two of them')");
	run("t", 2, "dfs t: two of them; usage: dfs t [X]\n");
	script("t", "", "error({ code = 'IO', message = 'disk on fire' })");
	run("t", 1, "dfs t: disk on fire\n");
}

static void a_broken_script_names_its_line(void **state)
{
	(void)state;
	script("t", "", "local x = nil\nreturn x.y");
	run("t", 1, "dfs t: scripts/t.lua:3: attempt to index a nil value (local 'x')\n");
	shell_file("scripts/t.lua", "return {");
	run("t", 1, "dfs: scripts/t.lua:1: unexpected symbol near <eof>\n");
	shell_file("scripts/t.lua", "return 5");
	run("t", 1, "dfs: scripts/t.lua: must return a table\n");
	shell_file("scripts/t.lua", "return {}");
	run("t", 1, "dfs: scripts/t.lua: its table needs summary, usage and run\n");
	shell_file("scripts/t.lua", "\033Lua");
	run("t", 1, "dfs: attempt to load a binary chunk (mode is 't')\n");
	script("t", "", "error()");
	run("t", 1, "dfs t: failed without a word\n");
}

static const char options[] = "options = { { name = 'recursive', short = 'rR', help = 'r' }, { "
                              "name = 'goal', short = 'g', argument = 'N',\n"
                              "type = 'integer', min = 1, max = 9, help = 'g' }, { name = "
                              "'chunk-size', argument = 'SIZE', type = 'size',\n"
                              "help = 'c' }, { name = 'how', argument = 'HOW', choices = { 'sync', "
                              "'async' }, help = 'h' },\n"
                              "{ name = 'name', argument = 'GLOB', dash = true, help = 'n' } }, "
                              "operands = { 0, 2 }, json = true,";

static void arguments_are_understood_in_every_spelling(void **state)
{
	(void)state;
	script("t", options,
	        "local keys = {} for k in pairs(asked) do keys[#keys + 1] = tostring(k) end "
	        "table.sort(keys)\n"
	        "for _, k in ipairs(keys) do io.write(k, '=', tostring(asked[tonumber(k) or k]), ' "
	        "') end");
	assert_string_equal(run("t a b", 0, ""), "1=a 2=b ");
	assert_string_equal(run("t -r a", 0, ""), "1=a recursive=true ");
	assert_string_equal(run("t -R a", 0, ""), "1=a recursive=true ");
	assert_string_equal(run("t a --recursive", 0, ""), "1=a recursive=true ");
	assert_string_equal(run("t --goal 3", 0, ""), "goal=3 ");
	assert_string_equal(run("t --goal=3", 0, ""), "goal=3 ");
	assert_string_equal(run("t -g3", 0, ""), "goal=3 ");
	assert_string_equal(run("t -g 3", 0, ""), "goal=3 ");
	assert_string_equal(run("t -rg3 a", 0, ""), "1=a goal=3 recursive=true ");
	assert_string_equal(run("t --chunk-size 16M", 0, ""), "chunk_size=16777216 ");
	assert_string_equal(run("t --how=async", 0, ""), "how=async ");
	assert_string_equal(run("t -- -r --goal", 0, ""), "1=-r 2=--goal ");
	assert_string_equal(run("t - -r", 0, ""), "1=- recursive=true ");
	assert_string_equal(run("t -name *.c", 0, ""), "name=*.c ");
	assert_string_equal(run("t --name=-x", 0, ""), "name=-x ");
	assert_string_equal(run("t --json", 0, ""), "json=true ");
}

static void arguments_that_do_not_fit_are_misuse(void **state)
{
	(void)state;
	script("t", options, "error('ran')");
	run("t --recusive", 2,
	        "dfs t: unknown flag --recusive: did you mean --recursive?; usage: dfs t [X]\n");
	run("t --frobnicate=3", 2, "dfs t: unknown flag --frobnicate; usage: dfs t [X]\n");
	run("t -x", 2, "dfs t: unknown flag -x; usage: dfs t [X]\n");
	run("t -rx", 2, "dfs t: unknown flag -x; usage: dfs t [X]\n");
	run("t --goal", 2, "dfs t: --goal needs a value: --goal N; usage: dfs t [X]\n");
	run("t -g", 2, "dfs t: -g needs a value: -g N; usage: dfs t [X]\n");
	run("t --goal 0", 2,
	        "dfs t: --goal takes a number from 1 to 9, not '0'; usage: dfs t [X]\n");
	run("t --goal 1e1", 2,
	        "dfs t: --goal takes a number from 1 to 9, not '1e1'; usage: dfs t [X]\n");
	run("t --goal 99999999999999999999", 2,
	        "dfs t: --goal takes a number from 1 to 9, not '99999999999999999999'; usage: dfs "
	        "t [X]\n");
	run("t --chunk-size 12Q", 2,
	        "dfs t: --chunk-size takes a size such as 4096, 64M or 1.5G, not '12Q'; usage: dfs "
	        "t [X]\n");
	run("t --how maybe", 2,
	        "dfs t: --how takes sync or async, not 'maybe'; usage: dfs t [X]\n");
	run("t --recursive=yes", 2, "dfs t: --recursive takes no value; usage: dfs t [X]\n");
	run("t a b c", 2, "dfs t: 'c' is one argument too many; usage: dfs t [X]\n");
	script("t", "operands = { 2 },", "error('ran')");
	run("t", 2, "dfs t: an argument is missing; usage: dfs t [X]\n");
	run("t a", 2, "dfs t: too few arguments; usage: dfs t [X]\n");
	run("t --json", 2, "dfs t: unknown flag --json; usage: dfs t [X]\n");
}

static void every_shipped_verb_explains_itself(void **state)
{
	static const char *const verbs[] = {"put", "upload", "get", "download", "ls", "listfiles",
	        "info", "cat", "rm", "rmdir", "mv", "mkdir", "touch", "ln", "chmod", "chown",
	        "stat", "du", "df", "status", "nodes", "find", "help", "version"};
	const char *list;
	char line[64], want[64];

	(void)state;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		snprintf(line, sizeof(line), "%s --help", verbs[i]);
		snprintf(want, sizeof(want), "dfs %s: ", verbs[i]);
		list = run(line, 0, "");
		assert_ptr_equal(strstr(list, want), list);
		has(list, "usage: dfs ");
		has(list, "--help");
	}
	list = run("help", 0, "");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		snprintf(want, sizeof(want), "\n  %s ", verbs[i]);
		has(list, want);
	}
	assert_null(strstr(list, "does not load"));
	has(list, "\nroles:\n  up        start a cluster on this machine\n  "
	          "datanode  keep chunks\n");
	assert_int_equal(fake.opens, 0);
}

static void help_of_a_verb_shows_options_and_examples(void **state)
{
	const char *page = run("help put", 0, "");

	(void)state;
	has(page, "dfs put: store files or trees\n\nusage: dfs put [-r] FILE... [DEST]\n");
	has(page, "  -r, --recursive ");
	has(page, "      --chunk-size SIZE  64K to 1G\n");
	has(page, "\nexamples:\n  dfs put data.bin\n");
	has(run("help find", 0, ""), "      -name GLOB ");
	has(run("help up", 0, ""), "dfs up: start a cluster on this machine\n");
	run("help putt", 2,
	        "dfs help: there is no verb 'putt': did you mean `put`?; usage: dfs help [VERB]\n");
}

static void json_comes_back_as_it_went(void **state)
{
	(void)state;
	script("t", "",
	        "local function same(value, text)\n"
	        "  local got = dfs.json(value)\n"
	        "  assert(got == text, got)\n"
	        "  assert(dfs.json(dfs.decode_json(got)) == text)\n"
	        "end\n"
	        "same({ 1, 2, 3 }, '[1,2,3]')\n"
	        "same({}, '{}')\n"
	        "same(dfs.array(), '[]')\n"
	        "same({ a = dfs.array{}, b = {} }, '{\"a\":[],\"b\":{}}')\n"
	        "same({ b = true, a = false, c = 1.5, d = -7 }, "
	        "'{\"a\":false,\"b\":true,\"c\":1.5,\"d\":-7}')\n"
	        "same(4294967295, '4294967295')\n"
	        "same(1 << 53, '9007199254740992')\n"
	        "same('18446744073709551615', '\"18446744073709551615\"')\n"
	        "same('a\"\\\\\\n\\xc3\\xa9', '\"a\\\\\"\\\\\\\\\\\\n\\xc3\\xa9\"')\n"
	        "same({ { {} } }, '[[{}]]')\n"
	        "assert(math.type(dfs.decode_json('7')) == 'integer' and dfs.decode_json('null') "
	        "== nil)\n"
	        "assert(#dfs.decode_json('[]') == 0 and dfs.json(dfs.call('echo', { x = "
	        "dfs.array() })) == '{\"x\":[]}')\n"
	        "local many = {} for i = 1, 100 do many['k' .. i] = i end\n"
	        "assert(dfs.decode_json(dfs.json(many)).k77 == 77)\n"
	        "for _, bad in ipairs{ (1 << 53) + 1, 0 / 0, math.huge, '\\xff', 'a\\0b', print, { "
	        "[1.5] = 1 } } do\n"
	        "  assert(not pcall(dfs.json, bad), tostring(bad))\n"
	        "end\n"
	        "local deep = {} for i = 1, 40 do deep = { deep } end\n"
	        "assert(not pcall(dfs.json, deep))\n"
	        "assert(not pcall(dfs.decode_json, ('['):rep(40) .. (']'):rep(40)))\n"
	        "for _, bad in ipairs{ '', '{', '[1,]', 'nul', '{\"a\":}' } do assert(not "
	        "pcall(dfs.decode_json, bad), bad) end");
	run("t", 0, "");
}

static void names_survive_json(void **state)
{
	(void)state;
	script("t", "",
	        "local names = { 'a', 'a b', '100%', '\\xff\\xfe', 'gr\\xc3\\xbc\\xc3\\x9fe', "
	        "'%41' }\n"
	        "for _, name in ipairs(names) do\n"
	        "  assert(dfs.decode_name(dfs.encode_name(name)) == name)\n"
	        "  assert(dfs.call('mkdir', { path = dfs.encode_name('/' .. name) }))\n"
	        "  assert(dfs.stat('/' .. name).name == name)\n"
	        "end\n"
	        "assert(dfs.encode_name('100%') == '100%25')\n"
	        "local seen = {} for attr in dfs.list('/') do seen[attr.name] = true end\n"
	        "for _, name in ipairs(names) do assert(seen[name], name) end");
	run("t", 0, "");
}

static void lists_come_in_pages(void **state)
{
	(void)state;
	script("t", "",
	        "local seen = {} for attr in dfs.list('/') do seen[#seen + 1] = attr.name end\n"
	        "io.write(table.concat(seen, ' '))");
	for (int i = 0; i < 7; i++) {
		char path[8];

		snprintf(path, sizeof(path), "/f%d", i);
		fake_make(path, DFS_FILE, "x");
	}
	for (int page = 1; page < 9; page++) {
		fake.page = page;
		assert_string_equal(run("t", 0, ""), "f0 f1 f2 f3 f4 f5 f6");
	}
}

static void attributes_are_numbers_in_lua(void **state)
{
	(void)state;
	script("t", "",
	        "dfs.call('create', { path = '/a', mtime_ns = '-1500000000' })\n"
	        "local a = dfs.stat('/a')\n"
	        "assert(a.kind == 'file' and a.size == 0 and math.type(a.size) == 'integer' and "
	        "a.mtime_ns == -1500000000)\n"
	        "assert(#a.inode == 16 and a.mode == 420 and a.chunk_size == 64 << 20 and a.name "
	        "== 'a')\n"
	        "local _, problem = dfs.stat('/b')\n"
	        "assert(problem.code == 'NOENT' and tostring(problem) == problem.message)\n"
	        "local _, bad = dfs.stat('/../x') assert(bad.code == 'NAME', bad.code)\n"
	        "assert(select(2, dfs.list('/b')).code == 'NOENT')");
	run("t", 0, "");
}

static void callbacks_that_raise_do_not_break_libdfs(void **state)
{
	(void)state;
	shell_file("a", "text");
	script("t", "",
	        "dfs.put_file('a', '/a', { progress = function() error('in progress', 0) end })");
	run("t", 1, "dfs t: in progress\n");
	assert_string_equal(fake_text("/a"), "text");
	script("t", "",
	        "local done = 0\n"
	        "for i = 1, 3 do dfs.queue_put('a', '/b' .. i, nil, function() done = done + 1 "
	        "error('done', 0) end) end\n"
	        "local ok, why = pcall(dfs.wait)\n"
	        "assert(not ok and why == 'done' and done == 3)\n"
	        "assert(dfs.wait())");
	run("t", 0, "");
	assert_string_equal(fake_text("/b3"), "text");
	script("t", "", "dfs.put_file('a', '/a', { goal = 'x' })");
	run("t", 1, "dfs t: scripts/t.lua:2: transfer.goal is a string, want a whole number\n");
	script("t", "", "dfs.queue_put('a', '/never', nil, function() end)"); /* not waited for */
	run("t", 0, "");
}

static void a_queue_may_be_used_from_a_coroutine(void **state)
{
	(void)state;
	shell_file("a", "text");
	script("t", "",
	        "local results = {}\n"
	        "for i = 1, 3 do\n"
	        "  coroutine.wrap(function()\n"
	        "    dfs.queue_put('a', '/c' .. i, nil, function(result) results[#results + 1] = "
	        "result.bytes end)\n"
	        "  end)()\n"
	        "  collectgarbage()\n"
	        "end\n"
	        "dfs.wait()\n"
	        "assert(#results == 3 and results[1] == 4)");
	run("t", 0, "");
}

static void a_master_that_is_away_is_one_sentence(void **state)
{
	(void)state;
	fake.refuse = DFS_E_UNAVAIL;
	run("ls", 1, "dfs ls: the master at h:7070 does not answer\n");
	run("status", 1, "dfs status: the master at h:7070 does not answer\n");
	run("put scripts -r", 1, "dfs put: the master at h:7070 does not answer\n");
	run("get /a", 1, "dfs get: the master at h:7070 does not answer\n");
	run("version", 0, "");
}

static void output_that_cannot_be_written_fails(void **state)
{
	const struct outcome *outcome = shell_full("version");

	assert_int_equal(outcome->code, 1);
	assert_string_equal(
	        outcome->err, "dfs version: standard output: No space left on device\n");
}

static void the_example_of_the_guide_works(void **state)
{
	(void)state;
	shell_file("scripts/biggest.lua", guide_example(GUIDE_DIR "/commands.md"));
	fake_make("/d", DFS_DIR, "");
	fake_make("/d/small", DFS_FILE, "1");
	fake_make("/d/large", DFS_FILE, "12345");
	fake_make("/larger", DFS_FILE, "123456");
	assert_string_equal(run("biggest", 0, ""), "6 B\t/larger\n5 B\t/d/large\n1 B\t/d/small\n");
	assert_string_equal(run("biggest -n 1 /d", 0, ""), "5 B\t/d/large\n");
	run("biggest /x", 1, "dfs biggest: /x: no such file or directory\n");
	run("biggest -n 0", 2,
	        "dfs biggest: -n takes a number of at least 1, not '0'; usage: dfs biggest [-n "
	        "COUNT] [PATH]\n");
}

static int reset(void **state)
{
	(void)state;
	fake_reset();
	shell_enter();
	shell_file("scripts/empty.txt", "");
	return 0;
}

static int leave(void **state)
{
	(void)state;
	shell_leave();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reset, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(an_unknown_verb_is_misuse_and_the_nearest_is_named),
	        TEST(a_verb_of_one_s_own_is_a_file),
	        TEST(an_earlier_directory_wins),
	        TEST(exit_codes_follow_from_what_run_returns),
	        TEST(a_broken_script_names_its_line),
	        TEST(arguments_are_understood_in_every_spelling),
	        TEST(arguments_that_do_not_fit_are_misuse),
	        TEST(every_shipped_verb_explains_itself),
	        TEST(help_of_a_verb_shows_options_and_examples),
	        TEST(json_comes_back_as_it_went),
	        TEST(names_survive_json),
	        TEST(lists_come_in_pages),
	        TEST(attributes_are_numbers_in_lua),
	        TEST(callbacks_that_raise_do_not_break_libdfs),
	        TEST(a_queue_may_be_used_from_a_coroutine),
	        TEST(a_master_that_is_away_is_one_sentence),
	        TEST(output_that_cannot_be_written_fails),
	        TEST(the_example_of_the_guide_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
