/* SPDX-License-Identifier: MIT */
/*
 * A copy takes the place of what is there (RULES 28), on a worker:
 *
 *   .idx, .data, .bad to bad/, synced --> .data, .idx renamed, synced
 *
 * Cut short anywhere between, the old pair comes back: here where a rename failed, at the next
 * start where the power did (leftovers.c). It may be the last one with some span of the chunk.
 */
#include <assert.h>
#include <errno.h>
#include "store/copy.h"
#include "store/recover.h"

static int move_aside(struct chunk *old);
static int move_in(struct chunk *chunk);
static void put_back(const struct chunk *old, const struct chunk *copy);
static bool is_there(struct io *io, const char *path);
static int sync_folder(const struct chunk *chunk);

int replace_pair(struct chunk *old, struct chunk *copy)
{
	int rc = old ? move_aside(old) : 0;

	assert(copy->hidden);
	if (rc == 0)
		rc = move_in(copy);
	if (rc < 0 && old)
		put_back(old, copy);
	return rc;
}

/*
 * .idx first, so that no .idx is ever without its .data. Synced before the new files get these
 * names: a crash must not bring the old .data under the new .idx. What lies there of an earlier one
 * goes, so that it is not taken for this one's.
 */
static int move_aside(struct chunk *old)
{
	static const char *const suffixes[] = {DIR_INDEX, DIR_DATA, DIR_MARK};
	struct io *io = old->store->io;
	char from[DIR_FILE_MAX], to[DIR_FILE_MAX];
	int rc = 0;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && rc == 0; i++) {
		dir_chunk_path(old->dir, old->id, suffixes[i], from);
		dir_bad_path(old->dir, old->id, suffixes[i], to);
		rc = io_disk(io, rename, from, to);
		if (rc == -ENOENT)
			rc = io_disk(io, unlink, to);
		if (rc == -ENOENT)
			rc = 0;
	}
	dir_bad_folder(old->dir, to);
	if (rc == 0)
		rc = io_disk(io, fsync_dir, to);
	return rc == 0 ? sync_folder(old) : rc;
}

static int move_in(struct chunk *chunk)
{
	static const char *const suffixes[] = {DIR_DATA, DIR_INDEX};
	char from[DIR_FILE_MAX], to[DIR_FILE_MAX];
	int rc = 0;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && rc == 0; i++) {
		chunk_path(chunk, suffixes[i], from);
		dir_chunk_path(chunk->dir, chunk->id, suffixes[i], to);
		rc = io_disk(chunk->store->io, rename, from, to);
	}
	return rc == 0 ? sync_folder(chunk) : rc;
}

/* Best effort: the disk that failed may fail here too. With its .idx in place it was not moved, or
 * the new one is there as a whole. */
static void put_back(const struct chunk *old, const struct chunk *copy)
{
	struct io *io = old->store->io;
	char index[DIR_FILE_MAX], data[DIR_FILE_MAX], copied[DIR_FILE_MAX];

	dir_chunk_path(old->dir, old->id, DIR_INDEX, index);
	dir_chunk_path(old->dir, old->id, DIR_DATA, data);
	chunk_path(copy, DIR_DATA, copied);
	if (!is_there(io, index))
		recover_bring_back(old->dir, old->id, is_there(io, copied) && is_there(io, data));
}

static bool is_there(struct io *io, const char *path)
{
	int handle = io_disk(io, open, path, IO_OPEN_READ);

	if (handle >= 0)
		io_disk(io, close, handle);
	return handle >= 0;
}

static int sync_folder(const struct chunk *chunk)
{
	char path[DIR_FILE_MAX];

	dir_folder_path(chunk->dir, dir_folder_of(chunk->id), path);
	return io_disk(chunk->store->io, fsync_dir, path);
}
