/* SPDX-License-Identifier: MIT */
/* The rows of the trash and their order. What operations do with them is in op_trash.c. */
#include "meta/trash.h"

#include <assert.h>
#include <string.h>

static void order_put(struct txn *txn, uint64_t entry, const struct proto_row_trash *row,
        void (*change)(struct txn *txn, enum meta_table table, const struct table_key *key));

uint64_t trash_goes_ms(const struct proto_row_trash *row)
{
	return row->living_ms + row->keep_ms;
}

uint64_t trash_hash(const char *path)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *path; path++)
		hash = (hash ^ (uint8_t)*path) * 0x100000001b3;
	return hash;
}

int trash_get(struct txn *txn, uint64_t entry, struct proto_row_trash *ret, struct dfs_error *err)
{
	struct table_key key = key_u64(entry);

	return txn_read(txn, META_TRASH, &key, ret, err);
}

/* Paths with the same hash stand among each other: the row tells. */
int trash_newest(struct kv_txn *kv, const char *path, struct arena *arena, uint64_t *ret_entry,
        struct proto_row_trash *ret, struct dfs_error *err)
{
	uint64_t hash = trash_hash(path);
	struct table_cursor cursor = {0};
	struct table_key first = key_order(TRASH_BY_PATH, hash, 0), key;
	int rc = table_seek(kv, META_TRASH_ORDER, &first, &cursor, err);

	while (rc == 0) {
		uint64_t entry = ~key_get_u64(&cursor.key, 9);

		if (cursor.key.bytes[0] != TRASH_BY_PATH || key_get_u64(&cursor.key, 1) != hash) {
			rc = DFS_E_NOENT;
			break;
		}
		key = key_u64(entry);
		rc = table_read(kv, META_TRASH, &key, arena, ret, err);
		if (rc == DFS_E_NOENT)
			rc = error_set(err, DFS_E_CORRUPT,
			        "metadata table trash lost a row that trash_order names");
		if (rc == 0 && strcmp(ret->path, path) == 0) {
			*ret_entry = entry;
			break;
		}
		if (rc == 0)
			rc = table_next(&cursor, err);
	}
	table_cursor_fini(&cursor);
	return rc;
}

void trash_add(struct txn *txn, uint64_t entry, const struct proto_row_trash *row)
{
	struct proto_row_trash_count *count = trash_count_change(txn);
	struct table_key key = key_u64(entry);

	count->entries++;
	count->files += row->files;
	count->dirs += row->dirs;
	count->bytes += row->bytes;
	txn_write(txn, META_TRASH, &key, row);
	order_put(txn, entry, row, txn_mark);
}

void trash_del(struct txn *txn, uint64_t entry, const struct proto_row_trash *row)
{
	struct proto_row_trash_count *count = trash_count_change(txn);
	struct table_key key = key_u64(entry);

	count->entries--;
	count->files -= row->files;
	count->dirs -= row->dirs;
	count->bytes -= row->bytes;
	txn_del(txn, META_TRASH, &key);
	order_put(txn, entry, row, txn_del);
}

void trash_lived(struct txn *txn, uint64_t living_ms)
{
	if (living_ms > txn->trash.living_ms)
		trash_count_change(txn)->living_ms = living_ms;
}

static void order_put(struct txn *txn, uint64_t entry, const struct proto_row_trash *row,
        void (*change)(struct txn *txn, enum meta_table table, const struct table_key *key))
{
	struct table_key by_time = key_order(TRASH_BY_TIME, trash_goes_ms(row), entry);
	struct table_key by_path = key_order(TRASH_BY_PATH, trash_hash(row->path), ~entry);

	change(txn, META_TRASH_ORDER, &by_time);
	change(txn, META_TRASH_ORDER, &by_path);
}
