/* SPDX-License-Identifier: MIT */
/*
 * Reads: pieces in order, each verified before a byte of it is given (RULES 8 is the ticket's and
 * the caller's).
 *
 *   more --> index loaded? --> piece in memory? --> give it
 *                |no               |no: preadv_now, or a worker where that would block
 *              load.c
 *
 * Once a read had to wait for the disk, the next piece is fetched while the last one is being sent:
 * one ahead, no more.
 */
#include "store/read.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "store/fetch.h"
#include "store/salvage.h"

struct store_read {
	uint32_t magic;
	struct store *store;
	struct chunk *chunk;
	struct store_read *next, *prev;
	struct store_read_events events;
	uint64_t from, length;
	uint64_t offset, end; /* the next piece begins here; the read ends there */
	bool framed;
	bool salvage, any; /* one span at a time of a replica that is not good; of any such */
	uint64_t version;
	uint64_t missing_from, missing_to; /* salvage: what it cannot give */
	struct fetch *lent;                /* the caller looks at it until the next `more` */
	struct fetch *ahead;               /* read or being read: from `offset` on */
	bool fetching;                     /* a worker reads into `ahead` */
	bool loading;
	bool wanted;  /* the caller waits for a piece */
	bool pumping; /* inside read_pump */
	bool cancelled;
	bool cold; /* the disk was needed */
	int status;
	struct dfs_error err;
	struct load_wait load;
};

enum { READ_MAGIC = 0x64616572 };

static bool wants_salvage(const struct slot *slot, const struct store_read_request *request);
static int check_request(
        const struct slot *slot, const struct store_read_request *request, struct dfs_error *err);
static void read_pump(struct store_read *read);
static bool read_step(struct store_read *read);
static void start_load(struct store_read *read);
static void loaded(struct load_wait *wait, int status, const struct dfs_error *err);
static void start_fetch(struct store_read *read, bool on_loop);
static void fetch_run(struct io_work *work);
static void fetch_done(struct io_work *work);
static void judge(struct store_read *read);
static int cut_meanwhile(struct store_read *read);
static int check_salvage(struct store_read *read);
static const struct span *span_at(struct store_read *read);
static int missing(struct store_read *read, int code, uint64_t to, const char *how);
static void deliver(struct store_read *read);
static void finish(struct store_read *read);
static void release(struct store_read *read);

int store_read_begin(struct store *store, const struct store_read_request *request,
        struct store_read_events events, struct store_read **ret, struct dfs_error *err)
{
	struct slot *slot = table_find(&store->table, request->chunk);
	struct store_read *read;
	bool salvage;
	int rc;

	if (!slot)
		return error_set(
		        err, DFS_E_NOENT, "chunk %016" PRIx64 " is not here", request->chunk);
	salvage = wants_salvage(slot, request);
	rc = salvage ? 0 : check_request(slot, request, err);
	if (rc < 0)
		return rc;
	read = calloc(1, sizeof(*read));
	if (read)
		read->chunk = salvage ? chunk_salvage(store, slot) : store_chunk_get(store, slot);
	if (!read || !read->chunk) {
		free(read);
		return error_set(err, DFS_E_NOMEM, "no memory for a read");
	}
	read->magic = READ_MAGIC;
	read->store = store;
	read->events = events;
	read->from = read->offset = request->offset;
	read->length = request->length;
	read->end = request->offset + request->length;
	read->framed = request->framed;
	read->salvage = salvage;
	read->any = request->any_spans;
	read->version = request->version;
	read->next = store->reads;
	if (read->next)
		read->next->prev = read;
	store->reads = read;
	store->running++;
	*ret = read;
	return 0;
}

uint64_t store_read_body_size(const struct store_read *read)
{
	const struct spans *spans = &read->chunk->spans;
	size_t first, last;

	assert(read->magic == READ_MAGIC);
	if (!read->framed || read->length == 0)
		return read->length;
	if (!read->chunk->loaded)
		return UINT64_MAX;
	first = spans_find(spans, read->from);
	last = spans_find(spans, read->end - 1);
	return read->length + (uint64_t)(last - first + 1) * FRAME_HEADER_SIZE;
}

void store_read_more(struct store_read *read)
{
	assert(read->magic == READ_MAGIC && !read->wanted && !read->cancelled);
	read->wanted = true;
	fetch_give(read->store, read->lent);
	read->lent = NULL;
	if (!read->pumping)
		read_pump(read);
}

void store_read_cancel(struct store_read *read)
{
	assert(read->magic == READ_MAGIC && !read->cancelled);
	read->cancelled = true;
	if (!read->pumping && !read->fetching)
		release(read);
}

