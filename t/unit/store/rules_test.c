/* SPDX-License-Identifier: MIT */
/* Who may do what to a chunk, in which state (RULES 1, 3, 8, 13), and what comes back. */
#include "rig.h"

static struct rig *the_rig(void **state)
{
	return *state;
}

static int append_status(
        struct rig *rig, uint64_t chunk, uint64_t version, uint64_t from, uint64_t to)
{
	struct rig_put put = {.chunk = chunk, .version = version, .from = from, .to = to};
	struct rig_done done;

	rig_append(rig, &put, &done);
	return done.status;
}

static int begin(struct rig *rig, const struct store_append_request *request,
        struct store_append **ret, struct rig_done *done)
{
	struct store_append_events events = {.done = rig_on_done, .arg = done};

	return store_append_begin(rig->store, request, events, ret, &done->err);
}

static void feed(
        struct store_append *append, uint64_t chunk, uint64_t from, uint64_t to, int wanted)
{
	struct buf buf = {0};

	rig_frames(&buf, chunk, from, to, 1000, false);
	assert_int_equal(store_append_feed(append, buf.data, buf.size, NULL), wanted);
	buf_fini(&buf);
}

/* ---- append ------------------------------------------------------------------------------------
 */

static void an_append_must_name_version_and_length(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_append_request absent = {.chunk = 1, .version = 5, .allowance = 1 << 20};
	struct store_append *append;
	struct rig_done done = {0};

	assert_int_equal(begin(rig, &absent, &append, &done), DFS_E_NOENT);
	absent.create = true;
	absent.offset = 10;
	assert_int_equal(begin(rig, &absent, &append, &done), DFS_E_RANGE);
	rig_absent(rig, 1);
	rig_put(rig, 1, 5, 0, 1000);
	assert_int_equal(append_status(rig, 1, 4, 1000, 1001), DFS_E_STALE);
	assert_int_equal(append_status(rig, 1, 6, 1000, 1001), DFS_E_STALE);
	assert_int_equal(append_status(rig, 1, 5, 999, 1001), DFS_E_RANGE);
	assert_int_equal(append_status(rig, 1, 5, 1001, 1002), DFS_E_RANGE);
	assert_int_equal(append_status(rig, 1, 5, 0, 1000), DFS_E_RANGE);
	rig_check(rig, 1, 1000);
}

static void appends_come_one_at_a_time(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_append_request request = {
	        .chunk = 1, .version = 5, .allowance = 1 << 20, .create = true, .sync = true};
	struct store_append *append, *second;
	struct rig_done done = {0}, refused = {0};

	assert_int_equal(begin(rig, &request, &append, &done), 0);
	assert_int_equal(begin(rig, &request, &second, &refused), DFS_E_BUSY);
	feed(append, 1, 0, 3000, 0);
	assert_int_equal(begin(rig, &request, &second, &refused), DFS_E_BUSY);
	store_append_end(append);
	assert_int_equal(begin(rig, &request, &second, &refused), DFS_E_BUSY);
	rig_wait(rig, &done.done);
	assert_int_equal(done.status, 0);
	rig_put(rig, 1, 5, 3000, 4000);
}

static void an_append_keeps_to_its_allowance(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_put put = {.chunk = 1,
	        .version = 5,
	        .to = 5000,
	        .span = 1000,
	        .records = true,
	        .allowance = 4999};
	struct rig_done done;

	rig_append(rig, &put, &done);
	assert_int_equal(done.status, DFS_E_RANGE);
	rig_check(rig, 1, 4000);
	put = (struct rig_put){
	        .chunk = 1, .version = 5, .from = 4000, .to = 4001, .allowance = 3999};
	rig_append(rig, &put, &done);
	assert_int_equal(done.status, DFS_E_RANGE);
	put.allowance = 4001;
	rig_append(rig, &put, &done);
	assert_int_equal(done.status, 0);
}

