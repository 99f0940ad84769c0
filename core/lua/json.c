/* SPDX-License-Identifier: MIT */
#include "lua/json.h"

#include <cjson/cJSON.h>
#include <lauxlib.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"

enum { DEPTH_MAX = 32 };

static const lua_Integer exact_max = INT64_C(1) << 53; /* integers up to here are doubles too */
static const char array_name[] = "dfs.array", box_name[] = "dfs.json";

/* What cJSON owns while Lua may raise: the collector frees it. */
struct box {
	cJSON *item;
	char *text;
};

static struct box *box_push(lua_State *L);
static int box_free(lua_State *L);
static void build(
        lua_State *L, struct box *box, cJSON *parent, const char *name, int index, int depth);
static void build_table(lua_State *L, struct box *box, cJSON *item, int index, int depth);
static void build_object(lua_State *L, struct box *box, cJSON *item, int index, int depth);
static cJSON *scalar(lua_State *L, int index);
static cJSON *number(lua_State *L, int index);
static bool is_array(lua_State *L, int index);
static int compare_names(const void *a, const void *b);
static void push(lua_State *L, const cJSON *item, int depth);
static void push_members(lua_State *L, const cJSON *item, int depth);

void json_encode_push(lua_State *L, int index)
{
	struct box *box;

	index = lua_absindex(L, index);
	box = box_push(L);
	build(L, box, NULL, NULL, index, 0);
	box->text = cJSON_PrintUnformatted(box->item);
	if (!box->text)
		luaL_error(L, "JSON: out of memory");
	lua_pushstring(L, box->text);
	lua_replace(L, -2);
}

void json_decode_push(lua_State *L, const char *text, size_t size)
{
	struct box *box = box_push(L);

	box->item = cJSON_ParseWithLength(text, size);
	if (!box->item)
		luaL_error(L, "JSON: malformed");
	push(L, box->item, 0);
	lua_replace(L, -2);
}

void json_mark_array(lua_State *L, int index)
{
	index = lua_absindex(L, index);
	luaL_newmetatable(L, array_name);
	lua_setmetatable(L, index);
}

static struct box *box_push(lua_State *L)
{
	struct box *box = lua_newuserdatauv(L, sizeof(*box), 0);

	*box = (struct box){NULL, NULL};
	if (luaL_newmetatable(L, box_name)) {
		lua_pushcfunction(L, box_free);
		lua_setfield(L, -2, "__gc");
	}
	lua_setmetatable(L, -2);
	return box;
}

static int box_free(lua_State *L)
{
	struct box *box = lua_touserdata(L, 1);

	cJSON_Delete(box->item);
	free(box->text);
	*box = (struct box){NULL, NULL};
	return 0;
}

/* An item joins its parent before anything can raise, so that the box owns all there is. */
static void build(
        lua_State *L, struct box *box, cJSON *parent, const char *name, int index, int depth)
{
	cJSON *item;

	if (depth > DEPTH_MAX)
		luaL_error(L, "JSON: more than %d levels", DEPTH_MAX);
	luaL_checkstack(L, 8, "JSON");
	item = scalar(L, index);
	if (!item)
		luaL_error(L, "JSON: out of memory");
	if (!parent)
		box->item = item;
	else if (name)
		cJSON_AddItemToObject(parent, name, item);
	else
		cJSON_AddItemToArray(parent, item);
	if (lua_istable(L, index))
		build_table(L, box, item, index, depth);
}

static void build_table(lua_State *L, struct box *box, cJSON *item, int index, int depth)
{
	if (!is_array(L, index)) {
		build_object(L, box, item, index, depth);
		return;
	}
	for (lua_Integer at = 1; at <= (lua_Integer)lua_rawlen(L, index); at++) {
		lua_rawgeti(L, index, at);
		build(L, box, item, NULL, lua_gettop(L), depth + 1);
		lua_pop(L, 1);
	}
}

