/* SPDX-License-Identifier: MIT */
/* Made from core/proto/schema.lua by core/proto/generate.lua: change that, not this. */
// clang-format off
#ifndef PROTO_GEN_PROTO_H
#define PROTO_GEN_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "proto/shape.h"

/*
 * Every message, row and operation as a C struct. Of each struct X that travels in JSON:
 *   X_encode     append as a JSON object          X_decode       check, parse and decode JSON text
 *   X_to_json    add the fields to a cJSON object
 * of each row:   X_pack, X_unpack (binary). What they promise stands in proto/shape.h.
 *
 * Strings are NUL-terminated; after decoding never NULL; encoders take NULL as "". A zeroed struct is a
 * valid one; where zero is not what an absent field means there is an initializer PROTO_..._INIT.
 */

#define PROTO_VERSION 1
#define PROTO_DEPTH_MAX 8 /* nesting of objects and lists in one JSON text */
#define PROTO_MESSAGE_MAX 4194304 /* bytes of one JSON text */
#define PROTO_VALUES_MAX 262144 /* values (objects, lists, strings, numbers...) in one JSON text */
#define PROTO_BATCH_MAX 1024 /* calls and replies in one array */
#define PROTO_PATH_MAX 4096 /* bytes of a path */
#define PROTO_NAME_MAX 255 /* bytes of a name */
#define PROTO_PAGE_MAX 1000 /* entries of a listed page */
#define PROTO_REPLICAS_MAX 9 /* copies of a chunk */

/* what an inode is */
enum proto_kind {
	PROTO_KIND_FILE,
	PROTO_KIND_DIR,
	PROTO_KIND_SYMLINK,
};
enum { PROTO_KIND_COUNT = 3 };
/* "?" for what is no value; DFS_E_INVAL for a name of none. */
const char *proto_kind_name(enum proto_kind value);
int proto_kind_parse(const char *text, enum proto_kind *ret);
extern const struct proto_enum proto_kind_values;

/* what acknowledged means (RULES 10) */
enum proto_durability {
	PROTO_DURABILITY_SYNC,
	PROTO_DURABILITY_ASYNC,
};
enum { PROTO_DURABILITY_COUNT = 2 };
/* "?" for what is no value; DFS_E_INVAL for a name of none. */
const char *proto_durability_name(enum proto_durability value);
int proto_durability_parse(const char *text, enum proto_durability *ret);
extern const struct proto_enum proto_durability_values;

/* a chunk in metadata */
enum proto_chunk_state {
	PROTO_CHUNK_STATE_OPEN,
	PROTO_CHUNK_STATE_SEALED,
	PROTO_CHUNK_STATE_FREED,
};
enum { PROTO_CHUNK_STATE_COUNT = 3 };
/* "?" for what is no value; DFS_E_INVAL for a name of none. */
const char *proto_chunk_state_name(enum proto_chunk_state value);
int proto_chunk_state_parse(const char *text, enum proto_chunk_state *ret);
extern const struct proto_enum proto_chunk_state_values;

/* one datanode's copy, as the master knows it */
enum proto_replica_state {
	PROTO_REPLICA_STATE_GOOD,
	PROTO_REPLICA_STATE_OPEN,
	PROTO_REPLICA_STATE_STALE,
	PROTO_REPLICA_STATE_SHORT,
	PROTO_REPLICA_STATE_CORRUPT,
	PROTO_REPLICA_STATE_MISSING,
	PROTO_REPLICA_STATE_UNKNOWN,
};
enum { PROTO_REPLICA_STATE_COUNT = 7 };
/* "?" for what is no value; DFS_E_INVAL for a name of none. */
const char *proto_replica_state_name(enum proto_replica_state value);
int proto_replica_state_parse(const char *text, enum proto_replica_state *ret);
extern const struct proto_enum proto_replica_state_values;

/* a datanode, as the master knows it */
enum proto_node_state {
	PROTO_NODE_STATE_UP,
	PROTO_NODE_STATE_SLOW,
	PROTO_NODE_STATE_SUSPECT,
	PROTO_NODE_STATE_DEAD,
	PROTO_NODE_STATE_DRAINING,
};
enum { PROTO_NODE_STATE_COUNT = 5 };
/* "?" for what is no value; DFS_E_INVAL for a name of none. */
const char *proto_node_state_name(enum proto_node_state value);
int proto_node_state_parse(const char *text, enum proto_node_state *ret);
extern const struct proto_enum proto_node_state_values;

/* a replica, as its datanode knows it */
enum proto_held_state {
	PROTO_HELD_STATE_OPEN,
	PROTO_HELD_STATE_FROZEN,
	PROTO_HELD_STATE_SEALED,
	PROTO_HELD_STATE_BAD,
};
enum { PROTO_HELD_STATE_COUNT = 4 };
/* "?" for what is no value; DFS_E_INVAL for a name of none. */
const char *proto_held_state_name(enum proto_held_state value);
int proto_held_state_parse(const char *text, enum proto_held_state *ret);
extern const struct proto_enum proto_held_state_values;

/* what a token allows */
enum proto_role {
	PROTO_ROLE_NONE,
	PROTO_ROLE_READ,
	PROTO_ROLE_WRITE,
	PROTO_ROLE_ADMIN,
	PROTO_ROLE_NODE,
};
enum { PROTO_ROLE_COUNT = 5 };
/* "?" for what is no value; DFS_E_INVAL for a name of none. */
const char *proto_role_name(enum proto_role value);
int proto_role_parse(const char *text, enum proto_role *ret);
extern const struct proto_enum proto_role_values;

/* what a check of the file system found */
enum proto_fault_kind {
	PROTO_FAULT_KIND_METADATA,
	PROTO_FAULT_KIND_LOST,
	PROTO_FAULT_KIND_UNDER_GOAL,
	PROTO_FAULT_KIND_OVER_GOAL,
	PROTO_FAULT_KIND_BROKEN,
	PROTO_FAULT_KIND_WAITING,
};
enum { PROTO_FAULT_KIND_COUNT = 6 };
/* "?" for what is no value; DFS_E_INVAL for a name of none. */
const char *proto_fault_kind_name(enum proto_fault_kind value);
int proto_fault_kind_parse(const char *text, enum proto_fault_kind *ret);
extern const struct proto_enum proto_fault_kind_values;

/* an error in a reply */
struct proto_fault {
	const char *code; /* short name from dfs/error.h; at most 32 bytes */
	const char *message; /* one sentence; at most 511 bytes */
};
extern const struct proto_shape proto_fault_shape;

/* what stat tells of one inode */
struct proto_attr {
	const char *name; /* last name of its path; at most 255 bytes */
	enum proto_kind kind; /* what it is */
	uint64_t inode; /* inode number */
	uint64_t generation; /* raised by each commit of new content */
	uint64_t size; /* bytes; of a directory the number of names in it */
	uint32_t mode; /* permission bits, 07777 */
	uint32_t uid; /* owner */
	uint32_t gid; /* group */
	int64_t mtime_ns; /* modification time, ns since 1970 */
	uint32_t goal; /* replicas asked for */
	uint64_t chunk_size; /* bytes */
	uint32_t links; /* names of this inode */
	const char *target; /* where a symlink points; at most 4095 bytes */
};
extern const struct proto_shape proto_attr_shape;

/* one copy of a chunk */
struct proto_replica {
	uint32_t node; /* datanode number */
	const char *address; /* host:port; at most 263 bytes */
	enum proto_replica_state state; /* what the master knows of it */
	uint64_t version; /* version it holds */
};
extern const struct proto_shape proto_replica_shape;

/* a fresh chunk to append to */
struct proto_allocated {
	uint64_t chunk; /* its id */
	uint64_t version; /* its version */
	const char *ticket; /* for POST on every replica; at most 400 bytes */
	uint64_t lease_ms; /* how long the primary may order appends before it must be renewed */
	struct proto_replica *replicas; /* primary first, in chain order; at most 9 */
	size_t replicas_count;
};
extern const struct proto_shape proto_allocated_shape;

/* a run of a file's bytes in a chunk */
struct proto_extent {
	uint64_t offset; /* where it begins in the file */
	uint64_t chunk; /* which chunk */
	uint64_t chunk_offset; /* where it begins in the chunk */
	uint64_t length; /* bytes, > 0 */
	uint32_t crc; /* CRC32C of these bytes */
	const char *receipt; /* the primary's signature (RULES 11); empty where the master sealed the chunk itself; at most 400 bytes */
};
extern const struct proto_shape proto_extent_shape;

/* an extent with what a reader needs */
struct proto_located {
	uint64_t offset; /* where it begins in the file */
	uint64_t chunk; /* which chunk */
	uint64_t version; /* the chunk's version */
	enum proto_chunk_state state; /* the chunk in metadata */
	uint64_t chunk_offset; /* where it begins in the chunk */
	uint64_t length; /* bytes */
	uint32_t crc; /* CRC32C of these bytes */
	uint64_t chunk_length; /* length of the whole chunk once sealed */
	const char *ticket; /* for GET of exactly this range on any replica; at most 400 bytes */
	struct proto_replica *replicas; /* nearest or least loaded first; at most 9 */
	size_t replicas_count;
};
extern const struct proto_shape proto_located_shape;

/* one data directory of a datanode */
struct proto_disk {
	uint64_t disk; /* its identity */
	const char *path; /* where; at most 4095 bytes */
	uint64_t total; /* bytes of its file system */
	uint64_t free; /* bytes of it not used */
	uint64_t reserve; /* bytes never filled (RULES 30) */
	const char *error; /* why it takes no more; empty when well; at most 511 bytes */
};
extern const struct proto_shape proto_disk_shape;

/* one replica as its datanode reports it */
struct proto_held {
	uint64_t chunk; /* which chunk */
	uint64_t version; /* version in its index */
	uint64_t length; /* verified bytes */
	enum proto_held_state state; /* in its index */
	uint32_t crc; /* CRC32C of the whole, when sealed */
	const char *why; /* what is bad about it; at most 255 bytes */
};
extern const struct proto_shape proto_held_shape;

/* an open chunk whose appends a primary orders */
struct proto_writing {
	uint64_t chunk; /* which chunk */
	uint64_t version; /* its version */
	uint64_t length; /* bytes received */
	uint64_t committed; /* bytes acknowledged */
};
extern const struct proto_shape proto_writing_shape;

/* a lease, extended */
struct proto_leased {
	uint64_t chunk; /* which chunk */
	uint64_t version; /* its version */
	uint64_t lease_ms; /* from the request; 0: revoked */
};
extern const struct proto_shape proto_leased_shape;

/* a chunk at most at a version */
struct proto_chunk_version {
	uint64_t chunk; /* which chunk */
	uint64_t version; /* highest version meant */
};
extern const struct proto_shape proto_chunk_version_shape;

/* bytes of a file */
struct proto_piece {
	const char *data; /* as hex digits, two a byte; at most 65535 bytes */
};
extern const struct proto_shape proto_piece_shape;

/* a datanode for people */
struct proto_node_info {
	uint32_t node; /* its number */
	uint64_t uuid; /* its identity */
	const char *address; /* host:port; at most 263 bytes */
	const char *rack; /* failure domain; at most 63 bytes */
	enum proto_node_state state; /* as the master knows it */
	uint64_t silence_ms; /* since its last heartbeat */
	uint64_t total; /* bytes of its disks */
	uint64_t free; /* bytes of them not used */
	uint64_t used; /* bytes in chunks */
	uint64_t chunks; /* replicas it holds */
	uint64_t read_rate; /* bytes/s */
	uint64_t write_rate; /* bytes/s */
	const char *why; /* why it is in this state; at most 255 bytes */
	bool draining; /* it was asked to be emptied, whatever its state */
	bool safe; /* draining, and nothing needs it any more: safe to unplug */
	struct proto_scrub_info *scrub; /* one: of all its data directories together; at most 64 */
	size_t scrub_count;
};
extern const struct proto_shape proto_node_info_shape;

/* a sentence that tells why something is as it is */
struct proto_reason {
	const char *about; /* what it is about: `chunk 00ab...`, `datanode 3`; of an event its name; at most 127 bytes */
	const char *text; /* the sentence; at most 1023 bytes */
	int64_t time_ms; /* of an event: when, ms since 1970 */
};
extern const struct proto_shape proto_reason_shape;

/* how even the datanodes are, and what is done about it */
struct proto_balance_info {
	bool on; /* replicas are being moved, or wait to be */
	uint32_t within; /* percent of the cluster's used share that a datanode's may differ */
	uint64_t imbalance; /* how much the worst differs, in thousandths of the cluster's used share */
	uint32_t moving; /* moves under way */
	uint64_t moved; /* chunks moved since it began */
	uint64_t moved_bytes; /* of them */
	uint64_t failed; /* moves that failed: nothing was changed by them */
	const char *text; /* the same as a sentence; at most 511 bytes */
};
extern const struct proto_shape proto_balance_info_shape;

/* how far a datanode is with being emptied */
struct proto_drain_info {
	uint32_t node; /* its number */
	const char *address; /* host:port; at most 263 bytes */
	enum proto_node_state state; /* as the master knows it */
	bool draining; /* false: it is not, or no longer, being emptied */
	bool safe; /* all that it holds has enough replicas elsewhere: safe to unplug */
	uint64_t held; /* replicas that it holds, which stay there */
	uint64_t chunks; /* of these, chunks that have fewer good replicas elsewhere than their goal */
	uint64_t bytes; /* to be copied for that */
	uint64_t open; /* chunks here that are being written or wait for a seal */
	uint64_t deletions; /* freed chunks here whose deletion is awaited */
	uint64_t stuck; /* of `chunks`, those that no datanode can take now */
	uint64_t rate; /* bytes/s, lately */
	uint64_t estimate_ms; /* until it is done, at that rate; 0: not known */
	uint64_t since_ms; /* for how long, as far as this master knows */
	const char *text; /* the same as a sentence; at most 511 bytes */
};
extern const struct proto_shape proto_drain_info_shape;

/* a policy in force */
struct proto_policy_info {
	const char *kind; /* place, chunk_size, goal, retain, repair; at most 31 bytes */
	const char *name; /* its file without .lua; at most 63 bytes */
	uint64_t decisions; /* since the start */
	uint64_t fallbacks; /* answers that C refused or that failed */
	const char *error; /* the last of these; at most 511 bytes */
	uint64_t error_ago_ms; /* since it was seen */
};
extern const struct proto_shape proto_policy_info_shape;

/* a copy under way between two datanodes */
struct proto_copying {
	uint64_t chunk; /* which chunk */
	uint32_t from; /* datanode that it is read from */
	uint32_t to; /* datanode that fetches it */
	uint64_t length; /* bytes */
	uint64_t for_ms; /* since it was ordered */
};
extern const struct proto_shape proto_copying_shape;

/* a datanode with a replica that is not good */
struct proto_copy_source {
	uint32_t node; /* its number */
	const char *address; /* host:port; at most 263 bytes */
};
extern const struct proto_shape proto_copy_source_shape;

/* a chunk that waits for datanodes */
struct proto_missed {
	uint64_t chunk; /* which chunk */
	const char *why; /* what is missing, and which datanodes may have it; at most 255 bytes */
};
extern const struct proto_shape proto_missed_shape;

