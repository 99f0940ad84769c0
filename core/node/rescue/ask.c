/* SPDX-License-Identifier: MIT */
/* One GET to one datanode. */
#include <stdio.h>
#include <string.h>
#include "node/rescue/inside.h"
#include "proto/gen/proto.h"

enum { PATIENCE_MS = 20000, GATHER_MAX = 4 << 20 };

static void response(void *arg, const struct io_response *got);
static void body(void *arg, const void *bytes, size_t size);
static void body_end(void *arg);
static void closed(void *arg, const char *why);
static void impatient(void *arg);
static void end(struct rescue_ask *ask, int code, const char *why);

static const struct io_exchange_events ask_events = {
        .response = response,
        .body = body,
        .body_end = body_end,
        .closed = closed,
};

int rescue_ask_init(struct rescue_ask *ask, struct io *io)
{
	ask->io = io;
	ask->patience = io_timer_create(io, impatient, ask);
	return ask->patience ? 0 : DFS_E_NOMEM;
}

void rescue_ask_fini(struct rescue_ask *ask)
{
	if (!ask->io)
		return;
	io_net(ask->io, abort, ask->exchange);
	io_timer_destroy(ask->io, ask->patience);
	buf_fini(&ask->body);
}

int rescue_ask_get(struct rescue_ask *ask, const char *address, const char *path,
        const char *bearer, const char *range)
{
	struct io_request request = {.method = "GET", .path = path};

	request.headers[IO_AUTHORIZATION] = bearer;
	request.headers[IO_RANGE] = range;
	snprintf(ask->address, sizeof(ask->address), "%s", address);
	buf_clear(&ask->body);
	ask->status = 0;
	ask->ended = false;
	ask->exchange = io_net(ask->io, exchange_open, address, &request, &ask_events, ask);
	if (!ask->exchange)
		return DFS_E_NOMEM;
	io_timer_set(ask->io, ask->patience, PATIENCE_MS);
	return 0;
}

static void response(void *arg, const struct io_response *got)
{
	struct rescue_ask *ask = arg;

	ask->status = got->status;
}

static void body(void *arg, const void *bytes, size_t size)
{
	struct rescue_ask *ask = arg;

	io_timer_set(ask->io, ask->patience, PATIENCE_MS);
	if (ask->bytes && ask->status < 300) {
		if (ask->bytes(ask->arg, bytes, size) != 0)
			end(ask, DFS_E_IO, "what it sent cannot be used");
		return;
	}
	if (ask->body.size + size > GATHER_MAX)
		end(ask, DFS_E_TOOBIG, "it sent more than was asked for");
	else
		buf_append(&ask->body, bytes, size);
}

static void body_end(void *arg)
{
	struct rescue_ask *ask = arg;

	ask->ended = true;
}

static void closed(void *arg, const char *why)
{
	struct rescue_ask *ask = arg;
	struct arena arena = {0};
	struct proto_fault fault = {.message = ""};
	char text[600];

	ask->exchange = NULL;
	if (ask->ended && (ask->status == 200 || ask->status == 206)) {
		end(ask, 0, NULL);
		return;
	}
	if (ask->status == 0 || !ask->ended) {
		end(ask, DFS_E_UNAVAIL, why ? why : "it closed the connection early");
		return;
	}
	if (ask->body.size > 0)
		proto_fault_decode(&arena, ask->body.data, ask->body.size, &fault, NULL);
	snprintf(text, sizeof(text), "it answers %d%s%s", ask->status,
	        fault.message && fault.message[0] ? ": " : "", fault.message ? fault.message : "");
	arena_fini(&arena);
	end(ask, ask->status == 401 || ask->status == 403 ? DFS_E_AUTH : DFS_E_UNAVAIL, text);
}

static void impatient(void *arg)
{
	end(arg, DFS_E_TIMEOUT, "it sends nothing");
}

static void end(struct rescue_ask *ask, int code, const char *why)
{
	struct dfs_error err = {0};

	if (code != 0)
		error_set(&err, code, "datanode %s: %s", ask->address, why);
	io_timer_cancel(ask->io, ask->patience);
	io_net(ask->io, abort, ask->exchange);
	ask->exchange = NULL;
	ask->done(ask->arg, code, &err);
}
