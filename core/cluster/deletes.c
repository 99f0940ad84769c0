/* SPDX-License-Identifier: MIT */
/*
 * Deleting the replicas of chunks that nothing refers to any more (RULES 13): by chunk and version,
 * on each node known to hold one, until each has acknowledged. What is deleted is a decision of
 * metadata; nothing here is deleted as surplus, stale or unknown (RULES 3, 16).
 */
#include "cluster/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNKS_A_CALL = 1000, DELETE_PATIENCE_MS = 120000, AGAIN_MS = 5000 };

static struct doom *find(const struct cluster *cluster, uint64_t chunk);
static bool is_last(struct cluster *cluster, uint64_t chunk);
static void raise_version(struct cluster *cluster, struct doom *doom);
static void send_batch(struct cluster *cluster, struct node *node);
static void prune(struct cluster *cluster, struct node *node);
static void rotate(struct node *node, size_t count);
static bool still_wanted(struct cluster *cluster, uint64_t id, const struct node *node);

void cluster_hold_deletes(struct cluster *cluster, const char *why)
{
	cluster_check(cluster);
	snprintf(cluster->held, sizeof(cluster->held), "%s", why ? why : "");
	cluster_event(
	        cluster, "event=deletes_%s why=\"%s\"", why ? "held" : "allowed", cluster->held);
	if (cluster_may_delete(cluster))
		dooms_check(cluster);
}

const char *cluster_deletes_held(const struct cluster *cluster)
{
	return cluster->held[0] ? cluster->held : NULL;
}

bool cluster_may_delete(const struct cluster *cluster)
{
	return !cluster->safe_mode && !cluster->held[0];
}

int cluster_chunk_delete(struct cluster *cluster, uint64_t id, uint64_t version,
        void (*gone)(void *arg, uint64_t chunk), void *arg)
{
	struct proto_row_chunk row = {.state = PROTO_CHUNK_STATE_FREED, .version = version};
	struct chunk *chunk;
	struct doom *doom;

	cluster_check(cluster);
	chunk = chunk_find(cluster, id);
	doom = find(cluster, id);
	if (!chunk) {
		gone(arg, id);
		return 0;
	}
	if (!doom) {
		doom = calloc(1, sizeof(*doom));
		if (!doom)
			return DFS_E_NOMEM;
		doom->chunk = id;
		HASH_ADD(hh, cluster->dooms, chunk, sizeof(doom->chunk), doom);
	}
	doom->version = version;
	doom->gone = gone;
	doom->arg = arg;
	row.goal = chunk->goal;
	settle_forget(cluster, id);
	cluster_chunk_known(cluster, id, &row);
	/* Whoever waited for a seal of it was told, and may have forgotten it. */
	chunk = chunk_find(cluster, id);
	for (int i = 0; chunk && i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++)
		doom_on(cluster, cluster->nodes[chunk->slots[i]], id);
	doom_check(cluster, id);
	return 0;
}

void doom_on(struct cluster *cluster, struct node *node, uint64_t chunk)
{
	size_t capacity = node->doomed_capacity ? node->doomed_capacity * 2 : 64;
	uint64_t *doomed;

	if (!find(cluster, chunk))
		return; /* freed, but it lingers still */
	if (node->doomed_count == node->doomed_capacity) {
		doomed = realloc(node->doomed, capacity * sizeof(*doomed));
		if (!doomed)
			return; /* out of memory: it waits for the master's next start */
		node->doomed = doomed;
		node->doomed_capacity = capacity;
	}
	node->doomed[node->doomed_count++] = chunk;
}

void deletes_answered(struct cluster *cluster, const struct call *call, int code,
        const struct proto_delete_reply *reply)
{
	struct node *node = cluster->nodes[call->slot];
	size_t asked = call->version < node->doomed_count ? call->version : node->doomed_count;
	size_t refused = 0;

	node->deleting = false;
	for (size_t i = 0; code == 0 && i < reply->gone_count; i++) {
		struct chunk *chunk = chunk_find(cluster, reply->gone[i].chunk);

		if (!chunk || chunk->state != PROTO_CHUNK_STATE_FREED)
			continue;
		replica_drop(cluster, chunk, node);
		doom_check(cluster, reply->gone[i].chunk);
	}
	for (size_t i = 0; i < asked; i++)
		if (still_wanted(cluster, node->doomed[i], node)) {
			refused++;
			if (code == 0)
				raise_version(cluster, find(cluster, node->doomed[i]));
		}
	prune(cluster, node);
	rotate(node, refused);
	/* Refused (being appended to) or the call failed: not at once again. */
	if (code != 0 || refused > 0)
		node->delete_after_ms = cluster_now(cluster) + AGAIN_MS;
}

bool deletes_durable(struct cluster *cluster, const struct call *call, int code)
{
	struct doom *doom = find(cluster, call->chunk);

	if (!doom || call->op != PROTO_OP_CHUNK_RAISE || !doom->raised ||
	        call->version != doom->version + 1)
		return false;
	if (code == 0)
		doom->version = call->version;
	else
		doom->raised = false; /* the next refusal tries again */
	return true;
}

