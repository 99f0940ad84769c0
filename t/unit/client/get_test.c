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

enum { CHUNK = 256 * 1024, SIZE = 5 * CHUNK + 1000, LONG = 200000 };

static struct fake_cluster *cluster(unsigned nodes, uint64_t seed)
{
	struct fake_options options = {.nodes = nodes, .seed = seed};

	return fake_create(&options);
}

static void get_start(struct transfer *transfer, struct fake_cluster *fake, bool any_order)
{
	transfer_init(transfer, fake, SIZE);
	transfer->any_order = any_order;
	fake_file_make(fake, "/f", transfer->bytes, SIZE);
	transfer_get(transfer, "/f", 0, UINT64_MAX);
}

/* The whole file comes, whatever is wrong with the cluster. */
static struct client_transfer get_well(struct fake_cluster *fake, bool any_order)
{
	struct transfer transfer;
	struct client_transfer result;

	get_start(&transfer, fake, any_order);
	if (transfer_wait(&transfer, LONG) != 0)
		fail_msg("%s", transfer.result.err.text);
	assert_int_equal(transfer.result.bytes, SIZE);
	transfer_got(&transfer, 0, SIZE);
	if (!any_order)
		assert_int_equal(transfer.written, SIZE);
	result = transfer.result;
	transfer_fini(&transfer);
	return result;
}

static void get_fails(struct fake_cluster *fake, bool any_order, int code, const char *text)
{
	struct transfer transfer;

	get_start(&transfer, fake, any_order);
	assert_int_equal(transfer_wait(&transfer, LONG), code);
	if (!strstr(transfer.result.err.text, text))
		fail_msg("\"%s\" lacks \"%s\"", transfer.result.err.text, text);
	/* What was delivered is right, as far as it goes. */
	for (size_t i = 0; i < SIZE; i++)
		assert_true(transfer.got[i] == 0 || transfer.got[i] == transfer.bytes[i]);
	transfer_fini(&transfer);
}

/* Some bytes are nowhere. Bytes that were taken back may be wrong: the caller throws the target
 * away. */
static void get_lost(struct fake_cluster *fake)
{
	struct transfer transfer;

	get_start(&transfer, fake, true);
	assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_LOST);
	transfer_fini(&transfer);
}

/* ---- when all is well ---- */

static void files_of_all_sizes_come_back(void **state)
{
	static const size_t sizes[] = {0, 1, 65535, 65536, 65537, CHUNK, CHUNK + 1, 9 * CHUNK + 77};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (int any_order = 0; any_order <= 1; any_order++) {
			struct fake_cluster *fake = cluster(3, i + 1);
			struct transfer transfer;

			transfer_init(&transfer, fake, sizes[i]);
			transfer.any_order = any_order;
			fake_file_make(fake, "/f", transfer.bytes, sizes[i]);
			fake_file_mode(fake, "/f", 0751, 99);
			transfer_get(&transfer, "/f", 0, UINT64_MAX);
			assert_int_equal(transfer_wait(&transfer, LONG), 0);
			transfer_got(&transfer, 0, sizes[i]);
			assert_int_equal(transfer.written, sizes[i]);
			assert_int_equal(transfer.result.size, sizes[i]);
			assert_int_equal(transfer.result.bytes, sizes[i]);
			assert_int_equal(transfer.result.mode, 0751);
			assert_int_equal(transfer.result.mtime_ns, 99);
			assert_int_equal(transfer.result.chunks, (sizes[i] + CHUNK - 1) / CHUNK);
			assert_int_equal(transfer.result.retries, 0);
			transfer_fini(&transfer);
			fake_destroy(fake);
		}
	}
}

