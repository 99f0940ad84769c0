/* SPDX-License-Identifier: MIT */
/*
 * Transfers for commands: dfs.put_file, get_file, queue_put, queue_get, wait.
 *
 * libdfs calls back in the middle of its work, where Lua must not jump out: every callback runs in
 * a pcall, keeps what was raised in the session, and the function that the script called raises it
 * when libdfs has returned.
 */
#include <lauxlib.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lua/session.h"

/* One transfer under way: where its functions are kept in the registry. */
struct queued {
	struct session *session;
	int progress, done;          /* LUA_NOREF: none */
	struct queued *next, **link; /* in session->queued; link is NULL outside */
};

struct progress_event {
	struct queued *queued;
	uint64_t bytes, total;
};

struct done_event {
	struct queued *queued;
	const char *local, *path;
	int code;
	const struct dfs_error *err;
	const struct dfs_transfer *transfer;
};

typedef int file_call(struct dfs *dfs, const char *from, const char *to,
        struct dfs_transfer *transfer, struct dfs_error *err);
typedef int queue_call(struct dfs *dfs, const char *from, const char *to,
        const struct dfs_transfer *transfer, dfs_file_done *done, void *arg, struct dfs_error *err);

static int transfers_put_file(lua_State *L);
static int transfers_get_file(lua_State *L);
static int transfers_queue_put(lua_State *L);
static int transfers_queue_get(lua_State *L);
static int transfers_wait(lua_State *L);
static int one(lua_State *L, file_call *move);
static void end_with_reader(void);
static int queue(lua_State *L, queue_call *move);
static void transfer_read(lua_State *L, int index, struct dfs_transfer *ret);
static uint64_t field_number(lua_State *L, int index, const char *name);
static bool field_flag(lua_State *L, int index, const char *name);
static int keep_function(lua_State *L, int index, const char *name);
static void result_push(lua_State *L, const struct dfs_transfer *transfer);
static void on_progress(void *arg, uint64_t bytes, uint64_t total);
static int call_progress(lua_State *L);
static void on_done(void *arg, const char *local, const char *path, int code,
        const struct dfs_error *err, const struct dfs_transfer *transfer);
static int call_done(lua_State *L);
static void call_back(struct session *session, lua_CFunction function, void *event);
static void raise_kept(lua_State *L, struct session *session);
static void queued_unlink(struct queued *queued);
static void queued_forget(lua_State *L, struct queued *queued);

void session_transfers_open(lua_State *L, struct session *session)
{
	static const luaL_Reg functions[] = {{"put_file", transfers_put_file},
	        {"get_file", transfers_get_file}, {"queue_put", transfers_queue_put},
	        {"queue_get", transfers_queue_get}, {"wait", transfers_wait}, {NULL, NULL}};

	lua_pushlightuserdata(L, session);
	luaL_setfuncs(L, functions, 1);
}

void session_fini(struct session *session)
{
	dfs_close(session->dfs);
	session->dfs = NULL;
	while (session->queued)
		queued_unlink(session->queued); /* its references go with the state */
}

/* dfs.put_file(local, path [, transfer]): a result table, or nil and an error. "-" is standard
 * input. */
static int transfers_put_file(lua_State *L)
{
	return one(L, dfs_put_file);
}

/* dfs.get_file(path, local [, transfer]) */
static int transfers_get_file(lua_State *L)
{
	return one(L, dfs_get_file);
}

/* dfs.queue_put(local, path, transfer, done): done(result, err, local, path) is called when it
 * ended. */
static int transfers_queue_put(lua_State *L)
{
	return queue(L, dfs_queue_put);
}

/* dfs.queue_get(path, local, transfer, done) */
static int transfers_queue_get(lua_State *L)
{
	return queue(L, dfs_queue_get);
}

/* dfs.wait(): until all that is queued has ended. */
static int transfers_wait(lua_State *L)
{
	struct session *session = session_of(L);
	struct dfs_error err = {0};
	int code = 0;

	session->L = L;
	if (session->dfs)
		code = dfs_queue_wait(session->dfs);
	raise_kept(L, session);
	return session_done(L, code, &err);
}

