/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "transfer.h"

enum { CHUNK = 256 * 1024, SOON = 5000, LONG = 120000 };

/* A cluster of four datanodes, goal 3: one may die and there is still a place. */
static int setup(void **state)
{
	struct fake_options options = {.nodes = 4};

	*state = fake_create(&options);
	return 0;
}

static int teardown(void **state)
{
	fake_destroy(*state);
	return 0;
}

static void put_whole(
        struct fake_cluster *fake, size_t size, bool seekable, bool unknown, size_t piece)
{
	struct transfer transfer;

	transfer_init(&transfer, fake, size);
	transfer.seekable = seekable;
	transfer.unknown = unknown;
	transfer.piece = piece;
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, SOON), 0);
	assert_int_equal(transfer.result.bytes, size);
	assert_int_equal(transfer.result.goal, 3);
	assert_int_equal(transfer.result.chunks, (size + CHUNK - 1) / CHUNK);
	assert_int_equal(transfer.result.retries, 0);
	fake_file_is(fake, "/f", transfer.bytes, size);
	assert_int_equal(fake_file_extents(fake, "/f"), (size + CHUNK - 1) / CHUNK);
	assert_int_equal(fake_sessions(fake), 0);
	transfer_fini(&transfer);
}

static const size_t SIZES[] = {
        0, 1, 65535, 65536, 65537, CHUNK - 1, CHUNK, CHUNK + 1, 9 * CHUNK + 77};

static void files_of_all_sizes_are_stored_whole(void **state)
{
	for (size_t i = 0; i < sizeof(SIZES) / sizeof(SIZES[0]); i++)
		put_whole(*state, SIZES[i], true, false, 0);
}

static void pipes_of_all_sizes_are_stored_whole(void **state)
{
	for (size_t i = 0; i < sizeof(SIZES) / sizeof(SIZES[0]); i++) {
		put_whole(*state, SIZES[i], false, true, 0);
		put_whole(*state, SIZES[i], false, false, 10007);
	}
}

/* ---- pipes ---- */

static void a_chunk_of_a_pipe_is_written_in_bodies_and_has_one_receipt(void **state)
{
	struct fake_options options = {.nodes = 4, .chunk_size = 9 * 1024 * 1024};
	struct fake_cluster *fake = fake_create(&options);
	struct transfer transfer;

	transfer_init(&transfer, fake, 20 * 1024 * 1024 + 5);
	transfer.seekable = false;
	transfer.unknown = true;
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, LONG), 0);
	fake_file_is(fake, "/f", transfer.bytes, transfer.size);
	assert_int_equal(fake_file_extents(fake, "/f"), 3);
	assert_int_equal(fake_file_sealed(fake, "/f"), 0);
	assert_int_equal(fake_largest_post(fake), 4 * 1024 * 1024);
	assert_int_equal(transfer.result.chunks, 3);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

/* A datanode dies in the second body of the first chunk. */
static void pipe_with_death(bool seals, uint64_t dies_at, size_t sealed, size_t extents)
{
	struct fake_options options = {.nodes = 4, .chunk_size = 9 * 1024 * 1024};
	struct fake_cluster *fake = fake_create(&options);
	struct transfer transfer;

	if (!seals)
		fake_master_refuse_all(fake, PROTO_CALL_SEAL, DFS_E_UNAVAIL, "waiting for node 3");
	fake_node_fault(fake, 2, FAKE_DIES, dies_at, 0);
	fake_node_fault_skip(fake, 2, 1);
	transfer_init(&transfer, fake, 10 * 1024 * 1024 + 5);
	transfer.seekable = false;
	transfer.unknown = true;
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, LONG), 0);
	fake_file_is(fake, "/f", transfer.bytes, transfer.size);
	assert_int_equal(fake_file_sealed(fake, "/f"), sealed);
	assert_int_equal(fake_file_extents(fake, "/f"), extents);
	assert_int_equal(transfer.result.retries, 1);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void what_was_acknowledged_of_a_pipe_is_kept_when_its_chunk_fails(void **state)
{
	/* Sealed with what the others have of the second body; the rest in another chunk. */
	pipe_with_death(true, 1000000, 1, 2);
	pipe_with_death(true, 0, 1, 2);
	/* Not sealed: the first body has its receipt, the second is sent again. */
	pipe_with_death(false, 1000000, 0, 2);
	pipe_with_death(false, 0, 0, 2);
}

