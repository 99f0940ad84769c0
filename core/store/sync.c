/* SPDX-License-Identifier: MIT */
/* Making chunks durable: lanes, who waits for them, and the bound on bytes that are not on disk
 * yet. */
#include "store/sync.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "store/append.h"
#include "store/chunk.h"

enum {
	/* A chunk is written back in steps of one eighth of its directory's bound (8 MiB of 64),
	 * and synced when it holds a quarter of it. */
	WRITE_BACK_PART = 8,
	SYNC_PART = 4,
	/* Lanes that sync what nobody waits for, at once: workers are left for who does wait. */
	BACKGROUND_LANES = 3,
};

static void lane_init(struct chunk *chunk, enum sync_lane_kind kind);
static void lane_start(struct sync_lane *lane);
static void background(struct store *store);
static struct chunk *most_due(struct store *store);
static void lane_run(struct io_work *work);
static void lane_done(struct io_work *work);
static void lane_advance(struct sync_lane *lane);
static void lane_failed(struct sync_lane *lane);
static void write_back_start(struct chunk *chunk, uint64_t end);
static void write_back_run(struct io_work *work);
static void write_back_done(struct io_work *work);
static bool much_unsynced(const struct chunk *chunk);
static void uncount(struct chunk *chunk, const uint64_t bytes[SYNC_KINDS]);
static void choke(struct dir *dir, enum sync_kind kind, struct store *store);
static bool satisfied(const struct sync_wait *wait);
static void wake(struct chunk *chunk);
static void call_ready(struct later *later);
static void set_dirty(struct chunk *chunk);
static void set_clean(struct chunk *chunk);

void sync_init(struct chunk *chunk)
{
	lane_init(chunk, SYNC_DATA);
	lane_init(chunk, SYNC_INDEX);
	lane_init(chunk, SYNC_NAME);
	chunk->sync.back.run = write_back_run;
	chunk->sync.back.done = write_back_done;
	chunk->sync.back.lane = IO_LANE_DISK;
}

void sync_recovered(struct chunk *chunk, uint64_t synced)
{
	struct sync *sync = &chunk->sync;

	sync->lanes[SYNC_DATA].durable_length = synced;
	sync->lanes[SYNC_NAME].written = 1;
	sync->lanes[SYNC_INDEX].written = chunk->index_size;
	sync->back_done = sync->data_end = chunk->length;
	sync->room_end = UINT64_MAX;
	sync->lanes[SYNC_DATA].written = 1;
	sync->unsynced[SYNC_PROMPT] = 1;
	chunk->dir->unsynced[SYNC_PROMPT] += 1;
}

void sync_wrote(struct chunk *chunk, uint64_t bytes, uint64_t end)
{
	struct sync *sync = &chunk->sync;
	struct sync_lane *lane = &sync->lanes[SYNC_DATA];
	struct dir *dir = chunk->dir;
	enum sync_kind kind = sync->kind;

	lane->written += bytes;
	sync->unsynced[kind] += bytes;
	dir->unsynced[kind] += bytes;
	set_dirty(chunk);
	if (end > sync->data_end)
		sync->data_end = end;
	if (end < sync->back_done) /* a cancelled append's place is written again */
		sync->back_done = end;
	if (!sync->back_busy && end - sync->back_done >= dir->unsynced_max[kind] / WRITE_BACK_PART)
		write_back_start(chunk, end);
	if (!lane->busy && much_unsynced(chunk))
		lane_start(lane);
	if (dir->unsynced[kind] > dir->unsynced_max[kind])
		choke(dir, kind, chunk->store);
}

void sync_wrote_index(struct chunk *chunk, uint64_t size)
{
	chunk->sync.lanes[SYNC_INDEX].written = size;
	set_dirty(chunk);
}

void sync_named(struct chunk *chunk)
{
	chunk->sync.lanes[SYNC_NAME].written++;
	set_dirty(chunk);
}

