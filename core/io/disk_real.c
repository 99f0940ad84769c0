/* SPDX-License-Identifier: MIT */
/* POSIX files behind io/disk.h. A handle is a file descriptor; `ctx` is not used. */
#include "io/real.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
	IOV_STEP = 64
}; /* what one system call takes of a vector; its remainder is copied to move its start */

typedef ssize_t vector_call(int fd, const struct iovec *iov, int iov_count, off_t offset);

static ssize_t vector_all(
        vector_call *call, int fd, const struct iovec *iov, int iov_count, uint64_t offset);
static void vector_skip(struct iovec *iov, int *first, int count, size_t size);
static size_t vector_size(const struct iovec *iov, int iov_count);
static void uncache(int fd);

static int real_open(void *ctx, const char *path, int flags)
{
	int posix = O_CLOEXEC;
	int fd;

	if ((flags & IO_OPEN_READ) && (flags & IO_OPEN_WRITE))
		posix |= O_RDWR;
	else
		posix |= flags & IO_OPEN_WRITE ? O_WRONLY : O_RDONLY;
	posix |= flags & IO_OPEN_CREATE ? O_CREAT : 0;
	posix |= flags & IO_OPEN_EXCLUSIVE ? O_EXCL : 0;
	posix |= flags & IO_OPEN_APPEND ? O_APPEND : 0;
	fd = open(path, flags & IO_OPEN_DIRECT ? posix | O_DIRECT : posix, 0600);
	if (fd < 0 && errno == EINVAL && (flags & IO_OPEN_DIRECT)) {
		fd = open(path, posix, 0600);
		uncache(fd);
	}
	return fd < 0 ? -errno : fd;
}

static void real_close(void *ctx, int fd)
{
	close(fd);
}

static ssize_t real_pwritev(
        void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset)
{
	size_t wanted = vector_size(iov, iov_count);
	ssize_t written = vector_all(pwritev, fd, iov, iov_count, offset);

	/* The kernel ends a write early without a reason only where there is no more room. */
	if (written >= 0 && (size_t)written < wanted)
		return -ENOSPC;
	return written;
}

static ssize_t real_preadv(
        void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset)
{
	return vector_all(preadv, fd, iov, iov_count, offset);
}

static ssize_t real_pread(void *ctx, int fd, void *ret_bytes, size_t size, uint64_t offset)
{
	struct iovec iov = {ret_bytes, size};
	ssize_t got = real_preadv(ctx, fd, &iov, 1, offset);
	int flags;

	if (got != -EINVAL)
		return got;
	/* A device with larger blocks than IO_DIRECT: through the cache then, emptied before. */
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || !(flags & O_DIRECT) || fcntl(fd, F_SETFL, flags & ~O_DIRECT) != 0)
		return got;
	uncache(fd);
	return real_preadv(ctx, fd, &iov, 1, offset);
}

static ssize_t real_preadv_now(
        void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset)
{
	ssize_t got;
	struct stat file;

	if (iov_count > IOV_MAX)
		return -EAGAIN;
	got = preadv2(fd, iov, iov_count, (off_t)offset, RWF_NOWAIT);
	if (got < 0) {
		bool cannot_tell = errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR;

		return cannot_tell ? -EAGAIN : -errno;
	}
	if ((size_t)got == vector_size(iov, iov_count))
		return got;
	/* Short: at the end of the file, or where the page cache ends. */
	if (fstat(fd, &file) != 0)
		return -errno;
	return offset + (uint64_t)got < (uint64_t)file.st_size ? -EAGAIN : got;
}

static int real_fdatasync(void *ctx, int fd)
{
	return fdatasync(fd) == 0 ? 0 : -errno;
}

static int real_fsync_dir(void *ctx, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return -errno;
	rc = fsync(fd) == 0 ? 0 : -errno;
	close(fd);
	return rc;
}

static int real_write_back(void *ctx, int fd, uint64_t offset, uint64_t size)
{
	if (sync_file_range(fd, (off_t)offset, (off_t)size, SYNC_FILE_RANGE_WRITE) == 0)
		return 0;
	/* Only a head start for fdatasync: a kernel or file system without it loses nothing but
	 * time. */
	return errno == EIO || errno == ENOSPC || errno == EBADF ? -errno : 0;
}

