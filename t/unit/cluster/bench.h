/* SPDX-License-Identifier: MIT */
#ifndef T_CLUSTER_BENCH_H
#define T_CLUSTER_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/buf.h"
#include "cluster/cluster.h"
#include "fake_io.h"

/*
 * A cluster engine on a bench: a fake io, and a `cluster_out` that records. The test plays
 * datanodes and metadata. bench.c holds the functions.
 */
enum { BENCH_NODES = 12, BENCH_EPOCH = 5, BENCH_GONE = 64, GIB = 1 << 30, MIB = 1 << 20 };

/* A chunk id of this epoch. */
#define CHUNK(n) (((uint64_t)BENCH_EPOCH << 40) + (n))

union call_args {
	struct proto_freeze_args freeze;
	struct proto_seal_at_args seal_at;
	struct proto_delete_args delete;
	struct proto_copy_args copy;
};

struct sent {
	uint64_t token;
	uint32_t node;
	enum proto_call kind;
	union call_args args;
	struct sent *next;
};

struct submitted {
	uint64_t token;
	struct proto_op op;
	struct submitted *next;
};

struct machine {
	bool beating; /* bench_run sends its heartbeats */
	bool cut;     /* its channel is closed at the master: its heartbeats are told so */
	uint64_t uuid, incarnation, sequence, stuck_ms, disk_ms, free_bytes, read_bytes, write_bytes,
	        copy_bytes;
	const char *rack;
};

/* What came of a cluster_seal. */
struct sealed {
	int calls, code;
	uint64_t length, version;
	uint32_t crc;
	char text[DFS_ERROR_TEXT_MAX];
};

struct bench {
	struct fake_io fake;
	struct cluster *cluster;
	struct arena arena;
	struct sent *sent;           /* not yet answered, oldest first */
	struct submitted *submitted; /* likewise */
	struct buf events;
	struct machine machines[BENCH_NODES + 1];
	bool writers_alive;
	uint32_t writer_questions;
	int ticket_code;
	enum orphan_verdict orphan; /* of each that is asked about */
	uint64_t gone[BENCH_GONE];
	size_t gone_count; /* may be more than are kept */
};

/* `nodes` datanodes 1..nodes registered, with empty reports, out of safe mode. */
struct bench *bench_new(uint32_t nodes);
/* The engine alone, nothing known. */
struct bench *bench_bare(void);
struct bench *bench_with(const struct cluster_options *options);
/* Datanodes register and report, safe mode ends. */
void bench_join(struct bench *b, uint32_t nodes);
void bench_free(struct bench *b); /* checks that nothing is left behind */
/* Time passes; machines that are `beating` beat twice a second. */
void bench_run(struct bench *b, uint64_t ms);

int bench_register(struct bench *b, uint32_t node);
/* One report; `full` with its only part. */
void bench_report(struct bench *b, uint32_t node, bool full, const struct proto_held *held,
        size_t held_count);
void bench_kill(struct bench *b, uint32_t node);  /* its channel closes, it beats no more */
void bench_start(struct bench *b, uint32_t node); /* a new process registers and beats */
struct proto_held held(uint64_t chunk, uint64_t version, uint64_t length, uint32_t crc,
        enum proto_held_state state);
/* Metadata: a sealed chunk; and it with good replicas on the nodes given, 0 last. */
void bench_row_sealed(struct bench *b, uint64_t chunk, uint64_t version, uint64_t length,
        uint32_t crc, uint32_t goal);
void bench_sealed_chunk(struct bench *b, uint64_t chunk, uint32_t goal, const uint32_t *nodes);
/* A chunk opened on these nodes, 0 last, at version 1, and its row. */
void bench_open_chunk(struct bench *b, uint64_t chunk, const uint32_t *nodes);
/* The primary's progress; gives the lease in ms. */
uint64_t bench_progress(struct bench *b, uint32_t node, uint64_t chunk, uint64_t version,
        uint64_t length, uint64_t committed);

/* Calls recorded and not answered: of a kind to a node (0: any). */
size_t bench_count(const struct bench *b, enum proto_call kind, uint32_t node);
struct sent *bench_find(struct bench *b, enum proto_call kind, uint32_t node);
void bench_answer(struct bench *b, struct sent *sent, int code, const void *reply);
/* Answer the freeze that the node was sent; fails where it was sent none. */
void bench_frozen(
        struct bench *b, uint32_t node, uint64_t length, uint32_t crc, uint64_t committed);
void bench_absent(struct bench *b, uint32_t node);
/* The oldest operation submitted, of that kind, is durable or refused; gives a copy of it. */
struct proto_op bench_durable(struct bench *b, enum proto_op_kind kind, int code);
size_t bench_submitted(const struct bench *b);

void bench_seal(struct bench *b, uint64_t chunk, uint64_t floor, struct sealed *ret);
enum proto_replica_state bench_state(
        struct bench *b, uint64_t chunk, uint32_t node); /* MISSING: not listed */
struct cluster_counts bench_counts(struct bench *b);
enum proto_node_state bench_node_state(struct bench *b, uint32_t node);
bool bench_event(const struct bench *b, const char *text);
void bench_gone(void *arg, uint64_t chunk);

#endif