void sync_wait(struct chunk *chunk, struct sync_wait *wait, bool wanted,
        void (*ready)(struct sync_wait *wait))
{
	assert(!wait->queued && !wait->later.queued);
	wait->chunk = chunk;
	wait->ready = ready;
	wait->status = chunk->state == STORE_BAD ? DFS_E_IO : 0;
	for (int i = 0; i < SYNC_LANES; i++) {
		struct sync_lane *lane = &chunk->sync.lanes[i];

		wait->marks[i] = wanted ? lane->written : 0;
		if (wait->status == 0 && wait->marks[i] > lane->wanted)
			lane->wanted = wait->marks[i];
	}
	if (wait->status < 0 || satisfied(wait)) {
		later_add(&chunk->store->laters, &wait->later, call_ready);
		return;
	}
	wait->queued = true;
	wait->next = chunk->sync.waits;
	chunk->sync.waits = wait;
	for (int i = 0; i < SYNC_LANES; i++) {
		struct sync_lane *lane = &chunk->sync.lanes[i];

		if (!lane->busy && lane->wanted > lane->durable)
			lane_start(lane);
	}
}

void sync_wait_drop(struct sync_wait *wait)
{
	struct sync_wait **at;

	if (!wait->chunk)
		return;
	later_drop(&wait->chunk->store->laters, &wait->later);
	if (!wait->queued)
		return;
	for (at = &wait->chunk->sync.waits; *at != wait; at = &(*at)->next)
		;
	*at = wait->next;
	wait->queued = false;
}

void sync_abandon(struct chunk *chunk, int status)
{
	assert(chunk->users > 0); /* the dirty list may have been its last user but one */
	uncount(chunk, chunk->sync.unsynced);
	chunk->sync.seal_when_clean = false;
	while (chunk->sync.waits) {
		struct sync_wait *wait = chunk->sync.waits;

		chunk->sync.waits = wait->next;
		wait->queued = false;
		wait->status = status;
		later_add(&chunk->store->laters, &wait->later, call_ready);
	}
	for (int i = 0; i < SYNC_LANES; i++) {
		struct sync_lane *lane = &chunk->sync.lanes[i];

		lane->durable = lane->wanted = lane->written;
	}
	set_clean(chunk);
	append_release(chunk->dir);
}

uint64_t sync_length(const struct chunk *chunk)
{
	return chunk->sync.lanes[SYNC_DATA].durable_length;
}

void sync_cut(struct chunk *chunk, uint64_t length)
{
	struct sync_lane *lane = &chunk->sync.lanes[SYNC_DATA];

	if (lane->durable_length > length)
		lane->durable_length = length;
	if (lane->covers_length > length)
		lane->covers_length = length;
}

bool sync_clean(const struct chunk *chunk)
{
	for (int i = 0; i < SYNC_LANES; i++)
		if (chunk->sync.lanes[i].durable < chunk->sync.lanes[i].written)
			return false;
	return true;
}

static uint64_t due_of(const struct chunk *chunk)
{
	return io_mono_ms(chunk->store->io) +
	       (chunk->sync.kind == SYNC_PROMPT ? STORE_SYNC_AFTER_MS : STORE_ASYNC_AFTER_MS);
}

void sync_kind(struct chunk *chunk, enum sync_kind kind)
{
	struct sync *sync = &chunk->sync;

	sync->kind = kind;
	/* A chunk that was just made is dirty by its name alone: that may wait too. */
	if (sync->unsynced[SYNC_PROMPT] == 0 || due_of(chunk) < sync->due_ms)
		sync->due_ms = due_of(chunk);
}

void store_flush(struct store *store)
{
	for (struct chunk *chunk = store->dirty; chunk; chunk = chunk->sync.dirty_next)
		chunk->sync.due_ms = 0;
	background(store);
}

void sync_fired(void *arg)
{
	struct store *store = arg;

	store->sync_timer_set = false;
	background(store);
	if (store->dirty) {
		store->sync_timer_set = true;
		io_timer_set(store->io, store->sync_timer, STORE_SYNC_AFTER_MS);
	}
}

/* ---- lanes
 * ---------------------------------------------------------------------------------------------------
 */

static void lane_init(struct chunk *chunk, enum sync_lane_kind kind)
{
	chunk->sync.lanes[kind] = (struct sync_lane){
	        .work = {.run = lane_run, .done = lane_done, .lane = IO_LANE_DISK},
	        .chunk = chunk,
	        .kind = kind,
	};
}

static void lane_start(struct sync_lane *lane)
{
	assert(!lane->busy && lane->written > lane->durable);
	assert(lane->kind == SYNC_NAME || lane->chunk->data >= 0);
	lane->busy = true;
	lane->covers = lane->written;
	lane->covers_length = lane->chunk->length;
	if (lane->kind == SYNC_DATA)
		memcpy(lane->chunk->sync.covers, lane->chunk->sync.unsynced,
		        sizeof(lane->chunk->sync.covers));
	chunk_ref(lane->chunk);
	lane->chunk->store->running++;
	io_work_submit(lane->chunk->store->io, &lane->work);
}

