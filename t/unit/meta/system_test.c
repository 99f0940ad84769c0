/* SPDX-License-Identifier: MIT */
/* Reigns, ids, datanodes, repeated requests; crashes, damage and a full store. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "meta/table.h"
#include "world.h"

static void refuse(struct world *w, struct proto_op op, int code, const char *part)
{
	world_refuse(w, &op, code, part);
}

/* ---- opening ---- */

static void each_opening_is_a_new_epoch(void **state)
{
	struct world *w = *state;
	uint64_t reign = meta_reign(w->meta), chunk = meta_new_chunk(w->meta),
	         client = meta_new_client(w->meta);
	uint64_t session = meta_new_session(w->meta);

	assert_int_equal(meta_epoch(w->meta), 1);
	assert_int_not_equal(reign, 0);
	assert_int_equal(chunk >> 40, 1);
	world_must(w, op_of_create("/f"));
	assert_int_equal(world_reopen(w, CLUSTER, false), 0);
	assert_int_equal(meta_epoch(w->meta), 2);
	assert_int_not_equal(meta_reign(w->meta), reign);
	assert_int_equal(meta_new_chunk(w->meta) >> 40, 2);
	assert_true(meta_new_client(w->meta) > client);
	assert_true(meta_new_session(w->meta) > session);
	assert_int_equal(world_stat(w, "/f").kind, PROTO_KIND_FILE);
	assert_int_equal(meta_operation(w->meta), world_counters(w).operation);
}

static void foreign_or_missing_databases_are_refused(void **state)
{
	struct world *w = *state;
	struct buf before = {0}, after = {0};
	struct world *empty;

	world_dump(w->kv, &before);
	assert_int_equal(world_reopen(w, "ffffffffffffffffffffffffffffffff", true), DFS_E_FENCED);
	assert_non_null(strstr(w->err.text, CLUSTER));
	assert_int_equal(world_reopen(w, "short", true), DFS_E_INVAL);
	world_dump(w->kv, &after);
	assert_int_equal(before.size, after.size);
	assert_memory_equal(before.data, after.data, after.size);
	buf_fini(&before);
	buf_fini(&after);

	empty = world_create(false, 2);
	meta_close(empty->meta);
	empty->kv = NULL;
	empty->host = sim_host_create(empty->sim, "other");
	empty->io = sim_host_io(empty->host);
	assert_int_equal(world_open(empty, CLUSTER, false), DFS_E_FENCED);
	assert_non_null(strstr(empty->err.text, "no metadata here"));
	assert_int_equal(world_open(empty, CLUSTER, true), 0);
	world_destroy(empty);
}

static void put_raw(
        struct kv *kv, int table, const void *key, size_t key_size, const void *value, size_t size)
{
	struct kv_txn *txn;

	assert_int_equal(kv->ops->begin(kv, true, &txn), 0);
	if (value)
		assert_int_equal(kv->ops->put(txn, table, (struct kv_bytes){key, key_size},
		                         (struct kv_bytes){value, size}),
		        0);
	else
		assert_int_equal(kv->ops->del(txn, table, (struct kv_bytes){key, key_size}), 0);
	assert_int_equal(kv->ops->commit(txn), 0);
}

static void rows_without_counters_are_damage(void **state)
{
	struct world *w = *state;

	meta_close(w->meta);
	w->meta = NULL;
	put_raw(w->kv, 0, "c", 1, NULL, 0);
	assert_int_equal(world_open(w, CLUSTER, true), DFS_E_CORRUPT);
	assert_non_null(strstr(w->err.text, "no counters"));
}

