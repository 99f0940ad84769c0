/* SPDX-License-Identifier: MIT */
/*
 * The copy of a chunk that has no good replica left: put together from the whole spans of those
 * that are (docs/decisions/0013, which draws its states). What one source does not give, the next
 * is asked for from the byte that was reached. Nothing is taken for good before the store has
 * compared the whole with the seal.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "client/answer.h"
#include "client/frames.h"
#include "node/datanode/role.h"

enum {
	PATIENCE_MS = 20000,
	PAUSE_MIN_MS = 5, /* shorter ones are not worth a timer */
	PAUSE_MAX_MS = 5000,
	SOURCES_MAX = 9,
	REASON_MAX = 120,
};

struct source {
	uint32_t node;
	char address[IO_ADDRESS_MAX];
	bool tried; /* from `at` on, and it gave nothing */
	char reason[REASON_MAX];
};

struct assembly {
	struct datanode *datanode;
	struct link_call *call;
	struct store_copy *copy;
	struct io_timer *patience, *pacer;
	uint64_t chunk, length;
	uint64_t at;             /* bytes here */
	uint64_t pace, began_ms; /* bytes/s asked for (0: none), since then */
	bool ending;             /* the store checks the whole and makes it durable */
	char ticket[PASS_SIZE];
	struct source sources[SOURCES_MAX];
	size_t count;
	/* bytes [at, lost_to) are not whole in any of the sources that named what they lack */
	uint64_t lost_to;
	size_t named;
	/* the request under way */
	struct io_exchange *exchange;
	size_t source;
	uint64_t asked_at;
	struct answer answer;
	struct frames frames;
	bool full; /* the store does not take the bytes */
	struct assembly *prev, *next;
};

static int begin(
        struct assembly *assembly, const struct proto_copy_args *args, struct dfs_error *err);
static void next_source(struct assembly *assembly);
static bool ask(struct assembly *assembly);
static void response(void *arg, const struct io_response *got);
static void body(void *arg, const void *bytes, size_t size);
static int take(void *arg, const struct frame *frame, const uint8_t *bytes, struct dfs_error *err);
static void body_end(void *arg);
static void closed(void *arg, const char *why);
static void source_failed(struct assembly *assembly, const char *why);
static void complete(struct assembly *assembly);
static void stored(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held);
static void keep_pace(struct assembly *assembly);
static void go_on(void *arg);
static void impatient(void *arg);
static void give_up(struct assembly *assembly);
static void drop_request(struct assembly *assembly);
static void fail(struct assembly *assembly, int code, const char *text);
static void assembly_free(struct assembly *assembly);

static const struct io_exchange_events assembly_events = {
        .response = response,
        .body = body,
        .body_end = body_end,
        .closed = closed,
};

void assemble_start(
        struct datanode *datanode, struct link_call *call, const struct proto_copy_args *args)
{
	struct assembly *assembly = calloc(1, sizeof(*assembly));
	struct proto_copy_reply done = {0};
	struct dfs_error err = {0};
	int code;

	if (!assembly) {
		link_refuse(call, DFS_E_NOMEM, "the datanode is out of memory");
		return;
	}
	assembly->datanode = datanode;
	assembly->call = call;
	DL_APPEND(datanode->assemblies, assembly);
	code = begin(assembly, args, &err);
	if (code == DFS_E_EXIST) { /* it is here already: as good as put together */
		link_answer(call, &done);
		assembly_free(assembly);
	} else if (code != 0) {
		fail(assembly, code, err.text);
	} else {
		next_source(assembly);
	}
}

void assemble_close_all(struct datanode *datanode)
{
	struct assembly *assembly, *next;

	DL_FOREACH_SAFE (datanode->assemblies, assembly, next) {
		if (!assembly->ending)
			fail(assembly, DFS_E_CANCELLED, "the datanode is stopping");
	}
}

/* Those that the store was making durable, and will not tell of any more. */
void assemble_fini(struct datanode *datanode)
{
	struct assembly *assembly, *next;

	DL_FOREACH_SAFE (datanode->assemblies, assembly, next) {
		link_refuse(assembly->call, DFS_E_CANCELLED, "the datanode is stopping");
		assembly_free(assembly);
	}
}

static int begin(
        struct assembly *assembly, const struct proto_copy_args *args, struct dfs_error *err)
{
	struct io *io = assembly->datanode->io;

	assembly->chunk = args->chunk;
	assembly->length = args->length;
	assembly->pace = args->pace;
	assembly->began_ms = io_mono_ms(io);
	assembly->lost_to = UINT64_MAX;
	snprintf(assembly->ticket, sizeof(assembly->ticket), "%s", args->ticket);
	for (size_t i = 0; i < args->pieces_count && i < SOURCES_MAX; i++) {
		struct source *source = &assembly->sources[assembly->count++];

		source->node = args->pieces[i].node;
		snprintf(source->address, sizeof(source->address), "%s", args->pieces[i].address);
	}
	assembly->source = assembly->count - 1; /* the first is the next one */
	if (args->length == 0)
		return error_set(err, DFS_E_INVAL, "an empty chunk has no pieces");
	assembly->patience = io_timer_create(io, impatient, assembly);
	assembly->pacer = io_timer_create(io, go_on, assembly);
	if (!assembly->patience || !assembly->pacer)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	return store_copy_begin(assembly->datanode->store, args->chunk, args->version, args->length,
	        args->crc, &assembly->copy, err);
}

