/* SPDX-License-Identifier: MIT */
/*
 * The parser of JSON beside cJSON: what it takes, cJSON takes and reads the same; what RFC 8259
 * forbids is refused. Texts are written by hand and made from a seed, then damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cjson/cJSON.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "proto/json_tree.h"
#include "random.h"

static struct json_tree tree;

static int parse(const char *text)
{
	return json_tree_parse(&tree, text, strlen(text), NULL);
}

/* The node says what cJSON says. */
static void same(const struct json_node *node, const cJSON *item)
{
	const struct json_node *child = node + 1;
	uint64_t whole;
	char *text;

	switch ((enum json_kind)node->kind) {
	case JSON_NULL:
		assert_true(cJSON_IsNull(item));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		assert_true(cJSON_IsBool(item));
		assert_int_equal(cJSON_IsTrue(item), node->kind == JSON_TRUE);
		break;
	case JSON_NUMBER:
		assert_true(cJSON_IsNumber(item));
		if (json_whole(tree.text, node, UINT64_C(1) << 53, &whole))
			assert_true(item->valuedouble == (double)whole);
		else
			assert_true(item->valuedouble < 0 || item->valuedouble > 0x1p53 ||
			            item->valuedouble != floor(item->valuedouble));
		break;
	case JSON_STRING:
		assert_true(cJSON_IsString(item));
		text = calloc(1, json_string_size(tree.text, node) + 1);
		json_string_copy(tree.text, node, text);
		assert_string_equal(text, item->valuestring);
		free(text);
		break;
	case JSON_LIST:
		assert_true(cJSON_IsArray(item));
		assert_int_equal(node->size, cJSON_GetArraySize(item));
		for (item = item->child; item; item = item->next, child = json_next(child))
			same(child, item);
		assert_ptr_equal(child, json_next(node));
		break;
	case JSON_OBJECT:
		assert_true(cJSON_IsObject(item));
		assert_int_equal(node->size, cJSON_GetArraySize(item));
		for (item = item->child; item; item = item->next, child = json_next(child + 1)) {
			text = calloc(1, json_string_size(tree.text, child) + 1);
			json_string_copy(tree.text, child, text);
			assert_string_equal(text, item->string);
			free(text);
			same(child + 1, item);
		}
		assert_ptr_equal(child, json_next(node));
		break;
	}
}

/* Taken by us: by cJSON too, and it reads the same. True where it was taken. */
static bool beside_cjson(const char *text, size_t size)
{
	cJSON *item;

	if (json_tree_parse(&tree, text, size, NULL) != 0)
		return false;
	item = cJSON_ParseWithLength(text, size);
	if (!item)
		fail_msg("cJSON refuses: %.*s", (int)size, text);
	same(tree.nodes, item);
	cJSON_Delete(item);
	return true;
}

static void every_kind_of_value_reads_as_in_cJSON(void **state)
{
	static const char *const texts[] = {"null", " true ", "\tfalse\r\n", "0", "-0", "17", "-1",
	        "1.5", "1e3", "1E+2", "2e-1", "0.0", "9007199254740992", "18446744073709551616",
	        "\"\"", "\"a b\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0041\\u00e4\\u20ac\"",
	        "\"\\ud83d\\ude00\\uDBFF\\uDFFF\"", "\"\xc3\xa4\xf0\x9f\x98\x80\"", "[]", "[ ]",
	        "{}", "{ }", "[1,2 , 3]", "[[],{},[{}]]", "{\"a\":1,\"a\":2,\"\":[]}",
	        "{\"\\u0061\\n\":{\"b\":[null,true]},\"c\":\"\\\\\"}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!beside_cjson(texts[i], strlen(texts[i])))
			fail_msg("refused: %s", texts[i]);
}

static void what_RFC_8259_forbids_is_refused(void **state)
{
	static const char *const texts[] = {"", " ", "nul", "True", "01", "-01", "-", "+1", ".5",
	        "1.", "1e", "1e+", "0x1", "NaN", "Infinity", "'a'", "\"a", "\"\\x\"", "\"\\u12\"",
	        "\"\\u12g4\"", "\"\\ud83d\"", "\"\\ud83dx\"", "\"\\ud83d\\u0041\"", "\"\\ude00\"",
	        "\"\\ud83d\\ud83d\"", "\"a\nb\"", "\"a\tb\"", "[1,]", "[,1]", "[1 2]", "{1:2}",
	        "{a:1}", "{\"a\" 1}", "{\"a\":}", "{\"a\":1,}", "[1", "{\"a\":1", "[}", "{]", "1 2",
	        "[]]", "{}}", "/* a */1", "\xef\xbb\xbf{}", "\v1", "\xa0"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (parse(texts[i]) != DFS_E_PROTO)
			fail_msg("taken: %s", texts[i]);
}

static void a_number_of_63_characters_is_taken_and_one_more_refused(void **state)
{
	char text[65] = "";

	memset(text, '1', 63);
	assert_true(beside_cjson(text, 63));
	text[63] = '1';
	assert_int_equal(parse(text), DFS_E_PROTO);
}

/* Any message, and the same with bytes changed, cut out and doubled. */
static void damaged_messages_read_as_in_cJSON_or_are_refused(void **state)
{
	struct random random = {random_seed(), 4};
	struct arena arena = {0};
	char from[PROTO_STRUCT_SIZE];
	size_t taken = 0;

	for (int round = 0; round < 20000; round++) {
		const struct proto_call_info *info = proto_call_info(
		        (enum proto_call)(1 + random_below(&random, PROTO_CALLS - 1)));
		struct buf text = {0};

		random_fill(&random, round & 1 ? info->args : info->reply, &arena, from);
		assert_int_equal(
		        proto_shape_encode(round & 1 ? info->args : info->reply, from, &text), 0);
		assert_true(beside_cjson(text.data, text.size));
		for (uint64_t damage = random_below(&random, 3) + 1; damage > 0; damage--) {
			static const char bytes[] = "{}[]\",:\\u0019-+.eEtfnull d\x01\xff";
			size_t at = random_below(&random, text.size);

			text.data[at] = bytes[random_below(&random, sizeof(bytes) - 1)];
		}
		taken += beside_cjson(text.data, text.size);
		buf_fini(&text);
		arena_reset(&arena);
	}
	assert_true(taken > 100);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_kind_of_value_reads_as_in_cJSON),
	        cmocka_unit_test(what_RFC_8259_forbids_is_refused),
	        cmocka_unit_test(a_number_of_63_characters_is_taken_and_one_more_refused),
	        cmocka_unit_test(damaged_messages_read_as_in_cJSON_or_are_refused),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	json_tree_fini(&tree);
	return failed;
}
