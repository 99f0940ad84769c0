/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct found {
	struct model_node *parent, *node;
	char name[16];
	const char *rest; /* past the first missing name */
};

static struct model_node *child(const struct model_node *dir, const char *name)
{
	for (struct model_node *node = dir->children; node; node = node->next)
		if (strcmp(node->name, name) == 0)
			return node;
	return NULL;
}

/* 0 with the last name or the first missing one; NOTDIR. */
static int find(struct model *model, const char *path, struct found *ret)
{
	struct found found = {NULL, model->root, "", ""};

	while (*path) {
		size_t size = strcspn(path + 1, "/");

		if (!found.node) {
			found.rest = path;
			break;
		}
		if (found.node->kind != PROTO_KIND_DIR)
			return DFS_E_NOTDIR;
		snprintf(found.name, sizeof(found.name), "%.*s", (int)size, path + 1);
		found.parent = found.node;
		found.node = child(found.parent, found.name);
		path += 1 + size;
	}
	*ret = found;
	return 0;
}

static int find_last(struct model *model, const char *path, struct found *ret)
{
	int rc = find(model, path, ret);

	return rc == 0 && *ret->rest ? DFS_E_NOENT : rc;
}

static struct model_node *add(
        struct model_node *parent, const char *name, enum proto_kind kind, uint32_t mode)
{
	struct model_node *node = calloc(1, sizeof(*node));

	snprintf(node->name, sizeof(node->name), "%s", name);
	node->parent = parent;
	node->kind = kind;
	node->mode = mode;
	node->generation = 1;
	node->next = parent->children;
	parent->children = node;
	return node;
}

static void unlink_node(struct model_node *node)
{
	struct model_node **at = &node->parent->children;

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	node->next = NULL;
	node->parent = NULL;
}

static void bury(struct model *model, struct model_node *node)
{
	unlink_node(node);
	node->next = model->graves;
	model->graves = node;
}

static bool below(const struct model_node *node, const struct model_node *ancestor)
{
	for (; node; node = node->parent)
		if (node == ancestor)
			return true;
	return false;
}

void model_init(struct model *model)
{
	*model = (struct model){.root = calloc(1, sizeof(struct model_node))};
	model->root->kind = PROTO_KIND_DIR;
	model->root->mode = 0755;
	model->root->generation = 1;
}

static void node_free(struct model_node *node)
{
	while (node) {
		struct model_node *next = node->next;

		node_free(node->children);
		free(node);
		node = next;
	}
}

void model_fini(struct model *model)
{
	for (struct model_trash *entry; (entry = model->trash); free(entry)) {
		model->trash = entry->next;
		node_free(entry->node);
	}
	node_free(model->root);
	node_free(model->graves);
}

struct model_session *model_session(struct model *model, uint64_t session)
{
	for (int i = 0; i < MODEL_SESSIONS; i++)
		if (model->sessions[i].session == session)
			return &model->sessions[i];
	return NULL;
}

void model_count(const struct model_node *node, uint64_t *files, uint64_t *dirs, uint64_t *bytes)
{
	for (const struct model_node *at = node->children; at; at = at->next) {
		*files += at->kind != PROTO_KIND_DIR;
		*dirs += at->kind == PROTO_KIND_DIR;
		*bytes += at->kind == PROTO_KIND_FILE ? at->size : 0;
		model_count(at, files, dirs, bytes);
	}
}

void model_count_all(
        const struct model_node *node, uint64_t *files, uint64_t *dirs, uint64_t *bytes)
{
	*files += node->kind != PROTO_KIND_DIR;
	*dirs += node->kind == PROTO_KIND_DIR;
	*bytes += node->kind == PROTO_KIND_FILE ? node->size : 0;
	model_count(node, files, dirs, bytes);
}

struct model_trash *model_trash_ticket(struct model *model, uint64_t ticket)
{
	struct model_trash *entry = model->trash;

