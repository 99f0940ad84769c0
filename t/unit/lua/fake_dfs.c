/* SPDX-License-Identifier: MIT */
#include "fake_dfs.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/error.h"
#include "base/text.h"

enum { INODES_MAX = 3000, QUEUE_MAX = 1024 };

struct inode {
	char path[512]; /* "" is free */
	struct dfs_attr attr;
	struct buf bytes; /* of a file; of a symlink its target */
};

struct queued {
	bool put;
	char from[512], to[512];
	struct dfs_transfer transfer;
	dfs_file_done *done;
	void *arg;
};

struct dfs {
	struct queued queue[QUEUE_MAX];
	int count;
};

struct fake_state fake;
static struct inode inodes[INODES_MAX];
static struct dfs connection;
static uint64_t inodes_made;

/* ---- the tree
 * ------------------------------------------------------------------------------------------------
 */

void fake_reset(void)
{
	for (int i = 0; i < INODES_MAX; i++) {
		buf_fini(&inodes[i].bytes);
		inodes[i] = (struct inode){.path = ""};
	}
	fake = (struct fake_state){.page = 1000};
	inodes_made = 0;
	fake_make("/", DFS_DIR, "");
}

static struct inode *find(const char *path)
{
	for (int i = 0; i < INODES_MAX; i++)
		if (inodes[i].path[0] && strcmp(inodes[i].path, path) == 0)
			return &inodes[i];
	return NULL;
}

static void parent_of(const char *path, char ret[512])
{
	size_t size = (size_t)(strrchr(path, '/') - path);

	memcpy(ret, path, size);
	ret[size] = '\0';
	if (size == 0)
		strcpy(ret, "/");
}

static bool is_child(const struct inode *inode, const char *directory)
{
	char parent[512];

	if (!inode->path[0] || strcmp(inode->path, "/") == 0)
		return false;
	parent_of(inode->path, parent);
	return strcmp(parent, directory) == 0;
}

static struct inode *make(const char *path, enum dfs_kind kind, struct dfs_error *err)
{
	char parent[512];
	struct inode *above, *inode = inodes;

	parent_of(path, parent);
	above = find(parent);
	if (strcmp(path, "/") != 0 && !above) {
		error_set(err, DFS_E_NOENT, "%s: no such directory", parent);
		return NULL;
	}
	if (above && above->attr.kind != DFS_DIR) {
		error_set(err, DFS_E_NOTDIR, "%s: not a directory", parent);
		return NULL;
	}
	while (inode->path[0])
		inode++;
	buf_clear(&inode->bytes);
	snprintf(inode->path, sizeof(inode->path), "%s", path);
	inode->attr = (struct dfs_attr){.kind = kind,
	        .inode = ++inodes_made,
	        .generation = 1,
	        .links = 1,
	        .mode = kind == DFS_DIR ? 0755 : 0644,
	        .goal = 3,
	        .chunk_size = 64 << 20,
	        .mtime_ns = 1};
	snprintf(inode->attr.name, sizeof(inode->attr.name), "%s", strrchr(path, '/') + 1);
	return inode;
}

void fake_make(const char *path, enum dfs_kind kind, const char *text)
{
	struct inode *inode = make(path, kind, NULL);

	buf_text(&inode->bytes, text);
	inode->attr.size = inode->bytes.size;
}

const char *fake_text(const char *path)
{
	struct inode *inode = find(path);

	return inode && inode->attr.kind == DFS_FILE ? (inode->bytes.data ? inode->bytes.data : "")
	                                             : NULL;
}

const struct dfs_attr *fake_attr(const char *path)
{
	struct inode *inode = find(path);

	return inode ? &inode->attr : NULL;
}

const char *fake_target(const char *path)
{
	struct inode *inode = find(path);

	return inode && inode->attr.kind == DFS_SYMLINK ? inode->bytes.data : NULL;
}

/* ---- calls
 * ---------------------------------------------------------------------------------------------------
 */

static struct inode *must(const char *path, struct dfs_error *err)
{
	struct inode *inode = find(path);

	if (!inode)
		error_set(err, DFS_E_NOENT, "%s: no such file or directory", path);
	return inode;
}

static void add_name(cJSON *object, const char *field, const char *name)
{
	struct buf text = {0};

	text_name_encode(name, strlen(name), &text);
	cJSON_AddStringToObject(object, field, text.data ? text.data : "");
	buf_fini(&text);
}

