/* SPDX-License-Identifier: MIT */
/* New chunks: in which directory, and their two files. */
#include "store/create.h"

#include <errno.h>

static struct dir *choose_dir(struct store *store, struct dfs_error *err);
static struct chunk *new_chunk(
        struct store *store, uint64_t id, uint64_t version, bool hidden, struct dfs_error *err);
static int make_files(struct chunk *chunk, struct dfs_error *err);
static int make_file(struct chunk *chunk, const char *suffix);

int chunk_make(struct store *store, uint64_t id, uint64_t version, struct chunk **ret,
        struct dfs_error *err)
{
	struct chunk *chunk = new_chunk(store, id, version, false, err);
	struct slot *slot;

	if (!chunk)
		return err ? err->code : DFS_E_NOSPC;
	slot = table_add(&store->table, id);
	if (!slot) {
		char path[DIR_FILE_MAX];

		chunk_path(chunk, DIR_INDEX, path);
		io_disk(store->io, unlink, path);
		chunk_path(chunk, DIR_DATA, path);
		io_disk(store->io, unlink, path);
		chunk->gone = true;
		chunk_unref(chunk);
		return error_set(err, DFS_E_NOMEM, "no memory for a chunk");
	}
	slot->loaded = chunk;
	chunk_publish(chunk);
	sync_named(chunk);
	*ret = chunk;
	return 0;
}

int chunk_make_hidden(struct store *store, uint64_t id, uint64_t version, struct chunk **ret,
        struct dfs_error *err)
{
	struct chunk *chunk = new_chunk(store, id, version, true, err);

	if (!chunk)
		return err ? err->code : DFS_E_NOSPC;
	*ret = chunk;
	return 0;
}

static struct chunk *new_chunk(
        struct store *store, uint64_t id, uint64_t version, bool hidden, struct dfs_error *err)
{
	struct dir *dir = choose_dir(store, err);
	struct chunk *chunk;

	if (!dir)
		return NULL;
	chunk = chunk_create(store, dir, id);
	if (!chunk) {
		error_set(err, DFS_E_NOMEM, "no memory for a chunk");
		return NULL;
	}
	chunk->version = version;
	chunk->state = STORE_OPEN;
	chunk->loaded = true;
	chunk->hidden = hidden;
	chunk_ref(chunk);
	if (make_files(chunk, err) == 0)
		return chunk;
	chunk->gone = true;
	chunk_unref(chunk);
	return NULL;
}

/* The most room, without what is promised and what is on its way to the disk. */
static struct dir *choose_dir(struct store *store, struct dfs_error *err)
{
	struct dir *best = NULL, *failed = NULL;
	uint64_t most = 0;

	for (size_t i = 0; i < store->dirs_count; i++) {
		struct dir *dir = &store->dirs[i];
		uint64_t room, unsynced = dir->unsynced[SYNC_PROMPT] + dir->unsynced[SYNC_LAZY];

		if (dir->error[0] != '\0') {
			failed = dir;
			continue;
		}
		dir_space_look(dir);
		room = dir_available(dir);
		room = room > unsynced ? room - unsynced : room > 0;
		if (room > most) {
			most = room;
			best = dir;
		}
	}
	if (!best && failed)
		error_set(err, DFS_E_NOSPC,
		        "%s takes no more (%s), and no other data directory has room", failed->path,
		        failed->error);
	else if (!best)
		error_set(err, DFS_E_NOSPC,
		        "none of %zu data directories has room above its reserve",
		        store->dirs_count);
	return best;
}

/* .data first: an .idx without .data means damage (README). */
static int make_files(struct chunk *chunk, struct dfs_error *err)
{
	struct io *io = chunk->store->io;
	char path[DIR_FILE_MAX];
	int data, index;

	data = make_file(chunk, DIR_DATA);
	if (data < 0)
		return chunk_error(chunk, data, err, "its .data file cannot be made");
	index = make_file(chunk, DIR_INDEX);
	if (index < 0) {
		io_disk(io, close, data);
		chunk_path(chunk, DIR_DATA, path);
		io_disk(io, unlink, path);
		return chunk_error(chunk, index, err, "its .idx file cannot be made");
	}
	chunk_take_files(chunk, data, index);
	return 0;
}

/* A copy may find the .tmp of one that was given up; a new chunk finds nothing. */
static int make_file(struct chunk *chunk, const char *suffix)
{
	struct io *io = chunk->store->io;
	const int flags = IO_OPEN_READ | IO_OPEN_WRITE | IO_OPEN_CREATE;
	char path[DIR_FILE_MAX];
	int handle, rc;

	chunk_path(chunk, suffix, path);
	handle = io_disk(io, open, path, chunk->hidden ? flags : flags | IO_OPEN_EXCLUSIVE);
	if (handle < 0) {
		if (handle == -EROFS || handle == -EIO)
			dir_failed(chunk->dir, handle, "a file could not be made");
		return handle;
	}
	rc = chunk->hidden ? io_disk(io, truncate, handle, 0) : 0;
	if (rc < 0) {
		io_disk(io, close, handle);
		return rc;
	}
	return handle;
}
