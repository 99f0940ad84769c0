/* SPDX-License-Identifier: MIT */
#ifndef LUA_SESSION_H
#define LUA_SESSION_H

#include <lua.h>
#include "lua/command.h"

/* What the functions of the `dfs` module share: one process, one verb, one connection. */
struct queued;

struct session {
	const struct command_host_options *options;
	struct dfs *dfs; /* opened at the first call */
	lua_State *L;    /* that called libdfs last, maybe a coroutine: callbacks run there */
	int raised;      /* registry reference of an error that a callback met; LUA_NOREF */
	struct queued *queued;
};

/* Push the module. `session` lives longer than the state. */
void session_module_push(lua_State *L, struct session *session);
/* Close the connection and forget what is queued. Before the state goes. */
void session_fini(struct session *session);

/* Of the running function, whose first upvalue it is. */
struct session *session_of(lua_State *L);
/* The connection: found now, made by the first call on it. */
int lua_session_open(struct session *session, struct dfs **ret, struct dfs_error *err);
/* nil and an error table { code = "NOENT", message = "..." }: the results of a function that
 * failed. */
int session_fail(lua_State *L, int code, const struct dfs_error *err);
void session_error_push(lua_State *L, int code, const struct dfs_error *err);
/* true: the result of one that has nothing to tell. */
int session_done(lua_State *L, int code, const struct dfs_error *err);

/* Parts of the module: each adds its functions, with the session as upvalue, to the table at the
 * top. */
void session_calls_open(lua_State *L, struct session *session);
void session_transfers_open(lua_State *L, struct session *session);
void session_locals_open(lua_State *L, struct session *session);
void session_texts_open(lua_State *L, struct session *session);

#endif
