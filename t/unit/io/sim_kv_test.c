/* SPDX-License-Identifier: MIT */
/* The simulated ordered KV, against a plain model and through crashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dfs/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/sim.h"

struct bench {
	struct sim *sim;
	struct sim_host *host;
	struct kv *kv;
};

static struct bench bench_create(uint64_t seed)
{
	struct sim_options options = {.seed = seed};
	struct bench bench = {.sim = sim_create(&options)};

	bench.host = sim_host_create(bench.sim, "master");
	bench.kv = sim_host_kv(bench.host);
	return bench;
}

static struct kv_bytes text(const char *string)
{
	return (struct kv_bytes){.data = string, .size = strlen(string)};
}

static struct kv_txn *begin(struct kv *kv, bool write)
{
	struct kv_txn *txn = NULL;

	assert_int_equal(kv->ops->begin(kv, write, &txn), 0);
	return txn;
}

static void put(struct kv_txn *txn, int table, const char *key, const char *value)
{
	assert_int_equal(txn->ops->put(txn, table, text(key), text(value)), 0);
}

static void put_one(struct kv *kv, const char *key, const char *value)
{
	struct kv_txn *txn = begin(kv, true);

	put(txn, 0, key, value);
	assert_int_equal(txn->ops->commit(txn), 0);
}

/* Whether `key` has `value`; NULL: whether it is absent. */
static bool holds(struct kv_txn *txn, int table, const char *key, const char *value)
{
	struct kv_bytes got;
	int status = txn->ops->get(txn, table, text(key), &got);

	if (!value)
		return status == DFS_E_NOENT;
	return status == 0 && got.size == strlen(value) && memcmp(got.data, value, got.size) == 0;
}

static bool kv_holds(struct kv *kv, const char *key, const char *value)
{
	struct kv_txn *txn = begin(kv, false);
	bool result = holds(txn, 0, key, value);

	txn->ops->abort(txn);
	return result;
}

static void what_is_committed_is_read_back(void **state)
{
	struct bench bench = bench_create(1);
	struct kv_txn *txn = begin(bench.kv, true);

	put(txn, 0, "b", "two");
	put(txn, 0, "a", "");
	put(txn, 3, "b", "other table");
	put(txn, 0, "b", "three");
	assert_true(holds(txn, 0, "b", "three"));
	assert_int_equal(txn->ops->del(txn, 0, text("c")), DFS_E_NOENT);
	assert_int_equal(txn->ops->commit(txn), 0);
	assert_true(kv_holds(bench.kv, "b", "three"));
	assert_true(kv_holds(bench.kv, "a", ""));
	assert_true(kv_holds(bench.kv, "c", NULL));
	sim_destroy(bench.sim);
}

static void an_aborted_transaction_changes_nothing(void **state)
{
	struct bench bench = bench_create(1);
	struct kv_txn *txn;

	put_one(bench.kv, "a", "1");
	txn = begin(bench.kv, true);
	put(txn, 0, "a", "2");
	put(txn, 0, "b", "2");
	assert_int_equal(txn->ops->del(txn, 0, text("a")), 0);
	txn->ops->abort(txn);
	assert_true(kv_holds(bench.kv, "a", "1"));
	assert_true(kv_holds(bench.kv, "b", NULL));
	bench.kv->ops->close(bench.kv); /* a host keeps its store */
	assert_true(kv_holds(bench.kv, "a", "1"));
	sim_destroy(bench.sim);
}

static void a_reader_sees_the_commit_before_it_began(void **state)
{
	struct bench bench = bench_create(1);
	struct kv_txn *reader, *writer;

	put_one(bench.kv, "a", "1");
	reader = begin(bench.kv, false);
	writer = begin(bench.kv, true);
	put(writer, 0, "a", "2");
	put(writer, 0, "b", "2");
	assert_true(holds(reader, 0, "a", "1"));
	assert_int_equal(writer->ops->commit(writer), 0);
	assert_true(holds(reader, 0, "a", "1"));
	assert_true(holds(reader, 0, "b", NULL));
	reader->ops->abort(reader);
	assert_true(kv_holds(bench.kv, "a", "2"));
	sim_destroy(bench.sim);
}

