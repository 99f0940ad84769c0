/* SPDX-License-Identifier: MIT */
/*
 * The master's doors: the channels of clients and datanodes, and HTTP. Here a caller shows its
 * token (RULES 33), and here a request gets its answer, whichever way it came.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "base/text.h"
#include "node/http_answer.h"
#include "node/master/role.h"

struct http_request {
	struct http_request *prev, *next;
	struct master *master;
	struct io_exchange *exchange; /* NULL once it closed */
	struct http_answer answer;
	struct buf body;
	struct token token;
	enum proto_call which;
	uint64_t client, sequence;
	bool waiting; /* a request will answer it */
};

static int accept_channel(void *arg, struct io_channel *channel, const struct io_request *upgrade,
        const struct io_channel_events **ret_events, void **ret_arg);
static int accept_exchange(void *arg, struct io_exchange *exchange,
        const struct io_request *request, const struct io_exchange_events **ret_events,
        void **ret_arg);
static int authenticate(struct master *master, const struct io_request *request, struct token *ret);
static bool same_origin(const struct master *master, const char *origin);
static void peer_called(void *arg, struct link_call *call, enum proto_call which, const void *args,
        uint64_t client, uint64_t sequence);
static void peer_closed(void *arg, int status, const char *why);
static void peer_free(struct peer *peer);
static void http_body(void *arg, const void *bytes, size_t size);
static void http_body_end(void *arg);
static void http_writable(void *arg);
static void http_closed(void *arg, const char *why);
static void http_free_if_over(struct http_request *http);
static int http_get(struct master *master, struct io_exchange *exchange, const char *path,
        const struct io_exchange_events **ret_events, void **ret_arg);
static int http_call(struct master *master, struct io_exchange *exchange,
        const struct io_request *request, const struct io_exchange_events **ret_events,
        void **ret_arg);
static int parse_call_path(
        const char *path, enum proto_call *ret_call, uint64_t *ret_client, uint64_t *ret_sequence);
static void http_init(
        struct http_request *http, struct master *master, struct io_exchange *exchange);
static void request_put(struct request *request);

const struct io_service master_service = {.channel = accept_channel, .exchange = accept_exchange};

static const struct link_events peer_events = {.called = peer_called, .closed = peer_closed};
static const struct io_exchange_events http_events = {
        .body = http_body,
        .body_end = http_body_end,
        .writable = http_writable,
        .closed = http_closed,
};

struct request *request_get(struct master *master)
{
	struct request *request = master->free_requests;

	if (request)
		LL_DELETE(master->free_requests, request);
	else
		request = calloc(1, sizeof(*request));
	if (!request)
		return NULL;
	request->master = master;
	DL_APPEND2(master->in_flight, request, prev, next);
	return request;
}

void request_answer(struct request *request, const void *reply)
{
	struct http_request *http = request->http;

	if (request->call)
		link_answer(request->call, reply);
	if (http) {
		http->waiting = false;
		if (http->exchange) {
			buf_clear(&http->answer.body);
			proto_call_info(request->which)->reply_encode(reply, &http->answer.body);
			http_answer_start(&http->answer, request->master->io, http->exchange, 200,
			        "application/json", NULL);
		}
		http_free_if_over(http);
	}
	request_put(request);
}

void request_refuse(struct request *request, int code, const char *format, ...)
{
	struct dfs_error err = {.code = code};
	va_list args;

	va_start(args, format);
	vsnprintf(err.text, sizeof(err.text), format, args);
	va_end(args);
	request_fail(request, &err);
}

void request_fail(struct request *request, const struct dfs_error *err)
{
	struct http_request *http = request->http;

	if (calls_wait(request, err->code))
		return;
	if (request->call)
		link_refuse(request->call, err->code, err->text);
	if (http) {
		http->waiting = false;
		if (http->exchange)
			http_answer_error(&http->answer, request->master->io, http->exchange,
			        err->code, err->text, NULL);
		http_free_if_over(http);
	}
	request_put(request);
}

void master_doors_close(struct master *master)
{
	struct peer *peer, *next;
	struct http_request *http, *next_http;

	DL_FOREACH_SAFE (master->peers, peer, next) {
		link_close(peer->link);
		peer->link = NULL;
		peer_free(peer);
	}
	DL_FOREACH_SAFE (master->https, http, next_http) {
		io_net(master->io, abort, http->exchange);
		http->exchange = NULL;
		http_free_if_over(http);
	}
}

