/* SPDX-License-Identifier: MIT */
#ifndef CLUSTER_ENGINE_H
#define CLUSTER_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>
#include "cluster/cluster.h"

/*
 * What the files of this folder share: the engine's state. Nobody else includes this. README.md
 * says how it fits together; each file's functions stand here under its name.
 */

enum {
	CLUSTER_MAGIC = 0x4d434c55,
	SLOTS_MAX = 65535,  /* datanodes that one master can know */
	COPIES_MAX = 256,   /* copies at once that a setting can allow */
	HISTORY_MAX = 4096, /* events remembered */
	RECENT_BUCKETS = 6, /* "recent" placements: six buckets of ten seconds */
	RECENT_BUCKET_MS = 10000,
	UNDER_LEVELS = 7,                /* of urgency: live good replicas 1 to 6, more */
	UNDER_QUEUES = 2 * UNDER_LEVELS, /* of each level those that somebody waits for, the rest */
};

/* What may flow: filled at a rate, emptied at once by the size of what begins, below zero too. */
struct bucket {
	double tokens;
	uint64_t filled_ms; /* 0: never yet */
};

/* ---- a datanode ---- */

/* How far a node is with being emptied, as of the last look (drain.c). */
struct drain {
	uint64_t since_ms;
	uint64_t held, chunks, bytes, open, deletions, stuck; /* as in proto_drain_info */
	uint64_t sampled_ms, sampled_bytes;
	double rate;
	bool safe, said_safe;
};

struct node {
	uint32_t number;
	uint16_t slot;
	UT_hash_handle hh; /* cluster->by_number */
	uint64_t uuid, incarnation;
	UT_hash_handle hh_uuid; /* cluster->by_uuid */
	char address[264], rack[64];
	enum proto_node_state state;
	uint64_t state_since_ms;
	char why[128];
	char disk_why[128]; /* why one of its disks takes no more; "" where all do */
	bool draining;      /* to be emptied, whatever its state */
	bool forgotten;     /* it only keeps its slot (forget.c) */
	struct drain drain;
	bool registered; /* since this master began */
	bool connected;  /* its channel is open */
	bool reporting;  /* registered, its full report not yet at its end */
	bool reported;   /* it was, at least once */
	bool counted;    /* its good replicas count towards goals, as last reckoned */
	bool hoped;    /* what it held before its report began is presumed to be there, likewise */
	uint8_t round; /* of reports: 0 or MARK_ROUND; replicas marked in an older one are
	                  unconfirmed */
	uint64_t report_sequence, reporting_since_ms;
	uint64_t heard_ms, stuck_ms, disk_ms;
	bool stuck; /* its data loop, and not only a disk */
	/* Of its last heartbeat or registration. */
	uint64_t total_bytes, free_bytes, used_bytes, chunks;
	uint64_t room_bytes,
	        largest_room_bytes; /* above the reserves: of all disks, of the roomiest */
	uint64_t read_bytes, write_bytes, counted_ms;
	double read_rate, write_rate;
	uint64_t promised_bytes; /* of open chunks placed here */
	uint32_t recent[RECENT_BUCKETS];
	uint64_t recent_bucket;        /* number of the newest */
	struct proto_scrub_info scrub; /* of its last heartbeat that told */
	bool scrub_told;
	uint64_t orphans;               /* of cluster->orphans, those here */
	uint64_t orphans_beyond;        /* reported and not remembered */
	bool collecting;                /* a delete call for orphans is under way */
	uint64_t copy_bytes;            /* served and stored for copies, part of the above */
	uint64_t balance_bytes;         /* that it will hold when all moves are over (balance.c) */
	uint64_t served_ms;             /* when it was last told that it serves users; 0: never */
	uint32_t copies_out, copies_in; /* copies that read from it, that write to it */
	double repair_load;             /* bytes of copies from and to it, lately: they spread */
	double duty;          /* bytes that will be read from it for the chunks in line, likewise */
	struct bucket bucket; /* what copies may move here */
	uint64_t *doomed;     /* chunks to delete here, oldest first */
	size_t doomed_count, doomed_capacity;
	bool deleting;      /* a delete call is under way */
	bool trimming;      /* likewise, of surplus */
	uint64_t steady_ms; /* it is there, reported and counted, since */
	uint64_t delete_after_ms;
};