static void there_is_one_writer(void **state)
{
	struct bench bench = bench_create(1);
	struct kv_txn *writer = begin(bench.kv, true);
	struct kv_txn *second;

	assert_int_equal(bench.kv->ops->begin(bench.kv, true, &second), DFS_E_BUSY);
	writer->ops->abort(writer);
	second = begin(bench.kv, true);
	second->ops->abort(second);
	sim_destroy(bench.sim);
}

static void keys_out_of_bounds_are_refused(void **state)
{
	struct bench bench = bench_create(1);
	struct kv_txn *txn = begin(bench.kv, true);
	char long_key[KV_KEY_MAX + 1];
	struct kv_bytes key = {.data = long_key, .size = KV_KEY_MAX};

	memset(long_key, 'k', sizeof(long_key));
	assert_int_equal(txn->ops->put(txn, 0, key, text("v")), 0);
	key.size++;
	assert_int_equal(txn->ops->put(txn, 0, key, text("v")), DFS_E_INVAL);
	/* and then only abort is left */
	assert_int_equal(txn->ops->put(txn, 0, text("good"), text("v")), DFS_E_IO);
	assert_int_equal(txn->ops->commit(txn), DFS_E_IO);
	assert_true(kv_holds(bench.kv, "good", NULL));
	put_one(bench.kv, "good", "v");
	sim_destroy(bench.sim);
}

static void a_full_store_refuses_puts(void **state)
{
	struct bench bench = bench_create(1);
	struct kv_txn *txn;

	sim_kv_capacity(bench.kv, 10);
	put_one(bench.kv, "key", "seven b");
	txn = begin(bench.kv, true);
	assert_int_equal(txn->ops->put(txn, 0, text("k"), text("")), DFS_E_NOSPC);
	txn->ops->abort(txn);
	put_one(bench.kv, "key", "seven c"); /* in the place of the old one */
	txn = begin(bench.kv, true);
	assert_int_equal(txn->ops->del(txn, 0, text("key")), 0);
	put(txn, 0, "k", "nine byte");
	assert_int_equal(txn->ops->commit(txn), 0);
	sim_destroy(bench.sim);
}

/* ---- cursors ---- */

static void expect_row(int status, struct kv_bytes key, const char *expected)
{
	assert_int_equal(status, 0);
	assert_int_equal(key.size, strlen(expected));
	assert_memory_equal(key.data, expected, key.size);
}

static void a_cursor_walks_the_keys_as_bytes(void **state)
{
	struct bench bench = bench_create(1);
	struct kv_txn *txn = begin(bench.kv, true);
	const struct kv_ops *ops = txn->ops;
	struct kv_cursor *cursor;
	struct kv_bytes key, value;

	put(txn, 0, "b", "");
	put(txn, 0, "\xff", "");
	put(txn, 0, "ba", "");
	put(txn, 0, "a", "");
	assert_int_equal(ops->cursor_open(txn, 0, &cursor), 0);
	expect_row(ops->next(cursor, &key, &value), key, "a");
	expect_row(ops->seek(cursor, text("aa"), &key, &value), key, "b");
	expect_row(ops->next(cursor, &key, &value), key, "ba");
	expect_row(ops->next(cursor, &key, &value), key, "\xff");
	assert_int_equal(ops->next(cursor, &key, &value), DFS_E_NOENT);
	assert_int_equal(ops->next(cursor, &key, &value), DFS_E_NOENT);
	expect_row(ops->seek(cursor, text("b"), &key, &value), key, "b");
	expect_row(ops->last(cursor, &key, &value), key, "\xff");
	expect_row(ops->seek(cursor, text(""), &key, &value), key, "a");
	assert_int_equal(ops->seek(cursor, text("\xff\x01"), &key, &value), DFS_E_NOENT);
	ops->cursor_close(cursor);
	assert_int_equal(ops->cursor_open(txn, 1, &cursor), 0);
	assert_int_equal(ops->last(cursor, &key, &value), DFS_E_NOENT);
	assert_int_equal(ops->next(cursor, &key, &value), DFS_E_NOENT);
	ops->cursor_close(cursor);
	ops->abort(txn);
	sim_destroy(bench.sim);
}

