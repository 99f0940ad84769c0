/* SPDX-License-Identifier: MIT */
/* The trash (RULES 14): what goes in comes back as it was, or leaves for good; nothing is half-way.
 */
#include <stdio.h>
#include <string.h>
#include "world.h"

static const uint64_t DAY = 86400000;

static void refuse(struct world *w, struct proto_op op, int code, const char *part)
{
	world_refuse(w, &op, code, part);
}

static uint64_t thrown(struct world *w, const char *path)
{
	world_must(w, op_of_trash(path, 1000, DAY));
	return w->result.operation;
}

static struct proto_op op_of_drop(uint64_t *entries, size_t count, uint64_t living_ms)
{
	return (struct proto_op){.kind = PROTO_OP_TRASH_DROP,
	        .trash_drop = {.entries = entries,
	                .entries_count = count,
	                .living_ms = living_ms,
	                .rows = 10000}};
}

static struct proto_row_trash_count counted(struct world *w)
{
	struct proto_row_trash_count count;

	assert_int_equal(meta_trash_count(w->meta, &count), 0);
	return count;
}

/* All of an attr but what a name has: time of the reading, place. */
static void same_attr(const struct proto_attr *a, const struct proto_attr *b)
{
	assert_int_equal(a->inode, b->inode);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->generation, b->generation);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->uid, b->uid);
	assert_int_equal(a->gid, b->gid);
	assert_int_equal(a->mtime_ns, b->mtime_ns);
	assert_int_equal(a->goal, b->goal);
	assert_int_equal(a->links, b->links);
}

static size_t extents_of(struct world *w, const char *path)
{
	struct meta_extents extents;

	assert_int_equal(meta_extents(w->meta, path, 0, 0, 0, 0, &w->arena, &extents, &w->err), 0);
	return extents.count;
}

static void a_file_comes_back_as_it_was(void **state)
{
	struct world *w = *state;
	struct proto_attr before, after;
	struct proto_row_trash row;
	uint64_t entry;

	world_must(w, op_of_mkdir("/d"));
	world_put(w, "/d/f", 3);
	before = world_stat(w, "/d/f");
	entry = thrown(w, "/d/f");
	assert_int_equal(world_stat_code(w, "/d/f"), DFS_E_NOENT);
	assert_int_equal(world_stat(w, "/d").size, 0);
	assert_string_equal(w->result.attr.name, "f");
	assert_int_equal(meta_trash(w->meta, entry, &w->arena, &row, &w->err), 0);
	assert_string_equal(row.path, "/d/f");
	assert_string_equal(row.by, "ada");
	assert_int_equal(row.inode, before.inode);
	assert_int_equal(row.living_ms, 1000);
	assert_int_equal(row.keep_ms, DAY);
	assert_int_equal(counted(w).entries, 1);
	assert_int_equal(counted(w).files, 1);
	assert_int_equal(counted(w).bytes, 3000);
	world_check(w->kv);
	world_must(w, op_of_undelete("/d/f", NULL, 0));
	after = world_stat(w, "/d/f");
	same_attr(&before, &after);
	assert_int_equal(extents_of(w, "/d/f"), 3);
	assert_int_equal(counted(w).entries, 0);
	assert_int_equal(counted(w).bytes, 0);
	refuse(w, op_of_undelete("/d/f", NULL, 0), DFS_E_NOENT, "nothing in the trash");
}

static void a_reader_goes_on_with_a_file_in_the_trash(void **state)
{
	struct world *w = *state;
	struct meta_extents extents;
	struct proto_attr attr;

	world_put(w, "/f", 2);
	attr = world_stat(w, "/f");
	thrown(w, "/f");
	assert_int_equal(meta_extents(w->meta, NULL, attr.inode, attr.generation, 0, 0, &w->arena,
	                         &extents, &w->err),
	        0);
	assert_int_equal(extents.count, 2);
}

