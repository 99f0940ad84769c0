/* SPDX-License-Identifier: MIT */
#include "bench.h"

static const uint32_t on_123[] = {1, 2, 3, 0};
static const uint32_t on_12[] = {1, 2, 0};

/* A chunk open on 1, 2, 3 whose seal was asked for and whose version is raised: freezes are out. */
static struct bench *frozen_bench(uint64_t floor, struct sealed *ret)
{
	struct bench *b = bench_new(4);
	struct proto_op op;

	bench_open_chunk(b, CHUNK(1), on_123);
	bench_seal(b, CHUNK(1), floor, ret);
	assert_int_equal(
	        bench_count(b, PROTO_CALL_FREEZE, 0), 0); /* not before the version is durable */
	op = bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	assert_true(op.chunk_raise.chunk == CHUNK(1));
	assert_int_equal(op.chunk_raise.version, 2);
	return b;
}

static void a_seal_takes_the_largest_verified_length(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(100, &sealed);
	struct proto_op op;

	assert_int_equal(bench_find(b, PROTO_CALL_FREEZE, 2)->args.freeze.version, 2);
	assert_int_equal(bench_find(b, PROTO_CALL_FREEZE, 2)->args.freeze.epoch, BENCH_EPOCH);
	bench_frozen(b, 1, 100, 11, 100);
	bench_frozen(b, 2, 300, 33, 90);
	assert_int_equal(bench_submitted(b), 0); /* the third may hold more */
	bench_frozen(b, 3, 200, 22, 100);
	assert_int_equal(sealed.calls, 0);
	op = bench_durable(b, PROTO_OP_CHUNK_SEAL, 0);
	assert_int_equal(op.chunk_seal.length, 300);
	assert_int_equal(op.chunk_seal.crc, 33);
	assert_int_equal(op.chunk_seal.version, 2);
	assert_int_equal(sealed.calls, 1);
	assert_int_equal(sealed.code, 0);
	assert_int_equal(sealed.length, 300);
	assert_int_equal(sealed.version, 2);
	assert_int_equal(sealed.crc, 33);
	bench_free(b);
}

static void after_a_seal_full_replicas_are_told_to_seal_and_short_ones_are_not(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(0, &sealed);
	struct proto_seal_at_reply done = {0};

	bench_frozen(b, 1, 300, 33, 0);
	bench_frozen(b, 2, 300, 33, 0);
	bench_frozen(b, 3, 200, 22, 0);
	bench_durable(b, PROTO_OP_CHUNK_SEAL, 0);
	assert_int_equal(bench_count(b, PROTO_CALL_SEAL_AT, 0), 2);
	assert_int_equal(bench_find(b, PROTO_CALL_SEAL_AT, 2)->args.seal_at.length, 300);
	assert_int_equal(bench_find(b, PROTO_CALL_SEAL_AT, 2)->args.seal_at.crc, 33);
	assert_int_equal(bench_find(b, PROTO_CALL_SEAL_AT, 2)->args.seal_at.version, 2);
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_OPEN);
	assert_int_equal(bench_state(b, CHUNK(1), 3), PROTO_REPLICA_STATE_SHORT);
	bench_answer(b, bench_find(b, PROTO_CALL_SEAL_AT, 1), 0, &done);
	bench_answer(b, bench_find(b, PROTO_CALL_SEAL_AT, 2), 0, &done);
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_GOOD);
	assert_int_equal(bench_state(b, CHUNK(1), 2), PROTO_REPLICA_STATE_GOOD);
	assert_int_equal(bench_counts(b).under_goal, 1);
	/* The short one is completed where it is, by a copy from a good one. */
	bench_run(b, 1000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 3), 1);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_free(b);
}

static void other_bytes_under_the_sealed_length_are_corrupt(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(0, &sealed);

	bench_frozen(b, 1, 300, 33, 0);
	bench_frozen(b, 2, 300, 44, 0);
	bench_frozen(b, 3, 300, 33, 0);
	bench_durable(b, PROTO_OP_CHUNK_SEAL, 0);
	assert_int_equal(sealed.crc, 33); /* the primary's */
	bench_answer(b, bench_find(b, PROTO_CALL_SEAL_AT, 2), DFS_E_CORRUPT, NULL);
	assert_int_equal(bench_state(b, CHUNK(1), 2), PROTO_REPLICA_STATE_CORRUPT);
	bench_free(b);
}

