/* SPDX-License-Identifier: MIT */
#include "bench.h"

static const uint32_t on_123[] = {1, 2, 3, 0};

/* Answer the delete that the node was sent: all it names is gone, but for `refused`. */
static size_t deleted(struct bench *b, uint32_t node, uint64_t refused)
{
	struct sent *sent = bench_find(b, PROTO_CALL_DELETE, node);
	struct proto_chunk_version gone[1000];
	struct proto_delete_reply reply = {.gone = gone};

	for (size_t i = 0; i < sent->args.delete.chunks_count; i++)
		if (sent->args.delete.chunks[i].chunk != refused)
			gone[reply.gone_count++] = sent->args.delete.chunks[i];
	bench_answer(b, sent, 0, &reply);
	return reply.gone_count;
}

static void replicas_are_deleted_by_chunk_and_version_everywhere(void **state)
{
	struct bench *b = bench_new(4);
	struct sent *sent;

	bench_sealed_chunk(b, CHUNK(1), 3, on_123);
	assert_int_equal(cluster_chunk_delete(b->cluster, CHUNK(1), 1, bench_gone, b), 0);
	bench_run(b, 1000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 3);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 4), 0);
	sent = bench_find(b, PROTO_CALL_DELETE, 2);
	assert_int_equal(sent->args.delete.chunks_count, 1);
	assert_true(sent->args.delete.chunks[0].chunk == CHUNK(1));
	assert_int_equal(sent->args.delete.chunks[0].version, 1);
	assert_int_equal(sent->args.delete.epoch, BENCH_EPOCH);
	deleted(b, 1, 0);
	deleted(b, 2, 0);
	assert_int_equal(b->gone_count, 0);
	assert_int_equal(bench_counts(b).deleting, 1);
	deleted(b, 3, 0);
	assert_int_equal(b->gone_count, 1);
	assert_true(b->gone[0] == CHUNK(1));
	assert_int_equal(bench_counts(b).deleting, 0);
	cluster_chunk_forgotten(b->cluster, CHUNK(1));
	bench_free(b);
}

static void a_chunk_that_is_nowhere_is_gone_at_once(void **state)
{
	struct bench *b = bench_new(1);

	cluster_chunk_delete(b->cluster, CHUNK(404), 1, bench_gone, b);
	assert_int_equal(b->gone_count, 1);
	bench_row_sealed(b, CHUNK(2), 1, MIB, 1, 1);
	cluster_chunk_delete(b->cluster, CHUNK(2), 1, bench_gone, b);
	assert_int_equal(b->gone_count, 2);
	bench_free(b);
}

static void a_node_that_is_away_is_waited_for(void **state)
{
	struct bench *b = bench_new(3);
	struct proto_held replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_sealed_chunk(b, CHUNK(1), 3, on_123);
	bench_kill(b, 3);
	cluster_chunk_delete(b->cluster, CHUNK(1), 1, bench_gone, b);
	bench_run(b, 1000);
	deleted(b, 1, 0);
	deleted(b, 2, 0);
	bench_run(b, 300000);
	assert_int_equal(b->gone_count, 0);
	bench_start(b, 3);
	bench_report(b, 3, true, &replica, 1);
	bench_run(b, 1000);
	deleted(b, 3, 0);
	assert_int_equal(b->gone_count, 1);
	bench_free(b);
}

static void a_node_that_returns_without_it_has_deleted_it(void **state)
{
	struct bench *b = bench_new(3);

	bench_sealed_chunk(b, CHUNK(1), 3, (const uint32_t[]){3, 0});
	cluster_chunk_delete(b->cluster, CHUNK(1), 1, bench_gone, b);
	bench_run(b, 1000);
	bench_kill(b, 3); /* before it answered */
	bench_start(b, 3);
	bench_report(b, 3, true, NULL, 0);
	assert_int_equal(b->gone_count, 1);
	bench_free(b);
}

