/* SPDX-License-Identifier: MIT */
/* What is encoded, packed or copied comes back the same: every call, row and operation, with random
 * contents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cjson/cJSON.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "random.h"

enum { ROUNDS = 40 };

struct world {
	struct random random;
	struct arena arena;
	struct buf text;
	struct dfs_error err;
};

static int setup(void **state)
{
	static struct world world;

	world = (struct world){.random = {random_seed(), 12}};
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	buf_fini(&world->text);
	arena_fini(&world->arena);
	return 0;
}

static void next_round(struct world *world)
{
	arena_reset(&world->arena);
	buf_clear(&world->text);
}

static void json_round(struct world *world, const struct proto_shape *shape, size_t size,
        int (*encode)(const void *, struct buf *),
        int (*decode)(struct arena *, const char *, size_t, void *, struct dfs_error *))
{
	for (int i = 0; i < ROUNDS; i++) {
		char from[PROTO_STRUCT_SIZE], back[PROTO_STRUCT_SIZE];
		int status;

		next_round(world);
		assert_int_equal(shape->size, size);
		random_fill(&world->random, shape, &world->arena, from);
		assert_int_equal(encode(from, &world->text), 0);
		status = decode(
		        &world->arena, world->text.data, world->text.size, back, &world->err);
		if (status != 0)
			print_message(
			        "%s: %s: %s\n", shape->name, world->err.text, world->text.data);
		assert_int_equal(status, 0);
		assert_true(shape_equal(shape, from, back));
	}
}

static void every_call_comes_back_through_json(void **state)
{
	for (int i = 1; i < PROTO_CALLS; i++) {
		const struct proto_call_info *info = proto_call_info((enum proto_call)i);

		json_round(
		        *state, info->args, info->args_size, info->args_encode, info->args_decode);
		json_round(*state, info->reply, info->reply_size, info->reply_encode,
		        info->reply_decode);
	}
}

static const struct proto_shape *const row_shapes[] = {
        &proto_row_inode_shape,
        &proto_row_dentry_shape,
        &proto_row_extent_row_shape,
        &proto_row_chunk_shape,
        &proto_row_session_shape,
        &proto_row_node_shape,
        &proto_row_answer_shape,
        &proto_row_counters_shape,
};

static void every_row_comes_back_through_pack(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < ROUNDS * sizeof(row_shapes) / sizeof(row_shapes[0]); i++) {
		const struct proto_shape *shape =
		        row_shapes[i % (sizeof(row_shapes) / sizeof(row_shapes[0]))];
		char from[PROTO_STRUCT_SIZE], back[PROTO_STRUCT_SIZE];

		next_round(world);
		random_fill(&world->random, shape, &world->arena, from);
		assert_int_equal(proto_shape_pack(shape, from, &world->text), 0);
		assert_int_equal(proto_shape_unpack(shape, world->text.data, world->text.size,
		                         &world->arena, back, &world->err),
		        0);
		assert_true(shape_equal(shape, from, back));
	}
}

static void every_operation_comes_back_through_pack_and_copy(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < ROUNDS * PROTO_OPS; i++) {
		struct proto_op op = {.kind = (enum proto_op_kind)(1 + i % (PROTO_OPS - 1))}, back,
		                copy;
		const struct proto_shape *shape = proto_op_shape(op.kind);
		struct arena other = {0};

		next_round(world);
		random_fill(&world->random, shape, &world->arena, (char *)&op + PROTO_OP_BODY);
		assert_int_equal(proto_op_pack(&op, &world->text), 0);
		assert_int_equal(proto_op_copy(&other, &op, &copy), 0);
		assert_int_equal(proto_op_unpack(world->text.data, world->text.size, &world->arena,
		                         &back, &world->err),
		        0);
		assert_int_equal(back.kind, op.kind);
		assert_true(shape_equal(
		        shape, (char *)&op + PROTO_OP_BODY, (char *)&back + PROTO_OP_BODY));
		/* The copy stands alone: the arena of the first one may go. */
		buf_clear(&world->text);
		assert_int_equal(proto_op_pack(&back, &world->text), 0);
		arena_fini(&world->arena);
		assert_int_equal(proto_op_unpack(world->text.data, world->text.size, &world->arena,
		                         &back, &world->err),
		        0);
		assert_int_equal(copy.kind, back.kind);
		assert_true(shape_equal(
		        shape, (char *)&copy + PROTO_OP_BODY, (char *)&back + PROTO_OP_BODY));
		arena_fini(&other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_call_comes_back_through_json),
	        cmocka_unit_test(every_row_comes_back_through_pack),
	        cmocka_unit_test(every_operation_comes_back_through_pack_and_copy),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
