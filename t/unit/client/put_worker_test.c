/* SPDX-License-Identifier: MIT */
/* Puts of a file that is not at hand: workers read it, while the rest of the put goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "transfer.h"

enum { CHUNK = 2 * 1024 * 1024, SIZE = 3 * CHUNK + 100000, SOON = 5000, LONG = 200000 };

static struct fake_cluster *cluster(uint64_t seed)
{
	struct fake_options options = {
	        .nodes = 4, .parallel = 2, .chunk_size = CHUNK, .seed = seed};

	return fake_create(&options);
}

/* Nothing of it is at hand, or two frames of three. */
static void init(struct transfer *transfer, struct fake_cluster *fake, size_t size, bool warm)
{
	transfer_init(transfer, fake, size);
	transfer->by_workers = true;
	transfer->warm = warm;
}

static void put_well(struct fake_cluster *fake, struct transfer *transfer)
{
	transfer_put(transfer, "/f");
	if (transfer_wait(transfer, LONG) != 0)
		fail_msg("%s", transfer->result.err.text);
	assert_true(transfer->most_held > 0 || transfer->size == 0);
	fake_file_is(fake, "/f", transfer->bytes, transfer->size);
	assert_int_equal(fake_sessions(fake), 0);
	transfer_fini(transfer);
}

static void files_of_all_sizes_are_stored_whole(void **state)
{
	static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 512 * 1024 - 1, 512 * 1024,
	        512 * 1024 + 1, CHUNK - 1, CHUNK, CHUNK + 1, SIZE};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (int warm = 0; warm <= 1; warm++) {
			struct fake_cluster *fake = cluster(i + 1);
			struct transfer transfer;

			init(&transfer, fake, sizes[i], warm);
			transfer.piece = i % 2 ? 10007 : 0;
			put_well(fake, &transfer);
			fake_destroy(fake);
		}
	}
}

static void many_puts_read_eight_pieces_and_one_each_at_once(void **state)
{
	enum { PUTS = 12 };
	struct fake_cluster *fake = cluster(1);
	struct transfer transfers[PUTS];
	int held = 0, most = 0;

	for (int i = 0; i < PUTS; i++) {
		char path[16];

		snprintf(path, sizeof(path), "/%d", i);
		init(&transfers[i], fake, SIZE, false);
		transfer_put(&transfers[i], path);
	}
	for (int i = 0; i < PUTS;) {
		for (held = 0, i = 0; i < PUTS; i++)
			held += transfers[i].held;
		most = held > most ? held : most;
		assert_true(held <= 8 + PUTS);
		for (i = 0; i < PUTS && transfers[i].done; i++)
			;
		if (i < PUTS)
			sim_step(fake_sim(fake));
	}
	assert_true(most >= PUTS);
	for (int i = 0; i < PUTS; i++) {
		assert_int_equal(transfers[i].result.code, 0);
		transfer_fini(&transfers[i]);
	}
	fake_destroy(fake);
}

static void two_pieces_of_a_chunk_are_read_at_once_and_eight_of_a_client(void **state)
{
	static const uint32_t parallel[] = {1, 3, 8};
	static const int most[] = {2, 6, 8};

	for (size_t i = 0; i < 3; i++) {
		struct fake_options options = {
		        .nodes = 4, .parallel = parallel[i], .chunk_size = CHUNK};
		struct fake_cluster *fake = fake_create(&options);
		struct transfer transfer;

		init(&transfer, fake, 10 * CHUNK, false);
		transfer_put(&transfer, "/f");
		assert_int_equal(transfer_wait(&transfer, LONG), 0);
		assert_int_equal(transfer.most_held, most[i]);
		transfer_fini(&transfer);
		fake_destroy(fake);
	}
}

static void a_datanode_that_dies_meanwhile_costs_time_alone(void **state)
{
	static const uint64_t dies_at[] = {0, 1, 65536, 600000, CHUNK};

	for (unsigned node = 0; node < 3; node++) {
		for (size_t i = 0; i < 5; i++) {
			struct fake_cluster *fake = cluster(5 * node + i + 1);
			struct transfer transfer;

			fake_node_fault(fake, node, FAKE_DIES, dies_at[i], 0);
			init(&transfer, fake, SIZE, i % 2);
			put_well(fake, &transfer);
			assert_false(fake_node_alive(fake, node));
			fake_destroy(fake);
		}
	}
}

static void a_session_that_expires_meanwhile_costs_time_alone(void **state)
{
	for (int events = 20; events < 700; events += 30) {
		struct fake_cluster *fake = cluster(1);
		struct transfer transfer;

		init(&transfer, fake, SIZE, events % 60 == 20);
		transfer_put(&transfer, "/f");
		for (int i = 0; i < events && !transfer.done; i++)
			sim_step(fake_sim(fake));
		if (!transfer.done)
			fake_master_expire(fake);
		assert_int_equal(transfer_wait(&transfer, LONG), 0);
		fake_file_is(fake, "/f", transfer.bytes, SIZE);
		transfer_fini(&transfer);
		fake_destroy(fake);
	}
}