static void any_range_comes_alone(void **state)
{
	static const uint64_t edges[] = {0, 1, 65536, 65537, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK,
	        SIZE - 1, SIZE, SIZE + 5, UINT64_MAX};
	size_t count = sizeof(edges) / sizeof(edges[0]);
	struct fake_cluster *fake = cluster(3, 1);
	struct transfer transfer;

	transfer_init(&transfer, fake, SIZE);
	fake_file_make(fake, "/f", transfer.bytes, SIZE);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			uint64_t from = edges[i] < SIZE ? edges[i] : SIZE;
			uint64_t length = edges[j] < SIZE - from ? edges[j] : SIZE - from;

			memset(transfer.got, 0, SIZE + 1);
			transfer.any_order = (i + j) % 2;
			transfer_get(&transfer, "/f", edges[i], edges[j]);
			assert_int_equal(transfer_wait(&transfer, LONG), 0);
			assert_int_equal(transfer.result.bytes, length);
			assert_int_equal(transfer.written, length);
			transfer_got(&transfer, from, length);
		}
	}
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void a_small_read_costs_one_call_and_one_request(void **state)
{
	struct fake_cluster *fake = cluster(3, 1);
	struct transfer transfer;

	transfer_init(&transfer, fake, SIZE);
	fake_file_make(fake, "/f", transfer.bytes, SIZE);
	transfer_get(&transfer, "/f", CHUNK + 5, 100);
	assert_int_equal(transfer_wait(&transfer, LONG), 0);
	transfer_got(&transfer, CHUNK + 5, 100);
	assert_int_equal(fake_calls(fake, PROTO_CALL_LOCATE), 1);
	assert_int_equal(
	        fake_node_gets(fake, 0) + fake_node_gets(fake, 1) + fake_node_gets(fake, 2), 1);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void a_long_file_is_located_page_by_page(void **state)
{
	for (int any_order = 0; any_order <= 1; any_order++) {
		struct fake_cluster *fake = cluster(3, 1);

		fake_page_size(fake, 2);
		get_well(fake, any_order);
		assert_int_equal(fake_calls(fake, PROTO_CALL_LOCATE), 3);
		fake_destroy(fake);
	}
}

static void progress_tells_what_was_delivered(void **state)
{
	struct fake_options options = {.chunk_size = 9 * 1024 * 1024};
	struct fake_cluster *fake = fake_create(&options);
	struct transfer transfer;

	transfer_init(&transfer, fake, 60 * 1024 * 1024);
	fake_file_make(fake, "/f", transfer.bytes, transfer.size);
	transfer_get(&transfer, "/f", 0, UINT64_MAX);
	assert_int_equal(transfer_wait(&transfer, LONG), 0);
	assert_true(transfer.progressed >= 3);
	assert_int_equal(transfer.progress_total, transfer.size);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

/* ---- replicas that fail ---- */

static const struct {
	enum fake_fault fault;
	uint64_t bytes;
	int code;
} FAULTS[] = {
        {FAKE_DIES, 0, 0},
        {FAKE_DIES, 65536, 0},
        {FAKE_DIES, 100000, 0},
        {FAKE_STALLS, 0, 0},
        {FAKE_STALLS, 100000, 0},
        {FAKE_HANGS, 0, 0},
        {FAKE_REFUSES, 0, DFS_E_CORRUPT},
        {FAKE_REFUSES, 0, DFS_E_NOENT},
        {FAKE_GARBLES_WIRE, 0, 0},
        {FAKE_GARBLES_WIRE, 100000, 0},
        {FAKE_SHORT, 0, 0},
        {FAKE_SHORT, 20, 0},
        {FAKE_SHORT, 100000, 0},
        {FAKE_LONG, 0, 0},
        {FAKE_PLAIN, 0, 0},
};

enum { FAULTS_COUNT = sizeof(FAULTS) / sizeof(FAULTS[0]) };

static void a_replica_that_fails_is_left_for_another(void **state)
{
	for (size_t i = 0; i < FAULTS_COUNT; i++) {
		for (int any_order = 0; any_order <= 1; any_order++) {
			struct fake_cluster *fake = cluster(3, i + 1);
			uint32_t retries;

			fake_node_fault(fake, 0, FAULTS[i].fault, FAULTS[i].bytes, FAULTS[i].code);
			retries = get_well(fake, any_order).retries;
			assert_true(retries > 0 || FAULTS[i].fault == FAKE_LONG);
			fake_destroy(fake);
		}
	}
}

static void two_replicas_that_fail_are_left_for_the_third(void **state)
{
	for (size_t i = 0; i < FAULTS_COUNT; i++) {
		for (size_t j = 0; j < FAULTS_COUNT; j++) {
			struct fake_cluster *fake = cluster(3, 1000 + 20 * i + j);

			fake_node_fault(fake, 0, FAULTS[i].fault, FAULTS[i].bytes, FAULTS[i].code);
			fake_node_fault(fake, 2, FAULTS[j].fault, FAULTS[j].bytes, FAULTS[j].code);
			get_well(fake, (i + j) % 2);
			fake_destroy(fake);
		}
	}
}

static void a_dead_datanode_is_left_for_another(void **state)
{
	for (int any_order = 0; any_order <= 1; any_order++) {
		struct fake_cluster *fake = cluster(3, 1);

		fake_master_notices(fake, false);
		fake_node_kill(fake, 0);
		assert_true(get_well(fake, any_order).retries > 0);
		fake_destroy(fake);
	}
}

static void replicas_that_fail_at_different_places_give_the_file_together(void **state)
{
	for (int any_order = 0; any_order <= 1; any_order++) {
		struct fake_cluster *fake = cluster(3, 1);

		/* Each is bad somewhere, none everywhere. */
		fake_node_fault(fake, 0, FAKE_GARBLES_WIRE, 10, 0);
		fake_node_fault(fake, 1, FAKE_GARBLES_WIRE, 100000, 0);
		fake_node_fault(fake, 2, FAKE_GARBLES_WIRE, 200000, 0);
		get_well(fake, any_order);
		fake_destroy(fake);
	}
}

static void replicas_that_break_off_again_and_again_give_the_file_in_the_end(void **state)
{
	for (int any_order = 0; any_order <= 1; any_order++) {
		struct fake_options options = {.chunk_size = 2 * 1024 * 1024};
		struct fake_cluster *fake = fake_create(&options);

		/* One frame from each: far more tries than replicas. */
		for (unsigned i = 0; i < 3; i++)
			fake_node_fault(fake, i, FAKE_SHORT, 65536 + 28, 0);
		assert_true(get_well(fake, any_order).retries >= 15);
		fake_destroy(fake);
	}
}

static void what_is_read_ahead_for_a_pipe_is_bounded(void **state)
{
	struct fake_options options = {.chunk_size = 8 * 1024 * 1024};
	struct fake_cluster *fake = fake_create(&options);
	struct transfer transfer;

	transfer_init(&transfer, fake, 16 * 1024 * 1024);
	fake_file_make(fake, "/f", transfer.bytes, transfer.size);
	/* The first extent comes from datanode 1, which stalls; the second from datanode 2. */
	fake_node_fault(fake, 0, FAKE_STALLS, 0, 0);
	transfer_get(&transfer, "/f", 0, UINT64_MAX);
	fake_run_for(fake, 5000);
	assert_int_equal(transfer.written, 0);
	assert_int_equal(fake_node_gets(fake, 1), 1);
	assert_in_range(fake_node_given(fake, 1), 1, 3 * 1024 * 1024);
	assert_int_equal(transfer_wait(&transfer, LONG), 0);
	transfer_got(&transfer, 0, transfer.size);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void every_replica_corrupt_ends_with_a_sentence_that_names_them(void **state)
{
	for (int any_order = 0; any_order <= 1; any_order++) {
		struct fake_cluster *fake = cluster(3, 1);

		for (unsigned i = 0; i < 3; i++)
			fake_node_fault(fake, i, FAKE_GARBLES_WIRE, 70000, 0);
		get_fails(fake, any_order, DFS_E_LOST, "chunk 00000a");
		for (unsigned i = 0; i < 3; i++)
			fake_node_fault(fake, i, FAKE_REFUSES, 0, DFS_E_CORRUPT);
		get_fails(fake, any_order, DFS_E_LOST, "node 2: node2:7071: it does not want to");
		fake_destroy(fake);
	}
}

static void wrong_bytes_with_a_fitting_checksum_are_found_by_the_extents(void **state)
{
	struct fake_cluster *fake = cluster(3, 1);
	struct transfer transfer;

	/* A file can take it back... */
	fake_node_fault(fake, 0, FAKE_GARBLES_CHUNK, 70000, 0);
	assert_true(get_well(fake, true).retries > 0);
	/* ...a pipe can't, and is told. */
	get_start(&transfer, fake, false);
	assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_CORRUPT);
	assert_non_null(strstr(transfer.result.err.text, "node 1"));
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void wrong_bytes_beside_replicas_that_break_off_end_the_get(void **state)
{
	struct fake_cluster *fake = cluster(3, 1);

	fake_node_fault(fake, 0, FAKE_GARBLES_CHUNK, 200000, 0);
	fake_node_fault(fake, 1, FAKE_SHORT, 70000, 0);
	fake_node_fault(fake, 2, FAKE_SHORT, 70000, 0);
	get_lost(fake);
	fake_destroy(fake);
}

static void wrong_bytes_on_every_replica_end_the_get(void **state)
{
	struct fake_cluster *fake = cluster(3, 1);
	struct transfer transfer;

	transfer_init(&transfer, fake, SIZE);
	transfer.any_order = true;
	fake_file_make(fake, "/f", transfer.bytes, SIZE);
	fake_file_break_crc(fake, "/f", 3);
	transfer_get(&transfer, "/f", 0, UINT64_MAX);
	assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_LOST);
	assert_non_null(strstr(transfer.result.err.text, "not those that the file was made of"));
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void dead_datanodes_that_come_back_are_found_again(void **state)
{
	struct fake_cluster *fake = cluster(3, 1);

	for (unsigned i = 0; i < 3; i++) {
		fake_node_fault(fake, i, FAKE_REFUSES, 0, DFS_E_UNAVAIL);
		fake_node_fault_times(fake, i, 1);
	}
	get_well(fake, true);
	fake_destroy(fake);
}

/* ---- the master ---- */

static void expired_tickets_are_renewed(void **state)
{
	for (int any_order = 0; any_order <= 1; any_order++) {
		struct fake_cluster *fake = cluster(3, 1);
		struct transfer transfer;

		get_start(&transfer, fake, any_order);
		while (fake_node_gets(fake, 0) + fake_node_gets(fake, 1) == 0)
			sim_step(fake_sim(fake));
		fake_tickets_expire(fake);
		assert_int_equal(transfer_wait(&transfer, LONG), 0);
		transfer_got(&transfer, 0, SIZE);
		transfer_fini(&transfer);
		fake_destroy(fake);
	}
}

/* The file is overwritten after `events` events, its old chunks gone. */
static void overwritten(int events, bool any_order, bool pages)
{
	struct fake_cluster *fake = cluster(3, 1);
	struct transfer old, transfer;
	bool delivered;

	if (pages)
		fake_page_size(fake, 1);
	transfer_init(&old, fake, SIZE + 3);
	transfer_init(&transfer, fake, SIZE);
	transfer.any_order = any_order;
	fake_file_make(fake, "/f", old.bytes, SIZE);
	transfer_get(&transfer, "/f", 0, UINT64_MAX);
	for (int i = 0; i < events && !transfer.done; i++)
		sim_step(fake_sim(fake));
	if (transfer.done)
		goto out;
	delivered = transfer.written > 0;
	fake_file_make(fake, "/f", transfer.bytes, SIZE);
	if (!pages)
		fake_tickets_expire(fake);
	if (transfer_wait(&transfer, LONG) == 0) {
		/* One state or the other, never a mixture. */
		if (memcmp(transfer.got, transfer.bytes, SIZE) != 0)
			assert_memory_equal(transfer.got, old.bytes, SIZE);
	} else {
		assert_int_equal(transfer.result.code, DFS_E_CHANGED);
		assert_true(!any_order && (delivered || transfer.written > 0));
		assert_memory_equal(transfer.got, old.bytes, transfer.written);
	}
out:
	transfer_fini(&transfer);
	transfer_fini(&old);
	fake_destroy(fake);
}

static void a_reader_never_mixes_two_states(void **state)
{
	for (int events = 0; events < 260; events += 7)
		for (int how = 0; how < 4; how++)
			overwritten(events, how & 1, how & 2);
}

static void a_master_that_restarts_does_not_disturb_a_get(void **state)
{
	for (int any_order = 0; any_order <= 1; any_order++) {
		struct fake_cluster *fake = cluster(3, 1);
		struct transfer transfer;

		fake_page_size(fake, 1);
		fake_master_dies_at(fake, PROTO_CALL_LOCATE, any_order);
		get_start(&transfer, fake, any_order);
		fake_run_for(fake, 2000);
		fake_master_start(fake);
		assert_int_equal(transfer_wait(&transfer, LONG), 0);
		transfer_got(&transfer, 0, SIZE);
		transfer_fini(&transfer);
		fake_destroy(fake);
	}
}

static void what_is_no_file_is_refused_with_a_sentence(void **state)
{
	struct fake_cluster *fake = cluster(3, 1);
	struct transfer transfer;

	transfer_init(&transfer, fake, 10);
	transfer_get(&transfer, "/nowhere", 0, UINT64_MAX);
	assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_NOENT);
	fake_file_make(fake, "/d", "", 0);
	fake_file_mode(fake, "/d", 040755, 0);
	transfer_get(&transfer, "/d", 0, UINT64_MAX);
	assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_ISDIR);
	assert_string_equal(transfer.result.err.text, "/d is a directory");
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void a_hole_in_the_masters_extents_is_an_error(void **state)
{
	for (int how = 0; how < 3; how++) {
		struct fake_cluster *fake = cluster(3, 1);
		struct transfer transfer;

		transfer_init(&transfer, fake, SIZE);
		fake_file_make(fake, "/f", transfer.bytes, SIZE);
		fake_file_hole(fake, "/f", how == 0 ? 0 : how == 1 ? 2 : 5);
		transfer_get(&transfer, "/f", 0, UINT64_MAX);
		assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_CORRUPT);
		assert_non_null(strstr(transfer.result.err.text, "/f: the master"));
		transfer_fini(&transfer);
		fake_destroy(fake);
	}
}

/* ---- the sink, and the end ---- */

static void an_error_of_the_sink_ends_the_get(void **state)
{
	static const size_t at[] = {1, 65536, CHUNK + 10, SIZE};

	for (size_t i = 0; i < 4; i++) {
		for (int any_order = 0; any_order <= 1; any_order++) {
			struct fake_cluster *fake = cluster(3, 1);
			struct transfer transfer;

			transfer_init(&transfer, fake, SIZE);
			transfer.any_order = any_order;
			transfer.sink_fails_at = at[i] - 1;
			fake_file_make(fake, "/f", transfer.bytes, SIZE);
			transfer_get(&transfer, "/f", 0, UINT64_MAX);
			assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_NOSPC);
			assert_string_equal(transfer.result.err.text, "the target is full");
			transfer_fini(&transfer);
			fake_destroy(fake);
		}
	}
}

