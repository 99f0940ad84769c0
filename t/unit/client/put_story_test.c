/* SPDX-License-Identifier: MIT */
/* Puts whose master goes away, whose session ends, whose user changes their mind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "transfer.h"

enum { CHUNK = 256 * 1024, SIZE = 20 * CHUNK + 1000, LONG = 200000 };

static struct fake_cluster *cluster(void)
{
	struct fake_options options = {.nodes = 4, .parallel = 2};

	return fake_create(&options);
}

static void master_dies_at(enum proto_call call, bool done, bool seekable)
{
	struct fake_cluster *fake = cluster();
	struct transfer transfer;

	transfer_init(&transfer, fake, SIZE);
	transfer.seekable = seekable;
	transfer.unknown = !seekable;
	if (call == PROTO_CALL_SEAL)
		fake_node_fault(fake, 1, FAKE_DIES, 100000, 0);
	fake_master_dies_at(fake, call, done);
	transfer_put(&transfer, "/f");
	fake_run_for(fake, 3000);
	assert_false(transfer.done);
	fake_master_start(fake);
	assert_int_equal(transfer_wait(&transfer, LONG), 0);
	fake_file_is(fake, "/f", transfer.bytes, SIZE);
	/* Asked again, done once. */
	assert_int_equal(fake_calls(fake, PROTO_CALL_WRITE_BEGIN), 1);
	assert_int_equal(fake_calls(fake, PROTO_CALL_COMMIT), 1);
	assert_int_equal(fake_sessions(fake), 0);
	assert_true(fake_arrivals(fake, call) >= 2);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void a_master_that_restarts_does_each_thing_once(void **state)
{
	static const enum proto_call calls[] = {
	        PROTO_CALL_WRITE_BEGIN, PROTO_CALL_ALLOCATE, PROTO_CALL_SEAL, PROTO_CALL_COMMIT};

	for (size_t i = 0; i < 4; i++)
		for (int how = 0; how < 4; how++)
			master_dies_at(calls[i], how & 1, how & 2);
}

static void a_master_that_restarts_while_extents_are_handed_in_has_them_once(void **state)
{
	for (int done = 0; done <= 1; done++) {
		struct fake_options options = {.chunk_size = 500, .parallel = 8};
		struct fake_cluster *fake = fake_create(&options);
		struct transfer transfer;

		transfer_init(&transfer, fake, 2100 * 500);
		fake_master_dies_at(fake, PROTO_CALL_STAGE, done);
		transfer_put(&transfer, "/f");
		fake_run_for(fake, 3000);
		fake_master_start(fake);
		assert_int_equal(transfer_wait(&transfer, LONG), 0);
		fake_file_is(fake, "/f", transfer.bytes, transfer.size);
		assert_int_equal(fake_calls(fake, PROTO_CALL_STAGE), 2);
		transfer_fini(&transfer);
		fake_destroy(fake);
	}
}

static void a_master_that_stays_away_ends_the_put_with_a_sentence(void **state)
{
	struct fake_cluster *fake = cluster();
	struct transfer transfer;

	transfer_init(&transfer, fake, SIZE);
	fake_master_dies_at(fake, PROTO_CALL_ALLOCATE, false);
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_UNAVAIL);
	assert_non_null(strstr(transfer.result.err.text, "no master answers at master:7070"));
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void a_master_lost_in_the_commit_leaves_the_user_informed(void **state)
{
	struct fake_cluster *fake = cluster();
	struct transfer transfer;

	transfer_init(&transfer, fake, SIZE);
	fake_master_dies_at(fake, PROTO_CALL_COMMIT, true);
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_UNAVAIL);
	assert_non_null(strstr(transfer.result.err.text, "may be there or not"));
	transfer_fini(&transfer);
	fake_destroy(fake);
}

/* ---- sessions ---- */

