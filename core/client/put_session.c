/* SPDX-License-Identifier: MIT */
/* A put's write session at the master (RULES 11): asked for, kept alive, lost and asked for again.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include "client/client_parts.h"
#include "client/put.h"

enum {
	RENEW_MS = 30000,
	RESTARTS_MAX = 2,
	CHUNK_SIZE_GUESS = 64 * 1024 * 1024,
};

static uint32_t chunks_of(const struct put *put, uint64_t bytes, uint64_t chunk_size)
{
	uint64_t chunks = bytes / chunk_size + (bytes % chunk_size != 0);

	return chunks < PUT_POOL_MAX ? (uint32_t)chunks : PUT_POOL_MAX;
}

uint32_t put_targets_wanted(const struct put *put)
{
	uint32_t count = 0, later = 0;

	for (size_t i = 0; i < put->slots_count; i++)
		count += put->slots[i].state == SLOT_TARGET;
	if (put->stream)
		later = chunks_of(put, put->source.size_bytes - put->cursor, put->chunk_size);
	if (count == 0 || count > PUT_POOL_MAX)
		return count;
	return count + later < PUT_POOL_MAX ? count + later : PUT_POOL_MAX;
}

static void begin_answered(void *what, int code, const struct dfs_error *err, const void *reply);

void put_begin(struct put *put)
{
	struct proto_write_begin_args args = {
	        .path = put->path,
	        .size = put->source.size_bytes,
	        .goal = put->what.goal,
	        .chunk_size = put->what.chunk_size,
	        .durability = put->what.async ? PROTO_DURABILITY_ASYNC : PROTO_DURABILITY_SYNC,
	        .count = 1,
	        .no_replace = put->what.no_replace,
	};

	if (put->source.size_bytes != UINT64_MAX)
		args.count = chunks_of(put, put->source.size_bytes,
		        put->what.chunk_size ? put->what.chunk_size : CHUNK_SIZE_GUESS);
	put->state = PUT_BEGIN;
	job_call(&put->job, PROTO_CALL_WRITE_BEGIN, &args, begin_answered, put);
}

static int slots_make(struct put *put)
{
	size_t count = 1;

	if (put->stream)
		count = chunks_of(put, put->source.size_bytes, put->chunk_size);
	if (count > put->job.client->parallel)
		count = put->job.client->parallel;
	if (put->slots || count == 0)
		return 0;
	put->slots = calloc(count, sizeof(*put->slots));
	if (!put->slots)
		return DFS_E_NOMEM;
	for (; put->slots_count < count; put->slots_count++)
		if (slot_init(&put->slots[put->slots_count], put) != 0)
			return DFS_E_NOMEM;
	return 0;
}

static void begin_answered(void *what, int code, const struct dfs_error *err, const void *reply)
{
	struct put *put = what;
	const struct proto_write_begin_reply *begun = reply;

	if (code != 0) {
		put_fail(put, code, err->text);
		return;
	}
	put->session = begun->session;
	put->chunk_size = begun->chunk_size;
	put->job.transfer.goal = begun->goal;
	snprintf(
	        put->job.transfer.warning, sizeof(put->job.transfer.warning), "%s", begun->warning);
	put_move(put, PUT_WRITE);
	io_timer_set(put->job.io, put->renew, RENEW_MS);
	put->pool.asked_event = put->pool.events;
	if (put->chunk_size == 0 || put->session == 0)
		put_fail(put, DFS_E_PROTO, "the master's answer to write_begin makes no sense");
	else if (slots_make(put) != 0)
		put_fail(put, DFS_E_NOMEM, "out of memory for a put");
	else if ((code = pool_add(put, begun->chunks, begun->chunks_count)) != 0)
		put_fail(put, code, "the master allocated a chunk that cannot be written");
	else
		put_run(put);
}

static void renew_answered(void *what, int code, const struct dfs_error *err, const void *reply)
{
	struct put *put = what;

	/* During the commit it may say so because the commit was done. */
	if (code == DFS_E_EXPIRED && put->state == PUT_WRITE)
		put_again(put, code, err->text);
}

void put_renew_fired(void *arg)
{
	struct put *put = arg;
	struct proto_renew_args args = {.session = put->session};

	if (put->state == PUT_ABANDON) {
		put_end(put);
		return;
	}
	assert(put->state == PUT_WRITE);
	io_timer_set(put->job.io, put->renew, RENEW_MS);
	job_call(&put->job, PROTO_CALL_RENEW, &args, renew_answered, put);
}

static void again_not(struct put *put, int code, const char *why)
{
	char sentence[DFS_ERROR_TEXT_MAX];

	if (code == DFS_E_EXPIRED)
		snprintf(sentence, sizeof(sentence),
		        "%.200s: its write session expired (the master did not hear from this "
		        "client "
		        "in time); nothing was stored: put it again",
		        put->path);
	else
		snprintf(sentence, sizeof(sentence), "%.200s: %.300s", put->path, why);
	if (code == DFS_E_EXPIRED)
		put->session = 0;
	put_fail(put, code, sentence);
}

void put_again(struct put *put, int code, const char *sentence)
{
	uint64_t session = put->session;

	if (put->state != PUT_WRITE && put->state != PUT_COMMIT)
		return;
	if (!put->source.seekable || put->restarts == RESTARTS_MAX) {
		again_not(put, code, sentence);
		return;
	}
	put->restarts++;
	put->job.transfer.retries++;
	put->job.transfer.chunks = 0;
	job_new_round(&put->job);
	put_slots_stop(put);
	pool_clear(put);
	extents_clear(&put->extents);
	io_timer_cancel(put->job.io, put->renew);
	put->cursor = 0;
	put->session = 0;
	put->source_ended = put->has_next = put->staging = false;
	put_move(put, PUT_BEGIN);
	if (code != DFS_E_EXPIRED)
		put_give_up_session(&put->job, session);
	put_begin(put);
}
