/* SPDX-License-Identifier: MIT */
/*
 * What decoding refuses. The cases are made from the shapes: each field of each call, at each
 * depth, is taken from a good message, damaged in every way that its type allows, and must be named
 * in the error.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cjson/cJSON.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "proto/json_text.h"
#include "random.h"

struct world {
	struct random random;
	struct arena arena;
	struct dfs_error err;
	const struct proto_shape *shape; /* of the whole message */
	cJSON *tree;
};

typedef void field_case(
        struct world *world, const struct proto_field *field, cJSON *object, const char *path);

static void each_field(struct world *world, const struct proto_shape *shape, cJSON *object,
        const char *path, field_case *visit);
static void each_message(struct world *world, field_case *visit);
static void fill_whole(struct world *world, const struct proto_shape *shape, char *ret);

static int setup(void **state)
{
	static struct world world;

	world = (struct world){.random = {random_seed(), 3}};
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	arena_fini(&world->arena);
	return 0;
}

/* ---- what a damaged message gives ---------------------------------------------------------------
 */

static int decode(struct world *world)
{
	char *text = cJSON_PrintUnformatted(world->tree), ret[PROTO_STRUCT_SIZE];
	int status = proto_shape_decode(
	        world->shape, &world->arena, text, strlen(text), ret, &world->err);

	free(text);
	return status;
}

static void expect_refused(struct world *world, const char *path, const char *what)
{
	int status;

	world->err = (struct dfs_error){0};
	status = decode(world);
	if (status != DFS_E_PROTO || strncmp(world->err.text, path, strlen(path)) != 0 ||
	        !strstr(world->err.text, what))
		fail_msg("%s: wanted \"%s\", got %d \"%s\"", path, what, status, world->err.text);
	assert_int_equal(world->err.code, DFS_E_PROTO);
}

static void expect_taken(struct world *world, const char *path)
{
	int status = decode(world);

	if (status != 0)
		fail_msg("%s: %d %s", path, status, world->err.text);
}

/* Put `value` in the place of a field, expect it refused with that word, put the old one back. */
static void try_value(struct world *world, const struct proto_field *field, cJSON *object,
        const char *path, cJSON *value, const char *what)
{
	cJSON *old = cJSON_DetachItemFromObjectCaseSensitive(object, field->name);

	assert_non_null(old);
	cJSON_AddItemToObject(object, field->name, value);
	if (what)
		expect_refused(world, path, what);
	else
		expect_taken(world, path);
	cJSON_ReplaceItemInObjectCaseSensitive(object, field->name, old);
}

/* ---- cases
 * ------------------------------------------------------------------------------------------ */

static void try_missing(
        struct world *world, const struct proto_field *field, cJSON *object, const char *path)
{
	cJSON *old = cJSON_DetachItemFromObjectCaseSensitive(object, field->name);

	if (field->optional)
		expect_taken(world, path);
	else
		expect_refused(world, path, ": missing");
	cJSON_AddItemToObject(object, field->name, old);
}

static void try_twice(
        struct world *world, const struct proto_field *field, cJSON *object, const char *path)
{
	cJSON *again = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(object, field->name), true);

	cJSON_AddItemToObject(object, field->name, again);
	expect_refused(world, path, ": given twice");
	cJSON_Delete(cJSON_DetachItemViaPointer(object, again));
}

static void try_wrong_type(
        struct world *world, const struct proto_field *field, cJSON *object, const char *path)
{
	bool number = field->type == PROTO_TYPE_U32;

	try_value(world, field, object, path, cJSON_CreateNull(), ": not ");
	try_value(world, field, object, path,
	        number ? cJSON_CreateString("7") : cJSON_CreateNumber(7), ": not ");
	if (field->type != PROTO_TYPE_BOOL)
		try_value(world, field, object, path, cJSON_CreateBool(true), ": not ");
	if (field->type != PROTO_TYPE_LIST)
		try_value(world, field, object, path, cJSON_CreateArray(), ": not ");
	if (field->type != PROTO_TYPE_STRUCT)
		try_value(world, field, object, path, cJSON_CreateObject(), ": not ");
}

