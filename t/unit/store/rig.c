/* SPDX-License-Identifier: MIT */
/* A store in a simulated world, or in a real directory, and what tests do with it. */
#include "rig.h"

#include <inttypes.h>
#include "rig_real.h"

static void on_changed(void *arg, const struct store_held *held);

uint64_t rig_seed(void)
{
	const char *text = getenv("SEED");

	return text ? strtoull(text, NULL, 10) : 1;
}

static struct rig *rig_new(void)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	snprintf(rig->options.identity.cluster, sizeof(rig->options.identity.cluster), "cafe01");
	rig->options.identity.node = 7;
	rig->options.dirs = rig->dirs;
	rig->options.dirs_count = 1;
	rig->options.reserve_bytes = 0;
	rig->dirs[0] = rig->dir;
	return rig;
}

struct rig *rig_create(uint64_t seed)
{
	struct sim_options options = {.seed = seed};
	struct rig *rig = rig_new();
	struct dfs_error err = {0};

	rig->sim = sim_create(&options);
	rig->host = sim_host_create(rig->sim, "node1");
	rig->io = sim_host_io(rig->host);
	snprintf(rig->dir, sizeof(rig->dir), "/a");
	if (store_init_dir(rig->io, rig->dir, &rig->options.identity, &err) < 0)
		fail_msg("%s", err.text);
	return rig;
}

struct rig *rig_create_real(void)
{
	struct rig *rig = rig_new();
	struct dfs_error err = {0};

	rig->real = rig_real_create(rig->dir, sizeof(rig->dir));
	rig->io = rig_real_io(rig->real);
	if (store_init_dir(rig->io, rig->dir, &rig->options.identity, &err) < 0)
		fail_msg("%s", err.text);
	return rig;
}

void rig_destroy(struct rig *rig)
{
	if (rig->store)
		rig_close(rig);
	slabs_fini(&rig->slabs);
	if (rig->sim)
		sim_destroy(rig->sim);
	if (rig->real)
		rig_real_destroy(rig->real);
	free(rig);
}

int rig_try_open(struct rig *rig, struct dfs_error *err)
{
	struct store_events events = {.changed = on_changed, .arg = rig};

	assert_null(rig->store);
	rig->changed_count = 0;
	return store_open(&rig->store, rig->io, &rig->options, events, err);
}

void rig_open(struct rig *rig)
{
	struct dfs_error err = {0};

	if (rig_try_open(rig, &err) < 0)
		fail_msg("%s", err.text);
}

void rig_close(struct rig *rig)
{
	while (!rig_crashed(rig) && !store_idle(rig->store))
		rig_step(rig);
	store_close(rig->store);
	rig->store = NULL;
}

void rig_reopen(struct rig *rig)
{
	rig_close(rig);
	rig_open(rig);
}

void rig_step(struct rig *rig)
{
	if (!rig->sim) {
		rig_real_step(rig->real);
		return;
	}
	assert_true(sim_step(rig->sim));
	if (rig->kill_after > 0 && --rig->kill_after == 0)
		sim_host_kill(rig->host);
}

bool rig_wait(struct rig *rig, const bool *flag)
{
	while (!*flag) {
		if (rig_crashed(rig))
			return false;
		rig_step(rig);
	}
	return true;
}

void rig_settle(struct rig *rig)
{
	/* Long enough for the background sync. */
	if (rig->sim)
		sim_run_for(rig->sim, 5000);
	else
		while (!store_idle(rig->store))
			rig_step(rig);
}

bool rig_crashed(const struct rig *rig)
{
	return rig->host && sim_host_crashed(rig->host);
}

void rig_recover(struct rig *rig)
{
	store_close(rig->store);
	rig->store = NULL;
	sim_host_restart(rig->host);
	rig_open(rig);
}

static void on_changed(void *arg, const struct store_held *held)
{
	struct rig *rig = arg;

	if (rig->changed_count < sizeof(rig->changed) / sizeof(rig->changed[0]))
		rig->changed[rig->changed_count++] = *held;
}

/* ---- bytes and frames
 * ------------------------------------------------------------------------------------------------
 */

uint8_t rig_byte(uint64_t chunk, uint64_t offset)
{
	uint64_t mix = (chunk * 0x9e3779b97f4a7c15u) ^ (offset / 8 * 0xbf58476d1ce4e5b9u);

	return (uint8_t)((mix ^ mix >> 29) >> (8 * (offset % 8)));
}

static uint8_t *bytes_of(uint64_t chunk, uint64_t from, uint64_t to)
{
	uint8_t *bytes = malloc((size_t)(to - from) + 1);

	assert_non_null(bytes);
	for (uint64_t i = from; i < to; i++)
		bytes[i - from] = rig_byte(chunk, i);
	return bytes;
}

