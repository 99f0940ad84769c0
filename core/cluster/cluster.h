/* SPDX-License-Identifier: MIT */
#ifndef CLUSTER_CLUSTER_H
#define CLUSTER_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/pass.h"
#include "cluster/placement.h"
#include "cluster/reasons.h"
#include "io/io.h"
#include "proto/gen/proto.h"

/*
 * What the master knows and decides about machines: datanodes and their liveness, where replicas
 * are, leases of open chunks, sealing, deletions. An engine: events come in by these functions,
 * effects go out by `struct cluster_out`. It keeps no metadata; where a decision must be durable it
 * asks `out` and goes on when told.
 *
 * Loop    all on the loop of `io`.
 * Source  GFS 3.1, 4.3-4.5; RULES 1-5, 13, 16, 22, 23, 34.
 */
struct cluster;

/* What metadata says of a chunk that it is not known to have, when asked once more. */
enum orphan_verdict {
	ORPHAN_KEEP,    /* it has it after all, or cannot tell */
	ORPHAN_COMING,  /* its row is on its way: it is none (coming) */
	ORPHAN_FOREIGN, /* this master and those before it never gave that number out */
	ORPHAN_DELETE,  /* given out, and there is no row for it */
};

/*
 * How effects leave. Each that has a `token` is answered later, never from within the call itself,
 * by the function that its comment names. What `args` and `op` point to is borrowed for the call.
 */
struct cluster_out {
	/* Send a call to a registered datanode; the answer comes to cluster_node_answer with the
	 * same token. */
	void (*call)(
	        void *arg, uint32_t node, enum proto_call call, const void *args, uint64_t token);
	/* Make durable: chunk_raise or chunk_seal; then cluster_durable(token, code). */
	void (*submit)(void *arg, const struct proto_op *op, uint64_t token);
	/* Something an operator may want to know: one line, key=value. NULL: nobody does. */
	void (*event)(void *arg, const char *line);
	/* A ticket to read bytes 0..length of a sealed chunk, for a repair copy. 0 or negative;
	 * NULL: nothing is copied. */
	int (*ticket)(
	        void *arg, uint64_t chunk, uint64_t version, uint64_t length, char ret[PASS_SIZE]);
	/*
	 * Asked before an open chunk that did not grow for idle_seal_ms is sealed (RULES 4): true
	 * while the session that writes it is alive, then it is left alone for another
	 * idle_seal_ms. NULL: no session is.
	 */
	bool (*writer_alive)(void *arg, uint64_t chunk);
	/* Asked when a replica of an unknown chunk is reported, and right before it is deleted.
	 * NULL: orphans are left alone. */
	enum orphan_verdict (*orphan)(void *arg, uint64_t chunk);
	/* A report about a chunk that is not known (yet): what the node holds of it, NULL: nothing any
	 * more. Borrowed; may be NULL. */
	void (*coming)(
	        void *arg, uint32_t node, uint64_t chunk, const struct proto_held *held);
	void *arg;
};

struct cluster_options {
	uint64_t heartbeat_ms;   /* 1,000 */
	uint64_t dead_after_ms;  /* 10,000 */
	uint64_t lease_ms;       /* 60,000 */
	uint64_t safe_mode_ms;   /* 60,000 (RULES 22) */
	uint64_t freeze_wait_ms; /* how long a freeze waits for silent replicas: 3,000 */
	uint64_t idle_seal_ms;   /* 60,000 (RULES 4) */
	uint64_t epoch;
	/* Copies at once: in the cluster, at most 256 (16); that one node gives (2), takes (2). */
	uint32_t copies_max, copies_from_max, copies_to_max;
	/* Bytes/s that copies may move at a node, in and out: while it serves nobody else (0: no
	 * bound), while it serves users (16 MiB/s); in the cluster, each copy counted once (0: no
	 * bound). */
	uint64_t repair_rate, repair_busy_rate, repair_cluster_rate;
	/* How long the nodes of a chunk must have been steady before surplus of it is deleted:
	 * 300,000. */
	uint64_t trim_after_ms;
	uint64_t orphan_grace_ms;  /* before a replica that metadata does not know is deleted:
	                              3,600,000 */
	uint64_t balance_rate;     /* bytes/s that balance moves in the cluster: 32 MiB/s */
	struct policies *policies; /* asked about repair; borrowed, NULL: the built-in order */
};

int cluster_create(struct cluster **ret, struct io *io, const struct cluster_options *options,
        struct cluster_out out, struct dfs_error *err);
void cluster_destroy(struct cluster *cluster);

/* ---- datanodes ---- */

