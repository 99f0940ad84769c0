/* SPDX-License-Identifier: MIT */
#include "bench.h"

static const uint32_t on_123[] = {1, 2, 3, 0};

static void the_primary_s_lease_is_extended(void **state)
{
	struct bench *b = bench_new(3);

	bench_open_chunk(b, CHUNK(1), on_123);
	assert_int_equal(bench_progress(b, 1, CHUNK(1), 1, 10, 5), 60000);
	/* A secondary's hop goes on as long as the primary's: revoking it broke every long chain. */
	assert_int_equal(bench_progress(b, 2, CHUNK(1), 1, 10, 5), 60000);
	assert_int_equal(bench_progress(b, 1, CHUNK(2), 1, 10, 5), 0); /* unknown */
	assert_int_equal(bench_progress(b, 1, CHUNK(1), 0, 10, 5), 0); /* an older version */
	assert_int_equal(
	        bench_progress(b, 1, CHUNK(1), 2, 10, 5), 0); /* one that was never given */
	bench_free(b);
}

static void a_seal_revokes_the_lease_from_its_first_moment(void **state)
{
	struct bench *b = bench_new(3);
	struct sealed sealed;

	bench_open_chunk(b, CHUNK(1), on_123);
	bench_seal(b, CHUNK(1), 0, &sealed);
	assert_int_equal(bench_progress(b, 1, CHUNK(1), 1, 10, 5), 0);
	bench_free(b);
}

static void progress_from_an_unregistered_process_is_refused(void **state)
{
	struct bench *b = bench_new(1);
	struct proto_progress_args args = {.incarnation = 7};
	struct proto_progress_reply reply;
	struct dfs_error err = {0};

	assert_int_equal(cluster_node_progress(b->cluster, 1, &args, &b->arena, &reply, &err),
	        DFS_E_UNAVAIL);
	assert_int_equal(cluster_node_progress(b->cluster, 5, &args, &b->arena, &reply, &err),
	        DFS_E_UNAVAIL);
	bench_free(b);
}

static void chunks_open_only_on_known_nodes(void **state)
{
	struct bench *b = bench_new(3);
	const uint32_t unknown[] = {1, 99}, many[10] = {0};

	assert_int_equal(
	        cluster_chunk_opened(b->cluster, CHUNK(1), 1, unknown, 2, MIB), DFS_E_INVAL);
	assert_int_equal(cluster_chunk_opened(b->cluster, CHUNK(1), 1, many, 10, MIB), DFS_E_INVAL);
	assert_int_equal(cluster_chunk_opened(b->cluster, CHUNK(1), 1, many, 0, MIB), DFS_E_INVAL);
	assert_int_equal(cluster_chunk_opened(b->cluster, CHUNK(1), UINT64_MAX, on_123, 3, MIB),
	        DFS_E_RANGE);
	assert_int_equal(
	        cluster_chunk_opened(b->cluster, CHUNK(1), 1, on_123, 3, UINT64_MAX), DFS_E_RANGE);
	assert_int_equal(bench_counts(b).open_chunks, 0);
	bench_sealed_chunk(b, CHUNK(2), 1, on_123);
	assert_int_equal(
	        cluster_chunk_opened(b->cluster, CHUNK(2), 1, on_123, 3, MIB), DFS_E_EXIST);
	bench_free(b);
}

static void the_row_and_the_opening_may_come_in_any_order(void **state)
{
	struct bench *b = bench_new(3);
	struct proto_row_chunk row = {
	        .version = 1, .goal = 3, .nodes = (uint32_t[]){1, 2, 3}, .nodes_count = 3};

	assert_int_equal(cluster_chunk_known(b->cluster, CHUNK(1), &row), 0);
	assert_int_equal(cluster_chunk_opened(b->cluster, CHUNK(1), 1, on_123, 3, 64 * MIB), 0);
	assert_int_equal(bench_counts(b).open_chunks, 1);
	assert_int_equal(bench_state(b, CHUNK(1), 2), PROTO_REPLICA_STATE_OPEN);
	assert_int_equal(bench_progress(b, 1, CHUNK(1), 1, 10, 5), 60000);
	bench_free(b);
}

/* The master seals chunk 1 by itself: its version is on the way up. */
static void sealing(struct bench *b, const char *why)
{
	assert_int_equal(bench_submitted(b), 1);
	assert_true(bench_event(b, why));
	assert_int_equal(bench_durable(b, PROTO_OP_CHUNK_RAISE, 0).chunk_raise.version, 2);
}