static void a_tree_goes_and_returns_in_one_operation(void **state)
{
	struct world *w = *state;
	struct proto_attr before, after;
	uint64_t operations;
	char path[64];

	world_must(w, op_of_mkdirs("/t/a/b"));
	for (int i = 0; i < 50; i++) {
		snprintf(path, sizeof(path), "/t/a/f%d", i);
		world_put(w, path, 1);
	}
	world_must(w, op_of_symlink("/t/a/b/l", "../f1"));
	before = world_stat(w, "/t/a/f7");
	operations = meta_operation(w->meta);
	thrown(w, "/t");
	assert_int_equal(meta_operation(w->meta), operations + 1);
	assert_int_equal(world_stat_code(w, "/t/a/f7"), DFS_E_NOENT);
	assert_false(meta_purge_pending(w->meta));
	/* Nobody gets at what is below: it has no path. */
	refuse(w, op_of_create("/t/a/new"), DFS_E_NOENT, "/t: no such directory");
	refuse(w, op_of_rename("/t/a/f1", "/x"), DFS_E_NOENT, "/t");
	refuse(w, op_of_remove("/t/a/f1"), DFS_E_NOENT, "/t");
	refuse(w, op_of_undelete("/t/a/f1", NULL, 0), DFS_E_NOENT, "nothing in the trash");
	world_check(w->kv);
	world_must(w, op_of_undelete("/t", "/u", 0));
	after = world_stat(w, "/u/a/f7");
	same_attr(&before, &after);
	assert_string_equal(world_stat(w, "/u/a/b/l").target, "../f1");
	world_must(w, op_of_rename("/u/a", "/a")); /* its directories know where they are */
	world_must(w, op_of_create("/a/new"));
}

static void refusals_of_the_trash(void **state)
{
	struct world *w = *state;
	struct proto_op op;
	uint64_t entry;

	world_must(w, op_of_mkdirs("/d/e"));
	world_put(w, "/f", 1);
	op = op_of_trash("/d", 1, 1);
	op.trash_move.recursive = false;
	refuse(w, op, DFS_E_ISDIR, "is a directory");
	refuse(w, op_of_trash("/x", 1, 1), DFS_E_NOENT, "/x: no such file");
	refuse(w, op_of_trash("/x/y", 1, 1), DFS_E_NOENT, "/x: no such directory");
	refuse(w, op_of_trash("/", 1, 1), DFS_E_INVAL, "root");
	refuse(w, op_of_trash("/.dfs", 1, 1), DFS_E_PERM, ".dfs");
	refuse(w, op_of_trash("/.dfs/trash/1", 1, 1), DFS_E_PERM, ".dfs");
	refuse(w, op_of_trash("/f", 1, 0), DFS_E_INVAL, "ten years");
	refuse(w, op_of_trash("/f", 1, 3654 * DAY), DFS_E_INVAL, "ten years");
	refuse(w, op_of_trash("/f", UINT64_MAX, 1), DFS_E_INVAL, "has lived");
	refuse(w, op_of_undelete("/f", NULL, 0), DFS_E_NOENT, "/f: nothing in the trash");
	refuse(w, op_of_undelete("/f", NULL, 5), DFS_E_NOENT, "5 is not the number");
	world_must(w, op_of_trash("/f", 1, 3653 * DAY));
	entry = w->result.operation;
	refuse(w, op_of_undelete("/d", NULL, entry), DFS_E_NOENT, "is not the number");
	world_put(w, "/f", 2);
	refuse(w, op_of_undelete("/f", NULL, 0), DFS_E_EXIST, "/f: already exists");
	refuse(w, op_of_undelete("/f", "/d", 0), DFS_E_EXIST, "(--to)");
	refuse(w, op_of_undelete("/f", "/x/y", 0), DFS_E_NOENT, "(--to)");
	refuse(w, op_of_undelete("/f", "/f/y", 0), DFS_E_NOTDIR, "(--to)");
	refuse(w, op_of_undelete("/f", "/", 0), DFS_E_INVAL, "root");
	refuse(w, op_of_undelete("/f", "/.dfs/x", 0), DFS_E_PERM, ".dfs");
	world_must(w, op_of_undelete("/f", "/d/e/g", entry));
	assert_int_equal(world_stat(w, "/d/e/g").size, 1000);
	refuse(w, (struct proto_op){.kind = PROTO_OP_TRASH_LIVE, .trash_live = {UINT64_MAX}},
	        DFS_E_INVAL, "has lived");
	refuse(w, (struct proto_op){.kind = PROTO_OP_TRASH_MEASURE, .trash_measure = {4, 1, 1, 1}},
	        DFS_E_NOENT, "4 is not in the trash");
	entry = 4;
	refuse(w, op_of_drop(&entry, 1, 0), DFS_E_NOENT, "4 is not in the trash");
}

