/* SPDX-License-Identifier: MIT */
/* LMDB behind io/kv.h: what the engine relies on, and a file that was cut (RULES 21). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/error.h"
#include "io/kv_lmdb.h"

enum { MAP_SMALL = 1 << 20, MAP_USUAL = 64 << 20 };

struct fixture {
	char root[64], dir[80], file[96], copy[80];
	struct kv *kv;
	struct dfs_error err;
};

static struct kv_bytes text(const char *bytes)
{
	return (struct kv_bytes){bytes, strlen(bytes)};
}

static void reopen(struct fixture *f, uint64_t map_bytes)
{
	if (f->kv)
		f->kv->ops->close(f->kv);
	f->kv = NULL;
	assert_int_equal(kv_lmdb_open(&f->kv, f->dir, map_bytes, &f->err), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->root, sizeof(f->root), "/tmp/kv_lmdb_test.XXXXXX");
	assert_non_null(mkdtemp(f->root));
	snprintf(f->dir, sizeof(f->dir), "%s/meta", f->root);
	snprintf(f->file, sizeof(f->file), "%s/meta/data.mdb", f->root);
	snprintf(f->copy, sizeof(f->copy), "%s/copy", f->root);
	reopen(f, MAP_USUAL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	if (f->kv)
		f->kv->ops->close(f->kv);
	snprintf(command, sizeof(command), "rm -rf '%s'", f->root);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static void put(struct fixture *f, int table, const char *key, const char *value)
{
	struct kv_txn *txn;

	assert_int_equal(f->kv->ops->begin(f->kv, true, &txn), 0);
	assert_int_equal(f->kv->ops->put(txn, table, text(key), text(value)), 0);
	assert_int_equal(f->kv->ops->commit(txn), 0);
}

static void expect(struct fixture *f, int table, const char *key, const char *value)
{
	struct kv_txn *txn;
	struct kv_bytes got;
	int rc;

	assert_int_equal(f->kv->ops->begin(f->kv, false, &txn), 0);
	rc = f->kv->ops->get(txn, table, text(key), &got);
	if (value) {
		assert_int_equal(rc, 0);
		assert_int_equal(got.size, strlen(value));
		assert_memory_equal(got.data, value, got.size);
	} else {
		assert_int_equal(rc, DFS_E_NOENT);
	}
	f->kv->ops->abort(txn);
}

static void committed_stays(void **state)
{
	struct fixture *f = *state;

	put(f, 0, "a", "1");
	put(f, KV_TABLES_MAX - 1, "a", "2");
	reopen(f, MAP_USUAL);
	expect(f, 0, "a", "1");
	expect(f, KV_TABLES_MAX - 1, "a", "2");
	expect(f, 1, "a", NULL);
}

static void aborted_is_gone(void **state)
{
	struct fixture *f = *state;
	struct kv_txn *txn;

	put(f, 0, "a", "1");
	assert_int_equal(f->kv->ops->begin(f->kv, true, &txn), 0);
	assert_int_equal(f->kv->ops->put(txn, 0, text("b"), text("2")), 0);
	assert_int_equal(f->kv->ops->del(txn, 0, text("a")), 0);
	assert_int_equal(f->kv->ops->del(txn, 0, text("none")), DFS_E_NOENT);
	f->kv->ops->abort(txn);
	expect(f, 0, "a", "1");
	expect(f, 0, "b", NULL);
}

static void reader_sees_the_state_at_its_begin(void **state)
{
	struct fixture *f = *state;
	struct kv_txn *old, *new;
	struct kv_bytes got;

	put(f, 0, "a", "1");
	assert_int_equal(f->kv->ops->begin(f->kv, false, &old), 0);
	put(f, 0, "a", "2");
	assert_int_equal(f->kv->ops->begin(f->kv, false, &new), 0);
	assert_int_equal(f->kv->ops->get(old, 0, text("a"), &got), 0);
	assert_memory_equal(got.data, "1", 1);
	assert_int_equal(f->kv->ops->get(new, 0, text("a"), &got), 0);
	assert_memory_equal(got.data, "2", 1);
	f->kv->ops->abort(old);
	f->kv->ops->abort(new);
	expect(f, 0, "a", "2");
}

static void cursor_walks_in_order_of_bytes(void **state)
{
	struct fixture *f = *state;
	struct kv_txn *txn;
	struct kv_cursor *cursor;
	struct kv_bytes key, value;

	put(f, 3, "b\xff", "3");
	put(f, 3, "b", "2");
	put(f, 3, "a", "1");
	assert_int_equal(f->kv->ops->begin(f->kv, false, &txn), 0);
	assert_int_equal(f->kv->ops->cursor_open(txn, 3, &cursor), 0);
	assert_int_equal(f->kv->ops->seek(cursor, (struct kv_bytes){"", 0}, &key, &value), 0);
	assert_memory_equal(value.data, "1", 1);
	assert_int_equal(f->kv->ops->seek(cursor, text("aa"), &key, &value), 0);
	assert_memory_equal(value.data, "2", 1);
	assert_int_equal(key.size, 1);
	assert_int_equal(f->kv->ops->next(cursor, &key, &value), 0);
	assert_memory_equal(value.data, "3", 1);
	assert_int_equal(f->kv->ops->next(cursor, &key, &value), DFS_E_NOENT);
	assert_int_equal(f->kv->ops->last(cursor, &key, &value), 0);
	assert_memory_equal(key.data, "b\xff", 2);
	assert_int_equal(f->kv->ops->seek(cursor, text("c"), &key, &value), DFS_E_NOENT);
	f->kv->ops->cursor_close(cursor);
	assert_int_equal(f->kv->ops->cursor_open(txn, 4, &cursor), 0);
	assert_int_equal(f->kv->ops->last(cursor, &key, &value), DFS_E_NOENT);
	f->kv->ops->cursor_close(cursor);
	f->kv->ops->abort(txn);
}

/* Rising keys are appended, others put where they belong: nobody sees the difference. */
static void puts_in_any_order_come_back_in_order(void **state)
{
	enum { KEYS = 3000, TXNS = 300 };
	struct fixture *f = *state;
	static int kept[KEYS], now[KEYS]; /* 0: absent, else the value */
	unsigned random = 1;
	struct kv_txn *txn;
	struct kv_cursor *cursor;
	struct kv_bytes key, value;
	int rc, at;

	memset(kept, 0, sizeof(kept));
	for (int t = 1; t <= TXNS; t++) {
		memcpy(now, kept, sizeof(now));
		assert_int_equal(f->kv->ops->begin(f->kv, true, &txn), 0);
		for (int i = 0, run = 0; i < 30; i++) {
			char name[16];

			random = random * 1103515245 + 12345;
			at = random >> 30 ? run++ % KEYS
			                  : (int)(random >> 8) % KEYS; /* rising runs and jumps */
			run = at + 1;
			snprintf(name, sizeof(name), "%0*d", at % 3 + 4, at);
			value = (struct kv_bytes){&t, sizeof(t)};
			if (random >> 24 & 3) {
				assert_int_equal(f->kv->ops->put(txn, 5, text(name), value), 0);
				now[at] = t;
			} else {
				assert_int_equal(f->kv->ops->del(txn, 5, text(name)),
				        now[at] ? 0 : DFS_E_NOENT);
				now[at] = 0;
			}
		}
		if (t % 5 == 0) {
			f->kv->ops->abort(txn);
		} else {
			assert_int_equal(f->kv->ops->commit(txn), 0);
			memcpy(kept, now, sizeof(kept));
		}
	}
	at = 0;
	for (int i = 0; i < KEYS; i++)
		at += kept[i] != 0;
	assert_int_equal(f->kv->ops->begin(f->kv, false, &txn), 0);
	assert_int_equal(f->kv->ops->cursor_open(txn, 5, &cursor), 0);
	for (rc = f->kv->ops->seek(cursor, (struct kv_bytes){"", 0}, &key, &value); rc == 0; at--) {
		char name[16], before[16];

		snprintf(name, sizeof(name), "%.*s", (int)key.size, (const char *)key.data);
		assert_memory_equal(value.data, &kept[atoi(name)], sizeof(int));
		snprintf(before, sizeof(before), "%s", name);
		rc = f->kv->ops->next(cursor, &key, &value);
		if (rc == 0) {
			snprintf(name, sizeof(name), "%.*s", (int)key.size, (const char *)key.data);
			assert_true(strcmp(before, name) < 0);
		}
	}
	assert_int_equal(at, 0);
	f->kv->ops->cursor_close(cursor);
	f->kv->ops->abort(txn);
}

