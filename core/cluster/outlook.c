/* SPDX-License-Identifier: MIT */
/*
 * Repair as people see it: how much is to be done and how fast it goes; of one chunk why it is not
 * at its goal yet and what comes before it; which chunks wait for nodes, and for which.
 */
#include "cluster/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/buf.h"

static void fill_place(
        struct cluster *cluster, const struct chunk *chunk, struct cluster_chunk_outlook *ret);
static void say_why(
        struct cluster *cluster, const struct chunk *chunk, struct cluster_chunk_outlook *ret);
static bool say_pieces(struct cluster *cluster, const struct chunk *chunk, char *ret, size_t size);
static void say_lost(struct cluster *cluster, const struct chunk *chunk, char *ret, size_t size);
static void say_nodes(struct cluster *cluster, const struct chunk *chunk, char *ret, size_t size);
static bool say_settling(
        struct cluster *cluster, const struct chunk *chunk, struct cluster_chunk_outlook *ret);
static bool missed_add(struct arena *arena, uint64_t chunk, const char *why,
        struct proto_missed *rows, size_t *count);

void cluster_repair(struct cluster *cluster, struct cluster_repair *ret)
{
	*ret = (struct cluster_repair){0};
	cluster_check(cluster);
	health_hurry(cluster);
	memcpy(ret->under, cluster->live, sizeof(ret->under));
	ret->queued = under_count(cluster);
	for (const struct delay *delay = cluster->delays; delay; delay = delay->hh.next)
		ret->delayed += delay->waiting;
	ret->bytes_left = cluster->missing_bytes;
	ret->rate = pace_rate(cluster);
	if (ret->rate > 0)
		ret->estimate_ms = ret->bytes_left * 1000 / ret->rate;
	ret->copied = cluster->copied;
	ret->copied_bytes = cluster->copied_bytes;
	ret->copies_failed = cluster->copies_failed;
	ret->copies = cluster->copies_count;
	ret->trimming = HASH_COUNT(cluster->trims);
	ret->trimmed = cluster->trimmed;
}

int cluster_copies(
        struct cluster *cluster, struct arena *arena, struct proto_copying **ret, size_t *ret_count)
{
	struct proto_copying *rows;
	size_t count = 0;

	cluster_check(cluster);
	rows = arena_alloc(arena, (cluster->copies_count + 1) * sizeof(*rows));
	if (!rows)
		return DFS_E_NOMEM;
	for (uint32_t i = 0; i < cluster->options.copies_max; i++) {
		const struct copy *copy = &cluster->copies[i];

		if (copy->chunk == 0)
			continue;
		rows[count++] = (struct proto_copying){
		        .chunk = copy->chunk,
		        .from = cluster->nodes[copy->source]->number,
		        .to = cluster->nodes[copy->target]->number,
		        .length = copy->length,
		        .for_ms = cluster_now(cluster) - copy->began_ms,
		};
	}
	*ret = rows;
	*ret_count = count;
	return 0;
}

int cluster_missed(struct cluster *cluster, struct arena *arena, size_t max,
        struct proto_missed **ret, size_t *ret_count)
{
	struct proto_missed *rows;
	struct dfs_error err = {0};
	size_t count = 0;
	char why[256];

	cluster_check(cluster);
	rows = arena_alloc(arena, (max + 1) * sizeof(*rows));
	if (!rows)
		return DFS_E_NOMEM;
	/* RULES 22: in safe mode nothing is called lost. */
	for (uint32_t i = 0; !cluster->safe_mode && cluster->live[0] > 0 && count < max &&
	                     i < cluster->chunks.count;
	        i++) {
		const struct chunk *chunk = chunk_at(cluster, i);

		if (chunk->health != HEALTH_LOST)
			continue;
		say_lost(cluster, chunk, why, sizeof(why));
		if (!missed_add(arena, chunk->id, why, rows, &count))
			return DFS_E_NOMEM;
	}
	for (struct open *open = cluster->opens; open && count < max; open = open->hh.next) {
		if (!seal_waits(open))
			continue;
		seal_say(cluster, open, &err);
		snprintf(why, sizeof(why), "%.255s", err.text);
		if (!missed_add(arena, open->chunk, why, rows, &count))
			return DFS_E_NOMEM;
	}
	*ret = rows;
	*ret_count = count;
	return 0;
}