static void an_expired_session_costs_a_file_time_and_a_pipe_its_life(void **state)
{
	for (int events = 100; events < 1500; events += 50) {
		bool seekable = events % 100 == 0;
		struct fake_cluster *fake = cluster();
		struct transfer transfer;

		transfer_init(&transfer, fake, SIZE);
		transfer.seekable = seekable;
		transfer.unknown = !seekable;
		transfer_put(&transfer, "/f");
		for (int i = 0; i < events; i++)
			sim_step(fake_sim(fake));
		assert_false(transfer.done);
		assert_int_equal(fake_sessions(fake), 1);
		fake_master_expire(fake);
		if (seekable) {
			assert_int_equal(transfer_wait(&transfer, LONG), 0);
			fake_file_is(fake, "/f", transfer.bytes, SIZE);
		} else {
			assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_EXPIRED);
			assert_non_null(strstr(transfer.result.err.text, "put it again"));
			assert_false(fake_file_exists(fake, "/f"));
		}
		transfer_fini(&transfer);
		fake_destroy(fake);
	}
}

static void a_session_that_always_expires_ends_the_put(void **state)
{
	struct fake_cluster *fake = cluster();
	struct transfer transfer;

	transfer_init(&transfer, fake, SIZE);
	fake_master_refuse_all(fake, PROTO_CALL_COMMIT, DFS_E_EXPIRED, "no such session");
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_EXPIRED);
	assert_int_equal(fake_calls(fake, PROTO_CALL_WRITE_BEGIN), 3);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void a_commit_that_is_refused_changes_nothing(void **state)
{
	struct fake_cluster *fake = cluster();
	struct transfer transfer;

	transfer_init(&transfer, fake, SIZE);
	fake_master_refuse(fake, PROTO_CALL_COMMIT, DFS_E_NOENT, "/f: its directory is gone");
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_NOENT);
	assert_string_equal(transfer.result.err.text, "/f: its directory is gone");
	assert_int_equal(fake_sessions(fake), 0);
	assert_int_equal(fake_calls(fake, PROTO_CALL_ABANDON), 1);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void chunks_that_a_new_master_sealed_empty_are_stored_again(void **state)
{
	struct fake_cluster *fake = cluster();
	struct transfer transfer;

	transfer_init(&transfer, fake, SIZE);
	fake_master_refuse(fake, PROTO_CALL_COMMIT, DFS_E_RANGE, "extent past the sealed length");
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, LONG), 0);
	fake_file_is(fake, "/f", transfer.bytes, SIZE);
	assert_int_equal(fake_sessions(fake), 0);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void chunks_of_an_earlier_reign_are_left(void **state)
{
	struct fake_options options = {.chunk_size = 9 * 1024 * 1024, .parallel = 1};
	struct fake_cluster *fake = fake_create(&options);
	struct transfer transfer, small;
	unsigned before;

	transfer_init(&transfer, fake, 60 * 1024 * 1024);
	transfer_init(&small, fake, 1);
	transfer_put(&transfer, "/f");
	while (fake_node_posts(fake, 0) < 2)
		sim_step(fake_sim(fake));
	fake_master_kill(fake);
	fake_master_start(fake);
	/* Another put has the client connect, while most of the allocated chunks wait. */
	transfer_put(&small, "/g");
	assert_int_equal(transfer_wait(&small, LONG), 0);
	before = fake_old_posts(fake);
	assert_true(before <= 2);
	assert_int_equal(transfer_wait(&transfer, LONG), 0);
	fake_file_is(fake, "/f", transfer.bytes, transfer.size);
	assert_int_equal(fake_old_posts(fake), before);
	transfer_fini(&transfer);
	transfer_fini(&small);
	fake_destroy(fake);
}

