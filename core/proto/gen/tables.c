/* SPDX-License-Identifier: MIT */
/* Made from core/proto/schema.lua by core/proto/generate.lua: change that, not this. */
// clang-format off
#include <string.h>
#include "proto/gen/proto.h"

/* The first row's names: what most fields need. The others add what their type needs. */
#define FIELD(s, n, t) .name = #n, .key = ",\"" #n "\":", .key_size = sizeof(#n) + 3, \
	.type = PROTO_TYPE_##t, .offset = offsetof(struct s, n)
#define COUNT(s, n) .count_offset = offsetof(struct s, n##_count)

static const char *const kind_names[] = { "file", "dir", "symlink" };
const struct proto_enum proto_kind_values = { "kind", kind_names, 3 };
_Static_assert(sizeof(enum proto_kind) == 4, "codecs take an enum for a uint32_t");

const char *proto_kind_name(enum proto_kind value)
{
	return (unsigned)value < 3 ? kind_names[value] : "?";
}

int proto_kind_parse(const char *text, enum proto_kind *ret)
{
	int value = proto_enum_find(&proto_kind_values, text);
	if (value < 0)
		return DFS_E_INVAL;
	*ret = (enum proto_kind)value;
	return 0;
}

static const char *const durability_names[] = { "sync", "async" };
const struct proto_enum proto_durability_values = { "durability", durability_names, 2 };
_Static_assert(sizeof(enum proto_durability) == 4, "codecs take an enum for a uint32_t");

const char *proto_durability_name(enum proto_durability value)
{
	return (unsigned)value < 2 ? durability_names[value] : "?";
}

int proto_durability_parse(const char *text, enum proto_durability *ret)
{
	int value = proto_enum_find(&proto_durability_values, text);
	if (value < 0)
		return DFS_E_INVAL;
	*ret = (enum proto_durability)value;
	return 0;
}

static const char *const chunk_state_names[] = { "open", "sealed", "freed" };
const struct proto_enum proto_chunk_state_values = { "chunk_state", chunk_state_names, 3 };
_Static_assert(sizeof(enum proto_chunk_state) == 4, "codecs take an enum for a uint32_t");

const char *proto_chunk_state_name(enum proto_chunk_state value)
{
	return (unsigned)value < 3 ? chunk_state_names[value] : "?";
}

int proto_chunk_state_parse(const char *text, enum proto_chunk_state *ret)
{
	int value = proto_enum_find(&proto_chunk_state_values, text);
	if (value < 0)
		return DFS_E_INVAL;
	*ret = (enum proto_chunk_state)value;
	return 0;
}

static const char *const replica_state_names[] = { "good", "open", "stale", "short", "corrupt", "missing", "unknown" };
const struct proto_enum proto_replica_state_values = { "replica_state", replica_state_names, 7 };
_Static_assert(sizeof(enum proto_replica_state) == 4, "codecs take an enum for a uint32_t");

const char *proto_replica_state_name(enum proto_replica_state value)
{
	return (unsigned)value < 7 ? replica_state_names[value] : "?";
}

int proto_replica_state_parse(const char *text, enum proto_replica_state *ret)
{
	int value = proto_enum_find(&proto_replica_state_values, text);
	if (value < 0)
		return DFS_E_INVAL;
	*ret = (enum proto_replica_state)value;
	return 0;
}

static const char *const node_state_names[] = { "up", "slow", "suspect", "dead", "draining" };
const struct proto_enum proto_node_state_values = { "node_state", node_state_names, 5 };
_Static_assert(sizeof(enum proto_node_state) == 4, "codecs take an enum for a uint32_t");

const char *proto_node_state_name(enum proto_node_state value)
{
	return (unsigned)value < 5 ? node_state_names[value] : "?";
}

int proto_node_state_parse(const char *text, enum proto_node_state *ret)
{
	int value = proto_enum_find(&proto_node_state_values, text);
	if (value < 0)
		return DFS_E_INVAL;
	*ret = (enum proto_node_state)value;
	return 0;
}

static const char *const held_state_names[] = { "open", "frozen", "sealed", "bad" };
const struct proto_enum proto_held_state_values = { "held_state", held_state_names, 4 };
_Static_assert(sizeof(enum proto_held_state) == 4, "codecs take an enum for a uint32_t");

const char *proto_held_state_name(enum proto_held_state value)
{
	return (unsigned)value < 4 ? held_state_names[value] : "?";
}

int proto_held_state_parse(const char *text, enum proto_held_state *ret)
{
	int value = proto_enum_find(&proto_held_state_values, text);
	if (value < 0)
		return DFS_E_INVAL;
	*ret = (enum proto_held_state)value;
	return 0;
}

static const char *const role_names[] = { "none", "read", "write", "admin", "node" };
const struct proto_enum proto_role_values = { "role", role_names, 5 };
_Static_assert(sizeof(enum proto_role) == 4, "codecs take an enum for a uint32_t");

const char *proto_role_name(enum proto_role value)
{
	return (unsigned)value < 5 ? role_names[value] : "?";
}

int proto_role_parse(const char *text, enum proto_role *ret)
{
	int value = proto_enum_find(&proto_role_values, text);
	if (value < 0)
		return DFS_E_INVAL;
	*ret = (enum proto_role)value;
	return 0;
}

static const char *const fault_kind_names[] = { "metadata", "lost", "under_goal", "over_goal", "broken", "waiting" };
const struct proto_enum proto_fault_kind_values = { "fault_kind", fault_kind_names, 6 };
_Static_assert(sizeof(enum proto_fault_kind) == 4, "codecs take an enum for a uint32_t");

const char *proto_fault_kind_name(enum proto_fault_kind value)
{
	return (unsigned)value < 6 ? fault_kind_names[value] : "?";
}

int proto_fault_kind_parse(const char *text, enum proto_fault_kind *ret)
{
	int value = proto_enum_find(&proto_fault_kind_values, text);
	if (value < 0)
		return DFS_E_INVAL;
	*ret = (enum proto_fault_kind)value;
	return 0;
}

