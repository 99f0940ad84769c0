/* SPDX-License-Identifier: MIT */
/* Scripts that try to get out, to stay for ever, or to see what they must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "lua/sandbox.h"

static int cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static struct sandbox *sandbox_new(void)
{
	struct sandbox_options options = {.name = "placement/t.lua"};
	struct sandbox *sandbox = NULL;
	struct dfs_error err = {0};

	assert_int_equal(sandbox_create(&sandbox, &options, &err), 0);
	return sandbox;
}

/* The script runs and returns true. */
static void holds(const char *script)
{
	struct sandbox *sandbox = sandbox_new();
	struct dfs_error err = {0};

	if (sandbox_load_text(sandbox, script, strlen(script), &err) != 0)
		fail_msg("%s\n--- in:\n%s", err.text, script);
	sandbox_destroy(sandbox);
}

/* The script ends soon and with an error that begins with `sentence`. */
static void fails(const char *script, const char *sentence)
{
	struct sandbox *sandbox = sandbox_new();
	struct dfs_error err = {0};
	int begin = cpu_ms(), code = sandbox_load_text(sandbox, script, strlen(script), &err);

	if (code != DFS_E_SCRIPT || !strstr(err.text, sentence))
		fail_msg("got %d '%s', want '%s'\n--- in:\n%s", code, err.text, sentence, script);
	if (strncmp(err.text, "placement/t.lua:", 16) != 0)
		fail_msg("'%s' does not begin with the script's name", err.text);
	if (cpu_ms() - begin > 2500)
		fail_msg("it took %d ms\n--- in:\n%s", cpu_ms() - begin, script);
	sandbox_destroy(sandbox);
}

static const char out_of_work[] = "used up its 2000000 instructions";

static void endless_loops_end(void **state)
{
	(void)state;
	fails("local x = 1\nwhile true do end",
	        "placement/t.lua:2: used up its 2000000 instructions");
	fails("for i = 1, math.huge do end", out_of_work);
	fails("::top:: goto top", out_of_work);
	fails("local function f() return f() end f()", out_of_work);
	fails("for _ in function() return 1 end do end", out_of_work);
}

static void pcall_does_not_swallow_the_budget(void **state)
{
	(void)state;
	fails("while true do pcall(function() while true do end end) end", out_of_work);
	fails("pcall(pcall, function() while true do end end) return 1", out_of_work);
	fails("while true do pcall(error) end", out_of_work);
	fails("xpcall(function() while true do end end, function() while true do end end)",
	        out_of_work);
	fails("xpcall(error, function() while true do end end)", out_of_work);
	fails("local function f() pcall(f) f() end f()", "placement/t.lua:");
	fails("pcall(string.rep, 'x', 100) pcall(table.concat, setmetatable({}, {__len = "
	      "function() "
	      "while true do end end}))",
	        out_of_work);
	fails("select(2, pcall(function() while true do end end)):upper()", out_of_work);
}

static void to_be_closed_variables_do_not_outlive_the_budget(void **state)
{
	(void)state;
	fails("local x <close> = setmetatable({}, {__close = function() while true do end end}) "
	      "while true do end",
	        out_of_work);
	fails("pcall(function() local x <close> = setmetatable({}, {__close = function() while "
	      "true do end end}) "
	      "error('x') end)",
	        out_of_work);
}

static void metamethods_are_counted(void **state)
{
	(void)state;
	fails("local t = setmetatable({}, {__index = function() while true do end end}) return t.x",
	        out_of_work);
	fails("local t = setmetatable({}, {__eq = function() while true do end end}) return t == "
	      "{}",
	        out_of_work);
	fails("local t = setmetatable({}, {__tostring = function() while true do end end}) return "
	      "tostring(t)",
	        out_of_work);
	fails("local t = setmetatable({}, {__tostring = function() while true do end end}) "
	      "return ('%s'):format(t)",
	        out_of_work);
	fails("local t = setmetatable({}, {__len = function() return 1 << 60 end}) table.insert(t, "
	      "1, 1)",
	        "a table says that it is");
	fails("local t = setmetatable({}, {__len = function() return (1 << 31) - 1 end}) "
	      "table.insert(t, 1, 1)",
	        out_of_work);
	fails("table.move({}, 1, math.maxinteger - 1, 2)", out_of_work);
	fails("table.concat(setmetatable({}, {__index = function() return '' end}), '', 1, "
	      "math.maxinteger)",
	        out_of_work);
}

