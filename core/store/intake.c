/* SPDX-License-Identifier: MIT */
/* Frames into a data file: parse, check, gather, write. Who may append, and when it is
 * acknowledged, is append.c's. */
#include "store/intake.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include "base/crc32c.h"

enum {
	DIRECT_BYTES_MAX = 2048, /* up to this a second pass costs less than crc32c_combine */
	JOURNAL_EVERY = 1024,    /* spans of a long append after which the index is written */
};

static int take_header(
        struct intake *intake, const uint8_t **bytes, size_t *size, struct dfs_error *err);
static int begin_frame(struct intake *intake, const uint8_t *header, struct dfs_error *err);
static int take_payload(
        struct intake *intake, const uint8_t **bytes, size_t *size, struct dfs_error *err);
static int end_frame(struct intake *intake, struct dfs_error *err);
static void drop_frame(struct intake *intake);
static int gather(struct intake *intake, const uint8_t *bytes, size_t size, struct dfs_error *err);
static int write_out(struct intake *intake, struct dfs_error *err);
static int take_room(struct intake *intake, size_t bytes, struct dfs_error *err);
static int write_failed(struct intake *intake, int number, struct dfs_error *err);
static void step_back(struct intake *intake);
static void count_records(struct intake *intake);

void intake_init(struct intake *intake, struct chunk *chunk, uint64_t limit)
{
	assert(chunk->whole == chunk->spans.count && spans_end(&chunk->spans) == chunk->length);
	*intake = (struct intake){
	        .chunk = chunk,
	        .limit = limit,
	        .start = chunk->length,
	        .start_crc = chunk->crc,
	        .end = chunk->length,
	        .crc = chunk->crc,
	        .record_end = chunk->length,
	        .record_crc = chunk->crc,
	        .record_spans = chunk->whole,
	        .at = chunk->length,
	};
}

int intake_feed(struct intake *intake, const uint8_t *bytes, size_t size, struct dfs_error *err)
{
	int rc = 0, written;

	while (size > 0 && rc == 0) {
		if (!intake->in_frame)
			rc = take_header(intake, &bytes, &size, err);
		else
			rc = take_payload(intake, &bytes, &size, err);
	}
	written = write_out(intake, rc == 0 ? err : NULL);
	if (rc == 0)
		rc = written;
	if (rc == 0 && intake->chunk->whole - intake->chunk->indexed >= JOURNAL_EVERY)
		rc = journal_write(intake->chunk, NULL, err);
	return rc;
}

bool intake_whole(const struct intake *intake)
{
	return !intake->in_frame && intake->header_have == 0 && intake->end == intake->record_end;
}

void intake_fini(struct intake *intake)
{
	struct chunk *chunk = intake->chunk;

	dir_ungrant(chunk->dir, intake->granted);
	intake->granted = 0;
	if (chunk->spans.count > chunk->whole)
		spans_keep(&chunk->spans, chunk->whole);
}

void intake_sofar(const struct intake *intake, uint64_t *ret_bytes, uint32_t *ret_crc)
{
	/* The chunk's CRC is that of what was there before, shifted over these bytes, plus theirs.
	 */
	*ret_bytes = intake->end - intake->start;
	*ret_crc = intake->in_frame && intake->direct ? intake->crc_before : intake->crc;
	*ret_crc ^= crc32c_combine(intake->start_crc, 0, *ret_bytes);
}

static int take_header(
        struct intake *intake, const uint8_t **bytes, size_t *size, struct dfs_error *err)
{
	size_t part = FRAME_HEADER_SIZE - intake->header_have;
	const uint8_t *header = intake->header;

	if (part > *size)
		part = *size;
	if (part == FRAME_HEADER_SIZE)
		header = *bytes;
	else
		memcpy(intake->header + intake->header_have, *bytes, part);
	*bytes += part;
	*size -= part;
	intake->header_have += (unsigned)part;
	if (intake->header_have < FRAME_HEADER_SIZE)
		return 0;
	intake->header_have = 0;
	return begin_frame(intake, header, err);
}

static int begin_frame(struct intake *intake, const uint8_t *header, struct dfs_error *err)
{
	int rc = frame_decode(header, &intake->frame);

	if (rc < 0)
		return error_set(err, rc, "frame at byte %" PRIu64 ": bad header", intake->end);
	if (intake->frame.size_bytes > intake->limit - intake->end)
		return error_set(err, DFS_E_RANGE,
		        "frame at byte %" PRIu64 " passes the allowance of %" PRIu64 " bytes",
		        intake->end, intake->limit);
	intake->in_frame = true;
	intake->frame_have = 0;
	intake->frame_crc = 0;
	intake->direct = intake->frame.size_bytes <= DIRECT_BYTES_MAX;
	intake->crc_before = intake->crc;
	intake->frame_iov = intake->iov_count;
	intake->frame_iov_bytes = intake->iov_bytes;
	return 0;
}

static int take_payload(
        struct intake *intake, const uint8_t **bytes, size_t *size, struct dfs_error *err)
{
	size_t part = intake->frame.size_bytes - intake->frame_have;
	int rc;

