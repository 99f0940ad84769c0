/* SPDX-License-Identifier: MIT */
#include "lua/memo.h"

#include <lauxlib.h>
#include <string.h>
#include "lua/safe.h"

enum { READ_PATH = 1, READ_SIZE = 2, READ_ASKED = 4, READ_NODES = 8, READ_ALL = 15 };

static const struct {
	const char *name;
	uint8_t bit;
} fields[] = {
        {"path", READ_PATH}, {"size", READ_SIZE}, {"asked", READ_ASKED}, {"nodes", READ_NODES}};

static void fields_push(lua_State *L, const struct file_request *request);
static int request_index(lua_State *L);
static int request_pairs(lua_State *L);
static int request_reveal(lua_State *L);

bool memo_find(const struct memo *memo, const struct file_request *request, uint64_t *ret_answer)
{
	for (unsigned i = 0; i < memo->count; i++) {
		const struct memo_entry *entry = &memo->entries[i];

		if (((entry->read & READ_SIZE) && entry->size_bytes != request->size_bytes) ||
		        ((entry->read & READ_ASKED) && entry->asked != request->asked) ||
		        ((entry->read & READ_NODES) && entry->nodes != request->nodes))
			continue;
		*ret_answer = entry->answer;
		return true;
	}
	return false;
}

void memo_keep(struct memo *memo, const struct file_request *request, uint64_t answer)
{
	if (memo->off)
		return;
	if (memo->read & READ_PATH) {
		memo->off = true;
		memo->count = 0;
		return;
	}
	memo->entries[memo->next] = (struct memo_entry){
	        memo->read, request->size_bytes, request->asked, request->nodes, answer};
	memo->next = (memo->next + 1) % MEMO_SIZE;
	if (memo->count < MEMO_SIZE)
		memo->count++;
}

void memo_request_push(lua_State *L, struct memo *memo, const struct file_request *request)
{
	static const luaL_Reg events[] = {{"__index", request_index}, {"__pairs", request_pairs},
	        {"__reveal", request_reveal}, {NULL, NULL}};

	memo->read = 0;
	if (memo->off) {
		fields_push(L, request);
		return;
	}
	lua_createtable(L, 0, 4);
	lua_createtable(L, 0, 3);
	fields_push(L, request);
	lua_pushlightuserdata(L, memo);
	luaL_setfuncs(L, events, 2);
	lua_setmetatable(L, -2);
}

void memo_reveal(lua_State *L, int index)
{
	if (luaL_getmetafield(L, index, "__reveal") == LUA_TNIL)
		return;
	if (lua_tocfunction(L, -1) != request_reveal) {
		lua_pop(L, 1);
		return;
	}
	lua_pushvalue(L, index);
	lua_call(L, 1, 0);
}

/* What is unknown or not asked for is nil. */
static void fields_push(lua_State *L, const struct file_request *request)
{
	lua_createtable(L, 0, 4);
	lua_pushstring(L, request->path);
	lua_setfield(L, -2, "path");
	if (request->size_bytes != UINT64_MAX) {
		lua_pushinteger(L, (lua_Integer)request->size_bytes);
		lua_setfield(L, -2, "size");
	}
	if (request->asked != 0) {
		lua_pushinteger(L, (lua_Integer)request->asked);
		lua_setfield(L, -2, "asked");
	}
	lua_pushinteger(L, request->nodes);
	lua_setfield(L, -2, "nodes");
}

/* Upvalues of all three: the fields, the memo. A field that is absent was read too. */
static int request_index(lua_State *L)
{
	struct memo *memo = lua_touserdata(L, lua_upvalueindex(2));
	const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(name, fields[i].name) == 0)
			memo->read |= fields[i].bit;
	lua_pushvalue(L, 2);
	lua_rawget(L, lua_upvalueindex(1));
	return 1;
}

static int request_pairs(lua_State *L)
{
	request_reveal(L);
	lua_settop(L, 1);
	return safe_pairs_plain(L);
}

/* What the script has put into the request itself stays. */
static int request_reveal(lua_State *L)
{
	struct memo *memo = lua_touserdata(L, lua_upvalueindex(2));

	memo->read = READ_ALL;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		lua_pushstring(L, fields[i].name);
		if (lua_rawget(L, 1) == LUA_TNIL) {
			lua_getfield(L, lua_upvalueindex(1), fields[i].name);
			lua_setfield(L, 1, fields[i].name);
		}
		lua_pop(L, 1);
	}
	lua_pushnil(L);
	lua_setmetatable(L, 1);
	return 0;
}
