/* SPDX-License-Identifier: MIT */
/*
 * After a seal: replicas that hold at least the sealed length are told to cut there, check the CRC
 * and seal. A chunk stays in this table while one of its replicas may still become good that way;
 * what comes of it is its mark.
 */
#include "cluster/engine.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	CHUNKS_A_TICK = 256,
	ATTEMPTS_MAX = 10,
	HOPEFUL_ATTEMPTS = 2, /* a copy waits no longer for a replica that does not answer */
	AGAIN_MS = 5000,
	AGAIN_MAX_MS = 60000,
	SEAL_AT_PATIENCE_MS = 60000,
};

static struct settle *find(const struct cluster *cluster, uint64_t chunk);
static void remove_settle(struct cluster *cluster, struct settle *settle);
static void tell(struct cluster *cluster, struct settle *settle);
static bool may_become_good(const struct cluster *cluster, const struct chunk *chunk, int at);
static void tell_one(struct cluster *cluster, const struct chunk *chunk, struct node *node);
static void give_up(struct cluster *cluster, struct chunk *chunk);

void settle_want(struct cluster *cluster, const struct chunk *chunk, uint64_t delay_ms)
{
	struct settle *settle = find(cluster, chunk->id);
	uint64_t due = cluster_now(cluster) + delay_ms;

	if (chunk->length == 0)
		return; /* nothing to keep */
	if (!settle) {
		settle = calloc(1, sizeof(*settle));
		if (!settle)
			return; /* its next report brings it here again */
		settle->chunk = chunk->id;
		settle->due_ms = due;
		HASH_ADD(hh, cluster->settles, chunk, sizeof(settle->chunk), settle);
	}
	settle->attempts = 0;
	if (due < settle->due_ms)
		settle->due_ms = due;
	if (delay_ms == 0)
		tell(cluster, settle);
}

bool settle_hopeful(const struct cluster *cluster, uint64_t chunk)
{
	const struct settle *settle = find(cluster, chunk);

	return settle && settle->attempts <= HOPEFUL_ATTEMPTS;
}

bool settle_pending(const struct cluster *cluster, uint64_t chunk)
{
	return find(cluster, chunk) != NULL;
}

void settle_answered(struct cluster *cluster, const struct call *call, int code)
{
	struct chunk *chunk = chunk_find(cluster, call->chunk);
	struct node *node = cluster->nodes[call->slot];
	struct settle *settle;
	bool left = false;

	if (!chunk || chunk->state != PROTO_CHUNK_STATE_SEALED || chunk->version != call->version)
		return;
	if (code == 0) {
		if (chunk_tally(cluster, chunk).sources == 0)
			cluster_event(cluster,
			        "event=replica_promoted chunk=%016" PRIx64 " node=%" PRIu32
			        " version=%" PRIu32 " why=\"no good one was live\"",
			        chunk->id, node->number, chunk->version);
		replica_set(cluster, chunk, node, MARK_GOOD);
	} else if (code == DFS_E_RANGE)
		replica_set(cluster, chunk, node, MARK_SHORT);
	else if (code == DFS_E_CORRUPT || code == DFS_E_IO)
		replica_set(cluster, chunk, node, MARK_CORRUPT);
	else if (code == DFS_E_NOENT)
		replica_drop(cluster, chunk, node);
	settle = find(cluster, call->chunk);
	if (!settle)
		return;
	for (int i = 0; i < PLACE_REPLICAS_MAX; i++)
		left |= may_become_good(cluster, chunk, i);
	if (!left)
		remove_settle(cluster, settle);
}

void settle_forget(struct cluster *cluster, uint64_t chunk)
{
	struct settle *settle = find(cluster, chunk);

	if (settle)
		remove_settle(cluster, settle);
}

void settle_tick(struct cluster *cluster)
{
	uint64_t now = cluster_now(cluster);
	struct settle *settle, *next;
	int told = 0;

	HASH_ITER (hh, cluster->settles, settle, next) {
		if (settle->due_ms > now)
			continue;
		if (told++ == CHUNKS_A_TICK)
			break;
		tell(cluster, settle);
	}
}

void settle_fini(struct cluster *cluster)
{
	struct settle *settle, *next;

	HASH_ITER (hh, cluster->settles, settle, next) {
		remove_settle(cluster, settle);
	}
}

static struct settle *find(const struct cluster *cluster, uint64_t chunk)
{
	struct settle *settle;

	HASH_FIND(hh, cluster->settles, &chunk, sizeof(chunk), settle);
	return settle;
}

static void remove_settle(struct cluster *cluster, struct settle *settle)
{
	HASH_DEL(cluster->settles, settle);
	free(settle);
}

static void tell(struct cluster *cluster, struct settle *settle)
{
	struct chunk *chunk = chunk_find(cluster, settle->chunk);
	uint64_t wait = AGAIN_MS << settle->attempts;
	bool any = false;

	if (chunk && chunk->state != PROTO_CHUNK_STATE_SEALED)
		chunk = NULL;
	for (int i = 0; chunk && i < PLACE_REPLICAS_MAX; i++) {
		if (!may_become_good(cluster, chunk, i))
			continue;
		any = true;
		tell_one(cluster, chunk, cluster->nodes[chunk->slots[i]]);
	}
	/* A node that is away reports when it is back, which brings the chunk here again. */
	if (!any) {
		remove_settle(cluster, settle);
		return;
	}
	settle->due_ms = cluster_now(cluster) + (wait < AGAIN_MAX_MS ? wait : AGAIN_MAX_MS);
	if (++settle->attempts > ATTEMPTS_MAX) {
		remove_settle(cluster, settle);
		give_up(cluster, chunk);
	}
}

static bool may_become_good(const struct cluster *cluster, const struct chunk *chunk, int at)
{
	enum mark mark = replica_mark(chunk, at);

	/* One that answered no freeze is asked what it has; its answer marks it. */
	if (mark != MARK_OPEN && mark != MARK_STALE && mark != MARK_UNKNOWN)
		return false;
	return replica_confirmed(cluster, chunk, at) &&
	       node_reachable(cluster->nodes[chunk->slots[at]]);
}

static void tell_one(struct cluster *cluster, const struct chunk *chunk, struct node *node)
{
	struct call like = {.chunk = chunk->id, .version = chunk->version};
	struct proto_seal_at_args args = {
	        .chunk = chunk->id,
	        .version = chunk->version,
	        .length = chunk->length,
	        .crc = chunk->crc,
	        .epoch = cluster->options.epoch,
	};

	if (!call_pending(cluster, node, PROTO_CALL_SEAL_AT, chunk->id))
		call_send(cluster, node, PROTO_CALL_SEAL_AT, &args, &like, SEAL_AT_PATIENCE_MS);
}

/* It was told for minutes and did not seal: nothing is hoped of it any more, so repair may replace
 * it. */
static void give_up(struct cluster *cluster, struct chunk *chunk)
{
	for (int i = 0; i < PLACE_REPLICAS_MAX; i++)
		if (replica_mark(chunk, i) == MARK_OPEN && may_become_good(cluster, chunk, i))
			replica_set(cluster, chunk, cluster->nodes[chunk->slots[i]], MARK_STALE);
}
