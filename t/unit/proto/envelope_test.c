/* SPDX-License-Identifier: MIT */
/* Calls, replies and faults through their envelopes, alone and in batches; and envelopes that are
 * none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "proto/envelope.h"
#include "random.h"

struct world {
	struct random random;
	struct arena arena;
	struct buf text;
	struct envelopes envelopes;
	struct dfs_error err;
};

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	world->random = (struct random){random_seed(), 5};
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	envelopes_fini(&world->envelopes);
	buf_fini(&world->text);
	arena_fini(&world->arena);
	free(world);
	return 0;
}

static int parse_text(struct world *world, const char *text)
{
	envelopes_fini(&world->envelopes);
	world->err = (struct dfs_error){0};
	return envelopes_parse(&world->envelopes, &world->arena, text, strlen(text), &world->err);
}

static int parse(struct world *world)
{
	return parse_text(world, world->text.data);
}

static void every_call_and_reply_comes_back_from_a_batch(void **state)
{
	struct world *world = *state;
	char args[PROTO_CALLS][PROTO_STRUCT_SIZE], replies[PROTO_CALLS][PROTO_STRUCT_SIZE];
	const void *back;

	envelope_open(&world->text);
	for (int i = 1; i < PROTO_CALLS; i++) {
		const struct proto_call_info *info = proto_call_info((enum proto_call)i);

		random_fill(&world->random, info->args, &world->arena, args[i]);
		random_fill(&world->random, info->reply, &world->arena, replies[i]);
		assert_int_equal(envelope_call(&world->text, (uint64_t)i, (enum proto_call)i,
		                         args[i], UINT64_MAX, 9),
		        0);
		assert_int_equal(
		        envelope_reply(&world->text, (uint64_t)i, (enum proto_call)i, replies[i]),
		        0);
	}
	envelope_close(&world->text);
	assert_int_equal(parse(world), 0);
	assert_int_equal(world->envelopes.count, 2 * (PROTO_CALLS - 1));
	for (int i = 1; i < PROTO_CALLS; i++) {
		const struct proto_call_info *info = proto_call_info((enum proto_call)i);
		const struct envelope *call = &world->envelopes.list[2 * (i - 1)];
		const struct envelope *reply = call + 1;

		assert_int_equal(call->id, i);
		assert_int_equal(call->kind, ENVELOPE_CALL);
		assert_int_equal(call->call, i);
		assert_int_equal(call->code, 0);
		assert_int_equal(call->client, info->mutates ? UINT64_MAX : 0);
		assert_int_equal(call->sequence, info->mutates ? 9 : 0);
		assert_int_equal(envelope_args(call, &world->arena, &back, &world->err), 0);
		assert_true(shape_equal(info->args, args[i], back));
		assert_int_equal(reply->id, i);
		assert_int_equal(reply->kind, ENVELOPE_REPLY);
		assert_int_equal(envelope_result(reply, (enum proto_call)i, &world->arena, &back,
		                         &world->err),
		        0);
		assert_true(shape_equal(info->reply, replies[i], back));
	}
}

static void envelopes_are_written_as_the_protocol_says(void **state)
{
	struct world *world = *state;
	struct proto_stat_args stat = {"/a"};
	struct proto_abandon_args abandon = {0x17};
	struct proto_abandon_reply none = {0};

	assert_int_equal(envelope_call(&world->text, 7, PROTO_CALL_STAT, &stat, 5, 6), 0);
	assert_string_equal(world->text.data, "{\"i\":7,\"m\":\"stat\",\"a\":{\"path\":\"/a\"}}");
	buf_clear(&world->text);
	envelope_open(&world->text);
	assert_int_equal(
	        envelope_call(&world->text, ENVELOPE_ID_MAX, PROTO_CALL_ABANDON, &abandon, 5, 6),
	        0);
	assert_int_equal(envelope_reply(&world->text, 0, PROTO_CALL_ABANDON, &none), 0);
	assert_int_equal(envelope_fault(&world->text, 8, DFS_E_NOENT, NULL), 0);
	envelope_close(&world->text);
	assert_string_equal(world->text.data,
	        "[{\"i\":9007199254740992,\"m\":\"abandon\",\"a\":{\"session\":"
	        "\"0000000000000017\"},"
	        "\"c\":\"0000000000000005\",\"s\":\"6\"},{\"i\":0,\"r\":{}},"
	        "{\"i\":8,\"e\":{\"code\":\"NOENT\",\"message\":\"no such file or directory\"}}]");
	assert_int_equal(parse(world), 0);
	assert_int_equal(world->envelopes.count, 3);
	assert_true(world->envelopes.list[0].id == ENVELOPE_ID_MAX);
}

static void a_fault_brings_its_code_and_sentence(void **state)
{
	struct world *world = *state;
	const void *back = world;

	assert_int_equal(envelope_fault(&world->text, 3, DFS_E_EXIST, "/a: \"there\""), 0);
	assert_int_equal(parse(world), 0);
	assert_int_equal(world->envelopes.list[0].kind, ENVELOPE_FAULT);
	assert_int_equal(envelope_result(&world->envelopes.list[0], PROTO_CALL_MKDIR, &world->arena,
	                         &back, &world->err),
	        DFS_E_EXIST);
	assert_string_equal(world->err.text, "/a: \"there\"");
	assert_ptr_equal(back, world);
	/* A newer peer's code. */
	assert_int_equal(
	        parse_text(world, "{\"i\":1,\"e\":{\"code\":\"NEWER\",\"message\":\"m\"}}"), 0);
	assert_int_equal(world->envelopes.list[0].code, DFS_E_INTERNAL);
	assert_string_equal(world->envelopes.list[0].message, "m");
	assert_int_equal(parse_text(world, "{\"i\":1,\"e\":7}"), 0);
	assert_int_equal(world->envelopes.list[0].code, DFS_E_PROTO);
}

