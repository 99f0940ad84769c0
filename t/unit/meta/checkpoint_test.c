/* SPDX-License-Identifier: MIT */
/* Checkpoints, the log that they cover, and the history of reigns (RULES 16, 19). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "io/disk.h"
#include "io/kv_lmdb.h"
#include "io/real.h"
#include "meta/checkpoint.h"
#include "world.h"

#define DIR "/checkpoints"

static int64_t real_clock(void *ctx)
{
	return io_real_wall_ms();
}

static const struct io_ops real_ops = {.wall_ms = real_clock};
static struct io real_io = {.ops = &real_ops, .disk = &io_disk_real};

/* The disk that the world's store copies itself to, and a folder there. */
static struct io *disk_of(struct world *w)
{
	return w->dir[0] ? &real_io : w->io;
}

static const char *dir_of(struct world *w)
{
	static char dir[96];

	snprintf(dir, sizeof(dir), "%s" DIR, w->dir);
	return dir;
}

static void some_life(struct world *w, unsigned from)
{
	char path[64];

	for (unsigned i = from; i < from + 20; i++) {
		snprintf(path, sizeof(path), "/d%u", i);
		world_must(w, op_of_mkdir(path));
		snprintf(path, sizeof(path), "/d%u/file", i);
		world_put(w, path, 2);
		if (i % 3 == 0) {
			snprintf(path, sizeof(path), "/d%u", i);
			world_must(w, op_of_remove_all(path));
			world_must(w, op_of_purge(100));
		}
	}
}

static size_t listed(struct world *w, struct checkpoint *ret)
{
	size_t count = 99;

	assert_int_equal(checkpoint_list(disk_of(w), dir_of(w), ret, 10, &count, &w->err), 0);
	return count;
}

static void path_of(struct world *w, const struct checkpoint *checkpoint, char *ret, size_t size)
{
	char name[CHECKPOINT_NAME_MAX];

	checkpoint_name(checkpoint, name);
	snprintf(ret, size, "%s/%s", dir_of(w), name);
}

/* As a store that can be written to; the caller closes it. */
static struct kv *extracted(struct world *w, const struct checkpoint *checkpoint)
{
	char path[256], to[160], folder[128];
	struct checkpoint found;
	struct kv *kv;

	path_of(w, checkpoint, path, sizeof(path));
	snprintf(folder, sizeof(folder), "%s/extracted", w->dir);
	snprintf(to, sizeof(to), "%s%s", folder, w->dir[0] ? "/data.mdb" : "");
	if (w->dir[0])
		assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(checkpoint_extract(disk_of(w), path, to, &found, &w->err), 0);
	assert_int_equal(found.operation, checkpoint->operation);
	if (w->dir[0])
		assert_int_equal(kv_lmdb_open(&kv, folder, w->map_bytes, &w->err), 0);
	else
		assert_int_equal(w->kv->ops->open_copy(w->kv, to, &kv), 0);
	return kv;
}

static void replay_from_a_checkpoint_gives_the_same_database(void **state)
{
	struct world *w = *state;
	struct checkpoint checkpoint, again;
	struct kv *copy;

	some_life(w, 0);
	assert_int_equal(checkpoint_write(disk_of(w), w->kv, dir_of(w), &checkpoint, &w->err), 0);
	assert_int_equal(checkpoint.operation, meta_operation(w->meta));
	assert_int_equal(checkpoint.epoch, meta_epoch(w->meta));
	assert_int_equal(checkpoint.reign, meta_reign(w->meta));
	assert_string_equal(checkpoint.cluster, CLUSTER);
	some_life(w, 100);
	copy = extracted(w, &checkpoint);
	assert_int_equal(meta_compare(w->kv, copy, &w->err), DFS_E_CORRUPT);
	assert_int_equal(meta_replay(w->kv, copy, checkpoint.operation + 1, meta_operation(w->meta),
	                         &w->err),
	        0);
	assert_int_equal(meta_compare(w->kv, copy, &w->err), 0);
	world_check(copy);
	copy->ops->close(copy);
	assert_int_equal(listed(w, &again), 1);
	assert_int_equal(again.operation, checkpoint.operation);
}

/* A power cut at each of its disk operations, and an error at each: what was there is there still,
 * what is there is whole, the next one comes about. */
