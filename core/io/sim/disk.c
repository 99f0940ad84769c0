/* SPDX-License-Identifier: MIT */
/* io_disk_ops on the simulated disk, the half about names and space. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/disk_model.h"

#define DEFAULT_CAPACITY (UINT64_C(1) << 40)

static struct sim_disk *disk_of(void *ctx)
{
	return ((struct sim_host *)ctx)->disk;
}

struct sim_disk *sim_disk_create(struct sim_host *host, uint64_t seed)
{
	struct sim_disk *disk = sim_alloc(sizeof(*disk));

	sim_names_init(&disk->names);
	sim_rng_seed(&disk->rng, seed);
	disk->capacity_bytes = DEFAULT_CAPACITY;
	return disk;
}

void sim_disk_destroy(struct sim_disk *disk)
{
	sim_disk_close_all(disk);
	free(disk->handles);
	sim_names_fini(&disk->names);
	free(disk);
}

/* ---- space ---- */

uint64_t sim_disk_free_pages(const struct sim_disk *disk)
{
	uint64_t pages = disk->capacity_bytes / SIM_PAGE_SIZE;

	return pages > disk->names.used_pages ? pages - disk->names.used_pages : 0;
}

static int space(void *ctx, const char *path, struct io_space *ret_space)
{
	struct sim_disk *disk = disk_of(ctx);
	struct sim_where where;
	int status = sim_names_find(&disk->names, path, &where);

	if (!sim_host_up(ctx))
		return -EIO;
	if (status < 0)
		return status;
	if (!where.inode)
		return -ENOENT;
	ret_space->total_bytes = disk->capacity_bytes;
	ret_space->free_bytes = sim_disk_free_pages(disk) * SIM_PAGE_SIZE;
	return 0;
}

/* ---- open, lock, close ---- */

/* A new name needs a free page as well, though it takes none: a full disk makes no files. */
static int create_inode(struct sim_disk *disk, const struct sim_where *where, bool is_dir,
        struct sim_inode **ret_inode)
{
	if (sim_disk_free_pages(disk) == 0)
		return -ENOSPC;
	*ret_inode = sim_names_add(&disk->names, where, is_dir);
	return 0;
}

static int open_inode(
        struct sim_disk *disk, const char *path, int flags, struct sim_inode **ret_inode)
{
	struct sim_where where;
	int status = sim_names_find(&disk->names, path, &where);

	if (status < 0)
		return status;
	if (!where.inode && !(flags & IO_OPEN_CREATE))
		return -ENOENT;
	if (!where.inode)
		return create_inode(disk, &where, false, ret_inode);
	if (flags & IO_OPEN_EXCLUSIVE)
		return -EEXIST;
	if (where.inode->is_dir)
		return -EISDIR;
	*ret_inode = where.inode;
	return 0;
}

static int disk_open(void *ctx, const char *path, int flags)
{
	struct sim_disk *disk = disk_of(ctx);
	struct sim_inode *inode;
	int status;

	if (sim_disk_enter(ctx, "open", path) != SIM_GATE_GO)
		return -EIO;
	status = open_inode(disk, path, flags, &inode);
	if (status == 0)
		status = sim_handle_open(disk, inode, flags, false);
	return (int)sim_disk_leave(ctx, status);
}

static int lock_inode(struct sim_disk *disk, const char *path)
{
	int flags = IO_OPEN_READ | IO_OPEN_WRITE | IO_OPEN_CREATE;
	struct sim_inode *inode;
	int status = open_inode(disk, path, flags, &inode);

	if (status < 0)
		return status;
	return inode->locked ? -EBUSY : sim_handle_open(disk, inode, flags, true);
}

static int disk_lock(void *ctx, const char *path)
{
	if (sim_disk_enter(ctx, "lock", path) != SIM_GATE_GO)
		return -EIO;
	return (int)sim_disk_leave(ctx, lock_inode(disk_of(ctx), path));
}

static void disk_close(void *ctx, int fd)
{
	struct sim_handle *handle = sim_handle_find(disk_of(ctx), fd);

	if (handle)
		sim_handle_close(disk_of(ctx), handle);
}

static int find_dir(struct sim_disk *disk, const char *path, struct sim_inode **ret_dir)
{
	struct sim_where where;
	int status = sim_names_find(&disk->names, path, &where);

	if (status < 0)
		return status;
	if (!where.inode)
		return -ENOENT;
	if (!where.inode->is_dir)
		return -ENOTDIR;
	*ret_dir = where.inode;
	return 0;
}

static int disk_fsync_dir(void *ctx, const char *path)
{
	struct sim_disk *disk = disk_of(ctx);
	struct sim_inode *dir;
	int status;

	if (sim_disk_enter(ctx, "fsync_dir", path) != SIM_GATE_GO)
		return -EIO;
	status = find_dir(disk, path, &dir);
	if (status == 0 && !disk->lies)
		sim_names_sync(&disk->names, dir);
	return (int)sim_disk_leave(ctx, status);
}

/* ---- names ---- */

