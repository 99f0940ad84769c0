/* SPDX-License-Identifier: MIT */
/* Each shipped verb but put and get, against a libdfs that keeps its files in memory. */
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

/* ---- names
 * -----------------------------------------------------------------------------------------------------
 */

static void ls_lists_names_in_order(void **state)
{
	(void)state;
	run("touch /b /a /.hidden", 0, "");
	run("mkdir /d", 0, "");
	run("touch /d/x", 0, "");
	prints("ls", "a\nb\nd\n");
	prints("listfiles", "a\nb\nd\n");
	prints("ls -a", ".hidden\na\nb\nd\n");
	prints("ls /d", "x\n");
	prints("ls d", "x\n");
	prints("ls /a", "/a\n");
	prints("ls -d /d", "/d\n");
	prints("ls /a /d", "/a:\n/a\n\n/d:\nx\n");
	run("ls /nothing", 1, "dfs ls: /nothing: no such file or directory\n");
	fake.page = 1;
	prints("ls", "a\nb\nd\n");
}

static void ls_l_shows_attributes(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	fake_make("/a", DFS_FILE, "12345");
	fake_make("/l", DFS_SYMLINK, "a");
	run("chmod 4640 /a", 0, "");
	run("chown 7:8 /a", 0, "");
	run("touch -d @86400 /a", 0, "");
	prints("ls -l", "-rw-r-----  3  7:8  5  1970-01-02 00:00:00  a\n"
	                "lrw-r--r--  -  0:0  1  1970-01-01 00:00:00  l -> a\n");
	has(run("ls -lh", 0, ""), "  5 B  ");
}

static void ls_json_is_an_object_a_line(void **state)
{
	(void)state;
	prints("ls --json", "{\"path\":\"/\",\"entries\":[]}\n");
	fake_make("/100%", DFS_FILE, "12345");
	prints("ls --json",
	        "{\"path\":\"/"
	        "\",\"entries\":[{\"chunk_size\":\"67108864\",\"generation\":\"1\",\"gid\":0,"
	        "\"goal\":3,\"inode\":\"0000000000000002\",\"kind\":\"file\",\"links\":1,\"mode\":"
	        "420,"
	        "\"mtime_ns\":\"1\",\"name\":\"100%25\",\"size\":\"5\",\"uid\":0}]}\n");
	fake_make("/.b", DFS_FILE, "");
	has(run("ls --json", 0, ""), "\"name\":\".b\"");
	has(run("ls --json", 0, ""), "},{");
	has(run("ls --json / '/100%'", 0, ""), "]}\n{\"path\":\"/100%25\",\"entries\":[{");
}

static void names_are_made_moved_and_removed(void **state)
{
	(void)state;
	run("mkdir /d", 0, "");
	run("mkdir /d", 1, "dfs mkdir: /d: already exists\n");
	run("mkdir -p /d /x/y/z", 0, "");
	run("mkdir -m 700 /x/m", 0, "");
	assert_int_equal(fake_attr("/x/m")->mode, 0700);
	run("mkdir -m 9 /x/n", 2,
	        "dfs mkdir: --mode takes an octal mode such as 755; usage: dfs mkdir [-p] "
	        "PATH...\n");
	run("mkdir /no/d", 1, "dfs mkdir: /no: no such directory\n");
	run("touch /f", 0, "");
	run("mv /f /g", 0, "");
	assert_non_null(fake_attr("/g"));
	run("mv /g /d", 0, "");
	assert_non_null(fake_attr("/d/g"));
	run("touch /f", 0, "");
	run("mv -n /f /d/g", 1, "dfs mv: /d/g: already exists\n");
	run("mv /f /x /d/", 0, "");
	assert_non_null(fake_attr("/d/x/y/z"));
	run("mv /d/f /d/x /nowhere", 1, "dfs mv: /nowhere is not a directory\n");
	run("mv /f", 2, "dfs mv: too few arguments; usage: dfs mv [-n] PATH... DEST\n");
	run("rmdir /d", 1, "dfs rmdir: /d: directory not empty\n");
	run("rmdir /d/x/m", 0, "");
	run("rm /d", 1, "dfs rm: /d: is a directory\n");
	run("rm /nothing", 1, "dfs rm: /nothing: no such file or directory\n");
	run("rm -f /nothing", 0, "");
	run("rm /d/f /nothing /d/g", 1,
	        "dfs rm: 1 of 3 failed: /nothing: no such file or directory\n");
	run("rm -r /d", 0, "");
	assert_null(fake_attr("/d/x"));
}

