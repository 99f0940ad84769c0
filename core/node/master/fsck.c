/* SPDX-License-Identifier: MIT */
/* A check of the file system: its stages, what it mends, and those who read what it found. */
#include "node/master/fsck.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
	REPORT_TIMEOUT_MS = 60000,
	WAIT_MAX_MS = 2000,
	READ_MAX = 200,
	KEEP_MS = 10 * 60 * 1000,
};

/* One who waits for more; in its request's arena. */
struct fsck_reader {
	struct request *request;
	uint32_t after;
	uint64_t until_ms;
	struct fsck_reader *prev, *next;
};

static bool path_there(struct request *request, const char *path);
static bool may_check(struct request *request);
static struct fsck *create(struct master *master, const char *path, bool repair);
static void destroy(struct fsck *fsck);
static void ask_reports(struct fsck *fsck);
static void reported(void *arg, int code, const struct dfs_error *err, const void *reply);
static void go(struct fsck *fsck, enum fsck_stage stage);
static void start_worker(struct fsck *fsck, void (*run)(struct io_work *work));
static void worked(struct io_work *work);
static void turn(void *arg);
static void keep_below(struct fsck *fsck);
static void mend(struct fsck *fsck);
static void mended(void *arg, const struct meta_result *result);
static void over(struct fsck *fsck);
static bool answer(struct fsck *fsck, struct request *request, uint32_t after, bool whatever);
static void fill(
        struct request *request, const struct fsck_found *found, struct proto_fsck_fault *ret);
static const char *stage_text(const struct fsck *fsck);

void handle_fsck(struct request *request, const void *args)
{
	const struct proto_fsck_args *ask = args;
	struct master *master = request->master;
	struct proto_fsck_reply reply = {0};
	const char *path = request_path(request, ask->path && ask->path[0] ? ask->path : "/");
	struct fsck *fsck;

	if (!path || !path_there(request, path) || !may_check(request))
		return;
	fsck = create(master, path, ask->repair);
	if (!fsck) {
		request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
		return;
	}
	destroy(master->fsck);
	master->fsck = fsck;
	reply.check = fsck->number;
	master_log(master, "info", "event=fsck_begun check=%" PRIu64 " path=\"%s\" repair=%d",
	        fsck->number, path, fsck->repair);
	go(fsck, fsck->repair ? FSCK_REPORTS : FSCK_METADATA);
	request_answer(request, &reply);
}

void handle_fsck_read(struct request *request, const void *args)
{
	const struct proto_fsck_read_args *ask = args;
	struct master *master = request->master;
	struct fsck *fsck = master->fsck;
	uint64_t wait_ms = ask->wait_ms < WAIT_MAX_MS ? ask->wait_ms : WAIT_MAX_MS;
	struct fsck_reader *reader;

	if (!fsck || fsck->number != ask->check) {
		request_refuse(request, DFS_E_NOENT,
		        "check %" PRIu64
		        " is not here: another one was begun, or the master was restarted",
		        ask->check);
		return;
	}
	if (answer(fsck, request, ask->after, wait_ms == 0))
		return;
	reader = arena_alloc(&request->arena, sizeof(*reader));
	if (!reader) {
		request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
		return;
	}
	reader->request = request;
	reader->after = ask->after;
	reader->until_ms = io_mono_ms(master->io) + wait_ms;
	DL_APPEND(fsck->readers, reader);
}

void fsck_tick(struct master *master)
{
	struct fsck *fsck = master->fsck;
	struct fsck_reader *reader, *next;
	uint64_t now = io_mono_ms(master->io);

	if (!fsck)
		return;
	DL_FOREACH_SAFE (fsck->readers, reader, next) {
		DL_DELETE(fsck->readers, reader);
		if (!answer(fsck, reader->request, reader->after, now >= reader->until_ms))
			DL_PREPEND(fsck->readers, reader);
	}
	if (fsck->stage == FSCK_OVER && now - fsck->over_ms > KEEP_MS) {
		destroy(fsck);
		master->fsck = NULL;
	}
}

bool fsck_idle(const struct master *master)
{
	return !master->fsck || !master->fsck->working;
}

void fsck_answer_all(struct master *master)
{
	struct fsck *fsck = master->fsck;

	while (fsck && fsck->readers) {
		struct fsck_reader *reader = fsck->readers;

		DL_DELETE(fsck->readers, reader);
		answer(fsck, reader->request, reader->after, true);
	}
}

void fsck_fini(struct master *master)
{
	destroy(master->fsck);
	master->fsck = NULL;
}

static bool path_there(struct request *request, const char *path)
{
	struct proto_attr attr;
	struct dfs_error err = {0};

	if (meta_stat(request->master->meta, path, &request->arena, &attr, &err) == 0)
		return true;
	request_fail(request, &err);
	return false;
}

