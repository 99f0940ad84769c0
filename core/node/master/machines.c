/* SPDX-License-Identifier: MIT */
/*
 * Datanodes at the master's door: they register, report, beat and ask for leases; what the cluster
 * engine wants of them or of the metadata leaves from here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "base/text.h"
#include "node/master/role.h"

/* A slow copy may take long; the engine gives it up sooner where it should (repair.c), and so does
 * the datanode, which hears nothing from its source. */
enum { CALL_PATIENCE_MS = 120000, COPY_PATIENCE_MS = 24 * 3600 * 1000 };

/* An effect of the cluster engine under way: its answer goes back with the token. */
struct effect {
	struct master *master;
	uint64_t token;
};

/* A call to a datanode without a channel: refused in the next turn. */
struct unreachable {
	link_reply *reply;
	void *arg;
	struct unreachable *next;
};

static void out_call(
        void *arg, uint32_t node, enum proto_call call, const void *args, uint64_t token);
static void out_submit(void *arg, const struct proto_op *op, uint64_t token);
static void out_event(void *arg, const char *line);
static int out_ticket(
        void *arg, uint64_t chunk, uint64_t version, uint64_t length, char ret[PASS_SIZE]);
static bool out_writer_alive(void *arg, uint64_t chunk);
static enum orphan_verdict out_orphan(void *arg, uint64_t chunk);
static void out_coming(void *arg, uint32_t node, uint64_t chunk, const struct proto_held *held);
static struct effect *effect_new(struct master *master, uint64_t token);
static void called(void *arg, int code, const struct dfs_error *err, const void *reply);
static void durable(void *arg, const struct meta_result *result);
static int load_node(void *arg, uint32_t node, const struct proto_row_node *row);
static int load_chunk(void *arg, uint64_t chunk, const struct proto_row_chunk *row);
static struct machine *machine_find(struct master *master, uint64_t uuid);
static struct machine *machine_add(
        struct master *master, uint32_t node, const struct proto_row_node *row);
static bool may_register(struct request *request, const struct proto_register_args *args);
static void register_known(
        struct request *request, struct machine *machine, const struct proto_register_args *args);
static void node_set(void *arg, const struct meta_result *result);
static struct proto_register_args *register_copy(
        struct request *request, const struct proto_register_args *args);
static void chunk_refresh(struct master *master, uint64_t chunk, struct arena *arena);
static void drain_applied(struct master *master, uint32_t node, bool draining);
static void forget_applied(struct master *master, uint32_t node);
static bool from_node(struct request *request);

int machines_load(struct master *master, struct dfs_error *err)
{
	struct load {
		struct master *master;
		uint64_t last;
		uint32_t seen;
	} load = {.master = master};
	struct proto_row_counters counters = {0};
	struct arena arena = {0};
	int code = meta_counters(master->meta, &arena, &counters);

	master->next_node = counters.next_node;
	arena_fini(&arena);
	if (code == 0)
		code = meta_each_node(master->meta, load_node, master);
	do {
		load.seen = 0;
		if (code == 0)
			code = meta_each_chunk(master->meta, load.last, 10000, load_chunk, &load);
	} while (code == 0 && load.seen > 0);
	return code == 0
	               ? 0
	               : error_set(err, code, "reading datanodes and chunks from the metadata: %s",
	                         dfs_error_text(code));
}

struct cluster_out machines_out(struct master *master)
{
	return (struct cluster_out){
	        .call = out_call,
	        .submit = out_submit,
	        .event = out_event,
	        .ticket = out_ticket,
	        .writer_alive = out_writer_alive,
	        .orphan = out_orphan,
	        .coming = out_coming,
	        .arg = master,
	};
}

void machines_peer_gone(struct peer *peer)
{
	struct machine *machine;

	if (!peer->node)
		return;
	LL_FOREACH (peer->master->machines, machine) {
		if (machine->peer == peer)
			machine->peer = NULL;
	}
	cluster_node_lost(peer->master->cluster, peer->node);
	keepsakes_node_gone(peer->master, peer->node);
}

