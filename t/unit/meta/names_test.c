/* SPDX-License-Identifier: MIT */
/* Operations on names: what each does, and each refusal, which changes nothing (RULES 18). */
#include <stdio.h>
#include <string.h>
#include "world.h"

static void refuse(struct world *w, struct proto_op op, int code, const char *part)
{
	world_refuse(w, &op, code, part);
}

static void new_database_has_a_root(void **state)
{
	struct world *w = *state;
	struct proto_attr attr = world_stat(w, "/");

	assert_int_equal(attr.kind, PROTO_KIND_DIR);
	assert_int_equal(attr.inode, 1);
	assert_int_equal(attr.size, 0);
	assert_string_equal(attr.name, "/");
	assert_int_equal(world_counters(w).dirs, 0);
}

static void mkdir_makes_a_directory(void **state)
{
	struct world *w = *state;
	struct proto_op op = op_of_mkdir("/a");
	struct proto_attr attr;

	op.mkdir.mode = 0700;
	op.mkdir.mtime_ns = 12345;
	op.mkdir.uid = 7;
	op.mkdir.gid = 8;
	world_must(w, op);
	assert_string_equal(w->result.attr.name, "a");
	attr = world_stat(w, "/a");
	assert_int_equal(attr.inode, w->result.value);
	assert_int_equal(attr.kind, PROTO_KIND_DIR);
	assert_int_equal(attr.mode, 0700);
	assert_int_equal(attr.mtime_ns, 12345);
	assert_int_equal(attr.uid, 7);
	assert_int_equal(attr.gid, 8);
	assert_int_equal(attr.links, 1);
	assert_int_equal(world_stat(w, "/").size, 1);
	assert_int_equal(world_stat(w, "/").mtime_ns, world_counters(w).wall_ms * 1000000);
	assert_int_equal(world_counters(w).dirs, 1);
}

static void mkdir_makes_parents_where_asked(void **state)
{
	struct world *w = *state;

	refuse(w, op_of_mkdir("/a/b/c"), DFS_E_NOENT, "/a: no such directory");
	world_must(w, op_of_mkdirs("/a/b/c"));
	assert_string_equal(w->result.attr.name, "c");
	assert_int_equal(world_stat(w, "/a/b").size, 1);
	assert_int_equal(world_stat(w, "/a/b/c").kind, PROTO_KIND_DIR);
	world_must(w, op_of_mkdirs("/a/b/c"));
	assert_int_equal(w->result.attr.inode, world_stat(w, "/a/b/c").inode);
	world_must(w, op_of_mkdirs("/a/b/c/d/e"));
	world_must(w, op_of_mkdirs("/"));
	assert_int_equal(w->result.attr.inode, 1);
	assert_int_equal(world_counters(w).dirs, 5);
	world_must(w, op_of_create("/a/f"));
	refuse(w, op_of_mkdirs("/a/f"), DFS_E_EXIST, "/a/f: already exists");
	refuse(w, op_of_mkdirs("/a/f/g"), DFS_E_NOTDIR, "/a/f: not a directory");
	refuse(w, op_of_mkdirs("/a/x//y"), DFS_E_NAME, "empty");
	refuse(w, op_of_mkdirs("/a/x/../y"), DFS_E_NAME, "..");
}

static void mkdir_refuses(void **state)
{
	struct world *w = *state;
	struct proto_op op = op_of_mkdir("/m");
	char longest[5000];

	world_must(w, op_of_mkdir("/a"));
	world_must(w, op_of_create("/f"));
	world_must(w, op_of_symlink("/l", "/a"));
	refuse(w, op_of_mkdir("/a"), DFS_E_EXIST, "/a: already exists");
	refuse(w, op_of_mkdir("/f"), DFS_E_EXIST, "/f: already exists");
	refuse(w, op_of_mkdir("/"), DFS_E_EXIST, "already exists");
	refuse(w, op_of_mkdir("/f/b"), DFS_E_NOTDIR, "/f: not a directory");
	refuse(w, op_of_mkdir("/l/b"), DFS_E_NOTDIR, "/l: a symbolic link");
	refuse(w, op_of_mkdir("/.dfs/b"), DFS_E_PERM, "/.dfs");
	refuse(w, op_of_mkdir("/a/.snapshots"), DFS_E_PERM, ".snapshots");
	refuse(w, op_of_mkdir("a"), DFS_E_NAME, "begins with '/'");
	refuse(w, op_of_mkdir("/a/"), DFS_E_NAME, "empty");
	refuse(w, op_of_mkdir("/b\n"), DFS_E_NAME, "control byte");
	op.mkdir.mode = 010000;
	refuse(w, op, DFS_E_INVAL, "07777");
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[257] = '\0';
	refuse(w, op_of_mkdir(longest), DFS_E_NAME, "255");
	longest[257] = 'x';
	longest[4999] = '\0';
	refuse(w, op_of_mkdir(longest), DFS_E_TOOBIG, "too large");
}

