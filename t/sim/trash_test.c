/* SPDX-License-Identifier: MIT */
/* The trash in a whole cluster (RULES 14): across restarts, by the master's living time, through
 * steps of its clock, and for those who may see but one tree (RULES 33). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "steps.h"

enum { NODES = 3, SIZE = 300000, MINUTE = 60000 };

static const struct client_put how = {.chunk_size = 1 << 20, .goal = 3};

static struct world *begin(uint64_t retain_ms)
{
	struct world_options options = {.seed = 7,
	        .nodes = NODES,
	        .clients = 2,
	        .trees = {NULL, "/b"},
	        .master = {.retain_ms = retain_ms,
	                .ticket_ms = 1000,
	                .linger_ms = 1000,
	                .timing = {.safe_mode_ms = 5000}}};
	struct world *world = world_create(&options);

	world_start(world);
	return world;
}

static void make_dir(struct world *world, const char *path)
{
	struct proto_mkdir_args args = {.path = path, .mode = 0755, .parents = true};

	assert_int_equal(world_call(world, 0, PROTO_CALL_MKDIR, &args, NULL), 0);
}

static int throw_away(struct world *world, unsigned client, const char *path)
{
	struct proto_remove_args args = {.path = path, .recursive = true, .by = "ada"};

	return world_call(world, client, PROTO_CALL_REMOVE, &args, NULL);
}

/* The same; its number in the trash. */
static uint64_t thrown(struct world *world, const char *path)
{
	struct proto_remove_args args = {.path = path};
	struct buf json = {0};
	const char *at;
	uint64_t entry;

	assert_int_equal(world_call(world, 0, PROTO_CALL_REMOVE, &args, &json), 0);
	buf_append(&json, "", 1);
	at = strstr(json.data, "\"entry\":\"");
	assert_non_null(at);
	entry = strtoull(at + 9, NULL, 10);
	buf_fini(&json);
	return entry;
}

static int undelete(struct world *world, unsigned client, const char *path, const char *to)
{
	struct proto_undelete_args args = {.path = path, .to = to ? to : ""};

	return world_call(world, client, PROTO_CALL_UNDELETE, &args, NULL);
}

static bool listed(struct world *world, unsigned client, const char *text)
{
	struct proto_trash_list_args args = {.limit = 1000};

	return step_says(world, client, PROTO_CALL_TRASH_LIST, &args, text);
}

static void a_tree_comes_back_after_a_restart_and_goes_after_its_living_time(void **state)
{
	struct world *world = begin(10 * MINUTE);
	char *bytes = world_bytes(7, SIZE);

	make_dir(world, "/t/sub");
	step_put(world, "/t/sub/f", &how, bytes, SIZE);
	assert_int_equal(throw_away(world, 0, "/t"), 0);
	world_master_crash(world);
	world_master_start(world);
	assert_true(world_await_up(world, NODES, 20000));
	assert_true(listed(world, 0, "\"path\":\"/t\""));
	assert_int_equal(undelete(world, 0, "/t", NULL), 0);
	step_same(world, "/t/sub/f", bytes, SIZE);
	assert_int_equal(throw_away(world, 0, "/t"), 0);
	sim_run_for(world->sim, 7 * MINUTE);
	assert_true(step_status_says(world, "\"trash_bytes\":\"300000\"")); /* counted by now */
	/* No master runs: nothing grows older. */
	world_master_kill(world);
	sim_run_for(world->sim, 60 * MINUTE);
	world_master_start(world);
	assert_true(world_await_up(world, NODES, 20000));
	sim_run_for(world->sim, MINUTE);
	assert_true(listed(world, 0, "\"path\":\"/t\""));
	assert_int_equal(world_replicas(world), 3);
	sim_run_for(world->sim, 4 * MINUTE);
	assert_false(listed(world, 0, "\"path\""));
	for (int s = 0; s < 60 && world_replicas(world) > 0; s++)
		sim_run_for(world->sim, 1000);
	assert_int_equal(world_replicas(world), 0);
	assert_true(step_status_says(world, "\"chunks\":\"0\""));
	assert_int_equal(undelete(world, 0, "/t", NULL), DFS_E_NOENT);
	world_destroy(world);
	free(bytes);
}

/* A clock that is set makes nothing older, and stops all freeing by age for an hour. */
static void a_step_of_the_clock_pauses_the_purge(void **state)
{
	static const int64_t steps[] = {36000000, -36000000};

	for (size_t i = 0; i < 2; i++) {
		struct world *world = begin(10 * MINUTE);
		char *bytes = world_bytes(i, SIZE);

		step_put(world, "/f", &how, bytes, SIZE);
		step_put(world, "/g", &how, bytes, SIZE);
		assert_int_equal(throw_away(world, 0, "/f"), 0);
		sim_run_for(world->sim, 5 * MINUTE);
		sim_host_wall_step(world->master_host, steps[i]);
		sim_run_for(world->sim, MINUTE);
		assert_true(step_status_says(world, "\"purge_paused\":\"the clock was set"));
		step_put(world, "/g", &how, bytes, SIZE); /* the chunk of the old bytes lingers */
		sim_run_for(world->sim, 50 * MINUTE);
		assert_true(listed(world, 0, "\"path\":\"/f\""));
		assert_int_equal(world_replicas(world), 9);
		assert_int_equal(undelete(world, 0, "/f", "/back"), 0);
		assert_int_equal(throw_away(world, 0, "/back"), 0);
		sim_run_for(world->sim, 15 * MINUTE);
		assert_false(step_status_says(world, "purge_paused"));
		assert_false(listed(world, 0, "\"path\""));
		assert_int_equal(world_replicas(world), 3);
		step_same(world, "/g", bytes, SIZE);
		world_destroy(world);
		free(bytes);
	}
}

