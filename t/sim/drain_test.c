/* SPDX-License-Identifier: MIT */
/*
 * Emptying a datanode, with the real roles: what was acknowledged never has fewer good replicas
 * than its goal on the way, whoever dies or restarts, and what is safe to unplug can be unplugged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "steps.h"

enum { CHUNK = 64 * 1024, FILES = 4, CHUNKS = 6, GOAL = 2 };

static const struct client_put how = {.goal = GOAL, .chunk_size = CHUNK};

struct run {
	struct world *world;
	struct arena arena;
};

static void begin(struct run *run, uint64_t seed, unsigned nodes)
{
	struct world_options options = {.seed = seed, .nodes = nodes, .clients = 1};

	*run = (struct run){0};
	options.master.timing.safe_mode_ms = 5000;
	run->world = world_create(&options);
	world_start(run->world);
	step_await_calm(run->world);
	step_put_files(run->world, FILES, &how, CHUNKS * CHUNK);
}

static void end(struct run *run)
{
	arena_fini(&run->arena);
	world_destroy(run->world);
}

static int drain(struct run *run, uint32_t number, bool cancel)
{
	struct proto_drain_args args = {.node = number, .cancel = cancel};

	return world_call(run->world, 0, PROTO_CALL_DRAIN, &args, NULL);
}

/* Its drain, `draining` false where it is not being emptied. */
static struct proto_drain_info progress(struct run *run, uint32_t number)
{
	struct proto_drains_args args = {0};
	struct proto_drains_reply reply = {0};
	struct proto_drain_info info = {0};
	struct buf json = {0};

	assert_int_equal(world_call(run->world, 0, PROTO_CALL_DRAINS, &args, &json), 0);
	assert_int_equal(
	        proto_drains_reply_decode(&run->arena, json.data, json.size, &reply, NULL), 0);
	for (size_t i = 0; i < reply.drains_count; i++)
		if (reply.drains[i].node == number)
			info = reply.drains[i];
	buf_fini(&json);
	return info;
}

/* Good replicas of the chunk that has fewest; with `without`, of those that this node holds,
 * elsewhere. */
static unsigned fewest(struct run *run, uint32_t without)
{
	unsigned least = 99;

	for (unsigned i = 0; i < FILES; i++) {
		char path[16];
		struct proto_locate_reply reply =
		        step_locate(run->world, step_file_name(i, path), &run->arena);

		for (size_t e = 0; e < reply.extents_count; e++) {
			unsigned good = 0;
			bool held = without == 0;

			for (size_t r = 0; r < reply.extents[e].replicas_count; r++) {
				held |= reply.extents[e].replicas[r].node == without;
				good += reply.extents[e].replicas[r].state ==
				                PROTO_REPLICA_STATE_GOOD &&
				        reply.extents[e].replicas[r].node != without;
			}
			least = held && good < least ? good : least;
		}
	}
	return least;
}

static bool is_safe(struct run *run, uint32_t number)
{
	return progress(run, number).safe;
}

/* Until it is safe to unplug; what is watched on the way is `floor` good replicas of each chunk. */
static void await_safe(struct run *run, uint32_t number, unsigned floor)
{
	for (int i = 0; i < 600; i++) {
		if (is_safe(run, number)) {
			assert_true(fewest(run, number) >= GOAL);
			return;
		}
		assert_true(fewest(run, 0) >= floor);
		sim_run_for(run->world->sim, 100);
	}
	fail_msg("not safe to unplug after a minute: %s", progress(run, number).text);
}

