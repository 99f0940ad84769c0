/* SPDX-License-Identifier: MIT */
/* Datanodes as figures: space, rates, recent placements; and their lists for policies and for
 * people. */
#include "cluster/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE_WINDOW_MS = 5000 };

static void rate_turn(double *rate, uint64_t bytes, uint64_t passed_ms, double share);
static bool is_avoided(const uint32_t *avoid, size_t avoid_count, uint32_t number);
static void recent_turn(struct cluster *cluster, struct node *node);
static bool view_room(struct cluster *cluster);
static int by_node_number(const void *a, const void *b);
static const char *draining_why(struct cluster *cluster, struct node *node, struct arena *arena);
static void describe(struct cluster *cluster, struct node *node, struct arena *arena,
        struct proto_node_info *ret);

void node_space(struct node *node, const struct proto_disk *disks, size_t disks_count)
{
	node->total_bytes = node->free_bytes = node->room_bytes = node->largest_room_bytes = 0;
	node->disk_why[0] = '\0';
	for (size_t i = 0; i < disks_count; i++) {
		const struct proto_disk *disk = &disks[i];
		uint64_t room = disk->free > disk->reserve ? disk->free - disk->reserve : 0;

		node->total_bytes += disk->total;
		node->free_bytes += disk->free;
		if (disk->error && disk->error[0] != '\0') {
			snprintf(node->disk_why, sizeof(node->disk_why), "%.127s", disk->error);
			continue;
		}
		node->room_bytes += room;
		if (room > node->largest_room_bytes)
			node->largest_room_bytes = room;
	}
}

void node_rates(struct node *node, uint64_t read_bytes, uint64_t write_bytes, uint64_t copy_bytes,
        uint64_t now)
{
	uint64_t passed = now - node->counted_ms;
	double share = passed >= RATE_WINDOW_MS ? 1.0 : (double)passed / RATE_WINDOW_MS;

	/* Without an earlier count, or with one of a process that is gone, there is no rate yet. */
	if (node->counted_ms == 0 || read_bytes < node->read_bytes ||
	        write_bytes < node->write_bytes || copy_bytes < node->copy_bytes) {
		node->read_rate = node->write_rate = 0;
	} else if (passed > 0) {
		pace_served(node, read_bytes - node->read_bytes + write_bytes - node->write_bytes,
		        copy_bytes - node->copy_bytes, passed, now);
		rate_turn(&node->read_rate, read_bytes - node->read_bytes, passed, share);
		rate_turn(&node->write_rate, write_bytes - node->write_bytes, passed, share);
	}
	node->read_bytes = read_bytes;
	node->write_bytes = write_bytes;
	node->copy_bytes = copy_bytes;
	node->counted_ms = now;
}

/* What open chunks were promised is taken, though the disks do not show it yet (RULES 30). */
uint64_t node_room(const struct node *node)
{
	return node->room_bytes > node->promised_bytes ? node->room_bytes - node->promised_bytes
	                                               : 0;
}

/* Its loop turns, but a disk keeps it waiting: it takes what nobody else can. */
bool node_disk_slow(const struct node *node)
{
	return node->state == PROTO_NODE_STATE_SLOW && !node->stuck;
}

bool node_takes(const struct node *node, uint64_t size_bytes)
{
	return (node->state == PROTO_NODE_STATE_UP || node_disk_slow(node)) && node->connected &&
	       node->largest_room_bytes >= size_bytes && node_room(node) >= size_bytes;
}

void node_placed(struct cluster *cluster, struct node *node)
{
	recent_turn(cluster, node);
	node->recent[node->recent_bucket % RECENT_BUCKETS]++;
}

void view_node(struct cluster *cluster, const struct node *node, struct place_node *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->node = node->number;
	memcpy(ret->rack, node->rack, sizeof(ret->rack));
	memcpy(ret->address, node->address, sizeof(ret->address));
	ret->total_bytes = node->total_bytes;
	ret->free_bytes = node_room(node);
	ret->used_bytes = node->used_bytes;
	ret->chunks = node->chunks;
	ret->write_rate = node->write_rate;
	ret->read_rate = node->read_rate;
	for (int i = 0; i < RECENT_BUCKETS; i++)
		ret->recent += node->recent[i];
}

const struct place_view *cluster_view(
        struct cluster *cluster, uint64_t size_bytes, const uint32_t *avoid, size_t avoid_count)
{
	struct place_node *nodes;
	size_t count = 0;

	cluster_check(cluster);
	if (!view_room(cluster))
		return &cluster->view;
	nodes = cluster->view_spare;
	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		struct node *node = cluster->nodes[i];

		recent_turn(cluster, node);
		if (!node_takes(node, size_bytes))
			continue;
		view_node(cluster, node, &nodes[count]);
		nodes[count++].avoid =
		        node_disk_slow(node) || is_avoided(avoid, avoid_count, node->number);
	}
	place_sort(nodes, count);
	/* Hosts cache by the version: it stays while the view does. */
	if (count == cluster->view.nodes_count &&
	        memcmp(nodes, cluster->view_nodes, count * sizeof(*nodes)) == 0)
		return &cluster->view;
	cluster->view_spare = cluster->view_nodes;
	cluster->view_nodes = nodes;
	cluster->view = (struct place_view){nodes, count, cluster->view.version + 1};
	return &cluster->view;
}

uint32_t cluster_rejected(const struct cluster *cluster, uint64_t size_bytes,
        struct place_rejected *ret, uint32_t max)
{
	static const char *const states[PROTO_NODE_STATE_COUNT] = {
	        [PROTO_NODE_STATE_SLOW] = "it was slow",
	        [PROTO_NODE_STATE_SUSPECT] = "it was suspect",
	        [PROTO_NODE_STATE_DEAD] = "it was dead",
	        [PROTO_NODE_STATE_DRAINING] = "it was being emptied",
	};
	uint32_t count = 0;

