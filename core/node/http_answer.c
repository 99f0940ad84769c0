/* SPDX-License-Identifier: MIT */
/* Small bodies of HTTP answers, for the master's and the datanodes' doors alike. */
#include <string.h>
#include "client/link.h"
#include "node/http_answer.h"

enum { PIECE_BYTES = 256 * 1024 };

int http_answer_start(struct http_answer *answer, struct io *io, struct io_exchange *exchange,
        int status, const char *content_type, const char *const *headers)
{
	struct io_response response = {.status = status, .body_size = answer->body.size};
	int code;

	if (headers)
		memcpy(response.headers, headers, sizeof(response.headers));
	response.headers[IO_CONTENT_TYPE] = content_type;
	if (status == 503)
		response.headers[IO_RETRY_AFTER] = "1";
	answer->sent_bytes = 0;
	code = io_net(io, respond, exchange, &response);
	if (code == 0 && answer->body.size > 0)
		io_net(io, want_write, exchange);
	return code;
}

int http_answer_error(struct http_answer *answer, struct io *io, struct io_exchange *exchange,
        int code, const char *message, const char *const *headers)
{
	struct proto_fault fault = {.code = dfs_error_name(code), .message = message};

	buf_clear(&answer->body);
	if (proto_fault_encode(&fault, &answer->body) != 0)
		return DFS_E_NOMEM;
	return http_answer_start(
	        answer, io, exchange, link_http_status(code), "application/json", headers);
}

void http_answer_writable(struct http_answer *answer, struct io *io, struct io_exchange *exchange)
{
	bool more = true;

	while (more && answer->sent_bytes < answer->body.size) {
		size_t size = answer->body.size - answer->sent_bytes;

		if (size > PIECE_BYTES)
			size = PIECE_BYTES;
		more = io_net(io, write, exchange, answer->body.data + answer->sent_bytes, size);
		answer->sent_bytes += size;
	}
	if (answer->sent_bytes < answer->body.size)
		io_net(io, want_write, exchange);
}

void http_answer_fini(struct http_answer *answer)
{
	buf_fini(&answer->body);
}

const char *http_bearer(const struct io_request *request)
{
	const char *value = request->headers[IO_AUTHORIZATION];

	if (!value || strncmp(value, "Bearer ", 7) != 0 || value[7] == '\0')
		return NULL;
	return value + 7;
}

void http_metric(
        struct buf *ret, const char *name, const char *type, const char *help, uint64_t value)
{
	buf_printf(ret, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, type, name,
	        (unsigned long long)value);
}
