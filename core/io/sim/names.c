/* SPDX-License-Identifier: MIT */
/*
 * The directories of a simulated disk. Each has two tables, the names that processes see and the
 * names on the platter; what stands between them is the journal. Syncing a directory applies its
 * records; a power cut applies a prefix.
 *
 * Only what POSIX promises: syncing a directory does not sync another one, and not the name of the
 * directory itself. But a rename between two directories is one record, so syncing either does
 * both, as on every journaling system.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "io/sim/disk_model.h"

/* ---- tables ---- */

static struct sim_name *table_find(struct sim_name *table, const char *text)
{
	struct sim_name *name;

	HASH_FIND_STR(table, text, name);
	return name;
}

static void table_remove(struct sim_name **table, struct sim_name *name)
{
	HASH_DEL(*table, name);
	free(name->text);
	free(name);
}

void sim_table_clear(struct sim_name **table)
{
	struct sim_name *name, *next;

	HASH_ITER (hh, *table, name, next)
		table_remove(table, name);
}

/* `inode` NULL removes the name. Returns what the name stood for before, or NULL. */
struct sim_inode *sim_table_set(struct sim_name **table, const char *text, struct sim_inode *inode)
{
	struct sim_name *name = table_find(*table, text);
	struct sim_inode *before = name ? name->inode : NULL;

	if (name && inode) {
		name->inode = inode;
	} else if (name) {
		table_remove(table, name);
	} else if (inode) {
		name = sim_alloc(sizeof(*name));
		name->text = sim_strdup(text);
		name->inode = inode;
		HASH_ADD_KEYPTR(hh, *table, name->text, strlen(name->text), name);
	}
	return before;
}

/* ---- inodes ---- */

static struct sim_inode *inode_create(struct sim_names *names, bool is_dir)
{
	struct sim_inode *inode = sim_alloc(sizeof(*inode));

	inode->is_dir = is_dir;
	sim_file_init(&inode->file);
	DL_APPEND(names->inodes, inode);
	return inode;
}

void sim_inode_free(struct sim_names *names, struct sim_inode *inode)
{
	DL_DELETE(names->inodes, inode);
	sim_table_clear(&inode->live);
	sim_table_clear(&inode->stored);
	sim_file_fini(&inode->file);
	free(inode);
}

void sim_inode_settle(struct sim_names *names, struct sim_inode *inode)
{
	size_t charge = inode->links + inode->handles > 0 ? inode->file.allocated : 0;

	names->used_pages += charge;
	names->used_pages -= inode->charged;
	inode->charged = charge;
	if (inode->links + inode->handles + inode->keeps > 0)
		return;
	/* nothing removes a directory that has names, and a record keeps its directory */
	assert(!inode->live && !inode->stored);
	sim_inode_free(names, inode);
}

void sim_names_init(struct sim_names *names)
{
	memset(names, 0, sizeof(*names));
	names->root = inode_create(names, true);
	names->root->links = 1;
}

static void record_free(struct sim_names *names, struct sim_record *record)
{
	DL_DELETE(names->journal, record);
	for (int i = 0; i < record->changes_count; i++)
		free(record->changes[i].name);
	free(record);
}

void sim_names_fini(struct sim_names *names)
{
	while (names->journal)
		record_free(names, names->journal);
	while (names->inodes)
		sim_inode_free(names, names->inodes);
}

/* ---- paths ---- */

/* The next name of a path; returns its length, 0 at the end. */
static size_t next_name(const char **path)
{
	*path += strspn(*path, "/");
	return strcspn(*path, "/");
}

static int step_into(struct sim_where *where, const char *name, size_t size)
{
	struct sim_name *found;

	if (size > SIM_NAME_MAX)
		return -ENAMETOOLONG;
	if (where->dir && !where->inode)
		return -ENOENT;
	if (!where->inode->is_dir)
		return -ENOTDIR;
	where->dir = where->inode;
	memcpy(where->name, name, size);
	where->name[size] = '\0';
	if (strcmp(where->name, ".") == 0 || strcmp(where->name, "..") == 0)
		return -EINVAL;
	found = table_find(where->dir->live, where->name);
	where->inode = found ? found->inode : NULL;
	return 0;
}

int sim_names_find(struct sim_names *names, const char *path, struct sim_where *ret_where)
{
	struct sim_where where = {.inode = names->root};
	size_t size;

	if (path[0] != '/')
		return -EINVAL;
	while ((size = next_name(&path)) > 0) {
		int status = step_into(&where, path, size);

		if (status < 0)
			return status;
		path += size;
	}
	*ret_where = where;
	return 0;
}

/* ---- changes ---- */

static void change_live(struct sim_names *names, const struct sim_change *change)
{
	struct sim_inode *before;

	if (change->inode)
		change->inode->links++;
	before = sim_table_set(&change->dir->live, change->name, change->inode);
	if (before) {
		before->links--;
		sim_inode_settle(names, before);
	}
}

static void change_stored(struct sim_names *names, const struct sim_change *change)
{
	struct sim_inode *before;

	if (change->inode)
		change->inode->keeps++;
	before = sim_table_set(&change->dir->stored, change->name, change->inode);
	if (before) {
		before->keeps--;
		sim_inode_settle(names, before);
	}
}

static struct sim_record *record_create(struct sim_names *names)
{
	struct sim_record *record = sim_alloc(sizeof(*record));

	DL_APPEND(names->journal, record);
	return record;
}

/* Note the change in the journal first: the record keeps what the change lets go. */
static void record_change(struct sim_names *names, struct sim_record *record, struct sim_inode *dir,
        const char *name, struct sim_inode *inode)
{
	struct sim_change *change = &record->changes[record->changes_count++];

	*change = (struct sim_change){.dir = dir, .name = sim_strdup(name), .inode = inode};
	dir->keeps++;
	if (inode)
		inode->keeps++;
	change_live(names, change);
}

void sim_record_end(struct sim_names *names, struct sim_record *record, bool stored)
{
	struct sim_change changes[2] = {record->changes[0], record->changes[1]};
	int count = record->changes_count;

	for (int i = 0; stored && i < count; i++)
		change_stored(names, &changes[i]);
	record_free(names, record);
	for (int i = 0; i < count; i++) {
		changes[i].dir->keeps--;
		sim_inode_settle(names, changes[i].dir);
		if (!changes[i].inode)
			continue;
		changes[i].inode->keeps--;
		sim_inode_settle(names, changes[i].inode);
	}
}

struct sim_inode *sim_names_add(struct sim_names *names, const struct sim_where *where, bool is_dir)
{
	struct sim_inode *inode = inode_create(names, is_dir);

	assert(!where->inode);
	record_change(names, record_create(names), where->dir, where->name, inode);
	return inode;
}

void sim_names_remove(struct sim_names *names, const struct sim_where *where)
{
	assert(where->inode);
	record_change(names, record_create(names), where->dir, where->name, NULL);
}

void sim_names_move(
        struct sim_names *names, const struct sim_where *from, const struct sim_where *to)
{
	struct sim_record *record = record_create(names);

	assert(from->inode && from->inode != to->inode);
	record_change(names, record, to->dir, to->name, from->inode);
	record_change(names, record, from->dir, from->name, NULL);
}
