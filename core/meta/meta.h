/* SPDX-License-Identifier: MIT */
#ifndef META_META_H
#define META_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/error.h"
#include "io/io.h"
#include "io/kv.h"
#include "proto/gen/proto.h"

/*
 * The master's metadata: namespace, extents, chunks, write sessions, and the operation log that is
 * their history.
 *
 * Every mutation is one `struct proto_op`, applied by one deterministic function inside the write
 * transaction that also stores it in the log. Operations queue on the loop; a worker (IO_LANE_META)
 * takes the whole queue, applies it in one transaction, commits once, and the loop answers all of
 * them: group commit. Acknowledged = on disk.
 *
 * Loop    everything here, but replay, compare and check, which block: they belong where no engine
 *         is at work.
 * Source  GFS 2.6, 4.1; RULES 11, 15-19, 21.
 */
struct meta;

/* What applying an operation gave. Strings of `attr` are in `name_bytes` and `target_bytes`. */
struct meta_result {
	int code;               /* 0 or negative */
	bool repeated;          /* the answer of an earlier (client, sequence): RULES 17 */
	uint64_t operation;     /* number in the log, of a repeat the original's; 0 where refused */
	uint64_t value;         /* inode, session, chunk or datanode made or touched */
	struct proto_attr attr; /* where it has one; of a repeat perhaps as of now (README.md) */
	char name_bytes[256];
	struct dfs_error err;
	char target_bytes[4096];
};

typedef void meta_done(void *arg, const struct meta_result *result);

struct meta_options {
	struct kv *kv;       /* borrowed */
	const char *cluster; /* 32 hex digits; must be the database's, or the database is new */
	bool create;         /* allow a new database; else DFS_E_FENCED on an empty one */
	/* A commit failed (RULES 18): the process must end now. */
	void (*fatal)(void *arg, const struct dfs_error *err);
	/*
	 * Committed: chunks made, sealed, files changed... called on the loop for each operation
	 * applied (no refusals, no repeats), before its done. May be NULL.
	 */
	void (*applied)(void *arg, const struct proto_op *op, const struct meta_result *result);
	void *arg;
};

/*
 * Open: check format and cluster, begin a new epoch (durable before this returns; blocks).
 * DFS_E_FENCED for a foreign or missing database, DFS_E_VERSION for a newer format, DFS_E_CORRUPT.
 */
int meta_open(struct meta **ret, struct io *io, const struct meta_options *options,
        struct dfs_error *err);
/* Idle, or its io has crashed: what is queued is dropped without an answer. Takes NULL. */
void meta_close(struct meta *meta);

/* Numbers of this reign. */
uint64_t meta_epoch(const struct meta *meta);
uint64_t meta_reign(const struct meta *meta);
uint64_t meta_operation(const struct meta *meta);   /* last committed */
uint64_t meta_log_bytes(const struct meta *meta);   /* added to the log in this reign */
int64_t meta_last_wall_ms(const struct meta *meta); /* of the last operation before; 0: none */

/*
 * Whose history has a (epoch, reign, operation) that a datanode served (RULES 16): the one that
 * this database grew from (or nobody's: epoch 0); one that a restore gave up on purpose; or one
 * that this database knows nothing of, so that the database is an old copy.
 */
enum meta_lineage { META_OURS, META_GIVEN_UP, META_FOREIGN };
int meta_lineage(struct meta *meta, uint64_t epoch, uint64_t reign, uint64_t operation,
        enum meta_lineage *ret, struct dfs_error *err);
/* The epoch that the last restore took; 0: this database was never restored. */
uint64_t meta_restored(struct meta *meta);
/* Restored and not accepted yet: nothing may be deleted (op hold, op accept). `ret` may be NULL. */
bool meta_held(const struct meta *meta, struct proto_row_hold *ret);

/* Batches that were committed since it was opened: operations for each say how well groups form. */
uint64_t meta_commits(const struct meta *meta);
/* Ids, durable as reserved before they are handed out (RULES 15); 0: a reservation is under way. */
uint64_t meta_new_client(struct meta *meta);
uint64_t meta_new_chunk(struct meta *meta);
uint64_t meta_new_session(struct meta *meta);
/* Numbers for the chunks of a keepsake (RULES 20): the first of so many that follow each other. Never
 * given twice: an epoch has one master, once. */
uint64_t meta_new_keepsake(struct meta *meta, uint64_t chunks);
/* Whether this reign, or one before it, can have given that chunk id out. */
bool meta_chunk_issued(const struct meta *meta, uint64_t chunk);

