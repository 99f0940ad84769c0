/* SPDX-License-Identifier: MIT */
/* Surplus replicas are deleted, late and never one too many (RULES 3, 13, 22). */
#include "bench.h"

enum { GRACE_MS = 20000 };

static const uint32_t on_12[] = {1, 2, 0}, on_123[] = {1, 2, 3, 0}, on_1234[] = {1, 2, 3, 4, 0};
static struct proto_copy_reply copied;

static struct bench *with_racks(const char *const *racks, uint32_t nodes)
{
	struct cluster_options options = {.epoch = BENCH_EPOCH, .trim_after_ms = GRACE_MS};
	struct bench *b = bench_with(&options);

	for (uint32_t node = 1; racks && node <= nodes; node++)
		b->machines[node].rack = racks[node - 1];
	bench_join(b, nodes);
	return b;
}

static struct bench *with(uint32_t nodes)
{
	return with_racks(NULL, nodes);
}

/* The only deletion ordered: of that chunk, at this version; gives the call. */
static struct sent *the_deletion_at(struct bench *b, uint64_t chunk, uint64_t version)
{
	struct sent *sent;

	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 1);
	sent = bench_find(b, PROTO_CALL_DELETE, 0);
	assert_int_equal(sent->args.delete.chunks_count, 1);
	assert_true(sent->args.delete.chunks[0].chunk == chunk);
	assert_int_equal(sent->args.delete.chunks[0].version, version);
	return sent;
}

static struct sent *the_deletion(struct bench *b, uint64_t chunk)
{
	return the_deletion_at(b, chunk, 1);
}

static void deleted(struct bench *b, struct sent *sent)
{
	struct proto_chunk_version gone = sent->args.delete.chunks[0];
	struct proto_delete_reply reply = {.gone = &gone, .gone_count = 1};

	bench_answer(b, sent, 0, &reply);
}

static void refused(struct bench *b, struct sent *sent)
{
	bench_answer(b, sent, 0, &(struct proto_delete_reply){.gone_count = 0});
}

static uint64_t trimmed(struct bench *b)
{
	struct cluster_repair repair;

	cluster_repair(b->cluster, &repair);
	return repair.trimmed;
}

