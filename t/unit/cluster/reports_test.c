/* SPDX-License-Identifier: MIT */
#include "bench.h"

static const uint32_t on_12[] = {1, 2, 0};
static const uint32_t on_123[] = {1, 2, 3, 0};

static int report(struct bench *b, uint32_t node, uint64_t incarnation, uint64_t sequence)
{
	struct proto_report_args args = {.incarnation = incarnation, .sequence = sequence};

	return cluster_node_report(b->cluster, node, &args, NULL);
}

static void reports_come_in_order_from_the_registered_process(void **state)
{
	struct bench *b = bench_new(1); /* its full report was number 1 */

	assert_int_equal(report(b, 1, 1, 1), DFS_E_PROTO);
	assert_int_equal(report(b, 1, 1, 3), DFS_E_PROTO);
	assert_int_equal(report(b, 1, 1, 0), DFS_E_PROTO);
	assert_int_equal(report(b, 1, 2, 2), DFS_E_UNAVAIL);
	assert_int_equal(report(b, 9, 1, 1), DFS_E_UNAVAIL);
	assert_int_equal(report(b, 1, 1, 2), 0);
	cluster_node_lost(b->cluster, 1);
	assert_int_equal(report(b, 1, 1, 3), DFS_E_UNAVAIL);
	bench_free(b);
}

static void a_full_report_in_parts_is_one_report(void **state)
{
	struct bench *b = bench_new(2);
	struct machine *machine = &b->machines[1];
	struct proto_held part[2];

	bench_sealed_chunk(b, CHUNK(1), 2, on_12);
	bench_sealed_chunk(b, CHUNK(2), 2, on_12);
	bench_sealed_chunk(b, CHUNK(3), 2, on_12);
	bench_kill(b, 1);
	bench_start(b, 1);
	for (int i = 0; i < 2; i++) {
		struct proto_report_args args = {
		        .incarnation = machine->incarnation,
		        .sequence = ++machine->sequence,
		        .full = true,
		        .last = i == 1,
		        .held = part,
		        .held_count = 1,
		};

		part[0] = held(CHUNK(1 + (uint64_t)i), 1, MIB, 77, PROTO_HELD_STATE_SEALED);
		assert_int_equal(cluster_node_report(b->cluster, 1, &args, NULL), 0);
		if (i == 0) {
			assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_GOOD);
			assert_int_equal(bench_state(b, CHUNK(2), 1), PROTO_REPLICA_STATE_UNKNOWN);
			assert_int_equal(bench_state(b, CHUNK(3), 1), PROTO_REPLICA_STATE_UNKNOWN);
		}
	}
	assert_int_equal(bench_state(b, CHUNK(2), 1), PROTO_REPLICA_STATE_GOOD);
	assert_int_equal(bench_state(b, CHUNK(3), 1), PROTO_REPLICA_STATE_MISSING);
	assert_int_equal(bench_counts(b).under_goal, 1);
	bench_free(b);
}

/* RULES 23 */
static void what_became_known_after_the_report_began_is_not_missing(void **state)
{
	struct bench *b = bench_new(2);

	bench_sealed_chunk(b, CHUNK(1), 2, on_12);
	bench_kill(b, 1);
	bench_start(b, 1);
	bench_sealed_chunk(b, CHUNK(2), 2, on_12); /* a delta in the midst of the full report */
	bench_open_chunk(b, CHUNK(3), on_12);
	bench_report(b, 1, true, NULL, 0);
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_MISSING);
	assert_int_equal(bench_state(b, CHUNK(2), 1), PROTO_REPLICA_STATE_GOOD);
	assert_int_equal(bench_state(b, CHUNK(3), 1), PROTO_REPLICA_STATE_OPEN);
	bench_free(b);
}

static void a_report_that_was_cut_off_confirms_nothing(void **state)
{
	struct bench *b = bench_new(2);
	struct proto_held part = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_sealed_chunk(b, CHUNK(1), 2, on_12);
	bench_sealed_chunk(b, CHUNK(2), 2, on_12);
	bench_kill(b, 1);
	bench_start(b, 1);
	bench_report(b, 1, false, &part, 1);
	bench_kill(b, 1); /* before its report ended */
	bench_start(b, 1);
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_UNKNOWN);
	assert_int_equal(bench_state(b, CHUNK(2), 1), PROTO_REPLICA_STATE_UNKNOWN);
	bench_report(b, 1, true, NULL, 0);
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_MISSING);
	assert_int_equal(bench_state(b, CHUNK(2), 1), PROTO_REPLICA_STATE_MISSING);
	bench_free(b);
}

