/* SPDX-License-Identifier: MIT */
/*
 * One replica of a pass. It is looked at beside everything else: it may be raised, replaced or
 * deleted meanwhile, and no read waits for it. So what seems wrong is a suspicion only; it is
 * looked at again as a job of the chunk, which nothing else runs beside, and only that verdict
 * counts.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "store/scrubber.h"

enum { TRIES_MAX = 5 };

static void work(struct scrub *scrub, void (*run)(struct io_work *work));
static void open_run(struct io_work *work);
static void slice_run(struct io_work *work);
static void step_done(struct io_work *work);
static void suspect(struct scrub *scrub);
static void confirm_start(struct job *job);
static bool still_meant(const struct job *job);
static void confirm_run(struct io_work *work);
static void confirm_done(struct io_work *work);
static void convict(struct scrub *scrub, struct chunk *chunk);
static void confirmed(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held);
static void marked(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held);
static void over(struct scrub *scrub);

void scrub_chunk_begin(struct scrub *scrub, const struct slot *slot)
{
	struct scrub_look *look = &scrub->look;

	assert(!scrub->looking && slot->state == STORE_SEALED);
	look->io = scrub->all->store->io;
	look->dir = scrub->dir;
	look->id = slot->chunk;
	look->version = slot->version;
	look->length = slot->length;
	look->crc = slot->crc;
	look->cost_bytes = 0;
	scrub->looking = true;
	scrub->tries = 0;
	work(scrub, open_run);
}

void scrub_chunk_step(struct scrub *scrub)
{
	assert(scrub->looking);
	if (scrub->tries > 0)
		suspect(scrub);
	else
		work(scrub, slice_run);
}

void scrub_chunk_drop(struct scrub *scrub)
{
	if (scrub->looking)
		look_close(&scrub->look);
	scrub->looking = false;
}

static void work(struct scrub *scrub, void (*run)(struct io_work *work))
{
	scrub->look.cost_bytes = 0;
	scrub->all->store->running++;
	scrub->work = (struct io_work){.run = run, .done = step_done, .lane = IO_LANE_BULK};
	io_work_submit(scrub->all->store->io, &scrub->work);
}

static void open_run(struct io_work *work)
{
	struct scrub *scrub = LATER_OF(work, struct scrub, work);

	scrub->status = look_open(&scrub->look, &scrub->err);
	if (scrub->look.cost_bytes < SCRUB_COST_MIN)
		scrub->look.cost_bytes = SCRUB_COST_MIN;
}

static void slice_run(struct io_work *work)
{
	struct scrub *scrub = LATER_OF(work, struct scrub, work);

	scrub->status = look_slice(&scrub->look, &scrub->err);
}

static void step_done(struct io_work *work)
{
	struct scrub *scrub = LATER_OF(work, struct scrub, work);

	scrub->all->store->running--;
	if (scrub->status < 0) {
		look_close(&scrub->look);
		suspect(scrub);
		return;
	}
	if (look_over(&scrub->look))
		over(scrub);
	scrub_step_done(scrub, scrub->look.cost_bytes);
}

/* ---- what seems wrong ---- */

static void suspect(struct scrub *scrub)
{
	struct job *job =
	        job_add(scrub->all->store, scrub->look.id, confirm_start, confirmed, scrub);

	if (job)
		job->context = scrub;
	else
		job_no_memory(scrub->look.id, confirmed, scrub);
}

static void confirm_start(struct job *job)
{
	struct scrub *scrub = job->context;

	scrub->status = 0;
	if (!still_meant(job)) {
		store_job_finish(job);
		return;
	}
	scrub->look.version = job->chunk->version;
	scrub->look.length = job->chunk->length;
	scrub->look.crc = job->chunk->crc;
	job->parts = 1;
	job->work =
	        (struct io_work){.run = confirm_run, .done = confirm_done, .lane = IO_LANE_BULK};
	io_work_submit(job->store->io, &job->work);
}

/* Deleted, replaced or given up since: then the suspicion was of something else. */
static bool still_meant(const struct job *job)
{
	const struct scrub *scrub = job->context;
	const struct chunk *chunk = job->chunk;

	return chunk && chunk->state == STORE_SEALED && chunk->dir == scrub->dir;
}

/* All of it in one go: rare, and nothing may change meanwhile. */
static void confirm_run(struct io_work *work)
{
	struct job *job = LATER_OF(work, struct job, work);
	struct scrub *scrub = job->context;

	scrub->status = look_open(&scrub->look, &scrub->err);
	while (scrub->status == 0 && !look_over(&scrub->look))
		scrub->status = look_slice(&scrub->look, &scrub->err);
	look_close(&scrub->look);
}

static void confirm_done(struct io_work *work)
{
	struct job *job = LATER_OF(work, struct job, work);
	struct scrub *scrub = job->context;

	job->parts = 0;
	if (look_blames(scrub->status))
		convict(scrub, job->chunk);
	store_job_finish(job);
}

static void convict(struct scrub *scrub, struct chunk *chunk)
{
	if (scrub->status == DFS_E_NOENT && dir_vanished(scrub->dir))
		scrub_notice(scrub, "data directory %s: %s", scrub->dir->path, scrub->dir->error);
	scrub->state.found++;
	scrub->save_wanted = true;
	chunk_bad(chunk, "scrub: %s", scrub->err.text);
}

/* Without memory or handles nothing was found out: once more in a while, and then not. */
static void confirmed(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held)
{
	struct scrub *scrub = arg;
	bool undecided = status < 0 || (scrub->status < 0 && !look_blames(scrub->status));

	if (undecided && ++scrub->tries < TRIES_MAX) {
		scrub_step_done(scrub, SCRUB_SLICE);
		return;
	}
	if (undecided)
		scrub_notice(scrub, "chunk %016" PRIx64 " could not be checked: %s", scrub->look.id,
		        status < 0 ? err->text : scrub->err.text);
	if (look_blames(scrub->status) &&
	        job_add(scrub->all->store, scrub->look.id, store_job_finish, marked, scrub))
		return;
	over(scrub);
	scrub_step_done(scrub, scrub->look.cost_bytes);
}

/* The mark of a bad replica is durable, as jobs go in order. Only then may the pass be past it: a
 * restart in between would find it good again, and not look. */
static void marked(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held)
{
	struct scrub *scrub = arg;

	over(scrub);
	scrub_step_done(scrub, scrub->look.cost_bytes);
}

static void over(struct scrub *scrub)
{
	look_close(&scrub->look);
	scrub->looking = false;
	scrub->state.position = scrub->look.id;
	scrub->state.checked += scrub->look.length;
}
