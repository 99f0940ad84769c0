/* SPDX-License-Identifier: MIT */
/*
 * Making a data directory: its folders first, its identity file last and durably, so that a
 * directory with an identity is complete, and one that was interrupted can be begun again (RULES
 * 29).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "store/dir.h"
#include "store/identity.h"

static int check_empty(struct dir *dir, struct dfs_error *err);
static int make_folders(struct dir *dir, struct dfs_error *err);
static int write_identity(
        struct dir *dir, const struct store_identity *identity, struct dfs_error *err);
static int make(struct dir *dir, const char *path, struct dfs_error *err);
static int sync_folder(struct dir *dir, const char *path, struct dfs_error *err);

int store_init_dir(struct io *io, const char *path, const struct store_identity *identity,
        struct dfs_error *err)
{
	struct dir dir = {.io = io, .lock = -1};
	char file[DIR_FILE_MAX];
	int handle, rc;

	if (path[0] != '/' || strlen(path) < 2 || strlen(path) >= sizeof(dir.path))
		return error_set(
		        err, DFS_E_INVAL, "data directory '%s' is not an absolute path", path);
	if (identity->cluster[0] == '\0' ||
	        strcspn(identity->cluster, " \t\r\n\v\f") != strlen(identity->cluster))
		return error_set(err, DFS_E_INVAL, "cluster id '%s' is empty or has a space",
		        identity->cluster);
	snprintf(dir.path, sizeof(dir.path), "%s", path);
	for (size_t end = strlen(dir.path); end > 1 && dir.path[end - 1] == '/'; end--)
		dir.path[end - 1] = '\0';
	snprintf(file, sizeof(file), "%s/identity", dir.path);
	handle = io_disk(io, open, file, IO_OPEN_READ);
	if (handle >= 0) {
		io_disk(io, close, handle);
		return error_set(err, DFS_E_EXIST, "%s is a data directory already", dir.path);
	}
	rc = make(&dir, dir.path, err);
	if (rc == 0)
		rc = check_empty(&dir, err);
	if (rc == 0)
		rc = make_folders(&dir, err);
	if (rc == 0)
		rc = write_identity(&dir, identity, err);
	return rc;
}

int store_check_dir(struct io *io, const char *dir, const struct store_identity *identity,
        struct dfs_error *err)
{
	uint64_t disk;

	return identity_check(io, dir, identity, &disk, err);
}

struct emptiness {
	const char *found; /* first name that is not ours */
	char name[64];
	bool folder; /* looking into chunks/XX or bad/ */
};

/* What an interrupted init leaves, and what a fresh ext4 has. */
static int look_at(void *arg, const char *name)
{
	static const char *const ours[] = {"chunks", "bad", "lock", "identity.tmp", "lost+found"};
	struct emptiness *look = arg;

	for (size_t i = 0; !look->folder && i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcmp(name, ours[i]) == 0)
			return 0;
	snprintf(look->name, sizeof(look->name), "%s", name);
	look->found = look->name;
	return 1;
}

static int check_empty(struct dir *dir, struct dfs_error *err)
{
	struct emptiness look = {0};
	char path[DIR_FILE_MAX];
	int rc = io_disk(dir->io, list, dir->path, look_at, &look);

	if (rc < 0)
		return dir_error(dir, rc, err, "cannot be listed");
	look.folder = true;
	for (unsigned i = 0; !look.found && i < DIR_FOLDERS; i++) {
		dir_folder_path(dir, i, path);
		io_disk(dir->io, list, path, look_at, &look);
	}
	dir_bad_folder(dir, path);
	if (!look.found)
		io_disk(dir->io, list, path, look_at, &look);
	if (look.found)
		return error_set(err, DFS_E_NOTEMPTY,
		        "%s has other files in it ('%s') and no identity file", dir->path,
		        look.found);
	return 0;
}

static int make_folders(struct dir *dir, struct dfs_error *err)
{
	char path[DIR_FILE_MAX], chunks[DIR_FILE_MAX];
	int rc;

	snprintf(chunks, sizeof(chunks), "%s/chunks", dir->path);
	dir_bad_folder(dir, path);
	rc = make(dir, path, err);
	if (rc == 0)
		rc = make(dir, chunks, err);
	for (unsigned i = 0; rc == 0 && i < DIR_FOLDERS; i++) {
		dir_folder_path(dir, i, path);
		rc = make(dir, path, err);
	}
	if (rc == 0)
		rc = sync_folder(dir, chunks, err);
	return rc;
}

static int write_identity(
        struct dir *dir, const struct store_identity *identity, struct dfs_error *err)
{
	char tmp[DIR_FILE_MAX], path[DIR_FILE_MAX], parent[DIR_FILE_MAX];
	char text[IDENTITY_BYTES_MAX];
	struct iovec iov = {.iov_base = text};
	ssize_t rc;
	int handle;

	iov.iov_len = identity_format(identity, io_random_u64(dir->io), text);
	snprintf(tmp, sizeof(tmp), "%s/identity.tmp", dir->path);
	snprintf(path, sizeof(path), "%s/identity", dir->path);
	handle = io_disk(dir->io, open, tmp, IO_OPEN_WRITE | IO_OPEN_CREATE);
	if (handle < 0)
		return dir_error(dir, handle, err, "the identity file cannot be made");
	rc = io_disk(dir->io, truncate, handle, 0);
	if (rc >= 0)
		rc = io_disk(dir->io, pwritev, handle, &iov, 1, 0);
	if (rc >= 0)
		rc = io_disk(dir->io, fdatasync, handle);
	io_disk(dir->io, close, handle);
	if (rc >= 0)
		rc = io_disk(dir->io, rename, tmp, path);
	if (rc < 0)
		return dir_error(dir, (int)rc, err, "the identity file cannot be written");
	if (sync_folder(dir, dir->path, err) < 0)
		return err ? err->code : DFS_E_IO;
	/* The directory's own name. */
	snprintf(parent, sizeof(parent), "%s", dir->path);
	*strrchr(parent, '/') = '\0';
	return sync_folder(dir, parent[0] ? parent : "/", err);
}

static int make(struct dir *dir, const char *path, struct dfs_error *err)
{
	int rc = io_disk(dir->io, mkdir, path);

	if (rc < 0 && rc != -EEXIST)
		return error_set(err, dir_code(rc), "%s: cannot be made: %s", path, strerror(-rc));
	return 0;
}

static int sync_folder(struct dir *dir, const char *path, struct dfs_error *err)
{
	int rc = io_disk(dir->io, fsync_dir, path);

	if (rc < 0)
		return error_set(
		        err, dir_code(rc), "%s: cannot be synced: %s", path, strerror(-rc));
	return 0;
}
