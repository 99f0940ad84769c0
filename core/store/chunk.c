/* SPDX-License-Identifier: MIT */
/* Loaded chunks: their life, their files, and which are forgotten when there are too many. */
#include "store/chunk.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void idle_add(struct chunk *chunk);
static void idle_remove(struct chunk *chunk);
static void forget(struct chunk *chunk);
static void drop_spans(struct chunk *chunk);

struct chunk *chunk_create(struct store *store, struct dir *dir, uint64_t id)
{
	struct chunk *chunk = calloc(1, sizeof(*chunk));

	if (!chunk)
		return NULL;
	chunk->magic = CHUNK_MAGIC;
	chunk->store = store;
	chunk->dir = dir;
	chunk->id = id;
	chunk->data = chunk->index = -1;
	chunk->next = store->chunks;
	if (store->chunks)
		store->chunks->prev = chunk;
	store->chunks = chunk;
	sync_init(chunk);
	return chunk;
}

struct chunk *store_chunk_get(struct store *store, struct slot *slot)
{
	struct chunk *chunk = slot->loaded;

	if (!chunk) {
		chunk = chunk_create(store, &store->dirs[slot->dir], slot->chunk);
		if (!chunk)
			return NULL;
		chunk->version = slot->version;
		chunk->length = chunk->committed = slot->length;
		chunk->crc = slot->crc;
		chunk->state = slot->state;
		slot->loaded = chunk;
	}
	chunk_ref(chunk);
	return chunk;
}

void chunk_ref(struct chunk *chunk)
{
	assert(chunk->magic == CHUNK_MAGIC);
	if (chunk->idle)
		idle_remove(chunk);
	chunk->users++;
}

void chunk_unref(struct chunk *chunk)
{
	assert(chunk->magic == CHUNK_MAGIC && chunk->users > 0);
	if (--chunk->users > 0)
		return;
	if (chunk->gone || chunk->hidden) {
		chunk_destroy(chunk);
		return;
	}
	idle_add(chunk);
	chunk_trim(chunk->store);
}

void chunk_destroy(struct chunk *chunk)
{
	struct store *store = chunk->store;

	if (chunk->idle)
		idle_remove(chunk);
	chunk_load_free(chunk);
	chunk_close_files(chunk);
	drop_spans(chunk);
	if (chunk->prev)
		chunk->prev->next = chunk->next;
	else
		store->chunks = chunk->next;
	if (chunk->next)
		chunk->next->prev = chunk->prev;
	chunk->magic = 0;
	free(chunk);
}

void chunk_publish(struct chunk *chunk)
{
	struct store *store = chunk->store;
	struct slot *slot;

	if (chunk->hidden || chunk->gone)
		return;
	slot = table_find(&store->table, chunk->id);
	assert(slot && slot->loaded == chunk);
	store->used_bytes += chunk->length - slot->length;
	slot->version = chunk->version;
	slot->length = chunk->length;
	slot->crc = chunk->crc;
	slot->state = (uint8_t)chunk->state;
	slot->dir = (uint8_t)chunk->dir->number;
}

void store_chunk_remove(struct chunk *chunk)
{
	struct store *store = chunk->store;
	struct slot *slot = table_find(&store->table, chunk->id);

	assert(chunk->users > 0 && !chunk->append && slot && slot->loaded == chunk);
	sync_abandon(chunk, DFS_E_NOENT);
	store->used_bytes -= slot->length;
	table_remove(&store->table, chunk->id);
	chunk->gone = true;
}

void chunk_held(const struct chunk *chunk, struct store_held *ret)
{
	*ret = (struct store_held){
	        .chunk = chunk->id,
	        .version = chunk->version,
	        .length = chunk->length,
	        .committed = chunk->committed,
	        .crc = chunk->crc,
	        .state = chunk->state,
	};
	if (chunk->state == STORE_BAD)
		memcpy(ret->why, chunk->why, sizeof(ret->why));
}

void chunk_tell(struct chunk *chunk)
{
	struct store_held held;

	chunk_held(chunk, &held);
	if (chunk->store->events.changed)
		chunk->store->events.changed(chunk->store->events.arg, &held);
}

int chunk_where(const struct chunk *chunk, struct dfs_error *err)
{
	return error_where(err, "chunk %016" PRIx64, chunk->id);
}

int chunk_error(const struct chunk *chunk, int number, struct dfs_error *err, const char *what)
{
	assert(number < 0);
	return error_set(err, dir_code(number), "chunk %016" PRIx64 ": %s: %s (%s)", chunk->id,
	        what, strerror(-number), chunk->dir->path);
}