static void a_silent_replica_does_not_hold_up_a_seal_that_reaches_the_floor(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(100, &sealed);

	bench_frozen(b, 1, 100, 11, 0);
	bench_frozen(b, 2, 100, 11, 0);
	bench_run(b, 2500);
	assert_int_equal(bench_submitted(b), 0);
	bench_run(b, 1000);
	bench_durable(b, PROTO_OP_CHUNK_SEAL, 0);
	assert_int_equal(sealed.code, 0);
	assert_int_equal(sealed.length, 100);
	/* Its late answer finds its place. */
	bench_frozen(b, 3, 40, 9, 0);
	assert_int_equal(bench_state(b, CHUNK(1), 3), PROTO_REPLICA_STATE_SHORT);
	bench_free(b);
}

static void a_dead_replica_is_not_waited_for(void **state)
{
	struct sealed sealed;
	struct bench *b = bench_new(4);

	bench_open_chunk(b, CHUNK(1), on_123);
	bench_kill(b, 3);
	bench_seal(b, CHUNK(1), 100, &sealed);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	bench_frozen(b, 1, 120, 11, 100);
	bench_frozen(b, 2, 100, 12, 100);
	bench_durable(b, PROTO_OP_CHUNK_SEAL, 0);
	assert_int_equal(sealed.length, 120);
	bench_free(b);
}

static void nothing_is_sealed_below_the_floor(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(100, &sealed);

	bench_frozen(b, 1, 99, 11, 0);
	bench_frozen(b, 2, 50, 11, 0);
	bench_kill(b, 3);
	bench_run(b, 4000);
	assert_int_equal(sealed.calls, 1);
	assert_int_equal(sealed.code, DFS_E_UNAVAIL);
	assert_non_null(strstr(sealed.text, "3 (node3:7070)"));
	assert_null(strstr(sealed.text, "node1"));
	assert_int_equal(bench_submitted(b), 0);
	assert_int_equal(bench_counts(b).waiting_seals, 1);
	assert_int_equal(bench_counts(b).open_chunks, 1);
	bench_free(b);
}

static void the_answered_commit_length_is_part_of_the_floor(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(0, &sealed);

	bench_frozen(b, 1, 50, 11, 50);
	bench_frozen(b, 2, 60, 11, 100); /* it knows of 100 acknowledged bytes and lost some */
	bench_kill(b, 3);
	bench_run(b, 4000);
	assert_int_equal(sealed.code, DFS_E_UNAVAIL);
	bench_free(b);
}

static void the_last_progress_is_part_of_the_floor(void **state)
{
	struct bench *b = bench_new(4);
	struct sealed sealed;

	bench_open_chunk(b, CHUNK(1), on_123);
	assert_true(bench_progress(b, 1, CHUNK(1), 1, 200, 150) > 0);
	bench_kill(b, 1);
	bench_seal(b, CHUNK(1), 0, &sealed);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	bench_frozen(b, 2, 140, 1, 100);
	bench_frozen(b, 3, 149, 1, 100);
	bench_run(b, 4000);
	assert_int_equal(sealed.code, DFS_E_UNAVAIL);
	assert_non_null(strstr(sealed.text, "150 bytes were acknowledged"));
	bench_free(b);
}

static void a_waiting_seal_goes_on_when_its_node_returns(void **state)
{
	struct sealed sealed, second;
	struct bench *b = frozen_bench(100, &sealed);

	bench_frozen(b, 1, 50, 11, 0);
	bench_frozen(b, 2, 50, 11, 0);
	bench_kill(b, 3);
	bench_run(b, 4000);
	assert_int_equal(sealed.code, DFS_E_UNAVAIL);
	bench_run(b, 60000); /* however long it takes */
	assert_int_equal(bench_submitted(b), 0);
	bench_seal(b, CHUNK(1), 0, &second);
	bench_start(b, 3);
	assert_int_equal(
	        bench_count(b, PROTO_CALL_FREEZE, 0), 1); /* the others answered for good */
	assert_int_equal(bench_find(b, PROTO_CALL_FREEZE, 3)->args.freeze.version, 2);
	bench_frozen(b, 3, 100, 22, 100);
	bench_durable(b, PROTO_OP_CHUNK_SEAL, 0);
	assert_int_equal(second.calls, 1);
	assert_int_equal(second.code, 0);
	assert_int_equal(second.length, 100);
	assert_int_equal(sealed.calls, 1); /* each is answered once */
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_SHORT);
	assert_int_equal(bench_counts(b).waiting_seals, 0);
	bench_free(b);
}

