/* SPDX-License-Identifier: MIT */
/*
 * Where chunks go: the question to a policy, the check of its answer, and the built-in policy that
 * answers when the script cannot. Knows nothing of the engine: a policy sees a request and a view.
 */
#include "cluster/placement.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { GOAL_DEFAULT = 3 };

static void fell_back(
        struct policies *policies, enum policy_kind kind, const struct dfs_error *err);
static const struct place_node *find_node(const struct place_view *view, uint32_t node);
static uint32_t roomy_nodes(const struct place_view *view, uint64_t size_bytes);
static uint32_t wanted_nodes(const struct place_request *request, const struct place_view *view);
static bool chosen(const struct place_answer *answer, uint32_t node);
static const struct place_node *best_left(const struct place_request *request,
        const struct place_view *view, const struct place_answer *sofar);
static uint64_t default_chunk_size(const struct file_request *request);
static uint32_t default_goal(const struct file_request *request);

const char *policies_name(const struct policies *policies, const char *kind)
{
	return policies->ops && policies->ops->name ? policies->ops->name(policies->ctx, kind)
	                                            : "built-in";
}

int policies_place(struct policies *policies, const struct place_request *request,
        const struct place_view *view, struct place_answer *ret, struct dfs_error *err)
{
	struct place_answer answer = {0};
	struct dfs_error why = {0};
	bool failed = false;
	int rc;

	policies->decisions[POLICY_PLACE]++;
	if (policies->ops && policies->ops->place && wanted_nodes(request, view) > 0) {
		rc = policies->ops->place(policies->ctx, request, view, &answer, &why);
		if (rc == 0)
			rc = place_check(request, view, &answer, &why);
		if (rc == 0) {
			answer.fallback = false;
			answer.reason[PLACE_REASON_MAX - 1] = '\0';
			answer.error[0] = '\0';
			*ret = answer;
			return 0;
		}
		fell_back(policies, POLICY_PLACE, &why);
		failed = true;
	}
	rc = place_builtin(request, view, &answer, err);
	if (rc != 0)
		return rc;
	answer.fallback = failed;
	snprintf(answer.error, sizeof(answer.error), "%s",
	        failed ? policies->error[POLICY_PLACE] : "");
	*ret = answer;
	return 0;
}

uint64_t policies_chunk_size(struct policies *policies, const struct file_request *request)
{
	uint64_t size = default_chunk_size(request);
	struct dfs_error why = {0};

	policies->decisions[POLICY_CHUNK_SIZE]++;
	if (policies->ops && policies->ops->chunk_size) {
		uint64_t answer = 0;

		if (policies->ops->chunk_size(policies->ctx, request, &answer, &why) == 0)
			size = answer;
		else
			fell_back(policies, POLICY_CHUNK_SIZE, &why);
	}
	if (size < CHUNK_SIZE_MIN)
		return CHUNK_SIZE_MIN;
	return size > CHUNK_SIZE_MAX ? CHUNK_SIZE_MAX : size;
}

uint32_t policies_goal(struct policies *policies, const struct file_request *request)
{
	uint32_t goal = default_goal(request);
	struct dfs_error why = {0};

	policies->decisions[POLICY_GOAL]++;
	if (policies->ops && policies->ops->goal) {
		uint32_t answer = 0;

		if (policies->ops->goal(policies->ctx, request, &answer, &why) == 0)
			goal = answer;
		else
			fell_back(policies, POLICY_GOAL, &why);
	}
	if (goal < 1)
		return 1;
	return goal > PLACE_REPLICAS_MAX ? PLACE_REPLICAS_MAX : goal;
}

uint64_t policies_retain(struct policies *policies, const struct retain_request *request)
{
	struct dfs_error why = {0};
	uint64_t answer = 0;
	int code;

	policies->decisions[POLICY_RETAIN]++;
	if (!policies->ops || !policies->ops->retain)
		return request->default_ms;
	code = policies->ops->retain(policies->ctx, request, &answer, &why);
	if (code == 0 && answer > RETAIN_MAX_MS)
		code = error_set(&why, DFS_E_INVAL,
		        "retain answers %" PRIu64 " ms, more than ten years", answer);
	if (code == 0)
		return answer;
	fell_back(policies, POLICY_RETAIN, &why);
	return request->default_ms;
}

