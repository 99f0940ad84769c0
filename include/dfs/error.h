/* SPDX-License-Identifier: MIT */
#ifndef DFS_ERROR_H
#define DFS_ERROR_H

/*
 * The one list of error codes: enum, short names (Lua's `err.code`, JSON's "code") and exit meaning
 * come from it. Functions return 0 or a negative DFS_E_... and write the sentence into a `struct
 * dfs_error`.
 */
#define DFS_ERRORS(X)                                                                              \
	X(NOMEM, 1, "out of memory")                                                               \
	X(INVAL, 2, "bad argument")                                                                \
	X(NOENT, 3, "no such file or directory")                                                   \
	X(EXIST, 4, "already exists")                                                              \
	X(NOTDIR, 5, "not a directory")                                                            \
	X(ISDIR, 6, "is a directory")                                                              \
	X(NOTEMPTY, 7, "directory not empty")                                                      \
	X(NAME, 8, "bad name")                                                                     \
	X(IO, 9, "input/output error")                                                             \
	X(NOSPC, 10, "no space left")                                                              \
	X(CORRUPT, 11, "checksum mismatch")                                                        \
	X(STALE, 12, "stale version")                                                              \
	X(SEALED, 13, "chunk is sealed")                                                           \
	X(BUSY, 14, "busy")                                                                        \
	X(UNAVAIL, 15, "not available now")                                                        \
	X(TIMEOUT, 16, "timed out")                                                                \
	X(PERM, 17, "not permitted")                                                               \
	X(AUTH, 18, "no valid token")                                                              \
	X(TICKET, 19, "bad ticket")                                                                \
	X(PROTO, 20, "malformed message")                                                          \
	X(TOOBIG, 21, "too large")                                                                 \
	X(RANGE, 22, "out of range")                                                               \
	X(NODES, 23, "not enough live datanodes")                                                  \
	X(CHANGED, 24, "changed while it was read")                                                \
	X(EXPIRED, 25, "write session expired")                                                    \
	X(WRITER_EXPIRED, 26, "writer expired")                                                    \
	X(FENCED, 27, "fenced off")                                                                \
	X(VERSION, 28, "protocol version not spoken")                                              \
	X(SCRIPT, 29, "script failed")                                                             \
	X(LIMIT, 30, "limit exceeded")                                                             \
	X(UNSUPPORTED, 31, "not supported")                                                        \
	X(LOST, 32, "no live replica")                                                             \
	X(CLOSED, 33, "connection closed")                                                         \
	X(CANCELLED, 34, "cancelled")                                                              \
	X(INTERNAL, 35, "internal error")

enum dfs_error_code {
	DFS_OK = 0,
#define X(name, number, text) DFS_E_##name = -(number),
	DFS_ERRORS(X)
#undef X
};

enum { DFS_ERROR_TEXT_MAX = 512 };

/* A code and the sentence that goes with it. Zero-initialise; `text` is always terminated. */
struct dfs_error {
	int code;
	char text[DFS_ERROR_TEXT_MAX];
};

/* Short name of a code, "NOENT"; "UNKNOWN" for what is not in the list. */
const char *dfs_error_name(int code);
/* Default sentence of a code, "no such file or directory". */
const char *dfs_error_text(int code);
/* The code with that short name, 0 where there is none. */
int dfs_error_code(const char *name);

#endif
