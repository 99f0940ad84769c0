/* SPDX-License-Identifier: MIT */
/* `dfs why`: what the metadata, the cluster engine and the decisions know of a chunk, a datanode or
 * the cluster, as sentences. Paths stand in why_path.c. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "base/chunk_id.h"
#include "node/master/why.h"

enum { HISTORY_SHOWN = 12, HISTORY_MAX = 1000 };

static void why_chunk(struct request *request, uint64_t chunk);
static void why_row(struct request *request, uint64_t chunk, const struct proto_row_chunk *row,
        const char *about, struct reasons *reasons);
static void why_keepsake(struct request *request, uint64_t chunk, const struct proto_row_chunk *row,
        const char *about, struct reasons *reasons);
static void why_node(struct request *request, uint32_t node);
static void why_cluster(struct request *request);
static bool for_all(struct request *request);

void handle_why(struct request *request, const void *args)
{
	const struct proto_why_args *why = args;
	bool path = why->path && why->path[0];

	if (path + (why->chunk != 0) + (why->node != 0) > 1)
		request_refuse(request, DFS_E_INVAL,
		        "ask about a path, a chunk or a datanode, one at a time");
	else if (path)
		why_path(request, why);
	else if (!for_all(request))
		return;
	else if (why->chunk != 0)
		why_chunk(request, why->chunk);
	else if (why->node != 0)
		why_node(request, why->node);
	else
		why_cluster(request);
}

void handle_history(struct request *request, const void *args)
{
	const struct proto_history_args *ask = args;
	struct reasons reasons = {.arena = &request->arena};
	struct proto_history_reply reply = {0};
	uint32_t limit = ask->limit > 0 && ask->limit < HISTORY_MAX ? ask->limit : HISTORY_MAX;

	if (!for_all(request))
		return;
	cluster_history(request->master->cluster, ask->chunk, ask->node, limit, &reasons);
	reply.events = reasons.list;
	reply.events_count = reasons.count;
	if (reasons.failed)
		request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
	else
		request_answer(request, &reply);
}

void why_answer(struct request *request, const struct reasons *reasons, uint64_t next)
{
	struct proto_why_reply reply = {
	        .reasons = reasons->list,
	        .reasons_count = reasons->count,
	        .more = reasons->more,
	        .next = next,
	};

	if (reasons->failed)
		request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
	else
		request_answer(request, &reply);
}

void why_session(struct request *request, uint64_t id, const struct proto_row_session *row,
        const char *about, struct reasons *reasons)
{
	struct master *master = request->master;
	struct session_life *life = session_find(master, id);
	struct buf name = {0};

	text_quote(row->name, strlen(row->name), &name);
	reasons_add(reasons, about,
	        "write session %016" PRIx64
	        " holds it, for new content of \"%s\": last sign of life %" PRIu64
	        " s ago, it ends after %" PRIu64 " s of silence",
	        id, name.data ? name.data : "?",
	        life ? (io_mono_ms(master->io) - life->seen_ms) / 1000 : 0,
	        master->options.session_ms / 1000);
	buf_fini(&name);
}

static void why_chunk(struct request *request, uint64_t chunk)
{
	struct master *master = request->master;
	struct reasons reasons = {.arena = &request->arena};
	struct proto_row_chunk row = {0};
	struct dfs_error err = {0};
	char about[40];
	int code = meta_chunk(master->meta, chunk, &request->arena, &row, &err);

	snprintf(about, sizeof(about), "chunk %016" PRIx64, chunk);
	if (code == DFS_E_NOENT) {
		request_refuse(request, DFS_E_NOENT,
		        "there is no chunk %016" PRIx64
		        ": it was never made, or nothing referred to it and it was deleted",
		        chunk);
		return;
	}
	if (code != 0) {
		request_fail(request, &err);
		return;
	}
	why_row(request, chunk, &row, about, &reasons);
	if (!chunk_is_keepsake(chunk) && !decisions_why(master->decisions, chunk, true, &reasons))
		reasons_add(&reasons, "placement",
		        "this master does not remember why: it keeps its last %d decisions",
		        DECISIONS_MAX);
	cluster_why_chunk(master->cluster, chunk, &reasons);
	cluster_history(master->cluster, chunk, 0, HISTORY_SHOWN, &reasons);
	why_answer(request, &reasons, 0);
}

/* What the metadata says of it. */
static void why_row(struct request *request, uint64_t chunk, const struct proto_row_chunk *row,
        const char *about, struct reasons *reasons)
{
	struct master *master = request->master;
	struct proto_row_session session;
	struct buf nodes = {0};

	if (chunk_is_keepsake(chunk)) {
		why_keepsake(request, chunk, row, about, reasons);
		return;
	}
	if (row->state == PROTO_CHUNK_STATE_SEALED)
		reasons_add(reasons, about,
		        "sealed: %" PRIu64 " bytes, CRC32C %08" PRIx32 ", version %" PRIu64
		        ", goal %" PRIu32 "; %" PRIu32 " extent%s of files point%s at %" PRIu64
		        " of its bytes",
		        row->length, row->crc, row->version, row->goal, row->refs,
		        row->refs == 1 ? "" : "s", row->refs == 1 ? "s" : "", row->live);
	else if (row->state == PROTO_CHUNK_STATE_OPEN)
		reasons_add(reasons, about,
		        "open: version %" PRIu64 ", goal %" PRIu32 ", %" PRIu64
		        " bytes are in a committed file",
		        row->version, row->goal, row->floor);
	else
		reasons_add(reasons, about,
		        "freed %" PRId64
		        " s ago: no file and no name in the trash refers to it; it is "
		        "deleted once %" PRIu64 " s have passed",
		        (io_wall_ms(master->io) - row->freed_ms) / 1000,
		        (master->options.linger_ms) / 1000);
	for (size_t i = 0; i < row->nodes_count; i++)
		buf_printf(&nodes, "%s%" PRIu32 "%s", i ? ", " : "", row->nodes[i],
		        cluster_address(master->cluster, row->nodes[i]) ? "" : " (forgotten)");
	reasons_add(reasons, about,
	        "allocated in epoch %" PRIu64 "%s on datanode%s %s, the first orders the appends",
	        chunk_epoch(chunk),
	        chunk_epoch(chunk) == meta_epoch(master->meta) ? " (this one)" : "",
	        row->nodes_count == 1 ? "" : "s", nodes.data ? nodes.data : "?");
	buf_fini(&nodes);
	if (row->session != 0 &&
	        meta_session(master->meta, row->session, &request->arena, &session, NULL) == 0)
		why_session(request, row->session, &session, about, reasons);
}

