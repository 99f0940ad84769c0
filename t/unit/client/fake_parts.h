/* SPDX-License-Identifier: MIT */
#ifndef T_UNIT_CLIENT_FAKE_PARTS_H
#define T_UNIT_CLIENT_FAKE_PARTS_H

#include "client/chunk_http.h"
#include "client/frames.h"
#include "client/link.h"
#include "fake_cluster.h"

/* What the files of the fake cluster share. */
enum {
	FAKE_FRAMES_MAX = 4096,
	FAKE_FILES_MAX = 16,
	FAKE_EXTENTS_MAX = 4096,
	FAKE_CHUNKS_MAX = 8192
};

struct fake_replica {
	uint64_t chunk, version;
	struct buf bytes;
	uint32_t sizes[256], crcs[256]; /* of its frames: chunks of tests are small */
	size_t frames;
	bool sealed;
	struct fake_replica *next;
};

struct fake_post;
struct fake_read;

struct fake_node {
	struct fake_cluster *fake;
	unsigned index; /* its number is index + 1 */
	struct sim_host *host;
	struct io_server *server;
	char address[32];
	struct fake_replica *replicas;
	struct fake_post *posts;
	struct fake_read *reads;
	bool alive, dying;
	enum fake_fault fault;
	uint64_t fault_bytes;
	int fault_code;
	uint64_t given;
	unsigned fault_times, fault_skip, posts_count, gets_count;
};

struct fake_chunk { /* metadata */
	uint64_t chunk, version, session, epoch;
	bool sealed, freed;
	uint64_t length;
	uint32_t crc;
	size_t nodes_count;
	unsigned nodes[PROTO_REPLICAS_MAX];
};

struct fake_extent {
	uint64_t offset, chunk, chunk_offset, length;
	uint32_t crc;
	bool receipt;
};

struct fake_file {
	char path[256];
	uint64_t inode, generation, size;
	uint32_t mode;
	int64_t mtime_ns;
	struct fake_extent *extents;
	size_t extents_count;
};

struct fake_session {
	uint64_t id;
	char *path;
	bool open;
	struct fake_extent *staged;
	size_t staged_count;
	uint64_t heard_ms;
};

struct fake_done { /* a mutation that was carried out */
	uint64_t client, sequence, value;
	enum proto_call which;
	int code;
};

struct fake_link {
	struct fake_cluster *fake;
	struct link *link;
	bool greeted;
	struct fake_link *next;
};

struct fake_cluster {
	struct fake_options options;
	struct sim *sim;
	struct sim_host *client_host, *master_host;
	struct client *client;
	struct fake_node nodes[FAKE_NODES_MAX];

	struct io_server *server;
	struct fake_link *links;
	bool master_alive, master_dying;
	uint64_t first_client; /* older ones are not known */
	uint64_t next_client, next_session, next_chunk, next_inode, next_generation;
	struct fake_chunk *chunks;
	size_t chunks_count;
	struct fake_file files[FAKE_FILES_MAX];
	size_t files_count;
	struct fake_session sessions[64];
	size_t sessions_count;
	struct fake_done done[8192];
	size_t done_count;
	unsigned calls[PROTO_CALLS], arrivals[PROTO_CALLS];
	int refuse[PROTO_CALLS];
	bool refuse_all[PROTO_CALLS];
	char refuse_text[PROTO_CALLS][200];
	bool hangs[PROTO_CALLS];
	enum proto_call dies_at;
	bool dies_done, notices, seal_lies, seal_short, allocates_nothing;
	uint64_t epoch;
	unsigned old_posts;
	struct link_call *hanging[256];
	size_t hanging_count;
	uint32_t page_size;
	unsigned ticket_age, next_node;
	uint64_t largest_post;
};

/* fake_master.c */
void fake_master_serve(struct fake_cluster *fake);
void fake_master_clear(struct fake_cluster *fake); /* after its death */
struct fake_chunk *fake_chunk_find(struct fake_cluster *fake, uint64_t chunk);
struct fake_chunk *fake_chunk_new(struct fake_cluster *fake, uint64_t session);
void fake_master_fini(struct fake_cluster *fake);

/* fake_node.c, fake_read.c */
void fake_node_serve(struct fake_node *node);
void fake_node_clear(struct fake_node *node); /* after its death */
void fake_node_fini(struct fake_node *node);
struct fake_replica *fake_replica_find(struct fake_node *node, uint64_t chunk);
struct fake_replica *fake_replica_new(struct fake_node *node, uint64_t chunk, uint64_t version);
void fake_replica_add(struct fake_replica *replica, const void *bytes, uint32_t size, uint32_t crc);
void fake_replica_cut(struct fake_replica *replica, uint64_t length);
void fake_replica_drop(struct fake_node *node, uint64_t chunk);
bool fake_fault_is(struct fake_node *node, enum fake_fault fault);
void fake_fault_used(struct fake_node *node);
int fake_read_begin(struct fake_node *node, struct io_exchange *exchange,
        const struct io_request *request, const struct io_exchange_events **ret_events,
        void **ret_arg);
void fake_reads_clear(struct fake_node *node);

/* Tickets and receipts: the cluster key of these tests is plain text. */
void fake_ticket(
        struct fake_cluster *fake, char verb, uint64_t chunk, uint64_t version, char ret[400]);
void fake_receipt(uint64_t chunk, uint64_t offset, uint64_t length, uint32_t crc, char ret[400]);

#endif
