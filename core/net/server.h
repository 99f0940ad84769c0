/* SPDX-License-Identifier: MIT */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include "net/loop_private.h"

/*
 * Listening. Every accepted connection becomes a session (session.h), which belongs to its server
 * and ends with it.
 */
struct session;

struct io_server {
	unsigned magic;
	struct loop *loop;
	struct lws *wsi; /* of the listening socket */
	const struct io_service *service;
	void *arg;
	int port;
	struct io_server *prev, *next;
	struct session *sessions;
	struct task task;      /* frees it */
	struct io_timer *rest; /* out of descriptors: listen again later */
};

struct io_server *net_server_open(
        void *ctx, const char *address, const struct io_service *service, void *arg, char *ret_why);
void net_server_close(void *ctx, struct io_server *server);
void net_servers_fini(struct loop *loop);

#endif
