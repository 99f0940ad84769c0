/* SPDX-License-Identifier: MIT */
/*
 * What metadata tells of chunks, and what datanodes tell of one replica, brought together. "A
 * chunkserver has the final word" on what it holds (GFS 2.6.2); metadata has it on what a sealed
 * chunk is (RULES 2).
 */
#include "cluster/engine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SEAL_BY_ITSELF_MS = 2000 }; /* what datanodes get to tell of the seal that ends an append */

static struct chunk *find_or_add(struct cluster *cluster, uint64_t id);
static int open_known(
        struct cluster *cluster, struct chunk *chunk, const struct proto_row_chunk *row);
static int freed_known(
        struct cluster *cluster, struct chunk *chunk, const struct proto_row_chunk *row);
static void presume(
        struct cluster *cluster, struct chunk *chunk, const uint32_t *nodes, size_t nodes_count);
static bool member_judge(struct cluster *cluster, struct chunk *chunk, const struct member *member,
        bool acknowledged);
static void member_heard(struct cluster *cluster, struct chunk *chunk, struct open *open,
        struct node *node, const struct proto_held *held);

int cluster_chunk_known(struct cluster *cluster, uint64_t id, const struct proto_row_chunk *row)
{
	struct chunk *chunk;

	cluster_check(cluster);
	if (row->version > CHUNK_VERSION_MAX || row->length > CHUNK_SIZE_MAX ||
	        row->nodes_count > PLACE_REPLICAS_MAX)
		return DFS_E_RANGE;
	chunk = find_or_add(cluster, id);
	if (!chunk)
		return DFS_E_NOMEM;
	chunk->goal = (row->goal < 1                           ? 1
	                      : row->goal > PLACE_REPLICAS_MAX ? PLACE_REPLICAS_MAX
	                                                       : row->goal) &
	              15;
	switch (row->state) {
	case PROTO_CHUNK_STATE_OPEN:
		return open_known(cluster, chunk, row);
	case PROTO_CHUNK_STATE_SEALED:
		chunk_sealed(cluster, chunk, row->version, row->length, row->crc);
		return 0;
	case PROTO_CHUNK_STATE_FREED:
		return freed_known(cluster, chunk, row);
	}
	return DFS_E_INVAL;
}

void cluster_heard(struct cluster *cluster, uint32_t number, const struct proto_held *held)
{
	struct node *node = node_find(cluster, number);

	cluster_check(cluster);
	if (node && node->connected)
		held_heard(cluster, node, held);
}

/* Whoever told of a replica since the last one was deleted holds an orphan from now on. */
void cluster_chunk_forgotten(struct cluster *cluster, uint64_t id)
{
	struct chunk *chunk, left;

	cluster_check(cluster);
	chunk = chunk_find(cluster, id);
	if (!chunk)
		return;
	left = *chunk;
	chunk_drop(cluster, id, "the chunk is gone");
	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(&left, i) != MARK_NONE; i++) {
		struct proto_held held = {
		        .chunk = id,
		        .version = left.version,
		        .length = left.length,
		        .state = PROTO_HELD_STATE_SEALED,
		};

		if (replica_confirmed(cluster, &left, i))
			orphan_heard(cluster, cluster->nodes[left.slots[i]], &held);
	}
}

void chunk_drop(struct cluster *cluster, uint64_t id, const char *sentence)
{
	struct chunk *chunk = chunk_find(cluster, id);
	struct open *open = open_find(cluster, id);
	struct seal *seal = NULL;

	settle_forget(cluster, id);
	deletes_forget(cluster, id);
	delay_forget(cluster, id);
	if (open) {
		seal = seal_detach(open);
		open_remove(cluster, open);
	}
	if (chunk) {
		trim_forget(cluster, chunk);
		chunk_remove(cluster, chunk);
	}
	seal_answer(seal, DFS_E_NOENT, sentence, 0, 0, 0);
}

