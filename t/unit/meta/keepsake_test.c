/* SPDX-License-Identifier: MIT */
/* Keepsakes (RULES 20): their chunks in the metadata, and parts of the log as files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/chunk_id.h"
#include "io/disk.h"
#include "meta/checkpoint.h"
#include "meta/keepsake.h"
#include "world.h"

#define DIR "/checkpoints"

enum { PART = 1000 };

static struct proto_keepsake_chunk two[2] = {{PART, 7}, {300, 8}};

static struct proto_op op_of_keepsake(struct world *w, uint64_t first)
{
	struct proto_op op = {.kind = PROTO_OP_KEEPSAKE_ADD};

	op.keepsake_add.chunk = first;
	op.keepsake_add.operation = meta_operation(w->meta);
	op.keepsake_add.epoch = meta_epoch(w->meta);
	op.keepsake_add.reign = meta_reign(w->meta);
	op.keepsake_add.part = PART;
	op.keepsake_add.goal = 3;
	op.keepsake_add.chunks = two;
	op.keepsake_add.chunks_count = 2;
	return op;
}

static struct proto_op op_of_drop(uint64_t *firsts, size_t count)
{
	struct proto_op op = {.kind = PROTO_OP_KEEPSAKE_DROP};

	op.keepsake_drop.chunks = firsts;
	op.keepsake_drop.chunks_count = count;
	return op;
}

static int count_one(void *arg, uint64_t first, const struct proto_row_keepsake *row)
{
	assert_true(chunk_is_keepsake(first));
	assert_int_equal(row->size, 1300);
	assert_int_equal(keepsake_parts(row), 2);
	(*(unsigned *)arg)++;
	return 0;
}

static unsigned keepsakes(struct world *w)
{
	unsigned count = 0;

	assert_int_equal(meta_each_keepsake(w->meta, 0, 0, count_one, &count), 0);
	return count;
}

static void its_chunks_are_sealed_counted_and_freed_like_others(void **state)
{
	struct world *w = *state;
	uint64_t before = world_counters(w).chunks;
	uint64_t firsts[2] = {meta_new_keepsake(w->meta, 2), meta_new_keepsake(w->meta, 2)};
	struct proto_row_chunk chunk;

	assert_int_equal(firsts[1], firsts[0] + 2);
	world_must(w, op_of_keepsake(w, firsts[0]));
	world_must(w, op_of_keepsake(w, firsts[1]));
	assert_int_equal(keepsakes(w), 2);
	assert_int_equal(world_counters(w).chunks, before + 4);
	chunk = world_chunk(w, firsts[0] + 1);
	assert_int_equal(chunk.state, PROTO_CHUNK_STATE_SEALED);
	assert_int_equal(chunk.version, KEEPSAKE_VERSION);
	assert_int_equal(chunk.length, 300);
	assert_int_equal(chunk.crc, 8);
	assert_int_equal(chunk.goal, 3);
	world_check(w->kv);

	firsts[1] = firsts[0]; /* named twice */
	world_must(w, op_of_drop(firsts, 2));
	world_must(w, op_of_drop(firsts, 1)); /* gone already */
	assert_int_equal(keepsakes(w), 1);
	assert_int_equal(world_chunk(w, firsts[0]).state, PROTO_CHUNK_STATE_FREED);
	assert_int_equal(world_counters(w).chunks, before + 2);
	world_check(w->kv);
	assert_int_equal(world_reopen(w, CLUSTER, false), 0);
	assert_int_equal(keepsakes(w), 1);
}

