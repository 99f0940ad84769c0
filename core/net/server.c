/* SPDX-License-Identifier: MIT */
/* Listening sockets: bind, accept, close. What is said on a connection is session.c's. */
#include "net/server.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>
#include "net/address.h"
#include "net/channel.h"
#include "net/conn.h"
#include "net/session.h"

enum {
	SERVER_MAGIC = 0x53455256,
	WHY_MAX = 256,
	BACKLOG = 1024,
	ACCEPTS_PER_TURN = 64,
	REST_MS = 100, /* out of descriptors: existing connections go on, new ones wait */
};

static void rested(void *arg);
static void reap(struct task *task);

static int listen_on(const struct address *address, int *ret_port)
{
	int fd = socket(address->sockaddr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_storage bound;
	socklen_t size = sizeof(bound);
	int on = 1, error;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&address->sockaddr, address->size) ||
	        listen(fd, BACKLOG) || getsockname(fd, (struct sockaddr *)&bound, &size)) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	*ret_port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
	                                              : ((struct sockaddr_in *)&bound)->sin_port);
	return fd;
}

static int bind_address(const char *text, int *ret_port, char *ret_why)
{
	struct address address;
	char why[ADDRESS_WHY_MAX];
	int fd;

	if (address_split(text, &address, why) ||
	        (address_number(&address) && address_resolve(&address, why))) {
		snprintf(ret_why, WHY_MAX, "%s", why);
		return -1;
	}
	fd = listen_on(&address, ret_port);
	if (fd < 0)
		snprintf(ret_why, WHY_MAX, "can not listen on %.100s: %s", text, strerror(errno));
	return fd;
}

static struct io_server *create(struct loop *loop, int fd)
{
	struct io_server *server = calloc(1, sizeof(*server));
	lws_adopt_desc_t desc = {.vh = loop->vhost,
	        .type = LWS_ADOPT_RAW_FILE_DESC,
	        .fd.filefd = fd,
	        .vh_prot_name = "dfs"};

	if (!server)
		return NULL;
	server->magic = SERVER_MAGIC;
	server->loop = loop;
	server->task.run = reap;
	server->rest = timers_create(&loop->timers, rested, server);
	server->wsi = server->rest ? lws_adopt_descriptor_vhost_via_info(&desc) : NULL;
	if (!server->wsi) {
		if (server->rest)
			timers_destroy(&loop->timers, server->rest);
		free(server);
		return NULL;
	}
	lws_set_opaque_user_data(server->wsi, server);
	DL_APPEND(loop->servers, server);
	return server;
}

struct io_server *net_server_open(
        void *ctx, const char *address, const struct io_service *service, void *arg, char *ret_why)
{
	struct io_server *server;
	int port;
	int fd = bind_address(address, &port, ret_why);

	if (fd < 0)
		return NULL;
	server = create(ctx, fd);
	if (!server) {
		snprintf(ret_why, WHY_MAX, "can not listen on %.100s: too many descriptors",
		        address);
		close(fd);
		return NULL;
	}
	server->service = service;
	server->arg = arg;
	server->port = port;
	return server;
}

void net_server_close(void *ctx, struct io_server *server)
{
	struct loop *loop = ctx;

	if (!server)
		return;
	assert(server->magic == SERVER_MAGIC);
	timers_cancel(&loop->timers, server->rest);
	/* At once, so that the address is free when this returns; libwebsockets closes its
	 * duplicate in its own time. */
	shutdown(lws_get_socket_fd(server->wsi), SHUT_RDWR);
	lws_set_opaque_user_data(server->wsi, NULL);
	lws_set_timeout(server->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
	server->wsi = NULL;
	net_sessions_close(server);
	net_channels_close(server);
	loop_defer(loop, &server->task);
}

void net_servers_fini(struct loop *loop)
{
	struct io_server *server, *next;

	DL_FOREACH_SAFE (loop->servers, server, next) {
		if (server->wsi)
			lws_set_opaque_user_data(server->wsi, NULL);
		net_sessions_fini(server);
		loop_undefer(loop, &server->task);
		DL_DELETE(loop->servers, server);
		free(server);
	}
}

int loop_server_port(const struct io_server *server)
{
	return server->port;
}

static void reap(struct task *task)
{
	struct io_server *server =
	        (struct io_server *)((char *)task - offsetof(struct io_server, task));

	timers_destroy(&server->loop->timers, server->rest);
	DL_DELETE(server->loop->servers, server);
	server->magic = 0;
	free(server);
}

static void rested(void *arg)
{
	struct io_server *server = arg;

	lws_rx_flow_control(server->wsi, 1);
}

static int accept_some(struct io_server *server)
{
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		int fd = accept4(
		        lws_get_socket_fd(server->wsi), NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			net_session_open(server, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			lws_rx_flow_control(server->wsi, 0);
			timers_set(&server->loop->timers, server->rest, loop_now_ms() + REST_MS);
		}
		if (errno != ECONNABORTED && errno != EINTR)
			return 0;
	}
	return 0;
}

int net_server_callback(struct lws *wsi, enum lws_callback_reasons reason)
{
	struct io_server *server = lws_get_opaque_user_data(wsi);

	if (!server)
		return reason == LWS_CALLBACK_RAW_CLOSE_FILE ? 0 : -1;
	assert(server->magic == SERVER_MAGIC);
	if (reason == LWS_CALLBACK_RAW_RX_FILE)
		return accept_some(server);
	return 0;
}
