/* SPDX-License-Identifier: MIT */
/* The local file system, as far as trees are put and got: what Lua's io and os lack. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <lauxlib.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lua/session.h"

enum { TARGET_MAX = 4096 };

static int locals_chmod_mtime(lua_State *L);
static int locals_group(lua_State *L);
static int locals_list(lua_State *L);
static int locals_mkdir(lua_State *L);
static int locals_remove(lua_State *L);
static int locals_stat(lua_State *L);
static int locals_symlink(lua_State *L);
static int locals_user(lua_State *L);
static int fail_errno(lua_State *L, const char *path);
static const char *kind_of(mode_t mode);
static int64_t mtime_of(const struct stat *stat);
static int compare_names(const struct dirent **a, const struct dirent **b);
static int names_push(lua_State *L);

void session_locals_open(lua_State *L, struct session *session)
{
	static const luaL_Reg functions[] = {{"local_chmod_mtime", locals_chmod_mtime},
	        {"local_group", locals_group}, {"local_list", locals_list},
	        {"local_mkdir", locals_mkdir}, {"local_remove", locals_remove},
	        {"local_stat", locals_stat}, {"local_symlink", locals_symlink},
	        {"local_user", locals_user}, {NULL, NULL}};

	lua_pushlightuserdata(L, session);
	luaL_setfuncs(L, functions, 1);
}

/* dfs.local_stat(path [, follow]): { kind, size, mode, mtime_ns, target } of a file, directory,
 * symlink or other. */
static int locals_stat(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	bool follow = lua_toboolean(L, 2);
	char target[TARGET_MAX];
	struct stat found;
	ssize_t size;

	if ((follow ? stat(path, &found) : lstat(path, &found)) != 0)
		return fail_errno(L, path);
	lua_createtable(L, 0, 5);
	lua_pushstring(L, kind_of(found.st_mode));
	lua_setfield(L, -2, "kind");
	lua_pushinteger(L, found.st_size);
	lua_setfield(L, -2, "size");
	lua_pushinteger(L, found.st_mode & 07777);
	lua_setfield(L, -2, "mode");
	lua_pushinteger(L, mtime_of(&found));
	lua_setfield(L, -2, "mtime_ns");
	if (S_ISLNK(found.st_mode)) {
		size = readlink(path, target, sizeof(target));
		if (size < 0)
			return fail_errno(L, path);
		lua_pushlstring(L, target, (size_t)size);
		lua_setfield(L, -2, "target");
	}
	return 1;
}

/* dfs.local_list(path): the names in a directory, sorted by their bytes. */
static int locals_list(lua_State *L)
{
	struct {
		struct dirent **entries;
		int count;
	} found;
	const char *path = luaL_checkstring(L, 1);
	int status;

	found.count = scandir(path, &found.entries, NULL, compare_names);
	if (found.count < 0)
		return fail_errno(L, path);
	lua_pushcfunction(L, names_push);
	lua_pushlightuserdata(L, found.entries);
	lua_pushinteger(L, found.count);
	status = lua_pcall(L, 2, 1, 0);
	for (int i = 0; i < found.count; i++)
		free(found.entries[i]);
	free(found.entries);
	return status == LUA_OK ? 1 : lua_error(L);
}

static int names_push(lua_State *L)
{
	struct dirent **entries = lua_touserdata(L, 1);
	lua_Integer count = lua_tointeger(L, 2), at = 0;

	lua_createtable(L, (int)count, 0);
	for (lua_Integer i = 0; i < count; i++) {
		if (strcmp(entries[i]->d_name, ".") == 0 || strcmp(entries[i]->d_name, "..") == 0)
			continue;
		lua_pushstring(L, entries[i]->d_name);
		lua_rawseti(L, -2, ++at);
	}
	return 1;
}

/* dfs.local_mkdir(path [, mode]) */
static int locals_mkdir(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	if (mkdir(path, (mode_t)luaL_optinteger(L, 2, 0777)) != 0)
		return fail_errno(L, path);
	return session_done(L, 0, NULL);
}

/* dfs.local_symlink(target, path) */
static int locals_symlink(lua_State *L)
{
	const char *target = luaL_checkstring(L, 1), *path = luaL_checkstring(L, 2);

	if (symlink(target, path) != 0)
		return fail_errno(L, path);
	return session_done(L, 0, NULL);
}

/* dfs.local_remove(path): a file or a symlink, never a directory. */
static int locals_remove(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	if (unlink(path) != 0)
		return fail_errno(L, path);
	return session_done(L, 0, NULL);
}

/* dfs.local_chmod_mtime(path, mode, mtime_ns): either may be nil. Of a symlink only the time. */
static int locals_chmod_mtime(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	lua_Integer mtime_ns = luaL_optinteger(L, 3, 0), second = 1000000000,
	            rest = mtime_ns % second;
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};

	if (!lua_isnoneornil(L, 2) && chmod(path, (mode_t)luaL_checkinteger(L, 2)) != 0)
		return fail_errno(L, path);
	if (!lua_isnoneornil(L, 3)) {
		times[1].tv_nsec = rest < 0 ? rest + second : rest;
		times[1].tv_sec = mtime_ns / second - (rest < 0);
		if (utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) != 0)
			return fail_errno(L, path);
	}
	return session_done(L, 0, NULL);
}

/* dfs.local_user(name): its number, nil where there is none. */
static int locals_user(lua_State *L)
{
	struct passwd *user = getpwnam(luaL_checkstring(L, 1));

	if (user)
		lua_pushinteger(L, user->pw_uid);
	else
		lua_pushnil(L);
	return 1;
}

static int locals_group(lua_State *L)
{
	struct group *group = getgrnam(luaL_checkstring(L, 1));

	if (group)
		lua_pushinteger(L, group->gr_gid);
	else
		lua_pushnil(L);
	return 1;
}

static int fail_errno(lua_State *L, const char *path)
{
	struct dfs_error err = {0};
	int code = error_set(&err, error_from_errno(errno), "%s: %s", path, strerror(errno));

	return session_fail(L, code, &err);
}

static const char *kind_of(mode_t mode)
{
	if (S_ISREG(mode))
		return "file";
	if (S_ISDIR(mode))
		return "dir";
	return S_ISLNK(mode) ? "symlink" : "other";
}

static int64_t mtime_of(const struct stat *stat)
{
	return stat->st_mtim.tv_sec * INT64_C(1000000000) + stat->st_mtim.tv_nsec;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}
