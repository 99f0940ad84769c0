/* SPDX-License-Identifier: MIT */
/* In which order chunks are repaired, and what people are told of it. */
#include "bench.h"

static const uint32_t on_1[] = {1, 0}, on_12[] = {1, 2, 0}, on_123[] = {1, 2, 3, 0};
static struct proto_copy_reply copied;

static struct cluster_chunk_outlook outlook(struct bench *b, uint64_t chunk)
{
	struct cluster_chunk_outlook ret;

	assert_true(cluster_chunk_outlook(b->cluster, chunk, &ret));
	return ret;
}

static struct cluster_repair repair(struct bench *b)
{
	struct cluster_repair ret;

	cluster_repair(b->cluster, &ret);
	return ret;
}

/* One copy at a time: what is copied next is plain to see. */
static struct bench *one_by_one(uint32_t nodes)
{
	struct cluster_options options = {.epoch = BENCH_EPOCH, .copies_max = 1};
	struct bench *b = bench_with(&options);

	bench_join(b, nodes);
	return b;
}

static uint64_t next_copy(struct bench *b)
{
	struct sent *sent;
	uint64_t chunk;

	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	sent = bench_find(b, PROTO_CALL_COPY, 0);
	chunk = sent->args.copy.chunk;
	bench_answer(b, sent, 0, &copied);
	return chunk;
}

static void whoever_is_read_comes_first_among_the_equally_ill(void **state)
{
	struct bench *b = one_by_one(4);

	bench_sealed_chunk(b, CHUNK(9), 2, on_1); /* keeps repair busy */
	bench_run(b, 500);
	for (uint64_t i = 1; i <= 3; i++)
		bench_sealed_chunk(b, CHUNK(i), 3, on_12);
	bench_sealed_chunk(b, CHUNK(4), 2, on_1);
	cluster_chunk_wanted(b->cluster, CHUNK(3));
	assert_true(outlook(b, CHUNK(3)).wanted);
	assert_false(outlook(b, CHUNK(2)).wanted);
	assert_int_equal(outlook(b, CHUNK(4)).before, 0);
	assert_int_equal(outlook(b, CHUNK(3)).before, 1);
	assert_int_equal(outlook(b, CHUNK(1)).before, 2);
	assert_int_equal(outlook(b, CHUNK(2)).before, 3);
	assert_true(outlook(b, CHUNK(2)).before_bytes == 3 * MIB);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), 0, &copied);
	assert_true(next_copy(b) == CHUNK(4)); /* one replica before two, read or not */
	assert_true(next_copy(b) == CHUNK(3));
	assert_true(next_copy(b) == CHUNK(1));
	assert_true(next_copy(b) == CHUNK(2));
	assert_int_equal(bench_counts(b).under_goal, 0);
	bench_free(b);
}

static void a_short_replica_s_tail_comes_before_another_copy(void **state)
{
	struct bench *b = one_by_one(4);
	struct proto_held tail = held(CHUNK(2), 1, 5, 9, PROTO_HELD_STATE_FROZEN);

	bench_sealed_chunk(b, CHUNK(9), 2, on_1);
	bench_run(b, 500);
	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_sealed_chunk(b, CHUNK(2), 3, on_12);
	bench_report(b, 3, false, &tail, 1);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), 0, &copied);
	assert_true(next_copy(b) == CHUNK(2));
	assert_true(next_copy(b) == CHUNK(1));
	bench_free(b);
}

/* One replica each, all the time new ones: one with two replicas would never have its turn. */
static void nobody_waits_for_ever(void **state)
{
	struct bench *b = one_by_one(4);
	uint64_t i;

	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_sealed_chunk(b, CHUNK(2), 2, on_1);
	for (i = 3; i < 200; i++) {
		bench_sealed_chunk(b, CHUNK(i), 2, on_1);
		if (next_copy(b) == CHUNK(1))
			break;
	}
	assert_in_range(i, 60, 90); /* half a minute, then the next of eight copies */
	bench_free(b);
}

static void a_copy_s_end_begins_the_next_at_once(void **state)
{
	struct bench *b = one_by_one(3);

	for (uint64_t i = 1; i <= 50; i++)
		bench_sealed_chunk(b, CHUNK(i), 3, on_12);
	bench_run(b, 500);
	for (uint64_t i = 1; i <= 50; i++) {
		bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), 0, &copied);
		fake_io_run(&b->fake, 1);
	}
	assert_int_equal(bench_counts(b).under_goal, 0);
	bench_free(b);
}