/* how far a datanode's scrub is */
struct proto_scrub_info {
	uint32_t running; /* data directories with a pass under way */
	uint64_t begun; /* passes begun so far, of all directories */
	uint64_t checked; /* bytes checked by them */
	uint64_t total; /* bytes that a pass over all directories has to check */
	uint64_t rate; /* bytes/s that it may read */
	uint64_t oldest_ms; /* no byte was checked longer ago; 2^64-1: some never were */
	uint64_t found; /* bad replicas found by scrubs, ever */
	uint64_t extra; /* files found by the last passes that do not belong there */
	uint64_t bad; /* replicas that are bad now, whoever found them */
};
extern const struct proto_shape proto_scrub_info_shape;

/* what a datanode was asked to scrub */
struct proto_scrub_asked {
	uint32_t node; /* its number */
	uint64_t begun; /* its passes begun, that one too */
	const char *error; /* why it was not asked, or refused; at most 511 bytes */
};
extern const struct proto_shape proto_scrub_asked_shape;

/* a name that a fault concerns */
struct proto_fsck_path {
	const char *path; /* absolute path; at most 4096 bytes */
};
extern const struct proto_shape proto_fsck_path_shape;

/* one thing that a check found */
struct proto_fsck_fault {
	enum proto_fault_kind kind; /* what is wrong */
	bool wrong; /* someone should look; false: worth knowing */
	uint64_t chunk; /* which; 0: none */
	const char *text; /* one sentence; at most 511 bytes */
	uint64_t names; /* files that it concerns */
	struct proto_fsck_path *paths; /* some of them; at most 8 */
	size_t paths_count;
};
extern const struct proto_shape proto_fsck_fault_shape;

/* a name in the trash */
struct proto_trashed {
	uint64_t entry; /* its number */
	const char *path; /* where it was; at most 4096 bytes */
	enum proto_kind kind; /* what it is */
	uint64_t inode; /* inode number */
	int64_t time_ms; /* when it was removed, ms since 1970 */
	const char *by; /* who removed it, as the caller said; at most 63 bytes */
	uint64_t left_ms; /* how long it stays, of the master's living time */
	bool counted; /* the next three are known; a large tree is counted in the background */
	uint64_t files; /* files and symlinks in it */
	uint64_t dirs; /* directories, itself too */
	uint64_t bytes; /* of the files */
};
extern const struct proto_shape proto_trashed_shape;

/* what a datanode keeps of the master's metadata (RULES 20) */
struct proto_keepsakes {
	const char *cluster; /* cluster id, 32 hex digits; at most 32 bytes */
	uint64_t epoch; /* highest reign of a master served (RULES 16) */
	uint64_t reign; /* of that epoch */
	uint64_t operation; /* highest operation seen */
	struct proto_held *chunks; /* sealed, in order of their ids; at most 4096 */
	size_t chunks_count;
	bool more; /* ask again after the last */
};
extern const struct proto_shape proto_keepsakes_shape;

/* a datanode's answer to an append */
struct proto_receipt {
	uint64_t chunk; /* which chunk */
	uint64_t version; /* its version */
	uint64_t offset; /* where the body's first byte went */
	uint64_t length; /* bytes appended */
	uint32_t crc; /* CRC32C of them */
	uint64_t total; /* length of the chunk now */
	uint32_t replicas; /* that acknowledged, this one too */
	const char *signature; /* of (chunk, version, offset, length, crc) by the cluster key; at most 400 bytes */
};
extern const struct proto_shape proto_receipt_shape;

/* a chunk as it is allocated */
struct proto_chunk_new {
	uint64_t chunk; /* which chunk */
	uint64_t version; /* its first version */
	uint32_t *nodes; /* replica set, primary first (RULES 4); at most 9 */
	size_t nodes_count;
};
extern const struct proto_shape proto_chunk_new_shape;

/* an extent whose receipt was checked */
struct proto_extent_new {
	uint64_t offset; /* where it begins in the file */
	uint64_t chunk; /* which chunk */
	uint64_t chunk_offset; /* where it begins in the chunk */
	uint64_t length; /* bytes, > 0 */
	uint32_t crc; /* CRC32C of these bytes */
	uint64_t version; /* of the receipt: an open chunk must still have it (RULES 1); 0: the master sealed the chunk */
};
extern const struct proto_shape proto_extent_new_shape;

/* a chunk of a file of the metadata */
struct proto_keepsake_chunk {
	uint64_t length; /* bytes, > 0 */
	uint32_t crc; /* CRC32C of them */
};
extern const struct proto_shape proto_keepsake_chunk_shape;

/* what a chunk says of its references, and what extents say */
struct proto_mend_chunk {
	uint64_t chunk; /* which chunk */
	uint32_t was_refs; /* as it says */
	uint64_t was_live; /* bytes, as it says */
	uint32_t refs; /* extents that point at it */
	uint64_t live; /* their bytes */
};
extern const struct proto_shape proto_mend_chunk_shape;

/* first call on a channel (RULES 35) */
struct proto_hello_args {
	uint32_t protocol; /* spoken by the caller */
	const char *program; /* who calls; at most 63 bytes */
	uint64_t client; /* an id from an earlier hello, to go on with; 0 asks for one */
};
extern const struct proto_shape proto_hello_args_shape;

/* first call on a channel (RULES 35) */
struct proto_hello_reply {
	uint32_t protocol; /* spoken by the master */
	const char *cluster; /* cluster id, 32 hex digits; at most 32 bytes */
	uint64_t epoch; /* the master's reign */
	uint64_t client; /* durable, never given to another */
	enum proto_role role; /* what the token allows */
	int64_t wall_ms; /* the master's clock, ms since 1970 */
};
extern const struct proto_shape proto_hello_reply_shape;

/* attributes of a path */
struct proto_stat_args {
	const char *path; /* absolute path; at most 4096 bytes */
};
extern const struct proto_shape proto_stat_args_shape;

/* attributes of a path */
struct proto_stat_reply {
	struct proto_attr attr; /* of the last name; symlinks are not followed */
};
extern const struct proto_shape proto_stat_reply_shape;

/* a page of a directory, in order of the names' bytes */
struct proto_list_args {
	const char *path; /* absolute path; at most 4096 bytes */
	const char *after; /* begin past this name; at most 255 bytes */
	uint32_t limit; /* entries, at most 1,000 */
};
#define PROTO_LIST_ARGS_INIT { .limit = 1000 }
extern const struct proto_shape proto_list_args_shape;

/* a page of a directory, in order of the names' bytes */
struct proto_list_reply {
	struct proto_attr *entries; /* of a file: itself alone; at most 1000 */
	size_t entries_count;
	bool more; /* ask again after the last */
};
extern const struct proto_shape proto_list_reply_shape;

/* make a directory */
struct proto_mkdir_args {
	const char *path; /* absolute path; at most 4096 bytes */
	uint32_t mode; /* 07777 */
	bool parents; /* make what is missing; an existing directory is no error */
	int64_t mtime_ns; /* modification time, ns since 1970; 0: now */
	uint32_t uid; /* owner */
	uint32_t gid; /* group */
};
#define PROTO_MKDIR_ARGS_INIT { .mode = 493 }
extern const struct proto_shape proto_mkdir_args_shape;

/* make a directory */
struct proto_mkdir_reply {
	struct proto_attr attr; /* as made or found */
};
extern const struct proto_shape proto_mkdir_reply_shape;

/* an empty file where none is */
struct proto_create_args {
	const char *path; /* absolute path; at most 4096 bytes */
	uint32_t mode; /* 07777 */
	int64_t mtime_ns; /* modification time, ns since 1970; 0: now */
	uint32_t uid; /* owner */
	uint32_t gid; /* group */
};
#define PROTO_CREATE_ARGS_INIT { .mode = 420 }
extern const struct proto_shape proto_create_args_shape;

/* an empty file where none is */
struct proto_create_reply {
	struct proto_attr attr; /* as made */
};
extern const struct proto_shape proto_create_reply_shape;

/* make a symbolic link; it is stored, not followed */
struct proto_symlink_args {
	const char *path; /* absolute path; at most 4096 bytes */
	const char *target; /* where it points; at most 4095 bytes */
	int64_t mtime_ns; /* modification time, ns since 1970; 0: now */
	uint32_t uid; /* owner */
	uint32_t gid; /* group */
};
extern const struct proto_shape proto_symlink_args_shape;

/* make a symbolic link; it is stored, not followed */
struct proto_symlink_reply {
	struct proto_attr attr; /* as made */
};
extern const struct proto_shape proto_symlink_reply_shape;

/* remove a name and, recursive, all below it: it goes into the trash, or is freed at once (RULES 14) */
struct proto_remove_args {
	const char *path; /* absolute path; at most 4096 bytes */
	bool recursive; /* a directory with what is in it */
	bool directory; /* only an empty directory (rmdir): nothing goes into the trash */
	bool now; /* free it at once */
	const char *by; /* who, for the list of the trash; at most 63 bytes */
};
extern const struct proto_shape proto_remove_args_shape;

/* remove a name and, recursive, all below it: it goes into the trash, or is freed at once (RULES 14) */
struct proto_remove_reply {
	struct proto_attr attr; /* of what was removed */
	uint64_t entry; /* its number in the trash; 0: it was freed */
	uint64_t left_ms; /* how long it stays there, of the master's living time */
};
extern const struct proto_shape proto_remove_reply_shape;

/* move a name; replaces a file by a file, an empty directory by a directory */
struct proto_rename_args {
	const char *path; /* absolute path of what is moved; at most 4096 bytes */
	const char *to; /* absolute path of its new place; at most 4096 bytes */
	bool no_replace; /* EXIST where the target exists */
};
extern const struct proto_shape proto_rename_args_shape;

/* move a name; replaces a file by a file, an empty directory by a directory */
struct proto_rename_reply {
	struct proto_attr attr; /* at its new place */
};
extern const struct proto_shape proto_rename_reply_shape;

/* change attributes */
struct proto_setattr_args {
	const char *path; /* absolute path; at most 4096 bytes */
	bool set_mode; /* take mode */
	uint32_t mode; /* 07777 */
	bool set_owner; /* take uid and gid */
	uint32_t uid; /* owner */
	uint32_t gid; /* group */
	bool set_mtime; /* take mtime_ns */
	int64_t mtime_ns; /* modification time, ns since 1970 */
};
extern const struct proto_shape proto_setattr_args_shape;

/* change attributes */
struct proto_setattr_reply {
	struct proto_attr attr; /* as changed */
};
extern const struct proto_shape proto_setattr_reply_shape;

/* open a write session for the new content of a file (RULES 11) */
struct proto_write_begin_args {
	const char *path; /* absolute path; at most 4096 bytes */
	uint64_t size; /* expected bytes; 2^64-1: unknown */
	uint32_t goal; /* replicas; 0: the policy decides */
	uint64_t chunk_size; /* bytes; 0: the policy decides */
	enum proto_durability durability; /* RULES 10 */
	uint32_t count; /* chunks to allocate at once, at most 64 */
	bool no_replace; /* EXIST where the file exists */
};
extern const struct proto_shape proto_write_begin_args_shape;

/* open a write session for the new content of a file (RULES 11) */
struct proto_write_begin_reply {
	uint64_t session; /* name of the session */
	uint64_t chunk_size; /* bytes of each chunk but the last */
	uint32_t goal; /* replicas that the file will ask for */
	uint64_t expires_ms; /* of silence, then it is gone */
	const char *warning; /* what the user should know: goal lowered, fewer live nodes; at most 511 bytes */
	struct proto_allocated *chunks; /* the first of them; empty for an empty file and in a repeated answer: ask by allocate; at most 64 */
	size_t chunks_count;
};
extern const struct proto_shape proto_write_begin_reply_shape;

/* more chunks for a session */
struct proto_allocate_args {
	uint64_t session; /* name of the session */
	uint32_t count; /* at most 64 */
	uint32_t *avoid; /* datanodes that just failed this writer; at most 64 */
	size_t avoid_count;
};
extern const struct proto_shape proto_allocate_args_shape;

/* more chunks for a session */
struct proto_allocate_reply {
	struct proto_allocated *chunks; /* at least one; empty only in a repeated answer: ask again as a new call; at most 64 */
	size_t chunks_count;
	const char *warning; /* what the user should know: fewer live nodes; at most 511 bytes */
};
extern const struct proto_shape proto_allocate_reply_shape;

/* keep a session alive */
struct proto_renew_args {
	uint64_t session; /* name of the session */
};
extern const struct proto_shape proto_renew_args_shape;

/* keep a session alive */
struct proto_renew_reply {
	uint64_t expires_ms; /* from now */
};
extern const struct proto_shape proto_renew_reply_shape;

/* a replica failed the writer: freeze the chunk, seal it at a length that holds what was acknowledged (RULES 1) */
struct proto_seal_args {
	uint64_t session; /* name of the session */
	uint64_t chunk; /* which chunk */
	uint64_t acked; /* bytes acknowledged to this writer */
};
extern const struct proto_shape proto_seal_args_shape;

/* a replica failed the writer: freeze the chunk, seal it at a length that holds what was acknowledged (RULES 1) */
struct proto_seal_reply {
	uint64_t length; /* 0: nothing of it is kept */
	uint64_t version; /* of the chunk, raised */
	uint32_t crc; /* CRC32C of these bytes */
};
extern const struct proto_shape proto_seal_reply_shape;

/* hand in extents of a long file ahead of the commit */
struct proto_stage_args {
	uint64_t session; /* name of the session */
	struct proto_extent *extents; /* the next ones, in order of offset; at most 1000 */
	size_t extents_count;
};
extern const struct proto_shape proto_stage_args_shape;

/* hand in extents of a long file ahead of the commit */
struct proto_stage_reply {
	bool none; /* no fields */
};
extern const struct proto_shape proto_stage_reply_shape;

/* make the new content visible, whole; ends the session */
struct proto_commit_args {
	uint64_t session; /* name of the session */
	uint64_t size; /* bytes of the file */
	struct proto_extent *extents; /* the rest, after what was staged; at most 1000 */
	size_t extents_count;
	uint32_t mode; /* 07777 */
	int64_t mtime_ns; /* modification time, ns since 1970; 0: now */
	uint32_t uid; /* owner */
	uint32_t gid; /* group */
};
extern const struct proto_shape proto_commit_args_shape;

/* make the new content visible, whole; ends the session */
struct proto_commit_reply {
	struct proto_attr attr; /* as committed */
};
extern const struct proto_shape proto_commit_reply_shape;

/* give a session up; its chunks are freed */
struct proto_abandon_args {
	uint64_t session; /* name of the session */
};
extern const struct proto_shape proto_abandon_args_shape;

/* give a session up; its chunks are freed */
struct proto_abandon_reply {
	bool none; /* no fields */
};
extern const struct proto_shape proto_abandon_reply_shape;

/* extents of a file from an offset on, with replicas and tickets */
struct proto_locate_args {
	const char *path; /* absolute path; empty: by inode; at most 4096 bytes */
	uint64_t inode; /* with generation: go on reading one state (RULES 9) */
	uint64_t generation; /* of the state that is being read */
	uint64_t offset; /* first byte wanted */
	uint32_t limit; /* extents, at most 256 */
};
#define PROTO_LOCATE_ARGS_INIT { .limit = 64 }
extern const struct proto_shape proto_locate_args_shape;

