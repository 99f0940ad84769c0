/* SPDX-License-Identifier: MIT */
/* Bits rot on the disks of a whole cluster: they are found, mended from good copies, and where
 * there is none nothing is thrown away (GFS 5.2, RULES 3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "meta/table.h"
#include "store/scrub.h"
#include "world.h"

enum { NODES = 3, CHUNK = 1 << 20, SIZE = 3 * CHUNK, SPAN = 65536 };

struct story {
	struct world *world;
	char *bytes;
	uint64_t chunks[3];
	struct buf json;
};

static void call(struct story *story, enum proto_call which, const void *args)
{
	story->json.size = 0;
	assert_int_equal(world_call(story->world, 0, which, args, &story->json), 0);
	buf_append(&story->json, "", 1);
}

static bool says(struct story *story, const char *text)
{
	return strstr((const char *)story->json.data, text) != NULL;
}

static void chunks_of(struct story *story, const char *path)
{
	struct proto_locate_args locate = {.path = path, .limit = 64};
	const char *at;
	unsigned count = 0;

	call(story, PROTO_CALL_LOCATE, &locate);
	for (at = (const char *)story->json.data; (at = strstr(at, "\"chunk\":\"")); at++)
		story->chunks[count++] = strtoull(at + 9, NULL, 16);
	assert_int_equal(count, 3);
}

static struct story *begin_with(uint64_t seed, uint32_t goal)
{
	struct world_options options = {.seed = seed,
	        .nodes = NODES,
	        .clients = 1,
	        .master = {.timing = {.safe_mode_ms = 5000}}};
	struct client_put how = {
	        .path = "/sets/file", .chunk_size = CHUNK, .mode = 0644, .goal = goal};
	struct proto_mkdir_args mkdir = {.path = "/sets", .mode = 0755};
	struct story *story = calloc(1, sizeof(*story));
	struct world_put put;

	story->world = world_create(&options);
	world_start(story->world);
	sim_run_for(story->world->sim, 10000); /* safe mode, and the seals */
	call(story, PROTO_CALL_MKDIR, &mkdir);
	story->bytes = world_bytes(seed, SIZE);
	world_put(story->world, 0, &how, story->bytes, SIZE, &put);
	assert_true(world_run_until(story->world, &put.over, 60000));
	assert_int_equal(put.result.code, 0);
	sim_run_for(story->world->sim, 5000);
	chunks_of(story, "/sets/file");
	return story;
}

static struct story *begin(uint64_t seed)
{
	return begin_with(seed, 3);
}

static void finish(struct story *story)
{
	world_destroy(story->world);
	free(story->bytes);
	buf_fini(&story->json);
	free(story);
}

static void path_of(char ret[96], const char *folder, uint64_t chunk, const char *suffix)
{
	if (folder)
		snprintf(ret, 96, "/data/%s/%016llx%s", folder, (unsigned long long)chunk, suffix);
	else
		snprintf(ret, 96, "/data/chunks/%02x/%016llx%s", (unsigned)(chunk % 256),
		        (unsigned long long)chunk, suffix);
}

static void rot(struct story *story, unsigned node, unsigned chunk, uint64_t bit)
{
	char path[96];

	path_of(path, NULL, story->chunks[chunk], ".data");
	assert_int_equal(sim_disk_flip(story->world->nodes[node].host, path, bit), 0);
}

static bool there(
        struct story *story, unsigned node, const char *folder, unsigned chunk, const char *suffix)
{
	struct io *io = sim_host_io(story->world->nodes[node].host);
	char path[96];
	int handle;

	path_of(path, folder, story->chunks[chunk], suffix);
	handle = io_disk(io, open, path, IO_OPEN_READ);
	if (handle >= 0)
		io_disk(io, close, handle);
	return handle >= 0;
}

static void cut_file(struct story *story, unsigned node, unsigned chunk, uint64_t size)
{
	struct io *io = sim_host_io(story->world->nodes[node].host);
	char path[96];
	int handle;

	path_of(path, NULL, story->chunks[chunk], ".data");
	handle = io_disk(io, open, path, IO_OPEN_WRITE);
	assert_true(handle >= 0);
	assert_int_equal(io_disk(io, truncate, handle, size), 0);
	io_disk(io, close, handle);
}