static void newer_format_is_refused(void **state)
{
	struct world *w = *state;
	struct proto_row_counters counters = world_counters(w);
	struct table_key key = key_counters();
	struct buf scratch = {0};
	struct kv_txn *txn;

	counters.format = 2;
	meta_close(w->meta);
	w->meta = NULL;
	assert_int_equal(w->kv->ops->begin(w->kv, true, &txn), 0);
	assert_int_equal(table_write(txn, META_COUNTERS, &key, &counters, &scratch, &w->err), 0);
	assert_int_equal(w->kv->ops->commit(txn), 0);
	assert_int_equal(world_open(w, CLUSTER, true), DFS_E_VERSION);
	assert_non_null(strstr(w->err.text, "newer program"));
	buf_fini(&scratch);
}

/* ---- ids ---- */

static void ids_never_run_out_and_never_repeat(void **state)
{
	struct world *w = *state;
	uint64_t last = 0, last_client = 0, last_session = 0;

	for (int i = 0; i < 200000; i++) {
		uint64_t chunk = meta_new_chunk(w->meta);

		assert_true(chunk > last);
		last = chunk;
		assert_true(world_counters(w).chunk_reserved > (chunk & 0xffffffffff));
		if (i % 16 == 0) {
			uint64_t client = meta_new_client(w->meta),
			         session = meta_new_session(w->meta);

			assert_true(client > last_client && session > last_session);
			assert_true(world_counters(w).client_reserved > client);
			assert_true(world_counters(w).session_reserved > session);
			last_client = client;
			last_session = session;
		}
		arena_reset(&w->arena);
		while (i % 1000 == 0 && !meta_idle(w->meta))
			assert_true(sim_step(w->sim));
	}
}

/* RULES 15: what is not on disk yet is not given out. */
static void ids_wait_for_their_reservation(void **state)
{
	struct world *w = *state;
	uint64_t id, last = 0;

	while ((id = meta_new_client(w->meta)) != 0) {
		assert_true(id < world_counters(w).client_reserved);
		arena_reset(&w->arena);
		last = id;
	}
	assert_int_equal(last, 4096);
	while (!meta_idle(w->meta))
		assert_true(sim_step(w->sim));
	assert_int_equal(meta_new_client(w->meta), 4097);
}

static void reservations_and_epochs_go_one_way(void **state)
{
	struct world *w = *state;
	struct proto_row_counters now = world_counters(w);
	struct proto_op reserve = {
	        .kind = PROTO_OP_RESERVE,
	        .reserve = {now.client_reserved, now.chunk_reserved, now.session_reserved},
	};
	struct proto_op epoch = {.kind = PROTO_OP_EPOCH_BEGIN, .epoch_begin = {1, 5, CLUSTER}};

	reserve.reserve.client--;
	refuse(w, reserve, DFS_E_INVAL, "taken back");
	reserve.reserve.client++;
	reserve.reserve.chunk = 1ull << 40;
	refuse(w, reserve, DFS_E_LIMIT, "chunk ids");
	refuse(w, epoch, DFS_E_FENCED, "epoch 1 is over");
	epoch.epoch_begin.epoch = 1 << 24;
	refuse(w, epoch, DFS_E_LIMIT, "epochs");
	epoch.epoch_begin.epoch = 7;
	epoch.epoch_begin.cluster = "ffffffffffffffffffffffffffffffff";
	refuse(w, epoch, DFS_E_FENCED, "belongs to cluster");
	epoch.epoch_begin.cluster = "x";
	refuse(w, epoch, DFS_E_INVAL, "32 hex digits");
}

/* ---- datanodes ---- */

static int node_seen(void *arg, uint32_t node, const struct proto_row_node *row)
{
	struct buf *seen = arg;

	buf_printf(seen, "%u=%" PRIu64 "@%s/%s%s ", node, row->uuid, row->address, row->rack,
	        row->draining ? "!" : "");
	return 0;
}

static struct proto_op op_of_node(uint32_t node, uint64_t uuid, const char *address)
{
	return (struct proto_op){
	        .kind = PROTO_OP_NODE_SET, .node_set = {node, uuid, address, "r1", false}};
}

