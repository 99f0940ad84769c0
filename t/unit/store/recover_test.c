/* SPDX-License-Identifier: MIT */
/* The rows of the table in core/store/README.md: interrupted step, what is found, what is done. */
#include "rig.h"

enum { ENTRY = 64 };

static struct rig *the_rig(void **state)
{
	return *state;
}

/* Two appends of 1,000 bytes, then the store is closed: index is open, span, synced-to, span. */
static struct rig *two_appends(void **state)
{
	struct rig *rig = the_rig(state);

	rig_put(rig, 1, 5, 0, 1000);
	rig_put(rig, 1, 5, 1000, 2000);
	rig_close(rig);
	assert_int_equal(rig_size(rig, rig_path(rig, 1, ".idx")), 4 * ENTRY);
	return rig;
}

static void shorten(struct rig *rig, const char *path, uint64_t bytes)
{
	rig_truncate(rig, path, (uint64_t)rig_size(rig, path) - bytes);
}

static void lengthen(struct rig *rig, const char *path, uint64_t bytes)
{
	rig_truncate(rig, path, (uint64_t)rig_size(rig, path) + bytes);
}

static void append_bytes(struct rig *rig, const char *path, const void *bytes, size_t size)
{
	struct buf buf = {0};

	rig_read_file(rig, path, &buf);
	buf_append(&buf, bytes, size);
	rig_write_file(rig, path, buf.data, buf.size);
	buf_fini(&buf);
}

static void rename_file(struct rig *rig, const char *from, const char *to)
{
	char first[256];

	snprintf(first, sizeof(first), "%s", from);
	assert_int_equal(io_disk(rig->io, rename, first, to), 0);
}

/* Recovered to `length`, told, and good for more: an append, a restart, a read. */
static void goes_on_from(struct rig *rig, uint64_t chunk, uint64_t version, uint64_t length)
{
	struct store_held held;

	rig_open(rig);
	held = rig_held(rig, chunk);
	assert_int_equal(held.state, STORE_OPEN);
	assert_int_equal(held.version, version);
	rig_check(rig, chunk, length);
	assert_int_equal(rig_size(rig, rig_path(rig, chunk, ".data")), length);
	rig_put(rig, chunk, version, length, length + 3000);
	rig_reopen(rig);
	assert_int_equal(rig->changed_count, 0);
	rig_check(rig, chunk, length + 3000);
}

static void is_bad(struct rig *rig, uint64_t chunk, const char *because)
{
	struct store_held held = rig_held(rig, chunk);

	assert_int_equal(held.state, STORE_BAD);
	if (!strstr(held.why, because))
		fail_msg("'%s' does not say '%s'", held.why, because);
	assert_int_equal(rig_read(rig, chunk, 0, 0, false), DFS_E_CORRUPT);
	assert_true(rig_exists(rig, rig_path(rig, chunk, ".idx")));
}

static void opens_bad(struct rig *rig, uint64_t chunk, const char *because)
{
	rig_open(rig);
	is_bad(rig, chunk, because);
	assert_int_equal(rig->changed_count, 1);
	assert_int_equal(rig->changed[0].chunk, chunk);
	assert_int_equal(rig->changed[0].state, STORE_BAD);
}

/* ---- create
 * -------------------------------------------------------------------------------------- */

static void data_without_index_is_removed(void **state)
{
	struct rig *rig = two_appends(state);

	assert_int_equal(io_disk(rig->io, unlink, rig_path(rig, 1, ".idx")), 0);
	rig_open(rig);
	rig_absent(rig, 1);
	assert_false(rig_exists(rig, rig_path(rig, 1, ".data")));
	rig_put(rig, 1, 6, 0, 500);
}

static void an_index_without_entries_is_removed(void **state)
{
	static const uint8_t zeros[200];
	static const size_t sizes[] = {0, 10, 64, 200};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct rig *rig = the_rig(state);

		rig_close(rig);
		rig_write_file(rig, rig_path(rig, 1, ".data"), "abc", 3);
		rig_write_file(rig, rig_path(rig, 1, ".idx"), zeros, sizes[i]);
		rig_open(rig);
		rig_absent(rig, 1);
		assert_false(rig_exists(rig, rig_path(rig, 1, ".data")));
		assert_false(rig_exists(rig, rig_path(rig, 1, ".idx")));
	}
}

