/* SPDX-License-Identifier: MIT */
/* What is read around calls and replies. Writing stands in envelope_write.c. */
#include "proto/envelope.h"

#include <cjson/cJSON.h>
#include <string.h>
#include "base/text.h"
#include "proto/parts.h"

/* The members of an envelope; each may be given once. */
struct members {
	const cJSON *id, *call, *args, *client, *sequence, *reply, *fault;
};

static int parse_one(
        const cJSON *item, struct arena *arena, struct envelope *ret, struct dfs_error *err);
static int members_find(const cJSON *object, struct members *ret, struct dfs_error *err);
static const cJSON **member_of(struct members *members, const char *name);
static int id_read(const cJSON *item, uint64_t *ret);
static int call_read(struct envelope *envelope, const struct members *members, struct arena *arena);
static int fault_read(struct envelope *envelope, const cJSON *fault, struct arena *arena);
static int bad(struct envelope *envelope, struct arena *arena, int code, const char *message);
static int unknown_call(struct envelope *envelope, struct arena *arena, const char *name);
static int body_decode(const struct envelope *envelope, const struct proto_shape *shape,
        struct arena *arena, const void **ret, struct dfs_error *err);

int envelopes_parse(struct envelopes *ret, struct arena *arena, const char *json, size_t size,
        struct dfs_error *err)
{
	const cJSON *item;
	size_t count;
	int status = proto_json_parse(json, size, &ret->tree, err);

	if (status != 0)
		return status;
	count = cJSON_IsArray(ret->tree) ? (size_t)cJSON_GetArraySize(ret->tree) : 1;
	if (count > PROTO_BATCH_MAX)
		return error_set(err, DFS_E_PROTO, "message: %zu in a batch, at most %d are taken",
		        count, PROTO_BATCH_MAX);
	ret->list = arena_alloc(arena, count * sizeof(*ret->list));
	if (!ret->list)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	item = cJSON_IsArray(ret->tree) ? ret->tree->child : ret->tree;
	for (size_t i = 0; i < count && status == 0; i++, item = item->next)
		status = parse_one(item, arena, &ret->list[i], err);
	ret->count = status == 0 ? count : 0;
	return status;
}

void envelopes_fini(struct envelopes *envelopes)
{
	cJSON_Delete(envelopes->tree);
	*envelopes = (struct envelopes){0};
}

int envelope_args(const struct envelope *envelope, struct arena *arena, const void **ret,
        struct dfs_error *err)
{
	const struct proto_call_info *info = proto_call_info(envelope->call);

	if (envelope->code != 0 || !info)
		return error_set(err, envelope->code ? envelope->code : DFS_E_PROTO, "%s",
		        envelope->message ? envelope->message : "not a call");
	return body_decode(envelope, info->args, arena, ret, err);
}

int envelope_result(const struct envelope *envelope, enum proto_call call, struct arena *arena,
        const void **ret, struct dfs_error *err)
{
	const struct proto_call_info *info = proto_call_info(call);

	if (envelope->code != 0 || !info || envelope->kind != ENVELOPE_REPLY)
		return error_set(err, envelope->code ? envelope->code : DFS_E_PROTO, "%s",
		        envelope->message ? envelope->message : "not a reply");
	return body_decode(envelope, info->reply, arena, ret, err);
}

static int parse_one(
        const cJSON *item, struct arena *arena, struct envelope *ret, struct dfs_error *err)
{
	struct members members = {0};
	int status = members_find(item, &members, err);

	if (status != 0)
		return status;
	if (id_read(members.id, &ret->id) != 0)
		return error_set(err, DFS_E_PROTO, "message: i: not a number from 0 to 2^53");
	if (!!members.call + !!members.reply + !!members.fault != 1)
		return error_set(err, DFS_E_PROTO, "message: wants one of m, r and e");
	if (members.call) {
		ret->kind = ENVELOPE_CALL;
		status = call_read(ret, &members, arena);
	} else if (members.fault) {
		ret->kind = ENVELOPE_FAULT;
		status = fault_read(ret, members.fault, arena);
	} else {
		ret->kind = ENVELOPE_REPLY;
		ret->body = members.reply;
	}
	return status == 0 ? 0 : error_set(err, status, "out of memory");
}

