/* SPDX-License-Identifier: MIT */
/* Stored bytes against the checksums of their spans. */
#include "store/verify.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"

enum { BATCH_BYTES = 1024 * 1024 };

static size_t batch_end(const struct spans *spans, size_t from, size_t count);
static int verify_batch(struct io *io, int data, const struct span *spans, size_t count,
        uint8_t *buffer, size_t *ret_bad, struct dfs_error *err);
static int bad_span(const struct span *span, const char *how, struct dfs_error *err);

int verify_spans(struct io *io, int data, const struct spans *spans, size_t from, size_t count,
        size_t *ret_bad, struct dfs_error *err)
{
	uint8_t *buffer;
	int rc = 0;

	assert(from <= count && count <= spans->count);
	if (from == count)
		return 0;
	buffer = malloc(BATCH_BYTES);
	if (!buffer)
		return error_set(err, DFS_E_NOMEM, "no memory to verify with");
	while (from < count && rc == 0) {
		size_t end = batch_end(spans, from, count);
		size_t bad = 0;

		rc = verify_batch(io, data, &spans->array[from], end - from, buffer, &bad, err);
		if (rc == DFS_E_CORRUPT)
			*ret_bad = from + bad;
		from = end;
	}
	free(buffer);
	return rc;
}

static size_t batch_end(const struct spans *spans, size_t from, size_t count)
{
	uint64_t start = spans->array[from].offset;
	size_t end = from + 1;

	while (end < count &&
	        spans->array[end].offset + spans->array[end].size - start <= BATCH_BYTES)
		end++;
	return end;
}

static int verify_batch(struct io *io, int data, const struct span *spans, size_t count,
        uint8_t *buffer, size_t *ret_bad, struct dfs_error *err)
{
	const struct span *last = &spans[count - 1];
	uint64_t start = spans[0].offset;
	ssize_t got = io_disk(
	        io, pread, data, buffer, (size_t)(last->offset + last->size - start), start);

	if (got < 0)
		return error_set(err, DFS_E_IO, "bytes from %" PRIu64 " on cannot be read: %s",
		        start, strerror((int)-got));
	for (size_t i = 0; i < count; i++) {
		uint64_t at = spans[i].offset - start;

		*ret_bad = i;
		if (at + spans[i].size > (uint64_t)got)
			return bad_span(&spans[i], "are not in its .data file", err);
		if (crc32c(0, buffer + at, spans[i].size) != spans[i].crc)
			return bad_span(&spans[i], "fail their checksum", err);
	}
	return 0;
}

static int bad_span(const struct span *span, const char *how, struct dfs_error *err)
{
	return error_set(err, DFS_E_CORRUPT, "bytes %" PRIu64 " to %" PRIu64 " %s", span->offset,
	        span->offset + span->size - 1, how);
}
