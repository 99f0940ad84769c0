/* SPDX-License-Identifier: MIT */
/*
 * Why things are as they are, as far as this engine knows: of the cluster, of a datanode, of a
 * chunk. Nothing is decided here, and nothing changes.
 */
#include "cluster/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "base/text.h"

enum {
	SHOWN_MAX = 20,     /* chunks or nodes of a kind, for the cluster */
	HISTORY_SHOWN = 12, /* last events of a chunk or node */
};

/* What a node's state means to the cluster. */
struct bearing {
	uint64_t replicas, open, under, lost, alone;
};

static void why_open(struct cluster *cluster, const struct open *open, const char *about,
        struct reasons *reasons);
static void why_replica(
        struct cluster *cluster, const struct chunk *chunk, int at, struct reasons *reasons);
static const char *mark_text(
        const struct cluster *cluster, const struct chunk *chunk, int at, const struct node *node);
static void why_state(
        struct cluster *cluster, struct node *node, const char *about, struct reasons *reasons);
static void why_space(const struct node *node, const char *about, struct reasons *reasons);
static void why_work(struct cluster *cluster, const struct node *node, const char *about,
        struct reasons *reasons);
static void bearing_of(struct cluster *cluster, const struct node *node, struct bearing *ret);
static void why_safe_mode(struct cluster *cluster, struct reasons *reasons);
static void why_chunks(struct cluster *cluster, struct reasons *reasons);
static uint64_t seconds(uint64_t ms);
static const char *plural(uint64_t count);

bool cluster_why_chunk(struct cluster *cluster, uint64_t id, struct reasons *reasons)
{
	struct chunk *chunk;
	const struct open *open;
	struct cluster_chunk_outlook outlook;
	char about[40];

	cluster_check(cluster);
	chunk = chunk_find(cluster, id);
	if (!chunk)
		return false;
	snprintf(about, sizeof(about), "chunk %016" PRIx64, id);
	open = open_find(cluster, id);
	if (open)
		why_open(cluster, open, about, reasons);
	for (int i = 0; i < PLACE_REPLICAS_MAX && replica_mark(chunk, i) != MARK_NONE; i++)
		why_replica(cluster, chunk, i, reasons);
	if (chunk->state == PROTO_CHUNK_STATE_FREED) {
		reasons_add(reasons, about,
		        deletes_pending(cluster, id)
		                ? "its replicas are being deleted: each datanode that holds one is "
		                  "told until it acknowledges (RULES 13)"
		                : "its replicas are kept until no reader can hold a ticket for it "
		                  "(RULES 9)");
		return true;
	}
	if (!cluster_chunk_outlook(cluster, id, &outlook) ||
	        chunk->state != PROTO_CHUNK_STATE_SEALED || chunk->length == 0)
		return true;
	reasons_add(reasons, about, "%" PRIu32 " of %" PRIu32 " replicas count towards its goal%s",
	        outlook.good, outlook.goal,
	        outlook.lost    ? ": it cannot be read now"
	        : outlook.under ? ": it is under its goal"
	                        : "");
	if (outlook.why[0] != '\0')
		reasons_add(reasons, about, "%s", outlook.why);
	if (outlook.queued)
		reasons_add(reasons, about,
		        "it is in line for a copy for %" PRIu64 " s: %" PRIu64
		        " chunk%s before it%s",
		        seconds(outlook.waited_ms), outlook.before, plural(outlook.before),
		        outlook.wanted ? ", and ahead of others, because somebody waits for it"
		                       : "");
	if (outlook.estimate_ms > 0)
		reasons_add(reasons, about,
		        "at the present rate its goal is reached in %" PRIu64 " s",
		        seconds(outlook.estimate_ms) + 1);
	return true;
}

