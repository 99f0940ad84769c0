/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"

struct io_timer {
	struct wire *wire;
	void (*fired)(void *arg);
	void *arg;
	bool set;
	uint64_t at_ms;
	struct io_timer *next;
};

struct io_channel {
	struct wire *wire;
	struct io_channel *peer; /* NULL: gone */
	const struct io_channel_events *events;
	void *arg;
	size_t sent;
	char *last;
	bool gone; /* freed once no event names it */
	struct io_channel *next;
};

enum event_kind { EVENT_CONNECT, EVENT_OPENED, EVENT_MESSAGE, EVENT_CLOSED };

struct event {
	enum event_kind kind;
	struct io_channel *to;
	char *text;
	size_t size;
	int status;
	struct event *next;
};

struct wire {
	struct io io;
	struct io_ops ops;
	struct io_net_ops net;
	uint64_t now_ms;
	struct io_timer *timers;
	struct io_channel *channels;
	struct event *first, **last;
	const struct io_service *service;
	void *service_arg;
	struct io_channel *client_end, *server_end;
	int send_code;
};

/* ---- clock and timers ---- */

static uint64_t wire_mono(void *ctx)
{
	return ((struct wire *)ctx)->now_ms;
}

static int64_t wire_wall(void *ctx)
{
	return (int64_t)((struct wire *)ctx)->now_ms;
}

static struct io_timer *timer_create_(void *ctx, void (*fired)(void *arg), void *arg)
{
	struct wire *wire = ctx;
	struct io_timer *timer = calloc(1, sizeof(*timer));

	timer->wire = wire;
	timer->fired = fired;
	timer->arg = arg;
	timer->next = wire->timers;
	wire->timers = timer;
	return timer;
}

static void timer_set_(void *ctx, struct io_timer *timer, uint64_t delay_ms)
{
	timer->set = true;
	timer->at_ms = timer->wire->now_ms + delay_ms;
}

static void timer_cancel_(void *ctx, struct io_timer *timer)
{
	timer->set = false;
}

static void timer_destroy_(void *ctx, struct io_timer *timer)
{
	struct wire *wire = ctx;
	struct io_timer **at = &wire->timers;

	while (*at != timer)
		at = &(*at)->next;
	*at = timer->next;
	free(timer);
}

/* ---- channels ---- */

static void event_add(struct wire *wire, enum event_kind kind, struct io_channel *to,
        const char *text, size_t size, int status)
{
	struct event *event = calloc(1, sizeof(*event));

	event->kind = kind;
	event->to = to;
	event->text = malloc(size + 1);
	memcpy(event->text, text, size);
	event->text[size] = '\0';
	event->size = size;
	event->status = status;
	*wire->last = event;
	wire->last = &event->next;
}

static struct io_channel *channel_make(struct wire *wire)
{
	struct io_channel *channel = calloc(1, sizeof(*channel));

	channel->wire = wire;
	channel->next = wire->channels;
	wire->channels = channel;
	return channel;
}

static struct io_channel *wire_channel_open(void *ctx, const char *address, const char *path,
        const char *bearer, const struct io_channel_events *events, void *arg)
{
	struct wire *wire = ctx;
	struct io_channel *client = channel_make(wire), *server = channel_make(wire);

	client->events = events;
	client->arg = arg;
	client->peer = server;
	server->peer = client;
	wire->client_end = client;
	wire->server_end = server;
	event_add(
	        wire, EVENT_CONNECT, client, bearer ? bearer : "", strlen(bearer ? bearer : ""), 0);
	return client;
}

static int wire_channel_send(void *ctx, struct io_channel *channel, const char *text, size_t size)
{
	struct wire *wire = ctx;

	assert(!channel->gone);
	if (wire->send_code != 0)
		return wire->send_code;
	if (size > IO_MESSAGE_MAX)
		return DFS_E_TOOBIG;
	channel->sent++;
	free(channel->last);
	channel->last = malloc(size + 1);
	memcpy(channel->last, text, size);
	channel->last[size] = '\0';
	if (channel->peer)
		event_add(wire, EVENT_MESSAGE, channel->peer, text, size, 0);
	return 0;
}

static void channel_drop(struct io_channel *channel)
{
	channel->gone = true;
	if (channel->peer)
		channel->peer->peer = NULL;
	channel->peer = NULL;
}

static void wire_channel_close(void *ctx, struct io_channel *channel)
{
	if (!channel)
		return;
	if (channel->peer)
		event_add(ctx, EVENT_CLOSED, channel->peer, "the other side closed", 21, 0);
	channel_drop(channel);
}

/* ---- events ---- */

