/* SPDX-License-Identifier: MIT */
/* Many operations, one commit; one by one where that cannot be. */
#include "meta/batch.h"

#include <assert.h>
#include <string.h>

enum outcome { OUTCOME_DONE, OUTCOME_RETRY, OUTCOME_FATAL };

static enum outcome run(struct txn *txn, struct kv *kv, struct pending *first, struct pending *end,
        struct dfs_error *err);
static enum outcome commit(struct txn *txn, struct dfs_error *err);
static void refuse(struct pending *pending, const struct dfs_error *err);

int batch_run(struct txn *txn, struct kv *kv, struct pending *first, struct dfs_error *err)
{
	enum outcome outcome = run(txn, kv, first, NULL, err);

	if (outcome == OUTCOME_DONE)
		return 0;
	if (outcome == OUTCOME_FATAL)
		return err->code;
	for (struct pending *one = first; one; one = one->next) {
		if (one->refused)
			continue;
		outcome = run(txn, kv, one, one->next, err);
		if (outcome == OUTCOME_FATAL)
			return err->code;
		if (outcome == OUTCOME_RETRY)
			refuse(one, err);
	}
	return 0;
}

/* Those from `first` up to but not `end`. RETRY: nothing was written, `err` says why. */
static enum outcome run(struct txn *txn, struct kv *kv, struct pending *first, struct pending *end,
        struct dfs_error *err)
{
	int rc = txn_begin(txn, kv, err);

	if (rc != 0) {
		err->code = rc;
		return OUTCOME_RETRY;
	}
	for (struct pending *one = first; one != end; one = one->next) {
		struct record record = {
		        &one->op, one->time_ms, one->client, one->sequence, &one->packed};

		if (one->refused)
			continue;
		apply(txn, &record, &one->result);
		if (txn->failed) {
			*err = txn->failure;
			txn_abort(txn);
			return OUTCOME_RETRY;
		}
	}
	return commit(txn, err);
}

static enum outcome commit(struct txn *txn, struct dfs_error *err)
{
	int rc = txn_commit(txn, err);

	if (rc == 0)
		return OUTCOME_DONE;
	err->code = rc;
	return txn->failed || rc == DFS_E_NOSPC ? OUTCOME_RETRY : OUTCOME_FATAL;
}

static void refuse(struct pending *pending, const struct dfs_error *err)
{
	struct meta_result *result = &pending->result;

	assert(err->code < 0);
	result->code = err->code;
	result->err = *err;
	result->operation = result->value = 0;
	result->repeated = false;
}
