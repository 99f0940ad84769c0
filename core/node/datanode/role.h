/* SPDX-License-Identifier: MIT */
#ifndef NODE_DATANODE_ROLE_H
#define NODE_DATANODE_ROLE_H

#include <pthread.h>
#include <stdatomic.h>
#include "base/pass.h"
#include "base/slab.h"
#include "client/chunk_http.h"
#include "client/link.h"
#include "io/net.h"
#include "node/datanode.h"
#include "node/http_answer.h"
#include "store/scrub.h"

/*
 * The inside of the datanode role, shared by the files of this folder and by nobody else.
 *
 *   role.c      start, stop, the second's tick
 *   doors.c     HTTP: who asks for what chunk, with what ticket
 *   append.c    POST of a chunk: store, forward, receipt
 *   read.c      GET of a chunk
 *   uplink.c    the channel to the master: register, commands, leases
 *   reports.c   what is held: the full report in parts, then deltas in order
 *   copy.c      the repair copy: another datanode's sealed chunk, fetched whole
 *   keep.c      keepsakes: pieces of the master's metadata as sealed chunks
 *   heart.c     the heartbeat, on a loop of its own
 *   fence.c     the highest reign seen, on disk
 *   scrub.c     the store's scrub: told of, asked for
 */

struct reign { /* RULES 16 */
	uint64_t epoch, reign, operation;
};

/* What the data loop tells the heartbeat's thread, and the other way: nothing else is shared
 * between them. */
struct pulse {
	pthread_mutex_t lock; /* guards `disks` and `scrub`; held for a copy only */
	struct store_dir_info disks[64];
	size_t disks_count;
	struct store_scrub_info scrub;
	atomic_ullong used_bytes, chunks, read_bytes, write_bytes, errors;
	atomic_ullong copy_bytes;   /* of read_bytes and write_bytes, those for copies */
	atomic_ullong heartbeat_ms; /* how often, as the master asked */
	atomic_llong clock_ms; /* the master's wall clock minus our io_mono_ms; 0: not known yet */
	atomic_uint registrations; /* so far: a beat sent before the latest tells nothing of it */
	atomic_ullong epoch, operation; /* of the last heartbeat's answer */
	atomic_bool unknown_there; /* the master does not know this incarnation: register again */
};

struct datanode {
	struct io *io;
	struct datanode_options options;
	char master[IO_ADDRESS_MAX], listen[IO_ADDRESS_MAX], address[IO_ADDRESS_MAX], rack[64],
	        fence_file[4096];
	struct store *store;
	struct io_server *server;
	struct io_timer *tick;
	uint64_t incarnation;
	struct pulse pulse;
	struct heart *heart;

	struct link *link; /* NULL: not connected */
	bool registered;
	unsigned saves; /* fence.c: jobs under way */
	struct save *saving;
	uint64_t fenced_ms;
	uint32_t node;
	struct reign reign;
	struct reign reign_saved;
	uint64_t retry_ms;
	struct io_timer *retry;
	struct reports *reports;
	struct command *commands; /* uplink.c: those that the store works on */

	struct relay *relays;        /* append.c */
	struct slabs slabs;          /* of these */
	struct chunk_read *reads;    /* read.c */
	struct fetch *fetches;       /* copy.c */
	struct assembly *assemblies; /* assemble.c */
	struct keeping *keepings;    /* keep.c */
	struct small_answer *small;  /* doors.c */
	struct io_timer *stop_timer;
	uint64_t stop_waited_ms;
	bool stopping;
	void (*stopped)(void *arg);
	void *stopped_arg;
};

