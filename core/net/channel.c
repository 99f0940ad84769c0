/* SPDX-License-Identifier: MIT */
/* Channels: how they begin and end, and the calls on them. Frames are channel_wire.c's. */
#include "net/channel.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>
#include "net/http.h"
#include "net/server.h"

enum {
	CHANNEL_MAGIC = 0x4348414e,
	QUEUE_MAX = 64 << 20,
	PATH_LIMIT = 1900, /* libwebsockets prints the request line into 2,048 bytes */
};

static void start(struct task *task);
static void hand_over(struct task *task);
static void reap(struct task *task);

static struct io_channel *create(struct loop *loop, void (*begin)(struct task *task))
{
	struct io_channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return NULL;
	channel->magic = CHANNEL_MAGIC;
	channel->loop = loop;
	channel->fd = -1;
	channel->task.run = begin;
	channel->deadline_ms = loop_now_ms() + NET_CONNECT_MS;
	DL_APPEND(loop->channels, channel);
	return channel;
}

static void destroy(struct io_channel *channel)
{
	DL_DELETE(channel->loop->channels, channel);
	loop_undefer(channel->loop, &channel->task);
	channel_free_queue(channel);
	buf_fini(&channel->in);
	if (channel->fd >= 0)
		close(channel->fd);
	free(channel->path);
	free(channel->bearer);
	channel->magic = 0;
	free(channel);
}

static void reap(struct task *task)
{
	destroy((struct io_channel *)((char *)task - offsetof(struct io_channel, task)));
}

/* No wsi refers to it any more. */
static void bury(struct io_channel *channel)
{
	channel->state = CHANNEL_GONE;
	channel->task.run = reap;
	if (!channel->lookup.busy)
		loop_defer(channel->loop, &channel->task);
}

/* The connection is gone, or never came: tell it, once. */
void channel_dead(struct io_channel *channel, const char *why)
{
	const struct io_channel_events *events = channel->events;
	char text[sizeof(channel->why)];

	if (channel->state == CHANNEL_GONE)
		return;
	snprintf(text, sizeof(text), "%s", *channel->why ? channel->why : why);
	channel->events = NULL;
	if (channel->wsi)
		lws_set_opaque_user_data(channel->wsi, NULL);
	channel->wsi = NULL;
	bury(channel);
	if (events && events->closed)
		events->closed(channel->arg, channel->status, text);
}

/* ---- client
 * ------------------------------------------------------------------------------------------------
 */

struct io_channel *channel_open(void *ctx, const char *address, const char *path,
        const char *bearer, const struct io_channel_events *events, void *arg)
{
	struct loop *loop = ctx;
	struct io_channel *channel = create(loop, start);

	if (!channel)
		return NULL;
	channel->events = events;
	channel->arg = arg;
	channel->path = strdup(path);
	channel->bearer = bearer ? strdup(bearer) : NULL;
	snprintf(channel->address, sizeof(channel->address), "%s", address);
	if (!channel->path || (bearer && !channel->bearer)) {
		destroy(channel);
		return NULL;
	}
	loop_defer(loop, &channel->task);
	return channel;
}

static void unreachable(struct io_channel *channel, const char *why)
{
	char text[sizeof(channel->why)];

	snprintf(text, sizeof(text), "can not connect to %.*s: %s", IO_ADDRESS_MAX / 2,
	        channel->address, why);
	channel_dead(channel, text);
}

/* libwebsockets gets the numeric address: it would look names up on the loop. */
static void connect_now(struct io_channel *channel)
{
	char host[64] = "";
	struct lws_client_connect_info info = {
	        .context = channel->loop->context,
	        .vhost = channel->loop->vhost,
	        .address = host,
	        .port = channel->lookup.address.port,
	        .path = channel->path,
	        .host = channel->address,
	        .local_protocol_name = "dfs",
	        .alpn = "http/1.1",
	        .ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
	        .opaque_user_data = channel,
	        .pwsi = &channel->wsi,
	};

	address_print_host(&channel->lookup.address, host, sizeof(host));
	if (!lws_client_connect_via_info(&info)) {
		channel->wsi = NULL;
		unreachable(channel, "nobody listens there, or the way is barred");
	}
}

static void looked_up(struct lookup *lookup)
{
	struct io_channel *channel =
	        (struct io_channel *)((char *)lookup - offsetof(struct io_channel, lookup));

	if (channel->state == CHANNEL_GONE)
		loop_defer(channel->loop, &channel->task); /* closed meanwhile: free it */
	else if (lookup->failed)
		unreachable(channel, lookup->why);
	else
		connect_now(channel);
}

