/* SPDX-License-Identifier: MIT */
/* Passes of the scrub: when one begins, what comes next in it, how fast, and where it is on disk.
 */
#include "store/scrub.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "store/chunk.h"
#include "store/scrubber.h"

enum {
	BUSY_MAX = 2,    /* steps under way at once: workers are there for readers first */
	SKIP_MAX = 4096, /* slots looked at on one turn */
	LOAD_FACTOR = 4, /* slower while others use the disks */
	SAVE_AGAIN_MS = 5 * 60 * 1000, /* a disk that refused it */
};

/* Somebody waits until all directories have saved what was asked. */
struct ask {
	struct store *store;
	struct ask *next; /* scrubs->asks: all */
	struct later later;
	size_t left;
	int status;
	struct dfs_error err;
	store_done *done;
	void *arg;
	struct scrub_wait {
		struct scrub_wait *next;
		struct ask *ask;
	} waits[];
};

static int make(struct store *store, struct dfs_error *err);
static int load(struct scrub *scrub, struct dfs_error *err);
static void fired(void *arg);
static void schedule(struct scrubs *all);
static void step(struct scrub *scrub);
static void begin(struct scrub *scrub);
static uint64_t due_in(const struct scrub *scrub);
static void next_chunk(struct scrub *scrub);
static bool still_there(const struct scrub *scrub);
static void end(struct scrub *scrub);
static uint64_t rate_of(const struct scrub *scrub);
static bool loaded_disk(const struct store *store);
static void save_if_due(struct scrub *scrub);
static void save_run(struct io_work *work);
static void save_done(struct io_work *work);
static struct ask *ask_create(struct store *store, store_done *done, void *arg);
static void ask_wait(struct ask *ask, struct scrub *scrub);
static void ask_answered(struct scrub *scrub, struct scrub_wait *waits);
static void ask_tell(struct later *later);

int store_scrub_start(struct store *store, void (*notice)(void *arg, const char *sentence),
        void *arg, struct dfs_error *err)
{
	struct dfs_error why = {0};
	int rc;

	assert(!store->scrubs);
	rc = make(store, err);
	if (rc < 0)
		return rc;
	store->scrubs->notice = notice;
	store->scrubs->arg = arg;
	for (size_t i = 0; i < store->scrubs->count; i++) {
		struct scrub *scrub = &store->scrubs->scrubs[i];

		if (load(scrub, &why) < 0)
			scrub_notice(scrub, "%s/scrub %s: the scrub of that directory begins anew",
			        scrub->dir->path, why.text);
		/* One that somebody asked for is awaited: it goes on at once. */
		scrub->due_ms = io_mono_ms(store->io);
		if (!scrub->state.running || scrub->state.pass_rate == 0)
			scrub->due_ms += SCRUB_FIRST_MS;
	}
	schedule(store->scrubs);
	return 0;
}

void store_scrub_stop(struct store *store)
{
	if (!store->scrubs)
		return;
	store->scrubs->stopped = true;
	io_timer_cancel(store->io, store->scrubs->timer);
	for (size_t i = 0; i < store->scrubs->count; i++) {
		store->scrubs->scrubs[i].save_wanted |= store->scrubs->scrubs[i].state.running;
		save_if_due(&store->scrubs->scrubs[i]);
	}
}

void store_scrub_now(struct store *store, uint64_t rate, store_done *done, void *arg)
{
	struct scrubs *all = store->scrubs;
	struct ask *ask = ask_create(store, done, arg);

	if (!ask) {
		job_no_memory(0, done, arg);
		return;
	}
	for (size_t i = 0; i < all->count; i++) {
		struct scrub *scrub = &all->scrubs[i];

		scrub->state.pass_rate = rate ? rate : SCRUB_RATE_NOW;
		scrub->state.running = true;
		scrub->state.begun++;
		scrub->state.position = 0;
		scrub->state.checked = 0;
		scrub->state.began_ms = io_wall_ms(store->io);
		scrub->anew = true;
		scrub->due_ms = io_mono_ms(store->io);
		scrub->owed = 0;
		ask_wait(ask, scrub);
	}
	schedule(all);
}

void store_scrub_rate(struct store *store, uint64_t rate, store_done *done, void *arg)
{
	struct scrubs *all = store->scrubs;
	struct ask *ask = ask_create(store, done, arg);

	if (!ask) {
		job_no_memory(0, done, arg);
		return;
	}
	for (size_t i = 0; i < all->count; i++) {
		all->scrubs[i].state.rate = rate;
		all->scrubs[i].state.pass_rate = 0;
		all->scrubs[i].owed = 0;
		ask_wait(ask, &all->scrubs[i]);
	}
	schedule(all);
}

