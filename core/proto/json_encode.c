/* SPDX-License-Identifier: MIT */
/*
 * From a struct to JSON text, straight into a buf: a cJSON tree would cost an allocation a field.
 * What goes out keeps the bounds that decoding asks for, so that a peer never has to refuse what we
 * sent.
 */
#include <assert.h>
#include <cjson/cJSON.h>
#include <string.h>
#include "base/text.h"
#include "proto/json_text.h"
#include "proto/parts.h"
#include "proto/shape.h"

enum { NUMBER_SIZE = 24 }; /* quotes, sign and digits of any number */

static int object_encode(const struct proto_shape *shape, const char *from, struct buf *ret);
static int field_encode(const struct proto_field *field, const char *from, struct buf *ret);
static bool absent(const struct proto_field *field, const char *from);
static int string_encode(const struct proto_field *field, const char *from, struct buf *ret);
static int list_encode(const struct proto_field *field, const char *from, struct buf *ret);
static int number_encode(enum proto_type type, const char *at, struct buf *ret);
static int enum_encode(const struct proto_field *field, const char *at, struct buf *ret);

int proto_shape_encode(const struct proto_shape *shape, const void *from, struct buf *ret)
{
	size_t start = ret->size;
	int status = object_encode(shape, from, ret);

	if (status == 0 && ret->failed)
		status = DFS_E_NOMEM;
	if (status != 0)
		proto_cut(ret, start);
	return status;
}

int proto_shape_to_json(const struct proto_shape *shape, const void *from, struct cJSON *object)
{
	struct buf text = {0};
	int status = proto_shape_encode(shape, from, &text);
	cJSON *tree = status == 0 ? cJSON_ParseWithLength(text.data, text.size) : NULL;

	if (status == 0 && !tree)
		status = DFS_E_NOMEM;
	while (tree && tree->child) {
		cJSON *field = cJSON_DetachItemViaPointer(tree, tree->child);

		if (!cJSON_AddItemToObject(object, field->string, field)) {
			cJSON_Delete(field);
			status = DFS_E_NOMEM;
		}
	}
	cJSON_Delete(tree);
	buf_fini(&text);
	return status;
}

/* Each key brings the comma in front of it; the first one gives its place to the brace. */
static int object_encode(const struct proto_shape *shape, const char *from, struct buf *ret)
{
	size_t start = ret->size;

	for (size_t i = 0; i < shape->fields_count; i++) {
		const struct proto_field *field = &shape->fields[i];
		int status;

		if (field->optional && absent(field, from))
			continue;
		buf_append(ret, field->key, field->key_size);
		status = field_encode(field, from, ret);
		if (status != 0)
			return status;
	}
	if (ret->size == start)
		buf_append(ret, "{", 1);
	else if (!ret->failed)
		ret->data[start] = '{';
	buf_append(ret, "}", 1);
	return 0;
}

static int field_encode(const struct proto_field *field, const char *from, struct buf *ret)
{
	switch ((enum proto_type)field->type) {
	case PROTO_TYPE_TEXT:
	case PROTO_TYPE_BYTES:
		return string_encode(field, from, ret);
	case PROTO_TYPE_ENUM:
		return enum_encode(field, from + field->offset, ret);
	case PROTO_TYPE_STRUCT:
		return object_encode(field->of, from + field->offset, ret);
	case PROTO_TYPE_LIST:
		return list_encode(field, from, ret);
	default:
		return number_encode((enum proto_type)field->type, from + field->offset, ret);
	}
}

static bool absent(const struct proto_field *field, const char *from)
{
	const char *at = from + field->offset;

	switch ((enum proto_type)field->type) {
	case PROTO_TYPE_TEXT:
	case PROTO_TYPE_BYTES:
		return !*(const char *const *)at || **(const char *const *)at == '\0';
	case PROTO_TYPE_LIST:
		return *(const size_t *)(from + field->count_offset) == 0;
	case PROTO_TYPE_BOOL:
		return *(const bool *)at == (field->fallback != 0);
	case PROTO_TYPE_U32:
	case PROTO_TYPE_ENUM:
		return *(const uint32_t *)at == field->fallback;
	case PROTO_TYPE_STRUCT:
		return false;
	default:
		return *(const uint64_t *)at == field->fallback;
	}
}

static int string_encode(const struct proto_field *field, const char *from, struct buf *ret)
{
	const char *text = *(const char *const *)(from + field->offset);
	size_t size = text ? strnlen(text, (size_t)field->max + 1) : 0;

	if (size > field->max)
		return DFS_E_TOOBIG;
	if (field->type == PROTO_TYPE_TEXT)
		json_text(text, size, ret);
	else
		json_name(text, size, ret);
	return 0;
}

static int list_encode(const struct proto_field *field, const char *from, struct buf *ret)
{
	const char *entry = *(const char *const *)(from + field->offset);
	size_t count = *(const size_t *)(from + field->count_offset);
	size_t step = proto_step(field);
	int status = 0;

	if (count > field->max)
		return DFS_E_TOOBIG;
	assert(entry || count == 0);
	buf_append(ret, "[", 1);
	for (size_t i = 0; i < count && status == 0; i++, entry += step) {
		if (i > 0)
			buf_append(ret, ",", 1);
		status = field->of ? object_encode(field->of, entry, ret)
		                   : number_encode((enum proto_type)field->item, entry, ret);
	}
	buf_append(ret, "]", 1);
	return status;
}

static int number_encode(enum proto_type type, const char *at, struct buf *ret)
{
	char *to = buf_reserve(ret, NUMBER_SIZE);
	size_t size;

	if (!to)
		return DFS_E_NOMEM;
	switch (type) {
	case PROTO_TYPE_U64:
		size = json_u64(*(const uint64_t *)at, false, to);
		break;
	case PROTO_TYPE_I64: {
		int64_t value = *(const int64_t *)at;

		size = json_u64(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0, to);
		break;
	}
	case PROTO_TYPE_ID:
		size = json_id(*(const uint64_t *)at, to);
		break;
	case PROTO_TYPE_U32:
		size = json_digits(*(const uint32_t *)at, to);
		break;
	default:
		assert(type == PROTO_TYPE_BOOL);
		size = *(const bool *)at ? 4 : 5;
		memcpy(to, size == 4 ? "true" : "false", size);
	}
	assert(size <= NUMBER_SIZE);
	buf_grow(ret, size);
	return 0;
}

static int enum_encode(const struct proto_field *field, const char *at, struct buf *ret)
{
	uint32_t value = *(const uint32_t *)at;

	if (value >= field->values->count)
		return DFS_E_INVAL;
	buf_append(ret, "\"", 1);
	buf_text(ret, field->values->names[value]);
	buf_append(ret, "\"", 1);
	return 0;
}