static void a_session_that_ends_while_a_pipe_is_idle_is_noticed(void **state)
{
	struct fake_cluster *fake = cluster();
	struct transfer transfer;

	transfer_init(&transfer, fake, SIZE);
	transfer.seekable = false;
	transfer.busy_at = CHUNK + 10;
	transfer.busy_times = 1000000;
	transfer_put(&transfer, "/f");
	fake_run_for(fake, 10000);
	fake_master_expire(fake);
	assert_int_equal(transfer_wait(&transfer, 21000), DFS_E_EXPIRED);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

static void a_master_that_allocates_nothing_ends_the_put(void **state)
{
	struct fake_cluster *fake = cluster();
	struct transfer transfer;

	transfer_init(&transfer, fake, SIZE);
	fake_master_allocates_nothing(fake, true);
	transfer_put(&transfer, "/f");
	assert_int_equal(transfer_wait(&transfer, LONG), DFS_E_PROTO);
	assert_true(fake_calls(fake, PROTO_CALL_ALLOCATE) < 10);
	transfer_fini(&transfer);
	fake_destroy(fake);
}

/* ---- cancelled ---- */

/* After `events` events; with a death on the way, so that every state is passed. */
static bool cancel_after(int events, bool seekable, bool whole_client)
{
	struct fake_cluster *fake = cluster();
	struct transfer transfer;
	bool reached;

	transfer_init(&transfer, fake, 4 * CHUNK + 1000);
	transfer.seekable = seekable;
	transfer.unknown = !seekable;
	fake_node_fault(fake, 1, FAKE_REFUSES_LATE, 100000, DFS_E_IO);
	fake_node_fault_times(fake, 1, 1);
	transfer_put(&transfer, "/f");
	for (int i = 0; i < events && !transfer.done; i++)
		sim_step(fake_sim(fake));
	reached = !transfer.done;
	if (whole_client && reached) {
		fake_client_gone(fake);
		assert_int_equal(transfer.endings, 1);
		assert_int_equal(transfer.result.code, DFS_E_CANCELLED);
	} else if (reached) {
		transfer_cancel(&transfer);
		fake_run_for(fake, 2000);
		assert_int_equal(transfer.endings, 0);
		/* The session is given up, unless the commit was on its way. */
		assert_int_equal(fake_sessions(fake), 0);
	}
	transfer_fini(&transfer);
	fake_destroy(fake);
	return reached;
}

static void a_put_may_be_cancelled_at_any_moment(void **state)
{
	for (int seekable = 0; seekable <= 1; seekable++) {
		int events = 0;

		while (cancel_after(events, seekable, false))
			events += events < 60 ? 1 : 7;
		assert_true(events > 100);
	}
}

static void a_client_may_go_at_any_moment_of_a_put(void **state)
{
	for (int seekable = 0; seekable <= 1; seekable++) {
		int events = 0;

		while (cancel_after(events, seekable, true))
			events += events < 60 ? 1 : 7;
		assert_true(events > 100);
	}
}

static void a_put_may_be_cancelled_from_its_progress(void **state)
{
	struct fake_options options = {.nodes = 3, .chunk_size = 9 * 1024 * 1024};

	for (int seekable = 0; seekable <= 1; seekable++) {
		struct fake_cluster *fake = fake_create(&options);
		struct transfer transfer;

		transfer_init(&transfer, fake, 40 * 1024 * 1024);
		transfer.seekable = seekable;
		transfer.progress_cancels = true;
		transfer_put(&transfer, "/f");
		fake_run_for(fake, 3000);
		assert_int_equal(transfer.progressed, 1);
		assert_int_equal(transfer.endings, 0);
		assert_int_equal(fake_sessions(fake), 0);
		assert_false(fake_file_exists(fake, "/f"));
		transfer_fini(&transfer);
		fake_destroy(fake);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_master_that_restarts_does_each_thing_once),
	        cmocka_unit_test(a_master_that_restarts_while_extents_are_handed_in_has_them_once),
	        cmocka_unit_test(a_master_that_stays_away_ends_the_put_with_a_sentence),
	        cmocka_unit_test(a_master_lost_in_the_commit_leaves_the_user_informed),
	        cmocka_unit_test(an_expired_session_costs_a_file_time_and_a_pipe_its_life),
	        cmocka_unit_test(a_session_that_always_expires_ends_the_put),
	        cmocka_unit_test(a_commit_that_is_refused_changes_nothing),
	        cmocka_unit_test(chunks_that_a_new_master_sealed_empty_are_stored_again),
	        cmocka_unit_test(chunks_of_an_earlier_reign_are_left),
	        cmocka_unit_test(a_session_that_ends_while_a_pipe_is_idle_is_noticed),
	        cmocka_unit_test(a_master_that_allocates_nothing_ends_the_put),
	        cmocka_unit_test(a_put_may_be_cancelled_at_any_moment),
	        cmocka_unit_test(a_client_may_go_at_any_moment_of_a_put),
	        cmocka_unit_test(a_put_may_be_cancelled_from_its_progress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
