/* SPDX-License-Identifier: MIT */
#include "node/master/decisions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/text.h"
#include "cluster/cluster.h"

enum { CANDIDATES_MAX = 24, REJECTED_MAX = 16 };

struct candidate {
	uint32_t node, recent;
	uint64_t free_bytes;
	bool avoid;
};

struct decision {
	uint64_t chunk, index, size_bytes;
	int64_t wall_ms;
	uint32_t goal;
	char policy[POLICY_NAME_MAX], path[160];
	struct place_answer answer;
	struct candidate candidates[CANDIDATES_MAX];
	uint32_t candidates_kept, candidates_count;
	struct place_rejected rejected[REJECTED_MAX];
	uint32_t rejected_count;
};

struct decisions {
	struct decision ring[DECISIONS_MAX];
	uint64_t made;
};

static const struct decision *find(const struct decisions *decisions, uint64_t chunk);
static bool was_chosen(const struct decision *decision, uint32_t node);
static void say_choice(const struct decision *decision, struct reasons *reasons);
static void say_candidates(const struct decision *decision, struct reasons *reasons);

struct decisions *decisions_create(void)
{
	return calloc(1, sizeof(struct decisions));
}

void decisions_destroy(struct decisions *decisions)
{
	free(decisions);
}

void decisions_keep(struct decisions *decisions, struct cluster *cluster, int64_t wall_ms,
        const char *policy, const struct place_request *request, const struct place_view *view,
        const struct place_answer *answer)
{
	struct decision *decision;

	if (!decisions)
		return;
	decision = &decisions->ring[decisions->made++ % DECISIONS_MAX];
	decision->chunk = request->chunk;
	decision->index = request->index;
	decision->size_bytes = request->size_bytes;
	decision->goal = request->goal;
	decision->wall_ms = wall_ms;
	decision->answer = *answer;
	snprintf(decision->policy, sizeof(decision->policy), "%s", policy);
	snprintf(decision->path, sizeof(decision->path), "%s", request->path ? request->path : "");
	decision->candidates_count = (uint32_t)view->nodes_count;
	decision->candidates_kept = 0;
	for (size_t i = 0; i < view->nodes_count && i < CANDIDATES_MAX; i++) {
		const struct place_node *node = &view->nodes[i];

		decision->candidates[decision->candidates_kept++] =
		        (struct candidate){node->node, node->recent, node->free_bytes, node->avoid};
	}
	decision->rejected_count =
	        cluster_rejected(cluster, request->size_bytes, decision->rejected, REJECTED_MAX);
}

bool decisions_why(
        const struct decisions *decisions, uint64_t chunk, bool whole, struct reasons *reasons)
{
	const struct decision *decision = decisions ? find(decisions, chunk) : NULL;

	if (!decision)
		return false;
	say_choice(decision, reasons);
	if (whole)
		say_candidates(decision, reasons);
	return true;
}

static const struct decision *find(const struct decisions *decisions, uint64_t chunk)
{
	uint64_t kept = decisions->made < DECISIONS_MAX ? decisions->made : DECISIONS_MAX;

	for (uint64_t i = 1; i <= kept; i++) {
		const struct decision *one =
		        &decisions->ring[(decisions->made - i) % DECISIONS_MAX];

		if (one->chunk == chunk)
			return one;
	}
	return NULL;
}

static bool was_chosen(const struct decision *decision, uint32_t node)
{
	for (uint32_t i = 0; i < decision->answer.nodes_count; i++)
		if (decision->answer.nodes[i] == node)
			return true;
	return false;
}

static void say_choice(const struct decision *decision, struct reasons *reasons)
{
	struct buf nodes = {0}, path = {0};

	for (uint32_t i = 0; i < decision->answer.nodes_count; i++)
		buf_printf(&nodes, "%s%" PRIu32, i ? ", " : "", decision->answer.nodes[i]);
	text_quote(decision->path, strlen(decision->path), &path);
	reasons_add_at(reasons, decision->wall_ms, "placement",
	        "policy %s put chunk %" PRIu64 " of %s on datanode%s %s (goal %" PRIu32 "): %s%s%s",
	        decision->answer.fallback ? "built-in" : decision->policy, decision->index,
	        path.data ? path.data : "?", decision->answer.nodes_count == 1 ? "" : "s",
	        nodes.data ? nodes.data : "?", decision->goal,
	        decision->answer.reason[0] ? decision->answer.reason : "it gave no reason",
	        decision->answer.fallback ? "; the script could not be used: " : "",
	        decision->answer.fallback ? decision->answer.error : "");
	buf_fini(&nodes);
	buf_fini(&path);
}

/* The view is what the policy saw: by it each candidate's place can be understood. */
static void say_candidates(const struct decision *decision, struct reasons *reasons)
{
	char about[40], available[TEXT_SIZE_MAX];

	for (uint32_t i = 0; i < decision->candidates_kept; i++) {
		const struct candidate *one = &decision->candidates[i];

		snprintf(about, sizeof(about), "placement, datanode %" PRIu32, one->node);
		text_size(one->free_bytes, available);
		reasons_add(reasons, about,
		        "%s: it had room for %s and got %" PRIu32 " chunks in the minute before%s",
		        was_chosen(decision, one->node) ? "chosen" : "not chosen", available,
		        one->recent,
		        one->avoid ? "; it had just failed this writer, and was to be avoided"
		                   : "");
	}
	if (decision->candidates_count > decision->candidates_kept)
		reasons_add(reasons, "placement", "%" PRIu32 " other candidates are not remembered",
		        decision->candidates_count - decision->candidates_kept);
	for (uint32_t i = 0; i < decision->rejected_count; i++) {
		snprintf(about, sizeof(about), "placement, datanode %" PRIu32,
		        decision->rejected[i].node);
		reasons_add(reasons, about, "no candidate: %s", decision->rejected[i].why);
	}
}
