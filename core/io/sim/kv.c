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

bool sim_txn_works(const struct sim_txn *txn)
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
	int status = sim_txn_works(txn) ? 0 : DFS_E_IO;

	if (status == 0 && txn->changed)
		status = store_commit(txn);
	txn_end(txn);
	return status;
}

static int kv_copy(struct kv *kv, const char *path)
{
	return sim_kv_dump(kv_of(kv), path);
}

static int kv_open_copy(struct kv *kv, const char *path, struct kv **ret)
{
	struct sim_host *host = kv_of(kv)->host;

	return host ? sim_kv_open_copy(ret, host, path) : DFS_E_UNSUPPORTED;
}

/* It costs what a walk over the rows costs, and no disk. */
static int kv_scratch(struct kv *kv, struct kv **ret)
{
	if (kv_of(kv)->given_up)
		return DFS_E_IO;
	*ret = sim_kv_clone(kv);
	return 0;
}

static const struct kv_ops kv_sim_ops = {
        .begin = kv_begin,
        .commit = kv_commit,
        .abort = kv_abort,
        .get = sim_kv_get,
        .put = sim_kv_put,
        .del = sim_kv_del,
        .cursor_open = sim_kv_cursor_open,
        .seek = sim_kv_seek,
        .next = sim_kv_next,
        .last = sim_kv_last,
        .cursor_close = sim_kv_cursor_close,
        .copy = kv_copy,
        .open_copy = kv_open_copy,
        .scratch = kv_scratch,
        .close = kv_close,
};
