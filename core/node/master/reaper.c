/* SPDX-License-Identifier: MIT */
/*
 * What happens by time: write sessions that fell silent end, chunks without references are deleted
 * once no reader can hold a ticket for them (RULES 9), and a recursive remove is finished step by
 * step. The paper's master finds garbage by scanning its own state (GFS 4.4); here freed chunks
 * stand in a table by age, and a look at its beginning is enough.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include "node/master/role.h"

enum {
	FREED_ROWS = 1000,
	PURGE_ROWS = 1000,
	FORGET_MAX = 1000,
	DELETING_MAX = 100000,
	BUCKETS_PER_TICK = 64
};

struct deleting { /* a chunk whose replicas are being deleted */
	uint64_t chunk;
	uint64_t version;
	struct reaper *reaper;
	UT_hash_handle hh;
};

struct reaper {
	struct master *master;
	uint64_t scan_after; /* sessions, at the start */
	uint32_t scan_seen;
	int64_t freed_after_ms; /* freed chunks: how far the last look went */
	uint64_t freed_after;
	uint64_t freed[FREED_ROWS];
	size_t freed_count;
	size_t bucket;
	struct deleting *deleting;
	uint64_t gone[FORGET_MAX]; /* deleted everywhere, to be forgotten */
	size_t gone_count;
	size_t forgetting_count; /* of them, in the operation on its way */
	bool purging;
};

static int load_session(void *arg, uint64_t session, const struct proto_row_session *row);
static void expire_sessions(struct reaper *reaper);
static void freed_look(struct reaper *reaper);
static int freed_take(void *arg, uint64_t chunk, int64_t freed_ms);
static bool freed_lingers(const struct master *master, const struct proto_row_chunk *row);
static void freed_delete(struct reaper *reaper, uint64_t chunk, const struct proto_row_chunk *row);
static void raise_first(struct deleting *deleting);
static void raised(void *arg, const struct meta_result *result);
static void chunk_gone(void *arg, uint64_t chunk);
static void deleting_over(struct reaper *reaper, uint64_t chunk);
static void forget(struct reaper *reaper);
static void forgotten(void *arg, const struct meta_result *result);
static void purge(struct reaper *reaper);
static void purged(void *arg, const struct meta_result *result);
static void session_over(void *arg, const struct meta_result *result);

int reaper_load(struct master *master, struct dfs_error *err)
{
	struct reaper *reaper = calloc(1, sizeof(*reaper));
	int code;

	if (!reaper)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	reaper->master = master;
	master->reaper = reaper;
	do {
		reaper->scan_seen = 0;
		code = meta_each_session(
		        master->meta, reaper->scan_after, 10000, load_session, reaper);
	} while (code == 0 && reaper->scan_seen > 0);
	reaper->freed_after_ms = INT64_MIN;
	return code == 0 ? 0
	                 : error_set(err, code, "reading write sessions from the metadata: %s",
	                           dfs_error_text(code));
}

void reaper_tick(struct master *master)
{
	struct reaper *reaper = master->reaper;

	expire_sessions(reaper);
	if (master_may_delete(master))
		freed_look(reaper);
	forget(reaper);
	purge(reaper);
}

void reaper_fini(struct master *master)
{
	struct deleting *deleting, *next;

	if (!master->reaper)
		return;
	HASH_ITER (hh, master->reaper->deleting, deleting, next) {
		HASH_DEL(master->reaper->deleting, deleting);
		free(deleting);
	}
	for (size_t i = 0; i < SESSION_BUCKETS; i++) {
		while (master->sessions[i])
			session_gone(master, master->sessions[i]->session);
	}
	free(master->reaper);
}

/* ---- sessions: their signs of life are in memory; after a restart each gets a whole term again
 * ---- */

struct session_life *session_find(struct master *master, uint64_t session)
{
	struct session_life *life = master->sessions[session % SESSION_BUCKETS];

	while (life && life->session != session)
		life = life->next_in_bucket;
	return life;
}

