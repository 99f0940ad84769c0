/* SPDX-License-Identifier: MIT */
/*
 * From a cJSON tree to a struct. An object's members are walked once; a peer that sends fields in
 * the schema's order (as ours do) costs one comparison a field.
 */
#include <cjson/cJSON.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "proto/json_text.h"
#include "proto/shape.h"

/* Where a decoder is, for the sentence of an error: a list that hangs on the C stack. */
struct place {
	const struct place *above;
	const char *name; /* NULL: entry `index` of the list above */
	size_t index;
};

struct decoder {
	struct arena *arena;
	struct dfs_error *err;
};

static int object_decode(struct decoder *decoder, const struct place *place,
        const struct proto_shape *shape, const cJSON *object, char *ret);
static void defaults(const struct proto_shape *shape, char *ret);
static const struct proto_field *field_find(
        const struct proto_shape *shape, const char *name, size_t guess);
static int missing(struct decoder *decoder, const struct place *place,
        const struct proto_shape *shape, uint64_t seen);
static int field_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const cJSON *item, char *ret);
static int value_decode(struct decoder *decoder, const struct place *place, enum proto_type type,
        const cJSON *item, char *ret);
static int u32_decode(
        struct decoder *decoder, const struct place *place, const cJSON *item, char *ret);
static int enum_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const cJSON *item, char *ret);
static int string_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const cJSON *item, char *ret);
static int name_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const char *text, size_t size, const char **ret);
static int list_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const cJSON *item, char *ret);
static int refuse(struct decoder *decoder, const struct place *place, const char *what);
static void place_text(const struct place *place, struct buf *ret);

int proto_shape_decode(const struct proto_shape *shape, struct arena *arena, const char *json,
        size_t size, void *ret, struct dfs_error *err)
{
	int status = proto_json_check(json, size, err);
	const char *end = NULL;
	cJSON *tree;

	if (status != 0)
		return status;
	tree = cJSON_ParseWithLengthOpts(json, size, &end, false);
	while (tree && end < json + size && strchr(" \t\r\n", *end))
		end++;
	if (!tree || end != json + size)
		status = error_set(err, DFS_E_PROTO, "%s: not JSON", shape->name);
	else
		status = proto_shape_from_json(shape, arena, tree, ret, err);
	cJSON_Delete(tree);
	return status;
}

int proto_shape_from_json(const struct proto_shape *shape, struct arena *arena,
        const struct cJSON *object, void *ret, struct dfs_error *err)
{
	struct decoder decoder = {arena, err};
	struct place place = {NULL, shape->name, 0};
	alignas(16) char aside[PROTO_STRUCT_SIZE] = {0}; /* `ret` is not touched on failure */
	int status = object_decode(&decoder, &place, shape, object, aside);

	if (status == 0)
		memcpy(ret, aside, shape->size);
	return status;
}

int proto_enum_find(const struct proto_enum *values, const char *text)
{
	for (uint32_t i = 0; i < values->count; i++) {
		if (strcmp(values->names[i], text) == 0)
			return (int)i;
	}
	return -1;
}

static int object_decode(struct decoder *decoder, const struct place *place,
        const struct proto_shape *shape, const cJSON *object, char *ret)
{
	uint64_t seen = 0;
	size_t guess = 0;

	if (!cJSON_IsObject(object))
		return refuse(decoder, place, "not an object");
	defaults(shape, ret);
	for (const cJSON *item = object->child; item; item = item->next) {
		const struct proto_field *field = field_find(shape, item->string, guess);
		struct place below = {place, item->string, 0};
		int status;

		if (!field)
			continue;
		guess = (size_t)(field - shape->fields);
		if (seen & UINT64_C(1) << guess)
			return refuse(decoder, &below, "given twice");
		seen |= UINT64_C(1) << guess++;
		status = field_decode(decoder, &below, field, item, ret);
		if (status != 0)
			return status;
	}
	return missing(decoder, place, shape, seen);
}

/* What an absent optional field leaves; the struct is zeroed. */
static void defaults(const struct proto_shape *shape, char *ret)
{
	for (size_t i = 0; i < shape->fields_count; i++) {
		const struct proto_field *field = &shape->fields[i];

		if (field->type == PROTO_TYPE_TEXT || field->type == PROTO_TYPE_BYTES)
			*(const char **)(ret + field->offset) = "";
		else if (field->fallback != 0 && field->type == PROTO_TYPE_U32)
			*(uint32_t *)(ret + field->offset) = (uint32_t)field->fallback;
		else if (field->fallback != 0)
			*(uint64_t *)(ret + field->offset) = field->fallback;
	}
}

/* The field of that name, looked for from the guessed one on, round. */
static const struct proto_field *field_find(
        const struct proto_shape *shape, const char *name, size_t guess)
{
	for (size_t i = 0; i < shape->fields_count; i++, guess++) {
		if (guess >= shape->fields_count)
			guess = 0;
		if (strcmp(shape->fields[guess].name, name) == 0)
			return &shape->fields[guess];
	}
	return NULL;
}

static int missing(struct decoder *decoder, const struct place *place,
        const struct proto_shape *shape, uint64_t seen)
{
	for (size_t i = 0; i < shape->fields_count; i++) {
		struct place below = {place, shape->fields[i].name, 0};

		if (!shape->fields[i].optional && !(seen & UINT64_C(1) << i))
			return refuse(decoder, &below, "missing");
	}
	return 0;
}

