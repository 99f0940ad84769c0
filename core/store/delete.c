/* SPDX-License-Identifier: MIT */
/*
 * Deleting (RULES 13, 28): .idx first, then .data, then the folder synced; only then it is gone. What
 * a copy once replaced here goes before it: nobody is left who could want to look at it.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "store/copy.h"
#include "store/job.h"

static void delete_start(struct job *job);
static bool delete_allowed(struct job *job);
static void delete_run(struct io_work *work);
static void delete_done(struct io_work *work);

void store_delete(struct store *store, uint64_t id, uint64_t version, store_done *done, void *arg)
{
	struct job *job = job_add(store, id, delete_start, done, arg);

	if (!job)
		job_no_memory(id, done, arg);
	else
		job->version = version;
}

static void delete_start(struct job *job)
{
	if (!job->chunk || !delete_allowed(job)) {
		store_job_finish(job);
		return;
	}
	chunk_held(job->chunk, &job->held);
	job->parts = 1;
	job->work = (struct io_work){.run = delete_run, .done = delete_done, .lane = IO_LANE_DISK};
	io_work_submit(job->store->io, &job->work);
}

static bool delete_allowed(struct job *job)
{
	const struct chunk *chunk = job->chunk;

	if (job->version < chunk->version)
		store_job_fail(job, DFS_E_STALE,
		        "chunk %016" PRIx64 " has version %" PRIu64 " here", job->id,
		        chunk->version);
	else if (chunk->append)
		store_job_fail(job, DFS_E_BUSY, "chunk %016" PRIx64 " is appended to", job->id);
	else if (copy_under_way(job->store, job->id))
		store_job_fail(
		        job, DFS_E_BUSY, "chunk %016" PRIx64 " is being copied here", job->id);
	else if (chunk->state == STORE_OPEN && job->version == chunk->version)
		/* Its writer may come back; a raised version says that the master closed it (RULES
		 * 13). */
		store_job_fail(job, DFS_E_BUSY,
		        "chunk %016" PRIx64 " is open: freeze it, or raise its version", job->id);
	return job->status == 0;
}

static void delete_run(struct io_work *work)
{
	static const char *const suffixes[] = {DIR_INDEX, DIR_DATA, DIR_MARK};
	struct job *job = LATER_OF(work, struct job, work);
	struct io *io = job->store->io;
	char path[DIR_FILE_MAX];
	int rc = 0;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		dir_bad_path(job->chunk->dir, job->id, suffixes[i], path);
		io_disk(io, unlink, path);
	}
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && rc == 0; i++) {
		dir_chunk_path(job->chunk->dir, job->id, suffixes[i], path);
		rc = io_disk(io, unlink, path);
		if (rc == -ENOENT)
			rc = 0;
	}
	dir_folder_path(job->chunk->dir, dir_folder_of(job->id), path);
	if (rc == 0)
		rc = io_disk(io, fsync_dir, path);
	job->verified = rc;
}

static void delete_done(struct io_work *work)
{
	struct job *job = LATER_OF(work, struct job, work);
	struct chunk *chunk = job->chunk;

	job->parts = 0;
	if (job->verified == 0) {
		store_chunk_remove(chunk);
	} else {
		/* Some of it may be gone. It can be deleted again. */
		dir_failed(chunk->dir, job->verified, "a file could not be deleted");
		store_job_fail(job, dir_code(job->verified),
		        "chunk %016" PRIx64 " could not be deleted: %s", job->id,
		        strerror(-job->verified));
		chunk_bad(chunk, "it could not be deleted: %s", strerror(-job->verified));
	}
	store_job_finish(job);
}