/* Half the pages of plain puts, which split a full page in halves. */
static void rising_keys_fill_pages(void **state)
{
	struct fixture *f = *state;
	struct stat file;
	struct kv_txn *txn;
	char key[16], value[100] = "";

	for (int t = 0; t < 20; t++) {
		assert_int_equal(f->kv->ops->begin(f->kv, true, &txn), 0);
		for (int i = 0; i < 500; i++) {
			snprintf(key, sizeof(key), "%08d", t * 500 + i);
			assert_int_equal(f->kv->ops->put(txn, 0, text(key),
			                         (struct kv_bytes){value, sizeof(value)}),
			        0);
		}
		assert_int_equal(f->kv->ops->commit(txn), 0);
	}
	assert_int_equal(stat(f->file, &file), 0);
	assert_true(file.st_size < 10000 * 116 * 3 / 2);
}

static void full_map_is_nospc_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	static const char large[2000];
	struct kv_txn *txn;
	char key[16];
	int rc = 0;

	reopen(f, MAP_SMALL);
	put(f, 0, "a", "1");
	assert_int_equal(f->kv->ops->begin(f->kv, true, &txn), 0);
	for (int i = 0; rc == 0; i++) {
		snprintf(key, sizeof(key), "k%08d", i);
		rc = f->kv->ops->put(txn, 0, text(key), (struct kv_bytes){large, sizeof(large)});
	}
	assert_int_equal(rc, DFS_E_NOSPC);
	f->kv->ops->abort(txn);
	expect(f, 0, "k00000000", NULL);
	put(f, 0, "b", "2");
	expect(f, 0, "a", "1");
}

