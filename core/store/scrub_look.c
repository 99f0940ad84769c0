/* SPDX-License-Identifier: MIT */
/*
 * One sealed replica, looked at on a worker: its files opened anew by their names, so that one
 * which was removed or exchanged shows although readers still hold the old one open, and read past
 * the page cache. Knows the table's words about it and nothing else of the store.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "store/load.h"
#include "store/scrubber.h"

static int read_index(struct scrub_look *look, struct dfs_error *err);
static int read_all(
        struct scrub_look *look, int handle, size_t size, uint8_t **ret, struct dfs_error *err);
static int check_index(const struct scrub_look *look, struct dfs_error *err);
static int open_file(const struct scrub_look *look, const char *suffix);
static int file_error(int number, struct dfs_error *err, const char *suffix, const char *what);
static size_t round_up(size_t size);

int look_open(struct scrub_look *look, struct dfs_error *err)
{
	int64_t size;
	int rc;

	look->data = -1;
	look->at = 0;
	index_init(&look->index, look->id);
	rc = read_index(look, err);
	if (rc == 0)
		rc = check_index(look, err);
	if (rc < 0)
		return rc;
	look->data = open_file(look, DIR_DATA);
	if (look->data < 0)
		return file_error(look->data, err, DIR_DATA, "cannot be opened");
	size = io_disk(look->io, size, look->data);
	if (size < 0)
		return file_error((int)size, err, DIR_DATA, "cannot be looked at");
	if ((uint64_t)size < look->length)
		return error_set(err, DFS_E_CORRUPT,
		        "its .data file has %" PRIu64 " bytes instead of %" PRIu64, (uint64_t)size,
		        look->length);
	return 0;
}

bool look_over(const struct scrub_look *look)
{
	return look->at == look->index.spans.count;
}

/* Whole blocks around the next spans; every span is compared. */
int look_slice(struct scrub_look *look, struct dfs_error *err)
{
	const struct spans *spans = &look->index.spans;
	const struct span *first = &spans->array[look->at];
	uint64_t start = first->offset / IO_DIRECT * IO_DIRECT;
	size_t end = look->at, size;
	ssize_t got;

	assert(!look_over(look));
	do
		end++;
	while (end < spans->count &&
	        spans->array[end].offset + spans->array[end].size - first->offset <= SCRUB_SLICE);
	size = round_up(
	        (size_t)(spans->array[end - 1].offset + spans->array[end - 1].size - start));
	assert(size <= SCRUB_ROOM);
	got = io_disk(look->io, pread, look->data, look->room, size, start);
	if (got < 0)
		return file_error((int)got, err, DIR_DATA, "cannot be read");
	look->cost_bytes += (uint64_t)got;
	for (; look->at < end; look->at++) {
		const struct span *span = &spans->array[look->at];
		uint64_t from = span->offset - start;

		if (from + span->size > (uint64_t)got)
			return error_set(err, DFS_E_CORRUPT,
			        "its .data file ends before byte %" PRIu64,
			        span->offset + span->size);
		if (crc32c(0, look->room + from, span->size) != span->crc)
			return error_set(err, DFS_E_CORRUPT,
			        "the span at byte %" PRIu64 " fails its checksum", span->offset);
	}
	return 0;
}

void look_close(struct scrub_look *look)
{
	if (look->data >= 0)
		io_disk(look->io, close, look->data);
	look->data = -1;
	index_fini(&look->index);
	index_init(&look->index, look->id);
}

bool look_blames(int code)
{
	return code == DFS_E_CORRUPT || code == DFS_E_IO || code == DFS_E_NOENT;
}

static int read_index(struct scrub_look *look, struct dfs_error *err)
{
	int handle = open_file(look, DIR_INDEX);
	uint8_t *bytes = NULL;
	int64_t size;
	int rc;

	if (handle < 0)
		return file_error(handle, err, DIR_INDEX, "cannot be opened");
	size = io_disk(look->io, size, handle);
	if (size < 0)
		rc = file_error((int)size, err, DIR_INDEX, "cannot be looked at");
	else if (size > (int64_t)INDEX_BYTES_MAX)
		rc = error_set(err, DFS_E_CORRUPT, "its .idx file is too long");
	else
		rc = read_all(look, handle, (size_t)size, &bytes, err);
	io_disk(look->io, close, handle);
	if (rc == 0)
		rc = index_replay(&look->index, bytes, (size_t)size, err);
	free(bytes);
	return rc;
}

static int read_all(
        struct scrub_look *look, int handle, size_t size, uint8_t **ret, struct dfs_error *err)
{
	size_t room = round_up(size > 0 ? size : 1);
	void *bytes;
	ssize_t got;

	if (posix_memalign(&bytes, IO_DIRECT, room) != 0)
		return error_set(err, DFS_E_NOMEM, "no memory for an index");
	got = io_disk(look->io, pread, handle, bytes, room, 0);
	if (got < 0 || (size_t)got < size) {
		free(bytes);
		return got < 0 ? file_error((int)got, err, DIR_INDEX, "cannot be read")
		               : error_set(err, DFS_E_CORRUPT, "its .idx file ends early");
	}
	look->cost_bytes += (uint64_t)got;
	*ret = bytes;
	return 0;
}

/* The index is good in itself; does it say what the table says, and do its spans make the whole? */
static int check_index(const struct scrub_look *look, struct dfs_error *err)
{
	const struct index *index = &look->index;

	if (!index->sealed || index->version != look->version || index->length != look->length ||
	        index->crc != look->crc)
		return error_set(err, DFS_E_CORRUPT,
		        "its .idx file is not the one that was there at the start");
	if (spans_crc(&index->spans, index->spans.count) != look->crc)
		return error_set(
		        err, DFS_E_CORRUPT, "its spans' checksums do not make that of the whole");
	return 0;
}

static int open_file(const struct scrub_look *look, const char *suffix)
{
	char path[DIR_FILE_MAX];

	dir_chunk_path(look->dir, look->id, suffix, path);
	return io_disk(look->io, open, path, IO_OPEN_READ | IO_OPEN_DIRECT);
}

static int file_error(int number, struct dfs_error *err, const char *suffix, const char *what)
{
	return error_set(
	        err, dir_code(number), "its %s file %s: %s", suffix, what, strerror(-number));
}

static size_t round_up(size_t size)
{
	return (size + IO_DIRECT - 1) / IO_DIRECT * IO_DIRECT;
}
