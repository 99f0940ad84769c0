/* SPDX-License-Identifier: MIT */
/*
 * The heartbeat (RULES 34): its own loop, its own channel, no disk. It tells how long ago the data
 * loop last turned, and how slow the disk is: a stuck loop, or disk, makes this node slow in the
 * master's eyes and not dead. In the simulated world it shares the loop.
 */
#include <stdlib.h>
#include <string.h>
#include "node/datanode/role.h"

enum { BEAT_TIMEOUT_MS = 5000, RETRY_MS = 500 };

struct heart {
	struct datanode *datanode; /* only what never changes, and the pulse */
	struct io *io;
	struct io_timer *timer;
	struct link *link;
	bool open, beating;
	uint64_t turns, turned_ms;
	unsigned registrations; /* when the beat under way left */
	char bearer[PASS_SIZE];
	struct store_dir_info disks[64];
};

static void beat(void *arg);
static void send_beat(struct heart *heart);
static uint64_t stuck_ms(struct heart *heart);
static void opened(void *arg);
static void closed(void *arg, int status, const char *why);
static void answered(void *arg, int code, const struct dfs_error *err, const void *reply);

static const struct link_events heart_events = {.opened = opened, .closed = closed};

int heart_start(struct datanode *datanode, struct dfs_error *err)
{
	struct heart *heart = calloc(1, sizeof(*heart));
	struct token token = {.role = TOKEN_NODE};

	if (!heart)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	datanode->heart = heart;
	heart->datanode = datanode;
	heart->io = datanode->options.heart_io ? datanode->options.heart_io : datanode->io;
	token_sign(datanode->options.key, &token, heart->bearer);
	heart->timer = io_timer_create(heart->io, beat, heart);
	if (!heart->timer)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	io_timer_set(heart->io, heart->timer, 0);
	return 0;
}

/* Where it has a loop of its own, that loop has stopped by now: nothing runs there any more. */
void heart_stop(struct datanode *datanode)
{
	struct heart *heart = datanode->heart;

	if (!heart)
		return;
	io_timer_destroy(heart->io, heart->timer);
	link_close(heart->link);
	free(heart);
	datanode->heart = NULL;
}

static void beat(void *arg)
{
	struct heart *heart = arg;
	struct dfs_error err = {0};

	if (!heart->link && link_open(&heart->link, heart->io, heart->datanode->master,
	                            heart->bearer, &heart_events, heart, &err) != 0)
		heart->link = NULL;
	if (heart->open && !heart->beating)
		send_beat(heart);
	io_timer_set(heart->io, heart->timer,
	        heart->open ? atomic_load(&heart->datanode->pulse.heartbeat_ms) : RETRY_MS);
}

static void send_beat(struct heart *heart)
{
	struct pulse *pulse = &heart->datanode->pulse;
	struct proto_disk disks[64] = {0};
	struct proto_scrub_info scrub = {0};
	struct proto_heartbeat_args args = {
	        .uuid = heart->datanode->options.store.identity.node,
	        .incarnation = heart->datanode->incarnation,
	        .stuck_ms = stuck_ms(heart),
	        .disks = disks,
	        .used = atomic_load(&pulse->used_bytes),
	        .chunks = atomic_load(&pulse->chunks),
	        .read_bytes = atomic_load(&pulse->read_bytes),
	        .write_bytes = atomic_load(&pulse->write_bytes),
	        .errors = atomic_load(&pulse->errors),
	        .copy_bytes = atomic_load(&pulse->copy_bytes),
	        .scrub = &scrub,
	        .scrub_count = 1,
	};
	const struct datanode_options *options = &heart->datanode->options;

	if (options->disk_ms)
		args.disk_ms = options->disk_ms(options->turns_arg);
	pthread_mutex_lock(&pulse->lock);
	args.disks_count = pulse->disks_count;
	memcpy(heart->disks, pulse->disks, pulse->disks_count * sizeof(heart->disks[0]));
	pthread_mutex_unlock(&pulse->lock);
	pulse_disks(heart->disks, args.disks_count, disks);
	scrub_pulse(pulse, &scrub);
	heart->beating = true;
	heart->registrations = atomic_load(&pulse->registrations);
	link_call(heart->link, PROTO_CALL_HEARTBEAT, &args, 0, 0, BEAT_TIMEOUT_MS, answered, heart);
}

static uint64_t stuck_ms(struct heart *heart)
{
	const struct datanode_options *options = &heart->datanode->options;
	uint64_t now_ms = io_mono_ms(heart->io);
	uint64_t turns = options->turns ? options->turns(options->turns_arg) : heart->turns + 1;

	if (turns != heart->turns)
		heart->turned_ms = now_ms;
	heart->turns = turns;
	return now_ms - heart->turned_ms;
}

static void opened(void *arg)
{
	struct heart *heart = arg;

	heart->open = true;
	io_timer_set(heart->io, heart->timer, 0);
}

static void closed(void *arg, int status, const char *why)
{
	struct heart *heart = arg;

	heart->link = NULL;
	heart->open = false;
	heart->beating = false;
}

static void answered(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct heart *heart = arg;
	struct pulse *pulse = &heart->datanode->pulse;
	const struct proto_heartbeat_reply *got = reply;

	heart->beating = false;
	if (code == DFS_E_TIMEOUT) {
		/* A cable was cut, perhaps: TCP asks again ever more seldom, a new connection at
		 * once. */
		link_close(heart->link);
		heart->link = NULL;
		heart->open = false;
		io_timer_set(heart->io, heart->timer, 0);
	}
	if (code != 0)
		return;
	atomic_store(&pulse->clock_ms, got->wall_ms - (int64_t)io_mono_ms(heart->io));
	if (got->known) {
		atomic_store(&pulse->epoch, got->epoch);
		atomic_store(&pulse->operation, got->operation);
	}
	if (!got->known && heart->registrations > 0 &&
	        heart->registrations == atomic_load(&pulse->registrations))
		atomic_store(&pulse->unknown_there, true);
}
