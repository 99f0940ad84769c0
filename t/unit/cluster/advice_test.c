/* SPDX-License-Identifier: MIT */
/* A `repair` policy may reorder, delay and prefer; it cannot break repair or hold it up for long.
 */
#include "bench.h"

static const uint32_t on_1[] = {1, 0}, on_12[] = {1, 2, 0};
static struct proto_copy_reply copied;

/* A policy that the test scripts: its answer, and what it was asked last. */
struct advisor {
	struct policies policies;
	struct repair_answer answer;
	uint64_t first;  /* this chunk is the most urgent */
	bool delay_ones; /* the delay is for chunks with one live replica only */
	int code;
	struct repair_request asked;
	uint32_t candidates[BENCH_NODES];
	size_t candidates_count;
};

static int advise_it(void *ctx, const struct repair_request *request, const struct place_view *view,
        struct repair_answer *ret, struct dfs_error *err)
{
	struct advisor *advisor = ctx;

	advisor->asked = *request;
	advisor->candidates_count = view->nodes_count;
	for (size_t i = 0; i < view->nodes_count; i++)
		advisor->candidates[i] = view->nodes[i].node;
	*ret = advisor->answer;
	if (advisor->delay_ones && request->live > 1)
		ret->delay_ms = 0;
	if (request->chunk == advisor->first)
		ret->urgency = 1;
	return advisor->code != 0 ? error_set(err, advisor->code, "repair/x.lua:3: boom") : 0;
}

static const struct policy_ops ops = {.repair = advise_it};

static struct bench *with(struct advisor *advisor, uint32_t copies)
{
	struct cluster_options options = {
	        .epoch = BENCH_EPOCH, .copies_max = copies, .policies = &advisor->policies};
	struct bench *b = bench_with(&options);

	*advisor = (struct advisor){.policies = {.ops = &ops, .ctx = advisor}};
	bench_join(b, 4);
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

static void it_is_told_how_the_chunk_stands(void **state)
{
	struct advisor advisor;
	struct bench *b = with(&advisor, 1);

	bench_sealed_chunk(b, CHUNK(1), 4, on_12);
	cluster_chunk_wanted(b->cluster, CHUNK(1));
	bench_run(b, 500);
	assert_true(advisor.asked.chunk == CHUNK(1) && advisor.asked.size_bytes == MIB);
	assert_int_equal(advisor.asked.goal, 4);
	assert_int_equal(advisor.asked.good, 2);
	assert_int_equal(advisor.asked.live, 2);
	assert_true(advisor.asked.wanted);
	assert_int_equal(advisor.asked.sources_count, 2);
	assert_int_equal(advisor.candidates_count, 2);
	assert_int_equal(advisor.candidates[0], 3);
	assert_int_equal(advisor.candidates[1], 4);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	assert_int_equal(advisor.policies.decisions[POLICY_REPAIR], 1);
	assert_int_equal(advisor.policies.fallbacks[POLICY_REPAIR], 0);
	bench_free(b);
}

static void the_most_urgent_goes_first_and_equals_keep_their_order(void **state)
{
	struct advisor advisor;
	struct bench *b = with(&advisor, 1);

	bench_sealed_chunk(b, CHUNK(9), 3, on_12);
	bench_run(b, 500);
	for (uint64_t i = 1; i <= 4; i++)
		bench_sealed_chunk(b, CHUNK(i), 3, on_12);
	advisor.first = CHUNK(3);
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), 0, &copied);
	assert_true(next_copy(b) == CHUNK(3));
	assert_true(next_copy(b) == CHUNK(1));
	assert_true(next_copy(b) == CHUNK(2));
	assert_true(next_copy(b) == CHUNK(4));
	bench_free(b);
}

