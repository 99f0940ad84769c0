/* SPDX-License-Identifier: MIT */
#include "lua/freeze.h"

#include <lauxlib.h>
#include "lua/safe.h"

static int frozen_len(lua_State *L);
static int frozen_pairs(lua_State *L);

void freeze_push(lua_State *L, int index, lua_CFunction refuse)
{
	index = lua_absindex(L, index);
	lua_createtable(L, 0, 0);
	lua_createtable(L, 0, 5);
	lua_pushvalue(L, index);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, refuse);
	lua_setfield(L, -2, "__newindex");
	lua_pushcfunction(L, frozen_len);
	lua_setfield(L, -2, "__len");
	lua_pushcfunction(L, frozen_pairs);
	lua_setfield(L, -2, "__pairs");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
}

int freeze_refuse(lua_State *L)
{
	safe_text_push(L, 2);
	return luaL_error(
	        L, "attempt to write field '%s' of a read-only table", lua_tostring(L, -1));
}

void freeze_resolve(lua_State *L, int index)
{
	index = lua_absindex(L, index);
	if (luaL_getmetafield(L, index, "__index") == LUA_TNIL)
		return;
	lua_replace(L, index);
}

static int frozen_len(lua_State *L)
{
	freeze_resolve(L, 1);
	lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 1));
	return 1;
}

static int frozen_pairs(lua_State *L)
{
	freeze_resolve(L, 1);
	lua_settop(L, 1);
	return safe_pairs_plain(L);
}
