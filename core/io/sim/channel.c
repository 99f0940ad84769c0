/* SPDX-License-Identifier: MIT */
/* Channels: whole messages, in order, both ways. */
#include <assert.h>
#include <dfs/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/net_model.h"

enum { UNSENT_MAX = 64 * 1024 * 1024, SHOWN_MAX = 60 };

struct io_channel {
	struct sim_end end;
	const struct io_channel_events *events;
	void *arg;
	char *path, *bearer;             /* client: of the upgrade */
	struct sim_event late;           /* client: it has waited too long to be open */
	struct early *early, *early_end; /* sent before it was open */
};

struct early {
	struct early *next;
	size_t size;
	char bytes[];
};

static const struct sim_end_class channel_class;

static struct io_channel *channel_of(struct sim_end *end)
{
	return SIM_CONTAINER(end, struct io_channel, end);
}

/* ---- opening ---- */

static void too_late(struct sim_event *event)
{
	struct io_channel *channel = SIM_CONTAINER(event, struct io_channel, late);

	bool connecting = channel->end.state == SIM_END_CONNECTING;

	sim_end_finish(&channel->end, 0, 0,
	        connecting ? "can not connect: no answer" : "no answer to a probe");
}

static char *bearer_header(const char *bearer)
{
	char *text;

	if (!bearer)
		return NULL;
	text = sim_alloc(strlen(bearer) + 8);
	strcpy(text, "Bearer ");
	strcat(text, bearer);
	return text;
}

static struct io_channel *channel_create(struct sim_host *host, struct sim_host *other)
{
	struct io_channel *channel = sim_alloc(sizeof(*channel));

	sim_end_init(&channel->end, &channel_class, host, other);
	channel->end.owned = true;
	channel->late.fire = too_late;
	return channel;
}

struct io_channel *sim_channel_open(void *ctx, const char *address, const char *path,
        const char *bearer, const struct io_channel_events *events, void *arg)
{
	struct sim_host *host = ctx;
	char port[SIM_PORT_SIZE];
	struct sim_host *other = sim_address_host(host, address, port);
	struct io_channel *channel = channel_create(host, other);

	strcpy(channel->end.port, port);
	channel->events = events;
	channel->arg = arg;
	channel->path = sim_strdup(path);
	channel->bearer = bearer_header(bearer);
	sim_connect(&channel->end, address);
	if (sim_end_alive(&channel->end))
		sim_event_set(host->sim, &channel->late, host, SIM_CHANNEL_CONNECT_MS * 1000);
	return channel;
}

static void refuse(struct io_channel *channel, int status)
{
	struct sim_end *client = channel->end.peer;
	struct sim *sim = channel->end.host->sim;
	char why[64];

	sim_say(sim, "%s <> %s channel refused with %d", channel->end.host->name,
	        channel->end.other->name, status);
	snprintf(why, sizeof(why), "refused with HTTP status %d", status);
	sim_end_discard(&channel->end);
	if (!client)
		return;
	sim_end_drop_packets(client);
	sim_end_finish(client, sim_link_latency_us(sim), status, why);
}

static int ask_service(
        struct io_channel *channel, struct io_server *server, const struct io_channel *client)
{
	struct io_request upgrade = {.method = "GET", .path = client->path};
	const struct io_channel_events *events = NULL;
	void *arg = NULL;
	int status;

	if (!server->service->channel)
		return 404;
	upgrade.headers[IO_AUTHORIZATION] = client->bearer;
	status = server->service->channel(server->arg, channel, &upgrade, &events, &arg);
	channel->events = events;
	channel->arg = arg;
	return status;
}

static void accept(struct sim_end *client, struct io_server *server)
{
	struct io_channel *channel = channel_create(server->host, client->host);
	struct sim *sim = client->host->sim;
	int status;

	sim_say(sim, "%s <> %s channel %s", client->host->name, server->host->name,
	        channel_of(client)->path);
	channel->end.server = server;
	sim_end_join(client, &channel->end);
	sim_end_hold(&channel->end);
	sim_end_send(&channel->end, SIM_PACKET_OPENED, 0, NULL, 0, NULL);
	status = ask_service(channel, server, channel_of(client));
	assert(status != 0 || channel->events || !sim_end_alive(&channel->end));
	if (status != 0 && sim_end_alive(&channel->end))
		refuse(channel, status);
	sim_end_release(&channel->end);
}

