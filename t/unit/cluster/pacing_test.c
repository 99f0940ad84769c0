/* SPDX-License-Identifier: MIT */
/* Copies take no more of a node and of the cluster than they may, and all survivors take part. */
#include "bench.h"

static struct proto_copy_reply copied;

static struct bench *with(struct cluster_options options, uint32_t nodes)
{
	struct bench *b;

	options.epoch = BENCH_EPOCH;
	b = bench_with(&options);
	bench_join(b, nodes);
	return b;
}

/* Copies that began within so long; each is answered when it was sent. */
static uint64_t copies_in(struct bench *b, uint64_t ms)
{
	uint64_t count = 0;

	for (uint64_t passed = 0; passed < ms; passed += 100) {
		bench_run(b, 100);
		while (bench_count(b, PROTO_CALL_COPY, 0) > 0) {
			bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), 0, &copied);
			fake_io_run(&b->fake, 0);
			count++;
		}
	}
	return count;
}

static void many_chunks_on(struct bench *b, uint32_t node, uint64_t first, uint64_t count)
{
	for (uint64_t i = first; i < first + count; i++)
		bench_sealed_chunk(b, CHUNK(i), 2, (const uint32_t[]){node, 0});
}

/* Users read so much a second from a node, as its heartbeats tell. */
static void serve_users(struct bench *b, uint32_t node, uint64_t bytes, uint64_t ms)
{
	for (uint64_t passed = 0; passed < ms; passed += 500) {
		b->machines[node].read_bytes += bytes / 2;
		bench_run(b, 500);
	}
}

static void a_node_moves_no_more_than_its_rate(void **state)
{
	struct bench *b = with((struct cluster_options){.repair_rate = 4 * MIB}, 6);

	many_chunks_on(b, 1, 1, 500);
	/* All are read from node 1: it is the bound, and a second's worth was saved up. */
	assert_in_range(copies_in(b, 10000), 38, 46);
	assert_int_equal(bench_counts(b).copies, 0);
	bench_free(b);
}

static void the_cluster_moves_no_more_than_its_rate(void **state)
{
	struct bench *b = with((struct cluster_options){.repair_cluster_rate = 10 * MIB}, 6);

	for (uint32_t node = 1; node <= 6; node++)
		many_chunks_on(b, node, node * 1000, 100);
	assert_in_range(copies_in(b, 10000), 95, 115);
	bench_free(b);
}

static void without_a_rate_only_the_nodes_are_in_the_way(void **state)
{
	struct bench *b = with((struct cluster_options){.repair_rate = 0}, 6);

	many_chunks_on(b, 1, 1, 500);
	assert_int_equal(copies_in(b, 1000), 500);
	bench_free(b);
}

static void a_copy_larger_than_a_second_s_worth_is_paid_for_afterwards(void **state)
{
	struct bench *b = with((struct cluster_options){.repair_rate = MIB / 4}, 3);

	many_chunks_on(b, 1, 1, 10);
	assert_int_equal(copies_in(b, 500), 1);
	assert_int_equal(copies_in(b, 2500), 0);
	assert_int_equal(copies_in(b, 1000), 1);
	bench_free(b);
}

static void a_node_that_serves_users_gives_little(void **state)
{
	struct bench *b = with((struct cluster_options){.repair_busy_rate = 2 * MIB}, 6);
	struct cluster_chunk_outlook outlook;

	serve_users(b, 1, 10 * MIB, 5000);
	many_chunks_on(b, 1, 1, 500);
	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 1); /* one at a time */
	assert_int_equal(bench_find(b, PROTO_CALL_COPY, 0)->args.copy.pace, 2 * MIB);
	assert_true(cluster_chunk_outlook(b->cluster, CHUNK(2), &outlook));
	assert_non_null(strstr(outlook.why, "datanode 1 gives 1 copies, all that it may while"));
	bench_answer(b, bench_find(b, PROTO_CALL_COPY, 0), 0, &copied);
	for (int i = 0; i < 10; i++) {
		b->machines[1].read_bytes += 5 * MIB;
		assert_in_range(copies_in(b, 500), 0, 3);
	}
	/* Left alone it gives all it has. */
	bench_run(b, 6000);
	assert_true(copies_in(b, 1000) > 400);
	bench_free(b);
}

static void what_copies_move_is_not_taken_for_users(void **state)
{
	struct bench *b = with((struct cluster_options){.repair_busy_rate = 2 * MIB}, 3);

	for (int i = 0; i < 10; i++) {
		b->machines[1].read_bytes += 50 * MIB;
		b->machines[1].copy_bytes += 50 * MIB;
		bench_run(b, 500);
	}
	many_chunks_on(b, 1, 1, 500);
	assert_int_equal(copies_in(b, 1000), 500);
	bench_free(b);
}

