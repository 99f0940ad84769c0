/* SPDX-License-Identifier: MIT */
#ifndef NET_LOOP_PRIVATE_H
#define NET_LOOP_PRIVATE_H

#include <stdatomic.h>
#include <libwebsockets.h>
#include "io/net.h"
#include "io/real.h"
#include "net/loop.h"
#include "net/timer.h"

/* What the files of this folder share. Nothing outside it includes this. */

/*
 * Something to be done at the start of the next turn. Whatever a call causes is done there, so that
 * no callback runs inside the call that caused it.
 */
struct task {
	void (*run)(struct task *task);
	struct task *prev, *next;
	uint64_t round; /* of loop_defer */
	bool queued;
};

/* How long is too long, in milliseconds. Tests of this folder change them; nobody else does. */
struct limits {
	uint64_t sweep_ms;   /* between two looks at the deadlines */
	uint64_t connect_ms; /* to connect; for a channel: to be open */
	uint64_t head_ms;    /* for a request's head, from its first byte */
	uint64_t idle_ms;    /* a server's connection without a request */
	uint64_t pool_ms;    /* a client's: shorter, so that the server's end is never first */
	uint64_t stall_ms;   /* bytes are owed, none come or go */
	uint64_t answer_ms;  /* a whole request waits for its response */
	uint64_t linger_ms;  /* closing: the other side reads what we said last */
};

struct loop {
	struct io io; /* what the rest of the house sees; io.ctx is this loop */
	struct loop_options options;
	struct limits limits;
	struct lws_context *context;
	struct lws_vhost *vhost;
	lws_sorted_usec_list_t wake; /* the one timer of libwebsockets: the earliest of `timers` */
	struct timers timers;
	struct task *tasks;
	uint64_t round; /* of tasks: what is deferred in one runs in the next */
	struct io_pool *meta_pool, *disk_pool, *cache_pool; /* made at first use */
	struct io_timer *sweep;
	struct io_server *servers;
	struct conn *conns; /* TCP connections that speak HTTP */
	struct conn *idle;  /* of these, the client's that wait for a next request */
	struct io_exchange *exchanges;
	struct io_channel *channels;
	struct io_channel *adopting; /* being handed to libwebsockets */
	char *in;                    /* NET_READ_SIZE */
	bool closing;                /* in loop_destroy: nobody is called back any more */
	atomic_bool stopped;
	atomic_uint_fast64_t turns;
};

enum {
	NET_WRITE_BUDGET = 4 << 20, /* bytes one conversation writes before others get a turn */
	NET_READ_BUDGET = 1 << 20,
	NET_READ_SIZE = 256 << 10, /* one read that goes to no better place */
};

void loop_defer(struct loop *loop, struct task *task);
void loop_undefer(struct loop *loop, struct task *task);
uint64_t loop_now_ms(void);
/* loop_io.c: `done` of the jobs that have run */
void loop_drain(struct loop *loop);
extern const struct io_ops loop_ops;

/* The callbacks of libwebsockets, by what they are about. Non-zero closes. */
int conn_callback(struct lws *wsi, enum lws_callback_reasons reason);
bool conn_is(struct lws *wsi); /* is it a connection (else a listening socket)? */
int net_server_callback(struct lws *wsi, enum lws_callback_reasons reason);
int net_channel_callback(struct lws *wsi, enum lws_callback_reasons reason, void *in, size_t size);

extern const struct io_net_ops net_ops;

#endif