static int one(lua_State *L, file_call *move)
{
	struct session *session = session_of(L);
	const char *from = luaL_checkstring(L, 1), *to = luaL_checkstring(L, 2);
	struct queued queued = {.session = session, .done = LUA_NOREF};
	struct dfs_transfer transfer;
	struct dfs_error err = {0};
	struct dfs *dfs;
	int code;

	transfer_read(L, 3, &transfer);
	queued.progress = keep_function(L, 3, "progress");
	if (queued.progress != LUA_NOREF) {
		transfer.progress = on_progress;
		transfer.progress_arg = &queued;
	}
	session->L = L;
	if (strcmp(to, "-") == 0)
		fflush(stdout); /* what Lua wrote comes before what libdfs writes */
	code = lua_session_open(session, &dfs, &err);
	if (code == 0)
		code = move(dfs, from, to, &transfer, &err);
	luaL_unref(L, LUA_REGISTRYINDEX, queued.progress);
	raise_kept(L, session);
	if (code != 0 && strcmp(to, "-") == 0)
		end_with_reader();
	if (code != 0)
		return session_fail(L, code, &err);
	result_push(L, &transfer);
	return 1;
}

/* As every filter does: who reads no more from our standard output knows that himself. */
static void end_with_reader(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	if (poll(&out, 1, 0) != 1 || !(out.revents & POLLERR))
		return;
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
}

static int queue(lua_State *L, queue_call *move)
{
	struct session *session = session_of(L);
	const char *from = luaL_checkstring(L, 1), *to = luaL_checkstring(L, 2);
	struct dfs_transfer transfer;
	struct dfs_error err = {0};
	struct queued *queued;
	struct dfs *dfs;
	int code;

	luaL_checktype(L, 4, LUA_TFUNCTION);
	transfer_read(L, 3, &transfer);
	code = lua_session_open(session, &dfs, &err);
	if (code != 0)
		return session_fail(L, code, &err);
	queued = calloc(1, sizeof(*queued));
	if (!queued)
		return luaL_error(L, "out of memory");
	*queued = (struct queued){session, LUA_NOREF, LUA_NOREF, session->queued, &session->queued};
	if (queued->next)
		queued->next->link = &queued->next;
	session->queued = queued;
	queued->progress = keep_function(L, 3, "progress");
	lua_pushvalue(L, 4);
	queued->done = luaL_ref(L, LUA_REGISTRYINDEX);
	if (queued->progress != LUA_NOREF) {
		transfer.progress = on_progress;
		transfer.progress_arg = queued;
	}
	session->L = L;
	code = move(dfs, from, to, &transfer, on_done, queued, &err);
	if (code != 0)
		queued_forget(L, queued); /* refused: `done` does not come */
	raise_kept(L, session);
	return session_done(L, code, &err);
}

/* The optional table of what a transfer asks. */
static void transfer_read(lua_State *L, int index, struct dfs_transfer *ret)
{
	*ret = (struct dfs_transfer){.size = sizeof(*ret)};
	if (lua_isnoneornil(L, index))
		return;
	luaL_checktype(L, index, LUA_TTABLE);
	ret->goal = (uint32_t)field_number(L, index, "goal");
	ret->chunk_size = field_number(L, index, "chunk_size");
	ret->async = field_flag(L, index, "async");
	ret->no_replace = field_flag(L, index, "no_replace");
	ret->mode = (uint32_t)field_number(L, index, "mode");
	ret->mtime_ns = (int64_t)field_number(L, index, "mtime_ns");
	ret->offset = field_number(L, index, "offset");
	ret->length = field_number(L, index, "length");
}

static uint64_t field_number(lua_State *L, int index, const char *name)
{
	lua_Integer value;
	int whole = 1;

	if (lua_getfield(L, index, name) == LUA_TNIL) {
		lua_pop(L, 1);
		return 0;
	}
	value = lua_tointegerx(L, -1, &whole);
	if (!whole)
		luaL_error(
		        L, "transfer.%s is a %s, want a whole number", name, luaL_typename(L, -1));
	lua_pop(L, 1);
	return (uint64_t)value;
}

