/* SPDX-License-Identifier: MIT */
/*
 * Repair copies (RULES 28).
 *
 *   begin --> feed ... --> end --> both .tmp durable --> the old pair, if any, to bad/, synced
 *                \           \                               |
 *                 \           \                              v
 *                  error, or cancel --> .tmp unlinked      .data, .idx renamed, synced --> done
 *
 * The old pair is served until its place is taken, and kept in bad/ (RULES 3): a copy that fails
 * changes nothing.
 */
#include "store/copy.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "store/create.h"
#include "store/entry.h"
#include "store/intake.h"
#include "store/job.h"

struct store_copy {
	uint32_t magic;
	struct store *store;
	struct store_copy *next, *prev;
	struct chunk *chunk; /* hidden until it is renamed */
	struct intake intake;
	uint64_t version, length;
	uint32_t crc;
	bool ended, cancelled;
	int status;
	struct dfs_error err;
	struct sync_wait wait;
	struct io_work work;
	struct job *job;
	store_done *done;
	void *arg;
};

enum { COPY_MAGIC = 0x79706f63 };

static int check_old(
        struct store *store, const struct store_copy *wanted, uint64_t id, struct dfs_error *err);
static void check_whole(struct store_copy *copy);
static void write_index(struct store_copy *copy);
static void durable(struct sync_wait *wait);
static void replace_start(struct job *job);
static void replace_run(struct io_work *work);
static void replace_done(struct io_work *work);
static void take_place(struct store_copy *copy, struct chunk *old);
static void discard(struct store_copy *copy);
static void discard_run(struct io_work *work);
static void discard_done(struct io_work *work);
static void finish(struct store_copy *copy);

int store_copy_begin(struct store *store, uint64_t id, uint64_t version, uint64_t length,
        uint32_t crc, struct store_copy **ret, struct dfs_error *err)
{
	struct store_copy *copy = calloc(1, sizeof(*copy));
	int rc;

	if (!copy)
		return error_set(err, DFS_E_NOMEM, "no memory for a copy");
	copy->magic = COPY_MAGIC;
	copy->store = store;
	copy->version = version;
	copy->length = length;
	copy->crc = crc;
	rc = check_old(store, copy, id, err);
	if (rc == 0)
		rc = chunk_make_hidden(store, id, version, &copy->chunk, err);
	if (rc < 0) {
		free(copy);
		return rc;
	}
	intake_init(&copy->intake, copy->chunk, length);
	copy->next = store->copies;
	if (copy->next)
		copy->next->prev = copy;
	store->copies = copy;
	store->running++;
	*ret = copy;
	return 0;
}

int store_copy_feed(struct store_copy *copy, const void *frames, size_t size, struct dfs_error *err)
{
	assert(copy->magic == COPY_MAGIC && !copy->ended);
	if (copy->status == 0 && copy->chunk->state == STORE_BAD)
		copy->status = error_set(&copy->err, DFS_E_IO, "%s", copy->chunk->why);
	if (copy->status == 0) {
		copy->status = intake_feed(&copy->intake, frames, size, &copy->err);
		if (copy->status < 0)
			chunk_where(copy->chunk, &copy->err);
	}
	if (copy->status < 0 && err)
		*err = copy->err;
	return copy->status;
}

void store_copy_end(struct store_copy *copy, store_done *done, void *arg)
{
	assert(copy->magic == COPY_MAGIC && !copy->ended);
	copy->ended = true;
	copy->done = done;
	copy->arg = arg;
	if (copy->status == 0)
		check_whole(copy);
	intake_fini(&copy->intake);
	if (copy->status == 0)
		write_index(copy);
	if (copy->status < 0)
		discard(copy);
	else
		sync_wait(copy->chunk, &copy->wait, true, durable);
}

void store_copy_cancel(struct store_copy *copy)
{
	assert(copy->magic == COPY_MAGIC && !copy->cancelled);
	copy->cancelled = true;
	if (!copy->ended)
		intake_fini(&copy->intake);
	else if (!copy->wait.queued && !copy->wait.later.queued)
		return; /* it is being renamed or discarded: too late, or done already */
	sync_wait_drop(&copy->wait);
	discard(copy);
}

bool copy_under_way(const struct store *store, uint64_t chunk)
{
	for (const struct store_copy *copy = store->copies; copy; copy = copy->next)
		if (copy->chunk->id == chunk)
			return true;
	return false;
}

void copy_free_all(struct store *store)
{
	while (store->copies) {
		struct store_copy *copy = store->copies;

		store->copies = copy->next;
		intake_free(&copy->intake);
		free(copy);
	}
}

static int check_old(
        struct store *store, const struct store_copy *wanted, uint64_t id, struct dfs_error *err)
{
	const struct slot *slot = table_find(&store->table, id);

	if (copy_under_way(store, id))
		return error_set(err, DFS_E_BUSY, "chunk %016" PRIx64 " is being copied here", id);
	if (!slot || slot->state == STORE_BAD)
		return 0;
	if (slot->loaded && slot->loaded->append)
		return error_set(err, DFS_E_BUSY, "chunk %016" PRIx64 " is appended to", id);
	if (slot->version > wanted->version)
		return error_set(err, DFS_E_STALE,
		        "chunk %016" PRIx64 " has version %" PRIu64 " here", id, slot->version);
	if (slot->state == STORE_SEALED && slot->version == wanted->version &&
	        slot->length == wanted->length && slot->crc == wanted->crc)
		return error_set(err, DFS_E_EXIST, "chunk %016" PRIx64 " is here already", id);
	return 0;
}

