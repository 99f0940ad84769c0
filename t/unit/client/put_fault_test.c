/* SPDX-License-Identifier: MIT */
/* Puts among failing datanodes: the user sees nothing but the time, or a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "transfer.h"

enum { CHUNK = 256 * 1024, SIZE = 5 * CHUNK + 1000, LONG = 200000 };

static struct fake_cluster *cluster(unsigned nodes, uint64_t seed)
{
	struct fake_options options = {.nodes = nodes, .seed = seed};

	return fake_create(&options);
}

/* Put SIZE bytes, which must succeed, and look at every byte of every living replica. */
static struct client_transfer put_well(struct fake_cluster *fake, bool seekable)
{
	struct transfer transfer;
	struct client_transfer result;

	transfer_init(&transfer, fake, SIZE);
	transfer.seekable = seekable;
	transfer.unknown = !seekable;
	transfer_put(&transfer, "/f");
	if (transfer_wait(&transfer, LONG) != 0)
		fail_msg("%s", transfer.result.err.text);
	assert_int_equal(transfer.result.bytes, SIZE);
	fake_file_is(fake, "/f", transfer.bytes, SIZE);
	assert_int_equal(fake_sessions(fake), 0);
	result = transfer.result;
	transfer_fini(&transfer);
	return result;
}

/* ---- deaths ---- */

static const struct {
	enum fake_fault fault;
	uint64_t bytes;
} DEATHS[] = {
        {FAKE_DIES, 0},
        {FAKE_DIES, 1},
        {FAKE_DIES, 65536},
        {FAKE_DIES, 100000},
        {FAKE_DIES, CHUNK},
        {FAKE_DIES_UNANSWERED, 0},
};

enum { DEATHS_COUNT = sizeof(DEATHS) / sizeof(DEATHS[0]) };

static void a_datanode_dies_in_the_middle_at_any_place_of_the_chain(void **state)
{
	/* Datanode i is hop i of the first chunk, and has other places in the others. */
	for (unsigned node = 0; node < 3; node++) {
		for (size_t i = 0; i < DEATHS_COUNT; i++) {
			for (int seekable = 0; seekable <= 1; seekable++) {
				struct fake_cluster *fake = cluster(4, 10 * i + node + 1);
				struct client_transfer result;

				fake_node_fault(fake, node, DEATHS[i].fault, DEATHS[i].bytes, 0);
				result = put_well(fake, seekable);
				assert_false(fake_node_alive(fake, node));
				assert_true(result.retries > 0);
				fake_destroy(fake);
			}
		}
	}
}

static void a_datanode_is_dead_and_the_master_has_not_noticed(void **state)
{
	for (unsigned node = 0; node < 3; node++) {
		struct fake_cluster *fake = cluster(3, node + 1);
		struct transfer transfer;

		fake_master_notices(fake, false);
		fake_node_kill(fake, node);
		transfer_init(&transfer, fake, SIZE);
		transfer_put(&transfer, "/f");
		fake_run_for(fake, 8000);
		assert_false(transfer.done);
		/* Some seconds later the master knows. */
		fake_master_notices(fake, true);
		assert_int_equal(transfer_wait(&transfer, LONG), 0);
		fake_file_is(fake, "/f", transfer.bytes, SIZE);
		transfer_fini(&transfer);
		fake_destroy(fake);
	}
}

static void a_second_datanode_dies_too(void **state)
{
	for (size_t i = 0; i < DEATHS_COUNT; i++) {
		for (size_t j = 0; j < DEATHS_COUNT; j++) {
			struct fake_cluster *fake = cluster(5, 100 + 10 * i + j);

			fake_node_fault(fake, 0, DEATHS[i].fault, DEATHS[i].bytes, 0);
			fake_node_fault(fake, 2, DEATHS[j].fault, DEATHS[j].bytes, 0);
			put_well(fake, (i + j) % 2);
			assert_false(fake_node_alive(fake, 0) || fake_node_alive(fake, 2));
			fake_destroy(fake);
		}
	}
}

static void what_the_sealed_chunk_holds_is_not_sent_again(void **state)
{
	struct fake_cluster *fake = cluster(4, 1);

	/* The last hop of the first chunk dies after the second frame: the others have them. */
	fake_node_fault(fake, 2, FAKE_DIES, 131072, 0);
	put_well(fake, true);
	assert_true(fake_file_sealed(fake, "/f") > 0);
	assert_true(fake_file_extents(fake, "/f") > 6);
	fake_destroy(fake);
}

