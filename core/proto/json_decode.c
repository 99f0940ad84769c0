/* SPDX-License-Identifier: MIT */
/*
 * From the nodes of a JSON text to a struct. An object's members are walked once; a peer that sends
 * fields in the schema's order (as ours do) costs one comparison a field.
 */
#include <stdalign.h>
#include <string.h>
#include "proto/json_place.h"
#include "proto/json_tree.h"
#include "proto/parts.h"
#include "proto/shape.h"

static int object_decode(struct decoder *decoder, const struct place *place,
        const struct proto_shape *shape, const struct json_node *object, char *ret);
static void defaults(const struct proto_shape *shape, char *ret);
static const struct proto_field *field_find(struct decoder *decoder,
        const struct proto_shape *shape, const struct json_node *name, size_t guess);
static int missing(struct decoder *decoder, const struct place *place,
        const struct proto_shape *shape, uint64_t seen);
static int field_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const struct json_node *node, char *ret);
static int list_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const struct json_node *node, char *ret);

int proto_shape_decode(const struct proto_shape *shape, struct arena *arena, const char *json,
        size_t size, void *ret, struct dfs_error *err)
{
	struct json_tree tree = {0};
	int status = json_tree_parse(&tree, json, size, err);

	if (status == 0)
		status = proto_shape_from_tree(shape, arena, json, tree.nodes, ret, err);
	json_tree_fini(&tree);
	return status;
}

int proto_shape_from_tree(const struct proto_shape *shape, struct arena *arena, const char *text,
        const struct json_node *object, void *ret, struct dfs_error *err)
{
	struct decoder decoder = {arena, err, text};
	struct place place = {NULL, shape->name, 0};
	alignas(16) char aside[PROTO_STRUCT_SIZE]; /* `ret` is not touched on failure */
	int status;

	memset(aside, 0, shape->size);
	status = object_decode(&decoder, &place, shape, object, aside);
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
        const struct proto_shape *shape, const struct json_node *object, char *ret)
{
	const struct json_node *name = object + 1;
	uint64_t seen = 0;
	size_t guess = 0;

	if (object->kind != JSON_OBJECT)
		return json_refuse(decoder, place, "not an object");
	defaults(shape, ret);
	for (uint32_t i = 0; i < object->size; i++, name = json_next(name + 1)) {
		const struct proto_field *field = field_find(decoder, shape, name, guess);
		struct place below = {place, field ? field->name : NULL, 0};
		int status;

		if (!field)
			continue;
		guess = (size_t)(field - shape->fields);
		if (seen & UINT64_C(1) << guess)
			return json_refuse(decoder, &below, "given twice");
		seen |= UINT64_C(1) << guess++;
		status = field_decode(decoder, &below, field, name + 1, ret);
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

/* The field of that name, looked for from the guessed one on, round. Its key is ,"name": */
static const struct proto_field *field_find(struct decoder *decoder,
        const struct proto_shape *shape, const struct json_node *name, size_t guess)
{
	char room[JSON_SHORT_MAX];
	size_t size;
	const char *text = json_short(decoder->text, name, room, &size);

	for (size_t i = 0; text && i < shape->fields_count; i++, guess++) {
		const struct proto_field *field;

		if (guess >= shape->fields_count)
			guess = 0;
		field = &shape->fields[guess];
		if (size + 4 == field->key_size && memcmp(text, field->key + 2, size) == 0)
			return field;
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
        const struct proto_field *field, const struct json_node *node, char *ret)
{
	char *at = ret + field->offset;

	switch ((enum proto_type)field->type) {
	case PROTO_TYPE_TEXT:
	case PROTO_TYPE_BYTES:
	case PROTO_TYPE_ENUM:
		return json_string_decode(decoder, place, field, node, at);
	case PROTO_TYPE_STRUCT:
		return object_decode(decoder, place, field->of, node, at);
	case PROTO_TYPE_LIST:
		return list_decode(decoder, place, field, node, ret);
	default:
		return json_number_decode(decoder, place, (enum proto_type)field->type, node, at);
	}
}

static int list_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const struct json_node *node, char *ret)
{
	size_t step = proto_step(field), count = node->size;
	char *entries;

	if (node->kind != JSON_LIST)
		return json_refuse(decoder, place, "not a list");
	if (count > field->max)
		return json_refuse(decoder, place, "too many entries");
	if (count == 0)
		return 0;
	entries = arena_alloc(decoder->arena, count * step);
	if (!entries)
		return json_nomem(decoder);
	*(char **)(ret + field->offset) = entries;
	*(size_t *)(ret + field->count_offset) = count;
	node++;
	for (size_t i = 0; i < count; i++, node = json_next(node), entries += step) {
		struct place below = {place, NULL, i};
		int status = field->of ? object_decode(decoder, &below, field->of, node, entries)
		                       : json_number_decode(decoder, &below,
		                                 (enum proto_type)field->item, node, entries);

		if (status != 0)
			return status;
	}
	return 0;
}
