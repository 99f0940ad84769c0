/* SPDX-License-Identifier: MIT */
/*
 * Speed of core/store on a real disk, each figure beside the same bytes by plain system calls in
 * the same run: machines differ, ratios less so. One JSON line per figure.
 *
 *     store_bench [--cpu] [MEBIBYTES [WORD]]
 *
 * MEBIBYTES: 1024 unless told, in chunks of 64 MiB, under $TMPDIR. WORD: feed, append, read, small.
 *
 * --cpu counts the time of the loop's thread on a processor instead of the clock's: what the store
 * itself costs, on a machine that has other things to do.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "../unit/store/rig_real.h"
#include "base/crc32c.h"
#include "base/frame.h"
#include "io/disk.h"
#include "io/real.h"
#include "store/store.h"

enum {
	CHUNK = 64 << 20,
	SLICE = 1 << 20,
	PIECE = STORE_PIECE_MAX,
	ROUNDS = 5,
	SMALL = 4096,
	SMALL_CHUNKS = 300,
};

struct bench {
	struct rig_real *real;
	struct io *io;
	struct store *store;
	char dir[64];
	uint64_t chunks; /* of CHUNK bytes */
	uint64_t next;   /* id */
	uint8_t *frames; /* one chunk, framed */
	size_t frames_size;
	/* of the append or read under way */
	bool wanted, done;
	uint64_t got;
};

static clockid_t the_clock = CLOCK_MONOTONIC;

static double now(void)
{
	struct timespec time;

	clock_gettime(the_clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "store_bench: %s\n", what);
	exit(1);
}

static void check(int rc, const struct dfs_error *err)
{
	if (rc < 0)
		die(err ? err->text : dfs_error_text(rc));
}

/* The machine may be busy: the best of some rounds, taken in turn. */
static void best(double *value, double measured)
{
	if (measured > *value)
		*value = measured;
}

static void row(
        const char *name, double value, const char *unit, double base, const char *base_name)
{
	printf("{\"bench\":\"store\",\"name\":\"%s\",\"value\":%.0f,\"unit\":\"%s\","
	       "\"base\":\"%s\",\"base_value\":%.0f,\"ratio\":%.2f}\n",
	        name, value, unit, base_name, base, base > 0 ? value / base : 1.0);
	fflush(stdout);
}

static void settle(struct bench *bench)
{
	while (!store_idle(bench->store))
		rig_real_step(bench->real);
}

/* All of it goes to the disk before a run: nobody pays for what another left in memory. */
static void quiet(struct bench *bench)
{
	settle(bench);
	sync();
}

/* ---- append
 * -------------------------------------------------------------------------------------- */

static void make_frames(struct bench *bench)
{
	uint64_t noise = 1;

	bench->frames_size = (size_t)frame_body_size(CHUNK);
	bench->frames = malloc(bench->frames_size);
	if (!bench->frames)
		die("no memory");
	for (size_t at = 0; at < bench->frames_size; at += FRAME_HEADER_SIZE + SPAN_SIZE_MAX) {
		uint8_t *payload = bench->frames + at + FRAME_HEADER_SIZE;
		struct frame frame = {.size_bytes = SPAN_SIZE_MAX, .writer = 1, .sequence = at};

		for (size_t i = 0; i < SPAN_SIZE_MAX; i += 8) {
			noise = noise * 6364136223846793005u + 1442695040888963407u;
			memcpy(payload + i, &noise, 8);
		}
		frame.crc = crc32c(0, payload, SPAN_SIZE_MAX);
		if (at + FRAME_HEADER_SIZE + SPAN_SIZE_MAX == bench->frames_size)
			frame.flags = FRAME_RECORD_END;
		frame_encode(&frame, bench->frames + at);
	}
}

static void on_flow(void *arg, bool wanted)
{
	((struct bench *)arg)->wanted = wanted;
}

static void on_appended(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held)
{
	check(status, err);
	((struct bench *)arg)->done = true;
}

static void append(struct bench *bench, const uint8_t *frames, size_t size, bool sync)
{
	struct store_append_request request = {.chunk = bench->next++,
	        .version = 1,
	        .allowance = CHUNK,
	        .create = true,
	        .sync = sync};
	struct store_append_events events = {on_flow, on_appended, bench};
	struct store_append *under_way;
	struct dfs_error err = {0};

	bench->wanted = true;
	bench->done = false;
	check(store_append_begin(bench->store, &request, events, &under_way, &err), &err);
	for (size_t at = 0; at < size; at += SLICE) {
		size_t part = size - at < SLICE ? size - at : SLICE;

		while (!bench->wanted)
			rig_real_step(bench->real);
		check(store_append_feed(under_way, frames + at, part, &err), &err);
	}
	store_append_end(under_way);
	while (!bench->done)
		rig_real_step(bench->real);
}

