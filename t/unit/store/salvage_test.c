/* SPDX-License-Identifier: MIT */
/* What a replica that is not good is good for: its whole spans, never another byte (RULES 3,
 * docs/decisions/0013). */
#include "rig.h"

#include "store/salvage.h"
#include "store/scrub.h"

enum { SPAN = 65536, SPANS = 5, SIZE = SPANS * SPAN - 1000, CHUNK = 0x101, VERSION = 4 };

static bool real;

static struct rig *rig_new(uint64_t seed)
{
	struct rig *rig = real ? rig_create_real() : rig_create(seed);

	rig_open(rig);
	return rig;
}

static void rig_over(struct rig *rig)
{
	rig_close(rig);
	rig_destroy(rig);
}

/* Spans from `offset` on, to the end of the chunk. */
static int take(struct rig *rig, uint64_t offset, bool any, struct rig_spans *ret)
{
	struct store_read_request request = {.chunk = CHUNK,
	        .version = VERSION,
	        .offset = offset,
	        .length = SIZE - offset,
	        .framed = true,
	        .spans = !any,
	        .any_spans = any};

	return rig_read_spans(rig, &request, ret);
}

static void rot(struct rig *rig, unsigned span)
{
	const char *path = rig_path(rig, CHUNK, ".data");
	int handle;

	rig_flip(rig, path, 8 * ((uint64_t)span * SPAN + 17));
	handle = io_disk(rig->io, open, path, IO_OPEN_WRITE);
	assert_int_equal(io_disk(rig->io, fdatasync, handle), 0);
	io_disk(rig->io, close, handle);
}

static void make_bad(struct rig *rig)
{
	assert_true(rig_read(rig, CHUNK, 0, SIZE, true) < 0);
	rig_settle(rig);
	assert_int_equal(rig_held(rig, CHUNK).state, STORE_BAD);
	assert_int_equal(rig_read(rig, CHUNK, 0, 1, true), DFS_E_CORRUPT);
}

static void whole_spans_are_given_and_a_rotten_one_is_not(void **state)
{
	struct rig *rig = rig_new(1);
	struct rig_spans got;

	rig_sealed(rig, CHUNK, VERSION, SIZE);
	rot(rig, 1);
	rot(rig, 3);
	make_bad(rig);
	for (int any = 0; any < 2; any++) {
		assert_int_equal(take(rig, 0, any, &got), DFS_E_CORRUPT);
		assert_int_equal(got.to, SPAN);
		assert_int_equal(got.missing_from, SPAN);
		assert_int_equal(got.missing_to, 2 * SPAN);
		/* From inside it: its other bytes are not to be had either. */
		assert_int_equal(take(rig, SPAN + 100, any, &got), DFS_E_CORRUPT);
		assert_int_equal(got.to, SPAN + 100);
		assert_int_equal(got.missing_to, 2 * SPAN);
		assert_int_equal(take(rig, 2 * SPAN, any, &got), DFS_E_CORRUPT);
		assert_int_equal(got.to, 3 * SPAN);
		assert_int_equal(take(rig, 4 * SPAN + 5, any, &got), 0);
		assert_int_equal(got.to, SIZE);
	}
	/* Nothing of it has made it good, nor has a restart. */
	assert_int_equal(rig_held(rig, CHUNK).state, STORE_BAD);
	rig_reopen(rig);
	assert_int_equal(take(rig, 2 * SPAN, false, &got), DFS_E_CORRUPT);
	assert_int_equal(got.to, 3 * SPAN);
	assert_int_equal(rig_held(rig, CHUNK).state, STORE_BAD);
	rig_over(rig);
}

static void a_good_replica_is_read_as_such_and_marked_when_it_is_not(void **state)
{
	struct rig *rig = rig_new(2);
	struct rig_spans got;

	rig_sealed(rig, CHUNK, VERSION, SIZE);
	assert_int_equal(take(rig, 0, false, &got), 0);
	assert_int_equal(take(rig, 0, true, &got), 0);
	rot(rig, 4);
	rig_reopen(rig);
	assert_int_equal(take(rig, 4 * SPAN, false, &got), DFS_E_CORRUPT);
	rig_settle(rig);
	assert_int_equal(rig_held(rig, CHUNK).state, STORE_BAD);
	assert_int_equal(take(rig, 0, false, &got), DFS_E_CORRUPT);
	assert_int_equal(got.to, 4 * SPAN);
	rig_over(rig);
}

