/* SPDX-License-Identifier: MIT */
/* `dfs master`: the master role on a real loop, over LMDB, with the policies of the scripts. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "io/disk.h"
#include "io/kv_lmdb.h"
#include "lua/policy.h"
#include "net/loop.h"
#include "node/master.h"
#include "node/process/daemon.h"
#include "node/process/damage.h"
#include "node/process/key.h"
#include "node/process/roles.h"

enum { LOCK_WAIT_MS = 1000, CHECK_WAIT_MS = 200, CHECK_WAIT_SMALL_MS = 5000, CHECK_EVERY_MS = 100 };

struct process {
	struct loop *loop;
	struct master *master;
	struct policy_host *host;
	struct policies policies;
	struct kv *kv;
	int lock;
	struct damage_check check;
	struct io_timer *check_timer;
	struct dfs_error damaged; /* code 0: not that we know */
	char checkpoints[4200];
	bool stopped;
	bool again; /* the master asked to be started again */
};

static int reign(struct process *process, const struct master_settings *settings,
        const struct cluster_key *key, struct dfs_error *err);
static int start(struct process *process, const struct master_settings *settings,
        const struct cluster_key *key, struct dfs_error *err);
static int open_metadata(
        struct process *process, const struct master_settings *settings, struct dfs_error *err);
static int load_policies(struct process *process, const struct role_files *files,
        const struct master_settings *settings, struct dfs_error *err);
static int metadata_there(const char *dir, struct dfs_error *err);
static void fatal(void *arg, const struct dfs_error *err);
static void stopped(void *arg);
static void start_again(void *arg);
static int check_begin(struct process *process, struct dfs_error *err);
static void check_again(void *arg);
static void log_line(void *arg, const char *level, const char *line);

int role_master(const struct role_files *files, const struct master_settings *settings,
        struct dfs_error *err)
{
	struct process process = {.lock = -1};
	struct loop_options options = {.server = true};
	struct cluster_key key;
	int code = key_read(settings->key, &key, err);

	if (code == 0)
		code = loop_create(&process.loop, &options, err);
	if (code == 0) {
		daemon_signals(process.loop);
		code = load_policies(&process, files, settings, err);
	}
	if (code == 0)
		code = open_metadata(&process, settings, err);
	do {
		process.again = process.stopped = false;
		if (code == 0)
			code = reign(&process, settings, &key, err);
	} while (code == 0 && process.again && process.damaged.code == 0);
	if (code == 0 && process.damaged.code != 0)
		code = error_set(err, process.damaged.code, "%s", process.damaged.text);
	if (code == DFS_E_FENCED || code == DFS_E_VERSION)
		error_where(err, "%s", settings->dir);
	if (code == DFS_E_CORRUPT && process.lock >= 0)
		code = damage_tell(settings->dir, err->text, err);
	damage_check_end(&process.check);
	if (process.check_timer)
		io_timer_destroy(loop_io(process.loop), process.check_timer);
	policy_host_destroy(process.host);
	if (process.kv)
		process.kv->ops->close(process.kv);
	if (process.lock >= 0)
		close(process.lock);
	loop_destroy(process.loop);
	return code;
}

/* One reign, from its start to its end. */
static int reign(struct process *process, const struct master_settings *settings,
        const struct cluster_key *key, struct dfs_error *err)
{
	int code = start(process, settings, key, err);

	if (code == 0) {
		daemon_log("master", "info", "event=started");
		loop_run_until(process->loop, &process->again);
		master_stop(process->master, stopped, process);
		loop_run_until(process->loop, &process->stopped);
		daemon_log("master", "info", "event=stopped");
	}
	master_destroy(process->master);
	process->master = NULL;
	return code;
}

static int start(struct process *process, const struct master_settings *settings,
        const struct cluster_key *key, struct dfs_error *err)
{
	struct master_options options = {
	        .kv = process->kv,
	        .cluster = key->cluster,
	        .listen = settings->listen,
	        .policies = &process->policies,
	        .timing =
	                {
	                        .dead_after_ms = settings->dead_after_ms,
	                        .lease_ms = settings->lease_ms,
	                        .safe_mode_ms = settings->safe_mode_ms,
	                        .freeze_wait_ms = settings->freeze_wait_ms,
	                        .orphan_grace_ms = settings->orphan_grace_given &&
	                                                           settings->orphan_grace_ms == 0
	                                                   ? 1
	                                                   : settings->orphan_grace_ms,
	                        .idle_seal_ms = settings->idle_seal_ms,
	                        .copies_max = settings->copies,
	                        .copies_from_max = settings->copies_from,
	                        .copies_to_max = settings->copies_to,
	                        .repair_rate = settings->repair_rate,
	                        .repair_busy_rate = settings->repair_busy_rate,
	                        .repair_cluster_rate = settings->repair_cluster_rate,
	                        .trim_after_ms = settings->trim_after_ms,
	                        .balance_rate = settings->balance_rate,
	                },
	        .checkpoint_dir = process->checkpoints,
	        .checkpoint_ms = settings->checkpoint_ms,
	        .checkpoint_log_bytes = settings->checkpoint_log_bytes,
	        .keep_ms = settings->keep_given && settings->keep_ms == 0 ? KEEP_NEVER
	                                                                  : settings->keep_ms,
	        .session_ms = settings->session_ms,
	        .linger_ms = settings->linger_ms,
	        .ticket_ms = settings->ticket_ms,
	        .retain_ms = settings->retain_given && settings->retain_ms == 0
	                             ? RETAIN_NONE
	                             : settings->retain_ms,
	        .goal_default = settings->goal,
	        .min_replicas = settings->min_replicas,
	        .fatal = fatal,
	        .again = start_again,
	        .log = log_line,
	        .arg = process,
	};
	char fresh[4200];
	bool small;
	int code;

	/* RULES 16: only `dfs init` allows an empty database; without its mark an empty directory
	 * is a disk not mounted. */
	snprintf(fresh, sizeof(fresh), "%s/FRESH", settings->dir);
	options.create = access(fresh, F_OK) == 0;
	for (size_t i = 0; i < HMAC_SIZE; i++)
		options.key[i] = key->key[i];
	/* A damaged one is not written to, where that can be known at once: a reign is a commit. */
	small = damage_check_small(&process->check);
	code = small ? check_begin(process, err) : 0;
	if (code == 0)
		code = master_start(&process->master, loop_io(process->loop), &options, err);
	/* Durable: whoever loses data.mdb later must not find the mark again. */
	if (code == 0 && unlink(fresh) == 0)
		io_disk(loop_io(process->loop), fsync_dir, settings->dir);
	return code == 0 && !small ? check_begin(process, err) : code;
}