static void the_sum_so_far_is_that_of_whole_frames(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_append_request request = {
	        .chunk = 1, .version = 5, .offset = 100, .allowance = 1 << 20, .sync = true};
	struct store_append *append;
	struct rig_done done = {0};
	struct buf buf = {0};
	uint64_t bytes;
	uint32_t crc;

	rig_put(rig, 1, 5, 0, 100);
	assert_int_equal(begin(rig, &request, &append, &done), 0);
	store_append_sofar(append, &bytes, &crc);
	assert_true(bytes == 0 && crc == 0);
	rig_frames(&buf, 1, 100, 9100, 3000, false);
	for (size_t i = 0; i < buf.size; i++) {
		uint64_t whole = (i + 1) / (3000 + FRAME_HEADER_SIZE) * 3000;

		assert_int_equal(store_append_feed(append, buf.data + i, 1, NULL), 0);
		if (i % 97 && i % 3028 > 2)
			continue;
		store_append_sofar(append, &bytes, &crc);
		assert_int_equal(bytes, whole);
		assert_int_equal(crc, rig_crc(1, 100, 100 + whole));
	}
	buf_fini(&buf);
	store_append_end(append);
	rig_wait(rig, &done.done);
	rig_check(rig, 1, 9100);
}

static void a_cancelled_append_leaves_whole_records(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_append_request request = {
	        .chunk = 1, .version = 5, .allowance = 1 << 20, .create = true, .sync = true};
	struct store_append *append;
	struct rig_done done = {0};
	struct buf buf = {0};

	assert_int_equal(begin(rig, &request, &append, &done), 0);
	rig_frames(&buf, 1, 0, 5000, 1000, true);
	assert_int_equal(store_append_feed(append, buf.data, buf.size - 1, NULL), 0);
	store_append_cancel(append);
	buf_fini(&buf);
	rig_settle(rig);
	assert_false(done.done);
	rig_check(rig, 1, 4000);
	/* The place of the cut one is written again. */
	rig_put(rig, 1, 5, 4000, 9000);
	rig_reopen(rig);
	rig_check(rig, 1, 9000);
}

static void a_cancelled_append_that_waits_is_not_told(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_append_request request = {
	        .chunk = 1, .version = 5, .allowance = 1 << 20, .create = true, .sync = true};
	struct store_append *append;
	struct rig_done done = {0};

	assert_int_equal(begin(rig, &request, &append, &done), 0);
	feed(append, 1, 0, 3000, 0);
	store_append_end(append);
	store_append_cancel(append);
	rig_settle(rig);
	assert_false(done.done);
	rig_check(rig, 1, 3000);
}

static void half_a_record_is_refused(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_append_request request = {
	        .chunk = 1, .version = 5, .allowance = 1 << 20, .create = true, .sync = true};
	struct store_append *append;
	struct rig_done done = {0};
	struct buf buf = {0};

	assert_int_equal(begin(rig, &request, &append, &done), 0);
	rig_frames(&buf, 1, 0, 5000, 1000, false);
	assert_int_equal(store_append_feed(append, buf.data, buf.size - 1028, NULL), 0);
	store_append_end(append);
	rig_wait(rig, &done.done);
	assert_int_equal(done.status, DFS_E_PROTO);
	assert_int_equal(rig_held(rig, 1).length, 0);
	buf_fini(&buf);
	rig_put(rig, 1, 5, 0, 3000);
}

/* ---- freeze
 * ---------------------------------------------------------------------------------------- */

static void a_freeze_stops_the_append_under_way(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_append_request request = {
	        .chunk = 1, .version = 5, .allowance = 1 << 20, .create = true, .sync = true};
	struct store_append *append;
	struct rig_done done = {0}, frozen;
	struct buf buf = {0};

	assert_int_equal(begin(rig, &request, &append, &done), 0);
	rig_frames(&buf, 1, 0, 5000, 1000, true);
	assert_int_equal(store_append_feed(append, buf.data, 3500, NULL), 0);
	rig_freeze(rig, 1, 6, &frozen);
	assert_int_equal(frozen.status, 0);
	assert_int_equal(frozen.held.length, 3000);
	assert_int_equal(frozen.held.state, STORE_FROZEN);
	assert_int_equal(frozen.held.version, 6);
	assert_int_equal(
	        store_append_feed(append, buf.data + 3500, buf.size - 3500, NULL), DFS_E_STALE);
	store_append_end(append);
	rig_wait(rig, &done.done);
	assert_int_equal(done.status, DFS_E_STALE);
	buf_fini(&buf);
	rig_check(rig, 1, 3000);
	rig_reopen(rig);
	assert_int_equal(rig_held(rig, 1).state, STORE_FROZEN);
	rig_check(rig, 1, 3000);
}

