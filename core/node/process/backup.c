/* SPDX-License-Identifier: MIT */
/*
 * `dfs master backup` and `accept`. A backup is written beside its place, synced, checked as a
 * restore would check it, and only then gets its name.
 */
#include "node/process/backup.h"

#include <cjson/cJSON.h>
#include <dfs/dfs.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/text.h"
#include "io/kv_lmdb.h"
#include "net/loop.h"

enum { PIECE_BYTES = 1 << 20 };

static int file_free(const struct backup_settings *settings, struct dfs_error *err);
static int fetch_all(struct dfs *dfs, const char *tmp, struct dfs_error *err);
static int fetch_pieces(
        struct dfs *dfs, int fd, const char *name, uint64_t size, struct dfs_error *err);
static int64_t fetch_piece(
        struct dfs *dfs, int fd, const char *name, uint64_t offset, struct dfs_error *err);
static int64_t piece_write(int fd, const char *hex, uint64_t offset);
static int copy_directory(
        struct io *io, const char *dir, const char *folder, struct dfs_error *err);
static int publish(struct io *io, const struct backup_settings *settings, const char *tmp,
        struct checkpoint *ret, struct dfs_error *err);
static int connect_to(
        const struct backup_settings *settings, struct dfs **ret, struct dfs_error *err);

int backup_running(
        const struct backup_settings *settings, struct checkpoint *ret, struct dfs_error *err)
{
	struct loop_options options = {.server = false};
	struct loop *loop = NULL;
	struct dfs *dfs = NULL;
	char tmp[CHECKPOINT_PATH_MAX];
	int code = file_free(settings, err);

	snprintf(tmp, sizeof(tmp), "%s.%ld.tmp", settings->file, (long)getpid());
	if (code == 0)
		code = connect_to(settings, &dfs, err);
	if (code == 0)
		code = loop_create(&loop, &options, err);
	if (code == 0)
		code = fetch_all(dfs, tmp, err);
	if (code == 0)
		code = publish(loop_io(loop), settings, tmp, ret, err);
	if (code != 0)
		unlink(tmp);
	loop_destroy(loop);
	dfs_close(dfs);
	return code;
}

int backup_directory(
        const struct backup_settings *settings, struct checkpoint *ret, struct dfs_error *err)
{
	struct loop_options options = {.server = false};
	struct loop *loop = NULL;
	struct checkpoint made;
	char folder[CHECKPOINT_PATH_MAX], name[CHECKPOINT_NAME_MAX],
	        tmp[CHECKPOINT_PATH_MAX + CHECKPOINT_NAME_MAX];
	size_t count = 0;
	int code = file_free(settings, err);

	snprintf(folder, sizeof(folder), "%s.%ld.tmp", settings->file, (long)getpid());
	if (code == 0)
		code = loop_create(&loop, &options, err);
	if (code == 0)
		code = copy_directory(loop_io(loop), settings->dir, folder, err);
	if (code == 0)
		code = checkpoint_list(loop_io(loop), folder, &made, 1, &count, err);
	if (code == 0 && count == 1) {
		checkpoint_name(&made, name);
		snprintf(tmp, sizeof(tmp), "%s/%s", folder, name);
		code = publish(loop_io(loop), settings, tmp, ret, err);
		unlink(tmp);
	}
	rmdir(folder);
	loop_destroy(loop);
	return code;
}

int backup_accept(const struct backup_settings *settings, struct dfs_error *err)
{
	struct dfs *dfs;
	char *json = NULL;
	int code = connect_to(settings, &dfs, err);

	if (code != 0)
		return code;
	code = dfs_call(dfs, "accept", "{}", &json, err);
	free(json);
	dfs_close(dfs);
	return code;
}

static int file_free(const struct backup_settings *settings, struct dfs_error *err)
{
	if (settings->force || access(settings->file, F_OK) != 0)
		return 0;
	return error_set(err, DFS_E_EXIST,
	        "%s is there already: name another file, or replace it by --force", settings->file);
}

static int connect_to(
        const struct backup_settings *settings, struct dfs **ret, struct dfs_error *err)
{
	struct dfs_options options = {
	        .size = sizeof(options),
	        .master = settings->master,
	        .token = settings->token,
	        .program = "dfs master",
	};

	return dfs_open(ret, &options, err);
}

/* ---- from a running master ---- */

static int fetch_all(struct dfs *dfs, const char *tmp, struct dfs_error *err)
{
	char *json = NULL;
	cJSON *reply;
	const char *name, *size;
	int fd, code = dfs_call(dfs, "checkpoint", "{}", &json, err);

	if (code != 0)
		return code;
	reply = cJSON_Parse(json);
	free(json);
	name = cJSON_GetStringValue(cJSON_GetObjectItem(reply, "name"));
	size = cJSON_GetStringValue(cJSON_GetObjectItem(reply, "size"));
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		code = error_set(err, error_from_errno(errno), "%s: %s", tmp, strerror(errno));
	else
		code = name && size
		               ? fetch_pieces(dfs, fd, name, strtoull(size, NULL, 10), err)
		               : error_set(err, DFS_E_PROTO, "the master's answer has no name");
	if (code == 0 && fdatasync(fd) != 0)
		code = error_set(err, error_from_errno(errno), "%s: %s", tmp, strerror(errno));
	if (fd >= 0)
		close(fd);
	cJSON_Delete(reply);
	return code;
}

