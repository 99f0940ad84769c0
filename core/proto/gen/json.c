/* SPDX-License-Identifier: MIT */
/* Made from core/proto/schema.lua by core/proto/generate.lua: change that, not this. */
// clang-format off
#include "proto/gen/proto.h"

int proto_fault_encode(const struct proto_fault *from, struct buf *ret)
{
	return proto_shape_encode(&proto_fault_shape, from, ret);
}

int proto_fault_decode(struct arena *arena, const char *json, size_t size, struct proto_fault *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_fault_shape, arena, json, size, ret, err);
}

int proto_fault_to_json(const struct proto_fault *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_fault_shape, from, object);
}

int proto_attr_encode(const struct proto_attr *from, struct buf *ret)
{
	return proto_shape_encode(&proto_attr_shape, from, ret);
}

int proto_attr_decode(struct arena *arena, const char *json, size_t size, struct proto_attr *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_attr_shape, arena, json, size, ret, err);
}

int proto_attr_to_json(const struct proto_attr *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_attr_shape, from, object);
}

int proto_replica_encode(const struct proto_replica *from, struct buf *ret)
{
	return proto_shape_encode(&proto_replica_shape, from, ret);
}

int proto_replica_decode(struct arena *arena, const char *json, size_t size, struct proto_replica *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_replica_shape, arena, json, size, ret, err);
}

int proto_replica_to_json(const struct proto_replica *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_replica_shape, from, object);
}

int proto_allocated_encode(const struct proto_allocated *from, struct buf *ret)
{
	return proto_shape_encode(&proto_allocated_shape, from, ret);
}

int proto_allocated_decode(struct arena *arena, const char *json, size_t size, struct proto_allocated *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_allocated_shape, arena, json, size, ret, err);
}

int proto_allocated_to_json(const struct proto_allocated *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_allocated_shape, from, object);
}

int proto_extent_encode(const struct proto_extent *from, struct buf *ret)
{
	return proto_shape_encode(&proto_extent_shape, from, ret);
}

int proto_extent_decode(struct arena *arena, const char *json, size_t size, struct proto_extent *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_extent_shape, arena, json, size, ret, err);
}

int proto_extent_to_json(const struct proto_extent *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_extent_shape, from, object);
}

int proto_located_encode(const struct proto_located *from, struct buf *ret)
{
	return proto_shape_encode(&proto_located_shape, from, ret);
}

int proto_located_decode(struct arena *arena, const char *json, size_t size, struct proto_located *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_located_shape, arena, json, size, ret, err);
}

int proto_located_to_json(const struct proto_located *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_located_shape, from, object);
}

int proto_disk_encode(const struct proto_disk *from, struct buf *ret)
{
	return proto_shape_encode(&proto_disk_shape, from, ret);
}

int proto_disk_decode(struct arena *arena, const char *json, size_t size, struct proto_disk *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_disk_shape, arena, json, size, ret, err);
}

int proto_disk_to_json(const struct proto_disk *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_disk_shape, from, object);
}

int proto_held_encode(const struct proto_held *from, struct buf *ret)
{
	return proto_shape_encode(&proto_held_shape, from, ret);
}

int proto_held_decode(struct arena *arena, const char *json, size_t size, struct proto_held *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_held_shape, arena, json, size, ret, err);
}

int proto_held_to_json(const struct proto_held *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_held_shape, from, object);
}

int proto_writing_encode(const struct proto_writing *from, struct buf *ret)
{
	return proto_shape_encode(&proto_writing_shape, from, ret);
}

int proto_writing_decode(struct arena *arena, const char *json, size_t size, struct proto_writing *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_writing_shape, arena, json, size, ret, err);
}

int proto_writing_to_json(const struct proto_writing *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_writing_shape, from, object);
}

int proto_leased_encode(const struct proto_leased *from, struct buf *ret)
{
	return proto_shape_encode(&proto_leased_shape, from, ret);
}

int proto_leased_decode(struct arena *arena, const char *json, size_t size, struct proto_leased *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_leased_shape, arena, json, size, ret, err);
}

int proto_leased_to_json(const struct proto_leased *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_leased_shape, from, object);
}

int proto_chunk_version_encode(const struct proto_chunk_version *from, struct buf *ret)
{
	return proto_shape_encode(&proto_chunk_version_shape, from, ret);
}

int proto_chunk_version_decode(struct arena *arena, const char *json, size_t size, struct proto_chunk_version *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_chunk_version_shape, arena, json, size, ret, err);
}

int proto_chunk_version_to_json(const struct proto_chunk_version *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_chunk_version_shape, from, object);
}

int proto_piece_encode(const struct proto_piece *from, struct buf *ret)
{
	return proto_shape_encode(&proto_piece_shape, from, ret);
}

int proto_piece_decode(struct arena *arena, const char *json, size_t size, struct proto_piece *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_piece_shape, arena, json, size, ret, err);
}

int proto_piece_to_json(const struct proto_piece *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_piece_shape, from, object);
}

int proto_node_info_encode(const struct proto_node_info *from, struct buf *ret)
{
	return proto_shape_encode(&proto_node_info_shape, from, ret);
}

int proto_node_info_decode(struct arena *arena, const char *json, size_t size, struct proto_node_info *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_node_info_shape, arena, json, size, ret, err);
}

int proto_node_info_to_json(const struct proto_node_info *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_node_info_shape, from, object);
}

int proto_reason_encode(const struct proto_reason *from, struct buf *ret)
{
	return proto_shape_encode(&proto_reason_shape, from, ret);
}

