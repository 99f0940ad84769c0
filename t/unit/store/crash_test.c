/* SPDX-License-Identifier: MIT */
/*
 * The power goes at every disk operation of a story that appends, commits, freezes, seals, copies
 * and deletes; or the process is killed at every event. Whatever was acknowledged is there
 * afterwards, byte for byte; what was not is there whole or not at all; and nothing that a crash
 * leaves is taken for damage.
 */
#include "story.h"

enum { STEPS_MAX = 2000, POWER_SEEDS = 3 };

/* ---- the loops
 * --------------------------------------------------------------------------------------------------------
 */

/* Recovery may be interrupted too, again and again. */
static void recover(struct story *story, uint64_t *noise)
{
	struct rig *rig = story->rig;
	struct dfs_error err;

	store_close(rig->store);
	for (int again = story->power ? 0 : 3;; again++) {
		uint64_t at = (*noise = *noise * 6364136223846793005u + 1442695040888963407u) >> 33;

		rig->store = NULL;
		sim_host_restart(rig->host);
		sim_disk_crash_after(rig->host, again < 3 ? at % 400 + 1 : 0);
		if (rig_try_open(rig, &err) == 0 && !rig_crashed(rig))
			break;
		assert_true(rig_crashed(rig));
		store_close(rig->store);
	}
	sim_disk_crash_after(rig->host, 0);
}

static void power_goes(bool lend)
{
	uint64_t noise = rig_seed();

	print_message("# SEED=%" PRIu64 "\n", rig_seed());
	for (uint64_t seed = rig_seed() * 100; seed < rig_seed() * 100 + POWER_SEEDS; seed++) {
		for (uint64_t at = 1;; at++) {
			struct story story = {.rig = rig_create(seed * 10000 + at), .power = true};
			bool over;

			story.rig->lend = lend;
			rig_open(story.rig);
			sim_disk_crash_after(story.rig->host, at);
			story_tell(&story);
			over = !rig_crashed(story.rig);
			if (over)
				rig_close(story.rig);
			else
				recover(&story, &noise);
			if (!over) {
				story_check(&story);
				story_go_on(&story);
			}
			rig_destroy(story.rig);
			if (over)
				break;
			assert_true(at < STEPS_MAX);
		}
	}
}

static void power_goes_everywhere(void **state)
{
	power_goes(false);
	power_goes(true);
}

/* Between any two events: what was only written survives. */
static void kills(bool lend)
{
	uint64_t noise = rig_seed();
	bool over = false;

	for (uint64_t at = 1; !over; at++) {
		struct story story = {.rig = rig_create(rig_seed() * 10000 + at)};

		story.rig->lend = lend;
		rig_open(story.rig);
		story.rig->kill_after = at;
		story_tell(&story);
		over = !rig_crashed(story.rig);
		story.rig->kill_after = 0;
		if (over) {
			rig_close(story.rig);
		} else {
			recover(&story, &noise);
			story_check(&story);
			story_go_on(&story);
		}
		rig_destroy(story.rig);
		assert_true(at < STEPS_MAX);
	}
}

static void kills_take_nothing_that_was_acknowledged(void **state)
{
	kills(false);
	kills(true);
}

/* Each disk operation fails once: nobody is told that bytes are safe which are not (RULES 31). */
static void errors(bool lend)
{
	uint64_t noise = rig_seed();
	bool over = false;

	for (uint64_t at = 1; !over; at++) {
		struct story story = {
		        .rig = rig_create(rig_seed() * 10000 + at), .faulty = true, .power = true};
		uint64_t first;

		story.rig->lend = lend;
		rig_open(story.rig);
		first = sim_disk_operations(story.rig->host);
		sim_disk_fail_after(story.rig->host, at);
		story_tell(&story);
		rig_settle(story.rig);
		over = sim_disk_operations(story.rig->host) < first + at;
		sim_disk_fail_after(story.rig->host, 0);
		story_check(&story);
		rig_settle(story.rig);
		/* What is acknowledged is on the platter, and what was given up stays given up. */
		sim_host_crash(story.rig->host, false);
		recover(&story, &noise);
		story_check(&story);
		story_go_on(&story);
		rig_destroy(story.rig);
		assert_true(at < STEPS_MAX);
	}
}

static void errors_take_nothing_that_was_acknowledged(void **state)
{
	errors(false);
	errors(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(power_goes_everywhere),
	        cmocka_unit_test(errors_take_nothing_that_was_acknowledged),
	        cmocka_unit_test(kills_take_nothing_that_was_acknowledged),
	};

	return cmocka_run_group_tests_name("store_crash", tests, NULL, NULL);
}
