/* SPDX-License-Identifier: MIT */
#ifndef NET_CHANNEL_H
#define NET_CHANNEL_H

#include "net/address.h"
#include "base/buf.h"
#include "net/loop_private.h"

/*
 * Channels: WebSockets of libwebsockets, text messages only, whole messages to the house.
 *
 *   client  BEGUN -> (looked up, connected, upgraded) -> OPEN
 *   server  BEGUN -> (handed to libwebsockets)        -> OPEN
 *           OPEN --channel_close--> DRAINING --queue sent, close frame--> (gone)
 *           any --the other side, an error--> closed is told, (gone)
 */
struct message;

enum { CHANNEL_WHY_MAX = ADDRESS_WHY_MAX + IO_ADDRESS_MAX };

struct io_channel {
	unsigned magic;
	enum channel_state { CHANNEL_BEGUN, CHANNEL_OPEN, CHANNEL_DRAINING, CHANNEL_GONE } state;
	bool server;
	struct loop *loop;
	struct lws *wsi;
	struct io_server *from;                 /* server side */
	const struct io_channel_events *events; /* NULL: nobody listens any more */
	void *arg;
	struct io_channel *prev, *next; /* in loop->channels */
	struct task task;
	struct buf in; /* the message that is coming */
	struct message *queue;
	size_t queued_bytes;
	int status;                /* of a refusal */
	char why[CHANNEL_WHY_MAX]; /* what the other side, or we, said at the end */
	uint64_t deadline_ms;
	int fd; /* server: the socket before libwebsockets has it */
	char key[32];
	/* client */
	struct lookup lookup;
	char address[IO_ADDRESS_MAX];
	char *path;
	char *bearer;
};

struct io_channel *net_channel_open(void *ctx, const char *address, const char *path,
        const char *bearer, const struct io_channel_events *events, void *arg);
int net_channel_send(void *ctx, struct io_channel *channel, const char *text, size_t size);
void net_channel_close(void *ctx, struct io_channel *channel);

/*
 * Server: offer the upgrade to the service; takes `fd`, a socket whose request has been read. 0
 * where the channel is accepted, or the status to refuse it with (fd is closed).
 */
int net_channel_accept(
        struct io_server *server, const struct io_request *upgrade, const char *key, int fd);
/* The server closes: its channels are told in the next turn. */
void net_channels_close(struct io_server *server);
void net_channels_sweep(struct loop *loop, uint64_t now_ms);
void net_channels_fini(struct loop *loop);

/* Between channel.c (life), channel_open.c (beginnings) and channel_wire.c (what libwebsockets
 * says). */
enum { CHANNEL_MAGIC = 0x4348414e };
struct message {
	struct message *prev, *next;
	size_t size;
	unsigned char bytes[]; /* LWS_PRE free bytes, then the text */
};
/* `begin` is what its task does first. */
struct io_channel *net_channel_create(struct loop *loop, void (*begin)(struct task *task));
void net_channel_destroy(struct io_channel *channel);
/* No wsi refers to it any more: free it in a later turn. */
void net_channel_bury(struct io_channel *channel);
/* The connection is gone, or never came: tell it, once. */
void net_channel_dead(struct io_channel *channel, const char *why);
void net_channel_unreachable(struct io_channel *channel, const char *why);
void net_channel_free_queue(struct io_channel *channel);

#endif
