/* SPDX-License-Identifier: MIT */
/*
 * Appends: who may write where, and when it is acknowledged (RULES 10, 28). The bytes are
 * intake.c's.
 *
 *   begin --> feed ... --> end --> (a worker's writes) --> (journal) --> sync: the lanes --> done
 *                    \                                      \ async: the next turn ------> done
 *                     \-> error: feed says so, `end` tells `done` the same; whole records stay
 *
 * One that is cancelled while a worker writes for it stays until that is over.
 */
#include "store/append.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "store/copy.h"
#include "store/create.h"
#include "store/intake.h"

struct store_append {
	uint32_t magic;
	struct store *store;
	struct chunk *chunk;
	struct store_append *next, *prev; /* of the directory */
	struct store_append_events events;
	struct intake intake;
	struct sync_wait wait;
	enum sync_kind kind;
	bool lent; /* its bytes come in slabs, and workers write them */
	bool ended, cancelled;
	bool choked, behind; /* why it is told to wait: the directory's bound; its own writes */
	bool flowing;        /* as it was told */
	int status;
	struct dfs_error err;
};

enum {
	APPEND_MAGIC = 0x70617061,
	WRITE_BYTES = 256 * 1024,   /* a worker gets so many at least, but at the end */
	BEHIND_BYTES = 1024 * 1024, /* gathered while one writes: then it is told to wait */
};

static int check_request(const struct chunk *chunk, const struct store_append_request *request,
        struct dfs_error *err);
static int open_chunk(struct store *store, const struct store_append_request *request,
        struct chunk **ret, struct dfs_error *err);
static int fed(struct store_append *append, int rc, struct dfs_error *err);
static void failed(struct store_append *append, int status, const struct dfs_error *err);
static void write_on(struct store_append *append);
static void written(struct intake *intake, int status, const struct dfs_error *err);
static void finish(struct store_append *append);
static void settle(struct store_append *append);
static void durable(struct sync_wait *wait);
static void detach(struct store_append *append);
static void give_up(struct store_append *append);
static struct store_append *first_with(const struct dir *dir, enum sync_kind kind, bool choked);
static void flow(struct store_append *append);

int store_append_begin(struct store *store, const struct store_append_request *request,
        struct store_append_events events, struct store_append **ret, struct dfs_error *err)
{
	struct store_append *append = calloc(1, sizeof(*append));
	struct chunk *chunk;
	int rc;

	if (!append)
		return error_set(err, DFS_E_NOMEM, "no memory for an append");
	rc = open_chunk(store, request, &chunk, err);
	if (rc < 0) {
		free(append);
		return rc;
	}
	append->magic = APPEND_MAGIC;
	append->store = store;
	append->chunk = chunk;
	append->events = events;
	append->kind = request->sync ? SYNC_PROMPT : SYNC_LAZY;
	append->lent = request->lent;
	append->flowing = true;
	intake_init(&append->intake, chunk, request->allowance);
	append->intake.written = written;
	append->intake.allocate = request->lent ? request->expected : 0;
	sync_kind(chunk, append->kind);
	append->next = chunk->dir->appends;
	if (append->next)
		append->next->prev = append;
	chunk->dir->appends = append;
	chunk->append = append;
	store->running++;
	*ret = append;
	return 0;
}

int store_append_feed(
        struct store_append *append, const void *bytes, size_t size, struct dfs_error *err)
{
	int rc = append->status;

	assert(append->magic == APPEND_MAGIC && !append->ended && !append->lent);
	if (rc == 0)
		rc = intake_feed(&append->intake, bytes, size, &append->err);
	return fed(append, rc, err);
}

int store_append_lend(struct store_append *append, struct slab *slab, size_t at, size_t size,
        struct dfs_error *err)
{
	int rc = append->status;

	assert(append->magic == APPEND_MAGIC && !append->ended && append->lent);
	assert(at + size <= SLAB_BYTES);
	if (rc == 0)
		rc = intake_lend(&append->intake, slab, at, size, &append->err);
	rc = fed(append, rc, err);
	if (rc == 0)
		write_on(append);
	return rc;
}

/* The chunk given up in there has said so itself. */
static int fed(struct store_append *append, int rc, struct dfs_error *err)
{
	const struct dir *dir = append->chunk->dir;

	if (rc < 0 && append->status == 0) {
		append->status = rc;
		chunk_where(append->chunk, &append->err);
	}
	if (append->status < 0) {
		if (err)
			*err = append->err;
		return append->status;
	}
	append->choked = dir->choked[append->kind];
	flow(append);
	return 0;
}

void store_append_sofar(const struct store_append *append, uint64_t *ret_bytes, uint32_t *ret_crc)
{
	assert(append->magic == APPEND_MAGIC);
	intake_sofar(&append->intake, ret_bytes, ret_crc);
}

