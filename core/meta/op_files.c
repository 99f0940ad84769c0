/* SPDX-License-Identifier: MIT */
/* Operations of write sessions: from the first chunk to the commit (RULES 11). */
#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include "meta/chunk.h"
#include "meta/content.h"
#include "meta/op.h"
#include "meta/tree.h"

enum { GOAL_MAX = 9 };

/* What the checking half of a commit found. */
struct commit {
	const struct proto_op_commit *args;
	struct proto_row_session session;
	bool replaces;
	uint64_t inode; /* where it replaces */
	struct proto_row_inode row;
	struct content_step old;
};

static int session_get(
        struct txn *txn, uint64_t session, struct proto_row_session *ret, struct dfs_error *err);
static int begin_check(struct txn *txn, const struct proto_op_session_begin *args,
        const struct place *place, struct dfs_error *err);
static int target_check(struct txn *txn, const char *name, const struct proto_row_dentry *dentry,
        bool found, bool no_replace, struct dfs_error *err);
static int commit_check(struct txn *txn, struct commit *commit, struct dfs_error *err);
static int parent_check(
        struct txn *txn, const struct proto_row_session *session, struct dfs_error *err);
static int commit_target(struct txn *txn, struct commit *commit, struct dfs_error *err);
static void commit_put(struct txn *txn, struct commit *commit, struct meta_result *ret);
static void session_close(struct txn *txn, uint64_t session, bool committed);
static uint64_t extents_size(const struct proto_extent_new *extents, size_t count);

int op_session_begin(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_session_begin *args = &op->session_begin;
	struct table_key key = key_u64(args->session);
	struct place place;
	int rc = tree_find_change(txn, args->path, &place, &ret->err);

	if (rc == 0)
		rc = begin_check(txn, args, &place, &ret->err);
	if (rc != 0)
		return rc;

	struct proto_row_session row = {
	        .parent = place.parent,
	        .name = place.name, /* the last of the path */
	        .goal = args->goal,
	        .chunk_size = args->chunk_size,
	        .durability = args->durability,
	        .touched_ms = txn->time_ms,
	        .no_replace = args->no_replace,
	};

	txn_write(txn, META_SESSION, &key, &row);
	chunks_make(txn, args->session, &row, args->chunks, args->chunks_count);
	ret->value = args->session;
	return 0;
}

int op_chunk_add(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_chunk_add *args = &op->chunk_add;
	struct proto_row_session row;
	int rc = session_get(txn, args->session, &row, &ret->err);

	if (rc == 0)
		rc = chunks_check(txn, args->chunks, args->chunks_count, &ret->err);
	if (rc != 0)
		return rc;
	chunks_make(txn, args->session, &row, args->chunks, args->chunks_count);
	ret->value = args->session;
	return 0;
}

int op_session_touch(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	uint64_t session = op->session_touch.session;
	struct table_key key = key_u64(session);
	struct proto_row_session row;
	int rc = session_get(txn, session, &row, &ret->err);

	if (rc != 0)
		return rc;
	row.touched_ms = txn->time_ms;
	txn_write(txn, META_SESSION, &key, &row);
	ret->value = session;
	return 0;
}

int op_stage(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	const struct proto_op_stage *args = &op->stage;
	struct table_key key = key_u64(args->session);
	struct proto_row_session row;
	int rc = session_get(txn, args->session, &row, &ret->err);

	if (rc == 0)
		rc = extents_check(txn, args->session, row.staged, args->extents,
		        args->extents_count, &ret->err);
	if (rc != 0)
		return rc;
	row.staged += extents_size(args->extents, args->extents_count);
	row.touched_ms = txn->time_ms;
	extents_add(txn, args->session, args->extents, args->extents_count);
	txn_write(txn, META_SESSION, &key, &row);
	ret->value = args->session;
	return 0;
}

int op_commit(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	struct commit commit = {.args = &op->commit};
	int rc = commit_check(txn, &commit, &ret->err);

	if (rc == 0)
		commit_put(txn, &commit, ret);
	return rc;
}

int op_session_end(struct txn *txn, const struct proto_op *op, struct meta_result *ret)
{
	uint64_t session = op->session_end.session;
	struct proto_row_session row;
	struct content_step staged;
	int rc = session_get(txn, session, &row, &ret->err);

	if (rc == 0)
		rc = content_end_check(txn, session, &staged, &ret->err);
	if (rc != 0)
		return rc;
	content_end(txn, &staged);
	session_close(txn, session, false);
	ret->value = session;
	return 0;
}

/* A session is alive as long as it has a row: README.md, decisions. */
static int session_get(
        struct txn *txn, uint64_t session, struct proto_row_session *ret, struct dfs_error *err)
{
	struct table_key key = key_u64(session);
	int rc = txn_read(txn, META_SESSION, &key, ret, err);

	if (rc == DFS_E_NOENT)
		return error_set(err, DFS_E_EXPIRED,
		        "write session %016" PRIx64
		        " has ended or expired: begin a new one and append again",
		        session);
	return rc;
}

