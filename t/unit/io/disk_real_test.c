/* SPDX-License-Identifier: MIT */
/* POSIX files behind io/disk.h, the clocks and the randomness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "io/real.h"

struct fixture {
	char dir[64], path[80], other[80];
};

static const struct io_disk_ops *const disk = &io_disk_real;

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/disk_real_test.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/file", f->dir);
	snprintf(f->other, sizeof(f->other), "%s/other", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	rmdir(f->other);
	unlink(f->other);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static int made(struct fixture *f)
{
	int fd = disk->open(
	        NULL, f->path, IO_OPEN_READ | IO_OPEN_WRITE | IO_OPEN_CREATE | IO_OPEN_EXCLUSIVE);

	assert_true(fd >= 0);
	return fd;
}

static void vectors_of_any_length_go_and_come(void **state)
{
	enum { PIECES = 3000 };
	struct fixture *f = *state;
	static struct iovec out[PIECES], in[PIECES];
	static unsigned char bytes[PIECES * 3], back[PIECES * 3];
	size_t at = 0;
	int fd = made(f);

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7 + i / 251);
	for (int i = 0; i < PIECES; i++) {
		size_t size = (size_t)i % 4; /* some are empty */

		out[i] = (struct iovec){bytes + at, size};
		in[i] = (struct iovec){back + at, size};
		at += size;
	}
	assert_int_equal(disk->pwritev(NULL, fd, out, PIECES, 5), at);
	assert_int_equal(disk->size(NULL, fd), at + 5);
	assert_int_equal(disk->preadv(NULL, fd, in, PIECES, 5), at);
	assert_memory_equal(bytes, back, at);
	assert_int_equal(disk->preadv(NULL, fd, in, PIECES, 6), at - 1);
	assert_int_equal(disk->pread(NULL, fd, back, sizeof(back), at + 5), 0);
	disk->close(NULL, fd);
}

static void read_now_takes_from_the_cache_or_says_again(void **state)
{
	struct fixture *f = *state;
	char text[] = "cached", back[32];
	struct iovec out = {text, 6}, in = {back, 6}, beyond = {back, sizeof(back)};
	int fd = made(f);
	ssize_t got;

	assert_int_equal(disk->pwritev(NULL, fd, &out, 1, 0), 6);
	got = disk->preadv_now(NULL, fd, &in, 1, 0);
	assert_true(got == 6 || got == -EAGAIN);
	got = disk->preadv_now(
	        NULL, fd, &beyond, 1, 0); /* the end of the file is no reason to come again */
	assert_true(got == 6 || got == -EAGAIN);
	disk->close(NULL, fd);
	assert_int_equal(disk->preadv_now(NULL, fd, &in, 1, 0), -EBADF);
}

/* Pages that were dropped from the cache: all or -EAGAIN, never a part that looks like the end of
 * the file. */
static void read_now_is_never_short_in_the_middle(void **state)
{
	enum { SIZE = 4 << 20 };
	struct fixture *f = *state;
	char *bytes = calloc(1, SIZE), first[4096];
	struct iovec whole = {bytes, SIZE};
	int fd = made(f);
	ssize_t got;

	assert_int_equal(disk->pwritev(NULL, fd, &whole, 1, 0), SIZE);
	assert_int_equal(disk->fdatasync(NULL, fd), 0);
	posix_fadvise(fd, 0, SIZE, POSIX_FADV_DONTNEED);
	posix_fadvise(fd, 0, SIZE, POSIX_FADV_RANDOM); /* no read-ahead */
	assert_int_equal(disk->pread(NULL, fd, first, sizeof(first), 0), sizeof(first));
	got = disk->preadv_now(NULL, fd, &whole, 1, 0);
	assert_true(got == SIZE || got == -EAGAIN);
	disk->close(NULL, fd);
	free(bytes);
}

static void a_direct_read_sees_what_was_written(void **state)
{
	enum { SIZE = 3 * IO_DIRECT + 100, ROOM = 4 * IO_DIRECT };
	struct fixture *f = *state;
	char *bytes = malloc(SIZE);
	struct iovec out = {bytes, SIZE};
	void *room = NULL;
	int fd = made(f);

	assert_int_equal(posix_memalign(&room, IO_DIRECT, ROOM), 0);
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (char)(i * 7 + i / 256);
	assert_int_equal(disk->pwritev(NULL, fd, &out, 1, 0), SIZE);
	assert_int_equal(disk->fdatasync(NULL, fd), 0);
	disk->close(NULL, fd);
	fd = disk->open(NULL, f->path, IO_OPEN_READ | IO_OPEN_DIRECT);
	assert_true(fd >= 0);
	assert_int_equal(disk->pread(NULL, fd, room, ROOM, 0), SIZE);
	assert_memory_equal(room, bytes, SIZE);
	assert_int_equal(disk->pread(NULL, fd, room, IO_DIRECT, IO_DIRECT), IO_DIRECT);
	assert_memory_equal(room, bytes + IO_DIRECT, IO_DIRECT);
	assert_int_equal(disk->pread(NULL, fd, room, IO_DIRECT, ROOM), 0);
	disk->close(NULL, fd);
	free(room);
	free(bytes);
}