static void try_strings(struct world *world, const struct proto_field *field, cJSON *object,
        const char *path, const char *const *texts)
{
	for (; *texts; texts++)
		try_value(world, field, object, path, cJSON_CreateString(*texts), ": ");
}

static cJSON *string_of(const char *piece, size_t count, size_t more)
{
	struct buf text = {0};
	cJSON *item;

	for (size_t i = 0; i < count; i++)
		buf_text(&text, piece);
	for (size_t i = 0; i < more; i++)
		buf_text(&text, "x");
	buf_text(&text, "");
	item = cJSON_CreateString(text.data);
	buf_fini(&text);
	return item;
}

static void try_length(
        struct world *world, const struct proto_field *field, cJSON *object, const char *path)
{
	bool name = field->type == PROTO_TYPE_BYTES;

	try_value(world, field, object, path, string_of("", 0, field->max), NULL);
	try_value(world, field, object, path, string_of("", 0, field->max + 1), ": too long");
	/* The limit of a name counts decoded bytes, that of a text bytes, not characters. */
	try_value(world, field, object, path, string_of("%FF", field->max, 0),
	        name ? NULL : ": too long");
	try_value(world, field, object, path, string_of("%FF", field->max, 1), ": too long");
	try_value(world, field, object, path, string_of("%FF", 1, field->max), ": too long");
	try_value(world, field, object, path, string_of("\xc3\xa4", field->max, 0), ": too long");
}

static void try_list(
        struct world *world, const struct proto_field *field, cJSON *object, const char *path)
{
	const cJSON *first = cJSON_GetObjectItemCaseSensitive(object, field->name)->child;
	cJSON *list = cJSON_CreateArray();
	char below[600];

	assert_non_null(first);
	for (size_t i = 0; i <= field->max; i++)
		cJSON_AddItemToArray(list, cJSON_Duplicate(first, true));
	try_value(world, field, object, path, list, ": too many entries");
	list = cJSON_CreateArray();
	cJSON_AddItemToArray(list, cJSON_Duplicate(first, true));
	cJSON_AddItemToArray(list, cJSON_CreateNull());
	snprintf(below, sizeof(below), "%s[1]", path);
	try_value(world, field, object, below, list, ": not ");
}

static const char *const bad_u64[] = {"", "-1", "+1", " 1", "1 ", "1x", "0x1", "1.0", "1e3",
        "18446744073709551616", "99999999999999999999", NULL};
static const char *const bad_i64[] = {
        "", "-", "--1", "+1", " 1", "1x", "9223372036854775808", "-9223372036854775809", NULL};
static const char *const bad_id[] = {"", "1", "000000000000001", "00000000000000001",
        "000000000000000A", "0x00000000000001", "000000000000000g", " 00000000000001", NULL};
static const char *const bad_name[] = {"%", "%0", "%00", "a%0", "%GG", "%%", "%+1", "% 1", "\xff",
        "a\xc0\x80", "\xed\xa0\x80", NULL};
static const char *const bad_text[] = {
        "\xff", "a\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3", NULL};
static const char *const bad_enum[] = {"", "?", "no such value", NULL};