static void a_step_while_no_master_ran_pauses_too(void **state)
{
	struct world *world = begin(5 * MINUTE);
	char *bytes = world_bytes(1, SIZE);

	step_put(world, "/f", &how, bytes, SIZE);
	assert_int_equal(throw_away(world, 0, "/f"), 0);
	world_master_kill(world);
	sim_host_wall_step(world->master_host, -36000000);
	world_master_start(world);
	assert_true(world_await_up(world, NODES, 20000));
	assert_true(step_status_says(world, "\"purge_paused\":\"the clock was set back"));
	sim_run_for(world->sim, 20 * MINUTE);
	assert_true(listed(world, 0, "\"path\":\"/f\""));
	world_destroy(world);
	free(bytes);
}

/* RULES 33: what came from elsewhere is not there for it, by list, by undelete, by number. */
static void a_token_of_a_tree_has_the_trash_of_its_tree(void **state)
{
	struct world *world = begin(10 * MINUTE);
	struct proto_trash_empty_args all = {.path = ""}, one = {.path = ""};
	char *bytes = world_bytes(1, SIZE);

	make_dir(world, "/a");
	make_dir(world, "/b");
	step_put(world, "/a/f", &how, bytes, SIZE);
	step_put(world, "/b/f", &how, bytes, SIZE);
	step_put(world, "/b/g", &how, bytes, SIZE);
	step_put(world, "/bb", &how, bytes, SIZE);
	one.entry = thrown(world, "/a/f");
	assert_int_equal(throw_away(world, 0, "/bb"), 0);
	assert_int_equal(throw_away(world, 1, "/b/f"), 0);
	assert_int_equal(throw_away(world, 0, "/b/g"), 0);
	assert_true(listed(world, 1, "\"path\":\"/b/f\"") && listed(world, 1, "\"path\":\"/b/g\""));
	assert_false(listed(world, 1, "/a/f") || listed(world, 1, "/bb"));
	assert_true(listed(world, 0, "/a/f") && listed(world, 0, "/bb"));
	assert_int_equal(undelete(world, 1, "/a/f", "/b/x"), DFS_E_PERM);
	assert_int_equal(undelete(world, 1, "/b/f", "/x"), DFS_E_PERM);
	assert_int_equal(undelete(world, 1, "/b/f", NULL), 0);
	assert_int_equal(world_call(world, 1, PROTO_CALL_TRASH_EMPTY, &one, NULL), DFS_E_NOENT);
	assert_int_equal(world_call(world, 1, PROTO_CALL_TRASH_EMPTY, &all, NULL), 0);
	assert_false(listed(world, 0, "/b/g"));
	assert_true(listed(world, 0, "/a/f") && listed(world, 0, "/bb"));
	assert_int_equal(world_call(world, 0, PROTO_CALL_TRASH_EMPTY, &one, NULL), 0);
	assert_false(listed(world, 0, "/a/f"));
	world_destroy(world);
	free(bytes);
}

/* `now`, rmdir, and a site that wants no trash free at once. */
static void what_is_not_kept_is_freed_at_once(void **state)
{
	struct world *world = begin(RETAIN_NONE);
	struct proto_remove_args rmdir = {.path = "/d", .directory = true};
	char *bytes = world_bytes(1, SIZE);

	step_put(world, "/f", &how, bytes, SIZE);
	make_dir(world, "/d");
	assert_int_equal(throw_away(world, 0, "/f"), 0);
	assert_int_equal(world_call(world, 0, PROTO_CALL_REMOVE, &rmdir, NULL), 0);
	assert_false(listed(world, 0, "\"path\""));
	for (int s = 0; s < 60 && world_replicas(world) > 0; s++)
		sim_run_for(world->sim, 1000);
	assert_int_equal(world_replicas(world), 0);
	world_destroy(world);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_tree_comes_back_after_a_restart_and_goes_after_its_living_time),
	        cmocka_unit_test(a_step_of_the_clock_pauses_the_purge),
	        cmocka_unit_test(a_step_while_no_master_ran_pauses_too),
	        cmocka_unit_test(a_token_of_a_tree_has_the_trash_of_its_tree),
	        cmocka_unit_test(what_is_not_kept_is_freed_at_once),
	};

	return cmocka_run_group_tests_name("sim_trash", tests, NULL, NULL);
}
