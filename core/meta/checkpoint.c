/* SPDX-License-Identifier: MIT */
/* Checkpoints: written, checked, extracted. The file is checkpoint_file.c; which there are and which
 * go is checkpoint_dir.c. */
#include "meta/checkpoint_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "meta/meta.h"

static int write_copy(struct io *io, struct kv *kv, const char *tmp, struct checkpoint *ret,
        struct dfs_error *err);
static int read_copy(struct kv *kv, const char *tmp, struct checkpoint *ret, struct dfs_error *err);

int checkpoint_write(struct io *io, struct kv *kv, const char *dir, struct checkpoint *ret,
        struct dfs_error *err)
{
	char tmp[CHECKPOINT_PATH_MAX];
	struct checkpoint checkpoint = {.made_ms = io_wall_ms(io)};
	int rc = checkpoint_make_dir(io, dir);

	if (rc != 0)
		return checkpoint_failed(dir, rc, err);
	snprintf(tmp, sizeof(tmp), "%s/new.tmp", dir);
	rc = io_disk(io, unlink, tmp);
	if (rc != 0 && rc != -ENOENT)
		return checkpoint_failed(tmp, rc, err);
	rc = write_copy(io, kv, tmp, &checkpoint, err);
	if (rc == 0)
		rc = checkpoint_give_name(io, dir, tmp, &checkpoint, err);
	if (rc != 0) {
		io_disk(io, unlink, tmp);
		return rc;
	}
	*ret = checkpoint;
	return 0;
}

int checkpoint_foot(struct io *io, const char *path, struct checkpoint *ret, struct dfs_error *err)
{
	int fd = io_disk(io, open, path, IO_OPEN_READ);
	int rc;

	if (fd < 0)
		return checkpoint_failed(path, fd, err);
	rc = checkpoint_read_foot(io, fd, path, ret, err);
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
		return checkpoint_failed(path, fd, err);
	rc = checkpoint_read_foot(io, fd, path, &checkpoint, err);
	if (rc == 0 && to) {
		into = io_disk(io, open, to, IO_OPEN_WRITE | IO_OPEN_CREATE | IO_OPEN_EXCLUSIVE);
		rc = into < 0 ? checkpoint_failed(to, into, err) : 0;
	}
	if (rc == 0)
		rc = checkpoint_sum(io, fd, into, checkpoint.size_bytes, into < 0 ? path : to, &crc, err);
	if (rc == 0 && crc != checkpoint.crc)
		rc = error_set(err, DFS_E_CORRUPT,
		        "%s fails its checksum: bytes of it changed since it was written; use "
		        "another one",
		        path);
	if (rc == 0 && into >= 0) {
		rc = io_disk(io, fdatasync, into);
		rc = rc != 0 ? checkpoint_failed(to, rc, err) : 0;
	}
	if (into >= 0)
		io_disk(io, close, into);
	io_disk(io, close, fd);
	if (rc == 0)
		*ret = checkpoint;
	return rc;
}

static int write_copy(struct io *io, struct kv *kv, const char *tmp, struct checkpoint *ret,
        struct dfs_error *err)
{
	int rc = kv->ops->copy(kv, tmp);

	if (rc != 0)
		return error_set(err, rc, "%s: the metadata cannot be copied: %s", tmp,
		        rc == DFS_E_NOSPC ? "the disk is full" : dfs_error_text(rc));
	rc = read_copy(kv, tmp, ret, err);
	return rc == 0 ? checkpoint_put_foot(io, tmp, ret, err) : rc;
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
