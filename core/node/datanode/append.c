/* SPDX-License-Identifier: MIT */
/*
 * POST of a chunk: one hop of a chain. Bytes go into the store and, at the same time, on to the
 * next hop; the answer says that both are done (docs/contracts.md, "Append"; GFS 3.2).
 *
 *             up: body --copied once--> slabs ----> the store, whose workers write from them
 *                     \                     \---> down: the same request to the next hop
 *                      \--small bodies: store_append_feed, written at once
 *
 *   RECEIVING --body complete--> FINISHING --own replica durable, next hop said 200--> ANSWERED
 *       |                            |
 *       +------- any failure --------+--> FAILED: answer sent, what the sender still pours in is
 * dropped
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "base/frame.h"
#include "node/datanode/role.h"

enum relay_state { RECEIVING, FINISHING, ANSWERED, FAILED };

enum {
	LINE_BYTES = 4 * 1024 * 1024, /* between the two sockets of a hop */
	LINE_HIGH =
	        2 * 1024 * 1024, /* stop reading above it: what lws has already read still fits */
	LENT_BYTES = 256 * 1024, /* smaller bodies are written at once, without a worker */
	LENT_FRAME_BYTES = 16 * 1024, /* and those whose frames are smaller than this on average */
	PIECE_BYTES = 256 * 1024,
	DOWN_REPLY_MAX = 64 * 1024,
	PATIENCE_MS = 10000,
	PATIENCE_PER_HOP_MS = 2000,
	DROP_MS = 10000, /* a failed sender is listened to so long, that it reads its answer */
	LEASE_FIRST_MS = 54000, /* 90 % of a minute, until the master's first answer (RULES 5) */
};

/* Slabs in the order in which they were filled. The last one may have room; `out` bytes of the
 * first were sent on. */
struct line {
	struct slab *first, *last;
	size_t out;
	uint64_t waiting; /* bytes that were not sent on */
};

struct relay {
	struct datanode *datanode;
	enum relay_state state;
	struct io_exchange *up, *down;
	struct chunk_append ask;
	uint64_t allowance; /* bytes that the chunk may have at most, by the ticket */
	uint64_t chunk;
	char next_hop[IO_ADDRESS_MAX];
	unsigned hops_after;
	struct store_append *append;
	struct line line;
	bool lent;                  /* the store takes the slabs */
	bool line_full, store_full; /* why `up` is paused */
	bool stored, forwarded;
	struct store_held held;
	uint64_t payload_bytes;
	uint32_t payload_crc;
	int down_status;
	char down_failed[IO_ADDRESS_MAX];
	struct buf down_body;
	struct proto_receipt down_receipt;
	struct arena arena;
	struct http_answer answer;
	struct io_timer *patience;
	uint64_t lease_until_ms;
	struct relay *prev, *next;
};

static int begin(struct relay *relay, const struct io_request *request, struct dfs_error *err);
static bool is_large(uint64_t body_size, uint64_t payload);
static int check_ticket(
        struct relay *relay, const struct io_request *request, struct dfs_error *err);
