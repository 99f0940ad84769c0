/* SPDX-License-Identifier: MIT */
/*
 * Recovery of one chunk (RULES 27). Of a sealed one the last entry says all. Of another the index
 * is replayed, what a crash tore off is cut, every span after the last synced-to is verified, and
 * the chunk ends at the last whole record that is good. What was on disk once and is not any more
 * is damage: the replica is bad, and kept.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "store/load.h"
#include "store/recover.h"
#include "store/verify.h"

static bool sealed_by_tail(struct recovered *pair);
static bool read_tail(struct recovered *pair, struct entry *ret);
static int replay(struct recovered *pair, struct dfs_error *err);
static int judge_index(
        struct recovered *pair, const uint8_t *bytes, size_t size, int rc, struct dfs_error *err);
static bool only_opening(const uint8_t *bytes, size_t size);
static void check_sealed(struct recovered *pair);
static int check_growing(struct recovered *pair, bool torn, struct dfs_error *err);
static int good_spans(struct recovered *pair, int data, size_t *ret_count, struct dfs_error *err);
static void mend(struct recovered *pair, size_t count, bool torn, int data);
static int mend_index(struct recovered *pair, size_t count, bool torn);
static int cut_file(struct recovered *pair, const char *suffix, uint64_t size, bool sync);
static int64_t data_size(const struct recovered *pair);
static int open_file(const struct recovered *pair, const char *suffix, int flags);
static void read_mark(struct recovered *pair);
static void bad(struct recovered *pair, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

int recover_pair(struct recovered *pair, struct dfs_error *err)
{
	int rc = 0;

	index_init(&pair->index, pair->id);
	pair->state = STORE_OPEN;
	if (!sealed_by_tail(pair))
		rc = replay(pair, err);
	if (rc == 0 && pair->marked)
		read_mark(pair);
	return rc;
}

/* ---- sealed: nothing but the last entry is read
 * -------------------------------------------------------------------- */

static bool sealed_by_tail(struct recovered *pair)
{
	struct entry entry;

	/* Where not all before it was durable, all of it is looked at. */
	if (!read_tail(pair, &entry) || entry.kind != ENTRY_SEALED ||
	        entry.durable + ENTRY_SIZE != pair->index_bytes)
		return false;
	pair->index.sealed = true;
	pair->index.version = entry.sealed.version;
	pair->index.length = entry.sealed.length;
	pair->index.crc = entry.sealed.crc;
	check_sealed(pair);
	return true;
}

static bool read_tail(struct recovered *pair, struct entry *ret)
{
	uint8_t bytes[ENTRY_SIZE];
	int handle = open_file(pair, DIR_INDEX, IO_OPEN_READ);
	ssize_t got = -1;
	int64_t size;

	if (handle < 0)
		return false;
	size = io_disk(pair->io, size, handle);
	pair->index_bytes = size < 0 ? 0 : (uint64_t)size;
	if (size >= ENTRY_SIZE && size % ENTRY_SIZE == 0)
		got = io_disk(
		        pair->io, pread, handle, bytes, ENTRY_SIZE, (uint64_t)size - ENTRY_SIZE);
	io_disk(pair->io, close, handle);
	return got == ENTRY_SIZE &&
	       entry_decode(bytes, pair->id, (uint64_t)size - ENTRY_SIZE, ret, NULL) == 0;
}

static void check_sealed(struct recovered *pair)
{
	int64_t size = data_size(pair);

	pair->state = STORE_SEALED;
	pair->length = pair->index.length;
	pair->crc = pair->index.crc;
	if (size == -ENOENT)
		bad(pair, "its .data file is missing");
	else if (size < 0)
		bad(pair, "its .data file cannot be opened: %s", strerror((int)-size));
	else if ((uint64_t)size < pair->length)
		bad(pair, "its .data file has %" PRIi64 " bytes instead of %" PRIu64, size,
		        pair->length);
	else if ((uint64_t)size > pair->length) /* sealed, then interrupted */
		cut_file(pair, DIR_DATA, pair->length, false);
}

/* ---- another: the whole index
 * ---------------------------------------------------------------------------------------- */