void chunk_path(const struct chunk *chunk, const char *suffix, char ret[DIR_FILE_MAX])
{
	size_t size;

	dir_chunk_path(chunk->dir, chunk->id, suffix, ret);
	size = strlen(ret);
	if (chunk->hidden)
		snprintf(ret + size, DIR_FILE_MAX - size, "%s", DIR_TMP);
}

int chunk_open_files(struct chunk *chunk, struct dfs_error *err)
{
	const bool grows = chunk->state == STORE_OPEN || chunk->state == STORE_FROZEN;
	const int flags = IO_OPEN_READ | (grows ? IO_OPEN_WRITE : 0);
	char path[DIR_FILE_MAX];
	int data, index = -1;

	assert(chunk->users > 0);
	if (chunk->data >= 0)
		return 0;
	chunk_path(chunk, DIR_DATA, path);
	data = io_disk(chunk->store->io, open, path, flags);
	if (data < 0)
		return chunk_error(chunk, data, err, "its .data file cannot be opened");
	chunk_path(chunk, DIR_INDEX, path);
	if (grows)
		index = io_disk(chunk->store->io, open, path, flags);
	if (grows && index < 0) {
		io_disk(chunk->store->io, close, data);
		return chunk_error(chunk, index, err, "its .idx file cannot be opened");
	}
	chunk_take_files(chunk, data, index);
	return 0;
}

void chunk_take_files(struct chunk *chunk, int data, int index)
{
	assert(chunk->data < 0 && data >= 0);
	chunk->data = data;
	chunk->index = index;
	chunk->store->files_open++;
	chunk_trim(chunk->store);
}

void chunk_close_files(struct chunk *chunk)
{
	if (chunk->data < 0)
		return;
	io_disk(chunk->store->io, close, chunk->data);
	if (chunk->index >= 0)
		io_disk(chunk->store->io, close, chunk->index);
	chunk->data = chunk->index = -1;
	chunk->store->files_open--;
}

void chunk_count_spans(struct chunk *chunk)
{
	assert(chunk->loaded && !chunk->counted);
	chunk->counted = true;
	chunk->store->spans_bytes += spans_bytes(&chunk->spans);
	chunk_trim(chunk->store);
}

void chunk_trim(struct store *store)
{
	while (store->idle_first &&
	        (store->files_open > STORE_FILES_MAX || store->spans_bytes > STORE_SPANS_BYTES_MAX))
		forget(store->idle_first);
}

/* Growing chunks keep their spans, bad ones their reason; of a sealed one the slot says all. */
static void forget(struct chunk *chunk)
{
	struct store *store = chunk->store;
	struct slot *slot;

	assert(chunk->users == 0 && !chunk->sync.dirty && !chunk->append && !chunk->jobs);
	idle_remove(chunk);
	chunk_close_files(chunk);
	if (chunk->state == STORE_BAD)
		drop_spans(chunk);
	if (chunk->state != STORE_SEALED)
		return;
	slot = table_find(&store->table, chunk->id);
	assert(slot && slot->loaded == chunk);
	slot->loaded = NULL;
	chunk_destroy(chunk);
}

static void drop_spans(struct chunk *chunk)
{
	if (chunk->counted)
		chunk->store->spans_bytes -= spans_bytes(&chunk->spans);
	spans_fini(&chunk->spans);
	chunk->counted = chunk->loaded = false;
	chunk->whole = chunk->indexed = 0;
}

/* Last in the line of those to be forgotten. */
static void idle_add(struct chunk *chunk)
{
	struct store *store = chunk->store;

	assert(!chunk->idle);
	chunk->idle = true;
	chunk->idle_next = NULL;
	chunk->idle_prev = store->idle_last;
	if (store->idle_last)
		store->idle_last->idle_next = chunk;
	else
		store->idle_first = chunk;
	store->idle_last = chunk;
}

static void idle_remove(struct chunk *chunk)
{
	struct store *store = chunk->store;

	assert(chunk->idle);
	if (chunk->idle_prev)
		chunk->idle_prev->idle_next = chunk->idle_next;
	else
		store->idle_first = chunk->idle_next;
	if (chunk->idle_next)
		chunk->idle_next->idle_prev = chunk->idle_prev;
	else
		store->idle_last = chunk->idle_prev;
	chunk->idle = false;
}
