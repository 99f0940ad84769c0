/* SPDX-License-Identifier: MIT */
/* One-shot jobs: their queues and their ends. */
#include "store/job.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "store/append.h"

enum { JOB_MAGIC = 0x20626f6a };

static void begin(struct later *later);
static void enqueue(struct job *job);
static void dequeue(struct job *job);
static void tell(struct job *job);

struct job *job_add(struct store *store, uint64_t id, void (*start)(struct job *job),
        store_done *done, void *arg)
{
	struct slot *slot = table_find(&store->table, id);
	struct job *job = calloc(1, sizeof(*job));

	if (job && slot)
		job->chunk = store_chunk_get(store, slot);
	if (!job || (slot && !job->chunk)) {
		free(job);
		return NULL;
	}
	job->magic = JOB_MAGIC;
	job->store = store;
	job->id = id;
	job->start = start;
	job->done = done;
	job->arg = arg;
	job->all_next = store->jobs;
	if (store->jobs)
		store->jobs->all_prev = job;
	store->jobs = job;
	store->running++;
	enqueue(job);
	return job;
}

void job_no_memory(uint64_t id, store_done *done, void *arg)
{
	struct store_held held = {.chunk = id};
	struct dfs_error err = {0};

	error_set(&err, DFS_E_NOMEM, "no memory for a job");
	if (done)
		done(arg, DFS_E_NOMEM, &err, &held);
}

void store_job_fail(struct job *job, int status, const char *format, ...)
{
	char text[DFS_ERROR_TEXT_MAX];
	va_list args;

	assert(status < 0);
	if (job->status < 0)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	job->status = error_set(&job->err, status, "%s", text);
}

void store_job_finish(struct job *job)
{
	struct chunk *chunk = job->chunk;

	assert(job->magic == JOB_MAGIC && job->parts == 0);
	if (chunk && !chunk->gone)
		chunk_held(chunk, &job->held);
	job->held.chunk = job->id;
	if (job->all_prev)
		job->all_prev->all_next = job->all_next;
	else
		job->store->jobs = job->all_next;
	if (job->all_next)
		job->all_next->all_prev = job->all_prev;
	job->store->running--;
	if (chunk)
		dequeue(job);
	tell(job);
	job->magic = 0;
	free(job);
	if (chunk)
		chunk_unref(chunk);
}

void job_free_all(struct store *store)
{
	while (store->jobs) {
		struct job *job = store->jobs;

		store->jobs = job->all_next;
		free(job);
	}
}

static void enqueue(struct job *job)
{
	struct job **last;

	if (job->chunk) {
		for (last = &job->chunk->jobs; *last; last = &(*last)->next)
			;
		*last = job;
		if (job->chunk->jobs != job)
			return;
	}
	later_add(&job->store->laters, &job->later, begin);
}

static void dequeue(struct job *job)
{
	struct chunk *chunk = job->chunk;

	assert(chunk->jobs == job);
	chunk->jobs = job->next;
	if (chunk->jobs)
		later_add(&job->store->laters, &chunk->jobs->later, begin);
	else
		append_go_on(chunk->append);
}

void job_go_on(struct chunk *chunk)
{
	if (chunk->writing > 0 || !chunk->jobs_wait)
		return;
	chunk->jobs_wait = false;
	later_add(&chunk->store->laters, &chunk->jobs->later, begin);
}

/* The chunk may have gone while the job waited for its turn. */
static void begin(struct later *later)
{
	struct job *job = LATER_OF(later, struct job, later);

	assert(job->magic == JOB_MAGIC);
	if (job->chunk && job->chunk->writing > 0) {
		job->chunk->jobs_wait = true;
		return;
	}
	if (job->chunk && job->chunk->gone) {
		struct chunk *chunk = job->chunk;

		dequeue(job);
		job->chunk = NULL;
		job->start(job);
		chunk_unref(chunk);
		return;
	}
	job->start(job);
}

static void tell(struct job *job)
{
	if (job->done)
		job->done(job->arg, job->status, job->status < 0 ? &job->err : NULL, &job->held);
}
