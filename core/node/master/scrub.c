/* SPDX-License-Identifier: MIT */
/* Scrubs asked for: passed on to the datanodes; and those who wait for their end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "node/master/role.h"

enum { CALL_TIMEOUT_MS = 8000, WAIT_MAX_MS = 2000 };

/* One request to the nodes; in its arena. */
struct asking {
	struct request *request;
	struct proto_scrub_reply reply;
	size_t left;
	struct asked_node {
		struct asking *asking;
		struct proto_scrub_asked *row;
	} nodes[];
};

struct scrub_waiter {
	struct request *request;
	const struct proto_scrub_wait_args *args; /* in its arena */
	uint64_t until_ms;
	struct scrub_waiter *prev, *next;
};

static size_t choose(struct request *request, uint32_t node, struct asking *asking);
static void asked(void *arg, int code, const struct dfs_error *err, const void *reply);
static void one_less(struct asking *asking);
static bool answer_if_over(struct scrub_waiter *waiter, bool whatever);
static bool over(const struct proto_scrub_wait_args *args, const struct proto_nodes_reply *nodes);
static bool node_over(const struct proto_scrub_asked *asked, const struct proto_nodes_reply *nodes);

void handle_scrub(struct request *request, const void *args)
{
	const struct proto_scrub_args *ask = args;
	struct master *master = request->master;
	struct proto_scrub_begin_args order = {
	        .now = ask->now, .rate = ask->rate, .epoch = meta_epoch(master->meta)};
	size_t count = 0, room;
	struct machine *machine;
	struct asking *asking;

	LL_COUNT(master->machines, machine, count);
	room = sizeof(*asking) + count * sizeof(asking->nodes[0]);
	asking = arena_alloc(&request->arena, room);
	if (asking)
		asking->reply.asked =
		        arena_alloc(&request->arena, (count + 1) * sizeof(*asking->reply.asked));
	if (!asking || !asking->reply.asked) {
		request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
		return;
	}
	asking->request = request;
	count = choose(request, ask->node, asking);
	if (count == 0) {
		if (ask->node)
			request_refuse(request, DFS_E_NOENT, "there is no datanode %u", ask->node);
		else
			request_refuse(request, DFS_E_NODES, "no datanode has registered");
		return;
	}
	asking->left = count + 1;
	for (size_t i = 0; i < count; i++) {
		struct proto_scrub_asked *row = asking->nodes[i].row;

		LL_SEARCH_SCALAR(master->machines, machine, node, row->node);
		if (machine && machine->peer) {
			link_call(machine->peer->link, PROTO_CALL_SCRUB_BEGIN, &order, 0, 0,
			        CALL_TIMEOUT_MS, asked, &asking->nodes[i]);
			continue;
		}
		row->error = "it is not connected";
		asking->left--;
	}
	one_less(asking);
}

/* The reply's rows, by number. */
static size_t choose(struct request *request, uint32_t node, struct asking *asking)
{
	struct proto_scrub_reply *reply = &asking->reply;
	struct machine *machine;
	size_t at;

	LL_FOREACH (request->master->machines, machine) {
		if (node && machine->node != node)
			continue;
		for (at = reply->asked_count++; at > 0 && reply->asked[at - 1].node > machine->node;
		        at--)
			reply->asked[at] = reply->asked[at - 1];
		reply->asked[at] = (struct proto_scrub_asked){.node = machine->node, .error = ""};
	}
	for (size_t i = 0; i < reply->asked_count; i++)
		asking->nodes[i] = (struct asked_node){asking, &reply->asked[i]};
	return reply->asked_count;
}

static void asked(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct asked_node *node = arg;
	struct asking *asking = node->asking;
	const struct proto_scrub_begin_reply *got = reply;

	if (code == 0)
		node->row->begun = got->begun;
	else
		node->row->error =
		        arena_text(&asking->request->arena, err->text, strlen(err->text));
	one_less(asking);
}

static void one_less(struct asking *asking)
{
	if (--asking->left == 0)
		request_answer(asking->request, &asking->reply);
}

