/* SPDX-License-Identifier: MIT */
/* `dfs master restore` on a disk that dies at any step: what is left is nothing that a master
 * starts on, or the whole, held back from deleting (RULES 16). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../meta/world.h"
#include "io/disk.h"
#include "io/kv_lmdb.h"
#include "io/real.h"
#include "node/process/backup.h"

/* The machine's disk until the step where it dies; then every call fails. */
struct disk {
	uint64_t steps, dies_at; /* 0: it lives */
};

static bool dead(void *ctx)
{
	struct disk *disk = ctx;

	return ++disk->steps >= disk->dies_at && disk->dies_at != 0;
}

static int disk_open(void *ctx, const char *path, int flags)
{
	return dead(ctx) ? -EIO : io_disk_real.open(NULL, path, flags);
}

static ssize_t disk_pwritev(
        void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset)
{
	return dead(ctx) ? -EIO : io_disk_real.pwritev(NULL, fd, iov, iov_count, offset);
}

static int disk_fdatasync(void *ctx, int fd)
{
	return dead(ctx) ? -EIO : io_disk_real.fdatasync(NULL, fd);
}

static int disk_fsync_dir(void *ctx, const char *path)
{
	return dead(ctx) ? -EIO : io_disk_real.fsync_dir(NULL, path);
}

static int disk_rename(void *ctx, const char *from, const char *to)
{
	return dead(ctx) ? -EIO : io_disk_real.rename(NULL, from, to);
}

static int disk_unlink(void *ctx, const char *path)
{
	return dead(ctx) ? -EIO : io_disk_real.unlink(NULL, path);
}

static int disk_mkdir(void *ctx, const char *path)
{
	return dead(ctx) ? -EIO : io_disk_real.mkdir(NULL, path);
}

static int disk_lock(void *ctx, const char *path)
{
	return dead(ctx) ? -EIO : io_disk_real.lock(NULL, path);
}

static int64_t wall_ms(void *ctx)
{
	return io_real_wall_ms();
}

static void randomly(void *ctx, void *ret_bytes, size_t size)
{
	io_real_random(ret_bytes, size);
}

static const struct io_ops ops = {.wall_ms = wall_ms, .random = randomly};

struct fixture {
	struct disk disk;
	struct io_disk_ops disk_ops;
	struct io io;
	char root[64], backup[192], dir[96];
	uint64_t operation;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct world *w = world_create(true, 1);
	struct checkpoint made;
	char folder[96], name[CHECKPOINT_NAME_MAX];

	f->disk_ops = io_disk_real;
	f->disk_ops.open = disk_open;
	f->disk_ops.pwritev = disk_pwritev;
	f->disk_ops.fdatasync = disk_fdatasync;
	f->disk_ops.fsync_dir = disk_fsync_dir;
	f->disk_ops.rename = disk_rename;
	f->disk_ops.unlink = disk_unlink;
	f->disk_ops.mkdir = disk_mkdir;
	f->disk_ops.lock = disk_lock;
	f->io = (struct io){.ops = &ops, .disk = &f->disk_ops, .ctx = &f->disk};
	snprintf(f->root, sizeof(f->root), "/tmp/restore_test.XXXXXX");
	assert_non_null(mkdtemp(f->root));
	snprintf(f->dir, sizeof(f->dir), "%s/master", f->root);
	snprintf(folder, sizeof(folder), "%s/checkpoints", f->root);
	world_must(w, op_of_mkdir("/kept"));
	world_put(w, "/kept/file", 3);
	assert_int_equal(checkpoint_write(&f->io, w->kv, folder, &made, &w->err), 0);
	checkpoint_name(&made, name);
	snprintf(f->backup, sizeof(f->backup), "%s/%s", folder, name);
	f->operation = made.operation;
	world_destroy(w);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", f->root);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static int restore(struct fixture *f, uint64_t dies_at, struct dfs_error *err)
{
	struct checkpoint found;

	f->disk = (struct disk){.dies_at = dies_at};
	return restore_into(&f->io, f->backup, f->dir, 0, &found, err);
}

static bool metadata_there(struct fixture *f)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/data.mdb", f->dir);
	return access(path, F_OK) == 0;
}

/* A master that is started on it holds its deletions, and has all that the backup has. */
static void starts_held(struct fixture *f)
{
	struct meta_options options = {.cluster = CLUSTER};
	struct proto_row_hold hold;
	struct proto_attr attr;
	struct dfs_error err = {0};
	struct arena arena = {0};
	struct sim_options sim_options = {.seed = 1};
	struct sim *sim = sim_create(&sim_options);
	struct meta *meta;

	assert_int_equal(kv_lmdb_open(&options.kv, f->dir, 64 << 20, &err), 0);
	assert_int_equal(
	        meta_open(&meta, sim_host_io(sim_host_create(sim, "master")), &options, &err), 0);
	assert_true(meta_held(meta, &hold));
	assert_int_equal(hold.operation, f->operation);
	assert_int_equal(meta_stat(meta, "/kept/file", &arena, &attr, &err), 0);
	meta_close(meta);
	world_check(options.kv);
	options.kv->ops->close(options.kv);
	arena_fini(&arena);
	sim_destroy(sim);
}

static void a_disk_that_dies_at_any_step_leaves_nothing_or_all(void **state)
{
	struct fixture *f = *state;
	struct dfs_error err = {0};
	uint64_t step;
	unsigned nothing = 0, all = 0;

	for (step = 1;; step++) {
		char command[128];
		int code;

		snprintf(command, sizeof(command), "rm -rf '%s'", f->dir);
		assert_int_equal(system(command), 0);
		code = restore(f, step, &err);
		if (code == 0)
			break;
		assert_true(strlen(err.text) > 10);
		if (metadata_there(f)) {
			all++;
			assert_int_equal(restore(f, 0, &err), DFS_E_EXIST);
		} else {
			nothing++;
			assert_int_equal(restore(f, 0, &err), 0);
		}
		starts_held(f);
	}
	assert_true(nothing > 8);
	assert_true(all > 0);
	starts_held(f);
}

static void a_directory_that_is_in_use_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct dfs_error err = {0};
	char path[128];
	int lock;

	assert_int_equal(restore(f, 0, &err), 0);
	assert_int_equal(restore(f, 0, &err), DFS_E_EXIST);
	assert_non_null(strstr(err.text, "not empty"));
	snprintf(path, sizeof(path), "%s/data.mdb", f->dir);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/LOCK", f->dir);
	lock = io_disk_real.lock(NULL, path);
	assert_true(lock >= 0);
	assert_int_equal(restore(f, 0, &err), DFS_E_BUSY);
	close(lock);
	assert_int_equal(restore(f, 0, &err), 0);
	starts_held(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                a_disk_that_dies_at_any_step_leaves_nothing_or_all, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                a_directory_that_is_in_use_is_left_alone, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