static void an_opening_without_data_is_removed(void **state)
{
	struct rig *rig = two_appends(state);

	rig_truncate(rig, rig_path(rig, 1, ".idx"), ENTRY);
	assert_int_equal(io_disk(rig->io, unlink, rig_path(rig, 1, ".data")), 0);
	rig_open(rig);
	rig_absent(rig, 1);
	assert_false(rig_exists(rig, rig_path(rig, 1, ".idx")));
}

static void an_opened_chunk_is_open_and_empty(void **state)
{
	struct rig *rig = two_appends(state);

	rig_truncate(rig, rig_path(rig, 1, ".idx"), ENTRY);
	rig_truncate(rig, rig_path(rig, 1, ".data"), 0);
	goes_on_from(rig, 1, 5, 0);
}

/* ---- append
 * --------------------------------------------------------------------------------------- */

static void a_torn_index_is_cut(void **state)
{
	for (uint64_t torn = 1; torn < ENTRY; torn += 9) {
		struct rig *rig = rig_create(rig_seed() + torn);
		void *fresh = rig;

		rig_open(rig);
		two_appends(&fresh);
		shorten(rig, rig_path(rig, 1, ".idx"), torn);
		rig_open(rig);
		assert_int_equal(rig->changed_count, 1);
		assert_int_equal(rig->changed[0].length, 1000);
		assert_int_equal(rig->changed[0].state, STORE_OPEN);
		assert_true(rig->changed[0].why[0] != '\0');
		rig_reopen(rig);
		assert_int_equal(rig->changed_count, 0); /* it is gone from the file */
		rig_close(rig);
		goes_on_from(rig, 1, 5, 1000);
		rig_destroy(rig);
	}
}

static void bytes_that_are_not_there_are_cut(void **state)
{
	struct rig *rig = two_appends(state);

	shorten(rig, rig_path(rig, 1, ".data"), 1);
	lengthen(rig, rig_path(rig, 1, ".data"), 1);
	rig_open(rig);
	assert_int_equal(rig->changed_count, 1);
	assert_string_equal(rig->changed[0].why, "cut from 2000 to 1000 bytes at the start");
	rig_close(rig);
	goes_on_from(rig, 1, 5, 1000);
}

static void half_a_record_is_cut(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_put put = {.chunk = 1, .version = 5, .from = 100, .to = 3100, .span = 1000};
	struct rig_done done;

	rig_put(rig, 1, 5, 0, 100);
	rig_append(rig, &put, &done);
	assert_int_equal(done.status, 0);
	rig_close(rig);
	shorten(rig, rig_path(rig, 1, ".idx"), ENTRY);
	goes_on_from(rig, 1, 5, 100);
}

static void bytes_without_entries_are_cut(void **state)
{
	struct rig *rig = two_appends(state);

	shorten(rig, rig_path(rig, 1, ".idx"), ENTRY);
	goes_on_from(rig, 1, 5, 1000);
}

/* What was cut once stays cut, also where the bytes were there after all. */
static void a_cut_stays_a_cut(void **state)
{
	struct rig *rig = two_appends(state);

	rig_flip(rig, rig_path(rig, 1, ".data"), 1500 * 8);
	rig_open(rig);
	assert_int_equal(rig_held(rig, 1).length, 1000);
	rig_reopen(rig);
	assert_int_equal(rig->changed_count, 0);
	rig_check(rig, 1, 1000);
}

/* ---- freeze and seal
 * -------------------------------------------------------------------------------- */

static void a_torn_freeze_did_not_happen(void **state)
{
	struct rig *rig = two_appends(state);
	struct rig_done done;

	rig_open(rig);
	rig_freeze(rig, 1, 6, &done);
	assert_int_equal(done.status, 0);
	rig_close(rig);
	shorten(rig, rig_path(rig, 1, ".idx"), 7);
	goes_on_from(rig, 1, 5, 2000);
}