/* What waits for the answer of a request that gets none any more. */
void request_drop(struct request *request)
{
	struct http_request *http = request->http;

	if (request->call) /* an orphan: the doors are closed */
		link_refuse(request->call, DFS_E_CLOSED, "the master is stopping");
	if (http) {
		http->waiting = false;
		http_free_if_over(http);
	}
}

/* Back to the pool, with its arena's first block: the next call needs no malloc. */
static void request_put(struct request *request)
{
	struct master *master = request->master;
	struct arena arena;

	DL_DELETE2(master->in_flight, request, prev, next);
	arena_fini(&request->kept_arena);
	arena_reset(&request->arena);
	arena = request->arena;
	memset(request, 0, sizeof(*request));
	request->arena = arena;
	LL_PREPEND(master->free_requests, request);
}

/* ---- channels ---- */

static int accept_channel(void *arg, struct io_channel *channel, const struct io_request *upgrade,
        const struct io_channel_events **ret_events, void **ret_arg)
{
	struct master *master = arg;
	struct token token;
	struct peer *peer;
	int status = authenticate(master, upgrade, &token);

	if (status != 0)
		return status;
	if (strcmp(upgrade->path, "/v1/rpc") != 0)
		return 404;
	if (!same_origin(master, upgrade->headers[IO_ORIGIN]))
		return 403;
	peer = calloc(1, sizeof(*peer));
	if (!peer)
		return 503;
	peer->master = master;
	peer->token = token;
	if (link_accept(&peer->link, master->io, channel, &peer_events, peer, ret_events,
	            ret_arg) != 0) {
		free(peer);
		return 503;
	}
	DL_APPEND(master->peers, peer);
	return 0;
}

static int authenticate(struct master *master, const struct io_request *request, struct token *ret)
{
	const char *bearer = http_bearer(request);

	if (!bearer)
		return 401;
	return token_parse(master->options.key, bearer, ret, NULL) == 0 ? 0 : 403;
}

/* A page of another site must not use a browser's way to this master (contracts: a foreign Origin
 * is refused). */
static bool same_origin(const struct master *master, const char *origin)
{
	const char *port = strrchr(master->listen, ':');
	const char *host = origin ? strstr(origin, "://") : NULL;
	const char *origin_port;

	if (!origin)
		return true;
	if (!host || !port)
		return false;
	host += 3;
	if (strcmp(host, master->listen) == 0)
		return true;
	origin_port = strrchr(host, ':');
	return origin_port && strncmp(host, "localhost:", 10) == 0 &&
	       strcmp(origin_port, port) == 0;
}

static void peer_called(void *arg, struct link_call *call, enum proto_call which, const void *args,
        uint64_t client, uint64_t sequence)
{
	struct peer *peer = arg;
	struct request *request = request_get(peer->master);

	if (!request) {
		link_refuse(call, DFS_E_NOMEM, "the master is out of memory");
		return;
	}
	request->which = which;
	request->client = client;
	request->sequence = sequence;
	request->token = peer->token;
	request->peer = peer;
	request->call = call;
	calls_dispatch(request, args);
}

static void peer_closed(void *arg, int status, const char *why)
{
	struct peer *peer = arg;

	peer->link = NULL;
	machines_peer_gone(peer);
	peer_free(peer);
}

static void peer_free(struct peer *peer)
{
	struct request *request;

	DL_FOREACH (peer->master->in_flight, request) {
		if (request->peer == peer)
			request->peer = NULL;
	}
	DL_DELETE(peer->master->peers, peer);
	free(peer);
}

/* ---- HTTP ---- */

static int accept_exchange(void *arg, struct io_exchange *exchange,
        const struct io_request *request, const struct io_exchange_events **ret_events,
        void **ret_arg)
{
	struct master *master = arg;

	if (strcmp(request->method, "GET") == 0)
		return http_get(master, exchange, request->path, ret_events, ret_arg);
	if (strcmp(request->method, "POST") == 0 && strncmp(request->path, "/v1/rpc/", 8) == 0)
		return http_call(master, exchange, request, ret_events, ret_arg);
	return strcmp(request->method, "POST") == 0 ? 404 : 405;
}