static void build_object(lua_State *L, struct box *box, cJSON *item, int index, int depth)
{
	size_t count = 0, capacity = 8;
	const char **names = lua_newuserdatauv(L, capacity * sizeof(*names), 0);
	int at = lua_gettop(L);

	lua_pushnil(L);
	while (lua_next(L, index)) {
		lua_pop(L, 1);
		if (lua_type(L, -1) != LUA_TSTRING)
			luaL_error(L, "JSON: a key of an object is a %s", luaL_typename(L, -1));
		if (count == capacity) {
			const char **more = lua_newuserdatauv(L, 2 * capacity * sizeof(*more), 0);

			names = memcpy(more, names, count * sizeof(*names));
			lua_replace(L, at);
			capacity *= 2;
		}
		names[count++] = lua_tostring(L, -1); /* stays valid: the table holds it */
	}
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++) {
		if (!text_is_utf8(names[i], strlen(names[i])))
			luaL_error(L, "JSON: a key is not UTF-8");
		lua_getfield(L, index, names[i]);
		build(L, box, item, names[i], lua_gettop(L), depth + 1);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* The item of a value; of a table the empty item. */
static cJSON *scalar(lua_State *L, int index)
{
	size_t size;
	const char *text;

	switch (lua_type(L, index)) {
	case LUA_TNIL:
		return cJSON_CreateNull();
	case LUA_TBOOLEAN:
		return cJSON_CreateBool(lua_toboolean(L, index));
	case LUA_TNUMBER:
		return number(L, index);
	case LUA_TSTRING:
		text = lua_tolstring(L, index, &size);
		if (strlen(text) != size || !text_is_utf8(text, size))
			luaL_error(L, "JSON: a string is not UTF-8 text: names go through "
			              "dfs.encode_name");
		return cJSON_CreateString(text);
	case LUA_TTABLE:
		return is_array(L, index) ? cJSON_CreateArray() : cJSON_CreateObject();
	default:
		luaL_error(L, "JSON: a %s has no JSON form", luaL_typename(L, index));
		return NULL;
	}
}

/* Integers as their digits: cJSON prints numbers with 15 of them and finds that near enough. */
static cJSON *number(lua_State *L, int index)
{
	char digits[32];

	if (!lua_isinteger(L, index)) {
		if (!isfinite(lua_tonumber(L, index)))
			luaL_error(L, "JSON: a number is not finite");
		return cJSON_CreateNumber(lua_tonumber(L, index));
	}
	if (lua_tointeger(L, index) > exact_max || lua_tointeger(L, index) < -exact_max)
		luaL_error(L, "JSON: %I is beyond 2^53: write it as a string",
		        (LUAI_UACINT)lua_tointeger(L, index));
	snprintf(digits, sizeof(digits), LUA_INTEGER_FMT, (LUAI_UACINT)lua_tointeger(L, index));
	return cJSON_CreateRaw(digits);
}

static bool is_array(lua_State *L, int index)
{
	bool marked = false;

	if (lua_getmetatable(L, index)) {
		luaL_getmetatable(L, array_name);
		marked = lua_rawequal(L, -1, -2);
		lua_pop(L, 2);
	}
	return marked || lua_rawlen(L, index) > 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void push(lua_State *L, const cJSON *item, int depth)
{
	if (depth > DEPTH_MAX)
		luaL_error(L, "JSON: more than %d levels", DEPTH_MAX);
	luaL_checkstack(L, 4, "JSON");
	if (cJSON_IsString(item))
		lua_pushstring(L, item->valuestring);
	else if (cJSON_IsBool(item))
		lua_pushboolean(L, cJSON_IsTrue(item));
	else if (cJSON_IsNull(item))
		lua_pushnil(L);
	else if (!cJSON_IsNumber(item))
		push_members(L, item, depth);
	else if (item->valuedouble == floor(item->valuedouble) &&
	         fabs(item->valuedouble) <= (double)exact_max)
		lua_pushinteger(L, (lua_Integer)item->valuedouble);
	else
		lua_pushnumber(L, item->valuedouble);
}

static void push_members(lua_State *L, const cJSON *item, int depth)
{
	bool array = cJSON_IsArray(item);
	const cJSON *member;
	lua_Integer at = 0;

	lua_newtable(L);
	if (array)
		json_mark_array(L, -1);
	cJSON_ArrayForEach(member, item)
	{
		push(L, member, depth + 1);
		if (array)
			lua_rawseti(L, -2, ++at);
		else
			lua_setfield(L, -2, member->string);
	}
}
