/* SPDX-License-Identifier: MIT */
/* `dfs datanode`: the datanode role on a real loop, its heartbeat on another one in a thread of its
 * own (RULES 34). */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/text.h"
#include "io/disk.h"
#include "io/real.h"
#include "net/loop.h"
#include "node/datanode.h"
#include "node/process/daemon.h"
#include "node/process/key.h"
#include "node/process/roles.h"

struct process {
	struct loop *loop, *heart_loop;
	struct datanode *datanode;
	pthread_t heart;
	bool stopped;
};

static int start(
        struct process *process, const struct datanode_settings *settings, struct dfs_error *err);
static void await_locks(struct io *io, const char *const *dirs, uint32_t count);
static int node_begin(
        const char *dir, const struct cluster_key *key, uint64_t *ret_node, struct dfs_error *err);
static int init_dir(struct io *io, const char *dir, const struct store_identity *identity,
        struct dfs_error *err);
static int node_read(const char *dir, const char *name, const struct cluster_key *key,
        uint64_t *ret_node, struct dfs_error *err);
static void *heart_thread(void *arg);
static uint64_t turns(void *arg);
static uint64_t disk_ms(void *arg);
static void stopped(void *arg);
static void data_dirs(const struct datanode_settings *settings, char ret_default[4200],
        const char **ret, uint32_t *ret_count);
static uint64_t async_bytes(uint32_t dirs);

enum {
	LOCK_WAIT_MS = 1000,
	ASYNC_PART = 16,
	MIB = 1024 * 1024,
	ASYNC_MIN = 64 * MIB,
	ASYNC_MAX = 1024 * MIB
};

int role_datanode(const struct datanode_settings *settings, struct dfs_error *err)
{
	struct process process = {0};
	struct loop_options options = {.server = true}, heart_options = {.server = false};
	int code = loop_create(&process.loop, &options, err);

	if (code == 0)
		code = loop_create(&process.heart_loop, &heart_options, err);
	if (code == 0) {
		daemon_signals(process.loop);
		code = start(&process, settings, err);
	}
	if (code == 0 &&
	        pthread_create(&process.heart, NULL, heart_thread, process.heart_loop) != 0)
		code = error_set(
		        err, DFS_E_NOMEM, "no thread for the heartbeat: %s", strerror(errno));
	if (code == 0) {
		daemon_log("datanode", "info", "event=started");
		loop_run(process.loop);
		loop_stop(process.heart_loop);
		pthread_join(process.heart, NULL);
		datanode_stop(process.datanode, stopped, &process);
		loop_run_until(process.loop, &process.stopped);
		daemon_log("datanode", "info", "event=stopped");
	}
	datanode_destroy(process.datanode);
	loop_destroy(process.heart_loop);
	loop_destroy(process.loop);
	return code;
}

int init_datanode(const struct datanode_settings *settings, struct dfs_error *err)
{
	struct store_identity identity = {0};
	struct cluster_key key;
	struct loop_options loop_options = {0};
	struct loop *loop = NULL;
	const char *dirs[DATA_DIRS_MAX];
	char standard[4200], path[4200], begun[4200];
	uint32_t count;
	int code = key_read(settings->key, &key, err);

	if (code == 0)
		code = dir_make(settings->dir, err);
	if (code != 0)
		return code;
	data_dirs(settings, standard, dirs, &count);
	memcpy(identity.cluster, key.cluster, sizeof(identity.cluster));
	snprintf(path, sizeof(path), "%s/node", settings->dir);
	if (access(path, F_OK) == 0)
		return error_set(
		        err, DFS_E_EXIST, "%s is a datanode's directory already", settings->dir);
	/* The number is on disk before any directory bears it, so that a crash leaves none that
	 * nobody owns. */
	code = node_begin(settings->dir, &key, &identity.node, err);
	if (code == 0)
		code = loop_create(&loop, &loop_options, err);
	for (uint32_t i = 0; code == 0 && i < count; i++)
		code = init_dir(loop_io(loop), dirs[i], &identity, err);
	loop_destroy(loop);
	/* Last: its presence says that all the rest is there. */
	snprintf(begun, sizeof(begun), "%s/node.begun", settings->dir);
	return code == 0 ? file_publish(begun, path, err) : code;
}

/* The number of an attempt that was interrupted, or a new one. */
static int node_begin(
        const char *dir, const struct cluster_key *key, uint64_t *ret_node, struct dfs_error *err)
{
	char path[4200], text[160];
	uint64_t node = 0;

	if (node_read(dir, "node.begun", key, ret_node, NULL) == 0)
		return 0;
	while (!node)
		io_real_random(&node, sizeof(node));
	*ret_node = node;
	snprintf(path, sizeof(path), "%s/node.begun", dir);
	snprintf(text, sizeof(text), "cluster=%s\nnode=%016llx\n", key->cluster,
	        (unsigned long long)node);
	return file_write_private(path, text, true, err);
}

