/* SPDX-License-Identifier: MIT */
#ifndef STORE_FETCH_H
#define STORE_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include "base/frame.h"
#include "store/chunk.h"
#include "store/store.h"

/*
 * One piece of a read in memory: whole spans read behind gaps for their frame headers, verified,
 * and the window of them that was asked for. No copy: where the window begins inside a span its
 * header is written over the bytes before it.
 *
 *   framed   |gap|span 0 ......|gap|span 1 ....|gap|span 2 .......|
 *   window              |hdr|..|hdr|...........|hdr|.....|
 *
 * Page-aligned buffers; the store keeps some that are at rest.
 */
enum {
	FETCH_SPANS_MAX = 512,
	FETCH_PAGE = 4096,
	FETCH_BYTES = STORE_PIECE_MAX + FETCH_SPANS_MAX * FRAME_HEADER_SIZE + 2 * FETCH_PAGE,
	FETCH_KEPT = 16,
};

struct fetch {
	struct io_work work;
	struct fetch *next; /* at rest */
	void *owner;
	uint8_t *bytes;                     /* FETCH_BYTES of them */
	uint8_t *start;                     /* where the first span, or its gap, begins */
	struct span spans[FETCH_SPANS_MAX]; /* copied: an append may move the chunk's */
	struct iovec iov[FETCH_SPANS_MAX];
	int count, iov_count;
	size_t total; /* bytes to be read */
	bool framed;
	uint64_t from, to; /* window in the chunk */
	/* the window in memory, once read */
	const uint8_t *piece;
	size_t piece_size;
	/* how it went */
	ssize_t got;
	int bad; /* index of the span that fails its checksum; -1 */
	struct io *io;
	int data;
};

struct fetch *fetch_take(struct store *store);             /* NULL when memory is out */
void fetch_give(struct store *store, struct fetch *fetch); /* takes NULL */
void fetch_free_all(struct store *store);
/* What to read for a piece that begins at `from` and ends at `to` at the latest. */
void fetch_plan(
        struct fetch *fetch, const struct chunk *chunk, uint64_t from, uint64_t to, bool framed);
/* Read without blocking; false where a worker must do it. */
bool fetch_now(struct fetch *fetch);
/* Read and verify, blocking: for an io_work.run. */
void fetch_read(struct fetch *fetch);
/* fetch->got is what was asked for and every span is good. */
bool fetch_good(const struct fetch *fetch);

#endif