static void a_datanode_that_was_never_reached_costs_no_seal(void **state)
{
	struct fake_cluster *fake = cluster(4, 1);

	fake_master_notices(fake, false);
	fake_node_kill(fake, 0);
	fake_master_notices(fake, true);
	/* The pool of the first answer is made before the death. */
	put_well(fake, true);
	assert_int_equal(fake_calls(fake, PROTO_CALL_SEAL), 0);
	fake_destroy(fake);
}

/* ---- other troubles ---- */

static void a_frame_that_changes_on_the_wire_is_found_and_sent_again(void **state)
{
	for (uint64_t byte = 0; byte < 66000; byte += 3001) {
		struct fake_cluster *fake = cluster(4, byte + 1);
		struct client_transfer result;

		fake_node_fault(fake, 0, FAKE_GARBLES_WIRE, byte, 0);
		fake_node_fault_times(fake, 0, 1);
		result = put_well(fake, true);
		/* Writer and sequence are not under the checksum. */
		if (byte >= 28)
			assert_true(result.retries > 0);
		fake_destroy(fake);
	}
}

static void a_receipt_for_something_else_is_not_believed(void **state)
{
	static const enum fake_fault lies[] = {
	        FAKE_WRONG_CRC, FAKE_WRONG_LENGTH, FAKE_FEW_REPLICAS, FAKE_NO_JSON};

	for (size_t i = 0; i < 4; i++) {
		struct fake_cluster *fake = cluster(4, i + 1);

		fake_node_fault(fake, 0, lies[i], 0, 0);
		fake_node_fault_times(fake, 0, 1);
		assert_true(put_well(fake, i % 2).retries > 0);
		fake_destroy(fake);
	}
}

static void a_full_datanode_is_left_for_another(void **state)
{
	static const enum fake_fault how[] = {FAKE_REFUSES, FAKE_REFUSES_LATE};

	for (size_t i = 0; i < 2; i++) {
		for (unsigned node = 0; node < 3; node++) {
			struct fake_cluster *fake = cluster(4, node + 1);

			fake_node_fault(fake, node, how[i], 70000, DFS_E_NOSPC);
			fake_node_fault_times(fake, node, 1);
			assert_true(put_well(fake, true).retries > 0);
			fake_destroy(fake);
		}
	}
}

static void a_datanode_that_stalls_is_given_up_after_a_while(void **state)
{
	struct fake_cluster *fake = cluster(4, 7);
	uint64_t start = sim_now_ms(fake_sim(fake));

	fake_node_fault(fake, 1, FAKE_STALLS, 65536, 0);
	fake_node_fault_times(fake, 1, 0);
	assert_true(put_well(fake, true).retries > 0);
	assert_in_range(sim_now_ms(fake_sim(fake)) - start, 30000, 100000);
	fake_destroy(fake);
}

static void a_datanode_that_answers_nothing_is_given_up_after_a_while(void **state)
{
	struct fake_cluster *fake = cluster(4, 8);

	fake_node_fault(fake, 0, FAKE_HANGS, 0, 0);
	assert_true(put_well(fake, true).retries > 0);
	fake_destroy(fake);
}

static void a_chunk_that_the_master_sealed_meanwhile_is_continued_in_another(void **state)
{
	for (int events = 5; events < 400; events += 20) {
		struct fake_cluster *fake = cluster(3, 1);
		struct transfer transfer;

		transfer_init(&transfer, fake, SIZE);
		transfer.seekable = events % 40 == 5;
		transfer.unknown = !transfer.seekable;
		transfer_put(&transfer, "/f");
		for (int i = 0; i < events; i++)
			sim_step(fake_sim(fake));
		if (!transfer.done)
			fake_seal_open_chunks(fake);
		assert_int_equal(transfer_wait(&transfer, LONG), 0);
		fake_file_is(fake, "/f", transfer.bytes, SIZE);
		transfer_fini(&transfer);
		fake_destroy(fake);
	}
}

static void a_seal_that_speaks_of_other_bytes_is_not_believed(void **state)
{
	for (int seekable = 0; seekable <= 1; seekable++) {
		struct fake_cluster *fake = cluster(4, 3);

		fake_master_seal_lies(fake, true);
		fake_node_fault(fake, 1, FAKE_DIES, 131072, 0);
		put_well(fake, seekable);
		assert_int_equal(fake_file_sealed(fake, "/f"), 0);
		fake_destroy(fake);
	}
}

