/* SPDX-License-Identifier: MIT */
/*
 * The sweeper of the trash: the master's living time, by which retention is counted (RULES 14), what
 * leaves when its time has come, and what a tree in the trash holds, counted step by step.
 *
 * Living time is what masters ran: neither a clock that is set nor a machine that slept makes the
 * trash older. A clock that jumps by more than an hour tells that something is wrong with it; then
 * nothing is freed by age for an hour of living time, so that whoever set it can set it back
 * (chunks that linger are told by the clock: RULES 9).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "node/master/role.h"

enum {
	LATE_MS = 10000, /* a tick that comes later was not lived */
	STEP_MS = 3600000,
	PAUSE_MS = 3600000,
	TELL_MS = 60000, /* living time is made durable so often */
	DROP_MAX = 1000,
	DROP_ROWS = 1000,
	AGAIN_MS = 60000,
	LOOK_MAX = 1000, /* rows at a tick, to count what trees hold */
};

/* A tree that is being counted: the directories to come, and how far the present one is. */
struct measure {
	uint64_t entry; /* 0: none */
	uint64_t *dirs;
	size_t count, capacity;
	uint64_t dir; /* 0: take the next of them */
	char after[256];
	uint64_t files, found_dirs, bytes;
	uint32_t looked;
	bool failed, submitted;
};

struct sweeper {
	struct master *master;
	uint64_t lived_ms, told_ms, paused_until_ms, again_ms;
	uint64_t mono_ms;
	int64_t wall_ms;
	bool telling, dropping;
	uint64_t due[DROP_MAX];
	size_t due_count;
	uint64_t measured; /* entries up to this one are counted */
	bool look;         /* there may be others */
	struct measure measure;
	char why[160];
};

static void live(struct sweeper *sweeper);
static void tell(struct sweeper *sweeper);
static void told(void *arg, const struct meta_result *result);
static void pause_purge(struct sweeper *sweeper, int64_t step_ms);
static void drop(struct sweeper *sweeper);
static int take_due(void *arg, uint64_t entry);
static void dropped(void *arg, const struct meta_result *result);
static void count_trees(struct sweeper *sweeper);
static int find_uncounted(void *arg, uint64_t entry, const struct proto_row_trash *row);
static void measure_step(struct sweeper *sweeper);
static int measure_name(
        void *arg, const char *name, const struct proto_row_dentry *dentry, uint64_t size);
static bool measure_push(struct measure *measure, uint64_t dir);
static void measure_over(struct sweeper *sweeper);
static void measured(void *arg, const struct meta_result *result);

int sweeper_load(struct master *master, struct dfs_error *err)
{
	struct sweeper *sweeper = calloc(1, sizeof(*sweeper));
	struct proto_row_trash_count count;
	int code;

	if (!sweeper)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	sweeper->master = master;
	master->sweeper = sweeper;
	sweeper->mono_ms = io_mono_ms(master->io);
	sweeper->wall_ms = io_wall_ms(master->io);
	sweeper->look = true;
	code = meta_trash_count(master->meta, &count);
	if (code != 0)
		return error_set(
		        err, code, "reading the trash from the metadata: %s", dfs_error_text(code));
	sweeper->lived_ms = sweeper->told_ms = count.living_ms;
	/* Set back while no master ran. (Set forward looks like a long sleep, which is none of it.)
	 */
	if (sweeper->wall_ms < meta_last_wall_ms(master->meta) - STEP_MS)
		pause_purge(sweeper, sweeper->wall_ms - meta_last_wall_ms(master->meta));
	return 0;
}

void sweeper_tick(struct master *master)
{
	struct sweeper *sweeper = master->sweeper;

	live(sweeper);
	if (master->outdated[0]) /* an old copy changes nothing (RULES 16) */
		return;
	tell(sweeper);
	drop(sweeper);
	count_trees(sweeper);
}

void sweeper_applied(struct master *master, const struct proto_op *op)
{
	if (op->kind == PROTO_OP_TRASH_MOVE && master->sweeper)
		master->sweeper->look = true;
}