static void a_long_sentence_is_cut_at_a_whole_character(void **state)
{
	struct world *world = *state;
	char message[1024] = "";

	for (int i = 0; i < 300; i++)
		strcat(message, "\xc3\xa4");
	assert_int_equal(envelope_fault(&world->text, 3, DFS_E_IO, message), 0);
	assert_int_equal(parse(world), 0);
	assert_int_equal(world->envelopes.list[0].code, DFS_E_IO);
	assert_int_equal(strlen(world->envelopes.list[0].message), 510);
}

static void an_unknown_call_can_be_answered(void **state)
{
	struct world *world = *state;
	const void *args;

	assert_int_equal(parse_text(world, "[{\"i\":5,\"m\":\"f\\u0001ly\",\"a\":{}}]"), 0);
	assert_int_equal(world->envelopes.list[0].kind, ENVELOPE_CALL);
	assert_int_equal(world->envelopes.list[0].id, 5);
	assert_int_equal(world->envelopes.list[0].call, PROTO_CALL_NONE);
	assert_int_equal(
	        envelope_args(&world->envelopes.list[0], &world->arena, &args, &world->err),
	        DFS_E_UNSUPPORTED);
	assert_string_equal(world->err.text, "no such call: f\\x01ly");
}

static void what_is_wrong_within_a_call_can_be_answered(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
	        {"{\"i\":5,\"m\":7}", "m: not a string"},
	        {"{\"i\":5,\"m\":\"stat\"}", "a: missing"},
	        {"{\"i\":5,\"m\":\"stat\",\"a\":[]}", "args: not an object"},
	        {"{\"i\":5,\"m\":\"stat\",\"a\":{}}", "args.path: missing"},
	        {"{\"i\":5,\"m\":\"stat\",\"a\":{\"path\":7}}", "args.path: not a string"},
	        {"{\"i\":5,\"m\":\"nodes\",\"a\":{},\"c\":\"1\",\"s\":\"1\"}",
	                "c: not an id of 16 lower-case hex digits"},
	        {"{\"i\":5,\"m\":\"nodes\",\"a\":{},\"c\":\"0000000000000001\",\"s\":1}",
	                "s: not a decimal string"},
	        {"{\"i\":5,\"m\":\"nodes\",\"a\":{},\"c\":\"0000000000000001\"}",
	                "c and s: one without the other"},
	        {"{\"i\":5,\"m\":\"nodes\",\"a\":{},\"s\":\"1\"}",
	                "c and s: one without the other"},
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const void *args = NULL;

		assert_int_equal(parse_text(world, cases[i].text), 0);
		assert_int_equal(world->envelopes.count, 1);
		assert_int_equal(world->envelopes.list[0].id, 5);
		assert_int_equal(world->envelopes.list[0].kind, ENVELOPE_CALL);
		assert_int_equal(
		        envelope_args(&world->envelopes.list[0], &world->arena, &args, &world->err),
		        DFS_E_PROTO);
		assert_string_equal(world->err.text, cases[i].message);
		assert_null(args);
	}
}

static void what_names_no_call_is_refused_whole(void **state)
{
	static const char *const texts[] = {
	        "",
	        "x",
	        "7",
	        "null",
	        "\"i\"",
	        "[7]",
	        "[[]]",
	        "{}",
	        "{\"i\":1}",
	        "{\"m\":\"nodes\",\"a\":{}}",
	        "{\"i\":\"1\",\"r\":{}}",
	        "{\"i\":-1,\"r\":{}}",
	        "{\"i\":1.5,\"r\":{}}",
	        "{\"i\":9007199254740994,\"r\":{}}",
	        "{\"i\":1e400,\"r\":{}}",
	        "{\"i\":1,\"i\":1,\"r\":{}}",
	        "{\"i\":1,\"r\":{},\"r\":{}}",
	        "{\"i\":1,\"m\":\"nodes\",\"r\":{}}",
	        "{\"i\":1,\"r\":{},\"e\":{}}",
	        "{\"i\":1,\"r\":{}} x",
	        "{\"i\":1,\"r\":{}}{\"i\":1,\"r\":{}}",
	        "[{\"i\":1,\"r\":{}},{}]",
	        "[{\"i\":1,\"r\":{}}",
	        "[{\"i\":1,\"r\":{}},]",
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (parse_text(world, texts[i]) != DFS_E_PROTO)
			fail_msg("%s was taken", texts[i]);
		assert_int_equal(world->envelopes.count, 0);
		assert_int_equal(strncmp(world->err.text, "message: ", 9), 0);
	}
}

