/* SPDX-License-Identifier: MIT */
/* Replicas that metadata does not know: deleted late, by name and version, or not at all (RULES 13,
 * 16). */
#include "bench.h"

enum { HOUR = 3600000, MINUTE = 60000 };

static const struct proto_held orphan_404 = {
        .chunk = CHUNK(404), .version = 3, .length = MIB, .state = PROTO_HELD_STATE_SEALED};

static struct bench *begin(uint32_t nodes)
{
	struct bench *b = bench_new(nodes);

	b->orphan = ORPHAN_DELETE;
	return b;
}

static void deleted(struct bench *b, uint32_t node)
{
	struct sent *sent = bench_find(b, PROTO_CALL_DELETE, node);
	struct proto_delete_reply reply = {
	        .gone = sent->args.delete.chunks, .gone_count = sent->args.delete.chunks_count};

	bench_answer(b, sent, 0, &reply);
}

static void an_orphan_is_deleted_after_the_grace(void **state)
{
	struct bench *b = begin(2);
	struct sent *sent;

	bench_report(b, 2, false, &orphan_404, 1);
	assert_int_equal(bench_counts(b).orphans, 1);
	assert_int_equal(bench_counts(b).orphan_bytes, MIB);
	bench_run(b, HOUR - MINUTE);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	assert_in_range(bench_counts(b).orphan_age_ms, HOUR - 2 * MINUTE, HOUR);
	bench_run(b, 2 * MINUTE);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 1);
	sent = bench_find(b, PROTO_CALL_DELETE, 2);
	assert_int_equal(sent->args.delete.chunks_count, 1);
	assert_true(sent->args.delete.chunks[0].chunk == CHUNK(404));
	assert_int_equal(sent->args.delete.chunks[0].version, 3);
	assert_int_equal(sent->args.delete.epoch, BENCH_EPOCH);
	deleted(b, 2);
	assert_int_equal(bench_counts(b).orphans, 0);
	assert_int_equal(bench_counts(b).orphans_collected, 1);
	bench_run(b, HOUR);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_free(b);
}

static void the_grace_begins_when_anything_may_be_deleted(void **state)
{
	struct bench *b = begin(2);

	bench_report(b, 1, false, &orphan_404, 1);
	cluster_hold_deletes(b->cluster, "restored");
	bench_run(b, 3 * HOUR);
	cluster_hold_deletes(b->cluster, NULL);
	bench_run(b, HOUR - MINUTE);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_run(b, 2 * MINUTE);
	deleted(b, 1);
	bench_free(b);
}

static void nothing_is_collected_in_safe_mode(void **state)
{
	struct bench *b = bench_with(
	        &(struct cluster_options){.epoch = BENCH_EPOCH, .orphan_grace_ms = 1000});

	b->orphan = ORPHAN_DELETE;
	bench_register(b, 1);
	b->machines[1].beating = true;
	bench_report(b, 1, false, &orphan_404, 1); /* its full report never ends */
	bench_run(b, 50000);
	assert_true(bench_counts(b).safe_mode);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_run(b, 30000);
	assert_false(bench_counts(b).safe_mode);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 1), 1);
	bench_free(b);
}

/* RULES 22: what the master slept nobody had time to object in. */
static void a_grace_that_was_slept_through_is_none(void **state)
{
	struct bench *b = begin(1);

	bench_report(b, 1, false, &orphan_404, 1);
	bench_run(b, MINUTE);
	b->fake.now_ms += 10 * HOUR;
	bench_run(b, HOUR - 3 * MINUTE);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_run(b, 4 * MINUTE);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 1), 1);
	bench_free(b);
}

/* RULES 16: somebody with newer metadata than ours gave that number out. */
static void a_number_that_was_never_given_out_is_told_and_left_alone(void **state)
{
	struct bench *b = begin(1);

	b->orphan = ORPHAN_FOREIGN;
	bench_report(b, 1, false, &orphan_404, 1);
	assert_int_equal(bench_counts(b).orphans_foreign, 1);
	b->orphan = ORPHAN_DELETE; /* what it was when it was heard of counts */
	bench_run(b, 5 * HOUR);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	assert_int_equal(bench_counts(b).orphans, 1);
	bench_free(b);
}

