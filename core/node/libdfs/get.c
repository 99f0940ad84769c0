/* SPDX-License-Identifier: MIT */
/*
 * Where a get's bytes go: a local file, standard output, a callback. A regular file is written
 * beside its name and renamed once it is whole: who looks sees the old one or the new one.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "io/real.h"
#include "node/libdfs/handle.h"

struct getting {
	unsigned users; /* the transfer, and workers that write */
	struct dfs *dfs;
	int fd;
	bool close_fd;
	char *local, *path;
	char *tmp; /* NULL: written in place (a device, a pipe, standard output) */
	uint32_t mode;
	int64_t mtime_ns;
	uint64_t offset, length;
	transfer_done *done;
	void *arg;
	void (*progress)(void *arg, uint64_t bytes, uint64_t total);
	void *progress_arg;
	int (*write)(void *arg, const void *bytes, size_t size);
	void *write_arg;
};

static void stat_done(void *arg, int code, const struct dfs_error *err, const void *reply);
static int open_local(struct getting *getting, struct dfs_error *err);
static int open_beside(struct getting *getting, struct dfs_error *err);
static int write_at(
        void *arg, uint64_t offset, const void *bytes, size_t size, struct dfs_error *err);
static int write_pieces(
        void *arg, uint64_t offset, const struct iovec *pieces, int count, struct dfs_error *err);
static void hold(void *arg);
static void drop(void *arg);
static int write_onwards(
        void *arg, uint64_t offset, const void *bytes, size_t size, struct dfs_error *err);
static int write_callback(
        void *arg, uint64_t offset, const void *bytes, size_t size, struct dfs_error *err);
static void progressed(void *arg, uint64_t bytes, uint64_t total);
static void get_done(void *arg, const struct client_transfer *result);
static int finish_file(struct getting *getting, uint64_t bytes, struct dfs_error *err);
static void end(struct getting *getting, int code, const struct dfs_error *err,
        const struct client_transfer *result);
static struct getting *getting_new(
        struct dfs *dfs, const char *path, const struct dfs_transfer *how, struct dfs_error *err);
static void getting_free(struct getting *getting);
static void waited(
        void *arg, int code, const struct dfs_error *err, const struct client_transfer *result);

static void set_room_aside(struct getting *getting, uint64_t size);

enum { ROOM_MIN = 1024 * 1024 };
static const uint64_t ROOM_MAX = UINT64_C(64) << 30; /* finding more takes long */

struct get_wait {
	struct wait wait;
	struct dfs_transfer *transfer;
};

int dfs_get_file(struct dfs *dfs, const char *path, const char *local,
        struct dfs_transfer *transfer, struct dfs_error *err)
{
	struct get_wait wait = {.wait.err = err, .transfer = transfer};
	struct dfs_transfer how = transfer_options(transfer);
	struct transfer *running;
	int code = get_file_start(dfs, path, local, &how, waited, &wait, &running, err);

	if (code != 0)
		return code;
	loop_run_until(dfs->loop, &wait.wait.over);
	return wait.wait.code;
}

int dfs_get(struct dfs *dfs, const char *path,
        int (*write)(void *arg, const void *bytes, size_t size), void *arg,
        struct dfs_transfer *transfer, struct dfs_error *err)
{
	struct get_wait wait = {.wait.err = err, .transfer = transfer};
	struct dfs_transfer how = transfer_options(transfer);
	struct getting *getting = getting_new(dfs, path, &how, err);
	struct client_sink sink = {.write = write_callback, .arg = getting};
	struct client_get get;

	if (!getting)
		return err && err->code ? err->code : DFS_E_NOMEM;
	getting->write = write;
	getting->write_arg = arg;
	getting->done = waited;
	getting->arg = &wait;
	get = (struct client_get){
	        .path = getting->path, .offset = getting->offset, .length = getting->length};
	if (!client_get_start(dfs->client, &get, &sink, progressed, get_done, getting)) {
		getting_free(getting);
		return error_set(err, DFS_E_NOMEM, "out of memory");
	}
	loop_run_until(dfs->loop, &wait.wait.over);
	return wait.wait.code;
}

int get_file_start(struct dfs *dfs, const char *path, const char *local,
        const struct dfs_transfer *how, transfer_done *done, void *arg, struct transfer **ret,
        struct dfs_error *err)
{
	struct getting *getting = getting_new(dfs, path, how, err);
	struct proto_stat_args args;

	if (!getting)
		return err && err->code ? err->code : DFS_E_NOMEM;
	getting->done = done;
	getting->arg = arg;
	getting->local = strdup(local);
	if (!getting->local) {
		getting_free(getting);
		return error_set(err, DFS_E_NOMEM, "out of memory");
	}
	args.path = getting->path;
	client_call(dfs->client, PROTO_CALL_STAT, &args, stat_done, getting);
	*ret = (struct transfer *)getting;
	return 0;
}