bool cluster_why_node(struct cluster *cluster, uint32_t number, struct reasons *reasons)
{
	struct node *node;
	struct bearing bearing;
	char about[40];

	cluster_check(cluster);
	node = node_find(cluster, number);
	if (!node)
		return false;
	snprintf(about, sizeof(about), "datanode %" PRIu32, number);
	why_state(cluster, node, about, reasons);
	why_space(node, about, reasons);
	bearing_of(cluster, node, &bearing);
	reasons_add(reasons, about,
	        "it holds replicas of %" PRIu64 " chunk%s, %" PRIu64
	        " of them being written; %" PRIu64 " %s under %s goal, %" PRIu64
	        " %s no good replica",
	        bearing.replicas, plural(bearing.replicas), bearing.open, bearing.under,
	        bearing.under == 1 ? "is" : "are", bearing.under == 1 ? "its" : "their",
	        bearing.lost, bearing.lost == 1 ? "has" : "have");
	if (bearing.alone > 0)
		reasons_add(reasons, about, "of %" PRIu64 " chunk%s it has the only good replica",
		        bearing.alone, plural(bearing.alone));
	why_work(cluster, node, about, reasons);
	cluster_history(cluster, 0, number, HISTORY_SHOWN, reasons);
	return true;
}

void cluster_why(struct cluster *cluster, struct reasons *reasons)
{
	struct proto_balance_info balance;
	char about[40], far[512];

	cluster_check(cluster);
	health_hurry(cluster);
	why_safe_mode(cluster, reasons);
	if (cluster_deletes_held(cluster))
		reasons_add(reasons, "deletions", "nothing is deleted: %s",
		        cluster_deletes_held(cluster));
	for (uint32_t i = 0, shown = 0; i < cluster->nodes_count && shown < SHOWN_MAX; i++) {
		struct node *node = cluster->nodes[i];

		if (node->forgotten || (node->state == PROTO_NODE_STATE_UP && node->connected))
			continue;
		shown++;
		snprintf(about, sizeof(about), "datanode %" PRIu32, node->number);
		if (node->state == PROTO_NODE_STATE_DRAINING) {
			drain_text(cluster, node, far, sizeof(far));
			reasons_add(reasons, about, "it is being emptied: %s", far);
		} else {
			why_state(cluster, node, about, reasons);
		}
	}
	why_chunks(cluster, reasons);
	if (cluster->balance.on && cluster_balance(cluster, reasons->arena, &balance) == 0)
		reasons_add(reasons, "balance", "%s", balance.text);
}

/* ---- a chunk ---- */

static void why_open(struct cluster *cluster, const struct open *open, const char *about,
        struct reasons *reasons)
{
	struct dfs_error err = {0};

	reasons_add(reasons, about,
	        "it is open: %" PRIu32 " replica%s, datanode %" PRIu32
	        " orders the appends; at least %" PRIu64
	        " bytes were acknowledged, it grew %" PRIu64 " s ago",
	        open->members_count, plural(open->members_count), open->members[0].number,
	        open->floor, seconds(cluster_now(cluster) - open->moved_ms));
	if (!open->seal)
		return;
	if (!seal_waits(open)) {
		reasons_add(reasons, about,
		        "it is being sealed: its replicas are frozen, and what they have decides "
		        "its length (RULES 1)");
		return;
	}
	seal_say(cluster, open, &err);
	reasons_add(reasons, about, "%s", err.text);
}

static void why_replica(
        struct cluster *cluster, const struct chunk *chunk, int at, struct reasons *reasons)
{
	const struct node *node = cluster->nodes[chunk->slots[at]];
	char about[64];

	snprintf(about, sizeof(about), "replica on datanode %" PRIu32, node->number);
	reasons_add(reasons, about, "%s%s%s", mark_text(cluster, chunk, at, node),
	        node->rack[0] ? "; rack " : "", node->rack);
}

static const char *mark_text(
        const struct cluster *cluster, const struct chunk *chunk, int at, const struct node *node)
{
	static const char *const texts[] = {
	        [MARK_NONE] = "",
	        [MARK_GOOD] = "good: sealed at this version, length and checksum",
	        [MARK_OPEN] = "it has the bytes and is not sealed yet",
	        [MARK_STALE] = ("stale: of an older version; it missed the seal, and is cut and raised "
	                        "or copied over (RULES 3)"),
	        [MARK_SHORT] = "short: frozen below the sealed length; it is copied over",
	        [MARK_CORRUPT] = "bad: other bytes, or given up by its datanode; it is copied over",
	        [MARK_DOOMED] = "surplus: it is being deleted, enough others are good (RULES 3)",
	        [MARK_UNKNOWN] = "nothing certain is known of it: nothing is done to it",
	};

	if (!node_alive(node))
		return "missing: its datanode is dead (`dfs why` it)";
	if (!replica_confirmed(cluster, chunk, at))
		return node->reporting
		               ? "presumed to be there: the datanode's report is still coming"
		               : "not confirmed by the datanode's last report";
	if (replica_mark(chunk, at) != MARK_GOOD)
		return texts[replica_mark(chunk, at)];
	if (node->draining)
		return "good, and a source; its datanode is being emptied, so that it does not "
		       "count "
		       "towards the goal";
	if (node->state == PROTO_NODE_STATE_SUSPECT)
		return "good; its datanode is suspect: it counts until that one is dead";
	if (node->state == PROTO_NODE_STATE_SLOW)
		return "good; its datanode is slow: readers ask it last";
	return texts[MARK_GOOD];
}

