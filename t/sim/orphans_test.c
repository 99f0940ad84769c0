/* SPDX-License-Identifier: MIT */
/* Orphans in a whole cluster (RULES 16): what a forgotten chunk left on a machine that was away
 * goes, after the grace; under an older master, or a restored one that nobody accepted, nothing
 * does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "meta/meta.h"
#include "steps.h"

enum { NODES = 3, SIZE = 300000, MINUTE = 60000, GRACE = 20 * MINUTE };

static const struct client_put goal_2 = {.chunk_size = 1 << 20, .goal = 2},
                               goal_3 = {.chunk_size = 1 << 20, .goal = 3};

static struct world *begin(void)
{
	struct world_options options = {.seed = 7,
	        .nodes = NODES,
	        .clients = 1,
	        .master = {.ticket_ms = 1000,
	                .linger_ms = 1000,
	                .timing = {.safe_mode_ms = 5000, .orphan_grace_ms = GRACE}}};
	struct world *world = world_create(&options);

	world_start(world);
	return world;
}

static void run_until_files(struct world *world, unsigned count, uint64_t limit_ms)
{
	for (uint64_t ms = 0; ms < limit_ms && world_replicas(world) != count; ms += 1000)
		sim_run_for(world->sim, 1000);
	assert_int_equal(world_replicas(world), count);
}

/*
 * A copy that repair made on a third machine, which then goes away; the chunk is freed, the master
 * is started anew and does not know of that copy any more, and forgets the chunk.
 */
static void what_a_forgotten_chunk_left_on_a_machine_that_was_away_goes(void **state)
{
	struct world *world = begin();
	struct proto_remove_args args = {.path = "/f", .now = true};
	char *bytes = world_bytes(7, SIZE);
	unsigned third = 0, first;

	step_put(world, "/f", &goal_2, bytes, SIZE);
	while (world_replicas_of(world, third) > 0)
		third++;
	first = third == 0 ? 1 : 0;
	world_node_kill(world, first);
	run_until_files(world, 3, 2 * MINUTE);
	world_node_kill(world, third);
	world_node_start(world, first);
	assert_true(world_await_up(world, 2, 60000));
	assert_int_equal(world_call(world, 0, PROTO_CALL_REMOVE, &args, NULL), 0);
	run_until_files(world, 1, MINUTE);
	assert_false(step_status_says(world, "\"chunks\":\"1\""));
	world_master_kill(world);
	world_master_start(world);
	sim_run_for(world->sim, MINUTE);
	step_put(world, "/kept", &goal_2, bytes, SIZE);
	world_node_start(world, third);
	assert_true(world_await_up(world, NODES, 20000));
	sim_run_for(world->sim, MINUTE);
	assert_true(step_status_says(world, "\"orphans\":\"1\",\"orphan_bytes\":\"300000\""));
	sim_run_for(world->sim, GRACE - 3 * MINUTE);
	assert_int_equal(world_replicas(world), 3);
	sim_run_for(world->sim, 4 * MINUTE);
	assert_int_equal(world_replicas(world), 2);
	assert_int_equal(world_replicas_of(world, third), 0);
	assert_true(step_status_says(world, "\"orphans_collected\":\"1\""));
	assert_false(step_status_says(world, "\"orphans\""));
	step_same(world, "/kept", bytes, SIZE);
	free(bytes);
	world_destroy(world);
}

/* All chunks of /new are unknown to it. */
static void an_older_master_collects_nothing(void **state)
{
	struct world *world = begin();
	struct kv *kv = sim_host_kv(world->master_host), *backup;
	char *bytes = world_bytes(1, SIZE);
	unsigned before;

	step_put(world, "/old", &goal_3, bytes, SIZE);
	backup = sim_kv_clone(kv);
	step_put(world, "/new", &goal_3, bytes, SIZE);
	sim_run_for(world->sim, 10000); /* the datanodes keep what they heard */
	world_master_kill(world);
	before = world_replicas(world);
	assert_int_equal(before, 6);
	world_put_back(kv, backup);
	for (int starts = 0; starts < 3; starts++) {
		world_master_start(world);
		sim_run_for(world->sim, 2 * GRACE);
		assert_int_equal(world_replicas(world), before);
		world_master_kill(world);
	}
	backup->ops->close(backup);
	free(bytes);
	world_destroy(world);
}

static void a_restored_master_collects_after_accept_and_the_grace(void **state)
{
	struct world *world = begin();
	struct kv *kv = sim_host_kv(world->master_host), *backup;
	struct proto_accept_args accept = {0};
	char *bytes = world_bytes(1, SIZE);
	struct dfs_error err = {0};

	step_put(world, "/old", &goal_3, bytes, SIZE);
	backup = sim_kv_clone(kv);
	step_put(world, "/new", &goal_3, bytes, SIZE);
	world_master_kill(world);
	world_put_back(kv, backup);
	assert_int_equal(meta_restore(kv, sim_host_io(world->master_host), 0, 1, &err), 0);
	world_master_start(world);
	assert_true(world_await_up(world, NODES, 20000));
	sim_run_for(world->sim, 3 * GRACE);
	assert_int_equal(world_replicas(world), 6);
	assert_true(step_status_says(world, "\"orphans\":\"3\""));
	assert_int_equal(world_call(world, 0, PROTO_CALL_ACCEPT, &accept, NULL), 0);
	sim_run_for(world->sim, GRACE - MINUTE);
	assert_int_equal(world_replicas(world), 6);
	sim_run_for(world->sim, 2 * MINUTE);
	assert_int_equal(world_replicas(world), 3);
	step_same(world, "/old", bytes, SIZE);
	backup->ops->close(backup);
	free(bytes);
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_a_forgotten_chunk_left_on_a_machine_that_was_away_goes),
	        cmocka_unit_test(an_older_master_collects_nothing),
	        cmocka_unit_test(a_restored_master_collects_after_accept_and_the_grace),
	};

	return cmocka_run_group_tests_name("sim_orphans", tests, NULL, NULL);
}
