/* SPDX-License-Identifier: MIT */
/* Text, time and terminals for commands: what Lua's own library lacks. */
#include <errno.h>
#include <lauxlib.h>
#include <time.h>
#include <unistd.h>
#include "base/path.h"
#include "base/text.h"
#include "lua/json.h"
#include "lua/session.h"

static int texts_array(lua_State *L);
static int texts_clock(lua_State *L);
static int texts_decode_json(lua_State *L);
static int texts_decode_name(lua_State *L);
static int texts_encode_name(lua_State *L);
static int texts_isatty(lua_State *L);
static int texts_json(lua_State *L);
static int texts_now_ns(lua_State *L);
static int texts_parse_size(lua_State *L);
static int texts_path(lua_State *L);
static int texts_quote(lua_State *L);
static int texts_size_text(lua_State *L);
static int texts_sleep(lua_State *L);
static int push_buf(lua_State *L, struct buf *buf);

void session_texts_open(lua_State *L, struct session *session)
{
	static const luaL_Reg functions[] = {{"array", texts_array}, {"clock", texts_clock},
	        {"decode_json", texts_decode_json}, {"decode_name", texts_decode_name},
	        {"encode_name", texts_encode_name}, {"isatty", texts_isatty}, {"json", texts_json},
	        {"now_ns", texts_now_ns}, {"parse_size", texts_parse_size}, {"path", texts_path},
	        {"quote", texts_quote}, {"size_text", texts_size_text}, {"sleep", texts_sleep},
	        {NULL, NULL}};

	lua_pushlightuserdata(L, session);
	luaL_setfuncs(L, functions, 1);
}

/* dfs.array(t): t, written as [] by dfs.json even when it is empty. */
static int texts_array(lua_State *L)
{
	if (lua_isnoneornil(L, 1)) {
		lua_settop(L, 0);
		lua_newtable(L);
	}
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	json_mark_array(L, 1);
	return 1;
}

static int texts_json(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_settop(L, 1);
	json_encode_push(L, 1);
	return 1;
}

static int texts_decode_json(lua_State *L)
{
	size_t size;
	const char *text = luaL_checklstring(L, 1, &size);

	json_decode_push(L, text, size);
	return 1;
}

static int texts_encode_name(lua_State *L)
{
	struct buf text = {0};
	size_t size;
	const char *name = luaL_checklstring(L, 1, &size);

	text_name_encode(name, size, &text);
	return push_buf(L, &text);
}

static int texts_decode_name(lua_State *L)
{
	struct buf name = {0};
	size_t size;
	const char *text = luaL_checklstring(L, 1, &size);

	if (text_name_decode(text, size, &name) != 0) {
		buf_fini(&name);
		return luaL_error(L, "'%s' is not an encoded name", text);
	}
	return push_buf(L, &name);
}

/* dfs.quote(name): for a terminal, control bytes as \xNN. */
static int texts_quote(lua_State *L)
{
	struct buf text = {0};
	size_t size;
	const char *name = luaL_checklstring(L, 1, &size);

	text_quote(name, size, &text);
	return push_buf(L, &text);
}

/* dfs.path(text): canonical, or nil and an error. */
static int texts_path(lua_State *L)
{
	struct dfs_error err = {0};
	struct buf path = {0};
	int code = path_normalize(luaL_checkstring(L, 1), &path, &err);

	if (code == 0)
		return push_buf(L, &path);
	buf_fini(&path);
	return session_fail(L, code, &err);
}

/* dfs.parse_size("64M"): bytes, or nil and an error. */
static int texts_parse_size(lua_State *L)
{
	struct dfs_error err = {0};
	const char *text = luaL_checkstring(L, 1);
	uint64_t bytes;
	int code = text_parse_size(text, &bytes, &err);

	if (code == 0 && bytes > INT64_MAX)
		code = error_set(&err, DFS_E_RANGE, "'%s' is too large a size", text);
	if (code != 0)
		return session_fail(L, code, &err);
	lua_pushinteger(L, (lua_Integer)bytes);
	return 1;
}

/* dfs.size_text(bytes): "64.0 MiB". */
static int texts_size_text(lua_State *L)
{
	char text[TEXT_SIZE_MAX];

	text_size((uint64_t)luaL_checkinteger(L, 1), text);
	lua_pushstring(L, text);
	return 1;
}

/* dfs.isatty(fd) */
static int texts_isatty(lua_State *L)
{
	lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)) == 1);
	return 1;
}

/* dfs.clock(): seconds of a clock that never steps. */
static int texts_clock(lua_State *L)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	lua_pushnumber(L, (double)now.tv_sec + (double)now.tv_nsec / 1e9);
	return 1;
}

/* dfs.sleep(seconds): at most an hour. */
static int texts_sleep(lua_State *L)
{
	lua_Number seconds = luaL_checknumber(L, 1);
	struct timespec left;

	luaL_argcheck(L, seconds >= 0 && seconds <= 3600, 1, "takes 0 to 3600 seconds");
	left.tv_sec = (time_t)seconds;
	left.tv_nsec = (long)((seconds - (lua_Number)left.tv_sec) * 1e9);
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
	return 0;
}

/* dfs.now_ns(): wall time, nanoseconds since 1970. */
static int texts_now_ns(lua_State *L)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	lua_pushinteger(L, (lua_Integer)now.tv_sec * 1000000000 + now.tv_nsec);
	return 1;
}

static int push_buf(lua_State *L, struct buf *buf)
{
	if (buf->failed) {
		buf_fini(buf);
		return luaL_error(L, "out of memory");
	}
	lua_pushlstring(L, buf->data ? buf->data : "", buf->size);
	buf_fini(buf);
	return 1;
}
