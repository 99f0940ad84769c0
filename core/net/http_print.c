/* SPDX-License-Identifier: MIT */
/* Heads of requests and responses, and error bodies: from our structs to bytes. */
#include "net/http.h"
#include "net/http_names.h"

#include <inttypes.h>
#include <string.h>

static void print_headers(struct buf *buf, const char *const headers[IO_HEADERS]);

const char *const http_header_names[IO_HEADERS] = {
        [IO_AUTHORIZATION] = "Authorization",
        [IO_RANGE] = "Range",
        [IO_CONTENT_RANGE] = "Content-Range",
        [IO_CONTENT_TYPE] = "Content-Type",
        [IO_ACCEPT] = "Accept",
        [IO_ORIGIN] = "Origin",
        [IO_RETRY_AFTER] = "Retry-After",
        [IO_IF_NONE_MATCH] = "If-None-Match",
        [IO_ETAG] = "ETag",
        [IO_DFS_CHAIN] = "X-Dfs-Chain",
        [IO_DFS_APPEND] = "X-Dfs-Append",
        [IO_DFS_CHUNK] = "X-Dfs-Chunk",
};

/* One row a status that the house answers with: reason phrase, and our code in error bodies
 * (docs/contracts.md). */
static const struct status {
	int status;
	const char *text;
	const char *code;
} statuses[] = {
        {200, "OK", ""},
        {201, "Created", ""},
        {202, "Accepted", ""},
        {204, "No Content", ""},
        {206, "Partial Content", ""},
        {304, "Not Modified", ""},
        {400, "Bad Request", "PROTO"},
        {401, "Unauthorized", "AUTH"},
        {403, "Forbidden", "PERM"},
        {404, "Not Found", "NOENT"},
        {405, "Method Not Allowed", "UNSUPPORTED"},
        {408, "Request Timeout", "TIMEOUT"},
        {409, "Conflict", "STALE"},
        {411, "Length Required", "PROTO"},
        {413, "Content Too Large", "TOOBIG"},
        {414, "URI Too Long", "TOOBIG"},
        {416, "Range Not Satisfiable", "RANGE"},
        {429, "Too Many Requests", "LIMIT"},
        {431, "Request Header Fields Too Large", "TOOBIG"},
        {500, "Internal Server Error", "INTERNAL"},
        {501, "Not Implemented", "UNSUPPORTED"},
        {502, "Bad Gateway", "PROTO"},
        {503, "Service Unavailable", "UNAVAIL"},
        {504, "Gateway Timeout", "TIMEOUT"},
        {505, "HTTP Version Not Supported", "VERSION"},
        {507, "Insufficient Storage", "NOSPC"},
};

static const struct status *find(int status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (statuses[i].status == status)
			return &statuses[i];
	return NULL;
}

const char *http_status_text(int status)
{
	const struct status *row = find(status);

	return row ? row->text : "Status";
}

/* A line break in a value would let its author write headers of his own. */
static bool is_clean(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
			return false;
	return true;
}

const char *http_request_fault(const struct io_request *request)
{
	if (request->path[0] != '/' || !is_clean(request->path) || strpbrk(request->path, " \t"))
		return "the path is not one that can be sent";
	if (strlen(request->path) >= IO_PATH_MAX)
		return "the path is too long";
	for (int i = 0; i < IO_HEADERS; i++)
		if (request->headers[i] && (!is_clean(request->headers[i]) ||
		                                   strlen(request->headers[i]) >= IO_HEADER_MAX))
			return "a header's value can not be sent";
	return NULL;
}

void http_print_request(struct buf *buf, const char *address, const struct io_request *request)
{
	bool body = request->body_size > 0 || strcmp(request->method, "POST") == 0 ||
	            strcmp(request->method, "PUT") == 0;

	buf_printf(buf, "%s %s HTTP/1.1\r\nHost: %s\r\n", request->method, request->path, address);
	print_headers(buf, request->headers);
	if (body)
		buf_printf(buf, "Content-Length: %" PRIu64 "\r\n", request->body_size);
	buf_text(buf, "\r\n");
}

void http_print_response(
        struct buf *buf, const struct io_response *response, bool keep_alive, bool chunked)
{
	buf_printf(buf, "HTTP/1.1 %d %s\r\n", response->status, http_status_text(response->status));
	print_headers(buf, response->headers);
	if (chunked)
		buf_text(buf, "Transfer-Encoding: chunked\r\n");
	else if (response->body_size != IO_BODY_UNKNOWN && response->status != 204 &&
	         response->status != 304)
		buf_printf(buf, "Content-Length: %" PRIu64 "\r\n", response->body_size);
	buf_text(buf, keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
}

void http_print_error(struct buf *buf, int status, const char *message)
{
	const struct status *row = find(status);

	buf_printf(
	        buf, "{\"code\":\"%s\",\"message\":\"", row && *row->code ? row->code : "INTERNAL");
	for (; *message; message++)
		if ((unsigned char)*message >= 0x20 && *message != '"' && *message != '\\')
			buf_append(buf, message, 1);
	buf_text(buf, "\"}\n");
}

static void print_headers(struct buf *buf, const char *const headers[IO_HEADERS])
{
	for (int i = 0; i < IO_HEADERS; i++)
		if (headers[i] && is_clean(headers[i]))
			buf_printf(buf, "%s: %s\r\n", http_header_names[i], headers[i]);
}