/*
 * A small database will have been read through in a moment: then nobody is served from a damaged
 * one, and nothing is written to it. A large one is read on while the master serves, and ends it
 * where it must.
 */
static int check_begin(struct process *process, struct dfs_error *err)
{
	int wait_ms = damage_check_small(&process->check) ? CHECK_WAIT_SMALL_MS : CHECK_WAIT_MS;
	int code = damage_check_wait(&process->check, wait_ms, err);

	if (code != DFS_E_BUSY)
		return code;
	if (!process->check_timer)
		process->check_timer =
		        io_timer_create(loop_io(process->loop), check_again, process);
	if (!process->check_timer)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	io_timer_set(loop_io(process->loop), process->check_timer, CHECK_EVERY_MS);
	return 0;
}

static void check_again(void *arg)
{
	struct process *process = arg;
	int code = damage_check_wait(&process->check, 0, &process->damaged);

	if (code == DFS_E_BUSY)
		io_timer_set(loop_io(process->loop), process->check_timer, CHECK_EVERY_MS);
	else if (code != 0)
		process->again = true; /* this reign ends; there is no next one */
}

static int open_metadata(
        struct process *process, const struct master_settings *settings, struct dfs_error *err)
{
	struct io *io = loop_io(process->loop);
	char lock[4200], fresh[4200], real[PATH_MAX];
	int code;

	if (access(settings->dir, X_OK) != 0 || !realpath(settings->dir, real)) {
		if (errno == EACCES)
			return error_set(err, DFS_E_PERM,
			        "%s: permission denied: start the master as the user who owns the "
			        "directory, or chown it to this one",
			        settings->dir);
		return error_set(err, DFS_E_NOENT,
		        "%s is not there: make it by `dfs init`, or mount its disk", settings->dir);
	}
	snprintf(process->checkpoints, sizeof(process->checkpoints), "%s/checkpoints", real);
	code = metadata_there(settings->dir, err);
	if (code != 0)
		return code;
	snprintf(lock, sizeof(lock), "%s/LOCK", settings->dir);
	process->lock = daemon_lock(io, lock, io_mono_ms(io) + LOCK_WAIT_MS);
	if (process->lock < 0)
		return error_set(err, DFS_E_BUSY, "another master runs on %s: it holds %s",
		        settings->dir, lock);
	/*
	 * Before any thread: the child is a fork of this process. A first start that was
	 * interrupted may have left a file without tables: there is nothing to lose in it yet.
	 */
	snprintf(fresh, sizeof(fresh), "%s/FRESH", settings->dir);
	if (access(fresh, F_OK) != 0)
		code = damage_check_start(&process->check, real, process->lock, err);
	damage_guard(real);
	if (code == 0)
		code = kv_lmdb_open_guarded(
		        &process->kv, real, settings->map_bytes, damage_broken, err);
	if (code == 0)
		damage_guard_map(process->kv);
	return code;
}

/* RULES 16: an empty database is never made by mistake; nor is a file left in a directory that is
 * none. */
static int metadata_there(const char *dir, struct dfs_error *err)
{
	char data[4200], fresh[4200];

	snprintf(data, sizeof(data), "%s/data.mdb", dir);
	snprintf(fresh, sizeof(fresh), "%s/FRESH", dir);
	if (access(data, F_OK) == 0 || access(fresh, F_OK) == 0)
		return 0;
	return error_set(err, DFS_E_FENCED,
	        "there is no metadata in %s (no data.mdb): mount its disk, or put a backup back by "
	        "`dfs master restore`, or make a new cluster by `dfs init`",
	        dir);
}

static int load_policies(struct process *process, const struct role_files *files,
        const struct master_settings *settings, struct dfs_error *err)
{
	struct policy_host_options options = {
	        .scripts = files->scripts,
	        .placement = settings->placement ? settings->placement : "spread",
	        .chunking = settings->chunking ? settings->chunking : "fixed",
	        .retain = settings->retain_policy ? settings->retain_policy : "default",
	        .repair = settings->repair ? settings->repair : "urgent",
	};
	int code = policy_host_create(&process->host, &options, err);

	process->policies.ops = &policy_host_ops;
	process->policies.ctx = process->host;
	return code;
}

/* RULES 18: after a failed commit nothing that this process believes can be trusted. */
static void fatal(void *arg, const struct dfs_error *err)
{
	_exit(1);
}

static void stopped(void *arg)
{
	struct process *process = arg;

	process->stopped = true;
}

static void start_again(void *arg)
{
	struct process *process = arg;

	process->again = true;
}

static void log_line(void *arg, const char *level, const char *line)
{
	daemon_log("master", level, line);
}