static void a_seal_that_is_refused_costs_the_chunk_alone(void **state)
{
	for (int seekable = 0; seekable <= 1; seekable++) {
		struct fake_cluster *fake = cluster(4, 3);

		fake_master_refuse_all(fake, PROTO_CALL_SEAL, DFS_E_UNAVAIL, "waiting for node 2");
		fake_node_fault(fake, 1, FAKE_DIES, 131072, 0);
		put_well(fake, seekable);
		assert_int_equal(fake_file_sealed(fake, "/f"), 0);
		fake_destroy(fake);
	}
}

/* ---- by chance ---- */

static uint64_t chance(uint64_t *random, uint64_t below)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (*random >> 11) % below;
}

/* At most two datanodes fail, somehow and somewhere, of five. */
static void random_faults(struct fake_cluster *fake, uint64_t *random, uint64_t chunk_size)
{
	static const enum fake_fault faults[] = {FAKE_DIES, FAKE_DIES_UNANSWERED, FAKE_REFUSES_LATE,
	        FAKE_GARBLES_WIRE, FAKE_WRONG_CRC, FAKE_STALLS};

	for (int i = 0; i < 2; i++) {
		unsigned node = (unsigned)chance(random, 5);

		fake_node_fault(fake, node, faults[chance(random, 6)],
		        chance(random, chunk_size < 9000000 ? chunk_size : 9000000), DFS_E_IO);
		fake_node_fault_skip(fake, node, (unsigned)chance(random, 4));
		fake_node_fault_times(fake, node, 1);
	}
}