static void a_second_full_report_on_the_channel_counts_too(void **state)
{
	struct bench *b = bench_new(2);
	struct proto_held kept = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_sealed_chunk(b, CHUNK(1), 2, on_12);
	bench_sealed_chunk(b, CHUNK(2), 2, on_12);
	bench_report(b, 1, true, &kept, 1);
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_GOOD);
	assert_int_equal(bench_state(b, CHUNK(2), 1), PROTO_REPLICA_STATE_MISSING);
	bench_free(b);
}

static void unknown_chunks_are_orphans_and_left_alone(void **state)
{
	struct bench *b = bench_new(1);
	struct proto_held orphan = held(CHUNK(404), 1, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_report(b, 1, false, &orphan, 1);
	assert_int_equal(bench_counts(b).orphans, 1);
	bench_run(b, 120000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	assert_int_equal(bench_state(b, CHUNK(404), 1), PROTO_REPLICA_STATE_MISSING);
	bench_kill(b, 1);
	bench_start(b, 1);
	bench_report(b, 1, true, &orphan, 1);
	assert_int_equal(bench_counts(b).orphans, 1); /* counted anew, not twice */
	bench_free(b);
}

/* What is reported of a chunk sealed at version 3, length 1 MiB, CRC 77. */
static void judged(struct proto_held replica, enum proto_replica_state wanted, size_t seals)
{
	struct bench *b = bench_new(2);

	bench_row_sealed(b, replica.chunk, 3, MIB, 77, 1);
	bench_report(b, 1, false, &replica, 1);
	assert_int_equal(bench_state(b, replica.chunk, 1), wanted);
	bench_run(b, 3000);
	assert_int_equal(bench_count(b, PROTO_CALL_SEAL_AT, 1), seals);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_free(b);
}

static void each_report_of_a_sealed_chunk_is_judged(void **state)
{
	judged(held(CHUNK(1), 3, MIB, 77, PROTO_HELD_STATE_SEALED), PROTO_REPLICA_STATE_GOOD, 0);
	judged(held(CHUNK(1), 3, MIB, 78, PROTO_HELD_STATE_SEALED), PROTO_REPLICA_STATE_CORRUPT, 0);
	judged(held(CHUNK(1), 3, MIB - 1, 77, PROTO_HELD_STATE_SEALED), PROTO_REPLICA_STATE_CORRUPT,
	        0);
	judged(held(CHUNK(1), 3, MIB, 77, PROTO_HELD_STATE_BAD), PROTO_REPLICA_STATE_CORRUPT, 0);
	/* RULES 3: the same bytes, only older: raised and welcomed. */
	judged(held(CHUNK(1), 2, MIB, 77, PROTO_HELD_STATE_SEALED), PROTO_REPLICA_STATE_STALE, 1);
	judged(held(CHUNK(1), 2, MIB, 78, PROTO_HELD_STATE_SEALED), PROTO_REPLICA_STATE_STALE, 0);
	/* It missed the end of the seal. */
	judged(held(CHUNK(1), 3, MIB, 0, PROTO_HELD_STATE_FROZEN), PROTO_REPLICA_STATE_OPEN, 1);
	judged(held(CHUNK(1), 3, MIB + 5, 0, PROTO_HELD_STATE_FROZEN), PROTO_REPLICA_STATE_OPEN, 1);
	judged(held(CHUNK(1), 3, MIB - 1, 0, PROTO_HELD_STATE_FROZEN), PROTO_REPLICA_STATE_SHORT,
	        0);
	judged(held(CHUNK(1), 3, MIB, 0, PROTO_HELD_STATE_OPEN), PROTO_REPLICA_STATE_OPEN, 1);
	judged(held(CHUNK(1), 1, MIB, 0, PROTO_HELD_STATE_OPEN), PROTO_REPLICA_STATE_STALE, 1);
	judged(held(CHUNK(1), 2, 0, 0, PROTO_HELD_STATE_FROZEN), PROTO_REPLICA_STATE_SHORT, 0);
	/* Of a time that metadata does not know: nothing is done to it. */
	judged(held(CHUNK(1), 4, MIB, 77, PROTO_HELD_STATE_SEALED), PROTO_REPLICA_STATE_UNKNOWN, 0);
	judged(held(CHUNK(1), UINT64_MAX, UINT64_MAX, 77, PROTO_HELD_STATE_OPEN),
	        PROTO_REPLICA_STATE_UNKNOWN, 0);
}

static void the_answer_to_seal_at_decides(void **state)
{
	const struct {
		int code;
		enum proto_replica_state wanted;
	} rows[] = {{0, PROTO_REPLICA_STATE_GOOD}, {DFS_E_RANGE, PROTO_REPLICA_STATE_SHORT},
	        {DFS_E_CORRUPT, PROTO_REPLICA_STATE_CORRUPT},
	        {DFS_E_NOENT, PROTO_REPLICA_STATE_MISSING}, {DFS_E_BUSY, PROTO_REPLICA_STATE_OPEN}};
	struct proto_seal_at_reply done = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench *b = bench_new(1);
		struct proto_held replica = held(CHUNK(1), 1, MIB, 0, PROTO_HELD_STATE_OPEN);

		bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 1);
		bench_report(b, 1, false, &replica, 1);
		bench_run(b, 3000);
		bench_answer(b, bench_find(b, PROTO_CALL_SEAL_AT, 1), rows[i].code, &done);
		assert_int_equal(bench_state(b, CHUNK(1), 1), rows[i].wanted);
		bench_run(b, 20000);
		assert_int_equal(bench_count(b, PROTO_CALL_SEAL_AT, 1),
		        rows[i].code == DFS_E_BUSY); /* asked again */
		bench_free(b);
	}
}