static void a_cursor_keeps_its_place_when_its_row_goes(void **state)
{
	struct bench bench = bench_create(1);
	struct kv_txn *txn = begin(bench.kv, true);
	const struct kv_ops *ops = txn->ops;
	struct kv_cursor *cursor;
	struct kv_bytes key, value;

	put(txn, 0, "a", "");
	put(txn, 0, "b", "");
	put(txn, 0, "c", "");
	assert_int_equal(ops->cursor_open(txn, 0, &cursor), 0);
	expect_row(ops->seek(cursor, text("a"), &key, &value), key, "a");
	assert_int_equal(ops->del(txn, 0, text("a")), 0);
	assert_int_equal(ops->del(txn, 0, text("b")), 0);
	expect_row(ops->next(cursor, &key, &value), key, "c");
	ops->cursor_close(cursor);
	ops->abort(txn);
	sim_destroy(bench.sim);
}

/* ---- against a plain model ---- */

enum { KEYS = 400 };

struct model {
	uint32_t values[KEYS]; /* 0: absent */
};

static struct kv_bytes model_key(char *scratch, uint32_t number)
{
	snprintf(scratch, 16, "key-%06u", number);
	return text(scratch);
}

static void model_check(struct kv_txn *txn, const struct model *model)
{
	struct kv_cursor *cursor;
	struct kv_bytes key, value;
	char scratch[16];
	int status;

	assert_int_equal(txn->ops->cursor_open(txn, 5, &cursor), 0);
	status = txn->ops->next(cursor, &key, &value);
	for (uint32_t i = 0; i < KEYS; i++) {
		uint32_t number;

		if (!model->values[i])
			continue;
		assert_int_equal(status, 0);
		assert_int_equal(key.size, model_key(scratch, i).size);
		assert_memory_equal(key.data, scratch, key.size);
		assert_int_equal(value.size, sizeof(number));
		memcpy(&number, value.data, sizeof(number));
		assert_int_equal(number, model->values[i]);
		status = txn->ops->next(cursor, &key, &value);
	}
	assert_int_equal(status, DFS_E_NOENT);
	txn->ops->cursor_close(cursor);
}

static void model_change(struct io *io, struct kv_txn *txn, struct model *model)
{
	uint32_t number = (uint32_t)(io_random_u64(io) % KEYS);
	uint32_t value = (uint32_t)io_random_u64(io) | 1;
	char scratch[16];
	struct kv_bytes key = model_key(scratch, number);

	if (io_random_u64(io) % 5 < 3) {
		struct kv_bytes bytes = {.data = &value, .size = sizeof(value)};

		assert_int_equal(txn->ops->put(txn, 5, key, bytes), 0);
		model->values[number] = value;
	} else {
		int expected = model->values[number] ? 0 : DFS_E_NOENT;

		assert_int_equal(txn->ops->del(txn, 5, key), expected);
		model->values[number] = 0;
	}
}

static void random_transactions_do_what_a_plain_array_does(void **state)
{
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct bench bench = bench_create(seed);
		struct io *io = sim_host_io(bench.host);
		struct model committed = {{0}}, begun;
		struct kv_txn *reader = begin(bench.kv, false);
		struct model seen = committed;

		print_message("# seed %llu\n", (unsigned long long)seed);
		for (int round = 0; round < 60; round++) {
			struct kv_txn *txn = begin(bench.kv, true);

			begun = committed;
			for (uint64_t i = io_random_u64(io) % 80; i > 0; i--)
				model_change(io, txn, &begun);
			model_check(txn, &begun);
			if (io_random_u64(io) % 4) {
				assert_int_equal(txn->ops->commit(txn), 0);
				committed = begun;
			} else {
				txn->ops->abort(txn);
			}
			model_check(reader, &seen);
			if (io_random_u64(io) % 3 == 0) {
				reader->ops->abort(reader);
				reader = begin(bench.kv, false);
				seen = committed;
			}
		}
		reader->ops->abort(reader);
		sim_destroy(bench.sim);
	}
}

