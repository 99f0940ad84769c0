/* SPDX-License-Identifier: MIT */
#ifndef LUA_COMMAND_H
#define LUA_COMMAND_H

#include "base/error.h"
#include <dfs/dfs.h>

/*
 * The command host: a verb is a Lua script in scripts/commands that returns { summary, usage, examples, options, run }.
 * It runs with the `dfs` module (docs/guide/commands.md; stubs in scripts/meta/dfs.lua), which is <dfs/dfs.h> for Lua.
 */
struct command_host_options {
	const char *const *directories; /* searched in order for VERB.lua */
	size_t directories_count;
	const char *library;            /* directory of `require`d helpers: scripts/lib */
	const struct dfs_options *connect; /* for dfs_open, at a command's first call */
	const char *roles;              /* text for `dfs help`: the verbs that are not scripts, "verb\tsummary\n"... */
};

/* Run a verb with its arguments (argv[0] is the verb). Returns the exit code: 0, 1, 2; its sentence went to stderr. */
int command_run(const struct command_host_options *options, int argc, char **argv);

/*
 * Read a configuration file: a Lua chunk that returns a table, run with no globals and a budget. Calls `each` for every
 * string, number or boolean at "a.b" ("nodes.1.rack"). DFS_E_INVAL with file and line.
 */
int config_read(const char *path, int (*each)(void *arg, const char *key, const char *value, struct dfs_error *err), void *arg,
		struct dfs_error *err);

#endif
