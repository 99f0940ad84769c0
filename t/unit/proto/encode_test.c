/* SPDX-License-Identifier: MIT */
/* The JSON that goes out, byte by byte, and what is refused instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cjson/cJSON.h>
#include <cmocka.h>
#include <string.h>
#include "proto/gen/proto.h"

static int setup(void **state)
{
	static struct buf text;

	text = (struct buf){0};
	*state = &text;
	return 0;
}

static int teardown(void **state)
{
	buf_fini(*state);
	return 0;
}

static void numbers_ids_and_enums_are_written_as_the_protocol_says(void **state)
{
	struct buf *text = *state;
	struct proto_receipt receipt = {0xab, UINT64_MAX, 0, 10, UINT32_MAX, 7, 3, "sig"};
	struct proto_attr attr = {.kind = PROTO_KIND_DIR, .mtime_ns = INT64_MIN, .mode = 0755};
	struct proto_heartbeat_reply reply = {true, 1, 2, -1};

	assert_int_equal(proto_receipt_encode(&receipt, text), 0);
	assert_string_equal(text->data,
	        "{\"chunk\":\"00000000000000ab\",\"version\":\"18446744073709551615\","
	        "\"offset\":\"0\",\"length\":\"10\",\"crc\":4294967295,\"total\":\"7\","
	        "\"replicas\":3,\"signature\":\"sig\"}");
	buf_clear(text);
	assert_int_equal(proto_attr_encode(&attr, text), 0);
	assert_non_null(strstr(text->data, "{\"name\":\"\",\"kind\":\"dir\","));
	assert_non_null(strstr(text->data, "\"mode\":493,"));
	assert_non_null(strstr(text->data, "\"mtime_ns\":\"-9223372036854775808\""));
	assert_null(strstr(text->data, "target"));
	buf_clear(text);
	assert_int_equal(proto_heartbeat_reply_encode(&reply, text), 0);
	assert_string_equal(text->data,
	        "{\"known\":true,\"epoch\":\"1\",\"operation\":\"2\",\"wall_ms\":\"-1\"}");
}

static void a_struct_without_fields_or_with_all_of_them_absent_is_an_empty_object(void **state)
{
	struct buf *text = *state;
	struct proto_nodes_args none = {0};
	struct proto_locate_args locate = PROTO_LOCATE_ARGS_INIT;

	assert_int_equal(proto_nodes_args_encode(&none, text), 0);
	assert_string_equal(text->data, "{}");
	buf_clear(text);
	assert_int_equal(proto_locate_args_encode(&locate, text), 0);
	assert_string_equal(text->data, "{}");
	buf_clear(text);
	locate.limit = 0;
	assert_int_equal(proto_locate_args_encode(&locate, text), 0);
	assert_string_equal(text->data, "{\"limit\":0}");
}

static void fault_text(struct buf *text, const char *message, const char *wanted)
{
	struct proto_fault fault = {"IO", message};
	struct buf all = {0};

	buf_clear(text);
	assert_int_equal(proto_fault_encode(&fault, text), 0);
	buf_printf(&all, "{\"code\":\"IO\",\"message\":\"%s\"}", wanted);
	assert_string_equal(text->data, all.data);
	buf_fini(&all);
}

static void texts_are_escaped_and_what_is_not_UTF_8_becomes_a_question_mark(void **state)
{
	fault_text(*state, "100%: \"a\\b\"\n\x01\x7f", "100%: \\\"a\\\\b\\\"\\u000a\\u0001\x7f");
	fault_text(*state, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\x99",
	        "\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\x99");
	fault_text(*state, "a\xff\xc3\xa4\xc3", "a?\xc3\xa4?");
	fault_text(*state, "\xed\xa0\x80\xe2\x82", "?????");
	fault_text(*state, "\"\xf0\x9f\x8c", "\\\"???");
	fault_text(*state, NULL, "");
}

static void names_are_written_with_XX_for_odd_bytes(void **state)
{
	struct buf *text = *state;
	struct proto_stat_args args = {"/50%/\xff\xc3\xa4\"\n"};

	assert_int_equal(proto_stat_args_encode(&args, text), 0);
	assert_string_equal(text->data, "{\"path\":\"/50%25/%FF\xc3\xa4\\\"\\u000a\"}");
}

static void what_is_over_its_limit_is_not_encoded(void **state)
{
	struct buf *text = *state;
	char path[4098];
	struct proto_stat_args args = {path};
	struct proto_allocate_args allocate = {.avoid_count = 65};
	struct proto_write_begin_args begin = {.durability = (enum proto_durability)2};

	memset(path, 'x', sizeof(path));
	path[4096] = '\0';
	assert_int_equal(proto_stat_args_encode(&args, text), 0);
	buf_clear(text);
	buf_text(text, "kept");
	path[4096] = 'x';
	path[4097] = '\0';
	assert_int_equal(proto_stat_args_encode(&args, text), DFS_E_TOOBIG);
	assert_int_equal(proto_allocate_args_encode(&allocate, text), DFS_E_TOOBIG);
	assert_int_equal(proto_write_begin_args_encode(&begin, text), DFS_E_INVAL);
	assert_string_equal(text->data, "kept");
}

static void fields_are_added_to_a_cJSON_object(void **state)
{
	struct proto_fault fault = {"IO", "disk"};
	cJSON *object = cJSON_CreateObject();
	struct buf *text = *state;
	char *printed;

	cJSON_AddStringToObject(object, "before", "x");
	assert_int_equal(proto_fault_to_json(&fault, object), 0);
	printed = cJSON_PrintUnformatted(object);
	buf_text(text, printed);
	cJSON_free(printed);
	cJSON_Delete(object);
	assert_string_equal(text->data, "{\"before\":\"x\",\"code\":\"IO\",\"message\":\"disk\"}");
}

static void names_and_calls_are_found_and_what_is_none_is_not(void **state)
{
	enum proto_node_state node = PROTO_NODE_STATE_UP;

	for (int i = 1; i < PROTO_CALLS; i++)
		assert_int_equal(proto_call_find(proto_call_info((enum proto_call)i)->name), i);
	assert_int_equal(proto_call_find("Stat"), PROTO_CALL_NONE);
	assert_int_equal(proto_call_find(""), PROTO_CALL_NONE);
	assert_null(proto_call_info(PROTO_CALL_NONE));
	assert_null(proto_call_info((enum proto_call)PROTO_CALLS));
	assert_int_equal(proto_node_state_parse("draining", &node), 0);
	assert_int_equal(node, PROTO_NODE_STATE_DRAINING);
	assert_int_equal(proto_node_state_parse("Draining", &node), DFS_E_INVAL);
	assert_int_equal(node, PROTO_NODE_STATE_DRAINING);
	assert_string_equal(proto_node_state_name(node), "draining");
	assert_string_equal(proto_node_state_name((enum proto_node_state)5), "?");
	assert_string_equal(proto_op_name(PROTO_OP_CHUNK_SEAL), "chunk_seal");
	assert_string_equal(proto_op_name(PROTO_OP_NONE), "?");
}

static void calls_know_who_answers_them_and_who_may_ask(void **state)
{
	const struct proto_call_info *mkdir = proto_call_info(PROTO_CALL_MKDIR);
	const struct proto_call_info *freeze = proto_call_info(PROTO_CALL_FREEZE);

	assert_true(mkdir->to_master);
	assert_true(mkdir->mutates);
	assert_int_equal(mkdir->role, PROTO_ROLE_WRITE);
	assert_int_equal(mkdir->args_size, sizeof(struct proto_mkdir_args));
	assert_false(freeze->to_master);
	assert_false(freeze->mutates);
	assert_int_equal(freeze->role, PROTO_ROLE_NODE);
	assert_int_equal(freeze->reply_size, sizeof(struct proto_freeze_reply));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                numbers_ids_and_enums_are_written_as_the_protocol_says, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                a_struct_without_fields_or_with_all_of_them_absent_is_an_empty_object,
	                setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                texts_are_escaped_and_what_is_not_UTF_8_becomes_a_question_mark, setup,
	                teardown),
	        cmocka_unit_test_setup_teardown(
	                names_are_written_with_XX_for_odd_bytes, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                what_is_over_its_limit_is_not_encoded, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                fields_are_added_to_a_cJSON_object, setup, teardown),
	        cmocka_unit_test(names_and_calls_are_found_and_what_is_none_is_not),
	        cmocka_unit_test(calls_know_who_answers_them_and_who_may_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