static void touch_makes_files_and_sets_times(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	run("touch -c /a", 0, "");
	assert_null(fake_attr("/a"));
	run("touch /a", 0, "");
	assert_true(fake_attr("/a")->mtime_ns > INT64_C(1600000000000000000));
	run("touch -d @-5 /a", 0, "");
	assert_int_equal(fake_attr("/a")->mtime_ns, INT64_C(-5000000000));
	run("touch -d 1970-01-02 /a", 0, "");
	assert_int_equal(fake_attr("/a")->mtime_ns, INT64_C(86400000000000));
	run("touch -d '1970-01-01 01:00' /a /b", 0, "");
	assert_int_equal(fake_attr("/b")->mtime_ns, INT64_C(3600000000000));
	run("touch -d soon /a", 2,
	        "dfs touch: 'soon' is no time such as 2024-05-01 12:00; usage: dfs touch [-c] [-d "
	        "TIME] PATH...\n");
}

static void ln_makes_symlinks(void **state)
{
	(void)state;
	run("ln -s v2 /current", 0, "");
	assert_string_equal(fake_target("/current"), "v2");
	run("ln -s v3 /current", 1, "dfs ln: /current: already exists\n");
	run("ln -sf v3 /current", 0, "");
	assert_string_equal(fake_target("/current"), "v3");
	run("mkdir /d", 0, "");
	run("ln -s ../current /d", 0, "");
	assert_string_equal(fake_target("/d/current"), "../current");
	run("ln -s ../v9", 0, "");
	assert_string_equal(fake_target("/v9"), "../v9");
	run("ln a b", 2,
	        "dfs ln: only symbolic links can be made: use -s; usage: dfs ln -s [-f] TARGET "
	        "[LINK]\n");
}

static void chmod_and_chown_change_what_they_name(void **state)
{
	(void)state;
	run("mkdir -p /d/e", 0, "");
	run("touch /d/e/f", 0, "");
	run("chmod 600 /d/e/f", 0, "");
	assert_int_equal(fake_attr("/d/e/f")->mode, 0600);
	run("chmod u+x,g=rw,o+r /d/e/f", 0, "");
	assert_int_equal(fake_attr("/d/e/f")->mode, 0764);
	run("chmod +w /d/e/f", 0, "");
	assert_int_equal(fake_attr("/d/e/f")->mode, 0766);
	run("chmod -R go-rwx /d", 0, "");
	assert_int_equal(fake_attr("/d/e/f")->mode, 0700);
	assert_int_equal(fake_attr("/d/e")->mode, 0700);
	run("chmod 9 /d", 2,
	        "dfs chmod: '9' is no mode such as 644 or u+x; usage: dfs chmod [-R] MODE "
	        "PATH...\n");
	run("chmod 600 /d /nothing", 1,
	        "dfs chmod: 1 of 2 failed: /nothing: no such file or directory\n");
	run("chown 5:6 /d", 0, "");
	run("chown 9 /d", 0, "");
	assert_int_equal(fake_attr("/d")->uid, 9);
	assert_int_equal(fake_attr("/d")->gid, 6);
	run("chown -R :root /d", 0, "");
	assert_int_equal(fake_attr("/d")->gid, 0);
	assert_int_equal(fake_attr("/d")->uid, 9);
	run("chown nobody-here /d", 2,
	        "dfs chown: 'nobody-here' names no user and group here; usage: dfs chown [-R] "
	        "USER[:GROUP] PATH...\n");
	run("chown 4294967296 /d", 2,
	        "dfs chown: '4294967296' names no user and group here; usage: dfs chown [-R] "
	        "USER[:GROUP] PATH...\n");
	run("chown : /d", 2,
	        "dfs chown: ':' names no user and group here; usage: dfs chown [-R] USER[:GROUP] "
	        "PATH...\n");
}

/* ---- looking
 * ----------------------------------------------------------------------------------------------------
 */

static void info_shows_every_chunk_and_replica(void **state)
{
	const char *out;

	(void)state;
	setenv("TZ", "UTC", 1);
	fake_make("/f", DFS_FILE, "12345");
	out = run("info f", 0, "");
	has(out, "/f\n  kind        file\n  size        5 (5 B)\n");
	has(out, "  goal        3\n  chunk size  67108864 (64.0 MiB)\n");
	has(out, "  OFFSET  LENGTH  CHUNK             VERSION  STATE   CRC32C    REPLICAS\n"
	         "       0       1  0000010000000000        2  sealed  deadbeef  1@h1:7071 good, "
	         "2@h2:7071 stale\n");
	has(out, "       4       1  0000010000000004        2  sealed  deadbef3  "); /* on the third
	                                                                                page */
	out = run("info --json /f", 0, "");
	has(out, "\"offset\":\"4\"");
	has(out, "\"ticket\":\"\"");
	has(run("info /", 0, ""), "  kind     dir\n");
	run("info /nothing", 1, "dfs info: /nothing: no such file or directory\n");
	fake_make("/empty", DFS_FILE, "");
	has(run("info --json /empty", 0, ""), "\"extents\":[]");
}

