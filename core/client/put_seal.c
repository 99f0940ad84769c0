/* SPDX-License-Identifier: MIT */
/*
 * An append failed: the datanode is avoided, the master seals the chunk at what is there, and the
 * rest goes into another chunk (README.md has the table).
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "client/put.h"

/*
 * Before the second try, the third...: the first failure is mostly one datanode's and others are
 * ready; together they are longer than the master needs to call a silent datanode dead.
 */
static const uint32_t DELAYS_MS[PUT_ATTEMPTS - 1] = {0, 1500, 4000, 6000};

static void seal_answered(void *what, int code, const struct dfs_error *err, const void *reply);

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
	slot_leave_chunk(slot);
	slot_move(slot, SLOT_WAIT);
	io_timer_set(put->job.io, slot->timer, DELAYS_MS[slot->attempts - 1]);
}

void slot_no_target(struct put_slot *slot, int code, const char *sentence)
{
	assert(slot->state == SLOT_TARGET);
	slot->why_code = code;
	snprintf(slot->why, sizeof(slot->why), "%s", sentence);
	try_again(slot);
}

void slot_failed(struct put_slot *slot, const struct append_result *result)
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
	slot_move(slot, SLOT_SEAL);
	job_call(&slot->put->job, PROTO_CALL_SEAL, &args, seal_answered, slot);
}

/* ---- sealed early ---- */

/* The chunk holds [0, length) for ever, and these are our bytes. */
static void sealed_at(struct put_slot *slot, uint64_t length, uint32_t crc)
{
	struct put *put = slot->put;
	bool progress = length > slot->acked;

	if (slot_keep(slot, &put->extents, 0, length, crc, "") != 0)
		return;
	if (slot->put->stream)
		slot->length -= length;
	else
		body_consume(&slot->body, length - slot->acked);
	slot->from += length;
	slot_leave_chunk(slot);
	if (progress)
		slot->attempts = 0;
	if (slot->put->stream ? slot->length == 0 : slot->body.payload == 0) {
		slot_move(slot, SLOT_IDLE);
		put_run(put);
	} else if (progress) {
		slot_want_target(slot);
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
