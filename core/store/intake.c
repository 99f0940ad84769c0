/* SPDX-License-Identifier: MIT */
/* Frames into a data file: parse, check, gather, write. Who may append, and when it is
 * acknowledged, is append.c's. */
#include "store/intake.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include "base/crc32c.h"
#include "store/job.h"

enum {
	DIRECT_BYTES_MAX = 2048, /* up to this a second pass costs less than crc32c_combine */
	JOURNAL_EVERY = 1024,    /* spans of a long append after which the index is written */
	ALLOCATE_PART = 4,       /* of the room there is, set aside for one append at most */
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
static void write_run(struct io_work *work);
static void write_done(struct io_work *work);
static int take_room(struct intake *intake, size_t bytes, struct dfs_error *err);
static int write_failed(struct intake *intake, int number, struct dfs_error *err);
static void step_back(struct intake *intake);
static void count_records(struct intake *intake, uint64_t end, uint32_t crc, size_t spans);

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
	        .work = {.run = write_run, .done = write_done, .lane = IO_LANE_CACHE},
	};
}

static int take(struct intake *intake, const uint8_t *bytes, size_t size, struct dfs_error *err)
{
	int rc = 0;

	while (size > 0 && rc == 0) {
		if (!intake->in_frame)
			rc = take_header(intake, &bytes, &size, err);
		else
			rc = take_payload(intake, &bytes, &size, err);
	}
	return rc;
}

int intake_lend(
        struct intake *intake, struct slab *slab, size_t at, size_t size, struct dfs_error *err)
{
	int rc;

	intake->slab = slab;
	rc = take(intake, slab->bytes + at, size, err);
	intake->slab = NULL;
	return rc;
}

int intake_feed(struct intake *intake, const uint8_t *bytes, size_t size, struct dfs_error *err)
{
	int rc, written;

	assert(!intake->slab && !intake->writing);
	rc = take(intake, bytes, size, err);
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

	if (intake->over)
		return;
	intake->over = true;
	dir_ungrant(chunk->dir, intake->granted);
	intake->granted = 0;
	parcel_fini(&intake->gathered);
	if (chunk->spans.count > chunk->whole)
		spans_keep(&chunk->spans, chunk->whole);
}

void intake_free(struct intake *intake)
{
	parcel_fini(&intake->gathered);
	parcel_fini(&intake->going);
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
	intake->frame_iov = intake->gathered.count;
	intake->frame_iov_bytes = intake->gathered.bytes;
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
	parcel_keep(&intake->gathered, intake->frame_iov);
}

static int gather(struct intake *intake, const uint8_t *bytes, size_t size, struct dfs_error *err)
{
	struct parcel *gathered = &intake->gathered;

	if (!intake->slab &&
	        (gathered->count == INTAKE_IOV || gathered->bytes >= INTAKE_WRITE_BYTES)) {
		int rc = write_out(intake, err);

		if (rc < 0)
			return rc;
	}
	if (parcel_add(gathered, intake->slab, bytes, size) < 0)
		return error_set(err, DFS_E_NOMEM, "no memory for what is to be written");
	return 0;
}

/* ---- written here and now
 * ----------------------------------------------------------------------------------- */

static int write_out(struct intake *intake, struct dfs_error *err)
{
	struct chunk *chunk = intake->chunk;
	struct parcel *gathered = &intake->gathered;
	ssize_t rc;
	int room;

	if (gathered->count == 0)
		return 0;
	room = take_room(intake, gathered->bytes, err);
	if (room < 0) {
		step_back(intake);
		return room;
	}
	rc = io_disk(
	        chunk->store->io, pwritev, chunk->data, gathered->iov, gathered->count, intake->at);
	if (rc < 0)
		return write_failed(intake, (int)rc, err);
	dir_ungrant(chunk->dir, gathered->bytes);
	intake->granted -= gathered->bytes;
	intake->at += gathered->bytes;
	sync_wrote(chunk, gathered->bytes, intake->at);
	parcel_keep(gathered, 0);
	intake->frame_iov = 0;
	intake->frame_iov_bytes = 0;
	count_records(intake, intake->record_end, intake->record_crc, intake->record_spans);
	return 0;
}

