/* SPDX-License-Identifier: MIT */
/* One POST of frames and its receipt. What is sent: put_stream.c, put_pipe.c; what a failure leads
 * to: put_slot.c. */
#include "client/append.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "client/answer.h"

enum { APPEND_MAGIC = 0x41504e44 };

struct append {
	unsigned magic;
	struct io *io;
	struct io_exchange *exchange; /* NULL once closed */
	const struct append_events *events;
	void *arg;
	struct io_timer *patience;
	uint64_t moved_ms;   /* when something last moved */
	uint64_t left, size; /* of the body */
	bool waits;          /* for its own side's bytes */
	bool finished;

	char address[IO_ADDRESS_MAX];
	uint64_t chunk;
	struct chunk_append params;
	uint32_t replicas;
	struct answer answer;
	bool answer_whole;
};

static void on_response(void *arg, const struct io_response *response);
static void on_body(void *arg, const void *bytes, size_t size);
static void on_body_end(void *arg);
static void on_writable(void *arg);
static void on_closed(void *arg, const char *why);
static void on_patience(void *arg);

static const struct io_exchange_events EXCHANGE_EVENTS = {
        .response = on_response,
        .body = on_body,
        .body_end = on_body_end,
        .writable = on_writable,
        .closed = on_closed,
};

static void append_free(struct append *append)
{
	io_timer_destroy(append->io, append->patience);
	answer_fini(&append->answer);
	append->magic = 0;
	free(append);
}

static struct io_exchange *open_exchange(
        struct append *append, const struct append_request *request)
{
	char path[CHUNK_TEXT_SIZE], params[CHUNK_TEXT_SIZE], bearer[512];
	struct io_request http = {.method = "POST", .path = path, .body_size = request->body_size};

	chunk_path_format(request->chunk, path);
	chunk_append_format(&request->params, params);
	snprintf(bearer, sizeof(bearer), "Bearer %s", request->ticket);
	http.headers[IO_AUTHORIZATION] = bearer;
	http.headers[IO_CONTENT_TYPE] = CHUNK_FRAMES_TYPE;
	http.headers[IO_DFS_APPEND] = params;
	http.headers[IO_DFS_CHAIN] = request->chain;
	return io_net(append->io, exchange_open, append->address, &http, &EXCHANGE_EVENTS, append);
}

struct append *append_start(struct io *io, const struct append_request *request,
        const struct append_events *events, void *arg)
{
	struct append *append = calloc(1, sizeof(*append));

	assert(request->body_size > request->params.payload);
	if (!append)
		return NULL;
	append->magic = APPEND_MAGIC;
	append->io = io;
	append->events = events;
	append->arg = arg;
	append->left = append->size = request->body_size;
	append->chunk = request->chunk;
	append->params = request->params;
	append->replicas = request->replicas;
	append->moved_ms = io_mono_ms(io);
	snprintf(append->address, sizeof(append->address), "%s", request->address);
	append->patience = io_timer_create(io, on_patience, append);
	append->exchange = append->patience ? open_exchange(append, request) : NULL;
	if (!append->exchange) {
		append_free(append);
		return NULL;
	}
	io_timer_set(io, append->patience, APPEND_PATIENCE_MS);
	io_net(io, want_write, append->exchange);
	return append;
}

bool append_write(struct append *append, const void *bytes, size_t size)
{
	bool more;

	assert(append->magic == APPEND_MAGIC && append->exchange);
	assert(size <= append->left);
	append->left -= size;
	append->moved_ms = io_mono_ms(append->io);
	more = io_net(append->io, write, append->exchange, bytes, size);
	if (append->left == 0)
		return false;
	if (!more)
		io_net(append->io, want_write, append->exchange);
	return more;
}

void append_wait(struct append *append)
{
	assert(append->magic == APPEND_MAGIC && append->exchange && append->left > 0);
	append->waits = true;
}

void append_resume(struct append *append)
{
	assert(append->magic == APPEND_MAGIC);
	if (!append->waits)
		return;
	append->waits = false;
	append->moved_ms = io_mono_ms(append->io);
	if (append->exchange)
		io_net(append->io, want_write, append->exchange);
}

uint64_t append_left(const struct append *append)
{
	return append->left;
}

uint64_t append_size(const struct append *append)
{
	return append->size;
}

