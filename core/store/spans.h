/* SPDX-License-Identifier: MIT */
#ifndef STORE_SPANS_H
#define STORE_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

/*
 * The spans of one chunk in memory, in order and without gaps: span i+1 begins where span i ends,
 * the first at 0. 40 bytes each; kept for chunks that grow, loaded at the first read of a sealed
 * one and dropped again.
 */
struct span {
	uint64_t offset;
	uint64_t writer;
	uint64_t sequence;
	uint32_t size;
	uint32_t crc;
	uint32_t flags; /* FRAME_RECORD_END */
};

/* Spans of one chunk: bounds memory and index against a writer of one-byte frames. */
enum { SPANS_MAX = 1 << 20 };

struct spans {
	struct span *array;
	size_t count, capacity;
};

void spans_fini(struct spans *spans);
/* DFS_E_NOMEM, DFS_E_LIMIT (SPANS_MAX). The span must begin at spans_end. */
int spans_push(struct spans *spans, const struct span *span);
uint64_t spans_end(const struct spans *spans);
/* Which span holds byte `offset`; spans->count where that is past the end. Also: how many spans end
 * at or below it. */
size_t spans_find(const struct spans *spans, uint64_t offset);
/* True where `length` is 0 or the end of a span that ends a record. */
bool spans_boundary(const struct spans *spans, uint64_t length);
/* Keep the first `count`. */
void spans_keep(struct spans *spans, size_t count);
/* How many spans make whole records: all up to the last one that ends a record. */
size_t spans_whole(const struct spans *spans);
/* CRC32C of the bytes of the first `count`. */
uint32_t spans_crc(const struct spans *spans, size_t count);
size_t spans_bytes(const struct spans *spans); /* memory held */

#endif