static void what_is_left_and_how_long_it_takes_is_told(void **state)
{
	struct bench *b = one_by_one(4);
	struct proto_copying *copies;
	size_t count;

	for (uint64_t i = 1; i <= 100; i++)
		bench_sealed_chunk(b, CHUNK(i), 3, i <= 10 ? on_1 : on_12);
	bench_row_sealed(b, CHUNK(101), 1, MIB, 77, 2);
	assert_int_equal(repair(b).under[0], 1);
	assert_int_equal(repair(b).under[1], 10);
	assert_int_equal(repair(b).under[2], 90);
	assert_int_equal(repair(b).under[3], 0);
	assert_int_equal(repair(b).queued, 100);
	assert_true(repair(b).bytes_left == 110 * MIB);
	assert_int_equal(repair(b).rate, 0);
	assert_int_equal(repair(b).estimate_ms, 0);
	for (int i = 0; i < 20; i++)
		next_copy(b); /* two a second */
	assert_in_range(repair(b).rate, 2 * MIB - MIB / 5, 2 * MIB + MIB / 5);
	assert_true(repair(b).bytes_left == 90 * MIB);
	assert_in_range(repair(b).estimate_ms, 40000, 50000);
	assert_int_equal(repair(b).copied, 20);
	assert_true(repair(b).copied_bytes == 20 * MIB);
	bench_run(b, 500);
	assert_int_equal(cluster_copies(b->cluster, &b->arena, &copies, &count), 0);
	assert_int_equal(count, 1);
	assert_true(copies[0].from != copies[0].to && copies[0].length == MIB);
	bench_free(b);
}

static void a_lost_chunk_s_nodes_are_named(void **state)
{
	struct bench *b = bench_new(3);
	struct proto_missed *missed;
	size_t count;

	bench_sealed_chunk(b, CHUNK(1), 1, on_1);
	bench_kill(b, 1);
	bench_run(b, 11000);
	assert_int_equal(cluster_missed(b->cluster, &b->arena, 16, &missed, &count), 0);
	assert_int_equal(count, 1);
	assert_true(missed[0].chunk == CHUNK(1));
	assert_non_null(strstr(missed[0].why, "datanode 1 (node1:7070, dead, good)"));
	assert_true(outlook(b, CHUNK(1)).lost);
	assert_string_equal(outlook(b, CHUNK(1)).why, missed[0].why);
	bench_free(b);
}

static void an_unsealed_chunk_that_waits_is_told(void **state)
{
	struct bench *b = bench_new(3);
	struct proto_missed *missed;
	struct sealed sealed;
	size_t count;

	bench_open_chunk(b, CHUNK(1), on_123);
	bench_progress(b, 1, CHUNK(1), 1, 100, 100);
	bench_kill(b, 1);
	bench_seal(b, CHUNK(1), 100, &sealed);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	bench_frozen(b, 2, 50, 1, 50);
	bench_frozen(b, 3, 50, 1, 50);
	bench_run(b, 4000);
	assert_int_equal(sealed.code, DFS_E_UNAVAIL);
	assert_int_equal(cluster_missed(b->cluster, &b->arena, 16, &missed, &count), 0);
	assert_int_equal(count, 1);
	assert_non_null(strstr(missed[0].why, "waits for datanode 1"));
	assert_string_equal(outlook(b, CHUNK(1)).why, missed[0].why);
	bench_free(b);
}

static void why_a_chunk_is_not_repaired_yet_is_said(void **state)
{
	struct bench *b = one_by_one(3);

	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_sealed_chunk(b, CHUNK(2), 3, on_12);
	assert_string_equal(outlook(b, CHUNK(2)).why, "1 chunks (1048576 bytes) are before it");
	bench_run(b, 500);
	assert_true(outlook(b, CHUNK(1)).copying);
	assert_int_equal(outlook(b, CHUNK(1)).to, 3);
	assert_non_null(strstr(outlook(b, CHUNK(1)).why, "datanode 3 is fetching it from"));
	assert_non_null(strstr(outlook(b, CHUNK(2)).why, "1 copies are under way, as many as"));
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 3), DFS_E_NOSPC, NULL);
	assert_non_null(strstr(outlook(b, CHUNK(1)).why,
	        "the copy to datanode 3 failed (NOSPC): node 3 says no; it is looked at "
	        "again in 5000 ms"));
	assert_int_equal(outlook(b, CHUNK(1)).again_ms, 5000);
	bench_sealed_chunk(b, CHUNK(3), 4, on_123);
	bench_run(b, 1000);
	assert_non_null(strstr(outlook(b, CHUNK(3)).why, "of 3 known 3 hold one"));
	bench_sealed_chunk(b, CHUNK(4), 3, on_123);
	assert_string_equal(outlook(b, CHUNK(4)).why, "");
	assert_false(cluster_chunk_outlook(
	        b->cluster, CHUNK(5), &(struct cluster_chunk_outlook){.goal = 0}));
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(whoever_is_read_comes_first_among_the_equally_ill),
	        cmocka_unit_test(a_short_replica_s_tail_comes_before_another_copy),
	        cmocka_unit_test(nobody_waits_for_ever),
	        cmocka_unit_test(a_copy_s_end_begins_the_next_at_once),
	        cmocka_unit_test(what_is_left_and_how_long_it_takes_is_told),
	        cmocka_unit_test(a_lost_chunk_s_nodes_are_named),
	        cmocka_unit_test(an_unsealed_chunk_that_waits_is_told),
	        cmocka_unit_test(why_a_chunk_is_not_repaired_yet_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
