/* SPDX-License-Identifier: MIT */
/* Answers kept for repeats, and their end. */
#include "meta/answer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	EXPIRE_PER_OPERATION =
	        2, /* one more than each adds: the table shrinks again after a burst */
	TEXT_MAX = 512,
};

static struct txn_fresh *fresh_slot(struct txn *txn, uint64_t client);
static int answer_seek(struct txn *txn, const struct record *record, struct proto_row_answer *ret,
        struct dfs_error *err);
static int repeat(struct txn *txn, const struct record *record,
        const struct proto_row_answer *answer, struct meta_result *ret);
static const char *result_name(const struct proto_op *op);
static bool has_attr(enum proto_op_kind kind);
static bool attr_kept(enum proto_op_kind kind);
static void attr_write(const struct proto_attr *attr, char ret[TEXT_MAX]);
static bool attr_read(const char *text, uint64_t inode, struct meta_result *ret);
static void expire(struct txn *txn);
static int oldest(struct txn *txn, struct table_key *ret, struct dfs_error *err);

void result_clear(struct meta_result *ret)
{
	/* The large arrays stay as they are: this runs for every operation. */
	ret->code = 0;
	ret->repeated = false;
	ret->operation = ret->value = 0;
	ret->attr = (struct proto_attr){.name = "", .target = ""};
	ret->err.code = 0;
	ret->err.text[0] = '\0';
}

bool answer_find(
        struct txn *txn, const struct record *record, struct meta_result *ret, int *ret_code)
{
	struct txn_fresh *fresh = fresh_slot(txn, record->client);
	struct proto_row_answer answer;
	int rc;

	if (fresh->client == record->client && record->sequence > fresh->above)
		return false;
	rc = answer_seek(txn, record, &answer, &ret->err);
	if (rc == DFS_E_NOENT)
		return false;
	*ret_code = rc == 0 ? repeat(txn, record, &answer, ret) : rc;
	return true;
}

void answer_keep(struct txn *txn, const struct record *record, const struct meta_result *result)
{
	char text[TEXT_MAX];
	struct proto_row_answer answer = {
	        .time_ms = record->time_ms,
	        .operation = result->operation,
	        .text = text,
	        .value = result->value,
	};
	struct table_key key, age;
	struct txn_fresh *fresh = fresh_slot(txn, record->client);

	if (record->client == 0)
		return;
	if (fresh->client == record->client && record->sequence > fresh->above)
		fresh->above = record->sequence;
	text[0] = '\0';
	if (attr_kept(record->op->kind))
		attr_write(&result->attr, text);
	key = key_u64_2(record->client, record->sequence);
	age = key_u64_3(key_from_time(record->time_ms), record->client, record->sequence);
	txn_write(txn, META_ANSWER, &key, &answer);
	txn_mark(txn, META_ANSWER_TIME, &age);
	if (txn->oldest_known && record->time_ms < txn->oldest_ms)
		txn->oldest_ms = record->time_ms;
	expire(txn);
}

static struct txn_fresh *fresh_slot(struct txn *txn, uint64_t client)
{
	return &txn->fresh[client % TXN_FRESH];
}

/* The answer, or NOENT; where the client has no later one either, that is remembered. */
static int answer_seek(struct txn *txn, const struct record *record, struct proto_row_answer *ret,
        struct dfs_error *err)
{
	struct table_key key = key_u64_2(record->client, record->sequence);
	struct table_cursor cursor = {0};
	int rc = table_seek(txn->kv, META_ANSWER, &key, &cursor, err);
	bool found = rc != DFS_E_NOENT; /* or damaged */

	if (found && memcmp(cursor.key.bytes, key.bytes, key.size) == 0) {
		if (rc == 0)
			rc = table_unpack(
			        META_ANSWER, &cursor.key, cursor.value, &txn->arena, ret, err);
	} else {
		if (!found || (rc == 0 && key_get_u64(&cursor.key, 0) != record->client))
			*fresh_slot(txn, record->client) =
			        (struct txn_fresh){record->client, record->sequence - 1};
		rc = rc == 0 || rc == DFS_E_CORRUPT ? DFS_E_NOENT
		                                    : rc; /* damage of another's answer */
	}
	table_cursor_fini(&cursor);
	return rc;
}

static int repeat(struct txn *txn, const struct record *record,
        const struct proto_row_answer *answer, struct meta_result *ret)
{
	const char *name = result_name(record->op);
	struct table_key key = key_u64(answer->value);
	struct proto_row_inode row;
	int rc = 0;

	ret->repeated = true;
	ret->operation = answer->operation;
	ret->value = answer->value;
	if (!has_attr(record->op->kind) || attr_read(answer->text, answer->value, ret))
		return 0;
	row = (struct proto_row_inode){
	        .kind = record->op->kind == PROTO_OP_MKDIR ? PROTO_KIND_DIR : PROTO_KIND_FILE};
	if (txn->dirs[answer->value % TXN_DIRS].inode == answer->value ||
	        txn_has(txn, META_INODE, &key, &rc, &ret->err))
		rc = inode_get(txn, answer->value, &row, &ret->err);
	if (rc == 0)
		result_attr(ret, name, strnlen(name, NAME_BYTES_MAX), answer->value, &row);
	return rc;
}

