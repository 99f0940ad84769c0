/* SPDX-License-Identifier: MIT */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/frame.h"
#include "base/slab.h"
#include "io/io.h"

/*
 * Chunks on disk: the engine of a datanode. One `struct store` keeps the chunks of one or more data
 * directories. The layout, and the table "interrupted step -> what is found -> what is done", stand
 * in this folder's README.
 *
 * Loop    all functions on the loop of `io`; what blocks goes to workers, completions come back
 * there.
 *
 * Source  GFS 5.2 (checksums), WAS 4.3 (append, seal); RULES 1, 3, 7, 10, 13, 27-31.
 */
struct store;
struct store_append;
struct store_read;

enum store_state { STORE_OPEN, STORE_FROZEN, STORE_SEALED, STORE_BAD };

struct store_held { /* one replica */
	uint64_t chunk;
	uint64_t version;
	uint64_t length;    /* verified bytes, at a record boundary */
	uint64_t committed; /* bytes acknowledged as far as known here */
	uint32_t crc;       /* CRC32C of `length` bytes */
	enum store_state state;
	char why[128]; /* STORE_BAD: what is wrong; in `changed` of a chunk that recovery cut: what
	                  was cut */
};

struct store_identity {
	char cluster[33];
	uint64_t node;
};

struct store_dir_info {
	char path[4096];
	uint64_t disk; /* identity of this directory */
	uint64_t total_bytes, free_bytes, reserve_bytes;
	char error[256]; /* why it takes no more; "" when well */
};

struct store_options {
	const char *const *dirs; /* absolute paths */
	size_t dirs_count;
	struct store_identity identity;
	uint64_t reserve_bytes;      /* UINT64_MAX: max(1 %, 1 GiB), at most 10 % (RULES 30) */
	uint64_t unsynced_max_bytes; /* per directory, written but not yet on disk; 0: 64 MiB */
	uint64_t async_max_bytes;    /* the same of async appends; 0: 1 GiB */
};

/*
 * What the store tells its datanode by itself: a replica became sealed (also by store_seal and a
 * copy), bad, or was cut by recovery (then within store_open). Called from within other calls too:
 * note it down and return.
 */
struct store_events {
	void (*changed)(void *arg, const struct store_held *held);
	void *arg;
};

/* 0 where `dir` is a data directory of just this node; else FENCED, IO, with the sentence that
 * store_open would say. */
int store_check_dir(struct io *io, const char *dir, const struct store_identity *identity,
        struct dfs_error *err);

/*
 * Make `dir` a data directory of this node: create it if absent, write its identity file, durably
 * (RULES 29). DFS_E_EXIST where it already has one (of whatever cluster), DFS_E_NOTEMPTY where
 * other files are in it.
 */
int store_init_dir(struct io *io, const char *dir, const struct store_identity *identity,
        struct dfs_error *err);

/*
 * Open and recover. Blocks (called before the loop serves). A directory without identity, of
 * another cluster or node, or locked by another process is refused: DFS_E_FENCED naming the
 * directory and what to do. Each unsealed chunk is verified after its last synced-to entry and cut
 * at the last whole record that verifies; what was cut is told by `changed` once per chunk.
 */
int store_open(struct store **ret, struct io *io, const struct store_options *options,
        struct store_events events, struct dfs_error *err);
/* Finishes running jobs first is the caller's duty: call after `store_idle` is true, or at process
 * end. Takes NULL. */
void store_close(struct store *store);
bool store_idle(const struct store *store);
/* Before a stop: what nobody waits for goes to the disk, and is sealed where that was its last
 * append, until store_idle is true. Nothing is lost without it: the next start has more to verify.
 */
void store_flush(struct store *store);

size_t store_dirs(const struct store *store, struct store_dir_info *ret, size_t max);
uint64_t store_used_bytes(const struct store *store);
uint64_t store_count(const struct store *store);
/* 0 or DFS_E_NOENT */
int store_lookup(const struct store *store, uint64_t chunk, struct store_held *ret);
/* Visit all replicas in order of id, from the first id > after; stops when `each` returns non-zero.
 */
int store_each(const struct store *store, uint64_t after,
        int (*each)(void *arg, const struct store_held *), void *arg);

