/* SPDX-License-Identifier: MIT */
/* Patterns: the sandbox's string.find, match and gsub answer as the stock ones. The first byte is
 * the subject's length. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "lua/budget.h"
#include "lua/safe.h"

enum { SIZE_MAX_BYTES = 24 }; /* the stock matcher may take exponential time */

static const char compare[] =
        "local s, p = ...\n"
        "local function show(...)\n"
        "  local r = table.pack(...)\n"
        "  for i = 1, r.n do r[i] = r[1] and tostring(r[i]) or '' end\n"
        "  return table.concat(r, '|', 1, r[1] and r.n or 1)\n"
        "end\n"
        "for _, name in ipairs{'find', 'match'} do\n"
        "  assert(show(pcall(string[name], s, p)) == show(pcall(ours[name], s, p)), name)\n"
        "end\n"
        "assert(show(pcall(string.gsub, s, p, '<%0>')) == show(pcall(ours.gsub, s, p, '<%0>')), "
        "'gsub')\n"
        "assert(show(pcall(string.gsub, s, s, p)) == show(pcall(ours.gsub, s, s, p)), "
        "'replacement')\n";

static int run(lua_State *L)
{
	luaL_openlibs(L);
	safe_string_push(L);
	lua_setglobal(L, "ours");
	if (luaL_loadbufferx(L, compare, sizeof(compare) - 1, "=compare", "t") != LUA_OK)
		return lua_error(L);
	lua_insert(L, 1);
	lua_call(L, 2, 0);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct budget budget = {
	        .memory_cap = 64 << 20, .instructions = UINT64_MAX / 2, .left = UINT64_MAX};
	const char *text = (const char *)bytes + 1;
	lua_State *L;
	size_t subject;

	if (size < 1 || size > SIZE_MAX_BYTES)
		return 0;
	subject = bytes[0] < size - 1 ? bytes[0] : size - 1;
	L = lua_newstate(budget_alloc, &budget);
	if (!L)
		abort();
	lua_pushcfunction(L, run);
	lua_pushlstring(L, text, subject);
	lua_pushlstring(L, text + subject, size - 1 - subject);
	if (lua_pcall(L, 2, 0, 0) != LUA_OK)
		abort();
	lua_close(L);
	return 0;
}