/* ---- a node ---- */

static void why_state(
        struct cluster *cluster, struct node *node, const char *about, struct reasons *reasons)
{
	uint64_t now = cluster_now(cluster);
	char far[512];

	reasons_add(reasons, about,
	        "%s (%s) is %s for %" PRIu64 " s%s%s; last heard of %" PRIu64 " s ago",
	        node->registered ? "it" : "it, not heard of by this master yet,", node->address,
	        proto_node_state_name(node->state), seconds(now - node->state_since_ms),
	        node->why[0] ? ": " : "", node->why, seconds(now - node->heard_ms));
	if (node->registered && !node->connected)
		reasons_add(reasons, about, "its channel to the master is closed");
	if (node_disk_slow(node))
		reasons_add(reasons, about,
		        "a disk of it took %" PRIu64 " ms for one thing in the last 20 s, or is at "
		                                     "it still; its replicas are read "
		        "last, and it takes chunks only where no other datanode can",
		        node->disk_ms);
	else if (node->state == PROTO_NODE_STATE_SLOW)
		reasons_add(reasons, about,
		        "its data loop did not turn for %" PRIu64
		        " ms, though its heart beats: a disk may be stuck (RULES 34); it takes no "
		        "chunks",
		        node->stuck_ms);
	if (node->state == PROTO_NODE_STATE_SUSPECT)
		reasons_add(reasons, about,
		        "it is dead after %" PRIu64
		        " s of silence; until then its replicas count, it "
		        "takes no chunks, and its open chunks are sealed (RULES 4)",
		        seconds(cluster->options.dead_after_ms));
	if (node->state == PROTO_NODE_STATE_DEAD)
		reasons_add(reasons, about,
		        "its replicas do not count; others make new ones. When it is back its good "
		        "ones are taken as they are");
	if (node->draining) {
		drain_text(cluster, node, far, sizeof(far));
		reasons_add(reasons, about, "it is to be emptied (dfs drain): %s", far);
	}
	if (node->reporting && node_alive(node))
		reasons_add(reasons, about,
		        "its report of what it holds is still coming, for %" PRIu64 " s",
		        seconds(now - node->reporting_since_ms));
}

static void why_space(const struct node *node, const char *about, struct reasons *reasons)
{
	char room[TEXT_SIZE_MAX], promised[TEXT_SIZE_MAX], available[TEXT_SIZE_MAX];

	if (node->disk_why[0])
		reasons_add(reasons, about, "a disk of it takes no more: %s", node->disk_why);
	if (!node->registered)
		return;
	text_size(node->free_bytes, available);
	text_size(node->room_bytes, room);
	text_size(node->promised_bytes, promised);
	if (node_room(node) == 0)
		reasons_add(reasons, about,
		        "it is full: %s are free on its disks, all of that is kept free (RULES 30) "
		        "or "
		        "promised to chunks being written (%s)",
		        available, promised);
	else
		reasons_add(reasons, about, "it has room for %s above what is kept free%s%s%s",
		        room, node->promised_bytes ? ", " : "",
		        node->promised_bytes ? promised : "",
		        node->promised_bytes ? " of it promised to chunks being written" : "");
}