void chunk_sealed(struct cluster *cluster, struct chunk *chunk, uint64_t version, uint64_t length,
        uint32_t crc)
{
	struct open *open = open_find(cluster, chunk->id);
	struct seal *seal = NULL;
	bool frozen = false;

	if (chunk->state == PROTO_CHUNK_STATE_FREED)
		return;
	chunk->state = PROTO_CHUNK_STATE_SEALED;
	chunk->version = version & CHUNK_VERSION_MAX;
	chunk->length = (uint32_t)length;
	chunk->crc = crc;
	if (open) {
		for (uint32_t i = 0; i < open->members_count; i++)
			frozen |= member_judge(
			        cluster, chunk, &open->members[i], !seal_records(open));
		settle_want(cluster, chunk, frozen ? 0 : SEAL_BY_ITSELF_MS);
		seal = seal_detach(open);
		open_remove(cluster, open);
	}
	chunk_reckon(cluster, chunk);
	seal_answer(seal, 0, "", length, version, crc);
}

enum mark held_judge(const struct chunk *chunk, const struct proto_held *held, bool *ret_seal)
{
	bool same = held->length == chunk->length && held->crc == chunk->crc;

	*ret_seal = false;
	if (held->state == PROTO_HELD_STATE_BAD)
		return MARK_CORRUPT;
	if (held->version > chunk->version)
		return MARK_UNKNOWN;
	if (held->state == PROTO_HELD_STATE_SEALED) {
		if (held->version == chunk->version)
			return same ? MARK_GOOD : MARK_CORRUPT;
		*ret_seal = same; /* RULES 3: raised and welcomed */
		return MARK_STALE;
	}
	/* A frozen one grows no more. An open one may have, since it told its length: it is asked,
	 * and answers. */
	if (held->state == PROTO_HELD_STATE_FROZEN && held->length < chunk->length)
		return MARK_SHORT;
	*ret_seal = true;
	return held->version == chunk->version ? MARK_OPEN : MARK_STALE;
}

void held_heard(struct cluster *cluster, struct node *node, const struct proto_held *held)
{
	struct chunk *chunk = chunk_find(cluster, held->chunk);
	struct open *open;
	enum mark mark;
	bool seal;

	if (!chunk) {
		orphan_heard(cluster, node, held);
		return;
	}
	if (chunk->state == PROTO_CHUNK_STATE_FREED) {
		bool listed = replica_find(chunk, node) >= 0;

		if (replica_set(cluster, chunk, node, MARK_UNKNOWN) && !listed)
			doom_on(cluster, node, held->chunk);
		return;
	}
	open = open_find(cluster, held->chunk);
	if (open) {
		member_heard(cluster, chunk, open, node, held);
		return;
	}
	if (trim_heard(cluster, chunk, node))
		return;
	mark = held_judge(chunk, held, &seal);
	if (mark == MARK_UNKNOWN || mark == MARK_CORRUPT)
		cluster_event(cluster,
		        "event=replica_%s chunk=%016" PRIx64 " node=%" PRIu32 " version=%" PRIu64
		        " known_version=%u why=\"%s\"",
		        mark == MARK_UNKNOWN ? "newer" : "bad", held->chunk, node->number,
		        held->version, chunk->version, held->why ? held->why : "");
	if (!replica_set(cluster, chunk, node, mark))
		return;
	/* One more to be put together from: at once. */
	if (pieces_wanted(chunk) && mark_is_broken(mark)) {
		delay_forget(cluster, held->chunk);
		chunk_reckon(cluster, chunk);
	}
	if (seal)
		settle_want(cluster, chunk, SEAL_BY_ITSELF_MS);
}

static struct chunk *find_or_add(struct cluster *cluster, uint64_t id)
{
	struct chunk *chunk = chunk_find(cluster, id);

	return chunk ? chunk : chunk_add(cluster, id);
}

static int open_known(
        struct cluster *cluster, struct chunk *chunk, const struct proto_row_chunk *row)
{
	struct open *open = open_find(cluster, chunk->id);