void store_scrub_info(const struct store *store, struct store_scrub_info *ret)
{
	const struct scrubs *all = store->scrubs;
	int64_t now = io_wall_ms(store->io);

	*ret = (struct store_scrub_info){0};
	for (const struct chunk *chunk = store->chunks; chunk; chunk = chunk->next)
		ret->bad += chunk->state == STORE_BAD && !chunk->gone && !chunk->hidden;
	for (size_t i = 0; all && i < all->count; i++) {
		const struct scrub_state *state = &all->scrubs[i].state;
		uint64_t age = UINT64_MAX;

		/* A pass over everything is as old as its begin, a clock set back makes it new. */
		if (state->whole_ms > 0)
			age = now > state->whole_ms ? (uint64_t)(now - state->whole_ms) : 0;
		if (age > ret->oldest_ms)
			ret->oldest_ms = age;
		ret->running += state->running;
		ret->begun += state->begun;
		ret->checked_bytes += state->checked;
		ret->found += state->found;
		ret->extra += state->extra;
		ret->rate += rate_of(&all->scrubs[i]);
	}
	ret->total_bytes = store->used_bytes;
}

void scrub_notice(struct scrub *scrub, const char *format, ...)
{
	char sentence[DFS_ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	if (scrub->all->notice)
		scrub->all->notice(scrub->all->arg, sentence);
}

void scrub_step_done(struct scrub *scrub, uint64_t cost_bytes)
{
	struct scrubs *all = scrub->all;
	uint64_t rate = rate_of(scrub), wait_ms;

	assert(scrub->busy && all->busy > 0);
	scrub->busy = false;
	all->busy--;
	if (loaded_disk(all->store))
		cost_bytes *= LOAD_FACTOR;
	scrub->owed += cost_bytes;
	wait_ms = scrub->owed * 1000 / rate;
	scrub->owed -= wait_ms * rate / 1000;
	scrub->due_ms = io_mono_ms(all->store->io) + wait_ms;
	save_if_due(scrub);
	schedule(all);
}

void scrub_free_all(struct store *store)
{
	struct scrubs *all = store->scrubs;

	if (!all)
		return;
	for (size_t i = 0; i < all->count; i++) {
		struct scrub *scrub = &all->scrubs[i];

		if (scrub->looking)
			look_close(&scrub->look);
		scrub_files_drop(scrub);
		free(scrub->look.room);
	}
	while (all->asks) {
		struct ask *ask = all->asks;

		all->asks = ask->next;
		free(ask);
	}
	io_timer_destroy(store->io, all->timer);
	free(all);
	store->scrubs = NULL;
}

static int make(struct store *store, struct dfs_error *err)
{
	struct scrubs *all = calloc(1, sizeof(*all) + store->dirs_count * sizeof(all->scrubs[0]));
	bool whole = all != NULL;

	store->scrubs = all;
	if (all) {
		all->store = store;
		all->count = store->dirs_count;
		all->timer = io_timer_create(store->io, fired, all);
		whole = all->timer != NULL;
	}
	for (size_t i = 0; whole && i < all->count; i++) {
		struct scrub *scrub = &all->scrubs[i];
		void *room;

		scrub->all = all;
		scrub->dir = &store->dirs[i];
		scrub->look.data = -1;
		whole = posix_memalign(&room, IO_DIRECT, SCRUB_ROOM) == 0;
		if (whole)
			scrub->look.room = room;
	}
	return whole ? 0 : error_set(err, DFS_E_NOMEM, "no memory for the scrub");
}

static int load(struct scrub *scrub, struct dfs_error *err)
{
	int rc = scrub_state_read(scrub->dir, &scrub->state, err);

	if (scrub->state.running)
		scrub->phase = SCRUB_CHUNKS;
	scrub->save_after_ms = io_mono_ms(scrub->all->store->io) + SCRUB_SAVE_MS;
	return rc == DFS_E_NOENT ? 0 : rc;
}

/* ---- turns ---- */

static void fired(void *arg)
{
	struct scrubs *all = arg;
	uint64_t now = io_mono_ms(all->store->io);

	for (size_t i = 0; i < all->count && all->busy < BUSY_MAX; i++) {
		struct scrub *scrub = &all->scrubs[(all->next + i) % all->count];

		if (scrub->busy || due_in(scrub) > 0)
			continue;
		scrub->busy = true;
		all->busy++;
		all->next = (unsigned)((scrub - all->scrubs + 1) % (ptrdiff_t)all->count);
		scrub->due_ms = now;
		step(scrub);
	}
	schedule(all);
}

/* The timer, to the first that is due. */
static void schedule(struct scrubs *all)
{
	uint64_t first = UINT64_MAX;

	if (all->stopped)
		return;
	for (size_t i = 0; i < all->count && all->busy < BUSY_MAX; i++) {
		uint64_t ms = all->scrubs[i].busy ? UINT64_MAX : due_in(&all->scrubs[i]);

		first = ms < first ? ms : first;
	}
	if (first < UINT64_MAX)
		io_timer_set(all->store->io, all->timer, first);
	else
		io_timer_cancel(all->store->io, all->timer);
}

/* At rest the next pass is due by the wall clock: it counts over restarts. One that was set back
 * far must not put it off for longer than the usual time. */
static uint64_t due_in(const struct scrub *scrub)
{
	uint64_t now = io_mono_ms(scrub->all->store->io);
	uint64_t ms = scrub->due_ms > now ? scrub->due_ms - now : 0;
	int64_t since;

	if (scrub->phase != SCRUB_REST || scrub->anew || scrub->state.whole_ms == 0)
		return ms;
	since = io_wall_ms(scrub->all->store->io) - scrub->state.began_ms;
	if (since >= 0 && since < SCRUB_EVERY_MS && (uint64_t)(SCRUB_EVERY_MS - since) > ms)
		return (uint64_t)(SCRUB_EVERY_MS - since);
	return ms;
}

static void step(struct scrub *scrub)
{
	if (scrub->anew || scrub->phase == SCRUB_REST)
		begin(scrub);
	if (scrub->phase == SCRUB_CHUNKS && scrub->looking && !still_there(scrub)) {
		scrub->state.position = scrub->look.id;
		scrub_chunk_drop(scrub);
	}
	if (scrub->phase == SCRUB_CHUNKS && scrub->looking)
		scrub_chunk_step(scrub);
	else if (scrub->phase == SCRUB_CHUNKS)
		next_chunk(scrub);
	else if (scrub_files_step(scrub))
		end(scrub);
}

static void begin(struct scrub *scrub)
{
	if (!scrub->anew) { /* by the clock; who asks for one has filled this in */
		scrub->state.begun++;
		scrub->state.running = true;
		scrub->state.position = 0;
		scrub->state.checked = 0;
		scrub->state.began_ms = io_wall_ms(scrub->all->store->io);
		scrub->state.pass_rate = 0;
	}
	scrub->anew = false;
	scrub_chunk_drop(scrub);
	scrub_files_drop(scrub);
	scrub->phase = SCRUB_CHUNKS;
	scrub->extra = 0;
	scrub->save_wanted = true;
}

/* Sealed ones of this directory, in order of id. */
static void next_chunk(struct scrub *scrub)
{
	struct store *store = scrub->all->store;
	uint64_t after = scrub->state.position;

	for (int i = 0; i < SKIP_MAX && after < UINT64_MAX; i++) {
		const struct slot *slot = table_at_or_after(&store->table, after + 1);

		if (!slot) {
			after = UINT64_MAX;
			break;
		}
		if (slot->state == STORE_SEALED && &store->dirs[slot->dir] == scrub->dir) {
			scrub_chunk_begin(scrub, slot);
			return;
		}
		after = slot->chunk;
	}
	scrub->state.position = after;
	if (after == UINT64_MAX) {
		scrub->phase = SCRUB_FOLDERS;
		scrub->folder = 0;
	}
	scrub_step_done(scrub, 0);
}

/* It may have been deleted, or moved to another disk, while its bytes were waited for. */
static bool still_there(const struct scrub *scrub)
{
	const struct store *store = scrub->all->store;
	const struct slot *slot = table_find(&store->table, scrub->look.id);

	return slot && slot->state == STORE_SEALED && &store->dirs[slot->dir] == scrub->dir;
}

static void end(struct scrub *scrub)
{
	scrub->phase = SCRUB_REST;
	scrub->state.running = false;
	scrub->state.position = 0;
	scrub->state.pass_rate = 0;
	scrub->state.whole_ms = scrub->state.began_ms;
	scrub->state.extra = scrub->extra;
	scrub->save_wanted = true;
	scrub_step_done(scrub, 0);
}

/* ---- pace ---- */

static uint64_t rate_of(const struct scrub *scrub)
{
	const struct scrubs *all = scrub->all;
	uint64_t share = all->store->used_bytes / all->count / (SCRUB_EVERY_MS / 1000);
	uint64_t rate = scrub->state.pass_rate ? scrub->state.pass_rate : scrub->state.rate;

	if (rate == 0)
		rate = share > SCRUB_RATE_DEFAULT ? share : SCRUB_RATE_DEFAULT;
	return rate < SCRUB_RATE_MIN ? SCRUB_RATE_MIN : rate;
}

static bool loaded_disk(const struct store *store)
{
	for (size_t i = 0; i < store->dirs_count; i++)
		if (store->dirs[i].appends)
			return true;
	return store->reads || store->copies;
}

/* ---- the file ---- */

static void save_if_due(struct scrub *scrub)
{
	struct io *io = scrub->all->store->io;
	uint64_t now = io_mono_ms(io);

	if (scrub->saving)
		return;
	if (!scrub->save_wanted && !scrub->waits &&
	        (!scrub->state.running || now < scrub->save_after_ms))
		return;
	scrub->save_wanted = false;
	scrub->saving = true;
	scrub->save_after_ms = now + SCRUB_SAVE_MS;
	scrub->saved = scrub->state;
	scrub->waits_saving = scrub->waits;
	scrub->waits = NULL;
	scrub->all->store->running++;
	scrub->save = (struct io_work){.run = save_run, .done = save_done, .lane = IO_LANE_DISK};
	io_work_submit(io, &scrub->save);
}

static void save_run(struct io_work *work)
{
	struct scrub *scrub = LATER_OF(work, struct scrub, save);

	scrub->save_status = scrub_state_write(scrub->dir, &scrub->saved);
}

/* A place that could not be saved costs work after a restart, and nothing else. */
static void save_done(struct io_work *work)
{
	struct scrub *scrub = LATER_OF(work, struct scrub, save);
	struct scrub_wait *waits = scrub->waits_saving;

	scrub->saving = false;
	scrub->waits_saving = NULL;
	scrub->all->store->running--;
	if (scrub->save_status < 0) {
		scrub_notice(scrub, "%s/scrub cannot be written: %s", scrub->dir->path,
		        strerror(-scrub->save_status));
		scrub->save_after_ms += SAVE_AGAIN_MS;
	}
	ask_answered(scrub, waits);
	if (!scrub->all->stopped)
		save_if_due(scrub);
}

/* ---- those who wait for it ---- */

static struct ask *ask_create(struct store *store, store_done *done, void *arg)
{
	size_t count = store->scrubs->count;
	struct ask *ask = calloc(1, sizeof(*ask) + count * sizeof(ask->waits[0]));

	if (!ask)
		return NULL;
	ask->store = store;
	ask->left = count;
	ask->done = done;
	ask->arg = arg;
	ask->next = store->scrubs->asks;
	store->scrubs->asks = ask;
	return ask;
}

static void ask_wait(struct ask *ask, struct scrub *scrub)
{
	struct scrub_wait *wait = &ask->waits[scrub - scrub->all->scrubs];

	wait->ask = ask;
	wait->next = scrub->waits;
	scrub->waits = wait;
	save_if_due(scrub);
}

static void ask_answered(struct scrub *scrub, struct scrub_wait *waits)
{
	while (waits) {
		struct ask *ask = waits->ask;

		waits = waits->next;
		if (scrub->save_status < 0 && ask->status == 0)
			ask->status = error_set(&ask->err, dir_code(scrub->save_status),
			        "%s/scrub cannot be written: %s", scrub->dir->path,
			        strerror(-scrub->save_status));
		if (--ask->left == 0)
			later_add(&ask->store->laters, &ask->later, ask_tell);
	}
}

static void ask_tell(struct later *later)
{
	struct ask *ask = LATER_OF(later, struct ask, later);
	struct store_held none = {0};

	for (struct ask **at = &ask->store->scrubs->asks; *at; at = &(*at)->next)
		if (*at == ask) {
			*at = ask->next;
			break;
		}
	if (ask->done)
		ask->done(ask->arg, ask->status, ask->status < 0 ? &ask->err : NULL, &none);
	free(ask);
}