uint32_t rig_crc(uint64_t chunk, uint64_t from, uint64_t to)
{
	uint8_t *bytes = bytes_of(chunk, from, to);
	uint32_t crc = crc32c(0, bytes, (size_t)(to - from));

	free(bytes);
	return crc;
}

void rig_frames(
        struct buf *buf, uint64_t chunk, uint64_t from, uint64_t to, uint32_t span, bool records)
{
	uint8_t *bytes = bytes_of(chunk, from, to);

	for (uint64_t at = from; at < to;) {
		uint32_t size = to - at < span ? (uint32_t)(to - at) : span;
		struct frame frame = {.size_bytes = size,
		        .crc = crc32c(0, bytes + (at - from), size),
		        .writer = 77,
		        .sequence = at,
		        .flags = records || at + size == to ? FRAME_RECORD_END : 0};
		uint8_t header[FRAME_HEADER_SIZE];

		frame_encode(&frame, header);
		buf_append(buf, header, sizeof(header));
		buf_append(buf, bytes + (at - from), size);
		at += size;
	}
	free(bytes);
	assert_false(buf->failed);
}

/* ---- doing things
 * ------------------------------------------------------------------------------------------------------
 */

void rig_on_done(void *arg, int status, const struct dfs_error *err, const struct store_held *held)
{
	struct rig_done *done = arg;

	assert_false(done->done);
	assert_int_equal(status, err ? err->code : 0);
	done->done = true;
	done->status = status;
	if (err)
		done->err = *err;
	done->held = *held;
}

/* As a datanode does: one copy, into slabs that are filled from the front. */
static int lend(struct rig *rig, struct store_append *append, const uint8_t *bytes, size_t size,
        size_t slice, struct dfs_error *err)
{
	struct slab *slab = NULL;
	int rc = 0;

	while (size > 0 && rc == 0) {
		size_t part = size < slice ? size : slice;
		size_t at;

		if (!slab || slab->size == SLAB_BYTES) {
			slab_unref(slab);
			slab = slab_take(&rig->slabs);
		}
		at = slab->size;
		part = part < SLAB_BYTES - at ? part : SLAB_BYTES - at;
		memcpy(slab->bytes + at, bytes, part);
		slab->size += part;
		rc = store_append_lend(append, slab, at, part, err);
		bytes += part;
		size -= part;
	}
	slab_unref(slab);
	return rc;
}

int rig_feed(struct rig *rig, struct store_append *append, const void *bytes, size_t size,
        size_t slice, struct dfs_error *err)
{
	const uint8_t *at = bytes;
	int rc = 0;

	if (slice == 0)
		slice = size;
	if (rig->lend)
		return lend(rig, append, at, size, slice, err);
	while (size > 0 && rc == 0) {
		size_t part = size < slice ? size : slice;

		rc = store_append_feed(append, at, part, err);
		at += part;
		size -= part;
	}
	return rc;
}

void rig_append(struct rig *rig, const struct rig_put *put, struct rig_done *done)
{
	struct store_append_request request = {
	        .chunk = put->chunk,
	        .version = put->version,
	        .offset = put->from,
	        .allowance = put->allowance ? put->allowance : 64 << 20,
	        .create = put->from == 0,
	        .sync = !put->async,
	        .seal = put->seal,
	        .lent = rig->lend,
	        .expected = rig->lend ? put->to - put->from : 0,
	};
	struct store_append_events events = {.done = rig_on_done, .arg = done};
	struct store_append *append;
	struct buf buf = {0};
	int fed;

	*done = (struct rig_done){0};
	done->status = store_append_begin(rig->store, &request, events, &append, &done->err);
	if (done->status < 0) {
		assert_int_equal(done->status, done->err.code);
		return;
	}
	rig_frames(
	        &buf, put->chunk, put->from, put->to, put->span ? put->span : 65536, put->records);
	fed = rig_feed(rig, append, buf.data, buf.size, put->slice, &done->err);
	buf_fini(&buf);
	store_append_end(append);
	assert_false(done->done); /* never inside the call */
	if (rig_wait(rig, &done->done) && fed < 0)
		assert_int_equal(done->status, fed);
}

void rig_put(struct rig *rig, uint64_t chunk, uint64_t version, uint64_t from, uint64_t to)
{
	struct rig_put put = {.chunk = chunk, .version = version, .from = from, .to = to};
	struct rig_done done;

	rig_append(rig, &put, &done);
	if (done.status < 0)
		fail_msg("%s", done.err.text);
	assert_int_equal(done.held.length, to);
}

void rig_freeze(struct rig *rig, uint64_t chunk, uint64_t version, struct rig_done *done)
{
	*done = (struct rig_done){0};
	store_freeze(rig->store, chunk, version, rig_on_done, done);
	assert_false(done->done);
	rig_wait(rig, &done->done);
}