/* ---- sources that fail ---- */

static void source_fails(size_t ends_at, size_t fails_at, int code, const char *text, bool warm)
{
	struct fake_cluster *fake = cluster(1);
	struct transfer transfer;

	init(&transfer, fake, SIZE, warm);
	fake_file_make(fake, "/broken", transfer.bytes, 1000);
	transfer.ends_at = ends_at;
	transfer.fails_at = fails_at;
	transfer_put(&transfer, "/broken");
	assert_int_equal(transfer_wait(&transfer, SOON), code);
	assert_non_null(strstr(transfer.result.err.text, text));
	fake_file_is(fake, "/broken", transfer.bytes, 1000);
	assert_int_equal(fake_sessions(fake), 0);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void a_source_that_fails_gives_one_sentence_and_changes_nothing(void **state)
{
	static const size_t at[] = {0, 1, 65536, 600000, CHUNK, 3 * CHUNK};

	for (size_t i = 0; i < 6; i++) {
		for (int warm = 0; warm <= 1; warm++) {
			source_fails(at[i], SIZE_MAX, DFS_E_CHANGED, "ended at byte ", warm);
			source_fails(SIZE_MAX, at[i], DFS_E_IO, "the disk is on fire", warm);
		}
	}
}

static struct fake_cluster *slow_cluster(uint64_t read_ms)
{
	struct fake_options options = {
	        .nodes = 4, .parallel = 1, .chunk_size = CHUNK, .work_ms = read_ms};

	return fake_create(&options);
}

static void a_slow_source_is_not_taken_for_a_datanode_that_stalls(void **state)
{
	struct fake_cluster *fake = slow_cluster(45000);
	struct transfer transfer;

	init(&transfer, fake, CHUNK, false);
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, 600000), 0);
	assert_int_equal(transfer.result.retries, 0);
	assert_true(fake_calls(fake, PROTO_CALL_RENEW) > 0); /* the loop was free meanwhile */
	fake_file_is(fake, "/f", transfer.bytes, CHUNK);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

/* transfer.c looks whether a worker still reads when the end is told. */
static void the_end_waits_for_the_worker(void **state)
{
	struct fake_cluster *fake = slow_cluster(25000);
	struct transfer transfer;
	uint64_t start = sim_now_ms(fake_sim(fake));

	init(&transfer, fake, CHUNK, false);
	for (unsigned i = 0; i < 4; i++)
		fake_node_fault(fake, i, FAKE_REFUSES, 0, DFS_E_IO);
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_IO);
	assert_true(sim_now_ms(fake_sim(fake)) - start >= 25000);
	assert_int_equal(transfer.held, 0);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

/* ---- given up ---- */

/* The worker keeps what it reads from and into; then it lets go of it. */
static bool given_up_after(int events, bool warm, bool whole_client)
{
	struct fake_cluster *fake = cluster(3);
	struct transfer transfer;
	bool reached;

	init(&transfer, fake, CHUNK + 1000, warm);
	transfer_put(&transfer, "/f");
	for (int i = 0; i < events && !transfer.done; i++)
		sim_step(fake_sim(fake));
	reached = !transfer.done;
	if (whole_client && reached)
		fake_client_gone(fake);
	else if (reached)
		transfer_cancel(&transfer);
	fake_run_for(fake, 2000);
	assert_int_equal(transfer.held, 0);
	assert_int_equal(transfer.endings, reached && !whole_client ? 0 : 1);
	transfer_fini(&transfer);
	fake_destroy(fake);
	return reached;
}

static void a_put_may_be_given_up_while_workers_read(void **state)
{
	for (int how = 0; how < 4; how++) {
		int events = 0;

		while (given_up_after(events, how & 1, how & 2))
			events += events < 60 ? 1 : 7;
		assert_true(events > 60);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(files_of_all_sizes_are_stored_whole),
	        cmocka_unit_test(two_pieces_of_a_chunk_are_read_at_once_and_eight_of_a_client),
	        cmocka_unit_test(many_puts_read_eight_pieces_and_one_each_at_once),
	        cmocka_unit_test(a_datanode_that_dies_meanwhile_costs_time_alone),
	        cmocka_unit_test(a_session_that_expires_meanwhile_costs_time_alone),
	        cmocka_unit_test(a_source_that_fails_gives_one_sentence_and_changes_nothing),
	        cmocka_unit_test(a_slow_source_is_not_taken_for_a_datanode_that_stalls),
	        cmocka_unit_test(the_end_waits_for_the_worker),
	        cmocka_unit_test(a_put_may_be_given_up_while_workers_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
