/* SPDX-License-Identifier: MIT */
/*
 * Sealing: a length for ever.
 *
 *   all bytes durable --> `sealed` entry --> entry durable --> SEALED --> .data cut to the length
 *
 * `sealed` is written only after data and index are on disk, in async mode too (RULES 27). A crash
 * before its own sync leaves the chunk as it was; one after it leaves .data too long, and recovery
 * cuts it.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "base/frame.h"
#include "store/append.h"
#include "store/entry.h"
#include "store/job.h"

static void seal_start(struct job *job);
static void self_seal_start(struct job *job);
static void refuse(struct job *job);
static void seal_again(struct job *job);
static int check_growing(struct job *job);
static void begin_growing(struct job *job);
static void write_entry(struct sync_wait *wait);
static void entry_durable(struct sync_wait *wait);
static bool lost(struct job *job, const struct sync_wait *wait);
static void become_sealed(struct job *job);
static void cut_run(struct io_work *work);
static void raise_run(struct io_work *work);
static int append_entry(struct job *job, int handle);
static void raise_done(struct io_work *work);
static void cut_done(struct io_work *work);

void store_seal(struct store *store, uint64_t id, uint64_t version, uint64_t length, uint32_t crc,
        store_done *done, void *arg)
{
	struct job *job = job_add(store, id, seal_start, done, arg);

	if (!job) {
		job_no_memory(id, done, arg);
		return;
	}
	job->version = version;
	job->length = length;
	job->crc = crc;
}

void store_committed(struct store *store, uint64_t id, uint64_t length, bool seal)
{
	struct slot *slot = table_find(&store->table, id);
	struct chunk *chunk = slot ? slot->loaded : NULL;

	if (!chunk || (chunk->state != STORE_OPEN && chunk->state != STORE_FROZEN))
		return;
	if (length > chunk->committed)
		chunk->committed = length;
	/* Bytes past what was acknowledged: what becomes of them is the master's to say (RULES 1).
	 */
	if (!seal || chunk->state != STORE_OPEN || chunk->length != length)
		return;
	/* An async chunk's bytes may rest in the page cache for a while: no sync for the seal's
	 * sake. */
	if (chunk->sync.kind == SYNC_LAZY && !sync_clean(chunk))
		chunk->sync.seal_when_clean = true;
	else
		seal_self(chunk);
}

void seal_self(struct chunk *chunk)
{
	job_add(chunk->store, chunk->id, self_seal_start, NULL, NULL);
}

static void self_seal_start(struct job *job)
{
	struct chunk *chunk = job->chunk;

	if (!chunk || chunk->state != STORE_OPEN || chunk->append ||
	        chunk->committed != chunk->length) {
		store_job_finish(job);
		return;
	}
	job->version = chunk->version;
	job->length = chunk->length;
	job->crc = chunk->crc;
	seal_start(job);
}

static void seal_start(struct job *job)
{
	const struct chunk *chunk = job->chunk;

	if (!chunk || chunk->state == STORE_BAD || job->version < chunk->version)
		refuse(job);
	else if (chunk->state == STORE_SEALED)
		seal_again(job);
	else if (check_growing(job) == 0)
		begin_growing(job);
	else
		store_job_finish(job);
}

static void refuse(struct job *job)
{
	const struct chunk *chunk = job->chunk;

	if (!chunk)
		store_job_fail(job, DFS_E_NOENT, "chunk %016" PRIx64 " is not here", job->id);
	else if (chunk->state == STORE_BAD)
		store_job_fail(job, DFS_E_CORRUPT, "chunk %016" PRIx64 " was given up here: %s",
		        job->id, chunk->why);
	else
		store_job_fail(job, DFS_E_STALE,
		        "chunk %016" PRIx64 " has version %" PRIu64 " here", job->id,
		        chunk->version);
	store_job_finish(job);
}

/* ---- a chunk that grew until now
 * ------------------------------------------------------------------------------------ */

