/* SPDX-License-Identifier: MIT */
/* Group commit: one job in flight, everything that comes meanwhile goes into the next (README.md
 * has the drawing). */
#include "meta/internal.h"

#include <assert.h>
#include <stdlib.h>
#include "base/chunk_id.h"
#include "meta/answer.h"

enum {
	BATCH_MAX = 1024,
	ANSWERS_PER_TURN = 256,
	BATCH_WEIGHT_MAX = 16384, /* rows of long operations in one batch, about: what a reader's
	                             answer may wait for */
};

static void start(struct meta *meta);
static size_t weight(const struct proto_op *op);
static void run(struct io_work *work);
static void done(struct io_work *work);
static void reserved(void *arg, const struct meta_result *result);
static uint64_t take(struct meta *meta, enum id_kind kind);
static struct pending *pending_get(struct meta *meta);
static int pending_fill(
        struct pending *pending, const struct proto_op *op, struct meta_result *ret);

void meta_submit(struct meta *meta, const struct proto_op *op, uint64_t client, uint64_t sequence,
        meta_done *done_cb, void *arg)
{
	struct pending *pending;

	if (meta->dead)
		return; /* what is on disk is not known: no answer is better than a wrong one */
	pending = pending_get(meta);
	if (!pending) {
		done_cb(arg, &meta->out_of_memory);
		return;
	}
	pending->time_ms = io_wall_ms(meta->io);
	pending->client = client;
	pending->sequence = sequence;
	pending->done = done_cb;
	pending->arg = arg;
	result_clear(&pending->result);
	pending->refused = pending_fill(pending, op, &pending->result) != 0;
	pending_list_push(&meta->queued, pending);
	if (!meta->running)
		start(meta);
}

bool meta_idle(const struct meta *meta)
{
	return meta->dead || (!meta->running && meta->queued.count == 0 &&
	                             meta->answers.count == 0 && meta->answering == 0);
}

bool meta_purge_pending(struct meta *meta)
{
	return meta->doomed;
}

uint64_t meta_new_client(struct meta *meta)
{
	return take(meta, ID_CLIENT);
}

uint64_t meta_new_session(struct meta *meta)
{
	return take(meta, ID_SESSION);
}

uint64_t meta_new_chunk(struct meta *meta)
{
	uint64_t counter = take(meta, ID_CHUNK);

	return counter ? chunk_id(meta->epoch, false, counter) : 0;
}

uint64_t meta_new_keepsake(struct meta *meta, uint64_t chunks)
{
	uint64_t first = meta->keepsakes + 1;

	meta->keepsakes += chunks;
	return chunk_id(meta->epoch, true, first);
}

bool meta_chunk_issued(const struct meta *meta, uint64_t chunk)
{
	uint64_t epoch = chunk_epoch(chunk), counter = chunk_counter(chunk);

	if (epoch == 0 || counter == 0 || epoch > meta->epoch)
		return false;
	if (epoch == meta->epoch && chunk_is_keepsake(chunk))
		return counter <= meta->keepsakes;
	return epoch < meta->epoch || counter < meta->ids.ranges[ID_CHUNK].next;
}

static uint64_t take(struct meta *meta, enum id_kind kind)
{
	uint64_t id = ids_take(&meta->ids, kind);

	if (!meta->ids.reserving && ids_low(&meta->ids)) {
		meta->ids.reserving = true;
		meta->reserving = ids_next(&meta->ids);
		meta_submit(meta, &meta->reserving, 0, 0, reserved, meta);
	}
	return id;
}

static void reserved(void *arg, const struct meta_result *result)
{
	struct meta *meta = arg;

	/* Where it was refused (map full), the next id that is asked for tries again. */
	meta->ids.reserving = false;
	if (result->code == 0)
		ids_reserved(&meta->ids, &meta->reserving.reserve);
}

/* A job of what is queued, as much as goes into one. */
static void start(struct meta *meta)
{
	size_t total = 0;

	assert(!meta->running && meta->flying.count == 0 && meta->queued.count > 0);
	do {
		total += weight(&meta->queued.first->op);
		pending_list_push(&meta->flying, pending_list_pop(&meta->queued));
	} while (meta->queued.count > 0 && meta->flying.count < BATCH_MAX &&
	         total < BATCH_WEIGHT_MAX);
	meta->running = true;
	meta->work.run = run;
	meta->work.done = done;
	meta->work.lane = IO_LANE_META;
	io_work_submit(meta->io, &meta->work);
}

