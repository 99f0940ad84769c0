/* SPDX-License-Identifier: MIT */
/* Deep copies: what a queue keeps of a message that its maker will forget. */
#include <assert.h>
#include <stdalign.h>
#include <string.h>
#include "proto/gen/proto.h"
#include "proto/parts.h"

static int pointers_copy(const struct proto_shape *shape, struct arena *arena, char *ret);
static int string_copy(struct arena *arena, const char **text);
static int list_copy(const struct proto_field *field, struct arena *arena, char *ret);

int proto_shape_copy(
        const struct proto_shape *shape, struct arena *arena, const void *from, void *ret)
{
	alignas(16) char aside[PROTO_STRUCT_SIZE]; /* `ret` is not touched on failure */
	int status;

	memcpy(aside, from, shape->size);
	status = pointers_copy(shape, arena, aside);
	if (status == 0)
		memcpy(ret, aside, shape->size);
	return status;
}

int proto_op_copy(struct arena *arena, const struct proto_op *from, struct proto_op *ret)
{
	const struct proto_shape *shape = proto_op_shape(from->kind);
	struct proto_op op = *from;
	int status;

	if (!shape)
		return DFS_E_INVAL;
	status = pointers_copy(shape, arena, (char *)&op + PROTO_OP_BODY);
	if (status == 0)
		*ret = op;
	return status;
}

/* `ret` is a flat copy: replace each of its pointers by one into the arena. */
static int pointers_copy(const struct proto_shape *shape, struct arena *arena, char *ret)
{
	int status = 0;

	for (size_t i = 0; i < shape->fields_count && status == 0; i++) {
		const struct proto_field *field = &shape->fields[i];
		char *at = ret + field->offset;

		if (field->type == PROTO_TYPE_TEXT || field->type == PROTO_TYPE_BYTES)
			status = string_copy(arena, (const char **)at);
		else if (field->type == PROTO_TYPE_STRUCT)
			status = pointers_copy(field->of, arena, at);
		else if (field->type == PROTO_TYPE_LIST)
			status = list_copy(field, arena, ret);
	}
	return status;
}

static int string_copy(struct arena *arena, const char **text)
{
	*text = *text && **text ? arena_text(arena, *text, strlen(*text)) : "";
	return *text ? 0 : DFS_E_NOMEM;
}

static int list_copy(const struct proto_field *field, struct arena *arena, char *ret)
{
	char **list = (char **)(ret + field->offset);
	size_t count = *(const size_t *)(ret + field->count_offset);
	size_t step = proto_step(field);
	char *entries;
	int status = 0;

	if (count == 0) {
		*list = NULL;
		return 0;
	}
	assert(*list);
	entries = count <= SIZE_MAX / step ? arena_alloc(arena, count * step) : NULL;
	if (!entries)
		return DFS_E_NOMEM;
	memcpy(entries, *list, count * step);
	*list = entries;
	for (size_t i = 0; field->of && i < count && status == 0; i++)
		status = pointers_copy(field->of, arena, entries + i * step);
	return status;
}
