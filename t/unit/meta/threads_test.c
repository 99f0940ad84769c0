/* SPDX-License-Identifier: MIT */
/* The engine on LMDB with a real worker: the loop reads and submits while batches are applied. For
 * TSan above all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/kv_lmdb.h"
#include "io/real.h"
#include "meta/meta.h"

enum { FILES = 3000, IN_FLIGHT = 600 };

struct io_timer {
	void (*fired)(void *arg);
	void *arg;
	bool set;
};

struct loop {
	struct io io;
	struct io_timer timer;
	struct io_pool *pool;
	sem_t woken;
	struct kv *kv;
	struct meta *meta;
	char dir[64];
	int submitted, done, applied;
};

static int64_t wall_ms(void *ctx)
{
	return io_real_wall_ms();
}

static void randomly(void *ctx, void *ret_bytes, size_t size)
{
	io_real_random(ret_bytes, size);
}

static void work(void *ctx, struct io_work *job)
{
	io_pool_submit(((struct loop *)ctx)->pool, job);
}

/* The one timer of the engine: for the next turn. */
static struct io_timer *timer_create_one(void *ctx, void (*fired)(void *arg), void *arg)
{
	struct io_timer *timer = &((struct loop *)ctx)->timer;

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

static void turn(struct loop *loop)
{
	io_pool_drain(loop->pool);
	while (loop->timer.set) {
		loop->timer.set = false;
		loop->timer.fired(loop->timer.arg);
	}
}

static const struct io_ops ops = {
        .wall_ms = wall_ms,
        .random = randomly,
        .work = work,
        .timer_create = timer_create_one,
        .timer_set = timer_set,
        .timer_cancel = timer_cancel,
        .timer_destroy = timer_cancel,
};

static void wake(void *arg)
{
	sem_post(&((struct loop *)arg)->woken);
}

static void fatal(void *arg, const struct dfs_error *err)
{
	fail_msg("%s", err->text);
}

static void applied(void *arg, const struct proto_op *op, const struct meta_result *result)
{
	((struct loop *)arg)->applied += op->kind == PROTO_OP_CREATE;
}

static void loop_open(struct loop *loop)
{
	struct meta_options options = {.cluster = "0123456789abcdef0123456789abcdef",
	        .create = true,
	        .fatal = fatal,
	        .applied = applied,
	        .arg = loop};
	struct dfs_error err;

	memset(loop, 0, sizeof(*loop));
	snprintf(loop->dir, sizeof(loop->dir), "/tmp/meta_threads_test.XXXXXX");
	assert_non_null(mkdtemp(loop->dir));
	loop->io = (struct io){.ops = &ops, .ctx = loop};
	sem_init(&loop->woken, 0, 0);
	loop->pool = io_pool_create(1, wake, loop);
	assert_int_equal(kv_lmdb_open(&loop->kv, loop->dir, 64 << 20, &err), 0);
	options.kv = loop->kv;
	assert_int_equal(meta_open(&loop->meta, &loop->io, &options, &err), 0);
}

static void loop_close(struct loop *loop)
{
	char command[128];

	assert_true(meta_idle(loop->meta));
	io_pool_destroy(loop->pool);
	meta_close(loop->meta);
	loop->kv->ops->close(loop->kv);
	sem_destroy(&loop->woken);
	snprintf(command, sizeof(command), "rm -rf '%s'", loop->dir);
	assert_int_equal(system(command), 0);
}

static void created(void *arg, const struct meta_result *result)
{
	struct loop *loop = arg;

	assert_int_equal(result->code, 0);
	loop->done++;
	assert_true(meta_operation(loop->meta) >= result->operation);
}

static const char *name(int number, char ret[32])
{
	snprintf(ret, 32, "/f%05d", number);
	return ret;
}

static void acknowledged_is_seen_by_the_next_look_up(void **state)
{
	struct loop loop;
	struct arena arena = {0};
	struct proto_attr attr;
	struct dfs_error err = {0};
	char path[32];

	loop_open(&loop);
	while (loop.done < FILES) {
		while (loop.submitted < FILES && loop.submitted - loop.done < IN_FLIGHT) {
			struct proto_op op = {.kind = PROTO_OP_CREATE,
			        .create = {.path = name(loop.submitted, path), .mode = 0644}};

			loop.submitted++;
			meta_submit(loop.meta, &op, 1, (uint64_t)loop.submitted, created, &loop);
			assert_int_not_equal(meta_new_chunk(loop.meta), 0);
		}
		if (sem_trywait(&loop.woken) == 0)
			turn(&loop);
		/* Answers come in order: the last one answered must be there. */
		if (loop.done > 0) {
			arena_reset(&arena);
			assert_int_equal(meta_stat(loop.meta, name(loop.done - 1, path), &arena,
			                         &attr, &err),
			        0);
		}
	}
	while (!meta_idle(loop.meta)) {
		sem_wait(&loop.woken);
		turn(&loop);
	}
	assert_int_equal(loop.applied, FILES);
	assert_int_equal(meta_stat(loop.meta, "/", &arena, &attr, &err), 0);
	assert_int_equal(attr.size, FILES);
	assert_int_equal(meta_check(loop.kv, NULL, NULL, &err), 0);
	arena_fini(&arena);
	loop_close(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(acknowledged_is_seen_by_the_next_look_up),
	};

	return cmocka_run_group_tests_name("meta_threads", tests, NULL, NULL);
}
