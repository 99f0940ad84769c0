/* SPDX-License-Identifier: MIT */
#ifndef META_IDS_H
#define META_IDS_H

#include "proto/gen/proto.h"

/*
 * Ids given out from ranges that are durable before their first use (RULES 15). A restart forgets
 * what was left of them: no id is ever given twice. Half-way through a range the next one is
 * reserved, so that a caller hardly ever waits.
 */
enum id_kind { ID_CLIENT, ID_CHUNK, ID_SESSION, ID_KINDS };

struct id_range {
	uint64_t next, end; /* end: reserved, and on disk */
};

struct ids {
	struct id_range ranges[ID_KINDS];
	bool reserving; /* an operation is under way */
};

/* The reservation after `counters`: what a reign begins with, or the next where ranges run low. */
struct proto_op ids_first(const struct proto_row_counters *counters);
bool ids_low(const struct ids *ids);
struct proto_op ids_next(const struct ids *ids);
/* Begin to give out what lies between what was reserved before this reign and what `reserved`
 * reserves. */
void ids_init(struct ids *ids, const struct proto_row_counters *before,
        const struct proto_op_reserve *reserved);
/* It is on disk. */
void ids_reserved(struct ids *ids, const struct proto_op_reserve *reserved);
/* 0: none is left until the reservation under way is on disk. */
uint64_t ids_take(struct ids *ids, enum id_kind kind);

#endif
