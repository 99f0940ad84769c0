/* SPDX-License-Identifier: MIT */
/* A sealed chunk without a good replica is put together from those that are not (RULES 3,
 * docs/decisions/0013). */
#include "bench.h"

static const uint32_t on_1[] = {1, 0};
static const uint32_t on_12[] = {1, 2, 0};
static const uint32_t on_123[] = {1, 2, 3, 0};

static struct proto_copy_reply copied;

static void spoil(struct bench *b, uint32_t node, uint64_t chunk)
{
	struct proto_held bad = held(chunk, 1, MIB, 77, PROTO_HELD_STATE_BAD);

	bad.why = "the span at byte 65536 fails its checksum";
	bench_report(b, node, false, &bad, 1);
}

static struct cluster_chunk_outlook outlook(struct bench *b, uint64_t chunk)
{
	struct cluster_chunk_outlook ret;

	assert_true(cluster_chunk_outlook(b->cluster, chunk, &ret));
	return ret;
}

static void bad_replicas_are_sources_when_no_good_one_is_left(void **state)
{
	struct bench *b = bench_new(3);
	struct sent *sent;

	bench_sealed_chunk(b, CHUNK(1), 3, on_123);
	spoil(b, 1, CHUNK(1));
	spoil(b, 2, CHUNK(1));
	bench_run(b, 500);
	/* One is good: it is copied, as ever. */
	sent = bench_find(b, PROTO_CALL_COPY, 0);
	assert_string_equal(sent->args.copy.source, "node3:7070");
	assert_int_equal(sent->args.copy.pieces_count, 0);
	bench_answer(b, sent, DFS_E_UNAVAIL, NULL); /* for it has rotted, too */
	if (bench_count(b, PROTO_CALL_COPY, 0) > 0)
		bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), DFS_E_UNAVAIL, NULL);
	spoil(b, 3, CHUNK(1));
	assert_int_equal(bench_counts(b).lost, 1);
	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	sent = bench_find(b, PROTO_CALL_COPY, 0);
	assert_int_equal(sent->args.copy.pieces_count, 3);
	assert_string_equal(sent->args.copy.pieces[0].address, "node1:7070");
	assert_int_equal(sent->args.copy.pieces[2].node, 3);
	assert_int_equal(sent->args.copy.length, MIB);
	assert_int_equal(sent->args.copy.crc, 77);
	assert_true(bench_event(b, "pieces_of=3"));
	assert_non_null(strstr(
	        outlook(b, CHUNK(1)).why, "no good replica; being put together on datanode"));
	assert_non_null(strstr(outlook(b, CHUNK(1)).why, "from the whole spans of 3 bad ones"));
	bench_answer(b, sent, 0, &copied);
	/* From then on it is one good replica, and is copied. */
	assert_int_equal(bench_counts(b).lost, 0);
	bench_run(b, 500);
	assert_int_equal(bench_find(b, PROTO_CALL_COPY, 0)->args.copy.pieces_count, 0);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_free(b);
}

static void what_is_lost_of_it_is_told_and_tried_again_when_one_is_heard_of(void **state)
{
	struct bench *b = bench_new(3);
	struct cluster_verdict verdict;

	bench_sealed_chunk(b, CHUNK(1), 2, on_12);
	spoil(b, 1, CHUNK(1));
	spoil(b, 2, CHUNK(1));
	bench_run(b, 500);
	while (bench_find(b, PROTO_CALL_COPY, 0)->args.copy.pieces_count == 0) {
		bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), DFS_E_UNAVAIL, NULL);
		bench_run(b, 500);
	}
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), DFS_E_LOST, NULL);
	assert_non_null(strstr(outlook(b, CHUNK(1)).why, "no good replica; node"));
	assert_non_null(strstr(outlook(b, CHUNK(1)).why, "says no; it is tried again in"));
	assert_int_equal(cluster_inspect(b->cluster, CHUNK(1), &verdict), 0);
	assert_true(verdict.lost);
	assert_int_equal(verdict.pieces, 2);
	bench_run(b, 4000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_run(b, 2000);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), DFS_E_LOST, NULL);
	bench_run(b, 1000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	/* One more replica of it: at once, and from all three. */
	spoil(b, 3, CHUNK(1));
	bench_run(b, 500);
	assert_int_equal(bench_find(b, PROTO_CALL_COPY, 0)->args.copy.pieces_count, 3);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), DFS_E_LOST, NULL);
	/* Somebody asks for it. */
	assert_true(cluster_repair_now(b->cluster, CHUNK(1)));
	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	bench_free(b);
}

