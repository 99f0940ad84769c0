/* SPDX-License-Identifier: MIT */
/* A fake datanode: appends. Each hop stores, forwards, and answers for itself and those behind it.
 * Reads: fake_read.c. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "client/answer.h"
#include "fake_parts.h"

struct fake_post {
	struct fake_node *node;
	struct io_exchange *exchange; /* NULL: closed */
	uint64_t chunk;
	struct chunk_append params;
	struct fake_replica *replica;
	struct frames frames;
	uint64_t taken; /* payload */
	uint32_t crc;
	bool whole, answered, stalled, failed;
	char *reply;
	size_t reply_size, reply_sent;

	struct io_exchange *next; /* of the chain; NULL: none, or done */
	bool has_next, next_done, next_writable;
	char next_address[IO_ADDRESS_MAX];
	struct buf forward;
	struct answer next_answer;
	uint64_t forwarded;
	struct fake_post *after;
};

/* ---- replicas ---- */

struct fake_replica *fake_replica_find(struct fake_node *node, uint64_t chunk)
{
	for (struct fake_replica *replica = node->replicas; replica; replica = replica->next)
		if (replica->chunk == chunk)
			return replica;
	return NULL;
}

struct fake_replica *fake_replica_new(struct fake_node *node, uint64_t chunk, uint64_t version)
{
	struct fake_replica *replica = calloc(1, sizeof(*replica));

	replica->chunk = chunk;
	replica->version = version;
	replica->next = node->replicas;
	node->replicas = replica;
	return replica;
}

void fake_replica_add(struct fake_replica *replica, const void *bytes, uint32_t size, uint32_t crc)
{
	assert(replica->frames < 256);
	replica->sizes[replica->frames] = size;
	replica->crcs[replica->frames++] = crc;
	buf_append(&replica->bytes, bytes, size);
}

void fake_replica_cut(struct fake_replica *replica, uint64_t length)
{
	while (replica->bytes.size > length) {
		assert(replica->frames > 0);
		replica->bytes.size -= replica->sizes[--replica->frames];
	}
	assert(replica->bytes.size == length);
}

void fake_replica_drop(struct fake_node *node, uint64_t chunk)
{
	struct fake_replica **at = &node->replicas, *replica;

	while (*at && (*at)->chunk != chunk)
		at = &(*at)->next;
	replica = *at;
	if (!replica)
		return;
	*at = replica->next;
	buf_fini(&replica->bytes);
	free(replica);
}

/* ---- faults ---- */

bool fake_fault_is(struct fake_node *node, enum fake_fault fault)
{
	return node->fault == fault && node->fault_skip == 0;
}

void fake_fault_used(struct fake_node *node)
{
	if (node->fault_times > 0 && --node->fault_times == 0)
		node->fault = FAKE_WELL;
}

/* ---- answers ---- */

static void next_stop(struct fake_post *post)
{
	if (post->next)
		io_net(sim_host_io(post->node->host), abort, post->next);
	post->next = NULL;
}

static void respond(struct fake_post *post, int status, const char *failed, const char *text)
{
	struct io *io = sim_host_io(post->node->host);
	struct io_response response = {.status = status, .body_size = strlen(text)};
	char header[IO_ADDRESS_MAX + 8];

	assert(!post->answered);
	post->answered = true;
	next_stop(post);
	if (!post->exchange)
		return;
	response.headers[IO_CONTENT_TYPE] = "application/json";
	if (failed) {
		chunk_failed_format(failed, header);
		response.headers[IO_DFS_CHUNK] = header;
	}
	post->reply = strdup(text);
	post->reply_size = strlen(text);
	io_net(io, respond, post->exchange, &response);
	io_net(io, want_write, post->exchange);
}

static void refuse(struct fake_post *post, int code, const char *failed, const char *message)
{
	struct proto_fault fault = {.code = dfs_error_name(code), .message = message};
	struct buf text = {0};

	post->failed = true;
	proto_fault_encode(&fault, &text);
	respond(post, link_http_status(code), failed, text.data);
	buf_fini(&text);
}

