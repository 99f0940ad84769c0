/* SPDX-License-Identifier: MIT */
/* What an administrator asks of datanodes: to be emptied, or no longer; to be forgotten. */
#include <utlist.h>
#include "node/master/role.h"

/* What a call to forget a datanode waits to answer; in the request's arena. */
struct forgetting {
	bool known; /* as the call came: its machine is marked */
	struct proto_drain_info was;
};

static void drain_answer(struct request *request, uint32_t node);
static void drain_set(void *arg, const struct meta_result *result);
static struct machine *machine_of(struct master *master, uint32_t node);
static bool may_forget(
        struct request *request, const struct machine *machine, struct proto_drain_info *ret);
static void forgotten(void *arg, const struct meta_result *result);

/*
 * Judged first, then durable, then in force: `machines_applied` tells the cluster engine, so that a
 * restart and a repeated request (RULES 17) find the same. To ask for what is already so changes
 * nothing.
 */
void handle_drain(struct request *request, const void *args)
{
	const struct proto_drain_args *ask = args;
	struct cluster *cluster = request->master->cluster;
	struct proto_op op = {.kind = PROTO_OP_NODE_DRAIN};
	struct proto_drain_info now = {0};
	struct dfs_error err = {0};

	if (cluster_drain(cluster, ask->node, &request->arena, &now) != 0) {
		request_refuse(
		        request, DFS_E_NOENT, "there is no datanode %u (dfs nodes)", ask->node);
		return;
	}
	if (now.draining != ask->cancel) {
		drain_answer(request, ask->node);
		return;
	}
	if (!ask->cancel && cluster_drain_check(cluster, ask->node, &err) != 0) {
		request_fail(request, &err);
		return;
	}
	op.node_drain.node = ask->node;
	op.node_drain.draining = !ask->cancel;
	request_submit(request, &op, drain_set);
}

void handle_drains(struct request *request, const void *args)
{
	struct proto_drains_reply reply = {0};

	if (cluster_drains(request->master->cluster, &request->arena, &reply) != 0)
		request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
	else
		request_answer(request, &reply);
}

/*
 * Judged first, then durable, then in force (`machines_applied`); meanwhile it may not register. A
 * number that was given and is known no more is asked of the metadata: a repeated call finds its
 * first answer there (RULES 17).
 */
void handle_forget(struct request *request, const void *args)
{
	const struct proto_forget_args *ask = args;
	struct master *master = request->master;
	struct machine *machine = machine_of(master, ask->node);
	struct forgetting *forgetting = arena_alloc(&request->arena, sizeof(*forgetting));
	struct proto_op op = {.kind = PROTO_OP_NODE_FORGET, .node_forget = {ask->node}};

	if (!forgetting) {
		request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
		return;
	}
	if (ask->node == 0 || ask->node >= master->next_node) {
		request_refuse(
		        request, DFS_E_NOENT, "there is no datanode %u (dfs nodes)", ask->node);
		return;
	}
	*forgetting = (struct forgetting){.known = machine};
	forgetting->was = (struct proto_drain_info){.node = ask->node,
	        .address = "",
	        .state = PROTO_NODE_STATE_DEAD,
	        .text = "it was forgotten"};
	if (machine && !may_forget(request, machine, &forgetting->was))
		return;
	if (machine)
		machine->forgetting++;
	request->work = forgetting;
	request_submit(request, &op, forgotten);
}

static bool may_forget(
        struct request *request, const struct machine *machine, struct proto_drain_info *ret)
{
	struct cluster *cluster = request->master->cluster;
	struct dfs_error err = {0};

	if (machine->registering > 0)
		error_set(&err, DFS_E_NODES, "datanode %u is just registering: it is not dead",
		        machine->node);
	else if (cluster_forget_check(cluster, machine->node, &err) == 0 &&
	         cluster_drain(cluster, machine->node, &request->arena, ret) != 0)
		error_set(&err, DFS_E_NOMEM, "the master is out of memory");
	if (err.code == 0)
		return true;
	request_fail(request, &err);
	return false;
}

static void forgotten(void *arg, const struct meta_result *result)
{
	struct request *request = arg;
	struct forgetting *forgetting = request->work;
	struct machine *machine = machine_of(request->master, forgetting->was.node);
	struct proto_forget_reply reply = {.drain = forgetting->was};

	if (machine && forgetting->known) /* refused: it is there still */
		machine->forgetting--;
	if (result->code != 0)
		request_fail(request, &result->err);
	else
		request_answer(request, &reply);
}

static struct machine *machine_of(struct master *master, uint32_t node)
{
	struct machine *machine;

	LL_SEARCH_SCALAR(master->machines, machine, node, node);
	return machine;
}

static void drain_set(void *arg, const struct meta_result *result)
{
	struct request *request = arg;

	if (result->code != 0)
		request_fail(request, &result->err);
	else
		drain_answer(request, (uint32_t)result->value);
}

static void drain_answer(struct request *request, uint32_t node)
{
	struct proto_drain_reply reply = {0};

	if (cluster_drain(request->master->cluster, node, &request->arena, &reply.drain) != 0)
		request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
	else
		request_answer(request, &reply);
}