/* A good one that comes back is not kept waiting by what failed without it. */
static void a_good_replica_that_comes_back_is_copied_at_once(void **state)
{
	struct bench *b = bench_new(3);
	struct proto_held replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_sealed_chunk(b, CHUNK(1), 2, on_12);
	bench_kill(b, 2);
	spoil(b, 1, CHUNK(1));
	bench_run(b, 11000);
	bench_answer(
	        b, bench_find(b, PROTO_CALL_COPY, 0), DFS_E_UNAVAIL, NULL); /* from it that died */
	bench_run(b, 6000);
	assert_int_equal(bench_find(b, PROTO_CALL_COPY, 0)->args.copy.pieces_count, 1);
	for (int i = 0; i < 6; i++) { /* minutes between them, then */
		bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), DFS_E_LOST, NULL);
		bench_run(b, 10000u << i);
		bench_run(b, 1000);
	}
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), DFS_E_LOST, NULL);
	bench_start(b, 2);
	bench_report(b, 2, true, &replica, 1);
	bench_run(b, 1000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	assert_string_equal(bench_find(b, PROTO_CALL_COPY, 0)->args.copy.source, "node2:7070");
	assert_int_equal(bench_find(b, PROTO_CALL_COPY, 0)->args.copy.pieces_count, 0);
	bench_free(b);
}

/* Bad ones first, then what missed the seal; nothing of a node that is away, or that only may hold
 * one. */
static void stale_and_short_ones_are_asked_after_bad_ones(void **state)
{
	struct bench *b = bench_new(5);
	struct proto_held small = held(CHUNK(1), 1, 1000, 5, PROTO_HELD_STATE_FROZEN);
	struct proto_held newer = held(CHUNK(1), 9, MIB, 5, PROTO_HELD_STATE_SEALED);
	const struct proto_copy_args *args;

	bench_sealed_chunk(b, CHUNK(1), 2, on_1);
	bench_report(b, 2, false, &small, 1);
	bench_report(b, 3, false, &newer, 1);
	spoil(b, 4, CHUNK(1));
	bench_kill(b, 4);
	spoil(b, 5, CHUNK(1));
	spoil(b, 1, CHUNK(1));
	bench_run(b, 20000);
	while (bench_find(b, PROTO_CALL_COPY, 0)->args.copy.pieces_count == 0) {
		bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), DFS_E_UNAVAIL, NULL);
		bench_run(b, 10000);
	}
	args = &bench_find(b, PROTO_CALL_COPY, 0)->args.copy;
	assert_int_equal(args->pieces_count, 3);
	assert_int_equal(args->pieces[0].node, 1);
	assert_int_equal(args->pieces[1].node, 5);
	assert_int_equal(args->pieces[2].node, 2);
	bench_free(b);
}

static void nothing_is_put_together_in_safe_mode_or_of_an_empty_chunk(void **state)
{
	struct bench *b = bench_new(2);
	struct proto_held bad = held(CHUNK(1), 1, 0, 0, PROTO_HELD_STATE_BAD);

	bench_row_sealed(b, CHUNK(1), 1, 0, 0, 2);
	bench_report(b, 1, false, &bad, 1);
	bench_run(b, 20000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_free(b);
	b = bench_bare();
	bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 2);
	for (uint32_t node = 1; node <= 2; node++)
		assert_int_equal(bench_register(b, node), 0);
	bad.length = MIB;
	bench_report(b, 1, true, &bad, 1);
	bench_run(b, 4000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(bad_replicas_are_sources_when_no_good_one_is_left),
	        cmocka_unit_test(what_is_lost_of_it_is_told_and_tried_again_when_one_is_heard_of),
	        cmocka_unit_test(a_good_replica_that_comes_back_is_copied_at_once),
	        cmocka_unit_test(stale_and_short_ones_are_asked_after_bad_ones),
	        cmocka_unit_test(nothing_is_put_together_in_safe_mode_or_of_an_empty_chunk),
	};

	return cmocka_run_group_tests_name("pieces", tests, NULL, NULL);
}