static void a_returning_node_s_replica_is_welcome_and_the_surplus_goes_later(void **state)
{
	struct bench *b = with(4);
	struct proto_held replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);
	uint32_t victim;

	bench_sealed_chunk(b, CHUNK(1), 3, on_123);
	bench_kill(b, 3);
	bench_run(b, 11000);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 4), 0, &copied);
	b->machines[2].free_bytes = 10 * (uint64_t)GIB; /* the fullest */
	bench_start(b, 3);
	bench_report(b, 3, true, &replica, 1);
	assert_int_equal(bench_state(b, CHUNK(1), 3), PROTO_REPLICA_STATE_GOOD);
	bench_run(b, GRACE_MS - 1000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_run(b, 2000);
	victim = the_deletion(b, CHUNK(1))->node;
	assert_int_equal(victim, 2);
	assert_int_equal(bench_state(b, CHUNK(1), victim), PROTO_REPLICA_STATE_MISSING);
	assert_int_equal(bench_counts(b).under_goal, 0);
	deleted(b, the_deletion(b, CHUNK(1)));
	bench_run(b, 120000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	assert_int_equal(trimmed(b), 1);
	bench_free(b);
}

static void a_node_that_flaps_causes_no_churn(void **state)
{
	struct bench *b = with(4);
	struct proto_held replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_sealed_chunk(b, CHUNK(1), 3, on_1234);
	for (int i = 0; i < 10; i++) {
		bench_kill(b, 3);
		bench_run(b, 5000);
		bench_start(b, 3);
		bench_report(b, 3, true, &replica, 1);
		bench_run(b, 10000);
	}
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_run(b, GRACE_MS);
	the_deletion(b, CHUNK(1));
	bench_free(b);
}

static void nothing_goes_while_the_goal_is_not_reached_without_it(void **state)
{
	struct bench *b = with(5);
	struct proto_held unsealed = held(CHUNK(2), 1, MIB, 77, PROTO_HELD_STATE_FROZEN);

	/* Four hold it, one of them is silent for a while, though not dead. */
	bench_sealed_chunk(b, CHUNK(1), 3, on_1234);
	bench_run(b, GRACE_MS - 6000);
	b->machines[4].beating = false;
	bench_run(b, 9000);
	assert_int_equal(bench_node_state(b, 4), PROTO_NODE_STATE_SUSPECT);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	assert_false(bench_event(b, "event=trim_begun")); /* not even meant to */
	b->machines[4].beating = true;
	/* One of four that was not verified at the sealed version does not count. */
	bench_sealed_chunk(b, CHUNK(2), 3, on_123);
	bench_report(b, 4, false, &unsealed, 1);
	bench_run(b, GRACE_MS - 5000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_free(b);
}

/* Silent, but not called dead yet: it holds no other replica's deletion up, and allows none. */
static void a_silent_node_counts_for_nobody(void **state)
{
	struct cluster_options options = {.epoch = BENCH_EPOCH, .trim_after_ms = 2000};
	struct bench *b = bench_with(&options);

	/* In one rack: the spread of racks must not be what keeps it. */
	for (uint32_t node = 1; node <= 4; node++)
		b->machines[node].rack = "a";
	bench_join(b, 4);
	bench_sealed_chunk(b, CHUNK(1), 4, on_1234);
	bench_run(b, 5000);
	b->machines[4].beating = false;
	bench_run(b, 6000);
	assert_int_equal(bench_node_state(b, 4), PROTO_NODE_STATE_SUSPECT);
	bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 3);
	bench_run(b, 1500);
	assert_false(bench_event(b, "event=trim_begun"));
	b->machines[4].beating = true;
	bench_run(b, 3000 + 61000);
	the_deletion(b, CHUNK(1));
	bench_free(b);
}

static void nothing_goes_in_safe_mode_or_while_deletions_are_held(void **state)
{
	struct bench *b = with(4);

	cluster_hold_deletes(b->cluster, "restored");
	bench_sealed_chunk(b, CHUNK(1), 3, on_1234);
	bench_run(b, 3 * GRACE_MS);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	cluster_hold_deletes(b->cluster, NULL);
	bench_run(b, 1000);
	the_deletion(b, CHUNK(1));
	bench_free(b);
}

static void a_draining_node_s_replica_is_not_surplus(void **state)
{
	struct bench *b = with(4);

	bench_sealed_chunk(b, CHUNK(1), 3, on_1234);
	cluster_node_drain(b->cluster, 4, true);
	bench_run(b, 3 * GRACE_MS);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	/* Used again, it is one too many, and steady from then on. */
	cluster_node_drain(b->cluster, 4, false);
	bench_run(b, GRACE_MS - 2000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_run(b, 65000);
	the_deletion(b, CHUNK(1));
	bench_free(b);
}

static void racks_stay_as_many_as_they_were(void **state)
{
	static const char *const racks[] = {"a", "a", "a", "b"};
	struct bench *b = with_racks(racks, 4);

	b->machines[4].free_bytes = GIB; /* the fullest by far, and alone in its rack */
	bench_run(b, 500);
	bench_sealed_chunk(b, CHUNK(1), 2, (const uint32_t[]){1, 4, 2, 0});
	bench_sealed_chunk(b, CHUNK(2), 3, on_1234);
	bench_run(b, GRACE_MS);
	while (bench_count(b, PROTO_CALL_DELETE, 0) > 0) {
		struct sent *sent = bench_find(b, PROTO_CALL_DELETE, 0);
		struct proto_delete_reply reply = {.gone = sent->args.delete.chunks,
		        .gone_count = sent->args.delete.chunks_count};

		assert_int_not_equal(sent->node, 4);
		bench_answer(b, sent, 0, &reply);
		bench_run(b, 500);
	}
	assert_int_equal(trimmed(b), 2);
	bench_free(b);
}

static void of_replicas_that_all_stand_alone_the_fullest_goes(void **state)
{
	static const char *const racks[] = {"a", "b", "c"};
	struct bench *b = with_racks(racks, 3);

	b->machines[2].free_bytes = GIB;
	bench_run(b, 500);
	bench_sealed_chunk(b, CHUNK(1), 2, on_123);
	bench_run(b, GRACE_MS);
	assert_int_equal(the_deletion(b, CHUNK(1))->node, 2);
	bench_free(b);
}

/* RULES 13: neither counted nor placed until it is acknowledged. */
static void until_it_is_acknowledged_the_node_gets_no_copy(void **state)
{
	struct bench *b = with(4);
	struct sent *sent;

	bench_sealed_chunk(b, CHUNK(1), 3, on_1234);
	bench_run(b, GRACE_MS);
	sent = the_deletion(b, CHUNK(1));
	for (uint32_t node = 1, killed = 0; node <= 4 && killed < 1; node++)
		if (node != sent->node) {
			bench_kill(b, node);
			killed++;
		}
	bench_run(b, 12000);
	/* Two good ones are left; the only other node is the one that deletes. */
	assert_int_equal(bench_counts(b).under_goal, 1);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	deleted(b, sent);
	bench_run(b, 1000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	bench_free(b);
}

static void one_that_is_needed_again_before_the_order_leaves_stays(void **state)
{
	struct bench *b = with(5);
	struct sent *sent;

	/* Its node has a deletion under way; the second one waits behind it. */
	bench_sealed_chunk(b, CHUNK(1), 1, (const uint32_t[]){4, 2, 0});
	b->machines[2].free_bytes = GIB;
	bench_run(b, GRACE_MS);
	sent = the_deletion(b, CHUNK(1));
	assert_int_equal(sent->node, 2);
	bench_sealed_chunk(b, CHUNK(2), 2, on_123);
	bench_run(b, 1000);
	assert_int_equal(bench_state(b, CHUNK(2), 2), PROTO_REPLICA_STATE_MISSING);
	bench_kill(b, 1);
	bench_run(b, 12000);
	assert_int_equal(bench_state(b, CHUNK(2), 2), PROTO_REPLICA_STATE_GOOD);
	assert_true(bench_event(b, "event=trim_given_up"));
	assert_int_equal(bench_counts(b).under_goal, 0);
	bench_free(b);
}

static void one_that_was_refused_and_is_needed_again_stays(void **state)
{
	struct bench *b = with(4);
	struct sent *sent;

	bench_sealed_chunk(b, CHUNK(1), 3, on_1234);
	bench_run(b, GRACE_MS);
	sent = the_deletion(b, CHUNK(1));
	for (uint32_t node = 1; node <= 4; node++)
		if (node != sent->node) {
			bench_kill(b, node);
			break;
		}
	bench_run(b, 12000);
	assert_int_equal(bench_counts(b).under_goal, 1);
	refused(b, sent);
	assert_int_equal(bench_counts(b).under_goal, 0);
	bench_run(b, 10000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_free(b);
}

/* Its channel broke with the order on its way: only an answer to a later call says that it is
 * there. */
static void one_whose_deletion_was_not_answered_is_asked_before_it_counts(void **state)
{
	struct bench *b = with(4);
	struct proto_held replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);
	struct proto_seal_at_reply sealed = {0};
	uint32_t victim;

	bench_sealed_chunk(b, CHUNK(1), 3, on_1234);
	bench_run(b, GRACE_MS);
	victim = the_deletion(b, CHUNK(1))->node;
	bench_kill(b, victim);
	for (uint32_t node = 1; node <= 4; node++)
		if (node != victim) {
			bench_kill(b, node);
			break;
		}
	bench_run(b, 2000);
	b->machines[victim].beating = true;
	assert_int_equal(bench_register(b, victim), 0); /* the same process, another channel */
	bench_report(b, victim, true, &replica, 1);
	assert_int_equal(bench_state(b, CHUNK(1), victim), PROTO_REPLICA_STATE_MISSING);
	bench_run(b, 12000);
	assert_int_not_equal(bench_state(b, CHUNK(1), victim), PROTO_REPLICA_STATE_GOOD);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_answer(b, bench_find(b, PROTO_CALL_SEAL_AT, victim), 0, &sealed);
	assert_int_equal(bench_state(b, CHUNK(1), victim), PROTO_REPLICA_STATE_GOOD);
	assert_int_equal(bench_counts(b).under_goal, 0);
	bench_free(b);
}

static void one_whose_deletion_was_not_answered_is_deleted_if_still_surplus(void **state)
{
	struct bench *b = with(4);
	struct proto_held replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);
	uint32_t victim;

	bench_sealed_chunk(b, CHUNK(1), 3, on_1234);
	bench_run(b, GRACE_MS);
	victim = the_deletion(b, CHUNK(1))->node;
	bench_kill(b, victim);
	bench_start(b, victim);
	bench_report(b, victim, true, &replica, 1);
	bench_run(b, 8000);
	deleted(b, the_deletion(b, CHUNK(1)));
	bench_run(b, 1000);
	assert_int_equal(trimmed(b), 1);
	bench_free(b);
}

static void a_node_that_comes_back_without_it_has_deleted_it(void **state)
{
	struct bench *b = with(4);
	uint32_t victim;

	bench_sealed_chunk(b, CHUNK(1), 3, on_1234);
	bench_run(b, GRACE_MS);
	victim = the_deletion(b, CHUNK(1))->node;
	bench_kill(b, victim);
	bench_start(b, victim);
	bench_report(b, victim, true, NULL, 0);
	bench_run(b, 8000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	assert_int_equal(trimmed(b), 1);
	bench_free(b);
}

/* RULES 3: useless only once the goal is reached by verified ones. */
static void a_broken_replica_goes_when_enough_others_are_good(void **state)
{
	static const enum proto_held_state states[] = {
	        PROTO_HELD_STATE_FROZEN, PROTO_HELD_STATE_SEALED, PROTO_HELD_STATE_BAD};

	for (int i = 0; i < 3; i++) {
		struct bench *b = with(4);
		struct proto_held broken = held(CHUNK(1), 1, i == 0 ? 5 : MIB, 9, states[i]);

		bench_sealed_chunk(b, CHUNK(1), 3, on_12);
		bench_report(b, 4, false, &broken, 1);
		bench_kill(b, 3);
		bench_run(b, 500);
		bench_answer(b, bench_find(b, PROTO_CALL_COPY, 4), DFS_E_IO, NULL);
		bench_run(b, 3 * GRACE_MS);
		assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0); /* two good ones only */
		bench_start(b, 3);
		bench_report(b, 3, true, NULL, 0);
		while (bench_counts(b).under_goal > 0) {
			while (bench_count(b, PROTO_CALL_COPY, 0) > 0) {
				struct sent *sent = bench_find(b, PROTO_CALL_COPY, 0);

				bench_answer(b, sent, sent->node == 4 ? DFS_E_IO : 0, &copied);
			}
			bench_run(b, 500);
		}
		bench_run(b, GRACE_MS + 61000);
		/* A short one may be open there, and is deleted by a raised version only (RULES
		 * 13). */
		assert_int_equal(the_deletion_at(b, CHUNK(1), i == 0 ? 2 : 1)->node, 4);
		bench_free(b);
	}
}

/* What is newer than metadata is not understood, and never deleted. */
static void a_replica_newer_than_metadata_stays(void **state)
{
	struct bench *b = with(4);
	struct proto_held newer = held(CHUNK(1), 2, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_sealed_chunk(b, CHUNK(1), 3, on_123);
	bench_report(b, 4, false, &newer, 1);
	bench_run(b, 3 * GRACE_MS + 61000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_free(b);
}

static void a_lowered_goal_makes_surplus_one_at_a_time(void **state)
{
	struct bench *b = with(4);

	bench_sealed_chunk(b, CHUNK(1), 4, on_1234);
	bench_run(b, GRACE_MS);
	bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 2);
	bench_run(b, 1000);
	deleted(b, the_deletion(b, CHUNK(1)));
	bench_run(b, 1000);
	deleted(b, the_deletion(b, CHUNK(1)));
	bench_run(b, 61000);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	assert_int_equal(bench_counts(b).under_goal, 0);
	bench_free(b);
}

static void a_freed_chunk_s_surplus_is_deleted_as_freed(void **state)
{
	struct bench *b = with(4);
	struct sent *sent;
	uint64_t token;

	bench_sealed_chunk(b, CHUNK(1), 3, on_1234);
	bench_run(b, GRACE_MS);
	token = the_deletion(b, CHUNK(1))->token;
	assert_int_equal(cluster_chunk_delete(b->cluster, CHUNK(1), 1, bench_gone, b), 0);
	bench_run(b, 500);
	for (uint32_t node = 1; node <= 4; node++)
		while (bench_count(b, PROTO_CALL_DELETE, node) > 0) {
			sent = bench_find(b, PROTO_CALL_DELETE, node);
			if (sent->token == token)
				refused(b, sent);
			else
				deleted(b, sent);
		}
	assert_int_equal(b->gone_count, 1);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_returning_node_s_replica_is_welcome_and_the_surplus_goes_later),
	        cmocka_unit_test(a_node_that_flaps_causes_no_churn),
	        cmocka_unit_test(nothing_goes_while_the_goal_is_not_reached_without_it),
	        cmocka_unit_test(a_silent_node_counts_for_nobody),
	        cmocka_unit_test(nothing_goes_in_safe_mode_or_while_deletions_are_held),
	        cmocka_unit_test(a_draining_node_s_replica_is_not_surplus),
	        cmocka_unit_test(racks_stay_as_many_as_they_were),
	        cmocka_unit_test(of_replicas_that_all_stand_alone_the_fullest_goes),
	        cmocka_unit_test(until_it_is_acknowledged_the_node_gets_no_copy),
	        cmocka_unit_test(one_that_is_needed_again_before_the_order_leaves_stays),
	        cmocka_unit_test(one_that_was_refused_and_is_needed_again_stays),
	        cmocka_unit_test(one_whose_deletion_was_not_answered_is_asked_before_it_counts),
	        cmocka_unit_test(one_whose_deletion_was_not_answered_is_deleted_if_still_surplus),
	        cmocka_unit_test(a_node_that_comes_back_without_it_has_deleted_it),
	        cmocka_unit_test(a_broken_replica_goes_when_enough_others_are_good),
	        cmocka_unit_test(a_replica_newer_than_metadata_stays),
	        cmocka_unit_test(a_lowered_goal_makes_surplus_one_at_a_time),
	        cmocka_unit_test(a_freed_chunk_s_surplus_is_deleted_as_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
