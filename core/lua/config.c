/* SPDX-License-Identifier: MIT */
/* Configuration files: a Lua table, read in a sandbox without any global. */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lua/command.h"
#include "lua/safe.h"
#include "lua/sandbox.h"

enum { KEY_MAX = 512, DEPTH_MAX = 8 };

struct walk {
	int (*each)(void *arg, const char *key, const char *value, struct dfs_error *err);
	void *arg;
	struct dfs_error *err;
	int code;          /* what `each` said */
	char key[KEY_MAX]; /* "nodes.1.rack" */
};

static void refused_at(const char *path, const char *key, struct dfs_error *err);
static unsigned line_of(const char *path, const char *key);
static bool names(const char *line, const char *word, size_t size);
static int walk_result(lua_State *L);
static void walk_table(lua_State *L, struct walk *walk, size_t size, int depth);
static size_t key_append(lua_State *L, struct walk *walk, size_t size, int index);
static void visit(lua_State *L, struct walk *walk);

int config_read(const char *path,
        int (*each)(void *arg, const char *key, const char *value, struct dfs_error *err),
        void *arg, struct dfs_error *err)
{
	struct sandbox_options options = {.name = path, .bare = true};
	struct walk walk = {.each = each, .arg = arg, .err = err};
	struct sandbox *sandbox;
	int code = sandbox_create(&sandbox, &options, err);

	if (code != 0)
		return code;
	code = sandbox_load_file(sandbox, path, err);
	if (code == 0)
		code = sandbox_call(sandbox, walk_result, &walk, err);
	sandbox_destroy(sandbox);
	if (code == DFS_E_SCRIPT) {
		if (err)
			err->code = DFS_E_INVAL;
		return DFS_E_INVAL;
	}
	if (code == 0 && walk.code != 0)
		refused_at(path, walk.key, err);
	return code != 0 ? code : walk.code;
}

/* A table does not know its lines: the first that gives this name a value is looked up. */
static void refused_at(const char *path, const char *key, struct dfs_error *err)
{
	unsigned line = line_of(path, key);

	if (line > 0)
		error_where(err, "%s:%u", path, line);
	else
		error_where(err, "%s", path);
}

/* Of the key's last part that is a name ("data" of "data.2"); 0 where it is not found. */
static unsigned line_of(const char *path, const char *key)
{
	const char *name = key, *at = key;
	char *text = NULL;
	size_t room = 0;
	unsigned line = 0, found = 0;
	FILE *file = fopen(path, "re");

	while ((at = strchr(at, '.')) && (at[1] < '0' || at[1] > '9'))
		name = ++at;
	while (file && !found && getline(&text, &room, file) >= 0) {
		line++;
		if (names(text, name, strcspn(name, ".")))
			found = line;
	}
	free(text);
	if (file)
		fclose(file);
	return found;
}

static bool names(const char *line, const char *word, size_t size)
{
	static const char letters[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	while (*line) {
		size_t skip = strcspn(line, letters), length = strspn(line + skip, letters);

		line += skip;
		if (length == size && memcmp(line, word, size) == 0 &&
		        line[length + strspn(line + length, " \t]'\"")] == '=')
			return true;
		line += length;
	}
	return false;
}

static int walk_result(lua_State *L)
{
	struct walk *walk = lua_touserdata(L, 1);

	sandbox_push_result(L);
	if (!lua_istable(L, -1))
		return luaL_error(L, "must return a table, returns %s", luaL_typename(L, -1));
	walk_table(L, walk, 0, 0);
	return 0;
}

/* The table at the top, whose key so far has `size` bytes; in sorted order. */
static void walk_table(lua_State *L, struct walk *walk, size_t size, int depth)
{
	int table = lua_gettop(L);

	if (depth == DEPTH_MAX)
		luaL_error(L, "%s has more than %d levels", walk->key, DEPTH_MAX);
	luaL_checkstack(L, 8, "configuration");
	lua_pushcfunction(L, safe_pairs_plain);
	lua_pushvalue(L, table);
	lua_call(L, 1, 1);
	while (walk->code == 0) {
		size_t longer;

		lua_pushvalue(L, table + 1);
		lua_call(L, 0, 2);
		if (lua_isnil(L, -2))
			break;
		longer = key_append(L, walk, size, -2);
		if (lua_istable(L, -1))
			walk_table(L, walk, longer, depth + 1);
		else
			visit(L, walk);
		if (walk->code == 0) /* else it tells which one */
			walk->key[size] = '\0';
		lua_settop(L, table + 1);
	}
}

static size_t key_append(lua_State *L, struct walk *walk, size_t size, int index)
{
	int type = lua_type(L, index);
	const char *part;
	size_t longer;

	if (type != LUA_TSTRING && !lua_isinteger(L, index))
		luaL_error(L, "%s: a key is a %s, want a name or a whole number",
		        size ? walk->key : "the table", lua_typename(L, type));
	lua_pushvalue(L, index);
	part = lua_tostring(L, -1);
	longer = size +
	         (size_t)snprintf(walk->key + size, KEY_MAX - size, "%s%s", size ? "." : "", part);
	lua_pop(L, 1);
	if (longer >= KEY_MAX)
		luaL_error(L, "a key is longer than %d bytes", KEY_MAX - 1);
	return longer;
}

/* Hand the value at the top over as text. */
static void visit(lua_State *L, struct walk *walk)
{
	int type = lua_type(L, -1);
	const char *text;

	if (type == LUA_TBOOLEAN)
		lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
	else if (type == LUA_TSTRING || type == LUA_TNUMBER)
		lua_pushvalue(L, -1);
	else
		luaL_error(L, "%s is a %s, want a string, a number, true, false or a table",
		        walk->key, luaL_typename(L, -1));
	text = lua_tostring(L, -1);
	if (strlen(text) != lua_rawlen(L, -1))
		luaL_error(L, "%s holds a zero byte", walk->key);
	walk->code = walk->each(walk->arg, walk->key, text, walk->err);
}