static void an_append_that_waits_survives_a_freeze(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_append_request request = {
	        .chunk = 1, .version = 5, .allowance = 1 << 20, .create = true, .sync = true};
	struct store_append *append;
	struct rig_done done = {0}, frozen;

	assert_int_equal(begin(rig, &request, &append, &done), 0);
	feed(append, 1, 0, 3000, 0);
	store_append_end(append);
	rig_freeze(rig, 1, 6, &frozen);
	rig_wait(rig, &done.done);
	/* Its bytes are in the length that the freeze has answered: they will be sealed. */
	assert_int_equal(done.status, 0);
	assert_int_equal(frozen.held.length, 3000);
}

static void a_freeze_never_takes_the_version_back(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_done done;

	rig_freeze(rig, 1, 2, &done);
	assert_int_equal(done.status, DFS_E_NOENT);
	rig_put(rig, 1, 5, 0, 1000);
	rig_freeze(rig, 1, 4, &done);
	assert_int_equal(done.status, DFS_E_STALE);
	assert_int_equal(rig_held(rig, 1).state, STORE_OPEN);
	rig_freeze(rig, 1, 7, &done);
	assert_int_equal(done.status, 0);
	rig_freeze(rig, 1, 7, &done);
	assert_int_equal(done.status, 0);
	assert_int_equal(done.held.length, 1000);
	rig_freeze(rig, 1, 6, &done);
	assert_int_equal(done.status, DFS_E_STALE);
	rig_freeze(rig, 1, 9, &done);
	assert_int_equal(done.status, 0);
	rig_reopen(rig);
	assert_int_equal(rig_held(rig, 1).version, 9);
	rig_seal(rig, 1, 9, 1000, rig_crc(1, 0, 1000), &done);
	rig_freeze(rig, 1, 11, &done);
	assert_int_equal(done.status, 0);
	assert_int_equal(done.held.state, STORE_SEALED);
	assert_int_equal(done.held.version, 9);
}

static void a_freeze_reads_the_bytes_back(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_done done;

	rig_put(rig, 1, 5, 0, 200000);
	rig_flip(rig, rig_path(rig, 1, ".data"), 150000 * 8);
	rig_freeze(rig, 1, 6, &done);
	assert_int_equal(done.status, DFS_E_CORRUPT);
	assert_int_equal(done.held.state, STORE_BAD);
	assert_int_equal(rig->changed_count, 1);
}

static void a_freeze_tells_what_was_acknowledged(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_done done;

	rig_put(rig, 1, 5, 0, 1000);
	store_committed(rig->store, 1, 1000, false);
	rig_put(rig, 1, 5, 1000, 2000);
	rig_freeze(rig, 1, 6, &done);
	assert_int_equal(done.held.committed, 1000);
	assert_int_equal(done.held.length, 2000);
	/* The index knows it too. */
	rig_reopen(rig);
	assert_int_equal(rig_held(rig, 1).committed, 1000);
}

/* ---- seal
 * -------------------------------------------------------------------------------------------- */

static void a_seal_must_fit_the_bytes(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_put put = {.chunk = 1, .version = 5, .to = 5000, .span = 1000, .records = true};
	struct rig_done done;

	rig_append(rig, &put, &done);
	rig_seal(rig, 2, 5, 0, 0, &done);
	assert_int_equal(done.status, DFS_E_NOENT);
	rig_seal(rig, 1, 5, 5001, 0, &done);
	assert_int_equal(done.status, DFS_E_RANGE);
	rig_seal(rig, 1, 5, 4500, rig_crc(1, 0, 4500), &done);
	assert_int_equal(done.status, DFS_E_RANGE);
	rig_seal(rig, 1, 5, 4000, rig_crc(1, 0, 4000) + 1, &done);
	assert_int_equal(done.status, DFS_E_CORRUPT);
	rig_seal(rig, 1, 4, 4000, rig_crc(1, 0, 4000), &done);
	assert_int_equal(done.status, DFS_E_STALE);
	assert_int_equal(rig_held(rig, 1).state, STORE_OPEN);
	rig_check(rig, 1, 5000);
	assert_int_equal(append_status(rig, 1, 5, 5000, 6000), 0);
}

