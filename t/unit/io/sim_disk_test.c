/* SPDX-License-Identifier: MIT */
/* The simulated disk: POSIX while the power is on, and what a power cut, a kill or a fault leaves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/sim.h"

enum { PAGE = 4096, SECTOR = 512, NEW = IO_OPEN_READ | IO_OPEN_WRITE | IO_OPEN_CREATE };

struct bench {
	struct sim *sim;
	struct sim_host *host;
	struct io *io;
};

static struct bench bench_create(uint64_t seed)
{
	struct sim_options options = {.seed = seed};
	struct bench bench = {.sim = sim_create(&options)};

	bench.host = sim_host_create(bench.sim, "node1");
	bench.io = sim_host_io(bench.host);
	return bench;
}

static int open_new(struct bench *bench, const char *path)
{
	int fd = io_disk(bench->io, open, path, NEW);

	assert_true(fd >= 0);
	return fd;
}

static ssize_t write_at(
        struct bench *bench, int fd, const void *bytes, size_t size, uint64_t offset)
{
	struct iovec iov = {.iov_base = (void *)bytes, .iov_len = size};

	return io_disk(bench->io, pwritev, fd, &iov, 1, offset);
}

static void write_text(struct bench *bench, int fd, const char *text)
{
	assert_int_equal(write_at(bench, fd, text, strlen(text), 0), strlen(text));
}

static ssize_t read_at(struct bench *bench, int fd, void *bytes, size_t size, uint64_t offset)
{
	return io_disk(bench->io, pread, fd, bytes, size, offset);
}

static bool exists(struct bench *bench, const char *path)
{
	int fd = io_disk(bench->io, open, path, IO_OPEN_READ);

	if (fd >= 0)
		io_disk(bench->io, close, fd);
	return fd >= 0;
}

/* Whether the file at `path` is exactly `text`. */
static bool is_text(struct bench *bench, const char *path, const char *text)
{
	char bytes[256];
	int fd = io_disk(bench->io, open, path, IO_OPEN_READ);
	ssize_t got;

	if (fd < 0)
		return false;
	got = read_at(bench, fd, bytes, sizeof(bytes), 0);
	io_disk(bench->io, close, fd);
	return got == (ssize_t)strlen(text) && memcmp(bytes, text, strlen(text)) == 0;
}

static void power_cycle(struct bench *bench)
{
	sim_host_crash(bench->host, false);
	sim_host_restart(bench->host);
}

/* A file with that text, bytes and name durable. */
static void store_text(struct bench *bench, const char *path, const char *text)
{
	int fd = open_new(bench, path);

	write_text(bench, fd, text);
	assert_int_equal(io_disk(bench->io, fdatasync, fd), 0);
	assert_int_equal(io_disk(bench->io, fsync_dir, "/"), 0);
	io_disk(bench->io, close, fd);
}

/* ---- POSIX ---- */

static void what_is_written_is_read(void **state)
{
	struct bench bench = bench_create(1);
	int fd = open_new(&bench, "/a");
	char bytes[3 * PAGE];
	struct iovec out[3] = {{"abc", 3}, {"", 0}, {"defgh", 5}};
	struct iovec in[2] = {{bytes, 4}, {bytes + 4, 10}};

	assert_int_equal(io_disk(bench.io, pwritev, fd, out, 3, PAGE - 2), 8);
	assert_int_equal(io_disk(bench.io, size, fd), PAGE + 6);
	assert_int_equal(io_disk(bench.io, preadv, fd, in, 2, PAGE - 2), 8);
	assert_memory_equal(bytes, "abcdefgh", 8);
	assert_int_equal(read_at(&bench, fd, bytes, sizeof(bytes), 0), PAGE + 6);
	for (int i = 0; i < PAGE - 2; i++)
		assert_int_equal(bytes[i], 0); /* a hole */
	assert_int_equal(read_at(&bench, fd, bytes, 1, PAGE + 6), 0);
	sim_destroy(bench.sim);
}

static void a_truncated_file_grows_back_with_zeros(void **state)
{
	struct bench bench = bench_create(1);
	int fd = open_new(&bench, "/a");
	char bytes[8];

	write_text(&bench, fd, "abcdefgh");
	assert_int_equal(io_disk(bench.io, truncate, fd, 3), 0);
	assert_int_equal(io_disk(bench.io, size, fd), 3);
	assert_int_equal(io_disk(bench.io, truncate, fd, 8), 0);
	assert_int_equal(read_at(&bench, fd, bytes, 8, 0), 8);
	assert_memory_equal(bytes, "abc\0\0\0\0\0", 8);
	sim_destroy(bench.sim);
}

