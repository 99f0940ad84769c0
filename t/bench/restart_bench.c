/* SPDX-License-Identifier: MIT */
/*
 * How soon a master serves after kill -9, and knows where all replicas are: a real `dfs master`
 * over the metadata that restart_fill made, and three datanodes that hold every chunk, played by
 * this program, whose reports travel as real ones' do (2,000 rows a part, the next after the
 * answer). A client asks `stat` one after the other meanwhile.
 *
 *     restart_bench DFS DIR HOST:PORT CHUNKS FIRST       FIRST: what restart_fill printed
 *
 * Prints, a line each, name and value:
 *     serves_s   from the new process's fork to the first answered stat
 *     known_s    to the end of safe mode with every chunk at its goal
 *     heap_mib   the most anonymous memory that the master had until then (LMDB's map is the page
 * cache) stat_p50_ms, stat_p99_ms, stat_max_ms     while the reports came
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "client/link.h"
#include "net/loop.h"
#include "node/process/key.h"

enum {
	NODES = 3,
	PART_ROWS = 2000,
	RETRY_MS = 20,
	LOOK_MS = 20,
	GIVE_UP_S = 120,
	STATS_MAX = 1 << 20,
};

struct bench;

struct fake_node {
	struct bench *bench;
	struct link *link;
	struct io_timer *retry, *beat;
	uint64_t uuid, incarnation, sequence, told;
};

struct bench {
	struct loop *loop;
	struct io *io;
	struct cluster_key key;
	const char *dfs, *dir, *address;
	uint64_t chunks, first;
	pid_t master;
	struct fake_node nodes[NODES];
	struct link *client;
	struct io_timer *retry, *look, *again;
	double began, asked, serves, known, heap_mib;
	double *stats;
	size_t stats_count;
	bool over;
};

static void node_connect(void *arg);
static void client_connect(void *arg);
static void stat_next(void *arg);

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void die(struct bench *bench, const char *what, const char *why)
{
	fprintf(stderr, "restart_bench: %s: %s\n", what, why);
	if (bench->master > 0)
		kill(bench->master, SIGKILL);
	exit(1);
}

static void bearer(struct bench *bench, enum token_role role, char ret[PASS_SIZE])
{
	struct token token = {.role = role};

	token_sign(bench->key.key, &token, ret);
}

/* ---- three datanodes ---- */

static void disk_fill(struct proto_disk *disk, const struct fake_node *node)
{
	*disk = (struct proto_disk){.disk = node->uuid,
	        .path = "/",
	        .total = UINT64_C(1) << 42,
	        .free = UINT64_C(1) << 41,
	        .error = ""};
}

static void report_answered(void *arg, int code, const struct dfs_error *err, const void *reply);

static void report_next(struct fake_node *node)
{
	static struct proto_held held[PART_ROWS];
	struct bench *bench = node->bench;
	struct proto_report_args args = {.incarnation = node->incarnation,
	        .sequence = ++node->sequence,
	        .full = true,
	        .held = held};

	for (; args.held_count < PART_ROWS && node->told < bench->chunks; node->told++) {
		uint64_t chunk = bench->first + node->told;

		held[args.held_count++] = (struct proto_held){
		        chunk, 1, 4096, PROTO_HELD_STATE_SEALED, (uint32_t)chunk, ""};
	}
	args.last = args.held_count < PART_ROWS;
	link_call(node->link, PROTO_CALL_REPORT, &args, 0, 0, 0, report_answered,
	        args.last ? NULL : node);
}

static void report_answered(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct fake_node *node = arg;

	(void)reply;
	if (code == 0 && node)
		report_next(node);
	else if (code != 0 && code != DFS_E_CLOSED)
		fprintf(stderr, "restart_bench: report: %s\n", err->text);
}

static void registered(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct fake_node *node = arg;

	(void)reply;
	if (code == DFS_E_CLOSED)
		return;
	if (code != 0)
		die(node->bench, "register", err->text);
	node->sequence = node->told = 0;
	report_next(node);
	io_timer_set(node->bench->io, node->beat, 0);
}