static void a_seal_cuts_what_is_longer(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_put put = {.chunk = 1, .version = 5, .to = 5000, .span = 1000, .records = true};
	struct rig_done done;

	rig_append(rig, &put, &done);
	rig_seal(rig, 1, 6, 3000, rig_crc(1, 0, 3000), &done);
	assert_int_equal(done.status, 0);
	assert_int_equal(done.held.length, 3000);
	rig_check(rig, 1, 3000);
	assert_int_equal(rig_read(rig, 1, 0, 3001, false), DFS_E_RANGE);
	assert_int_equal(rig_size(rig, rig_path(rig, 1, ".data")), 3000);
	assert_int_equal(store_used_bytes(rig->store), 3000);
	rig_reopen(rig);
	rig_check(rig, 1, 3000);
	assert_int_equal(append_status(rig, 1, 6, 3000, 3001), DFS_E_SEALED);
	rig_seal(rig, 1, 7, 2000, rig_crc(1, 0, 2000), &done);
	assert_int_equal(done.status, DFS_E_CORRUPT);
	rig_check(rig, 1, 3000);
}

static void a_seal_stops_the_append_that_it_cuts(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_append_request request = {
	        .chunk = 1, .version = 5, .offset = 1000, .allowance = 1 << 20, .sync = true};
	struct store_append *append;
	struct rig_done done = {0}, sealed;

	rig_put(rig, 1, 5, 0, 1000);
	assert_int_equal(begin(rig, &request, &append, &done), 0);
	feed(append, 1, 1000, 3000, 0);
	store_append_end(append);
	rig_seal(rig, 1, 6, 1000, rig_crc(1, 0, 1000), &sealed);
	assert_int_equal(sealed.status, 0);
	rig_wait(rig, &done.done);
	assert_int_equal(done.status, DFS_E_STALE);
	rig_check(rig, 1, 1000);
}

static void an_empty_chunk_can_be_sealed(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_append_request request = {
	        .chunk = 1, .version = 5, .allowance = 1 << 20, .create = true, .sync = true};
	struct store_append *append;
	struct rig_done done = {0};

	assert_int_equal(begin(rig, &request, &append, &done), 0);
	store_append_end(append);
	rig_wait(rig, &done.done);
	assert_int_equal(done.status, 0);
	rig_seal(rig, 1, 6, 0, 0, &done);
	assert_int_equal(done.status, 0);
	rig_reopen(rig);
	assert_int_equal(rig_held(rig, 1).state, STORE_SEALED);
	rig_check(rig, 1, 0);
}

static void bytes_past_the_commit_are_not_sealed_by_the_store(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_put put = {.chunk = 1, .version = 5, .to = 2000, .seal = true};
	struct rig_done done;

	rig_append(rig, &put, &done);
	store_committed(rig->store, 1, 1000, true);
	rig_settle(rig);
	assert_int_equal(rig_held(rig, 1).state, STORE_OPEN);
	assert_int_equal(rig_held(rig, 1).committed, 1000);
	store_committed(rig->store, 99, 1000, true); /* not here: nothing */
}

static void an_async_chunk_is_durable_before_it_is_sealed(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_put put = {.chunk = 1, .version = 5, .to = 200000, .async = true};
	struct rig_done done;

	rig_append(rig, &put, &done);
	store_committed(rig->store, 1, 200000, true);
	while (rig_held(rig, 1).state != STORE_SEALED)
		rig_step(rig);
	sim_host_crash(rig->host, false);
	rig_recover(rig);
	assert_int_equal(rig_held(rig, 1).state, STORE_SEALED);
	rig_check(rig, 1, 200000);
}

static void async_bytes_are_synced_in_the_background(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_put put = {.chunk = 1, .version = 5, .to = 200000, .async = true};
	struct rig_done done;

	rig_append(rig, &put, &done);
	assert_int_equal(done.status, 0);
	rig_settle(rig);
	sim_host_crash(rig->host, false);
	rig_recover(rig);
	rig_check(rig, 1, 200000);
}

/* RULES 27: data and index first. Until then nobody waits for the disk. */
static void an_async_chunk_is_sealed_some_seconds_later_or_at_a_stop(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_put put = {.chunk = 1, .version = 5, .to = 200000, .async = true};
	struct rig_done done;
	uint64_t operations;

	rig_append(rig, &put, &done);
	operations = sim_disk_operations(rig->host);
	store_committed(rig->store, 1, 200000, true);
	sim_run_for(rig->sim, 2000);
	assert_int_equal(sim_disk_operations(rig->host), operations);
	assert_int_equal(rig_held(rig, 1).state, STORE_OPEN);
	sim_run_for(rig->sim, 2500);
	assert_int_equal(rig_held(rig, 1).state, STORE_SEALED);
	put.chunk = 2;
	rig_append(rig, &put, &done);
	store_committed(rig->store, 2, 200000, true);
	store_flush(rig->store);
	while (!store_idle(rig->store))
		rig_step(rig);
	assert_int_equal(rig_held(rig, 2).state, STORE_SEALED);
}