static void errors_are_negative_errno(void **state)
{
	struct fixture *f = *state;
	struct iovec none = {f, 1};
	int fd;

	assert_int_equal(disk->open(NULL, f->path, IO_OPEN_READ), -ENOENT);
	fd = made(f);
	assert_int_equal(
	        disk->open(NULL, f->path, IO_OPEN_WRITE | IO_OPEN_CREATE | IO_OPEN_EXCLUSIVE),
	        -EEXIST);
	disk->close(NULL, fd);
	assert_int_equal(disk->fdatasync(NULL, fd), -EBADF);
	assert_int_equal(disk->pwritev(NULL, fd, &none, 1, 0), -EBADF);
	assert_int_equal(disk->size(NULL, fd), -EBADF);
	assert_int_equal(disk->truncate(NULL, fd, 0), -EBADF);
	assert_int_equal(disk->write_back(NULL, fd, 0, 0), -EBADF);
	assert_int_equal(disk->fsync_dir(NULL, f->other), -ENOENT);
	assert_int_equal(disk->unlink(NULL, f->other), -ENOENT);
	assert_int_equal(disk->rename(NULL, f->other, f->path), -ENOENT);
	assert_int_equal(disk->mkdir(NULL, f->path), -EEXIST);
}

static void full_device_is_nospc(void **state)
{
	char byte = 1;
	struct iovec iov = {&byte, 1};
	int fd = disk->open(NULL, "/dev/full", IO_OPEN_WRITE);

	assert_true(fd >= 0);
	assert_int_equal(disk->pwritev(NULL, fd, &iov, 1, 0), -ENOSPC);
	disk->close(NULL, fd);
}

static int seen(void *arg, const char *name)
{
	char *names = arg;

	strcat(names, name);
	strcat(names, " ");
	return strcmp(name, "stop") == 0 ? 7 : 0;
}

static void directories_list_names_but_dots(void **state)
{
	struct fixture *f = *state;
	char names[256] = "";
	struct io_space space;

	disk->close(NULL, made(f));
	assert_int_equal(disk->mkdir(NULL, f->other), 0);
	assert_int_equal(disk->list(NULL, f->dir, seen, names), 0);
	assert_true(strcmp(names, "file other ") == 0 || strcmp(names, "other file ") == 0);
	assert_int_equal(disk->fsync_dir(NULL, f->dir), 0);
	assert_int_equal(disk->space(NULL, f->dir, &space), 0);
	assert_true(space.total_bytes >= space.free_bytes && space.total_bytes > 0);
	assert_int_equal(rmdir(f->other), 0);
	assert_int_equal(disk->rename(NULL, f->path, f->other), 0);
	assert_int_equal(disk->open(NULL, f->path, IO_OPEN_READ), -ENOENT);
	snprintf(f->path, sizeof(f->path), "%s/stop", f->dir);
	disk->close(NULL, made(f));
	assert_int_equal(disk->list(NULL, f->dir, seen, names), 7);
}

static void lock_is_held_by_one(void **state)
{
	struct fixture *f = *state;
	int first = disk->lock(NULL, f->path), again;

	assert_true(first >= 0);
	assert_int_equal(disk->lock(NULL, f->path), -EBUSY); /* even in the same process */
	disk->close(NULL, first);
	again = disk->lock(NULL, f->path);
	assert_true(again >= 0);
	disk->close(NULL, again);
}

static void clocks_go_and_randomness_differs(void **state)
{
	uint64_t mono = io_real_mono_ms();
	unsigned char a[33] = {0}, b[33] = {0};

	assert_true(io_real_mono_ms() >= mono);
	assert_true(io_real_wall_ms() > 1600000000000);
	io_real_random(a, 32);
	io_real_random(b, 32);
	assert_memory_not_equal(a, b, 32);
	assert_int_equal(a[32], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(vectors_of_any_length_go_and_come, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                read_now_takes_from_the_cache_or_says_again, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                read_now_is_never_short_in_the_middle, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                a_direct_read_sees_what_was_written, setup, teardown),
	        cmocka_unit_test_setup_teardown(errors_are_negative_errno, setup, teardown),
	        cmocka_unit_test(full_device_is_nospc),
	        cmocka_unit_test_setup_teardown(directories_list_names_but_dots, setup, teardown),
	        cmocka_unit_test_setup_teardown(lock_is_held_by_one, setup, teardown),
	        cmocka_unit_test(clocks_go_and_randomness_differs),
	};

	return cmocka_run_group_tests_name("disk_real", tests, NULL, NULL);
}