static void datanodes_keep_their_numbers(void **state)
{
	struct world *w = *state;
	struct buf seen = {0};
	struct proto_op drain = op_of_node(1, 11, "b:2");

	assert_int_equal(world_counters(w).next_node, 1);
	refuse(w, op_of_node(2, 11, "a:1"), DFS_E_INVAL, "next number to give is 1");
	world_must(w, op_of_node(1, 11, "a:1"));
	refuse(w, op_of_node(2, 11, "a:1"), DFS_E_EXIST, "has number 1 already");
	refuse(w, op_of_node(1, 12, "a:1"), DFS_E_EXIST, "datanode 1 is");
	world_must(w, op_of_node(2, 12, "c:3"));
	drain.node_set.draining = true;
	world_must(w, drain);
	assert_int_equal(world_counters(w).next_node, 3);
	assert_int_equal(meta_each_node(w->meta, node_seen, &seen), 0);
	assert_string_equal(seen.data, "1=11@b:2/r1! 2=12@c:3/r1 ");
	buf_fini(&seen);
}

static const char *setting(struct world *w, const char *name)
{
	const char *value;

	assert_int_equal(meta_setting(w->meta, name, &w->arena, &value, &w->err), 0);
	return value;
}

static void settings_are_kept_until_they_are_taken_away(void **state)
{
	struct world *w = *state;
	struct proto_op op = {.kind = PROTO_OP_SETTING_SET, .setting_set = {"balance", "5"}};

	assert_string_equal(setting(w, "balance"), "");
	world_must(w, op);
	op.setting_set.value = "20";
	world_must(w, op);
	op.setting_set.name = "other_1";
	world_must(w, op);
	assert_int_equal(world_reopen(w, CLUSTER, false), 0);
	assert_string_equal(setting(w, "balance"), "20");
	assert_string_equal(setting(w, "balanc"), "");
	op.setting_set = (struct proto_op_setting_set){"balance", ""};
	world_must(w, op);
	world_must(w, op); /* gone already: as good */
	assert_string_equal(setting(w, "balance"), "");
	assert_string_equal(setting(w, "other_1"), "20");
	op.setting_set.name = "";
	refuse(w, op, DFS_E_INVAL, "setting's name");
	op.setting_set.name = "../x";
	refuse(w, op, DFS_E_INVAL, "setting's name");
}

static void a_drain_changes_nothing_but_that(void **state)
{
	struct world *w = *state;
	struct proto_op drain = {.kind = PROTO_OP_NODE_DRAIN, .node_drain = {1, true}};
	struct buf seen = {0};

	refuse(w, drain, DFS_E_NOENT, "no datanode 1");
	world_must(w, op_of_node(1, 11, "a:1"));
	world_must(w, drain);
	assert_int_equal(w->result.value, 1);
	assert_int_equal(world_reopen(w, CLUSTER, false), 0);
	assert_int_equal(meta_each_node(w->meta, node_seen, &seen), 0);
	assert_string_equal(seen.data, "1=11@a:1/r1! ");
	drain.node_drain.draining = false;
	world_must(w, drain);
	buf_clear(&seen);
	assert_int_equal(meta_each_node(w->meta, node_seen, &seen), 0);
	assert_string_equal(seen.data, "1=11@a:1/r1 ");
	buf_fini(&seen);
}

