/* SPDX-License-Identifier: MIT */
/* A chunk's birth, release and death in metadata. The drawing is in chunk.h. */
#include "meta/chunk.h"

#include <assert.h>
#include <inttypes.h>
#include "base/chunk_id.h"
#include "base/crc32c.h"

enum { SETTLE_STEP = 256 };

static int check_one(struct txn *txn, const struct proto_chunk_new *chunk, struct dfs_error *err);
static int check_nodes(const struct proto_chunk_new *chunk, struct dfs_error *err);
static int chunks_of(struct txn *txn, uint64_t session, uint64_t ret[SETTLE_STEP],
        size_t *ret_count, struct dfs_error *err);
static void settle_one(struct txn *txn, uint64_t session, uint64_t chunk, bool committed);
static void free_if_unused(struct txn *txn, uint64_t chunk, struct proto_row_chunk *row);

int chunk_get(struct txn *txn, uint64_t chunk, struct proto_row_chunk *ret, struct dfs_error *err)
{
	struct table_key key = key_u64(chunk);
	int rc = txn_read(txn, META_CHUNK, &key, ret, err);

	if (rc == DFS_E_NOENT)
		return error_set(err, rc, "chunk %016" PRIx64 " is not known", chunk);
	return rc;
}

void chunk_put(struct txn *txn, uint64_t chunk, const struct proto_row_chunk *row)
{
	struct table_key key = key_u64(chunk);

	txn_write(txn, META_CHUNK, &key, row);
}

int chunks_check(
        struct txn *txn, const struct proto_chunk_new *chunks, size_t count, struct dfs_error *err)
{
	for (size_t i = 0; i < count; i++) {
		int rc = check_one(txn, &chunks[i], err);

		for (size_t before = 0; before < i && rc == 0; before++)
			if (chunks[before].chunk == chunks[i].chunk)
				rc = error_set(err, DFS_E_INVAL,
				        "chunk %016" PRIx64 " is named twice", chunks[i].chunk);
		if (rc != 0)
			return rc;
	}
	return 0;
}

void chunks_make(struct txn *txn, uint64_t session, const struct proto_row_session *row,
        const struct proto_chunk_new *chunks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct proto_row_chunk made = {
		        .version = chunks[i].version,
		        .state = PROTO_CHUNK_STATE_OPEN,
		        .goal = row->goal,
		        .session = session,
		        .durability = row->durability,
		        .nodes = chunks[i].nodes,
		        .nodes_count = chunks[i].nodes_count,
		};
		struct table_key member = key_u64_2(session, chunks[i].chunk);

		chunk_put(txn, chunks[i].chunk, &made);
		txn_mark(txn, META_SESSION_CHUNK, &member);
	}
	counters_change(txn)->chunks += count;
}

void chunk_refer(struct proto_row_chunk *row, const struct proto_extent_new *extent)
{
	uint64_t end = extent->chunk_offset + extent->length;

	assert(row->state != PROTO_CHUNK_STATE_FREED && row->refs < UINT32_MAX);
	row->refs++;
	row->live += extent->length;
	if (end > row->floor)
		row->floor = end;
	if (row->state == PROTO_CHUNK_STATE_OPEN && extent->chunk_offset == row->length) {
		row->crc = row->length ? crc32c_combine(row->crc, extent->crc, extent->length)
		                       : extent->crc;
		row->length = end;
	}
}

void chunk_release(struct txn *txn, uint64_t chunk, struct proto_row_chunk *row, uint32_t extents,
        uint64_t bytes)
{
	struct dfs_error err;

	if (row->refs < extents || row->live < bytes) {
		txn_fail(txn,
		        error_set(&err, DFS_E_CORRUPT,
		                "chunk %016" PRIx64
		                " counts fewer references than extents point at it",
		                chunk),
		        &err);
		return;
	}
	row->refs -= extents;
	row->live -= bytes;
	free_if_unused(txn, chunk, row);
	chunk_put(txn, chunk, row);
}