static void add_u64(cJSON *object, const char *field, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	cJSON_AddStringToObject(object, field, text);
}

static cJSON *attr_json(const struct inode *inode)
{
	static const char *const kinds[] = {"file", "dir", "symlink"};
	const struct dfs_attr *attr = &inode->attr;
	cJSON *object = cJSON_CreateObject();
	char id[TEXT_ID_SIZE], time[32];

	text_id(attr->inode, id);
	snprintf(time, sizeof(time), "%" PRId64, attr->mtime_ns);
	add_name(object, "name", attr->name);
	cJSON_AddStringToObject(object, "kind", kinds[attr->kind]);
	cJSON_AddStringToObject(object, "inode", id);
	add_u64(object, "generation", attr->generation);
	add_u64(object, "size", attr->size);
	cJSON_AddNumberToObject(object, "mode", attr->mode);
	cJSON_AddNumberToObject(object, "uid", attr->uid);
	cJSON_AddNumberToObject(object, "gid", attr->gid);
	cJSON_AddStringToObject(object, "mtime_ns", time);
	cJSON_AddNumberToObject(object, "goal", attr->goal);
	add_u64(object, "chunk_size", attr->chunk_size);
	cJSON_AddNumberToObject(object, "links", attr->links);
	if (attr->kind == DFS_SYMLINK)
		add_name(object, "target", inode->bytes.data);
	return object;
}

/* Decoded text of an argument, "" where it is absent. */
static void arg_name(const cJSON *args, const char *field, char ret[512])
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(args, field));
	struct buf bytes = {0};

	ret[0] = '\0';
	if (text && text_name_decode(text, strlen(text), &bytes) == 0)
		snprintf(ret, 512, "%s", bytes.data ? bytes.data : "");
	buf_fini(&bytes);
}

static bool arg_flag(const cJSON *args, const char *field)
{
	return cJSON_IsTrue(cJSON_GetObjectItem(args, field));
}

static void arg_u32(const cJSON *args, const char *field, uint32_t *ret)
{
	const cJSON *item = cJSON_GetObjectItem(args, field);

	if (cJSON_IsNumber(item))
		*ret = (uint32_t)item->valuedouble;
}

static void arg_time(const cJSON *args, int64_t *ret)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(args, "mtime_ns"));

	if (text)
		*ret = strtoll(text, NULL, 10);
}

static int reply_attr(cJSON *reply, const struct inode *inode, struct dfs_error *err)
{
	if (!inode)
		return err->code;
	cJSON_AddItemToObject(reply, "attr", attr_json(inode));
	return 0;
}

static int call_stat(const char *path, const cJSON *args, cJSON *reply, struct dfs_error *err)
{
	(void)args;
	return reply_attr(reply, must(path, err), err);
}

static int compare_inodes(const void *a, const void *b)
{
	return strcmp((*(struct inode *const *)a)->path, (*(struct inode *const *)b)->path);
}

static int call_list(const char *path, const cJSON *args, cJSON *reply, struct dfs_error *err)
{
	struct inode *found[INODES_MAX], *directory = must(path, err);
	cJSON *entries = cJSON_AddArrayToObject(reply, "entries");
	int count = 0, given = 0;
	char after[512];

	if (!directory)
		return err->code;
	arg_name(args, "after", after);
	for (int i = 0; i < INODES_MAX; i++)
		if (is_child(&inodes[i], path) && strcmp(inodes[i].attr.name, after) > 0)
			found[count++] = &inodes[i];
	qsort(found, (size_t)count, sizeof(found[0]), compare_inodes);
	for (; given < count && given < fake.page; given++)
		cJSON_AddItemToArray(entries, attr_json(found[given]));
	if (fake.bad_name) {
		cJSON *bad = attr_json(directory);

		cJSON_ReplaceItemInObject(bad, "name", cJSON_CreateString(".."));
		cJSON_AddItemToArray(entries, bad);
	}
	cJSON_AddBoolToObject(reply, "more", given < count);
	return 0;
}

static int call_mkdir(const char *path, const cJSON *args, cJSON *reply, struct dfs_error *err)
{
	struct inode *inode = find(path);
	char parent[512];

	if (inode && !(arg_flag(args, "parents") && inode->attr.kind == DFS_DIR))
		return error_set(err, DFS_E_EXIST, "%s: already exists", path);
	parent_of(path, parent);
	if (!inode && arg_flag(args, "parents") && !find(parent)) {
		cJSON *ignored = cJSON_CreateObject();

		call_mkdir(parent, args, ignored, err);
		cJSON_Delete(ignored);
	}
	if (!inode) {
		inode = make(path, DFS_DIR, err);
		if (inode)
			arg_u32(args, "mode", &inode->attr.mode);
	}
	return reply_attr(reply, inode, err);
}

