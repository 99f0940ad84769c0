/* SPDX-License-Identifier: MIT */
/* Made from core/proto/schema.lua by core/proto/generate.lua: change that, not this. */
// clang-format off
#include "proto/gen/proto.h"

int proto_row_inode_pack(const struct proto_row_inode *from, struct buf *ret)
{
	return proto_shape_pack(&proto_row_inode_shape, from, ret);
}

int proto_row_inode_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_row_inode *ret, struct dfs_error *err)
{
	return proto_shape_unpack(&proto_row_inode_shape, bytes, size, arena, ret, err);
}

int proto_row_dentry_pack(const struct proto_row_dentry *from, struct buf *ret)
{
	return proto_shape_pack(&proto_row_dentry_shape, from, ret);
}

int proto_row_dentry_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_row_dentry *ret, struct dfs_error *err)
{
	return proto_shape_unpack(&proto_row_dentry_shape, bytes, size, arena, ret, err);
}

int proto_row_extent_row_pack(const struct proto_row_extent_row *from, struct buf *ret)
{
	return proto_shape_pack(&proto_row_extent_row_shape, from, ret);
}

int proto_row_extent_row_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_row_extent_row *ret, struct dfs_error *err)
{
	return proto_shape_unpack(&proto_row_extent_row_shape, bytes, size, arena, ret, err);
}

int proto_row_chunk_pack(const struct proto_row_chunk *from, struct buf *ret)
{
	return proto_shape_pack(&proto_row_chunk_shape, from, ret);
}

int proto_row_chunk_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_row_chunk *ret, struct dfs_error *err)
{
	return proto_shape_unpack(&proto_row_chunk_shape, bytes, size, arena, ret, err);
}

int proto_row_session_pack(const struct proto_row_session *from, struct buf *ret)
{
	return proto_shape_pack(&proto_row_session_shape, from, ret);
}

int proto_row_session_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_row_session *ret, struct dfs_error *err)
{
	return proto_shape_unpack(&proto_row_session_shape, bytes, size, arena, ret, err);
}

int proto_row_node_pack(const struct proto_row_node *from, struct buf *ret)
{
	return proto_shape_pack(&proto_row_node_shape, from, ret);
}

int proto_row_node_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_row_node *ret, struct dfs_error *err)
{
	return proto_shape_unpack(&proto_row_node_shape, bytes, size, arena, ret, err);
}

int proto_row_answer_pack(const struct proto_row_answer *from, struct buf *ret)
{
	return proto_shape_pack(&proto_row_answer_shape, from, ret);
}

int proto_row_answer_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_row_answer *ret, struct dfs_error *err)
{
	return proto_shape_unpack(&proto_row_answer_shape, bytes, size, arena, ret, err);
}

int proto_row_counters_pack(const struct proto_row_counters *from, struct buf *ret)
{
	return proto_shape_pack(&proto_row_counters_shape, from, ret);
}

int proto_row_counters_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_row_counters *ret, struct dfs_error *err)
{
	return proto_shape_unpack(&proto_row_counters_shape, bytes, size, arena, ret, err);
}

int proto_row_reign_pack(const struct proto_row_reign *from, struct buf *ret)
{
	return proto_shape_pack(&proto_row_reign_shape, from, ret);
}

int proto_row_reign_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_row_reign *ret, struct dfs_error *err)
{
	return proto_shape_unpack(&proto_row_reign_shape, bytes, size, arena, ret, err);
}

int proto_row_hold_pack(const struct proto_row_hold *from, struct buf *ret)
{
	return proto_shape_pack(&proto_row_hold_shape, from, ret);
}

int proto_row_hold_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_row_hold *ret, struct dfs_error *err)
{
	return proto_shape_unpack(&proto_row_hold_shape, bytes, size, arena, ret, err);
}

int proto_row_trash_pack(const struct proto_row_trash *from, struct buf *ret)
{
	return proto_shape_pack(&proto_row_trash_shape, from, ret);
}

int proto_row_trash_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_row_trash *ret, struct dfs_error *err)
{
	return proto_shape_unpack(&proto_row_trash_shape, bytes, size, arena, ret, err);
}

int proto_row_trash_count_pack(const struct proto_row_trash_count *from, struct buf *ret)
{
	return proto_shape_pack(&proto_row_trash_count_shape, from, ret);
}

int proto_row_trash_count_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_row_trash_count *ret, struct dfs_error *err)
{
	return proto_shape_unpack(&proto_row_trash_count_shape, bytes, size, arena, ret, err);
}

int proto_row_setting_pack(const struct proto_row_setting *from, struct buf *ret)
{
	return proto_shape_pack(&proto_row_setting_shape, from, ret);
}

int proto_row_setting_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_row_setting *ret, struct dfs_error *err)
{
	return proto_shape_unpack(&proto_row_setting_shape, bytes, size, arena, ret, err);
}

int proto_row_keepsake_pack(const struct proto_row_keepsake *from, struct buf *ret)
{
	return proto_shape_pack(&proto_row_keepsake_shape, from, ret);
}

int proto_row_keepsake_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_row_keepsake *ret, struct dfs_error *err)
{
	return proto_shape_unpack(&proto_row_keepsake_shape, bytes, size, arena, ret, err);
}