void read_free_all(struct store *store)
{
	while (store->reads) {
		struct store_read *read = store->reads;

		store->reads = read->next;
		fetch_give(store, read->lent);
		fetch_give(store, read->ahead);
		free(read);
	}
}

bool store_read_missing(const struct store_read *read, uint64_t *ret_from, uint64_t *ret_to)
{
	assert(read->magic == READ_MAGIC);
	if (read->missing_to <= read->missing_from)
		return false;
	*ret_from = read->missing_from;
	*ret_to = read->missing_to;
	return true;
}

/* A good one is read as such, also by who would take less. */
static bool wants_salvage(const struct slot *slot, const struct store_read_request *request)
{
	if (!request->spans && !request->any_spans)
		return false;
	if (request->any_spans && check_request(slot, request, NULL) < 0)
		return true;
	return slot->state == STORE_BAD;
}

static int check_request(
        const struct slot *slot, const struct store_read_request *request, struct dfs_error *err)
{
	if (slot->state == STORE_BAD)
		return error_set(err, DFS_E_CORRUPT, "chunk %016" PRIx64 " was given up here: %s",
		        slot->chunk, slot->loaded->why);
	if (slot->version < request->version)
		return error_set(err, DFS_E_STALE,
		        "chunk %016" PRIx64 " has version %" PRIu64 " here, not %" PRIu64,
		        slot->chunk, slot->version, request->version);
	if (request->offset > slot->length || request->length > slot->length - request->offset)
		return error_set(err, DFS_E_RANGE,
		        "chunk %016" PRIx64 " has %" PRIu64 " bytes here; %" PRIu64 " from %" PRIu64
		        " on were asked for",
		        slot->chunk, slot->length, request->length, request->offset);
	return 0;
}

/* Calls back as often as the caller asks for more within the call-backs. The read may be gone
 * afterwards. */
static void read_pump(struct store_read *read)
{
	read->pumping = true;
	while (read->wanted && !read->cancelled && read_step(read))
		;
	read->pumping = false;
	if (read->cancelled && !read->fetching)
		release(read);
}

/* One thing that can be done now; false where something is awaited. */
static bool read_step(struct store_read *read)
{
	if (read->fetching || read->loading)
		return false;
	if (read->status == 0 && read->offset < read->end) {
		if (read->ahead)
			deliver(read);
		else if (!read->chunk->loaded)
			start_load(read);
		else
			start_fetch(read, true);
		return true;
	}
	finish(read);
	return true;
}

static void start_load(struct store_read *read)
{
	int rc;

	read->load.ready = loaded;
	rc = chunk_load(read->chunk, &read->load);
	if (rc < 0)
		read->status = error_set(&read->err, rc, "no memory for an index");
	else
		read->loading = true;
}

static void loaded(struct load_wait *wait, int status, const struct dfs_error *err)
{
	struct store_read *read = LATER_OF(wait, struct store_read, load);

	assert(read->magic == READ_MAGIC);
	read->loading = false;
	if (status < 0) {
		read->status = status;
		read->err = *err;
		chunk_where(read->chunk, &read->err);
		if (status == DFS_E_NOENT || status == DFS_E_IO || status == DFS_E_CORRUPT) {
			read->missing_from = read->from;
			read->missing_to = read->end;
		}
	} else if (read->salvage) {
		read->status = check_salvage(read);
	}
	read_pump(read);
}

/* Read the piece at `offset` into `ahead`: on the loop where it is cached, else by a worker. */
static void start_fetch(struct store_read *read, bool on_loop)
{
	struct fetch *fetch;
	uint64_t to = read->end;
	int rc;

	if (read->salvage) {
		const struct span *span = span_at(read);

		if (!span)
			return;
		to = span->offset + span->size < to ? span->offset + span->size : to;
	} else if (read->end > read->chunk->length) {
		read->status = cut_meanwhile(read);
		return;
	}
	fetch = fetch_take(read->store);
	rc = fetch ? chunk_open_files(read->chunk, &read->err) : DFS_E_NOMEM;

	if (rc < 0) {
		if (!fetch)
			error_set(&read->err, rc, "no memory for a piece");
		fetch_give(read->store, fetch);
		read->status = rc;
		return;
	}
	read->ahead = fetch;
	fetch_plan(fetch, read->chunk, read->offset, to, read->framed);
	if (on_loop && fetch_now(fetch)) {
		judge(read);
		return;
	}
	read->cold = true;
	read->fetching = true;
	fetch->owner = read;
	fetch->work = (struct io_work){.run = fetch_run, .done = fetch_done, .lane = IO_LANE_BULK};
	io_work_submit(read->store->io, &fetch->work);
}

