/* SPDX-License-Identifier: MIT */
#include "bench.h"

static const uint32_t on_12[] = {1, 2, 0};
static const uint32_t on_123[] = {1, 2, 3, 0};

static struct proto_copy_reply copied;

/* Most copies under way from one node, or to one. */
static uint32_t busiest(const struct bench *b)
{
	uint32_t gives[BENCH_NODES + 1] = {0}, takes[BENCH_NODES + 1] = {0}, most = 0;

	for (const struct sent *sent = b->sent; sent; sent = sent->next) {
		uint32_t source = 0;

		if (sent->kind != PROTO_CALL_COPY)
			continue;
		assert_int_equal(sscanf(sent->args.copy.source, "node%u:7070", &source), 1);
		assert_int_not_equal(source, sent->node);
		takes[sent->node]++;
		gives[source]++;
	}
	for (uint32_t i = 1; i <= BENCH_NODES; i++) {
		most = gives[i] > most ? gives[i] : most;
		most = takes[i] > most ? takes[i] : most;
	}
	return most;
}

static void a_chunk_under_its_goal_is_copied_from_a_good_replica(void **state)
{
	struct bench *b = bench_new(3);
	struct sent *sent;

	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	assert_int_equal(bench_counts(b).under_goal, 1);
	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	assert_int_equal(bench_counts(b).copies, 1);
	sent = bench_find(b, PROTO_CALL_COPY, 3);
	assert_true(sent->args.copy.chunk == CHUNK(1));
	assert_int_equal(sent->args.copy.version, 1);
	assert_int_equal(sent->args.copy.length, MIB);
	assert_int_equal(sent->args.copy.crc, 77);
	assert_int_equal(sent->args.copy.epoch, BENCH_EPOCH);
	assert_string_equal(sent->args.copy.ticket, "ticket-50000000001-1-1048576");
	bench_answer(b, sent, 0, &copied);
	assert_int_equal(bench_state(b, CHUNK(1), 3), PROTO_REPLICA_STATE_GOOD);
	assert_int_equal(bench_counts(b).under_goal, 0);
	assert_int_equal(bench_counts(b).copies, 0);
	bench_run(b, 120000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_free(b);
}

static void a_dead_node_s_chunks_are_copied_and_its_return_is_welcome(void **state)
{
	struct bench *b = bench_new(4);
	struct proto_held replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_sealed_chunk(b, CHUNK(1), 3, on_123);
	bench_kill(b, 3);
	bench_run(b, 9000);
	assert_int_equal(bench_counts(b).under_goal, 0); /* not dead yet */
	bench_run(b, 2000);
	assert_int_equal(bench_counts(b).under_goal, 1);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 4), 0, &copied);
	assert_int_equal(bench_counts(b).under_goal, 0);
	bench_start(b, 3);
	bench_report(b, 3, true, &replica, 1);
	bench_run(b, 120000);
	assert_int_equal(bench_state(b, CHUNK(1), 3),
	        PROTO_REPLICA_STATE_GOOD); /* four now, and none deleted */
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_free(b);
}

static void a_node_that_reports_is_waited_for(void **state)
{
	struct bench *b = bench_new(4);
	struct proto_held replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_sealed_chunk(b, CHUNK(1), 3, on_123);
	bench_kill(b, 3);
	bench_start(b, 3);
	bench_run(b, 30000); /* a long report */
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_report(b, 3, true, &replica, 1);
	bench_run(b, 2000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	/* But not for ever. */
	bench_kill(b, 3);
	bench_start(b, 3);
	bench_run(b, 62000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 4), 1);
	bench_free(b);
}

static void the_fewest_replicas_come_first(void **state)
{
	struct bench *b = bench_new(12);
	uint64_t last = 0;

	/* With three, two and one left of four, in that order: forty of each, so that not all begin
	 * at once. */
	for (uint64_t i = 0; i < 120; i++) {
		uint32_t nodes[4] = {0};

		for (uint32_t n = 0; n < 3 - i / 40; n++)
			nodes[n] = (uint32_t)((i + n * 4) % 12) + 1;
		bench_sealed_chunk(b, CHUNK(1000 * (3 - i / 40) + i), 4, nodes);
	}
	for (int i = 0; i < 40; i++) {
		uint64_t chunk;

		bench_run(b, 500);
		chunk = bench_find(b, PROTO_CALL_COPY, 0)->args.copy.chunk - CHUNK(0);
		assert_true(chunk / 1000 >= last / 1000);
		last = chunk;
		bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), DFS_E_IO, NULL);
	}
	assert_int_equal(last / 1000, 1); /* all forty with one replica before any with two */
	bench_free(b);
}

