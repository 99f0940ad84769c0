/* SPDX-License-Identifier: MIT */
/*
 * Whatever comes over a channel: envelopes and the bodies in them. What is taken must survive being
 * encoded and decoded again, unchanged; what is refused must say why.
 */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include "../unit/proto/random.h"
#include "fuzz.h"
#include "proto/envelope.h"

static void call_try(const struct envelope *envelope, struct arena *arena);
static void reply_try(const struct envelope *envelope, struct arena *arena);
static void again(const struct proto_shape *shape, const void *decoded, struct arena *arena);
static bool is_json(const uint8_t *bytes, size_t size);
static void must(bool good);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena arena = {0};
	struct envelopes envelopes = {0};
	struct dfs_error err = {0};
	int status = envelopes_parse(&envelopes, &arena, (const char *)bytes, size, &err);

	must(status == 0 || (status == err.code && err.text[0] != '\0'));
	must(status == 0 || envelopes.count == 0);
	must(status != 0 || is_json(bytes, size));
	for (size_t i = 0; i < envelopes.count; i++) {
		const struct envelope *envelope = &envelopes.list[i];

		must(envelope->id <= ENVELOPE_ID_MAX);
		must(envelope->code == 0 || envelope->message);
		if (envelope->kind == ENVELOPE_CALL)
			call_try(envelope, &arena);
		else
			reply_try(envelope, &arena);
	}
	envelopes_fini(&envelopes);
	arena_fini(&arena);
	return 0;
}

static void call_try(const struct envelope *envelope, struct arena *arena)
{
	const struct proto_call_info *info = proto_call_info(envelope->call);
	struct dfs_error err = {0};
	const void *args;
	int status = envelope_args(envelope, arena, &args, &err);

	must(status == 0 || (status == err.code && err.text[0] != '\0'));
	must(info || envelope->code == DFS_E_UNSUPPORTED || envelope->code == DFS_E_PROTO);
	if (status == 0)
		again(info->args, args, arena);
}

/* The id says which call is answered, as it does to the one who made it. */
static void reply_try(const struct envelope *envelope, struct arena *arena)
{
	enum proto_call call = (enum proto_call)(1 + envelope->id % (PROTO_CALLS - 1));
	struct dfs_error err = {0};
	const void *reply;
	int status = envelope_result(envelope, call, arena, &reply, &err);

	must(status == 0 || status == err.code);
	must(status != 0 || envelope->kind == ENVELOPE_REPLY);
	if (status == 0)
		again(proto_call_info(call)->reply, reply, arena);
}

static void again(const struct proto_shape *shape, const void *decoded, struct arena *arena)
{
	char back[PROTO_STRUCT_SIZE], copy[PROTO_STRUCT_SIZE];
	struct buf text = {0};

	must(proto_shape_encode(shape, decoded, &text) == 0);
	/* %XX may make a text larger than what it was decoded from. */
	if (text.size <= PROTO_MESSAGE_MAX) {
		must(proto_shape_decode(shape, arena, text.data, text.size, back, NULL) == 0);
		must(shape_equal(shape, decoded, back));
	}
	must(proto_shape_copy(shape, arena, decoded, copy) == 0);
	must(shape_equal(shape, decoded, copy));
	buf_fini(&text);
}

/* A second opinion. */
static bool is_json(const uint8_t *bytes, size_t size)
{
	cJSON *item = cJSON_ParseWithLength((const char *)bytes, size);

	cJSON_Delete(item);
	return item;
}

static void must(bool good)
{
	if (!good)
		abort();
}
