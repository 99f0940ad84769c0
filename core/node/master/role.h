/* SPDX-License-Identifier: MIT */
#ifndef NODE_MASTER_ROLE_H
#define NODE_MASTER_ROLE_H

#include "base/arena.h"
#include "base/pass.h"
#include "client/link.h"
#include "cluster/cluster.h"
#include "meta/checkpoint.h"
#include "io/net.h"
#include "meta/meta.h"
#include "node/master.h"

/*
 * The inside of the master role, shared by the files of this folder and by nobody else.
 *
 *   role.c      start, stop, timers
 *   doors.c     channels and HTTP requests: who calls, with what role; replies
 *   calls.c     the table: call -> handler
 *   names.c     stat list mkdir create symlink rename setattr
 *   writes.c    write sessions: write_begin allocate renew seal stage commit abandon
 *   reads.c     locate
 *   machines.c  register report heartbeat progress; the cluster engine's effects
 *   fence.c     whose history a datanode knows; accept; what may be deleted
 *   machines_admin.c  drain drains forget
 *   machines_balance.c  balance balancing
 *   why.c, why_path.c  why history
 *   decisions.c placements as they were decided
 *   status.c    status nodes, /metrics
 *   keeper.c    checkpoints, the log behind them; checkpoint checkpoint_read
 *   keepsakes.c, keepsakes_file.c, keepsakes_parts.c
 *               the same, and the log's newest part, on the datanodes
 *   scrub.c     scrub scrub_wait
 *   fsck.c      fsck fsck_read: a check's stages; fsck_walk.c: on a worker; fsck_chunks.c: on the loop
 *   reaper.c    what happens by time: sessions that fell silent, freed chunks, purges
 *   trash.c     remove undelete trash_list trash_empty
 *   sweeper.c    the master's living time, what leaves the trash, what trees in it hold
 */

enum {
	TICKET_APPEND_MS =
	        60 * 60 * 1000, /* an append is fenced by version and session, not by time */
	ALLOCATE_MAX = 64,
};

/* One end of a channel: a client's, a datanode's, or the heartbeat's. */
struct peer {
	struct master *master;
	struct link *link;
	struct token token;
	uint32_t node; /* a registered datanode's number, 0 otherwise */
	struct peer *prev, *next;
};

/* One call under way. From a pool; owns what its answer is made of. */
struct request {
	struct master *master;
	enum proto_call which;
	uint64_t client, sequence;
	struct token token;
	struct peer *peer;      /* NULL where it came by HTTP, or the channel closed meanwhile */
	struct link_call *call; /* one of these two is answered */
	struct http_request *http;
	struct arena arena;
	struct arena kept_arena;
	const void *kept; /* calls.c: its arguments, where it may have to wait for datanodes */
	void (*retry)(struct request *request); /* at the next tick; NULL: it does not wait */
	struct write_plan *plan; /* writes.c: what an allocation waits to answer, in `arena` */
	uint64_t sealing;        /* writes.c: the chunk whose seal it waits for */
	uint64_t keep_ms;        /* trash.c: how long what is removed is kept */
	void *work;              /* in `arena`. trash.c: the page of an emptying; machines_admin.c:
	                            what is forgotten */
	struct proto_register_args
	        *registering; /* machines.c: what a registration waits to answer */
	bool renumbered;      /* machines.c: that asked for a new number */
	struct request *prev, *next;
};

/* A datanode that ever registered, and the channel it registered on (NULL: none now). */
struct machine {
	uint32_t node;
	uint64_t uuid;
	bool draining;
	uint32_t forgetting;  /* operations that forget it, on their way: it may not register */
	uint32_t registering; /* registrations of it, likewise: it may not be forgotten */
	char address[264];
	char rack[64];
	struct peer *peer;
	struct machine *next;
};

/* Sessions whose sign of life is in memory; the durable one is refreshed now and then (reaper.c).
 */
struct session_life {
	uint64_t session;
	uint64_t seen_ms; /* io_mono_ms */
	uint64_t index;   /* chunks allocated so far: the policy's `index` */
	struct session_life *next_in_bucket;
};

enum { SESSION_BUCKETS = 1024 };

struct decisions;

