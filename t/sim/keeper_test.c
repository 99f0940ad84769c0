/* SPDX-License-Identifier: MIT */
/* The master keeps the past of its metadata (RULES 19): in time, bounded, and across crashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/text.h"
#include "meta/checkpoint.h"
#include "meta/meta.h"
#include "steps.h"

#define DIR "/checkpoints"

enum { EVERY_MS = 60000 };

static struct world *begin(uint64_t seed, uint64_t log_bytes)
{
	struct world_options options = {.seed = seed,
	        .nodes = 1,
	        .clients = 1,
	        .master = {.checkpoint_dir = DIR,
	                .checkpoint_ms = EVERY_MS,
	                .checkpoint_log_bytes = log_bytes}};
	struct world *world = world_create(&options);

	world_start(world);
	return world;
}

static size_t kept(struct world *world, struct checkpoint *ret)
{
	size_t count = 0;
	struct dfs_error err;

	assert_int_equal(
	        checkpoint_list(sim_host_io(world->master_host), DIR, ret, 10, &count, &err), 0);
	return count;
}

/* A copy that was made at `checkpoint`, brought forward by the log that is left. */
static void replays(struct world *world, const struct checkpoint *checkpoint)
{
	struct io *io = sim_host_io(world->master_host);
	struct kv *kv = sim_host_kv(world->master_host), *copy;
	char name[CHECKPOINT_NAME_MAX], path[128];
	struct checkpoint found;
	struct dfs_error err = {0};

	checkpoint_name(checkpoint, name);
	snprintf(path, sizeof(path), "%s/%s", DIR, name);
	io_disk(io, unlink, "/extracted");
	assert_int_equal(checkpoint_extract(io, path, "/extracted", &found, &err), 0);
	assert_int_equal(kv->ops->open_copy(kv, "/extracted", &copy), 0);
	assert_int_equal(
	        meta_replay(kv, copy, found.operation + 1, step_counters(kv).operation, &err), 0);
	assert_int_equal(meta_compare(kv, copy, &err), 0);
	copy->ops->close(copy);
}

static void two_checkpoints_are_kept_and_the_log_from_the_older_on(void **state)
{
	struct world *world = begin(1, 0);
	struct checkpoint found[10] = {{.operation = 0}};
	uint64_t before = 0;

	for (unsigned round = 0; round < 30; round++) {
		step_mkdirs(world, round * 10, 10);
		sim_run_for(world->sim, EVERY_MS + 1000);
		assert_int_equal(kept(world, found), round == 0 ? 1 : 2);
		assert_true(found[0].operation > before);
		before = found[0].operation;
	}
	replays(world, &found[0]);
	replays(world, &found[1]);
	world_destroy(world);
}

static void nothing_new_makes_no_checkpoint(void **state)
{
	struct world *world = begin(2, 0);
	struct checkpoint found[10], later[10];

	step_mkdirs(world, 0, 3);
	sim_run_for(world->sim, 5 * EVERY_MS);
	assert_true(kept(world, found) > 0);
	sim_run_for(world->sim, 10 * EVERY_MS);
	assert_true(kept(world, later) > 0);
	/* Dropping the log is an operation too, and must not call for the next checkpoint. */
	assert_int_equal(later[0].operation, found[0].operation);
	world_destroy(world);
}

static void so_much_log_makes_one_before_its_time(void **state)
{
	struct world *world = begin(3, 4000);
	struct checkpoint found[10];

	step_mkdirs(world, 0, 200);
	sim_run_for(world->sim, 2000);
	assert_true(kept(world, found) > 0);
	assert_true(found[0].operation > 100);
	world_destroy(world);
}

/* At each disk operation of the master for some minutes: it comes back, and so do its checkpoints.
 */
static void a_power_cut_at_any_moment_leaves_a_past_that_replays(void **state)
{
	for (uint64_t step = 1; step <= 120; step += 3) {
		struct world *world = begin(100 + step, 2000);
		struct checkpoint found[10];
		size_t count;

		step_mkdirs(world, 0, 60);
		sim_disk_crash_after(world->master_host, step);
		for (unsigned i = 0; i < 60 && !sim_host_crashed(world->master_host); i++) {
			sim_run_for(world->sim, 1000);
		}
		sim_disk_crash_after(world->master_host, 0);
		world_master_crash(world);
		count = kept(world, found);
		for (size_t i = 0; i < count; i++)
			replays(world, &found[i]);
		world_master_start(world);
		assert_true(world_await_up(world, 1, 30000));
		step_mkdirs(world, 5000, 60);
		sim_run_for(world->sim, 2 * EVERY_MS);
		assert_true(kept(world, found) > 0);
		replays(world, &found[0]);
		world_destroy(world);
	}
}