/* extents of a file from an offset on, with replicas and tickets */
struct proto_locate_reply {
	struct proto_attr attr; /* of the file */
	struct proto_located *extents; /* in order of offset, the first holds the byte wanted; at most 256 */
	size_t extents_count;
	bool more; /* ask again past the last */
};
extern const struct proto_shape proto_locate_reply_shape;

/* the datanodes */
struct proto_nodes_args {
	bool none; /* no fields */
};
extern const struct proto_shape proto_nodes_args_shape;

/* the datanodes */
struct proto_nodes_reply {
	struct proto_node_info *nodes; /* by number; at most 4096 */
	size_t nodes_count;
};
extern const struct proto_shape proto_nodes_reply_shape;

/* the cluster in a page */
struct proto_status_args {
	bool none; /* no fields */
};
extern const struct proto_shape proto_status_args_shape;

/* the cluster in a page */
struct proto_status_reply {
	const char *cluster; /* cluster id, 32 hex digits; at most 32 bytes */
	uint64_t epoch; /* the master's reign */
	uint64_t uptime_ms; /* of the master */
	bool safe_mode; /* waiting for datanodes to report (RULES 22) */
	const char *read_only; /* why nothing is written; empty: it is; at most 255 bytes */
	uint64_t files; /* files and symlinks */
	uint64_t dirs; /* directories */
	uint64_t bytes; /* of files */
	uint64_t chunks; /* in metadata */
	uint64_t open_chunks; /* of them not sealed */
	uint64_t under_goal; /* sealed chunks with fewer good replicas than their goal */
	uint64_t lost; /* sealed chunks without one */
	uint64_t sessions; /* write sessions */
	uint32_t nodes_up; /* datanodes that are neither dead nor suspect */
	uint32_t nodes_known; /* datanodes registered ever, and not forgotten */
	uint64_t total; /* bytes of disk */
	uint64_t free; /* bytes of it not used */
	uint64_t used; /* bytes in chunks */
	uint64_t operations; /* in the op log so far */
	uint64_t trash_entries; /* names in the trash */
	uint64_t trash_files; /* files in it, as far as counted; not among `files` */
	uint64_t trash_bytes; /* of these files; not among `bytes` */
	uint64_t orphans; /* replicas that datanodes hold and the metadata does not know (RULES 16) */
	uint64_t orphan_bytes; /* bytes of them */
	uint64_t orphan_age_ms; /* since the oldest was heard of, by this master */
	uint64_t orphans_foreign; /* of them, those whose chunk no master with this metadata ever made: left alone */
	uint64_t orphans_collected; /* deleted since the start */
	const char *purge_paused; /* why nothing leaves the trash; empty: it does; at most 255 bytes */
	struct proto_policy_info *policies; /* in force, or the error that made C decide; at most 32 */
	size_t policies_count;
	uint64_t bad; /* replicas that their datanodes gave up and that are not repaired */
	uint64_t scrub_oldest_ms; /* no byte was checked by a scrub longer ago; 2^64-1: some never were */
	const char *hold; /* why nothing is deleted; empty: deletions go their way (RULES 16); at most 511 bytes */
	uint64_t leaving; /* of under_goal: have all their replicas, one on a datanode that is being emptied */
	uint32_t nodes_draining; /* datanodes to be emptied */
	uint32_t nodes_unplugged; /* of them, gone when nothing needed them any more */
	uint64_t checkpoint; /* operation of the newest checkpoint; 0: none yet */
	uint64_t checkpoint_age_ms; /* since it was made */
	const char *checkpoint_error; /* why the last attempt at one failed; at most 511 bytes */
	uint64_t *under_by_live; /* of under_goal by live good replicas: none, 1, 2...; at most 10 */
	size_t under_by_live_count;
	uint64_t repair_queued; /* chunks in line for a copy */
	uint64_t repair_delayed; /* chunks that wait before they are looked at again */
	uint64_t repair_left; /* bytes to be copied till all goals are reached */
	uint64_t repair_rate; /* bytes/s copied of late */
	uint64_t repair_estimate_ms; /* till all goals are reached at that rate; 0: not known */
	struct proto_copying *copies; /* under way; at most 256 */
	size_t copies_count;
	struct proto_missed *missed; /* chunks that wait for datanodes: the first of them; at most 16 */
	size_t missed_count;
	uint64_t trimming; /* replicas above the goal that are being deleted */
	uint64_t trimmed; /* of these since the start */
	uint64_t kept; /* operation up to which the datanodes keep the metadata (RULES 20); 0: they do not yet */
	uint64_t kept_age_ms; /* since it was stored there */
	uint64_t kept_bytes; /* of all that they keep of it, each byte counted once */
	const char *kept_error; /* why the last attempt to store it failed; at most 511 bytes */
};
extern const struct proto_shape proto_status_reply_shape;

/* a datanode's first call on its channel */
struct proto_register_args {
	uint32_t protocol; /* spoken by the datanode */
	const char *cluster; /* cluster id, 32 hex digits; at most 32 bytes */
	uint64_t uuid; /* the node's identity */
	uint64_t incarnation; /* random, of this process */
	const char *address; /* where clients and peers reach it; at most 263 bytes */
	const char *rack; /* failure domain; at most 63 bytes */
	struct proto_disk *disks; /* its data directories; at most 64 */
	size_t disks_count;
	uint64_t epoch; /* highest seen (RULES 16) */
	uint64_t reign; /* of that epoch */
	uint64_t operation; /* highest operation seen */
};
extern const struct proto_shape proto_register_args_shape;

/* a datanode's first call on its channel */
struct proto_register_reply {
	uint32_t node; /* its number, until it is forgotten; never another's */
	uint64_t epoch; /* the master's reign */
	uint64_t reign; /* of that epoch */
	uint64_t operation; /* last committed */
	int64_t wall_ms; /* the master's clock, ms since 1970 */
	uint64_t heartbeat_ms; /* how often */
	uint64_t restored; /* the epoch that the last restore took: lower ones may know more operations; 0: none */
};
extern const struct proto_shape proto_register_reply_shape;

/* replicas held: a full report in parts, then deltas in order (RULES 23) */
struct proto_report_args {
	uint64_t incarnation; /* of the registered process */
	uint64_t sequence; /* 1, 2, 3... on this channel */
	bool full; /* part of a full report */
	bool last; /* its last part */
	struct proto_held *held; /* replicas: all of them, or those made or changed since; at most 4096 */
	size_t held_count;
	struct proto_chunk_version *gone; /* deleted since; at most 4096 */
	size_t gone_count;
};
extern const struct proto_shape proto_report_args_shape;

/* replicas held: a full report in parts, then deltas in order (RULES 23) */
struct proto_report_reply {
	bool none; /* no fields */
};
extern const struct proto_shape proto_report_reply_shape;

/* alive; from a thread that touches no disk (RULES 34) */
struct proto_heartbeat_args {
	uint64_t uuid; /* the node's identity */
	uint64_t incarnation; /* of the registered process */
	uint64_t stuck_ms; /* since the data loop last turned */
	struct proto_disk *disks; /* its data directories; at most 64 */
	size_t disks_count;
	uint64_t used; /* bytes in chunks */
	uint64_t chunks; /* replicas it holds */
	uint64_t read_bytes; /* served since the start */
	uint64_t write_bytes; /* stored since the start */
	uint64_t errors; /* since the start */
	uint64_t copy_bytes; /* read and written for copies between datanodes, part of the above */
	struct proto_scrub_info *scrub; /* one: of all its data directories together; at most 64 */
	size_t scrub_count;
	uint64_t disk_ms; /* the slowest job of its disks, of those under way and those of the last 20 s */
};
extern const struct proto_shape proto_heartbeat_args_shape;

/* alive; from a thread that touches no disk (RULES 34) */
struct proto_heartbeat_reply {
	bool known; /* false: register again */
	uint64_t epoch; /* the master's reign */
	uint64_t operation; /* last committed */
	int64_t wall_ms; /* the master's clock, ms since 1970 */
};
extern const struct proto_shape proto_heartbeat_reply_shape;

/* open chunks that this node is primary of; the answer extends their leases */
struct proto_progress_args {
	uint64_t incarnation; /* of the registered process */
	struct proto_writing *writing; /* all of them; at most 4096 */
	size_t writing_count;
};
extern const struct proto_shape proto_progress_args_shape;

/* open chunks that this node is primary of; the answer extends their leases */
struct proto_progress_reply {
	struct proto_leased *leases; /* one for each that is still its own; at most 4096 */
	size_t leases_count;
};
extern const struct proto_shape proto_progress_reply_shape;

/* raise the version, refuse appends below it for ever, tell what is there (RULES 1) */
struct proto_freeze_args {
	uint64_t chunk; /* which chunk */
	uint64_t version; /* the raised one */
	uint64_t epoch; /* the master's reign (RULES 16) */
};
extern const struct proto_shape proto_freeze_args_shape;

/* raise the version, refuse appends below it for ever, tell what is there (RULES 1) */
struct proto_freeze_reply {
	bool found; /* false: there is no such replica, the rest is empty */
	uint64_t length; /* verified, at a record boundary */
	uint32_t crc; /* CRC32C of these bytes */
	uint64_t committed; /* commit length known here */
	enum proto_held_state state; /* in its index */
	uint64_t version; /* that it has now: lower than asked where it had sealed itself before; 0: as asked */
};
extern const struct proto_shape proto_freeze_reply_shape;

/* cut to a length and seal; refused where the bytes differ */
struct proto_seal_at_args {
	uint64_t chunk; /* which chunk */
	uint64_t version; /* the raised one */
	uint64_t length; /* bytes kept */
	uint32_t crc; /* CRC32C of them */
	uint64_t epoch; /* the master's reign (RULES 16) */
};
extern const struct proto_shape proto_seal_at_args_shape;

/* cut to a length and seal; refused where the bytes differ */
struct proto_seal_at_reply {
	bool none; /* no fields */
};
extern const struct proto_shape proto_seal_at_reply_shape;

/* delete replicas at or below a version, never open ones above it (RULES 13) */
struct proto_delete_args {
	struct proto_chunk_version *chunks; /* which, each with its version; at most 4096 */
	size_t chunks_count;
	uint64_t epoch; /* the master's reign (RULES 16) */
};
extern const struct proto_shape proto_delete_args_shape;

/* delete replicas at or below a version, never open ones above it (RULES 13) */
struct proto_delete_reply {
	struct proto_chunk_version *gone; /* deleted or not there; at most 4096 */
	size_t gone_count;
};
extern const struct proto_shape proto_delete_reply_shape;

/* fetch a sealed chunk from another datanode */
struct proto_copy_args {
	uint64_t chunk; /* which chunk */
	uint64_t version; /* its version */
	uint64_t length; /* its bytes */
	uint32_t crc; /* CRC32C of the whole */
	const char *source; /* host:port; at most 263 bytes */
	const char *ticket; /* for its GET; at most 400 bytes */
	uint64_t epoch; /* the master's reign (RULES 16) */
	uint64_t pace; /* bytes/s at most; 0: as fast as it goes */
	struct proto_copy_source *pieces; /* no good replica is left: put it together from the whole spans of these; at most 9 */
	size_t pieces_count;
};
extern const struct proto_shape proto_copy_args_shape;

/* fetch a sealed chunk from another datanode */
struct proto_copy_reply {
	bool none; /* no fields */
};
extern const struct proto_shape proto_copy_reply_shape;

/* after a restore: what the restored metadata does not know may be deleted (RULES 16) */
struct proto_accept_args {
	bool none; /* no fields */
};
extern const struct proto_shape proto_accept_args_shape;

/* after a restore: what the restored metadata does not know may be deleted (RULES 16) */
struct proto_accept_reply {
	bool none; /* no fields */
};
extern const struct proto_shape proto_accept_reply_shape;

/* empty a datanode: what it holds is copied elsewhere, it takes nothing more; until it is cancelled */
struct proto_drain_args {
	uint32_t node; /* its number */
	bool cancel; /* it is to be used again */
};
extern const struct proto_shape proto_drain_args_shape;

/* empty a datanode: what it holds is copied elsewhere, it takes nothing more; until it is cancelled */
struct proto_drain_reply {
	struct proto_drain_info drain; /* how far it is */
};
extern const struct proto_shape proto_drain_reply_shape;

/* the datanodes that are being emptied */
struct proto_drains_args {
	bool none; /* no fields */
};
extern const struct proto_shape proto_drains_args_shape;

/* the datanodes that are being emptied */
struct proto_drains_reply {
	struct proto_drain_info *drains; /* in order of their numbers; at most 1000 */
	size_t drains_count;
};
extern const struct proto_shape proto_drains_reply_shape;

/* make a checkpoint of the metadata as it is now (RULES 19); it can be read for some time */
struct proto_checkpoint_args {
	bool none; /* no fields */
};
extern const struct proto_shape proto_checkpoint_args_shape;

/* make a checkpoint of the metadata as it is now (RULES 19); it can be read for some time */
struct proto_checkpoint_reply {
	const char *name; /* for checkpoint_read; at most 63 bytes */
	uint64_t epoch; /* of the state in it */
	uint64_t operation; /* the last one in it */
	int64_t wall_ms; /* of that operation, ms since 1970 */
	uint64_t size; /* bytes of the file */
};
extern const struct proto_shape proto_checkpoint_reply_shape;

/* bytes of a checkpoint's file */
struct proto_checkpoint_read_args {
	const char *name; /* as the checkpoint was called; at most 63 bytes */
	uint64_t offset; /* first byte */
	uint32_t limit; /* bytes, at most 1 MiB */
};
extern const struct proto_shape proto_checkpoint_read_args_shape;

/* bytes of a checkpoint's file */
struct proto_checkpoint_read_reply {
	struct proto_piece *pieces; /* one after the other; fewer bytes than asked for only at the end; at most 33 */
	size_t pieces_count;
};
extern const struct proto_shape proto_checkpoint_read_reply_shape;

/* have datanodes check their replicas, or tell how fast they may */
struct proto_scrub_args {
	uint32_t node; /* which datanode; 0: all that are there */
	bool now; /* a pass over everything begins at once */
	uint64_t rate; /* bytes/s for each data directory: of that pass, or from now on; 0: the usual */
};
extern const struct proto_shape proto_scrub_args_shape;

/* have datanodes check their replicas, or tell how fast they may */
struct proto_scrub_reply {
	struct proto_scrub_asked *asked; /* by number; at most 4096 */
	size_t asked_count;
};
extern const struct proto_shape proto_scrub_reply_shape;

/* wait a moment for passes that were asked for */
struct proto_scrub_wait_args {
	struct proto_scrub_asked *asked; /* as `scrub` answered; at most 4096 */
	size_t asked_count;
	bool repaired; /* wait also until nothing is bad any more */
	uint32_t wait_ms; /* at most, up to 2,000 */
};
extern const struct proto_shape proto_scrub_wait_args_shape;

/* wait a moment for passes that were asked for */
struct proto_scrub_wait_reply {
	bool over; /* false: ask again */
	struct proto_node_info *nodes; /* by number; at most 4096 */
	size_t nodes_count;
};
extern const struct proto_shape proto_scrub_wait_reply_shape;

