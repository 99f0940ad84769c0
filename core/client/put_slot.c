/* SPDX-License-Identifier: MIT */
/*
 * One chunk of a put under way. Its append either ends with a receipt that fits our own checksums,
 * or the chunk is sealed by the master at what is there, and the rest goes into another chunk on
 * other datanodes (README.md has the drawing).
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "client/put.h"

enum { BUSY_POLL_MS = 20 };

/* Before the second try, the third...: together longer than the master needs to call a silent
 * datanode dead. */
static const uint32_t DELAYS_MS[PUT_ATTEMPTS - 1] = {500, 1500, 4000, 6000};

static void slot_timer(void *arg);
static void slot_fill(struct put_slot *slot);
static void slot_send(struct put_slot *slot);
static void send_more(void *arg);
static void send_done(void *arg, const struct append_result *result);
static void seal_answered(void *what, int code, const struct dfs_error *err, const void *reply);

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

static void move(struct put_slot *slot, enum slot_state to)
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
static void leave_chunk(struct put_slot *slot)
{
	target_free(slot->target);
	slot->target = NULL;
	slot->acked = 0;
	sums_clear(&slot->sums);
	extents_clear(&slot->bodies);
}

void slot_stop(struct put_slot *slot)
{
	append_cancel(slot->append);
	slot->append = NULL;
	if (slot->timer)
		io_timer_cancel(slot->put->job.io, slot->timer);
	leave_chunk(slot);
	slot->body.payload = 0;
	slot->body.has_next = false;
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
}

uint64_t slot_under_way(const struct put_slot *slot)
{
	return slot->state == SLOT_SEND || slot->state == SLOT_SEAL ? slot->sums.bytes
	                                                            : slot->acked;
}

/* ---- something to store
 * --------------------------------------------------------------------------------- */

static void want_target(struct put_slot *slot)
{
	struct put_target *target;

	move(slot, SLOT_TARGET);
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
	want_target(slot);
}

void slot_pipe(struct put_slot *slot, uint64_t from)
{
	slot->from = from;
	slot->length = slot->put->chunk_size;
	slot->attempts = 0;
	move(slot, SLOT_FILL);
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
	if (code == DFS_E_BUSY) {
		io_timer_set(put->job.io, slot->timer, BUSY_POLL_MS);
	} else if (code != 0) {
		put_fail(put, code, err.text);
	} else if (slot->body.payload == 0) {
		assert(put->source_ended && !slot->target);
		move(slot, SLOT_IDLE);
		put_run(put);
	} else if (slot->target) {
		slot_send(slot);
	} else {
		want_target(slot);
	}
}

static void slot_timer(void *arg)
{
	struct put_slot *slot = arg;

	if (slot->state == SLOT_FILL) {
		slot_fill(slot);
	} else {
		assert(slot->state == SLOT_WAIT);
		want_target(slot);
	}
}

/* ---- sending
 * --------------------------------------------------------------------------------------------- */

static bool is_stream(const struct put_slot *slot)
{
	return slot->put->stream;
}

/* Is the next append the chunk's last? A frame that is not full ends its chunk, so that sums stay
 * simple. */
static bool is_last(const struct put_slot *slot)
{
	uint64_t payload = slot->body.payload;

	return is_stream(slot) || slot->put->source_ended ||
	       slot->acked + payload == slot->length || payload % SPAN_SIZE_MAX != 0;
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
	uint64_t payload = is_stream(slot) ? slot->length : slot->body.payload;
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
	        .body_size = is_stream(slot) ? frame_body_size(payload) : body_size(&slot->body),
	};

	chain_text(target, chain, sizeof(chain));
	return append_start(slot->put->job.io, &request, &APPEND_EVENTS, slot);
}

static void slot_send(struct put_slot *slot)
{
	int code = is_stream(slot) ? 0 : body_frame(slot);

	slot->last = is_last(slot);
	slot->append = code == 0 ? open_append(slot) : NULL;
	if (slot->append)
		move(slot, SLOT_SEND);
	else
		put_fail(slot->put, DFS_E_NOMEM, "out of memory for an append");
}

static void send_more(void *arg)
{
	struct put_slot *slot = arg;

	assert(slot->state == SLOT_SEND);
	if (is_stream(slot))
		stream_more(slot);
	else
		body_more(slot);
	job_progress(&slot->put->job);
}

/* ---- acknowledged
 * ------------------------------------------------------------------------------------------ */

/* [0, length) of the present chunk is stored. The receipt is "" where the master sealed it. */
static int keep(struct put_slot *slot, struct put_extents *where, uint64_t offset, uint64_t length,
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

	if (keep(slot, &put->extents, 0, receipt->length, receipt->crc, receipt->signature) != 0)
		return;
	slot->from += receipt->length;
	if (!is_stream(slot))
		body_consume(&slot->body, slot->body.payload);
	leave_chunk(slot);
	move(slot, SLOT_IDLE);
	put_run(put);
}

static void body_stored(struct put_slot *slot, const struct proto_receipt *receipt)
{
	if (keep(slot, &slot->bodies, receipt->offset, receipt->length, receipt->crc,
	            receipt->signature) != 0)
		return;
	slot->acked = receipt->total;
	body_consume(&slot->body, slot->body.payload);
	move(slot, SLOT_FILL);
	slot_fill(slot);
}

/* ---- failed
 * -------------------------------------------------------------------------------------------------
 */

static size_t replica_at(const struct put_target *target, const char *address)
{
	for (size_t i = 0; i < target->replicas_count; i++)
		if (strcmp(target->replicas[i].address, address) == 0)
			return i;
	return 0;
}

