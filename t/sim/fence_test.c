/* SPDX-License-Identifier: MIT */
/* Metadata that is not the newest does not lead (RULES 16): an old copy that was put back, an empty
 * database, a restored backup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "meta/meta.h"
#include "steps.h"

enum { NODES = 3, SIZE = 1500000 };

static const struct client_put how = {.chunk_size = 1 << 20, .goal = 3};

static struct world *begin(uint64_t seed)
{
	struct world_options options = {.seed = seed,
	        .nodes = NODES,
	        .clients = 1,
	        .master = {.session_ms = 5000,
	                .ticket_ms = 1000,
	                .linger_ms = 1000,
	                .timing = {.safe_mode_ms = 5000}}};
	struct world *world = world_create(&options);

	world_start(world);
	return world;
}

/* Its epoch grows with each start, past all that the datanodes have seen: that must not help. */
static void an_old_copy_is_refused_however_often_it_is_started(void **state)
{
	for (unsigned starts = 1; starts <= 4; starts++) {
		struct world *world = begin(starts);
		char *bytes = world_bytes(starts, SIZE);
		struct kv *kv = sim_host_kv(world->master_host), *newest;
		struct kv *old = sim_kv_clone(kv);
		unsigned before;

		step_put(world, "/late", &how, bytes, SIZE);
		world_master_kill(world);
		world_master_start(world);
		assert_true(world_await_up(world, NODES, 20000));
		before = world_replicas(world);
		world_master_kill(world);
		newest = sim_kv_clone(kv);
		world_put_back(kv, old);
		for (unsigned i = 0; i < starts; i++) {
			world_master_start(world);
			sim_run_for(world->sim, 15000);
			assert_false(world_await_up(world, 1, 100));
			assert_true(step_status_says(world, "old copy"));
			assert_int_equal(step_remove(world, "/late"), DFS_E_FENCED);
			world_master_kill(world);
		}
		assert_int_equal(world_replicas(world), before);
		world_put_back(kv, newest);
		world_master_start(world);
		assert_true(world_await_up(world, NODES, 20000));
		step_same(world, "/late", bytes, SIZE);
		assert_false(step_status_says(world, "old copy"));
		old->ops->close(old);
		newest->ops->close(newest);
		free(bytes);
		world_destroy(world);
	}
}

/* Before any datanode has told it: who asks first waits for that, instead of being told of a change
 * that goes with the copy. */
static void an_old_copy_acknowledges_nothing(void **state)
{
	for (uint64_t seed = 60; seed < 80; seed++) {
		struct world *world = begin(seed);
		char *bytes = world_bytes(seed, SIZE);
		struct kv *kv = sim_host_kv(world->master_host), *old;

		step_put(world, "/file", &how, bytes, SIZE);
		old = sim_kv_clone(kv);
		world_master_kill(world);
		world_master_start(world); /* a reign that the copy knows nothing of */
		assert_true(world_await_up(world, NODES, 20000));
		world_master_kill(world);
		world_put_back(kv, old);
		world_master_start(world);
		assert_int_equal(step_remove(world, "/file"), DFS_E_FENCED);
		old->ops->close(old);
		free(bytes);
		world_destroy(world);
	}
}

/* Where all datanodes are gone nobody can tell; then it goes on, as long as one counts as alive. */
static void a_master_without_datanodes_changes_names_all_the_same(void **state)
{
	struct world *world = begin(80);
	uint64_t began_ms;

	step_mkdirs(world, 0, 1);
	for (unsigned i = 0; i < NODES; i++)
		world_node_kill(world, i);
	world_master_kill(world);
	world_master_start(world);
	began_ms = sim_now_ms(world->sim);
	step_mkdirs(world, 1, 1);
	assert_in_range(sim_now_ms(world->sim) - began_ms, 5000, 30000);
	began_ms = sim_now_ms(world->sim);
	step_mkdirs(world, 2, 1);
	assert_in_range(sim_now_ms(world->sim) - began_ms, 0, 1000);
	world_destroy(world);
}

/* Of the same reign: only the operations tell, which the datanodes hear with their heartbeats. */
static void a_copy_from_earlier_in_the_same_reign_is_refused(void **state)
{
	struct world *world = begin(11);
	char *bytes = world_bytes(11, SIZE);
	struct kv *kv = sim_host_kv(world->master_host);
	struct kv *old = sim_kv_clone(kv);
	unsigned before;

	step_put(world, "/late", &how, bytes, SIZE);
	sim_run_for(world->sim, 10000);
	before = world_replicas(world);
	world_master_kill(world);
	world_put_back(kv, old);
	world_master_start(world);
	sim_run_for(world->sim, 30000);
	assert_false(world_await_up(world, 1, 100));
	assert_int_equal(world_replicas(world), before);
	old->ops->close(old);
	free(bytes);
	world_destroy(world);
}

static void an_empty_database_deletes_nothing(void **state)
{
	struct world *world = begin(12);
	char *bytes = world_bytes(12, SIZE);
	struct kv *kv = sim_host_kv(world->master_host);
	unsigned before;

	step_put(world, "/file", &how, bytes, SIZE);
	before = world_replicas(world);
	world_master_kill(world);
	world_put_back(kv, NULL);
	world_master_start(world);
	sim_run_for(world->sim, 30000);
	assert_false(world_await_up(world, 1, 100));
	assert_true(step_status_says(world, "old copy"));
	assert_int_equal(world_replicas(world), before);
	free(bytes);
	world_destroy(world);
}

static bool held(struct world *world)
{
	return step_status_says(world, "dfs master accept");
}

