/* SPDX-License-Identifier: MIT */
#ifndef CLUSTER_SEALING_H
#define CLUSTER_SEALING_H

#include "cluster/engine.h"

/*
 * Freeze, then seal (RULES 1). One seal a chunk:
 *
 *   RAISING ---> FREEZING ---> RECORDING ---> (sealed: chunk_sealed answers and ends it)
 *      |           |   ^           |
 *      |           v   | a node    +---> (refused: ended with that code)
 *      |         WAITING returns, or dead_after passed
 *      +---> (refused: ended)
 *
 *   RAISING    version + 1 is on its way into metadata: it is durable before any replica hears of
 * it FREEZING   replicas are asked to refuse the old version; answers come WAITING    no frozen
 * replica reaches the floor: nothing is sealed or cut; those who wait were told RECORDING  length,
 * CRC and version are on their way into metadata
 */
enum seal_state { SEAL_RAISING, SEAL_FREEZING, SEAL_WAITING, SEAL_RECORDING, SEAL_STATES };

struct waiter {
	cluster_sealed *done;
	void *arg;
	struct waiter *next;
};

struct seal {
	struct cluster *cluster;
	uint64_t chunk;
	enum seal_state state;
	uint64_t version, length; /* length, crc: in RECORDING */
	uint32_t crc;
	bool by_writer; /* the writer itself gave the floor: nothing beyond it was acknowledged */
	bool said;      /* that it waits */
	struct io_timer *timer;
	struct waiter *waiters;
};

/* ---- sealing.c: a seal's life ---- */

void seal_move(struct seal *seal, enum seal_state to);
/* Metadata would not have it: it ends, the chunk stays open, the master tries again later. */
void seal_fail(struct cluster *cluster, struct open *open, int code, const char *sentence);
void seal_waiters_call(struct waiter *list, int code, const char *sentence, uint64_t length,
        uint64_t version, uint32_t crc);

/* ---- freezing.c: what replicas are asked, and what their answers allow ---- */

/* Ask all members that did not answer yet. */
void freeze_all(struct cluster *cluster, struct open *open);
/* The wait for answers, or for nodes, is over. */
void freeze_timer(void *arg);

#endif
