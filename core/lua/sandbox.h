/* SPDX-License-Identifier: MIT */
#ifndef LUA_SANDBOX_H
#define LUA_SANDBOX_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

/*
 * A Lua state of its own for a script that is not trusted: it computes, and touches nothing. The
 * libraries are those of lua/safe.h, globals are read-only, what it may spend is lua/budget.h's.
 *
 * C reaches the state through sandbox_call only, so that every error, memory's too, comes back as a
 * sentence. Loop    any one; a call ends by its budget at the latest.
 */
struct sandbox;

enum { SANDBOX_SCRIPT_MAX = 256 * 1024 }; /* bytes of a script */

struct sandbox_options {
	const char *name;      /* in error texts: "placement/spread.lua" */
	size_t memory_bytes;   /* 0: 8 MiB */
	uint64_t instructions; /* of each call; 0: 2,000,000 */
	bool bare;             /* no globals at all: for configuration */
};

int sandbox_create(
        struct sandbox **ret, const struct sandbox_options *options, struct dfs_error *err);
void sandbox_destroy(struct sandbox *sandbox); /* takes NULL */
/*
 * Run the script in file `path`, or in `text`, once and keep what it returns. Text chunks only:
 * bytecode can crash the VM. DFS_E_SCRIPT with name and line; DFS_E_NOENT, DFS_E_IO, DFS_E_TOOBIG
 * for the file.
 */
int sandbox_load_file(struct sandbox *sandbox, const char *path, struct dfs_error *err);
int sandbox_load_text(
        struct sandbox *sandbox, const char *text, size_t size, struct dfs_error *err);
/*
 * Run `work` protected and with a full budget; it finds `arg` as a light userdata at index 1, may
 * raise, and leaves no results. DFS_E_SCRIPT with the sentence; it begins with the script's name
 * and, where Lua ran, the line.
 */
int sandbox_call(struct sandbox *sandbox, lua_CFunction work, void *arg, struct dfs_error *err);
/* Inside `work`: push what the script returned. */
void sandbox_push_result(lua_State *L);

#endif