/* ---- who is asked ---- */

/* Round them, so that one which broke off is asked again last: it says then what it lacks. */
static void next_source(struct assembly *assembly)
{
	for (size_t i = 0; i < assembly->count; i++) {
		assembly->source = (assembly->source + 1) % assembly->count;
		if (assembly->sources[assembly->source].tried)
			continue;
		if (!ask(assembly))
			fail(assembly, DFS_E_NOMEM, "out of memory");
		return;
	}
	give_up(assembly);
}

static bool ask(struct assembly *assembly)
{
	struct io *io = assembly->datanode->io;
	struct chunk_range range = {assembly->at, assembly->length - 1};
	char path[CHUNK_TEXT_SIZE], text[CHUNK_TEXT_SIZE], bearer[PASS_SIZE + 8];
	struct io_request request = {.method = "GET", .path = path};

	chunk_path_format(assembly->chunk, path);
	chunk_range_format(&range, text);
	snprintf(bearer, sizeof(bearer), "Bearer %s", assembly->ticket);
	request.headers[IO_AUTHORIZATION] = bearer;
	request.headers[IO_RANGE] = text;
	request.headers[IO_ACCEPT] = CHUNK_FRAMES_TYPE;
	request.headers[IO_DFS_CHUNK] = CHUNK_READ_SPANS_FOR_COPY;
	assembly->asked_at = assembly->at;
	assembly->exchange = io_net(io, exchange_open, assembly->sources[assembly->source].address,
	        &request, &assembly_events, assembly);
	io_timer_set(io, assembly->patience, PATIENCE_MS);
	return assembly->exchange != NULL;
}

/* ---- what it answers ---- */

static void response(void *arg, const struct io_response *got)
{
	struct assembly *assembly = arg;

	answer_begin(&assembly->answer, got);
	if (got->status != 200 && got->status != 206 && got->status <= 399)
		source_failed(assembly, "it gave an answer that is none");
}

static void body(void *arg, const void *bytes, size_t size)
{
	struct assembly *assembly = arg;
	struct dfs_error err = {0};
	int code;

	io_timer_set(assembly->datanode->io, assembly->patience, PATIENCE_MS);
	if (assembly->answer.status > 399) {
		answer_body(&assembly->answer, bytes, size);
		return;
	}
	atomic_fetch_add(&assembly->datanode->pulse.write_bytes, size);
	atomic_fetch_add(&assembly->datanode->pulse.copy_bytes, size);
	code = frames_feed(&assembly->frames, bytes, size, take, assembly, &err);
	if (code != 0 && assembly->full)
		fail(assembly, code, err.text);
	else if (code != 0)
		source_failed(assembly, err.text);
	else if (assembly->pace > 0)
		keep_pace(assembly);
}

/* A frame that was checked against its checksum: to the store. */
static int take(void *arg, const struct frame *frame, const uint8_t *bytes, struct dfs_error *err)
{
	struct assembly *assembly = arg;
	uint8_t header[FRAME_HEADER_SIZE];
	int code;

	if (frame->size_bytes > assembly->length - assembly->at)
		return error_set(err, DFS_E_PROTO, "it sent more bytes than were asked for");
	frame_encode(frame, header);
	code = store_copy_feed(assembly->copy, header, sizeof(header), err);
	if (code == 0)
		code = store_copy_feed(assembly->copy, bytes, frame->size_bytes, err);
	assembly->full = code != 0;
	if (code == 0)
		assembly->at += frame->size_bytes;
	return code;
}

static void body_end(void *arg)
{
	struct assembly *assembly = arg;

	if (assembly->at == assembly->length && !assembly->ending)
		complete(assembly);
}

static void closed(void *arg, const char *why)
{
	struct assembly *assembly = arg;
	const struct source *source = &assembly->sources[assembly->source];
	struct dfs_error err = {0};

	assembly->exchange = NULL;
	if (assembly->ending)
		return;
	if (assembly->at == assembly->length) {
		complete(assembly);
		return;
	}
	if (assembly->answer.status > 399) {
		answer_error(&assembly->answer, source->address, &err);
		why = err.text;
	}
	source_failed(assembly, why ? why : "it ended early");
}

