/* SPDX-License-Identifier: MIT */
/* The policy host: which scripts are in force, and the calls of struct policy_ops. Answers are read
 * in answer.c. */
#include "lua/policy.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lua/answer.h"
#include "lua/memo.h"
#include "lua/rng.h"
#include "lua/sandbox.h"
#include "lua/view.h"

enum { GOAL_DEFAULT = 3, PATH_MAX_BYTES = 4096 };

/* One script in force. */
struct script {
	struct sandbox *sandbox; /* NULL: none, the built-in decides */
	char name[POLICY_NAME_MAX];
	bool goal; /* it answers `goal` too */
	struct view view;
	struct rng rng;
	struct memo chunk_size_memo, goal_memo;
};

struct policy_host {
	struct script placement, chunking, retain, repair;
};

/* A kind of script: where it lies and which function it must have. */
struct kind {
	const char *name, *folder;
};

static const struct kind kind_place = {"place", "placement"},
                         kind_chunk_size = {"chunk_size", "chunking"},
                         kind_retain = {"retain", "retain"},
                         kind_repair = {"repair", "repair"};

/* Arguments of the functions that run inside the sandbox. */
struct check_call {
	struct script *script;
	const struct kind *kind;
};

struct place_call {
	struct script *script;
	const struct place_request *request;
	const struct place_view *view;
	struct place_answer answer;
};

struct repair_call {
	struct script *script;
	const struct repair_request *request;
	const struct place_view *view;
	struct repair_answer answer;
};

struct file_call {
	const char *function;
	const struct file_request *request;
	struct memo *memo;
	uint64_t answer;
};

struct retain_call {
	const struct retain_request *request;
	uint64_t answer;
};

static int script_load(struct script *script, const struct policy_host_options *options,
        const struct kind *kind, const char *name, struct dfs_error *err);
static void script_fini(struct script *script);
static int name_fits(const char *name, struct dfs_error *err);
static int check_table(lua_State *L);
static int place(void *ctx, const struct place_request *request, const struct place_view *view,
        struct place_answer *ret, struct dfs_error *err);
static int chunk_size(
        void *ctx, const struct file_request *request, uint64_t *ret_bytes, struct dfs_error *err);
static int goal(
        void *ctx, const struct file_request *request, uint32_t *ret_goal, struct dfs_error *err);
static int retain(
        void *ctx, const struct retain_request *request, uint64_t *ret_ms, struct dfs_error *err);
static int repair(void *ctx, const struct repair_request *request, const struct place_view *view,
        struct repair_answer *ret, struct dfs_error *err);
static const char *name_of(void *ctx, const char *kind);
static int call_retain(lua_State *L);
static int call_place(lua_State *L);
static int file_ask(struct script *script, struct file_call *call, struct dfs_error *err);
static int call_repair(lua_State *L);
static int call_file(lua_State *L);

const struct policy_ops policy_host_ops = {
        .place = place, .chunk_size = chunk_size, .goal = goal, .retain = retain, .repair = repair, .name = name_of};

int policy_host_create(
        struct policy_host **ret, const struct policy_host_options *options, struct dfs_error *err)
{
	struct policy_host *host = calloc(1, sizeof(*host));
	int code;

	if (!host)
		return error_set(err, DFS_E_NOMEM, "policies: out of memory");
	code = script_load(&host->placement, options, &kind_place, options->placement, err);
	if (code == 0)
		code = script_load(
		        &host->chunking, options, &kind_chunk_size, options->chunking, err);
	if (code == 0)
		code = script_load(&host->retain, options, &kind_retain, options->retain, err);
	if (code == 0)
		code = script_load(&host->repair, options, &kind_repair, options->repair, err);
	if (code != 0) {
		policy_host_destroy(host);
		return code;
	}
	*ret = host;
	return 0;
}

void policy_host_destroy(struct policy_host *host)
{
	if (!host)
		return;
	script_fini(&host->placement);
	script_fini(&host->chunking);
	script_fini(&host->retain);
	script_fini(&host->repair);
	free(host);
}

static int script_load(struct script *script, const struct policy_host_options *options,
        const struct kind *kind, const char *name, struct dfs_error *err)
{
	struct check_call call = {script, kind};
	char path[PATH_MAX_BYTES], title[POLICY_NAME_MAX + 16];
	struct sandbox_options limits = {
	        title, options->memory_bytes, options->instructions, false};
	int code;

	if (!name)
		return 0;
	code = name_fits(name, err);
	if (code != 0)
		return code;
	snprintf(script->name, sizeof(script->name), "%s", name);
	snprintf(title, sizeof(title), "%s/%s.lua", kind->folder, script->name);
	if (snprintf(path, sizeof(path), "%s/%s", options->scripts, title) >= (int)sizeof(path))
		return error_set(err, DFS_E_NAME, "%s: the path of the scripts is too long", title);
	code = sandbox_create(&script->sandbox, &limits, err);
	if (code == 0)
		code = sandbox_load_file(script->sandbox, path, err);
	if (code == 0)
		code = sandbox_call(script->sandbox, check_table, &call, err);
	return code;
}

