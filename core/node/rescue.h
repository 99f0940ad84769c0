/* SPDX-License-Identifier: MIT */
#ifndef NODE_RESCUE_H
#define NODE_RESCUE_H

#include "base/error.h"
#include "base/hmac.h"
#include "io/io.h"
#include "meta/checkpoint.h"

/*
 * The metadata of a master that is gone, from the keepsakes on its datanodes (RULES 20):
 *
 *   ask each datanode what it keeps --> read the feet of the files --> the newest state that a
 *   checkpoint and parts of the log behind it lead to --> fetch these files, chunk by chunk, from
 *   whoever has a good one --> all there: done.   A file that is nowhere whole: choose again
 * without it.
 *
 * Nothing is changed on any datanode. Files come into `dir`, which must be there.
 *
 * Loop    all on the loop of `io`; files are written and checked on it: for a command of its own.
 * Errors  UNAVAIL (no datanode answered), NOENT (they keep nothing, or nothing whole), FENCED
 * (another cluster's), IO, NOSPC: each with a sentence
 */
enum { RESCUE_DATANODES_MAX = 1024, RESCUE_FILES_MAX = 4096 };

struct rescue;

struct rescue_options {
	const char *cluster;
	uint8_t key[HMAC_SIZE];
	const char *const *datanodes; /* host:port */
	size_t datanodes_count;
	const char *dir;
	/* What happens, and what does not go well but is no end: a sentence each. May be NULL. */
	void (*tell)(void *arg, const char *sentence);
	void (*done)(void *arg, int code, const struct dfs_error *err);
	void *arg;
};

/* `options` and what it points to are borrowed until rescue_destroy. `done` never comes from
 * within. */
int rescue_start(struct rescue **ret, struct io *io, const struct rescue_options *options,
        struct dfs_error *err);
void rescue_destroy(struct rescue *rescue);

struct rescue_found {
	struct checkpoint state; /* that the last file leads to */
	uint64_t seen_epoch;     /* the highest that these datanodes served */
	size_t files_count;      /* a checkpoint, then parts of the log in order */
};
/* After `done` with 0. */
const struct rescue_found *rescue_found(const struct rescue *rescue);
void rescue_file(const struct rescue *rescue, size_t number, char ret[CHECKPOINT_PATH_MAX]);

#endif
