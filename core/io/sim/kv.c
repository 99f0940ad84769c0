/* SPDX-License-Identifier: MIT */
/*
 * The ordered KV of a simulated host. Committed tables are roots of versioned trees: a reader
 * shares them, a writer changes its own and a commit swaps them in. A commit is durable when it
 * returns; it counts as one operation of the host's disk, so that the disk's faults reach it: one
 * that fails may be stored or not, and the store is then given up until its process ends (RULES
 * 18).
 *
 * Stricter than LMDB where LMDB would hang or corrupt: a second writer is DFS_E_BUSY, a cursor left
 * open at the end of its transaction is an assertion.
 */
#include <assert.h>
#include <dfs/error.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "io/sim/kv_model.h"

static struct sim_kv *kv_of(struct kv *kv)
{
	return SIM_CONTAINER(kv, struct sim_kv, kv);
}

static struct sim_txn *txn_of(struct kv_txn *txn)
{
	return SIM_CONTAINER(txn, struct sim_txn, txn);
}

static struct sim_cursor *cursor_of(struct kv_cursor *cursor)
{
	return SIM_CONTAINER(cursor, struct sim_cursor, cursor);
}

/* ---- the store ---- */

static const struct kv_ops kv_sim_ops;

static struct sim_kv *kv_create(struct sim_host *host)
{
	struct sim_kv *kv = sim_alloc(sizeof(*kv));

	kv->kv.ops = &kv_sim_ops;
	kv->host = host;
	kv->capacity_bytes = UINT64_MAX;
	return kv;
}

struct kv *sim_host_kv(struct sim_host *host)
{
	if (!host->kv)
		host->kv = kv_create(host);
	return &host->kv->kv;
}

struct kv *sim_kv_empty(void)
{
	return &kv_create(NULL)->kv;
}

/* A store of its own with the rows that are committed now; it belongs to no host and its `close`
 * frees it. */
struct kv *sim_kv_clone(struct kv *kv)
{
	struct sim_kv *from = kv_of(kv);
	struct sim_kv *clone = kv_create(NULL);

	for (int i = 0; i < KV_TABLES_MAX; i++)
		clone->tables[i] = sim_tree_share(from->tables[i]);
	clone->used_bytes = from->used_bytes;
	return &clone->kv;
}

void sim_kv_capacity(struct kv *kv, uint64_t bytes)
{
	kv_of(kv)->capacity_bytes = bytes;
}

static void txn_free(struct sim_txn *txn)
{
	DL_DELETE(txn->kv->txns, txn);
	while (txn->cursors) {
		struct sim_cursor *cursor = txn->cursors;

		DL_DELETE(txn->cursors, cursor);
		sim_row_unref(cursor->at);
		free(cursor);
	}
	for (int i = 0; i < KV_TABLES_MAX; i++)
		sim_tree_drop(txn->tables[i]);
	free(txn);
}

void sim_kv_free(struct sim_kv *kv)
{
	if (!kv)
		return;
	while (kv->txns)
		txn_free(kv->txns);
	for (int i = 0; i < KV_TABLES_MAX; i++)
		sim_tree_drop(kv->tables[i]);
	free(kv);
}

/* The process ended: its transactions are over, though their owners have yet to free them. */
void sim_kv_die(struct sim_kv *kv)
{
	struct sim_txn *txn;

	DL_FOREACH (kv->txns, txn)
		txn->dead = true;
	kv->writer = NULL;
	kv->given_up = false;
}

/* A host's store stays for its next process. */
static void kv_close(struct kv *kv)
{
	if (kv && !kv_of(kv)->host)
		sim_kv_free(kv_of(kv));
}

/* ---- transactions ---- */

static bool kv_works(const struct sim_kv *kv)
{
	return !kv->given_up && (!kv->host || sim_host_up(kv->host));
}

static int kv_begin(struct kv *base, bool write, struct kv_txn **ret_txn)
{
	struct sim_kv *kv = kv_of(base);
	struct sim_txn *txn;

	if (!kv_works(kv))
		return DFS_E_IO;
	if (write && kv->writer)
		return DFS_E_BUSY;
	txn = sim_alloc(sizeof(*txn));
	txn->txn.ops = &kv_sim_ops;
	txn->kv = kv;
	txn->write = write;
	txn->used_bytes = kv->used_bytes;
	for (int i = 0; i < KV_TABLES_MAX; i++)
		txn->tables[i] = sim_tree_share(kv->tables[i]);
	DL_APPEND(kv->txns, txn);
	if (write)
		kv->writer = txn;
	*ret_txn = &txn->txn;
	return 0;
}

static bool txn_works(const struct sim_txn *txn)
{
	return !txn->failed && !txn->dead && kv_works(txn->kv);
}

static void txn_end(struct sim_txn *txn)
{
	assert(txn->dead || !txn->cursors);
	if (txn->kv->writer == txn)
		txn->kv->writer = NULL;
	txn_free(txn);
}

