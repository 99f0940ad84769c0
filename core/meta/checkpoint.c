/* SPDX-License-Identifier: MIT */
/* Checkpoints: the file and its foot. Which there are and which go is checkpoint_dir.c. */
#include "meta/checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/crc32c.h"
#include "meta/meta.h"

enum { CHECKPOINT_FORMAT = 1, PIECE_SIZE = 1 << 20 };

static int make_dir(struct io *io, const char *dir);
static int write_copy(struct io *io, struct kv *kv, const char *tmp, struct checkpoint *ret,
        struct dfs_error *err);
static int read_copy(struct kv *kv, const char *tmp, struct checkpoint *ret, struct dfs_error *err);
static int write_foot(
        struct io *io, const char *tmp, struct checkpoint *checkpoint, struct dfs_error *err);
static int give_name(struct io *io, const char *dir, const char *tmp,
        const struct checkpoint *checkpoint, struct dfs_error *err);
static size_t foot_text(const struct checkpoint *checkpoint, char ret[CHECKPOINT_FOOT_SIZE]);
static int foot_read(
        struct io *io, int fd, const char *path, struct checkpoint *ret, struct dfs_error *err);
static int foot_parse(
        const char *text, const char *path, struct checkpoint *ret, struct dfs_error *err);
static int sum(struct io *io, int fd, int into, uint64_t size, const char *path, uint32_t *ret,
        struct dfs_error *err);
static int failed(const char *path, int result, struct dfs_error *err);

int checkpoint_write(struct io *io, struct kv *kv, const char *dir, struct checkpoint *ret,
        struct dfs_error *err)
{
	char tmp[CHECKPOINT_PATH_MAX];
	struct checkpoint checkpoint = {.made_ms = io_wall_ms(io)};
	int rc = make_dir(io, dir);

	if (rc != 0)
		return failed(dir, rc, err);
	snprintf(tmp, sizeof(tmp), "%s/new.tmp", dir);
	rc = io_disk(io, unlink, tmp);
	if (rc != 0 && rc != -ENOENT)
		return failed(tmp, rc, err);
	rc = write_copy(io, kv, tmp, &checkpoint, err);
	if (rc == 0)
		rc = give_name(io, dir, tmp, &checkpoint, err);
	if (rc != 0) {
		io_disk(io, unlink, tmp);
		return rc;
	}
	*ret = checkpoint;
	return 0;
}

void checkpoint_name(const struct checkpoint *checkpoint, char ret[CHECKPOINT_NAME_MAX])
{
	snprintf(ret, CHECKPOINT_NAME_MAX, "%06" PRIx64 "-%016" PRIx64 ".checkpoint",
	        checkpoint->epoch, checkpoint->operation);
}

int checkpoint_foot(struct io *io, const char *path, struct checkpoint *ret, struct dfs_error *err)
{
	int fd = io_disk(io, open, path, IO_OPEN_READ);
	int rc;

	if (fd < 0)
		return failed(path, fd, err);
	rc = foot_read(io, fd, path, ret, err);
	io_disk(io, close, fd);
	return rc;
}

int checkpoint_check(struct io *io, const char *path, struct checkpoint *ret, struct dfs_error *err)
{
	return checkpoint_extract(io, path, NULL, ret, err);
}

int checkpoint_extract(struct io *io, const char *path, const char *to, struct checkpoint *ret,
        struct dfs_error *err)
{
	struct checkpoint checkpoint;
	int fd = io_disk(io, open, path, IO_OPEN_READ), into = -1, rc;
	uint32_t crc = 0;

	if (fd < 0)
		return failed(path, fd, err);
	rc = foot_read(io, fd, path, &checkpoint, err);
	if (rc == 0 && to) {
		into = io_disk(io, open, to, IO_OPEN_WRITE | IO_OPEN_CREATE | IO_OPEN_EXCLUSIVE);
		rc = into < 0 ? failed(to, into, err) : 0;
	}
	if (rc == 0)
		rc = sum(io, fd, into, checkpoint.size_bytes, into < 0 ? path : to, &crc, err);
	if (rc == 0 && crc != checkpoint.crc)
		rc = error_set(err, DFS_E_CORRUPT,
		        "%s fails its checksum: bytes of it changed since it was written; use "
		        "another one",
		        path);
	if (rc == 0 && into >= 0) {
		rc = io_disk(io, fdatasync, into);
		rc = rc != 0 ? failed(to, rc, err) : 0;
	}
	if (into >= 0)
		io_disk(io, close, into);
	io_disk(io, close, fd);
	if (rc == 0)
		*ret = checkpoint;
	return rc;
}

