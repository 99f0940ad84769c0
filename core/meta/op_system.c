/* SPDX-License-Identifier: MIT */
/* Operations of the master itself: its reigns, its reserved ids, the datanodes that it knows. */
#include <inttypes.h>
#include <string.h>
#include "base/chunk_id.h"
#include "meta/op.h"

enum {
	META_FORMAT = 1,
	FIRST_ID = 1, /* of clients, chunks' counters and sessions: 0 means none */
};

static const uint64_t EPOCH_MAX = (1ull << 24) - 1; /* RULES 15 */

static int cluster_check(
        const struct txn *txn, const struct proto_op_epoch_begin *args, struct dfs_error *err);
static void database_make(struct txn *txn, const struct proto_op_epoch_begin *args);
static int node_check(struct txn *txn, const struct proto_op_node_set *args,
        struct proto_row_node *row, bool known, struct dfs_error *err);
static int uuid_check(struct txn *txn, const struct proto_op_node_set *args, struct dfs_error *err);

int op_epoch_begin(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_epoch_begin *args = &op->epoch_begin;
	int rc = epoch_check(txn, args->epoch, &ret->err);

	if (rc == 0)
		rc = cluster_check(txn, args, &ret->err);
	if (rc != 0)
		return rc;
	if (txn->counters.format == 0)
		database_make(txn, args);
	epoch_take(txn, args->epoch, args->reign, false);
	ret->value = args->epoch;
	return 0;
}

int epoch_check(const struct txn *txn, uint64_t epoch, struct dfs_error *err)
{
	const struct proto_row_counters *counters = &txn->counters;

	if (epoch <= counters->epoch)
		return error_set(err, DFS_E_FENCED,
		        "epoch %" PRIu64 " is over: the database is at %" PRIu64, epoch,
		        counters->epoch);
	if (epoch > EPOCH_MAX)
		return error_set(err, DFS_E_LIMIT, "there are no epochs past %" PRIu64, EPOCH_MAX);
	return 0;
}

void epoch_take(struct txn *txn, uint64_t epoch, uint64_t reign, bool restored)
{
	struct proto_row_counters *counters = counters_change(txn);
	struct table_key key = key_u64(epoch);
	struct proto_row_reign row = {
	        .reign = reign,
	        .operation = counters->operation + 1, /* that of this operation */
	        .time_ms = txn->time_ms,
	        .restored = restored,
	};

	counters->epoch = epoch;
	counters->reign = reign;
	counters->chunk_reserved = FIRST_ID;
	txn_write(txn, META_REIGN, &key, &row);
}

/* Ids that were never given out are lost with their reign: there are enough. */
int op_reserve(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_reserve *args = &op->reserve;
	struct proto_row_counters *counters = &txn->counters;

	if (args->client < counters->client_reserved || args->chunk < counters->chunk_reserved ||
	        args->session < counters->session_reserved)
		return error_set(
		        &ret->err, DFS_E_INVAL, "a reservation of ids cannot be taken back");
	if (args->chunk > CHUNK_COUNTER_MAX)
		return error_set(&ret->err, DFS_E_LIMIT,
		        "epoch %" PRIu64 " has given out all its chunk ids: restart the master",
		        counters->epoch);
	counters = counters_change(txn);
	counters->client_reserved = args->client;
	counters->chunk_reserved = args->chunk;
	counters->session_reserved = args->session;
	return 0;
}

int op_node_set(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_node_set *args = &op->node_set;
	struct table_key key = key_u32(args->node);
	struct proto_row_node row = {.added_ms = txn->time_ms};
	int rc = txn_read(txn, META_NODE, &key, &row, &ret->err);
	bool known = rc == 0;

	if (rc == 0 || rc == DFS_E_NOENT)
		rc = node_check(txn, args, &row, known, &ret->err);
	if (rc != 0)
		return rc;
	row.uuid = args->uuid;
	row.address = args->address;
	row.rack = args->rack;
	row.draining = args->draining;
	txn_write(txn, META_NODE, &key, &row);
	if (!known)
		counters_change(txn)->next_node = args->node + 1;
	ret->value = args->node;
	return 0;
}

