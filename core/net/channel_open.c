/* SPDX-License-Identifier: MIT */
/* Channels: how they begin, on either side. */
#include "net/channel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "net/server.h"

enum { PATH_LIMIT = 1900 }; /* libwebsockets prints the request line into 2,048 bytes */

static void start(struct task *task);
static void hand_over(struct task *task);

/* ---- client ---- */

struct io_channel *net_channel_open(void *ctx, const char *address, const char *path,
        const char *bearer, const struct io_channel_events *events, void *arg)
{
	struct loop *loop = ctx;
	struct io_channel *channel = net_channel_create(loop, start);

	if (!channel)
		return NULL;
	channel->events = events;
	channel->arg = arg;
	channel->path = strdup(path);
	channel->bearer = bearer ? strdup(bearer) : NULL;
	snprintf(channel->address, sizeof(channel->address), "%s", address);
	if (!channel->path || (bearer && !channel->bearer)) {
		net_channel_destroy(channel);
		return NULL;
	}
	loop_defer(loop, &channel->task);
	return channel;
}

void net_channel_unreachable(struct io_channel *channel, const char *why)
{
	char text[sizeof(channel->why)];

	snprintf(text, sizeof(text), "can not connect to %.*s: %s", IO_ADDRESS_MAX / 2,
	        channel->address, why);
	net_channel_dead(channel, text);
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
		net_channel_unreachable(channel, "nobody listens there, or the way is barred");
	}
}

static void looked_up(struct lookup *lookup)
{
	struct io_channel *channel =
	        (struct io_channel *)((char *)lookup - offsetof(struct io_channel, lookup));

	if (channel->state == CHANNEL_GONE)
		loop_defer(channel->loop, &channel->task); /* closed meanwhile: free it */
	else if (lookup->failed)
		net_channel_unreachable(channel, lookup->why);
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
		net_channel_dead(channel, "the path or the token is not one that can be sent");
		return;
	}
	switch (lookup_start(&channel->lookup, &channel->loop->io, channel->address, looked_up)) {
	case 0:
		connect_now(channel);
		break;
	case -1:
		net_channel_dead(channel, channel->lookup.why);
		break;
	default:
		break;
	}
}

/* ---- server ---- */

int net_channel_accept(
        struct io_server *server, const struct io_request *upgrade, const char *key, int fd)
{
	struct io_channel *channel = fd < 0 ? NULL : net_channel_create(server->loop, hand_over);
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
			net_channel_bury(channel);
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
	struct lws *wsi;

	channel->fd = -1;
	loop->adopting = channel;
	wsi = lws_adopt_socket_vhost_readbuf(loop->vhost, fd, request, (size_t)size);
	loop->adopting = NULL;
	if (!wsi)
		net_channel_dead(channel, "the WebSocket could not be made");
	else if (channel->state == CHANNEL_BEGUN)
		channel->wsi = wsi; /* it opens later */
}