/* Its disk may have been replaced: it freezes what it has now. */
static void a_node_that_comes_back_as_another_process_is_frozen_again(void **state)
{
	struct bench *b = bench_new(2);
	struct sealed seal = {0};

	bench_open_chunk(b, CHUNK(1), on_12);
	bench_seal(b, CHUNK(1), MIB, &seal);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	bench_frozen(b, 1, MIB, 77, MIB);
	bench_kill(b, 1);
	bench_start(b, 1);
	bench_absent(b, 1);
	bench_frozen(b, 2, 0, 0, 0);
	bench_run(b, 4000);
	assert_int_equal(bench_submitted(b), 0); /* nobody holds what was acknowledged */
	assert_int_equal(seal.code, DFS_E_UNAVAIL);
	bench_free(b);
}

static void a_second_call_joins_the_first(void **state)
{
	struct sealed first, second;
	struct bench *b = frozen_bench(10, &first);

	bench_seal(b, CHUNK(1), 60, &second);
	assert_int_equal(bench_submitted(b), 0);
	bench_frozen(b, 1, 50, 1, 0);
	bench_frozen(b, 2, 50, 1, 0);
	bench_frozen(b, 3, 50, 1, 0);
	/* The second one's floor counts too. */
	assert_int_equal(bench_submitted(b), 0);
	bench_run(b, 4000);
	assert_int_equal(first.code, DFS_E_UNAVAIL);
	assert_int_equal(second.code, DFS_E_UNAVAIL);
	bench_free(b);
}

static void joined_calls_get_the_same_answer(void **state)
{
	struct sealed first, second, third;
	struct bench *b = frozen_bench(10, &first);

	bench_seal(b, CHUNK(1), 20, &second);
	bench_frozen(b, 1, 50, 1, 0);
	bench_frozen(b, 2, 50, 1, 0);
	bench_frozen(b, 3, 50, 1, 0);
	bench_durable(b, PROTO_OP_CHUNK_SEAL, 0);
	assert_int_equal(first.calls, 1);
	assert_int_equal(second.calls, 1);
	assert_int_equal(second.length, 50);
	/* Afterwards it is an answer from memory. */
	bench_seal(b, CHUNK(1), 20, &third);
	assert_int_equal(third.calls, 1);
	assert_int_equal(third.length, 50);
	assert_int_equal(third.version, 2);
	bench_free(b);
}

static void a_chunk_given_up_before_its_first_byte_is_sealed_empty(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(0, &sealed);

	bench_absent(b, 1);
	bench_absent(b, 2);
	bench_absent(b, 3);
	bench_durable(b, PROTO_OP_CHUNK_SEAL, 0);
	assert_int_equal(sealed.code, 0);
	assert_int_equal(sealed.length, 0);
	assert_int_equal(bench_counts(b).lost, 0);
	bench_free(b);
}

static void a_writer_that_got_nothing_acknowledged_is_not_kept_waiting(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(0, &sealed);

	bench_kill(b, 1); /* the primary died before it passed a byte on */
	bench_absent(b, 2);
	bench_absent(b, 3);
	bench_durable(b, PROTO_OP_CHUNK_SEAL, 0);
	assert_int_equal(sealed.code, 0);
	assert_int_equal(sealed.length, 0);
	bench_free(b);
}

static void an_absent_replica_proves_nothing_to_the_master_itself(void **state)
{
	struct bench *b = bench_new(4);

	bench_open_chunk(b, CHUNK(1), on_123);
	bench_kill(b, 1);
	bench_run(b, 11000);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	bench_absent(b, 2);
	bench_absent(b, 3);
	bench_run(b, 4000);
	assert_int_equal(bench_submitted(b), 0);
	assert_int_equal(bench_counts(b).waiting_seals, 1);
	bench_free(b);
}

/* A chain on its way may make the chunk the next moment, and acknowledge: found by a storm. */
static void a_chunk_that_is_nowhere_yet_is_not_sealed_by_the_master(void **state)
{
	struct bench *b = bench_new(4);

	bench_open_chunk(b, CHUNK(1), on_123);
	bench_run(b, 61000); /* idle */
	bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	for (uint32_t node = 1; node <= 3; node++)
		bench_absent(b, node);
	bench_run(b, 4000);
	assert_int_equal(bench_submitted(b), 0);
	/* It is asked again, and found. */
	bench_run(b, 10000);
	for (uint32_t node = 1; node <= 3; node++)
		bench_frozen(b, node, 10, 1, 10);
	assert_int_equal(bench_durable(b, PROTO_OP_CHUNK_SEAL, 0).chunk_seal.length, 10);
	bench_free(b);
}

static void absent_replicas_do_not_reach_a_floor(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(1, &sealed);

	bench_absent(b, 1);
	bench_absent(b, 2);
	bench_absent(b, 3);
	bench_run(b, 4000);
	assert_int_equal(sealed.code, DFS_E_UNAVAIL);
	assert_int_equal(bench_submitted(b), 0);
	bench_free(b);
}