static void flags_of_open_mean_what_they_say(void **state)
{
	struct bench bench = bench_create(1);
	int fd;

	assert_int_equal(io_disk(bench.io, open, "/a", IO_OPEN_READ), -ENOENT);
	assert_int_equal(io_disk(bench.io, open, "/no/a", NEW), -ENOENT);
	assert_int_equal(io_disk(bench.io, open, "relative", NEW), -EINVAL);
	assert_int_equal(io_disk(bench.io, open, "/", NEW), -EISDIR);
	fd = open_new(&bench, "/a");
	assert_int_equal(io_disk(bench.io, open, "/a", NEW | IO_OPEN_EXCLUSIVE), -EEXIST);
	assert_int_equal(io_disk(bench.io, open, "/a/b", NEW), -ENOTDIR);
	write_text(&bench, fd, "abc");
	io_disk(bench.io, close, fd);
	assert_int_equal(write_at(&bench, fd, "x", 1, 0), -EBADF);
	fd = io_disk(bench.io, open, "/a", IO_OPEN_READ);
	assert_int_equal(write_at(&bench, fd, "x", 1, 0), -EBADF);
	assert_int_equal(io_disk(bench.io, truncate, fd, 0), -EBADF);
	fd = io_disk(bench.io, open, "/a", IO_OPEN_WRITE | IO_OPEN_APPEND);
	assert_int_equal(write_at(&bench, fd, "def", 3, 0), 3); /* at the end all the same */
	assert_int_equal(io_disk(bench.io, pread, fd, NULL, 0, 0), -EBADF);
	assert_true(is_text(&bench, "/a", "abcdef"));
	sim_destroy(bench.sim);
}

static void a_closed_handle_is_not_another_files(void **state)
{
	struct bench bench = bench_create(1);
	int first = open_new(&bench, "/a");
	int second;

	io_disk(bench.io, close, first);
	second = open_new(&bench, "/b");
	assert_int_not_equal(first, second);
	assert_int_equal(io_disk(bench.io, size, first), -EBADF);
	io_disk(bench.io, close, first); /* does not close /b */
	assert_int_equal(io_disk(bench.io, size, second), 0);
	power_cycle(&bench);
	assert_int_equal(io_disk(bench.io, size, second), -EBADF);
	sim_destroy(bench.sim);
}

static void names_are_moved_and_removed(void **state)
{
	struct bench bench = bench_create(1);
	char bytes[8];
	int fd;

	assert_int_equal(io_disk(bench.io, mkdir, "/d"), 0);
	assert_int_equal(io_disk(bench.io, mkdir, "/d"), -EEXIST);
	assert_int_equal(io_disk(bench.io, mkdir, "/x/y"), -ENOENT);
	store_text(&bench, "/a", "first");
	store_text(&bench, "/d/b", "second");
	assert_int_equal(io_disk(bench.io, rename, "/a", "/d/b"), 0);
	assert_true(is_text(&bench, "/d/b", "first"));
	assert_false(exists(&bench, "/a"));
	assert_int_equal(io_disk(bench.io, rename, "/a", "/c"), -ENOENT);
	assert_int_equal(io_disk(bench.io, rename, "/d/b", "/d"), -EISDIR);
	assert_int_equal(io_disk(bench.io, rename, "/d", "/d/b"), -EINVAL);
	assert_int_equal(io_disk(bench.io, unlink, "/d"), -EISDIR);
	assert_int_equal(io_disk(bench.io, rename, "/d", "/e"), 0);
	fd = io_disk(bench.io, open, "/e/b", IO_OPEN_READ);
	assert_int_equal(io_disk(bench.io, unlink, "/e/b"), 0);
	assert_int_equal(io_disk(bench.io, unlink, "/e/b"), -ENOENT);
	assert_int_equal(read_at(&bench, fd, bytes, 8, 0), 5); /* still open */
	sim_destroy(bench.sim);
}

struct names {
	char text[64];
	int left;
};