static int open_down(struct relay *relay, const struct io_request *request, struct dfs_error *err);
static void up_body(void *arg, const void *bytes, size_t size);
static void *up_room(void *arg, size_t *ret_size);
static void up_body_end(void *arg);
static void up_writable(void *arg);
static void up_closed(void *arg, const char *why);
static void up_flow(struct relay *relay);
static void store_flow(void *arg, bool wanted);
static void store_finished(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held);
static void down_response(void *arg, const struct io_response *response);
static void down_body(void *arg, const void *bytes, size_t size);
static void down_body_end(void *arg);
static void down_writable(void *arg);
static void down_closed(void *arg, const char *why);
static void down_answered(struct relay *relay);
static void impatient(void *arg);
static void patience_reset(struct relay *relay);
static void finish_if_done(struct relay *relay);
static void answer(struct relay *relay);
static void fail(struct relay *relay, int code, const char *failed, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
static void release(struct relay *relay);
static void relay_free(struct relay *relay);
static int up_take(struct relay *relay, const char *bytes, size_t size, struct dfs_error *err);
static struct slab *line_room(struct relay *relay);
static void line_drop_first(struct line *line);

static const struct io_exchange_events up_events = {
        .body = up_body,
        .room = up_room,
        .body_end = up_body_end,
        .writable = up_writable,
        .closed = up_closed,
};

static const struct io_exchange_events down_events = {
        .response = down_response,
        .body = down_body,
        .body_end = down_body_end,
        .writable = down_writable,
        .closed = down_closed,
};

int append_accept(struct datanode *datanode, struct io_exchange *exchange,
        const struct io_request *request, uint64_t chunk,
        const struct io_exchange_events **ret_events, void **ret_arg)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	struct dfs_error err = {0};
	int code;

	if (!relay)
		return 503;
	relay->datanode = datanode;
	relay->chunk = chunk;
	relay->up = exchange;
	DL_APPEND(datanode->relays, relay);
	code = begin(relay, request, &err);
	if (code != 0) {
		relay->up = NULL;
		relay_free(relay);
		pulse_errors(datanode);
		return doors_refuse(datanode, exchange, code, err.text, ret_events, ret_arg);
	}
	patience_reset(relay);
	*ret_events = &up_events;
	*ret_arg = relay;
	return 0;
}

/* Open chunks that are appended to now: the master extends the leases of those whose primary we
 * are. */
void append_progress(
        struct datanode *datanode, struct arena *arena, struct proto_progress_args *ret)
{
	struct relay *relay;
	size_t count;

	DL_COUNT(datanode->relays, relay, count);
	ret->writing = arena_alloc(arena, (count + 1) * sizeof(*ret->writing));
	if (!ret->writing)
		return;
	DL_FOREACH (datanode->relays, relay) {
		struct proto_writing *writing = &ret->writing[ret->writing_count];
		struct store_held held;

		if (relay->state > FINISHING ||
		        store_lookup(datanode->store, relay->chunk, &held) != 0 ||
		        ret->writing_count == 4096)
			continue;
		writing->chunk = relay->chunk;
		writing->version = held.version;
		writing->length = held.length;
		writing->committed = held.committed;
		ret->writing_count++;
	}
}

/* RULES 5: the primary counts from before it asked, and stops at 90 %. */
void append_lease(struct datanode *datanode, const struct proto_leased *lease, uint64_t asked_ms)
{
	struct relay *relay, *next;

	DL_FOREACH_SAFE (datanode->relays, relay, next) {
		if (relay->chunk != lease->chunk || relay->state > FINISHING)
			continue;
		relay->lease_until_ms = asked_ms + lease->lease_ms * 9 / 10;
		if (lease->lease_ms == 0)
			fail(relay, DFS_E_STALE, datanode->address,
			        "the master revoked the lease of this chunk");
	}
}

void append_close_all(struct datanode *datanode)
{
	struct relay *relay, *next;

	DL_FOREACH_SAFE (datanode->relays, relay, next) {
		relay_free(relay);
	}
}

bool append_idle(const struct datanode *datanode)
{
	return datanode->relays == NULL;
}

/* ---- the request ---- */

static int begin(struct relay *relay, const struct io_request *request, struct dfs_error *err)
{
	struct datanode *datanode = relay->datanode;
	struct store_append_request append = {.chunk = relay->chunk};
	struct store_append_events events = {
	        .flow = store_flow, .done = store_finished, .arg = relay};
	const char *parameters = request->headers[IO_DFS_APPEND];
	int code = chunk_append_parse(parameters ? parameters : "", &relay->ask, err);

	if (code == 0 && datanode->stopping)
		code = error_set(err, DFS_E_UNAVAIL, "datanode %s is stopping", datanode->address);
	if (code == 0)
		code = check_ticket(relay, request, err);
	if (code != 0)
		return code;
	if (!chunk_body_fits(request->body_size, relay->ask.payload))
		return error_set(err, DFS_E_PROTO,
		        "a body of %llu bytes cannot carry %llu bytes in frames",
		        (unsigned long long)request->body_size,
		        (unsigned long long)relay->ask.payload);
	relay->patience = io_timer_create(datanode->io, impatient, relay);
	if (!relay->patience)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	append.version = relay->ask.version;
	append.offset = relay->ask.offset;
	append.allowance = relay->allowance;
	append.create = relay->ask.create;
	append.sync = relay->ask.sync;
	append.seal = relay->ask.seal;
	append.lent = relay->lent = is_large(request->body_size, relay->ask.payload);
	append.expected = relay->ask.payload;
	relay->lease_until_ms = io_mono_ms(datanode->io) + LEASE_FIRST_MS;
	code = store_append_begin(datanode->store, &append, events, &relay->append, err);
	if (code == 0)
		code = open_down(relay, request, err);
	return code;
}

