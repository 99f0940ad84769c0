/* SPDX-License-Identifier: MIT */
/*
 * Keeps the metadata's past (RULES 19): a checkpoint each hour and each 64 MiB of log, the two
 * newest of them, and the log from the older one on. Whoever wants a backup gets a checkpoint of
 * now.
 *
 * Copying, reading back and removing run on a worker; the database goes on meanwhile.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "io/disk.h"
#include "meta/checkpoint.h"
#include "node/master/role.h"

enum {
	KEPT = 2,
	FIRST_MS = 60000,  /* after a start without a checkpoint, or with an old one */
	AGAIN_MS = 300000, /* after one that failed */
	DROP_ROWS = 10000,
	WAITING_MAX = 16,
	READING_MAX = 16,
	READ_MAX = 1 << 20,
	PIECE_BYTES = 32000,
	PIECES_MAX = READ_MAX / PIECE_BYTES + 1,
};

struct keeper {
	struct io_work work; /* first: the job's while `busy` */
	struct master *master;
	bool busy;
	struct checkpoint made; /* the job's */
	struct checkpoint kept[KEPT];
	size_t kept_count;
	int code;
	struct dfs_error err;
	uint64_t began_ms;

	struct checkpoint newest; /* operation 0: none */
	uint64_t changes;         /* master->changes as it was begun; UINT64_MAX: not in this reign */
	uint64_t changes_now;     /* the job's */
	bool wanted;              /* somebody waits for one of now */
	uint64_t due_ms;          /* io_mono_ms */
	uint64_t log_bytes;       /* as the newest one was begun */
	uint64_t drop_upto;
	bool dropping;
	char error[512]; /* of the last attempt; empty: it went well */

	struct request *waiting[WAITING_MAX];
	size_t waiting_count;
	unsigned reading;
};

/* A piece of a checkpoint on its way to a caller. */
struct reading {
	struct io_work work;
	struct request *request;
	char path[CHECKPOINT_PATH_MAX];
	uint64_t offset;
	size_t limit;
	int code; /* or negative errno */
	ssize_t got;
	char *bytes;
	char *hex; /* the pieces, each ended by a NUL */
};

static size_t only_ours(struct keeper *keeper, size_t count);
static bool due(const struct keeper *keeper);
static void begin(struct keeper *keeper);
static void run(struct io_work *work);
static void done(struct io_work *work);
static void drop(struct keeper *keeper);
static void dropped(void *arg, const struct meta_result *result);
static void answer_waiting(struct keeper *keeper);
static void answer_one(struct keeper *keeper, struct request *request);
static void read_file(
        struct request *request, const char *name, uint64_t offset, uint32_t limit);
static void read_run(struct io_work *work);
static void read_done(struct io_work *work);
static void read_free(struct reading *reading);

int keeper_load(struct master *master, struct dfs_error *err)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	int64_t age_ms;
	size_t count = 0;
	int code = 0;

	if (!keeper)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	master->keeper = keeper;
	keeper->master = master;
	keeper->due_ms = io_mono_ms(master->io) + FIRST_MS;
	if (master->options.checkpoint_ms < FIRST_MS)
		keeper->due_ms = io_mono_ms(master->io) + master->options.checkpoint_ms;
	if (!master->options.checkpoint_dir)
		return 0;
	if (meta_held(master->meta, NULL)) { /* a rescue must find its way to the new reign soon */
		keeper->due_ms = io_mono_ms(master->io);
		return 0;
	}
	code = checkpoint_list(
	        master->io, master->options.checkpoint_dir, keeper->kept, KEPT, &count, err);
	count = only_ours(keeper, count);
	if (code != 0 || count == 0)
		return code;
	keeper->newest = keeper->kept[0];
	keeper->changes = UINT64_MAX;
	age_ms = io_wall_ms(master->io) - keeper->newest.made_ms;
	if (age_ms >= 0 && age_ms + FIRST_MS < (int64_t)master->options.checkpoint_ms)
		keeper->due_ms =
		        io_mono_ms(master->io) + master->options.checkpoint_ms - (uint64_t)age_ms;
	return 0;
}

void keeper_tick(struct master *master)
{
	struct keeper *keeper = master->keeper;

	if (!keeper->busy && due(keeper))
		begin(keeper);
	drop(keeper);
}

bool keeper_idle(const struct master *master)
{
	return !master->keeper->busy && master->keeper->reading == 0;
}

bool keeper_newest(const struct master *master, struct checkpoint *ret, uint64_t *ret_changes)
{
	const struct keeper *keeper = master->keeper;

	if (!keeper->newest.operation)
		return false;
	*ret = keeper->newest;
	*ret_changes = keeper->changes;
	return true;
}

void keeper_status(struct master *master, struct proto_status_reply *ret)
{
	const struct keeper *keeper = master->keeper;
	int64_t age_ms = io_wall_ms(master->io) - keeper->newest.made_ms;

	ret->checkpoint = keeper->newest.operation;
	if (keeper->newest.operation && age_ms > 0)
		ret->checkpoint_age_ms = (uint64_t)age_ms;
	ret->checkpoint_error = keeper->error;
}

