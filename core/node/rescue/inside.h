/* SPDX-License-Identifier: MIT */
#ifndef NODE_RESCUE_INSIDE_H
#define NODE_RESCUE_INSIDE_H

#include "base/buf.h"
#include "io/net.h"
#include "node/rescue.h"

/*
 * The inside of a rescue, shared by the files of this folder.
 *
 *   rescue.c  its stages
 *   ask.c     one GET to one datanode
 *   files.c   which files there are, and which of them lead to the newest state: no io
 */

/* ---- files.c ---- */

struct rescue_held { /* a keepsake's chunk on one datanode */
	uint64_t chunk, length;
	uint32_t crc;
	uint32_t datanode; /* index */
};

struct rescue_chunk { /* the same bytes, wherever they are: a run of `held` */
	uint64_t chunk, length;
	uint32_t crc;
	size_t held, held_count;
};

struct rescue_set { /* a file: chunks whose numbers follow each other */
	struct checkpoint foot;
	size_t first, count; /* among the chunks */
	bool fetched, broken, reached;
	size_t before; /* the file whose state it follows on */
};

struct rescue_files {
	struct rescue_held *held;
	size_t held_count, held_size;
	struct rescue_chunk *chunks; /* in order of their numbers */
	size_t chunks_count;
	struct rescue_set *sets;
	size_t sets_count;
};

int rescue_held_add(struct rescue_files *files, const struct rescue_held *held);
/* After the last of them: chunks, as most datanodes have them. */
int rescue_chunks_find(struct rescue_files *files);
/*
 * A foot was read at the end of that chunk: a file, if its other chunks are there. False: it is of
 * another cluster, or some are missing.
 */
bool rescue_set_add(struct rescue_files *files, size_t last, const struct checkpoint *foot,
        const char *cluster);
/*
 * The way to the newest state without broken files: their numbers, the checkpoint first. 0 where no
 * checkpoint is left.
 */
size_t rescue_choose(struct rescue_files *files, size_t ret[RESCUE_FILES_MAX]);
void rescue_files_fini(struct rescue_files *files);

/* ---- ask.c ---- */

/* One request at a time. The body is handed on as it comes, or gathered. */
struct rescue_ask {
	struct io *io;
	struct io_exchange *exchange;
	struct io_timer *patience;
	struct buf body;
	int status;
	bool ended;
	int (*bytes)(
	        void *arg, const void *bytes, size_t size); /* NULL: gather; non-zero: give up */
	void (*done)(void *arg, int code, const struct dfs_error *err);
	void *arg;
	char address[IO_ADDRESS_MAX];
};

int rescue_ask_init(struct rescue_ask *ask, struct io *io);
void rescue_ask_fini(struct rescue_ask *ask);
/* `done` comes later, once. DFS_E_NOMEM. */
int rescue_ask_get(struct rescue_ask *ask, const char *address, const char *path,
        const char *bearer, const char *range);

#endif