static void a_report_of_its_deletion_is_an_answer_too(void **state)
{
	struct bench *b = bench_new(1);
	struct proto_chunk_version gone = {CHUNK(1), 1};
	struct proto_report_args args = {.incarnation = 1, .gone = &gone, .gone_count = 1};

	bench_sealed_chunk(b, CHUNK(1), 1, (const uint32_t[]){1, 0});
	cluster_chunk_delete(b->cluster, CHUNK(1), 1, bench_gone, b);
	bench_run(b, 1000);
	args.sequence = ++b->machines[1].sequence;
	cluster_node_report(b->cluster, 1, &args, NULL);
	assert_int_equal(b->gone_count, 1);
	deleted(b, 1, 0); /* the answer comes later, and is none any more */
	assert_int_equal(b->gone_count, 1);
	bench_free(b);
}

static void a_refused_deletion_is_asked_again_behind_the_others(void **state)
{
	struct bench *b = bench_new(1);
	struct sent *sent;

	for (uint64_t i = 1; i <= 3; i++) {
		bench_sealed_chunk(b, CHUNK(i), 1, (const uint32_t[]){1, 0});
		cluster_chunk_delete(b->cluster, CHUNK(i), 1, bench_gone, b);
	}
	bench_run(b, 500);
	assert_int_equal(deleted(b, 1, CHUNK(1)), 2);
	assert_int_equal(b->gone_count, 2);
	bench_sealed_chunk(b, CHUNK(4), 1, (const uint32_t[]){1, 0});
	cluster_chunk_delete(b->cluster, CHUNK(4), 1, bench_gone, b);
	bench_run(b, 4000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0); /* not at once */
	bench_run(b, 2000);
	sent = bench_find(b, PROTO_CALL_DELETE, 1);
	assert_int_equal(sent->args.delete.chunks_count, 2);
	bench_answer(b, sent, DFS_E_IO, NULL); /* the whole call fails */
	assert_int_equal(b->gone_count, 2);
	bench_run(b, 6000);
	assert_int_equal(deleted(b, 1, 0), 2);
	assert_int_equal(b->gone_count, 4);
	bench_free(b);
}

/*
 * The storm found it: a datanode acknowledged a chunk and died before it sealed it, the file was
 * removed, and the datanode refused for ever to delete what was open at the very version that it
 * was asked for.
 */
static void a_refused_deletion_comes_again_above_a_raised_version(void **state)
{
	struct bench *b = bench_new(1);
	struct proto_op op;
	struct sent *sent;

	bench_sealed_chunk(b, CHUNK(1), 1, (const uint32_t[]){1, 0});
	cluster_chunk_delete(b->cluster, CHUNK(1), 1, bench_gone, b);
	bench_run(b, 500);
	deleted(b, 1, CHUNK(1));
	op = bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	assert_int_equal(op.chunk_raise.chunk, CHUNK(1));
	assert_int_equal(op.chunk_raise.version, 2);
	bench_run(b, 6000);
	sent = bench_find(b, PROTO_CALL_DELETE, 1);
	assert_int_equal(sent->args.delete.chunks[0].version, 2);
	deleted(b, 1, CHUNK(1)); /* for another reason, then: once is enough */
	assert_int_equal(bench_submitted(b), 0);
	bench_run(b, 6000);
	deleted(b, 1, 0);
	assert_int_equal(b->gone_count, 1);
	bench_free(b);
}

static void deletions_travel_in_bounded_batches_one_at_a_time(void **state)
{
	struct bench *b = bench_new(1);
	size_t sizes[] = {1000, 1000, 500};

	for (uint64_t i = 1; i <= 2500; i++) {
		bench_sealed_chunk(b, CHUNK(i), 1, (const uint32_t[]){1, 0});
		cluster_chunk_delete(b->cluster, CHUNK(i), 1, bench_gone, b);
	}
	for (int i = 0; i < 3; i++) {
		bench_run(b, 1000);
		assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 1);
		assert_int_equal(deleted(b, 1, 0), sizes[i]);
	}
	assert_int_equal(b->gone_count, 2500);
	bench_free(b);
}