static bool can_be_sent(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

static void start(struct task *task)
{
	struct io_channel *channel =
	        (struct io_channel *)((char *)task - offsetof(struct io_channel, task));

	if (channel->path[0] != '/' || strlen(channel->path) > PATH_LIMIT ||
	        !can_be_sent(channel->path) ||
	        (channel->bearer && (strlen(channel->bearer) >= IO_HEADER_MAX - 8 ||
	                                    !can_be_sent(channel->bearer)))) {
		channel_dead(channel, "the path or the token is not one that can be sent");
		return;
	}
	switch (lookup_start(&channel->lookup, &channel->loop->io, channel->address, looked_up)) {
	case 0:
		connect_now(channel);
		break;
	case -1:
		channel_dead(channel, channel->lookup.why);
		break;
	default:
		break;
	}
}

/* ---- server
 * ------------------------------------------------------------------------------------------------
 */

int channel_accept(
        struct io_server *server, const struct io_request *upgrade, const char *key, int fd)
{
	struct io_channel *channel = fd < 0 ? NULL : create(server->loop, hand_over);
	int status;

	if (!channel) {
		if (fd >= 0)
			close(fd);
		return 503;
	}
	channel->server = true;
	channel->from = server;
	channel->fd = fd;
	snprintf(channel->key, sizeof(channel->key), "%s", key);
	status = server->service->channel ? server->service->channel(server->arg, channel, upgrade,
	                                            &channel->events, &channel->arg)
	                                  : 404;
	if (status != 0) {
		channel->events = NULL;
		if (channel->state != CHANNEL_GONE)
			bury(channel);
		return status;
	}
	if (channel->state != CHANNEL_GONE) /* the service may have closed it at once */
		loop_defer(server->loop, &channel->task);
	return 0;
}

/*
 * libwebsockets makes a WebSocket of a socket and a request: it gets one of ours, with the client's
 * key, for its parser of requests is not to be shown to the outside (README.md).
 */
static void hand_over(struct task *task)
{
	struct io_channel *channel =
	        (struct io_channel *)((char *)task - offsetof(struct io_channel, task));
	struct loop *loop = channel->loop;
	char request[256];
	int size = snprintf(request, sizeof(request),
	        "GET / HTTP/1.1\r\nHost: dfs\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n",
	        channel->key);
	int fd = channel->fd;

	channel->fd = -1;
	loop->adopting = channel;
	if (!lws_adopt_socket_vhost_readbuf(loop->vhost, fd, request, (size_t)size))
		channel->wsi = NULL;
	loop->adopting = NULL;
	if (!channel->wsi)
		channel_dead(channel, "the WebSocket could not be made");
}

void channels_close(struct io_server *server)
{
	struct io_channel *channel;

	DL_FOREACH (server->loop->channels, channel) {
		if (channel->from != server || channel->state == CHANNEL_GONE)
			continue;
		channel->from = NULL;
		channel->deadline_ms =
		        1; /* in the next sweep; a call on it is still fine until then */
		timers_set(&channel->loop->timers, channel->loop->sweep, loop_now_ms());
	}
}

/* ---- calls
 * -------------------------------------------------------------------------------------------------
 */

int channel_send(void *ctx, struct io_channel *channel, const char *text, size_t size)
{
	struct message *message;

	(void)ctx;
	assert(channel->magic == CHANNEL_MAGIC);
	assert(channel->state == CHANNEL_BEGUN || channel->state == CHANNEL_OPEN);
	if (size > IO_MESSAGE_MAX)
		return DFS_E_TOOBIG;
	if (channel->queued_bytes + size > QUEUE_MAX)
		return DFS_E_BUSY;
	message = malloc(sizeof(*message) + LWS_PRE + size);
	if (!message)
		return DFS_E_NOMEM;
	message->size = size;
	memcpy(message->bytes + LWS_PRE, text, size);
	if (!channel->queue && channel->state == CHANNEL_OPEN)
		lws_callback_on_writable(channel->wsi);
	DL_APPEND(channel->queue, message);
	channel->queued_bytes += size;
	return 0;
}

void channel_close(void *ctx, struct io_channel *channel)
{
	(void)ctx;
	if (!channel)
		return;
	assert(channel->magic == CHANNEL_MAGIC && channel->state != CHANNEL_GONE);
	channel->events = NULL;
	channel->deadline_ms = loop_now_ms() + NET_LINGER_MS;
	if (channel->state == CHANNEL_OPEN) {
		channel->state = CHANNEL_DRAINING;
		lws_callback_on_writable(channel->wsi);
		return;
	}
	if (channel->wsi) {
		lws_set_opaque_user_data(channel->wsi, NULL);
		lws_set_timeout(channel->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
		channel->wsi = NULL;
	}
	bury(channel);
}

static const char *late(const struct io_channel *channel)
{
	if (channel->state == CHANNEL_BEGUN)
		return "no answer came in time";
	return "the server is closing";
}

void channels_sweep(struct loop *loop, uint64_t now_ms)
{
	struct io_channel *channel, *next;

	DL_FOREACH_SAFE (loop->channels, channel, next) {
		struct lws *wsi = channel->wsi;

		if (!channel->deadline_ms || channel->deadline_ms > now_ms ||
		        channel->state == CHANNEL_GONE)
			continue;
		if (channel->state == CHANNEL_BEGUN && !channel->server)
			unreachable(channel, late(channel));
		else
			channel_dead(channel, late(channel));
		if (wsi)
			lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
	}
}

void channels_fini(struct loop *loop)
{
	while (loop->channels) {
		if (loop->channels->wsi)
			lws_set_opaque_user_data(loop->channels->wsi, NULL);
		destroy(loop->channels);
	}
}