static void metadata_has_the_last_word(void **state)
{
	struct bench *b = begin(1);

	bench_report(b, 1, false, &orphan_404, 1);
	bench_run(b, HOUR - MINUTE);
	b->orphan = ORPHAN_KEEP;
	bench_run(b, HOUR);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	b->orphan = ORPHAN_FOREIGN;
	bench_run(b, HOUR);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	b->orphan = ORPHAN_DELETE;
	bench_run(b, 2 * MINUTE);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 1), 1);
	bench_free(b);
}

static void a_chunk_that_becomes_known_is_no_orphan(void **state)
{
	struct bench *b = begin(2);

	bench_report(b, 1, false, &orphan_404, 1);
	bench_row_sealed(b, CHUNK(404), 3, MIB, 0, 1);
	assert_int_equal(bench_counts(b).orphans, 0);
	bench_run(b, 2 * HOUR);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_free(b);
}

static void reports_keep_the_age_and_forget_what_is_gone(void **state)
{
	struct bench *b = begin(1);
	struct proto_held both[] = {orphan_404, orphan_404};

	both[1].chunk = CHUNK(405);
	bench_report(b, 1, false, both, 2);
	bench_run(b, HOUR / 2);
	bench_kill(b, 1);
	bench_start(b, 1);
	bench_report(b, 1, true, both, 1);
	assert_int_equal(bench_counts(b).orphans, 1);
	bench_run(b, HOUR / 2 + MINUTE);
	assert_int_equal(bench_find(b, PROTO_CALL_DELETE, 1)->args.delete.chunks_count, 1);
	deleted(b, 1);
	assert_int_equal(bench_counts(b).orphans, 0);
	bench_free(b);
}

static void a_deletion_that_a_report_tells_of_is_one(void **state)
{
	struct bench *b = begin(1);
	struct proto_chunk_version gone = {CHUNK(404), 3};
	struct proto_report_args args = {.incarnation = 1, .gone = &gone, .gone_count = 1};

	bench_report(b, 1, false, &orphan_404, 1);
	args.sequence = ++b->machines[1].sequence;
	cluster_node_report(b->cluster, 1, &args, NULL);
	assert_int_equal(bench_counts(b).orphans, 0);
	bench_free(b);
}

/* RULES 13: a datanode does not delete an open chunk at its own version. */
static void an_open_one_is_deleted_by_a_raised_version(void **state)
{
	struct bench *b = begin(1);
	struct proto_held open = orphan_404;

	open.state = PROTO_HELD_STATE_OPEN;
	bench_report(b, 1, false, &open, 1);
	bench_run(b, HOUR + MINUTE);
	assert_int_equal(bench_find(b, PROTO_CALL_DELETE, 1)->args.delete.chunks[0].version, 4);
	bench_free(b);
}

static void what_is_refused_or_fails_is_asked_again(void **state)
{
	struct bench *b = begin(1);
	struct proto_delete_reply none = {0};

	bench_report(b, 1, false, &orphan_404, 1);
	bench_run(b, HOUR + MINUTE);
	bench_answer(b, bench_find(b, PROTO_CALL_DELETE, 1), 0, &none);
	assert_int_equal(bench_counts(b).orphans, 1);
	bench_run(b, MINUTE / 2);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0); /* not at once */
	bench_run(b, MINUTE);
	bench_answer(b, bench_find(b, PROTO_CALL_DELETE, 1), DFS_E_IO, NULL);
	bench_run(b, 2 * MINUTE);
	deleted(b, 1);
	assert_int_equal(bench_counts(b).orphans, 0);
	bench_free(b);
}