/* The body's size tells how many frames it has. */
static bool is_large(uint64_t body_size, uint64_t payload)
{
	uint64_t frames = (body_size - payload) / FRAME_HEADER_SIZE;

	return payload >= LENT_BYTES && payload / frames >= LENT_FRAME_BYTES;
}

static int check_ticket(
        struct relay *relay, const struct io_request *request, struct dfs_error *err)
{
	struct datanode *datanode = relay->datanode;
	const char *bearer = http_bearer(request);
	struct ticket ticket;
	int code;

	if (!bearer)
		return error_set(
		        err, DFS_E_AUTH, "an append needs a ticket in Authorization: Bearer");
	code = ticket_parse(datanode->options.key, bearer, &ticket, err);
	if (code == 0)
		code = ticket_check(
		        &ticket, TICKET_APPEND, relay->chunk, datanode_clock_ms(datanode), err);
	if (code != 0)
		return code;
	if (ticket.version != relay->ask.version)
		return error_set(err, DFS_E_TICKET,
		        "the ticket is for version %llu of the chunk, the append for %llu",
		        (unsigned long long)ticket.version, (unsigned long long)relay->ask.version);
	if (relay->ask.payload > ticket.length ||
	        relay->ask.offset > ticket.length - relay->ask.payload)
		return error_set(err, DFS_E_TOOBIG, "the chunk may grow to %llu bytes, not to %llu",
		        (unsigned long long)ticket.length,
		        (unsigned long long)(relay->ask.offset + relay->ask.payload));
	relay->allowance = ticket.length;
	return 0;
}

static int open_down(struct relay *relay, const struct io_request *request, struct dfs_error *err)
{
	struct datanode *datanode = relay->datanode;
	struct io_request down = *request;
	const char *chain = request->headers[IO_DFS_CHAIN], *rest = NULL;
	int code;

	if (!chain)
		return 0; /* the last hop */
	code = chunk_chain_next(chain, relay->next_hop, &rest, err);
	if (code != 0)
		return code;
	for (const char *at = rest; at; at = strchr(at + 1, ','))
		relay->hops_after++;
	down.headers[IO_DFS_CHAIN] = rest;
	relay->down =
	        io_net(datanode->io, exchange_open, relay->next_hop, &down, &down_events, relay);
	return relay->down ? 0 : error_set(err, DFS_E_NOMEM, "out of memory");
}

/* ---- up: the sender ---- */

static void up_body(void *arg, const void *bytes, size_t size)
{
	struct relay *relay = arg;
	struct datanode *datanode = relay->datanode;
	struct dfs_error err = {0};

	if (relay->state == FAILED)
		return; /* dropped */
	assert(relay->state == RECEIVING);
	atomic_fetch_add(&datanode->pulse.write_bytes, size);
	if (up_take(relay, bytes, size, &err) != 0) {
		fail(relay, err.code, datanode->address, "%s", err.text);
		return;
	}
	if (relay->down) {
		io_net(datanode->io, want_write, relay->down);
		relay->line_full = relay->line.waiting > LINE_HIGH;
		up_flow(relay);
	}
	patience_reset(relay);
}

/* Straight into the slab. */
static void *up_room(void *arg, size_t *ret_size)
{
	struct relay *relay = arg;
	struct slab *slab = relay->state == RECEIVING && relay->lent ? line_room(relay) : NULL;

	if (!slab)
		return NULL;
	*ret_size = SLAB_BYTES - slab->size;
	return slab->bytes + slab->size;
}