static void connect_run(struct wire *wire, struct io_channel *client, const char *bearer)
{
	struct io_channel *server = client->peer;
	struct io_request upgrade = {.method = "GET", .path = "/v1/rpc"};
	char authorization[512] = "Bearer ";
	int status = 404;

	strncat(authorization, bearer, sizeof(authorization) - 8);
	upgrade.headers[IO_AUTHORIZATION] = authorization;
	if (wire->service)
		status = wire->service->channel(
		        wire->service_arg, server, &upgrade, &server->events, &server->arg);
	event_add(wire, status == 0 ? EVENT_OPENED : EVENT_CLOSED, client, "refused", 7, status);
	if (status != 0)
		channel_drop(server);
}

static void event_run(struct wire *wire, struct event *event)
{
	struct io_channel *to = event->to;

	if (to->gone)
		return;
	switch (event->kind) {
	case EVENT_CONNECT:
		connect_run(wire, to, event->text);
		break;
	case EVENT_OPENED:
		to->events->opened(to->arg);
		break;
	case EVENT_MESSAGE:
		if (to->events)
			to->events->message(to->arg, event->text, event->size);
		break;
	case EVENT_CLOSED:
		channel_drop(to);
		if (to->events)
			to->events->closed(to->arg, event->status, event->text);
		break;
	}
}

static struct io_timer *timer_due(struct wire *wire)
{
	struct io_timer *due = NULL;

	for (struct io_timer *timer = wire->timers; timer; timer = timer->next)
		if (timer->set && timer->at_ms <= wire->now_ms &&
		        (!due || timer->at_ms < due->at_ms))
			due = timer;
	return due;
}

void wire_run(struct wire *wire)
{
	struct io_timer *timer;

	for (;;) {
		struct event *event = wire->first;

		if (event) {
			wire->first = event->next;
			if (!wire->first)
				wire->last = &wire->first;
			event_run(wire, event);
			free(event->text);
			free(event);
			continue;
		}
		timer = timer_due(wire);
		if (!timer)
			return;
		timer->set = false;
		timer->fired(timer->arg);
	}
}

void wire_advance(struct wire *wire, uint64_t ms)
{
	wire_run(wire);
	for (uint64_t end = wire->now_ms + ms; wire->now_ms < end;) {
		wire->now_ms++;
		wire_run(wire);
	}
}

/* ---- the test's side ---- */

static void wire_random(void *ctx, void *ret_bytes, size_t size)
{
	memset(ret_bytes, 7, size);
}

struct wire *wire_create(void)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	wire->ops = (struct io_ops){.mono_ms = wire_mono,
	        .wall_ms = wire_wall,
	        .random = wire_random,
	        .timer_create = timer_create_,
	        .timer_set = timer_set_,
	        .timer_cancel = timer_cancel_,
	        .timer_destroy = timer_destroy_};
	wire->net = (struct io_net_ops){.channel_open = wire_channel_open,
	        .channel_send = wire_channel_send,
	        .channel_close = wire_channel_close};
	wire->io = (struct io){.ops = &wire->ops, .net = &wire->net, .ctx = wire};
	wire->now_ms = 1000;
	wire->last = &wire->first;
	return wire;
}

void wire_destroy(struct wire *wire)
{
	struct io_channel *channel, *next;

	wire_run(wire);
	for (channel = wire->channels; channel; channel = next) {
		next = channel->next;
		assert(channel->gone);
		free(channel->last);
		free(channel);
	}
	assert(!wire->timers);
	free(wire);
}

struct io *wire_io(struct wire *wire)
{
	return &wire->io;
}

void wire_service(struct wire *wire, const struct io_service *service, void *arg)
{
	wire->service = service;
	wire->service_arg = arg;
}

struct io_channel *wire_client_end(struct wire *wire)
{
	return wire->client_end;
}

struct io_channel *wire_server_end(struct wire *wire)
{
	return wire->server_end;
}

void wire_inject(struct io_channel *end, const char *text, size_t size)
{
	event_add(end->wire, EVENT_MESSAGE, end, text, size, 0);
}

void wire_break(struct io_channel *end, const char *why)
{
	struct io_channel *peer = end->peer;

	event_add(end->wire, EVENT_CLOSED, end, why, strlen(why), 0);
	if (peer)
		event_add(end->wire, EVENT_CLOSED, peer, why, strlen(why), 0);
}

size_t wire_sent(const struct io_channel *end)
{
	return end->sent;
}

const char *wire_last(const struct io_channel *end)
{
	return end->last;
}

void wire_send_fails(struct wire *wire, int code)
{
	wire->send_code = code;
}
