/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "io/kv_lmdb.h"

static const uint64_t LMDB_MAP_BYTES = 64 << 20;

static void world_fatal(void *arg, const struct dfs_error *err)
{
	struct world *world = arg;

	world->fatal = true;
	world->err = *err;
}

static void world_applied(void *arg, const struct proto_op *op, const struct meta_result *result)
{
	struct world *world = arg;

	assert_int_equal(result->code, 0);
	assert_false(result->repeated);
	world->applied++;
}

struct world *world_create(bool lmdb, uint64_t seed)
{
	struct world *world = calloc(1, sizeof(*world));
	struct sim_options options = {.seed = seed};

	world->sim = sim_create(&options);
	world->host = sim_host_create(world->sim, "master");
	world->io = sim_host_io(world->host);
	world->map_bytes = LMDB_MAP_BYTES;
	if (lmdb) {
		snprintf(world->dir, sizeof(world->dir), "/tmp/meta_test.XXXXXX");
		assert_non_null(mkdtemp(world->dir));
	}
	assert_int_equal(world_open(world, CLUSTER, true), 0);
	return world;
}

void world_destroy(struct world *world)
{
	char command[128];

	if (!world)
		return;
	meta_close(world->meta);
	if (world->dir[0]) {
		if (world->kv)
			world->kv->ops->close(world->kv);
		snprintf(command, sizeof(command), "rm -rf '%s'", world->dir);
		assert_int_equal(system(command), 0);
	}
	sim_destroy(world->sim);
	arena_fini(&world->arena);
	free(world);
}

int world_open(struct world *world, const char *cluster, bool create)
{
	struct meta_options options = {
	        .cluster = cluster,
	        .create = create,
	        .fatal = world_fatal,
	        .applied = world_applied,
	        .arg = world,
	};
	int rc;

	if (!world->dir[0])
		world->kv = sim_host_kv(world->host);
	else if (!world->kv)
		assert_int_equal(
		        kv_lmdb_open(&world->kv, world->dir, world->map_bytes, &world->err), 0);
	options.kv = world->kv;
	memset(&world->err, 0, sizeof(world->err));
	rc = meta_open(&world->meta, world->io, &options, &world->err);
	assert_int_equal(rc, world->err.code);
	if (rc != 0)
		world->meta = NULL;
	return rc;
}

int world_reopen(struct world *world, const char *cluster, bool create)
{
	meta_close(world->meta);
	world->meta = NULL;
	if (world->dir[0] && world->kv) {
		world->kv->ops->close(world->kv);
		world->kv = NULL;
	}
	return world_open(world, cluster, create);
}

int world_setup(void **state)
{
	*state = world_create(false, 1);
	return 0;
}

int world_setup_lmdb(void **state)
{
	*state = world_create(true, 1);
	return 0;
}

int world_teardown(void **state)
{
	struct world *world = *state;

	if (world->meta && !world->fatal && !sim_host_crashed(world->host))
		world_check(world->kv);
	world_destroy(world);
	return 0;
}

struct waiting {
	struct world *world;
	bool done;
};

static void waited(void *arg, const struct meta_result *result)
{
	struct waiting *waiting = arg;
	struct meta_result *kept = &waiting->world->result;

	assert_false(waiting->done);
	waiting->done = true;
	*kept = *result;
	if (kept->attr.name == result->name_bytes)
		kept->attr.name = kept->name_bytes;
	if (kept->attr.target == result->target_bytes)
		kept->attr.target = kept->target_bytes;
	assert_int_equal(result->code, result->err.code);
	if (result->code == 0)
		assert_int_not_equal(result->operation, 0);
	else
		assert_int_not_equal(strlen(result->err.text), 0);
}

int world_do(struct world *world, const struct proto_op *op)
{
	struct waiting waiting = {world, false};

	meta_submit(world->meta, op, world->client, world->sequence, waited, &waiting);
	assert_false(waiting.done);
	assert_true(sim_run_until(world->sim, &waiting.done, 60000));
	return world->result.code;
}