/* ---- a chunk: 48 bytes, and 5 to 10 of the index ---- */

/* What is known of one replica; MARK_ROUND is added in the rounds that have it. */
enum mark {
	MARK_NONE,
	MARK_GOOD,    /* sealed: verified, at the chunk's version, length and CRC */
	MARK_OPEN,    /* of an open chunk; of a sealed one: should seal, not yet heard of */
	MARK_STALE,   /* of an older version */
	MARK_SHORT,   /* frozen below the sealed length */
	MARK_CORRUPT, /* other bytes, or given up by its datanode */
	MARK_UNKNOWN, /* nothing certain: newer than metadata, or only presumed here */
	MARK_DOOMED,  /* surplus, being deleted (trim.c): neither counted nor placed (RULES 13) */
	MARK_MASK = 7,
	MARK_ROUND = 8,
};

/* How a sealed chunk stands, as counted in cluster_counts. */
enum health { HEALTH_WELL, HEALTH_UNDER, HEALTH_LOST };

struct chunk {
	uint64_t id;
	uint32_t version;
	uint32_t length; /* sealed: bytes, at most CHUNK_SIZE_MAX */
	uint32_t crc;    /* sealed: of them */
	uint8_t goal : 4;
	uint8_t state : 2; /* enum proto_chunk_state */
	uint8_t health : 2;
	uint8_t queued;      /* 1 + the queue of cluster->under that it stands in */
	uint8_t live : 4;    /* good replicas that it is counted with, where it is not well */
	uint8_t missing : 4; /* to its goal, likewise */
	bool wanted;         /* somebody waits for its repair, likewise */
	bool surplus;        /* it stands in cluster->surplus */
	uint8_t marks[(PLACE_REPLICAS_MAX + 1) / 2]; /* half a byte each: replica_mark */
	uint16_t slots[PLACE_REPLICAS_MAX];          /* of nodes; those with MARK_NONE are free */
};

_Static_assert(sizeof(struct chunk) == 48, "a chunk's memory is bounded");

enum { CHUNK_VERSION_MAX = (1 << 28) - 1, PAGE_CHUNKS = 4096 };

/* All chunks, dense in pages, found by an open-addressed index of their numbers. */
struct chunk_table {
	struct chunk **pages;
	size_t pages_count;
	uint32_t count;
	uint32_t *index;     /* 1 + number of the chunk; 0 free */
	uint32_t index_size; /* a power of two */
};

/* ---- an open chunk ---- */

/* What a member of an open chunk's replica set holds, as last reported or frozen. */
struct member {
	uint32_t number;   /* of its node */
	bool held, absent; /* it told so; neither: nothing was heard */
	enum proto_held_state state;
	uint64_t version, length, committed;
	uint32_t crc;
	bool asked;   /* a freeze is under way */
	bool frozen;  /* it answered the freeze of this seal */
	bool nothing; /* it answered that it has none, which freezes nothing */
	bool filled; /* it has all its bytes, which its disk counts: nothing is promised any more */
};

struct open {
	uint64_t chunk;
	UT_hash_handle hh;                         /* cluster->opens */
	struct member members[PLACE_REPLICAS_MAX]; /* the primary first (RULES 4) */
	uint32_t members_count;
	uint64_t size_bytes;    /* promised on each member's node */
	uint64_t floor;         /* highest length known to be acknowledged */
	uint64_t length;        /* received by the primary */
	uint64_t moved_ms;      /* when it last grew, or its writer was said to be alive */
	uint64_t seal_after_ms; /* a seal by the master itself failed: not again before */
	bool recorded;          /* metadata has it */
	bool revoked;           /* its lease is not extended: a seal has begun (RULES 1) */
	struct seal *seal;
};

/* ---- work under way ---- */

/* A call to a datanode or an operation submitted, until its answer. */
struct call {
	uint64_t token;
	UT_hash_handle hh;    /* cluster->calls */
	struct call *next;    /* a list of those that fail together */
	enum proto_call kind; /* NONE: an operation */
	enum proto_op_kind op;
	uint16_t slot, source; /* node called; copy: node read from */
	bool trim;             /* delete: of surplus */
	uint64_t chunk, version;
	bool orphans; /* delete: of orphans */
	uint64_t deadline_ms;
};