int proto_reason_decode(struct arena *arena, const char *json, size_t size, struct proto_reason *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_reason_shape, arena, json, size, ret, err);
}

int proto_reason_to_json(const struct proto_reason *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_reason_shape, from, object);
}

int proto_balance_info_encode(const struct proto_balance_info *from, struct buf *ret)
{
	return proto_shape_encode(&proto_balance_info_shape, from, ret);
}

int proto_balance_info_decode(struct arena *arena, const char *json, size_t size, struct proto_balance_info *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_balance_info_shape, arena, json, size, ret, err);
}

int proto_balance_info_to_json(const struct proto_balance_info *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_balance_info_shape, from, object);
}

int proto_drain_info_encode(const struct proto_drain_info *from, struct buf *ret)
{
	return proto_shape_encode(&proto_drain_info_shape, from, ret);
}

int proto_drain_info_decode(struct arena *arena, const char *json, size_t size, struct proto_drain_info *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_drain_info_shape, arena, json, size, ret, err);
}

int proto_drain_info_to_json(const struct proto_drain_info *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_drain_info_shape, from, object);
}

int proto_policy_info_encode(const struct proto_policy_info *from, struct buf *ret)
{
	return proto_shape_encode(&proto_policy_info_shape, from, ret);
}

int proto_policy_info_decode(struct arena *arena, const char *json, size_t size, struct proto_policy_info *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_policy_info_shape, arena, json, size, ret, err);
}

int proto_policy_info_to_json(const struct proto_policy_info *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_policy_info_shape, from, object);
}

int proto_copying_encode(const struct proto_copying *from, struct buf *ret)
{
	return proto_shape_encode(&proto_copying_shape, from, ret);
}

int proto_copying_decode(struct arena *arena, const char *json, size_t size, struct proto_copying *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_copying_shape, arena, json, size, ret, err);
}

int proto_copying_to_json(const struct proto_copying *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_copying_shape, from, object);
}

int proto_copy_source_encode(const struct proto_copy_source *from, struct buf *ret)
{
	return proto_shape_encode(&proto_copy_source_shape, from, ret);
}

int proto_copy_source_decode(struct arena *arena, const char *json, size_t size, struct proto_copy_source *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_copy_source_shape, arena, json, size, ret, err);
}

int proto_copy_source_to_json(const struct proto_copy_source *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_copy_source_shape, from, object);
}

int proto_missed_encode(const struct proto_missed *from, struct buf *ret)
{
	return proto_shape_encode(&proto_missed_shape, from, ret);
}

int proto_missed_decode(struct arena *arena, const char *json, size_t size, struct proto_missed *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_missed_shape, arena, json, size, ret, err);
}

int proto_missed_to_json(const struct proto_missed *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_missed_shape, from, object);
}

int proto_scrub_info_encode(const struct proto_scrub_info *from, struct buf *ret)
{
	return proto_shape_encode(&proto_scrub_info_shape, from, ret);
}

int proto_scrub_info_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_info *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_scrub_info_shape, arena, json, size, ret, err);
}

int proto_scrub_info_to_json(const struct proto_scrub_info *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_scrub_info_shape, from, object);
}

int proto_scrub_asked_encode(const struct proto_scrub_asked *from, struct buf *ret)
{
	return proto_shape_encode(&proto_scrub_asked_shape, from, ret);
}

int proto_scrub_asked_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_asked *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_scrub_asked_shape, arena, json, size, ret, err);
}

int proto_scrub_asked_to_json(const struct proto_scrub_asked *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_scrub_asked_shape, from, object);
}

int proto_fsck_path_encode(const struct proto_fsck_path *from, struct buf *ret)
{
	return proto_shape_encode(&proto_fsck_path_shape, from, ret);
}

int proto_fsck_path_decode(struct arena *arena, const char *json, size_t size, struct proto_fsck_path *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_fsck_path_shape, arena, json, size, ret, err);
}

int proto_fsck_path_to_json(const struct proto_fsck_path *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_fsck_path_shape, from, object);
}

int proto_fsck_fault_encode(const struct proto_fsck_fault *from, struct buf *ret)
{
	return proto_shape_encode(&proto_fsck_fault_shape, from, ret);
}

int proto_fsck_fault_decode(struct arena *arena, const char *json, size_t size, struct proto_fsck_fault *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_fsck_fault_shape, arena, json, size, ret, err);
}

int proto_fsck_fault_to_json(const struct proto_fsck_fault *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_fsck_fault_shape, from, object);
}

int proto_trashed_encode(const struct proto_trashed *from, struct buf *ret)
{
	return proto_shape_encode(&proto_trashed_shape, from, ret);
}

int proto_trashed_decode(struct arena *arena, const char *json, size_t size, struct proto_trashed *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_trashed_shape, arena, json, size, ret, err);
}

int proto_trashed_to_json(const struct proto_trashed *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_trashed_shape, from, object);
}

int proto_keepsakes_encode(const struct proto_keepsakes *from, struct buf *ret)
{
	return proto_shape_encode(&proto_keepsakes_shape, from, ret);
}

int proto_keepsakes_decode(struct arena *arena, const char *json, size_t size, struct proto_keepsakes *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_keepsakes_shape, arena, json, size, ret, err);
}

int proto_keepsakes_to_json(const struct proto_keepsakes *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_keepsakes_shape, from, object);
}

int proto_receipt_encode(const struct proto_receipt *from, struct buf *ret)
{
	return proto_shape_encode(&proto_receipt_shape, from, ret);
}

int proto_receipt_decode(struct arena *arena, const char *json, size_t size, struct proto_receipt *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_receipt_shape, arena, json, size, ret, err);
}

