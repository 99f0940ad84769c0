/* SPDX-License-Identifier: MIT */
/*
 * Rows and operations as they come from a disk. The first byte says which is meant (0: an
 * operation), the rest is its bytes. What is taken must pack to the same bytes: there is one form
 * of each thing.
 */
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "proto/gen/proto.h"

static const struct proto_shape *const rows[] = {
        &proto_row_inode_shape,
        &proto_row_dentry_shape,
        &proto_row_extent_row_shape,
        &proto_row_chunk_shape,
        &proto_row_session_shape,
        &proto_row_node_shape,
        &proto_row_answer_shape,
        &proto_row_counters_shape,
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static int row_try(
        const struct proto_shape *shape, const uint8_t *bytes, size_t size, struct buf *ret);
static int op_try(const uint8_t *bytes, size_t size, struct buf *ret);
static void must(bool good);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct buf packed = {0};
	size_t which = size > 0 ? bytes[0] % (ROWS + 1) : 0;
	int status;

	if (size == 0)
		return 0;
	bytes++;
	size--;
	status = which == 0 ? op_try(bytes, size, &packed)
	                    : row_try(rows[which - 1], bytes, size, &packed);
	must(status == 0 || status == DFS_E_CORRUPT);
	if (status == 0)
		must(packed.size == size && memcmp(packed.data, bytes, size) == 0);
	buf_fini(&packed);
	return 0;
}

static int row_try(
        const struct proto_shape *shape, const uint8_t *bytes, size_t size, struct buf *ret)
{
	struct arena arena = {0};
	struct dfs_error err = {0};
	char row[PROTO_STRUCT_SIZE];
	int status = proto_shape_unpack(shape, bytes, size, &arena, row, &err);

	must(status == err.code);
	if (status == 0)
		must(proto_shape_pack(shape, row, ret) == 0);
	arena_fini(&arena);
	return status;
}

static int op_try(const uint8_t *bytes, size_t size, struct buf *ret)
{
	struct arena arena = {0};
	struct dfs_error err = {0};
	struct proto_op op, copy;
	int status = proto_op_unpack(bytes, size, &arena, &op, &err);

	must(status == err.code);
	if (status == 0) {
		must(proto_op_copy(&arena, &op, &copy) == 0);
		must(proto_op_pack(&copy, ret) == 0);
	}
	arena_fini(&arena);
	return status;
}

static void must(bool good)
{
	if (!good)
		abort();
}
