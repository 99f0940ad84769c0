/* SPDX-License-Identifier: MIT */
/*
 * Replicas are frozen: asked to refuse the old version for ever and to tell what they have; then
 * the answers decide whether the chunk can be sealed, and where (RULES 1).
 */
#include "cluster/sealing.h"

#include <assert.h>
#include <inttypes.h>
#include <utlist.h>
#include "base/buf.h"

/* What the answers so far allow. */
struct verdict {
	bool possible;
	uint64_t length;
	uint32_t crc;
};

static void freeze_one(struct cluster *cluster, struct open *open, struct member *member);
static void decide(struct cluster *cluster, struct open *open, bool in_time);
static struct verdict verdict_of(const struct open *open);
static void record(struct cluster *cluster, struct open *open, const struct verdict *verdict);
static void wait_for_nodes(struct cluster *cluster, struct open *open);
static void late_answer(
        struct cluster *cluster, const struct call *call, const struct proto_freeze_reply *reply);

void freeze_all(struct cluster *cluster, struct open *open)
{
	uint32_t asked = 0;

	seal_move(open->seal, SEAL_FREEZING);
	io_timer_set(cluster->io, open->seal->timer, cluster->options.freeze_wait_ms);
	for (uint32_t i = 0; i < open->members_count; i++) {
		freeze_one(cluster, open, &open->members[i]);
		asked += open->members[i].asked;
	}
	if (asked == 0)
		decide(cluster, open, true);
}

void seal_frozen(struct cluster *cluster, const struct call *call, int code,
        const struct dfs_error *err, const struct proto_freeze_reply *reply)
{
	struct open *open = open_find(cluster, call->chunk);
	struct member *member = open ? open_member(open, cluster->nodes[call->slot]->number) : NULL;

	if (!member) {
		if (code == 0)
			late_answer(cluster, call, reply);
		return;
	}
	/* An answer to a seal that failed meanwhile: the next one asks anew, with another version.
	 */
	if (!open->seal || open->seal->version != call->version)
		return;
	member->asked = false;
	if (code != 0) {
		cluster_event(cluster,
		        "event=freeze_failed chunk=%016" PRIx64 " node=%" PRIu32
		        " code=%s why=\"%s\"",
		        open->chunk, member->number, dfs_error_name(code), err ? err->text : "");
	} else {
		member->frozen = reply->found;
		member->nothing = !reply->found;
		member->held = reply->found;
		member->absent = !reply->found;
		member->state = reply->state == PROTO_HELD_STATE_OPEN ? PROTO_HELD_STATE_FROZEN
		                                                      : reply->state;
		/* One that sealed itself before keeps its version until it is told to raise it. */
		member->version = reply->version ? reply->version : call->version;
		member->length = reply->length;
		member->crc = reply->crc;
		member->committed = reply->committed;
		if (reply->found && reply->committed > open->floor)
			open->floor = reply->committed;
	}
	decide(cluster, open, true);
}

void seal_node_back(struct cluster *cluster, const struct node *node)
{
	struct open *open, *next;

	HASH_ITER (hh, cluster->opens, open, next) {
		struct member *member = open->seal ? open_member(open, node->number) : NULL;

		if (!member || member->frozen)
			continue;
		if (open->seal->state == SEAL_WAITING)
			freeze_all(cluster, open);
		else if (open->seal->state == SEAL_FREEZING)
			freeze_one(cluster, open, member);
	}
}

void freeze_timer(void *arg)
{
	struct seal *seal = arg;
	struct cluster *cluster = seal->cluster;
	struct open *open = open_find(cluster, seal->chunk);

	assert(open && open->seal == seal);
	if (seal->state == SEAL_FREEZING)
		decide(cluster, open, false);
	else if (seal->state == SEAL_WAITING)
		freeze_all(cluster, open);
}

static void freeze_one(struct cluster *cluster, struct open *open, struct member *member)
{
	struct node *node = node_find(cluster, member->number);
	struct call like = {.chunk = open->chunk, .version = open->seal->version};
	struct proto_freeze_args args = {
	        .chunk = open->chunk,
	        .version = open->seal->version,
	        .epoch = cluster->options.epoch,
	};

	if (member->frozen || member->asked || !node || !node_reachable(node))
		return;
	member->nothing = false;
	member->asked = call_send(
	        cluster, node, PROTO_CALL_FREEZE, &args, &like, cluster->options.dead_after_ms);
}

/*
 * Every answer counts, so those asked are waited for, but not longer than freeze_wait: one frozen
 * replica has stopped all acknowledgements.
 */
static void decide(struct cluster *cluster, struct open *open, bool in_time)
{
	struct verdict verdict;
	uint32_t asked = 0;

	if (open->seal->state != SEAL_FREEZING)
		return;
	for (uint32_t i = 0; i < open->members_count; i++)
		asked += open->members[i].asked;
	if (asked > 0 && in_time)
		return;
	verdict = verdict_of(open);
	if (verdict.possible)
		record(cluster, open, &verdict);
	else if (!in_time)
		wait_for_nodes(cluster, open);
}