static void try_u32(
        struct world *world, const struct proto_field *field, cJSON *object, const char *path)
{
	static const char *const bad[] = {"-1", "1.5", "4294967296", "1e400", "-1e400",
	        "18446744073709551616", "4294967295.5"};
	static const char *const good[] = {"0", "4294967295", "1.0", "1e3", "-0"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		try_value(world, field, object, path, cJSON_CreateRaw(bad[i]), ": not a whole");
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		try_value(world, field, object, path, cJSON_CreateRaw(good[i]), NULL);
}

static void try_contents(
        struct world *world, const struct proto_field *field, cJSON *object, const char *path)
{
	switch ((enum proto_type)field->type) {
	case PROTO_TYPE_U64:
		try_strings(world, field, object, path, bad_u64);
		break;
	case PROTO_TYPE_I64:
		try_strings(world, field, object, path, bad_i64);
		break;
	case PROTO_TYPE_ID:
		try_strings(world, field, object, path, bad_id);
		break;
	case PROTO_TYPE_ENUM:
		try_strings(world, field, object, path, bad_enum);
		break;
	case PROTO_TYPE_U32:
		try_u32(world, field, object, path);
		break;
	case PROTO_TYPE_TEXT:
		try_strings(world, field, object, path, bad_text);
		try_length(world, field, object, path);
		break;
	case PROTO_TYPE_BYTES:
		try_strings(world, field, object, path, bad_name);
		try_length(world, field, object, path);
		break;
	case PROTO_TYPE_LIST:
		try_list(world, field, object, path);
		break;
	default:
		break;
	}
}

static void a_field_missing_from_a_message_is_named(void **state)
{
	each_message(*state, try_missing);
}

static void a_field_given_twice_is_named(void **state)
{
	each_message(*state, try_twice);
}

static void a_field_of_the_wrong_type_is_named(void **state)
{
	each_message(*state, try_wrong_type);
}

static void a_field_with_bad_contents_or_over_its_limit_is_named(void **state)
{
	each_message(*state, try_contents);
}

static void unknown_fields_are_ignored(void **state)
{
	struct world *world = *state;

	for (int i = 1; i < PROTO_CALLS; i++) {
		const struct proto_call_info *info = proto_call_info((enum proto_call)i);
		char from[PROTO_STRUCT_SIZE], back[PROTO_STRUCT_SIZE], *text;
		cJSON *tree = cJSON_CreateObject();

		cJSON_AddItemToObject(tree, "", cJSON_CreateNull());
		cJSON_AddStringToObject(tree, "no such field", "7");
		random_fill(&world->random, info->args, &world->arena, from);
		assert_int_equal(proto_shape_to_json(info->args, from, tree), 0);
		cJSON_AddItemToObject(tree, "newer", cJSON_CreateObject());
		text = cJSON_PrintUnformatted(tree);
		assert_int_equal(
		        info->args_decode(&world->arena, text, strlen(text), back, NULL), 0);
		assert_true(shape_equal(info->args, from, back));
		free(text);
		cJSON_Delete(tree);
	}
	arena_reset(&world->arena);
}

static void what_is_no_object_is_refused(void **state)
{
	static const char *const texts[] = {"", " ", "null", "7", "\"x\"", "[]", "[{}]", "{", "{}}",
	        "{} x", "{}{}", "nope", "{\"a\"}", "{\"a\":}", "{,}", "\xef\xbb\xbf"};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct proto_nodes_args args;

		assert_int_equal(proto_nodes_args_decode(&world->arena, texts[i], strlen(texts[i]),
		                         &args, &world->err),
		        DFS_E_PROTO);
	}
}

static void a_refused_message_leaves_the_result_alone(void **state)
{
	static const char text[] = "{\"path\":\"/a\",\"recursive\":true,\"directory\":7}";
	struct world *world = *state;
	struct proto_remove_args args = {"before", false, true};

	assert_int_equal(
	        proto_remove_args_decode(&world->arena, text, sizeof(text) - 1, &args, &world->err),
	        DFS_E_PROTO);
	assert_string_equal(world->err.text, "args.directory: not true or false");
	assert_string_equal(args.path, "before");
	assert_false(args.recursive);
	assert_true(args.directory);
}