static void names_are_bytes(void **state)
{
	struct world *w = *state;
	char path[300] = "/";

	memset(path + 1, 0xe9, 255);
	world_must(w, op_of_create(path));
	assert_int_equal(strlen(world_stat(w, path).name), 255);
	world_must(w, op_of_create("/\xff\xfe %41"));
	assert_string_equal(world_stat(w, "/\xff\xfe %41").name, "\xff\xfe %41");
	assert_int_equal(world_stat_code(w, "/\xff\xfe A"), DFS_E_NOENT);
}

static void create_makes_an_empty_file(void **state)
{
	struct world *w = *state;
	struct proto_attr attr;

	world_must(w, op_of_create("/f"));
	attr = world_stat(w, "/f");
	assert_int_equal(attr.kind, PROTO_KIND_FILE);
	assert_int_equal(attr.size, 0);
	assert_int_equal(attr.generation, 1);
	assert_int_equal(attr.goal, 2);
	assert_int_equal(attr.links, 1);
	assert_int_equal(world_counters(w).files, 1);
	refuse(w, op_of_create("/f"), DFS_E_EXIST, "/f");
	refuse(w, op_of_create("/"), DFS_E_INVAL, "root");
	refuse(w, op_of_create("/x/f"), DFS_E_NOENT, "/x: no such directory");
	refuse(w, op_of_create("/.dfs"), DFS_E_PERM, ".dfs");
}

static void symlinks_are_stored_not_followed(void **state)
{
	struct world *w = *state;
	char target[4097];

	world_must(w, op_of_mkdir("/d"));
	world_must(w, op_of_symlink("/l", "/d/../x"));
	assert_string_equal(w->result.attr.target, "/d/../x");
	assert_string_equal(world_stat(w, "/l").target, "/d/../x");
	assert_int_equal(world_stat(w, "/l").size, 7);
	assert_int_equal(world_stat_code(w, "/l/x"), DFS_E_NOTDIR);
	memset(target, 't', sizeof(target));
	target[4095] = '\0';
	world_must(w, op_of_symlink("/long", target));
	assert_string_equal(world_stat(w, "/long").target, target);
	refuse(w, op_of_symlink("/l", "x"), DFS_E_EXIST, "/l");
	refuse(w, op_of_symlink("/e", ""), DFS_E_INVAL, "target");
	target[4095] = 't';
	target[4096] = '\0';
	refuse(w, op_of_symlink("/e", target), DFS_E_TOOBIG, "too large");
	world_must(w, op_of_remove("/l"));
	assert_int_equal(world_counters(w).files, 1);
}

