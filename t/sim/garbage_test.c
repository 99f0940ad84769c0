/* SPDX-License-Identifier: MIT */
/* What nobody refers to frees its space, whatever became of its writer (RULES 4, 9, 11, 13). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "world.h"

enum { NODES = 3, SIZE = 3000000 };

/* The writer's machine goes away in the middle of its chunks: they were never sealed, nor
 * committed, so no reader has to be waited for (the linger is ten minutes). */
static void what_a_dead_writer_left_is_deleted(void **state)
{
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct world_options options = {
		        .seed = seed, .nodes = NODES, .clients = 2, .master = {.session_ms = 5000}};
		struct client_put how = {
		        .path = "/file", .chunk_size = 1 << 20, .mode = 0644, .goal = 3};
		struct world *world = world_create(&options);
		char *bytes = world_bytes(seed, SIZE);
		struct world_put put;

		world_start(world);
		world_put(world, 1, &how, bytes, SIZE, &put);
		while (world_replicas(world) < 3 * (seed % 3 + 1) && !put.over)
			assert_true(sim_step(world->sim));
		sim_run_for(world->sim, seed);
		assert_false(put.over);
		sim_host_crash(world->clients[1].host, false);
		client_destroy(world->clients[1].client);
		world->clients[1].client = NULL;
		assert_true(world_replicas(world) > 0);
		for (int s = 0; s < 300 && world_replicas(world) > 0; s++)
			sim_run_for(world->sim, 1000);
		assert_int_equal(world_replicas(world), 0);
		world_destroy(world);
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_a_dead_writer_left_is_deleted),
	};

	return cmocka_run_group_tests_name("sim_garbage", tests, NULL, NULL);
}