/* A freeze, or another seal, does not wait for the time of the background sync. */
static void an_async_chunk_that_waits_for_its_seal_can_be_frozen(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_put put = {.chunk = 1, .version = 5, .to = 200000, .async = true};
	struct rig_done done;
	uint64_t started = sim_now_ms(rig->sim);

	rig_append(rig, &put, &done);
	store_committed(rig->store, 1, 200000, true);
	rig_freeze(rig, 1, 6, &done);
	assert_int_equal(done.status, 0);
	assert_true(sim_now_ms(rig->sim) - started < 1000);
	sim_host_crash(rig->host, false);
	rig_recover(rig);
	assert_int_equal(rig_held(rig, 1).state, STORE_FROZEN);
	rig_check(rig, 1, 200000);
}

static void on_any_flow(void *arg, bool wanted)
{
	*(int *)arg += wanted ? 100 : 1;
}

static void async_bytes_have_a_bound_of_their_own(void **state)
{
	struct rig *rig = the_rig(state);
	int told[2] = {0, 0};
	struct store_append_request request = {.version = 5, .allowance = 64 << 20, .create = true};
	struct store_append *appends[2];
	struct buf buf = {0};
	uint64_t started = sim_now_ms(rig->sim);

	rig_close(rig);
	rig->options.unsynced_max_bytes = 1 << 20;
	rig->options.async_max_bytes = 4 << 20;
	rig_open(rig);
	rig_frames(&buf, 1, 0, 3 << 20, 65536, true);
	for (int i = 0; i < 2; i++) { /* chunk 1 async, chunk 2 sync */
		struct store_append_events events = {.flow = on_any_flow, .arg = &told[i]};

		request.chunk = (uint64_t)i + 1;
		request.sync = i == 1;
		assert_int_equal(
		        store_append_begin(rig->store, &request, events, &appends[i], NULL), 0);
	}
	assert_int_equal(store_append_feed(appends[0], buf.data, buf.size, NULL), 0);
	assert_int_equal(told[0], 0);
	assert_int_equal(store_append_feed(appends[0], buf.data, buf.size, NULL), 0);
	assert_int_equal(told[0], 1);
	assert_int_equal(told[1], 0); /* the other kind does not wait for it */
	while (told[0] < 101)
		rig_step(rig);
	assert_true(sim_now_ms(rig->sim) - started < 1000); /* nor did it wait for the time */
	assert_int_equal(store_append_feed(appends[1], buf.data, buf.size, NULL), 0);
	assert_int_equal(told[1], 1);
	while (told[1] < 101)
		rig_step(rig);
	store_append_cancel(appends[0]);
	store_append_cancel(appends[1]);
	buf_fini(&buf);
}

/* ---- delete
 * ------------------------------------------------------------------------------------------ */

static void a_delete_never_takes_a_newer_or_an_open_chunk(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_append_request request = {
	        .chunk = 2, .version = 5, .allowance = 1 << 20, .create = true, .sync = true};
	struct store_append *append;
	struct rig_done done, appended = {0};

	rig_sealed(rig, 1, 5, 1000);
	rig_delete(rig, 1, 4, &done);
	assert_int_equal(done.status, DFS_E_STALE);
	rig_check(rig, 1, 1000);
	assert_int_equal(begin(rig, &request, &append, &appended), 0);
	feed(append, 2, 0, 3000, 0);
	rig_delete(rig, 2, 9, &done);
	assert_int_equal(done.status, DFS_E_BUSY);
	store_append_end(append);
	rig_wait(rig, &appended.done);
	rig_delete(rig, 2, 5, &done);
	assert_int_equal(done.status, DFS_E_BUSY);
	rig_check(rig, 2, 3000);
	rig_delete(rig, 2, 6, &done);
	assert_int_equal(done.status, 0);
	rig_absent(rig, 2);
	rig_put(rig, 3, 5, 0, 10);
	rig_freeze(rig, 3, 6, &done);
	rig_delete(rig, 3, 6, &done);
	assert_int_equal(done.status, 0);
}