static void a_batch_that_is_refused_does_not_hold_up_the_next(void **state)
{
	struct bench *b = bench_new(1);
	struct proto_delete_reply none = {0};

	for (uint64_t i = 1; i <= 1001; i++) {
		bench_sealed_chunk(b, CHUNK(i), 1, (const uint32_t[]){1, 0});
		cluster_chunk_delete(b->cluster, CHUNK(i), 1, bench_gone, b);
	}
	bench_run(b, 1000);
	bench_answer(b, bench_find(b, PROTO_CALL_DELETE, 1), 0, &none);
	bench_run(b, 6000);
	assert_true(
	        bench_find(b, PROTO_CALL_DELETE, 1)->args.delete.chunks[0].chunk == CHUNK(1001));
	assert_true(bench_find(b, PROTO_CALL_DELETE, 1)->args.delete.chunks[1].chunk == CHUNK(1));
	bench_free(b);
}

/* RULES 22 */
static void nothing_is_deleted_in_safe_mode(void **state)
{
	struct bench *b = bench_bare();
	struct proto_row_node node = {.uuid = 1002, .address = "x:1", .rack = ""};
	struct proto_held replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);
	struct proto_row_chunk row = {.version = 1,
	        .state = PROTO_CHUNK_STATE_FREED,
	        .goal = 1,
	        .nodes = (uint32_t[]){1},
	        .nodes_count = 1};

	cluster_node_known(b->cluster, 2, &node);
	node.uuid = 1001;
	cluster_node_known(b->cluster, 1, &node);
	cluster_chunk_known(b->cluster, CHUNK(1), &row);
	cluster_chunk_delete(b->cluster, CHUNK(1), 1, bench_gone, b);
	bench_start(b, 1);
	bench_report(b, 1, true, &replica, 1);
	bench_run(b, 50000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	assert_int_equal(b->gone_count, 0);
	bench_run(b, 12000);
	assert_int_equal(deleted(b, 1, 0), 1);
	assert_int_equal(b->gone_count, 1);
	bench_free(b);
}

static void a_freed_chunk_of_an_earlier_reign_waits_for_the_nodes_of_its_allocation(void **state)
{
	struct bench *b = bench_bare();
	struct proto_row_node node = {.address = "x:1", .rack = ""};
	struct proto_row_chunk row = {.version = 1,
	        .state = PROTO_CHUNK_STATE_FREED,
	        .goal = 2,
	        .nodes = (uint32_t[]){1, 2},
	        .nodes_count = 2};

	for (uint32_t i = 1; i <= 2; i++) {
		node.uuid = 1000 + i;
		cluster_node_known(b->cluster, i, &node);
	}
	cluster_chunk_known(b->cluster, CHUNK(1), &row);
	cluster_chunk_delete(b->cluster, CHUNK(1), 1, bench_gone, b);
	bench_start(b, 1);
	bench_report(b, 1, true, NULL, 0);
	bench_run(b, 120000);
	assert_int_equal(b->gone_count, 0);
	bench_start(b, 2);
	bench_report(b, 2, true, NULL, 0);
	bench_run(b, 1000);
	assert_int_equal(b->gone_count, 1);
	bench_free(b);
}

static void a_freed_chunk_that_lingers_is_not_deleted_yet(void **state)
{
	struct bench *b = bench_new(2);
	struct proto_row_chunk row = {.version = 1, .state = PROTO_CHUNK_STATE_FREED, .goal = 1};
	struct proto_held replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_sealed_chunk(b, CHUNK(1), 2, (const uint32_t[]){1, 0});
	cluster_chunk_known(b->cluster, CHUNK(1), &row);
	bench_report(b, 2, false, &replica, 1);
	bench_run(b, 20000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0); /* nor repaired */
	assert_int_equal(bench_counts(b).under_goal, 0);
	cluster_chunk_delete(b->cluster, CHUNK(1), 1, bench_gone, b);
	bench_run(b, 1000);
	deleted(b, 1, 0);
	deleted(b, 2, 0);
	assert_int_equal(b->gone_count, 1);
	bench_free(b);
}

static void an_open_chunk_that_is_freed_is_deleted_where_it_was_placed(void **state)
{
	struct bench *b = bench_new(3);

	bench_open_chunk(b, CHUNK(1), on_123);
	cluster_chunk_delete(b->cluster, CHUNK(1), 1, bench_gone, b);
	assert_int_equal(bench_counts(b).open_chunks, 0);
	bench_run(b, 1000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 3);
	assert_int_equal(bench_progress(b, 1, CHUNK(1), 1, 5, 5), 0);
	bench_free(b);
}