int proto_receipt_to_json(const struct proto_receipt *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_receipt_shape, from, object);
}

int proto_hello_args_encode(const struct proto_hello_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_hello_args_shape, from, ret);
}

int proto_hello_args_decode(struct arena *arena, const char *json, size_t size, struct proto_hello_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_hello_args_shape, arena, json, size, ret, err);
}

int proto_hello_args_to_json(const struct proto_hello_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_hello_args_shape, from, object);
}

int proto_hello_reply_encode(const struct proto_hello_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_hello_reply_shape, from, ret);
}

int proto_hello_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_hello_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_hello_reply_shape, arena, json, size, ret, err);
}

int proto_hello_reply_to_json(const struct proto_hello_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_hello_reply_shape, from, object);
}

int proto_stat_args_encode(const struct proto_stat_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_stat_args_shape, from, ret);
}

int proto_stat_args_decode(struct arena *arena, const char *json, size_t size, struct proto_stat_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_stat_args_shape, arena, json, size, ret, err);
}

int proto_stat_args_to_json(const struct proto_stat_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_stat_args_shape, from, object);
}

int proto_stat_reply_encode(const struct proto_stat_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_stat_reply_shape, from, ret);
}

int proto_stat_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_stat_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_stat_reply_shape, arena, json, size, ret, err);
}

int proto_stat_reply_to_json(const struct proto_stat_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_stat_reply_shape, from, object);
}

int proto_list_args_encode(const struct proto_list_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_list_args_shape, from, ret);
}

int proto_list_args_decode(struct arena *arena, const char *json, size_t size, struct proto_list_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_list_args_shape, arena, json, size, ret, err);
}

int proto_list_args_to_json(const struct proto_list_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_list_args_shape, from, object);
}

int proto_list_reply_encode(const struct proto_list_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_list_reply_shape, from, ret);
}

int proto_list_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_list_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_list_reply_shape, arena, json, size, ret, err);
}

int proto_list_reply_to_json(const struct proto_list_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_list_reply_shape, from, object);
}

int proto_mkdir_args_encode(const struct proto_mkdir_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_mkdir_args_shape, from, ret);
}

int proto_mkdir_args_decode(struct arena *arena, const char *json, size_t size, struct proto_mkdir_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_mkdir_args_shape, arena, json, size, ret, err);
}

int proto_mkdir_args_to_json(const struct proto_mkdir_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_mkdir_args_shape, from, object);
}

int proto_mkdir_reply_encode(const struct proto_mkdir_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_mkdir_reply_shape, from, ret);
}

int proto_mkdir_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_mkdir_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_mkdir_reply_shape, arena, json, size, ret, err);
}

int proto_mkdir_reply_to_json(const struct proto_mkdir_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_mkdir_reply_shape, from, object);
}

int proto_create_args_encode(const struct proto_create_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_create_args_shape, from, ret);
}

int proto_create_args_decode(struct arena *arena, const char *json, size_t size, struct proto_create_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_create_args_shape, arena, json, size, ret, err);
}

int proto_create_args_to_json(const struct proto_create_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_create_args_shape, from, object);
}

int proto_create_reply_encode(const struct proto_create_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_create_reply_shape, from, ret);
}

int proto_create_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_create_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_create_reply_shape, arena, json, size, ret, err);
}

int proto_create_reply_to_json(const struct proto_create_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_create_reply_shape, from, object);
}

int proto_symlink_args_encode(const struct proto_symlink_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_symlink_args_shape, from, ret);
}

int proto_symlink_args_decode(struct arena *arena, const char *json, size_t size, struct proto_symlink_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_symlink_args_shape, arena, json, size, ret, err);
}

int proto_symlink_args_to_json(const struct proto_symlink_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_symlink_args_shape, from, object);
}

int proto_symlink_reply_encode(const struct proto_symlink_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_symlink_reply_shape, from, ret);
}

int proto_symlink_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_symlink_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_symlink_reply_shape, arena, json, size, ret, err);
}

int proto_symlink_reply_to_json(const struct proto_symlink_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_symlink_reply_shape, from, object);
}

int proto_remove_args_encode(const struct proto_remove_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_remove_args_shape, from, ret);
}

int proto_remove_args_decode(struct arena *arena, const char *json, size_t size, struct proto_remove_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_remove_args_shape, arena, json, size, ret, err);
}

int proto_remove_args_to_json(const struct proto_remove_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_remove_args_shape, from, object);
}

int proto_remove_reply_encode(const struct proto_remove_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_remove_reply_shape, from, ret);
}

int proto_remove_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_remove_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_remove_reply_shape, arena, json, size, ret, err);
}

int proto_remove_reply_to_json(const struct proto_remove_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_remove_reply_shape, from, object);
}

int proto_rename_args_encode(const struct proto_rename_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_rename_args_shape, from, ret);
}

int proto_rename_args_decode(struct arena *arena, const char *json, size_t size, struct proto_rename_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_rename_args_shape, arena, json, size, ret, err);
}

int proto_rename_args_to_json(const struct proto_rename_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_rename_args_shape, from, object);
}

int proto_rename_reply_encode(const struct proto_rename_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_rename_reply_shape, from, ret);
}

int proto_rename_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_rename_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_rename_reply_shape, arena, json, size, ret, err);
}

int proto_rename_reply_to_json(const struct proto_rename_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_rename_reply_shape, from, object);
}

int proto_setattr_args_encode(const struct proto_setattr_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_setattr_args_shape, from, ret);
}

