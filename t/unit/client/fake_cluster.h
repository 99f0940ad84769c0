/* SPDX-License-Identifier: MIT */
#ifndef T_UNIT_CLIENT_FAKE_CLUSTER_H
#define T_UNIT_CLIENT_FAKE_CLUSTER_H

#include "client/client.h"
#include "io/sim/sim.h"

/*
 * A small cluster for tests of the client: a master and datanodes on hosts of a simulated world,
 * which speak the wire of docs/protocol.md and docs/contracts.md, keep everything in memory and
 * misbehave when told to. What they keep survives their death; everything else does not. They check
 * what the client does: extents that do not join, receipts of others, a mutation done twice end the
 * test.
 */
enum { FAKE_NODES_MAX = 6 };

struct fake_cluster;

struct fake_options {
	uint64_t seed;
	unsigned nodes;      /* 3 */
	uint32_t goal;       /* 3 */
	uint64_t chunk_size; /* 256 KiB */
	uint32_t parallel;   /* of the client: 0: its default */
	uint64_t work_ms;    /* what a worker's job takes; 0: up to 2 */
};

struct fake_cluster *fake_create(const struct fake_options *options);
void fake_destroy(struct fake_cluster *fake); /* destroys the client too */
struct sim *fake_sim(struct fake_cluster *fake);
struct client *fake_client(struct fake_cluster *fake);
/* A client that gave a wrong token, or to a wrong address. */
struct client *fake_client_new(struct fake_cluster *fake, const char *master, const char *token);
void fake_client_gone(struct fake_cluster *fake); /* destroy the default one now */
/* Steps until *flag; fails the test after `limit_ms` of simulated time. */
void fake_run(struct fake_cluster *fake, const bool *flag, uint64_t limit_ms);
void fake_run_for(struct fake_cluster *fake, uint64_t ms);

/* ---- the master ---- */

void fake_master_kill(struct fake_cluster *fake);
void fake_master_start(struct fake_cluster *fake);
struct sim_host *fake_master_host(struct fake_cluster *fake);
struct sim_host *fake_client_host(struct fake_cluster *fake);
/* The next call of this kind is refused so. */
void fake_master_refuse(
        struct fake_cluster *fake, enum proto_call which, int code, const char *message);
/* Every call of this kind is refused so, until code 0. */
void fake_master_refuse_all(
        struct fake_cluster *fake, enum proto_call which, int code, const char *message);
/* At the next call of this kind the master dies: before it did it, or after, without an answer. */
void fake_master_dies_at(struct fake_cluster *fake, enum proto_call which, bool done);
/* Calls of this kind are not answered until code: they hang. */
void fake_master_hangs_at(struct fake_cluster *fake, enum proto_call which, bool hangs);
/* Sessions that live now are forgotten. */
void fake_master_expire(struct fake_cluster *fake);
/* Seals tell a crc that no replica has. */
void fake_master_seal_lies(struct fake_cluster *fake, bool lies);
/* Seals tell of the first frame alone. */
void fake_master_seal_short(struct fake_cluster *fake, bool cuts);
/* Allocations are answered without a chunk. */
void fake_master_allocates_nothing(struct fake_cluster *fake, bool nothing);
/* Appends to chunks that a master before the present one allocated. Each start is a new one. */
unsigned fake_old_posts(const struct fake_cluster *fake);
/* Tickets given out until now are refused by the datanodes. */
void fake_tickets_expire(struct fake_cluster *fake);
/* Calls of this kind that were carried out (a repeated mutation counts once). */
unsigned fake_calls(const struct fake_cluster *fake, enum proto_call which);
/* Calls of this kind that arrived. */
unsigned fake_arrivals(const struct fake_cluster *fake, enum proto_call which);
size_t fake_sessions(const struct fake_cluster *fake); /* open */
/* Extents in one answer to locate; 0: 64. */
void fake_page_size(struct fake_cluster *fake, uint32_t extents);
/* The master forgets who its clients were: hello gives new ids. */
void fake_master_forgets_clients(struct fake_cluster *fake);

/* ---- files ---- */

/* The file is there, and every byte of it on every living replica: fails the test otherwise. */
void fake_file_is(struct fake_cluster *fake, const char *path, const void *bytes, size_t size);
bool fake_file_exists(const struct fake_cluster *fake, const char *path);
size_t fake_file_extents(const struct fake_cluster *fake, const char *path);
/* Extents of the file without a receipt: sealed by the master. */
size_t fake_file_sealed(const struct fake_cluster *fake, const char *path);
/* Make a file without a client: as a put in chunks of the cluster's size would. */
void fake_file_make(struct fake_cluster *fake, const char *path, const void *bytes, size_t size);
uint64_t fake_file_chunk(const struct fake_cluster *fake, const char *path, size_t extent);
/* A crc in metadata that no replica has. */
void fake_file_break_crc(struct fake_cluster *fake, const char *path, size_t extent);
/* The master loses one extent. */
void fake_file_hole(struct fake_cluster *fake, const char *path, size_t extent);
void fake_file_mode(struct fake_cluster *fake, const char *path, uint32_t mode, int64_t mtime_ns);

/* ---- datanodes, counted from 0 ---- */

enum fake_fault {
	FAKE_WELL,
	FAKE_DIES, /* once it took (append) or gave (read) `bytes` of payload; bytes 0: at the head
	            */
	FAKE_DIES_UNANSWERED, /* with everything stored, before its answer */
	FAKE_STALLS,          /* takes or gives `bytes`, then nothing more, and does not answer */
	FAKE_REFUSES,         /* by `code`, at the head */
	FAKE_REFUSES_LATE,    /* by `code`, once it took `bytes` */
	FAKE_GARBLES_WIRE,    /* one bit at `bytes` of what it forwards or gives */
	FAKE_GARBLES_CHUNK,   /* gives another byte there, with a checksum that fits */
	FAKE_WRONG_CRC,       /* in its receipt, when it is the first */
	FAKE_WRONG_LENGTH,
	FAKE_FEW_REPLICAS,
	FAKE_NO_JSON, /* answers 200 with something else */
	FAKE_PLAIN,   /* gives bytes without frames */
	FAKE_SHORT,   /* gives `bytes` and ends in good order */
	FAKE_LONG,    /* gives more than was asked for */
	FAKE_HANGS,   /* takes the request and says nothing */
};

void fake_node_fault(
        struct fake_cluster *fake, unsigned node, enum fake_fault fault, uint64_t bytes, int code);
/* The fault goes after this many requests; 0: it stays. */
void fake_node_fault_times(struct fake_cluster *fake, unsigned node, unsigned times);
/* The fault begins after this many appends. */
void fake_node_fault_skip(struct fake_cluster *fake, unsigned node, unsigned appends);
void fake_node_kill(struct fake_cluster *fake, unsigned node);
void fake_node_start(struct fake_cluster *fake, unsigned node);
bool fake_node_alive(const struct fake_cluster *fake, unsigned node);
/* The master places new chunks on living nodes only (true), or also on dead ones (it has not
 * noticed). */
void fake_master_notices(struct fake_cluster *fake, bool notices);
unsigned fake_node_posts(const struct fake_cluster *fake, unsigned node);
/* Bytes that it gave its readers' connections. */
uint64_t fake_node_given(const struct fake_cluster *fake, unsigned node);
unsigned fake_node_gets(const struct fake_cluster *fake, unsigned node);
/* Largest payload of one POST that came to any node. */
uint64_t fake_largest_post(const struct fake_cluster *fake);
/* Seal a chunk behind its writer's back, as a master does with an idle one. */
void fake_seal_open_chunks(struct fake_cluster *fake);

#endif
