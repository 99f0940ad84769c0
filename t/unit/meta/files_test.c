/* SPDX-License-Identifier: MIT */
/* Write sessions, commits, chunks: what each operation does, and each refusal, which changes
 * nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "world.h"

static void refuse(struct world *w, struct proto_op op, int code, const char *part)
{
	world_refuse(w, &op, code, part);
}

static struct proto_op op_of_session_end(uint64_t session)
{
	return (struct proto_op){.kind = PROTO_OP_SESSION_END, .session_end = {session}};
}

static struct proto_op op_of_seal(uint64_t chunk, uint64_t version, uint64_t length, uint32_t crc)
{
	return (struct proto_op){
	        .kind = PROTO_OP_CHUNK_SEAL, .chunk_seal = {chunk, version, length, crc}};
}

static struct proto_op op_of_raise(uint64_t chunk, uint64_t version)
{
	return (struct proto_op){.kind = PROTO_OP_CHUNK_RAISE, .chunk_raise = {chunk, version}};
}

static struct meta_extents extents(
        struct world *w, const char *path, uint64_t offset, uint32_t limit)
{
	struct meta_extents found;

	assert_int_equal(
	        meta_extents(w->meta, path, 0, 0, offset, limit, &w->arena, &found, &w->err), 0);
	return found;
}

static int freed_count(void *arg, uint64_t chunk, int64_t freed_ms)
{
	(*(int *)arg)++;
	return 0;
}

static int freed(struct world *w)
{
	int count = 0;

	assert_int_equal(
	        meta_each_freed(w->meta, INT64_MIN, 0, INT64_MAX, 0, freed_count, &count), 0);
	return count;
}

static int member_count(void *arg, uint64_t chunk)
{
	(*(int *)arg)++;
	return 0;
}

static void commit_shows_a_whole_file(void **state)
{
	struct world *w = *state;
	uint64_t chunks[3], at = 0, session = world_session(w, "/f", 3, chunks);
	struct proto_extent_new parts[3];
	struct meta_extents found;
	struct proto_op op;
	struct proto_row_session row;
	int members = 0;

	assert_int_equal(world_stat_code(w, "/f"), DFS_E_NOENT);
	assert_int_equal(meta_session(w->meta, session, &w->arena, &row, &w->err), 0);
	assert_int_equal(row.parent, 1);
	assert_string_equal(row.name, "f");
	assert_int_equal(row.goal, 2);
	assert_int_equal(
	        meta_each_session_chunk(w->meta, session, 0, 0, member_count, &members), 0);
	assert_int_equal(members, 3);
	assert_int_equal(world_chunk(w, chunks[0]).state, PROTO_CHUNK_STATE_OPEN);
	assert_int_equal(world_chunk(w, chunks[0]).session, session);
	assert_int_equal(world_chunk(w, chunks[0]).nodes[1], 2);
	for (int i = 0; i < 3; i++)
		parts[i] = extent_of(&at, chunks[i], 0, 1000 + i);
	op = op_of_commit(session, at, parts, 3);
	op.commit.uid = 5;
	op.commit.mtime_ns = 77;
	world_must(w, op);
	assert_int_equal(w->result.attr.size, 3003);
	assert_int_equal(w->result.attr.generation, 1);
	assert_int_equal(w->result.attr.mode, 0640);
	assert_int_equal(w->result.attr.uid, 5);
	assert_int_equal(w->result.attr.mtime_ns, 77);
	assert_int_equal(w->result.attr.goal, 2);
	assert_int_equal(w->result.attr.chunk_size, 1 << 20);
	assert_string_equal(w->result.attr.name, "f");
	found = extents(w, "/f", 0, 0);
	assert_int_equal(found.count, 3);
	assert_false(found.more);
	assert_int_equal(found.offsets[1], 1000);
	assert_int_equal(found.extents[2].length, 1002);
	/* The open chunks are sealed where the extents end (their receipts say that the bytes are
	 * everywhere). */
	assert_int_equal(found.chunks[1].state, PROTO_CHUNK_STATE_SEALED);
	assert_int_equal(found.chunks[1].length, 1001);
	assert_int_equal(found.chunks[1].crc, parts[1].crc);
	assert_int_equal(found.chunks[1].refs, 1);
	assert_int_equal(found.chunks[1].live, 1001);
	assert_int_equal(found.chunks[1].session, 0);
	assert_int_equal(world_counters(w).bytes, 3003);
	assert_int_equal(world_counters(w).files, 1);
	assert_int_equal(world_counters(w).chunks, 3);
	refuse(w, op, DFS_E_EXPIRED, "has ended or expired");
	assert_int_equal(meta_session(w->meta, session, &w->arena, &row, &w->err), DFS_E_EXPIRED);
}