int proto_setattr_args_decode(struct arena *arena, const char *json, size_t size, struct proto_setattr_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_setattr_args_shape, arena, json, size, ret, err);
}

int proto_setattr_args_to_json(const struct proto_setattr_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_setattr_args_shape, from, object);
}

int proto_setattr_reply_encode(const struct proto_setattr_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_setattr_reply_shape, from, ret);
}

int proto_setattr_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_setattr_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_setattr_reply_shape, arena, json, size, ret, err);
}

int proto_setattr_reply_to_json(const struct proto_setattr_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_setattr_reply_shape, from, object);
}

int proto_write_begin_args_encode(const struct proto_write_begin_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_write_begin_args_shape, from, ret);
}

int proto_write_begin_args_decode(struct arena *arena, const char *json, size_t size, struct proto_write_begin_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_write_begin_args_shape, arena, json, size, ret, err);
}

int proto_write_begin_args_to_json(const struct proto_write_begin_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_write_begin_args_shape, from, object);
}

int proto_write_begin_reply_encode(const struct proto_write_begin_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_write_begin_reply_shape, from, ret);
}

int proto_write_begin_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_write_begin_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_write_begin_reply_shape, arena, json, size, ret, err);
}

int proto_write_begin_reply_to_json(const struct proto_write_begin_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_write_begin_reply_shape, from, object);
}

int proto_allocate_args_encode(const struct proto_allocate_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_allocate_args_shape, from, ret);
}

int proto_allocate_args_decode(struct arena *arena, const char *json, size_t size, struct proto_allocate_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_allocate_args_shape, arena, json, size, ret, err);
}

int proto_allocate_args_to_json(const struct proto_allocate_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_allocate_args_shape, from, object);
}

int proto_allocate_reply_encode(const struct proto_allocate_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_allocate_reply_shape, from, ret);
}

int proto_allocate_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_allocate_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_allocate_reply_shape, arena, json, size, ret, err);
}

int proto_allocate_reply_to_json(const struct proto_allocate_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_allocate_reply_shape, from, object);
}

int proto_renew_args_encode(const struct proto_renew_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_renew_args_shape, from, ret);
}

int proto_renew_args_decode(struct arena *arena, const char *json, size_t size, struct proto_renew_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_renew_args_shape, arena, json, size, ret, err);
}

int proto_renew_args_to_json(const struct proto_renew_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_renew_args_shape, from, object);
}

int proto_renew_reply_encode(const struct proto_renew_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_renew_reply_shape, from, ret);
}

int proto_renew_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_renew_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_renew_reply_shape, arena, json, size, ret, err);
}

int proto_renew_reply_to_json(const struct proto_renew_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_renew_reply_shape, from, object);
}

int proto_seal_args_encode(const struct proto_seal_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_seal_args_shape, from, ret);
}

int proto_seal_args_decode(struct arena *arena, const char *json, size_t size, struct proto_seal_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_seal_args_shape, arena, json, size, ret, err);
}

int proto_seal_args_to_json(const struct proto_seal_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_seal_args_shape, from, object);
}

int proto_seal_reply_encode(const struct proto_seal_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_seal_reply_shape, from, ret);
}

int proto_seal_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_seal_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_seal_reply_shape, arena, json, size, ret, err);
}

int proto_seal_reply_to_json(const struct proto_seal_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_seal_reply_shape, from, object);
}

int proto_stage_args_encode(const struct proto_stage_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_stage_args_shape, from, ret);
}

int proto_stage_args_decode(struct arena *arena, const char *json, size_t size, struct proto_stage_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_stage_args_shape, arena, json, size, ret, err);
}

int proto_stage_args_to_json(const struct proto_stage_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_stage_args_shape, from, object);
}

int proto_stage_reply_encode(const struct proto_stage_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_stage_reply_shape, from, ret);
}

int proto_stage_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_stage_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_stage_reply_shape, arena, json, size, ret, err);
}

int proto_stage_reply_to_json(const struct proto_stage_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_stage_reply_shape, from, object);
}

int proto_commit_args_encode(const struct proto_commit_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_commit_args_shape, from, ret);
}

int proto_commit_args_decode(struct arena *arena, const char *json, size_t size, struct proto_commit_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_commit_args_shape, arena, json, size, ret, err);
}

int proto_commit_args_to_json(const struct proto_commit_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_commit_args_shape, from, object);
}

int proto_commit_reply_encode(const struct proto_commit_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_commit_reply_shape, from, ret);
}

int proto_commit_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_commit_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_commit_reply_shape, arena, json, size, ret, err);
}

int proto_commit_reply_to_json(const struct proto_commit_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_commit_reply_shape, from, object);
}

int proto_abandon_args_encode(const struct proto_abandon_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_abandon_args_shape, from, ret);
}

int proto_abandon_args_decode(struct arena *arena, const char *json, size_t size, struct proto_abandon_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_abandon_args_shape, arena, json, size, ret, err);
}

int proto_abandon_args_to_json(const struct proto_abandon_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_abandon_args_shape, from, object);
}

int proto_abandon_reply_encode(const struct proto_abandon_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_abandon_reply_shape, from, ret);
}

int proto_abandon_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_abandon_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_abandon_reply_shape, arena, json, size, ret, err);
}

int proto_abandon_reply_to_json(const struct proto_abandon_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_abandon_reply_shape, from, object);
}

int proto_locate_args_encode(const struct proto_locate_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_locate_args_shape, from, ret);
}

int proto_locate_args_decode(struct arena *arena, const char *json, size_t size, struct proto_locate_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_locate_args_shape, arena, json, size, ret, err);
}

