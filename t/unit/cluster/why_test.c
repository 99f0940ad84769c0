/* SPDX-License-Identifier: MIT */
/* What the engine tells people: every state has its why. */
#include "bench.h"

static const uint32_t on_12[] = {1, 2, 0};
static const uint32_t on_123[] = {1, 2, 3, 0};

static struct proto_copy_reply copied;

/* One of the sentences holds both parts. */
static void says(const struct reasons *reasons, const char *about, const char *part)
{
	for (size_t i = 0; i < reasons->count; i++)
		if (strstr(reasons->list[i].about, about) && strstr(reasons->list[i].text, part))
			return;
	for (size_t i = 0; i < reasons->count; i++)
		print_message("# %s: %s\n", reasons->list[i].about, reasons->list[i].text);
	fail_msg("nothing about \"%s\" says \"%s\"", about, part);
}

static bool silent(const struct reasons *reasons, const char *part)
{
	for (size_t i = 0; i < reasons->count; i++)
		if (strstr(reasons->list[i].text, part))
			return false;
	return true;
}

static struct reasons of_chunk(struct bench *b, uint64_t chunk)
{
	struct reasons reasons = {.arena = &b->arena};

	assert_true(cluster_why_chunk(b->cluster, chunk, &reasons));
	assert_false(reasons.failed);
	return reasons;
}

static struct reasons of_node(struct bench *b, uint32_t node)
{
	struct reasons reasons = {.arena = &b->arena};

	assert_true(cluster_why_node(b->cluster, node, &reasons));
	assert_false(reasons.failed);
	return reasons;
}

static struct reasons of_all(struct bench *b)
{
	struct reasons reasons = {.arena = &b->arena};

	cluster_why(b->cluster, &reasons);
	assert_false(reasons.failed);
	return reasons;
}

static void what_is_not_known_has_no_why(void **state)
{
	struct bench *b = bench_new(1);
	struct reasons reasons = {.arena = &b->arena};

	assert_false(cluster_why_chunk(b->cluster, CHUNK(1), &reasons));
	assert_false(cluster_why_node(b->cluster, 9, &reasons));
	assert_int_equal(reasons.count, 0);
	cluster_why(b->cluster, &reasons);
	assert_int_equal(reasons.count, 0); /* all is well */
	bench_free(b);
}

static void a_chunk_tells_of_each_replica_and_what_is_in_the_way(void **state)
{
	struct bench *b = bench_new(4);
	struct proto_held stale = held(CHUNK(1), 1, MIB, 5, PROTO_HELD_STATE_SEALED);
	struct reasons reasons;

	bench_row_sealed(b, CHUNK(1), 2, MIB, 77, 3);
	stale.crc = 78;
	bench_report(b, 2, false, &stale, 1);
	stale = held(CHUNK(1), 2, MIB, 77, PROTO_HELD_STATE_SEALED);
	bench_report(b, 1, false, &stale, 1);
	reasons = of_chunk(b, CHUNK(1));
	says(&reasons, "replica on datanode 1", "good");
	says(&reasons, "replica on datanode 2", "stale");
	says(&reasons, "chunk 0000050000000001",
	        "1 of 3 replicas count towards its goal: it is under");
	bench_run(b, 500);
	reasons = of_chunk(b, CHUNK(1));
	says(&reasons, "chunk", "is fetching it from datanode 1");
	bench_free(b);
}

static void replicas_on_nodes_that_are_not_well_say_so(void **state)
{
	struct bench *b = bench_new(5);
	struct reasons reasons;

	bench_sealed_chunk(b, CHUNK(1), 3, on_123);
	bench_kill(b, 1);
	bench_run(b, 3000);
	reasons = of_chunk(b, CHUNK(1));
	says(&reasons, "datanode 1", "suspect: it counts until");
	bench_run(b, 9000);
	assert_int_equal(cluster_node_drain(b->cluster, 2, true), 0);
	reasons = of_chunk(b, CHUNK(1));
	says(&reasons, "datanode 1", "its datanode is dead");
	says(&reasons, "datanode 2", "is being emptied, so that it does not count");
	bench_free(b);
}