/* What nobody waits for, oldest first, a few at a time. */
static void background(struct store *store)
{
	struct chunk *chunk;

	while (store->background_lanes < BACKGROUND_LANES && (chunk = most_due(store)))
		for (int i = 0; i < SYNC_LANES; i++) {
			struct sync_lane *lane = &chunk->sync.lanes[i];

			if (lane->busy || lane->durable == lane->written)
				continue;
			lane->background = true;
			store->background_lanes++;
			lane_start(lane);
		}
}

/* The chunk whose time came first, of those with something to start. */
static struct chunk *most_due(struct store *store)
{
	uint64_t due_ms = io_mono_ms(store->io);
	struct chunk *found = NULL;

	for (struct chunk *chunk = store->dirty; chunk; chunk = chunk->sync.dirty_next) {
		bool idle = false;

		for (int i = 0; i < SYNC_LANES; i++)
			idle |= !chunk->sync.lanes[i].busy &&
			        chunk->sync.lanes[i].durable < chunk->sync.lanes[i].written;
		if (idle && chunk->sync.due_ms <= due_ms) {
			due_ms = chunk->sync.due_ms;
			found = chunk;
		}
	}
	return found;
}

/* On a worker: reads what stays while the lane is busy. */
static void lane_run(struct io_work *work)
{
	struct sync_lane *lane = LATER_OF(work, struct sync_lane, work);
	struct chunk *chunk = lane->chunk;
	struct io *io = chunk->store->io;
	char path[DIR_FILE_MAX];

	if (lane->kind == SYNC_NAME) {
		dir_folder_path(chunk->dir, dir_folder_of(chunk->id), path);
		lane->status = io_disk(io, fsync_dir, path);
	} else {
		lane->status = io_disk(
		        io, fdatasync, lane->kind == SYNC_DATA ? chunk->data : chunk->index);
	}
}

static void lane_done(struct io_work *work)
{
	struct sync_lane *lane = LATER_OF(work, struct sync_lane, work);
	struct chunk *chunk = lane->chunk;
	struct store *store = chunk->store;

	assert(chunk->magic == CHUNK_MAGIC && lane->busy);
	lane->busy = false;
	store->running--;
	if (lane->background)
		store->background_lanes--;
	lane->background = false;
	if (chunk->state != STORE_BAD && !chunk->gone) {
		if (lane->status < 0)
			lane_failed(lane);
		else
			lane_advance(lane);
	}
	chunk_unref(chunk);
	background(store);
}

static void lane_advance(struct sync_lane *lane)
{
	struct chunk *chunk = lane->chunk;

	if (lane->kind == SYNC_DATA) {
		uncount(chunk, chunk->sync.covers);
		lane->durable_length = lane->covers_length;
	}
	lane->durable = lane->covers;
	if (lane->wanted > lane->durable || (lane->kind == SYNC_DATA && much_unsynced(chunk)))
		lane_start(lane);
	if (sync_clean(chunk))
		set_clean(chunk);
	append_release(chunk->dir);
	wake(chunk);
}

static void lane_failed(struct sync_lane *lane)
{
	static const char *const files[] = {".data file", ".idx file", "folder"};
	struct chunk *chunk = lane->chunk;

	dir_failed(chunk->dir, lane->status, "a file could not be synced");
	chunk_bad(chunk, "its %s could not be synced: %s", files[lane->kind],
	        strerror(-lane->status));
}

/* ---- write-back, and the bound
 * ---------------------------------------------------------------------------------- */

static void write_back_start(struct chunk *chunk, uint64_t end)
{
	struct sync *sync = &chunk->sync;

	sync->back_busy = true;
	sync->back_offset = sync->back_done;
	sync->back_size = end - sync->back_done;
	sync->back_done = end;
	chunk_ref(chunk);
	chunk->store->running++;
	io_work_submit(chunk->store->io, &sync->back);
}

/* Its failure is the fdatasync's to find. */
static void write_back_run(struct io_work *work)
{
	struct chunk *chunk = LATER_OF(work, struct chunk, sync.back);

	io_disk(chunk->store->io, write_back, chunk->data, chunk->sync.back_offset,
	        chunk->sync.back_size);
}