static void safe_to_unplug_means_that_nobody_notices(void **state)
{
	struct run run;
	uint32_t number;

	begin(&run, 7, 4);
	number = step_number_of(run.world, 1);
	assert_int_equal(drain(&run, number, false), 0);
	await_safe(&run, number, GOAL);
	world_node_crash(run.world, 1, true);
	sim_run_for(run.world->sim, 15000);
	assert_int_equal(step_status(run.world, &run.arena).under_goal, 0);
	assert_int_equal(step_status(run.world, &run.arena).lost, 0);
	assert_int_equal(step_status(run.world, &run.arena).nodes_unplugged, 1);
	step_same_files(run.world, FILES, CHUNKS * CHUNK);
	/* Nor after the master's next start, which never hears of it. */
	world_master_kill(run.world);
	world_master_start(run.world);
	sim_run_for(run.world->sim, 20000);
	assert_int_equal(step_status(run.world, &run.arena).nodes_unplugged, 1);
	assert_true(is_safe(&run, number));
	step_same_files(run.world, FILES, CHUNKS * CHUNK);
	end(&run);
}

static void it_goes_on_over_restarts_of_master_and_node(void **state)
{
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct run run;
		uint32_t number;

		begin(&run, seed, 4);
		number = step_number_of(run.world, 2);
		assert_int_equal(drain(&run, number, false), 0);
		sim_run_for(run.world->sim, 30 * seed);
		if (seed % 2)
			world_master_kill(run.world);
		else
			world_master_crash(run.world);
		sim_run_for(run.world->sim, 50);
		world_master_start(run.world);
		assert_true(progress(&run, number).draining);
		sim_run_for(run.world->sim, 300 * seed);
		world_node_kill(run.world, 2);
		sim_run_for(run.world->sim, 1000);
		world_node_start(run.world, 2);
		/* Where replicas are is not known at once after a restart. */
		await_safe(&run, number, 0);
		world_node_crash(run.world, 2, true);
		step_same_files(run.world, FILES, CHUNKS * CHUNK);
		end(&run);
	}
}

static void another_node_may_die_meanwhile(void **state)
{
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct run run;
		uint32_t number;

		begin(&run, 100 + seed, 5);
		number = step_number_of(run.world, 0);
		assert_int_equal(drain(&run, number, false), 0);
		sim_run_for(run.world->sim, 40 * seed);
		world_node_crash(run.world, 3, true);
		/* One of two replicas may have been there; the one that is being emptied is a
		 * source. */
		sim_run_for(run.world->sim, 11000);
		await_safe(&run, number, 1);
		world_node_crash(run.world, 0, true);
		sim_run_for(run.world->sim, 11000);
		assert_int_equal(step_status(run.world, &run.arena).under_goal, 0);
		step_same_files(run.world, FILES, CHUNKS * CHUNK);
		end(&run);
	}
}

static void cancelled_it_is_as_before(void **state)
{
	struct run run;
	uint32_t number;

	begin(&run, 9, 4);
	number = step_number_of(run.world, 1);
	assert_int_equal(drain(&run, number, false), 0);
	assert_int_equal(drain(&run, number, false), 0); /* asked twice, done once */
	sim_run_for(run.world->sim, 60);
	assert_int_equal(drain(&run, number, true), 0);
	assert_false(progress(&run, number).draining);
	assert_int_equal(drain(&run, number, true), 0);
	assert_true(fewest(&run, 0) >= GOAL);
	assert_true(world_await_up(run.world, 4, 1000));
	world_master_kill(run.world);
	world_master_start(run.world);
	assert_true(world_await_up(run.world, 4, 20000));
	assert_false(progress(&run, number).draining);
	step_same_files(run.world, FILES, CHUNKS * CHUNK);
	end(&run);
}

static void too_few_others_refuse_it(void **state)
{
	struct run run;

	begin(&run, 11, 2);
	assert_int_equal(drain(&run, step_number_of(run.world, 0), false), DFS_E_NODES);
	assert_int_equal(drain(&run, 99, false), DFS_E_NOENT);
	assert_int_equal(step_status(run.world, &run.arena).nodes_draining, 0);
	end(&run);
}