/* Committed: what the cluster engine should know of it. */
void machines_applied(
        struct master *master, const struct proto_op *op, const struct meta_result *result)
{
	struct arena arena = {0};

	if (result->code != 0 || result->repeated)
		return;
	switch (op->kind) {
	case PROTO_OP_SESSION_BEGIN:
		for (size_t i = 0; i < op->session_begin.chunks_count; i++)
			chunk_refresh(master, op->session_begin.chunks[i].chunk, &arena);
		break;
	case PROTO_OP_CHUNK_ADD:
		for (size_t i = 0; i < op->chunk_add.chunks_count; i++)
			chunk_refresh(master, op->chunk_add.chunks[i].chunk, &arena);
		break;
	case PROTO_OP_CHUNK_RAISE:
		chunk_refresh(master, op->chunk_raise.chunk, &arena);
		break;
	case PROTO_OP_CHUNK_SEAL:
		chunk_refresh(master, op->chunk_seal.chunk, &arena);
		break;
	case PROTO_OP_STAGE:
		for (size_t i = 0; i < op->stage.extents_count; i++)
			chunk_refresh(master, op->stage.extents[i].chunk, &arena);
		break;
	case PROTO_OP_COMMIT:
		for (size_t i = 0; i < op->commit.extents_count; i++)
			chunk_refresh(master, op->commit.extents[i].chunk, &arena);
		session_gone(master, op->commit.session);
		break;
	case PROTO_OP_KEEPSAKE_ADD:
		for (size_t i = 0; i < op->keepsake_add.chunks_count; i++)
			chunk_refresh(master, op->keepsake_add.chunk + i, &arena);
		break;
	case PROTO_OP_HOLD:
	case PROTO_OP_ACCEPT:
		fence_hold(master);
		break;
	case PROTO_OP_SESSION_END:
		session_gone(master, op->session_end.session);
		break;
	case PROTO_OP_NODE_SET:
		drain_applied(master, op->node_set.node, op->node_set.draining);
		break;
	case PROTO_OP_SETTING_SET:
		balance_applied(master, &op->setting_set);
		break;
	case PROTO_OP_NODE_DRAIN:
		drain_applied(master, op->node_drain.node, op->node_drain.draining);
		break;
	case PROTO_OP_NODE_FORGET:
		forget_applied(master, op->node_forget.node);
		break;
	default:
		break;
	}
	arena_fini(&arena);
}

void handle_register(struct request *request, const void *args)
{
	const struct proto_register_args *ask = args;
	struct machine *machine;
	struct proto_op op = {.kind = PROTO_OP_NODE_SET};

	if (!may_register(request, ask))
		return;
	machine = machine_find(request->master, ask->uuid);
	if (machine && machine->forgetting > 0) {
		request_refuse(request, DFS_E_BUSY,
		        "datanode %u is just being forgotten: register again in a moment",
		        machine->node);
		return;
	}
	if (machine && strcmp(machine->address, ask->address) == 0 &&
	        strcmp(machine->rack, ask->rack) == 0) {
		register_known(request, machine, ask);
		return;
	}
	op.node_set.node =
	        machine ? machine->node : request->master->next_node + request->master->registering;
	op.node_set.uuid = ask->uuid;
	op.node_set.address = ask->address;
	op.node_set.rack = ask->rack;
	op.node_set.draining = machine && machine->draining;
	request->registering = register_copy(request, ask);
	request->renumbered = !machine;
	if (machine)
		machine->registering++;
	else
		request->master->registering++;
	request_submit(request, &op, node_set);
}

void handle_heartbeat(struct request *request, const void *args)
{
	struct master *master = request->master;
	struct proto_heartbeat_reply reply = {
	        .known = cluster_node_heartbeat(master->cluster, args),
	        .epoch = meta_epoch(master->meta),
	        .operation = meta_operation(master->meta),
	        .wall_ms = master_clock_ms(master),
	};

	request_answer(request, &reply);
}

