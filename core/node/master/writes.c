/* SPDX-License-Identifier: MIT */
/*
 * Write sessions: new content for a file goes into fresh chunks under a session, and one commit
 * makes it visible (RULES 11). What a policy decides is decided here, before the operation that
 * carries its answer is queued.
 */
#include <stdio.h>
#include <string.h>
#include "node/master/decisions.h"
#include "node/master/role.h"

/* What a request that allocates chunks needs for its answer once the operation is durable. */
struct write_plan {
	uint64_t session;
	uint64_t chunk_size;
	uint32_t goal;
	struct proto_chunk_new chunks[ALLOCATE_MAX];
	size_t chunks_count;
	char warning[256];
	struct proto_op op; /* stage, commit: waits for chunks that are being sealed */
	size_t settled;     /* extents of it that were looked at */
	unsigned attempts;
	uint64_t waits_since_ms; /* for the nodes that such a chunk's seal needs */
};

enum {
	SETTLE_ATTEMPTS = 5,
	SETTLE_WAIT_MS = 30000 /* less than the patience of a client (60 s) */
};

static bool decide_goal(struct request *request, const struct file_request *file, uint32_t asked,
        struct write_plan *plan);
static bool allocate_chunks(struct request *request, const char *path, uint64_t index,
        uint32_t count, const uint32_t *avoid, size_t avoid_count);
static bool place_chunk(struct request *request, const struct place_request *place,
        const struct place_view *view, struct proto_chunk_new *ret);
static uint32_t chunks_wanted(uint64_t size, uint64_t chunk_size, uint32_t asked);
static void begun(void *arg, const struct meta_result *result);
static void allocated(void *arg, const struct meta_result *result);
static struct proto_allocated *plan_open(struct request *request);
static void sealed(void *arg, int code, const struct dfs_error *err, uint64_t length,
        uint64_t version, uint32_t crc);
static bool sealed_on_enough(struct request *request);
static struct proto_extent_new *extents_proven(
        struct request *request, const struct proto_extent *extents, size_t count);
static bool extent_proven(struct request *request, const struct proto_extent *extent, size_t i,
        uint64_t *ret_version);
static void extents_settle(struct request *request);
static void settled(void *arg, int code, const struct dfs_error *err, uint64_t length,
        uint64_t version, uint32_t crc);
static bool settle_again(struct request *request, const struct meta_result *result);
static void staged(void *arg, const struct meta_result *result);
static void committed(void *arg, const struct meta_result *result);
static void ended(void *arg, const struct meta_result *result);

void handle_write_begin(struct request *request, const void *args)
{
	const struct proto_write_begin_args *begin = args;
	struct master *master = request->master;
	struct proto_op op = {.kind = PROTO_OP_SESSION_BEGIN};
	struct file_request file = {
	        .size_bytes = begin->size, .nodes = cluster_nodes_staying(master->cluster)};
	struct write_plan *plan = request->plan = arena_alloc(&request->arena, sizeof(*plan));

	op.session_begin.path = file.path = request_path(request, begin->path);
	if (!file.path)
		return;
	plan->session = meta_new_session(master->meta);
	if (!plan->session) {
		request_refuse(request, DFS_E_BUSY, "the master reserves session ids: try again");
		return;
	}
	if (!decide_goal(request, &file, begin->goal, plan))
		return;
	file.asked = begin->chunk_size;
	if (begin->chunk_size &&
	        (begin->chunk_size < CHUNK_SIZE_MIN || begin->chunk_size > CHUNK_SIZE_MAX)) {
		request_refuse(request, DFS_E_INVAL,
		        "a chunk size of %llu bytes is not between 64K and 1G",
		        (unsigned long long)begin->chunk_size);
		return;
	}
	plan->chunk_size = policies_chunk_size(master->options.policies, &file);
	if (!allocate_chunks(request, file.path, 0,
	            chunks_wanted(begin->size, plan->chunk_size, begin->count), NULL, 0))
		return;
	op.session_begin.session = plan->session;
	op.session_begin.goal = plan->goal;
	op.session_begin.chunk_size = plan->chunk_size;
	op.session_begin.durability = begin->durability;
	op.session_begin.no_replace = begin->no_replace;
	op.session_begin.chunks = plan->chunks;
	op.session_begin.chunks_count = plan->chunks_count;
	request_submit(request, &op, begun);
}

