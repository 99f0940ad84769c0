/* SPDX-License-Identifier: MIT */
/*
 * Freezing (RULES 1): from the moment the job begins appends are refused; the answer comes when the
 * raised version and all bytes that it speaks of are on disk, and their spans were read back and
 * verified.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include "store/append.h"
#include "store/entry.h"
#include "store/job.h"
#include "store/verify.h"

static void freeze_start(struct job *job);
static bool freeze_needed(struct job *job);
static int freeze_now(struct job *job);
static void freeze_durable(struct sync_wait *wait);
static void verify_run(struct io_work *work);
static void verify_done(struct io_work *work);
static void part_done(struct job *job);

void store_freeze(struct store *store, uint64_t id, uint64_t version, store_done *done, void *arg)
{
	struct job *job = job_add(store, id, freeze_start, done, arg);

	if (!job)
		job_no_memory(id, done, arg);
	else
		job->version = version;
}

static void freeze_start(struct job *job)
{
	if (!freeze_needed(job) || freeze_now(job) < 0) {
		store_job_finish(job);
		return;
	}
	job->parts = 2;
	job->work = (struct io_work){.run = verify_run, .done = verify_done, .lane = IO_LANE_BULK};
	io_work_submit(job->store->io, &job->work);
	sync_wait(job->chunk, &job->wait, true, freeze_durable);
}

/* False where there is nothing to do or it must not be done: job->status says which. */
static bool freeze_needed(struct job *job)
{
	const struct chunk *chunk = job->chunk;

	if (!chunk)
		store_job_fail(job, DFS_E_NOENT, "chunk %016" PRIx64 " is not here", job->id);
	else if (chunk->state == STORE_BAD)
		store_job_fail(job, DFS_E_CORRUPT, "chunk %016" PRIx64 " was given up here: %s",
		        job->id, chunk->why);
	else if (chunk->state == STORE_SEALED)
		return false;
	else if (job->version < chunk->version)
		store_job_fail(job, DFS_E_STALE,
		        "chunk %016" PRIx64 " has version %" PRIu64 " here", job->id,
		        chunk->version);
	else
		return chunk->state != STORE_FROZEN || job->version != chunk->version;
	return false;
}

static int freeze_now(struct job *job)
{
	struct chunk *chunk = job->chunk;
	struct entry entry = {.kind = ENTRY_VERSION, .version = {.version = job->version}};
	int rc = chunk_open_files(chunk, &job->err);

	if (rc == 0) {
		append_stop(chunk->append, false, DFS_E_STALE, "it was frozen meanwhile");
		rc = journal_write(chunk, &entry, &job->err);
	}
	if (rc < 0) {
		job->status = rc;
		return rc;
	}
	chunk->state = STORE_FROZEN;
	chunk->version = job->version;
	chunk_publish(chunk);
	return 0;
}

static void freeze_durable(struct sync_wait *wait)
{
	struct job *job = LATER_OF(wait, struct job, wait);

	if (wait->status < 0)
		store_job_fail(job, wait->status, "chunk %016" PRIx64 " was given up here: %s",
		        job->id, job->chunk->why);
	part_done(job);
}

/* On a worker: a frozen chunk's spans do not change. */
static void verify_run(struct io_work *work)
{
	struct job *job = LATER_OF(work, struct job, work);
	struct chunk *chunk = job->chunk;
	size_t bad;

	job->verified = verify_spans(job->store->io, chunk->data, &chunk->spans, 0, chunk->whole,
	        &bad, &job->verify_err);
}

static void verify_done(struct io_work *work)
{
	struct job *job = LATER_OF(work, struct job, work);

	if (job->verified == DFS_E_CORRUPT || job->verified == DFS_E_IO)
		chunk_bad(job->chunk, "%s", job->verify_err.text);
	if (job->verified < 0)
		store_job_fail(job, job->verified, "chunk %016" PRIx64 ": %s", job->id,
		        job->verify_err.text);
	part_done(job);
}

static void part_done(struct job *job)
{
	assert(job->parts > 0);
	if (--job->parts == 0)
		store_job_finish(job);
}
