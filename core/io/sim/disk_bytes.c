/* SPDX-License-Identifier: MIT */
/* The half of io_disk_ops that moves bytes: write, read, truncate, sync. */
#include <errno.h>
#include "io/sim/disk_model.h"

enum { CACHE_MISS_PERCENT = 25 };

static struct sim_disk *disk_of(void *ctx)
{
	return ((struct sim_host *)ctx)->disk;
}

static size_t iov_size(const struct iovec *iov, int iov_count)
{
	size_t size = 0;

	for (int i = 0; i < iov_count; i++)
		size += iov[i].iov_len;
	return size;
}

/* At most `limit` bytes of the vector. */
static void write_some(
        struct sim_inode *inode, const struct iovec *iov, uint64_t offset, size_t limit)
{
	for (; limit > 0; iov++) {
		size_t part = iov->iov_len < limit ? iov->iov_len : limit;

		sim_file_write(&inode->file, iov->iov_base, part, offset);
		offset += part;
		limit -= part;
	}
}

/* How many of `size` bytes there is room for. */
static size_t room_for(
        const struct sim_disk *disk, const struct sim_inode *inode, uint64_t offset, size_t size)
{
	uint64_t room = sim_disk_free_pages(disk);
	uint64_t end = offset + size;
	uint64_t at = offset;

	while (at < end) {
		bool takes_page = sim_file_missing(&inode->file, at, 1) > 0;

		if (takes_page && room == 0)
			return (size_t)(at - offset);
		room -= takes_page;
		at = (at / SIM_PAGE_SIZE + 1) * SIM_PAGE_SIZE;
	}
	return size;
}

static ssize_t write_file(struct sim_disk *disk, struct sim_inode *inode, const struct iovec *iov,
        uint64_t offset, size_t size)
{
	size_t room;

	if (offset > SIM_FILE_MAX || size > SIM_FILE_MAX - offset)
		return -EFBIG;
	room = room_for(disk, inode, offset, size);
	write_some(inode, iov, offset, room);
	sim_inode_settle(&disk->names, inode);
	return room < size ? -ENOSPC : (ssize_t)size;
}

ssize_t sim_disk_pwritev(void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset)
{
	struct sim_disk *disk = disk_of(ctx);
	struct sim_handle *handle = sim_handle_find(disk, fd);
	size_t size = iov_size(iov, iov_count);
	enum sim_gate gate = sim_disk_enter(ctx, "pwritev", NULL);

	if (gate == SIM_GATE_OFF)
		return -EIO;
	if (!handle || !(handle->flags & IO_OPEN_WRITE))
		return sim_disk_leave(ctx, -EBADF);
	if (handle->flags & IO_OPEN_APPEND)
		offset = handle->inode->file.size; /* as Linux does, whatever the caller asked */
	if (gate == SIM_GATE_FAIL) {
		/* some of it may have been written */
		size_t part = (size_t)sim_rng_between(&disk->rng, 0, size);

		write_file(disk, handle->inode, iov, offset, part);
		return -EIO;
	}
	return sim_disk_leave(ctx, write_file(disk, handle->inode, iov, offset, size));
}

static ssize_t read_vector(
        const struct sim_inode *inode, const struct iovec *iov, int iov_count, uint64_t offset)
{
	ssize_t total = 0;

	for (int i = 0; i < iov_count; i++) {
		size_t got = sim_file_read(&inode->file, iov[i].iov_base, iov[i].iov_len, offset);

		total += (ssize_t)got;
		offset += got;
		if (got < iov[i].iov_len)
			break;
	}
	return total;
}

static ssize_t read_gated(struct sim_host *host, const char *what, int fd, const struct iovec *iov,
        int iov_count, uint64_t offset)
{
	struct sim_handle *handle = sim_handle_find(host->disk, fd);

	if (sim_disk_enter(host, what, NULL) != SIM_GATE_GO)
		return -EIO;
	if (!handle || !(handle->flags & IO_OPEN_READ))
		return sim_disk_leave(host, -EBADF);
	return sim_disk_leave(host, read_vector(handle->inode, iov, iov_count, offset));
}