/*
 * Queue an operation. Copies `op` deeply. (client 0: not deduplicated.) `done` comes on the loop
 * after the commit, or with a refusal, which writes nothing (RULES 18); at once where there is no
 * memory even to queue it. `done` may be NULL. After `fatal` nothing is answered any more. Paths
 * must be canonical (path_normalize): DFS_E_NAME. Sentences name paths, chunks and sessions.
 */
void meta_submit(struct meta *meta, const struct proto_op *op, uint64_t client, uint64_t sequence,
        meta_done *done, void *arg);
bool meta_idle(const struct meta *meta);

/* ---- reading: each sees one committed state; strings point into `arena` ---- */

int meta_stat(struct meta *meta, const char *path, struct arena *arena, struct proto_attr *ret,
        struct dfs_error *err);
int meta_list(struct meta *meta, const char *path, const char *after, uint32_t limit,
        struct arena *arena, struct proto_list_reply *ret, struct dfs_error *err);
/*
 * Attributes and extents from the one that holds `offset` on. By path, or (path NULL) by inode and
 * generation: DFS_E_CHANGED when that generation is gone. `ret_chunks[i]` is the chunk row of
 * extent i. No tickets, no replicas: those are the cluster's.
 */
struct meta_extents {
	struct proto_attr attr;
	struct proto_row_extent_row *extents;
	uint64_t *offsets;
	struct proto_row_chunk *chunks;
	size_t count;
	bool more;
};
int meta_extents(struct meta *meta, const char *path, uint64_t inode, uint64_t generation,
        uint64_t offset, uint32_t limit, struct arena *arena, struct meta_extents *ret,
        struct dfs_error *err);
int meta_session(struct meta *meta, uint64_t session, struct arena *arena,
        struct proto_row_session *ret, struct dfs_error *err);
int meta_chunk(struct meta *meta, uint64_t chunk, struct arena *arena, struct proto_row_chunk *ret,
        struct dfs_error *err);
/*
 * Pages of rows for start-up and the background, in order: rows after `after`, at most `limit` (0,
 * and more: 10,000); `each` returns non-zero to stop, must not write, and borrows the row. 0, or
 * DFS_E_CORRUPT, NOMEM, IO.
 */
int meta_each_chunk(struct meta *meta, uint64_t after, uint32_t limit,
        int (*each)(void *arg, uint64_t chunk, const struct proto_row_chunk *row), void *arg);
int meta_each_session(struct meta *meta, uint64_t after, uint32_t limit,
        int (*each)(void *arg, uint64_t session, const struct proto_row_session *row), void *arg);
int meta_each_node(struct meta *meta,
        int (*each)(void *arg, uint32_t node, const struct proto_row_node *row), void *arg);
/* Chunks that a session may write; freed chunks, the oldest first, that lost their last reference
 * before `before_ms`, past (after_ms, after): INT64_MIN, 0 begins with the oldest. */
int meta_each_session_chunk(struct meta *meta, uint64_t session, uint64_t after, uint32_t limit,
        int (*each)(void *arg, uint64_t chunk), void *arg);
int meta_each_freed(struct meta *meta, int64_t after_ms, uint64_t after, int64_t before_ms,
        uint32_t limit, int (*each)(void *arg, uint64_t chunk, int64_t freed_ms), void *arg);
/*
 * The trash (RULES 14). Its entries by number, which is also their order in time; those whose time
 * has come at `living_ms`, in the order in which it came; how much it holds (zeros: nothing ever).
 * meta_trash and meta_trash_newest answer DFS_E_NOENT without a sentence.
 */
int meta_trash(struct meta *meta, uint64_t entry, struct arena *arena, struct proto_row_trash *ret,
        struct dfs_error *err);
int meta_trash_newest(struct meta *meta, const char *path, struct arena *arena, uint64_t *ret_entry,
        struct proto_row_trash *ret, struct dfs_error *err);
int meta_each_trash(struct meta *meta, uint64_t after, uint32_t limit,
        int (*each)(void *arg, uint64_t entry, const struct proto_row_trash *row), void *arg);
int meta_each_trash_due(struct meta *meta, uint64_t living_ms, uint32_t limit,
        int (*each)(void *arg, uint64_t entry), void *arg);
int meta_trash_count(struct meta *meta, struct proto_row_trash_count *ret);
/*
 * Names in a directory, by its inode: also of one that no path leads to. After `after`; `size` is
 * that of a file.
 */
int meta_each_name(struct meta *meta, uint64_t dir, const char *after, uint32_t limit,
        int (*each)(
                void *arg, const char *name, const struct proto_row_dentry *dentry, uint64_t size),
        void *arg);
/* An operation of the log: what a repeated answer is made from. DFS_E_NOENT where it has been
 * dropped. */