void handle_allocate(struct request *request, const void *args)
{
	const struct proto_allocate_args *ask = args;
	struct master *master = request->master;
	struct proto_op op = {.kind = PROTO_OP_CHUNK_ADD};
	struct write_plan *plan = request->plan = arena_alloc(&request->arena, sizeof(*plan));
	struct proto_row_session row;
	struct session_life *life;
	struct dfs_error err = {0};

	if (meta_session(master->meta, ask->session, &request->arena, &row, &err) != 0) {
		request_fail(request, &err);
		return;
	}
	if (ask->count < 1 || ask->count > ALLOCATE_MAX) {
		request_refuse(request, DFS_E_INVAL, "allocate gives 1 to %d chunks, not %u",
		        ALLOCATE_MAX, ask->count);
		return;
	}
	session_seen(master, ask->session);
	life = session_find(master, ask->session);
	plan->session = ask->session;
	plan->chunk_size = row.chunk_size;
	plan->goal = row.goal;
	if (!allocate_chunks(request, row.name, life ? life->index : 0, ask->count, ask->avoid,
	            ask->avoid_count))
		return;
	op.chunk_add.session = ask->session;
	op.chunk_add.chunks = plan->chunks;
	op.chunk_add.chunks_count = plan->chunks_count;
	request_submit(request, &op, allocated);
}

void handle_renew(struct request *request, const void *args)
{
	const struct proto_renew_args *renew = args;
	struct proto_renew_reply reply = {.expires_ms = request->master->options.session_ms};
	struct proto_row_session row;
	struct dfs_error err = {0};

	if (meta_session(request->master->meta, renew->session, &request->arena, &row, &err) != 0) {
		request_fail(request, &err);
		return;
	}
	session_seen(request->master, renew->session);
	request_answer(request, &reply);
}

/* A replica failed this writer: RULES 1. What was acknowledged to it is part of the floor. */
void handle_seal(struct request *request, const void *args)
{
	const struct proto_seal_args *seal = args;
	struct proto_row_chunk row;
	struct dfs_error err = {0};

	if (meta_chunk(request->master->meta, seal->chunk, &request->arena, &row, &err) != 0) {
		request_fail(request, &err);
		return;
	}
	if (row.session != seal->session) {
		request_refuse(request, DFS_E_PERM,
		        "chunk %016llx is not written by session %016llx",
		        (unsigned long long)seal->chunk, (unsigned long long)seal->session);
		return;
	}
	session_seen(request->master, seal->session);
	request->sealing = seal->chunk;
	if (row.state == PROTO_CHUNK_STATE_SEALED) {
		sealed(request, 0, NULL, row.length, row.version, row.crc);
		return;
	}
	cluster_seal(request->master->cluster, seal->chunk,
	        seal->acked > row.floor ? seal->acked : row.floor, sealed, request);
}

void handle_stage(struct request *request, const void *args)
{
	const struct proto_stage_args *stage = args;
	struct write_plan *plan = request->plan = arena_alloc(&request->arena, sizeof(*plan));
	struct proto_op_stage *op = &plan->op.stage;

	plan->op.kind = PROTO_OP_STAGE;
	op->extents = extents_proven(request, stage->extents, stage->extents_count);
	if (!op->extents)
		return;
	session_seen(request->master, stage->session);
	op->session = stage->session;
	op->extents_count = stage->extents_count;
	extents_settle(request);
}

void handle_commit(struct request *request, const void *args)
{
	const struct proto_commit_args *commit = args;
	struct write_plan *plan = request->plan = arena_alloc(&request->arena, sizeof(*plan));
	struct proto_op_commit *op = &plan->op.commit;

	plan->op.kind = PROTO_OP_COMMIT;
	op->extents = extents_proven(request, commit->extents, commit->extents_count);
	if (!op->extents)
		return;
	session_seen(request->master, commit->session);
	op->session = commit->session;
	op->size = commit->size;
	op->extents_count = commit->extents_count;
	op->mode = commit->mode & 07777;
	op->mtime_ns =
	        commit->mtime_ns ? commit->mtime_ns : io_wall_ms(request->master->io) * 1000000;
	op->uid = commit->uid;
	op->gid = commit->gid;
	extents_settle(request);
}

