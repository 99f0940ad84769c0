/* SPDX-License-Identifier: MIT */
/* Entries and what a run of them means; the spans and the table in memory. No store, no disk. */
#include "rig.h"

#include "store/index.h"
#include "store/table.h"

enum { MAX = 64 };

/* An index under construction: entries are encoded one behind the other. */
struct draft {
	uint8_t bytes[MAX * ENTRY_SIZE];
	size_t size;
	uint32_t last;
};

static void put(struct draft *draft, struct entry entry)
{
	entry.before = draft->last;
	draft->last = entry_encode(&entry, 7, draft->size, draft->bytes + draft->size);
	draft->size += ENTRY_SIZE;
}

static void put_open(struct draft *draft)
{
	put(draft, (struct entry){.kind = ENTRY_OPEN,
	                   .open = {.chunk = 7, .version = 3, .format = INDEX_FORMAT}});
}

static void put_span(struct draft *draft, uint64_t offset, uint32_t size, uint32_t flags)
{
	put(draft, (struct entry){.kind = ENTRY_SPAN,
	                   .span = {.offset = offset,
	                           .size = size,
	                           .crc = 0x1234,
	                           .writer = 5,
	                           .sequence = 6,
	                           .flags = flags}});
}

static void put_seal(struct draft *draft, uint64_t length, uint64_t version, uint64_t spans)
{
	put(draft,
	        (struct entry){.kind = ENTRY_SEALED,
	                .sealed = {
	                        .length = length, .version = version, .spans = spans, .crc = 99}});
}

static void put_length(
        struct draft *draft, enum entry_kind kind, uint64_t length, uint64_t committed)
{
	put(draft,
	        (struct entry){.kind = kind, .synced = {.length = length, .committed = committed}});
}

static void put_version(struct draft *draft, uint64_t version)
{
	put(draft, (struct entry){.kind = ENTRY_VERSION, .version = {.version = version}});
}

/* How far it is good; the state is left in *ret. */
static size_t good(const struct draft *draft, struct index *ret)
{
	struct dfs_error err = {0};
	int rc;

	index_init(ret, 7);
	rc = index_replay(ret, draft->bytes, draft->size, &err);
	assert_int_equal(rc, ret->size == draft->size ? 0 : DFS_E_CORRUPT);
	assert_int_equal(err.code, rc);
	return (size_t)(ret->size / ENTRY_SIZE);
}

static void is_good(const struct draft *draft, size_t wanted)
{
	struct index index;

	assert_int_equal(good(draft, &index), wanted);
	index_fini(&index);
}

static void an_entry_reads_back(void **state)
{
	const struct entry entries[] = {
	        {.kind = ENTRY_OPEN, .open = {.chunk = 7, .version = 1ull << 60, .format = 1}},
	        {.kind = ENTRY_SPAN,
	                .before = 17,
	                .durable = 64,
	                .span = {.offset = 1ull << 40,
	                        .size = 65536,
	                        .crc = 0xffffffff,
	                        .writer = 1ull << 63,
	                        .sequence = 12345678901234,
	                        .flags = 1}},
	        {.kind = ENTRY_SYNCED, .synced = {.length = 4, .committed = 3}},
	        {.kind = ENTRY_CUT, .synced = {.length = 4, .committed = 3}},
	        {.kind = ENTRY_VERSION, .version = {.version = 11}},
	        {.kind = ENTRY_SEALED, .sealed = {.length = 5, .version = 6, .spans = 7, .crc = 8}},
	};

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		uint8_t bytes[ENTRY_SIZE], again[ENTRY_SIZE];
		struct entry back = {0};

		entry_encode(&entries[i], 7, 640, bytes);
		assert_int_equal(entry_decode(bytes, 7, 640, &back, NULL), 0);
		assert_int_equal(back.kind, entries[i].kind);
		assert_int_equal(back.durable, entries[i].durable);
		entry_encode(&back, 7, 640, again);
		assert_memory_equal(bytes, again, ENTRY_SIZE);
	}
}

