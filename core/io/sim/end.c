/* SPDX-License-Identifier: MIT */
/*
 * What both kinds of conversation have in common: packets that arrive in order, a peer that may
 * vanish, one end.
 *
 * Packets hang on the end that they go to, in the order in which they were sent, each with an event
 * for its arrival. One that arrives and can not be delivered (a partition, a reader that paused) is
 * parked, and so are all behind it, until sim_end_resend makes them arrive anew.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "io/sim/net_model.h"

enum {
	RESET_MIN_US = 1000,
	RESET_MAX_US = 1000 * 1000
}; /* until something sent into the void is sent again */

static void ending_fires(struct sim_event *event);
static void breaking_fires(struct sim_event *event);
static void packet_arrives(struct sim_event *event);

/* ---- life ---- */

void sim_end_init(struct sim_end *end, const struct sim_end_class *class, struct sim_host *host,
        struct sim_host *other)
{
	end->class = class;
	end->host = host;
	end->other = other;
	end->breaking.fire = breaking_fires;
	if (sim_host_up(host)) {
		DL_APPEND(host->ends, end);
	} else {
		end->dead = true;
		DL_APPEND(host->dead_ends, end);
	}
}

void sim_end_join(struct sim_end *client, struct sim_end *server)
{
	client->peer = server;
	server->peer = client;
	sim_end_open(server); /* the client hears of it later */
}

void sim_end_open(struct sim_end *end)
{
	assert(end->state == SIM_END_CONNECTING);
	end->state = end->vanished ? SIM_END_LOST : SIM_END_OPEN;
	sim_end_listen(end);
}

void sim_end_listen(struct sim_end *end)
{
	bool silent = end->vanished || end->other->paused ||
	              sim_link_cut(end->host->sim, end->host, end->other);

	if (end->class->silence && (end->state == SIM_END_OPEN || end->state == SIM_END_LOST))
		end->class->silence(end, silent);
}

void sim_end_hold(struct sim_end *end)
{
	end->holds++;
}

void sim_end_release(struct sim_end *end)
{
	assert(end->holds > 0);
	if (--end->holds > 0 || end->state != SIM_END_OVER)
		return;
	free(end->end_why);
	end->class->fini(end);
}

static void packet_free(struct sim_packet *packet)
{
	sim_event_cancel(packet->to->host->sim, &packet->event);
	DL_DELETE(packet->to->packets, packet);
	free(packet->bytes);
	sim_head_free(packet->head);
	free(packet);
}

void sim_end_drop_packets(struct sim_end *end)
{
	while (end->packets)
		packet_free(end->packets);
}

static void leave_peer(struct sim_end *end)
{
	if (end->peer)
		end->peer->peer = NULL;
	end->peer = NULL;
}

/* Nothing happens to it any more. */
static void stop(struct sim_end *end)
{
	sim_event_cancel(end->host->sim, &end->step);
	sim_event_cancel(end->host->sim, &end->breaking);
	sim_end_drop_packets(end);
	end->class->stop(end);
}

void sim_end_discard(struct sim_end *end)
{
	assert(end->state != SIM_END_OVER);
	stop(end);
	leave_peer(end);
	if (end->dead)
		DL_DELETE(end->host->dead_ends, end);
	else
		DL_DELETE(end->host->ends, end);
	end->state = SIM_END_OVER;
	sim_end_hold(end);
	sim_end_release(end);
}

/* ---- the end of it ---- */

static void say_closed(struct sim_end *end, const char *why)
{
	sim_end_send(end, SIM_PACKET_CLOSED, 0, why, strlen(why), NULL);
}

static void ending_fires(struct sim_event *event)
{
	struct sim_end *end = SIM_CONTAINER(event, struct sim_end, step);

	if (end->end_why)
		say_closed(end, "the other side closed the connection");
	sim_end_hold(end);
	sim_end_discard(end);
	end->class->closed(end, end->end_status, end->end_why);
	sim_end_release(end);
}

void sim_end_finish(struct sim_end *end, uint64_t delay_us, int status, const char *why)
{
	if (!sim_end_alive(end) || end->ending)
		return;
	end->ending = true;
	end->end_status = status;
	end->end_why = why ? sim_strdup(why) : NULL;
	end->step.fire = ending_fires;
	sim_event_set(end->host->sim, &end->step, end->host, delay_us);
}

void sim_end_close(struct sim_end *end)
{
	if (end->state == SIM_END_OVER)
		return; /* inside its own `closed` */
	if (!end->dead)
		say_closed(end, "the other side closed the connection");
	sim_end_discard(end);
}

/* The peer is gone without a word. */
static void lose(struct sim_end *end)
{
	end->vanished = true;
	if (end->state == SIM_END_OPEN)
		end->state = SIM_END_LOST;
	sim_end_listen(end);
}

static void breaking_fires(struct sim_event *event)
{
	struct sim_end *end = SIM_CONTAINER(event, struct sim_end, breaking);
	struct sim_end *peer = end->peer;

	leave_peer(end);
	if (peer)
		lose(peer);
	sim_end_finish(end, 0, 0, "connection timed out");
}