static void scrub_now(struct story *story, uint64_t rate)
{
	struct proto_scrub_args args = {.now = true, .rate = rate};

	call(story, PROTO_CALL_SCRUB, &args);
	assert_false(says(story, "connected"));
}

/* All passes over, and, with `repaired`, nothing bad left. The passes are the first since the
 * start. */
static bool scrubbed(struct story *story, bool repaired, unsigned rounds)
{
	struct proto_scrub_asked asked[NODES] = {{1, 1, ""}, {2, 1, ""}, {3, 1, ""}};
	struct proto_scrub_wait_args args = {
	        .asked = asked, .asked_count = NODES, .repaired = repaired, .wait_ms = 2000};

	do
		call(story, PROTO_CALL_SCRUB_WAIT, &args);
	while (!says(story, "\"over\":true") && --rounds > 0);
	return rounds > 0;
}

static void fsck(struct story *story, bool repair)
{
	struct proto_fsck_args args = {.path = "/", .repair = repair};
	struct proto_fsck_read_args read = {.wait_ms = 2000};

	call(story, PROTO_CALL_FSCK, &args);
	read.check = strtoull(strstr((const char *)story->json.data, ":\"") + 2, NULL, 10);
	do
		call(story, PROTO_CALL_FSCK_READ, &read);
	while (!says(story, "\"over\":true"));
}

static void reads_back(struct story *story, const char *path)
{
	struct world_get get;

	world_get(story->world, 0, path, &get);
	assert_true(world_run_until(story->world, &get.over, 60000));
	assert_int_equal(get.result.code, 0);
	assert_int_equal(get.bytes.size, SIZE);
	assert_memory_equal(get.bytes.data, story->bytes, SIZE);
	buf_fini(&get.bytes);
}

/* A replica rots unread; its node dies in the middle of the pass and comes back. */
static void rot_is_found_and_repaired_across_a_restart(void **state)
{
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct story *story = begin(seed);
		unsigned node = seed % NODES;

		/* The last chunk in order of id: the pass is not there yet when the node goes. */
		rot(story, node, 2, seed * 1234567 % (CHUNK * 8));
		scrub_now(story, 128 * 1024); /* 8 s a chunk */
		sim_run_for(story->world->sim, 10000 + seed * 300);
		if (seed % 2)
			world_node_kill(story->world, node);
		else
			world_node_crash(story->world, node, false);
		sim_run_for(story->world->sim, 2000);
		world_node_start(story->world, node);
		assert_true(world_await_up(story->world, NODES, 60000));
		assert_true(scrubbed(story, true, 200));
		assert_true(says(story, "\"found\":\"1\""));
		/* RULES 3: the old pair was kept until the new one was there, and lies aside now.
		 */
		assert_true(there(story, node, "bad", 2, ".data"));
		assert_true(there(story, node, NULL, 2, ".data"));
		assert_true(there(story, node, NULL, 2, ".idx"));
		fsck(story, false);
		assert_true(says(story, "\"faults\":[]"));
		/* The other two may go: the new copy alone has the bytes. */
		for (unsigned other = 0; other < NODES; other++)
			if (other != node)
				world_node_kill(story->world, other);
		reads_back(story, "/sets/file");
		finish(story);
	}
}

static bool log_says(struct story *story, const char *text)
{
	buf_append(&story->world->trace, "", 1);
	story->world->trace.size--;
	return strstr((const char *)story->world->trace.data, text) != NULL;
}

/* Bytes [from, from + size) of the file, or why not. */
static int read_part(struct story *story, uint64_t from, uint64_t size, struct world_get *ret)
{
	world_get_part(story->world, 0, "/sets/file", from, size, ret);
	assert_true(world_run_until(story->world, &ret->over, 600000));
	if (ret->result.code == 0) {
		assert_int_equal(ret->bytes.size, size);
		assert_memory_equal(ret->bytes.data, story->bytes + from, size);
	}
	buf_fini(&ret->bytes);
	return ret->result.code;
}

