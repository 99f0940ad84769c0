/* SPDX-License-Identifier: MIT */
#ifndef META_ANSWER_H
#define META_ANSWER_H

#include "meta/apply.h"

/*
 * Answers kept for repeats (RULES 17): (client, sequence) -> when, operation, value. Kept for 10
 * minutes, only those of operations that were applied: README.md, decisions.
 */
enum { ANSWER_KEEP_MS = 600000 };

/* Empty but for what others point to. */
void result_clear(struct meta_result *ret);
/* True where there is nothing to apply: *ret_code is 0 and `ret` the earlier answer, or it says why
 * none can be had. */
bool answer_find(
        struct txn *txn, const struct record *record, struct meta_result *ret, int *ret_code);
/* Keep the answer, and drop up to two that are too old: bounded, and the same at a replay. */
void answer_keep(struct txn *txn, const struct record *record, const struct meta_result *result);

#endif
