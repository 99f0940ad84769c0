/* SPDX-License-Identifier: MIT */
/* One value of a cJSON tree into one field, and the sentence where it does not fit. */
#include <assert.h>
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "proto/json_place.h"

static int whole_number(
        struct decoder *decoder, const struct place *place, const cJSON *item, char *ret);
static int enum_value(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const char *text, char *ret);
static int name_value(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const char *text, size_t size, char *ret);
static int text_copy(struct decoder *decoder, const char *text, size_t size, char *ret);
static void place_text(const struct place *place, struct buf *ret);

int json_number_decode(struct decoder *decoder, const struct place *place, enum proto_type type,
        const struct cJSON *item, char *ret)
{
	const char *text = cJSON_IsString(item) ? item->valuestring : NULL;

	switch (type) {
	case PROTO_TYPE_U64:
		if (text && text_parse_u64(text, (uint64_t *)ret, NULL) == 0)
			return 0;
		return json_refuse(decoder, place, "not a decimal string");
	case PROTO_TYPE_I64:
		if (text && text_parse_i64(text, (int64_t *)ret, NULL) == 0)
			return 0;
		return json_refuse(decoder, place, "not a decimal string");
	case PROTO_TYPE_ID:
		if (text && text_parse_id(text, (uint64_t *)ret, NULL) == 0)
			return 0;
		return json_refuse(decoder, place, "not an id of 16 lower-case hex digits");
	case PROTO_TYPE_U32:
		return whole_number(decoder, place, item, ret);
	default:
		assert(type == PROTO_TYPE_BOOL);
		if (!cJSON_IsBool(item))
			return json_refuse(decoder, place, "not true or false");
		*(bool *)ret = cJSON_IsTrue(item);
		return 0;
	}
}

int json_string_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const struct cJSON *item, char *ret)
{
	const char *text = cJSON_IsString(item) ? item->valuestring : NULL;
	size_t size = text ? strlen(text) : 0;

	if (!text)
		return json_refuse(decoder, place, "not a string");
	if (field->type == PROTO_TYPE_ENUM)
		return enum_value(decoder, place, field, text, ret);
	if (!text_is_utf8(text, size))
		return json_refuse(decoder, place, "not UTF-8");
	if (field->type == PROTO_TYPE_BYTES && memchr(text, '%', size))
		return name_value(decoder, place, field, text, size, ret);
	if (size > field->max)
		return json_refuse(decoder, place, "too long");
	return text_copy(decoder, text, size, ret);
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

/* The comparisons are false for NaN. */
static int whole_number(
        struct decoder *decoder, const struct place *place, const cJSON *item, char *ret)
{
	double value = item->valuedouble;

	if (!cJSON_IsNumber(item) || !(value >= 0 && value <= UINT32_MAX) ||
	        value != (double)(uint32_t)value)
		return json_refuse(decoder, place, "not a whole number from 0 to 4294967295");
	*(uint32_t *)ret = (uint32_t)value;
	return 0;
}

static int enum_value(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const char *text, char *ret)
{
	int value = proto_enum_find(field->values, text);
	char what[64];

	if (value < 0) {
		snprintf(what, sizeof(what), "not a value of %s", field->values->name);
		return json_refuse(decoder, place, what);
	}
	*(uint32_t *)ret = (uint32_t)value;
	return 0;
}

static int name_value(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const char *text, size_t size, char *ret)
{
	struct buf name = {0};
	int status;

	if (size > 3 * (size_t)field->max)
		return json_refuse(decoder, place, "too long");
	status = text_name_decode(text, size, &name);
	if (status == DFS_E_PROTO)
		json_refuse(decoder, place, "a % that begins no %XX");
	else if (status != 0)
		json_nomem(decoder);
	else if (name.size > field->max)
		status = json_refuse(decoder, place, "too long");
	else
		status = text_copy(decoder, name.data, name.size, ret);
	buf_fini(&name);
	return status;
}

/* Empty strings take no memory. */
static int text_copy(struct decoder *decoder, const char *text, size_t size, char *ret)
{
	const char *copy = "";

	if (size > 0)
		copy = arena_text(decoder->arena, text, size);
	if (!copy)
		return json_nomem(decoder);
	*(const char **)ret = copy;
	return 0;
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
