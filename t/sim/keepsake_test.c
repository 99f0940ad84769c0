/* SPDX-License-Identifier: MIT */
/* The datanodes keep the metadata, and a master whose disk is gone is rescued from them (RULES 20).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/chunk_id.h"
#include "io/disk.h"
#include "meta/meta.h"
#include "rescuer.h"
#include "steps.h"

#define DIR "/checkpoints"

enum { KEEP_MS = 5000, CHECKPOINT_MS = 60000 };

static struct world *begin(uint64_t seed, unsigned nodes)
{
	struct world_options options = {.seed = seed,
	        .nodes = nodes,
	        .clients = 1,
	        .master = {.checkpoint_dir = DIR,
	                .checkpoint_ms = CHECKPOINT_MS,
	                .keep_ms = KEEP_MS,
	                .linger_ms = 1000,
	                .timing = {.safe_mode_ms = 3000, .orphan_grace_ms = 20000}}};
	struct world *world = world_create(&options);

	world_start(world);
	return world;
}

static uint64_t kept_of(struct world *world)
{
	struct arena arena = {0};
	uint64_t kept = step_status(world, &arena).kept;

	arena_fini(&arena);
	return kept;
}

/* The newest keepsake's file on a datanode's disk. */
struct found {
	uint64_t chunk;
	char name[64];
};

static int look(void *arg, const char *name)
{
	struct found *found = arg;
	unsigned long long chunk = 0;

	if (strstr(name, ".data") && sscanf(name, "%16llx", &chunk) == 1 &&
	        chunk_is_keepsake(chunk) && chunk > found->chunk) {
		found->chunk = chunk;
		snprintf(found->name, sizeof(found->name), "%s", name);
	}
	return 0;
}

static void rot_newest(struct world *world, unsigned node)
{
	struct sim_host *host = world->nodes[node].host;
	struct found found = {0};
	char path[128];

	for (unsigned i = 0; i < 256; i++) {
		snprintf(path, sizeof(path), "/data/chunks/%02x", i);
		io_disk(sim_host_io(host), list, path, look, &found);
	}
	assert_true(found.chunk != 0);
	snprintf(path, sizeof(path), "/data/chunks/%02x/%s", (unsigned)(found.chunk & 255),
	        found.name);
	assert_int_equal(sim_disk_flip(host, path, 7), 0);
}

/* From so many datanodes; what the dead master had done by then is all there, and nothing else. The
 * operation that was reached. */
static uint64_t rescued_whole(struct world *world, unsigned datanodes, struct rescued *ret)
{
	struct dfs_error err = {0};
	int code = rescuer_run(world, 0, datanodes, NULL, NULL, ret, &err);

	if (code == 0)
		code = rescuer_compare(ret, sim_host_kv(world->master_host), &err);
	if (code != 0)
		print_error("%s\n", err.text);
	assert_int_equal(code, 0);
	return ret->state.operation;
}

static void no_datanode_but_one_is_needed(void **state)
{
	struct world *world = begin(1, 3);
	struct rescued rescued;
	uint64_t told, reached = 0;
	struct dfs_error err = {0};

	sim_run_for(world->sim, CHECKPOINT_MS + 5000);
	step_mkdirs(world, 0, 50);
	sim_run_for(world->sim, 2 * KEEP_MS);
	step_mkdirs(world, 100, 50);
	sim_run_for(world->sim, 2 * KEEP_MS);
	told = kept_of(world);
	assert_true(told > 100);
	world_master_crash(world); /* and its disk is never seen again */
	for (unsigned gone = 0; gone < 2; gone++) {
		reached = rescued_whole(world, 3, &rescued);
		assert_true(reached >= told);
		assert_int_equal(rescued.seen_epoch, 1);
		assert_true(rescued.files > 1);
		world_node_crash(world, gone, false);
	}
	assert_int_equal(rescued_whole(world, 3, &rescued), reached);
	world_node_crash(world, 2, false);
	assert_int_equal(rescuer_run(world, 0, 3, NULL, NULL, &rescued, &err), DFS_E_UNAVAIL);
	assert_non_null(strstr(err.text, "none of the 3 datanodes answered"));
	world_destroy(world);
}