static void fetch_run(struct io_work *work)
{
	fetch_read(LATER_OF(work, struct fetch, work));
}

static void fetch_done(struct io_work *work)
{
	struct store_read *read = LATER_OF(work, struct fetch, work)->owner;

	assert(read->magic == READ_MAGIC && read->fetching);
	read->fetching = false;
	if (!read->cancelled)
		judge(read);
	read_pump(read);
}

/* A piece that is not what it must be ends the read; where the disk is at fault, the replica too.
 */
static void judge(struct store_read *read)
{
	const struct fetch *fetch = read->ahead;
	struct chunk *chunk = read->chunk;

	if (fetch_good(fetch))
		return;
	if (fetch->to > chunk->length)
		read->status = cut_meanwhile(read);
	else if (fetch->got < 0)
		read->status = error_set(&read->err, dir_code((int)fetch->got),
		        "bytes from %" PRIu64 " on cannot be read: %s", fetch->spans[0].offset,
		        strerror((int)-fetch->got));
	else if (fetch->bad < 0)
		read->status = error_set(&read->err, DFS_E_CORRUPT,
		        "its .data file ends before byte %" PRIu64, fetch->to);
	else
		read->status = error_set(&read->err, DFS_E_CORRUPT,
		        "the span at byte %" PRIu64 " fails its checksum",
		        fetch->spans[fetch->bad].offset);
	if (read->salvage) {
		read->missing_from = read->offset;
		read->missing_to = fetch->to;
	} else if (read->status == DFS_E_CORRUPT || read->status == DFS_E_IO) {
		chunk_bad(chunk, "%s", read->err.text);
	}
	if (read->status != DFS_E_RANGE)
		chunk_where(chunk, &read->err);
}

/* The seal was at a shorter length than what was being read: bytes that nobody acknowledged. */
static int cut_meanwhile(struct store_read *read)
{
	return error_set(&read->err, DFS_E_RANGE,
	        "chunk %016" PRIx64 " was cut to %" PRIu64 " bytes meanwhile", read->chunk->id,
	        read->chunk->length);
}

/* ---- of a replica that is not good ---- */

/* A reader's byte must be one of the sealed sequence; who checks the whole may have it all. */
static int check_salvage(struct store_read *read)
{
	const struct chunk *chunk = read->chunk;

	if (read->any || (chunk->state == STORE_SEALED && chunk->version >= read->version))
		return 0;
	return missing(read, DFS_E_CORRUPT, read->end, "it was given up here before it was sealed");
}

/* The span of the next byte; NULL where it has none, which ends the read. */
static const struct span *span_at(struct store_read *read)
{
	const struct spans *spans = &read->chunk->spans;
	size_t at = spans_find(spans, read->offset);

	if (at == spans->count)
		read->status = missing(read, DFS_E_RANGE, read->end, "it ends before that here");
	else if (spans->array[at].flags & SPAN_HOLE)
		read->status = missing(read, DFS_E_CORRUPT,
		        spans->array[at].offset + spans->array[at].size,
		        "its index is damaged there");
	return read->status < 0 ? NULL : &spans->array[at];
}

static int missing(struct store_read *read, int code, uint64_t to, const char *how)
{
	read->missing_from = read->offset;
	read->missing_to = to < read->end ? to : read->end;
	error_set(&read->err, code, "bytes from %" PRIu64 " on: %s", read->offset, how);
	return chunk_where(read->chunk, &read->err);
}

static void deliver(struct store_read *read)
{
	struct fetch *fetch = read->ahead;

	read->ahead = NULL;
	read->lent = fetch;
	read->wanted = false;
	read->offset = fetch->to;
	if (read->cold && read->offset < read->end)
		start_fetch(read, false);
	read->events.piece(read->events.arg, fetch->piece, fetch->piece_size);
}

static void finish(struct store_read *read)
{
	read->wanted = false;
	read->cancelled = true; /* for the pump, which frees it */
	read->events.done(read->events.arg, read->status, read->status < 0 ? &read->err : NULL);
}

static void release(struct store_read *read)
{
	struct chunk *chunk = read->chunk;

	assert(!read->fetching);
	if (read->loading)
		chunk_load_drop(chunk, &read->load);
	fetch_give(read->store, read->lent);
	fetch_give(read->store, read->ahead);
	if (read->prev)
		read->prev->next = read->next;
	else
		read->store->reads = read->next;
	if (read->next)
		read->next->prev = read->prev;
	read->store->running--;
	read->magic = 0;
	free(read);
	chunk_unref(chunk);
}
