/* SPDX-License-Identifier: MIT */
/* The master role's life: start, stop, and the tick that drives what happens by time. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "node/master/decisions.h"
#include "node/master/role.h"

enum { TICK_MS = 500 };

static void tick(void *arg);
static void meta_was_fatal(void *arg, const struct dfs_error *err);
static void meta_applied(void *arg, const struct proto_op *op, const struct meta_result *result);
static int open_engines(struct master *master, struct dfs_error *err);
static void options_defaults(struct master_options *options);
static void requests_free(struct request *list);

int master_start(struct master **ret, struct io *io, const struct master_options *options,
        struct dfs_error *err)
{
	struct master *master = calloc(1, sizeof(*master));
	char why[256] = "";
	int code;

	if (!master)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	master->io = io;
	master->options = *options;
	options_defaults(&master->options);
	snprintf(master->cluster_id, sizeof(master->cluster_id), "%s", options->cluster);
	snprintf(master->listen, sizeof(master->listen), "%s", options->listen);
	master->options.cluster = master->cluster_id;
	master->options.listen = master->listen;
	if (options->checkpoint_dir) {
		snprintf(master->checkpoint_dir, sizeof(master->checkpoint_dir), "%s",
		        options->checkpoint_dir);
		master->options.checkpoint_dir = master->checkpoint_dir;
	}
	master->started_ms = io_mono_ms(io);
	master->started_wall_ms = io_wall_ms(io);
	master->decisions = decisions_create();
	code = open_engines(master, err);
	if (code == 0) {
		master->server = io_net(io, serve, master->listen, &master_service, master, why);
		if (!master->server)
			code = error_set(
			        err, DFS_E_BUSY, "cannot listen on %s: %s", master->listen, why);
	}
	if (code == 0) {
		master->tick = io_timer_create(io, tick, master);
		if (!master->tick)
			code = error_set(err, DFS_E_NOMEM, "out of memory");
	}
	if (code != 0) {
		master_destroy(master);
		return code;
	}
	io_timer_set(io, master->tick, TICK_MS);
	*ret = master;
	return 0;
}

void master_stop(struct master *master, void (*stopped)(void *arg), void *arg)
{
	assert(!master->stopping);
	master->stopping = true;
	master->stopped = stopped;
	master->stopped_arg = arg;
	io_net(master->io, server_close, master->server);
	master->server = NULL;
	scrub_answer_all(master);
	fsck_answer_all(master);
	master_doors_close(master);
	io_timer_set(master->io, master->tick, 0);
}

void master_destroy(struct master *master)
{
	if (!master)
		return;
	master->stopping = true; /* what fails from now on is not tried again */
	if (master->server)
		io_net(master->io, server_close, master->server);
	master_doors_close(master);
	io_timer_destroy(master->io, master->tick);
	fsck_fini(master);
	cluster_destroy(master->cluster);
	meta_close(master->meta);
	reaper_fini(master);
	keeper_fini(master);
	keepsakes_fini(master);
	sweeper_fini(master);
	decisions_destroy(master->decisions);
	requests_free(master->in_flight);
	requests_free(master->free_requests);
	machines_fini(master);
	buf_fini(&master->path);
	free(master);
}

/* Those in flight when the process ends are never answered: their callers ask the next master. */
static void requests_free(struct request *list)
{
	while (list) {
		struct request *request = list;

		list = request->next;
		request_drop(request);
		arena_fini(&request->kept_arena);
		arena_fini(&request->arena);
		free(request);
	}
}

int64_t master_clock_ms(struct master *master)
{
	return master->started_wall_ms + (int64_t)(io_mono_ms(master->io) - master->started_ms);
}

void master_log(struct master *master, const char *level, const char *format, ...)
{
	char line[1024];
	va_list args;

	if (!master->options.log)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	master->options.log(master->options.arg, level, line);
}

