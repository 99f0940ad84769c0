/* SPDX-License-Identifier: MIT */
/* Writing the index file of a chunk that grows: entries are appended, never rewritten (RULES 27).
 */
#include <assert.h>
#include <string.h>
#include "store/chunk.h"
#include "store/entry.h"

enum { BATCH_ENTRIES = 64 };

/* Entries on their way to the file, and where they go. Nothing of the chunk changes before all are
 * written. */
struct batch {
	struct chunk *chunk;
	uint8_t bytes[BATCH_ENTRIES * ENTRY_SIZE];
	size_t used;
	uint64_t position; /* of the next entry */
	uint32_t last;
	int status;
};

static bool journal_durable(const struct chunk *chunk);
static uint64_t news_synced(const struct chunk *chunk);
static void put_news(struct batch *batch, bool *ret_told);
static void put(struct batch *batch, struct entry *entry);
static void flush(struct batch *batch);
static int take_back(struct chunk *chunk, int status, struct dfs_error *err);

int journal_write(struct chunk *chunk, struct entry *last, struct dfs_error *err)
{
	struct batch batch = {
	        .chunk = chunk, .position = chunk->index_size, .last = chunk->index_last};
	uint64_t told_synced = news_synced(chunk); /* before the spans of this batch are counted */
	bool told = false;

	assert(chunk->index >= 0 && chunk->indexed <= chunk->whole);
	assert(chunk->state == STORE_OPEN || chunk->state == STORE_FROZEN);
	/* `sealed` stands alone: the next start reads nothing else, so nothing before it may be
	 * lost. */
	assert(!last || last->kind != ENTRY_SEALED || chunk->hidden || journal_durable(chunk));
	if (chunk->index_size > 0 && chunk->indexed == chunk->whole && !last)
		return 0;
	if (!last || last->kind != ENTRY_SEALED || chunk->hidden)
		put_news(&batch, &told);
	for (size_t i = chunk->indexed; i < chunk->whole && batch.status == 0; i++)
		put(&batch, &(struct entry){.kind = ENTRY_SPAN, .span = chunk->spans.array[i]});
	if (last && batch.status == 0)
		put(&batch, last);
	flush(&batch);
	if (batch.status < 0)
		return take_back(chunk, batch.status, err);
	chunk->index_size = batch.position;
	chunk->index_last = batch.last;
	chunk->indexed = chunk->whole;
	if (told) {
		chunk->told_synced = told_synced;
		chunk->told_committed = chunk->committed;
	}
	sync_wrote_index(chunk, chunk->index_size);
	return 0;
}

void journal_forget_unwritten(struct chunk *chunk)
{
	if (chunk->indexed == chunk->spans.count)
		return;
	spans_keep(&chunk->spans, chunk->indexed);
	if (chunk->whole != chunk->indexed) {
		chunk->whole = chunk->indexed;
		chunk->length = spans_end(&chunk->spans);
		chunk->crc = spans_crc(&chunk->spans, chunk->whole);
		sync_cut(chunk, chunk->length);
		chunk_publish(chunk);
	}
}

static bool journal_durable(const struct chunk *chunk)
{
	return chunk->indexed == chunk->whole && chunk->index_size > 0 &&
	       chunk->sync.lanes[SYNC_INDEX].durable == chunk->index_size;
}

/*
 * Bytes that the next entry may call synced: those whose spans stand before it in the index. Data
 * may be durable further on, by a write-back while a long append still comes in; that is told the
 * next time.
 */
static uint64_t news_synced(const struct chunk *chunk)
{
	const struct span *last =
	        chunk->indexed > 0 ? &chunk->spans.array[chunk->indexed - 1] : NULL;
	uint64_t indexed = last ? last->offset + last->size : 0;

	return sync_length(chunk) < indexed ? sync_length(chunk) : indexed;
}

/* The opening entry, and what became of earlier bytes: it costs no sync of its own here. */
static void put_news(struct batch *batch, bool *ret_told)
{
	struct chunk *chunk = batch->chunk;
	uint64_t synced = news_synced(chunk);

	if (chunk->index_size == 0)
		put(batch, &(struct entry){.kind = ENTRY_OPEN,
		                   .open = {.chunk = chunk->id,
		                           .version = chunk->version,
		                           .format = INDEX_FORMAT}});
	*ret_told = synced > chunk->told_synced || chunk->committed > chunk->told_committed;
	if (*ret_told)
		put(batch, &(struct entry){.kind = ENTRY_SYNCED,
		                   .synced = {.length = synced, .committed = chunk->committed}});
}

static void put(struct batch *batch, struct entry *entry)
{
	/* A copy's file gets its name when all of it is on disk. */
	entry->before = batch->last;
	entry->durable = batch->chunk->hidden ? batch->position
	                                      : batch->chunk->sync.lanes[SYNC_INDEX].durable;
	batch->last =
	        entry_encode(entry, batch->chunk->id, batch->position, batch->bytes + batch->used);
	batch->used += ENTRY_SIZE;
	batch->position += ENTRY_SIZE;
	if (batch->used == sizeof(batch->bytes))
		flush(batch);
}

static void flush(struct batch *batch)
{
	struct iovec iov = {.iov_base = batch->bytes, .iov_len = batch->used};
	ssize_t rc;

	if (batch->used == 0 || batch->status < 0)
		return;
	rc = io_disk(batch->chunk->store->io, pwritev, batch->chunk->index, &iov, 1,
	        batch->position - batch->used);
	if (rc < 0)
		batch->status = (int)rc;
	batch->used = 0;
}

/* A full disk may have taken a part: it goes, or the next entry would stand before a leftover. */
static int take_back(struct chunk *chunk, int status, struct dfs_error *err)
{
	int rc = io_disk(chunk->store->io, truncate, chunk->index, chunk->index_size);

	chunk_error(chunk, status, err, "its .idx file could not be written");
	if (dir_code(status) == DFS_E_NOSPC && rc >= 0)
		return DFS_E_NOSPC;
	dir_failed(chunk->dir, status, "an .idx file could not be written");
	chunk_bad(chunk, "its .idx file could not be written: %s", strerror(-status));
	return error_set(err, DFS_E_IO, "%s", chunk->why);
}
