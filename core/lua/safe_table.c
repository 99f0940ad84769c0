/* SPDX-License-Identifier: MIT */
/*
 * The table library of the sandbox. Ours, because the stock one believes `__len`: table.insert on a
 * table that says it is 2^60 long shifts for ever inside C; and because its sort reads the clock,
 * and depends on it, on unlucky input.
 */
#include "lua/safe.h"

#include <lauxlib.h>
#include <lualib.h>
#include "lua/budget.h"

enum { UNPACK_MAX = 250 };

static int table_concat(lua_State *L);
static int table_insert(lua_State *L);
static int table_move(lua_State *L);
static int table_remove(lua_State *L);
static int table_sort(lua_State *L);
static int table_unpack(lua_State *L);
static int table_pack(lua_State *L);
static lua_Integer length_of(lua_State *L, int index);
static void copy(
        lua_State *L, int from, lua_Integer first, int to, lua_Integer at, lua_Integer count);
static void merge_pass(
        lua_State *L, int from, int to, lua_Integer count, lua_Integer width, safe_less *less);
static safe_less value_less, call_less;

static const luaL_Reg table_ours[] = {{"concat", table_concat}, {"insert", table_insert},
        {"move", table_move}, {"pack", table_pack}, {"remove", table_remove}, {"sort", table_sort},
        {"unpack", table_unpack}, {NULL, NULL}};

void safe_table_push(lua_State *L)
{
	luaL_newlib(L, table_ours);
}

/* Merge sort from the bottom up, between the table and a scratch table. */
void safe_sort(lua_State *L, int index, lua_Integer count, safe_less *less)
{
	int from = lua_absindex(L, index), to;

	lua_createtable(L, count < INT32_MAX ? (int)count : 0, 0);
	to = lua_gettop(L);
	for (lua_Integer width = 1; width < count; width *= 2) {
		int swap = from;

		budget_charge(L, (uint64_t)count);
		merge_pass(L, from, to, count, width, less);
		from = to;
		to = swap;
	}
	if (from != lua_absindex(L, index))
		copy(L, from, 1, to, 1, count);
	lua_pop(L, 1);
}

/* Merge neighbouring runs of `width` elements of `from` into `to`. The left one wins ties: that
 * makes it stable. */
static void merge_pass(
        lua_State *L, int from, int to, lua_Integer count, lua_Integer width, safe_less *less)
{
	for (lua_Integer start = 1; start <= count; start += 2 * width) {
		lua_Integer left = start, middle = start + width, right = middle,
		            end = middle + width;

		if (middle > count + 1)
			middle = right = count + 1;
		if (end > count + 1)
			end = count + 1;
		for (lua_Integer at = start; at < end; at++) {
			bool take_right = left == middle;

			lua_rawgeti(L, from, left);
			lua_rawgeti(L, from, right);
			if (left < middle && right < end)
				take_right = less(L, lua_gettop(L), lua_gettop(L) - 1);
			lua_pop(L, take_right ? 0 : 1);
			lua_rawseti(L, to, at);
			lua_settop(L, lua_gettop(L) - (take_right ? 1 : 0));
			if (take_right)
				right++;
			else
				left++;
		}
	}
}

static int table_sort(lua_State *L)
{
	lua_Integer count;

	luaL_checktype(L, 1, LUA_TTABLE);
	count = length_of(L, 1);
	lua_settop(L, 2);
	if (!lua_isnil(L, 2))
		luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_newtable(L); /* sort a copy: the comparison may look at the table, or change it */
	copy(L, 1, 1, 3, 1, count);
	safe_sort(L, 3, count, lua_isnil(L, 2) ? value_less : call_less);
	copy(L, 3, 1, 1, 1, count);
	return 0;
}

static int value_less(lua_State *L, int a, int b)
{
	return lua_compare(L, a, b, LUA_OPLT);
}

static int call_less(lua_State *L, int a, int b)
{
	int answer;

	lua_pushvalue(L, 2); /* table.sort's second argument */
	lua_pushvalue(L, a);
	lua_pushvalue(L, b);
	lua_call(L, 2, 1);
	answer = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return answer;
}