void handle_abandon(struct request *request, const void *args)
{
	const struct proto_abandon_args *abandon = args;
	struct proto_op op = {
	        .kind = PROTO_OP_SESSION_END, .session_end.session = abandon->session};

	request_submit(request, &op, ended);
}

/*
 * RULES 24: the default is lowered, and said, where fewer datanodes are registered; an explicit
 * goal above them is refused. Fewer live ones than the goal: a warning down to min_replicas, a
 * refusal below.
 */
static bool decide_goal(struct request *request, const struct file_request *file, uint32_t asked,
        struct write_plan *plan)
{
	struct master *master = request->master;
	struct file_request ask = *file;
	uint32_t known = file->nodes, live = cluster_nodes_live(master->cluster), least;

	if (asked > PLACE_REPLICAS_MAX) {
		request_refuse(request, DFS_E_INVAL, "a goal is 1 to %d replicas, not %u",
		        PLACE_REPLICAS_MAX, asked);
		return false;
	}
	if (known == 0) {
		request_refuse(request, DFS_E_NODES, "%s: start one (dfs datanode)",
		        cluster_nodes_known(master->cluster)
		                ? "every datanode is being emptied"
		                : "no datanode has registered with this master yet");
		return false;
	}
	if (asked > known) {
		request_refuse(request, DFS_E_NODES,
		        "a goal of %u needs %u datanodes, and %u %s registered%s: ask for less",
		        asked, asked, known, known == 1 ? "is" : "are",
		        known < cluster_nodes_known(master->cluster) ? " beside those being emptied"
		                                                     : "");
		return false;
	}
	ask.asked = asked;
	plan->goal = policies_goal(master->options.policies, &ask);
	if (plan->goal > known) {
		snprintf(plan->warning, sizeof(plan->warning),
		        "goal lowered from %u to %u: only %u datanode%s registered", plan->goal,
		        known, known, known == 1 ? " is" : "s are");
		plan->goal = known;
	}
	least = writes_least(master, plan->goal);
	if (live < least) {
		request_refuse(request, DFS_E_NODES,
		        "%u of %u datanodes can take data, and the policy asks for at least %u "
		        "replicas: try again when more are up "
		        "(dfs nodes)",
		        live, known, least);
		return false;
	}
	if (live < plan->goal)
		snprintf(plan->warning, sizeof(plan->warning),
		        "only %u of %u datanodes can take data: stored with %u replicas now, "
		        "repaired to %u later",
		        live, known, live, plan->goal);
	return true;
}

/* Fewer are never acknowledged (RULES 24). */
uint32_t writes_least(const struct master *master, uint32_t goal)
{
	uint32_t least = master->options.min_replicas ? master->options.min_replicas : 2;

	return least < goal ? least : goal;
}

static bool allocate_chunks(struct request *request, const char *path, uint64_t index,
        uint32_t count, const uint32_t *avoid, size_t avoid_count)
{
	struct master *master = request->master;
	struct write_plan *plan = request->plan;
	const struct place_view *view;

	for (uint32_t i = 0; i < count; i++) {
		struct place_request place = {.path = path,
		        .index = index + i,
		        .size_bytes = plan->chunk_size,
		        .goal = plan->goal};
		struct proto_chunk_new *chunk = &plan->chunks[i];

		chunk->chunk = place.chunk = meta_new_chunk(master->meta);
		if (!chunk->chunk && i > 0)
			break; /* the next range of ids is on its way: this many for now */
		if (!chunk->chunk) {
			request_refuse(
			        request, DFS_E_BUSY, "the master reserves chunk ids: try again");
			return false;
		}
		place.seed = chunk->chunk * 0x9e3779b97f4a7c15u ^ meta_reign(master->meta);
		view = cluster_view(master->cluster, plan->chunk_size, avoid, avoid_count);
		if (!place_chunk(request, &place, view, chunk))
			return false;
		plan->chunks_count = i + 1;
	}
	return true;
}

