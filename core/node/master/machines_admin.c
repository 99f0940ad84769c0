/* SPDX-License-Identifier: MIT */
/* What an administrator asks of datanodes: to be emptied, or no longer. */
#include "node/master/role.h"

static void drain_answer(struct request *request, uint32_t node);
static void drain_set(void *arg, const struct meta_result *result);

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