static void a_bad_replica_does_not_count_as_frozen(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(0, &sealed);
	struct proto_freeze_reply bad = {
	        .found = true, .length = 500, .crc = 9, .state = PROTO_HELD_STATE_BAD};

	bench_answer(b, bench_find(b, PROTO_CALL_FREEZE, 1), 0, &bad);
	bench_frozen(b, 2, 100, 1, 0);
	bench_frozen(b, 3, 100, 1, 0);
	bench_durable(b, PROTO_OP_CHUNK_SEAL, 0);
	assert_int_equal(sealed.length, 100);
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_CORRUPT);
	bench_free(b);
}

static void a_refused_raise_answers_and_leaves_the_chunk_open(void **state)
{
	struct bench *b = bench_new(3);
	struct sealed sealed;

	bench_open_chunk(b, CHUNK(1), on_123);
	bench_seal(b, CHUNK(1), 0, &sealed);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, DFS_E_IO);
	assert_int_equal(sealed.code, DFS_E_IO);
	assert_int_equal(bench_counts(b).open_chunks, 1);
	assert_true(bench_progress(b, 1, CHUNK(1), 1, 10, 10) >
	            0); /* nothing was frozen: it may go on */
	bench_seal(b, CHUNK(1), 0, &sealed);
	assert_int_equal(bench_durable(b, PROTO_OP_CHUNK_RAISE, 0).chunk_raise.version, 2);
	bench_free(b);
}

static void a_refused_seal_is_tried_again_with_a_higher_version(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(0, &sealed);

	for (uint32_t node = 1; node <= 3; node++)
		bench_frozen(b, node, 10, 1, 0);
	bench_durable(b, PROTO_OP_CHUNK_SEAL, DFS_E_NOSPC);
	assert_int_equal(sealed.code, DFS_E_NOSPC);
	assert_int_equal(bench_progress(b, 1, CHUNK(1), 1, 10, 10), 0);
	b->writers_alive = true;
	bench_run(b, 61000);
	assert_int_equal(bench_durable(b, PROTO_OP_CHUNK_RAISE, 0).chunk_raise.version, 3);
	assert_int_equal(bench_count(b, PROTO_CALL_FREEZE, 0), 3);
	bench_free(b);
}

static void an_answer_to_an_earlier_seal_does_not_count_in_a_later_one(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(0, &sealed);
	uint64_t late_token = bench_find(b, PROTO_CALL_FREEZE, 3)->token;
	struct proto_freeze_reply reply = {
	        .found = true, .length = 900, .crc = 9, .state = PROTO_HELD_STATE_FROZEN};

	bench_frozen(b, 1, 10, 1, 0);
	bench_frozen(b, 2, 10, 1, 0);
	bench_run(b, 3500);
	bench_durable(b, PROTO_OP_CHUNK_SEAL, DFS_E_NOSPC);
	bench_seal(b, CHUNK(1), 0, &sealed);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	cluster_node_answer(
	        b->cluster, late_token, 0, NULL, &reply); /* frozen at version 2, not at 3 */
	bench_frozen(b, 1, 10, 1, 0);
	bench_frozen(b, 2, 10, 1, 0);
	assert_int_equal(bench_submitted(b), 0); /* the third is still asked */
	bench_free(b);
}

static void a_chunk_that_metadata_never_had_is_dropped(void **state)
{
	struct bench *b = bench_new(3);
	struct sealed sealed;

	assert_int_equal(cluster_chunk_opened(b->cluster, CHUNK(9), 1, on_123, 3, MIB), 0);
	bench_seal(b, CHUNK(9), 0, &sealed);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, DFS_E_NOENT);
	assert_int_equal(sealed.code, DFS_E_NOENT);
	assert_int_equal(bench_counts(b).open_chunks, 0);
	bench_free(b);
}

static void unknown_chunks_are_not_sealed(void **state)
{
	struct bench *b = bench_new(3);
	struct sealed sealed;

	bench_seal(b, CHUNK(404), 0, &sealed);
	assert_int_equal(sealed.calls, 1);
	assert_int_equal(sealed.code, DFS_E_NOENT);
	bench_free(b);
}

static void the_row_may_come_before_the_answer(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(0, &sealed);

	for (uint32_t node = 1; node <= 3; node++)
		bench_frozen(b, node, 10, 1, 0);
	/* Metadata tells all of what it applied, then answers the one who asked. */
	bench_row_sealed(b, CHUNK(1), 2, 10, 1, 3);
	assert_int_equal(sealed.calls, 1);
	assert_int_equal(sealed.length, 10);
	bench_durable(b, PROTO_OP_CHUNK_SEAL, 0);
	assert_int_equal(sealed.calls, 1);
	assert_int_equal(bench_count(b, PROTO_CALL_SEAL_AT, 0), 3);
	bench_free(b);
}