static int call_create(const char *path, const cJSON *args, cJSON *reply, struct dfs_error *err)
{
	struct inode *inode;

	if (find(path))
		return error_set(err, DFS_E_EXIST, "%s: already exists", path);
	inode = make(path, DFS_FILE, err);
	if (inode)
		arg_time(args, &inode->attr.mtime_ns);
	return reply_attr(reply, inode, err);
}

static int call_symlink(const char *path, const cJSON *args, cJSON *reply, struct dfs_error *err)
{
	struct inode *inode;
	char target[512];

	if (find(path))
		return error_set(err, DFS_E_EXIST, "%s: already exists", path);
	inode = make(path, DFS_SYMLINK, err);
	if (!inode)
		return err->code;
	arg_name(args, "target", target);
	arg_time(args, &inode->attr.mtime_ns);
	buf_text(&inode->bytes, target);
	return reply_attr(reply, inode, err);
}

static int call_remove(const char *path, const cJSON *args, cJSON *reply, struct dfs_error *err)
{
	struct inode *inode = must(path, err);
	size_t size = strlen(path);
	bool filled = false;

	if (!inode)
		return err->code;
	for (int i = 0; i < INODES_MAX; i++)
		filled |= is_child(&inodes[i], path);
	if (arg_flag(args, "directory") && inode->attr.kind != DFS_DIR)
		return error_set(err, DFS_E_NOTDIR, "%s: not a directory", path);
	if (arg_flag(args, "directory") && filled)
		return error_set(err, DFS_E_NOTEMPTY, "%s: directory not empty", path);
	if (inode->attr.kind == DFS_DIR && !arg_flag(args, "recursive") &&
	        !arg_flag(args, "directory"))
		return error_set(err, DFS_E_ISDIR, "%s: is a directory", path);
	reply_attr(reply, inode, err);
	for (int i = 0; i < INODES_MAX; i++)
		if (strncmp(inodes[i].path, path, size) == 0 &&
		        (inodes[i].path[size] == '/' || inodes[i].path[size] == '\0'))
			inodes[i].path[0] = '\0';
	return 0;
}

static int call_rename(const char *path, const cJSON *args, cJSON *reply, struct dfs_error *err)
{
	struct inode *inode = must(path, err), *there;
	size_t size = strlen(path);
	char to[512], moved[1024];

	if (!inode)
		return err->code;
	arg_name(args, "to", to);
	there = find(to);
	if (there && arg_flag(args, "no_replace"))
		return error_set(err, DFS_E_EXIST, "%s: already exists", to);
	if (there)
		there->path[0] = '\0';
	for (int i = 0; i < INODES_MAX; i++) {
		if (strncmp(inodes[i].path, path, size) != 0 ||
		        (inodes[i].path[size] != '/' && inodes[i].path[size] != '\0'))
			continue;
		snprintf(moved, sizeof(moved), "%s%s", to, inodes[i].path + size);
		snprintf(inodes[i].path, sizeof(inodes[i].path), "%.511s", moved);
	}
	snprintf(inode->attr.name, sizeof(inode->attr.name), "%.255s", strrchr(to, '/') + 1);
	return reply_attr(reply, inode, err);
}

static int call_setattr(const char *path, const cJSON *args, cJSON *reply, struct dfs_error *err)
{
	struct inode *inode = must(path, err);

	if (!inode)
		return err->code;
	if (arg_flag(args, "set_mode"))
		arg_u32(args, "mode", &inode->attr.mode);
	if (arg_flag(args, "set_mtime"))
		arg_time(args, &inode->attr.mtime_ns);
	if (arg_flag(args, "set_owner")) {
		arg_u32(args, "uid", &inode->attr.uid);
		arg_u32(args, "gid", &inode->attr.gid);
	}
	return reply_attr(reply, inode, err);
}