	while (entry && entry->ticket != ticket)
		entry = entry->next;
	return entry;
}

struct model_trash *model_trash_number(struct model *model, uint64_t number)
{
	struct model_trash *entry = number ? model->trash : NULL; /* 0: not yet told */

	while (entry && entry->number != number)
		entry = entry->next;
	return entry;
}

static int make_dir(struct model *model, const struct proto_op_mkdir *args)
{
	struct found found;
	int rc = args->parents ? find(model, args->path, &found)
	                       : find_last(model, args->path, &found);

	if (rc != 0)
		return rc;
	if (found.node)
		return args->parents && found.node->kind == PROTO_KIND_DIR ? 0 : DFS_E_EXIST;
	found.parent = add(found.parent, found.name, PROTO_KIND_DIR, args->mode);
	while (*found.rest) {
		char name[16];
		size_t size = strcspn(found.rest + 1, "/");

		snprintf(name, sizeof(name), "%.*s", (int)size, found.rest + 1);
		found.parent = add(found.parent, name, PROTO_KIND_DIR, args->mode);
		found.rest += 1 + size;
	}
	return 0;
}

static int make_leaf(struct model *model, const char *path, enum proto_kind kind, uint32_t mode,
        const char *target)
{
	struct found found;
	struct model_node *node;
	int rc = find_last(model, path, &found);

	if (rc != 0)
		return rc;
	if (found.node)
		return DFS_E_EXIST;
	node = add(found.parent, found.name, kind, mode);
	snprintf(node->target, sizeof(node->target), "%s", target);
	node->size = strlen(target);
	return 0;
}

static int remove_name(struct model *model, const struct proto_op_remove *args)
{
	struct found found;
	int rc = find_last(model, args->path, &found);

	if (rc != 0)
		return rc;
	if (!found.node)
		return DFS_E_NOENT;
	if (found.node->kind != PROTO_KIND_DIR && args->directory)
		return DFS_E_NOTDIR;
	if (found.node->kind == PROTO_KIND_DIR && !args->recursive && !args->directory)
		return DFS_E_ISDIR;
	if (found.node->kind == PROTO_KIND_DIR && !args->recursive && found.node->children)
		return DFS_E_NOTEMPTY;
	bury(model, found.node);
	return 0;
}

static void lived(struct model *model, uint64_t living_ms)
{
	if (living_ms > model->living_ms)
		model->living_ms = living_ms;
}

static int throw_away(struct model *model, const struct proto_op_trash_move *args)
{
	struct model_trash *entry;
	struct found found;
	int rc = find_last(model, args->path, &found);

	if (rc != 0)
		return rc;
	if (!found.node)
		return DFS_E_NOENT;
	if (found.node->kind == PROTO_KIND_DIR && !args->recursive)
		return DFS_E_ISDIR;
	if (args->keep_ms == 0)
		return DFS_E_INVAL;
	lived(model, args->living_ms);
	entry = calloc(1, sizeof(*entry));
	snprintf(entry->path, sizeof(entry->path), "%s", args->path);
	entry->node = found.node;
	entry->ticket = ++model->tickets;
	entry->goes_ms = model->living_ms + args->keep_ms;
	unlink_node(found.node);
	entry->next = model->trash;
	model->trash = entry;
	return 0;
}

/* Off the list; the node is the caller's. */
static struct model_node *take_out(struct model *model, struct model_trash *entry)
{
	struct model_trash **at = &model->trash;
	struct model_node *node = entry->node;

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	free(entry);
	return node;
}

static int bring_back(struct model *model, const struct proto_op_undelete *args)
{
	struct model_trash *entry = model->trash;
	struct model_node *node;
	struct found found;
	int rc;

	while (entry && (strcmp(entry->path, args->path) != 0 ||
	                        (args->entry && entry->number != args->entry)))
		entry = entry->next;
	if (!entry)
		return DFS_E_NOENT;
	rc = find_last(model, *args->to ? args->to : args->path, &found);
	if (rc != 0)
		return rc;
	if (found.node)
		return DFS_E_EXIST;
	node = take_out(model, entry);
	snprintf(node->name, sizeof(node->name), "%s", found.name);
	node->parent = found.parent;
	node->next = found.parent->children;
	found.parent->children = node;
	return 0;
}