/* ---- append
 * ------------------------------------------------------------------------------------------------
 */

struct store_append_request {
	uint64_t chunk;
	uint64_t version;   /* exact: DFS_E_STALE otherwise */
	uint64_t offset;    /* where the body's first byte goes; must be the replica's length */
	uint64_t allowance; /* the chunk's bytes may not pass this */
	bool create;        /* make the chunk if absent (offset 0) */
	bool sync;          /* acknowledged means fdatasync */
	bool seal;          /* the last append of this chunk */
	bool lent;          /* store_append_lend brings its bytes, not store_append_feed */
	uint64_t expected;  /* lent: so many bytes will come; 0: not known */
};

struct store_append_events {
	/*
	 * `wanted` false: stop feeding (unsynced bytes at their bound, or workers that write are
	 * behind); true: go on. May be NULL.
	 * Comes from within store_append_feed too: do not end or cancel the append in it.
	 */
	void (*flow)(void *arg, bool wanted);
	/*
	 * After store_append_end: durable here as asked (0) or failed with `err`. held.length is
	 * the length that this append reached. The append is gone when it returns. Never within
	 * store_append_end.
	 */
	void (*done)(
	        void *arg, int status, const struct dfs_error *err, const struct store_held *held);
	void *arg;
};

/*
 * Begin an append. One at a time per chunk: DFS_E_BUSY. DFS_E_STALE, DFS_E_SEALED (frozen too),
 * DFS_E_RANGE (offset), DFS_E_NOSPC (reserve reached), DFS_E_NOENT (absent and not create),
 * DFS_E_IO (the replica was given up, RULES 31).
 */
int store_append_begin(struct store *store, const struct store_append_request *request,
        struct store_append_events events, struct store_append **ret, struct dfs_error *err);
/*
 * Feed framed bytes in any slices; borrows them for the call. Checks each frame's CRC and writes
 * its bytes. After an error the append only waits for store_append_end or _cancel; DFS_E_CORRUPT,
 * DFS_E_PROTO, DFS_E_NOSPC, DFS_E_IO, DFS_E_RANGE (over the allowance), DFS_E_STALE (frozen
 * meanwhile).
 */
int store_append_feed(
        struct store_append *append, const void *bytes, size_t size, struct dfs_error *err);
/*
 * The same of `size` bytes at `at` of a slab, which the append uses as long as it needs; they must
 * not change any more. Workers write them, so what goes wrong there is told by a later call, or by
 * `done`. For large frames: each costs 24 bytes while it waits.
 */
int store_append_lend(struct store_append *append, struct slab *slab, size_t at, size_t size,
        struct dfs_error *err);
/* CRC32C and count of the payload fed so far in whole, verified frames. */
void store_append_sofar(const struct store_append *append, uint64_t *ret_bytes, uint32_t *ret_crc);
/*
 * All was fed: make it durable, then `done`. `committed` raises the commit length afterwards: see
 * store_committed. A record cut in the middle (no RECORD_END on the last frame) is DFS_E_PROTO.
 */
void store_append_end(struct store_append *append);
/* Give up; what was written past the last whole record stays as an unacknowledged tail. `done` does
 * not follow. */
void store_append_cancel(struct store_append *append);
/*
 * The whole chain acknowledged up to `length` (RULES 8): remember it (the index file learns it with
 * the next entries), and after a `seal` append seal in the background, where the replica ends
 * there; `changed` tells when it is sealed.
 */
void store_committed(struct store *store, uint64_t chunk, uint64_t length, bool seal);

/* ---- read
 * --------------------------------------------------------------------------------------------------
 */

struct store_read_events {
	/*
	 * The next piece, in order; borrowed until the next store_read_more, or the end of the
	 * read. framed: whole frames, headers and bytes, ready to be sent; plain: the bytes alone.
	 * At most STORE_PIECE_MAX bytes of payload. Call store_read_more for the next one.
	 */
	void (*piece)(void *arg, const void *bytes, size_t size);
	/* Nothing follows: 0 when all was given, DFS_E_CORRUPT and so on otherwise. The read is
	 * gone when it returns. */
	void (*done)(void *arg, int status, const struct dfs_error *err);
	void *arg;
};

enum { STORE_PIECE_MAX = 256 * 1024 };