static void copy_opens_as_a_store(void **state)
{
	struct fixture *f = *state;
	char path[128];

	put(f, 0, "a", "1");
	assert_int_equal(mkdir(f->copy, 0700), 0);
	snprintf(path, sizeof(path), "%s/data.mdb", f->copy);
	assert_int_equal(f->kv->ops->copy(f->kv, path), 0);
	assert_int_equal(f->kv->ops->copy(f->kv, path), DFS_E_EXIST);
	put(f, 0, "a", "2");
	snprintf(f->dir, sizeof(f->dir), "%s", f->copy);
	reopen(f, MAP_USUAL);
	expect(f, 0, "a", "1");
}

static void a_scratch_holds_what_was_committed_and_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct kv *scratch, *live = f->kv;
	char path[128];

	put(f, 0, "a", "1");
	/* What a crash left of an earlier one is no obstacle. */
	snprintf(path, sizeof(path), "%s/scratch.mdb", f->dir);
	assert_int_equal(live->ops->copy(live, path), 0);
	put(f, 0, "b", "2");
	assert_int_equal(live->ops->scratch(live, &scratch), 0);
	put(f, 0, "a", "3");
	f->kv = scratch;
	expect(f, 0, "a", "1");
	expect(f, 0, "b", "2");
	f->kv = live;
	expect(f, 0, "a", "3");
	scratch->ops->close(scratch);
	assert_int_equal(access(path, F_OK), -1);
}

