/* SPDX-License-Identifier: MIT */
/* Where a put's bytes come from: a local file, standard input, a callback. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "node/libdfs/handle.h"

enum { STREAM_WAIT_MS = 10 };

struct transfer {
	unsigned users; /* the transfer, and workers that read */
	int fd;
	bool close_fd;
	char *local, *path;
	transfer_done *done;
	void *arg;
	void (*progress)(void *arg, uint64_t bytes, uint64_t total);
	void *progress_arg;
	int64_t (*read)(void *arg, void *bytes, size_t size);
	void *read_arg;
};

static int open_local(
        const char *local, struct transfer *transfer, struct stat *ret_stat, struct dfs_error *err);
static int64_t read_seekable(
        void *arg, uint64_t offset, void *ret_bytes, size_t size, struct dfs_error *err);
static int64_t read_cached(void *arg, uint64_t offset, void *ret_bytes, size_t size);
static int64_t read_stream(
        void *arg, uint64_t offset, void *ret_bytes, size_t size, struct dfs_error *err);
static int64_t read_callback(
        void *arg, uint64_t offset, void *ret_bytes, size_t size, struct dfs_error *err);
static void hold(void *arg);
static void drop(void *arg);
static void progressed(void *arg, uint64_t bytes, uint64_t total);
static void put_done(void *arg, const struct client_transfer *result);
static struct transfer *transfer_new(void);
static void transfer_free(struct transfer *transfer);
static void waited(
        void *arg, int code, const struct dfs_error *err, const struct client_transfer *result);
static struct client_put put_options(const struct dfs_transfer *how, const char *path);

struct put_wait {
	struct wait wait;
	struct dfs_transfer *transfer;
};

int dfs_put_file(struct dfs *dfs, const char *local, const char *path,
        struct dfs_transfer *transfer, struct dfs_error *err)
{
	struct put_wait wait = {.wait.err = err, .transfer = transfer};
	struct dfs_transfer how = transfer_options(transfer);
	struct transfer *running;
	int code = put_file_start(dfs, local, path, &how, waited, &wait, &running, err);

	if (code != 0)
		return code;
	loop_run_until(dfs->loop, &wait.wait.over);
	return wait.wait.code;
}

int dfs_put(struct dfs *dfs, const char *path, int64_t (*read)(void *arg, void *bytes, size_t size),
        void *arg, struct dfs_transfer *transfer, struct dfs_error *err)
{
	struct put_wait wait = {.wait.err = err, .transfer = transfer};
	struct dfs_transfer how = transfer_options(transfer);
	struct transfer *running = transfer_new();
	struct client_source source = {
	        .read = read_callback, .arg = running, .size_bytes = UINT64_MAX};
	struct client_put put;

	if (!running)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	running->read = read;
	running->read_arg = arg;
	running->progress = how.progress;
	running->progress_arg = how.progress_arg;
	running->done = waited;
	running->arg = &wait;
	running->path = canonical(path, err);
	if (!running->path) {
		transfer_free(running);
		return DFS_E_NAME;
	}
	put = put_options(&how, running->path);
	if (!client_put_start(dfs->client, &put, &source, progressed, put_done, running)) {
		transfer_free(running);
		return error_set(err, DFS_E_NOMEM, "out of memory");
	}
	loop_run_until(dfs->loop, &wait.wait.over);
	return wait.wait.code;
}

int put_file_start(struct dfs *dfs, const char *local, const char *path,
        const struct dfs_transfer *how, transfer_done *done, void *arg, struct transfer **ret,
        struct dfs_error *err)
{
	struct transfer *transfer = transfer_new();
	struct client_source source = {.arg = transfer};
	struct client_put put;
	struct stat stat = {0};
	int code;

	if (!transfer)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	transfer->done = done;
	transfer->arg = arg;
	transfer->progress = how->progress;
	transfer->progress_arg = how->progress_arg;
	transfer->path = canonical(path, err);
	code = transfer->path ? open_local(local, transfer, &stat, err) : DFS_E_NAME;
	if (code != 0) {
		transfer_free(transfer);
		return code;
	}
	source.seekable = S_ISREG(stat.st_mode);
	source.read = source.seekable ? read_seekable : read_stream;
	if (source.seekable) {
		source.read_now = read_cached;
		source.hold = hold;
		source.drop = drop;
	}
	source.size_bytes = source.seekable ? (uint64_t)stat.st_size : UINT64_MAX;
	put = put_options(how, transfer->path);
	if (S_ISREG(stat.st_mode)) {
		put.mode = how->mode ? how->mode : stat.st_mode & 07777;
		put.mtime_ns = how->mtime_ns ? how->mtime_ns
		                             : (int64_t)stat.st_mtim.tv_sec * 1000000000 +
		                                       stat.st_mtim.tv_nsec;
		put.uid = stat.st_uid;
		put.gid = stat.st_gid;
	}
	if (!client_put_start(dfs->client, &put, &source, progressed, put_done, transfer)) {
		transfer_free(transfer);
		return error_set(err, DFS_E_NOMEM, "out of memory");
	}
	*ret = transfer;
	return 0;
}

void transfer_result(struct dfs_transfer *transfer, const struct client_transfer *result)
{
	if (!transfer || transfer->size < sizeof(*transfer))
		return;
	transfer->ret_bytes = result->bytes;
	transfer->ret_goal = result->goal;
	transfer->ret_chunks = result->chunks;
	transfer->ret_retries = result->retries;
	snprintf(transfer->ret_warning, sizeof(transfer->ret_warning), "%s", result->warning);
}

