/* SPDX-License-Identifier: MIT */
/*
 * Bytes of a chunk from a source of known size that may be read again, piece by piece
 * (put_piece.c). A piece is read when it can be sent. Where the source is slow the next one is read
 * meanwhile:
 *
 *                     sent          ready        with a worker
 *   chunk  |..........|..........|..........|..........|..........|....
 *                     ^ sums.bytes                     ^ read_to
 */
#include <assert.h>
#include <utlist.h>
#include "client/put.h"

enum { AHEAD = 2 }; /* pieces of one chunk at most */

static bool may_read(const struct put_slot *slot)
{
	unsigned most = slot->cold ? AHEAD : 1;

	return slot->read_to < slot->length && slot->pieces_count < most &&
	       pieces_have_room(slot->put);
}

/* False where that failed the put: nothing of the slot runs any more. */
static bool read_ahead(struct put_slot *slot)
{
	while (may_read(slot)) {
		uint64_t left = slot->length - slot->read_to;
		uint32_t size = left < PUT_PIECE_BYTES ? (uint32_t)left : PUT_PIECE_BYTES;
		struct put_piece *piece = piece_read(slot, slot->from + slot->read_to, size);

		if (!piece) {
			put_fail(slot->put, DFS_E_NOMEM, "out of memory for a piece of the file");
			return false;
		}
		LL_APPEND(slot->pieces, piece);
		slot->pieces_count++;
		slot->read_to += size;
		slot->cold = piece->reading;
		if (!piece->reading && piece->code != 0) {
			put_fail(slot->put, piece->code, piece->err.text);
			return false;
		}
	}
	return true;
}

static struct put_piece *first_taken(struct put_slot *slot)
{
	struct put_piece *piece = slot->pieces;

	LL_DELETE(slot->pieces, piece);
	slot->pieces_count--;
	return piece;
}

void stream_forget(struct put_slot *slot)
{
	while (slot->pieces) {
		struct put_piece *piece = first_taken(slot);

		if (piece->reading)
			piece->slot = NULL; /* piece_done gives it back */
		else
			piece_give_back(piece);
	}
	slot->read_to = 0;
	slot->cold = false;
}

/* Headers for the present chunk; adds to its sums. 0 or NOMEM. */
static int frame_piece(struct put_slot *slot, struct put_piece *piece, size_t *ret_size)
{
	uint32_t size;
	uint8_t *at;

	assert(piece->offset == slot->from + slot->sums.bytes);
	*ret_size = 0;
	for (unsigned i = 0; (at = piece_frame(piece, i, &size)); i++) {
		struct frame frame = {.size_bytes = size,
		        .writer = slot->put->session,
		        .sequence = slot->sums.count + 1,
		        .flags = FRAME_RECORD_END,
		        .crc = piece->crcs[i]};

		frame_encode(&frame, at);
		if (sums_add(&slot->sums, frame.crc, size) != 0)
			return DFS_E_NOMEM;
		*ret_size += FRAME_HEADER_SIZE + size;
	}
	return 0;
}

/* True while the append takes more. */
static bool send_first(struct put_slot *slot)
{
	struct put_piece *piece = slot->pieces;
	size_t size;
	bool more;

	if (frame_piece(slot, piece, &size) != 0) {
		put_fail(slot->put, DFS_E_NOMEM, "out of memory for checksums");
		return false;
	}
	more = append_write(slot->append, piece->bytes, size);
	piece_give_back(first_taken(slot));
	return more;
}

void stream_more(struct put_slot *slot)
{
	do {
		if (!read_ahead(slot))
			return;
		if (!slot->pieces || slot->pieces->reading) {
			append_wait(slot->append);
			return;
		}
	} while (send_first(slot));
	if (slot->state != SLOT_SEND)
		return; /* the put failed */
	assert(append_left(slot->append) > 0 || slot->sums.bytes == slot->length);
	if (slot->cold)
		read_ahead(slot);
}

void stream_spare(struct put *put)
{
	for (size_t i = 0; i < put->slots_count; i++)
		if (put->slots[i].append && !put->slots[i].pieces)
			append_resume(put->slots[i].append);
}

void stream_read(struct put_slot *slot, struct put_piece *piece)
{
	if (piece->code != 0)
		put_fail(slot->put, piece->code, piece->err.text);
	else if (slot->append && piece == slot->pieces)
		append_resume(slot->append);
}
