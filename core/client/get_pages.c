/* SPDX-License-Identifier: MIT */
/* Extents of the file that is read: pages of them, of one state (RULES 9), without gap or overlap.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "client/client_parts.h"
#include "client/get.h"

static void located(void *what, int code, const struct dfs_error *err, const void *reply);

struct get_page *page_make(const struct proto_locate_reply *reply)
{
	struct get_page *page = calloc(1, sizeof(*page));

	if (!page)
		return NULL;
	page->users = 1;
	if (proto_shape_copy(&proto_locate_reply_shape, &page->arena, reply, &page->reply) == 0)
		return page;
	page_unref(page);
	return NULL;
}

void page_unref(struct get_page *page)
{
	if (!page || --page->users > 0)
		return;
	arena_fini(&page->arena);
	free(page);
}

static size_t pages_left(const struct get *get)
{
	size_t count = 0;

	for (const struct get_page *page = get->pages; page; page = page->after)
		count += page->reply.extents_count - page->next;
	return count;
}

void pages_ask(struct get *get)
{
	struct proto_locate_args args = PROTO_LOCATE_ARGS_INIT;

	if (get->locating || (get->known && get->located >= get->end))
		return;
	if (pages_left(get) > get->job.client->parallel)
		return;
	if (get->known) {
		args.inode = get->inode;
		args.generation = get->generation;
		args.offset = get->located;
	} else {
		args.path = get->path;
		args.offset = get->offset;
	}
	get->locating = true;
	job_call(&get->job, PROTO_CALL_LOCATE, &args, located, get);
}

static int file_known(struct get *get, const struct proto_attr *attr, struct dfs_error *err)
{
	if (attr->kind == PROTO_KIND_DIR)
		return error_set(err, DFS_E_ISDIR, "%.300s is a directory", get->path);
	if (attr->kind != PROTO_KIND_FILE)
		return error_set(err, DFS_E_INVAL, "%.300s is a symbolic link, to %.100s",
		        get->path, attr->target);
	get->known = true;
	get->inode = attr->inode;
	get->generation = attr->generation;
	get->start = get->offset < attr->size ? get->offset : attr->size;
	get->end = get->length < attr->size - get->start ? get->start + get->length : attr->size;
	get->planned = get->next_write = get->located = get->start;
	get->job.total = get->end - get->start;
	get->job.transfer.size = attr->size;
	get->job.transfer.generation = attr->generation;
	get->job.transfer.mode = attr->mode;
	get->job.transfer.mtime_ns = attr->mtime_ns;
	get->job.transfer.goal = attr->goal;
	return 0;
}

/* The page begins where the last one ended, and each extent where the one before ended. */
static int page_check(struct get *get, const struct proto_locate_reply *page, struct dfs_error *err)
{
	uint64_t at = get->located;

	for (size_t i = 0; i < page->extents_count; i++) {
		const struct proto_located *extent = &page->extents[i];
		bool fits = i == 0 ? extent->offset <= at : extent->offset == at;

		if (!fits || extent->length == 0 || extent->length > UINT64_MAX / 4 ||
		        extent->offset > UINT64_MAX / 4 || extent->offset + extent->length <= at ||
		        extent->chunk_offset > UINT64_MAX / 4)
			return error_set(err, DFS_E_CORRUPT,
			        "%.200s: the master's extents do not join at byte %" PRIu64,
			        get->path, at);
		at = extent->offset + extent->length;
	}
	if (at < get->end && (page->extents_count == 0 || !page->more))
		return error_set(err, DFS_E_CORRUPT,
		        "%.200s: the master knows no extent for byte %" PRIu64 " of %" PRIu64,
		        get->path, at, get->job.transfer.size);
	get->located = at;
	return 0;
}

static int page_add(struct get *get, const struct proto_locate_reply *reply, struct dfs_error *err)
{
	struct get_page **end = &get->pages;

	if (reply->extents_count == 0)
		return 0;
	while (*end)
		end = &(*end)->after;
	*end = page_make(reply);
	return *end ? 0 : error_set(err, DFS_E_NOMEM, "out of memory for extents");
}

static void located(void *what, int code, const struct dfs_error *err, const void *reply)
{
	struct get *get = what;
	const struct proto_locate_reply *page = reply;
	struct dfs_error mine = {0};

	get->locating = false;
	if (get->failed.code != 0)
		return;
	if (code == DFS_E_CHANGED ||
	        (code == 0 && get->known && page->attr.generation != get->generation)) {
		get_changed(get);
		return;
	}
	if (code != 0)
		mine = *err;
	else if (!get->known)
		code = file_known(get, &page->attr, &mine);
	if (code == 0)
		code = page_check(get, page, &mine);
	if (code == 0)
		code = page_add(get, page, &mine);
	if (code != 0)
		get_fail(get, code, mine.text);
	else
		get_run(get);
}

bool pages_take(struct get *get, struct get_page **ret_page,
        const struct proto_located **ret_extent, uint64_t *ret_from, uint64_t *ret_to)
{
	struct get_page *page = get->pages;
	const struct proto_located *extent;
	uint64_t end;

	if (!page || get->planned >= get->end)
		return false;
	assert(page->next < page->reply.extents_count);
	extent = &page->reply.extents[page->next++];
	page->users++;
	if (page->next == page->reply.extents_count) {
		get->pages = page->after;
		page_unref(page);
	}
	end = extent->offset + extent->length;
	*ret_page = page;
	*ret_extent = extent;
	*ret_from = get->planned;
	*ret_to = end < get->end ? end : get->end;
	get->planned = *ret_to;
	return true;
}

void pages_clear(struct get *get)
{
	while (get->pages) {
		struct get_page *page = get->pages;

		get->pages = page->after;
		page_unref(page);
	}
	get->locating = false;
}