/* All replicas rot, each at another span: by data, by an entry of the index, by a file that is cut;
 * found by the scrub or by readers; with whatever dies while they are put together. */
static void replicas_that_rot_at_different_spans_come_back_whole(void **state)
{
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct story *story = begin(seed);
		char path[96];

		for (unsigned node = 0; node < NODES; node++)
			rot(story, node, 1, 8 * (uint64_t)(SPAN * (node * 4 + seed % 4) + 777));
		if (seed % 4 == 1) { /* and an entry of an index, of a span in the middle */
			path_of(path, NULL, story->chunks[1], ".idx");
			assert_int_equal(sim_disk_flip(story->world->nodes[2].host, path,
			                         8 * (64 * 14 + 20)),
			        0);
		}
		if (seed % 4 == 2) /* and one that ends early */
			cut_file(story, 1, 1, CHUNK - 3 * SPAN + 5);
		if (seed % 2)
			scrub_now(story, 0);
		else
			reads_back(story, "/sets/file"); /* from the bad ones, as they are found */
		if (seed > 4) {
			sim_run_for(story->world->sim, seed * 7);
			world_node_crash(story->world, seed % NODES, false);
			world_node_start(story->world, seed % NODES);
		}
		if (seed == 7) {
			world_master_kill(story->world);
			world_master_start(story->world);
		}
		assert_true(world_await_up(story->world, NODES, 60000));
		sim_run_for(story->world->sim, 90000);
		if (seed % 2 == 0)
			scrub_now(story, 0);
		sim_run_for(story->world->sim, 90000);
		assert_true(log_says(story, "event=assembled"));
		fsck(story, false);
		assert_true(says(story, "\"faults\":[]"));
		/* Each of them has it now. */
		for (unsigned node = 0; node < NODES; node++) {
			assert_true(there(story, node, NULL, 1, ".idx"));
			assert_false(there(story, node, NULL, 1, ".bad"));
		}
		world_node_kill(story->world, seed % NODES);
		reads_back(story, "/sets/file");
		finish(story);
	}
}

/* The same with two replicas, and a third datanode that takes the new one. */
static void two_rotten_replicas_make_a_good_one(void **state)
{
	struct story *story = begin_with(21, 2);
	unsigned at[2], count = 0;

	for (unsigned node = 0; node < NODES; node++)
		if (there(story, node, NULL, 1, ".data"))
			at[count++] = node;
	assert_int_equal(count, 2);
	rot(story, at[0], 1, 8 * SPAN * 3);
	rot(story, at[1], 1, 8 * SPAN * 9);
	scrub_now(story, 0);
	assert_true(scrubbed(story, true, 100));
	fsck(story, false);
	assert_true(says(story, "\"faults\":[]"));
	reads_back(story, "/sets/file");
	finish(story);
}

/* What is left of a replica is read, and what is not is named to the byte. */
static void one_span_rotten_in_all_is_named_and_the_rest_is_read(void **state)
{
	struct story *story = begin(5);
	struct world_get get;
	char text[120];

	for (unsigned node = 0; node < NODES; node++)
		rot(story, node, 1, 8 * (SPAN * 5 + node * 1000));
	scrub_now(story, 0);
	assert_true(scrubbed(story, false, 100));
	sim_run_for(story->world->sim, 60000);
	assert_int_equal(read_part(story, 0, CHUNK + 5 * SPAN, &get), 0);
	assert_int_equal(read_part(story, CHUNK + 6 * SPAN, SIZE - CHUNK - 6 * SPAN, &get), 0);
	assert_int_equal(read_part(story, CHUNK + 100, SPAN, &get), 0);
	assert_int_equal(read_part(story, 0, SIZE, &get), DFS_E_LOST);
	snprintf(text, sizeof(text),
	        "bytes %d to %d cannot be read: they are bad in every replica of chunk %016llx",
	        CHUNK + 5 * SPAN, CHUNK + 6 * SPAN - 1, (unsigned long long)story->chunks[1]);
	assert_non_null(strstr(get.result.err.text, text));
	/* One byte of it is no better than all of it. */
	assert_int_equal(read_part(story, CHUNK + 6 * SPAN - 1, 1, &get), DFS_E_LOST);
	fsck(story, false);
	assert_true(says(story, "\"kind\":\"lost\""));
	snprintf(text, sizeof(text),
	        "bytes %d to %d are lost: their span is bad in all 3 replicas that are left",
	        5 * SPAN, 6 * SPAN - 1);
	assert_true(says(story, text));
	/* One of them comes back as it was: the rest is taken from whoever has it. */
	world_node_kill(story->world, 1);
	rot(story, 1, 1, 8 * (SPAN * 5 + 1000));
	world_node_start(story->world, 1);
	assert_true(world_await_up(story->world, NODES, 60000));
	sim_run_for(story->world->sim, 60000);
	fsck(story, false);
	assert_true(says(story, "\"faults\":[]"));
	reads_back(story, "/sets/file");
	finish(story);
}