static void a_suspect_replica_seals_the_chunk(void **state)
{
	struct bench *b = bench_new(4);

	b->writers_alive = true;
	bench_open_chunk(b, CHUNK(1), on_123);
	bench_run(b, 3000);
	assert_int_equal(bench_submitted(b), 0);
	b->machines[2].beating = false;
	bench_run(b, 4000);
	sealing(b, "a replica's node is suspect");
	bench_free(b);
}

static void a_draining_replica_seals_the_chunk(void **state)
{
	struct bench *b = bench_new(4);
	struct proto_row_node row = {
	        .uuid = 1003, .address = "node3:7070", .rack = "", .draining = true};

	bench_open_chunk(b, CHUNK(1), on_123);
	cluster_node_known(b->cluster, 3, &row);
	bench_run(b, 1000);
	sealing(b, "being emptied");
	bench_free(b);
}

static void a_replica_given_up_seals_the_chunk(void **state)
{
	struct bench *b = bench_new(4);
	struct proto_held bad = held(CHUNK(1), 1, 0, 0, PROTO_HELD_STATE_BAD);

	bench_open_chunk(b, CHUNK(1), on_123);
	bench_report(b, 2, false, &bad, 1);
	bench_run(b, 1000);
	sealing(b, "a replica was given up");
	bench_free(b);
}

static void an_idle_chunk_without_its_writer_is_sealed(void **state)
{
	struct bench *b = bench_new(4);

	bench_open_chunk(b, CHUNK(1), on_123);
	for (uint64_t i = 1; i <= 5; i++) { /* growing */
		bench_run(b, 30000);
		bench_progress(b, 1, CHUNK(1), 1, i, i);
	}
	bench_run(b, 59000);
	assert_int_equal(bench_submitted(b), 0);
	assert_int_equal(b->writer_questions, 0);
	bench_run(b, 2000);
	sealing(b, "idle");
	assert_int_equal(b->writer_questions, 1);
	bench_free(b);
}

static void progress_that_does_not_grow_is_idleness(void **state)
{
	struct bench *b = bench_new(4);

	bench_open_chunk(b, CHUNK(1), on_123);
	for (int i = 0; i < 61; i++) {
		bench_progress(b, 1, CHUNK(1), 1, 0, 0);
		bench_run(b, 1000);
	}
	sealing(b, "idle");
	bench_free(b);
}

static void an_idle_chunk_whose_writer_lives_stays_open(void **state)
{
	struct bench *b = bench_new(4);

	b->writers_alive = true;
	bench_open_chunk(b, CHUNK(1), on_123);
	bench_run(b, 600000);
	assert_int_equal(bench_submitted(b), 0);
	assert_in_range(b->writer_questions, 8, 10); /* asked once a minute, not at each tick */
	b->writers_alive = false;
	bench_run(b, 61000);
	sealing(b, "idle");
	bench_free(b);
}

static void a_sleep_of_the_master_is_no_idleness_of_the_chunk(void **state)
{
	struct bench *b = bench_new(3);

	bench_open_chunk(b, CHUNK(1), on_123);
	fake_io_stall(&b->fake, 100000);
	fake_io_run(&b->fake, 0);
	bench_run(b, 59000);
	assert_int_equal(bench_submitted(b), 0);
	bench_run(b, 2000);
	sealing(b, "idle");
	bench_free(b);
}

static void a_chunk_of_an_earlier_epoch_is_sealed_once_its_nodes_reported(void **state)
{
	struct bench *b = bench_bare();
	struct proto_row_node node = {.address = "x:1", .rack = ""};
	struct proto_row_chunk row = {.version = 1,
	        .goal = 2,
	        .floor = 100,
	        .nodes = (uint32_t[]){1, 2},
	        .nodes_count = 2};
	uint64_t chunk = ((uint64_t)(BENCH_EPOCH - 1) << 40) + 7;

	b->writers_alive = true; /* writer or no writer */
	for (uint32_t i = 1; i <= 3; i++) {
		node.uuid = 1000 + i;
		cluster_node_known(b->cluster, i, &node);
	}
	cluster_chunk_known(b->cluster, chunk, &row);
	bench_run(b, 5000);
	assert_int_equal(bench_submitted(b), 0);
	for (uint32_t i = 1; i <= 2; i++) {
		bench_start(b, i);
		bench_report(b, i, true,
		        (struct proto_held[]){held(chunk, 1, 100, 0, PROTO_HELD_STATE_OPEN)}, 1);
		assert_int_equal(bench_submitted(b), 0);
	}
	bench_run(b, 500); /* the third is still away: safe mode goes on */
	assert_true(bench_counts(b).safe_mode);
	sealing(b, "earlier epoch");
	bench_frozen(b, 1, 90, 1, 0);
	bench_frozen(b, 2, 100, 2, 0);
	assert_int_equal(bench_durable(b, PROTO_OP_CHUNK_SEAL, 0).chunk_seal.length, 100);
	bench_free(b);
}

