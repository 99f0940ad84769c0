/* SPDX-License-Identifier: MIT */
/* Finding what is in a data directory, and entering it into the table. What becomes of one chunk is
 * pair.c's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "store/chunk.h"
#include "store/recover.h"

static int look(void *arg, const char *name);
static unsigned file_of(const char *suffix);
static int add(struct scan *scan, uint64_t id, unsigned file);
static int by_id(const void *a, const void *b);
static size_t merge(struct found *found, size_t count);
static int take(struct store *store, struct dir *dir, struct found *found, struct dfs_error *err);
static int enter(struct store *store, struct recovered *pair, struct dfs_error *err);
static bool better(const struct recovered *pair, const struct slot *slot);
static int enter_loaded(
        struct store *store, struct slot *slot, struct recovered *pair, struct dfs_error *err);
static void tell(struct store *store, const struct chunk *chunk, const struct recovered *pair);

int scan_dir(struct store *store, struct dir *dir, struct dfs_error *err)
{
	struct scan scan = {0};
	int rc = 0;

	for (unsigned folder = 0; folder < DIR_FOLDERS && rc == 0; folder++) {
		rc = scan_folder(&scan, dir, folder);
		if (scan.no_memory)
			rc = error_set(err, DFS_E_NOMEM, "no memory for the table of chunks");
		else if (rc < 0)
			rc = dir_error(dir, rc, err, "its chunks cannot be listed");
	}
	scan_merge(&scan);
	for (size_t i = 0; i < scan.count && rc == 0; i++)
		rc = take(store, dir, &scan.found[i], err);
	scan_fini(&scan);
	return rc;
}

int scan_folder(struct scan *scan, const struct dir *dir, unsigned folder)
{
	char path[DIR_FILE_MAX];

	scan->folder = folder;
	dir_folder_path(dir, folder, path);
	return io_disk(dir->io, list, path, look, scan);
}

void scan_merge(struct scan *scan)
{
	if (scan->count == 0)
		return;
	qsort(scan->found, scan->count, sizeof(*scan->found), by_id);
	scan->count = merge(scan->found, scan->count);
}

void scan_fini(struct scan *scan)
{
	free(scan->found);
	*scan = (struct scan){0};
}

/* Names that are not ours stay. */
static int look(void *arg, const char *name)
{
	struct scan *scan = arg;
	char text[TEXT_ID_SIZE] = {0};
	unsigned file;
	uint64_t id;

	if (strlen(name) <= TEXT_ID_SIZE - 1) {
		scan->foreign++;
		return 0;
	}
	memcpy(text, name, TEXT_ID_SIZE - 1);
	file = file_of(name + TEXT_ID_SIZE - 1);
	if (file == 0 || text_parse_id(text, &id, NULL) < 0 || dir_folder_of(id) != scan->folder) {
		scan->foreign++;
		return 0;
	}
	return add(scan, id, file);
}

static unsigned file_of(const char *suffix)
{
	static const struct {
		const char *suffix;
		unsigned file;
	} files[] = {
	        {DIR_DATA, FOUND_DATA},
	        {DIR_INDEX, FOUND_INDEX},
	        {DIR_MARK, FOUND_MARK},
	        {DIR_DATA_TMP, FOUND_DATA_TMP},
	        {DIR_INDEX_TMP, FOUND_INDEX_TMP},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(suffix, files[i].suffix) == 0)
			return files[i].file;
	return 0;
}

static int add(struct scan *scan, uint64_t id, unsigned file)
{
	if (scan->count == scan->capacity) {
		size_t capacity = scan->capacity ? scan->capacity * 2 : 256;
		struct found *found = realloc(scan->found, capacity * sizeof(*found));

		if (!found) {
			scan->no_memory = true;
			return 1;
		}
		scan->found = found;
		scan->capacity = capacity;
	}
	scan->found[scan->count++] = (struct found){.id = id, .files = file};
	return 0;
}

static int by_id(const void *a, const void *b)
{
	uint64_t left = ((const struct found *)a)->id, right = ((const struct found *)b)->id;

	return left < right ? -1 : left > right;
}