static void one_that_is_forgotten_leaves_its_number_given(void **state)
{
	struct world *w = *state;
	struct proto_op forget = {.kind = PROTO_OP_NODE_FORGET, .node_forget = {2}};
	struct buf seen = {0};

	refuse(w, forget, DFS_E_NOENT, "no datanode 2");
	world_must(w, op_of_node(1, 11, "a:1"));
	world_must(w, op_of_node(2, 12, "b:2"));
	world_must(w, forget);
	assert_int_equal(w->result.value, 2);
	refuse(w, forget, DFS_E_NOENT, "no datanode 2");
	assert_int_equal(world_reopen(w, CLUSTER, false), 0);
	assert_int_equal(meta_each_node(w->meta, node_seen, &seen), 0);
	assert_string_equal(seen.data, "1=11@a:1/r1 ");
	assert_int_equal(world_counters(w).next_node, 3);
	/* It returns: the number is given to nobody, not even to itself. */
	refuse(w, op_of_node(2, 12, "b:2"), DFS_E_INVAL, "next number to give is 3");
	world_must(w, op_of_node(3, 12, "b:2"));
	buf_clear(&seen);
	assert_int_equal(meta_each_node(w->meta, node_seen, &seen), 0);
	assert_string_equal(seen.data, "1=11@a:1/r1 3=12@b:2/r1 ");
	world_check(w->kv);
	buf_fini(&seen);
}

/* ---- repeated requests (RULES 17) ---- */

static void repeat_gets_the_first_answer(void **state)
{
	struct world *w = *state;
	uint64_t operation, inode, applied;
	struct proto_op again = op_of_mkdir("/a"), logged;
	struct buf before = {0}, after = {0};

	w->client = 7;
	w->sequence = 1;
	world_must(w, again);
	operation = w->result.operation;
	inode = w->result.value;
	assert_false(w->result.repeated);
	applied = w->applied;
	world_dump(w->kv, &before);
	world_must(w, again);
	world_dump(w->kv, &after);
	assert_true(w->result.repeated);
	assert_int_equal(w->result.operation, operation);
	assert_int_equal(w->result.value, inode);
	assert_int_equal(w->result.attr.inode, inode);
	assert_int_equal(w->result.attr.kind, PROTO_KIND_DIR);
	assert_string_equal(w->result.attr.name, "a");
	assert_int_equal(w->applied, applied);
	assert_int_equal(before.size, after.size);
	assert_memory_equal(before.data, after.data, after.size);
	assert_int_equal(meta_logged(w->meta, operation, &w->arena, &logged, &w->err), 0);
	assert_string_equal(logged.mkdir.path, "/a");
	assert_int_equal(
	        meta_logged(w->meta, operation + 1, &w->arena, &logged, &w->err), DFS_E_NOENT);
	/* It outlives the master. */
	assert_int_equal(world_reopen(w, CLUSTER, false), 0);
	world_must(w, again);
	assert_true(w->result.repeated);
	/* Another sequence, or another client, is another request. */
	w->sequence = 2;
	refuse(w, again, DFS_E_EXIST, "/a");
	w->client = 8;
	w->sequence = 1;
	refuse(w, again, DFS_E_EXIST, "/a");
	buf_fini(&before);
	buf_fini(&after);
}

static void repeated_rename_does_not_answer_noent(void **state)
{
	struct world *w = *state;

	world_must(w, op_of_create("/a"));
	w->client = 7;
	w->sequence = 1;
	world_must(w, op_of_rename("/a", "/b"));
	world_must(w, op_of_rename("/a", "/b"));
	assert_true(w->result.repeated);
	assert_string_equal(w->result.attr.name, "b");
}

static void repeated_remove_and_commit_tell_what_they_told(void **state)
{
	struct world *w = *state;
	uint64_t chunk, at = 0, session = world_session(w, "/a b", 1, &chunk);
	struct proto_extent_new part = extent_of(&at, chunk, 0, 42);
	struct meta_result first;
	static struct proto_op ops[2];

	ops[0] = op_of_commit(session, at, &part, 1);
	ops[1] = op_of_remove("/a b");
	ops[0].commit.mtime_ns = -5;
	w->client = 7;
	for (int i = 0; i < 2; i++) {
		w->sequence = (uint64_t)i + 1;
		world_must(w, ops[i]);
		first = w->result;
		if (i == 0) { /* replaced by another, and removed, before the repeat comes */
			w->client = 0;
			world_put(w, "/a b", 3);
			w->client = 7;
		}
		world_must(w, ops[i]);
		assert_true(w->result.repeated);
		assert_string_equal(w->result.attr.name, "a b");
		assert_int_equal(w->result.attr.size, first.attr.size);
		assert_int_equal(w->result.attr.generation, first.attr.generation);
		assert_int_equal(w->result.attr.mtime_ns, first.attr.mtime_ns);
		assert_int_equal(w->result.attr.inode, first.attr.inode);
		assert_int_equal(w->result.attr.mode, 0640);
	}
}