static void kv_abort(struct kv_txn *txn)
{
	if (txn)
		txn_end(txn_of(txn));
}

static void swap_in(struct sim_txn *txn)
{
	struct sim_kv *kv = txn->kv;

	for (int i = 0; i < KV_TABLES_MAX; i++) {
		struct sim_node *before = kv->tables[i];

		kv->tables[i] = txn->tables[i];
		txn->tables[i] = before;
	}
	kv->used_bytes = txn->used_bytes;
}

/* What the disk says to a commit, as to any other synced write. */
static int store_commit(struct sim_txn *txn)
{
	struct sim_host *host = txn->kv->host;
	enum sim_gate gate = host ? sim_disk_enter(host, "commit", NULL) : SIM_GATE_GO;

	if (gate == SIM_GATE_OFF)
		return DFS_E_IO;
	if (gate == SIM_GATE_FAIL) {
		txn->kv->given_up = true;
		if (sim_rng_percent(sim_disk_rng(host), 50))
			swap_in(txn);
		return DFS_E_IO;
	}
	swap_in(txn);
	return host && sim_disk_leave(host, 0) < 0 ? DFS_E_IO : 0;
}

static int kv_commit(struct kv_txn *base)
{
	struct sim_txn *txn = txn_of(base);
	int status = txn_works(txn) ? 0 : DFS_E_IO;

	if (status == 0 && txn->changed)
		status = store_commit(txn);
	txn_end(txn);
	return status;
}

/* ---- rows ---- */

static bool key_fits(int table, struct kv_bytes key)
{
	assert(table >= 0 && table < KV_TABLES_MAX);
	return key.size >= 1 && key.size <= KV_KEY_MAX;
}

static int kv_get(struct kv_txn *base, int table, struct kv_bytes key, struct kv_bytes *ret_value)
{
	struct sim_row *row;

	if (!txn_works(txn_of(base)))
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

static int kv_put(struct kv_txn *base, int table, struct kv_bytes key, struct kv_bytes value)
{
	struct sim_txn *txn = txn_of(base);
	uint64_t used;

	assert(txn->write);
	if (!txn_works(txn))
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

static int kv_del(struct kv_txn *base, int table, struct kv_bytes key)
{
	struct sim_txn *txn = txn_of(base);
	struct sim_row *row;

	assert(txn->write);
	if (!txn_works(txn))
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

static int kv_cursor_open(struct kv_txn *base, int table, struct kv_cursor **ret_cursor)
{
	struct sim_txn *txn = txn_of(base);
	struct sim_cursor *cursor = sim_alloc(sizeof(*cursor));

	assert(table >= 0 && table < KV_TABLES_MAX);
	cursor->cursor.ops = &kv_sim_ops;
	cursor->txn = txn;
	cursor->table = table;
	DL_APPEND(txn->cursors, cursor);
	*ret_cursor = &cursor->cursor;
	return 0;
}

static void kv_cursor_close(struct kv_cursor *base)
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

static int kv_seek(struct kv_cursor *base, struct kv_bytes key, struct kv_bytes *ret_key,
        struct kv_bytes *ret_value)
{
	struct sim_cursor *cursor = cursor_of(base);

	if (!txn_works(cursor->txn))
		return DFS_E_IO;
	if (key.size > KV_KEY_MAX)
		return DFS_E_INVAL;
	return stand_on(cursor, sim_tree_seek(cursor->txn->tables[cursor->table], key, false),
	        ret_key, ret_value);
}

static int kv_next(struct kv_cursor *base, struct kv_bytes *ret_key, struct kv_bytes *ret_value)
{
	struct sim_cursor *cursor = cursor_of(base);
	struct kv_bytes from = {.data = "", .size = 0};

	if (!txn_works(cursor->txn))
		return DFS_E_IO;
	if (cursor->at_end)
		return DFS_E_NOENT;
	if (cursor->at)
		from = sim_row_key(cursor->at);
	return stand_on(cursor,
	        sim_tree_seek(cursor->txn->tables[cursor->table], from, cursor->at != NULL),
	        ret_key, ret_value);
}

static int kv_last(struct kv_cursor *base, struct kv_bytes *ret_key, struct kv_bytes *ret_value)
{
	struct sim_cursor *cursor = cursor_of(base);

	if (!txn_works(cursor->txn))
		return DFS_E_IO;
	return stand_on(
	        cursor, sim_tree_last(cursor->txn->tables[cursor->table]), ret_key, ret_value);
}

static int kv_copy(struct kv *kv, const char *path)
{
	return sim_kv_dump(kv_of(kv), path);
}

static const struct kv_ops kv_sim_ops = {
        .begin = kv_begin,
        .commit = kv_commit,
        .abort = kv_abort,
        .get = kv_get,
        .put = kv_put,
        .del = kv_del,
        .cursor_open = kv_cursor_open,
        .seek = kv_seek,
        .next = kv_next,
        .last = kv_last,
        .cursor_close = kv_cursor_close,
        .copy = kv_copy,
        .close = kv_close,
};