struct dfs_transfer transfer_options(const struct dfs_transfer *transfer)
{
	struct dfs_transfer how = {0};

	if (transfer)
		memcpy(&how, transfer, transfer->size < sizeof(how) ? transfer->size : sizeof(how));
	how.size = sizeof(how);
	return how;
}

static int open_local(
        const char *local, struct transfer *transfer, struct stat *ret_stat, struct dfs_error *err)
{
	if (strcmp(local, "-") == 0) {
		transfer->fd = STDIN_FILENO;
	} else {
		transfer->fd = open(local, O_RDONLY | O_CLOEXEC);
		if (transfer->fd < 0)
			return error_set(
			        err, error_from_errno(errno), "%s: %s", local, strerror(errno));
		transfer->close_fd = true;
	}
	transfer->local = strdup(local);
	if (!transfer->local)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	if (fstat(transfer->fd, ret_stat) != 0)
		return error_set(err, error_from_errno(errno), "%s: %s", local, strerror(errno));
	if (S_ISDIR(ret_stat->st_mode))
		return error_set(
		        err, DFS_E_ISDIR, "%s is a directory (put -r stores a tree)", local);
	if (S_ISREG(ret_stat->st_mode) && transfer->close_fd)
		posix_fadvise(transfer->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (!transfer->close_fd)
		ret_stat->st_mode =
		        S_IFIFO; /* standard input is read onwards only, wherever it stands */
	return 0;
}

/* On a worker, beside others. */
static int64_t read_seekable(
        void *arg, uint64_t offset, void *ret_bytes, size_t size, struct dfs_error *err)
{
	const struct transfer *transfer = arg;
	ssize_t got;

	do {
		got = pread(transfer->fd, ret_bytes, size, (off_t)offset);
	} while (got < 0 && errno == EINTR);
	return got >= 0 ? got
	                : error_set(err, error_from_errno(errno), "reading %s: %s", transfer->local,
	                          strerror(errno));
}

/* What lies in the page cache. A file system that can't tell is slow, and so is an error: then the
 * worker hears of it. */
static int64_t read_cached(void *arg, uint64_t offset, void *ret_bytes, size_t size)
{
	const struct transfer *transfer = arg;
	struct iovec iov = {ret_bytes, size};
	ssize_t got = preadv2(transfer->fd, &iov, 1, (off_t)offset, RWF_NOWAIT);

	return got >= 0 ? got : DFS_E_BUSY;
}

static int64_t read_stream(
        void *arg, uint64_t offset, void *ret_bytes, size_t size, struct dfs_error *err)
{
	struct transfer *transfer = arg;
	struct pollfd input = {.fd = transfer->fd, .events = POLLIN};
	ssize_t got;

	/* A source that pauses must not stop the loop: the session is renewed meanwhile (RULES 11).
	 */
	if (poll(&input, 1, STREAM_WAIT_MS) == 0)
		return DFS_E_BUSY;
	do {
		got = read(transfer->fd, ret_bytes, size);
	} while (got < 0 && errno == EINTR);
	return got >= 0 ? got
	                : error_set(err, error_from_errno(errno), "reading %s: %s", transfer->local,
	                          strerror(errno));
}

static int64_t read_callback(
        void *arg, uint64_t offset, void *ret_bytes, size_t size, struct dfs_error *err)
{
	struct transfer *transfer = arg;
	int64_t got = transfer->read(transfer->read_arg, ret_bytes, size);

	return got >= 0 ? got
	                : error_set(err, (int)got, "the source of the put gave up: %s",
	                          dfs_error_text((int)got));
}

static void hold(void *arg)
{
	((struct transfer *)arg)->users++;
}

static void drop(void *arg)
{
	transfer_free(arg);
}

static void progressed(void *arg, uint64_t bytes, uint64_t total)
{
	struct transfer *transfer = arg;

	if (transfer->progress)
		transfer->progress(transfer->progress_arg, bytes, total);
}

static void put_done(void *arg, const struct client_transfer *result)
{
	struct transfer *transfer = arg;

	transfer->done(transfer->arg, result->code, &result->err, result);
	transfer_free(transfer);
}

static void waited(
        void *arg, int code, const struct dfs_error *err, const struct client_transfer *result)
{
	struct put_wait *wait = arg;

	wait->wait.over = true;
	wait->wait.code = code;
	if (code != 0 && wait->wait.err)
		*wait->wait.err = *err;
	transfer_result(wait->transfer, result);
}

static struct client_put put_options(const struct dfs_transfer *how, const char *path)
{
	struct client_put put = {
	        .path = path,
	        .goal = how->goal,
	        .chunk_size = how->chunk_size,
	        .async = how->async,
	        .no_replace = how->no_replace,
	        .mode = how->mode ? how->mode : 0644,
	        .mtime_ns = how->mtime_ns,
	        .uid = getuid(),
	        .gid = getgid(),
	};

	return put;
}

static struct transfer *transfer_new(void)
{
	struct transfer *transfer = calloc(1, sizeof(*transfer));

	if (transfer) {
		transfer->users = 1;
		transfer->fd = -1;
	}
	return transfer;
}

/* The last user's end. */
static void transfer_free(struct transfer *transfer)
{
	if (--transfer->users > 0)
		return;
	if (transfer->close_fd)
		close(transfer->fd);
	free(transfer->local);
	free(transfer->path);
	free(transfer);
}
