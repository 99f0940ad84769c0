/* SPDX-License-Identifier: MIT */
#ifndef META_TABLE_H
#define META_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "io/kv.h"

/*
 * The tables of README.md: keys, and values that end in a CRC32C over table, key and value (RULES
 * 21). Nothing else in this folder talks to the store.
 *
 * Errors  NOENT comes without a sentence: the caller knows what is missing. All others name table
 * and key.
 */

/* The numbers are on disk. */
enum meta_table {
	META_COUNTERS,
	META_DENTRY,
	META_INODE,
	META_EXTENT,
	META_CHUNK,
	META_SESSION,
	META_SESSION_CHUNK,
	META_NODE,
	META_ANSWER,
	META_ANSWER_TIME,
	META_LOG,
	META_DOOMED,
	META_FREED,
	META_REIGN,
	META_HOLD,
	META_TRASH,
	META_TRASH_ORDER,
	META_TRASH_COUNT,
	META_SETTING,
	META_KEEPSAKE,
	META_TABLES
};

enum { TABLE_KEY_MAX = 8 + NAME_BYTES_MAX + 1, TABLE_CRC_SIZE = 4 };

struct table_key {
	size_t size;
	uint8_t bytes[TABLE_KEY_MAX];
};

struct table_key key_none(void); /* the first of a table, for seeking */
struct table_key key_counters(void);
struct table_key key_u32(uint32_t a);
struct table_key key_u64(uint64_t a);
struct table_key key_u64_2(uint64_t a, uint64_t b);
struct table_key key_u64_3(uint64_t a, uint64_t b, uint64_t c);
struct table_key key_name(uint64_t parent, const char *name, size_t size); /* size 0..255 */
struct table_key key_doomed(char kind, uint64_t number);
struct table_key key_order(char kind, uint64_t a, uint64_t b); /* trash_order */
uint64_t key_get_u64(const struct table_key *key, size_t offset);
uint32_t key_get_u32(const struct table_key *key);
/* Times may be negative where a clock is wrong; as keys they must still sort. */
uint64_t key_from_time(int64_t time_ms);
int64_t key_to_time(uint64_t key);

const char *table_name(enum meta_table table);

/* ---- values as bytes ---- */

/* The value without its CRC, borrowed from the store as io/kv.h says. */
int table_get(struct kv_txn *txn, enum meta_table table, const struct table_key *key,
        struct kv_bytes *ret, struct dfs_error *err);
/* Puts `value` followed by its CRC; `value` is as before. */
int table_put(struct kv_txn *txn, enum meta_table table, const struct table_key *key,
        struct buf *value, struct dfs_error *err);
int table_del(struct kv_txn *txn, enum meta_table table, const struct table_key *key,
        struct dfs_error *err);

/* ---- values as rows: the struct proto_row_... of the table ---- */

int table_read(struct kv_txn *txn, enum meta_table table, const struct table_key *key,
        struct arena *arena, void *ret_row, struct dfs_error *err);
/* `scratch` is cleared and used. */
int table_write(struct kv_txn *txn, enum meta_table table, const struct table_key *key,
        const void *row, struct buf *scratch, struct dfs_error *err);
/* For a value that a cursor gave. */
int table_unpack(enum meta_table table, const struct table_key *key, struct kv_bytes value,
        struct arena *arena, void *ret_row, struct dfs_error *err);
/* Unpack and forget: is the value what this table holds? (A table without rows: it is empty.) */
int table_try(enum meta_table table, const struct table_key *key, struct kv_bytes value,
        struct arena *arena, struct dfs_error *err);

/* ---- in order ---- */

/* Zero-initialise; closed by table_cursor_fini, before its transaction ends. */
struct table_cursor {
	enum meta_table table;
	struct kv_cursor *cursor;
	struct table_key key;  /* where it stands */
	struct kv_bytes value; /* there, without its CRC */
};

/* To the first key >= `key`; DFS_E_NOENT past the last. */
int table_seek(struct kv_txn *txn, enum meta_table table, const struct table_key *key,
        struct table_cursor *cursor, struct dfs_error *err);
int table_next(struct table_cursor *cursor, struct dfs_error *err);
void table_cursor_fini(struct table_cursor *cursor);

#endif