static int begin_check(struct txn *txn, const struct proto_op_session_begin *args,
        const struct place *place, struct dfs_error *err)
{
	struct table_key key = key_u64(args->session);
	int rc;

	if (args->session == 0 || args->session >= txn->counters.session_reserved)
		return error_set(err, DFS_E_INVAL, "session id %016" PRIx64 " is not reserved",
		        args->session);
	if (args->goal < 1 || args->goal > GOAL_MAX)
		return error_set(err, DFS_E_INVAL, "a goal of %u replicas: from 1 to %d",
		        args->goal, GOAL_MAX);
	if (args->chunk_size == 0)
		return error_set(err, DFS_E_INVAL, "a chunk size of 0 bytes");
	if (txn_has(txn, META_SESSION, &key, &rc, err))
		return error_set(err, DFS_E_EXIST, "write session %016" PRIx64 " already exists",
		        args->session);
	if (rc == 0)
		rc = target_check(
		        txn, args->path, &place->dentry, place->found, args->no_replace, err);
	if (rc == 0)
		rc = chunks_check(txn, args->chunks, args->chunks_count, err);
	return rc;
}

/* Whether a file may stand at that name. */
static int target_check(struct txn *txn, const char *name, const struct proto_row_dentry *dentry,
        bool found, bool no_replace, struct dfs_error *err)
{
	if (!found)
		return 0;
	if (dentry->kind == PROTO_KIND_DIR)
		return tree_refuse(
		        err, DFS_E_ISDIR, name, "is a directory and cannot be replaced by a file");
	if (no_replace)
		return tree_refuse(err, DFS_E_EXIST, name, "already exists");
	if (dentry->kind == PROTO_KIND_SYMLINK)
		return tree_refuse(err, DFS_E_EXIST, name,
		        "is a symbolic link: remove it first, or write where it points");
	return 0;
}

static int commit_check(struct txn *txn, struct commit *commit, struct dfs_error *err)
{
	const struct proto_op_commit *args = commit->args;
	int rc = mode_check(args->mode, err);

	if (rc == 0)
		rc = session_get(txn, args->session, &commit->session, err);
	if (rc == 0)
		rc = extents_check(txn, args->session, commit->session.staged, args->extents,
		        args->extents_count, err);
	if (rc != 0)
		return rc;
	if (commit->session.staged + extents_size(args->extents, args->extents_count) != args->size)
		return error_set(err, DFS_E_INVAL,
		        "the extents hold %" PRIu64 " bytes, the file is said to have %" PRIu64,
		        commit->session.staged + extents_size(args->extents, args->extents_count),
		        args->size);
	rc = parent_check(txn, &commit->session, err);
	return rc == 0 ? commit_target(txn, commit, err) : rc;
}

/* The directory of then is known by its inode: wherever it was moved since, it is there or not. */
static int parent_check(
        struct txn *txn, const struct proto_row_session *session, struct dfs_error *err)
{
	bool there = false, trashed = false;
	int rc = tree_is_below(txn, session->parent, ROOT_INODE, &there, err);

	if (rc == 0 && !there)
		rc = tree_is_below(txn, session->parent, TRASH_INODE, &trashed, err);
	if (rc == 0 && trashed)
		return tree_refuse(err, DFS_E_NOENT, session->name,
		        "the directory that the file was to go into is in the trash: undelete it, "
		        "or write elsewhere");
	if (rc == 0 && !there)
		return tree_refuse(err, DFS_E_NOENT, session->name,
		        "the directory that the file was to go into has been removed");
	return rc;
}

static int commit_target(struct txn *txn, struct commit *commit, struct dfs_error *err)
{
	const struct proto_row_session *session = &commit->session;
	struct table_key key = key_name(session->parent, session->name, strlen(session->name));
	struct proto_row_dentry dentry = {0};
	int rc = txn_read(txn, META_DENTRY, &key, &dentry, err);

	commit->replaces = rc == 0;
	if (rc == DFS_E_NOENT)
		return 0;
	if (rc == 0)
		rc = target_check(txn, session->name, &dentry, true, session->no_replace, err);
	if (rc == 0)
		rc = inode_get(txn, dentry.inode, &commit->row, err);
	if (rc == 0)
		rc = content_end_check(txn, commit->row.content, &commit->old, err);
	commit->inode = dentry.inode;
	return rc;
}

/* The inode is kept where the name has one: hard links see the new bytes, as with cp. */
static void commit_put(struct txn *txn, struct commit *commit, struct meta_result *ret)
{
	const struct proto_op_commit *args = commit->args;
	const struct proto_row_session *session = &commit->session;
	struct proto_row_counters *counters = counters_change(txn);
	struct proto_row_inode *row = &commit->row;

	extents_add(txn, args->session, args->extents, args->extents_count);
	content_end(txn, &commit->old);
	counters->bytes = counters->bytes - row->size + args->size; /* a new row's size is 0 */
	row->kind = PROTO_KIND_FILE;
	row->generation++;
	row->size = args->size;
	row->mode = args->mode;
	row->uid = args->uid;
	row->gid = args->gid;
	row->mtime_ns = mtime_or_now(txn, args->mtime_ns);
	row->goal = session->goal;
	row->chunk_size = session->chunk_size;
	row->content = args->size ? args->session : 0;
	if (commit->replaces)
		inode_put(txn, commit->inode, row);
	else
		commit->inode =
		        tree_make(txn, session->parent, session->name, strlen(session->name), row);
	result_attr(ret, session->name, strlen(session->name), commit->inode, row);
	session_close(txn, args->session, true);
}

static void session_close(struct txn *txn, uint64_t session, bool committed)
{
	struct table_key key = key_u64(session);

	chunks_settle(txn, session, committed);
	txn_del(txn, META_SESSION, &key);
}

static uint64_t extents_size(const struct proto_extent_new *extents, size_t count)
{
	uint64_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += extents[i].length;
	return size;
}
