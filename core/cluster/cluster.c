/* SPDX-License-Identifier: MIT */
/* The engine's life: made, ticking, counted, unmade. */
#include "cluster/engine.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct cluster_options with_defaults(const struct cluster_options *options);
static void tick(void *arg);
static void leave_safe_mode(struct cluster *cluster);
static bool all_reported(const struct cluster *cluster);

int cluster_create(struct cluster **ret, struct io *io, const struct cluster_options *options,
        struct cluster_out out, struct dfs_error *err)
{
	struct cluster *cluster = calloc(1, sizeof(*cluster));

	if (!cluster)
		return error_set(err, DFS_E_NOMEM, "no memory for the cluster engine");
	cluster->magic = CLUSTER_MAGIC;
	cluster->io = io;
	cluster->out = out;
	cluster->options = with_defaults(options);
	cluster->timer = io_timer_create(io, tick, cluster);
	cluster->repair_timer = io_timer_create(io, repair_timer, cluster);
	if (!cluster->timer || !cluster->repair_timer) {
		io_timer_destroy(io, cluster->timer);
		io_timer_destroy(io, cluster->repair_timer);
		free(cluster);
		return error_set(err, DFS_E_NOMEM, "no memory for the cluster engine's timer");
	}
	cluster->started_ms = cluster->ticked_ms = cluster->walked_ms = cluster_now(cluster);
	cluster->safe_mode = true;
	io_timer_set(io, cluster->timer, tick_ms(cluster));
	*ret = cluster;
	return 0;
}

void cluster_destroy(struct cluster *cluster)
{
	if (!cluster)
		return;
	cluster_check(cluster);
	io_timer_destroy(cluster->io, cluster->timer);
	io_timer_destroy(cluster->io, cluster->repair_timer);
	leases_fini(cluster);
	calls_fini(cluster);
	settle_fini(cluster);
	deletes_fini(cluster);
	trims_fini(cluster);
	orphans_fini(cluster);
	delays_fini(cluster);
	under_fini(cluster);
	chunks_fini(cluster);
	nodes_fini(cluster);
	history_fini(cluster);
	free(cluster->view_nodes);
	free(cluster->view_spare);
	free(cluster->advice_nodes);
	cluster->magic = 0;
	free(cluster);
}

void cluster_count(struct cluster *cluster, struct cluster_counts *ret)
{
	struct cluster_counts counts = {0};

	cluster_check(cluster);
	/* Where it is cheap the figures are of this very moment: scripts wait for under_goal to be
	 * 0. */
	health_hurry(cluster);
	counts.open_chunks = HASH_COUNT(cluster->opens);
	counts.under_goal = cluster->under_goal;
	counts.lost = cluster->safe_mode ? 0 : cluster->live[0]; /* RULES 22 */
	counts.nodes_known = cluster_nodes_known(cluster);
	for (uint32_t i = 0; i < cluster->nodes_count; i++) {
		const struct node *node = cluster->nodes[i];

		counts.nodes_draining += node->draining;
		counts.nodes_unplugged += drain_safe(cluster, node) && !node_alive(node);
		if (!node_alive(node))
			continue;
		counts.used_bytes += node->used_bytes;
		counts.total_bytes += node->total_bytes;
		counts.free_bytes += node->free_bytes;
		counts.bad += node->scrub.bad;
		if (node->scrub.oldest_ms > counts.scrub_oldest_ms)
			counts.scrub_oldest_ms = node->scrub.oldest_ms;
		counts.nodes_up += node->registered && node->state != PROTO_NODE_STATE_SUSPECT;
	}
	if (counts.nodes_draining > 0)
		counts.leaving = drain_leaving(cluster);
	for (const struct open *open = cluster->opens; open; open = open->hh.next)
		counts.waiting_seals += seal_waits(open);
	orphans_count(cluster, &counts);
	counts.safe_mode = cluster->safe_mode;
	counts.deleting = HASH_COUNT(cluster->dooms);
	counts.copies = cluster->copies_count;
	*ret = counts;
}

void cluster_check(const struct cluster *cluster)
{
	assert(cluster && cluster->magic == CLUSTER_MAGIC);
}

void cluster_event(struct cluster *cluster, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	history_add(cluster, line);
	if (cluster->out.event)
		cluster->out.event(cluster->out.arg, line);
}

uint64_t cluster_now(const struct cluster *cluster)
{
	return io_mono_ms(cluster->io);
}

