/* SPDX-License-Identifier: MIT */
/* Keys, checksums and rows: the one place where the engine meets the store. */
#include "meta/table.h"

#include <assert.h>
#include <endian.h>
#include <string.h>
#include "base/crc32c.h"
#include "base/text.h"
#include "proto/gen/proto.h"

struct table_row {
	const char *name;
	const struct proto_shape *shape; /* NULL: not a row */
};

static const struct table_row table_rows[META_TABLES] = {
        [META_COUNTERS] = {"counters", &proto_row_counters_shape},
        [META_DENTRY] = {"dentry", &proto_row_dentry_shape},
        [META_INODE] = {"inode", &proto_row_inode_shape},
        [META_EXTENT] = {"extent", &proto_row_extent_row_shape},
        [META_CHUNK] = {"chunk", &proto_row_chunk_shape},
        [META_SESSION] = {"session", &proto_row_session_shape},
        [META_SESSION_CHUNK] = {"session_chunk", NULL},
        [META_NODE] = {"node", &proto_row_node_shape},
        [META_ANSWER] = {"answer", &proto_row_answer_shape},
        [META_ANSWER_TIME] = {"answer_time", NULL},
        [META_LOG] = {"log", NULL},
        [META_DOOMED] = {"doomed", NULL},
        [META_FREED] = {"freed", NULL},
        [META_REIGN] = {"reign", &proto_row_reign_shape},
        [META_HOLD] = {"hold", &proto_row_hold_shape},
        [META_TRASH] = {"trash", &proto_row_trash_shape},
        [META_TRASH_ORDER] = {"trash_order", NULL},
        [META_TRASH_COUNT] = {"trash_count", &proto_row_trash_count_shape},
        [META_SETTING] = {"setting", &proto_row_setting_shape},
        [META_KEEPSAKE] = {"keepsake", &proto_row_keepsake_shape},
};

_Static_assert((int)META_TABLES <= (int)KV_TABLES_MAX, "the store has too few tables");
_Static_assert((int)TABLE_KEY_MAX <= (int)KV_KEY_MAX, "a key does not fit the store");

static void key_add_u64(struct table_key *key, uint64_t number);
static int checked(enum meta_table table, const struct table_key *key, struct kv_bytes value,
        struct kv_bytes *ret, struct dfs_error *err);
static uint32_t value_crc(
        enum meta_table table, const struct table_key *key, const void *value, size_t size);
static int failed(
        int code, enum meta_table table, const struct table_key *key, struct dfs_error *err);
static int cursor_at(struct table_cursor *cursor, int code, struct kv_bytes key,
        struct kv_bytes value, struct dfs_error *err);

static struct kv_bytes key_bytes(const struct table_key *key)
{
	return (struct kv_bytes){key->bytes, key->size};
}

struct table_key key_none(void)
{
	return (struct table_key){.size = 0};
}

struct table_key key_counters(void)
{
	return (struct table_key){.size = 1, .bytes = {'c'}};
}

struct table_key key_u32(uint32_t a)
{
	struct table_key key;

	a = htobe32(a);
	key.size = sizeof(a);
	memcpy(key.bytes, &a, sizeof(a));
	return key;
}

struct table_key key_u64(uint64_t a)
{
	struct table_key key;

	key.size = 0;
	key_add_u64(&key, a);
	return key;
}

struct table_key key_u64_2(uint64_t a, uint64_t b)
{
	struct table_key key = key_u64(a);

	key_add_u64(&key, b);
	return key;
}

struct table_key key_u64_3(uint64_t a, uint64_t b, uint64_t c)
{
	struct table_key key = key_u64_2(a, b);

	key_add_u64(&key, c);
	return key;
}

struct table_key key_name(uint64_t parent, const char *name, size_t size)
{
	struct table_key key = key_u64(parent);

	assert(size <= NAME_BYTES_MAX);
	memcpy(key.bytes + key.size, name, size);
	key.size += size;
	return key;
}

struct table_key key_doomed(char kind, uint64_t number)
{
	struct table_key key;