static bool cancel_after(int events, bool any_order, bool whole_client)
{
	struct fake_cluster *fake = cluster(3, 1);
	struct transfer transfer;
	bool reached;

	fake_page_size(fake, 2);
	fake_node_fault(fake, 1, FAKE_SHORT, 100000, 0);
	get_start(&transfer, fake, any_order);
	for (int i = 0; i < events && !transfer.done; i++)
		sim_step(fake_sim(fake));
	reached = !transfer.done;
	if (whole_client && reached) {
		fake_client_gone(fake);
		assert_int_equal(transfer.endings, 1);
		assert_int_equal(transfer.result.code, DFS_E_CANCELLED);
		fake_run_for(fake, 1000);
	} else if (reached) {
		transfer_cancel(&transfer);
		fake_run_for(fake, 1000);
		assert_int_equal(transfer.endings, 0);
	}
	assert_int_equal(transfer.held, 0); /* workers have let go of what was cancelled */
	transfer_fini(&transfer);
	fake_destroy(fake);
	return reached;
}

static void a_get_may_be_cancelled_at_any_moment(void **state)
{
	for (int how = 0; how < 4; how++) {
		int events = 0;

		while (cancel_after(events, how & 1, how & 2))
			events += events < 40 ? 1 : 5;
		assert_true(events > 60);
	}
}