static void what_makes_no_sense_is_refused_whole(void **state)
{
	struct world *w = *state;
	uint64_t first = meta_new_keepsake(w->meta, 2), chunk;
	struct proto_op op = op_of_keepsake(w, first);

	op.keepsake_add.chunk = chunk_id(meta_epoch(w->meta), false, 1);
	world_refuse(w, &op, DFS_E_INVAL, "no keepsakes");
	op.keepsake_add.chunk = chunk_id(meta_epoch(w->meta) + 1, true, 1);
	world_refuse(w, &op, DFS_E_INVAL, "no keepsakes");
	op.keepsake_add.chunk = chunk_id(meta_epoch(w->meta), true, 0);
	world_refuse(w, &op, DFS_E_INVAL, "no keepsakes");
	op.keepsake_add.chunk = chunk_id(meta_epoch(w->meta), true, CHUNK_COUNTER_MAX);
	world_refuse(w, &op, DFS_E_INVAL, "no keepsakes");
	op = op_of_keepsake(w, first);
	op.keepsake_add.chunks_count = 0;
	world_refuse(w, &op, DFS_E_INVAL, "no keepsakes");
	op = op_of_keepsake(w, first);
	op.keepsake_add.goal = 10;
	world_refuse(w, &op, DFS_E_INVAL, "goal");
	op.keepsake_add.goal = 0;
	world_refuse(w, &op, DFS_E_INVAL, "goal");
	op = op_of_keepsake(w, first);
	op.keepsake_add.operation++;
	world_refuse(w, &op, DFS_E_INVAL, "is the last");
	op.keepsake_add.operation--;
	op.keepsake_add.from = op.keepsake_add.operation + 1;
	world_refuse(w, &op, DFS_E_INVAL, "is the last");
	op = op_of_keepsake(w, first);
	op.keepsake_add.part = PART + 1; /* the first is not the last, and shorter */
	world_refuse(w, &op, DFS_E_INVAL, "part 0");
	op.keepsake_add.part = 200;
	world_refuse(w, &op, DFS_E_INVAL, "part 0");
	op = op_of_keepsake(w, first);
	world_must(w, op);
	world_refuse(w, &op, DFS_E_EXIST, "already exists");
	op.keepsake_add.chunk = first + 1; /* overlaps */
	world_refuse(w, &op, DFS_E_EXIST, "already exists");

	/* No file's chunk has a keepsake's number. */
	world_session(w, "/f", 1, &chunk);
	assert_false(chunk_is_keepsake(chunk));
	assert_true(meta_chunk_issued(w->meta, first + 1));
	assert_false(meta_chunk_issued(w->meta, first + 2));
	assert_true(meta_chunk_issued(w->meta, chunk));
}

/* ---- parts of the log ---- */

static void some_life(struct world *w, unsigned from)
{
	char path[64];

	for (unsigned i = from; i < from + 10; i++) {
		snprintf(path, sizeof(path), "/d%u", i);
		world_must(w, op_of_mkdir(path));
		snprintf(path, sizeof(path), "/d%u/file", i);
		world_put(w, path, 2);
	}
}

static void path_of(const struct checkpoint *checkpoint, char ret[128])
{
	char name[CHECKPOINT_NAME_MAX];

	checkpoint_name(checkpoint, name);
	snprintf(ret, 128, DIR "/%s", name);
}

static struct kv *extracted(struct world *w, const struct checkpoint *checkpoint)
{
	struct checkpoint found;
	char path[128];
	struct kv *kv;

	path_of(checkpoint, path);
	io_disk(w->io, unlink, "/extracted");
	assert_int_equal(checkpoint_extract(w->io, path, "/extracted", &found, &w->err), 0);
	assert_int_equal(w->kv->ops->open_copy(w->kv, "/extracted", &kv), 0);
	return kv;
}

