/* SPDX-License-Identifier: MIT */
#include "lua/sandbox.h"

#include <assert.h>
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "lua/budget.h"
#include "lua/freeze.h"
#include "lua/safe.h"

enum { MEMORY_DEFAULT = 8 * 1024 * 1024, INSTRUCTIONS_DEFAULT = 2000000, NAME_MAX_BYTES = 48 };

struct sandbox {
	lua_State *L;
	struct budget budget;
	char name[NAME_MAX_BYTES]; /* Lua cuts longer ones in its texts */
};

struct chunk {
	struct sandbox *sandbox;
	const char *text;
	size_t size;
};

/* Registry keys: addresses of these. */
static const char key_globals, key_result, key_sandbox;

static void name_set(char ret[NAME_MAX_BYTES], const char *name);
static int open_libraries(lua_State *L);
static int open_nothing(lua_State *L);
static int refuse_global(lua_State *L);
static int run_chunk(lua_State *L);
static int locate(lua_State *L);
static int error_take(struct sandbox *sandbox, struct dfs_error *err);
static int read_file(const char *path, struct buf *ret, struct dfs_error *err);

int sandbox_create(
        struct sandbox **ret, const struct sandbox_options *options, struct dfs_error *err)
{
	struct sandbox *sandbox = calloc(1, sizeof(*sandbox));
	int code;

	if (!sandbox)
		return error_set(err, DFS_E_NOMEM, "%s: out of memory", options->name);
	sandbox->budget.memory_cap = options->memory_bytes ? options->memory_bytes : MEMORY_DEFAULT;
	sandbox->budget.instructions =
	        options->instructions ? options->instructions : INSTRUCTIONS_DEFAULT;
	sandbox->budget.left = UINT64_MAX;
	name_set(sandbox->name, options->name);
	sandbox->L = lua_newstate(budget_alloc, &sandbox->budget);
	if (!sandbox->L) {
		free(sandbox);
		return error_set(err, DFS_E_NOMEM, "%s: out of memory", options->name);
	}
	code = sandbox_call(sandbox, options->bare ? open_nothing : open_libraries, sandbox, err);
	if (code != 0) {
		sandbox_destroy(sandbox);
		return code;
	}
	*ret = sandbox;
	return 0;
}

void sandbox_destroy(struct sandbox *sandbox)
{
	if (!sandbox)
		return;
	lua_close(sandbox->L);
	assert(sandbox->budget.memory_used == 0);
	free(sandbox);
}

int sandbox_load_file(struct sandbox *sandbox, const char *path, struct dfs_error *err)
{
	struct buf text = {0};
	int code = read_file(path, &text, err);

	if (code == 0)
		code = sandbox_load_text(sandbox, text.data, text.size, err);
	buf_fini(&text);
	return code;
}

int sandbox_load_text(struct sandbox *sandbox, const char *text, size_t size, struct dfs_error *err)
{
	struct chunk chunk = {sandbox, text, size};

	return sandbox_call(sandbox, run_chunk, &chunk, err);
}

int sandbox_call(struct sandbox *sandbox, lua_CFunction work, void *arg, struct dfs_error *err)
{
	lua_State *L = sandbox->L;
	int code = 0;

	lua_settop(L, 0);
	lua_pushcfunction(L, locate);
	lua_pushcfunction(L, work);
	lua_pushlightuserdata(L, arg);
	budget_begin(L);
	if (lua_pcall(L, 1, 0, 1) != LUA_OK)
		code = error_take(sandbox, err);
	lua_sethook(L, NULL, 0, 0);
	lua_settop(L, 0);
	return code;
}

void sandbox_push_result(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &key_result);
}

/* Of a long name the end tells more. */
static void name_set(char ret[NAME_MAX_BYTES], const char *name)
{
	size_t size = strlen(name), room = NAME_MAX_BYTES - 1;

	if (size <= room)
		snprintf(ret, NAME_MAX_BYTES, "%s", name);
	else
		snprintf(ret, NAME_MAX_BYTES, "...%s", name + size - (room - 3));
}