/* The parent that it came from was thrown away after it, or made anew. */
static void undelete_needs_a_parent_of_now(void **state)
{
	struct world *w = *state;

	world_must(w, op_of_mkdir("/d"));
	world_put(w, "/d/f", 1);
	thrown(w, "/d/f");
	thrown(w, "/d");
	refuse(w, op_of_undelete("/d/f", NULL, 0), DFS_E_NOENT,
	        "/d: no such directory: make it, or undelete elsewhere (--to)");
	world_must(w, op_of_mkdir("/d"));
	world_must(w, op_of_undelete("/d/f", NULL, 0));
	assert_int_equal(world_stat(w, "/d/f").size, 1000);
	refuse(w, op_of_undelete("/d", NULL, 0), DFS_E_EXIST, "--to");
	world_must(w, op_of_undelete("/d", "/d/d", 0));
}

static void the_newest_of_a_path_comes_first(void **state)
{
	struct world *w = *state;
	uint64_t entries[4], found;
	struct proto_row_trash row;

	for (int i = 0; i < 4; i++) {
		world_put(w, "/f", (size_t)i + 1);
		entries[i] = thrown(w, "/f");
	}
	assert_int_equal(meta_trash_newest(w->meta, "/f", &w->arena, &found, &row, &w->err), 0);
	assert_int_equal(found, entries[3]);
	world_must(w, op_of_undelete("/f", "/newest", 0));
	world_must(w, op_of_undelete("/f", "/second", entries[1]));
	world_must(w, op_of_undelete("/f", "/third", 0));
	world_must(w, op_of_undelete("/f", NULL, 0));
	assert_int_equal(world_stat(w, "/newest").size, 4000);
	assert_int_equal(world_stat(w, "/second").size, 2000);
	assert_int_equal(world_stat(w, "/third").size, 3000);
	assert_int_equal(world_stat(w, "/f").size, 1000);
	assert_int_equal(
	        meta_trash_newest(w->meta, "/f", &w->arena, &found, &row, &w->err), DFS_E_NOENT);
}

/* ---- the end of what is in it ---- */

struct due {
	uint64_t entries[16];
	size_t count;
};

static int take_due(void *arg, uint64_t entry)
{
	struct due *due = arg;

	due->entries[due->count++] = entry;
	return due->count == 16;
}

static void what_is_due_goes_in_the_order_of_its_time(void **state)
{
	struct world *w = *state;
	struct due due = {.count = 0};
	uint64_t entries[3];
	static const uint64_t keeps[] = {300, 100, 200};
	char path[16];

	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/f%d", i);
		world_put(w, path, 1);
		world_must(w, op_of_trash(path, 1000, keeps[i]));
		entries[i] = w->result.operation;
	}
	assert_int_equal(meta_each_trash_due(w->meta, 1099, 0, take_due, &due), 0);
	assert_int_equal(due.count, 0);
	assert_int_equal(meta_each_trash_due(w->meta, 1250, 0, take_due, &due), 0);
	assert_int_equal(due.count, 2);
	assert_int_equal(due.entries[0], entries[1]);
	assert_int_equal(due.entries[1], entries[2]);
	/* Whoever asks for more than what is due gets what is due. */
	world_must(w, op_of_drop(entries, 3, 1250));
	assert_int_equal(w->result.value, 2);
	assert_int_equal(counted(w).entries, 1);
	assert_int_equal(counted(w).living_ms, 1250);
	assert_int_equal(world_counters(w).files, 1);
	assert_int_equal(world_counters(w).chunks, 1);
	world_must(w, op_of_drop(entries, 3, 0)); /* by hand: at any time */
	assert_int_equal(w->result.value, 1);
	assert_int_equal(world_counters(w).chunks, 0);
	world_must(w, op_of_drop(entries, 3, 0));
	assert_int_equal(w->result.value, 0);
}