static void extents_are_found_by_offset(void **state)
{
	struct world *w = *state;
	struct meta_extents found;

	world_put(w, "/f", 10);
	found = extents(w, "/f", 999, 2);
	assert_int_equal(found.count, 2);
	assert_int_equal(found.offsets[0], 0);
	assert_true(found.more);
	found = extents(w, "/f", 1000, 2);
	assert_int_equal(found.offsets[0], 1000);
	found = extents(w, "/f", 9999, 2);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.offsets[0], 9000);
	assert_false(found.more);
	found = extents(w, "/f", 10000, 2);
	assert_int_equal(found.count, 0);
	found = extents(w, "/f", UINT64_MAX, 2);
	assert_int_equal(found.count, 0);
	world_must(w, op_of_mkdir("/d"));
	world_must(w, op_of_symlink("/l", "f"));
	assert_int_equal(
	        meta_extents(w->meta, "/d", 0, 0, 0, 1, &w->arena, &found, &w->err), DFS_E_ISDIR);
	assert_int_equal(
	        meta_extents(w->meta, "/l", 0, 0, 0, 1, &w->arena, &found, &w->err), DFS_E_INVAL);
	assert_int_equal(
	        meta_extents(w->meta, "/x", 0, 0, 0, 1, &w->arena, &found, &w->err), DFS_E_NOENT);
}

static void overwrite_keeps_the_inode_and_frees_the_old_chunks(void **state)
{
	struct world *w = *state;
	struct meta_extents found;
	struct proto_attr before, after;

	world_put(w, "/f", 5);
	before = world_stat(w, "/f");
	world_put(w, "/f", 2);
	after = world_stat(w, "/f");
	assert_int_equal(after.inode, before.inode);
	assert_int_equal(after.generation, before.generation + 1);
	assert_int_equal(after.size, 2000);
	assert_int_equal(world_counters(w).bytes, 2000);
	assert_int_equal(world_counters(w).files, 1);
	assert_int_equal(world_counters(w).chunks, 2);
	assert_int_equal(freed(w), 5);
	assert_int_equal(world_stat(w, "/").size, 1);
	/* RULES 9: one who reads the old state learns that it is gone. */
	assert_int_equal(meta_extents(w->meta, NULL, before.inode, before.generation, 0, 1,
	                         &w->arena, &found, &w->err),
	        DFS_E_CHANGED);
	assert_int_equal(meta_extents(w->meta, NULL, after.inode, after.generation, 0, 9, &w->arena,
	                         &found, &w->err),
	        0);
	assert_int_equal(found.count, 2);
	world_must(w, op_of_remove("/f"));
	assert_int_equal(meta_extents(w->meta, NULL, after.inode, after.generation, 0, 1, &w->arena,
	                         &found, &w->err),
	        DFS_E_CHANGED);
	assert_int_equal(freed(w), 7);
	assert_int_equal(world_counters(w).bytes, 0);
}

static void empty_files_have_no_content(void **state)
{
	struct world *w = *state;
	uint64_t chunk, session = world_session(w, "/f", 1, &chunk);

	world_must(w, op_of_commit(session, 0, NULL, 0));
	assert_int_equal(world_stat(w, "/f").size, 0);
	assert_int_equal(extents(w, "/f", 0, 0).count, 0);
	assert_int_equal(world_chunk(w, chunk).state, PROTO_CHUNK_STATE_FREED);
	world_put(w, "/f", 1);
	session = world_session(w, "/f", 0, NULL);
	world_must(w, op_of_commit(session, 0, NULL, 0));
	assert_int_equal(world_counters(w).bytes, 0);
	assert_int_equal(world_counters(w).chunks, 0);
}

