/* SPDX-License-Identifier: MIT */
/*
 * Keeps the metadata on the datanodes too (RULES 20): each hour's checkpoint, and between two of
 * them what came into the log, each minute in which something did.
 *
 *   IDLE --due--> PREPARING --a worker: the file, its parts' checksums--> STORING
 *     ^                                                                      |  each part: one
 *     |                                                                      |  datanode keeps it,
 *     |                                                                      |  others copy it
 *     +----- COMMITTING <----- all parts are on enough datanodes ------------+
 *            keepsake_add, durable: from now on they are chunks like others
 *
 * Whatever fails on the way leaves replicas that nothing refers to (they are collected as orphans),
 * and a file that the next attempt removes. What newer keepsakes replace is dropped, once anything
 * may be deleted at all (RULES 16).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "node/master/keepsakes.h"

enum { WHOLE_KEPT = 2, DROP_MAX = 100, AGAIN_MS = 30000 /* after one that failed */ };

static int load_one(void *arg, uint64_t first, const struct proto_row_keepsake *row);
static const struct proto_row_keepsake *newest_whole(const struct keepsakes *keepsakes);
static bool whole_due(
        const struct keepsakes *keepsakes, struct checkpoint *ret, uint64_t *ret_changes);
static bool log_due(const struct keepsakes *keepsakes);
static void committed(void *arg, const struct meta_result *result);
static void note(struct keepsakes *keepsakes);
static void drop(struct keepsakes *keepsakes);
static void dropped(void *arg, const struct meta_result *result);

int keepsakes_load(struct master *master, struct dfs_error *err)
{
	struct keepsakes *keepsakes = calloc(1, sizeof(*keepsakes));
	const struct proto_row_keepsake *whole;
	int code;

	if (!keepsakes)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	master->keepsakes = keepsakes;
	keepsakes->master = master;
	keepsakes->changes_kept = master->changes;
	code = meta_each_keepsake(master->meta, 0, 0, load_one, keepsakes);
	if (code != 0)
		return error_set(err, code, "reading the keepsakes from the metadata: %s",
		        dfs_error_text(code));
	whole = newest_whole(keepsakes);
	keepsakes->whole_due_ms = keepsakes->due_ms = io_mono_ms(master->io);
	if (whole) {
		int64_t age_ms = io_wall_ms(master->io) - whole->time_ms;
		int64_t left_ms = (int64_t)master->options.checkpoint_ms - age_ms;

		if (age_ms >= 0 && left_ms > 0)
			keepsakes->whole_due_ms += (uint64_t)left_ms;
	}
	/* A start is a change. */
	master->changes++;
	return 0;
}

void keepsakes_tick(struct master *master)
{
	struct keepsakes *keepsakes = master->keepsakes;
	uint64_t changes = master->changes;
	struct checkpoint newest;

	if (!master->options.checkpoint_dir || master->options.keep_ms == KEEP_NEVER ||
	        master->outdated[0] || master->stopping)
		return;
	drop(keepsakes);
	if (keepsakes->stage != IDLE || io_mono_ms(master->io) < keepsakes->due_ms ||
	        cluster_nodes_live(master->cluster) == 0 || cluster_settling(master->cluster))
		return;
	keepsakes->whole = whole_due(keepsakes, &newest, &changes);
	if (keepsakes->whole)
		keepsakes->file = newest;
	keepsakes->changes = keepsakes->whole ? changes : master->changes;
	if (keepsakes->whole || log_due(keepsakes))
		keepsakes_prepare(keepsakes);
}

bool keepsakes_idle(const struct master *master)
{
	return master->keepsakes->stage != PREPARING;
}

void keepsakes_status(struct master *master, struct proto_status_reply *ret)
{
	const struct keepsakes *keepsakes = master->keepsakes;

	ret->kept_error = keepsakes->error;
	for (size_t i = 0; i < keepsakes->known_count; i++) {
		const struct proto_row_keepsake *row = &keepsakes->known[i].row;
		int64_t age_ms = io_wall_ms(master->io) - row->time_ms;

		ret->kept_bytes += row->size;
		if (row->operation < ret->kept) /* a checkpoint that was made before the last log */
			continue;
		ret->kept = row->operation;
		ret->kept_age_ms = age_ms > 0 ? (uint64_t)age_ms : 0;
	}
}