/* begin to check metadata against itself and against replicas */
struct proto_fsck_args {
	const char *path; /* only what concerns files at or below it; at most 4096 bytes */
	bool repair; /* mend what can safely be mended; nothing is deleted */
};
extern const struct proto_shape proto_fsck_args_shape;

/* begin to check metadata against itself and against replicas */
struct proto_fsck_reply {
	uint64_t check; /* its number */
};
extern const struct proto_shape proto_fsck_reply_shape;

/* what a check has found so far */
struct proto_fsck_read_args {
	uint64_t check; /* its number */
	uint32_t after; /* faults that the caller has */
	uint32_t wait_ms; /* for more of them, up to 2,000 */
};
extern const struct proto_shape proto_fsck_read_args_shape;

/* what a check has found so far */
struct proto_fsck_read_reply {
	struct proto_fsck_fault *faults; /* the next ones; at most 200 */
	size_t faults_count;
	bool over; /* that was all */
	const char *stage; /* what it is doing; at most 127 bytes */
	uint64_t chunks; /* looked at */
	uint64_t orphans; /* replicas that metadata does not know: left alone */
	uint64_t wrong; /* faults so far, told or not */
	uint64_t mended; /* of them mended */
	uint64_t queued; /* chunks whose repair was begun or hurried */
	const char *error; /* why it could not go on; empty: it could; at most 511 bytes */
};
extern const struct proto_shape proto_fsck_read_reply_shape;

/* as `scrub`, for one datanode */
struct proto_scrub_begin_args {
	bool now; /* a pass over everything begins at once */
	uint64_t rate; /* bytes/s for each data directory; 0: the usual */
	uint64_t epoch; /* the master's reign (RULES 16) */
};
extern const struct proto_shape proto_scrub_begin_args_shape;

/* as `scrub`, for one datanode */
struct proto_scrub_begin_reply {
	uint64_t begun; /* passes begun so far, durably */
};
extern const struct proto_shape proto_scrub_begin_reply_shape;

/* report all replicas anew; answered when that is done */
struct proto_report_all_args {
	uint64_t epoch; /* the master's reign (RULES 16) */
};
extern const struct proto_shape proto_report_all_args_shape;

/* report all replicas anew; answered when that is done */
struct proto_report_all_reply {
	bool none; /* no fields */
};
extern const struct proto_shape proto_report_all_reply_shape;

/* what is in the trash, the oldest first */
struct proto_trash_list_args {
	uint64_t after; /* begin past this entry */
	uint32_t limit; /* entries, at most 1,000 */
	const char *path; /* only what was there or below; at most 4096 bytes */
};
#define PROTO_TRASH_LIST_ARGS_INIT { .limit = 1000 }
extern const struct proto_shape proto_trash_list_args_shape;

/* what is in the trash, the oldest first */
struct proto_trash_list_reply {
	struct proto_trashed *entries; /* in order of their numbers; at most 1000 */
	size_t entries_count;
	bool more; /* ask again after `next`, though there may be no entries here */
	uint64_t next; /* the last entry looked at */
};
extern const struct proto_shape proto_trash_list_reply_shape;

/* bring a name back from the trash, with its inode, bytes, attributes and links */
struct proto_undelete_args {
	const char *path; /* where it was; at most 4096 bytes */
	const char *to; /* where it goes; empty: where it was; at most 4096 bytes */
	uint64_t entry; /* which removal of that path; 0: the newest */
};
extern const struct proto_shape proto_undelete_args_shape;

/* bring a name back from the trash, with its inode, bytes, attributes and links */
struct proto_undelete_reply {
	struct proto_attr attr; /* of the name as it is now */
};
extern const struct proto_shape proto_undelete_reply_shape;

/* free what is in the trash; a step of it: ask again while there is more */
struct proto_trash_empty_args {
	uint64_t after; /* begin past this entry */
	const char *path; /* only what was there or below; at most 4096 bytes */
	uint64_t entry; /* only this one */
	uint64_t older_ms; /* only what was removed longer ago, of the master's living time */
};
extern const struct proto_shape proto_trash_empty_args_shape;

/* free what is in the trash; a step of it: ask again while there is more */
struct proto_trash_empty_reply {
	uint64_t freed; /* entries freed by this call */
	bool more; /* ask again after `next` */
	uint64_t next; /* the last entry looked at */
};
extern const struct proto_shape proto_trash_empty_reply_shape;

/* why it is so: of a path, a chunk, a datanode, or (none of them) of whatever is not well in the cluster */
struct proto_why_args {
	const char *path; /* of a file, a directory, or something in the trash; at most 4096 bytes */
	uint64_t chunk; /* a chunk instead */
	uint32_t node; /* a datanode instead, by its number */
	bool all; /* of a file: every chunk, not only those that are not well */
	uint64_t offset; /* of a file: begin at this byte */
};
extern const struct proto_shape proto_why_args_shape;

/* why it is so: of a path, a chunk, a datanode, or (none of them) of whatever is not well in the cluster */
struct proto_why_reply {
	struct proto_reason *reasons; /* in order; at most 1000 */
	size_t reasons_count;
	bool more; /* there were others */
	uint64_t next; /* of a file with more chunks: the offset to ask from; 0: that was the end */
};
extern const struct proto_shape proto_why_reply_shape;

/* what happened lately, as far as this master remembers */
struct proto_history_args {
	uint64_t chunk; /* of this chunk alone */
	uint32_t node; /* of this datanode alone */
	uint32_t limit; /* events, at most 1,000 */
};
#define PROTO_HISTORY_ARGS_INIT { .limit = 100 }
extern const struct proto_shape proto_history_args_shape;

/* what happened lately, as far as this master remembers */
struct proto_history_reply {
	struct proto_reason *events; /* the oldest first; at most 1000 */
	size_t events_count;
};
extern const struct proto_shape proto_history_reply_shape;

/* move replicas from full datanodes to empty ones, or stop that */
struct proto_balance_args {
	bool stop; /* no more moves */
	uint32_t within; /* percent, 1 to 100; 0: 5 */
};
extern const struct proto_shape proto_balance_args_shape;

/* move replicas from full datanodes to empty ones, or stop that */
struct proto_balance_reply {
	struct proto_balance_info balance; /* how it stands */
};
extern const struct proto_shape proto_balance_reply_shape;

/* how even the datanodes are */
struct proto_balancing_args {
	bool none; /* no fields */
};
extern const struct proto_shape proto_balancing_args_shape;

/* how even the datanodes are */
struct proto_balancing_reply {
	struct proto_balance_info balance; /* how it stands */
};
extern const struct proto_shape proto_balancing_reply_shape;

/* as checkpoint_read, for a datanode that was told to keep the file (RULES 20) */
struct proto_keepsake_read_args {
	const char *name; /* as `keep` said; at most 63 bytes */
	uint64_t offset; /* first byte */
	uint32_t limit; /* bytes, at most 1 MiB */
};
extern const struct proto_shape proto_keepsake_read_args_shape;

/* as checkpoint_read, for a datanode that was told to keep the file (RULES 20) */
struct proto_keepsake_read_reply {
	struct proto_piece *pieces; /* as of checkpoint_read; at most 33 */
	size_t pieces_count;
};
extern const struct proto_shape proto_keepsake_read_reply_shape;

/* fetch bytes of a checkpoint's file from the master, and keep them as a sealed chunk (RULES 20) */
struct proto_keep_args {
	uint64_t chunk; /* which chunk */
	uint64_t version; /* its version */
	uint64_t length; /* its bytes */
	uint32_t crc; /* CRC32C of the whole */
	const char *name; /* of the file, for keepsake_read; at most 63 bytes */
	uint64_t offset; /* of its first byte there */
	uint64_t epoch; /* the master's reign (RULES 16) */
};
extern const struct proto_shape proto_keep_args_shape;

/* fetch bytes of a checkpoint's file from the master, and keep them as a sealed chunk (RULES 20) */
struct proto_keep_reply {
	bool none; /* no fields */
};
extern const struct proto_shape proto_keep_reply_shape;

/* a datanode that is dead and that nothing needs is known no more; one that returns registers as a new one */
struct proto_forget_args {
	uint32_t node; /* its number */
};
extern const struct proto_shape proto_forget_args_shape;

/* a datanode that is dead and that nothing needs is known no more; one that returns registers as a new one */
struct proto_forget_reply {
	struct proto_drain_info drain; /* how it last was; of a repeated call only its number */
};
extern const struct proto_shape proto_forget_reply_shape;

/* inode id -> this */
struct proto_row_inode {
	enum proto_kind kind; /* what it is */
	uint64_t generation; /* raised by each commit of new content */
	uint64_t size; /* bytes; of a directory the number of names in it */
	uint32_t mode; /* permission bits, 07777 */
	uint32_t uid; /* owner */
	uint32_t gid; /* group */
	int64_t mtime_ns; /* modification time, ns since 1970 */
	uint32_t goal; /* replicas asked for */
	uint64_t chunk_size; /* bytes */
	uint32_t links; /* names of this inode */
	uint64_t parent; /* of a directory: the directory above it */
	uint64_t content; /* of a file: the session that wrote its extents; 0: it has none */
	const char *target; /* of a symlink: where it points; at most 4095 bytes */
};
extern const struct proto_shape proto_row_inode_shape;

/* (parent inode, name) -> this */
struct proto_row_dentry {
	uint64_t inode; /* what the name stands for */
	enum proto_kind kind; /* what that is */
};
extern const struct proto_shape proto_row_dentry_shape;

/* (content, end offset) -> this */
struct proto_row_extent_row {
	uint64_t chunk; /* which chunk */
	uint64_t chunk_offset; /* where it begins in the chunk */
	uint64_t length; /* bytes, > 0 */
	uint32_t crc; /* CRC32C of these bytes */
};
extern const struct proto_shape proto_row_extent_row_shape;

/* chunk id -> this */
struct proto_row_chunk {
	uint64_t version; /* raised at each freeze */
	enum proto_chunk_state state; /* of its life */
	uint32_t goal; /* replicas asked for */
	uint64_t length; /* once sealed; while open the bytes from 0 on that extents cover without a gap */
	uint32_t crc; /* CRC32C of these bytes */
	uint32_t refs; /* extents that point here */
	uint64_t live; /* bytes that extents point at */
	uint64_t session; /* that writes it; 0: none */
	uint64_t floor; /* bytes known acknowledged: highest extent end */
	enum proto_durability durability; /* what its writer asked for */
	uint32_t *nodes; /* replica set of the allocation, primary first (RULES 4); at most 9 */
	size_t nodes_count;
	int64_t freed_ms; /* when it lost its last reference, ms since 1970 */
};
extern const struct proto_shape proto_row_chunk_shape;

/* session id -> this */
struct proto_row_session {
	uint64_t parent; /* directory that the file goes into */
	const char *name; /* its name there; at most 255 bytes */
	uint32_t goal; /* replicas that the file will ask for */
	uint64_t chunk_size; /* bytes */
	enum proto_durability durability; /* what its writer asked for */
	int64_t touched_ms; /* wall time of the last durable sign of life */
	bool no_replace; /* EXIST where the file exists at the commit */
	uint64_t staged; /* bytes handed in by stage */
};
extern const struct proto_shape proto_row_session_shape;

/* node number -> this */
struct proto_row_node {
	uint64_t uuid; /* its identity */
	const char *address; /* host:port; at most 263 bytes */
	const char *rack; /* failure domain; at most 63 bytes */
	int64_t added_ms; /* when it was first known, ms since 1970 */
	bool draining; /* to be emptied */
};
extern const struct proto_shape proto_row_node_shape;

/* (client, sequence) -> what was answered (RULES 17) */
struct proto_row_answer {
	int64_t time_ms; /* when, ms since 1970 */
	uint64_t operation; /* its number in the log; 0 where refused */
	uint32_t code; /* 0 or the error's number in dfs/error.h, without its sign */
	const char *text; /* the error's sentence; at most 511 bytes */
	uint64_t value; /* inode or session made */
};
extern const struct proto_shape proto_row_answer_shape;

/* one row: what is counted */
struct proto_row_counters {
	uint32_t format; /* of the database */
	const char *cluster; /* cluster id, 32 hex digits; at most 32 bytes */
	uint64_t epoch; /* the master's reign */
	uint64_t reign; /* of that epoch */
	uint64_t operation; /* last applied */
	uint64_t next_inode; /* the next number to give */
	uint32_t next_node; /* the next number to give */
	uint64_t client_reserved; /* ids below it may be in use */
	uint64_t chunk_reserved; /* counters below it, of this epoch */
	uint64_t session_reserved; /* ids below it may be in use */
	uint64_t files; /* files and symlinks */
	uint64_t dirs; /* directories */
	uint64_t bytes; /* of files */
	uint64_t chunks; /* in metadata */
	int64_t wall_ms; /* of the last operation, ms since 1970 */
};
extern const struct proto_shape proto_row_counters_shape;

/* epoch -> this: every reign that this database has been through (RULES 16) */
struct proto_row_reign {
	uint64_t reign; /* of that epoch */
	uint64_t operation; /* that began it */
	int64_t time_ms; /* when, ms since 1970 */
	bool restored; /* it began by putting a backup back: what came after the backup was given up */
};
extern const struct proto_shape proto_row_reign_shape;

/* one row, while nothing may be deleted after a restore (RULES 16) */
struct proto_row_hold {
	uint64_t epoch; /* that the restore took */
	uint64_t operation; /* last one of the backup */
	int64_t wall_ms; /* when the backup was made, ms since 1970 */
	int64_t since_ms; /* when it was put back, ms since 1970 */
};
extern const struct proto_shape proto_row_hold_shape;

/* number of the operation that moved it there -> this (RULES 14) */
struct proto_row_trash {
	const char *path; /* where it was; at most 4096 bytes */
	uint64_t inode; /* what the name stood for */
	enum proto_kind kind; /* what that is */
	int64_t time_ms; /* when, ms since 1970 */
	uint64_t living_ms; /* when, by the master's living time */
	uint64_t keep_ms; /* of living time from then: what the policy said */
	const char *by; /* who, as the caller said; may be empty; at most 63 bytes */
	bool counted; /* the next three are known: of a directory once it was walked */
	uint64_t files; /* files and symlinks in it */
	uint64_t dirs; /* directories in it, itself too */
	uint64_t bytes; /* of the files */
};
extern const struct proto_shape proto_row_trash_shape;

/* one row: the sums of what is in the trash */
struct proto_row_trash_count {
	uint64_t living_ms; /* how long masters have lived, as last told */
	uint64_t entries; /* names in the trash */
	uint64_t files; /* files and symlinks, as far as counted */
	uint64_t dirs; /* directories, as far as counted */
	uint64_t bytes; /* of the files, as far as counted */
};
extern const struct proto_shape proto_row_trash_count_shape;

/* name -> this: what an operator set while the cluster ran */
struct proto_row_setting {
	const char *value; /* what it means depends on the name; at most 1023 bytes */
};
extern const struct proto_shape proto_row_setting_shape;

/* first chunk -> this: a file of the metadata, kept on datanodes (RULES 20) */
struct proto_row_keepsake {
	uint64_t from; /* first operation in it; 0: all of the database */
	uint64_t operation; /* the last one in it */
	uint64_t epoch; /* at that operation */
	uint64_t reign; /* of that epoch */
	uint64_t size; /* bytes of the file */
	uint64_t part; /* bytes of each of its chunks but the last; their ids follow each other */
	int64_t time_ms; /* when it was stored, ms since 1970 */
};
extern const struct proto_shape proto_row_keepsake_shape;

