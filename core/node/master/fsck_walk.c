/* SPDX-License-Identifier: MIT */
/* The part of a check that a worker does, on a scratch copy of the metadata; and the list of what
 * was found. */
#include <stdlib.h>
#include <string.h>
#include "node/master/fsck.h"

/* What path_found needs. */
struct found_paths {
	struct fsck *fsck;
	const struct meta_subject *subjects;
};

static void fault(void *arg, const char *sentence, struct meta_subject subject);
static void miscounted(void *arg, const struct proto_mend_chunk *chunk);
static int by_subject(const void *a, const void *b);
static size_t subjects_of(struct fsck *fsck, struct meta_subject *ret);
static void path_found(void *arg, size_t subject, const char *path);
static bool at_or_below(const char *path, const char *top);

static struct fsck *fsck_of(struct io_work *work)
{
	return (struct fsck *)(void *)((char *)work - offsetof(struct fsck, work));
}

void fsck_add(struct fsck *fsck, struct meta_subject subject, enum proto_fault_kind kind,
        bool wrong, const char *text)
{
	size_t capacity = fsck->found_capacity ? 2 * fsck->found_capacity : 64;
	struct fsck_found *found = fsck->found;

	if (fsck->found_count == fsck->found_capacity && fsck->found_count < FSCK_FOUND_MAX) {
		found = realloc(fsck->found, capacity * sizeof(*found));
		if (found) {
			fsck->found = found;
			fsck->found_capacity = capacity;
		}
	}
	if (fsck->found_count == fsck->found_capacity || fsck->found_count == FSCK_FOUND_MAX) {
		fsck->not_kept += wrong;
		return;
	}
	found = &fsck->found[fsck->found_count];
	*found = (struct fsck_found){.subject = subject, .kind = kind, .wrong = wrong};
	found->text = strdup(text);
	if (found->text)
		fsck->found_count++;
	else
		fsck->not_kept += wrong;
}

void fsck_found_free(struct fsck *fsck)
{
	for (size_t i = 0; i < fsck->found_count; i++) {
		free(fsck->found[i].text);
		for (size_t j = 0; j < FSCK_PATHS_MAX; j++)
			free(fsck->found[i].paths[j]);
	}
	free(fsck->found);
	fsck->found = NULL;
	fsck->found_count = fsck->found_capacity = 0;
}

void fsck_metadata_run(struct io_work *work)
{
	struct fsck *fsck = fsck_of(work);
	struct kv *kv = fsck->master->options.kv;
	struct meta_check_out out = {.fault = fault, .miscounted = miscounted, .arg = fsck};
	int rc = kv->ops->scratch(kv, &fsck->scratch);

	if (rc != 0) {
		fsck->scratch = NULL;
		fsck->status = error_set(&fsck->err, rc,
		        "the metadata cannot be copied for a check: %s%s", dfs_error_text(rc),
		        rc == DFS_E_NOSPC ? ": the master's disk needs room for it twice" : "");
		return;
	}
	fsck->status = meta_check_all(fsck->scratch, &out, &fsck->checked, &fsck->err);
}

void fsck_paths_run(struct io_work *work)
{
	struct fsck *fsck = fsck_of(work);
	struct meta_subject *subjects = malloc((fsck->found_count + 1) * sizeof(*subjects));
	struct found_paths found = {fsck, subjects};
	size_t count;

	fsck->status = 0;
	if (!subjects) {
		fsck->status = error_set(&fsck->err, DFS_E_NOMEM, "out of memory");
		return;
	}
	count = subjects_of(fsck, subjects);
	if (count > 0)
		fsck->status =
		        meta_paths(fsck->scratch, subjects, count, path_found, &found, &fsck->err);
	free(subjects);
	fsck->scratch->ops->close(fsck->scratch);
	fsck->scratch = NULL;
}

static void fault(void *arg, const char *sentence, struct meta_subject subject)
{
	fsck_add(arg, subject, PROTO_FAULT_KIND_METADATA, true, sentence);
}

static void miscounted(void *arg, const struct proto_mend_chunk *chunk)
{
	struct fsck *fsck = arg;

	if (fsck->miscounted_count < FSCK_MEND_MAX)
		fsck->miscounted[fsck->miscounted_count++] = *chunk;
}

/* In order, none twice; what was found is then in that order too. */
static size_t subjects_of(struct fsck *fsck, struct meta_subject *ret)
{
	size_t count = 0;

	if (fsck->found_count > 0)
		qsort(fsck->found, fsck->found_count, sizeof(*fsck->found), by_subject);
	for (size_t i = 0; i < fsck->found_count; i++) {
		const struct meta_subject *subject = &fsck->found[i].subject;

		if (subject->about != META_ABOUT_NOTHING &&
		        (count == 0 || by_subject(&ret[count - 1], subject) != 0))
			ret[count++] = *subject;
	}
	return count;
}

/* Of subjects, and of what was found, which begins with one. */
static int by_subject(const void *a, const void *b)
{
	const struct meta_subject *x = a, *y = b;

	if (x->about != y->about)
		return x->about < y->about ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static void path_found(void *arg, size_t subject, const char *path)
{
	const struct found_paths *to = arg;
	struct fsck *fsck = to->fsck;
	const struct fsck_found *end = fsck->found + fsck->found_count;
	struct fsck_found *found = bsearch(&to->subjects[subject], fsck->found, fsck->found_count,
	        sizeof(*fsck->found), by_subject);

	if (!at_or_below(path, fsck->path))
		return;
	while (found > fsck->found && by_subject(found - 1, found) == 0)
		found--;
	for (; found && found < end && by_subject(found, &to->subjects[subject]) == 0; found++) {
		found->below = true;
		if (found->names++ < FSCK_PATHS_MAX)
			found->paths[found->names - 1] = strdup(path);
	}
}

static bool at_or_below(const char *path, const char *top)
{
	size_t size = strlen(top);

	if (strcmp(top, "/") == 0)
		return true;
	return strncmp(path, top, size) == 0 && (path[size] == '\0' || path[size] == '/');
}
