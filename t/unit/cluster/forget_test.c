/* SPDX-License-Identifier: MIT */
#include "bench.h"

static const uint32_t on_12[] = {1, 2, 0};
static const uint32_t on_123[] = {1, 2, 3, 0};

static struct proto_copy_reply copied;

static int check(struct bench *b, uint32_t node, const char *part)
{
	struct dfs_error err = {0};
	int rc = cluster_forget_check(b->cluster, node, &err);

	if (!strstr(err.text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, err.text);
	return rc;
}

static void forget(struct bench *b, uint32_t node)
{
	assert_int_equal(check(b, node, ""), 0);
	cluster_node_forget(b->cluster, node);
}

static void die(struct bench *b, uint32_t node)
{
	bench_kill(b, node);
	bench_run(b, 11000);
	assert_int_equal(bench_node_state(b, node), PROTO_NODE_STATE_DEAD);
}

/* What `dfs why` has to say of the cluster. */
static size_t troubles(struct bench *b)
{
	struct reasons reasons = {.arena = &b->arena};

	cluster_why(b->cluster, &reasons);
	assert_false(reasons.failed);
	return reasons.count;
}

static size_t listed(struct bench *b)
{
	struct proto_nodes_reply reply = {0};

	assert_int_equal(cluster_nodes(b->cluster, &b->arena, &reply), 0);
	return reply.nodes_count;
}

/* Chunk 1 is on 1, 2, 3, and then on 4 too; node 2 was drained and is dead. */
static struct bench *drained_and_dead(void)
{
	struct bench *b = bench_new(4);

	bench_sealed_chunk(b, CHUNK(1), 3, on_123);
	assert_int_equal(cluster_node_drain(b->cluster, 2, true), 0);
	bench_run(b, 500);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 4), 0, &copied);
	die(b, 2);
	return b;
}

static void it_is_known_no_more(void **state)
{
	struct bench *b = drained_and_dead();
	struct place_rejected rejected[4];
	struct proto_drains_reply drains = {0};
	struct proto_drain_info info;
	struct reasons reasons = {.arena = &b->arena};

	assert_true(troubles(b) > 0);
	assert_int_equal(cluster_rejected(b->cluster, MIB, rejected, 4), 1);
	forget(b, 2);
	assert_true(bench_event(b, "event=node_forgotten node=2 address=node2:7070"));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(listed(b), 3);
		assert_int_equal(troubles(b), 0);
		assert_int_equal(cluster_nodes_known(b->cluster), 3);
		assert_int_equal(cluster_nodes_staying(b->cluster), 3);
		assert_int_equal(cluster_nodes_live(b->cluster), 3);
		assert_int_equal(cluster_rejected(b->cluster, MIB, rejected, 4), 0);
		assert_int_equal(cluster_drains(b->cluster, &b->arena, &drains), 0);
		assert_int_equal(drains.drains_count, 0);
		assert_int_equal(cluster_drain(b->cluster, 2, &b->arena, &info), DFS_E_NOENT);
		assert_false(cluster_why_node(b->cluster, 2, &reasons));
		assert_null(cluster_address(b->cluster, 2));
		assert_int_equal(bench_counts(b).nodes_known, 3);
		assert_int_equal(bench_counts(b).nodes_draining, 0);
		assert_int_equal(bench_counts(b).nodes_unplugged, 0);
		assert_int_equal(bench_counts(b).under_goal, 0);
		assert_int_equal(bench_state(b, CHUNK(1), 2), PROTO_REPLICA_STATE_MISSING);
		bench_run(b, 120000); /* and it stays so */
	}
	assert_int_equal(bench_count(b, PROTO_CALL_NONE, 0), 0);
	assert_int_equal(check(b, 2, "no datanode 2"), DFS_E_NOENT);
	cluster_node_forget(b->cluster, 2); /* once more: nothing */
	bench_free(b);
}

/* Nor is it among those that a sentence counts. */
static void those_that_can_take_nothing_are_counted_without_it(void **state)
{
	struct bench *b = drained_and_dead();
	struct cluster_chunk_outlook outlook;
	struct dfs_error err = {0};

	forget(b, 2);
	bench_kill(b, 4);
	bench_run(b, 11000);
	assert_true(cluster_chunk_outlook(b->cluster, CHUNK(1), &outlook));
	assert_non_null(strstr(outlook.why, "of 3 known 2 hold one, 1 are away"));
	assert_int_equal(cluster_drain_check(b->cluster, 3, &err), DFS_E_NODES);
	assert_non_null(strstr(err.text, "only 1 other datanodes are up, 1 dead"));
	bench_free(b);
}

