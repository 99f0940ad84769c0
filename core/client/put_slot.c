/* SPDX-License-Identifier: MIT */
/*
 * One chunk of a put under way: a target for it, its bytes, and a receipt that fits our own
 * checksums (README.md has the drawing). What becomes of it otherwise: put_seal.c.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "client/put.h"

enum { BUSY_POLL_MS = 20 };

static void slot_timer(void *arg);
static void slot_fill(struct put_slot *slot);
static void slot_send(struct put_slot *slot);
static void send_more(void *arg);
static void send_done(void *arg, const struct append_result *result);

static const struct append_events APPEND_EVENTS = {.more = send_more, .done = send_done};

/* Allowed moves: rows from, columns to. */
static const bool MOVES[6][6] = {
        [SLOT_IDLE] = {[SLOT_FILL] = true, [SLOT_TARGET] = true},
        [SLOT_FILL] = {[SLOT_IDLE] = true, [SLOT_TARGET] = true, [SLOT_SEND] = true},
        [SLOT_TARGET] = {[SLOT_IDLE] = true, [SLOT_SEND] = true, [SLOT_WAIT] = true},
        [SLOT_SEND] =
                {[SLOT_IDLE] = true, [SLOT_FILL] = true, [SLOT_SEAL] = true, [SLOT_WAIT] = true},
        [SLOT_SEAL] =
                {[SLOT_IDLE] = true, [SLOT_FILL] = true, [SLOT_TARGET] = true, [SLOT_WAIT] = true},
        [SLOT_WAIT] = {[SLOT_IDLE] = true, [SLOT_TARGET] = true},
};

void slot_move(struct put_slot *slot, enum slot_state to)
{
	assert(MOVES[slot->state][to]);
	slot->state = to;
	assert((slot->append != NULL) == (to == SLOT_SEND));
	assert((to != SLOT_SEND && to != SLOT_SEAL) || slot->target);
	assert((to != SLOT_TARGET && to != SLOT_WAIT) || !slot->target);
}

int slot_init(struct put_slot *slot, struct put *put)
{
	slot->put = put;
	slot->timer = io_timer_create(put->job.io, slot_timer, slot);
	return slot->timer ? 0 : DFS_E_NOMEM;
}

/* The present chunk is done with. */
void slot_leave_chunk(struct put_slot *slot)
{
	target_free(slot->target);
	slot->target = NULL;
	slot->acked = 0;
	stream_forget(slot);
	sums_clear(&slot->sums);
	extents_clear(&slot->bodies);
}

void slot_stop(struct put_slot *slot)
{
	append_cancel(slot->append);
	slot->append = NULL;
	if (slot->timer)
		io_timer_cancel(slot->put->job.io, slot->timer);
	slot_leave_chunk(slot);
	slot->body.payload = slot->ahead.payload = 0;
	slot->body.first = slot->ahead.first = 0;
	slot->attempts = 0;
	slot->state = SLOT_IDLE;
}

void slot_fini(struct put_slot *slot)
{
	assert(slot->state == SLOT_IDLE);
	if (slot->timer)
		io_timer_destroy(slot->put->job.io, slot->timer);
	sums_fini(&slot->sums);
	extents_clear(&slot->bodies);
	free(slot->body.bytes);
	free(slot->ahead.bytes);
}

uint64_t slot_under_way(const struct put_slot *slot)
{
	return slot->state == SLOT_SEND || slot->state == SLOT_SEAL ? slot->sums.bytes
	                                                            : slot->acked;
}

/* ---- something to store ---- */

void slot_want_target(struct put_slot *slot)
{
	struct put_target *target;

	slot_move(slot, SLOT_TARGET);
	target = client_pool_take(slot->put);
	if (target)
		slot_target(slot, target);
	else
		pool_ask(slot->put);
}

void slot_stream(struct put_slot *slot, uint64_t from, uint64_t length)
{
	assert(slot->state == SLOT_IDLE && length > 0);
	slot->from = from;
	slot->length = length;
	slot->attempts = 0;
	slot_want_target(slot);
}

void slot_pipe(struct put_slot *slot, uint64_t from)
{
	slot->from = from;
	slot->length = slot->put->chunk_size;
	slot->attempts = 0;
	slot_move(slot, SLOT_FILL);
	slot_fill(slot);
}

void slot_target(struct put_slot *slot, struct put_target *target)
{
	assert(slot->state == SLOT_TARGET && !slot->target);
	slot->target = target;
	slot_send(slot);
}

/* Read from the pipe; what is whole is sent into the chunk that is open, or into a new one. */
static void slot_fill(struct put_slot *slot)
{
	struct put *put = slot->put;
	struct dfs_error err = {0};
	int code = body_fill(slot, &err);

	assert(slot->state == SLOT_FILL);
	if (code == 0)
		body_turn(slot);
	if (code == DFS_E_BUSY) {
		io_timer_set(put->job.io, slot->timer, BUSY_POLL_MS);
	} else if (code != 0) {
		put_fail(put, code, err.text);
	} else if (slot->body.payload == 0) {
		assert(put->source_ended && !slot->target);
		slot_move(slot, SLOT_IDLE);
		put_run(put);
	} else if (slot->target) {
		slot_send(slot);
	} else {
		slot_want_target(slot);
	}
}