static void remove_takes_names(void **state)
{
	struct world *w = *state;
	struct proto_op rmdir = op_of_remove("/d");

	rmdir.remove.directory = true;
	world_must(w, op_of_mkdir("/d"));
	world_must(w, op_of_create("/d/f"));
	refuse(w, op_of_remove("/d"), DFS_E_ISDIR, "is a directory");
	refuse(w, rmdir, DFS_E_NOTEMPTY, "not empty");
	refuse(w, op_of_remove("/d/x"), DFS_E_NOENT, "/d/x: no such file");
	refuse(w, op_of_remove("/x/y"), DFS_E_NOENT, "/x: no such directory");
	refuse(w, op_of_remove_all("/"), DFS_E_INVAL, "root");
	refuse(w, op_of_remove_all("/.dfs"), DFS_E_PERM, ".dfs");
	world_must(w, op_of_remove("/d/f"));
	assert_string_equal(w->result.attr.name, "f");
	assert_int_equal(world_stat(w, "/d").size, 0);
	world_must(w, op_of_create("/f"));
	rmdir.remove.path = "/f";
	refuse(w, rmdir, DFS_E_NOTDIR, "/f: not a directory");
	rmdir.remove.path = "/d";
	world_must(w, rmdir);
	assert_int_equal(world_stat_code(w, "/d"), DFS_E_NOENT);
	assert_false(meta_purge_pending(w->meta));
	assert_int_equal(world_counters(w).dirs, 0);
	assert_int_equal(world_counters(w).files, 1);
}

static void recursive_remove_hides_at_once_and_is_purged_in_steps(void **state)
{
	struct world *w = *state;
	char path[64];
	int steps = 0;

	for (int d = 0; d < 5; d++) {
		snprintf(path, sizeof(path), "/t/d%d/e%d", d, d);
		world_must(w, op_of_mkdirs(path));
		for (int f = 0; f < 10; f++) {
			snprintf(path, sizeof(path), "/t/d%d/f%d", d, f);
			world_put(w, path, 2);
		}
	}
	world_must(w, op_of_create("/stays"));
	world_must(w, op_of_remove_all("/t"));
	assert_int_equal(world_stat_code(w, "/t"), DFS_E_NOENT);
	assert_int_equal(world_stat_code(w, "/t/d0/f0"), DFS_E_NOENT);
	assert_int_equal(world_stat(w, "/").size, 1);
	assert_true(meta_purge_pending(w->meta));
	world_must(w, op_of_mkdir("/t")); /* the name is free */
	while (meta_purge_pending(w->meta)) {
		struct proto_row_counters before = world_counters(w);

		world_must(w, op_of_purge(10));
		world_check(w->kv);
		assert_true(before.files - world_counters(w).files <= 10);
		steps++;
	}
	assert_true(steps > 10);
	assert_int_equal(world_counters(w).files, 1);
	assert_int_equal(world_counters(w).dirs, 1);
	assert_int_equal(world_counters(w).bytes, 0);
	assert_int_equal(world_counters(w).chunks, 0);
	world_must(w, op_of_purge(10)); /* nothing left is no error */
}

static void purge_goes_on_after_a_restart(void **state)
{
	struct world *w = *state;

	world_must(w, op_of_mkdirs("/t/a/b"));
	world_must(w, op_of_remove_all("/t"));
	assert_int_equal(world_reopen(w, CLUSTER, false), 0);
	assert_true(meta_purge_pending(w->meta));
	world_must(w, op_of_purge(10000));
	assert_false(meta_purge_pending(w->meta));
	assert_int_equal(world_counters(w).dirs, 0);
}

static void rename_moves(void **state)
{
	struct world *w = *state;
	uint64_t inode;

	world_must(w, op_of_mkdirs("/a/b"));
	world_must(w, op_of_mkdir("/c"));
	world_must(w, op_of_create("/a/b/f"));
	inode = world_stat(w, "/a/b/f").inode;
	world_must(w, op_of_rename("/a/b/f", "/c/g"));
	assert_int_equal(w->result.value, inode);
	assert_string_equal(w->result.attr.name, "g");
	assert_int_equal(world_stat(w, "/c/g").inode, inode);
	assert_int_equal(world_stat_code(w, "/a/b/f"), DFS_E_NOENT);
	assert_int_equal(world_stat(w, "/a/b").size, 0);
	assert_int_equal(world_stat(w, "/c").size, 1);
	world_must(w, op_of_rename("/c", "/a/b/c"));
	assert_int_equal(world_stat(w, "/a/b/c/g").inode, inode);
	assert_int_equal(world_stat_code(w, "/c/g"), DFS_E_NOENT);
	world_must(w, op_of_rename("/a/b/c/g", "/a/b/c/h")); /* in one directory */
	assert_int_equal(world_stat(w, "/a/b/c").size, 1);
	world_must(w, op_of_rename("/a/b/c/h", "/a/b/c/h")); /* onto itself */
	assert_int_equal(world_stat(w, "/a/b/c/h").inode, inode);
	/* What stood below a moved directory is found at its new place only, also by operations. */
	world_must(w, op_of_create("/a/b/c/i"));
	world_must(w, op_of_rename("/a/b", "/z"));
	refuse(w, op_of_create("/a/b/c/j"), DFS_E_NOENT, "/a/b: no such directory");
	world_must(w, op_of_create("/z/c/j"));
}