static int note_name(void *arg, const char *name)
{
	struct names *names = arg;

	strcat(names->text, name);
	return --names->left == 0 ? 7 : 0;
}

static void a_directory_lists_its_names_in_no_order(void **state)
{
	bool orders[2] = {false, false};

	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct bench bench = bench_create(seed);
		struct names names = {.left = -1};
		bool in_order;

		assert_int_equal(io_disk(bench.io, list, "/none", note_name, &names), -ENOENT);
		store_text(&bench, "/a", "");
		store_text(&bench, "/b", "");
		assert_int_equal(io_disk(bench.io, list, "/", note_name, &names), 0);
		in_order = strcmp(names.text, "ab") == 0;
		assert_true(in_order || strcmp(names.text, "ba") == 0);
		orders[in_order] = true;
		names.left = 1;
		assert_int_equal(io_disk(bench.io, list, "/", note_name, &names), 7);
		sim_destroy(bench.sim);
	}
	assert_true(orders[0] && orders[1]);
}

static void a_lock_is_one_process_only(void **state)
{
	struct bench bench = bench_create(1);
	int fd = io_disk(bench.io, lock, "/LOCK");

	assert_true(fd >= 0);
	assert_int_equal(io_disk(bench.io, lock, "/LOCK"), -EBUSY);
	io_disk(bench.io, close, fd);
	assert_true(io_disk(bench.io, lock, "/LOCK") >= 0);
	sim_host_kill(bench.host);
	sim_host_restart(bench.host);
	assert_true(io_disk(bench.io, lock, "/LOCK") >= 0);
	power_cycle(&bench);
	assert_true(io_disk(bench.io, lock, "/LOCK") >= 0);
	sim_destroy(bench.sim);
}

static void reading_at_once_sometimes_says_again(void **state)
{
	struct bench bench = bench_create(1);
	int fd = open_new(&bench, "/a");
	char bytes[3];
	struct iovec iov = {bytes, 3};
	int again = 0;

	write_text(&bench, fd, "abc");
	for (int i = 0; i < 100; i++) {
		ssize_t got = io_disk(bench.io, preadv_now, fd, &iov, 1, 0);

		assert_true(got == 3 || got == -EAGAIN);
		again += got < 0;
	}
	assert_in_range(again, 5, 60);
	sim_destroy(bench.sim);
}

/* ---- a power cut ---- */

static void what_was_synced_survives(void **state)
{
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct bench bench = bench_create(seed);

		store_text(&bench, "/a", "safe");
		power_cycle(&bench);
		assert_true(is_text(&bench, "/a", "safe"));
		sim_destroy(bench.sim);
	}
}

static void a_name_without_its_directorys_sync_may_be_lost(void **state)
{
	int survived = 0;

	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct bench bench = bench_create(seed);
		int fd = open_new(&bench, "/a");

		write_text(&bench, fd, "x");
		assert_int_equal(io_disk(bench.io, fdatasync, fd), 0);
		power_cycle(&bench);
		survived += exists(&bench, "/a");
		if (exists(&bench, "/a"))
			assert_true(is_text(&bench, "/a", "x"));
		sim_destroy(bench.sim);
	}
	assert_in_range(survived, 10, 90);
}

static void directories_survive_as_a_prefix_of_what_was_done(void **state)
{
	int counts[5] = {0};

	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct bench bench = bench_create(seed);
		int seen = 0;

		assert_int_equal(io_disk(bench.io, mkdir, "/0"), 0);
		assert_int_equal(io_disk(bench.io, mkdir, "/0/1"), 0);
		assert_int_equal(io_disk(bench.io, mkdir, "/2"), 0);
		assert_int_equal(io_disk(bench.io, rename, "/0", "/3"), 0);
		power_cycle(&bench);
		if (exists(&bench, "/0") || io_disk(bench.io, mkdir, "/0") == -EEXIST)
			seen = io_disk(bench.io, mkdir, "/2") == -EEXIST     ? 3
			       : io_disk(bench.io, mkdir, "/0/1") == -EEXIST ? 2
			                                                     : 1;
		else if (io_disk(bench.io, mkdir, "/3") == -EEXIST)
			seen = 4;
		if (seen == 4) {
			assert_int_equal(io_disk(bench.io, mkdir, "/3/1"), -EEXIST);
			assert_int_equal(io_disk(bench.io, mkdir, "/2"), -EEXIST);
		}
		counts[seen]++;
		sim_destroy(bench.sim);
	}
	for (int i = 0; i < 5; i++)
		assert_true(counts[i] > 0);
}

