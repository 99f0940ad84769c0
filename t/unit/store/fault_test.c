/* SPDX-License-Identifier: MIT */
/* Disks that fail, fill up or rot, and writers that send anything (RULES 7, 10, 27, 30, 31). */
#include "rig.h"

static struct rig *the_rig(void **state)
{
	return *state;
}

static struct store_append *begin(struct rig *rig, uint64_t chunk, struct rig_done *done)
{
	struct store_append_request request = {.chunk = chunk,
	        .version = 1,
	        .allowance = 1 << 30,
	        .create = true,
	        .sync = true,
	        .lent = rig->lend};
	struct store_append_events events = {.done = rig_on_done, .arg = done};
	struct store_append *append = NULL;

	*done = (struct rig_done){0};
	assert_int_equal(store_append_begin(rig->store, &request, events, &append, NULL), 0);
	return append;
}

/* ---- hostile frames -----------------------------------------------------------------------------
 */

/* What comes of a body of 3 good frames, a wrong one, and a good one. */
static void wrong_fourth(
        struct rig *rig, uint64_t chunk, void (*spoil)(uint8_t *frame), size_t slice, int wanted)
{
	struct rig_done done;
	struct store_append *append = begin(rig, chunk, &done);
	struct dfs_error err = {0};
	struct buf buf = {0};
	uint64_t bytes;
	uint32_t crc;
	int rc;

	rig_frames(&buf, chunk, 0, 5000, 1000, true);
	spoil((uint8_t *)buf.data + 3 * 1028);
	rc = rig_feed(rig, append, buf.data, buf.size, slice, &err);
	assert_int_equal(rc, wanted);
	assert_int_equal(err.code, wanted);
	/* It does not recover: what comes later is refused as well. */
	assert_int_equal(rig_feed(rig, append, buf.data, 1028, 0, &err), wanted);
	store_append_sofar(append, &bytes, &crc);
	assert_int_equal(bytes, 3000);
	assert_int_equal(crc, rig_crc(chunk, 0, 3000));
	store_append_end(append);
	rig_wait(rig, &done.done);
	assert_int_equal(done.status, wanted);
	rig_check(rig, chunk, 3000);
	buf_fini(&buf);
}

static void spoil_payload(uint8_t *frame)
{
	frame[28 + 500] ^= 1;
}

static void spoil_crc(uint8_t *frame)
{
	frame[4] ^= 1;
}

static void spoil_size(uint8_t *frame)
{
	frame[2] = 2;
}

static void spoil_size_to_none(uint8_t *frame)
{
	memset(frame, 0, 4);
}

static void spoil_flags(uint8_t *frame)
{
	frame[24] |= 2;
}

static void a_frame_that_is_wrong_ends_the_append(void **state)
{
	static const struct {
		void (*spoil)(uint8_t *frame);
		int wanted;
	} ways[] = {
	        {spoil_payload, DFS_E_CORRUPT},
	        {spoil_crc, DFS_E_CORRUPT},
	        {spoil_size, DFS_E_PROTO},
	        {spoil_size_to_none, DFS_E_PROTO},
	        {spoil_flags, DFS_E_PROTO},
	};
	static const size_t slices[] = {1, 500, 1028, 5140};
	struct rig *rig = the_rig(state);
	uint64_t chunk = 1;

	for (int lend = 0; lend < 2; lend++) {
		rig->lend = lend;
		for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++)
			for (size_t i = 0; i < sizeof(slices) / sizeof(slices[0]); i++)
				wrong_fourth(
				        rig, chunk++, ways[way].spoil, slices[i], ways[way].wanted);
	}
	rig_reopen(rig);
	while (--chunk > 0)
		rig_check(rig, chunk, 3000);
	assert_int_equal(rig->changed_count, 0);
}

static void noise_is_refused(void **state)
{
	struct rig *rig = the_rig(state);
	uint64_t noise = rig_seed();

	for (uint64_t chunk = 1; chunk < 200; chunk++) {
		struct rig_done done;
		struct store_append *append = begin(rig, chunk, &done);
		uint8_t bytes[700];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			noise = noise * 6364136223846793005u + 1442695040888963407u;
			bytes[i] = i % 4 < 2 ? (uint8_t)(noise >> 60) : 0;
		}
		store_append_feed(append, bytes, sizeof(bytes), NULL);
		store_append_end(append);
		rig_wait(rig, &done.done);
		assert_true(done.status < 0);
		assert_int_equal(rig_held(rig, chunk).length, 0);
	}
}

