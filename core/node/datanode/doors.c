/* SPDX-License-Identifier: MIT */
/* HTTP of a datanode (docs/contracts.md): chunks for those who bear a ticket, health and metrics
 * for everyone. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "node/datanode/role.h"

/* An exchange whose whole answer is a small body. */
struct small_answer {
	struct datanode *datanode;
	struct io_exchange *exchange;
	struct http_answer answer;
	struct small_answer *prev, *next;
};

static int accept_channel(void *arg, struct io_channel *channel, const struct io_request *upgrade,
        const struct io_channel_events **ret_events, void **ret_arg);
static int accept_exchange(void *arg, struct io_exchange *exchange,
        const struct io_request *request, const struct io_exchange_events **ret_events,
        void **ret_arg);
static int accept_keepsakes(struct datanode *datanode, struct io_exchange *exchange,
        const struct io_request *request, const struct io_exchange_events **ret_events,
        void **ret_arg);
static struct small_answer *small_new(struct datanode *datanode, struct io_exchange *exchange,
        const struct io_exchange_events **ret_events, void **ret_arg);
static void small_body(void *arg, const void *bytes, size_t size);
static void small_writable(void *arg);
static void small_closed(void *arg, const char *why);
static void metrics(struct datanode *datanode, struct buf *ret);

const struct io_service datanode_service = {.channel = accept_channel, .exchange = accept_exchange};

static const struct io_exchange_events small_events = {
        .body = small_body,
        .writable = small_writable,
        .closed = small_closed,
};

int doors_refuse(struct datanode *datanode, struct io_exchange *exchange, int code,
        const char *message, const struct io_exchange_events **ret_events, void **ret_arg)
{
	struct small_answer *small = small_new(datanode, exchange, ret_events, ret_arg);
	const char *headers[IO_HEADERS] = {0};
	char failed[IO_ADDRESS_MAX + 8];

	if (!small)
		return 503;
	chunk_failed_format(datanode->address, failed);
	headers[IO_DFS_CHUNK] = failed;
	return http_answer_error(&small->answer, datanode->io, exchange, code, message, headers) ==
	                       0
	               ? 0
	               : 503;
}

void datanode_doors_close(struct datanode *datanode)
{
	struct small_answer *small, *next;

	DL_FOREACH_SAFE (datanode->small, small, next) {
		io_net(datanode->io, abort, small->exchange);
		small_closed(small, NULL);
	}
}

/* Nobody opens a channel to a datanode: it opens its own to the master. */
static int accept_channel(void *arg, struct io_channel *channel, const struct io_request *upgrade,
        const struct io_channel_events **ret_events, void **ret_arg)
{
	return 404;
}

static int accept_exchange(void *arg, struct io_exchange *exchange,
        const struct io_request *request, const struct io_exchange_events **ret_events,
        void **ret_arg)
{
	struct datanode *datanode = arg;
	struct small_answer *small;
	uint64_t chunk;

	if (strcmp(request->path, "/healthz") == 0 || strcmp(request->path, "/metrics") == 0) {
		if (strcmp(request->method, "GET") != 0)
			return 405;
		small = small_new(datanode, exchange, ret_events, ret_arg);
		if (!small)
			return 503;
		if (request->path[1] == 'h')
			buf_text(&small->answer.body, "ok\n");
		else
			metrics(datanode, &small->answer.body);
		return http_answer_start(&small->answer, datanode->io, exchange, 200,
		               "text/plain; version=0.0.4", NULL) == 0
		               ? 0
		               : 503;
	}
	if (strncmp(request->path, KEEPSAKES_PATH, sizeof(KEEPSAKES_PATH) - 1) == 0)
		return accept_keepsakes(datanode, exchange, request, ret_events, ret_arg);
	if (chunk_path_parse(request->path, &chunk, NULL) != 0)
		return doors_refuse(datanode, exchange, DFS_E_NOENT,
		        "a datanode has /v1/chunks/ID, /v1/keepsakes, /healthz and /metrics",
		        ret_events, ret_arg);
	if (strcmp(request->method, "POST") == 0)
		return append_accept(datanode, exchange, request, chunk, ret_events, ret_arg);
	if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0)
		return read_accept(datanode, exchange, request, chunk, ret_events, ret_arg);
	return doors_refuse(datanode, exchange, DFS_E_UNSUPPORTED,
	        "chunks are read by GET and appended to by POST", ret_events, ret_arg);
}

