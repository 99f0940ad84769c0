/* SPDX-License-Identifier: MIT */
#ifndef STORE_DIR_H
#define STORE_DIR_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "io/disk.h"
#include "store/store.h"
#include "store/sync.h"

/*
 * One data directory: where its files are called what, whose it is, and how much room it has.
 */
enum {
	DIR_PATH_MAX = 4000,
	DIR_FILE_MAX = DIR_PATH_MAX + 64, /* a path of a file in it, with its terminator */
	DIRS_MAX = 64,
	DIR_FOLDERS = 256,
	DIR_FAILURES_MAX = 3, /* files that failed before the directory takes no new chunks */
};

struct dir {
	struct io *io;
	unsigned number;
	char path[DIR_PATH_MAX];
	int lock; /* handle, -1 */
	uint64_t disk;
	/* space.c */
	uint64_t reserve_asked;
	struct io_space space; /* when last looked at */
	uint64_t granted;      /* allowed to appends and not yet written */
	/* sync.c */
	uint64_t unsynced[SYNC_KINDS]; /* written, not yet known to be on disk */
	uint64_t unsynced_max[SYNC_KINDS];
	bool choked[SYNC_KINDS]; /* appends of that kind were told to wait */
	struct store_append *appends;
	/* why it takes no more; "" when well */
	unsigned failures;
	char error[256];
};

/* The files of a chunk. */
#define DIR_DATA      ".data"
#define DIR_INDEX     ".idx"
#define DIR_MARK      ".bad" /* says why the pair beside it was given up */
#define DIR_TMP       ".tmp"
#define DIR_DATA_TMP  DIR_DATA DIR_TMP
#define DIR_INDEX_TMP DIR_INDEX DIR_TMP

void dir_folder_path(const struct dir *dir, unsigned folder, char ret[DIR_FILE_MAX]);
void dir_chunk_path(
        const struct dir *dir, uint64_t chunk, const char *suffix, char ret[DIR_FILE_MAX]);
void dir_bad_folder(const struct dir *dir, char ret[DIR_FILE_MAX]);
void dir_bad_path(
        const struct dir *dir, uint64_t chunk, const char *suffix, char ret[DIR_FILE_MAX]);
static inline unsigned dir_folder_of(uint64_t chunk)
{
	return (unsigned)(chunk % DIR_FOLDERS);
}

/* Lock, read and compare the identity file (RULES 29): DFS_E_FENCED and what to do. `dir` is zeroed
 * but for io. */
int dir_open(struct dir *dir, const char *path, const struct store_identity *identity,
        struct dfs_error *err);
void dir_close(struct dir *dir);
/* Something failed on this disk: after DIR_FAILURES_MAX, or at once where it is read-only, no new
 * chunks go here. */
void dir_failed(struct dir *dir, int number, const char *what);

/* Its identity file has gone: unmounted, most likely. True where it has; then no new chunks go here.
 * A small read of the disk. */
bool dir_vanished(struct dir *dir);

/* The DFS_E_... for a negative errno of the disk; LIMIT for too many open files. */
int dir_code(int number);
/* The same with a sentence. */
int dir_error(const struct dir *dir, int number, struct dfs_error *err, const char *what);

/* ---- space.c: RULES 30
 * -------------------------------------------------------------------------------------------- */

/* Ask the file system anew. Where it does not answer the last figures stay. */
void dir_space_look(struct dir *dir);
uint64_t dir_reserve(const struct dir *dir);
/* Bytes that may still be promised: free, without the reserve and what was granted already. */
uint64_t dir_available(const struct dir *dir);
/* Promise `bytes`. DFS_E_NOSPC. dir_ungrant takes it back: written, or not needed. */
int dir_grant(struct dir *dir, uint64_t bytes, struct dfs_error *err);
void dir_ungrant(struct dir *dir, uint64_t bytes);

#endif
