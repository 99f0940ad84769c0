/* SPDX-License-Identifier: MIT */
/* What the master tells of itself: hello, status, nodes, /metrics. */
#include <string.h>
#include "node/http_answer.h"
#include "node/master/role.h"

enum { MISSED_MAX = 16 };

static void trash_count(struct master *master, struct proto_status_reply *reply);
static void policies_list(struct request *request, struct proto_status_reply *reply);
static int repair_list(struct request *request, struct proto_status_reply *reply);
static void repair_metrics(struct master *master, struct buf *ret);

void handle_hello(struct request *request, const void *args)
{
	const struct proto_hello_args *hello = args;
	struct master *master = request->master;
	struct proto_hello_reply reply = {
	        .protocol = PROTO_VERSION,
	        .cluster = master->cluster_id,
	        .epoch = meta_epoch(master->meta),
	        .client = hello->client,
	        .role = (enum proto_role)request->token.role,
	        .wall_ms = master_clock_ms(master),
	};

	if (hello->protocol != PROTO_VERSION) {
		request_refuse(request, DFS_E_VERSION,
		        "this master speaks protocol %d, and %s protocol %u: install the same "
		        "release",
		        PROTO_VERSION, hello->program, hello->protocol);
		return;
	}
	if (!reply.client)
		reply.client = meta_new_client(master->meta);
	if (!reply.client)
		request_refuse(request, DFS_E_BUSY, "the master reserves client ids: try again");
	else
		request_answer(request, &reply);
}

void handle_nodes(struct request *request, const void *args)
{
	struct proto_nodes_reply reply = {0};

	if (cluster_nodes(request->master->cluster, &request->arena, &reply) != 0)
		request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
	else
		request_answer(request, &reply);
}

void handle_status(struct request *request, const void *args)
{
	struct master *master = request->master;
	struct proto_row_counters counters = {0};
	struct cluster_counts counts = {0};
	struct proto_status_reply reply = {0};
	char hold[512];
	int code = meta_counters(master->meta, &request->arena, &counters);

	if (code != 0) {
		request_refuse(request, code, "reading the counters: %s", dfs_error_text(code));
		return;
	}
	cluster_count(master->cluster, &counts);
	reply.cluster = master->cluster_id;
	reply.epoch = counters.epoch;
	reply.uptime_ms = io_mono_ms(master->io) - master->started_ms;
	reply.safe_mode = counts.safe_mode;
	reply.files = counters.files;
	reply.dirs = counters.dirs;
	reply.bytes = counters.bytes;
	reply.chunks = counters.chunks;
	reply.open_chunks = counts.open_chunks;
	reply.under_goal = counts.under_goal;
	reply.lost = counts.lost;
	reply.sessions = master->sessions_count;
	reply.nodes_up = counts.nodes_up;
	reply.nodes_known = counts.nodes_known;
	reply.nodes_draining = counts.nodes_draining;
	reply.leaving = counts.leaving;
	reply.nodes_unplugged = counts.nodes_unplugged;
	reply.total = counts.total_bytes;
	reply.free = counts.free_bytes;
	reply.used = counts.used_bytes;
	reply.operations = counters.operation;
	trash_count(master, &reply);
	reply.orphans = counts.orphans;
	reply.orphan_bytes = counts.orphan_bytes;
	reply.orphan_age_ms = counts.orphan_age_ms;
	reply.orphans_foreign = counts.orphans_foreign;
	reply.orphans_collected = counts.orphans_collected;
	reply.hold = hold;
	fence_sentence(master, hold, sizeof(hold));
	reply.read_only = master->outdated;
	keeper_status(master, &reply);
	keepsakes_status(master, &reply);
	reply.bad = counts.bad;
	reply.scrub_oldest_ms = counts.scrub_oldest_ms;
	policies_list(request, &reply);
	if (repair_list(request, &reply) != 0)
		request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
	else
		request_answer(request, &reply);
}