static void stage_hands_in_ahead(void **state)
{
	struct world *w = *state;
	uint64_t chunks[2], at = 0, session = world_session(w, "/f", 2, chunks);
	struct proto_extent_new parts[3];
	struct meta_extents found;
	uint32_t whole = 0;

	parts[0] = extent_of(&at, chunks[0], 0, 500);
	parts[1] = extent_of(&at, chunks[0], 500, 500);
	world_must(w, op_of_stage(session, parts, 2));
	assert_int_equal(world_stat_code(w, "/f"), DFS_E_NOENT);
	assert_int_equal(world_chunk(w, chunks[0]).floor, 1000);
	assert_int_equal(world_chunk(w, chunks[0]).refs, 2);
	world_check(w->kv);
	refuse(w, op_of_stage(session, parts, 2), DFS_E_INVAL,
	        "begins at 0 where the one before it ends at 1000");
	parts[2] = extent_of(&at, chunks[1], 0, 10);
	refuse(w, op_of_commit(session, 1009, parts + 2, 1), DFS_E_INVAL,
	        "1010 bytes, the file is said to have 1009");
	world_must(w, op_of_commit(session, 1010, parts + 2, 1));
	found = extents(w, "/f", 0, 0);
	assert_int_equal(found.count, 3);
	for (int i = 0; i < 1000; i++)
		whole = crc32c(whole, "", 1);
	assert_int_equal(found.chunks[0].state, PROTO_CHUNK_STATE_SEALED);
	assert_int_equal(found.chunks[0].length, 1000);
	assert_int_equal(found.chunks[0].crc, whole);
}

static void chunk_with_a_gap_waits_for_the_freeze(void **state)
{
	struct world *w = *state;
	uint64_t chunk, at = 0, session = world_session(w, "/f", 1, &chunk);
	struct proto_extent_new parts[2];

	parts[0] = extent_of(&at, chunk, 0, 100);
	parts[1] = extent_of(&at, chunk, 200, 100);
	world_must(w, op_of_commit(session, at, parts, 2));
	assert_int_equal(world_chunk(w, chunk).state, PROTO_CHUNK_STATE_OPEN);
	assert_int_equal(world_chunk(w, chunk).session, 0);
	assert_int_equal(world_chunk(w, chunk).floor, 300);
	assert_int_equal(world_chunk(w, chunk).length, 0);
	assert_int_equal(world_chunk(w, chunk).crc, 0);
	world_must(w, op_of_raise(chunk, 2));
	refuse(w, op_of_seal(chunk, 2, 299, 9), DFS_E_RANGE, "300 acknowledged bytes");
	world_must(w, op_of_seal(chunk, 2, 350, 9));
	assert_int_equal(world_chunk(w, chunk).length, 350);
}

static void chunk_used_out_of_order_waits_for_the_freeze(void **state)
{
	struct world *w = *state;
	uint64_t chunk, at = 0, session = world_session(w, "/f", 1, &chunk);
	struct proto_extent_new parts[2];

	parts[0] = extent_of(&at, chunk, 200, 100);
	parts[1] = extent_of(&at, chunk, 0, 100);
	world_must(w, op_of_commit(session, at, parts, 2));
	assert_int_equal(world_chunk(w, chunk).state, PROTO_CHUNK_STATE_OPEN);
	assert_int_equal(world_chunk(w, chunk).floor, 300);
}

static void unused_chunks_of_a_session_are_freed(void **state)
{
	struct world *w = *state;
	uint64_t chunks[4], at = 0, session = world_session(w, "/f", 4, chunks);
	struct proto_extent_new part = extent_of(&at, chunks[2], 0, 100);

	world_must(w, op_of_commit(session, at, &part, 1));
	assert_int_equal(freed(w), 3);
	assert_int_equal(world_counters(w).chunks, 1);
	assert_int_equal(world_chunk(w, chunks[0]).state, PROTO_CHUNK_STATE_FREED);
	assert_int_equal(world_chunk(w, chunks[2]).state, PROTO_CHUNK_STATE_SEALED);
}

