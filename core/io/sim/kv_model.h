/* SPDX-License-Identifier: MIT */
#ifndef IO_SIM_KV_MODEL_H
#define IO_SIM_KV_MODEL_H

#include "io/sim/kv_tree.h"
#include "io/sim/world.h"

/* What the files of the simulated KV share: kv.c (stores, transactions), kv_rows.c, kv_copy.c (a
 * store as a file). */
struct sim_kv {
	struct kv kv;
	struct sim_host *host;                  /* NULL: a clone */
	struct sim_node *tables[KV_TABLES_MAX]; /* as of the last commit */
	uint64_t used_bytes, capacity_bytes;    /* keys and values */
	struct sim_txn *txns;
	struct sim_txn *writer;
	bool given_up; /* a commit failed */
};

struct sim_txn {
	struct kv_txn txn;
	struct sim_kv *kv;
	struct sim_node *tables[KV_TABLES_MAX];
	uint64_t used_bytes;
	bool write, changed;
	bool dead;   /* its process ended */
	bool failed; /* a put or del did: only abort is left */
	struct sim_cursor *cursors;
	struct sim_txn *prev, *next;
};

struct sim_cursor {
	struct kv_cursor cursor;
	struct sim_txn *txn;
	int table;
	struct sim_row *at; /* NULL: nowhere yet, before the first */
	bool at_end;
	struct sim_cursor *prev, *next;
};

bool sim_txn_works(const struct sim_txn *txn);
int sim_kv_get(struct kv_txn *txn, int table, struct kv_bytes key, struct kv_bytes *ret_value);
int sim_kv_put(struct kv_txn *txn, int table, struct kv_bytes key, struct kv_bytes value);
int sim_kv_del(struct kv_txn *txn, int table, struct kv_bytes key);
int sim_kv_cursor_open(struct kv_txn *txn, int table, struct kv_cursor **ret_cursor);
int sim_kv_seek(struct kv_cursor *cursor, struct kv_bytes key, struct kv_bytes *ret_key,
        struct kv_bytes *ret_value);
int sim_kv_next(struct kv_cursor *cursor, struct kv_bytes *ret_key, struct kv_bytes *ret_value);
int sim_kv_last(struct kv_cursor *cursor, struct kv_bytes *ret_key, struct kv_bytes *ret_value);
void sim_kv_cursor_close(struct kv_cursor *cursor);
struct kv *sim_kv_empty(void); /* of no host */
int sim_kv_dump(struct sim_kv *kv, const char *path);

#endif