static int init_dir(struct io *io, const char *dir, const struct store_identity *identity,
        struct dfs_error *err)
{
	int code = store_init_dir(io, dir, identity, err);

	if (code == DFS_E_EXIST && store_check_dir(io, dir, identity, NULL) == 0)
		return 0; /* by the attempt that was interrupted */
	return code;
}

/* A predecessor that was just killed may hold its directories for a moment yet; who holds one for
 * longer is told by the store. */
static void await_locks(struct io *io, const char *const *dirs, uint32_t count)
{
	uint64_t until_ms = io_mono_ms(io) + LOCK_WAIT_MS;

	for (uint32_t i = 0; i < count; i++) {
		char path[4200];
		int lock;

		snprintf(path, sizeof(path), "%s/lock", dirs[i]);
		if (access(path, F_OK) != 0)
			continue; /* not ours, or never opened: nothing is made here */
		lock = daemon_lock(io, path, until_ms);
		if (lock >= 0)
			io_disk(io, close, lock);
	}
}

static int start(
        struct process *process, const struct datanode_settings *settings, struct dfs_error *err)
{
	struct cluster_key key;
	const char *dirs[DATA_DIRS_MAX];
	char standard[4200], fence[4200];
	uint32_t count;
	struct datanode_options options = {
	        .master = settings->master,
	        .listen = settings->listen,
	        .address = settings->address,
	        .rack = settings->rack,
	        .heart_io = loop_io(process->heart_loop),
	        .turns = turns,
	        .disk_ms = disk_ms,
	        .turns_arg = process->loop,
	        .fence_file = fence,
	        .log = daemon_log,
	        .arg = (void *)"datanode",
	};
	int code = key_read(settings->key, &key, err);

	if (code == 0)
		code = node_read(settings->dir, "node", &key, &options.store.identity.node, err);
	if (code != 0)
		return code;
	data_dirs(settings, standard, dirs, &count);
	snprintf(fence, sizeof(fence), "%s/fence", settings->dir);
	memcpy(options.key, key.key, sizeof(options.key));
	memcpy(options.store.identity.cluster, key.cluster, sizeof(key.cluster));
	options.store.dirs = dirs;
	options.store.dirs_count = count;
	options.store.reserve_bytes = settings->reserve_bytes;
	options.store.async_max_bytes = async_bytes(count);
	await_locks(loop_io(process->loop), dirs, count);
	return datanode_start(&process->datanode, loop_io(process->loop), &options, err);
}

static int node_read(const char *dir, const char *name, const struct cluster_key *key,
        uint64_t *ret_node, struct dfs_error *err)
{
	char path[4200], cluster[33] = "", node[17] = "";
	FILE *file;
	int found;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "re");
	if (!file)
		return error_set(err, DFS_E_FENCED,
		        "%s is not a datanode's directory (no file `node` in it): mount its disk, "
		        "or make it by `dfs init --datanode --dir "
		        "%s`",
		        dir, dir);
	found = fscanf(file, "cluster=%32[0-9a-f]\nnode=%16[0-9a-f]", cluster, node);
	fclose(file);
	if (found != 2 || text_parse_id(node, ret_node, NULL) != 0)
		return error_set(err, DFS_E_CORRUPT, "%s is damaged", path);
	if (strcmp(cluster, key->cluster) != 0)
		return error_set(err, DFS_E_FENCED,
		        "%s belongs to cluster %s, and the key is of cluster %s", dir, cluster,
		        key->cluster);
	return 0;
}

static void data_dirs(const struct datanode_settings *settings, char ret_default[4200],
        const char **ret, uint32_t *ret_count)
{
	snprintf(ret_default, 4200, "%s/data", settings->dir);
	*ret_count = settings->data_count ? settings->data_count : 1;
	ret[0] = ret_default;
	for (uint32_t i = 0; i < settings->data_count; i++)
		ret[i] = settings->data[i];
}

/*
 * Async bytes that each directory may hold in the page cache: together a sixteenth of the memory.
 * Above a tenth the kernel would write back by itself, above a fifth let writers sleep.
 */
static uint64_t async_bytes(uint32_t dirs)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	uint64_t part = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page / ASYNC_PART / dirs
	                                      : ASYNC_MIN;

	if (part > ASYNC_MAX)
		return ASYNC_MAX;
	return part < ASYNC_MIN ? ASYNC_MIN : part;
}

static void *heart_thread(void *arg)
{
	loop_run(arg);
	return NULL;
}

static uint64_t turns(void *arg)
{
	return loop_turns(arg);
}

static uint64_t disk_ms(void *arg)
{
	return loop_disk_ms(arg);
}

static void stopped(void *arg)
{
	struct process *process = arg;

	process->stopped = true;
}