static void repeat_in_one_batch_is_applied_once(void **state)
{
	struct world *w = *state;
	struct proto_op op = op_of_create("/a");

	for (int i = 0; i < 10; i++)
		meta_submit(w->meta, &op, 7, 1, NULL, NULL);
	while (!meta_idle(w->meta))
		assert_true(sim_step(w->sim));
	assert_int_equal(w->applied, 1);
	assert_int_equal(world_stat(w, "/").size, 1);
}

static void what_queues_while_a_batch_commits_is_one_commit(void **state)
{
	struct world *w = *state;
	uint64_t before = meta_commits(w->meta);
	char path[16];

	for (int i = 0; i < 10; i++) {
		struct proto_op op = op_of_create(path);

		snprintf(path, sizeof(path), "/%d", i);
		meta_submit(w->meta, &op, 0, 0, NULL, NULL);
	}
	while (!meta_idle(w->meta))
		assert_true(sim_step(w->sim));
	assert_int_equal(w->applied, 10);
	assert_int_equal(
	        meta_commits(w->meta) - before, 2); /* the first, and those that came meanwhile */
}

/* Sequences of one client may come in any order: a late one says nothing of those after it. */
static void repeat_behind_an_older_request_is_applied_once(void **state)
{
	struct world *w = *state;
	struct proto_op late = op_of_create("/late"), done = op_of_create("/done"),
	                other = op_of_create("/other");

	w->client = 7;
	w->sequence = 5;
	world_must(w, done);
	meta_submit(w->meta, &other, 7, 6, NULL, NULL); /* goes alone, the next two together */
	meta_submit(w->meta, &late, 7, 3, NULL, NULL);
	world_must(w, done);
	assert_true(w->result.repeated);
	assert_int_equal(world_stat(w, "/").size, 3);
}

static uint64_t answers(struct world *w)
{
	struct kv_txn *txn;
	struct kv_cursor *cursor;
	struct kv_bytes key, value;
	uint64_t count = 0;

	assert_int_equal(w->kv->ops->begin(w->kv, false, &txn), 0);
	assert_int_equal(w->kv->ops->cursor_open(txn, 8, &cursor), 0);
	for (int rc = w->kv->ops->seek(cursor, (struct kv_bytes){"", 0}, &key, &value); rc == 0;
	        rc = w->kv->ops->next(cursor, &key, &value))
		count++;
	w->kv->ops->cursor_close(cursor);
	w->kv->ops->abort(txn);
	return count;
}

static void answers_end_after_ten_minutes(void **state)
{
	struct world *w = *state;
	char path[32];

	w->client = 7;
	for (int i = 0; i < 50; i++) {
		snprintf(path, sizeof(path), "/f%d", i);
		w->sequence++;
		world_must(w, op_of_create(path));
	}
	assert_int_equal(answers(w), 50);
	sim_run_for(w->sim, 599000);
	world_must(w, op_of_create(path));
	assert_true(w->result.repeated);
	w->sequence++;
	world_must(w, op_of_create("/more"));
	assert_int_equal(answers(w), 51);
	sim_run_for(w->sim, 2000);
	for (int i = 0; i < 20; i++) { /* each adds one and drops two */
		snprintf(path, sizeof(path), "/g%d", i);
		w->sequence++;
		world_must(w, op_of_create(path));
	}
	assert_int_equal(answers(w), 51 + 20 - 40);
	world_check(w->kv);
	w->sequence = 1;
	refuse(w, op_of_create("/f0"), DFS_E_EXIST, "/f0"); /* forgotten */
}