/* Extents of one byte each, two to a page. */
static int call_locate(const char *path, const cJSON *args, cJSON *reply, struct dfs_error *err)
{
	const char *offset_text = cJSON_GetStringValue(cJSON_GetObjectItem(args, "offset"));
	const char *id_text = cJSON_GetStringValue(cJSON_GetObjectItem(args, "inode"));
	uint64_t offset = offset_text ? strtoull(offset_text, NULL, 10) : 0, id = 0;
	struct inode *inode = find(path);
	cJSON *extents = cJSON_AddArrayToObject(reply, "extents");

	if (id_text)
		text_parse_id(id_text, &id, NULL);
	for (int i = 0; id && i < INODES_MAX; i++)
		if (inodes[i].path[0] && inodes[i].attr.inode == id)
			inode = &inodes[i];
	if (!inode)
		return error_set(err, DFS_E_NOENT, "%s: no such file or directory", path);
	for (int i = 0; i < 2 && offset < inode->attr.size; i++, offset++) {
		char text[512];

		snprintf(text, sizeof(text),
		        "{\"offset\":\"%" PRIu64 "\",\"chunk\":\"00000100000000%02" PRIx64
		        "\",\"version\":\"2\","
		        "\"state\":\"sealed\",\"chunk_offset\":\"0\",\"length\":\"1\",\"crc\":"
		        "%" PRIu64 ","
		        "\"chunk_length\":\"1\",\"ticket\":\"secret\",\"replicas\":["
		        "{\"node\":1,\"address\":\"h1:7071\",\"state\":\"good\"},"
		        "{\"node\":2,\"address\":\"h2:7071\",\"state\":\"stale\"}]}",
		        offset, offset, 0xdeadbeef + offset);
		cJSON_AddItemToArray(extents, cJSON_Parse(text));
	}
	cJSON_AddBoolToObject(reply, "more", offset < inode->attr.size);
	return reply_attr(reply, inode, err);
}

static int dispatch(const char *name, const cJSON *args, cJSON *reply, struct dfs_error *err)
{
	static const struct {
		const char *name;
		int (*call)(
		        const char *path, const cJSON *args, cJSON *reply, struct dfs_error *err);
	} calls[] = {{"stat", call_stat}, {"list", call_list}, {"mkdir", call_mkdir},
	        {"create", call_create}, {"symlink", call_symlink}, {"remove", call_remove},
	        {"rename", call_rename}, {"setattr", call_setattr}, {"locate", call_locate}};
	char path[512];

	arg_name(args, "path", path);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].call(path, args, reply, err);
	return error_set(err, DFS_E_UNSUPPORTED, "no call '%s'", name);
}

int dfs_call(struct dfs *dfs, const char *name, const char *args, char **ret_reply,
        struct dfs_error *err)
{
	cJSON *arguments = cJSON_Parse(args), *reply = cJSON_CreateObject();
	int code = 0;

	(void)dfs;
	if (strcmp(name, "echo") == 0)
		*ret_reply = strdup(args);
	else if (strcmp(name, "status") == 0 && fake.status)
		*ret_reply = strdup(fake.status);
	else if (strcmp(name, "nodes") == 0 && fake.nodes)
		*ret_reply = strdup(fake.nodes);
	else if ((code = dispatch(name, arguments, reply, err)) == 0)
		*ret_reply = cJSON_PrintUnformatted(reply);
	cJSON_Delete(arguments);
	cJSON_Delete(reply);
	return code;
}

/* ---- connection and transfers
 * ----------------------------------------------------------------------------------- */

int dfs_open(struct dfs **ret, const struct dfs_options *options, struct dfs_error *err)
{
	(void)options;
	fake.opens++;
	if (fake.refuse)
		return error_set(err, fake.refuse, "the master at h:7070 does not answer");
	connection.count = 0;
	*ret = &connection;
	return 0;
}

void dfs_close(struct dfs *dfs)
{
	(void)dfs;
}

const char *dfs_version(void)
{
	return "9.9";
}