	if (chunk->state != PROTO_CHUNK_STATE_OPEN)
		return 0; /* told late: it is past that */
	if (row->version > chunk->version)
		chunk->version = row->version & CHUNK_VERSION_MAX;
	if (!open) {
		open = open_add(cluster, chunk->id, row->nodes, row->nodes_count);
		if (!open) {
			chunk_remove(cluster, chunk);
			return DFS_E_NOMEM;
		}
		presume(cluster, chunk, row->nodes, row->nodes_count);
	}
	open->recorded = true;
	if (row->floor > open->floor)
		open->floor = row->floor;
	return 0;
}

static int freed_known(
        struct cluster *cluster, struct chunk *chunk, const struct proto_row_chunk *row)
{
	struct open *open = open_find(cluster, chunk->id);
	struct seal *seal = NULL;

	chunk->version = row->version & CHUNK_VERSION_MAX;
	if (replica_mark(chunk, 0) == MARK_NONE)
		presume(cluster, chunk, row->nodes, row->nodes_count);
	chunk->state = PROTO_CHUNK_STATE_FREED;
	trim_forget(cluster, chunk);
	chunk_reckon(cluster, chunk);
	if (open) {
		seal = seal_detach(open);
		open_remove(cluster, open);
	}
	seal_answer(seal, DFS_E_NOENT, "the chunk was given up by its writer", 0, 0, 0);
	return 0;
}

/* Its allocation names these nodes; whether they hold it, their reports will tell. */
static void presume(
        struct cluster *cluster, struct chunk *chunk, const uint32_t *nodes, size_t nodes_count)
{
	for (size_t i = 0; i < nodes_count; i++) {
		struct node *node = node_find(cluster, nodes[i]);

		if (node)
			replica_set(cluster, chunk, node, MARK_UNKNOWN);
	}
}

/*
 * The chunk is sealed now: what of this member's replica? True where it is frozen and can seal at
 * once. `acknowledged`: by a commit, whose receipts say that every member has all of it; after a
 * freeze a member that did not answer has nobody knows what.
 */
static bool member_judge(struct cluster *cluster, struct chunk *chunk, const struct member *member,
        bool acknowledged)
{
	struct node *node = node_find(cluster, member->number);
	struct proto_held held = {
	        .chunk = chunk->id,
	        .version = member->version,
	        .length = member->length,
	        .crc = member->crc,
	        .state = member->state,
	};
	bool seal = false;

	if (!node)
		return false;
	if (member->absent && !acknowledged) {
		replica_drop(cluster, chunk, node);
		return false;
	}
	/* Nothing heard, or that it was not there yet: a short write is committed before the first
	 * word of its replicas arrives. Where it is gone again, it answers so when it is told to
	 * seal. */
	replica_set(cluster, chunk, node,
	        member->held   ? held_judge(chunk, &held, &seal)
	        : acknowledged ? MARK_OPEN
	                       : MARK_UNKNOWN);
	return member->held && (held.state == PROTO_HELD_STATE_FROZEN ||
	                               (held.state == PROTO_HELD_STATE_SEALED && seal));
}

static void member_heard(struct cluster *cluster, struct chunk *chunk, struct open *open,
        struct node *node, const struct proto_held *held)
{
	struct member *member = open_member(open, node->number);

	if (!member) {
		cluster_event(cluster, "event=stray_replica chunk=%016" PRIx64 " node=%" PRIu32,
		        held->chunk, node->number);
		return;
	}
	/* A word from before the freeze may come after the freeze's answer, which is final. */
	if (member->frozen && member->held && held->version < member->version)
		return;
	/* A long put commits at its end: what it filled must not count twice until then. */
	if (held->state == PROTO_HELD_STATE_SEALED && !member->filled) {
		node->promised_bytes -= open->size_bytes;
		member->filled = true;
	}
	member->held = true;
	member->absent = false;
	member->state = held->state;
	member->version = held->version;
	member->length = held->length;
	member->crc = held->crc;
	replica_set(cluster, chunk, node,
	        held->state == PROTO_HELD_STATE_BAD ? MARK_CORRUPT : MARK_OPEN);
}