/* A sealed chunk with replicas that should seal too: they are told, and told again. */
struct settle {
	uint64_t chunk;
	UT_hash_handle hh; /* cluster->settles */
	uint64_t due_ms;
	uint32_t attempts;
};

/* A replica that is being deleted because its chunk has enough others (RULES 3, 13): trim.c. */
struct trim {
	uint64_t chunk;
	UT_hash_handle hh; /* cluster->trims */
	uint32_t version;
	uint16_t slot;
	enum mark was;
	bool sent;   /* the order is on its way */
	bool unsure; /* an earlier one was not answered: it may be carried out still */
	uint64_t due_ms;
};

/* A chunk whose replicas are being deleted (RULES 13). */
struct doom {
	uint64_t chunk, version;
	bool raised;       /* or about to be: at most once */
	UT_hash_handle hh; /* cluster->dooms */
	void (*gone)(void *arg, uint64_t chunk);
	void *arg;
};

/* A chunk whose last repair failed: not again before `due_ms`, and rather not to `avoid`. */
struct delay {
	uint64_t chunk;
	UT_hash_handle hh; /* cluster->delays */
	uint64_t since_ms; /* it waits in all */
	uint64_t due_ms;
	bool waiting; /* till then; afterwards kept for the next time */
	uint32_t attempts, avoid;
	uint64_t held_ms; /* that a policy made it wait, in all */
	char why[160];
};

struct copy {
	uint64_t chunk; /* 0: this place is free */
	uint16_t source, target;
	uint32_t pieces; /* replicas that it is put together from, none of them good; 0: a copy */
	bool moves;      /* for balance: the replica on this node goes then */
	uint16_t moved_from;
	uint32_t length;
	uint64_t began_ms;
};

/* Chunk ids with the time since which they wait, first in first out, bounded; id 0 stands for one
 * that was taken out of the middle. */
struct waiting {
	uint64_t id, since_ms;
};

struct under_queue {
	struct waiting *entries;
	size_t head, count, capacity;
	uint64_t swept_ms; /* entries that are no longer true were thrown out */
};

/* Bytes copied in each of the last seconds. */
enum { PACE_SECONDS = 30 };

struct pace {
	uint64_t bytes[PACE_SECONDS], second; /* of the newest */
	struct bucket bucket;                 /* of the cluster */
	uint64_t halved_ms;                   /* the nodes' repair_load was */
	uint64_t duties_ms;                   /* the nodes' duties were reckoned */
};

/* Replicas moved from full nodes to empty ones, while it is on (balance.c). */
struct balance {
	bool on, over;          /* over: it ended by itself, and nobody was told yet */
	bool busy;              /* some chunk could not be moved for the moment only */
	uint32_t within, moves; /* percent; copies under way for it */
	uint32_t at, looked;    /* chunks: the next one, looked at since the last move began */
	uint64_t reckoned_ms, next_ms;
	uint64_t moved, moved_bytes, failed;
	char why[64]; /* it ended */
};

/* An event, as it was logged. */
struct happening {
	int64_t wall_ms;
	char *line;
};

struct cluster {
	uint32_t magic;
	struct io *io;
	struct cluster_out out;
	struct cluster_options options;
	struct io_timer *timer;
	uint64_t started_ms, ticked_ms;
	bool safe_mode;
	uint64_t deaf_since_ms; /* no datanode is heard, and none closed its channel; 0: not so */
	char held[128];         /* why deletions are held; "": they are not */

	struct node **nodes; /* by slot */
	uint32_t nodes_count;
	struct node *by_number, *by_uuid;
	struct place_node *view_nodes, *view_spare;
	struct place_node *advice_nodes; /* advice.c: candidates of one chunk */
	uint32_t advice_capacity;
	uint64_t advices;
	size_t view_capacity;
	struct place_view view;

	struct chunk_table chunks;
	uint64_t under_goal; /* sealed chunks that are not well */
	uint64_t
	        live[PLACE_REPLICAS_MAX + 1]; /* of them, by good replicas on live nodes; 0: lost */
	uint64_t missing_bytes;               /* to be copied till all goals are reached */
	struct open *opens;