static const struct proto_field proto_fault_fields[] = {
	{ FIELD(proto_fault, code, TEXT), .max = 32 },
	{ FIELD(proto_fault, message, TEXT), .max = 511 },
};
const struct proto_shape proto_fault_shape = { "fault", sizeof(struct proto_fault), proto_fault_fields, 2 };
_Static_assert(sizeof(struct proto_fault) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_attr_fields[] = {
	{ FIELD(proto_attr, name, BYTES), .max = 255 },
	{ FIELD(proto_attr, kind, ENUM), .values = &proto_kind_values },
	{ FIELD(proto_attr, inode, ID) },
	{ FIELD(proto_attr, generation, U64) },
	{ FIELD(proto_attr, size, U64) },
	{ FIELD(proto_attr, mode, U32) },
	{ FIELD(proto_attr, uid, U32) },
	{ FIELD(proto_attr, gid, U32) },
	{ FIELD(proto_attr, mtime_ns, I64) },
	{ FIELD(proto_attr, goal, U32) },
	{ FIELD(proto_attr, chunk_size, U64) },
	{ FIELD(proto_attr, links, U32) },
	{ FIELD(proto_attr, target, BYTES), .max = 4095, .optional = true },
};
const struct proto_shape proto_attr_shape = { "attr", sizeof(struct proto_attr), proto_attr_fields, 13 };
_Static_assert(sizeof(struct proto_attr) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_replica_fields[] = {
	{ FIELD(proto_replica, node, U32) },
	{ FIELD(proto_replica, address, TEXT), .max = 263 },
	{ FIELD(proto_replica, state, ENUM), .values = &proto_replica_state_values },
	{ FIELD(proto_replica, version, U64), .optional = true },
};
const struct proto_shape proto_replica_shape = { "replica", sizeof(struct proto_replica), proto_replica_fields, 4 };
_Static_assert(sizeof(struct proto_replica) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_allocated_fields[] = {
	{ FIELD(proto_allocated, chunk, ID) },
	{ FIELD(proto_allocated, version, U64) },
	{ FIELD(proto_allocated, ticket, TEXT), .max = 400 },
	{ FIELD(proto_allocated, lease_ms, U64) },
	{ FIELD(proto_allocated, replicas, LIST), COUNT(proto_allocated, replicas), .item = PROTO_TYPE_STRUCT, .max = 9, .of = &proto_replica_shape },
};
const struct proto_shape proto_allocated_shape = { "allocated", sizeof(struct proto_allocated), proto_allocated_fields, 5 };
_Static_assert(sizeof(struct proto_allocated) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_extent_fields[] = {
	{ FIELD(proto_extent, offset, U64) },
	{ FIELD(proto_extent, chunk, ID) },
	{ FIELD(proto_extent, chunk_offset, U64) },
	{ FIELD(proto_extent, length, U64) },
	{ FIELD(proto_extent, crc, U32) },
	{ FIELD(proto_extent, receipt, TEXT), .max = 400, .optional = true },
};
const struct proto_shape proto_extent_shape = { "extent", sizeof(struct proto_extent), proto_extent_fields, 6 };
_Static_assert(sizeof(struct proto_extent) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_located_fields[] = {
	{ FIELD(proto_located, offset, U64) },
	{ FIELD(proto_located, chunk, ID) },
	{ FIELD(proto_located, version, U64) },
	{ FIELD(proto_located, state, ENUM), .values = &proto_chunk_state_values },
	{ FIELD(proto_located, chunk_offset, U64) },
	{ FIELD(proto_located, length, U64) },
	{ FIELD(proto_located, crc, U32) },
	{ FIELD(proto_located, chunk_length, U64) },
	{ FIELD(proto_located, ticket, TEXT), .max = 400 },
	{ FIELD(proto_located, replicas, LIST), COUNT(proto_located, replicas), .item = PROTO_TYPE_STRUCT, .max = 9, .of = &proto_replica_shape },
};
const struct proto_shape proto_located_shape = { "located", sizeof(struct proto_located), proto_located_fields, 10 };
_Static_assert(sizeof(struct proto_located) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_disk_fields[] = {
	{ FIELD(proto_disk, disk, ID) },
	{ FIELD(proto_disk, path, BYTES), .max = 4095 },
	{ FIELD(proto_disk, total, U64) },
	{ FIELD(proto_disk, free, U64) },
	{ FIELD(proto_disk, reserve, U64) },
	{ FIELD(proto_disk, error, TEXT), .max = 511, .optional = true },
};
const struct proto_shape proto_disk_shape = { "disk", sizeof(struct proto_disk), proto_disk_fields, 6 };
_Static_assert(sizeof(struct proto_disk) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_held_fields[] = {
	{ FIELD(proto_held, chunk, ID) },
	{ FIELD(proto_held, version, U64) },
	{ FIELD(proto_held, length, U64) },
	{ FIELD(proto_held, state, ENUM), .values = &proto_held_state_values },
	{ FIELD(proto_held, crc, U32), .optional = true },
	{ FIELD(proto_held, why, TEXT), .max = 255, .optional = true },
};
const struct proto_shape proto_held_shape = { "held", sizeof(struct proto_held), proto_held_fields, 6 };
_Static_assert(sizeof(struct proto_held) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_writing_fields[] = {
	{ FIELD(proto_writing, chunk, ID) },
	{ FIELD(proto_writing, version, U64) },
	{ FIELD(proto_writing, length, U64) },
	{ FIELD(proto_writing, committed, U64) },
};
const struct proto_shape proto_writing_shape = { "writing", sizeof(struct proto_writing), proto_writing_fields, 4 };
_Static_assert(sizeof(struct proto_writing) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_leased_fields[] = {
	{ FIELD(proto_leased, chunk, ID) },
	{ FIELD(proto_leased, version, U64) },
	{ FIELD(proto_leased, lease_ms, U64) },
};
const struct proto_shape proto_leased_shape = { "leased", sizeof(struct proto_leased), proto_leased_fields, 3 };
_Static_assert(sizeof(struct proto_leased) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_chunk_version_fields[] = {
	{ FIELD(proto_chunk_version, chunk, ID) },
	{ FIELD(proto_chunk_version, version, U64) },
};
const struct proto_shape proto_chunk_version_shape = { "chunk_version", sizeof(struct proto_chunk_version), proto_chunk_version_fields, 2 };
_Static_assert(sizeof(struct proto_chunk_version) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_piece_fields[] = {
	{ FIELD(proto_piece, data, TEXT), .max = 65535 },
};
const struct proto_shape proto_piece_shape = { "piece", sizeof(struct proto_piece), proto_piece_fields, 1 };
_Static_assert(sizeof(struct proto_piece) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_node_info_fields[] = {
	{ FIELD(proto_node_info, node, U32) },
	{ FIELD(proto_node_info, uuid, ID) },
	{ FIELD(proto_node_info, address, TEXT), .max = 263 },
	{ FIELD(proto_node_info, rack, TEXT), .max = 63 },
	{ FIELD(proto_node_info, state, ENUM), .values = &proto_node_state_values },
	{ FIELD(proto_node_info, silence_ms, U64) },
	{ FIELD(proto_node_info, total, U64) },
	{ FIELD(proto_node_info, free, U64) },
	{ FIELD(proto_node_info, used, U64) },
	{ FIELD(proto_node_info, chunks, U64) },
	{ FIELD(proto_node_info, read_rate, U64) },
	{ FIELD(proto_node_info, write_rate, U64) },
	{ FIELD(proto_node_info, why, TEXT), .max = 255, .optional = true },
	{ FIELD(proto_node_info, draining, BOOL), .optional = true },
	{ FIELD(proto_node_info, safe, BOOL), .optional = true },
	{ FIELD(proto_node_info, scrub, LIST), COUNT(proto_node_info, scrub), .item = PROTO_TYPE_STRUCT, .max = 64, .optional = true, .of = &proto_scrub_info_shape },
};
const struct proto_shape proto_node_info_shape = { "node_info", sizeof(struct proto_node_info), proto_node_info_fields, 16 };
_Static_assert(sizeof(struct proto_node_info) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_reason_fields[] = {
	{ FIELD(proto_reason, about, TEXT), .max = 127 },
	{ FIELD(proto_reason, text, TEXT), .max = 1023 },
	{ FIELD(proto_reason, time_ms, I64), .optional = true },
};
const struct proto_shape proto_reason_shape = { "reason", sizeof(struct proto_reason), proto_reason_fields, 3 };
_Static_assert(sizeof(struct proto_reason) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_balance_info_fields[] = {
	{ FIELD(proto_balance_info, on, BOOL) },
	{ FIELD(proto_balance_info, within, U32) },
	{ FIELD(proto_balance_info, imbalance, U64) },
	{ FIELD(proto_balance_info, moving, U32) },
	{ FIELD(proto_balance_info, moved, U64) },
	{ FIELD(proto_balance_info, moved_bytes, U64) },
	{ FIELD(proto_balance_info, failed, U64) },
	{ FIELD(proto_balance_info, text, TEXT), .max = 511 },
};
const struct proto_shape proto_balance_info_shape = { "balance_info", sizeof(struct proto_balance_info), proto_balance_info_fields, 8 };
_Static_assert(sizeof(struct proto_balance_info) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_drain_info_fields[] = {
	{ FIELD(proto_drain_info, node, U32) },
	{ FIELD(proto_drain_info, address, TEXT), .max = 263 },
	{ FIELD(proto_drain_info, state, ENUM), .values = &proto_node_state_values },
	{ FIELD(proto_drain_info, draining, BOOL) },
	{ FIELD(proto_drain_info, safe, BOOL) },
	{ FIELD(proto_drain_info, held, U64) },
	{ FIELD(proto_drain_info, chunks, U64) },
	{ FIELD(proto_drain_info, bytes, U64) },
	{ FIELD(proto_drain_info, open, U64) },
	{ FIELD(proto_drain_info, deletions, U64) },
	{ FIELD(proto_drain_info, stuck, U64) },
	{ FIELD(proto_drain_info, rate, U64) },
	{ FIELD(proto_drain_info, estimate_ms, U64) },
	{ FIELD(proto_drain_info, since_ms, U64) },
	{ FIELD(proto_drain_info, text, TEXT), .max = 511 },
};
const struct proto_shape proto_drain_info_shape = { "drain_info", sizeof(struct proto_drain_info), proto_drain_info_fields, 15 };
_Static_assert(sizeof(struct proto_drain_info) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_policy_info_fields[] = {
	{ FIELD(proto_policy_info, kind, TEXT), .max = 31 },
	{ FIELD(proto_policy_info, name, TEXT), .max = 63 },
	{ FIELD(proto_policy_info, decisions, U64) },
	{ FIELD(proto_policy_info, fallbacks, U64) },
	{ FIELD(proto_policy_info, error, TEXT), .max = 511, .optional = true },
	{ FIELD(proto_policy_info, error_ago_ms, U64), .optional = true },
};
const struct proto_shape proto_policy_info_shape = { "policy_info", sizeof(struct proto_policy_info), proto_policy_info_fields, 6 };
_Static_assert(sizeof(struct proto_policy_info) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_copying_fields[] = {
	{ FIELD(proto_copying, chunk, ID) },
	{ FIELD(proto_copying, from, U32) },
	{ FIELD(proto_copying, to, U32) },
	{ FIELD(proto_copying, length, U64) },
	{ FIELD(proto_copying, for_ms, U64) },
};
const struct proto_shape proto_copying_shape = { "copying", sizeof(struct proto_copying), proto_copying_fields, 5 };
_Static_assert(sizeof(struct proto_copying) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_copy_source_fields[] = {
	{ FIELD(proto_copy_source, node, U32) },
	{ FIELD(proto_copy_source, address, TEXT), .max = 263 },
};
const struct proto_shape proto_copy_source_shape = { "copy_source", sizeof(struct proto_copy_source), proto_copy_source_fields, 2 };
_Static_assert(sizeof(struct proto_copy_source) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_missed_fields[] = {
	{ FIELD(proto_missed, chunk, ID) },
	{ FIELD(proto_missed, why, TEXT), .max = 255 },
};
const struct proto_shape proto_missed_shape = { "missed", sizeof(struct proto_missed), proto_missed_fields, 2 };
_Static_assert(sizeof(struct proto_missed) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_scrub_info_fields[] = {
	{ FIELD(proto_scrub_info, running, U32) },
	{ FIELD(proto_scrub_info, begun, U64) },
	{ FIELD(proto_scrub_info, checked, U64) },
	{ FIELD(proto_scrub_info, total, U64) },
	{ FIELD(proto_scrub_info, rate, U64) },
	{ FIELD(proto_scrub_info, oldest_ms, U64) },
	{ FIELD(proto_scrub_info, found, U64) },
	{ FIELD(proto_scrub_info, extra, U64) },
	{ FIELD(proto_scrub_info, bad, U64) },
};
const struct proto_shape proto_scrub_info_shape = { "scrub_info", sizeof(struct proto_scrub_info), proto_scrub_info_fields, 9 };
_Static_assert(sizeof(struct proto_scrub_info) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_scrub_asked_fields[] = {
	{ FIELD(proto_scrub_asked, node, U32) },
	{ FIELD(proto_scrub_asked, begun, U64) },
	{ FIELD(proto_scrub_asked, error, TEXT), .max = 511, .optional = true },
};
const struct proto_shape proto_scrub_asked_shape = { "scrub_asked", sizeof(struct proto_scrub_asked), proto_scrub_asked_fields, 3 };
_Static_assert(sizeof(struct proto_scrub_asked) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_fsck_path_fields[] = {
	{ FIELD(proto_fsck_path, path, BYTES), .max = 4096 },
};
const struct proto_shape proto_fsck_path_shape = { "fsck_path", sizeof(struct proto_fsck_path), proto_fsck_path_fields, 1 };
_Static_assert(sizeof(struct proto_fsck_path) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_fsck_fault_fields[] = {
	{ FIELD(proto_fsck_fault, kind, ENUM), .values = &proto_fault_kind_values },
	{ FIELD(proto_fsck_fault, wrong, BOOL) },
	{ FIELD(proto_fsck_fault, chunk, ID), .optional = true },
	{ FIELD(proto_fsck_fault, text, TEXT), .max = 511 },
	{ FIELD(proto_fsck_fault, names, U64), .optional = true },
	{ FIELD(proto_fsck_fault, paths, LIST), COUNT(proto_fsck_fault, paths), .item = PROTO_TYPE_STRUCT, .max = 8, .optional = true, .of = &proto_fsck_path_shape },
};
const struct proto_shape proto_fsck_fault_shape = { "fsck_fault", sizeof(struct proto_fsck_fault), proto_fsck_fault_fields, 6 };
_Static_assert(sizeof(struct proto_fsck_fault) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_trashed_fields[] = {
	{ FIELD(proto_trashed, entry, U64) },
	{ FIELD(proto_trashed, path, BYTES), .max = 4096 },
	{ FIELD(proto_trashed, kind, ENUM), .values = &proto_kind_values },
	{ FIELD(proto_trashed, inode, ID) },
	{ FIELD(proto_trashed, time_ms, I64) },
	{ FIELD(proto_trashed, by, TEXT), .max = 63 },
	{ FIELD(proto_trashed, left_ms, U64) },
	{ FIELD(proto_trashed, counted, BOOL) },
	{ FIELD(proto_trashed, files, U64) },
	{ FIELD(proto_trashed, dirs, U64) },
	{ FIELD(proto_trashed, bytes, U64) },
};
const struct proto_shape proto_trashed_shape = { "trashed", sizeof(struct proto_trashed), proto_trashed_fields, 11 };
_Static_assert(sizeof(struct proto_trashed) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_keepsakes_fields[] = {
	{ FIELD(proto_keepsakes, cluster, TEXT), .max = 32 },
	{ FIELD(proto_keepsakes, epoch, U64) },
	{ FIELD(proto_keepsakes, reign, ID) },
	{ FIELD(proto_keepsakes, operation, U64) },
	{ FIELD(proto_keepsakes, chunks, LIST), COUNT(proto_keepsakes, chunks), .item = PROTO_TYPE_STRUCT, .max = 4096, .of = &proto_held_shape },
	{ FIELD(proto_keepsakes, more, BOOL) },
};
const struct proto_shape proto_keepsakes_shape = { "keepsakes", sizeof(struct proto_keepsakes), proto_keepsakes_fields, 6 };
_Static_assert(sizeof(struct proto_keepsakes) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_receipt_fields[] = {
	{ FIELD(proto_receipt, chunk, ID) },
	{ FIELD(proto_receipt, version, U64) },
	{ FIELD(proto_receipt, offset, U64) },
	{ FIELD(proto_receipt, length, U64) },
	{ FIELD(proto_receipt, crc, U32) },
	{ FIELD(proto_receipt, total, U64) },
	{ FIELD(proto_receipt, replicas, U32) },
	{ FIELD(proto_receipt, signature, TEXT), .max = 400 },
};
const struct proto_shape proto_receipt_shape = { "receipt", sizeof(struct proto_receipt), proto_receipt_fields, 8 };
_Static_assert(sizeof(struct proto_receipt) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_chunk_new_fields[] = {
	{ FIELD(proto_chunk_new, chunk, ID) },
	{ FIELD(proto_chunk_new, version, U64) },
	{ FIELD(proto_chunk_new, nodes, LIST), COUNT(proto_chunk_new, nodes), .item = PROTO_TYPE_U32, .max = 9 },
};
const struct proto_shape proto_chunk_new_shape = { "chunk_new", sizeof(struct proto_chunk_new), proto_chunk_new_fields, 3 };
_Static_assert(sizeof(struct proto_chunk_new) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_extent_new_fields[] = {
	{ FIELD(proto_extent_new, offset, U64) },
	{ FIELD(proto_extent_new, chunk, ID) },
	{ FIELD(proto_extent_new, chunk_offset, U64) },
	{ FIELD(proto_extent_new, length, U64) },
	{ FIELD(proto_extent_new, crc, U32) },
	{ FIELD(proto_extent_new, version, U64) },
};
const struct proto_shape proto_extent_new_shape = { "extent_new", sizeof(struct proto_extent_new), proto_extent_new_fields, 6 };
_Static_assert(sizeof(struct proto_extent_new) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_keepsake_chunk_fields[] = {
	{ FIELD(proto_keepsake_chunk, length, U64) },
	{ FIELD(proto_keepsake_chunk, crc, U32) },
};
const struct proto_shape proto_keepsake_chunk_shape = { "keepsake_chunk", sizeof(struct proto_keepsake_chunk), proto_keepsake_chunk_fields, 2 };
_Static_assert(sizeof(struct proto_keepsake_chunk) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_mend_chunk_fields[] = {
	{ FIELD(proto_mend_chunk, chunk, ID) },
	{ FIELD(proto_mend_chunk, was_refs, U32) },
	{ FIELD(proto_mend_chunk, was_live, U64) },
	{ FIELD(proto_mend_chunk, refs, U32) },
	{ FIELD(proto_mend_chunk, live, U64) },
};
const struct proto_shape proto_mend_chunk_shape = { "mend_chunk", sizeof(struct proto_mend_chunk), proto_mend_chunk_fields, 5 };
_Static_assert(sizeof(struct proto_mend_chunk) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_hello_args_fields[] = {
	{ FIELD(proto_hello_args, protocol, U32) },
	{ FIELD(proto_hello_args, program, TEXT), .max = 63 },
	{ FIELD(proto_hello_args, client, ID), .optional = true },
};
const struct proto_shape proto_hello_args_shape = { "args", sizeof(struct proto_hello_args), proto_hello_args_fields, 3 };
_Static_assert(sizeof(struct proto_hello_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_hello_reply_fields[] = {
	{ FIELD(proto_hello_reply, protocol, U32) },
	{ FIELD(proto_hello_reply, cluster, TEXT), .max = 32 },
	{ FIELD(proto_hello_reply, epoch, U64) },
	{ FIELD(proto_hello_reply, client, ID) },
	{ FIELD(proto_hello_reply, role, ENUM), .values = &proto_role_values },
	{ FIELD(proto_hello_reply, wall_ms, I64) },
};
const struct proto_shape proto_hello_reply_shape = { "reply", sizeof(struct proto_hello_reply), proto_hello_reply_fields, 6 };
_Static_assert(sizeof(struct proto_hello_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_stat_args_fields[] = {
	{ FIELD(proto_stat_args, path, BYTES), .max = 4096 },
};
const struct proto_shape proto_stat_args_shape = { "args", sizeof(struct proto_stat_args), proto_stat_args_fields, 1 };
_Static_assert(sizeof(struct proto_stat_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_stat_reply_fields[] = {
	{ FIELD(proto_stat_reply, attr, STRUCT), .of = &proto_attr_shape },
};
const struct proto_shape proto_stat_reply_shape = { "reply", sizeof(struct proto_stat_reply), proto_stat_reply_fields, 1 };
_Static_assert(sizeof(struct proto_stat_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_list_args_fields[] = {
	{ FIELD(proto_list_args, path, BYTES), .max = 4096 },
	{ FIELD(proto_list_args, after, BYTES), .max = 255, .optional = true },
	{ FIELD(proto_list_args, limit, U32), .optional = true, .fallback = 1000 },
};
const struct proto_shape proto_list_args_shape = { "args", sizeof(struct proto_list_args), proto_list_args_fields, 3 };
_Static_assert(sizeof(struct proto_list_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_list_reply_fields[] = {
	{ FIELD(proto_list_reply, entries, LIST), COUNT(proto_list_reply, entries), .item = PROTO_TYPE_STRUCT, .max = 1000, .of = &proto_attr_shape },
	{ FIELD(proto_list_reply, more, BOOL) },
};
const struct proto_shape proto_list_reply_shape = { "reply", sizeof(struct proto_list_reply), proto_list_reply_fields, 2 };
_Static_assert(sizeof(struct proto_list_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_mkdir_args_fields[] = {
	{ FIELD(proto_mkdir_args, path, BYTES), .max = 4096 },
	{ FIELD(proto_mkdir_args, mode, U32), .optional = true, .fallback = 493 },
	{ FIELD(proto_mkdir_args, parents, BOOL), .optional = true },
	{ FIELD(proto_mkdir_args, mtime_ns, I64), .optional = true },
	{ FIELD(proto_mkdir_args, uid, U32), .optional = true },
	{ FIELD(proto_mkdir_args, gid, U32), .optional = true },
};
const struct proto_shape proto_mkdir_args_shape = { "args", sizeof(struct proto_mkdir_args), proto_mkdir_args_fields, 6 };
_Static_assert(sizeof(struct proto_mkdir_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_mkdir_reply_fields[] = {
	{ FIELD(proto_mkdir_reply, attr, STRUCT), .of = &proto_attr_shape },
};
const struct proto_shape proto_mkdir_reply_shape = { "reply", sizeof(struct proto_mkdir_reply), proto_mkdir_reply_fields, 1 };
_Static_assert(sizeof(struct proto_mkdir_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_create_args_fields[] = {
	{ FIELD(proto_create_args, path, BYTES), .max = 4096 },
	{ FIELD(proto_create_args, mode, U32), .optional = true, .fallback = 420 },
	{ FIELD(proto_create_args, mtime_ns, I64), .optional = true },
	{ FIELD(proto_create_args, uid, U32), .optional = true },
	{ FIELD(proto_create_args, gid, U32), .optional = true },
};
const struct proto_shape proto_create_args_shape = { "args", sizeof(struct proto_create_args), proto_create_args_fields, 5 };
_Static_assert(sizeof(struct proto_create_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_create_reply_fields[] = {
	{ FIELD(proto_create_reply, attr, STRUCT), .of = &proto_attr_shape },
};
const struct proto_shape proto_create_reply_shape = { "reply", sizeof(struct proto_create_reply), proto_create_reply_fields, 1 };
_Static_assert(sizeof(struct proto_create_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_symlink_args_fields[] = {
	{ FIELD(proto_symlink_args, path, BYTES), .max = 4096 },
	{ FIELD(proto_symlink_args, target, BYTES), .max = 4095 },
	{ FIELD(proto_symlink_args, mtime_ns, I64), .optional = true },
	{ FIELD(proto_symlink_args, uid, U32), .optional = true },
	{ FIELD(proto_symlink_args, gid, U32), .optional = true },
};
const struct proto_shape proto_symlink_args_shape = { "args", sizeof(struct proto_symlink_args), proto_symlink_args_fields, 5 };
_Static_assert(sizeof(struct proto_symlink_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_symlink_reply_fields[] = {
	{ FIELD(proto_symlink_reply, attr, STRUCT), .of = &proto_attr_shape },
};
const struct proto_shape proto_symlink_reply_shape = { "reply", sizeof(struct proto_symlink_reply), proto_symlink_reply_fields, 1 };
_Static_assert(sizeof(struct proto_symlink_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_remove_args_fields[] = {
	{ FIELD(proto_remove_args, path, BYTES), .max = 4096 },
	{ FIELD(proto_remove_args, recursive, BOOL), .optional = true },
	{ FIELD(proto_remove_args, directory, BOOL), .optional = true },
	{ FIELD(proto_remove_args, now, BOOL), .optional = true },
	{ FIELD(proto_remove_args, by, TEXT), .max = 63, .optional = true },
};
const struct proto_shape proto_remove_args_shape = { "args", sizeof(struct proto_remove_args), proto_remove_args_fields, 5 };
_Static_assert(sizeof(struct proto_remove_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_remove_reply_fields[] = {
	{ FIELD(proto_remove_reply, attr, STRUCT), .of = &proto_attr_shape },
	{ FIELD(proto_remove_reply, entry, U64), .optional = true },
	{ FIELD(proto_remove_reply, left_ms, U64), .optional = true },
};
const struct proto_shape proto_remove_reply_shape = { "reply", sizeof(struct proto_remove_reply), proto_remove_reply_fields, 3 };
_Static_assert(sizeof(struct proto_remove_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_rename_args_fields[] = {
	{ FIELD(proto_rename_args, path, BYTES), .max = 4096 },
	{ FIELD(proto_rename_args, to, BYTES), .max = 4096 },
	{ FIELD(proto_rename_args, no_replace, BOOL), .optional = true },
};
const struct proto_shape proto_rename_args_shape = { "args", sizeof(struct proto_rename_args), proto_rename_args_fields, 3 };
_Static_assert(sizeof(struct proto_rename_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_rename_reply_fields[] = {
	{ FIELD(proto_rename_reply, attr, STRUCT), .of = &proto_attr_shape },
};
const struct proto_shape proto_rename_reply_shape = { "reply", sizeof(struct proto_rename_reply), proto_rename_reply_fields, 1 };
_Static_assert(sizeof(struct proto_rename_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_setattr_args_fields[] = {
	{ FIELD(proto_setattr_args, path, BYTES), .max = 4096 },
	{ FIELD(proto_setattr_args, set_mode, BOOL), .optional = true },
	{ FIELD(proto_setattr_args, mode, U32), .optional = true },
	{ FIELD(proto_setattr_args, set_owner, BOOL), .optional = true },
	{ FIELD(proto_setattr_args, uid, U32), .optional = true },
	{ FIELD(proto_setattr_args, gid, U32), .optional = true },
	{ FIELD(proto_setattr_args, set_mtime, BOOL), .optional = true },
	{ FIELD(proto_setattr_args, mtime_ns, I64), .optional = true },
};
const struct proto_shape proto_setattr_args_shape = { "args", sizeof(struct proto_setattr_args), proto_setattr_args_fields, 8 };
_Static_assert(sizeof(struct proto_setattr_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_setattr_reply_fields[] = {
	{ FIELD(proto_setattr_reply, attr, STRUCT), .of = &proto_attr_shape },
};
const struct proto_shape proto_setattr_reply_shape = { "reply", sizeof(struct proto_setattr_reply), proto_setattr_reply_fields, 1 };
_Static_assert(sizeof(struct proto_setattr_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_write_begin_args_fields[] = {
	{ FIELD(proto_write_begin_args, path, BYTES), .max = 4096 },
	{ FIELD(proto_write_begin_args, size, U64) },
	{ FIELD(proto_write_begin_args, goal, U32), .optional = true },
	{ FIELD(proto_write_begin_args, chunk_size, U64), .optional = true },
	{ FIELD(proto_write_begin_args, durability, ENUM), .optional = true, .values = &proto_durability_values },
	{ FIELD(proto_write_begin_args, count, U32), .optional = true },
	{ FIELD(proto_write_begin_args, no_replace, BOOL), .optional = true },
};
const struct proto_shape proto_write_begin_args_shape = { "args", sizeof(struct proto_write_begin_args), proto_write_begin_args_fields, 7 };
_Static_assert(sizeof(struct proto_write_begin_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_write_begin_reply_fields[] = {
	{ FIELD(proto_write_begin_reply, session, ID) },
	{ FIELD(proto_write_begin_reply, chunk_size, U64) },
	{ FIELD(proto_write_begin_reply, goal, U32) },
	{ FIELD(proto_write_begin_reply, expires_ms, U64) },
	{ FIELD(proto_write_begin_reply, warning, TEXT), .max = 511, .optional = true },
	{ FIELD(proto_write_begin_reply, chunks, LIST), COUNT(proto_write_begin_reply, chunks), .item = PROTO_TYPE_STRUCT, .max = 64, .of = &proto_allocated_shape },
};
const struct proto_shape proto_write_begin_reply_shape = { "reply", sizeof(struct proto_write_begin_reply), proto_write_begin_reply_fields, 6 };
_Static_assert(sizeof(struct proto_write_begin_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_allocate_args_fields[] = {
	{ FIELD(proto_allocate_args, session, ID) },
	{ FIELD(proto_allocate_args, count, U32) },
	{ FIELD(proto_allocate_args, avoid, LIST), COUNT(proto_allocate_args, avoid), .item = PROTO_TYPE_U32, .max = 64, .optional = true },
};
const struct proto_shape proto_allocate_args_shape = { "args", sizeof(struct proto_allocate_args), proto_allocate_args_fields, 3 };
_Static_assert(sizeof(struct proto_allocate_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_allocate_reply_fields[] = {
	{ FIELD(proto_allocate_reply, chunks, LIST), COUNT(proto_allocate_reply, chunks), .item = PROTO_TYPE_STRUCT, .max = 64, .of = &proto_allocated_shape },
	{ FIELD(proto_allocate_reply, warning, TEXT), .max = 511, .optional = true },
};
const struct proto_shape proto_allocate_reply_shape = { "reply", sizeof(struct proto_allocate_reply), proto_allocate_reply_fields, 2 };
_Static_assert(sizeof(struct proto_allocate_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_renew_args_fields[] = {
	{ FIELD(proto_renew_args, session, ID) },
};
const struct proto_shape proto_renew_args_shape = { "args", sizeof(struct proto_renew_args), proto_renew_args_fields, 1 };
_Static_assert(sizeof(struct proto_renew_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_renew_reply_fields[] = {
	{ FIELD(proto_renew_reply, expires_ms, U64) },
};
const struct proto_shape proto_renew_reply_shape = { "reply", sizeof(struct proto_renew_reply), proto_renew_reply_fields, 1 };
_Static_assert(sizeof(struct proto_renew_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_seal_args_fields[] = {
	{ FIELD(proto_seal_args, session, ID) },
	{ FIELD(proto_seal_args, chunk, ID) },
	{ FIELD(proto_seal_args, acked, U64) },
};
const struct proto_shape proto_seal_args_shape = { "args", sizeof(struct proto_seal_args), proto_seal_args_fields, 3 };
_Static_assert(sizeof(struct proto_seal_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_seal_reply_fields[] = {
	{ FIELD(proto_seal_reply, length, U64) },
	{ FIELD(proto_seal_reply, version, U64) },
	{ FIELD(proto_seal_reply, crc, U32) },
};
const struct proto_shape proto_seal_reply_shape = { "reply", sizeof(struct proto_seal_reply), proto_seal_reply_fields, 3 };
_Static_assert(sizeof(struct proto_seal_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_stage_args_fields[] = {
	{ FIELD(proto_stage_args, session, ID) },
	{ FIELD(proto_stage_args, extents, LIST), COUNT(proto_stage_args, extents), .item = PROTO_TYPE_STRUCT, .max = 1000, .of = &proto_extent_shape },
};
const struct proto_shape proto_stage_args_shape = { "args", sizeof(struct proto_stage_args), proto_stage_args_fields, 2 };
_Static_assert(sizeof(struct proto_stage_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

const struct proto_shape proto_stage_reply_shape = { "reply", sizeof(struct proto_stage_reply), NULL, 0 };
_Static_assert(sizeof(struct proto_stage_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_commit_args_fields[] = {
	{ FIELD(proto_commit_args, session, ID) },
	{ FIELD(proto_commit_args, size, U64) },
	{ FIELD(proto_commit_args, extents, LIST), COUNT(proto_commit_args, extents), .item = PROTO_TYPE_STRUCT, .max = 1000, .of = &proto_extent_shape },
	{ FIELD(proto_commit_args, mode, U32) },
	{ FIELD(proto_commit_args, mtime_ns, I64) },
	{ FIELD(proto_commit_args, uid, U32), .optional = true },
	{ FIELD(proto_commit_args, gid, U32), .optional = true },
};
const struct proto_shape proto_commit_args_shape = { "args", sizeof(struct proto_commit_args), proto_commit_args_fields, 7 };
_Static_assert(sizeof(struct proto_commit_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_commit_reply_fields[] = {
	{ FIELD(proto_commit_reply, attr, STRUCT), .of = &proto_attr_shape },
};
const struct proto_shape proto_commit_reply_shape = { "reply", sizeof(struct proto_commit_reply), proto_commit_reply_fields, 1 };
_Static_assert(sizeof(struct proto_commit_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_abandon_args_fields[] = {
	{ FIELD(proto_abandon_args, session, ID) },
};
const struct proto_shape proto_abandon_args_shape = { "args", sizeof(struct proto_abandon_args), proto_abandon_args_fields, 1 };
_Static_assert(sizeof(struct proto_abandon_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

const struct proto_shape proto_abandon_reply_shape = { "reply", sizeof(struct proto_abandon_reply), NULL, 0 };
_Static_assert(sizeof(struct proto_abandon_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_locate_args_fields[] = {
	{ FIELD(proto_locate_args, path, BYTES), .max = 4096, .optional = true },
	{ FIELD(proto_locate_args, inode, ID), .optional = true },
	{ FIELD(proto_locate_args, generation, U64), .optional = true },
	{ FIELD(proto_locate_args, offset, U64), .optional = true },
	{ FIELD(proto_locate_args, limit, U32), .optional = true, .fallback = 64 },
};
const struct proto_shape proto_locate_args_shape = { "args", sizeof(struct proto_locate_args), proto_locate_args_fields, 5 };
_Static_assert(sizeof(struct proto_locate_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_locate_reply_fields[] = {
	{ FIELD(proto_locate_reply, attr, STRUCT), .of = &proto_attr_shape },
	{ FIELD(proto_locate_reply, extents, LIST), COUNT(proto_locate_reply, extents), .item = PROTO_TYPE_STRUCT, .max = 256, .of = &proto_located_shape },
	{ FIELD(proto_locate_reply, more, BOOL) },
};
const struct proto_shape proto_locate_reply_shape = { "reply", sizeof(struct proto_locate_reply), proto_locate_reply_fields, 3 };
_Static_assert(sizeof(struct proto_locate_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

const struct proto_shape proto_nodes_args_shape = { "args", sizeof(struct proto_nodes_args), NULL, 0 };
_Static_assert(sizeof(struct proto_nodes_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_nodes_reply_fields[] = {
	{ FIELD(proto_nodes_reply, nodes, LIST), COUNT(proto_nodes_reply, nodes), .item = PROTO_TYPE_STRUCT, .max = 4096, .of = &proto_node_info_shape },
};
const struct proto_shape proto_nodes_reply_shape = { "reply", sizeof(struct proto_nodes_reply), proto_nodes_reply_fields, 1 };
_Static_assert(sizeof(struct proto_nodes_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

const struct proto_shape proto_status_args_shape = { "args", sizeof(struct proto_status_args), NULL, 0 };
_Static_assert(sizeof(struct proto_status_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_status_reply_fields[] = {
	{ FIELD(proto_status_reply, cluster, TEXT), .max = 32 },
	{ FIELD(proto_status_reply, epoch, U64) },
	{ FIELD(proto_status_reply, uptime_ms, U64) },
	{ FIELD(proto_status_reply, safe_mode, BOOL) },
	{ FIELD(proto_status_reply, read_only, TEXT), .max = 255, .optional = true },
	{ FIELD(proto_status_reply, files, U64) },
	{ FIELD(proto_status_reply, dirs, U64) },
	{ FIELD(proto_status_reply, bytes, U64) },
	{ FIELD(proto_status_reply, chunks, U64) },
	{ FIELD(proto_status_reply, open_chunks, U64) },
	{ FIELD(proto_status_reply, under_goal, U64) },
	{ FIELD(proto_status_reply, lost, U64) },
	{ FIELD(proto_status_reply, sessions, U64) },
	{ FIELD(proto_status_reply, nodes_up, U32) },
	{ FIELD(proto_status_reply, nodes_known, U32) },
	{ FIELD(proto_status_reply, total, U64) },
	{ FIELD(proto_status_reply, free, U64) },
	{ FIELD(proto_status_reply, used, U64) },
	{ FIELD(proto_status_reply, operations, U64) },
	{ FIELD(proto_status_reply, trash_entries, U64), .optional = true },
	{ FIELD(proto_status_reply, trash_files, U64), .optional = true },
	{ FIELD(proto_status_reply, trash_bytes, U64), .optional = true },
	{ FIELD(proto_status_reply, orphans, U64), .optional = true },
	{ FIELD(proto_status_reply, orphan_bytes, U64), .optional = true },
	{ FIELD(proto_status_reply, orphan_age_ms, U64), .optional = true },
	{ FIELD(proto_status_reply, orphans_foreign, U64), .optional = true },
	{ FIELD(proto_status_reply, orphans_collected, U64), .optional = true },
	{ FIELD(proto_status_reply, purge_paused, TEXT), .max = 255, .optional = true },
	{ FIELD(proto_status_reply, policies, LIST), COUNT(proto_status_reply, policies), .item = PROTO_TYPE_STRUCT, .max = 32, .of = &proto_policy_info_shape },
	{ FIELD(proto_status_reply, bad, U64), .optional = true },
	{ FIELD(proto_status_reply, scrub_oldest_ms, U64), .optional = true, .fallback = 0 },
	{ FIELD(proto_status_reply, hold, TEXT), .max = 511, .optional = true },
	{ FIELD(proto_status_reply, leaving, U64), .optional = true },
	{ FIELD(proto_status_reply, nodes_draining, U32), .optional = true },
	{ FIELD(proto_status_reply, nodes_unplugged, U32), .optional = true },
	{ FIELD(proto_status_reply, checkpoint, U64), .optional = true },
	{ FIELD(proto_status_reply, checkpoint_age_ms, U64), .optional = true },
	{ FIELD(proto_status_reply, checkpoint_error, TEXT), .max = 511, .optional = true },
	{ FIELD(proto_status_reply, under_by_live, LIST), COUNT(proto_status_reply, under_by_live), .item = PROTO_TYPE_U64, .max = 10, .optional = true },
	{ FIELD(proto_status_reply, repair_queued, U64), .optional = true },
	{ FIELD(proto_status_reply, repair_delayed, U64), .optional = true },
	{ FIELD(proto_status_reply, repair_left, U64), .optional = true },
	{ FIELD(proto_status_reply, repair_rate, U64), .optional = true },
	{ FIELD(proto_status_reply, repair_estimate_ms, U64), .optional = true },
	{ FIELD(proto_status_reply, copies, LIST), COUNT(proto_status_reply, copies), .item = PROTO_TYPE_STRUCT, .max = 256, .optional = true, .of = &proto_copying_shape },
	{ FIELD(proto_status_reply, missed, LIST), COUNT(proto_status_reply, missed), .item = PROTO_TYPE_STRUCT, .max = 16, .optional = true, .of = &proto_missed_shape },
	{ FIELD(proto_status_reply, trimming, U64), .optional = true },
	{ FIELD(proto_status_reply, trimmed, U64), .optional = true },
	{ FIELD(proto_status_reply, kept, U64), .optional = true },
	{ FIELD(proto_status_reply, kept_age_ms, U64), .optional = true },
	{ FIELD(proto_status_reply, kept_bytes, U64), .optional = true },
	{ FIELD(proto_status_reply, kept_error, TEXT), .max = 511, .optional = true },
};
const struct proto_shape proto_status_reply_shape = { "reply", sizeof(struct proto_status_reply), proto_status_reply_fields, 52 };
_Static_assert(sizeof(struct proto_status_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_register_args_fields[] = {
	{ FIELD(proto_register_args, protocol, U32) },
	{ FIELD(proto_register_args, cluster, TEXT), .max = 32 },
	{ FIELD(proto_register_args, uuid, ID) },
	{ FIELD(proto_register_args, incarnation, ID) },
	{ FIELD(proto_register_args, address, TEXT), .max = 263 },
	{ FIELD(proto_register_args, rack, TEXT), .max = 63, .optional = true },
	{ FIELD(proto_register_args, disks, LIST), COUNT(proto_register_args, disks), .item = PROTO_TYPE_STRUCT, .max = 64, .of = &proto_disk_shape },
	{ FIELD(proto_register_args, epoch, U64) },
	{ FIELD(proto_register_args, reign, ID) },
	{ FIELD(proto_register_args, operation, U64) },
};
const struct proto_shape proto_register_args_shape = { "args", sizeof(struct proto_register_args), proto_register_args_fields, 10 };
_Static_assert(sizeof(struct proto_register_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_register_reply_fields[] = {
	{ FIELD(proto_register_reply, node, U32) },
	{ FIELD(proto_register_reply, epoch, U64) },
	{ FIELD(proto_register_reply, reign, ID) },
	{ FIELD(proto_register_reply, operation, U64) },
	{ FIELD(proto_register_reply, wall_ms, I64) },
	{ FIELD(proto_register_reply, heartbeat_ms, U64) },
	{ FIELD(proto_register_reply, restored, U64), .optional = true },
};
const struct proto_shape proto_register_reply_shape = { "reply", sizeof(struct proto_register_reply), proto_register_reply_fields, 7 };
_Static_assert(sizeof(struct proto_register_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_report_args_fields[] = {
	{ FIELD(proto_report_args, incarnation, ID) },
	{ FIELD(proto_report_args, sequence, U64) },
	{ FIELD(proto_report_args, full, BOOL) },
	{ FIELD(proto_report_args, last, BOOL) },
	{ FIELD(proto_report_args, held, LIST), COUNT(proto_report_args, held), .item = PROTO_TYPE_STRUCT, .max = 4096, .of = &proto_held_shape },
	{ FIELD(proto_report_args, gone, LIST), COUNT(proto_report_args, gone), .item = PROTO_TYPE_STRUCT, .max = 4096, .optional = true, .of = &proto_chunk_version_shape },
};
const struct proto_shape proto_report_args_shape = { "args", sizeof(struct proto_report_args), proto_report_args_fields, 6 };
_Static_assert(sizeof(struct proto_report_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

const struct proto_shape proto_report_reply_shape = { "reply", sizeof(struct proto_report_reply), NULL, 0 };
_Static_assert(sizeof(struct proto_report_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_heartbeat_args_fields[] = {
	{ FIELD(proto_heartbeat_args, uuid, ID) },
	{ FIELD(proto_heartbeat_args, incarnation, ID) },
	{ FIELD(proto_heartbeat_args, stuck_ms, U64) },
	{ FIELD(proto_heartbeat_args, disks, LIST), COUNT(proto_heartbeat_args, disks), .item = PROTO_TYPE_STRUCT, .max = 64, .of = &proto_disk_shape },
	{ FIELD(proto_heartbeat_args, used, U64) },
	{ FIELD(proto_heartbeat_args, chunks, U64) },
	{ FIELD(proto_heartbeat_args, read_bytes, U64) },
	{ FIELD(proto_heartbeat_args, write_bytes, U64) },
	{ FIELD(proto_heartbeat_args, errors, U64) },
	{ FIELD(proto_heartbeat_args, copy_bytes, U64), .optional = true },
	{ FIELD(proto_heartbeat_args, scrub, LIST), COUNT(proto_heartbeat_args, scrub), .item = PROTO_TYPE_STRUCT, .max = 64, .optional = true, .of = &proto_scrub_info_shape },
	{ FIELD(proto_heartbeat_args, disk_ms, U64), .optional = true },
};
const struct proto_shape proto_heartbeat_args_shape = { "args", sizeof(struct proto_heartbeat_args), proto_heartbeat_args_fields, 12 };
_Static_assert(sizeof(struct proto_heartbeat_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_heartbeat_reply_fields[] = {
	{ FIELD(proto_heartbeat_reply, known, BOOL) },
	{ FIELD(proto_heartbeat_reply, epoch, U64) },
	{ FIELD(proto_heartbeat_reply, operation, U64) },
	{ FIELD(proto_heartbeat_reply, wall_ms, I64) },
};
const struct proto_shape proto_heartbeat_reply_shape = { "reply", sizeof(struct proto_heartbeat_reply), proto_heartbeat_reply_fields, 4 };
_Static_assert(sizeof(struct proto_heartbeat_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_progress_args_fields[] = {
	{ FIELD(proto_progress_args, incarnation, ID) },
	{ FIELD(proto_progress_args, writing, LIST), COUNT(proto_progress_args, writing), .item = PROTO_TYPE_STRUCT, .max = 4096, .of = &proto_writing_shape },
};
const struct proto_shape proto_progress_args_shape = { "args", sizeof(struct proto_progress_args), proto_progress_args_fields, 2 };
_Static_assert(sizeof(struct proto_progress_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_progress_reply_fields[] = {
	{ FIELD(proto_progress_reply, leases, LIST), COUNT(proto_progress_reply, leases), .item = PROTO_TYPE_STRUCT, .max = 4096, .of = &proto_leased_shape },
};
const struct proto_shape proto_progress_reply_shape = { "reply", sizeof(struct proto_progress_reply), proto_progress_reply_fields, 1 };
_Static_assert(sizeof(struct proto_progress_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_freeze_args_fields[] = {
	{ FIELD(proto_freeze_args, chunk, ID) },
	{ FIELD(proto_freeze_args, version, U64) },
	{ FIELD(proto_freeze_args, epoch, U64) },
};
const struct proto_shape proto_freeze_args_shape = { "args", sizeof(struct proto_freeze_args), proto_freeze_args_fields, 3 };
_Static_assert(sizeof(struct proto_freeze_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_freeze_reply_fields[] = {
	{ FIELD(proto_freeze_reply, found, BOOL) },
	{ FIELD(proto_freeze_reply, length, U64) },
	{ FIELD(proto_freeze_reply, crc, U32) },
	{ FIELD(proto_freeze_reply, committed, U64) },
	{ FIELD(proto_freeze_reply, state, ENUM), .values = &proto_held_state_values },
	{ FIELD(proto_freeze_reply, version, U64), .optional = true },
};
const struct proto_shape proto_freeze_reply_shape = { "reply", sizeof(struct proto_freeze_reply), proto_freeze_reply_fields, 6 };
_Static_assert(sizeof(struct proto_freeze_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_seal_at_args_fields[] = {
	{ FIELD(proto_seal_at_args, chunk, ID) },
	{ FIELD(proto_seal_at_args, version, U64) },
	{ FIELD(proto_seal_at_args, length, U64) },
	{ FIELD(proto_seal_at_args, crc, U32) },
	{ FIELD(proto_seal_at_args, epoch, U64) },
};
const struct proto_shape proto_seal_at_args_shape = { "args", sizeof(struct proto_seal_at_args), proto_seal_at_args_fields, 5 };
_Static_assert(sizeof(struct proto_seal_at_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

const struct proto_shape proto_seal_at_reply_shape = { "reply", sizeof(struct proto_seal_at_reply), NULL, 0 };
_Static_assert(sizeof(struct proto_seal_at_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_delete_args_fields[] = {
	{ FIELD(proto_delete_args, chunks, LIST), COUNT(proto_delete_args, chunks), .item = PROTO_TYPE_STRUCT, .max = 4096, .of = &proto_chunk_version_shape },
	{ FIELD(proto_delete_args, epoch, U64) },
};
const struct proto_shape proto_delete_args_shape = { "args", sizeof(struct proto_delete_args), proto_delete_args_fields, 2 };
_Static_assert(sizeof(struct proto_delete_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_delete_reply_fields[] = {
	{ FIELD(proto_delete_reply, gone, LIST), COUNT(proto_delete_reply, gone), .item = PROTO_TYPE_STRUCT, .max = 4096, .of = &proto_chunk_version_shape },
};
const struct proto_shape proto_delete_reply_shape = { "reply", sizeof(struct proto_delete_reply), proto_delete_reply_fields, 1 };
_Static_assert(sizeof(struct proto_delete_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_copy_args_fields[] = {
	{ FIELD(proto_copy_args, chunk, ID) },
	{ FIELD(proto_copy_args, version, U64) },
	{ FIELD(proto_copy_args, length, U64) },
	{ FIELD(proto_copy_args, crc, U32) },
	{ FIELD(proto_copy_args, source, TEXT), .max = 263 },
	{ FIELD(proto_copy_args, ticket, TEXT), .max = 400 },
	{ FIELD(proto_copy_args, epoch, U64) },
	{ FIELD(proto_copy_args, pace, U64), .optional = true },
	{ FIELD(proto_copy_args, pieces, LIST), COUNT(proto_copy_args, pieces), .item = PROTO_TYPE_STRUCT, .max = 9, .optional = true, .of = &proto_copy_source_shape },
};
const struct proto_shape proto_copy_args_shape = { "args", sizeof(struct proto_copy_args), proto_copy_args_fields, 9 };
_Static_assert(sizeof(struct proto_copy_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

const struct proto_shape proto_copy_reply_shape = { "reply", sizeof(struct proto_copy_reply), NULL, 0 };
_Static_assert(sizeof(struct proto_copy_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

const struct proto_shape proto_accept_args_shape = { "args", sizeof(struct proto_accept_args), NULL, 0 };
_Static_assert(sizeof(struct proto_accept_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

const struct proto_shape proto_accept_reply_shape = { "reply", sizeof(struct proto_accept_reply), NULL, 0 };
_Static_assert(sizeof(struct proto_accept_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_drain_args_fields[] = {
	{ FIELD(proto_drain_args, node, U32) },
	{ FIELD(proto_drain_args, cancel, BOOL), .optional = true },
};
const struct proto_shape proto_drain_args_shape = { "args", sizeof(struct proto_drain_args), proto_drain_args_fields, 2 };
_Static_assert(sizeof(struct proto_drain_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_drain_reply_fields[] = {
	{ FIELD(proto_drain_reply, drain, STRUCT), .of = &proto_drain_info_shape },
};
const struct proto_shape proto_drain_reply_shape = { "reply", sizeof(struct proto_drain_reply), proto_drain_reply_fields, 1 };
_Static_assert(sizeof(struct proto_drain_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

const struct proto_shape proto_drains_args_shape = { "args", sizeof(struct proto_drains_args), NULL, 0 };
_Static_assert(sizeof(struct proto_drains_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_drains_reply_fields[] = {
	{ FIELD(proto_drains_reply, drains, LIST), COUNT(proto_drains_reply, drains), .item = PROTO_TYPE_STRUCT, .max = 1000, .of = &proto_drain_info_shape },
};
const struct proto_shape proto_drains_reply_shape = { "reply", sizeof(struct proto_drains_reply), proto_drains_reply_fields, 1 };
_Static_assert(sizeof(struct proto_drains_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

const struct proto_shape proto_checkpoint_args_shape = { "args", sizeof(struct proto_checkpoint_args), NULL, 0 };
_Static_assert(sizeof(struct proto_checkpoint_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_checkpoint_reply_fields[] = {
	{ FIELD(proto_checkpoint_reply, name, TEXT), .max = 63 },
	{ FIELD(proto_checkpoint_reply, epoch, U64) },
	{ FIELD(proto_checkpoint_reply, operation, U64) },
	{ FIELD(proto_checkpoint_reply, wall_ms, I64) },
	{ FIELD(proto_checkpoint_reply, size, U64) },
};
const struct proto_shape proto_checkpoint_reply_shape = { "reply", sizeof(struct proto_checkpoint_reply), proto_checkpoint_reply_fields, 5 };
_Static_assert(sizeof(struct proto_checkpoint_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_checkpoint_read_args_fields[] = {
	{ FIELD(proto_checkpoint_read_args, name, TEXT), .max = 63 },
	{ FIELD(proto_checkpoint_read_args, offset, U64) },
	{ FIELD(proto_checkpoint_read_args, limit, U32) },
};
const struct proto_shape proto_checkpoint_read_args_shape = { "args", sizeof(struct proto_checkpoint_read_args), proto_checkpoint_read_args_fields, 3 };
_Static_assert(sizeof(struct proto_checkpoint_read_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_checkpoint_read_reply_fields[] = {
	{ FIELD(proto_checkpoint_read_reply, pieces, LIST), COUNT(proto_checkpoint_read_reply, pieces), .item = PROTO_TYPE_STRUCT, .max = 33, .of = &proto_piece_shape },
};
const struct proto_shape proto_checkpoint_read_reply_shape = { "reply", sizeof(struct proto_checkpoint_read_reply), proto_checkpoint_read_reply_fields, 1 };
_Static_assert(sizeof(struct proto_checkpoint_read_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_scrub_args_fields[] = {
	{ FIELD(proto_scrub_args, node, U32), .optional = true },
	{ FIELD(proto_scrub_args, now, BOOL), .optional = true },
	{ FIELD(proto_scrub_args, rate, U64), .optional = true },
};
const struct proto_shape proto_scrub_args_shape = { "args", sizeof(struct proto_scrub_args), proto_scrub_args_fields, 3 };
_Static_assert(sizeof(struct proto_scrub_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_scrub_reply_fields[] = {
	{ FIELD(proto_scrub_reply, asked, LIST), COUNT(proto_scrub_reply, asked), .item = PROTO_TYPE_STRUCT, .max = 4096, .of = &proto_scrub_asked_shape },
};
const struct proto_shape proto_scrub_reply_shape = { "reply", sizeof(struct proto_scrub_reply), proto_scrub_reply_fields, 1 };
_Static_assert(sizeof(struct proto_scrub_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_scrub_wait_args_fields[] = {
	{ FIELD(proto_scrub_wait_args, asked, LIST), COUNT(proto_scrub_wait_args, asked), .item = PROTO_TYPE_STRUCT, .max = 4096, .optional = true, .of = &proto_scrub_asked_shape },
	{ FIELD(proto_scrub_wait_args, repaired, BOOL), .optional = true },
	{ FIELD(proto_scrub_wait_args, wait_ms, U32), .optional = true },
};
const struct proto_shape proto_scrub_wait_args_shape = { "args", sizeof(struct proto_scrub_wait_args), proto_scrub_wait_args_fields, 3 };
_Static_assert(sizeof(struct proto_scrub_wait_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_scrub_wait_reply_fields[] = {
	{ FIELD(proto_scrub_wait_reply, over, BOOL) },
	{ FIELD(proto_scrub_wait_reply, nodes, LIST), COUNT(proto_scrub_wait_reply, nodes), .item = PROTO_TYPE_STRUCT, .max = 4096, .of = &proto_node_info_shape },
};
const struct proto_shape proto_scrub_wait_reply_shape = { "reply", sizeof(struct proto_scrub_wait_reply), proto_scrub_wait_reply_fields, 2 };
_Static_assert(sizeof(struct proto_scrub_wait_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_fsck_args_fields[] = {
	{ FIELD(proto_fsck_args, path, BYTES), .max = 4096, .optional = true },
	{ FIELD(proto_fsck_args, repair, BOOL), .optional = true },
};
const struct proto_shape proto_fsck_args_shape = { "args", sizeof(struct proto_fsck_args), proto_fsck_args_fields, 2 };
_Static_assert(sizeof(struct proto_fsck_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_fsck_reply_fields[] = {
	{ FIELD(proto_fsck_reply, check, U64) },
};
const struct proto_shape proto_fsck_reply_shape = { "reply", sizeof(struct proto_fsck_reply), proto_fsck_reply_fields, 1 };
_Static_assert(sizeof(struct proto_fsck_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_fsck_read_args_fields[] = {
	{ FIELD(proto_fsck_read_args, check, U64) },
	{ FIELD(proto_fsck_read_args, after, U32), .optional = true },
	{ FIELD(proto_fsck_read_args, wait_ms, U32), .optional = true },
};
const struct proto_shape proto_fsck_read_args_shape = { "args", sizeof(struct proto_fsck_read_args), proto_fsck_read_args_fields, 3 };
_Static_assert(sizeof(struct proto_fsck_read_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_fsck_read_reply_fields[] = {
	{ FIELD(proto_fsck_read_reply, faults, LIST), COUNT(proto_fsck_read_reply, faults), .item = PROTO_TYPE_STRUCT, .max = 200, .of = &proto_fsck_fault_shape },
	{ FIELD(proto_fsck_read_reply, over, BOOL) },
	{ FIELD(proto_fsck_read_reply, stage, TEXT), .max = 127 },
	{ FIELD(proto_fsck_read_reply, chunks, U64) },
	{ FIELD(proto_fsck_read_reply, orphans, U64) },
	{ FIELD(proto_fsck_read_reply, wrong, U64) },
	{ FIELD(proto_fsck_read_reply, mended, U64) },
	{ FIELD(proto_fsck_read_reply, queued, U64) },
	{ FIELD(proto_fsck_read_reply, error, TEXT), .max = 511, .optional = true },
};
const struct proto_shape proto_fsck_read_reply_shape = { "reply", sizeof(struct proto_fsck_read_reply), proto_fsck_read_reply_fields, 9 };
_Static_assert(sizeof(struct proto_fsck_read_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_scrub_begin_args_fields[] = {
	{ FIELD(proto_scrub_begin_args, now, BOOL) },
	{ FIELD(proto_scrub_begin_args, rate, U64) },
	{ FIELD(proto_scrub_begin_args, epoch, U64) },
};
const struct proto_shape proto_scrub_begin_args_shape = { "args", sizeof(struct proto_scrub_begin_args), proto_scrub_begin_args_fields, 3 };
_Static_assert(sizeof(struct proto_scrub_begin_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_scrub_begin_reply_fields[] = {
	{ FIELD(proto_scrub_begin_reply, begun, U64) },
};
const struct proto_shape proto_scrub_begin_reply_shape = { "reply", sizeof(struct proto_scrub_begin_reply), proto_scrub_begin_reply_fields, 1 };
_Static_assert(sizeof(struct proto_scrub_begin_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_report_all_args_fields[] = {
	{ FIELD(proto_report_all_args, epoch, U64) },
};
const struct proto_shape proto_report_all_args_shape = { "args", sizeof(struct proto_report_all_args), proto_report_all_args_fields, 1 };
_Static_assert(sizeof(struct proto_report_all_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

const struct proto_shape proto_report_all_reply_shape = { "reply", sizeof(struct proto_report_all_reply), NULL, 0 };
_Static_assert(sizeof(struct proto_report_all_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_trash_list_args_fields[] = {
	{ FIELD(proto_trash_list_args, after, U64), .optional = true },
	{ FIELD(proto_trash_list_args, limit, U32), .optional = true, .fallback = 1000 },
	{ FIELD(proto_trash_list_args, path, BYTES), .max = 4096, .optional = true },
};
const struct proto_shape proto_trash_list_args_shape = { "args", sizeof(struct proto_trash_list_args), proto_trash_list_args_fields, 3 };
_Static_assert(sizeof(struct proto_trash_list_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_trash_list_reply_fields[] = {
	{ FIELD(proto_trash_list_reply, entries, LIST), COUNT(proto_trash_list_reply, entries), .item = PROTO_TYPE_STRUCT, .max = 1000, .of = &proto_trashed_shape },
	{ FIELD(proto_trash_list_reply, more, BOOL) },
	{ FIELD(proto_trash_list_reply, next, U64) },
};
const struct proto_shape proto_trash_list_reply_shape = { "reply", sizeof(struct proto_trash_list_reply), proto_trash_list_reply_fields, 3 };
_Static_assert(sizeof(struct proto_trash_list_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_undelete_args_fields[] = {
	{ FIELD(proto_undelete_args, path, BYTES), .max = 4096 },
	{ FIELD(proto_undelete_args, to, BYTES), .max = 4096, .optional = true },
	{ FIELD(proto_undelete_args, entry, U64), .optional = true },
};
const struct proto_shape proto_undelete_args_shape = { "args", sizeof(struct proto_undelete_args), proto_undelete_args_fields, 3 };
_Static_assert(sizeof(struct proto_undelete_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_undelete_reply_fields[] = {
	{ FIELD(proto_undelete_reply, attr, STRUCT), .of = &proto_attr_shape },
};
const struct proto_shape proto_undelete_reply_shape = { "reply", sizeof(struct proto_undelete_reply), proto_undelete_reply_fields, 1 };
_Static_assert(sizeof(struct proto_undelete_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_trash_empty_args_fields[] = {
	{ FIELD(proto_trash_empty_args, after, U64), .optional = true },
	{ FIELD(proto_trash_empty_args, path, BYTES), .max = 4096, .optional = true },
	{ FIELD(proto_trash_empty_args, entry, U64), .optional = true },
	{ FIELD(proto_trash_empty_args, older_ms, U64), .optional = true },
};
const struct proto_shape proto_trash_empty_args_shape = { "args", sizeof(struct proto_trash_empty_args), proto_trash_empty_args_fields, 4 };
_Static_assert(sizeof(struct proto_trash_empty_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_trash_empty_reply_fields[] = {
	{ FIELD(proto_trash_empty_reply, freed, U64) },
	{ FIELD(proto_trash_empty_reply, more, BOOL) },
	{ FIELD(proto_trash_empty_reply, next, U64) },
};
const struct proto_shape proto_trash_empty_reply_shape = { "reply", sizeof(struct proto_trash_empty_reply), proto_trash_empty_reply_fields, 3 };
_Static_assert(sizeof(struct proto_trash_empty_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_why_args_fields[] = {
	{ FIELD(proto_why_args, path, BYTES), .max = 4096, .optional = true },
	{ FIELD(proto_why_args, chunk, ID), .optional = true },
	{ FIELD(proto_why_args, node, U32), .optional = true },
	{ FIELD(proto_why_args, all, BOOL), .optional = true },
	{ FIELD(proto_why_args, offset, U64), .optional = true },
};
const struct proto_shape proto_why_args_shape = { "args", sizeof(struct proto_why_args), proto_why_args_fields, 5 };
_Static_assert(sizeof(struct proto_why_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_why_reply_fields[] = {
	{ FIELD(proto_why_reply, reasons, LIST), COUNT(proto_why_reply, reasons), .item = PROTO_TYPE_STRUCT, .max = 1000, .of = &proto_reason_shape },
	{ FIELD(proto_why_reply, more, BOOL) },
	{ FIELD(proto_why_reply, next, U64), .optional = true },
};
const struct proto_shape proto_why_reply_shape = { "reply", sizeof(struct proto_why_reply), proto_why_reply_fields, 3 };
_Static_assert(sizeof(struct proto_why_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_history_args_fields[] = {
	{ FIELD(proto_history_args, chunk, ID), .optional = true },
	{ FIELD(proto_history_args, node, U32), .optional = true },
	{ FIELD(proto_history_args, limit, U32), .optional = true, .fallback = 100 },
};
const struct proto_shape proto_history_args_shape = { "args", sizeof(struct proto_history_args), proto_history_args_fields, 3 };
_Static_assert(sizeof(struct proto_history_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_history_reply_fields[] = {
	{ FIELD(proto_history_reply, events, LIST), COUNT(proto_history_reply, events), .item = PROTO_TYPE_STRUCT, .max = 1000, .of = &proto_reason_shape },
};
const struct proto_shape proto_history_reply_shape = { "reply", sizeof(struct proto_history_reply), proto_history_reply_fields, 1 };
_Static_assert(sizeof(struct proto_history_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_balance_args_fields[] = {
	{ FIELD(proto_balance_args, stop, BOOL), .optional = true },
	{ FIELD(proto_balance_args, within, U32), .optional = true },
};
const struct proto_shape proto_balance_args_shape = { "args", sizeof(struct proto_balance_args), proto_balance_args_fields, 2 };
_Static_assert(sizeof(struct proto_balance_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_balance_reply_fields[] = {
	{ FIELD(proto_balance_reply, balance, STRUCT), .of = &proto_balance_info_shape },
};
const struct proto_shape proto_balance_reply_shape = { "reply", sizeof(struct proto_balance_reply), proto_balance_reply_fields, 1 };
_Static_assert(sizeof(struct proto_balance_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

const struct proto_shape proto_balancing_args_shape = { "args", sizeof(struct proto_balancing_args), NULL, 0 };
_Static_assert(sizeof(struct proto_balancing_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_balancing_reply_fields[] = {
	{ FIELD(proto_balancing_reply, balance, STRUCT), .of = &proto_balance_info_shape },
};
const struct proto_shape proto_balancing_reply_shape = { "reply", sizeof(struct proto_balancing_reply), proto_balancing_reply_fields, 1 };
_Static_assert(sizeof(struct proto_balancing_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_keepsake_read_args_fields[] = {
	{ FIELD(proto_keepsake_read_args, name, TEXT), .max = 63 },
	{ FIELD(proto_keepsake_read_args, offset, U64) },
	{ FIELD(proto_keepsake_read_args, limit, U32) },
};
const struct proto_shape proto_keepsake_read_args_shape = { "args", sizeof(struct proto_keepsake_read_args), proto_keepsake_read_args_fields, 3 };
_Static_assert(sizeof(struct proto_keepsake_read_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_keepsake_read_reply_fields[] = {
	{ FIELD(proto_keepsake_read_reply, pieces, LIST), COUNT(proto_keepsake_read_reply, pieces), .item = PROTO_TYPE_STRUCT, .max = 33, .of = &proto_piece_shape },
};
const struct proto_shape proto_keepsake_read_reply_shape = { "reply", sizeof(struct proto_keepsake_read_reply), proto_keepsake_read_reply_fields, 1 };
_Static_assert(sizeof(struct proto_keepsake_read_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_keep_args_fields[] = {
	{ FIELD(proto_keep_args, chunk, ID) },
	{ FIELD(proto_keep_args, version, U64) },
	{ FIELD(proto_keep_args, length, U64) },
	{ FIELD(proto_keep_args, crc, U32) },
	{ FIELD(proto_keep_args, name, TEXT), .max = 63 },
	{ FIELD(proto_keep_args, offset, U64) },
	{ FIELD(proto_keep_args, epoch, U64) },
};
const struct proto_shape proto_keep_args_shape = { "args", sizeof(struct proto_keep_args), proto_keep_args_fields, 7 };
_Static_assert(sizeof(struct proto_keep_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

const struct proto_shape proto_keep_reply_shape = { "reply", sizeof(struct proto_keep_reply), NULL, 0 };
_Static_assert(sizeof(struct proto_keep_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_forget_args_fields[] = {
	{ FIELD(proto_forget_args, node, U32) },
};
const struct proto_shape proto_forget_args_shape = { "args", sizeof(struct proto_forget_args), proto_forget_args_fields, 1 };
_Static_assert(sizeof(struct proto_forget_args) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_forget_reply_fields[] = {
	{ FIELD(proto_forget_reply, drain, STRUCT), .of = &proto_drain_info_shape },
};
const struct proto_shape proto_forget_reply_shape = { "reply", sizeof(struct proto_forget_reply), proto_forget_reply_fields, 1 };
_Static_assert(sizeof(struct proto_forget_reply) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_row_inode_fields[] = {
	{ FIELD(proto_row_inode, kind, ENUM), .values = &proto_kind_values },
	{ FIELD(proto_row_inode, generation, U64) },
	{ FIELD(proto_row_inode, size, U64) },
	{ FIELD(proto_row_inode, mode, U32) },
	{ FIELD(proto_row_inode, uid, U32) },
	{ FIELD(proto_row_inode, gid, U32) },
	{ FIELD(proto_row_inode, mtime_ns, I64) },
	{ FIELD(proto_row_inode, goal, U32) },
	{ FIELD(proto_row_inode, chunk_size, U64) },
	{ FIELD(proto_row_inode, links, U32) },
	{ FIELD(proto_row_inode, parent, ID) },
	{ FIELD(proto_row_inode, content, ID) },
	{ FIELD(proto_row_inode, target, BYTES), .max = 4095 },
};
const struct proto_shape proto_row_inode_shape = { "inode", sizeof(struct proto_row_inode), proto_row_inode_fields, 13 };
_Static_assert(sizeof(struct proto_row_inode) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_row_dentry_fields[] = {
	{ FIELD(proto_row_dentry, inode, ID) },
	{ FIELD(proto_row_dentry, kind, ENUM), .values = &proto_kind_values },
};
const struct proto_shape proto_row_dentry_shape = { "dentry", sizeof(struct proto_row_dentry), proto_row_dentry_fields, 2 };
_Static_assert(sizeof(struct proto_row_dentry) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_row_extent_row_fields[] = {
	{ FIELD(proto_row_extent_row, chunk, ID) },
	{ FIELD(proto_row_extent_row, chunk_offset, U64) },
	{ FIELD(proto_row_extent_row, length, U64) },
	{ FIELD(proto_row_extent_row, crc, U32) },
};
const struct proto_shape proto_row_extent_row_shape = { "extent_row", sizeof(struct proto_row_extent_row), proto_row_extent_row_fields, 4 };
_Static_assert(sizeof(struct proto_row_extent_row) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_row_chunk_fields[] = {
	{ FIELD(proto_row_chunk, version, U64) },
	{ FIELD(proto_row_chunk, state, ENUM), .values = &proto_chunk_state_values },
	{ FIELD(proto_row_chunk, goal, U32) },
	{ FIELD(proto_row_chunk, length, U64) },
	{ FIELD(proto_row_chunk, crc, U32) },
	{ FIELD(proto_row_chunk, refs, U32) },
	{ FIELD(proto_row_chunk, live, U64) },
	{ FIELD(proto_row_chunk, session, ID) },
	{ FIELD(proto_row_chunk, floor, U64) },
	{ FIELD(proto_row_chunk, durability, ENUM), .values = &proto_durability_values },
	{ FIELD(proto_row_chunk, nodes, LIST), COUNT(proto_row_chunk, nodes), .item = PROTO_TYPE_U32, .max = 9 },
	{ FIELD(proto_row_chunk, freed_ms, I64) },
};
const struct proto_shape proto_row_chunk_shape = { "chunk", sizeof(struct proto_row_chunk), proto_row_chunk_fields, 12 };
_Static_assert(sizeof(struct proto_row_chunk) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_row_session_fields[] = {
	{ FIELD(proto_row_session, parent, ID) },
	{ FIELD(proto_row_session, name, BYTES), .max = 255 },
	{ FIELD(proto_row_session, goal, U32) },
	{ FIELD(proto_row_session, chunk_size, U64) },
	{ FIELD(proto_row_session, durability, ENUM), .values = &proto_durability_values },
	{ FIELD(proto_row_session, touched_ms, I64) },
	{ FIELD(proto_row_session, no_replace, BOOL) },
	{ FIELD(proto_row_session, staged, U64) },
};
const struct proto_shape proto_row_session_shape = { "session", sizeof(struct proto_row_session), proto_row_session_fields, 8 };
_Static_assert(sizeof(struct proto_row_session) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_row_node_fields[] = {
	{ FIELD(proto_row_node, uuid, ID) },
	{ FIELD(proto_row_node, address, TEXT), .max = 263 },
	{ FIELD(proto_row_node, rack, TEXT), .max = 63 },
	{ FIELD(proto_row_node, added_ms, I64) },
	{ FIELD(proto_row_node, draining, BOOL) },
};
const struct proto_shape proto_row_node_shape = { "node", sizeof(struct proto_row_node), proto_row_node_fields, 5 };
_Static_assert(sizeof(struct proto_row_node) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_row_answer_fields[] = {
	{ FIELD(proto_row_answer, time_ms, I64) },
	{ FIELD(proto_row_answer, operation, U64) },
	{ FIELD(proto_row_answer, code, U32) },
	{ FIELD(proto_row_answer, text, TEXT), .max = 511 },
	{ FIELD(proto_row_answer, value, ID) },
};
const struct proto_shape proto_row_answer_shape = { "answer", sizeof(struct proto_row_answer), proto_row_answer_fields, 5 };
_Static_assert(sizeof(struct proto_row_answer) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_row_counters_fields[] = {
	{ FIELD(proto_row_counters, format, U32) },
	{ FIELD(proto_row_counters, cluster, TEXT), .max = 32 },
	{ FIELD(proto_row_counters, epoch, U64) },
	{ FIELD(proto_row_counters, reign, ID) },
	{ FIELD(proto_row_counters, operation, U64) },
	{ FIELD(proto_row_counters, next_inode, U64) },
	{ FIELD(proto_row_counters, next_node, U32) },
	{ FIELD(proto_row_counters, client_reserved, U64) },
	{ FIELD(proto_row_counters, chunk_reserved, U64) },
	{ FIELD(proto_row_counters, session_reserved, U64) },
	{ FIELD(proto_row_counters, files, U64) },
	{ FIELD(proto_row_counters, dirs, U64) },
	{ FIELD(proto_row_counters, bytes, U64) },
	{ FIELD(proto_row_counters, chunks, U64) },
	{ FIELD(proto_row_counters, wall_ms, I64) },
};
const struct proto_shape proto_row_counters_shape = { "counters", sizeof(struct proto_row_counters), proto_row_counters_fields, 15 };
_Static_assert(sizeof(struct proto_row_counters) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_row_reign_fields[] = {
	{ FIELD(proto_row_reign, reign, ID) },
	{ FIELD(proto_row_reign, operation, U64) },
	{ FIELD(proto_row_reign, time_ms, I64) },
	{ FIELD(proto_row_reign, restored, BOOL) },
};
const struct proto_shape proto_row_reign_shape = { "reign", sizeof(struct proto_row_reign), proto_row_reign_fields, 4 };
_Static_assert(sizeof(struct proto_row_reign) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_row_hold_fields[] = {
	{ FIELD(proto_row_hold, epoch, U64) },
	{ FIELD(proto_row_hold, operation, U64) },
	{ FIELD(proto_row_hold, wall_ms, I64) },
	{ FIELD(proto_row_hold, since_ms, I64) },
};
const struct proto_shape proto_row_hold_shape = { "hold", sizeof(struct proto_row_hold), proto_row_hold_fields, 4 };
_Static_assert(sizeof(struct proto_row_hold) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_row_trash_fields[] = {
	{ FIELD(proto_row_trash, path, BYTES), .max = 4096 },
	{ FIELD(proto_row_trash, inode, ID) },
	{ FIELD(proto_row_trash, kind, ENUM), .values = &proto_kind_values },
	{ FIELD(proto_row_trash, time_ms, I64) },
	{ FIELD(proto_row_trash, living_ms, U64) },
	{ FIELD(proto_row_trash, keep_ms, U64) },
	{ FIELD(proto_row_trash, by, TEXT), .max = 63 },
	{ FIELD(proto_row_trash, counted, BOOL) },
	{ FIELD(proto_row_trash, files, U64) },
	{ FIELD(proto_row_trash, dirs, U64) },
	{ FIELD(proto_row_trash, bytes, U64) },
};
const struct proto_shape proto_row_trash_shape = { "trash", sizeof(struct proto_row_trash), proto_row_trash_fields, 11 };
_Static_assert(sizeof(struct proto_row_trash) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_row_trash_count_fields[] = {
	{ FIELD(proto_row_trash_count, living_ms, U64) },
	{ FIELD(proto_row_trash_count, entries, U64) },
	{ FIELD(proto_row_trash_count, files, U64) },
	{ FIELD(proto_row_trash_count, dirs, U64) },
	{ FIELD(proto_row_trash_count, bytes, U64) },
};
const struct proto_shape proto_row_trash_count_shape = { "trash_count", sizeof(struct proto_row_trash_count), proto_row_trash_count_fields, 5 };
_Static_assert(sizeof(struct proto_row_trash_count) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_row_setting_fields[] = {
	{ FIELD(proto_row_setting, value, TEXT), .max = 1023 },
};
const struct proto_shape proto_row_setting_shape = { "setting", sizeof(struct proto_row_setting), proto_row_setting_fields, 1 };
_Static_assert(sizeof(struct proto_row_setting) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_row_keepsake_fields[] = {
	{ FIELD(proto_row_keepsake, from, U64) },
	{ FIELD(proto_row_keepsake, operation, U64) },
	{ FIELD(proto_row_keepsake, epoch, U64) },
	{ FIELD(proto_row_keepsake, reign, ID) },
	{ FIELD(proto_row_keepsake, size, U64) },
	{ FIELD(proto_row_keepsake, part, U64) },
	{ FIELD(proto_row_keepsake, time_ms, I64) },
};
const struct proto_shape proto_row_keepsake_shape = { "keepsake", sizeof(struct proto_row_keepsake), proto_row_keepsake_fields, 7 };
_Static_assert(sizeof(struct proto_row_keepsake) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_epoch_begin_fields[] = {
	{ FIELD(proto_op_epoch_begin, epoch, U64) },
	{ FIELD(proto_op_epoch_begin, reign, ID) },
	{ FIELD(proto_op_epoch_begin, cluster, TEXT), .max = 32 },
};
const struct proto_shape proto_op_epoch_begin_shape = { "epoch_begin", sizeof(struct proto_op_epoch_begin), proto_op_epoch_begin_fields, 3 };
_Static_assert(sizeof(struct proto_op_epoch_begin) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_reserve_fields[] = {
	{ FIELD(proto_op_reserve, client, U64) },
	{ FIELD(proto_op_reserve, chunk, U64) },
	{ FIELD(proto_op_reserve, session, U64) },
};
const struct proto_shape proto_op_reserve_shape = { "reserve", sizeof(struct proto_op_reserve), proto_op_reserve_fields, 3 };
_Static_assert(sizeof(struct proto_op_reserve) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_node_set_fields[] = {
	{ FIELD(proto_op_node_set, node, U32) },
	{ FIELD(proto_op_node_set, uuid, ID) },
	{ FIELD(proto_op_node_set, address, TEXT), .max = 263 },
	{ FIELD(proto_op_node_set, rack, TEXT), .max = 63 },
	{ FIELD(proto_op_node_set, draining, BOOL) },
};
const struct proto_shape proto_op_node_set_shape = { "node_set", sizeof(struct proto_op_node_set), proto_op_node_set_fields, 5 };
_Static_assert(sizeof(struct proto_op_node_set) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_mkdir_fields[] = {
	{ FIELD(proto_op_mkdir, path, BYTES), .max = 4096 },
	{ FIELD(proto_op_mkdir, mode, U32) },
	{ FIELD(proto_op_mkdir, parents, BOOL) },
	{ FIELD(proto_op_mkdir, mtime_ns, I64) },
	{ FIELD(proto_op_mkdir, uid, U32) },
	{ FIELD(proto_op_mkdir, gid, U32) },
};
const struct proto_shape proto_op_mkdir_shape = { "mkdir", sizeof(struct proto_op_mkdir), proto_op_mkdir_fields, 6 };
_Static_assert(sizeof(struct proto_op_mkdir) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_create_fields[] = {
	{ FIELD(proto_op_create, path, BYTES), .max = 4096 },
	{ FIELD(proto_op_create, mode, U32) },
	{ FIELD(proto_op_create, mtime_ns, I64) },
	{ FIELD(proto_op_create, uid, U32) },
	{ FIELD(proto_op_create, gid, U32) },
	{ FIELD(proto_op_create, goal, U32) },
	{ FIELD(proto_op_create, chunk_size, U64) },
};
const struct proto_shape proto_op_create_shape = { "create", sizeof(struct proto_op_create), proto_op_create_fields, 7 };
_Static_assert(sizeof(struct proto_op_create) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_symlink_fields[] = {
	{ FIELD(proto_op_symlink, path, BYTES), .max = 4096 },
	{ FIELD(proto_op_symlink, target, BYTES), .max = 4095 },
	{ FIELD(proto_op_symlink, mtime_ns, I64) },
	{ FIELD(proto_op_symlink, uid, U32) },
	{ FIELD(proto_op_symlink, gid, U32) },
};
const struct proto_shape proto_op_symlink_shape = { "symlink", sizeof(struct proto_op_symlink), proto_op_symlink_fields, 5 };
_Static_assert(sizeof(struct proto_op_symlink) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_remove_fields[] = {
	{ FIELD(proto_op_remove, path, BYTES), .max = 4096 },
	{ FIELD(proto_op_remove, recursive, BOOL) },
	{ FIELD(proto_op_remove, directory, BOOL) },
};
const struct proto_shape proto_op_remove_shape = { "remove", sizeof(struct proto_op_remove), proto_op_remove_fields, 3 };
_Static_assert(sizeof(struct proto_op_remove) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_rename_fields[] = {
	{ FIELD(proto_op_rename, path, BYTES), .max = 4096 },
	{ FIELD(proto_op_rename, to, BYTES), .max = 4096 },
	{ FIELD(proto_op_rename, no_replace, BOOL) },
};
const struct proto_shape proto_op_rename_shape = { "rename", sizeof(struct proto_op_rename), proto_op_rename_fields, 3 };
_Static_assert(sizeof(struct proto_op_rename) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_setattr_fields[] = {
	{ FIELD(proto_op_setattr, path, BYTES), .max = 4096 },
	{ FIELD(proto_op_setattr, set_mode, BOOL) },
	{ FIELD(proto_op_setattr, mode, U32) },
	{ FIELD(proto_op_setattr, set_owner, BOOL) },
	{ FIELD(proto_op_setattr, uid, U32) },
	{ FIELD(proto_op_setattr, gid, U32) },
	{ FIELD(proto_op_setattr, set_mtime, BOOL) },
	{ FIELD(proto_op_setattr, mtime_ns, I64) },
};
const struct proto_shape proto_op_setattr_shape = { "setattr", sizeof(struct proto_op_setattr), proto_op_setattr_fields, 8 };
_Static_assert(sizeof(struct proto_op_setattr) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_session_begin_fields[] = {
	{ FIELD(proto_op_session_begin, session, ID) },
	{ FIELD(proto_op_session_begin, path, BYTES), .max = 4096 },
	{ FIELD(proto_op_session_begin, goal, U32) },
	{ FIELD(proto_op_session_begin, chunk_size, U64) },
	{ FIELD(proto_op_session_begin, durability, ENUM), .values = &proto_durability_values },
	{ FIELD(proto_op_session_begin, no_replace, BOOL) },
	{ FIELD(proto_op_session_begin, chunks, LIST), COUNT(proto_op_session_begin, chunks), .item = PROTO_TYPE_STRUCT, .max = 64, .of = &proto_chunk_new_shape },
};
const struct proto_shape proto_op_session_begin_shape = { "session_begin", sizeof(struct proto_op_session_begin), proto_op_session_begin_fields, 7 };
_Static_assert(sizeof(struct proto_op_session_begin) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_chunk_add_fields[] = {
	{ FIELD(proto_op_chunk_add, session, ID) },
	{ FIELD(proto_op_chunk_add, chunks, LIST), COUNT(proto_op_chunk_add, chunks), .item = PROTO_TYPE_STRUCT, .max = 64, .of = &proto_chunk_new_shape },
};
const struct proto_shape proto_op_chunk_add_shape = { "chunk_add", sizeof(struct proto_op_chunk_add), proto_op_chunk_add_fields, 2 };
_Static_assert(sizeof(struct proto_op_chunk_add) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_session_touch_fields[] = {
	{ FIELD(proto_op_session_touch, session, ID) },
};
const struct proto_shape proto_op_session_touch_shape = { "session_touch", sizeof(struct proto_op_session_touch), proto_op_session_touch_fields, 1 };
_Static_assert(sizeof(struct proto_op_session_touch) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_stage_fields[] = {
	{ FIELD(proto_op_stage, session, ID) },
	{ FIELD(proto_op_stage, extents, LIST), COUNT(proto_op_stage, extents), .item = PROTO_TYPE_STRUCT, .max = 1000, .of = &proto_extent_new_shape },
};
const struct proto_shape proto_op_stage_shape = { "stage", sizeof(struct proto_op_stage), proto_op_stage_fields, 2 };
_Static_assert(sizeof(struct proto_op_stage) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_commit_fields[] = {
	{ FIELD(proto_op_commit, session, ID) },
	{ FIELD(proto_op_commit, size, U64) },
	{ FIELD(proto_op_commit, extents, LIST), COUNT(proto_op_commit, extents), .item = PROTO_TYPE_STRUCT, .max = 1000, .of = &proto_extent_new_shape },
	{ FIELD(proto_op_commit, mode, U32) },
	{ FIELD(proto_op_commit, mtime_ns, I64) },
	{ FIELD(proto_op_commit, uid, U32) },
	{ FIELD(proto_op_commit, gid, U32) },
};
const struct proto_shape proto_op_commit_shape = { "commit", sizeof(struct proto_op_commit), proto_op_commit_fields, 7 };
_Static_assert(sizeof(struct proto_op_commit) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_session_end_fields[] = {
	{ FIELD(proto_op_session_end, session, ID) },
};
const struct proto_shape proto_op_session_end_shape = { "session_end", sizeof(struct proto_op_session_end), proto_op_session_end_fields, 1 };
_Static_assert(sizeof(struct proto_op_session_end) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_chunk_raise_fields[] = {
	{ FIELD(proto_op_chunk_raise, chunk, ID) },
	{ FIELD(proto_op_chunk_raise, version, U64) },
};
const struct proto_shape proto_op_chunk_raise_shape = { "chunk_raise", sizeof(struct proto_op_chunk_raise), proto_op_chunk_raise_fields, 2 };
_Static_assert(sizeof(struct proto_op_chunk_raise) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_chunk_seal_fields[] = {
	{ FIELD(proto_op_chunk_seal, chunk, ID) },
	{ FIELD(proto_op_chunk_seal, version, U64) },
	{ FIELD(proto_op_chunk_seal, length, U64) },
	{ FIELD(proto_op_chunk_seal, crc, U32) },
};
const struct proto_shape proto_op_chunk_seal_shape = { "chunk_seal", sizeof(struct proto_op_chunk_seal), proto_op_chunk_seal_fields, 4 };
_Static_assert(sizeof(struct proto_op_chunk_seal) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_purge_fields[] = {
	{ FIELD(proto_op_purge, rows, U32) },
};
const struct proto_shape proto_op_purge_shape = { "purge", sizeof(struct proto_op_purge), proto_op_purge_fields, 1 };
_Static_assert(sizeof(struct proto_op_purge) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_chunk_forget_fields[] = {
	{ FIELD(proto_op_chunk_forget, chunks, LIST), COUNT(proto_op_chunk_forget, chunks), .item = PROTO_TYPE_ID, .max = 1000 },
};
const struct proto_shape proto_op_chunk_forget_shape = { "chunk_forget", sizeof(struct proto_op_chunk_forget), proto_op_chunk_forget_fields, 1 };
_Static_assert(sizeof(struct proto_op_chunk_forget) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_hold_fields[] = {
	{ FIELD(proto_op_hold, epoch, U64) },
	{ FIELD(proto_op_hold, reign, ID) },
	{ FIELD(proto_op_hold, operation, U64) },
	{ FIELD(proto_op_hold, wall_ms, I64) },
};
const struct proto_shape proto_op_hold_shape = { "hold", sizeof(struct proto_op_hold), proto_op_hold_fields, 4 };
_Static_assert(sizeof(struct proto_op_hold) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

const struct proto_shape proto_op_accept_shape = { "accept", sizeof(struct proto_op_accept), NULL, 0 };
_Static_assert(sizeof(struct proto_op_accept) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_log_drop_fields[] = {
	{ FIELD(proto_op_log_drop, upto, U64) },
	{ FIELD(proto_op_log_drop, rows, U32) },
};
const struct proto_shape proto_op_log_drop_shape = { "log_drop", sizeof(struct proto_op_log_drop), proto_op_log_drop_fields, 2 };
_Static_assert(sizeof(struct proto_op_log_drop) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_trash_move_fields[] = {
	{ FIELD(proto_op_trash_move, path, BYTES), .max = 4096 },
	{ FIELD(proto_op_trash_move, recursive, BOOL) },
	{ FIELD(proto_op_trash_move, living_ms, U64) },
	{ FIELD(proto_op_trash_move, keep_ms, U64) },
	{ FIELD(proto_op_trash_move, by, TEXT), .max = 63 },
};
const struct proto_shape proto_op_trash_move_shape = { "trash_move", sizeof(struct proto_op_trash_move), proto_op_trash_move_fields, 5 };
_Static_assert(sizeof(struct proto_op_trash_move) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_undelete_fields[] = {
	{ FIELD(proto_op_undelete, path, BYTES), .max = 4096 },
	{ FIELD(proto_op_undelete, to, BYTES), .max = 4096 },
	{ FIELD(proto_op_undelete, entry, U64) },
};
const struct proto_shape proto_op_undelete_shape = { "undelete", sizeof(struct proto_op_undelete), proto_op_undelete_fields, 3 };
_Static_assert(sizeof(struct proto_op_undelete) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_trash_drop_fields[] = {
	{ FIELD(proto_op_trash_drop, entries, LIST), COUNT(proto_op_trash_drop, entries), .item = PROTO_TYPE_U64, .max = 1000 },
	{ FIELD(proto_op_trash_drop, living_ms, U64) },
	{ FIELD(proto_op_trash_drop, rows, U32) },
};
const struct proto_shape proto_op_trash_drop_shape = { "trash_drop", sizeof(struct proto_op_trash_drop), proto_op_trash_drop_fields, 3 };
_Static_assert(sizeof(struct proto_op_trash_drop) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_trash_live_fields[] = {
	{ FIELD(proto_op_trash_live, living_ms, U64) },
};
const struct proto_shape proto_op_trash_live_shape = { "trash_live", sizeof(struct proto_op_trash_live), proto_op_trash_live_fields, 1 };
_Static_assert(sizeof(struct proto_op_trash_live) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_trash_measure_fields[] = {
	{ FIELD(proto_op_trash_measure, entry, U64) },
	{ FIELD(proto_op_trash_measure, files, U64) },
	{ FIELD(proto_op_trash_measure, dirs, U64) },
	{ FIELD(proto_op_trash_measure, bytes, U64) },
};
const struct proto_shape proto_op_trash_measure_shape = { "trash_measure", sizeof(struct proto_op_trash_measure), proto_op_trash_measure_fields, 4 };
_Static_assert(sizeof(struct proto_op_trash_measure) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_node_drain_fields[] = {
	{ FIELD(proto_op_node_drain, node, U32) },
	{ FIELD(proto_op_node_drain, draining, BOOL) },
};
const struct proto_shape proto_op_node_drain_shape = { "node_drain", sizeof(struct proto_op_node_drain), proto_op_node_drain_fields, 2 };
_Static_assert(sizeof(struct proto_op_node_drain) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_mend_fields[] = {
	{ FIELD(proto_op_mend, chunks, LIST), COUNT(proto_op_mend, chunks), .item = PROTO_TYPE_STRUCT, .max = 1000, .of = &proto_mend_chunk_shape },
	{ FIELD(proto_op_mend, add_files, I64) },
	{ FIELD(proto_op_mend, add_dirs, I64) },
	{ FIELD(proto_op_mend, add_bytes, I64) },
	{ FIELD(proto_op_mend, add_chunks, I64) },
};
const struct proto_shape proto_op_mend_shape = { "mend", sizeof(struct proto_op_mend), proto_op_mend_fields, 5 };
_Static_assert(sizeof(struct proto_op_mend) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_setting_set_fields[] = {
	{ FIELD(proto_op_setting_set, name, TEXT), .max = 63 },
	{ FIELD(proto_op_setting_set, value, TEXT), .max = 1023 },
};
const struct proto_shape proto_op_setting_set_shape = { "setting_set", sizeof(struct proto_op_setting_set), proto_op_setting_set_fields, 2 };
_Static_assert(sizeof(struct proto_op_setting_set) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_keepsake_add_fields[] = {
	{ FIELD(proto_op_keepsake_add, chunk, ID) },
	{ FIELD(proto_op_keepsake_add, from, U64) },
	{ FIELD(proto_op_keepsake_add, operation, U64) },
	{ FIELD(proto_op_keepsake_add, epoch, U64) },
	{ FIELD(proto_op_keepsake_add, reign, ID) },
	{ FIELD(proto_op_keepsake_add, part, U64) },
	{ FIELD(proto_op_keepsake_add, goal, U32) },
	{ FIELD(proto_op_keepsake_add, chunks, LIST), COUNT(proto_op_keepsake_add, chunks), .item = PROTO_TYPE_STRUCT, .max = 4096, .of = &proto_keepsake_chunk_shape },
};
const struct proto_shape proto_op_keepsake_add_shape = { "keepsake_add", sizeof(struct proto_op_keepsake_add), proto_op_keepsake_add_fields, 8 };
_Static_assert(sizeof(struct proto_op_keepsake_add) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_keepsake_drop_fields[] = {
	{ FIELD(proto_op_keepsake_drop, chunks, LIST), COUNT(proto_op_keepsake_drop, chunks), .item = PROTO_TYPE_ID, .max = 1000 },
};
const struct proto_shape proto_op_keepsake_drop_shape = { "keepsake_drop", sizeof(struct proto_op_keepsake_drop), proto_op_keepsake_drop_fields, 1 };
_Static_assert(sizeof(struct proto_op_keepsake_drop) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static const struct proto_field proto_op_node_forget_fields[] = {
	{ FIELD(proto_op_node_forget, node, U32) },
};
const struct proto_shape proto_op_node_forget_shape = { "node_forget", sizeof(struct proto_op_node_forget), proto_op_node_forget_fields, 1 };
_Static_assert(sizeof(struct proto_op_node_forget) <= PROTO_STRUCT_SIZE, "raise PROTO_STRUCT_SIZE");

static int proto_hello_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_hello_args_shape, from, ret);
}

static int proto_hello_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_hello_args_shape, arena, json, size, ret, err);
}

static int proto_hello_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_hello_reply_shape, from, ret);
}

static int proto_hello_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_hello_reply_shape, arena, json, size, ret, err);
}

static int proto_stat_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_stat_args_shape, from, ret);
}

static int proto_stat_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_stat_args_shape, arena, json, size, ret, err);
}

static int proto_stat_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_stat_reply_shape, from, ret);
}

static int proto_stat_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_stat_reply_shape, arena, json, size, ret, err);
}

static int proto_list_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_list_args_shape, from, ret);
}

static int proto_list_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_list_args_shape, arena, json, size, ret, err);
}

static int proto_list_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_list_reply_shape, from, ret);
}

static int proto_list_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_list_reply_shape, arena, json, size, ret, err);
}

static int proto_mkdir_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_mkdir_args_shape, from, ret);
}

static int proto_mkdir_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_mkdir_args_shape, arena, json, size, ret, err);
}

static int proto_mkdir_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_mkdir_reply_shape, from, ret);
}

static int proto_mkdir_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_mkdir_reply_shape, arena, json, size, ret, err);
}

static int proto_create_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_create_args_shape, from, ret);
}

static int proto_create_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_create_args_shape, arena, json, size, ret, err);
}

static int proto_create_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_create_reply_shape, from, ret);
}

static int proto_create_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_create_reply_shape, arena, json, size, ret, err);
}

static int proto_symlink_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_symlink_args_shape, from, ret);
}

static int proto_symlink_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_symlink_args_shape, arena, json, size, ret, err);
}

static int proto_symlink_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_symlink_reply_shape, from, ret);
}

static int proto_symlink_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_symlink_reply_shape, arena, json, size, ret, err);
}

static int proto_remove_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_remove_args_shape, from, ret);
}

static int proto_remove_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_remove_args_shape, arena, json, size, ret, err);
}

static int proto_remove_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_remove_reply_shape, from, ret);
}

static int proto_remove_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_remove_reply_shape, arena, json, size, ret, err);
}

static int proto_rename_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_rename_args_shape, from, ret);
}

static int proto_rename_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_rename_args_shape, arena, json, size, ret, err);
}

static int proto_rename_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_rename_reply_shape, from, ret);
}

static int proto_rename_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_rename_reply_shape, arena, json, size, ret, err);
}

static int proto_setattr_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_setattr_args_shape, from, ret);
}

static int proto_setattr_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_setattr_args_shape, arena, json, size, ret, err);
}

static int proto_setattr_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_setattr_reply_shape, from, ret);
}

static int proto_setattr_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_setattr_reply_shape, arena, json, size, ret, err);
}

static int proto_write_begin_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_write_begin_args_shape, from, ret);
}

static int proto_write_begin_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_write_begin_args_shape, arena, json, size, ret, err);
}

static int proto_write_begin_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_write_begin_reply_shape, from, ret);
}

static int proto_write_begin_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_write_begin_reply_shape, arena, json, size, ret, err);
}

static int proto_allocate_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_allocate_args_shape, from, ret);
}

static int proto_allocate_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_allocate_args_shape, arena, json, size, ret, err);
}

static int proto_allocate_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_allocate_reply_shape, from, ret);
}

static int proto_allocate_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_allocate_reply_shape, arena, json, size, ret, err);
}

static int proto_renew_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_renew_args_shape, from, ret);
}

static int proto_renew_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_renew_args_shape, arena, json, size, ret, err);
}

static int proto_renew_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_renew_reply_shape, from, ret);
}

static int proto_renew_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_renew_reply_shape, arena, json, size, ret, err);
}

static int proto_seal_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_seal_args_shape, from, ret);
}

static int proto_seal_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_seal_args_shape, arena, json, size, ret, err);
}

static int proto_seal_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_seal_reply_shape, from, ret);
}

static int proto_seal_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_seal_reply_shape, arena, json, size, ret, err);
}

static int proto_stage_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_stage_args_shape, from, ret);
}

static int proto_stage_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_stage_args_shape, arena, json, size, ret, err);
}

static int proto_stage_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_stage_reply_shape, from, ret);
}

static int proto_stage_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_stage_reply_shape, arena, json, size, ret, err);
}

static int proto_commit_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_commit_args_shape, from, ret);
}

static int proto_commit_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_commit_args_shape, arena, json, size, ret, err);
}

static int proto_commit_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_commit_reply_shape, from, ret);
}

static int proto_commit_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_commit_reply_shape, arena, json, size, ret, err);
}

static int proto_abandon_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_abandon_args_shape, from, ret);
}

static int proto_abandon_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_abandon_args_shape, arena, json, size, ret, err);
}

static int proto_abandon_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_abandon_reply_shape, from, ret);
}

static int proto_abandon_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_abandon_reply_shape, arena, json, size, ret, err);
}

static int proto_locate_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_locate_args_shape, from, ret);
}

static int proto_locate_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_locate_args_shape, arena, json, size, ret, err);
}

static int proto_locate_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_locate_reply_shape, from, ret);
}

static int proto_locate_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_locate_reply_shape, arena, json, size, ret, err);
}

static int proto_nodes_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_nodes_args_shape, from, ret);
}

static int proto_nodes_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_nodes_args_shape, arena, json, size, ret, err);
}

static int proto_nodes_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_nodes_reply_shape, from, ret);
}

static int proto_nodes_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_nodes_reply_shape, arena, json, size, ret, err);
}

static int proto_status_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_status_args_shape, from, ret);
}

static int proto_status_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_status_args_shape, arena, json, size, ret, err);
}

static int proto_status_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_status_reply_shape, from, ret);
}

static int proto_status_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_status_reply_shape, arena, json, size, ret, err);
}

static int proto_register_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_register_args_shape, from, ret);
}

static int proto_register_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_register_args_shape, arena, json, size, ret, err);
}

static int proto_register_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_register_reply_shape, from, ret);
}

static int proto_register_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_register_reply_shape, arena, json, size, ret, err);
}

static int proto_report_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_report_args_shape, from, ret);
}

static int proto_report_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_report_args_shape, arena, json, size, ret, err);
}

static int proto_report_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_report_reply_shape, from, ret);
}

static int proto_report_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_report_reply_shape, arena, json, size, ret, err);
}

static int proto_heartbeat_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_heartbeat_args_shape, from, ret);
}

static int proto_heartbeat_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_heartbeat_args_shape, arena, json, size, ret, err);
}

static int proto_heartbeat_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_heartbeat_reply_shape, from, ret);
}

static int proto_heartbeat_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_heartbeat_reply_shape, arena, json, size, ret, err);
}

static int proto_progress_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_progress_args_shape, from, ret);
}

static int proto_progress_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_progress_args_shape, arena, json, size, ret, err);
}

static int proto_progress_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_progress_reply_shape, from, ret);
}

static int proto_progress_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_progress_reply_shape, arena, json, size, ret, err);
}

static int proto_freeze_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_freeze_args_shape, from, ret);
}

static int proto_freeze_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_freeze_args_shape, arena, json, size, ret, err);
}

static int proto_freeze_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_freeze_reply_shape, from, ret);
}

static int proto_freeze_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_freeze_reply_shape, arena, json, size, ret, err);
}

static int proto_seal_at_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_seal_at_args_shape, from, ret);
}

static int proto_seal_at_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_seal_at_args_shape, arena, json, size, ret, err);
}

static int proto_seal_at_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_seal_at_reply_shape, from, ret);
}

static int proto_seal_at_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_seal_at_reply_shape, arena, json, size, ret, err);
}

static int proto_delete_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_delete_args_shape, from, ret);
}

static int proto_delete_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_delete_args_shape, arena, json, size, ret, err);
}

static int proto_delete_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_delete_reply_shape, from, ret);
}

static int proto_delete_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_delete_reply_shape, arena, json, size, ret, err);
}

static int proto_copy_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_copy_args_shape, from, ret);
}

static int proto_copy_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_copy_args_shape, arena, json, size, ret, err);
}

static int proto_copy_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_copy_reply_shape, from, ret);
}

static int proto_copy_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_copy_reply_shape, arena, json, size, ret, err);
}

static int proto_accept_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_accept_args_shape, from, ret);
}

static int proto_accept_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_accept_args_shape, arena, json, size, ret, err);
}

static int proto_accept_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_accept_reply_shape, from, ret);
}

static int proto_accept_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_accept_reply_shape, arena, json, size, ret, err);
}

static int proto_drain_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_drain_args_shape, from, ret);
}

static int proto_drain_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_drain_args_shape, arena, json, size, ret, err);
}

static int proto_drain_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_drain_reply_shape, from, ret);
}

static int proto_drain_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_drain_reply_shape, arena, json, size, ret, err);
}

static int proto_drains_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_drains_args_shape, from, ret);
}

static int proto_drains_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_drains_args_shape, arena, json, size, ret, err);
}

static int proto_drains_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_drains_reply_shape, from, ret);
}

static int proto_drains_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_drains_reply_shape, arena, json, size, ret, err);
}

static int proto_checkpoint_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_checkpoint_args_shape, from, ret);
}

static int proto_checkpoint_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_checkpoint_args_shape, arena, json, size, ret, err);
}

static int proto_checkpoint_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_checkpoint_reply_shape, from, ret);
}

static int proto_checkpoint_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_checkpoint_reply_shape, arena, json, size, ret, err);
}

static int proto_checkpoint_read_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_checkpoint_read_args_shape, from, ret);
}

static int proto_checkpoint_read_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_checkpoint_read_args_shape, arena, json, size, ret, err);
}

static int proto_checkpoint_read_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_checkpoint_read_reply_shape, from, ret);
}

static int proto_checkpoint_read_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_checkpoint_read_reply_shape, arena, json, size, ret, err);
}

static int proto_scrub_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_scrub_args_shape, from, ret);
}

static int proto_scrub_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_scrub_args_shape, arena, json, size, ret, err);
}

static int proto_scrub_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_scrub_reply_shape, from, ret);
}

static int proto_scrub_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_scrub_reply_shape, arena, json, size, ret, err);
}

static int proto_scrub_wait_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_scrub_wait_args_shape, from, ret);
}

static int proto_scrub_wait_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_scrub_wait_args_shape, arena, json, size, ret, err);
}

