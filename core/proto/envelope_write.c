/* SPDX-License-Identifier: MIT */
/* What is written around calls and replies. Reading stands in envelope.c. */
#include <assert.h>
#include <string.h>
#include "base/text.h"
#include "proto/envelope.h"
#include "proto/json_text.h"
#include "proto/parts.h"

static size_t begin(struct buf *ret, uint64_t id);
static int finish(struct buf *ret, size_t start, int status);
static size_t cut(const char *text, size_t max);

void envelope_open(struct buf *ret)
{
	buf_append(ret, "[", 1);
}

void envelope_close(struct buf *ret)
{
	buf_append(ret, "]", 1);
}

int envelope_call(struct buf *ret, uint64_t id, enum proto_call call, const void *args,
        uint64_t client, uint64_t sequence)
{
	const struct proto_call_info *info = proto_call_info(call);
	size_t start = begin(ret, id);
	char number[24];
	int status;

	assert(info);
	buf_text(ret, ",\"m\":\"");
	buf_text(ret, info->name);
	buf_text(ret, "\",\"a\":");
	status = proto_shape_encode(info->args, args, ret);
	if (info->mutates) {
		buf_text(ret, ",\"c\":");
		buf_append(ret, number, json_id(client, number));
		buf_text(ret, ",\"s\":");
		buf_append(ret, number, json_u64(sequence, false, number));
	}
	return finish(ret, start, status);
}

int envelope_reply(struct buf *ret, uint64_t id, enum proto_call call, const void *reply)
{
	const struct proto_call_info *info = proto_call_info(call);
	size_t start = begin(ret, id);

	assert(info);
	buf_text(ret, ",\"r\":");
	return finish(ret, start, proto_shape_encode(info->reply, reply, ret));
}

int envelope_fault(struct buf *ret, uint64_t id, int code, const char *message)
{
	char text[DFS_ERROR_TEXT_MAX];
	struct proto_fault fault = {dfs_error_name(code), text};
	size_t start = begin(ret, id), size;

	if (!message || message[0] == '\0')
		message = dfs_error_text(code);
	size = cut(message, sizeof(text) - 1);
	memcpy(text, message, size);
	text[size] = '\0';
	buf_text(ret, ",\"e\":");
	return finish(ret, start, proto_fault_encode(&fault, ret));
}

/* {"i":7 after what may stand there; the size before it. */
static size_t begin(struct buf *ret, uint64_t id)
{
	size_t start = ret->size;
	char number[24];

	assert(id <= ENVELOPE_ID_MAX);
	if (start > 0 && ret->data[start - 1] == '}')
		buf_append(ret, ",", 1);
	buf_text(ret, "{\"i\":");
	buf_append(ret, number, json_digits(id, number));
	return start;
}

/* Two bytes are kept for the brackets of a batch. */
static int finish(struct buf *ret, size_t start, int status)
{
	buf_append(ret, "}", 1);
	if (status == 0 && ret->failed)
		status = DFS_E_NOMEM;
	else if (status == 0 && ret->size - start > PROTO_MESSAGE_MAX - 2)
		status = DFS_E_TOOBIG;
	else if (status == 0 && ret->size > PROTO_MESSAGE_MAX - 1)
		status = DFS_E_LIMIT;
	if (status != 0)
		proto_cut(ret, start);
	return status;
}

/* Bytes of `text`, at most `max`, without half a character at the end. */
static size_t cut(const char *text, size_t max)
{
	size_t size = strnlen(text, max + 1);

	if (size <= max)
		return size;
	size = max;
	while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	return size;
}