static void a_hundred_thousand_rows_are_no_burden(void **state)
{
	enum { ROWS = 100000, STEP = 7919 }; /* coprime: every row once, in no order */
	struct bench bench = bench_create(1);
	struct kv_txn *txn = begin(bench.kv, true);
	struct kv_cursor *cursor;
	struct kv_bytes key, value;
	char scratch[16];
	uint32_t count = 0;

	for (uint32_t i = 0, at = 0; i < ROWS; i++, at = (at + STEP) % ROWS)
		assert_int_equal(txn->ops->put(txn, 1, model_key(scratch, at), text("value")), 0);
	assert_int_equal(txn->ops->commit(txn), 0);
	txn = begin(bench.kv, false);
	assert_int_equal(txn->ops->cursor_open(txn, 1, &cursor), 0);
	while (txn->ops->next(cursor, &key, &value) == 0) {
		expect_row(0, key, model_key(scratch, count).data);
		count++;
	}
	assert_int_equal(count, ROWS);
	txn->ops->cursor_close(cursor);
	txn->ops->abort(txn);
	sim_destroy(bench.sim);
}

/* ---- crashes ---- */

static void a_crash_keeps_commits_and_ends_transactions(void **state)
{
	struct bench bench = bench_create(1);
	struct kv_txn *writer, *reader, *left;
	struct kv_cursor *cursor;
	struct kv_bytes got;

	put_one(bench.kv, "a", "1");
	writer = begin(bench.kv, true);
	put(writer, 0, "a", "2");
	reader = begin(bench.kv, false);
	left = begin(bench.kv, false);
	assert_int_equal(left->ops->cursor_open(left, 0, &cursor), 0);
	sim_host_crash(bench.host, false);
	assert_int_equal(reader->ops->get(reader, 0, text("a"), &got), DFS_E_IO);
	assert_int_equal(bench.kv->ops->begin(bench.kv, false, &reader), DFS_E_IO);
	sim_host_restart(bench.host);
	put_one(bench.kv, "b", "1"); /* the dead writer holds nobody up */
	assert_int_equal(writer->ops->commit(writer), DFS_E_IO);
	reader->ops->abort(reader);
	assert_true(kv_holds(bench.kv, "a", "1"));
	assert_true(kv_holds(bench.kv, "b", "1"));
	/* `left` and its cursor are left to the world */
	sim_destroy(bench.sim);
}

static void a_failed_commit_may_be_stored_or_not_and_ends_the_store(void **state)
{
	int stored = 0, lost = 0;

	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct bench bench = bench_create(seed);
		struct kv_txn *txn;

		put_one(bench.kv, "a", "1");
		txn = begin(bench.kv, true);
		put(txn, 0, "a", "2");
		sim_disk_fail_after(bench.host, 1);
		assert_int_equal(txn->ops->commit(txn), DFS_E_IO);
		assert_int_equal(bench.kv->ops->begin(bench.kv, false, &txn), DFS_E_IO);
		sim_host_kill(bench.host);
		sim_host_restart(bench.host);
		stored += kv_holds(bench.kv, "a", "2");
		lost += kv_holds(bench.kv, "a", "1");
		sim_destroy(bench.sim);
	}
	assert_true(stored > 0 && lost > 0);
	assert_int_equal(stored + lost, 50);
}

static void a_power_cut_at_a_commit_leaves_all_or_nothing(void **state)
{
	int stored = 0;

	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct bench bench = bench_create(seed);
		struct kv_txn *txn = begin(bench.kv, true);
		bool both;

		put(txn, 0, "a", "1");
		put(txn, 0, "b", "1");
		sim_disk_crash_after(bench.host, 1);
		assert_int_equal(txn->ops->commit(txn), DFS_E_IO);
		assert_true(sim_host_crashed(bench.host));
		sim_host_restart(bench.host);
		both = kv_holds(bench.kv, "a", "1");
		assert_true(kv_holds(bench.kv, "b", both ? "1" : NULL));
		stored += both;
		sim_destroy(bench.sim);
	}
	assert_true(stored > 0 && stored < 50);
}

