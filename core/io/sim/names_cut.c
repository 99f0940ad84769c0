/* SPDX-License-Identifier: MIT */
/* What becomes of the journal of names: a sync applies what belongs to a directory, a power cut a
 * prefix. */
#include <stdlib.h>
#include <utlist.h>
#include "io/sim/disk_model.h"

/* ---- sync ---- */

struct dir_set {
	const struct sim_inode **dirs;
	size_t count;
};

static bool set_has(const struct dir_set *set, const struct sim_inode *dir)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->dirs[i] == dir)
			return true;
	return false;
}

static void set_add(struct dir_set *set, const struct sim_inode *dir)
{
	if (set_has(set, dir))
		return;
	set->dirs = sim_realloc(set->dirs, (set->count + 1) * sizeof(*set->dirs));
	set->dirs[set->count++] = dir;
}

static bool touches(const struct sim_record *record, const struct dir_set *set)
{
	for (int i = 0; i < record->changes_count; i++)
		if (set_has(set, record->changes[i].dir))
			return true;
	return false;
}

/* From the newest back: a record that ties two directories brings the older records of both. */
static void choose_records(struct sim_names *names, struct sim_inode *dir)
{
	struct dir_set set = {NULL, 0};
	struct sim_record *record = names->journal ? names->journal->prev : NULL;

	set_add(&set, dir);
	while (record) {
		record->chosen = touches(record, &set);
		for (int i = 0; record->chosen && i < record->changes_count; i++)
			set_add(&set, record->changes[i].dir);
		record = record == names->journal ? NULL : record->prev;
	}
	free(set.dirs);
}

void sim_names_sync(struct sim_names *names, struct sim_inode *dir)
{
	struct sim_record *record, *next;

	choose_records(names, dir);
	DL_FOREACH_SAFE (names->journal, record, next)
		if (record->chosen)
			sim_record_end(names, record, true);
}

/* ---- power cut ---- */

static void keep_prefix(struct sim_names *names, struct sim_rng *rng)
{
	struct sim_record *record;
	uint64_t count, kept;

	DL_COUNT(names->journal, record, count);
	kept = sim_rng_between(rng, 0, count);
	for (uint64_t i = 0; i < count; i++)
		sim_record_end(names, names->journal, i < kept);
}

static void mark_reachable(struct sim_inode *inode)
{
	struct sim_name *name, *next;

	inode->reachable = true;
	HASH_ITER (hh, inode->stored, name, next)
		mark_reachable(name->inode);
}

/* Processes will see what is stored. */
static void forget_live(struct sim_inode *dir)
{
	struct sim_name *name, *next;

	HASH_ITER (hh, dir->live, name, next)
		name->inode->links--;
	sim_table_clear(&dir->live);
}

static void show_stored(struct sim_inode *dir)
{
	struct sim_name *name, *next;

	HASH_ITER (hh, dir->stored, name, next) {
		sim_table_set(&dir->live, name->text, name->inode);
		name->inode->links++;
	}
}

static void drop_unreachable(struct sim_names *names)
{
	struct sim_inode *inode, *next;

	DL_FOREACH_SAFE (names->inodes, inode, next)
		if (!inode->reachable)
			sim_inode_free(names, inode);
}

void sim_names_power_cut(struct sim_names *names, struct sim_rng *rng)
{
	struct sim_inode *inode;

	/* the counts of links must not free anything before what is reachable is known */
	DL_FOREACH (names->inodes, inode)
		inode->handles++;
	keep_prefix(names, rng);
	DL_FOREACH (names->inodes, inode)
		forget_live(inode);
	mark_reachable(names->root);
	drop_unreachable(names);
	DL_FOREACH (names->inodes, inode)
		show_stored(inode);
	names->used_pages = 0;
	DL_FOREACH (names->inodes, inode) {
		inode->reachable = false;
		inode->handles = 0;
		sim_file_power_cut(&inode->file, rng);
		inode->charged = inode->file.allocated;
		names->used_pages += inode->charged;
	}
}