void handle_report(struct request *request, const void *args)
{
	struct proto_report_reply reply = {0};
	struct master *master = request->master;
	struct dfs_error err = {0};

	if (!from_node(request))
		return;
	if (cluster_node_report(master->cluster, request->peer->node, args, &err) != 0)
		request_fail(request, &err);
	else
		request_answer(request, &reply);
	calls_retry(master);
}

void handle_progress(struct request *request, const void *args)
{
	struct proto_progress_reply reply = {0};
	struct dfs_error err = {0};

	if (!from_node(request))
		return;
	if (cluster_node_progress(request->master->cluster, request->peer->node, args,
	            &request->arena, &reply, &err) != 0)
		request_fail(request, &err);
	else
		request_answer(request, &reply);
}

static bool from_node(struct request *request)
{
	if (request->peer && request->peer->node)
		return true;
	request_refuse(request, DFS_E_UNAVAIL, "register on this channel first");
	return false;
}

/* RULES 16, 35: what a datanode of another cluster, or one that knows a later master, is told. */
static bool may_register(struct request *request, const struct proto_register_args *args)
{
	struct master *master = request->master;

	if (!request->peer) {
		request_refuse(
		        request, DFS_E_INVAL, "a datanode registers on a channel, not by HTTP");
		return false;
	}
	if (args->protocol != PROTO_VERSION) {
		request_refuse(request, DFS_E_VERSION,
		        "this master speaks protocol %d, and the datanode %u: install the same "
		        "release",
		        PROTO_VERSION, args->protocol);
		return false;
	}
	if (strcmp(args->cluster, master->cluster_id) != 0) {
		request_refuse(request, DFS_E_FENCED,
		        "this master is of cluster %s, and the datanode's data of cluster %s",
		        master->cluster_id, args->cluster);
		return false;
	}
	return fence_register(request, args);
}

static void node_set(void *arg, const struct meta_result *result)
{
	struct request *request = arg;
	struct master *master = request->master;
	const struct proto_register_args *args = request->registering;
	struct proto_row_node row = {
	        .uuid = args->uuid, .address = args->address, .rack = args->rack};
	struct machine *machine = machine_find(master, args->uuid);

	if (request->renumbered)
		master->registering--;
	else if (machine)
		machine->registering--;
	if (result->code != 0) {
		request_fail(request, &result->err);
		return;
	}
	if (result->value >= master->next_node)
		master->next_node = (uint32_t)result->value + 1;
	if (!machine)
		machine = machine_add(master, (uint32_t)result->value, &row);
	if (!machine) {
		request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
		return;
	}
	snprintf(machine->address, sizeof(machine->address), "%s", args->address);
	snprintf(machine->rack, sizeof(machine->rack), "%s", args->rack);
	row.draining = machine->draining;
	cluster_node_known(master->cluster, machine->node, &row);
	register_known(request, machine, args);
}

static void register_known(
        struct request *request, struct machine *machine, const struct proto_register_args *args)
{
	struct master *master = request->master;
	struct proto_register_reply reply = {
	        .node = machine->node,
	        .epoch = meta_epoch(master->meta),
	        .reign = meta_reign(master->meta),
	        .operation = meta_operation(master->meta),
	        .wall_ms = master_clock_ms(master),
	        .heartbeat_ms = master->options.timing.heartbeat_ms,
	        .restored = meta_restored(master->meta),
	};
	struct dfs_error err = {0};

	if (!request->peer) {
		request_refuse(
		        request, DFS_E_CLOSED, "the channel closed while the datanode registered");
		return;
	}
	if (machine->peer && machine->peer != request->peer) {
		machine->peer->node =
		        0; /* an older channel of the same node: this one counts now */
		cluster_node_lost(master->cluster, machine->node);
		keepsakes_node_gone(master, machine->node);
	}
	if (cluster_node_registered(master->cluster, machine->node, args, &err) != 0) {
		request_fail(request, &err);
		return;
	}
	machine->peer = request->peer;
	request->peer->node = machine->node;
	master_log(master, "info", "event=registered node=%u address=%s rack=%s", machine->node,
	        args->address, args->rack);
	request_answer(request, &reply);
	calls_retry(master);
}

