/* SPDX-License-Identifier: MIT */
/*
 * Giving a replica up. Its files stay (RULES 3); a mark beside them, ID.bad, says why, so that a
 * restart does not take for good what a failed sync has left in the page cache (RULES 31).
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "store/append.h"
#include "store/job.h"

static void mark_start(struct job *job);
static void mark_run(struct io_work *work);
static void mark_done(struct io_work *work);

void chunk_bad(struct chunk *chunk, const char *format, ...)
{
	va_list args;

	assert(chunk->users > 0);
	if (chunk->state == STORE_BAD || chunk->gone)
		return;
	va_start(args, format);
	vsnprintf(chunk->why, sizeof(chunk->why), format, args);
	va_end(args);
	chunk->state = STORE_BAD;
	chunk_ref(chunk);
	sync_abandon(chunk, DFS_E_IO);
	append_stop(chunk->append, false, DFS_E_IO, chunk->why);
	if (!chunk->hidden) {
		chunk_publish(chunk);
		/* Without memory for the mark a restart may find the replica good again, or not. */
		job_add(chunk->store, chunk->id, mark_start, NULL, NULL);
		chunk_tell(chunk);
	}
	chunk_unref(chunk);
}

static void mark_start(struct job *job)
{
	if (!job->chunk) {
		store_job_finish(job);
		return;
	}
	job->work = (struct io_work){.run = mark_run, .done = mark_done, .lane = IO_LANE_DISK};
	job->parts = 1;
	io_work_submit(job->store->io, &job->work);
}

/* Best effort: the disk that failed may fail here too. */
static void mark_run(struct io_work *work)
{
	struct job *job = LATER_OF(work, struct job, work);
	struct io *io = job->store->io;
	char path[DIR_FILE_MAX];
	struct iovec iov = {.iov_base = job->chunk->why, .iov_len = strlen(job->chunk->why)};
	int handle;

	dir_chunk_path(job->chunk->dir, job->id, DIR_MARK, path);
	handle = io_disk(io, open, path, IO_OPEN_WRITE | IO_OPEN_CREATE | IO_OPEN_EXCLUSIVE);
	if (handle < 0)
		return;
	io_disk(io, pwritev, handle, &iov, 1, 0);
	io_disk(io, fdatasync, handle);
	io_disk(io, close, handle);
	dir_folder_path(job->chunk->dir, dir_folder_of(job->id), path);
	io_disk(io, fsync_dir, path);
}

static void mark_done(struct io_work *work)
{
	struct job *job = LATER_OF(work, struct job, work);

	job->parts = 0;
	store_job_finish(job);
}
