/* SPDX-License-Identifier: MIT */
#ifndef META_INTERNAL_H
#define META_INTERNAL_H

#include "meta/batch.h"
#include "meta/ids.h"
#include "meta/meta.h"

/* The engine: what its files (meta.c, queue.c, read*.c) share. */

struct meta {
	struct io *io;
	struct meta_options options;
	uint64_t epoch, reign;
	int64_t last_wall_ms; /* of the last operation before this reign */
	uint64_t operation; /* last committed, as the loop knows */
	uint64_t log_bytes;
	uint64_t keepsakes; /* chunks of them numbered in this epoch */
	uint64_t commits;   /* batches */
	bool doomed;        /* purge has work, as the loop knows */
	bool dead;          /* a commit failed: nothing is answered any more */
	bool held;          /* META_HOLD has its row, as the loop knows */
	struct proto_row_hold hold;
	struct ids ids;

	struct pending_list queued; /* waiting for a job */
	struct pending_list flying; /* in the job; the worker's while it runs */
	struct pending_list spare;  /* for reuse */
	struct pending_list answers; /* committed, to be answered */
	size_t answering;            /* one is being answered */
	struct io_timer *more;       /* answers wait for the next turn of the loop */
	struct proto_op reserving;  /* ids.reserving: the operation under way */
	struct meta_result out_of_memory;

	/* The job's while it runs. */
	struct io_work work;
	bool running;
	struct txn txn;
	int outcome;
	struct dfs_error outcome_err;
};

/* What META_HOLD says now. */
int meta_hold_read(struct meta *meta, struct dfs_error *err);
/* Answer some of `answers`; what a timer calls. */
void meta_answer(void *arg);
/* Is there a row in doomed? True where that cannot be told. */
bool meta_doomed_now(struct meta *meta);

#endif
