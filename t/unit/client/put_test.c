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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        T(files_of_all_sizes_are_stored_whole),
	        T(pipes_of_all_sizes_are_stored_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
