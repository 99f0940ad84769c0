/* SPDX-License-Identifier: MIT */
/* The file of a checkpoint or of a part of the log: its foot, its name, its checksum. */
#include "meta/checkpoint_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"

enum { CHECKPOINT_FORMAT = 1, PIECE_SIZE = 1 << 20 };

static const char *kind_name(const struct checkpoint *checkpoint);
static size_t foot_text(const struct checkpoint *checkpoint, char ret[CHECKPOINT_FOOT_SIZE]);
static int foot_parse(
        const char *text, const char *path, struct checkpoint *ret, struct dfs_error *err);

void checkpoint_name(const struct checkpoint *checkpoint, char ret[CHECKPOINT_NAME_MAX])
{
	snprintf(ret, CHECKPOINT_NAME_MAX, "%06" PRIx64 "-%016" PRIx64 ".%s", checkpoint->epoch,
	        checkpoint->operation, kind_name(checkpoint));
}

/* Its name must be as durable as what is kept in it: the log goes because of that. */
int checkpoint_make_dir(struct io *io, const char *dir)
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

int checkpoint_put_foot(
        struct io *io, const char *tmp, struct checkpoint *checkpoint, struct dfs_error *err)
{
	char foot[CHECKPOINT_FOOT_SIZE];
	struct iovec iov = {.iov_base = foot, .iov_len = sizeof(foot)};
	int fd = io_disk(io, open, tmp, IO_OPEN_READ | IO_OPEN_WRITE), rc;
	int64_t size;

	if (fd < 0)
		return checkpoint_failed(tmp, fd, err);
	size = io_disk(io, size, fd);
	rc = size < 0 ? checkpoint_failed(tmp, (int)size, err) : 0;
	if (rc == 0) {
		checkpoint->size_bytes = (uint64_t)size;
		rc = checkpoint_sum(io, fd, -1, checkpoint->size_bytes, tmp, &checkpoint->crc, err);
	}
	if (rc == 0) {
		foot_text(checkpoint, foot);
		rc = (int)io_disk(io, pwritev, fd, &iov, 1, checkpoint->size_bytes);
		rc = rc < 0 ? rc : io_disk(io, fdatasync, fd);
		rc = rc < 0 ? checkpoint_failed(tmp, rc, err) : 0;
	}
	io_disk(io, close, fd);
	return rc;
}

int checkpoint_give_name(struct io *io, const char *dir, const char *tmp,
        const struct checkpoint *checkpoint, struct dfs_error *err)
{
	char name[CHECKPOINT_NAME_MAX], path[CHECKPOINT_PATH_MAX + CHECKPOINT_NAME_MAX];
	int rc;

	checkpoint_name(checkpoint, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	rc = io_disk(io, rename, tmp, path);
	if (rc == 0)
		rc = io_disk(io, fsync_dir, dir);
	return rc == 0 ? 0 : checkpoint_failed(path, rc, err);
}

int checkpoint_sum(struct io *io, int fd, int into, uint64_t size, const char *path, uint32_t *ret,
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
	return rc == 0 ? 0 : checkpoint_failed(path, rc, err);
}

int checkpoint_failed(const char *path, int result, struct dfs_error *err)
{
	return error_set(err, error_from_errno(-result), "%s: %s", path, strerror(-result));
}

/* ---- the foot ---- */

static const char *kind_name(const struct checkpoint *checkpoint)
{
	return checkpoint->from ? "log" : "checkpoint";
}

static size_t foot_text(const struct checkpoint *checkpoint, char ret[CHECKPOINT_FOOT_SIZE])
{
	size_t size;

	memset(ret, 0, CHECKPOINT_FOOT_SIZE);
	size = (size_t)snprintf(ret, CHECKPOINT_FOOT_SIZE,
	        "dfs-%s %d\ncluster=%s\nepoch=%" PRIu64 "\nreign=%016" PRIx64 "\noperation=%" PRIu64
	        "\nwall_ms=%" PRId64 "\nmade_ms=%" PRId64 "\nsize=%" PRIu64 "\ncrc=%08" PRIx32 "\n",
	        kind_name(checkpoint), CHECKPOINT_FORMAT, checkpoint->cluster, checkpoint->epoch,
	        checkpoint->reign, checkpoint->operation, checkpoint->wall_ms, checkpoint->made_ms,
	        checkpoint->size_bytes, checkpoint->crc);
	if (checkpoint->from)
		size += (size_t)snprintf(ret + size, CHECKPOINT_FOOT_SIZE - size,
		        "from=%" PRIu64 "\nbase_epoch=%" PRIu64 "\nbase_reign=%016" PRIx64 "\n",
		        checkpoint->from, checkpoint->base_epoch, checkpoint->base_reign);
	return size + (size_t)snprintf(ret + size, CHECKPOINT_FOOT_SIZE - size,
	                      "sum=%08" PRIx32 "\n", crc32c(0, ret, size));
}

int checkpoint_foot_parse(const char *foot, struct checkpoint *ret, struct dfs_error *err)
{
	char text[CHECKPOINT_FOOT_SIZE + 1];
	struct checkpoint found = {.operation = 0};
	int rc;

	memcpy(text, foot, CHECKPOINT_FOOT_SIZE);
	text[CHECKPOINT_FOOT_SIZE] = '\0';
	rc = foot_parse(text, "this", &found, err);
	if (rc == 0)
		*ret = found;
	return rc;
}

int checkpoint_read_foot(
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
		return checkpoint_failed(path, (int)got, err);
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

/* What is printed anew from the numbers found must be what was read: nothing else is trusted. */
static int foot_parse(
        const char *text, const char *path, struct checkpoint *ret, struct dfs_error *err)
{
	char expect[CHECKPOINT_FOOT_SIZE], kind[16] = "";
	const char *more;
	int format = 0;

	if (sscanf(text, "dfs-%15[a-z] %d", kind, &format) == 2 && format > CHECKPOINT_FORMAT)
		return error_set(err, DFS_E_VERSION,
		        "%s is of format %d, this program knows formats up to %d: use a newer "
		        "program",
		        path, format, CHECKPOINT_FORMAT);
	more = strstr(text, "from=");
	if (format != CHECKPOINT_FORMAT ||
	        sscanf(text,
	                "dfs-%*[a-z] %*d cluster=%32[0-9a-f] epoch=%" SCNu64 " reign=%" SCNx64
	                " operation=%" SCNu64 " wall_ms=%" SCNd64 " made_ms=%" SCNd64
	                " size=%" SCNu64 " crc=%" SCNx32,
	                ret->cluster, &ret->epoch, &ret->reign, &ret->operation, &ret->wall_ms,
	                &ret->made_ms, &ret->size_bytes, &ret->crc) != 8 ||
	        (more && sscanf(more, "from=%" SCNu64 " base_epoch=%" SCNu64 " base_reign=%" SCNx64,
	                         &ret->from, &ret->base_epoch, &ret->base_reign) != 3) ||
	        (foot_text(ret, expect), memcmp(expect, text, sizeof(expect)) != 0))
		return error_set(err, DFS_E_CORRUPT,
		        "%s is no checkpoint or backup of a master, or its end was cut or changed; "
		        "use another one",
		        path);
	return 0;
}