/* Known from metadata at the start: not heard of yet. */
int cluster_node_known(struct cluster *cluster, uint32_t node, const struct proto_row_node *row);
/* It registered on a channel: live from now, its replicas unknown until the full report ends (RULES
 * 23). */
int cluster_node_registered(struct cluster *cluster, uint32_t node,
        const struct proto_register_args *args, struct dfs_error *err);
/* Its channel broke: a hint (state suspect once a heartbeat is overdue); calls under way to it
 * fail. */
void cluster_node_lost(struct cluster *cluster, uint32_t node);
/* False where that incarnation is not registered, or its channel is closed: the datanode may not
 * know that, and opens a new one. */
bool cluster_node_heartbeat(struct cluster *cluster, const struct proto_heartbeat_args *args);
int cluster_node_report(struct cluster *cluster, uint32_t node,
        const struct proto_report_args *args, struct dfs_error *err);
/* Leases of the node's open chunks are extended in `ret`; strings and lists in `arena`. */
int cluster_node_progress(struct cluster *cluster, uint32_t node,
        const struct proto_progress_args *args, struct arena *arena,
        struct proto_progress_reply *ret, struct dfs_error *err);
void cluster_node_answer(struct cluster *cluster, uint64_t token, int code,
        const struct dfs_error *err, const void *reply);
void cluster_durable(struct cluster *cluster, uint64_t token, int code);
/* Numbers of datanodes: registered ever and not forgotten, able to take chunks now. */
uint32_t cluster_nodes_known(const struct cluster *cluster);
uint32_t cluster_nodes_live(const struct cluster *cluster);
/* Registered ever and not being emptied: what a goal can count on (RULES 24). */
uint32_t cluster_nodes_staying(const struct cluster *cluster);
int cluster_nodes(struct cluster *cluster, struct arena *arena, struct proto_nodes_reply *ret);
/* The address of a node, NULL where it is unknown. */
const char *cluster_address(const struct cluster *cluster, uint32_t node);
/* Candidates for a fresh chunk of `size` bytes; borrowed until the next call. `avoid` marks, it
 * does not exclude. */
const struct place_view *cluster_view(
        struct cluster *cluster, uint64_t size_bytes, const uint32_t *avoid, size_t avoid_count);

/* Datanodes that would not be in that view, at most `max`, and why: how many. */
uint32_t cluster_rejected(const struct cluster *cluster, uint64_t size_bytes,
        struct place_rejected *ret, uint32_t max);

/* ---- emptying a datanode (drain.c) ---- */

/*
 * Could it be emptied? 0; NOENT; UNAVAIL in safe mode; NODES where the other datanodes are too few
 * for the goal of a chunk that it holds, or have too little room. Walks all chunks.
 */
int cluster_drain_check(struct cluster *cluster, uint32_t node, struct dfs_error *err);
/*
 * It is to be emptied, or no longer: durable in metadata. It takes nothing from now on, its open
 * chunks are sealed (RULES 4), others copy what it holds. Nothing is deleted from it. NOENT.
 */
int cluster_node_drain(struct cluster *cluster, uint32_t node, bool draining);
/*
 * How far it is. `safe` is said when every chunk that it holds has its goal of good replicas on
 * other nodes that are up, none is open or waits for a seal, and no deletion on it is awaited; then
 * it can be taken away. Strings in `arena`. NOENT, NOMEM.
 */
int cluster_drain(
        struct cluster *cluster, uint32_t node, struct arena *arena, struct proto_drain_info *ret);
int cluster_drains(struct cluster *cluster, struct arena *arena, struct proto_drains_reply *ret);

/* ---- forgetting a datanode (forget.c) ---- */

/*
 * Could it be forgotten? 0; NOENT; NODES where it is connected or not dead, or its drain is not
 * `safe` and a chunk lists it or may want what it holds; UNAVAIL in safe mode. Walks all chunks.
 */
int cluster_forget_check(struct cluster *cluster, uint32_t node, struct dfs_error *err);
/*
 * It is known no more: durable in metadata. Its replicas and orphans are dropped; where it returns
 * it is another datanode, with another number. Unknown numbers are passed over.
 */
void cluster_node_forget(struct cluster *cluster, uint32_t node);

/* ---- chunks: <= 64 bytes of memory each ---- */

/* Metadata has it: at the start and after each operation that makes or changes one. */
int cluster_chunk_known(struct cluster *cluster, uint64_t chunk, const struct proto_row_chunk *row);
void cluster_chunk_forgotten(struct cluster *cluster, uint64_t chunk);
/*
 * Placed on nodes and given to a writer: the lease of its primary begins, the space is promised.
 * Before or after cluster_chunk_known of its row. DFS_E_INVAL (unknown nodes), DFS_E_EXIST (sealed
 * or freed), DFS_E_RANGE, DFS_E_NOMEM: nothing changed.
 */