struct master {
	struct io *io;
	struct master_options options;
	char cluster_id[33];
	char listen[IO_ADDRESS_MAX];
	char checkpoint_dir[4000];
	struct meta *meta;
	struct cluster *cluster;
	struct io_server *server;
	struct io_timer *tick;
	struct peer *peers;
	struct machine *machines;
	struct unreachable *unreachable; /* machines.c: calls to datanodes without a channel */
	uint32_t registering;       /* new datanodes whose number is not durable yet */
	uint32_t next_node;         /* the next number but for theirs; none is given twice */
	struct http_request *https;
	struct buf path; /* names.c: room for one */
	struct request *in_flight;
	struct request *free_requests;
	struct session_life *sessions[SESSION_BUCKETS];
	uint64_t sessions_count;
	struct reaper *reaper;
	struct keeper *keeper;
	struct keepsakes *keepsakes;
	uint64_t changes; /* operations of this reign that are worth keeping: master_changed */
	struct sweeper *sweeper;
	struct decisions *decisions; /* decisions.h; NULL: no memory for them */
	uint64_t started_ms;
	int64_t started_wall_ms;
	uint64_t ticks;
	bool stopping;
	struct scrub_waiter *scrub_waiters; /* scrub.c */
	struct fsck *fsck;                  /* fsck.c: the last check, or the one under way */
	uint64_t fscks;                     /* begun so far */
	bool vouched;       /* fence.c: a datanode has served this history last, or none later */
	bool raising;       /* fence.c: an epoch above a datanode's is on its way */
	char outdated[512]; /* fence.c: why this is an old copy; empty: nobody says so */
	uint64_t calls_count[PROTO_CALLS];
	uint64_t fallbacks_seen[POLICY_KINDS],
	        fallback_ms[POLICY_KINDS]; /* status.c: of each kind of policy */
	void (*stopped)(void *arg);
	void *stopped_arg;
};