/* Jobs have ended, or went with the machine. */
void keeper_fini(struct master *master)
{
	free(master->keeper);
	master->keeper = NULL;
}

/* A restore gives up what came after its backup: checkpoints of that time are of another history. */
static size_t only_ours(struct keeper *keeper, size_t count)
{
	size_t ours = 0;

	for (size_t i = 0; i < count; i++) {
		const struct checkpoint *one = &keeper->kept[i];
		enum meta_lineage lineage = META_FOREIGN;

		if (meta_lineage(keeper->master->meta, one->epoch, one->reign, one->operation,
		            &lineage, NULL) == 0 &&
		        lineage == META_OURS)
			keeper->kept[ours++] = *one;
	}
	return ours;
}

static bool due(const struct keeper *keeper)
{
	const struct master *master = keeper->master;

	if (!master->options.checkpoint_dir)
		return false;
	if (keeper->wanted)
		return true;
	if (keeper->newest.operation && master->changes == keeper->changes)
		return false; /* nothing happened since */
	return io_mono_ms(master->io) >= keeper->due_ms ||
	       (!keeper->error[0] && meta_log_bytes(master->meta) - keeper->log_bytes >=
	                                     master->options.checkpoint_log_bytes);
}

static void begin(struct keeper *keeper)
{
	struct master *master = keeper->master;

	keeper->busy = true;
	keeper->wanted = false;
	keeper->began_ms = io_mono_ms(master->io);
	keeper->log_bytes = meta_log_bytes(master->meta);
	keeper->changes_now = master->changes;
	keeper->work = (struct io_work){.run = run, .done = done, .lane = IO_LANE_BULK};
	io_work_submit(master->io, &keeper->work);
}

/* On a worker. */
static void run(struct io_work *work)
{
	struct keeper *keeper = (struct keeper *)work;
	const struct master_options *options = &keeper->master->options;
	struct io *io = keeper->master->io;

	keeper->code = checkpoint_write(
	        io, options->kv, options->checkpoint_dir, &keeper->made, &keeper->err);
	if (keeper->code == 0)
		keeper->code = checkpoint_prune(io, options->checkpoint_dir, KEPT, &keeper->err);
	if (keeper->code == 0)
		keeper->code = checkpoint_list(io, options->checkpoint_dir, keeper->kept, KEPT,
		        &keeper->kept_count, &keeper->err);
}

static void done(struct io_work *work)
{
	struct keeper *keeper = (struct keeper *)work;
	struct master *master = keeper->master;
	uint64_t now_ms = io_mono_ms(master->io);

	keeper->busy = false;
	keeper->error[0] = '\0';
	keeper->due_ms = now_ms + master->options.checkpoint_ms;
	if (keeper->code != 0) {
		snprintf(keeper->error, sizeof(keeper->error), "%s", keeper->err.text);
		keeper->due_ms = now_ms + AGAIN_MS;
		master_log(master, "error", "event=checkpoint_failed text=\"%s\"", keeper->error);
	} else {
		keeper->newest = keeper->made;
		keeper->changes = keeper->changes_now;
		keeper->kept_count = only_ours(keeper, keeper->kept_count);
		if (keeper->kept_count > 0)
			keeper->drop_upto = keeper->kept[keeper->kept_count - 1].operation;
		master_log(master, "info",
		        "event=checkpoint operation=%" PRIu64 " bytes=%" PRIu64 " took_ms=%" PRIu64,
		        keeper->made.operation, keeper->made.size_bytes, now_ms - keeper->began_ms);
	}
	answer_waiting(keeper);
	drop(keeper);
}

/* ---- the log ---- */

/* One step at a time, until a step finds no more. */
static void drop(struct keeper *keeper)
{
	struct proto_op op = {.kind = PROTO_OP_LOG_DROP};

	if (keeper->dropping || keeper->drop_upto == 0 || keeper->master->stopping)
		return;
	keeper->dropping = true;
	op.log_drop.upto = keeper->drop_upto;
	op.log_drop.rows = DROP_ROWS;
	meta_submit(keeper->master->meta, &op, 0, 0, dropped, keeper);
}

static void dropped(void *arg, const struct meta_result *result)
{
	struct keeper *keeper = arg;

	keeper->dropping = false;
	if (result->code == 0 && result->value == DROP_ROWS) {
		drop(keeper);
		return;
	}
	keeper->drop_upto = 0; /* until the next checkpoint */
}

/* ---- calls ---- */

void handle_checkpoint(struct request *request, const void *args)
{
	struct keeper *keeper = request->master->keeper;

	if (!request->master->options.checkpoint_dir) {
		request_refuse(request, DFS_E_UNSUPPORTED, "this master keeps no checkpoints");
		return;
	}
	if (keeper->waiting_count == WAITING_MAX) {
		request_refuse(request, DFS_E_BUSY, "too many ask for a checkpoint: try again");
		return;
	}
	keeper->waiting[keeper->waiting_count++] = request;
	/* One that is being made may have begun before the caller's last change. */
	keeper->wanted = true;
	io_timer_set(request->master->io, request->master->tick, 0);
}

