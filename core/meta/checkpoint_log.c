/* SPDX-License-Identifier: MIT */
/*
 * Parts of the log as files: what came after a checkpoint, or after the part before (RULES 20).
 *
 *   step                                    found after a crash        done
 *   log.tmp of an earlier crash removed     it is there, or not        the same
 *   rows and foot written to log.tmp        a part of it               removed by the next one
 *   synced                                  log.tmp                    removed by the next one
 *   renamed to EPOCH-OPERATION.log, synced  one of both names          removed by the next one
 *
 * Nothing rests on such a file: it is read once, to be stored on datanodes. A crash before that
 * leaves its operations in the log of the database, for the next part.
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "meta/apply.h"
#include "meta/checkpoint_file.h"
#include "meta/meta.h"

enum {
	ROW_HEAD = 12,
	WRITE_BYTES = 1 << 20, /* gathered before they are written */
	NAMES_MAX = 100,
};

static const uint64_t REPLAY_BYTES_MAX = UINT64_C(1) << 30;

struct writer {
	struct io *io;
	int fd;
	struct buf gathered;
	uint64_t at; /* bytes written */
	struct arena arena;
};

struct reader {
	const uint8_t *bytes;
	size_t size, at;
};

static int write_rows(struct writer *writer, struct kv *kv, uint64_t max_bytes,
        struct checkpoint *ret, struct dfs_error *err);
static int write_row(struct writer *writer, const struct table_cursor *cursor,
        struct checkpoint *ret, struct dfs_error *err);
static int flush(struct writer *writer);
static void follow(const struct proto_op *op, struct checkpoint *ret);
static int own_cluster(struct kv_txn *txn, struct checkpoint *ret, struct dfs_error *err);
static int load(struct io *io, const char *path, struct checkpoint *ret, uint8_t **ret_bytes,
        struct dfs_error *err);
static int replay_onto(struct kv *into, const struct checkpoint *part, struct reader *reader,
        struct dfs_error *err);
static int next_row(void *arg, uint64_t operation, struct kv_bytes *ret, struct dfs_error *err);

int checkpoint_log_write(struct io *io, struct kv *kv, const char *dir,
        const struct checkpoint *base, uint64_t max_bytes, struct checkpoint *ret,
        struct dfs_error *err)
{
	struct checkpoint made = {
	        .made_ms = io_wall_ms(io),
	        .from = base->operation + 1,
	        .base_epoch = base->epoch,
	        .base_reign = base->reign,
	        .epoch = base->epoch,
	        .reign = base->reign,
	};
	struct writer writer = {.io = io};
	char tmp[CHECKPOINT_PATH_MAX];
	int rc = checkpoint_make_dir(io, dir);

	if (rc != 0)
		return checkpoint_failed(dir, rc, err);
	snprintf(tmp, sizeof(tmp), "%s/log.tmp", dir);
	rc = io_disk(io, unlink, tmp);
	if (rc != 0 && rc != -ENOENT)
		return checkpoint_failed(tmp, rc, err);
	writer.fd = io_disk(io, open, tmp, IO_OPEN_WRITE | IO_OPEN_CREATE | IO_OPEN_EXCLUSIVE);
	if (writer.fd < 0)
		return checkpoint_failed(tmp, writer.fd, err);
	rc = write_rows(&writer, kv, max_bytes, &made, err);
	if (rc == 0) {
		rc = flush(&writer);
		rc = rc != 0 ? checkpoint_failed(tmp, rc, err) : 0;
	}
	io_disk(io, close, writer.fd);
	buf_fini(&writer.gathered);
	arena_fini(&writer.arena);
	if (rc == 0)
		rc = checkpoint_put_foot(io, tmp, &made, err);
	if (rc == 0)
		rc = checkpoint_give_name(io, dir, tmp, &made, err);
	if (rc != 0)
		io_disk(io, unlink, tmp);
	else
		*ret = made;
	return rc;
}

int checkpoint_log_replay(struct io *io, const char *path, struct kv *into, struct checkpoint *ret,
        struct dfs_error *err)
{
	struct reader reader = {0};
	uint8_t *bytes = NULL;
	int rc = load(io, path, ret, &bytes, err);

	reader.bytes = bytes;
	reader.size = rc == 0 ? ret->size_bytes : 0;
	if (rc == 0)
		rc = replay_onto(into, ret, &reader, err);
	free(bytes);
	return rc == 0 ? 0 : error_where(err, "%s", path);
}

