/* SPDX-License-Identifier: MIT */
/*
 * Orphans: replicas that datanodes report and metadata does not know. A chunk that was freed and
 * forgotten leaves one on a node that was away; so does a writer whose session was never recorded.
 *
 * They are the one thing that is deleted without a row that says so. So it is done late (a grace of
 * living time, counted from when this master heard of it and could delete at all), never while
 * deletions are held, by name and version (RULES 13), and only after metadata said once more that
 * it gave the number out and has no row for it. A number that was never given out belongs to
 * somebody with newer metadata than ours: it is told, and left alone (RULES 16).
 */
#include "cluster/engine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	ORPHANS_MAX = 65536, /* remembered; more are counted, and remembered by a later report */
	LOOK_MS = 5000,
	CHUNKS_A_CALL = 1000,
	DELETE_PATIENCE_MS = 120000,
	AGAIN_MS = 60000,
};

struct orphan_key {
	uint64_t chunk, slot; /* of its node */
};

struct orphan {
	struct orphan_key key;
	UT_hash_handle hh; /* cluster->orphans */
	uint64_t version, length_bytes;
	uint64_t since_ms, due_ms; /* by cluster->awake_ms */
	bool open, foreign, confirmed, asked;
};

static struct orphan *find(const struct cluster *cluster, uint64_t chunk, const struct node *node);
static void forget(struct cluster *cluster, struct orphan *orphan);
static bool due(const struct cluster *cluster, const struct orphan *orphan);
static void collect(struct cluster *cluster, struct node *node);
static void unasked(struct cluster *cluster, const struct node *node);

void orphan_heard(struct cluster *cluster, struct node *node, const struct proto_held *held)
{
	struct orphan *orphan = find(cluster, held->chunk, node);
	enum orphan_verdict verdict = ORPHAN_FOREIGN;

	if (!orphan && cluster->out.orphan)
		verdict = cluster->out.orphan(cluster->out.arg, held->chunk);
	if (!orphan && verdict == ORPHAN_COMING) {
		if (cluster->out.coming)
			cluster->out.coming(cluster->out.arg, node->number, held->chunk, held);
		return;
	}
	if (!orphan && HASH_COUNT(cluster->orphans) < ORPHANS_MAX)
		orphan = calloc(1, sizeof(*orphan));
	if (!orphan) {
		node->orphans_beyond++;
		return;
	}
	if (orphan->key.chunk == 0) {
		orphan->key = (struct orphan_key){held->chunk, node->slot};
		orphan->since_ms = cluster->awake_ms;
		orphan->foreign = verdict == ORPHAN_FOREIGN;
		HASH_ADD(hh, cluster->orphans, key, sizeof(orphan->key), orphan);
		node->orphans++;
		cluster_event(cluster,
		        "event=orphan chunk=%016" PRIx64 " node=%" PRIu32 " version=%" PRIu64
		        " bytes=%" PRIu64 " foreign=%d",
		        held->chunk, node->number, held->version, held->length, orphan->foreign);
	}
	orphan->version = held->version;
	orphan->length_bytes = held->length;
	orphan->open = held->state == PROTO_HELD_STATE_OPEN;
	orphan->confirmed = true;
}

void orphan_gone(struct cluster *cluster, struct node *node, uint64_t chunk)
{
	struct orphan *orphan = node->orphans > 0 ? find(cluster, chunk, node) : NULL;

	if (!orphan)
		return;
	cluster->orphans_collected += orphan->asked; /* its report may come before its answer */
	forget(cluster, orphan);
}

/* Metadata has it after all: whoever holds it is told so by its next report. */
void orphan_known(struct cluster *cluster, uint64_t chunk)
{
	for (uint32_t i = 0; cluster->orphans && i < cluster->nodes_count; i++)
		orphan_gone(cluster, cluster->nodes[i], chunk);
}

void orphans_begin_round(struct cluster *cluster, struct node *node)
{
	node->orphans_beyond = 0;
	for (struct orphan *orphan = cluster->orphans; orphan; orphan = orphan->hh.next)
		if (orphan->key.slot == node->slot)
			orphan->confirmed = false;
}

void orphans_end_round(struct cluster *cluster, struct node *node)
{
	struct orphan *orphan, *next;

	HASH_ITER (hh, cluster->orphans, orphan, next)
		if (orphan->key.slot == node->slot && !orphan->confirmed)
			forget(cluster, orphan);
}

void orphans_tick(struct cluster *cluster, uint64_t passed_ms)
{
	/* A tick that comes late was slept through. */
	cluster->awake_ms += passed_ms < 2 * tick_ms(cluster) ? passed_ms : tick_ms(cluster);
	if (!cluster_may_delete(cluster))
		cluster->orphans_from_ms = cluster->awake_ms;
	if (!cluster_may_delete(cluster) || !cluster->orphans || !cluster->out.orphan ||
	        cluster->awake_ms < cluster->orphans_look_ms)
		return;
	cluster->orphans_look_ms = cluster->awake_ms + LOOK_MS;
	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		struct node *node = cluster->nodes[i];

		if (node->orphans > 0 && !node->collecting && node_reachable(node))
			collect(cluster, node);
	}
}

