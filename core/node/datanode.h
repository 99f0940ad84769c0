/* SPDX-License-Identifier: MIT */
#ifndef NODE_DATANODE_H
#define NODE_DATANODE_H

#include "base/error.h"
#include "base/hmac.h"
#include "io/io.h"
#include "store/store.h"

/*
 * The datanode role: the store behind HTTP (append chains, reads), a channel to the master
 * (registration, reports, commands), and a heartbeat with an `io` of its own. Needs only `io`: the
 * simulated cluster runs this very code.
 */
struct datanode;

struct datanode_options {
	const char *master;  /* host:port */
	const char *listen;  /* host:port */
	const char *address; /* what others reach it by; NULL: listen */
	const char *rack;
	uint8_t key[HMAC_SIZE];
	struct store_options store;
	struct io *heart_io; /* the heartbeat's loop; NULL: the same as `io` */
	uint64_t (*turns)(
	        void *arg); /* of the data loop, from any thread; NULL in the simulated world */
	uint64_t (*disk_ms)(void *arg); /* how long its slowest job of late took, likewise */
	void *turns_arg;                /* of both */
	const char *fence_file; /* highest (epoch, reign, operation) seen (RULES 16) */
	void (*log)(void *arg, const char *level, const char *line);
	void *arg;
};

int datanode_start(struct datanode **ret, struct io *io, const struct datanode_options *options,
        struct dfs_error *err);
void datanode_stop(struct datanode *datanode, void (*stopped)(void *arg), void *arg);
void datanode_destroy(struct datanode *datanode);

#endif
