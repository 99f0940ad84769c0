/* SPDX-License-Identifier: MIT */
/*
 * A simulated store as a file on its host's disk, and back: what `copy` writes and a restore opens.
 * Rows follow each other in order, numbers are little-endian:
 *
 *   "simkv 1\n"   then for each row:   table 1   key size 2   value size 4   key   value
 */
#include <dfs/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/kv_model.h"

enum { HEAD_SIZE = 7, PIECE_SIZE = 256 * 1024 };

static const char magic[] = "simkv 1\n";

struct dump {
	struct io *io;
	int fd;
	uint64_t offset;
	unsigned char *piece;
	size_t filled;
	int status;
};

/* ---- out ---- */

static int disk_status(int64_t result)
{
	if (result >= 0)
		return 0;
	return result == -ENOSPC ? DFS_E_NOSPC : DFS_E_IO;
}

static void flush(struct dump *dump)
{
	struct iovec iov = {.iov_base = dump->piece, .iov_len = dump->filled};

	if (dump->status == 0)
		dump->status =
		        disk_status(io_disk(dump->io, pwritev, dump->fd, &iov, 1, dump->offset));
	dump->offset += dump->filled;
	dump->filled = 0;
}

static void emit(struct dump *dump, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;

	while (size > 0) {
		size_t part = PIECE_SIZE - dump->filled;

		if (part > size)
			part = size;
		memcpy(dump->piece + dump->filled, at, part);
		dump->filled += part;
		at += part;
		size -= part;
		if (dump->filled == PIECE_SIZE)
			flush(dump);
	}
}

static void emit_row(struct dump *dump, int table, const struct sim_row *row)
{
	unsigned char head[HEAD_SIZE] = {(unsigned char)table};

	for (int i = 0; i < 2; i++)
		head[1 + i] = (unsigned char)(row->key_size >> (8 * i));
	for (int i = 0; i < 4; i++)
		head[3 + i] = (unsigned char)(row->value_size >> (8 * i));
	emit(dump, head, sizeof(head));
	emit(dump, row->bytes, row->key_size + row->value_size);
}

static void emit_tables(struct dump *dump, const struct sim_kv *kv)
{
	emit(dump, magic, sizeof(magic) - 1);
	for (int table = 0; table < KV_TABLES_MAX; table++) {
		struct kv_bytes from = {.data = "", .size = 0};
		struct sim_row *row = sim_tree_seek(kv->tables[table], from, false);

		for (; row; row = sim_tree_seek(kv->tables[table], sim_row_key(row), true))
			emit_row(dump, table, row);
	}
}

int sim_kv_dump(struct sim_kv *kv, const char *path)
{
	int flags = IO_OPEN_WRITE | IO_OPEN_CREATE | IO_OPEN_EXCLUSIVE;
	struct dump dump = {0};

	if (!kv->host)
		return DFS_E_UNSUPPORTED;
	dump.io = sim_host_io(kv->host);
	dump.fd = io_disk(dump.io, open, path, flags);
	if (dump.fd == -EEXIST)
		return DFS_E_EXIST;
	if (dump.fd < 0)
		return disk_status(dump.fd);
	dump.piece = sim_alloc(PIECE_SIZE);
	emit_tables(&dump, kv);
	flush(&dump);
	if (dump.status == 0)
		dump.status = disk_status(io_disk(dump.io, fdatasync, dump.fd));
	io_disk(dump.io, close, dump.fd);
	free(dump.piece);
	return dump.status;
}

/* ---- in ---- */

/* One row from `bytes`; returns what it took, 0 where it does not fit. */
static size_t take_row(struct kv *kv, struct kv_txn *txn, const unsigned char *bytes, size_t size)
{
	struct kv_bytes key, value;

	if (size < HEAD_SIZE || bytes[0] >= KV_TABLES_MAX)
		return 0;
	key.size = (size_t)bytes[1] | (size_t)bytes[2] << 8;
	value.size = (size_t)bytes[3] | (size_t)bytes[4] << 8 | (size_t)bytes[5] << 16 |
	             (size_t)bytes[6] << 24;
	if (key.size > size - HEAD_SIZE || value.size > size - HEAD_SIZE - key.size)
		return 0;
	key.data = bytes + HEAD_SIZE;
	value.data = bytes + HEAD_SIZE + key.size;
	if (kv->ops->put(txn, bytes[0], key, value) < 0)
		return 0;
	return HEAD_SIZE + key.size + value.size;
}

static int take_rows(struct kv *kv, const unsigned char *bytes, size_t size)
{
	size_t at = sizeof(magic) - 1;
	struct kv_txn *txn;

	if (size < at || memcmp(bytes, magic, at) != 0)
		return DFS_E_CORRUPT;
	if (kv->ops->begin(kv, true, &txn) < 0)
		return DFS_E_INTERNAL;
	while (at < size) {
		size_t took = take_row(kv, txn, bytes + at, size - at);

		if (took == 0) {
			kv->ops->abort(txn);
			return DFS_E_CORRUPT;
		}
		at += took;
	}
	return kv->ops->commit(txn);
}

static int read_whole(struct io *io, const char *path, unsigned char **ret_bytes, size_t *ret_size)
{
	int fd = io_disk(io, open, path, IO_OPEN_READ);
	int64_t size;
	unsigned char *bytes;

	if (fd < 0)
		return fd == -ENOENT ? DFS_E_NOENT : DFS_E_IO;
	size = io_disk(io, size, fd);
	bytes = sim_alloc(size > 0 ? (size_t)size : 1);
	if (size < 0 || io_disk(io, pread, fd, bytes, (size_t)size, 0) != size) {
		io_disk(io, close, fd);
		free(bytes);
		return DFS_E_IO;
	}
	io_disk(io, close, fd);
	*ret_bytes = bytes;
	*ret_size = (size_t)size;
	return 0;
}

int sim_kv_open_copy(struct kv **ret, struct sim_host *host, const char *path)
{
	unsigned char *bytes;
	struct kv *kv;
	size_t size;
	int status = read_whole(sim_host_io(host), path, &bytes, &size);

	if (status < 0)
		return status;
	kv = sim_kv_empty();
	status = take_rows(kv, bytes, size);
	free(bytes);
	if (status < 0)
		kv->ops->close(kv);
	else
		*ret = kv;
	return status;
}
