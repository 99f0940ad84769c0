/* SPDX-License-Identifier: MIT */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <dfs/error.h>

/* Fill `err` (NULL is allowed) and return `code`, so that `return error_set(err, DFS_E_IO, "...")` says it all. */
int error_set(struct dfs_error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Put "where: " in front of the sentence, and return its code. */
int error_where(struct dfs_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The DFS_E_... that stands for a positive errno: ENOSPC -> NOSPC, ENOENT -> NOENT, EACCES -> PERM, else IO. */
int error_from_errno(int number);

#endif
