/* SPDX-License-Identifier: MIT */
/* A fake datanode: reads. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "fake_parts.h"

struct fake_read {
	struct fake_node *node;
	struct io_exchange *exchange;
	struct buf body;
	size_t sent;
	uint64_t stop_at; /* bytes of the body after which something happens */
	bool stopped;
	struct fake_read *next;
};

static void frame_put(struct buf *body, const uint8_t *bytes, uint32_t size, uint32_t crc)
{
	struct frame frame = {.size_bytes = size, .crc = crc, .flags = FRAME_RECORD_END};
	uint8_t header[FRAME_HEADER_SIZE];

	frame_encode(&frame, header);
	buf_append(body, header, sizeof(header));
	buf_append(body, bytes, size);
}

/* Frames of [first, last] of the replica, those at the ends cut and summed anew. */
static void body_make(
        struct fake_read *read, const struct fake_replica *replica, uint64_t first, uint64_t last)
{
	struct fake_node *node = read->node;
	uint64_t at = 0;

	for (size_t i = 0; i < replica->frames; at += replica->sizes[i++]) {
		uint64_t from = at < first ? first : at, to = at + replica->sizes[i];
		uint32_t crc = replica->crcs[i];
		uint8_t *bytes;

		if (to > last + 1)
			to = last + 1;
		if (from >= to)
			continue;
		bytes = malloc(to - from);
		memcpy(bytes, replica->bytes.data + from, to - from);
		if (to - from != replica->sizes[i])
			crc = crc32c(0, bytes, to - from);
		if (node->fault_bytes >= from && node->fault_bytes < to) {
			if (fake_fault_is(node, FAKE_GARBLES_WIRE))
				bytes[node->fault_bytes - from] ^= 1;
			if (fake_fault_is(node, FAKE_GARBLES_CHUNK)) {
				bytes[node->fault_bytes - from] ^= 1;
				crc = crc32c(0, bytes, to - from);
			}
		}
		frame_put(&read->body, bytes, (uint32_t)(to - from), crc);
		free(bytes);
	}
	if (fake_fault_is(node, FAKE_LONG))
		frame_put(&read->body, (const uint8_t *)"more", 4, crc32c(0, "more", 4));
	if (fake_fault_is(node, FAKE_SHORT) && read->body.size > node->fault_bytes)
		read->body.size = node->fault_bytes;
}

static void read_writable(void *arg)
{
	struct fake_read *read = arg;
	struct io *io = sim_host_io(read->node->host);
	size_t size = read->body.size - read->sent;

	if (size > 50000)
		size = 50000;
	if (read->sent + size > read->stop_at)
		size = read->stop_at - read->sent;
	if (size > 0) {
		io_net(io, write, read->exchange, read->body.data + read->sent, size);
		read->sent += size;
		read->node->given += size;
	}
	if (read->sent >= read->stop_at && read->sent < read->body.size) {
		if (fake_fault_is(read->node, FAKE_DIES))
			read->node->dying = true;
		return; /* FAKE_STALLS: nothing more */
	}
	if (read->sent < read->body.size)
		io_net(io, want_write, read->exchange);
}

static void read_free(struct fake_read *read)
{
	buf_fini(&read->body);
	free(read);
}

static void read_closed(void *arg, const char *why)
{
	struct fake_read *read = arg;
	struct fake_read **at = &read->node->reads;

	while (*at != read)
		at = &(*at)->next;
	*at = read->next;
	read_free(read);
}

static const struct io_exchange_events READ_EVENTS = {
        .writable = read_writable, .closed = read_closed};

static int refuse(struct fake_read *read, int code, const char *message)
{
	struct io *io = sim_host_io(read->node->host);
	struct proto_fault fault = {.code = dfs_error_name(code), .message = message};
	struct io_response response = {.status = link_http_status(code)};

	proto_fault_encode(&fault, &read->body);
	response.headers[IO_CONTENT_TYPE] = "application/json";
	response.body_size = read->body.size;
	io_net(io, respond, read->exchange, &response);
	io_net(io, want_write, read->exchange);
	return 0;
}

static void answer(
        struct fake_read *read, const struct fake_replica *replica, const struct chunk_range *range)
{
	struct fake_node *node = read->node;
	struct io *io = sim_host_io(node->host);
	struct chunk_info info = {
	        replica->version, replica->bytes.size, replica->sealed ? CHUNK_SEALED : CHUNK_OPEN};
	struct io_response response = {.status = 206};
	char text[CHUNK_TEXT_SIZE], content[CHUNK_TEXT_SIZE];

	body_make(read, replica, range->first, range->last);
	chunk_info_format(&info, text);
	chunk_content_range_format(range, replica->bytes.size, content);
	response.headers[IO_CONTENT_TYPE] =
	        fake_fault_is(node, FAKE_PLAIN) ? CHUNK_BYTES_TYPE : CHUNK_FRAMES_TYPE;
	response.headers[IO_CONTENT_RANGE] = content;
	response.headers[IO_DFS_CHUNK] = text;
	response.body_size = read->body.size;
	if (fake_fault_is(node, FAKE_DIES) || fake_fault_is(node, FAKE_STALLS))
		read->stop_at = node->fault_bytes;
	io_net(io, respond, read->exchange, &response);
	io_net(io, want_write, read->exchange);
}

int fake_read_begin(struct fake_node *node, struct io_exchange *exchange,
        const struct io_request *request, const struct io_exchange_events **ret_events,
        void **ret_arg)
{
	struct fake_read *read = calloc(1, sizeof(*read));
	struct fake_replica *replica;
	struct chunk_range range;
	char ticket[400], wanted[420];
	uint64_t chunk;
	int code = chunk_path_parse(request->path, &chunk, NULL);

	assert(code == 0);
	code = chunk_range_parse(request->headers[IO_RANGE], &range, NULL);
	assert(code == 0 && strcmp(request->headers[IO_ACCEPT], CHUNK_FRAMES_TYPE) == 0);
	node->gets_count++;
	read->node = node;
	read->exchange = exchange;
	read->stop_at = UINT64_MAX;
	read->next = node->reads;
	node->reads = read;
	*ret_events = &READ_EVENTS;
	*ret_arg = read;
	if (fake_fault_is(node, FAKE_HANGS))
		return 0;
	if (fake_fault_is(node, FAKE_REFUSES)) {
		code = node->fault_code;
		fake_fault_used(node);
		return refuse(read, code, "it does not want to");
	}
	fake_ticket(node->fake, 'r', chunk, 0, ticket);
	snprintf(wanted, sizeof(wanted), "Bearer %s", ticket);
	if (strcmp(wanted, request->headers[IO_AUTHORIZATION]) != 0)
		return refuse(read, DFS_E_TICKET, "the ticket expired");
	replica = fake_replica_find(node, chunk);
	if (!replica)
		return refuse(read, DFS_E_NOENT, "no such chunk");
	if (range.last >= replica->bytes.size)
		return refuse(read, DFS_E_RANGE, "the replica is shorter");
	answer(read, replica, &range);
	return 0;
}

void fake_reads_clear(struct fake_node *node)
{
	while (node->reads) {
		struct fake_read *read = node->reads;

		node->reads = read->next;
		io_net(sim_host_io(node->host), abort, read->exchange);
		read_free(read);
	}
}
