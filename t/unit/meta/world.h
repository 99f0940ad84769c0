/* SPDX-License-Identifier: MIT */
#ifndef UNIT_META_WORLD_H
#define UNIT_META_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/buf.h"
#include "io/sim/sim.h"
#include "meta/meta.h"

/*
 * An engine on one simulated host, over the simulated store or over LMDB in a directory of its own.
 * Operations are submitted and waited for; what cannot be right in any test is asserted here.
 */
struct world {
	struct sim *sim;
	struct sim_host *host;
	struct io *io;
	struct kv *kv;
	struct meta *meta;
	struct dfs_error err;
	struct arena arena;
	char dir[64]; /* "" for the simulated store */
	uint64_t map_bytes;
	bool fatal;
	uint64_t applied;          /* calls of it */
	struct meta_result result; /* of the last operation waited for */
	uint64_t client, sequence; /* of the next one; client 0: none */
};

#define CLUSTER "0123456789abcdef0123456789abcdef"

struct world *world_create(bool lmdb, uint64_t seed);
void world_destroy(struct world *world);
/* Close and open again; the code of meta_open. */
int world_reopen(struct world *world, const char *cluster, bool create);
int world_open(struct world *world, const char *cluster, bool create);

/* cmocka: *state is a world over the simulated store. */
int world_setup(void **state);
int world_setup_lmdb(void **state);
int world_teardown(void **state);

/* Submit and wait: the code; world->result is the rest. */
int world_do(struct world *world, const struct proto_op *op);
/* The same, and a refusal must leave the database as it was, and say a sentence with `part` in it.
 */
void world_refuse(struct world *world, const struct proto_op *op, int code, const char *part);

/* Short forms. */
struct proto_op op_of_mkdir(const char *path);
struct proto_op op_of_mkdirs(const char *path);
struct proto_op op_of_create(const char *path);
struct proto_op op_of_symlink(const char *path, const char *target);
struct proto_op op_of_remove(const char *path);
struct proto_op op_of_remove_all(const char *path);
struct proto_op op_of_rename(const char *path, const char *to);
struct proto_op op_of_purge(uint32_t rows);
struct proto_op op_of_trash(const char *path, uint64_t living_ms, uint64_t keep_ms);
struct proto_op op_of_undelete(const char *path, const char *to, uint64_t entry);
void world_must(struct world *world, struct proto_op op);
/* Attributes by path; asserted to be there. */
struct proto_attr world_stat(struct world *world, const char *path);
int world_stat_code(struct world *world, const char *path);
struct proto_row_counters world_counters(struct world *world);
struct proto_row_chunk world_chunk(struct world *world, uint64_t chunk);

/* A session on `path` with `count` chunks, whose ids go to ret_chunks; goal 2, chunk size 1 MiB. */
uint64_t world_session(struct world *world, const char *path, size_t count, uint64_t *ret_chunks);
/* An extent behind `*at`, which it moves. */
struct proto_extent_new extent_of(
        uint64_t *at, uint64_t chunk, uint64_t chunk_offset, uint64_t length);
struct proto_op op_of_commit(
        uint64_t session, uint64_t size, struct proto_extent_new *extents, size_t count);
struct proto_op op_of_stage(uint64_t session, struct proto_extent_new *extents, size_t count);
/* A whole file of `chunks` chunks of 1,000 bytes. */
void world_put(struct world *world, const char *path, size_t chunks);

/* All rows of all tables. */
void world_dump(struct kv *kv, struct buf *ret);
/* meta_check finds nothing. */
void world_check(struct kv *kv);

#endif