void datanode_log(struct datanode *datanode, const char *level, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* The master's wall clock (RULES 32); our own before the first heartbeat was answered. */
int64_t datanode_clock_ms(struct datanode *datanode);
void pulse_errors(struct datanode *datanode);
/* As the master is told of them; the texts stay those of `from`. */
void pulse_disks(const struct store_dir_info *from, size_t count, struct proto_disk *ret);

/* doors.c */
extern const struct io_service datanode_service;
/* Answer at once with a JSON error that needs no state of its own. Fills what io_service.exchange
 * must return. */
int doors_refuse(struct datanode *datanode, struct io_exchange *exchange, int code,
        const char *message, const struct io_exchange_events **ret_events, void **ret_arg);
void datanode_doors_close(struct datanode *datanode);

/* append.c, read.c: take over an exchange; return as io_service.exchange. */
int append_accept(struct datanode *datanode, struct io_exchange *exchange,
        const struct io_request *request, uint64_t chunk,
        const struct io_exchange_events **ret_events, void **ret_arg);
void append_progress(
        struct datanode *datanode, struct arena *arena, struct proto_progress_args *ret);
void append_lease(struct datanode *datanode, const struct proto_leased *lease, uint64_t asked_ms);
void append_close_all(struct datanode *datanode);
bool append_idle(const struct datanode *datanode);
int read_accept(struct datanode *datanode, struct io_exchange *exchange,
        const struct io_request *request, uint64_t chunk,
        const struct io_exchange_events **ret_events, void **ret_arg);
void read_close_all(struct datanode *datanode);

/* uplink.c */
void uplink_start(struct datanode *datanode);
void uplink_tick(struct datanode *datanode);
void uplink_close(struct datanode *datanode);
void uplink_fini(struct datanode *datanode); /* after the store was closed */

/* reports.c */
int reports_create(struct datanode *datanode);
void reports_destroy(struct datanode *datanode);
void reports_begin(struct datanode *datanode); /* registered: a full report */
/* The master asked for all of it once more; answered when it has it. */
void reports_again(struct datanode *datanode, struct link_call *call);
void reports_stop(struct datanode *datanode); /* the channel is gone */
void reports_changed(void *arg, const struct store_held *held);
void reports_gone(struct datanode *datanode, uint64_t chunk, uint64_t version);

/* copy.c */
void copy_start(
        struct datanode *datanode, struct link_call *call, const struct proto_copy_args *args);
void copy_close_all(struct datanode *datanode);
void copy_fini(struct datanode *datanode); /* after the store was closed */

/* keep.c */
void keep_start(
        struct datanode *datanode, struct link_call *call, const struct proto_keep_args *args);
void keep_close_all(struct datanode *datanode);
void keep_fini(struct datanode *datanode); /* after the store was closed */
/* The keepsakes here past `after`, as the JSON of `keepsakes`; 0 or DFS_E_NOMEM. */
int keep_list(struct datanode *datanode, uint64_t after, struct buf *ret);

/* assemble.c: the same, where `args` names pieces */
void assemble_start(
        struct datanode *datanode, struct link_call *call, const struct proto_copy_args *args);
void assemble_close_all(struct datanode *datanode);
void assemble_fini(struct datanode *datanode);

/* scrub.c */
int scrub_start(struct datanode *datanode, struct dfs_error *err);
void scrub_refresh(struct datanode *datanode); /* what the heartbeat tells of it */
void scrub_pulse(struct pulse *pulse, struct proto_scrub_info *ret);
void scrub_command(struct datanode *datanode, struct link_call *call,
        const struct proto_scrub_begin_args *args);
void scrub_metrics(struct datanode *datanode, struct buf *ret);

/* heart.c */
int heart_start(struct datanode *datanode, struct dfs_error *err);
void heart_stop(struct datanode *datanode);

/* fence.c */
int fence_load(struct datanode *datanode, struct dfs_error *err);
/* 0 where this reign may be served: not lower than what was seen, in the order (epoch, operation);
 * `restored` is the epoch that its last restore took, 0 none: it excuses fewer operations. */
int fence_check(const struct datanode *datanode, const struct reign *reign, uint64_t restored,
        struct dfs_error *err);
/* Remember, durably, in a worker; `done` (may be NULL) comes on the loop. */
void fence_save(struct datanode *datanode, const struct reign *reign,
        void (*done)(struct datanode *, int code));
/* Each second: what the master has committed since, every now and then. */
void fence_tick(struct datanode *datanode);
void fence_fini(struct datanode *datanode);

#endif
