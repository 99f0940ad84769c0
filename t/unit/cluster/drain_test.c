/* SPDX-License-Identifier: MIT */
#include "bench.h"

static const uint32_t on_12[] = {1, 2, 0};
static const uint32_t on_123[] = {1, 2, 3, 0};

static struct proto_copy_reply copied;

static struct proto_drain_info drain(struct bench *b, uint32_t node)
{
	struct proto_drain_info info;

	assert_int_equal(cluster_drain(b->cluster, node, &b->arena, &info), 0);
	return info;
}

static bool safe(struct bench *b, uint32_t node)
{
	return drain(b, node).safe;
}

static int check(struct bench *b, uint32_t node, const char *part)
{
	struct dfs_error err = {0};
	int rc = cluster_drain_check(b->cluster, node, &err);

	if (!strstr(err.text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, err.text);
	return rc;
}

static void begin(struct bench *b, uint32_t node)
{
	assert_int_equal(check(b, node, ""), 0);
	assert_int_equal(cluster_node_drain(b->cluster, node, true), 0);
}

static void what_it_holds_is_copied_and_then_it_is_safe(void **state)
{
	struct bench *b = bench_new(4);

	bench_sealed_chunk(b, CHUNK(1), 3, on_123);
	assert_false(safe(b, 2));
	begin(b, 2);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_DRAINING);
	assert_int_equal(bench_counts(b).under_goal, 1);
	assert_int_equal(bench_counts(b).leaving, 1);
	assert_false(safe(b, 2));
	assert_int_equal(drain(b, 2).held, 1);
	assert_int_equal(drain(b, 2).chunks, 1);
	assert_int_equal(drain(b, 2).bytes, MIB);
	bench_run(b, 500);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 4), 0, &copied);
	assert_true(safe(b, 2));
	assert_non_null(strstr(drain(b, 2).text, "safe to unplug"));
	bench_run(b, 2000);
	assert_true(bench_event(b, "event=drained node=2"));
	/* It keeps what it has, as a source and for a cancel. */
	bench_run(b, 120000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	assert_int_equal(bench_state(b, CHUNK(1), 2), PROTO_REPLICA_STATE_GOOD);
	assert_int_equal(bench_counts(b).nodes_draining, 1);
	bench_free(b);
}

static void it_is_a_source_where_it_has_the_only_good_replica(void **state)
{
	struct bench *b = bench_new(3);
	struct sent *sent;

	bench_sealed_chunk(b, CHUNK(1), 1, (const uint32_t[]){2, 0});
	begin(b, 2);
	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	sent = bench_find(b, PROTO_CALL_COPY, 0);
	assert_string_equal(sent->args.copy.source, "node2:7070");
	assert_int_not_equal(sent->node, 2);
	bench_answer(b, sent, 0, &copied);
	assert_true(safe(b, 2));
	bench_free(b);
}

static void it_takes_no_chunk_and_no_copy(void **state)
{
	struct bench *b = bench_new(4);
	const struct place_view *view;

	begin(b, 3);
	view = cluster_view(b->cluster, MIB, NULL, 0);
	assert_int_equal(view->nodes_count, 3);
	for (size_t i = 0; i < view->nodes_count; i++)
		assert_int_not_equal(view->nodes[i].node, 3);
	assert_int_equal(cluster_nodes_staying(b->cluster), 3);
	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 3), 0);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 4), 1);
	bench_free(b);
}

static void open_chunks_are_sealed_first(void **state)
{
	struct bench *b = bench_new(3);

	bench_open_chunk(b, CHUNK(1), on_12);
	begin(b, 2);
	assert_false(safe(b, 2));
	assert_int_equal(drain(b, 2).open, 1);
	bench_run(b, 500);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	bench_frozen(b, 1, 100, 7, 100);
	bench_frozen(b, 2, 100, 7, 100);
	assert_false(safe(b, 2)); /* sealed, but not durably */
	bench_durable(b, PROTO_OP_CHUNK_SEAL, 0);
	assert_int_equal(drain(b, 2).open, 0);
	assert_int_equal(drain(b, 2).chunks, 1);
	bench_answer(b, bench_find(b, PROTO_CALL_SEAL_AT, 1), 0, &(struct proto_seal_at_reply){0});
	bench_answer(b, bench_find(b, PROTO_CALL_SEAL_AT, 2), 0, &(struct proto_seal_at_reply){0});
	assert_false(safe(b, 2)); /* one good replica elsewhere, the goal is two */
	bench_run(b, 500);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 3), 0, &copied);
	assert_true(safe(b, 2));
	bench_free(b);
}

