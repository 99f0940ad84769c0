/* SPDX-License-Identifier: MIT */
#ifndef STORE_JOB_H
#define STORE_JOB_H

#include "store/chunk.h"
#include "store/later.h"
#include "store/sync.h"

/*
 * One-shot jobs on a chunk: freeze, seal, delete, replace, mark. One at a time per chunk, in order
 * of arrival; each begins on a turn of its own, so that `done` never comes inside the call that
 * asked for it, and not while a worker still writes to the chunk.
 *
 *   job_add --> waits --> start --(sync_wait, io_work)--> store_job_finish --> done; the next one
 * starts
 */
struct job {
	uint32_t magic;
	struct job *next;                /* of the chunk */
	struct job *all_next, *all_prev; /* of the store */
	struct later later;
	struct io_work work;
	struct sync_wait wait;
	struct store *store;
	struct chunk *chunk; /* NULL: there is none */
	uint64_t id;
	uint64_t version, length;
	uint32_t crc;
	void (*start)(struct job *job);
	unsigned parts; /* under way */
	void *context;
	int verified;
	struct dfs_error verify_err;
	int status;
	struct dfs_error err;
	struct store_held held; /* of a chunk that is gone when the job ends */
	store_done *done;       /* may be NULL */
	void *arg;
};

/*
 * A job for `id`; `start` runs later, with job->chunk NULL where there is no such chunk (any more).
 * NULL when memory is out: then the caller tells by job_no_memory, the one case where `done` comes
 * at once.
 */
struct job *job_add(struct store *store, uint64_t id, void (*start)(struct job *job),
        store_done *done, void *arg);
void job_no_memory(uint64_t id, store_done *done, void *arg);
/* Note a failure (the first counts) with its sentence in job->err. */
void store_job_fail(struct job *job, int status, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* The end: tells `done` with job->status and frees the job. */
void store_job_finish(struct job *job);
/* Workers wrote to the chunk's files until now: what waited for that begins. */
void job_go_on(struct chunk *chunk);
void job_free_all(struct store *store);

#endif
