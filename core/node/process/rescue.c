/* SPDX-License-Identifier: MIT */
/*
 * `dfs master rescue`. Each step, and what a crash behind it leaves:
 *
 *   DIR.rescue made                   an empty folder, used by the next attempt
 *   files fetched into it, checked    some files there, fetched anew by the next attempt
 *   a restore into DIR, with the log  restore.c: no master starts on what is half-made
 *   DIR.rescue removed                a rescued master; what is left of the folder is nobody's
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "net/loop.h"
#include "node/process/backup.h"
#include "node/process/key.h"
#include "node/rescue.h"

struct attempt {
	struct loop *loop;
	struct rescue *rescue;
	char *texts; /* what `datanodes` points into */
	const char *datanodes[RESCUE_DATANODES_MAX];
	size_t datanodes_count;
	char folder[CHECKPOINT_PATH_MAX];
	bool over;
	int code;
	struct dfs_error *err;
};

static int split_datanodes(struct attempt *attempt, const struct rescue_settings *settings);
static int make_folder(
        struct attempt *attempt, const struct rescue_settings *settings, struct dfs_error *err);
static int fetch(struct attempt *attempt, const struct cluster_key *key, struct dfs_error *err);
static void tell(void *arg, const char *sentence);
static void fetched(void *arg, int code, const struct dfs_error *err);
static int restore(
        struct attempt *attempt, const char *dir, struct checkpoint *ret, struct dfs_error *err);
static int restore_newest(struct attempt *attempt, const char *file, const char *const *logs,
        const char *dir, struct checkpoint *ret, struct dfs_error *err);
static void clean(struct attempt *attempt);

int master_rescue(
        const struct rescue_settings *settings, struct checkpoint *ret, struct dfs_error *err)
{
	struct attempt *attempt = calloc(1, sizeof(*attempt));
	struct loop_options options = {.server = false};
	struct cluster_key key;
	int code;

	if (!attempt)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	code = key_read(settings->key, &key, err);
	if (code == 0 && split_datanodes(attempt, settings) != 0)
		code = error_set(err, DFS_E_INVAL, "at most %d datanodes", RESCUE_DATANODES_MAX);
	if (code == 0)
		code = loop_create(&attempt->loop, &options, err);
	if (code == 0)
		code = make_folder(attempt, settings, err);
	if (code == 0) {
		code = fetch(attempt, &key, err);
		if (code == 0)
			*ret = rescue_found(attempt->rescue)->state;
		if (code == 0 && settings->dir)
			code = restore(attempt, settings->dir, ret, err);
		clean(attempt);
	}
	rescue_destroy(attempt->rescue);
	loop_destroy(attempt->loop);
	free(attempt->texts);
	free(attempt);
	return code;
}

static int split_datanodes(struct attempt *attempt, const struct rescue_settings *settings)
{
	size_t size = 1;
	char *to, *rest = NULL;

	for (size_t i = 0; i < settings->datanodes_count; i++)
		size += strlen(settings->datanodes[i]) + 1;
	to = attempt->texts = calloc(1, size);
	if (!to)
		return -1;
	for (size_t i = 0; i < settings->datanodes_count; i++)
		to += sprintf(to, "%s,", settings->datanodes[i]);
	for (char *one = strtok_r(attempt->texts, ",", &rest); one;
	        one = strtok_r(NULL, ",", &rest)) {
		if (attempt->datanodes_count == RESCUE_DATANODES_MAX)
			return -1;
		attempt->datanodes[attempt->datanodes_count++] = one;
	}
	return 0;
}

/* Beside DIR, which must have nothing in it that a restore would refuse. */
static int make_folder(
        struct attempt *attempt, const struct rescue_settings *settings, struct dfs_error *err)
{
	size_t size;

	if (!settings->dir) {
		snprintf(attempt->folder, sizeof(attempt->folder), "/tmp/dfs-rescue.XXXXXX");
		return mkdtemp(attempt->folder) ? 0
		                                : error_set(err, error_from_errno(errno), "%s: %s",
		                                          attempt->folder, strerror(errno));
	}
	size = strlen(settings->dir);
	while (size > 1 && settings->dir[size - 1] == '/')
		size--;
	snprintf(attempt->folder, sizeof(attempt->folder), "%.*s.rescue", (int)size, settings->dir);
	return dir_make(attempt->folder, err);
}

static int fetch(struct attempt *attempt, const struct cluster_key *key, struct dfs_error *err)
{
	struct rescue_options options = {
	        .cluster = key->cluster,
	        .datanodes = attempt->datanodes,
	        .datanodes_count = attempt->datanodes_count,
	        .dir = attempt->folder,
	        .tell = tell,
	        .done = fetched,
	        .arg = attempt,
	};
	int code;

	memcpy(options.key, key->key, sizeof(options.key));
	attempt->err = err;
	code = rescue_start(&attempt->rescue, loop_io(attempt->loop), &options, err);
	if (code != 0)
		return code;
	loop_run_until(attempt->loop, &attempt->over);
	return attempt->code;
}

static void tell(void *arg, const char *sentence)
{
	printf("%s\n", sentence);
	fflush(stdout);
}

static void fetched(void *arg, int code, const struct dfs_error *err)
{
	struct attempt *attempt = arg;

	attempt->code = code;
	if (code != 0)
		*attempt->err = *err;
	attempt->over = true;
}

static int restore(
        struct attempt *attempt, const char *dir, struct checkpoint *ret, struct dfs_error *err)
{
	const struct rescue_found *found = rescue_found(attempt->rescue);
	char(*paths)[CHECKPOINT_PATH_MAX] = calloc(found->files_count, sizeof(*paths));
	const char **logs = calloc(found->files_count, sizeof(*logs));
	int code = paths && logs ? 0 : error_set(err, DFS_E_NOMEM, "out of memory");

	for (size_t i = 0; i < found->files_count && code == 0; i++) {
		rescue_file(attempt->rescue, i, paths[i]);
		if (i > 0)
			logs[i - 1] = paths[i];
	}
	if (code == 0)
		code = restore_newest(attempt, paths[0], logs, dir, ret, err);
	free(logs);
	free(paths);
	return code;
}

/* With all of the log, or as much of it as replays: less is better than nothing. */
static int restore_newest(struct attempt *attempt, const char *file, const char *const *logs,
        const char *dir, struct checkpoint *ret, struct dfs_error *err)
{
	const struct rescue_found *found = rescue_found(attempt->rescue);

	for (size_t count = found->files_count - 1;; count--) {
		int code = restore_with_log(loop_io(attempt->loop), file, logs, count, dir,
		        found->seen_epoch, ret, err);

		if (count == 0 || (code != DFS_E_CORRUPT && code != DFS_E_INVAL))
			return code;
		printf("%s: going on without it and what came after\n", err->text);
	}
}

static int remove_one(void *arg, const char *name)
{
	const struct attempt *attempt = arg;
	char path[CHECKPOINT_PATH_MAX + CHECKPOINT_NAME_MAX];

	snprintf(path, sizeof(path), "%s/%s", attempt->folder, name);
	if (strstr(name, ".checkpoint") || strstr(name, ".log"))
		unlink(path);
	return 0;
}

static void clean(struct attempt *attempt)
{
	struct io *io = loop_io(attempt->loop);

	io_disk(io, list, attempt->folder, remove_one, attempt);
	rmdir(attempt->folder);
}