static void a_dropped_tree_is_purged_in_steps(void **state)
{
	struct world *w = *state;
	uint64_t entry;
	char path[64];
	int steps = 0;

	world_must(w, op_of_mkdirs("/t/a"));
	for (int i = 0; i < 30; i++) {
		snprintf(path, sizeof(path), "/t/a/f%d", i);
		world_put(w, path, 2);
	}
	entry = thrown(w, "/t");
	world_must(w, op_of_drop(&entry, 1, 0));
	assert_int_equal(counted(w).entries, 0);
	assert_true(meta_purge_pending(w->meta));
	world_check(w->kv);
	for (; meta_purge_pending(w->meta); steps++)
		world_must(w, op_of_purge(20));
	assert_true(steps > 5);
	assert_int_equal(world_counters(w).files, 0);
	assert_int_equal(world_counters(w).dirs, 0);
	assert_int_equal(world_counters(w).chunks, 0);
}

static void one_drop_touches_a_bounded_number_of_rows(void **state)
{
	struct world *w = *state;
	struct proto_op op;
	uint64_t entries[20];
	char path[16];
	int steps = 0;

	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "/f%d", i);
		world_put(w, path, 6);
		entries[i] = thrown(w, path);
	}
	for (; counted(w).entries > 0; steps++) {
		op = op_of_drop(entries, 20, 0);
		op.trash_drop.rows = 25;
		world_must(w, op);
		assert_in_range(w->result.value, 1, 3);
	}
	assert_true(steps >= 7);
}

static void living_time_never_goes_back(void **state)
{
	struct world *w = *state;
	struct proto_row_trash row;

	world_must(w, (struct proto_op){.kind = PROTO_OP_TRASH_LIVE, .trash_live = {5000}});
	world_must(w, (struct proto_op){.kind = PROTO_OP_TRASH_LIVE, .trash_live = {4000}});
	assert_int_equal(counted(w).living_ms, 5000);
	world_put(w, "/f", 1);
	world_must(w, op_of_trash("/f", 3000, 10));
	assert_int_equal(meta_trash(w->meta, w->result.operation, &w->arena, &row, &w->err), 0);
	assert_int_equal(row.living_ms, 5000);
	assert_int_equal(world_reopen(w, CLUSTER, false), 0);
	assert_int_equal(counted(w).living_ms, 5000);
}

static void a_counted_tree_is_in_the_sums(void **state)
{
	struct world *w = *state;
	struct proto_row_trash row;
	uint64_t entry;

	world_must(w, op_of_mkdir("/t"));
	world_put(w, "/t/f", 2);
	entry = thrown(w, "/t");
	assert_int_equal(meta_trash(w->meta, entry, &w->arena, &row, &w->err), 0);
	assert_false(row.counted);
	assert_int_equal(counted(w).dirs, 1);
	assert_int_equal(counted(w).bytes, 0);
	world_must(w, (struct proto_op){.kind = PROTO_OP_TRASH_MEASURE,
	                      .trash_measure = {entry, 1, 1, 2000}});
	assert_int_equal(meta_trash(w->meta, entry, &w->arena, &row, &w->err), 0);
	assert_true(row.counted);
	assert_int_equal(counted(w).files, 1);
	assert_int_equal(counted(w).bytes, 2000);
	world_check(w->kv);
	world_must(w, op_of_undelete("/t", NULL, 0));
	assert_int_equal(counted(w).files, 0);
	assert_int_equal(counted(w).bytes, 0);
	world_must(w, op_of_mkdir("/empty"));
	entry = thrown(w, "/empty"); /* nothing to count */
	assert_int_equal(meta_trash(w->meta, entry, &w->arena, &row, &w->err), 0);
	assert_true(row.counted);
}

