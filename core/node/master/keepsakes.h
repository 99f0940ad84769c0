/* SPDX-License-Identifier: MIT */
#ifndef NODE_MASTER_KEEPSAKES_H
#define NODE_MASTER_KEEPSAKES_H

#include "meta/checkpoint.h"
#include "meta/keepsake.h"
#include "node/master/role.h"

/*
 * The inside of the keepsakes (RULES 20), shared by these files and by nobody else.
 *
 *   keepsakes.c        which there are, which is due, which goes; their rows
 *   keepsakes_file.c   PREPARING: the file, on a worker
 *   keepsakes_parts.c  STORING: its parts onto datanodes, and what these report meanwhile
 */
enum { KEEPSAKE_PART_BYTES = 64 << 20, KEEPSAKE_LOG_BYTES = 32 << 20 /* of one part of the log */ };

/* A datanode that is to have the part under way. */
struct holder {
	struct keepsakes *keepsakes;
	uint32_t node;
	bool stored; /* durably there, as it answered */
};

struct part {
	struct holder holders[PLACE_REPLICAS_MAX];
	uint32_t count;
};

/* What a datanode reported of a chunk on its way: the cluster engine hears of it afterwards. */
struct heard {
	uint32_t node;
	struct proto_held held; /* without its `why` */
};

struct keepsake {
	uint64_t first;
	struct proto_row_keepsake row;
};

enum stage { IDLE, PREPARING, STORING, COMMITTING };

struct keepsakes {
	struct io_work work; /* first: the job's while PREPARING */
	struct master *master;
	enum stage stage;
	struct keepsake *known; /* in the order in which they were made */
	size_t known_count, known_size;
	bool dropping;
	uint64_t drop_due_ms; /* io_mono_ms */

	/* The one on its way. */
	struct checkpoint base, file;
	bool whole, cut; /* a checkpoint; a part of the log that could have been longer */
	uint64_t first;
	struct proto_keepsake_chunk *chunks;
	struct part *parts;
	size_t parts_count, at;
	uint32_t goal, asked; /* asked: answers that are awaited */
	struct heard *heard;
	size_t heard_count;
	uint64_t changes, began_ms;
	int code; /* of the job */
	struct dfs_error err;

	bool whole_wanted;             /* the log does not go back far enough */
	uint64_t changes_kept;         /* master->changes that are in the last one */
	uint64_t due_ms, whole_due_ms; /* io_mono_ms */
	uint64_t whole_log_bytes;
	char error[512]; /* of the last attempt; empty: it went well */
};

/* Make the file of what `whole`, `file` or `base` say; then keepsakes_store. */
void keepsakes_prepare(struct keepsakes *keepsakes);
/* Put its parts onto datanodes; then keepsakes_commit. */
void keepsakes_store(struct keepsakes *keepsakes);
void keepsakes_commit(struct keepsakes *keepsakes);
/* It came to nothing: tried again later. */
void keepsakes_fail(struct keepsakes *keepsakes, int code, const char *text);
/* Nothing is on its way any more. */
void keepsakes_end(struct keepsakes *keepsakes);

#endif