static void up_body_end(void *arg)
{
	struct relay *relay = arg;
	struct datanode *datanode = relay->datanode;

	if (relay->state == FAILED)
		return;
	store_append_sofar(relay->append, &relay->payload_bytes, &relay->payload_crc);
	if (relay->payload_bytes != relay->ask.payload) {
		fail(relay, DFS_E_PROTO, datanode->address,
		        "the body carried %llu bytes of payload, and %llu were announced",
		        (unsigned long long)relay->payload_bytes,
		        (unsigned long long)relay->ask.payload);
		return;
	}
	relay->state = FINISHING;
	patience_reset(relay);
	store_append_end(relay->append);
}

static void up_writable(void *arg)
{
	struct relay *relay = arg;

	http_answer_writable(&relay->answer, relay->datanode->io, relay->up);
}

static void up_closed(void *arg, const char *why)
{
	struct relay *relay = arg;

	relay->up = NULL;
	if (relay->state < ANSWERED)
		pulse_errors(relay->datanode);
	relay_free(relay);
}

static void up_flow(struct relay *relay)
{
	if (relay->up)
		io_net(relay->datanode->io, pause, relay->up,
		        relay->state != FAILED && (relay->line_full || relay->store_full));
}

/* ---- the own replica ---- */

static void store_flow(void *arg, bool wanted)
{
	struct relay *relay = arg;

	relay->store_full = !wanted;
	up_flow(relay);
}

static void store_finished(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held)
{
	struct relay *relay = arg;

	relay->append = NULL;
	if (relay->state == FAILED)
		return;
	if (status != 0) {
		fail(relay, status, relay->datanode->address, "%s", err->text);
		return;
	}
	relay->stored = true;
	relay->held = *held;
	finish_if_done(relay);
}

/* ---- down: the next hop ---- */

static void down_writable(void *arg)
{
	struct relay *relay = arg;
	struct line *line = &relay->line;
	bool more = true;

	while (more && line->waiting > 0) {
		size_t size = line->first->size - line->out;

		if (size > PIECE_BYTES)
			size = PIECE_BYTES;
		more = io_net(relay->datanode->io, write, relay->down,
		        line->first->bytes + line->out, size);
		line->out += size;
		line->waiting -= size;
		if (line->out == SLAB_BYTES)
			line_drop_first(line);
	}
	if (line->waiting > 0)
		io_net(relay->datanode->io, want_write, relay->down);
	if (relay->line_full && line->waiting < LINE_HIGH / 2) {
		relay->line_full = false;
		up_flow(relay);
	}
	patience_reset(relay);
}

static void down_response(void *arg, const struct io_response *response)
{
	struct relay *relay = arg;

	relay->down_status = response->status;
	if (!response->headers[IO_DFS_CHUNK] ||
	        !chunk_failed_parse(response->headers[IO_DFS_CHUNK], relay->down_failed))
		snprintf(relay->down_failed, sizeof(relay->down_failed), "%s", relay->next_hop);
}

static void down_body(void *arg, const void *bytes, size_t size)
{
	struct relay *relay = arg;

	if (relay->down_body.size + size <= DOWN_REPLY_MAX)
		buf_append(&relay->down_body, bytes, size);
}

static void down_body_end(void *arg)
{
	struct relay *relay = arg;

	if (relay->state < ANSWERED && !relay->forwarded)
		down_answered(relay);
}

static void down_closed(void *arg, const char *why)
{
	struct relay *relay = arg;

	relay->down = NULL;
	if (relay->state >= ANSWERED || relay->forwarded)
		return;
	fail(relay, DFS_E_UNAVAIL, relay->next_hop, "next datanode of the chain, %s: %s",
	        relay->next_hop, why ? why : "it closed the connection before it answered");
}

