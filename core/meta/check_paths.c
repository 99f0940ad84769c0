/* SPDX-License-Identifier: MIT */
/*
 * From what is at fault to the names that people know: chunks to contents by the extents, contents
 * to inodes, inodes to names, names to paths by the directories above them. One walk over each
 * table; only directories are kept whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/path.h"
#include "meta/check.h"
#include "meta/trash.h"

enum { PAIRS_MAX = 1000000, DEPTH_MAX = 2048 };

static const char trashed[] = " (in the trash)";

struct pair { /* sorted by number */
	uint64_t number;
	uint64_t subject;
};

struct named { /* sorted by inode */
	uint64_t inode;
	uint64_t parent; /* TRASH_INODE: `name` is the path it had */
	size_t name;     /* in `names` */
};

struct paths {
	struct check check; /* first: visitors get this */
	const struct meta_subject *subjects;
	size_t count;
	struct check_array contents, inodes; /* struct pair */
	struct check_array dirs, links;      /* struct named */
	struct buf names;
};

static void no_fault(void *arg, const char *sentence, struct meta_subject subject);
static int walk(struct paths *paths, struct dfs_error *err);
static int take_subjects(struct paths *paths, struct dfs_error *err);
static int visit_extent(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_inode(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_dentry(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_trash(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int add_name(struct paths *paths, uint64_t inode, enum proto_kind kind, uint64_t parent,
        const char *name, size_t size, struct dfs_error *err);
static int add_pair(
        struct check_array *array, uint64_t number, uint64_t subject, struct dfs_error *err);
static const struct pair *first_pair(const struct check_array *array, uint64_t number);
static bool in_array(const struct check_array *array, const struct pair *pair, uint64_t number);
static size_t find_subject(const struct paths *paths, enum meta_about about, uint64_t number);
static bool path_of(const struct paths *paths, const struct named *link, char *ret, size_t size);

int meta_paths(struct kv *kv, const struct meta_subject *subjects, size_t count,
        void (*each)(void *arg, size_t subject, const char *path), void *arg, struct dfs_error *err)
{
	struct meta_check_out out = {.fault = no_fault};
	struct paths paths = {.subjects = subjects, .count = count, .check = {.out = &out}};
	char path[PATH_BYTES_MAX + sizeof(trashed)];
	int rc = kv->ops->begin(kv, false, &paths.check.kv);

	if (rc != 0)
		return error_set(
		        err, rc, "the metadata store: no read transaction: %s", dfs_error_text(rc));
	check_init(&paths.check);
	paths.contents.item_size = paths.inodes.item_size = sizeof(struct pair);
	paths.dirs.item_size = paths.links.item_size = sizeof(struct named);
	rc = walk(&paths, err);
	kv->ops->abort(paths.check.kv);
	for (size_t i = 0; rc == 0 && i < paths.links.count; i++) {
		const struct named *link = (struct named *)paths.links.items + i;
		const struct pair *pair = first_pair(&paths.inodes, link->inode);

		if (!path_of(&paths, link, path, sizeof(path)))
			continue;
		for (; in_array(&paths.inodes, pair, link->inode); pair++)
			each(arg, (size_t)pair->subject, path);
	}
	check_fini(&paths.check);
	free(paths.contents.items);
	free(paths.inodes.items);
	free(paths.dirs.items);
	free(paths.links.items);
	buf_fini(&paths.names);
	return rc;
}

/* Rows that are damaged were told of by the check. */
static void no_fault(void *arg, const char *sentence, struct meta_subject subject)
{
}

static int walk(struct paths *paths, struct dfs_error *err)
{
	struct check *check = &paths->check;
	int rc = take_subjects(paths, err);

	if (rc == 0)
		rc = check_table(check, META_EXTENT, err, visit_extent);
	check_sort(&paths->contents);
	if (rc == 0)
		rc = check_table(check, META_INODE, err, visit_inode);
	check_sort(&paths->inodes);
	if (rc == 0)
		rc = check_table(check, META_DENTRY, err, visit_dentry);
	if (rc == 0)
		rc = check_table(check, META_TRASH, err, visit_trash);
	check_sort(&paths->dirs);
	return rc;
}

static int take_subjects(struct paths *paths, struct dfs_error *err)
{
	for (size_t i = 0; i < paths->count; i++) {
		const struct meta_subject *subject = &paths->subjects[i];
		int rc = 0;

		if (subject->about == META_ABOUT_CONTENT)
			rc = add_pair(&paths->contents, subject->number, i, err);
		else if (subject->about == META_ABOUT_INODE)
			rc = add_pair(&paths->inodes, subject->number, i, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* The extents of a content follow each other: one of several in a chunk is enough. */
static int visit_extent(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	struct paths *paths = (struct paths *)check;
	uint64_t content = key_get_u64(&at->key, 0);
	struct proto_row_extent_row row;
	const struct pair *last;
	size_t subject;

	if (!check_row(check, META_EXTENT, at, &row))
		return 0;
	subject = find_subject(paths, META_ABOUT_CHUNK, row.chunk);
	if (subject == paths->count)
		return 0;
	if (paths->contents.count > 0) {
		last = (struct pair *)paths->contents.items + paths->contents.count - 1;
		if (last->number == content && last->subject == subject)
			return 0;
	}
	return add_pair(&paths->contents, content, subject, err);
}

static int visit_inode(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	struct paths *paths = (struct paths *)check;
	const struct pair *pair;
	struct proto_row_inode row;

	if (!check_row(check, META_INODE, at, &row) || row.kind != PROTO_KIND_FILE)
		return 0;
	pair = first_pair(&paths->contents, row.content);
	for (; in_array(&paths->contents, pair, row.content); pair++) {
		int rc = add_pair(&paths->inodes, key_get_u64(&at->key, 0), pair->subject, err);

		if (rc != 0)
			return rc;
	}
	return 0;
}

static int visit_dentry(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	struct proto_row_dentry row;

	if (!check_row(check, META_DENTRY, at, &row))
		return 0;
	return add_name((struct paths *)check, row.inode, row.kind, key_get_u64(&at->key, 0),
	        (const char *)at->key.bytes + 8, at->key.size - 8, err);
}

static int visit_trash(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	struct proto_row_trash row;

	if (!check_row(check, META_TRASH, at, &row))
		return 0;
	return add_name((struct paths *)check, row.inode, row.kind, TRASH_INODE, row.path,
	        strlen(row.path), err);
}

static int add_name(struct paths *paths, uint64_t inode, enum proto_kind kind, uint64_t parent,
        const char *name, size_t size, struct dfs_error *err)
{
	struct named named = {inode, parent, paths->names.size};
	bool wanted = first_pair(&paths->inodes, inode) != NULL;

	if (kind != PROTO_KIND_DIR && !wanted)
		return 0;
	buf_append(&paths->names, name, size);
	buf_append(&paths->names, "", 1);
	if (paths->names.failed)
		return error_set(err, DFS_E_NOMEM, "out of memory for names");
	if (kind == PROTO_KIND_DIR && !check_add(&paths->dirs, &named, err))
		return DFS_E_NOMEM;
	return !wanted || check_add(&paths->links, &named, err) ? 0 : DFS_E_NOMEM;
}

/* Past the limit there are names enough. */
static int add_pair(
        struct check_array *array, uint64_t number, uint64_t subject, struct dfs_error *err)
{
	struct pair pair = {number, subject};

	if (array->count >= PAIRS_MAX)
		return 0;
	return check_add(array, &pair, err) ? 0 : DFS_E_NOMEM;
}

/* bsearch finds any of several. */
static const struct pair *first_pair(const struct check_array *array, uint64_t number)
{
	const struct pair *pair = check_find(array, number);

	while (pair && pair > (struct pair *)array->items && pair[-1].number == number)
		pair--;
	return pair;
}

static bool in_array(const struct check_array *array, const struct pair *pair, uint64_t number)
{
	return pair && pair < (struct pair *)array->items + array->count && pair->number == number;
}

static size_t find_subject(const struct paths *paths, enum meta_about about, uint64_t number)
{
	size_t low = 0, high = paths->count;

	while (low < high) {
		size_t at = low + (high - low) / 2;
		const struct meta_subject *subject = &paths->subjects[at];

		if (subject->about < about || (subject->about == about && subject->number < number))
			low = at + 1;
		else
			high = at;
	}
	if (low < paths->count && paths->subjects[low].about == about &&
	        paths->subjects[low].number == number)
		return low;
	return paths->count;
}

/* From the end: names are put in front. False where a directory on the way is not there. */
static bool path_of(const struct paths *paths, const struct named *link, char *ret, size_t size)
{
	char text[PATH_BYTES_MAX + 1];
	size_t at = sizeof(text) - 1;
	int depth = 0;

	text[at] = '\0';
	while (link->parent != TRASH_INODE) {
		const char *name = (const char *)paths->names.data + link->name;
		size_t length = strlen(name);

		if (length + 1 > at || ++depth > DEPTH_MAX)
			return false;
		at -= length;
		memcpy(text + at, name, length);
		text[--at] = '/';
		if (link->parent == ROOT_INODE) {
			snprintf(ret, size, "%s", text + at);
			return true;
		}
		link = check_find(&paths->dirs, link->parent);
		if (!link)
			return false;
	}
	snprintf(ret, size, "%s%s%s", (const char *)paths->names.data + link->name, text + at,
	        trashed);
	return true;
}