/* The arguments are borrowed for the call, and the registration waits for a commit. */
static struct proto_register_args *register_copy(
        struct request *request, const struct proto_register_args *args)
{
	struct buf json = {0};
	struct proto_register_args *copy = arena_alloc(&request->arena, sizeof(*copy));

	if (copy && proto_register_args_encode(args, &json) == 0)
		proto_register_args_decode(&request->arena, json.data, json.size, copy, NULL);
	buf_fini(&json);
	return copy;
}

static struct machine *machine_find(struct master *master, uint64_t uuid)
{
	struct machine *machine;

	LL_FOREACH (master->machines, machine) {
		if (machine->uuid == uuid)
			return machine;
	}
	return NULL;
}

static struct machine *machine_add(
        struct master *master, uint32_t node, const struct proto_row_node *row)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	if (!machine)
		return NULL;
	machine->node = node;
	machine->uuid = row->uuid;
	machine->draining = row->draining;
	snprintf(machine->address, sizeof(machine->address), "%s", row->address);
	snprintf(machine->rack, sizeof(machine->rack), "%s", row->rack);
	LL_PREPEND(master->machines, machine);
	return machine;
}

static int load_node(void *arg, uint32_t node, const struct proto_row_node *row)
{
	struct master *master = arg;

	if (!machine_add(master, node, row))
		return DFS_E_NOMEM;
	return cluster_node_known(master->cluster, node, row);
}

static int load_chunk(void *arg, uint64_t chunk, const struct proto_row_chunk *row)
{
	struct {
		struct master *master;
		uint64_t last;
		uint32_t seen;
	} *load = arg;

	load->last = chunk;
	load->seen++;
	return cluster_chunk_known(load->master->cluster, chunk, row);
}

static void chunk_refresh(struct master *master, uint64_t chunk, struct arena *arena)
{
	struct proto_row_chunk row;

	if (meta_chunk(master->meta, chunk, arena, &row, NULL) == 0)
		cluster_chunk_known(master->cluster, chunk, &row);
	arena_reset(arena);
}

/* A registration that was queued before a drain, or after, says what was true when it was. */
static void drain_applied(struct master *master, uint32_t node, bool draining)
{
	struct machine *machine;

	LL_FOREACH (master->machines, machine) {
		if (machine->node == node)
			machine->draining = draining;
	}
	cluster_node_drain(master->cluster, node, draining);
}

static void forget_applied(struct master *master, uint32_t node)
{
	struct machine *machine;

	cluster_node_forget(master->cluster, node);
	LL_SEARCH_SCALAR(master->machines, machine, node, node);
	if (!machine)
		return;
	LL_DELETE(master->machines, machine);
	free(machine);
}

/* ---- effects of the cluster engine ---- */

static void out_call(
        void *arg, uint32_t node, enum proto_call call, const void *args, uint64_t token)
{
	struct master *master = arg;
	struct effect *effect = effect_new(master, token);

	if (effect) /* out of memory: the engine's own timeout answers */
		machines_call(master, node, call, args,
		        call == PROTO_CALL_COPY ? COPY_PATIENCE_MS : CALL_PATIENCE_MS, called,
		        effect);
}

void machines_call(struct master *master, uint32_t node, enum proto_call call, const void *args,
        uint64_t patience_ms, link_reply *reply, void *arg)
{
	struct dfs_error err = {.code = DFS_E_NOMEM, .text = "the master is out of memory"};
	struct unreachable *unreachable;
	struct machine *machine;

	LL_FOREACH (master->machines, machine) {
		if (machine->node == node && machine->peer) {
			link_call(machine->peer->link, call, args, 0, 0, patience_ms, reply, arg);
			return;
		}
	}
	/* Not from within the caller's own call: the tick's turn tells it. */
	unreachable = calloc(1, sizeof(*unreachable));
	if (!unreachable) {
		reply(arg, err.code, &err, NULL);
		return;
	}
	unreachable->reply = reply;
	unreachable->arg = arg;
	LL_APPEND(master->unreachable, unreachable);
	io_timer_set(master->io, master->tick, 0);
}