int cluster_chunk_opened(struct cluster *cluster, uint64_t chunk, uint64_t version,
        const uint32_t *nodes, size_t nodes_count, uint64_t size_bytes);
/* A report that came as `coming`, from a node that still has the channel it came on: once the chunk's
 * row has come, or will not. */
void cluster_heard(struct cluster *cluster, uint32_t node, const struct proto_held *held);
/* A reader asked where it is: its repair, if it needs any, comes before that of others as ill. */
void cluster_chunk_wanted(struct cluster *cluster, uint64_t chunk);
/* Replicas as known, good ones first; states filled. Strings in `arena`. */
int cluster_replicas(struct cluster *cluster, uint64_t chunk, struct arena *arena,
        struct proto_replica **ret, size_t *ret_count);
/*
 * The last reference is gone and the linger is over: delete replicas up to `version` on every node
 * known to hold one (RULES 13), after safe mode. `gone` comes once each of them has acknowledged or
 * reported without it: at once (within this call) where none is known, never while one is away. A
 * second call replaces the callback. 0 or DFS_E_NOMEM, then it does not come.
 */
int cluster_chunk_delete(struct cluster *cluster, uint64_t chunk, uint64_t version,
        void (*gone)(void *arg, uint64_t chunk), void *arg);

/* ---- sealing (RULES 1, 4) ---- */

typedef void cluster_sealed(void *arg, int code, const struct dfs_error *err, uint64_t length,
        uint64_t version, uint32_t crc);
/*
 * Freeze the replicas of an open chunk, then seal it at the largest verified length that is >=
 * floor. `done` comes once: 0; DFS_E_UNAVAIL naming the nodes it waits for (the seal goes on when
 * they return); the code of a refused operation. It comes within this call where the chunk is
 * sealed already or unknown (DFS_E_NOENT). A second call for the same chunk joins the first.
 *
 * The caller vouches that nobody appends to the chunk any more beyond `floor` where its replicas do
 * not exist yet: with floor 0 and none found, the chunk ends empty. The master's own seals (a node
 * died, idle, an earlier epoch) never do that.
 */
void cluster_seal(
        struct cluster *cluster, uint64_t chunk, uint64_t floor, cluster_sealed *done, void *arg);

/* ---- looking (fsck) ---- */

struct cluster_verdict {
	uint32_t goal, good;
	uint32_t hoped; /* replicas that may soon be good: sealing, or their node's report is coming
	                 */
	uint32_t broken; /* corrupt, stale, short, on nodes that are there */
	uint32_t pieces; /* of these, whose spans can be read */
	bool sealed, empty;
	bool under, lost; /* lost: under its goal, and nothing is good or hoped for */
	bool leaving;     /* under its goal only because a node that has it is to be emptied */
	bool waiting;     /* a seal waits for nodes (RULES 1) */
	bool copying;
};
/* 0, or DFS_E_NOENT: not known here. */
int cluster_inspect(struct cluster *cluster, uint64_t chunk, struct cluster_verdict *ret);
/* Without waiting for what an earlier failure put off: true where the chunk is queued for repair,
 * or being copied. */
bool cluster_repair_now(struct cluster *cluster, uint64_t chunk);

/* ---- whether anything may be deleted (RULES 16, 22) ---- */

/*
 * Hold every deletion: of freed chunks, of surplus, of orphans. For metadata that may be older than
 * what datanodes hold, until somebody says that it is right. `why`, cut at 127 bytes, is told by
 * cluster_deletes_held; NULL ends it.
 */
void cluster_hold_deletes(struct cluster *cluster, const char *why);
/* Why they are held; NULL: they are not. */
const char *cluster_deletes_held(const struct cluster *cluster);
/* The one question that whatever deletes a replica asks first: safe mode is over and nothing holds
 * it. */
bool cluster_may_delete(const struct cluster *cluster);

/* ---- repair, as people see it ---- */

struct cluster_repair {
	uint64_t under[PLACE_REPLICAS_MAX + 1]; /* chunks under their goal, by live good replicas */
	uint64_t queued;                        /* in line for a copy */
	uint64_t delayed;     /* not looked at again for a while: it failed, or something better may
	                         come */
	uint64_t bytes_left;  /* to be copied till all goals are reached */
	uint64_t rate;        /* bytes/s copied, over at most the last 30 s */
	uint64_t estimate_ms; /* till then, at that rate; 0: nothing is left, or not known */
	uint64_t copied, copied_bytes, copies_failed; /* since the start */
	uint64_t trimming,
	        trimmed; /* replicas above the goal: being deleted, deleted since the start */
	uint32_t copies; /* under way */
};
void cluster_repair(struct cluster *cluster, struct cluster_repair *ret);
/* Copies under way; chunks without a good replica or that cannot be sealed (at most `max`), with
 * the nodes that may have them named. In `arena`; 0 or DFS_E_NOMEM. */