static void acknowledge(struct fake_post *post)
{
	struct fake_node *node = post->node;
	struct proto_receipt receipt = {.chunk = post->chunk,
	        .version = post->params.version,
	        .offset = post->params.offset,
	        .length = post->params.payload,
	        .crc = post->crc,
	        .total = post->replica->bytes.size,
	        .replicas = 1};
	struct buf text = {0};
	struct arena arena = {0};
	char signature[400];

	if (post->params.seal) {
		receipt.offset = 0;
		receipt.length = receipt.total;
		receipt.crc = crc32c(0, post->replica->bytes.data, post->replica->bytes.size);
	}
	if (post->has_next) {
		struct proto_receipt next;

		if (proto_receipt_decode(&arena, post->next_answer.body.data,
		            post->next_answer.body.size, &next, NULL) != 0) {
			refuse(post, DFS_E_PROTO, post->next_address,
			        "the next hop's answer is no receipt");
			arena_fini(&arena);
			return;
		}
		receipt.replicas += next.replicas;
		if (next.crc != receipt.crc || next.length != receipt.length ||
		        next.total != receipt.total) {
			refuse(post, DFS_E_CORRUPT, post->next_address,
			        "the next hop has other bytes");
			arena_fini(&arena);
			return;
		}
	}
	if (post->params.seal)
		post->replica->sealed = true;
	if (fake_fault_is(node, FAKE_WRONG_CRC))
		receipt.crc ^= 0x100;
	if (fake_fault_is(node, FAKE_WRONG_LENGTH))
		receipt.length--;
	if (fake_fault_is(node, FAKE_FEW_REPLICAS))
		receipt.replicas--;
	fake_receipt(post->chunk, receipt.offset, receipt.length, receipt.crc, signature);
	receipt.signature = signature;
	proto_receipt_encode(&receipt, &text);
	respond(post, 200, NULL, fake_fault_is(node, FAKE_NO_JSON) ? "well done" : text.data);
	fake_fault_used(node);
	buf_fini(&text);
	arena_fini(&arena);
}

static void maybe_acknowledge(struct fake_post *post)
{
	if (post->answered || post->stalled || !post->whole || (post->has_next && !post->next_done))
		return;
	if (fake_fault_is(post->node, FAKE_DIES_UNANSWERED))
		post->node->dying = true;
	else if (!fake_fault_is(post->node, FAKE_HANGS))
		acknowledge(post);
	if (post->answered && post->node->fault_skip > 0)
		post->node->fault_skip--;
}

/* ---- the next hop ---- */

static void next_response(void *arg, const struct io_response *response)
{
	answer_begin(&((struct fake_post *)arg)->next_answer, response);
}

static void next_body(void *arg, const void *bytes, size_t size)
{
	answer_body(&((struct fake_post *)arg)->next_answer, bytes, size);
}

static void next_failed(struct fake_post *post, const char *why)
{
	struct dfs_error err = {0};
	const char *failed = post->next_address;
	int code = DFS_E_CLOSED;

	if (post->answered)
		return;
	if (post->next_answer.status > 399) {
		code = answer_error(&post->next_answer, post->next_address, &err);
		if (post->next_answer.failed[0])
			failed = post->next_answer.failed;
	} else {
		error_set(&err, code, "%s: %s", post->next_address, why ? why : "no answer");
	}
	refuse(post, code, failed, err.text);
}

static void next_body_end(void *arg)
{
	struct fake_post *post = arg;

	if (post->next_answer.status == 200)
		post->next_done = true;
	else
		next_failed(post, NULL);
	maybe_acknowledge(post);
}

static void next_push(struct fake_post *post)
{
	struct io *io = sim_host_io(post->node->host);
	size_t size = post->forward.size < 65536 ? post->forward.size : 65536;

	if (!post->next || size == 0 || !post->next_writable)
		return;
	post->next_writable = io_net(io, write, post->next, post->forward.data, size);
	buf_consume(&post->forward, size);
	if (post->forward.size > 0) {
		post->next_writable = false;
		io_net(io, want_write, post->next);
	}
}

static void next_writable(void *arg)
{
	struct fake_post *post = arg;

	post->next_writable = true;
	next_push(post);
	post->next_writable = false;
}

static void next_closed(void *arg, const char *why)
{
	struct fake_post *post = arg;

	post->next = NULL;
	if (!post->next_done)
		next_failed(post, why);
}