static int proto_scrub_wait_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_scrub_wait_reply_shape, from, ret);
}

static int proto_scrub_wait_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_scrub_wait_reply_shape, arena, json, size, ret, err);
}

static int proto_fsck_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_fsck_args_shape, from, ret);
}

static int proto_fsck_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_fsck_args_shape, arena, json, size, ret, err);
}

static int proto_fsck_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_fsck_reply_shape, from, ret);
}

static int proto_fsck_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_fsck_reply_shape, arena, json, size, ret, err);
}

static int proto_fsck_read_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_fsck_read_args_shape, from, ret);
}

static int proto_fsck_read_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_fsck_read_args_shape, arena, json, size, ret, err);
}

static int proto_fsck_read_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_fsck_read_reply_shape, from, ret);
}

static int proto_fsck_read_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_fsck_read_reply_shape, arena, json, size, ret, err);
}

static int proto_scrub_begin_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_scrub_begin_args_shape, from, ret);
}

static int proto_scrub_begin_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_scrub_begin_args_shape, arena, json, size, ret, err);
}

static int proto_scrub_begin_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_scrub_begin_reply_shape, from, ret);
}

static int proto_scrub_begin_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_scrub_begin_reply_shape, arena, json, size, ret, err);
}

static int proto_report_all_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_report_all_args_shape, from, ret);
}