static void an_unsynced_unlink_or_rename_may_be_undone(void **state)
{
	int undone = 0;

	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct bench bench = bench_create(seed);

		store_text(&bench, "/a", "old");
		store_text(&bench, "/b", "new");
		assert_int_equal(io_disk(bench.io, rename, "/b", "/a"), 0);
		power_cycle(&bench);
		if (is_text(&bench, "/a", "old")) {
			assert_true(is_text(&bench, "/b", "new"));
			undone++;
		} else {
			assert_true(is_text(&bench, "/a", "new"));
			assert_false(exists(&bench, "/b"));
		}
		sim_destroy(bench.sim);
	}
	assert_in_range(undone, 10, 90);
}

static void a_rename_between_directories_never_loses_the_file(void **state)
{
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct bench bench = bench_create(seed);
		bool source_synced = seed % 2;

		store_text(&bench, "/a", "x");
		assert_int_equal(io_disk(bench.io, mkdir, "/bad"), 0);
		assert_int_equal(io_disk(bench.io, rename, "/a", "/bad/a"), 0);
		assert_int_equal(io_disk(bench.io, fsync_dir, source_synced ? "/" : "/bad"), 0);
		power_cycle(&bench);
		assert_true(is_text(&bench, "/bad/a", "x"));
		assert_false(exists(&bench, "/a"));
		sim_destroy(bench.sim);
	}
}

static void a_replaced_directory_takes_its_unsynced_changes_along(void **state)
{
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct bench bench = bench_create(seed);

		assert_int_equal(io_disk(bench.io, mkdir, "/old"), 0);
		store_text(&bench, "/old/a", "x");
		assert_int_equal(io_disk(bench.io, fsync_dir, "/old"), 0);
		assert_int_equal(io_disk(bench.io, mkdir, "/new"), 0);
		assert_int_equal(io_disk(bench.io, unlink, "/old/a"), 0); /* never synced */
		assert_int_equal(io_disk(bench.io, rename, "/new", "/old"), 0);
		assert_int_equal(io_disk(bench.io, fsync_dir, "/"), 0);
		power_cycle(&bench);
		assert_false(exists(&bench, "/old/a"));
		assert_int_equal(io_disk(bench.io, mkdir, "/old"), -EEXIST);
		assert_int_equal(io_disk(bench.io, mkdir, "/new"), 0);
		sim_destroy(bench.sim);
	}
}

static void syncing_a_directory_does_not_sync_its_own_name(void **state)
{
	int lost = 0;

	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct bench bench = bench_create(seed);
		int fd;

		assert_int_equal(io_disk(bench.io, mkdir, "/d"), 0);
		fd = open_new(&bench, "/d/a");
		assert_int_equal(io_disk(bench.io, fdatasync, fd), 0);
		assert_int_equal(io_disk(bench.io, fsync_dir, "/d"), 0);
		power_cycle(&bench);
		lost += !exists(&bench, "/d/a");
		sim_destroy(bench.sim);
	}
	assert_in_range(lost, 10, 90);
}

static void an_unsynced_truncate_brings_back_all_or_nothing(void **state)
{
	int back = 0;

	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct bench bench = bench_create(seed);
		int fd;

		store_text(&bench, "/a", "abcdefgh");
		fd = io_disk(bench.io, open, "/a", IO_OPEN_WRITE);
		assert_int_equal(io_disk(bench.io, truncate, fd, 3), 0);
		power_cycle(&bench);
		if (is_text(&bench, "/a", "abcdefgh"))
			back++;
		else
			assert_true(is_text(&bench, "/a", "abc"));
		sim_destroy(bench.sim);
	}
	assert_in_range(back, 10, 90);
}

/* ---- every sector is old or new ---- */

enum { IMAGE = 16 * PAGE };

struct fates {
	int kept, lost, torn;
	int sizes_old, sizes_new, sizes_between;
};

static bool sector_is(const uint8_t *sector, const uint8_t *image)
{
	return memcmp(sector, image, SECTOR) == 0;
}

