/* SPDX-License-Identifier: MIT */
/*
 * Datanodes: who they are, whether they live. Their disks and loads as figures stand in view.c,
 * what they hold in locations.c and reports.c.
 */
#include "cluster/engine.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEATS_OVERDUE = 3, BEATS_OVERDUE_UNCONNECTED = 2, BEATS_SLOW = 3 };

static struct node *node_make(struct cluster *cluster, uint32_t number, uint64_t uuid);
static void set_text(char *ret, size_t size, const char *text);
static void judge(struct cluster *cluster, struct node *node);
static uint64_t waking_now(const struct cluster *cluster, const struct node *node);
static enum proto_node_state state_of(
        const struct cluster *cluster, const struct node *node, uint64_t now, const char **ret_why);
static void move(
        struct cluster *cluster, struct node *node, enum proto_node_state to, const char *why);

int cluster_node_known(struct cluster *cluster, uint32_t number, const struct proto_row_node *row)
{
	struct node *node;

	cluster_check(cluster);
	node = node_make(cluster, number, row->uuid);
	if (!node)
		return DFS_E_NOMEM;
	set_text(node->address, sizeof(node->address), row->address);
	set_text(node->rack, sizeof(node->rack), row->rack);
	if (node->draining != row->draining)
		drain_mark(cluster, node, row->draining);
	judge(cluster, node);
	return 0;
}

int cluster_node_registered(struct cluster *cluster, uint32_t number,
        const struct proto_register_args *args, struct dfs_error *err)
{
	struct node *node;

	cluster_check(cluster);
	node = node_make(cluster, number, args->uuid);
	if (!node)
		return error_set(err, DFS_E_NOMEM, "no memory for datanode %" PRIu32, number);
	if (node->uuid != args->uuid)
		return error_set(err, DFS_E_INVAL, "datanode %" PRIu32 " is another one than %s",
		        number, args->address);
	if (node->connected)
		cluster_node_lost(cluster, number);
	set_text(node->address, sizeof(node->address), args->address);
	set_text(node->rack, sizeof(node->rack), args->rack);
	if (node->incarnation != args->incarnation)
		members_forget(cluster, node);
	node->incarnation = args->incarnation;
	node->registered = node->connected = true;
	node->heard_ms = node->steady_ms = cluster_now(cluster);
	node->stuck_ms = node->disk_ms = 0;
	node->stuck = false;
	node->counted_ms = 0;
	node_space(node, args->disks, args->disks_count);
	node->report_sequence = 0;
	node_begin_round(cluster, node);
	cluster_event(cluster, "event=node_registered node=%" PRIu32 " address=%s rack=%s", number,
	        node->address, node->rack);
	judge(cluster, node);
	seal_node_back(cluster, node);
	return 0;
}

void cluster_node_lost(struct cluster *cluster, uint32_t number)
{
	struct node *node;

	cluster_check(cluster);
	node = node_find(cluster, number);
	if (!node || !node->connected)
		return;
	node->connected = false;
	cluster_event(
	        cluster, "event=node_lost node=%" PRIu32 " address=%s", number, node->address);
	calls_fail(cluster, node, DFS_E_CLOSED, "the channel to the datanode closed");
	judge(cluster, node);
}

bool cluster_node_heartbeat(struct cluster *cluster, const struct proto_heartbeat_args *args)
{
	uint64_t now = cluster_now(cluster);
	struct node *node;
	bool was_dead;

	cluster_check(cluster);
	HASH_FIND(hh_uuid, cluster->by_uuid, &args->uuid, sizeof(args->uuid), node);
	if (!node || !node->registered || node->incarnation != args->incarnation)
		return false;
	was_dead = node->state == PROTO_NODE_STATE_DEAD;
	node->heard_ms = now;
	node->stuck_ms = args->stuck_ms;
	node->disk_ms = args->disk_ms;
	node->stuck = args->stuck_ms >= cluster->options.heartbeat_ms * BEATS_SLOW;
	node->used_bytes = args->used;
	node->chunks = args->chunks;
	if (args->scrub_count > 0) {
		node->scrub = args->scrub[0];
		node->scrub_told = true;
	}
	node_space(node, args->disks, args->disks_count);
	node_rates(node, args->read_bytes, args->write_bytes, args->copy_bytes, now);
	judge(cluster, node);
	if (was_dead)
		seal_node_back(cluster, node);
	return node->connected;
}

uint32_t cluster_nodes_known(const struct cluster *cluster)
{
	cluster_check(cluster);
	return HASH_CNT(hh, cluster->by_number);
}

uint32_t cluster_nodes_staying(const struct cluster *cluster)
{
	uint32_t staying = 0;

	cluster_check(cluster);
	for (uint32_t i = 0; i < cluster->nodes_count; i++)
		staying += !cluster->nodes[i]->draining && !cluster->nodes[i]->forgotten;
	return staying;
}