	uint64_t tokens;
	struct call *calls;
	struct settle *settles;
	struct doom *dooms;
	struct trim *trims;
	struct under_queue surplus; /* chunks to be looked at by trim.c, with the time when */
	bool surplus_overflowed;
	uint64_t trimmed;
	struct orphan *orphans;
	/* What of its life this master was awake; since when orphans may be deleted, and when they
	 * are looked at next; how many were deleted. */
	uint64_t awake_ms, orphans_from_ms, orphans_look_ms, orphans_collected;
	struct delay *delays;
	struct copy copies[COPIES_MAX];
	uint32_t copies_count;
	struct io_timer *repair_timer; /* a copy ended: the next one need not wait for the tick */
	struct pace pace;
	uint64_t copies_begun, aged_next; /* so far; at so many one goes to who waits longest */
	uint64_t copied, copied_bytes, copies_failed;

	/* A walk over all chunks that reckons their health and queues the ill: wanted, how far it
	 * is. */
	bool walk_wanted, walking, under_overflowed;
	uint32_t walk_at;
	uint64_t walked_ms;
	struct balance balance;
	struct happening history[HISTORY_MAX]; /* the last of them */
	uint64_t happened;                     /* so far */
	uint64_t drains_looked_ms, drains_sampled_ms;
	uint32_t stuck_looks;
	uint64_t leaving; /* chunks under their goal only because a node is being emptied */
	struct under_queue under[UNDER_QUEUES];
};