static void absent_fields_take_their_defaults(void **state)
{
	struct world *world = *state;
	struct proto_list_args list;
	struct proto_mkdir_args mkdir;
	struct proto_list_args init = PROTO_LIST_ARGS_INIT;

	assert_int_equal(
	        proto_list_args_decode(&world->arena, "{\"path\":\"/\"}", 12, &list, NULL), 0);
	assert_int_equal(list.limit, 1000);
	assert_int_equal(init.limit, 1000);
	assert_string_equal(list.after, "");
	assert_int_equal(
	        proto_mkdir_args_decode(&world->arena, "{\"path\":\"/\"}", 12, &mkdir, NULL), 0);
	assert_int_equal(mkdir.mode, 0755);
	assert_int_equal(mkdir.mtime_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_field_missing_from_a_message_is_named),
	        cmocka_unit_test(a_field_given_twice_is_named),
	        cmocka_unit_test(a_field_of_the_wrong_type_is_named),
	        cmocka_unit_test(a_field_with_bad_contents_or_over_its_limit_is_named),
	        cmocka_unit_test(unknown_fields_are_ignored),
	        cmocka_unit_test(what_is_no_object_is_refused),
	        cmocka_unit_test(a_refused_message_leaves_the_result_alone),
	        cmocka_unit_test(absent_fields_take_their_defaults),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* ---- walking
 * ---------------------------------------------------------------------------------------- */

static void message_visit(struct world *world, const struct proto_shape *shape, field_case *visit)
{
	char from[PROTO_STRUCT_SIZE];

	arena_reset(&world->arena);
	fill_whole(world, shape, from);
	world->shape = shape;
	world->tree = cJSON_CreateObject();
	assert_int_equal(proto_shape_to_json(shape, from, world->tree), 0);
	expect_taken(world, shape->name);
	each_field(world, shape, world->tree, shape->name, visit);
	expect_taken(world, shape->name);
	cJSON_Delete(world->tree);
}

static void each_message(struct world *world, field_case *visit)
{
	for (int i = 1; i < PROTO_CALLS; i++) {
		message_visit(world, proto_call_info((enum proto_call)i)->args, visit);
		message_visit(world, proto_call_info((enum proto_call)i)->reply, visit);
	}
	message_visit(world, &proto_fault_shape, visit);
	message_visit(world, &proto_receipt_shape, visit);
}

/* Each field of the object, and of what is below it: of a list the last entry. */
static void each_field(struct world *world, const struct proto_shape *shape, cJSON *object,
        const char *path, field_case *visit)
{
	for (size_t i = 0; i < shape->fields_count; i++) {
		const struct proto_field *field = &shape->fields[i];
		cJSON *item;
		char below[512];
		int last;

		snprintf(below, sizeof(below), "%s.%s", path, field->name);
		visit(world, field, object, below);
		item = cJSON_GetObjectItemCaseSensitive(object, field->name);
		if (field->type == PROTO_TYPE_STRUCT)
			each_field(world, field->of, item, below, visit);
		if (field->type != PROTO_TYPE_LIST || !field->of)
			continue;
		last = cJSON_GetArraySize(item) - 1;
		snprintf(below, sizeof(below), "%.480s.%s[%d]", path, field->name, last);
		each_field(world, field->of, cJSON_GetArrayItem(item, last), below, visit);
	}
}

/* Nothing that encoding would leave out, no empty list, names without %XX. */
static void fill_whole(struct world *world, const struct proto_shape *shape, char *ret)
{
	memset(ret, 0, shape->size);
	for (size_t i = 0; i < shape->fields_count; i++) {
		const struct proto_field *field = &shape->fields[i];
		size_t step = field->of ? field->of->size : sizeof(uint64_t);
		char *at = ret + field->offset, *list;

		switch ((enum proto_type)field->type) {
		case PROTO_TYPE_TEXT:
		case PROTO_TYPE_BYTES:
			*(const char **)at = "x";
			break;
		case PROTO_TYPE_BOOL:
			*(bool *)at = true;
			break;
		case PROTO_TYPE_U32:
		case PROTO_TYPE_ENUM:
			*(uint32_t *)at = 1;
			break;
		case PROTO_TYPE_STRUCT:
			fill_whole(world, field->of, at);
			break;
		case PROTO_TYPE_LIST:
			list = arena_alloc(&world->arena, 2 * step);
			*(char **)at = list;
			*(size_t *)(ret + field->count_offset) = 2;
			if (field->of) {
				fill_whole(world, field->of, list);
				fill_whole(world, field->of, list + step);
			}
			break;
		default:
			*(uint64_t *)at = 1;
		}
	}
}
