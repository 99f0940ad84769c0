/* SPDX-License-Identifier: MIT */
/* The datanode role's life: start, stop, and the tick that each second refreshes what the heartbeat
 * tells. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "node/datanode/role.h"

enum { TICK_MS = 1000, STOP_POLL_MS = 10, STOP_PATIENCE_MS = 5000 };

static void copy_options(struct datanode *datanode, const struct datanode_options *options);
static int open_store(struct datanode *datanode, struct dfs_error *err);
static int open_doors(struct datanode *datanode, struct dfs_error *err);
static void tick(void *arg);
static void pulse_refresh(struct datanode *datanode);
static void stop_poll(void *arg);

int datanode_start(struct datanode **ret, struct io *io, const struct datanode_options *options,
        struct dfs_error *err)
{
	struct datanode *datanode = calloc(1, sizeof(*datanode));
	int code;

	if (!datanode)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	datanode->io = io;
	copy_options(datanode, options);
	pthread_mutex_init(&datanode->pulse.lock, NULL);
	while (!datanode->incarnation)
		datanode->incarnation = io_random_u64(io);
	atomic_store(&datanode->pulse.heartbeat_ms, TICK_MS);
	code = fence_load(datanode, err);
	if (code == 0)
		code = reports_create(datanode) == 0 ? 0
		                                     : error_set(err, DFS_E_NOMEM, "out of memory");
	if (code == 0)
		code = open_store(datanode, err);
	if (code == 0)
		code = scrub_start(datanode, err);
	if (code == 0)
		code = open_doors(datanode, err);
	if (code == 0)
		code = heart_start(datanode, err);
	if (code != 0) {
		datanode_destroy(datanode);
		return code;
	}
	uplink_start(datanode);
	io_timer_set(io, datanode->tick, TICK_MS);
	*ret = datanode;
	return 0;
}

void datanode_stop(struct datanode *datanode, void (*stopped)(void *arg), void *arg)
{
	assert(!datanode->stopping);
	datanode->stopping = true;
	datanode->stopped = stopped;
	datanode->stopped_arg = arg;
	io_net(datanode->io, server_close, datanode->server);
	datanode->server = NULL;
	append_close_all(datanode);
	read_close_all(datanode);
	copy_close_all(datanode);
	keep_close_all(datanode);
	assemble_close_all(datanode);
	datanode_doors_close(datanode);
	store_flush(datanode->store);
	heart_stop(datanode);
	uplink_close(datanode);
	store_scrub_stop(datanode->store);
	io_timer_cancel(datanode->io, datanode->tick);
	io_timer_set(datanode->io, datanode->stop_timer, 0);
}

void datanode_destroy(struct datanode *datanode)
{
	if (!datanode)
		return;
	if (datanode->server)
		io_net(datanode->io, server_close, datanode->server);
	append_close_all(datanode);
	read_close_all(datanode);
	copy_close_all(datanode);
	keep_close_all(datanode);
	assemble_close_all(datanode);
	datanode_doors_close(datanode);
	heart_stop(datanode);
	uplink_close(datanode);
	io_timer_destroy(datanode->io, datanode->tick);
	io_timer_destroy(datanode->io, datanode->retry);
	io_timer_destroy(datanode->io, datanode->stop_timer);
	store_close(datanode->store);
	copy_fini(datanode);
	keep_fini(datanode);
	assemble_fini(datanode);
	uplink_fini(datanode);
	slabs_fini(&datanode->slabs);
	reports_destroy(datanode);
	fence_fini(datanode);
	pthread_mutex_destroy(&datanode->pulse.lock);
	free(datanode);
}

void datanode_log(struct datanode *datanode, const char *level, const char *format, ...)
{
	char line[1024];
	va_list args;

	if (!datanode->options.log)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	datanode->options.log(datanode->options.arg, level, line);
}

int64_t datanode_clock_ms(struct datanode *datanode)
{
	int64_t offset = atomic_load(&datanode->pulse.clock_ms);

	return offset ? offset + (int64_t)io_mono_ms(datanode->io) : io_wall_ms(datanode->io);
}

void pulse_errors(struct datanode *datanode)
{
	atomic_fetch_add(&datanode->pulse.errors, 1);
}

void pulse_disks(const struct store_dir_info *from, size_t count, struct proto_disk *ret)
{
	for (size_t i = 0; i < count; i++) {
		ret[i].disk = from[i].disk;
		ret[i].path = from[i].path;
		ret[i].total = from[i].total_bytes;
		ret[i].free = from[i].free_bytes;
		ret[i].reserve = from[i].reserve_bytes;
		ret[i].error = from[i].error;
	}
}

static void copy_options(struct datanode *datanode, const struct datanode_options *options)
{
	datanode->options = *options;
	snprintf(datanode->master, sizeof(datanode->master), "%s", options->master);
	snprintf(datanode->listen, sizeof(datanode->listen), "%s", options->listen);
	snprintf(datanode->address, sizeof(datanode->address), "%s",
	        options->address ? options->address : options->listen);
	snprintf(datanode->rack, sizeof(datanode->rack), "%s", options->rack ? options->rack : "");
	snprintf(datanode->fence_file, sizeof(datanode->fence_file), "%s", options->fence_file);
}

static int open_store(struct datanode *datanode, struct dfs_error *err)
{
	struct store_events events = {.changed = reports_changed, .arg = datanode};

	return store_open(&datanode->store, datanode->io, &datanode->options.store, events, err);
}

static int open_doors(struct datanode *datanode, struct dfs_error *err)
{
	struct io *io = datanode->io;
	char why[256] = "";

	datanode->tick = io_timer_create(io, tick, datanode);
	datanode->stop_timer = io_timer_create(io, stop_poll, datanode);
	if (!datanode->tick || !datanode->stop_timer)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	datanode->server = io_net(io, serve, datanode->listen, &datanode_service, datanode, why);
	if (!datanode->server)
		return error_set(err, DFS_E_BUSY, "cannot listen on %s: %s", datanode->listen, why);
	pulse_refresh(datanode);
	return 0;
}

static void tick(void *arg)
{
	struct datanode *datanode = arg;

	pulse_refresh(datanode);
	uplink_tick(datanode);
	io_timer_set(datanode->io, datanode->tick, TICK_MS);
}

static void pulse_refresh(struct datanode *datanode)
{
	struct pulse *pulse = &datanode->pulse;
	struct store_dir_info *disks = calloc(64, sizeof(*disks));
	size_t count = disks ? store_dirs(datanode->store, disks, 64) : 0;

	pthread_mutex_lock(&pulse->lock);
	if (disks)
		memcpy(pulse->disks, disks, count * sizeof(*disks));
	pulse->disks_count = count;
	pthread_mutex_unlock(&pulse->lock);
	free(disks);
	atomic_store(&pulse->used_bytes, store_used_bytes(datanode->store));
	atomic_store(&pulse->chunks, store_count(datanode->store));
	scrub_refresh(datanode);
}

/* Jobs of the store finish before the end, or, on a disk that hangs, the end comes all the same. */
static void stop_poll(void *arg)
{
	struct datanode *datanode = arg;

	datanode->stop_waited_ms += STOP_POLL_MS;
	if ((store_idle(datanode->store) && datanode->saves == 0) ||
	        datanode->stop_waited_ms > STOP_PATIENCE_MS)
		datanode->stopped(datanode->stopped_arg);
	else
		io_timer_set(datanode->io, datanode->stop_timer, STOP_POLL_MS);
}