const struct proto_row_keepsake *keepsakes_find(const struct master *master, uint64_t chunk)
{
	const struct keepsakes *keepsakes = master->keepsakes;

	for (size_t i = 0; i < keepsakes->known_count; i++) {
		const struct keepsake *one = &keepsakes->known[i];

		if (chunk >= one->first && chunk - one->first < keepsake_parts(&one->row))
			return &one->row;
	}
	return NULL;
}

/* Jobs have ended, or went with the machine; channels are closed. */
void keepsakes_fini(struct master *master)
{
	struct keepsakes *keepsakes = master->keepsakes;

	if (!keepsakes)
		return;
	free(keepsakes->known);
	free(keepsakes->chunks);
	free(keepsakes->parts);
	free(keepsakes->heard);
	free(keepsakes);
	master->keepsakes = NULL;
}

/* ---- what there is, and what is due ---- */

static int load_one(void *arg, uint64_t first, const struct proto_row_keepsake *row)
{
	struct keepsakes *keepsakes = arg;
	size_t size = keepsakes->known_size;
	struct keepsake *known = keepsakes->known;

	if (keepsakes->known_count == size) {
		size = size ? size * 2 : 64;
		known = realloc(known, size * sizeof(*known));
		if (!known)
			return DFS_E_NOMEM;
		keepsakes->known = known;
		keepsakes->known_size = size;
	}
	known[keepsakes->known_count++] = (struct keepsake){first, *row};
	return 0;
}

/* The checkpoint that was kept last; NULL: none is. */
static const struct proto_row_keepsake *newest_whole(const struct keepsakes *keepsakes)
{
	for (size_t i = keepsakes->known_count; i-- > 0;)
		if (keepsakes->known[i].row.from == 0)
			return &keepsakes->known[i].row;
	return NULL;
}

/* The first, and then each hour, and each so much log. */
static bool whole_due(
        const struct keepsakes *keepsakes, struct checkpoint *ret, uint64_t *ret_changes)
{
	const struct master *master = keepsakes->master;
	const struct proto_row_keepsake *last = newest_whole(keepsakes);

	if (!keeper_newest(master, ret, ret_changes))
		return false;
	if (last && ret->operation <= last->operation)
		return false;
	return !last || keepsakes->whole_wanted ||
	       io_mono_ms(master->io) >= keepsakes->whole_due_ms ||
	       meta_log_bytes(master->meta) - keepsakes->whole_log_bytes >=
	               master->options.checkpoint_log_bytes;
}

static bool log_due(const struct keepsakes *keepsakes)
{
	return keepsakes->known_count > 0 && !keepsakes->whole_wanted &&
	       (keepsakes->cut || keepsakes->master->changes != keepsakes->changes_kept);
}

/* ---- its rows ---- */

void keepsakes_commit(struct keepsakes *keepsakes)
{
	struct proto_op op = {.kind = PROTO_OP_KEEPSAKE_ADD};

	op.keepsake_add.chunk = keepsakes->first;
	op.keepsake_add.from = keepsakes->file.from;
	op.keepsake_add.operation = keepsakes->file.operation;
	op.keepsake_add.epoch = keepsakes->file.epoch;
	op.keepsake_add.reign = keepsakes->file.reign;
	op.keepsake_add.part = KEEPSAKE_PART_BYTES;
	op.keepsake_add.goal = keepsakes->goal;
	op.keepsake_add.chunks = keepsakes->chunks;
	op.keepsake_add.chunks_count = keepsakes->parts_count;
	keepsakes->stage = COMMITTING;
	meta_submit(keepsakes->master->meta, &op, 0, 0, committed, keepsakes);
}

static void committed(void *arg, const struct meta_result *result)
{
	struct keepsakes *keepsakes = arg;
	struct master *master = keepsakes->master;
	uint64_t now_ms = io_mono_ms(master->io);

	if (result->code != 0) {
		keepsakes_fail(keepsakes, result->code, result->err.text);
		return;
	}
	note(keepsakes);
	if (!keepsakes->cut)
		keepsakes->changes_kept = keepsakes->changes;
	if (keepsakes->whole) { /* the log goes on from it */
		keepsakes->whole_wanted = false;
		keepsakes->whole_due_ms = now_ms + master->options.checkpoint_ms;
		keepsakes->whole_log_bytes = meta_log_bytes(master->meta);
	}
	keepsakes->error[0] = '\0';
	master_log(master, "info",
	        "event=keepsake chunk=%016" PRIx64 " from=%" PRIu64 " operation=%" PRIu64
	        " bytes=%" PRIu64 " took_ms=%" PRIu64,
	        keepsakes->first, keepsakes->file.from, keepsakes->file.operation,
	        keepsakes->file.size_bytes + CHECKPOINT_FOOT_SIZE, now_ms - keepsakes->began_ms);
	keepsakes->due_ms = keepsakes->cut ? now_ms : now_ms + master->options.keep_ms;
	keepsakes_end(keepsakes);
}