static void copies_are_bounded_per_node_and_in_the_cluster(void **state)
{
	struct bench *b = bench_new(12);
	uint64_t answered = 0;

	for (uint64_t i = 0; i < 200; i++)
		bench_sealed_chunk(
		        b, CHUNK(i + 1), 2, (const uint32_t[]){(uint32_t)(i % 12) + 1, 0});
	for (int i = 0; i < 2000 && answered < 200; i++) {
		bench_run(b, 500);
		assert_true(busiest(b) <= 2);
		assert_true(bench_count(b, PROTO_CALL_COPY, 0) <= 16);
		if (i == 0)
			assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 16);
		if (bench_count(b, PROTO_CALL_COPY, 0) > 0) {
			bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), 0, &copied);
			answered++;
		}
	}
	assert_int_equal(answered, 200);
	assert_int_equal(bench_counts(b).under_goal, 0);
	bench_free(b);
}

static void one_source_serves_two_copies_at_once(void **state)
{
	struct bench *b = bench_new(12);

	for (uint64_t i = 1; i <= 20; i++)
		bench_sealed_chunk(b, CHUNK(i), 2, (const uint32_t[]){1, 0});
	for (uint64_t i = 0; i < 20; i++) {
		bench_run(b, 500);
		assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), i < 19 ? 2 : 1);
		bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), 0, &copied);
	}
	assert_int_equal(bench_counts(b).under_goal, 0);
	bench_free(b);
}

static void a_forgotten_chunk_is_under_no_goal(void **state)
{
	struct bench *b = bench_new(2);

	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_row_sealed(b, CHUNK(2), 1, MIB, 77, 3);
	assert_int_equal(bench_counts(b).under_goal, 2);
	assert_int_equal(bench_counts(b).lost, 1);
	cluster_chunk_forgotten(b->cluster, CHUNK(1));
	cluster_chunk_forgotten(b->cluster, CHUNK(2));
	assert_int_equal(bench_counts(b).under_goal, 0);
	assert_int_equal(bench_counts(b).lost, 0);
	bench_free(b);
}

static void a_failed_copy_is_tried_again_later_and_elsewhere(void **state)
{
	struct bench *b = bench_new(4);
	uint32_t first;

	/* Roomier by far: without its failure it would be asked again. */
	b->machines[3].free_bytes = 150 * (uint64_t)GIB;
	bench_run(b, 500);
	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_run(b, 500);
	first = bench_find(b, PROTO_CALL_COPY, 0)->node;
	assert_int_equal(first, 3);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), DFS_E_IO, NULL);
	assert_true(bench_event(b, "event=copy_failed"));
	bench_run(b, 4000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_run(b, 2000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	assert_int_not_equal(bench_find(b, PROTO_CALL_COPY, 0)->node, first);
	/* The second failure is waited out twice as long. */
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), DFS_E_IO, NULL);
	bench_run(b, 9000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_run(b, 2000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	bench_free(b);
}

static void a_target_that_has_it_already_is_good(void **state)
{
	struct bench *b = bench_new(3);

	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_run(b, 500);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 3), DFS_E_EXIST, NULL);
	assert_int_equal(bench_state(b, CHUNK(1), 3), PROTO_REPLICA_STATE_GOOD);
	bench_free(b);
}

static void the_target_s_death_ends_the_copy(void **state)
{
	struct bench *b = bench_new(4);
	uint32_t target;

	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_run(b, 500);
	target = bench_find(b, PROTO_CALL_COPY, 0)->node;
	bench_kill(b, target);
	assert_int_equal(bench_counts(b).copies, 0);
	bench_run(b, 6000);
	assert_int_equal(bench_find(b, PROTO_CALL_COPY, 0)->node, target == 3 ? 4 : 3);
	bench_free(b);
}

static void without_another_node_nothing_is_copied_until_one_comes(void **state)
{
	struct bench *b = bench_new(2);

	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_run(b, 60000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	assert_int_equal(bench_counts(b).under_goal, 1);
	bench_start(b, 3);
	bench_report(b, 3, true, NULL, 0);
	bench_run(b, 1000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 3), 1);
	bench_free(b);
}

static void a_full_node_is_no_target_until_it_has_room_again(void **state)
{
	struct bench *b = bench_new(3);

	b->machines[3].free_bytes = MIB - 1;
	bench_run(b, 1000);
	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_run(b, 60000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	b->machines[3].free_bytes = GIB;
	bench_run(b, 61000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 3), 1);
	bench_free(b);
}

