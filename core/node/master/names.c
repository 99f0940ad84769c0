/* SPDX-License-Identifier: MIT */
/* The namespace: what stat, ls, mkdir, mv and chmod ask. */
#include <string.h>
#include "base/path.h"
#include "node/master/role.h"

static void answer_attr(void *arg, const struct meta_result *result);
static int64_t mtime_or_now(struct request *request, int64_t mtime_ns);

void handle_stat(struct request *request, const void *args)
{
	const struct proto_stat_args *stat = args;
	struct proto_stat_reply reply = {0};
	struct dfs_error err = {0};
	const char *path = request_path(request, stat->path);

	if (!path)
		return;
	if (meta_stat(request->master->meta, path, &request->arena, &reply.attr, &err) != 0)
		request_fail(request, &err);
	else
		request_answer(request, &reply);
}

void handle_list(struct request *request, const void *args)
{
	const struct proto_list_args *list = args;
	struct proto_list_reply reply = {0};
	struct dfs_error err = {0};
	const char *path = request_path(request, list->path);
	uint32_t limit = list->limit > 0 && list->limit < 1000 ? list->limit : 1000;

	if (!path)
		return;
	if (meta_list(request->master->meta, path, list->after, limit, &request->arena, &reply,
	            &err) != 0)
		request_fail(request, &err);
	else
		request_answer(request, &reply);
}

void handle_mkdir(struct request *request, const void *args)
{
	const struct proto_mkdir_args *mkdir = args;
	struct proto_op op = {.kind = PROTO_OP_MKDIR};

	op.mkdir.path = request_path(request, mkdir->path);
	if (!op.mkdir.path)
		return;
	op.mkdir.mode = mkdir->mode & 07777;
	op.mkdir.parents = mkdir->parents;
	op.mkdir.mtime_ns = mtime_or_now(request, mkdir->mtime_ns);
	op.mkdir.uid = mkdir->uid;
	op.mkdir.gid = mkdir->gid;
	request_submit(request, &op, answer_attr);
}

void handle_create(struct request *request, const void *args)
{
	const struct proto_create_args *create = args;
	struct proto_op op = {.kind = PROTO_OP_CREATE};
	struct file_request file = {.size_bytes = UINT64_MAX};
	struct master *master = request->master;

	op.create.path = request_path(request, create->path);
	if (!op.create.path)
		return;
	file.path = op.create.path;
	file.nodes = cluster_nodes_staying(master->cluster);
	op.create.mode = create->mode & 07777;
	op.create.mtime_ns = mtime_or_now(request, create->mtime_ns);
	op.create.uid = create->uid;
	op.create.gid = create->gid;
	op.create.goal = policies_goal(master->options.policies, &file);
	op.create.chunk_size = policies_chunk_size(master->options.policies, &file);
	request_submit(request, &op, answer_attr);
}

void handle_symlink(struct request *request, const void *args)
{
	const struct proto_symlink_args *symlink = args;
	struct proto_op op = {.kind = PROTO_OP_SYMLINK};

	op.symlink.path = request_path(request, symlink->path);
	if (!op.symlink.path)
		return;
	if (symlink->target[0] == '\0') {
		request_refuse(request, DFS_E_INVAL, "a symbolic link needs a target");
		return;
	}
	op.symlink.target = symlink->target;
	op.symlink.mtime_ns = mtime_or_now(request, symlink->mtime_ns);
	op.symlink.uid = symlink->uid;
	op.symlink.gid = symlink->gid;
	request_submit(request, &op, answer_attr);
}

void handle_rename(struct request *request, const void *args)
{
	const struct proto_rename_args *rename = args;
	struct proto_op op = {.kind = PROTO_OP_RENAME};

	op.rename.path = request_path(request, rename->path);
	if (!op.rename.path)
		return;
	op.rename.to = request_path(request, rename->to);
	if (!op.rename.to)
		return;
	op.rename.no_replace = rename->no_replace;
	request_submit(request, &op, answer_attr);
}

void handle_setattr(struct request *request, const void *args)
{
	const struct proto_setattr_args *set = args;
	struct proto_op op = {.kind = PROTO_OP_SETATTR};

	op.setattr.path = request_path(request, set->path);
	if (!op.setattr.path)
		return;
	op.setattr.set_mode = set->set_mode;
	op.setattr.mode = set->mode & 07777;
	op.setattr.set_owner = set->set_owner;
	op.setattr.uid = set->uid;
	op.setattr.gid = set->gid;
	op.setattr.set_mtime = set->set_mtime;
	op.setattr.mtime_ns = set->mtime_ns;
	request_submit(request, &op, answer_attr);
}

const char *request_path(struct request *request, const char *path)
{
	struct buf *buf = &request->master->path;
	const char *text = NULL;
	struct dfs_error err;

	if (path_normalize(path, buf, &err) != 0)
		request_fail(request, &err);
	else if (!path_in_tree(buf->data, request->token.prefix))
		request_refuse(request, DFS_E_PERM, "this token is good below %s only",
		        request->token.prefix);
	else if (!(text = arena_text(&request->arena, buf->data, buf->size)))
		request_refuse(request, DFS_E_NOMEM, "out of memory");
	return text;
}

void request_submit(struct request *request, const struct proto_op *op, meta_done *done)
{
	meta_submit(request->master->meta, op, request->client, request->sequence, done, request);
}

/* mkdir, create, symlink, rename and setattr share one shape of reply: { attr }. */
static void answer_attr(void *arg, const struct meta_result *result)
{
	struct request *request = arg;
	struct proto_mkdir_reply reply = {.attr = result->attr};

	if (result->code != 0)
		request_fail(request, &result->err);
	else
		request_answer(request, &reply);
}

bool path_in_tree(const char *path, const char *prefix)
{
	size_t size = strlen(prefix);

	while (size > 0 && prefix[size - 1] == '/')
		size--;
	return size == 0 ||
	       (strncmp(path, prefix, size) == 0 && (path[size] == '/' || path[size] == '\0'));
}

static int64_t mtime_or_now(struct request *request, int64_t mtime_ns)
{
	return mtime_ns ? mtime_ns : io_wall_ms(request->master->io) * 1000000;
}