	cluster_check(cluster);
	for (uint32_t i = 0; i < cluster->nodes_count && count < max; i++) {
		const struct node *node = cluster->nodes[i];

		if (node->forgotten || node_takes(node, size_bytes))
			continue;
		ret[count++] = (struct place_rejected){node->number,
		        states[node->state] ? states[node->state]
		        : !node->connected
		                ? "its channel was closed"
		                : "it had no room for the chunk above what is kept free"};
	}
	return count;
}

uint32_t cluster_nodes_live(const struct cluster *cluster)
{
	uint32_t live = 0;

	cluster_check(cluster);
	for (uint32_t i = 0; i < cluster->nodes_count; i++)
		live += node_takes(cluster->nodes[i], 1);
	return live;
}

int cluster_nodes(struct cluster *cluster, struct arena *arena, struct proto_nodes_reply *ret)
{
	struct proto_node_info *infos;
	struct node *node;
	size_t count = 0;

	cluster_check(cluster);
	infos = arena_alloc(arena, cluster->nodes_count * sizeof(*infos));
	if (!infos)
		return DFS_E_NOMEM;
	/* By number: slots are in the order in which nodes became known. */
	for (node = cluster->by_number; node; node = node->hh.next)
		describe(cluster, node, arena, &infos[count++]);
	node_numbers_sort(infos, count, sizeof(*infos));
	ret->nodes = infos;
	ret->nodes_count = count;
	return 0;
}

void place_sort(struct place_node *nodes, size_t nodes_count)
{
	node_numbers_sort(nodes, nodes_count, sizeof(*nodes));
}

void node_numbers_sort(void *rows, size_t count, size_t row_size)
{
	if (count > 1)
		qsort(rows, count, row_size, by_node_number);
}

static void describe(struct cluster *cluster, struct node *node, struct arena *arena,
        struct proto_node_info *ret)
{
	*ret = (struct proto_node_info){
	        .node = node->number,
	        .uuid = node->uuid,
	        .address = node->address,
	        .rack = node->rack,
	        .state = node->state,
	        .silence_ms = cluster_now(cluster) - node->heard_ms,
	        .total = node->total_bytes,
	        .free = node->free_bytes,
	        .used = node->used_bytes,
	        .chunks = node->chunks,
	        .read_rate = (uint64_t)node->read_rate,
	        .write_rate = (uint64_t)node->write_rate,
	        .why = node->why,
	        .draining = node->draining,
	        .safe = drain_safe(cluster, node),
	};
	if (node->state == PROTO_NODE_STATE_UP && !node->connected)
		ret->why = "its channel is closed";
	if (node->draining)
		ret->why = draining_why(cluster, node, arena);
	ret->scrub = node->scrub_told ? arena_alloc(arena, sizeof(*ret->scrub)) : NULL;
	if (ret->scrub) {
		*ret->scrub = node->scrub;
		ret->scrub_count = 1;
	}
}

static void rate_turn(double *rate, uint64_t bytes, uint64_t passed_ms, double share)
{
	*rate += share * ((double)bytes * 1000.0 / (double)passed_ms - *rate);
}

static bool is_avoided(const uint32_t *avoid, size_t avoid_count, uint32_t number)
{
	for (size_t i = 0; i < avoid_count; i++)
		if (avoid[i] == number)
			return true;
	return false;
}

/* Forget what was placed over a minute ago. */
static void recent_turn(struct cluster *cluster, struct node *node)
{
	uint64_t bucket = cluster_now(cluster) / RECENT_BUCKET_MS;

	if (bucket >= node->recent_bucket + RECENT_BUCKETS)
		memset(node->recent, 0, sizeof(node->recent));
	else
		for (uint64_t b = node->recent_bucket + 1; b <= bucket; b++)
			node->recent[b % RECENT_BUCKETS] = 0;
	node->recent_bucket = bucket;
}

/* Two arrays, each for every node: the view given last and the one being made. */
static bool view_room(struct cluster *cluster)
{
	struct place_node *nodes, *spare;
	size_t capacity = cluster->nodes_count + 16;

	if (cluster->nodes_count <= cluster->view_capacity)
		return true;
	nodes = realloc(cluster->view_nodes, capacity * sizeof(*nodes));
	if (!nodes)
		return false;
	cluster->view_nodes = nodes;
	cluster->view.nodes = nodes;
	spare = realloc(cluster->view_spare, capacity * sizeof(*spare));
	if (!spare)
		return false;
	cluster->view_spare = spare;
	cluster->view_capacity = capacity;
	return true;
}

/* Why it is not only draining but silent, and how far it is. */
static const char *draining_why(struct cluster *cluster, struct node *node, struct arena *arena)
{
	char far[512], text[256];
	const char *copy;

	drain_text(cluster, node, far, sizeof(far));
	if (node->state == PROTO_NODE_STATE_DRAINING)
		snprintf(text, sizeof(text), "%.255s", far);
	else
		snprintf(text, sizeof(text), "%.60s; to be emptied: %.170s", node->why, far);
	copy = arena_text(arena, text, strlen(text));
	return copy ? copy : node->why;
}

_Static_assert(offsetof(struct place_node, node) == 0 &&
                       offsetof(struct proto_node_info, node) == 0 &&
                       offsetof(struct proto_drain_info, node) == 0,
        "rows that are sorted alike begin with the node's number");

static int by_node_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}