static void stat_shows_attributes(void **state)
{
	(void)state;
	fake_make("/f", DFS_FILE, "12345");
	fake_make("/l", DFS_SYMLINK, "f");
	has(run("stat f", 0, ""), "/f\n  kind        file\n  size        5\n  goal        3\n");
	has(run("stat /l", 0, ""), "  target      f\n");
	has(run("stat --json /f /l", 0, ""), "\"path\":\"/f\"}\n{\"attr\":{");
}

static void du_adds_up(void **state)
{
	(void)state;
	fake_make("/d", DFS_DIR, "");
	fake_make("/d/a", DFS_FILE, "12345");
	fake_make("/d/e", DFS_DIR, "");
	fake_make("/d/e/b", DFS_FILE, "123");
	prints("du", "3\t/d/e\n8\t/d\n8\t/\n");
	prints("du -s /d", "8\t/d\n");
	prints("du -sh d", "8 B\t/d\n");
	prints("du /d/a", "5\t/d/a\n");
	prints("du -s --json /d /d/a", "{\"bytes\":\"8\",\"files\":\"2\",\"path\":\"/d\"}\n"
	                               "{\"bytes\":\"5\",\"files\":\"1\",\"path\":\"/d/a\"}\n");
	run("du /nothing", 1, "dfs du: /nothing: no such file or directory\n");
}

static void find_finds(void **state)
{
	(void)state;
	fake_make("/d", DFS_DIR, "");
	fake_make("/d/a.jpg", DFS_FILE, "12345");
	fake_make("/d/b.txt", DFS_FILE, "12345");
	fake_make("/d/c.jpg", DFS_DIR, "");
	fake_make("/d/c.jpg/x%y", DFS_FILE, "");
	fake_make("/l", DFS_SYMLINK, "d");
	prints("find", "/\n/d\n/d/a.jpg\n/d/b.txt\n/d/c.jpg\n/d/c.jpg/x%y\n/l\n");
	prints("find /d -name '*.jpg'", "/d/a.jpg\n/d/c.jpg\n");
	prints("find /d -name '*.jpg' -type f", "/d/a.jpg\n");
	prints("find -type l", "/l\n");
	prints("find / --name '?.[!a-s]*'", "/d/b.txt\n");
	prints("find / -name 'x%y'", "/d/c.jpg/x%y\n");
	prints("find / -name '[ab].*'", "/d/a.jpg\n/d/b.txt\n");
	prints("find / -name '['", "");
	has(run("find -type d --json", 0, ""), "\"path\":\"/d/c.jpg\"");
	run("find / -type x", 2,
	        "dfs find: -type takes f or d or l, not 'x'; usage: dfs find [PATH...] [-name "
	        "GLOB] [-type f|d|l]\n");
	run("find /nothing", 1, "dfs find: /nothing: no such file or directory\n");
}

static const char status_well[] = "{\"cluster\":\"c1\",\"epoch\":\"3\",\"uptime_ms\":\"90000\","
                                  "\"safe_mode\":false,\"read_only\":\"\",\"files\":\"7\","
                                  "\"dirs\":\"2\",\"bytes\":\"1024\",\"chunks\":\"9\",\"open_"
                                  "chunks\":\"1\",\"under_goal\":\"0\",\"lost\":\"0\","
                                  "\"sessions\":\"1\",\"nodes_up\":3,\"nodes_known\":3,\"total\":"
                                  "\"3298534883328\",\"free\":\"3298534883328\","
                                  "\"used\":\"2048\",\"operations\":\"12\",\"policies\":[{\"kind\":"
                                  "\"place\",\"name\":\"spread\",\"decisions\":\"5\","
                                  "\"fallbacks\":\"0\"}]}";
static const char status_ill[] = "{\"cluster\":\"c1\",\"epoch\":\"3\",\"uptime_ms\":\"9000000\","
                                 "\"safe_mode\":false,\"read_only\":\"disk full\","
                                 "\"files\":\"7\",\"dirs\":\"2\",\"bytes\":\"1024\",\"chunks\":"
                                 "\"9\",\"open_chunks\":\"1\",\"under_goal\":\"4\","
                                 "\"lost\":\"1\",\"sessions\":\"1\",\"nodes_up\":2,\"nodes_known\":"
                                 "3,\"total\":\"1\",\"free\":\"1\",\"used\":\"0\","
                                 "\"operations\":\"12\",\"policies\":[{\"kind\":\"place\",\"name\":"
                                 "\"mine\",\"decisions\":\"5\",\"fallbacks\":\"2\","
                                 "\"error\":\"placement/mine.lua:3: oops\"}]}";