static void a_lost_chunk_cannot_be_copied(void **state)
{
	struct bench *b = bench_new(3);

	bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 2);
	bench_run(b, 5000);
	assert_int_equal(bench_counts(b).lost, 1);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	/* A chunk without a byte is never lost. */
	bench_row_sealed(b, CHUNK(2), 1, 0, 0, 2);
	assert_int_equal(bench_counts(b).lost, 1);
	bench_free(b);
}

/* RULES 22 */
static void nothing_is_copied_in_safe_mode(void **state)
{
	struct bench *b = bench_bare();
	struct proto_row_node node = {.address = "x:1", .rack = ""};
	struct proto_held replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);

	for (uint32_t i = 1; i <= 3; i++) {
		node.uuid = 1000 + i;
		cluster_node_known(b->cluster, i, &node);
	}
	bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 2);
	for (uint32_t i = 1; i <= 2; i++) {
		bench_start(b, i);
		bench_report(b, i, true, &replica, i == 1);
	}
	bench_run(b, 55000);
	assert_int_equal(bench_counts(b).under_goal, 1);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_run(b, 6000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 2), 1);
	bench_free(b);
}

static void racks_without_a_replica_are_preferred(void **state)
{
	struct bench *b = bench_bare();
	const char *racks[] = {"", "a", "b", "a", "b", "c", "a", "b"};

	for (uint32_t node = 1; node <= 7; node++) {
		b->machines[node].rack = racks[node];
		bench_register(b, node);
		bench_report(b, node, true, NULL, 0);
		b->machines[node].beating = true;
	}
	b->machines[6].free_bytes = 190 * (uint64_t)GIB; /* roomier, but of a rack that has one */
	bench_run(b, 1000);
	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 5), 1);
	bench_free(b);
}

static void a_broken_replica_is_replaced_where_it_lies(void **state)
{
	struct bench *b = bench_new(6);
	struct proto_held broken = held(CHUNK(1), 1, 5, 9, PROTO_HELD_STATE_FROZEN);

	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_report(b, 5, false, &broken, 1);
	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 5), 0, &copied);
	assert_int_equal(bench_state(b, CHUNK(1), 5), PROTO_REPLICA_STATE_GOOD);
	bench_free(b);
}

static void a_bad_replica_is_an_error_that_repair_mends(void **state)
{
	struct bench *b = bench_new(3);
	struct proto_held bad = held(CHUNK(1), 1, MIB, 0, PROTO_HELD_STATE_BAD);

	bench_sealed_chunk(b, CHUNK(1), 3, on_123);
	bench_report(b, 2, false, &bad, 1);
	assert_int_equal(bench_state(b, CHUNK(1), 2), PROTO_REPLICA_STATE_CORRUPT);
	assert_int_equal(bench_counts(b).under_goal, 1);
	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 2), 1);
	assert_string_not_equal(bench_find(b, PROTO_CALL_COPY, 2)->args.copy.source, "node2:7070");
	bench_free(b);
}