void rig_seal(struct rig *rig, uint64_t chunk, uint64_t version, uint64_t length, uint32_t crc,
        struct rig_done *done)
{
	*done = (struct rig_done){0};
	store_seal(rig->store, chunk, version, length, crc, rig_on_done, done);
	assert_false(done->done);
	rig_wait(rig, &done->done);
}

void rig_delete(struct rig *rig, uint64_t chunk, uint64_t version, struct rig_done *done)
{
	*done = (struct rig_done){0};
	store_delete(rig->store, chunk, version, rig_on_done, done);
	assert_false(done->done);
	rig_wait(rig, &done->done);
}

void rig_copy(
        struct rig *rig, uint64_t chunk, uint64_t version, uint64_t length, struct rig_done *done)
{
	struct store_copy *copy;
	struct buf buf = {0};

	*done = (struct rig_done){0};
	done->status = store_copy_begin(
	        rig->store, chunk, version, length, rig_crc(chunk, 0, length), &copy, &done->err);
	if (done->status < 0)
		return;
	rig_frames(&buf, chunk, 0, length, 50000, false);
	for (size_t at = 0; at < buf.size; at += 70000)
		if (store_copy_feed(copy, buf.data + at,
		            buf.size - at < 70000 ? buf.size - at : 70000, &done->err) < 0)
			break;
	buf_fini(&buf);
	store_copy_end(copy, rig_on_done, done);
	assert_false(done->done);
	rig_wait(rig, &done->done);
}

void rig_sealed(struct rig *rig, uint64_t chunk, uint64_t version, uint64_t length)
{
	struct rig_done done;

	rig_put(rig, chunk, version, 0, length);
	rig_seal(rig, chunk, version, length, rig_crc(chunk, 0, length), &done);
	if (done.status < 0)
		fail_msg("%s", done.err.text);
	assert_int_equal(done.held.state, STORE_SEALED);
}

/* ---- reading
 * ------------------------------------------------------------------------------------------------------------
 */

struct reading {
	struct store_read *read;
	uint64_t chunk, at, bytes;
	bool framed, piece, done;
	int status;
	struct rig_spans *spans; /* of rig_read_spans */
};

static void check_bytes(struct reading *reading, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != rig_byte(reading->chunk, reading->at + i))
			fail_msg("chunk %" PRIu64 " byte %" PRIu64 " is wrong", reading->chunk,
			        reading->at + i);
	reading->at += size;
}

static void check_frames(struct reading *reading, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		struct frame frame;

		assert_true(size > FRAME_HEADER_SIZE);
		assert_int_equal(frame_decode(bytes, &frame), 0);
		assert_true(frame.size_bytes <= size - FRAME_HEADER_SIZE);
		assert_int_equal(crc32c(0, bytes + FRAME_HEADER_SIZE, frame.size_bytes), frame.crc);
		assert_int_equal(frame.writer, 77);
		check_bytes(reading, bytes + FRAME_HEADER_SIZE, frame.size_bytes);
		bytes += FRAME_HEADER_SIZE + frame.size_bytes;
		size -= FRAME_HEADER_SIZE + frame.size_bytes;
	}
}

static void on_piece(void *arg, const void *bytes, size_t size)
{
	struct reading *reading = arg;
	uint64_t before = reading->at;

	assert_false(reading->piece);
	assert_true(size > 0);
	reading->piece = true;
	reading->bytes += size;
	if (reading->framed)
		check_frames(reading, bytes, size);
	else
		check_bytes(reading, bytes, size);
	assert_true(reading->at - before <= STORE_PIECE_MAX);
}

static void on_read_done(void *arg, int status, const struct dfs_error *err)
{
	struct reading *reading = arg;

	assert_int_equal(status, err ? err->code : 0);
	if (reading->spans && store_read_missing(reading->read, &reading->spans->missing_from,
	                              &reading->spans->missing_to))
		assert_true(status < 0);
	reading->done = reading->piece = true;
	reading->status = status;
}

static int read_all(
        struct rig *rig, const struct store_read_request *request, struct rig_spans *spans);

int rig_read(struct rig *rig, uint64_t chunk, uint64_t offset, uint64_t length, bool framed)
{
	struct store_read_request request = {
	        .chunk = chunk, .offset = offset, .length = length, .framed = framed};

	return read_all(rig, &request, NULL);
}

int rig_read_spans(struct rig *rig, const struct store_read_request *request, struct rig_spans *ret)
{
	*ret = (struct rig_spans){.to = request->offset};
	return read_all(rig, request, ret);
}

