/* SPDX-License-Identifier: MIT */
/* Base and math libraries of the sandbox. */
#include "lua/memo.h"
#include "lua/safe.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>
#include "lua/budget.h"

enum {
	NUMERAL_MAX = 256, /* bytes of a string that tonumber reads: what it does is not counted */
	CATCH_COST = 200,  /* of an error caught: unwinding, and the stack shrunk and grown again */
};

static int base_pairs(lua_State *L);
static int base_pcall(lua_State *L);
static int base_xpcall(lua_State *L);
static int base_setmetatable(lua_State *L);
static int base_getmetatable(lua_State *L);
static int base_tonumber(lua_State *L);
static int base_tostring(lua_State *L);
static void wrap(lua_State *L, const char *name, lua_CFunction ours);
static void caught(lua_State *L, int status);
static lua_Integer keys_push(lua_State *L, int table);
static int next_pair(lua_State *L);
static safe_less key_less;

static const char *const base_names[] = {"assert", "error", "getmetatable", "ipairs", "rawequal",
        "select", "setmetatable", "tonumber", "type", "_VERSION", NULL};
static const char *const math_names[] = {"abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp",
        "floor", "fmod", "huge", "log", "max", "maxinteger", "min", "mininteger", "modf", "pi",
        "rad", "sin", "sqrt", "tan", "tointeger", "type", "ult", NULL};
static const luaL_Reg base_ours[] = {{"pairs", base_pairs}, {"pcall", base_pcall},
        {"tostring", base_tostring}, {"xpcall", base_xpcall}, {NULL, NULL}};

void safe_base_push(lua_State *L)
{
	lua_pushcfunction(L, luaopen_base);
	lua_call(L, 0, 1);
	safe_allow(L, base_names);
	luaL_setfuncs(L, base_ours, 0);
	wrap(L, "setmetatable", base_setmetatable);
	wrap(L, "getmetatable", base_getmetatable);
	wrap(L, "tonumber", base_tonumber);
}

void safe_math_push(lua_State *L)
{
	lua_pushcfunction(L, luaopen_math);
	lua_call(L, 0, 1);
	safe_allow(L, math_names);
}

void safe_allow(lua_State *L, const char *const *names)
{
	lua_createtable(L, 0, 32);
	for (; *names; names++) {
		lua_getfield(L, -2, *names);
		lua_setfield(L, -2, *names);
	}
	lua_replace(L, -2);
}

void safe_text_push(lua_State *L, int index)
{
	index = lua_absindex(L, index);
	if (luaL_callmeta(L, index, "__tostring")) {
		if (!lua_isstring(L, -1))
			luaL_error(L, "'__tostring' must return a string");
		return;
	}
	if (lua_type(L, index) <= LUA_TSTRING && lua_type(L, index) != LUA_TLIGHTUSERDATA)
		luaL_tolstring(L, index, NULL);
	else
		lua_pushstring(L, luaL_typename(L, index));
}

int safe_pairs_plain(lua_State *L)
{
	lua_Integer count = keys_push(L, 1);

	safe_sort(L, 2, count, key_less);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_pair, 3); /* table, keys, how many are done */
	lua_pushnil(L);
	lua_pushnil(L);
	return 3;
}

/* Put `ours` in the place of a stock function, which becomes its upvalue. */
static void wrap(lua_State *L, const char *name, lua_CFunction ours)
{
	lua_getfield(L, -1, name);
	lua_pushcclosure(L, ours, 1);
	lua_setfield(L, -2, name);
}

/* In sorted order: the stock order changes from run to run, and a policy must be replayable. */
static int base_pairs(lua_State *L)
{
	luaL_checkany(L, 1);
	if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
		lua_pushvalue(L, 1);
		lua_call(L, 1, 3);
		return 3;
	}
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	return safe_pairs_plain(L);
}

static int base_pcall(lua_State *L)
{
	int status;

	luaL_checkany(L, 1);
	status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
	caught(L, status);
	lua_pushboolean(L, status == LUA_OK);
	lua_insert(L, 1);
	return lua_gettop(L);
}