static void a_freeze_survives_a_restart(void **state)
{
	struct rig *rig = two_appends(state);
	struct rig_put put = {.chunk = 1, .version = 5, .from = 2000, .to = 2100};
	struct rig_done done;

	rig_open(rig);
	rig_freeze(rig, 1, 6, &done);
	assert_int_equal(done.status, 0);
	assert_int_equal(done.held.length, 2000);
	assert_int_equal(done.held.crc, rig_crc(1, 0, 2000));
	sim_host_crash(rig->host, false);
	rig_recover(rig);
	assert_int_equal(rig_held(rig, 1).state, STORE_FROZEN);
	assert_int_equal(rig_held(rig, 1).version, 6);
	rig_append(rig, &put, &done);
	assert_int_equal(done.status, DFS_E_STALE);
	put.version = 6;
	rig_append(rig, &put, &done);
	assert_int_equal(done.status, DFS_E_SEALED);
	rig_check(rig, 1, 2000);
}

static void a_torn_seal_did_not_happen(void **state)
{
	struct rig *rig = the_rig(state);

	rig_sealed(rig, 1, 5, 2000);
	rig_close(rig);
	shorten(rig, rig_path(rig, 1, ".idx"), 7);
	goes_on_from(rig, 1, 5, 2000);
}

static void a_sealed_chunk_is_cut_to_its_length(void **state)
{
	struct rig *rig = the_rig(state);

	rig_sealed(rig, 1, 5, 2000);
	rig_close(rig);
	lengthen(rig, rig_path(rig, 1, ".data"), 500);
	rig_open(rig);
	rig_check(rig, 1, 2000);
	assert_int_equal(rig_size(rig, rig_path(rig, 1, ".data")), 2000);
	assert_int_equal(rig->changed_count, 0);
}

static void a_torn_raise_leaves_the_seal(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_done done;

	rig_sealed(rig, 1, 5, 2000);
	rig_seal(rig, 1, 6, 2000, rig_crc(1, 0, 2000), &done);
	assert_int_equal(done.status, 0);
	assert_int_equal(rig_held(rig, 1).version, 6);
	rig_reopen(rig);
	assert_int_equal(rig_held(rig, 1).version, 6);
	rig_close(rig);
	shorten(rig, rig_path(rig, 1, ".idx"), 7);
	rig_open(rig);
	assert_int_equal(rig_held(rig, 1).version, 5);
	assert_int_equal(rig_held(rig, 1).state, STORE_SEALED);
	rig_seal(rig, 1, 7, 2000, rig_crc(1, 0, 2000), &done);
	assert_int_equal(done.status, 0);
	rig_reopen(rig);
	assert_int_equal(rig_held(rig, 1).version, 7);
	rig_check(rig, 1, 2000);
}

/* ---- delete, copy, giving up
 * -------------------------------------------------------------------------- */

static void a_mark_alone_is_removed(void **state)
{
	struct rig *rig = the_rig(state);

	rig_close(rig);
	rig_write_file(rig, rig_path(rig, 1, ".bad"), "why", 3);
	rig_open(rig);
	rig_absent(rig, 1);
	assert_false(rig_exists(rig, rig_path(rig, 1, ".bad")));
}

static void a_copy_under_way_is_removed(void **state)
{
	struct rig *rig = two_appends(state);

	rig_write_file(rig, rig_path(rig, 1, ".data.tmp"), "abc", 3);
	rig_write_file(rig, rig_path(rig, 1, ".idx.tmp"), "abc", 3);
	rig_write_file(rig, rig_path(rig, 2, ".data.tmp"), "abc", 3);
	goes_on_from(rig, 1, 5, 2000);
	rig_absent(rig, 2);
	assert_false(rig_exists(rig, rig_path(rig, 1, ".data.tmp")));
	assert_false(rig_exists(rig, rig_path(rig, 1, ".idx.tmp")));
	assert_false(rig_exists(rig, rig_path(rig, 2, ".data.tmp")));
}