static int proto_report_all_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_report_all_args_shape, arena, json, size, ret, err);
}

static int proto_report_all_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_report_all_reply_shape, from, ret);
}

static int proto_report_all_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_report_all_reply_shape, arena, json, size, ret, err);
}

static int proto_trash_list_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_trash_list_args_shape, from, ret);
}

static int proto_trash_list_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_trash_list_args_shape, arena, json, size, ret, err);
}

static int proto_trash_list_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_trash_list_reply_shape, from, ret);
}

static int proto_trash_list_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_trash_list_reply_shape, arena, json, size, ret, err);
}

static int proto_undelete_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_undelete_args_shape, from, ret);
}

static int proto_undelete_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_undelete_args_shape, arena, json, size, ret, err);
}

static int proto_undelete_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_undelete_reply_shape, from, ret);
}

static int proto_undelete_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_undelete_reply_shape, arena, json, size, ret, err);
}

static int proto_trash_empty_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_trash_empty_args_shape, from, ret);
}

static int proto_trash_empty_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_trash_empty_args_shape, arena, json, size, ret, err);
}

static int proto_trash_empty_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_trash_empty_reply_shape, from, ret);
}

static int proto_trash_empty_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_trash_empty_reply_shape, arena, json, size, ret, err);
}

static int proto_why_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_why_args_shape, from, ret);
}