static double append_all(struct bench *bench, bool sync)
{
	double start = now();

	for (uint64_t i = 0; i < bench->chunks; i++)
		append(bench, bench->frames, bench->frames_size, sync);
	return (double)bench->chunks * CHUNK / (now() - start) / 1e6;
}

static double write_all(struct bench *bench, bool sync)
{
	double start = now();

	for (uint64_t i = 0; i < bench->chunks; i++) {
		char path[128];
		int fd;

		snprintf(path, sizeof(path), "%s/plain-%" PRIu64, bench->dir, i);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (fd < 0)
			die("cannot write");
		for (size_t at = 0; at < CHUNK; at += SLICE)
			if (pwrite(fd, bench->frames + at, SLICE, (off_t)at) != SLICE)
				die("cannot write");
		if (sync && fdatasync(fd) < 0)
			die("cannot sync");
		close(fd);
	}
	return (double)bench->chunks * CHUNK / (now() - start) / 1e6;
}

static void unlink_plain(struct bench *bench)
{
	for (uint64_t i = 0; i < bench->chunks; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/plain-%" PRIu64, bench->dir, i);
		unlink(path);
	}
}

static void on_deleted(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held)
{
	check(status, err);
}

static void delete_all(struct bench *bench)
{
	for (uint64_t id = 1; id < bench->next; id++)
		store_delete(bench->store, id, 2, on_deleted, NULL);
	settle(bench);
}

/* Ours and theirs in turn, each from a quiet disk. */
static void bench_append(
        struct bench *bench, const char *name, bool sync, bool plain_syncs, const char *base_name)
{
	double store = 0, plain = 0;

	for (int i = 0; i < ROUNDS; i++) {
		quiet(bench);
		best(&store, append_all(bench, sync));
		delete_all(bench);
		quiet(bench);
		best(&plain, write_all(bench, plain_syncs));
		unlink_plain(bench);
	}
	row(name, store, "MB/s", plain, base_name);
}

/* ---- read
 * ------------------------------------------------------------------------------------------ */

static void on_piece(void *arg, const void *bytes, size_t size)
{
	struct bench *bench = arg;

	bench->got += size;
	bench->wanted = true;
}

static void on_read(void *arg, int status, const struct dfs_error *err)
{
	check(status, err);
	((struct bench *)arg)->done = true;
}

static double read_all(struct bench *bench, bool framed)
{
	double start = now();

	for (uint64_t id = bench->next - bench->chunks; id < bench->next; id++) {
		struct store_read_request request = {
		        .chunk = id, .length = CHUNK, .framed = framed};
		struct store_read_events events = {on_piece, on_read, bench};
		struct store_read *reading;
		struct dfs_error err = {0};

		bench->done = false;
		bench->got = 0;
		check(store_read_begin(bench->store, &request, events, &reading, &err), &err);
		while (!bench->done) {
			bench->wanted = false;
			store_read_more(reading);
			while (!bench->wanted && !bench->done)
				rig_real_step(bench->real);
		}
		if (bench->got != (framed ? bench->frames_size : CHUNK))
			die("a read came short");
	}
	return (double)bench->chunks * CHUNK / (now() - start) / 1e6;
}

static double pread_all(struct bench *bench)
{
	uint8_t *buffer = malloc(PIECE);
	double start = now();

	for (uint64_t id = bench->next - bench->chunks; id < bench->next; id++) {
		char path[128];
		int fd;

		snprintf(path, sizeof(path), "%s/chunks/%02x/%016" PRIx64 ".data", bench->dir,
		        (unsigned)(id & 255), id);
		fd = open(path, O_RDONLY);
		for (size_t at = 0; at < CHUNK; at += PIECE)
			if (fd < 0 || pread(fd, buffer, PIECE, (off_t)at) != PIECE)
				die("cannot read");
		close(fd);
	}
	free(buffer);
	return (double)bench->chunks * CHUNK / (now() - start) / 1e6;
}

static void bench_read(struct bench *bench)
{
	double framed = 0, bare = 0, plain = 0;

	append_all(bench, false);
	quiet(bench);
	for (int i = 0; i < 2 * ROUNDS; i++) {
		best(&framed, read_all(bench, true));
		best(&bare, read_all(bench, false));
		best(&plain, pread_all(bench));
	}
	row("read_framed_warm", framed, "MB/s", plain, "pread");
	row("read_bytes_warm", bare, "MB/s", plain, "pread");
}

/* ---- small chunks, durable
 * -------------------------------------------------------------------------- */