static void a_replica_that_never_seals_is_given_up_as_hope(void **state)
{
	struct bench *b = bench_new(2);
	struct proto_held replica = held(CHUNK(1), 1, MIB, 0, PROTO_HELD_STATE_OPEN);

	bench_sealed_chunk(b, CHUNK(1), 2, (const uint32_t[]){2, 0});
	bench_report(b, 1, false, &replica, 1);
	assert_int_equal(bench_counts(b).under_goal, 0); /* hoped for */
	for (int i = 0; i < 700 && bench_state(b, CHUNK(1), 1) == PROTO_REPLICA_STATE_OPEN; i++) {
		bench_run(b, 1000);
		if (bench_count(b, PROTO_CALL_SEAL_AT, 1))
			bench_answer(b, bench_find(b, PROTO_CALL_SEAL_AT, 1), DFS_E_BUSY, NULL);
	}
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_STALE);
	assert_int_equal(bench_counts(b).under_goal, 1);
	bench_free(b);
}

static void a_commit_knows_what_was_reported_before_it(void **state)
{
	struct bench *b = bench_new(3);
	struct proto_held replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_open_chunk(b, CHUNK(1), on_123);
	bench_report(b, 1, false, &replica, 1);
	bench_report(b, 2, false, &replica, 1);
	replica.state = PROTO_HELD_STATE_OPEN;
	replica.length = 0;
	bench_report(b, 3, false, &replica, 1); /* at its creation */
	bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 3);
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_GOOD);
	assert_int_equal(bench_state(b, CHUNK(1), 2), PROTO_REPLICA_STATE_GOOD);
	assert_int_equal(
	        bench_state(b, CHUNK(1), 3), PROTO_REPLICA_STATE_OPEN); /* it has grown since */
	assert_int_equal(bench_counts(b).under_goal, 0);
	assert_int_equal(bench_counts(b).open_chunks, 0);
	replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);
	bench_report(b, 3, false, &replica, 1);
	assert_int_equal(bench_state(b, CHUNK(1), 3), PROTO_REPLICA_STATE_GOOD);
	bench_run(b, 3000);
	assert_int_equal(bench_count(b, PROTO_CALL_SEAL_AT, 0), 0);
	bench_free(b);
}