static void down_answered(struct relay *relay)
{
	struct proto_fault fault = {0};
	struct dfs_error err = {0};
	const char *json = relay->down_body.data ? relay->down_body.data : "";

	if (relay->down_status != 200) {
		if (proto_fault_decode(&relay->arena, json, relay->down_body.size, &fault, &err) !=
		        0)
			fail(relay, DFS_E_UNAVAIL, relay->next_hop, "%s answered %d",
			        relay->next_hop, relay->down_status);
		else
			fail(relay,
			        dfs_error_code(fault.code) ? dfs_error_code(fault.code) : DFS_E_IO,
			        relay->down_failed, "%s: %s", relay->next_hop, fault.message);
		return;
	}
	if (proto_receipt_decode(
	            &relay->arena, json, relay->down_body.size, &relay->down_receipt, &err) != 0) {
		fail(relay, DFS_E_PROTO, relay->next_hop, "%s: %s", relay->next_hop, err.text);
		return;
	}
	relay->forwarded = true;
	finish_if_done(relay);
}

/* Nothing moved for as long as this hop may wait: the next hop, or our own disk, is stuck. */
static void impatient(void *arg)
{
	struct relay *relay = arg;
	struct datanode *datanode = relay->datanode;

	if (relay->state >= ANSWERED) {
		relay_free(relay); /* the sender had its time to read the answer */
		return;
	}
	if (relay->down && !relay->forwarded && (relay->stored || relay->line.waiting > 0))
		fail(relay, DFS_E_TIMEOUT, relay->next_hop,
		        "next datanode of the chain, %s, made no progress for %d s",
		        relay->next_hop,
		        (PATIENCE_MS + (int)relay->hops_after * PATIENCE_PER_HOP_MS) / 1000);
	else
		fail(relay, DFS_E_TIMEOUT, datanode->address,
		        "datanode %s made no progress for %d s", datanode->address,
		        (PATIENCE_MS + (int)relay->hops_after * PATIENCE_PER_HOP_MS) / 1000);
}

static void patience_reset(struct relay *relay)
{
	if (relay->state < ANSWERED)
		io_timer_set(relay->datanode->io, relay->patience,
		        PATIENCE_MS + (uint64_t)relay->hops_after * PATIENCE_PER_HOP_MS);
}

/* ---- the end ---- */

static void finish_if_done(struct relay *relay)
{
	struct datanode *datanode = relay->datanode;
	bool has_next = relay->next_hop[0] != '\0';

	if (relay->state != FINISHING || !relay->stored || (has_next && !relay->forwarded))
		return;
	if (has_next &&
	        (relay->down_receipt.chunk != relay->chunk ||
	                relay->down_receipt.version != relay->ask.version ||
	                relay->down_receipt.total != relay->held.length ||
	                relay->down_receipt.length !=
	                        (relay->ask.seal ? relay->held.length : relay->payload_bytes) ||
	                relay->down_receipt.crc !=
	                        (relay->ask.seal ? relay->held.crc : relay->payload_crc))) {
		fail(relay, DFS_E_CORRUPT, relay->next_hop, "%s stored other bytes than %s",
		        relay->next_hop, datanode->address);
		return;
	}
	if (io_mono_ms(datanode->io) > relay->lease_until_ms) {
		fail(relay, DFS_E_STALE, datanode->address,
		        "the lease of the chunk ran out before the append was done");
		return;
	}
	answer(relay);
}

static void answer(struct relay *relay)
{
	struct datanode *datanode = relay->datanode;
	bool whole =
	        relay->ask.seal; /* one signature for a chunk that was written in several bodies */
	struct receipt_claim claim = {
	        .chunk = relay->chunk,
	        .version = relay->ask.version,
	        .offset = whole ? 0 : relay->ask.offset,
	        .length = whole ? relay->held.length : relay->payload_bytes,
	        .crc = whole ? relay->held.crc : relay->payload_crc,
	};
	struct proto_receipt receipt = {
	        .chunk = claim.chunk,
	        .version = claim.version,
	        .offset = claim.offset,
	        .length = claim.length,
	        .crc = claim.crc,
	        .total = relay->held.length,
	        .replicas = 1 + (relay->next_hop[0] ? relay->down_receipt.replicas : 0),
	};
	char signature[PASS_SIZE];

	receipt_sign(datanode->options.key, &claim, signature);
	receipt.signature = signature;
	relay->state = ANSWERED;
	io_timer_set(datanode->io, relay->patience, DROP_MS);
	store_committed(datanode->store, relay->chunk, relay->held.length, relay->ask.seal);
	proto_receipt_encode(&receipt, &relay->answer.body);
	http_answer_start(&relay->answer, datanode->io, relay->up, 200, "application/json", NULL);
}