int cluster_copies(struct cluster *cluster, struct arena *arena, struct proto_copying **ret,
        size_t *ret_count);
int cluster_missed(struct cluster *cluster, struct arena *arena, size_t max,
        struct proto_missed **ret, size_t *ret_count);

/* What repair means to do with one chunk. */
struct cluster_chunk_outlook {
	enum proto_chunk_state state;
	uint64_t version, length;
	uint32_t goal;
	uint32_t good;    /* replicas that count towards the goal */
	uint32_t hoped;   /* that may soon do so */
	uint32_t live;    /* good ones on live nodes, draining ones too: what stands between it and
	                     loss */
	bool under, lost; /* fewer than its goal; none at all, hoped for or not */
	bool copying;     /* between these nodes, for so long */
	uint32_t from, to;
	uint64_t copying_ms;
	bool queued, wanted; /* in line; ahead of others as ill, because somebody waits for it */
	uint64_t before,
	        before_bytes; /* chunks in line before it, and what is to be copied of them */
	uint64_t waited_ms;   /* in line */
	uint64_t again_ms; /* till it is looked at again, where it is not in line; 0: not known */
	uint64_t estimate_ms; /* till its goal is reached; 0: it is, or not known */
	char why[256];        /* why it is not at its goal yet, a sentence; "" where it is */
};
/* False where the chunk is not known. Walks the queues before it: for people, not for loops. */
bool cluster_chunk_outlook(
        struct cluster *cluster, uint64_t chunk, struct cluster_chunk_outlook *ret);

/*
 * Just started: datanodes that are known have not reported yet, and have not been silent for
 * dead_after; or all fell silent at once. What nodes or replicas are missing for now may be there
 * in a moment.
 */
bool cluster_settling(const struct cluster *cluster);

/* ---- balance (balance.c) ---- */

/* Move replicas until each node's used share is within so many percent of the cluster's (0: 5),
 * behind all repairs; again: with another measure. Ends by itself, which `over` tells once. */
void cluster_balance_start(struct cluster *cluster, uint32_t within);
/* No more moves begin; those under way end. */
void cluster_balance_stop(struct cluster *cluster);
bool cluster_balance_over(struct cluster *cluster);
/* How it stands, on or not. Strings in `arena`; 0 or DFS_E_NOMEM. */
int cluster_balance(struct cluster *cluster, struct arena *arena, struct proto_balance_info *ret);

/* ---- why (why.c, history.c): sentences for people ---- */

/* False where it is not known here. They walk the table of chunks: for people, not for loops. */
bool cluster_why_chunk(struct cluster *cluster, uint64_t chunk, struct reasons *reasons);
bool cluster_why_node(struct cluster *cluster, uint32_t node, struct reasons *reasons);
/* What is not well, or waits: nothing where all is well. */
void cluster_why(struct cluster *cluster, struct reasons *reasons);
/* The last events of a chunk, of a node, or (both 0) of all, at most `limit` of the last 4,096,
 * the oldest first. */
void cluster_history(struct cluster *cluster, uint64_t chunk, uint32_t node, size_t limit,
        struct reasons *reasons);

/* Counts for status. */
struct cluster_counts {
	uint64_t open_chunks, under_goal, lost, used_bytes, total_bytes, free_bytes;
	uint32_t nodes_up, nodes_known; /* up: neither dead nor suspect */
	uint64_t
	        leaving; /* of under_goal: have all replicas, one of them on a node being emptied */
	uint32_t nodes_draining;  /* to be emptied, whatever their state */
	uint32_t nodes_unplugged; /* of these, gone when nothing needed them any more */
	bool safe_mode;
	/* Replicas reported that metadata does not know (RULES 16): all; bytes and age of those
	 * that are remembered; those whose number was never given out; deleted since the start. */
	uint64_t orphans, orphan_bytes, orphan_age_ms, orphans_foreign, orphans_collected;
	uint64_t waiting_seals;   /* seals that wait for nodes (RULES 1) */
	uint64_t deleting;        /* chunks whose replicas are being deleted */
	uint32_t copies;          /* repair copies under way */
	uint64_t bad;             /* replicas that datanodes which are there call bad */
	uint64_t scrub_oldest_ms; /* of the same: no byte was checked longer ago; UINT64_MAX: some
	                             never were */
};
void cluster_count(struct cluster *cluster, struct cluster_counts *ret);

#endif
