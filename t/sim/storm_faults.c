/* SPDX-License-Identifier: MIT */
/*
 * Faults: some happen and are over, some last, up to STORM_FAULTS of those at a time, in any
 * mixture. Nothing that was acknowledged in sync mode may be lost by any number of machines that
 * die and return. What destroys a replica for good (a failed write, a lost disk) comes only while
 * every goal is reached, one at a time: two replicas are two chances, not more. But all of a chunk
 * may rot at once where each loses another span: no byte is lost then (docs/decisions/0013).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "node/datanode/role.h"
#include "storm.h"

enum kind {
	NONE,
	NODE_KILLED,
	NODE_POWER_CUT,
	NODE_GONE_SILENTLY,
	NODE_PAUSED,
	NODE_CRASHES_AT_DISK_OPERATION,
	NODE_DISK_FULL,
	NODE_DISK_ERROR,
	NODE_DISK_LOST,
	NODE_BIT_ROTS,
	NODE_DISK_LIES,
	NODE_UNPLUGGED, /* by the operator */
	MASTER_KILLED,
	MASTER_POWER_CUT,
	MASTER_PAUSED,
	MASTER_CRASHES_AT_COMMIT,
	NODE_CUT_FROM_MASTER,
	NODE_CUT_FROM_NODE,
	CLIENT_CUT_FROM_NODE,
	CONNECTIONS_BREAK,
	CLOCK_STEPS,
	ALL_REPLICAS_ROT,
};

_Static_assert(ALL_REPLICAS_ROT + 1 == STORM_FAULT_KINDS, "a figure for each kind");

enum { INDEX_BYTES_LEAST = 3 * 64 /* open, a span, sealed */ };
enum { CLOCK_STEP_MAX_MS = 20 * 60 * 1000 };

static const char *const names[STORM_FAULT_KINDS] = {
        [NONE] = "none",
        [NODE_KILLED] = "datanode killed",
        [NODE_POWER_CUT] = "datanode's power cut",
        [NODE_GONE_SILENTLY] = "datanode's power cut, silently",
        [NODE_PAUSED] = "datanode paused",
        [NODE_CRASHES_AT_DISK_OPERATION] = "datanode's power cut at a disk operation",
        [NODE_DISK_FULL] = "datanode's disk full",
        [NODE_DISK_ERROR] = "datanode's disk operation fails",
        [NODE_DISK_LOST] = "datanode's disk replaced by an empty one",
        [NODE_BIT_ROTS] = "a bit of a sealed replica rots",
        [NODE_DISK_LIES] = "datanode's disk lies about syncs, then its power cut",
        [NODE_UNPLUGGED] = "emptied datanode unplugged, a new one comes",
        [MASTER_KILLED] = "master killed",
        [MASTER_POWER_CUT] = "master's power cut",
        [MASTER_PAUSED] = "master paused",
        [MASTER_CRASHES_AT_COMMIT] = "master's power cut at a commit",
        [NODE_CUT_FROM_MASTER] = "datanode cut off from the master",
        [NODE_CUT_FROM_NODE] = "datanode cut off from another",
        [CLIENT_CUT_FROM_NODE] = "client cut off from a datanode",
        [CONNECTIONS_BREAK] = "connections break",
        [CLOCK_STEPS] = "clock set wrong",
        [ALL_REPLICAS_ROT] = "a bit of each replica of a chunk rots, of another span in each",
};

static bool begin(struct storm *storm, struct fault *fault);
static void end(struct storm *storm, struct fault *fault);
static bool node_is_free(const struct storm *storm, unsigned node);
static bool may_destroy(struct storm *storm);
static void node_down(struct storm *storm, unsigned node);
static void node_up(struct storm *storm, unsigned node);
static void mend_as_told(struct storm *storm, unsigned node, const char *sentence);
static void disk_full(struct storm *storm, unsigned node);
static void disk_lost(struct storm *storm, unsigned node);
static void empty_disk(struct world *world, unsigned node);
static bool bit_rots(struct storm *storm, unsigned node);
static bool all_rot(struct storm *storm);
static bool flip(
        struct storm *storm, unsigned node, uint64_t chunk, const char *suffix, uint64_t bit);
static void master_up(struct storm *storm);