static void session_end_frees_everything(void **state)
{
	struct world *w = *state;
	uint64_t chunks[2], at = 0, session = world_session(w, "/f", 2, chunks);
	struct proto_extent_new part = extent_of(&at, chunks[0], 0, 100);

	world_must(w, op_of_stage(session, &part, 1));
	world_must(w, op_of_session_end(session));
	assert_int_equal(freed(w), 2);
	assert_int_equal(world_counters(w).chunks, 0);
	assert_int_equal(world_stat_code(w, "/f"), DFS_E_NOENT);
	refuse(w, op_of_session_end(session), DFS_E_EXPIRED, "has ended");
	refuse(w, op_of_stage(session, &part, 1), DFS_E_EXPIRED, "has ended");
	refuse(w, (struct proto_op){.kind = PROTO_OP_SESSION_TOUCH, .session_touch = {session}},
	        DFS_E_EXPIRED, "has ended");
}

static void session_begin_refuses(void **state)
{
	struct world *w = *state;
	uint32_t nodes[] = {1, 2}, twice[] = {3, 3};
	struct proto_chunk_new chunk = {meta_new_chunk(w->meta), 1, nodes, 2}, two[2];
	struct proto_op good = {
	        .kind = PROTO_OP_SESSION_BEGIN,
	        .session_begin = {.session = meta_new_session(w->meta),
	                .path = "/f",
	                .goal = 2,
	                .chunk_size = 65536,
	                .chunks = &chunk,
	                .chunks_count = 1},
	};
	struct proto_op op = good;

	world_must(w, op_of_mkdir("/d"));
	world_must(w, op_of_symlink("/l", "f"));
	world_put(w, "/old", 1);
	op.session_begin.path = "/d";
	refuse(w, op, DFS_E_ISDIR, "/d");
	op.session_begin.path = "/l";
	refuse(w, op, DFS_E_EXIST, "symbolic link");
	op.session_begin.path = "/x/f";
	refuse(w, op, DFS_E_NOENT, "/x");
	op.session_begin.path = "/.dfs/f";
	refuse(w, op, DFS_E_PERM, ".dfs");
	op.session_begin.path = "/old";
	op.session_begin.no_replace = true;
	refuse(w, op, DFS_E_EXIST, "/old");
	op = good;
	op.session_begin.goal = 0;
	refuse(w, op, DFS_E_INVAL, "goal");
	op.session_begin.goal = 10;
	refuse(w, op, DFS_E_INVAL, "goal");
	op = good;
	op.session_begin.chunk_size = 0;
	refuse(w, op, DFS_E_INVAL, "chunk size");
	op = good;
	op.session_begin.session = 0;
	refuse(w, op, DFS_E_INVAL, "not reserved");
	op.session_begin.session = 1 << 30;
	refuse(w, op, DFS_E_INVAL, "not reserved");
	op = good;
	chunk.version = 0;
	refuse(w, op, DFS_E_INVAL, "versions");
	chunk.version = 1;
	chunk.nodes_count = 0;
	refuse(w, op, DFS_E_INVAL, "no replica");
	chunk.nodes = twice;
	chunk.nodes_count = 2;
	refuse(w, op, DFS_E_INVAL, "two replicas on datanode 3");
	chunk.nodes = nodes;
	chunk.chunk += 1ull << 40; /* of the next epoch */
	refuse(w, op, DFS_E_INVAL, "not reserved in epoch 1");
	chunk.chunk = (1ull << 40) + (1 << 20); /* beyond what is reserved */
	refuse(w, op, DFS_E_INVAL, "not reserved in epoch 1");
	chunk.chunk = 1ull << 40;
	refuse(w, op, DFS_E_INVAL, "not reserved in epoch 1");
	chunk.chunk = meta_new_chunk(w->meta);
	two[0] = two[1] = chunk;
	op.session_begin.chunks = two;
	op.session_begin.chunks_count = 2;
	refuse(w, op, DFS_E_INVAL, "named twice");
	world_must(w, good);
	refuse(w, good, DFS_E_EXIST, "already exists");
	good.session_begin.session = meta_new_session(w->meta);
	refuse(w, good, DFS_E_EXIST, "already exists"); /* its chunk */
}