/* ---- crashes ---- */

struct crash_count {
	int told;
};

static void crash_told(void *arg, const struct meta_result *result)
{
	((struct crash_count *)arg)->told++;
}

/* At any moment: what was answered is there, and a batch is there whole or not at all. */
static void crash_keeps_or_loses_a_batch_whole(void **state)
{
	enum { BATCH = 20, TRIES = 40 };
	int kept = 0, lost = 0;

	for (int try = 0; try < TRIES; try++) {
		struct world *w = world_create(false, 100 + (uint64_t)try);
		struct crash_count count = {0};
		int found = 0;
		char path[32];

		for (int i = 0; i < BATCH; i++) {
			struct proto_op op;

			snprintf(path, sizeof(path), "/f%d", i);
			op = op_of_create(path);
			/* The first goes alone, the others are the second batch. */
			meta_submit(w->meta, &op, 7, (uint64_t)i + 1, crash_told, &count);
		}
		for (int steps = 0; steps < try % 8; steps++)
			sim_step(w->sim);
		sim_host_crash(w->host, false);
		meta_close(w->meta);
		sim_host_restart(w->host);
		assert_int_equal(world_open(w, CLUSTER, false), 0);
		assert_int_equal(meta_epoch(w->meta), 2);
		for (int i = 0; i < BATCH; i++) {
			snprintf(path, sizeof(path), "/f%d", i);
			found += world_stat_code(w, path) == 0;
		}
		assert_true(found == 0 || found == 1 || found == BATCH);
		assert_true(found >= count.told);
		kept += found == BATCH;
		lost += found < BATCH;
		world_check(w->kv);
		/* Its writers ask again and get what they would have got. */
		w->client = 7;
		for (int i = 0; i < BATCH; i++) {
			snprintf(path, sizeof(path), "/f%d", i);
			w->sequence = (uint64_t)i + 1;
			world_must(w, op_of_create(path));
			assert_int_equal(w->result.repeated, i < found);
		}
		assert_int_equal(world_stat(w, "/").size, BATCH);
		world_destroy(w);
	}
	assert_true(kept > 0 && lost > 0);
}

static void failed_commit_ends_it_without_an_answer(void **state)
{
	struct world *w = *state;
	struct crash_count count = {0};
	struct proto_op op = op_of_create("/f");

	sim_disk_fail_after(w->host, 1);
	meta_submit(w->meta, &op, 0, 0, crash_told, &count);
	meta_submit(w->meta, &op, 0, 0, crash_told, &count);
	for (int i = 0; i < 100 && sim_step(w->sim); i++)
		;
	assert_true(w->fatal);
	assert_non_null(strstr(w->err.text, "commit failed"));
	assert_int_equal(count.told, 0);
	assert_true(meta_idle(w->meta));
	meta_submit(w->meta, &op, 0, 0, crash_told, &count);
	while (sim_step(w->sim))
		;
	assert_int_equal(count.told, 0);
}

/* ---- damage (RULES 21) ---- */

static void flip(struct kv *kv, int table, const void *key, size_t size, size_t byte)
{
	struct kv_txn *txn;
	struct kv_bytes value;
	char damaged[8192];

	assert_int_equal(kv->ops->begin(kv, true, &txn), 0);
	assert_int_equal(kv->ops->get(txn, table, (struct kv_bytes){key, size}, &value), 0);
	assert_true(value.size <= sizeof(damaged));
	memcpy(damaged, value.data, value.size);
	damaged[byte % value.size] ^= 1;
	assert_int_equal(kv->ops->put(txn, table, (struct kv_bytes){key, size},
	                         (struct kv_bytes){damaged, value.size}),
	        0);
	assert_int_equal(kv->ops->commit(txn), 0);
}