void session_seen(struct master *master, uint64_t session)
{
	struct session_life *life = session_find(master, session);

	if (!life) {
		life = calloc(1, sizeof(*life));
		if (!life)
			return;
		life->session = session;
		life->next_in_bucket = master->sessions[session % SESSION_BUCKETS];
		master->sessions[session % SESSION_BUCKETS] = life;
		master->sessions_count++;
	}
	life->seen_ms = io_mono_ms(master->io);
}

void session_gone(struct master *master, uint64_t session)
{
	struct session_life **at = &master->sessions[session % SESSION_BUCKETS];

	while (*at && (*at)->session != session)
		at = &(*at)->next_in_bucket;
	if (*at) {
		struct session_life *life = *at;

		*at = life->next_in_bucket;
		free(life);
		master->sessions_count--;
	}
}

static int load_session(void *arg, uint64_t session, const struct proto_row_session *row)
{
	struct reaper *reaper = arg;

	session_seen(reaper->master, session);
	reaper->scan_after = session;
	reaper->scan_seen++;
	return 0;
}

static void expire_sessions(struct reaper *reaper)
{
	struct master *master = reaper->master;
	uint64_t now_ms = io_mono_ms(master->io);

	for (size_t i = 0; i < BUCKETS_PER_TICK; i++) {
		struct session_life *life = master->sessions[reaper->bucket];

		for (; life; life = life->next_in_bucket) {
			struct proto_op op = {
			        .kind = PROTO_OP_SESSION_END, .session_end.session = life->session};

			if (now_ms - life->seen_ms <= master->options.session_ms)
				continue;
			life->seen_ms = now_ms; /* not again while this operation is on its way */
			meta_submit(master->meta, &op, 0, 0, session_over, master);
		}
		reaper->bucket = (reaper->bucket + 1) % SESSION_BUCKETS;
	}
}

static void session_over(void *arg, const struct meta_result *result)
{
	struct master *master = arg;

	if (result->code == 0)
		master_log(master, "info", "event=session_expired session=%016llx",
		        (unsigned long long)result->value);
}

/* ---- freed chunks ---- */

/* A page of the freed chunks at a tick, the oldest first, past those of the last page: some wait
 * for datanodes that are away. */
static void freed_look(struct reaper *reaper)
{
	struct master *master = reaper->master;
	struct arena arena = {0};
	struct proto_row_chunk row;

	reaper->freed_count = 0;
	meta_each_freed(master->meta, reaper->freed_after_ms, reaper->freed_after, INT64_MAX,
	        FREED_ROWS, freed_take, reaper);
	if (reaper->freed_count < FREED_ROWS) {
		reaper->freed_after_ms = INT64_MIN;
		reaper->freed_after = 0;
	}
	for (size_t i = 0; i < reaper->freed_count; i++) {
		if (meta_chunk(master->meta, reaper->freed[i], &arena, &row, NULL) == 0 &&
		        !freed_lingers(master, &row))
			freed_delete(reaper, reaper->freed[i], &row);
		arena_reset(&arena);
	}
	arena_fini(&arena);
}

/* RULES 9. One that was never sealed was never in a file: no reader was told of it. */
static bool freed_lingers(const struct master *master, const struct proto_row_chunk *row)
{
	if (row->length == 0)
		return false;
	return sweeper_paused(master) ||
	       io_wall_ms(master->io) - row->freed_ms <
	               (int64_t)(master->options.linger_ms + master->options.ticket_ms);
}

static int freed_take(void *arg, uint64_t chunk, int64_t freed_ms)
{
	struct reaper *reaper = arg;

	reaper->freed[reaper->freed_count++] = chunk;
	reaper->freed_after_ms = freed_ms;
	reaper->freed_after = chunk;
	return reaper->freed_count == FREED_ROWS;
}