int proto_locate_args_to_json(const struct proto_locate_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_locate_args_shape, from, object);
}

int proto_locate_reply_encode(const struct proto_locate_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_locate_reply_shape, from, ret);
}

int proto_locate_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_locate_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_locate_reply_shape, arena, json, size, ret, err);
}

int proto_locate_reply_to_json(const struct proto_locate_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_locate_reply_shape, from, object);
}

int proto_nodes_args_encode(const struct proto_nodes_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_nodes_args_shape, from, ret);
}

int proto_nodes_args_decode(struct arena *arena, const char *json, size_t size, struct proto_nodes_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_nodes_args_shape, arena, json, size, ret, err);
}

int proto_nodes_args_to_json(const struct proto_nodes_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_nodes_args_shape, from, object);
}

int proto_nodes_reply_encode(const struct proto_nodes_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_nodes_reply_shape, from, ret);
}

int proto_nodes_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_nodes_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_nodes_reply_shape, arena, json, size, ret, err);
}

int proto_nodes_reply_to_json(const struct proto_nodes_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_nodes_reply_shape, from, object);
}

int proto_status_args_encode(const struct proto_status_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_status_args_shape, from, ret);
}

int proto_status_args_decode(struct arena *arena, const char *json, size_t size, struct proto_status_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_status_args_shape, arena, json, size, ret, err);
}

int proto_status_args_to_json(const struct proto_status_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_status_args_shape, from, object);
}

int proto_status_reply_encode(const struct proto_status_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_status_reply_shape, from, ret);
}

int proto_status_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_status_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_status_reply_shape, arena, json, size, ret, err);
}

int proto_status_reply_to_json(const struct proto_status_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_status_reply_shape, from, object);
}

int proto_register_args_encode(const struct proto_register_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_register_args_shape, from, ret);
}

int proto_register_args_decode(struct arena *arena, const char *json, size_t size, struct proto_register_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_register_args_shape, arena, json, size, ret, err);
}

int proto_register_args_to_json(const struct proto_register_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_register_args_shape, from, object);
}

int proto_register_reply_encode(const struct proto_register_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_register_reply_shape, from, ret);
}

int proto_register_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_register_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_register_reply_shape, arena, json, size, ret, err);
}

int proto_register_reply_to_json(const struct proto_register_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_register_reply_shape, from, object);
}

int proto_report_args_encode(const struct proto_report_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_report_args_shape, from, ret);
}

int proto_report_args_decode(struct arena *arena, const char *json, size_t size, struct proto_report_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_report_args_shape, arena, json, size, ret, err);
}

int proto_report_args_to_json(const struct proto_report_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_report_args_shape, from, object);
}

int proto_report_reply_encode(const struct proto_report_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_report_reply_shape, from, ret);
}

int proto_report_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_report_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_report_reply_shape, arena, json, size, ret, err);
}

int proto_report_reply_to_json(const struct proto_report_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_report_reply_shape, from, object);
}

int proto_heartbeat_args_encode(const struct proto_heartbeat_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_heartbeat_args_shape, from, ret);
}

int proto_heartbeat_args_decode(struct arena *arena, const char *json, size_t size, struct proto_heartbeat_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_heartbeat_args_shape, arena, json, size, ret, err);
}

int proto_heartbeat_args_to_json(const struct proto_heartbeat_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_heartbeat_args_shape, from, object);
}

int proto_heartbeat_reply_encode(const struct proto_heartbeat_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_heartbeat_reply_shape, from, ret);
}

int proto_heartbeat_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_heartbeat_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_heartbeat_reply_shape, arena, json, size, ret, err);
}

int proto_heartbeat_reply_to_json(const struct proto_heartbeat_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_heartbeat_reply_shape, from, object);
}

int proto_progress_args_encode(const struct proto_progress_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_progress_args_shape, from, ret);
}

int proto_progress_args_decode(struct arena *arena, const char *json, size_t size, struct proto_progress_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_progress_args_shape, arena, json, size, ret, err);
}

int proto_progress_args_to_json(const struct proto_progress_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_progress_args_shape, from, object);
}

int proto_progress_reply_encode(const struct proto_progress_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_progress_reply_shape, from, ret);
}

int proto_progress_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_progress_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_progress_reply_shape, arena, json, size, ret, err);
}

int proto_progress_reply_to_json(const struct proto_progress_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_progress_reply_shape, from, object);
}

int proto_freeze_args_encode(const struct proto_freeze_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_freeze_args_shape, from, ret);
}

int proto_freeze_args_decode(struct arena *arena, const char *json, size_t size, struct proto_freeze_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_freeze_args_shape, arena, json, size, ret, err);
}

int proto_freeze_args_to_json(const struct proto_freeze_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_freeze_args_shape, from, object);
}

int proto_freeze_reply_encode(const struct proto_freeze_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_freeze_reply_shape, from, ret);
}

int proto_freeze_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_freeze_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_freeze_reply_shape, arena, json, size, ret, err);
}

int proto_freeze_reply_to_json(const struct proto_freeze_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_freeze_reply_shape, from, object);
}

int proto_seal_at_args_encode(const struct proto_seal_at_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_seal_at_args_shape, from, ret);
}

int proto_seal_at_args_decode(struct arena *arena, const char *json, size_t size, struct proto_seal_at_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_seal_at_args_shape, arena, json, size, ret, err);
}

int proto_seal_at_args_to_json(const struct proto_seal_at_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_seal_at_args_shape, from, object);
}

int proto_seal_at_reply_encode(const struct proto_seal_at_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_seal_at_reply_shape, from, ret);
}