static bool place_chunk(struct request *request, const struct place_request *place,
        const struct place_view *view, struct proto_chunk_new *ret)
{
	struct place_answer answer = {0};
	struct dfs_error err = {0};
	uint32_t least = writes_least(request->master, place->goal);

	if (policies_place(request->master->options.policies, place, view, &answer, &err) != 0) {
		request_fail(request, &err);
		return false;
	}
	decisions_keep(request->master->decisions, request->master->cluster,
	        io_wall_ms(request->master->io), policies_name(request->master->options.policies, "place"), place, view,
	        &answer);
	if (answer.nodes_count < least) {
		request_refuse(request, DFS_E_NOSPC,
		        "only %u datanode%s room for a chunk of %llu bytes, and %u are needed",
		        answer.nodes_count, answer.nodes_count == 1 ? " has" : "s have",
		        (unsigned long long)place->size_bytes, least);
		return false;
	}
	if (answer.nodes_count < place->goal && request->plan->warning[0] == '\0')
		snprintf(request->plan->warning, sizeof(request->plan->warning),
		        "only %u datanodes have room for a chunk: stored with fewer replicas than "
		        "the goal of %u, repaired later",
		        answer.nodes_count, place->goal);
	ret->version = 1;
	ret->nodes_count = answer.nodes_count;
	ret->nodes = arena_alloc(&request->arena, answer.nodes_count * sizeof(*ret->nodes));
	memcpy(ret->nodes, answer.nodes, answer.nodes_count * sizeof(*ret->nodes));
	/* Counted against the nodes at once: the next placement of this batch sees it (GFS 4.2). */
	cluster_chunk_opened(request->master->cluster, ret->chunk, ret->version, ret->nodes,
	        ret->nodes_count, place->size_bytes);
	return true;
}

static uint32_t chunks_wanted(uint64_t size, uint64_t chunk_size, uint32_t asked)
{
	uint64_t needed = size == UINT64_MAX ? 1 : (size + chunk_size - 1) / chunk_size;

	if (asked > ALLOCATE_MAX)
		asked = ALLOCATE_MAX;
	if (asked == 0)
		asked = 1;
	return needed < asked ? needed : asked;
}

static void begun(void *arg, const struct meta_result *result)
{
	struct request *request = arg;
	struct write_plan *plan = request->plan;
	struct proto_write_begin_reply reply = {.expires_ms = request->master->options.session_ms};
	struct proto_row_session row;
	struct dfs_error err = {0};

	if (result->code != 0) {
		request_fail(request, &result->err);
		return;
	}
	if (result->repeated) { /* RULES 17: the session of then; its chunks are not known here any
		                   more */
		if (meta_session(request->master->meta, result->value, &request->arena, &row,
		            &err) != 0) {
			request_fail(request, &err);
			return;
		}
		plan->session = result->value;
		plan->chunk_size = row.chunk_size;
		plan->goal = row.goal;
		plan->chunks_count = 0;
	}
	session_seen(request->master, plan->session);
	reply.session = plan->session;
	reply.chunk_size = plan->chunk_size;
	reply.goal = plan->goal;
	reply.warning = plan->warning;
	reply.chunks = plan_open(request);
	reply.chunks_count = plan->chunks_count;
	request_answer(request, &reply);
}

static void allocated(void *arg, const struct meta_result *result)
{
	struct request *request = arg;
	struct write_plan *plan = request->plan;
	struct proto_allocate_reply reply = {.warning = plan->warning};

	if (result->code != 0) {
		request_fail(request, &result->err);
		return;
	}
	if (result->repeated)
		plan->chunks_count = 0;
	reply.chunks = plan_open(request);
	reply.chunks_count = plan->chunks_count;
	request_answer(request, &reply);
}

/* The plan's chunks as the writer gets them: with a ticket and the addresses of the chain. */
static struct proto_allocated *plan_open(struct request *request)
{
	struct master *master = request->master;
	struct write_plan *plan = request->plan;
	struct proto_allocated *ret =
	        arena_alloc(&request->arena, (plan->chunks_count + 1) * sizeof(*ret));
	struct session_life *life = session_find(master, plan->session);