static int members_find(const cJSON *object, struct members *ret, struct dfs_error *err)
{
	if (!cJSON_IsObject(object))
		return error_set(err, DFS_E_PROTO, "message: not an object");
	for (const cJSON *item = object->child; item; item = item->next) {
		const cJSON **member = member_of(ret, item->string);

		if (!member)
			continue;
		if (*member)
			return error_set(
			        err, DFS_E_PROTO, "message: %s: given twice", item->string);
		*member = item;
	}
	return 0;
}

static const cJSON **member_of(struct members *members, const char *name)
{
	if (name[0] == '\0' || name[1] != '\0')
		return NULL;
	switch (name[0]) {
	case 'i':
		return &members->id;
	case 'm':
		return &members->call;
	case 'a':
		return &members->args;
	case 'c':
		return &members->client;
	case 's':
		return &members->sequence;
	case 'r':
		return &members->reply;
	case 'e':
		return &members->fault;
	default:
		return NULL;
	}
}

static int id_read(const cJSON *item, uint64_t *ret)
{
	double value = item && cJSON_IsNumber(item) ? item->valuedouble : -1;

	if (!(value >= 0 && value <= (double)ENVELOPE_ID_MAX) || value != (double)(uint64_t)value)
		return DFS_E_PROTO;
	*ret = (uint64_t)value;
	return 0;
}

static int call_read(struct envelope *envelope, const struct members *members, struct arena *arena)
{
	const cJSON *client = members->client, *sequence = members->sequence;

	if (!cJSON_IsString(members->call))
		return bad(envelope, arena, DFS_E_PROTO, "m: not a string");
	envelope->call = proto_call_find(members->call->valuestring);
	if (envelope->call == PROTO_CALL_NONE)
		return unknown_call(envelope, arena, members->call->valuestring);
	if (client && (!cJSON_IsString(client) ||
	                      text_parse_id(client->valuestring, &envelope->client, NULL) != 0))
		return bad(
		        envelope, arena, DFS_E_PROTO, "c: not an id of 16 lower-case hex digits");
	if (sequence && (!cJSON_IsString(sequence) || text_parse_u64(sequence->valuestring,
	                                                      &envelope->sequence, NULL) != 0))
		return bad(envelope, arena, DFS_E_PROTO, "s: not a decimal string");
	if (!client != !sequence)
		return bad(envelope, arena, DFS_E_PROTO, "c and s: one without the other");
	if (!members->args)
		return bad(envelope, arena, DFS_E_PROTO, "a: missing");
	envelope->body = members->args;
	return 0;
}

/* A code that we do not know comes from a newer peer: its sentence is still worth reading. */
static int fault_read(struct envelope *envelope, const cJSON *fault, struct arena *arena)
{
	struct proto_fault decoded;
	struct dfs_error err = {0};
	int status = proto_fault_from_json(arena, fault, &decoded, &err);

	if (status == DFS_E_NOMEM)
		return status;
	if (status != 0)
		return bad(envelope, arena, DFS_E_PROTO, err.text);
	envelope->code = dfs_error_code(decoded.code);
	if (envelope->code == 0)
		envelope->code = DFS_E_INTERNAL;
	envelope->message = decoded.message;
	return 0;
}

static int bad(struct envelope *envelope, struct arena *arena, int code, const char *message)
{
	envelope->message = arena_text(arena, message, strlen(message));
	if (!envelope->message)
		return DFS_E_NOMEM;
	envelope->code = code;
	return 0;
}

static int unknown_call(struct envelope *envelope, struct arena *arena, const char *name)
{
	struct buf quoted = {0};
	int status;

	buf_text(&quoted, "no such call: ");
	text_quote(name, strnlen(name, 64), &quoted);
	status = quoted.failed ? DFS_E_NOMEM : bad(envelope, arena, DFS_E_UNSUPPORTED, quoted.data);
	buf_fini(&quoted);
	return status;
}

static int body_decode(const struct envelope *envelope, const struct proto_shape *shape,
        struct arena *arena, const void **ret, struct dfs_error *err)
{
	void *decoded = arena_alloc(arena, shape->size);
	int status;

	if (!decoded)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	status = proto_shape_from_json(shape, arena, envelope->body, decoded, err);
	if (status == 0)
		*ret = decoded;
	return status;
}