static int repair_list(struct request *request, struct proto_status_reply *reply)
{
	struct cluster *cluster = request->master->cluster;
	struct arena *arena = &request->arena;
	struct cluster_repair repair;

	cluster_repair(cluster, &repair);
	reply->repair_queued = repair.queued;
	reply->repair_delayed = repair.delayed;
	reply->repair_left = repair.bytes_left;
	reply->repair_rate = repair.rate;
	reply->repair_estimate_ms = repair.estimate_ms;
	reply->trimming = repair.trimming;
	reply->trimmed = repair.trimmed;
	if (reply->under_goal > 0) {
		reply->under_by_live = arena_alloc(arena, sizeof(repair.under));
		if (!reply->under_by_live)
			return DFS_E_NOMEM;
		memcpy(reply->under_by_live, repair.under, sizeof(repair.under));
		reply->under_by_live_count = sizeof(repair.under) / sizeof(repair.under[0]);
	}
	if (cluster_copies(cluster, arena, &reply->copies, &reply->copies_count) != 0)
		return DFS_E_NOMEM;
	return cluster_missed(cluster, arena, MISSED_MAX, &reply->missed, &reply->missed_count);
}

/* What is in the trash is counted among the rest in the metadata: it is told apart here. */
static void trash_count(struct master *master, struct proto_status_reply *reply)
{
	struct proto_row_trash_count count = {0};
	const char *paused = sweeper_paused(master);

	meta_trash_count(master->meta, &count);
	reply->trash_entries = count.entries;
	reply->trash_files = count.files;
	reply->trash_bytes = count.bytes;
	reply->files -= count.files < reply->files ? count.files : reply->files;
	reply->dirs -= count.dirs < reply->dirs ? count.dirs : reply->dirs;
	reply->bytes -= count.bytes < reply->bytes ? count.bytes : reply->bytes;
	reply->purge_paused = paused ? paused : "";
}

static void policies_list(struct request *request, struct proto_status_reply *reply)
{
	struct policies *policies = request->master->options.policies;
	uint64_t now_ms = io_mono_ms(request->master->io);

	reply->policies = arena_alloc(&request->arena, POLICY_KINDS * sizeof(*reply->policies));
	for (int i = 0; reply->policies && i < POLICY_KINDS; i++) {
		struct proto_policy_info *info = &reply->policies[reply->policies_count++];

		info->kind = policy_kind_name((enum policy_kind)i);
		info->name = policies_name(policies, info->kind);
		info->decisions = policies->decisions[i];
		info->fallbacks = policies->fallbacks[i];
		info->error = policies->error[i];
		if (info->error[0] != '\0')
			info->error_ago_ms = request->master->fallback_ms[i]
			                             ? now_ms - request->master->fallback_ms[i]
			                             : 0;
	}
}

/* Policies have no clock: when one failed is seen here, and said once a tick at most. */
void status_tick(struct master *master)
{
	struct policies *policies = master->options.policies;

	for (size_t i = 0; i < POLICY_KINDS; i++) {
		if (policies->fallbacks[i] == master->fallbacks_seen[i])
			continue;
		master->fallbacks_seen[i] = policies->fallbacks[i];
		master->fallback_ms[i] = io_mono_ms(master->io);
		master_log(master, "warn", "event=policy_failed kind=%s times=%llu text=\"%s\"",
		        policy_kind_name((enum policy_kind)i),
		        (unsigned long long)policies->fallbacks[i], policies->error[i]);
	}
}

static void repair_metrics(struct master *master, struct buf *ret)
{
	struct cluster_repair repair;

	cluster_repair(master->cluster, &repair);
	buf_text(ret, "# HELP dfs_master_under_goal_chunks_by_live Sealed chunks short of good "
	              "replicas, by those on live datanodes.\n# TYPE "
	              "dfs_master_under_goal_chunks_by_live gauge\n");
	for (size_t live = 0; live < sizeof(repair.under) / sizeof(repair.under[0]); live++)
		buf_printf(ret, "dfs_master_under_goal_chunks_by_live{live=\"%zu\"} %llu\n", live,
		        (unsigned long long)repair.under[live]);
	http_metric(ret, "dfs_master_repair_queued_chunks", "gauge", "Chunks in line for a copy.",
	        repair.queued);
	http_metric(ret, "dfs_master_repair_left_bytes", "gauge",
	        "Bytes to be copied till all goals are reached.", repair.bytes_left);
	http_metric(ret, "dfs_master_repair_rate_bytes", "gauge", "Bytes a second copied of late.",
	        repair.rate);
	http_metric(ret, "dfs_master_repair_copies", "gauge", "Copies under way.", repair.copies);
	http_metric(ret, "dfs_master_repair_copied_chunks_total", "counter", "Copies made.",
	        repair.copied);
	http_metric(ret, "dfs_master_repair_copied_bytes_total", "counter", "Bytes of them.",
	        repair.copied_bytes);
	http_metric(ret, "dfs_master_repair_failed_copies_total", "counter", "Copies that failed.",
	        repair.copies_failed);
	http_metric(ret, "dfs_master_trimmed_replicas_total", "counter",
	        "Replicas above the goal that were deleted.", repair.trimmed);
}

