/* SPDX-License-Identifier: MIT */
/*
 * A get: one state of a file (RULES 9), its extents fetched side by side into a sink that takes any
 * order, or one after the other, with one ahead, into one that does not (README.md has the
 * drawing).
 */
#include "client/get.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "client/client_parts.h"

enum { RESTARTS_MAX = 5, IN_ORDER_FETCHES = 2 };

static void get_stop(struct client_job *job);
static void get_free(struct client_job *job);
static uint64_t get_bytes(const struct client_job *job);
static void turn_fired(void *arg);

static const struct job_class GET_CLASS = {.stop = get_stop, .free = get_free, .bytes = get_bytes};

static void get_release(struct get *get, struct io *io)
{
	for (size_t i = 0; i < get->fetches_count; i++)
		fetch_fini(&get->fetches[i]);
	free(get->fetches);
	slabs_fini(&get->slabs);
	if (get->turn)
		io_timer_destroy(io, get->turn);
	pages_clear(get);
	free(get->path);
	free(get);
}

static int get_init(struct get *get, struct client *client, const struct client_get *what,
        const struct client_sink *sink)
{
	size_t count = sink->any_order ? client->parallel : IN_ORDER_FETCHES;

	get->job.io = client->io;
	get->sink = *sink;
	get->offset = what->offset;
	get->length = what->length;
	get->path = strdup(what->path);
	get->turn = io_timer_create(client->io, turn_fired, get);
	get->fetches = calloc(count, sizeof(*get->fetches));
	if (!get->path || !get->turn || !get->fetches)
		return DFS_E_NOMEM;
	for (; get->fetches_count < count; get->fetches_count++)
		if (fetch_init(&get->fetches[get->fetches_count], get) != 0)
			return DFS_E_NOMEM;
	return 0;
}

struct client_job *client_get_start(struct client *client, const struct client_get *what,
        const struct client_sink *sink, client_progress *progress, client_transfer_done *done,
        void *arg)
{
	struct get *get = calloc(1, sizeof(*get));

	if (!get)
		return NULL;
	if (get_init(get, client, what, sink) != 0) {
		get_release(get, client->io);
		return NULL;
	}
	job_init(&get->job, &GET_CLASS, client, progress, done, arg);
	pages_ask(get);
	return &get->job;
}

static void fetches_stop(struct get *get)
{
	for (size_t i = 0; i < get->fetches_count; i++)
		fetch_stop(&get->fetches[i]);
}

static void get_stop(struct client_job *job)
{
	struct get *get = (struct get *)job;

	fetches_stop(get);
	io_timer_cancel(job->io, get->turn);
	get->state = GET_OVER;
}

static void get_free(struct client_job *job)
{
	get_release((struct get *)job, job->io);
}

static uint64_t get_bytes(const struct client_job *job)
{
	return ((const struct get *)job)->delivered;
}

/* ---- work ---- */

/* In order: the fetch whose turn has come lets go of what it holds. True where one did. */
static bool release_next(struct get *get)
{
	for (size_t i = 0; i < get->fetches_count; i++) {
		struct fetch *fetch = &get->fetches[i];

		if (fetch->state == FETCH_IDLE || !fetch->held || fetch->from != get->next_write)
			continue;
		fetch_release(fetch);
		return true;
	}
	return false;
}

static bool start_one(struct get *get, struct fetch *fetch)
{
	struct get_page *page;
	const struct proto_located *extent;
	uint64_t from, to;

	if (!pages_take(get, &page, &extent, &from, &to))
		return false;
	get->job.transfer.chunks++;
	client_fetch_start(
	        fetch, page, extent, from, to, !get->sink.any_order && from != get->next_write);
	return true;
}

static bool fetches_run(struct get *get)
{
	bool busy = false;

	for (size_t i = 0; i < get->fetches_count && get->failed.code == 0; i++) {
		struct fetch *fetch = &get->fetches[i];

		busy |= fetch->state != FETCH_IDLE || start_one(get, fetch);
	}
	return busy;
}

void get_run(struct get *get)
{
	bool busy;

	if (get->failed.code != 0 || get->state == GET_OVER)
		return;
	get->state = GET_READ;
	busy = fetches_run(get);
	if (get->failed.code != 0)
		return;
	if (!busy && get->planned == get->end) {
		get->job.transfer.bytes = get->delivered;
		io_timer_set(get->job.io, get->turn, 0);
		return;
	}
	pages_ask(get);
	if (!get->sink.any_order && release_next(get))
		return; /* it may have come back here */
}

/* ---- the end ---- */

void get_fail(struct get *get, int code, const char *sentence)
{
	if (get->failed.code != 0 || get->state == GET_OVER)
		return;
	error_set(&get->failed, code, "%s", sentence);
	fetches_stop(get);
	job_new_round(&get->job);
	io_timer_set(get->job.io, get->turn, 0);
}

/* The sink is the caller's again when the job is over, so no worker may write to it. */
static void turn_fired(void *arg)
{
	struct get *get = arg;

	if (get->batches > 0)
		return; /* get_batch_done */
	if (get->failed.code != 0)
		job_fail(&get->job, get->failed.code, get->failed.text);
	else
		job_finish(&get->job);
}

void get_changed(struct get *get)
{
	char sentence[DFS_ERROR_TEXT_MAX];

	if (get->failed.code != 0 || get->state == GET_OVER)
		return;
	if ((get->delivered > 0 && !get->sink.any_order) || get->restarts == RESTARTS_MAX) {
		snprintf(sentence, sizeof(sentence),
		        "%.300s changed while it was read: read it again", get->path);
		get_fail(get, DFS_E_CHANGED, sentence);
		return;
	}
	get->restarts++;
	get->job.transfer.chunks = 0;
	job_new_round(&get->job);
	fetches_stop(get);
	pages_clear(get);
	get->state = GET_LOCATE;
	get->known = false;
	get->delivered = 0;
	/* Bytes of the old state must not be written after those of the new one. */
	get->again = get->batches > 0;
	if (!get->again)
		pages_ask(get);
}

void get_batch_done(struct get *get)
{
	if (get->failed.code != 0) {
		io_timer_set(get->job.io, get->turn, 0);
	} else if (get->again) {
		get->again = false;
		pages_ask(get);
	}
}