/* What `dfs master backup` does, by calls alone. */
static void whoever_asks_gets_the_state_of_now(void **state)
{
	struct world *world = begin(5, 0);
	struct io *io = sim_host_io(world->master_host);
	struct proto_checkpoint_args ask = {0};
	struct proto_checkpoint_reply made = {0};
	struct proto_checkpoint_read_reply got = {0};
	struct arena arena = {0};
	struct buf json = {0}, file = {0};
	struct checkpoint checkpoint;
	struct dfs_error err = {0};
	struct iovec iov;
	int fd;

	step_mkdirs(world, 0, 2000);
	assert_int_equal(world_call(world, 0, PROTO_CALL_CHECKPOINT, &ask, &json), 0);
	assert_int_equal(
	        proto_checkpoint_reply_decode(&arena, json.data, json.size, &made, &err), 0);
	while (file.size < made.size) {
		struct proto_checkpoint_read_args read = {
		        .name = made.name, .offset = file.size, .limit = 100000};
		size_t before = file.size;

		buf_clear(&json);
		assert_int_equal(world_call(world, 0, PROTO_CALL_CHECKPOINT_READ, &read, &json), 0);
		assert_int_equal(proto_checkpoint_read_reply_decode(
		                         &arena, json.data, json.size, &got, &err),
		        0);
		for (size_t i = 0; i < got.pieces_count; i++) {
			char bytes[40000];
			size_t size = strlen(got.pieces[i].data) / 2;

			assert_int_equal(text_hex_decode(got.pieces[i].data, bytes, size), 0);
			buf_append(&file, bytes, size);
		}
		assert_true(file.size > before);
	}
	iov = (struct iovec){file.data, file.size};
	fd = io_disk(io, open, "/backup", IO_OPEN_WRITE | IO_OPEN_CREATE);
	assert_true(io_disk(io, pwritev, fd, &iov, 1, 0) == (ssize_t)file.size);
	io_disk(io, close, fd);
	assert_int_equal(checkpoint_check(io, "/backup", &checkpoint, &err), 0);
	assert_int_equal(checkpoint.operation, made.operation);
	assert_true(checkpoint.operation >= 2000);
	{
		struct proto_checkpoint_read_args bad = {.name = "../etc/passwd", .limit = 10};

		assert_int_equal(
		        world_call(world, 0, PROTO_CALL_CHECKPOINT_READ, &bad, NULL), DFS_E_NOENT);
		bad.name = "000001-ffffffffffffffff.checkpoint";
		assert_int_equal(
		        world_call(world, 0, PROTO_CALL_CHECKPOINT_READ, &bad, NULL), DFS_E_NOENT);
	}
	arena_fini(&arena);
	buf_fini(&json);
	buf_fini(&file);
	world_destroy(world);
}

/* A disk without room: said, and tried again. */
static void a_checkpoint_that_fails_is_said_and_made_later(void **state)
{
	struct world *world = begin(6, 0);
	struct proto_status_args args = {0};
	struct checkpoint found[10];
	struct buf json = {0};

	step_mkdirs(world, 0, 50);
	sim_disk_capacity(world->master_host, 1000);
	sim_run_for(world->sim, EVERY_MS + 2000);
	assert_int_equal(kept(world, found), 0);
	assert_int_equal(world_call(world, 0, PROTO_CALL_STATUS, &args, &json), 0);
	buf_append(&json, "", 1);
	assert_non_null(strstr(json.data, "No space left"));
	sim_disk_capacity(world->master_host, 1ull << 40);
	sim_run_for(world->sim, 310000);
	assert_int_equal(kept(world, found), 1);
	buf_fini(&json);
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(two_checkpoints_are_kept_and_the_log_from_the_older_on),
	        cmocka_unit_test(nothing_new_makes_no_checkpoint),
	        cmocka_unit_test(so_much_log_makes_one_before_its_time),
	        cmocka_unit_test(a_power_cut_at_any_moment_leaves_a_past_that_replays),
	        cmocka_unit_test(whoever_asks_gets_the_state_of_now),
	        cmocka_unit_test(a_checkpoint_that_fails_is_said_and_made_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