/* Prometheus text format 0.0.4. */
int status_metrics(struct master *master, struct buf *ret)
{
	struct proto_row_counters counters = {0};
	struct cluster_counts counts = {0};
	struct proto_row_trash_count trash = {0};
	struct arena arena = {0};

	meta_trash_count(master->meta, &trash);
	meta_counters(master->meta, &arena, &counters);
	cluster_count(master->cluster, &counts);
	arena_fini(&arena);
	http_metric(ret, "dfs_master_files", "gauge", "Files in the namespace.", counters.files);
	http_metric(ret, "dfs_master_directories", "gauge", "Directories in the namespace.",
	        counters.dirs);
	http_metric(ret, "dfs_master_bytes", "gauge", "Bytes of files.", counters.bytes);
	http_metric(ret, "dfs_master_chunks", "gauge", "Chunks in the metadata.", counters.chunks);
	http_metric(ret, "dfs_master_orphans", "gauge", "Replicas that the metadata does not know.",
	        counts.orphans);
	http_metric(ret, "dfs_master_orphan_bytes", "gauge", "Bytes of them.", counts.orphan_bytes);
	http_metric(ret, "dfs_master_orphans_collected_total", "counter",
	        "Of them, those deleted since the start.", counts.orphans_collected);
	http_metric(ret, "dfs_master_trash_entries", "gauge", "Names in the trash.", trash.entries);
	http_metric(ret, "dfs_master_trash_bytes", "gauge",
	        "Bytes of files in the trash, as far as counted.", trash.bytes);
	http_metric(ret, "dfs_master_operations_total", "counter", "Operations in the log.",
	        counters.operation);
	http_metric(ret, "dfs_master_commits_total", "counter",
	        "Transactions of this master that were committed, each a group of operations.",
	        meta_commits(master->meta));
	http_metric(ret, "dfs_master_epoch", "gauge", "Reign of this master.", counters.epoch);
	http_metric(ret, "dfs_master_nodes_up", "gauge", "Datanodes that are up.", counts.nodes_up);
	http_metric(ret, "dfs_master_nodes_known", "gauge", "Datanodes that ever registered.",
	        counts.nodes_known);
	http_metric(ret, "dfs_master_open_chunks", "gauge", "Chunks being written.",
	        counts.open_chunks);
	http_metric(ret, "dfs_master_under_goal_chunks", "gauge",
	        "Sealed chunks short of good replicas.", counts.under_goal);
	http_metric(ret, "dfs_master_lost_chunks", "gauge", "Sealed chunks without a good replica.",
	        counts.lost);
	repair_metrics(master, ret);
	http_metric(ret, "dfs_master_bad_replicas", "gauge",
	        "Replicas that datanodes gave up and that are not repaired.", counts.bad);
	http_metric(ret, "dfs_master_sessions", "gauge", "Write sessions.", master->sessions_count);
	buf_text(ret, "# HELP dfs_master_calls_total Calls answered, by name.\n# TYPE "
	              "dfs_master_calls_total counter\n");
	for (int call = 1; call < PROTO_CALLS; call++) {
		if (master->calls_count[call])
			buf_printf(ret, "dfs_master_calls_total{call=\"%s\"} %llu\n",
			        proto_call_info(call)->name,
			        (unsigned long long)master->calls_count[call]);
	}
	return ret->failed ? DFS_E_NOMEM : 0;
}