static void jobs_of_a_chunk_take_turns(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_done done[5] = {0};

	rig_put(rig, 1, 5, 0, 1000);
	store_freeze(rig->store, 1, 6, rig_on_done, &done[0]);
	store_seal(rig->store, 1, 7, 1000, rig_crc(1, 0, 1000), rig_on_done, &done[1]);
	store_delete(rig->store, 1, 7, rig_on_done, &done[2]);
	store_freeze(rig->store, 1, 8, rig_on_done, &done[3]);
	store_delete(rig->store, 1, 8, rig_on_done, &done[4]);
	rig_wait(rig, &done[4].done);
	assert_int_equal(done[0].status, 0);
	assert_int_equal(done[0].held.state, STORE_FROZEN);
	assert_int_equal(done[1].status, 0);
	assert_int_equal(done[1].held.state, STORE_SEALED);
	assert_int_equal(done[2].status, 0);
	assert_int_equal(done[2].held.version, 7);
	assert_int_equal(done[3].status, DFS_E_NOENT);
	assert_int_equal(done[4].status, 0);
	rig_absent(rig, 1);
}

/* ---- copy
 * --------------------------------------------------------------------------------------------- */

static void a_good_replica_is_not_copied_over(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_done done;

	rig_sealed(rig, 1, 5, 1000);
	rig_copy(rig, 1, 5, 1000, &done);
	assert_int_equal(done.status, DFS_E_EXIST);
	rig_copy(rig, 1, 4, 1000, &done);
	assert_int_equal(done.status, DFS_E_STALE);
	rig_check(rig, 1, 1000);
}

static void a_copy_takes_the_place_of_a_stale_or_bad_one(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_done done;

	rig_put(rig, 1, 5, 0, 1000);
	rig_copy(rig, 1, 6, 3000, &done);
	assert_int_equal(done.status, 0);
	rig_check(rig, 1, 3000);
	assert_int_equal(rig_held(rig, 1).version, 6);
	assert_int_equal(rig_size(rig, rig_bad_path(rig, 1, ".data")), 1000);
	assert_int_equal(store_used_bytes(rig->store), 3000);
	rig_flip(rig, rig_path(rig, 1, ".data"), 100);
	assert_int_equal(rig_read(rig, 1, 0, 3000, false), DFS_E_CORRUPT);
	rig_settle(rig);
	assert_true(rig_exists(rig, rig_path(rig, 1, ".bad")));
	rig_copy(rig, 1, 6, 3000, &done);
	assert_int_equal(done.status, 0);
	rig_check(rig, 1, 3000);
	assert_false(rig_exists(rig, rig_path(rig, 1, ".bad")));
	rig_reopen(rig);
	rig_check(rig, 1, 3000);
	assert_int_equal(rig->changed_count, 0);
}

/* Feeds a copy of [0, to) that was announced otherwise. Returns how it ended. */
static int wrong_copy(struct rig *rig, uint64_t to, uint64_t length, uint32_t crc, bool cancel)
{
	struct store_copy *copy;
	struct rig_done done = {0};
	struct buf buf = {0};

	assert_int_equal(store_copy_begin(rig->store, 1, 7, length, crc, &copy, NULL), 0);
	assert_int_equal(store_copy_begin(rig->store, 1, 7, length, crc, &copy, NULL), DFS_E_BUSY);
	rig_frames(&buf, 1, 0, to, 1000, false);
	store_copy_feed(copy, buf.data, buf.size, NULL);
	buf_fini(&buf);
	if (cancel) {
		store_copy_cancel(copy);
		rig_settle(rig);
		assert_false(done.done);
		return 0;
	}
	store_copy_end(copy, rig_on_done, &done);
	rig_wait(rig, &done.done);
	return done.status;
}

static void a_copy_that_is_not_right_changes_nothing(void **state)
{
	struct rig *rig = the_rig(state);

	rig_put(rig, 1, 5, 0, 1000);
	assert_int_equal(wrong_copy(rig, 2000, 3000, rig_crc(1, 0, 3000), false), DFS_E_PROTO);
	assert_int_equal(wrong_copy(rig, 3000, 2000, rig_crc(1, 0, 2000), false), DFS_E_RANGE);
	assert_int_equal(wrong_copy(rig, 2000, 2000, rig_crc(1, 0, 2001), false), DFS_E_CORRUPT);
	assert_int_equal(wrong_copy(rig, 2000, 3000, rig_crc(1, 0, 3000), true), 0);
	assert_false(rig_exists(rig, rig_path(rig, 1, ".data.tmp")));
	assert_false(rig_exists(rig, rig_path(rig, 1, ".idx.tmp")));
	rig_check(rig, 1, 1000);
	assert_int_equal(append_status(rig, 1, 5, 1000, 2000), 0);
	rig_reopen(rig);
	rig_check(rig, 1, 2000);
}