static void a_seal_below_what_was_acknowledged_is_not_believed(void **state)
{
	struct fake_options options = {.nodes = 4, .chunk_size = 9 * 1024 * 1024};
	struct fake_cluster *fake = fake_create(&options);
	struct transfer transfer;

	fake_master_seal_short(fake, true);
	fake_node_fault(fake, 2, FAKE_DIES, 1000000, 0);
	fake_node_fault_skip(fake, 2, 1);
	transfer_init(&transfer, fake, 10 * 1024 * 1024 + 5);
	transfer.seekable = false;
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, LONG), 0);
	fake_file_is(fake, "/f", transfer.bytes, transfer.size);
	assert_int_equal(fake_file_sealed(fake, "/f"), 0);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void a_pipe_that_has_nothing_now_is_asked_again(void **state)
{
	struct fake_cluster *fake = *state;
	struct transfer transfer;

	transfer_init(&transfer, fake, 3 * CHUNK);
	transfer.seekable = false;
	transfer.unknown = true;
	transfer.busy_at = CHUNK; /* where it must know whether the first chunk is the last */
	transfer.busy_times = 5000;
	transfer_put(&transfer, "/f");
	fake_run_for(fake, 95000);
	assert_false(transfer.done);
	/* The session was kept alive meanwhile. */
	assert_int_equal(fake_calls(fake, PROTO_CALL_RENEW), 3);
	assert_int_equal(transfer_wait(&transfer, LONG), 0);
	fake_file_is(fake, "/f", transfer.bytes, transfer.size);
	transfer_fini(&transfer);
}

/* ---- sources that fail ---- */

static void source_fails(struct fake_cluster *fake, bool seekable, size_t ends_at, size_t fails_at,
        int code, const char *text)
{
	struct transfer transfer;

	transfer_init(&transfer, fake, 3 * CHUNK);
	transfer.seekable = seekable;
	transfer.ends_at = ends_at;
	transfer.fails_at = fails_at;
	transfer_put(&transfer, "/broken");
	assert_int_equal(transfer_wait(&transfer, SOON), code);
	assert_non_null(strstr(transfer.result.err.text, text));
	assert_false(fake_file_exists(fake, "/broken"));
	assert_int_equal(fake_sessions(fake), 0);
	transfer_fini(&transfer);
}

static void a_source_that_becomes_shorter_is_an_error(void **state)
{
	static const size_t at[] = {0, 1, 65536, CHUNK, CHUNK + 100, 3 * CHUNK - 1};

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		source_fails(*state, true, at[i], SIZE_MAX, DFS_E_CHANGED, "ended at byte ");
		source_fails(*state, false, at[i], SIZE_MAX, DFS_E_CHANGED, "ended at byte ");
	}
}

static void an_error_of_the_source_is_passed_on(void **state)
{
	source_fails(*state, true, SIZE_MAX, CHUNK + 5, DFS_E_IO, "the disk is on fire");
	source_fails(*state, false, SIZE_MAX, CHUNK + 5, DFS_E_IO, "the disk is on fire");
	source_fails(*state, false, SIZE_MAX, 0, DFS_E_IO, "the disk is on fire");
}

/* ---- many extents, progress ---- */

static void more_extents_than_a_message_holds_are_handed_in_before(void **state)
{
	static const size_t chunks[] = {1000, 1001, 2000, 2345};

	for (size_t i = 0; i < 4; i++) {
		struct fake_options options = {.nodes = 3, .chunk_size = 500, .parallel = 8};
		struct fake_cluster *fake = fake_create(&options);
		struct transfer transfer;

		transfer_init(&transfer, fake, chunks[i] * 500 - 1);
		transfer_put(&transfer, "/f");
		assert_int_equal(transfer_wait(&transfer, LONG), 0);
		fake_file_is(fake, "/f", transfer.bytes, transfer.size);
		assert_int_equal(fake_file_extents(fake, "/f"), chunks[i]);
		assert_int_equal(fake_calls(fake, PROTO_CALL_STAGE), (chunks[i] - 1) / 1000);
		transfer_fini(&transfer);
		fake_destroy(fake);
	}
}

static void progress_rises_and_comes_at_most_ten_times_a_second(void **state)
{
	struct fake_options options = {.nodes = 3, .chunk_size = 9 * 1024 * 1024};
	struct fake_cluster *fake = fake_create(&options);
	struct transfer transfer;

	transfer_init(&transfer, fake, 60 * 1024 * 1024);
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, LONG), 0);
	assert_true(transfer.progressed >= 3);
	assert_int_equal(transfer.progress_total, transfer.size);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void attributes_travel_with_the_commit(void **state)
{
	struct fake_cluster *fake = *state;
	struct transfer transfer;

	transfer_init(&transfer, fake, 10);
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, SOON), 0);
	transfer_get(&transfer, "/f", 0, UINT64_MAX);
	transfer.done = false;
	transfer.endings = 0;
	assert_int_equal(transfer_wait(&transfer, SOON), 0);
	assert_int_equal(transfer.result.mode, 0640);
	assert_int_equal(transfer.result.mtime_ns, 12345);
	transfer_fini(&transfer);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        T(files_of_all_sizes_are_stored_whole),
	        T(pipes_of_all_sizes_are_stored_whole),
	        T(a_chunk_of_a_pipe_is_written_in_bodies_and_has_one_receipt),
	        T(what_was_acknowledged_of_a_pipe_is_kept_when_its_chunk_fails),
	        T(a_seal_below_what_was_acknowledged_is_not_believed),
	        T(a_pipe_that_has_nothing_now_is_asked_again),
	        T(a_source_that_becomes_shorter_is_an_error),
	        T(an_error_of_the_source_is_passed_on),
	        T(more_extents_than_a_message_holds_are_handed_in_before),
	        T(progress_rises_and_comes_at_most_ten_times_a_second),
	        T(attributes_travel_with_the_commit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