static void opened(struct io_channel *channel)
{
	struct early *early;

	sim_event_cancel(channel->end.host->sim, &channel->late);
	sim_end_open(&channel->end);
	while ((early = channel->early)) {
		channel->early = early->next;
		channel->end.unsent_bytes -= early->size;
		sim_channel_send(channel->end.host, channel, early->bytes, early->size);
		free(early);
	}
	if (channel->events->opened)
		channel->events->opened(channel->arg);
}

/* ---- messages ---- */

static void send_early(struct io_channel *channel, const char *text, size_t size)
{
	struct early *early = sim_alloc(sizeof(*early) + size);

	early->size = size;
	memcpy(early->bytes, text, size);
	if (channel->early)
		channel->early_end->next = early;
	else
		channel->early = early;
	channel->early_end = early;
}

int sim_channel_send(void *ctx, struct io_channel *channel, const char *text, size_t size)
{
	struct sim_end *end = &channel->end;

	if (size > IO_MESSAGE_MAX)
		return DFS_E_TOOBIG;
	if (end->unsent_bytes + size > UNSENT_MAX)
		return DFS_E_BUSY;
	if (!sim_end_alive(end))
		return 0;
	end->unsent_bytes += size;
	if (end->state == SIM_END_CONNECTING)
		send_early(channel, text, size);
	else
		sim_end_send(end, SIM_PACKET_MESSAGE,
		        size * 1000 / end->host->sim->options.bytes_per_ms, text, size, NULL);
	return 0;
}

/* Up to SHOWN_MAX bytes, printable, cut bytes shown as dots. */
static void show(const struct sim_packet *packet, char *ret_text)
{
	size_t size = packet->size < SHOWN_MAX ? packet->size : SHOWN_MAX;

	for (size_t i = 0; i < size; i++)
		ret_text[i] = packet->bytes[i] >= 0x20 && packet->bytes[i] < 0x7f ? packet->bytes[i]
		                                                                  : '?';
	strcpy(ret_text + size, packet->size > size ? "..." : "");
}

static void message(struct io_channel *channel, struct sim_packet *packet)
{
	struct sim_end *end = &channel->end;
	char shown[SHOWN_MAX + 4];

	if (end->peer)
		end->peer->unsent_bytes -= packet->size;
	show(packet, shown);
	sim_say(end->host->sim, "%s -> %s message %zu bytes %s", end->other->name, end->host->name,
	        packet->size, shown);
	if (channel->events->message)
		channel->events->message(channel->arg, packet->bytes, packet->size);
}

static void deliver(struct sim_end *end, struct sim_packet *packet)
{
	if (packet->kind == SIM_PACKET_OPENED)
		opened(channel_of(end));
	else
		message(channel_of(end), packet);
}

/* ---- the end ---- */

void sim_channel_close(void *ctx, struct io_channel *channel)
{
	struct sim_end *end;

	if (!channel)
		return;
	end = &channel->end;
	if (sim_end_alive(end) && end->other)
		sim_say(end->host->sim, "%s <> %s channel closed", end->host->name,
		        end->other->name);
	sim_end_close(end);
}

static void closed(struct sim_end *end, int status, const char *why)
{
	struct io_channel *channel = channel_of(end);

	sim_say(end->host->sim, "%s <> %s channel broke: %s", end->host->name,
	        end->other ? end->other->name : "?", why);
	if (channel->events && channel->events->closed)
		channel->events->closed(channel->arg, status, why);
}

/* Both sides probe a channel that is silent, as the real world does; here only when nobody could
 * answer. */
static void silence(struct sim_end *end, bool silent)
{
	struct sim *sim = end->host->sim;
	struct sim_event *late = &channel_of(end)->late;

	if (!silent)
		sim_event_cancel(sim, late);
	else if (!sim_event_pending(late))
		sim_event_set(sim, late, end->host,
		        1000 * sim_rng_between(&sim->rng, SIM_PROBE_MIN_MS, SIM_PROBE_MAX_MS));
}

static bool blocked(const struct sim_end *end)
{
	return false;
}

static void stop(struct sim_end *end)
{
	sim_event_cancel(end->host->sim, &channel_of(end)->late);
}

static void fini(struct sim_end *end)
{
	struct io_channel *channel = channel_of(end);

	while (channel->early) {
		struct early *early = channel->early;

		channel->early = early->next;
		free(early);
	}
	free(channel->path);
	free(channel->bearer);
	free(channel);
}

static const struct sim_end_class channel_class = {
        .accept = accept,
        .deliver = deliver,
        .blocked = blocked,
        .silence = silence,
        .stop = stop,
        .closed = closed,
        .fini = fini,
};
