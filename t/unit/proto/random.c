/* SPDX-License-Identifier: MIT */
#include "random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "proto/parts.h"

static void field_fill(
        struct random *random, const struct proto_field *field, struct arena *arena, char *ret);
static const char *text_make(struct random *random, struct arena *arena, uint32_t max);
static const char *name_make(struct random *random, struct arena *arena, uint32_t max);
static void list_fill(
        struct random *random, const struct proto_field *field, struct arena *arena, char *ret);
static void number_fill(struct random *random, enum proto_type type, char *ret);
static bool field_equal(const struct proto_field *field, const char *a, const char *b);
static bool list_equal(const struct proto_field *field, const char *a, const char *b);

uint64_t random_seed(void)
{
	const char *text = getenv("PROTO_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : (uint64_t)time(NULL);

	printf("# PROTO_SEED=%" PRIu64 "\n", seed);
	return seed;
}

/* splitmix64 */
uint64_t random_next(struct random *random)
{
	uint64_t value = random->state += UINT64_C(0x9e3779b97f4a7c15);

	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

uint64_t random_below(struct random *random, uint64_t bound)
{
	return random_next(random) % bound;
}

void random_fill(
        struct random *random, const struct proto_shape *shape, struct arena *arena, void *ret)
{
	memset(ret, 0, shape->size);
	for (size_t i = 0; i < shape->fields_count; i++)
		field_fill(random, &shape->fields[i], arena, ret);
}

bool shape_equal(const struct proto_shape *shape, const void *a, const void *b)
{
	for (size_t i = 0; i < shape->fields_count; i++) {
		if (!field_equal(&shape->fields[i], a, b)) {
			printf("# %s.%s differs\n", shape->name, shape->fields[i].name);
			return false;
		}
	}
	return true;
}

static void field_fill(
        struct random *random, const struct proto_field *field, struct arena *arena, char *ret)
{
	char *at = ret + field->offset;

	switch ((enum proto_type)field->type) {
	case PROTO_TYPE_TEXT:
		*(const char **)at = text_make(random, arena, field->max);
		break;
	case PROTO_TYPE_BYTES:
		*(const char **)at = name_make(random, arena, field->max);
		break;
	case PROTO_TYPE_ENUM:
		*(uint32_t *)at = (uint32_t)random_below(random, field->values->count);
		break;
	case PROTO_TYPE_STRUCT:
		random_fill(random, field->of, arena, at);
		break;
	case PROTO_TYPE_LIST:
		list_fill(random, field, arena, ret);
		break;
	default:
		number_fill(random, (enum proto_type)field->type, at);
	}
}

/* Lengths near 0 and near max, one time in eight each; else short. */
static size_t length_make(struct random *random, size_t max)
{
	switch (random_below(random, 8)) {
	case 0:
		return 0;
	case 1:
		return max - random_below(random, max < 4 ? max : 4);
	default:
		return random_below(random, max < 40 ? max + 1 : 40);
	}
}

static const char *text_make(struct random *random, struct arena *arena, uint32_t max)
{
	static const char *const pieces[] = {"a", "Z", "/", "%", "\"", "\\", "\n", "\x01", "\x7f",
	        "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x8c\x99"};
	size_t size = length_make(random, max), used = 0;
	char *text = arena_alloc(arena, size + 1);

	while (used < size) {
		const char *piece =
		        pieces[random_below(random, sizeof(pieces) / sizeof(pieces[0]))];
		if (used + strlen(piece) > size)
			piece = "x";
		memcpy(text + used, piece, strlen(piece));
		used += strlen(piece);
	}
	return text;
}

static const char *name_make(struct random *random, struct arena *arena, uint32_t max)
{
	size_t size = length_make(random, max);
	char *name = arena_alloc(arena, size + 1);

	for (size_t i = 0; i < size; i++)
		name[i] = (char)(1 + random_below(random, 255));
	return name;
}

static void list_fill(
        struct random *random, const struct proto_field *field, struct arena *arena, char *ret)
{
	size_t step = proto_step(field);
	size_t max = field->max < random->list_max ? field->max : random->list_max;
	size_t count = random_below(random, max + 1);
	char *entries = count ? arena_alloc(arena, count * step) : NULL;

	*(char **)(ret + field->offset) = entries;
	*(size_t *)(ret + field->count_offset) = count;
	for (size_t i = 0; i < count; i++, entries += step) {
		if (field->of)
			random_fill(random, field->of, arena, entries);
		else
			number_fill(random, (enum proto_type)field->item, entries);
	}
}

static void number_fill(struct random *random, enum proto_type type, char *ret)
{
	uint64_t value = random_next(random) >> random_below(random, 64);

	if (random_below(random, 8) == 0)
		value = random_below(random, 2) ? UINT64_MAX : 0;
	if (type == PROTO_TYPE_BOOL)
		*(bool *)ret = value & 1;
	else if (type == PROTO_TYPE_U32)
		*(uint32_t *)ret = (uint32_t)value;
	else
		*(uint64_t *)ret = value;
}

static bool text_equal(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool field_equal(const struct proto_field *field, const char *a, const char *b)
{
	const char *at = a + field->offset, *bt = b + field->offset;

	switch ((enum proto_type)field->type) {
	case PROTO_TYPE_TEXT:
	case PROTO_TYPE_BYTES:
		return text_equal(*(const char *const *)at, *(const char *const *)bt);
	case PROTO_TYPE_STRUCT:
		return shape_equal(field->of, at, bt);
	case PROTO_TYPE_LIST:
		return list_equal(field, a, b);
	case PROTO_TYPE_BOOL:
		return *(const bool *)at == *(const bool *)bt;
	case PROTO_TYPE_U32:
	case PROTO_TYPE_ENUM:
		return *(const uint32_t *)at == *(const uint32_t *)bt;
	default:
		return *(const uint64_t *)at == *(const uint64_t *)bt;
	}
}

static bool list_equal(const struct proto_field *field, const char *a, const char *b)
{
	size_t step = proto_step(field);
	size_t count = *(const size_t *)(a + field->count_offset);
	const char *at = *(const char *const *)(a + field->offset);
	const char *bt = *(const char *const *)(b + field->offset);

	if (count != *(const size_t *)(b + field->count_offset))
		return false;
	if (!field->of)
		return count == 0 || memcmp(at, bt, count * step) == 0;
	for (size_t i = 0; i < count; i++, at += step, bt += step) {
		if (!shape_equal(field->of, at, bt))
			return false;
	}
	return true;
}