static void a_replica_that_can_seal_is_not_copied_over(void **state)
{
	struct bench *b = bench_new(3);
	struct proto_held stale = held(CHUNK(1), 0, MIB, 77, PROTO_HELD_STATE_SEALED);
	struct proto_seal_at_reply done = {0};

	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_report(b, 3, false, &stale, 1);
	bench_run(b, 3000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_answer(b, bench_find(b, PROTO_CALL_SEAL_AT, 3), 0, &done);
	assert_int_equal(bench_state(b, CHUNK(1), 3), PROTO_REPLICA_STATE_GOOD);
	bench_run(b, 20000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_free(b);
}

/* Its node does not answer: the last good replica must not wait for it for minutes. */
static void a_replica_that_does_not_seal_keeps_no_repair_waiting(void **state)
{
	struct bench *b = bench_new(3);
	struct proto_held stale = held(CHUNK(1), 0, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_sealed_chunk(b, CHUNK(1), 2, (const uint32_t[]){1, 0});
	bench_report(b, 3, false, &stale, 1);
	bench_run(b, 10000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_run(b, 30000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	bench_free(b);
}

/* RULES 3: none is live, a stale one verifies. */
static void a_stale_replica_that_verifies_is_promoted_when_none_is_live(void **state)
{
	struct bench *b = bench_new(4);
	struct proto_held stale = held(CHUNK(1), 0, MIB, 77, PROTO_HELD_STATE_SEALED);
	struct proto_held other = held(CHUNK(1), 0, MIB, 78, PROTO_HELD_STATE_SEALED);
	struct proto_seal_at_reply done = {0};

	bench_sealed_chunk(b, CHUNK(1), 2, (const uint32_t[]){1, 0});
	bench_kill(b, 1);
	bench_run(b, 12000);
	assert_int_equal(bench_counts(b).lost, 1);
	bench_report(b, 4, false, &other, 1); /* other bytes */
	bench_report(b, 3, false, &stale, 1);
	bench_run(b, 3000);
	bench_answer(b, bench_find(b, PROTO_CALL_SEAL_AT, 4), DFS_E_CORRUPT, NULL);
	assert_int_equal(bench_counts(b).lost, 1);
	bench_answer(b, bench_find(b, PROTO_CALL_SEAL_AT, 3), 0, &done);
	assert_int_equal(bench_counts(b).lost, 0);
	assert_int_equal(bench_state(b, CHUNK(1), 3), PROTO_REPLICA_STATE_GOOD);
	assert_true(bench_event(b, "event=replica_promoted"));
	bench_run(b, 6000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	bench_free(b);
}

static void a_draining_node_s_chunks_are_copied_from_it(void **state)
{
	struct bench *b = bench_new(3);
	struct proto_row_node row = {
	        .uuid = 1001, .address = "node1:7070", .rack = "", .draining = true};

	bench_sealed_chunk(b, CHUNK(1), 1, (const uint32_t[]){1, 0});
	cluster_node_known(b->cluster, 1, &row);
	assert_int_equal(bench_counts(b).under_goal, 1);
	assert_int_equal(bench_counts(b).lost, 0);
	bench_run(b, 1000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	assert_string_equal(bench_find(b, PROTO_CALL_COPY, 0)->args.copy.source, "node1:7070");
	bench_free(b);
}

static void a_raised_goal_is_reached(void **state)
{
	struct bench *b = bench_new(3);

	bench_sealed_chunk(b, CHUNK(1), 2, on_12);
	bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 3);
	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 3), 1);
	bench_free(b);
}

static void without_a_ticket_nothing_is_copied_now(void **state)
{
	struct bench *b = bench_new(3);

	b->ticket_code = DFS_E_UNAVAIL;
	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	assert_int_equal(bench_counts(b).copies, 0);
	b->ticket_code = 0;
	bench_run(b, 6000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 3), 1);
	bench_free(b);
}

static void an_engine_destroyed_in_a_repair_leaves_nothing(void **state)
{
	struct bench *b = bench_new(4);

	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_sealed_chunk(b, CHUNK(2), 3, on_12);
	bench_run(b, 500);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), DFS_E_IO, NULL);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_chunk_under_its_goal_is_copied_from_a_good_replica),
	        cmocka_unit_test(a_dead_node_s_chunks_are_copied_and_its_return_is_welcome),
	        cmocka_unit_test(a_node_that_reports_is_waited_for),
	        cmocka_unit_test(the_fewest_replicas_come_first),
	        cmocka_unit_test(copies_are_bounded_per_node_and_in_the_cluster),
	        cmocka_unit_test(one_source_serves_two_copies_at_once),
	        cmocka_unit_test(a_forgotten_chunk_is_under_no_goal),
	        cmocka_unit_test(a_failed_copy_is_tried_again_later_and_elsewhere),
	        cmocka_unit_test(a_target_that_has_it_already_is_good),
	        cmocka_unit_test(the_target_s_death_ends_the_copy),
	        cmocka_unit_test(without_another_node_nothing_is_copied_until_one_comes),
	        cmocka_unit_test(a_full_node_is_no_target_until_it_has_room_again),
	        cmocka_unit_test(a_lost_chunk_cannot_be_copied),
	        cmocka_unit_test(nothing_is_copied_in_safe_mode),
	        cmocka_unit_test(racks_without_a_replica_are_preferred),
	        cmocka_unit_test(a_broken_replica_is_replaced_where_it_lies),
	        cmocka_unit_test(a_bad_replica_is_an_error_that_repair_mends),
	        cmocka_unit_test(a_replica_that_can_seal_is_not_copied_over),
	        cmocka_unit_test(a_replica_that_does_not_seal_keeps_no_repair_waiting),
	        cmocka_unit_test(a_stale_replica_that_verifies_is_promoted_when_none_is_live),
	        cmocka_unit_test(a_draining_node_s_chunks_are_copied_from_it),
	        cmocka_unit_test(a_raised_goal_is_reached),
	        cmocka_unit_test(without_a_ticket_nothing_is_copied_now),
	        cmocka_unit_test(an_engine_destroyed_in_a_repair_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
