/* SPDX-License-Identifier: MIT */
/* Pairs of hosts: how long things take between them, and whether anything gets through. */
#include <stdlib.h>
#include "io/sim/net_model.h"

struct sim_net *sim_net_create(void)
{
	return sim_alloc(sizeof(struct sim_net));
}

void sim_net_destroy(struct sim_net *net)
{
	struct sim_link *link, *next;

	HASH_ITER (hh, net->links, link, next) {
		HASH_DEL(net->links, link);
		free(link);
	}
	free(net);
}

struct sim_link *sim_link_get(
        struct sim *sim, const struct sim_host *from, const struct sim_host *to)
{
	struct sim_link_key key = {from->index, to->index};
	struct sim_link *link;

	HASH_FIND(hh, sim->net->links, &key, sizeof(key), link);
	if (link)
		return link;
	link = sim_alloc(sizeof(*link));
	link->key = key;
	HASH_ADD(hh, sim->net->links, key, sizeof(key), link);
	return link;
}

bool sim_link_cut(struct sim *sim, const struct sim_host *a, const struct sim_host *b)
{
	return sim_link_get(sim, a, b)->cut;
}

uint64_t sim_link_latency_us(struct sim *sim)
{
	return sim_rng_between(&sim->rng, sim->options.latency_min_us, sim->options.latency_max_us);
}

/* Bodies between two hosts share the wire: each piece waits for those before it. */
uint64_t sim_link_transfer_us(
        struct sim *sim, const struct sim_host *from, const struct sim_host *to, size_t size)
{
	struct sim_link *link = sim_link_get(sim, from, to);
	uint64_t start_us = link->free_us > sim->now_us ? link->free_us : sim->now_us;

	link->free_us = start_us + (uint64_t)size * 1000 / sim->options.bytes_per_ms;
	return link->free_us - sim->now_us;
}

/* ---- faults ---- */

/* Ends that `a` has towards `b`; `each` may end them. */
static void each_end(
        struct sim_host *a, const struct sim_host *b, void (*each)(struct sim_end *end))
{
	struct sim_end *end = a->ends;

	while (end) {
		struct sim_end *next = end->next;

		if (end->other == b)
			each(end);
		end = next;
	}
}

/* Traffic goes on: what waited arrives, and ends whose peer gave up meanwhile hear of it. */
static void heal_end(struct sim_end *end)
{
	struct sim *sim = end->host->sim;

	sim_event_cancel(sim, &end->breaking);
	sim_end_listen(end);
	sim_end_resend(end);
	if (end->state == SIM_END_LOST)
		sim_end_unanswered(end);
}

void sim_partition(struct sim *sim, struct sim_host *a, struct sim_host *b, bool cut)
{
	if (sim_link_cut(sim, a, b) == cut)
		return;
	sim_say(sim, "%s and %s %s", a->name, b->name,
	        cut ? "are cut off from each other" : "reach each other again");
	sim_link_get(sim, a, b)->cut = cut;
	sim_link_get(sim, b, a)->cut = cut;
	each_end(a, b, cut ? sim_end_listen : heal_end);
	if (a != b)
		each_end(b, a, cut ? sim_end_listen : heal_end);
}

static void reset_end(struct sim_end *end)
{
	sim_end_drop_packets(end);
	sim_end_finish(end, sim_link_latency_us(end->host->sim), 0, "connection reset");
}

void sim_drop_connections(struct sim *sim, struct sim_host *a, struct sim_host *b)
{
	sim_say(sim, "connections of %s and %s break", a->name, b->name);
	each_end(a, b, reset_end);
	if (a != b)
		each_end(b, a, reset_end);
}

/* ---- what befalls a host ---- */

void sim_net_host_pauses(struct sim_host *host)
{
	for (size_t i = 0; i < host->sim->hosts_count; i++)
		each_end(host->sim->hosts[i], host, sim_end_listen);
}

void sim_net_host_dies(struct sim_host *host, bool power_cut, bool silent)
{
	while (host->ends)
		sim_end_die(host->ends, power_cut, silent);
}

/* Its machine answers again: who sent something into the silence is told that nobody knows the
 * connection. */
void sim_net_host_restarts(struct sim_host *host)
{
	struct sim *sim = host->sim;

	for (size_t i = 0; i < sim->hosts_count; i++) {
		struct sim_end *end;

		for (end = sim->hosts[i]->ends; end; end = end->next)
			if (end->other == host && end->state == SIM_END_LOST && end->unanswered)
				sim_end_unanswered(end);
	}
}

void sim_net_host_free(struct sim_host *host)
{
	while (host->ends)
		sim_end_die(host->ends, true, true);
	while (host->dead_ends)
		sim_end_close(host->dead_ends);
	while (host->servers)
		sim_server_close(host, host->servers);
}