static const char status_mended[] = "{\"cluster\":\"c1\",\"epoch\":\"3\",\"uptime_ms\":\"90000\","
                                    "\"safe_mode\":false,\"files\":\"7\","
                                    "\"dirs\":\"2\",\"bytes\":\"1024\",\"chunks\":\"9\",\"open_"
                                    "chunks\":\"1\",\"under_goal\":\"0\",\"lost\":\"0\","
                                    "\"sessions\":\"1\",\"nodes_up\":3,\"nodes_known\":3,\"total\":"
                                    "\"1\",\"free\":\"1\",\"used\":\"0\",\"operations\":\"12\","
                                    "\"policies\":[{\"kind\":\"place\",\"name\":\"mine\","
                                    "\"decisions\":\"5\",\"fallbacks\":\"2\","
                                    "\"error\":\"placement/mine.lua:3: oops\","
                                    "\"error_ago_ms\":\"660000\"}]}";

static void status_exits_with_1_where_something_is_wrong(void **state)
{
	const char *out;

	(void)state;
	fake.status = status_well;
	out = run("status", 0, "");
	has(out, "state      well\ncluster    c1, epoch 3, up for 90 s\ndatanodes  3 of 3 up\n");
	has(out, "space      3.0 TiB, 2.0 KiB in chunks, 3.0 TiB free\n");
	has(out, "policy     place by spread: 5 decisions, 0 by the built-in\n");
	has(run("status --json", 0, ""), "\"troubles\":[]");
	fake.status = status_ill;
	out = run("status", 1, "");
	has(out, "state      read-only: disk full; 1 of 3 datanodes are not up; 1 chunks have no "
	         "good replica; "
	         "4 chunks have fewer good replicas than their goal; policy place: "
	         "placement/mine.lua:3: oops\n");
	has(run("status --json", 1, ""), "\"troubles\":[\"read-only: disk full\",");
	fake.status = status_mended;
	out = run("status", 0, "");
	has(out, "state      well\n");
	has(out, "policy     place by mine: 5 decisions, 2 by the built-in, the last 11 min ago: "
	         "placement/mine.lua:3: oops\n");
}

static void nodes_and_df_are_tables(void **state)
{
	(void)state;
	fake.status = status_well;
	fake.nodes = "{\"nodes\":[{\"node\":1,\"uuid\":\"0000000000000001\",\"address\":\"h1:"
	             "7071\",\"rack\":\"r1\","
	             "\"state\":\"up\",\"silence_ms\":\"300\",\"total\":\"2048\",\"free\":\"1024\","
	             "\"used\":\"512\","
	             "\"chunks\":\"7\",\"read_rate\":\"0\",\"write_rate\":\"1048576\"},{\"node\":2,"
	             "\"uuid\":"
	             "\"0000000000000002\",\"address\":\"h2:7071\",\"rack\":\"\",\"state\":"
	             "\"dead\",\"silence_ms\":\"61000\","
	             "\"total\":\"0\",\"free\":\"0\",\"used\":\"0\",\"chunks\":\"0\",\"read_rate\":"
	             "\"0\",\"write_rate\":\"0\","
	             "\"why\":\"silent\",\"scrub\":[{\"bad\":\"3\"}]}]}";
	prints("nodes",
	        "NODE  ADDRESS  RACK  STATE    SEEN  CHUNKS   USED     FREE   READ      WRITE  "
	        "BAD  WHY\n"
	        "1     h1:7071  r1    up      0.3 s       7  512 B  1.0 KiB  0 B/s  1.0 MiB/s      "
	        " "
	        "\n"
	        "2     h2:7071        dead   61.0 s       0    0 B      0 B  0 B/s      0 B/s    3 "
	        " "
	        "silent\n");
	has(run("nodes --json", 0, ""), "{\"nodes\":[{\"address\":\"h1:7071\"");
	has(run("df -b", 0, ""), "NODE           SIZE  IN CHUNKS           FREE  FULL\n"
	                         "1              2048        512           1024   50%\n");
	has(run("df", 0, ""), "all   3.0 TiB    2.0 KiB  3.0 TiB    0%\n");
	prints("df --json",
	        "{\"free\":\"3298534883328\",\"total\":\"3298534883328\",\"used\":\"2048\"}\n");
	run("df x", 2, "dfs df: 'x' is one argument too many; usage: dfs df [-b]\n");
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
	        TEST(ls_lists_names_in_order),
	        TEST(ls_l_shows_attributes),
	        TEST(ls_json_is_an_object_a_line),
	        TEST(names_are_made_moved_and_removed),
	        TEST(touch_makes_files_and_sets_times),
	        TEST(ln_makes_symlinks),
	        TEST(chmod_and_chown_change_what_they_name),
	        TEST(info_shows_every_chunk_and_replica),
	        TEST(stat_shows_attributes),
	        TEST(du_adds_up),
	        TEST(find_finds),
	        TEST(status_exits_with_1_where_something_is_wrong),
	        TEST(nodes_and_df_are_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
