/* SPDX-License-Identifier: MIT */
/* The binary form, out of a struct: what stands in the master's tables and its log. */
#include <assert.h>
#include <endian.h>
#include <string.h>
#include "proto/gen/proto.h"
#include "proto/parts.h"

static int fields_pack(const struct proto_shape *shape, const char *from, struct buf *ret);
static int field_pack(const struct proto_field *field, const char *from, struct buf *ret);
static int string_pack(const struct proto_field *field, const char *from, struct buf *ret);
static int list_pack(const struct proto_field *field, const char *from, struct buf *ret);
static void number_pack(enum proto_type type, const char *at, struct buf *ret);
static void little(uint64_t value, size_t size, struct buf *ret);

int proto_shape_pack(const struct proto_shape *shape, const void *from, struct buf *ret)
{
	size_t start = ret->size;
	int status;

	little(PROTO_FORMAT, 1, ret);
	status = proto_shape_pack_fields(shape, from, ret);
	if (status != 0)
		proto_cut(ret, start);
	return status;
}

int proto_shape_pack_fields(const struct proto_shape *shape, const void *from, struct buf *ret)
{
	size_t start = ret->size;
	int status = fields_pack(shape, from, ret);

	if (status == 0 && ret->failed)
		status = DFS_E_NOMEM;
	if (status != 0)
		proto_cut(ret, start);
	return status;
}

int proto_op_pack(const struct proto_op *from, struct buf *ret)
{
	const struct proto_shape *shape = proto_op_shape(from->kind);
	size_t start = ret->size;
	int status;

	if (!shape)
		return DFS_E_INVAL;
	little(PROTO_FORMAT, 1, ret);
	little(from->kind, 1, ret);
	status = proto_shape_pack_fields(shape, (const char *)from + PROTO_OP_BODY, ret);
	if (status != 0)
		proto_cut(ret, start);
	return status;
}

static int fields_pack(const struct proto_shape *shape, const char *from, struct buf *ret)
{
	int status = 0;

	for (size_t i = 0; i < shape->fields_count && status == 0; i++)
		status = field_pack(&shape->fields[i], from, ret);
	return status;
}

static int field_pack(const struct proto_field *field, const char *from, struct buf *ret)
{
	const char *at = from + field->offset;

	switch ((enum proto_type)field->type) {
	case PROTO_TYPE_TEXT:
	case PROTO_TYPE_BYTES:
		return string_pack(field, from, ret);
	case PROTO_TYPE_ENUM:
		if (*(const uint32_t *)at >= field->values->count)
			return DFS_E_INVAL;
		little(*(const uint32_t *)at, 1, ret);
		return 0;
	case PROTO_TYPE_STRUCT:
		return fields_pack(field->of, at, ret);
	case PROTO_TYPE_LIST:
		return list_pack(field, from, ret);
	default:
		number_pack((enum proto_type)field->type, at, ret);
		return 0;
	}
}

static int string_pack(const struct proto_field *field, const char *from, struct buf *ret)
{
	const char *text = *(const char *const *)(from + field->offset);
	size_t size = text ? strnlen(text, (size_t)field->max + 1) : 0;

	if (size > field->max)
		return DFS_E_TOOBIG;
	little(size, 2, ret);
	buf_append(ret, text, size);
	return 0;
}

static int list_pack(const struct proto_field *field, const char *from, struct buf *ret)
{
	const char *entry = *(const char *const *)(from + field->offset);
	size_t count = *(const size_t *)(from + field->count_offset);
	size_t step = proto_step(field);
	int status = 0;

	if (count > field->max)
		return DFS_E_TOOBIG;
	assert(entry || count == 0);
	little(count, 2, ret);
	for (size_t i = 0; i < count && status == 0; i++, entry += step) {
		if (field->of)
			status = fields_pack(field->of, entry, ret);
		else
			number_pack((enum proto_type)field->item, entry, ret);
	}
	return status;
}

static void number_pack(enum proto_type type, const char *at, struct buf *ret)
{
	if (type == PROTO_TYPE_BOOL)
		little(*(const bool *)at, 1, ret);
	else if (type == PROTO_TYPE_U32)
		little(*(const uint32_t *)at, 4, ret);
	else
		little(*(const uint64_t *)at, 8, ret);
}

static void little(uint64_t value, size_t size, struct buf *ret)
{
	uint64_t bytes = htole64(value);

	/* Where there is room, as nearly always: a row has a dozen numbers, a commit thousands of
	 * rows. */
	if (!ret->failed && ret->capacity - ret->size > sizeof(bytes)) {
		memcpy(ret->data + ret->size, &bytes, sizeof(bytes));
		buf_grow(ret, size);
		return;
	}
	buf_append(ret, &bytes, size);
}
