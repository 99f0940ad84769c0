/* SPDX-License-Identifier: MIT */
/*
 * Balance with the real roles: an empty datanode is filled while the master is killed again and
 * again, and what was acknowledged never has fewer good replicas than its goal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "steps.h"

enum { CHUNK = 64 * 1024, FILES = 4, CHUNKS = 9, GOAL = 2, NODES = 4, EMPTY = 3 };

static const struct client_put how = {.goal = GOAL, .chunk_size = CHUNK};

struct run {
	struct world *world;
	struct arena arena;
};

/* Files on all nodes but one, which took nothing because it was drained meanwhile. */
static void begin(struct run *run, uint64_t seed)
{
	struct world_options options = {.seed = seed, .nodes = NODES, .clients = 1};
	struct proto_drain_args drain = {0};

	*run = (struct run){0};
	options.master.timing.safe_mode_ms = 5000;
	options.master.timing.trim_after_ms = 1000;
	run->world = world_create(&options);
	world_start(run->world);
	step_await_calm(run->world);
	drain.node = step_number_of(run->world, EMPTY);
	assert_int_equal(world_call(run->world, 0, PROTO_CALL_DRAIN, &drain, NULL), 0);
	step_put_files(run->world, FILES, &how, CHUNKS * CHUNK);
	drain.cancel = true;
	assert_int_equal(world_call(run->world, 0, PROTO_CALL_DRAIN, &drain, NULL), 0);
}

static void end(struct run *run)
{
	arena_fini(&run->arena);
	world_destroy(run->world);
}

static struct proto_balance_info balance(struct run *run, enum proto_call which, bool stop)
{
	struct proto_balance_args args = {.stop = stop, .within = stop ? 0 : 20};
	struct proto_balancing_args none = {0};
	struct proto_balance_reply reply = {0};
	struct buf json = {0};

	assert_int_equal(world_call(run->world, 0, which,
	                         which == PROTO_CALL_BALANCE ? (const void *)&args : &none, &json),
	        0);
	assert_int_equal(
	        proto_balance_reply_decode(&run->arena, json.data, json.size, &reply, NULL), 0);
	buf_fini(&json);
	return reply.balance;
}

/*
 * Good replicas: of the chunk with the fewest, of all, of one node. `presumed` counts those too
 * whose datanode registered again (a master that was killed knew it no more) and has yet to report.
 */
struct count {
	unsigned fewest, most, all, there, presumed;
};

static struct count count(struct run *run, uint32_t node)
{
	struct count count = {.fewest = 99, .presumed = 99};

	for (unsigned i = 0; i < FILES; i++) {
		char path[16];
		struct proto_locate_reply reply =
		        step_locate(run->world, step_file_name(i, path), &run->arena);

		for (size_t e = 0; e < reply.extents_count; e++) {
			unsigned good = 0, presumed = 0;

			for (size_t r = 0; r < reply.extents[e].replicas_count; r++) {
				enum proto_replica_state is_in = reply.extents[e].replicas[r].state;
				bool is = is_in == PROTO_REPLICA_STATE_GOOD;

				good += is;
				presumed += is || is_in == PROTO_REPLICA_STATE_UNKNOWN;
				count.there += is && reply.extents[e].replicas[r].node == node;
			}
			count.all += good;
			count.fewest = good < count.fewest ? good : count.fewest;
			count.most = good > count.most ? good : count.most;
			count.presumed = presumed < count.presumed ? presumed : count.presumed;
		}
	}
	return count;
}

/* Until it has ended and the surplus is gone. */
static void await_even(struct run *run, uint32_t node)
{
	for (int i = 0; i < 1200; i++) {
		struct count now = count(run, node);

		assert_true(now.presumed >= GOAL);
		if (!balance(run, PROTO_CALL_BALANCING, false).on && now.most == GOAL &&
		        now.fewest == GOAL)
			return;
		sim_run_for(run->world->sim, 100);
	}
	fail_msg("not even after two minutes: %s", balance(run, PROTO_CALL_BALANCING, false).text);
}