const char *fault_name(unsigned kind)
{
	return names[kind];
}

void faults_begin(struct storm *storm)
{
	struct fault next;

	for (int i = 0; i < STORM_FAULTS; i++) {
		struct fault *fault = &storm->faults[i];

		if (fault->kind != NONE)
			continue;
		next = (struct fault){
		        .kind = 1 + (unsigned)storm_draw(storm, STORM_FAULT_KINDS - 1),
		        .node = (unsigned)storm_draw(storm, STORM_NODES),
		        .other = (unsigned)storm_draw(storm, STORM_NODES),
		        .until_ms = sim_now_ms(storm->world->sim) + storm_draw(storm, 25000),
		};
		if (!begin(storm, &next))
			return;
		*fault = next;
		storm->figures->faults[next.kind]++;
		sim_note(storm->world->sim, "fault: %s (node%u, %u)", names[next.kind],
		        next.node + 1, next.other);
		return;
	}
}

void faults_tick(struct storm *storm)
{
	uint64_t now = sim_now_ms(storm->world->sim);

	for (int i = 0; i < STORM_FAULTS; i++)
		if (storm->faults[i].kind != NONE && storm->faults[i].until_ms <= now)
			end(storm, &storm->faults[i]);
	for (unsigned node = 0; node < STORM_NODES; node++)
		if (sim_host_crashed(storm->world->nodes[node].host))
			node_down(storm, node);
	for (unsigned node = 0; node < STORM_NODES; node++)
		if (!storm->world->nodes[node].role && node_is_free(storm, node))
			node_up(storm, node);
	master_up(storm);
}

void faults_end(struct storm *storm)
{
	for (int i = 0; i < STORM_FAULTS; i++)
		if (storm->faults[i].kind != NONE)
			end(storm, &storm->faults[i]);
	for (unsigned node = 0; node < STORM_NODES; node++) {
		sim_disk_crash_after(storm->world->nodes[node].host, 0);
		sim_disk_fail_after(storm->world->nodes[node].host, 0);
	}
	sim_disk_crash_after(storm->world->master_host, 0);
	faults_tick(storm);
	sim_run_for(storm->world->sim, 3000);
}

bool faults_unplug(struct storm *storm, unsigned node)
{
	struct world *world = storm->world;
	struct fault *fault = NULL;
	const char *wrong;

	for (int i = 0; i < STORM_FAULTS; i++)
		if (storm->faults[i].kind == NONE)
			fault = &storm->faults[i];
	if (!fault || !node_is_free(storm, node) || !world->nodes[node].role)
		return false;
	sim_note(world->sim, "node%u is unplugged", node + 1);
	world_node_kill(world, node);
	wrong = witness_unplug(storm->witness, node);
	if (wrong)
		storm_broken(storm, "%s", wrong);
	empty_disk(world, node);
	io_disk(sim_host_io(world->nodes[node].host), unlink, "/fence");
	io_disk(sim_host_io(world->nodes[node].host), fsync_dir, "/");
	world_node_other(world, node);
	world_node_init(world, node);
	*fault = (struct fault){
	        .kind = NODE_UNPLUGGED,
	        .node = node,
	        .until_ms = sim_now_ms(world->sim) + storm_draw(storm, 40000),
	};
	storm->figures->faults[NODE_UNPLUGGED]++;
	return true;
}

