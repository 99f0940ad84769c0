/* SPDX-License-Identifier: MIT */
/* What is read around calls and replies. Writing stands in envelope_write.c. */
#include "proto/envelope.h"

#include <string.h>
#include "base/text.h"
#include "proto/parts.h"

/* The members of an envelope; each may be given once. */
struct members {
	const struct json_node *id, *call, *args, *client, *sequence, *reply, *fault;
};

static int parse_one(const char *text, const struct json_node *object, struct arena *arena,
        struct envelope *ret, struct dfs_error *err);
static int members_find(const char *text, const struct json_node *object, struct members *ret,
        struct dfs_error *err);
static const struct json_node **member_of(struct members *members, char name);
static int call_read(struct envelope *envelope, const struct members *members, struct arena *arena);
static enum proto_call call_find(const char *text, const struct json_node *name);
static int fault_read(
        struct envelope *envelope, const struct json_node *fault, struct arena *arena);
static int bad(struct envelope *envelope, struct arena *arena, int code, const char *message);
static int unknown_call(
        struct envelope *envelope, struct arena *arena, const struct json_node *name);
static int body_decode(const struct envelope *envelope, const struct proto_shape *shape,
        struct arena *arena, const void **ret, struct dfs_error *err);

int envelopes_parse(struct envelopes *ret, struct arena *arena, const char *json, size_t size,
        struct dfs_error *err)
{
	const struct json_node *node;
	size_t count;
	int status;

	ret->count = 0;
	status = json_tree_parse(&ret->tree, json, size, err);
	if (status != 0)
		return status;
	node = ret->tree.nodes;
	count = node->kind == JSON_LIST ? node->size : 1;
	if (count > PROTO_BATCH_MAX)
		return error_set(err, DFS_E_PROTO, "message: %zu in a batch, at most %d are taken",
		        count, PROTO_BATCH_MAX);
	ret->list = arena_alloc(arena, count * sizeof(*ret->list));
	if (!ret->list)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	node += node->kind == JSON_LIST;
	for (size_t i = 0; i < count && status == 0; i++, node = json_next(node))
		status = parse_one(json, node, arena, &ret->list[i], err);
	ret->count = status == 0 ? count : 0;
	return status;
}

void envelopes_clear(struct envelopes *envelopes)
{
	json_tree_shrink(&envelopes->tree);
	envelopes->list = NULL;
	envelopes->count = 0;
}

void envelopes_fini(struct envelopes *envelopes)
{
	json_tree_fini(&envelopes->tree);
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

static int parse_one(const char *text, const struct json_node *object, struct arena *arena,
        struct envelope *ret, struct dfs_error *err)
{
	struct members members = {0};
	int status = members_find(text, object, &members, err);

	if (status != 0)
		return status;
	if (!members.id || !json_whole(text, members.id, ENVELOPE_ID_MAX, &ret->id))
		return error_set(err, DFS_E_PROTO, "message: i: not a number from 0 to 2^53");
	if (!!members.call + !!members.reply + !!members.fault != 1)
		return error_set(err, DFS_E_PROTO, "message: wants one of m, r and e");
	ret->text = text;
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

static int members_find(const char *text, const struct json_node *object, struct members *ret,
        struct dfs_error *err)
{
	const struct json_node *name = object + 1;

	if (object->kind != JSON_OBJECT)
		return error_set(err, DFS_E_PROTO, "message: not an object");
	for (uint32_t i = 0; i < object->size; i++, name = json_next(name + 1)) {
		char room[JSON_SHORT_MAX];
		size_t size;
		const char *letter = json_short(text, name, room, &size);
		const struct json_node **member =
		        letter && size == 1 ? member_of(ret, *letter) : NULL;

		if (!member)
			continue;
		if (*member)
			return error_set(err, DFS_E_PROTO, "message: %c: given twice", *letter);
		*member = name + 1;
	}
	return 0;
}

static const struct json_node **member_of(struct members *members, char name)
{
	switch (name) {
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

static int call_read(struct envelope *envelope, const struct members *members, struct arena *arena)
{
	const struct json_node *client = members->client, *sequence = members->sequence;

	if (members->call->kind != JSON_STRING)
		return bad(envelope, arena, DFS_E_PROTO, "m: not a string");
	envelope->call = call_find(envelope->text, members->call);
	if (envelope->call == PROTO_CALL_NONE)
		return unknown_call(envelope, arena, members->call);
	if (client && !json_read_id(envelope->text, client, &envelope->client))
		return bad(
		        envelope, arena, DFS_E_PROTO, "c: not an id of 16 lower-case hex digits");
	if (sequence && !json_read_u64(envelope->text, sequence, &envelope->sequence))
		return bad(envelope, arena, DFS_E_PROTO, "s: not a decimal string");
	if (!client != !sequence)
		return bad(envelope, arena, DFS_E_PROTO, "c and s: one without the other");
	if (!members->args)
		return bad(envelope, arena, DFS_E_PROTO, "a: missing");
	envelope->body = members->args;
	return 0;
}

static enum proto_call call_find(const char *text, const struct json_node *name)
{
	char room[JSON_SHORT_MAX], word[JSON_SHORT_MAX + 1];
	size_t size;
	const char *found = json_short(text, name, room, &size);

	if (!found)
		return PROTO_CALL_NONE;
	memcpy(word, found, size);
	word[size] = '\0';
	return proto_call_find(word);
}

/* A code that we do not know comes from a newer peer: its sentence is still worth reading. */
static int fault_read(struct envelope *envelope, const struct json_node *fault, struct arena *arena)
{
	struct proto_fault decoded;
	struct dfs_error err = {0};
	int status = proto_shape_from_tree(
	        &proto_fault_shape, arena, envelope->text, fault, &decoded, &err);

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

static int unknown_call(
        struct envelope *envelope, struct arena *arena, const struct json_node *name)
{
	size_t size = json_string_size(envelope->text, name);
	char *whole = arena_alloc(arena, size + 1);
	struct buf quoted = {0};
	int status = DFS_E_NOMEM;

	if (whole) {
		json_string_copy(envelope->text, name, whole);
		buf_text(&quoted, "no such call: ");
		text_quote(whole, size < 64 ? size : 64, &quoted);
		if (!quoted.failed)
			status = bad(envelope, arena, DFS_E_UNSUPPORTED, quoted.data);
	}
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
	status = proto_shape_from_tree(shape, arena, envelope->text, envelope->body, decoded, err);
	if (status == 0)
		*ret = decoded;
	return status;
}