static void a_chunk_has_a_limit_of_spans(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_done done;
	struct store_append *append = begin(rig, 1, &done);
	struct buf buf = {0};
	int rc = 0;

	rig_frames(&buf, 1, 0, 4096, 1, true);
	for (int i = 0; i < 300 && rc == 0; i++)
		rc = store_append_feed(append, buf.data, buf.size, NULL);
	assert_int_equal(rc, DFS_E_LIMIT);
	store_append_end(append);
	rig_wait(rig, &done.done);
	assert_int_equal(done.status, DFS_E_LIMIT);
	assert_int_equal(done.held.length, 1 << 20);
	buf_fini(&buf);
}

/* ---- write and sync errors
 * ------------------------------------------------------------------------ */

static void a_failed_sync_gives_the_replica_up(void **state)
{
	/* Of .data, of .idx, of the folder. */
	for (uint64_t nth = 1; nth <= 3; nth++) {
		struct rig *rig = rig_create(rig_seed() + nth);
		struct rig_done done;
		struct store_append *append;
		struct buf buf = {0};

		rig_open(rig);
		append = begin(rig, 1, &done);
		rig_frames(&buf, 1, 0, 5000, 1000, false);
		assert_int_equal(store_append_feed(append, buf.data, buf.size, NULL), 0);
		sim_disk_fail_after(rig->host, 1 + nth); /* the index is written first */
		store_append_end(append);
		rig_wait(rig, &done.done);
		assert_int_equal(done.status, DFS_E_IO);
		assert_int_equal(rig_held(rig, 1).state, STORE_BAD);
		assert_int_equal(rig->changed_count, 1);
		assert_int_equal(rig->changed[0].state, STORE_BAD);
		assert_non_null(strstr(rig->changed[0].why, "could not be synced"));
		rig_settle(rig);
		/* Nothing is tried on it again, now or after a restart. */
		struct rig_put put = {.chunk = 1, .version = 1, .from = 5000, .to = 6000};
		rig_append(rig, &put, &done);
		assert_int_equal(done.status, DFS_E_IO);
		assert_int_equal(rig_read(rig, 1, 0, 10, false), DFS_E_CORRUPT);
		rig_freeze(rig, 1, 2, &done);
		assert_int_equal(done.status, DFS_E_CORRUPT);
		rig_seal(rig, 1, 2, 5000, rig_crc(1, 0, 5000), &done);
		assert_int_equal(done.status, DFS_E_CORRUPT);
		rig_reopen(rig);
		assert_int_equal(rig_held(rig, 1).state, STORE_BAD);
		assert_non_null(strstr(rig_held(rig, 1).why, "could not be synced"));
		/* Another chunk is not hurt. */
		rig_put(rig, 2, 1, 0, 5000);
		buf_fini(&buf);
		rig_destroy(rig);
	}
}

static void a_failed_write_gives_the_replica_up(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_done done;
	struct store_append *append = begin(rig, 1, &done);
	struct dfs_error err = {0};
	struct buf buf = {0};

	rig_frames(&buf, 1, 0, 5000, 1000, true);
	assert_int_equal(store_append_feed(append, buf.data, 2056, &err), 0);
	sim_disk_fail_after(rig->host, 1);
	assert_int_equal(store_append_feed(append, buf.data + 2056, 1028, &err), DFS_E_IO);
	assert_int_equal(rig_held(rig, 1).state, STORE_BAD);
	assert_int_equal(rig->changed_count, 1);
	assert_int_equal(store_append_feed(append, buf.data + 3084, 1028, &err), DFS_E_IO);
	store_append_end(append);
	rig_wait(rig, &done.done);
	assert_int_equal(done.status, DFS_E_IO);
	buf_fini(&buf);
}

