/* SPDX-License-Identifier: MIT */
/* The namespace for C programs, and dfs_call, which reaches every call of the protocol by name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "node/libdfs/handle.h"

static void fill_attr(struct dfs_attr *ret, const struct proto_attr *attr);
static void take_attr(void *arg, const void *reply);

int dfs_stat(struct dfs *dfs, const char *path, struct dfs_attr *ret, struct dfs_error *err)
{
	struct proto_stat_args args = {.path = path};

	return handle_call(dfs, PROTO_CALL_STAT, &args, take_attr, ret, err);
}

struct listing {
	int (*each)(void *arg, const struct dfs_attr *attr);
	void *arg;
	int stopped;
	char after[256];
	bool more;
};

static void take_page(void *arg, const void *reply)
{
	struct listing *listing = arg;
	const struct proto_list_reply *page = reply;
	struct dfs_attr attr;

	listing->more = page->more;
	for (size_t i = 0; i < page->entries_count && listing->stopped == 0; i++) {
		fill_attr(&attr, &page->entries[i]);
		snprintf(listing->after, sizeof(listing->after), "%s", attr.name);
		listing->stopped = listing->each(listing->arg, &attr);
	}
}

int dfs_list(struct dfs *dfs, const char *path, int (*each)(void *arg, const struct dfs_attr *attr),
        void *arg, struct dfs_error *err)
{
	struct listing listing = {.each = each, .arg = arg};
	int code;

	do {
		struct proto_list_args args = {.path = path, .after = listing.after, .limit = 1000};

		listing.more = false;
		code = handle_call(dfs, PROTO_CALL_LIST, &args, take_page, &listing, err);
	} while (code == 0 && listing.stopped == 0 && listing.more);
	return code != 0 ? code : listing.stopped;
}

int dfs_mkdir(struct dfs *dfs, const char *path, uint32_t mode, bool parents, struct dfs_error *err)
{
	struct proto_mkdir_args args = {.path = path, .mode = mode, .parents = parents};

	return handle_call(dfs, PROTO_CALL_MKDIR, &args, NULL, NULL, err);
}

int dfs_remove(struct dfs *dfs, const char *path, bool recursive, struct dfs_error *err)
{
	struct proto_remove_args args = {.path = path, .recursive = recursive};

	return handle_call(dfs, PROTO_CALL_REMOVE, &args, NULL, NULL, err);
}

int dfs_rename(struct dfs *dfs, const char *from, const char *to, struct dfs_error *err)
{
	struct proto_rename_args args = {.path = from, .to = to};

	return handle_call(dfs, PROTO_CALL_RENAME, &args, NULL, NULL, err);
}

struct by_name {
	const struct proto_call_info *info;
	struct buf json;
};

static void take_json(void *arg, const void *reply)
{
	struct by_name *call = arg;

	call->info->reply_encode(reply, &call->json);
}

int dfs_call(struct dfs *dfs, const char *name, const char *args, char **ret_reply,
        struct dfs_error *err)
{
	enum proto_call which = proto_call_find(name);
	struct by_name call = {0};
	struct arena arena = {0};
	void *decoded;
	int code;

	if (which == PROTO_CALL_NONE)
		return error_set(
		        err, DFS_E_INVAL, "there is no call \"%.64s\" (docs/protocol.md)", name);
	call.info = proto_call_info(which);
	decoded = arena_alloc(&arena, call.info->args_size + 1);
	code = decoded ? call.info->args_decode(&arena, args, strlen(args), decoded, err)
	               : error_set(err, DFS_E_NOMEM, "out of memory");
	if (code == 0)
		code = handle_call(dfs, which, decoded, take_json, &call, err);
	arena_fini(&arena);
	if (code == 0 && (call.json.failed || !call.json.data))
		code = error_set(err, DFS_E_NOMEM, "out of memory");
	if (code != 0) {
		buf_fini(&call.json);
		return code;
	}
	*ret_reply = call.json.data; /* the caller's: buf owns nothing else */
	return 0;
}

static void take_attr(void *arg, const void *reply)
{
	const struct proto_stat_reply *got = reply;

	fill_attr(arg, &got->attr);
}

static void fill_attr(struct dfs_attr *ret, const struct proto_attr *attr)
{
	ret->kind = (enum dfs_kind)attr->kind;
	ret->inode = attr->inode;
	ret->generation = attr->generation;
	ret->size = attr->size;
	ret->chunk_size = attr->chunk_size;
	ret->mode = attr->mode;
	ret->uid = attr->uid;
	ret->gid = attr->gid;
	ret->goal = attr->goal;
	ret->links = attr->links;
	ret->mtime_ns = attr->mtime_ns;
	snprintf(ret->name, sizeof(ret->name), "%s", attr->name);
}