/* Through two lives of the master, in parts as small as they come. */
static void the_parts_behind_a_checkpoint_lead_to_the_same_database(void **state)
{
	struct world *w = *state;
	struct checkpoint whole, base, part;
	unsigned parts = 0;
	char path[128];
	struct kv *copy;

	some_life(w, 0);
	assert_int_equal(checkpoint_write(w->io, w->kv, DIR, &whole, &w->err), 0);
	some_life(w, 100);
	assert_int_equal(world_reopen(w, CLUSTER, false), 0);
	some_life(w, 200);
	copy = extracted(w, &whole);
	base = whole;
	while (checkpoint_log_write(w->io, w->kv, DIR, &base, 400, &part, &w->err) == 0) {
		assert_int_equal(part.from, base.operation + 1);
		assert_int_equal(part.base_epoch, base.epoch);
		assert_true(part.operation >= part.from);
		path_of(&part, path);
		assert_non_null(strstr(path, ".log"));
		assert_int_equal(checkpoint_log_replay(w->io, path, copy, &base, &w->err), 0);
		assert_int_equal(base.operation, part.operation);
		parts++;
	}
	assert_int_equal(w->err.code, DFS_E_NOENT);
	assert_true(parts > 5);
	assert_int_equal(base.operation, meta_operation(w->meta));
	assert_int_equal(base.epoch, meta_epoch(w->meta));
	assert_int_equal(base.reign, meta_reign(w->meta));
	assert_string_equal(base.cluster, CLUSTER);
	assert_int_equal(meta_compare(w->kv, copy, &w->err), 0);
	world_check(copy);
	copy->ops->close(copy);

	assert_int_equal(checkpoint_log_prune(w->io, DIR, &w->err), 0);
	assert_int_equal(checkpoint_check(w->io, path, &part, &w->err), DFS_E_NOENT);
	path_of(&whole, path);
	assert_int_equal(checkpoint_check(w->io, path, &part, &w->err), 0);
}

static void a_part_goes_only_behind_the_state_that_it_follows_on(void **state)
{
	struct world *w = *state;
	struct checkpoint whole, first, second, other, found;
	char path[128];
	struct kv *copy;

	some_life(w, 0);
	assert_int_equal(checkpoint_write(w->io, w->kv, DIR, &whole, &w->err), 0);
	some_life(w, 100);
	assert_int_equal(checkpoint_log_write(w->io, w->kv, DIR, &whole, 1000, &first, &w->err), 0);
	assert_int_equal(
	        checkpoint_log_write(w->io, w->kv, DIR, &first, 1 << 20, &second, &w->err), 0);
	copy = extracted(w, &whole);
	path_of(&second, path); /* out of its turn */
	assert_int_equal(checkpoint_log_replay(w->io, path, copy, &found, &w->err), DFS_E_INVAL);
	assert_non_null(strstr(w->err.text, path));
	path_of(&whole, path); /* not a part at all */
	assert_int_equal(checkpoint_log_replay(w->io, path, copy, &found, &w->err), DFS_E_CORRUPT);

	/* The same numbers, of another reign: a branch of history that a restore gave up. */
	other = whole;
	other.reign ^= 1;
	assert_int_equal(
	        checkpoint_log_write(w->io, w->kv, DIR, &other, 1 << 20, &second, &w->err), 0);
	path_of(&second, path);
	assert_int_equal(checkpoint_log_replay(w->io, path, copy, &found, &w->err), DFS_E_INVAL);
	copy->ops->close(copy);
}

static void a_log_that_does_not_go_back_so_far_says_so(void **state)
{
	struct world *w = *state;
	struct checkpoint base = {.operation = 2}, part;
	struct proto_op drop = {.kind = PROTO_OP_LOG_DROP};

	some_life(w, 0);
	sim_run_for(w->sim, 30 * 60 * 1000);
	drop.log_drop.upto = 10;
	drop.log_drop.rows = 100;
	world_must(w, drop);
	assert_int_equal(checkpoint_log_write(w->io, w->kv, DIR, &base, 1000, &part, &w->err),
	        DFS_E_CHANGED);
	base.operation = 10;
	assert_int_equal(
	        checkpoint_log_write(w->io, w->kv, DIR, &base, 1 << 20, &part, &w->err), 0);
	assert_int_equal(
	        checkpoint_log_write(w->io, w->kv, DIR, &part, 1000, &part, &w->err), DFS_E_NOENT);
}

