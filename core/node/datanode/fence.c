/* SPDX-License-Identifier: MIT */
/*
 * The highest (epoch, reign, operation) seen, in one small file (RULES 16): a master that knows
 * less is refused, also after this process was started anew. Written beside the old one, synced,
 * renamed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "base/crc32c.h"
#include "io/disk.h"
#include "node/datanode/role.h"

enum {
	FENCE_TEXT_MAX = 160,
	FENCE_EVERY_MS =
	        2000, /* what a copy of the metadata may be behind without being found out */
};

struct save {
	struct io_work work;
	struct save *next;
	struct datanode *datanode;
	struct io *io;
	void (*done)(struct datanode *, int code);
	struct reign reign;
	char path[4096];
	int code;
};

static int fence_text(const struct reign *reign, char ret[FENCE_TEXT_MAX]);
static void save_run(struct io_work *work);
static void save_done(struct io_work *work);
static int save_file(struct save *save);

int fence_load(struct datanode *datanode, struct dfs_error *err)
{
	char text[FENCE_TEXT_MAX] = "", expect[FENCE_TEXT_MAX];
	struct reign reign;
	ssize_t size;
	int fd = io_disk(datanode->io, open, datanode->fence_file, IO_OPEN_READ);

	if (fd == -ENOENT) /* never registered */
		return 0;
	if (fd < 0)
		return error_set(err, error_from_errno(-fd), "%s cannot be opened: %s",
		        datanode->fence_file, strerror(-fd));
	size = io_disk(datanode->io, pread, fd, text, sizeof(text) - 1, 0);
	io_disk(datanode->io, close, fd);
	if (size < 0)
		return error_set(err, error_from_errno((int)-size), "%s cannot be read: %s",
		        datanode->fence_file, strerror((int)-size));
	if (sscanf(text, "epoch=%" SCNu64 " reign=%" SCNx64 " operation=%" SCNu64, &reign.epoch,
	            &reign.reign, &reign.operation) != 3 ||
	        fence_text(&reign, expect) < 0 || strcmp(text, expect) != 0)
		return error_set(err, DFS_E_CORRUPT,
		        "%s is damaged: it keeps this node from serving an older master. Remove it "
		        "only if you are sure that the master is "
		        "the newest",
		        datanode->fence_file);
	datanode->reign = datanode->reign_saved = reign;
	return 0;
}

int fence_check(const struct datanode *datanode, const struct reign *reign, uint64_t restored,
        struct dfs_error *err)
{
	const struct reign *seen = &datanode->reign;
	bool other = reign->epoch == seen->epoch && seen->reign && reign->reign != seen->reign;
	/* A restore, by its jump of the epoch, is allowed to know less. */
	bool behind = reign->operation < seen->operation && restored <= seen->epoch;

	if (reign->epoch < seen->epoch || other || behind)
		return error_set(err, DFS_E_FENCED,
		        "the master at %s is older than what this datanode has served (epoch "
		        "%" PRIu64 " operation %" PRIu64 "; it has %" PRIu64 ", %" PRIu64
		        "): start the master with the newest metadata, or put a backup back by "
		        "`dfs master restore`",
		        datanode->master, seen->epoch, seen->operation, reign->epoch,
		        reign->operation);
	return 0;
}

void fence_save(struct datanode *datanode, const struct reign *reign,
        void (*done)(struct datanode *, int code))
{
	struct save *save = calloc(1, sizeof(*save));

	if (!save) {
		if (done)
			done(datanode, DFS_E_NOMEM);
		return;
	}
	save->work = (struct io_work){.run = save_run, .done = save_done, .lane = IO_LANE_DISK};
	save->datanode = datanode;
	save->io = datanode->io;
	save->done = done;
	save->reign = *reign;
	snprintf(save->path, sizeof(save->path), "%s", datanode->fence_file);
	datanode->saves++;
	LL_APPEND(datanode->saving, save);
	/* One after the other: they share the name of the file beside, and the last one counts. */
	if (datanode->saving == save)
		io_work_submit(datanode->io, &save->work);
}

void fence_tick(struct datanode *datanode)
{
	uint64_t epoch = atomic_load(&datanode->pulse.epoch);
	uint64_t operation = atomic_load(&datanode->pulse.operation);

	if (!datanode->registered || datanode->saving || epoch != datanode->reign.epoch ||
	        operation <= datanode->reign.operation ||
	        io_mono_ms(datanode->io) - datanode->fenced_ms < FENCE_EVERY_MS)
		return;
	datanode->fenced_ms = io_mono_ms(datanode->io);
	datanode->reign.operation = operation;
	fence_save(datanode, &datanode->reign, NULL);
}

void fence_fini(struct datanode *datanode)
{
	struct save *save, *next;

	/* As with the store's: no job runs any more, and no `done` comes. */
	LL_FOREACH_SAFE(datanode->saving, save, next)
	{
		free(save);
	}
}

static int fence_text(const struct reign *reign, char ret[FENCE_TEXT_MAX])
{
	int size = snprintf(ret, FENCE_TEXT_MAX,
	        "epoch=%" PRIu64 " reign=%016" PRIx64 " operation=%" PRIu64, reign->epoch,
	        reign->reign, reign->operation);

	return size + snprintf(ret + size, FENCE_TEXT_MAX - (size_t)size, " crc=%08x\n",
	                      crc32c(0, ret, (size_t)size));
}

static void save_run(struct io_work *work)
{
	struct save *save = (struct save *)work;

	save->code = save_file(save);
}

static void save_done(struct io_work *work)
{
	struct save *save = (struct save *)work;
	struct datanode *datanode = save->datanode;

	datanode->saves--;
	LL_DELETE(datanode->saving, save);
	if (datanode->saving)
		io_work_submit(datanode->io, &datanode->saving->work);
	if (save->code == 0)
		datanode->reign_saved = save->reign;
	if (save->done)
		save->done(datanode, save->code);
	free(save);
}

static int save_file(struct save *save)
{
	char text[FENCE_TEXT_MAX], tmp[4096 + 8], dir[4096];
	struct iovec iov = {.iov_base = text, .iov_len = (size_t)fence_text(&save->reign, text)};
	int fd, code;

	snprintf(tmp, sizeof(tmp), "%s.tmp", save->path);
	snprintf(dir, sizeof(dir), "%s", save->path);
	strrchr(dir, '/')[strrchr(dir, '/') == dir] = '\0'; /* "/" itself keeps its slash */
	fd = io_disk(save->io, open, tmp, IO_OPEN_WRITE | IO_OPEN_CREATE);
	if (fd < 0)
		return error_from_errno(-fd);
	code = io_disk(save->io, truncate, fd, 0);
	if (code == 0)
		code = (int)io_disk(save->io, pwritev, fd, &iov, 1, 0);
	if (code >= 0)
		code = io_disk(save->io, fdatasync, fd);
	io_disk(save->io, close, fd);
	if (code == 0)
		code = io_disk(save->io, rename, tmp, save->path);
	if (code == 0)
		code = io_disk(save->io, fsync_dir, dir);
	return code < 0 ? error_from_errno(-code) : 0;
}