int proto_seal_at_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_seal_at_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_seal_at_reply_shape, arena, json, size, ret, err);
}

int proto_seal_at_reply_to_json(const struct proto_seal_at_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_seal_at_reply_shape, from, object);
}

int proto_delete_args_encode(const struct proto_delete_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_delete_args_shape, from, ret);
}

int proto_delete_args_decode(struct arena *arena, const char *json, size_t size, struct proto_delete_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_delete_args_shape, arena, json, size, ret, err);
}

int proto_delete_args_to_json(const struct proto_delete_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_delete_args_shape, from, object);
}

int proto_delete_reply_encode(const struct proto_delete_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_delete_reply_shape, from, ret);
}

int proto_delete_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_delete_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_delete_reply_shape, arena, json, size, ret, err);
}

int proto_delete_reply_to_json(const struct proto_delete_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_delete_reply_shape, from, object);
}

int proto_copy_args_encode(const struct proto_copy_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_copy_args_shape, from, ret);
}

int proto_copy_args_decode(struct arena *arena, const char *json, size_t size, struct proto_copy_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_copy_args_shape, arena, json, size, ret, err);
}

int proto_copy_args_to_json(const struct proto_copy_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_copy_args_shape, from, object);
}

int proto_copy_reply_encode(const struct proto_copy_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_copy_reply_shape, from, ret);
}

int proto_copy_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_copy_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_copy_reply_shape, arena, json, size, ret, err);
}

int proto_copy_reply_to_json(const struct proto_copy_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_copy_reply_shape, from, object);
}

int proto_accept_args_encode(const struct proto_accept_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_accept_args_shape, from, ret);
}

int proto_accept_args_decode(struct arena *arena, const char *json, size_t size, struct proto_accept_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_accept_args_shape, arena, json, size, ret, err);
}

int proto_accept_args_to_json(const struct proto_accept_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_accept_args_shape, from, object);
}

int proto_accept_reply_encode(const struct proto_accept_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_accept_reply_shape, from, ret);
}

int proto_accept_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_accept_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_accept_reply_shape, arena, json, size, ret, err);
}

int proto_accept_reply_to_json(const struct proto_accept_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_accept_reply_shape, from, object);
}

int proto_drain_args_encode(const struct proto_drain_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_drain_args_shape, from, ret);
}

int proto_drain_args_decode(struct arena *arena, const char *json, size_t size, struct proto_drain_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_drain_args_shape, arena, json, size, ret, err);
}

int proto_drain_args_to_json(const struct proto_drain_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_drain_args_shape, from, object);
}

int proto_drain_reply_encode(const struct proto_drain_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_drain_reply_shape, from, ret);
}

int proto_drain_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_drain_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_drain_reply_shape, arena, json, size, ret, err);
}

int proto_drain_reply_to_json(const struct proto_drain_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_drain_reply_shape, from, object);
}

int proto_drains_args_encode(const struct proto_drains_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_drains_args_shape, from, ret);
}

int proto_drains_args_decode(struct arena *arena, const char *json, size_t size, struct proto_drains_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_drains_args_shape, arena, json, size, ret, err);
}

int proto_drains_args_to_json(const struct proto_drains_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_drains_args_shape, from, object);
}

int proto_drains_reply_encode(const struct proto_drains_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_drains_reply_shape, from, ret);
}

int proto_drains_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_drains_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_drains_reply_shape, arena, json, size, ret, err);
}

int proto_drains_reply_to_json(const struct proto_drains_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_drains_reply_shape, from, object);
}

int proto_checkpoint_args_encode(const struct proto_checkpoint_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_checkpoint_args_shape, from, ret);
}

int proto_checkpoint_args_decode(struct arena *arena, const char *json, size_t size, struct proto_checkpoint_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_checkpoint_args_shape, arena, json, size, ret, err);
}

int proto_checkpoint_args_to_json(const struct proto_checkpoint_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_checkpoint_args_shape, from, object);
}

int proto_checkpoint_reply_encode(const struct proto_checkpoint_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_checkpoint_reply_shape, from, ret);
}

int proto_checkpoint_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_checkpoint_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_checkpoint_reply_shape, arena, json, size, ret, err);
}

int proto_checkpoint_reply_to_json(const struct proto_checkpoint_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_checkpoint_reply_shape, from, object);
}

int proto_checkpoint_read_args_encode(const struct proto_checkpoint_read_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_checkpoint_read_args_shape, from, ret);
}

int proto_checkpoint_read_args_decode(struct arena *arena, const char *json, size_t size, struct proto_checkpoint_read_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_checkpoint_read_args_shape, arena, json, size, ret, err);
}

int proto_checkpoint_read_args_to_json(const struct proto_checkpoint_read_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_checkpoint_read_args_shape, from, object);
}

int proto_checkpoint_read_reply_encode(const struct proto_checkpoint_read_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_checkpoint_read_reply_shape, from, ret);
}

int proto_checkpoint_read_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_checkpoint_read_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_checkpoint_read_reply_shape, arena, json, size, ret, err);
}

int proto_checkpoint_read_reply_to_json(const struct proto_checkpoint_read_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_checkpoint_read_reply_shape, from, object);
}

int proto_scrub_args_encode(const struct proto_scrub_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_scrub_args_shape, from, ret);
}

int proto_scrub_args_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_scrub_args_shape, arena, json, size, ret, err);
}

int proto_scrub_args_to_json(const struct proto_scrub_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_scrub_args_shape, from, object);
}

int proto_scrub_reply_encode(const struct proto_scrub_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_scrub_reply_shape, from, ret);
}