void append_cancel(struct append *append)
{
	if (!append || append->finished)
		return;
	assert(append->magic == APPEND_MAGIC);
	io_net(append->io, abort, append->exchange);
	append_free(append);
}

/* ---- the end ---- */

static void finish(struct append *append, struct append_result *result)
{
	if (append->exchange)
		io_net(append->io, abort, append->exchange);
	append->exchange = NULL;
	append->finished = true;
	if (result->code != 0 && !result->failed[0])
		snprintf(result->failed, sizeof(result->failed), "%s", append->address);
	append->events->done(append->arg, result);
	append_free(append);
}

static void finish_broken(struct append *append, int code, const char *why)
{
	struct append_result result = {.code = code};

	error_set(&result.err, code, "%s: %s", append->address, why);
	finish(append, &result);
}

/* What the receipt says must be what was asked; its crc is for the caller, who knows the bytes. */
static bool receipt_fits(const struct append *append, const struct proto_receipt *receipt)
{
	const struct chunk_append *params = &append->params;
	uint64_t end = params->offset + params->payload;
	uint64_t offset = params->seal ? 0 : params->offset;

	return receipt->chunk == append->chunk && receipt->version == params->version &&
	       receipt->offset == offset && receipt->length == end - offset &&
	       receipt->total == end && receipt->replicas == append->replicas &&
	       receipt->signature[0];
}

static void finish_answered(struct append *append)
{
	struct append_result result = {0};
	struct arena arena = {0};
	struct answer *answer = &append->answer;

	if (answer->status != 200) {
		result.code = answer_error(answer, append->address, &result.err);
		memcpy(result.failed, answer->failed, sizeof(result.failed));
	} else if (append->left > 0) {
		result.code = error_set(&result.err, DFS_E_PROTO,
		        "%s: acknowledged before all was sent", append->address);
	} else if (answer->too_large ||
	           proto_receipt_decode(&arena, answer->body.data ? answer->body.data : "",
	                   answer->body.size, &result.receipt, &result.err) != 0) {
		result.code = error_set(
		        &result.err, DFS_E_PROTO, "%s: the answer is no receipt", append->address);
	} else if (!receipt_fits(append, &result.receipt)) {
		result.code = error_set(&result.err, DFS_E_PROTO,
		        "%s: the receipt is of something else: length %" PRIu64 ", total %" PRIu64
		        ", %u replicas",
		        append->address, result.receipt.length, result.receipt.total,
		        result.receipt.replicas);
	}
	finish(append, &result);
	arena_fini(&arena);
}

/* ---- events of the exchange ---- */

static void on_writable(void *arg)
{
	struct append *append = arg;

	assert(append->magic == APPEND_MAGIC);
	if (append->left > 0 && append->answer.status == 0)
		append->events->more(append->arg);
}

static void on_response(void *arg, const struct io_response *response)
{
	struct append *append = arg;

	assert(append->magic == APPEND_MAGIC);
	append->moved_ms = io_mono_ms(append->io);
	answer_begin(&append->answer, response);
}

static void on_body(void *arg, const void *bytes, size_t size)
{
	struct append *append = arg;

	append->moved_ms = io_mono_ms(append->io);
	answer_body(&append->answer, bytes, size);
}

static void on_body_end(void *arg)
{
	struct append *append = arg;

	append->answer_whole = true;
	/* An early answer: the rest of the body is not wanted. Otherwise the exchange closes in
	 * good order. */
	if (append->left > 0)
		finish_answered(append);
}

static void on_closed(void *arg, const char *why)
{
	struct append *append = arg;

	assert(append->magic == APPEND_MAGIC);
	append->exchange = NULL;
	if (append->answer_whole || (append->answer.status > 399 && append->answer.body.size > 0))
		finish_answered(append);
	else
		finish_broken(append, DFS_E_CLOSED, why ? why : "connection closed");
}

static void on_patience(void *arg)
{
	struct append *append = arg;
	uint64_t now = io_mono_ms(append->io), idle;

	assert(append->magic == APPEND_MAGIC);
	if (append->waits)
		append->moved_ms = now; /* the datanode is not to blame */
	idle = now - append->moved_ms;
	if (idle < APPEND_PATIENCE_MS)
		io_timer_set(append->io, append->patience, APPEND_PATIENCE_MS - idle);
	else if (append->answer_whole)
		finish_answered(append);
	else
		finish_broken(append, DFS_E_TIMEOUT, "nothing moved for 30 s");
}