/* ---- reads
 * ---------------------------------------------------------------------------------------------- */

static void a_read_names_the_least_version(void **state)
{
	struct rig *rig = the_rig(state);
	struct store_read_request request = {.chunk = 1, .version = 6, .length = 10};
	struct store_read_events events = {0};
	struct store_read *read;

	rig_put(rig, 1, 5, 0, 1000);
	assert_int_equal(store_read_begin(rig->store, &request, events, &read, NULL), DFS_E_STALE);
	request.version = 5;
	assert_int_equal(store_read_begin(rig->store, &request, events, &read, NULL), 0);
	store_read_cancel(read);
}

struct slow {
	struct store_read *read;
	uint64_t got;
	bool piece, done;
	int status;
	const uint8_t *last;
	uint8_t first_byte;
};

static void on_piece(void *arg, const void *bytes, size_t size)
{
	struct slow *slow = arg;

	slow->piece = true;
	slow->got += size;
	slow->last = bytes;
	slow->first_byte = slow->last[0];
}

static void on_done(void *arg, int status, const struct dfs_error *err)
{
	struct slow *slow = arg;

	slow->done = slow->piece = true;
	slow->status = status;
}

static void slow_begin(struct rig *rig, struct slow *slow, uint64_t length)
{
	struct store_read_request request = {.chunk = 1, .length = length};
	struct store_read_events events = {on_piece, on_done, slow};

	*slow = (struct slow){0};
	assert_int_equal(store_read_begin(rig->store, &request, events, &slow->read, NULL), 0);
}

static void slow_more(struct rig *rig, struct slow *slow)
{
	slow->piece = false;
	store_read_more(slow->read);
	rig_wait(rig, &slow->piece);
}

static void a_piece_stays_until_the_next_is_asked_for(void **state)
{
	struct rig *rig = the_rig(state);
	struct slow slow[3];

	rig_sealed(rig, 1, 5, 2000000);
	rig_reopen(rig);
	for (int i = 0; i < 3; i++) {
		slow_begin(rig, &slow[i], 2000000);
		slow_more(rig, &slow[i]);
	}
	for (uint64_t at = 0; !slow[0].done;) {
		for (int i = 0; i < 3; i++)
			assert_int_equal(slow[i].last[0], rig_byte(1, at));
		rig_settle(rig); /* a read ahead does not touch it */
		for (int i = 0; i < 3; i++)
			assert_int_equal(slow[i].last[0], rig_byte(1, at));
		at = slow[0].got;
		for (int i = 0; i < 3; i++)
			slow_more(rig, &slow[i]);
	}
	assert_int_equal(slow[0].got, 2000000);
	assert_int_equal(slow[2].status, 0);
}

static void deleting_takes_what_was_set_aside_too(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_done done = {0};

	rig_sealed(rig, 1, 1, 1000);
	rig_copy(rig, 1, 2, 1000, &done); /* the old pair goes to bad/ */
	assert_int_equal(done.status, 0);
	rig_sealed(rig, 2, 1, 1000);
	rig_copy(rig, 2, 2, 1000, &done);
	assert_true(rig_exists(rig, rig_bad_path(rig, 1, ".data")));
	rig_delete(rig, 1, 2, &done);
	assert_int_equal(done.status, 0);
	assert_false(rig_exists(rig, rig_path(rig, 1, ".data")));
	assert_false(rig_exists(rig, rig_bad_path(rig, 1, ".data")));
	assert_false(rig_exists(rig, rig_bad_path(rig, 1, ".idx")));
	assert_true(rig_exists(rig, rig_bad_path(rig, 2, ".data")));
}

static void a_deleted_chunk_can_be_read_to_its_end(void **state)
{
	struct rig *rig = the_rig(state);
	struct slow slow;
	struct rig_done done;

	rig_sealed(rig, 1, 5, 2000000);
	slow_begin(rig, &slow, 2000000);
	slow_more(rig, &slow);
	rig_delete(rig, 1, 5, &done);
	assert_int_equal(done.status, 0);
	rig_absent(rig, 1);
	while (!slow.done)
		slow_more(rig, &slow);
	assert_int_equal(slow.status, 0);
	assert_int_equal(slow.got, 2000000);
	rig_put(rig, 1, 9, 0, 100);
}