void store_append_end(struct store_append *append)
{
	struct chunk *chunk = append->chunk;

	assert(append->magic == APPEND_MAGIC && !append->ended);
	append->ended = true;
	if (append->status == 0 && !intake_whole(&append->intake)) {
		append->status = error_set(
		        &append->err, DFS_E_PROTO, "the body ends in the middle of a record");
		chunk_where(chunk, &append->err);
	}
	finish(append);
}

/* What is whole is still written: what is here need not be sent again, to the chunk's seal. */
void store_append_cancel(struct store_append *append)
{
	assert(append->magic == APPEND_MAGIC && !append->cancelled);
	append->cancelled = true;
	give_up(append);
}

void append_stop(struct store_append *append, bool waiting_too, int code, const char *why)
{
	if (!append || append->status < 0 || (append->ended && !waiting_too))
		return;
	append->status = error_set(&append->err, code, "%s", why);
	chunk_where(append->chunk, &append->err);
	if (!append->ended)
		intake_fini(&append->intake);
}

void append_choke(struct dir *dir, enum sync_kind kind)
{
	struct store_append *append;

	dir->choked[kind] = true;
	while ((append = first_with(dir, kind, false)) && dir->choked[kind]) {
		append->choked = true;
		flow(append);
	}
}

void append_release(struct dir *dir)
{
	struct store_append *append;

	for (enum sync_kind kind = 0; kind < SYNC_KINDS; kind++) {
		if (!dir->choked[kind] || dir->unsynced[kind] > dir->unsynced_max[kind] / 2)
			continue;
		dir->choked[kind] = false;
		while ((append = first_with(dir, kind, true)) && !dir->choked[kind]) {
			append->choked = false;
			flow(append);
		}
	}
}

void append_go_on(struct store_append *append)
{
	if (append && append->lent)
		write_on(append);
}

void append_free_all(struct store *store)
{
	for (size_t i = 0; i < store->dirs_count; i++)
		while (store->dirs[i].appends) {
			struct store_append *append = store->dirs[i].appends;

			store->dirs[i].appends = append->next;
			intake_free(&append->intake);
			free(append);
		}
}

/* ---- who may write
 * ------------------------------------------------------------------------------------------------
 */

static int open_chunk(struct store *store, const struct store_append_request *request,
        struct chunk **ret, struct dfs_error *err)
{
	struct slot *slot = table_find(&store->table, request->chunk);
	struct chunk *chunk;
	int rc;

	if (copy_under_way(store, request->chunk))
		return error_set(err, DFS_E_BUSY, "chunk %016" PRIx64 " is being copied here",
		        request->chunk);
	if (!slot && !request->create)
		return error_set(
		        err, DFS_E_NOENT, "chunk %016" PRIx64 " is not here", request->chunk);
	if (!slot && request->offset != 0)
		return error_set(err, DFS_E_RANGE,
		        "chunk %016" PRIx64 " is not here and would begin at byte %" PRIu64,
		        request->chunk, request->offset);
	if (!slot)
		return chunk_make(store, request->chunk, request->version, ret, err);
	chunk = store_chunk_get(store, slot);
	if (!chunk)
		return error_set(err, DFS_E_NOMEM, "no memory for a chunk");
	rc = check_request(chunk, request, err);
	if (rc == 0)
		rc = chunk_open_files(chunk, err);
	if (rc < 0)
		chunk_unref(chunk);
	else
		*ret = chunk;
	return rc;
}

static int check_request(const struct chunk *chunk, const struct store_append_request *request,
        struct dfs_error *err)
{
	if (chunk->state == STORE_BAD)
		return error_set(err, DFS_E_IO, "chunk %016" PRIx64 " was given up here: %s",
		        chunk->id, chunk->why);
	if (request->version != chunk->version)
		return error_set(err, DFS_E_STALE,
		        "chunk %016" PRIx64 " has version %" PRIu64 " here, not %" PRIu64,
		        chunk->id, chunk->version, request->version);
	if (chunk->state != STORE_OPEN)
		return error_set(err, DFS_E_SEALED, "chunk %016" PRIx64 " is %s", chunk->id,
		        chunk->state == STORE_SEALED ? "sealed" : "frozen");
	if (chunk->append || chunk->jobs)
		return error_set(err, DFS_E_BUSY, "chunk %016" PRIx64 " is busy: %s", chunk->id,
		        chunk->append ? "another append writes to it" : "it is being closed");
	if (request->offset != chunk->length)
		return error_set(err, DFS_E_RANGE,
		        "chunk %016" PRIx64 " has %" PRIu64
		        " bytes here, an append would begin at %" PRIu64,
		        chunk->id, chunk->length, request->offset);
	if (request->allowance < chunk->length)
		return error_set(err, DFS_E_RANGE,
		        "chunk %016" PRIx64 " has %" PRIu64 " bytes here, more than the %" PRIu64
		        " allowed",
		        chunk->id, chunk->length, request->allowance);
	return 0;
}