/* The writer's chunks are sealed under it: it goes on elsewhere, and the user sees nothing. */
static void a_put_goes_on_when_its_node_is_drained(void **state)
{
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct run run;
		struct client_put big = {
		        .path = "/big", .goal = GOAL, .chunk_size = 4 * CHUNK, .mode = 0644};
		void *bytes = world_bytes(77, 40 * CHUNK);
		struct world_put put;
		uint32_t number;

		begin(&run, 200 + seed, 4);
		number = step_number_of(run.world, seed % 4);
		world_put(run.world, 0, &big, bytes, 40 * CHUNK, &put);
		sim_run_for(run.world->sim, 5 + 3 * seed);
		assert_false(put.over);
		assert_int_equal(drain(&run, number, false), 0);
		assert_true(world_run_until(run.world, &put.over, 120000));
		assert_string_equal(put.result.err.text, "");
		await_safe(&run, number, GOAL);
		world_node_crash(run.world, seed % 4, true);
		step_same(run.world, "/big", bytes, 40 * CHUNK);
		free(bytes);
		end(&run);
	}
}

static int forget(struct run *run, uint32_t number)
{
	struct proto_forget_args args = {.node = number};

	return world_call(run->world, 0, PROTO_CALL_FORGET, &args, NULL);
}

/* The datanode that the master gave the highest number. */
static unsigned newest(struct run *run, unsigned nodes)
{
	for (unsigned i = 0; i < nodes; i++)
		if (step_number_of(run->world, i) == nodes)
			return i;
	fail_msg("no datanode has number %u", nodes);
	return 0;
}

/*
 * The newest is forgotten, so that the next number is not one above those that are left; it returns
 * with its disk, and is another.
 */
static void forgotten_it_returns_as_a_new_one(void **state)
{
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct run run;
		unsigned node;

		begin(&run, 300 + seed, 4);
		node = newest(&run, 4);
		assert_int_equal(forget(&run, 9), DFS_E_NOENT);
		assert_int_equal(forget(&run, 4), DFS_E_NODES); /* in use */
		assert_int_equal(drain(&run, 4, false), 0);
		await_safe(&run, 4, GOAL);
		assert_int_equal(forget(&run, 4), DFS_E_NODES); /* not stopped */
		world_node_crash(run.world, node, seed % 2);
		assert_int_equal(forget(&run, 4), DFS_E_NODES); /* not dead yet */
		sim_run_for(run.world->sim, 45000); /* a silent channel closes after 30 s */
		assert_int_equal(forget(&run, 4), 0);
		assert_int_equal(forget(&run, 4), DFS_E_NOENT);
		assert_int_equal(step_status(run.world, &run.arena).nodes_known, 3);
		if (seed % 3 == 0)
			world_master_kill(run.world);
		else if (seed % 3 == 1)
			world_master_crash(run.world);
		if (seed % 3 < 2)
			world_master_start(run.world);
		assert_true(world_await_up(run.world, 3, 20000));
		step_await_calm(run.world);
		assert_int_equal(step_status(run.world, &run.arena).nodes_known, 3);
		assert_int_equal(step_status(run.world, &run.arena).nodes_draining, 0);
		assert_int_equal(step_status(run.world, &run.arena).under_goal, 0);
		step_same_files(run.world, FILES, CHUNKS * CHUNK);
		world_node_start(run.world, node);
		assert_true(world_await_up(run.world, 4, 60000));
		assert_int_equal(step_number_of(run.world, node), 5);
		step_same_files(run.world, FILES, CHUNKS * CHUNK);
		/* It is of use. */
		assert_int_equal(drain(&run, step_number_of(run.world, (node + 1) % 4), false), 0);
		await_safe(&run, step_number_of(run.world, (node + 1) % 4), 1);
		world_node_crash(run.world, (node + 1) % 4, true);
		step_same_files(run.world, FILES, CHUNKS * CHUNK);
		end(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(safe_to_unplug_means_that_nobody_notices),
	        cmocka_unit_test(it_goes_on_over_restarts_of_master_and_node),
	        cmocka_unit_test(another_node_may_die_meanwhile),
	        cmocka_unit_test(cancelled_it_is_as_before),
	        cmocka_unit_test(too_few_others_refuse_it),
	        cmocka_unit_test(a_put_goes_on_when_its_node_is_drained),
	        cmocka_unit_test(forgotten_it_returns_as_a_new_one),
	};

	return cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}