static void a_crash_at_any_step_leaves_whole_checkpoints_only(void **state)
{
	for (int error = 0; error < 2; error++) {
		uint64_t before = 0;

		for (uint64_t step = 1;; step++) {
			struct world *w = world_create(false, step);
			struct checkpoint found[10], made;
			uint64_t first, begun;
			size_t count;
			char path[256];
			int rc;

			some_life(w, 0);
			assert_int_equal(checkpoint_write(w->io, w->kv, DIR, &made, &w->err), 0);
			first = made.operation;
			some_life(w, 50);
			begun = sim_disk_operations(w->host);
			if (error)
				sim_disk_fail_after(w->host, step);
			else
				sim_disk_crash_after(w->host, step);
			rc = checkpoint_write(w->io, w->kv, DIR, &made, &w->err);
			if (rc == 0)
				rc = checkpoint_prune(w->io, DIR, 1, &w->err);
			if (rc == 0)
				before = sim_disk_operations(w->host) - begun;
			sim_disk_fail_after(w->host, 0);
			sim_disk_crash_after(w->host, 0);
			meta_close(w->meta);
			w->meta = NULL;
			if (sim_host_crashed(w->host))
				sim_host_restart(w->host);
			else
				sim_host_kill(w->host), sim_host_restart(w->host);
			count = listed(w, found);
			assert_true(count >= 1);
			for (size_t i = 0; i < count; i++) {
				path_of(w, &found[i], path, sizeof(path));
				assert_int_equal(checkpoint_check(w->io, path, &made, &w->err), 0);
				assert_true(made.operation >= first);
			}
			assert_int_equal(checkpoint_write(w->io, w->kv, DIR, &made, &w->err), 0);
			assert_int_equal(checkpoint_prune(w->io, DIR, 1, &w->err), 0);
			assert_int_equal(listed(w, found), 1);
			assert_true(found[0].operation > first);
			world_check(w->kv);
			world_destroy(w);
			if (before && step > before)
				break;
		}
		assert_true(before > 10);
	}
}

/* Every bit of the foot, some of the copy, and each cut. */
static void a_damaged_checkpoint_is_refused(void **state)
{
	struct world *w = *state;
	struct checkpoint made, found;
	uint64_t size, text = 0;
	char path[256], byte[CHECKPOINT_FOOT_SIZE];
	int fd;

	some_life(w, 0);
	assert_int_equal(checkpoint_write(w->io, w->kv, DIR, &made, &w->err), 0);
	path_of(w, &made, path, sizeof(path));
	size = made.size_bytes + CHECKPOINT_FOOT_SIZE;
	fd = io_disk(w->io, open, path, IO_OPEN_READ | IO_OPEN_WRITE);
	assert_true(fd >= 0);
	io_disk(w->io, pread, fd, byte, sizeof(byte), made.size_bytes);
	text = strlen(byte);
	for (uint64_t bit = 0; bit < size * 8; bit++) {
		bool foot = bit / 8 >= made.size_bytes;

		if (foot ? bit / 8 >= made.size_bytes + text + 8 : bit % 1009 != 0)
			continue;
		assert_int_equal(sim_disk_flip(w->host, path, bit), 0);
		assert_true(checkpoint_check(w->io, path, &found, &w->err) < 0);
		assert_non_null(strstr(w->err.text, path));
		assert_int_equal(sim_disk_flip(w->host, path, bit), 0);
	}
	assert_int_equal(checkpoint_check(w->io, path, &found, &w->err), 0);
	for (uint64_t cut = size - 1; cut > 0; cut -= cut > 5000 ? 4999 : 1) {
		assert_int_equal(io_disk(w->io, truncate, fd, cut), 0);
		assert_int_equal(checkpoint_check(w->io, path, &found, &w->err), DFS_E_CORRUPT);
		if (cut % 7 == 0 && cut < made.size_bytes)
			cut -= cut / 3;
	}
	assert_int_equal(listed(w, &found), 0);
	io_disk(w->io, close, fd);
	assert_int_equal(checkpoint_check(w->io, "/nothing", &found, &w->err), DFS_E_NOENT);
}

static void a_checkpoint_of_a_later_format_is_refused(void **state)
{
	struct world *w = *state;
	char foot[CHECKPOINT_FOOT_SIZE] = "dfs-checkpoint 2\ncluster=x\n";
	struct iovec iov = {.iov_base = foot, .iov_len = sizeof(foot)};
	struct checkpoint found;
	int fd = io_disk(w->io, open, "/later", IO_OPEN_WRITE | IO_OPEN_CREATE);

	io_disk(w->io, pwritev, fd, &iov, 1, 0);
	io_disk(w->io, close, fd);
	assert_int_equal(checkpoint_check(w->io, "/later", &found, &w->err), DFS_E_VERSION);
	assert_non_null(strstr(w->err.text, "newer program"));
}