/* The restored master goes on where the dead one was, and deletes none of it before `accept`. */
static void the_rescued_master_leads(void **state)
{
	struct world *world = begin(2, 3);
	struct client_put put = {.path = "/file", .goal = 2};
	struct world_put wrote;
	struct world_get got;
	struct rescued rescued;
	struct arena arena = {0};
	struct dfs_error err = {0};
	char *bytes = world_bytes(3, 300000);

	world_put(world, 0, &put, bytes, 300000, &wrote);
	assert_true(world_run_until(world, &wrote.over, 60000));
	assert_int_equal(wrote.result.code, 0);
	sim_run_for(world->sim, CHECKPOINT_MS + 3 * KEEP_MS);
	world_master_crash(world);
	assert_int_equal(rescuer_run(world, 0, 3, NULL, NULL, &rescued, &err), 0);
	assert_int_equal(meta_restore(rescued.kv, sim_host_io(world->master_host),
	                         rescued.seen_epoch, 1, &err),
	        0);
	/* A new disk, with what was rescued on it. */
	world_put_back(sim_host_kv(world->master_host), rescued.kv);
	rescued.kv->ops->close(rescued.kv);
	world_master_start(world);
	assert_true(world_await_up(world, 3, 30000));
	assert_true(step_status(world, &arena).hold[0] != '\0');
	world_get(world, 0, "/file", &got);
	assert_true(world_run_until(world, &got.over, 60000));
	assert_int_equal(got.result.code, 0);
	assert_int_equal(got.bytes.size, 300000);
	assert_memory_equal(got.bytes.data, bytes, 300000);
	/* It is kept too, and can be rescued again: the later reign counts. */
	step_mkdirs(world, 0, 20);
	sim_run_for(world->sim, 3 * KEEP_MS);
	world_master_crash(world);
	rescued_whole(world, 3, &rescued);
	assert_true(rescued.state.epoch > 1);
	buf_fini(&got.bytes);
	free(bytes);
	arena_fini(&arena);
	world_destroy(world);
}

static void what_newer_ones_replace_goes(void **state)
{
	struct world *world = begin(4, 3);
	struct arena arena = {0};
	struct rescued rescued;
	unsigned most[2] = {0, 0};

	for (unsigned round = 0; round < 100; round++) {
		unsigned replicas;

		step_mkdirs(world, round * 10, 10);
		sim_run_for(world->sim, 2 * KEEP_MS);
		replicas = world_replicas(world);
		if (round >= 20 && replicas > most[round >= 60])
			most[round >= 60] = replicas;
	}
	/* Two checkpoints' worth of minutes and what lingers: no more after a hundred than after
	 * sixty. */
	assert_true(most[0] > 0 && most[1] <= most[0] + 9);
	assert_int_equal(step_status(world, &arena).orphans, 0);
	world_master_crash(world);
	rescued_whole(world, 3, &rescued);
	arena_fini(&arena);
	world_destroy(world);
}

static void an_idle_cluster_stays_idle(void **state)
{
	struct world *world = begin(5, 3);
	struct kv *kv = sim_host_kv(world->master_host);
	uint64_t operation;

	step_mkdirs(world, 0, 10);
	sim_run_for(world->sim, 3 * CHECKPOINT_MS);
	operation = step_counters(kv).operation;
	assert_true(kept_of(world) > 10);
	sim_run_for(world->sim, 20 * CHECKPOINT_MS);
	assert_int_equal(step_counters(kv).operation, operation);
	world_destroy(world);
}