/* Each bit of it: nothing of it is believed. */
static void a_damaged_part_is_refused(void **state)
{
	struct world *w = *state;
	struct checkpoint whole, part, found;
	char path[128], foot[CHECKPOINT_FOOT_SIZE];
	uint64_t size, text;
	struct kv *copy;
	int fd;

	assert_int_equal(checkpoint_write(w->io, w->kv, DIR, &whole, &w->err), 0);
	world_must(w, op_of_mkdir("/a"));
	assert_int_equal(
	        checkpoint_log_write(w->io, w->kv, DIR, &whole, 1 << 20, &part, &w->err), 0);
	path_of(&part, path);
	size = part.size_bytes + CHECKPOINT_FOOT_SIZE;
	copy = extracted(w, &whole);
	fd = io_disk(w->io, open, path, IO_OPEN_READ | IO_OPEN_WRITE);
	assert_true(fd >= 0);
	io_disk(w->io, pread, fd, foot, sizeof(foot), part.size_bytes);
	text = part.size_bytes + strlen(foot);
	for (uint64_t bit = 0; bit < (text + 4) * 8; bit++) {
		assert_int_equal(sim_disk_flip(w->host, path, bit), 0);
		assert_true(checkpoint_log_replay(w->io, path, copy, &found, &w->err) < 0);
		assert_non_null(strstr(w->err.text, path));
		assert_int_equal(sim_disk_flip(w->host, path, bit), 0);
	}
	for (uint64_t cut = size - 1; cut > 0; cut -= cut > 300 ? 97 : 1) {
		assert_int_equal(io_disk(w->io, truncate, fd, cut), 0);
		assert_int_equal(
		        checkpoint_log_replay(w->io, path, copy, &found, &w->err), DFS_E_CORRUPT);
	}
	io_disk(w->io, close, fd);
	copy->ops->close(copy);
}

/* The power goes, or the disk fails, at any step: the next one is made all the same. */
static void a_crash_at_any_step_is_forgotten_by_the_next(void **state)
{
	for (int error = 0; error < 2; error++) {
		uint64_t steps = 0;

		for (uint64_t step = 1; steps == 0 || step <= steps; step++) {
			struct world *w = world_create(false, step);
			struct checkpoint whole, part, found;
			uint64_t begun;
			char path[128];
			int rc;

			assert_int_equal(checkpoint_write(w->io, w->kv, DIR, &whole, &w->err), 0);
			some_life(w, 0);
			begun = sim_disk_operations(w->host);
			if (error)
				sim_disk_fail_after(w->host, step);
			else
				sim_disk_crash_after(w->host, step);
			rc = checkpoint_log_write(
			        w->io, w->kv, DIR, &whole, 1 << 20, &part, &w->err);
			if (rc == 0)
				steps = sim_disk_operations(w->host) - begun;
			sim_disk_fail_after(w->host, 0);
			sim_disk_crash_after(w->host, 0);
			meta_close(w->meta);
			w->meta = NULL;
			if (!sim_host_crashed(w->host))
				sim_host_kill(w->host);
			sim_host_restart(w->host);
			assert_int_equal(checkpoint_log_prune(w->io, DIR, &w->err), 0);
			assert_int_equal(checkpoint_log_write(w->io, w->kv, DIR, &whole, 1 << 20,
			                         &part, &w->err),
			        0);
			path_of(&part, path);
			assert_int_equal(checkpoint_check(w->io, path, &found, &w->err), 0);
			path_of(&whole, path);
			assert_int_equal(checkpoint_check(w->io, path, &found, &w->err), 0);
			world_destroy(w);
		}
		assert_true(steps > 4);
	}
}

#define OF(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        OF(its_chunks_are_sealed_counted_and_freed_like_others),
	        OF(what_makes_no_sense_is_refused_whole),
	        OF(the_parts_behind_a_checkpoint_lead_to_the_same_database),
	        OF(a_part_goes_only_behind_the_state_that_it_follows_on),
	        OF(a_log_that_does_not_go_back_so_far_says_so),
	        OF(a_damaged_part_is_refused),
	        cmocka_unit_test(a_crash_at_any_step_is_forgotten_by_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
