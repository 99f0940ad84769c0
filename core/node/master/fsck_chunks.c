/* SPDX-License-Identifier: MIT */
/* The part of a check that holds chunks against their replicas: on the loop, where both are known
 * as of one moment, a slice at a time. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "node/master/fsck.h"

enum { SLICE_ROWS = 2000 };

struct slice {
	struct fsck *fsck;
	uint32_t rows;
};

static int look(void *arg, uint64_t chunk, const struct proto_row_chunk *row);
static void judge(struct fsck *fsck, uint64_t chunk, const struct cluster_verdict *verdict);
static void tell(struct fsck *fsck, uint64_t chunk, enum proto_fault_kind kind, bool wrong,
        const char *what, const struct cluster_verdict *verdict);
static void replicas_text(struct fsck *fsck, uint64_t chunk, char *ret, size_t size);

bool fsck_chunks_slice(struct fsck *fsck)
{
	struct slice slice = {.fsck = fsck};
	char text[DFS_ERROR_TEXT_MAX];
	int rc = meta_each_chunk(fsck->master->meta, fsck->after, SLICE_ROWS, look, &slice);

	if (rc == DFS_E_CORRUPT) {
		snprintf(text, sizeof(text),
		        "a damaged row behind chunk %016" PRIx64
		        " ends the walk over chunks: replicas of those behind it were not looked "
		        "at",
		        fsck->after);
		fsck_add(fsck, (struct meta_subject){0}, PROTO_FAULT_KIND_METADATA, true, text);
		return false;
	}
	if (rc != 0)
		fsck->status =
		        error_set(&fsck->err, rc, "reading the chunks: %s", dfs_error_text(rc));
	return rc == 0 && slice.rows == SLICE_ROWS;
}

static int look(void *arg, uint64_t chunk, const struct proto_row_chunk *row)
{
	struct slice *slice = arg;
	struct fsck *fsck = slice->fsck;
	struct cluster_verdict verdict;

	slice->rows++;
	fsck->after = chunk;
	fsck->chunks++;
	if (row->state == PROTO_CHUNK_STATE_FREED)
		return 0;
	if (cluster_inspect(fsck->master->cluster, chunk, &verdict) == 0)
		judge(fsck, chunk, &verdict);
	return 0;
}

static void judge(struct fsck *fsck, uint64_t chunk, const struct cluster_verdict *verdict)
{
	if (verdict->waiting)
		tell(fsck, chunk, PROTO_FAULT_KIND_WAITING, true,
		        "cannot be sealed before a node returns that holds acknowledged bytes",
		        verdict);
	if (!verdict->sealed || verdict->empty)
		return;
	if (verdict->lost)
		tell(fsck, chunk, PROTO_FAULT_KIND_LOST, true, "is lost", verdict);
	else if (verdict->under && verdict->leaving)
		return;
	else if (verdict->under)
		tell(fsck, chunk, PROTO_FAULT_KIND_UNDER_GOAL, true,
		        verdict->copying ? "is under its goal and being copied"
		                         : "is under its goal",
		        verdict);
	else if (verdict->broken > 0)
		tell(fsck, chunk, PROTO_FAULT_KIND_BROKEN, false,
		        "has its goal, and broken replicas besides", verdict);
	else if (verdict->good > verdict->goal)
		tell(fsck, chunk, PROTO_FAULT_KIND_OVER_GOAL, false, "is over its goal", verdict);
}

static void tell(struct fsck *fsck, uint64_t chunk, enum proto_fault_kind kind, bool wrong,
        const char *what, const struct cluster_verdict *verdict)
{
	char replicas[256], text[DFS_ERROR_TEXT_MAX];
	struct cluster_chunk_outlook outlook = {0};

	/* Of what has no good replica: what can be done of the bad ones, or where they fail. */
	if (verdict->lost && verdict->pieces > 0)
		cluster_chunk_outlook(fsck->master->cluster, chunk, &outlook);
	replicas_text(fsck, chunk, replicas, sizeof(replicas));
	snprintf(text, sizeof(text),
	        "chunk %016" PRIx64 " %s: %u of %u replicas are good (%.200s)%s%s", chunk, what,
	        verdict->good, verdict->goal, replicas, outlook.why[0] ? ": " : "", outlook.why);
	fsck_add(fsck, (struct meta_subject){META_ABOUT_CHUNK, chunk}, kind, wrong, text);
	/* Here the loop knows best; what is hurried but cannot be done yet stays queued. */
	if (fsck->repair && verdict->under && (!verdict->lost || verdict->pieces > 0))
		fsck->queued += cluster_repair_now(fsck->master->cluster, chunk);
}

static void replicas_text(struct fsck *fsck, uint64_t chunk, char *ret, size_t size)
{
	struct proto_replica *replicas;
	struct arena arena = {0};
	size_t count = 0, used = 0;

	snprintf(ret, size, "none is known");
	if (cluster_replicas(fsck->master->cluster, chunk, &arena, &replicas, &count) != 0)
		count = 0;
	for (size_t i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(ret + used, size - used, "%snode %u %s", i > 0 ? ", " : "",
		        replicas[i].node, proto_replica_state_name(replicas[i].state));
	arena_fini(&arena);
}