static void flipped_byte_is_corrupt_and_says_where(void **state)
{
	static const unsigned char inode[8] = {0, 0, 0, 0, 0, 0, 0, 2};
	struct world *w = *state;
	struct proto_attr attr;
	struct proto_op op = op_of_remove("/f");

	world_must(w, op_of_create("/f"));
	world_must(w, op_of_create("/g"));
	for (size_t byte = 0; byte < 90; byte++) {
		flip(w->kv, 2, inode, sizeof(inode), byte);
		assert_int_equal(
		        meta_stat(w->meta, "/f", &w->arena, &attr, &w->err), DFS_E_CORRUPT);
		assert_non_null(strstr(w->err.text, "table inode, key 0000000000000002"));
		if (byte == 0) {
			refuse(w, op, DFS_E_CORRUPT, "table inode, key 0000000000000002");
			refuse(w, op_of_rename("/f", "/h"), DFS_E_CORRUPT, "key 0000000000000002");
			assert_int_equal(meta_check(w->kv, NULL, NULL, &w->err), DFS_E_CORRUPT);
		}
		flip(w->kv, 2, inode, sizeof(inode), byte);
	}
	world_must(w, op_of_remove("/f"));
}

static void value_in_anothers_place_is_corrupt(void **state)
{
	static const unsigned char first[8] = {0, 0, 0, 0, 0, 0, 0, 2},
	                           second[8] = {0, 0, 0, 0, 0, 0, 0, 3};
	struct world *w = *state;
	struct kv_txn *txn;
	struct kv_bytes value;
	char copy[256];
	size_t size;

	world_must(w, op_of_create("/f"));
	world_must(w, op_of_create("/g"));
	assert_int_equal(w->kv->ops->begin(w->kv, false, &txn), 0);
	assert_int_equal(w->kv->ops->get(txn, 2, (struct kv_bytes){first, 8}, &value), 0);
	size = value.size;
	memcpy(copy, value.data, size);
	w->kv->ops->abort(txn);
	put_raw(w->kv, 2, second, 8, copy, size);
	assert_int_equal(world_stat_code(w, "/g"), DFS_E_CORRUPT);
	world_must(w, op_of_remove("/f"));
	meta_close(w->meta); /* left damaged: the teardown must not check it */
	w->meta = NULL;
}

/* Damage that an operation meets only while it puts: it alone is refused, its batch goes on. */
static void damage_met_while_putting_refuses_that_one_only(void **state)
{
	struct world *w = *state;
	struct proto_op good = op_of_create("/good"), bad = op_of_remove("/f");
	uint64_t chunk;
	struct meta_extents found;
	unsigned char key[8];

	world_put(w, "/f", 3);
	assert_int_equal(meta_extents(w->meta, "/f", 0, 0, 0, 0, &w->arena, &found, &w->err), 0);
	chunk = found.extents[2].chunk;
	for (int i = 0; i < 8; i++)
		key[i] = (unsigned char)(chunk >> (56 - 8 * i));
	flip(w->kv, 4, key, sizeof(key), 3);
	world_refuse(w, &bad, DFS_E_CORRUPT, "table chunk");
	meta_submit(w->meta, &bad, 0, 0, NULL, NULL);
	meta_submit(w->meta, &good, 0, 0, NULL, NULL);
	meta_submit(w->meta, &bad, 0, 0, NULL, NULL);
	while (!meta_idle(w->meta))
		assert_true(sim_step(w->sim));
	assert_int_equal(world_stat(w, "/good").kind, PROTO_KIND_FILE);
	assert_int_equal(world_stat(w, "/f").size, 3000);
	flip(w->kv, 4, key, sizeof(key), 3);
	world_must(w, bad);
}

/* ---- full (RULES 18) ---- */

struct full_count {
	int done, full;
};

static void full_told(void *arg, const struct meta_result *result)
{
	struct full_count *count = arg;

	assert_true(result->code == 0 || result->code == DFS_E_NOSPC);
	count->done += result->code == 0;
	if (result->code == DFS_E_NOSPC) {
		assert_non_null(strstr(result->err.text, "full"));
		count->full++;
	}
}