/* doors.c */
extern const struct io_service master_service;
struct request *request_get(struct master *master);
/* Answer and give the request back to the pool. `reply` is a proto_<call>_reply. */
void request_answer(struct request *request, const void *reply);
void request_refuse(struct request *request, int code, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void request_fail(struct request *request, const struct dfs_error *err);
void request_drop(struct request *request);
void master_doors_close(struct master *master);

/* calls.c: check the role, then handle; `args` is borrowed for the call. */
void calls_dispatch(struct request *request, const void *args);
/* Instead of refusing with `code`: true where the request waits for the datanodes of a master that
 * has just started. */
bool calls_wait(struct request *request, int code);
/* Those that wait are tried again: a node reported, or time passed. */
void calls_retry(struct master *master);

/* Handlers: each answers its request, now or later, once. */
void handle_hello(struct request *request, const void *args);
void handle_stat(struct request *request, const void *args);
void handle_list(struct request *request, const void *args);
void handle_mkdir(struct request *request, const void *args);
void handle_create(struct request *request, const void *args);
void handle_symlink(struct request *request, const void *args);
void handle_remove(struct request *request, const void *args);
void handle_rename(struct request *request, const void *args);
void handle_undelete(struct request *request, const void *args);
void handle_trash_list(struct request *request, const void *args);
void handle_trash_empty(struct request *request, const void *args);
void handle_setattr(struct request *request, const void *args);
void handle_write_begin(struct request *request, const void *args);
void handle_allocate(struct request *request, const void *args);
void handle_renew(struct request *request, const void *args);
void handle_seal(struct request *request, const void *args);
void handle_stage(struct request *request, const void *args);
void handle_commit(struct request *request, const void *args);
void handle_abandon(struct request *request, const void *args);
void handle_locate(struct request *request, const void *args);
void handle_nodes(struct request *request, const void *args);
void handle_status(struct request *request, const void *args);
void handle_register(struct request *request, const void *args);
void handle_report(struct request *request, const void *args);
void handle_heartbeat(struct request *request, const void *args);
void handle_progress(struct request *request, const void *args);
void handle_accept(struct request *request, const void *args);
void handle_drain(struct request *request, const void *args);
void handle_drains(struct request *request, const void *args);
void handle_forget(struct request *request, const void *args);
void handle_checkpoint(struct request *request, const void *args);
void handle_checkpoint_read(struct request *request, const void *args);
void handle_keepsake_read(struct request *request, const void *args);
void handle_scrub(struct request *request, const void *args);
void handle_scrub_wait(struct request *request, const void *args);
void handle_fsck(struct request *request, const void *args);
void handle_fsck_read(struct request *request, const void *args);
void handle_balance(struct request *request, const void *args);
void handle_balancing(struct request *request, const void *args);
void handle_why(struct request *request, const void *args);
void handle_history(struct request *request, const void *args);

/*
 * names.c: canonical form of a path of this request, checked against the token's tree; NULL after
 * refusing the request. The text lives in the request's arena.
 */
const char *request_path(struct request *request, const char *path);
/* Whether a path is `prefix` or below it; "" and "/" hold all. */
bool path_in_tree(const char *path, const char *prefix);
/* Queue an operation for this request; `done` gets the request as arg. */
void request_submit(struct request *request, const struct proto_op *op, meta_done *done);

/* machines.c */
int machines_load(struct master *master, struct dfs_error *err);
struct cluster_out machines_out(struct master *master);
void machines_tick(struct master *master);
void machines_fini(struct master *master);
void machines_peer_gone(struct peer *peer);
/* Call a datanode; `reply` comes once, from within only where there is no memory: UNAVAIL where it is
 * not connected. */
void machines_call(struct master *master, uint32_t node, enum proto_call call, const void *args,
        uint64_t patience_ms, link_reply *reply, void *arg);
/* To read bytes 0..length of a sealed chunk. */
void machines_ticket(struct master *master, uint64_t chunk, uint64_t version, uint64_t length,
        char ret[PASS_SIZE]);
void machines_applied(
        struct master *master, const struct proto_op *op, const struct meta_result *result);

/* writes.c: fewer replicas are never acknowledged (RULES 24). */
uint32_t writes_least(const struct master *master, uint32_t goal);

/* fence.c (RULES 16) */
/* True where this master may serve a datanode that has seen these; else the request is refused. */
bool fence_register(struct request *request, const struct proto_register_args *args);
/* May anything be deleted (freed chunks, trash, orphans, surplus)? Not while a restore waits for
 * `accept`, nor by an old copy. Safe mode is the cluster's: cluster_may_delete asks both. */
bool master_may_delete(const struct master *master);
/* Tell the cluster engine, at the start and after each change. */
void fence_hold(struct master *master);
/* What an operator is told of it: empty where deletions go their way. */
void fence_sentence(struct master *master, char *ret, size_t size);

/* scrub.c */
void scrub_tick(struct master *master);
void scrub_answer_all(struct master *master); /* those who wait, as the master stops */

/* fsck.c */
void fsck_tick(struct master *master);
bool fsck_idle(const struct master *master); /* no worker is on one */
void fsck_fini(struct master *master);
void fsck_answer_all(struct master *master);
/* machines_balance.c */
int balance_load(struct master *master, struct dfs_error *err);
void balance_applied(struct master *master, const struct proto_op_setting_set *set);
void balance_settle(struct master *master); /* twice a second */

/* reaper.c */
int reaper_load(struct master *master, struct dfs_error *err);
void reaper_tick(struct master *master);
void session_seen(struct master *master, uint64_t session);
struct session_life *session_find(struct master *master, uint64_t session);
void session_gone(struct master *master, uint64_t session);
void reaper_fini(struct master *master);

/* keeper.c (RULES 19) */
int keeper_load(struct master *master, struct dfs_error *err);
void keeper_tick(struct master *master);
bool keeper_idle(const struct master *master);
void keeper_status(struct master *master, struct proto_status_reply *ret);
void keeper_fini(struct master *master);
/* The newest checkpoint, and master->changes as it was begun (UINT64_MAX: before this reign). False:
 * there is none. */
bool keeper_newest(
        const struct master *master, struct checkpoint *ret, uint64_t *ret_changes);

/* keepsakes.c (RULES 20) */
int keepsakes_load(struct master *master, struct dfs_error *err);
void keepsakes_tick(struct master *master);
bool keepsakes_idle(const struct master *master); /* no worker is on one */
void keepsakes_applied(struct master *master, const struct proto_op *op);
void keepsakes_node_gone(struct master *master, uint32_t node);
/* A datanode's report of a chunk that has no row yet; NULL: it has it no more. */
void keepsakes_heard(struct master *master, uint32_t node, uint64_t chunk,
        const struct proto_held *held);
/* Its row is on its way: no orphan. */
bool keepsakes_coming(const struct master *master, uint64_t chunk);
/* What a chunk is a piece of; NULL: of no keepsake. */
const struct proto_row_keepsake *keepsakes_find(const struct master *master, uint64_t chunk);
void keepsakes_status(struct master *master, struct proto_status_reply *ret);
void keepsakes_fini(struct master *master);
/* sweeper.c (RULES 14) */
int sweeper_load(struct master *master, struct dfs_error *err);
void sweeper_tick(struct master *master);
void sweeper_applied(struct master *master, const struct proto_op *op);
/* How long masters have lived. */
uint64_t sweeper_living_ms(const struct master *master);
/* Why nothing is freed by age, of trash or freed chunks; NULL: it is. */
const char *sweeper_paused(const struct master *master);
void sweeper_fini(struct master *master);

/* status.c */
void status_tick(struct master *master);
int status_metrics(struct master *master, struct buf *ret);

/*
 * The clock that tickets expire by and that datanodes learn: the wall's at the start, which then
 * goes on as the machine does. Whoever sets the wall clock makes no ticket expire (RULES 5, 32).
 */
int64_t master_clock_ms(struct master *master);
/* Does it say something that would be missed if it were lost with the master? Not what masters do by
 * themselves, and would do again. */
bool master_changes(const struct proto_op *op);
void master_log(struct master *master, const char *level, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

#endif
