/* SPDX-License-Identifier: MIT */
/* The repair copy: another datanode's sealed chunk, fetched whole, checked, and kept (RULES 28). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "node/datanode/role.h"

enum {
	PATIENCE_MS = 20000,
	PAUSE_MIN_MS = 5, /* shorter ones are not worth a timer */
	PAUSE_MAX_MS = 5000,
};

struct fetch {
	struct datanode *datanode;
	struct link_call *call;
	struct io_exchange *exchange;
	struct store_copy *copy;
	struct io_timer *patience, *pacer;
	uint64_t chunk;
	uint64_t pace, got, began_ms; /* bytes/s asked for (0: none), bytes here, since then */
	bool ending;                  /* the store makes it durable */
	char source[IO_ADDRESS_MAX];
	struct fetch *prev, *next;
};

static int begin(struct fetch *fetch, const struct proto_copy_args *args, struct dfs_error *err);
static void response(void *arg, const struct io_response *got);
static void body(void *arg, const void *bytes, size_t size);
static void body_end(void *arg);
static void closed(void *arg, const char *why);
static void stored(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held);
static void keep_pace(struct fetch *fetch);
static void go_on(void *arg);
static void impatient(void *arg);
static void fail(struct fetch *fetch, int code, const char *text);
static void fetch_free(struct fetch *fetch);

static const struct io_exchange_events fetch_events = {
        .response = response,
        .body = body,
        .body_end = body_end,
        .closed = closed,
};

void copy_start(
        struct datanode *datanode, struct link_call *call, const struct proto_copy_args *args)
{
	struct fetch *fetch;
	struct proto_copy_reply done = {0};
	struct dfs_error err = {0};
	int code;

	if (args->pieces_count > 0) {
		assemble_start(datanode, call, args);
		return;
	}
	fetch = calloc(1, sizeof(*fetch));
	if (!fetch) {
		link_refuse(call, DFS_E_NOMEM, "the datanode is out of memory");
		return;
	}
	fetch->datanode = datanode;
	fetch->call = call;
	fetch->chunk = args->chunk;
	fetch->pace = args->pace;
	fetch->began_ms = io_mono_ms(datanode->io);
	snprintf(fetch->source, sizeof(fetch->source), "%s", args->source);
	DL_APPEND(datanode->fetches, fetch);
	code = begin(fetch, args, &err);
	if (code == DFS_E_EXIST) { /* it is here already: as good as fetched */
		link_answer(call, &done);
		fetch_free(fetch);
	} else if (code != 0) {
		fail(fetch, code, err.text);
	}
}

void copy_close_all(struct datanode *datanode)
{
	struct fetch *fetch, *next;

	DL_FOREACH_SAFE (datanode->fetches, fetch, next) {
		if (!fetch->ending)
			fail(fetch, DFS_E_CANCELLED, "the datanode is stopping");
	}
}

/* Those that the store was making durable, and will not tell of any more. */
void copy_fini(struct datanode *datanode)
{
	struct fetch *fetch, *next;

	DL_FOREACH_SAFE (datanode->fetches, fetch, next) {
		link_refuse(fetch->call, DFS_E_CANCELLED, "the datanode is stopping");
		fetch_free(fetch);
	}
}

static int begin(struct fetch *fetch, const struct proto_copy_args *args, struct dfs_error *err)
{
	struct io *io = fetch->datanode->io;
	char path[CHUNK_TEXT_SIZE], bearer[PASS_SIZE + 8];
	struct io_request request = {.method = "GET", .path = path};
	int code = store_copy_begin(fetch->datanode->store, args->chunk, args->version,
	        args->length, args->crc, &fetch->copy, err);

	if (code != 0)
		return code;
	chunk_path_format(args->chunk, path);
	snprintf(bearer, sizeof(bearer), "Bearer %s", args->ticket);
	request.headers[IO_AUTHORIZATION] = bearer;
	request.headers[IO_ACCEPT] = CHUNK_FRAMES_TYPE;
	request.headers[IO_DFS_CHUNK] = CHUNK_READ_FOR_COPY;
	fetch->patience = io_timer_create(io, impatient, fetch);
	fetch->pacer = io_timer_create(io, go_on, fetch);
	if (fetch->patience && fetch->pacer)
		fetch->exchange =
		        io_net(io, exchange_open, args->source, &request, &fetch_events, fetch);
	if (!fetch->exchange)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	io_timer_set(io, fetch->patience, PATIENCE_MS);
	return 0;
}

