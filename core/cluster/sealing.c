/* SPDX-License-Identifier: MIT */
/* Seals of open chunks, from the first call to the answer; what replicas are asked stands in
 * freezing.c. */
#include "cluster/sealing.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <utlist.h>

static const bool moves[SEAL_STATES][SEAL_STATES] = {
        [SEAL_RAISING] = {[SEAL_FREEZING] = true},
        [SEAL_FREEZING] = {[SEAL_WAITING] = true, [SEAL_RECORDING] = true},
        [SEAL_WAITING] = {[SEAL_FREEZING] = true},
};

static struct seal *seal_begin(struct cluster *cluster, struct open *open);
static bool waiter_add(struct seal *seal, cluster_sealed *done, void *arg);

void cluster_seal(
        struct cluster *cluster, uint64_t id, uint64_t floor, cluster_sealed *done, void *arg)
{
	struct dfs_error err = {0};
	struct chunk *chunk;
	struct open *open;

	cluster_check(cluster);
	chunk = chunk_find(cluster, id);
	open = open_find(cluster, id);
	if (chunk && chunk->state == PROTO_CHUNK_STATE_SEALED) {
		done(arg, 0, &err, chunk->length, chunk->version, chunk->crc);
		return;
	}
	if (!open) {
		error_set(&err, DFS_E_NOENT, "there is no open chunk %016" PRIx64, id);
		done(arg, err.code, &err, 0, 0, 0);
		return;
	}
	if ((!open->seal && !seal_begin(cluster, open)) || !waiter_add(open->seal, done, arg)) {
		error_set(&err, DFS_E_NOMEM, "no memory to seal chunk %016" PRIx64, id);
		done(arg, err.code, &err, 0, 0, 0);
		return;
	}
	if (floor > open->floor)
		open->floor = floor;
	open->seal->by_writer = true;
	/* The new one wants to hear how it stands now. */
	if (open->seal->state == SEAL_WAITING)
		freeze_all(cluster, open);
}

void seal_by_master(struct cluster *cluster, struct open *open, const char *why)
{
	cluster_event(
	        cluster, "event=seal_begun chunk=%016" PRIx64 " why=\"%s\"", open->chunk, why);
	if (!seal_begin(cluster, open))
		open->seal_after_ms = cluster_now(cluster) + cluster->options.dead_after_ms;
}

void seal_durable(struct cluster *cluster, const struct call *call, int code)
{
	struct open *open = open_find(cluster, call->chunk);
	struct chunk *chunk = chunk_find(cluster, call->chunk);
	struct seal *seal = open ? open->seal : NULL;

	if (!seal || seal->version != call->version)
		return;
	if (call->op == PROTO_OP_CHUNK_RAISE && seal->state == SEAL_RAISING) {
		if (code == DFS_E_NOENT && !open->recorded) {
			/* The operation that should have made it was refused. */
			chunk_drop(cluster, call->chunk, "the chunk was never allocated");
			return;
		}
		if (code != 0) {
			seal_fail(cluster, open, code,
			        "metadata refused to raise the chunk's version");
			return;
		}
		if (chunk->version < seal->version)
			chunk->version = seal->version & CHUNK_VERSION_MAX;
		freeze_all(cluster, open);
	} else if (call->op == PROTO_OP_CHUNK_SEAL && seal->state == SEAL_RECORDING) {
		if (code != 0)
			seal_fail(cluster, open, code, "metadata refused to seal the chunk");
		else
			chunk_sealed(cluster, chunk, seal->version, seal->length, seal->crc);
	}
}

bool seal_waits(const struct open *open)
{
	return open->seal && open->seal->state == SEAL_WAITING;
}

bool seal_records(const struct open *open)
{
	return open->seal && open->seal->state == SEAL_RECORDING;
}

struct seal *seal_detach(struct open *open)
{
	struct seal *seal = open->seal;

	open->seal = NULL;
	return seal;
}

void seal_answer(struct seal *seal, int code, const char *sentence, uint64_t length,
        uint64_t version, uint32_t crc)
{
	struct waiter *waiters;

	if (!seal)
		return;
	waiters = seal->waiters;
	seal->waiters = NULL;
	seal_destroy(seal);
	seal_waiters_call(waiters, code, sentence, length, version, crc);
}

void seal_destroy(struct seal *seal)
{
	struct waiter *waiter, *next;

	if (!seal)
		return;
	io_timer_destroy(seal->cluster->io, seal->timer);
	LL_FOREACH_SAFE(seal->waiters, waiter, next)
	{
		free(waiter);
	}
	free(seal);
}

void seal_move(struct seal *seal, enum seal_state to)
{
	assert(moves[seal->state][to]);
	seal->state = to;
}

void seal_waiters_call(struct waiter *list, int code, const char *sentence, uint64_t length,
        uint64_t version, uint32_t crc)
{
	struct dfs_error err = {0};
	struct waiter *waiter, *next;

	if (code != 0)
		error_set(&err, code, "%s", sentence);
	LL_FOREACH_SAFE(list, waiter, next)
	{
		waiter->done(waiter->arg, code, &err, length, version, crc);
		free(waiter);
	}
}

/* Metadata would not have it. The chunk stays open; the master tries again later, with the version
 * as it then is. */
void seal_fail(struct cluster *cluster, struct open *open, int code, const char *sentence)
{
	struct seal *seal = seal_detach(open);

	cluster_event(cluster, "event=seal_failed chunk=%016" PRIx64 " code=%s why=\"%s\"",
	        open->chunk, dfs_error_name(code), sentence);
	open->seal_after_ms = cluster_now(cluster) + cluster->options.idle_seal_ms;
	if (seal->state == SEAL_RAISING)
		open->revoked = false; /* nothing was frozen */
	seal_answer(seal, code, sentence, 0, 0, 0);
}

/* Raise the version, durably, before any replica hears of it: no other seal will ever use that
 * number. */
static struct seal *seal_begin(struct cluster *cluster, struct open *open)
{
	struct chunk *chunk = chunk_find(cluster, open->chunk);
	struct proto_op op = {.kind = PROTO_OP_CHUNK_RAISE};
	struct call like = {.chunk = open->chunk};
	struct seal *seal;

	assert(!open->seal && chunk);
	if (chunk->version >= CHUNK_VERSION_MAX)
		return NULL;
	seal = calloc(1, sizeof(*seal));
	if (!seal)
		return NULL;
	seal->cluster = cluster;
	seal->chunk = open->chunk;
	seal->state = SEAL_RAISING;
	seal->version = chunk->version + 1;
	seal->timer = io_timer_create(cluster->io, freeze_timer, seal);
	if (!seal->timer)
		goto failed;
	for (uint32_t i = 0; i < open->members_count; i++)
		open->members[i].asked = open->members[i].frozen = open->members[i].nothing = false;
	open->seal = seal;
	open->revoked = true;
	op.chunk_raise.chunk = open->chunk;
	op.chunk_raise.version = like.version = seal->version;
	if (call_submit(cluster, &op, &like))
		return seal;
	open->seal = NULL;
	open->revoked = false;
failed:
	seal_destroy(seal);
	return NULL;
}

static bool waiter_add(struct seal *seal, cluster_sealed *done, void *arg)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));

	if (!waiter)
		return false;
	waiter->done = done;
	waiter->arg = arg;
	LL_APPEND(seal->waiters, waiter);
	return true;
}