static void where_all_replicas_rot_nothing_is_deleted_and_the_file_is_named(void **state)
{
	for (uint64_t seed = 1; seed <= 2; seed++) {
		struct story *story = begin(seed);

		for (unsigned node = 0; node < NODES; node++)
			rot(story, node, 1, 8 * (3 * SPAN + (node + seed) * 7000));
		scrub_now(story, 0);
		assert_true(scrubbed(story, false, 100));
		assert_false(scrubbed(story, true, 10));
		fsck(story, true);
		assert_true(says(story, "\"kind\":\"lost\""));
		assert_true(says(story, "/sets/file"));
		assert_true(says(story, "\"wrong\":\"1\""));
		/* Hours of repairs, restarts of everything: what is left of it stays. */
		for (unsigned node = 0; node < NODES; node++) {
			world_node_kill(story->world, node);
			world_node_start(story->world, node);
		}
		world_master_kill(story->world);
		world_master_start(story->world);
		sim_run_for(story->world->sim, 2 * 3600 * 1000);
		for (unsigned node = 0; node < NODES; node++) {
			assert_true(there(story, node, NULL, 1, ".data"));
			assert_true(there(story, node, NULL, 1, ".idx"));
			assert_true(there(story, node, NULL, 1, ".bad"));
			assert_true(there(story, node, NULL, 0, ".data"));
		}
		fsck(story, false);
		assert_true(says(story, "\"kind\":\"lost\""));
		finish(story);
	}
}

/* One goes missing behind everybody's back, one loses its index: the scrub tells, the master
 * copies. */
static void deleted_files_are_found_and_made_anew(void **state)
{
	struct story *story = begin(11);
	char path[96];

	path_of(path, NULL, story->chunks[0], ".data");
	assert_int_equal(io_disk(sim_host_io(story->world->nodes[0].host), unlink, path), 0);
	path_of(path, NULL, story->chunks[1], ".idx");
	assert_int_equal(io_disk(sim_host_io(story->world->nodes[1].host), unlink, path), 0);
	fsck(story, false);
	assert_true(says(story, "\"faults\":[]")); /* nobody has looked yet */
	scrub_now(story, 0);
	assert_true(scrubbed(story, false, 100));
	assert_true(scrubbed(story, true, 100));
	assert_true(there(story, 0, NULL, 0, ".data"));
	assert_true(there(story, 1, NULL, 1, ".idx"));
	world_node_kill(story->world, 2);
	reads_back(story, "/sets/file");
	finish(story);
}

/* One disk answers to every sync and does nothing; the power goes. What it lost is copied from
 * those that have it, and nobody notices but the log. */