void world_refuse(struct world *world, const struct proto_op *op, int code, const char *part)
{
	struct buf before = {0}, after = {0};

	world_dump(world->kv, &before);
	world_do(world, op);
	if (world->result.code != code || !strstr(world->result.err.text, part))
		fail_msg("wanted %s (\"%s\"), got %s (\"%s\")", dfs_error_name(code), part,
		        dfs_error_name(world->result.code), world->result.err.text);
	world_dump(world->kv, &after);
	assert_int_equal(before.size, after.size);
	assert_memory_equal(before.data, after.data, after.size);
	buf_fini(&before);
	buf_fini(&after);
}

struct proto_op op_of_mkdir(const char *path)
{
	return (struct proto_op){.kind = PROTO_OP_MKDIR, .mkdir = {.path = path, .mode = 0755}};
}

struct proto_op op_of_mkdirs(const char *path)
{
	return (struct proto_op){
	        .kind = PROTO_OP_MKDIR, .mkdir = {.path = path, .mode = 0755, .parents = true}};
}

struct proto_op op_of_create(const char *path)
{
	return (struct proto_op){
	        .kind = PROTO_OP_CREATE, .create = {.path = path, .mode = 0644, .goal = 2}};
}

struct proto_op op_of_symlink(const char *path, const char *target)
{
	return (struct proto_op){
	        .kind = PROTO_OP_SYMLINK, .symlink = {.path = path, .target = target}};
}

struct proto_op op_of_remove(const char *path)
{
	return (struct proto_op){.kind = PROTO_OP_REMOVE, .remove = {.path = path}};
}

struct proto_op op_of_remove_all(const char *path)
{
	return (struct proto_op){
	        .kind = PROTO_OP_REMOVE, .remove = {.path = path, .recursive = true}};
}

struct proto_op op_of_rename(const char *path, const char *to)
{
	return (struct proto_op){.kind = PROTO_OP_RENAME, .rename = {.path = path, .to = to}};
}

struct proto_op op_of_purge(uint32_t rows)
{
	return (struct proto_op){.kind = PROTO_OP_PURGE, .purge = {.rows = rows}};
}

struct proto_op op_of_trash(const char *path, uint64_t living_ms, uint64_t keep_ms)
{
	return (struct proto_op){.kind = PROTO_OP_TRASH_MOVE,
	        .trash_move = {.path = path,
	                .recursive = true,
	                .living_ms = living_ms,
	                .keep_ms = keep_ms,
	                .by = "ada"}};
}

struct proto_op op_of_undelete(const char *path, const char *to, uint64_t entry)
{
	return (struct proto_op){.kind = PROTO_OP_UNDELETE,
	        .undelete = {.path = path, .to = to ? to : "", .entry = entry}};
}

void world_must(struct world *world, struct proto_op op)
{
	if (world_do(world, &op) != 0)
		fail_msg("%s: %s: %s", proto_op_name(op.kind), dfs_error_name(world->result.code),
		        world->result.err.text);
}

struct proto_attr world_stat(struct world *world, const char *path)
{
	struct proto_attr attr;

	assert_int_equal(meta_stat(world->meta, path, &world->arena, &attr, &world->err), 0);
	return attr;
}

int world_stat_code(struct world *world, const char *path)
{
	struct proto_attr attr;

	return meta_stat(world->meta, path, &world->arena, &attr, &world->err);
}

struct proto_row_counters world_counters(struct world *world)
{
	struct proto_row_counters counters;

	assert_int_equal(meta_counters(world->meta, &world->arena, &counters), 0);
	return counters;
}

struct proto_row_chunk world_chunk(struct world *world, uint64_t chunk)
{
	struct proto_row_chunk row;

	assert_int_equal(meta_chunk(world->meta, chunk, &world->arena, &row, &world->err), 0);
	return row;
}

