/* SPDX-License-Identifier: MIT */
/* One node of a JSON text into one field, and the sentence where it does not fit. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "proto/json_place.h"
#include "proto/json_tree.h"

static int whole_number(struct decoder *decoder, const struct place *place,
        const struct json_node *node, char *ret);
static int enum_value(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const struct json_node *node, char *ret);
static int name_value(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const char *text, size_t size, char *ret);
static char *text_copy(struct decoder *decoder, const struct json_node *node, size_t size);
static void place_text(const struct place *place, struct buf *ret);

int json_number_decode(struct decoder *decoder, const struct place *place, enum proto_type type,
        const struct json_node *node, char *ret)
{
	switch (type) {
	case PROTO_TYPE_U64:
		if (json_read_u64(decoder->text, node, (uint64_t *)ret))
			return 0;
		return json_refuse(decoder, place, "not a decimal string");
	case PROTO_TYPE_I64:
		if (json_read_i64(decoder->text, node, (int64_t *)ret))
			return 0;
		return json_refuse(decoder, place, "not a decimal string");
	case PROTO_TYPE_ID:
		if (json_read_id(decoder->text, node, (uint64_t *)ret))
			return 0;
		return json_refuse(decoder, place, "not an id of 16 lower-case hex digits");
	case PROTO_TYPE_U32:
		return whole_number(decoder, place, node, ret);
	default:
		assert(type == PROTO_TYPE_BOOL);
		if (node->kind != JSON_TRUE && node->kind != JSON_FALSE)
			return json_refuse(decoder, place, "not true or false");
		*(bool *)ret = node->kind == JSON_TRUE;
		return 0;
	}
}

int json_string_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const struct json_node *node, char *ret)
{
	size_t size, max = field->max;
	char *text;

	if (node->kind != JSON_STRING)
		return json_refuse(decoder, place, "not a string");
	if (field->type == PROTO_TYPE_ENUM)
		return enum_value(decoder, place, field, node, ret);
	/* Escapes are ASCII: what is no UTF-8 with them is none without them. */
	if (!node->ascii && !text_is_utf8(decoder->text + node->at, node->size))
		return json_refuse(decoder, place, "not UTF-8");
	size = json_string_size(decoder->text, node);
	/* %XX makes three bytes of one. */
	if (size > (field->type == PROTO_TYPE_BYTES ? 3 * max : max))
		return json_refuse(decoder, place, "too long");
	if (size == 0) {
		*(const char **)ret = ""; /* takes no memory */
		return 0;
	}
	text = text_copy(decoder, node, size);
	if (!text)
		return json_nomem(decoder);
	if (field->type == PROTO_TYPE_BYTES && memchr(text, '%', size))
		return name_value(decoder, place, field, text, size, ret);
	if (size > max)
		return json_refuse(decoder, place, "too long");
	*(const char **)ret = text;
	return 0;
}

int json_refuse(struct decoder *decoder, const struct place *place, const char *what)
{
	struct buf where = {0};

	if (decoder->err) {
		place_text(place, &where);
		error_set(decoder->err, DFS_E_PROTO, "%s: %s", where.data ? where.data : "?", what);
	}
	buf_fini(&where);
	return DFS_E_PROTO;
}

int json_nomem(struct decoder *decoder)
{
	return error_set(decoder->err, DFS_E_NOMEM, "out of memory");
}

static int whole_number(
        struct decoder *decoder, const struct place *place, const struct json_node *node, char *ret)
{
	uint64_t value;

	if (!json_whole(decoder->text, node, UINT32_MAX, &value))
		return json_refuse(decoder, place, "not a whole number from 0 to 4294967295");
	*(uint32_t *)ret = (uint32_t)value;
	return 0;
}

static int enum_value(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const struct json_node *node, char *ret)
{
	const struct proto_enum *values = field->values;
	char room[JSON_SHORT_MAX], what[64];
	size_t size;
	const char *text = json_short(decoder->text, node, room, &size);

	for (uint32_t i = 0; text && i < values->count; i++)
		if (strncmp(values->names[i], text, size) == 0 && values->names[i][size] == '\0') {
			*(uint32_t *)ret = i;
			return 0;
		}
	snprintf(what, sizeof(what), "not a value of %s", values->name);
	return json_refuse(decoder, place, what);
}

static int name_value(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const char *text, size_t size, char *ret)
{
	struct buf name = {0};
	int status = text_name_decode(text, size, &name);
	char *copy = NULL;

	if (status == DFS_E_PROTO)
		json_refuse(decoder, place, "a % that begins no %XX");
	else if (status == 0 && name.size > field->max)
		status = json_refuse(decoder, place, "too long");
	else if (status == 0)
		copy = arena_text(decoder->arena, name.data, name.size);
	if (copy)
		*(const char **)ret = copy;
	else if (status != DFS_E_PROTO)
		status = json_nomem(decoder);
	buf_fini(&name);
	return status;
}

static char *text_copy(struct decoder *decoder, const struct json_node *node, size_t size)
{
	char *copy;

	if (!node->escaped)
		return arena_text(decoder->arena, decoder->text + node->at, size);
	copy = arena_alloc(decoder->arena, size + 1);
	if (copy)
		json_string_copy(decoder->text, node, copy);
	return copy;
}

static void place_text(const struct place *place, struct buf *ret)
{
	if (place->above)
		place_text(place->above, ret);
	if (!place->name)
		buf_printf(ret, "[%zu]", place->index);
	else
		buf_printf(ret, "%s%s", place->above ? "." : "", place->name);
}