static void judge_page(
        const uint8_t *found, const uint8_t *stored, const uint8_t *written, struct fates *fates)
{
	int old = 0, new = 0;

	for (int at = 0; at < PAGE; at += SECTOR) {
		bool is_old = sector_is(found + at, stored + at);
		bool is_new = sector_is(found + at, written + at);

		assert_true(is_old || is_new);
		if (is_old != is_new) {
			old += is_old;
			new += is_new;
		}
	}
	fates->kept += new && !old;
	fates->lost += old && !new;
	fates->torn += old && new;
}

/* Random writes and syncs of one file, then the power goes. */
static void crash_a_file(uint64_t seed, struct fates *fates)
{
	struct bench bench = bench_create(seed);
	int fd = open_new(&bench, "/a");
	uint8_t stored[IMAGE] = {0}, written[IMAGE] = {0}, found[IMAGE] = {0}, bytes[2 * PAGE];
	uint64_t size = 0, stored_size = 0;
	int64_t found_size;

	assert_int_equal(io_disk(bench.io, fsync_dir, "/"), 0);
	for (uint64_t i = 5 + io_random_u64(bench.io) % 20; i > 0; i--) {
		uint64_t part = 1 + io_random_u64(bench.io) % sizeof(bytes);
		uint64_t offset = io_random_u64(bench.io) % (IMAGE - part + 1);

		io_random(bench.io, bytes, (size_t)part);
		assert_int_equal(write_at(&bench, fd, bytes, (size_t)part, offset), part);
		memcpy(written + offset, bytes, (size_t)part);
		size = offset + part > size ? offset + part : size;
		if (io_random_u64(bench.io) % 4)
			continue;
		assert_int_equal(io_disk(bench.io, fdatasync, fd), 0);
		memcpy(stored, written, sizeof(stored));
		stored_size = size;
	}
	power_cycle(&bench);
	fd = io_disk(bench.io, open, "/a", IO_OPEN_READ | IO_OPEN_WRITE);
	found_size = io_disk(bench.io, size, fd);
	assert_true(found_size >= (int64_t)stored_size && found_size <= (int64_t)size);
	if (stored_size < size) {
		fates->sizes_old += found_size == (int64_t)stored_size;
		fates->sizes_new += found_size == (int64_t)size;
		fates->sizes_between +=
		        found_size > (int64_t)stored_size && found_size < (int64_t)size;
	}
	assert_int_equal(read_at(&bench, fd, found, IMAGE, 0), found_size);
	assert_int_equal(io_disk(bench.io, truncate, fd, IMAGE), 0);
	assert_int_equal(read_at(&bench, fd, found, IMAGE, 0), IMAGE);
	for (int64_t at = found_size; at < IMAGE; at++)
		assert_int_equal(found[at], 0); /* nothing comes back from past the end */
	/* what the size cut off counts as never written */
	memset(written + found_size, 0, sizeof(written) - (size_t)found_size);
	for (int at = 0; at < IMAGE; at += PAGE)
		judge_page(found + at, stored + at, written + at, fates);
	sim_destroy(bench.sim);
}

static void over_a_thousand_seeds_no_synced_byte_is_lost_and_the_rest_tears(void **state)
{
	struct fates fates = {0};

	for (uint64_t seed = 1; seed <= 1000; seed++)
		crash_a_file(seed, &fates);
	assert_true(fates.kept > 500 && fates.lost > 500 && fates.torn > 500);
	assert_true(fates.sizes_old > 50 && fates.sizes_new > 50 && fates.sizes_between > 50);
}

/* ---- kill ---- */

static void a_killed_process_loses_nothing_it_wrote(void **state)
{
	struct bench bench = bench_create(1);
	int fd = open_new(&bench, "/a");

	write_text(&bench, fd, "written");
	sim_host_kill(bench.host);
	assert_true(sim_host_crashed(bench.host));
	assert_int_equal(io_disk(bench.io, fdatasync, fd), -EIO);
	sim_host_restart(bench.host);
	assert_true(is_text(&bench, "/a", "written"));
	assert_int_equal(io_disk(bench.io, fdatasync, fd), -EBADF);
	sim_destroy(bench.sim);
}

static void the_power_may_go_after_a_kill(void **state)
{
	int lost = 0;

	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct bench bench = bench_create(seed);

		open_new(&bench, "/a");
		sim_host_kill(bench.host);
		sim_host_crash(bench.host, false);
		sim_host_restart(bench.host);
		lost += !exists(&bench, "/a");
		sim_destroy(bench.sim);
	}
	assert_in_range(lost, 5, 45);
}