void machines_tick(struct master *master)
{
	struct unreachable *unreachable = master->unreachable, *next;
	struct dfs_error err = {.code = DFS_E_UNAVAIL, .text = "the datanode is not connected"};

	master->unreachable = NULL;
	for (; unreachable; unreachable = next) {
		next = unreachable->next;
		unreachable->reply(unreachable->arg, DFS_E_UNAVAIL, &err, NULL);
		free(unreachable);
	}
}

void machines_fini(struct master *master)
{
	struct machine *machine, *next;
	struct unreachable *unreachable, *next_unreachable;

	LL_FOREACH_SAFE(master->machines, machine, next)
	{
		free(machine);
	}
	LL_FOREACH_SAFE(master->unreachable, unreachable, next_unreachable)
	{
		free(unreachable);
	}
}

static void out_submit(void *arg, const struct proto_op *op, uint64_t token)
{
	struct master *master = arg;
	struct effect *effect = effect_new(master, token);

	if (effect)
		meta_submit(master->meta, op, 0, 0, durable, effect);
}

static void out_event(void *arg, const char *line)
{
	master_log(arg, "info", "%s", line);
}

static int out_ticket(
        void *arg, uint64_t chunk, uint64_t version, uint64_t length, char ret[PASS_SIZE])
{
	machines_ticket(arg, chunk, version, length, ret);
	return 0;
}

void machines_ticket(struct master *master, uint64_t chunk, uint64_t version, uint64_t length,
        char ret[PASS_SIZE])
{
	struct ticket ticket = {
	        .verb = TICKET_READ,
	        .chunk = chunk,
	        .version = version,
	        .length = length,
	        .expires_ms = master_clock_ms(master) + (int64_t)master->options.ticket_ms,
	};

	ticket_sign(master->options.key, &ticket, ret);
}

/* A session that falls silent is ended by the reaper: its row is its life (RULES 11). */
static bool out_writer_alive(void *arg, uint64_t chunk)
{
	struct master *master = arg;
	struct arena arena = {0};
	struct proto_row_chunk row;
	struct proto_row_session session;
	bool alive = meta_chunk(master->meta, chunk, &arena, &row, NULL) == 0 && row.session != 0 &&
	             meta_session(master->meta, row.session, &arena, &session, NULL) == 0;

	arena_fini(&arena);
	return alive;
}

/* A chunk of a live session has a row, from before its writer was told of it (RULES 11). */
static enum orphan_verdict out_orphan(void *arg, uint64_t chunk)
{
	struct master *master = arg;
	struct arena arena = {0};
	struct proto_row_chunk row;
	int code;

	if (keepsakes_coming(master, chunk))
		return ORPHAN_COMING;
	if (!meta_chunk_issued(master->meta, chunk))
		return ORPHAN_FOREIGN;
	code = meta_chunk(master->meta, chunk, &arena, &row, NULL);
	arena_fini(&arena);
	return code == DFS_E_NOENT && master_may_delete(master) ? ORPHAN_DELETE : ORPHAN_KEEP;
}

static void out_coming(void *arg, uint32_t node, uint64_t chunk, const struct proto_held *held)
{
	keepsakes_heard(arg, node, chunk, held);
}

static struct effect *effect_new(struct master *master, uint64_t token)
{
	struct effect *effect = calloc(1, sizeof(*effect));

	if (effect) {
		effect->master = master;
		effect->token = token;
	}
	return effect;
}

static void called(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct effect *effect = arg;

	cluster_node_answer(effect->master->cluster, effect->token, code, err, reply);
	free(effect);
}

static void durable(void *arg, const struct meta_result *result)
{
	struct effect *effect = arg;

	cluster_durable(effect->master->cluster, effect->token, result->code);
	free(effect);
}
