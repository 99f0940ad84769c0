/* SPDX-License-Identifier: MIT */
/*
 * Open chunks: their replica sets, which never change (RULES 4), the leases of their primaries, and
 * when the master seals one by itself. A lease bounds waiting only; what makes a seal safe is the
 * freeze (RULES 5).
 */
#include "cluster/engine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { EPOCH_SHIFT = 40 }; /* RULES 15 */

static int check_nodes(const struct cluster *cluster, const uint32_t *nodes, size_t nodes_count);
static uint64_t extend(
        struct cluster *cluster, const struct node *node, const struct proto_writing *writing);
static const char *reason_to_seal(struct cluster *cluster, struct open *open);
static const char *node_reason(const struct node *node);
static bool of_earlier_epoch(const struct cluster *cluster, const struct open *open);
static bool members_reported(const struct cluster *cluster, const struct open *open);

int cluster_chunk_opened(struct cluster *cluster, uint64_t id, uint64_t version,
        const uint32_t *nodes, size_t nodes_count, uint64_t size_bytes)
{
	struct chunk *chunk;
	struct open *open;
	int rc;

	cluster_check(cluster);
	rc = check_nodes(cluster, nodes, nodes_count);
	if (rc != 0 || version > CHUNK_VERSION_MAX || size_bytes > CHUNK_SIZE_MAX)
		return rc ? rc : DFS_E_RANGE;
	chunk = chunk_find(cluster, id);
	open = open_find(cluster, id);
	if (chunk && !open)
		return DFS_E_EXIST;
	if (!chunk)
		chunk = chunk_add(cluster, id);
	if (chunk && !open)
		open = open_add(cluster, id, nodes, nodes_count);
	if (!open) {
		if (chunk)
			chunk_remove(cluster, chunk);
		return DFS_E_NOMEM;
	}
	if (chunk->goal == 0)
		chunk->goal = nodes_count & 15;
	if (version > chunk->version)
		chunk->version = version & CHUNK_VERSION_MAX;
	for (size_t i = 0; i < nodes_count; i++) {
		struct node *node = node_find(cluster, nodes[i]);

		replica_set(cluster, chunk, node, MARK_OPEN);
		node_placed(cluster, node);
	}
	open_promise(cluster, open, size_bytes);
	open->moved_ms = cluster_now(cluster);
	return 0;
}

int cluster_node_progress(struct cluster *cluster, uint32_t number,
        const struct proto_progress_args *args, struct arena *arena,
        struct proto_progress_reply *ret, struct dfs_error *err)
{
	struct proto_leased *leases;
	struct node *node;

	cluster_check(cluster);
	node = node_find(cluster, number);
	if (!node || !node->connected || node->incarnation != args->incarnation)
		return error_set(err, DFS_E_UNAVAIL,
		        "datanode %" PRIu32 " is not registered on this channel", number);
	leases = arena_alloc(arena, args->writing_count * sizeof(*leases));
	if (!leases)
		return error_set(err, DFS_E_NOMEM, "no memory for leases");
	node->heard_ms = cluster_now(cluster);
	for (size_t i = 0; i < args->writing_count; i++)
		leases[i] = (struct proto_leased){
		        .chunk = args->writing[i].chunk,
		        .version = args->writing[i].version,
		        .lease_ms = extend(cluster, node, &args->writing[i]),
		};
	ret->leases = leases;
	ret->leases_count = args->writing_count;
	return 0;
}

struct open *open_find(struct cluster *cluster, uint64_t chunk)
{
	struct open *open;

	HASH_FIND(hh, cluster->opens, &chunk, sizeof(chunk), open);
	return open;
}

struct open *open_add(
        struct cluster *cluster, uint64_t chunk, const uint32_t *nodes, size_t nodes_count)
{
	struct open *open = calloc(1, sizeof(*open));

	if (!open)
		return NULL;
	open->chunk = chunk;
	open->moved_ms = cluster_now(cluster);
	open->members_count = (uint32_t)nodes_count;
	for (size_t i = 0; i < nodes_count; i++)
		open->members[i].number = nodes[i];
	HASH_ADD(hh, cluster->opens, chunk, sizeof(open->chunk), open);
	return open;
}

void open_promise(struct cluster *cluster, struct open *open, uint64_t size_bytes)
{
	for (uint32_t i = 0; i < open->members_count; i++) {
		struct node *node = node_find(cluster, open->members[i].number);

		if (node && !open->members[i].filled)
			node->promised_bytes += size_bytes - open->size_bytes;
	}
	open->size_bytes = size_bytes;
}

void open_remove(struct cluster *cluster, struct open *open)
{
	open_promise(cluster, open, 0);
	HASH_DEL(cluster->opens, open);
	free(open);
}

struct member *open_member(struct open *open, uint32_t number)
{
	for (uint32_t i = 0; i < open->members_count; i++)
		if (open->members[i].number == number)
			return &open->members[i];
	return NULL;
}

