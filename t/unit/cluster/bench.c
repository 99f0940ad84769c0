/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <utlist.h>

static void out_call(
        void *arg, uint32_t node, enum proto_call kind, const void *args, uint64_t token)
{
	struct bench *b = arg;
	struct sent *sent = calloc(1, sizeof(*sent));

	assert_true(sizeof(union call_args) >= proto_call_info(kind)->args_size);
	assert_int_equal(
	        proto_shape_copy(proto_call_info(kind)->args, &b->arena, args, &sent->args), 0);
	sent->node = node;
	sent->kind = kind;
	sent->token = token;
	LL_APPEND(b->sent, sent);
}

static void out_submit(void *arg, const struct proto_op *op, uint64_t token)
{
	struct bench *b = arg;
	struct submitted *submitted = calloc(1, sizeof(*submitted));

	submitted->op = *op;
	submitted->token = token;
	LL_APPEND(b->submitted, submitted);
}

static void out_event(void *arg, const char *line)
{
	struct bench *b = arg;

	buf_printf(&b->events, "%s\n", line);
}

static int out_ticket(
        void *arg, uint64_t chunk, uint64_t version, uint64_t length, char ret[PASS_SIZE])
{
	struct bench *b = arg;

	snprintf(ret, PASS_SIZE, "ticket-%llx-%llu-%llu", (unsigned long long)chunk,
	        (unsigned long long)version, (unsigned long long)length);
	return b->ticket_code;
}

static bool out_writer_alive(void *arg, uint64_t chunk)
{
	struct bench *b = arg;

	b->writer_questions++;
	return b->writers_alive;
}

static enum orphan_verdict out_orphan(void *arg, uint64_t chunk)
{
	return ((struct bench *)arg)->orphan;
}

struct bench *bench_bare(void)
{
	return bench_with(&(struct cluster_options){.epoch = BENCH_EPOCH});
}

struct bench *bench_with(const struct cluster_options *options)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct cluster_out out = {
	        .call = out_call,
	        .submit = out_submit,
	        .event = out_event,
	        .ticket = out_ticket,
	        .writer_alive = out_writer_alive,
	        .orphan = out_orphan,
	        .arg = b,
	};

	fake_io_init(&b->fake, 1);
	assert_int_equal(cluster_create(&b->cluster, &b->fake.io, options, out, NULL), 0);
	for (uint32_t i = 0; i <= BENCH_NODES; i++)
		b->machines[i] = (struct machine){
		        .uuid = 1000 + i, .incarnation = 1, .free_bytes = 100 * (uint64_t)GIB};
	return b;
}

struct bench *bench_new(uint32_t nodes)
{
	struct bench *b = bench_bare();

	bench_join(b, nodes);
	return b;
}

void bench_join(struct bench *b, uint32_t nodes)
{
	for (uint32_t node = 1; node <= nodes; node++) {
		assert_int_equal(bench_register(b, node), 0);
		bench_report(b, node, true, NULL, 0);
		b->machines[node].beating = true;
	}
	bench_run(b, 1000);
	assert_false(bench_counts(b).safe_mode);
}

void bench_free(struct bench *b)
{
	struct sent *sent, *next_sent;
	struct submitted *submitted, *next_submitted;

	cluster_destroy(b->cluster);
	assert_true(fake_io_clean(&b->fake));
	LL_FOREACH_SAFE(b->sent, sent, next_sent)
	{
		free(sent);
	}
	LL_FOREACH_SAFE(b->submitted, submitted, next_submitted)
	{
		free(submitted);
	}
	arena_fini(&b->arena);
	buf_fini(&b->events);
	free(b);
}

static void beat(struct bench *b, uint32_t node)
{
	struct machine *machine = &b->machines[node];
	struct proto_disk disk = {
	        .total = 200 * (uint64_t)GIB, .free = machine->free_bytes, .error = ""};
	struct proto_heartbeat_args args = {
	        .uuid = machine->uuid,
	        .incarnation = machine->incarnation,
	        .stuck_ms = machine->stuck_ms,
	        .disk_ms = machine->disk_ms,
	        .disks = &disk,
	        .disks_count = 1,
	        .read_bytes = machine->read_bytes,
	        .write_bytes = machine->write_bytes,
	        .copy_bytes = machine->copy_bytes,
	};

	assert_int_equal(cluster_node_heartbeat(b->cluster, &args), !machine->cut);
}