static void memory_is_bounded(void **state)
{
	(void)state;
	fails("local t = {} for i = 1, 1e9 do t[i] = i end", "placement/t.lua");
	fails("local t = {} while true do t = {t, t, t, t} end", "placement/t.lua");
	fails("local t = {} for i = 1, 1e9 do t[i] = {} end", "placement/t.lua");
	fails("local function f() return 1 + f() end f()", "needs more than 8192 KiB of memory");
	fails("local t = {} while true do pcall(function() for i = #t + 1, #t + 100000 do t[i] = i "
	      "end end) end",
	        "placement/t.lua");
}

static void pcall_does_not_swallow_exhausted_memory(void **state)
{
	(void)state;
	fails("pcall(function() local t = {} while true do t = {t, t, t, t} end end)",
	        "placement/t.lua: needs more than 8192 KiB of memory");
	fails("xpcall(function() local s = 'x' while true do s = s .. s end end, tostring)",
	        "placement/t.lua: made a string of more than 16384 bytes");
}

static void strings_are_bounded(void **state)
{
	(void)state;
	fails("local s = ('x'):rep(1e9)", "string.rep: result of more than 16384 bytes");
	fails("local s = ('x'):rep(1 << 62, ('y'):rep(100))", "string.rep: result of more than");
	fails("local s = 'x' while true do s = s .. s end",
	        "made a string of more than 16384 bytes");
	fails("local s = 'x' while true do pcall(function() s = s .. s end) end",
	        "made a string of more than");
	fails("local s = ('x'):rep(16000) while true do local t = s .. 'y' end", out_of_work);
	fails("local s = ('x'):rep(16000) while true do local t = s:upper() end", out_of_work);
	fails("local s = ('x'):rep(16000) local t = {} for i = 1, 1e9 do t[i] = s .. i end",
	        "placement/t.lua");
	fails("return ('x'):rep(100):gsub('x', ('y'):rep(1000))", "made a string of more than");
	fails("return table.concat({('x'):rep(9000), ('x'):rep(9000)})",
	        "made a string of more than");
	holds("assert((''):rep(1 << 62) == '')");
	holds("assert(#('x'):rep(16384) == 16384)");
}

static void patterns_are_bounded(void **state)
{
	(void)state;
	fails("return string.find(('a'):rep(40000), '.-.-.-.-b')", "string.rep");
	fails("return string.find(('a'):rep(16000), '.-.-.-.-b')", out_of_work);
	fails("return string.match(('a'):rep(16000), '.*.*.*.*b')", out_of_work);
	fails("for x in string.gmatch(('a'):rep(16000), '.-.-.-b') do end", out_of_work);
	fails("return string.gsub(('a'):rep(16000), 'a-a-a-b', '')", out_of_work);
	fails("return string.find(('a'):rep(16000), ('a?'):rep(5000) .. 'b')", "too complex");
	fails("return string.find(('('):rep(16000), '%b()')", out_of_work);
	fails("while true do string.find(('a'):rep(16000), 'b', 1, true) end", out_of_work);
	fails("pcall(string.find, ('a'):rep(16000), '.-.-.-.-b')", out_of_work);
	fails("return string.rep('(', 40):find(string.rep('(', 40))", "too many captures");
}

static void what_reaches_out_is_absent(void **state)
{
	(void)state;
	holds("for _, name in ipairs{'load', 'loadstring', 'dofile', 'loadfile', 'require', 'io', "
	      "'os', 'debug',\n"
	      "  'coroutine', 'collectgarbage', 'next', 'rawset', 'rawget', 'rawlen', 'print', "
	      "'package', '_G', 'utf8',\n"
	      "  'warn'} do\n"
	      "  assert(_ENV[name] == nil, name)\n"
	      "end\n"
	      "assert(math.random == nil and math.randomseed == nil and string.dump == nil and "
	      "string.pack == nil)");
}