	for (size_t i = 0; i < plan->chunks_count; i++) {
		const struct proto_chunk_new *chunk = &plan->chunks[i];
		struct ticket ticket = {
		        .verb = TICKET_APPEND,
		        .chunk = chunk->chunk,
		        .version = chunk->version,
		        .length = plan->chunk_size,
		        .session = plan->session,
		        .expires_ms = master_clock_ms(master) + TICKET_APPEND_MS,
		};
		char text[PASS_SIZE];

		ticket_sign(master->options.key, &ticket, text);
		ret[i].ticket = arena_text(&request->arena, text, strlen(text));
		ret[i].chunk = chunk->chunk;
		ret[i].version = chunk->version;
		ret[i].lease_ms = master->options.timing.lease_ms;
		ret[i].replicas_count = chunk->nodes_count;
		ret[i].replicas =
		        arena_alloc(&request->arena, chunk->nodes_count * sizeof(*ret[i].replicas));
		for (size_t j = 0; j < chunk->nodes_count; j++) {
			const char *address = cluster_address(master->cluster, chunk->nodes[j]);

			ret[i].replicas[j].node = chunk->nodes[j];
			ret[i].replicas[j].address =
			        address ? arena_text(&request->arena, address, strlen(address))
			                : "";
			ret[i].replicas[j].state = PROTO_REPLICA_STATE_OPEN;
			ret[i].replicas[j].version = chunk->version;
		}
	}
	if (life)
		life->index += plan->chunks_count;
	return ret;
}

static void sealed(void *arg, int code, const struct dfs_error *err, uint64_t length,
        uint64_t version, uint32_t crc)
{
	struct request *request = arg;
	struct proto_seal_reply reply = {.length = length, .version = version, .crc = crc};

	if (code != 0)
		request_fail(request, err);
	else if (length == 0 || sealed_on_enough(request))
		request_answer(request, &reply);
}

/*
 * What a writer is told of a chunk that was sealed early counts as acknowledged: its bytes must be
 * on as many datanodes as any others (RULES 24). Those that froze with all of it do; the rest of
 * the goal is repair's. Otherwise the writer still has the bytes, and writes them again elsewhere.
 */
static bool sealed_on_enough(struct request *request)
{
	uint64_t chunk = request->sealing;
	struct proto_replica *replicas = NULL;
	struct proto_row_chunk row;
	size_t count = 0;
	uint32_t whole = 0, least;

	if (meta_chunk(request->master->meta, chunk, &request->arena, &row, NULL) != 0 ||
	        cluster_replicas(
	                request->master->cluster, chunk, &request->arena, &replicas, &count) != 0)
		count = 0;
	for (size_t i = 0; i < count; i++)
		whole += replicas[i].state == PROTO_REPLICA_STATE_GOOD ||
		         replicas[i].state == PROTO_REPLICA_STATE_OPEN;
	least = writes_least(request->master, row.goal);
	if (whole >= least)
		return true;
	request_refuse(request, DFS_E_NODES,
	        "chunk %016llx was sealed with %u whole replica%s, and %u are needed: write its "
	        "bytes "
	        "again in another one",
	        (unsigned long long)chunk, whole, whole == 1 ? "" : "s", least);
	return false;
}

/*
 * RULES 11: each extent shows the datanode's receipt for exactly these bytes, or lies in a chunk
 * that the master itself has sealed under this very session (the operation checks the session and
 * the length). NULL after refusing the request.
 */
static struct proto_extent_new *extents_proven(
        struct request *request, const struct proto_extent *extents, size_t count)
{
	struct proto_extent_new *ret = arena_alloc(&request->arena, (count + 1) * sizeof(*ret));

	for (size_t i = 0; i < count; i++) {
		const struct proto_extent *extent = &extents[i];

		ret[i].offset = extent->offset;
		ret[i].chunk = extent->chunk;
		ret[i].chunk_offset = extent->chunk_offset;
		ret[i].length = extent->length;
		ret[i].crc = extent->crc;
		if (!extent_proven(request, extent, i, &ret[i].version))
			return NULL;
	}
	return ret;
}

static bool extent_proven(
        struct request *request, const struct proto_extent *extent, size_t i, uint64_t *ret_version)
{
	struct receipt_claim claim;
	struct proto_row_chunk row;
	struct dfs_error err = {0};