/* The last name of the path that the operation's attributes are about. */
static const char *result_name(const struct proto_op *op)
{
	const char *path, *slash;

	switch (op->kind) {
	case PROTO_OP_MKDIR:
		path = op->mkdir.path;
		break;
	case PROTO_OP_CREATE:
		path = op->create.path;
		break;
	case PROTO_OP_SYMLINK:
		path = op->symlink.path;
		break;
	case PROTO_OP_RENAME:
		path = op->rename.to;
		break;
	case PROTO_OP_SETATTR:
		path = op->setattr.path;
		break;
	case PROTO_OP_UNDELETE:
		path = op->undelete.to[0] ? op->undelete.to : op->undelete.path;
		break;
	default:
		return "";
	}
	slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : path;
}

static bool has_attr(enum proto_op_kind kind)
{
	return kind == PROTO_OP_MKDIR || kind == PROTO_OP_CREATE || kind == PROTO_OP_SYMLINK ||
	       kind == PROTO_OP_RENAME || kind == PROTO_OP_SETATTR || kind == PROTO_OP_UNDELETE ||
	       attr_kept(kind);
}

/* Whose attributes cannot be read again: the inode is gone, or its name stood in the session. */
static bool attr_kept(enum proto_op_kind kind)
{
	return kind == PROTO_OP_REMOVE || kind == PROTO_OP_COMMIT || kind == PROTO_OP_TRASH_MOVE;
}

static void attr_write(const struct proto_attr *attr, char ret[TEXT_MAX])
{
	int size = snprintf(ret, TEXT_MAX,
	        "%u %" PRIu64 " %" PRIu64 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRId64
	        " %" PRIu32 " %" PRIu64 " %" PRIu32 " %s",
	        (unsigned)attr->kind, attr->generation, attr->size, attr->mode, attr->uid,
	        attr->gid, attr->mtime_ns, attr->goal, attr->chunk_size, attr->links, attr->name);

	assert(size > 0 && size < TEXT_MAX);
}

static bool attr_read(const char *text, uint64_t inode, struct meta_result *ret)
{
	struct proto_attr *attr = &ret->attr;
	unsigned kind;
	int name = 0;
	int fields = sscanf(text,
	        "%u %" SCNu64 " %" SCNu64 " %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNd64
	        " %" SCNu32 " %" SCNu64 " %" SCNu32 "%n",
	        &kind, &attr->generation, &attr->size, &attr->mode, &attr->uid, &attr->gid,
	        &attr->mtime_ns, &attr->goal, &attr->chunk_size, &attr->links, &name);

	if (fields != 10 || text[name] != ' ')
		return false;
	attr->kind = (enum proto_kind)kind;
	attr->inode = inode;
	attr->name = ret->name_bytes;
	snprintf(ret->name_bytes, sizeof(ret->name_bytes), "%s", text + name + 1);
	return true;
}

static void expire(struct txn *txn)
{
	struct table_key age, key;
	struct dfs_error err;
	int rc;

	for (int i = 0; i < EXPIRE_PER_OPERATION && !txn->failed; i++) {
		if (txn->oldest_known && txn->oldest_ms > txn->time_ms - ANSWER_KEEP_MS)
			return;
		rc = oldest(txn, &age, &err);
		if (rc != 0) {
			txn_fail(txn, rc, &err);
			return;
		}
		if (txn->oldest_ms > txn->time_ms - ANSWER_KEEP_MS)
			return;
		key = key_u64_2(key_get_u64(&age, 8), key_get_u64(&age, 16));
		txn_del(txn, META_ANSWER_TIME, &age);
		txn_del(txn, META_ANSWER, &key);
		txn->oldest_known = false;
	}
}

/* The key of the oldest answer: there is one, for this operation's has just been put. */
static int oldest(struct txn *txn, struct table_key *ret, struct dfs_error *err)
{
	struct table_cursor cursor = {0};
	struct table_key first = key_none();
	int rc = table_seek(txn->kv, META_ANSWER_TIME, &first, &cursor, err);

	if (rc == DFS_E_NOENT)
		rc = error_set(err, DFS_E_CORRUPT, "metadata table answer_time lost its rows");
	if (rc == 0) {
		*ret = cursor.key;
		txn->oldest_known = true;
		txn->oldest_ms = key_to_time(key_get_u64(&cursor.key, 0));
	}
	table_cursor_fini(&cursor);
	return rc;
}