static int http_get(struct master *master, struct io_exchange *exchange, const char *path,
        const struct io_exchange_events **ret_events, void **ret_arg)
{
	bool health = strcmp(path, "/healthz") == 0;
	struct http_request *http;

	if (!health && strcmp(path, "/metrics") != 0)
		return 404;
	http = calloc(1, sizeof(*http));
	if (!http)
		return 503;
	http_init(http, master, exchange);
	if (health)
		buf_text(&http->answer.body, master->stopping ? "stopping\n" : "ok\n");
	else
		status_metrics(master, &http->answer.body);
	*ret_events = &http_events;
	*ret_arg = http;
	http_answer_start(&http->answer, master->io, exchange,
	        health && master->stopping ? 503 : 200, "text/plain; version=0.0.4", NULL);
	return 0;
}

static int http_call(struct master *master, struct io_exchange *exchange,
        const struct io_request *request, const struct io_exchange_events **ret_events,
        void **ret_arg)
{
	struct http_request *http;
	struct token token;
	int status = authenticate(master, request, &token);

	if (status != 0)
		return status;
	if (!same_origin(master, request->headers[IO_ORIGIN]))
		return 403;
	if (request->body_size > PROTO_MESSAGE_MAX)
		return 413;
	http = calloc(1, sizeof(*http));
	if (!http)
		return 503;
	status = parse_call_path(request->path + 8, &http->which, &http->client, &http->sequence);
	if (status != 0) {
		free(http);
		return status;
	}
	http->token = token;
	http_init(http, master, exchange);
	*ret_events = &http_events;
	*ret_arg = http;
	return 0;
}

static void http_init(
        struct http_request *http, struct master *master, struct io_exchange *exchange)
{
	http->master = master;
	http->exchange = exchange;
	DL_APPEND(master->https, http);
}

/* NAME, or NAME?client=ID&sequence=N. */
static int parse_call_path(
        const char *path, enum proto_call *ret_call, uint64_t *ret_client, uint64_t *ret_sequence)
{
	char name[64], client[32] = "", sequence[32] = "";
	size_t size = strcspn(path, "?");

	if (size == 0 || size >= sizeof(name))
		return 404;
	memcpy(name, path, size);
	name[size] = '\0';
	*ret_call = proto_call_find(name);
	if (*ret_call == PROTO_CALL_NONE)
		return 404;
	*ret_client = *ret_sequence = 0;
	if (path[size] == '\0')
		return 0;
	if (sscanf(path + size, "?client=%16[0-9a-f]&sequence=%20[0-9]", client, sequence) != 2 ||
	        text_parse_id(client, ret_client, NULL) != 0 ||
	        text_parse_u64(sequence, ret_sequence, NULL) != 0)
		return 400;
	return 0;
}

static void http_body(void *arg, const void *bytes, size_t size)
{
	struct http_request *http = arg;

	buf_append(&http->body, bytes, size);
}

static void http_body_end(void *arg)
{
	struct http_request *http = arg;
	const struct proto_call_info *info;
	struct request *request;
	struct dfs_error err = {0};
	void *args;

	if (http->which == PROTO_CALL_NONE)
		return; /* a GET: already answered */
	info = proto_call_info(http->which);
	request = request_get(http->master);
	args = request ? arena_alloc(&request->arena, info->args_size + 1) : NULL;
	if (!args || http->body.failed) {
		if (request)
			request_put(request);
		http_answer_error(&http->answer, http->master->io, http->exchange, DFS_E_NOMEM,
		        "the master is out of memory", NULL);
		return;
	}
	request->which = http->which;
	request->client = http->client;
	request->sequence = http->sequence;
	request->token = http->token;
	request->http = http;
	http->waiting = true;
	if (info->args_decode(&request->arena, http->body.size ? http->body.data : "{}",
	            http->body.size ? http->body.size : 2, args, &err) != 0)
		request_fail(request, &err);
	else
		calls_dispatch(request, args);
}

static void http_writable(void *arg)
{
	struct http_request *http = arg;

	http_answer_writable(&http->answer, http->master->io, http->exchange);
}

static void http_closed(void *arg, const char *why)
{
	struct http_request *http = arg;

	http->exchange = NULL;
	http_free_if_over(http);
}

/* It ends when both the exchange and the request that answers it have. */
static void http_free_if_over(struct http_request *http)
{
	if (http->exchange || http->waiting)
		return;
	DL_DELETE(http->master->https, http);
	http_answer_fini(&http->answer);
	buf_fini(&http->body);
	free(http);
}
