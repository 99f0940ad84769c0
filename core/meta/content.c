/* SPDX-License-Identifier: MIT */
/* Extents, and what they do to chunks. Runs of extents in one chunk read and write its row once. */
#include "meta/content.h"

#include <assert.h>
#include <inttypes.h>
#include "meta/chunk.h"

static int check_extent(const struct proto_extent_new *extent, uint64_t expected,
        const struct proto_row_chunk *row, uint64_t session, struct dfs_error *err);
static int collect(struct table_cursor *cursor, size_t max, struct content_step *step,
        struct arena *arena, struct dfs_error *err);
static void release(struct txn *txn, uint64_t chunk, uint32_t extents, uint64_t bytes);

int extents_check(struct txn *txn, uint64_t session, uint64_t from,
        const struct proto_extent_new *extents, size_t count, struct dfs_error *err)
{
	struct proto_row_chunk row = {0};
	int rc;

	for (size_t i = 0; i < count; i++) {
		if (i == 0 || extents[i].chunk != extents[i - 1].chunk) {
			rc = chunk_get(txn, extents[i].chunk, &row, err);
			if (rc != 0)
				return rc;
		}
		rc = check_extent(&extents[i], from, &row, session, err);
		if (rc != 0)
			return rc;
		from += extents[i].length;
	}
	return 0;
}

void extents_add(
        struct txn *txn, uint64_t session, const struct proto_extent_new *extents, size_t count)
{
	struct proto_row_chunk row = {0};
	struct dfs_error err;

	for (size_t i = 0; i < count && !txn->failed; i++) {
		const struct proto_extent_new *extent = &extents[i];
		struct table_key key = key_u64_2(session, extent->offset + extent->length);
		struct proto_row_extent_row put = {
		        extent->chunk, extent->chunk_offset, extent->length, extent->crc};
		int rc = 0;

		if (i == 0 || extent->chunk != extents[i - 1].chunk)
			rc = chunk_get(txn, extent->chunk, &row, &err);
		if (rc != 0) {
			txn_fail(txn, rc, &err);
			return;
		}
		chunk_refer(&row, extent);
		txn_write(txn, META_EXTENT, &key, &put);
		if (i + 1 == count || extents[i + 1].chunk != extent->chunk)
			chunk_put(txn, extent->chunk, &row);
	}
}

int content_step(struct txn *txn, uint64_t content, size_t max, struct content_step *ret,
        struct dfs_error *err)
{
	struct content_step step = {.content = content};
	struct table_cursor cursor = {0};
	struct table_key key = key_u64_2(content, 0);
	int rc = 0;

	if (content != 0)
		rc = table_seek(txn->kv, META_EXTENT, &key, &cursor, err);
	if (content != 0 && rc == 0)
		rc = collect(&cursor, max, &step, &txn->arena, err);
	table_cursor_fini(&cursor);
	if (rc != 0 && rc != DFS_E_NOENT)
		return rc;
	*ret = step;
	return 0;
}

void content_drop(struct txn *txn, const struct content_step *step)
{
	uint32_t run = 0;
	uint64_t bytes = 0;

	for (size_t i = 0; i < step->count && !txn->failed; i++) {
		const struct content_extent *extent = &step->extents[i];
		struct table_key key = key_u64_2(step->content, extent->end);

		txn_del(txn, META_EXTENT, &key);
		run++;
		bytes += extent->length;
		if (i + 1 == step->count || step->extents[i + 1].chunk != extent->chunk) {
			release(txn, extent->chunk, run, bytes);
			run = 0;
			bytes = 0;
		}
	}
}

int content_end_check(
        struct txn *txn, uint64_t content, struct content_step *ret, struct dfs_error *err)
{
	return content_step(txn, content, CONTENT_DROP_MAX, ret, err);
}

void content_end(struct txn *txn, const struct content_step *step)
{
	if (step->more)
		doom(txn, DOOMED_CONTENT, step->content);
	else
		content_drop(txn, step);
}

void doom(struct txn *txn, char kind, uint64_t number)
{
	struct table_key key = key_doomed(kind, number);

	txn->doomed_changed = true;
	txn_mark(txn, META_DOOMED, &key);
}

void undoom(struct txn *txn, char kind, uint64_t number)
{
	struct table_key key = key_doomed(kind, number);

	txn->doomed_changed = true;
	txn_del(txn, META_DOOMED, &key);
}

static int check_extent(const struct proto_extent_new *extent, uint64_t expected,
        const struct proto_row_chunk *row, uint64_t session, struct dfs_error *err)
{
	if (extent->offset != expected)
		return error_set(err, DFS_E_INVAL,
		        "an extent begins at %" PRIu64 " where the one before it ends at %" PRIu64,
		        extent->offset, expected);
	if (extent->length == 0 || extent->length > UINT64_MAX - extent->offset ||
	        extent->length > UINT64_MAX - extent->chunk_offset)
		return error_set(err, DFS_E_INVAL,
		        "the extent at %" PRIu64 " has an impossible length of %" PRIu64,
		        extent->offset, extent->length);
	if (row->session != session)
		return error_set(err, DFS_E_INVAL,
		        "chunk %016" PRIx64 " was not written by session %016" PRIx64,
		        extent->chunk, session);
	/* RULES 1: once it is being frozen only the seal may end it; the commit waits for that. */
	if (row->state == PROTO_CHUNK_STATE_OPEN && extent->version != 0 &&
	        extent->version != row->version)
		return error_set(err, DFS_E_STALE,
		        "chunk %016" PRIx64 " is being sealed: it has version %" PRIu64
		        ", the receipt %" PRIu64,
		        extent->chunk, row->version, extent->version);
	if (row->state == PROTO_CHUNK_STATE_SEALED &&
	        extent->chunk_offset + extent->length > row->length)
		return error_set(err, DFS_E_RANGE,
		        "chunk %016" PRIx64 " was sealed at %" PRIu64
		        " bytes, the extent at %" PRIu64
		        " ends behind that: append what is missing to a new chunk",
		        extent->chunk, row->length, extent->offset);
	return 0;
}

static int collect(struct table_cursor *cursor, size_t max, struct content_step *step,
        struct arena *arena, struct dfs_error *err)
{
	int rc = 0;

	if (key_get_u64(&cursor->key, 0) != step->content)
		return 0;
	step->extents = arena_alloc(arena, max * sizeof(step->extents[0]));
	if (!step->extents)
		return error_set(err, DFS_E_NOMEM, "out of memory for the extents of a file");
	while (rc == 0 && key_get_u64(&cursor->key, 0) == step->content) {
		struct proto_row_extent_row row;

		if (step->count == max) {
			step->more = true;
			return 0;
		}
		rc = table_unpack(META_EXTENT, &cursor->key, cursor->value, arena, &row, err);
		if (rc != 0)
			return rc;
		step->extents[step->count++] = (struct content_extent){
		        key_get_u64(&cursor->key, 8), row.chunk, row.length};
		rc = table_next(cursor, err);
	}
	return rc;
}

static void release(struct txn *txn, uint64_t chunk, uint32_t extents, uint64_t bytes)
{
	struct proto_row_chunk row;
	struct dfs_error err;
	int rc = chunk_get(txn, chunk, &row, &err);

	if (rc != 0)
		txn_fail(txn, rc, &err);
	else
		chunk_release(txn, chunk, &row, extents, bytes);
}