int proto_scrub_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_scrub_reply_shape, arena, json, size, ret, err);
}

int proto_scrub_reply_to_json(const struct proto_scrub_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_scrub_reply_shape, from, object);
}

int proto_scrub_wait_args_encode(const struct proto_scrub_wait_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_scrub_wait_args_shape, from, ret);
}

int proto_scrub_wait_args_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_wait_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_scrub_wait_args_shape, arena, json, size, ret, err);
}

int proto_scrub_wait_args_to_json(const struct proto_scrub_wait_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_scrub_wait_args_shape, from, object);
}

int proto_scrub_wait_reply_encode(const struct proto_scrub_wait_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_scrub_wait_reply_shape, from, ret);
}

int proto_scrub_wait_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_wait_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_scrub_wait_reply_shape, arena, json, size, ret, err);
}

int proto_scrub_wait_reply_to_json(const struct proto_scrub_wait_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_scrub_wait_reply_shape, from, object);
}

int proto_fsck_args_encode(const struct proto_fsck_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_fsck_args_shape, from, ret);
}

int proto_fsck_args_decode(struct arena *arena, const char *json, size_t size, struct proto_fsck_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_fsck_args_shape, arena, json, size, ret, err);
}

int proto_fsck_args_to_json(const struct proto_fsck_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_fsck_args_shape, from, object);
}

int proto_fsck_reply_encode(const struct proto_fsck_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_fsck_reply_shape, from, ret);
}

int proto_fsck_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_fsck_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_fsck_reply_shape, arena, json, size, ret, err);
}

int proto_fsck_reply_to_json(const struct proto_fsck_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_fsck_reply_shape, from, object);
}

int proto_fsck_read_args_encode(const struct proto_fsck_read_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_fsck_read_args_shape, from, ret);
}

int proto_fsck_read_args_decode(struct arena *arena, const char *json, size_t size, struct proto_fsck_read_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_fsck_read_args_shape, arena, json, size, ret, err);
}

int proto_fsck_read_args_to_json(const struct proto_fsck_read_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_fsck_read_args_shape, from, object);
}

int proto_fsck_read_reply_encode(const struct proto_fsck_read_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_fsck_read_reply_shape, from, ret);
}

int proto_fsck_read_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_fsck_read_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_fsck_read_reply_shape, arena, json, size, ret, err);
}

int proto_fsck_read_reply_to_json(const struct proto_fsck_read_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_fsck_read_reply_shape, from, object);
}

int proto_scrub_begin_args_encode(const struct proto_scrub_begin_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_scrub_begin_args_shape, from, ret);
}

int proto_scrub_begin_args_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_begin_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_scrub_begin_args_shape, arena, json, size, ret, err);
}

int proto_scrub_begin_args_to_json(const struct proto_scrub_begin_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_scrub_begin_args_shape, from, object);
}

int proto_scrub_begin_reply_encode(const struct proto_scrub_begin_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_scrub_begin_reply_shape, from, ret);
}

int proto_scrub_begin_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_begin_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_scrub_begin_reply_shape, arena, json, size, ret, err);
}

int proto_scrub_begin_reply_to_json(const struct proto_scrub_begin_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_scrub_begin_reply_shape, from, object);
}

int proto_report_all_args_encode(const struct proto_report_all_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_report_all_args_shape, from, ret);
}

int proto_report_all_args_decode(struct arena *arena, const char *json, size_t size, struct proto_report_all_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_report_all_args_shape, arena, json, size, ret, err);
}

int proto_report_all_args_to_json(const struct proto_report_all_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_report_all_args_shape, from, object);
}

int proto_report_all_reply_encode(const struct proto_report_all_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_report_all_reply_shape, from, ret);
}

int proto_report_all_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_report_all_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_report_all_reply_shape, arena, json, size, ret, err);
}

int proto_report_all_reply_to_json(const struct proto_report_all_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_report_all_reply_shape, from, object);
}

int proto_trash_list_args_encode(const struct proto_trash_list_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_trash_list_args_shape, from, ret);
}

int proto_trash_list_args_decode(struct arena *arena, const char *json, size_t size, struct proto_trash_list_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_trash_list_args_shape, arena, json, size, ret, err);
}

int proto_trash_list_args_to_json(const struct proto_trash_list_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_trash_list_args_shape, from, object);
}

int proto_trash_list_reply_encode(const struct proto_trash_list_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_trash_list_reply_shape, from, ret);
}

int proto_trash_list_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_trash_list_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_trash_list_reply_shape, arena, json, size, ret, err);
}

int proto_trash_list_reply_to_json(const struct proto_trash_list_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_trash_list_reply_shape, from, object);
}

int proto_undelete_args_encode(const struct proto_undelete_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_undelete_args_shape, from, ret);
}

int proto_undelete_args_decode(struct arena *arena, const char *json, size_t size, struct proto_undelete_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_undelete_args_shape, arena, json, size, ret, err);
}

int proto_undelete_args_to_json(const struct proto_undelete_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_undelete_args_shape, from, object);
}

int proto_undelete_reply_encode(const struct proto_undelete_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_undelete_reply_shape, from, ret);
}

int proto_undelete_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_undelete_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_undelete_reply_shape, arena, json, size, ret, err);
}

int proto_undelete_reply_to_json(const struct proto_undelete_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_undelete_reply_shape, from, object);
}

int proto_trash_empty_args_encode(const struct proto_trash_empty_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_trash_empty_args_shape, from, ret);
}

int proto_trash_empty_args_decode(struct arena *arena, const char *json, size_t size, struct proto_trash_empty_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_trash_empty_args_shape, arena, json, size, ret, err);
}