/* Its name must be as durable as what is kept in it: the log goes because of that. */
static int make_dir(struct io *io, const char *dir)
{
	char parent[CHECKPOINT_PATH_MAX];
	char *slash;
	int rc = io_disk(io, mkdir, dir);

	if (rc != 0 && rc != -EEXIST)
		return rc;
	snprintf(parent, sizeof(parent), "%s", dir);
	slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent] = '\0';
	return io_disk(io, fsync_dir, slash ? parent : ".");
}

static int write_copy(struct io *io, struct kv *kv, const char *tmp, struct checkpoint *ret,
        struct dfs_error *err)
{
	int rc = kv->ops->copy(kv, tmp);

	if (rc != 0)
		return error_set(err, rc, "%s: the metadata cannot be copied: %s", tmp,
		        rc == DFS_E_NOSPC ? "the disk is full" : dfs_error_text(rc));
	rc = read_copy(kv, tmp, ret, err);
	return rc == 0 ? write_foot(io, tmp, ret, err) : rc;
}

/* What it is a copy of, from the copy itself: operations went on meanwhile. */
static int read_copy(struct kv *kv, const char *tmp, struct checkpoint *ret, struct dfs_error *err)
{
	struct proto_row_counters counters;
	struct arena arena = {0};
	struct kv *copy;
	int rc = kv->ops->open_copy(kv, tmp, &copy);

	if (rc != 0)
		return error_set(
		        err, rc, "%s: the copy cannot be opened: %s", tmp, dfs_error_text(rc));
	rc = meta_verify(copy, &arena, &counters, err);
	copy->ops->close(copy);
	if (rc == 0) {
		snprintf(ret->cluster, sizeof(ret->cluster), "%s", counters.cluster);
		ret->epoch = counters.epoch;
		ret->reign = counters.reign;
		ret->operation = counters.operation;
		ret->wall_ms = counters.wall_ms;
	}
	arena_fini(&arena);
	return rc;
}

static int write_foot(
        struct io *io, const char *tmp, struct checkpoint *checkpoint, struct dfs_error *err)
{
	char foot[CHECKPOINT_FOOT_SIZE];
	struct iovec iov = {.iov_base = foot, .iov_len = sizeof(foot)};
	int fd = io_disk(io, open, tmp, IO_OPEN_READ | IO_OPEN_WRITE), rc;
	int64_t size;

	if (fd < 0)
		return failed(tmp, fd, err);
	size = io_disk(io, size, fd);
	rc = size < 0 ? failed(tmp, (int)size, err) : 0;
	if (rc == 0) {
		checkpoint->size_bytes = (uint64_t)size;
		rc = sum(io, fd, -1, checkpoint->size_bytes, tmp, &checkpoint->crc, err);
	}
	if (rc == 0) {
		foot_text(checkpoint, foot);
		rc = (int)io_disk(io, pwritev, fd, &iov, 1, checkpoint->size_bytes);
		rc = rc < 0 ? rc : io_disk(io, fdatasync, fd);
		rc = rc < 0 ? failed(tmp, rc, err) : 0;
	}
	io_disk(io, close, fd);
	return rc;
}