static void a_seal_that_waits_for_it_holds_it(void **state)
{
	struct bench *b = bench_new(3);

	bench_open_chunk(b, CHUNK(1), on_12);
	bench_progress(b, 1, CHUNK(1), 1, 500, 500);
	begin(b, 2);
	bench_run(b, 500);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	bench_frozen(b, 2, 100, 7, 100);
	bench_kill(b, 1); /* had 500 bytes acknowledged */
	bench_run(b, 4000);
	assert_int_equal(bench_counts(b).waiting_seals, 1);
	assert_false(safe(b, 2));
	assert_non_null(strstr(drain(b, 2).text, "waiting for a seal"));
	bench_free(b);
}

static void it_is_refused_where_the_others_are_too_few(void **state)
{
	struct bench *b = bench_new(3);

	assert_int_equal(check(b, 9, "no datanode 9"), DFS_E_NOENT);
	bench_sealed_chunk(b, CHUNK(1), 3, on_123);
	assert_int_equal(
	        check(b, 2, "1 of its chunks are to have up to 3 replicas, and only 2 other"),
	        DFS_E_NODES);
	bench_sealed_chunk(b, CHUNK(2), 2, on_12);
	assert_int_equal(check(b, 2, "1 of its chunks"), DFS_E_NODES);
	/* Chunks that it does not hold are nothing to it. */
	cluster_chunk_forgotten(b->cluster, CHUNK(1));
	assert_int_equal(check(b, 2, ""), 0);
	bench_kill(b, 1);
	bench_run(b, 11000);
	assert_int_equal(check(b, 2, "only 1 other datanodes are up, 1 dead"), DFS_E_NODES);
	bench_kill(b, 3);
	bench_run(b, 11000);
	assert_int_equal(check(b, 2, "no other datanode is up, 2 dead"), DFS_E_NODES);
	bench_free(b);
}

static void it_is_refused_where_the_others_have_no_room(void **state)
{
	struct bench *b = bench_new(3);

	bench_sealed_chunk(b, CHUNK(1), 2, on_12);
	b->machines[1].free_bytes = b->machines[3].free_bytes = MIB / 4;
	bench_run(b, 1000);
	assert_int_equal(check(b, 2, "1.0 MiB are to be copied"), DFS_E_NODES);
	bench_free(b);
}

static void it_is_refused_in_safe_mode(void **state)
{
	struct bench *b = bench_bare();

	bench_register(b, 1);
	assert_int_equal(check(b, 1, "has just started"), DFS_E_UNAVAIL);
	bench_free(b);
}

static void cancelled_it_is_used_again_and_nothing_was_deleted(void **state)
{
	struct bench *b = bench_new(4);

	bench_sealed_chunk(b, CHUNK(1), 3, on_123);
	begin(b, 2);
	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 4), 1);
	assert_int_equal(cluster_node_drain(b->cluster, 2, false), 0);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_UP);
	assert_int_equal(bench_counts(b).under_goal, 0);
	assert_false(drain(b, 2).draining);
	assert_int_equal(cluster_view(b->cluster, MIB, NULL, 0)->nodes_count, 4);
	assert_true(bench_event(b, "event=drain_cancelled node=2"));
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 4), DFS_E_CANCELLED, NULL);
	bench_run(b, 20000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0); /* three are enough again */
	bench_free(b);
}

