/* SPDX-License-Identifier: MIT */
/* Calls to datanodes and operations submitted, from their sending until their answer finds back
 * what they were for. */
#include "cluster/engine.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

static struct call *call_new(
        struct cluster *cluster, const struct call *like, uint64_t patience_ms);
static void dispatch(struct cluster *cluster, const struct call *call, int code,
        const struct dfs_error *err, const void *reply);
static void operation_over(struct cluster *cluster, const struct call *call, int code);
static void fail_list(struct cluster *cluster, struct call *list, int code, const char *sentence);

enum { OP_PATIENCE_MS = 120000 };

void cluster_node_answer(struct cluster *cluster, uint64_t token, int code,
        const struct dfs_error *err, const void *reply)
{
	struct call *call;

	cluster_check(cluster);
	HASH_FIND(hh, cluster->calls, &token, sizeof(token), call);
	if (!call || call->kind == PROTO_CALL_NONE)
		return; /* given up before */
	HASH_DEL(cluster->calls, call);
	dispatch(cluster, call, code, err, reply);
	free(call);
}

void cluster_durable(struct cluster *cluster, uint64_t token, int code)
{
	struct call *call;

	cluster_check(cluster);
	HASH_FIND(hh, cluster->calls, &token, sizeof(token), call);
	if (!call || call->kind != PROTO_CALL_NONE)
		return;
	HASH_DEL(cluster->calls, call);
	operation_over(cluster, call, code);
	free(call);
}

static void operation_over(struct cluster *cluster, const struct call *call, int code)
{
	if (!deletes_durable(cluster, call, code))
		seal_durable(cluster, call, code);
}

bool call_send(struct cluster *cluster, struct node *node, enum proto_call kind, const void *args,
        const struct call *like, uint64_t patience_ms)
{
	struct call *call = call_new(cluster, like, patience_ms);

	if (!call)
		return false;
	call->kind = kind;
	call->slot = node->slot;
	cluster->out.call(cluster->out.arg, node->number, kind, args, call->token);
	return true;
}

bool call_submit(struct cluster *cluster, const struct proto_op *op, const struct call *like)
{
	struct call *call = call_new(cluster, like, OP_PATIENCE_MS);

	if (!call)
		return false;
	call->kind = PROTO_CALL_NONE;
	call->op = op->kind;
	cluster->out.submit(cluster->out.arg, op, call->token);
	return true;
}

void calls_fail(struct cluster *cluster, const struct node *node, int code, const char *sentence)
{
	struct call *call, *next, *list = NULL;

	HASH_ITER (hh, cluster->calls, call, next) {
		if (call->kind == PROTO_CALL_NONE || call->slot != node->slot)
			continue;
		HASH_DEL(cluster->calls, call);
		LL_APPEND(list, call);
	}
	fail_list(cluster, list, code, sentence);
}

bool call_pending(const struct cluster *cluster, const struct node *node, enum proto_call kind,
        uint64_t chunk)
{
	for (const struct call *call = cluster->calls; call; call = call->hh.next)
		if (call->kind == kind && call->slot == node->slot && call->chunk == chunk)
			return true;
	return false;
}

/* An answer that never comes (the sender was out of memory) must not hold up the chunk for ever. */
void calls_tick(struct cluster *cluster)
{
	uint64_t now = cluster_now(cluster);
	struct call *call, *next, *list = NULL;

	HASH_ITER (hh, cluster->calls, call, next) {
		if (call->deadline_ms > now)
			continue;
		HASH_DEL(cluster->calls, call);
		LL_APPEND(list, call);
	}
	fail_list(cluster, list, DFS_E_TIMEOUT, "no answer came");
}

void calls_fini(struct cluster *cluster)
{
	struct call *call, *next;

	HASH_ITER (hh, cluster->calls, call, next) {
		HASH_DEL(cluster->calls, call);
		free(call);
	}
}

static struct call *call_new(struct cluster *cluster, const struct call *like, uint64_t patience_ms)
{
	struct call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	*call = (struct call){
	        .token = ++cluster->tokens,
	        .source = like->source,
	        .trim = like->trim,
	        .chunk = like->chunk,
	        .version = like->version,
	        .orphans = like->orphans,
	        .deadline_ms = cluster_now(cluster) + patience_ms,
	};
	HASH_ADD(hh, cluster->calls, token, sizeof(call->token), call);
	return call;
}

static void dispatch(struct cluster *cluster, const struct call *call, int code,
        const struct dfs_error *err, const void *reply)
{
	assert(code != 0 || reply);
	switch (call->kind) {
	case PROTO_CALL_FREEZE:
		seal_frozen(cluster, call, code, err, reply);
		break;
	case PROTO_CALL_SEAL_AT:
		settle_answered(cluster, call, code);
		break;
	case PROTO_CALL_DELETE:
		if (call->trim)
			trims_answered(cluster, call, code, reply);
		else if (call->orphans)
			orphans_answered(cluster, call, code, reply);
		else
			deletes_answered(cluster, call, code, reply);
		break;
	case PROTO_CALL_COPY:
		repair_answered(cluster, call, code, err);
		break;
	default:
		assert(!"a call that the engine does not make");
	}
}

static void fail_list(struct cluster *cluster, struct call *list, int code, const char *sentence)
{
	struct dfs_error err = {0};
	struct call *call, *next;

	error_set(&err, code, "%s", sentence);
	LL_FOREACH_SAFE(list, call, next)
	{
		if (call->kind == PROTO_CALL_NONE)
			operation_over(cluster, call, code);
		else
			dispatch(cluster, call, code, &err, NULL);
		free(call);
	}
}
