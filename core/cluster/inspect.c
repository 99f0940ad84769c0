/* SPDX-License-Identifier: MIT */
/* How one chunk stands, for people and for fsck; and its repair at once. */
#include "cluster/engine.h"

int cluster_inspect(struct cluster *cluster, uint64_t id, struct cluster_verdict *ret)
{
	struct chunk *chunk;
	struct open *open;
	struct tally tally;

	cluster_check(cluster);
	chunk = chunk_find(cluster, id);
	if (!chunk)
		return DFS_E_NOENT;
	chunk_reckon(cluster, chunk);
	tally = chunk_tally(cluster, chunk);
	open = open_find(cluster, id);
	*ret = (struct cluster_verdict){
	        .goal = chunk->goal,
	        .good = tally.good,
	        .hoped = tally.hoped,
	        .sealed = chunk->state == PROTO_CHUNK_STATE_SEALED,
	        .empty = chunk->length == 0,
	        .lost = chunk->health == HEALTH_LOST && !cluster->safe_mode,
	        .pieces = tally.pieces,
	        .under = chunk->health != HEALTH_WELL,
	        /* All there, one on a node that is to be emptied: it is being moved. */
	        .leaving = tally.sources + tally.hoped >= chunk->goal,
	        .waiting = open && seal_waits(open),
	        .copying = repair_copying(cluster, id),
	};
	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		enum mark mark = replica_mark(chunk, i);

		if (!node_alive(cluster->nodes[chunk->slots[i]]))
			continue;
		ret->broken += mark == MARK_CORRUPT || mark == MARK_STALE || mark == MARK_SHORT;
	}
	return 0;
}

bool cluster_repair_now(struct cluster *cluster, uint64_t id)
{
	struct chunk *chunk;

	cluster_check(cluster);
	chunk = chunk_find(cluster, id);
	if (!chunk)
		return false;
	delay_forget(cluster, id);
	chunk_reckon(cluster, chunk);
	return chunk->queued != 0 || repair_copying(cluster, id);
}