void chunks_settle(struct txn *txn, uint64_t session, bool committed)
{
	uint64_t chunks[SETTLE_STEP];
	size_t count;
	struct dfs_error err;

	do {
		int rc = chunks_of(txn, session, chunks, &count, &err);

		if (rc != 0) {
			txn_fail(txn, rc, &err);
			return;
		}
		for (size_t i = 0; i < count && !txn->failed; i++)
			settle_one(txn, session, chunks[i], committed);
	} while (count > 0 && !txn->failed);
}

static int check_one(struct txn *txn, const struct proto_chunk_new *chunk, struct dfs_error *err)
{
	const struct proto_row_counters *counters = &txn->counters;
	uint64_t counter = chunk_counter(chunk->chunk);
	struct table_key key = key_u64(chunk->chunk);
	int rc;

	if (chunk_epoch(chunk->chunk) != counters->epoch || chunk_is_keepsake(chunk->chunk) ||
	        counter == 0 || counter >= counters->chunk_reserved)
		return error_set(err, DFS_E_INVAL,
		        "chunk id %016" PRIx64 " is not reserved in epoch %" PRIu64, chunk->chunk,
		        counters->epoch);
	if (chunk->version == 0)
		return error_set(err, DFS_E_INVAL, "chunk %016" PRIx64 ": versions begin at 1",
		        chunk->chunk);
	rc = check_nodes(chunk, err);
	if (rc != 0)
		return rc;
	if (txn_has(txn, META_CHUNK, &key, &rc, err))
		return error_set(
		        err, DFS_E_EXIST, "chunk %016" PRIx64 " already exists", chunk->chunk);
	return rc;
}

static int check_nodes(const struct proto_chunk_new *chunk, struct dfs_error *err)
{
	if (chunk->nodes_count == 0)
		return error_set(
		        err, DFS_E_INVAL, "chunk %016" PRIx64 " has no replica", chunk->chunk);
	for (size_t i = 0; i < chunk->nodes_count; i++)
		for (size_t other = 0; other < i; other++)
			if (chunk->nodes[i] == chunk->nodes[other])
				return error_set(err, DFS_E_INVAL,
				        "chunk %016" PRIx64 " has two replicas on datanode %u",
				        chunk->chunk, chunk->nodes[i]);
	return 0;
}

static int chunks_of(struct txn *txn, uint64_t session, uint64_t ret[SETTLE_STEP],
        size_t *ret_count, struct dfs_error *err)
{
	struct table_cursor cursor = {0};
	struct table_key key = key_u64_2(session, 0);
	size_t count = 0;
	int rc = table_seek(txn->kv, META_SESSION_CHUNK, &key, &cursor, err);

	while (rc == 0 && count < SETTLE_STEP && key_get_u64(&cursor.key, 0) == session) {
		ret[count++] = key_get_u64(&cursor.key, 8);
		rc = table_next(&cursor, err);
	}
	table_cursor_fini(&cursor);
	*ret_count = count;
	return rc == DFS_E_NOENT ? 0 : rc;
}

static void settle_one(struct txn *txn, uint64_t session, uint64_t chunk, bool committed)
{
	struct table_key member = key_u64_2(session, chunk);
	struct proto_row_chunk row;
	struct dfs_error err;
	int rc = chunk_get(txn, chunk, &row, &err);

	if (rc != 0) {
		txn_fail(txn, rc, &err);
		return;
	}
	row.session = 0;
	if (row.refs > 0 && row.state == PROTO_CHUNK_STATE_OPEN) {
		/* Its bytes are on every replica: each has a receipt (RULES 11). A gap leaves it to
		 * the freeze. */
		if (committed && row.length == row.floor)
			row.state = PROTO_CHUNK_STATE_SEALED;
		else
			row.length = row.crc = 0;
	}
	free_if_unused(txn, chunk, &row);
	chunk_put(txn, chunk, &row);
	txn_del(txn, META_SESSION_CHUNK, &member);
}

static void free_if_unused(struct txn *txn, uint64_t chunk, struct proto_row_chunk *row)
{
	struct table_key key = key_u64_2(key_from_time(txn->time_ms), chunk);

	if (row->refs > 0 || row->session != 0 || row->state == PROTO_CHUNK_STATE_FREED)
		return;
	row->state = PROTO_CHUNK_STATE_FREED;
	row->freed_ms = txn->time_ms;
	counters_change(txn)->chunks--;
	txn_mark(txn, META_FREED, &key);
}
