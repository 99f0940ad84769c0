/* SPDX-License-Identifier: MIT */
/*
 * Bytes of a fetch into a sink that workers write to: received into slabs, verified there frame by
 * frame, gathered, and written while the next ones come in.
 *
 *   slab  |hdr|payload........|hdr|payload.........|hdr|pay      |
 *                                                  ^ parsed  ^ size
 *
 * A frame lies in one slab: where it would not fit, its first part moves to the next one. One batch
 * is with a worker at a time for each fetch, so that what is written again comes after what was
 * written first.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "client/get.h"

enum {
	WRITE_BYTES = 256 * 1024,   /* a worker gets so many at least, but at the end */
	BEHIND_BYTES = 1024 * 1024, /* gathered while one writes: the connection is paused */
	FRAME_MAX = FRAME_HEADER_SIZE + SPAN_SIZE_MAX,
};

struct fetch_batch {
	struct io_work work;
	struct get *get;
	struct fetch *fetch; /* NULL: it was stopped meanwhile */
	struct client_sink sink;
	struct parcel parcel;
	uint64_t offset;
	int code;
	struct dfs_error err;
};

static void batch_run(struct io_work *work);
static void batch_done(struct io_work *work);

bool fetch_lends(const struct fetch *fetch)
{
	return fetch->get->sink.write_pieces != NULL;
}

/* ---- slabs ---- */

/* What the frame that begins at `parsed` takes, as far as that is known. */
static size_t frame_needs(const struct fetch *fetch)
{
	struct frame frame;

	if (fetch->slab->size - fetch->parsed >= FRAME_HEADER_SIZE &&
	        frame_decode(fetch->slab->bytes + fetch->parsed, &frame) == 0)
		return FRAME_HEADER_SIZE + frame.size_bytes;
	return FRAME_MAX;
}

/* A slab in which the present frame has room; NULL: out of memory. */
static struct slab *slab_for_more(struct fetch *fetch)
{
	struct slab *old = fetch->slab, *slab;
	size_t tail;

	if (old && fetch->parsed + frame_needs(fetch) <= SLAB_BYTES)
		return old;
	slab = slab_take(&fetch->get->slabs);
	if (!slab)
		return NULL;
	tail = old ? old->size - fetch->parsed : 0;
	if (tail > 0)
		memcpy(slab->bytes, old->bytes + fetch->parsed, tail);
	slab->size = tail;
	slab_unref(old);
	fetch->slab = slab;
	fetch->parsed = 0;
	return slab;
}

/* Up to the end of the last frame that fits, if frames are as large as they may be: then none needs
 * to move. */
void *fetch_room(struct fetch *fetch, size_t *ret_size)
{
	struct slab *slab = slab_for_more(fetch);
	size_t limit;

	if (!slab)
		return NULL;
	limit = fetch->parsed + (SLAB_BYTES - fetch->parsed) / FRAME_MAX * FRAME_MAX;
	if (limit <= slab->size)
		limit = SLAB_BYTES;
	*ret_size = limit - slab->size;
	return slab->bytes + slab->size;
}

void fetch_slab_drop(struct fetch *fetch)
{
	slab_unref(fetch->slab);
	fetch->slab = NULL;
	fetch->parsed = 0;
	fetch->paused = false;
}

void fetch_forget(struct fetch *fetch)
{
	parcel_keep(&fetch->gathered, 0);
	if (fetch->batch)
		fetch->batch->fetch = NULL;
	fetch->batch = NULL;
}

void fetch_slab_fini(struct fetch *fetch)
{
	fetch_slab_drop(fetch);
	fetch_forget(fetch);
	parcel_fini(&fetch->gathered);
}

bool fetch_at_boundary(const struct fetch *fetch)
{
	return !fetch->slab || fetch->parsed == fetch->slab->size;
}

/* ---- frames ---- */

static int gather(struct fetch *fetch, const struct frame *frame, struct dfs_error *err)
{
	const uint8_t *bytes = fetch->slab->bytes + fetch->parsed + FRAME_HEADER_SIZE;
	int code = fetch_check(fetch, frame, err);

	if (code != 0)
		return code;
	if (crc32c(0, bytes, frame->size_bytes) != frame->crc)
		return error_set(err, DFS_E_CORRUPT, "bytes fail their checksum on arrival");
	if (fetch->gathered.count == 0)
		fetch->gathered_at = fetch->at;
	if (parcel_add(&fetch->gathered, fetch->slab, bytes, frame->size_bytes) < 0)
		return error_set(err, DFS_E_NOMEM, "out of memory for what is to be written");
	fetch_count(fetch, frame);
	return 0;
}