const char *policy_kind_name(enum policy_kind kind)
{
	static const char *const names[POLICY_KINDS] = {
	        "place", "chunk_size", "goal", "retain", "repair"};

	return names[kind];
}

int place_check(const struct place_request *request, const struct place_view *view,
        const struct place_answer *answer, struct dfs_error *err)
{
	uint32_t wanted = wanted_nodes(request, view);

	if (answer->nodes_count > PLACE_REPLICAS_MAX)
		return error_set(err, DFS_E_INVAL,
		        "the answer names %" PRIu32 " nodes, at most %d can be",
		        answer->nodes_count, PLACE_REPLICAS_MAX);
	if (answer->nodes_count != wanted || wanted == 0)
		return error_set(err, DFS_E_INVAL,
		        "the answer names %" PRIu32 " nodes where %" PRIu32 " are wanted",
		        answer->nodes_count, wanted);
	for (uint32_t i = 0; i < answer->nodes_count; i++) {
		const struct place_node *node = find_node(view, answer->nodes[i]);

		if (!node)
			return error_set(err, DFS_E_INVAL,
			        "node %" PRIu32 " is not among the candidates", answer->nodes[i]);
		if (node->free_bytes < request->size_bytes)
			return error_set(err, DFS_E_INVAL,
			        "node %" PRIu32 " has room for %" PRIu64 " bytes, not for %" PRIu64,
			        node->node, node->free_bytes, request->size_bytes);
		for (uint32_t j = 0; j < i; j++)
			if (answer->nodes[j] == answer->nodes[i])
				return error_set(err, DFS_E_INVAL,
				        "node %" PRIu32 " is named twice", answer->nodes[i]);
	}
	return 0;
}

int place_builtin(const struct place_request *request, const struct place_view *view,
        struct place_answer *ret, struct dfs_error *err)
{
	struct place_answer answer = {0};
	uint32_t wanted = wanted_nodes(request, view);

	if (wanted == 0)
		return error_set(err, DFS_E_NODES,
		        "no live datanode has room for a chunk of %" PRIu64 " bytes",
		        request->size_bytes);
	while (answer.nodes_count < wanted) {
		const struct place_node *node = best_left(request, view, &answer);

		assert(node);
		answer.nodes[answer.nodes_count++] = node->node;
	}
	snprintf(answer.reason, sizeof(answer.reason), "built-in: most free space, racks apart");
	*ret = answer;
	return 0;
}

void policies_repair(struct policies *policies, const struct repair_request *request,
        const struct place_view *view, struct repair_answer *ret)
{
	struct repair_answer answer = {0};
	struct dfs_error why = {0};
	int rc;

	*ret = (struct repair_answer){0};
	if (!policies || !policies->ops || !policies->ops->repair)
		return;
	policies->decisions[POLICY_REPAIR]++;
	rc = policies->ops->repair(policies->ctx, request, view, &answer, &why);
	if (rc == 0)
		rc = repair_check(request, view, &answer, &why);
	if (rc != 0) {
		fell_back(policies, POLICY_REPAIR, &why);
		ret->fallback = true;
		return;
	}
	answer.reason[PLACE_REASON_MAX - 1] = '\0';
	*ret = answer;
}

int repair_check(const struct repair_request *request, const struct place_view *view,
        const struct repair_answer *answer, struct dfs_error *err)
{
	bool known = answer->source == 0;

	for (uint32_t i = 0; i < request->sources_count; i++)
		known |= request->sources[i] == answer->source;
	if (!known)
		return error_set(err, DFS_E_INVAL,
		        "node %" PRIu32 " is not among those that can be read from",
		        answer->source);
	if (answer->target != 0 && !find_node(view, answer->target))
		return error_set(err, DFS_E_INVAL,
		        "node %" PRIu32 " is not among those that can take the copy",
		        answer->target);
	if (!isfinite(answer->urgency))
		return error_set(err, DFS_E_INVAL, "the urgency is not a finite number");
	if (answer->delay_ms > REPAIR_DELAY_MAX_MS)
		return error_set(err, DFS_E_INVAL, "the delay is longer than %d s",
		        REPAIR_DELAY_MAX_MS / 1000);
	return 0;
}