static void an_entry_is_good_in_its_place_only(void **state)
{
	struct entry entry = {.kind = ENTRY_VERSION, .version = {.version = 3}};
	uint8_t bytes[ENTRY_SIZE];

	entry_encode(&entry, 7, 640, bytes);
	assert_int_equal(entry_decode(bytes, 7, 704, &entry, NULL), DFS_E_CORRUPT);
	assert_int_equal(entry_decode(bytes, 8, 640, &entry, NULL), DFS_E_CORRUPT);
	for (int bit = 0; bit < ENTRY_SIZE * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(entry_decode(bytes, 7, 640, &entry, NULL), DFS_E_CORRUPT);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(entry_decode(bytes, 7, 640, &entry, NULL), DFS_E_CORRUPT);
}

static void a_chunk_grows_freezes_and_is_sealed(void **state)
{
	struct draft draft = {0};
	struct index index;

	put_open(&draft);
	put_span(&draft, 0, 100, 1);
	put_span(&draft, 100, 50, 0);
	put_span(&draft, 150, 50, 1);
	put_length(&draft, ENTRY_SYNCED, 100, 90);
	put_span(&draft, 200, 10, 1);
	put_version(&draft, 4);
	assert_int_equal(good(&draft, &index), 7);
	assert_true(index.frozen && !index.sealed);
	assert_int_equal(index.version, 4);
	assert_int_equal(index.synced, 100);
	assert_int_equal(index.committed, 90);
	assert_int_equal(spans_end(&index.spans), 210);
	index_fini(&index);
	put_seal(&draft, 200, 4, 3);
	put_seal(&draft, 200, 9, 3);
	assert_int_equal(good(&draft, &index), 9);
	assert_true(index.sealed);
	assert_int_equal(index.version, 9);
	assert_int_equal(index.length, 200);
	assert_int_equal(spans_end(&index.spans), 200);
	index_fini(&index);
}

static void what_is_cut_may_be_written_again(void **state)
{
	struct draft draft = {0};
	struct index index;

	put_open(&draft);
	put_span(&draft, 0, 100, 1);
	put_span(&draft, 100, 50, 1);
	put_length(&draft, ENTRY_CUT, 100, 120);
	put_span(&draft, 100, 70, 1);
	assert_int_equal(good(&draft, &index), 5);
	assert_int_equal(spans_end(&index.spans), 170);
	assert_int_equal(index.committed, 120);
	index_fini(&index);
}

/* Each of these ends the replay at its last entry. */
static void entries_that_make_no_sense_are_refused(void **state)
{
	struct draft base = {0}, draft;
	struct index index;

	put_open(&base);
	put_span(&base, 0, 100, 1);
	put_span(&base, 100, 50, 0);
	put_span(&base, 150, 50, 1);
	put_length(&base, ENTRY_SYNCED, 100, 0);

	draft = (struct draft){0};
	put_span(&draft, 0, 100, 1);
	is_good(&draft, 0);
#define REFUSED(what)                                                                              \
	draft = base;                                                                              \
	what;                                                                                      \
	is_good(&draft, 5)
	REFUSED(put_open(&draft));
	REFUSED(put_span(&draft, 201, 10, 1));
	REFUSED(put_span(&draft, 199, 10, 1));
	REFUSED(put_length(&draft, ENTRY_SYNCED, 201, 0));
	REFUSED(put_length(&draft, ENTRY_SYNCED, 99, 0));
	REFUSED(put_length(&draft, ENTRY_CUT, 150, 0));
	REFUSED(put_length(&draft, ENTRY_CUT, 0, 0));
	REFUSED(put_length(&draft, ENTRY_CUT, 300, 0));
	REFUSED(put_version(&draft, 2));
	REFUSED(put_seal(&draft, 150, 3, 2));
	REFUSED(put_seal(&draft, 201, 3, 3));
	REFUSED(put_seal(&draft, 200, 3, 4));
	REFUSED(put_seal(&draft, 200, 2, 3));
	/* Whatever fits is not what a crash leaves. */
	draft = base;
	put_span(&draft, 201, 10, 1);
	good(&draft, &index);
	assert_false(index_interrupted(&index, draft.bytes, draft.size));
	index_fini(&index);
	draft = base;
	put_version(&draft, 4);
	put_span(&draft, 200, 10, 1);
	is_good(&draft, 6);
	draft = base;
	put_seal(&draft, 200, 4, 3);
	base = draft;
	put_span(&draft, 200, 10, 1);
	is_good(&draft, 6);
	draft = base;
	put_seal(&draft, 100, 5, 1);
	is_good(&draft, 6);
	draft = base;
	put_seal(&draft, 200, 4, 3);
	is_good(&draft, 6);
}

static void an_entry_of_an_earlier_write_does_not_fit(void **state)
{
	struct draft old = {0}, draft = {0};
	struct index index;

	put_open(&old);
	put_span(&old, 0, 100, 1);
	put_span(&old, 100, 100, 1);
	put_open(&draft);
	put_span(&draft, 0, 100, 0);
	memcpy(draft.bytes + 2 * ENTRY_SIZE, old.bytes + 2 * ENTRY_SIZE, ENTRY_SIZE);
	draft.size += ENTRY_SIZE;
	assert_int_equal(good(&draft, &index), 2);
	assert_true(index_interrupted(&index, draft.bytes, draft.size));
	index_fini(&index);
}

/* 20 spans; the entries know that the first `durable` entries were on disk. */
static void twenty(struct draft *draft, uint64_t durable)
{
	*draft = (struct draft){0};
	put_open(draft);
	for (uint64_t i = 0; i < 20; i++)
		put(draft, (struct entry){.kind = ENTRY_SPAN,
		                   .durable = i * ENTRY_SIZE > durable * ENTRY_SIZE
		                                      ? durable * ENTRY_SIZE
		                                      : 0,
		                   .span = {.offset = i * 10, .size = 10, .flags = 1}});
}

static bool interrupted_at(struct draft *draft, size_t bad)
{
	struct index index;
	bool answer;

	draft->bytes[bad * ENTRY_SIZE + 20] ^= 4;
	assert_int_equal(good(draft, &index), bad);
	answer = index_interrupted(&index, draft->bytes, draft->size);
	index_fini(&index);
	draft->bytes[bad * ENTRY_SIZE + 20] ^= 4;
	return answer;
}

static void a_hole_is_told_from_a_torn_end(void **state)
{
	struct draft draft;

	/* Nothing vouches for anything: only entries of one sector, eight of them, hang together.
	 */
	twenty(&draft, 0);
	assert_true(interrupted_at(&draft, 20));
	assert_false(interrupted_at(&draft, 19));
	assert_false(interrupted_at(&draft, 16));
	assert_true(interrupted_at(&draft, 15));
	assert_false(interrupted_at(&draft, 14));
	assert_true(interrupted_at(&draft, 7));
	/* The first ten were on disk, say the ones behind them. */
	twenty(&draft, 10);
	assert_false(interrupted_at(&draft, 7));
	assert_false(interrupted_at(&draft, 9));
	assert_true(interrupted_at(&draft, 15));
}

static void spans_are_found_by_offset(void **state)
{
	struct spans spans = {0};
	uint64_t end = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		struct span span = {.offset = end, .size = i % 7 + 1, .flags = i % 3 == 0};

		assert_int_equal(spans_push(&spans, &span), 0);
		end += span.size;
	}
	assert_int_equal(spans_end(&spans), end);
	for (uint64_t at = 0, i = 0; at < end; at++) {
		if (at == spans.array[i].offset + spans.array[i].size)
			i++;
		assert_int_equal(spans_find(&spans, at), i);
	}
	assert_int_equal(spans_find(&spans, end), 1000);
	assert_int_equal(spans_find(&spans, UINT64_MAX), 1000);
	assert_int_equal(spans_whole(&spans), 1000);
	spans_keep(&spans, 999);
	assert_int_equal(spans_whole(&spans), 997);
	assert_true(spans_boundary(&spans, 0));
	assert_true(spans_boundary(&spans, spans.array[3].offset + spans.array[3].size));
	assert_false(spans_boundary(&spans, spans.array[4].offset + spans.array[4].size));
	assert_false(spans_boundary(&spans, spans.array[3].offset + spans.array[3].size + 1));
	spans_fini(&spans);
}

