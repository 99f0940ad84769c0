/* SPDX-License-Identifier: MIT */
/* Many transfers at once over one connection: a bounded number runs, who queues more waits for a
 * place. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "node/libdfs/handle.h"

enum { RUNNING_MAX = 32 };

struct queued {
	struct dfs *dfs;
	char *local, *path;
	struct dfs_transfer how;
	dfs_file_done *done;
	void *arg;
	struct queued *prev, *next;
};

static struct queued *queued_new(struct dfs *dfs, const char *local, const char *path,
        const struct dfs_transfer *transfer, dfs_file_done *done, void *arg, struct dfs_error *err);
static void ended(
        void *arg, int code, const struct dfs_error *err, const struct client_transfer *result);
static void queued_free(struct queued *queued);
static void wait_for_one(struct dfs *dfs);

int dfs_queue_put(struct dfs *dfs, const char *local, const char *path,
        const struct dfs_transfer *transfer, dfs_file_done *done, void *arg, struct dfs_error *err)
{
	struct queued *queued = queued_new(dfs, local, path, transfer, done, arg, err);
	struct transfer *running;
	int code;

	if (!queued)
		return DFS_E_NOMEM;
	code = put_file_start(dfs, local, path, &queued->how, ended, queued, &running, err);
	if (code != 0)
		queued_free(queued);
	return code;
}

int dfs_queue_get(struct dfs *dfs, const char *path, const char *local,
        const struct dfs_transfer *transfer, dfs_file_done *done, void *arg, struct dfs_error *err)
{
	struct queued *queued = queued_new(dfs, local, path, transfer, done, arg, err);
	struct transfer *running;
	int code;

	if (!queued)
		return DFS_E_NOMEM;
	code = get_file_start(dfs, path, local, &queued->how, ended, queued, &running, err);
	if (code != 0)
		queued_free(queued);
	return code;
}

int dfs_queue_wait(struct dfs *dfs)
{
	while (dfs->queue)
		wait_for_one(dfs);
	return 0;
}

static struct queued *queued_new(struct dfs *dfs, const char *local, const char *path,
        const struct dfs_transfer *transfer, dfs_file_done *done, void *arg, struct dfs_error *err)
{
	struct queued *queued;

	while (dfs->queued >= RUNNING_MAX)
		wait_for_one(dfs);
	queued = calloc(1, sizeof(*queued));
	if (queued) {
		queued->dfs = dfs;
		queued->how = transfer_options(transfer);
		queued->done = done;
		queued->arg = arg;
		queued->local = strdup(local);
		queued->path = strdup(path);
		DL_APPEND(dfs->queue, queued);
		dfs->queued++;
	}
	if (queued && queued->local && queued->path)
		return queued;
	if (queued)
		queued_free(queued);
	error_set(err, DFS_E_NOMEM, "out of memory");
	return NULL;
}

static void ended(
        void *arg, int code, const struct dfs_error *err, const struct client_transfer *result)
{
	struct queued *queued = arg;

	transfer_result(&queued->how, result);
	queued->done(queued->arg, queued->local, queued->path, code, err, &queued->how);
	queued->dfs->queue_ended = true;
	queued_free(queued);
}

static void queued_free(struct queued *queued)
{
	DL_DELETE(queued->dfs->queue, queued);
	queued->dfs->queued--;
	free(queued->local);
	free(queued->path);
	free(queued);
}

static void wait_for_one(struct dfs *dfs)
{
	dfs->queue_ended = false;
	loop_run_until(dfs->loop, &dfs->queue_ended);
}