bool cluster_chunk_outlook(struct cluster *cluster, uint64_t id, struct cluster_chunk_outlook *ret)
{
	struct cluster_chunk_outlook outlook = {0};
	struct chunk *chunk;
	struct tally tally;

	cluster_check(cluster);
	health_hurry(cluster);
	chunk = chunk_find(cluster, id);
	if (!chunk)
		return false;
	chunk_reckon(cluster, chunk);
	tally = chunk_tally(cluster, chunk);
	outlook.state = (enum proto_chunk_state)chunk->state;
	outlook.version = chunk->version;
	outlook.length = chunk->length;
	outlook.goal = chunk->goal;
	outlook.good = tally.good;
	outlook.hoped = tally.hoped;
	outlook.live = tally.sources;
	outlook.under = chunk->health != HEALTH_WELL;
	outlook.lost = chunk->health == HEALTH_LOST;
	fill_place(cluster, chunk, &outlook);
	say_why(cluster, chunk, &outlook);
	*ret = outlook;
	return true;
}

static void fill_place(
        struct cluster *cluster, const struct chunk *chunk, struct cluster_chunk_outlook *ret)
{
	const struct copy *copy = copy_of(cluster, chunk->id);
	const struct delay *delay = delay_of(cluster, chunk->id);
	uint64_t now = cluster_now(cluster), rate = pace_rate(cluster), since;

	if (copy) {
		ret->copying = true;
		ret->from = cluster->nodes[copy->source]->number;
		ret->to = cluster->nodes[copy->target]->number;
		ret->copying_ms = now - copy->began_ms;
	}
	if (delay && delay->waiting) {
		ret->again_ms = delay->due_ms > now ? delay->due_ms - now : 0;
	} else if (!copy && under_place(cluster, chunk, &ret->before, &ret->before_bytes, &since)) {
		ret->queued = true;
		ret->wanted = chunk->wanted;
		ret->waited_ms = now - since;
	}
	if (chunk->health == HEALTH_UNDER && rate > 0)
		ret->estimate_ms = ret->again_ms +
		                   (ret->before_bytes + (uint64_t)chunk->length * chunk->missing) *
		                           1000 / rate;
}

/* What is in the way, the first that is. */
static void say_why(
        struct cluster *cluster, const struct chunk *chunk, struct cluster_chunk_outlook *ret)
{
	const struct delay *delay = delay_of(cluster, chunk->id);
	struct open *open = open_find(cluster, chunk->id);
	bool source_busy = false, target_busy = false;
	struct node *source, *target;
	struct dfs_error err = {0};
	char way[160] = "";

	if (open && open->seal) {
		seal_say(cluster, open, &err);
		snprintf(ret->why, sizeof(ret->why), "%.255s",
		        seal_waits(open) ? err.text : "it is being sealed");
	}
	if (chunk->health == HEALTH_WELL)
		return;
	if (cluster->safe_mode) {
		snprintf(ret->why, sizeof(ret->why),
		        "safe mode: nothing is copied until all known datanodes have reported, or "
		        "%" PRIu64 " s after the master's start",
		        cluster->options.safe_mode_ms / 1000);
		return;
	}
	if (chunk->health == HEALTH_LOST) {
		say_lost(cluster, chunk, ret->why, sizeof(ret->why));
		return;
	}
	if (ret->copying) {
		snprintf(ret->why, sizeof(ret->why),
		        "datanode %" PRIu32 " is fetching it from datanode %" PRIu32 " for %" PRIu64
		        " ms",
		        ret->to, ret->from, ret->copying_ms);
		return;
	}
	if (delay && delay->waiting) {
		snprintf(ret->why, sizeof(ret->why), "%s; it is looked at again in %" PRIu64 " ms",
		        delay->why, ret->again_ms);
		return;
	}
	if (say_settling(cluster, chunk, ret))
		return;
	source = pick_source(cluster, chunk, &source_busy);
	target = pick_target(cluster, chunk, &target_busy);
	if (!source && !source_busy)
		snprintf(ret->why, sizeof(ret->why),
		        "none of its good replicas can be read; hoped for: %" PRIu32, ret->hoped);
	else if (!target && !target_busy)
		say_nodes(cluster, chunk, ret->why, sizeof(ret->why));
	if (ret->why[0])
		return;
	for (uint32_t i = 0; !source && i < cluster->nodes_count && !way[0]; i++)
		if (source_fits(cluster, chunk, cluster->nodes[i]))
			pace_say(cluster, cluster->nodes[i], PACE_FROM, way, sizeof(way));
	for (uint32_t i = 0; !target && i < cluster->nodes_count && !way[0]; i++)
		if (target_fits(cluster, chunk, cluster->nodes[i]))
			pace_say(cluster, cluster->nodes[i], PACE_TO, way, sizeof(way));
	if (!way[0])
		pace_cluster_say(cluster, way, sizeof(way));
	snprintf(ret->why, sizeof(ret->why),
	        "%" PRIu64 " chunks (%" PRIu64 " bytes) are before it%s%s", ret->before,
	        ret->before_bytes, way[0] ? "; " : "", way);
}