static void half_a_copy_is_removed(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_done done;
	char to[256];

	rig_copy(rig, 1, 5, 2000, &done);
	assert_int_equal(done.status, 0);
	rig_close(rig);
	snprintf(to, sizeof(to), "%s", rig_path(rig, 1, ".idx.tmp"));
	rename_file(rig, rig_path(rig, 1, ".idx"), to);
	rig_open(rig);
	rig_absent(rig, 1);
	assert_false(rig_exists(rig, rig_path(rig, 1, ".data")));
	assert_false(rig_exists(rig, rig_path(rig, 1, ".idx.tmp")));
}

/* The copy's .data has its name already, its .idx has not: what it was to replace is in bad/. */
static void what_half_a_copy_was_to_replace_comes_back(void **state)
{
	struct rig *rig = two_appends(state);

	rename_file(rig, rig_path(rig, 1, ".idx"), rig_bad_path(rig, 1, ".idx"));
	rename_file(rig, rig_path(rig, 1, ".data"), rig_bad_path(rig, 1, ".data"));
	rig_write_file(rig, rig_bad_path(rig, 1, ".bad"), "why", 3);
	rig_write_file(rig, rig_path(rig, 1, ".data"), "new", 3);
	rig_write_file(rig, rig_path(rig, 1, ".idx.tmp"), "abc", 3);
	opens_bad(rig, 1, "why");
	assert_int_equal(rig_size(rig, rig_path(rig, 1, ".data")), 2000);
	assert_false(rig_exists(rig, rig_path(rig, 1, ".idx.tmp")));
	assert_false(rig_exists(rig, rig_bad_path(rig, 1, ".data")));
	rig_reopen(rig);
	assert_int_equal(rig_held(rig, 1).state, STORE_BAD);
}

static void a_pair_on_its_way_to_bad_comes_back(void **state)
{
	struct rig *rig = two_appends(state);

	rename_file(rig, rig_path(rig, 1, ".idx"), rig_bad_path(rig, 1, ".idx"));
	rig_write_file(rig, rig_bad_path(rig, 1, ".data"), "of an earlier one", 17);
	rig_write_file(rig, rig_path(rig, 1, ".data.tmp"), "abc", 3);
	rig_write_file(rig, rig_path(rig, 1, ".idx.tmp"), "abc", 3);
	rig_write_file(rig, rig_path(rig, 1, ".bad"), "why", 3);
	opens_bad(rig, 1, "why");
	assert_int_equal(rig_size(rig, rig_path(rig, 1, ".data")), 2000);
	assert_false(rig_exists(rig, rig_bad_path(rig, 1, ".idx")));
	assert_false(rig_exists(rig, rig_path(rig, 1, ".data.tmp")));
	assert_false(rig_exists(rig, rig_path(rig, 1, ".idx.tmp")));
}

static void a_bad_replica_stays_bad(void **state)
{
	struct rig *rig = two_appends(state);
	struct rig_done done;

	rig_write_file(rig, rig_path(rig, 1, ".bad"), "a failed sync", 13);
	opens_bad(rig, 1, "a failed sync");
	assert_int_equal(rig_held(rig, 1).version, 5);
	rig_delete(rig, 1, 5, &done);
	assert_int_equal(done.status, 0);
	assert_false(rig_exists(rig, rig_path(rig, 1, ".bad")));
	rig_reopen(rig);
	rig_absent(rig, 1);
}

static void an_interrupted_init_can_be_repeated(void **state)
{
	struct rig *rig = the_rig(state);
	struct dfs_error err = {0};

	rig_close(rig);
	assert_int_equal(io_disk(rig->io, unlink, "/a/identity"), 0);
	assert_int_equal(rig_try_open(rig, &err), DFS_E_FENCED);
	assert_int_equal(store_init_dir(rig->io, "/a", &rig->options.identity, &err), 0);
	rig_open(rig);
	rig_put(rig, 1, 1, 0, 10);
}

/* ---- damage
 * --------------------------------------------------------------------------------------------- */