static void random_put(uint64_t seed)
{
	static const uint64_t chunk_sizes[] = {
	        5000, 65536, 100000, 262144, 300000, 5242880, 9000001};
	uint64_t random = seed * 0x9e3779b97f4a7c15u + 1;
	struct fake_options options = {.nodes = 5, .seed = seed + 1};
	struct fake_cluster *fake;
	struct transfer transfer;

	options.chunk_size = chunk_sizes[chance(&random, 7)];
	fake = fake_create(&options);
	transfer_init(&transfer, fake, chance(&random, 3 * options.chunk_size) + 1);
	transfer.seekable = chance(&random, 3) == 0;
	transfer.unknown = chance(&random, 2);
	transfer.piece = chance(&random, 2) ? chance(&random, 100000) + 500 : 0;
	transfer.busy_at = chance(&random, transfer.size);
	transfer.busy_times = transfer.seekable ? 0 : (unsigned)chance(&random, 5);
	random_faults(fake, &random, options.chunk_size);
	transfer.by_workers = chance(&random, 2);
	transfer.warm = chance(&random, 2);
	transfer_put(&transfer, "/f");
	if (transfer_wait(&transfer, 600000) != 0)
		fail_msg("seed %llu: %s", (unsigned long long)seed, transfer.result.err.text);
	fake_file_is(fake, "/f", transfer.bytes, transfer.size);
	assert_int_equal(fake_sessions(fake), 0);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void sources_of_any_shape_survive_faults_of_any_kind(void **state)
{
	uint64_t seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : 1;
	uint64_t runs = getenv("RUNS") ? strtoull(getenv("RUNS"), NULL, 10) : 60;

	print_message("# seeds %llu to %llu\n", (unsigned long long)seed,
	        (unsigned long long)(seed + runs - 1));
	for (uint64_t i = 0; i < runs; i++)
		random_put(seed + i);
}

/* ---- the end of patience ---- */

static void five_attempts_without_progress_end_with_a_sentence(void **state)
{
	struct fake_cluster *fake = cluster(3, 1);
	struct transfer transfer;

	transfer_init(&transfer, fake, SIZE);
	fake_file_make(fake, "/f", transfer.bytes, 1000);
	for (unsigned i = 0; i < 3; i++)
		fake_node_fault(fake, i, FAKE_REFUSES, 0, DFS_E_IO);
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_IO);
	assert_non_null(strstr(transfer.result.err.text, "/f"));
	assert_non_null(strstr(transfer.result.err.text, "chunk 00000a"));
	assert_non_null(strstr(transfer.result.err.text, "node "));
	assert_non_null(strstr(transfer.result.err.text, "it does not want to"));
	/* Nothing changed, nothing is left. */
	fake_file_is(fake, "/f", transfer.bytes, 1000);
	assert_int_equal(fake_sessions(fake), 0);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void full_datanodes_everywhere_end_with_no_space(void **state)
{
	struct fake_cluster *fake = cluster(3, 1);
	struct transfer transfer;

	transfer_init(&transfer, fake, 1000);
	for (unsigned i = 0; i < 3; i++)
		fake_node_fault(fake, i, FAKE_REFUSES, 0, DFS_E_NOSPC);
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_NOSPC);
	assert_false(fake_file_exists(fake, "/f"));
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void too_few_datanodes_end_with_a_sentence(void **state)
{
	struct fake_cluster *fake = cluster(3, 1);
	struct transfer transfer;

	fake_node_kill(fake, 0);
	fake_node_kill(fake, 1);
	transfer_init(&transfer, fake, SIZE);
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, 1000), DFS_E_NODES);
	assert_non_null(strstr(transfer.result.err.text, "1 of 3 datanodes"));
	assert_int_equal(fake_sessions(fake), 0);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void datanodes_that_come_back_in_time_save_the_put(void **state)
{
	struct fake_cluster *fake = cluster(3, 1);
	struct transfer transfer;

	transfer_init(&transfer, fake, SIZE);
	fake_node_fault(fake, 0, FAKE_DIES, 70000, 0);
	fake_node_fault(fake, 1, FAKE_DIES, 70000, 0);
	transfer_put(&transfer, "/f");
	fake_run_for(fake, 4000);
	assert_false(transfer.done);
	for (unsigned i = 0; i < 2; i++) {
		fake_node_fault(fake, i, FAKE_WELL, 0, 0);
		if (!fake_node_alive(fake, i))
			fake_node_start(fake, i);
	}
	assert_int_equal(transfer_wait(&transfer, LONG), 0);
	fake_file_is(fake, "/f", transfer.bytes, SIZE);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void no_space_in_the_cluster_ends_with_the_masters_sentence(void **state)
{
	struct fake_options options = {.parallel = 2};
	struct fake_cluster *fake = fake_create(&options);
	struct transfer transfer;

	/* More chunks than the first answer holds. */
	transfer_init(&transfer, fake, 20 * CHUNK);
	fake_master_refuse_all(fake, PROTO_CALL_ALLOCATE, DFS_E_NOSPC, "the cluster is full");
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_NOSPC);
	assert_string_equal(transfer.result.err.text, "the cluster is full");
	assert_false(fake_file_exists(fake, "/f"));
	assert_int_equal(fake_sessions(fake), 0);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_datanode_dies_in_the_middle_at_any_place_of_the_chain),
	        cmocka_unit_test(a_datanode_is_dead_and_the_master_has_not_noticed),
	        cmocka_unit_test(a_second_datanode_dies_too),
	        cmocka_unit_test(what_the_sealed_chunk_holds_is_not_sent_again),
	        cmocka_unit_test(a_datanode_that_was_never_reached_costs_no_seal),
	        cmocka_unit_test(a_frame_that_changes_on_the_wire_is_found_and_sent_again),
	        cmocka_unit_test(a_receipt_for_something_else_is_not_believed),
	        cmocka_unit_test(a_full_datanode_is_left_for_another),
	        cmocka_unit_test(a_datanode_that_stalls_is_given_up_after_a_while),
	        cmocka_unit_test(a_datanode_that_answers_nothing_is_given_up_after_a_while),
	        cmocka_unit_test(a_chunk_that_the_master_sealed_meanwhile_is_continued_in_another),
	        cmocka_unit_test(a_seal_that_speaks_of_other_bytes_is_not_believed),
	        cmocka_unit_test(a_seal_that_is_refused_costs_the_chunk_alone),
	        cmocka_unit_test(sources_of_any_shape_survive_faults_of_any_kind),
	        cmocka_unit_test(five_attempts_without_progress_end_with_a_sentence),
	        cmocka_unit_test(full_datanodes_everywhere_end_with_no_space),
	        cmocka_unit_test(too_few_datanodes_end_with_a_sentence),
	        cmocka_unit_test(datanodes_that_come_back_in_time_save_the_put),
	        cmocka_unit_test(no_space_in_the_cluster_ends_with_the_masters_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
