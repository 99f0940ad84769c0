/* SPDX-License-Identifier: MIT */
/* What a check finds, which files it concerns, and what of it can be mended. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "meta/table.h"
#include "world.h"

struct told {
	unsigned faults, miscounts, about_chunk;
	struct proto_mend_chunk mends[16];
	char paths[16][64];
	size_t subjects[16];
	unsigned names;
};

static void on_fault(void *arg, const char *sentence, struct meta_subject subject)
{
	struct told *told = arg;

	told->faults++;
	told->about_chunk += subject.about == META_ABOUT_CHUNK;
}

static void on_miscount(void *arg, const struct proto_mend_chunk *chunk)
{
	struct told *told = arg;

	assert_true(told->miscounts < 16);
	told->mends[told->miscounts++] = *chunk;
}

static void on_path(void *arg, size_t subject, const char *path)
{
	struct told *told = arg;

	assert_true(told->names < 16);
	told->subjects[told->names] = subject;
	snprintf(told->paths[told->names++], sizeof(told->paths[0]), "%s", path);
}

static struct meta_checked look(struct world *w, struct told *told)
{
	struct meta_check_out out = {.fault = on_fault, .miscounted = on_miscount, .arg = told};
	struct meta_checked done = {0};

	*told = (struct told){0};
	assert_int_equal(meta_check_all(w->kv, &out, &done, &w->err), 0);
	assert_int_equal(done.faults, told->faults);
	return done;
}

/* A wrong row, as a fault of a program would write it: whole and with a good checksum. */
static void write_row(struct world *w, enum meta_table table, struct table_key key, const void *row)
{
	struct buf scratch = {0};
	struct kv_txn *txn;

	assert_int_equal(w->kv->ops->begin(w->kv, true, &txn), 0);
	assert_int_equal(table_write(txn, table, &key, row, &scratch, &w->err), 0);
	assert_int_equal(w->kv->ops->commit(txn), 0);
	buf_fini(&scratch);
}

static void miscount(struct world *w, uint64_t chunk, int refs, int64_t live)
{
	struct proto_row_chunk row = world_chunk(w, chunk);

	row.refs += (uint32_t)refs;
	row.live += (uint64_t)live;
	write_row(w, META_CHUNK, key_u64(chunk), &row);
}

static uint64_t chunk_of(struct world *w, const char *path)
{
	struct meta_extents extents = {0};

	assert_int_equal(meta_extents(w->meta, path, 0, 0, 0, 1, &w->arena, &extents, &w->err), 0);
	return extents.extents[0].chunk;
}

static struct proto_op op_of_mend(struct told *told, const struct meta_checked *done)
{
	return (struct proto_op){.kind = PROTO_OP_MEND,
	        .mend = {
	                .chunks = told->mends,
	                .chunks_count = told->miscounts,
	                .add_files = done->add_files,
	                .add_dirs = done->add_dirs,
	                .add_bytes = done->add_bytes,
	                .add_chunks = done->add_chunks,
	        }};
}

static void a_database_that_is_well_has_nothing_to_mend(void **state)
{
	struct world *w = *state;
	struct told told;
	struct meta_checked done;

	world_must(w, op_of_mkdirs("/a/b"));
	world_put(w, "/a/b/f", 3);
	done = look(w, &told);
	assert_int_equal(told.faults, 0);
	assert_int_equal(told.miscounts, 0);
	assert_false(done.damaged || done.add_files || done.add_dirs || done.add_bytes ||
	             done.add_chunks);
	assert_int_equal(done.operation, world_counters(w).operation);
}

static void wrong_counts_are_found_and_mended(void **state)
{
	struct world *w = *state;
	struct proto_row_counters counters;
	struct meta_checked done;
	struct told told;

	world_put(w, "/one", 1);
	world_put(w, "/two", 2);
	counters = world_counters(w);
	counters.files += 7;
	counters.bytes -= 1000;
	counters.chunks -= 1;
	meta_close(w->meta);
	w->meta = NULL;
	write_row(w, META_COUNTERS, key_counters(), &counters);
	assert_int_equal(world_open(w, CLUSTER, false), 0);
	miscount(w, chunk_of(w, "/one"), 1, 500);
	miscount(w, chunk_of(w, "/two"), 0, -1);
	done = look(w, &told);
	assert_int_equal(told.miscounts, 2);
	assert_int_equal(told.about_chunk, 2);
	assert_int_equal(done.add_files, -7);
	assert_int_equal(done.add_bytes, 1000);
	assert_int_equal(done.add_chunks, 1);
	world_must(w, op_of_mend(&told, &done));
	assert_int_equal(w->result.value, 2);
	world_check(w->kv);
}

