/* SPDX-License-Identifier: MIT */
/*
 * The binary form, back into a struct. The bytes come from a disk: every length is checked before
 * it is used, and all must be used up. Strings are copied: a row outlives the read transaction that
 * showed it.
 */
#include <endian.h>
#include <stdalign.h>
#include <string.h>
#include "proto/gen/proto.h"
#include "proto/parts.h"

struct reader {
	const uint8_t *at, *end;
	struct arena *arena;
	struct dfs_error *err;
};

static int fields_unpack(struct reader *reader, const struct proto_shape *shape, char *ret);
static int field_unpack(struct reader *reader, const struct proto_field *field, char *ret);
static int small_unpack(struct reader *reader, uint32_t count, uint32_t *ret);
static int string_unpack(struct reader *reader, const struct proto_field *field, char *ret);
static int list_unpack(struct reader *reader, const struct proto_field *field, char *ret);
static int entries_unpack(
        struct reader *reader, const struct proto_field *field, size_t count, char *entries);
static int number_unpack(struct reader *reader, enum proto_type type, char *ret);
static int little(struct reader *reader, size_t size, uint64_t *ret);
static int damaged(struct reader *reader, const char *what);
static int format_check(struct reader *reader, const char *name);

int proto_shape_unpack(const struct proto_shape *shape, const void *bytes, size_t size,
        struct arena *arena, void *ret, struct dfs_error *err)
{
	struct reader reader = {bytes, (const uint8_t *)bytes + size, arena, err};
	alignas(16) char aside[PROTO_STRUCT_SIZE]; /* `ret` is not touched on failure */
	int status = format_check(&reader, shape->name);

	if (status != 0)
		return status;
	memset(aside, 0, shape->size);
	status = fields_unpack(&reader, shape, aside);
	if (status == 0 && reader.at != reader.end)
		status = damaged(&reader, "bytes follow its end");
	if (status != 0) {
		error_where(err, "%s", shape->name);
		return status;
	}
	memcpy(ret, aside, shape->size);
	return 0;
}

int proto_shape_unpack_fields(const struct proto_shape *shape, const uint8_t **at,
        const uint8_t *end, struct arena *arena, void *ret, struct dfs_error *err)
{
	struct reader reader = {*at, end, arena, err};
	alignas(16) char aside[PROTO_STRUCT_SIZE];
	int status;

	memset(aside, 0, shape->size);
	status = fields_unpack(&reader, shape, aside);
	if (status != 0) {
		error_where(err, "%s", shape->name);
		return status;
	}
	memcpy(ret, aside, shape->size);
	*at = reader.at;
	return 0;
}

int proto_op_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_op *ret,
        struct dfs_error *err)
{
	struct reader reader = {bytes, (const uint8_t *)bytes + size, arena, err};
	const struct proto_shape *shape;
	struct proto_op op = {0};
	uint64_t kind = 0;
	int status = format_check(&reader, "operation");

	if (status != 0)
		return status;
	status = little(&reader, 1, &kind);
	shape = status == 0 ? proto_op_shape((enum proto_op_kind)kind) : NULL;
	if (!shape)
		return error_set(err, DFS_E_CORRUPT, "operation: of no known kind");
	op.kind = (enum proto_op_kind)kind;
	status = proto_shape_unpack_fields(
	        shape, &reader.at, reader.end, arena, (char *)&op + PROTO_OP_BODY, err);
	if (status == 0 && reader.at != reader.end)
		status = error_set(err, DFS_E_CORRUPT, "%s: bytes follow its end", shape->name);
	if (status == 0)
		*ret = op;
	return status;
}

static int fields_unpack(struct reader *reader, const struct proto_shape *shape, char *ret)
{
	for (size_t i = 0; i < shape->fields_count; i++) {
		const struct proto_field *field = &shape->fields[i];
		int status = field_unpack(reader, field, ret);

		if (status != 0) {
			error_where(reader->err, "%s", field->name);
			return status;
		}
	}
	return 0;
}

