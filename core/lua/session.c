/* SPDX-License-Identifier: MIT */
/* The `dfs` module: its connection, its errors, and what it is put together from. */
#include "lua/session.h"

#include <lauxlib.h>
#include <string.h>
#include "lua/json.h"

static const char error_name[] = "dfs.error";

static int error_tostring(lua_State *L);
static void directories_push(lua_State *L, const struct command_host_options *options);

void session_module_push(lua_State *L, struct session *session)
{
	lua_newtable(L);
	session_calls_open(L, session);
	session_transfers_open(L, session);
	session_locals_open(L, session);
	session_texts_open(L, session);
	directories_push(L, session->options);
	lua_setfield(L, -2, "directories");
	lua_pushstring(L, session->options->roles ? session->options->roles : "");
	lua_setfield(L, -2, "roles");
	lua_pushstring(L, dfs_version());
	lua_setfield(L, -2, "version");
}

struct session *session_of(lua_State *L)
{
	return lua_touserdata(L, lua_upvalueindex(1));
}

int lua_session_open(struct session *session, struct dfs **ret, struct dfs_error *err)
{
	if (!session->dfs) {
		int code = dfs_open(&session->dfs, session->options->connect, err);

		if (code != 0)
			return code;
	}
	*ret = session->dfs;
	return 0;
}

int session_fail(lua_State *L, int code, const struct dfs_error *err)
{
	lua_pushnil(L);
	session_error_push(L, code, err);
	return 2;
}

int session_done(lua_State *L, int code, const struct dfs_error *err)
{
	if (code != 0)
		return session_fail(L, code, err);
	lua_pushboolean(L, 1);
	return 1;
}

void session_error_push(lua_State *L, int code, const struct dfs_error *err)
{
	lua_createtable(L, 0, 2);
	lua_pushstring(L, dfs_error_name(code));
	lua_setfield(L, -2, "code");
	lua_pushstring(L, err && err->text[0] ? err->text : dfs_error_text(code));
	lua_setfield(L, -2, "message");
	if (luaL_newmetatable(L, error_name)) {
		lua_pushcfunction(L, error_tostring);
		lua_setfield(L, -2, "__tostring");
	}
	lua_setmetatable(L, -2);
}

static int error_tostring(lua_State *L)
{
	lua_getfield(L, 1, "message");
	return 1;
}

static void directories_push(lua_State *L, const struct command_host_options *options)
{
	lua_createtable(L, (int)options->directories_count, 0);
	for (size_t i = 0; i < options->directories_count; i++) {
		lua_pushstring(L, options->directories[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}