static void one_that_returns_is_another_and_its_replicas_are_judged(void **state)
{
	struct bench *b = drained_and_dead();
	struct proto_held replicas[] = {
	        held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED),
	        held(CHUNK(404), 1, MIB, 7, PROTO_HELD_STATE_SEALED),
	};
	struct proto_heartbeat_args beat = {
	        .uuid = b->machines[2].uuid, .incarnation = b->machines[2].incarnation};

	forget(b, 2);
	assert_false(cluster_node_heartbeat(b->cluster, &beat)); /* register anew */
	b->machines[5].uuid = b->machines[2].uuid;
	b->machines[5].beating = true;
	assert_int_equal(bench_register(b, 5), 0);
	bench_report(b, 5, true, replicas, 2);
	assert_int_equal(bench_node_state(b, 5), PROTO_NODE_STATE_UP);
	assert_int_equal(listed(b), 4);
	assert_int_equal(bench_state(b, CHUNK(1), 5), PROTO_REPLICA_STATE_GOOD);
	assert_int_equal(bench_counts(b).orphans, 1);
	beat.incarnation = b->machines[5].incarnation;
	assert_true(cluster_node_heartbeat(b->cluster, &beat));
	bench_free(b);
}

static void one_that_is_there_is_refused(void **state)
{
	struct bench *b = bench_new(3);

	assert_int_equal(check(b, 9, "no datanode 9"), DFS_E_NOENT);
	assert_int_equal(
	        check(b, 2, "datanode 2 is in use: empty it (dfs drain 2 --wait)"), DFS_E_NODES);
	assert_int_equal(cluster_node_drain(b->cluster, 2, true), 0);
	assert_int_equal(check(b, 2, "datanode 2 is not dead yet: stop it"), DFS_E_NODES);
	bench_kill(b, 2);
	assert_int_equal(check(b, 2, "datanode 2 is not dead yet: stop it"), DFS_E_NODES);
	bench_run(b, 11000);
	assert_int_equal(check(b, 2, ""), 0);
	bench_free(b);
}

/* Silent, but its channel is open: it may be the network. */
static void silence_alone_is_not_death(void **state)
{
	struct bench *b = bench_new(3);

	b->machines[2].beating = false;
	bench_run(b, 11000);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_DEAD);
	assert_int_equal(check(b, 2, "its channel is open still: stop it"), DFS_E_NODES);
	bench_kill(b, 2);
	assert_int_equal(check(b, 2, ""), 0);
	bench_free(b);
}

static void one_that_holds_anything_must_be_drained(void **state)
{
	struct bench *b = bench_new(3);

	bench_sealed_chunk(b, CHUNK(1), 2, on_12);
	die(b, 2);
	assert_int_equal(check(b, 2, "empty it first (dfs drain 2)"), DFS_E_NODES);
	assert_int_equal(cluster_node_drain(b->cluster, 2, true), 0);
	assert_int_equal(check(b, 2, "cannot be forgotten yet: 1 chunk"), DFS_E_NODES);
	bench_run(b, 500);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 3), 0, &copied);
	forget(b, 2);
	bench_free(b);
}

/* Safe a moment ago is not safe, though a large table is not walked for everybody who asks. */
static void it_is_judged_anew(void **state)
{
	struct bench *b = drained_and_dead();
	struct proto_row_chunk freed = {.version = 1, .state = PROTO_CHUNK_STATE_FREED, .goal = 1};

	for (uint64_t i = 2; i <= 50002; i++)
		assert_int_equal(cluster_chunk_known(b->cluster, CHUNK(i), &freed), 0);
	assert_int_equal(check(b, 2, ""), 0);
	bench_kill(b, 4);
	bench_run(b, 3000);
	assert_int_equal(bench_node_state(b, 4), PROTO_NODE_STATE_SUSPECT);
	assert_int_equal(check(b, 2, "cannot be forgotten yet: 1 chunk"), DFS_E_NODES);
	bench_free(b);
}

/* Also where it said that it has nothing of it: the replica set never changes (RULES 4). */
static void one_of_an_open_replica_set_is_waited_for(void **state)
{
	struct bench *b = bench_new(3);
	struct sealed sealed;

	bench_open_chunk(b, CHUNK(1), on_12);
	bench_seal(b, CHUNK(1), 100, &sealed);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	bench_absent(b, 2);
	die(b, 2);
	assert_int_equal(check(b, 2, "datanode 2 cannot be forgotten"), DFS_E_NODES);
	assert_int_equal(cluster_node_drain(b->cluster, 2, true), 0);
	assert_int_equal(check(b, 2, "1 chunk is being written"), DFS_E_NODES);
	bench_free(b);
}