static void in_safe_mode_nobody_is_missed_yet(void **state)
{
	struct bench *b = bench_bare();
	struct proto_row_node node = {.address = "x:1", .rack = ""};
	struct proto_row_chunk row = {.version = 1,
	        .goal = 2,
	        .floor = 100,
	        .nodes = (uint32_t[]){1, 2},
	        .nodes_count = 2};
	uint64_t chunk = ((uint64_t)(BENCH_EPOCH - 1) << 40) + 7;

	for (uint32_t i = 1; i <= 2; i++) {
		node.uuid = 1000 + i;
		cluster_node_known(b->cluster, i, &node);
	}
	cluster_chunk_known(b->cluster, chunk, &row);
	bench_start(b, 1);
	bench_report(b, 1, true,
	        (struct proto_held[]){held(chunk, 1, 100, 0, PROTO_HELD_STATE_OPEN)}, 1);
	bench_run(b, 55000); /* node 2 is dead for a long time */
	assert_int_equal(bench_submitted(b), 0);
	bench_run(b, 6000);
	sealing(b, "earlier epoch");
	bench_frozen(b, 1, 100, 1, 100);
	assert_int_equal(bench_durable(b, PROTO_OP_CHUNK_SEAL, 0).chunk_seal.length, 100);
	bench_free(b);
}

static void a_hostile_progress_cannot_raise_the_floor_beyond_a_chunk(void **state)
{
	struct bench *b = bench_new(3);
	struct sealed sealed;

	bench_open_chunk(b, CHUNK(1), on_123);
	bench_progress(b, 1, CHUNK(1), 1, UINT64_MAX, UINT64_MAX);
	bench_seal(b, CHUNK(1), 0, &sealed);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	for (uint32_t node = 1; node <= 3; node++)
		bench_frozen(b, node, 10, 1, 10);
	bench_durable(b, PROTO_OP_CHUNK_SEAL, 0);
	assert_int_equal(sealed.length, 10);
	bench_free(b);
}

static void a_word_from_before_the_freeze_does_not_undo_its_answer(void **state)
{
	struct bench *b = bench_new(3);
	struct sealed sealed;
	struct proto_held old = held(CHUNK(1), 1, 3, 9, PROTO_HELD_STATE_OPEN);

	bench_open_chunk(b, CHUNK(1), on_123);
	bench_seal(b, CHUNK(1), 0, &sealed);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	bench_frozen(b, 1, 20, 1, 10);
	bench_report(b, 1, false, &old, 1);
	bench_frozen(b, 2, 10, 1, 10);
	bench_frozen(b, 3, 10, 1, 10);
	assert_int_equal(bench_durable(b, PROTO_OP_CHUNK_SEAL, 0).chunk_seal.length, 20);
	assert_int_equal(bench_count(b, PROTO_CALL_SEAL_AT, 1), 1);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_primary_s_lease_is_extended),
	        cmocka_unit_test(a_seal_revokes_the_lease_from_its_first_moment),
	        cmocka_unit_test(progress_from_an_unregistered_process_is_refused),
	        cmocka_unit_test(chunks_open_only_on_known_nodes),
	        cmocka_unit_test(the_row_and_the_opening_may_come_in_any_order),
	        cmocka_unit_test(a_suspect_replica_seals_the_chunk),
	        cmocka_unit_test(a_draining_replica_seals_the_chunk),
	        cmocka_unit_test(a_replica_given_up_seals_the_chunk),
	        cmocka_unit_test(an_idle_chunk_without_its_writer_is_sealed),
	        cmocka_unit_test(progress_that_does_not_grow_is_idleness),
	        cmocka_unit_test(an_idle_chunk_whose_writer_lives_stays_open),
	        cmocka_unit_test(a_sleep_of_the_master_is_no_idleness_of_the_chunk),
	        cmocka_unit_test(a_chunk_of_an_earlier_epoch_is_sealed_once_its_nodes_reported),
	        cmocka_unit_test(in_safe_mode_nobody_is_missed_yet),
	        cmocka_unit_test(a_hostile_progress_cannot_raise_the_floor_beyond_a_chunk),
	        cmocka_unit_test(a_word_from_before_the_freeze_does_not_undo_its_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
