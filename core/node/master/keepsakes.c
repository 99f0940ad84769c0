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
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/chunk_id.h"
#include "base/crc32c.h"
#include "io/disk.h"
#include "meta/checkpoint.h"
#include "meta/keepsake.h"
#include "node/master/role.h"

enum {
	PART_BYTES = 64 << 20,
	LOG_BYTES = 32 << 20, /* of one part of the log */
	PIECE_BYTES = 1 << 20,
	PARTS_MAX = 4096,
	GOAL = 3,
	WHOLE_KEPT = 2,
	DROP_MAX = 100,
	AGAIN_MS = 30000, /* after one that failed */
	KEEP_PATIENCE_MS = 300000,
};

/* A datanode that is to have the part under way. */
struct holder {
	struct keepsakes *keepsakes;
	uint32_t node;
	bool stored; /* durably there, as it answered */
};

struct part {
	struct holder holders[PLACE_REPLICAS_MAX];
	uint32_t count;
};

/* What a datanode reported of a chunk on its way: the cluster engine hears of it afterwards. */
struct heard {
	uint32_t node;
	struct proto_held held; /* without its `why` */
};

struct keepsake {
	uint64_t first;
	struct proto_row_keepsake row;
};

enum stage { IDLE, PREPARING, STORING, COMMITTING };

struct keepsakes {
	struct io_work work; /* first: the job's while PREPARING */
	struct master *master;
	enum stage stage;
	struct keepsake *known; /* in the order in which they were made */
	size_t known_count, known_size;
	bool dropping;
	uint64_t drop_due_ms; /* io_mono_ms */

	/* The one on its way. */
	struct checkpoint base, file;
	bool whole, cut; /* a checkpoint; a part of the log that could have been longer */
	uint64_t first;
	struct proto_keepsake_chunk *chunks;
	struct part *parts;
	size_t parts_count, at;
	uint32_t goal, asked; /* asked: answers that are awaited */
	struct heard *heard;
	size_t heard_count;
	uint64_t changes, began_ms;
	int code; /* of the job */
	struct dfs_error err;

	bool whole_wanted;             /* the log does not go back far enough */
	uint64_t changes_kept;         /* master->changes that are in the last one */
	uint64_t due_ms, whole_due_ms; /* io_mono_ms */
	uint64_t whole_log_bytes;
	char error[512]; /* of the last attempt; empty: it went well */
};

static int load_one(void *arg, uint64_t first, const struct proto_row_keepsake *row);
static bool whole_due(
        const struct keepsakes *keepsakes, struct checkpoint *ret, uint64_t *ret_changes);
static bool log_due(const struct keepsakes *keepsakes);
static void begin(struct keepsakes *keepsakes);
static void run(struct io_work *work);
static int sum_parts(struct keepsakes *keepsakes);
static int sum_part(
        struct io *io, int fd, uint64_t offset, uint64_t length, char *piece, uint32_t *ret);
static void done(struct io_work *work);
static void store_part(struct keepsakes *keepsakes);
static int place(struct keepsakes *keepsakes, struct part *part);
static void ask_first(struct keepsakes *keepsakes);
static void kept_first(void *arg, int code, const struct dfs_error *err, const void *reply);
static void ask_others(struct keepsakes *keepsakes);
static void copied(void *arg, int code, const struct dfs_error *err, const void *reply);
static void part_over(struct keepsakes *keepsakes);
static void commit(struct keepsakes *keepsakes);
static void committed(void *arg, const struct meta_result *result);
static void note(struct keepsakes *keepsakes);
static void fail(struct keepsakes *keepsakes, int code, const char *text);
static void end(struct keepsakes *keepsakes);
static void drop(struct keepsakes *keepsakes);
static void dropped(void *arg, const struct meta_result *result);

