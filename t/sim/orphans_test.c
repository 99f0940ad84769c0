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
#include "world.h"

enum { NODES = 3, SIZE = 300000, MINUTE = 60000, GRACE = 20 * MINUTE };

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

static void put(struct world *world, const char *path, char *bytes, uint32_t goal)
{
	struct client_put how = {.path = path, .chunk_size = 1 << 20, .mode = 0644, .goal = goal};
	struct world_put put;

	world_put(world, 0, &how, bytes, SIZE, &put);
	assert_true(world_run_until(world, &put.over, 60000));
	assert_int_equal(put.result.code, 0);
}

static void same(struct world *world, const char *path, const char *bytes)
{
	struct world_get get;

	world_get(world, 0, path, &get);
	assert_true(world_run_until(world, &get.over, 60000));
	assert_int_equal(get.result.code, 0);
	assert_memory_equal(get.bytes.data, bytes, SIZE);
	buf_fini(&get.bytes);
}

static bool status_says(struct world *world, const char *text)
{
	struct proto_status_args args = {0};
	struct buf json = {0};
	bool says;

	assert_int_equal(world_call(world, 0, PROTO_CALL_STATUS, &args, &json), 0);
	buf_append(&json, "", 1);
	says = strstr(json.data, text) != NULL;
	buf_fini(&json);
	return says;
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

	put(world, "/f", bytes, 2);
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
	assert_false(status_says(world, "\"chunks\":\"1\""));
	world_master_kill(world);
	world_master_start(world);
	sim_run_for(world->sim, MINUTE);
	put(world, "/kept", bytes, 2);
	world_node_start(world, third);
	assert_true(world_await_up(world, NODES, 20000));
	sim_run_for(world->sim, MINUTE);
	assert_true(status_says(world, "\"orphans\":\"1\",\"orphan_bytes\":\"300000\""));
	sim_run_for(world->sim, GRACE - 3 * MINUTE);
	assert_int_equal(world_replicas(world), 3);
	sim_run_for(world->sim, 4 * MINUTE);
	assert_int_equal(world_replicas(world), 2);
	assert_int_equal(world_replicas_of(world, third), 0);
	assert_true(status_says(world, "\"orphans_collected\":\"1\""));
	assert_false(status_says(world, "\"orphans\""));
	same(world, "/kept", bytes);
	free(bytes);
	world_destroy(world);
}

/* The rows of `from` instead of those of `into`, as cp does to a file. */
static void put_back(struct kv *into, struct kv *from)
{
	struct kv_txn *read, *write;
	struct kv_bytes none = {"", 0}, key, value;

	assert_int_equal(into->ops->begin(into, true, &write), 0);
	if (from)
		assert_int_equal(from->ops->begin(from, false, &read), 0);
	for (int table = 0; table < KV_TABLES_MAX; table++) {
		struct kv_cursor *cursor;

		for (;;) {
			char at[KV_KEY_MAX];
			int rc;

			assert_int_equal(write->ops->cursor_open(write, table, &cursor), 0);
			rc = cursor->ops->seek(cursor, none, &key, &value);
			if (rc == 0)
				memcpy(at, key.data, key.size);
			cursor->ops->cursor_close(cursor);
			if (rc != 0)
				break;
			key.data = at;
			assert_int_equal(write->ops->del(write, table, key), 0);
		}
		if (!from)
			continue;
		assert_int_equal(read->ops->cursor_open(read, table, &cursor), 0);
		for (int rc = cursor->ops->seek(cursor, none, &key, &value); rc == 0;
		        rc = cursor->ops->next(cursor, &key, &value))
			assert_int_equal(write->ops->put(write, table, key, value), 0);
		cursor->ops->cursor_close(cursor);
	}
	if (from)
		read->ops->abort(read);
	assert_int_equal(write->ops->commit(write), 0);
}

/* All chunks of /new are unknown to it. */
static void an_older_master_collects_nothing(void **state)
{
	struct world *world = begin();
	struct kv *kv = sim_host_kv(world->master_host), *backup;
	char *bytes = world_bytes(1, SIZE);
	unsigned before;

	put(world, "/old", bytes, 3);
	backup = sim_kv_clone(kv);
	put(world, "/new", bytes, 3);
	sim_run_for(world->sim, 10000); /* the datanodes keep what they heard */
	world_master_kill(world);
	before = world_replicas(world);
	assert_int_equal(before, 6);
	put_back(kv, backup);
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

	put(world, "/old", bytes, 3);
	backup = sim_kv_clone(kv);
	put(world, "/new", bytes, 3);
	world_master_kill(world);
	put_back(kv, backup);
	assert_int_equal(meta_restore(kv, sim_host_io(world->master_host), 0, 1, &err), 0);
	world_master_start(world);
	assert_true(world_await_up(world, NODES, 20000));
	sim_run_for(world->sim, 3 * GRACE);
	assert_int_equal(world_replicas(world), 6);
	assert_true(status_says(world, "\"orphans\":\"3\""));
	assert_int_equal(world_call(world, 0, PROTO_CALL_ACCEPT, &accept, NULL), 0);
	sim_run_for(world->sim, GRACE - MINUTE);
	assert_int_equal(world_replicas(world), 6);
	sim_run_for(world->sim, 2 * MINUTE);
	assert_int_equal(world_replicas(world), 3);
	same(world, "/old", bytes);
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