/* A chunk of no file. */
static void why_keepsake(struct request *request, uint64_t chunk, const struct proto_row_chunk *row,
        const char *about, struct reasons *reasons)
{
	const struct proto_row_keepsake *keepsake = keepsakes_find(request->master, chunk);

	if (keepsake)
		reasons_add(reasons, about,
		        "a piece of the metadata%s up to operation %" PRIu64 ", %" PRIu64
		        " bytes, goal %" PRIu32
		        ": what `dfs master rescue` goes by where the master's disk is lost",
		        keepsake->from ? "'s log" : "", keepsake->operation, row->length, row->goal);
	else
		reasons_add(reasons, about,
		        "a piece of an older state of the metadata, which a newer one replaced: "
		        "freed, and deleted soon");
}

static void why_node(struct request *request, uint32_t node)
{
	struct reasons reasons = {.arena = &request->arena};

	if (!cluster_why_node(request->master->cluster, node, &reasons))
		request_refuse(
		        request, DFS_E_NOENT, "there is no datanode %" PRIu32 " (dfs nodes)", node);
	else
		why_answer(request, &reasons, 0);
}

static void why_cluster(struct request *request)
{
	struct master *master = request->master;
	struct policies *policies = master->options.policies;
	struct reasons reasons = {.arena = &request->arena};
	char about[40];

	if (master->outdated[0])
		reasons_add(&reasons, "read-only", "%s", master->outdated);
	if (cluster_nodes_known(master->cluster) == 0)
		reasons_add(&reasons, "datanodes",
		        "none has registered with this master yet: start one (dfs datanode)");
	cluster_why(master->cluster, &reasons);
	for (int i = 0; i < POLICY_KINDS; i++) {
		if (!policies->error[i][0])
			continue;
		snprintf(about, sizeof(about), "policy %s", policy_kind_name((enum policy_kind)i));
		reasons_add(&reasons, about,
		        "%" PRIu64 " of %" PRIu64
		        " decisions were made by the built-in policy; the "
		        "script's last error: %s",
		        policies->fallbacks[i], policies->decisions[i], policies->error[i]);
	}
	why_answer(request, &reasons, 0);
}

/* Chunks and datanodes belong to no tree. */
static bool for_all(struct request *request)
{
	const char *prefix = request->token.prefix;

	if (!prefix[0] || strcmp(prefix, "/") == 0)
		return true;
	request_refuse(
	        request, DFS_E_PERM, "a token for one tree must ask about a path below %s", prefix);
	return false;
}
