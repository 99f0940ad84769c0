/* SPDX-License-Identifier: MIT */
#ifndef META_CHECK_H
#define META_CHECK_H

#include "meta/meta.h"
#include "meta/table.h"
#include "proto/gen/proto.h"

/* The walk of meta_check: what it gathers from one table to hold against another. */

struct check_inode {
	uint64_t inode;
	enum proto_kind kind;
	uint32_t links, names; /* as stored, as found */
	uint64_t size,
	        found; /* as stored; of a directory its names, of a file the end of its content */
	uint64_t parent, content;
};

struct check_chunk {
	uint64_t chunk;
	uint64_t session;
	enum proto_chunk_state state;
	uint32_t refs, found_refs;
	uint64_t live, found_live;
	uint64_t floor;
	bool member, freed; /* has its row in session_chunk, in freed */
};

struct check_content {
	uint64_t content;
	uint64_t size, found;
	bool doomed; /* may begin anywhere */
};

struct check_array {
	char *items;
	size_t count, capacity, item_size;
};

struct check {
	struct kv_txn *kv;
	struct arena arena;
	const struct meta_check_out *out;
	struct meta_checked done;
	struct proto_row_counters counters;
	struct proto_row_trash_count trash; /* as found */
	uint64_t trash_places;              /* rows of trash_order that fit */
	struct check_array inodes, chunks,
	        contents; /* each in order of its number, which comes first in an item */
};

/* Tell of a fault. */
void check_fault(struct check *check, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* Of one thing. */
void check_fault_of(struct check *check, enum meta_about about, uint64_t number, const char *format,
        ...) __attribute__((format(printf, 4, 5)));
/* Zero-initialise but for kv, out and counters; check_fini. */
void check_init(struct check *check);
void check_fini(struct check *check);
/* Each row of a table whose checksum holds. `visit` unpacks it; 0, or an error that ends the walk.
 */
int check_table(struct check *check, enum meta_table table, struct dfs_error *err,
        int (*visit)(struct check *check, const struct table_cursor *at, struct dfs_error *err));
/* Unpack into `ret`; a row that makes no sense is a fault, and false. */
bool check_row(
        struct check *check, enum meta_table table, const struct table_cursor *at, void *ret);
void *check_add(struct check_array *array, const void *item, struct dfs_error *err);
void *check_find(const struct check_array *array, uint64_t number);
void check_sort(struct check_array *array);

int check_names(struct check *check, struct dfs_error *err); /* inode, dentry, doomed */
int check_trash(struct check *check, struct dfs_error *err); /* trash, trash_order: names too */
int check_chunks(struct check *check,
        struct dfs_error *err); /* chunk, extent, session, session_chunk, freed */
int check_history(struct check *check, struct dfs_error *err); /* answer, answer_time, log, node */

#endif