static void a_disk_that_keeps_failing_takes_no_new_chunks(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_dir_info info;
	struct dfs_error err = {0};
	struct store_append *append;

	for (uint64_t chunk = 1; chunk <= 3; chunk++) {
		struct rig_done done;
		struct buf buf = {0};

		assert_int_equal(store_dirs(rig->store, &info, 1), 1);
		assert_string_equal(info.error, "");
		append = begin(rig, chunk, &done);
		rig_frames(&buf, chunk, 0, 100, 100, true);
		sim_disk_fail_after(rig->host, 1);
		assert_int_equal(store_append_feed(append, buf.data, buf.size, NULL), DFS_E_IO);
		store_append_end(append);
		rig_wait(rig, &done.done);
		buf_fini(&buf);
		rig_settle(rig);
	}
	assert_int_equal(store_dirs(rig->store, &info, 1), 1);
	assert_string_not_equal(info.error, "");
	assert_int_equal(store_append_begin(rig->store,
	                         &(struct store_append_request){
	                                 .chunk = 9, .version = 1, .create = true, .allowance = 9},
	                         (struct store_append_events){0}, &append, &err),
	        DFS_E_NOSPC);
}

/* ---- full disks
 * -------------------------------------------------------------------------------------- */

static void full_disk(bool lend)
{
	static const uint64_t rooms[] = {1, 5, 16, 17, 30, 100};

	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		struct rig *rig = rig_create(rig_seed() + i);
		struct rig_put put = {.chunk = 1,
		        .version = 1,
		        .from = 10000,
		        .to = 1000000,
		        .span = 5000,
		        .slice = 7001,
		        .records = true};
		struct store_dir_info info;
		struct rig_done done;
		uint64_t length;

		rig->lend = lend;
		rig_open(rig);
		rig_put(rig, 1, 1, 0, 10000);
		store_dirs(rig->store, &info, 1);
		sim_disk_capacity(rig->host, info.total_bytes - info.free_bytes + rooms[i] * 4096);
		rig_append(rig, &put, &done);
		assert_int_equal(done.status, DFS_E_NOSPC);
		length = rig_held(rig, 1).length;
		assert_true(length >= 10000 && length <= 10000 + rooms[i] * 4096 + 4096);
		assert_int_equal(length % 5000, 0);
		if (rooms[i] > 5 && !lend) /* a worker's write has room whole, or not at all */
			assert_true(length > 10000);
		rig_check(rig, 1, length);
		assert_int_equal(rig_held(rig, 1).state, STORE_OPEN);
		rig_reopen(rig);
		rig_check(rig, 1, length);
		assert_int_equal(rig->changed_count, 0);
		/* Others made room: it goes on, or is sealed as it is. */
		sim_disk_capacity(rig->host, 1 << 30);
		rig_put(rig, 1, 1, length, length + 50000);
		rig_destroy(rig);
	}
}

static void a_full_disk_keeps_whole_records(void **state)
{
	full_disk(false);
	full_disk(true);
}

/* The index needs a page more and takes a part of what it is given. */
static void a_full_disk_leaves_no_half_of_an_index(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_put put = {.chunk = 1, .version = 1, .to = 400, .span = 10, .records = true};
	struct store_dir_info info;
	struct rig_done done;

	rig_append(rig, &put, &done);
	assert_int_equal(done.status, 0);
	store_dirs(rig->store, &info, 1);
	sim_disk_capacity(rig->host, info.total_bytes - info.free_bytes + 4196);
	put.from = 400;
	put.to = 1900;
	rig_append(rig, &put, &done);
	assert_int_equal(done.status, DFS_E_NOSPC);
	rig_check(rig, 1, 400);
	sim_disk_capacity(rig->host, 1 << 30);
	put.to = 410;
	rig_append(rig, &put, &done);
	assert_int_equal(done.status, 0);
	rig_reopen(rig);
	assert_int_equal(rig->changed_count, 0);
	rig_check(rig, 1, 410);
}

static void the_reserve_is_not_filled(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_put put = {.chunk = 1, .version = 1, .to = 8000000, .records = true};
	struct store_append_request request = {
	        .chunk = 2, .version = 1, .allowance = 1 << 20, .create = true};
	struct store_append *append;
	struct store_dir_info info;
	struct rig_done done;

	rig_close(rig);
	sim_disk_capacity(rig->host, 10 << 20);
	rig->options.reserve_bytes = 4 << 20;
	rig_open(rig);
	rig_append(rig, &put, &done);
	assert_int_equal(done.status, DFS_E_NOSPC);
	assert_true(rig_held(rig, 1).length > 4 << 20);
	store_dirs(rig->store, &info, 1);
	assert_int_equal(info.reserve_bytes, 4 << 20);
	assert_true(info.free_bytes >= (4 << 20) - 8192); /* the index is not counted before */
	if (store_append_begin(
	            rig->store, &request, (struct store_append_events){0}, &append, NULL) == 0)
		store_append_cancel(append);
	else
		assert_true(info.free_bytes <= 4 << 20);
	/* There is always room to seal. */
	rig_seal(rig, 1, 2, rig_held(rig, 1).length, rig_held(rig, 1).crc, &done);
	assert_int_equal(done.status, 0);
}