static void fell_back(struct policies *policies, enum policy_kind kind, const struct dfs_error *err)
{
	policies->fallbacks[kind]++;
	snprintf(policies->error[kind], sizeof(policies->error[kind]), "%.255s",
	        err->text[0] != '\0' ? err->text : "the script failed without a sentence");
}

/* A view is in order of node number. */
static const struct place_node *find_node(const struct place_view *view, uint32_t node)
{
	size_t low = 0, high = view->nodes_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (view->nodes[middle].node < node)
			low = middle + 1;
		else
			high = middle;
	}
	return low < view->nodes_count && view->nodes[low].node == node ? &view->nodes[low] : NULL;
}

static uint32_t roomy_nodes(const struct place_view *view, uint64_t size_bytes)
{
	uint32_t count = 0;

	for (size_t i = 0; i < view->nodes_count; i++)
		count += view->nodes[i].free_bytes >= size_bytes;
	return count;
}

static uint32_t wanted_nodes(const struct place_request *request, const struct place_view *view)
{
	uint32_t roomy = roomy_nodes(view, request->size_bytes);
	uint32_t goal = request->goal < PLACE_REPLICAS_MAX ? request->goal : PLACE_REPLICAS_MAX;

	return goal < roomy ? goal : roomy;
}

static bool chosen(const struct place_answer *answer, uint32_t node)
{
	for (uint32_t i = 0; i < answer->nodes_count; i++)
		if (answer->nodes[i] == node)
			return true;
	return false;
}

/* ---- the built-in policy: one candidate against another ---- */

/* How many of the chosen share the rack; a node without one is a rack of its own. */
static uint32_t rack_mates(const struct place_view *view, const struct place_answer *sofar,
        const struct place_node *node)
{
	uint32_t mates = 0;

	if (node->rack[0] == '\0')
		return 0;
	for (uint32_t i = 0; i < sofar->nodes_count; i++)
		mates += strcmp(find_node(view, sofar->nodes[i])->rack, node->rack) == 0;
	return mates;
}

/* What was placed in the last minute will fill it, though its disks do not show it yet (GFS 4.2).
 */
static uint64_t room_after_recent(const struct place_node *node, uint64_t size_bytes)
{
	uint64_t taken;

	if (__builtin_mul_overflow(node->recent, size_bytes, &taken) || taken > node->free_bytes)
		return 0;
	return node->free_bytes - taken;
}

/* Chunks spread over nodes that are alike: their order is another for each seed. */
static uint64_t shuffle(uint64_t seed, uint32_t node)
{
	uint64_t x = seed ^ (node + UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xbf58476d1ce4e5b9);

	x = (x ^ (x >> 31)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 29);
}

static bool better(const struct place_request *request, const struct place_view *view,
        const struct place_answer *sofar, const struct place_node *a, const struct place_node *b)
{
	uint32_t a_mates = rack_mates(view, sofar, a), b_mates = rack_mates(view, sofar, b);
	uint64_t a_room = room_after_recent(a, request->size_bytes),
	         b_room = room_after_recent(b, request->size_bytes);

	if (a->avoid != b->avoid)
		return b->avoid;
	if (a_mates != b_mates)
		return a_mates < b_mates;
	if (a_room != b_room)
		return a_room > b_room;
	if (a->recent != b->recent)
		return a->recent < b->recent;
	return shuffle(request->seed, a->node) > shuffle(request->seed, b->node);
}

static const struct place_node *best_left(const struct place_request *request,
        const struct place_view *view, const struct place_answer *sofar)
{
	const struct place_node *best = NULL;

	for (size_t i = 0; i < view->nodes_count; i++) {
		const struct place_node *node = &view->nodes[i];

		if (node->free_bytes < request->size_bytes || chosen(sofar, node->node))
			continue;
		if (!best || better(request, view, sofar, node, best))
			best = node;
	}
	return best;
}

static uint64_t default_chunk_size(const struct file_request *request)
{
	return request->asked ? request->asked : CHUNK_SIZE_DEFAULT;
}

/* RULES 24: lowered to the registered datanodes; the master refused an explicit goal above them. */
static uint32_t default_goal(const struct file_request *request)
{
	uint64_t goal = request->asked ? request->asked : GOAL_DEFAULT;

	if (!request->asked && request->nodes < goal)
		goal = request->nodes;
	return goal > PLACE_REPLICAS_MAX ? PLACE_REPLICAS_MAX : (uint32_t)goal;
}