static void a_hole_in_a_durable_index_is_damage(void **state)
{
	/* Each entry of a longer index but the last ones, which nothing behind them vouches for. */
	for (uint64_t entry = 0; entry < 12; entry++) {
		struct rig *rig = rig_create(rig_seed() + entry);

		rig_open(rig);
		for (uint64_t at = 0; at < 12; at++)
			rig_put(rig, 1, 5, at * 100, at * 100 + 100);
		rig_close(rig);
		rig_flip(rig, rig_path(rig, 1, ".idx"), entry * ENTRY * 8 + 13);
		opens_bad(rig, 1, "damaged");
		rig_destroy(rig);
	}
}

static void a_bad_entry_beside_a_good_one_is_damage(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_put put = {.chunk = 1, .version = 5, .to = 2000, .span = 500};
	struct rig_done done;

	/* One append only: nothing says that any entry was durable, but they share a sector. */
	rig_append(rig, &put, &done);
	assert_int_equal(done.status, 0);
	rig_close(rig);
	rig_flip(rig, rig_path(rig, 1, ".idx"), 5);
	opens_bad(rig, 1, "damaged");
}

static void a_short_data_file_is_damage(void **state)
{
	struct rig *rig = two_appends(state);

	rig_truncate(rig, rig_path(rig, 1, ".data"), 999);
	opens_bad(rig, 1, "missing");
}

static void a_sealed_chunk_without_its_bytes_is_damage(void **state)
{
	struct rig *rig = the_rig(state);

	rig_sealed(rig, 1, 5, 2000);
	rig_sealed(rig, 2, 5, 2000);
	rig_close(rig);
	rig_truncate(rig, rig_path(rig, 1, ".data"), 1999);
	assert_int_equal(io_disk(rig->io, unlink, rig_path(rig, 2, ".data")), 0);
	rig_open(rig);
	is_bad(rig, 1, "1999 bytes instead of 2000");
	is_bad(rig, 2, "missing");
	assert_int_equal(rig->changed_count, 2);
}

static void an_index_without_data_is_damage(void **state)
{
	struct rig *rig = two_appends(state);

	assert_int_equal(io_disk(rig->io, unlink, rig_path(rig, 1, ".data")), 0);
	opens_bad(rig, 1, "missing");
}

static void an_index_of_another_chunk_is_damage(void **state)
{
	struct rig *rig = two_appends(state);
	struct buf buf = {0};

	rig_read_file(rig, rig_path(rig, 1, ".idx"), &buf);
	rig_write_file(rig, rig_path(rig, 2, ".idx"), buf.data, buf.size);
	rig_write_file(rig, rig_path(rig, 2, ".data"), "abc", 3);
	buf_fini(&buf);
	rig_open(rig);
	is_bad(rig, 2, "damaged");
	rig_check(rig, 1, 2000);
}

static void an_entry_that_cannot_stand_behind_a_seal_is_cut(void **state)
{
	struct rig *rig = the_rig(state);
	struct buf span = {0};

	rig_sealed(rig, 1, 5, 2000);
	rig_close(rig);
	/* A whole good entry, in a place where it cannot stand: its checksum covers that. */
	rig_read_file(rig, rig_path(rig, 1, ".idx"), &span);
	append_bytes(rig, rig_path(rig, 1, ".idx"), span.data + ENTRY, ENTRY);
	buf_fini(&span);
	rig_open(rig);
	assert_int_equal(rig_held(rig, 1).state, STORE_SEALED);
	rig_check(rig, 1, 2000);
}

/* Whole, with a good checksum, and changed by `change`: as a later release might write it. */
static void put_newer(
        struct rig *rig, uint64_t chunk, uint64_t entry, size_t byte, uint8_t value, bool append)
{
	struct buf index = {0};
	uint64_t position = entry * ENTRY;
	uint8_t place[16], *at;
	uint32_t crc;