/* What rotted in the database must not push out the good copies of it. */
static void a_damaged_database_gives_no_checkpoint(void **state)
{
	struct world *w = *state;
	struct checkpoint made, found;
	struct kv_bytes key = {"\0\0\0\0\0\0\0\1", 8}, value = {"rotten", 6}, good;
	struct buf kept = {0};
	struct kv_txn *txn;

	some_life(w, 0);
	assert_int_equal(checkpoint_write(disk_of(w), w->kv, dir_of(w), &made, &w->err), 0);
	world_must(w, op_of_mkdir("/more"));
	assert_int_equal(w->kv->ops->begin(w->kv, true, &txn), 0);
	assert_int_equal(txn->ops->get(txn, 2 /* inode */, key, &good), 0);
	buf_append(&kept, good.data, good.size);
	assert_int_equal(txn->ops->put(txn, 2, key, value), 0);
	assert_int_equal(txn->ops->commit(txn), 0);
	assert_int_equal(
	        checkpoint_write(disk_of(w), w->kv, dir_of(w), &made, &w->err), DFS_E_CORRUPT);
	assert_non_null(strstr(w->err.text, "table inode"));
	assert_int_equal(listed(w, &found), 1);
	assert_int_equal(w->kv->ops->begin(w->kv, true, &txn), 0);
	good = (struct kv_bytes){kept.data, kept.size};
	assert_int_equal(txn->ops->put(txn, 2, key, good), 0);
	assert_int_equal(txn->ops->commit(txn), 0);
	assert_int_equal(checkpoint_write(disk_of(w), w->kv, dir_of(w), &made, &w->err), 0);
	buf_fini(&kept);
}

/* A cut at every length, and a row that is gone: each is told, with the operation. */
static void a_truncated_entry_of_the_log_is_named(void **state)
{
	struct world *w = *state;
	struct proto_row_counters counters;
	struct kv_bytes key = {"\0\0\0\0\0\0\0\3", 8}, good, value;
	struct buf kept = {0};
	struct kv_txn *txn;

	some_life(w, 0);
	assert_int_equal(meta_verify(w->kv, &w->arena, &counters, &w->err), 0);
	assert_int_equal(w->kv->ops->begin(w->kv, false, &txn), 0);
	assert_int_equal(txn->ops->get(txn, 10 /* log */, key, &good), 0);
	buf_append(&kept, good.data, good.size);
	txn->ops->abort(txn);
	for (size_t size = 0; size <= kept.size; size++) {
		value = (struct kv_bytes){kept.data, size};
		assert_int_equal(w->kv->ops->begin(w->kv, true, &txn), 0);
		assert_int_equal(txn->ops->put(txn, 10, key, value), 0);
		assert_int_equal(txn->ops->commit(txn), 0);
		if (size == kept.size)
			break;
		assert_int_equal(meta_verify(w->kv, &w->arena, &counters, &w->err), DFS_E_CORRUPT);
		assert_non_null(strstr(w->err.text, "table log, key 0000000000000003"));
	}
	assert_int_equal(meta_verify(w->kv, &w->arena, &counters, &w->err), 0);
	assert_int_equal(w->kv->ops->begin(w->kv, true, &txn), 0);
	assert_int_equal(txn->ops->del(txn, 10, key), 0);
	assert_int_equal(txn->ops->commit(txn), 0);
	assert_int_equal(meta_verify(w->kv, &w->arena, &counters, &w->err), DFS_E_CORRUPT);
	assert_non_null(strstr(w->err.text, "gap behind operation 2"));
	assert_int_equal(w->kv->ops->begin(w->kv, true, &txn), 0);
	assert_int_equal(txn->ops->put(txn, 10, key, (struct kv_bytes){kept.data, kept.size}), 0);
	assert_int_equal(txn->ops->commit(txn), 0);
	buf_fini(&kept);
}

/* ---- the log ---- */

static uint64_t log_rows(struct world *w, uint64_t *ret_first)
{
	uint64_t rows = 0;
	struct proto_op op;

	for (uint64_t i = 1; i <= meta_operation(w->meta); i++) {
		if (meta_logged(w->meta, i, &w->arena, &op, &w->err) != 0)
			continue;
		if (rows++ == 0 && ret_first)
			*ret_first = i;
		arena_reset(&w->arena);
	}
	return rows;
}

static uint64_t drop(struct world *w, uint64_t upto, uint32_t rows)
{
	world_must(w, (struct proto_op){
	                      .kind = PROTO_OP_LOG_DROP, .log_drop = {.upto = upto, .rows = rows}});
	return w->result.value;
}