static int field_unpack(struct reader *reader, const struct proto_field *field, char *ret)
{
	char *at = ret + field->offset;

	switch ((enum proto_type)field->type) {
	case PROTO_TYPE_TEXT:
	case PROTO_TYPE_BYTES:
		return string_unpack(reader, field, at);
	case PROTO_TYPE_ENUM:
		return small_unpack(reader, field->values->count, (uint32_t *)at);
	case PROTO_TYPE_STRUCT:
		return fields_unpack(reader, field->of, at);
	case PROTO_TYPE_LIST:
		return list_unpack(reader, field, ret);
	default:
		return number_unpack(reader, (enum proto_type)field->type, at);
	}
}

static int small_unpack(struct reader *reader, uint32_t count, uint32_t *ret)
{
	uint64_t value = 0;
	int status = little(reader, 1, &value);

	if (status != 0)
		return status;
	if (value >= count)
		return damaged(reader, "not one of its values");
	*ret = (uint32_t)value;
	return 0;
}

static int string_unpack(struct reader *reader, const struct proto_field *field, char *ret)
{
	uint64_t size = 0;
	int status = little(reader, 2, &size);
	const char *text = "";

	if (status != 0)
		return status;
	if (size > field->max || size > (size_t)(reader->end - reader->at))
		return damaged(reader, "its length is not possible");
	if (size > 0 && memchr(reader->at, '\0', size))
		return damaged(reader, "a NUL byte in it");
	if (size > 0)
		text = arena_text(reader->arena, (const char *)reader->at, size);
	if (!text)
		return error_set(reader->err, DFS_E_NOMEM, "out of memory");
	reader->at += size;
	*(const char **)ret = text;
	return 0;
}

/* An entry is at least 4 bytes, so a count is never much larger than the input. */
static int list_unpack(struct reader *reader, const struct proto_field *field, char *ret)
{
	size_t step = proto_step(field);
	uint64_t count = 0;
	int status = little(reader, 2, &count);
	char *entries;

	if (status != 0)
		return status;
	if (count > field->max || count > (size_t)(reader->end - reader->at))
		return damaged(reader, "its length is not possible");
	if (count == 0)
		return 0;
	entries = arena_alloc(reader->arena, count * step);
	if (!entries)
		return error_set(reader->err, DFS_E_NOMEM, "out of memory");
	*(char **)(ret + field->offset) = entries;
	*(size_t *)(ret + field->count_offset) = count;
	return entries_unpack(reader, field, count, entries);
}

static int entries_unpack(
        struct reader *reader, const struct proto_field *field, size_t count, char *entries)
{
	size_t step = proto_step(field);

	for (size_t i = 0; i < count; i++, entries += step) {
		int status = field->of
		                     ? fields_unpack(reader, field->of, entries)
		                     : number_unpack(reader, (enum proto_type)field->item, entries);

		if (status != 0) {
			error_where(reader->err, "[%zu]", i);
			return status;
		}
	}
	return 0;
}

static int number_unpack(struct reader *reader, enum proto_type type, char *ret)
{
	uint64_t value = 0;
	uint32_t flag = 0;
	int status;

	if (type == PROTO_TYPE_BOOL) {
		status = small_unpack(reader, 2, &flag);
		*(bool *)ret = flag != 0;
	} else if (type == PROTO_TYPE_U32) {
		status = little(reader, 4, &value);
		*(uint32_t *)ret = (uint32_t)value;
	} else {
		status = little(reader, 8, &value);
		*(uint64_t *)ret = value;
	}
	return status;
}

static int little(struct reader *reader, size_t size, uint64_t *ret)
{
	uint64_t value = 0;

	if ((size_t)(reader->end - reader->at) < size)
		return damaged(reader, "cut short");
	memcpy(&value, reader->at, size);
	reader->at += size;
	*ret = le64toh(value);
	return 0;
}

static int damaged(struct reader *reader, const char *what)
{
	return error_set(reader->err, DFS_E_CORRUPT, "%s", what);
}

static int format_check(struct reader *reader, const char *name)
{
	uint64_t format = 0;

	if (little(reader, 1, &format) != 0)
		return error_set(reader->err, DFS_E_CORRUPT, "%s: empty", name);
	if (format != PROTO_FORMAT)
		return error_set(reader->err, DFS_E_CORRUPT, "%s: of format %u, not %u", name,
		        (unsigned)format, PROTO_FORMAT);
	return 0;
}