void members_forget(struct cluster *cluster, const struct node *node)
{
	struct open *open, *next;

	HASH_ITER (hh, cluster->opens, open, next) {
		struct member *member = open_member(open, node->number);

		if (!member)
			continue;
		member->held = member->absent = false;
		member->frozen = member->nothing = false;
		member->version = member->length = member->committed = 0;
	}
}

void leases_tick(struct cluster *cluster)
{
	uint64_t now = cluster_now(cluster);
	struct open *open, *next;

	HASH_ITER (hh, cluster->opens, open, next) {
		const char *why;

		if (open->seal || now < open->seal_after_ms)
			continue;
		why = reason_to_seal(cluster, open);
		if (why)
			seal_by_master(cluster, open, why);
	}
}

void leases_slept(struct cluster *cluster, uint64_t slept_ms)
{
	uint64_t now = cluster_now(cluster);

	for (struct open *open = cluster->opens; open; open = open->hh.next)
		open->moved_ms = without_sleep(open->moved_ms, slept_ms, now);
}

void leases_fini(struct cluster *cluster)
{
	struct open *open, *next;

	HASH_ITER (hh, cluster->opens, open, next) {
		seal_destroy(seal_detach(open));
		open_remove(cluster, open);
	}
}

static int check_nodes(const struct cluster *cluster, const uint32_t *nodes, size_t nodes_count)
{
	if (nodes_count < 1 || nodes_count > PLACE_REPLICAS_MAX)
		return DFS_E_INVAL;
	for (size_t i = 0; i < nodes_count; i++)
		if (!node_find(cluster, nodes[i]))
			return DFS_E_INVAL;
	return 0;
}

/*
 * What a primary tells of its chunk is part of the floor, even where its lease is over: it was
 * acknowledged. A secondary does not know that it is one: it is told the same term, so that its
 * hop of the chain goes on as long as the primary's, and what it tells moves no floor.
 */
static uint64_t extend(
        struct cluster *cluster, const struct node *node, const struct proto_writing *writing)
{
	struct open *open = open_find(cluster, writing->chunk);
	const struct chunk *chunk = chunk_find(cluster, writing->chunk);

	bool primary;

	if (!open || !open_member(open, node->number) || writing->version > chunk->version)
		return 0;
	primary = open->members[0].number == node->number;
	if (primary && writing->committed > open->floor && writing->committed <= CHUNK_SIZE_MAX) {
		open->floor = writing->committed;
		open->moved_ms = cluster_now(cluster);
	}
	if (writing->length > open->length) {
		open->length = writing->length;
		open->moved_ms = cluster_now(cluster);
	}
	if (open->revoked || writing->version != chunk->version)
		return 0;
	return cluster->options.lease_ms;
}

/* RULES 4. NULL: it may stay open. */
static const char *reason_to_seal(struct cluster *cluster, struct open *open)
{
	uint64_t now = cluster_now(cluster);

	if (open->revoked)
		return "an earlier seal of it did not end";
	if (of_earlier_epoch(cluster, open))
		return members_reported(cluster, open) || !cluster->safe_mode
		               ? "opened in an earlier epoch"
		               : NULL;
	for (uint32_t i = 0; i < open->members_count; i++) {
		const struct node *node = node_find(cluster, open->members[i].number);
		const char *why = node ? node_reason(node) : NULL;

		if (why)
			return why;
		if (open->members[i].held && open->members[i].state == PROTO_HELD_STATE_BAD)
			return "a replica was given up";
	}
	if (now - open->moved_ms < cluster->options.idle_seal_ms)
		return NULL;
	if (cluster->out.writer_alive && cluster->out.writer_alive(cluster->out.arg, open->chunk)) {
		open->moved_ms = now;
		return NULL;
	}
	return "idle, and its writer is gone";
}

static const char *node_reason(const struct node *node)
{
	switch (node->state) {
	case PROTO_NODE_STATE_DEAD:
		return "a replica's node is dead";
	case PROTO_NODE_STATE_SUSPECT:
		return "a replica's node is suspect";
	case PROTO_NODE_STATE_DRAINING:
		return "a replica's node is being emptied";
	default:
		return NULL;
	}
}

static bool of_earlier_epoch(const struct cluster *cluster, const struct open *open)
{
	uint64_t mask = (UINT64_C(1) << (64 - EPOCH_SHIFT)) - 1;

	return open->chunk >> EPOCH_SHIFT != (cluster->options.epoch & mask);
}

static bool members_reported(const struct cluster *cluster, const struct open *open)
{
	for (uint32_t i = 0; i < open->members_count; i++) {
		const struct node *node = node_find(cluster, open->members[i].number);

		if (!node || !node->reported || !node_reachable(node))
			return false;
	}
	return true;
}