static int proto_why_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_why_args_shape, arena, json, size, ret, err);
}

static int proto_why_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_why_reply_shape, from, ret);
}

static int proto_why_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_why_reply_shape, arena, json, size, ret, err);
}

static int proto_history_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_history_args_shape, from, ret);
}

static int proto_history_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_history_args_shape, arena, json, size, ret, err);
}

static int proto_history_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_history_reply_shape, from, ret);
}

static int proto_history_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_history_reply_shape, arena, json, size, ret, err);
}

static int proto_balance_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_balance_args_shape, from, ret);
}

static int proto_balance_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_balance_args_shape, arena, json, size, ret, err);
}

static int proto_balance_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_balance_reply_shape, from, ret);
}

static int proto_balance_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_balance_reply_shape, arena, json, size, ret, err);
}

static int proto_balancing_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_balancing_args_shape, from, ret);
}

static int proto_balancing_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_balancing_args_shape, arena, json, size, ret, err);
}

static int proto_balancing_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_balancing_reply_shape, from, ret);
}

static int proto_balancing_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_balancing_reply_shape, arena, json, size, ret, err);
}

static int proto_keepsake_read_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_keepsake_read_args_shape, from, ret);
}

static int proto_keepsake_read_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_keepsake_read_args_shape, arena, json, size, ret, err);
}

