/* SPDX-License-Identifier: MIT */
/* The rows of the simulated KV: get, put, del, and cursors over them. */
#include <assert.h>
#include <dfs/error.h>
#include <stdlib.h>
#include <utlist.h>
#include "io/sim/kv_model.h"

static struct sim_txn *txn_of(struct kv_txn *txn)
{
	return SIM_CONTAINER(txn, struct sim_txn, txn);
}

static struct sim_cursor *cursor_of(struct kv_cursor *cursor)
{
	return SIM_CONTAINER(cursor, struct sim_cursor, cursor);
}

/* ---- rows ---- */

static bool key_fits(int table, struct kv_bytes key)
{
	assert(table >= 0 && table < KV_TABLES_MAX);
	return key.size >= 1 && key.size <= KV_KEY_MAX;
}

int sim_kv_get(struct kv_txn *base, int table, struct kv_bytes key, struct kv_bytes *ret_value)
{
	struct sim_row *row;

	if (!sim_txn_works(txn_of(base)))
		return DFS_E_IO;
	if (!key_fits(table, key))
		return DFS_E_INVAL;
	row = sim_tree_get(txn_of(base)->tables[table], key);
	if (!row)
		return DFS_E_NOENT;
	*ret_value = sim_row_value(row);
	return 0;
}

/* Only abort is left, as in LMDB. */
static int fail(struct sim_txn *txn, int status)
{
	txn->failed = true;
	return status;
}

static uint64_t row_cost(const struct sim_row *row)
{
	return row ? row->key_size + row->value_size : 0;
}

int sim_kv_put(struct kv_txn *base, int table, struct kv_bytes key, struct kv_bytes value)
{
	struct sim_txn *txn = txn_of(base);
	uint64_t used;

	assert(txn->write);
	if (!sim_txn_works(txn))
		return DFS_E_IO;
	if (!key_fits(table, key))
		return fail(txn, DFS_E_INVAL);
	used = txn->used_bytes - row_cost(sim_tree_get(txn->tables[table], key)) + key.size +
	       value.size;
	if (used > txn->kv->capacity_bytes)
		return fail(txn, DFS_E_NOSPC);
	sim_tree_put(&txn->tables[table], sim_row_create(key, value));
	txn->used_bytes = used;
	txn->changed = true;
	return 0;
}

int sim_kv_del(struct kv_txn *base, int table, struct kv_bytes key)
{
	struct sim_txn *txn = txn_of(base);
	struct sim_row *row;

	assert(txn->write);
	if (!sim_txn_works(txn))
		return DFS_E_IO;
	if (!key_fits(table, key))
		return fail(txn, DFS_E_INVAL);
	row = sim_tree_get(txn->tables[table], key);
	if (!row)
		return DFS_E_NOENT;
	txn->used_bytes -= row_cost(row);
	sim_tree_del(&txn->tables[table], key);
	txn->changed = true;
	return 0;
}

/* ---- cursors ---- */

int sim_kv_cursor_open(struct kv_txn *base, int table, struct kv_cursor **ret_cursor)
{
	struct sim_txn *txn = txn_of(base);
	struct sim_cursor *cursor = sim_alloc(sizeof(*cursor));

	assert(table >= 0 && table < KV_TABLES_MAX);
	cursor->cursor.ops = base->ops;
	cursor->txn = txn;
	cursor->table = table;
	DL_APPEND(txn->cursors, cursor);
	*ret_cursor = &cursor->cursor;
	return 0;
}

void sim_kv_cursor_close(struct kv_cursor *base)
{
	struct sim_cursor *cursor;

	if (!base)
		return;
	cursor = cursor_of(base);
	DL_DELETE(cursor->txn->cursors, cursor);
	sim_row_unref(cursor->at);
	free(cursor);
}

/* The cursor holds the row it stands on, so that it knows its place when that row is deleted. */
static int stand_on(struct sim_cursor *cursor, struct sim_row *row, struct kv_bytes *ret_key,
        struct kv_bytes *ret_value)
{
	if (!row) {
		cursor->at_end = true;
		return DFS_E_NOENT;
	}
	cursor->at_end = false;
	sim_row_ref(row);
	sim_row_unref(cursor->at);
	cursor->at = row;
	*ret_key = sim_row_key(row);
	*ret_value = sim_row_value(row);
	return 0;
}

int sim_kv_seek(struct kv_cursor *base, struct kv_bytes key, struct kv_bytes *ret_key,
        struct kv_bytes *ret_value)
{
	struct sim_cursor *cursor = cursor_of(base);

	if (!sim_txn_works(cursor->txn))
		return DFS_E_IO;
	if (key.size > KV_KEY_MAX)
		return DFS_E_INVAL;
	return stand_on(cursor, sim_tree_seek(cursor->txn->tables[cursor->table], key, false),
	        ret_key, ret_value);
}

int sim_kv_next(struct kv_cursor *base, struct kv_bytes *ret_key, struct kv_bytes *ret_value)
{
	struct sim_cursor *cursor = cursor_of(base);
	struct kv_bytes from = {.data = "", .size = 0};

	if (!sim_txn_works(cursor->txn))
		return DFS_E_IO;
	if (cursor->at_end)
		return DFS_E_NOENT;
	if (cursor->at)
		from = sim_row_key(cursor->at);
	return stand_on(cursor,
	        sim_tree_seek(cursor->txn->tables[cursor->table], from, cursor->at != NULL),
	        ret_key, ret_value);
}

int sim_kv_last(struct kv_cursor *base, struct kv_bytes *ret_key, struct kv_bytes *ret_value)
{
	struct sim_cursor *cursor = cursor_of(base);

	if (!sim_txn_works(cursor->txn))
		return DFS_E_IO;
	return stand_on(
	        cursor, sim_tree_last(cursor->txn->tables[cursor->table]), ret_key, ret_value);
}