static void rename_replaces_its_like(void **state)
{
	struct world *w = *state;
	struct proto_op careful = op_of_rename("/f", "/g");

	world_must(w, op_of_create("/f"));
	world_put(w, "/g", 2);
	world_must(w, op_of_symlink("/l", "x"));
	world_must(w, op_of_mkdir("/d"));
	world_must(w, op_of_mkdirs("/e/full"));
	careful.rename.no_replace = true;
	refuse(w, careful, DFS_E_EXIST, "/g: already exists");
	refuse(w, op_of_rename("/f", "/d"), DFS_E_ISDIR, "/d: is a directory");
	refuse(w, op_of_rename("/d", "/f"), DFS_E_NOTDIR, "/f: not a directory");
	refuse(w, op_of_rename("/d", "/e"), DFS_E_NOTEMPTY, "/e: the directory is not empty");
	world_must(w, op_of_rename("/f", "/g"));
	assert_int_equal(world_stat(w, "/g").size, 0);
	assert_int_equal(world_counters(w).files, 2);
	assert_int_equal(world_counters(w).bytes, 0);
	assert_int_equal(world_counters(w).chunks, 0);
	world_must(w, op_of_rename("/l", "/g"));
	assert_int_equal(world_stat(w, "/g").kind, PROTO_KIND_SYMLINK);
	world_must(w, op_of_rename("/e", "/d"));
	assert_int_equal(world_stat(w, "/d").size, 1);
	assert_int_equal(world_stat(w, "/d/full").kind, PROTO_KIND_DIR);
	assert_int_equal(world_counters(w).dirs, 2);
	assert_int_equal(world_counters(w).files, 1);
}

static void rename_refuses(void **state)
{
	struct world *w = *state;

	world_must(w, op_of_mkdirs("/a/b/c"));
	refuse(w, op_of_rename("/a", "/a/b/c/d"), DFS_E_INVAL, "into itself");
	refuse(w, op_of_rename("/a", "/a/d"), DFS_E_INVAL, "into itself");
	refuse(w, op_of_rename("/a/b/c", "/a"), DFS_E_NOTEMPTY, "/a");
	refuse(w, op_of_rename("/x", "/y"), DFS_E_NOENT, "/x");
	refuse(w, op_of_rename("/a", "/x/y"), DFS_E_NOENT, "/x: no such directory");
	refuse(w, op_of_rename("/", "/y"), DFS_E_INVAL, "root");
	refuse(w, op_of_rename("/a", "/"), DFS_E_INVAL, "root");
	refuse(w, op_of_rename("/a", "/.dfs/a"), DFS_E_PERM, ".dfs");
	refuse(w, op_of_rename("/.dfs", "/a"), DFS_E_PERM, ".dfs");
	refuse(w, op_of_rename("/a", "/y/"), DFS_E_NAME, "empty");
}

