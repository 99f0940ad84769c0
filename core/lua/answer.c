/* SPDX-License-Identifier: MIT */
#include "lua/answer.h"

#include <lauxlib.h>
#include <string.h>

static uint32_t read_node(lua_State *L, lua_Integer at);
static lua_Number read_number(lua_State *L, const char *field);
static uint32_t read_end(lua_State *L, const char *field);
static void read_reason(lua_State *L, char ret[PLACE_REASON_MAX]);

void answer_read_place(lua_State *L, struct place_answer *ret)
{
	lua_Integer count;

	if (!lua_istable(L, -1))
		luaL_error(L,
		        "place must return { nodes = {...}, reason = \"...\" }, it returned %s",
		        luaL_typename(L, -1));
	if (lua_getfield(L, -1, "nodes") != LUA_TTABLE)
		luaL_error(L, "place must return { nodes = {...} }, its nodes is %s",
		        luaL_typename(L, -1));
	count = luaL_len(L, -1);
	if (count < 0 || count > PLACE_REPLICAS_MAX)
		luaL_error(L, "place returned %I nodes, at most %d are possible",
		        (LUAI_UACINT)count, PLACE_REPLICAS_MAX);
	*ret = (struct place_answer){.nodes_count = (uint32_t)count};
	for (lua_Integer at = 1; at <= count; at++)
		ret->nodes[at - 1] = read_node(L, at);
	lua_pop(L, 1);
	read_reason(L, ret->reason);
}

void answer_read_repair(lua_State *L, struct repair_answer *ret)
{
	lua_Number delay;

	*ret = (struct repair_answer){0};
	if (lua_isnil(L, -1))
		return;
	if (!lua_istable(L, -1))
		luaL_error(L, "repair must return { urgency = n, ... } or nothing, it returned %s",
		        luaL_typename(L, -1));
	ret->urgency = read_number(L, "urgency");
	delay = read_number(L, "delay");
	if (!(delay >= 0 && delay <= REPAIR_DELAY_MAX_MS / 1000))
		luaL_error(L, "repair returned delay = %f, want 0 to %d seconds", delay,
		        REPAIR_DELAY_MAX_MS / 1000);
	ret->delay_ms = (uint64_t)(delay * 1000);
	ret->source = read_end(L, "source");
	ret->target = read_end(L, "target");
	read_reason(L, ret->reason);
}

uint64_t answer_read_count(lua_State *L, const char *function, lua_Integer least)
{
	int whole;
	lua_Integer count = lua_tointegerx(L, -1, &whole);

	if (lua_type(L, -1) != LUA_TNUMBER)
		luaL_error(L, "%s must return a number, it returned %s", function,
		        luaL_typename(L, -1));
	if (!whole || count < least)
		luaL_error(L, "%s must return a whole number of at least %I, it returned %f",
		        function, (LUAI_UACINT)least, lua_tonumber(L, -1));
	return (uint64_t)count;
}

/* Element `at` of the table at the top. */
static uint32_t read_node(lua_State *L, lua_Integer at)
{
	int whole;
	lua_Integer node;

	if (lua_geti(L, -1, at) == LUA_TTABLE) {
		lua_getfield(L, -1, "node");
		lua_replace(L, -2);
	}
	if (lua_type(L, -1) != LUA_TNUMBER)
		luaL_error(L, "place returned nodes[%I] = %s, want a node or its number",
		        (LUAI_UACINT)at, luaL_typename(L, -1));
	node = lua_tointegerx(L, -1, &whole);
	if (!whole || node < 0 || node > UINT32_MAX)
		luaL_error(L, "place returned nodes[%I] = %f, want a node or its number",
		        (LUAI_UACINT)at, lua_tonumber(L, -1));
	lua_pop(L, 1);
	return (uint32_t)node;
}

/* A field of the table at the top; 0 where it is not there. */
static lua_Number read_number(lua_State *L, const char *field)
{
	lua_Number number = 0;
	int type = lua_getfield(L, -1, field);

	if (type == LUA_TNUMBER)
		number = lua_tonumber(L, -1);
	else if (type != LUA_TNIL)
		luaL_error(L, "repair returned a %s that is a %s, want a number", field,
		        luaL_typename(L, -1));
	lua_pop(L, 1);
	return number;
}

static uint32_t read_end(lua_State *L, const char *field)
{
	lua_Integer node = 0;
	int whole = 1, type = lua_getfield(L, -1, field);

	if (type == LUA_TTABLE) {
		type = lua_getfield(L, -1, "node");
		lua_replace(L, -2);
	}
	if (type != LUA_TNIL)
		node = lua_tointegerx(L, -1, &whole);
	if ((type != LUA_TNIL && type != LUA_TNUMBER) || !whole || node < 0 || node > UINT32_MAX)
		luaL_error(L, "repair returned a %s that is neither a node nor its number", field);
	lua_pop(L, 1);
	return (uint32_t)node;
}

/* Optional; a long one is cut at a whole UTF-8 character. */
static void read_reason(lua_State *L, char ret[PLACE_REASON_MAX])
{
	size_t size;
	const char *text;

	if (lua_getfield(L, -1, "reason") == LUA_TNIL)
		return;
	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "place returned a reason that is a %s, want a string",
		        luaL_typename(L, -1));
	text = lua_tolstring(L, -1, &size);
	if (size >= PLACE_REASON_MAX) {
		size = PLACE_REASON_MAX - 1;
		while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
			size--;
	}
	memcpy(ret, text, size);
	ret[size] = '\0';
}
