/* SPDX-License-Identifier: MIT */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "io/net.h"

/*
 * HTTP/1.1 as text (RFC 9112): heads parsed and printed, chunked bodies decoded. No socket, no
 * state but its arguments; every byte may come from an enemy. What the house does not need is
 * refused, not guessed: folded headers, bare LF, spaces before a colon, two Content-Lengths,
 * chunked requests.
 */
enum {
	HTTP_HEAD_MAX = 16 * 1024, /* bytes of a request's or response's head */
	HTTP_LINES_MAX = 100,
	HTTP_WHY_MAX = 128,
	HTTP_KEY_SIZE = 25, /* Sec-WebSocket-Key with its terminator */
};

/* A parsed head. Strings point into the bytes that were parsed. */
struct http_head {
	const char *method; /* requests; a constant */
	const char *path;   /* requests; as sent, not decoded */
	int status;         /* responses */
	const char *headers[IO_HEADERS];
	uint64_t body_size; /* Content-Length; IO_BODY_UNKNOWN where a response says none */
	bool has_length;
	bool chunked;    /* responses */
	bool keep_alive; /* the sender goes on with this connection */
	bool old;        /* HTTP/1.0 */
	bool expects_continue;
	bool upgrade; /* asks for a WebSocket, in full */
	const char *key;
	char why[HTTP_WHY_MAX]; /* the sentence of a refusal */
};

/* Bytes of the head with its empty line, 0 where that is not there yet; looks from `from` on. */
size_t http_head_size(const char *bytes, size_t size, size_t from);
/*
 * Parse a whole head of `size` bytes in place (they are changed). 0, or the HTTP status to refuse
 * it with, `why` filled. For a response any non-zero means that it is not understood.
 */
int http_parse_request(char *bytes, size_t size, struct http_head *ret);
int http_parse_response(char *bytes, size_t size, struct http_head *ret);

/* NULL where it may be sent; else what is wrong with it. */
const char *http_request_fault(const struct io_request *request);
void http_print_request(struct buf *buf, const char *address, const struct io_request *request);
void http_print_response(
        struct buf *buf, const struct io_response *response, bool keep_alive, bool chunked);
/* {"code":"...","message":"..."}: our code for that HTTP status. */
void http_print_error(struct buf *buf, int status, const char *message);
const char *http_status_text(int status);

/* A chunked body on its way in. Zero-initialise. */
struct http_chunks {
	int state;
	uint64_t left;
	unsigned digits;
	unsigned extra; /* bytes of extensions and trailers: bounded */
};

/*
 * Take one step through `bytes`: returns how many were used; *ret_data of *ret_size of them are the
 * body's. `*ret_end` once the body is complete. -1: not chunked encoding.
 */
ptrdiff_t http_chunks_step(struct http_chunks *chunks, const char *bytes, size_t size,
        const char **ret_data, size_t *ret_size, bool *ret_end);

#endif