/* ---- faults ---- */

static void a_full_disk_says_so_and_deleting_helps(void **state)
{
	struct bench bench = bench_create(1);
	struct io_space space;
	char bytes[4 * PAGE] = {1};
	int fd = open_new(&bench, "/a");

	sim_disk_capacity(bench.host, 3 * PAGE);
	assert_int_equal(write_at(&bench, fd, bytes, sizeof(bytes), 0), -ENOSPC);
	assert_int_equal(io_disk(bench.io, size, fd), 3 * PAGE);         /* what fitted is there */
	assert_int_equal(write_at(&bench, fd, bytes, PAGE, PAGE), PAGE); /* in place */
	assert_int_equal(io_disk(bench.io, space, "/", &space), 0);
	assert_int_equal(space.total_bytes, 3 * PAGE);
	assert_int_equal(space.free_bytes, 0);
	assert_int_equal(io_disk(bench.io, open, "/b", NEW), -ENOSPC);
	assert_int_equal(io_disk(bench.io, truncate, fd, PAGE), 0);
	assert_int_equal(io_disk(bench.io, space, "/", &space), 0);
	assert_int_equal(space.free_bytes, 2 * PAGE);
	assert_int_equal(io_disk(bench.io, unlink, "/a"), 0);
	assert_int_equal(io_disk(bench.io, space, "/", &space), 0);
	assert_int_equal(space.free_bytes, 2 * PAGE); /* still open */
	io_disk(bench.io, close, fd);
	assert_int_equal(io_disk(bench.io, space, "/", &space), 0);
	assert_int_equal(space.free_bytes, 3 * PAGE);
	sim_destroy(bench.sim);
}

static void the_nth_operation_fails_once(void **state)
{
	struct bench bench = bench_create(1);
	int fd = open_new(&bench, "/a");
	uint64_t before = sim_disk_operations(bench.host);
	char byte;

	sim_disk_fail_after(bench.host, 3);
	assert_int_equal(write_at(&bench, fd, "abc", 3, 0), 3);
	assert_int_equal(io_disk(bench.io, fdatasync, fd), 0);
	assert_int_equal(read_at(&bench, fd, &byte, 1, 0), -EIO);
	assert_int_equal(read_at(&bench, fd, &byte, 1, 0), 1);
	assert_int_equal(sim_disk_operations(bench.host) - before, 4);
	sim_destroy(bench.sim);
}

static void a_failed_write_may_be_there_in_part(void **state)
{
	int sizes[5] = {0};

	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct bench bench = bench_create(seed);
		int fd = open_new(&bench, "/a");

		sim_disk_fail_after(bench.host, 1);
		assert_int_equal(write_at(&bench, fd, "abcd", 4, 0), -EIO);
		sizes[io_disk(bench.io, size, fd)]++;
		sim_destroy(bench.sim);
	}
	assert_true(sizes[0] > 0 && sizes[2] > 0 && sizes[4] > 0);
}

/* RULES 31: the second fdatasync says OK, and the bytes are not there. */
static void a_sync_that_failed_says_ok_the_next_time_and_has_lost_the_bytes(void **state)
{
	int lost = 0, cached = 0;

	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct bench bench = bench_create(seed);
		int fd;

		store_text(&bench, "/a", "old");
		fd = io_disk(bench.io, open, "/a", IO_OPEN_WRITE);
		write_text(&bench, fd, "new");
		sim_disk_fail_after(bench.host, 1);
		assert_int_equal(io_disk(bench.io, fdatasync, fd), -EIO);
		assert_int_equal(io_disk(bench.io, fdatasync, fd), 0);
		cached += is_text(&bench, "/a", "new");
		power_cycle(&bench);
		lost += is_text(&bench, "/a", "old");
		assert_true(is_text(&bench, "/a", "old") || is_text(&bench, "/a", "new"));
		sim_destroy(bench.sim);
	}
	assert_in_range(lost, 40, 180);
	assert_true(cached > 200 - lost); /* some reads still saw what was lost */
}