static void a_file_that_ends_early_or_is_gone_gives_what_is_there(void **state)
{
	struct rig *rig = rig_new(3);
	struct rig_spans got;

	rig_sealed(rig, CHUNK, VERSION, SIZE);
	rig_truncate(rig, rig_path(rig, CHUNK, ".data"), 2 * SPAN + 10);
	make_bad(rig);
	assert_int_equal(take(rig, 0, false, &got), DFS_E_CORRUPT);
	assert_int_equal(got.to, 2 * SPAN);
	assert_int_equal(got.missing_to, 3 * SPAN);
	assert_int_equal(io_disk(rig->io, unlink, rig_path(rig, CHUNK, ".data")), 0);
	assert_int_equal(take(rig, SPAN, true, &got), DFS_E_NOENT);
	assert_int_equal(got.missing_from, SPAN);
	assert_int_equal(got.missing_to, SIZE);
	rig_over(rig);
}

/* Each entry of the index by itself: what it stood for is a hole, what the others stand for is not.
 */
static void a_damaged_entry_takes_its_own_span_and_no_other(void **state)
{
	struct rig *rig = rig_new(4);
	uint64_t entries;

	rig_sealed(rig, CHUNK, VERSION, SIZE);
	entries = (uint64_t)rig_size(rig, rig_path(rig, CHUNK, ".idx")) / 64;
	assert_true(entries >= SPANS + 2);
	rig_over(rig);
	for (uint64_t entry = 0; entry < entries; entry++) {
		uint64_t at = 0;
		unsigned holes = 0;
		struct rig_spans got = {0};

		rig = rig_new(4 + entry);
		rig_sealed(rig, CHUNK, VERSION, SIZE);
		rig_close(rig);
		rig_flip(rig, rig_path(rig, CHUNK, ".idx"), 8 * (entry * 64 + 21));
		rig_open(rig);
		/* The last one says "sealed": without it, it is a seal that a crash tore off. */
		assert_true((rig_held(rig, CHUNK).state == STORE_OPEN) == (entry == entries - 1));
		if (rig_held(rig, CHUNK).state == STORE_SEALED)
			make_bad(rig);
		/* For who checks the whole: all but at most one span. */
		while (at < SIZE && take(rig, at, true, &got) < 0) {
			holes++;
			assert_int_equal(got.missing_from, got.to);
			assert_true(got.missing_to - got.missing_from <= SPAN);
			at = got.missing_to;
		}
		assert_true(holes <= 1);
		if (holes == 1)
			assert_int_equal(take(rig, at, false, &got), 0); /* a reader too */
		rig_over(rig);
	}
}

/* Who has only its own eyes gets nothing of a replica that nobody compared with the seal. */
static void an_unsealed_or_older_replica_is_for_those_who_check_the_whole(void **state)
{
	struct rig *rig = rig_new(5);
	struct store_read_request reader = {.chunk = CHUNK,
	        .version = VERSION + 1,
	        .length = SPAN,
	        .framed = true,
	        .spans = true};
	struct rig_done done;
	struct rig_spans got;

	rig_put(rig, CHUNK, VERSION, 0, SIZE); /* open, at the version that is sealed elsewhere */
	assert_int_equal(take(rig, 0, true, &got), 0);
	assert_int_equal(rig_read_spans(rig, &reader, &got), DFS_E_STALE);
	rot(rig, 2);
	rig_freeze(rig, CHUNK, VERSION, &done);
	assert_int_equal(done.status, DFS_E_CORRUPT);
	assert_int_equal(rig_held(rig, CHUNK).state, STORE_BAD);
	assert_int_equal(take(rig, 0, false, &got), DFS_E_CORRUPT);
	assert_int_equal(got.to, 0);
	assert_int_equal(take(rig, 0, true, &got), DFS_E_CORRUPT);
	assert_int_equal(got.to, 2 * SPAN);
	rig_over(rig);
}

