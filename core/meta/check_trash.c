/* SPDX-License-Identifier: MIT */
/* The trash: a name there is a name, each entry has its two places, the sums are right. */
#include <inttypes.h>
#include "meta/check.h"
#include "meta/trash.h"

static int visit_entry(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_place(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int check_sums(struct check *check, struct dfs_error *err);

int check_trash(struct check *check, struct dfs_error *err)
{
	int rc = check_table(check, META_TRASH, err, visit_entry);

	if (rc == 0)
		rc = check_table(check, META_TRASH_ORDER, err, visit_place);
	if (rc == 0)
		rc = check_sums(check, err);
	return rc;
}

static int visit_entry(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	uint64_t entry = key_get_u64(&at->key, 0);
	struct check_inode *inode;
	struct proto_row_trash row;

	if (!check_row(check, META_TRASH, at, &row))
		return 0;
	check->trash.entries++;
	check->trash.files += row.files;
	check->trash.dirs += row.dirs;
	check->trash.bytes += row.bytes;
	if (row.living_ms > check->trash.living_ms)
		check->trash.living_ms = row.living_ms;
	if (entry == 0 || entry > check->counters.operation)
		check_fault(
		        check, "entry %" PRIu64 " of the trash is no operation of the log", entry);
	inode = check_find(&check->inodes, row.inode);
	if (!inode || inode->kind != row.kind) {
		check_fault(check,
		        "entry %" PRIu64 " of the trash stands for inode %016" PRIx64
		        ", which is not what it says",
		        entry, row.inode);
		return 0;
	}
	inode->names++;
	if (inode->kind == PROTO_KIND_DIR && inode->parent != TRASH_INODE)
		check_fault(check,
		        "directory %016" PRIx64 " is in the trash but says it is in %016" PRIx64,
		        row.inode, inode->parent);
	return 0;
}

static int visit_place(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	char kind = (char)at->key.bytes[0];
	bool by_time = kind == TRASH_BY_TIME;
	uint64_t entry = by_time ? key_get_u64(&at->key, 9) : ~key_get_u64(&at->key, 9);
	struct table_key key = key_u64(entry);
	struct proto_row_trash row;
	int rc = DFS_E_NOENT;

	if (by_time || kind == TRASH_BY_PATH)
		rc = table_read(check->kv, META_TRASH, &key, &check->arena, &row, err);
	if (rc == 0 &&
	        key_get_u64(&at->key, 1) == (by_time ? trash_goes_ms(&row) : trash_hash(row.path)))
		check->trash_places++;
	else
		check_fault(check,
		        "trash_order names entry %" PRIu64 " of the trash, which is not so", entry);
	return rc == DFS_E_CORRUPT || rc == DFS_E_NOENT ? 0 : rc;
}

static int check_sums(struct check *check, struct dfs_error *err)
{
	struct table_key key = key_counters();
	struct proto_row_trash_count said = {0}, *found = &check->trash;
	int rc = table_read(check->kv, META_TRASH_COUNT, &key, &check->arena, &said, err);

	if (rc != 0 && rc != DFS_E_NOENT && rc != DFS_E_CORRUPT)
		return rc;
	if (rc == DFS_E_CORRUPT)
		check_fault(check, "%s", err->text);
	if (check->trash_places != 2 * found->entries)
		check_fault(check,
		        "%" PRIu64 " entries of the trash have %" PRIu64 " places in trash_order",
		        found->entries, check->trash_places);
	if (said.entries != found->entries || said.files != found->files ||
	        said.dirs != found->dirs || said.bytes != found->bytes)
		check_fault(check,
		        "the trash counts %" PRIu64 " entries, %" PRIu64 " files, %" PRIu64
		        " directories, %" PRIu64 " bytes; found %" PRIu64 ", %" PRIu64 ", %" PRIu64
		        ", %" PRIu64,
		        said.entries, said.files, said.dirs, said.bytes, found->entries,
		        found->files, found->dirs, found->bytes);
	if (found->living_ms > said.living_ms)
		check_fault(check, "an entry of the trash is younger than the living time");
	return 0;
}