int keepsakes_load(struct master *master, struct dfs_error *err)
{
	struct keepsakes *keepsakes = calloc(1, sizeof(*keepsakes));
	const struct keepsake *whole = NULL;
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
	for (size_t i = 0; i < keepsakes->known_count; i++)
		if (keepsakes->known[i].row.from == 0)
			whole = &keepsakes->known[i];
	keepsakes->whole_due_ms = keepsakes->due_ms = io_mono_ms(master->io);
	if (whole) {
		int64_t age_ms = io_wall_ms(master->io) - whole->row.time_ms;
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
		begin(keepsakes);
}

bool keepsakes_idle(const struct master *master)
{
	return master->keepsakes->stage != PREPARING;
}

bool keepsakes_coming(const struct master *master, uint64_t chunk)
{
	const struct keepsakes *keepsakes = master->keepsakes;

	return keepsakes && (keepsakes->stage == STORING || keepsakes->stage == COMMITTING) &&
	       chunk >= keepsakes->first && chunk - keepsakes->first < keepsakes->parts_count;
}

void keepsakes_node_gone(struct master *master, uint32_t node)
{
	struct keepsakes *keepsakes = master->keepsakes;
	size_t kept = 0;

	for (size_t i = 0; keepsakes && i < keepsakes->heard_count; i++)
		if (keepsakes->heard[i].node != node)
			keepsakes->heard[kept++] = keepsakes->heard[i];
	if (keepsakes)
		keepsakes->heard_count = kept;
}

void keepsakes_heard(
        struct master *master, uint32_t node, uint64_t chunk, const struct proto_held *held)
{
	struct keepsakes *keepsakes = master->keepsakes;
	struct heard *grown;
	size_t at = 0;

	if (!keepsakes_coming(master, chunk))
		return;
	while (at < keepsakes->heard_count &&
	        (keepsakes->heard[at].node != node || keepsakes->heard[at].held.chunk != chunk))
		at++;
	if (!held && at < keepsakes->heard_count)
		keepsakes->heard[at] = keepsakes->heard[--keepsakes->heard_count];
	if (!held)
		return;
	if (at == keepsakes->heard_count) {
		grown = realloc(keepsakes->heard, (at + 1) * sizeof(*grown));
		if (!grown)
			return; /* no memory: its next full report tells */
		keepsakes->heard = grown;
		keepsakes->heard_count++;
	}
	keepsakes->heard[at] = (struct heard){node, *held};
	keepsakes->heard[at].held.why = "";
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

/* The first, and then each hour, and each so much log. */
static bool whole_due(
        const struct keepsakes *keepsakes, struct checkpoint *ret, uint64_t *ret_changes)
{
	const struct master *master = keepsakes->master;
	uint64_t last = 0;
	bool any = false;

	if (!keeper_newest(master, ret, ret_changes))
		return false;
	for (size_t i = 0; i < keepsakes->known_count; i++) {
		if (keepsakes->known[i].row.from == 0) {
			last = keepsakes->known[i].row.operation;
			any = true;
		}
	}
	if (any && ret->operation <= last)
		return false;
	return !any || keepsakes->whole_wanted ||
	       io_mono_ms(master->io) >= keepsakes->whole_due_ms ||
	       meta_log_bytes(master->meta) - keepsakes->whole_log_bytes >=
	               master->options.checkpoint_log_bytes;
}

static bool log_due(const struct keepsakes *keepsakes)
{
	return keepsakes->known_count > 0 && !keepsakes->whole_wanted &&
	       (keepsakes->cut || keepsakes->master->changes != keepsakes->changes_kept);
}

/* ---- the file ---- */

static void begin(struct keepsakes *keepsakes)
{
	struct master *master = keepsakes->master;

	if (!keepsakes->whole) {
		const struct proto_row_keepsake *last =
		        &keepsakes->known[keepsakes->known_count - 1].row;

		keepsakes->base = (struct checkpoint){
		        .operation = last->operation, .epoch = last->epoch, .reign = last->reign};
	}
	keepsakes->stage = PREPARING;
	keepsakes->began_ms = io_mono_ms(master->io);
	keepsakes->work = (struct io_work){.run = run, .done = done, .lane = IO_LANE_BULK};
	io_work_submit(master->io, &keepsakes->work);
}

/* On a worker. */
static void run(struct io_work *work)
{
	struct keepsakes *keepsakes = (struct keepsakes *)work;
	const struct master_options *options = &keepsakes->master->options;
	struct io *io = keepsakes->master->io;
	struct dfs_error *err = &keepsakes->err;

	keepsakes->code = checkpoint_log_prune(io, options->checkpoint_dir, err);
	if (keepsakes->code == 0 && !keepsakes->whole)
		keepsakes->code = checkpoint_log_write(io, options->kv, options->checkpoint_dir,
		        &keepsakes->base, LOG_BYTES, &keepsakes->file, err);
	if (keepsakes->code == 0)
		keepsakes->code = sum_parts(keepsakes);
}

static int sum_parts(struct keepsakes *keepsakes)
{
	struct io *io = keepsakes->master->io;
	uint64_t size = keepsakes->file.size_bytes + CHECKPOINT_FOOT_SIZE;
	size_t count = (size_t)((size + PART_BYTES - 1) / PART_BYTES);
	char name[CHECKPOINT_NAME_MAX], path[CHECKPOINT_PATH_MAX + CHECKPOINT_NAME_MAX];
	char *piece = malloc(PIECE_BYTES);
	int fd = -1, rc = 0;

	checkpoint_name(&keepsakes->file, name);
	snprintf(path, sizeof(path), "%s/%s", keepsakes->master->options.checkpoint_dir, name);
	keepsakes->chunks = calloc(count, sizeof(*keepsakes->chunks));
	keepsakes->parts = calloc(count, sizeof(*keepsakes->parts));
	if (!piece || !keepsakes->chunks || !keepsakes->parts || count > PARTS_MAX)
		rc = -ENOMEM;
	if (rc == 0)
		fd = io_disk(io, open, path, IO_OPEN_READ);
	rc = fd < 0 && rc == 0 ? fd : rc;
	for (size_t i = 0; i < count && rc == 0; i++) {
		uint64_t at = i * (uint64_t)PART_BYTES;

		keepsakes->chunks[i].length = size - at < PART_BYTES ? size - at : PART_BYTES;
		rc = sum_part(
		        io, fd, at, keepsakes->chunks[i].length, piece, &keepsakes->chunks[i].crc);
	}
	if (fd >= 0)
		io_disk(io, close, fd);
	free(piece);
	keepsakes->parts_count = count;
	return rc == 0 ? 0
	               : error_set(&keepsakes->err, error_from_errno(-rc), "%s: %s", path,
	                         strerror(-rc));
}

static int sum_part(
        struct io *io, int fd, uint64_t offset, uint64_t length, char *piece, uint32_t *ret)
{
	uint32_t crc = 0;

	while (length > 0) {
		size_t want = length < PIECE_BYTES ? (size_t)length : PIECE_BYTES;
		ssize_t got = io_disk(io, pread, fd, piece, want, offset);

		if (got <= 0)
			return got < 0 ? (int)got : -EIO;
		crc = crc32c(crc, piece, (size_t)got);
		offset += (uint64_t)got;
		length -= (uint64_t)got;
	}
	*ret = crc;
	return 0;
}

static void done(struct io_work *work)
{
	struct keepsakes *keepsakes = (struct keepsakes *)work;
	struct master *master = keepsakes->master;

	if (keepsakes->code == DFS_E_NOENT && !keepsakes->whole) { /* nothing came after it */
		keepsakes->changes_kept = keepsakes->changes;
		keepsakes->cut = false;
		end(keepsakes);
		return;
	}
	if (keepsakes->code == DFS_E_CHANGED && !keepsakes->whole) {
		keepsakes->whole_wanted = true;
		end(keepsakes);
		return;
	}
	if (keepsakes->code != 0 || master->stopping) {
		fail(keepsakes, keepsakes->code, keepsakes->err.text);
		return;
	}
	keepsakes->cut = !keepsakes->whole && keepsakes->file.size_bytes >= LOG_BYTES;
	keepsakes->first = meta_new_keepsake(master->meta, keepsakes->parts_count);
	keepsakes->goal = cluster_nodes_staying(master->cluster);
	if (keepsakes->goal > GOAL)
		keepsakes->goal = GOAL;
	keepsakes->at = 0;
	keepsakes->stage = STORING;
	store_part(keepsakes);
}

/* ---- its parts, one after the other ---- */

static void store_part(struct keepsakes *keepsakes)
{
	struct part *part = &keepsakes->parts[keepsakes->at];

	if (place(keepsakes, part) == 0)
		ask_first(keepsakes);
}

static int place(struct keepsakes *keepsakes, struct part *part)
{
	struct master *master = keepsakes->master;
	const struct proto_keepsake_chunk *chunk = &keepsakes->chunks[keepsakes->at];
	uint64_t id = keepsakes->first + keepsakes->at;
	struct place_request request = {
	        .chunk = id,
	        .seed = id * 0x9e3779b97f4a7c15u ^ meta_reign(master->meta),
	        .path = "/",
	        .index = keepsakes->at,
	        .size_bytes = chunk->length,
	        .goal = keepsakes->goal,
	};
	struct place_answer answer = {0};
	struct dfs_error err = {0};
	char text[200];

	if (policies_place(master->options.policies, &request,
	            cluster_view(master->cluster, chunk->length, NULL, 0), &answer, &err) != 0) {
		fail(keepsakes, err.code, err.text);
		return -1;
	}
	if (answer.nodes_count < writes_least(master, keepsakes->goal)) {
		snprintf(text, sizeof(text),
		        "only %u datanodes can take a copy of the metadata, and %u are needed",
		        answer.nodes_count, writes_least(master, keepsakes->goal));
		fail(keepsakes, DFS_E_NODES, text);
		return -1;
	}
	part->count = answer.nodes_count;
	for (uint32_t i = 0; i < answer.nodes_count; i++)
		part->holders[i] = (struct holder){.keepsakes = keepsakes, .node = answer.nodes[i]};
	return 0;
}

/* The first of them that does it. */
static void ask_first(struct keepsakes *keepsakes)
{
	struct part *part = &keepsakes->parts[keepsakes->at];
	const struct proto_keepsake_chunk *chunk = &keepsakes->chunks[keepsakes->at];
	char name[CHECKPOINT_NAME_MAX];
	struct proto_keep_args args = {
	        .chunk = keepsakes->first + keepsakes->at,
	        .version = KEEPSAKE_VERSION,
	        .length = chunk->length,
	        .crc = chunk->crc,
	        .name = name,
	        .offset = keepsakes->at * (uint64_t)PART_BYTES,
	        .epoch = meta_epoch(keepsakes->master->meta),
	};

	checkpoint_name(&keepsakes->file, name);
	keepsakes->asked = 1;
	machines_call(keepsakes->master, part->holders[0].node, PROTO_CALL_KEEP, &args,
	        KEEP_PATIENCE_MS, kept_first, &part->holders[0]);
}

static void kept_first(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct holder *holder = arg;
	struct keepsakes *keepsakes = holder->keepsakes;
	struct part *part = &keepsakes->parts[keepsakes->at];

	keepsakes->asked = 0;
	holder->stored = code == 0;
	if (code == 0) {
		ask_others(keepsakes);
		return;
	}
	snprintf(keepsakes->error, sizeof(keepsakes->error), "%s", err->text);
	part->count--;
	memmove(part->holders, part->holders + 1, part->count * sizeof(part->holders[0]));
	if (keepsakes->master->stopping ||
	        part->count < writes_least(keepsakes->master, keepsakes->goal))
		fail(keepsakes, code, err->text);
	else
		ask_first(keepsakes);
}

/* The others fetch it from that one, as they would for a repair. */
static void ask_others(struct keepsakes *keepsakes)
{
	struct master *master = keepsakes->master;
	struct part *part = &keepsakes->parts[keepsakes->at];
	const struct proto_keepsake_chunk *chunk = &keepsakes->chunks[keepsakes->at];
	const char *source = cluster_address(master->cluster, part->holders[0].node);
	char ticket[PASS_SIZE];
	struct proto_copy_args args = {
	        .chunk = keepsakes->first + keepsakes->at,
	        .version = KEEPSAKE_VERSION,
	        .length = chunk->length,
	        .crc = chunk->crc,
	        .source = source ? source : "",
	        .ticket = ticket,
	        .epoch = meta_epoch(master->meta),
	};

	machines_ticket(master, args.chunk, args.version, args.length, ticket);
	keepsakes->asked = part->count; /* one too many, till all have been asked */
	for (uint32_t i = 1; i < part->count; i++)
		machines_call(master, part->holders[i].node, PROTO_CALL_COPY, &args,
		        KEEP_PATIENCE_MS, copied, &part->holders[i]);
	if (--keepsakes->asked == 0)
		part_over(keepsakes);
}

static void copied(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct holder *holder = arg;
	struct keepsakes *keepsakes = holder->keepsakes;

	holder->stored = code == 0 || code == DFS_E_EXIST;
	if (!holder->stored)
		snprintf(keepsakes->error, sizeof(keepsakes->error), "%s", err->text);
	if (--keepsakes->asked == 0)
		part_over(keepsakes);
}

/* On enough of them? What is missing to the goal is repaired once it is a chunk. */
static void part_over(struct keepsakes *keepsakes)
{
	const struct part *part = &keepsakes->parts[keepsakes->at];
	uint32_t stored = 0;
	char text[512];

	for (uint32_t i = 0; i < part->count; i++)
		stored += part->holders[i].stored;
	if (keepsakes->master->stopping ||
	        stored < writes_least(keepsakes->master, keepsakes->goal)) {
		snprintf(text, sizeof(text), "%s", keepsakes->error);
		fail(keepsakes, DFS_E_NODES, text);
	} else if (++keepsakes->at < keepsakes->parts_count) {
		store_part(keepsakes);
	} else {
		commit(keepsakes);
	}
}

/* ---- its rows ---- */

static void commit(struct keepsakes *keepsakes)
{
	struct proto_op op = {.kind = PROTO_OP_KEEPSAKE_ADD};

	op.keepsake_add.chunk = keepsakes->first;
	op.keepsake_add.from = keepsakes->whole ? 0 : keepsakes->file.from;
	op.keepsake_add.operation = keepsakes->file.operation;
	op.keepsake_add.epoch = keepsakes->file.epoch;
	op.keepsake_add.reign = keepsakes->file.reign;
	op.keepsake_add.part = PART_BYTES;
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
		fail(keepsakes, result->code, result->err.text);
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
	        keepsakes->first, keepsakes->whole ? 0 : keepsakes->file.from,
	        keepsakes->file.operation, keepsakes->file.size_bytes + CHECKPOINT_FOOT_SIZE,
	        now_ms - keepsakes->began_ms);
	keepsakes->due_ms = keepsakes->cut ? now_ms : now_ms + master->options.keep_ms;
	end(keepsakes);
}

/* It is one of those that are known. */
static void note(struct keepsakes *keepsakes)
{
	struct master *master = keepsakes->master;
	struct proto_row_keepsake row = {
	        .from = keepsakes->whole ? 0 : keepsakes->file.from,
	        .operation = keepsakes->file.operation,
	        .epoch = keepsakes->file.epoch,
	        .reign = keepsakes->file.reign,
	        .size = keepsakes->file.size_bytes + CHECKPOINT_FOOT_SIZE,
	        .part = PART_BYTES,
	        .time_ms = io_wall_ms(master->io),
	};

	if (load_one(keepsakes, keepsakes->first, &row) != 0)
		keepsakes->whole_wanted = true; /* no memory: the next one begins anew */
}

static void fail(struct keepsakes *keepsakes, int code, const char *text)
{
	struct master *master = keepsakes->master;

	if (!master->stopping)
		master_log(master, "warn", "event=keepsake_failed code=%s text=\"%s\"",
		        dfs_error_name(code), text);
	if (text != keepsakes->error)
		snprintf(keepsakes->error, sizeof(keepsakes->error), "%s", text);
	keepsakes->due_ms = io_mono_ms(master->io) + AGAIN_MS;
	end(keepsakes);
}

static void end(struct keepsakes *keepsakes)
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