static void a_commit_that_seals_the_chunk_answers_a_seal_under_way(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(0, &sealed);

	bench_frozen(b, 1, 10, 1, 0);
	bench_row_sealed(b, CHUNK(1), 2, 10, 1, 3);
	assert_int_equal(sealed.code, 0);
	bench_frozen(b, 2, 10, 1, 0);
	bench_frozen(b, 3, 5, 1, 0);
	bench_run(b, 3000);
	assert_int_equal(bench_count(b, PROTO_CALL_SEAL_AT, 1), 1);
	assert_int_equal(bench_count(b, PROTO_CALL_SEAL_AT, 2), 1);
	assert_int_equal(bench_state(b, CHUNK(1), 3), PROTO_REPLICA_STATE_SHORT);
	bench_free(b);
}

static void a_chunk_freed_in_a_seal_answers_who_waits(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(0, &sealed);

	cluster_chunk_delete(b->cluster, CHUNK(1), 2, bench_gone, b);
	assert_int_equal(sealed.calls, 1);
	assert_int_equal(sealed.code, DFS_E_NOENT);
	bench_free(b);
}

static void an_engine_destroyed_in_a_seal_leaves_nothing(void **state)
{
	struct sealed sealed;
	struct bench *b = frozen_bench(0, &sealed);

	bench_frozen(b, 1, 10, 1, 0);
	bench_free(b);
}

static void a_lost_operation_does_not_hold_the_chunk_for_ever(void **state)
{
	struct bench *b = bench_new(3);
	struct sealed sealed;

	bench_open_chunk(b, CHUNK(1), on_123);
	bench_seal(b, CHUNK(1), 0, &sealed);
	bench_run(b, 121000);
	assert_int_equal(sealed.code, DFS_E_TIMEOUT);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_seal_takes_the_largest_verified_length),
	        cmocka_unit_test(
	                after_a_seal_full_replicas_are_told_to_seal_and_short_ones_are_not),
	        cmocka_unit_test(other_bytes_under_the_sealed_length_are_corrupt),
	        cmocka_unit_test(a_silent_replica_does_not_hold_up_a_seal_that_reaches_the_floor),
	        cmocka_unit_test(a_dead_replica_is_not_waited_for),
	        cmocka_unit_test(nothing_is_sealed_below_the_floor),
	        cmocka_unit_test(the_answered_commit_length_is_part_of_the_floor),
	        cmocka_unit_test(the_last_progress_is_part_of_the_floor),
	        cmocka_unit_test(a_waiting_seal_goes_on_when_its_node_returns),
	        cmocka_unit_test(a_node_that_comes_back_as_another_process_is_frozen_again),
	        cmocka_unit_test(a_second_call_joins_the_first),
	        cmocka_unit_test(joined_calls_get_the_same_answer),
	        cmocka_unit_test(a_chunk_given_up_before_its_first_byte_is_sealed_empty),
	        cmocka_unit_test(a_writer_that_got_nothing_acknowledged_is_not_kept_waiting),
	        cmocka_unit_test(an_absent_replica_proves_nothing_to_the_master_itself),
	        cmocka_unit_test(a_chunk_that_is_nowhere_yet_is_not_sealed_by_the_master),
	        cmocka_unit_test(absent_replicas_do_not_reach_a_floor),
	        cmocka_unit_test(a_bad_replica_does_not_count_as_frozen),
	        cmocka_unit_test(a_refused_raise_answers_and_leaves_the_chunk_open),
	        cmocka_unit_test(a_refused_seal_is_tried_again_with_a_higher_version),
	        cmocka_unit_test(an_answer_to_an_earlier_seal_does_not_count_in_a_later_one),
	        cmocka_unit_test(a_chunk_that_metadata_never_had_is_dropped),
	        cmocka_unit_test(unknown_chunks_are_not_sealed),
	        cmocka_unit_test(the_row_may_come_before_the_answer),
	        cmocka_unit_test(a_commit_that_seals_the_chunk_answers_a_seal_under_way),
	        cmocka_unit_test(a_chunk_freed_in_a_seal_answers_who_waits),
	        cmocka_unit_test(an_engine_destroyed_in_a_seal_leaves_nothing),
	        cmocka_unit_test(a_lost_operation_does_not_hold_the_chunk_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