static int replay(struct recovered *pair, struct dfs_error *err)
{
	struct dfs_error why = {0};
	char path[DIR_FILE_MAX];
	uint8_t *bytes;
	size_t size;
	int rc;

	dir_chunk_path(pair->dir, pair->id, DIR_INDEX, path);
	rc = load_index_bytes(pair->io, path, &bytes, &size, &why);
	if (rc == DFS_E_NOMEM || rc == DFS_E_LIMIT)
		return error_set(err, rc, "%s: %s", path, why.text);
	if (rc < 0) {
		bad(pair, "%s", why.text);
		return 0;
	}
	rc = index_replay(&pair->index, bytes, size, &why);
	rc = judge_index(pair, bytes, size, rc, &why);
	free(bytes);
	if (rc == DFS_E_VERSION)
		return error_set(err, rc,
		        "%s was written by a newer program: %s. Run that release here; nothing of "
		        "it "
		        "was changed",
		        path, why.text);
	if (rc < 0)
		*err = why;
	return rc;
}

static int judge_index(
        struct recovered *pair, const uint8_t *bytes, size_t size, int rc, struct dfs_error *err)
{
	const bool torn = rc == DFS_E_CORRUPT;

	if (rc < 0 && !torn)
		return rc;
	if (pair->index.size == 0 && only_opening(bytes, size)) {
		pair->absent = true;
		return 0;
	}
	if (pair->index.size == 0 || (torn && !index_interrupted(&pair->index, bytes, size))) {
		bad(pair, "its .idx file is damaged: %s", err->text);
		return 0;
	}
	if (pair->index.sealed) { /* raised, then interrupted */
		if (torn)
			cut_file(pair, DIR_INDEX, pair->index.size, true);
		check_sealed(pair);
		return 0;
	}
	return check_growing(pair, torn, err);
}

