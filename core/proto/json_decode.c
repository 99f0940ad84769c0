/* SPDX-License-Identifier: MIT */
/*
 * From a cJSON tree to a struct. An object's members are walked once; a peer that sends fields in
 * the schema's order (as ours do) costs one comparison a field.
 */
#include <cjson/cJSON.h>
#include <stdalign.h>
#include <string.h>
#include "proto/json_place.h"
#include "proto/parts.h"
#include "proto/shape.h"

static int object_decode(struct decoder *decoder, const struct place *place,
        const struct proto_shape *shape, const cJSON *object, char *ret);
static void defaults(const struct proto_shape *shape, char *ret);
static const struct proto_field *field_find(
        const struct proto_shape *shape, const char *name, size_t guess);
static int missing(struct decoder *decoder, const struct place *place,
        const struct proto_shape *shape, uint64_t seen);
static int field_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const cJSON *item, char *ret);
static int list_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const cJSON *item, char *ret);

int proto_shape_decode(const struct proto_shape *shape, struct arena *arena, const char *json,
        size_t size, void *ret, struct dfs_error *err)
{
	cJSON *tree = NULL;
	int status = proto_json_parse(json, size, &tree, err);

	if (status == 0)
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
		return json_refuse(decoder, place, "not an object");
	defaults(shape, ret);
	for (const cJSON *item = object->child; item; item = item->next) {
		const struct proto_field *field = field_find(shape, item->string, guess);
		struct place below = {place, item->string, 0};
		int status;

		if (!field)
			continue;
		guess = (size_t)(field - shape->fields);
		if (seen & UINT64_C(1) << guess)
			return json_refuse(decoder, &below, "given twice");
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
			return json_refuse(decoder, &below, "missing");
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
	case PROTO_TYPE_ENUM:
		return json_string_decode(decoder, place, field, item, at);
	case PROTO_TYPE_STRUCT:
		return object_decode(decoder, place, field->of, item, at);
	case PROTO_TYPE_LIST:
		return list_decode(decoder, place, field, item, ret);
	default:
		return json_number_decode(decoder, place, (enum proto_type)field->type, item, at);
	}
}

static int list_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const cJSON *item, char *ret)
{
	size_t step = proto_step(field);
	size_t count = 0;
	char *entries;

	if (!cJSON_IsArray(item))
		return json_refuse(decoder, place, "not a list");
	for (const cJSON *entry = item->child; entry; entry = entry->next)
		count++;
	if (count > field->max)
		return json_refuse(decoder, place, "too many entries");
	if (count == 0)
		return 0;
	entries = arena_alloc(decoder->arena, count * step);
	if (!entries)
		return json_nomem(decoder);
	*(char **)(ret + field->offset) = entries;
	*(size_t *)(ret + field->count_offset) = count;
	item = item->child;
	for (size_t i = 0; i < count; i++, item = item->next, entries += step) {
		struct place below = {place, NULL, i};
		int status = field->of ? object_decode(decoder, &below, field->of, item, entries)
		                       : json_number_decode(decoder, &below,
		                                 (enum proto_type)field->item, item, entries);

		if (status != 0)
			return status;
	}
	return 0;
}