static void options_defaults(struct master_options *options)
{
	if (!options->session_ms)
		options->session_ms = 120000;
	if (!options->ticket_ms)
		options->ticket_ms = 300000;
	if (!options->linger_ms)
		options->linger_ms = 600000;
	if (!options->checkpoint_ms)
		options->checkpoint_ms = 3600000;
	if (!options->checkpoint_log_bytes)
		options->checkpoint_log_bytes = 64 << 20;
	if (!options->keep_ms)
		options->keep_ms = 60000;
	if (!options->retain_ms)
		options->retain_ms = RETAIN_DEFAULT_MS;
	if (!options->goal_default)
		options->goal_default = 3;
	if (!options->timing.heartbeat_ms)
		options->timing.heartbeat_ms = 1000;
	if (!options->timing.dead_after_ms)
		options->timing.dead_after_ms = 10000;
	if (!options->timing.lease_ms)
		options->timing.lease_ms = 60000;
	if (!options->timing.safe_mode_ms)
		options->timing.safe_mode_ms = 60000;
	if (!options->timing.freeze_wait_ms)
		options->timing.freeze_wait_ms = 3000;
	if (!options->timing.idle_seal_ms)
		options->timing.idle_seal_ms = 60000;
}

static int open_engines(struct master *master, struct dfs_error *err)
{
	struct meta_options meta = {
	        .kv = master->options.kv,
	        .cluster = master->cluster_id,
	        .create = master->options.create,
	        .fatal = meta_was_fatal,
	        .applied = meta_applied,
	        .arg = master,
	};
	int code = meta_open(&master->meta, master->io, &meta, err);

	if (code != 0)
		return code;
	master->options.timing.epoch = meta_epoch(master->meta);
	master->options.timing.policies = master->options.policies;
	code = cluster_create(
	        &master->cluster, master->io, &master->options.timing, machines_out(master), err);
	if (code == 0)
		fence_hold(master);
	if (code == 0)
		code = machines_load(master, err);
	if (code == 0)
		code = reaper_load(master, err);
	if (code == 0)
		code = balance_load(master, err);
	if (code == 0)
		code = keeper_load(master, err);
	if (code == 0)
		code = keepsakes_load(master, err);
	if (code == 0)
		code = sweeper_load(master, err);
	return code;
}

/* Twice a second: sessions, freed chunks, purges; and the end, once nothing is queued any more. */
static void tick(void *arg)
{
	struct master *master = arg;

	machines_tick(master);
	if (master->stopping) {
		if (meta_idle(master->meta) && keeper_idle(master) && keepsakes_idle(master) &&
		        fsck_idle(master)) {
			master->stopped(master->stopped_arg);
			return;
		}
		io_timer_set(master->io, master->tick, 10);
		return;
	}
	master->ticks++;
	calls_retry(master);
	sweeper_tick(master);
	reaper_tick(master);
	balance_settle(master);
	status_tick(master);
	keeper_tick(master);
	keepsakes_tick(master);
	scrub_tick(master);
	fsck_tick(master);
	io_timer_set(master->io, master->tick, TICK_MS);
}

bool master_changes(const struct proto_op *op)
{
	switch (op->kind) {
	case PROTO_OP_RESERVE:
	case PROTO_OP_SESSION_TOUCH:
	case PROTO_OP_PURGE:
	case PROTO_OP_CHUNK_FORGET:
	case PROTO_OP_LOG_DROP:
	case PROTO_OP_TRASH_LIVE:
	case PROTO_OP_TRASH_MEASURE:
	case PROTO_OP_KEEPSAKE_ADD:
	case PROTO_OP_KEEPSAKE_DROP:
		return false;
	default:
		return true;
	}
}

static void meta_was_fatal(void *arg, const struct dfs_error *err)
{
	struct master *master = arg;

	master_log(master, "error", "event=commit_failed text=\"%s\"", err->text);
	if (master->options.fatal)
		master->options.fatal(master->options.arg, err);
}

static void meta_applied(void *arg, const struct proto_op *op, const struct meta_result *result)
{
	struct master *master = arg;

	master->changes += master_changes(op);
	machines_applied(master, op, result);
	sweeper_applied(master, op);
	keepsakes_applied(master, op);
}