	key.size = 1;
	key.bytes[0] = (uint8_t)kind;
	key_add_u64(&key, number);
	return key;
}

struct table_key key_order(char kind, uint64_t a, uint64_t b)
{
	struct table_key key = key_doomed(kind, a);

	key_add_u64(&key, b);
	return key;
}

uint64_t key_get_u64(const struct table_key *key, size_t offset)
{
	uint64_t number;

	assert(offset + sizeof(number) <= sizeof(key->bytes));
	memcpy(&number, key->bytes + offset, sizeof(number));
	return be64toh(number);
}

uint32_t key_get_u32(const struct table_key *key)
{
	uint32_t number;

	memcpy(&number, key->bytes, sizeof(number));
	return be32toh(number);
}

uint64_t key_from_time(int64_t time_ms)
{
	return (uint64_t)time_ms ^ (1ull << 63);
}

int64_t key_to_time(uint64_t key)
{
	return (int64_t)(key ^ (1ull << 63));
}

const char *table_name(enum meta_table table)
{
	return table_rows[table].name;
}

int table_get(struct kv_txn *txn, enum meta_table table, const struct table_key *key,
        struct kv_bytes *ret, struct dfs_error *err)
{
	struct kv_bytes value;
	int rc = txn->ops->get(txn, table, key_bytes(key), &value);

	if (rc == DFS_E_NOENT)
		return rc;
	if (rc != 0)
		return failed(rc, table, key, err);
	return checked(table, key, value, ret, err);
}

int table_put(struct kv_txn *txn, enum meta_table table, const struct table_key *key,
        struct buf *value, struct dfs_error *err)
{
	uint32_t crc = htole32(value_crc(table, key, value->data, value->size));
	int rc;

	buf_append(value, &crc, sizeof(crc));
	if (value->failed)
		return failed(DFS_E_NOMEM, table, key, err);
	rc = txn->ops->put(txn, table, key_bytes(key), (struct kv_bytes){value->data, value->size});
	value->size -= sizeof(crc);
	return rc == 0 ? 0 : failed(rc, table, key, err);
}

int table_del(struct kv_txn *txn, enum meta_table table, const struct table_key *key,
        struct dfs_error *err)
{
	int rc = txn->ops->del(txn, table, key_bytes(key));

	return rc == 0 || rc == DFS_E_NOENT ? rc : failed(rc, table, key, err);
}

int table_read(struct kv_txn *txn, enum meta_table table, const struct table_key *key,
        struct arena *arena, void *ret_row, struct dfs_error *err)
{
	struct kv_bytes value;
	int rc = table_get(txn, table, key, &value, err);

	return rc == 0 ? table_unpack(table, key, value, arena, ret_row, err) : rc;
}

int table_write(struct kv_txn *txn, enum meta_table table, const struct table_key *key,
        const void *row, struct buf *scratch, struct dfs_error *err)
{
	int rc;

	assert(table_rows[table].shape);
	buf_clear(scratch);
	rc = proto_shape_pack(table_rows[table].shape, row, scratch);
	return rc == 0 ? table_put(txn, table, key, scratch, err) : failed(rc, table, key, err);
}

int table_unpack(enum meta_table table, const struct table_key *key, struct kv_bytes value,
        struct arena *arena, void *ret_row, struct dfs_error *err)
{
	struct dfs_error why; /* not cleared: this runs for every row that is read */
	int rc;

	assert(table_rows[table].shape);
	rc = proto_shape_unpack(
	        table_rows[table].shape, value.data, value.size, arena, ret_row, &why);
	if (rc == 0)
		return 0;
	failed(rc, table, key, err);
	return error_set(err, rc, "%s: %s", err ? err->text : "", why.text);
}

int table_try(enum meta_table table, const struct table_key *key, struct kv_bytes value,
        struct arena *arena, struct dfs_error *err)
{
	const struct proto_shape *shape = table_rows[table].shape;
	void *row = shape ? arena_alloc(arena, shape->size) : NULL;