static void script_fini(struct script *script)
{
	sandbox_destroy(script->sandbox);
	view_fini(&script->view);
}

/* A name, not a path: it comes from a configuration. */
static int name_fits(const char *name, struct dfs_error *err)
{
	size_t size =
	        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	if (size == 0 || name[size] != '\0')
		return error_set(
		        err, DFS_E_INVAL, "policy '%s': a name is letters, digits, _ and -", name);
	if (size > 24)
		return error_set(
		        err, DFS_E_INVAL, "policy '%s': a name has at most 24 characters", name);
	return 0;
}

/* What the script returned is a table of the right kind, with its function. */
static int check_table(lua_State *L)
{
	struct check_call *call = lua_touserdata(L, 1);
	const char *kind = call->kind->name;

	sandbox_push_result(L);
	if (!lua_istable(L, -1))
		return luaL_error(
		        L, "the script must return a table, it returns %s", luaL_typename(L, -1));
	lua_getfield(L, -1, "kind");
	if (lua_type(L, -1) != LUA_TSTRING || strcmp(lua_tostring(L, -1), kind) != 0)
		return luaL_error(L, "the script's table must have kind = \"%s\"", kind);
	if (lua_getfield(L, -2, "summary") != LUA_TSTRING)
		return luaL_error(
		        L, "the script's table must have summary = \"what it does in a line\"");
	if (lua_getfield(L, -3, kind) != LUA_TFUNCTION)
		return luaL_error(L, "the script's table must have %s = function(...), it has %s",
		        kind, luaL_typename(L, -1));
	if (lua_getfield(L, -4, "goal") != LUA_TNIL && !lua_isfunction(L, -1))
		return luaL_error(L, "goal must be a function, it is %s", luaL_typename(L, -1));
	call->script->goal = lua_isfunction(L, -1);
	return 0;
}

static int place(void *ctx, const struct place_request *request, const struct place_view *view,
        struct place_answer *ret, struct dfs_error *err)
{
	struct script *script = &((struct policy_host *)ctx)->placement;
	struct place_call call = {script, request, view, {.nodes_count = 0}};
	int code;

	if (!script->sandbox)
		return place_builtin(request, view, ret, err);
	code = sandbox_call(script->sandbox, call_place, &call, err);
	if (code == 0)
		*ret = call.answer;
	return code;
}

static int chunk_size(
        void *ctx, const struct file_request *request, uint64_t *ret_bytes, struct dfs_error *err)
{
	struct script *script = &((struct policy_host *)ctx)->chunking;
	struct file_call call = {"chunk_size", request, &script->chunk_size_memo,
	        request->asked ? request->asked : CHUNK_SIZE_DEFAULT};
	int code = script->sandbox ? file_ask(script, &call, err) : 0;

	if (code == 0)
		*ret_bytes = call.answer;
	return code;
}

static int goal(
        void *ctx, const struct file_request *request, uint32_t *ret_goal, struct dfs_error *err)
{
	struct script *script = &((struct policy_host *)ctx)->chunking;
	struct file_call call = {"goal", request, &script->goal_memo,
	        request->asked ? request->asked : GOAL_DEFAULT};
	int code = script->goal ? file_ask(script, &call, err) : 0;

	if (code == 0)
		*ret_goal = call.answer < UINT32_MAX ? (uint32_t)call.answer : UINT32_MAX;
	return code;
}

/* The script, or what it answered when all that it looked at was the same. */
static int file_ask(struct script *script, struct file_call *call, struct dfs_error *err)
{
	int code;

	if (memo_find(call->memo, call->request, &call->answer))
		return 0;
	code = sandbox_call(script->sandbox, call_file, call, err);
	if (code == 0)
		memo_keep(call->memo, call->request, call->answer);
	return code;
}

static int retain(
        void *ctx, const struct retain_request *request, uint64_t *ret_ms, struct dfs_error *err)
{
	struct script *script = &((struct policy_host *)ctx)->retain;
	struct retain_call call = {request, request->default_ms};
	int code = script->sandbox ? sandbox_call(script->sandbox, call_retain, &call, err) : 0;

	if (code == 0)
		*ret_ms = call.answer;
	return code;
}