static int field_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const cJSON *item, char *ret)
{
	char *at = ret + field->offset;

	switch ((enum proto_type)field->type) {
	case PROTO_TYPE_TEXT:
	case PROTO_TYPE_BYTES:
		return string_decode(decoder, place, field, item, at);
	case PROTO_TYPE_ENUM:
		return enum_decode(decoder, place, field, item, at);
	case PROTO_TYPE_STRUCT:
		return object_decode(decoder, place, field->of, item, at);
	case PROTO_TYPE_LIST:
		return list_decode(decoder, place, field, item, ret);
	default:
		return value_decode(decoder, place, (enum proto_type)field->type, item, at);
	}
}

static int value_decode(struct decoder *decoder, const struct place *place, enum proto_type type,
        const cJSON *item, char *ret)
{
	const char *text = cJSON_IsString(item) ? item->valuestring : NULL;

	switch (type) {
	case PROTO_TYPE_U64:
		if (text && text_parse_u64(text, (uint64_t *)ret, NULL) == 0)
			return 0;
		return refuse(decoder, place, "not a decimal string");
	case PROTO_TYPE_I64:
		if (text && text_parse_i64(text, (int64_t *)ret, NULL) == 0)
			return 0;
		return refuse(decoder, place, "not a decimal string");
	case PROTO_TYPE_ID:
		if (text && text_parse_id(text, (uint64_t *)ret, NULL) == 0)
			return 0;
		return refuse(decoder, place, "not an id of 16 lower-case hex digits");
	case PROTO_TYPE_U32:
		return u32_decode(decoder, place, item, ret);
	default:
		if (!cJSON_IsBool(item))
			return refuse(decoder, place, "not true or false");
		*(bool *)ret = cJSON_IsTrue(item);
		return 0;
	}
}

/* The comparison is false for NaN. */
static int u32_decode(
        struct decoder *decoder, const struct place *place, const cJSON *item, char *ret)
{
	double value = item->valuedouble;

	if (!cJSON_IsNumber(item) || !(value >= 0 && value <= UINT32_MAX) ||
	        value != (double)(uint32_t)value)
		return refuse(decoder, place, "not a whole number from 0 to 4294967295");
	*(uint32_t *)ret = (uint32_t)value;
	return 0;
}

static int enum_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const cJSON *item, char *ret)
{
	int value = cJSON_IsString(item) ? proto_enum_find(field->values, item->valuestring) : -1;
	char what[64];

	if (value < 0) {
		snprintf(what, sizeof(what), "not a value of %s", field->values->name);
		return refuse(decoder, place, what);
	}
	*(uint32_t *)ret = (uint32_t)value;
	return 0;
}

static int string_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const cJSON *item, char *ret)
{
	const char *text = cJSON_IsString(item) ? item->valuestring : NULL;
	size_t size = text ? strlen(text) : 0;
	bool name = field->type == PROTO_TYPE_BYTES;

	if (!text)
		return refuse(decoder, place, "not a string");
	if (!text_is_utf8(text, size))
		return refuse(decoder, place, "not UTF-8");
	if (name && memchr(text, '%', size))
		return name_decode(decoder, place, field, text, size, (const char **)ret);
	if (size > field->max)
		return refuse(decoder, place, "too long");
	if (size > 0)
		*(const char **)ret = arena_text(decoder->arena, text, size);
	return *(const char **)ret ? 0 : error_set(decoder->err, DFS_E_NOMEM, "out of memory");
}

static int name_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const char *text, size_t size, const char **ret)
{
	struct buf name = {0};
	int status;

	if (size > 3 * (size_t)field->max)
		return refuse(decoder, place, "too long");
	status = text_name_decode(text, size, &name);

	if (status == DFS_E_PROTO) {
		refuse(decoder, place, "a % that begins no %XX");
	} else if (status == 0 && name.size > field->max) {
		status = refuse(decoder, place, "too long");
	} else if (status == 0) {
		*ret = arena_text(decoder->arena, name.data, name.size);
		status = *ret ? 0 : DFS_E_NOMEM;
	}
	if (status == DFS_E_NOMEM)
		error_set(decoder->err, DFS_E_NOMEM, "out of memory");
	buf_fini(&name);
	return status;
}

static int list_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const cJSON *item, char *ret)
{
	size_t step = field->of ? field->of->size : proto_item_size((enum proto_type)field->item);
	size_t count = 0;
	char *entries;

	if (!cJSON_IsArray(item))
		return refuse(decoder, place, "not a list");
	for (const cJSON *entry = item->child; entry; entry = entry->next)
		count++;
	if (count > field->max)
		return refuse(decoder, place, "too many entries");
	if (count == 0)
		return 0;
	entries = arena_alloc(decoder->arena, count * step);
	if (!entries)
		return error_set(decoder->err, DFS_E_NOMEM, "out of memory");
	*(char **)(ret + field->offset) = entries;
	*(size_t *)(ret + field->count_offset) = count;
	item = item->child;
	for (size_t i = 0; i < count; i++, item = item->next, entries += step) {
		struct place below = {place, NULL, i};
		int status = field->of ? object_decode(decoder, &below, field->of, item, entries)
		                       : value_decode(decoder, &below, (enum proto_type)field->item,
		                                 item, entries);

		if (status != 0)
			return status;
	}
	return 0;
}

static int refuse(struct decoder *decoder, const struct place *place, const char *what)
{
	struct buf where = {0};

	if (decoder->err) {
		place_text(place, &where);
		error_set(decoder->err, DFS_E_PROTO, "%s: %s", where.data ? where.data : "?", what);
	}
	buf_fini(&where);
	return DFS_E_PROTO;
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
