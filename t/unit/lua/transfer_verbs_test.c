/* SPDX-License-Identifier: MIT */
/* put and get, and trees, against a libdfs that keeps its files in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fake_dfs.h"
#include "shell.h"

static void stored(const char *path, const char *text)
{
	if (!fake_text(path))
		fail_msg("%s is not stored", path);
	assert_string_equal(fake_text(path), text);
}

static void fetched(const char *path, const char *text)
{
	if (!shell_read(path))
		fail_msg("%s is not there", path);
	assert_string_equal(shell_read(path), text);
}

/* ---- put
 * -------------------------------------------------------------------------------------------------------
 */

static void put_places_files_as_cp_does(void **state)
{
	(void)state;
	shell_file("in/a.txt", "one");
	shell_file("b", "two");
	run("put in/a.txt", 0, "");
	stored("/a.txt", "one");
	run("mkdir /d", 0, "");
	run("put in/a.txt /d", 0, "");
	stored("/d/a.txt", "one");
	run("put in/a.txt /d/", 0, "");
	run("put in/a.txt /d/c", 0, "");
	stored("/d/c", "one");
	run("put b d/c", 0, ""); /* a relative name is taken from / */
	stored("/d/c", "two");
	run("put in/a.txt b /d", 0, "");
	stored("/d/b", "two");
	run("upload b /up", 0, "");
	stored("/up", "two");
	run("put in/a.txt b /nowhere", 1, "dfs put: /nowhere is not a directory\n");
	run("put b /nowhere/", 1, "dfs put: /nowhere/ is not a directory\n");
	run("put b /nowhere/x", 1, "dfs put: /nowhere: no such directory\n");
	run("put missing", 1, "dfs put: missing: No such file or directory\n");
	run("put in", 1, "dfs put: in is a directory: use -r\n");
	run("put", 2, "dfs put: an argument is missing; usage: dfs put [-r] FILE... [DEST]\n");
	run("put b /../x", 1, "dfs put: name \"..\" is not a name\n");
}

static void put_stores_standard_input(void **state)
{
	(void)state;
	assert_int_equal(shell_with("from a pipe", "put - /p")->code, 0);
	stored("/p", "from a pipe");
	run("put -", 2,
	        "dfs put: standard input has no name: give a file as DEST; usage: dfs put [-r] "
	        "FILE... [DEST]\n");
	run("put - /", 2,
	        "dfs put: standard input has no name: give a file as DEST; usage: dfs put [-r] "
	        "FILE... [DEST]\n");
	shell_file("b", "two");
	run("put b - /", 2,
	        "dfs put: standard input is stored alone, not with others; usage: dfs put [-r] "
	        "FILE... [DEST]\n");
}

static void put_hands_on_what_is_asked(void **state)
{
	(void)state;
	shell_file("b", "two");
	run("put b", 0, "");
	assert_int_equal(fake.last.goal, 0);
	assert_int_equal(fake.last.chunk_size, 0);
	assert_false(fake.last.async);
	run("put --goal 2 --chunk-size 16M --durability async b", 0, "");
	assert_int_equal(fake.last.goal, 2);
	assert_int_equal(fake.last.chunk_size, 16 << 20);
	assert_true(fake.last.async);
	run("mkdir /d", 0, "");
	run("put --goal 2 --durability sync -r b /d", 0, "");
	assert_int_equal(fake.last.goal, 2);
	assert_false(fake.last.async);
	run("put --chunk-size 64K b", 0, "");
	run("put --chunk-size 1G b", 0, "");
	run("put --chunk-size 65535 b", 2,
	        "dfs put: --chunk-size takes a size from 64K to 1G, not '65535'; usage: dfs put "
	        "[-r] FILE... [DEST]\n");
	run("put --goal 12 b", 2,
	        "dfs put: --goal takes a number from 1 to 9, not '12'; usage: dfs put [-r] FILE... "
	        "[DEST]\n");
}

static void json_is_a_line_for_each_file(void **state)
{
	(void)state;
	shell_file("in/a", "1");
	prints("put --json in/a /x",
	        "{\"bytes\":\"1\",\"chunks\":1,\"goal\":3,\"local\":\"in/a\",\"path\":"
	        "\"/x\",\"retries\":0}\n");
	shell_file("in/100%", "2");
	prints("put -r --json in",
	        "{\"bytes\":\"1\",\"chunks\":1,\"goal\":3,\"local\":\"in/a\",\"path\":"
	        "\"/in/a\",\"retries\":0}\n"
	        "{\"bytes\":\"1\",\"chunks\":1,\"goal\":3,\"local\":\"in/100%25\",\"path\":"
	        "\"/in/100%25\",\"retries\":0}\n");
	has(run("get --json /x out", 0, ""), "\"local\":\"out\",\"path\":\"/x\"");
	has(run("get --json -r /in", 0, ""), "\"local\":\"./in/a\",\"path\":\"/in/a\"");
	run("get --json /x -", 2,
	        "dfs get: --json and the file can't both go to standard output; usage: dfs get "
	        "[-r] PATH... [DEST]\n");
}

