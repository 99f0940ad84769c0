/* SPDX-License-Identifier: MIT */
/*
 * The channel to the master: registration, leases of what is being written, and the master's
 * commands.
 *
 *   CLOSED --connect--> OPENING --opened: register--> REGISTERING --answered, fence saved-->
 * REGISTERED ^                    |                               | |
 *     +---- retry, 0.1 s doubling to 5 s ------------------+-------------------------------------+
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "node/datanode/role.h"

enum {
	RETRY_FIRST_MS = 100,
	RETRY_MAX_MS = 5000,
	REGISTER_TIMEOUT_MS = 10000,
	CALL_TIMEOUT_MS = 10000
};

/* A command of the master that the store works on; answered when it is done. */
struct command {
	struct datanode *datanode;
	struct link_call *call;
	uint64_t asked_ms;
	struct command *prev, *next; /* in datanode->commands */
};

static void connect_now(void *arg);
static void retry_later(struct datanode *datanode);
static void opened(void *arg);
static void closed(void *arg, int status, const char *why);
static void called(void *arg, struct link_call *call, enum proto_call which, const void *args,
        uint64_t client, uint64_t sequence);
static void registered(void *arg, int code, const struct dfs_error *err, const void *reply);
static void fence_saved(struct datanode *datanode, int code);
static void command_freeze(
        struct datanode *datanode, struct link_call *call, const struct proto_freeze_args *args);
static void command_seal(
        struct datanode *datanode, struct link_call *call, const struct proto_seal_at_args *args);
static void command_delete(
        struct datanode *datanode, struct link_call *call, const struct proto_delete_args *args);
static void frozen(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held);
static void sealed(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held);
static void deleted(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held);
static void leases_ask(struct datanode *datanode);
static void leases_got(void *arg, int code, const struct dfs_error *err, const void *reply);
static bool epoch_current(struct datanode *datanode, struct link_call *call, uint64_t epoch);
static struct command *command_new(struct datanode *datanode, struct link_call *call);
static void command_begin(
        struct command *command, struct datanode *datanode, struct link_call *call);
static void command_over(struct command *command);

static const struct link_events uplink_events = {
        .opened = opened, .called = called, .closed = closed};

void uplink_start(struct datanode *datanode)
{
	datanode->retry = io_timer_create(datanode->io, connect_now, datanode);
	datanode->retry_ms = RETRY_FIRST_MS;
	if (datanode->retry)
		io_timer_set(datanode->io, datanode->retry, 0);
}

/* Each second: leases of open chunks; and a new registration where the master forgot this
 * incarnation. */
void uplink_tick(struct datanode *datanode)
{
	if (!datanode->registered)
		return;
	if (atomic_exchange(&datanode->pulse.unknown_there, false)) {
		datanode_log(datanode, "info", "event=unknown_to_master action=register_again");
		uplink_close(datanode);
		retry_later(datanode);
		return;
	}
	fence_tick(datanode);
	if (!append_idle(datanode))
		leases_ask(datanode);
}

void uplink_close(struct datanode *datanode)
{
	datanode->registered = false;
	if (datanode->reports)
		reports_stop(datanode);
	link_close(datanode->link);
	datanode->link = NULL;
}

static void connect_now(void *arg)
{
	struct datanode *datanode = arg;
	struct token token = {.role = TOKEN_NODE};
	struct dfs_error err = {0};
	char bearer[PASS_SIZE];

	if (datanode->stopping || datanode->link)
		return;
	token_sign(datanode->options.key, &token, bearer);
	if (link_open(&datanode->link, datanode->io, datanode->master, bearer, &uplink_events,
	            datanode, &err) != 0)
		retry_later(datanode);
}

static void retry_later(struct datanode *datanode)
{
	if (datanode->stopping)
		return;
	io_timer_set(datanode->io, datanode->retry, datanode->retry_ms);
	datanode->retry_ms =
	        datanode->retry_ms * 2 < RETRY_MAX_MS ? datanode->retry_ms * 2 : RETRY_MAX_MS;
}

static void opened(void *arg)
{
	struct datanode *datanode = arg;
	struct pulse *pulse = &datanode->pulse;
	struct proto_disk disks[64] = {0};
	struct proto_register_args args = {
	        .protocol = PROTO_VERSION,
	        .cluster = datanode->options.store.identity.cluster,
	        .uuid = datanode->options.store.identity.node,
	        .incarnation = datanode->incarnation,
	        .address = datanode->address,
	        .rack = datanode->rack,
	        .disks = disks,
	        .disks_count = pulse->disks_count,
	        .epoch = datanode->reign.epoch,
	        .reign = datanode->reign.reign,
	        .operation = datanode->reign.operation,
	};

	pulse_disks(pulse->disks, pulse->disks_count, disks);
	link_call(datanode->link, PROTO_CALL_REGISTER, &args, 0, 0, REGISTER_TIMEOUT_MS, registered,
	        datanode);
}