void bench_run(struct bench *b, uint64_t ms)
{
	while (ms > 0) {
		uint64_t step = ms < 500 ? ms : 500;

		for (uint32_t node = 1; node <= BENCH_NODES; node++)
			if (b->machines[node].beating)
				beat(b, node);
		fake_io_run(&b->fake, step);
		ms -= step;
	}
}

int bench_register(struct bench *b, uint32_t node)
{
	struct machine *machine = &b->machines[node];
	struct proto_disk disk = {
	        .total = 200 * (uint64_t)GIB, .free = machine->free_bytes, .error = ""};
	char address[32];
	struct proto_register_args args = {
	        .uuid = machine->uuid,
	        .incarnation = machine->incarnation,
	        .address = address,
	        .rack = machine->rack,
	        .disks = &disk,
	        .disks_count = 1,
	};

	snprintf(address, sizeof(address), "node%u:7070", node);
	machine->sequence = 0;
	return cluster_node_registered(b->cluster, node, &args, NULL);
}

void bench_report(
        struct bench *b, uint32_t node, bool full, const struct proto_held *replicas, size_t count)
{
	struct machine *machine = &b->machines[node];
	struct dfs_error err = {0};
	struct proto_report_args args = {
	        .incarnation = machine->incarnation,
	        .sequence = ++machine->sequence,
	        .full = full,
	        .last = full,
	        .held = (struct proto_held *)replicas,
	        .held_count = count,
	};

	if (cluster_node_report(b->cluster, node, &args, &err) != 0)
		fail_msg("%s", err.text);
}

void bench_kill(struct bench *b, uint32_t node)
{
	struct sent *sent, *next;

	b->machines[node].beating = false;
	cluster_node_lost(b->cluster, node);
	/* The engine failed them by itself. */
	LL_FOREACH_SAFE(b->sent, sent, next)
	{
		if (sent->node != node)
			continue;
		LL_DELETE(b->sent, sent);
		free(sent);
	}
}

void bench_start(struct bench *b, uint32_t node)
{
	b->machines[node].incarnation++;
	b->machines[node].beating = true;
	assert_int_equal(bench_register(b, node), 0);
}

struct proto_held held(uint64_t chunk, uint64_t version, uint64_t length, uint32_t crc,
        enum proto_held_state state)
{
	return (struct proto_held){.chunk = chunk,
	        .version = version,
	        .length = length,
	        .crc = crc,
	        .state = state,
	        .why = ""};
}

void bench_row_sealed(struct bench *b, uint64_t chunk, uint64_t version, uint64_t length,
        uint32_t crc, uint32_t goal)
{
	struct proto_row_chunk row = {
	        .version = version,
	        .state = PROTO_CHUNK_STATE_SEALED,
	        .goal = goal,
	        .length = length,
	        .crc = crc,
	};

	assert_int_equal(cluster_chunk_known(b->cluster, chunk, &row), 0);
}

void bench_sealed_chunk(struct bench *b, uint64_t chunk, uint32_t goal, const uint32_t *nodes)
{
	bench_row_sealed(b, chunk, 1, MIB, 77, goal);
	for (; *nodes; nodes++) {
		struct proto_held replica = held(chunk, 1, MIB, 77, PROTO_HELD_STATE_SEALED);

		bench_report(b, *nodes, false, &replica, 1);
	}
}

void bench_open_chunk(struct bench *b, uint64_t chunk, const uint32_t *nodes)
{
	struct proto_row_chunk row = {
	        .version = 1, .state = PROTO_CHUNK_STATE_OPEN, .nodes = (uint32_t *)nodes};

	while (nodes[row.nodes_count])
		row.nodes_count++;
	row.goal = (uint32_t)row.nodes_count;
	assert_int_equal(
	        cluster_chunk_opened(b->cluster, chunk, 1, nodes, row.nodes_count, 64 * MIB), 0);
	assert_int_equal(cluster_chunk_known(b->cluster, chunk, &row), 0);
}

uint64_t bench_progress(struct bench *b, uint32_t node, uint64_t chunk, uint64_t version,
        uint64_t length, uint64_t committed)
{
	struct proto_writing writing = {
	        .chunk = chunk, .version = version, .length = length, .committed = committed};
	struct proto_progress_args args = {.incarnation = b->machines[node].incarnation,
	        .writing = &writing,
	        .writing_count = 1};
	struct proto_progress_reply reply = {0};

	assert_int_equal(
	        cluster_node_progress(b->cluster, node, &args, &b->arena, &reply, NULL), 0);
	assert_int_equal(reply.leases_count, 1);
	assert_true(reply.leases[0].chunk == chunk);
	return reply.leases[0].lease_ms;
}

