/* SPDX-License-Identifier: MIT */
/* Calls to the master: dfs.call, and stat and list, which nearly every verb needs, on top of it. */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include "base/path.h"
#include "base/text.h"
#include "lua/json.h"
#include "lua/session.h"

static int calls_call(lua_State *L);
static int calls_stat(lua_State *L);
static int calls_list(lua_State *L);
static int list_next(lua_State *L);
static int list_page(lua_State *L, struct session *session, int state);
static int call(
        lua_State *L, struct session *session, const char *name, int args, struct dfs_error *err);
static int reply_decode(lua_State *L);
static int path_encode_push(lua_State *L, const char *path, struct dfs_error *err);
static void attr_convert(lua_State *L);
static void field_integer(lua_State *L, const char *name);
static void field_name(lua_State *L, const char *name);

void session_calls_open(lua_State *L, struct session *session)
{
	static const luaL_Reg functions[] = {
	        {"call", calls_call}, {"stat", calls_stat}, {"list", calls_list}, {NULL, NULL}};

	lua_pushlightuserdata(L, session);
	luaL_setfuncs(L, functions, 1);
}

/* dfs.call(name, args): any call of the protocol; the reply as a table, fields as in JSON. */
static int calls_call(lua_State *L)
{
	struct dfs_error err = {0};
	const char *name = luaL_checkstring(L, 1);
	int code;

	if (lua_isnoneornil(L, 2)) {
		lua_settop(L, 1);
		lua_newtable(L);
	}
	luaL_checktype(L, 2, LUA_TTABLE);
	code = call(L, session_of(L), name, 2, &err);
	return code == 0 ? 1 : session_fail(L, code, &err);
}

/* dfs.stat(path): attributes as a table, numbers as integers, names as bytes. Symlinks are not
 * followed. */
static int calls_stat(lua_State *L)
{
	struct dfs_error err = {0};
	const char *path = luaL_checkstring(L, 1);
	int code;

	lua_newtable(L);
	code = path_encode_push(L, path, &err);
	if (code == 0) {
		lua_setfield(L, 2, "path");
		code = call(L, session_of(L), "stat", 2, &err);
	}
	if (code != 0)
		return session_fail(L, code, &err);
	lua_getfield(L, -1, "attr");
	attr_convert(L);
	return 1;
}

/*
 * dfs.list(path): an iterator over the attributes in a directory, in order of the names' bytes.
 * What fails at once is nil and an error; what fails on a later page is raised.
 */
static int calls_list(lua_State *L)
{
	struct dfs_error err = {0};
	const char *path = luaL_checkstring(L, 1);
	int code;

	lua_settop(L, 1);
	lua_newtable(
	        L); /* the state: path and after, as sent; entries, at, more, of the last page */
	code = path_encode_push(L, path, &err);
	if (code != 0)
		return session_fail(L, code, &err);
	lua_setfield(L, 2, "path");
	if (list_page(L, session_of(L), 2) != 0)
		return 2;
	lua_pushlightuserdata(L, session_of(L));
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, list_next, 2);
	return 1;
}

static int list_next(lua_State *L)
{
	lua_Integer at;

	lua_settop(L, 0);
	lua_pushvalue(L, lua_upvalueindex(2));
	for (;;) {
		lua_getfield(L, 1, "at");
		at = lua_tointeger(L, -1) + 1;
		lua_getfield(L, 1, "entries");
		if (lua_rawgeti(L, -1, at) == LUA_TTABLE)
			break;
		if (lua_getfield(L, 1, "more"), !lua_toboolean(L, -1))
			return 0;
		lua_settop(L, 1);
		if (list_page(L, session_of(L), 1) != 0)
			return lua_error(L);
		lua_settop(L, 1);
	}
	lua_pushinteger(L, at);
	lua_setfield(L, 1, "at");
	attr_convert(L);
	return 1;
}

