/* SPDX-License-Identifier: MIT */
/*
 * The loop itself: its life, turns and deferred tasks; loop_io.c shows it to the house. What
 * happens on sockets is told to conn.c (HTTP), server.c (listening) and channel.c (WebSockets).
 */
#include "net/loop_private.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>
#include <sys/resource.h>
#include "net/server.h"
#include "net/channel.h"
#include "net/exchange.h"

enum {
	FILES_MAX = 20000,        /* tables are sized by RLIMIT_NOFILE: a million in containers */
	CLIENT_FILES_MAX = 256,   /* beyond a few hundred its search by descriptor is slow */
	BUFFER_SIZE = 256 * 1024, /* one read of a WebSocket */
	FRAME_SIZE = 64 * 1024,   /* per WebSocket, while it is open */
	SEND_SIZE = 1024 * 1024,
	ROUNDS_PER_TURN = 4,
};

static const struct lws_protocols protocols[2];
static void loop_turn(struct loop *loop, const volatile bool *flag);
static void run_tasks(struct loop *loop);
static void sweep(void *arg);

/* A silent WebSocket is probed, then given up. libwebsockets keeps the pointer. */
static const lws_retry_bo_t silence = {.secs_since_valid_ping = 20, .secs_since_valid_hangup = 30};

static int make_context(struct loop *loop)
{
	struct lws_context_creation_info info = {
	        .port = CONTEXT_PORT_NO_LISTEN,
	        .protocols = protocols,
	        .pt_serv_buf_size = BUFFER_SIZE,
	        .max_http_header_data = HTTP_HEAD_MAX,
	        .fd_limit_per_thread = loop->options.server ? 0 : CLIENT_FILES_MAX,
	        .timeout_secs = loop->limits.stall_ms / 1000,
	        .user = loop,
	        .vhost_name = "dfs",
	        .http_proxy_address = "", /* else the environment's http_proxy would be asked */
	        .retry_and_idle_policy = &silence,
	};

	loop->context = lws_create_context(&info);
	if (!loop->context)
		return -1;
	loop->vhost = lws_get_vhost_by_name(loop->context, info.vhost_name);
	return loop->vhost ? 0 : -1;
}

static void lower_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > FILES_MAX) {
		limit.rlim_cur = FILES_MAX;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static const struct limits limits = {
        .sweep_ms = 1000,
        .connect_ms = 10000,
        .head_ms = 20000,
        .idle_ms = 75000,
        .pool_ms = 30000,
        .stall_ms = 60000,
        .answer_ms = 120000,
        .linger_ms = 5000,
};

int loop_create(struct loop **ret, const struct loop_options *options, struct dfs_error *err)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return error_set(err, DFS_E_NOMEM, "no memory for a network loop");
	loop->options = *options;
	loop->limits = limits;
	loop->io = (struct io){&loop_ops, &io_disk_real, &net_ops, loop};
	lws_set_log_level(0, NULL);
	if (options->server)
		lower_file_limit();
	loop->sweep = timers_create(&loop->timers, sweep, loop);
	loop->in = malloc(NET_READ_SIZE);
	if (!loop->sweep || !loop->in || make_context(loop)) {
		loop_destroy(loop);
		return error_set(
		        err, DFS_E_INTERNAL, "libwebsockets can not start a network loop here");
	}
	timers_set(&loop->timers, loop->sweep, loop_now_ms() + loop->limits.sweep_ms);
	*ret = loop;
	return 0;
}

void loop_destroy(struct loop *loop)
{
	if (!loop)
		return;
	loop_drain(loop);
	io_pool_destroy(loop->meta_pool);
	io_pool_destroy(loop->disk_pool);
	io_pool_destroy(loop->cache_pool);
	loop->closing = true;
	net_servers_fini(loop);
	net_channels_fini(loop);
	conns_fini(loop);
	net_exchanges_fini(loop);
	if (loop->context)
		lws_context_destroy(loop->context); /* the last callbacks come from here */
	while (loop->tasks)                         /* what was to be freed in the next turn */
		run_tasks(loop);
	timers_fini(&loop->timers);
	free(loop->in);
	free(loop);
}

