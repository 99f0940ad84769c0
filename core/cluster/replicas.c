/* SPDX-License-Identifier: MIT */
/* The replicas of a chunk as readers and people are told of them. */
#include "cluster/engine.h"

#include <string.h>

static enum proto_replica_state shown_state(
        const struct cluster *cluster, const struct chunk *chunk, int at);
static int rank_of(const struct node *node, enum proto_replica_state state);

int cluster_replicas(struct cluster *cluster, uint64_t id, struct arena *arena,
        struct proto_replica **ret, size_t *ret_count)
{
	struct proto_replica *replicas;
	int ranks[PLACE_REPLICAS_MAX];
	struct chunk *chunk;
	size_t count = 0;

	cluster_check(cluster);
	chunk = chunk_find(cluster, id);
	replicas = arena_alloc(arena, PLACE_REPLICAS_MAX * sizeof(*replicas));
	if (!replicas)
		return DFS_E_NOMEM;
	for (int i = 0; chunk && i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE;
	        i++) {
		const struct node *node = cluster->nodes[chunk->slots[i]];
		enum proto_replica_state state;
		size_t at = count;
		int rank;

		if (replica_mark(chunk, i) == MARK_DOOMED)
			continue; /* nobody should go there any more */
		state = shown_state(cluster, chunk, i);
		rank = rank_of(node, state);
		count++;

		/* Best first; among equals those before that serve less. */
		for (; at > 0 &&
		        (ranks[at - 1] > rank ||
		                (ranks[at - 1] == rank &&
		                        chunk->state == PROTO_CHUNK_STATE_SEALED &&
		                        node_find(cluster, replicas[at - 1].node)->read_rate >
		                                node->read_rate));
		        at--) {
			replicas[at] = replicas[at - 1];
			ranks[at] = ranks[at - 1];
		}
		ranks[at] = rank;
		replicas[at] = (struct proto_replica){
		        .node = node->number,
		        .address = arena_text(arena, node->address, strlen(node->address)),
		        .state = state,
		        .version = state == PROTO_REPLICA_STATE_GOOD ||
		                                   state == PROTO_REPLICA_STATE_OPEN
		                           ? chunk->version
		                           : 0,
		};
		if (!replicas[at].address)
			return DFS_E_NOMEM;
	}
	*ret = replicas;
	*ret_count = count;
	return 0;
}

static enum proto_replica_state shown_state(
        const struct cluster *cluster, const struct chunk *chunk, int at)
{
	static const enum proto_replica_state states[] = {
	        [MARK_NONE] = PROTO_REPLICA_STATE_MISSING,
	        [MARK_GOOD] = PROTO_REPLICA_STATE_GOOD,
	        [MARK_OPEN] = PROTO_REPLICA_STATE_OPEN,
	        [MARK_STALE] = PROTO_REPLICA_STATE_STALE,
	        [MARK_SHORT] = PROTO_REPLICA_STATE_SHORT,
	        [MARK_CORRUPT] = PROTO_REPLICA_STATE_CORRUPT,
	        [MARK_UNKNOWN] = PROTO_REPLICA_STATE_UNKNOWN,
	};
	const struct node *node = cluster->nodes[chunk->slots[at]];
	enum mark mark = replica_mark(chunk, at);

	if (!node_alive(node))
		return PROTO_REPLICA_STATE_MISSING;
	if (!replica_confirmed(cluster, chunk, at) && (mark == MARK_GOOD || mark == MARK_OPEN))
		return PROTO_REPLICA_STATE_UNKNOWN;
	return states[mark];
}

/* A reader goes through them in this order: all that might serve it, likely ones first. */
static int rank_of(const struct node *node, enum proto_replica_state state)
{
	int rank = 10;

	if (state == PROTO_REPLICA_STATE_GOOD)
		rank = 0;
	else if (state == PROTO_REPLICA_STATE_OPEN)
		rank = 2;
	else if (state == PROTO_REPLICA_STATE_UNKNOWN)
		rank = 4;
	if (node->state == PROTO_NODE_STATE_SLOW || node->state == PROTO_NODE_STATE_DRAINING)
		return rank + 1;
	return node->state == PROTO_NODE_STATE_UP ? rank : rank + 6;
}