static void bytecode_is_refused(void **state)
{
	struct sandbox *sandbox = sandbox_new();
	struct dfs_error err = {0};

	(void)state;
	assert_int_equal(
	        sandbox_load_text(sandbox, "\033Lua\x54\0\x19\x93", 8, &err), DFS_E_SCRIPT);
	assert_non_null(strstr(err.text, "attempt to load a binary chunk"));
	sandbox_destroy(sandbox);
}

static void finalizers_and_weak_tables_are_refused(void **state)
{
	(void)state;
	fails("setmetatable({}, {__gc = function() while true do end end})",
	        "__gc is not allowed here");
	fails("setmetatable({}, {__gc = true})", "__gc is not allowed here");
	fails("setmetatable({}, {__mode = 'k'})", "__mode is not allowed here");
	fails("local mt = {} local t = setmetatable({}, mt) mt.__gc = function() while true do end "
	      "end\n"
	      "for i = 1, 1e9 do local x = {} end",
	        out_of_work);
}

static void libraries_cannot_be_changed(void **state)
{
	(void)state;
	fails("string.rep = nil",
	        "placement/t.lua:1: attempt to write field 'rep' of a read-only table");
	fails("math.pi = 3", "read-only");
	fails("x = 1", "placement/t.lua:1: attempt to set global 'x': write 'local x'");
	fails("function f() end", "attempt to set global 'f'");
	fails("setmetatable(string, {})", "cannot change a protected metatable");
	fails("getmetatable('').__index = nil", "attempt to index a boolean value");
	holds("assert(getmetatable('') == false and getmetatable(math) == false and "
	      "getmetatable(_ENV) == false)");
	fails("table.insert(string, 1)", "read-only");
	fails("table.sort(math)  table.move({1}, 1, 1, 1, math)", "read-only");
	fails("return '1' + 1", "attempt to perform arithmetic on a string value");
}

static void addresses_do_not_show(void **state)
{
	(void)state;
	holds("assert(tostring({}) == 'table' and tostring(print) == 'nil' and tostring(pcall) == "
	      "'function')\n"
	      "assert(('%s|%10s'):format({}, type) == 'table|  function')\n"
	      "assert(tostring(1) == '1' and tostring(1.0) == '1.0' and tostring(nil) == 'nil')\n"
	      "assert(tostring(setmetatable({}, {__tostring = function() return 'me' end})) == "
	      "'me')\n"
	      "assert(tostring(string) == 'table')");
	fails("return ('%p'):format({})", "%p would show an address");
	fails("return ('%-10p'):format({})", "%p would show an address");
}

static void pairs_goes_in_sorted_order(void **state)
{
	(void)state;
	holds("local t = {b = 1, a = 1, c = 1, [10] = 1, [2] = 1, [1.5] = 1, [true] = 1, [false] = "
	      "1, [-1] = 1, B = 1}\n"
	      "local seen = {}\n"
	      "for k in pairs(t) do seen[#seen + 1] = tostring(k) end\n"
	      "local got = table.concat(seen, ' ')\n"
	      "assert(got == '-1 1.5 2 10 B a b c false true', got)");
	holds("local t = {a = 1, b = 2, c = 3} local sum = 0\n"
	      "for k, v in pairs(t) do t.b = nil sum = sum + v end assert(sum == 4)");
	holds("local n = 0 for k, v in pairs(math) do n = n + 1 end assert(n == 25, n)");
	fails("for k in pairs({[{}] = 1}) do end", "a key is a table, which has no order");
	holds("local t = setmetatable({}, {__pairs = function() return function(_, k) return not k "
	      "and 1 or nil end end})\n"
	      "local n = 0 for k in pairs(t) do n = n + 1 end assert(n == 1)");
}