static void why_work(struct cluster *cluster, const struct node *node, const char *about,
        struct reasons *reasons)
{
	if (node->copies_in + node->copies_out > 0)
		reasons_add(reasons, about,
		        "%" PRIu32 " cop%s to it and %" PRIu32 " from it are under way",
		        node->copies_in, node->copies_in == 1 ? "y" : "ies", node->copies_out);
	if (node->doomed_count > 0)
		reasons_add(reasons, about, "%zu deletions on it are not acknowledged yet%s",
		        node->doomed_count,
		        cluster_may_delete(cluster) ? "" : ", and held back now");
	if (node->orphans > 0)
		reasons_add(reasons, about,
		        "%" PRIu64
		        " of its replicas are of chunks that the metadata does not know: "
		        "they are deleted after a grace, and left alone while the metadata may be "
		        "older than they are (RULES 16)",
		        node->orphans);
}

static void bearing_of(struct cluster *cluster, const struct node *node, struct bearing *ret)
{
	*ret = (struct bearing){0};
	for (uint32_t i = 0; i < cluster->chunks.count; i++) {
		const struct chunk *chunk = chunk_at(cluster, i);
		int at = replica_find(chunk, node);

		if (at < 0)
			continue;
		ret->replicas++;
		ret->open += chunk->state == PROTO_CHUNK_STATE_OPEN;
		ret->under += chunk->health == HEALTH_UNDER;
		ret->lost += chunk->health == HEALTH_LOST;
		/* Not well, and one live good replica: here? */
		ret->alone += node_alive(node) && replica_mark(chunk, at) == MARK_GOOD &&
		              replica_confirmed(cluster, chunk, at) &&
		              chunk_tally(cluster, chunk).sources == 1;
	}
}

/* ---- the cluster ---- */

static void why_safe_mode(struct cluster *cluster, struct reasons *reasons)
{
	struct buf awaited = {0};
	uint32_t count = 0;

	if (!cluster->safe_mode)
		return;
	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		const struct node *node = cluster->nodes[i];

		if (!node->reported && count++ < SHOWN_MAX)
			buf_printf(&awaited, "%s%" PRIu32 " (%s)", awaited.size ? ", " : "",
			        node->number, node->address);
	}
	reasons_add(reasons, "safe mode",
	        "the master started %" PRIu64 " s ago: nothing is copied, deleted or called lost "
	        "until all datanodes have reported or "
	        "%" PRIu64 " s have passed (RULES 22); it waits for datanode %s",
	        seconds(cluster_now(cluster) - cluster->started_ms),
	        seconds(cluster->options.safe_mode_ms), awaited.data ? awaited.data : "?");
	buf_fini(&awaited);
}

/* The first of each kind; `dfs why CHUNK` tells more. */
static void why_chunks(struct cluster *cluster, struct reasons *reasons)
{
	struct cluster_repair repair;
	struct cluster_chunk_outlook outlook;
	struct proto_missed *missed = NULL;
	size_t missed_count = 0;
	char about[40], bytes[TEXT_SIZE_MAX];

	if (cluster_missed(cluster, reasons->arena, SHOWN_MAX, &missed, &missed_count) != 0)
		reasons->failed = true;
	for (size_t i = 0; i < missed_count; i++) {
		snprintf(about, sizeof(about), "chunk %016" PRIx64, missed[i].chunk);
		reasons_add(reasons, about, "%s", missed[i].why);
	}
	if (cluster->under_goal == 0)
		return;
	cluster_repair(cluster, &repair);
	text_size(repair.bytes_left, bytes);
	reasons_add(reasons, "repair",
	        "%" PRIu64 " chunk%s under the goal, %s to be copied; %" PRIu32
	        " copies are under way, %" PRIu64 " chunks in line, %" PRIu64 " wait a while",
	        cluster->under_goal, cluster->under_goal == 1 ? " is" : "s are", bytes,
	        repair.copies, repair.queued, repair.delayed);
	for (uint32_t i = 0, shown = 0; i < cluster->chunks.count && shown < SHOWN_MAX; i++) {
		const struct chunk *chunk = chunk_at(cluster, i);

		if (chunk->health != HEALTH_UNDER ||
		        !cluster_chunk_outlook(cluster, chunk->id, &outlook))
			continue;
		shown++;
		snprintf(about, sizeof(about), "chunk %016" PRIx64, chunk->id);
		reasons_add(reasons, about, "%" PRIu32 " of %" PRIu32 " replicas: %s", outlook.good,
		        outlook.goal, outlook.why);
	}
}

static uint64_t seconds(uint64_t ms)
{
	return ms / 1000;
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}