int meta_logged(struct meta *meta, uint64_t operation, struct arena *arena, struct proto_op *ret,
        struct dfs_error *err);
/* A setting by its name; "" where there is none. */
int meta_setting(struct meta *meta, const char *name, struct arena *arena, const char **ret,
        struct dfs_error *err);
/* Keepsakes in order of their first chunks: the order in which they were made. */
int meta_each_keepsake(struct meta *meta, uint64_t after, uint32_t limit,
        int (*each)(void *arg, uint64_t first, const struct proto_row_keepsake *row), void *arg);
int meta_counters(struct meta *meta, struct arena *arena, struct proto_row_counters *ret);
/* True while a recursive remove has rows left: submit `purge` operations until it is false. */
bool meta_purge_pending(struct meta *meta);

/* ---- replay ---- */

/* Apply log entries from..to of `log` to `into` (a copy taken at operation from-1): gives the same
 * database (RULES 19). */
int meta_replay(struct kv *log, struct kv *into, uint64_t from, uint64_t to, struct dfs_error *err);
/* The same, with rows of the log from elsewhere: `row` gives that of an operation, borrowed until it is
 * asked for the next. */
int meta_replay_rows(struct kv *into, uint64_t from, uint64_t to,
        int (*row)(void *arg, uint64_t operation, struct kv_bytes *ret, struct dfs_error *err),
        void *arg, struct dfs_error *err);
/* Compare two databases row by row, but the log: 0, or DFS_E_CORRUPT naming the first row that
 * differs. */
int meta_compare(struct kv *a, struct kv *b, struct dfs_error *err);

/* ---- restore ---- */

/*
 * Make a copy that was put back the beginning of a new reign (RULES 16): its epoch jumps over all
 * that `seen_epoch` and chance allow for, and nothing is deleted until `accept`. On a closed
 * database; one durable transaction. `wall_ms`: when the copy was made. DFS_E_FENCED on an empty
 * one.
 */
int meta_restore(
        struct kv *kv, struct io *io, uint64_t seen_epoch, int64_t wall_ms, struct dfs_error *err);

/* ---- check ---- */

/*
 * Read every row of every table: checksum, shape, order of keys. `ret` gets the counters, strings
 * in `arena`. DFS_E_CORRUPT naming the first fault, DFS_E_FENCED where there is nothing. Blocks, in
 * constant memory; one long read transaction: for copies.
 */
int meta_verify(
        struct kv *kv, struct arena *arena, struct proto_row_counters *ret, struct dfs_error *err);

/*
 * Walk the whole database: every checksum, and the invariants of README.md. `found` gets a sentence
 * for each fault (at most 100 of them). 0 where there is none, else DFS_E_CORRUPT. Blocks; memory
 * grows with chunks and inodes, some 40 bytes each. The database should be a copy, or its engine
 * closed: one long read transaction.
 */
int meta_check(struct kv *kv, void (*found)(void *arg, const char *sentence), void *arg,
        struct dfs_error *err);

/* What a fault is about, where that is one thing. */
enum meta_about { META_ABOUT_NOTHING, META_ABOUT_INODE, META_ABOUT_CONTENT, META_ABOUT_CHUNK };

struct meta_subject {
	enum meta_about about;
	uint64_t number;
};

struct meta_check_out {
	/* Every fault; borrowed. */
	void (*fault)(void *arg, const char *sentence, struct meta_subject subject);
	/* A chunk in use whose references are miscounted: what `mend` would set right. May be NULL. */
	void (*miscounted)(void *arg, const struct proto_mend_chunk *chunk);
	void *arg;
};

struct meta_checked {
	uint64_t faults;
	uint64_t operation; /* the last one that is in what was checked */
	bool damaged; /* rows could not be read: what was counted is too little to mend anything by */
	int64_t add_files, add_dirs, add_bytes, add_chunks; /* to the counters, to make them right */
};

/* As meta_check, with all that a repair needs. 0 also where there are faults. */
int meta_check_all(struct kv *kv, const struct meta_check_out *out, struct meta_checked *ret,
        struct dfs_error *err);
/*
 * The names that subjects have: for each file that uses it a path, in no order, `(in the trash)`
 * behind that of a trashed one. Walks extents, inodes and names once, as meta_check does; memory
 * grows with directories and with what is found. Subjects are in order of (about, number), none
 * twice; `each` gets the number of one in that order.
 */
int meta_paths(struct kv *kv, const struct meta_subject *subjects, size_t count,
        void (*each)(void *arg, size_t subject, const char *path), void *arg,
        struct dfs_error *err);

#endif
