/* SPDX-License-Identifier: MIT */
/* The store's scrub as the master, the heartbeat and /metrics see it, and what the master asks of
 * it. */
#include <stdlib.h>
#include "node/datanode/role.h"

struct scrub_call {
	struct datanode *datanode;
	struct link_call *call;
};

static void notice(void *arg, const char *sentence);
static void begun(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held);

int scrub_start(struct datanode *datanode, struct dfs_error *err)
{
	return store_scrub_start(datanode->store, notice, datanode, err);
}

void scrub_refresh(struct datanode *datanode)
{
	struct store_scrub_info info;

	store_scrub_info(datanode->store, &info);
	pthread_mutex_lock(&datanode->pulse.lock);
	datanode->pulse.scrub = info;
	pthread_mutex_unlock(&datanode->pulse.lock);
}

void scrub_pulse(struct pulse *pulse, struct proto_scrub_info *ret)
{
	struct store_scrub_info info;

	pthread_mutex_lock(&pulse->lock);
	info = pulse->scrub;
	pthread_mutex_unlock(&pulse->lock);
	*ret = (struct proto_scrub_info){
	        .running = info.running,
	        .begun = info.begun,
	        .checked = info.checked_bytes,
	        .total = info.total_bytes,
	        .rate = info.rate,
	        .oldest_ms = info.oldest_ms,
	        .found = info.found,
	        .extra = info.extra,
	        .bad = info.bad,
	};
}

/* Answered when it is on disk: from then on the pass is held even if this process ends. */
void scrub_command(struct datanode *datanode, struct link_call *call,
        const struct proto_scrub_begin_args *args)
{
	struct scrub_call *scrub = calloc(1, sizeof(*scrub));

	if (!scrub) {
		link_refuse(call, DFS_E_NOMEM, "the datanode is out of memory");
		return;
	}
	scrub->datanode = datanode;
	scrub->call = call;
	datanode_log(datanode, "info", "event=scrub_asked now=%d rate_bytes=%llu", args->now,
	        (unsigned long long)args->rate);
	if (args->now)
		store_scrub_now(datanode->store, args->rate, begun, scrub);
	else
		store_scrub_rate(datanode->store, args->rate, begun, scrub);
}

void scrub_metrics(struct datanode *datanode, struct buf *ret)
{
	struct proto_scrub_info info;

	scrub_pulse(&datanode->pulse, &info);
	http_metric(ret, "dfs_datanode_bad_replicas", "gauge",
	        "Replicas that were given up and are not repaired.", info.bad);
	http_metric(ret, "dfs_datanode_scrub_running", "gauge",
	        "Data directories with a pass under way.", info.running);
	http_metric(ret, "dfs_datanode_scrub_passes_total", "counter", "Passes begun, ever.",
	        info.begun);
	http_metric(ret, "dfs_datanode_scrub_checked_bytes", "gauge",
	        "Bytes checked by the passes under way, or the last ones.", info.checked);
	http_metric(ret, "dfs_datanode_scrub_rate_bytes", "gauge", "Bytes/s that a pass may read.",
	        info.rate);
	http_metric(ret, "dfs_datanode_scrub_found_total", "counter",
	        "Bad replicas found by scrubs, ever.", info.found);
	http_metric(ret, "dfs_datanode_scrub_extra_files", "gauge",
	        "Files that do not belong there, found by the last passes.", info.extra);
	/* Without a complete pass there is no age: the line is missing then. */
	if (info.oldest_ms != UINT64_MAX)
		http_metric(ret, "dfs_datanode_scrub_oldest_seconds", "gauge",
		        "No byte was checked longer ago.", info.oldest_ms / 1000);
}

static void notice(void *arg, const char *sentence)
{
	struct datanode *datanode = arg;

	datanode_log(datanode, "warn", "event=scrub text=\"%s\"", sentence);
}

static void begun(void *arg, int status, const struct dfs_error *err, const struct store_held *held)
{
	struct scrub_call *scrub = arg;
	struct proto_scrub_begin_reply reply = {0};
	struct store_scrub_info info;

	scrub_refresh(scrub->datanode);
	store_scrub_info(scrub->datanode->store, &info);
	reply.begun = info.begun;
	if (status == 0)
		link_answer(scrub->call, &reply);
	else
		link_refuse(scrub->call, status, err->text);
	free(scrub);
}