static void unknown_members_are_ignored(void **state)
{
	struct world *world = *state;

	assert_int_equal(
	        parse_text(world, " [ {\"ii\":2,\"\":3,\"z\":{\"i\":4},\"i\":1,\"r\":{}} ] \n"), 0);
	assert_int_equal(world->envelopes.list[0].id, 1);
	assert_int_equal(parse_text(world, "[]"), 0);
	assert_int_equal(world->envelopes.count, 0);
}

static void a_batch_has_its_limit(void **state)
{
	struct world *world = *state;
	struct proto_renew_args args = {1};

	envelope_open(&world->text);
	for (int i = 0; i < PROTO_BATCH_MAX; i++)
		envelope_call(&world->text, 1, PROTO_CALL_RENEW, &args, 0, 0);
	envelope_close(&world->text);
	assert_int_equal(parse(world), 0);
	assert_int_equal(world->envelopes.count, PROTO_BATCH_MAX);
	world->text.size--;
	world->text.data[world->text.size] = '\0';
	envelope_call(&world->text, 1, PROTO_CALL_RENEW, &args, 0, 0);
	envelope_close(&world->text);
	assert_int_equal(parse(world), DFS_E_PROTO);
	assert_string_equal(world->err.text, "message: 1025 in a batch, at most 1024 are taken");
}

/* A reply of 1,000 entries with long names: 2 fit into a message, the third does not. */
static void what_does_not_fit_into_a_message_waits_for_the_next(void **state)
{
	struct world *world = *state;
	struct proto_attr *attrs = arena_alloc(&world->arena, 1000 * sizeof(*attrs));
	struct proto_list_reply reply = {attrs, 1000, false};
	char name[256], target[4096];
	size_t size;

	memset(name, '%', 255);
	name[255] = '\0';
	memset(target, '%', 4095);
	target[4095] = '\0';
	for (int i = 0; i < 1000; i++)
		attrs[i] = (struct proto_attr){.name = name};
	envelope_open(&world->text);
	while (envelope_reply(&world->text, 1, PROTO_CALL_LIST, &reply) == 0)
		;
	size = world->text.size;
	assert_true(size > PROTO_MESSAGE_MAX / 2 && size < PROTO_MESSAGE_MAX);
	assert_int_equal(envelope_reply(&world->text, 1, PROTO_CALL_LIST, &reply), DFS_E_LIMIT);
	assert_int_equal(world->text.size, size);
	envelope_close(&world->text);
	assert_int_equal(parse(world), 0);
	for (int i = 0; i < 1000; i++)
		attrs[i].target = target;
	buf_clear(&world->text);
	assert_int_equal(envelope_reply(&world->text, 1, PROTO_CALL_LIST, &reply), DFS_E_TOOBIG);
	assert_int_equal(world->text.size, 0);
}

static void args_that_cannot_be_encoded_leave_the_batch_as_it_was(void **state)
{
	struct world *world = *state;
	struct proto_write_begin_args args = {.durability = (enum proto_durability)9};
	struct proto_renew_args renew = {1};
	struct buf before = {0};

	envelope_open(&world->text);
	assert_int_equal(envelope_call(&world->text, 1, PROTO_CALL_RENEW, &renew, 0, 0), 0);
	buf_append(&before, world->text.data, world->text.size);
	assert_int_equal(
	        envelope_call(&world->text, 1, PROTO_CALL_WRITE_BEGIN, &args, 0, 0), DFS_E_INVAL);
	assert_string_equal(world->text.data, before.data);
	buf_fini(&before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(every_call_and_reply_comes_back_from_a_batch),
	        TEST(envelopes_are_written_as_the_protocol_says),
	        TEST(a_fault_brings_its_code_and_sentence),
	        TEST(a_long_sentence_is_cut_at_a_whole_character),
	        TEST(an_unknown_call_can_be_answered),
	        TEST(what_is_wrong_within_a_call_can_be_answered),
	        TEST(what_names_no_call_is_refused_whole),
	        TEST(unknown_members_are_ignored),
	        TEST(a_batch_has_its_limit),
	        TEST(what_does_not_fit_into_a_message_waits_for_the_next),
	        TEST(args_that_cannot_be_encoded_leave_the_batch_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