static int drop(struct model *model, const struct proto_op_trash_drop *args)
{
	if (args->entries_count == 1 && args->living_ms == 0 &&
	        !model_trash_number(model, args->entries[0]))
		return DFS_E_NOENT;
	lived(model, args->living_ms);
	for (size_t i = 0; i < args->entries_count; i++) {
		struct model_trash *entry = model_trash_number(model, args->entries[i]);
		struct model_node *node;

		if (!entry || (args->living_ms && entry->goes_ms > args->living_ms))
			continue;
		node = take_out(model, entry);
		node->next = model->graves;
		model->graves = node;
	}
	return 0;
}

static int rename_name(struct model *model, const struct proto_op_rename *args)
{
	struct found from, to;
	int rc = find_last(model, args->path, &from);

	if (rc == 0 && !from.node)
		rc = DFS_E_NOENT;
	if (rc == 0)
		rc = find_last(model, args->to, &to);
	if (rc != 0)
		return rc;
	if (to.node && args->no_replace)
		return DFS_E_EXIST;
	if (below(to.parent, from.node))
		return DFS_E_INVAL;
	if (to.node == from.node)
		return 0;
	if (to.node && to.node->kind == PROTO_KIND_DIR && from.node->kind != PROTO_KIND_DIR)
		return DFS_E_ISDIR;
	if (to.node && to.node->kind != PROTO_KIND_DIR && from.node->kind == PROTO_KIND_DIR)
		return DFS_E_NOTDIR;
	if (to.node && to.node->children)
		return DFS_E_NOTEMPTY;
	if (to.node)
		bury(model, to.node);
	unlink_node(from.node);
	snprintf(from.node->name, sizeof(from.node->name), "%s", to.name);
	from.node->parent = to.parent;
	from.node->next = to.parent->children;
	to.parent->children = from.node;
	return 0;
}

static int set_mode(struct model *model, const struct proto_op_setattr *args)
{
	struct found found;
	int rc = find_last(model, args->path, &found);

	if (rc == 0 && !found.node)
		rc = DFS_E_NOENT;
	if (rc == 0)
		found.node->mode = args->mode;
	return rc;
}

static int target_code(const struct model_node *node, bool no_replace)
{
	if (!node)
		return 0;
	if (node->kind == PROTO_KIND_DIR)
		return DFS_E_ISDIR;
	return no_replace || node->kind == PROTO_KIND_SYMLINK ? DFS_E_EXIST : 0;
}

static int begin(struct model *model, const struct proto_op_session_begin *args)
{
	struct found found;
	struct model_session *session = model_session(model, 0);
	int rc = find_last(model, args->path, &found);

	if (rc == 0)
		rc = target_code(found.node, args->no_replace);
	if (rc != 0)
		return rc;
	assert(session && args->chunks_count <= MODEL_SESSION_CHUNKS);
	*session = (struct model_session){
	        .session = args->session, .parent = found.parent, .no_replace = args->no_replace};
	snprintf(session->name, sizeof(session->name), "%s", found.name);
	for (size_t i = 0; i < args->chunks_count; i++)
		session->chunks[session->chunks_count++] = args->chunks[i].chunk;
	return 0;
}

static int extents_code(
        const struct model_session *session, const struct proto_extent_new *extents, size_t count)
{
	uint64_t at = session->staged;

	for (size_t i = 0; i < count; i++) {
		unsigned c = 0;

		while (c < session->chunks_count && session->chunks[c] != extents[i].chunk)
			c++;
		if (extents[i].offset != at || c == session->chunks_count)
			return DFS_E_INVAL;
		at += extents[i].length;
	}
	return 0;
}