static void fill(struct fixture *f, int from, int count, bool and_remove)
{
	struct kv_txn *txn;
	char key[16];

	assert_int_equal(f->kv->ops->begin(f->kv, true, &txn), 0);
	for (int i = from; i < from + count; i++) {
		snprintf(key, sizeof(key), "k%08d", i);
		assert_int_equal(f->kv->ops->put(txn, 0, text(key),
		                         text("some value of a usual size, as rows have")),
		        0);
	}
	for (int i = from; and_remove && i < from + count; i++) {
		snprintf(key, sizeof(key), "k%08d", i);
		assert_int_equal(f->kv->ops->del(txn, 0, text(key)), 0);
	}
	assert_int_equal(f->kv->ops->commit(txn), 0);
}

static void expect_cut(struct fixture *f, off_t size)
{
	assert_int_equal(truncate(f->file, size), 0);
	memset(&f->err, 0, sizeof(f->err));
	assert_int_equal(kv_lmdb_open(&f->kv, f->dir, MAP_USUAL, &f->err), DFS_E_CORRUPT);
	assert_non_null(strstr(f->err.text, f->file));
	assert_non_null(strstr(f->err.text, "backup"));
	f->kv = NULL;
}

static void cut_file_is_refused(void **state)
{
	struct fixture *f = *state;
	struct stat file;

	fill(f, 0, 5000, false);
	f->kv->ops->close(f->kv);
	f->kv = NULL;
	assert_int_equal(stat(f->file, &file), 0);
	expect_cut(f, file.st_size - 1);
	expect_cut(f, file.st_size / 2);
	expect_cut(f, 3 * 4096);
	expect_cut(f, 2 * 4096);
	expect_cut(f, 5000);
	expect_cut(f, 100);
	expect_cut(f, 1);
}

/* How many bytes the file lacks at its end, by its own meta page. */
static int64_t missing_bytes(struct fixture *f)
{
	struct stat file;
	MDB_env *env;
	MDB_envinfo info;
	MDB_stat tree;

	f->kv->ops->close(f->kv);
	f->kv = NULL;
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_open(env, f->dir, MDB_RDONLY, 0600), 0);
	assert_int_equal(mdb_env_info(env, &info), 0);
	assert_int_equal(mdb_env_stat(env, &tree), 0);
	mdb_env_close(env);
	assert_int_equal(stat(f->file, &file), 0);
	return (int64_t)((info.me_last_pgno + 1) * tree.ms_psize) - file.st_size;
}

/* Pages that a transaction takes at the end of the file and gives back are never written: it is
 * short, and sound. */
static void unwritten_free_pages_are_no_cut(void **state)
{
	struct fixture *f = *state;
	int64_t missing = 0;

	for (int i = 0; i < 20 && missing <= 0; i++) {
		fill(f, i * 300, 300, false);
		fill(f, 100000, 3000 + i * 500, true);
		missing = missing_bytes(f);
		reopen(f, MAP_USUAL);
		expect(f, 0, "k00000000", "some value of a usual size, as rows have");
	}
	assert_true(missing > 0);
	f->kv->ops->close(f->kv);
	expect_cut(f, 5 * 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(committed_stays, setup, teardown),
	        cmocka_unit_test_setup_teardown(aborted_is_gone, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                reader_sees_the_state_at_its_begin, setup, teardown),
	        cmocka_unit_test_setup_teardown(cursor_walks_in_order_of_bytes, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                puts_in_any_order_come_back_in_order, setup, teardown),
	        cmocka_unit_test_setup_teardown(rising_keys_fill_pages, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                full_map_is_nospc_and_changes_nothing, setup, teardown),
	        cmocka_unit_test_setup_teardown(copy_opens_as_a_store, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                a_scratch_holds_what_was_committed_and_leaves_nothing, setup, teardown),
	        cmocka_unit_test_setup_teardown(cut_file_is_refused, setup, teardown),
	        cmocka_unit_test_setup_teardown(unwritten_free_pages_are_no_cut, setup, teardown),
	};

	return cmocka_run_group_tests_name("kv_lmdb", tests, NULL, NULL);
}