/* ---- copies ---- */

static void a_clone_goes_its_own_way(void **state)
{
	struct bench bench = bench_create(1);
	struct kv *clone;

	put_one(bench.kv, "a", "1");
	clone = sim_kv_clone(bench.kv);
	put_one(bench.kv, "a", "2");
	put_one(clone, "b", "3");
	assert_true(kv_holds(clone, "a", "1"));
	assert_true(kv_holds(bench.kv, "b", NULL));
	sim_host_crash(bench.host, false);
	assert_true(kv_holds(clone, "b", "3"));
	sim_destroy(bench.sim);
	assert_true(kv_holds(clone, "b", "3"));
	clone->ops->close(clone);
}

static void a_copy_on_disk_opens_again(void **state)
{
	struct bench bench = bench_create(1);
	struct kv *copy;

	put_one(bench.kv, "a", "1");
	put_one(bench.kv, "empty", "");
	assert_int_equal(bench.kv->ops->copy(bench.kv, "/copy"), 0);
	assert_int_equal(bench.kv->ops->copy(bench.kv, "/copy"), DFS_E_EXIST);
	assert_int_equal(io_disk(sim_host_io(bench.host), fsync_dir, "/"), 0);
	put_one(bench.kv, "a", "2");
	sim_host_crash(bench.host, false);
	sim_host_restart(bench.host);
	assert_int_equal(sim_kv_open_copy(&copy, bench.host, "/copy"), 0);
	assert_true(kv_holds(copy, "a", "1"));
	assert_true(kv_holds(copy, "empty", ""));
	copy->ops->close(copy);
	assert_int_equal(sim_kv_open_copy(&copy, bench.host, "/other"), DFS_E_NOENT);
	sim_destroy(bench.sim);
}

static void a_cut_copy_is_refused(void **state)
{
	struct bench bench = bench_create(1);
	struct io *io = sim_host_io(bench.host);
	struct kv *copy;
	int64_t size;
	int fd;

	put_one(bench.kv, "a", "1");
	assert_int_equal(bench.kv->ops->copy(bench.kv, "/copy"), 0);
	fd = io_disk(io, open, "/copy", IO_OPEN_WRITE);
	size = io_disk(io, size, fd);
	assert_int_equal(io_disk(io, truncate, fd, (uint64_t)size - 1), 0);
	assert_int_equal(sim_kv_open_copy(&copy, bench.host, "/copy"), DFS_E_CORRUPT);
	assert_int_equal(io_disk(io, truncate, fd, 3), 0);
	assert_int_equal(sim_kv_open_copy(&copy, bench.host, "/copy"), DFS_E_CORRUPT);
	sim_destroy(bench.sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_committed_is_read_back),
	        cmocka_unit_test(an_aborted_transaction_changes_nothing),
	        cmocka_unit_test(a_reader_sees_the_commit_before_it_began),
	        cmocka_unit_test(there_is_one_writer),
	        cmocka_unit_test(keys_out_of_bounds_are_refused),
	        cmocka_unit_test(a_full_store_refuses_puts),
	        cmocka_unit_test(a_cursor_walks_the_keys_as_bytes),
	        cmocka_unit_test(a_cursor_keeps_its_place_when_its_row_goes),
	        cmocka_unit_test(random_transactions_do_what_a_plain_array_does),
	        cmocka_unit_test(a_hundred_thousand_rows_are_no_burden),
	        cmocka_unit_test(a_crash_keeps_commits_and_ends_transactions),
	        cmocka_unit_test(a_failed_commit_may_be_stored_or_not_and_ends_the_store),
	        cmocka_unit_test(a_power_cut_at_a_commit_leaves_all_or_nothing),
	        cmocka_unit_test(a_clone_goes_its_own_way),
	        cmocka_unit_test(a_copy_on_disk_opens_again),
	        cmocka_unit_test(a_cut_copy_is_refused),
	};

	return cmocka_run_group_tests_name("io/sim: the ordered KV", tests, NULL, NULL);
}