static void another_death_makes_it_needed_again(void **state)
{
	struct bench *b = bench_new(5);

	bench_sealed_chunk(b, CHUNK(1), 2, on_12);
	begin(b, 2);
	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), 0, &copied);
	assert_true(safe(b, 2));
	bench_run(b, 1500);
	bench_kill(b, 1);
	/* Not after dead_after, but as soon as it is not certain any more. */
	bench_run(b, 4000);
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_SUSPECT);
	assert_false(safe(b, 2));
	assert_true(bench_event(b, "event=drain_needed_again node=2"));
	bench_run(b, 8000);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), 0, &copied);
	assert_true(safe(b, 2));
	bench_free(b);
}

/* What metadata says at the start is in force before the node is heard of. */
static void it_outlives_the_master(void **state)
{
	struct bench *b = bench_bare();
	struct proto_row_node row = {
	        .uuid = 1002, .address = "node2:7070", .rack = "", .draining = true};
	struct proto_held replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 1);
	assert_int_equal(cluster_node_known(b->cluster, 2, &row), 0);
	assert_int_equal(bench_register(b, 2), 0);
	b->machines[2].beating = true;
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_DRAINING);
	assert_int_equal(bench_register(b, 1), 0);
	b->machines[1].beating = true;
	bench_report(b, 1, true, NULL, 0);
	assert_false(safe(b, 2)); /* nobody knows yet what it holds */
	bench_report(b, 2, true, &replica, 1);
	bench_run(b, 1000);
	assert_int_equal(drain(b, 2).chunks, 1);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 1), 0, &copied);
	assert_true(safe(b, 2));
	/* A new process of it is still to be emptied. */
	bench_kill(b, 2);
	bench_start(b, 2);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_DRAINING);
	assert_false(safe(b, 2));
	bench_report(b, 2, true, &replica, 1);
	assert_true(safe(b, 2));
	bench_free(b);
}

static void one_that_was_unplugged_is_no_trouble(void **state)
{
	struct bench *b = bench_new(3);

	bench_sealed_chunk(b, CHUNK(1), 2, on_12);
	begin(b, 2);
	bench_run(b, 500);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 3), 0, &copied);
	bench_run(b, 1000);
	bench_kill(b, 2);
	bench_run(b, 11000);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_DEAD);
	assert_int_equal(bench_counts(b).nodes_unplugged, 1);
	assert_int_equal(bench_counts(b).under_goal, 0);
	assert_true(safe(b, 2));
	/* Nor is a deletion that it will never acknowledge waited for. */
	assert_int_equal(cluster_chunk_delete(b->cluster, CHUNK(1), 1, bench_gone, b), 0);
	bench_run(b, 500);
	for (uint32_t node = 1; node <= 3; node += 2) {
		struct sent *sent = bench_find(b, PROTO_CALL_DELETE, node);
		struct proto_chunk_version gone = {CHUNK(1), 1};
		struct proto_delete_reply reply = {.gone = &gone, .gone_count = 1};

		assert_int_equal(b->gone_count, 0);
		bench_answer(b, sent, 0, &reply);
	}
	assert_int_equal(b->gone_count, 1);
	bench_free(b);
}

static void deletions_ordered_on_it_are_awaited(void **state)
{
	struct bench *b = bench_new(3);
	struct proto_chunk_version gone = {CHUNK(1), 1};
	struct proto_delete_reply reply = {.gone = &gone, .gone_count = 1};

	bench_sealed_chunk(b, CHUNK(1), 2, on_12);
	begin(b, 2);
	assert_int_equal(cluster_chunk_delete(b->cluster, CHUNK(1), 1, bench_gone, b), 0);
	assert_int_equal(drain(b, 2).deletions, 1);
	assert_false(safe(b, 2));
	bench_run(b, 500);
	bench_answer(b, bench_find(b, PROTO_CALL_DELETE, 2), 0, &reply);
	assert_true(safe(b, 2));
	assert_int_equal(b->gone_count, 0); /* node 1 has not said so yet */
	bench_free(b);
}

