/* SPDX-License-Identifier: MIT */
/*
 * Speed of core/meta on LMDB, each figure beside LMDB alone in the same run. For creates, every
 * put, del and commit that the engine makes is recorded on its way; LMDB alone then gets the same
 * rows in the same transactions. One JSON line per figure.
 *
 *     meta_bench [DIR]        where the databases are written and removed again; default /tmp
 */
#include <dirent.h>
#include <errno.h>
#include <lmdb.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/buf.h"
#include "io/kv_lmdb.h"
#include "io/real.h"
#include "meta/meta.h"

enum { ROUNDS = 3, STATS = 500000, LOOKUP_FILES = 100000 };
enum { RECORD_PUT = 1, RECORD_DEL, RECORD_COMMIT };

static const uint64_t MAP_BYTES = 2ull << 30;
static const char CLUSTER[] = "0123456789abcdef0123456789abcdef";

static double cpu(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double now(void)
{
	return cpu(CLOCK_MONOTONIC);
}

static void check(int code, const char *what, const char *why)
{
	if (code == 0)
		return;
	fprintf(stderr, "meta_bench: %s: %s\n", what, why);
	exit(1);
}

/* What one side needed for a number of operations. */
struct figure {
	double speed;  /* per second of the clock */
	double cpu_us; /* of the thread that writes, for each */
	double batch;
};

static struct figure better(struct figure a, struct figure b)
{
	struct figure best = a.speed > b.speed ? a : b;

	if (a.cpu_us > 0 && a.cpu_us < best.cpu_us)
		best.cpu_us = a.cpu_us;
	return best;
}

/* The ratio of processor time says the same on a machine that is busy with other things. */
static void row(const char *name, struct figure ours, struct figure alone)
{
	printf("{\"bench\":\"meta\",\"name\":\"%s\",\"value\":%.0f,\"unit\":\"1/"
	       "s\",\"base\":\"lmdb\","
	       "\"base_value\":%.0f,\"ratio\":%.2f,\"cpu_us\":%.2f,\"base_cpu_us\":%.2f,\"cpu_"
	       "ratio\":%.2f,"
	       "\"batch\":%.0f}\n",
	        name, ours.speed, alone.speed, ours.speed / alone.speed, ours.cpu_us, alone.cpu_us,
	        alone.cpu_us / ours.cpu_us, ours.batch);
	fflush(stdout);
}

/* ---- a store that writes down what is done to it ---- */

struct recorder {
	struct kv base;
	struct kv *inner;
	struct buf *record; /* NULL: do not */
	uint64_t commits;
	double cpu_first, cpu_last; /* of the worker, at its first commit and at its last */
};

struct recorder_txn {
	struct kv_txn base;
	struct recorder *recorder;
	struct kv_txn *inner;
	bool write;
};

static struct kv_txn *inner_of(struct kv_txn *txn)
{
	return ((struct recorder_txn *)txn)->inner;
}

static void note(
        struct recorder *recorder, int what, int table, struct kv_bytes key, struct kv_bytes value)
{
	uint32_t head[4] = {
	        (uint32_t)what, (uint32_t)table, (uint32_t)key.size, (uint32_t)value.size};

	if (!recorder->record)
		return;
	buf_append(recorder->record, head, sizeof(head));
	buf_append(recorder->record, key.data, key.size);
	buf_append(recorder->record, value.data, value.size);
}

static const struct kv_ops recorder_ops;

static int recorder_begin(struct kv *kv, bool write, struct kv_txn **ret)
{
	struct recorder *recorder = (struct recorder *)kv;
	struct recorder_txn *txn = malloc(sizeof(*txn));
	int rc = recorder->inner->ops->begin(recorder->inner, write, &txn->inner);

	if (rc != 0) {
		free(txn);
		return rc;
	}
	txn->base.ops = &recorder_ops;
	txn->recorder = recorder;
	txn->write = write;
	*ret = &txn->base;
	return 0;
}

static int recorder_commit(struct kv_txn *base)
{
	struct recorder_txn *txn = (struct recorder_txn *)base;
	int rc = txn->inner->ops->commit(txn->inner);

	if (txn->write) {
		note(txn->recorder, RECORD_COMMIT, 0, (struct kv_bytes){0}, (struct kv_bytes){0});
		/* The first is the opening's, the second the directory's: the first of the worker.
		 */
		if (++txn->recorder->commits == 2)
			txn->recorder->cpu_first = cpu(CLOCK_THREAD_CPUTIME_ID);
		txn->recorder->cpu_last = cpu(CLOCK_THREAD_CPUTIME_ID);
	}
	free(txn);
	return rc;
}

static void recorder_abort(struct kv_txn *base)
{
	struct kv_txn *inner = inner_of(base);

	inner->ops->abort(inner);
	free(base);
}

static int recorder_get(struct kv_txn *txn, int table, struct kv_bytes key, struct kv_bytes *ret)
{
	return inner_of(txn)->ops->get(inner_of(txn), table, key, ret);
}

static int recorder_put(struct kv_txn *txn, int table, struct kv_bytes key, struct kv_bytes value)
{
	note(((struct recorder_txn *)txn)->recorder, RECORD_PUT, table, key, value);
	return inner_of(txn)->ops->put(inner_of(txn), table, key, value);
}

static int recorder_del(struct kv_txn *txn, int table, struct kv_bytes key)
{
	note(((struct recorder_txn *)txn)->recorder, RECORD_DEL, table, key, (struct kv_bytes){0});
	return inner_of(txn)->ops->del(inner_of(txn), table, key);
}

static int recorder_cursor_open(struct kv_txn *txn, int table, struct kv_cursor **ret)
{
	return inner_of(txn)->ops->cursor_open(inner_of(txn), table, ret); /* it closes itself */
}

static const struct kv_ops recorder_ops = {
        .begin = recorder_begin,
        .commit = recorder_commit,
        .abort = recorder_abort,
        .get = recorder_get,
        .put = recorder_put,
        .del = recorder_del,
        .cursor_open = recorder_cursor_open,
};

/* ---- a world with a clock and one worker ---- */

struct io_timer {
	void (*fired)(void *arg);
	void *arg;
	bool set;
};

struct bench {
	struct io io;
	struct io_timer timer;
	struct io_pool *pool;
	sem_t woken;
	struct recorder recorder;
	struct meta *meta;
	char dir[4096];
	uint64_t submitted, done, sequence;
};

static int64_t bench_wall_ms(void *ctx)
{
	return io_real_wall_ms();
}

static void bench_random(void *ctx, void *ret_bytes, size_t size)
{
	io_real_random(ret_bytes, size);
}

static void bench_work(void *ctx, struct io_work *work)
{
	io_pool_submit(((struct bench *)ctx)->pool, work);
}

/* The one timer of the engine: for the next turn. */
static struct io_timer *timer_create_one(void *ctx, void (*fired)(void *arg), void *arg)
{
	struct io_timer *timer = &((struct bench *)ctx)->timer;

	*timer = (struct io_timer){fired, arg, false};
	return timer;
}

static void timer_set(void *ctx, struct io_timer *timer, uint64_t delay_ms)
{
	timer->set = true;
}

static void timer_cancel(void *ctx, struct io_timer *timer)
{
	timer->set = false;
}

static void turn(struct bench *loop)
{
	io_pool_drain(loop->pool);
	while (loop->timer.set) {
		loop->timer.set = false;
		loop->timer.fired(loop->timer.arg);
	}
}

static const struct io_ops bench_ops = {
        .wall_ms = bench_wall_ms,
        .random = bench_random,
        .work = bench_work,
        .timer_create = timer_create_one,
        .timer_set = timer_set,
        .timer_cancel = timer_cancel,
        .timer_destroy = timer_cancel,
};

static void bench_wake(void *arg)
{
	sem_post(&((struct bench *)arg)->woken);
}

static void bench_fatal(void *arg, const struct dfs_error *err)
{
	check(1, "commit", err->text);
}

static void dir_make(char dir[4096], const char *under)
{
	snprintf(dir, 4096, "%s/meta_bench.XXXXXX", under);
	check(mkdtemp(dir) ? 0 : 1, dir, strerror(errno));
}

static void dir_remove(const char *dir)
{
	static const char *const files[] = {"data.mdb", "lock.mdb"};
	char path[4200];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
}

static void bench_open(struct bench *bench, const char *under, struct buf *record)
{
	struct meta_options options = {.cluster = CLUSTER, .create = true, .fatal = bench_fatal};
	struct dfs_error err = {0};

	memset(bench, 0, sizeof(*bench));
	dir_make(bench->dir, under);
	bench->io = (struct io){.ops = &bench_ops, .ctx = bench};
	sem_init(&bench->woken, 0, 0);
	bench->pool = io_pool_create(1, bench_wake, bench);
	bench->recorder.base.ops = &recorder_ops;
	bench->recorder.record = record;
	check(kv_lmdb_open(&bench->recorder.inner, bench->dir, MAP_BYTES, &err), bench->dir,
	        err.text);
	options.kv = &bench->recorder.base;
	check(meta_open(&bench->meta, &bench->io, &options, &err), "meta_open", err.text);
}

static void bench_close(struct bench *bench)
{
	io_pool_destroy(bench->pool);
	meta_close(bench->meta);
	bench->recorder.inner->ops->close(bench->recorder.inner);
	sem_destroy(&bench->woken);
	dir_remove(bench->dir);
}

static void bench_turn(struct bench *bench)
{
	sem_wait(&bench->woken);
	turn(bench);
}

static void created(void *arg, const struct meta_result *result)
{
	struct bench *bench = arg;

	check(result->code, "create", result->err.text);
	bench->done++;
}

static void submit(struct bench *bench, struct proto_op *op)
{
	bench->submitted++;
	meta_submit(bench->meta, op, 7, ++bench->sequence, created, bench);
}

/* Keep `window` creates in flight until `count` are done. */
static struct figure creates(struct bench *bench, uint64_t count, uint64_t window)
{
	struct proto_op op = {.kind = PROTO_OP_MKDIR, .mkdir = {.path = "/d", .mode = 0755}};
	char path[64];
	double begun;

	submit(bench, &op);
	while (bench->done < bench->submitted)
		bench_turn(bench);
	op = (struct proto_op){
	        .kind = PROTO_OP_CREATE, .create = {.path = path, .mode = 0644, .goal = 3}};
	begun = now();
	while (bench->done < count + 1) {
		while (bench->submitted < count + 1 && bench->submitted - bench->done < window) {
			snprintf(path, sizeof(path), "/d/f%08llu",
			        (unsigned long long)bench->submitted);
			submit(bench, &op);
		}
		bench_turn(bench);
	}
	return (struct figure){
	        .speed = (double)count / (now() - begun),
	        .cpu_us = (bench->recorder.cpu_last - bench->recorder.cpu_first) * 1e6 /
	                  (double)count,
	        .batch = (double)count / (double)(bench->recorder.commits - 2),
	};
}

/* ---- LMDB alone ---- */

struct alone {
	MDB_env *env;
	MDB_dbi tables[KV_TABLES_MAX];
	char dir[4096];
};

static void mdb(int code, const char *what)
{
	check(code, what, mdb_strerror(code));
}

static void alone_open(struct alone *alone, const char *under)
{
	MDB_txn *txn;
	char name[8];

	dir_make(alone->dir, under);
	mdb(mdb_env_create(&alone->env), "env_create");
	mdb(mdb_env_set_mapsize(alone->env, MAP_BYTES), "mapsize");
	mdb(mdb_env_set_maxdbs(alone->env, KV_TABLES_MAX), "maxdbs");
	mdb(mdb_env_open(alone->env, alone->dir, MDB_NOTLS, 0600), "env_open");
	mdb(mdb_txn_begin(alone->env, NULL, 0, &txn), "begin");
	for (int i = 0; i < KV_TABLES_MAX; i++) {
		snprintf(name, sizeof(name), "t%02d", i);
		mdb(mdb_dbi_open(txn, name, MDB_CREATE, &alone->tables[i]), "dbi_open");
	}
	mdb(mdb_txn_commit(txn), "commit");
}

static void alone_close(struct alone *alone)
{
	mdb_env_close(alone->env);
	dir_remove(alone->dir);
}

/* The record from `at` up to its `commits`th commit, or its end. */
static const char *replay(struct alone *alone, const char *at, const char *end, uint64_t commits)
{
	MDB_txn *txn = NULL;

	while (at < end && commits > 0) {
		uint32_t head[4];
		MDB_val key, value;

		memcpy(head, at, sizeof(head));
		at += sizeof(head);
		key = (MDB_val){head[2], (void *)at};
		at += head[2];
		value = (MDB_val){head[3], (void *)at};
		at += head[3];
		if (!txn)
			mdb(mdb_txn_begin(alone->env, NULL, 0, &txn), "begin");
		if (head[0] == RECORD_PUT) {
			mdb(mdb_put(txn, alone->tables[head[1]], &key, &value, 0), "put");
		} else if (head[0] == RECORD_DEL) {
			mdb(mdb_del(txn, alone->tables[head[1]], &key, NULL), "del");
		} else {
			mdb(mdb_txn_commit(txn), "commit");
			txn = NULL;
			commits--;
		}
	}
	return at;
}

/* The same rows in the same transactions. The first two (a reign, a directory) are not timed. */
static struct figure creates_alone(const char *under, const struct buf *record, uint64_t count)
{
	struct alone alone;
	const char *at = record->data, *end = record->data + record->size;
	struct figure figure;
	double begun, cpu_begun;

	alone_open(&alone, under);
	at = replay(&alone, at, end, 2);
	begun = now();
	cpu_begun = cpu(CLOCK_THREAD_CPUTIME_ID);
	replay(&alone, at, end, UINT64_MAX);
	figure = (struct figure){
	        .speed = (double)count / (now() - begun),
	        .cpu_us = (cpu(CLOCK_THREAD_CPUTIME_ID) - cpu_begun) * 1e6 / (double)count,
	};
	alone_close(&alone);
	return figure;
}

static void bench_creates(const char *under, uint64_t count, uint64_t window)
{
	struct buf record = {0};
	struct figure ours = {0}, alone = {0};
	char name[64];

	for (int round = 0; round < ROUNDS; round++) {
		struct bench bench;

		buf_clear(&record);
		bench_open(&bench, under, &record);
		ours = better(ours, creates(&bench, count, window));
		bench_close(&bench);
		check(record.failed, "record", "out of memory");
		alone = better(alone, creates_alone(under, &record, count));
	}
	snprintf(name, sizeof(name), "create_in_flight_%llu", (unsigned long long)window);
	row(name, ours, alone);
	buf_fini(&record);
}

/* ---- look-ups ---- */

struct timer {
	double clock, cpu;
};

static struct timer timer_begin(void)
{
	return (struct timer){now(), cpu(CLOCK_THREAD_CPUTIME_ID)};
}

static struct figure timer_end(struct timer begun)
{
	return (struct figure){
	        .speed = STATS / (now() - begun.clock),
	        .cpu_us = (cpu(CLOCK_THREAD_CPUTIME_ID) - begun.cpu) * 1e6 / STATS,
	};
}

static uint64_t scatter(uint64_t i)
{
	return i * 0x9e3779b97f4a7c15u % LOOKUP_FILES + 1;
}

static struct figure stats(struct bench *bench)
{
	struct arena arena = {0};
	struct proto_attr attr;
	struct dfs_error err;
	char path[64];
	struct timer timer = timer_begin();

	for (uint64_t i = 0; i < STATS; i++) {
		snprintf(path, sizeof(path), "/d/f%08llu", (unsigned long long)scatter(i));
		arena_reset(&arena);
		check(meta_stat(bench->meta, path, &arena, &attr, &err), path, err.text);
	}
	arena_fini(&arena);
	return timer_end(timer);
}

/* What a stat needs of LMDB: two names and an inode in a renewed reader. */
static struct figure stats_alone(struct bench *bench)
{
	struct alone alone = {0};
	MDB_txn *txn;
	unsigned char key[64];
	char name[8];
	struct timer timer;
	struct figure figure;

	mdb(mdb_env_create(&alone.env), "env_create");
	mdb(mdb_env_set_mapsize(alone.env, MAP_BYTES), "mapsize");
	mdb(mdb_env_set_maxdbs(alone.env, KV_TABLES_MAX), "maxdbs");
	mdb(mdb_env_open(alone.env, bench->dir, MDB_NOTLS | MDB_RDONLY, 0600), "env_open");
	mdb(mdb_txn_begin(alone.env, NULL, MDB_RDONLY, &txn), "begin");
	for (int i = 1; i <= 2; i++) {
		snprintf(name, sizeof(name), "t%02d", i);
		mdb(mdb_dbi_open(txn, name, 0, &alone.tables[i]), "dbi_open");
	}
	mdb(mdb_txn_commit(txn), "commit"); /* keeps the tables open */
	mdb(mdb_txn_begin(alone.env, NULL, MDB_RDONLY, &txn), "begin");
	mdb_txn_reset(txn);
	timer = timer_begin();
	for (uint64_t i = 0; i < STATS; i++) {
		MDB_val k, v;

		mdb(mdb_txn_renew(txn), "renew");
		memcpy(key, "\0\0\0\0\0\0\0\1d", 9);
		k = (MDB_val){9, key};
		mdb(mdb_get(txn, alone.tables[1], &k, &v), "directory");
		key[7] = 2;
		k.mv_size = 8 + (size_t)snprintf((char *)key + 8, 32, "f%08llu",
		                        (unsigned long long)scatter(i));
		mdb(mdb_get(txn, alone.tables[1], &k, &v), "name");
		/* The dentry is format, inode (little-endian), kind. */
		for (int byte = 0; byte < 8; byte++)
			key[byte] = ((unsigned char *)v.mv_data)[8 - byte];
		k.mv_size = 8;
		mdb(mdb_get(txn, alone.tables[2], &k, &v), "inode");
		mdb_txn_reset(txn);
	}
	figure = timer_end(timer);
	mdb_txn_abort(txn);
	mdb_env_close(alone.env);
	return figure;
}

static void bench_lookups(const char *under)
{
	struct bench bench;
	struct figure ours = {0}, alone = {0};

	bench_open(&bench, under, NULL);
	creates(&bench, LOOKUP_FILES, 1024);
	for (int round = 0; round < ROUNDS; round++)
		ours = better(ours, stats(&bench));
	/* LMDB must not be opened twice in one process. */
	io_pool_destroy(bench.pool);
	meta_close(bench.meta);
	bench.recorder.inner->ops->close(bench.recorder.inner);
	for (int round = 0; round < ROUNDS; round++)
		alone = better(alone, stats_alone(&bench));
	sem_destroy(&bench.woken);
	dir_remove(bench.dir);
	row("stat", ours, alone);
}

int main(int argc, char **argv)
{
	const char *under = argc > 1 ? argv[1] : "/tmp";

	bench_creates(under, 2000, 1);
	bench_creates(under, 20000, 16);
	bench_creates(under, 100000, 256);
	bench_creates(under, 200000, 1024);
	bench_creates(under, 200000, 4096);
	bench_lookups(under);
	return 0;
}
