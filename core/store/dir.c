/* SPDX-License-Identifier: MIT */
/* A data directory's names and its opening. Its identity file is in identity.c, its room in
 * space.c. */
#include "store/dir.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "store/identity.h"

static int lock_dir(struct dir *dir, struct dfs_error *err);

void dir_folder_path(const struct dir *dir, unsigned folder, char ret[DIR_FILE_MAX])
{
	assert(folder < DIR_FOLDERS);
	snprintf(ret, DIR_FILE_MAX, "%s/chunks/%02x", dir->path, folder);
}

void dir_chunk_path(
        const struct dir *dir, uint64_t chunk, const char *suffix, char ret[DIR_FILE_MAX])
{
	char id[TEXT_ID_SIZE];

	text_id(chunk, id);
	snprintf(ret, DIR_FILE_MAX, "%s/chunks/%02x/%s%s", dir->path, dir_folder_of(chunk), id,
	        suffix);
}

void dir_bad_folder(const struct dir *dir, char ret[DIR_FILE_MAX])
{
	snprintf(ret, DIR_FILE_MAX, "%s/bad", dir->path);
}

void dir_bad_path(const struct dir *dir, uint64_t chunk, const char *suffix, char ret[DIR_FILE_MAX])
{
	char id[TEXT_ID_SIZE];

	text_id(chunk, id);
	snprintf(ret, DIR_FILE_MAX, "%s/bad/%s%s", dir->path, id, suffix);
}

int dir_open(struct dir *dir, const char *path, const struct store_identity *identity,
        struct dfs_error *err)
{
	int rc;

	dir->lock = -1;
	if (path[0] != '/' || strlen(path) >= sizeof(dir->path))
		return error_set(err, DFS_E_INVAL,
		        "data directory '%s' is not an absolute path of at most %d bytes", path,
		        DIR_PATH_MAX - 1);
	snprintf(dir->path, sizeof(dir->path), "%s", path);
	/* Identity first: making a lock file would write to a disk that is not ours. */
	rc = identity_check(dir->io, path, identity, &dir->disk, err);
	if (rc == 0)
		rc = lock_dir(dir, err);
	if (rc == 0)
		dir_space_look(dir);
	return rc;
}

void dir_close(struct dir *dir)
{
	if (dir->lock >= 0)
		io_disk(dir->io, close, dir->lock);
	dir->lock = -1;
}

void dir_failed(struct dir *dir, int number, const char *what)
{
	dir->failures++;
	if (dir->error[0] != '\0')
		return;
	if (number == -EROFS || dir->failures >= DIR_FAILURES_MAX)
		snprintf(dir->error, sizeof(dir->error), "%s: %s", what, strerror(-number));
}

bool dir_vanished(struct dir *dir)
{
	char path[DIR_FILE_MAX];
	int handle;

	snprintf(path, sizeof(path), "%s/identity", dir->path);
	handle = io_disk(dir->io, open, path, IO_OPEN_READ);
	if (handle >= 0)
		io_disk(dir->io, close, handle);
	if (handle != -ENOENT && handle != -ENOTDIR)
		return false;
	if (dir->error[0] == '\0')
		snprintf(dir->error, sizeof(dir->error),
		        "its identity file is gone: mount its disk again and restart the datanode");
	return true;
}

int dir_error(const struct dir *dir, int number, struct dfs_error *err, const char *what)
{
	assert(number < 0);
	return error_set(err, dir_code(number), "%s: %s: %s", dir->path, what, strerror(-number));
}

int dir_code(int number)
{
	/* Too many open files is no fault of the file. */
	return number == -EMFILE || number == -ENFILE ? DFS_E_LIMIT : error_from_errno(-number);
}

static int lock_dir(struct dir *dir, struct dfs_error *err)
{
	char path[DIR_FILE_MAX];
	int handle;

	snprintf(path, sizeof(path), "%s/lock", dir->path);
	handle = io_disk(dir->io, lock, path);
	if (handle == -EBUSY)
		return error_set(err, DFS_E_FENCED,
		        "data directory %s is in use by another process: stop that datanode first",
		        dir->path);
	if (handle < 0)
		return dir_error(dir, handle, err, "cannot be locked");
	dir->lock = handle;
	return 0;
}