static void write_back_done(struct io_work *work)
{
	struct chunk *chunk = LATER_OF(work, struct chunk, sync.back);

	assert(chunk->magic == CHUNK_MAGIC && chunk->sync.back_busy);
	chunk->sync.back_busy = false;
	chunk->store->running--;
	chunk_unref(chunk);
}

/* Time to sync the data though nobody waits for it, or appends will have to wait, or do so. */
static bool much_unsynced(const struct chunk *chunk)
{
	const struct sync_lane *lane = &chunk->sync.lanes[SYNC_DATA];
	const struct dir *dir = chunk->dir;

	if (lane->written == lane->durable)
		return false;
	for (int kind = 0; kind < SYNC_KINDS; kind++) {
		uint64_t unsynced = chunk->sync.unsynced[kind];

		if (unsynced > 0 &&
		        (dir->choked[kind] || unsynced >= dir->unsynced_max[kind] / SYNC_PART))
			return true;
	}
	return false;
}

/* `bytes` may be the chunk's own counts. */
static void uncount(struct chunk *chunk, const uint64_t bytes[SYNC_KINDS])
{
	for (int kind = 0; kind < SYNC_KINDS; kind++) {
		uint64_t gone = bytes[kind];

		assert(gone <= chunk->sync.unsynced[kind] && gone <= chunk->dir->unsynced[kind]);
		chunk->sync.unsynced[kind] -= gone;
		chunk->dir->unsynced[kind] -= gone;
	}
}

/* Over the bound: appends wait, and what holds the bytes is synced so that they go on. */
static void choke(struct dir *dir, enum sync_kind kind, struct store *store)
{
	for (struct chunk *chunk = store->dirty; chunk; chunk = chunk->sync.dirty_next) {
		struct sync_lane *lane = &chunk->sync.lanes[SYNC_DATA];

		if (chunk->dir != dir || chunk->sync.unsynced[kind] == 0)
			continue;
		if (kind == SYNC_LAZY)
			chunk->sync.due_ms = 0;
		else if (!lane->busy && lane->durable < lane->written)
			lane_start(lane);
	}
	background(store);
	append_choke(dir, kind);
}

/* ---- who waits
 * ----------------------------------------------------------------------------------------------------
 */

static bool satisfied(const struct sync_wait *wait)
{
	for (int i = 0; i < SYNC_LANES; i++)
		if (wait->chunk->sync.lanes[i].durable < wait->marks[i])
			return false;
	return true;
}

/* `ready` may do anything, so look anew after each. */
static void wake(struct chunk *chunk)
{
	struct sync_wait **at = &chunk->sync.waits;

	while (*at) {
		struct sync_wait *wait = *at;

		if (!satisfied(wait)) {
			at = &wait->next;
			continue;
		}
		*at = wait->next;
		wait->queued = false;
		wait->ready(wait);
		at = &chunk->sync.waits;
	}
}

static void call_ready(struct later *later)
{
	struct sync_wait *wait = LATER_OF(later, struct sync_wait, later);

	wait->ready(wait);
}

/* ---- chunks with something to sync
 * ------------------------------------------------------------------------------ */

static void set_dirty(struct chunk *chunk)
{
	struct store *store = chunk->store;

	if (chunk->sync.dirty)
		return;
	chunk_ref(chunk);
	chunk->sync.dirty = true;
	chunk->sync.due_ms = due_of(chunk);
	chunk->sync.dirty_prev = NULL;
	chunk->sync.dirty_next = store->dirty;
	if (store->dirty)
		store->dirty->sync.dirty_prev = chunk;
	store->dirty = chunk;
	if (!store->sync_timer_set) {
		store->sync_timer_set = true;
		io_timer_set(store->io, store->sync_timer, STORE_SYNC_AFTER_MS);
	}
}

static void set_clean(struct chunk *chunk)
{
	struct sync *sync = &chunk->sync;

	if (!sync->dirty)
		return;
	if (sync->dirty_prev)
		sync->dirty_prev->sync.dirty_next = sync->dirty_next;
	else
		chunk->store->dirty = sync->dirty_next;
	if (sync->dirty_next)
		sync->dirty_next->sync.dirty_prev = sync->dirty_prev;
	sync->dirty = false;
	if (sync->seal_when_clean) {
		sync->seal_when_clean = false;
		seal_self(chunk);
	}
	chunk_unref(chunk);
}