/* Rows that an operation may touch, about. */
static size_t weight(const struct proto_op *op)
{
	switch (op->kind) {
	case PROTO_OP_SESSION_BEGIN:
		return 1 + op->session_begin.chunks_count;
	case PROTO_OP_CHUNK_ADD:
		return 1 + op->chunk_add.chunks_count;
	case PROTO_OP_STAGE:
		return 1 + op->stage.extents_count;
	case PROTO_OP_COMMIT:
		return 1 + op->commit.extents_count;
	case PROTO_OP_CHUNK_FORGET:
		return 1 + op->chunk_forget.chunks_count;
	case PROTO_OP_PURGE:
		return 1 + op->purge.rows;
	case PROTO_OP_LOG_DROP:
		return 1 + op->log_drop.rows;
	case PROTO_OP_TRASH_DROP:
		return 1 + op->trash_drop.rows;
	case PROTO_OP_KEEPSAKE_ADD:
		return 1 + op->keepsake_add.chunks_count;
	default:
		return 1;
	}
}

/* On the worker. */
static void run(struct io_work *work)
{
	struct meta *meta = (struct meta *)((char *)work - offsetof(struct meta, work));

	meta->txn.doomed_changed = false;
	meta->outcome =
	        batch_run(&meta->txn, meta->options.kv, meta->flying.first, &meta->outcome_err);
}

static void done(struct io_work *work)
{
	struct meta *meta = (struct meta *)((char *)work - offsetof(struct meta, work));
	struct pending *one;
	bool hold_changed = false;

	assert(meta->running);
	meta->running = false;
	if (meta->outcome != 0) {
		meta->dead = true;
		meta->options.fatal(meta->options.arg, &meta->outcome_err);
		return;
	}
	meta->commits++;
	while ((one = pending_list_pop(&meta->flying))) {
		pending_list_push(&meta->answers, one);
		if (one->result.code != 0)
			continue;
		if (one->result.operation > meta->operation)
			meta->operation = one->result.operation;
		if (!one->result.repeated)
			meta->log_bytes += one->packed.size;
		hold_changed |= one->op.kind == PROTO_OP_HOLD || one->op.kind == PROTO_OP_ACCEPT;
	}
	if (hold_changed)
		meta_hold_read(meta, NULL);
	if (meta->txn.doomed_changed)
		meta->doomed = meta_doomed_now(meta);
	/* The worker goes on while the loop answers. */
	if (meta->queued.count > 0)
		start(meta);
	meta_answer(meta);
}

/*
 * A slice of a batch in each turn of the loop: the first answers are on their way, and the next
 * requests come in, while the others are written.
 */
void meta_answer(void *arg)
{
	struct meta *meta = arg;
	struct pending *one;

	for (int i = 0;
	        i < ANSWERS_PER_TURN && !meta->dead && (one = pending_list_pop(&meta->answers));
	        i++) {
		meta->answering++;
		if (one->result.code == 0 && !one->result.repeated && meta->options.applied)
			meta->options.applied(meta->options.arg, &one->op, &one->result);
		if (one->done)
			one->done(one->arg, &one->result);
		meta->answering--;
		pending_list_spare(&meta->spare, one);
	}
	if (meta->answers.count > 0)
		io_timer_set(meta->io, meta->more, 0);
}

/* Copy, and pack while the worker is busy with others. */
static int pending_fill(struct pending *pending, const struct proto_op *op, struct meta_result *ret)
{
	int rc = proto_op_copy(&pending->arena, op, &pending->op);

	if (rc == 0)
		rc = record_pack(&pending->op, pending->time_ms, pending->client, pending->sequence,
		        &pending->packed);
	if (rc != 0) {
		pending->op = (struct proto_op){.kind = op->kind};
		ret->code = error_set(&ret->err, rc, "%s: %s", proto_op_name(op->kind),
		        rc == DFS_E_TOOBIG ? "a field is too large" : dfs_error_text(rc));
	}
	return rc;
}

static struct pending *pending_get(struct meta *meta)
{
	return meta->spare.count > 0 ? pending_list_pop(&meta->spare)
	                             : calloc(1, sizeof(struct pending));
}