static int check_growing(struct job *job)
{
	const struct chunk *chunk = job->chunk;
	size_t count = spans_find(&chunk->spans, job->length);
	uint32_t crc = chunk->crc;

	if (job->length > chunk->length) {
		store_job_fail(job, DFS_E_RANGE,
		        "chunk %016" PRIx64 " has %" PRIu64 " bytes here, not %" PRIu64, job->id,
		        chunk->length, job->length);
	} else if (!spans_boundary(&chunk->spans, job->length)) {
		store_job_fail(job, DFS_E_RANGE,
		        "chunk %016" PRIx64 ": no record ends at byte %" PRIu64, job->id,
		        job->length);
	} else {
		if (job->length != chunk->length)
			crc = spans_crc(&chunk->spans, count);
		if (crc != job->crc)
			store_job_fail(job, DFS_E_CORRUPT,
			        "chunk %016" PRIx64 ": its first %" PRIu64
			        " bytes have crc %08" PRIx32 " here, not %08" PRIx32,
			        job->id, job->length, crc, job->crc);
	}
	return job->status;
}

static void begin_growing(struct job *job)
{
	struct chunk *chunk = job->chunk;
	int rc = chunk_open_files(chunk, &job->err);

	if (rc == 0) {
		append_stop(chunk->append, job->length < chunk->length, DFS_E_STALE,
		        "it was sealed meanwhile");
		rc = journal_write(chunk, NULL, &job->err);
	}
	if (rc < 0) {
		job->status = rc;
		store_job_finish(job);
		return;
	}
	sync_wait(chunk, &job->wait, true, write_entry);
}

static void write_entry(struct sync_wait *wait)
{
	struct job *job = LATER_OF(wait, struct job, wait);
	struct chunk *chunk = job->chunk;
	struct entry entry = {.kind = ENTRY_SEALED};
	int rc;

	if (lost(job, wait))
		return;
	assert(sync_clean(chunk)); /* nobody writes to it while the job runs */
	entry.sealed.length = job->length;
	entry.sealed.version = job->version;
	entry.sealed.spans = spans_find(&chunk->spans, job->length);
	entry.sealed.crc = job->crc;
	rc = journal_write(chunk, &entry, &job->err);
	if (rc < 0) {
		job->status = rc;
		store_job_finish(job);
		return;
	}
	sync_wait(chunk, &job->wait, true, entry_durable);
}

static void entry_durable(struct sync_wait *wait)
{
	struct job *job = LATER_OF(wait, struct job, wait);

	if (lost(job, wait))
		return;
	become_sealed(job);
	if (job->chunk->sync.data_end == job->length && job->chunk->sync.room_end <= job->length) {
		store_job_finish(job);
		return;
	}
	job->parts = 1;
	job->work = (struct io_work){.run = cut_run, .done = cut_done, .lane = IO_LANE_DISK};
	io_work_submit(job->store->io, &job->work);
}

static bool lost(struct job *job, const struct sync_wait *wait)
{
	if (wait->status == 0)
		return false;
	store_job_fail(job, wait->status, "chunk %016" PRIx64 " was given up here: %s", job->id,
	        job->chunk->why);
	store_job_finish(job);
	return true;
}

static void become_sealed(struct job *job)
{
	struct chunk *chunk = job->chunk;

	spans_keep(&chunk->spans, spans_find(&chunk->spans, job->length));
	chunk->whole = chunk->indexed = chunk->spans.count;
	chunk->length = chunk->committed = job->length;
	chunk->crc = job->crc;
	chunk->version = job->version;
	chunk->state = STORE_SEALED;
	chunk_publish(chunk);
	chunk_count_spans(chunk);
	chunk_tell(chunk);
}

/* Room for others; a leftover would do no harm. */
static void cut_run(struct io_work *work)
{
	struct job *job = LATER_OF(work, struct job, work);

	io_disk(job->store->io, truncate, job->chunk->data, job->length);
}

