/* SPDX-License-Identifier: MIT */
/* The scrub: what went bad on the disk is found although nobody reads it, and nothing else is. */
#include "rig.h"

#include <setjmp.h>
#include <cmocka.h>
#include "store/scrub.h"

enum { SIZE = 300000, SPAN = 65536 };

struct notices {
	char last[512];
	unsigned count;
};

static void on_notice(void *arg, const char *sentence)
{
	struct notices *notices = arg;

	snprintf(notices->last, sizeof(notices->last), "%s", sentence);
	notices->count++;
}

static void start(struct rig *rig, struct notices *notices)
{
	struct dfs_error err = {0};

	rig_open(rig);
	if (store_scrub_start(rig->store, on_notice, notices, &err) < 0)
		fail_msg("%s", err.text);
}

static struct store_scrub_info info(struct rig *rig)
{
	struct store_scrub_info ret;

	store_scrub_info(rig->store, &ret);
	return ret;
}

static void now(struct rig *rig, uint64_t rate)
{
	struct rig_done done = {0};

	store_scrub_now(rig->store, rate, rig_on_done, &done);
	assert_true(rig_wait(rig, &done.done));
	assert_int_equal(done.status, 0);
}

static void finish(struct rig *rig)
{
	while (info(rig).running > 0)
		rig_step(rig);
}

/* Chunks 0x101 ... in one directory; of each kind of damage one, and some that are well. */
static struct rig *with_chunks(uint64_t seed, unsigned count)
{
	struct rig *rig = rig_create(seed);

	rig_open(rig);
	for (uint64_t id = 1; id <= count; id++)
		rig_sealed(rig, 0x100 + id, 1, SIZE);
	rig_settle(rig);
	rig_close(rig);
	return rig;
}

static void restart(struct rig *rig, struct notices *notices)
{
	rig_close(rig);
	start(rig, notices);
}

static void unlink_file(struct rig *rig, const char *path)
{
	assert_int_equal(io_disk(rig->io, unlink, path), 0);
}

static void a_pass_finds_all_that_is_wrong_and_nothing_else(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct rig *rig = with_chunks(seed, 8);
		struct notices notices = {0};

		start(rig, &notices);
		/* Somebody has read them all: open handles and spans in memory hide nothing. */
		for (uint64_t id = 0x101; id <= 0x108; id++)
			rig_check(rig, id, SIZE);
		rig_flip(rig, rig_path(rig, 0x102, ".data"), (seed * 7919) % (SIZE * 8));
		rig_flip(rig, rig_path(rig, 0x103, ".idx"), (seed * 7919) % (6 * 64 * 8));
		unlink_file(rig, rig_path(rig, 0x104, ".data"));
		unlink_file(rig, rig_path(rig, 0x105, ".idx"));
		rig_truncate(rig, rig_path(rig, 0x106, ".data"), SIZE - 1);
		rig_truncate(rig, rig_path(rig, 0x107, ".idx"), 64);
		rig->changed_count = 0;
		now(rig, 0);
		finish(rig);
		rig_settle(rig);
		assert_int_equal(info(rig).found, 6);
		assert_int_equal(info(rig).bad, 6);
		assert_int_equal(rig->changed_count, 6);
		for (size_t i = 0; i < 6; i++) {
			assert_int_equal(rig->changed[i].chunk, 0x102 + i);
			assert_int_equal(rig->changed[i].state, STORE_BAD);
			assert_non_null(strstr(rig->changed[i].why, "scrub: "));
			assert_int_not_equal(rig_read(rig, 0x102 + i, 0, 1000, false), 0);
		}
		/* RULES 3: what is left of them stays, with a mark. */
		assert_true(rig_exists(rig, rig_path(rig, 0x102, ".data")));
		assert_true(rig_exists(rig, rig_path(rig, 0x102, ".bad")));
		rig_check(rig, 0x101, SIZE);
		rig_check(rig, 0x108, SIZE);
		/* A second pass finds nothing new. */
		now(rig, 0);
		finish(rig);
		assert_int_equal(info(rig).found, 6);
		assert_int_equal(rig->changed_count, 6);
		rig_destroy(rig);
	}
}