static void the_default_reserve_is_small_on_small_disks(void **state)
{
	static const struct {
		uint64_t total, reserve;
	} rows[] = {
	        {UINT64_C(100) << 20, UINT64_C(10) << 20},
	        {UINT64_C(20) << 30, UINT64_C(1) << 30},
	        {UINT64_C(100) << 30, UINT64_C(1) << 30},
	        {UINT64_C(1000) << 30, UINT64_C(10) << 30},
	};
	struct rig *rig = the_rig(state);
	struct store_dir_info info;

	rig_close(rig);
	rig->options.reserve_bytes = UINT64_MAX;
	rig_open(rig);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sim_disk_capacity(rig->host, rows[i].total);
		store_dirs(rig->store, &info, 1);
		assert_int_equal(info.total_bytes, rows[i].total);
		assert_int_equal(info.reserve_bytes, rows[i].reserve);
	}
}

/* ---- rot
 * --------------------------------------------------------------------------------------------- */

static void a_flipped_bit_is_never_served(void **state)
{
	uint64_t noise = rig_seed();

	for (int round = 0; round < 40; round++) {
		struct rig *rig = rig_create(rig_seed() + (uint64_t)round);
		uint64_t byte;

		noise = noise * 6364136223846793005u + 1442695040888963407u;
		byte = (noise >> 33) % 300000;
		rig_open(rig);
		if (round % 2)
			rig_sealed(rig, 1, 1, 300000);
		else
			rig_put(rig, 1, 1, 0, 300000);
		if (round % 4 < 2)
			rig_reopen(rig);
		assert_int_equal(
		        sim_disk_flip(rig->host, rig_path(rig, 1, ".data"), byte * 8 + 3), 0);
		/* Other spans are good until it is met. */
		assert_int_equal(rig_read(rig, 1, byte < 150000 ? 200000 : 0, 50000, true), 0);
		assert_int_equal(rig_read(rig, 1, byte, 1, round % 3 == 0), DFS_E_CORRUPT);
		assert_true(rig->changed_count > 0);
		assert_int_equal(rig->changed[rig->changed_count - 1].state, STORE_BAD);
		assert_int_equal(rig_held(rig, 1).state, STORE_BAD);
		assert_int_equal(rig_read(rig, 1, 0, 1, true), DFS_E_CORRUPT);
		assert_true(rig_exists(rig, rig_path(rig, 1, ".data")));
		rig_settle(rig);
		rig_reopen(rig);
		assert_int_equal(rig_held(rig, 1).state, STORE_BAD);
		rig_destroy(rig);
	}
}

/* Any bit of an index: nothing wrong is served, whatever becomes of the chunk. */
static void a_flipped_bit_of_an_index_is_found(void **state)
{
	for (uint64_t bit = 0; bit < 64 * 8 * 7; bit += 11) {
		struct rig *rig = rig_create(rig_seed() + bit);
		struct store_held held;

		rig_open(rig);
		rig_put(rig, 1, 1, 0, 1000);
		rig_put(rig, 1, 1, 1000, 2000);
		if (bit % 2)
			rig_sealed(rig, 2, 1, 2000);
		rig_close(rig);
		if (sim_disk_flip(rig->host, rig_path(rig, 1 + bit % 2, ".idx"), bit) == 0) {
			rig_open(rig);
			if (store_lookup(rig->store, 1 + bit % 2, &held) == 0 &&
			        held.state != STORE_BAD &&
			        rig_read(rig, 1 + bit % 2, 0, held.length, false) == 0)
				assert_true(held.state == STORE_SEALED || held.length <= 2000);
			else
				assert_int_equal(rig_held(rig, 1 + bit % 2).state, STORE_BAD);
			assert_true(rig->changed_count > 0 || held.state == STORE_SEALED);
			rig_close(rig);
		}
		rig_destroy(rig);
	}
}