static void a_node_that_is_away_is_asked_when_it_returns(void **state)
{
	struct bench *b = begin(2);

	bench_report(b, 2, false, &orphan_404, 1);
	bench_kill(b, 2);
	bench_run(b, 2 * HOUR);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 0), 0);
	bench_start(b, 2);
	bench_report(b, 2, true, &orphan_404, 1);
	bench_run(b, MINUTE);
	assert_int_equal(bench_count(b, PROTO_CALL_DELETE, 2), 1);
	bench_free(b);
}

/* Between the last deletion and the moment when metadata has forgotten the chunk. */
static void what_turns_up_while_a_chunk_is_forgotten_is_an_orphan(void **state)
{
	struct bench *b = begin(2);
	struct proto_held again = orphan_404;

	bench_sealed_chunk(b, CHUNK(404), 1, (const uint32_t[]){1, 0});
	again.version = 1;
	cluster_chunk_delete(b->cluster, CHUNK(404), 1, bench_gone, b);
	bench_run(b, 1000);
	deleted(b, 1);
	assert_int_equal(b->gone_count, 1);
	bench_report(b, 2, false, &again, 1);
	assert_int_equal(bench_counts(b).orphans, 0);
	cluster_chunk_forgotten(b->cluster, CHUNK(404));
	assert_int_equal(bench_counts(b).orphans, 1);
	bench_run(b, HOUR + MINUTE);
	deleted(b, 2);
	assert_int_equal(bench_counts(b).orphans, 0);
	bench_free(b);
}

static void more_than_the_table_holds_are_counted_and_taken_in_turn(void **state)
{
	enum { ALL = 65536 + 500, PART = 4096 };
	struct bench *b = begin(1);
	struct proto_held *all = calloc(ALL, sizeof(*all));

	for (uint64_t i = 0; i < ALL; i++) {
		all[i] = orphan_404;
		all[i].chunk = CHUNK(1000 + i);
	}
	for (size_t at = 0; at < ALL; at += PART)
		bench_report(b, 1, false, all + at, at + PART < ALL ? PART : ALL - at);
	assert_int_equal(bench_counts(b).orphans, ALL);
	bench_run(b, HOUR + MINUTE);
	assert_int_equal(bench_find(b, PROTO_CALL_DELETE, 1)->args.delete.chunks_count, 1000);
	for (int i = 0; i < 66; i++) {
		deleted(b, 1);
		bench_run(b, 6000);
	}
	assert_int_equal(bench_counts(b).orphans, 500);
	bench_kill(b, 1);
	bench_start(b, 1);
	bench_report(b, 1, true, all + ALL - 500, 500);
	assert_int_equal(bench_counts(b).orphans, 500);
	bench_run(b, HOUR + MINUTE);
	deleted(b, 1);
	assert_int_equal(bench_counts(b).orphans, 0);
	free(all);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_orphan_is_deleted_after_the_grace),
	        cmocka_unit_test(the_grace_begins_when_anything_may_be_deleted),
	        cmocka_unit_test(nothing_is_collected_in_safe_mode),
	        cmocka_unit_test(a_grace_that_was_slept_through_is_none),
	        cmocka_unit_test(a_number_that_was_never_given_out_is_told_and_left_alone),
	        cmocka_unit_test(metadata_has_the_last_word),
	        cmocka_unit_test(a_chunk_that_becomes_known_is_no_orphan),
	        cmocka_unit_test(reports_keep_the_age_and_forget_what_is_gone),
	        cmocka_unit_test(a_deletion_that_a_report_tells_of_is_one),
	        cmocka_unit_test(an_open_one_is_deleted_by_a_raised_version),
	        cmocka_unit_test(what_is_refused_or_fails_is_asked_again),
	        cmocka_unit_test(a_node_that_is_away_is_asked_when_it_returns),
	        cmocka_unit_test(what_turns_up_while_a_chunk_is_forgotten_is_an_orphan),
	        cmocka_unit_test(more_than_the_table_holds_are_counted_and_taken_in_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
