/* SPDX-License-Identifier: MIT */
/*
 * Pieces of a source that may be read again, read and summed. What is at hand (in the page cache)
 * is read here: then it lies in this processor's cache when it is sent. What is not, a worker
 * reads, while the pieces before are sent and other chunks go on (put_stream.c).
 *
 *   piece  |    |payload........|    |payload........|    |payload..|
 *           ^ the frames' headers, which the loop fills in when the piece is sent
 *
 * A piece belongs to its worker from piece_read to piece_done. A slot that stops meanwhile forgets
 * it: then nobody waits for the bytes, but the piece, the source and the job stay until the worker
 * is back.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <utlist.h>
#include "base/crc32c.h"
#include "client/client_parts.h"
#include "client/put.h"

typedef int64_t read_verb(struct put_piece *piece, uint64_t offset, uint8_t *bytes, uint32_t size);

static read_verb read_part, read_now;
static void fill(struct put_piece *piece, read_verb *read);
static void piece_run(struct io_work *work);
static void piece_done(struct io_work *work);

/* ---- memory ---- */

/* A file of a few bytes needs no room for 256 KiB. */
static struct put_piece *piece_create(struct put *put)
{
	struct put_piece *piece = calloc(1, sizeof(*piece));
	uint64_t room = frame_body_size(put->source.size_bytes);

	if (room > (uint64_t)PUT_PIECE_FRAMES * PUT_FRAME_STRIDE)
		room = (uint64_t)PUT_PIECE_FRAMES * PUT_FRAME_STRIDE;
	if (!piece || posix_memalign((void **)&piece->bytes, 4096, room) != 0) {
		free(piece);
		return NULL;
	}
	piece->put = put;
	put->pieces_count++;
	put->job.client->pieces++;
	return piece;
}

static void piece_free(struct put_piece *piece)
{
	free(piece->bytes);
	free(piece);
}

static struct put_piece *piece_take(struct put *put)
{
	struct put_piece *piece = put->spares;

	if (!piece)
		return piece_create(put);
	LL_DELETE(put->spares, piece);
	return piece;
}

void piece_give_back(struct put_piece *piece)
{
	assert(!piece->reading);
	piece->slot = NULL;
	LL_PREPEND(piece->put->spares, piece);
	stream_spare(piece->put);
}

/* Each put has one at least, so that all of them go on. */
bool pieces_have_room(const struct put *put)
{
	return put->spares || put->pieces_count == 0 || put->job.client->pieces < PUT_PIECES_MAX;
}

void pieces_release(struct put *put)
{
	struct put_piece *piece, *next;

	LL_FOREACH_SAFE(put->spares, piece, next)
	piece_free(piece);
	put->spares = NULL;
	put->job.client->pieces -= put->pieces_count;
	put->pieces_count = 0;
}

/* ---- reading ---- */

static void give_to_worker(struct put_piece *piece)
{
	struct put *put = piece->put;

	piece->reading = true;
	put->reading++;
	job_hold(&put->job);
	piece->source.hold(piece->source.arg);
	io_work_submit(put->job.io, &piece->work);
}

struct put_piece *piece_read(struct put_slot *slot, uint64_t offset, uint32_t size)
{
	struct put *put = slot->put;
	struct put_piece *piece = piece_take(put);

	assert(size > 0 && size <= PUT_PIECE_BYTES);
	if (!piece)
		return NULL;
	piece->slot = slot;
	piece->source = put->source;
	piece->path = put->path;
	piece->offset = offset;
	piece->size = size;
	piece->done = 0;
	piece->work = (struct io_work){.run = piece_run, .done = piece_done, .lane = IO_LANE_CACHE};
	fill(piece, piece->source.read_now ? read_now : read_part);
	if (piece->source.read_now && piece->code == DFS_E_BUSY)
		give_to_worker(piece);
	return piece;
}

uint8_t *piece_frame(const struct put_piece *piece, unsigned index, uint32_t *ret_size)
{
	uint32_t before = index * (uint32_t)SPAN_SIZE_MAX;

	if (before >= piece->size)
		return NULL;
	*ret_size = piece->size - before < SPAN_SIZE_MAX ? piece->size - before : SPAN_SIZE_MAX;
	return piece->bytes + index * (size_t)PUT_FRAME_STRIDE;
}

static int64_t read_part(struct put_piece *piece, uint64_t offset, uint8_t *bytes, uint32_t size)
{
	return piece->source.read(piece->source.arg, offset, bytes, size, &piece->err);
}

static int64_t read_now(struct put_piece *piece, uint64_t offset, uint8_t *bytes, uint32_t size)
{
	return piece->source.read_now(piece->source.arg, offset, bytes, size);
}

/* Exactly `size` bytes at `offset`: a file that became shorter is an error, not a short file. */
static int read_whole(
        struct put_piece *piece, read_verb *read, uint64_t offset, uint8_t *bytes, uint32_t size)
{
	uint32_t got = 0;

	while (got < size) {
		int64_t part = read(piece, offset + got, bytes + got, size - got);

		if (part < 0)
			return (int)part;
		if (part == 0)
			return error_set(&piece->err, DFS_E_CHANGED,
			        "the source of %.120s ended at byte %" PRIu64 " of %" PRIu64
			        ": it changed while it was read",
			        piece->path, offset + got, piece->source.size_bytes);
		assert((uint64_t)part <= size - got);
		got += (uint32_t)part;
	}
	return 0;
}

/* The frames that are not there yet. A part of one is read again by who goes on. */
static void fill(struct put_piece *piece, read_verb *read)
{
	uint32_t index, size;
	uint8_t *at;

	piece->code = 0;
	while (piece->code == 0 && piece->done < piece->size) {
		index = piece->done / SPAN_SIZE_MAX;
		at = piece_frame(piece, index, &size) + FRAME_HEADER_SIZE;
		piece->code = read_whole(piece, read, piece->offset + piece->done, at, size);
		if (piece->code == 0) {
			piece->crcs[index] = crc32c(0, at, size);
			piece->done += size;
		}
	}
}

/* On a worker: touches the piece alone, and what the job keeps until it is back. */
static void piece_run(struct io_work *work)
{
	fill((struct put_piece *)work, read_part);
}

static void piece_done(struct io_work *work)
{
	struct put_piece *piece = (struct put_piece *)work;
	struct put_slot *slot = piece->slot;
	struct put *put = piece->put;

	piece->source.drop(piece->source.arg);
	piece->reading = false;
	put->reading--;
	if (put->job.over)
		piece_free(piece);
	else if (!slot)
		piece_give_back(piece);
	else
		stream_read(slot, piece);
	if (put->reading == 0 && !put->job.over)
		put_read_over(put);
	job_let_go(&put->job);
}