uint64_t sweeper_living_ms(const struct master *master)
{
	const struct sweeper *sweeper = master->sweeper;
	uint64_t since_ms = io_mono_ms(master->io) - sweeper->mono_ms;

	return sweeper->lived_ms + (since_ms <= LATE_MS ? since_ms : 0);
}

const char *sweeper_paused(const struct master *master)
{
	struct sweeper *sweeper = master->sweeper;

	return sweeper->lived_ms < sweeper->paused_until_ms ? sweeper->why : NULL;
}

void sweeper_fini(struct master *master)
{
	if (!master->sweeper)
		return;
	free(master->sweeper->measure.dirs);
	free(master->sweeper);
	master->sweeper = NULL;
}

/* ---- time ---- */

static void live(struct sweeper *sweeper)
{
	uint64_t now_ms = io_mono_ms(sweeper->master->io);
	int64_t wall_ms = io_wall_ms(sweeper->master->io);
	uint64_t passed_ms = now_ms - sweeper->mono_ms;
	int64_t step_ms = wall_ms - sweeper->wall_ms - (int64_t)passed_ms;

	sweeper->lived_ms += passed_ms <= LATE_MS ? passed_ms : 0;
	sweeper->mono_ms = now_ms;
	sweeper->wall_ms = wall_ms;
	if (step_ms > STEP_MS || step_ms < -STEP_MS)
		pause_purge(sweeper, step_ms);
}

static void pause_purge(struct sweeper *sweeper, int64_t step_ms)
{
	sweeper->paused_until_ms = sweeper->lived_ms + PAUSE_MS;
	snprintf(sweeper->why, sizeof(sweeper->why),
	        "the clock was set %s by %" PRId64 " s: nothing is freed by age for an hour",
	        step_ms < 0 ? "back" : "forward", (step_ms < 0 ? -step_ms : step_ms) / 1000);
	master_log(sweeper->master, "warn", "event=clock_step step_ms=%" PRId64 " text=\"%s\"",
	        step_ms, sweeper->why);
}

/* Only while it matters: an empty trash does not grow older. */
static void tell(struct sweeper *sweeper)
{
	struct proto_op op = {.kind = PROTO_OP_TRASH_LIVE, .trash_live = {sweeper->lived_ms}};
	struct proto_row_trash_count count;

	if (sweeper->telling || sweeper->lived_ms < sweeper->told_ms + TELL_MS ||
	        meta_trash_count(sweeper->master->meta, &count) != 0)
		return;
	sweeper->told_ms = sweeper->lived_ms;
	if (count.entries == 0)
		return;
	sweeper->telling = true;
	meta_submit(sweeper->master->meta, &op, 0, 0, told, sweeper);
}

static void told(void *arg, const struct meta_result *result)
{
	((struct sweeper *)arg)->telling = false;
}

/* ---- what goes ---- */

static void drop(struct sweeper *sweeper)
{
	struct master *master = sweeper->master;
	struct proto_op op = {.kind = PROTO_OP_TRASH_DROP};

	if (sweeper->dropping || sweeper->lived_ms < sweeper->again_ms || sweeper_paused(master) ||
	        !master_may_delete(master))
		return;
	sweeper->due_count = 0;
	meta_each_trash_due(master->meta, sweeper->lived_ms, DROP_MAX, take_due, sweeper);
	if (sweeper->due_count == 0)
		return;
	sweeper->dropping = true;
	op.trash_drop.entries = sweeper->due;
	op.trash_drop.entries_count = sweeper->due_count;
	op.trash_drop.living_ms = sweeper->lived_ms;
	op.trash_drop.rows = DROP_ROWS;
	meta_submit(master->meta, &op, 0, 0, dropped, sweeper);
}

static int take_due(void *arg, uint64_t entry)
{
	struct sweeper *sweeper = arg;

	sweeper->due[sweeper->due_count++] = entry;
	return sweeper->due_count == DROP_MAX;
}