uint64_t without_sleep(uint64_t at, uint64_t slept_ms, uint64_t now)
{
	return slept_ms > now - at ? now : at + slept_ms;
}

uint64_t tick_ms(const struct cluster *cluster)
{
	uint64_t half_beat = cluster->options.heartbeat_ms / 2,
	         tenth = cluster->options.dead_after_ms / 10;
	uint64_t ms = half_beat < tenth ? half_beat : tenth;

	return ms < 1 ? 1 : ms > 500 ? 500 : ms;
}

static uint32_t at_most(uint32_t number, uint32_t most)
{
	return number < most ? number : most;
}

static struct cluster_options with_defaults(const struct cluster_options *options)
{
	struct cluster_options o = *options;

	o.heartbeat_ms = o.heartbeat_ms ? o.heartbeat_ms : 1000;
	o.dead_after_ms = o.dead_after_ms ? o.dead_after_ms : 10000;
	o.lease_ms = o.lease_ms ? o.lease_ms : 60000;
	o.safe_mode_ms = o.safe_mode_ms ? o.safe_mode_ms : 60000;
	o.freeze_wait_ms = o.freeze_wait_ms ? o.freeze_wait_ms : 3000;
	o.idle_seal_ms = o.idle_seal_ms ? o.idle_seal_ms : 60000;
	o.copies_max = at_most(o.copies_max ? o.copies_max : 16, COPIES_MAX);
	o.copies_from_max = at_most(o.copies_from_max ? o.copies_from_max : 2, COPIES_MAX);
	o.copies_to_max = at_most(o.copies_to_max ? o.copies_to_max : 2, COPIES_MAX);
	o.trim_after_ms = o.trim_after_ms ? o.trim_after_ms : 300000;
	o.balance_rate = o.balance_rate ? o.balance_rate : 32 * 1024 * 1024;
	o.repair_busy_rate = o.repair_busy_rate ? o.repair_busy_rate : 16 * 1024 * 1024;
	o.orphan_grace_ms = o.orphan_grace_ms ? o.orphan_grace_ms : 3600000;
	return o;
}

static void tick(void *arg)
{
	struct cluster *cluster = arg;
	uint64_t now = cluster_now(cluster), passed = now - cluster->ticked_ms;
	uint64_t slept_ms = passed > tick_ms(cluster) ? passed - tick_ms(cluster) : 0;

	cluster_check(cluster);
	if (passed > cluster->options.dead_after_ms / 2) {
		slept_ms = UINT64_MAX; /* all that was heard before is as if heard now */
		cluster_event(cluster, "event=stalled stalled_ms=%llu", (unsigned long long)passed);
	}
	cluster->ticked_ms = now;
	if (cluster->deaf_since_ms && slept_ms < passed)
		slept_ms = passed;
	nodes_tick(cluster, slept_ms);
	nodes_listen(cluster);
	leases_slept(cluster, slept_ms);
	if (cluster->safe_mode)
		leave_safe_mode(cluster);
	calls_tick(cluster);
	health_tick(cluster);
	leases_tick(cluster);
	settle_tick(cluster);
	deletes_tick(cluster);
	trims_tick(cluster);
	orphans_tick(cluster, passed);
	repair_tick(cluster);
	drain_tick(cluster);
	io_timer_set(cluster->io, cluster->timer, tick_ms(cluster));
}

bool cluster_settling(const struct cluster *cluster)
{
	if (cluster->deaf_since_ms)
		return cluster_now(cluster) - cluster->deaf_since_ms <
		       cluster->options.dead_after_ms;
	return cluster->safe_mode && !all_reported(cluster) &&
	       cluster_now(cluster) - cluster->started_ms < cluster->options.dead_after_ms;
}

/* RULES 22: all known nodes have reported, or the time is up. */
static void leave_safe_mode(struct cluster *cluster)
{
	if (!all_reported(cluster) &&
	        cluster_now(cluster) - cluster->started_ms < cluster->options.safe_mode_ms)
		return;
	cluster->safe_mode = false;
	cluster_event(cluster, "event=safe_mode_left after_ms=%llu lost=%llu under_goal=%llu",
	        (unsigned long long)(cluster_now(cluster) - cluster->started_ms),
	        (unsigned long long)cluster->live[0], (unsigned long long)cluster->under_goal);
	if (cluster_may_delete(cluster))
		dooms_check(cluster);
}

static bool all_reported(const struct cluster *cluster)
{
	for (uint32_t i = 0; i < cluster->nodes_count; i++)
		if (!cluster->nodes[i]->reported)
			return false;
	return true;
}