	if (extent->receipt && extent->receipt[0]) {
		if (receipt_parse(request->master->options.key, extent->receipt, &claim, &err) ==
		                0 &&
		        claim.chunk == extent->chunk && claim.offset == extent->chunk_offset &&
		        claim.length == extent->length && claim.crc == extent->crc) {
			*ret_version = claim.version;
			return true;
		}
		request_refuse(
		        request, DFS_E_PERM, "extent %zu: its receipt is not for these bytes", i);
		return false;
	}
	if (meta_chunk(request->master->meta, extent->chunk, &request->arena, &row, &err) != 0) {
		request_fail(request, &err);
		return false;
	}
	if (row.state == PROTO_CHUNK_STATE_SEALED)
		return true;
	request_refuse(request, DFS_E_PERM,
	        "extent %zu: chunk %016llx is not sealed, and no receipt came with it", i,
	        (unsigned long long)extent->chunk);
	return false;
}

/*
 * A chunk that the master began to freeze (a node died, the master itself was restarted) has a
 * higher version than the receipt. Its seal comes first, with these extents under the floor; only
 * then is the operation queued.
 */
static void extents_settle(struct request *request)
{
	struct write_plan *plan = request->plan;
	bool commit = plan->op.kind == PROTO_OP_COMMIT;
	const struct proto_extent_new *extents =
	        commit ? plan->op.commit.extents : plan->op.stage.extents;
	size_t count = commit ? plan->op.commit.extents_count : plan->op.stage.extents_count;

	for (; plan->settled < count; plan->settled++) {
		const struct proto_extent_new *extent = &extents[plan->settled];
		uint64_t end = extent->chunk_offset + extent->length;
		struct proto_row_chunk row;
		struct dfs_error err = {0};

		if (extent->version == 0)
			continue;
		if (meta_chunk(request->master->meta, extent->chunk, &request->arena, &row, &err) !=
		        0) {
			request_fail(request, &err);
			return;
		}
		if (row.state == PROTO_CHUNK_STATE_OPEN && row.version != extent->version) {
			cluster_seal(request->master->cluster, extent->chunk,
			        end > row.floor ? end : row.floor, settled, request);
			return;
		}
	}
	request_submit(request, &plan->op, commit ? committed : staged);
}

static void settled(void *arg, int code, const struct dfs_error *err, uint64_t length,
        uint64_t version, uint32_t crc)
{
	struct request *request = arg;
	uint64_t now_ms = io_mono_ms(request->master->io);
	struct write_plan *plan = request->plan;

	if (code == 0) {
		extents_settle(request);
		return;
	}
	if (!plan->waits_since_ms)
		plan->waits_since_ms = now_ms;
	/* What was acknowledged is on nodes that are away: they may come back soon, and nobody else
	 * can tell its length. */
	if (code == DFS_E_UNAVAIL && now_ms - plan->waits_since_ms < SETTLE_WAIT_MS &&
	        (request->peer || request->http))
		request->retry = extents_settle;
	else
		request_fail(request, err);
}

/* The operation met a chunk whose freeze began after we looked: look again. */
static bool settle_again(struct request *request, const struct meta_result *result)
{
	struct write_plan *plan = request->plan;

	if (result->code != DFS_E_STALE || ++plan->attempts > SETTLE_ATTEMPTS)
		return false;
	plan->settled = 0;
	extents_settle(request);
	return true;
}

static void staged(void *arg, const struct meta_result *result)
{
	struct request *request = arg;
	struct proto_stage_reply reply = {0};

	if (settle_again(request, result))
		return;
	if (result->code != 0)
		request_fail(request, &result->err);
	else
		request_answer(request, &reply);
}

static void committed(void *arg, const struct meta_result *result)
{
	struct request *request = arg;
	struct proto_commit_reply reply = {.attr = result->attr};

	if (settle_again(request, result))
		return;
	if (result->code != 0)
		request_fail(request, &result->err);
	else
		request_answer(request, &reply);
}

static void ended(void *arg, const struct meta_result *result)
{
	struct request *request = arg;
	struct proto_abandon_reply reply = {0};

	if (result->code != 0 && result->code != DFS_E_EXPIRED)
		request_fail(request, &result->err);
	else
		request_answer(request, &reply);
}