static void source_failed(struct assembly *assembly, const char *why)
{
	struct source *source = &assembly->sources[assembly->source];
	const struct answer *answer = &assembly->answer;

	if (assembly->at > assembly->asked_at) {
		for (size_t i = 0; i < assembly->count; i++)
			assembly->sources[i].tried = false;
		assembly->lost_to = UINT64_MAX;
		assembly->named = 0;
	} else {
		source->tried = true;
		snprintf(source->reason, sizeof(source->reason), "%.*s", REASON_MAX - 1, why);
	}
	if (source->tried && answer->bad && answer->bad_first <= assembly->at &&
	        answer->bad_last >= assembly->at) {
		assembly->named++;
		if (answer->bad_last < assembly->lost_to - 1)
			assembly->lost_to = answer->bad_last + 1;
	}
	drop_request(assembly);
	next_source(assembly);
}

static void drop_request(struct assembly *assembly)
{
	io_net(assembly->datanode->io, abort, assembly->exchange);
	assembly->exchange = NULL;
	answer_fini(&assembly->answer);
	assembly->answer = (struct answer){0};
	frames_reset(&assembly->frames);
	if (assembly->pacer)
		io_timer_cancel(assembly->datanode->io, assembly->pacer);
}

/* ---- its end ---- */

static void complete(struct assembly *assembly)
{
	struct store_copy *copy = assembly->copy;

	assembly->ending = true;
	assembly->copy = NULL;
	io_timer_cancel(assembly->datanode->io, assembly->patience);
	io_timer_cancel(assembly->datanode->io, assembly->pacer);
	store_copy_end(copy, stored, assembly);
}

static void stored(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held)
{
	struct assembly *assembly = arg;
	struct proto_copy_reply reply = {0};
	char text[DFS_ERROR_TEXT_MAX];

	assembly->ending = false;
	if (status != 0) {
		snprintf(text, sizeof(text), "put together from %zu replicas: %.300s",
		        assembly->count, err->text);
		fail(assembly, status, text);
		return;
	}
	datanode_log(assembly->datanode, "info",
	        "event=assembled chunk=%016" PRIx64 " pieces_of=%zu", assembly->chunk,
	        assembly->count);
	link_answer(assembly->call, &reply);
	reports_changed(assembly->datanode, held);
	assembly_free(assembly);
}

/* Nobody has the byte that is next. */
static void give_up(struct assembly *assembly)
{
	const struct source *source = assembly->sources;
	char text[DFS_ERROR_TEXT_MAX];
	uint64_t last =
	        assembly->lost_to < assembly->length ? assembly->lost_to - 1 : assembly->length - 1;

	if (assembly->named == assembly->count) {
		snprintf(text, sizeof(text),
		        "bytes %" PRIu64 " to %" PRIu64 " are lost: their span is bad in all %zu "
		        "replicas that are left",
		        assembly->at, last, assembly->count);
		fail(assembly, DFS_E_LOST, text);
		return;
	}
	while (source->reason[0] == '\0' && source < &assembly->sources[assembly->count - 1])
		source++;
	snprintf(text, sizeof(text),
	        "no replica that is left gives the bytes from %" PRIu64 " on; datanode %" PRIu32
	        ": %s",
	        assembly->at, source->node, source->reason);
	fail(assembly, DFS_E_UNAVAIL, text);
}

static void keep_pace(struct assembly *assembly)
{
	struct io *io = assembly->datanode->io;
	uint64_t due_ms = assembly->began_ms + assembly->at * 1000 / assembly->pace;
	uint64_t now_ms = io_mono_ms(io), pause_ms = due_ms > now_ms ? due_ms - now_ms : 0;

	if (pause_ms < PAUSE_MIN_MS || !assembly->exchange)
		return;
	io_net(io, pause, assembly->exchange, true);
	io_timer_set(io, assembly->pacer, pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS);
}

static void go_on(void *arg)
{
	struct assembly *assembly = arg;

	io_timer_set(assembly->datanode->io, assembly->patience, PATIENCE_MS);
	if (assembly->exchange)
		io_net(assembly->datanode->io, pause, assembly->exchange, false);
}

static void impatient(void *arg)
{
	char text[64];

	snprintf(text, sizeof(text), "it sent nothing for %d s", PATIENCE_MS / 1000);
	source_failed(arg, text);
}

static void fail(struct assembly *assembly, int code, const char *text)
{
	pulse_errors(assembly->datanode);
	datanode_log(assembly->datanode, "warn",
	        "event=assembly_failed chunk=%016" PRIx64 " code=%s text=\"%s\"", assembly->chunk,
	        dfs_error_name(code), text);
	link_refuse(assembly->call, code, text);
	assembly_free(assembly);
}

static void assembly_free(struct assembly *assembly)
{
	struct io *io = assembly->datanode->io;

	if (assembly->copy)
		store_copy_cancel(assembly->copy);
	drop_request(assembly);
	frames_fini(&assembly->frames);
	io_timer_destroy(io, assembly->patience);
	io_timer_destroy(io, assembly->pacer);
	DL_DELETE(assembly->datanode->assemblies, assembly);
	free(assembly);
}