static void cut_done(struct io_work *work)
{
	struct job *job = LATER_OF(work, struct job, work);

	job->chunk->sync.data_end = job->chunk->sync.room_end = job->length;
	job->parts = 0;
	store_job_finish(job);
}

/* ---- one that is sealed already: its version may rise (RULES 3)
 * ---------------------------------------------------- */

static void seal_again(struct job *job)
{
	const struct chunk *chunk = job->chunk;

	if (chunk->length != job->length || chunk->crc != job->crc)
		store_job_fail(job, DFS_E_CORRUPT,
		        "chunk %016" PRIx64 " is sealed here with %" PRIu64 " bytes, crc %08" PRIx32
		        ", not with %" PRIu64 ", %08" PRIx32,
		        job->id, chunk->length, chunk->crc, job->length, job->crc);
	if (job->status < 0 || chunk->version == job->version) {
		store_job_finish(job);
		return;
	}
	job->parts = 1;
	job->work = (struct io_work){.run = raise_run, .done = raise_done, .lane = IO_LANE_DISK};
	io_work_submit(job->store->io, &job->work);
}

/* On a worker, with a handle of its own: a cold chunk's index is not open. */
static void raise_run(struct io_work *work)
{
	struct job *job = LATER_OF(work, struct job, work);
	struct io *io = job->store->io;
	char path[DIR_FILE_MAX];
	int handle;

	dir_chunk_path(job->chunk->dir, job->id, DIR_INDEX, path);
	handle = io_disk(io, open, path, IO_OPEN_READ | IO_OPEN_WRITE);
	job->verified = handle < 0 ? handle : append_entry(job, handle);
	if (handle >= 0)
		io_disk(io, close, handle);
}

/* A negative errno. */
static int append_entry(struct job *job, int handle)
{
	struct io *io = job->store->io;
	struct entry entry;
	uint8_t bytes[ENTRY_SIZE];
	struct iovec iov = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	int64_t size = io_disk(io, size, handle);
	ssize_t rc = size;

	if (size >= ENTRY_SIZE)
		rc = io_disk(io, pread, handle, bytes, sizeof(bytes), (uint64_t)size - ENTRY_SIZE);
	if (rc < 0)
		return (int)rc;
	if (size < ENTRY_SIZE || size % ENTRY_SIZE != 0 ||
	        entry_decode(bytes, job->id, (uint64_t)size - ENTRY_SIZE, &entry, NULL) < 0 ||
	        entry.kind != ENTRY_SEALED)
		return -EBADMSG;
	entry.before = entry_checksum(bytes);
	entry.durable = (uint64_t)size;
	entry.sealed.version = job->version;
	entry_encode(&entry, job->id, (uint64_t)size, bytes);
	rc = io_disk(io, pwritev, handle, &iov, 1, (uint64_t)size);
	if (rc < 0) { /* no part of it may stay */
		int cut = io_disk(io, truncate, handle, (uint64_t)size);

		return cut < 0 ? cut : (int)rc;
	}
	return io_disk(io, fdatasync, handle);
}

static void raise_done(struct io_work *work)
{
	struct job *job = LATER_OF(work, struct job, work);
	struct chunk *chunk = job->chunk;

	job->parts = 0;
	if (job->verified == 0 && chunk->state == STORE_SEALED) {
		chunk->version = job->version;
		chunk_publish(chunk);
	} else if (job->verified == 0) {
		store_job_fail(job, DFS_E_CORRUPT, "chunk %016" PRIx64 " was given up here: %s",
		        job->id, chunk->why);
	} else {
		store_job_fail(job, dir_code(job->verified),
		        "chunk %016" PRIx64 ": its .idx file could not be written: %s", job->id,
		        strerror(-job->verified));
		if (job->verified == -EIO || job->verified == -EBADMSG || job->verified == -ENOENT)
			chunk_bad(chunk, "its .idx file could not be written: %s",
			        strerror(-job->verified));
	}
	store_job_finish(job);
}