static void node_opened(void *arg)
{
	struct fake_node *node = arg;
	struct proto_disk disk;
	char address[32];
	struct proto_register_args args = {.protocol = PROTO_VERSION,
	        .cluster = node->bench->key.cluster,
	        .uuid = node->uuid,
	        .incarnation = node->incarnation,
	        .address = address,
	        .rack = "",
	        .disks = &disk,
	        .disks_count = 1};

	disk_fill(&disk, node);
	snprintf(address, sizeof(address), "127.0.0.1:%u", (unsigned)node->uuid);
	link_call(node->link, PROTO_CALL_REGISTER, &args, 0, 0, 0, registered, node);
}

static void node_closed(void *arg, int status, const char *why)
{
	struct fake_node *node = arg;

	(void)status;
	(void)why;
	node->link = NULL;
	io_timer_cancel(node->bench->io, node->beat);
	io_timer_set(node->bench->io, node->retry, RETRY_MS);
}

static void node_connect(void *arg)
{
	static const struct link_events events = {.opened = node_opened, .closed = node_closed};
	struct fake_node *node = arg;
	struct bench *bench = node->bench;
	char pass[PASS_SIZE];
	struct dfs_error err = {0};

	bearer(bench, TOKEN_NODE, pass);
	if (link_open(&node->link, bench->io, bench->address, pass, &events, node, &err) != 0)
		die(bench, "datanode", err.text);
}

static void beaten(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	(void)arg;
	(void)err;
	(void)reply;
	(void)code; /* a connection that broke is opened anew by its own event */
}

static void node_beat(void *arg)
{
	struct fake_node *node = arg;
	struct proto_disk disk;
	struct proto_heartbeat_args args = {.uuid = node->uuid,
	        .incarnation = node->incarnation,
	        .disks = &disk,
	        .disks_count = 1,
	        .chunks = node->bench->chunks};

	disk_fill(&disk, node);
	link_call(node->link, PROTO_CALL_HEARTBEAT, &args, 0, 0, 0, beaten, NULL);
	io_timer_set(node->bench->io, node->beat, 1000);
}

/* ---- a client: stat after stat, and a look at the whole every 20 ms ---- */

static void stat_answered(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct bench *bench = arg;

	(void)reply;
	if (code == DFS_E_CLOSED)
		return;
	if (code != 0)
		die(bench, "stat", err->text);
	if (bench->serves == 0)
		bench->serves = now() - bench->began;
	else if (bench->stats_count < STATS_MAX)
		bench->stats[bench->stats_count++] = (now() - bench->asked) * 1e3;
	io_timer_set(bench->io, bench->again, 1);
}

static void stat_next(void *arg)
{
	struct bench *bench = arg;

	if (!bench->client)
		return;
	bench->asked = now();
	link_call(bench->client, PROTO_CALL_STAT, &(struct proto_stat_args){.path = "/f7"}, 0, 0, 0,
	        stat_answered, bench);
}

static double anonymous_mib(struct bench *bench)
{
	char path[64], line[256];
	double kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)bench->master);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "RssAnon: %lf", &kib);
	if (file)
		fclose(file);
	return kib / 1024;
}

static void looked(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct bench *bench = arg;
	const struct proto_status_reply *status = reply;
	double heap = anonymous_mib(bench);

	if (code == DFS_E_CLOSED)
		return;
	if (code != 0)
		die(bench, "status", err->text);
	if (heap > bench->heap_mib)
		bench->heap_mib = heap;
	if (!status->safe_mode && status->nodes_up == NODES && status->under_goal == 0 &&
	        status->lost == 0 && status->chunks == bench->chunks) {
		bench->known = now() - bench->began;
		bench->over = true;
	} else if (now() - bench->began > GIVE_UP_S) {
		fprintf(stderr,
		        "under goal %" PRIu64 ", lost %" PRIu64 ", nodes %u, safe mode %d\n",
		        status->under_goal, status->lost, status->nodes_up, status->safe_mode);
		die(bench, "after two minutes", "not all replicas are known");
	}
	io_timer_set(bench->io, bench->look, LOOK_MS);
}

static void look(void *arg)
{
	struct bench *bench = arg;

	if (bench->client)
		link_call(bench->client, PROTO_CALL_STATUS, &(struct proto_status_args){0}, 0, 0, 0,
		        looked, bench);
}

