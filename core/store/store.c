/* SPDX-License-Identifier: MIT */
/* The store as a whole: opening, closing, and what it holds. */
#include "store/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "store/append.h"
#include "store/chunk.h"
#include "store/copy.h"
#include "store/engine.h"
#include "store/fetch.h"
#include "store/job.h"
#include "store/read.h"
#include "store/recover.h"
#include "store/scrubber.h"

enum { UNSYNCED_MAX_DEFAULT = 64 * 1024 * 1024, ASYNC_MAX_DEFAULT = 1024 * 1024 * 1024 };

static int open_dirs(
        struct store *store, const struct store_options *options, struct dfs_error *err);
static int scan_dirs(struct store *store, struct dfs_error *err);
static void held_of(const struct slot *slot, struct store_held *ret);

int store_open(struct store **ret, struct io *io, const struct store_options *options,
        struct store_events events, struct dfs_error *err)
{
	struct store *store = calloc(1, sizeof(*store));
	int rc;

	if (!store)
		return error_set(err, DFS_E_NOMEM, "no memory for a store");
	store->io = io;
	store->events = events;
	rc = laters_init(&store->laters, io);
	if (rc == 0)
		store->sync_timer = io_timer_create(io, sync_fired, store);
	if (rc == 0 && !store->sync_timer)
		rc = DFS_E_NOMEM;
	if (rc < 0)
		error_set(err, rc, "no memory for a store");
	if (rc == 0)
		rc = open_dirs(store, options, err);
	if (rc == 0)
		rc = scan_dirs(store, err);
	if (rc < 0) {
		store_close(store);
		return rc;
	}
	*ret = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	scrub_free_all(store);
	append_free_all(store);
	read_free_all(store);
	copy_free_all(store);
	job_free_all(store);
	fetch_free_all(store);
	while (store->chunks)
		chunk_destroy(store->chunks);
	io_timer_destroy(store->io, store->sync_timer);
	laters_fini(&store->laters);
	for (size_t i = 0; i < store->dirs_count; i++)
		dir_close(&store->dirs[i]);
	free(store->dirs);
	table_fini(&store->table);
	free(store);
}

bool store_idle(const struct store *store)
{
	return store->running == 0 && laters_empty(&store->laters);
}

size_t store_dirs(const struct store *store, struct store_dir_info *ret, size_t max)
{
	for (size_t i = 0; i < store->dirs_count && i < max; i++) {
		struct dir *dir = &store->dirs[i];

		dir_space_look(dir);
		ret[i] = (struct store_dir_info){
		        .disk = dir->disk,
		        .total_bytes = dir->space.total_bytes,
		        .free_bytes = dir->space.free_bytes,
		        .reserve_bytes = dir_reserve(dir),
		};
		snprintf(ret[i].path, sizeof(ret[i].path), "%s", dir->path);
		snprintf(ret[i].error, sizeof(ret[i].error), "%s", dir->error);
		if (dir->error[0] == '\0' && dir_available(dir) == 0)
			snprintf(ret[i].error, sizeof(ret[i].error), "full");
	}
	return store->dirs_count;
}

uint64_t store_used_bytes(const struct store *store)
{
	return store->used_bytes;
}

uint64_t store_count(const struct store *store)
{
	return store->table.count;
}

int store_lookup(const struct store *store, uint64_t id, struct store_held *ret)
{
	const struct slot *slot = table_find(&store->table, id);

	if (!slot)
		return DFS_E_NOENT;
	held_of(slot, ret);
	return 0;
}

int store_each(const struct store *store, uint64_t after,
        int (*each)(void *arg, const struct store_held *), void *arg)
{
	const struct slot *slot;
	int rc = 0;

	while (rc == 0 && after < UINT64_MAX &&
	        (slot = table_at_or_after(&store->table, after + 1))) {
		struct store_held held;

		held_of(slot, &held);
		after = slot->chunk;
		rc = each(arg, &held);
	}
	return rc;
}

static int open_dirs(
        struct store *store, const struct store_options *options, struct dfs_error *err)
{
	if (options->dirs_count < 1 || options->dirs_count > DIRS_MAX)
		return error_set(err, DFS_E_INVAL, "a store has 1 to %d data directories, not %zu",
		        DIRS_MAX, options->dirs_count);
	store->dirs = calloc(options->dirs_count, sizeof(*store->dirs));
	if (!store->dirs)
		return error_set(err, DFS_E_NOMEM, "no memory for a store");
	for (size_t i = 0; i < options->dirs_count; i++) {
		struct dir *dir = &store->dirs[i];
		int rc;

		dir->io = store->io;
		dir->number = (unsigned)i;
		dir->reserve_asked = options->reserve_bytes;
		dir->unsynced_max[SYNC_PROMPT] = options->unsynced_max_bytes
		                                         ? options->unsynced_max_bytes
		                                         : UNSYNCED_MAX_DEFAULT;
		dir->unsynced_max[SYNC_LAZY] =
		        options->async_max_bytes ? options->async_max_bytes : ASYNC_MAX_DEFAULT;
		store->dirs_count++;
		rc = dir_open(dir, options->dirs[i], &options->identity, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int scan_dirs(struct store *store, struct dfs_error *err)
{
	for (size_t i = 0; i < store->dirs_count; i++) {
		int rc = scan_dir(store, &store->dirs[i], err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static void held_of(const struct slot *slot, struct store_held *ret)
{
	if (slot->loaded) {
		chunk_held(slot->loaded, ret);
		return;
	}
	*ret = (struct store_held){
	        .chunk = slot->chunk,
	        .version = slot->version,
	        .length = slot->length,
	        .committed = slot->length,
	        .crc = slot->crc,
	        .state = slot->state,
	};
}