static void a_lost_chunk_names_the_nodes_it_waits_for(void **state)
{
	struct bench *b = bench_new(3);
	struct reasons reasons;

	bench_sealed_chunk(b, CHUNK(1), 1, (const uint32_t[]){2, 0});
	bench_kill(b, 2);
	bench_run(b, 12000);
	reasons = of_chunk(b, CHUNK(1));
	says(&reasons, "chunk", "it cannot be read now");
	says(&reasons, "chunk", "it waits for datanode 2 (node2:7070");
	reasons = of_all(b);
	says(&reasons, "chunk 0000050000000001", "it waits for datanode 2");
	says(&reasons, "datanode 2", "is dead");
	bench_free(b);
}

static void an_open_chunk_tells_what_its_seal_waits_for(void **state)
{
	struct bench *b = bench_new(3);
	struct reasons reasons;

	bench_open_chunk(b, CHUNK(1), on_12);
	bench_progress(b, 1, CHUNK(1), 1, 500, 500);
	reasons = of_chunk(b, CHUNK(1));
	says(&reasons, "chunk", "datanode 1 orders the appends; at least 500 bytes");
	cluster_node_drain(b->cluster, 2, true);
	bench_run(b, 500);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	reasons = of_chunk(b, CHUNK(1));
	says(&reasons, "chunk", "it is being sealed");
	bench_frozen(b, 2, 100, 7, 100);
	bench_kill(b, 1);
	bench_run(b, 4000);
	reasons = of_chunk(b, CHUNK(1));
	says(&reasons, "chunk",
	        "500 bytes were acknowledged, the replicas that answered have 100; it "
	        "waits for datanode 1 (node1:7070)");
	reasons = of_all(b);
	says(&reasons, "chunk", "it waits for datanode 1");
	bench_free(b);
}

static void a_node_tells_its_state_and_what_is_missing_because_of_it(void **state)
{
	struct bench *b = bench_new(3);
	struct reasons reasons;

	bench_sealed_chunk(b, CHUNK(1), 2, on_12);
	bench_sealed_chunk(b, CHUNK(2), 3, on_123);
	reasons = of_node(b, 1);
	says(&reasons, "datanode 1", "(node1:7070) is up for");
	says(&reasons, "datanode 1", "it holds replicas of 2 chunks");
	says(&reasons, "datanode 1", "it has room for");
	bench_kill(b, 2);
	bench_run(b, 3000);
	reasons = of_node(b, 2);
	says(&reasons, "datanode 2", "is suspect for");
	says(&reasons, "datanode 2", "it is dead after 10 s");
	says(&reasons, "datanode 2", "its channel to the master is closed");
	bench_run(b, 12000);
	reasons = of_node(b, 2);
	says(&reasons, "datanode 2", "is dead for");
	says(&reasons, "datanode 2", "2 are under their goal");
	says(&reasons, "node_state", "datanode 2 was suspect and is dead: silent");
	says(&reasons, "node_lost", "the channel to datanode 2 closed");
	bench_free(b);
}

static void a_full_a_slow_and_a_draining_node_say_so(void **state)
{
	struct bench *b = bench_new(3);
	struct reasons reasons;

	b->machines[1].free_bytes = 0;
	b->machines[2].stuck_ms = 60000;
	bench_run(b, 1000);
	reasons = of_node(b, 1);
	says(&reasons, "datanode 1", "it is full");
	reasons = of_node(b, 2);
	says(&reasons, "datanode 2", "is slow for");
	says(&reasons, "datanode 2", "did not turn for 60000 ms");
	cluster_node_drain(b->cluster, 3, true);
	reasons = of_node(b, 3);
	says(&reasons, "datanode 3", "it is to be emptied (dfs drain): safe to unplug");
	reasons = of_all(b);
	says(&reasons, "datanode 2", "slow");
	says(&reasons, "datanode 3", "it is being emptied");
	bench_free(b);
}

static void safe_mode_names_whom_it_waits_for(void **state)
{
	struct bench *b = bench_bare();
	struct proto_row_node row = {.uuid = 1002, .address = "node2:7070", .rack = ""};
	struct reasons reasons;

	cluster_node_known(b->cluster, 2, &row);
	bench_register(b, 1);
	bench_report(b, 1, true, NULL, 0);
	reasons = of_all(b);
	says(&reasons, "safe mode", "it waits for datanode 2 (node2:7070)");
	assert_true(silent(&reasons, "(node1:7070)"));
	cluster_hold_deletes(b->cluster, "restored");
	reasons = of_all(b);
	says(&reasons, "deletions", "nothing is deleted: restored");
	bench_free(b);
}