static double small_store(struct bench *bench, const uint8_t *frame)
{
	double start = now();

	for (int i = 0; i < SMALL_CHUNKS; i++)
		append(bench, frame, FRAME_HEADER_SIZE + SMALL, true);
	return SMALL_CHUNKS / (now() - start);
}

/* The same three syncs, one after the other. */
static double small_plain(struct bench *bench, const uint8_t *frame)
{
	double start = now();

	for (int i = 0; i < SMALL_CHUNKS; i++) {
		char path[128];

		for (int file = 0; file < 2; file++) {
			int fd;

			snprintf(path, sizeof(path), "%s/bad/%d-%d", bench->dir, i, file);
			fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
			if (pwrite(fd, frame, file ? 128 : SMALL, 0) < 0 || fdatasync(fd) < 0)
				die("cannot write");
			close(fd);
		}
		snprintf(path, sizeof(path), "%s/bad", bench->dir);
		if (io_disk_real.fsync_dir(NULL, path) < 0)
			die("cannot sync");
	}
	return SMALL_CHUNKS / (now() - start);
}

static void bench_small(struct bench *bench)
{
	uint8_t frame[FRAME_HEADER_SIZE + SMALL];
	struct frame header = {.size_bytes = SMALL, .flags = FRAME_RECORD_END};
	double store = 0, plain = 0;

	memset(frame, 7, sizeof(frame));
	header.crc = crc32c(0, frame + FRAME_HEADER_SIZE, SMALL);
	frame_encode(&header, frame);
	for (int i = 0; i < ROUNDS; i++) {
		quiet(bench);
		best(&store, small_store(bench, frame));
		quiet(bench);
		best(&plain, small_plain(bench, frame));
	}
	row("append_4k_sync", store, "chunks/s", plain, "2 fdatasync, 1 fsync");
}

/* ---- opening
 * ------------------------------------------------------------------------------------------ */

static void open_store(struct bench *bench, uint64_t unsynced_max_bytes)
{
	const char *dirs[] = {bench->dir};
	struct store_options options = {.dirs = dirs,
	        .dirs_count = 1,
	        .identity = {.cluster = "bench", .node = 1},
	        .reserve_bytes = 0,
	        .unsynced_max_bytes = unsynced_max_bytes};
	struct dfs_error err = {0};

	check(store_open(&bench->store, bench->io, &options, (struct store_events){0}, &err), &err);
}

static void seal_small(struct bench *bench, uint64_t count)
{
	for (uint64_t id = bench->next - count; id < bench->next; id++)
		store_committed(bench->store, id, SMALL, true);
	settle(bench);
}

static void bench_open(struct bench *bench)
{
	uint64_t count = SMALL_CHUNKS * ROUNDS;
	double start;

	seal_small(bench, count);
	store_close(bench->store);
	start = now();
	open_store(bench, 0);
	row("open_sealed", (double)store_count(bench->store) / (now() - start), "chunks/s", 0, "");
}

static bool wants(const char *word, const char *name)
{
	return !word || strcmp(word, name) == 0;
}

int main(int argc, char **argv)
{
	struct bench bench = {.next = 1};
	struct store_identity identity = {.cluster = "bench", .node = 1};
	const char *word;
	uint64_t mebibytes;
	struct dfs_error err = {0};

	if (argc > 1 && strcmp(argv[1], "--cpu") == 0) {
		the_clock = CLOCK_THREAD_CPUTIME_ID;
		argc--;
		argv++;
	}
	word = argc > 2 ? argv[2] : NULL;
	mebibytes = argc > 1 ? strtoull(argv[1], NULL, 10) : 1024;

	bench.chunks = (mebibytes << 20) / CHUNK;
	if (bench.chunks < 1)
		die("at least 64 MiB, please");
	bench.real = rig_real_create(bench.dir, sizeof(bench.dir));
	bench.io = rig_real_io(bench.real);
	check(store_init_dir(bench.io, bench.dir, &identity, &err), &err);
	make_frames(&bench);
	/* Without the bound on unsynced bytes neither side waits for the disk. */
	open_store(&bench, UINT64_C(1) << 40);
	if (wants(word, "feed"))
		bench_append(&bench, "append_feed", false, false, "pwrite");
	settle(&bench);
	store_close(bench.store);
	open_store(&bench, 0);
	if (wants(word, "append")) {
		bench_append(&bench, "append_async", false, false, "pwrite");
		bench_append(&bench, "append_sync", true, true, "pwrite, fdatasync");
	}
	if (wants(word, "read"))
		bench_read(&bench);
	if (wants(word, "small")) {
		bench_small(&bench);
		bench_open(&bench);
	}
	settle(&bench);
	store_close(bench.store);
	rig_real_destroy(bench.real);
	free(bench.frames);
	return 0;
}