/* a master starts */
struct proto_op_epoch_begin {
	uint64_t epoch; /* its reign */
	uint64_t reign; /* random, of this epoch */
	const char *cluster; /* cluster id, 32 hex digits; at most 32 bytes */
};
extern const struct proto_shape proto_op_epoch_begin_shape;

/* ids below these may be given out */
struct proto_op_reserve {
	uint64_t client; /* clients */
	uint64_t chunk; /* counters of chunks, of this epoch */
	uint64_t session; /* write sessions */
};
extern const struct proto_shape proto_op_reserve_shape;

/* a datanode is known */
struct proto_op_node_set {
	uint32_t node; /* its number */
	uint64_t uuid; /* its identity */
	const char *address; /* host:port; at most 263 bytes */
	const char *rack; /* failure domain; at most 63 bytes */
	bool draining; /* to be emptied */
};
extern const struct proto_shape proto_op_node_set_shape;

/* make a directory */
struct proto_op_mkdir {
	const char *path; /* absolute path; at most 4096 bytes */
	uint32_t mode; /* permission bits, 07777 */
	bool parents; /* make what is missing */
	int64_t mtime_ns; /* modification time, ns since 1970 */
	uint32_t uid; /* owner */
	uint32_t gid; /* group */
};
extern const struct proto_shape proto_op_mkdir_shape;

/* make an empty file */
struct proto_op_create {
	const char *path; /* absolute path; at most 4096 bytes */
	uint32_t mode; /* permission bits, 07777 */
	int64_t mtime_ns; /* modification time, ns since 1970 */
	uint32_t uid; /* owner */
	uint32_t gid; /* group */
	uint32_t goal; /* replicas asked for */
	uint64_t chunk_size; /* bytes */
};
extern const struct proto_shape proto_op_create_shape;

/* make a symbolic link */
struct proto_op_symlink {
	const char *path; /* absolute path; at most 4096 bytes */
	const char *target; /* where it points; at most 4095 bytes */
	int64_t mtime_ns; /* modification time, ns since 1970 */
	uint32_t uid; /* owner */
	uint32_t gid; /* group */
};
extern const struct proto_shape proto_op_symlink_shape;

/* remove a name */
struct proto_op_remove {
	const char *path; /* absolute path; at most 4096 bytes */
	bool recursive; /* a directory with what is in it */
	bool directory; /* only an empty directory */
};
extern const struct proto_shape proto_op_remove_shape;

/* move a name */
struct proto_op_rename {
	const char *path; /* absolute path of what is moved; at most 4096 bytes */
	const char *to; /* absolute path of its new place; at most 4096 bytes */
	bool no_replace; /* refused where the target exists */
};
extern const struct proto_shape proto_op_rename_shape;

/* change attributes */
struct proto_op_setattr {
	const char *path; /* absolute path; at most 4096 bytes */
	bool set_mode; /* take mode */
	uint32_t mode; /* permission bits, 07777 */
	bool set_owner; /* take uid and gid */
	uint32_t uid; /* owner */
	uint32_t gid; /* group */
	bool set_mtime; /* take mtime_ns */
	int64_t mtime_ns; /* modification time, ns since 1970 */
};
extern const struct proto_shape proto_op_setattr_shape;

/* a write session and its first chunks */
struct proto_op_session_begin {
	uint64_t session; /* name of the session */
	const char *path; /* absolute path; at most 4096 bytes */
	uint32_t goal; /* replicas that the file will ask for */
	uint64_t chunk_size; /* bytes */
	enum proto_durability durability; /* what its writer asked for */
	bool no_replace; /* refused where the file exists */
	struct proto_chunk_new *chunks; /* the first of them; at most 64 */
	size_t chunks_count;
};
extern const struct proto_shape proto_op_session_begin_shape;

/* more chunks for a session */
struct proto_op_chunk_add {
	uint64_t session; /* name of the session */
	struct proto_chunk_new *chunks; /* fresh ones; at most 64 */
	size_t chunks_count;
};
extern const struct proto_shape proto_op_chunk_add_shape;

/* sign of life of a session */
struct proto_op_session_touch {
	uint64_t session; /* name of the session */
};
extern const struct proto_shape proto_op_session_touch_shape;

/* extents handed in ahead of the commit */
struct proto_op_stage {
	uint64_t session; /* name of the session */
	struct proto_extent_new *extents; /* the next ones, in order of offset; at most 1000 */
	size_t extents_count;
};
extern const struct proto_shape proto_op_stage_shape;

/* make a session's content visible, whole, and end it */
struct proto_op_commit {
	uint64_t session; /* name of the session */
	uint64_t size; /* bytes of the file */
	struct proto_extent_new *extents; /* the rest, after what was staged; at most 1000 */
	size_t extents_count;
	uint32_t mode; /* permission bits, 07777 */
	int64_t mtime_ns; /* modification time, ns since 1970 */
	uint32_t uid; /* owner */
	uint32_t gid; /* group */
};
extern const struct proto_shape proto_op_commit_shape;

/* given up or expired: its chunks are freed */
struct proto_op_session_end {
	uint64_t session; /* name of the session */
};
extern const struct proto_shape proto_op_session_end_shape;

/* version raised, before a freeze is sent */
struct proto_op_chunk_raise {
	uint64_t chunk; /* which chunk */
	uint64_t version; /* the raised one */
};
extern const struct proto_shape proto_op_chunk_raise_shape;

/* length fixed */
struct proto_op_chunk_seal {
	uint64_t chunk; /* which chunk */
	uint64_t version; /* that was frozen */
	uint64_t length; /* bytes kept */
	uint32_t crc; /* CRC32C of them */
};
extern const struct proto_shape proto_op_chunk_seal_shape;

/* a bounded step of what a recursive remove left behind */
struct proto_op_purge {
	uint32_t rows; /* at most this many */
};
extern const struct proto_shape proto_op_purge_shape;

/* freed and deleted everywhere */
struct proto_op_chunk_forget {
	uint64_t *chunks; /* which; at most 1000 */
	size_t chunks_count;
};
extern const struct proto_shape proto_op_chunk_forget_shape;

/* a backup was put back: its own reign, and nothing is deleted until accept */
struct proto_op_hold {
	uint64_t epoch; /* above all that anybody has seen */
	uint64_t reign; /* random, of this epoch */
	uint64_t operation; /* last one of the backup */
	int64_t wall_ms; /* when the backup was made, ms since 1970 */
};
extern const struct proto_shape proto_op_hold_shape;

/* what the restored metadata does not know may be deleted */
struct proto_op_accept {
	bool none; /* no fields */
};
extern const struct proto_shape proto_op_accept_shape;

/* a bounded step: rows of the log that a checkpoint covers */
struct proto_op_log_drop {
	uint64_t upto; /* the last operation that may go */
	uint32_t rows; /* at most this many */
};
extern const struct proto_shape proto_op_log_drop_shape;

/* a name, with all below it, goes into the trash (RULES 14) */
struct proto_op_trash_move {
	const char *path; /* absolute path; at most 4096 bytes */
	bool recursive; /* a directory with what is in it */
	uint64_t living_ms; /* how long masters have lived */
	uint64_t keep_ms; /* of living time: what the policy said */
	const char *by; /* who, as the caller said; at most 63 bytes */
};
extern const struct proto_shape proto_op_trash_move_shape;

/* a name comes back from the trash */
struct proto_op_undelete {
	const char *path; /* where it was; at most 4096 bytes */
	const char *to; /* where it goes; empty: where it was; at most 4096 bytes */
	uint64_t entry; /* number of the operation that moved it there; 0: the newest of that path */
};
extern const struct proto_shape proto_op_undelete_shape;

/* names leave the trash for good */
struct proto_op_trash_drop {
	uint64_t *entries; /* which; those that are gone are passed over; at most 1000 */
	size_t entries_count;
	uint64_t living_ms; /* the master's living time: those whose time has not come stay; 0: all go */
	uint32_t rows; /* about as many rows are touched at most */
};
extern const struct proto_shape proto_op_trash_drop_shape;

/* the master's living time, while something is in the trash */
struct proto_op_trash_live {
	uint64_t living_ms; /* how long masters have lived */
};
extern const struct proto_shape proto_op_trash_live_shape;

/* what a directory in the trash holds was counted */
struct proto_op_trash_measure {
	uint64_t entry; /* its number */
	uint64_t files; /* files and symlinks */
	uint64_t dirs; /* directories, itself too */
	uint64_t bytes; /* of the files */
};
extern const struct proto_shape proto_op_trash_measure_shape;

/* a datanode is to be emptied, or no longer */
struct proto_op_node_drain {
	uint32_t node; /* its number */
	bool draining; /* to be emptied */
};
extern const struct proto_shape proto_op_node_drain_shape;

/* counts that a check found wrong are set right; a chunk's only where they are as it saw them */
struct proto_op_mend {
	struct proto_mend_chunk *chunks; /* whose references are miscounted; at most 1000 */
	size_t chunks_count;
	int64_t add_files; /* to the counters */
	int64_t add_dirs; /* likewise */
	int64_t add_bytes; /* likewise */
	int64_t add_chunks; /* likewise */
};
extern const struct proto_shape proto_op_mend_shape;

/* a setting is changed; an empty value takes it away */
struct proto_op_setting_set {
	const char *name; /* a to z, digits and _; at most 63 bytes */
	const char *value; /* its new value; at most 1023 bytes */
};
extern const struct proto_shape proto_op_setting_set_shape;

/* a file of the metadata is on datanodes: its chunks, sealed (RULES 20) */
struct proto_op_keepsake_add {
	uint64_t chunk; /* which chunk */
	uint64_t from; /* first operation in it; 0: all of the database */
	uint64_t operation; /* the last one in it */
	uint64_t epoch; /* at that operation */
	uint64_t reign; /* of that epoch */
	uint64_t part; /* bytes of each chunk but the last */
	uint32_t goal; /* replicas asked for */
	struct proto_keepsake_chunk *chunks; /* in order; their ids follow each other from `chunk` on; at most 4096 */
	size_t chunks_count;
};
extern const struct proto_shape proto_op_keepsake_add_shape;

/* files of the metadata that newer ones replace: their chunks are freed */
struct proto_op_keepsake_drop {
	uint64_t *chunks; /* the first chunk of each; those that are gone are passed over; at most 1000 */
	size_t chunks_count;
};
extern const struct proto_shape proto_op_keepsake_drop_shape;

/* a datanode is known no more; its number is given to no other */
struct proto_op_node_forget {
	uint32_t node; /* its number */
};
extern const struct proto_shape proto_op_node_forget_shape;

/* ---- JSON ---- */

int proto_fault_encode(const struct proto_fault *from, struct buf *ret);
int proto_fault_decode(struct arena *arena, const char *json, size_t size, struct proto_fault *ret,
	struct dfs_error *err);
int proto_fault_to_json(const struct proto_fault *from, struct cJSON *object);
int proto_attr_encode(const struct proto_attr *from, struct buf *ret);
int proto_attr_decode(struct arena *arena, const char *json, size_t size, struct proto_attr *ret,
	struct dfs_error *err);
int proto_attr_to_json(const struct proto_attr *from, struct cJSON *object);
int proto_replica_encode(const struct proto_replica *from, struct buf *ret);
int proto_replica_decode(struct arena *arena, const char *json, size_t size, struct proto_replica *ret,
	struct dfs_error *err);
int proto_replica_to_json(const struct proto_replica *from, struct cJSON *object);
int proto_allocated_encode(const struct proto_allocated *from, struct buf *ret);
int proto_allocated_decode(struct arena *arena, const char *json, size_t size, struct proto_allocated *ret,
	struct dfs_error *err);
int proto_allocated_to_json(const struct proto_allocated *from, struct cJSON *object);
int proto_extent_encode(const struct proto_extent *from, struct buf *ret);
int proto_extent_decode(struct arena *arena, const char *json, size_t size, struct proto_extent *ret,
	struct dfs_error *err);
int proto_extent_to_json(const struct proto_extent *from, struct cJSON *object);
int proto_located_encode(const struct proto_located *from, struct buf *ret);
int proto_located_decode(struct arena *arena, const char *json, size_t size, struct proto_located *ret,
	struct dfs_error *err);
int proto_located_to_json(const struct proto_located *from, struct cJSON *object);
int proto_disk_encode(const struct proto_disk *from, struct buf *ret);
int proto_disk_decode(struct arena *arena, const char *json, size_t size, struct proto_disk *ret,
	struct dfs_error *err);
int proto_disk_to_json(const struct proto_disk *from, struct cJSON *object);
int proto_held_encode(const struct proto_held *from, struct buf *ret);
int proto_held_decode(struct arena *arena, const char *json, size_t size, struct proto_held *ret,
	struct dfs_error *err);
int proto_held_to_json(const struct proto_held *from, struct cJSON *object);
int proto_writing_encode(const struct proto_writing *from, struct buf *ret);
int proto_writing_decode(struct arena *arena, const char *json, size_t size, struct proto_writing *ret,
	struct dfs_error *err);
int proto_writing_to_json(const struct proto_writing *from, struct cJSON *object);
int proto_leased_encode(const struct proto_leased *from, struct buf *ret);
int proto_leased_decode(struct arena *arena, const char *json, size_t size, struct proto_leased *ret,
	struct dfs_error *err);
int proto_leased_to_json(const struct proto_leased *from, struct cJSON *object);
int proto_chunk_version_encode(const struct proto_chunk_version *from, struct buf *ret);
int proto_chunk_version_decode(struct arena *arena, const char *json, size_t size, struct proto_chunk_version *ret,
	struct dfs_error *err);
int proto_chunk_version_to_json(const struct proto_chunk_version *from, struct cJSON *object);
int proto_piece_encode(const struct proto_piece *from, struct buf *ret);
int proto_piece_decode(struct arena *arena, const char *json, size_t size, struct proto_piece *ret,
	struct dfs_error *err);
int proto_piece_to_json(const struct proto_piece *from, struct cJSON *object);
int proto_node_info_encode(const struct proto_node_info *from, struct buf *ret);
int proto_node_info_decode(struct arena *arena, const char *json, size_t size, struct proto_node_info *ret,
	struct dfs_error *err);
int proto_node_info_to_json(const struct proto_node_info *from, struct cJSON *object);
int proto_reason_encode(const struct proto_reason *from, struct buf *ret);
int proto_reason_decode(struct arena *arena, const char *json, size_t size, struct proto_reason *ret,
	struct dfs_error *err);
int proto_reason_to_json(const struct proto_reason *from, struct cJSON *object);
int proto_balance_info_encode(const struct proto_balance_info *from, struct buf *ret);
int proto_balance_info_decode(struct arena *arena, const char *json, size_t size, struct proto_balance_info *ret,
	struct dfs_error *err);
int proto_balance_info_to_json(const struct proto_balance_info *from, struct cJSON *object);
int proto_drain_info_encode(const struct proto_drain_info *from, struct buf *ret);
int proto_drain_info_decode(struct arena *arena, const char *json, size_t size, struct proto_drain_info *ret,
	struct dfs_error *err);
