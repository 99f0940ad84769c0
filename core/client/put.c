/* SPDX-License-Identifier: MIT */
/*
 * A put: a write session at the master, chunks by slots, one commit that makes the file visible
 * whole (README.md has the drawing). What fails before the commit changes nothing.
 */
#include "client/put.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "client/client_parts.h"

enum {
	ABANDON_MS = 2000, /* the session would expire by itself */
};

static void put_stop(struct client_job *job);
static void put_free(struct client_job *job);
static void put_cancelled(struct client_job *job);
static void put_late(struct client_job *job, enum proto_call which, const void *reply);
static uint64_t put_bytes(const struct client_job *job);
static void commit(struct put *put);
static void turn_fired(void *arg);

static const struct job_class PUT_CLASS = {.stop = put_stop,
        .free = put_free,
        .late = put_late,
        .cancelled = put_cancelled,
        .bytes = put_bytes};

/* Allowed moves: rows from, columns to. */
static const bool MOVES[5][5] = {
        [PUT_BEGIN] = {[PUT_WRITE] = true, [PUT_OVER] = true},
        [PUT_WRITE] =
                {[PUT_COMMIT] = true, [PUT_ABANDON] = true, [PUT_BEGIN] = true, [PUT_OVER] = true},
        [PUT_COMMIT] = {[PUT_ABANDON] = true, [PUT_BEGIN] = true, [PUT_OVER] = true},
        [PUT_ABANDON] = {[PUT_OVER] = true},
};

void put_move(struct put *put, enum put_state to)
{
	assert(MOVES[put->state][to]);
	put->state = to;
}

/* ---- life ---- */

static int put_init(struct put *put, struct io *io, const struct client_put *what,
        const struct client_source *source)
{
	put->what = *what;
	put->source = *source;
	put->stream = source->seekable && source->size_bytes != UINT64_MAX;
	put->path = strdup(what->path);
	put->what.path = put->path;
	put->renew = io_timer_create(io, put_renew_fired, put);
	put->turn = io_timer_create(io, turn_fired, put);
	return put->path && put->renew && put->turn ? 0 : DFS_E_NOMEM;
}

static void put_release(struct put *put, struct io *io)
{
	for (size_t i = 0; i < put->slots_count; i++)
		slot_fini(&put->slots[i]);
	free(put->slots);
	if (put->renew)
		io_timer_destroy(io, put->renew);
	if (put->turn)
		io_timer_destroy(io, put->turn);
	extents_clear(&put->extents);
	pool_clear(put);
	free(put->path);
	free(put);
}

struct client_job *client_put_start(struct client *client, const struct client_put *what,
        const struct client_source *source, client_progress *progress, client_transfer_done *done,
        void *arg)
{
	struct put *put = calloc(1, sizeof(*put));

	if (!put)
		return NULL;
	if (put_init(put, client->io, what, source) != 0) {
		put_release(put, client->io);
		return NULL;
	}
	job_init(&put->job, &PUT_CLASS, client, progress, done, arg);
	put->job.total = source->size_bytes;
	put_begin(put);
	return &put->job;
}

void put_slots_stop(struct put *put)
{
	for (size_t i = 0; i < put->slots_count; i++)
		slot_stop(&put->slots[i]);
}

static void put_stop(struct client_job *job)
{
	struct put *put = (struct put *)job;

	put_slots_stop(put);
	pieces_release(put);
	io_timer_cancel(job->io, put->renew);
	io_timer_cancel(job->io, put->turn);
	put->state = PUT_OVER;
}

static void put_free(struct client_job *job)
{
	put_release((struct put *)job, job->io);
}

static void ignore(void *arg, int code, const struct dfs_error *err, const void *reply)
{
}

void put_give_up_session(struct client_job *job, uint64_t session)
{
	struct proto_abandon_args args = {.session = session};

	if (session != 0)
		client_call(job->client, PROTO_CALL_ABANDON, &args, ignore, NULL);
}

static void put_cancelled(struct client_job *job)
{
	put_give_up_session(job, ((struct put *)job)->session);
}

/* A session was opened for somebody who had gone. */
static void put_late(struct client_job *job, enum proto_call which, const void *reply)
{
	if (which == PROTO_CALL_WRITE_BEGIN)
		put_give_up_session(job, ((const struct proto_write_begin_reply *)reply)->session);
}

static uint64_t put_bytes(const struct client_job *job)
{
	const struct put *put = (const struct put *)job;
	uint64_t bytes = put->extents.bytes;

	for (size_t i = 0; i < put->slots_count; i++)
		bytes += slot_under_way(&put->slots[i]);
	return bytes;
}

uint64_t put_file_size(const struct put *put)
{
	return put->stream ? put->source.size_bytes : put->cursor;
}

/* What a commit or stage says of chunks that a new master sealed before they were written. */
static bool is_overtaken(int code)
{
	return code == DFS_E_EXPIRED || code == DFS_E_STALE || code == DFS_E_SEALED ||
	       code == DFS_E_RANGE;
}

/* ---- work ---- */

