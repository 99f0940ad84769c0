/* SPDX-License-Identifier: MIT */
#include "transfer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"

bool transfer_by_workers;

void transfer_init(struct transfer *transfer, struct fake_cluster *fake, size_t size)
{
	uint64_t random = 88172645463325252u + size;

	*transfer = (struct transfer){.fake = fake,
	        .size = size,
	        .seekable = true,
	        .by_workers = transfer_by_workers,
	        .ends_at = SIZE_MAX,
	        .fails_at = SIZE_MAX,
	        .busy_at = SIZE_MAX,
	        .sink_fails_at = SIZE_MAX};
	transfer->bytes = malloc(size + 8);
	for (size_t i = 0; i < size; i += 8) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		memcpy(transfer->bytes + i, &random, 8);
	}
	transfer->got = calloc(1, size + 1);
}

void transfer_fini(struct transfer *transfer)
{
	free(transfer->bytes);
	free(transfer->got);
}

static int64_t source_read(
        void *arg, uint64_t offset, void *ret_bytes, size_t size, struct dfs_error *err)
{
	struct transfer *transfer = arg;
	size_t end = transfer->size < transfer->ends_at ? transfer->size : transfer->ends_at;

	assert(transfer->seekable || offset == transfer->read_up_to);
	if (offset >= transfer->fails_at)
		return error_set(err, DFS_E_IO, "the disk is on fire");
	if (offset >= transfer->busy_at && transfer->busy_times > 0) {
		transfer->busy_times--;
		return error_set(err, DFS_E_BUSY, "nothing now");
	}
	if (offset >= end)
		return 0;
	if (size > end - offset)
		size = end - offset;
	if (transfer->piece && size > transfer->piece)
		size = transfer->piece;
	if (offset < transfer->busy_at && offset + size > transfer->busy_at)
		size = transfer->busy_at - offset;
	memcpy(ret_bytes, transfer->bytes + offset, size);
	transfer->read_up_to = offset + size;
	return (int64_t)size;
}

static int64_t source_read_now(void *arg, uint64_t offset, void *ret_bytes, size_t size)
{
	struct transfer *transfer = arg;
	struct dfs_error err = {0};
	int64_t got;

	if (!transfer->warm || offset / 65536 % 3 == 0)
		return DFS_E_BUSY;
	if (size > 20000)
		size = 20000;
	got = source_read(arg, offset, ret_bytes, size, &err);
	return got < 0 ? DFS_E_BUSY : got;
}

static int sink_write(
        void *arg, uint64_t offset, const void *bytes, size_t size, struct dfs_error *err)
{
	struct transfer *transfer = arg;

	assert(offset + size <= transfer->size && size > 0);
	if (!transfer->any_order)
		assert(transfer->written == 0 || offset == transfer->next_offset);
	if (offset + size > transfer->sink_fails_at)
		return error_set(err, DFS_E_NOSPC, "the target is full");
	memcpy(transfer->got + offset, bytes, size);
	transfer->next_offset = offset + size;
	transfer->written += size;
	return 0;
}

static int sink_pieces(
        void *arg, uint64_t offset, const struct iovec *pieces, int count, struct dfs_error *err)
{
	struct transfer *transfer = arg;
	int code = 0;

	assert(transfer->held > 0 && count > 0);
	for (int i = 0; i < count && code == 0; i++) {
		code = sink_write(arg, offset, pieces[i].iov_base, pieces[i].iov_len, err);
		offset += pieces[i].iov_len;
	}
	return code;
}

/* Of a sink, or a source. */
static void held_more(void *arg)
{
	struct transfer *transfer = arg;

	transfer->held++;
	if (transfer->held > transfer->most_held)
		transfer->most_held = transfer->held;
}

static void held_less(void *arg)
{
	((struct transfer *)arg)->held--;
}

static void on_progress(void *arg, uint64_t bytes, uint64_t total)
{
	struct transfer *transfer = arg;
	uint64_t now = sim_now_ms(fake_sim(transfer->fake));

	assert(!transfer->done);
	assert(bytes > transfer->progress_bytes && bytes <= transfer->size);
	assert(transfer->progressed == 0 || now >= transfer->progress_ms + 100);
	transfer->progressed++;
	transfer->progress_bytes = bytes;
	transfer->progress_total = total;
	transfer->progress_ms = now;
	if (transfer->progress_cancels)
		transfer_cancel(transfer);
}

static void on_done(void *arg, const struct client_transfer *result)
{
	struct transfer *transfer = arg;

	/* A worker may have outlived an earlier job, or outlives this one, that was cancelled. */
	assert(transfer->held == 0 || transfer->cancelled || result->code == DFS_E_CANCELLED);
	transfer->done = true;
	transfer->endings++;
	transfer->result = *result;
	transfer->job = NULL;
	assert((result->code == 0) == (result->err.text[0] == '\0'));
}

void transfer_put(struct transfer *transfer, const char *path)
{
	struct client_put put = {.path = path, .mode = 0640, .mtime_ns = 12345};
	struct client_source source = {.read = source_read,
	        .arg = transfer,
	        .size_bytes = transfer->unknown ? UINT64_MAX : transfer->size,
	        .seekable = transfer->seekable};

	if (transfer->by_workers && transfer->seekable && !transfer->unknown) {
		source.read_now = source_read_now;
		source.hold = held_more;
		source.drop = held_less;
	}
	transfer->job = client_put_start(
	        fake_client(transfer->fake), &put, &source, on_progress, on_done, transfer);
	assert(transfer->job && !transfer->done);
}

void transfer_get(struct transfer *transfer, const char *path, uint64_t offset, uint64_t length)
{
	struct client_get get = {.path = path, .offset = offset, .length = length};
	struct client_sink sink = {
	        .write = sink_write, .arg = transfer, .any_order = transfer->any_order};

	if (transfer->any_order && transfer->by_workers) {
		sink.write_pieces = sink_pieces;
		sink.hold = held_more;
		sink.drop = held_less;
	}
	transfer->done = false;
	transfer->endings = 0;
	transfer->progressed = 0;
	transfer->progress_bytes = transfer->written = 0;
	transfer->job = client_get_start(
	        fake_client(transfer->fake), &get, &sink, on_progress, on_done, transfer);
	assert(transfer->job && !transfer->done);
}

void transfer_cancel(struct transfer *transfer)
{
	client_job_cancel(transfer->job);
	transfer->cancelled = true;
	transfer->job = NULL;
}

int transfer_wait(struct transfer *transfer, uint64_t limit_ms)
{
	fake_run(transfer->fake, &transfer->done, limit_ms);
	assert(transfer->endings == 1);
	return transfer->result.code;
}

void transfer_got(const struct transfer *transfer, uint64_t offset, uint64_t length)
{
	assert(memcmp(transfer->got + offset, transfer->bytes + offset, length) == 0);
	for (uint64_t i = 0; i < offset; i++)
		assert(transfer->got[i] == 0);
	assert(transfer->got[offset + length] == 0 || offset + length < transfer->size);
}