static int table_concat(lua_State *L)
{
	lua_Integer first, last;
	size_t size;
	const char *separator = luaL_optlstring(L, 2, "", &size);
	luaL_Buffer text;

	luaL_checktype(L, 1, LUA_TTABLE);
	first = luaL_optinteger(L, 3, 1);
	last = lua_isnoneornil(L, 4) ? length_of(L, 1) : luaL_checkinteger(L, 4);
	luaL_buffinit(L, &text);
	for (lua_Integer at = first; at <= last; at++) {
		budget_charge(L, 1);
		lua_geti(L, 1, at);
		if (!lua_isstring(L, -1))
			luaL_error(L, "table.concat: element %I is a %s", (LUAI_UACINT)at,
			        luaL_typename(L, -1));
		luaL_addvalue(&text);
		if (at == last)
			break; /* last may be the largest integer */
		luaL_addlstring(&text, separator, size);
	}
	luaL_pushresult(&text);
	return 1;
}

static int table_insert(lua_State *L)
{
	lua_Integer end, at;

	luaL_checktype(L, 1, LUA_TTABLE);
	end = length_of(L, 1) + 1;
	if (lua_gettop(L) == 2) {
		lua_seti(L, 1, end);
		return 0;
	}
	if (lua_gettop(L) != 3)
		return luaL_error(L, "wrong number of arguments to 'insert'");
	at = luaL_checkinteger(L, 2);
	luaL_argcheck(L, at >= 1 && at <= end, 2, "position out of bounds");
	copy(L, 1, at, 1, at + 1, end - at);
	lua_seti(L, 1, at);
	return 0;
}

static int table_remove(lua_State *L)
{
	lua_Integer size, at;

	luaL_checktype(L, 1, LUA_TTABLE);
	size = length_of(L, 1);
	at = luaL_optinteger(L, 2, size);
	luaL_argcheck(L, at == size || (at >= 1 && at <= size + 1), 2, "position out of bounds");
	lua_geti(L, 1, at);
	if (at < size)
		copy(L, 1, at + 1, 1, at, size - at);
	lua_pushnil(L);
	lua_seti(L, 1, at < size ? size : at);
	return 1;
}

static int table_move(lua_State *L)
{
	lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3),
	            at = luaL_checkinteger(L, 4);
	int to = lua_isnoneornil(L, 5) ? 1 : 5;

	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_checktype(L, to, LUA_TTABLE);
	if (last >= first) {
		luaL_argcheck(L, first > 0 || last < LUA_MAXINTEGER + first, 3,
		        "too many elements to move");
		luaL_argcheck(
		        L, at <= LUA_MAXINTEGER - (last - first), 4, "destination wraps around");
		copy(L, 1, first, to, at, last - first + 1);
	}
	lua_pushvalue(L, to);
	return 1;
}

static int table_unpack(lua_State *L)
{
	lua_Integer first = luaL_optinteger(L, 2, 1), last;

	luaL_checktype(L, 1, LUA_TTABLE);
	last = lua_isnoneornil(L, 3) ? length_of(L, 1) : luaL_checkinteger(L, 3);
	if (first > last)
		return 0;
	if ((lua_Unsigned)last - (lua_Unsigned)first >= UNPACK_MAX)
		return luaL_error(L, "table.unpack: at most %d values", UNPACK_MAX);
	luaL_checkstack(L, UNPACK_MAX, "table.unpack");
	budget_charge(L, (uint64_t)(last - first + 1));
	for (lua_Integer at = first; at < last; at++)
		lua_geti(L, 1, at);
	lua_geti(L, 1, last);
	return (int)(last - first + 1);
}

static int table_pack(lua_State *L)
{
	int count = lua_gettop(L);

	lua_createtable(L, count, 1);
	lua_insert(L, 1);
	for (int at = count; at >= 1; at--)
		lua_seti(L, 1, at);
	lua_pushinteger(L, count);
	lua_setfield(L, 1, "n");
	return 1;
}

/* As `#` says; whoever goes through all of them pays by `copy` or a charge of his own. */
static lua_Integer length_of(lua_State *L, int index)
{
	lua_Integer length = luaL_len(L, index);

	if (length < 0 || length > INT32_MAX)
		luaL_error(L, "a table says that it is %I long", (LUAI_UACINT)length);
	return length;
}

/* Element by element in the order that keeps overlapping ranges whole, as table.move. */
static void copy(
        lua_State *L, int from, lua_Integer first, int to, lua_Integer at, lua_Integer count)
{
	bool backwards = at > first && at < first + count && lua_rawequal(L, from, to);

	budget_charge(L, (uint64_t)count);
	for (lua_Integer i = 0; i < count; i++) {
		lua_Integer offset = backwards ? count - 1 - i : i;

		lua_geti(L, from, first + offset);
		lua_seti(L, to, at + offset);
	}
}