static bool field_flag(lua_State *L, int index, const char *name)
{
	bool flag;

	lua_getfield(L, index, name);
	flag = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return flag;
}

static int keep_function(lua_State *L, int index, const char *name)
{
	if (!lua_istable(L, index))
		return LUA_NOREF;
	if (lua_getfield(L, index, name) == LUA_TFUNCTION)
		return luaL_ref(L, LUA_REGISTRYINDEX);
	lua_pop(L, 1);
	return LUA_NOREF;
}

static void result_push(lua_State *L, const struct dfs_transfer *transfer)
{
	lua_createtable(L, 0, 5);
	lua_pushinteger(L, (lua_Integer)transfer->ret_bytes);
	lua_setfield(L, -2, "bytes");
	lua_pushinteger(L, transfer->ret_goal);
	lua_setfield(L, -2, "goal");
	lua_pushinteger(L, transfer->ret_chunks);
	lua_setfield(L, -2, "chunks");
	lua_pushinteger(L, transfer->ret_retries);
	lua_setfield(L, -2, "retries");
	if (transfer->ret_warning[0]) {
		lua_pushstring(L, transfer->ret_warning);
		lua_setfield(L, -2, "warning");
	}
}

static void on_progress(void *arg, uint64_t bytes, uint64_t total)
{
	struct progress_event event = {arg, bytes, total};

	call_back(event.queued->session, call_progress, &event);
}

/* progress(bytes, total): total nil where it is not known. */
static int call_progress(lua_State *L)
{
	const struct progress_event *event = lua_touserdata(L, 1);

	lua_rawgeti(L, LUA_REGISTRYINDEX, event->queued->progress);
	lua_pushinteger(L, (lua_Integer)event->bytes);
	if (event->total == UINT64_MAX)
		lua_pushnil(L);
	else
		lua_pushinteger(L, (lua_Integer)event->total);
	lua_call(L, 2, 0);
	return 0;
}

static void on_done(void *arg, const char *local, const char *path, int code,
        const struct dfs_error *err, const struct dfs_transfer *transfer)
{
	struct done_event event = {arg, local, path, code, err, transfer};

	call_back(event.queued->session, call_done, &event);
	queued_forget(event.queued->session->L, event.queued);
}

static int call_done(lua_State *L)
{
	const struct done_event *event = lua_touserdata(L, 1);

	lua_rawgeti(L, LUA_REGISTRYINDEX, event->queued->done);
	if (event->code == 0) {
		result_push(L, event->transfer);
		lua_pushnil(L);
	} else {
		session_fail(L, event->code, event->err);
	}
	lua_pushstring(L, event->local);
	lua_pushstring(L, event->path);
	lua_call(L, 4, 0);
	return 0;
}

/* The first error is kept; later callbacks still run, so that every transfer is heard of. */
static void call_back(struct session *session, lua_CFunction function, void *event)
{
	lua_State *L = session->L;

	if (!lua_checkstack(L, 4))
		return;
	lua_pushcfunction(L, function);
	lua_pushlightuserdata(L, event);
	if (lua_pcall(L, 1, 0, 0) == LUA_OK)
		return;
	if (session->raised == LUA_NOREF)
		session->raised = luaL_ref(L, LUA_REGISTRYINDEX);
	else
		lua_pop(L, 1);
}

static void raise_kept(lua_State *L, struct session *session)
{
	if (session->raised == LUA_NOREF)
		return;
	lua_rawgeti(L, LUA_REGISTRYINDEX, session->raised);
	luaL_unref(L, LUA_REGISTRYINDEX, session->raised);
	session->raised = LUA_NOREF;
	lua_error(L);
}

static void queued_unlink(struct queued *queued)
{
	*queued->link = queued->next;
	if (queued->next)
		queued->next->link = queued->link;
	free(queued);
}

static void queued_forget(lua_State *L, struct queued *queued)
{
	luaL_unref(L, LUA_REGISTRYINDEX, queued->progress);
	luaL_unref(L, LUA_REGISTRYINDEX, queued->done);
	queued_unlink(queued);
}