static bool may_check(struct request *request)
{
	struct master *master = request->master;
	struct cluster_counts counts = {0};

	cluster_count(master->cluster, &counts);
	if (master->fsck && master->fsck->stage != FSCK_OVER) {
		request_refuse(request, DFS_E_BUSY, "check %" PRIu64 " is under way: %s",
		        master->fsck->number, stage_text(master->fsck));
		return false;
	}
	if (counts.safe_mode) {
		request_refuse(request, DFS_E_UNAVAIL,
		        "not all datanodes have reported what they hold (safe mode): try again in "
		        "a "
		        "minute");
		return false;
	}
	return true;
}

static struct fsck *create(struct master *master, const char *path, bool repair)
{
	struct fsck *fsck = calloc(1, sizeof(*fsck));

	if (fsck)
		fsck->timer = io_timer_create(master->io, turn, fsck);
	if (!fsck || !fsck->timer) {
		free(fsck);
		return NULL;
	}
	fsck->master = master;
	fsck->number = ++master->fscks;
	fsck->repair = repair;
	snprintf(fsck->path, sizeof(fsck->path), "%s", path);
	return fsck;
}

/* No worker is on it, or the world has ended. */
static void destroy(struct fsck *fsck)
{
	if (!fsck)
		return;
	io_timer_destroy(fsck->master->io, fsck->timer);
	if (fsck->scratch)
		fsck->scratch->ops->close(fsck->scratch);
	fsck_found_free(fsck);
	free(fsck);
}

/* ---- stages ---- */

static void go(struct fsck *fsck, enum fsck_stage stage)
{
	assert(stage >= fsck->stage && fsck->stage != FSCK_OVER);
	fsck->stage = stage;
	switch (stage) {
	case FSCK_REPORTS:
		ask_reports(fsck);
		break;
	case FSCK_METADATA:
		start_worker(fsck, fsck_metadata_run);
		break;
	case FSCK_CHUNKS:
		io_timer_set(fsck->master->io, fsck->timer, 0);
		break;
	case FSCK_PATHS:
		start_worker(fsck, fsck_paths_run);
		break;
	case FSCK_MEND:
		mend(fsck);
		break;
	case FSCK_OVER:
		over(fsck);
		break;
	}
}

/* A node that does not answer is not waited for: the others' replicas are known anew. */
static void ask_reports(struct fsck *fsck)
{
	struct master *master = fsck->master;
	struct proto_report_all_args args = {.epoch = meta_epoch(master->meta)};
	struct machine *machine;

	fsck->awaited = 1;
	LL_FOREACH (master->machines, machine) {
		if (!machine->peer)
			continue;
		fsck->awaited++;
		link_call(machine->peer->link, PROTO_CALL_REPORT_ALL, &args, 0, 0,
		        REPORT_TIMEOUT_MS, reported, fsck);
	}
	if (--fsck->awaited == 0)
		go(fsck, FSCK_METADATA);
}

/* The check is there still: it is only replaced once it is over. */
static void reported(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct fsck *fsck = arg;

	if (code != 0)
		master_log(fsck->master, "warn", "event=fsck_report code=%s text=\"%s\"",
		        dfs_error_name(code), err->text);
	if (--fsck->awaited == 0 && !fsck->master->stopping)
		go(fsck, FSCK_METADATA);
}

static void start_worker(struct fsck *fsck, void (*run)(struct io_work *work))
{
	fsck->working = true;
	fsck->work = (struct io_work){.run = run, .done = worked, .lane = IO_LANE_BULK};
	io_work_submit(fsck->master->io, &fsck->work);
}

static void worked(struct io_work *work)
{
	struct fsck *fsck = (struct fsck *)(void *)((char *)work - offsetof(struct fsck, work));

	fsck->working = false;
	if (fsck->master->stopping)
		return;
	if (fsck->status != 0)
		go(fsck, FSCK_OVER);
	else if (fsck->stage == FSCK_METADATA)
		go(fsck, FSCK_CHUNKS);
	else
		go(fsck, fsck->repair ? FSCK_MEND : FSCK_OVER);
}

static void turn(void *arg)
{
	struct fsck *fsck = arg;

	if (fsck_chunks_slice(fsck))
		io_timer_set(fsck->master->io, fsck->timer, 1);
	else
		go(fsck, fsck->status == 0 ? FSCK_PATHS : FSCK_OVER);
}

