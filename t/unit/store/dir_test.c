/* SPDX-License-Identifier: MIT */
/* Data directories: whose they are, their locks, and which one a new chunk goes to (RULES 29, 30).
 */
#include "rig.h"

#include "store/identity.h"

static struct rig *the_rig(void **state)
{
	return *state;
}

static void refused(struct rig *rig, const char *because)
{
	struct dfs_error err = {0};

	assert_int_equal(rig_try_open(rig, &err), DFS_E_FENCED);
	assert_int_equal(err.code, DFS_E_FENCED);
	if (!strstr(err.text, because) || !strstr(err.text, rig->dir))
		fail_msg("'%s' does not say '%s' of %s", err.text, because, rig->dir);
	assert_null(rig->store);
}

static void a_directory_of_another_cluster_or_node_is_refused(void **state)
{
	struct rig *rig = the_rig(state);

	snprintf(rig->options.identity.cluster, 33, "beef02");
	refused(rig, "belongs to cluster cafe01");
	snprintf(rig->options.identity.cluster, 33, "cafe01");
	rig->options.identity.node = 8;
	refused(rig, "belongs to node 0000000000000007");
	rig->options.identity.node = 7;
	rig_open(rig);
}

static void a_directory_without_identity_is_refused(void **state)
{
	struct rig *rig = the_rig(state);

	/* As it looks where the disk is not mounted: the directory is there, and empty. */
	assert_int_equal(io_disk(rig->io, mkdir, "/mnt"), 0);
	snprintf(rig->dir, sizeof(rig->dir), "/mnt");
	refused(rig, "mount its disk");
	assert_false(rig_exists(rig, "/mnt/lock"));
	snprintf(rig->dir, sizeof(rig->dir), "/nowhere");
	refused(rig, "mount its disk");
}

static void a_damaged_identity_is_refused(void **state)
{
	struct rig *rig = the_rig(state);
	int64_t size = rig_size(rig, "/a/identity");

	for (int64_t byte = 0; byte < size; byte++) {
		rig_flip(rig, "/a/identity", (uint64_t)byte * 8 + (uint64_t)byte % 8);
		refused(rig, "damaged");
		rig_flip(rig, "/a/identity", (uint64_t)byte * 8 + (uint64_t)byte % 8);
	}
	rig_truncate(rig, "/a/identity", (uint64_t)size - 1);
	refused(rig, "damaged");
	rig_truncate(rig, "/a/identity", 5000);
	refused(rig, "damaged");
}

static void a_directory_in_use_is_refused(void **state)
{
	struct rig *rig = the_rig(state);
	struct store *first;

	rig_open(rig);
	first = rig->store;
	rig->store = NULL;
	refused(rig, "in use by another process");
	store_close(first);
	rig_open(rig);
}

static void a_directory_is_made_once(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_identity other = {.cluster = "beef02", .node = 1};
	struct dfs_error err = {0};

	assert_int_equal(store_init_dir(rig->io, "/a", &other, &err), DFS_E_EXIST);
	assert_int_equal(store_init_dir(rig->io, "/a/", &rig->options.identity, &err), DFS_E_EXIST);
	rig_open(rig);
}

static void a_directory_with_other_files_is_not_taken(void **state)
{
	struct rig *rig = the_rig(state);
	struct dfs_error err = {0};

	assert_int_equal(io_disk(rig->io, mkdir, "/b"), 0);
	assert_int_equal(io_disk(rig->io, mkdir, "/b/lost+found"), 0);
	rig_write_file(rig, "/b/thesis.tex", "abc", 3);
	assert_int_equal(
	        store_init_dir(rig->io, "/b", &rig->options.identity, &err), DFS_E_NOTEMPTY);
	assert_non_null(strstr(err.text, "thesis.tex"));
	assert_false(rig_exists(rig, "/b/identity"));
	assert_int_equal(io_disk(rig->io, unlink, "/b/thesis.tex"), 0);
	assert_int_equal(store_init_dir(rig->io, "/b", &rig->options.identity, &err), 0);
	/* Chunks without an identity: somebody lost a file, not a reason to begin anew. */
	rig_write_file(rig, "/b/chunks/07/0000000000000007.data", "abc", 3);
	assert_int_equal(io_disk(rig->io, unlink, "/b/identity"), 0);
	assert_int_equal(
	        store_init_dir(rig->io, "/b", &rig->options.identity, &err), DFS_E_NOTEMPTY);
}

static void names_that_cannot_be_are_refused(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_identity blank = {.cluster = "a b"};
	struct dfs_error err = {0};

	assert_int_equal(store_init_dir(rig->io, "b", &rig->options.identity, &err), DFS_E_INVAL);
	assert_int_equal(store_init_dir(rig->io, "", &rig->options.identity, &err), DFS_E_INVAL);
	assert_int_equal(store_init_dir(rig->io, "/b", &blank, &err), DFS_E_INVAL);
	blank.cluster[0] = '\0';
	assert_int_equal(store_init_dir(rig->io, "/b", &blank, &err), DFS_E_INVAL);
	rig->options.dirs_count = 0;
	assert_int_equal(rig_try_open(rig, &err), DFS_E_INVAL);
}