static void check_whole(struct store_copy *copy)
{
	struct chunk *chunk = copy->chunk;

	if (chunk->state == STORE_BAD)
		copy->status = error_set(&copy->err, DFS_E_IO, "%s", chunk->why);
	else if (!intake_whole(&copy->intake) || chunk->length != copy->length)
		copy->status = error_set(&copy->err, DFS_E_PROTO,
		        "the copy has %" PRIu64 " bytes of whole records instead of %" PRIu64,
		        chunk->length, copy->length);
	else if (chunk->crc != copy->crc)
		copy->status = error_set(&copy->err, DFS_E_CORRUPT,
		        "the copy has crc %08" PRIx32 " instead of %08" PRIx32, chunk->crc,
		        copy->crc);
	if (copy->status < 0)
		chunk_where(chunk, &copy->err);
}

static void write_index(struct store_copy *copy)
{
	struct entry sealed = {.kind = ENTRY_SEALED,
	        .sealed = {.length = copy->length,
	                .version = copy->version,
	                .spans = copy->chunk->whole,
	                .crc = copy->crc}};

	copy->status = journal_write(copy->chunk, &sealed, &copy->err);
}

static void durable(struct sync_wait *wait)
{
	struct store_copy *copy = LATER_OF(wait, struct store_copy, wait);

	if (wait->status < 0)
		copy->status = error_set(&copy->err, wait->status, "chunk %016" PRIx64 ": %s",
		        copy->chunk->id, copy->chunk->why);
	else
		copy->job = job_add(copy->store, copy->chunk->id, replace_start, NULL, NULL);
	if (copy->job) {
		copy->job->context = copy;
		return;
	}
	if (copy->status == 0)
		copy->status = error_set(&copy->err, DFS_E_NOMEM, "no memory for a job");
	discard(copy);
}

/* ---- taking the place of what is there
 * ----------------------------------------------------------------------------- */

static void replace_start(struct job *job)
{
	struct store_copy *copy = job->context;
	const struct chunk *old = job->chunk;

	if (old && (old->append || (old->state != STORE_BAD && old->version > copy->version))) {
		copy->status = error_set(&copy->err, old->append ? DFS_E_BUSY : DFS_E_STALE,
		        "chunk %016" PRIx64 " changed while its copy came in", job->id);
		store_job_finish(job);
		discard(copy);
		return;
	}
	job->parts = 1;
	job->work =
	        (struct io_work){.run = replace_run, .done = replace_done, .lane = IO_LANE_DISK};
	io_work_submit(job->store->io, &job->work);
}

static void replace_run(struct io_work *work)
{
	struct job *job = LATER_OF(work, struct job, work);
	struct store_copy *copy = job->context;

	job->verified = replace_pair(job->chunk, copy->chunk);
}

static void replace_done(struct io_work *work)
{
	struct job *job = LATER_OF(work, struct job, work);
	struct store_copy *copy = job->context;
	struct chunk *old = job->chunk;

	job->parts = 0;
	if (job->verified < 0) {
		dir_failed(copy->chunk->dir, job->verified, "a copy could not be renamed");
		copy->status = chunk_error(
		        copy->chunk, job->verified, &copy->err, "the copy could not be renamed");
		if (old) /* where its files are now is not known */
			chunk_bad(
			        old, "its copy could not be renamed: %s", strerror(-job->verified));
		store_job_finish(job);
		discard(copy);
		return;
	}
	take_place(copy, old);
	store_job_finish(job);
	finish(copy);
}

static void take_place(struct store_copy *copy, struct chunk *old)
{
	struct chunk *chunk = copy->chunk;
	struct slot *slot;

	if (old)
		store_chunk_remove(old);
	slot = table_add(&copy->store->table, chunk->id);
	if (!slot) { /* it is on disk: the next start finds it */
		copy->status = error_set(&copy->err, DFS_E_NOMEM, "no memory for a chunk");
		return;
	}
	slot->loaded = chunk;
	slot->dir = (uint8_t)chunk->dir->number;
	chunk->hidden = false;
	chunk->state = STORE_SEALED;
	chunk->committed = chunk->length;
	chunk_publish(chunk);
	chunk_count_spans(chunk);
	chunk_tell(chunk);
}

/* ---- its end
 * --------------------------------------------------------------------------------------------------------
 */

static void discard(struct store_copy *copy)
{
	copy->ended = true;
	sync_abandon(copy->chunk, DFS_E_CANCELLED);
	copy->chunk->gone = true;
	copy->work =
	        (struct io_work){.run = discard_run, .done = discard_done, .lane = IO_LANE_DISK};
	io_work_submit(copy->store->io, &copy->work);
}

/* The renamed ones too: an .idx that got its name stays, as a whole replica that the next start
 * finds. */
static void discard_run(struct io_work *work)
{
	struct store_copy *copy = LATER_OF(work, struct store_copy, work);
	char path[DIR_FILE_MAX];

	chunk_path(copy->chunk, DIR_INDEX, path);
	io_disk(copy->store->io, unlink, path);
	chunk_path(copy->chunk, DIR_DATA, path);
	io_disk(copy->store->io, unlink, path);
}

static void discard_done(struct io_work *work)
{
	finish(LATER_OF(work, struct store_copy, work));
}

static void finish(struct store_copy *copy)
{
	struct chunk *chunk = copy->chunk;
	struct store_held held;

	if (copy->prev)
		copy->prev->next = copy->next;
	else
		copy->store->copies = copy->next;
	if (copy->next)
		copy->next->prev = copy->prev;
	copy->store->running--;
	chunk_held(chunk, &held);
	if (copy->done && !copy->cancelled)
		copy->done(copy->arg, copy->status, copy->status < 0 ? &copy->err : NULL, &held);
	copy->magic = 0;
	intake_free(&copy->intake);
	free(copy);
	chunk_unref(chunk);
}