int proto_drain_info_to_json(const struct proto_drain_info *from, struct cJSON *object);
int proto_policy_info_encode(const struct proto_policy_info *from, struct buf *ret);
int proto_policy_info_decode(struct arena *arena, const char *json, size_t size, struct proto_policy_info *ret,
	struct dfs_error *err);
int proto_policy_info_to_json(const struct proto_policy_info *from, struct cJSON *object);
int proto_copying_encode(const struct proto_copying *from, struct buf *ret);
int proto_copying_decode(struct arena *arena, const char *json, size_t size, struct proto_copying *ret,
	struct dfs_error *err);
int proto_copying_to_json(const struct proto_copying *from, struct cJSON *object);
int proto_copy_source_encode(const struct proto_copy_source *from, struct buf *ret);
int proto_copy_source_decode(struct arena *arena, const char *json, size_t size, struct proto_copy_source *ret,
	struct dfs_error *err);
int proto_copy_source_to_json(const struct proto_copy_source *from, struct cJSON *object);
int proto_missed_encode(const struct proto_missed *from, struct buf *ret);
int proto_missed_decode(struct arena *arena, const char *json, size_t size, struct proto_missed *ret,
	struct dfs_error *err);
int proto_missed_to_json(const struct proto_missed *from, struct cJSON *object);
int proto_scrub_info_encode(const struct proto_scrub_info *from, struct buf *ret);
int proto_scrub_info_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_info *ret,
	struct dfs_error *err);
int proto_scrub_info_to_json(const struct proto_scrub_info *from, struct cJSON *object);
int proto_scrub_asked_encode(const struct proto_scrub_asked *from, struct buf *ret);
int proto_scrub_asked_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_asked *ret,
	struct dfs_error *err);
int proto_scrub_asked_to_json(const struct proto_scrub_asked *from, struct cJSON *object);
int proto_fsck_path_encode(const struct proto_fsck_path *from, struct buf *ret);
int proto_fsck_path_decode(struct arena *arena, const char *json, size_t size, struct proto_fsck_path *ret,
	struct dfs_error *err);
int proto_fsck_path_to_json(const struct proto_fsck_path *from, struct cJSON *object);
int proto_fsck_fault_encode(const struct proto_fsck_fault *from, struct buf *ret);
int proto_fsck_fault_decode(struct arena *arena, const char *json, size_t size, struct proto_fsck_fault *ret,
	struct dfs_error *err);
int proto_fsck_fault_to_json(const struct proto_fsck_fault *from, struct cJSON *object);
int proto_trashed_encode(const struct proto_trashed *from, struct buf *ret);
int proto_trashed_decode(struct arena *arena, const char *json, size_t size, struct proto_trashed *ret,
	struct dfs_error *err);
int proto_trashed_to_json(const struct proto_trashed *from, struct cJSON *object);
int proto_keepsakes_encode(const struct proto_keepsakes *from, struct buf *ret);
int proto_keepsakes_decode(struct arena *arena, const char *json, size_t size, struct proto_keepsakes *ret,
	struct dfs_error *err);
int proto_keepsakes_to_json(const struct proto_keepsakes *from, struct cJSON *object);
int proto_receipt_encode(const struct proto_receipt *from, struct buf *ret);
int proto_receipt_decode(struct arena *arena, const char *json, size_t size, struct proto_receipt *ret,
	struct dfs_error *err);
int proto_receipt_to_json(const struct proto_receipt *from, struct cJSON *object);
int proto_hello_args_encode(const struct proto_hello_args *from, struct buf *ret);
int proto_hello_args_decode(struct arena *arena, const char *json, size_t size, struct proto_hello_args *ret,
	struct dfs_error *err);
int proto_hello_args_to_json(const struct proto_hello_args *from, struct cJSON *object);
int proto_hello_reply_encode(const struct proto_hello_reply *from, struct buf *ret);
int proto_hello_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_hello_reply *ret,
	struct dfs_error *err);
int proto_hello_reply_to_json(const struct proto_hello_reply *from, struct cJSON *object);
int proto_stat_args_encode(const struct proto_stat_args *from, struct buf *ret);
int proto_stat_args_decode(struct arena *arena, const char *json, size_t size, struct proto_stat_args *ret,
	struct dfs_error *err);
int proto_stat_args_to_json(const struct proto_stat_args *from, struct cJSON *object);
int proto_stat_reply_encode(const struct proto_stat_reply *from, struct buf *ret);
int proto_stat_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_stat_reply *ret,
	struct dfs_error *err);
int proto_stat_reply_to_json(const struct proto_stat_reply *from, struct cJSON *object);
int proto_list_args_encode(const struct proto_list_args *from, struct buf *ret);
int proto_list_args_decode(struct arena *arena, const char *json, size_t size, struct proto_list_args *ret,
	struct dfs_error *err);
int proto_list_args_to_json(const struct proto_list_args *from, struct cJSON *object);
int proto_list_reply_encode(const struct proto_list_reply *from, struct buf *ret);
int proto_list_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_list_reply *ret,
	struct dfs_error *err);
int proto_list_reply_to_json(const struct proto_list_reply *from, struct cJSON *object);
int proto_mkdir_args_encode(const struct proto_mkdir_args *from, struct buf *ret);
int proto_mkdir_args_decode(struct arena *arena, const char *json, size_t size, struct proto_mkdir_args *ret,
	struct dfs_error *err);
int proto_mkdir_args_to_json(const struct proto_mkdir_args *from, struct cJSON *object);
int proto_mkdir_reply_encode(const struct proto_mkdir_reply *from, struct buf *ret);
int proto_mkdir_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_mkdir_reply *ret,
	struct dfs_error *err);
int proto_mkdir_reply_to_json(const struct proto_mkdir_reply *from, struct cJSON *object);
int proto_create_args_encode(const struct proto_create_args *from, struct buf *ret);
int proto_create_args_decode(struct arena *arena, const char *json, size_t size, struct proto_create_args *ret,
	struct dfs_error *err);
int proto_create_args_to_json(const struct proto_create_args *from, struct cJSON *object);
int proto_create_reply_encode(const struct proto_create_reply *from, struct buf *ret);
int proto_create_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_create_reply *ret,
	struct dfs_error *err);
int proto_create_reply_to_json(const struct proto_create_reply *from, struct cJSON *object);
int proto_symlink_args_encode(const struct proto_symlink_args *from, struct buf *ret);
int proto_symlink_args_decode(struct arena *arena, const char *json, size_t size, struct proto_symlink_args *ret,
	struct dfs_error *err);
int proto_symlink_args_to_json(const struct proto_symlink_args *from, struct cJSON *object);
int proto_symlink_reply_encode(const struct proto_symlink_reply *from, struct buf *ret);
int proto_symlink_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_symlink_reply *ret,
	struct dfs_error *err);
int proto_symlink_reply_to_json(const struct proto_symlink_reply *from, struct cJSON *object);
int proto_remove_args_encode(const struct proto_remove_args *from, struct buf *ret);
int proto_remove_args_decode(struct arena *arena, const char *json, size_t size, struct proto_remove_args *ret,
	struct dfs_error *err);
int proto_remove_args_to_json(const struct proto_remove_args *from, struct cJSON *object);
int proto_remove_reply_encode(const struct proto_remove_reply *from, struct buf *ret);
int proto_remove_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_remove_reply *ret,
	struct dfs_error *err);
int proto_remove_reply_to_json(const struct proto_remove_reply *from, struct cJSON *object);
int proto_rename_args_encode(const struct proto_rename_args *from, struct buf *ret);
int proto_rename_args_decode(struct arena *arena, const char *json, size_t size, struct proto_rename_args *ret,
	struct dfs_error *err);
int proto_rename_args_to_json(const struct proto_rename_args *from, struct cJSON *object);
int proto_rename_reply_encode(const struct proto_rename_reply *from, struct buf *ret);
int proto_rename_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_rename_reply *ret,
	struct dfs_error *err);
int proto_rename_reply_to_json(const struct proto_rename_reply *from, struct cJSON *object);
int proto_setattr_args_encode(const struct proto_setattr_args *from, struct buf *ret);
int proto_setattr_args_decode(struct arena *arena, const char *json, size_t size, struct proto_setattr_args *ret,
	struct dfs_error *err);
int proto_setattr_args_to_json(const struct proto_setattr_args *from, struct cJSON *object);
int proto_setattr_reply_encode(const struct proto_setattr_reply *from, struct buf *ret);
int proto_setattr_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_setattr_reply *ret,
	struct dfs_error *err);
int proto_setattr_reply_to_json(const struct proto_setattr_reply *from, struct cJSON *object);
int proto_write_begin_args_encode(const struct proto_write_begin_args *from, struct buf *ret);
int proto_write_begin_args_decode(struct arena *arena, const char *json, size_t size, struct proto_write_begin_args *ret,
	struct dfs_error *err);
int proto_write_begin_args_to_json(const struct proto_write_begin_args *from, struct cJSON *object);
int proto_write_begin_reply_encode(const struct proto_write_begin_reply *from, struct buf *ret);
int proto_write_begin_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_write_begin_reply *ret,
	struct dfs_error *err);
int proto_write_begin_reply_to_json(const struct proto_write_begin_reply *from, struct cJSON *object);
int proto_allocate_args_encode(const struct proto_allocate_args *from, struct buf *ret);
int proto_allocate_args_decode(struct arena *arena, const char *json, size_t size, struct proto_allocate_args *ret,
	struct dfs_error *err);
int proto_allocate_args_to_json(const struct proto_allocate_args *from, struct cJSON *object);
int proto_allocate_reply_encode(const struct proto_allocate_reply *from, struct buf *ret);
int proto_allocate_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_allocate_reply *ret,
	struct dfs_error *err);
int proto_allocate_reply_to_json(const struct proto_allocate_reply *from, struct cJSON *object);
int proto_renew_args_encode(const struct proto_renew_args *from, struct buf *ret);
int proto_renew_args_decode(struct arena *arena, const char *json, size_t size, struct proto_renew_args *ret,
	struct dfs_error *err);
int proto_renew_args_to_json(const struct proto_renew_args *from, struct cJSON *object);
int proto_renew_reply_encode(const struct proto_renew_reply *from, struct buf *ret);
int proto_renew_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_renew_reply *ret,
	struct dfs_error *err);
int proto_renew_reply_to_json(const struct proto_renew_reply *from, struct cJSON *object);
int proto_seal_args_encode(const struct proto_seal_args *from, struct buf *ret);
int proto_seal_args_decode(struct arena *arena, const char *json, size_t size, struct proto_seal_args *ret,
	struct dfs_error *err);
int proto_seal_args_to_json(const struct proto_seal_args *from, struct cJSON *object);
int proto_seal_reply_encode(const struct proto_seal_reply *from, struct buf *ret);
int proto_seal_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_seal_reply *ret,
	struct dfs_error *err);
int proto_seal_reply_to_json(const struct proto_seal_reply *from, struct cJSON *object);
int proto_stage_args_encode(const struct proto_stage_args *from, struct buf *ret);
int proto_stage_args_decode(struct arena *arena, const char *json, size_t size, struct proto_stage_args *ret,
	struct dfs_error *err);
int proto_stage_args_to_json(const struct proto_stage_args *from, struct cJSON *object);
int proto_stage_reply_encode(const struct proto_stage_reply *from, struct buf *ret);
int proto_stage_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_stage_reply *ret,
	struct dfs_error *err);
int proto_stage_reply_to_json(const struct proto_stage_reply *from, struct cJSON *object);
int proto_commit_args_encode(const struct proto_commit_args *from, struct buf *ret);
int proto_commit_args_decode(struct arena *arena, const char *json, size_t size, struct proto_commit_args *ret,
	struct dfs_error *err);
int proto_commit_args_to_json(const struct proto_commit_args *from, struct cJSON *object);
int proto_commit_reply_encode(const struct proto_commit_reply *from, struct buf *ret);
int proto_commit_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_commit_reply *ret,
	struct dfs_error *err);
int proto_commit_reply_to_json(const struct proto_commit_reply *from, struct cJSON *object);
int proto_abandon_args_encode(const struct proto_abandon_args *from, struct buf *ret);
int proto_abandon_args_decode(struct arena *arena, const char *json, size_t size, struct proto_abandon_args *ret,
	struct dfs_error *err);
int proto_abandon_args_to_json(const struct proto_abandon_args *from, struct cJSON *object);
int proto_abandon_reply_encode(const struct proto_abandon_reply *from, struct buf *ret);
int proto_abandon_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_abandon_reply *ret,
	struct dfs_error *err);
int proto_abandon_reply_to_json(const struct proto_abandon_reply *from, struct cJSON *object);
int proto_locate_args_encode(const struct proto_locate_args *from, struct buf *ret);
int proto_locate_args_decode(struct arena *arena, const char *json, size_t size, struct proto_locate_args *ret,
	struct dfs_error *err);
int proto_locate_args_to_json(const struct proto_locate_args *from, struct cJSON *object);
int proto_locate_reply_encode(const struct proto_locate_reply *from, struct buf *ret);
int proto_locate_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_locate_reply *ret,
	struct dfs_error *err);
int proto_locate_reply_to_json(const struct proto_locate_reply *from, struct cJSON *object);
int proto_nodes_args_encode(const struct proto_nodes_args *from, struct buf *ret);
int proto_nodes_args_decode(struct arena *arena, const char *json, size_t size, struct proto_nodes_args *ret,
	struct dfs_error *err);
int proto_nodes_args_to_json(const struct proto_nodes_args *from, struct cJSON *object);
int proto_nodes_reply_encode(const struct proto_nodes_reply *from, struct buf *ret);
int proto_nodes_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_nodes_reply *ret,
	struct dfs_error *err);
int proto_nodes_reply_to_json(const struct proto_nodes_reply *from, struct cJSON *object);
int proto_status_args_encode(const struct proto_status_args *from, struct buf *ret);
int proto_status_args_decode(struct arena *arena, const char *json, size_t size, struct proto_status_args *ret,
	struct dfs_error *err);
int proto_status_args_to_json(const struct proto_status_args *from, struct cJSON *object);
int proto_status_reply_encode(const struct proto_status_reply *from, struct buf *ret);
int proto_status_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_status_reply *ret,
	struct dfs_error *err);
int proto_status_reply_to_json(const struct proto_status_reply *from, struct cJSON *object);
int proto_register_args_encode(const struct proto_register_args *from, struct buf *ret);
int proto_register_args_decode(struct arena *arena, const char *json, size_t size, struct proto_register_args *ret,
	struct dfs_error *err);
int proto_register_args_to_json(const struct proto_register_args *from, struct cJSON *object);
int proto_register_reply_encode(const struct proto_register_reply *from, struct buf *ret);
int proto_register_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_register_reply *ret,
	struct dfs_error *err);
int proto_register_reply_to_json(const struct proto_register_reply *from, struct cJSON *object);
int proto_report_args_encode(const struct proto_report_args *from, struct buf *ret);
int proto_report_args_decode(struct arena *arena, const char *json, size_t size, struct proto_report_args *ret,
	struct dfs_error *err);