static void a_rewrite_after_a_failed_sync_is_stored_by_the_next(void **state)
{
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct bench bench = bench_create(seed);
		int fd;

		store_text(&bench, "/a", "old");
		fd = io_disk(bench.io, open, "/a", IO_OPEN_WRITE);
		write_text(&bench, fd, "new");
		sim_disk_fail_after(bench.host, 1);
		assert_int_equal(io_disk(bench.io, fdatasync, fd), -EIO);
		write_text(&bench, fd, "NEW");
		assert_int_equal(io_disk(bench.io, fdatasync, fd), 0);
		power_cycle(&bench);
		assert_true(is_text(&bench, "/a", "NEW"));
		sim_destroy(bench.sim);
	}
}

static void a_power_cut_at_the_nth_operation_ends_the_host_there(void **state)
{
	int done = 0;

	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct bench bench = bench_create(seed);
		int fd;

		store_text(&bench, "/a", "old");
		fd = io_disk(bench.io, open, "/a", IO_OPEN_WRITE);
		write_text(&bench, fd, "new");
		sim_disk_crash_after(bench.host, 1);
		assert_int_equal(io_disk(bench.io, fdatasync, fd), -EIO);
		assert_true(sim_host_crashed(bench.host));
		assert_int_equal(io_disk(bench.io, unlink, "/a"), -EIO);
		assert_int_equal(io_disk(bench.io, size, fd), -EIO);
		sim_host_restart(bench.host);
		done += is_text(&bench, "/a", "new");
		sim_destroy(bench.sim);
	}
	assert_in_range(done, 40, 95); /* half are done before the cut, others survive by chance */
}

static void a_bit_rots(void **state)
{
	struct bench bench = bench_create(1);

	store_text(&bench, "/a", "abc");
	assert_int_equal(sim_disk_flip(bench.host, "/a", 8), 0);
	assert_true(is_text(&bench, "/a", "acc"));
	power_cycle(&bench);
	assert_true(is_text(&bench, "/a", "acc"));
	assert_int_equal(sim_disk_flip(bench.host, "/a", 24), -ERANGE);
	assert_int_equal(sim_disk_flip(bench.host, "/b", 0), -ENOENT);
	sim_destroy(bench.sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_written_is_read),
	        cmocka_unit_test(a_truncated_file_grows_back_with_zeros),
	        cmocka_unit_test(flags_of_open_mean_what_they_say),
	        cmocka_unit_test(a_closed_handle_is_not_another_files),
	        cmocka_unit_test(names_are_moved_and_removed),
	        cmocka_unit_test(a_directory_lists_its_names_in_no_order),
	        cmocka_unit_test(a_lock_is_one_process_only),
	        cmocka_unit_test(reading_at_once_sometimes_says_again),
	        cmocka_unit_test(what_was_synced_survives),
	        cmocka_unit_test(a_name_without_its_directorys_sync_may_be_lost),
	        cmocka_unit_test(directories_survive_as_a_prefix_of_what_was_done),
	        cmocka_unit_test(an_unsynced_unlink_or_rename_may_be_undone),
	        cmocka_unit_test(a_rename_between_directories_never_loses_the_file),
	        cmocka_unit_test(a_replaced_directory_takes_its_unsynced_changes_along),
	        cmocka_unit_test(syncing_a_directory_does_not_sync_its_own_name),
	        cmocka_unit_test(an_unsynced_truncate_brings_back_all_or_nothing),
	        cmocka_unit_test(over_a_thousand_seeds_no_synced_byte_is_lost_and_the_rest_tears),
	        cmocka_unit_test(a_killed_process_loses_nothing_it_wrote),
	        cmocka_unit_test(the_power_may_go_after_a_kill),
	        cmocka_unit_test(a_full_disk_says_so_and_deleting_helps),
	        cmocka_unit_test(the_nth_operation_fails_once),
	        cmocka_unit_test(a_failed_write_may_be_there_in_part),
	        cmocka_unit_test(a_sync_that_failed_says_ok_the_next_time_and_has_lost_the_bytes),
	        cmocka_unit_test(a_rewrite_after_a_failed_sync_is_stored_by_the_next),
	        cmocka_unit_test(a_power_cut_at_the_nth_operation_ends_the_host_there),
	        cmocka_unit_test(a_bit_rots),
	};

	return cmocka_run_group_tests_name("io/sim: the disk", tests, NULL, NULL);
}