/* ---- writing ---- */

static int write_rows(struct writer *writer, struct kv *kv, uint64_t max_bytes,
        struct checkpoint *ret, struct dfs_error *err)
{
	struct table_key key = key_u64(ret->from);
	struct table_cursor cursor = {0};
	struct kv_txn *txn;
	int rc = kv->ops->begin(kv, false, &txn);

	if (rc != 0)
		return error_set(err, rc, "the log: no read transaction: %s", dfs_error_text(rc));
	rc = own_cluster(txn, ret, err);
	if (rc == 0)
		rc = table_seek(txn, META_LOG, &key, &cursor, err);
	if (rc == 0 && key_get_u64(&cursor.key, 0) != ret->from)
		rc = error_set(err, DFS_E_CHANGED,
		        "operation %" PRIu64 " is not in the log any more", ret->from);
	else if (rc == DFS_E_NOENT)
		error_set(err, rc, "nothing came after operation %" PRIu64, ret->from - 1);
	while (rc == 0) {
		rc = write_row(writer, &cursor, ret, err);
		if (rc == 0 && writer->at + writer->gathered.size >= max_bytes)
			break;
		if (rc == 0)
			rc = table_next(&cursor, err);
		if (rc == DFS_E_NOENT) {
			rc = 0;
			break;
		}
	}
	table_cursor_fini(&cursor);
	kv->ops->abort(txn);
	return rc;
}

static int write_row(struct writer *writer, const struct table_cursor *cursor,
        struct checkpoint *ret, struct dfs_error *err)
{
	uint64_t operation = key_get_u64(&cursor->key, 0), number = htole64(operation);
	uint32_t size = htole32((uint32_t)cursor->value.size);
	struct record record;
	struct proto_op op;
	int rc = record_unpack(cursor->value, &writer->arena, &op, &record, err);

	if (rc != 0)
		return error_where(err, "operation %" PRIu64 " of the log", operation);
	follow(&op, ret);
	ret->operation = operation;
	ret->wall_ms = record.time_ms;
	arena_reset(&writer->arena);
	buf_append(&writer->gathered, &number, sizeof(number));
	buf_append(&writer->gathered, &size, sizeof(size));
	buf_append(&writer->gathered, cursor->value.data, cursor->value.size);
	if (writer->gathered.failed)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	rc = writer->gathered.size >= WRITE_BYTES ? flush(writer) : 0;
	return rc == 0 ? 0
	               : error_set(err, error_from_errno(-rc), "the log's copy: %s",
	                         strerror(-rc));
}

static int flush(struct writer *writer)
{
	struct iovec iov = {.iov_base = writer->gathered.data, .iov_len = writer->gathered.size};
	ssize_t wrote = 0;

	if (iov.iov_len > 0)
		wrote = io_disk(writer->io, pwritev, writer->fd, &iov, 1, writer->at);
	if (wrote < 0)
		return (int)wrote;
	writer->at += (uint64_t)wrote;
	buf_clear(&writer->gathered);
	return 0;
}

/* Whose reign it is from this operation on. */
static void follow(const struct proto_op *op, struct checkpoint *ret)
{
	if (op->kind == PROTO_OP_EPOCH_BEGIN) {
		ret->epoch = op->epoch_begin.epoch;
		ret->reign = op->epoch_begin.reign;
	} else if (op->kind == PROTO_OP_HOLD) {
		ret->epoch = op->hold.epoch;
		ret->reign = op->hold.reign;
	}
}

static int own_cluster(struct kv_txn *txn, struct checkpoint *ret, struct dfs_error *err)
{
	struct table_key key = key_counters();
	struct proto_row_counters counters;
	struct arena arena = {0};
	int rc = table_read(txn, META_COUNTERS, &key, &arena, &counters, err);

	if (rc == 0)
		snprintf(ret->cluster, sizeof(ret->cluster), "%s", counters.cluster);
	arena_fini(&arena);
	return rc;
}

/* ---- reading ---- */

static int load(struct io *io, const char *path, struct checkpoint *ret, uint8_t **ret_bytes,
        struct dfs_error *err)
{
	int rc = checkpoint_check(io, path, ret, err), fd;
	uint64_t at = 0;