	if (part > *size)
		part = *size;
	intake->frame_crc = crc32c(intake->frame_crc, *bytes, part);
	if (intake->direct)
		intake->crc = crc32c(intake->crc, *bytes, part);
	rc = gather(intake, *bytes, part, err);
	if (rc < 0)
		return rc;
	*bytes += part;
	*size -= part;
	intake->frame_have += (uint32_t)part;
	return intake->frame_have == intake->frame.size_bytes ? end_frame(intake, err) : 0;
}

static int end_frame(struct intake *intake, struct dfs_error *err)
{
	const struct frame *frame = &intake->frame;
	struct span span = {
	        .offset = intake->end,
	        .writer = frame->writer,
	        .sequence = frame->sequence,
	        .size = frame->size_bytes,
	        .crc = frame->crc,
	        .flags = frame->flags,
	};
	int rc = 0;

	intake->in_frame = false;
	if (intake->frame_crc != frame->crc)
		rc = error_set(err, DFS_E_CORRUPT,
		        "frame at byte %" PRIu64 " of %" PRIu32 " bytes fails its checksum",
		        intake->end, frame->size_bytes);
	if (rc == 0 && (rc = spans_push(&intake->chunk->spans, &span)) < 0)
		error_set(err, rc, "frame at byte %" PRIu64 ": %s", intake->end,
		        rc == DFS_E_LIMIT ? "the chunk has too many spans" : dfs_error_text(rc));
	if (rc < 0) {
		drop_frame(intake);
		return rc;
	}
	if (!intake->direct)
		intake->crc = crc32c_combine(intake->crc, frame->crc, frame->size_bytes);
	intake->end += frame->size_bytes;
	if (frame->flags & FRAME_RECORD_END) {
		intake->record_end = intake->end;
		intake->record_crc = intake->crc;
		intake->record_spans = intake->chunk->spans.count;
	}
	return 0;
}

/* Nothing of a bad frame counts; parts of it that were written already lie past the end. */
static void drop_frame(struct intake *intake)
{
	intake->crc = intake->crc_before;
	intake->iov_count = intake->frame_iov;
	intake->iov_bytes = intake->frame_iov_bytes;
}

static int gather(struct intake *intake, const uint8_t *bytes, size_t size, struct dfs_error *err)
{
	if (intake->iov_count == INTAKE_IOV || intake->iov_bytes >= INTAKE_WRITE_BYTES) {
		int rc = write_out(intake, err);

		if (rc < 0)
			return rc;
	}
	intake->iov[intake->iov_count++] =
	        (struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	intake->iov_bytes += size;
	return 0;
}

static int write_out(struct intake *intake, struct dfs_error *err)
{
	struct chunk *chunk = intake->chunk;
	ssize_t rc;
	int room;

	if (intake->iov_count == 0)
		return 0;
	room = take_room(intake, intake->iov_bytes, err);
	if (room < 0) {
		step_back(intake);
		return room;
	}
	rc = io_disk(
	        chunk->store->io, pwritev, chunk->data, intake->iov, intake->iov_count, intake->at);
	if (rc < 0)
		return write_failed(intake, (int)rc, err);
	dir_ungrant(chunk->dir, intake->iov_bytes);
	intake->granted -= intake->iov_bytes;
	intake->at += intake->iov_bytes;
	sync_wrote(chunk, intake->iov_bytes, intake->at);
	intake->iov_count = intake->frame_iov = 0;
	intake->iov_bytes = intake->frame_iov_bytes = 0;
	count_records(intake);
	return 0;
}

static int take_room(struct intake *intake, size_t bytes, struct dfs_error *err)
{
	uint64_t rest = intake->limit - intake->at;
	uint64_t want = rest < INTAKE_GRANT_BYTES ? rest : INTAKE_GRANT_BYTES;
	int rc;

	if (intake->granted >= bytes)
		return 0;
	if (want < bytes)
		want = bytes;
	rc = dir_grant(intake->chunk->dir, want - intake->granted, err);
	if (rc < 0 && want > bytes)
		rc = dir_grant(intake->chunk->dir, (want = bytes) - intake->granted, err);
	if (rc < 0)
		return rc;
	intake->granted = want;
	return 0;
}

static int write_failed(struct intake *intake, int number, struct dfs_error *err)
{
	struct chunk *chunk = intake->chunk;

	step_back(intake);
	if (dir_code(number) == DFS_E_NOSPC)
		return error_set(err, DFS_E_NOSPC, "%s is full", chunk->dir->path);
	dir_failed(chunk->dir, number, "a .data file could not be written");
	chunk_bad(chunk, "its .data file could not be written: %s", strerror(-number));
	return error_set(err, DFS_E_IO, "%s", chunk->why);
}

/* Frames that were gathered did not reach the file: back to the last record that did. */
static void step_back(struct intake *intake)
{
	struct chunk *chunk = intake->chunk;

	intake->iov_count = 0;
	intake->iov_bytes = 0;
	spans_keep(&chunk->spans, chunk->whole);
	intake->end = intake->record_end = chunk->length;
	intake->crc = intake->record_crc = chunk->crc;
	intake->in_frame = false;
}

static void count_records(struct intake *intake)
{
	struct chunk *chunk = intake->chunk;

	if (intake->record_end == chunk->length)
		return;
	assert(intake->record_end > chunk->length && intake->record_end <= intake->at);
	chunk->length = intake->record_end;
	chunk->crc = intake->record_crc;
	chunk->whole = intake->record_spans;
	chunk_publish(chunk);
}