/* Only this: address and rack may have changed since somebody looked. */
int op_node_drain(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_node_drain *args = &op->node_drain;
	struct table_key key = key_u32(args->node);
	struct proto_row_node row;
	int rc = txn_read(txn, META_NODE, &key, &row, &ret->err);

	if (rc == DFS_E_NOENT)
		return error_set(&ret->err, rc, "there is no datanode %" PRIu32, args->node);
	if (rc != 0)
		return rc;
	row.draining = args->draining;
	txn_write(txn, META_NODE, &key, &row);
	ret->value = args->node;
	return 0;
}

/* Its number stays given: chunks' rows may name it for as long as they live (RULES 4). */
int op_node_forget(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_node_forget *args = &op->node_forget;
	struct table_key key = key_u32(args->node);
	struct proto_row_node row;
	int rc = txn_read(txn, META_NODE, &key, &row, &ret->err);

	if (rc == DFS_E_NOENT)
		return error_set(&ret->err, rc, "there is no datanode %" PRIu32, args->node);
	if (rc != 0)
		return rc;
	txn_del(txn, META_NODE, &key);
	ret->value = args->node;
	return 0;
}

static int cluster_check(
        const struct txn *txn, const struct proto_op_epoch_begin *args, struct dfs_error *err)
{
	const struct proto_row_counters *counters = &txn->counters;

	if (strlen(args->cluster) != sizeof(txn->cluster) - 1)
		return error_set(err, DFS_E_INVAL, "a cluster id has 32 hex digits");
	if (counters->format != 0 && strcmp(args->cluster, counters->cluster) != 0)
		return error_set(err, DFS_E_FENCED, "the database belongs to cluster %s, not to %s",
		        counters->cluster, args->cluster);
	return 0;
}

/* An empty database becomes one by its first epoch, so that a replay can begin with nothing. */
static void database_make(struct txn *txn, const struct proto_op_epoch_begin *args)
{
	struct proto_row_counters *counters = counters_change(txn);
	struct proto_row_inode root = {
	        .kind = PROTO_KIND_DIR,
	        .generation = 1,
	        .mode = 0755,
	        .mtime_ns = txn->time_ms * 1000000,
	        .links = 1,
	};

	memcpy(txn->cluster, args->cluster, sizeof(txn->cluster));
	*counters = (struct proto_row_counters){
	        .format = META_FORMAT,
	        .cluster = txn->cluster,
	        .operation = counters->operation,
	        .next_inode = ROOT_INODE + 1,
	        .next_node = 1,
	        .client_reserved = FIRST_ID,
	        .session_reserved = FIRST_ID,
	};
	inode_put(txn, ROOT_INODE, &root);
}

static int node_check(struct txn *txn, const struct proto_op_node_set *args,
        struct proto_row_node *row, bool known, struct dfs_error *err)
{
	if (known && row->uuid != args->uuid)
		return error_set(err, DFS_E_EXIST, "datanode %u is %016" PRIx64 ", not %016" PRIx64,
		        args->node, row->uuid, args->uuid);
	if (known)
		return 0;
	if (args->node != txn->counters.next_node)
		return error_set(err, DFS_E_INVAL, "datanode %u: the next number to give is %u",
		        args->node, txn->counters.next_node);
	return uuid_check(txn, args, err);
}

/* A datanode that has a number gets no second while it is known. There are few, and this happens
 * once for each. */
static int uuid_check(struct txn *txn, const struct proto_op_node_set *args, struct dfs_error *err)
{
	struct table_cursor cursor = {0};
	struct table_key first = key_none();
	struct proto_row_node row;
	int rc = table_seek(txn->kv, META_NODE, &first, &cursor, err);

	while (rc == 0) {
		rc = table_unpack(META_NODE, &cursor.key, cursor.value, &txn->arena, &row, err);
		if (rc == 0 && row.uuid == args->uuid)
			rc = error_set(err, DFS_E_EXIST,
			        "datanode %016" PRIx64 " has number %u already", args->uuid,
			        key_get_u32(&cursor.key));
		if (rc == 0)
			rc = table_next(&cursor, err);
	}
	table_cursor_fini(&cursor);
	return rc == DFS_E_NOENT ? 0 : rc;
}