static int fetch_pieces(
        struct dfs *dfs, int fd, const char *name, uint64_t size, struct dfs_error *err)
{
	uint64_t at = 0;

	while (at < size) {
		int64_t got = fetch_piece(dfs, fd, name, at, err);

		if (got < 0)
			return (int)got;
		if (got == 0)
			return error_set(err, DFS_E_CORRUPT,
			        "the master's checkpoint %s ends at byte %" PRIu64 " of %" PRIu64,
			        name, at, size);
		at += (uint64_t)got;
	}
	return 0;
}

/* Bytes got, or a code. */
static int64_t fetch_piece(
        struct dfs *dfs, int fd, const char *name, uint64_t offset, struct dfs_error *err)
{
	char args[200], *json = NULL;
	const cJSON *piece;
	cJSON *reply;
	int64_t got = 0;
	int code;

	snprintf(args, sizeof(args), "{\"name\":\"%s\",\"offset\":\"%" PRIu64 "\",\"limit\":%d}",
	        name, offset, PIECE_BYTES);
	code = dfs_call(dfs, "checkpoint_read", args, &json, err);
	if (code != 0)
		return code;
	reply = cJSON_Parse(json);
	free(json);
	cJSON_ArrayForEach(piece, cJSON_GetObjectItem(reply, "pieces"))
	{
		const char *hex = cJSON_GetStringValue(cJSON_GetObjectItem(piece, "data"));
		int64_t wrote = hex ? piece_write(fd, hex, offset + (uint64_t)got) : -EPROTO;

		if (wrote < 0) {
			got = error_set(err, error_from_errno((int)-wrote),
			        "the backup cannot be written: %s", strerror((int)-wrote));
			break;
		}
		got += wrote;
	}
	cJSON_Delete(reply);
	return got;
}

static int64_t piece_write(int fd, const char *hex, uint64_t offset)
{
	size_t size = strlen(hex) / 2;
	char *bytes = malloc(size + 1);
	int64_t wrote = -ENOMEM;

	if (bytes && text_hex_decode(hex, bytes, size) != 0)
		wrote = -EPROTO;
	else if (bytes)
		wrote = pwrite(fd, bytes, size, (off_t)offset) == (ssize_t)size ? (int64_t)size
		                                                                : -errno;
	free(bytes);
	return wrote;
}

/* ---- from a directory ---- */

static int copy_directory(struct io *io, const char *dir, const char *folder, struct dfs_error *err)
{
	char path[CHECKPOINT_PATH_MAX + 16];
	struct checkpoint made;
	struct kv *kv;
	int lock, code;

	snprintf(path, sizeof(path), "%s/data.mdb", dir);
	if (access(path, F_OK) != 0)
		return error_set(err, DFS_E_NOENT,
		        "%s is not there: %s is not a master's directory", path, dir);
	snprintf(path, sizeof(path), "%s/LOCK", dir);
	lock = io_disk(io, lock, path);
	if (lock == -EBUSY)
		return error_set(err, DFS_E_BUSY,
		        "a master runs on %s: leave out --dir, then it makes the backup itself",
		        dir);
	if (lock < 0)
		return error_set(err, error_from_errno(-lock), "%s: %s", path, strerror(-lock));
	code = kv_lmdb_open(&kv, dir, 0, err);
	if (code == 0) {
		code = checkpoint_write(io, kv, folder, &made, err);
		kv->ops->close(kv);
	}
	io_disk(io, close, lock);
	return code;
}

/* Check it as a restore does, give it its name, make that durable. */
static int publish(struct io *io, const struct backup_settings *settings, const char *tmp,
        struct checkpoint *ret, struct dfs_error *err)
{
	char dir[CHECKPOINT_PATH_MAX];
	char *slash;
	int code = checkpoint_check(io, tmp, ret, err), rc;

	if (code != 0)
		return code;
	if (settings->force ? rename(tmp, settings->file) : link(tmp, settings->file))
		return errno == EEXIST
		               ? error_set(err, DFS_E_EXIST, "%s is there already", settings->file)
		               : error_set(err, error_from_errno(errno), "%s: %s", settings->file,
		                         strerror(errno));
	unlink(tmp);
	snprintf(dir, sizeof(dir), "%s", settings->file);
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	rc = io_disk(io, fsync_dir, slash ? dir : ".");
	return rc == 0 ? 0
	               : error_set(err, error_from_errno(-rc), "%s: %s", settings->file,
	                         strerror(-rc));
}