static int repair(void *ctx, const struct repair_request *request, const struct place_view *view,
        struct repair_answer *ret, struct dfs_error *err)
{
	struct script *script = &((struct policy_host *)ctx)->repair;
	struct repair_call call = {script, request, view, {.urgency = 0}};
	int code = script->sandbox ? sandbox_call(script->sandbox, call_repair, &call, err) : 0;

	if (code == 0)
		*ret = call.answer;
	return code;
}

static struct script *script_of(struct policy_host *host, const char *kind)
{
	if (strcmp(kind, kind_place.name) == 0)
		return &host->placement;
	if (strcmp(kind, kind_retain.name) == 0)
		return &host->retain;
	return strcmp(kind, kind_repair.name) == 0 ? &host->repair : &host->chunking;
}

static const char *name_of(void *ctx, const char *kind)
{
	struct script *script = script_of(ctx, kind);
	bool answers = strcmp(kind, "goal") == 0 ? script->goal : script->sandbox != NULL;

	return answers ? script->name : "built-in";
}

static int call_place(lua_State *L)
{
	struct place_call *call = lua_touserdata(L, 1);
	const struct place_request *request = call->request;

	call->script->rng.state = request->seed;
	sandbox_push_result(L);
	lua_getfield(L, -1, "place");
	lua_createtable(L, 0, 6);
	lua_pushinteger(L, (lua_Integer)request->chunk);
	lua_setfield(L, -2, "chunk");
	lua_pushstring(L, request->path);
	lua_setfield(L, -2, "path");
	lua_pushinteger(L, (lua_Integer)request->index);
	lua_setfield(L, -2, "index");
	lua_pushinteger(L, (lua_Integer)request->size_bytes);
	lua_setfield(L, -2, "size");
	lua_pushinteger(L, request->goal);
	lua_setfield(L, -2, "goal");
	rng_push(L, &call->script->rng);
	lua_setfield(L, -2, "rng");
	view_push(L, &call->script->view, call->view);
	lua_call(L, 2, 1);
	answer_read_place(L, &call->answer);
	return 0;
}

static int call_repair(lua_State *L)
{
	struct repair_call *call = lua_touserdata(L, 1);
	const struct repair_request *request = call->request;

	call->script->rng.state = request->seed;
	sandbox_push_result(L);
	lua_getfield(L, -1, "repair");
	lua_createtable(L, 0, 10);
	lua_pushinteger(L, (lua_Integer)request->chunk);
	lua_setfield(L, -2, "chunk");
	lua_pushinteger(L, (lua_Integer)request->size_bytes);
	lua_setfield(L, -2, "size");
	lua_pushinteger(L, request->goal);
	lua_setfield(L, -2, "goal");
	lua_pushinteger(L, request->good);
	lua_setfield(L, -2, "good");
	lua_pushinteger(L, request->live);
	lua_setfield(L, -2, "live");
	lua_pushboolean(L, request->wanted);
	lua_setfield(L, -2, "wanted");
	lua_pushinteger(L, request->attempts);
	lua_setfield(L, -2, "attempts");
	lua_pushnumber(L, (lua_Number)request->waited_ms / 1000);
	lua_setfield(L, -2, "waited");
	lua_createtable(L, (int)request->sources_count, 0);
	for (uint32_t i = 0; i < request->sources_count; i++) {
		lua_pushinteger(L, request->sources[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "sources");
	rng_push(L, &call->script->rng);
	lua_setfield(L, -2, "rng");
	view_push(L, &call->script->view, call->view);
	lua_call(L, 2, 1);
	answer_read_repair(L, &call->answer);
	return 0;
}

/* chunk_size and goal: what is unknown or not asked for is nil. */
static int call_file(lua_State *L)
{
	struct file_call *call = lua_touserdata(L, 1);

	sandbox_push_result(L);
	lua_getfield(L, -1, call->function);
	memo_request_push(L, call->memo, call->request);
	lua_call(L, 1, 1);
	call->answer = answer_read_count(L, call->function, 1);
	return 0;
}

static int call_retain(lua_State *L)
{
	struct retain_call *call = lua_touserdata(L, 1);
	const struct retain_request *request = call->request;

	sandbox_push_result(L);
	lua_getfield(L, -1, "retain");
	lua_createtable(L, 0, 4);
	lua_pushstring(L, request->path);
	lua_setfield(L, -2, "path");
	lua_pushstring(L, request->kind);
	lua_setfield(L, -2, "kind");
	if (request->size_bytes != UINT64_MAX) {
		lua_pushinteger(L, (lua_Integer)request->size_bytes);
		lua_setfield(L, -2, "size");
	}
	lua_pushinteger(L, (lua_Integer)request->default_ms);
	lua_setfield(L, -2, "default");
	lua_call(L, 1, 1);
	call->answer = answer_read_count(L, "retain", 0);
	return 0;
}