static const struct io_exchange_events NEXT_EVENTS = {
        next_response, next_body, next_body_end, next_writable, next_closed};

static void forward(struct fake_post *post, const void *bytes, size_t size)
{
	struct fake_node *node = post->node;
	size_t before = post->forward.size;

	if (!post->next)
		return;
	buf_append(&post->forward, bytes, size);
	if (fake_fault_is(node, FAKE_GARBLES_WIRE) && post->forwarded <= node->fault_bytes &&
	        node->fault_bytes < post->forwarded + size) {
		post->forward.data[before + (node->fault_bytes - post->forwarded)] ^= 4;
		fake_fault_used(node);
	}
	post->forwarded += size;
	io_net(sim_host_io(node->host), want_write, post->next);
}

static void next_open(struct fake_post *post, const struct io_request *request)
{
	struct io_request next = *request;
	const char *rest = NULL;
	struct dfs_error err = {0};
	int code =
	        chunk_chain_next(request->headers[IO_DFS_CHAIN], post->next_address, &rest, &err);

	assert(code == 0);
	next.headers[IO_DFS_CHAIN] = rest;
	post->has_next = true;
	post->next = io_net(sim_host_io(post->node->host), exchange_open, post->next_address, &next,
	        &NEXT_EVENTS, post);
}

/* ---- the body ---- */

static int take_frame(
        void *arg, const struct frame *frame, const uint8_t *bytes, struct dfs_error *err)
{
	struct fake_post *post = arg;

	if (post->replica->version != post->params.version)
		return error_set(err, DFS_E_STALE, "frozen meanwhile");
	assert(frame->flags == FRAME_RECORD_END && frame->sequence == post->replica->frames + 1);
	fake_replica_add(post->replica, bytes, frame->size_bytes, frame->crc);
	post->crc = crc32c_combine(post->crc, frame->crc, frame->size_bytes);
	post->taken += frame->size_bytes;
	return 0;
}

static void misbehave(struct fake_post *post)
{
	struct fake_node *node = post->node;

	if (post->taken < node->fault_bytes)
		return;
	if (fake_fault_is(node, FAKE_DIES)) {
		node->dying = post->stalled = true;
	} else if (fake_fault_is(node, FAKE_STALLS) && !post->stalled) {
		post->stalled = true;
		io_net(sim_host_io(node->host), pause, post->exchange, true);
	} else if (fake_fault_is(node, FAKE_REFUSES_LATE)) {
		int code = node->fault_code;

		fake_fault_used(node);
		refuse(post, code, node->address, "it has had enough");
	}
}

static void post_body(void *arg, const void *bytes, size_t size)
{
	struct fake_post *post = arg;
	struct dfs_error err = {0};

	if (post->answered || post->stalled)
		return;
	forward(post, bytes, size);
	if (frames_feed(&post->frames, bytes, size, take_frame, post, &err) != 0) {
		refuse(post, err.code, post->node->address, err.text);
		return;
	}
	misbehave(post);
}

static void post_body_end(void *arg)
{
	struct fake_post *post = arg;

	if (post->answered || post->stalled)
		return;
	if (post->taken != post->params.payload || !frames_at_boundary(&post->frames)) {
		refuse(post, DFS_E_CORRUPT, post->node->address,
		        "a frame's size changed on its way");
		return;
	}
	post->whole = true;
	maybe_acknowledge(post);
}

static void post_writable(void *arg)
{
	struct fake_post *post = arg;

	io_net(sim_host_io(post->node->host), write, post->exchange, post->reply, post->reply_size);
}

static void post_free(struct fake_post *post)
{
	frames_fini(&post->frames);
	buf_fini(&post->forward);
	answer_fini(&post->next_answer);
	free(post->reply);
	free(post);
}

static void post_closed(void *arg, const char *why)
{
	struct fake_post *post = arg;
	struct fake_post **at = &post->node->posts;

	while (*at != post)
		at = &(*at)->after;
	*at = post->after;
	next_stop(post);
	post_free(post);
}

static const struct io_exchange_events POST_EVENTS = {
        NULL, post_body, post_body_end, post_writable, post_closed};

/* ---- the head ---- */