static bool begin(struct storm *storm, struct fault *fault)
{
	struct world *world = storm->world;
	struct sim_host *host = world->nodes[fault->node].host;
	struct sim_host *other = world->nodes[fault->other].host;
	struct sim_host *client = world->clients[fault->other % STORM_USERS].host;

	if (fault->kind < MASTER_KILLED &&
	        (!node_is_free(storm, fault->node) || !world->nodes[fault->node].role))
		return false;
	if (fault->kind >= MASTER_KILLED && fault->kind <= MASTER_CRASHES_AT_COMMIT &&
	        !faults_spare_master(storm))
		return false;
	switch ((enum kind)fault->kind) {
	case NONE:
		return false;
	case NODE_KILLED:
		world_node_kill(world, fault->node);
		return true;
	case NODE_POWER_CUT:
	case NODE_GONE_SILENTLY:
		witness_power_cut(storm->witness, fault->node);
		world_node_crash(world, fault->node, fault->kind == NODE_GONE_SILENTLY);
		return true;
	case NODE_PAUSED:
		sim_host_pause(host, true);
		return true;
	case NODE_CRASHES_AT_DISK_OPERATION:
		sim_disk_crash_after(host, 1 + storm_draw(storm, 60));
		return true;
	case NODE_DISK_FULL:
		disk_full(storm, fault->node);
		return true;
	case NODE_DISK_ERROR:
		if (!may_destroy(storm))
			return false;
		witness_disk_fails(storm->witness);
		sim_disk_fail_after(host, 1 + storm_draw(storm, 40));
		return true;
	case NODE_DISK_LOST:
		if (!may_destroy(storm))
			return false;
		world_node_kill(world, fault->node);
		disk_lost(storm, fault->node);
		return true;
	case NODE_BIT_ROTS:
		return may_destroy(storm) && bit_rots(storm, fault->node);
	case ALL_REPLICAS_ROT:
		return !storm->scarred && all_rot(storm);
	case NODE_DISK_LIES:
		if (!may_destroy(storm))
			return false;
		witness_disk_lies(storm->witness, fault->node);
		storm->rotten = true;
		sim_disk_lies(host, true);
		return true;
	case NODE_UNPLUGGED:
		return false;
	case MASTER_KILLED:
		world_master_kill(world);
		fault->until_ms -= (fault->until_ms - sim_now_ms(world->sim)) * 3 / 4;
		return true;
	case MASTER_POWER_CUT:
		world_master_crash(world);
		return true;
	case MASTER_PAUSED:
		sim_host_pause(world->master_host, true);
		return true;
	case MASTER_CRASHES_AT_COMMIT:
		sim_disk_crash_after(world->master_host, 1 + storm_draw(storm, 12));
		return true;
	case NODE_CUT_FROM_MASTER:
		sim_partition(world->sim, host, world->master_host, true);
		return true;
	case NODE_CUT_FROM_NODE:
		if (fault->node == fault->other)
			return false;
		sim_partition(world->sim, host, other, true);
		return true;
	case CLIENT_CUT_FROM_NODE:
		sim_partition(world->sim, host, client, true);
		return true;
	case CONNECTIONS_BREAK:
		sim_drop_connections(world->sim, host, client);
		sim_drop_connections(world->sim, host, world->master_host);
		return true;
	case CLOCK_STEPS: /* the master's every third time */
		fault->step_ms =
		        (int64_t)storm_draw(storm, 2 * CLOCK_STEP_MAX_MS) - CLOCK_STEP_MAX_MS;
		sim_host_wall_step(
		        fault->other % 3 == 0 ? world->master_host : host, fault->step_ms);
		return true;
	}
	return false;
}

static void end(struct storm *storm, struct fault *fault)
{
	struct world *world = storm->world;
	struct fault ended = *fault;
	struct sim_host *host = world->nodes[ended.node].host;

	*fault = (struct fault){0};
	sim_note(world->sim, "over: %s (node%u)", names[ended.kind], ended.node + 1);
	switch ((enum kind)ended.kind) {
	case NODE_PAUSED:
		sim_host_pause(host, false);
		break;
	case NODE_CRASHES_AT_DISK_OPERATION:
		sim_disk_crash_after(host, 0);
		break;
	case NODE_DISK_FULL:
		sim_disk_capacity(host, (uint64_t)1 << 40);
		break;
	case NODE_DISK_ERROR:
		sim_disk_fail_after(host, 0);
		break;
	case NODE_DISK_LIES:
		witness_power_cut(storm->witness, ended.node);
		world_node_crash(world, ended.node, false);
		sim_disk_lies(host, false);
		break;
	case MASTER_PAUSED:
		sim_host_pause(world->master_host, false);
		break;
	case MASTER_CRASHES_AT_COMMIT:
		sim_disk_crash_after(world->master_host, 0);
		break;
	case NODE_CUT_FROM_MASTER:
		sim_partition(world->sim, host, world->master_host, false);
		break;
	case NODE_CUT_FROM_NODE:
		sim_partition(world->sim, host, world->nodes[ended.other].host, false);
		break;
	case CLIENT_CUT_FROM_NODE:
		sim_partition(
		        world->sim, host, world->clients[ended.other % STORM_USERS].host, false);
		break;
	case CLOCK_STEPS:
		sim_host_wall_step(
		        ended.other % 3 == 0 ? world->master_host : host, -ended.step_ms);
		break;
	default: /* those that are down start again: faults_tick */
		break;
	}
}

