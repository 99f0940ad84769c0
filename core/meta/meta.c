/* SPDX-License-Identifier: MIT */
/* Opening: format, cluster, a new epoch and the first ids of it, durable before anything is
 * answered (RULES 15). */
#include "meta/answer.h"
#include "meta/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { META_FORMAT_MAX = 1 };

static int reign_begin(struct meta *meta, struct dfs_error *err);
static int database_check(struct meta *meta, struct dfs_error *err);
static int empty_check(struct meta *meta, struct dfs_error *err);
static int doomed_read(struct kv_txn *kv, bool *ret, struct dfs_error *err);

int meta_open(
        struct meta **ret, struct io *io, const struct meta_options *options, struct dfs_error *err)
{
	struct meta *meta = calloc(1, sizeof(*meta));
	int rc;

	if (!meta)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	meta->io = io;
	meta->options = *options;
	meta->options.cluster = NULL; /* the database knows it */
	result_clear(&meta->out_of_memory);
	meta->out_of_memory.code =
	        error_set(&meta->out_of_memory.err, DFS_E_NOMEM, "out of memory for an operation");
	pending_list_init(&meta->queued);
	pending_list_init(&meta->flying);
	pending_list_init(&meta->answers);
	pending_list_init(&meta->spare);
	meta->more = io_timer_create(io, meta_answer, meta);
	rc = meta->more ? txn_begin(&meta->txn, options->kv, err)
	                : error_set(err, DFS_E_NOMEM, "out of memory");
	if (rc == 0) {
		meta->options.cluster = options->cluster;
		rc = reign_begin(meta, err);
		meta->options.cluster = NULL;
	}
	if (rc != 0) {
		meta_close(meta);
		return rc;
	}
	*ret = meta;
	return 0;
}

void meta_close(struct meta *meta)
{
	if (!meta)
		return;
	pending_list_free(&meta->queued);
	pending_list_free(&meta->flying);
	pending_list_free(&meta->answers);
	pending_list_free(&meta->spare);
	io_timer_destroy(meta->io, meta->more);
	txn_abort(&meta->txn);
	txn_fini(&meta->txn);
	free(meta);
}

uint64_t meta_epoch(const struct meta *meta)
{
	return meta->epoch;
}

uint64_t meta_reign(const struct meta *meta)
{
	return meta->reign;
}

uint64_t meta_operation(const struct meta *meta)
{
	return meta->operation;
}

uint64_t meta_log_bytes(const struct meta *meta)
{
	return meta->log_bytes;
}

uint64_t meta_commits(const struct meta *meta)
{
	return meta->commits;
}

int64_t meta_last_wall_ms(const struct meta *meta)
{
	return meta->last_wall_ms;
}

bool meta_doomed_now(struct meta *meta)
{
	struct kv_txn *kv;
	bool doomed = true;

	if (meta->options.kv->ops->begin(meta->options.kv, false, &kv) != 0)
		return true;
	if (doomed_read(kv, &doomed, NULL) != 0)
		doomed = true;
	kv->ops->abort(kv);
	return doomed;
}

static int reign_begin(struct meta *meta, struct dfs_error *err)
{
	struct proto_op epoch = {.kind = PROTO_OP_EPOCH_BEGIN}, reserve;
	struct proto_row_counters before;
	int rc = database_check(meta, err);

	if (rc != 0)
		return rc;
	while (epoch.epoch_begin.reign == 0)
		epoch.epoch_begin.reign = io_random_u64(meta->io);
	meta->last_wall_ms = meta->txn.counters.wall_ms;
	epoch.epoch_begin.epoch = meta->txn.counters.epoch + 1;
	epoch.epoch_begin.cluster = meta->options.cluster;
	rc = apply_own(&meta->txn, meta->io, &epoch, err);
	if (rc != 0)
		return rc;
	before = meta->txn.counters;
	reserve = ids_first(&before);
	rc = apply_own(&meta->txn, meta->io, &reserve, err);
	if (rc == 0)
		rc = doomed_read(meta->txn.kv, &meta->doomed, err);
	if (rc == 0)
		rc = txn_commit(&meta->txn, err);
	if (rc != 0)
		return rc;
	ids_init(&meta->ids, &before, &reserve.reserve);
	meta->epoch = meta->txn.counters.epoch;
	meta->reign = meta->txn.counters.reign;
	meta->operation = meta->txn.counters.operation;
	return meta_hold_read(meta, err);
}

static int database_check(struct meta *meta, struct dfs_error *err)
{
	const struct proto_row_counters *counters = &meta->txn.counters;

	if (counters->format > META_FORMAT_MAX)
		return error_set(err, DFS_E_VERSION,
		        "the metadata is of format %u, this program knows formats up to %d: use a "
		        "newer program",
		        counters->format, META_FORMAT_MAX);
	if (counters->format != 0)
		return 0; /* its cluster is checked by epoch_begin */
	if (!meta->options.create)
		return error_set(err, DFS_E_FENCED,
		        "there is no metadata here: a master must not start empty where a cluster "
		        "exists; check the directory, put a backup back by `dfs master restore`, "
		        "or make a new cluster");
	return empty_check(meta, err);
}

/* Rows without counters are a damaged database, not a new one. */
static int empty_check(struct meta *meta, struct dfs_error *err)
{
	for (int table = 0; table < META_TABLES; table++) {
		struct table_cursor cursor = {0};
		struct table_key first = key_none();
		int rc = table_seek(meta->txn.kv, (enum meta_table)table, &first, &cursor, err);

		table_cursor_fini(&cursor);
		if (rc == DFS_E_NOENT)
			continue;
		return rc != 0 ? rc
		               : error_set(err, DFS_E_CORRUPT,
		                         "the metadata has rows in table %s but no counters; "
		                         "restore it from a checkpoint",
		                         table_name((enum meta_table)table));
	}
	return 0;
}

static int doomed_read(struct kv_txn *kv, bool *ret, struct dfs_error *err)
{
	struct table_cursor cursor = {0};
	struct table_key first = key_none();
	int rc = table_seek(kv, META_DOOMED, &first, &cursor, err);

	table_cursor_fini(&cursor);
	*ret = rc == 0;
	return rc == DFS_E_NOENT ? 0 : rc;
}