uint64_t world_session(struct world *world, const char *path, size_t count, uint64_t *ret_chunks)
{
	static uint32_t nodes[] = {1, 2};
	struct proto_chunk_new chunks[64];
	struct proto_op op = {
	        .kind = PROTO_OP_SESSION_BEGIN,
	        .session_begin = {.path = path,
	                .goal = 2,
	                .chunk_size = 1 << 20,
	                .chunks = chunks,
	                .chunks_count = count},
	};

	assert_true(count <= 64);
	op.session_begin.session = meta_new_session(world->meta);
	assert_int_not_equal(op.session_begin.session, 0);
	for (size_t i = 0; i < count; i++) {
		ret_chunks[i] = meta_new_chunk(world->meta);
		assert_int_not_equal(ret_chunks[i], 0);
		chunks[i] = (struct proto_chunk_new){ret_chunks[i], 1, nodes, 2};
	}
	world_must(world, op);
	assert_int_equal(world->result.value, op.session_begin.session);
	return op.session_begin.session;
}

struct proto_extent_new extent_of(
        uint64_t *at, uint64_t chunk, uint64_t chunk_offset, uint64_t length)
{
	struct proto_extent_new extent = {*at, chunk, chunk_offset, length, 0};

	/* Of zeros: parts of it have checksums that add up. */
	for (uint64_t i = 0; i < length; i++)
		extent.crc = crc32c(extent.crc, "", 1);
	*at += length;
	return extent;
}

struct proto_op op_of_commit(
        uint64_t session, uint64_t size, struct proto_extent_new *extents, size_t count)
{
	return (struct proto_op){
	        .kind = PROTO_OP_COMMIT,
	        .commit = {.session = session,
	                .size = size,
	                .extents = extents,
	                .extents_count = count,
	                .mode = 0640},
	};
}

struct proto_op op_of_stage(uint64_t session, struct proto_extent_new *extents, size_t count)
{
	return (struct proto_op){
	        .kind = PROTO_OP_STAGE,
	        .stage = {.session = session, .extents = extents, .extents_count = count},
	};
}

void world_put(struct world *world, const char *path, size_t count)
{
	uint64_t chunks[64], at = 0;
	struct proto_extent_new extents[64];
	uint64_t session = world_session(world, path, count, chunks);

	for (size_t i = 0; i < count; i++)
		extents[i] = extent_of(&at, chunks[i], 0, 1000);
	world_must(world, op_of_commit(session, at, extents, count));
}

void world_dump(struct kv *kv, struct buf *ret)
{
	struct kv_txn *txn;

	assert_int_equal(kv->ops->begin(kv, false, &txn), 0);
	for (int table = 0; table < KV_TABLES_MAX; table++) {
		struct kv_cursor *cursor;
		struct kv_bytes key, value;
		int rc;

		assert_int_equal(kv->ops->cursor_open(txn, table, &cursor), 0);
		rc = kv->ops->seek(cursor, (struct kv_bytes){"", 0}, &key, &value);
		for (; rc == 0; rc = kv->ops->next(cursor, &key, &value)) {
			uint32_t head[3] = {
			        (uint32_t)table, (uint32_t)key.size, (uint32_t)value.size};

			buf_append(ret, head, sizeof(head));
			buf_append(ret, key.data, key.size);
			buf_append(ret, value.data, value.size);
		}
		assert_int_equal(rc, DFS_E_NOENT);
		kv->ops->cursor_close(cursor);
	}
	kv->ops->abort(txn);
	assert_false(ret->failed);
}

static void fault_found(void *arg, const char *sentence)
{
	print_message("# fault: %s\n", sentence);
}

void world_check(struct kv *kv)
{
	struct dfs_error err = {0};

	if (meta_check(kv, fault_found, NULL, &err) != 0)
		fail_msg("%s", err.text);
}