/* ---- waiting ---- */

void handle_scrub_wait(struct request *request, const void *args)
{
	const struct proto_scrub_wait_args *wait = args;
	struct scrub_waiter *waiter = arena_alloc(&request->arena, sizeof(*waiter));
	struct proto_scrub_wait_args *copy = arena_alloc(&request->arena, sizeof(*copy));
	uint64_t wait_ms = wait->wait_ms < WAIT_MAX_MS ? wait->wait_ms : WAIT_MAX_MS;

	if (copy)
		copy->asked = arena_alloc(
		        &request->arena, (wait->asked_count + 1) * sizeof(*copy->asked));
	if (!waiter || !copy || !copy->asked) {
		request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
		return;
	}
	/* The arguments are borrowed for this call: numbers are all that is needed of them. */
	for (size_t i = 0; i < wait->asked_count; i++) {
		copy->asked[i].node = wait->asked[i].node;
		copy->asked[i].begun = wait->asked[i].begun;
	}
	copy->asked_count = wait->asked_count;
	copy->repaired = wait->repaired;
	waiter->request = request;
	waiter->args = copy;
	waiter->until_ms = io_mono_ms(request->master->io) + wait_ms;
	if (!answer_if_over(waiter, wait_ms == 0))
		DL_APPEND(request->master->scrub_waiters, waiter);
}

void scrub_tick(struct master *master)
{
	struct scrub_waiter *waiter, *next;
	uint64_t now = io_mono_ms(master->io);

	DL_FOREACH_SAFE (master->scrub_waiters, waiter, next) {
		DL_DELETE(master->scrub_waiters, waiter);
		if (!answer_if_over(waiter, now >= waiter->until_ms))
			DL_PREPEND(master->scrub_waiters, waiter);
	}
}

void scrub_answer_all(struct master *master)
{
	while (master->scrub_waiters) {
		struct scrub_waiter *waiter = master->scrub_waiters;

		DL_DELETE(master->scrub_waiters, waiter);
		answer_if_over(waiter, true);
	}
}

/* The waiter is in its request's arena: gone when this returns true. */
static bool answer_if_over(struct scrub_waiter *waiter, bool whatever)
{
	struct request *request = waiter->request;
	struct proto_scrub_wait_reply reply = {0};
	struct proto_nodes_reply nodes = {0};
	struct arena scratch = {0};
	bool is_over;

	/* Not into the request's own arena each time that it is looked at. */
	is_over = cluster_nodes(request->master->cluster, &scratch, &nodes) == 0 &&
	          over(waiter->args, &nodes);
	if (is_over || whatever) {
		reply.over = is_over;
		reply.nodes = nodes.nodes;
		reply.nodes_count = nodes.nodes_count;
		request_answer(request, &reply);
	}
	arena_fini(&scratch);
	return is_over || whatever;
}

static bool over(const struct proto_scrub_wait_args *args, const struct proto_nodes_reply *nodes)
{
	for (size_t i = 0; i < args->asked_count; i++)
		if (!node_over(&args->asked[i], nodes))
			return false;
	for (size_t i = 0; args->repaired && i < nodes->nodes_count; i++)
		if (nodes->nodes[i].scrub_count > 0 && nodes->nodes[i].scrub[0].bad > 0 &&
		        nodes->nodes[i].state != PROTO_NODE_STATE_DEAD)
			return false;
	return true;
}

/* One that died is not waited for: what it did not check is told by its state. */
static bool node_over(const struct proto_scrub_asked *row, const struct proto_nodes_reply *nodes)
{
	for (size_t i = 0; i < nodes->nodes_count; i++) {
		const struct proto_node_info *node = &nodes->nodes[i];

		if (node->node != row->node || row->begun == 0)
			continue;
		return node->state == PROTO_NODE_STATE_DEAD ||
		       (node->scrub_count > 0 && node->scrub[0].begun >= row->begun &&
		               node->scrub[0].running == 0);
	}
	return true;
}