	rig_read_file(rig, rig_path(rig, chunk, ".idx"), &index);
	if (append)
		buf_append(&index, index.data + index.size - ENTRY, ENTRY);
	at = (uint8_t *)index.data + position;
	at[byte] = value;
	for (int i = 0; i < 8; i++) {
		place[i] = (uint8_t)(chunk >> (8 * i));
		place[8 + i] = (uint8_t)(position >> (8 * i));
	}
	crc = crc32c(crc32c(0, place, sizeof(place)), at + 4, ENTRY - 4);
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(crc >> (8 * i));
	rig_write_file(rig, rig_path(rig, chunk, ".idx"), index.data, index.size);
	buf_fini(&index);
}

/* A node that was put back to an older release: its chunks are there still, for the newer one. */
static void an_index_from_the_future_is_refused_and_kept(void **state)
{
	static const struct {
		const char *what;
		uint64_t entry;
		size_t byte;
		uint8_t value;
		bool append;
	} cases[] = {
	        {"format", 0, 12, 2, false}, {"codec", 1, 10, 1, false}, {"flag", 1, 9, 3, false},
	        {"kind", 1, 8, 7, false}, {"kind", 0, 8, 7, false},
	        {"kind", 3, 8, 9, true}, /* the last one: not a torn write */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig *rig = rig_create(rig_seed() + i);
		struct dfs_error err = {0};
		struct buf before = {0}, after = {0};

		rig_open(rig);
		rig_put(rig, 1, 5, 0, 1000);
		rig_put(rig, 2, 5, 0, 1000);
		rig_put(rig, 2, 5, 1000, 2000);
		rig_close(rig);
		put_newer(rig, 2,
		        cases[i].append ? (uint64_t)rig_size(rig, rig_path(rig, 2, ".idx")) / ENTRY
		                        : cases[i].entry,
		        cases[i].byte, cases[i].value, cases[i].append);
		rig_read_file(rig, rig_path(rig, 2, ".idx"), &before);
		for (int again = 0; again < 2; again++) {
			assert_int_equal(rig_try_open(rig, &err), DFS_E_VERSION);
			assert_non_null(strstr(err.text, rig_path(rig, 2, ".idx")));
			assert_non_null(strstr(err.text, cases[i].what));
			assert_non_null(strstr(err.text, "newer program"));
		}
		rig_read_file(rig, rig_path(rig, 2, ".idx"), &after);
		assert_int_equal(before.size, after.size);
		assert_memory_equal(before.data, after.data, after.size);
		assert_int_equal(rig_size(rig, rig_path(rig, 2, ".data")), 2000);
		buf_fini(&before);
		buf_fini(&after);
		rig_destroy(rig);
	}
}

/* Of a sealed chunk the last entry says all: what it cannot read is said at the read, and kept. */
static void a_sealed_index_from_the_future_is_not_called_damaged(void **state)
{
	struct rig *rig = the_rig(state);

	rig_sealed(rig, 1, 5, 2000);
	rig_close(rig);
	put_newer(rig, 1, 1, 10, 1, false);
	rig_open(rig);
	assert_int_equal(rig_held(rig, 1).state, STORE_SEALED);
	assert_int_equal(rig_read(rig, 1, 0, 10, false), DFS_E_VERSION);
	assert_int_equal(rig_held(rig, 1).state, STORE_SEALED);
}

static void a_hole_in_a_sealed_index_shows_at_the_first_read(void **state)
{
	struct rig *rig = the_rig(state);

	rig_sealed(rig, 1, 5, 2000);
	rig_close(rig);
	rig_flip(rig, rig_path(rig, 1, ".idx"), ENTRY * 8 + 200);
	rig_open(rig);
	assert_int_equal(rig_held(rig, 1).state, STORE_SEALED);
	assert_int_equal(rig_read(rig, 1, 0, 10, false), DFS_E_CORRUPT);
	rig_settle(rig);
	is_bad(rig, 1, "entry 1 fails its checksum");
	assert_int_equal(rig->changed_count, 1);
	/* The reason survives a restart, without a read. */
	rig_close(rig);
	opens_bad(rig, 1, "entry 1 fails its checksum");
}