/* Against a plain array of flags. */
static void the_table_holds_what_was_put_into_it(void **state)
{
	enum { IDS = 5000 };
	static bool there[IDS];
	struct table table = {0};
	uint64_t noise = rig_seed();
	size_t count = 0;

	for (int i = 0; i < 60000; i++) {
		uint64_t id = (noise = noise * 6364136223846793005u + 1442695040888963407u) >> 40;
		struct slot *slot;

		id %= IDS;
		slot = table_find(&table, id);
		assert_int_equal(slot != NULL, there[id]);
		if (slot) {
			assert_int_equal(slot->length, id * 3);
			table_remove(&table, id);
			count--;
		} else {
			slot = table_add(&table, id);
			assert_int_equal(slot->chunk, id);
			slot->length = id * 3;
			count++;
		}
		there[id] = !there[id];
		assert_int_equal(table.count, count);
	}
	for (uint64_t id = 0, next = 0; id < IDS; id++) {
		struct slot *slot = table_at_or_after(&table, id);

		for (next = id; next < IDS && !there[next]; next++)
			;
		assert_int_equal(slot ? slot->chunk : IDS, next);
	}
	table_fini(&table);
}

static void a_chunk_takes_at_most_64_bytes(void **state)
{
	struct table table = {0};
	uint64_t noise = rig_seed();
	const size_t page = 102 * sizeof(struct slot) + 8 + sizeof(void *) * 2;

	for (uint64_t id = 1; id <= 100000; id++)
		table_add(&table, (1ull << 40) + id);
	assert_true(table.pages_count * page < 42 * table.count);
	table_fini(&table);
	/* In no order. */
	for (uint64_t i = 1; i <= 100000; i++) {
		noise = noise * 6364136223846793005u + 1442695040888963407u;
		if (!table_find(&table, noise))
			table_add(&table, noise);
	}
	assert_true(table.pages_count * page < 64 * table.count);
	table_fini(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_entry_reads_back),
	        cmocka_unit_test(an_entry_is_good_in_its_place_only),
	        cmocka_unit_test(a_chunk_grows_freezes_and_is_sealed),
	        cmocka_unit_test(what_is_cut_may_be_written_again),
	        cmocka_unit_test(entries_that_make_no_sense_are_refused),
	        cmocka_unit_test(an_entry_of_an_earlier_write_does_not_fit),
	        cmocka_unit_test(a_hole_is_told_from_a_torn_end),
	        cmocka_unit_test(spans_are_found_by_offset),
	        cmocka_unit_test(the_table_holds_what_was_put_into_it),
	        cmocka_unit_test(a_chunk_takes_at_most_64_bytes),
	};

	return cmocka_run_group_tests_name("store_index", tests, NULL, NULL);
}
