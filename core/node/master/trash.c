/* SPDX-License-Identifier: MIT */
/*
 * The trash as users see it (RULES 14): rm moves there, undelete brings back, and it is listed and
 * emptied. How long a name stays is asked of the policy when it is removed, and stands in the
 * operation (RULES 19). A token that is good for a tree sees what came from that tree (RULES 33).
 */
#include <string.h>
#include "node/master/role.h"

enum {
	LIST_MAX = 1000,
	LOOK_MAX = 10000, /* entries looked at for one call: most may be another tree's */
	EMPTY_MAX = 1000,
	EMPTY_ROWS = 2000,
};

/* One page of the trash: what a list or an emptying wants of it. */
struct page {
	struct request *request;
	const char *path;          /* what stood there or below; NULL: anything */
	uint64_t after, before_ms; /* removed before that, by the living time */
	uint64_t looked, next;
	size_t max;
	bool full, failed;
	struct proto_trashed *entries; /* of a list */
	uint64_t *numbers;             /* of an emptying */
	size_t count;
};

static uint64_t keep_of(struct request *request, const char *path);
static void removed(void *arg, const struct meta_result *result);
static void undeleted(void *arg, const struct meta_result *result);
static bool page_begin(
        struct request *request, const char *path, uint64_t after, size_t max, struct page *ret);
static int page_look(struct page *page);
static int look(void *arg, uint64_t entry, const struct proto_row_trash *row);
static bool list_entry(struct page *page, uint64_t entry, const struct proto_row_trash *row);
static void empty_one(struct request *request, uint64_t entry);
static void empty_page(struct request *request, struct page *page);
static void emptied(void *arg, const struct meta_result *result);

/* Only `directory` (rmdir) and `now` free at once: an empty directory is soon made again. */
void handle_remove(struct request *request, const void *args)
{
	const struct proto_remove_args *remove = args;
	const char *path = request_path(request, remove->path);
	struct proto_op op = {.kind = PROTO_OP_REMOVE};

	if (!path)
		return;
	request->keep_ms = remove->now || remove->directory ? 0 : keep_of(request, path);
	if (request->keep_ms > 0) {
		op.kind = PROTO_OP_TRASH_MOVE;
		op.trash_move.path = path;
		op.trash_move.recursive = remove->recursive;
		op.trash_move.living_ms = sweeper_living_ms(request->master);
		op.trash_move.keep_ms = request->keep_ms;
		op.trash_move.by = remove->by;
	} else {
		op.remove.path = path;
		op.remove.recursive = remove->recursive;
		op.remove.directory = remove->directory;
	}
	request_submit(request, &op, removed);
}

void handle_undelete(struct request *request, const void *args)
{
	const struct proto_undelete_args *undelete = args;
	struct proto_op op = {.kind = PROTO_OP_UNDELETE};

	op.undelete.path = request_path(request, undelete->path);
	if (!op.undelete.path)
		return;
	op.undelete.to = "";
	if (undelete->to[0])
		op.undelete.to = request_path(request, undelete->to);
	if (!op.undelete.to)
		return;
	op.undelete.entry = undelete->entry;
	request_submit(request, &op, undeleted);
}

void handle_trash_list(struct request *request, const void *args)
{
	const struct proto_trash_list_args *list = args;
	struct proto_trash_list_reply reply = {0};
	struct page page;
	int code;

	if (!page_begin(request, list->path, list->after,
	            list->limit > 0 && list->limit < LIST_MAX ? list->limit : LIST_MAX, &page))
		return;
	page.entries = arena_alloc(&request->arena, page.max * sizeof(*page.entries));
	code = page.entries ? page_look(&page) : DFS_E_NOMEM;
	if (code != 0) {
		request_refuse(request, code, "reading the trash: %s", dfs_error_text(code));
		return;
	}
	reply.entries = page.entries;
	reply.entries_count = page.count;
	reply.more = page.full;
	reply.next = page.next;
	request_answer(request, &reply);
}

void handle_trash_empty(struct request *request, const void *args)
{
	const struct proto_trash_empty_args *empty = args;
	uint64_t living_ms = sweeper_living_ms(request->master);
	struct page *page;
	int code;

	if (empty->entry) {
		empty_one(request, empty->entry);
		return;
	}
	page = arena_alloc(&request->arena, sizeof(*page));
	if (!page) {
		request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
		return;
	}
	if (!page_begin(request, empty->path, empty->after, EMPTY_MAX, page))
		return;
	if (empty->older_ms)
		page->before_ms = empty->older_ms < living_ms ? living_ms - empty->older_ms : 0;
	page->numbers = arena_alloc(&request->arena, EMPTY_MAX * sizeof(*page->numbers));
	code = page->numbers ? page_look(page) : DFS_E_NOMEM;
	if (code != 0)
		request_refuse(request, code, "reading the trash: %s", dfs_error_text(code));
	else
		empty_page(request, page);
}