/* ---- too fast
 * ----------------------------------------------------------------------------------------- */

struct pipe {
	bool wanted;
	int stops, starts;
};

static void on_flow(void *arg, bool wanted)
{
	struct pipe *pipe = arg;

	assert_int_equal(wanted, !pipe->wanted);
	pipe->wanted = wanted;
	if (wanted)
		pipe->starts++;
	else
		pipe->stops++;
}

static void on_pipe_done(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held)
{
	struct pipe *pipe = arg;

	assert_int_equal(status, 0);
	pipe->starts += 1000;
}

static void a_writer_that_is_too_fast_is_told_to_wait(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_append_request request = {
	        .version = 1, .allowance = 64 << 20, .create = true, .sync = true};
	struct store_append_events events = {.flow = on_flow, .done = on_pipe_done};
	struct pipe pipes[2] = {{.wanted = true}, {.wanted = true}};
	struct store_append *appends[2];
	struct buf buf = {0};
	uint64_t started;

	rig_close(rig);
	rig->options.unsynced_max_bytes = 4 << 20;
	rig_open(rig);
	rig_frames(&buf, 1, 0, 1 << 20, 65536, false);
	for (int i = 0; i < 2; i++) {
		request.chunk = (uint64_t)i + 1;
		events.arg = &pipes[i];
		assert_int_equal(
		        store_append_begin(rig->store, &request, events, &appends[i], NULL), 0);
	}
	started = sim_now_ms(rig->sim);
	for (int round = 0; round < 40; round++)
		for (int i = 0; i < 2; i++) {
			while (!pipes[i].wanted)
				rig_step(rig);
			assert_int_equal(
			        store_append_feed(appends[i], buf.data, buf.size, NULL), 0);
		}
	for (int i = 0; i < 2; i++) {
		assert_true(pipes[i].stops > 3);
		assert_int_equal(pipes[i].starts + !pipes[i].wanted, pipes[i].stops);
		store_append_end(appends[i]);
	}
	while (pipes[0].starts < 1000 || pipes[1].starts < 1000)
		rig_step(rig);
	/* It waited for the disk, never for the timer of the background sync. */
	assert_true(sim_now_ms(rig->sim) - started < 1000);
	assert_int_equal(rig_held(rig, 1).length, 40 << 20);
	/* Data was synced before its spans were in the index: nothing untrue stands there. */
	rig_reopen(rig);
	assert_int_equal(rig->changed_count, 0);
	assert_int_equal(rig_held(rig, 1).length, 40 << 20);
	assert_int_equal(rig_held(rig, 2).state, STORE_OPEN);
	buf_fini(&buf);
}

static void a_writer_that_comes_when_the_disk_is_busy_waits(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_append_request request = {
	        .version = 1, .allowance = 64 << 20, .create = true, .sync = true};
	struct store_append_events events = {.flow = on_flow, .done = on_pipe_done};
	struct pipe pipes[2] = {{.wanted = true}, {.wanted = true}};
	struct store_append *appends[2];
	struct buf buf = {0};

	rig_close(rig);
	rig->options.unsynced_max_bytes = 2 << 20;
	rig_open(rig);
	rig_frames(&buf, 1, 0, 3 << 20, 65536, true);
	for (int i = 0; i < 2; i++) {
		request.chunk = (uint64_t)i + 1;
		events.arg = &pipes[i];
		assert_int_equal(
		        store_append_begin(rig->store, &request, events, &appends[i], NULL), 0);
		assert_int_equal(
		        store_append_feed(appends[i], buf.data, i ? 100 : buf.size, NULL), 0);
		assert_false(pipes[i].wanted);
	}
	store_append_cancel(appends[0]);
	while (!pipes[1].wanted)
		rig_step(rig);
	store_append_cancel(appends[1]);
	buf_fini(&buf);
}

/* ---- workers that write
 * ------------------------------------------------------------------------------ */

