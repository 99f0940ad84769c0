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
#include "world.h"

enum { NODES = 3, SIZE = 1500000 };

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

static void put(struct world *world, const char *path, char *bytes)
{
	struct client_put how = {.path = path, .chunk_size = 1 << 20, .mode = 0644, .goal = 3};
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
	assert_int_equal(get.bytes.size, SIZE);
	assert_memory_equal(get.bytes.data, bytes, SIZE);
	buf_fini(&get.bytes);
}

static int remove_file(struct world *world, const char *path)
{
	struct proto_remove_args args = {.path = path, .now = true};

	return world_call(world, 0, PROTO_CALL_REMOVE, &args, NULL);
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

/* Its epoch grows with each start, past all that the datanodes have seen: that must not help. */
static void an_old_copy_is_refused_however_often_it_is_started(void **state)
{
	for (unsigned starts = 1; starts <= 4; starts++) {
		struct world *world = begin(starts);
		char *bytes = world_bytes(starts, SIZE);
		struct kv *kv = sim_host_kv(world->master_host), *newest;
		struct kv *old = sim_kv_clone(kv);
		unsigned before;

		put(world, "/late", bytes);
		world_master_kill(world);
		world_master_start(world);
		assert_true(world_await_up(world, NODES, 20000));
		before = world_replicas(world);
		world_master_kill(world);
		newest = sim_kv_clone(kv);
		put_back(kv, old);
		for (unsigned i = 0; i < starts; i++) {
			world_master_start(world);
			sim_run_for(world->sim, 15000);
			assert_false(world_await_up(world, 1, 100));
			assert_true(status_says(world, "old copy"));
			assert_int_equal(remove_file(world, "/late"), DFS_E_FENCED);
			world_master_kill(world);
		}
		assert_int_equal(world_replicas(world), before);
		put_back(kv, newest);
		world_master_start(world);
		assert_true(world_await_up(world, NODES, 20000));
		same(world, "/late", bytes);
		assert_false(status_says(world, "old copy"));
		old->ops->close(old);
		newest->ops->close(newest);
		free(bytes);
		world_destroy(world);
	}
}

/* Of the same reign: only the operations tell, which the datanodes hear with their heartbeats. */
static void a_copy_from_earlier_in_the_same_reign_is_refused(void **state)
{
	struct world *world = begin(11);
	char *bytes = world_bytes(11, SIZE);
	struct kv *kv = sim_host_kv(world->master_host);
	struct kv *old = sim_kv_clone(kv);
	unsigned before;

	put(world, "/late", bytes);
	sim_run_for(world->sim, 10000);
	before = world_replicas(world);
	world_master_kill(world);
	put_back(kv, old);
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

	put(world, "/file", bytes);
	before = world_replicas(world);
	world_master_kill(world);
	put_back(kv, NULL);
	world_master_start(world);
	sim_run_for(world->sim, 30000);
	assert_false(world_await_up(world, 1, 100));
	assert_true(status_says(world, "old copy"));
	assert_int_equal(world_replicas(world), before);
	free(bytes);
	world_destroy(world);
}

static bool held(struct world *world)
{
	return status_says(world, "dfs master accept");
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

		put(world, "/old", old_bytes);
		backup = sim_kv_clone(kv);
		put(world, "/new", new_bytes);
		world_master_kill(world);
		world_master_start(world);
		assert_true(world_await_up(world, NODES, 20000));
		world_master_kill(world);
		before = world_replicas(world);
		put_back(kv, backup);
		assert_int_equal(meta_restore(kv, sim_host_io(world->master_host), 0, 1, &err), 0);
		world_master_start(world);
		assert_true(world_await_up(world, NODES, 20000));
		assert_true(held(world));
		same(world, "/old", old_bytes);
		assert_int_equal(remove_file(world, "/old"), 0);
		sim_run_for(world->sim, 60000);
		assert_int_equal(world_replicas(world), before);
		/* A restart forgets nothing of it. */
		world_master_kill(world);
		world_master_start(world);
		assert_true(world_await_up(world, NODES, 20000));
		assert_true(held(world));
		put(world, "/again", new_bytes);
		same(world, "/again", new_bytes);
		before = world_replicas(world);
		assert_int_equal(world_call(world, 0, PROTO_CALL_ACCEPT, &accept, NULL), 0);
		assert_false(held(world));
		assert_int_equal(
		        world_call(world, 0, PROTO_CALL_ACCEPT, &accept, NULL), DFS_E_INVAL);
		sim_run_for(world->sim, 60000);
		assert_true(world_replicas(world) < before);
		same(world, "/again", new_bytes);
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

	put(world, "/old", bytes);
	backup = sim_kv_clone(kv);
	/* A reign far up: epochs 100,000 and more. */
	world_master_kill(world);
	assert_int_equal(meta_restore(kv, sim_host_io(world->master_host), 100000, 1, &err), 0);
	world_master_start(world);
	assert_true(world_await_up(world, NODES, 20000));
	put(world, "/given-up", bytes);
	world_master_kill(world);
	put_back(kv, backup);
	assert_int_equal(meta_restore(kv, sim_host_io(world->master_host), 0, 1, &err), 0);
	world_master_start(world);
	assert_true(world_run_until(world, &world->master_again, 20000));
	world_master_again(world);
	assert_true(world_await_up(world, NODES, 20000));
	assert_true(held(world));
	same(world, "/old", bytes);
	put(world, "/new", bytes);
	same(world, "/new", bytes);
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

	put(world, "/new", bytes);
	world_master_kill(world);
	world_master_start(world);
	assert_true(world_await_up(world, NODES, 20000));
	world_node_kill(world, 2);
	world_master_kill(world);
	put_back(kv, backup);
	assert_int_equal(meta_restore(kv, sim_host_io(world->master_host), 0, 1, &err), 0);
	world_master_start(world);
	assert_true(world_await_up(world, NODES - 1, 20000));
	assert_int_equal(world_call(world, 0, PROTO_CALL_ACCEPT, &accept, NULL), 0);
	world_node_start(world, 2);
	assert_true(world_await_up(world, NODES, 20000));
	put(world, "/after", bytes);
	same(world, "/after", bytes);
	backup->ops->close(backup);
	free(bytes);
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_old_copy_is_refused_however_often_it_is_started),
	        cmocka_unit_test(a_copy_from_earlier_in_the_same_reign_is_refused),
	        cmocka_unit_test(an_empty_database_deletes_nothing),
	        cmocka_unit_test(a_restored_backup_serves_and_deletes_nothing_until_accepted),
	        cmocka_unit_test(a_restored_master_takes_an_epoch_above_a_datanode_s),
	        cmocka_unit_test(a_datanode_from_before_the_restore_is_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