/* Counts are mended where all of the metadata could be read, and never to nothing. */
static void mend(struct fsck *fsck)
{
	const struct meta_checked *checked = &fsck->checked;
	struct proto_op op = {.kind = PROTO_OP_MEND,
	        .mend = {
	                .chunks = fsck->miscounted,
	                .chunks_count = fsck->miscounted_count,
	                .add_files = checked->add_files,
	                .add_dirs = checked->add_dirs,
	                .add_bytes = checked->add_bytes,
	                .add_chunks = checked->add_chunks,
	        }};
	bool counters = checked->add_files || checked->add_dirs || checked->add_bytes ||
	                checked->add_chunks;

	if (checked->damaged || (fsck->miscounted_count == 0 && !counters)) {
		go(fsck, FSCK_OVER);
		return;
	}
	fsck->mended = counters;
	meta_submit(fsck->master->meta, &op, 0, 0, mended, fsck);
}

static void mended(void *arg, const struct meta_result *result)
{
	struct fsck *fsck = arg;

	if (result->code == 0) {
		fsck->mended += result->value;
	} else {
		fsck->mended = 0;
		fsck->status = result->code;
		fsck->err = result->err;
	}
	if (fsck->mended > 0)
		master_log(fsck->master, "warn", "event=fsck_mended counts=%" PRIu64, fsck->mended);
	go(fsck, FSCK_OVER);
}

static void over(struct fsck *fsck)
{
	keep_below(fsck);
	if (fsck->scratch)
		fsck->scratch->ops->close(fsck->scratch);
	fsck->scratch = NULL;
	fsck->over_ms = io_mono_ms(fsck->master->io);
	master_log(fsck->master, "info", "event=fsck_over check=%" PRIu64 " faults=%zu code=%s",
	        fsck->number, fsck->found_count,
	        fsck->status == 0 ? "OK" : dfs_error_name(fsck->status));
	fsck_answer_all(fsck->master);
}

/* Of one tree's check, what concerns no file in it is left out. */
static void keep_below(struct fsck *fsck)
{
	size_t kept = 0;

	if (strcmp(fsck->path, "/") == 0)
		return;
	for (size_t i = 0; i < fsck->found_count; i++) {
		if (fsck->found[i].below)
			fsck->found[kept++] = fsck->found[i];
		else
			free(fsck->found[i].text);
	}
	fsck->found_count = kept;
	fsck->not_kept = 0;
}

/* ---- readers ---- */

static bool answer(struct fsck *fsck, struct request *request, uint32_t after, bool whatever)
{
	bool done = fsck->stage == FSCK_OVER;
	struct proto_fsck_read_reply reply = {.stage = stage_text(fsck),
	        .chunks = fsck->chunks,
	        .mended = fsck->mended,
	        .queued = fsck->queued,
	        .error = fsck->status != 0 ? fsck->err.text : ""};
	struct cluster_counts counts = {0};

	if (!done && !whatever)
		return false;
	cluster_count(fsck->master->cluster, &counts);
	reply.orphans = counts.orphans;
	/* Before the end a worker may be at the list. */
	for (size_t i = 0; done && i < fsck->found_count; i++)
		reply.wrong += fsck->found[i].wrong;
	reply.wrong += done ? fsck->not_kept : 0;
	reply.faults = arena_alloc(&request->arena, READ_MAX * sizeof(*reply.faults));
	for (size_t i = after;
	        done && reply.faults && i < fsck->found_count && reply.faults_count < READ_MAX; i++)
		fill(request, &fsck->found[i], &reply.faults[reply.faults_count++]);
	reply.over = done && (after >= fsck->found_count ||
	                             after + reply.faults_count == fsck->found_count);
	request_answer(request, &reply);
	return true;
}

static void fill(
        struct request *request, const struct fsck_found *found, struct proto_fsck_fault *ret)
{
	ret->kind = found->kind;
	ret->wrong = found->wrong;
	ret->chunk = found->subject.about == META_ABOUT_CHUNK ? found->subject.number : 0;
	ret->text = found->text;
	ret->names = found->names;
	ret->paths = arena_alloc(&request->arena, FSCK_PATHS_MAX * sizeof(*ret->paths));
	for (size_t i = 0; ret->paths && i < FSCK_PATHS_MAX && found->paths[i]; i++)
		ret->paths[ret->paths_count++].path = found->paths[i];
}

static const char *stage_text(const struct fsck *fsck)
{
	static const char *const texts[] = {
	        [FSCK_REPORTS] = "datanodes report what they hold",
	        [FSCK_METADATA] = "checking the metadata against itself",
	        [FSCK_CHUNKS] = "checking chunks against their replicas",
	        [FSCK_PATHS] = "looking up the files that are affected",
	        [FSCK_MEND] = "mending counts",
	        [FSCK_OVER] = "done",
	};

	return texts[fsck->stage];
}