static void a_warning_is_told_and_is_no_failure(void **state)
{
	(void)state;
	shell_file("in/a", "1");
	shell_file("in/b", "2");
	strcpy(fake.warning, "goal lowered to 2");
	run("put in/a", 0, "dfs put: warning: goal lowered to 2\n");
	run("put -r in", 0, "dfs put: warning: goal lowered to 2\n"); /* once for all */
}

static void make_tree(void)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {1000000000, 5}};

	shell_file("tree/a", "one");
	shell_file("tree/sub/b", "two");
	shell_file("tree/sub/deep/c", "three");
	assert_int_equal(symlink("../a", "tree/sub/link"), 0);
	assert_int_equal(symlink("nowhere", "tree/dangling"), 0);
	assert_int_equal(mkdir("tree/empty", 0700), 0);
	assert_int_equal(chmod("tree/a", 0640), 0);
	assert_int_equal(utimensat(AT_FDCWD, "tree/sub", times, 0), 0);
}

static void put_r_places_trees_as_cp_r_does(void **state)
{
	(void)state;
	make_tree();
	run("put -r tree /new", 0, "");
	stored("/new/a", "one");
	stored("/new/sub/deep/c", "three");
	assert_string_equal(fake_target("/new/sub/link"), "../a");
	assert_string_equal(fake_target("/new/dangling"), "nowhere");
	assert_int_equal(fake_attr("/new/empty")->kind, DFS_DIR);
	assert_int_equal(fake_attr("/new/empty")->mode, 0700);
	assert_int_equal(fake_attr("/new/a")->mode, 0640);
	assert_int_equal(fake_attr("/new/sub")->mtime_ns, INT64_C(1000000000000000005));
	run("put -r tree /new", 0, ""); /* it exists: inside */
	stored("/new/tree/sub/b", "two");
	run("put -r tree", 0, "");
	stored("/tree/a", "one");
	shell_file("tree/a", "changed");
	run("put -r tree /", 0, ""); /* over itself: links and files are replaced */
	stored("/tree/a", "changed");
	assert_string_equal(fake_target("/tree/sub/link"), "../a");
	run("put -r tree /no/such", 1, "dfs put: /no: no such directory\n");
	run("put -r tree/. /", 0, "");
	stored("/sub/b", "two");
}

static void put_r_skips_special_files_with_a_warning(void **state)
{
	(void)state;
	make_tree();
	assert_int_equal(mkfifo("tree/pipe", 0600), 0);
	run("put -r tree", 0,
	        "dfs put: warning: tree/pipe is neither a file nor a directory: skipped\n");
	assert_null(fake_attr("/tree/pipe"));
	stored("/tree/a", "one");
}

static void put_r_names_the_first_failures_and_their_number(void **state)
{
	const struct outcome *outcome;
	char path[64];

	(void)state;
	shell_file("tree/good", "1");
	shell_file("tree/unlucky", "2");
	run("put -r tree /a", 1, "dfs put: 1 of 3 failed: /a/unlucky: out of luck\n");
	stored("/a/good", "1");
	for (int i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "tree/unlucky%d", i);
		shell_file(path, "x");
	}
	outcome = shell("put -r tree /b");
	assert_int_equal(outcome->code, 1);
	has(outcome->err, "dfs put: 6 of 8 failed: /b/unlucky");
	has(outcome->err, "; and 3 more\n");
	stored("/b/good", "1");
}

static void put_r_does_not_queue_without_bound(void **state)
{
	char path[64];

	(void)state;
	for (int i = 0; i < 1200; i++) {
		snprintf(path, sizeof(path), "tree/%d", i);
		shell_file(path, "x");
	}
	run("put -r tree /many", 0, "");
	stored("/many/1199", "x");
	assert_in_range(fake.queue_most, 100, 600);
}

/* ---- get
 * -------------------------------------------------------------------------------------------------------
 */

