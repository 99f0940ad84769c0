/* SPDX-License-Identifier: MIT */
#ifndef CLUSTER_PLACEMENT_H
#define CLUSTER_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

/*
 * Policies: decisions asked of a script through a vtable that the Lua host fills. A policy is a
 * pure function of (request, view). C checks every answer and falls back to the built-in policy: a
 * broken script never stops a write.
 */
enum { PLACE_REPLICAS_MAX = 9, PLACE_REASON_MAX = 96, POLICY_NAME_MAX = 64 };

struct place_node { /* one candidate as a policy sees it; only nodes that may take chunks are in a
	               view */
	uint32_t node;
	char rack[64];
	char address[264];
	uint64_t total_bytes, free_bytes, used_bytes;
	uint64_t chunks;
	double write_rate; /* bytes/s, recent */
	double read_rate;
	uint32_t recent; /* chunks placed here in the last minute, those not yet written too
	                    (GFS 4.2) */
	bool avoid;      /* failed this writer a moment ago, or its disk is slow: only if nothing else is left */
};

struct place_view {
	const struct place_node *nodes; /* in order of node number */
	size_t nodes_count;
	uint64_t version; /* changes when the view does: hosts cache by it */
};

struct place_rejected { /* one that is no candidate, and why: a static text */
	uint32_t node;
	const char *why;
};

struct place_request {
	uint64_t chunk;
	uint64_t seed; /* for the policy's rng: from (cluster, chunk, policy) */
	const char *path;
	uint64_t index;      /* which chunk of its file */
	uint64_t size_bytes; /* of the chunk, at most */
	uint32_t goal;
};

struct place_answer {
	uint32_t nodes[PLACE_REPLICAS_MAX]; /* primary first */
	uint32_t nodes_count;
	char reason[PLACE_REASON_MAX];
	bool fallback;   /* the built-in policy answered */
	char error[256]; /* why: the script's error, file and line */
};

struct file_request { /* for chunk_size and goal */
	const char *path;
	uint64_t size_bytes; /* UINT64_MAX: unknown */
	uint64_t asked;      /* chunk size or goal that the user asked for; 0: nothing */
	uint32_t nodes;      /* registered datanodes */
};

struct retain_request { /* for retain: a name goes into the trash (RULES 14) */
	const char *path;
	const char *kind;    /* "file", "dir", "symlink" */
	uint64_t size_bytes; /* of a file; UINT64_MAX: not known, a directory is not walked */
	uint64_t default_ms; /* as configured */
};

enum { REPAIR_DELAY_MAX_MS = 300000 };

struct repair_request { /* a chunk near the head of the line, and between whom it can be copied now
	                 */
	uint64_t chunk;
	uint64_t seed;
	uint64_t size_bytes;
	uint32_t goal;
	uint32_t good;                        /* replicas that count towards the goal */
	uint32_t live;                        /* good ones on live nodes, draining ones too */
	bool wanted;                          /* somebody waits for it */
	uint32_t attempts;                    /* copies of it that failed */
	uint64_t waited_ms;                   /* in line */
	uint32_t sources[PLACE_REPLICAS_MAX]; /* nodes that can be read from now */
	uint32_t sources_count;
};

struct repair_answer {
	double urgency;    /* among the chunks near the head of the line the highest goes first */
	uint64_t delay_ms; /* not before; at most REPAIR_DELAY_MAX_MS */
	uint32_t source, target; /* 0: the built-in's choice */
	char reason[PLACE_REASON_MAX];
	bool fallback;
};

/* Each returns 0, or negative with a sentence (the script's file and line). `ctx` is the host's.
 * NULL members: built-in. */
struct policy_ops {
	int (*place)(void *ctx, const struct place_request *request, const struct place_view *view,
	        struct place_answer *ret, struct dfs_error *err);
	int (*chunk_size)(void *ctx, const struct file_request *request, uint64_t *ret_bytes,
	        struct dfs_error *err);
	int (*goal)(void *ctx, const struct file_request *request, uint32_t *ret_goal,
	        struct dfs_error *err);
	int (*retain)(void *ctx, const struct retain_request *request, uint64_t *ret_ms,
	        struct dfs_error *err);
	/* The view holds the nodes that can take the copy now. */
	int (*repair)(void *ctx, const struct repair_request *request,
	        const struct place_view *view, struct repair_answer *ret, struct dfs_error *err);
	const char *(*name)(void *ctx,
	        const char *kind); /* of the script in force, "spread"; "built-in" without one */
};

enum policy_kind { POLICY_PLACE, POLICY_CHUNK_SIZE, POLICY_GOAL, POLICY_RETAIN, POLICY_REPAIR, POLICY_KINDS };

/* "place"... */
const char *policy_kind_name(enum policy_kind kind);

struct policies {
	const struct policy_ops *ops;
	void *ctx;
	uint64_t decisions[POLICY_KINDS], fallbacks[POLICY_KINDS];
	char error[POLICY_KINDS][256];
};

static const uint64_t RETAIN_DEFAULT_MS = 3 * 86400000ull;
static const uint64_t RETAIN_MAX_MS = 3653 * 86400000ull; /* ten years */

enum {
	CHUNK_SIZE_MIN = 64 * 1024,
	CHUNK_SIZE_MAX = 1024 * 1024 * 1024,
	CHUNK_SIZE_DEFAULT = 64 * 1024 * 1024
};

/* Name of the script in force for a kind; "built-in" without one. */
const char *policies_name(const struct policies *policies, const char *kind);
/* Ask, check (distinct nodes of the view, min(goal, nodes) of them, room for the chunk), fall back.
 * DFS_E_NODES: no node. */
int policies_place(struct policies *policies, const struct place_request *request,
        const struct place_view *view, struct place_answer *ret, struct dfs_error *err);
uint64_t policies_chunk_size(
        struct policies *policies, const struct file_request *request); /* clamped to MIN..MAX */
uint32_t policies_goal(struct policies *policies, const struct file_request *request); /* 1..9 */
/* How long the name stays in the trash, 0: it is freed at once. An answer over RETAIN_MAX_MS is
 * none: the default holds. */
uint64_t policies_retain(struct policies *policies, const struct retain_request *request);
/* Ask, check (source and target among those offered, a finite urgency, a bounded delay), fall back
 * to all zeros: the built-in's order and choice. */
void policies_repair(struct policies *policies, const struct repair_request *request,
        const struct place_view *view, struct repair_answer *ret);
/* The check alone: 0 or DFS_E_INVAL with what is wrong with the answer. */
int repair_check(const struct repair_request *request, const struct place_view *view,
        const struct repair_answer *answer, struct dfs_error *err);
int place_check(const struct place_request *request, const struct place_view *view,
        const struct place_answer *answer, struct dfs_error *err);
/* Most free space first, racks apart. */
int place_builtin(const struct place_request *request, const struct place_view *view,
        struct place_answer *ret, struct dfs_error *err);

#endif
