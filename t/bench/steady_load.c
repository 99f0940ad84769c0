/* SPDX-License-Identifier: MIT */
/*
 * A user at a steady pace: pieces of one large file are read, small files are written, so many a
 * second, and what each took is told.
 *
 *     steady_load SECONDS OPERATIONS_A_SECOND PATH PREFIX [STOP]
 *
 * Seven of eight operations read 1 MiB of PATH anywhere in it, the eighth writes 64 KiB to
 * PREFIX/N. An operation is counted from when it was due, not from when the one before let it
 * begin: a stall of a second is felt by all that fell into it. Ends sooner when the file STOP is
 * there. Prints "reads p50 p99 max writes p50 p99 max", counts and ms.
 */
#include <dfs/dfs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 1 << 20, SMALL = 64 * 1024, WRITE_EVERY = 8, SAMPLES_MAX = 1000000 };

struct samples {
	double ms[SAMPLES_MAX];
	size_t count;
};

static struct samples reads, writes;

static double now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int drop(void *arg, const void *bytes, size_t size)
{
	*(size_t *)arg += size;
	return 0;
}

static int64_t zeros(void *arg, void *bytes, size_t size)
{
	size_t *left = arg;

	if (size > *left)
		size = *left;
	memset(bytes, 0x5a, size);
	*left -= size;
	return (int64_t)size;
}

static int read_piece(struct dfs *dfs, const char *path, uint64_t file_size, struct dfs_error *err)
{
	struct dfs_transfer transfer = {.size = sizeof(transfer), .length = PIECE};
	size_t got = 0;
	int code;

	transfer.offset = (uint64_t)rand() % (file_size / PIECE) * PIECE;
	code = dfs_get(dfs, path, drop, &got, &transfer, err);
	return code == 0 && got != PIECE ? DFS_E_IO : code;
}

static int write_small(struct dfs *dfs, const char *prefix, size_t number, struct dfs_error *err)
{
	struct dfs_transfer transfer = {.size = sizeof(transfer), .goal = 2};
	size_t left = SMALL;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%zu", prefix, number % 64);
	return dfs_put(dfs, path, zeros, &left, &transfer, err);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void tell(const char *what, struct samples *samples)
{
	size_t n = samples->count;

	qsort(samples->ms, n, sizeof(samples->ms[0]), by_value);
	printf("%s %zu %.2f %.2f %.2f ", what, n, n ? samples->ms[n / 2] : 0.0,
	        n ? samples->ms[n * 99 / 100] : 0.0, n ? samples->ms[n - 1] : 0.0);
}

static int run(struct dfs *dfs, char **argv, uint64_t file_size, struct dfs_error *err)
{
	double gap_ms = 1e3 / atof(argv[2]), begin_ms = now_ms(), end_ms = atof(argv[1]) * 1e3;
	const char *stop = argv[5];

	for (size_t i = 0; (double)i * gap_ms < end_ms && i < SAMPLES_MAX; i++) {
		double due_ms = begin_ms + (double)i * gap_ms, wait_ms = due_ms - now_ms();
		struct samples *samples = i % WRITE_EVERY == 7 ? &writes : &reads;
		int code;

		if (stop && access(stop, F_OK) == 0)
			break;
		if (wait_ms > 0)
			poll(NULL, 0, (int)wait_ms);
		code = samples == &writes ? write_small(dfs, argv[4], i / WRITE_EVERY, err)
		                          : read_piece(dfs, argv[3], file_size, err);
		if (code != 0)
			return code;
		samples->ms[samples->count++] = now_ms() - due_ms;
	}
	tell("reads", &reads);
	tell("writes", &writes);
	printf("\n");
	return 0;
}

int main(int argc, char **argv)
{
	struct dfs_options options = {.size = sizeof(options), .program = "steady_load"};
	struct dfs_error err = {0};
	struct dfs_attr attr;
	struct dfs *dfs = NULL;
	int code;

	if (argc < 5 || atof(argv[1]) <= 0 || atof(argv[2]) <= 0) {
		fprintf(stderr,
		        "usage: steady_load SECONDS OPERATIONS_A_SECOND PATH PREFIX [STOP]\n");
		return 2;
	}
	code = dfs_open(&dfs, &options, &err);
	if (code == 0)
		code = dfs_stat(dfs, argv[3], &attr, &err);
	if (code == 0)
		code = dfs_mkdir(dfs, argv[4], 0755, true, &err);
	if (code == 0)
		code = run(dfs, argv, attr.size, &err);
	dfs_close(dfs);
	if (code != 0)
		fprintf(stderr, "steady_load: %s\n", err.text);
	return code != 0;
}