static void a_copy_under_way_holds_the_end_of_a_deletion_up(void **state)
{
	struct bench *b = bench_new(3);
	struct proto_copy_reply done = {0};
	uint32_t target;

	bench_sealed_chunk(b, CHUNK(1), 2, (const uint32_t[]){1, 0});
	bench_run(b, 1000);
	target = bench_find(b, PROTO_CALL_COPY, 0)->node;
	cluster_chunk_delete(b->cluster, CHUNK(1), 1, bench_gone, b);
	bench_run(b, 1000);
	deleted(b, 1, 0);
	assert_int_equal(b->gone_count, 0);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), 0, &done);
	assert_int_equal(b->gone_count, 0);
	bench_run(b, 1000);
	deleted(b, target, 0);
	assert_int_equal(b->gone_count, 1);
	bench_free(b);
}

static void a_forgotten_chunk_is_an_orphan_where_it_turns_up(void **state)
{
	struct bench *b = bench_new(2);
	struct proto_held replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_sealed_chunk(b, CHUNK(1), 1, (const uint32_t[]){1, 0});
	cluster_chunk_delete(b->cluster, CHUNK(1), 1, bench_gone, b);
	bench_run(b, 1000);
	deleted(b, 1, 0);
	cluster_chunk_forgotten(b->cluster, CHUNK(1));
	bench_report(b, 2, false, &replica, 1);
	assert_int_equal(bench_counts(b).orphans, 1);
	bench_run(b, 10000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_free(b);
}

/* RULES 16: metadata that may be older than what the datanodes hold. */
static void nothing_is_deleted_while_deletions_are_held(void **state)
{
	struct bench *b = bench_new(2);

	assert_true(cluster_may_delete(b->cluster));
	cluster_hold_deletes(b->cluster, "the metadata was restored");
	assert_false(cluster_may_delete(b->cluster));
	assert_string_equal(cluster_deletes_held(b->cluster), "the metadata was restored");
	bench_sealed_chunk(b, CHUNK(1), 1, (const uint32_t[]){1, 0});
	bench_row_sealed(b, CHUNK(2), 1, MIB, 1, 1);
	cluster_chunk_delete(b->cluster, CHUNK(1), 1, bench_gone, b);
	cluster_chunk_delete(b->cluster, CHUNK(2), 1, bench_gone, b); /* nowhere */
	bench_run(b, 300000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	assert_int_equal(b->gone_count, 0);
	cluster_hold_deletes(b->cluster, NULL);
	assert_null(cluster_deletes_held(b->cluster));
	assert_int_equal(b->gone_count, 1);
	bench_run(b, 1000);
	deleted(b, 1, 0);
	assert_int_equal(b->gone_count, 2);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(replicas_are_deleted_by_chunk_and_version_everywhere),
	        cmocka_unit_test(a_chunk_that_is_nowhere_is_gone_at_once),
	        cmocka_unit_test(a_node_that_is_away_is_waited_for),
	        cmocka_unit_test(a_node_that_returns_without_it_has_deleted_it),
	        cmocka_unit_test(a_report_of_its_deletion_is_an_answer_too),
	        cmocka_unit_test(a_refused_deletion_is_asked_again_behind_the_others),
	        cmocka_unit_test(a_refused_deletion_comes_again_above_a_raised_version),
	        cmocka_unit_test(deletions_travel_in_bounded_batches_one_at_a_time),
	        cmocka_unit_test(a_batch_that_is_refused_does_not_hold_up_the_next),
	        cmocka_unit_test(nothing_is_deleted_in_safe_mode),
	        cmocka_unit_test(
	                a_freed_chunk_of_an_earlier_reign_waits_for_the_nodes_of_its_allocation),
	        cmocka_unit_test(a_freed_chunk_that_lingers_is_not_deleted_yet),
	        cmocka_unit_test(an_open_chunk_that_is_freed_is_deleted_where_it_was_placed),
	        cmocka_unit_test(a_copy_under_way_holds_the_end_of_a_deletion_up),
	        cmocka_unit_test(a_forgotten_chunk_is_an_orphan_where_it_turns_up),
	        cmocka_unit_test(nothing_is_deleted_while_deletions_are_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
