/* SPDX-License-Identifier: MIT */
#ifndef STORE_RECOVER_H
#define STORE_RECOVER_H

#include <stdbool.h>
#include "store/engine.h"
#include "store/index.h"

/* Files of one chunk in a folder. */
enum {
	FOUND_DATA = 1,
	FOUND_INDEX = 2,
	FOUND_MARK = 4,
	FOUND_DATA_TMP = 8,
	FOUND_INDEX_TMP = 16,
};

struct found {
	uint64_t id;
	unsigned files;
};

/* What listings found. Zero-initialise; scan_fini. */
struct scan {
	struct found *found;
	size_t count, capacity;
	unsigned folder;
	uint64_t foreign; /* names that are not ours */
	bool no_memory;
};

/* What recovery made of a pair of files. */
struct recovered {
	struct io *io;
	struct dir *dir;
	uint64_t id;
	enum store_state state;
	char why[128]; /* bad, or what was cut */
	bool marked;   /* ID.bad is there */
	bool absent;   /* nothing that was ever acknowledged: removed */
	bool cut;
	uint64_t index_bytes; /* of the file */
	uint64_t length;
	uint32_t crc;
	struct index index;
};

/* pair.c: read, check and mend a pair. 0 (bad ones too), DFS_E_NOMEM, DFS_E_VERSION: refused. */
int recover_pair(struct recovered *pair, struct dfs_error *err);
/* What is not a pair: leftovers of an interrupted step are cleared away, a pair that was to be
 * replaced is brought back (found->files says so then). True where nothing is left to be looked at.
 */
bool recover_leftovers(struct dir *dir, struct found *found);
/* A copy that did not get its place: what lies in bad/ for it has it again. */
void recover_bring_back(struct dir *dir, uint64_t id, bool data_is_there);
/* All files of a chunk that was never acknowledged. */
void recover_remove(struct dir *dir, uint64_t id);
/* Files of a chunk to bad/. */
void recover_move_aside(struct dir *dir, uint64_t id);

/* scan.c: find, recover and enter into the table what is in a directory. Before the loop serves. */
/* One folder's files are added. 0, 1 (scan->no_memory) or a negative errno. Blocks. */
int scan_folder(struct scan *scan, const struct dir *dir, unsigned folder);
/* One row for each chunk, in order of id. */
void scan_merge(struct scan *scan);
void scan_fini(struct scan *scan);
int scan_dir(struct store *store, struct dir *dir, struct dfs_error *err);

#endif