static void sort_is_stable_and_bounded(void **state)
{
	(void)state;
	holds("local t = {} for i = 1, 500 do t[i] = {key = (i * 7919) % 10, at = i} end\n"
	      "table.sort(t, function(a, b) return a.key < b.key end)\n"
	      "for i = 2, 500 do\n"
	      "  assert(t[i - 1].key < t[i].key or (t[i - 1].key == t[i].key and t[i - 1].at < "
	      "t[i].at))\n"
	      "end");
	holds("local t = {3, 1, 2} table.sort(t) assert(table.concat(t) == '123')\n"
	      "table.sort(t, function(a, b) return a > b end) assert(table.concat(t) == '321')\n"
	      "table.sort({}) table.sort({1})");
	holds("local t = {} for i = 1, 99 do t[i] = i end table.sort(t, function() return true "
	      "end) assert(#t == 99)");
	fails("local t = {} for i = 1, 50 do t[i] = i end table.sort(t, function() while true do "
	      "end end)",
	        out_of_work);
	fails("table.sort({1, 'x'})", "attempt to compare");
}

static void table_functions_do_what_the_manual_says(void **state)
{
	(void)state;
	holds("local t = {1, 2, 3} table.insert(t, 1, 0) table.insert(t, 9) assert(table.concat(t, "
	      "',') == '0,1,2,3,9')\n"
	      "assert(table.remove(t) == 9 and table.remove(t, 1) == 0 and table.concat(t, ',') == "
	      "'1,2,3')\n"
	      "assert(table.remove({}) == nil)\n"
	      "assert(table.concat(table.move({1, 2, 3}, 2, 3, 1)) == '233')\n"
	      "assert(table.concat(table.move({1, 2, 3}, 1, 3, 2)) == '1123')\n"
	      "assert(table.concat(table.move({1, 2}, 1, 2, 1, {})) == '12')\n"
	      "assert(select('#', table.unpack({1, nil, 3}, 1, 3)) == 3 and table.pack(1, nil).n "
	      "== 2)");
	fails("table.insert({1}, 5, 1)", "position out of bounds");
	fails("table.unpack({}, 1, 1e7)", "at most 250 values");
	fails("table.concat({1, {}, 2})", "element 2 is a table");
}

static void errors_of_any_kind_become_sentences(void **state)
{
	(void)state;
	fails("local t = nil\nreturn t.x",
	        "placement/t.lua:2: attempt to index a nil value (local 't')");
	fails("error('no nodes', 0)", "placement/t.lua:1: no nodes");
	fails("error({code = 1})", "error() was called without a sentence");
	fails("error()", "error() was called without a sentence");
	fails("error(setmetatable({}, {__tostring = function() while true do end end}))",
	        "without a sentence");
	fails("local x = = 1", "placement/t.lua:1: unexpected symbol");
	fails("string.rep()", "placement/t.lua:1: bad argument #1 to 'rep'");
	fails("string.format('%d', {})", "placement/t.lua:1: bad argument #2 to");
	fails("tostring()", "bad argument #1 to 'tostring'");
	holds("local ok, why = pcall(error, 'x') assert(ok == false and why == 'x')\n"
	      "local ok, a, b = pcall(function() return 1, 2 end) assert(ok and a == 1 and b == "
	      "2)\n"
	      "local ok, why = xpcall(error, function(e) return e .. '!' end, 'x') assert(not ok "
	      "and why == 'x!')\n"
	      "local ok, a, b = xpcall(function(...) return ... end, error, 1, 2) assert(ok and a "
	      "== 1 and b == 2)");
}

static void deep_nesting_ends(void **state)
{
	(void)state;
	fails("local s = '' local function f(...) return f(1, ...) end f()", "placement/t.lua");
	fails("local t = {} local function f() return setmetatable({}, {__index = f()}) end return "
	      "f()",
	        "placement/t.lua");
	fails("local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x", "loop");
	holds("local f = pcall for i = 1, 300 do local g = f f = function(...) return pcall(g, "
	      "...) end end\n"
	      "local innermost = select(-1, f(error)) assert(innermost == nil or "
	      "innermost:find('overflow'))");
}