	if (rc != 0)
		return rc;
	if (!ret->from || ret->size_bytes > REPLAY_BYTES_MAX)
		return error_set(err, DFS_E_CORRUPT, "this is no part of a log");
	*ret_bytes = malloc(ret->size_bytes + 1);
	if (!*ret_bytes)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	fd = io_disk(io, open, path, IO_OPEN_READ);
	while (fd >= 0 && at < ret->size_bytes) {
		ssize_t got = io_disk(io, pread, fd, *ret_bytes + at, ret->size_bytes - at, at);

		if (got <= 0) {
			rc = got < 0 ? (int)got : -EIO;
			break;
		}
		at += (uint64_t)got;
	}
	if (fd >= 0)
		io_disk(io, close, fd);
	rc = fd < 0 ? fd : rc;
	return rc == 0 ? 0 : error_set(err, error_from_errno(-rc), "%s", strerror(-rc));
}

static int replay_onto(struct kv *into, const struct checkpoint *part, struct reader *reader,
        struct dfs_error *err)
{
	struct proto_row_counters counters;
	struct arena arena = {0};
	struct table_key key = key_counters();
	struct kv_txn *txn;
	int rc = into->ops->begin(into, false, &txn);

	if (rc != 0)
		return error_set(err, rc, "no read transaction: %s", dfs_error_text(rc));
	rc = table_read(txn, META_COUNTERS, &key, &arena, &counters, err);
	into->ops->abort(txn);
	if (rc == 0 &&
	        (counters.operation + 1 != part->from || counters.epoch != part->base_epoch ||
	                counters.reign != part->base_reign ||
	                strcmp(counters.cluster, part->cluster) != 0))
		rc = error_set(err, DFS_E_INVAL,
		        "it follows on operation %" PRIu64 " of epoch %" PRIu64
		        ", and this is operation %" PRIu64 " of epoch %" PRIu64,
		        part->from - 1, part->base_epoch, counters.operation, counters.epoch);
	if (rc == 0)
		rc = meta_replay_rows(into, part->from, part->operation, next_row, reader, err);
	if (rc == 0 && reader->at != reader->size)
		rc = error_set(err, DFS_E_CORRUPT, "there are bytes behind its last operation");
	arena_fini(&arena);
	return rc;
}

static int next_row(void *arg, uint64_t operation, struct kv_bytes *ret, struct dfs_error *err)
{
	struct reader *reader = arg;
	size_t left = reader->size - reader->at;
	uint64_t number = 0;
	uint32_t size = 0;

	if (left >= ROW_HEAD) {
		memcpy(&number, reader->bytes + reader->at, sizeof(number));
		memcpy(&size, reader->bytes + reader->at + sizeof(number), sizeof(size));
	}
	size = le32toh(size);
	if (left < ROW_HEAD || le64toh(number) != operation || size > left - ROW_HEAD)
		return error_set(
		        err, DFS_E_CORRUPT, "operation %" PRIu64 " is not in it", operation);
	*ret = (struct kv_bytes){reader->bytes + reader->at + ROW_HEAD, size};
	reader->at += ROW_HEAD + size;
	return 0;
}

/* ---- removing ---- */

struct names {
	char names[NAMES_MAX][CHECKPOINT_NAME_MAX];
	size_t count;
};

static int name_add(void *arg, const char *name)
{
	struct names *names = arg;
	size_t size = strlen(name);

	if (size < CHECKPOINT_NAME_MAX && names->count < NAMES_MAX && size > 4 &&
	        (strcmp(name + size - 4, ".log") == 0 || strcmp(name, "log.tmp") == 0))
		memcpy(names->names[names->count++], name, size + 1);
	return 0;
}

int checkpoint_log_prune(struct io *io, const char *dir, struct dfs_error *err)
{
	struct names *names = calloc(1, sizeof(*names));
	char path[CHECKPOINT_PATH_MAX + CHECKPOINT_NAME_MAX];
	int rc;

	if (!names)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	rc = io_disk(io, list, dir, name_add, names);
	rc = rc == -ENOENT || rc > 0 ? 0 : rc;
	for (size_t i = 0; rc == 0 && i < names->count; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names->names[i]);
		rc = io_disk(io, unlink, path);
		rc = rc == -ENOENT ? 0 : rc;
	}
	free(names);
	return rc == 0 ? 0 : checkpoint_failed(dir, rc, err);
}
