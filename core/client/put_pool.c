/* SPDX-License-Identifier: MIT */
/*
 * Chunks that the master allocated and no slot writes yet. They are used while they are fresh: the
 * master seals a chunk that stays idle (RULES 4), and a datanode that failed since then may be in
 * its chain. What is left over is freed with the session.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "client/put.h"

enum { TARGET_FRESH_MS = 30000, AVOID_MS = 60000, EMPTY_ANSWERS_MAX = 5 };

static void allocate_answered(void *what, int code, const struct dfs_error *err, const void *reply);

void target_free(struct put_target *target)
{
	if (!target)
		return;
	free(target->ticket);
	free(target);
}

static struct put_target *target_make(struct put *put, const struct proto_allocated *allocated)
{
	struct put_target *target = calloc(1, sizeof(*target));

	if (!target)
		return NULL;
	target->chunk = allocated->chunk;
	target->version = allocated->version;
	target->since_ms = io_mono_ms(put->job.io);
	target->event = put->pool.asked_event;
	target->epoch = client_epoch(put->job.client);
	target->replicas_count = allocated->replicas_count;
	for (size_t i = 0; i < allocated->replicas_count; i++) {
		target->replicas[i].node = allocated->replicas[i].node;
		snprintf(target->replicas[i].address, IO_ADDRESS_MAX, "%s",
		        allocated->replicas[i].address);
	}
	target->ticket = strdup(allocated->ticket);
	if (target->ticket)
		return target;
	free(target);
	return NULL;
}

int pool_add(struct put *put, const struct proto_allocated *list, size_t count)
{
	struct put_target **end = &put->pool.first;

	while (*end)
		end = &(*end)->next;
	for (size_t i = 0; i < count; i++) {
		if (list[i].replicas_count == 0 || list[i].replicas_count > PROTO_REPLICAS_MAX)
			return DFS_E_PROTO;
		*end = target_make(put, &list[i]);
		if (!*end)
			return DFS_E_NOMEM;
		end = &(*end)->next;
	}
	return 0;
}

/* A datanode of its chain failed after it was allocated: the master did not know. */
static bool target_avoided(const struct put_pool *pool, const struct put_target *target)
{
	for (size_t i = 0; i < pool->avoid_count; i++)
		for (size_t j = 0; j < target->replicas_count; j++)
			if (pool->avoid[i].node == target->replicas[j].node &&
			        pool->avoid[i].event > target->event)
				return true;
	return false;
}

static bool target_good(struct put *put, const struct put_target *target)
{
	return io_mono_ms(put->job.io) - target->since_ms < TARGET_FRESH_MS &&
	       target->epoch == client_epoch(put->job.client) &&
	       !target_avoided(&put->pool, target);
}

struct put_target *client_pool_take(struct put *put)
{
	struct put_pool *pool = &put->pool;

	while (pool->first) {
		struct put_target *target = pool->first;

		pool->first = target->next;
		target->next = NULL;
		if (target_good(put, target))
			return target;
		target_free(target);
	}
	return NULL;
}

static void avoid_remove(struct put_pool *pool, size_t index)
{
	pool->avoid_count--;
	memmove(&pool->avoid[index], &pool->avoid[index + 1],
	        (pool->avoid_count - index) * sizeof(pool->avoid[0]));
}

/* The newest stands last; an old one is forgotten, the node may be well again. */
void pool_avoid(struct put *put, uint32_t node)
{
	struct put_pool *pool = &put->pool;
	uint64_t now = io_mono_ms(put->job.io);

	for (size_t i = 0; i < pool->avoid_count;) {
		if (pool->avoid[i].node == node || now - pool->avoid[i].at_ms > AVOID_MS)
			avoid_remove(pool, i);
		else
			i++;
	}
	if (pool->avoid_count == PUT_AVOID_MAX)
		avoid_remove(pool, 0);
	pool->avoid[pool->avoid_count].node = node;
	pool->avoid[pool->avoid_count].at_ms = now;
	pool->avoid[pool->avoid_count].event = ++pool->events;
	pool->avoid_count++;
}

void pool_ask(struct put *put)
{
	struct put_pool *pool = &put->pool;
	struct proto_allocate_args args = {.session = put->session};
	uint32_t avoid[PUT_AVOID_MAX];

	if (pool->asking)
		return;
	args.count = put_targets_wanted(put);
	if (args.count == 0)
		return;
	for (size_t i = 0; i < pool->avoid_count; i++)
		if (io_mono_ms(put->job.io) - pool->avoid[i].at_ms <= AVOID_MS)
			avoid[args.avoid_count++] = pool->avoid[i].node;
	args.avoid = avoid;
	pool->asking = true;
	pool->asked_event = pool->events;
	job_call(&put->job, PROTO_CALL_ALLOCATE, &args, allocate_answered, put);
}

/* Who waits gets one, the oldest first; false where some have to ask again. */
static bool pool_serve(struct put *put)
{
	for (size_t i = 0; i < put->slots_count && put->state == PUT_WRITE; i++) {
		struct put_slot *slot = &put->slots[i];
		struct put_target *target;

		if (slot->state != SLOT_TARGET)
			continue;
		target = client_pool_take(put);
		if (!target)
			return false;
		slot_target(slot, target);
	}
	return true;
}

/* None were given: for each slot that waits this was an attempt. */
static void pool_refused(struct put *put, int code, const char *sentence)
{
	if (code == DFS_E_EXPIRED) {
		put_again(put, code, sentence);
	} else if (code != DFS_E_NODES && code != DFS_E_BUSY) {
		put_fail(put, code, sentence);
	} else {
		for (size_t i = 0; i < put->slots_count && put->state == PUT_WRITE; i++)
			if (put->slots[i].state == SLOT_TARGET)
				slot_no_target(&put->slots[i], code, sentence);
	}
}

static void allocate_answered(void *what, int code, const struct dfs_error *err, const void *reply)
{
	struct put *put = what;
	const struct proto_allocate_reply *allocated = reply;

	put->pool.asking = false;
	if (put->state != PUT_WRITE)
		return;
	if (code != 0) {
		pool_refused(put, code, err->text);
		return;
	}
	if (allocated->warning[0])
		snprintf(put->job.transfer.warning, sizeof(put->job.transfer.warning), "%s",
		        allocated->warning);
	code = pool_add(put, allocated->chunks, allocated->chunks_count);
	if (code != 0) {
		put_fail(put, code, "the master allocated a chunk that cannot be written");
		return;
	}
	/* A repeated answer comes without its chunks: ask anew. */
	put->pool.empty_answers = allocated->chunks_count ? 0 : put->pool.empty_answers + 1;
	if (put->pool.empty_answers > EMPTY_ANSWERS_MAX)
		put_fail(put, DFS_E_PROTO, "the master allocates no chunks");
	else if (!pool_serve(put))
		pool_ask(put);
}

void pool_clear(struct put *put)
{
	while (put->pool.first) {
		struct put_target *target = put->pool.first;

		put->pool.first = target->next;
		target_free(target);
	}
	put->pool.asking = false;
	put->pool.empty_answers = 0;
}
