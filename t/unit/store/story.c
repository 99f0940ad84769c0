/* SPDX-License-Identifier: MIT */
/* The story of crash_test.c: its steps, and what must be found after each. */
#include "story.h"

static bool alive(const struct story *story)
{
	return !rig_crashed(story->rig);
}

/* ---- steps: each says what may be found from now on, acts, and says what must be found
 * ------------------------------ */

static bool over(const struct story *story, uint64_t chunk)
{
	return !alive(story) || story->expect[chunk].failed;
}

static bool went_well(struct story *story, uint64_t chunk, const struct rig_done *done)
{
	if (!alive(story))
		return false;
	if (done->status < 0 && !story->faulty)
		fail_msg("%s", done->err.text);
	if (done->status < 0)
		story->expect[chunk].failed = true;
	return done->status == 0;
}

static void append(struct story *story, uint64_t chunk, uint64_t to, uint64_t record, bool async)
{
	struct expect *expect = &story->expect[chunk];
	struct rig_put put = {.chunk = chunk,
	        .version = expect->version_max,
	        .from = expect->acked,
	        .to = to,
	        .span = (uint32_t)record,
	        .records = true,
	        .slice = 1999,
	        .async = async};
	struct rig_done done;

	if (over(story, chunk))
		return;
	expect->sent = to;
	expect->record = record;
	expect->present = true;
	rig_append(story->rig, &put, &done);
	if (!went_well(story, chunk, &done))
		return;
	if (async && story->power) { /* RULES 10: it survives any process, not the power */
		expect->absent = true;
		return;
	}
	expect->acked = to;
	expect->absent = false;
}

static void create(struct story *story, uint64_t chunk, uint64_t version, uint64_t to,
        uint64_t record, bool async)
{
	struct expect *expect = &story->expect[chunk];

	expect->version_min = expect->version_max = version;
	append(story, chunk, to, record, async);
}

/* Async bytes that nothing has made durable yet may be appended to all the same. */
static void append_async(struct story *story, uint64_t chunk, uint64_t from, uint64_t to)
{
	struct expect *expect = &story->expect[chunk];
	uint64_t acked = expect->acked;

	expect->acked = from;
	append(story, chunk, to, expect->record, true);
	if (expect->acked == from)
		expect->acked = acked;
}

static void freeze(struct story *story, uint64_t chunk, uint64_t version)
{
	struct expect *expect = &story->expect[chunk];
	struct rig_done done;

	if (over(story, chunk))
		return;
	expect->version_max = version;
	rig_freeze(story->rig, chunk, version, &done);
	if (!went_well(story, chunk, &done))
		return;
	assert_int_equal(done.held.length, expect->sent);
	expect->acked = expect->sent;
	expect->version_min = version;
	expect->frozen = true;
	expect->absent = false;
}

static void seal(struct story *story, uint64_t chunk, uint64_t version, uint64_t length)
{
	struct expect *expect = &story->expect[chunk];
	struct rig_done done;

	if (over(story, chunk))
		return;
	expect->version_max = version;
	expect->maybe_sealed = true;
	if (expect->acked > length)
		expect->acked = length;
	rig_seal(story->rig, chunk, version, length, rig_crc(chunk, 0, length), &done);
	if (!went_well(story, chunk, &done))
		return;
	expect->version_min = version;
	expect->acked = expect->sent = length;
	expect->sealed = true;
	expect->absent = false;
}

static void commit_and_seal(struct story *story, uint64_t chunk)
{
	struct expect *expect = &story->expect[chunk];

	if (over(story, chunk))
		return;
	expect->maybe_sealed = true;
	store_committed(story->rig->store, chunk, expect->acked, true);
	while (alive(story) && rig_held(story->rig, chunk).state == STORE_OPEN)
		rig_step(story->rig);
	if (!alive(story))
		return;
	if (rig_held(story->rig, chunk).state == STORE_SEALED)
		expect->sealed = true;
	else
		expect->failed = true;
	assert_true(expect->sealed || story->faulty);
}

static void copy(struct story *story, uint64_t chunk, uint64_t version, uint64_t length)
{
	struct expect *expect = &story->expect[chunk];
	struct rig_done done;

	if (over(story, chunk))
		return;
	/* The old one goes to bad/ before the new one has its name. */
	expect->absent = true;
	expect->present = true;
	expect->version_max = version;
	if (expect->version_min == 0)
		expect->version_min = version;
	expect->acked = expect->sent = length;
	expect->sealed = true;
	rig_copy(story->rig, chunk, version, length, &done);
	if (!went_well(story, chunk, &done))
		return;
	expect->version_min = version;
	expect->absent = false;
}

static void delete (struct story *story, uint64_t chunk, uint64_t version)
{
	struct expect *expect = &story->expect[chunk];
	struct rig_done done;

	if (over(story, chunk))
		return;
	expect->absent = true;
	rig_delete(story->rig, chunk, version, &done);
	if (!went_well(story, chunk, &done))
		return;
	expect->present = false;
}