static void a_worker_that_cannot_write_gives_the_replica_up(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_done done;
	struct store_append *append;
	struct dfs_error err = {0};
	struct buf buf = {0};

	rig->lend = true;
	append = begin(rig, 1, &done);
	rig_frames(&buf, 1, 0, 1 << 20, 65536, true);
	sim_disk_fail_after(rig->host, 1);
	assert_int_equal(rig_feed(rig, append, buf.data, buf.size, 0, &err), 0);
	while (rig_held(rig, 1).state != STORE_BAD)
		rig_step(rig);
	assert_int_equal(rig->changed_count, 1);
	/* Who feeds hears of it, and again at the end. */
	assert_int_equal(rig_feed(rig, append, buf.data, 1028, 0, &err), DFS_E_IO);
	store_append_end(append);
	rig_wait(rig, &done.done);
	assert_int_equal(done.status, DFS_E_IO);
	assert_int_equal(rig_held(rig, 1).length, 0);
	/* All was fed before it failed: the end says so. */
	append = begin(rig, 2, &done);
	assert_int_equal(rig_feed(rig, append, buf.data, buf.size, 0, &err), 0);
	sim_disk_fail_after(rig->host, 1);
	store_append_end(append);
	rig_wait(rig, &done.done);
	assert_int_equal(done.status, DFS_E_IO);
	assert_int_equal(rig_held(rig, 2).state, STORE_BAD);
	buf_fini(&buf);
}

static void a_writer_that_is_faster_than_the_workers_waits(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_append_request request = {.chunk = 1,
	        .version = 1,
	        .allowance = 64 << 20,
	        .create = true,
	        .sync = true,
	        .lent = true};
	struct pipe pipe = {.wanted = true};
	struct store_append_events events = {.flow = on_flow, .done = on_pipe_done, .arg = &pipe};
	struct store_append *append;
	struct buf buf = {0};

	rig->lend = true;
	rig_frames(&buf, 1, 0, 8 << 20, 65536, true);
	assert_int_equal(store_append_begin(rig->store, &request, events, &append, NULL), 0);
	assert_int_equal(rig_feed(rig, append, buf.data, buf.size, 100000, NULL), 0);
	assert_int_equal(pipe.stops, 1);
	while (!pipe.wanted)
		rig_step(rig);
	store_append_end(append);
	while (pipe.starts < 1000)
		rig_step(rig);
	rig_check(rig, 1, 8 << 20);
	buf_fini(&buf);
}

/* The worker may write for a while yet, the chunk is left alone until then. */
static void a_cancelled_append_is_over_when_its_worker_is(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_done done, frozen = {0};
	struct store_append *append;
	struct store_held held;
	struct buf buf = {0};
	struct rig_put more = {.chunk = 1, .version = 1, .from = 0, .to = 100};

	rig->lend = true;
	append = begin(rig, 1, &done);
	rig_frames(&buf, 1, 0, 1 << 20, 65536, true);
	assert_int_equal(rig_feed(rig, append, buf.data, buf.size, 0, NULL), 0);
	store_append_cancel(append);
	assert_false(store_idle(rig->store));
	rig_append(rig, &more, &frozen);
	assert_int_equal(frozen.status, DFS_E_BUSY);
	rig_freeze(rig, 1, 2, &frozen);
	assert_int_equal(frozen.status, 0);
	held = rig_held(rig, 1);
	assert_int_equal(held.state, STORE_FROZEN);
	assert_int_equal(held.length % 65536, 0);
	rig_check(rig, 1, held.length);
	rig_seal(rig, 1, 2, held.length, held.crc, &frozen);
	assert_int_equal(frozen.status, 0);
	rig_settle(rig);
	assert_int_equal(rig_size(rig, rig_path(rig, 1, ".data")), held.length);
	assert_false(done.done);
	buf_fini(&buf);
}