const char *cluster_address(const struct cluster *cluster, uint32_t number)
{
	const struct node *node;

	cluster_check(cluster);
	node = node_find(cluster, number);
	return node ? node->address : NULL;
}

struct node *node_find(const struct cluster *cluster, uint32_t number)
{
	struct node *node;

	HASH_FIND(hh, cluster->by_number, &number, sizeof(number), node);
	return node;
}

/*
 * Two rounds are told apart by one bit, so what a round that was cut off had confirmed must first
 * be put back into the one before.
 */
void node_begin_round(struct cluster *cluster, struct node *node)
{
	if (node->reporting) {
		for (uint32_t i = 0; i < cluster->chunks.count; i++) {
			struct chunk *chunk = chunk_at(cluster, i);
			int at = replica_find(chunk, node);

			if (at >= 0)
				replica_raw_set(chunk, at,
				        (uint8_t)(replica_mark(chunk, at) |
				                  (node->round ^ MARK_ROUND)));
		}
	} else {
		node->round ^= MARK_ROUND;
	}
	node->reporting = node->hoped = true;
	node->reporting_since_ms = cluster_now(cluster);
	orphans_begin_round(cluster, node);
	cluster->walk_wanted = true;
}

bool node_alive(const struct node *node)
{
	return node->state != PROTO_NODE_STATE_DEAD;
}

bool node_reachable(const struct node *node)
{
	return node->connected && node_alive(node);
}

void nodes_judge(struct cluster *cluster)
{
	for (uint32_t i = 0; i < cluster->nodes_count; i++)
		judge(cluster, cluster->nodes[i]);
}

void nodes_tick(struct cluster *cluster, uint64_t slept_ms)
{
	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		struct node *node = cluster->nodes[i];

		if (node_alive(node))
			node->heard_ms =
			        without_sleep(node->heard_ms, slept_ms, cluster_now(cluster));
		judge(cluster, node);
	}
}

void nodes_listen(struct cluster *cluster)
{
	uint64_t now = cluster_now(cluster), heard_ms = 0, overdue_ms;
	uint32_t silent = 0;
	bool deaf;

	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		const struct node *node = cluster->nodes[i];

		if (!node->connected || !node_alive(node))
			continue; /* a channel that closed told something */
		silent++;
		heard_ms = node->heard_ms > heard_ms ? node->heard_ms : heard_ms;
	}
	overdue_ms = cluster->options.heartbeat_ms * BEATS_OVERDUE;
	if (overdue_ms > cluster->options.dead_after_ms / 2)
		overdue_ms = cluster->options.dead_after_ms / 2;
	deaf = silent >= 2 && now - heard_ms >= overdue_ms;
	if (deaf == (cluster->deaf_since_ms != 0))
		return;
	cluster->deaf_since_ms = deaf ? now : 0;
	cluster_event(
	        cluster, "event=%s", deaf ? "all_silent action=nobody_grows_older" : "heard_again");
}

void nodes_fini(struct cluster *cluster)
{
	HASH_CLEAR(hh, cluster->by_number);
	HASH_CLEAR(hh_uuid, cluster->by_uuid);
	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		free(cluster->nodes[i]->doomed);
		free(cluster->nodes[i]);
	}
	free(cluster->nodes);
}

/* The node of that number, made where it is new. */
static struct node *node_make(struct cluster *cluster, uint32_t number, uint64_t uuid)
{
	struct node *node = node_find(cluster, number);
	struct node **nodes;

	if (node)
		return node;
	if (cluster->nodes_count == SLOTS_MAX)
		return NULL;
	nodes = realloc(cluster->nodes, (cluster->nodes_count + 1) * sizeof(*nodes));
	if (!nodes)
		return NULL;
	cluster->nodes = nodes;
	node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	node->number = number;
	node->uuid = uuid;
	node->slot = (uint16_t)cluster->nodes_count;
	node->state = PROTO_NODE_STATE_SUSPECT;
	node->heard_ms = node->state_since_ms = cluster_now(cluster);
	node->counted = true;
	nodes[cluster->nodes_count++] = node;
	HASH_ADD(hh, cluster->by_number, number, sizeof(node->number), node);
	HASH_ADD(hh_uuid, cluster->by_uuid, uuid, sizeof(node->uuid), node);
	return node;
}

static void set_text(char *ret, size_t size, const char *text)
{
	snprintf(ret, size, "%s", text ? text : "");
}

/* ---- liveness ---- */

/*
 * States and the moves between them. Silence is counted from the last heartbeat, which comes from a
 * thread that touches no disk (RULES 34).
 *
 *     registered, heard        loop or disk stuck for 3 beats
 *         +---------> UP <------------------------> SLOW
 *         |           | ^ heard                      |
 *         |  3 silent | |                            | 3 silent beats
 *         |  beats *  v |                            |
 *         |         SUSPECT <------------------------+
 *         |           |  ^---- known at the start, not heard of yet
 *         |           v dead_after_ms of silence
 *         +--------- DEAD
 *
 * (*) two where its channel is closed too. DRAINING is UP, asked to be emptied.
 */