/* ---- write sessions ---- */

static void a_commit_into_a_directory_in_the_trash_is_refused(void **state)
{
	struct world *w = *state;
	uint64_t chunk, at = 0, session;
	struct proto_extent_new extent;

	world_must(w, op_of_mkdirs("/t/a"));
	session = world_session(w, "/t/a/f", 1, &chunk);
	extent = extent_of(&at, chunk, 0, 10);
	thrown(w, "/t");
	refuse(w, op_of_commit(session, at, &extent, 1), DFS_E_NOENT,
	        "is in the trash: undelete it");
	world_must(w, op_of_undelete("/t", "/u", 0));
	world_must(w, op_of_commit(session, at, &extent, 1));
	assert_int_equal(world_stat(w, "/u/a/f").size, 10);
}

static void a_commit_into_a_dropped_directory_is_refused(void **state)
{
	struct world *w = *state;
	uint64_t chunk, at = 0, entry, session;
	struct proto_extent_new extent;

	world_must(w, op_of_mkdirs("/t/a"));
	session = world_session(w, "/t/a/f", 1, &chunk);
	extent = extent_of(&at, chunk, 0, 10);
	entry = thrown(w, "/t");
	world_must(w, op_of_drop(&entry, 1, 0));
	refuse(w, op_of_commit(session, at, &extent, 1), DFS_E_NOENT, "has been removed");
	while (meta_purge_pending(w->meta))
		world_must(w, op_of_purge(10));
	refuse(w, op_of_commit(session, at, &extent, 1), DFS_E_NOENT, "has been removed");
}

/* ---- repeats and crashes ---- */

static void repeats_of_the_trash_get_their_first_answer(void **state)
{
	struct world *w = *state;
	struct proto_op ops[3];
	uint64_t entry, value, operation;

	world_put(w, "/f", 1);
	entry = meta_operation(w->meta) + 1;
	ops[0] = op_of_trash("/f", 10, DAY);
	ops[1] = op_of_undelete("/f", "/g", entry);
	w->client = 7;
	for (int i = 0; i < 2; i++) {
		w->sequence = (uint64_t)i + 1;
		world_must(w, ops[i]);
		value = w->result.value;
		operation = w->result.operation;
		world_must(w, ops[i]);
		assert_true(w->result.repeated);
		assert_int_equal(w->result.value, value);
		assert_int_equal(w->result.operation, operation);
		assert_string_equal(w->result.attr.name, i ? "g" : "f");
	}
	w->client = 0;
	entry = thrown(w, "/g");
	w->client = 7;
	w->sequence = 3;
	ops[2] = op_of_drop(&entry, 1, 0);
	world_must(w, ops[2]);
	world_must(w, ops[2]);
	assert_true(w->result.repeated);
	assert_int_equal(w->result.value, 1);
	w->sequence = 1; /* its inode is gone by now */
	world_must(w, ops[0]);
	assert_true(w->result.repeated);
	assert_int_equal(w->result.attr.size, 1000);
}

static void count_told(void *arg, const struct meta_result *result)
{
	*(int *)arg += result->code == 0;
}

