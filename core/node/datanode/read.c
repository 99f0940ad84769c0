/* SPDX-License-Identifier: MIT */
/*
 * GET of a chunk: the store verifies and hands out pieces, each goes to the socket as it is. The
 * answer's status waits for the first piece, so that a bad first span is an error and not a broken
 * connection.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "base/text.h"
#include "node/datanode/role.h"

struct chunk_read {
	struct datanode *datanode;
	struct io_exchange *exchange;
	struct store_read *read; /* NULL once it is done */
	struct store_held held;
	uint64_t offset, length;
	bool framed, head;
	bool for_copy;     /* another datanode copies the chunk */
	bool started;      /* the status line went out */
	bool writing;      /* inside `writable`: a piece may be written at once */
	bool more;         /* the socket takes more in this turn */
	bool asked;        /* the store owes a piece */
	bool broken;       /* it failed after the status line */
	const void *piece; /* waits for the socket; the store keeps it */
	size_t piece_size;
	struct http_answer error;
	struct chunk_read *prev, *next;
};

static int begin(struct chunk_read *read, const struct io_request *request, struct dfs_error *err);
static int check_ticket(
        struct chunk_read *read, const struct io_request *request, struct dfs_error *err);
static int check_range(struct chunk_read *read, const struct ticket *ticket, const char *range,
        struct dfs_error *err);
static int respond(struct chunk_read *read);
static void got_piece(void *arg, const void *bytes, size_t size);
static void got_done(void *arg, int status, const struct dfs_error *err);
static void write_piece(struct chunk_read *read);
static void writable(void *arg);
static void closed(void *arg, const char *why);
static void read_free(struct chunk_read *read);

static const struct io_exchange_events read_events = {.writable = writable, .closed = closed};

int read_accept(struct datanode *datanode, struct io_exchange *exchange,
        const struct io_request *request, uint64_t chunk,
        const struct io_exchange_events **ret_events, void **ret_arg)
{
	struct chunk_read *read = calloc(1, sizeof(*read));
	struct dfs_error err = {0};
	int code;

	if (!read)
		return 503;
	read->datanode = datanode;
	read->exchange = exchange;
	read->head = strcmp(request->method, "HEAD") == 0;
	read->held.chunk = chunk;
	DL_APPEND(datanode->reads, read);
	code = begin(read, request, &err);
	if (code != 0) {
		read->exchange = NULL;
		read_free(read);
		pulse_errors(datanode);
		return doors_refuse(datanode, exchange, code, err.text, ret_events, ret_arg);
	}
	*ret_events = &read_events;
	*ret_arg = read;
	if (read->head)
		return respond(read) == 0 ? 0 : 503;
	read->asked = true;
	store_read_more(read->read);
	return 0;
}

void read_close_all(struct datanode *datanode)
{
	struct chunk_read *read, *next;

	DL_FOREACH_SAFE (datanode->reads, read, next) {
		read_free(read);
	}
}

static int begin(struct chunk_read *read, const struct io_request *request, struct dfs_error *err)
{
	const char *accept = request->headers[IO_ACCEPT], *reader = request->headers[IO_DFS_CHUNK];
	struct store_read_request ask = {.chunk = read->held.chunk};
	struct store_read_events events = {.piece = got_piece, .done = got_done, .arg = read};
	int code;

	read->framed = accept && strcmp(accept, CHUNK_FRAMES_TYPE) == 0;
	read->for_copy = reader && (strcmp(reader, CHUNK_READ_FOR_COPY) == 0 ||
	                                   strcmp(reader, CHUNK_READ_SPANS_FOR_COPY) == 0);
	code = check_ticket(read, request, err);
	if (code != 0)
		return code;
	ask.version = read->held.version;
	ask.offset = read->offset;
	ask.length = read->length;
	ask.framed = read->framed;
	ask.spans = reader && strcmp(reader, CHUNK_READ_SPANS) == 0;
	ask.any_spans = reader && strcmp(reader, CHUNK_READ_SPANS_FOR_COPY) == 0;
	code = store_lookup(read->datanode->store, ask.chunk, &read->held);
	if (code != 0)
		return error_set(err, code, "datanode %s has no replica of chunk %016llx",
		        read->datanode->address, (unsigned long long)ask.chunk);
	return store_read_begin(read->datanode->store, &ask, events, &read->read, err);
}

static int check_ticket(
        struct chunk_read *read, const struct io_request *request, struct dfs_error *err)
{
	struct datanode *datanode = read->datanode;
	const char *bearer = http_bearer(request);
	struct ticket ticket;
	int code;

	if (!bearer)
		return error_set(err, DFS_E_AUTH, "a read needs a ticket in Authorization: Bearer");
	code = ticket_parse(datanode->options.key, bearer, &ticket, err);
	if (code == 0)
		code = ticket_check(
		        &ticket, TICKET_READ, read->held.chunk, datanode_clock_ms(datanode), err);
	if (code != 0)
		return code;
	read->held.version = ticket.version;
	return check_range(read, &ticket, request->headers[IO_RANGE], err);
}