static void the_right_bytes_in_the_wrong_chunk_are_found(void **state)
{
	struct rig *rig = with_chunks(1, 2);
	struct notices notices = {0};
	struct buf data = {0}, index = {0};

	/* Somebody restored the files of another chunk under this name. */
	start(rig, &notices);
	rig_read_file(rig, rig_path(rig, 0x101, ".data"), &data);
	rig_read_file(rig, rig_path(rig, 0x101, ".idx"), &index);
	rig_write_file(rig, rig_path(rig, 0x102, ".data"), data.data, data.size);
	now(rig, 0);
	finish(rig);
	assert_int_equal(info(rig).found, 1);
	assert_int_equal(rig_held(rig, 0x102).state, STORE_BAD);
	assert_int_equal(rig_held(rig, 0x101).state, STORE_SEALED);
	buf_fini(&data);
	buf_fini(&index);
	rig_destroy(rig);
}

static void a_pass_goes_on_where_it_was_after_a_restart(void **state)
{
	struct rig *rig = with_chunks(3, 10);
	struct notices notices = {0};
	struct store_scrub_info before, after;

	start(rig, &notices);
	now(rig, SCRUB_RATE_MIN); /* 300 kB: 5 s each */
	while (info(rig).checked_bytes < 4 * SIZE)
		rig_step(rig);
	store_scrub_stop(rig->store);
	before = info(rig);
	restart(rig, &notices);
	after = info(rig);
	assert_int_equal(after.checked_bytes, before.checked_bytes);
	assert_int_equal(after.running, 1);
	assert_int_equal(after.begun, before.begun);
	assert_int_equal(after.rate, SCRUB_RATE_MIN);
	/* What it has passed is not read again, what lies ahead is. */
	rig_flip(rig, rig_path(rig, 0x101, ".data"), 5);
	rig_flip(rig, rig_path(rig, 0x109, ".data"), 5);
	finish(rig);
	assert_int_equal(rig_held(rig, 0x101).state, STORE_SEALED);
	assert_int_equal(rig_held(rig, 0x109).state, STORE_BAD);
	assert_int_equal(info(rig).checked_bytes, 10 * SIZE);
	assert_int_equal(notices.count, 0);
	rig_destroy(rig);
}

/* The power goes at every single operation of the disk: a pass ends all the same, what is bad is
 * found, the count of passes never goes back. */
static void a_pass_survives_a_power_cut_anywhere(void **state)
{
	for (uint64_t at = 1; at < 400; at++) {
		struct rig *rig = with_chunks(at, 3);
		struct notices notices = {0};
		struct rig_done done = {0};
		bool crashed = false;

		start(rig, &notices);
		/* On the disk itself: what rig_flip writes could be lost again. */
		assert_int_equal(sim_disk_flip(rig->host, rig_path(rig, 0x103, ".data"), 99), 0);
		sim_disk_crash_after(rig->host, at);
		store_scrub_now(rig->store, 0, rig_on_done, &done);
		while (!crashed && !(done.done && info(rig).running == 0)) {
			rig_step(rig);
			crashed = rig_crashed(rig);
		}
		if (crashed) {
			rig_recover(rig);
			assert_int_equal(
			        store_scrub_start(rig->store, on_notice, &notices, NULL), 0);
			/* Once it was said to be begun it is. */
			if (done.done)
				assert_int_equal(info(rig).begun, 1);
			if (info(rig).begun == 0)
				now(rig, 0);
			finish(rig);
		}
		rig_settle(rig);
		assert_int_equal(rig_held(rig, 0x101).state, STORE_SEALED);
		assert_int_equal(rig_held(rig, 0x103).state, STORE_BAD);
		assert_int_equal(notices.count, 0);
		rig_destroy(rig);
		if (!crashed) {
			assert_true(at > 20); /* the loop has covered all of it */
			return;
		}
	}
	fail_msg("a pass takes more disk operations than that");
}

static void a_damaged_place_is_said_and_the_pass_begins_anew(void **state)
{
	struct rig *rig = with_chunks(5, 3);
	struct notices notices = {0};
	char path[128];

	snprintf(path, sizeof(path), "%s/scrub", rig->dir);
	rig_write_file(rig, path, "moonchunk scrub\nformat 2\n", 25);
	rig_flip(rig, rig_path(rig, 0x102, ".data"), 99);
	start(rig, &notices);
	assert_int_equal(notices.count, 1);
	assert_non_null(strstr(notices.last, path));
	sim_run_for(rig->sim, 2 * SCRUB_FIRST_MS);
	assert_int_equal(rig_held(rig, 0x102).state, STORE_BAD);
	assert_int_equal(info(rig).begun, 1);
	restart(rig, &notices);
	assert_int_equal(notices.count, 1); /* written anew */
	rig_destroy(rig);
}