static void fill_until_full(struct world *w)
{
	enum { BATCH = 200 };
	struct full_count count = {0};
	uint64_t inode = world_counters(w).next_inode;
	char path[300];
	int made = 0;

	/* Long names: each takes a good part of what is left. */
	for (int i = 0; count.full == 0;) {
		assert_true(i < 100000);
		for (int j = 0; j < BATCH; j++, i++) {
			struct proto_op op;

			snprintf(path, sizeof(path), "/%0250d", i);
			op = op_of_create(path);
			meta_submit(w->meta, &op, 0, 0, full_told, &count);
		}
		while (!meta_idle(w->meta))
			assert_true(sim_step(w->sim));
		made = count.done;
	}
	assert_false(w->fatal);
	assert_true(made > 0);
	assert_int_equal(world_stat(w, "/").size, made);
	assert_int_equal(world_counters(w).files, made);
	assert_int_equal(world_counters(w).next_inode, inode + (uint64_t)made);
	world_check(w->kv);
}

static void full_store_refuses_one_by_one(void **state)
{
	struct world *w = *state;

	sim_kv_capacity(w->kv, 200000);
	fill_until_full(w);
	sim_kv_capacity(w->kv, 400000);
	world_must(w, op_of_create("/fits-again"));
}

static void full_lmdb_refuses_one_by_one(void **state)
{
	struct world *w = *state;

	w->map_bytes = 1 << 20;
	assert_int_equal(world_reopen(w, CLUSTER, false), 0);
	fill_until_full(w);
	w->map_bytes = 2 << 20;
	assert_int_equal(world_reopen(w, CLUSTER, false), 0);
	world_must(w, op_of_create("/fits-again"));
}

static void operations_without_a_kind_are_refused(void **state)
{
	struct world *w = *state;

	refuse(w, (struct proto_op){.kind = PROTO_OP_NONE}, DFS_E_INVAL, "");
	refuse(w, (struct proto_op){.kind = (enum proto_op_kind)PROTO_OPS}, DFS_E_INVAL, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(each_opening_is_a_new_epoch),
	        TEST(foreign_or_missing_databases_are_refused),
	        TEST(rows_without_counters_are_damage),
	        TEST(newer_format_is_refused),
	        TEST(ids_never_run_out_and_never_repeat),
	        TEST(ids_wait_for_their_reservation),
	        TEST(reservations_and_epochs_go_one_way),
	        TEST(datanodes_keep_their_numbers),
	        TEST(a_drain_changes_nothing_but_that),
	        TEST(one_that_is_forgotten_leaves_its_number_given),
	        TEST(settings_are_kept_until_they_are_taken_away),
	        TEST(repeat_gets_the_first_answer),
	        TEST(repeated_rename_does_not_answer_noent),
	        TEST(repeated_remove_and_commit_tell_what_they_told),
	        TEST(repeat_in_one_batch_is_applied_once),
	        TEST(what_queues_while_a_batch_commits_is_one_commit),
	        TEST(repeat_behind_an_older_request_is_applied_once),
	        TEST(answers_end_after_ten_minutes),
	        cmocka_unit_test(crash_keeps_or_loses_a_batch_whole),
	        TEST(failed_commit_ends_it_without_an_answer),
	        TEST(flipped_byte_is_corrupt_and_says_where),
	        TEST(value_in_anothers_place_is_corrupt),
	        TEST(damage_met_while_putting_refuses_that_one_only),
	        TEST(full_store_refuses_one_by_one),
	        cmocka_unit_test_setup_teardown(
	                full_lmdb_refuses_one_by_one, world_setup_lmdb, world_teardown),
	        TEST(operations_without_a_kind_are_refused),
	};

	return cmocka_run_group_tests_name("meta_system", tests, NULL, NULL);
}
