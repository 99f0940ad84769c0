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
	                full_map_is_nospc_and_changes_nothing, setup, teardown),
	        cmocka_unit_test_setup_teardown(copy_opens_as_a_store, setup, teardown),
	        cmocka_unit_test_setup_teardown(cut_file_is_refused, setup, teardown),
	        cmocka_unit_test_setup_teardown(unwritten_free_pages_are_no_cut, setup, teardown),
	};

	return cmocka_run_group_tests_name("kv_lmdb", tests, NULL, NULL);
}