/* Whatever is left by a power cut of the master, or of the datanode that fetches, at any of their
 * disks' operations: nothing stays behind, and what is kept can be rescued. */
static void a_power_cut_at_any_moment_leaves_a_rescue(void **state)
{
	for (uint64_t step = 1; step <= 90; step += 3) {
		struct world *world = begin(100 + step, 3);
		struct sim_host *host = step % 2 ? world->master_host : world->nodes[step % 3].host;
		struct rescued rescued;
		struct arena arena = {0};

		step_mkdirs(world, 0, 30);
		sim_disk_crash_after(host, step);
		for (unsigned i = 0; i < 90 && !sim_host_crashed(host); i++)
			sim_run_for(world->sim, 1000);
		sim_disk_crash_after(host, 0);
		if (host == world->master_host) {
			world_master_crash(world);
			world_master_start(world);
		} else {
			world_node_crash(world, step % 3, false);
			world_node_start(world, step % 3);
		}
		assert_true(world_await_up(world, 3, 60000));
		step_mkdirs(world, 1000, 30);
		sim_run_for(world->sim, 3 * CHECKPOINT_MS);
		assert_int_equal(step_status(world, &arena).orphans, 0);
		assert_int_equal(step_status(world, &arena).under_goal, 0);
		assert_string_equal(step_status(world, &arena).kept_error, "");
		world_master_crash(world);
		assert_true(rescued_whole(world, 3, &rescued) > 60);
		arena_fini(&arena);
		world_destroy(world);
	}
}

/* On two of three. */
static void what_rotted_is_fetched_from_another(void **state)
{
	struct world *world = begin(6, 3);
	struct rescued rescued;

	sim_run_for(world->sim, CHECKPOINT_MS + 5000);
	step_mkdirs(world, 0, 50);
	sim_run_for(world->sim, 2 * KEEP_MS);
	world_master_crash(world);
	rot_newest(world, 0);
	rot_newest(world, 1);
	rescued_whole(world, 3, &rescued);
	world_destroy(world);
}

/* ---- who may ask, and what is refused ---- */

static void another_cluster_is_told_apart(void **state)
{
	struct world *world = begin(7, 1);
	struct rescued rescued;
	struct dfs_error err = {0};
	uint8_t key[HMAC_SIZE];

	sim_run_for(world->sim, CHECKPOINT_MS + 5000);
	world_master_crash(world);
	assert_int_equal(
	        rescuer_run(world, 0, 1, "ffffffffffffffffffffffffffffffff", NULL, &rescued, &err),
	        DFS_E_FENCED);
	/* Another key: it is not even told what there is. */
	memcpy(key, world->key, sizeof(key));
	key[0] ^= 1;
	assert_int_equal(rescuer_run(world, 0, 1, NULL, key, &rescued, &err), DFS_E_UNAVAIL);
	assert_non_null(strstr(err.text, "admin"));
	world_destroy(world);
}

static void datanodes_that_keep_nothing_say_so(void **state)
{
	struct world *world = begin(8, 2);
	struct rescued rescued;
	struct dfs_error err = {0};

	world_master_crash(world);
	assert_int_equal(rescuer_run(world, 0, 2, NULL, NULL, &rescued, &err), DFS_E_NOENT);
	assert_non_null(strstr(err.text, "keep nothing"));
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(no_datanode_but_one_is_needed),
	        cmocka_unit_test(the_rescued_master_leads),
	        cmocka_unit_test(what_newer_ones_replace_goes),
	        cmocka_unit_test(an_idle_cluster_stays_idle),
	        cmocka_unit_test(a_power_cut_at_any_moment_leaves_a_rescue),
	        cmocka_unit_test(what_rotted_is_fetched_from_another),
	        cmocka_unit_test(another_cluster_is_told_apart),
	        cmocka_unit_test(datanodes_that_keep_nothing_say_so),
	};

	return cmocka_run_group_tests_name("keepsakes", tests, NULL, NULL);
}
