/* SPDX-License-Identifier: MIT */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"
#include "base/error.h"

enum { PATH_BYTES_MAX = 4096, NAME_BYTES_MAX = 255 };

/*
 * 0 where `name` may stand in a directory: 1-255 bytes, no '/', no byte below 0x20, no 0x7f, not "." or "..".
 * DFS_E_NAME with a sentence that quotes it otherwise.
 */
int name_check(const char *name, size_t size, struct dfs_error *err);
/*
 * Canonical form of a path of the DFS: begins with '/', no empty or "." component, no '/' at the end but in "/".
 * A relative path is taken from "/". ".." is DFS_E_NAME, not resolved; so are
 * over 4,096 bytes and an empty path. `ret` is cleared first, but not touched on failure; it must not hold `path`.
 */
int path_normalize(const char *path, struct buf *ret, struct dfs_error *err);
/* Next component of a canonical path from *at; false at its end. */
bool path_next(const char **at, const char **ret_name, size_t *ret_size);
/* True for "/.dfs", ".snapshots" anywhere and what is below them (contracts.md). */
bool path_reserved(const char *path);

#endif
