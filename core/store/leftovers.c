/* SPDX-License-Identifier: MIT */
/*
 * What interrupted steps leave that is not a pair of .data and .idx. The table of steps is in
 * README.md. Nothing here needs a sync: what a crash brings back is cleared away again.
 */
#include "store/recover.h"

#include <errno.h>
#include "store/load.h"

static void drop(struct dir *dir, uint64_t id, const char *suffix);
static bool was_moving_aside(struct dir *dir, const struct found *found);
static void move(struct dir *dir, uint64_t id, const char *suffix);

bool recover_leftovers(struct dir *dir, const struct found *found)
{
	/* .idx goes first, when a chunk is deleted and when it is moved aside; .data comes first
	 * when it is made. The .tmp files go last: they tell which it was. */
	if (!(found->files & FOUND_INDEX)) {
		bool aside = was_moving_aside(dir, found);

		if (found->files & FOUND_DATA)
			(aside ? move : drop)(dir, found->id, DIR_DATA);
		if (found->files & FOUND_MARK)
			(aside ? move : drop)(dir, found->id, DIR_MARK);
	}
	if (found->files & FOUND_DATA_TMP)
		drop(dir, found->id, DIR_DATA_TMP);
	if (found->files & FOUND_INDEX_TMP)
		drop(dir, found->id, DIR_INDEX_TMP);
	return !(found->files & FOUND_INDEX);
}

void recover_remove(struct dir *dir, uint64_t id)
{
	drop(dir, id, DIR_INDEX);
	drop(dir, id, DIR_DATA);
	drop(dir, id, DIR_MARK);
}

void recover_move_aside(struct dir *dir, uint64_t id)
{
	char path[DIR_FILE_MAX];

	move(dir, id, DIR_INDEX);
	move(dir, id, DIR_DATA);
	move(dir, id, DIR_MARK);
	dir_bad_folder(dir, path);
	io_disk(dir->io, fsync_dir, path);
	dir_folder_path(dir, dir_folder_of(id), path);
	io_disk(dir->io, fsync_dir, path);
}

static void drop(struct dir *dir, uint64_t id, const char *suffix)
{
	char path[DIR_FILE_MAX];

	dir_chunk_path(dir, id, suffix, path);
	io_disk(dir->io, unlink, path);
}

/* A copy was about to take the place of an old pair: its own .data still has its temporary name. */
static bool was_moving_aside(struct dir *dir, const struct found *found)
{
	char path[DIR_FILE_MAX];
	int handle;

	if (!(found->files & FOUND_DATA_TMP))
		return false;
	dir_bad_path(dir, found->id, DIR_INDEX, path);
	handle = io_disk(dir->io, open, path, IO_OPEN_READ);
	if (handle >= 0)
		io_disk(dir->io, close, handle);
	return handle >= 0;
}

static void move(struct dir *dir, uint64_t id, const char *suffix)
{
	char from[DIR_FILE_MAX], to[DIR_FILE_MAX];

	dir_chunk_path(dir, id, suffix, from);
	dir_bad_path(dir, id, suffix, to);
	io_disk(dir->io, rename, from, to);
}