void doom_check(struct cluster *cluster, uint64_t id)
{
	struct doom *doom = find(cluster, id);
	void (*gone)(void *arg, uint64_t chunk);
	void *arg;

	/* In safe mode not every node has said yet what it holds. */
	if (!doom || !cluster_may_delete(cluster) || !is_last(cluster, id))
		return;
	gone = doom->gone;
	arg = doom->arg;
	HASH_DEL(cluster->dooms, doom);
	free(doom);
	gone(arg, id);
}

void dooms_check(struct cluster *cluster)
{
	size_t count = HASH_COUNT(cluster->dooms), at = 0;
	uint64_t *ids = calloc(count + 1, sizeof(*ids));

	for (struct doom *doom = ids ? cluster->dooms : NULL; doom; doom = doom->hh.next)
		ids[at++] = doom->chunk;
	for (size_t i = 0; i < at; i++)
		doom_check(cluster, ids[i]);
	free(ids);
}

void deletes_tick(struct cluster *cluster)
{
	uint64_t now = cluster_now(cluster);

	if (!cluster_may_delete(cluster)) /* RULES 16, 22 */
		return;
	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		struct node *node = cluster->nodes[i];

		if (node->doomed_count > 0 && !node->deleting && node_reachable(node) &&
		        node->delete_after_ms <= now)
			send_batch(cluster, node);
	}
}

void deletes_forget(struct cluster *cluster, uint64_t chunk)
{
	struct doom *doom = find(cluster, chunk);

	if (!doom)
		return;
	HASH_DEL(cluster->dooms, doom);
	free(doom);
}

void deletes_fini(struct cluster *cluster)
{
	struct doom *doom, *next;

	HASH_ITER (hh, cluster->dooms, doom, next) {
		HASH_DEL(cluster->dooms, doom);
		free(doom);
	}
}

bool deletes_pending(const struct cluster *cluster, uint64_t chunk)
{
	return find(cluster, chunk) != NULL;
}

static struct doom *find(const struct cluster *cluster, uint64_t chunk)
{
	struct doom *doom;

	HASH_FIND(hh, cluster->dooms, &chunk, sizeof(chunk), doom);
	return doom;
}

/*
 * A datanode refuses to delete what is open at this very version (RULES 13): it acknowledged the
 * chunk, the commit sealed it in metadata, and it died before it wrote so itself. Above a raised
 * version nobody can append to it any more.
 */
static void raise_version(struct cluster *cluster, struct doom *doom)
{
	struct proto_op op = {.kind = PROTO_OP_CHUNK_RAISE};
	struct call like = {.chunk = doom->chunk, .version = doom->version + 1};

	if (doom->raised)
		return;
	op.chunk_raise.chunk = doom->chunk;
	op.chunk_raise.version = like.version;
	doom->raised = call_submit(cluster, &op, &like);
}

/* No node is known to hold it that may come back to say so, and none is about to hold it. */
static bool is_last(struct cluster *cluster, uint64_t id)
{
	const struct chunk *chunk = chunk_find(cluster, id);

	if (repair_copying(cluster, id))
		return false;
	for (int i = 0; chunk && i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++)
		if (!drain_unplugged(cluster->nodes[chunk->slots[i]]))
			return false;
	return true;
}

static void send_batch(struct cluster *cluster, struct node *node)
{
	struct proto_chunk_version *chunks;
	struct proto_delete_args args = {.epoch = cluster->options.epoch};
	struct call like = {0};

	prune(cluster, node);
	chunks = calloc(CHUNKS_A_CALL, sizeof(*chunks));
	for (size_t i = 0; chunks && i < node->doomed_count && args.chunks_count < CHUNKS_A_CALL;
	        i++)
		chunks[args.chunks_count++] = (struct proto_chunk_version){
		        .chunk = node->doomed[i],
		        .version = find(cluster, node->doomed[i])->version,
		};
	args.chunks = chunks;
	like.version = args.chunks_count;
	if (args.chunks_count > 0)
		node->deleting = call_send(
		        cluster, node, PROTO_CALL_DELETE, &args, &like, DELETE_PATIENCE_MS);
	free(chunks);
}

/* Keep those that the node still holds. */
static void prune(struct cluster *cluster, struct node *node)
{
	size_t kept = 0;

	for (size_t i = 0; i < node->doomed_count; i++)
		if (still_wanted(cluster, node->doomed[i], node))
			node->doomed[kept++] = node->doomed[i];
	node->doomed_count = kept;
}

/* Those that were refused go behind the others. */
static void rotate(struct node *node, size_t count)
{
	for (; count > 0; count--) {
		uint64_t first = node->doomed[0];

		memmove(node->doomed, node->doomed + 1, (node->doomed_count - 1) * sizeof(first));
		node->doomed[node->doomed_count - 1] = first;
	}
}

static bool still_wanted(struct cluster *cluster, uint64_t id, const struct node *node)
{
	const struct chunk *chunk = find(cluster, id) ? chunk_find(cluster, id) : NULL;

	return chunk && replica_find(chunk, node) >= 0;
}