/* Give each idle slot the next piece of work. True while some slot works. */
static bool slots_run(struct put *put)
{
	bool busy = false;

	for (size_t i = 0; i < put->slots_count && put->state == PUT_WRITE; i++) {
		struct put_slot *slot = &put->slots[i];
		uint64_t from = put->cursor;

		if (slot->state == SLOT_IDLE && put->stream && from < put->source.size_bytes) {
			uint64_t left = put->source.size_bytes - from;
			uint64_t length = left < put->chunk_size ? left : put->chunk_size;

			put->cursor += length;
			slot_stream(slot, from, length);
		} else if (slot->state == SLOT_IDLE && !put->stream && !pipe_ended(put)) {
			slot_pipe(slot, put->extents.bytes);
		}
		busy |= slot->state != SLOT_IDLE;
	}
	return busy;
}

static void stage_answered(void *what, int code, const struct dfs_error *err, const void *reply)
{
	struct put *put = what;

	put->staging = false;
	if (put->state != PUT_WRITE)
		return;
	if (is_overtaken(code)) {
		put_again(put, code, err->text);
	} else if (code != 0) {
		put_fail(put, code, err->text);
	} else {
		extents_drop(&put->extents, PUT_EXTENTS_MAX);
		put_run(put);
	}
}

/* More than one commit holds: the older ones go ahead. */
static void stage(struct put *put)
{
	struct proto_stage_args args = {.session = put->session,
	        .extents = put->extents.items,
	        .extents_count = PUT_EXTENTS_MAX};

	if (put->staging || extents_ready(&put->extents) <= PUT_EXTENTS_MAX)
		return;
	put->staging = true;
	job_call(&put->job, PROTO_CALL_STAGE, &args, stage_answered, put);
}

void put_run(struct put *put)
{
	bool busy;

	if (put->state != PUT_WRITE)
		return;
	busy = slots_run(put);
	if (put->state != PUT_WRITE)
		return;
	if (put->extents.count > PUT_EXTENTS_MAX)
		stage(put);
	else if (!busy && !put->staging)
		commit(put);
	if (!put->job.over)
		job_progress(&put->job);
}

/* ---- the end ---- */

void put_end(struct put *put)
{
	put->ending = put->reading > 0;
	if (put->ending)
		return; /* put_read_over */
	if (put->failed.code != 0)
		job_fail(&put->job, put->failed.code, put->failed.text);
	else
		job_finish(&put->job);
}

void put_read_over(struct put *put)
{
	if (put->ending)
		put_end(put);
}

static void commit_answered(void *what, int code, const struct dfs_error *err, const void *reply)
{
	struct put *put = what;
	char sentence[DFS_ERROR_TEXT_MAX];

	if (put->state != PUT_COMMIT)
		return;
	if (code == 0) {
		put->job.transfer.bytes = put_file_size(put);
		put_end(put);
	} else if (is_overtaken(code)) {
		put_again(put, code, err->text);
	} else if (code == DFS_E_UNAVAIL) {
		snprintf(sentence, sizeof(sentence),
		        "%.120s: the master went away during the commit, so the file may be there "
		        "or not: %.300s",
		        put->path, err->text);
		put_fail(put, code, sentence);
	} else {
		put_fail(put, code, err->text);
	}
}

static void commit(struct put *put)
{
	struct proto_commit_args args = {
	        .session = put->session,
	        .size = put_file_size(put),
	        .extents = put->extents.items,
	        .extents_count = put->extents.count,
	        .mode = put->what.mode,
	        .mtime_ns = put->what.mtime_ns,
	        .uid = put->what.uid,
	        .gid = put->what.gid,
	};

	assert(extents_ready(&put->extents) == put->extents.count);
	assert(put->extents.bytes == args.size);
	put_move(put, PUT_COMMIT);
	io_timer_cancel(put->job.io, put->renew);
	job_call(&put->job, PROTO_CALL_COMMIT, &args, commit_answered, put);
}

void put_fail(struct put *put, int code, const char *sentence)
{
	if (put->failed.code != 0 || put->state == PUT_OVER)
		return;
	error_set(&put->failed, code, "%s", sentence);
	put_slots_stop(put);
	job_new_round(&put->job);
	io_timer_cancel(put->job.io, put->renew);
	if (put->state != PUT_BEGIN)
		put_move(put, PUT_ABANDON);
	io_timer_set(put->job.io, put->turn, 0);
}

static void abandon_answered(void *what, int code, const struct dfs_error *err, const void *reply)
{
	put_end(what);
}

static void turn_fired(void *arg)
{
	struct put *put = arg;
	struct proto_abandon_args args = {.session = put->session};
	bool deaf = put->failed.code == DFS_E_UNAVAIL || put->failed.code == DFS_E_AUTH;

	assert(put->failed.code != 0);
	if (put->state == PUT_BEGIN || put->session == 0 || deaf) {
		put_end(put);
		return;
	}
	io_timer_set(put->job.io, put->renew, ABANDON_MS);
	job_call(&put->job, PROTO_CALL_ABANDON, &args, abandon_answered, put);
}