static int make_dir(struct sim_disk *disk, const char *path)
{
	struct sim_where where;
	struct sim_inode *inode;
	int status = sim_names_find(&disk->names, path, &where);

	if (status < 0)
		return status;
	return where.inode ? -EEXIST : create_inode(disk, &where, true, &inode);
}

static int disk_mkdir(void *ctx, const char *path)
{
	if (sim_disk_enter(ctx, "mkdir", path) != SIM_GATE_GO)
		return -EIO;
	return (int)sim_disk_leave(ctx, make_dir(disk_of(ctx), path));
}

static int remove_name(struct sim_disk *disk, const char *path)
{
	struct sim_where where;
	int status = sim_names_find(&disk->names, path, &where);

	if (status < 0)
		return status;
	if (!where.inode)
		return -ENOENT;
	if (where.inode->is_dir)
		return -EISDIR;
	sim_names_remove(&disk->names, &where);
	return 0;
}

static int disk_unlink(void *ctx, const char *path)
{
	if (sim_disk_enter(ctx, "unlink", path) != SIM_GATE_GO)
		return -EIO;
	return (int)sim_disk_leave(ctx, remove_name(disk_of(ctx), path));
}

static bool lies_below(const char *path, const char *top)
{
	size_t size = strlen(top);

	return strncmp(path, top, size) == 0 && path[size] == '/';
}

static int may_replace(const struct sim_inode *from, const struct sim_inode *to)
{
	if (!to)
		return 0;
	if (to->is_dir && !from->is_dir)
		return -EISDIR;
	if (!to->is_dir && from->is_dir)
		return -ENOTDIR;
	return to->live ? -ENOTEMPTY : 0;
}

static int move_name(struct sim_disk *disk, const char *from_path, const char *to_path)
{
	struct sim_where from, to;
	int status = sim_names_find(&disk->names, from_path, &from);

	if (status == 0)
		status = sim_names_find(&disk->names, to_path, &to);
	if (status < 0)
		return status;
	if (!from.inode)
		return -ENOENT;
	if (!from.dir || !to.dir || lies_below(to_path, from_path))
		return -EINVAL;
	if (from.inode == to.inode)
		return 0;
	status = may_replace(from.inode, to.inode);
	if (status == 0)
		sim_names_move(&disk->names, &from, &to);
	return status;
}

static int disk_rename(void *ctx, const char *from, const char *to)
{
	if (sim_disk_enter(ctx, "rename", from) != SIM_GATE_GO)
		return -EIO;
	return (int)sim_disk_leave(ctx, move_name(disk_of(ctx), from, to));
}

/* ---- list ---- */

struct listing {
	char **names;
	size_t count;
};

static void shuffle(struct listing *listing, struct sim_rng *rng)
{
	for (size_t i = listing->count; i > 1; i--) {
		size_t other = (size_t)sim_rng_below(rng, i);
		char *name = listing->names[i - 1];

		listing->names[i - 1] = listing->names[other];
		listing->names[other] = name;
	}
}

/* A copy, since `each` may change the directory; shuffled, since nobody may count on an order. */
static struct listing listing_create(struct sim_disk *disk, const struct sim_inode *dir)
{
	struct listing listing = {.count = 0};
	struct sim_name *name, *next;

	listing.names = sim_alloc(HASH_COUNT(dir->live) * sizeof(*listing.names));
	HASH_ITER (hh, dir->live, name, next)
		listing.names[listing.count++] = sim_strdup(name->text);
	shuffle(&listing, &disk->rng);
	return listing;
}

static int each_name(struct listing *listing, int (*each)(void *arg, const char *name), void *arg)
{
	int status = 0;

	for (size_t i = 0; i < listing->count && status == 0; i++)
		status = each(arg, listing->names[i]);
	for (size_t i = 0; i < listing->count; i++)
		free(listing->names[i]);
	free(listing->names);
	return status;
}

static int disk_list(
        void *ctx, const char *path, int (*each)(void *arg, const char *name), void *arg)
{
	struct sim_disk *disk = disk_of(ctx);
	struct sim_inode *dir;
	struct listing listing;
	int status;

	if (sim_disk_enter(ctx, "list", path) != SIM_GATE_GO)
		return -EIO;
	status = (int)sim_disk_leave(ctx, find_dir(disk, path, &dir));
	if (status < 0)
		return status;
	listing = listing_create(disk, dir);
	return each_name(&listing, each, arg);
}

const struct io_disk_ops sim_disk_ops = {
        .open = disk_open,
        .close = disk_close,
        .pwritev = sim_disk_pwritev,
        .pread = sim_disk_pread,
        .preadv_now = sim_disk_preadv_now,
        .preadv = sim_disk_preadv,
        .fdatasync = sim_disk_fdatasync,
        .fsync_dir = disk_fsync_dir,
        .write_back = sim_disk_write_back,
        .allocate = sim_disk_allocate,
        .truncate = sim_disk_truncate,
        .size = sim_disk_size,
        .rename = disk_rename,
        .unlink = disk_unlink,
        .mkdir = disk_mkdir,
        .list = disk_list,
        .space = space,
        .lock = disk_lock,
};