struct io *loop_io(struct loop *loop)
{
	return &loop->io;
}

void loop_run(struct loop *loop)
{
	static const bool never = false;

	loop_run_until(loop, &never);
}

void loop_run_until(struct loop *loop, const bool *flag)
{
	while (!*(const volatile bool *)flag && !atomic_exchange(&loop->stopped, false))
		loop_turn(loop, flag);
}

/* An atomic store and, inside libwebsockets, one write to an eventfd: safe in a signal handler. */
void loop_stop(struct loop *loop)
{
	atomic_store(&loop->stopped, true);
	lws_cancel_service(loop->context);
}

uint64_t loop_turns(const struct loop *loop)
{
	return atomic_load_explicit(&loop->turns, memory_order_relaxed);
}

void loop_defer(struct loop *loop, struct task *task)
{
	if (task->queued)
		return;
	task->queued = true;
	task->round = loop->round;
	DL_APPEND(loop->tasks, task);
}

void loop_undefer(struct loop *loop, struct task *task)
{
	if (!task->queued)
		return;
	task->queued = false;
	DL_DELETE(loop->tasks, task);
}

uint64_t loop_now_ms(void)
{
	return io_real_mono_ms();
}

/* Only what was deferred before: a task that defers itself again waits for the next round. */
static void run_tasks(struct loop *loop)
{
	loop->round++;
	while (loop->tasks && loop->tasks->round != loop->round) {
		struct task *task = loop->tasks;

		loop_undefer(loop, task);
		task->run(task);
	}
}

static void woken(lws_sorted_usec_list_t *wake)
{
	(void)wake; /* it is there to end the wait: timers_run does the rest */
}

/*
 * libwebsockets rounds its wait down to a millisecond and would spin through the last one: ask for
 * the next whole one.
 */
static void schedule_wake(struct loop *loop, uint64_t now)
{
	uint64_t next = timers_next(&loop->timers);
	uint64_t wait = next > now ? next - now : 0;

	if (next != UINT64_MAX)
		lws_sul_schedule(
		        loop->context, 0, &loop->wake, woken, (lws_usec_t)(wait * 1000 + 999));
}

/* What a task defers runs in the same turn, a few times over: most requests need that, and no look
 * at the sockets. */
static void loop_turn(struct loop *loop, const volatile bool *flag)
{
	uint64_t now = loop_now_ms();

	for (int i = 0; i < ROUNDS_PER_TURN && loop->tasks; i++)
		run_tasks(loop);
	timers_run(&loop->timers, now);
	schedule_wake(loop, now);
	/* What a timer set for at once does not wait for the millisecond to end. -1: look, but do
	 * not wait */
	lws_service(loop->context, loop->tasks || timers_next(&loop->timers) <= now || *flag ||
	                                           atomic_load(&loop->stopped)
	                                   ? -1
	                                   : 0);
	atomic_fetch_add_explicit(&loop->turns, 1, memory_order_relaxed);
}

static void sweep(void *arg)
{
	struct loop *loop = arg;
	uint64_t now = loop_now_ms();

	conns_sweep(loop, now);
	net_channels_sweep(loop, now);
	timers_set(&loop->timers, loop->sweep, now + loop->limits.sweep_ms);
}

/* ---- what libwebsockets says ---- */

static int callback(
        struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
	struct loop *loop = lws_context_user(lws_get_context(wsi));

	(void)user;
	switch (reason) {
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		if (!loop->closing)
			loop_drain(loop);
		return 0;
	case LWS_CALLBACK_RAW_RX_FILE:
	case LWS_CALLBACK_RAW_WRITEABLE_FILE:
	case LWS_CALLBACK_RAW_CLOSE_FILE:
		return conn_is(wsi) ? conn_callback(wsi, reason) : net_server_callback(wsi, reason);
	default:
		return net_channel_callback(wsi, reason, in, size);
	}
}

static const struct lws_protocols protocols[2] = {
        {.name = "dfs",
                .callback = callback,
                .rx_buffer_size = FRAME_SIZE,
                .tx_packet_size = SEND_SIZE},
};