static void a_freeze_stops_an_append_whose_worker_writes(void **state)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct rig *rig = rig_create(rig_seed() + seed);
		struct rig_done done, frozen = {0};
		struct store_append *append;
		struct dfs_error err = {0};
		struct buf buf = {0};
		struct store_held held;

		rig->lend = true;
		rig_open(rig);
		append = begin(rig, 1, &done);
		rig_frames(&buf, 1, 0, 2 << 20, 65536, true);
		assert_int_equal(rig_feed(rig, append, buf.data, buf.size / 2, 0, NULL), 0);
		for (uint64_t i = 0; i < seed % 5; i++)
			rig_step(rig);
		store_freeze(rig->store, 1, 2, rig_on_done, &frozen);
		if (seed % 2) { /* it ends before the freeze begins: all of it counts */
			assert_int_equal(rig_feed(rig, append, buf.data + buf.size / 2,
			                         buf.size - buf.size / 2, 0, &err),
			        0);
			store_append_end(append);
		}
		rig_wait(rig, &frozen.done);
		assert_int_equal(frozen.status, 0);
		held = rig_held(rig, 1);
		assert_int_equal(frozen.held.length, held.length);
		if (seed % 2 == 0) {
			assert_int_equal(
			        rig_feed(rig, append, buf.data, 100, 0, &err), DFS_E_STALE);
			store_append_end(append);
		}
		rig_wait(rig, &done.done);
		assert_int_equal(done.status, seed % 2 ? 0 : DFS_E_STALE);
		if (seed % 2)
			assert_int_equal(held.length, 2 << 20);
		rig_check(rig, 1, held.length);
		rig_close(rig);
		rig_open(rig);
		assert_int_equal(rig->changed_count, 0);
		rig_check(rig, 1, held.length);
		buf_fini(&buf);
		rig_destroy(rig);
	}
}

static int setup(void **state)
{
	struct rig *rig = rig_create(rig_seed());

	rig_open(rig);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(*state);
	return 0;
}

/* Synced, sealed, copied, deleted: all was said to be on disk, and a power cut takes what it likes.
 * The store opens again, each time, and what it serves is right. */
static void what_a_lying_disk_lost_is_not_served_wrong(void **state)
{
	unsigned lost = 0;

	for (uint64_t seed = 1; seed <= 150; seed++) {
		struct rig *rig = rig_create(seed);
		struct rig_done done;

		rig_open(rig);
		rig_sealed(rig, 1, 5, 200000); /* before the disk began to lie: this one is there */
		rig_sealed(rig, 2, 5, 200000);
		rig_settle(rig);
		sim_disk_lies(rig->host, true);
		rig_sealed(rig, 3, 5, 200000);
		rig_put(rig, 4, 5, 0, 100000);
		rig_put(rig, 4, 5, 100000, 200000);
		rig_put(rig, 5, 5, 0, 100000);
		rig_freeze(rig, 5, 6, &done);
		rig_copy(rig, 6, 5, 200000, &done);
		rig_delete(rig, 2, 5, &done);
		sim_host_crash(rig->host, false);
		rig_recover(rig);
		rig_check(rig, 1, 200000);
		for (uint64_t chunk = 2; chunk <= 6; chunk++) {
			struct store_held held;

			if (store_lookup(rig->store, chunk, &held) < 0 || held.state == STORE_BAD) {
				lost++;
				continue;
			}
			/* rig_read compares what it is given; a refusal is the other right answer.
			 */
			if (held.length > 0 && rig_read(rig, chunk, 0, held.length, true) != 0)
				lost++;
		}
		rig_close(rig);
		rig_open(rig);
		rig_close(rig);
		rig_destroy(rig);
	}
	assert_true(lost > 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_frame_that_is_wrong_ends_the_append),
	        TEST(noise_is_refused),
	        TEST(a_chunk_has_a_limit_of_spans),
	        cmocka_unit_test(a_failed_sync_gives_the_replica_up),
	        TEST(a_failed_write_gives_the_replica_up),
	        TEST(a_disk_that_keeps_failing_takes_no_new_chunks),
	        cmocka_unit_test(a_full_disk_keeps_whole_records),
	        TEST(a_full_disk_leaves_no_half_of_an_index),
	        TEST(the_reserve_is_not_filled),
	        TEST(the_default_reserve_is_small_on_small_disks),
	        cmocka_unit_test(a_flipped_bit_is_never_served),
	        cmocka_unit_test(a_flipped_bit_of_an_index_is_found),
	        cmocka_unit_test(what_a_lying_disk_lost_is_not_served_wrong),
	        TEST(a_writer_that_is_too_fast_is_told_to_wait),
	        TEST(a_writer_that_comes_when_the_disk_is_busy_waits),
	        TEST(a_worker_that_cannot_write_gives_the_replica_up),
	        TEST(a_writer_that_is_faster_than_the_workers_waits),
	        TEST(a_cancelled_append_is_over_when_its_worker_is),
	        cmocka_unit_test(a_freeze_stops_an_append_whose_worker_writes),
	};

	return cmocka_run_group_tests_name("store_fault", tests, NULL, NULL);
}