/* Freed, but a reader may hold a ticket for it: gone only where others have it too. */
static void a_lingering_chunk_that_nobody_else_holds_is_awaited(void **state)
{
	struct bench *b = bench_new(3);
	struct proto_row_chunk freed = {.version = 1, .state = PROTO_CHUNK_STATE_FREED, .goal = 2};

	bench_sealed_chunk(b, CHUNK(1), 1, (const uint32_t[]){2, 0});
	bench_sealed_chunk(b, CHUNK(2), 2, on_12);
	assert_int_equal(cluster_chunk_known(b->cluster, CHUNK(1), &freed), 0);
	assert_int_equal(cluster_chunk_known(b->cluster, CHUNK(2), &freed), 0);
	begin(b, 2);
	assert_int_equal(drain(b, 2).deletions, 1);
	assert_false(safe(b, 2));
	bench_free(b);
}

/* Metadata may be older than what the node holds: nobody knows that it can go (RULES 16). */
static void it_is_not_safe_while_deletions_are_held(void **state)
{
	struct bench *b = bench_new(3);

	begin(b, 2);
	assert_true(safe(b, 2));
	cluster_hold_deletes(b->cluster, "restored from a backup");
	assert_false(safe(b, 2));
	assert_non_null(strstr(drain(b, 2).text, "restored from a backup"));
	cluster_hold_deletes(b->cluster, NULL);
	assert_true(safe(b, 2));
	bench_free(b);
}

static void it_says_when_nobody_can_take_what_is_left(void **state)
{
	struct bench *b = bench_new(3);

	bench_sealed_chunk(b, CHUNK(1), 2, on_12);
	begin(b, 2);
	bench_kill(b, 3);
	bench_run(b, 11000);
	assert_int_equal(drain(b, 2).stuck, 1);
	assert_non_null(strstr(drain(b, 2).text, "no datanode can take 1 of them"));
	bench_free(b);
}

static void the_rate_is_of_what_is_left(void **state)
{
	struct bench *b = bench_new(4);
	struct proto_drain_info info;

	for (uint64_t i = 1; i <= 100; i++)
		bench_sealed_chunk(b, CHUNK(i), 2, on_12);
	begin(b, 2);
	for (int second = 0; second < 20; second++) {
		bench_run(b, 1000);
		for (int i = 0; i < 2; i++)
			bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), 0, &copied);
	}
	info = drain(b, 2);
	assert_int_equal(info.chunks, 60);
	assert_in_range(info.rate, MIB, 5 * MIB / 2);
	assert_in_range(info.estimate_ms, 24000, 60000);
	bench_free(b);
}

static void all_that_are_being_emptied_are_listed(void **state)
{
	struct bench *b = bench_new(5);
	struct proto_drains_reply reply = {0};

	begin(b, 4);
	begin(b, 2);
	assert_int_equal(cluster_drains(b->cluster, &b->arena, &reply), 0);
	assert_int_equal(reply.drains_count, 2);
	assert_int_equal(reply.drains[0].node, 2);
	assert_int_equal(reply.drains[1].node, 4);
	assert_string_equal(reply.drains[1].address, "node4:7070");
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_it_holds_is_copied_and_then_it_is_safe),
	        cmocka_unit_test(it_is_a_source_where_it_has_the_only_good_replica),
	        cmocka_unit_test(it_takes_no_chunk_and_no_copy),
	        cmocka_unit_test(open_chunks_are_sealed_first),
	        cmocka_unit_test(a_seal_that_waits_for_it_holds_it),
	        cmocka_unit_test(it_is_refused_where_the_others_are_too_few),
	        cmocka_unit_test(it_is_refused_where_the_others_have_no_room),
	        cmocka_unit_test(it_is_refused_in_safe_mode),
	        cmocka_unit_test(cancelled_it_is_used_again_and_nothing_was_deleted),
	        cmocka_unit_test(another_death_makes_it_needed_again),
	        cmocka_unit_test(it_outlives_the_master),
	        cmocka_unit_test(one_that_was_unplugged_is_no_trouble),
	        cmocka_unit_test(deletions_ordered_on_it_are_awaited),
	        cmocka_unit_test(a_lingering_chunk_that_nobody_else_holds_is_awaited),
	        cmocka_unit_test(it_is_not_safe_while_deletions_are_held),
	        cmocka_unit_test(it_says_when_nobody_can_take_what_is_left),
	        cmocka_unit_test(the_rate_is_of_what_is_left),
	        cmocka_unit_test(all_that_are_being_emptied_are_listed),
	};

	return cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}