static void dropped(void *arg, const struct meta_result *result)
{
	struct sweeper *sweeper = arg;

	sweeper->dropping = false;
	if (result->code != 0) {
		sweeper->again_ms = sweeper->lived_ms + AGAIN_MS;
		master_log(sweeper->master, "error", "event=trash_not_emptied text=\"%s\"",
		        result->err.text);
		return;
	}
	master_log(sweeper->master, "info", "event=trash_expired entries=%" PRIu64, result->value);
	if (result->value > 0 && !sweeper->master->stopping)
		drop(sweeper);
}

/* ---- what trees hold ---- */

static void count_trees(struct sweeper *sweeper)
{
	struct measure *measure = &sweeper->measure;

	if (measure->submitted)
		return;
	if (measure->entry == 0 && sweeper->look) {
		measure->looked = 0;
		meta_each_trash(
		        sweeper->master->meta, sweeper->measured, LOOK_MAX, find_uncounted, sweeper);
		sweeper->look = measure->entry != 0 || measure->looked == LOOK_MAX;
	}
	if (measure->entry != 0)
		measure_step(sweeper);
}

static int find_uncounted(void *arg, uint64_t entry, const struct proto_row_trash *row)
{
	struct sweeper *sweeper = arg;
	struct measure *measure = &sweeper->measure;

	measure->looked++;
	if (row->counted) {
		sweeper->measured = entry;
		return 0;
	}
	measure->entry = entry;
	measure->count = 0;
	measure->dir = row->inode;
	measure->after[0] = '\0';
	measure->files = measure->bytes = 0;
	measure->found_dirs = 1;
	measure->failed = false;
	return 1;
}

/* The next names of the tree; at its end the sums are told. */
static void measure_step(struct sweeper *sweeper)
{
	struct measure *measure = &sweeper->measure;
	uint32_t left = LOOK_MAX;

	while (measure->dir != 0 && left > 0 && !measure->failed) {
		measure->looked = 0;
		if (meta_each_name(sweeper->master->meta, measure->dir, measure->after, left,
		            measure_name, measure) != 0)
			measure->failed = true;
		if (measure->looked < left) { /* its last name, but for one that was asked after */
			measure->dir = measure->count > 0 ? measure->dirs[--measure->count] : 0;
			measure->after[0] = '\0';
		}
		left -= measure->looked + 1 < left ? measure->looked + 1 : left;
	}
	if (measure->dir == 0 || measure->failed)
		measure_over(sweeper);
}

static int measure_name(
        void *arg, const char *name, const struct proto_row_dentry *dentry, uint64_t size)
{
	struct measure *measure = arg;

	measure->looked++;
	snprintf(measure->after, sizeof(measure->after), "%s", name);
	if (dentry->kind == PROTO_KIND_DIR) {
		measure->found_dirs++;
		measure->failed = !measure_push(measure, dentry->inode);
		return measure->failed;
	}
	measure->files++;
	measure->bytes += size;
	return 0;
}

static bool measure_push(struct measure *measure, uint64_t dir)
{
	size_t capacity = measure->capacity ? 2 * measure->capacity : 256;
	uint64_t *dirs = measure->dirs;

	if (measure->count == measure->capacity) {
		dirs = realloc(dirs, capacity * sizeof(*dirs));
		if (!dirs)
			return false;
		measure->dirs = dirs;
		measure->capacity = capacity;
	}
	dirs[measure->count++] = dir;
	return true;
}

static void measure_over(struct sweeper *sweeper)
{
	struct measure *measure = &sweeper->measure;
	struct proto_op op = {.kind = PROTO_OP_TRASH_MEASURE,
	        .trash_measure = {
	                measure->entry, measure->files, measure->found_dirs, measure->bytes}};

	sweeper->measured = measure->entry;
	measure->entry = 0;
	free(measure->dirs);
	measure->dirs = NULL;
	measure->count = measure->capacity = 0;
	if (measure->failed)
		return; /* it stays uncounted until the next start */
	measure->submitted = true;
	meta_submit(sweeper->master->meta, &op, 0, 0, measured, sweeper);
}

/* Refused where it came back or went meanwhile: then there is nothing to count. */
static void measured(void *arg, const struct meta_result *result)
{
	((struct sweeper *)arg)->measure.submitted = false;
}