/* A path that is not there any more may be a repeat, which the operation knows (RULES 17). */
static uint64_t keep_of(struct request *request, const char *path)
{
	struct master *master = request->master;
	struct retain_request retain = {
	        .path = path,
	        .kind = "file",
	        .size_bytes = UINT64_MAX,
	        .default_ms =
	                master->options.retain_ms == RETAIN_NONE ? 0 : master->options.retain_ms,
	};
	struct proto_attr attr;

	if (meta_stat(master->meta, path, &request->arena, &attr, NULL) == 0) {
		retain.kind = proto_kind_name(attr.kind);
		if (attr.kind != PROTO_KIND_DIR)
			retain.size_bytes = attr.size;
	}
	return policies_retain(master->options.policies, &retain);
}

static void removed(void *arg, const struct meta_result *result)
{
	struct request *request = arg;
	struct proto_remove_reply reply = {.attr = result->attr, .left_ms = request->keep_ms};

	if (result->code != 0) {
		request_fail(request, &result->err);
		return;
	}
	if (request->keep_ms > 0)
		reply.entry = result->operation;
	request_answer(request, &reply);
}

static void undeleted(void *arg, const struct meta_result *result)
{
	struct request *request = arg;
	struct proto_undelete_reply reply = {.attr = result->attr};

	if (result->code != 0)
		request_fail(request, &result->err);
	else
		request_answer(request, &reply);
}

/* ---- pages ---- */

static bool page_begin(
        struct request *request, const char *path, uint64_t after, size_t max, struct page *ret)
{
	*ret = (struct page){.request = request,
	        .after = after,
	        .next = after,
	        .before_ms = UINT64_MAX,
	        .max = max};
	if (!path || !path[0])
		return true;
	ret->path = request_path(request, path);
	return ret->path != NULL;
}

static int page_look(struct page *page)
{
	int code = meta_each_trash(page->request->master->meta, page->after, LOOK_MAX, look, page);

	page->full = page->full || page->looked == LOOK_MAX;
	return page->failed ? DFS_E_NOMEM : code;
}

static int look(void *arg, uint64_t entry, const struct proto_row_trash *row)
{
	struct page *page = arg;

	if (page->count == page->max) {
		page->full = true;
		return 1;
	}
	page->looked++;
	page->next = entry;
	if (!path_in_tree(row->path, page->request->token.prefix) ||
	        (page->path && !path_in_tree(row->path, page->path)) ||
	        row->living_ms > page->before_ms)
		return 0;
	if (page->numbers)
		page->numbers[page->count] = entry;
	else if (!list_entry(page, entry, row))
		return 1;
	page->count++;
	return 0;
}

static bool list_entry(struct page *page, uint64_t entry, const struct proto_row_trash *row)
{
	struct request *request = page->request;
	uint64_t living_ms = sweeper_living_ms(request->master);
	uint64_t goes_ms = row->living_ms + row->keep_ms;

	page->entries[page->count] = (struct proto_trashed){
	        .entry = entry,
	        .path = arena_text(&request->arena, row->path, strlen(row->path)),
	        .kind = row->kind,
	        .inode = row->inode,
	        .time_ms = row->time_ms,
	        .by = arena_text(&request->arena, row->by, strlen(row->by)),
	        .left_ms = goes_ms > living_ms ? goes_ms - living_ms : 0,
	        .counted = row->counted,
	        .files = row->files,
	        .dirs = row->dirs,
	        .bytes = row->bytes,
	};
	page->failed = !page->entries[page->count].path || !page->entries[page->count].by;
	return !page->failed;
}

/* ---- emptying ---- */

/* Whether it is there the operation finds out, which knows a repeat too (RULES 17). */
static void empty_one(struct request *request, uint64_t entry)
{
	struct page *page = arena_alloc(&request->arena, sizeof(*page));
	struct proto_row_trash row;
	struct dfs_error err = {0};
	int code = page ? meta_trash(request->master->meta, entry, &request->arena, &row, &err)
	                : DFS_E_NOMEM;

	if (code != 0 && code != DFS_E_NOENT) {
		request_refuse(request, code, "reading the trash: %s", dfs_error_text(code));
		return;
	}
	/* Of another tree: as good as not there (RULES 33). */
	if (code == 0 && !path_in_tree(row.path, request->token.prefix)) {
		request_refuse(request, DFS_E_NOENT, "%llu is not in the trash (dfs trash ls)",
		        (unsigned long long)entry);
		return;
	}
	*page = (struct page){
	        .request = request, .numbers = &page->next, .count = 1, .next = entry};
	empty_page(request, page);
}

static void empty_page(struct request *request, struct page *page)
{
	struct proto_op op = {.kind = PROTO_OP_TRASH_DROP};
	struct proto_trash_empty_reply reply = {.more = page->full, .next = page->next};

	if (page->count == 0) {
		request_answer(request, &reply);
		return;
	}
	request->work = page;
	op.trash_drop.entries = page->numbers;
	op.trash_drop.entries_count = page->count;
	op.trash_drop.rows = EMPTY_ROWS;
	request_submit(request, &op, emptied);
}

/* Where the step was too short for all of them, the caller begins again where this one began. */
static void emptied(void *arg, const struct meta_result *result)
{
	struct request *request = arg;
	struct page *page = request->work;
	bool all = result->value >= page->count;
	struct proto_trash_empty_reply reply = {
	        .freed = result->value,
	        .more = page->full || !all,
	        .next = all ? page->next : page->after,
	};

	if (result->code != 0)
		request_fail(request, &result->err);
	else
		request_answer(request, &reply);
}