static int read_local(const char *local, struct inode *inode, struct dfs_error *err)
{
	FILE *file = strcmp(local, "-") == 0 ? stdin : fopen(local, "r");
	struct stat found;
	char bytes[4096];
	size_t size;

	if (!file)
		return error_set(err, error_from_errno(errno), "%s: %s", local, strerror(errno));
	buf_clear(&inode->bytes);
	while ((size = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buf_append(&inode->bytes, bytes, size);
	inode->attr.size = inode->bytes.size;
	if (file == stdin)
		return 0;
	fstat(fileno(file), &found);
	inode->attr.mode = found.st_mode & 07777;
	inode->attr.mtime_ns = found.st_mtim.tv_sec * INT64_C(1000000000) + found.st_mtim.tv_nsec;
	fclose(file);
	return 0;
}

static int unlucky(const char *path, struct dfs_error *err)
{
	return strstr(path, "unlucky") ? error_set(err, DFS_E_IO, "%s: out of luck", path) : 0;
}

static void tell_progress(const struct dfs_transfer *transfer, uint64_t total)
{
	if (transfer->progress) {
		transfer->progress(transfer->progress_arg, total / 2, total);
		transfer->progress(transfer->progress_arg, total, total);
	}
}

int dfs_put_file(struct dfs *dfs, const char *local, const char *path,
        struct dfs_transfer *transfer, struct dfs_error *err)
{
	struct inode *inode = find(path);
	int code = unlucky(path, err);

	(void)dfs;
	fake.last = *transfer;
	if (code == 0 && inode && inode->attr.kind == DFS_DIR)
		code = error_set(err, DFS_E_ISDIR, "%s: is a directory", path);
	if (code == 0 && !inode)
		inode = make(path, DFS_FILE, err);
	if (code == 0)
		code = inode ? read_local(local, inode, err) : err->code;
	if (code != 0)
		return code;
	tell_progress(transfer, inode->attr.size);
	transfer->ret_bytes = inode->attr.size;
	transfer->ret_goal = 3;
	transfer->ret_chunks = 1;
	snprintf(transfer->ret_warning, sizeof(transfer->ret_warning), "%s", fake.warning);
	return 0;
}

int dfs_get_file(struct dfs *dfs, const char *path, const char *local,
        struct dfs_transfer *transfer, struct dfs_error *err)
{
	struct inode *inode = must(path, err);
	int code = inode ? unlucky(path, err) : err->code;
	bool out = strcmp(local, "-") == 0;
	FILE *file;

	(void)dfs;
	if (code != 0)
		return code;
	if (inode->attr.kind != DFS_FILE)
		return error_set(err, DFS_E_ISDIR, "%s: is not a file", path);
	file = out ? stdout : fopen(local, "w");
	if (!file)
		return error_set(err, error_from_errno(errno), "%s: %s", local, strerror(errno));
	if (inode->bytes.size > 0)
		fwrite(inode->bytes.data, 1, inode->bytes.size, file);
	if (!out) {
		struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
		        {inode->attr.mtime_ns / 1000000000, inode->attr.mtime_ns % 1000000000}};

		fflush(file);
		fchmod(fileno(file), inode->attr.mode);
		futimens(fileno(file), times);
		fclose(file);
	}
	tell_progress(transfer, inode->attr.size);
	transfer->ret_bytes = inode->attr.size;
	return 0;
}

static int enqueue(struct dfs *dfs, bool put, const char *from, const char *to,
        const struct dfs_transfer *transfer, dfs_file_done *done, void *arg, struct dfs_error *err)
{
	struct queued *queued = &dfs->queue[dfs->count];

	if (dfs->count == QUEUE_MAX)
		return error_set(err, DFS_E_LIMIT, "too many transfers wait");
	*queued = (struct queued){put, "", "", *transfer, done, arg};
	snprintf(queued->from, sizeof(queued->from), "%s", from);
	snprintf(queued->to, sizeof(queued->to), "%s", to);
	dfs->count++;
	if (dfs->count > fake.queue_most)
		fake.queue_most = dfs->count;
	return 0;
}

int dfs_queue_put(struct dfs *dfs, const char *local, const char *path,
        const struct dfs_transfer *transfer, dfs_file_done *done, void *arg, struct dfs_error *err)
{
	return enqueue(dfs, true, local, path, transfer, done, arg, err);
}

int dfs_queue_get(struct dfs *dfs, const char *path, const char *local,
        const struct dfs_transfer *transfer, dfs_file_done *done, void *arg, struct dfs_error *err)
{
	return enqueue(dfs, false, path, local, transfer, done, arg, err);
}

/* The last first: nobody should count on an order. */
int dfs_queue_wait(struct dfs *dfs)
{
	while (dfs->count > 0) {
		struct queued *queued = &dfs->queue[--dfs->count];
		struct dfs_error err = {0};
		int code = queued->put ? dfs_put_file(dfs, queued->from, queued->to,
		                                 &queued->transfer, &err)
		                       : dfs_get_file(dfs, queued->from, queued->to,
		                                 &queued->transfer, &err);
		const char *local = queued->put ? queued->from : queued->to;
		const char *path = queued->put ? queued->to : queued->from;

		queued->done(queued->arg, local, path, code, &err, &queued->transfer);
	}
	return 0;
}
