/* SPDX-License-Identifier: MIT */
/* Heads of requests and responses: copies, limits, and the bodies of refusals. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/net_model.h"

static char *copy(const char *text)
{
	return text ? sim_strdup(text) : NULL;
}

struct sim_head *sim_head_of_request(const struct io_request *request)
{
	struct sim_head *head = sim_alloc(sizeof(*head));

	head->method = copy(request->method);
	head->path = copy(request->path);
	head->body_size = request->body_size;
	for (int i = 0; i < IO_HEADERS; i++)
		head->headers[i] = copy(request->headers[i]);
	return head;
}

struct sim_head *sim_head_of_response(const struct io_response *response)
{
	struct sim_head *head = sim_alloc(sizeof(*head));

	head->status = response->status;
	head->body_size = response->body_size;
	for (int i = 0; i < IO_HEADERS; i++)
		head->headers[i] = copy(response->headers[i]);
	return head;
}

void sim_head_free(struct sim_head *head)
{
	if (!head)
		return;
	free(head->method);
	free(head->path);
	for (int i = 0; i < IO_HEADERS; i++)
		free(head->headers[i]);
	free(head);
}

struct io_request sim_head_request(const struct sim_head *head)
{
	struct io_request request = {
	        .method = head->method, .path = head->path, .body_size = head->body_size};

	memcpy(request.headers, head->headers, sizeof(request.headers));
	return request;
}

struct io_response sim_head_response(const struct sim_head *head)
{
	struct io_response response = {.status = head->status, .body_size = head->body_size};

	memcpy(response.headers, head->headers, sizeof(response.headers));
	return response;
}

/* A line break in a value would let its author write headers of his own; the real world refuses it
 * too. */
static bool is_clean(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
			return false;
	return true;
}

const char *sim_head_fault(const struct io_request *request)
{
	if (request->path[0] != '/' || strlen(request->path) >= IO_PATH_MAX)
		return "the path is not one";
	for (int i = 0; i < IO_HEADERS; i++) {
		const char *value = request->headers[i];

		if (value && (strlen(value) >= IO_HEADER_MAX || !is_clean(value)))
			return "a header is too long or holds control characters";
	}
	if (request->body_size == IO_BODY_UNKNOWN)
		return "the body's size is not known";
	return NULL;
}

void sim_head_error(int status, char *ret_text, size_t size)
{
	static const struct {
		int status;
		const char *code;
	} rows[] = {{400, "PROTO"}, {401, "AUTH"}, {403, "PERM"}, {404, "NOENT"},
	        {405, "UNSUPPORTED"}, {409, "STALE"}, {411, "PROTO"}, {413, "TOOBIG"},
	        {416, "RANGE"}, {429, "LIMIT"}, {503, "UNAVAIL"}, {507, "NOSPC"}};
	const char *code = "INTERNAL";

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].status == status)
			code = rows[i].code;
	snprintf(ret_text, size, "{\"code\":\"%s\",\"message\":\"HTTP status %d\"}", code, status);
}
