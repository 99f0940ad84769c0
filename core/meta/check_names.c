/* SPDX-License-Identifier: MIT */
/* The namespace: every inode has its names, every directory its count, every name its inode. */
#include <inttypes.h>
#include "meta/check.h"
#include "meta/content.h"

static int visit_inode(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_dentry(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_doomed(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static void check_totals(struct check *check);
static void check_inode(struct check *check, const struct check_inode *inode);

int check_names(struct check *check, struct dfs_error *err)
{
	int rc = check_table(check, META_INODE, err, visit_inode);

	if (rc == 0)
		rc = check_table(check, META_DENTRY, err, visit_dentry);
	if (rc == 0)
		rc = check_table(check, META_DOOMED, err, visit_doomed);
	if (rc == 0)
		rc = check_trash(check, err);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < check->inodes.count; i++)
		check_inode(check, (struct check_inode *)check->inodes.items + i);
	check_totals(check);
	return 0;
}

static int visit_inode(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	struct proto_row_inode row;
	struct check_inode inode = {.inode = key_get_u64(&at->key, 0)};

	if (!check_row(check, META_INODE, at, &row))
		return 0;
	inode.kind = row.kind;
	inode.links = row.links;
	inode.size = row.size;
	inode.parent = row.parent;
	inode.content = row.content;
	if (inode.inode == 0 || inode.inode >= check->counters.next_inode)
		check_fault(check, "inode %016" PRIx64 " is beyond the next number to give",
		        inode.inode);
	return check_add(&check->inodes, &inode, err) ? 0 : DFS_E_NOMEM;
}

static int visit_dentry(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	uint64_t parent = key_get_u64(&at->key, 0);
	struct check_inode *dir = check_find(&check->inodes, parent), *inode;
	struct proto_row_dentry row;
	int size = (int)at->key.size - 8;
	const char *name = (const char *)at->key.bytes + 8;

	if (!check_row(check, META_DENTRY, at, &row))
		return 0;
	inode = check_find(&check->inodes, row.inode);
	if (!dir || dir->kind != PROTO_KIND_DIR)
		check_fault(check,
		        "name \"%.*s\" stands in inode %016" PRIx64 ", which is no directory", size,
		        name, parent);
	else
		dir->found++;
	if (!inode || inode->kind != row.kind) {
		check_fault(check,
		        "name \"%.*s\" stands for inode %016" PRIx64 ", which is not what it says",
		        size, name, row.inode);
		return 0;
	}
	inode->names++;
	if (inode->kind == PROTO_KIND_DIR && inode->parent != parent)
		check_fault(check,
		        "directory %016" PRIx64 " is named in %016" PRIx64 " but says %016" PRIx64,
		        row.inode, parent, inode->parent);
	return 0;
}

static int visit_doomed(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	uint64_t number = key_get_u64(&at->key, 1);
	struct check_inode *dir = check_find(&check->inodes, number);
	struct check_content content = {.content = number, .doomed = true};

	if (at->key.bytes[0] == DOOMED_CONTENT)
		return check_add(&check->contents, &content, err) ? 0 : DFS_E_NOMEM;
	if (at->key.bytes[0] != DOOMED_DIR || !dir || dir->kind != PROTO_KIND_DIR ||
	        dir->links != 0)
		check_fault(check,
		        "%016" PRIx64 " is to be purged but is no directory without names", number);
	else
		dir->content = UINT64_MAX; /* seen: its lack of names is no fault */
	return 0;
}

static void check_inode(struct check *check, const struct check_inode *inode)
{
	bool dir = inode->kind == PROTO_KIND_DIR;
	bool doomed = dir && inode->content == UINT64_MAX;
	uint32_t names = inode->names + (inode->inode == 1);

	if (names != inode->links)
		check_fault_of(check, META_ABOUT_INODE, inode->inode,
		        "inode %016" PRIx64 " says %u names and has %u", inode->inode, inode->links,
		        names);
	if (names == 0 && !doomed)
		check_fault_of(check, META_ABOUT_INODE, inode->inode,
		        "inode %016" PRIx64 " has no name", inode->inode);
	if (dir && inode->found != inode->size)
		check_fault(check,
		        "directory %016" PRIx64 " says %" PRIu64 " names in it and has %" PRIu64,
		        inode->inode, inode->size, inode->found);
}

/* What waits to be purged is still counted, but for the directories that wait themselves. */
static void check_totals(struct check *check)
{
	uint64_t files = 0, dirs = 0, bytes = 0;

	for (size_t i = 0; i < check->inodes.count; i++) {
		const struct check_inode *inode = (struct check_inode *)check->inodes.items + i;

		if (inode->kind == PROTO_KIND_DIR) {
			dirs += inode->inode != 1 && inode->links > 0;
			continue;
		}
		files++;
		if (inode->kind == PROTO_KIND_FILE)
			bytes += inode->size;
	}
	check->done.add_files = (int64_t)(files - check->counters.files);
	check->done.add_dirs = (int64_t)(dirs - check->counters.dirs);
	check->done.add_bytes = (int64_t)(bytes - check->counters.bytes);
	if (files != check->counters.files || dirs != check->counters.dirs ||
	        bytes != check->counters.bytes)
		check_fault(check,
		        "counted %" PRIu64 " files, %" PRIu64 " directories, %" PRIu64
		        " bytes; found %" PRIu64 ", %" PRIu64 ", %" PRIu64,
		        check->counters.files, check->counters.dirs, check->counters.bytes, files,
		        dirs, bytes);
}