static void a_node_that_serves_users_is_spared_where_another_will_do(void **state)
{
	struct bench *b = with((struct cluster_options){0}, 5);

	serve_users(b, 1, 10 * MIB, 5000);
	serve_users(b, 4, 10 * MIB, 5000);
	bench_sealed_chunk(b, CHUNK(1), 3, (const uint32_t[]){1, 2, 0});
	serve_users(b, 1, 10 * MIB, 500);
	assert_string_equal(bench_find(b, PROTO_CALL_COPY, 5)->args.copy.source, "node2:7070");
	bench_free(b);
}

static void copies_from_and_to_a_node_are_bounded_each(void **state)
{
	struct bench *b = with(
	        (struct cluster_options){.copies_from_max = 3, .copies_to_max = 1, .copies_max = 9},
	        6);
	uint32_t source;

	many_chunks_on(b, 1, 1, 50);
	bench_run(b, 500);
	assert_int_equal(bench_count(b, PROTO_CALL_COPY, 0), 3);
	many_chunks_on(b, 2, 101, 50);
	bench_run(b, 500);
	for (uint32_t node = 1; node <= 6; node++)
		assert_in_range(bench_count(b, PROTO_CALL_COPY, node), 0, 1);
	for (const struct sent *sent = b->sent; sent; sent = sent->next) {
		assert_int_equal(sscanf(sent->args.copy.source, "node%u:7070", &source), 1);
		assert_in_range(source, 1, 2);
	}
	bench_free(b);
}

/* GFS 4.3, and "how it is proved": over 256 chunks all survivors take part, max/mean <= 1.3. `kin`:
 * so many chunks in a row have their other replica on the same node, as files written together may.
 */
static void spread_is_even(uint64_t kin)
{
	struct bench *b = with((struct cluster_options){0}, 6);
	uint64_t moved[BENCH_NODES + 1] = {0}, total = 0, most = 0, copies = 0;
	uint32_t source;

	for (uint64_t i = 0; i < 300; i++) /* of each chunk one replica is on node 6 */
		bench_sealed_chunk(b, CHUNK(i + 1), 2,
		        (const uint32_t[]){(uint32_t)(i / kin * 7 % 5) + 1, 6, 0});
	bench_kill(b, 6);
	bench_run(b, 11000);
	while (bench_count(b, PROTO_CALL_COPY, 0) > 0) {
		struct sent *sent = bench_find(b, PROTO_CALL_COPY, 0);

		assert_int_equal(sscanf(sent->args.copy.source, "node%u:7070", &source), 1);
		moved[source] += sent->args.copy.length;
		moved[sent->node] += sent->args.copy.length;
		copies++;
		bench_answer(b, sent, 0, &copied);
		bench_run(b, 20);
	}
	assert_int_equal(copies, 300);
	for (uint32_t node = 1; node <= 5; node++) {
		total += moved[node];
		most = moved[node] > most ? moved[node] : most;
	}
	print_message("# max/mean %.3f\n", (double)most * 5 / (double)total);
	assert_true((double)most * 5 / (double)total <= 1.1);
	bench_free(b);
}

static void all_survivors_take_part_alike(void **state)
{
	spread_is_even(1);
}

static void all_survivors_take_part_alike_where_one_after_another_is_the_source(void **state)
{
	spread_is_even(15);
	spread_is_even(60);
}

/* Twice the room, twice the copies: a small disk must not be filled by a repair. */
static void room_decides_how_much_a_node_takes(void **state)
{
	struct bench *b = with((struct cluster_options){0}, 5);
	uint64_t taken[BENCH_NODES + 1] = {0};

	b->machines[3].free_bytes = 10 * (uint64_t)GIB;
	b->machines[4].free_bytes = b->machines[5].free_bytes = 20 * (uint64_t)GIB;
	bench_run(b, 500);
	for (uint64_t i = 1; i <= 200; i++)
		bench_sealed_chunk(b, CHUNK(i), 3, (const uint32_t[]){1, 2, 0});
	bench_run(b, 500);
	while (bench_count(b, PROTO_CALL_COPY, 0) > 0) {
		struct sent *sent = bench_find(b, PROTO_CALL_COPY, 0);

		taken[sent->node]++;
		bench_answer(b, sent, 0, &copied);
		bench_run(b, 20);
	}
	assert_in_range(taken[3], 30, 50);
	assert_in_range(taken[4], 70, 90);
	assert_in_range(taken[5], 70, 90);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_node_moves_no_more_than_its_rate),
	        cmocka_unit_test(the_cluster_moves_no_more_than_its_rate),
	        cmocka_unit_test(without_a_rate_only_the_nodes_are_in_the_way),
	        cmocka_unit_test(a_copy_larger_than_a_second_s_worth_is_paid_for_afterwards),
	        cmocka_unit_test(a_node_that_serves_users_gives_little),
	        cmocka_unit_test(what_copies_move_is_not_taken_for_users),
	        cmocka_unit_test(a_node_that_serves_users_is_spared_where_another_will_do),
	        cmocka_unit_test(copies_from_and_to_a_node_are_bounded_each),
	        cmocka_unit_test(all_survivors_take_part_alike),
	        cmocka_unit_test(
	                all_survivors_take_part_alike_where_one_after_another_is_the_source),
	        cmocka_unit_test(room_decides_how_much_a_node_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
