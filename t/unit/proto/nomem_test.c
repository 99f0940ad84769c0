/* SPDX-License-Identifier: MIT */
/* The first, second, third... allocation fails: an error comes back, nothing is lost or half done.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cjson/cJSON.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "proto/envelope.h"
#include "random.h"

/* Linked with --wrap: allocations that succeed before one fails; below 0 all do. */
static long left = -1;

void *__real_malloc(size_t size);
void *__real_realloc(void *bytes, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *bytes, size_t size);

static bool spent(void)
{
	return left >= 0 && left-- == 0;
}

void *__wrap_malloc(size_t size)
{
	return spent() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *bytes, size_t size)
{
	return spent() ? NULL : __real_realloc(bytes, size);
}

/* cJSON lives in a shared library: it gets our malloc by its hooks. */
static int setup(void **state)
{
	cJSON_Hooks hooks = {__wrap_malloc, free};

	cJSON_InitHooks(&hooks);
	return 0;
}

/* Enough of everything: names with %XX, texts to be mended, lists in lists. */
static struct proto_write_begin_reply *reply_make(struct arena *arena)
{
	struct random random = {7, 5};
	struct proto_write_begin_reply *reply = arena_alloc(arena, sizeof(*reply));

	random_fill(&random, &proto_write_begin_reply_shape, arena, reply);
	reply->warning = "bad \xff text";
	return reply;
}

static int encode_all(struct buf *ret, const struct proto_write_begin_reply *reply)
{
	struct proto_stat_args args = {"/50%/\xff"};
	int status = proto_write_begin_reply_encode(reply, ret);
	int other = envelope_call(ret, 1, PROTO_CALL_STAT, &args, 0, 0);

	assert_true(status == 0 || status == DFS_E_NOMEM);
	assert_true(other == 0 || other == DFS_E_NOMEM);
	return status ? status : other;
}

static void encoding_fails_without_memory_or_is_whole(void **state)
{
	struct arena arena = {0};
	struct proto_write_begin_reply *reply = reply_make(&arena);
	struct buf whole = {0};
	int failures = 0, status;

	assert_int_equal(encode_all(&whole, reply), 0);
	do {
		struct buf text = {0};

		left = failures;
		status = encode_all(&text, reply);
		left = -1;
		/* What is missing is remembered, whatever succeeds later. */
		assert_int_equal(text.failed, status != 0);
		if (status == 0)
			assert_string_equal(text.data, whole.data);
		buf_fini(&text);
	} while (status != 0 && ++failures > 0);
	assert_true(failures >= 5);
	buf_fini(&whole);
	arena_fini(&arena);
}

static void decoding_fails_without_memory_or_is_whole(void **state)
{
	static const char text[] =
	        "[{\"i\":1,\"m\":\"stat\",\"a\":{\"path\":\"/50%25\"}},{\"i\":2,\"m\":\"nope\"},"
	        "{\"i\":3,\"e\":{\"code\":\"IO\",\"message\":\"m\"}}]";
	int failures = 0;

	for (long n = 0;; n++) {
		struct arena arena = {0};
		struct envelopes envelopes = {0};
		const void *args = NULL;
		int status;

		left = n;
		status = envelopes_parse(&envelopes, &arena, text, sizeof(text) - 1, NULL);
		if (status == 0)
			status = envelope_args(&envelopes.list[0], &arena, &args, NULL);
		left = -1;
		assert_true(status == 0 || status == DFS_E_NOMEM);
		assert_int_equal(status == 0, args != NULL);
		if (args)
			assert_string_equal(((const struct proto_stat_args *)args)->path, "/50%");
		envelopes_fini(&envelopes);
		arena_fini(&arena);
		if (status == 0)
			break;
		failures++;
	}
	assert_true(failures >= 3); /* the nodes, the arena, a sentence, a name without its %25 */
}

static void packing_unpacking_and_copying_fail_without_memory_or_are_whole(void **state)
{
	struct arena from = {0};
	struct random random = {7, 5};
	struct proto_op op = {.kind = PROTO_OP_SESSION_BEGIN};
	int failures = 0;

	random_fill(&random, &proto_op_session_begin_shape, &from, &op.session_begin);
	op.session_begin.path = "/a";
	for (long n = 0;; n++) {
		struct arena arena = {0};
		struct buf packed = {0};
		struct proto_op back = {0}, copy = {0};
		int status;

		left = n;
		status = proto_op_pack(&op, &packed);
		if (status == 0)
			status = proto_op_unpack(packed.data, packed.size, &arena, &back, NULL);
		if (status == 0)
			arena_fini(&arena);
		if (status == 0)
			status = proto_op_copy(&arena, &op, &copy);
		left = -1;
		assert_true(status == 0 || status == DFS_E_NOMEM);
		assert_int_equal(copy.kind, status == 0 ? op.kind : PROTO_OP_NONE);
		buf_fini(&packed);
		arena_fini(&arena);
		if (status == 0)
			break;
		failures++;
	}
	assert_true(failures >= 3);
	arena_fini(&from);
}

static void fields_that_cannot_be_added_to_an_object_are_an_error(void **state)
{
	struct proto_fault fault = {"IO", "m"};
	int status;

	for (long n = 0;; n++) {
		cJSON *object = cJSON_CreateObject();

		left = n;
		status = proto_fault_to_json(&fault, object);
		left = -1;
		assert_true(status == 0 || status == DFS_E_NOMEM);
		if (status == 0)
			assert_int_equal(cJSON_GetArraySize(object), 2);
		cJSON_Delete(object);
		if (status == 0)
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(encoding_fails_without_memory_or_is_whole),
	        cmocka_unit_test(decoding_fails_without_memory_or_is_whole),
	        cmocka_unit_test(packing_unpacking_and_copying_fail_without_memory_or_are_whole),
	        cmocka_unit_test(fields_that_cannot_be_added_to_an_object_are_an_error),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