static void chunk_add_gives_a_session_more(void **state)
{
	struct world *w = *state;
	uint32_t nodes[] = {4, 5, 6};
	struct proto_chunk_new chunk = {meta_new_chunk(w->meta), 3, nodes, 3};
	uint64_t at = 0, session = world_session(w, "/f", 0, NULL);
	struct proto_op op = {.kind = PROTO_OP_CHUNK_ADD, .chunk_add = {session, &chunk, 1}};
	struct proto_extent_new part = extent_of(&at, chunk.chunk, 0, 10);

	world_must(w, op);
	assert_int_equal(w->result.value, session);
	assert_int_equal(world_chunk(w, chunk.chunk).version, 3);
	assert_int_equal(world_chunk(w, chunk.chunk).nodes_count, 3);
	refuse(w, op, DFS_E_EXIST, "already exists");
	op.chunk_add.session = 1 << 20;
	refuse(w, op, DFS_E_EXPIRED, "has ended");
	world_must(w, op_of_commit(session, at, &part, 1));
}

static void commit_refuses(void **state)
{
	struct world *w = *state;
	uint64_t other_chunk, chunk, at = 0, session, other;
	struct proto_extent_new good, part;
	struct proto_op op;

	world_must(w, op_of_mkdirs("/p/q"));
	other = world_session(w, "/other", 1, &other_chunk);
	session = world_session(w, "/p/q/f", 1, &chunk);
	good = part = extent_of(&at, chunk, 0, 100);
	part.chunk = other_chunk;
	refuse(w, op_of_commit(session, 100, &part, 1), DFS_E_INVAL, "was not written by session");
	part.chunk = 99;
	refuse(w, op_of_commit(session, 100, &part, 1), DFS_E_NOENT, "is not known");
	part = good;
	part.offset = 1;
	refuse(w, op_of_commit(session, 100, &part, 1), DFS_E_INVAL,
	        "begins at 1 where the one before it ends at 0");
	part = good;
	part.length = 0;
	refuse(w, op_of_commit(session, 0, &part, 1), DFS_E_INVAL, "impossible length");
	part.length = UINT64_MAX;
	part.chunk_offset = 2;
	refuse(w, op_of_commit(session, 0, &part, 1), DFS_E_INVAL, "impossible length");
	refuse(w, op_of_commit(session, 101, &good, 1), DFS_E_INVAL,
	        "100 bytes, the file is said to have 101");
	op = op_of_commit(session, 100, &good, 1);
	op.commit.mode = 010000;
	refuse(w, op, DFS_E_INVAL, "07777");
	/* Sealed below the extent's end meanwhile: the writer appends the rest elsewhere. */
	world_must(w, op_of_raise(chunk, 2));
	world_must(w, op_of_seal(chunk, 2, 99, 1));
	refuse(w, op_of_commit(session, 100, &good, 1), DFS_E_RANGE, "was sealed at 99 bytes");
	good.length = 99;
	/* The name, or the way to it, has changed since the session began. */
	world_must(w, op_of_mkdir("/p/q/f"));
	refuse(w, op_of_commit(session, 99, &good, 1), DFS_E_ISDIR, "is a directory");
	world_must(w, op_of_remove_all("/p/q/f"));
	world_must(w, op_of_symlink("/p/q/f", "x"));
	refuse(w, op_of_commit(session, 99, &good, 1), DFS_E_EXIST, "symbolic link");
	world_must(w, op_of_rename("/p/q", "/r"));
	world_must(w, op_of_remove("/r/f"));
	world_must(w, op_of_commit(session, 99, &good, 1)); /* it goes where its directory went */
	assert_int_equal(world_stat(w, "/r/f").size, 99);
	world_must(w, op_of_session_end(other));
}

static void commit_into_a_removed_directory_fails(void **state)
{
	struct world *w = *state;
	uint64_t chunk, at = 0, session;
	struct proto_extent_new part;

	world_must(w, op_of_mkdirs("/p/q/r"));
	world_must(w, op_of_create("/p/q/r/keeps-it-full"));
	session = world_session(w, "/p/q/r/f", 1, &chunk);
	part = extent_of(&at, chunk, 0, 100);
	world_must(w, op_of_remove_all("/p"));
	/* The rows of /p/q/r are still there: a purge has not come so far. */
	refuse(w, op_of_commit(session, at, &part, 1), DFS_E_NOENT, "has been removed");
	while (meta_purge_pending(w->meta)) {
		world_must(w, op_of_purge(1));
		refuse(w, op_of_commit(session, at, &part, 1), DFS_E_NOENT, "has been removed");
	}
	world_must(w, op_of_session_end(session));
	assert_int_equal(world_counters(w).chunks, 0);
}