static void passes_come_by_themselves_and_tell_their_age(void **state)
{
	struct rig *rig = with_chunks(6, 3);
	struct notices notices = {0};
	const uint64_t day_ms = 24 * 60 * 60 * 1000;

	start(rig, &notices);
	assert_true(info(rig).oldest_ms == UINT64_MAX);
	sim_run_for(rig->sim, 2 * SCRUB_FIRST_MS);
	assert_int_equal(info(rig).begun, 1);
	assert_true(info(rig).oldest_ms <= 2 * SCRUB_FIRST_MS);
	/* Nights with the machine off count too. */
	rig_close(rig);
	sim_run_for(rig->sim, 3 * day_ms);
	start(rig, &notices);
	assert_true(info(rig).oldest_ms / day_ms == 3);
	sim_run_for(rig->sim, 3 * day_ms);
	assert_int_equal(info(rig).begun, 1);
	rig_flip(rig, rig_path(rig, 0x102, ".data"), 99);
	sim_run_for(rig->sim, day_ms + SCRUB_FIRST_MS);
	assert_int_equal(info(rig).begun, 2);
	assert_int_equal(info(rig).found, 1);
	assert_true(info(rig).oldest_ms <= 2 * SCRUB_FIRST_MS);
	/* A clock that was set back does not stop them. */
	sim_host_wall_step(rig->host, -(int64_t)(100 * day_ms));
	sim_run_for(rig->sim, 8 * day_ms);
	assert_true(info(rig).begun >= 3);
	rig_destroy(rig);
}

static uint64_t takes_ms(struct rig *rig)
{
	uint64_t begun = sim_now_ms(rig->sim);

	finish(rig);
	return sim_now_ms(rig->sim) - begun;
}

static void the_rate_is_kept_and_load_comes_first(void **state)
{
	struct rig *rig = with_chunks(7, 20); /* 6 MB */
	struct store_read_request request = {.chunk = 0x101, .version = 1, .length = SIZE};
	struct store_read_events none = {0};
	struct rig_done done = {0};
	struct notices notices = {0};
	struct store_read *read;
	uint64_t alone, loaded, bytes = 20 * SIZE;

	start(rig, &notices);
	now(rig, 1024 * 1024);
	alone = takes_ms(rig);
	/* 256 folders cost 16 MiB/s more, at 64 KiB each; an index 64 KiB. */
	assert_in_range(alone, (bytes + (20 + 256) * 65536) / 1049, bytes / 1000 + 25000);
	assert_int_equal(store_read_begin(rig->store, &request, none, &read, NULL), 0);
	now(rig, 1024 * 1024);
	loaded = takes_ms(rig);
	store_read_cancel(read);
	assert_in_range(loaded, 3 * alone, 5 * alone);
	store_scrub_rate(rig->store, 123456, rig_on_done, &done);
	assert_true(rig_wait(rig, &done.done));
	assert_int_equal(info(rig).rate, 123456);
	store_scrub_stop(rig->store);
	restart(rig, &notices);
	assert_int_equal(info(rig).rate, 123456);
	rig_destroy(rig);
}

/* Everything that changes chunks runs beside a pass; none of it is taken for damage. */
static void what_changes_meanwhile_is_no_damage(void **state)
{
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct rig *rig = with_chunks(seed, 6);
		struct notices notices = {0};
		struct rig_done done = {0};

		start(rig, &notices);
		now(rig, 10 * 1024 * 1024);
		sim_run_for(rig->sim, seed * 7 % 60);
		rig_delete(rig, 0x102, 1, &done);
		assert_int_equal(done.status, 0);
		rig_seal(rig, 0x103, 2, SIZE, rig_crc(0x103, 0, SIZE), &done); /* raised */
		assert_int_equal(done.status, 0);
		rig_copy(rig, 0x201, 1, SIZE, &done);
		assert_int_equal(done.status, 0);
		rig_sealed(rig, 0x200, 1, SIZE);
		now(rig, 10 * 1024 * 1024);
		rig_delete(rig, 0x201, 1, &done);
		rig_copy(rig, 0x104, 2, SIZE, &done); /* an old pair goes to bad/ */
		assert_int_equal(done.status, 0);
		finish(rig);
		assert_int_equal(info(rig).found, 0);
		assert_int_equal(info(rig).bad, 0);
		assert_int_equal(info(rig).extra, 0);
		assert_int_equal(notices.count, 0);
		rig_destroy(rig);
	}
}