/*
 * RULES 1: the largest length of a frozen replica whose spans verify, if it reaches the floor.
 *
 * A replica that is not there cannot be frozen: a chain that is on its way may make it the next
 * moment, and acknowledge. Only the writer that gave the chunk up can say that nothing comes any
 * more; then it ends empty. Otherwise the nodes are asked again later.
 */
static struct verdict verdict_of(const struct open *open)
{
	struct verdict verdict = {0};
	uint32_t absent = 0;

	for (uint32_t i = 0; i < open->members_count; i++) {
		const struct member *member = &open->members[i];

		absent += member->nothing;
		if (!member->frozen)
			continue;
		if (!member->held || member->state == PROTO_HELD_STATE_BAD)
			continue;
		/* Among equals the first of the chain. */
		if (verdict.possible && member->length <= verdict.length)
			continue;
		verdict = (struct verdict){true, member->length, member->crc};
	}
	if (verdict.possible)
		verdict.possible = verdict.length >= open->floor;
	else
		verdict.possible = absent > 0 && open->floor == 0 && open->seal->by_writer;
	return verdict;
}

static void record(struct cluster *cluster, struct open *open, const struct verdict *verdict)
{
	struct seal *seal = open->seal;
	struct proto_op op = {.kind = PROTO_OP_CHUNK_SEAL};
	struct call like = {.chunk = open->chunk, .version = seal->version};

	if (verdict->length > CHUNK_SIZE_MAX) {
		seal_fail(cluster, open, DFS_E_RANGE,
		        "a replica says that it is longer than a chunk can be");
		return;
	}
	seal_move(seal, SEAL_RECORDING);
	io_timer_cancel(cluster->io, seal->timer);
	seal->length = verdict->length;
	seal->crc = verdict->crc;
	op.chunk_seal.chunk = open->chunk;
	op.chunk_seal.version = seal->version;
	op.chunk_seal.length = seal->length;
	op.chunk_seal.crc = seal->crc;
	if (!call_submit(cluster, &op, &like))
		seal_fail(cluster, open, DFS_E_NOMEM, "no memory to record the seal");
}

/* Nothing is sealed, nothing is cut; who waits is told which nodes are missed. */
static void wait_for_nodes(struct cluster *cluster, struct open *open)
{
	struct seal *seal = open->seal;
	struct waiter *waiters = seal->waiters;
	struct dfs_error err = {0};

	seal_say(cluster, open, &err);
	if (!seal->said)
		cluster_event(cluster,
		        "event=seal_waits chunk=%016" PRIx64 " floor=%" PRIu64 " why=\"%s\"",
		        open->chunk, open->floor, err.text);
	seal->said = true;
	seal->waiters = NULL;
	seal_move(seal, SEAL_WAITING);
	io_timer_set(cluster->io, seal->timer, cluster->options.dead_after_ms);
	seal_waiters_call(waiters, DFS_E_UNAVAIL, err.text, 0, 0, 0);
}

void seal_say(struct cluster *cluster, const struct open *open, struct dfs_error *ret)
{
	struct buf nodes = {0};
	uint64_t longest = 0;

	for (uint32_t i = 0; i < open->members_count; i++) {
		const struct member *member = &open->members[i];
		const char *address = cluster_address(cluster, member->number);

		if (member->frozen && member->held && member->state != PROTO_HELD_STATE_BAD) {
			longest = member->length > longest ? member->length : longest;
			continue;
		}
		buf_printf(&nodes, "%s%" PRIu32 " (%s)", nodes.size ? ", " : "", member->number,
		        address ? address : "?");
	}
	if (nodes.size == 0)
		error_set(ret, DFS_E_UNAVAIL,
		        "chunk %016" PRIx64 ": %" PRIu64
		        " bytes were acknowledged and its replicas have only %" PRIu64,
		        open->chunk, open->floor, longest);
	else
		error_set(ret, DFS_E_UNAVAIL,
		        "chunk %016" PRIx64 " cannot be sealed yet: %" PRIu64
		        " bytes were acknowledged, the replicas that answered "
		        "have %" PRIu64 "; it waits for datanode %s",
		        open->chunk, open->floor, longest, nodes.data);
	buf_fini(&nodes);
}

/* The seal went on without it: what it froze is judged against what was sealed. */
static void late_answer(
        struct cluster *cluster, const struct call *call, const struct proto_freeze_reply *reply)
{
	struct chunk *chunk = chunk_find(cluster, call->chunk);
	struct proto_held held = {
	        .chunk = call->chunk,
	        .version = reply->version ? reply->version : call->version,
	        .length = reply->length,
	        .crc = reply->crc,
	        .state = reply->state == PROTO_HELD_STATE_OPEN ? PROTO_HELD_STATE_FROZEN
	                                                       : reply->state,
	        .why = "",
	};

	if (!chunk || chunk->state != PROTO_CHUNK_STATE_SEALED)
		return;
	if (reply->found)
		held_heard(cluster, cluster->nodes[call->slot], &held);
	else
		replica_drop(cluster, chunk, cluster->nodes[call->slot]);
}
