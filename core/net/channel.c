/* SPDX-License-Identifier: MIT */
/* Channels: their life and the calls on them. How they begin is net_channel_open.c's, frames are
 * channel_wire.c's. */
#include "net/channel.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>
#include "net/server.h"

enum { QUEUE_MAX = 64 << 20 };

static void reap(struct task *task);

struct io_channel *net_channel_create(struct loop *loop, void (*begin)(struct task *task))
{
	struct io_channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return NULL;
	channel->magic = CHANNEL_MAGIC;
	channel->loop = loop;
	channel->fd = -1;
	channel->task.run = begin;
	channel->deadline_ms = loop_now_ms() + channel->loop->limits.connect_ms;
	DL_APPEND(loop->channels, channel);
	return channel;
}

void net_channel_destroy(struct io_channel *channel)
{
	DL_DELETE(channel->loop->channels, channel);
	loop_undefer(channel->loop, &channel->task);
	net_channel_free_queue(channel);
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
	net_channel_destroy(
	        (struct io_channel *)((char *)task - offsetof(struct io_channel, task)));
}

void net_channel_bury(struct io_channel *channel)
{
	channel->state = CHANNEL_GONE;
	channel->task.run = reap;
	if (!channel->lookup.busy)
		loop_defer(channel->loop, &channel->task);
}

void net_channel_dead(struct io_channel *channel, const char *why)
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
	net_channel_bury(channel);
	if (events && events->closed)
		events->closed(channel->arg, channel->status, text);
}

void net_channels_close(struct io_server *server)
{
	struct io_channel *channel;

	DL_FOREACH (server->loop->channels, channel) {
		if (channel->from != server || channel->state == CHANNEL_GONE)
			continue;
		channel->from = NULL;
		channel->deadline_ms = 1; /* in the next sweep: until then calls on it are fine */
		timers_set(&channel->loop->timers, channel->loop->sweep, loop_now_ms());
	}
}

/* ---- calls ---- */

int net_channel_send(void *ctx, struct io_channel *channel, const char *text, size_t size)
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

void net_channel_close(void *ctx, struct io_channel *channel)
{
	(void)ctx;
	if (!channel)
		return;
	assert(channel->magic == CHANNEL_MAGIC && channel->state != CHANNEL_GONE);
	channel->events = NULL;
	channel->deadline_ms = loop_now_ms() + channel->loop->limits.linger_ms;
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
	net_channel_bury(channel);
}

static const char *late(const struct io_channel *channel)
{
	if (channel->state == CHANNEL_BEGUN)
		return "no answer came in time";
	return "the server is closing";
}

void net_channels_sweep(struct loop *loop, uint64_t now_ms)
{
	struct io_channel *channel, *next;

	DL_FOREACH_SAFE (loop->channels, channel, next) {
		struct lws *wsi = channel->wsi;

		if (!channel->deadline_ms || channel->deadline_ms > now_ms ||
		        channel->state == CHANNEL_GONE)
			continue;
		if (channel->state == CHANNEL_BEGUN && !channel->server)
			net_channel_unreachable(channel, late(channel));
		else
			net_channel_dead(channel, late(channel));
		if (wsi)
			lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
	}
}

void net_channels_fini(struct loop *loop)
{
	while (loop->channels) {
		if (loop->channels->wsi)
			lws_set_opaque_user_data(loop->channels->wsi, NULL);
		net_channel_destroy(loop->channels);
	}
}
