/* SPDX-License-Identifier: MIT */
/* What packing refuses to write and unpacking to read; and the bytes themselves, which are on
 * disks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "random.h"

struct world {
	struct random random;
	struct arena arena;
	struct buf packed;
	struct dfs_error err;
};

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

	buf_fini(&world->packed);
	arena_fini(&world->arena);
	return 0;
}

static int op_unpack(struct world *world, const void *bytes, size_t size)
{
	/* A block of its own size: a read past the end is seen by the sanitizer. */
	void *copy = malloc(size ? size : 1);
	struct proto_op op;
	int status;

	memcpy(copy, bytes, size);
	world->err = (struct dfs_error){0};
	status = proto_op_unpack(copy, size, &world->arena, &op, &world->err);
	free(copy);
	return status;
}

static void op_make(struct world *world, enum proto_op_kind kind)
{
	struct proto_op op = {.kind = kind};

	arena_reset(&world->arena);
	buf_clear(&world->packed);
	random_fill(
	        &world->random, proto_op_shape(kind), &world->arena, (char *)&op + PROTO_OP_BODY);
	assert_int_equal(proto_op_pack(&op, &world->packed), 0);
}

static void every_operation_cut_short_or_with_bytes_behind_it_is_corrupt(void **state)
{
	struct world *world = *state;

	for (int kind = 1; kind < PROTO_OPS; kind++) {
		op_make(world, (enum proto_op_kind)kind);
		for (size_t size = 0; size < world->packed.size; size++) {
			assert_int_equal(op_unpack(world, world->packed.data, size), DFS_E_CORRUPT);
			assert_int_equal(world->err.code, DFS_E_CORRUPT);
			assert_true(strlen(world->err.text) > 0);
		}
		buf_append(&world->packed, "", 1);
		assert_int_equal(
		        op_unpack(world, world->packed.data, world->packed.size), DFS_E_CORRUPT);
		assert_non_null(strstr(world->err.text, ": bytes follow its end"));
	}
}

/* Any byte may be wrong: an operation or an error comes out, and what comes out can be packed
 * again. */
static void flipped_bytes_give_an_operation_or_an_error(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < 3000; i++) {
		struct proto_op op;
		struct buf again = {0};
		size_t at;

		op_make(world, (enum proto_op_kind)(1 + i % (PROTO_OPS - 1)));
		at = random_below(&world->random, world->packed.size);
		world->packed.data[at] = (char)random_next(&world->random);
		if (proto_op_unpack(world->packed.data, world->packed.size, &world->arena, &op,
		            &world->err) == 0) {
			assert_int_equal(proto_op_pack(&op, &again), 0);
			assert_int_equal(again.size, world->packed.size);
			assert_memory_equal(again.data, world->packed.data, again.size);
		}
		buf_fini(&again);
	}
}

static void an_operation_of_another_format_or_kind_is_corrupt(void **state)
{
	struct world *world = *state;

	op_make(world, PROTO_OP_PURGE);
	world->packed.data[0] = 2;
	assert_int_equal(op_unpack(world, world->packed.data, world->packed.size), DFS_E_CORRUPT);
	assert_string_equal(world->err.text, "operation: of format 2, not 1");
	world->packed.data[0] = 1;
	world->packed.data[1] = 0;
	assert_int_equal(op_unpack(world, world->packed.data, world->packed.size), DFS_E_CORRUPT);
	world->packed.data[1] = PROTO_OPS;
	assert_int_equal(op_unpack(world, world->packed.data, world->packed.size), DFS_E_CORRUPT);
	assert_string_equal(world->err.text, "operation: of no known kind");
}

static int node_unpack(struct world *world, const void *bytes, size_t size)
{
	struct proto_row_node row;

	return proto_row_node_unpack(bytes, size, &world->arena, &row, &world->err);
}

/* format, uuid, address, rack, added_ms, draining */
static const unsigned char node_bytes[] = {1, 8, 7, 6, 5, 4, 3, 2, 1, 3, 0, 'a', ':', '1', 0, 0,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1};

static void a_row_has_the_bytes_that_stand_on_disks(void **state)
{
	struct world *world = *state;
	struct proto_row_node row = {0x0102030405060708, "a:1", NULL, -1, true}, back;

	buf_clear(&world->packed);
	assert_int_equal(proto_row_node_pack(&row, &world->packed), 0);
	assert_int_equal(world->packed.size, sizeof(node_bytes));
	assert_memory_equal(world->packed.data, node_bytes, sizeof(node_bytes));
	assert_int_equal(
	        proto_row_node_unpack(node_bytes, sizeof(node_bytes), &world->arena, &back, NULL),
	        0);
	assert_string_equal(back.rack, "");
	assert_int_equal(back.added_ms, -1);
}