static void setattr_changes_what_it_is_asked(void **state)
{
	struct world *w = *state;
	struct proto_op op = {.kind = PROTO_OP_SETATTR,
	        .setattr = {.path = "/f", .mode = 0600, .uid = 5, .mtime_ns = 9}};

	world_must(w, op_of_create("/f"));
	world_must(w, op);
	assert_int_equal(world_stat(w, "/f").mode, 0644);
	op.setattr.set_mode = true;
	world_must(w, op);
	assert_int_equal(w->result.attr.mode, 0600);
	assert_int_equal(world_stat(w, "/f").uid, 0);
	op.setattr.set_owner = op.setattr.set_mtime = true;
	world_must(w, op);
	assert_int_equal(world_stat(w, "/f").uid, 5);
	assert_int_equal(world_stat(w, "/f").mtime_ns, 9);
	assert_int_equal(world_stat(w, "/f").generation, 1);
	op.setattr.path = "/";
	world_must(w, op);
	assert_int_equal(world_stat(w, "/").mode, 0600);
	op.setattr.path = "/x";
	refuse(w, op, DFS_E_NOENT, "/x");
	op.setattr.path = "/.dfs";
	refuse(w, op, DFS_E_PERM, ".dfs");
	op.setattr.path = "/f";
	op.setattr.mode = 0777777;
	refuse(w, op, DFS_E_INVAL, "07777");
}

static void lists_page_in_order_of_bytes(void **state)
{
	enum { FILES = 10000 };
	struct world *w = *state;
	struct proto_list_reply page;
	char path[32], after[256] = "";
	int seen = 0;

	world_must(w, op_of_mkdir("/d"));
	for (int i = 0; i < FILES; i++) {
		struct proto_op op;

		snprintf(path, sizeof(path), "/d/%d", (i * 7919) % FILES);
		op = op_of_create(path);
		meta_submit(w->meta, &op, 0, 0, NULL, NULL);
	}
	while (!meta_idle(w->meta))
		assert_true(sim_step(w->sim));
	assert_int_equal(world_stat(w, "/d").size, FILES);
	do {
		arena_reset(&w->arena);
		assert_int_equal(meta_list(w->meta, "/d", after, 0, &w->arena, &page, &w->err), 0);
		assert_true(page.entries_count <= 1000);
		for (size_t i = 0; i < page.entries_count; i++) {
			assert_true(strcmp(after, page.entries[i].name) < 0);
			snprintf(after, sizeof(after), "%s", page.entries[i].name);
			seen++;
		}
	} while (page.more);
	assert_int_equal(seen, FILES);
	/* After a name that is not there; a page that ends exactly. */
	assert_int_equal(meta_list(w->meta, "/d", "99989x", 10, &w->arena, &page, &w->err), 0);
	assert_int_equal(meta_list(w->meta, "/d", "9998", 1, &w->arena, &page, &w->err), 0);
	assert_int_equal(page.entries_count, 1);
	assert_string_equal(page.entries[0].name, "9999");
	assert_false(page.more);
	assert_int_equal(meta_list(w->meta, "/d", "9999", 1, &w->arena, &page, &w->err), 0);
	assert_int_equal(page.entries_count, 0);
}

static void lists_a_file_as_itself(void **state)
{
	struct world *w = *state;
	struct proto_list_reply page;

	world_must(w, op_of_create("/f"));
	assert_int_equal(meta_list(w->meta, "/f", "", 10, &w->arena, &page, &w->err), 0);
	assert_int_equal(page.entries_count, 1);
	assert_string_equal(page.entries[0].name, "f");
	assert_int_equal(meta_list(w->meta, "/", NULL, 10, &w->arena, &page, &w->err), 0);
	assert_int_equal(page.entries_count, 1);
	assert_int_equal(meta_list(w->meta, "/x", "", 10, &w->arena, &page, &w->err), DFS_E_NOENT);
	assert_non_null(strstr(w->err.text, "/x"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(new_database_has_a_root),
	        TEST(mkdir_makes_a_directory),
	        TEST(mkdir_makes_parents_where_asked),
	        TEST(mkdir_refuses),
	        TEST(names_are_bytes),
	        TEST(create_makes_an_empty_file),
	        TEST(symlinks_are_stored_not_followed),
	        TEST(remove_takes_names),
	        TEST(recursive_remove_hides_at_once_and_is_purged_in_steps),
	        TEST(purge_goes_on_after_a_restart),
	        TEST(rename_moves),
	        TEST(rename_replaces_its_like),
	        TEST(rename_refuses),
	        TEST(setattr_changes_what_it_is_asked),
	        TEST(lists_page_in_order_of_bytes),
	        TEST(lists_a_file_as_itself),
	};

	return cmocka_run_group_tests_name("meta_names", tests, NULL, NULL);
}