static void files_that_do_not_belong_there_are_told_and_kept(void **state)
{
	struct rig *rig = with_chunks(8, 2);
	struct notices notices = {0};
	struct buf bytes = {0};
	char path[128];

	start(rig, &notices);
	rig_read_file(rig, rig_path(rig, 0x101, ".idx"), &bytes);
	rig_write_file(rig, rig_path(rig, 0x777, ".idx"), bytes.data, bytes.size);
	rig_write_file(rig, rig_path(rig, 0x778, ".data.tmp"), "x", 1);
	rig_write_file(rig, rig_path(rig, 0x101, ".bad"), "x", 1);
	snprintf(path, sizeof(path), "%s/chunks/05/notes.txt", rig->dir);
	rig_write_file(rig, path, "x", 1);
	now(rig, 0);
	finish(rig);
	assert_int_equal(info(rig).extra, 4);
	assert_int_equal(info(rig).found, 0);
	assert_int_equal(notices.count, 4);
	assert_true(rig_exists(rig, rig_path(rig, 0x777, ".idx")));
	assert_true(rig_exists(rig, rig_path(rig, 0x778, ".data.tmp")));
	assert_true(rig_exists(rig, path));
	rig_check(rig, 0x101, SIZE);
	buf_fini(&bytes);
	rig_destroy(rig);
}

static void a_disk_that_was_unmounted_is_said_and_takes_no_more(void **state)
{
	struct rig *rig = with_chunks(9, 2);
	struct notices notices = {0};
	struct store_dir_info dir;
	char path[128];

	start(rig, &notices);
	snprintf(path, sizeof(path), "%s/identity", rig->dir);
	unlink_file(rig, path);
	unlink_file(rig, rig_path(rig, 0x101, ".idx"));
	now(rig, 0);
	finish(rig);
	assert_true(notices.count > 0);
	assert_non_null(strstr(notices.last, "mount"));
	store_dirs(rig->store, &dir, 1);
	assert_non_null(strstr(dir.error, "identity"));
	rig_destroy(rig);
}

static void an_error_of_the_disk_once_is_looked_at_twice(void **state)
{
	unsigned convicted = 0;

	for (uint64_t at = 1; at <= 60; at++) {
		struct rig *rig = with_chunks(at, 2);
		struct notices notices = {0};

		start(rig, &notices);
		sim_disk_fail_after(rig->host, at);
		store_scrub_now(rig->store, 0, NULL, NULL);
		sim_run_for(rig->sim, 20000);
		convicted += info(rig).bad;
		assert_int_equal(info(rig).running, 0);
		rig_destroy(rig);
	}
	assert_int_equal(convicted, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_pass_finds_all_that_is_wrong_and_nothing_else),
	        cmocka_unit_test(the_right_bytes_in_the_wrong_chunk_are_found),
	        cmocka_unit_test(a_pass_goes_on_where_it_was_after_a_restart),
	        cmocka_unit_test(a_pass_survives_a_power_cut_anywhere),
	        cmocka_unit_test(a_damaged_place_is_said_and_the_pass_begins_anew),
	        cmocka_unit_test(passes_come_by_themselves_and_tell_their_age),
	        cmocka_unit_test(the_rate_is_kept_and_load_comes_first),
	        cmocka_unit_test(what_changes_meanwhile_is_no_damage),
	        cmocka_unit_test(files_that_do_not_belong_there_are_told_and_kept),
	        cmocka_unit_test(a_disk_that_was_unmounted_is_said_and_takes_no_more),
	        cmocka_unit_test(an_error_of_the_disk_once_is_looked_at_twice),
	};

	return cmocka_run_group_tests_name("store_scrub", tests, NULL, NULL);
}
