/* SPDX-License-Identifier: MIT */
/* Bringing the spans of a sealed chunk into memory, at its first read. */
#include "store/load.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "store/chunk.h"
#include "store/salvage.h"

struct loader {
	struct io_work work;
	struct chunk *chunk;
	struct load_wait *waits;
	struct index index;
	int data; /* handle */
	uint64_t data_size;
	int status;
	bool damaged; /* the files are at fault, not the machine */
	bool over;    /* telling those who wait */
	struct dfs_error err;
};

static void load_run(struct io_work *work);
static int load_files(struct loader *loader);
static int read_entries(struct loader *loader, const uint8_t *bytes, size_t size);
static int open_data(struct loader *loader);
static void load_done(struct io_work *work);
static void check(struct loader *loader);
static void install(struct loader *loader);

int chunk_load(struct chunk *chunk, struct load_wait *wait)
{
	struct loader *loader = chunk->loader;

	assert(!chunk->loaded && chunk->users > 0);
	if (!loader) {
		loader = calloc(1, sizeof(*loader));
		if (!loader)
			return DFS_E_NOMEM;
		loader->work =
		        (struct io_work){.run = load_run, .done = load_done, .lane = IO_LANE_BULK};
		loader->chunk = chunk;
		loader->data = -1;
		chunk->loader = loader;
		chunk_ref(chunk);
		chunk->store->running++;
		io_work_submit(chunk->store->io, &loader->work);
	}
	if (loader->over)
		return loader->status < 0 ? loader->status : DFS_E_INTERNAL;
	wait->next = loader->waits;
	loader->waits = wait;
	return 0;
}

void chunk_load_drop(struct chunk *chunk, struct load_wait *wait)
{
	if (!chunk->loader)
		return;
	for (struct load_wait **at = &chunk->loader->waits; *at; at = &(*at)->next)
		if (*at == wait) {
			*at = wait->next;
			return;
		}
}

void chunk_load_free(struct chunk *chunk)
{
	struct loader *loader = chunk->loader;

	if (!loader)
		return;
	if (loader->data >= 0)
		io_disk(chunk->store->io, close, loader->data);
	index_fini(&loader->index);
	free(loader);
	chunk->loader = NULL;
}

int load_index_bytes(struct io *io, const char *path, uint8_t **ret_bytes, size_t *ret_size,
        struct dfs_error *err)
{
	int handle = io_disk(io, open, path, IO_OPEN_READ);
	uint8_t *bytes = NULL;
	int64_t size = handle;
	int rc = 0;

	if (handle >= 0)
		size = io_disk(io, size, handle);
	if (size > (int64_t)INDEX_BYTES_MAX)
		rc = error_set(err, DFS_E_CORRUPT, "its .idx file is too long");
	if (size >= 0 && rc == 0) {
		bytes = malloc((size_t)size + 1);
		rc = bytes ? 0 : error_set(err, DFS_E_NOMEM, "no memory for an index");
	}
	if (bytes)
		size = io_disk(io, pread, handle, bytes, (size_t)size, 0);
	if (handle >= 0)
		io_disk(io, close, handle);
	if (size < 0)
		rc = error_set(err, dir_code((int)size), "its .idx file: %s", strerror((int)-size));
	if (rc < 0) {
		free(bytes);
		return rc;
	}
	*ret_bytes = bytes;
	*ret_size = (size_t)size;
	return 0;
}

static void load_run(struct io_work *work)
{
	struct loader *loader = LATER_OF(work, struct loader, work);

	loader->status = load_files(loader);
}

static int load_files(struct loader *loader)
{
	struct chunk *chunk = loader->chunk;
	char path[DIR_FILE_MAX];
	uint8_t *bytes;
	size_t size;
	int rc;

	chunk_path(chunk, DIR_INDEX, path);
	rc = load_index_bytes(chunk->store->io, path, &bytes, &size, &loader->err);
	if (rc == 0) {
		index_init(&loader->index, chunk->id);
		rc = read_entries(loader, bytes, size);
		free(bytes);
	}
	if (rc == 0)
		rc = open_data(loader);
	loader->damaged = rc == DFS_E_NOENT || rc == DFS_E_IO || rc == DFS_E_CORRUPT;
	return rc;
}

static int read_entries(struct loader *loader, const uint8_t *bytes, size_t size)
{
	int rc;

	if (!loader->chunk->salvaged)
		return index_replay(&loader->index, bytes, size, &loader->err);
	rc = index_salvage(&loader->index, bytes, size);
	return rc < 0 ? error_set(&loader->err, rc, "its .idx file: %s", dfs_error_text(rc)) : 0;
}

static int open_data(struct loader *loader)
{
	struct chunk *chunk = loader->chunk;
	char path[DIR_FILE_MAX];
	int64_t size;

	chunk_path(chunk, DIR_DATA, path);
	loader->data = io_disk(chunk->store->io, open, path, IO_OPEN_READ);
	if (loader->data < 0)
		return error_set(&loader->err, dir_code(loader->data), "its .data file: %s",
		        strerror(-loader->data));
	size = io_disk(chunk->store->io, size, loader->data);
	if (size < 0)
		return error_set(
		        &loader->err, DFS_E_IO, "its .data file: %s", strerror((int)-size));
	loader->data_size = (uint64_t)size;
	return 0;
}

static void load_done(struct io_work *work)
{
	struct loader *loader = LATER_OF(work, struct loader, work);
	struct chunk *chunk = loader->chunk;

	assert(chunk->magic == CHUNK_MAGIC && chunk->loader == loader);
	loader->over = true;
	chunk->store->running--;
	if (loader->status == 0)
		check(loader);
	if (loader->status == 0)
		install(loader);
	else if (loader->data >= 0)
		io_disk(chunk->store->io, close, loader->data);
	index_fini(&loader->index);
	if (loader->status < 0 && loader->damaged)
		chunk_bad(chunk, "%s", loader->err.text);
	while (loader->waits) {
		struct load_wait *wait = loader->waits;

		loader->waits = wait->next;
		wait->ready(wait, loader->status, loader->status < 0 ? &loader->err : NULL);
	}
	chunk->loader = NULL;
	free(loader);
	chunk_unref(chunk);
}

/* The files must say what the table says. */
static void check(struct loader *loader)
{
	const struct index *index = &loader->index;
	struct chunk *chunk = loader->chunk;

	if (chunk->salvaged)
		chunk_salvaged(chunk, index);
	else if (!index->sealed || index->length != chunk->length || index->crc != chunk->crc)
		loader->status = error_set(&loader->err, DFS_E_CORRUPT,
		        "its .idx file is not the one that was there at the start");
	else if (loader->data_size < chunk->length)
		loader->status = error_set(&loader->err, DFS_E_CORRUPT,
		        "its .data file has %" PRIu64 " bytes instead of %" PRIu64,
		        loader->data_size, chunk->length);
	loader->damaged = loader->status < 0;
}

/* The last reader may have closed the files, or another way may have opened them meanwhile. */
static void install(struct loader *loader)
{
	struct chunk *chunk = loader->chunk;

	chunk->spans = loader->index.spans;
	loader->index.spans = (struct spans){0};
	chunk->whole = chunk->indexed = chunk->spans.count;
	chunk->loaded = true;
	if (chunk->data < 0)
		chunk_take_files(chunk, loader->data, -1);
	else
		io_disk(chunk->store->io, close, loader->data);
	chunk_count_spans(chunk);
}