size_t bench_count(const struct bench *b, enum proto_call kind, uint32_t node)
{
	size_t count = 0;

	for (const struct sent *sent = b->sent; sent; sent = sent->next)
		count += sent->kind == kind && (node == 0 || sent->node == node);
	return count;
}

struct sent *bench_find(struct bench *b, enum proto_call kind, uint32_t node)
{
	struct sent *sent;

	LL_FOREACH (b->sent, sent) {
		if (sent->kind == kind && (node == 0 || sent->node == node))
			return sent;
	}
	fail_msg("no %s was sent to node %u", proto_call_info(kind)->name, node);
	return NULL;
}

void bench_answer(struct bench *b, struct sent *sent, int code, const void *reply)
{
	struct dfs_error err = {.code = code};
	uint64_t token = sent->token;

	snprintf(err.text, sizeof(err.text), "node %u says no", sent->node);
	LL_DELETE(b->sent, sent);
	free(sent);
	cluster_node_answer(b->cluster, token, code, code ? &err : NULL, code ? NULL : reply);
}

void bench_frozen(struct bench *b, uint32_t node, uint64_t length, uint32_t crc, uint64_t committed)
{
	struct proto_freeze_reply reply = {.found = true,
	        .length = length,
	        .crc = crc,
	        .committed = committed,
	        .state = PROTO_HELD_STATE_FROZEN};

	bench_answer(b, bench_find(b, PROTO_CALL_FREEZE, node), 0, &reply);
}

void bench_absent(struct bench *b, uint32_t node)
{
	struct proto_freeze_reply reply = {0};

	bench_answer(b, bench_find(b, PROTO_CALL_FREEZE, node), 0, &reply);
}

struct proto_op bench_durable(struct bench *b, enum proto_op_kind kind, int code)
{
	struct submitted *submitted = b->submitted;
	struct proto_op op;
	uint64_t token;

	assert_non_null(submitted);
	assert_int_equal(submitted->op.kind, kind);
	op = submitted->op;
	token = submitted->token;
	LL_DELETE(b->submitted, submitted);
	free(submitted);
	cluster_durable(b->cluster, token, code);
	return op;
}

size_t bench_submitted(const struct bench *b)
{
	size_t count = 0;

	for (const struct submitted *s = b->submitted; s; s = s->next)
		count++;
	return count;
}

static void sealed_done(void *arg, int code, const struct dfs_error *err, uint64_t length,
        uint64_t version, uint32_t crc)
{
	struct sealed *ret = arg;

	ret->calls++;
	ret->code = code;
	ret->length = length;
	ret->version = version;
	ret->crc = crc;
	snprintf(ret->text, sizeof(ret->text), "%s", err ? err->text : "");
}

void bench_seal(struct bench *b, uint64_t chunk, uint64_t floor, struct sealed *ret)
{
	memset(ret, 0, sizeof(*ret));
	cluster_seal(b->cluster, chunk, floor, sealed_done, ret);
}

enum proto_replica_state bench_state(struct bench *b, uint64_t chunk, uint32_t node)
{
	struct proto_replica *replicas;
	size_t count;

	assert_int_equal(cluster_replicas(b->cluster, chunk, &b->arena, &replicas, &count), 0);
	for (size_t i = 0; i < count; i++)
		if (replicas[i].node == node)
			return replicas[i].state;
	return PROTO_REPLICA_STATE_MISSING;
}

struct cluster_counts bench_counts(struct bench *b)
{
	struct cluster_counts counts;

	cluster_count(b->cluster, &counts);
	return counts;
}

enum proto_node_state bench_node_state(struct bench *b, uint32_t node)
{
	struct proto_nodes_reply reply;

	assert_int_equal(cluster_nodes(b->cluster, &b->arena, &reply), 0);
	for (size_t i = 0; i < reply.nodes_count; i++)
		if (reply.nodes[i].node == node)
			return reply.nodes[i].state;
	fail_msg("node %u is not known", node);
	return PROTO_NODE_STATE_DEAD;
}

bool bench_event(const struct bench *b, const char *text)
{
	return b->events.data && strstr(b->events.data, text);
}

void bench_gone(void *arg, uint64_t chunk)
{
	struct bench *b = arg;

	if (b->gone_count < BENCH_GONE)
		b->gone[b->gone_count] = chunk;
	b->gone_count++;
}
