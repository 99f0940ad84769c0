/* SPDX-License-Identifier: MIT */
#ifndef NODE_PROCESS_ROLES_H
#define NODE_PROCESS_ROLES_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"

/*
 * Roles as processes: what `dfs master`, `dfs datanode`, `dfs up`, `dfs down` and `dfs init` do.
 * They block until their end (SIGTERM, SIGINT), and return 0 or a code with a sentence. Log lines,
 * key=value, go to standard error.
 */
struct role_files {          /* where things are; filled by cmd */
	const char *program; /* this executable */
	const char *scripts; /* placement/, chunking/, ... */
};

struct master_settings {
	const char *dir, *listen, *key;
	const char *placement, *chunking,
	        *repair; /* names of scripts; NULL: spread, fixed, urgent */
	uint64_t dead_after_ms, session_ms, linger_ms, ticket_ms, lease_ms, safe_mode_ms,
	        freeze_wait_ms;                                      /* 0: defaults */
	uint64_t checkpoint_ms, checkpoint_log_bytes;                /* 0: defaults */
	uint64_t keep_ms;
	bool keep_given; /* else each minute; 0: never */
	uint64_t idle_seal_ms, trim_after_ms;                        /* likewise */
	uint64_t repair_rate, repair_busy_rate, repair_cluster_rate; /* bytes/s, likewise */
	uint64_t balance_rate;                                       /* bytes/s, likewise */
	uint32_t copies, copies_from, copies_to;
	uint32_t goal, min_replicas;
	uint64_t map_bytes;
	const char *retain_policy; /* name of a script; NULL: default */
	uint64_t retain_ms;
	bool retain_given; /* else three days */
	uint64_t orphan_grace_ms;
	bool orphan_grace_given; /* else an hour */
};

int role_master(const struct role_files *files, const struct master_settings *settings,
        struct dfs_error *err);

enum { DATA_DIRS_MAX = 64 };

struct datanode_settings {
	const char *dir, *listen, *address, *key, *master, *rack;
	const char *data[DATA_DIRS_MAX]; /* none: dir/data */
	uint32_t data_count;
	uint64_t reserve_bytes; /* UINT64_MAX: the default */
};

int role_datanode(const struct datanode_settings *settings, struct dfs_error *err);

/* Make what a role needs, once. `dfs init`: a key, a place for the metadata, a client file. */
int init_cluster(const char *dir, const char *master, struct dfs_error *err);
/* `dfs init --datanode`: an identity for a node and its data directories. */
int init_datanode(const struct datanode_settings *settings, struct dfs_error *err);

struct up_settings {
	const char *dir; /* NULL: $XDG_DATA_HOME/dfs */
	uint32_t nodes;  /* 0: as many as are there, 3 where none is */
	uint16_t port;
	bool port_given;
	bool detach;
	const char *placement, *chunking, *repair, *retain, *retain_policy; /* NULL: the master's defaults */
	const char *master_config; /* a file of master_settings; NULL: the defaults */
};

/* Start a whole cluster below one directory; `ready` is told on standard output. */
int role_up(
        const struct role_files *files, const struct up_settings *settings, struct dfs_error *err);
int role_down(const char *dir, struct dfs_error *err);
/* $XDG_DATA_HOME/dfs or ~/.local/share/dfs */
int default_dir(char ret[4096], struct dfs_error *err);

#endif