static void the_power_may_go_while_a_directory_is_made(void **state)
{
	for (uint64_t at = 1;; at += at < 10 ? 1 : 7) {
		struct rig *rig = rig_create(rig_seed() + at);
		struct dfs_error err = {0};
		bool over;

		snprintf(rig->dir, sizeof(rig->dir), "/b");
		sim_disk_crash_after(rig->host, at);
		over = store_init_dir(rig->io, "/b", &rig->options.identity, &err) == 0 &&
		       !rig_crashed(rig);
		sim_disk_crash_after(rig->host, 0);
		if (!over) {
			int rc;

			sim_host_restart(rig->host);
			rc = store_init_dir(rig->io, "/b", &rig->options.identity, &err);
			assert_true(rc == 0 || rc == DFS_E_EXIST);
		}
		sim_host_crash(rig->host, false);
		sim_host_restart(rig->host);
		rig_open(rig);
		for (uint64_t chunk = 0; chunk < 256; chunk += 51)
			rig_put(rig, chunk + 256, 1, 0, 10);
		rig_destroy(rig);
		if (over)
			break;
	}
}

static void an_identity_reads_back(void **state)
{
	struct store_identity identity = {.node = 0x123456789abcdef0}, back;
	char text[IDENTITY_BYTES_MAX];
	uint64_t disk;
	size_t size;

	memset(identity.cluster, 'f', 32);
	size = identity_format(&identity, 0xfedcba9876543210, text);
	assert_int_equal(identity_parse(text, size, &back, &disk, NULL), 0);
	assert_string_equal(back.cluster, identity.cluster);
	assert_true(back.node == identity.node && disk == 0xfedcba9876543210);
	for (size_t shorter = 0; shorter < size; shorter++)
		assert_int_equal(identity_parse(text, shorter, &back, &disk, NULL), DFS_E_CORRUPT);
}

static struct rig *two_dirs(void **state)
{
	struct rig *rig = the_rig(state);
	struct dfs_error err = {0};

	rig->dirs[1] = "/b";
	rig->options.dirs_count = 2;
	assert_int_equal(store_init_dir(rig->io, "/b", &rig->options.identity, &err), 0);
	rig_open(rig);
	return rig;
}

static void chunks_spread_over_directories(void **state)
{
	struct rig *rig = two_dirs(state);
	struct store_dir_info info[2];
	int first = 0;

	/* The simulated disk is one: what tells the directories apart is what is on its way. */
	for (uint64_t chunk = 1; chunk <= 20; chunk++) {
		struct store_append_request request = {.chunk = chunk,
		        .version = 1,
		        .allowance = 1 << 20,
		        .create = true,
		        .sync = true};
		struct store_append *append;
		struct buf buf = {0};

		assert_int_equal(store_append_begin(rig->store, &request,
		                         (struct store_append_events){0}, &append, NULL),
		        0);
		rig_frames(&buf, chunk, 0, 100000, 65536, true);
		store_append_feed(append, buf.data, buf.size, NULL);
		store_append_cancel(append);
		buf_fini(&buf);
		first += rig_exists(rig, rig_path(rig, chunk, ".data"));
	}
	assert_int_equal(first, 10);
	assert_int_equal(store_dirs(rig->store, info, 2), 2);
	assert_string_equal(info[0].path, "/a");
	assert_true(info[0].disk != info[1].disk);
	rig_settle(rig);
	rig_reopen(rig);
	for (uint64_t chunk = 1; chunk <= 20; chunk++)
		rig_check(rig, chunk, 100000);
}

static void one_refused_directory_refuses_the_store(void **state)
{
	struct rig *rig = two_dirs(state);
	struct dfs_error err = {0};

	rig_close(rig);
	assert_int_equal(io_disk(rig->io, unlink, "/b/identity"), 0);
	assert_int_equal(rig_try_open(rig, &err), DFS_E_FENCED);
	assert_non_null(strstr(err.text, "/b"));
	/* The lock of the other one is let go. */
	rig->options.dirs_count = 1;
	rig_open(rig);
}

static int setup(void **state)
{
	*state = rig_create(rig_seed());
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(*state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_directory_of_another_cluster_or_node_is_refused),
	        TEST(a_directory_without_identity_is_refused),
	        TEST(a_damaged_identity_is_refused),
	        TEST(a_directory_in_use_is_refused),
	        TEST(a_directory_is_made_once),
	        TEST(a_directory_with_other_files_is_not_taken),
	        TEST(names_that_cannot_be_are_refused),
	        cmocka_unit_test(the_power_may_go_while_a_directory_is_made),
	        cmocka_unit_test(an_identity_reads_back),
	        TEST(chunks_spread_over_directories),
	        TEST(one_refused_directory_refuses_the_store),
	};

	return cmocka_run_group_tests_name("store_dir", tests, NULL, NULL);
}