static void freed_delete(struct reaper *reaper, uint64_t chunk, const struct proto_row_chunk *row)
{
	struct master *master = reaper->master;
	struct deleting *deleting;

	HASH_FIND(hh, reaper->deleting, &chunk, sizeof(chunk), deleting);
	if (deleting || HASH_COUNT(reaper->deleting) >= DELETING_MAX)
		return;
	deleting = calloc(1, sizeof(*deleting));
	if (!deleting)
		return;
	deleting->chunk = chunk;
	deleting->version = row->version;
	deleting->reaper = reaper;
	HASH_ADD(hh, reaper->deleting, chunk, sizeof(deleting->chunk), deleting);
	if (row->length > 0)
		cluster_chunk_delete(master->cluster, chunk, row->version, chunk_gone, reaper);
	else
		raise_first(deleting);
}

/*
 * It was never sealed, so a datanode may hold it open, and does not delete an open chunk at its own
 * version (RULES 13): a late writer must be shut out of it first.
 */
static void raise_first(struct deleting *deleting)
{
	struct proto_op op = {.kind = PROTO_OP_CHUNK_RAISE};

	deleting->version++;
	op.chunk_raise.chunk = deleting->chunk;
	op.chunk_raise.version = deleting->version;
	meta_submit(deleting->reaper->master->meta, &op, 0, 0, raised, deleting);
}

static void raised(void *arg, const struct meta_result *result)
{
	struct deleting *deleting = arg;
	struct reaper *reaper = deleting->reaper;

	if (result->code != 0) /* the look comes to it again */
		deleting_over(reaper, deleting->chunk);
	else
		cluster_chunk_delete(reaper->master->cluster, deleting->chunk, deleting->version,
		        chunk_gone, reaper);
}

/* One that finds the batch full is left to the next look, which asks for it again. */
static void chunk_gone(void *arg, uint64_t chunk)
{
	struct reaper *reaper = arg;

	if (reaper->gone_count < FORGET_MAX)
		reaper->gone[reaper->gone_count++] = chunk;
	else
		deleting_over(reaper, chunk);
}

static void deleting_over(struct reaper *reaper, uint64_t chunk)
{
	struct deleting *deleting;

	HASH_FIND(hh, reaper->deleting, &chunk, sizeof(chunk), deleting);
	if (deleting) {
		HASH_DEL(reaper->deleting, deleting);
		free(deleting);
	}
}

static void forget(struct reaper *reaper)
{
	struct proto_op op = {.kind = PROTO_OP_CHUNK_FORGET};

	if (reaper->forgetting_count > 0 || reaper->gone_count == 0)
		return;
	reaper->forgetting_count = reaper->gone_count;
	op.chunk_forget.chunks = reaper->gone;
	op.chunk_forget.chunks_count = reaper->gone_count;
	meta_submit(reaper->master->meta, &op, 0, 0, forgotten, reaper);
}

static void forgotten(void *arg, const struct meta_result *result)
{
	struct reaper *reaper = arg;
	size_t count = reaper->forgetting_count;

	for (size_t i = 0; i < count; i++) {
		if (result->code == 0)
			cluster_chunk_forgotten(reaper->master->cluster, reaper->gone[i]);
		deleting_over(reaper, reaper->gone[i]);
	}
	reaper->gone_count -= count;
	reaper->forgetting_count = 0;
	memmove(reaper->gone, reaper->gone + count, reaper->gone_count * sizeof(reaper->gone[0]));
}

/* ---- what a recursive remove left behind ---- */

static void purge(struct reaper *reaper)
{
	struct proto_op op = {.kind = PROTO_OP_PURGE, .purge.rows = PURGE_ROWS};

	if (reaper->purging || !meta_purge_pending(reaper->master->meta))
		return;
	reaper->purging = true;
	meta_submit(reaper->master->meta, &op, 0, 0, purged, reaper);
}

static void purged(void *arg, const struct meta_result *result)
{
	struct reaper *reaper = arg;

	reaper->purging = false;
	if (result->code == 0 && !reaper->master->stopping)
		purge(reaper);
}