/* At any step of the disk: a name is in its place or in the trash, never in neither or both. */
static void crash_leaves_a_name_in_one_place(void **state)
{
	int seen[2] = {0};

	for (int try = 0; try < 60; try++) {
		struct world *w = world_create(false, 200 + (uint64_t)try);
		int told = 0;
		bool f, g;

		world_must(w, op_of_mkdirs("/d/e"));
		world_put(w, "/d/f", 2);
		world_put(w, "/d/e/f", 2);
		for (int i = 0; i < 3; i++) {
			uint64_t entry = meta_operation(w->meta) + 1;
			struct proto_op ops[] = {op_of_trash("/d", 1, DAY),
			        op_of_undelete("/d", "/g", 0), op_of_trash("/g", 2, DAY),
			        op_of_drop(&entry, 1, 0)};

			meta_submit(w->meta, &ops[i], 0, 0, count_told, &told);
		}
		for (int steps = 0; steps < try % 12; steps++)
			sim_step(w->sim);
		sim_host_crash(w->host, false);
		meta_close(w->meta);
		sim_host_restart(w->host);
		assert_int_equal(world_open(w, CLUSTER, false), 0);
		world_check(w->kv);
		f = world_stat_code(w, "/d") == 0;
		g = world_stat_code(w, "/g") == 0;
		assert_int_equal(f + g + counted(w).entries, 1);
		assert_true(!(told > 0 && f)); /* what was answered is done */
		seen[f]++;
		if (g) {
			assert_int_equal(extents_of(w, "/g/e/f"), 2);
		} else if (!f) {
			struct proto_row_trash row;
			uint64_t entry;
			bool first = meta_trash_newest(
			                     w->meta, "/d", &w->arena, &entry, &row, &w->err) == 0;

			world_must(w, op_of_undelete(first ? "/d" : "/g", "/back", 0));
			assert_int_equal(extents_of(w, "/back/f"), 2);
		}
		world_check(w->kv);
		world_destroy(w);
	}
	assert_true(seen[0] > 0 && seen[1] > 0);
}

static void an_older_database_has_an_empty_trash(void **state)
{
	struct world *w = *state;
	struct due due = {.count = 0};

	assert_int_equal(counted(w).entries, 0);
	assert_int_equal(counted(w).living_ms, 0);
	assert_int_equal(meta_each_trash_due(w->meta, UINT64_MAX, 0, take_due, &due), 0);
	assert_int_equal(due.count, 0);
}

struct names {
	char text[256];
	uint64_t bytes;
};

static int take_name(
        void *arg, const char *name, const struct proto_row_dentry *dentry, uint64_t size)
{
	struct names *names = arg;

	strcat(names->text, name);
	strcat(names->text, dentry->kind == PROTO_KIND_DIR ? "/ " : " ");
	names->bytes += size;
	return 0;
}

static void names_below_the_trash_are_walked_by_inode(void **state)
{
	struct world *w = *state;
	struct names names = {.bytes = 0};
	uint64_t dir;

	world_must(w, op_of_mkdirs("/t/sub"));
	world_put(w, "/t/a", 1);
	world_put(w, "/t/b", 2);
	world_must(w, op_of_symlink("/t/l", "x"));
	world_must(w, op_of_mkdir("/u")); /* the next directory's names are not its own */
	world_put(w, "/u/z", 1);
	dir = world_stat(w, "/t").inode;
	thrown(w, "/t");
	assert_int_equal(meta_each_name(w->meta, dir, "", 10, take_name, &names), 0);
	assert_string_equal(names.text, "a b l sub/ ");
	assert_int_equal(names.bytes, 3000);
	names.text[0] = '\0';
	assert_int_equal(meta_each_name(w->meta, dir, "b", 1, take_name, &names), 0);
	assert_string_equal(names.text, "l ");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_file_comes_back_as_it_was),
	        TEST(a_reader_goes_on_with_a_file_in_the_trash),
	        TEST(a_tree_goes_and_returns_in_one_operation),
	        TEST(refusals_of_the_trash),
	        TEST(undelete_needs_a_parent_of_now),
	        TEST(the_newest_of_a_path_comes_first),
	        TEST(what_is_due_goes_in_the_order_of_its_time),
	        TEST(a_dropped_tree_is_purged_in_steps),
	        TEST(one_drop_touches_a_bounded_number_of_rows),
	        TEST(living_time_never_goes_back),
	        TEST(a_counted_tree_is_in_the_sums),
	        TEST(a_commit_into_a_directory_in_the_trash_is_refused),
	        TEST(a_commit_into_a_dropped_directory_is_refused),
	        TEST(repeats_of_the_trash_get_their_first_answer),
	        cmocka_unit_test(crash_leaves_a_name_in_one_place),
	        TEST(an_older_database_has_an_empty_trash),
	        TEST(names_below_the_trash_are_walked_by_inode),
	};

	return cmocka_run_group_tests_name("meta_trash", tests, NULL, NULL);
}