/* What the user will read, should it stay so. */
static void remember(struct put_slot *slot, const struct append_result *result)
{
	const struct put_target *target = slot->target;
	size_t failed = replica_at(target, result->failed);

	/* A chunk that the master sealed meanwhile (RULES 4) is no node's fault. */
	if (result->code != DFS_E_STALE && result->code != DFS_E_SEALED)
		pool_avoid(slot->put, target->replicas[failed].node);
	slot->put->job.transfer.retries++;
	slot->why_code = result->code;
	snprintf(slot->why, sizeof(slot->why), "chunk %016" PRIx64 " on node %u: %.300s",
	        target->chunk, target->replicas[failed].node, result->err.text);
}

static int give_up_code(int code)
{
	return code == DFS_E_NOSPC || code == DFS_E_NODES || code == DFS_E_CORRUPT ? code
	                                                                           : DFS_E_IO;
}

/* No progress: wait a little longer each time, then tell the user. */
static void try_again(struct put_slot *slot)
{
	struct put *put = slot->put;
	char sentence[DFS_ERROR_TEXT_MAX];

	if (++slot->attempts >= PUT_ATTEMPTS) {
		snprintf(sentence, sizeof(sentence),
		        "%.120s: %d attempts to store bytes from %" PRIu64
		        " on failed, the last: %.300s",
		        put->path, PUT_ATTEMPTS, slot->from, slot->why);
		put_fail(put, give_up_code(slot->why_code), sentence);
		return;
	}
	leave_chunk(slot);
	move(slot, SLOT_WAIT);
	io_timer_set(put->job.io, slot->timer, DELAYS_MS[slot->attempts - 1]);
}

void slot_no_target(struct put_slot *slot, int code, const char *sentence)
{
	assert(slot->state == SLOT_TARGET);
	slot->why_code = code;
	snprintf(slot->why, sizeof(slot->why), "%s", sentence);
	try_again(slot);
}

static void send_failed(struct put_slot *slot, const struct append_result *result)
{
	struct proto_seal_args args = {
	        .session = slot->put->session, .chunk = slot->target->chunk, .acked = slot->acked};
	bool touched = slot->acked > 0 || slot->touched;

	remember(slot, result);
	if (!touched) {
		/* Nothing of it can be anywhere. The chunk is freed with the session. */
		try_again(slot);
		return;
	}
	move(slot, SLOT_SEAL);
	job_call(&slot->put->job, PROTO_CALL_SEAL, &args, seal_answered, slot);
}

static void send_done(void *arg, const struct append_result *result)
{
	struct put_slot *slot = arg;
	struct append_result wrong;
	uint32_t crc = 0;

	assert(slot->state == SLOT_SEND);
	slot->touched = append_left(slot->append) < append_size(slot->append);
	slot->append = NULL;
	if (result->code != 0) {
		send_failed(slot, result);
		return;
	}
	if (!sums_crc(&slot->sums, result->receipt.offset, result->receipt.total, &crc) ||
	        crc != result->receipt.crc) {
		/* End to end: what they stored is not what we read. */
		wrong = (struct append_result){.code = DFS_E_CORRUPT};
		error_set(&wrong.err, wrong.code,
		        "%s: its receipt is for other bytes than were sent",
		        slot->target->replicas[0].address);
		send_failed(slot, &wrong);
		return;
	}
	slot->attempts = 0;
	if (slot->last)
		chunk_stored(slot, &result->receipt);
	else
		body_stored(slot, &result->receipt);
	/* Nothing may follow: the job may have come to its end. */
}

/* ---- sealed early
 * -------------------------------------------------------------------------------------------- */

/* The chunk holds [0, length) for ever, and these are our bytes. */
static void sealed_at(struct put_slot *slot, uint64_t length, uint32_t crc)
{
	struct put *put = slot->put;
	bool progress = length > slot->acked;

	if (keep(slot, &put->extents, 0, length, crc, "") != 0)
		return;
	if (is_stream(slot))
		slot->length -= length;
	else
		body_consume(&slot->body, length - slot->acked);
	slot->from += length;
	leave_chunk(slot);
	if (progress)
		slot->attempts = 0;
	if (is_stream(slot) ? slot->length == 0 : slot->body.payload == 0) {
		move(slot, SLOT_IDLE);
		put_run(put);
	} else if (progress) {
		want_target(slot);
	} else {
		try_again(slot);
	}
}

/*
 * Nothing more than what was acknowledged before is sure. Acknowledged bodies of a pipe have
 * receipts and count; the rest is written again.
 */
static void sealed_nowhere(struct put_slot *slot)
{
	struct put *put = slot->put;

	put->job.transfer.chunks += slot->bodies.count > 0;
	if (extents_move(&put->extents, &slot->bodies) != 0) {
		put_fail(put, DFS_E_NOMEM, "out of memory for an extent");
		return;
	}
	slot->from += slot->acked;
	try_again(slot);
}

static void seal_answered(void *what, int code, const struct dfs_error *err, const void *reply)
{
	struct put_slot *slot = what;
	const struct proto_seal_reply *sealed = reply;
	uint32_t crc;

	if (slot->put->state != PUT_WRITE)
		return;
	assert(slot->state == SLOT_SEAL);
	if (code == DFS_E_EXPIRED)
		put_again(slot->put, code, err->text);
	else if (code == 0 && sealed->length > 0 && sealed->length >= slot->acked &&
	         sums_crc(&slot->sums, 0, sealed->length, &crc) && crc == sealed->crc)
		sealed_at(slot, sealed->length, crc);
	else
		sealed_nowhere(slot);
}
