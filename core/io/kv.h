/* SPDX-License-Identifier: MIT */
#ifndef IO_KV_H
#define IO_KV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An ordered key-value store with one writer and many readers: LMDB in the real world (`kv_lmdb_open`), a tree in
 * memory that keeps or loses the last commit at a crash in the simulated one.
 *
 * Threads a write transaction belongs to the thread that began it; read transactions may run beside it and see the
 *         state of the last commit before they began. Keep them short: <= 50 ms or 10,000 entries.
 * Limits  keys 1..511 bytes, compared as bytes; tables 0..KV_TABLES_MAX-1.
 * Owns    values and keys handed out are borrowed until the transaction ends or, in a write transaction, the next put.
 * Errors  0 or a negative DFS_E_...: NOENT (no such key), NOSPC (map full), IO (disk), NOMEM, CORRUPT.
 *         After a failed put or del only abort is left. After a failed commit the store must be given up: the process
 *         ends (RULES 18); but NOSPC from commit means that the map was full before anything was written, and the
 *         store goes on as if the transaction had been aborted.
 */
enum { KV_TABLES_MAX = 24, KV_KEY_MAX = 511 };

struct kv_bytes {
	const void *data;
	size_t size;
};

struct kv;
struct kv_txn;
struct kv_cursor;

struct kv_ops {
	int (*begin)(struct kv *kv, bool write, struct kv_txn **ret_txn);
	int (*commit)(struct kv_txn *txn); /* the transaction is gone, whatever it returns */
	void (*abort)(struct kv_txn *txn); /* takes NULL */
	int (*get)(struct kv_txn *txn, int table, struct kv_bytes key, struct kv_bytes *ret_value);
	int (*put)(struct kv_txn *txn, int table, struct kv_bytes key, struct kv_bytes value);
	int (*del)(struct kv_txn *txn, int table, struct kv_bytes key); /* NOENT where absent */
	/* A cursor stands on the first key >= `key` after seek (empty key: on the first); NOENT past the last. */
	int (*cursor_open)(struct kv_txn *txn, int table, struct kv_cursor **ret_cursor);
	int (*seek)(struct kv_cursor *cursor, struct kv_bytes key, struct kv_bytes *ret_key,
		    struct kv_bytes *ret_value);
	int (*next)(struct kv_cursor *cursor, struct kv_bytes *ret_key, struct kv_bytes *ret_value);
	/* The last key of the table; NOENT when empty. */
	int (*last)(struct kv_cursor *cursor, struct kv_bytes *ret_key, struct kv_bytes *ret_value);
	void (*cursor_close)(struct kv_cursor *cursor); /* before its transaction ends; takes NULL */
	/* A hot, consistent, durable copy of the whole store into a new file. (LMDB opens it as DIR/data.mdb.) */
	int (*copy)(struct kv *kv, const char *path);
	/*
	 * What `copy` wrote, as a store of its own, for reading; its `close` leaves the file. May be
	 * called beside everything else. DFS_E_NOENT, CORRUPT (no such file), VERSION.
	 */
	int (*open_copy)(struct kv *kv, const char *path, struct kv **ret);
	/*
	 * A store of its own that holds what is committed now, for long walks: its readers keep nothing of `kv` busy. One at
	 * a time; blocks as long as a copy takes, and needs the room of one while it is open. Its `close` frees it, and
	 * nothing of it is found after a crash. Works while others read and write `kv`.
	 */
	int (*scratch)(struct kv *kv, struct kv **ret);
	void (*close)(struct kv *kv); /* takes NULL */
};

/* Implementations begin with this; the same for struct kv_txn and struct kv_cursor: their first member is `ops`. */
struct kv {
	const struct kv_ops *ops;
};

struct kv_txn {
	const struct kv_ops *ops;
};

struct kv_cursor {
	const struct kv_ops *ops;
};

#endif