	if (shape)
		return row ? table_unpack(table, key, value, arena, row, err)
		           : failed(DFS_E_NOMEM, table, key, err);
	return table == META_LOG || value.size == 0 ? 0 : failed(DFS_E_CORRUPT, table, key, err);
}

int table_seek(struct kv_txn *txn, enum meta_table table, const struct table_key *key,
        struct table_cursor *cursor, struct dfs_error *err)
{
	struct kv_bytes found = {0}, value = {0};
	int rc = 0;

	assert(!cursor->cursor || cursor->table == table);
	if (!cursor->cursor)
		rc = txn->ops->cursor_open(txn, table, &cursor->cursor);
	if (rc != 0) {
		cursor->cursor = NULL;
		return failed(rc, table, key, err);
	}
	cursor->table = table;
	cursor->key = *key; /* what an error names */
	rc = cursor->cursor->ops->seek(cursor->cursor, key_bytes(key), &found, &value);
	return cursor_at(cursor, rc, found, value, err);
}

int table_next(struct table_cursor *cursor, struct dfs_error *err)
{
	struct kv_bytes found = {0}, value = {0};
	int rc = cursor->cursor->ops->next(cursor->cursor, &found, &value);

	return cursor_at(cursor, rc, found, value, err);
}

void table_cursor_fini(struct table_cursor *cursor)
{
	if (cursor->cursor)
		cursor->cursor->ops->cursor_close(cursor->cursor);
	cursor->cursor = NULL;
}

static void key_add_u64(struct table_key *key, uint64_t number)
{
	number = htobe64(number);
	memcpy(key->bytes + key->size, &number, sizeof(number));
	key->size += sizeof(number);
}

static int checked(enum meta_table table, const struct table_key *key, struct kv_bytes value,
        struct kv_bytes *ret, struct dfs_error *err)
{
	uint32_t crc;
	size_t size;

	if (value.size < sizeof(crc))
		return failed(DFS_E_CORRUPT, table, key, err);
	size = value.size - sizeof(crc);
	memcpy(&crc, (const char *)value.data + size, sizeof(crc));
	if (le32toh(crc) != value_crc(table, key, value.data, size))
		return failed(DFS_E_CORRUPT, table, key, err);
	*ret = (struct kv_bytes){value.data, size};
	return 0;
}

/*
 * The table (as what the sum begins with) and the key are in it: a value that stands where another
 * belongs is damage too.
 */
static uint32_t value_crc(
        enum meta_table table, const struct table_key *key, const void *value, size_t size)
{
	uint32_t crc = crc32c((uint32_t)table, key->bytes, key->size);

	return crc32c(crc, value, size);
}

static int failed(
        int code, enum meta_table table, const struct table_key *key, struct dfs_error *err)
{
	char hex[2 * TABLE_KEY_MAX + 1];

	text_hex(key->bytes, key->size < 64 ? key->size : 64, hex);
	if (code == DFS_E_CORRUPT)
		return error_set(err, code,
		        "metadata table %s, key %s: the stored value fails its checksum; restore "
		        "the metadata from a "
		        "checkpoint",
		        table_name(table), hex);
	if (code == DFS_E_NOSPC)
		return error_set(err, code,
		        "the metadata store is full: raise its map size or remove files");
	return error_set(err, code, "metadata table %s, key %s: %s", table_name(table), hex,
	        dfs_error_text(code));
}

static int cursor_at(struct table_cursor *cursor, int code, struct kv_bytes key,
        struct kv_bytes value, struct dfs_error *err)
{
	if (code == DFS_E_NOENT)
		return code;
	if (code != 0)
		return failed(code, cursor->table, &cursor->key, err);
	if (key.size > sizeof(cursor->key.bytes))
		return error_set(err, DFS_E_CORRUPT,
		        "metadata table %s: a key of %zu bytes stands in it",
		        table_name(cursor->table), key.size);
	cursor->key.size = key.size;
	memcpy(cursor->key.bytes, key.data, key.size);
	return checked(cursor->table, &cursor->key, value, &cursor->value, err);
}