static int give_name(struct io *io, const char *dir, const char *tmp,
        const struct checkpoint *checkpoint, struct dfs_error *err)
{
	char name[CHECKPOINT_NAME_MAX], path[CHECKPOINT_PATH_MAX + CHECKPOINT_NAME_MAX];
	int rc;

	checkpoint_name(checkpoint, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	rc = io_disk(io, rename, tmp, path);
	if (rc == 0)
		rc = io_disk(io, fsync_dir, dir);
	return rc == 0 ? 0 : failed(path, rc, err);
}

/* ---- the foot ---- */

static size_t foot_text(const struct checkpoint *checkpoint, char ret[CHECKPOINT_FOOT_SIZE])
{
	size_t size;

	memset(ret, 0, CHECKPOINT_FOOT_SIZE);
	size = (size_t)snprintf(ret, CHECKPOINT_FOOT_SIZE,
	        "dfs-checkpoint %d\ncluster=%s\nepoch=%" PRIu64 "\nreign=%016" PRIx64
	        "\noperation=%" PRIu64 "\nwall_ms=%" PRId64 "\nmade_ms=%" PRId64 "\nsize=%" PRIu64
	        "\ncrc=%08" PRIx32 "\n",
	        CHECKPOINT_FORMAT, checkpoint->cluster, checkpoint->epoch, checkpoint->reign,
	        checkpoint->operation, checkpoint->wall_ms, checkpoint->made_ms,
	        checkpoint->size_bytes, checkpoint->crc);
	return size + (size_t)snprintf(ret + size, CHECKPOINT_FOOT_SIZE - size,
	                      "sum=%08" PRIx32 "\n", crc32c(0, ret, size));
}

static int foot_read(
        struct io *io, int fd, const char *path, struct checkpoint *ret, struct dfs_error *err)
{
	char foot[CHECKPOINT_FOOT_SIZE + 1] = "";
	int64_t size = io_disk(io, size, fd);
	ssize_t got = size;
	struct checkpoint found = {0};
	int rc;

	if (size >= CHECKPOINT_FOOT_SIZE)
		got = io_disk(io, pread, fd, foot, CHECKPOINT_FOOT_SIZE,
		        (uint64_t)size - CHECKPOINT_FOOT_SIZE);
	if (got < 0)
		return failed(path, (int)got, err);
	rc = foot_parse(foot, path, &found, err);
	if (rc == 0 && found.size_bytes != (uint64_t)size - CHECKPOINT_FOOT_SIZE)
		rc = error_set(err, DFS_E_CORRUPT,
		        "%s has %" PRId64 " bytes and should have %" PRIu64
		        ": it was cut or added to; use another one",
		        path, size, found.size_bytes + CHECKPOINT_FOOT_SIZE);
	if (rc == 0)
		*ret = found;
	return rc;
}

static int foot_parse(
        const char *text, const char *path, struct checkpoint *ret, struct dfs_error *err)
{
	char expect[CHECKPOINT_FOOT_SIZE];
	int format = 0;

	if (sscanf(text, "dfs-checkpoint %d", &format) == 1 && format > CHECKPOINT_FORMAT)
		return error_set(err, DFS_E_VERSION,
		        "%s is of format %d, this program knows formats up to %d: use a newer "
		        "program",
		        path, format, CHECKPOINT_FORMAT);
	if (format != CHECKPOINT_FORMAT ||
	        sscanf(text,
	                "dfs-checkpoint %*d cluster=%32[0-9a-f] epoch=%" SCNu64 " reign=%" SCNx64
	                " operation=%" SCNu64 " wall_ms=%" SCNd64 " made_ms=%" SCNd64
	                " size=%" SCNu64 " crc=%" SCNx32,
	                ret->cluster, &ret->epoch, &ret->reign, &ret->operation, &ret->wall_ms,
	                &ret->made_ms, &ret->size_bytes, &ret->crc) != 8 ||
	        (foot_text(ret, expect), memcmp(expect, text, sizeof(expect)) != 0))
		return error_set(err, DFS_E_CORRUPT,
		        "%s is no checkpoint or backup of a master, or its end was cut or changed; "
		        "use another one",
		        path);
	return 0;
}

/* ---- bytes ---- */

/* Of the first `size` bytes, which go into the file `into` where that is not -1. */
static int sum(struct io *io, int fd, int into, uint64_t size, const char *path, uint32_t *ret,
        struct dfs_error *err)
{
	char *piece = malloc(PIECE_SIZE);
	uint32_t crc = 0;
	int rc = 0;

	if (!piece)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	for (uint64_t at = 0; rc == 0 && at < size;) {
		size_t want = size - at < PIECE_SIZE ? (size_t)(size - at) : PIECE_SIZE;
		struct iovec iov = {.iov_base = piece, .iov_len = want};
		ssize_t got = io_disk(io, pread, fd, piece, want, at);

		if (got > 0 && into >= 0) {
			iov.iov_len = (size_t)got;
			rc = (int)io_disk(io, pwritev, into, &iov, 1, at);
			rc = rc < 0 ? rc : 0;
		}
		if (got <= 0)
			rc = got < 0 ? (int)got : -EIO; /* it shrank under our eyes */
		if (rc == 0)
			crc = crc32c(crc, piece, (size_t)got);
		at += got > 0 ? (uint64_t)got : 0;
	}
	free(piece);
	*ret = crc;
	return rc == 0 ? 0 : failed(path, rc, err);
}

static int failed(const char *path, int result, struct dfs_error *err)
{
	return error_set(err, error_from_errno(-result), "%s: %s", path, strerror(-result));
}