/* It is one of those that are known. */
static void note(struct keepsakes *keepsakes)
{
	struct master *master = keepsakes->master;
	struct proto_row_keepsake row = {
	        .from = keepsakes->file.from,
	        .operation = keepsakes->file.operation,
	        .epoch = keepsakes->file.epoch,
	        .reign = keepsakes->file.reign,
	        .size = keepsakes->file.size_bytes + CHECKPOINT_FOOT_SIZE,
	        .part = KEEPSAKE_PART_BYTES,
	        .time_ms = io_wall_ms(master->io),
	};

	if (load_one(keepsakes, keepsakes->first, &row) != 0)
		keepsakes->whole_wanted = true; /* no memory: the next one begins anew */
}

void keepsakes_fail(struct keepsakes *keepsakes, int code, const char *text)
{
	struct master *master = keepsakes->master;

	if (!master->stopping)
		master_log(master, "warn", "event=keepsake_failed code=%s text=\"%s\"",
		        dfs_error_name(code), text);
	if (text != keepsakes->error)
		snprintf(keepsakes->error, sizeof(keepsakes->error), "%s", text);
	keepsakes->due_ms = io_mono_ms(master->io) + AGAIN_MS;
	keepsakes_end(keepsakes);
}

void keepsakes_end(struct keepsakes *keepsakes)
{
	free(keepsakes->chunks);
	free(keepsakes->parts);
	keepsakes->chunks = NULL;
	keepsakes->parts = NULL;
	keepsakes->parts_count = 0;
	keepsakes->stage = IDLE;
	/* Replicas of a known chunk by now, or orphans. */
	for (size_t i = 0; i < keepsakes->heard_count && !keepsakes->master->stopping; i++)
		cluster_heard(keepsakes->master->cluster, keepsakes->heard[i].node,
		        &keepsakes->heard[i].held);
	free(keepsakes->heard);
	keepsakes->heard = NULL;
	keepsakes->heard_count = 0;
}

/* ---- what newer ones replace ---- */

/* All before the older of the two newest checkpoints. */
static void drop(struct keepsakes *keepsakes)
{
	struct proto_op op = {.kind = PROTO_OP_KEEPSAKE_DROP};
	size_t whole = 0, upto = keepsakes->known_count;
	uint64_t chunks[DROP_MAX];

	if (keepsakes->dropping || !master_may_delete(keepsakes->master) ||
	        io_mono_ms(keepsakes->master->io) < keepsakes->drop_due_ms)
		return;
	while (upto > 0 && whole < WHOLE_KEPT)
		whole += keepsakes->known[--upto].row.from == 0;
	if (whole < WHOLE_KEPT || upto == 0)
		return;
	for (size_t i = 0; i < upto && i < DROP_MAX; i++)
		chunks[i] = keepsakes->known[i].first;
	op.keepsake_drop.chunks = chunks;
	op.keepsake_drop.chunks_count = upto < DROP_MAX ? upto : DROP_MAX;
	keepsakes->dropping = true;
	meta_submit(keepsakes->master->meta, &op, 0, 0, dropped, keepsakes);
}

static void dropped(void *arg, const struct meta_result *result)
{
	struct keepsakes *keepsakes = arg;

	keepsakes->dropping = false;
	if (result->code == 0)
		return;
	snprintf(keepsakes->error, sizeof(keepsakes->error), "%s", result->err.text);
	keepsakes->drop_due_ms = io_mono_ms(keepsakes->master->io) + AGAIN_MS;
}

void keepsakes_applied(struct master *master, const struct proto_op *op)
{
	struct keepsakes *keepsakes = master->keepsakes;
	const struct proto_op_keepsake_drop *gone = &op->keepsake_drop;
	size_t kept = 0;

	if (op->kind != PROTO_OP_KEEPSAKE_DROP || !keepsakes)
		return;
	for (size_t i = 0; i < keepsakes->known_count; i++) {
		bool named = false;

		for (size_t j = 0; j < gone->chunks_count && !named; j++)
			named = gone->chunks[j] == keepsakes->known[i].first;
		if (!named)
			keepsakes->known[kept++] = keepsakes->known[i];
	}
	keepsakes->known_count = kept;
}
