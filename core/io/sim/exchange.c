/* SPDX-License-Identifier: MIT */
/*
 * Exchanges: a request and its response. Which side is done when, as in the real world (core/net):
 *
 *   server   closed when its response is on the wire; NULL where the request's body had come whole
 *   client   closed when the response is here; NULL where the request's body had been written whole
 *
 * A server may answer before it has the whole request: what still comes is dropped, and both are
 * told by a sentence.
 */
#include <assert.h>
#include <dfs/error.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/net_model.h"

enum { TURN_MAX_US = 50, LEAK_PERCENT = 30 };

static const struct sim_end_class exchange_class;
static const struct io_exchange_events nobody; /* of exchanges that are answered at once */

static void stall_fires(struct sim_event *event);

static struct io_exchange *exchange_of(struct sim_end *end)
{
	return SIM_CONTAINER(end, struct io_exchange, end);
}

static void exchange_init(struct io_exchange *exchange, struct sim_host *host,
        struct sim_host *other, uint64_t body_size)
{
	sim_end_init(&exchange->end, &exchange_class, host, other);
	exchange->end.owned = true;
	exchange->stall.fire = stall_fires;
	sim_stream_init(exchange, body_size);
}

/* ---- opening ---- */

struct io_exchange *sim_exchange_open(void *ctx, const char *address,
        const struct io_request *request, const struct io_exchange_events *events, void *arg)
{
	struct sim_host *host = ctx;
	struct io_exchange *exchange = sim_alloc(sizeof(*exchange));
	struct sim_host *other = sim_address_host(host, address, exchange->end.port);
	const char *fault = sim_head_fault(request);

	exchange_init(exchange, host, other, request->body_size);
	exchange->events = events;
	exchange->arg = arg;
	exchange->request = sim_head_of_request(request);
	if (fault)
		sim_end_finish(&exchange->end, 0, 0, fault);
	else
		sim_connect(&exchange->end, address);
	sim_exchange_moved(exchange);
	return exchange;
}

/* ---- accepting ---- */

/* A response without an owner: what the service refuses. */
static void answer_error(struct io_exchange *exchange, int status)
{
	struct io_response response = {
	        .status = status, .headers[IO_CONTENT_TYPE] = "application/json"};
	char text[128];

	sim_head_error(status, text, sizeof(text));
	response.body_size = strlen(text);
	sim_exchange_respond(exchange->end.host, exchange, &response);
	if (exchange->out.left == 0)
		return; /* HEAD */
	exchange->writing = true;
	sim_exchange_write(exchange->end.host, exchange, text, strlen(text));
	exchange->writing = false;
}

/* The service takes it, refuses it, or has answered it already. */
static void offer(struct io_exchange *exchange, struct io_server *server)
{
	struct io_request request = sim_head_request(exchange->request);
	const struct io_exchange_events *events = NULL;
	void *arg = NULL;
	int status = 404;

	if (server->service->exchange)
		status = server->service->exchange(server->arg, exchange, &request, &events, &arg);
	if (!sim_end_alive(&exchange->end))
		return;
	exchange->events = events ? events : &nobody;
	exchange->arg = arg;
	exchange->end.owned = events != NULL;
	if (!exchange->started && (status != 0 || !events))
		answer_error(exchange, status >= 400 && status <= 599 ? status : 500);
	assert(events || exchange->out.left == 0); /* else nobody would ever write the body */
}

static void accept(struct sim_end *end, struct io_server *server)
{
	struct io_exchange *client = exchange_of(end);
	struct io_exchange *exchange = sim_alloc(sizeof(*exchange));
	struct io_request request = sim_head_request(client->request);

	sim_say(end->host->sim, "%s -> %s %s %s %" PRIu64 " bytes", end->host->name,
	        end->other->name, request.method, request.path, request.body_size);
	exchange_init(exchange, server->host, end->host, IO_BODY_UNKNOWN);
	exchange->server = true;
	exchange->request = sim_head_of_request(&request);
	exchange->end.server = server;
	sim_end_join(end, &exchange->end);
	sim_end_open(end);
	sim_stream_start(client);
	sim_exchange_moved(client);
	sim_end_hold(&exchange->end);
	offer(exchange, server);
	if (sim_end_alive(&exchange->end))
		sim_exchange_moved(exchange);
	sim_end_release(&exchange->end);
}

/* ---- the response ---- */

static bool has_body(const struct io_exchange *exchange, int status)
{
	return strcmp(exchange->request->method, "HEAD") != 0 && status != 204 && status != 304;
}

int sim_exchange_respond(
        void *ctx, struct io_exchange *exchange, const struct io_response *response)
{
	assert(exchange->server);
	if (exchange->started)
		return DFS_E_INVAL;
	if (!sim_end_alive(&exchange->end))
		return DFS_E_CLOSED;
	exchange->out.left = has_body(exchange, response->status) ? response->body_size : 0;
	sim_end_send(
	        &exchange->end, SIM_PACKET_RESPONSE, 0, NULL, 0, sim_head_of_response(response));
	sim_stream_start(exchange);
	return 0;
}

static void finish(struct io_exchange *exchange, const char *why)
{
	sim_end_finish(&exchange->end,
	        sim_rng_between(&exchange->end.host->sim->rng, 0, TURN_MAX_US), 0, why);
}