void story_tell(struct story *story)
{
	create(story, 1, 1, 5000, 2500, false);
	append(story, 1, 12000, 1000, false);
	if (alive(story))
		store_committed(story->rig->store, 1, 12000, false);
	append(story, 1, 12300, 100, false);
	create(story, 2, 1, 4096, 4096, false);
	commit_and_seal(story, 2);
	freeze(story, 1, 2);
	seal(story, 1, 2, 12200);
	copy(story, 3, 4, 20000);
	seal(story, 3, 6, 20000);
	delete (story, 2, 1);
	copy(story, 1, 7, 12200);
	create(story, 4, 3, 9000, 3000, true);
	append_async(story, 4, 9000, 15000);
	create(story, 5, 3, 9000, 3000, true);
	freeze(story, 4, 4);
	seal(story, 4, 4, 15000);
	seal(story, 5, 8, 9000);
	create(story, 6, 1, 100000, 50000, false);
	delete (story, 6, 2);
}

/* ---- what is found
 * --------------------------------------------------------------------------------------------------
 */

static void check_length(const struct expect *expect, const struct store_held *held)
{
	uint64_t length = held->length;

	assert_true(length >= expect->acked && length <= expect->sent);
	assert_true(length == expect->acked || length == expect->sent ||
	            (length - expect->acked) % expect->record == 0 || length % expect->record == 0);
	assert_true(held->version >= expect->version_min && held->version <= expect->version_max);
}

static void check_state(const struct expect *expect, const struct store_held *held)
{
	if (held->state == STORE_BAD)
		fail_msg("chunk %" PRIu64 " is bad: %s", held->chunk, held->why);
	if (expect->sealed && !expect->absent)
		assert_int_equal(held->state, STORE_SEALED);
	if (expect->frozen)
		assert_true(held->state == STORE_FROZEN || held->state == STORE_SEALED);
	if (held->state == STORE_SEALED)
		assert_true(expect->sealed || expect->maybe_sealed);
}

static void check_refused(struct story *story, uint64_t chunk, const struct store_held *held)
{
	struct rig_put put = {.chunk = chunk,
	        .version = held->version - 1,
	        .from = held->length,
	        .to = held->length + 1};
	struct rig_done done;

	rig_append(story->rig, &put, &done);
	assert_int_equal(done.status, DFS_E_STALE);
}

/* A fault hits one file: one replica is given up, and the datanode was told. */
static bool given_up(struct story *story, const struct store_held *held, int *bad)
{
	assert_true(held->state == STORE_BAD || !story->expect[held->chunk].bad);
	if (!story->faulty || held->state != STORE_BAD)
		return false;
	story->expect[held->chunk].bad = true;
	assert_int_equal(++*bad, 1);
	assert_true(held->why[0] != '\0');
	for (size_t i = 0; i < story->rig->changed_count; i++)
		if (story->rig->changed[i].chunk == held->chunk &&
		        story->rig->changed[i].state == STORE_BAD)
			return true;
	fail_msg("nobody was told that chunk %" PRIu64 " is bad", held->chunk);
	return true;
}

void story_check(struct story *story)
{
	int bad = 0;

	for (uint64_t chunk = 1; chunk <= STORY_CHUNKS; chunk++) {
		const struct expect *expect = &story->expect[chunk];
		struct store_held held;
		bool there = store_lookup(story->rig->store, chunk, &held) == 0;

		if (!there) {
			assert_true(expect->absent || !expect->present || expect->acked == 0);
			if (!story->faulty)
				assert_false(rig_exists(
				        story->rig, rig_path(story->rig, chunk, ".data")));
			continue;
		}
		if (given_up(story, &held, &bad))
			continue;
		assert_true(expect->present);
		check_state(expect, &held);
		check_length(expect, &held);
		rig_check(story->rig, chunk, held.length);
		if (expect->frozen)
			check_refused(story, chunk, &held);
	}
}

/* What was recovered can be worked with. */
void story_go_on(struct story *story)
{
	struct rig *rig = story->rig;

	for (uint64_t chunk = 1; chunk <= STORY_CHUNKS; chunk++) {
		struct store_held held;
		struct rig_done done;
		uint64_t length;

		if (store_lookup(rig->store, chunk, &held) < 0 || held.state == STORE_BAD)
			continue;
		length = held.length;
		if (held.state == STORE_OPEN) {
			rig_put(rig, chunk, held.version, length, length + 700);
			length += 700;
			rig_freeze(rig, chunk, held.version + 1, &done);
			assert_int_equal(done.status, 0);
			held.version++;
		}
		rig_seal(rig, chunk, held.version, length, rig_crc(chunk, 0, length), &done);
		assert_int_equal(done.status, 0);
		rig_check(rig, chunk, length);
	}
	rig_reopen(rig);
	if (!story->faulty)
		assert_int_equal(rig->changed_count, 0);
	for (uint64_t chunk = 1; chunk <= STORY_CHUNKS; chunk++) {
		struct store_held held;

		if (store_lookup(rig->store, chunk, &held) < 0 || held.state == STORE_BAD)
			continue;
		assert_int_equal(held.state, STORE_SEALED);
		rig_check(rig, chunk, held.length);
	}
}