static void no_replace_is_judged_at_the_commit(void **state)
{
	struct world *w = *state;
	struct proto_op begin = {
	        .kind = PROTO_OP_SESSION_BEGIN,
	        .session_begin = {.session = meta_new_session(w->meta),
	                .path = "/f",
	                .goal = 1,
	                .chunk_size = 65536,
	                .no_replace = true},
	};

	world_must(w, begin);
	world_must(w, op_of_create("/f"));
	refuse(w, op_of_commit(begin.session_begin.session, 0, NULL, 0), DFS_E_EXIST,
	        "already exists");
}

static void two_writers_of_a_name_the_last_commit_wins(void **state)
{
	struct world *w = *state;
	uint64_t a_chunk, b_chunk, a_at = 0, b_at = 0;
	uint64_t a = world_session(w, "/f", 1, &a_chunk), b = world_session(w, "/f", 1, &b_chunk);
	struct proto_extent_new a_part = extent_of(&a_at, a_chunk, 0, 10),
	                        b_part = extent_of(&b_at, b_chunk, 0, 20);

	world_must(w, op_of_commit(b, b_at, &b_part, 1));
	world_must(w, op_of_commit(a, a_at, &a_part, 1));
	assert_int_equal(world_stat(w, "/f").size, 10);
	assert_int_equal(extents(w, "/f", 0, 0).extents[0].chunk, a_chunk);
	assert_int_equal(world_chunk(w, b_chunk).state, PROTO_CHUNK_STATE_FREED);
}

static void chunks_go_their_way(void **state)
{
	struct world *w = *state;
	uint64_t chunk, at = 0, session = world_session(w, "/f", 1, &chunk);
	struct proto_extent_new part = extent_of(&at, chunk, 0, 10);
	struct proto_op forget = {.kind = PROTO_OP_CHUNK_FORGET, .chunk_forget = {&chunk, 1}};
	struct proto_row_chunk row;

	refuse(w, op_of_raise(99, 2), DFS_E_NOENT, "not known");
	refuse(w, op_of_raise(chunk, 1), DFS_E_STALE, "at version 1 already");
	world_must(w, op_of_raise(chunk, 5));
	assert_int_equal(world_chunk(w, chunk).version, 5);
	refuse(w, op_of_seal(chunk, 4, 10, 1), DFS_E_STALE, "at version 5");
	refuse(w, op_of_seal(99, 5, 10, 1), DFS_E_NOENT, "not known");
	world_must(w, op_of_seal(chunk, 6, 10, part.crc));
	world_must(w, op_of_seal(chunk, 6, 10, part.crc)); /* said again */
	refuse(w, op_of_seal(chunk, 6, 11, part.crc), DFS_E_SEALED, "sealed already");
	refuse(w, op_of_seal(chunk, 7, 10, part.crc), DFS_E_SEALED, "sealed already");
	refuse(w, op_of_raise(chunk, 7), DFS_E_SEALED, "is sealed");
	refuse(w, forget, DFS_E_INVAL, "in use");
	world_must(w, op_of_commit(session, at, &part, 1));
	refuse(w, forget, DFS_E_INVAL, "in use");
	world_must(w, op_of_remove("/f"));
	refuse(w, op_of_seal(chunk, 8, 10, 1), DFS_E_NOENT, "freed");
	world_must(w,
	        op_of_raise(chunk, 9)); /* shuts late writers out before the replicas are deleted */
	world_must(w, forget);
	assert_int_equal(meta_chunk(w->meta, chunk, &w->arena, &row, &w->err), DFS_E_NOENT);
	assert_int_equal(freed(w), 0);
	world_must(w, forget); /* a repeat */
}

static int freed_kept(void *arg, uint64_t chunk, int64_t freed_ms)
{
	uint64_t *kept = arg;

	kept[0] = chunk;
	kept[1] = (uint64_t)freed_ms;
	return 1;
}

static void freed_chunks_are_told_by_age(void **state)
{
	struct world *w = *state;
	uint64_t kept[2] = {0}, first[1], second[1];
	uint64_t a = world_session(w, "/a", 1, first), b = world_session(w, "/b", 1, second);

	world_must(w, op_of_session_end(b));
	sim_run_for(w->sim, 1000);
	world_must(w, op_of_session_end(a));
	assert_int_equal(meta_each_freed(w->meta, INT64_MIN, 0, INT64_MAX, 0, freed_kept, kept), 0);
	assert_int_equal(kept[0], second[0]);
	assert_int_equal(kept[1], world_chunk(w, second[0]).freed_ms);
	kept[0] = 0;
	assert_int_equal(
	        meta_each_freed(w->meta, INT64_MIN, 0, (int64_t)kept[1], 0, freed_kept, kept), 0);
	assert_int_equal(kept[0], 0);
}

