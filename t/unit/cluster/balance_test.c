/* SPDX-License-Identifier: MIT */
#include "bench.h"

static struct proto_copy_reply copied;

static struct proto_balance_info balance(struct bench *b)
{
	struct proto_balance_info info;

	assert_int_equal(cluster_balance(b->cluster, &b->arena, &info), 0);
	return info;
}

/* `count` sealed chunks of 1 MiB on the nodes given, 0 last. */
static void chunks(struct bench *b, uint64_t first, uint64_t count, const uint32_t *nodes)
{
	uint32_t goal = 0;

	while (nodes[goal])
		goal++;
	for (uint64_t i = 0; i < count; i++)
		bench_sealed_chunk(b, CHUNK(first + i), goal, nodes);
}

/* Answer all copies and deletions under way, well; false where there was none. */
static bool serve(struct bench *b)
{
	bool any = false;

	while (bench_count(b, PROTO_CALL_COPY, 0) > 0) {
		bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), 0, &copied);
		any = true;
	}
	while (bench_count(b, PROTO_CALL_DELETE, 0) > 0) {
		struct sent *sent = bench_find(b, PROTO_CALL_DELETE, 0);
		struct proto_delete_reply reply = {.gone = sent->args.delete.chunks,
		        .gone_count = sent->args.delete.chunks_count};

		bench_answer(b, sent, 0, &reply);
		any = true;
	}
	return any;
}

static unsigned good(struct bench *b, uint64_t chunk)
{
	unsigned count = 0;

	for (uint32_t node = 1; node <= BENCH_NODES; node++)
		count += bench_state(b, chunk, node) == PROTO_REPLICA_STATE_GOOD;
	return count;
}

static unsigned held_by(struct bench *b, uint32_t node, uint64_t first, uint64_t count)
{
	unsigned held_count = 0;

	for (uint64_t i = 0; i < count; i++)
		held_count += bench_state(b, CHUNK(first + i), node) == PROTO_REPLICA_STATE_GOOD;
	return held_count;
}

/* Deletions wait for steady nodes: they have been for long enough. */
static struct bench *steady(uint32_t nodes)
{
	struct bench *b = bench_new(nodes);

	bench_run(b, 310000);
	return b;
}

static void a_new_node_is_filled(void **state)
{
	struct bench *b = steady(3);

	chunks(b, 1, 60, (const uint32_t[]){1, 2, 0});
	assert_int_equal(bench_counts(b).under_goal, 0);
	bench_run(b, 60000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0); /* not unless asked for */
	cluster_balance_start(b->cluster, 5);
	for (int second = 0; second < 600 && balance(b).on; second++) {
		bench_run(b, 1000);
		serve(b);
		/* Copy first, delete then: never below the goal. */
		for (uint64_t i = 1; i <= 60; i++)
			assert_true(good(b, CHUNK(i)) >= 2);
	}
	assert_false(balance(b).on);
	assert_true(cluster_balance_over(b->cluster));
	assert_false(cluster_balance_over(b->cluster));
	bench_run(b, 2000);
	serve(b);
	for (uint64_t i = 1; i <= 60; i++)
		assert_int_equal(good(b, CHUNK(i)), 2);
	for (uint32_t node = 1; node <= 3; node++)
		assert_in_range(held_by(b, node, 1, 60), 38, 42);
	assert_true(balance(b).imbalance <= 50);
	assert_non_null(strstr(balance(b).text, "it is reached"));
	bench_free(b);
}

static void the_source_goes_only_after_the_copy(void **state)
{
	struct bench *b = steady(3);
	struct sent *copy, *gone;

	chunks(b, 1, 30, (const uint32_t[]){1, 2, 0});
	cluster_balance_start(b->cluster, 5);
	bench_run(b, 500);
	assert_true(bench_count(b, PROTO_CALL_COPY, 3) > 0);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	copy = bench_find(b, PROTO_CALL_COPY, 3);
	cluster_balance_stop(b->cluster);
	bench_answer(b, copy, 0, &copied);
	bench_run(b, 1000);
	gone = bench_find(b, PROTO_CALL_DELETE, 0);
	assert_int_equal(gone->args.delete.chunks_count, 1);
	assert_true(gone->node == 1 || gone->node == 2);
	assert_int_equal(gone->args.delete.chunks[0].version, 1);
	bench_free(b);
}

static void a_copy_that_failed_deletes_nothing(void **state)
{
	struct bench *b = steady(3);

	chunks(b, 1, 30, (const uint32_t[]){1, 2, 0});
	cluster_balance_start(b->cluster, 5);
	bench_run(b, 500);
	while (bench_count(b, PROTO_CALL_COPY, 0) > 0)
		bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), DFS_E_IO, NULL);
	cluster_balance_stop(b->cluster);
	bench_run(b, 10000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	assert_true(balance(b).failed > 0);
	assert_int_equal(balance(b).moved, 0);
	bench_free(b);
}

static void it_is_gentle(void **state)
{
	struct bench *b = steady(8);
	size_t before = 0;

	chunks(b, 1, 400, (const uint32_t[]){1, 2, 0});
	cluster_balance_start(b->cluster, 5);
	for (int second = 0; second < 10; second++) {
		bench_run(b, 1000);
		assert_true(bench_count(b, PROTO_CALL_COPY, 0) <= 4);
	}
	/* Answered at once: 32 MiB/s of chunks of 1 MiB. */
	for (int step = 0; step < 100; step++) {
		before += bench_count(b, PROTO_CALL_COPY, 0);
		serve(b);
		bench_run(b, 100);
	}
	assert_in_range(before, 20, 340);
	bench_free(b);
}