int proto_trash_empty_args_to_json(const struct proto_trash_empty_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_trash_empty_args_shape, from, object);
}

int proto_trash_empty_reply_encode(const struct proto_trash_empty_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_trash_empty_reply_shape, from, ret);
}

int proto_trash_empty_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_trash_empty_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_trash_empty_reply_shape, arena, json, size, ret, err);
}

int proto_trash_empty_reply_to_json(const struct proto_trash_empty_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_trash_empty_reply_shape, from, object);
}

int proto_why_args_encode(const struct proto_why_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_why_args_shape, from, ret);
}

int proto_why_args_decode(struct arena *arena, const char *json, size_t size, struct proto_why_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_why_args_shape, arena, json, size, ret, err);
}

int proto_why_args_to_json(const struct proto_why_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_why_args_shape, from, object);
}

int proto_why_reply_encode(const struct proto_why_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_why_reply_shape, from, ret);
}

int proto_why_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_why_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_why_reply_shape, arena, json, size, ret, err);
}

int proto_why_reply_to_json(const struct proto_why_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_why_reply_shape, from, object);
}

int proto_history_args_encode(const struct proto_history_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_history_args_shape, from, ret);
}

int proto_history_args_decode(struct arena *arena, const char *json, size_t size, struct proto_history_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_history_args_shape, arena, json, size, ret, err);
}

int proto_history_args_to_json(const struct proto_history_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_history_args_shape, from, object);
}

int proto_history_reply_encode(const struct proto_history_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_history_reply_shape, from, ret);
}

int proto_history_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_history_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_history_reply_shape, arena, json, size, ret, err);
}

int proto_history_reply_to_json(const struct proto_history_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_history_reply_shape, from, object);
}

int proto_balance_args_encode(const struct proto_balance_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_balance_args_shape, from, ret);
}

int proto_balance_args_decode(struct arena *arena, const char *json, size_t size, struct proto_balance_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_balance_args_shape, arena, json, size, ret, err);
}

int proto_balance_args_to_json(const struct proto_balance_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_balance_args_shape, from, object);
}

int proto_balance_reply_encode(const struct proto_balance_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_balance_reply_shape, from, ret);
}

int proto_balance_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_balance_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_balance_reply_shape, arena, json, size, ret, err);
}

int proto_balance_reply_to_json(const struct proto_balance_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_balance_reply_shape, from, object);
}

int proto_balancing_args_encode(const struct proto_balancing_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_balancing_args_shape, from, ret);
}

int proto_balancing_args_decode(struct arena *arena, const char *json, size_t size, struct proto_balancing_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_balancing_args_shape, arena, json, size, ret, err);
}

int proto_balancing_args_to_json(const struct proto_balancing_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_balancing_args_shape, from, object);
}

int proto_balancing_reply_encode(const struct proto_balancing_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_balancing_reply_shape, from, ret);
}

int proto_balancing_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_balancing_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_balancing_reply_shape, arena, json, size, ret, err);
}

int proto_balancing_reply_to_json(const struct proto_balancing_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_balancing_reply_shape, from, object);
}

int proto_keepsake_read_args_encode(const struct proto_keepsake_read_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_keepsake_read_args_shape, from, ret);
}

int proto_keepsake_read_args_decode(struct arena *arena, const char *json, size_t size, struct proto_keepsake_read_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_keepsake_read_args_shape, arena, json, size, ret, err);
}

int proto_keepsake_read_args_to_json(const struct proto_keepsake_read_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_keepsake_read_args_shape, from, object);
}

int proto_keepsake_read_reply_encode(const struct proto_keepsake_read_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_keepsake_read_reply_shape, from, ret);
}

int proto_keepsake_read_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_keepsake_read_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_keepsake_read_reply_shape, arena, json, size, ret, err);
}

int proto_keepsake_read_reply_to_json(const struct proto_keepsake_read_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_keepsake_read_reply_shape, from, object);
}

int proto_keep_args_encode(const struct proto_keep_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_keep_args_shape, from, ret);
}

int proto_keep_args_decode(struct arena *arena, const char *json, size_t size, struct proto_keep_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_keep_args_shape, arena, json, size, ret, err);
}

int proto_keep_args_to_json(const struct proto_keep_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_keep_args_shape, from, object);
}

int proto_keep_reply_encode(const struct proto_keep_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_keep_reply_shape, from, ret);
}

int proto_keep_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_keep_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_keep_reply_shape, arena, json, size, ret, err);
}

int proto_keep_reply_to_json(const struct proto_keep_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_keep_reply_shape, from, object);
}

int proto_forget_args_encode(const struct proto_forget_args *from, struct buf *ret)
{
	return proto_shape_encode(&proto_forget_args_shape, from, ret);
}

int proto_forget_args_decode(struct arena *arena, const char *json, size_t size, struct proto_forget_args *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_forget_args_shape, arena, json, size, ret, err);
}

int proto_forget_args_to_json(const struct proto_forget_args *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_forget_args_shape, from, object);
}

int proto_forget_reply_encode(const struct proto_forget_reply *from, struct buf *ret)
{
	return proto_shape_encode(&proto_forget_reply_shape, from, ret);
}

int proto_forget_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_forget_reply *ret, struct dfs_error *err)
{
	return proto_shape_decode(&proto_forget_reply_shape, arena, json, size, ret, err);
}

int proto_forget_reply_to_json(const struct proto_forget_reply *from, struct cJSON *object)
{
	return proto_shape_to_json(&proto_forget_reply_shape, from, object);
}