static int check_append(struct fake_post *post, const char *bearer, struct dfs_error *err)
{
	struct fake_node *node = post->node;
	char ticket[400], wanted[420];

	fake_ticket(node->fake, 'a', post->chunk, post->params.version, ticket);
	snprintf(wanted, sizeof(wanted), "Bearer %s", ticket);
	if (!bearer || strcmp(bearer, wanted) != 0)
		return error_set(err, DFS_E_TICKET, "the ticket is not for this");
	if (post->params.offset + post->params.payload > node->fake->options.chunk_size)
		return error_set(err, DFS_E_TOOBIG, "more than the ticket allows");
	post->replica = fake_replica_find(node, post->chunk);
	if (!post->replica && !post->params.create)
		return error_set(err, DFS_E_NOENT, "no such chunk");
	if (!post->replica)
		post->replica = fake_replica_new(node, post->chunk, post->params.version);
	if (post->replica->version != post->params.version)
		return error_set(
		        err, DFS_E_STALE, "the version is %" PRIu64, post->replica->version);
	if (post->replica->sealed)
		return error_set(err, DFS_E_SEALED, "the chunk is sealed");
	if (post->replica->bytes.size != post->params.offset)
		return error_set(
		        err, DFS_E_RANGE, "the replica has %zu bytes", post->replica->bytes.size);
	return 0;
}

static int post_begin(struct fake_node *node, struct io_exchange *exchange,
        const struct io_request *request, const struct io_exchange_events **ret_events,
        void **ret_arg)
{
	struct fake_post *post = calloc(1, sizeof(*post));
	struct dfs_error err = {0};
	int code;

	node->posts_count++;
	post->node = node;
	post->exchange = exchange;
	post->after = node->posts;
	node->posts = post;
	*ret_events = &POST_EVENTS;
	*ret_arg = post;
	code = chunk_path_parse(request->path, &post->chunk, &err);
	assert(code == 0);
	code = chunk_append_parse(request->headers[IO_DFS_APPEND], &post->params, &err);
	assert(code == 0 && chunk_body_fits(request->body_size, post->params.payload));
	if (fake_chunk_find(node->fake, post->chunk)->epoch < node->fake->epoch)
		node->fake->old_posts++;
	if (post->params.payload > node->fake->largest_post)
		node->fake->largest_post = post->params.payload;
	code = check_append(post, request->headers[IO_AUTHORIZATION], &err);
	if (fake_fault_is(node, FAKE_REFUSES)) {
		code = error_set(&err, node->fault_code, "it does not want to");
		fake_fault_used(node);
	}
	if (code != 0) {
		refuse(post, code, node->address, err.text);
		return 0;
	}
	if (request->headers[IO_DFS_CHAIN])
		next_open(post, request);
	if (fake_fault_is(node, FAKE_DIES) && node->fault_bytes == 0)
		node->dying = true;
	return 0;
}

static int node_exchange(void *arg, struct io_exchange *exchange, const struct io_request *request,
        const struct io_exchange_events **ret_events, void **ret_arg)
{
	struct fake_node *node = arg;

	assert(!node->dying);
	if (strcmp(request->method, "POST") == 0)
		return post_begin(node, exchange, request, ret_events, ret_arg);
	if (strcmp(request->method, "GET") == 0)
		return fake_read_begin(node, exchange, request, ret_events, ret_arg);
	return 405;
}

static const struct io_service SERVICE = {.exchange = node_exchange};

void fake_node_serve(struct fake_node *node)
{
	char why[256];

	node->server = io_net(sim_host_io(node->host), serve, node->address, &SERVICE, node, why);
	assert(node->server);
	node->alive = true;
}

void fake_node_clear(struct fake_node *node)
{
	while (node->posts) {
		struct fake_post *post = node->posts;

		node->posts = post->after;
		io_net(sim_host_io(node->host), abort, post->exchange);
		next_stop(post);
		post_free(post);
	}
	fake_reads_clear(node);
	io_net(sim_host_io(node->host), server_close, node->server);
	node->server = NULL;
}

void fake_node_fini(struct fake_node *node)
{
	while (node->replicas)
		fake_replica_drop(node, node->replicas->chunk);
}