static void repairs_come_first(void **state)
{
	struct bench *b = steady(4);

	chunks(b, 1, 30, (const uint32_t[]){1, 2, 0});
	bench_sealed_chunk(b, CHUNK(100), 3, (const uint32_t[]){1, 2, 0});
	cluster_balance_start(b->cluster, 5);
	bench_run(b, 5000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	assert_true(bench_find(b, PROTO_CALL_COPY, 0)->args.copy.chunk == CHUNK(100));
	assert_non_null(strstr(balance(b).text, "chunks under their goal come first"));
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), 0, &copied);
	bench_run(b, 1000);
	assert_true(bench_count(b, PROTO_CALL_COPY, 0) > 0);
	bench_free(b);
}

static void racks_stay_apart(void **state)
{
	struct bench *b = bench_bare();
	static const char *const racks[] = {"", "A", "A", "B", "B"};

	/* 1 and 3 are full, 2 and 4 empty: A's chunks may go to 2 only, B's to 4 only. */
	for (uint32_t node = 1; node <= 4; node++) {
		b->machines[node].rack = racks[node];
		assert_int_equal(bench_register(b, node), 0);
		bench_report(b, node, true, NULL, 0);
		b->machines[node].beating = true;
	}
	bench_run(b, 310000);
	chunks(b, 1, 60, (const uint32_t[]){1, 3, 0});
	cluster_balance_start(b->cluster, 5);
	for (int second = 0; second < 600 && balance(b).on; second++) {
		bench_run(b, 1000);
		serve(b);
	}
	bench_run(b, 2000);
	serve(b);
	for (uint64_t i = 1; i <= 60; i++) {
		assert_int_equal(held_by(b, 1, i, 1) + held_by(b, 2, i, 1), 1);
		assert_int_equal(held_by(b, 3, i, 1) + held_by(b, 4, i, 1), 1);
	}
	assert_true(held_by(b, 2, 1, 60) >= 27 && held_by(b, 4, 1, 60) >= 27);
	bench_free(b);
}

static void nodes_that_are_not_well_take_no_part(void **state)
{
	struct bench *b = steady(5);

	chunks(b, 1, 30, (const uint32_t[]){1, 2, 0});
	assert_int_equal(cluster_node_drain(b->cluster, 5, true), 0);
	b->machines[4].stuck_ms = 60000;
	bench_run(b, 1000);
	cluster_balance_start(b->cluster, 5);
	bench_run(b, 5000);
	assert_true(bench_count(b, PROTO_CALL_COPY, 3) > 0);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 4), 0);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 5), 0);
	bench_free(b);
}

static void it_ends_where_nothing_brings_it_closer(void **state)
{
	struct bench *b = steady(2);

	/* Each chunk is on both, but for one that cannot be halved. */
	chunks(b, 1, 1, (const uint32_t[]){1, 0});
	cluster_balance_start(b->cluster, 1);
	bench_run(b, 2000);
	assert_false(balance(b).on);
	assert_non_null(strstr(balance(b).text, "no move brings it closer"));
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_free(b);
}

static void an_even_cluster_is_left_alone(void **state)
{
	struct bench *b = steady(3);

	chunks(b, 1, 20, (const uint32_t[]){1, 2, 0});
	chunks(b, 101, 20, (const uint32_t[]){2, 3, 0});
	chunks(b, 201, 20, (const uint32_t[]){1, 3, 0});
	cluster_balance_start(b->cluster, 5);
	bench_run(b, 2000);
	assert_false(balance(b).on);
	assert_int_equal(balance(b).imbalance, 0);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_free(b);
}

/* The master dies with a copy under way: what is left is a replica too many, and the fullest loses
 * it. */
static void what_a_killed_master_leaves_is_surplus(void **state)
{
	struct bench *b = steady(3);

	chunks(b, 1, 30, (const uint32_t[]){1, 2, 0});
	bench_sealed_chunk(b, CHUNK(100), 2, (const uint32_t[]){1, 2, 3, 0});
	bench_run(b, 310000);
	serve(b);
	assert_int_equal(good(b, CHUNK(100)), 2);
	assert_int_equal(bench_state(b, CHUNK(100), 3), PROTO_REPLICA_STATE_GOOD);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_new_node_is_filled),
	        cmocka_unit_test(the_source_goes_only_after_the_copy),
	        cmocka_unit_test(a_copy_that_failed_deletes_nothing),
	        cmocka_unit_test(it_is_gentle),
	        cmocka_unit_test(repairs_come_first),
	        cmocka_unit_test(racks_stay_apart),
	        cmocka_unit_test(nodes_that_are_not_well_take_no_part),
	        cmocka_unit_test(it_ends_where_nothing_brings_it_closer),
	        cmocka_unit_test(an_even_cluster_is_left_alone),
	        cmocka_unit_test(what_a_killed_master_leaves_is_surplus),
	};

	return cmocka_run_group_tests_name("balance", tests, NULL, NULL);
}
