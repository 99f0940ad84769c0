/* SPDX-License-Identifier: MIT */
/* Our string functions against the stock ones, on random subjects and patterns. `pattern_test SEED`
 * repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lua/budget.h"
#include "lua/safe.h"

enum { ROUNDS = 20000 };

static uint64_t seed;

/* One state with both: globals are stock, `ours` is the sandbox's string library. */
static const char compare[] =
        "local seed, rounds = ...\n"
        "math.randomseed(seed)\n"
        "local pieces = { 'a', 'b', '1', ' ', '.', '%a', '%D', '%w', '[ab]', '[^a]', '[a-c1]', "
        "'[]]', '[%d_]', '%(',\n"
        "  '*', '+', '-', '?', '*', '+', '-', '?', '(', ')', '()', '(a', 'b)', '%1', '%2', '%b()', "
        "'%f[%w]', '^', '$',\n"
        "  '%', '[', '%%', '\\0', '[a-]', '[%a-z]' }\n"
        "local letters = { 'a', 'b', 'c', '1', ' ', '(', ')', '%', '\\0', 'A' }\n"
        "local replacements = { '', 'x', '<%0>', '%1', '%2%1', '%%', '%', string.upper, { a = 'A', "
        "b = false }, 7 }\n"
        "local function any(list, most)\n"
        "  local parts = {}\n"
        "  for i = 1, math.random(0, most) do parts[i] = list[math.random(#list)] end\n"
        "  return table.concat(parts)\n"
        "end\n"
        "local function show(r)\n"
        "  if not r[1] then return 'error' end\n"
        "  for i = 1, r.n do r[i] = math.type(r[i]) and r[i] .. 'n' or ('%q'):format(r[i]) end\n"
        "  return table.concat(r, ' ', 1, r.n)\n"
        "end\n"
        "local function all(gmatch, ...)\n"
        "  local got = {}\n"
        "  for a, b in gmatch(...) do got[#got + 1] = tostring(a) .. '=' .. tostring(b) end\n"
        "  return table.concat(got, ';')\n"
        "end\n"
        "local function same(name, f, g, ...)\n"
        "  local want, got = show(table.pack(pcall(f, ...))), show(table.pack(pcall(g, ...)))\n"
        "  if want ~= got then\n"
        "    error(('%s(%s): %s, stock says %s'):format(name, show{true, n = select('#', ...) + 1, "
        "...}, got, want), 0)\n"
        "  end\n"
        "  return want ~= 'error' and want ~= 'true nil'\n"
        "end\n"
        "local matched = 0\n"
        "for i = 1, rounds do\n"
        "  local s, p = any(letters, 10), any(pieces, 6)\n"
        "  if same('find', string.find, ours.find, s, p) then matched = matched + 1 end\n"
        "  same('find', string.find, ours.find, s, p, math.random(-12, 12), math.random(2) == 1)\n"
        "  same('match', string.match, ours.match, s, p, math.random(-12, 12))\n"
        "  local function stock(...) return all(string.gmatch, ...) end\n"
        "  local function mine(...) return all(ours.gmatch, ...) end\n"
        "  same('gmatch', stock, mine, s, p)\n"
        "  same('gsub', string.gsub, ours.gsub, s, p, replacements[math.random(#replacements)])\n"
        "  same('gsub', string.gsub, ours.gsub, s, p, '<%0>', math.random(-1, 3))\n"
        "  same('rep', string.rep, ours.rep, s, math.random(-1, 5), any(letters, 2))\n"
        "  same('byte', string.byte, ours.byte, s, math.random(-12, 12), math.random(-12, 12))\n"
        "end\n"
        "return matched\n";

static int test_compare(lua_State *L)
{
	luaL_openlibs(L);
	safe_string_push(L);
	lua_setglobal(L, "ours");
	if (luaL_loadbufferx(L, compare, sizeof(compare) - 1, "=compare", "t") != LUA_OK)
		return lua_error(L);
	lua_pushinteger(L, (lua_Integer)seed);
	lua_pushinteger(L, ROUNDS);
	lua_call(L, 2, 1);
	return 1;
}

static void they_answer_as_the_stock_ones_do(void **state)
{
	struct budget budget = {
	        .memory_cap = 64 << 20, .instructions = UINT64_MAX / 2, .left = UINT64_MAX};
	lua_State *L = lua_newstate(budget_alloc, &budget);

	(void)state;
	assert_non_null(L);
	lua_pushcfunction(L, test_compare);
	if (lua_pcall(L, 0, 1, 0) != LUA_OK)
		fail_msg("seed %llu: %s", (unsigned long long)seed, lua_tostring(L, -1));
	/* A test of patterns that never match would say nothing. */
	assert_true(lua_tointeger(L, -1) > ROUNDS / 20);
	lua_close(L);
	assert_int_equal(budget.memory_used, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(they_answer_as_the_stock_ones_do)};

	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	printf("# seed %llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