/* Of what is on the wire a prefix arrives; what waits at a partition is in the dead machine's
 * memory, and lost. */
static void lose_some(struct sim_end *to)
{
	struct sim *sim = to->host->sim;
	bool cut = sim_link_cut(sim, to->host, to->other);
	struct sim_packet *packet, *next;
	uint64_t count = 0, kept;

	DL_FOREACH (to->packets, packet)
		count += !packet->parked || cut;
	kept = cut ? 0 : sim_rng_between(&sim->rng, 0, count);
	DL_FOREACH_SAFE (to->packets, packet, next) {
		if (packet->parked && !cut)
			continue;
		if (kept > 0)
			kept--;
		else
			packet_free(packet);
	}
}

void sim_end_die(struct sim_end *end, bool power_cut, bool silent)
{
	struct sim_end *peer = end->peer;

	if (peer && power_cut)
		lose_some(peer);
	if (peer && silent)
		lose(peer);
	else if (peer)
		say_closed(end, "connection reset by peer");
	stop(end);
	leave_peer(end);
	DL_DELETE(end->host->ends, end);
	end->dead = true;
	DL_APPEND(end->host->dead_ends, end);
	if (!end->owned)
		sim_end_discard(end);
}

/* ---- sending ---- */

static void break_later(struct sim_end *end)
{
	if (!sim_event_pending(&end->breaking))
		sim_event_set(end->host->sim, &end->breaking, end->host, SIM_BREAK_MS * 1000);
}

void sim_end_unanswered(struct sim_end *end)
{
	struct sim *sim = end->host->sim;

	if (end->state != SIM_END_OPEN && end->state != SIM_END_LOST)
		return;
	end->unanswered = true;
	if (sim_link_cut(sim, end->host, end->other))
		break_later(end);
	else if (end->state == SIM_END_LOST && sim_host_up(end->other))
		sim_end_finish(end, sim_rng_between(&sim->rng, RESET_MIN_US, RESET_MAX_US), 0,
		        "connection reset by peer");
}

static struct sim_packet *packet_create(
        enum sim_packet_kind kind, const void *bytes, size_t size, struct sim_head *head)
{
	struct sim_packet *packet = sim_alloc(sizeof(*packet));

	packet->event.fire = packet_arrives;
	packet->kind = kind;
	packet->head = head;
	packet->size = size;
	packet->bytes = sim_alloc(size + 1); /* terminated, for the sentences */
	if (size > 0)
		memcpy(packet->bytes, bytes, size);
	return packet;
}

/* Never before what was sent earlier. */
static void schedule_arrival(struct sim_packet *packet, uint64_t delay_us)
{
	struct sim_end *to = packet->to;
	struct sim *sim = to->host->sim;
	uint64_t at_us = sim->now_us + delay_us;

	if (at_us < to->last_arrival_us)
		at_us = to->last_arrival_us;
	to->last_arrival_us = at_us;
	packet->parked = false;
	sim_event_set(sim, &packet->event, to->host, at_us - sim->now_us);
}

void sim_end_send(struct sim_end *end, enum sim_packet_kind kind, uint64_t wire_us,
        const void *bytes, size_t size, struct sim_head *head)
{
	struct sim_packet *packet;

	if (!end->peer) {
		sim_end_unanswered(end);
		sim_head_free(head);
		return;
	}
	packet = packet_create(kind, bytes, size, head);
	packet->to = end->peer;
	DL_APPEND(end->peer->packets, packet);
	schedule_arrival(packet, wire_us + sim_link_latency_us(end->host->sim));
}

void sim_end_resend(struct sim_end *end)
{
	struct sim_packet *packet;

	end->last_arrival_us = 0;
	DL_FOREACH (end->packets, packet)
		schedule_arrival(packet, sim_link_latency_us(end->host->sim));
}

/* ---- arrival ---- */

/* The sender's side gives up when its traffic waits too long. */
static void wait_at_partition(struct sim_end *to)
{
	if (to->peer)
		break_later(to->peer);
}

static void deliver(struct sim_end *to, struct sim_packet *packet)
{
	if (packet->kind == SIM_PACKET_CLOSED)
		sim_end_finish(to, 0, 0, packet->bytes);
	else
		to->class->deliver(to, packet);
}

static void packet_arrives(struct sim_event *event)
{
	struct sim_packet *packet = SIM_CONTAINER(event, struct sim_packet, event);
	struct sim_end *to = packet->to;
	bool cut = sim_link_cut(to->host->sim, to->host, to->other);

	if (cut)
		wait_at_partition(to);
	if (cut || to->ending || to->class->blocked(to)) {
		packet->parked = true;
		return;
	}
	assert(packet == to->packets); /* what parks one parks all behind it */
	DL_DELETE(to->packets, packet);
	sim_end_hold(to);
	deliver(to, packet);
	sim_end_release(to);
	free(packet->bytes);
	sim_head_free(packet->head);
	free(packet);
}