/* For `dfs master rescue`: whoever has the cluster key may ask. */
static int accept_keepsakes(struct datanode *datanode, struct io_exchange *exchange,
        const struct io_request *request, const struct io_exchange_events **ret_events,
        void **ret_arg)
{
	const char *bearer = http_bearer(request);
	struct small_answer *small;
	struct dfs_error err = {0};
	struct token token = {0};
	uint64_t after = 0;
	int code = bearer ? token_parse(datanode->options.key, bearer, &token, &err) : DFS_E_AUTH;

	if (code == 0 && (token.role < TOKEN_ADMIN || strcmp(request->method, "GET") != 0))
		code = DFS_E_PERM;
	if (code != 0)
		return doors_refuse(datanode, exchange, code,
		        "keepsakes are listed by GET, with an admin's token", ret_events, ret_arg);
	if (chunk_keepsakes_parse(request->path, &after, &err) != 0)
		return doors_refuse(datanode, exchange, err.code, err.text, ret_events, ret_arg);
	small = small_new(datanode, exchange, ret_events, ret_arg);
	if (!small || keep_list(datanode, after, &small->answer.body) != 0)
		return 503;
	return http_answer_start(&small->answer, datanode->io, exchange, 200, "application/json",
	               NULL) == 0
	               ? 0
	               : 503;
}

static struct small_answer *small_new(struct datanode *datanode, struct io_exchange *exchange,
        const struct io_exchange_events **ret_events, void **ret_arg)
{
	struct small_answer *small = calloc(1, sizeof(*small));

	if (!small)
		return NULL;
	small->datanode = datanode;
	small->exchange = exchange;
	DL_APPEND(datanode->small, small);
	*ret_events = &small_events;
	*ret_arg = small;
	return small;
}

/* A refused POST: what its sender still pours in is dropped, so that it reads the answer instead of
 * a reset. */
static void small_body(void *arg, const void *bytes, size_t size)
{
}

static void small_writable(void *arg)
{
	struct small_answer *small = arg;

	http_answer_writable(&small->answer, small->datanode->io, small->exchange);
}

static void small_closed(void *arg, const char *why)
{
	struct small_answer *small = arg;

	DL_DELETE(small->datanode->small, small);
	http_answer_fini(&small->answer);
	free(small);
}

static void metrics(struct datanode *datanode, struct buf *ret)
{
	struct pulse *pulse = &datanode->pulse;
	uint64_t total = 0, available = 0;

	for (size_t i = 0; i < pulse->disks_count; i++) {
		total += pulse->disks[i].total_bytes;
		available += pulse->disks[i].free_bytes;
	}
	http_metric(ret, "dfs_datanode_chunks", "gauge", "Replicas held.", atomic_load(&pulse->chunks));
	http_metric(ret, "dfs_datanode_used_bytes", "gauge", "Bytes in chunks.",
	        atomic_load(&pulse->used_bytes));
	http_metric(ret, "dfs_datanode_disk_bytes", "gauge", "Bytes of the disks.", total);
	http_metric(ret, "dfs_datanode_disk_free_bytes", "gauge", "Free bytes of the disks.", available);
	http_metric(ret, "dfs_datanode_read_bytes_total", "counter", "Bytes served.",
	        atomic_load(&pulse->read_bytes));
	http_metric(ret, "dfs_datanode_write_bytes_total", "counter", "Bytes stored.",
	        atomic_load(&pulse->write_bytes));
	http_metric(ret, "dfs_datanode_copy_bytes_total", "counter",
	        "Bytes served and stored for copies between datanodes, part of the above.",
	        atomic_load(&pulse->copy_bytes));
	http_metric(ret, "dfs_datanode_errors_total", "counter",
	        "Appends, reads and copies that failed.", atomic_load(&pulse->errors));
	scrub_metrics(datanode, ret);
	http_metric(ret, "dfs_datanode_registered", "gauge", "1 while registered with the master.",
	        datanode->registered);
}