void sim_exchange_sent(struct io_exchange *exchange)
{
	sim_exchange_moved(exchange);
	if (exchange->server)
		finish(exchange,
		        exchange->body_whole ? NULL : "answered before the whole request had come");
}

/* ---- arrivals ---- */

static void got_response(struct io_exchange *exchange, const struct sim_head *head)
{
	struct io_response response = sim_head_response(head);

	sim_say(exchange->end.host->sim, "%s -> %s %d for %s %s", exchange->end.other->name,
	        exchange->end.host->name, head->status, exchange->request->method,
	        exchange->request->path);
	exchange->heard = true;
	if (exchange->events->response)
		exchange->events->response(exchange->arg, &response);
}

static void got_body(struct io_exchange *exchange, const struct sim_packet *packet)
{
	struct sim_end *peer = exchange->end.peer;

	exchange->leaks = false;
	if (peer) {
		sim_stream_taken(exchange_of(peer), packet->size);
		sim_exchange_moved(exchange_of(peer));
	}
	if (exchange->events->body)
		exchange->events->body(exchange->arg, packet->bytes, packet->size);
}

static void got_body_end(struct io_exchange *exchange)
{
	exchange->body_whole = true;
	if (exchange->events->body_end)
		exchange->events->body_end(exchange->arg);
	if (!sim_end_alive(&exchange->end) || exchange->server)
		return;
	finish(exchange, exchange->out.left == 0
	                         ? NULL
	                         : "the server answered before it had the whole request");
}

static void deliver(struct sim_end *end, struct sim_packet *packet)
{
	struct io_exchange *exchange = exchange_of(end);

	if (packet->kind == SIM_PACKET_RESPONSE)
		got_response(exchange, packet->head);
	else if (packet->kind == SIM_PACKET_BODY)
		got_body(exchange, packet);
	else
		got_body_end(exchange);
	if (sim_end_alive(end))
		sim_exchange_moved(exchange);
}

/* A reader that paused may still get one piece, which was read before. */
static bool blocked(const struct sim_end *end)
{
	const struct io_exchange *exchange = SIM_CONTAINER(end, const struct io_exchange, end);

	return exchange->paused && !exchange->leaks;
}

void sim_exchange_pause(void *ctx, struct io_exchange *exchange, bool paused)
{
	struct sim_rng *rng = &exchange->end.host->sim->rng;

	if (!sim_end_alive(&exchange->end) || exchange->paused == paused)
		return;
	exchange->paused = paused;
	exchange->leaks = paused && sim_rng_percent(rng, LEAK_PERCENT);
	if (!paused)
		sim_end_resend(&exchange->end);
	sim_exchange_moved(exchange);
}

/* ---- waiting too long ---- */

static uint64_t patience_ms(const struct io_exchange *exchange)
{
	const struct sim_stream *out = &exchange->out;
	bool owed = !exchange->body_whole && !exchange->paused;

	if (exchange->end.state == SIM_END_CONNECTING || out->buffered + out->flying > 0)
		return SIM_STALL_MS;
	if (!owed || (!exchange->server && out->left > 0))
		return 0;
	return exchange->server || exchange->heard ? SIM_STALL_MS : SIM_ANSWER_MS;
}

void sim_exchange_moved(struct io_exchange *exchange)
{
	struct sim *sim = exchange->end.host->sim;
	uint64_t wait_ms = patience_ms(exchange);

	if (!sim_end_alive(&exchange->end))
		return;
	if (wait_ms > 0)
		sim_event_set(sim, &exchange->stall, exchange->end.host, wait_ms * 1000);
	else
		sim_event_cancel(sim, &exchange->stall);
}

static void stall_fires(struct sim_event *event)
{
	struct io_exchange *exchange = SIM_CONTAINER(event, struct io_exchange, stall);

	sim_end_finish(&exchange->end, 0, 0, "nothing moved for too long");
}

/* ---- the end ---- */

void sim_exchange_abort(void *ctx, struct io_exchange *exchange)
{
	if (!exchange)
		return;
	if (sim_end_alive(&exchange->end) && exchange->end.other)
		sim_say(exchange->end.host->sim, "%s -> %s aborts %s %s", exchange->end.host->name,
		        exchange->end.other->name, exchange->request->method,
		        exchange->request->path);
	sim_end_close(&exchange->end);
}

static void closed(struct sim_end *end, int status, const char *why)
{
	struct io_exchange *exchange = exchange_of(end);

	if (why)
		sim_say(end->host->sim, "%s %s %s %s %s broke: %s", end->host->name,
		        exchange->server ? "<-" : "->", end->other ? end->other->name : "?",
		        exchange->request->method, exchange->request->path, why);
	if (exchange->events->closed)
		exchange->events->closed(exchange->arg, why);
}

static void stop(struct sim_end *end)
{
	struct io_exchange *exchange = exchange_of(end);

	sim_stream_stop(exchange);
	sim_event_cancel(end->host->sim, &exchange->stall);
}

static void fini(struct sim_end *end)
{
	struct io_exchange *exchange = exchange_of(end);

	sim_stream_fini(exchange);
	sim_head_free(exchange->request);
	free(exchange);
}

static const struct sim_end_class exchange_class = {
        .accept = accept,
        .deliver = deliver,
        .blocked = blocked,
        .stop = stop,
        .closed = closed,
        .fini = fini,
};
