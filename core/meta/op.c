/* SPDX-License-Identifier: MIT */
/* The table of operations, and what several of them share. */
#include "meta/op.h"

#include <assert.h>
#include <string.h>
#include "meta/content.h"

struct op_row {
	op_apply *apply;
};

static const struct op_row op_rows[PROTO_OPS] = {
        [PROTO_OP_EPOCH_BEGIN] = {op_epoch_begin},
        [PROTO_OP_RESERVE] = {op_reserve},
        [PROTO_OP_NODE_SET] = {op_node_set},
        [PROTO_OP_MKDIR] = {op_mkdir},
        [PROTO_OP_CREATE] = {op_create},
        [PROTO_OP_SYMLINK] = {op_symlink},
        [PROTO_OP_REMOVE] = {op_remove},
        [PROTO_OP_RENAME] = {op_rename},
        [PROTO_OP_SETATTR] = {op_setattr},
        [PROTO_OP_SESSION_BEGIN] = {op_session_begin},
        [PROTO_OP_CHUNK_ADD] = {op_chunk_add},
        [PROTO_OP_SESSION_TOUCH] = {op_session_touch},
        [PROTO_OP_STAGE] = {op_stage},
        [PROTO_OP_COMMIT] = {op_commit},
        [PROTO_OP_SESSION_END] = {op_session_end},
        [PROTO_OP_CHUNK_RAISE] = {op_chunk_raise},
        [PROTO_OP_CHUNK_SEAL] = {op_chunk_seal},
        [PROTO_OP_PURGE] = {op_purge},
        [PROTO_OP_CHUNK_FORGET] = {op_chunk_forget},
        [PROTO_OP_HOLD] = {op_hold},
        [PROTO_OP_ACCEPT] = {op_accept},
        [PROTO_OP_LOG_DROP] = {op_log_drop},
        [PROTO_OP_TRASH_MOVE] = {op_trash_move},
        [PROTO_OP_UNDELETE] = {op_undelete},
        [PROTO_OP_TRASH_DROP] = {op_trash_drop},
        [PROTO_OP_TRASH_LIVE] = {op_trash_live},
        [PROTO_OP_TRASH_MEASURE] = {op_trash_measure},
        [PROTO_OP_NODE_DRAIN] = {op_node_drain},
        [PROTO_OP_MEND] = {op_mend},
        [PROTO_OP_SETTING_SET] = {op_setting_set},
        [PROTO_OP_KEEPSAKE_ADD] = {op_keepsake_add},
        [PROTO_OP_KEEPSAKE_DROP] = {op_keepsake_drop},
        [PROTO_OP_NODE_FORGET] = {op_node_forget},
};

op_apply *op_apply_of(enum proto_op_kind kind)
{
	return (unsigned)kind < PROTO_OPS ? op_rows[kind].apply : NULL;
}

void result_attr(struct meta_result *ret, const char *name, size_t name_size, uint64_t inode,
        const struct proto_row_inode *row)
{
	bool symlink = row->kind == PROTO_KIND_SYMLINK && row->target;

	assert(name_size < sizeof(ret->name_bytes));
	memcpy(ret->name_bytes, name, name_size);
	ret->name_bytes[name_size] = '\0';
	if (symlink)
		memccpy(ret->target_bytes, row->target, '\0', sizeof(ret->target_bytes));
	ret->value = inode;
	ret->attr = (struct proto_attr){
	        .name = ret->name_bytes,
	        .kind = row->kind,
	        .inode = inode,
	        .generation = row->generation,
	        .size = row->size,
	        .mode = row->mode,
	        .uid = row->uid,
	        .gid = row->gid,
	        .mtime_ns = row->mtime_ns,
	        .goal = row->goal,
	        .chunk_size = row->chunk_size,
	        .links = row->links,
	        .target = symlink ? ret->target_bytes : "",
	};
}

int mode_check(uint32_t mode, struct dfs_error *err)
{
	return mode <= 07777 ? 0
	                     : error_set(err, DFS_E_INVAL, "mode %o has bits beyond 07777", mode);
}

int64_t mtime_or_now(const struct txn *txn, int64_t mtime_ns)
{
	return mtime_ns ? mtime_ns : txn->time_ms * 1000000;
}

int file_drop_check(struct txn *txn, uint64_t inode, struct file_drop *ret, struct dfs_error *err)
{
	int rc = inode_get(txn, inode, &ret->row, err);

	if (rc != 0)
		return rc;
	ret->inode = inode;
	ret->content = arena_alloc(&txn->arena, sizeof(*ret->content));
	if (!ret->content)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	if (ret->row.links > 1 || ret->row.kind != PROTO_KIND_FILE)
		return 0;
	return content_end_check(txn, ret->row.content, ret->content, err);
}

void file_drop(struct txn *txn, struct file_drop *drop)
{
	struct proto_row_counters *counters = counters_change(txn);

	assert(drop->row.kind != PROTO_KIND_DIR && drop->row.links > 0);
	if (--drop->row.links > 0) {
		inode_put(txn, drop->inode, &drop->row);
		return;
	}
	counters->files--;
	if (drop->row.kind == PROTO_KIND_FILE)
		counters->bytes -= drop->row.size;
	content_end(txn, drop->content);
	inode_del(txn, drop->inode);
}

void dir_drop(struct txn *txn, uint64_t inode, struct proto_row_inode *row)
{
	counters_change(txn)->dirs--;
	if (row->size == 0) {
		inode_del(txn, inode);
		return;
	}
	row->links = 0;
	inode_put(txn, inode, row);
	doom(txn, DOOMED_DIR, inode);
}

void rows_spend(size_t *rows, size_t count)
{
	*rows -= count < *rows ? count : *rows;
}
