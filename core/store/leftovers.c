/* SPDX-License-Identifier: MIT */
/*
 * What interrupted steps leave that is not a pair of .data and .idx. The table of steps is in
 * README.md. Only bringing a pair back needs a sync: what a crash brings back of the rest is
 * cleared away again.
 */
#include "store/recover.h"

#include <errno.h>
#include "store/load.h"

static void drop(struct dir *dir, uint64_t id, const char *suffix);
static bool is_aside(struct dir *dir, uint64_t id, const char *suffix);
static void move(struct dir *dir, uint64_t id, const char *suffix);
static void sync_both(struct dir *dir, uint64_t id);

bool recover_leftovers(struct dir *dir, struct found *found)
{
	const bool copied = (found->files & (FOUND_DATA_TMP | FOUND_INDEX_TMP)) != 0;

	/* .idx goes first, when a chunk is deleted and when it is moved aside; .data comes first
	 * when it is made. The .tmp files go last: they tell which it was. */
	if (!(found->files & FOUND_INDEX) && copied && is_aside(dir, found->id, DIR_INDEX)) {
		/* With the copy's own .data under its temporary name still, the other is the old
		 * one. */
		recover_bring_back(dir, found->id,
		        (found->files & FOUND_DATA) && (found->files & FOUND_DATA_TMP));
		found->files |= FOUND_INDEX | FOUND_DATA | FOUND_MARK;
	} else if (!(found->files & FOUND_INDEX)) {
		if (found->files & FOUND_DATA)
			drop(dir, found->id, DIR_DATA);
		if (found->files & FOUND_MARK)
			drop(dir, found->id, DIR_MARK);
	}
	if (found->files & FOUND_DATA_TMP)
		drop(dir, found->id, DIR_DATA_TMP);
	if (found->files & FOUND_INDEX_TMP)
		drop(dir, found->id, DIR_INDEX_TMP);
	return !(found->files & FOUND_INDEX);
}

/* .idx last: from then on it is a pair, with its mark. */
void recover_bring_back(struct dir *dir, uint64_t id, bool data_is_there)
{
	static const char *const suffixes[] = {DIR_MARK, DIR_DATA, DIR_INDEX};
	char from[DIR_FILE_MAX], to[DIR_FILE_MAX];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (data_is_there && suffixes[i] == suffixes[1])
			continue;
		dir_bad_path(dir, id, suffixes[i], from);
		dir_chunk_path(dir, id, suffixes[i], to);
		io_disk(dir->io, rename, from, to);
	}
	sync_both(dir, id);
}

void recover_remove(struct dir *dir, uint64_t id)
{
	drop(dir, id, DIR_INDEX);
	drop(dir, id, DIR_DATA);
	drop(dir, id, DIR_MARK);
}

void recover_move_aside(struct dir *dir, uint64_t id)
{
	move(dir, id, DIR_INDEX);
	move(dir, id, DIR_DATA);
	move(dir, id, DIR_MARK);
	sync_both(dir, id);
}

static void sync_both(struct dir *dir, uint64_t id)
{
	char path[DIR_FILE_MAX];

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

static bool is_aside(struct dir *dir, uint64_t id, const char *suffix)
{
	char path[DIR_FILE_MAX];
	int handle;

	dir_bad_path(dir, id, suffix, path);
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