static int open_libraries(lua_State *L)
{
	static const struct {
		const char *name;
		void (*push)(lua_State *L);
	} libraries[] = {
	        {"math", safe_math_push}, {"string", safe_string_push}, {"table", safe_table_push}};

	lua_rawsetp(L, LUA_REGISTRYINDEX, &key_sandbox);
	safe_base_push(L);
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		libraries[i].push(L);
		freeze_push(L, -1, freeze_refuse);
		lua_setfield(L, -3, libraries[i].name);
		lua_pop(L, 1);
	}
	freeze_push(L, -1, refuse_global);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &key_globals);
	lua_newtable(L); /* the stock openers filled the real globals */
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	return 0;
}

static int open_nothing(lua_State *L)
{
	lua_rawsetp(L, LUA_REGISTRYINDEX, &key_sandbox);
	safe_string_push(L); /* strings have methods even so: stock ones must not be found there */
	lua_newtable(L);
	freeze_push(L, -1, refuse_global);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &key_globals);
	return 0;
}

static int refuse_global(lua_State *L)
{
	safe_text_push(L, 2);
	return luaL_error(L, "attempt to set global '%s': write 'local %s'", lua_tostring(L, -1),
	        lua_tostring(L, -1));
}

static int run_chunk(lua_State *L)
{
	struct chunk *chunk = lua_touserdata(L, 1);

	lua_pushfstring(L, "=%s", chunk->sandbox->name);
	if (luaL_loadbufferx(L, chunk->text, chunk->size, lua_tostring(L, -1), "t") != LUA_OK)
		return lua_error(L);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &key_globals);
	lua_setupvalue(L, -2, 1);
	lua_call(L, 0, 1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &key_result);
	return 0;
}

/* Message handler: a sentence begins with the script's name and the innermost line of Lua. */
static int locate(lua_State *L)
{
	struct sandbox *sandbox;
	lua_Debug at;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &key_sandbox);
	sandbox = lua_touserdata(L, -1);
	lua_pop(L, 1);
	if (!sandbox || lua_type(L, 1) != LUA_TSTRING)
		return 1;
	if (strncmp(lua_tostring(L, 1), sandbox->name, strlen(sandbox->name)) == 0)
		return 1;
	for (int level = 1; lua_getstack(L, level, &at); level++) {
		lua_getinfo(L, "Sl", &at);
		if (at.currentline > 0) {
			lua_pushfstring(
			        L, "%s:%d: %s", at.short_src, at.currentline, lua_tostring(L, 1));
			return 1;
		}
	}
	return 1;
}

/* The error at the top as a sentence. Nothing here may raise or run the script. */
static int error_take(struct sandbox *sandbox, struct dfs_error *err)
{
	lua_State *L = sandbox->L;
	bool text = lua_type(L, -1) == LUA_TSTRING;
	const char *sentence = text ? lua_tostring(L, -1) : "error() was called without a sentence";
	char words[96];

	if (sandbox->budget.string_refused || sandbox->budget.gone == BUDGET_NO_MEMORY ||
	        (text && strcmp(sentence, "not enough memory") == 0)) {
		budget_words(&sandbox->budget, words, sizeof(words));
		sentence = words;
	}
	if (strncmp(sentence, sandbox->name, strlen(sandbox->name)) == 0)
		return error_set(err, DFS_E_SCRIPT, "%s", sentence);
	return error_set(err, DFS_E_SCRIPT, "%s: %s", sandbox->name, sentence);
}

static int read_file(const char *path, struct buf *ret, struct dfs_error *err)
{
	FILE *file = fopen(path, "re");
	size_t size;

	if (!file)
		return error_set(err, error_from_errno(errno), "%s: %s", path, strerror(errno));
	do {
		char *room = buf_reserve(ret, 4096);

		size = room ? fread(room, 1, 4096, file) : 0;
		buf_grow(ret, size);
	} while (size > 0 && ret->size <= SANDBOX_SCRIPT_MAX);
	if (ferror(file)) {
		fclose(file);
		return error_set(err, DFS_E_IO, "%s: cannot be read", path);
	}
	fclose(file);
	if (ret->failed)
		return error_set(err, DFS_E_NOMEM, "%s: out of memory", path);
	if (ret->size > SANDBOX_SCRIPT_MAX)
		return error_set(
		        err, DFS_E_TOOBIG, "%s: more than %d KiB", path, SANDBOX_SCRIPT_MAX / 1024);
	return 0;
}