/* Fetch the next page into the state at `state`. On failure push nil and the error. */
static int list_page(lua_State *L, struct session *session, int state)
{
	struct dfs_error err = {0};
	int code, reply;

	lua_newtable(L);
	lua_getfield(L, state, "path");
	lua_setfield(L, -2, "path");
	lua_getfield(L, state, "after");
	lua_setfield(L, -2, "after");
	code = call(L, session, "list", lua_gettop(L), &err);
	if (code != 0) {
		session_fail(L, code, &err);
		return code;
	}
	reply = lua_gettop(L);
	lua_getfield(L, reply, "entries");
	luaL_checktype(L, -1, LUA_TTABLE);
	if (lua_rawlen(L, -1) > 0) {
		lua_rawgeti(L, -1, (lua_Integer)lua_rawlen(L, -1));
		lua_getfield(L, -1, "name");
		lua_setfield(L, state, "after");
		lua_pop(L, 1);
		lua_getfield(L, reply, "more");
		lua_setfield(L, state, "more");
	} else { /* an empty page is the last one, whatever it says */
		lua_pushboolean(L, 0);
		lua_setfield(L, state, "more");
	}
	lua_setfield(L, state, "entries");
	lua_pushinteger(L, 0);
	lua_setfield(L, state, "at");
	return 0;
}

/* Call the master with the table at `args`; push the reply. libdfs's text is freed whatever Lua
 * raises. */
static int call(
        lua_State *L, struct session *session, const char *name, int args, struct dfs_error *err)
{
	struct dfs *dfs;
	char *reply = NULL;
	int code = lua_session_open(session, &dfs, err), status;

	if (code != 0)
		return code;
	json_encode_push(L, args);
	code = dfs_call(dfs, name, lua_tostring(L, -1), &reply, err);
	lua_pop(L, 1);
	if (code != 0)
		return code;
	lua_pushcfunction(L, reply_decode);
	lua_pushlightuserdata(L, reply);
	status = lua_pcall(L, 1, 1, 0);
	free(reply);
	if (status != LUA_OK)
		return lua_error(L);
	return 0;
}

static int reply_decode(lua_State *L)
{
	const char *text = lua_touserdata(L, 1);

	json_decode_push(L, text, strlen(text));
	return 1;
}

static int path_encode_push(lua_State *L, const char *path, struct dfs_error *err)
{
	struct buf canonical = {0}, encoded = {0};
	int code = path_normalize(path, &canonical, err);

	if (code == 0) {
		text_name_encode(canonical.data, canonical.size, &encoded);
		if (encoded.failed)
			code = error_set(err, DFS_E_NOMEM, "out of memory for a path");
		else
			lua_pushlstring(L, encoded.data, encoded.size);
	}
	buf_fini(&canonical);
	buf_fini(&encoded);
	return code;
}

/* `attr` of the protocol, at the top: 64-bit fields to integers, names to bytes. The inode stays 16
 * hex digits. */
static void attr_convert(lua_State *L)
{
	luaL_checktype(L, -1, LUA_TTABLE);
	field_integer(L, "generation");
	field_integer(L, "size");
	field_integer(L, "mtime_ns");
	field_integer(L, "chunk_size");
	field_name(L, "name");
	field_name(L, "target");
}

static void field_integer(lua_State *L, const char *name)
{
	lua_getfield(L, -1, name);
	lua_pushinteger(L, (lua_Integer)strtoll(luaL_optstring(L, -1, "0"), NULL, 10));
	lua_setfield(L, -3, name);
	lua_pop(L, 1);
}

static void field_name(lua_State *L, const char *name)
{
	struct buf bytes = {0};
	size_t size;
	const char *text;

	if (lua_getfield(L, -1, name) == LUA_TSTRING) {
		text = lua_tolstring(L, -1, &size);
		if (text_name_decode(text, size, &bytes) == 0 && bytes.data) {
			lua_pushlstring(L, bytes.data, bytes.size);
			lua_setfield(L, -3, name);
		}
		buf_fini(&bytes);
	}
	lua_pop(L, 1);
}
