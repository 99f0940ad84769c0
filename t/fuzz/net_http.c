/* SPDX-License-Identifier: MIT */
/*
 * Heads of HTTP/1.1. The first byte says whether a request (even) or a response (odd) follows. What
 * is understood must be understood in the same way once it is printed anew.
 */
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "net/http.h"

static void must(bool good)
{
	if (!good)
		abort();
}

/* Every string lies in the bytes that were parsed and ends there. */
static void must_lie_in(const char *text, const char *bytes, size_t size)
{
	must(text >= bytes && text < bytes + size &&
	        memchr(text, 0, (size_t)(bytes + size - text)));
}

static void same_headers(const struct http_head *a, const struct http_head *b)
{
	for (int i = 0; i < IO_HEADERS; i++) {
		must(!a->headers[i] == !b->headers[i]);
		must(!a->headers[i] || strcmp(a->headers[i], b->headers[i]) == 0);
	}
}

static void request_again(const struct http_head *head)
{
	struct io_request request = {
	        .method = head->method, .path = head->path, .body_size = head->body_size};
	struct http_head again;
	struct buf text = {0};

	memcpy(request.headers, head->headers, sizeof(request.headers));
	must(http_request_fault(&request) == NULL);
	http_print_request(&text, "here", &request);
	must(http_head_size(text.data, text.size, 0) == text.size);
	must(http_parse_request(text.data, text.size, &again) == 0);
	must(again.method == head->method && strcmp(again.path, head->path) == 0);
	must(again.body_size == head->body_size);
	same_headers(&again, head);
	buf_fini(&text);
}

static void response_again(const struct http_head *head)
{
	struct io_response response = {.status = head->status, .body_size = head->body_size};
	struct http_head again;
	struct buf text = {0};

	memcpy(response.headers, head->headers, sizeof(response.headers));
	http_print_response(&text, &response, head->keep_alive, head->chunked);
	must(http_parse_response(text.data, text.size, &again) == 0);
	must(again.status == head->status && again.chunked == head->chunked);
	must(head->status == 204 || head->status == 304 || again.body_size == head->body_size);
	same_headers(&again, head);
	buf_fini(&text);
}

static void try_head(char *bytes, size_t size, bool response)
{
	struct http_head head;
	int status = response ? http_parse_response(bytes, size, &head)
	                      : http_parse_request(bytes, size, &head);

	must(memchr(head.why, 0, sizeof(head.why)) != NULL);
	must((status != 0) == (head.why[0] != '\0'));
	if (status)
		return;
	for (int i = 0; i < IO_HEADERS; i++)
		if (head.headers[i])
			must_lie_in(head.headers[i], bytes, size);
	if (response) {
		response_again(&head);
		return;
	}
	must(head.path[0] == '/' && strlen(head.path) < IO_PATH_MAX);
	request_again(&head);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	size_t whole = size > 0 ? http_head_size((const char *)bytes + 1, size - 1, 0) : 0;
	char *copy;

	if (whole == 0 || whole > HTTP_HEAD_MAX)
		return 0;
	copy = malloc(whole);
	must(copy != NULL);
	memcpy(copy, bytes + 1, whole);
	try_head(copy, whole, bytes[0] & 1);
	free(copy);
	return 0;
}