void orphans_answered(struct cluster *cluster, const struct call *call, int code,
        const struct proto_delete_reply *reply)
{
	struct node *node = cluster->nodes[call->slot];

	node->collecting = false;
	for (size_t i = 0; code == 0 && i < reply->gone_count; i++) {
		struct orphan *orphan = find(cluster, reply->gone[i].chunk, node);
		if (!orphan || !orphan->asked)
			continue;
		cluster->orphans_collected++;
		forget(cluster, orphan);
	}
	unasked(cluster, node);
}

void orphans_count(const struct cluster *cluster, struct cluster_counts *ret)
{
	uint64_t oldest_ms = cluster->awake_ms;

	for (const struct orphan *orphan = cluster->orphans; orphan; orphan = orphan->hh.next) {
		ret->orphans++;
		ret->orphan_bytes += orphan->length_bytes;
		ret->orphans_foreign += orphan->foreign;
		if (orphan->since_ms < oldest_ms)
			oldest_ms = orphan->since_ms;
	}
	for (uint32_t i = 0; i < cluster->nodes_count; i++)
		ret->orphans += cluster->nodes[i]->orphans_beyond;
	ret->orphan_age_ms = cluster->awake_ms - oldest_ms;
	ret->orphans_collected = cluster->orphans_collected;
}

void orphans_fini(struct cluster *cluster)
{
	struct orphan *orphan, *next;

	HASH_ITER (hh, cluster->orphans, orphan, next) {
		HASH_DEL(cluster->orphans, orphan);
		free(orphan);
	}
}

static struct orphan *find(const struct cluster *cluster, uint64_t chunk, const struct node *node)
{
	struct orphan_key key = {chunk, node->slot};
	struct orphan *orphan;

	HASH_FIND(hh, cluster->orphans, &key, sizeof(key), orphan);
	return orphan;
}

static void forget(struct cluster *cluster, struct orphan *orphan)
{
	struct node *node = cluster->nodes[orphan->key.slot];

	node->orphans--;
	HASH_DEL(cluster->orphans, orphan);
	free(orphan);
}

/* The grace begins when it is known and could be deleted. */
static bool due(const struct cluster *cluster, const struct orphan *orphan)
{
	uint64_t from_ms = orphan->since_ms > cluster->orphans_from_ms ? orphan->since_ms
	                                                               : cluster->orphans_from_ms;

	return orphan->confirmed && !orphan->foreign && !orphan->asked &&
	       orphan->due_ms <= cluster->awake_ms &&
	       cluster->awake_ms - from_ms >= cluster->options.orphan_grace_ms;
}

static void collect(struct cluster *cluster, struct node *node)
{
	struct proto_chunk_version *chunks = calloc(CHUNKS_A_CALL, sizeof(*chunks));
	struct proto_delete_args args = {.epoch = cluster->options.epoch, .chunks = chunks};
	struct call like = {.orphans = true};
	struct orphan *orphan, *next;

	HASH_ITER (hh, cluster->orphans, orphan, next) {
		if (!chunks || args.chunks_count == CHUNKS_A_CALL)
			break;
		if (orphan->key.slot != node->slot || !due(cluster, orphan))
			continue;
		/* Metadata has the last word, at the last moment. */
		if (cluster->out.orphan(cluster->out.arg, orphan->key.chunk) != ORPHAN_DELETE) {
			orphan->due_ms = cluster->awake_ms + AGAIN_MS;
			continue;
		}
		orphan->asked = true;
		/* An open one: no writer can commit it; a raised version shuts him out (RULES
		 * 13). */
		chunks[args.chunks_count++] = (struct proto_chunk_version){
		        orphan->key.chunk, orphan->version + orphan->open};
	}
	if (args.chunks_count > 0)
		cluster_event(cluster, "event=orphans_deleted node=%" PRIu32 " count=%zu",
		        node->number, args.chunks_count);
	if (args.chunks_count > 0)
		node->collecting = call_send(
		        cluster, node, PROTO_CALL_DELETE, &args, &like, DELETE_PATIENCE_MS);
	if (!node->collecting)
		unasked(cluster, node);
	free(chunks);
}

/* What was refused is being appended to, or copied; or the call failed: it is asked for again. */
static void unasked(struct cluster *cluster, const struct node *node)
{
	for (struct orphan *orphan = cluster->orphans; orphan; orphan = orphan->hh.next) {
		if (orphan->key.slot != node->slot || !orphan->asked)
			continue;
		orphan->asked = false;
		orphan->due_ms = cluster->awake_ms + AGAIN_MS;
	}
}
