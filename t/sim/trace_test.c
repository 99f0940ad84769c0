/* SPDX-License-Identifier: MIT */
/*
 * Golden traces: the expected story of a run, line by line. A change of protocol shows here as a
 * difference that somebody reads. With GOLDEN=write in the environment the stories are written
 * anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "world.h"

enum { CHUNK = 256 * 1024 };

static struct world *begin(unsigned nodes)
{
	struct world_options options = {.seed = 42, .nodes = nodes, .clients = 1};
	struct world *world = world_create(&options);

	world_start(world);
	if (getenv("STORY"))
		fwrite(world->trace.data, 1, world->trace.size, stderr);
	buf_clear(&world->trace); /* the story begins now */
	return world;
}

/* Heartbeats, reports and progress beat through every story and tell nothing of it. */
static bool beats(const char *line)
{
	return strstr(line, "\"heartbeat\"") || strstr(line, "\"report\"") ||
	       strstr(line, "\"progress\"") || strstr(line, "\"known\"") ||
	       strstr(line, "\"leases\"") || strstr(line, "\"r\":{}");
}

/* Without times, and without the bytes of messages: what was said, by whom, in which order. */
static void tell(const struct buf *trace, struct buf *ret)
{
	const char *at = trace->data ? trace->data : "";

	while (*at) {
		size_t size = strcspn(at, "\n");
		char line[400];
		char *space;

		snprintf(line, sizeof(line), "%.*s", (int)size, at);
		at += size + (at[size] == '\n');
		space = strchr(line, ' ');
		if (!space || beats(line))
			continue;
		buf_printf(ret, "%s\n", space + 1);
	}
}

static void compare(struct world *world, const char *name)
{
	struct buf story = {0}, golden = {0};
	char path[512], bytes[4096];
	size_t got;
	FILE *file;

	snprintf(path, sizeof(path), "%s/t/sim/golden/%s.txt", DFS_SOURCE_ROOT, name);
	tell(&world->trace, &story);
	if (getenv("GOLDEN")) {
		file = fopen(path, "w");
		assert_non_null(file);
		fwrite(story.data, 1, story.size, file);
		fclose(file);
	}
	file = fopen(path, "r");
	assert_non_null(file);
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buf_append(&golden, bytes, got);
	fclose(file);
	assert_string_equal(story.data, golden.data);
	buf_fini(&story);
	buf_fini(&golden);
}

static void a_put_of_two_chunks_with_two_replicas(void **state)
{
	struct world *world = begin(2);
	struct client_put how = {
	        .path = "/file", .goal = 2, .chunk_size = CHUNK, .mode = 0644, .mtime_ns = 1};
	char *bytes = world_bytes(1, 2 * CHUNK);
	struct world_put put;

	world_put(world, 0, &how, bytes, 2 * CHUNK, &put);
	assert_true(world_run_until(world, &put.over, 60000));
	assert_string_equal(put.result.err.text, "");
	compare(world, "put");
	free(bytes);
	world_destroy(world);
}

static void a_get_of_two_chunks(void **state)
{
	struct world *world = begin(2);
	struct client_put how = {
	        .path = "/file", .goal = 2, .chunk_size = CHUNK, .mode = 0644, .mtime_ns = 1};
	char *bytes = world_bytes(1, 2 * CHUNK);
	struct world_put put;
	struct world_get get;

	world_put(world, 0, &how, bytes, 2 * CHUNK, &put);
	assert_true(world_run_until(world, &put.over, 60000));
	buf_clear(&world->trace);
	world_get(world, 0, "/file", &get);
	assert_true(world_run_until(world, &get.over, 60000));
	assert_int_equal(get.result.code, 0);
	assert_int_equal(get.bytes.size, 2 * CHUNK);
	assert_memory_equal(get.bytes.data, bytes, 2 * CHUNK);
	compare(world, "get");
	buf_fini(&get.bytes);
	free(bytes);
	world_destroy(world);
}

static void a_datanode_dies_during_a_put(void **state)
{
	struct world *world = begin(3);
	struct client_put how = {
	        .path = "/file", .goal = 2, .chunk_size = 4 * CHUNK, .mode = 0644, .mtime_ns = 1};
	char *bytes = world_bytes(1, 4 * CHUNK);
	struct world_put put;
	struct world_get get;
	const char *post;
	unsigned victim;

	world_put(world, 0, &how, bytes, 4 * CHUNK, &put);
	/* Some of the chunk is with its first datanode when that one goes. */
	while (!(post = strstr(world->trace.data ? world->trace.data : "", "client1 -> node")))
		sim_run_for(world->sim, 1);
	victim = (unsigned)(post[strlen("client1 -> node")] - '1');
	sim_run_for(world->sim, 4);
	assert_false(put.over);
	sim_note(world->sim, "kill %s", world->nodes[victim].name);
	world_node_kill(world, victim);
	assert_true(world_run_until(world, &put.over, 120000));
	assert_string_equal(put.result.err.text, "");
	compare(world, "put-death");
	world_get(world, 0, "/file", &get);
	assert_true(world_run_until(world, &get.over, 120000));
	assert_int_equal(get.result.code, 0);
	assert_int_equal(get.bytes.size, 4 * CHUNK);
	assert_memory_equal(get.bytes.data, bytes, 4 * CHUNK);
	buf_fini(&get.bytes);
	free(bytes);
	world_destroy(world);
}

static void the_same_seed_tells_the_same_story(void **state)
{
	struct buf stories[2] = {0};

	for (int i = 0; i < 2; i++) {
		struct world *world = begin(3);
		struct client_put how = {.path = "/file", .goal = 3, .mode = 0644};
		char *bytes = world_bytes(7, 100000);
		struct world_put put;

		world_put(world, 0, &how, bytes, 100000, &put);
		assert_true(world_run_until(world, &put.over, 60000));
		buf_append(&stories[i], world->trace.data, world->trace.size);
		free(bytes);
		world_destroy(world);
	}
	assert_string_equal(stories[0].data, stories[1].data);
	buf_fini(&stories[0]);
	buf_fini(&stories[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_put_of_two_chunks_with_two_replicas),
	        cmocka_unit_test(a_get_of_two_chunks),
	        cmocka_unit_test(a_datanode_dies_during_a_put),
	        cmocka_unit_test(the_same_seed_tells_the_same_story),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