/* ---- written by a worker
 * ------------------------------------------------------------------------------------ */

size_t intake_waiting(const struct intake *intake)
{
	if (intake->over)
		return 0;
	return intake->in_frame ? intake->frame_iov_bytes : intake->gathered.bytes;
}

int intake_write(struct intake *intake, struct dfs_error *err)
{
	struct chunk *chunk = intake->chunk;
	int pieces = intake->in_frame ? intake->frame_iov : intake->gathered.count;
	int rc;

	assert(!intake->writing && !intake->over && pieces > 0);
	rc = take_room(intake, intake_waiting(intake), err);
	if (rc == 0 && parcel_split(&intake->gathered, pieces, &intake->going) < 0)
		rc = error_set(err, DFS_E_NOMEM, "no memory for what is to be written");
	if (rc < 0) {
		step_back(intake);
		return rc;
	}
	intake->frame_iov = 0;
	intake->frame_iov_bytes = 0;
	intake->granted -= intake->going.bytes; /* write_done takes it back */
	intake->going_at = intake->at;
	intake->at += intake->going.bytes;
	intake->going_end = intake->record_end;
	intake->going_crc = intake->record_crc;
	intake->going_spans = intake->record_spans;
	if (intake->allocate > dir_available(chunk->dir) / ALLOCATE_PART)
		intake->allocate = 0;
	intake->writing = true;
	chunk->writing++;
	chunk->store->running++;
	chunk_ref(chunk);
	io_work_submit(chunk->store->io, &intake->work);
	return 0;
}

/* Room is set aside where that is quicker than to find it for each write: it need not work. */
static void write_run(struct io_work *work)
{
	struct intake *intake = LATER_OF(work, struct intake, work);
	struct io *io = intake->chunk->store->io;
	const struct parcel *going = &intake->going;

	if (intake->allocate > 0)
		intake->allocated = io_disk(
		        io, allocate, intake->chunk->data, intake->going_at, intake->allocate);
	intake->wrote = io_disk(
	        io, pwritev, intake->chunk->data, going->iov, going->count, intake->going_at);
}

/* `written` may free the intake. */
static void write_done(struct io_work *work)
{
	struct intake *intake = LATER_OF(work, struct intake, work);
	struct chunk *chunk = intake->chunk;
	size_t bytes = intake->going.bytes;
	struct dfs_error err = {0};
	int rc = 0;

	assert(chunk->magic == CHUNK_MAGIC && intake->writing);
	intake->writing = false;
	chunk->writing--;
	chunk->store->running--;
	dir_ungrant(chunk->dir, bytes);
	parcel_keep(&intake->going, 0);
	if (intake->allocate > 0 && intake->allocated == 0)
		chunk->sync.room_end = intake->going_at + intake->allocate;
	intake->allocate = 0;
	if (chunk->state == STORE_BAD || chunk->gone) {
		rc = error_set(&err, DFS_E_IO, "%s", chunk->why);
	} else if (intake->wrote < 0) {
		rc = write_failed(intake, (int)intake->wrote, &err);
	} else {
		sync_wrote(chunk, bytes, intake->going_at + bytes);
		if (!intake->over)
			count_records(
			        intake, intake->going_end, intake->going_crc, intake->going_spans);
		if (!intake->over && chunk->whole - chunk->indexed >= JOURNAL_EVERY)
			rc = journal_write(chunk, NULL, &err);
	}
	intake->written(intake, rc, &err);
	job_go_on(chunk);
	chunk_unref(chunk);
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

	parcel_keep(&intake->gathered, 0);
	intake->in_frame = false;
	intake->frame_iov = 0;
	intake->frame_iov_bytes = 0;
	if (intake->over)
		return;
	spans_keep(&chunk->spans, chunk->whole);
	intake->end = intake->record_end = chunk->length;
	intake->crc = intake->record_crc = chunk->crc;
}

static void count_records(struct intake *intake, uint64_t end, uint32_t crc, size_t spans)
{
	struct chunk *chunk = intake->chunk;

	if (end == chunk->length)
		return;
	assert(end > chunk->length && end <= intake->at);
	chunk->length = end;
	chunk->crc = crc;
	chunk->whole = spans;
	chunk_publish(chunk);
}