static void an_empty_node_is_filled_and_nothing_is_ever_short(void **state)
{
	struct run run;
	uint32_t node;

	begin(&run, 5);
	node = step_number_of(run.world, EMPTY);
	assert_int_equal(count(&run, node).there, 0);
	assert_true(balance(&run, PROTO_CALL_BALANCE, false).on);
	await_even(&run, node);
	assert_true(balance(&run, PROTO_CALL_BALANCING, false).imbalance <= 200);
	assert_int_equal(count(&run, node).all, FILES * CHUNKS * GOAL);
	assert_in_range(count(&run, node).there, 14, 22);
	step_same_files(run.world, FILES, CHUNKS * CHUNK);
	end(&run);
}

static void it_goes_on_when_the_master_is_killed_in_the_middle(void **state)
{
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct run run;
		uint32_t node;

		begin(&run, 300 + seed);
		node = step_number_of(run.world, EMPTY);
		assert_true(balance(&run, PROTO_CALL_BALANCE, false).on);
		for (unsigned i = 0; i < 3; i++) {
			sim_run_for(run.world->sim, 20 + seed * 130 + i * 400);
			if ((seed + i) % 2)
				world_master_kill(run.world);
			else
				world_master_crash(run.world);
			world_master_start(run.world);
			assert_true(world_await_up(run.world, NODES, 30000));
			step_await_calm(run.world);
		}
		await_even(&run, node);
		assert_in_range(count(&run, node).there, 14, 22);
		step_same_files(run.world, FILES, CHUNKS * CHUNK);
		/* Ended, it does not begin again with the next master. */
		sim_run_for(run.world->sim, 1000);
		world_master_kill(run.world);
		world_master_start(run.world);
		assert_true(world_await_up(run.world, NODES, 30000));
		assert_false(balance(&run, PROTO_CALL_BALANCING, false).on);
		end(&run);
	}
}

static void stopped_it_stays_so(void **state)
{
	struct run run;
	uint32_t node;

	begin(&run, 8);
	node = step_number_of(run.world, EMPTY);
	assert_true(balance(&run, PROTO_CALL_BALANCE, false).on);
	sim_run_for(run.world->sim, 600);
	assert_false(balance(&run, PROTO_CALL_BALANCE, true).on);
	world_master_kill(run.world);
	world_master_start(run.world);
	assert_true(world_await_up(run.world, NODES, 30000));
	step_await_calm(run.world);
	assert_false(balance(&run, PROTO_CALL_BALANCING, false).on);
	await_even(&run, node);
	step_same_files(run.world, FILES, CHUNKS * CHUNK);
	end(&run);
}

/* A move's target, or its source, dies: repair goes first, then the rest is moved. */
static void a_node_may_die_meanwhile(void **state)
{
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct run run;

		begin(&run, 400 + seed);
		assert_true(balance(&run, PROTO_CALL_BALANCE, false).on);
		sim_run_for(run.world->sim, 200 + 300 * seed);
		world_node_kill(run.world, seed % 2 ? EMPTY : 0);
		sim_run_for(run.world->sim, 15000);
		world_node_start(run.world, seed % 2 ? EMPTY : 0);
		assert_true(world_await_up(run.world, NODES, 60000));
		for (int i = 0; i < 1200 && balance(&run, PROTO_CALL_BALANCING, false).on; i++)
			sim_run_for(run.world->sim, 100);
		assert_false(balance(&run, PROTO_CALL_BALANCING, false).on);
		assert_true(count(&run, 0).fewest >= GOAL);
		step_same_files(run.world, FILES, CHUNKS * CHUNK);
		end(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_empty_node_is_filled_and_nothing_is_ever_short),
	        cmocka_unit_test(it_goes_on_when_the_master_is_killed_in_the_middle),
	        cmocka_unit_test(stopped_it_stays_so),
	        cmocka_unit_test(a_node_may_die_meanwhile),
	};

	return cmocka_run_group_tests_name("balance", tests, NULL, NULL);
}
