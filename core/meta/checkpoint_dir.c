/* SPDX-License-Identifier: MIT */
/* The checkpoints of a folder: which there are, and which may go. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "meta/checkpoint.h"

enum { NAMES_MAX = 1000 };

static const char suffix[] = ".checkpoint";

struct names {
	char (*names)[CHECKPOINT_NAME_MAX];
	size_t count;
	bool tmp; /* something half-made */
};

static int names_read(struct io *io, const char *dir, struct names *ret, struct dfs_error *err);
static int name_add(void *arg, const char *name);
static int newest_first(const void *a, const void *b);
static int remove_file(struct io *io, const char *dir, const char *name, struct dfs_error *err);

int checkpoint_list(struct io *io, const char *dir, struct checkpoint *ret, size_t max,
        size_t *ret_count, struct dfs_error *err)
{
	struct names names = {0};
	size_t count = 0;
	int rc = names_read(io, dir, &names, err);

	for (size_t i = 0; rc == 0 && i < names.count && count < max; i++) {
		char path[CHECKPOINT_PATH_MAX + CHECKPOINT_NAME_MAX];

		snprintf(path, sizeof(path), "%s/%s", dir, names.names[i]);
		/* One that is damaged is no checkpoint; the next one may be. */
		count += checkpoint_foot(io, path, &ret[count], NULL) == 0;
	}
	free(names.names);
	if (rc == 0)
		*ret_count = count;
	return rc;
}

int checkpoint_prune(struct io *io, const char *dir, size_t keep, struct dfs_error *err)
{
	struct names names = {0};
	int rc = names_read(io, dir, &names, err);
	bool removed = false;

	if (rc == 0 && names.tmp) {
		rc = remove_file(io, dir, "new.tmp", err);
		removed = true;
	}
	/* The oldest first: a crash on the way leaves the newest. */
	for (size_t i = names.count; rc == 0 && i > keep; i--) {
		rc = remove_file(io, dir, names.names[i - 1], err);
		removed = true;
	}
	free(names.names);
	if (rc == 0 && removed) {
		rc = io_disk(io, fsync_dir, dir);
		if (rc != 0)
			rc = error_set(err, error_from_errno(-rc), "%s: %s", dir, strerror(-rc));
	}
	return rc;
}

static int names_read(struct io *io, const char *dir, struct names *ret, struct dfs_error *err)
{
	int rc;

	ret->names = calloc(NAMES_MAX, sizeof(*ret->names));
	if (!ret->names)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	rc = io_disk(io, list, dir, name_add, ret);
	if (rc == -ENOENT)
		rc = 0;
	if (ret->count > 1)
		qsort(ret->names, ret->count, sizeof(*ret->names), newest_first);
	return rc >= 0 ? 0 : error_set(err, error_from_errno(-rc), "%s: %s", dir, strerror(-rc));
}

static int name_add(void *arg, const char *name)
{
	struct names *names = arg;
	size_t size = strlen(name), end = sizeof(suffix) - 1;

	names->tmp |= strcmp(name, "new.tmp") == 0;
	if (size < CHECKPOINT_NAME_MAX && size > end && names->count < NAMES_MAX &&
	        strcmp(name + size - end, suffix) == 0)
		memcpy(names->names[names->count++], name, size + 1);
	return 0;
}

/* Names sort as epoch and operation do. */
static int newest_first(const void *a, const void *b)
{
	return strcmp(b, a);
}

static int remove_file(struct io *io, const char *dir, const char *name, struct dfs_error *err)
{
	char path[CHECKPOINT_PATH_MAX + CHECKPOINT_NAME_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	rc = io_disk(io, unlink, path);
	return rc == 0 || rc == -ENOENT
	               ? 0
	               : error_set(err, error_from_errno(-rc), "%s: %s", path, strerror(-rc));
}
