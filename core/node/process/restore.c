/* SPDX-License-Identifier: MIT */
/*
 * `dfs master restore`. Each step, and what a crash behind it leaves:
 *
 *   FILE checked                                     nothing
 *   DIR, DIR/LOCK                                    an empty directory: no master starts on it
 *   DIR/restoring/data.mdb: copied, synced, checked  likewise; the next restore begins it anew
 *   parts of the log replayed on it (rescue.c)       likewise
 *   its new reign committed, deletions held          likewise
 *   renamed to DIR/data.mdb, DIR synced              a restored master
 *   DIR/restoring removed                            a restored master
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "io/kv_lmdb.h"
#include "meta/meta.h"
#include "net/loop.h"
#include "node/process/backup.h"
#include "node/process/key.h"

enum { PART_MAX = CHECKPOINT_PATH_MAX + 64 };

struct restoring {
	const char *file;
	const char *const *logs; /* that follow on it */
	size_t logs_count;
	uint64_t seen_epoch;
};

static int take_dir(struct io *io, const char *dir, int *ret_lock, struct dfs_error *err);
static int empty(struct io *io, const char *dir, struct dfs_error *err);
static int other_name(void *arg, const char *name);
static int stage(struct io *io, const struct restoring *from, const char *staging,
        struct checkpoint *ret, struct dfs_error *err);
static int begin_reign(struct io *io, const struct restoring *from, const char *staging,
        struct checkpoint *state, struct dfs_error *err);
static int publish(struct io *io, const char *dir, const char *staging, struct dfs_error *err);
static int clean(struct io *io, const char *staging, struct dfs_error *err);
static int failed(const char *path, int result, struct dfs_error *err);

int backup_restore(
        const struct backup_settings *settings, struct checkpoint *ret, struct dfs_error *err)
{
	struct loop_options options = {.server = false};
	struct loop *loop;
	int code = loop_create(&loop, &options, err);

	if (code != 0)
		return code;
	code = restore_into(loop_io(loop), settings->file, settings->dir, 0, ret, err);
	loop_destroy(loop);
	return code;
}

int restore_into(struct io *io, const char *file, const char *dir, uint64_t seen_epoch,
        struct checkpoint *ret, struct dfs_error *err)
{
	return restore_with_log(io, file, NULL, 0, dir, seen_epoch, ret, err);
}

int restore_with_log(struct io *io, const char *file, const char *const *logs, size_t logs_count,
        const char *dir, uint64_t seen_epoch, struct checkpoint *ret, struct dfs_error *err)
{
	struct restoring from = {file, logs, logs_count, seen_epoch};
	char staging[PART_MAX];
	int lock = -1;
	int code = checkpoint_check(io, file, ret, err);

	if (code == 0 && ret->from)
		code = error_set(err, DFS_E_INVAL,
		        "%s is a part of the log, not a whole copy: `dfs master rescue` uses such",
		        file);
	if (code == 0)
		code = take_dir(io, dir, &lock, err);
	if (code != 0)
		return code;
	snprintf(staging, sizeof(staging), "%s/restoring", dir);
	code = stage(io, &from, staging, ret, err);
	if (code == 0)
		code = publish(io, dir, staging, err);
	io_disk(io, close, lock);
	return code;
}

/* Locked, so that no master and no other restore is at work in it. */
static int take_dir(struct io *io, const char *dir, int *ret_lock, struct dfs_error *err)
{
	char path[PART_MAX];
	int code = empty(io, dir, err);

	if (code == 0)
		code = dir_make(dir, err);
	if (code != 0)
		return code;
	snprintf(path, sizeof(path), "%s/LOCK", dir);
	*ret_lock = io_disk(io, lock, path);
	if (*ret_lock == -EBUSY)
		return error_set(err, DFS_E_BUSY, "a master runs on %s: it holds %s", dir, path);
	return *ret_lock < 0 ? failed(path, *ret_lock, err) : 0;
}

static int empty(struct io *io, const char *dir, struct dfs_error *err)
{
	char name[256] = "";
	int rc = io_disk(io, list, dir, other_name, name);

	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return failed(dir, rc, err);
	return rc == 0 ? 0
	               : error_set(err, DFS_E_EXIST,
	                         "%s is not empty (%s is in it): a backup is put back into a new "
	                         "or "
	                         "empty directory only; name another one, or move what is there",
	                         dir, name);
}

/* What a restore that did not come to its end leaves is nobody's. */
static int other_name(void *arg, const char *name)
{
	if (strcmp(name, "LOCK") == 0 || strcmp(name, "restoring") == 0)
		return 0;
	snprintf(arg, 256, "%s", name);
	return 1;
}

static int stage(struct io *io, const struct restoring *from, const char *staging,
        struct checkpoint *ret, struct dfs_error *err)
{
	char data[PART_MAX + 16];
	int rc = io_disk(io, mkdir, staging), code;

	if (rc != 0 && rc != -EEXIST)
		return failed(staging, rc, err);
	code = clean(io, staging, err);
	snprintf(data, sizeof(data), "%s/data.mdb", staging);
	if (code == 0)
		code = checkpoint_extract(io, from->file, data, ret, err);
	return code == 0 ? begin_reign(io, from, staging, ret, err) : code;
}

static int begin_reign(struct io *io, const struct restoring *from, const char *staging,
        struct checkpoint *state, struct dfs_error *err)
{
	struct proto_row_counters counters;
	struct arena arena = {0};
	struct kv *kv;
	int code = kv_lmdb_open(&kv, staging, 0, err);

	if (code != 0)
		return code;
	code = meta_verify(kv, &arena, &counters, err);
	if (code == 0 && (counters.operation != state->operation ||
	                         strcmp(counters.cluster, state->cluster) != 0))
		code = error_set(err, DFS_E_CORRUPT,
		        "the metadata is not what the backup says of it: operation %" PRIu64
		        " of cluster %s",
		        counters.operation, counters.cluster);
	for (size_t i = 0; i < from->logs_count && code == 0; i++)
		code = checkpoint_log_replay(io, from->logs[i], kv, state, err);
	if (code == 0)
		code = meta_restore(kv, io, from->seen_epoch, state->wall_ms, err);
	kv->ops->close(kv);
	arena_fini(&arena);
	return code;
}

static int publish(struct io *io, const char *dir, const char *staging, struct dfs_error *err)
{
	char from[PART_MAX + 16], to[PART_MAX];
	int rc, code;

	snprintf(from, sizeof(from), "%s/data.mdb", staging);
	snprintf(to, sizeof(to), "%s/data.mdb", dir);
	rc = io_disk(io, rename, from, to);
	if (rc == 0)
		rc = io_disk(io, fsync_dir, dir);
	if (rc != 0)
		return failed(to, rc, err);
	code = clean(io, staging, err);
	if (code == 0 && rmdir(staging) != 0)
		return failed(staging, -errno, err);
	return code;
}

static int clean(struct io *io, const char *staging, struct dfs_error *err)
{
	static const char *const names[] = {"data.mdb", "lock.mdb"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[PART_MAX + 16];
		int rc;

		snprintf(path, sizeof(path), "%s/%s", staging, names[i]);
		rc = io_disk(io, unlink, path);
		if (rc != 0 && rc != -ENOENT)
			return failed(path, rc, err);
	}
	return 0;
}

static int failed(const char *path, int result, struct dfs_error *err)
{
	return error_set(err, error_from_errno(-result), "%s: %s", path, strerror(-result));
}