static void of_two_replicas_the_better_one_is_served(void **state)
{
	struct rig *rig = rig_create(rig_seed());
	struct dfs_error err = {0};
	char from[256], to[256];

	rig->dirs[1] = "/b";
	rig->options.dirs_count = 2;
	assert_int_equal(store_init_dir(rig->io, "/b", &rig->options.identity, &err), 0);
	rig->options.dirs_count = 1;
	rig_open(rig);
	rig_put(rig, 1, 5, 0, 1000);
	rig_close(rig);
	for (int i = 0; i < 2; i++) {
		snprintf(from, sizeof(from), "%s", rig_path(rig, 1, i ? ".idx" : ".data"));
		snprintf(to, sizeof(to), "/b%s", from + 2);
		assert_int_equal(io_disk(rig->io, rename, from, to), 0);
	}
	rig_open(rig);
	rig_sealed(rig, 1, 6, 2000);
	rig_close(rig);
	rig->options.dirs_count = 2;
	rig_open(rig);
	assert_int_equal(rig_held(rig, 1).version, 6);
	rig_check(rig, 1, 2000);
	assert_int_equal(store_count(rig->store), 1);
	assert_int_equal(store_used_bytes(rig->store), 2000);
	assert_int_equal(rig_size(rig, "/b/bad/0000000000000001.data"), 1000);
	rig_close(rig);
	/* The other way round: the better one is found second. */
	rig->dirs[0] = "/b";
	rig->dirs[1] = "/a";
	rig_open(rig);
	rig_check(rig, 1, 2000);
	rig_destroy(rig);
}

static void names_of_others_are_left_alone(void **state)
{
	struct rig *rig = two_appends(state);
	const char *names[] = {"/a/chunks/01/README", "/a/chunks/01/0000000000000002.data",
	        "/a/chunks/01/000000000000000g.data", "/a/chunks/01/0000000000000001.data.old"};

	for (size_t i = 0; i < 4; i++)
		rig_write_file(rig, names[i], "abc", 3);
	rig_open(rig);
	assert_int_equal(store_count(rig->store), 1);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(rig_size(rig, names[i]), 3);
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
	        TEST(data_without_index_is_removed),
	        TEST(an_index_without_entries_is_removed),
	        TEST(an_opening_without_data_is_removed),
	        TEST(an_opened_chunk_is_open_and_empty),
	        TEST(a_torn_index_is_cut),
	        TEST(bytes_that_are_not_there_are_cut),
	        TEST(half_a_record_is_cut),
	        TEST(bytes_without_entries_are_cut),
	        TEST(a_cut_stays_a_cut),
	        TEST(a_torn_freeze_did_not_happen),
	        TEST(a_freeze_survives_a_restart),
	        TEST(a_torn_seal_did_not_happen),
	        TEST(a_sealed_chunk_is_cut_to_its_length),
	        TEST(a_torn_raise_leaves_the_seal),
	        TEST(a_mark_alone_is_removed),
	        TEST(a_copy_under_way_is_removed),
	        TEST(half_a_copy_is_removed),
	        TEST(what_half_a_copy_was_to_replace_comes_back),
	        TEST(a_pair_on_its_way_to_bad_comes_back),
	        TEST(a_bad_replica_stays_bad),
	        TEST(an_interrupted_init_can_be_repeated),
	        TEST(a_hole_in_a_durable_index_is_damage),
	        TEST(a_bad_entry_beside_a_good_one_is_damage),
	        TEST(a_short_data_file_is_damage),
	        TEST(a_sealed_chunk_without_its_bytes_is_damage),
	        TEST(an_index_without_data_is_damage),
	        TEST(an_index_of_another_chunk_is_damage),
	        TEST(an_entry_that_cannot_stand_behind_a_seal_is_cut),
	        cmocka_unit_test(an_index_from_the_future_is_refused_and_kept),
	        TEST(a_sealed_index_from_the_future_is_not_called_damaged),
	        TEST(a_hole_in_a_sealed_index_shows_at_the_first_read),
	        TEST(of_two_replicas_the_better_one_is_served),
	        TEST(names_of_others_are_left_alone),
	};

	return cmocka_run_group_tests_name("store_recover", tests, NULL, NULL);
}