static void caught(lua_State *L, int status)
{
	budget_rethrow(L, status);
	if (status != LUA_OK)
		budget_charge(L, CATCH_COST);
}

/*
 * The handler is called after the unwinding, not on top of the error: during an error of the hook
 * Lua runs handlers without a hook, and one that loops would never end.
 */
static int base_xpcall(lua_State *L)
{
	int status;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_pushvalue(L, 2);
	lua_insert(L, 1); /* handler, function, handler, arguments */
	lua_remove(L, 3);
	status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
	caught(L, status);
	if (status != LUA_OK) {
		lua_pushvalue(L, 1);
		lua_insert(L, 2);
		lua_call(L, 1, LUA_MULTRET);
	}
	lua_pushboolean(L, status == LUA_OK);
	lua_replace(L, 1);
	return lua_gettop(L);
}

/* Finalizers run where no hook looks, and weak tables show when memory is collected. */
static int base_setmetatable(lua_State *L)
{
	static const char *const refused[] = {"__gc", "__mode"};

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 2);
	memo_reveal(L, 1);
	for (size_t i = 0; lua_istable(L, 2) && i < 2; i++) {
		lua_pushstring(L, refused[i]);
		if (lua_rawget(L, 2) != LUA_TNIL)
			return luaL_error(L, "setmetatable: %s is not allowed here", refused[i]);
		lua_pop(L, 1);
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, 2, 1);
	return 1;
}

static int base_getmetatable(lua_State *L)
{
	luaL_checkany(L, 1);
	memo_reveal(L, 1);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushvalue(L, 1);
	lua_call(L, 1, 1);
	return 1;
}

static int base_tonumber(lua_State *L)
{
	luaL_checkany(L, 1);
	if (lua_type(L, 1) == LUA_TSTRING && lua_rawlen(L, 1) > NUMERAL_MAX) {
		luaL_pushfail(L);
		return 1;
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 1);
	return 1;
}

static int base_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	safe_text_push(L, 1);
	return 1;
}

/* Push an array of the keys of `table`, unsorted. */
static lua_Integer keys_push(lua_State *L, int table)
{
	lua_Integer count = 0;

	lua_createtable(L, (int)lua_rawlen(L, table), 0);
	lua_pushnil(L);
	while (lua_next(L, table)) {
		int type = lua_type(L, -2);

		if (type != LUA_TNUMBER && type != LUA_TSTRING && type != LUA_TBOOLEAN)
			luaL_error(L, "pairs: a key is a %s, which has no order",
			        lua_typename(L, type));
		lua_pop(L, 1);
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, ++count);
	}
	budget_charge(L, (uint64_t)count);
	return count;
}

static int next_pair(lua_State *L)
{
	lua_Integer at = lua_tointeger(L, lua_upvalueindex(3));

	do { /* a key may have been removed since */
		lua_settop(L, 0);
		budget_charge(L, 1);
		if (lua_rawgeti(L, lua_upvalueindex(2), ++at) == LUA_TNIL)
			return 1;
		lua_pushvalue(L, -1);
	} while (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL);
	lua_pushinteger(L, at);
	lua_replace(L, lua_upvalueindex(3));
	return 2;
}

/* Numbers, then strings by their bytes, then booleans. */
static int key_less(lua_State *L, int a, int b)
{
	int type_a = lua_type(L, a), type_b = lua_type(L, b);
	size_t size_a, size_b;
	const char *text_a, *text_b;
	int order;

	if (type_a != type_b)
		return type_a == LUA_TNUMBER || (type_a == LUA_TSTRING && type_b == LUA_TBOOLEAN);
	if (type_a == LUA_TNUMBER)
		return lua_compare(L, a, b, LUA_OPLT);
	if (type_a == LUA_TBOOLEAN)
		return !lua_toboolean(L, a) && lua_toboolean(L, b);
	text_a = lua_tolstring(L, a, &size_a);
	text_b = lua_tolstring(L, b, &size_b);
	order = memcmp(text_a, text_b, size_a < size_b ? size_a : size_b);
	return order ? order < 0 : size_a < size_b;
}
