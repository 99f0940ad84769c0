/* SPDX-License-Identifier: MIT */
/* Short answers of datanodes: read by append.c and fetch.c. */
#include "client/answer.h"

#include "client/chunk_http.h"
#include "client/link.h"
#include "proto/gen/proto.h"

void answer_begin(struct answer *answer, const struct io_response *response)
{
	const char *text = response->headers[IO_DFS_CHUNK];
	struct chunk_range range;

	answer->status = response->status;
	answer->failed[0] = '\0';
	answer->bad = false;
	if (!text)
		return;
	chunk_failed_parse(text, answer->failed);
	if (response->status <= 399 || !chunk_bad_parse(text, &range))
		return;
	answer->bad = true;
	answer->bad_first = range.first;
	answer->bad_last = range.last;
}

void answer_body(struct answer *answer, const void *bytes, size_t size)
{
	if (answer->body.size + size > ANSWER_SIZE_MAX)
		answer->too_large = true;
	else
		buf_append(&answer->body, bytes, size);
}

int answer_error(const struct answer *answer, const char *address, struct dfs_error *err)
{
	struct arena arena = {0};
	struct proto_fault fault;
	int code = link_http_code(answer->status);

	if (code == 0)
		code = DFS_E_PROTO;
	if (!answer->too_large && answer->body.size > 0 &&
	        proto_fault_decode(&arena, answer->body.data, answer->body.size, &fault, NULL) ==
	                0) {
		if (dfs_error_code(fault.code) < 0)
			code = dfs_error_code(fault.code);
		error_set(err, code, "%s: %s", address,
		        fault.message[0] ? fault.message : dfs_error_text(code));
	} else {
		error_set(err, code, "%s: HTTP %d", address, answer->status);
	}
	arena_fini(&arena);
	return code;
}

void answer_fini(struct answer *answer)
{
	buf_fini(&answer->body);
}