static const bool moves[PROTO_NODE_STATE_COUNT][PROTO_NODE_STATE_COUNT] = {
        [PROTO_NODE_STATE_UP] = {[PROTO_NODE_STATE_SLOW] = true,
                [PROTO_NODE_STATE_SUSPECT] = true,
                [PROTO_NODE_STATE_DEAD] = true,
                [PROTO_NODE_STATE_DRAINING] = true},
        [PROTO_NODE_STATE_SLOW] = {[PROTO_NODE_STATE_UP] = true,
                [PROTO_NODE_STATE_SUSPECT] = true,
                [PROTO_NODE_STATE_DEAD] = true,
                [PROTO_NODE_STATE_DRAINING] = true},
        [PROTO_NODE_STATE_SUSPECT] = {[PROTO_NODE_STATE_UP] = true,
                [PROTO_NODE_STATE_SLOW] = true,
                [PROTO_NODE_STATE_DEAD] = true,
                [PROTO_NODE_STATE_DRAINING] = true},
        /* A dead node is heard of before it is anything else again: never only suspect. */
        [PROTO_NODE_STATE_DEAD] = {[PROTO_NODE_STATE_UP] = true,
                [PROTO_NODE_STATE_SLOW] = true,
                [PROTO_NODE_STATE_DRAINING] = true},
        [PROTO_NODE_STATE_DRAINING] = {[PROTO_NODE_STATE_UP] = true,
                [PROTO_NODE_STATE_SLOW] = true,
                [PROTO_NODE_STATE_SUSPECT] = true,
                [PROTO_NODE_STATE_DEAD] = true},
};

static void judge(struct cluster *cluster, struct node *node)
{
	const char *why = "";
	enum proto_node_state state = state_of(cluster, node, waking_now(cluster, node), &why);

	if (state != node->state && !node->forgotten)
		move(cluster, node, state, why);
}

/*
 * Silence counts as far as the master itself was awake: what it hears first after a stall, a
 * channel closing perhaps, must not find all nodes silent before the tick restarts their time.
 */
static uint64_t waking_now(const struct cluster *cluster, const struct node *node)
{
	uint64_t now = cluster_now(cluster), awake = cluster->ticked_ms + 2 * tick_ms(cluster);

	if (now <= awake)
		return now;
	return awake > node->heard_ms ? awake : node->heard_ms;
}

static enum proto_node_state state_of(
        const struct cluster *cluster, const struct node *node, uint64_t now, const char **ret_why)
{
	uint64_t silence = now - node->heard_ms, beat = cluster->options.heartbeat_ms;
	uint64_t overdue = beat * (node->connected ? BEATS_OVERDUE : BEATS_OVERDUE_UNCONNECTED);

	if (silence >= cluster->options.dead_after_ms) {
		*ret_why = node->registered ? "silent" : "never heard of since this master began";
		return PROTO_NODE_STATE_DEAD;
	}
	/* A dead one that is heard of is the first sign that the cable is whole again. */
	if (cluster->deaf_since_ms && node->connected && node_alive(node)) {
		*ret_why = "no datanode is heard at all: is this master's network cut?";
		return PROTO_NODE_STATE_SUSPECT;
	}
	if (!node->registered || silence >= overdue) {
		*ret_why = node->connected ? "its heartbeat is overdue"
		                           : "its channel is closed, its heartbeat overdue";
		return PROTO_NODE_STATE_SUSPECT;
	}
	if (node->draining) {
		*ret_why = "it is being emptied";
		return PROTO_NODE_STATE_DRAINING;
	}
	if (node->stuck) {
		*ret_why = "its data loop is stuck";
		return PROTO_NODE_STATE_SLOW;
	}
	if (node->disk_ms >= beat * BEATS_SLOW) {
		*ret_why = "its disk is slow";
		return PROTO_NODE_STATE_SLOW;
	}
	return PROTO_NODE_STATE_UP;
}

static void move(
        struct cluster *cluster, struct node *node, enum proto_node_state to, const char *why)
{
	assert(moves[node->state][to]);
	/* Slow or not, it was there all the time. */
	if ((node->state != PROTO_NODE_STATE_UP && node->state != PROTO_NODE_STATE_SLOW) ||
	        (to != PROTO_NODE_STATE_UP && to != PROTO_NODE_STATE_SLOW))
		node->steady_ms = cluster_now(cluster);
	cluster_event(cluster, "event=node_state node=%" PRIu32 " from=%s to=%s why=\"%s\"",
	        node->number, proto_node_state_name(node->state), proto_node_state_name(to), why);
	node->state = to;
	node->state_since_ms = cluster_now(cluster);
	set_text(node->why, sizeof(node->why), why);
	if (to == PROTO_NODE_STATE_DEAD)
		calls_fail(cluster, node, DFS_E_UNAVAIL, "the datanode is silent");
}