int proto_report_args_to_json(const struct proto_report_args *from, struct cJSON *object);
int proto_report_reply_encode(const struct proto_report_reply *from, struct buf *ret);
int proto_report_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_report_reply *ret,
	struct dfs_error *err);
int proto_report_reply_to_json(const struct proto_report_reply *from, struct cJSON *object);
int proto_heartbeat_args_encode(const struct proto_heartbeat_args *from, struct buf *ret);
int proto_heartbeat_args_decode(struct arena *arena, const char *json, size_t size, struct proto_heartbeat_args *ret,
	struct dfs_error *err);
int proto_heartbeat_args_to_json(const struct proto_heartbeat_args *from, struct cJSON *object);
int proto_heartbeat_reply_encode(const struct proto_heartbeat_reply *from, struct buf *ret);
int proto_heartbeat_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_heartbeat_reply *ret,
	struct dfs_error *err);
int proto_heartbeat_reply_to_json(const struct proto_heartbeat_reply *from, struct cJSON *object);
int proto_progress_args_encode(const struct proto_progress_args *from, struct buf *ret);
int proto_progress_args_decode(struct arena *arena, const char *json, size_t size, struct proto_progress_args *ret,
	struct dfs_error *err);
int proto_progress_args_to_json(const struct proto_progress_args *from, struct cJSON *object);
int proto_progress_reply_encode(const struct proto_progress_reply *from, struct buf *ret);
int proto_progress_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_progress_reply *ret,
	struct dfs_error *err);
int proto_progress_reply_to_json(const struct proto_progress_reply *from, struct cJSON *object);
int proto_freeze_args_encode(const struct proto_freeze_args *from, struct buf *ret);
int proto_freeze_args_decode(struct arena *arena, const char *json, size_t size, struct proto_freeze_args *ret,
	struct dfs_error *err);
int proto_freeze_args_to_json(const struct proto_freeze_args *from, struct cJSON *object);
int proto_freeze_reply_encode(const struct proto_freeze_reply *from, struct buf *ret);
int proto_freeze_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_freeze_reply *ret,
	struct dfs_error *err);
int proto_freeze_reply_to_json(const struct proto_freeze_reply *from, struct cJSON *object);
int proto_seal_at_args_encode(const struct proto_seal_at_args *from, struct buf *ret);
int proto_seal_at_args_decode(struct arena *arena, const char *json, size_t size, struct proto_seal_at_args *ret,
	struct dfs_error *err);
int proto_seal_at_args_to_json(const struct proto_seal_at_args *from, struct cJSON *object);
int proto_seal_at_reply_encode(const struct proto_seal_at_reply *from, struct buf *ret);
int proto_seal_at_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_seal_at_reply *ret,
	struct dfs_error *err);
int proto_seal_at_reply_to_json(const struct proto_seal_at_reply *from, struct cJSON *object);
int proto_delete_args_encode(const struct proto_delete_args *from, struct buf *ret);
int proto_delete_args_decode(struct arena *arena, const char *json, size_t size, struct proto_delete_args *ret,
	struct dfs_error *err);
int proto_delete_args_to_json(const struct proto_delete_args *from, struct cJSON *object);
int proto_delete_reply_encode(const struct proto_delete_reply *from, struct buf *ret);
int proto_delete_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_delete_reply *ret,
	struct dfs_error *err);
int proto_delete_reply_to_json(const struct proto_delete_reply *from, struct cJSON *object);
int proto_copy_args_encode(const struct proto_copy_args *from, struct buf *ret);
int proto_copy_args_decode(struct arena *arena, const char *json, size_t size, struct proto_copy_args *ret,
	struct dfs_error *err);
int proto_copy_args_to_json(const struct proto_copy_args *from, struct cJSON *object);
int proto_copy_reply_encode(const struct proto_copy_reply *from, struct buf *ret);
int proto_copy_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_copy_reply *ret,
	struct dfs_error *err);
int proto_copy_reply_to_json(const struct proto_copy_reply *from, struct cJSON *object);
int proto_accept_args_encode(const struct proto_accept_args *from, struct buf *ret);
int proto_accept_args_decode(struct arena *arena, const char *json, size_t size, struct proto_accept_args *ret,
	struct dfs_error *err);
int proto_accept_args_to_json(const struct proto_accept_args *from, struct cJSON *object);
int proto_accept_reply_encode(const struct proto_accept_reply *from, struct buf *ret);
int proto_accept_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_accept_reply *ret,
	struct dfs_error *err);
int proto_accept_reply_to_json(const struct proto_accept_reply *from, struct cJSON *object);
int proto_drain_args_encode(const struct proto_drain_args *from, struct buf *ret);
int proto_drain_args_decode(struct arena *arena, const char *json, size_t size, struct proto_drain_args *ret,
	struct dfs_error *err);
int proto_drain_args_to_json(const struct proto_drain_args *from, struct cJSON *object);
int proto_drain_reply_encode(const struct proto_drain_reply *from, struct buf *ret);
int proto_drain_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_drain_reply *ret,
	struct dfs_error *err);
int proto_drain_reply_to_json(const struct proto_drain_reply *from, struct cJSON *object);
int proto_drains_args_encode(const struct proto_drains_args *from, struct buf *ret);
int proto_drains_args_decode(struct arena *arena, const char *json, size_t size, struct proto_drains_args *ret,
	struct dfs_error *err);
int proto_drains_args_to_json(const struct proto_drains_args *from, struct cJSON *object);
int proto_drains_reply_encode(const struct proto_drains_reply *from, struct buf *ret);
int proto_drains_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_drains_reply *ret,
	struct dfs_error *err);
int proto_drains_reply_to_json(const struct proto_drains_reply *from, struct cJSON *object);
int proto_checkpoint_args_encode(const struct proto_checkpoint_args *from, struct buf *ret);
int proto_checkpoint_args_decode(struct arena *arena, const char *json, size_t size, struct proto_checkpoint_args *ret,
	struct dfs_error *err);
int proto_checkpoint_args_to_json(const struct proto_checkpoint_args *from, struct cJSON *object);
int proto_checkpoint_reply_encode(const struct proto_checkpoint_reply *from, struct buf *ret);
int proto_checkpoint_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_checkpoint_reply *ret,
	struct dfs_error *err);
int proto_checkpoint_reply_to_json(const struct proto_checkpoint_reply *from, struct cJSON *object);
int proto_checkpoint_read_args_encode(const struct proto_checkpoint_read_args *from, struct buf *ret);
int proto_checkpoint_read_args_decode(struct arena *arena, const char *json, size_t size, struct proto_checkpoint_read_args *ret,
	struct dfs_error *err);
int proto_checkpoint_read_args_to_json(const struct proto_checkpoint_read_args *from, struct cJSON *object);
int proto_checkpoint_read_reply_encode(const struct proto_checkpoint_read_reply *from, struct buf *ret);
int proto_checkpoint_read_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_checkpoint_read_reply *ret,
	struct dfs_error *err);
int proto_checkpoint_read_reply_to_json(const struct proto_checkpoint_read_reply *from, struct cJSON *object);
int proto_scrub_args_encode(const struct proto_scrub_args *from, struct buf *ret);
int proto_scrub_args_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_args *ret,
	struct dfs_error *err);
int proto_scrub_args_to_json(const struct proto_scrub_args *from, struct cJSON *object);
int proto_scrub_reply_encode(const struct proto_scrub_reply *from, struct buf *ret);
int proto_scrub_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_reply *ret,
	struct dfs_error *err);
int proto_scrub_reply_to_json(const struct proto_scrub_reply *from, struct cJSON *object);
int proto_scrub_wait_args_encode(const struct proto_scrub_wait_args *from, struct buf *ret);
int proto_scrub_wait_args_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_wait_args *ret,
	struct dfs_error *err);
int proto_scrub_wait_args_to_json(const struct proto_scrub_wait_args *from, struct cJSON *object);
int proto_scrub_wait_reply_encode(const struct proto_scrub_wait_reply *from, struct buf *ret);
int proto_scrub_wait_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_wait_reply *ret,
	struct dfs_error *err);
int proto_scrub_wait_reply_to_json(const struct proto_scrub_wait_reply *from, struct cJSON *object);
int proto_fsck_args_encode(const struct proto_fsck_args *from, struct buf *ret);
int proto_fsck_args_decode(struct arena *arena, const char *json, size_t size, struct proto_fsck_args *ret,
	struct dfs_error *err);
int proto_fsck_args_to_json(const struct proto_fsck_args *from, struct cJSON *object);
int proto_fsck_reply_encode(const struct proto_fsck_reply *from, struct buf *ret);
int proto_fsck_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_fsck_reply *ret,
	struct dfs_error *err);
int proto_fsck_reply_to_json(const struct proto_fsck_reply *from, struct cJSON *object);
int proto_fsck_read_args_encode(const struct proto_fsck_read_args *from, struct buf *ret);
int proto_fsck_read_args_decode(struct arena *arena, const char *json, size_t size, struct proto_fsck_read_args *ret,
	struct dfs_error *err);
int proto_fsck_read_args_to_json(const struct proto_fsck_read_args *from, struct cJSON *object);
int proto_fsck_read_reply_encode(const struct proto_fsck_read_reply *from, struct buf *ret);
int proto_fsck_read_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_fsck_read_reply *ret,
	struct dfs_error *err);
int proto_fsck_read_reply_to_json(const struct proto_fsck_read_reply *from, struct cJSON *object);
int proto_scrub_begin_args_encode(const struct proto_scrub_begin_args *from, struct buf *ret);
int proto_scrub_begin_args_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_begin_args *ret,
	struct dfs_error *err);
int proto_scrub_begin_args_to_json(const struct proto_scrub_begin_args *from, struct cJSON *object);
int proto_scrub_begin_reply_encode(const struct proto_scrub_begin_reply *from, struct buf *ret);
int proto_scrub_begin_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_scrub_begin_reply *ret,
	struct dfs_error *err);
int proto_scrub_begin_reply_to_json(const struct proto_scrub_begin_reply *from, struct cJSON *object);
int proto_report_all_args_encode(const struct proto_report_all_args *from, struct buf *ret);
int proto_report_all_args_decode(struct arena *arena, const char *json, size_t size, struct proto_report_all_args *ret,
	struct dfs_error *err);
int proto_report_all_args_to_json(const struct proto_report_all_args *from, struct cJSON *object);
int proto_report_all_reply_encode(const struct proto_report_all_reply *from, struct buf *ret);
int proto_report_all_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_report_all_reply *ret,
	struct dfs_error *err);
int proto_report_all_reply_to_json(const struct proto_report_all_reply *from, struct cJSON *object);
int proto_trash_list_args_encode(const struct proto_trash_list_args *from, struct buf *ret);
int proto_trash_list_args_decode(struct arena *arena, const char *json, size_t size, struct proto_trash_list_args *ret,
	struct dfs_error *err);
int proto_trash_list_args_to_json(const struct proto_trash_list_args *from, struct cJSON *object);
int proto_trash_list_reply_encode(const struct proto_trash_list_reply *from, struct buf *ret);
int proto_trash_list_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_trash_list_reply *ret,
	struct dfs_error *err);
int proto_trash_list_reply_to_json(const struct proto_trash_list_reply *from, struct cJSON *object);
int proto_undelete_args_encode(const struct proto_undelete_args *from, struct buf *ret);
int proto_undelete_args_decode(struct arena *arena, const char *json, size_t size, struct proto_undelete_args *ret,
	struct dfs_error *err);
int proto_undelete_args_to_json(const struct proto_undelete_args *from, struct cJSON *object);
int proto_undelete_reply_encode(const struct proto_undelete_reply *from, struct buf *ret);
int proto_undelete_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_undelete_reply *ret,
	struct dfs_error *err);
int proto_undelete_reply_to_json(const struct proto_undelete_reply *from, struct cJSON *object);
int proto_trash_empty_args_encode(const struct proto_trash_empty_args *from, struct buf *ret);
int proto_trash_empty_args_decode(struct arena *arena, const char *json, size_t size, struct proto_trash_empty_args *ret,
	struct dfs_error *err);
int proto_trash_empty_args_to_json(const struct proto_trash_empty_args *from, struct cJSON *object);
int proto_trash_empty_reply_encode(const struct proto_trash_empty_reply *from, struct buf *ret);
int proto_trash_empty_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_trash_empty_reply *ret,
	struct dfs_error *err);
int proto_trash_empty_reply_to_json(const struct proto_trash_empty_reply *from, struct cJSON *object);
int proto_why_args_encode(const struct proto_why_args *from, struct buf *ret);
int proto_why_args_decode(struct arena *arena, const char *json, size_t size, struct proto_why_args *ret,
	struct dfs_error *err);
int proto_why_args_to_json(const struct proto_why_args *from, struct cJSON *object);
int proto_why_reply_encode(const struct proto_why_reply *from, struct buf *ret);
int proto_why_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_why_reply *ret,
	struct dfs_error *err);
int proto_why_reply_to_json(const struct proto_why_reply *from, struct cJSON *object);
int proto_history_args_encode(const struct proto_history_args *from, struct buf *ret);
int proto_history_args_decode(struct arena *arena, const char *json, size_t size, struct proto_history_args *ret,
	struct dfs_error *err);
int proto_history_args_to_json(const struct proto_history_args *from, struct cJSON *object);
int proto_history_reply_encode(const struct proto_history_reply *from, struct buf *ret);
int proto_history_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_history_reply *ret,
	struct dfs_error *err);
int proto_history_reply_to_json(const struct proto_history_reply *from, struct cJSON *object);
int proto_balance_args_encode(const struct proto_balance_args *from, struct buf *ret);
int proto_balance_args_decode(struct arena *arena, const char *json, size_t size, struct proto_balance_args *ret,
	struct dfs_error *err);
int proto_balance_args_to_json(const struct proto_balance_args *from, struct cJSON *object);
int proto_balance_reply_encode(const struct proto_balance_reply *from, struct buf *ret);
int proto_balance_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_balance_reply *ret,
	struct dfs_error *err);
int proto_balance_reply_to_json(const struct proto_balance_reply *from, struct cJSON *object);
int proto_balancing_args_encode(const struct proto_balancing_args *from, struct buf *ret);
int proto_balancing_args_decode(struct arena *arena, const char *json, size_t size, struct proto_balancing_args *ret,
	struct dfs_error *err);
int proto_balancing_args_to_json(const struct proto_balancing_args *from, struct cJSON *object);
int proto_balancing_reply_encode(const struct proto_balancing_reply *from, struct buf *ret);
int proto_balancing_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_balancing_reply *ret,
	struct dfs_error *err);
int proto_balancing_reply_to_json(const struct proto_balancing_reply *from, struct cJSON *object);
int proto_keepsake_read_args_encode(const struct proto_keepsake_read_args *from, struct buf *ret);
int proto_keepsake_read_args_decode(struct arena *arena, const char *json, size_t size, struct proto_keepsake_read_args *ret,
	struct dfs_error *err);
int proto_keepsake_read_args_to_json(const struct proto_keepsake_read_args *from, struct cJSON *object);
int proto_keepsake_read_reply_encode(const struct proto_keepsake_read_reply *from, struct buf *ret);
int proto_keepsake_read_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_keepsake_read_reply *ret,
	struct dfs_error *err);