/* A stale one that is shorter says where it ends. */
static void a_short_replica_gives_its_prefix(void **state)
{
	struct rig *rig = rig_new(6);
	struct rig_done done;
	struct rig_spans got;

	rig_put(rig, CHUNK, VERSION - 2, 0, 2 * SPAN);
	rig_freeze(rig, CHUNK, VERSION - 1, &done);
	assert_int_equal(done.status, 0);
	assert_int_equal(take(rig, 0, true, &got), DFS_E_RANGE);
	assert_int_equal(got.to, 2 * SPAN);
	assert_int_equal(got.missing_from, 2 * SPAN);
	assert_int_equal(got.missing_to, SIZE);
	assert_int_equal(take(rig, 0, false, &got), DFS_E_STALE);
	assert_int_equal(rig_held(rig, CHUNK).state, STORE_FROZEN);
	rig_over(rig);
}

/* A copy that takes its place while it is a source, cut short at disk operation `at`; false: it was
 * not. */
static bool copy_over_bad(uint64_t at, bool power)
{
	struct rig *rig = rig_new(100 + at);
	struct rig_spans got;
	struct rig_done done;
	bool hit;

	rig_sealed(rig, CHUNK, VERSION, SIZE);
	rot(rig, 2);
	make_bad(rig);
	if (power)
		sim_disk_crash_after(rig->host, at);
	else
		sim_disk_fail_after(rig->host, at);
	rig_copy(rig, CHUNK, VERSION, SIZE, &done);
	hit = power ? rig_crashed(rig) : done.status < 0;
	if (power && hit)
		rig_recover(rig);
	sim_disk_crash_after(rig->host, 0);
	sim_disk_fail_after(rig->host, 0);
	for (int again = 0; again < 2; again++) {
		if (again == 1)
			rig_reopen(rig);
		rig_settle(rig);
		if (rig_held(rig, CHUNK).state == STORE_SEALED) {
			rig_check(rig, CHUNK, SIZE);
			assert_true(hit || rig_exists(rig, rig_bad_path(rig, CHUNK, ".data")));
		} else {
			assert_true(hit);
			/* All of it: the new one has its names, and is not trusted. */
			if (take(rig, 0, false, &got) == 0)
				continue;
			assert_int_equal(got.to, 2 * SPAN);
			assert_int_equal(take(rig, 3 * SPAN, false, &got), 0);
		}
	}
	rig_over(rig);
	return hit;
}

static void a_copy_over_a_bad_one_loses_no_span_at_any_power_cut(void **state)
{
	uint64_t at = 1;

	while (!real && copy_over_bad(at, true))
		at++;
	assert_true(real || at > 15);
}

/* An error that costs only the mark of a bad one, or nothing, fails no copy: some are passed over.
 */
static void a_copy_over_a_bad_one_loses_no_span_at_any_disk_error(void **state)
{
	unsigned hits = 0;

	for (uint64_t at = 1; !real && at <= 40; at++)
		hits += copy_over_bad(at, false);
	assert_true(real || hits > 10);
}

/* ---- the index alone ---- */

struct draft {
	uint8_t bytes[16 * ENTRY_SIZE];
	size_t size;
};

static void put(struct draft *draft, struct entry entry)
{
	entry_encode(&entry, CHUNK, draft->size, draft->bytes + draft->size);
	draft->size += ENTRY_SIZE;
}

static void put_span(struct draft *draft, uint64_t offset, uint32_t size)
{
	put(draft, (struct entry){.kind = ENTRY_SPAN,
	                   .span = {.offset = offset,
	                           .size = size,
	                           .crc = 5,
	                           .writer = 1,
	                           .sequence = 1,
	                           .flags = FRAME_RECORD_END}});
}

static void damage(struct draft *draft)
{
	memset(draft->bytes + draft->size, 0xa5, ENTRY_SIZE);
	draft->size += ENTRY_SIZE;
}

static void holes_are_as_large_as_what_is_missing_can_be(void **state)
{
	struct draft draft = {0};
	struct index index;

	put(&draft, (struct entry){.kind = ENTRY_OPEN,
	                    .open = {.chunk = CHUNK, .version = 3, .format = INDEX_FORMAT}});
	put_span(&draft, 0, 1000);
	damage(&draft);
	damage(&draft);
	put_span(&draft, 1000 + SPAN + 1, 500); /* two entries can have covered that */
	damage(&draft);
	put_span(&draft, 10 * SPAN, 500); /* one cannot: it is of something else */
	put_span(&draft, 1000 + SPAN + 501, 500);
	index_init(&index, CHUNK);
	assert_int_equal(index_salvage(&index, draft.bytes, draft.size), 0);
	assert_int_equal(index.spans.count, 5);
	assert_int_equal(spans_end(&index.spans), SPAN + 2001);
	assert_int_equal(index.spans.array[1].flags, SPAN_HOLE);
	assert_int_equal(index.spans.array[1].size, SPAN);
	assert_int_equal(index.spans.array[2].flags, SPAN_HOLE);
	assert_int_equal(index.spans.array[2].size, 1);
	assert_int_equal(index.spans.array[3].crc, 5);
	index_fini(&index);
	assert_false(index.sealed);
}

