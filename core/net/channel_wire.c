/* SPDX-License-Identifier: MIT */
/* Channels: what libwebsockets says of them, and the frames that go out. */
#include "net/channel.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "base/text.h"

enum {
	KEEP_MAX = 512 * 1024, /* memory a silent channel keeps, of one that had batches as large */
	CLOSE_TEXT_MAX = 120, /* RFC 6455 5.5: a control frame carries 125 bytes */
};

/*
 * Close, saying why to the other side and to our own `closed`. At once: libwebsockets waits for the
 * other side's word, which may never come.
 */
static int refuse(struct io_channel *channel, enum lws_close_status status, const char *why)
{
	char text[CLOSE_TEXT_MAX];

	snprintf(text, sizeof(text), "%s", why);
	lws_close_reason(channel->wsi, status, (unsigned char *)text, strlen(text));
	net_channel_dead(channel, why);
	return -1;
}

static int opened(struct io_channel *channel, struct lws *wsi)
{
	channel->wsi = wsi;
	channel->state = CHANNEL_OPEN;
	channel->deadline_ms = 0;
	if (channel->queue)
		lws_callback_on_writable(wsi);
	if (!channel->server && channel->events && channel->events->opened)
		channel->events->opened(channel->arg);
	return 0;
}

static int received(struct io_channel *channel, const char *bytes, size_t size)
{
	struct lws *wsi = channel->wsi;

	if (channel->state != CHANNEL_OPEN)
		return 0; /* closing: what comes is not for us any more */
	if (lws_frame_is_binary(wsi))
		return refuse(channel, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE,
		        "binary messages are not spoken here");
	if (channel->in.size + size > IO_MESSAGE_MAX)
		return refuse(channel, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE,
		        "the message is larger than 4 MiB");
	buf_append(&channel->in, bytes, size);
	if (channel->in.failed)
		return refuse(channel, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, "out of memory");
	if (lws_remaining_packet_payload(wsi) > 0 || !lws_is_final_fragment(wsi))
		return 0;
	if (!text_is_utf8(channel->in.data, channel->in.size))
		return refuse(
		        channel, LWS_CLOSE_STATUS_INVALID_PAYLOAD, "the message is not UTF-8");
	if (channel->events && channel->events->message)
		channel->events->message(
		        channel->arg, channel->in.data ? channel->in.data : "", channel->in.size);
	if (channel->in.capacity > KEEP_MAX)
		buf_fini(&channel->in);
	else
		buf_clear(&channel->in);
	return 0;
}

void net_channel_free_queue(struct io_channel *channel)
{
	struct message *message, *next;

	DL_FOREACH_SAFE (channel->queue, message, next)
		free(message);
	channel->queue = NULL;
}

/* As many messages as the socket takes. */
static int writable(struct io_channel *channel)
{
	size_t budget = NET_WRITE_BUDGET;

	while (channel->queue && budget > 0 && !lws_partial_buffered(channel->wsi)) {
		struct message *message = channel->queue;
		size_t size = message->size;
		int sent = lws_write(channel->wsi, message->bytes + LWS_PRE, size, LWS_WRITE_TEXT);

		DL_DELETE(channel->queue, message);
		free(message);
		channel->queued_bytes -= size;
		if (sent < 0)
			return -1;
		budget -= size < budget ? size : budget;
	}
	if (channel->queue || lws_partial_buffered(channel->wsi))
		lws_callback_on_writable(channel->wsi);
	else if (channel->state == CHANNEL_DRAINING)
		return refuse(channel, LWS_CLOSE_STATUS_NORMAL, "");
	return 0;
}

/* The first two bytes are the status, the rest a sentence. */
static void peer_closes(struct io_channel *channel, const unsigned char *bytes, size_t size)
{
	int status = size >= 2 ? bytes[0] << 8 | bytes[1] : 0;

	if (size > 2)
		snprintf(channel->why, sizeof(channel->why), "%.*s", (int)(size - 2),
		        (const char *)bytes + 2);
	else if (status > 1001)
		snprintf(channel->why, sizeof(channel->why),
		        "closed by the other side with status %d", status);
}

static void refused(struct io_channel *channel, const char *said, size_t size)
{
	int status = (int)lws_http_client_http_response(channel->wsi);

	if (status >= 400) {
		channel->status = status;
		snprintf(channel->why, sizeof(channel->why),
		        "%.*s refuses the channel with HTTP status %d", IO_ADDRESS_MAX / 2,
		        channel->address, status);
	} else {
		snprintf(channel->why, sizeof(channel->why), "can not connect to %.*s: %.*s",
		        IO_ADDRESS_MAX / 2, channel->address, (int)size, said ? said : "");
	}
	net_channel_dead(channel, "");
}

static int add_headers(struct io_channel *channel, char **cursor, size_t room)
{
	int size;

	if (!channel->bearer)
		return 0;
	size = snprintf(*cursor, room, "Authorization: Bearer %s\r\n", channel->bearer);
	if (size < 0 || (size_t)size >= room)
		return -1;
	*cursor += size;
	return 0;
}

int net_channel_callback(struct lws *wsi, enum lws_callback_reasons reason, void *in, size_t size)
{
	struct loop *loop = lws_context_user(lws_get_context(wsi));
	struct io_channel *channel = lws_get_opaque_user_data(wsi);

	if (reason == LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED && loop->adopting) {
		lws_set_opaque_user_data(wsi, loop->adopting);
		return 0;
	}
	if (!channel)
		return reason == LWS_CALLBACK_RECEIVE || reason == LWS_CALLBACK_CLIENT_RECEIVE ||
		                       reason == LWS_CALLBACK_CLIENT_ESTABLISHED
		               ? -1
		               : 0;
	switch (reason) {
	case LWS_CALLBACK_ESTABLISHED:
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		return opened(channel, wsi);
	case LWS_CALLBACK_RECEIVE:
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return received(channel, in, size);
	case LWS_CALLBACK_SERVER_WRITEABLE:
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return writable(channel);
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return add_headers(channel, in, size);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		peer_closes(channel, in, size);
		return 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		channel->wsi = wsi;
		refused(channel, in, size);
		return 0;
	case LWS_CALLBACK_CLOSED:
	case LWS_CALLBACK_CLIENT_CLOSED:
	case LWS_CALLBACK_CLOSED_HTTP:
		net_channel_dead(channel, "closed by the other side");
		return 0;
	default:
		return 0;
	}
}