/* Thousands of extents, in stages of 1,000. */
static uint64_t put_long(struct world *w, const char *path, int thousands)
{
	static struct proto_extent_new parts[1000];
	uint64_t chunks[64], at = 0, session = world_session(w, path, 64, chunks);

	for (int t = 0; t < thousands; t++) {
		for (int i = 0; i < 1000; i++)
			parts[i] = extent_of(&at, chunks[i % 64], at / 64, 1);
		world_must(w, op_of_stage(session, parts, 1000));
	}
	world_must(w, op_of_commit(session, at, NULL, 0));
	return session;
}

static void long_files_are_dropped_in_bounded_steps(void **state)
{
	struct world *w = *state;
	uint64_t before, chunks[1], at = 0, session;
	struct proto_extent_new part;
	int steps = 0;

	put_long(w, "/long", 3);
	assert_int_equal(world_stat(w, "/long").size, 3000);
	assert_int_equal(world_counters(w).chunks, 64);
	before = world_counters(w).operation;
	world_must(w, op_of_remove("/long"));
	assert_int_equal(world_counters(w).operation, before + 1);
	assert_int_equal(world_counters(w).files, 0);
	assert_int_equal(world_counters(w).bytes, 0);
	assert_true(meta_purge_pending(w->meta));
	assert_int_equal(freed(w), 0);
	for (; meta_purge_pending(w->meta); steps++) {
		world_must(w, op_of_purge(500));
		world_check(w->kv);
	}
	assert_in_range(steps, 6, 7);
	assert_int_equal(freed(w), 64);
	/* Overwriting one likewise, and giving up a session that staged as much. */
	put_long(w, "/long", 2);
	session = world_session(w, "/long", 1, chunks);
	part = extent_of(&at, chunks[0], 0, 7);
	world_must(w, op_of_commit(session, at, &part, 1));
	assert_true(meta_purge_pending(w->meta));
	assert_int_equal(world_counters(w).bytes, 7);
	world_check(w->kv);
	world_must(w, op_of_purge(10000));
	assert_false(meta_purge_pending(w->meta));
	assert_int_equal(freed(w), 128);
}

static void recursive_remove_of_long_files(void **state)
{
	struct world *w = *state;

	world_must(w, op_of_mkdir("/t"));
	put_long(w, "/t/long", 2);
	world_put(w, "/t/short", 3);
	world_must(w, op_of_remove_all("/t"));
	while (meta_purge_pending(w->meta)) {
		world_must(w, op_of_purge(700));
		world_check(w->kv);
	}
	assert_int_equal(freed(w), 67);
	assert_int_equal(world_counters(w).files, 0);
	assert_int_equal(world_counters(w).bytes, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(commit_shows_a_whole_file),
	        TEST(extents_are_found_by_offset),
	        TEST(overwrite_keeps_the_inode_and_frees_the_old_chunks),
	        TEST(empty_files_have_no_content),
	        TEST(stage_hands_in_ahead),
	        TEST(chunk_with_a_gap_waits_for_the_freeze),
	        TEST(chunk_used_out_of_order_waits_for_the_freeze),
	        TEST(unused_chunks_of_a_session_are_freed),
	        TEST(session_end_frees_everything),
	        TEST(session_begin_refuses),
	        TEST(chunk_add_gives_a_session_more),
	        TEST(commit_refuses),
	        TEST(commit_into_a_removed_directory_fails),
	        TEST(no_replace_is_judged_at_the_commit),
	        TEST(two_writers_of_a_name_the_last_commit_wins),
	        TEST(chunks_go_their_way),
	        TEST(freed_chunks_are_told_by_age),
	        TEST(long_files_are_dropped_in_bounded_steps),
	        TEST(recursive_remove_of_long_files),
	};

	return cmocka_run_group_tests_name("meta_files", tests, NULL, NULL);
}