static void an_operation_has_the_bytes_that_stand_on_disks(void **state)
{
	static const unsigned char bytes[] = {1, PROTO_OP_CHUNK_ADD, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0,
	        7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 0, 0, 4, 0, 0, 0};
	struct world *world = *state;
	uint32_t nodes[] = {3, 4};
	struct proto_chunk_new chunk = {7, 1, nodes, 2};
	struct proto_op op = {.kind = PROTO_OP_CHUNK_ADD, .chunk_add = {9, &chunk, 1}};

	buf_clear(&world->packed);
	assert_int_equal(proto_op_pack(&op, &world->packed), 0);
	assert_int_equal(world->packed.size, sizeof(bytes));
	assert_memory_equal(world->packed.data, bytes, sizeof(bytes));
	/* The numbers of operations are on disks too. */
	assert_int_equal(PROTO_OP_EPOCH_BEGIN, 1);
	assert_int_equal(PROTO_OP_CHUNK_ADD, 11);
	assert_int_equal(PROTO_OP_CHUNK_FORGET, 19);
}

static void a_damaged_field_of_a_row_is_named(void **state)
{
	struct world *world = *state;
	unsigned char bytes[sizeof(node_bytes)];

	memcpy(bytes, node_bytes, sizeof(bytes));
	bytes[24] = 2;
	assert_int_equal(node_unpack(world, bytes, sizeof(bytes)), DFS_E_CORRUPT);
	assert_string_equal(world->err.text, "node: draining: not one of its values");
	memcpy(bytes, node_bytes, sizeof(bytes));
	bytes[12] = 0;
	assert_int_equal(node_unpack(world, bytes, sizeof(bytes)), DFS_E_CORRUPT);
	assert_string_equal(world->err.text, "node: address: a NUL byte in it");
	memcpy(bytes, node_bytes, sizeof(bytes));
	bytes[15] = 1; /* a rack of 256 bytes */
	assert_int_equal(node_unpack(world, bytes, sizeof(bytes)), DFS_E_CORRUPT);
	assert_string_equal(world->err.text, "node: rack: its length is not possible");
}

/* A rack of `size` bytes, all of them there. */
static int rack_unpack(struct world *world, size_t size)
{
	unsigned char bytes[256] = {0};

	memcpy(bytes, node_bytes, 14);
	bytes[14] = (unsigned char)size;
	memset(bytes + 16, 'r', size);
	return node_unpack(world, bytes, 16 + size + 9);
}

static void a_string_longer_than_its_limit_is_corrupt(void **state)
{
	struct world *world = *state;

	assert_int_equal(rack_unpack(world, 63), 0);
	assert_int_equal(rack_unpack(world, 64), DFS_E_CORRUPT);
	assert_string_equal(world->err.text, "node: rack: its length is not possible");
}

static void a_list_longer_than_its_limit_is_corrupt(void **state)
{
	struct world *world = *state;
	uint32_t nodes[10] = {0};
	struct proto_row_chunk row = {.nodes = nodes, .nodes_count = 9}, back;
	size_t at;

	buf_clear(&world->packed);
	assert_int_equal(proto_row_chunk_pack(&row, &world->packed), 0);
	at = world->packed.size - 8 - 9 * 4 - 2;
	assert_int_equal(world->packed.data[at], 9);
	world->packed.data[at] = 10;
	buf_append(&world->packed, nodes, 4);
	assert_int_equal(proto_row_chunk_unpack(world->packed.data, world->packed.size,
	                         &world->arena, &back, &world->err),
	        DFS_E_CORRUPT);
	assert_string_equal(world->err.text, "chunk: nodes: its length is not possible");
}

static void what_is_over_its_limit_is_not_packed(void **state)
{
	struct world *world = *state;
	char name[260];
	struct proto_row_session session = {.name = name};
	struct proto_row_chunk chunk = {.nodes_count = 10};
	struct proto_op none = {PROTO_OP_NONE};
	struct proto_row_dentry dentry = {.kind = (enum proto_kind)PROTO_KIND_COUNT};

	memset(name, 'x', sizeof(name));
	name[255] = '\0';
	buf_clear(&world->packed);
	assert_int_equal(proto_row_session_pack(&session, &world->packed), 0);
	buf_clear(&world->packed);
	buf_text(&world->packed, "kept");
	name[255] = 'x';
	name[256] = '\0';
	assert_int_equal(proto_row_session_pack(&session, &world->packed), DFS_E_TOOBIG);
	assert_int_equal(proto_row_chunk_pack(&chunk, &world->packed), DFS_E_TOOBIG);
	assert_int_equal(proto_row_dentry_pack(&dentry, &world->packed), DFS_E_INVAL);
	assert_int_equal(proto_op_pack(&none, &world->packed), DFS_E_INVAL);
	assert_string_equal(world->packed.data, "kept");
	assert_int_equal(proto_op_copy(&world->arena, &none, &none), DFS_E_INVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_operation_cut_short_or_with_bytes_behind_it_is_corrupt),
	        cmocka_unit_test(flipped_bytes_give_an_operation_or_an_error),
	        cmocka_unit_test(an_operation_of_another_format_or_kind_is_corrupt),
	        cmocka_unit_test(a_row_has_the_bytes_that_stand_on_disks),
	        cmocka_unit_test(an_operation_has_the_bytes_that_stand_on_disks),
	        cmocka_unit_test(a_damaged_field_of_a_row_is_named),
	        cmocka_unit_test(a_list_longer_than_its_limit_is_corrupt),
	        cmocka_unit_test(a_string_longer_than_its_limit_is_corrupt),
	        cmocka_unit_test(what_is_over_its_limit_is_not_packed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