static void a_cut_ends_a_read_of_what_is_cut(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_put put = {.chunk = 1, .version = 5, .to = 1000000, .records = true};
	struct rig_done done;
	struct slow slow;

	rig_append(rig, &put, &done);
	slow_begin(rig, &slow, 1000000);
	slow_more(rig, &slow);
	rig_seal(rig, 1, 6, 5 * 65536, rig_crc(1, 0, 5 * 65536), &done);
	assert_int_equal(done.status, 0);
	while (!slow.done)
		slow_more(rig, &slow);
	assert_int_equal(slow.status, DFS_E_RANGE);
	assert_int_equal(rig_held(rig, 1).state, STORE_SEALED);
}

static void a_cancelled_read_is_not_told(void **state)
{
	struct rig *rig = the_rig(state);

	rig_sealed(rig, 1, 5, 2000000);
	for (int steps = 0; steps < 12; steps++) {
		struct slow slow;
		uint64_t got;

		rig_reopen(rig);
		slow_begin(rig, &slow, 2000000);
		store_read_more(slow.read);
		for (int i = 0; i < steps && !slow.piece && !store_idle(rig->store); i++)
			rig_step(rig);
		got = slow.got;
		store_read_cancel(slow.read);
		rig_settle(rig);
		assert_int_equal(slow.got, got);
		assert_false(slow.done);
		assert_true(store_idle(rig->store));
	}
}

static void more_chunks_than_handles_can_be_used(void **state)
{
	struct rig *rig = the_rig(state);

	for (uint64_t chunk = 1; chunk <= 600; chunk++)
		rig_sealed(rig, chunk, 1, 100 + chunk);
	for (uint64_t chunk = 1000; chunk <= 1300; chunk++)
		rig_put(rig, chunk, 1, 0, 100);
	for (int round = 0; round < 2; round++) {
		for (uint64_t chunk = 1; chunk <= 600; chunk++)
			rig_check(rig, chunk, 100 + chunk);
		for (uint64_t chunk = 1000; chunk <= 1300; chunk++) {
			rig_check(rig, chunk, 100 + (uint64_t)round * 50);
			rig_put(rig, chunk, 1, 100 + (uint64_t)round * 50,
			        150 + (uint64_t)round * 50);
		}
	}
	assert_int_equal(store_count(rig->store), 901);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(an_append_must_name_version_and_length),
	        TEST(appends_come_one_at_a_time),
	        TEST(an_append_keeps_to_its_allowance),
	        TEST(the_sum_so_far_is_that_of_whole_frames),
	        TEST(a_cancelled_append_leaves_whole_records),
	        TEST(a_cancelled_append_that_waits_is_not_told),
	        TEST(half_a_record_is_refused),
	        TEST(a_freeze_stops_the_append_under_way),
	        TEST(an_append_that_waits_survives_a_freeze),
	        TEST(a_freeze_never_takes_the_version_back),
	        TEST(a_freeze_reads_the_bytes_back),
	        TEST(a_freeze_tells_what_was_acknowledged),
	        TEST(a_seal_must_fit_the_bytes),
	        TEST(a_seal_cuts_what_is_longer),
	        TEST(a_seal_stops_the_append_that_it_cuts),
	        TEST(an_empty_chunk_can_be_sealed),
	        TEST(bytes_past_the_commit_are_not_sealed_by_the_store),
	        TEST(an_async_chunk_is_durable_before_it_is_sealed),
	        TEST(async_bytes_are_synced_in_the_background),
	        TEST(an_async_chunk_is_sealed_some_seconds_later_or_at_a_stop),
	        TEST(an_async_chunk_that_waits_for_its_seal_can_be_frozen),
	        TEST(async_bytes_have_a_bound_of_their_own),
	        TEST(a_delete_never_takes_a_newer_or_an_open_chunk),
	        TEST(jobs_of_a_chunk_take_turns),
	        TEST(a_good_replica_is_not_copied_over),
	        TEST(a_copy_takes_the_place_of_a_stale_or_bad_one),
	        TEST(a_copy_that_is_not_right_changes_nothing),
	        TEST(a_read_names_the_least_version),
	        TEST(a_piece_stays_until_the_next_is_asked_for),
	        TEST(deleting_takes_what_was_set_aside_too),
	        TEST(a_deleted_chunk_can_be_read_to_its_end),
	        TEST(a_cut_ends_a_read_of_what_is_cut),
	        TEST(a_cancelled_read_is_not_told),
	        TEST(more_chunks_than_handles_can_be_used),
	};

	return cmocka_run_group_tests_name("store_rules", tests, NULL, NULL);
}