static int check_range(struct chunk_read *read, const struct ticket *ticket, const char *text,
        struct dfs_error *err)
{
	uint64_t last = ticket->offset + ticket->length - 1;
	struct chunk_range range = {.first = ticket->offset, .last = last};
	int code = text ? chunk_range_parse(text, &range, err) : 0;

	if (code != 0)
		return code;
	if (range.last == UINT64_MAX)
		range.last = last;
	if (ticket->length == 0 || range.first < ticket->offset || range.last > last ||
	        range.first > range.last)
		return error_set(err, DFS_E_TICKET,
		        "the ticket is for bytes %llu-%llu of the chunk only",
		        (unsigned long long)ticket->offset, (unsigned long long)last);
	read->offset = range.first;
	read->length = range.last - range.first + 1;
	return 0;
}

static int respond(struct chunk_read *read)
{
	static const enum chunk_state states[] = {
	        CHUNK_OPEN, CHUNK_FROZEN, CHUNK_SEALED, CHUNK_FROZEN};
	struct io_response response = {
	        .status = 206, .body_size = read->head ? 0 : store_read_body_size(read->read)};
	struct chunk_range range = {.first = read->offset, .last = read->offset + read->length - 1};
	struct chunk_info info = {
	        .version = read->held.version,
	        .length = read->held.length,
	        .state = states[read->held.state],
	};
	char info_text[CHUNK_TEXT_SIZE], range_text[CHUNK_TEXT_SIZE];

	if (read->offset == 0 && read->length >= read->held.length)
		response.status = 200;
	chunk_info_format(&info, info_text);
	/* Of a bad one the table may know less than its files. */
	chunk_content_range_format(&range,
	        read->held.length > range.last ? read->held.length : range.last + 1, range_text);
	response.headers[IO_DFS_CHUNK] = info_text;
	response.headers[IO_CONTENT_RANGE] = range_text;
	response.headers[IO_CONTENT_TYPE] = read->framed ? CHUNK_FRAMES_TYPE : CHUNK_BYTES_TYPE;
	read->started = true;
	return io_net(read->datanode->io, respond, read->exchange, &response);
}

static void got_piece(void *arg, const void *bytes, size_t size)
{
	struct chunk_read *read = arg;

	read->asked = false;
	read->piece = bytes;
	read->piece_size = size;
	if (!read->started)
		respond(read);
	if (read->writing)
		write_piece(read);
	else
		io_net(read->datanode->io, want_write, read->exchange);
}

static void got_done(void *arg, int status, const struct dfs_error *err)
{
	struct chunk_read *read = arg;
	struct datanode *datanode = read->datanode;
	struct chunk_range bad;
	const char *headers[IO_HEADERS] = {0};
	char text[CHUNK_TEXT_SIZE];

	if (store_read_missing(read->read, &bad.first, &bad.last)) {
		bad.last--;
		chunk_bad_format(&bad, text);
		headers[IO_DFS_CHUNK] = text;
	}
	read->read = NULL;
	if (status == 0)
		return; /* the exchange closes by itself when its body is through */
	pulse_errors(datanode);
	datanode_log(datanode, "warn", "event=read_failed chunk=%016llx code=%s text=\"%s\"",
	        (unsigned long long)read->held.chunk, dfs_error_name(status), err->text);
	if (read->started) {
		read->broken =
		        true; /* a body that is too short sends the reader to another replica */
		if (!read->writing)
			read_free(read);
		return;
	}
	read->started = true;
	http_answer_error(&read->error, datanode->io, read->exchange, status, err->text, headers);
}

static void write_piece(struct chunk_read *read)
{
	size_t size = read->piece_size;

	read->more = io_net(read->datanode->io, write, read->exchange, read->piece, size);
	atomic_fetch_add(&read->datanode->pulse.read_bytes, size);
	if (read->for_copy)
		atomic_fetch_add(&read->datanode->pulse.copy_bytes, size);
	read->piece = NULL;
	read->piece_size = 0;
}

static void writable(void *arg)
{
	struct chunk_read *read = arg;

	if (read->error.body.size > 0) {
		http_answer_writable(&read->error, read->datanode->io, read->exchange);
		return;
	}
	read->writing = true;
	read->more = true;
	if (read->piece)
		write_piece(read);
	while (read->more && read->read && !read->asked) {
		read->asked = true;
		store_read_more(read->read);
	}
	read->writing = false;
	if (read->broken)
		read_free(read);
	else if (!read->more && read->read && !read->asked)
		io_net(read->datanode->io, want_write, read->exchange);
}

static void closed(void *arg, const char *why)
{
	struct chunk_read *read = arg;

	read->exchange = NULL;
	read_free(read);
}

static void read_free(struct chunk_read *read)
{
	if (read->read)
		store_read_cancel(read->read);
	io_net(read->datanode->io, abort, read->exchange);
	DL_DELETE(read->datanode->reads, read);
	http_answer_fini(&read->error);
	free(read);
}
