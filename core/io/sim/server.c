/* SPDX-License-Identifier: MIT */
/* Addresses, listening, and the way of a connection from `open` to the service that accepts it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "io/sim/net_model.h"

enum { WHY_MAX = 256 };

/* ---- addresses ---- */

static bool is_own(const char *name, size_t size)
{
	static const char *const own[] = {"", "0.0.0.0", "127.0.0.1", "localhost", "[::]", "[::1]"};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (strlen(own[i]) == size && memcmp(own[i], name, size) == 0)
			return true;
	return false;
}

static bool port_fits(const char *port)
{
	size_t size = strlen(port);

	return size >= 1 && size <= 5 && strspn(port, "0123456789") == size;
}

/* "node1:7071": NULL where there is no such host; ret_port is "" where the address is malformed. */
struct sim_host *sim_address_host(struct sim_host *from, const char *address, char *ret_port)
{
	const char *colon = strrchr(address, ':');

	*ret_port = '\0';
	if (!colon || !port_fits(colon + 1))
		return NULL;
	strcpy(ret_port, colon + 1);
	if (is_own(address, (size_t)(colon - address)))
		return from;
	return sim_host_find(from->sim, address, (size_t)(colon - address));
}

/* ---- listening ---- */

static struct io_server *server_find(struct sim_host *host, const char *port)
{
	struct io_server *server;

	DL_FOREACH (host->servers, server)
		if (server->life == host->life && strcmp(server->port, port) == 0)
			return server;
	return NULL;
}

static const char *serve_fault(
        struct sim_host *host, const struct sim_host *named, const char *port)
{
	if (!sim_host_up(host))
		return "the host is down";
	if (!*port)
		return "not an address host:port";
	if (named != host)
		return "not an address of this host";
	return server_find(host, port) ? "address already in use" : NULL;
}

struct io_server *sim_serve(
        void *ctx, const char *address, const struct io_service *service, void *arg, char *ret_why)
{
	struct sim_host *host = ctx;
	char port[SIM_PORT_SIZE];
	struct sim_host *named = sim_address_host(host, address, port);
	const char *fault = serve_fault(host, named, port);
	struct io_server *server;

	if (fault) {
		snprintf(ret_why, WHY_MAX, "can not listen on %.100s: %s", address, fault);
		return NULL;
	}
	server = sim_alloc(sizeof(*server));
	server->host = host;
	server->life = host->life;
	strcpy(server->port, port);
	server->service = service;
	server->arg = arg;
	DL_APPEND(host->servers, server);
	return server;
}

/* Each conversation that it accepted ends in a turn of its own; one of an earlier life has none any
 * more. */
void sim_server_close(void *ctx, struct io_server *server)
{
	struct sim_end *end;

	if (!server)
		return;
	DL_FOREACH (server->host->ends, end) {
		if (end->server != server)
			continue;
		end->server = NULL;
		sim_end_finish(end, 0, 0, "the server is closing");
	}
	DL_FOREACH (server->host->dead_ends, end)
		if (end->server == server)
			end->server = NULL;
	DL_DELETE(server->host->servers, server);
	free(server);
}

/* ---- connecting ---- */

static void connect_fails(struct sim_end *end, uint64_t delay_us, const char *why)
{
	char text[IO_ADDRESS_MAX + 64];

	snprintf(text, sizeof(text), "can not connect to %s:%s: %s",
	        end->other ? end->other->name : "?", end->port, why);
	sim_end_finish(end, delay_us, 0, text);
}

static void connect_arrives(struct sim_event *event)
{
	struct sim_end *end = SIM_CONTAINER(event, struct sim_end, step);
	struct sim_host *other = end->other;
	struct sim *sim = end->host->sim;
	struct io_server *server;

	if (sim_link_cut(sim, end->host, other) || (!sim_host_up(other) && other->silent)) {
		connect_fails(end, SIM_CONNECT_CUT_MS * 1000, "connection timed out");
		return;
	}
	server = sim_host_up(other) ? server_find(other, end->port) : NULL;
	if (server)
		end->class->accept(end, server);
	else
		connect_fails(end, sim_link_latency_us(sim), "connection refused");
}

/* What arrives at a paused host waits with it: the event is the other host's. */
void sim_connect(struct sim_end *end, const char *address)
{
	struct sim *sim = end->host->sim;
	char text[IO_ADDRESS_MAX + 64];

	if (!sim_end_alive(end))
		return;
	if (end->other) {
		end->step.fire = connect_arrives;
		sim_event_set(sim, &end->step, end->other, sim_link_latency_us(sim));
		return;
	}
	snprintf(text, sizeof(text), "can not connect to %.200s: %s", address,
	        *end->port ? "no such host" : "not an address host:port");
	sim_end_finish(end, sim_link_latency_us(sim), 0, text);
}

const struct io_net_ops sim_net_ops = {
        .serve = sim_serve,
        .server_close = sim_server_close,
        .channel_open = sim_channel_open,
        .channel_send = sim_channel_send,
        .channel_close = sim_channel_close,
        .exchange_open = sim_exchange_open,
        .respond = sim_exchange_respond,
        .want_write = sim_exchange_want_write,
        .write = sim_exchange_write,
        .pause = sim_exchange_pause,
        .abort = sim_exchange_abort,
};