static void extents_take(
        struct model_session *session, const struct proto_extent_new *extents, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (unsigned c = 0; c < session->chunks_count; c++)
			if (session->chunks[c] == extents[i].chunk)
				session->filled[c] += extents[i].length;
}

static uint64_t extents_bytes(const struct proto_extent_new *extents, size_t count)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += extents[i].length;
	return bytes;
}

static int stage(struct model *model, const struct proto_op_stage *args)
{
	struct model_session *session = model_session(model, args->session);
	int rc =
	        session ? extents_code(session, args->extents, args->extents_count) : DFS_E_EXPIRED;

	if (rc != 0)
		return rc;
	session->staged += extents_bytes(args->extents, args->extents_count);
	extents_take(session, args->extents, args->extents_count);
	return 0;
}

static int commit(struct model *model, const struct proto_op_commit *args)
{
	struct model_session *session = model_session(model, args->session);
	struct model_node *node;
	int rc =
	        session ? extents_code(session, args->extents, args->extents_count) : DFS_E_EXPIRED;

	if (rc == 0 &&
	        session->staged + extents_bytes(args->extents, args->extents_count) != args->size)
		rc = DFS_E_INVAL;
	if (rc == 0 && !below(session->parent, model->root))
		rc = DFS_E_NOENT;
	if (rc != 0)
		return rc;
	node = child(session->parent, session->name);
	rc = target_code(node, session->no_replace);
	if (rc != 0)
		return rc;
	extents_take(session, args->extents, args->extents_count);
	if (!node) {
		node = add(session->parent, session->name, PROTO_KIND_FILE, 0);
		node->generation = 0;
	}
	node->generation++;
	node->size = args->size;
	node->mode = args->mode;
	node->chunks = 0;
	for (unsigned c = 0; c < session->chunks_count; c++)
		node->chunks += session->filled[c] > 0;
	session->session = 0;
	return 0;
}

static int end(struct model *model, uint64_t number)
{
	struct model_session *session = model_session(model, number);

	if (!session)
		return DFS_E_EXPIRED;
	session->session = 0;
	return 0;
}

int model_apply(struct model *model, const struct proto_op *op)
{
	switch (op->kind) {
	case PROTO_OP_MKDIR:
		return make_dir(model, &op->mkdir);
	case PROTO_OP_CREATE:
		return make_leaf(model, op->create.path, PROTO_KIND_FILE, op->create.mode, "");
	case PROTO_OP_SYMLINK:
		return make_leaf(
		        model, op->symlink.path, PROTO_KIND_SYMLINK, 0777, op->symlink.target);
	case PROTO_OP_REMOVE:
		return remove_name(model, &op->remove);
	case PROTO_OP_RENAME:
		return rename_name(model, &op->rename);
	case PROTO_OP_SETATTR:
		return set_mode(model, &op->setattr);
	case PROTO_OP_SESSION_BEGIN:
		return begin(model, &op->session_begin);
	case PROTO_OP_STAGE:
		return stage(model, &op->stage);
	case PROTO_OP_COMMIT:
		return commit(model, &op->commit);
	case PROTO_OP_SESSION_END:
		return end(model, op->session_end.session);
	case PROTO_OP_PURGE:
		return 0;
	case PROTO_OP_TRASH_MOVE:
		return throw_away(model, &op->trash_move);
	case PROTO_OP_UNDELETE:
		return bring_back(model, &op->undelete);
	case PROTO_OP_TRASH_DROP:
		return drop(model, &op->trash_drop);
	case PROTO_OP_TRASH_LIVE:
		lived(model, op->trash_live.living_ms);
		return 0;
	case PROTO_OP_TRASH_MEASURE:
		return model_trash_number(model, op->trash_measure.entry) ? 0 : DFS_E_NOENT;
	default:
		assert(!"an operation that the model does not know");
		return DFS_E_INTERNAL;
	}
}