static void its_source_and_target_are_taken(void **state)
{
	struct advisor advisor;
	struct bench *b = with(&advisor, 1);

	for (uint64_t i = 1; i <= 8; i++) {
		advisor.answer.source = 1 + i % 2;
		advisor.answer.target = 3 + i / 2 % 2;
		bench_sealed_chunk(b, CHUNK(i), 3, on_12);
		bench_run(b, 500);
		assert_string_equal(
		        bench_find(b, PROTO_CALL_COPY, advisor.answer.target)->args.copy.source,
		        advisor.answer.source == 1 ? "node1:7070" : "node2:7070");
		next_copy(b);
	}
	bench_free(b);
}

static void a_wrong_answer_is_put_aside_and_on_record(void **state)
{
	const struct repair_answer wrong[] = {
	        {.source = 3}, /* holds nothing */
	        {.target = 2}, /* holds it */
	        {.target = 99},
	        {.urgency = 0.0 / 0.0},
	        {.delay_ms = REPAIR_DELAY_MAX_MS + 1},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]) + 1; i++) {
		struct advisor advisor;
		struct bench *b = with(&advisor, 1);

		if (i < sizeof(wrong) / sizeof(wrong[0]))
			advisor.answer = wrong[i];
		else
			advisor.code = DFS_E_SCRIPT;
		bench_sealed_chunk(b, CHUNK(1), 3, on_12);
		assert_true(next_copy(b) == CHUNK(1));
		assert_int_equal(advisor.policies.fallbacks[POLICY_REPAIR], 1);
		assert_string_not_equal(advisor.policies.error[POLICY_REPAIR], "");
		if (advisor.code)
			assert_string_equal(
			        advisor.policies.error[POLICY_REPAIR], "repair/x.lua:3: boom");
		bench_free(b);
	}
}

static void it_can_make_a_chunk_wait_and_says_why(void **state)
{
	struct advisor advisor;
	struct bench *b = with(&advisor, 1);
	struct cluster_chunk_outlook outlook;

	advisor.answer = (struct repair_answer){.delay_ms = 60000, .reason = "at night"};
	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	assert_true(cluster_chunk_outlook(b->cluster, CHUNK(1), &outlook));
	assert_non_null(strstr(outlook.why, "the repair policy makes it wait: at night"));
	bench_run(b, 58000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	advisor.answer.delay_ms = 0;
	bench_run(b, 3000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	bench_free(b);
}

static void others_do_not_wait_with_it(void **state)
{
	struct advisor advisor;
	struct bench *b = with(&advisor, 1);

	advisor.answer.delay_ms = 300000;
	advisor.delay_ones = true;
	for (uint64_t i = 1; i <= 20; i++)
		bench_sealed_chunk(b, CHUNK(i), 2, on_1);
	bench_sealed_chunk(b, CHUNK(21), 3, on_12);
	assert_true(next_copy(b) == CHUNK(21));
	bench_free(b);
}

static void the_last_replica_is_not_held_up_for_long(void **state)
{
	struct advisor advisor;
	struct bench *b = with(&advisor, 1);

	advisor.answer.delay_ms = 300000;
	bench_sealed_chunk(b, CHUNK(1), 2, on_1);
	bench_run(b, 9000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_run(b, 2500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	bench_free(b);
}

static void nobody_is_held_up_for_ever(void **state)
{
	struct advisor advisor;
	struct bench *b = with(&advisor, 1);

	advisor.answer.delay_ms = 300000;
	bench_sealed_chunk(b, CHUNK(1), 3, on_12);
	bench_run(b, 3590000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 0);
	bench_run(b, 90000);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_is_told_how_the_chunk_stands),
	        cmocka_unit_test(the_most_urgent_goes_first_and_equals_keep_their_order),
	        cmocka_unit_test(its_source_and_target_are_taken),
	        cmocka_unit_test(a_wrong_answer_is_put_aside_and_on_record),
	        cmocka_unit_test(it_can_make_a_chunk_wait_and_says_why),
	        cmocka_unit_test(others_do_not_wait_with_it),
	        cmocka_unit_test(the_last_replica_is_not_held_up_for_long),
	        cmocka_unit_test(nobody_is_held_up_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