static int proto_keepsake_read_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_keepsake_read_reply_shape, from, ret);
}

static int proto_keepsake_read_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_keepsake_read_reply_shape, arena, json, size, ret, err);
}

static int proto_keep_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_keep_args_shape, from, ret);
}

static int proto_keep_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_keep_args_shape, arena, json, size, ret, err);
}

static int proto_keep_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_keep_reply_shape, from, ret);
}

static int proto_keep_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_keep_reply_shape, arena, json, size, ret, err);
}

static int proto_forget_args_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_forget_args_shape, from, ret);
}

static int proto_forget_args_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_forget_args_shape, arena, json, size, ret, err);
}

static int proto_forget_reply_encode_any(const void *from, struct buf *ret)
{
	return proto_shape_encode(&proto_forget_reply_shape, from, ret);
}

static int proto_forget_reply_decode_any(struct arena *arena, const char *json, size_t size, void *ret,
	struct dfs_error *err)
{
	return proto_shape_decode(&proto_forget_reply_shape, arena, json, size, ret, err);
}

static const struct proto_call_info calls[PROTO_CALLS] = {
	[PROTO_CALL_HELLO] = { "hello", true, PROTO_ROLE_READ, false, sizeof(struct proto_hello_args), sizeof(struct proto_hello_reply),
		&proto_hello_args_shape, &proto_hello_reply_shape,
		proto_hello_args_encode_any, proto_hello_args_decode_any, proto_hello_reply_encode_any, proto_hello_reply_decode_any },
	[PROTO_CALL_STAT] = { "stat", true, PROTO_ROLE_READ, false, sizeof(struct proto_stat_args), sizeof(struct proto_stat_reply),
		&proto_stat_args_shape, &proto_stat_reply_shape,
		proto_stat_args_encode_any, proto_stat_args_decode_any, proto_stat_reply_encode_any, proto_stat_reply_decode_any },
	[PROTO_CALL_LIST] = { "list", true, PROTO_ROLE_READ, false, sizeof(struct proto_list_args), sizeof(struct proto_list_reply),
		&proto_list_args_shape, &proto_list_reply_shape,
		proto_list_args_encode_any, proto_list_args_decode_any, proto_list_reply_encode_any, proto_list_reply_decode_any },
	[PROTO_CALL_MKDIR] = { "mkdir", true, PROTO_ROLE_WRITE, true, sizeof(struct proto_mkdir_args), sizeof(struct proto_mkdir_reply),
		&proto_mkdir_args_shape, &proto_mkdir_reply_shape,
		proto_mkdir_args_encode_any, proto_mkdir_args_decode_any, proto_mkdir_reply_encode_any, proto_mkdir_reply_decode_any },
	[PROTO_CALL_CREATE] = { "create", true, PROTO_ROLE_WRITE, true, sizeof(struct proto_create_args), sizeof(struct proto_create_reply),
		&proto_create_args_shape, &proto_create_reply_shape,
		proto_create_args_encode_any, proto_create_args_decode_any, proto_create_reply_encode_any, proto_create_reply_decode_any },
	[PROTO_CALL_SYMLINK] = { "symlink", true, PROTO_ROLE_WRITE, true, sizeof(struct proto_symlink_args), sizeof(struct proto_symlink_reply),
		&proto_symlink_args_shape, &proto_symlink_reply_shape,
		proto_symlink_args_encode_any, proto_symlink_args_decode_any, proto_symlink_reply_encode_any, proto_symlink_reply_decode_any },
	[PROTO_CALL_REMOVE] = { "remove", true, PROTO_ROLE_WRITE, true, sizeof(struct proto_remove_args), sizeof(struct proto_remove_reply),
		&proto_remove_args_shape, &proto_remove_reply_shape,
		proto_remove_args_encode_any, proto_remove_args_decode_any, proto_remove_reply_encode_any, proto_remove_reply_decode_any },
	[PROTO_CALL_RENAME] = { "rename", true, PROTO_ROLE_WRITE, true, sizeof(struct proto_rename_args), sizeof(struct proto_rename_reply),
		&proto_rename_args_shape, &proto_rename_reply_shape,
		proto_rename_args_encode_any, proto_rename_args_decode_any, proto_rename_reply_encode_any, proto_rename_reply_decode_any },
	[PROTO_CALL_SETATTR] = { "setattr", true, PROTO_ROLE_WRITE, true, sizeof(struct proto_setattr_args), sizeof(struct proto_setattr_reply),
		&proto_setattr_args_shape, &proto_setattr_reply_shape,
		proto_setattr_args_encode_any, proto_setattr_args_decode_any, proto_setattr_reply_encode_any, proto_setattr_reply_decode_any },
	[PROTO_CALL_WRITE_BEGIN] = { "write_begin", true, PROTO_ROLE_WRITE, true, sizeof(struct proto_write_begin_args), sizeof(struct proto_write_begin_reply),
		&proto_write_begin_args_shape, &proto_write_begin_reply_shape,
		proto_write_begin_args_encode_any, proto_write_begin_args_decode_any, proto_write_begin_reply_encode_any, proto_write_begin_reply_decode_any },
	[PROTO_CALL_ALLOCATE] = { "allocate", true, PROTO_ROLE_WRITE, true, sizeof(struct proto_allocate_args), sizeof(struct proto_allocate_reply),
		&proto_allocate_args_shape, &proto_allocate_reply_shape,
		proto_allocate_args_encode_any, proto_allocate_args_decode_any, proto_allocate_reply_encode_any, proto_allocate_reply_decode_any },
	[PROTO_CALL_RENEW] = { "renew", true, PROTO_ROLE_WRITE, false, sizeof(struct proto_renew_args), sizeof(struct proto_renew_reply),
		&proto_renew_args_shape, &proto_renew_reply_shape,
		proto_renew_args_encode_any, proto_renew_args_decode_any, proto_renew_reply_encode_any, proto_renew_reply_decode_any },
	[PROTO_CALL_SEAL] = { "seal", true, PROTO_ROLE_WRITE, false, sizeof(struct proto_seal_args), sizeof(struct proto_seal_reply),
		&proto_seal_args_shape, &proto_seal_reply_shape,
		proto_seal_args_encode_any, proto_seal_args_decode_any, proto_seal_reply_encode_any, proto_seal_reply_decode_any },
	[PROTO_CALL_STAGE] = { "stage", true, PROTO_ROLE_WRITE, true, sizeof(struct proto_stage_args), sizeof(struct proto_stage_reply),
		&proto_stage_args_shape, &proto_stage_reply_shape,
		proto_stage_args_encode_any, proto_stage_args_decode_any, proto_stage_reply_encode_any, proto_stage_reply_decode_any },
	[PROTO_CALL_COMMIT] = { "commit", true, PROTO_ROLE_WRITE, true, sizeof(struct proto_commit_args), sizeof(struct proto_commit_reply),
		&proto_commit_args_shape, &proto_commit_reply_shape,
		proto_commit_args_encode_any, proto_commit_args_decode_any, proto_commit_reply_encode_any, proto_commit_reply_decode_any },
	[PROTO_CALL_ABANDON] = { "abandon", true, PROTO_ROLE_WRITE, true, sizeof(struct proto_abandon_args), sizeof(struct proto_abandon_reply),
		&proto_abandon_args_shape, &proto_abandon_reply_shape,
		proto_abandon_args_encode_any, proto_abandon_args_decode_any, proto_abandon_reply_encode_any, proto_abandon_reply_decode_any },
	[PROTO_CALL_LOCATE] = { "locate", true, PROTO_ROLE_READ, false, sizeof(struct proto_locate_args), sizeof(struct proto_locate_reply),
		&proto_locate_args_shape, &proto_locate_reply_shape,
		proto_locate_args_encode_any, proto_locate_args_decode_any, proto_locate_reply_encode_any, proto_locate_reply_decode_any },
	[PROTO_CALL_NODES] = { "nodes", true, PROTO_ROLE_READ, false, sizeof(struct proto_nodes_args), sizeof(struct proto_nodes_reply),
		&proto_nodes_args_shape, &proto_nodes_reply_shape,
		proto_nodes_args_encode_any, proto_nodes_args_decode_any, proto_nodes_reply_encode_any, proto_nodes_reply_decode_any },
	[PROTO_CALL_STATUS] = { "status", true, PROTO_ROLE_READ, false, sizeof(struct proto_status_args), sizeof(struct proto_status_reply),
		&proto_status_args_shape, &proto_status_reply_shape,
		proto_status_args_encode_any, proto_status_args_decode_any, proto_status_reply_encode_any, proto_status_reply_decode_any },
	[PROTO_CALL_REGISTER] = { "register", true, PROTO_ROLE_NODE, false, sizeof(struct proto_register_args), sizeof(struct proto_register_reply),
		&proto_register_args_shape, &proto_register_reply_shape,
		proto_register_args_encode_any, proto_register_args_decode_any, proto_register_reply_encode_any, proto_register_reply_decode_any },
	[PROTO_CALL_REPORT] = { "report", true, PROTO_ROLE_NODE, false, sizeof(struct proto_report_args), sizeof(struct proto_report_reply),
		&proto_report_args_shape, &proto_report_reply_shape,
		proto_report_args_encode_any, proto_report_args_decode_any, proto_report_reply_encode_any, proto_report_reply_decode_any },
	[PROTO_CALL_HEARTBEAT] = { "heartbeat", true, PROTO_ROLE_NODE, false, sizeof(struct proto_heartbeat_args), sizeof(struct proto_heartbeat_reply),
		&proto_heartbeat_args_shape, &proto_heartbeat_reply_shape,
		proto_heartbeat_args_encode_any, proto_heartbeat_args_decode_any, proto_heartbeat_reply_encode_any, proto_heartbeat_reply_decode_any },
	[PROTO_CALL_PROGRESS] = { "progress", true, PROTO_ROLE_NODE, false, sizeof(struct proto_progress_args), sizeof(struct proto_progress_reply),
		&proto_progress_args_shape, &proto_progress_reply_shape,
		proto_progress_args_encode_any, proto_progress_args_decode_any, proto_progress_reply_encode_any, proto_progress_reply_decode_any },
	[PROTO_CALL_FREEZE] = { "freeze", false, PROTO_ROLE_NODE, false, sizeof(struct proto_freeze_args), sizeof(struct proto_freeze_reply),
		&proto_freeze_args_shape, &proto_freeze_reply_shape,
		proto_freeze_args_encode_any, proto_freeze_args_decode_any, proto_freeze_reply_encode_any, proto_freeze_reply_decode_any },
	[PROTO_CALL_SEAL_AT] = { "seal_at", false, PROTO_ROLE_NODE, false, sizeof(struct proto_seal_at_args), sizeof(struct proto_seal_at_reply),
		&proto_seal_at_args_shape, &proto_seal_at_reply_shape,
		proto_seal_at_args_encode_any, proto_seal_at_args_decode_any, proto_seal_at_reply_encode_any, proto_seal_at_reply_decode_any },
	[PROTO_CALL_DELETE] = { "delete", false, PROTO_ROLE_NODE, false, sizeof(struct proto_delete_args), sizeof(struct proto_delete_reply),
		&proto_delete_args_shape, &proto_delete_reply_shape,
		proto_delete_args_encode_any, proto_delete_args_decode_any, proto_delete_reply_encode_any, proto_delete_reply_decode_any },
	[PROTO_CALL_COPY] = { "copy", false, PROTO_ROLE_NODE, false, sizeof(struct proto_copy_args), sizeof(struct proto_copy_reply),
		&proto_copy_args_shape, &proto_copy_reply_shape,
		proto_copy_args_encode_any, proto_copy_args_decode_any, proto_copy_reply_encode_any, proto_copy_reply_decode_any },
	[PROTO_CALL_ACCEPT] = { "accept", true, PROTO_ROLE_ADMIN, true, sizeof(struct proto_accept_args), sizeof(struct proto_accept_reply),
		&proto_accept_args_shape, &proto_accept_reply_shape,
		proto_accept_args_encode_any, proto_accept_args_decode_any, proto_accept_reply_encode_any, proto_accept_reply_decode_any },
	[PROTO_CALL_DRAIN] = { "drain", true, PROTO_ROLE_ADMIN, true, sizeof(struct proto_drain_args), sizeof(struct proto_drain_reply),
		&proto_drain_args_shape, &proto_drain_reply_shape,
		proto_drain_args_encode_any, proto_drain_args_decode_any, proto_drain_reply_encode_any, proto_drain_reply_decode_any },
	[PROTO_CALL_DRAINS] = { "drains", true, PROTO_ROLE_READ, false, sizeof(struct proto_drains_args), sizeof(struct proto_drains_reply),
		&proto_drains_args_shape, &proto_drains_reply_shape,
		proto_drains_args_encode_any, proto_drains_args_decode_any, proto_drains_reply_encode_any, proto_drains_reply_decode_any },
	[PROTO_CALL_CHECKPOINT] = { "checkpoint", true, PROTO_ROLE_ADMIN, false, sizeof(struct proto_checkpoint_args), sizeof(struct proto_checkpoint_reply),
		&proto_checkpoint_args_shape, &proto_checkpoint_reply_shape,
		proto_checkpoint_args_encode_any, proto_checkpoint_args_decode_any, proto_checkpoint_reply_encode_any, proto_checkpoint_reply_decode_any },
	[PROTO_CALL_CHECKPOINT_READ] = { "checkpoint_read", true, PROTO_ROLE_ADMIN, false, sizeof(struct proto_checkpoint_read_args), sizeof(struct proto_checkpoint_read_reply),
		&proto_checkpoint_read_args_shape, &proto_checkpoint_read_reply_shape,
		proto_checkpoint_read_args_encode_any, proto_checkpoint_read_args_decode_any, proto_checkpoint_read_reply_encode_any, proto_checkpoint_read_reply_decode_any },
	[PROTO_CALL_SCRUB] = { "scrub", true, PROTO_ROLE_ADMIN, false, sizeof(struct proto_scrub_args), sizeof(struct proto_scrub_reply),
		&proto_scrub_args_shape, &proto_scrub_reply_shape,
		proto_scrub_args_encode_any, proto_scrub_args_decode_any, proto_scrub_reply_encode_any, proto_scrub_reply_decode_any },
	[PROTO_CALL_SCRUB_WAIT] = { "scrub_wait", true, PROTO_ROLE_READ, false, sizeof(struct proto_scrub_wait_args), sizeof(struct proto_scrub_wait_reply),
		&proto_scrub_wait_args_shape, &proto_scrub_wait_reply_shape,
		proto_scrub_wait_args_encode_any, proto_scrub_wait_args_decode_any, proto_scrub_wait_reply_encode_any, proto_scrub_wait_reply_decode_any },
	[PROTO_CALL_FSCK] = { "fsck", true, PROTO_ROLE_ADMIN, false, sizeof(struct proto_fsck_args), sizeof(struct proto_fsck_reply),
		&proto_fsck_args_shape, &proto_fsck_reply_shape,
		proto_fsck_args_encode_any, proto_fsck_args_decode_any, proto_fsck_reply_encode_any, proto_fsck_reply_decode_any },
	[PROTO_CALL_FSCK_READ] = { "fsck_read", true, PROTO_ROLE_ADMIN, false, sizeof(struct proto_fsck_read_args), sizeof(struct proto_fsck_read_reply),
		&proto_fsck_read_args_shape, &proto_fsck_read_reply_shape,
		proto_fsck_read_args_encode_any, proto_fsck_read_args_decode_any, proto_fsck_read_reply_encode_any, proto_fsck_read_reply_decode_any },
	[PROTO_CALL_SCRUB_BEGIN] = { "scrub_begin", false, PROTO_ROLE_NODE, false, sizeof(struct proto_scrub_begin_args), sizeof(struct proto_scrub_begin_reply),
		&proto_scrub_begin_args_shape, &proto_scrub_begin_reply_shape,
		proto_scrub_begin_args_encode_any, proto_scrub_begin_args_decode_any, proto_scrub_begin_reply_encode_any, proto_scrub_begin_reply_decode_any },
	[PROTO_CALL_REPORT_ALL] = { "report_all", false, PROTO_ROLE_NODE, false, sizeof(struct proto_report_all_args), sizeof(struct proto_report_all_reply),
		&proto_report_all_args_shape, &proto_report_all_reply_shape,
		proto_report_all_args_encode_any, proto_report_all_args_decode_any, proto_report_all_reply_encode_any, proto_report_all_reply_decode_any },
	[PROTO_CALL_TRASH_LIST] = { "trash_list", true, PROTO_ROLE_READ, false, sizeof(struct proto_trash_list_args), sizeof(struct proto_trash_list_reply),
		&proto_trash_list_args_shape, &proto_trash_list_reply_shape,
		proto_trash_list_args_encode_any, proto_trash_list_args_decode_any, proto_trash_list_reply_encode_any, proto_trash_list_reply_decode_any },
	[PROTO_CALL_UNDELETE] = { "undelete", true, PROTO_ROLE_WRITE, true, sizeof(struct proto_undelete_args), sizeof(struct proto_undelete_reply),
		&proto_undelete_args_shape, &proto_undelete_reply_shape,
		proto_undelete_args_encode_any, proto_undelete_args_decode_any, proto_undelete_reply_encode_any, proto_undelete_reply_decode_any },
	[PROTO_CALL_TRASH_EMPTY] = { "trash_empty", true, PROTO_ROLE_WRITE, true, sizeof(struct proto_trash_empty_args), sizeof(struct proto_trash_empty_reply),
		&proto_trash_empty_args_shape, &proto_trash_empty_reply_shape,
		proto_trash_empty_args_encode_any, proto_trash_empty_args_decode_any, proto_trash_empty_reply_encode_any, proto_trash_empty_reply_decode_any },
	[PROTO_CALL_WHY] = { "why", true, PROTO_ROLE_READ, false, sizeof(struct proto_why_args), sizeof(struct proto_why_reply),
		&proto_why_args_shape, &proto_why_reply_shape,
		proto_why_args_encode_any, proto_why_args_decode_any, proto_why_reply_encode_any, proto_why_reply_decode_any },
	[PROTO_CALL_HISTORY] = { "history", true, PROTO_ROLE_READ, false, sizeof(struct proto_history_args), sizeof(struct proto_history_reply),
		&proto_history_args_shape, &proto_history_reply_shape,
		proto_history_args_encode_any, proto_history_args_decode_any, proto_history_reply_encode_any, proto_history_reply_decode_any },
	[PROTO_CALL_BALANCE] = { "balance", true, PROTO_ROLE_ADMIN, true, sizeof(struct proto_balance_args), sizeof(struct proto_balance_reply),
		&proto_balance_args_shape, &proto_balance_reply_shape,
		proto_balance_args_encode_any, proto_balance_args_decode_any, proto_balance_reply_encode_any, proto_balance_reply_decode_any },
	[PROTO_CALL_BALANCING] = { "balancing", true, PROTO_ROLE_READ, false, sizeof(struct proto_balancing_args), sizeof(struct proto_balancing_reply),
		&proto_balancing_args_shape, &proto_balancing_reply_shape,
		proto_balancing_args_encode_any, proto_balancing_args_decode_any, proto_balancing_reply_encode_any, proto_balancing_reply_decode_any },
	[PROTO_CALL_KEEPSAKE_READ] = { "keepsake_read", true, PROTO_ROLE_NODE, false, sizeof(struct proto_keepsake_read_args), sizeof(struct proto_keepsake_read_reply),
		&proto_keepsake_read_args_shape, &proto_keepsake_read_reply_shape,
		proto_keepsake_read_args_encode_any, proto_keepsake_read_args_decode_any, proto_keepsake_read_reply_encode_any, proto_keepsake_read_reply_decode_any },
	[PROTO_CALL_KEEP] = { "keep", false, PROTO_ROLE_NODE, false, sizeof(struct proto_keep_args), sizeof(struct proto_keep_reply),
		&proto_keep_args_shape, &proto_keep_reply_shape,
		proto_keep_args_encode_any, proto_keep_args_decode_any, proto_keep_reply_encode_any, proto_keep_reply_decode_any },
	[PROTO_CALL_FORGET] = { "forget", true, PROTO_ROLE_ADMIN, true, sizeof(struct proto_forget_args), sizeof(struct proto_forget_reply),
		&proto_forget_args_shape, &proto_forget_reply_shape,
		proto_forget_args_encode_any, proto_forget_args_decode_any, proto_forget_reply_encode_any, proto_forget_reply_decode_any },
};