/* No span was ever written behind the opening entry: nobody was told that there is something. */
static bool only_opening(const uint8_t *bytes, size_t size)
{
	for (size_t i = ENTRY_SIZE; i < size; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

static int check_growing(struct recovered *pair, bool torn, struct dfs_error *err)
{
	int data = open_file(pair, DIR_DATA, IO_OPEN_READ);
	size_t count = 0;
	int rc = 0;

	pair->state = pair->index.frozen ? STORE_FROZEN : STORE_OPEN;
	if (data == -ENOENT && pair->index.spans.count == 0 && !pair->index.frozen)
		pair->absent = true;
	else if (data == -ENOENT)
		bad(pair, "its .data file is missing");
	else if (data < 0)
		bad(pair, "its .data file cannot be opened: %s", strerror(-data));
	else
		rc = good_spans(pair, data, &count, err);
	if (rc == 0 && !pair->absent && pair->state != STORE_BAD)
		mend(pair, count, torn, data);
	if (data >= 0)
		io_disk(pair->io, close, data);
	return rc;
}

/* How many spans, of whole records, are good. */
static int good_spans(struct recovered *pair, int data, size_t *ret_count, struct dfs_error *err)
{
	struct spans *spans = &pair->index.spans;
	struct dfs_error why = {0};
	size_t count = spans->count;
	size_t from = spans_find(spans, pair->index.synced);
	int rc = verify_spans(pair->io, data, spans, from, count, &count, &why);

	if (rc == DFS_E_NOMEM)
		return error_set(err, rc, "%s", why.text);
	if (rc == DFS_E_IO)
		bad(pair, "%s", why.text);
	if (rc == DFS_E_CORRUPT)
		snprintf(pair->why, sizeof(pair->why), "%.120s", why.text);
	*ret_count = spans_whole(&(struct spans){.array = spans->array, .count = count});
	return 0;
}

static void mend(struct recovered *pair, size_t count, bool torn, int data)
{
	struct spans *spans = &pair->index.spans;
	uint64_t was = spans_end(spans);
	int64_t size = io_disk(pair->io, size, data);
	int rc = 0;

	pair->length = count ? spans->array[count - 1].offset + spans->array[count - 1].size : 0;
	if (size < 0 || (uint64_t)size < pair->index.synced || pair->length < pair->index.synced) {
		bad(pair, "bytes below %" PRIu64 ", which were on disk, are missing",
		        pair->index.synced);
		return;
	}
	pair->cut = torn || count < spans->count;
	if (pair->cut)
		rc = mend_index(pair, count, torn);
	if (rc == 0 && (uint64_t)size > pair->length)
		rc = cut_file(pair, DIR_DATA, pair->length, false);
	if (rc < 0) {
		bad(pair, "it could not be mended at the start: %s", strerror(-rc));
		return;
	}
	if (count < spans->count)
		snprintf(pair->why, sizeof(pair->why),
		        "cut from %" PRIu64 " to %" PRIu64 " bytes at the start", was,
		        pair->length);
	else if (torn)
		snprintf(pair->why, sizeof(pair->why),
		        "kept %" PRIu64 " bytes; what its index lost is cut", pair->length);
	spans_keep(spans, count);
	pair->crc = spans_crc(spans, count);
}

/* The torn end goes, spans that are not there are declared void; durable before anything else is
 * written. */
static int mend_index(struct recovered *pair, size_t count, bool torn)
{
	struct index *index = &pair->index;
	struct entry cut = {.kind = ENTRY_CUT,
	        .before = index->last,
	        .synced = {.length = pair->length, .committed = index->committed}};
	uint8_t bytes[ENTRY_SIZE];
	struct iovec iov = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	int handle = open_file(pair, DIR_INDEX, IO_OPEN_WRITE);
	ssize_t rc = handle < 0 ? handle : 0;

	if (rc == 0 && torn)
		rc = io_disk(pair->io, truncate, handle, index->size);
	if (rc == 0 && count < index->spans.count) {
		uint32_t crc = entry_encode(&cut, pair->id, index->size, bytes);

		rc = io_disk(pair->io, pwritev, handle, &iov, 1, index->size);
		index->size += ENTRY_SIZE;
		index->last = crc;
	}
	if (rc >= 0)
		rc = io_disk(pair->io, fdatasync, handle);
	if (handle >= 0)
		io_disk(pair->io, close, handle);
	return rc < 0 ? (int)rc : 0;
}

/* ---- files
 * ---------------------------------------------------------------------------------------------------------
 */

static int cut_file(struct recovered *pair, const char *suffix, uint64_t size, bool sync)
{
	int handle = open_file(pair, suffix, IO_OPEN_WRITE);
	int rc = handle < 0 ? handle : io_disk(pair->io, truncate, handle, size);

	if (rc == 0 && sync)
		rc = io_disk(pair->io, fdatasync, handle);
	if (handle >= 0)
		io_disk(pair->io, close, handle);
	return rc;
}

static int64_t data_size(const struct recovered *pair)
{
	int handle = open_file(pair, DIR_DATA, IO_OPEN_READ);
	int64_t size;

	if (handle < 0)
		return handle;
	size = io_disk(pair->io, size, handle);
	io_disk(pair->io, close, handle);
	return size;
}

static int open_file(const struct recovered *pair, const char *suffix, int flags)
{
	char path[DIR_FILE_MAX];

	dir_chunk_path(pair->dir, pair->id, suffix, path);
	return io_disk(pair->io, open, path, flags);
}

/* Given up in an earlier life (RULES 31): whatever is left of it is kept. */
static void read_mark(struct recovered *pair)
{
	char text[sizeof(pair->why)] = {0};
	int handle = open_file(pair, DIR_MARK, IO_OPEN_READ);

	if (handle < 0)
		return;
	if (io_disk(pair->io, pread, handle, text, sizeof(text) - 1, 0) <= 0)
		snprintf(text, sizeof(text), "it was given up before the start");
	io_disk(pair->io, close, handle);
	pair->absent = false;
	bad(pair, "%s", text);
}

/* The first reason counts, but a mark: it came first. */
static void bad(struct recovered *pair, const char *format, ...)
{
	va_list args;

	pair->state = STORE_BAD;
	va_start(args, format);
	vsnprintf(pair->why, sizeof(pair->why), format, args);
	va_end(args);
}