static void a_disk_that_lies_about_syncs_costs_nothing_but_copies(void **state)
{
	for (uint64_t seed = 41; seed <= 44; seed++) {
		struct story *story = begin(seed);
		struct client_put how = {
		        .path = "/sets/later", .chunk_size = CHUNK, .mode = 0644, .goal = 3};
		struct world_put put;

		sim_disk_lies(story->world->nodes[1].host, true);
		world_put(story->world, 0, &how, story->bytes, SIZE, &put);
		assert_true(world_run_until(story->world, &put.over, 60000));
		assert_int_equal(put.result.code, 0);
		sim_run_for(story->world->sim, seed % 2 ? 0 : 5000);
		world_node_crash(story->world, 1, false);
		sim_disk_lies(story->world->nodes[1].host, false);
		world_node_start(story->world, 1);
		assert_true(world_await_up(story->world, NODES, 60000));
		sim_run_for(story->world->sim, 60000);
		scrub_now(story, 0);
		assert_true(scrubbed(story, true, 100));
		sim_run_for(story->world->sim, 60000);
		fsck(story, false);
		assert_true(says(story, "\"wrong\":\"0\""));
		/* The one that lost it has it again. */
		world_node_kill(story->world, 0);
		world_node_kill(story->world, 2);
		reads_back(story, "/sets/later");
		finish(story);
	}
}

static void a_check_mends_wrong_counts_and_names_the_files(void **state)
{
	struct story *story = begin(21);
	struct kv *kv = sim_host_kv(story->world->master_host);
	struct table_key key = key_u64(story->chunks[1]);
	struct proto_row_chunk row;
	struct arena arena = {0};
	struct buf scratch = {0};
	struct kv_txn *txn;

	assert_int_equal(kv->ops->begin(kv, true, &txn), 0);
	assert_int_equal(table_read(txn, META_CHUNK, &key, &arena, &row, NULL), 0);
	row.refs = 5;
	assert_int_equal(table_write(txn, META_CHUNK, &key, &row, &scratch, NULL), 0);
	assert_int_equal(kv->ops->commit(txn), 0);
	buf_fini(&scratch);
	arena_fini(&arena);
	fsck(story, false);
	assert_true(says(story, "\"kind\":\"metadata\""));
	assert_true(says(story, "/sets/file"));
	assert_true(says(story, "5 references"));
	fsck(story, true);
	assert_true(says(story, "\"mended\":\"1\""));
	fsck(story, false);
	assert_true(says(story, "\"faults\":[]"));
	reads_back(story, "/sets/file");
	finish(story);
}

/* A check runs beside everything else: writers, a node that dies, a master that does. */
static void a_check_disturbs_nobody_and_is_disturbed_by_nobody(void **state)
{
	for (uint64_t seed = 31; seed <= 36; seed++) {
		struct story *story = begin(seed);
		struct client_put how = {
		        .path = "/sets/other", .chunk_size = CHUNK, .mode = 0644, .goal = 2};
		struct proto_fsck_args args = {.path = "/", .repair = seed % 2};
		struct world_put put;

		world_put(story->world, 0, &how, story->bytes, SIZE, &put);
		call(story, PROTO_CALL_FSCK, &args);
		sim_run_for(story->world->sim, seed % 3 * 5);
		if (seed % 3 == 0)
			world_node_kill(story->world, 2);
		if (seed % 3 == 1) {
			world_master_kill(story->world);
			world_master_start(story->world);
		}
		assert_true(world_run_until(story->world, &put.over, 120000));
		assert_int_equal(put.result.code, 0);
		sim_run_for(story->world->sim, 200000);
		if (seed % 3 == 0)
			world_node_start(story->world, 2);
		sim_run_for(story->world->sim, 60000);
		fsck(story, false);
		assert_true(says(story, "\"wrong\":\"0\""));
		reads_back(story, "/sets/file");
		finish(story);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rot_is_found_and_repaired_across_a_restart),
	        cmocka_unit_test(replicas_that_rot_at_different_spans_come_back_whole),
	        cmocka_unit_test(two_rotten_replicas_make_a_good_one),
	        cmocka_unit_test(one_span_rotten_in_all_is_named_and_the_rest_is_read),
	        cmocka_unit_test(where_all_replicas_rot_nothing_is_deleted_and_the_file_is_named),
	        cmocka_unit_test(deleted_files_are_found_and_made_anew),
	        cmocka_unit_test(a_disk_that_lies_about_syncs_costs_nothing_but_copies),
	        cmocka_unit_test(a_check_mends_wrong_counts_and_names_the_files),
	        cmocka_unit_test(a_check_disturbs_nobody_and_is_disturbed_by_nobody),
	};

	return cmocka_run_group_tests_name("sim_scrub", tests, NULL, NULL);
}