/* No lasting fault of its own holds it. */
static bool node_is_free(const struct storm *storm, unsigned node)
{
	for (int i = 0; i < STORM_FAULTS; i++) {
		const struct fault *fault = &storm->faults[i];

		if (fault->kind > NONE && fault->kind < MASTER_KILLED && fault->node == node)
			return false;
	}
	return true;
}

bool faults_spare_master(const struct storm *storm)
{
	for (int i = 0; i < STORM_FAULTS; i++)
		if (storm->faults[i].kind >= MASTER_KILLED &&
		        storm->faults[i].kind <= MASTER_CRASHES_AT_COMMIT)
			return false;
	return storm->world->master != NULL;
}

bool faults_spare_wires(const struct storm *storm)
{
	for (int i = 0; i < STORM_FAULTS; i++)
		if (storm->faults[i].kind == NODE_PAUSED ||
		        storm->faults[i].kind == NODE_CUT_FROM_MASTER)
			return false;
	return true;
}

static bool may_destroy(struct storm *storm)
{
	if (storm->scarred)
		return false;
	storm->scarred = true;
	return true;
}

/* ---- datanodes ---- */

/* Its host lost its power by itself. */
static void node_down(struct storm *storm, unsigned i)
{
	struct world_node *node = &storm->world->nodes[i];

	witness_power_cut(storm->witness, i);
	datanode_destroy(node->role);
	node->role = NULL;
	sim_host_restart(node->host);
}

/* May fail: its disk may fail, or the power go, while it starts. Then it is tried again. */
static void node_up(struct storm *storm, unsigned i)
{
	struct dfs_error err = {0};

	if (world_node_try(storm->world, i, &err) != 0) {
		sim_note(storm->world->sim, "node%u does not start: %s", i + 1, err.text);
		mend_as_told(storm, i, err.text);
	}
	if (sim_host_crashed(storm->world->nodes[i].host))
		node_down(storm, i);
}

/* A disk that lied lost what the fence stands for; this is the newest master, so: as the sentence
 * says. */
static void mend_as_told(struct storm *storm, unsigned node, const char *sentence)
{
	struct io *io = sim_host_io(storm->world->nodes[node].host);

	if (!storm->rotten || !strstr(sentence, "/fence is damaged"))
		return;
	io_disk(io, unlink, "/fence");
	io_disk(io, fsync_dir, "/");
}

static void disk_full(struct storm *storm, unsigned node)
{
	struct sim_host *host = storm->world->nodes[node].host;
	struct io_space space = {0};

	io_disk(sim_host_io(host), space, "/data", &space);
	sim_disk_capacity(
	        host, space.total_bytes - space.free_bytes + storm_draw(storm, 100) * 4096);
}

struct sweep {
	struct io *io;
	const char *folder;
	char names[512][64];
	unsigned count;
};

static int sweep_note(void *arg, const char *name)
{
	struct sweep *sweep = arg;

	snprintf(sweep->names[sweep->count++], sizeof(sweep->names[0]), "%s", name);
	return sweep->count == 512;
}

/* Unlink the files of one folder; folders in it stay. */
static void sweep_folder(struct io *io, const char *folder)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));
	char path[200];

	io_disk(io, list, folder, sweep_note, sweep);
	for (unsigned i = 0; i < sweep->count; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, sweep->names[i]);
		io_disk(io, unlink, path);
	}
	free(sweep);
	io_disk(io, fsync_dir, folder);
}

static void disk_lost(struct storm *storm, unsigned i)
{
	empty_disk(storm->world, i);
	world_node_init(storm->world, i);
	witness_disk_lost(storm->witness, i);
}

static void empty_disk(struct world *world, unsigned i)
{
	struct io *io = sim_host_io(world->nodes[i].host);
	char folder[64];

	for (unsigned f = 0; f < 256; f++) {
		snprintf(folder, sizeof(folder), "/data/chunks/%02x", f);
		sweep_folder(io, folder);
	}
	sweep_folder(io, "/data/bad");
	sweep_folder(io, "/data");
}