static void the_log_goes_up_to_the_checkpoint_and_no_further(void **state)
{
	struct world *w = *state;
	struct checkpoint made;
	uint64_t first = 0, upto;
	struct kv *copy;

	some_life(w, 0);
	upto = meta_operation(w->meta);
	/* Of the last 20 minutes nothing goes: repeated requests are answered from it. */
	assert_int_equal(drop(w, upto, 10000), 0);
	upto = meta_operation(w->meta);
	sim_run_for(w->sim, 21 * 60 * 1000);
	some_life(w, 100);
	assert_int_equal(checkpoint_write(w->io, w->kv, DIR, &made, &w->err), 0);
	some_life(w, 200);
	assert_int_equal(drop(w, upto, 7), 7);
	log_rows(w, &first);
	assert_int_equal(first, 8);
	while (drop(w, made.operation, 50) == 50)
		;
	log_rows(w, &first);
	assert_int_equal(first, upto + 1); /* the rest is younger */
	sim_run_for(w->sim, 21 * 60 * 1000);
	while (drop(w, made.operation, 50) == 50)
		;
	log_rows(w, &first);
	assert_int_equal(first, made.operation + 1);
	world_check(w->kv);
	copy = extracted(w, &made);
	assert_int_equal(
	        meta_replay(w->kv, copy, made.operation + 1, meta_operation(w->meta), &w->err), 0);
	assert_int_equal(meta_compare(w->kv, copy, &w->err), 0);
	copy->ops->close(copy);
}

static void a_repeated_request_is_answered_though_its_log_row_is_gone(void **state)
{
	struct world *w = *state;
	uint64_t operation;

	w->client = 9;
	w->sequence = 1;
	world_must(w, op_of_mkdir("/once"));
	operation = w->result.operation;
	w->client = 0;
	sim_run_for(w->sim, 30 * 60 * 1000);
	while (drop(w, meta_operation(w->meta), 50) > 0)
		;
	w->client = 9;
	world_must(w, op_of_mkdir("/once"));
	assert_true(w->result.repeated);
	assert_int_equal(w->result.operation, operation);
}

static int64_t file_size(struct world *w)
{
	char path[128];
	struct stat stat_of;

	snprintf(path, sizeof(path), "%s/data.mdb", w->dir);
	assert_int_equal(stat(path, &stat_of), 0);
	return stat_of.st_size;
}

/* In few commits. */
static void many(struct world *w, int count)
{
	static const char path[] = "/a-name-that-is-rather-long-so-that-rows-are-long-too";
	struct proto_op create = op_of_create(path), remove_it = op_of_remove(path);

	for (int i = 0; i < count; i++)
		meta_submit(w->meta, i % 2 ? &remove_it : &create, 0, 0, NULL, NULL);
	while (!meta_idle(w->meta))
		assert_true(sim_step(w->sim));
}

/* Hours of work on a few names: with the log dropped behind checkpoints the file stays as it is. */
static void the_database_does_not_grow_without_bound(void **state)
{
	struct world *w = *state;
	struct checkpoint made[2] = {{.operation = 0}};
	int64_t half = 0;

	for (int round = 0; round < 60; round++) {
		many(w, 200);
		sim_run_for(w->sim, 10 * 60 * 1000);
		made[1] = made[0];
		assert_int_equal(
		        checkpoint_write(&real_io, w->kv, dir_of(w), &made[0], &w->err), 0);
		assert_int_equal(checkpoint_prune(&real_io, dir_of(w), 2, &w->err), 0);
		while (drop(w, made[1].operation, 10000) > 0)
			;
		if (round == 20)
			half = file_size(w);
	}
	assert_true(file_size(w) <= half + half / 10);
	assert_true(log_rows(w, NULL) < 1500);
	assert_true(made[0].size_bytes < (uint64_t)half);
}

/* ---- the history ---- */

static enum meta_lineage lineage(
        struct world *w, uint64_t epoch, uint64_t reign, uint64_t operation)
{
	enum meta_lineage ret;

	assert_int_equal(meta_lineage(w->meta, epoch, reign, operation, &ret, &w->err), 0);
	return ret;
}

