/* SPDX-License-Identifier: MIT */
/* Which files a rescue chooses: the newest state that whole files lead to (RULES 20). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "node/rescue/inside.h"

#define CLUSTER "0123456789abcdef0123456789abcdef"

enum { PART = 10000 };

/* A file of `chunks` chunks whose last has the number `last`, on one datanode. */
static void hold(struct rescue_files *files, uint64_t last, unsigned chunks, uint32_t datanode)
{
	for (unsigned i = 0; i < chunks; i++) {
		struct rescue_held held = {.chunk = last - i, .length = PART, .datanode = datanode};

		assert_int_equal(rescue_held_add(files, &held), 0);
	}
}

static struct checkpoint foot_of(uint64_t epoch, uint64_t operation, unsigned chunks)
{
	return (struct checkpoint){.cluster = CLUSTER,
	        .epoch = epoch,
	        .reign = epoch * 100,
	        .operation = operation,
	        .size_bytes = (uint64_t)chunks * PART - CHECKPOINT_FOOT_SIZE};
}

static struct checkpoint log_of(
        uint64_t base_epoch, uint64_t from, uint64_t epoch, uint64_t operation, unsigned chunks)
{
	struct checkpoint foot = foot_of(epoch, operation, chunks);

	foot.from = from;
	foot.base_epoch = base_epoch;
	foot.base_reign = base_epoch * 100;
	return foot;
}

static bool add(struct rescue_files *files, uint64_t last, struct checkpoint foot)
{
	for (size_t i = 0; i < files->chunks_count; i++)
		if (files->chunks[i].chunk == last)
			return rescue_set_add(files, i, &foot, CLUSTER);
	return false;
}

static void chosen(struct rescue_files *files, const char *expect)
{
	size_t way[RESCUE_FILES_MAX], count = rescue_choose(files, way);
	char text[200] = "";
	size_t at = 0;

	for (size_t i = 0; i < count; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%d", i ? " " : "",
		        (int)files->sets[way[i]].foot.operation);
	assert_string_equal(text, expect);
}

static void the_newest_state_by_all_that_leads_there(void **state)
{
	struct rescue_files files = {0};

	hold(&files, 12, 3, 0);
	hold(&files, 13, 1, 1);
	hold(&files, 14, 1, 0);
	hold(&files, 16, 2, 1);
	hold(&files, 17, 1, 0);
	assert_int_equal(rescue_chunks_find(&files), 0);
	assert_true(add(&files, 14, log_of(1, 121, 2, 130, 1)));
	assert_true(add(&files, 12, foot_of(1, 100, 3)));
	assert_true(add(&files, 13, log_of(1, 101, 1, 120, 1)));
	chosen(&files, "100 120 130");
	/* The next checkpoint, and what follows on it. */
	assert_true(add(&files, 16, foot_of(2, 140, 2)));
	chosen(&files, "140");
	assert_true(add(&files, 17, log_of(2, 141, 2, 150, 1)));
	chosen(&files, "140 150");
	/* Broken ones are gone round, to a state that is older. */
	files.sets[3].broken = true;
	chosen(&files, "100 120 130");
	files.sets[2].broken = true;
	chosen(&files, "100");
	files.sets[1].broken = true;
	chosen(&files, "");
	rescue_files_fini(&files);
}

/* After a restore of the state at 100 there are two histories with the same numbers. */
static void branches_are_not_mixed_and_the_later_reign_counts(void **state)
{
	struct rescue_files files = {0};

	for (uint64_t chunk = 20; chunk < 24; chunk++)
		hold(&files, chunk, 1, 0);
	assert_int_equal(rescue_chunks_find(&files), 0);
	assert_true(add(&files, 20, foot_of(1, 100, 1)));
	assert_true(add(&files, 21, log_of(1, 101, 1, 500, 1)));
	assert_true(add(&files, 22, log_of(1, 101, 4000, 110, 1)));
	assert_true(add(&files, 23, log_of(1, 501, 1, 600, 1)));
	chosen(&files, "100 110");
	files.sets[2].broken = true;
	chosen(&files, "100 500 600");
	rescue_files_fini(&files);
}

/* Both histories have an operation 500: the log behind one of them is not that of the other. */
static void a_log_follows_on_its_own_history(void **state)
{
	struct rescue_files files = {0};
	size_t way[RESCUE_FILES_MAX];

	for (uint64_t chunk = 60; chunk < 64; chunk++)
		hold(&files, chunk, 1, 0);
	assert_int_equal(rescue_chunks_find(&files), 0);
	assert_true(add(&files, 60, foot_of(1, 100, 1)));
	assert_true(add(&files, 61, log_of(1, 101, 1, 500, 1)));
	assert_true(add(&files, 62, log_of(1, 101, 4000, 500, 1)));
	assert_true(add(&files, 63, log_of(4000, 501, 4000, 600, 1)));
	assert_int_equal(rescue_choose(&files, way), 3);
	assert_int_equal(way[0], 0);
	assert_int_equal(way[1], 2);
	assert_int_equal(way[2], 3);
	files.sets[2].broken = true; /* then nothing leads to the last one */
	chosen(&files, "100 500");
	rescue_files_fini(&files);
}

static void a_file_needs_all_its_chunks_and_the_right_cluster(void **state)
{
	struct rescue_files files = {0};
	struct checkpoint other = foot_of(1, 5, 1);

	hold(&files, 30, 2, 0); /* 29, 30: 28 is nowhere */
	hold(&files, 40, 1, 0);
	assert_int_equal(rescue_chunks_find(&files), 0);
	assert_false(add(&files, 30, foot_of(1, 1, 3)));
	other.cluster[0] = 'f';
	assert_false(add(&files, 40, other));
	assert_true(add(&files, 30, foot_of(1, 1, 2)));
	other = foot_of(1, 9, 1);
	other.size_bytes += 5; /* more than its chunks hold, and less than two */
	assert_false(add(&files, 40, other));
	other.size_bytes = UINT64_MAX;
	assert_false(add(&files, 40, other));
	chosen(&files, "1");
	rescue_files_fini(&files);
}

/* Who has other bytes under a number than most is left aside. */
static void most_datanodes_are_right(void **state)
{
	struct rescue_files files = {0};
	struct rescue_held odd = {.chunk = 50, .length = PART, .crc = 1, .datanode = 0};

	rescue_held_add(&files, &odd);
	hold(&files, 50, 1, 1);
	hold(&files, 50, 1, 2);
	odd.length = 1;
	odd.datanode = 3;
	rescue_held_add(&files, &odd);
	hold(&files, 51, 1, 3);
	assert_int_equal(rescue_chunks_find(&files), 0);
	assert_int_equal(files.chunks_count, 2);
	assert_int_equal(files.chunks[0].held_count, 2);
	assert_int_equal(files.chunks[0].crc, 0);
	assert_int_equal(files.chunks[0].length, PART);
	assert_int_equal(files.held[files.chunks[0].held].datanode +
	                         files.held[files.chunks[0].held + 1].datanode,
	        3);
	assert_int_equal(files.chunks[1].chunk, 51);
	rescue_files_fini(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_newest_state_by_all_that_leads_there),
	        cmocka_unit_test(branches_are_not_mixed_and_the_later_reign_counts),
	        cmocka_unit_test(a_log_follows_on_its_own_history),
	        cmocka_unit_test(a_file_needs_all_its_chunks_and_the_right_cluster),
	        cmocka_unit_test(most_datanodes_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