/* Every public function begins with it. */
void cluster_check(const struct cluster *cluster);
void cluster_event(struct cluster *cluster, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
uint64_t cluster_now(const struct cluster *cluster);
/* Between two ticks: often enough to tell a stalled master from a silent node. */
uint64_t tick_ms(const struct cluster *cluster);
/* `at`, but the master slept since; never after now. */
uint64_t without_sleep(uint64_t at, uint64_t slept_ms, uint64_t now);

/* ---- chunks.c: the table. A pointer is good until the next add or remove. ---- */

struct chunk *chunk_find(struct cluster *cluster, uint64_t id);
struct chunk *chunk_add(struct cluster *cluster, uint64_t id); /* NULL: out of memory */
void chunk_remove(struct cluster *cluster, struct chunk *chunk);
struct chunk *chunk_at(struct cluster *cluster, uint32_t number);
void chunks_fini(struct cluster *cluster);
/* Place of the node's replica in marks and slots, -1 where it has none. */
int replica_find(const struct chunk *chunk, const struct node *node);
enum mark replica_mark(const struct chunk *chunk, int at);
const char *mark_name(enum mark mark);
/* There, but of no use as it is: short, stale or corrupt. */
bool mark_is_broken(enum mark mark);
/* Marked in the node's present round of reports. */
bool replica_confirmed(const struct cluster *cluster, const struct chunk *chunk, int at);
/* The mark with its round's bit, as stored. */
uint8_t replica_raw(const struct chunk *chunk, int at);
void replica_raw_set(struct chunk *chunk, int at, uint8_t raw);
/*
 * Set, as heard of just now, and reckon the chunk anew. A tenth replica takes the place of a worse
 * one or is left out (false): it is neither used nor deleted.
 */
bool replica_set(struct cluster *cluster, struct chunk *chunk, struct node *node, enum mark mark);
void replica_drop(struct cluster *cluster, struct chunk *chunk, const struct node *node);

/* ---- health.c ---- */

/* Count and queue the chunk by its replicas as they are now. */
void chunk_reckon(struct cluster *cluster, struct chunk *chunk);
/* It leaves the table: count it no more. */
void chunk_unreckon(struct cluster *cluster, struct chunk *chunk);
/* Replicas of a sealed chunk: those that count towards its goal, may soon do so, can be copied
 * from. */
struct tally {
	uint32_t good, hoped, sources;
	uint32_t pieces; /* broken ones whose spans can be read */
	bool tail;       /* a short replica is there: a seal on failure left it without its end */
	bool broken;     /* one that is short, stale or corrupt is there */
};
struct tally chunk_tally(const struct cluster *cluster, const struct chunk *chunk);
void health_tick(struct cluster *cluster);
/* Finish the walk now where the table is small. */
void health_hurry(struct cluster *cluster);

/* ---- queue.c: in which order chunks are repaired ---- */

/* By live replicas, wanted ones first among equals; out of the queue that it stands in. */
void under_push(struct cluster *cluster, struct chunk *chunk, uint32_t live);
/* The chunk stands at this entry (an older entry of it may be left elsewhere). */
struct chunk *under_at(struct cluster *cluster, uint32_t queue, size_t at);
/* It leaves the queue. */
void under_take(struct cluster *cluster, uint32_t queue, size_t at);
/* The entry that has waited longest of all, for over `patience_ms`; false: there is none. */
bool under_oldest(
        struct cluster *cluster, uint64_t patience_ms, uint32_t *ret_queue, size_t *ret_at);
/* Chunks before this one, their bytes, since when it waits; false where it stands in no queue. */
bool under_place(struct cluster *cluster, const struct chunk *chunk, uint64_t *ret_before,
        uint64_t *ret_bytes, uint64_t *ret_since_ms);
uint64_t under_count(struct cluster *cluster);
void under_each(
        struct cluster *cluster, void (*each)(struct cluster *cluster, const struct chunk *chunk));
/* Append to a queue of at most `most`; false: it is full, or memory is. */
bool waiting_push(struct under_queue *queue, struct waiting entry, size_t most);
void under_fini(struct cluster *cluster);

/* ---- pacing.c: what copies may take of nodes and of the cluster ---- */

/* Why a node can be no source or target now, NULL: it can. */
enum pace_side { PACE_FROM, PACE_TO };
bool pace_allows(struct cluster *cluster, struct node *node, enum pace_side side);
/* The cluster as a whole: copies at once, bytes/s. */
bool pace_open(struct cluster *cluster);
/* What is in the way, in words; empty where nothing is. */
void pace_say(
        struct cluster *cluster, struct node *node, enum pace_side side, char *ret, size_t size);
void pace_cluster_say(struct cluster *cluster, char *ret, size_t size);
/* Bytes/s of one copy between them; 0: as fast as it goes. */
uint64_t pace_of_copy(
        struct cluster *cluster, const struct node *source, const struct node *target);
/* A copy begins (charged whole) or ends, well or not. */
void pace_begin(struct cluster *cluster, struct copy *copy);
void pace_end(struct cluster *cluster, const struct copy *copy, bool well);
/* Bytes/s copied lately. */
uint64_t pace_rate(struct cluster *cluster);
/* What was long ago weighs less; what is in line weighs on those that will be read. */
void pace_tick(struct cluster *cluster);
/* A copy of the chunk was begun: so much less is to be read of those that hold it. */
void pace_duty_done(struct cluster *cluster, const struct chunk *chunk);
/* What a node moved since its last heartbeat, and how much of it for copies. */
void pace_served(
        struct node *node, uint64_t bytes, uint64_t copy_bytes, uint64_t passed_ms, uint64_t now);
/* It served users a moment ago. */
bool pace_is_busy(const struct cluster *cluster, const struct node *node);

/* ---- nodes.c ---- */

struct node *node_find(const struct cluster *cluster, uint32_t number);
/* A full report begins: what the node held before is unconfirmed from now on (RULES 23). */
void node_begin_round(struct cluster *cluster, struct node *node);
/* It is there, or was a moment ago: its replicas can be hoped for. */
bool node_alive(const struct node *node);
/* Calls can be sent to it. */
bool node_reachable(const struct node *node);
/* Something that their states depend on has changed. */
void nodes_judge(struct cluster *cluster);
/* RULES 22: what the master slept is held against nobody. */
void nodes_tick(struct cluster *cluster, uint64_t slept_ms);
/*
 * RULES 22: all live datanodes fell silent together, two or more, and none closed its channel. That
 * is the master's own cable, not their death: until one is heard again nobody grows older.
 */
void nodes_listen(struct cluster *cluster); /* after nodes_tick: keeps deaf_since_ms */
void nodes_fini(struct cluster *cluster);

/* ---- view.c ---- */

/* What it told of its disks. */
void node_space(struct node *node, const struct proto_disk *disks, size_t disks_count);
/* Bytes served and stored since its start, and those of them for copies, told now: its rates. */
void node_rates(struct node *node, uint64_t read_bytes, uint64_t write_bytes, uint64_t copy_bytes,
        uint64_t now);
/* Bytes that it can take: above its reserves, not promised (RULES 30). */
uint64_t node_room(const struct node *node);
/* Able to take a chunk of that size. */
bool node_takes(const struct node *node, uint64_t size_bytes);
bool node_disk_slow(const struct node *node);
void node_placed(struct cluster *cluster, struct node *node);
/* One candidate; the view's nodes are made of these. */
void view_node(struct cluster *cluster, const struct node *node, struct place_node *ret);
/* In order of node number, as a view must be. */
void place_sort(struct place_node *nodes, size_t nodes_count);
/* Rows that begin with a node's number, by it. */
void node_numbers_sort(void *rows, size_t count, size_t row_size);

/* ---- locations.c ---- */

/* What a node holds of a sealed chunk, judged: its mark; `ret_seal` true where it should be told to
 * seal. */
enum mark held_judge(const struct chunk *chunk, const struct proto_held *held, bool *ret_seal);
/* A member of an open chunk or a replica of a sealed one told what it holds. */
void held_heard(struct cluster *cluster, struct node *node, const struct proto_held *held);
/* Metadata says that the chunk is sealed: judge all that is known of its replicas, answer who waits
 * for the seal. */
void chunk_sealed(struct cluster *cluster, struct chunk *chunk, uint64_t version, uint64_t length,
        uint32_t crc);
/* It is no longer known; who waits for its seal is told `sentence`. */
void chunk_drop(struct cluster *cluster, uint64_t id, const char *sentence);

/* ---- leases.c: open chunks ---- */

struct open *open_find(struct cluster *cluster, uint64_t chunk);
struct open *open_add(
        struct cluster *cluster, uint64_t chunk, const uint32_t *nodes, size_t nodes_count);
/* Promise that much on each member's node instead of what was. */
void open_promise(struct cluster *cluster, struct open *open, uint64_t size_bytes);
/* Frees it; its seal was detached. */
void open_remove(struct cluster *cluster, struct open *open);
struct member *open_member(
        struct open *open, uint32_t number); /* NULL: the node is none of its members */
/*
 * The node is another process now: what an earlier one told or froze of open chunks may be on a
 * disk that is gone, so it must say it again.
 */
void members_forget(struct cluster *cluster, const struct node *node);
void leases_tick(struct cluster *cluster);
void leases_slept(struct cluster *cluster, uint64_t slept_ms); /* as nodes_tick */
void leases_fini(struct cluster *cluster);

/* ---- sealing.c ---- */

/* The master's own seal of an open chunk (RULES 4); nobody waits for it. */
void seal_by_master(struct cluster *cluster, struct open *open, const char *why);
void seal_frozen(struct cluster *cluster, const struct call *call, int code,
        const struct dfs_error *err, const struct proto_freeze_reply *reply);
void seal_durable(struct cluster *cluster, const struct call *call, int code);
/* A node's replicas can be asked again. */
void seal_node_back(struct cluster *cluster, const struct node *node);
bool seal_waits(const struct open *open);
bool seal_records(const struct open *open); /* what its freeze found is on its way into metadata */
/* Which nodes it waits for, in a sentence. */
void seal_say(struct cluster *cluster, const struct open *open, struct dfs_error *ret);
/* Take the seal off its chunk; NULL where there is none. The chunk's open record may go then. */
struct seal *seal_detach(struct open *open);
/* Answer all who wait, and free the detached seal; takes NULL. Anything may have changed when it
 * returns. */
void seal_answer(struct seal *seal, int code, const char *sentence, uint64_t length,
        uint64_t version, uint32_t crc);
void seal_destroy(struct seal *seal);

/* ---- settle.c: replicas of sealed chunks that should seal too ---- */

/* Tell those of its replicas that are not good, `delay_ms` from now. */
void settle_want(struct cluster *cluster, const struct chunk *chunk, uint64_t delay_ms);
bool settle_pending(const struct cluster *cluster, uint64_t chunk);
/* It was told lately enough to wait for it rather than to copy. */
bool settle_hopeful(const struct cluster *cluster, uint64_t chunk);
void settle_answered(struct cluster *cluster, const struct call *call, int code);
void settle_forget(struct cluster *cluster, uint64_t chunk);
void settle_tick(struct cluster *cluster);
void settle_fini(struct cluster *cluster);

/* ---- deletes.c ---- */

void doom_on(struct cluster *cluster, struct node *node, uint64_t chunk);
/* True where the operation was one of deletes.c: a raise, done or refused. */
bool deletes_durable(struct cluster *cluster, const struct call *call, int code);
void deletes_answered(struct cluster *cluster, const struct call *call, int code,
        const struct proto_delete_reply *reply);
/* A replica of a doomed chunk is known to be gone, or a copy of it ended: perhaps it was the last.
 */
void doom_check(struct cluster *cluster, uint64_t chunk);
/* It is freed, its linger is over, and not all deletions are acknowledged. */
bool deletes_pending(const struct cluster *cluster, uint64_t chunk);
/* Deletions are allowed from now on: those without a known replica are gone. */
void dooms_check(struct cluster *cluster);
void deletes_tick(struct cluster *cluster);
void deletes_forget(struct cluster *cluster, uint64_t chunk);
void deletes_fini(struct cluster *cluster);

/* ---- trim.c: replicas above the goal ---- */

/* It has more than its goal, or broken ones besides: look at it when its nodes have been steady. */
void trim_want(struct cluster *cluster, struct chunk *chunk);
/*
 * Delete that replica, whatever the reason, where it is safe: the goal is reached by verified ones
 * on steady nodes without it, racks are kept, nothing else is under way with the chunk. False:
 * not (now).
 */
bool trim_begin(struct cluster *cluster, struct chunk *chunk, struct node *node, const char *why);
bool trim_allowed(struct cluster *cluster, const struct chunk *chunk, const struct node *node);
struct trim *trim_of(const struct cluster *cluster, uint64_t chunk);
/* A node told of a replica: true where it is being deleted, and remains so. */
bool trim_heard(struct cluster *cluster, struct chunk *chunk, struct node *node);
/* The chunk is freed or dropped: others see to its replicas. */
void trim_forget(struct cluster *cluster, struct chunk *chunk);
void trims_answered(struct cluster *cluster, const struct call *call, int code,
        const struct proto_delete_reply *reply);
void trims_tick(struct cluster *cluster);
void trims_fini(struct cluster *cluster);

/* ---- orphans.c ---- */

/* The node holds a replica of a chunk that metadata does not know; or no longer does. */
void orphan_heard(struct cluster *cluster, struct node *node, const struct proto_held *held);
void orphan_gone(struct cluster *cluster, struct node *node, uint64_t chunk);
/* Metadata has the chunk from now on. */
void orphan_known(struct cluster *cluster, uint64_t chunk);
/* A full report: those that it does not name are gone. */
void orphans_begin_round(struct cluster *cluster, struct node *node);
void orphans_end_round(struct cluster *cluster, struct node *node);
void orphans_answered(struct cluster *cluster, const struct call *call, int code,
        const struct proto_delete_reply *reply);
void orphans_tick(struct cluster *cluster, uint64_t passed_ms);
void orphans_count(const struct cluster *cluster, struct cluster_counts *ret);
void orphans_fini(struct cluster *cluster);

/* ---- repair.c: copies ---- */

void repair_tick(struct cluster *cluster);
void repair_timer(void *arg); /* the cluster: a copy ended */
struct copy *copy_of(struct cluster *cluster, uint64_t chunk);
/*
 * Copy a sealed chunk, whatever the reason, where the limits allow it now: the node numbers are
 * those of a good replica and of a node without one; of any two nodes that source_fits and
 * target_fits name where it is put together from pieces. False: not now.
 */
bool copy_begin(struct cluster *cluster, const struct chunk *chunk, struct node *source,
        struct node *target);
void repair_answered(
        struct cluster *cluster, const struct call *call, int code, const struct dfs_error *err);
bool repair_copying(const struct cluster *cluster, uint64_t chunk);

/* ---- drain.c ---- */

/* Set the flag; nothing else happens by it. */
void drain_mark(struct cluster *cluster, struct node *node, bool draining);
void drain_tick(struct cluster *cluster);
/* It was emptied and is gone: nothing of it is waited for. */
bool drain_unplugged(const struct node *node);
bool drain_safe(struct cluster *cluster, const struct node *node);
/* No chunk wants replicas or a seal: one that is away and never reported is not needed. */
bool drain_none_short(const struct cluster *cluster);
uint64_t drain_leaving(struct cluster *cluster);
/* How far it is, as a sentence. */
void drain_text(struct cluster *cluster, struct node *node, char *ret, size_t size);

/* ---- advice.c: what the policy says of chunks at the head of the line ---- */

/* Of chunks that can be copied now, by their ids, in the built-in order: reorder them, most urgent
 * first; those that shall wait are taken out and delayed. Returns how many are left. */
struct advised {
	uint64_t chunk;
	uint64_t since_ms; /* it stands in line */
	uint32_t queue;
	size_t at;
	double urgency;
	uint32_t source, target; /* 0: the built-in's choice */
};
size_t advise(struct cluster *cluster, struct advised *chunks, size_t count);

/* ---- targets.c: between which nodes a chunk is copied ---- */

/* NULL: there is none; `ret_busy`: but there will be, the limits are in the way. */
struct node *pick_source(struct cluster *cluster, const struct chunk *chunk, bool *ret_busy);
struct node *pick_target(struct cluster *cluster, const struct chunk *chunk, bool *ret_busy);
/* A good replica of it can be read there, or, where no good one is left, spans of a broken one
 * (pieces_fit); a replica of it can be made there. */
bool source_fits(const struct cluster *cluster, const struct chunk *chunk, const struct node *node);
bool target_fits(const struct cluster *cluster, const struct chunk *chunk, const struct node *node);
/* Sealed, and nothing good is left or hoped for: it is put together from what is. */
bool pieces_wanted(const struct chunk *chunk);
/* Spans can be read of the broken replica there. */
bool pieces_fit(const struct cluster *cluster, const struct chunk *chunk, const struct node *node);
/* What a copy is ordered to be put together from, in the order to be asked; at most
 * PLACE_REPLICAS_MAX. */
size_t pieces_of(
        const struct cluster *cluster, const struct chunk *chunk, struct proto_copy_source *ret);

/* ---- balance.c ---- */

void balance_tick(struct cluster *cluster);
/* The copy of a move has ended. */
void balance_copied(
        struct cluster *cluster, struct chunk *chunk, const struct copy *copy, int code);

/* ---- history.c ---- */

void history_add(struct cluster *cluster, const char *line);
void history_fini(struct cluster *cluster);

/* ---- delays.c ---- */

struct delay *delay_of(const struct cluster *cluster, uint64_t chunk);
/* No repair of the chunk for so long, and why, in words. */
void delay_for(struct cluster *cluster, uint64_t chunk, uint64_t ms, const char *why);
/* A policy wants it: as long as `bound_ms` in all allow. False: they are used up. */
bool delay_by_policy(
        struct cluster *cluster, uint64_t chunk, uint64_t ms, uint64_t bound_ms, const char *why);
/* It failed: doubled each time, and rather not to node `avoid`. */
void delay_failed(struct cluster *cluster, uint64_t chunk, uint32_t avoid, const char *why);
void delay_forget(struct cluster *cluster, uint64_t chunk);
void delays_tick(struct cluster *cluster);
void delays_fini(struct cluster *cluster);

/* ---- calls.c ---- */

/* Send, and remember `like` (its chunk, version, source) until the answer. False when out of
 * memory. */
bool call_send(struct cluster *cluster, struct node *node, enum proto_call kind, const void *args,
        const struct call *like, uint64_t patience_ms);
bool call_submit(struct cluster *cluster, const struct proto_op *op, const struct call *like);
/* All calls under way to a node fail. */
void calls_fail(struct cluster *cluster, const struct node *node, int code, const char *sentence);
bool call_pending(const struct cluster *cluster, const struct node *node, enum proto_call kind,
        uint64_t chunk);
void calls_tick(struct cluster *cluster);
void calls_fini(struct cluster *cluster);

#endif