int proto_keepsake_read_reply_to_json(const struct proto_keepsake_read_reply *from, struct cJSON *object);
int proto_keep_args_encode(const struct proto_keep_args *from, struct buf *ret);
int proto_keep_args_decode(struct arena *arena, const char *json, size_t size, struct proto_keep_args *ret,
	struct dfs_error *err);
int proto_keep_args_to_json(const struct proto_keep_args *from, struct cJSON *object);
int proto_keep_reply_encode(const struct proto_keep_reply *from, struct buf *ret);
int proto_keep_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_keep_reply *ret,
	struct dfs_error *err);
int proto_keep_reply_to_json(const struct proto_keep_reply *from, struct cJSON *object);
int proto_forget_args_encode(const struct proto_forget_args *from, struct buf *ret);
int proto_forget_args_decode(struct arena *arena, const char *json, size_t size, struct proto_forget_args *ret,
	struct dfs_error *err);
int proto_forget_args_to_json(const struct proto_forget_args *from, struct cJSON *object);
int proto_forget_reply_encode(const struct proto_forget_reply *from, struct buf *ret);
int proto_forget_reply_decode(struct arena *arena, const char *json, size_t size, struct proto_forget_reply *ret,
	struct dfs_error *err);
int proto_forget_reply_to_json(const struct proto_forget_reply *from, struct cJSON *object);

/* ---- calls ---- */

enum proto_call {
	PROTO_CALL_NONE,
	PROTO_CALL_HELLO, /* first call on a channel (RULES 35) */
	PROTO_CALL_STAT, /* attributes of a path */
	PROTO_CALL_LIST, /* a page of a directory, in order of the names' bytes */
	PROTO_CALL_MKDIR, /* make a directory */
	PROTO_CALL_CREATE, /* an empty file where none is */
	PROTO_CALL_SYMLINK, /* make a symbolic link; it is stored, not followed */
	PROTO_CALL_REMOVE, /* remove a name and, recursive, all below it: it goes into the trash, or is freed at once (RULES 14) */
	PROTO_CALL_RENAME, /* move a name; replaces a file by a file, an empty directory by a directory */
	PROTO_CALL_SETATTR, /* change attributes */
	PROTO_CALL_WRITE_BEGIN, /* open a write session for the new content of a file (RULES 11) */
	PROTO_CALL_ALLOCATE, /* more chunks for a session */
	PROTO_CALL_RENEW, /* keep a session alive */
	PROTO_CALL_SEAL, /* a replica failed the writer: freeze the chunk, seal it at a length that holds what was acknowledged (RULES 1) */
	PROTO_CALL_STAGE, /* hand in extents of a long file ahead of the commit */
	PROTO_CALL_COMMIT, /* make the new content visible, whole; ends the session */
	PROTO_CALL_ABANDON, /* give a session up; its chunks are freed */
	PROTO_CALL_LOCATE, /* extents of a file from an offset on, with replicas and tickets */
	PROTO_CALL_NODES, /* the datanodes */
	PROTO_CALL_STATUS, /* the cluster in a page */
	PROTO_CALL_REGISTER, /* a datanode's first call on its channel */
	PROTO_CALL_REPORT, /* replicas held: a full report in parts, then deltas in order (RULES 23) */
	PROTO_CALL_HEARTBEAT, /* alive; from a thread that touches no disk (RULES 34) */
	PROTO_CALL_PROGRESS, /* open chunks that this node is primary of; the answer extends their leases */
	PROTO_CALL_FREEZE, /* raise the version, refuse appends below it for ever, tell what is there (RULES 1) */
	PROTO_CALL_SEAL_AT, /* cut to a length and seal; refused where the bytes differ */
	PROTO_CALL_DELETE, /* delete replicas at or below a version, never open ones above it (RULES 13) */
	PROTO_CALL_COPY, /* fetch a sealed chunk from another datanode */
	PROTO_CALL_ACCEPT, /* after a restore: what the restored metadata does not know may be deleted (RULES 16) */
	PROTO_CALL_DRAIN, /* empty a datanode: what it holds is copied elsewhere, it takes nothing more; until it is cancelled */
	PROTO_CALL_DRAINS, /* the datanodes that are being emptied */
	PROTO_CALL_CHECKPOINT, /* make a checkpoint of the metadata as it is now (RULES 19); it can be read for some time */
	PROTO_CALL_CHECKPOINT_READ, /* bytes of a checkpoint's file */
	PROTO_CALL_SCRUB, /* have datanodes check their replicas, or tell how fast they may */
	PROTO_CALL_SCRUB_WAIT, /* wait a moment for passes that were asked for */
	PROTO_CALL_FSCK, /* begin to check metadata against itself and against replicas */
	PROTO_CALL_FSCK_READ, /* what a check has found so far */
	PROTO_CALL_SCRUB_BEGIN, /* as `scrub`, for one datanode */
	PROTO_CALL_REPORT_ALL, /* report all replicas anew; answered when that is done */
	PROTO_CALL_TRASH_LIST, /* what is in the trash, the oldest first */
	PROTO_CALL_UNDELETE, /* bring a name back from the trash, with its inode, bytes, attributes and links */
	PROTO_CALL_TRASH_EMPTY, /* free what is in the trash; a step of it: ask again while there is more */
	PROTO_CALL_WHY, /* why it is so: of a path, a chunk, a datanode, or (none of them) of whatever is not well in the cluster */
	PROTO_CALL_HISTORY, /* what happened lately, as far as this master remembers */
	PROTO_CALL_BALANCE, /* move replicas from full datanodes to empty ones, or stop that */
	PROTO_CALL_BALANCING, /* how even the datanodes are */
	PROTO_CALL_KEEPSAKE_READ, /* as checkpoint_read, for a datanode that was told to keep the file (RULES 20) */
	PROTO_CALL_KEEP, /* fetch bytes of a checkpoint's file from the master, and keep them as a sealed chunk (RULES 20) */
	PROTO_CALL_FORGET, /* a datanode that is dead and that nothing needs is known no more; one that returns registers as a new one */
};
enum { PROTO_CALLS = 49 }; /* one more than the last */

struct proto_call_info {
	const char *name;
	bool to_master;       /* false: to a datanode */
	enum proto_role role; /* the least that the caller's token must have */
	bool mutates;         /* carries (client, sequence): RULES 17 */
	size_t args_size, reply_size;
	const struct proto_shape *args, *reply;
	int (*args_encode)(const void *args, struct buf *ret);
	int (*args_decode)(struct arena *arena, const char *json, size_t size, void *ret, struct dfs_error *err);
	int (*reply_encode)(const void *reply, struct buf *ret);
	int (*reply_decode)(struct arena *arena, const char *json, size_t size, void *ret, struct dfs_error *err);
};

/* NULL for PROTO_CALL_NONE and what is out of range. */
const struct proto_call_info *proto_call_info(enum proto_call call);
/* PROTO_CALL_NONE where there is none of that name. */
enum proto_call proto_call_find(const char *name);

/* ---- rows: X_unpack gives DFS_E_CORRUPT for what X_pack did not make ---- */

int proto_row_inode_pack(const struct proto_row_inode *from, struct buf *ret);
int proto_row_inode_unpack(const void *bytes, size_t size, struct arena *arena,
	struct proto_row_inode *ret, struct dfs_error *err);
int proto_row_dentry_pack(const struct proto_row_dentry *from, struct buf *ret);
int proto_row_dentry_unpack(const void *bytes, size_t size, struct arena *arena,
	struct proto_row_dentry *ret, struct dfs_error *err);
int proto_row_extent_row_pack(const struct proto_row_extent_row *from, struct buf *ret);
int proto_row_extent_row_unpack(const void *bytes, size_t size, struct arena *arena,
	struct proto_row_extent_row *ret, struct dfs_error *err);
int proto_row_chunk_pack(const struct proto_row_chunk *from, struct buf *ret);
int proto_row_chunk_unpack(const void *bytes, size_t size, struct arena *arena,
	struct proto_row_chunk *ret, struct dfs_error *err);
int proto_row_session_pack(const struct proto_row_session *from, struct buf *ret);
int proto_row_session_unpack(const void *bytes, size_t size, struct arena *arena,
	struct proto_row_session *ret, struct dfs_error *err);
int proto_row_node_pack(const struct proto_row_node *from, struct buf *ret);
int proto_row_node_unpack(const void *bytes, size_t size, struct arena *arena,
	struct proto_row_node *ret, struct dfs_error *err);
int proto_row_answer_pack(const struct proto_row_answer *from, struct buf *ret);
int proto_row_answer_unpack(const void *bytes, size_t size, struct arena *arena,
	struct proto_row_answer *ret, struct dfs_error *err);
int proto_row_counters_pack(const struct proto_row_counters *from, struct buf *ret);
int proto_row_counters_unpack(const void *bytes, size_t size, struct arena *arena,
	struct proto_row_counters *ret, struct dfs_error *err);
int proto_row_reign_pack(const struct proto_row_reign *from, struct buf *ret);
int proto_row_reign_unpack(const void *bytes, size_t size, struct arena *arena,
	struct proto_row_reign *ret, struct dfs_error *err);
int proto_row_hold_pack(const struct proto_row_hold *from, struct buf *ret);
int proto_row_hold_unpack(const void *bytes, size_t size, struct arena *arena,
	struct proto_row_hold *ret, struct dfs_error *err);
int proto_row_trash_pack(const struct proto_row_trash *from, struct buf *ret);
int proto_row_trash_unpack(const void *bytes, size_t size, struct arena *arena,
	struct proto_row_trash *ret, struct dfs_error *err);
int proto_row_trash_count_pack(const struct proto_row_trash_count *from, struct buf *ret);
int proto_row_trash_count_unpack(const void *bytes, size_t size, struct arena *arena,
	struct proto_row_trash_count *ret, struct dfs_error *err);
int proto_row_setting_pack(const struct proto_row_setting *from, struct buf *ret);
int proto_row_setting_unpack(const void *bytes, size_t size, struct arena *arena,
	struct proto_row_setting *ret, struct dfs_error *err);
int proto_row_keepsake_pack(const struct proto_row_keepsake *from, struct buf *ret);
int proto_row_keepsake_unpack(const void *bytes, size_t size, struct arena *arena,
	struct proto_row_keepsake *ret, struct dfs_error *err);

/* ---- operations ---- */

/* The numbers are on disk: never change one. */
enum proto_op_kind {
	PROTO_OP_NONE,
	PROTO_OP_EPOCH_BEGIN, /* a master starts */
	PROTO_OP_RESERVE, /* ids below these may be given out */
	PROTO_OP_NODE_SET, /* a datanode is known */
	PROTO_OP_MKDIR, /* make a directory */
	PROTO_OP_CREATE, /* make an empty file */
	PROTO_OP_SYMLINK, /* make a symbolic link */
	PROTO_OP_REMOVE, /* remove a name */
	PROTO_OP_RENAME, /* move a name */
	PROTO_OP_SETATTR, /* change attributes */
	PROTO_OP_SESSION_BEGIN, /* a write session and its first chunks */
	PROTO_OP_CHUNK_ADD, /* more chunks for a session */
	PROTO_OP_SESSION_TOUCH, /* sign of life of a session */
	PROTO_OP_STAGE, /* extents handed in ahead of the commit */
	PROTO_OP_COMMIT, /* make a session's content visible, whole, and end it */
	PROTO_OP_SESSION_END, /* given up or expired: its chunks are freed */
	PROTO_OP_CHUNK_RAISE, /* version raised, before a freeze is sent */
	PROTO_OP_CHUNK_SEAL, /* length fixed */
	PROTO_OP_PURGE, /* a bounded step of what a recursive remove left behind */
	PROTO_OP_CHUNK_FORGET, /* freed and deleted everywhere */
	PROTO_OP_HOLD, /* a backup was put back: its own reign, and nothing is deleted until accept */
	PROTO_OP_ACCEPT, /* what the restored metadata does not know may be deleted */
	PROTO_OP_LOG_DROP, /* a bounded step: rows of the log that a checkpoint covers */
	PROTO_OP_TRASH_MOVE, /* a name, with all below it, goes into the trash (RULES 14) */
	PROTO_OP_UNDELETE, /* a name comes back from the trash */
	PROTO_OP_TRASH_DROP, /* names leave the trash for good */
	PROTO_OP_TRASH_LIVE, /* the master's living time, while something is in the trash */
	PROTO_OP_TRASH_MEASURE, /* what a directory in the trash holds was counted */
	PROTO_OP_NODE_DRAIN, /* a datanode is to be emptied, or no longer */
	PROTO_OP_MEND, /* counts that a check found wrong are set right; a chunk's only where they are as it saw them */
	PROTO_OP_SETTING_SET, /* a setting is changed; an empty value takes it away */
	PROTO_OP_KEEPSAKE_ADD, /* a file of the metadata is on datanodes: its chunks, sealed (RULES 20) */
	PROTO_OP_KEEPSAKE_DROP, /* files of the metadata that newer ones replace: their chunks are freed */
	PROTO_OP_NODE_FORGET, /* a datanode is known no more; its number is given to no other */
};
enum { PROTO_OPS = 34 }; /* one more than the last */

struct proto_op {
	enum proto_op_kind kind;
	union {
		struct proto_op_epoch_begin epoch_begin;
		struct proto_op_reserve reserve;
		struct proto_op_node_set node_set;
		struct proto_op_mkdir mkdir;
		struct proto_op_create create;
		struct proto_op_symlink symlink;
		struct proto_op_remove remove;
		struct proto_op_rename rename;
		struct proto_op_setattr setattr;
		struct proto_op_session_begin session_begin;
		struct proto_op_chunk_add chunk_add;
		struct proto_op_session_touch session_touch;
		struct proto_op_stage stage;
		struct proto_op_commit commit;
		struct proto_op_session_end session_end;
		struct proto_op_chunk_raise chunk_raise;
		struct proto_op_chunk_seal chunk_seal;
		struct proto_op_purge purge;
		struct proto_op_chunk_forget chunk_forget;
		struct proto_op_hold hold;
		struct proto_op_accept accept;
		struct proto_op_log_drop log_drop;
		struct proto_op_trash_move trash_move;
		struct proto_op_undelete undelete;
		struct proto_op_trash_drop trash_drop;
		struct proto_op_trash_live trash_live;
		struct proto_op_trash_measure trash_measure;
		struct proto_op_node_drain node_drain;
		struct proto_op_mend mend;
		struct proto_op_setting_set setting_set;
		struct proto_op_keepsake_add keepsake_add;
		struct proto_op_keepsake_drop keepsake_drop;
		struct proto_op_node_forget node_forget;
	};
};

enum { PROTO_OP_BODY = offsetof(struct proto_op, mkdir) }; /* where the union begins */

/* "?" for PROTO_OP_NONE and what is out of range. */
const char *proto_op_name(enum proto_op_kind kind);
/* Shape of the body, NULL likewise; the body stands at PROTO_OP_BODY. */
const struct proto_shape *proto_op_shape(enum proto_op_kind kind);
/* PROTO_FORMAT, one byte of kind, the body. DFS_E_INVAL for no operation. */
int proto_op_pack(const struct proto_op *from, struct buf *ret);
int proto_op_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_op *ret,
	struct dfs_error *err);
/* Deep copy through the arena. */
int proto_op_copy(struct arena *arena, const struct proto_op *from, struct proto_op *ret);

#endif