static void fail(struct relay *relay, int code, const char *failed, const char *format, ...)
{
	struct datanode *datanode = relay->datanode;
	const char *headers[IO_HEADERS] = {0};
	char message[DFS_ERROR_TEXT_MAX], header[IO_ADDRESS_MAX + 8];
	va_list args;

	if (relay->state >= ANSWERED)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	relay->state = FAILED;
	pulse_errors(datanode);
	datanode_log(datanode, "warn",
	        "event=append_failed chunk=%016llx code=%s failed=%s text=\"%s\"",
	        (unsigned long long)relay->chunk, dfs_error_name(code), failed, message);
	chunk_failed_format(failed, header);
	headers[IO_DFS_CHUNK] = header;
	release(relay);
	up_flow(relay);
	http_answer_error(&relay->answer, datanode->io, relay->up, code, message, headers);
	io_timer_set(datanode->io, relay->patience, DROP_MS);
}

/* What the append holds besides the exchange with its sender. */
static void release(struct relay *relay)
{
	if (relay->append)
		store_append_cancel(relay->append);
	relay->append = NULL;
	io_net(relay->datanode->io, abort, relay->down);
	relay->down = NULL;
	while (relay->line.first)
		line_drop_first(&relay->line);
	relay->line = (struct line){0};
}

static void relay_free(struct relay *relay)
{
	release(relay);
	io_net(relay->datanode->io, abort, relay->up);
	io_timer_destroy(relay->datanode->io, relay->patience);
	DL_DELETE(relay->datanode->relays, relay);
	http_answer_fini(&relay->answer);
	buf_fini(&relay->down_body);
	arena_fini(&relay->arena);
	free(relay);
}

/* ---- slabs ---- */

/* Into slabs where a worker or the next hop needs the bytes later, and to the store. */
static int up_take(struct relay *relay, const char *bytes, size_t size, struct dfs_error *err)
{
	bool kept = relay->lent || relay->down;
	int code = 0;

	if (kept && relay->down && relay->line.waiting + size > LINE_BYTES)
		/* The sender was paused at LINE_HIGH; what was under way fits above that. */
		return error_set(err, DFS_E_NOMEM, "the sender does not pause");
	if (!relay->lent)
		code = store_append_feed(relay->append, bytes, size, err);
	while (code == 0 && kept && size > 0) {
		struct slab *slab = line_room(relay);
		size_t at = slab ? slab->size : 0;
		size_t part = size < SLAB_BYTES - at ? size : SLAB_BYTES - at;

		if (!slab)
			return error_set(err, DFS_E_NOMEM, "datanode %s is out of memory",
			        relay->datanode->address);
		if ((const uint8_t *)bytes != slab->bytes + at) /* else it was received there */
			memcpy(slab->bytes + at, bytes, part);
		slab->size += part;
		bytes += part;
		size -= part;
		if (relay->down)
			relay->line.waiting += part;
		if (relay->lent)
			code = store_append_lend(relay->append, slab, at, part, err);
	}
	return code;
}

/* The last slab, or a new one where that is full. Without a next hop full ones are the store's
 * alone. */
static struct slab *line_room(struct relay *relay)
{
	struct line *line = &relay->line;
	struct slab *slab;

	if (line->last && line->last->size < SLAB_BYTES)
		return line->last;
	if (line->last && !relay->down)
		line_drop_first(line);
	slab = slab_take(&relay->datanode->slabs);
	if (!slab)
		return NULL;
	if (line->last)
		line->last->next = slab;
	else
		line->first = slab;
	line->last = slab;
	return slab;
}

static void line_drop_first(struct line *line)
{
	struct slab *slab = line->first;

	line->first = slab->next;
	if (!line->first)
		line->last = NULL;
	line->out = 0;
	slab_unref(slab);
}