static void parsing_is_bounded(void **state)
{
	static char script[SANDBOX_SCRIPT_MAX];

	(void)state;
	memset(script, '(', sizeof(script) - 1);
	fails(script, "placement/t.lua");
	memset(script, '{', sizeof(script) - 1);
	memcpy(script, "x =", 3);
	fails(script, "placement/t.lua");
	memset(script, '~', sizeof(script) - 1);
	memcpy(script, "return ", 7);
	fails(script, "placement/t.lua");
}

static int create_and_fail(lua_State *L)
{
	return luaL_error(L, "from C");
}

static void a_sandbox_works_on_after_an_error(void **state)
{
	struct sandbox *sandbox = sandbox_new();
	struct dfs_error err = {0};
	static const char *const bad[] = {"while true do end",
	        "local s = 'x' while true do s = s .. s end", "error()",
	        "local t = {} while true do t = {t, t, t, t} end"};

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			assert_int_equal(sandbox_load_text(sandbox, bad[i], strlen(bad[i]), &err),
			        DFS_E_SCRIPT);
		assert_int_equal(sandbox_load_text(sandbox, "return 1", 8, &err), 0);
	}
	assert_int_equal(sandbox_call(sandbox, create_and_fail, NULL, &err), DFS_E_SCRIPT);
	assert_string_equal(err.text, "placement/t.lua: from C");
	sandbox_destroy(sandbox);
}

static void a_sandbox_without_room_is_refused(void **state)
{
	struct sandbox_options options = {.name = "t"};
	struct dfs_error err = {0};

	(void)state;
	for (options.memory_bytes = 1; options.memory_bytes < 40000; options.memory_bytes += 97) {
		struct sandbox *sandbox = NULL;
		int code = sandbox_create(&sandbox, &options, &err);

		assert_true(code == 0 || code == DFS_E_NOMEM || code == DFS_E_SCRIPT);
		sandbox_destroy(sandbox);
	}
	assert_int_equal(err.code < 0, 1);
}

static void files_that_cannot_be_read_are_named(void **state)
{
	struct sandbox *sandbox = sandbox_new();
	struct dfs_error err = {0};

	(void)state;
	assert_int_equal(sandbox_load_file(sandbox, "/nowhere/x.lua", &err), DFS_E_NOENT);
	assert_string_equal(err.text, "/nowhere/x.lua: No such file or directory");
	assert_int_equal(sandbox_load_file(sandbox, "/tmp", &err), DFS_E_IO);
	assert_int_equal(sandbox_load_file(sandbox, "/dev/zero", &err), DFS_E_TOOBIG);
	sandbox_destroy(sandbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(endless_loops_end),
	        cmocka_unit_test(pcall_does_not_swallow_the_budget),
	        cmocka_unit_test(to_be_closed_variables_do_not_outlive_the_budget),
	        cmocka_unit_test(metamethods_are_counted),
	        cmocka_unit_test(memory_is_bounded),
	        cmocka_unit_test(pcall_does_not_swallow_exhausted_memory),
	        cmocka_unit_test(strings_are_bounded),
	        cmocka_unit_test(patterns_are_bounded),
	        cmocka_unit_test(what_reaches_out_is_absent),
	        cmocka_unit_test(bytecode_is_refused),
	        cmocka_unit_test(finalizers_and_weak_tables_are_refused),
	        cmocka_unit_test(libraries_cannot_be_changed),
	        cmocka_unit_test(addresses_do_not_show),
	        cmocka_unit_test(pairs_goes_in_sorted_order),
	        cmocka_unit_test(sort_is_stable_and_bounded),
	        cmocka_unit_test(table_functions_do_what_the_manual_says),
	        cmocka_unit_test(errors_of_any_kind_become_sentences),
	        cmocka_unit_test(deep_nesting_ends),
	        cmocka_unit_test(parsing_is_bounded),
	        cmocka_unit_test(a_sandbox_works_on_after_an_error),
	        cmocka_unit_test(a_sandbox_without_room_is_refused),
	        cmocka_unit_test(files_that_cannot_be_read_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