static void slot_timer(void *arg)
{
	struct put_slot *slot = arg;

	if (slot->state == SLOT_FILL) {
		slot_fill(slot);
	} else {
		assert(slot->state == SLOT_WAIT);
		slot_want_target(slot);
	}
}

/* ---- sending ---- */

/* Is the next append the chunk's last? A frame that is not full ends its chunk, so that sums stay
 * simple. */
static bool is_last(const struct put_slot *slot)
{
	uint64_t payload = slot->body.payload;
	uint64_t ahead = slot->ahead.payload;

	if (slot->put->stream || slot->acked + payload == slot->length)
		return true;
	if (payload % SPAN_SIZE_MAX != 0 || slot->acked + payload + ahead > slot->length)
		return true;
	return slot->put->source_ended && ahead == 0 && !slot->put->has_next;
}

static void chain_text(const struct put_target *target, char *ret, size_t size)
{
	size_t used = 0;

	ret[0] = '\0';
	for (size_t i = 1; i < target->replicas_count; i++)
		used += (size_t)snprintf(ret + used, size - used, "%s%s", i > 1 ? "," : "",
		        target->replicas[i].address);
}

static struct append *open_append(struct put_slot *slot)
{
	const struct put_target *target = slot->target;
	uint64_t payload = slot->put->stream ? slot->length : slot->body.payload;
	char chain[PROTO_REPLICAS_MAX * IO_ADDRESS_MAX];
	struct append_request request = {
	        .address = target->replicas[0].address,
	        .chain = target->replicas_count > 1 ? chain : NULL,
	        .ticket = target->ticket,
	        .chunk = target->chunk,
	        .replicas = (uint32_t)target->replicas_count,
	        .params = {.version = target->version,
	                .offset = slot->acked,
	                .payload = payload,
	                .create = slot->acked == 0,
	                .sync = !slot->put->what.async,
	                .seal = slot->last},
	        .body_size = slot->put->stream ? frame_body_size(payload) : body_size(&slot->body),
	};

	chain_text(target, chain, sizeof(chain));
	return append_start(slot->put->job.io, &request, &APPEND_EVENTS, slot);
}

static void slot_send(struct put_slot *slot)
{
	int code = slot->put->stream ? 0 : body_frame(slot);

	slot->last = is_last(slot);
	slot->append = code == 0 ? open_append(slot) : NULL;
	if (slot->append)
		slot_move(slot, SLOT_SEND);
	else
		put_fail(slot->put, DFS_E_NOMEM, "out of memory for an append");
}

static void send_more(void *arg)
{
	struct put_slot *slot = arg;

	assert(slot->state == SLOT_SEND);
	if (slot->put->stream)
		stream_more(slot);
	else
		body_more(slot);
	job_progress(&slot->put->job);
}

/* ---- acknowledged ---- */

/* [0, length) of the present chunk is stored. The receipt is "" where the master sealed it. */
int slot_keep(struct put_slot *slot, struct put_extents *where, uint64_t offset, uint64_t length,
        uint32_t crc, const char *receipt)
{
	struct proto_extent extent = {.offset = slot->from + offset,
	        .chunk = slot->target->chunk,
	        .chunk_offset = offset,
	        .length = length,
	        .crc = crc,
	        .receipt = receipt};
	int code = client_extents_add(where, &extent);

	slot->put->job.transfer.chunks += where == &slot->put->extents;
	if (code != 0)
		put_fail(slot->put, code, "out of memory for an extent");
	return code;
}

/* The chunk is whole: one receipt for all of it. */
static void chunk_stored(struct put_slot *slot, const struct proto_receipt *receipt)
{
	struct put *put = slot->put;

	if (slot_keep(slot, &put->extents, 0, receipt->length, receipt->crc, receipt->signature) !=
	        0)
		return;
	slot->from += receipt->length;
	if (!slot->put->stream)
		body_consume(&slot->body, slot->body.payload);
	slot_leave_chunk(slot);
	slot_move(slot, SLOT_IDLE);
	put_run(put);
}

static void body_stored(struct put_slot *slot, const struct proto_receipt *receipt)
{
	if (slot_keep(slot, &slot->bodies, receipt->offset, receipt->length, receipt->crc,
	            receipt->signature) != 0)
		return;
	slot->acked = receipt->total;
	body_consume(&slot->body, slot->body.payload);
	slot_move(slot, SLOT_FILL);
	slot_fill(slot);
}

/* ---- how it ended ---- */

static void send_done(void *arg, const struct append_result *result)
{
	struct put_slot *slot = arg;
	struct append_result wrong;
	uint32_t crc = 0;

	assert(slot->state == SLOT_SEND);
	slot->touched = append_left(slot->append) < append_size(slot->append);
	slot->append = NULL;
	if (result->code != 0) {
		slot_failed(slot, result);
		return;
	}
	if (!sums_crc(&slot->sums, result->receipt.offset, result->receipt.total, &crc) ||
	        crc != result->receipt.crc) {
		/* End to end: what they stored is not what we read. */
		wrong = (struct append_result){.code = DFS_E_CORRUPT};
		error_set(&wrong.err, wrong.code,
		        "%s: its receipt is for other bytes than were sent",
		        slot->target->replicas[0].address);
		slot_failed(slot, &wrong);
		return;
	}
	slot->attempts = 0;
	if (slot->last)
		chunk_stored(slot, &result->receipt);
	else
		body_stored(slot, &result->receipt);
	/* Nothing may follow: the job may have come to its end. */
}