static void chunks_under_their_goal_say_what_is_before_them(void **state)
{
	struct bench *b = bench_new(4);
	struct reasons reasons;

	for (uint64_t i = 1; i <= 100; i++)
		bench_sealed_chunk(b, CHUNK(i), 3, on_12);
	reasons = of_all(b);
	says(&reasons, "repair", "100 chunks are under the goal, 100.0 MiB to be copied");
	bench_run(b, 500);
	reasons = of_chunk(b, CHUNK(100));
	says(&reasons, "chunk", "chunks before it");
	bench_free(b);
}

static void the_history_is_of_that_chunk_or_node_alone(void **state)
{
	struct bench *b = bench_new(4);
	struct reasons all = {.arena = &b->arena}, one = {.arena = &b->arena},
	               two = {.arena = &b->arena};

	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_sealed_chunk(b, CHUNK(2), 3, on_12);
	bench_run(b, 500);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), DFS_E_IO, NULL);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), 0, &copied);
	cluster_history(b->cluster, 0, 0, 1000, &all);
	says(&all, "copy_failed", "says no");
	says(&all, "copy_done", "was copied from datanode");
	says(&all, "node_registered", "datanode 4 registered from node4:7070");
	cluster_history(b->cluster, CHUNK(1), 0, 1000, &one);
	assert_true(
	        one.count > 0 && silent(&one, "0000050000000002") && silent(&one, "registered"));
	for (size_t i = 0; i < one.count; i++)
		assert_true(one.list[i].time_ms > 0 || i == 0);
	cluster_history(b->cluster, 0, 4, 2, &two); /* the last two of node 4 */
	assert_int_equal(two.count, 2);
	bench_free(b);
}

static void the_history_is_bounded(void **state)
{
	struct bench *b = bench_new(1);
	struct reasons reasons = {.arena = &b->arena};

	for (int i = 0; i < 5000; i++) {
		cluster_node_drain(b->cluster, 1, true);
		cluster_node_drain(b->cluster, 1, false);
	}
	cluster_history(b->cluster, 0, 0, 100000, &reasons);
	assert_int_equal(reasons.count, REASONS_MAX);
	assert_true(reasons.more);
	assert_true(silent(&reasons, "registered")); /* long forgotten */
	bench_free(b);
}

/* What datanodes say goes into sentences: it must stay text. */
static void a_datanode_s_words_cannot_break_a_sentence(void **state)
{
	struct bench *b = bench_new(3);
	struct proto_held bad = held(CHUNK(1), 1, MIB, 78, PROTO_HELD_STATE_BAD);
	struct reasons reasons = {.arena = &b->arena};
	char why[256];

	memset(why, 'x', sizeof(why));
	memcpy(why, "\" chunk=0 from=9 why=\"", 22);
	memcpy(why + 200, "\xc3\xa4\xc3", 4);
	bench_row_sealed(b, CHUNK(1), 1, MIB, 77, 2);
	bad.why = why;
	bench_report(b, 2, false, &bad, 1);
	cluster_history(b->cluster, 0, 2, 100, &reasons);
	says(&reasons, "replica_bad", "datanode 2 has a bad replica of chunk 0000050000000001");
	reasons = (struct reasons){.arena = &b->arena};
	cluster_history(b->cluster, 0, 9, 100, &reasons);
	assert_int_equal(reasons.count, 0);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_not_known_has_no_why),
	        cmocka_unit_test(a_chunk_tells_of_each_replica_and_what_is_in_the_way),
	        cmocka_unit_test(replicas_on_nodes_that_are_not_well_say_so),
	        cmocka_unit_test(a_lost_chunk_names_the_nodes_it_waits_for),
	        cmocka_unit_test(an_open_chunk_tells_what_its_seal_waits_for),
	        cmocka_unit_test(a_node_tells_its_state_and_what_is_missing_because_of_it),
	        cmocka_unit_test(a_full_a_slow_and_a_draining_node_say_so),
	        cmocka_unit_test(safe_mode_names_whom_it_waits_for),
	        cmocka_unit_test(chunks_under_their_goal_say_what_is_before_them),
	        cmocka_unit_test(the_history_is_of_that_chunk_or_node_alone),
	        cmocka_unit_test(the_history_is_bounded),
	        cmocka_unit_test(a_datanode_s_words_cannot_break_a_sentence),
	};

	return cmocka_run_group_tests_name("why", tests, NULL, NULL);
}