/* What is read is known to be a file before anything local is touched. */
static void stat_done(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct getting *getting = arg;
	const struct proto_stat_reply *got = reply;
	struct client_transfer none = {0};
	struct dfs_error local = {0};
	struct client_sink sink = {.arg = getting};
	struct client_get get = {
	        .path = getting->path, .offset = getting->offset, .length = getting->length};

	if (code == 0 && got->attr.kind == PROTO_KIND_DIR)
		code = error_set(&local, DFS_E_ISDIR, "%s is a directory (get -r fetches a tree)",
		        getting->path);
	else if (code == 0 && got->attr.kind == PROTO_KIND_SYMLINK)
		code = error_set(&local, DFS_E_INVAL, "%s is a symbolic link to %s", getting->path,
		        got->attr.target);
	if (code == 0) {
		getting->mode = got->attr.mode;
		getting->mtime_ns = got->attr.mtime_ns;
		code = open_local(getting, &local);
	}
	if (code != 0) {
		end(getting, code, local.code ? &local : err, &none);
		return;
	}
	sink.any_order = getting->tmp != NULL;
	sink.write = sink.any_order ? write_at : write_onwards;
	if (sink.any_order) {
		sink.write_pieces = write_pieces;
		sink.hold = hold;
		sink.drop = drop;
		set_room_aside(getting, got->attr.size);
	}
	if (!client_get_start(getting->dfs->client, &get, &sink, progressed, get_done, getting)) {
		error_set(&local, DFS_E_NOMEM, "out of memory");
		end(getting, DFS_E_NOMEM, &local, &none);
	}
}

/* Blocks are found once, and not for each page that is written. A hint: what is missing or too much
 * does no harm. */
static void set_room_aside(struct getting *getting, uint64_t size)
{
	uint64_t length = size > getting->offset ? size - getting->offset : 0;

	if (length > getting->length)
		length = getting->length;
	if (length >= ROOM_MIN)
		fallocate(getting->fd, FALLOC_FL_KEEP_SIZE, 0,
		        (off_t)(length < ROOM_MAX ? length : ROOM_MAX));
}

