/* SPDX-License-Identifier: MIT */
#ifndef META_BATCH_H
#define META_BATCH_H

#include "meta/apply.h"

/* An operation on its way: queued on the loop, applied by the worker, answered on the loop. */
struct pending {
	struct pending *next;
	struct proto_op op; /* in `arena` */
	struct arena arena;
	struct buf packed;
	int64_t time_ms;
	uint64_t client, sequence;
	meta_done *done;
	void *arg;
	bool refused; /* before it came here: `result` says why */
	struct meta_result result;
};

struct pending_list {
	struct pending *first, **last;
	size_t count;
};

void pending_list_init(struct pending_list *list);
void pending_list_push(struct pending_list *list, struct pending *pending);
struct pending *pending_list_pop(struct pending_list *list); /* NULL where empty */
/* Keep it for reuse, but not what is large or one too many. */
void pending_list_spare(struct pending_list *list, struct pending *pending);
void pending_list_free(struct pending_list *list);

/*
 * Apply a list of operations in one transaction and commit it; where that fails before the commit,
 * one by one, so that only those at fault are refused (RULES 18). 0: every result is filled, and
 * what is not a refusal is on disk. Else a commit failed: the store must be given up, and nobody
 * may be answered.
 */
int batch_run(struct txn *txn, struct kv *kv, struct pending *first, struct dfs_error *err);

#endif