/* The metadata's rows do not say where replicas are: after a start only reports do. */
static void one_that_never_reported_is_needed_while_chunks_are_short(void **state)
{
	struct bench *b = bench_bare();
	struct proto_row_node row = {.uuid = 1002, .address = "node2:7070", .rack = ""};
	struct proto_held replica = held(CHUNK(1), 1, MIB, 77, PROTO_HELD_STATE_SEALED);

	bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 2);
	assert_int_equal(cluster_node_known(b->cluster, 2, &row), 0);
	for (uint32_t node = 1; node <= 3; node += 2) {
		assert_int_equal(bench_register(b, node), 0);
		b->machines[node].beating = true;
		bench_report(b, node, true, &replica, node == 1);
	}
	bench_run(b, 11000);
	assert_true(bench_counts(b).safe_mode);
	assert_int_equal(check(b, 2, "has just started"), DFS_E_UNAVAIL);
	bench_run(b, 60000);
	assert_int_equal(bench_counts(b).under_goal, 1);
	assert_int_equal(check(b, 2, "chunks may be short of what it holds"), DFS_E_NODES);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 3), 0, &copied);
	bench_run(b, 1000);
	forget(b, 2);
	bench_free(b);
}

/* The operation is durable: what came in between does not undo it. */
static void one_that_is_heard_of_meanwhile_goes_all_the_same(void **state)
{
	struct bench *b = bench_new(3);

	bench_sealed_chunk(b, CHUNK(1), 1, on_12);
	cluster_node_forget(b->cluster, 2);
	assert_true(bench_event(b, "event=node_lost node=2"));
	b->machines[2].cut = true;
	for (int i = 0; i < 2; i++) {
		bench_run(b, i == 0 ? 1000 : 30000); /* it beats on */
		assert_int_equal(bench_counts(b).nodes_up, 2);
		assert_int_equal(listed(b), 2);
		assert_int_equal(cluster_nodes_live(b->cluster), 2);
		assert_int_equal(troubles(b), 0);
		assert_int_equal(bench_state(b, CHUNK(1), 2), PROTO_REPLICA_STATE_MISSING);
	}
	assert_int_equal(bench_count(b, PROTO_CALL_NONE, 2), 0);
	bench_free(b);
}

static void nothing_is_forgotten_while_deletions_are_held(void **state)
{
	struct bench *b = drained_and_dead();

	cluster_hold_deletes(b->cluster, "restored from a backup");
	assert_int_equal(check(b, 2, "not certain: restored from a backup"), DFS_E_NODES);
	cluster_hold_deletes(b->cluster, NULL);
	assert_int_equal(check(b, 2, ""), 0);
	bench_free(b);
	b = bench_new(3);
	die(b, 2);
	cluster_hold_deletes(b->cluster, "restored from a backup");
	assert_int_equal(check(b, 2, "not certain: restored from a backup"), DFS_E_NODES);
	bench_free(b);
}

/* Orphans there are nobody's any more, and a deletion that it never acknowledged has ended. */
static void what_was_known_to_be_there_goes_with_it(void **state)
{
	struct bench *b = bench_new(3);
	struct proto_held orphan = held(CHUNK(404), 1, MIB, 7, PROTO_HELD_STATE_SEALED);
	struct proto_row_chunk freed = {.version = 1, .state = PROTO_CHUNK_STATE_FREED, .goal = 1};

	for (uint64_t i = 1; i <= 3; i++)
		bench_sealed_chunk(b, CHUNK(i), 1, (const uint32_t[]){2, 0});
	bench_sealed_chunk(b, CHUNK(4), 1, (const uint32_t[]){1, 0});
	bench_report(b, 2, false, &orphan, 1);
	assert_int_equal(bench_counts(b).orphans, 1);
	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(cluster_chunk_known(b->cluster, CHUNK(i), &freed), 0);
	die(b, 2);
	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(cluster_chunk_delete(b->cluster, CHUNK(i), 1, bench_gone, b), 0);
	assert_int_equal(b->gone_count, 0);
	assert_int_equal(cluster_node_drain(b->cluster, 2, true), 0);
	forget(b, 2);
	assert_int_equal(b->gone_count, 3);
	assert_int_equal(bench_counts(b).orphans, 0);
	assert_int_equal(bench_counts(b).deleting, 0);
	bench_run(b, 1000);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_is_known_no_more),
	        cmocka_unit_test(those_that_can_take_nothing_are_counted_without_it),
	        cmocka_unit_test(one_that_returns_is_another_and_its_replicas_are_judged),
	        cmocka_unit_test(one_that_is_there_is_refused),
	        cmocka_unit_test(silence_alone_is_not_death),
	        cmocka_unit_test(one_that_holds_anything_must_be_drained),
	        cmocka_unit_test(it_is_judged_anew),
	        cmocka_unit_test(one_of_an_open_replica_set_is_waited_for),
	        cmocka_unit_test(one_that_is_heard_of_meanwhile_goes_all_the_same),
	        cmocka_unit_test(one_that_never_reported_is_needed_while_chunks_are_short),
	        cmocka_unit_test(nothing_is_forgotten_while_deletions_are_held),
	        cmocka_unit_test(what_was_known_to_be_there_goes_with_it),
	};

	return cmocka_run_group_tests_name("forget", tests, NULL, NULL);
}