static void answer_waiting(struct keeper *keeper)
{
	size_t count = keeper->waiting_count;

	if (keeper->wanted)
		return; /* they wait for the next one */
	keeper->waiting_count = 0;
	for (size_t i = 0; i < count; i++)
		answer_one(keeper, keeper->waiting[i]);
}

static void answer_one(struct keeper *keeper, struct request *request)
{
	char name[CHECKPOINT_NAME_MAX];
	struct proto_checkpoint_reply reply = {
	        .name = name,
	        .epoch = keeper->made.epoch,
	        .operation = keeper->made.operation,
	        .wall_ms = keeper->made.wall_ms,
	        .size = keeper->made.size_bytes + CHECKPOINT_FOOT_SIZE,
	};

	if (keeper->code != 0) {
		request_fail(request, &keeper->err);
		return;
	}
	checkpoint_name(&keeper->made, name);
	request_answer(request, &reply);
}

void handle_checkpoint_read(struct request *request, const void *args)
{
	const struct proto_checkpoint_read_args *ask = args;

	read_file(request, ask->name, ask->offset, ask->limit);
}

void handle_keepsake_read(struct request *request, const void *args)
{
	const struct proto_keepsake_read_args *ask = args;

	read_file(request, ask->name, ask->offset, ask->limit);
}

static void read_file(struct request *request, const char *name, uint64_t offset, uint32_t limit)
{
	struct keeper *keeper = request->master->keeper;
	struct reading *reading;

	if (!request->master->options.checkpoint_dir || strchr(name, '/') ||
	        !(strstr(name, ".checkpoint") || strstr(name, ".log"))) {
		request_refuse(request, DFS_E_NOENT, "there is no checkpoint \"%s\"", name);
		return;
	}
	if (keeper->reading >= READING_MAX) {
		request_refuse(request, DFS_E_BUSY, "too many read checkpoints: try again");
		return;
	}
	reading = calloc(1, sizeof(*reading));
	if (reading) {
		reading->limit = limit < READ_MAX ? limit : READ_MAX;
		reading->bytes = malloc(reading->limit + 1);
		reading->hex = malloc(2 * reading->limit + PIECES_MAX);
	}
	if (!reading || !reading->bytes || !reading->hex) {
		read_free(reading);
		request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
		return;
	}
	reading->work = (struct io_work){.run = read_run, .done = read_done, .lane = IO_LANE_DISK};
	reading->request = request;
	reading->offset = offset;
	snprintf(reading->path, sizeof(reading->path), "%s/%s",
	        request->master->options.checkpoint_dir, name);
	keeper->reading++;
	io_work_submit(request->master->io, &reading->work);
}

/* On a worker. */
static void read_run(struct io_work *work)
{
	struct reading *reading = (struct reading *)work;
	struct io *io = reading->request->master->io;
	int fd = io_disk(io, open, reading->path, IO_OPEN_READ);

	if (fd < 0) {
		reading->code = fd;
		return;
	}
	reading->got = io_disk(io, pread, fd, reading->bytes, reading->limit, reading->offset);
	io_disk(io, close, fd);
	if (reading->got < 0)
		reading->code = (int)reading->got;
}

/* In pieces that fit a text. */
static size_t pieces_fill(struct reading *reading, struct proto_piece pieces[PIECES_MAX])
{
	size_t left = (size_t)reading->got, count = 0;
	const char *bytes = reading->bytes;
	char *hex = reading->hex;

	for (; left > 0; count++) {
		size_t size = left < PIECE_BYTES ? left : PIECE_BYTES;

		text_hex(bytes, size, hex);
		pieces[count].data = hex;
		hex += 2 * size + 1;
		bytes += size;
		left -= size;
	}
	return count;
}

static void read_done(struct io_work *work)
{
	struct reading *reading = (struct reading *)work;
	struct request *request = reading->request;
	struct proto_piece pieces[PIECES_MAX] = {{0}};
	struct proto_checkpoint_read_reply reply = {.pieces = pieces};
	struct proto_keepsake_read_reply kept = {.pieces = pieces};

	request->master->keeper->reading--;
	if (reading->code != 0)
		request_refuse(request, error_from_errno(-reading->code),
		        "%s: %s: a newer checkpoint may have taken its place: ask for one again",
		        reading->path, strerror(-reading->code));
	else {
		reply.pieces_count = kept.pieces_count = pieces_fill(reading, pieces);
		request_answer(request, request->which == PROTO_CALL_KEEPSAKE_READ ? (void *)&kept
		                                                                    : &reply);
	}
	read_free(reading);
}

static void read_free(struct reading *reading)
{
	if (!reading)
		return;
	free(reading->bytes);
	free(reading->hex);
	free(reading);
}
