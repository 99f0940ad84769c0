/* SPDX-License-Identifier: MIT */
#ifndef NODE_MASTER_WHY_H
#define NODE_MASTER_WHY_H

#include "base/text.h"
#include "cluster/reasons.h"
#include "node/master/decisions.h"
#include "node/master/role.h"

/* What why.c and why_path.c share. Each answers its request. */

void why_path(struct request *request, const struct proto_why_args *args);
void why_answer(struct request *request, const struct reasons *reasons, uint64_t next);
/* Who writes something, in a sentence. */
void why_session(struct request *request, uint64_t id, const struct proto_row_session *row,
        const char *about, struct reasons *reasons);

#endif