static int open_local(struct getting *getting, struct dfs_error *err)
{
	struct stat stat;

	if (strcmp(getting->local, "-") == 0) {
		getting->fd = STDOUT_FILENO;
		return 0;
	}
	if (lstat(getting->local, &stat) != 0 || S_ISREG(stat.st_mode) || S_ISLNK(stat.st_mode)) {
		if (lstat(getting->local, &stat) != 0 || S_ISREG(stat.st_mode))
			return open_beside(getting, err);
	}
	if (S_ISDIR(stat.st_mode))
		return error_set(err, DFS_E_ISDIR, "%s is a directory", getting->local);
	getting->fd = open(getting->local, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (getting->fd < 0)
		return error_set(
		        err, error_from_errno(errno), "%s: %s", getting->local, strerror(errno));
	getting->close_fd = true;
	return 0;
}

static int open_beside(struct getting *getting, struct dfs_error *err)
{
	const char *slash = strrchr(getting->local, '/');
	size_t dir = slash ? (size_t)(slash - getting->local) + 1 : 0;
	char tmp[4096];

	/* The name may be as long as names may be: the temporary one does not grow with it. */
	if (snprintf(tmp, sizeof(tmp), "%.*s.dfs-get-XXXXXX", (int)dir, getting->local) >=
	        (int)sizeof(tmp))
		return error_set(err, DFS_E_NAME, "the path %.64s... is too long", getting->local);
	getting->fd = mkostemp(tmp, O_CLOEXEC);
	if (getting->fd < 0)
		return error_set(err, error_from_errno(errno), "%s cannot be written: %s",
		        getting->local, strerror(errno));
	getting->close_fd = true;
	getting->tmp = strdup(tmp);
	if (!getting->tmp) {
		unlink(tmp);
		return error_set(err, DFS_E_NOMEM, "out of memory");
	}
	return 0;
}

static int write_at(
        void *arg, uint64_t offset, const void *bytes, size_t size, struct dfs_error *err)
{
	struct getting *getting = arg;
	const char *at = bytes;

	offset -= getting->offset;
	while (size > 0) {
		ssize_t put = pwrite(getting->fd, at, size, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return error_set(err, error_from_errno(errno), "writing %s: %s",
			        getting->local, strerror(errno));
		at += put;
		offset += (uint64_t)put;
		size -= (size_t)put;
	}
	return 0;
}

/* On a worker, beside others. */
static int write_pieces(
        void *arg, uint64_t offset, const struct iovec *pieces, int count, struct dfs_error *err)
{
	const struct getting *getting = arg;
	size_t size = 0;
	ssize_t put;

	for (int i = 0; i < count; i++)
		size += pieces[i].iov_len;
	put = io_disk_real.pwritev(NULL, getting->fd, pieces, count, offset - getting->offset);
	if (put < 0)
		return error_set(err, error_from_errno((int)-put), "writing %s: %s", getting->local,
		        strerror((int)-put));
	assert((size_t)put == size);
	return 0;
}

static void hold(void *arg)
{
	((struct getting *)arg)->users++;
}

static void drop(void *arg)
{
	getting_free(arg);
}

static int write_onwards(
        void *arg, uint64_t offset, const void *bytes, size_t size, struct dfs_error *err)
{
	struct getting *getting = arg;
	const char *at = bytes;

	while (size > 0) {
		ssize_t put = write(getting->fd, at, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return error_set(err, error_from_errno(errno), "writing %s: %s",
			        strcmp(getting->local, "-") == 0 ? "standard output"
			                                         : getting->local,
			        strerror(errno));
		at += put;
		size -= (size_t)put;
	}
	return 0;
}

static int write_callback(
        void *arg, uint64_t offset, const void *bytes, size_t size, struct dfs_error *err)
{
	struct getting *getting = arg;
	int code = getting->write(getting->write_arg, bytes, size);

	return code == 0 ? 0
	                 : error_set(err, code < 0 ? code : DFS_E_CANCELLED,
	                           "the reader of the get gave up");
}

static void progressed(void *arg, uint64_t bytes, uint64_t total)
{
	struct getting *getting = arg;

	if (getting->progress)
		getting->progress(getting->progress_arg, bytes, total);
}

static void get_done(void *arg, const struct client_transfer *result)
{
	struct getting *getting = arg;
	struct dfs_error err = result->err;
	int code = result->code;

	if (code == 0 && getting->tmp)
		code = finish_file(getting, result->bytes, &err);
	end(getting, code, &err, result);
}

/* Mode and time as stored, then the name. */
static int finish_file(struct getting *getting, uint64_t bytes, struct dfs_error *err)
{
	struct timespec times[2] = {
	        {.tv_nsec = UTIME_OMIT},
	        {.tv_sec = getting->mtime_ns / 1000000000,
	                .tv_nsec = getting->mtime_ns % 1000000000},
	};

	if (times[1].tv_nsec < 0) {
		times[1].tv_sec--;
		times[1].tv_nsec += 1000000000;
	}
	/* A try of an older state may have written past its end. */
	if (ftruncate(getting->fd, (off_t)bytes) != 0 || fchmod(getting->fd, getting->mode) != 0 ||
	        futimens(getting->fd, times) != 0 || rename(getting->tmp, getting->local) != 0)
		return error_set(err, error_from_errno(errno), "%s cannot be put in its place: %s",
		        getting->local, strerror(errno));
	free(getting->tmp);
	getting->tmp = NULL;
	return 0;
}

static void end(struct getting *getting, int code, const struct dfs_error *err,
        const struct client_transfer *result)
{
	getting->done(getting->arg, code, err, result);
	getting_free(getting);
}

static struct getting *getting_new(
        struct dfs *dfs, const char *path, const struct dfs_transfer *how, struct dfs_error *err)
{
	struct getting *getting = calloc(1, sizeof(*getting));

	if (!getting) {
		error_set(err, DFS_E_NOMEM, "out of memory");
		return NULL;
	}
	getting->users = 1;
	getting->dfs = dfs;
	getting->fd = -1;
	getting->offset = how->offset;
	getting->length = how->length ? how->length : UINT64_MAX;
	getting->progress = how->progress;
	getting->progress_arg = how->progress_arg;
	getting->path = canonical(path, err);
	if (!getting->path) {
		getting_free(getting);
		return NULL;
	}
	return getting;
}

/* The last user's end. */
static void getting_free(struct getting *getting)
{
	if (--getting->users > 0)
		return;
	if (getting->close_fd)
		close(getting->fd);
	if (getting->tmp)
		unlink(getting->tmp);
	free(getting->tmp);
	free(getting->local);
	free(getting->path);
	free(getting);
}

static void waited(
        void *arg, int code, const struct dfs_error *err, const struct client_transfer *result)
{
	struct get_wait *wait = arg;

	wait->wait.over = true;
	wait->wait.code = code;
	if (code != 0 && wait->wait.err)
		*wait->wait.err = *err;
	transfer_result(wait->transfer, result);
}