static void a_commit_before_the_first_word_of_its_replicas_hopes_for_them(void **state)
{
	struct bench *b = bench_new(3);

	bench_open_chunk(b, CHUNK(1), on_123);
	bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 3);
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_OPEN);
	assert_int_equal(bench_counts(b).under_goal, 0);
	assert_int_equal(bench_counts(b).lost, 0);
	bench_run(b, 1500);
	assert_int_equal(bench_count(b, PROTO_CALL_SEAL_AT, 0), 0); /* they seal by themselves */
	bench_run(b, 1500);
	assert_int_equal(bench_count(b, PROTO_CALL_SEAL_AT, 0), 3); /* or are told */
	bench_free(b);
}

/* The simulated storm found it: its report came between the allocation and its first byte. */
static void a_report_from_before_its_creation_does_not_deny_a_committed_replica(void **state)
{
	struct bench *b = bench_new(3);

	bench_open_chunk(b, CHUNK(1), on_123);
	bench_report(b, 1, true, NULL, 0); /* as when fsck asks for it */
	bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 3);
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_OPEN);
	assert_int_equal(bench_counts(b).under_goal, 0);
	bench_run(b, 3000);
	assert_int_equal(bench_count(b, PROTO_CALL_SEAL_AT, 1), 1);
	bench_answer(b, bench_find(b, PROTO_CALL_SEAL_AT, 1), DFS_E_NOENT, NULL);
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_MISSING);
	bench_free(b);
}

/* The simulated storm found it: a disk was replaced between the last byte and the commit. */
static void what_an_earlier_process_told_does_not_speak_for_the_next(void **state)
{
	struct bench *b = bench_new(2);
	struct proto_held was = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_open_chunk(b, CHUNK(1), on_12);
	bench_report(b, 1, false, &was, 1);
	bench_kill(b, 1);
	bench_start(b, 1);
	bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 2);
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_OPEN);
	bench_report(b, 1, true, NULL, 0);
	bench_run(b, 3000);
	bench_answer(b, bench_find(b, PROTO_CALL_SEAL_AT, 1), DFS_E_NOENT, NULL);
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_MISSING);
	bench_free(b);
}

static void a_deleted_replica_is_missing(void **state)
{
	struct bench *b = bench_new(2);
	struct proto_chunk_version gone = {CHUNK(1), 1};
	struct proto_report_args args = {.incarnation = 1, .gone = &gone, .gone_count = 1};

	bench_sealed_chunk(b, CHUNK(1), 2, on_12);
	args.sequence = ++b->machines[1].sequence;
	assert_int_equal(cluster_node_report(b->cluster, 1, &args, NULL), 0);
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_MISSING);
	assert_int_equal(bench_counts(b).under_goal, 1);
	gone.chunk = CHUNK(404);
	args.sequence = ++b->machines[1].sequence;
	assert_int_equal(cluster_node_report(b->cluster, 1, &args, NULL), 0);
	bench_free(b);
}

static void good_replicas_on_good_nodes_are_listed_first(void **state)
{
	struct bench *b = bench_new(5);
	struct proto_held stale = held(CHUNK(1), 1, 5, 1, PROTO_HELD_STATE_FROZEN);
	struct proto_replica *replicas;
	size_t count;

	bench_report(b, 1, false, NULL, 0);
	bench_sealed_chunk(b, CHUNK(1), 3, (const uint32_t[]){2, 3, 4, 5, 0});
	bench_report(b, 1, false, &stale, 1);
	b->machines[4].stuck_ms = 9000;
	b->machines[3].read_bytes = 500 * MIB; /* busy */
	bench_kill(b, 2);
	bench_run(b, 11000);
	assert_int_equal(cluster_replicas(b->cluster, CHUNK(1), &b->arena, &replicas, &count), 0);
	assert_int_equal(count, 5);
	assert_int_equal(replicas[0].node, 5);
	assert_int_equal(replicas[0].state, PROTO_REPLICA_STATE_GOOD);
	assert_int_equal(replicas[0].version, 1);
	assert_string_equal(replicas[0].address, "node5:7070");
	assert_int_equal(replicas[1].node, 3);
	assert_int_equal(replicas[2].node, 4); /* slow */
	assert_int_equal(replicas[3].node, 1);
	assert_int_equal(replicas[3].state, PROTO_REPLICA_STATE_SHORT);
	assert_int_equal(replicas[4].node, 2);
	assert_int_equal(replicas[4].state, PROTO_REPLICA_STATE_MISSING);
	assert_int_equal(cluster_replicas(b->cluster, CHUNK(404), &b->arena, &replicas, &count), 0);
	assert_int_equal(count, 0);
	bench_free(b);
}