/* The entry that declared spans void is the one that is damaged. */
static void spans_that_a_later_one_lies_on_are_void(void **state)
{
	struct draft draft = {0};
	struct index index;

	put(&draft, (struct entry){.kind = ENTRY_OPEN,
	                    .open = {.chunk = CHUNK, .version = 3, .format = INDEX_FORMAT}});
	put_span(&draft, 0, 1000);
	put_span(&draft, 1000, 1000);
	put_span(&draft, 2000, 1000);
	damage(&draft);
	put_span(&draft, 1000, 300);
	put(&draft, (struct entry){.kind = ENTRY_SEALED,
	                    .sealed = {.length = 1300, .version = 9, .spans = 2, .crc = 7}});
	index_init(&index, CHUNK);
	assert_int_equal(index_salvage(&index, draft.bytes, draft.size), 0);
	assert_int_equal(index.spans.count, 2);
	assert_int_equal(index.spans.array[1].size, 300);
	assert_true(index.sealed);
	assert_int_equal(index.version, 9);
	index_fini(&index);
}

static void any_bytes_make_some_index(void **state)
{
	uint64_t x = rig_seed() * 77 + 1;

	for (int round = 0; round < 20000; round++) {
		struct draft draft = {0};
		struct index index;
		unsigned count = 1 + (unsigned)round % 15;

		put(&draft,
		        (struct entry){.kind = ENTRY_OPEN,
		                .open = {.chunk = CHUNK, .version = 3, .format = INDEX_FORMAT}});
		while (draft.size / ENTRY_SIZE < count) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			if (x % 5 == 0)
				damage(&draft);
			else if (x % 5 == 1)
				put(&draft, (struct entry){.kind = ENTRY_CUT,
				                    .synced = {.length = (x >> 8) % 200000}});
			else if (x % 5 == 2)
				put(&draft, (struct entry){.kind = ENTRY_SEALED,
				                    .sealed = {.length = x >> (x % 64),
				                            .version = 4,
				                            .spans = 2}});
			else
				put_span(&draft, x % 7 ? (x >> 8) % 200000 : x >> (x % 64),
				        1 + (uint32_t)(x >> 32) % SPAN);
		}
		index_init(&index, CHUNK);
		assert_int_equal(index_salvage(&index, draft.bytes, draft.size - round % 64), 0);
		for (size_t i = 0; i < index.spans.count; i++)
			assert_true(
			        index.spans.array[i].offset ==
			        (i ? index.spans.array[i - 1].offset + index.spans.array[i - 1].size
			           : 0));
		index_fini(&index);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(whole_spans_are_given_and_a_rotten_one_is_not),
	        cmocka_unit_test(a_good_replica_is_read_as_such_and_marked_when_it_is_not),
	        cmocka_unit_test(a_file_that_ends_early_or_is_gone_gives_what_is_there),
	        cmocka_unit_test(a_damaged_entry_takes_its_own_span_and_no_other),
	        cmocka_unit_test(an_unsealed_or_older_replica_is_for_those_who_check_the_whole),
	        cmocka_unit_test(a_short_replica_gives_its_prefix),
	        cmocka_unit_test(a_copy_over_a_bad_one_loses_no_span_at_any_power_cut),
	        cmocka_unit_test(a_copy_over_a_bad_one_loses_no_span_at_any_disk_error),
	        cmocka_unit_test(holes_are_as_large_as_what_is_missing_can_be),
	        cmocka_unit_test(spans_that_a_later_one_lies_on_are_void),
	        cmocka_unit_test(any_bytes_make_some_index),
	};

	real = argc > 1 && strcmp(argv[1], "real") == 0;
	return cmocka_run_group_tests_name("store_salvage", tests, NULL, NULL);
}
