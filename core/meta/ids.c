/* SPDX-License-Identifier: MIT */
/* Ranges of ids that are on disk before they are used. */
#include "meta/ids.h"

#include <assert.h>

static const uint64_t range_sizes[ID_KINDS] = {
        [ID_CLIENT] = 4096, [ID_CHUNK] = 65536, [ID_SESSION] = 4096};

static struct proto_op reserve_op(const uint64_t ends[ID_KINDS]);
static bool range_low(const struct ids *ids, enum id_kind kind);
static void ends_of(const struct proto_op_reserve *reserved, uint64_t ret[ID_KINDS]);

struct proto_op ids_first(const struct proto_row_counters *counters)
{
	uint64_t ends[ID_KINDS] = {
	        [ID_CLIENT] = counters->client_reserved + range_sizes[ID_CLIENT],
	        [ID_CHUNK] = counters->chunk_reserved + range_sizes[ID_CHUNK],
	        [ID_SESSION] = counters->session_reserved + range_sizes[ID_SESSION],
	};

	return reserve_op(ends);
}

bool ids_low(const struct ids *ids)
{
	for (int kind = 0; kind < ID_KINDS; kind++)
		if (range_low(ids, (enum id_kind)kind))
			return true;
	return false;
}

struct proto_op ids_next(const struct ids *ids)
{
	uint64_t ends[ID_KINDS];

	for (int kind = 0; kind < ID_KINDS; kind++) {
		ends[kind] = ids->ranges[kind].end;
		if (range_low(ids, (enum id_kind)kind))
			ends[kind] += range_sizes[kind];
	}
	return reserve_op(ends);
}

void ids_init(struct ids *ids, const struct proto_row_counters *before,
        const struct proto_op_reserve *reserved)
{
	*ids = (struct ids){0};
	ids->ranges[ID_CLIENT].next = before->client_reserved;
	ids->ranges[ID_CHUNK].next = before->chunk_reserved;
	ids->ranges[ID_SESSION].next = before->session_reserved;
	ids_reserved(ids, reserved);
}

void ids_reserved(struct ids *ids, const struct proto_op_reserve *reserved)
{
	uint64_t ends[ID_KINDS];

	ends_of(reserved, ends);
	for (int kind = 0; kind < ID_KINDS; kind++) {
		assert(ends[kind] >= ids->ranges[kind].end);
		ids->ranges[kind].end = ends[kind];
	}
}

uint64_t ids_take(struct ids *ids, enum id_kind kind)
{
	struct id_range *range = &ids->ranges[kind];

	assert(range->next <= range->end);
	return range->next < range->end ? range->next++ : 0;
}

static struct proto_op reserve_op(const uint64_t ends[ID_KINDS])
{
	return (struct proto_op){
	        .kind = PROTO_OP_RESERVE,
	        .reserve = {.client = ends[ID_CLIENT],
	                .chunk = ends[ID_CHUNK],
	                .session = ends[ID_SESSION]},
	};
}

static bool range_low(const struct ids *ids, enum id_kind kind)
{
	const struct id_range *range = &ids->ranges[kind];

	return range->end - range->next < range_sizes[kind] / 2;
}

static void ends_of(const struct proto_op_reserve *reserved, uint64_t ret[ID_KINDS])
{
	ret[ID_CLIENT] = reserved->client;
	ret[ID_CHUNK] = reserved->chunk;
	ret[ID_SESSION] = reserved->session;
}