static void get_places_files_as_cp_does(void **state)
{
	(void)state;
	fake_make("/d", DFS_DIR, "");
	fake_make("/d/a", DFS_FILE, "one");
	fake_make("/b", DFS_FILE, "two");
	fake_make("/d/link", DFS_SYMLINK, "../b");
	run("get /d/a", 0, "");
	fetched("a", "one");
	run("download b copy", 0, "");
	fetched("copy", "two");
	shell_file("dir/x", "");
	run("get /d/a dir", 0, "");
	fetched("dir/a", "one");
	run("get /d/a /b dir/", 0, "");
	fetched("dir/b", "two");
	run("get /d/link", 0, ""); /* what it leads to, under its name */
	fetched("link", "two");
	run("get /d/a /b nowhere", 1, "dfs get: nowhere is not a directory\n");
	run("get /b nowhere/", 1, "dfs get: nowhere/ is not a directory\n");
	run("get /nothing", 1, "dfs get: /nothing: no such file or directory\n");
	run("get /d", 1, "dfs get: /d is a directory: use -r\n");
	run("get /unlucky", 1, "dfs get: /unlucky: no such file or directory\n");
}

static void get_and_cat_write_to_standard_output(void **state)
{
	(void)state;
	fake_make("/a", DFS_FILE, "one\n");
	fake_make("/b", DFS_FILE, "two\n");
	fake_make("/l", DFS_SYMLINK, "b");
	fake_make("/loop", DFS_SYMLINK, "loop");
	prints("get /a -", "one\n");
	prints("get /a /b -", "one\ntwo\n");
	prints("cat a /l", "one\ntwo\n");
	run("cat /a /nothing /b", 1,
	        "dfs cat: 1 of 3 failed: /nothing: no such file or directory\n");
	run("cat /", 1, "dfs cat: /: is not a file\n");
	run("cat /loop", 1, "dfs cat: /loop: more than 8 symlinks\n");
	assert_null(shell_read("-"));
}

static void get_r_places_trees_as_cp_r_does(void **state)
{
	struct stat found;
	char target[64] = "";

	(void)state;
	make_tree();
	run("put -r tree", 0, "");
	run("chmod 500 /tree/sub/deep", 0, "");
	run("get -r /tree new", 0, "");
	fetched("new/a", "one");
	fetched("new/sub/deep/c", "three");
	assert_true(readlink("new/sub/link", target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "../a");
	assert_int_equal(lstat("new/sub", &found), 0);
	assert_int_equal(found.st_mtim.tv_sec, 1000000000);
	assert_int_equal(found.st_mtim.tv_nsec, 5);
	assert_int_equal(stat("new/sub/deep", &found), 0);
	assert_int_equal(found.st_mode & 0777, 0500); /* though it had to be filled first */
	assert_int_equal(stat("new/empty", &found), 0);
	assert_int_equal(found.st_mode & 0777, 0700);
	run("get -r /tree new", 0, "");
	fetched("new/tree/sub/b", "two");
	assert_int_equal(mkdir("all", 0755), 0);
	run("get -r / all", 0, "");
	fetched("all/tree/a", "one");
	run("get -r /tree/a one", 0, "");
	fetched("one", "one");
}

static void get_r_does_not_leave_its_tree(void **state)
{
	(void)state;
	fake_make("/t", DFS_DIR, "");
	fake_make("/t/sub", DFS_DIR, "");
	fake_make("/t/sub/f", DFS_FILE, "x");
	shell_file("outside/keep", "mine");
	assert_int_equal(mkdir("t", 0755), 0);
	assert_int_equal(symlink("../outside", "t/sub"), 0);
	run("get -r /t", 1, "dfs get: 1 of 2 failed: ./t/sub: File exists\n");
	assert_null(shell_read("outside/f"));
	fake.bad_name = true;
	run("get -r /t other", 1, "dfs get: 1 of 3 failed: /t/sub: the master sent a bad name\n");
}

static void get_r_goes_on_after_a_failure(void **state)
{
	(void)state;
	fake_make("/t", DFS_DIR, "");
	fake_make("/t/a", DFS_FILE, "one");
	fake_make("/t/unlucky", DFS_FILE, "x");
	fake_make("/t/z", DFS_FILE, "two");
	run("get -r /t", 1, "dfs get: 1 of 4 failed: /t/unlucky: out of luck\n");
	fetched("t/a", "one");
	fetched("t/z", "two");
}

static int reset(void **state)
{
	(void)state;
	fake_reset();
	shell_enter();
	umask(022);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	shell_leave();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reset, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(put_places_files_as_cp_does),
	        TEST(put_stores_standard_input),
	        TEST(put_hands_on_what_is_asked),
	        TEST(json_is_a_line_for_each_file),
	        TEST(a_warning_is_told_and_is_no_failure),
	        TEST(put_r_places_trees_as_cp_r_does),
	        TEST(put_r_skips_special_files_with_a_warning),
	        TEST(put_r_names_the_first_failures_and_their_number),
	        TEST(put_r_does_not_queue_without_bound),
	        TEST(get_places_files_as_cp_does),
	        TEST(get_and_cat_write_to_standard_output),
	        TEST(get_r_places_trees_as_cp_r_does),
	        TEST(get_r_does_not_leave_its_tree),
	        TEST(get_r_goes_on_after_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