const struct proto_call_info *proto_call_info(enum proto_call call)
{
	return call > PROTO_CALL_NONE && (unsigned)call < PROTO_CALLS ? &calls[call] : NULL;
}

enum proto_call proto_call_find(const char *name)
{
	for (int i = 1; i < PROTO_CALLS; i++) {
		if (strcmp(calls[i].name, name) == 0)
			return (enum proto_call)i;
	}
	return PROTO_CALL_NONE;
}

static const struct {
	const char *name;
	const struct proto_shape *shape;
} ops[PROTO_OPS] = {
	[PROTO_OP_EPOCH_BEGIN] = { "epoch_begin", &proto_op_epoch_begin_shape },
	[PROTO_OP_RESERVE] = { "reserve", &proto_op_reserve_shape },
	[PROTO_OP_NODE_SET] = { "node_set", &proto_op_node_set_shape },
	[PROTO_OP_MKDIR] = { "mkdir", &proto_op_mkdir_shape },
	[PROTO_OP_CREATE] = { "create", &proto_op_create_shape },
	[PROTO_OP_SYMLINK] = { "symlink", &proto_op_symlink_shape },
	[PROTO_OP_REMOVE] = { "remove", &proto_op_remove_shape },
	[PROTO_OP_RENAME] = { "rename", &proto_op_rename_shape },
	[PROTO_OP_SETATTR] = { "setattr", &proto_op_setattr_shape },
	[PROTO_OP_SESSION_BEGIN] = { "session_begin", &proto_op_session_begin_shape },
	[PROTO_OP_CHUNK_ADD] = { "chunk_add", &proto_op_chunk_add_shape },
	[PROTO_OP_SESSION_TOUCH] = { "session_touch", &proto_op_session_touch_shape },
	[PROTO_OP_STAGE] = { "stage", &proto_op_stage_shape },
	[PROTO_OP_COMMIT] = { "commit", &proto_op_commit_shape },
	[PROTO_OP_SESSION_END] = { "session_end", &proto_op_session_end_shape },
	[PROTO_OP_CHUNK_RAISE] = { "chunk_raise", &proto_op_chunk_raise_shape },
	[PROTO_OP_CHUNK_SEAL] = { "chunk_seal", &proto_op_chunk_seal_shape },
	[PROTO_OP_PURGE] = { "purge", &proto_op_purge_shape },
	[PROTO_OP_CHUNK_FORGET] = { "chunk_forget", &proto_op_chunk_forget_shape },
	[PROTO_OP_HOLD] = { "hold", &proto_op_hold_shape },
	[PROTO_OP_ACCEPT] = { "accept", &proto_op_accept_shape },
	[PROTO_OP_LOG_DROP] = { "log_drop", &proto_op_log_drop_shape },
	[PROTO_OP_TRASH_MOVE] = { "trash_move", &proto_op_trash_move_shape },
	[PROTO_OP_UNDELETE] = { "undelete", &proto_op_undelete_shape },
	[PROTO_OP_TRASH_DROP] = { "trash_drop", &proto_op_trash_drop_shape },
	[PROTO_OP_TRASH_LIVE] = { "trash_live", &proto_op_trash_live_shape },
	[PROTO_OP_TRASH_MEASURE] = { "trash_measure", &proto_op_trash_measure_shape },
	[PROTO_OP_NODE_DRAIN] = { "node_drain", &proto_op_node_drain_shape },
	[PROTO_OP_MEND] = { "mend", &proto_op_mend_shape },
	[PROTO_OP_SETTING_SET] = { "setting_set", &proto_op_setting_set_shape },
	[PROTO_OP_KEEPSAKE_ADD] = { "keepsake_add", &proto_op_keepsake_add_shape },
	[PROTO_OP_KEEPSAKE_DROP] = { "keepsake_drop", &proto_op_keepsake_drop_shape },
	[PROTO_OP_NODE_FORGET] = { "node_forget", &proto_op_node_forget_shape },
};

const char *proto_op_name(enum proto_op_kind kind)
{
	return kind > PROTO_OP_NONE && (unsigned)kind < PROTO_OPS ? ops[kind].name : "?";
}

const struct proto_shape *proto_op_shape(enum proto_op_kind kind)
{
	return kind > PROTO_OP_NONE && (unsigned)kind < PROTO_OPS ? ops[kind].shape : NULL;
}