static int parse(struct fetch *fetch, struct dfs_error *err)
{
	struct slab *slab = fetch->slab;
	int code = 0;

	while (code == 0 && slab->size - fetch->parsed >= FRAME_HEADER_SIZE) {
		struct frame frame;

		if (frame_decode(slab->bytes + fetch->parsed, &frame) != 0)
			return error_set(err, DFS_E_PROTO, "the body is not made of frames");
		if (slab->size - fetch->parsed < FRAME_HEADER_SIZE + frame.size_bytes)
			break;
		code = gather(fetch, &frame, err);
		if (code == 0)
			fetch->parsed += FRAME_HEADER_SIZE + frame.size_bytes;
	}
	return code;
}

/* ---- workers ---- */

static int submit(struct fetch *fetch)
{
	struct get *get = fetch->get;
	struct fetch_batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return DFS_E_NOMEM;
	if (parcel_split(&fetch->gathered, fetch->gathered.count, &batch->parcel) < 0) {
		free(batch);
		return DFS_E_NOMEM;
	}
	batch->work = (struct io_work){.run = batch_run, .done = batch_done, .lane = IO_LANE_CACHE};
	batch->get = get;
	batch->fetch = fetch;
	batch->sink = get->sink;
	batch->offset = fetch->gathered_at;
	fetch->batch = batch;
	get->batches++;
	job_hold(&get->job);
	if (batch->sink.hold)
		batch->sink.hold(batch->sink.arg);
	io_work_submit(get->job.io, &batch->work);
	return 0;
}

static void batch_run(struct io_work *work)
{
	struct fetch_batch *batch = (struct fetch_batch *)work;

	batch->code = batch->sink.write_pieces(batch->sink.arg, batch->offset, batch->parcel.iov,
	        batch->parcel.count, &batch->err);
}

static void pause_if_behind(struct fetch *fetch)
{
	bool behind = fetch->batch &&
	              fetch->gathered.bytes > (fetch->paused ? BEHIND_BYTES / 2 : BEHIND_BYTES);

	if (!fetch->exchange || behind == fetch->paused)
		return;
	fetch->paused = behind;
	fetch->moved_ms = io_mono_ms(fetch->get->job.io);
	io_net(fetch->get->job.io, pause, fetch->exchange, behind);
}

static void write_on(struct fetch *fetch, size_t least)
{
	if (!fetch->batch && fetch->gathered.count > 0 && fetch->gathered.bytes >= least &&
	        submit(fetch) != 0)
		get_fail(fetch->get, DFS_E_NOMEM, "out of memory for what is to be written");
	else
		pause_if_behind(fetch);
}

static void batch_done(struct io_work *work)
{
	struct fetch_batch *batch = (struct fetch_batch *)work;
	struct get *get = batch->get;
	struct fetch *fetch = batch->fetch;

	if (batch->sink.drop)
		batch->sink.drop(batch->sink.arg);
	parcel_fini(&batch->parcel);
	get->batches--;
	if (fetch)
		fetch->batch = NULL;
	if (batch->code != 0 && !get->job.over)
		get_fail(get, batch->code < 0 ? batch->code : DFS_E_IO,
		        batch->err.text[0] ? batch->err.text
		                           : "the target does not take the bytes");
	else if (fetch && fetch->state == FETCH_WRITE)
		fetch_written(fetch);
	else if (fetch)
		write_on(fetch, WRITE_BYTES);
	free(batch);
	if (!get->job.over && get->batches == 0)
		get_batch_done(get);
	job_let_go(&get->job);
}

bool fetch_write_rest(struct fetch *fetch)
{
	write_on(fetch, 0);
	return fetch->batch != NULL;
}

int fetch_receive(struct fetch *fetch, const uint8_t *bytes, size_t size, struct dfs_error *err)
{
	int code = 0;

	while (size > 0 && code == 0) {
		struct slab *slab = slab_for_more(fetch);
		size_t part;

		if (!slab)
			return error_set(err, DFS_E_NOMEM, "out of memory for a frame");
		part = SLAB_BYTES - slab->size < size ? SLAB_BYTES - slab->size : size;
		if (bytes != slab->bytes + slab->size) /* else it was received there */
			memcpy(slab->bytes + slab->size, bytes, part);
		slab->size += part;
		bytes += part;
		size -= part;
		code = parse(fetch, err);
	}
	if (code == 0)
		write_on(fetch, WRITE_BYTES);
	return code;
}
