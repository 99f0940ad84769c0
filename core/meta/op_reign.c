/* SPDX-License-Identifier: MIT */
/* A backup that was put back: its own reign in the history, and the hold on deletions (RULES 16).
 */
#include <inttypes.h>
#include "meta/op.h"

/*
 * The jump over all epochs that anybody has seen is itself a reign: it says in the history that
 * what follows forked, on purpose, from what some datanodes may have served since the backup.
 */
int op_hold(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_hold *args = &op->hold;
	struct table_key key = key_counters();
	struct proto_row_hold row = {
	        .epoch = args->epoch,
	        .operation = args->operation,
	        .wall_ms = args->wall_ms,
	        .since_ms = txn->time_ms,
	};
	int rc = 0;

	if (txn->counters.format == 0)
		return error_set(&ret->err, DFS_E_FENCED, "there is no metadata here to restore");
	rc = epoch_check(txn, args->epoch, &ret->err);
	if (rc != 0)
		return rc;
	epoch_take(txn, args->epoch, args->reign, true);
	txn_write(txn, META_HOLD, &key, &row);
	ret->value = args->epoch;
	return 0;
}

int op_accept(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	struct table_key key = key_counters();
	int rc = 0;

	if (txn_has(txn, META_HOLD, &key, &rc, &ret->err)) {
		txn_del(txn, META_HOLD, &key);
		return 0;
	}
	return rc != 0 ? rc
	               : error_set(&ret->err, DFS_E_INVAL,
	                         "this metadata was not restored from a backup, or it was accepted "
	                         "before: nothing is held");
}