static int real_allocate(void *ctx, int fd, uint64_t offset, uint64_t size)
{
	int rc = fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)size);

	return rc == 0 ? 0 : -errno;
}

static int real_truncate(void *ctx, int fd, uint64_t size)
{
	return ftruncate(fd, (off_t)size) == 0 ? 0 : -errno;
}

static int64_t real_size(void *ctx, int fd)
{
	struct stat file;

	return fstat(fd, &file) == 0 ? (int64_t)file.st_size : -errno;
}

static int real_rename(void *ctx, const char *from, const char *to)
{
	return rename(from, to) == 0 ? 0 : -errno;
}

static int real_unlink(void *ctx, const char *path)
{
	return unlink(path) == 0 ? 0 : -errno;
}

static int real_mkdir(void *ctx, const char *path)
{
	return mkdir(path, 0700) == 0 ? 0 : -errno;
}

static int real_list(
        void *ctx, const char *path, int (*each)(void *arg, const char *name), void *arg)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int rc = 0;

	if (!dir)
		return -errno;
	while (rc == 0) {
		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			rc = -errno;
			break;
		}
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			rc = each(arg, entry->d_name);
	}
	closedir(dir);
	return rc;
}

static int real_space(void *ctx, const char *path, struct io_space *ret_space)
{
	struct statvfs fs;

	if (statvfs(path, &fs) != 0)
		return -errno;
	ret_space->total_bytes = (uint64_t)fs.f_blocks * fs.f_frsize;
	ret_space->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	return 0;
}

static int real_lock(void *ctx, const char *path)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return -errno;
	/* Of the open file description, not of the process: a second open in one process is refused
	 * too. */
	if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
		return fd;
	rc = errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
	close(fd);
	return rc;
}

const struct io_disk_ops io_disk_real = {
        .open = real_open,
        .close = real_close,
        .pwritev = real_pwritev,
        .pread = real_pread,
        .preadv_now = real_preadv_now,
        .preadv = real_preadv,
        .fdatasync = real_fdatasync,
        .fsync_dir = real_fsync_dir,
        .write_back = real_write_back,
        .allocate = real_allocate,
        .truncate = real_truncate,
        .size = real_size,
        .rename = real_rename,
        .unlink = real_unlink,
        .mkdir = real_mkdir,
        .list = real_list,
        .space = real_space,
        .lock = real_lock,
};

/* Repeat `call` until the vector is done or the file ends. The bytes done, or a negative errno. */
static ssize_t vector_all(
        vector_call *call, int fd, const struct iovec *iov, int iov_count, uint64_t offset)
{
	struct iovec step[IOV_STEP];
	ssize_t total = 0;

	for (int at = 0; at < iov_count;) {
		int count = iov_count - at < IOV_STEP ? iov_count - at : IOV_STEP;

		memcpy(step, iov + at, (size_t)count * sizeof(step[0]));
		for (int first = 0; first < count;) {
			ssize_t moved = call(
			        fd, step + first, count - first, (off_t)(offset + (uint64_t)total));

			if (moved < 0 && errno == EINTR)
				continue;
			/* A direct read that the end of the file cut short cannot go on from there.
			 */
			if (moved < 0 && errno == EINVAL && total > 0)
				return total;
			if (moved < 0)
				return -errno;
			if (moved == 0 && vector_size(step + first, count - first) > 0)
				return total;
			total += moved;
			vector_skip(step, &first, count, (size_t)moved);
		}
		at += count;
	}
	return total;
}

/* Move the start of a vector `size` bytes on, past what is then empty. */
static void vector_skip(struct iovec *iov, int *first, int count, size_t size)
{
	while (*first < count && size >= iov[*first].iov_len) {
		size -= iov[*first].iov_len;
		(*first)++;
	}
	if (*first < count) {
		iov[*first].iov_base = (char *)iov[*first].iov_base + size;
		iov[*first].iov_len -= size;
	}
}

static size_t vector_size(const struct iovec *iov, int iov_count)
{
	size_t size = 0;

	for (int i = 0; i < iov_count; i++)
		size += iov[i].iov_len;
	return size;
}

/* Best effort: what is dirty, or mapped by somebody, stays. */
static void uncache(int fd)
{
	if (fd >= 0)
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}