static void a_reign_is_ours_up_to_its_last_operation(void **state)
{
	struct world *w = *state;
	uint64_t epoch = meta_epoch(w->meta), reign = meta_reign(w->meta), last;

	some_life(w, 0);
	last = meta_operation(w->meta);
	assert_int_equal(lineage(w, 0, 0, 0), META_OURS);
	assert_int_equal(lineage(w, epoch, reign, last), META_OURS);
	assert_int_equal(lineage(w, epoch, reign, last + 1), META_FOREIGN);
	assert_int_equal(lineage(w, epoch, reign + 1, 1), META_FOREIGN);
	assert_int_equal(lineage(w, epoch + 1, reign, 1), META_FOREIGN);
	assert_int_equal(world_reopen(w, CLUSTER, false), 0);
	assert_int_equal(lineage(w, epoch, reign, last), META_OURS);
	/* The next reign has gone further: that is no operation of this one. */
	assert_true(meta_operation(w->meta) > last);
	assert_int_equal(lineage(w, epoch, reign, last + 1), META_FOREIGN);
	assert_int_equal(lineage(w, epoch, reign + 1, 1), META_FOREIGN);
}

static void what_a_restore_gave_up_is_known_as_such(void **state)
{
	struct world *w = *state;
	struct proto_row_hold hold;
	uint64_t epoch = meta_epoch(w->meta), reign = meta_reign(w->meta);
	uint64_t last = meta_operation(w->meta);

	assert_false(meta_held(w->meta, NULL));
	meta_close(w->meta);
	w->meta = NULL;
	assert_int_equal(meta_restore(w->kv, w->io, 500, 1234, &w->err), 0);
	assert_int_equal(world_open(w, CLUSTER, false), 0);
	assert_true(meta_held(w->meta, &hold));
	assert_int_equal(hold.operation, last);
	assert_int_equal(hold.wall_ms, 1234);
	assert_true(meta_epoch(w->meta) > 500 + 4096);
	assert_int_equal(lineage(w, epoch, reign, last), META_OURS);
	assert_int_equal(lineage(w, epoch, reign, last + 100), META_GIVEN_UP);
	assert_int_equal(lineage(w, epoch + 3, 77, 5), META_GIVEN_UP);
	assert_int_equal(lineage(w, meta_epoch(w->meta) + 1, 77, 5), META_FOREIGN);
	world_must(w, (struct proto_op){.kind = PROTO_OP_ACCEPT});
	assert_false(meta_held(w->meta, NULL));
	assert_int_equal(lineage(w, epoch + 3, 77, 5), META_GIVEN_UP);
	world_check(w->kv);
}

/* A client that the lost time knows is still there, and goes on with its id. */
static void a_restore_gives_out_no_id_of_the_lost_time(void **state)
{
	struct world *w = *state;
	struct kv *backup, *lost = w->kv;
	uint64_t client = 0, session = 0;

	meta_close(w->meta);
	w->meta = NULL;
	backup = sim_kv_clone(w->kv);
	for (int starts = 0; starts < 20; starts++) {
		assert_int_equal(world_open(w, CLUSTER, false), 0);
		client = meta_new_client(w->meta);
		session = meta_new_session(w->meta);
		meta_close(w->meta);
		w->meta = NULL;
	}
	w->kv = backup;
	assert_int_equal(meta_restore(w->kv, w->io, 500, 1234, &w->err), 0);
	assert_int_equal(world_open(w, CLUSTER, false), 0);
	assert_true(meta_new_client(w->meta) > client);
	assert_true(meta_new_session(w->meta) > session);
	world_check(w->kv);
	meta_close(w->meta);
	w->meta = NULL;
	w->kv = lost;
	backup->ops->close(backup);
}

#define OF(name, how) cmocka_unit_test_setup_teardown(name, how, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        OF(replay_from_a_checkpoint_gives_the_same_database, world_setup),
	        OF(replay_from_a_checkpoint_gives_the_same_database, world_setup_lmdb),
	        cmocka_unit_test(a_crash_at_any_step_leaves_whole_checkpoints_only),
	        OF(a_damaged_checkpoint_is_refused, world_setup),
	        OF(a_checkpoint_of_a_later_format_is_refused, world_setup),
	        OF(a_truncated_entry_of_the_log_is_named, world_setup),
	        OF(a_damaged_database_gives_no_checkpoint, world_setup),
	        OF(a_damaged_database_gives_no_checkpoint, world_setup_lmdb),
	        OF(the_log_goes_up_to_the_checkpoint_and_no_further, world_setup),
	        OF(a_repeated_request_is_answered_though_its_log_row_is_gone, world_setup),
	        OF(the_database_does_not_grow_without_bound, world_setup_lmdb),
	        OF(a_reign_is_ours_up_to_its_last_operation, world_setup),
	        OF(what_a_restore_gave_up_is_known_as_such, world_setup),
	        OF(a_restore_gives_out_no_id_of_the_lost_time, world_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