ssize_t sim_disk_preadv(void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset)
{
	return read_gated(ctx, "preadv", fd, iov, iov_count, offset);
}

/* There is no page cache to be passed by: only what a direct read asks of its caller is checked. */
static bool misaligned(
        struct sim_host *host, int fd, const void *bytes, size_t size, uint64_t offset)
{
	const struct sim_handle *handle = sim_handle_find(host->disk, fd);

	return handle && (handle->flags & IO_OPEN_DIRECT) &&
	       ((uintptr_t)bytes % IO_DIRECT || size % IO_DIRECT || offset % IO_DIRECT);
}

ssize_t sim_disk_pread(void *ctx, int fd, void *ret_bytes, size_t size, uint64_t offset)
{
	struct iovec iov = {.iov_base = ret_bytes, .iov_len = size};

	if (misaligned(ctx, fd, ret_bytes, size, offset))
		return -EINVAL;
	return read_gated(ctx, "pread", fd, &iov, 1, offset);
}

ssize_t sim_disk_preadv_now(
        void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset)
{
	struct sim_disk *disk = disk_of(ctx);

	if (sim_host_up(ctx) && sim_rng_percent(&disk->rng, CACHE_MISS_PERCENT))
		return -EAGAIN;
	return read_gated(ctx, "preadv_now", fd, iov, iov_count, offset);
}

int sim_disk_truncate(void *ctx, int fd, uint64_t size)
{
	struct sim_disk *disk = disk_of(ctx);
	struct sim_handle *handle = sim_handle_find(disk, fd);

	if (sim_disk_enter(ctx, "truncate", NULL) != SIM_GATE_GO)
		return -EIO;
	if (!handle || !(handle->flags & IO_OPEN_WRITE))
		return (int)sim_disk_leave(ctx, -EBADF);
	if (size > SIM_FILE_MAX)
		return (int)sim_disk_leave(ctx, -EFBIG);
	sim_file_truncate(&handle->inode->file, size);
	sim_inode_settle(&disk->names, handle->inode);
	return (int)sim_disk_leave(ctx, 0);
}

int64_t sim_disk_size(void *ctx, int fd)
{
	struct sim_handle *handle = sim_handle_find(disk_of(ctx), fd);

	if (!sim_host_up(ctx))
		return -EIO;
	return handle ? (int64_t)handle->inode->file.size : -EBADF;
}

/* ---- sync ---- */

int sim_disk_fdatasync(void *ctx, int fd)
{
	struct sim_disk *disk = disk_of(ctx);
	struct sim_handle *handle = sim_handle_find(disk, fd);
	enum sim_gate gate = sim_disk_enter(ctx, "fdatasync", NULL);

	if (gate == SIM_GATE_OFF)
		return -EIO;
	if (!handle)
		return (int)sim_disk_leave(ctx, -EBADF);
	if (gate == SIM_GATE_FAIL) {
		sim_file_sync_failed(&handle->inode->file, &disk->rng);
		sim_inode_settle(&disk->names, handle->inode);
		return -EIO;
	}
	if (!disk->lies)
		sim_file_sync(&handle->inode->file);
	return (int)sim_disk_leave(ctx, 0);
}

/* Whether a page that was only started on its way survives is chance anyway: there is nothing to
 * do. */
int sim_disk_write_back(void *ctx, int fd, uint64_t offset, uint64_t size)
{
	if (sim_disk_enter(ctx, "write_back", NULL) != SIM_GATE_GO)
		return -EIO;
	return (int)sim_disk_leave(ctx, sim_handle_find(disk_of(ctx), fd) ? 0 : -EBADF);
}

/* A file system that cannot: whoever asks must do without. */
int sim_disk_allocate(void *ctx, int fd, uint64_t offset, uint64_t size)
{
	if (sim_disk_enter(ctx, "allocate", NULL) != SIM_GATE_GO)
		return -EIO;
	return (int)sim_disk_leave(ctx, sim_handle_find(disk_of(ctx), fd) ? -EOPNOTSUPP : -EBADF);
}
