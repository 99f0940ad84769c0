/* SPDX-License-Identifier: MIT */
/*
 * The real disk of the house (io/disk.h), decorated: operations are late or fail as rules.h says.
 * The program dfs-faulty is dfs with this one in the place of io_disk_real (the linker's --wrap);
 * dfs itself knows nothing of it.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "io/real.h"
#include "rules.h"

extern const struct io_disk_ops __real_io_disk_real, __wrap_io_disk_real;
#define real __real_io_disk_real

static int faulty_open(void *ctx, const char *path, int flags)
{
	int error = rules_obey(RULE_OPEN, path, NULL);

	return error ? error : real.open(ctx, path, flags);
}

static void faulty_close(void *ctx, int fd)
{
	real.close(ctx, fd);
}

/* A write that fails has written a part. */
static ssize_t faulty_pwritev(
        void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset)
{
	int error = rules_obey_fd(RULE_WRITE, fd);
	struct iovec part = {iov[0].iov_base, iov[0].iov_len / 2};

	if (!error)
		return real.pwritev(ctx, fd, iov, iov_count, offset);
	real.pwritev(ctx, fd, &part, 1, offset);
	return error;
}

static ssize_t faulty_pread(void *ctx, int fd, void *ret_bytes, size_t size, uint64_t offset)
{
	int error = rules_obey_fd(RULE_READ, fd);

	return error ? error : real.pread(ctx, fd, ret_bytes, size, offset);
}

static ssize_t faulty_preadv(
        void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset)
{
	int error = rules_obey_fd(RULE_READ, fd);

	return error ? error : real.preadv(ctx, fd, iov, iov_count, offset);
}

/* What a slow disk would have to bring is not in the page cache. */
static ssize_t faulty_preadv_now(
        void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset)
{
	struct verdict verdict = rules_ask_fd(RULE_READ, fd);

	if (verdict.delay_ms > 0)
		return -EAGAIN;
	return verdict.error ? verdict.error : real.preadv_now(ctx, fd, iov, iov_count, offset);
}

static int faulty_fdatasync(void *ctx, int fd)
{
	int error = rules_obey_fd(RULE_SYNC, fd);

	return error ? error : real.fdatasync(ctx, fd);
}

static int faulty_fsync_dir(void *ctx, const char *path)
{
	int error = rules_obey(RULE_SYNC_DIR, path, NULL);

	return error ? error : real.fsync_dir(ctx, path);
}

static int faulty_write_back(void *ctx, int fd, uint64_t offset, uint64_t size)
{
	return real.write_back(ctx, fd, offset, size);
}

static int faulty_allocate(void *ctx, int fd, uint64_t offset, uint64_t size)
{
	return real.allocate(ctx, fd, offset, size);
}

static int faulty_truncate(void *ctx, int fd, uint64_t size)
{
	int error = rules_obey_fd(RULE_TRUNCATE, fd);

	return error ? error : real.truncate(ctx, fd, size);
}

static int64_t faulty_size(void *ctx, int fd)
{
	return real.size(ctx, fd);
}

static int faulty_rename(void *ctx, const char *from, const char *to)
{
	int error = rules_obey(RULE_RENAME, from, to);

	return error ? error : real.rename(ctx, from, to);
}

static int faulty_unlink(void *ctx, const char *path)
{
	int error = rules_obey(RULE_UNLINK, path, NULL);

	return error ? error : real.unlink(ctx, path);
}

static int faulty_mkdir(void *ctx, const char *path)
{
	int error = rules_obey(RULE_MKDIR, path, NULL);

	return error ? error : real.mkdir(ctx, path);
}

static int faulty_list(
        void *ctx, const char *path, int (*each)(void *arg, const char *name), void *arg)
{
	return real.list(ctx, path, each, arg);
}

static int faulty_space(void *ctx, const char *path, struct io_space *ret_space)
{
	return real.space(ctx, path, ret_space);
}

static int faulty_lock(void *ctx, const char *path)
{
	return real.lock(ctx, path);
}

const struct io_disk_ops __wrap_io_disk_real = {
        .open = faulty_open,
        .close = faulty_close,
        .pwritev = faulty_pwritev,
        .pread = faulty_pread,
        .preadv_now = faulty_preadv_now,
        .preadv = faulty_preadv,
        .fdatasync = faulty_fdatasync,
        .fsync_dir = faulty_fsync_dir,
        .write_back = faulty_write_back,
        .allocate = faulty_allocate,
        .truncate = faulty_truncate,
        .size = faulty_size,
        .rename = faulty_rename,
        .unlink = faulty_unlink,
        .mkdir = faulty_mkdir,
        .list = faulty_list,
        .space = faulty_space,
        .lock = faulty_lock,
};