/* A replica that may become good without a copy. */
static bool say_settling(
        struct cluster *cluster, const struct chunk *chunk, struct cluster_chunk_outlook *ret)
{
	for (int i = 0; settle_pending(cluster, chunk->id) && i < PLACE_REPLICAS_MAX; i++) {
		enum mark mark = replica_mark(chunk, i);

		if (mark != MARK_OPEN && mark != MARK_STALE)
			continue;
		snprintf(ret->why, sizeof(ret->why),
		        "datanode %" PRIu32
		        " is being told to seal its replica, which needs no copy",
		        cluster->nodes[chunk->slots[i]]->number);
		return true;
	}
	return false;
}

/* Nothing good is left; what of those that are? */
static bool say_pieces(struct cluster *cluster, const struct chunk *chunk, char *ret, size_t size)
{
	const struct copy *copy = copy_of(cluster, chunk->id);
	const struct delay *delay = delay_of(cluster, chunk->id);
	uint32_t pieces = chunk_tally(cluster, chunk).pieces;
	uint64_t now = cluster_now(cluster);

	if (copy && copy->pieces > 0)
		snprintf(ret, size,
		        "no good replica; being put together on datanode %" PRIu32
		        " from the whole spans of %" PRIu32 " bad one%s for %" PRIu64 " ms",
		        cluster->nodes[copy->target]->number, copy->pieces,
		        copy->pieces == 1 ? "" : "s", now - copy->began_ms);
	else if (pieces == 0)
		return false;
	else if (delay && delay->waiting)
		snprintf(ret, size, "no good replica; %s; it is tried again in %" PRIu64 " s",
		        delay->why, delay->due_ms > now ? (delay->due_ms - now) / 1000 + 1 : 0);
	else
		snprintf(ret, size,
		        "no good replica; it will be put together from the whole spans of %" PRIu32
		        " bad one%s",
		        pieces, pieces == 1 ? "" : "s");
	return true;
}

static void say_lost(struct cluster *cluster, const struct chunk *chunk, char *ret, size_t size)
{
	struct buf nodes = {0};

	if (say_pieces(cluster, chunk, ret, size))
		return;

	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++) {
		const struct node *node = cluster->nodes[chunk->slots[i]];

		buf_printf(&nodes, "%s%" PRIu32 " (%s, %s, %s)", nodes.size ? ", " : "",
		        node->number, node->address, proto_node_state_name(node->state),
		        mark_name(replica_mark(chunk, i)));
	}
	if (nodes.size == 0)
		snprintf(ret, size,
		        "no live datanode has a good replica, and none was heard of since this "
		        "master began: bring back the datanodes that are away");
	else
		snprintf(ret, size, "no live datanode has a good replica; it waits for datanode %s",
		        nodes.data);
	buf_fini(&nodes);
}

/* Why no node can take a replica. */
static void say_nodes(struct cluster *cluster, const struct chunk *chunk, char *ret, size_t size)
{
	uint32_t have = 0, away = 0, full = 0, other = 0;

	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		const struct node *node = cluster->nodes[i];

		if (node->forgotten)
			continue;
		if (!node_reachable(node))
			away++;
		else if (replica_find(chunk, node) >= 0)
			have++;
		else if (node->state == PROTO_NODE_STATE_UP && !node_takes(node, chunk->length))
			full++;
		else
			other++;
	}
	snprintf(ret, size,
	        "no datanode can take a replica: of %" PRIu32 " known %" PRIu32
	        " hold one, %" PRIu32 " are away, %" PRIu32 " have no room for %" PRIu32
	        " bytes, %" PRIu32 " take no chunks now",
	        cluster_nodes_known(cluster), have, away, full, chunk->length, other);
}

static bool missed_add(struct arena *arena, uint64_t chunk, const char *why,
        struct proto_missed *rows, size_t *count)
{
	const char *text = arena_text(arena, why, strlen(why));

	if (!text)
		return false;
	rows[(*count)++] = (struct proto_missed){.chunk = chunk, .why = text};
	return true;
}
