/* SPDX-License-Identifier: MIT */
#ifndef T_SIM_WORLD_H
#define T_SIM_WORLD_H

#include <stdbool.h>
#include "client/client.h"
#include "io/sim/sim.h"
#include "node/datanode.h"
#include "node/master.h"

/*
 * A whole cluster in one process, from one seed: the real master role, datanode roles and clients,
 * each on a simulated host. The tests cut power, kill, pause and partition them, and look at what
 * the users see.
 */
enum { WORLD_NODES_MAX = 8, WORLD_CLIENTS_MAX = 4 };

struct world_node {
	struct sim_host *host;
	struct datanode *role; /* NULL: not running */
	char name[24], address[48];
	uint64_t identity; /* of its data directory */
};

struct world_client {
	struct sim_host *host;
	struct client *client;
};

struct world_options {
	uint64_t seed;
	unsigned nodes, clients;
	struct master_options master;         /* timing and the like; zeros: defaults */
	const char *trees[WORLD_CLIENTS_MAX]; /* that a client's token is good for; NULL: all */
};

struct world {
	struct sim *sim;
	struct world_options options;
	struct sim_host *master_host;
	struct master *master;
	bool master_again;  /* it asked to be started again: world_master_again */
	bool master_failed; /* a commit failed: its process must end */
	struct policy_host *scripts;
	struct policies policies;
	struct world_node nodes[WORLD_NODES_MAX];
	struct world_client clients[WORLD_CLIENTS_MAX];
	uint8_t key[HMAC_SIZE];
	struct buf trace; /* what sim_trace told, where tracing is on */
};

struct world *world_create(const struct world_options *options);
void world_destroy(struct world *world);
/* Start the master, the datanodes and the clients, and run until all datanodes are up. */
void world_start(struct world *world);

void world_master_start(struct world *world);
void world_master_again(struct world *world); /* stop in order, start */
/* As _start, where the start itself may fail: a disk error, a power cut in the middle of it. */
int world_master_try(struct world *world, struct dfs_error *err);
int world_node_try(struct world *world, unsigned node, struct dfs_error *err);
void world_node_init(struct world *world, unsigned node);  /* its data directory: a new disk */
void world_node_other(struct world *world, unsigned node); /* the next such is another machine */
void world_master_kill(struct world *world);               /* kill -9 */
void world_master_crash(struct world *world);              /* power cut */
void world_node_start(struct world *world, unsigned node); /* nodes count from 0; named node1... */
void world_node_kill(struct world *world, unsigned node);
void world_node_crash(struct world *world, unsigned node, bool silent);

/* The rows of `from` (NULL: none) instead of those of `into`, as cp does to a master's files while
 * none runs. */
void world_put_back(struct kv *into, struct kv *from);

/* ---- what users do; each begins now and is over when `over` says so ---- */

struct world_put {
	struct world *world;
	const void *bytes;
	uint64_t size;
	bool over;
	struct client_transfer result;
};

struct world_get {
	uint64_t from;
	struct world *world;
	struct buf bytes;
	bool over;
	struct client_transfer result;
};

void world_put(struct world *world, unsigned client, const struct client_put *put,
        const void *bytes, uint64_t size, struct world_put *ret);
void world_get(struct world *world, unsigned client, const char *path, struct world_get *ret);
/* `length` bytes from `from` on. */
void world_get_part(struct world *world, unsigned client, const char *path, uint64_t from,
        uint64_t length, struct world_get *ret);

/* One call, run to its end: its code; the reply is copied as JSON into `ret_json` where that is not
 * NULL. */
int world_call(struct world *world, unsigned client, enum proto_call which, const void *args,
        struct buf *ret_json);
bool world_run_until(struct world *world, const bool *flag, uint64_t limit_ms);
/* Chunks' files on the disk of a datanode, and of all, whoever knows of them. */
unsigned world_replicas_of(struct world *world, unsigned node);
unsigned world_replicas(struct world *world);
/* Run until that many datanodes are up in the master's eyes; false after limit_ms. */
bool world_await_up(struct world *world, unsigned count, uint64_t limit_ms);

/* `size` bytes that depend on the seed and nothing else; malloc'd. */
void *world_bytes(uint64_t seed, uint64_t size);

#endif