/* Restored: the datanodes come, what is newer stays where it is, what is freed stays too. */
static void a_restored_backup_serves_and_deletes_nothing_until_accepted(void **state)
{
	for (uint64_t seed = 21; seed <= 24; seed++) {
		struct world *world = begin(seed);
		char *old_bytes = world_bytes(seed, SIZE),
		     *new_bytes = world_bytes(seed + 100, SIZE);
		struct kv *kv = sim_host_kv(world->master_host), *backup;
		struct proto_accept_args accept = {0};
		struct dfs_error err = {0};
		unsigned before;

		step_put(world, "/old", &how, old_bytes, SIZE);
		backup = sim_kv_clone(kv);
		step_put(world, "/new", &how, new_bytes, SIZE);
		world_master_kill(world);
		world_master_start(world);
		assert_true(world_await_up(world, NODES, 20000));
		world_master_kill(world);
		before = world_replicas(world);
		world_put_back(kv, backup);
		assert_int_equal(meta_restore(kv, sim_host_io(world->master_host), 0, 1, &err), 0);
		world_master_start(world);
		assert_true(world_await_up(world, NODES, 20000));
		assert_true(held(world));
		step_same(world, "/old", old_bytes, SIZE);
		assert_int_equal(step_remove(world, "/old"), 0);
		sim_run_for(world->sim, 60000);
		assert_int_equal(world_replicas(world), before);
		/* A restart forgets nothing of it. */
		world_master_kill(world);
		world_master_start(world);
		assert_true(world_await_up(world, NODES, 20000));
		assert_true(held(world));
		step_put(world, "/again", &how, new_bytes, SIZE);
		step_same(world, "/again", new_bytes, SIZE);
		before = world_replicas(world);
		assert_int_equal(world_call(world, 0, PROTO_CALL_ACCEPT, &accept, NULL), 0);
		assert_false(held(world));
		assert_int_equal(
		        world_call(world, 0, PROTO_CALL_ACCEPT, &accept, NULL), DFS_E_INVAL);
		sim_run_for(world->sim, 60000);
		assert_true(world_replicas(world) < before);
		step_same(world, "/again", new_bytes, SIZE);
		backup->ops->close(backup);
		free(old_bytes);
		free(new_bytes);
		world_destroy(world);
	}
}

/* The same backup twice, and a datanode that saw a higher epoch than the restore could know. */
static void a_restored_master_takes_an_epoch_above_a_datanode_s(void **state)
{
	struct world *world = begin(31);
	char *bytes = world_bytes(31, SIZE);
	struct kv *kv = sim_host_kv(world->master_host), *backup;
	struct dfs_error err = {0};

	step_put(world, "/old", &how, bytes, SIZE);
	backup = sim_kv_clone(kv);
	/* A reign far up: epochs 100,000 and more. */
	world_master_kill(world);
	assert_int_equal(meta_restore(kv, sim_host_io(world->master_host), 100000, 1, &err), 0);
	world_master_start(world);
	assert_true(world_await_up(world, NODES, 20000));
	step_put(world, "/given-up", &how, bytes, SIZE);
	world_master_kill(world);
	world_put_back(kv, backup);
	assert_int_equal(meta_restore(kv, sim_host_io(world->master_host), 0, 1, &err), 0);
	world_master_start(world);
	assert_true(world_run_until(world, &world->master_again, 20000));
	world_master_again(world);
	assert_true(world_await_up(world, NODES, 20000));
	assert_true(held(world));
	step_same(world, "/old", bytes, SIZE);
	step_put(world, "/new", &how, bytes, SIZE);
	step_same(world, "/new", bytes, SIZE);
	backup->ops->close(backup);
	free(bytes);
	world_destroy(world);
}

/* It was away during the restore and comes when all is accepted: it gave up that time with it. */
static void a_datanode_from_before_the_restore_is_taken_back(void **state)
{
	struct world *world = begin(41);
	char *bytes = world_bytes(41, SIZE);
	struct kv *kv = sim_host_kv(world->master_host), *backup = sim_kv_clone(kv);
	struct proto_accept_args accept = {0};
	struct dfs_error err = {0};

	step_put(world, "/new", &how, bytes, SIZE);
	world_master_kill(world);
	world_master_start(world);
	assert_true(world_await_up(world, NODES, 20000));
	world_node_kill(world, 2);
	world_master_kill(world);
	world_put_back(kv, backup);
	assert_int_equal(meta_restore(kv, sim_host_io(world->master_host), 0, 1, &err), 0);
	world_master_start(world);
	assert_true(world_await_up(world, NODES - 1, 20000));
	assert_int_equal(world_call(world, 0, PROTO_CALL_ACCEPT, &accept, NULL), 0);
	world_node_start(world, 2);
	assert_true(world_await_up(world, NODES, 20000));
	step_put(world, "/after", &how, bytes, SIZE);
	step_same(world, "/after", bytes, SIZE);
	backup->ops->close(backup);
	free(bytes);
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_old_copy_is_refused_however_often_it_is_started),
	        cmocka_unit_test(an_old_copy_acknowledges_nothing),
	        cmocka_unit_test(a_master_without_datanodes_changes_names_all_the_same),
	        cmocka_unit_test(a_copy_from_earlier_in_the_same_reign_is_refused),
	        cmocka_unit_test(an_empty_database_deletes_nothing),
	        cmocka_unit_test(a_restored_backup_serves_and_deletes_nothing_until_accepted),
	        cmocka_unit_test(a_restored_master_takes_an_epoch_above_a_datanode_s),
	        cmocka_unit_test(a_datanode_from_before_the_restore_is_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
