/* SPDX-License-Identifier: MIT */
/*
 * The command host. It makes a state with the whole standard library (a command is the user's own
 * program), gives it the `dfs` module, and hands over to scripts/lib/command.lua, which finds the
 * verb, reads its arguments and runs it.
 */
#include "lua/command.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>
#include "lua/session.h"

struct start {
	struct session *session;
	int argc;
	char **argv;
};

static int start_verb(lua_State *L);
static bool output_failed(const char *verb);
static void package_open(lua_State *L, const char *library);

int command_run(const struct command_host_options *options, int argc, char **argv)
{
	struct session session = {.options = options, .raised = LUA_NOREF};
	struct start start = {&session, argc, argv};
	lua_State *L = luaL_newstate();
	int code = 1;

	if (!L) {
		fputs("dfs: out of memory\n", stderr);
		return 1;
	}
	lua_pushcfunction(L, start_verb);
	lua_pushlightuserdata(L, &start);
	if (lua_pcall(L, 1, 1, 0) == LUA_OK)
		code = (int)lua_tointeger(L, -1);
	else
		fprintf(stderr, "dfs: %s\n",
		        lua_isstring(L, -1) ? lua_tostring(L, -1)
		                            : "a script failed without a word");
	session_fini(&session);
	lua_close(L);
	return output_failed(argc > 0 ? argv[0] : "") && code == 0 ? 1 : code;
}

static int start_verb(lua_State *L)
{
	struct start *start = lua_touserdata(L, 1);

	luaL_openlibs(L);
	package_open(L, start->session->options->library);
	session_module_push(L, start->session);
	lua_setglobal(L, "dfs");
	lua_getglobal(L, "require");
	lua_pushstring(L, "command");
	lua_call(L, 1, 1);
	lua_getfield(L, -1, "main");
	lua_createtable(L, start->argc, 0);
	for (int i = 0; i < start->argc; i++) {
		lua_pushstring(L, start->argv[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_call(L, 1, 1);
	return 1;
}

/* What was printed must have arrived: on a full disk it has not. A reader that went away knows that
 * himself. */
static bool output_failed(const char *verb)
{
	int number = fflush(stdout) == 0 ? 0 : errno;

	if (number == 0 && !ferror(stdout))
		return false;
	if (number != EPIPE)
		fprintf(stderr, "dfs %s: standard output: %s\n", verb,
		        strerror(number ? number : EIO));
	return true;
}

/* `require` looks in the library's directory and nowhere else. */
static bool output_failed(const char *verb);
static void package_open(lua_State *L, const char *library)
{
	lua_getglobal(L, "package");
	lua_pushfstring(L, "%s/?.lua", library);
	lua_setfield(L, -2, "path");
	lua_pushstring(L, "");
	lua_setfield(L, -2, "cpath");
	lua_pop(L, 1);
}