static void response(void *arg, const struct io_response *got)
{
	struct fetch *fetch = arg;
	char text[IO_ADDRESS_MAX + 64];

	if (got->status == 200 || got->status == 206)
		return;
	snprintf(text, sizeof(text), "%s answered %d to the copy's read", fetch->source,
	        got->status);
	fail(fetch, DFS_E_UNAVAIL, text);
}

static void body(void *arg, const void *bytes, size_t size)
{
	struct fetch *fetch = arg;
	struct dfs_error err = {0};

	io_timer_set(fetch->datanode->io, fetch->patience, PATIENCE_MS);
	atomic_fetch_add(&fetch->datanode->pulse.write_bytes, size);
	atomic_fetch_add(&fetch->datanode->pulse.copy_bytes, size);
	fetch->got += size;
	if (store_copy_feed(fetch->copy, bytes, size, &err) != 0)
		fail(fetch, err.code, err.text);
	else if (fetch->pace > 0)
		keep_pace(fetch);
}

/* What came sooner than it should is made up for by a pause, which the source feels: its socket
 * fills up. */
static void keep_pace(struct fetch *fetch)
{
	struct io *io = fetch->datanode->io;
	uint64_t due_ms = fetch->began_ms + fetch->got * 1000 / fetch->pace;
	uint64_t now_ms = io_mono_ms(io), pause_ms = due_ms > now_ms ? due_ms - now_ms : 0;

	if (pause_ms < PAUSE_MIN_MS)
		return;
	io_net(io, pause, fetch->exchange, true);
	io_timer_set(io, fetch->pacer, pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS);
}

static void go_on(void *arg)
{
	struct fetch *fetch = arg;

	io_timer_set(fetch->datanode->io, fetch->patience, PATIENCE_MS);
	if (fetch->exchange)
		io_net(fetch->datanode->io, pause, fetch->exchange, false);
}

static void body_end(void *arg)
{
	struct fetch *fetch = arg;
	struct store_copy *copy = fetch->copy;

	fetch->ending = true;
	fetch->copy = NULL;
	io_timer_cancel(fetch->datanode->io, fetch->patience);
	io_timer_cancel(fetch->datanode->io, fetch->pacer);
	store_copy_end(copy, stored, fetch);
}

static void closed(void *arg, const char *why)
{
	struct fetch *fetch = arg;

	fetch->exchange = NULL;
	if (!fetch->ending)
		fail(fetch, DFS_E_UNAVAIL, why ? why : "the source closed the connection early");
}

static void stored(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held)
{
	struct fetch *fetch = arg;
	struct proto_copy_reply reply = {0};

	if (status != 0) {
		fetch->ending = false;
		fail(fetch, status, err->text);
		return;
	}
	link_answer(fetch->call, &reply);
	reports_changed(fetch->datanode, held);
	fetch_free(fetch);
}

static void impatient(void *arg)
{
	struct fetch *fetch = arg;
	char text[IO_ADDRESS_MAX + 64];

	snprintf(text, sizeof(text), "%s sent nothing for %d s", fetch->source, PATIENCE_MS / 1000);
	fail(fetch, DFS_E_TIMEOUT, text);
}

static void fail(struct fetch *fetch, int code, const char *text)
{
	pulse_errors(fetch->datanode);
	datanode_log(fetch->datanode, "warn",
	        "event=copy_failed chunk=%016llx source=%s code=%s text=\"%s\"",
	        (unsigned long long)fetch->chunk, fetch->source, dfs_error_name(code), text);
	link_refuse(fetch->call, code, text);
	fetch_free(fetch);
}

static void fetch_free(struct fetch *fetch)
{
	if (fetch->copy)
		store_copy_cancel(fetch->copy);
	io_net(fetch->datanode->io, abort, fetch->exchange);
	io_timer_destroy(fetch->datanode->io, fetch->patience);
	io_timer_destroy(fetch->datanode->io, fetch->pacer);
	DL_DELETE(fetch->datanode->fetches, fetch);
	free(fetch);
}