/* What happens between the check and the mending does not spoil it. */
static void a_chunk_that_changed_meanwhile_is_left_to_the_next_check(void **state)
{
	struct world *w = *state;
	struct meta_checked done;
	struct told told, again;

	world_put(w, "/one", 1);
	world_put(w, "/two", 1);
	miscount(w, chunk_of(w, "/one"), 1, 0);
	miscount(w, chunk_of(w, "/two"), 1, 0);
	done = look(w, &told);
	assert_int_equal(told.miscounts, 2);
	world_must(w, op_of_remove("/two"));
	world_put(w, "/three", 1);
	world_must(w, op_of_mend(&told, &done));
	assert_int_equal(w->result.value, 1);
	look(w, &again);
	/* What /two left behind says one reference and has none: deleting it is not for a check. */
	assert_int_equal(again.miscounts, 0);
	assert_true(again.faults > 0);
	world_must(w, op_of_mend(&told, &(struct meta_checked){0}));
	assert_int_equal(w->result.value, 0);
}

static void nothing_is_mended_to_nothing(void **state)
{
	struct world *w = *state;
	struct told told = {0};
	struct meta_checked none = {0};
	struct proto_op op;

	world_put(w, "/one", 1);
	told.miscounts = 1;
	told.mends[0] = (struct proto_mend_chunk){
	        .chunk = chunk_of(w, "/one"), .was_refs = 1, .was_live = 1000};
	op = op_of_mend(&told, &none);
	world_refuse(w, &op, DFS_E_INVAL, "without a reference");
}

static void a_mend_replays(void **state)
{
	struct world *w = *state;
	struct meta_checked done;
	struct kv *copy;
	struct told told;
	uint64_t from;

	world_put(w, "/one", 1);
	miscount(w, chunk_of(w, "/one"), 3, 3);
	copy = sim_kv_clone(w->kv);
	from = world_counters(w).operation + 1;
	done = look(w, &told);
	world_must(w, op_of_mend(&told, &done));
	world_put(w, "/two", 1);
	assert_int_equal(meta_replay(w->kv, copy, from, world_counters(w).operation, &w->err), 0);
	assert_int_equal(meta_compare(w->kv, copy, &w->err), 0);
	copy->ops->close(copy);
}

static void a_damaged_row_is_said_to_be_one(void **state)
{
	struct world *w = *state;
	struct kv_txn *txn;
	struct table_key key;
	struct told told;

	world_put(w, "/one", 1);
	key = key_u64(chunk_of(w, "/one"));
	assert_int_equal(w->kv->ops->begin(w->kv, true, &txn), 0);
	assert_int_equal(w->kv->ops->put(txn, META_CHUNK, (struct kv_bytes){key.bytes, key.size},
	                         (struct kv_bytes){"rubbish", 7}),
	        0);
	assert_int_equal(w->kv->ops->commit(txn), 0);
	assert_true(look(w, &told).damaged);
	assert_true(told.faults > 0);
}

static void names_are_found_however_deep_and_however_many(void **state)
{
	struct world *w = *state;
	struct meta_subject subjects[3] = {{META_ABOUT_INODE, 0}, {META_ABOUT_CHUNK, 0}};
	struct told told = {0};

	world_must(w, op_of_mkdirs("/a/b/c"));
	world_put(w, "/a/b/c/deep", 2);
	world_put(w, "/top", 1);
	world_put(w, "/other", 1);
	subjects[0].number = world_stat(w, "/top").inode;
	subjects[1].number = chunk_of(w, "/a/b/c/deep");
	assert_int_equal(meta_paths(w->kv, subjects, 2, on_path, &told, &w->err), 0);
	assert_int_equal(told.names, 2);
	for (unsigned i = 0; i < 2; i++)
		assert_string_equal(told.paths[i], told.subjects[i] == 0 ? "/top" : "/a/b/c/deep");
	/* After a move, and in the trash. */
	world_must(w, op_of_rename("/a/b", "/z"));
	told = (struct told){0};
	assert_int_equal(meta_paths(w->kv, subjects, 2, on_path, &told, &w->err), 0);
	assert_int_equal(told.names, 2);
	assert_string_equal(told.paths[told.subjects[0] == 1 ? 0 : 1], "/z/c/deep");
	world_must(w, op_of_trash("/z", 0, 1000000));
	told = (struct told){0};
	assert_int_equal(meta_paths(w->kv, subjects + 1, 1, on_path, &told, &w->err), 0);
	assert_int_equal(told.names, 1);
	assert_string_equal(told.paths[0], "/z/c/deep (in the trash)");
	told = (struct told){0};
	assert_int_equal(meta_paths(w->kv, subjects, 0, on_path, &told, &w->err), 0);
	assert_int_equal(told.names, 0);
}

/* Without the check of world_teardown: the test leaves it damaged. */
static int teardown_damaged(void **state)
{
	world_destroy(*state);
	return 0;
}

int main(void)
{
#define DAMAGED(name) cmocka_unit_test_setup_teardown(name, world_setup, teardown_damaged)
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(a_database_that_is_well_has_nothing_to_mend),
	        TEST(wrong_counts_are_found_and_mended),
	        DAMAGED(a_chunk_that_changed_meanwhile_is_left_to_the_next_check),
	        TEST(nothing_is_mended_to_nothing),
	        TEST(a_mend_replays),
	        DAMAGED(a_damaged_row_is_said_to_be_one),
	        TEST(names_are_found_however_deep_and_however_many),
	};

	return cmocka_run_group_tests_name("meta_fsck", tests, NULL, NULL);
}