static void closed(void *arg, int status, const char *why)
{
	struct datanode *datanode = arg;

	if (datanode->registered || datanode->retry_ms == RETRY_FIRST_MS)
		datanode_log(datanode, "warn", "event=master_lost master=%s status=%d text=\"%s\"",
		        datanode->master, status, why);
	datanode->link = NULL;
	datanode->registered = false;
	reports_stop(datanode);
	retry_later(datanode);
}

static void registered(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct datanode *datanode = arg;
	const struct proto_register_reply *got = reply;
	struct dfs_error refusal = {0};
	struct reign reign;

	if (code == DFS_E_CLOSED)
		return; /* `closed` follows */
	if (code == 0) {
		reign = (struct reign){got->epoch, got->reign, got->operation};
		code = fence_check(datanode, &reign, got->restored, &refusal);
		err = &refusal;
	}
	if (code != 0) {
		datanode_log(datanode, "error",
		        "event=register_refused master=%s code=%s text=\"%s\"", datanode->master,
		        dfs_error_name(code), err->text);
		uplink_close(datanode);
		datanode->retry_ms = RETRY_MAX_MS;
		retry_later(datanode);
		return;
	}
	datanode->node = got->node;
	atomic_store(&datanode->pulse.heartbeat_ms, got->heartbeat_ms);
	datanode->reign = reign;
	atomic_store(&datanode->pulse.clock_ms, got->wall_ms - (int64_t)io_mono_ms(datanode->io));
	fence_save(datanode, &reign,
	        fence_saved); /* durable before anything is done for this master */
}

static void fence_saved(struct datanode *datanode, int code)
{
	if (datanode->stopping || !datanode->link)
		return;
	if (code != 0) {
		datanode_log(datanode, "error", "event=fence_not_saved file=%s code=%s",
		        datanode->fence_file, dfs_error_name(code));
		uplink_close(datanode);
		retry_later(datanode);
		return;
	}
	datanode->registered = true;
	atomic_fetch_add(&datanode->pulse.registrations, 1);
	/* A beat that was answered since the last channel closed spoke of that one. */
	atomic_store(&datanode->pulse.unknown_there, false);
	datanode->retry_ms = RETRY_FIRST_MS;
	datanode_log(datanode, "info", "event=registered node=%u master=%s epoch=%llu",
	        datanode->node, datanode->master, (unsigned long long)datanode->reign.epoch);
	reports_begin(datanode);
}

/* ---- commands ---- */

static void called(void *arg, struct link_call *call, enum proto_call which, const void *args,
        uint64_t client, uint64_t sequence)
{
	struct datanode *datanode = arg;

	switch (which) {
	case PROTO_CALL_FREEZE:
		command_freeze(datanode, call, args);
		break;
	case PROTO_CALL_SEAL_AT:
		command_seal(datanode, call, args);
		break;
	case PROTO_CALL_DELETE:
		command_delete(datanode, call, args);
		break;
	case PROTO_CALL_COPY:
		if (epoch_current(datanode, call, ((const struct proto_copy_args *)args)->epoch))
			copy_start(datanode, call, args);
		break;
	case PROTO_CALL_KEEP:
		if (epoch_current(datanode, call, ((const struct proto_keep_args *)args)->epoch))
			keep_start(datanode, call, args);
		break;
	case PROTO_CALL_SCRUB_BEGIN:
		if (epoch_current(datanode, call,
		            ((const struct proto_scrub_begin_args *)args)->epoch))
			scrub_command(datanode, call, args);
		break;
	case PROTO_CALL_REPORT_ALL:
		if (epoch_current(datanode, call,
		            ((const struct proto_report_all_args *)args)->epoch))
			reports_again(datanode, call);
		break;
	default:
		link_refuse(call, DFS_E_UNSUPPORTED, "a datanode does not answer this");
	}
}

/* RULES 16: commands of an older master are refused, also on a channel that was opened in its time.
 */
static bool epoch_current(struct datanode *datanode, struct link_call *call, uint64_t epoch)
{
	if (epoch == datanode->reign.epoch && datanode->registered)
		return true;
	link_refuse(call, DFS_E_FENCED, "this datanode serves another reign of the master");
	return false;
}

static struct command *command_new(struct datanode *datanode, struct link_call *call)
{
	struct command *command = calloc(1, sizeof(*command));

	if (!command) {
		link_refuse(call, DFS_E_NOMEM, "the datanode is out of memory");
		return NULL;
	}
	command_begin(command, datanode, call);
	return command;
}

static void command_begin(
        struct command *command, struct datanode *datanode, struct link_call *call)
{
	command->datanode = datanode;
	command->call = call;
	DL_APPEND(datanode->commands, command);
}

static void command_over(struct command *command)
{
	DL_DELETE(command->datanode->commands, command);
	free(command);
}