struct pick { /* the Nth sealed replica that a file needs */
	struct witness *witness;
	uint64_t left;
	struct store_held held;
};

static int pick_sealed(void *arg, const struct store_held *held)
{
	struct pick *pick = arg;

	if (held->state != STORE_SEALED || held->length == 0 ||
	        !witness_refers(pick->witness, held->chunk))
		return 0;
	pick->held = *held;
	return pick->left-- == 0;
}

static bool bit_rots(struct storm *storm, unsigned node)
{
	struct pick pick = {.witness = storm->witness, .left = storm_draw(storm, 16)};
	bool index = storm_draw(storm, 4) == 0; /* its entries, or its bytes */
	uint64_t bits;

	store_each(storm->world->nodes[node].role->store, 0, pick_sealed, &pick);
	if (pick.held.length == 0)
		return false;
	witness_disk_fails(storm->witness);
	bits = 8 * (index ? INDEX_BYTES_LEAST : pick.held.length);
	return flip(
	        storm, node, pick.held.chunk, index ? ".idx" : ".data", storm_draw(storm, bits));
}

static bool flip(
        struct storm *storm, unsigned node, uint64_t chunk, const char *suffix, uint64_t bit)
{
	char path[80];

	snprintf(path, sizeof(path), "/data/chunks/%02x/%016" PRIx64 "%s", (unsigned)(chunk & 255),
	        chunk, suffix);
	storm->rotten = true;
	sim_note(storm->world->sim, "a bit rots in %s of node%u", path, node + 1);
	return sim_disk_flip(storm->world->nodes[node].host, path, bit) == 0;
}

/* Likewise, with as many spans as there are nodes. */
static int pick_large(void *arg, const struct store_held *held)
{
	return held->length > (STORM_NODES - 1) * SPAN_SIZE_MAX ? pick_sealed(arg, held) : 0;
}

/* Those that are away keep theirs as it is: they rot by themselves some other time. */
static bool all_rot(struct storm *storm)
{
	struct pick large = {.witness = storm->witness, .left = storm_draw(storm, 4)};
	unsigned first = (unsigned)storm_draw(storm, STORM_NODES), count = 0;
	uint64_t turn = storm_draw(storm, STORM_NODES);

	if (!storm->world->nodes[first].role)
		return false;
	store_each(storm->world->nodes[first].role->store, 0, pick_large, &large);
	if (large.held.length == 0 || !may_destroy(storm))
		return false;
	witness_disk_fails(storm->witness);
	for (unsigned node = 0; node < STORM_NODES; node++) {
		uint64_t span = (node + turn) % STORM_NODES * SPAN_SIZE_MAX;
		uint64_t size = large.held.length - span;
		struct store_held held;

		if (size > SPAN_SIZE_MAX)
			size = SPAN_SIZE_MAX;
		if (storm->world->nodes[node].role &&
		        store_lookup(storm->world->nodes[node].role->store, large.held.chunk,
		                &held) == 0 &&
		        held.state == STORE_SEALED)
			count += flip(storm, node, large.held.chunk, ".data",
			        8 * (span + storm_draw(storm, size)) + storm_draw(storm, 8));
	}
	return count > 0;
}

/* ---- the master ---- */

static void master_up(struct storm *storm)
{
	struct world *world = storm->world;
	struct dfs_error err = {0};
	bool crashed = sim_host_crashed(world->master_host);

	/* master_again: a restored one, of a datanode that had seen a higher epoch. */
	if (crashed || (world->master && (world->master_failed || world->master_again))) {
		if (!crashed)
			sim_host_kill(world->master_host);
		master_destroy(world->master);
		world->master = NULL;
		sim_host_restart(world->master_host);
	}
	for (int i = 0; i < STORM_FAULTS; i++)
		if (storm->faults[i].kind == MASTER_KILLED ||
		        storm->faults[i].kind == MASTER_POWER_CUT)
			return;
	if (world->master)
		return;
	if (world_master_try(world, &err) != 0) {
		sim_note(world->sim, "the master does not start: %s", err.text);
		if (sim_host_crashed(world->master_host))
			sim_host_restart(world->master_host);
	}
}