struct store_read_request {
	uint64_t chunk;
	uint64_t version; /* the replica's must be at least this */
	uint64_t offset, length;
	bool framed;
	/*
	 * From a replica that is not good too, one span after the other as far as they verify:
	 * `spans` from one that was sealed at `version` or later, `any_spans` from any, for who
	 * checks the whole that it makes of them.
	 */
	bool spans, any_spans;
};

/*
 * Read [offset, offset + length) of a replica. Every span touched is verified before any byte of it
 * is given; a bad one ends the read, marks the replica STORE_BAD (kept on disk) and is told by
 * `changed`. What is in the page cache is read on the loop (preadv_now), what is not by a worker.
 * DFS_E_NOENT, DFS_E_STALE, DFS_E_RANGE (past the verified length), DFS_E_CORRUPT.
 *
 * Spans of a replica that is not good are read from its files beside everything else; what is found
 * marks nothing. The read ends with DFS_E_CORRUPT, or DFS_E_RANGE where it has no more bytes, and
 * store_read_missing says which are not to be had.
 */
int store_read_begin(struct store *store, const struct store_read_request *request,
        struct store_read_events events, struct store_read **ret, struct dfs_error *err);
/*
 * Bytes that all pieces together will have: with framed, headers too (spans may be shorter than 64
 * KiB). Known from the first `piece` on; before it UINT64_MAX where the index of a cold chunk has
 * not been read yet. So answer with the status and the size when the first piece comes, not before:
 * then a bad first span is an error and no broken body.
 */
uint64_t store_read_body_size(const struct store_read *read);
/* Within `done`, of a read with `spans`: the bytes from where it ended on that this replica cannot
 * give, up to `to`. False: it did not end by such. */
bool store_read_missing(const struct store_read *read, uint64_t *ret_from, uint64_t *ret_to);
/* Ask for one more piece; `piece` or `done` is called within this call or later. */
void store_read_more(struct store_read *read);
void store_read_cancel(struct store_read *read); /* `done` does not follow */

/* ---- one-shot jobs: `done` comes on the loop, once
 * ------------------------------------------------------------ */

typedef void store_done(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held);

/*
 * RULES 1: version durable in the index, all bytes durable, every span read back and verified,
 * appends refused from now on; then the answer. DFS_E_NOENT, DFS_E_STALE (below the replica's
 * version), DFS_E_CORRUPT (bad, now or before). A sealed replica answers 0 as it is: nothing can be
 * appended to it.
 */
void store_freeze(
        struct store *store, uint64_t chunk, uint64_t version, store_done *done, void *arg);
/*
 * Cut to `length`, check `crc`, seal at `version`, durably. DFS_E_RANGE (shorter, or no record ends
 * there), DFS_E_CORRUPT (other bytes, or bad), DFS_E_STALE (below the replica's version),
 * DFS_E_NOENT. One that is sealed with the same length and crc is raised to `version` (RULES 3).
 */
void store_seal(struct store *store, uint64_t chunk, uint64_t version, uint64_t length,
        uint32_t crc, store_done *done, void *arg);
/*
 * RULES 13, 28: 0 also where it is absent; DFS_E_STALE above `version`; DFS_E_BUSY while it is
 * appended to or copied, and where it is open at `version` itself: freeze it first, or delete at a
 * raised version.
 */
void store_delete(
        struct store *store, uint64_t chunk, uint64_t version, store_done *done, void *arg);

/* ---- repair copy: RULES 28, `.tmp` then rename
 * ----------------------------------------------------------------- */

struct store_copy;
/*
 * DFS_E_EXIST where a good replica of that chunk, version and crc is here; DFS_E_BUSY, DFS_E_STALE
 * (a newer version is here). A bad or stale pair is moved to `bad/` when the copy is complete and
 * durable, not before.
 */
int store_copy_begin(struct store *store, uint64_t chunk, uint64_t version, uint64_t length,
        uint32_t crc, struct store_copy **ret, struct dfs_error *err);
int store_copy_feed(
        struct store_copy *copy, const void *frames, size_t size, struct dfs_error *err);
void store_copy_end(struct store_copy *copy, store_done *done, void *arg);
void store_copy_cancel(struct store_copy *copy);

#endif