static void a_get_may_be_cancelled_from_its_progress(void **state)
{
	struct fake_options options = {.chunk_size = 9 * 1024 * 1024};
	struct fake_cluster *fake = fake_create(&options);
	struct transfer transfer;

	transfer_init(&transfer, fake, 60 * 1024 * 1024);
	fake_file_make(fake, "/f", transfer.bytes, transfer.size);
	transfer.progress_cancels = true;
	transfer_get(&transfer, "/f", 0, UINT64_MAX);
	fake_run_for(fake, 5000);
	assert_int_equal(transfer.progressed, 1);
	assert_int_equal(transfer.endings, 0);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

/* Once with a sink that is written on the loop, once with one that workers write to. */
static int on_the_loop(void **state)
{
	transfer_by_workers = false;
	return 0;
}

static int by_workers(void **state)
{
	transfer_by_workers = true;
	return 0;
}

#define TWICE(test)                                                                                \
	cmocka_unit_test_setup(test, on_the_loop), cmocka_unit_test_setup(test, by_workers)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TWICE(files_of_all_sizes_come_back),
	        TWICE(any_range_comes_alone),
	        TWICE(a_small_read_costs_one_call_and_one_request),
	        TWICE(a_long_file_is_located_page_by_page),
	        TWICE(progress_tells_what_was_delivered),
	        TWICE(a_replica_that_fails_is_left_for_another),
	        TWICE(two_replicas_that_fail_are_left_for_the_third),
	        TWICE(a_dead_datanode_is_left_for_another),
	        TWICE(replicas_that_fail_at_different_places_give_the_file_together),
	        TWICE(replicas_that_break_off_again_and_again_give_the_file_in_the_end),
	        TWICE(what_is_read_ahead_for_a_pipe_is_bounded),
	        TWICE(every_replica_corrupt_ends_with_a_sentence_that_names_them),
	        TWICE(wrong_bytes_with_a_fitting_checksum_are_found_by_the_extents),
	        TWICE(wrong_bytes_beside_replicas_that_break_off_end_the_get),
	        TWICE(wrong_bytes_on_every_replica_end_the_get),
	        TWICE(dead_datanodes_that_come_back_are_found_again),
	        TWICE(expired_tickets_are_renewed),
	        TWICE(a_reader_never_mixes_two_states),
	        TWICE(a_master_that_restarts_does_not_disturb_a_get),
	        TWICE(what_is_no_file_is_refused_with_a_sentence),
	        TWICE(a_hole_in_the_masters_extents_is_an_error),
	        TWICE(an_error_of_the_sink_ends_the_get),
	        TWICE(a_get_may_be_cancelled_at_any_moment),
	        TWICE(a_get_may_be_cancelled_from_its_progress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