static void client_opened(void *arg)
{
	stat_next(arg);
	look(arg);
}

static void client_closed(void *arg, int status, const char *why)
{
	struct bench *bench = arg;

	(void)status;
	(void)why;
	bench->client = NULL;
	if (now() - bench->began > GIVE_UP_S)
		die(bench, bench->address, "the master does not come up");
	io_timer_set(bench->io, bench->retry, 1);
}

static void client_connect(void *arg)
{
	static const struct link_events events = {.opened = client_opened, .closed = client_closed};
	struct bench *bench = arg;
	char pass[PASS_SIZE];
	struct dfs_error err = {0};

	bearer(bench, TOKEN_ADMIN, pass);
	if (link_open(&bench->client, bench->io, bench->address, pass, &events, bench, &err) != 0)
		die(bench, "client", err.text);
}

/* ---- the master ---- */

static void master_run(struct bench *bench)
{
	char metadata[4200], key[4200];

	snprintf(metadata, sizeof(metadata), "%s/master", bench->dir);
	snprintf(key, sizeof(key), "%s/cluster.key", bench->dir);
	bench->serves = bench->known = bench->heap_mib = 0;
	bench->stats_count = 0;
	bench->over = false;
	bench->began = now();
	bench->master = fork();
	if (bench->master == 0) {
		execl(bench->dfs, "dfs", "master", "--dir", metadata, "--key", key, "--listen",
		        bench->address, (char *)NULL);
		_exit(127);
	}
	loop_run_until(bench->loop, &bench->over);
}

static void master_kill(struct bench *bench)
{
	kill(bench->master, SIGKILL);
	waitpid(bench->master, NULL, 0);
	bench->master = 0;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void tell(struct bench *bench)
{
	size_t count = bench->stats_count;

	qsort(bench->stats, count, sizeof(*bench->stats), by_size);
	printf("serves_s %.3f\nknown_s %.3f\nheap_mib %.1f\n", bench->serves, bench->known,
	        bench->heap_mib);
	if (count > 0)
		printf("stat_p50_ms %.2f\nstat_p99_ms %.2f\nstat_max_ms %.2f\n",
		        bench->stats[count / 2], bench->stats[count * 99 / 100],
		        bench->stats[count - 1]);
}

int main(int argc, char **argv)
{
	struct bench bench = {.chunks = argc == 6 ? strtoull(argv[4], NULL, 10) : 0};
	struct loop_options options = {.server = false};
	struct dfs_error err = {0};
	char path[4200];

	if (bench.chunks == 0) {
		fprintf(stderr, "usage: restart_bench DFS DIR HOST:PORT CHUNKS FIRST\n");
		return 2;
	}
	bench.dfs = argv[1];
	bench.dir = argv[2];
	bench.address = argv[3];
	bench.first = strtoull(argv[5], NULL, 16);
	bench.stats = malloc(STATS_MAX * sizeof(*bench.stats));
	snprintf(path, sizeof(path), "%s/cluster.key", bench.dir);
	if (!bench.stats || key_read(path, &bench.key, &err) != 0 ||
	        loop_create(&bench.loop, &options, &err) != 0)
		die(&bench, bench.dir, err.text);
	bench.io = loop_io(bench.loop);
	bench.retry = io_timer_create(bench.io, client_connect, &bench);
	bench.look = io_timer_create(bench.io, look, &bench);
	bench.again = io_timer_create(bench.io, stat_next, &bench);
	for (uint64_t i = 0; i < NODES; i++) {
		struct fake_node *node = &bench.nodes[i];

		*node = (struct fake_node){
		        .bench = &bench, .uuid = i + 1, .incarnation = 0x100 + i};
		node->retry = io_timer_create(bench.io, node_connect, node);
		node->beat = io_timer_create(bench.io, node_beat, node);
		io_timer_set(bench.io, node->retry, 0);
	}
	io_timer_set(bench.io, bench.retry, 0);
	master_run(&bench); /* what is killed is a master that was at work */
	master_kill(&bench);
	master_run(&bench);
	tell(&bench);
	master_kill(&bench);
	free(bench.stats);
	return 0; /* the links and timers end with the process */
}
