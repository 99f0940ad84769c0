/* SPDX-License-Identifier: MIT */
#ifndef IO_DISK_H
#define IO_DISK_H

#include <sys/types.h>
#include <sys/uio.h>
#include "io/io.h"

/*
 * Files, as the store needs them. Synchronous calls in POSIX's terms: what may block (fdatasync, fsync_dir, cold
 * reads) is called from an `io_work.run`; what goes to the page cache may be called on the loop.
 *
 * Threads any. Returns what POSIX returns or a negative errno (-ENOSPC, -EIO, -ENOENT, ...). Short reads happen
 *         only at the end of a file; writes are never short (less written means an error).
 * Paths   absolute.
 * Crash   nothing is durable before fdatasync (file) and fsync_dir (its name). The simulated disk loses, tears and
 *         reorders what was not synced, fails with EIO, fills up, and flips bits when told to.
 */
enum io_open_flags {
	IO_OPEN_READ = 1,
	IO_OPEN_WRITE = 2,
	IO_OPEN_CREATE = 4,    /* with WRITE */
	IO_OPEN_EXCLUSIVE = 8, /* with CREATE: -EEXIST where it exists */
	IO_OPEN_APPEND = 16,
	/*
	 * With READ alone: pread comes from the disk, whatever the page cache holds, and leaves the cache as it is.
	 * Offset, size and memory are multiples of IO_DIRECT (-EINVAL in the simulated world); the file's end cuts a read
	 * short as ever. Where the file system cannot (tmpfs), the handle is an ordinary one.
	 */
	IO_OPEN_DIRECT = 32,
};

enum { IO_DIRECT = 4096 };

struct io_space {
	uint64_t total_bytes;
	uint64_t free_bytes; /* to an ordinary user */
};

struct io_disk_ops {
	int (*open)(void *ctx, const char *path, int flags); /* a handle >= 0 */
	void (*close)(void *ctx, int fd);
	ssize_t (*pwritev)(void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset);
	ssize_t (*pread)(void *ctx, int fd, void *ret_bytes, size_t size, uint64_t offset);
	/* As pread where that needs no disk, else -EAGAIN (also where the kernel cannot tell): for the loop. */
	ssize_t (*preadv_now)(void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset);
	ssize_t (*preadv)(void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset);
	int (*fdatasync)(void *ctx, int fd);
	int (*fsync_dir)(void *ctx, const char *path);
	int (*write_back)(void *ctx, int fd, uint64_t offset, uint64_t size); /* start, do not wait */
	/*
	 * Set room aside for [offset, offset + size) of a file; its size and what is read of it stay. Only a hint: writing is
	 * quicker afterwards, and without it (a file system that cannot, a full disk) no less right. truncate gives back what
	 * lies past the end.
	 */
	int (*allocate)(void *ctx, int fd, uint64_t offset, uint64_t size);
	int (*truncate)(void *ctx, int fd, uint64_t size);
	int64_t (*size)(void *ctx, int fd);
	int (*rename)(void *ctx, const char *from, const char *to);
	int (*unlink)(void *ctx, const char *path);
	int (*mkdir)(void *ctx, const char *path); /* mode 0700; -EEXIST */
	/* Names in a directory, but . and .., in no order; stops when `each` returns non-zero and returns that. */
	int (*list)(void *ctx, const char *path, int (*each)(void *arg, const char *name), void *arg);
	int (*space)(void *ctx, const char *path, struct io_space *ret_space);
	/* Exclusive lock of a file (made if absent) until close or death; a handle, or -EBUSY. */
	int (*lock)(void *ctx, const char *path);
};

#define io_disk(io, verb, ...) ((io)->disk->verb((io)->ctx, ##__VA_ARGS__))

#endif