static int read_all(
        struct rig *rig, const struct store_read_request *request, struct rig_spans *spans)
{
	const uint64_t offset = request->offset, length = request->length;
	struct reading reading = {
	        .chunk = request->chunk, .at = offset, .framed = request->framed, .spans = spans};
	struct store_read_events events = {on_piece, on_read_done, &reading};
	uint64_t announced = 0;
	struct dfs_error err = {0};
	int rc = store_read_begin(rig->store, request, events, &reading.read, &err);

	if (rc < 0)
		return rc;
	while (!reading.done) {
		reading.piece = false;
		store_read_more(reading.read);
		assert_true(rig_wait(rig, &reading.piece));
		if (!reading.done)
			announced = store_read_body_size(reading.read);
	}
	if (reading.status == 0) {
		assert_int_equal(reading.at, offset + length);
		assert_int_equal(announced, reading.bytes);
	} else if (spans && reading.bytes > 0) { /* whoever counts sees that some are missing */
		assert_true(announced > reading.bytes);
	}
	if (spans)
		spans->to = reading.at;
	return reading.status;
}

void rig_check(struct rig *rig, uint64_t chunk, uint64_t length)
{
	struct store_held held = rig_held(rig, chunk);

	assert_int_equal(held.length, length);
	assert_int_equal(held.crc, rig_crc(chunk, 0, length));
	assert_int_equal(rig_read(rig, chunk, 0, length, false), 0);
	assert_int_equal(rig_read(rig, chunk, 0, length, true), 0);
}

/* ---- files
 * --------------------------------------------------------------------------------------------------------------
 */

const char *rig_path(struct rig *rig, uint64_t chunk, const char *suffix)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/chunks/%02x/%016" PRIx64 "%s", rig->dir,
	        (unsigned)(chunk & 0xff), chunk, suffix);
	return path;
}

const char *rig_bad_path(struct rig *rig, uint64_t chunk, const char *suffix)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/bad/%016" PRIx64 "%s", rig->dir, chunk, suffix);
	return path;
}

bool rig_exists(struct rig *rig, const char *path)
{
	return rig_size(rig, path) >= 0;
}

int64_t rig_size(struct rig *rig, const char *path)
{
	int handle = io_disk(rig->io, open, path, IO_OPEN_READ);
	int64_t size = handle;

	if (handle >= 0) {
		size = io_disk(rig->io, size, handle);
		io_disk(rig->io, close, handle);
	}
	return size;
}

void rig_read_file(struct rig *rig, const char *path, struct buf *ret)
{
	int64_t size = rig_size(rig, path);
	int handle = io_disk(rig->io, open, path, IO_OPEN_READ);

	assert_true(size >= 0 && handle >= 0);
	buf_reserve(ret, (size_t)size);
	assert_int_equal(
	        io_disk(rig->io, pread, handle, ret->data + ret->size, (size_t)size, 0), size);
	buf_grow(ret, (size_t)size);
	io_disk(rig->io, close, handle);
}

void rig_write_file(struct rig *rig, const char *path, const void *bytes, size_t size)
{
	int handle = io_disk(rig->io, open, path, IO_OPEN_WRITE | IO_OPEN_CREATE);
	struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};

	assert_true(handle >= 0);
	assert_int_equal(io_disk(rig->io, truncate, handle, 0), 0);
	if (size > 0)
		assert_int_equal(io_disk(rig->io, pwritev, handle, &iov, 1, 0), size);
	assert_int_equal(io_disk(rig->io, fdatasync, handle), 0);
	io_disk(rig->io, close, handle);
}

void rig_truncate(struct rig *rig, const char *path, uint64_t size)
{
	int handle = io_disk(rig->io, open, path, IO_OPEN_WRITE);

	assert_true(handle >= 0);
	assert_int_equal(io_disk(rig->io, truncate, handle, size), 0);
	io_disk(rig->io, close, handle);
}

void rig_flip(struct rig *rig, const char *path, uint64_t bit)
{
	uint8_t byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	int handle = io_disk(rig->io, open, path, IO_OPEN_READ | IO_OPEN_WRITE);

	assert_true(handle >= 0);
	assert_int_equal(io_disk(rig->io, pread, handle, &byte, 1, bit / 8), 1);
	byte ^= (uint8_t)(1u << (bit % 8));
	assert_int_equal(io_disk(rig->io, pwritev, handle, &iov, 1, bit / 8), 1);
	io_disk(rig->io, close, handle);
}

struct store_held rig_held(struct rig *rig, uint64_t chunk)
{
	struct store_held held = {0};

	assert_int_equal(store_lookup(rig->store, chunk, &held), 0);
	return held;
}

void rig_absent(struct rig *rig, uint64_t chunk)
{
	struct store_held held;

	assert_int_equal(store_lookup(rig->store, chunk, &held), DFS_E_NOENT);
}