/* Those that the store will not tell of any more. Their calls are orphans by now. */
void uplink_fini(struct datanode *datanode)
{
	struct command *command, *next;

	DL_FOREACH_SAFE (datanode->commands, command, next) {
		link_refuse(command->call, DFS_E_CANCELLED, "the datanode is stopping");
		command_over(command);
	}
}

static void command_freeze(
        struct datanode *datanode, struct link_call *call, const struct proto_freeze_args *args)
{
	struct command *command;

	if (epoch_current(datanode, call, args->epoch) && (command = command_new(datanode, call)))
		store_freeze(datanode->store, args->chunk, args->version, frozen, command);
}

static void frozen(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held)
{
	struct command *command = arg;
	struct proto_freeze_reply reply = {0};

	if (status == 0) {
		reply.found = true;
		reply.length = held->length;
		reply.crc = held->crc;
		reply.committed = held->committed;
		reply.version = held->version;
		reply.state = (enum proto_held_state)held->state;
	}
	if (status == 0 || status == DFS_E_NOENT)
		link_answer(command->call, &reply);
	else
		link_refuse(command->call, status, err->text);
	command_over(command);
}

static void command_seal(
        struct datanode *datanode, struct link_call *call, const struct proto_seal_at_args *args)
{
	struct command *command;

	if (epoch_current(datanode, call, args->epoch) && (command = command_new(datanode, call)))
		store_seal(datanode->store, args->chunk, args->version, args->length, args->crc,
		        sealed, command);
}

static void sealed(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held)
{
	struct command *command = arg;
	struct proto_seal_at_reply reply = {0};

	if (status == 0)
		link_answer(command->call, &reply);
	else
		link_refuse(command->call, status, err->text);
	command_over(command);
}

/* Each chunk of the batch is deleted for itself; those that went are told as they go, by the
 * reports. */
struct deletion {
	struct command command;           /* first: it is freed as one */
	struct proto_chunk_version *gone; /* behind the items */
	size_t gone_count, left;
	struct deletion_item {
		struct deletion *deletion;
		struct proto_chunk_version what;
	} items[];
};

static void command_delete(
        struct datanode *datanode, struct link_call *call, const struct proto_delete_args *args)
{
	struct proto_delete_reply none = {0};
	struct deletion *deletion;

	if (!epoch_current(datanode, call, args->epoch))
		return;
	if (args->chunks_count == 0) {
		link_answer(call, &none);
		return;
	}
	deletion = calloc(1,
	        sizeof(*deletion) + args->chunks_count *
	                                    (sizeof(deletion->items[0]) + sizeof(*deletion->gone)));
	if (!deletion) {
		link_refuse(call, DFS_E_NOMEM, "the datanode is out of memory");
		return;
	}
	command_begin(&deletion->command, datanode, call);
	deletion->gone = (struct proto_chunk_version *)&deletion->items[args->chunks_count];
	deletion->left = args->chunks_count;
	for (size_t i = 0; i < args->chunks_count; i++) {
		deletion->items[i].deletion = deletion;
		deletion->items[i].what = args->chunks[i];
	}
	for (size_t i = 0, count = args->chunks_count; i < count; i++)
		store_delete(datanode->store, deletion->items[i].what.chunk,
		        deletion->items[i].what.version, deleted, &deletion->items[i]);
}

static void deleted(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held)
{
	struct deletion_item *item = arg;
	struct deletion *deletion = item->deletion;
	struct proto_delete_reply reply;

	if (status == 0) {
		deletion->gone[deletion->gone_count++] = item->what;
		/* The answer may never arrive, when the channel closes meanwhile. */
		reports_gone(deletion->command.datanode, item->what.chunk, item->what.version);
	}
	if (--deletion->left > 0)
		return;
	reply = (struct proto_delete_reply){
	        .gone = deletion->gone, .gone_count = deletion->gone_count};
	link_answer(deletion->command.call, &reply);
	command_over(&deletion->command);
}

/* ---- leases ---- */

static void leases_ask(struct datanode *datanode)
{
	struct command *command = calloc(1, sizeof(*command));
	struct proto_progress_args args = {.incarnation = datanode->incarnation};
	struct arena arena = {0};

	if (!command)
		return;
	command->datanode = datanode;
	command->asked_ms = io_mono_ms(datanode->io); /* before it leaves: RULES 5 */
	append_progress(datanode, &arena, &args);
	link_call(datanode->link, PROTO_CALL_PROGRESS, &args, 0, 0, CALL_TIMEOUT_MS, leases_got,
	        command);
	arena_fini(&arena);
}

static void leases_got(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct command *command = arg;
	const struct proto_progress_reply *got = reply;

	for (size_t i = 0; code == 0 && i < got->leases_count; i++)
		append_lease(command->datanode, &got->leases[i], command->asked_ms);
	free(command);
}
