/* SPDX-License-Identifier: MIT */
/* One piece of a read: planning, reading, verifying, framing. Which piece comes next is read.c's.
 */
#include "store/fetch.h"

#include <assert.h>
#include <stdlib.h>
#include "base/crc32c.h"

enum { CACHE_LINE = 64 };

static void plan_iov(struct fetch *fetch);
static uint8_t *choose_start(const struct fetch *fetch);
static void verify(struct fetch *fetch);
static void frame_all(struct fetch *fetch);
static void frame_one(struct fetch *fetch, int i, uint8_t *payload);

struct fetch *fetch_take(struct store *store)
{
	struct fetch *fetch = store->fetches;
	void *bytes;

	if (fetch) {
		store->fetches = fetch->next;
		store->fetches_count--;
		return fetch;
	}
	fetch = calloc(1, sizeof(*fetch));
	if (!fetch)
		return NULL;
	if (posix_memalign(&bytes, FETCH_PAGE, FETCH_BYTES) != 0) {
		free(fetch);
		return NULL;
	}
	fetch->bytes = bytes;
	return fetch;
}

void fetch_give(struct store *store, struct fetch *fetch)
{
	if (!fetch)
		return;
	if (store->fetches_count < FETCH_KEPT) {
		fetch->next = store->fetches;
		store->fetches = fetch;
		store->fetches_count++;
		return;
	}
	free(fetch->bytes);
	free(fetch);
}

void fetch_free_all(struct store *store)
{
	while (store->fetches) {
		struct fetch *fetch = store->fetches;

		store->fetches = fetch->next;
		free(fetch->bytes);
		free(fetch);
	}
	store->fetches_count = 0;
}

void fetch_plan(
        struct fetch *fetch, const struct chunk *chunk, uint64_t from, uint64_t to, bool framed)
{
	size_t first = spans_find(&chunk->spans, from);
	size_t i;

	assert(from < to && to <= chunk->length);
	fetch->io = chunk->store->io;
	fetch->data = chunk->data;
	fetch->framed = framed;
	fetch->from = from;
	fetch->count = 0;
	fetch->total = 0;
	for (i = first; fetch->count < FETCH_SPANS_MAX && i < chunk->whole; i++) {
		const struct span *span = &chunk->spans.array[i];

		if (span->offset >= to || fetch->total + span->size > STORE_PIECE_MAX)
			break;
		fetch->spans[fetch->count++] = *span;
		fetch->total += span->size;
	}
	assert(fetch->count > 0);
	fetch->to = fetch->spans[0].offset + fetch->total;
	if (fetch->to > to)
		fetch->to = to;
	plan_iov(fetch);
}

bool fetch_now(struct fetch *fetch)
{
	fetch->got = io_disk(fetch->io, preadv_now, fetch->data, fetch->iov, fetch->iov_count,
	        fetch->spans[0].offset);
	/* Part of it may be cached; the worker reads the rest, and again what was there. */
	if (fetch->got != (ssize_t)fetch->total)
		return false;
	verify(fetch);
	return true;
}

void fetch_read(struct fetch *fetch)
{
	fetch->got = io_disk(fetch->io, preadv, fetch->data, fetch->iov, fetch->iov_count,
	        fetch->spans[0].offset);
	if (fetch->got == (ssize_t)fetch->total)
		verify(fetch);
}

bool fetch_good(const struct fetch *fetch)
{
	return fetch->got == (ssize_t)fetch->total && fetch->bad < 0;
}

static void plan_iov(struct fetch *fetch)
{
	uint8_t *at = choose_start(fetch);

	fetch->bad = -1;
	fetch->start = at;
	if (!fetch->framed) {
		fetch->iov[0] = (struct iovec){.iov_base = at, .iov_len = fetch->total};
		fetch->iov_count = 1;
		return;
	}
	for (int i = 0; i < fetch->count; i++) {
		at += FRAME_HEADER_SIZE;
		fetch->iov[i] = (struct iovec){.iov_base = at, .iov_len = fetch->spans[i].size};
		at += fetch->spans[i].size;
	}
	assert(at <= fetch->bytes + FETCH_BYTES);
	fetch->iov_count = fetch->count;
}

/*
 * Where in a page bytes land decides how fast the kernel copies them: into a place a few bytes
 * after their own in its page half as fast (loads then wait for stores that only look like theirs).
 * Plain bytes go to the same place, framed ones a cache line further.
 */
static uint8_t *choose_start(const struct fetch *fetch)
{
	size_t place = (size_t)(fetch->spans[0].offset % FETCH_PAGE);

	return fetch->bytes + place + (fetch->framed ? CACHE_LINE - FRAME_HEADER_SIZE : 0);
}

/* Checksums first; nothing is given of a piece with a bad span. */
static void verify(struct fetch *fetch)
{
	const uint8_t *plain = fetch->start;

	for (int i = 0; i < fetch->count; i++) {
		const struct span *span = &fetch->spans[i];
		const uint8_t *payload = fetch->framed ? fetch->iov[i].iov_base : plain;

		if (crc32c(0, payload, span->size) != span->crc) {
			fetch->bad = i;
			return;
		}
		plain += span->size;
	}
	if (fetch->framed) {
		frame_all(fetch);
	} else {
		fetch->piece = fetch->start + (fetch->from - fetch->spans[0].offset);
		fetch->piece_size = (size_t)(fetch->to - fetch->from);
	}
}

static void frame_all(struct fetch *fetch)
{
	const struct span *last = &fetch->spans[fetch->count - 1];
	const uint8_t *end = fetch->iov[fetch->count - 1].iov_base;

	for (int i = 0; i < fetch->count; i++)
		frame_one(fetch, i, fetch->iov[i].iov_base);
	fetch->piece = fetch->start + (fetch->from - fetch->spans[0].offset);
	fetch->piece_size = (size_t)(end + (fetch->to - last->offset) - fetch->piece);
}

/* A span inside the window keeps its writer's checksum; the slice of one that is cut gets its own.
 */
static void frame_one(struct fetch *fetch, int i, uint8_t *payload)
{
	const struct span *span = &fetch->spans[i];
	uint64_t end = span->offset + span->size;
	uint64_t skip = fetch->from > span->offset ? fetch->from - span->offset : 0;
	uint64_t beyond = end > fetch->to ? end - fetch->to : 0;
	struct frame frame = {
	        .size_bytes = (uint32_t)(span->size - skip - beyond),
	        .crc = span->crc,
	        .writer = span->writer,
	        .sequence = span->sequence,
	        .flags = beyond ? 0 : span->flags,
	};

	payload += skip;
	if (skip > 0 || beyond > 0)
		frame.crc = crc32c(0, payload, frame.size_bytes);
	frame_encode(&frame, payload - FRAME_HEADER_SIZE);
}