static size_t merge(struct found *found, size_t count)
{
	size_t kept = 0;

	for (size_t i = 1; i < count; i++) {
		if (found[i].id == found[kept].id)
			found[kept].files |= found[i].files;
		else
			found[++kept] = found[i];
	}
	return kept + 1;
}

static int take(struct store *store, struct dir *dir, struct found *found, struct dfs_error *err)
{
	struct recovered pair = {.io = store->io, .dir = dir, .id = found->id};
	int rc;

	if (recover_leftovers(dir, found))
		return 0;
	pair.marked = (found->files & FOUND_MARK) != 0;
	rc = recover_pair(&pair, err);
	if (rc == 0 && pair.absent)
		recover_remove(dir, found->id);
	else if (rc == 0)
		rc = enter(store, &pair, err);
	index_fini(&pair.index);
	return rc;
}

/* Two directories may hold one chunk, after disks were moved about: the better one is served, the
 * other one kept. */
static int enter(struct store *store, struct recovered *pair, struct dfs_error *err)
{
	struct slot *slot = table_find(&store->table, pair->id);

	if (slot && !better(pair, slot)) {
		recover_move_aside(pair->dir, pair->id);
		return 0;
	}
	if (slot) {
		struct slot whole = *slot;
		struct chunk *chunk = store_chunk_get(store, slot);

		if (!chunk)
			return error_set(err, DFS_E_NOMEM, "no memory for the table of chunks");
		recover_move_aside(&store->dirs[whole.dir], pair->id);
		store_chunk_remove(chunk);
		chunk_unref(chunk);
	}
	slot = table_add(&store->table, pair->id);
	if (!slot)
		return error_set(err, DFS_E_NOMEM, "no memory for the table of chunks");
	slot->state = (uint8_t)pair->state;
	slot->dir = (uint8_t)pair->dir->number;
	slot->version = pair->index.version;
	slot->length = pair->length;
	slot->crc = pair->crc;
	store->used_bytes += pair->length;
	return pair->state == STORE_SEALED ? 0 : enter_loaded(store, slot, pair, err);
}

static bool better(const struct recovered *pair, const struct slot *slot)
{
	if ((pair->state == STORE_BAD) != (slot->state == STORE_BAD))
		return slot->state == STORE_BAD;
	if (pair->index.version != slot->version)
		return pair->index.version > slot->version;
	if ((pair->state == STORE_SEALED) != (slot->state == STORE_SEALED))
		return pair->state == STORE_SEALED;
	return pair->length > slot->length;
}

/* Growing and bad ones stay in memory. */
static int enter_loaded(
        struct store *store, struct slot *slot, struct recovered *pair, struct dfs_error *err)
{
	struct chunk *chunk = store_chunk_get(store, slot);

	if (!chunk)
		return error_set(err, DFS_E_NOMEM, "no memory for the table of chunks");
	chunk->committed = pair->index.committed;
	chunk->index_size = pair->index.size;
	chunk->index_last = pair->index.last;
	if (pair->state != STORE_BAD) {
		chunk->spans = pair->index.spans;
		pair->index.spans = (struct spans){0};
		chunk->loaded = true;
		chunk->whole = chunk->indexed = chunk->spans.count;
		chunk->told_synced = pair->index.synced;
		chunk->told_committed = pair->index.committed;
		sync_recovered(chunk, pair->index.synced);
	}
	if (pair->state == STORE_BAD)
		memcpy(chunk->why, pair->why, sizeof(chunk->why));
	if (pair->state == STORE_BAD || pair->cut)
		tell(store, chunk, pair);
	chunk_unref(chunk);
	return 0;
}

static void tell(struct store *store, const struct chunk *chunk, const struct recovered *pair)
{
	struct store_held held;

	chunk_held(chunk, &held);
	memcpy(held.why, pair->why, sizeof(held.why));
	if (store->events.changed)
		store->events.changed(store->events.arg, &held);
}