/* ---- what workers write
 * ------------------------------------------------------------------------------------------- */

static void failed(struct store_append *append, int status, const struct dfs_error *err)
{
	if (append->status < 0)
		return;
	append->status = status;
	append->err = *err;
	chunk_where(append->chunk, &append->err);
}

/*
 * Give a worker what is gathered: all of it at the end, else when it is worth a call. A job of the
 * chunk goes before what is still coming in.
 */
static void write_on(struct store_append *append)
{
	struct intake *intake = &append->intake;
	size_t waiting = intake_waiting(intake);
	struct dfs_error err = {0};
	int rc = 0;

	if (!intake->writing && waiting > 0 &&
	        (append->ended || append->cancelled ||
	                (waiting >= WRITE_BYTES && !append->chunk->jobs)))
		rc = intake_write(intake, &err);
	if (rc < 0)
		failed(append, rc, &err);
	append->behind =
	        append->status == 0 && intake->writing &&
	        intake_waiting(intake) > (append->behind ? BEHIND_BYTES / 2 : BEHIND_BYTES);
	flow(append);
}

static void written(struct intake *intake, int status, const struct dfs_error *err)
{
	struct store_append *append = LATER_OF(intake, struct store_append, intake);

	assert(append->magic == APPEND_MAGIC);
	if (status < 0)
		failed(append, status, err);
	if (append->cancelled)
		give_up(append);
	else if (append->ended)
		finish(append);
	else
		write_on(append);
}

/* ---- its end
 * --------------------------------------------------------------------------------------------------------
 */

/* All was fed: what is gathered is written first. */
static void finish(struct store_append *append)
{
	struct chunk *chunk = append->chunk;

	assert(append->ended);
	if (chunk->state != STORE_OPEN)
		intake_fini(&append->intake);
	if (append->lent)
		write_on(append);
	if (append->intake.writing)
		return;
	settle(append);
	sync_wait(
	        chunk, &append->wait, append->kind == SYNC_PROMPT && append->status == 0, durable);
}

/* No more bytes: whole records that were written go into the index, also after an error. */
static void settle(struct store_append *append)
{
	struct chunk *chunk = append->chunk;
	struct dfs_error err = {0};
	int rc;

	intake_fini(&append->intake);
	if (chunk->state != STORE_OPEN)
		return;
	rc = journal_write(chunk, NULL, &err);
	if (rc < 0 && chunk->state != STORE_BAD)
		journal_forget_unwritten(chunk);
	if (rc < 0 && append->status == 0) {
		append->status = rc;
		append->err = err;
	}
}

static void durable(struct sync_wait *wait)
{
	struct store_append *append = LATER_OF(wait, struct store_append, wait);
	struct chunk *chunk = append->chunk;
	struct store_held held;

	assert(append->magic == APPEND_MAGIC);
	if (wait->status < 0 && append->status == 0)
		append->status = error_set(&append->err, wait->status,
		        "chunk %016" PRIx64 " was given up here: %s", chunk->id, chunk->why);
	chunk_held(chunk, &held);
	if (append->status == 0)
		held.length = append->intake.end;
	chunk_ref(chunk);
	detach(append);
	append->events.done(append->events.arg, append->status,
	        append->status < 0 ? &append->err : NULL, &held);
	intake_free(&append->intake);
	free(append);
	chunk_unref(chunk);
}

/* Cancelled: over when no worker writes for it any more. */
static void give_up(struct store_append *append)
{
	if (append->chunk->state != STORE_OPEN)
		intake_fini(&append->intake);
	if (append->lent)
		write_on(append);
	if (append->intake.writing)
		return;
	if (!append->wait.chunk) /* else it was settled */
		settle(append);
	sync_wait_drop(&append->wait);
	detach(append);
	intake_free(&append->intake);
	free(append);
}

static void detach(struct store_append *append)
{
	struct chunk *chunk = append->chunk;

	assert(chunk->append == append);
	chunk->append = NULL;
	if (append->prev)
		append->prev->next = append->next;
	else
		chunk->dir->appends = append->next;
	if (append->next)
		append->next->prev = append->prev;
	append->magic = 0;
	append->store->running--;
	chunk_unref(chunk);
}

/* The first that feeds and is choked, or not. `flow` may do anything, so the list is looked at anew
 * each time. */
static struct store_append *first_with(const struct dir *dir, enum sync_kind kind, bool choked)
{
	struct store_append *append = dir->appends;

	while (append && (append->ended || append->cancelled || append->kind != kind ||
	                         append->choked != choked))
		append = append->next;
	return append;
}

static void flow(struct store_append *append)
{
	bool wanted = !append->choked && !append->behind;

	if (append->ended || append->cancelled || append->flowing == wanted)
		return;
	append->flowing = wanted;
	if (append->events.flow)
		append->events.flow(append->events.arg, wanted);
}