static void a_tenth_replica_is_used_only_where_it_is_better(void **state)
{
	struct bench *b = bench_new(12);
	struct proto_held good = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);
	struct proto_held broken = held(CHUNK(1), 1, 5, 1, PROTO_HELD_STATE_FROZEN);

	bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 9);
	bench_report(b, 1, false, &broken, 1);
	for (uint32_t node = 2; node <= 9; node++)
		bench_report(b, node, false, &good, 1);
	bench_report(b, 10, false, &good, 1);
	assert_int_equal(bench_state(b, CHUNK(1), 10), PROTO_REPLICA_STATE_GOOD);
	assert_int_equal(bench_state(b, CHUNK(1), 1), PROTO_REPLICA_STATE_MISSING);
	assert_int_equal(bench_counts(b).under_goal, 0);
	bench_report(b, 11, false, &good, 1);
	assert_int_equal(bench_state(b, CHUNK(1), 11), PROTO_REPLICA_STATE_MISSING);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_free(b);
}

static void rows_out_of_range_are_refused(void **state)
{
	struct bench *b = bench_new(1);
	struct proto_row_chunk row = {
	        .state = PROTO_CHUNK_STATE_SEALED, .version = UINT64_C(1) << 40, .goal = 1};

	assert_int_equal(cluster_chunk_known(b->cluster, CHUNK(1), &row), DFS_E_RANGE);
	row.version = 1;
	row.length = CHUNK_SIZE_MAX + (uint64_t)1;
	assert_int_equal(cluster_chunk_known(b->cluster, CHUNK(1), &row), DFS_E_RANGE);
	row.length = CHUNK_SIZE_MAX;
	assert_int_equal(cluster_chunk_known(b->cluster, CHUNK(1), &row), 0);
	bench_free(b);
}

static void lost_chunks_are_not_called_so_in_safe_mode(void **state)
{
	struct bench *b = bench_bare();
	struct proto_row_node node = {.uuid = 1001, .address = "a:1", .rack = ""};

	cluster_node_known(b->cluster, 1, &node);
	bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 1);
	assert_int_equal(bench_counts(b).lost, 0);
	bench_run(b, 61000);
	assert_int_equal(bench_counts(b).lost, 1);
	bench_start(b, 1);
	bench_report(b, 1, true,
	        (struct proto_held[]){held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED)}, 1);
	assert_int_equal(bench_counts(b).lost, 0);
	assert_int_equal(bench_counts(b).under_goal, 0);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(reports_come_in_order_from_the_registered_process),
	        cmocka_unit_test(a_full_report_in_parts_is_one_report),
	        cmocka_unit_test(what_became_known_after_the_report_began_is_not_missing),
	        cmocka_unit_test(a_report_that_was_cut_off_confirms_nothing),
	        cmocka_unit_test(a_second_full_report_on_the_channel_counts_too),
	        cmocka_unit_test(unknown_chunks_are_orphans_and_left_alone),
	        cmocka_unit_test(each_report_of_a_sealed_chunk_is_judged),
	        cmocka_unit_test(the_answer_to_seal_at_decides),
	        cmocka_unit_test(a_replica_that_never_seals_is_given_up_as_hope),
	        cmocka_unit_test(a_commit_knows_what_was_reported_before_it),
	        cmocka_unit_test(a_commit_before_the_first_word_of_its_replicas_hopes_for_them),
	        cmocka_unit_test(
	                a_report_from_before_its_creation_does_not_deny_a_committed_replica),
	        cmocka_unit_test(what_an_earlier_process_told_does_not_speak_for_the_next),
	        cmocka_unit_test(a_deleted_replica_is_missing),
	        cmocka_unit_test(good_replicas_on_good_nodes_are_listed_first),
	        cmocka_unit_test(a_tenth_replica_is_used_only_where_it_is_better),
	        cmocka_unit_test(rows_out_of_range_are_refused),
	        cmocka_unit_test(lost_chunks_are_not_called_so_in_safe_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
