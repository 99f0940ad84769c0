/* SPDX-License-Identifier: MIT */
#ifndef NODE_MASTER_H
#define NODE_MASTER_H

#include "base/error.h"
#include "base/hmac.h"
#include "cluster/cluster.h"
#include "io/io.h"
#include "io/kv.h"

/*
 * The master role: joins the metadata engine, the cluster engine and the policies, and answers the
 * calls of docs/protocol.md. Needs only an `io`: the simulated cluster runs this very code.
 */
struct master;

static const uint64_t RETAIN_NONE = UINT64_MAX;
static const uint64_t KEEP_NEVER = UINT64_MAX;

struct master_options {
	struct kv *kv;                 /* borrowed */
	const char *cluster;           /* id, 32 hex digits */
	uint8_t key[HMAC_SIZE];        /* cluster key */
	bool create;                   /* a new database is allowed */
	const char *listen;            /* host:port */
	struct policies *policies;     /* borrowed */
	struct cluster_options timing; /* zeros: defaults; epoch is filled in */
	uint64_t session_ms;           /* of silence; 0: 120,000 (RULES 11) */
	uint64_t ticket_ms;            /* a reader's ticket lives; 0: 300,000 */
	uint64_t linger_ms;            /* freed chunks wait; 0: 600,000 (RULES 9) */
	const char *checkpoint_dir; /* absolute; NULL: no checkpoints, and the log is kept whole */
	uint64_t checkpoint_ms;     /* 0: 3,600,000 (RULES 19) */
	uint64_t checkpoint_log_bytes; /* 0: 64 MiB */
	/* Where there are checkpoints: how often what is new in the log goes to the datanodes, 0: each
	 * minute (RULES 20). KEEP_NEVER: neither that nor checkpoints do. */
	uint64_t keep_ms;
	/* How long a removed name stays in the trash where the policy says nothing else; 0: three
	 * days. RETAIN_NONE: it is freed at once. */
	uint64_t retain_ms;
	uint32_t goal_default; /* 0: 3 */
	uint32_t min_replicas; /* 0: min(goal, 2) (RULES 24) */
	void (*fatal)(
	        void *arg, const struct dfs_error *err); /* a commit failed: end the process */
	/*
	 * Stop and start it again, soon: a restored master met a datanode that has served a higher
	 * epoch, and has made durable that its next reign is above it (RULES 16). NULL: such a
	 * datanode is refused until somebody starts the master again.
	 */
	void (*again)(void *arg);
	void (*log)(void *arg, const char *level, const char *line);
	void *arg;
};

int master_start(struct master **ret, struct io *io, const struct master_options *options,
        struct dfs_error *err);
/* Stops listening, answers what is committed, then `stopped`. */
void master_stop(struct master *master, void (*stopped)(void *arg), void *arg);
void master_destroy(struct master *master); /* at once, as after a crash; takes NULL */

#endif
