/* SPDX-License-Identifier: MIT */
/* What each shipped policy promises, over random clusters. `policy_test SEED` repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lua/policy.h"
#include "views.h"

enum { ROUNDS = 300, NODES_MAX = 40 };

static uint64_t seed;
static const char *const placements[] = {"spread", "round_robin", "rendezvous"};

static struct policy_host *host_new(const char *placement, const char *chunking)
{
	struct policy_host_options options = {SCRIPTS_DIR, placement, chunking, 0, 0};
	struct policy_host *host = NULL;
	struct dfs_error err = {0};

	if (policy_host_create(&host, &options, &err) != 0)
		fail_msg("%s", err.text);
	return host;
}

static struct place_answer place(
        struct policy_host *host, const struct place_request *request, const struct fake_view *fake)
{
	struct place_answer answer = {0};
	struct dfs_error err = {0};

	if (policy_host_ops.place(host, request, &fake->view, &answer, &err) != 0)
		fail_msg("seed %llu: %s", (unsigned long long)seed, err.text);
	return answer;
}

static struct place_request request_random(struct rng *rng)
{
	return (struct place_request){.chunk = rng_next(rng),
	        .seed = rng_next(rng),
	        .path = "/sets/a",
	        .index = below(rng, 1000),
	        .size_bytes = 64 << 20,
	        .goal = 1 + (uint32_t)below(rng, 9)};
}

/* Of two alike the one with fewer live replicas goes first, of these the one that is waited for,
 * and who has waited long is never behind a newcomer as ill. */
static void urgent_puts_the_most_endangered_first(void **state)
{
	struct policy_host_options options = {.scripts = SCRIPTS_DIR, .repair = "urgent"};
	struct policy_host *host = NULL;
	struct fake_view fake;
	struct rng rng = {seed};
	struct dfs_error err = {0};

	assert_int_equal(policy_host_create(&host, &options, &err), 0);
	assert_string_equal(policy_host_ops.name(host, "repair"), "urgent");
	assert_string_equal(policy_host_ops.name(host, "place"), "built-in");
	view_random(&fake, &rng, NODES_MAX);
	for (int round = 0; round < ROUNDS; round++) {
		struct repair_request less = {.chunk = rng_next(&rng),
		        .size_bytes = 1 + below(&rng, 1 << 30),
		        .goal = 9,
		        .live = 1 + (uint32_t)below(&rng, 8),
		        .wanted = below(&rng, 2),
		        .waited_ms = below(&rng, 3600000),
		        .sources = {1},
		        .sources_count = 1};
		struct repair_request more = less;
		struct repair_answer first, second;

		more.size_bytes = 1 + below(&rng, 1 << 30);
		switch (round % 3) {
		case 0:
			more.live++;
			more.wanted = true;
			more.waited_ms = below(&rng, 3600000);
			break;
		case 1:
			less.wanted = true;
			more.wanted = false;
			more.waited_ms = below(&rng, 3600000);
			break;
		default:
			less.waited_ms = 31000 + below(&rng, 3600000);
			more.waited_ms = below(&rng, 30000);
			break;
		}
		if (policy_host_ops.repair(host, &less, &fake.view, &first, &err) != 0 ||
		        policy_host_ops.repair(host, &more, &fake.view, &second, &err) != 0)
			fail_msg("seed %llu: %s", (unsigned long long)seed, err.text);
		assert_true(first.urgency > second.urgency);
		assert_int_equal(first.source + first.target, 0);
		assert_int_equal(first.delay_ms, 0);
	}
	policy_host_destroy(host);
}

static const struct place_node *node_of(const struct fake_view *fake, uint32_t number)
{
	for (size_t i = 0; i < fake->view.nodes_count; i++)
		if (fake->nodes[i].node == number)
			return &fake->nodes[i];
	fail_msg("seed %llu: node %u is not of the view", (unsigned long long)seed, number);
	return NULL;
}

/* Racks among the answer's nodes, or among those of the view that are not to be avoided. */
static size_t racks_of_answer(const struct fake_view *fake, const struct place_answer *answer)
{
	size_t racks = 0;

	for (uint32_t i = 0; i < answer->nodes_count; i++) {
		uint32_t twin = 0;

		while (strcmp(node_of(fake, answer->nodes[twin])->rack,
		               node_of(fake, answer->nodes[i])->rack) != 0)
			twin++;
		racks += twin == i;
	}
	return racks;
}

static size_t racks_of_view(const struct fake_view *fake)
{
	size_t racks = 0;

	for (size_t i = 0; i < fake->view.nodes_count; i++) {
		size_t twin = 0;

		while (fake->nodes[twin].avoid ||
		        strcmp(fake->nodes[twin].rack, fake->nodes[i].rack) != 0)
			if (++twin > i)
				break;
		racks += twin == i;
	}
	return racks;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Distinct nodes of the view, as many as asked for, and none to be avoided while others are left.
 */
static void check_answer(const struct fake_view *fake, const struct place_request *request,
        const struct place_answer *answer)
{
	size_t healthy = 0, avoided = 0;

	assert_int_equal(answer->nodes_count, least(request->goal, fake->view.nodes_count));
	for (uint32_t i = 0; i < answer->nodes_count; i++) {
		avoided += node_of(fake, answer->nodes[i])->avoid;
		for (uint32_t j = 0; j < i; j++)
			assert_int_not_equal(answer->nodes[i], answer->nodes[j]);
	}
	for (size_t i = 0; i < fake->view.nodes_count; i++)
		healthy += !fake->nodes[i].avoid;
	assert_int_equal(avoided, answer->nodes_count - least(answer->nodes_count, healthy));
	assert_true(answer->reason[0] != '\0' && !answer->fallback);
}

static void every_placement_gives_distinct_nodes(void **state)
{
	static struct fake_view fake;

	(void)state;
	for (size_t p = 0; p < sizeof(placements) / sizeof(placements[0]); p++) {
		struct policy_host *host = host_new(placements[p], NULL);
		struct rng rng = {seed + p};

		for (int round = 0; round < ROUNDS; round++) {
			struct place_request request = request_random(&rng);
			struct place_answer answer;

			if (round % 3 == 0)
				view_random(&fake, &rng, NODES_MAX);
			answer = place(host, &request, &fake);
			check_answer(&fake, &request, &answer);
		}
		policy_host_destroy(host);
	}
}

static void spread_and_rendezvous_keep_racks_apart(void **state)
{
	static struct fake_view fake;
	static const char *const names[] = {"spread", "rendezvous"};

	(void)state;
	for (size_t p = 0; p < 2; p++) {
		struct policy_host *host = host_new(names[p], NULL);
		struct rng rng = {seed + p};

		for (int round = 0; round < ROUNDS; round++) {
			struct place_request request = request_random(&rng);
			struct place_answer answer;
			size_t healthy = 0;

			view_random(&fake, &rng, NODES_MAX);
			answer = place(host, &request, &fake);
			for (size_t i = 0; i < fake.view.nodes_count; i++)
				healthy += !fake.nodes[i].avoid;
			if (healthy >= answer.nodes_count)
				assert_int_equal(racks_of_answer(&fake, &answer),
				        least(racks_of_view(&fake), answer.nodes_count));
		}
		policy_host_destroy(host);
	}
}

/* One host sees every view in turn and brings its tables up to date; the other meets each for the
 * first time. */
static void an_answer_follows_from_request_and_view_alone(void **state)
{
	static struct fake_view fake;

	(void)state;
	for (size_t p = 0; p < sizeof(placements) / sizeof(placements[0]); p++) {
		struct policy_host *old = host_new(placements[p], NULL);
		struct rng rng = {seed + p};

		for (int round = 0; round < 60; round++) {
			struct policy_host *fresh = host_new(placements[p], NULL);
			struct place_request request = request_random(&rng);
			struct place_answer a, b, c;

			if (round % 10 == 0)
				view_random(&fake, &rng, NODES_MAX);
			for (size_t i = 0; i < fake.view.nodes_count; i += 3) {
				fake.nodes[i].recent = (uint32_t)below(&rng, 50);
				fake.nodes[i].avoid = below(&rng, 8) == 0;
				fake.nodes[i].free_bytes -= below(&rng, 1 << 20);
				snprintf(fake.nodes[i].rack, sizeof(fake.nodes[i].rack), "r%u",
				        (unsigned)below(&rng, 6));
			}
			fake.view.version++;
			a = place(old, &request, &fake);
			b = place(old, &request, &fake);
			c = place(fresh, &request, &fake);
			assert_memory_equal(&a, &b, sizeof(a));
			assert_memory_equal(&a, &c, sizeof(a));
			policy_host_destroy(fresh);
		}
		policy_host_destroy(old);
	}
}

static void spread_fills_equal_nodes_evenly(void **state)
{
	static struct fake_view fake;
	struct policy_host *host = host_new("spread", NULL);
	struct rng rng = {seed};

	(void)state;
	view_even(&fake, 10, 5);
	for (int i = 0; i < 1000; i++) {
		struct place_request request = request_random(&rng);
		struct place_answer answer;

		request.goal = 3;
		answer = place(host, &request, &fake);
		for (uint32_t r = 0; r < answer.nodes_count; r++)
			fake.nodes[answer.nodes[r] - 1].recent++;
		fake.view.version++;
	}
	for (size_t i = 0; i < 10; i++)
		assert_in_range(fake.nodes[i].recent, 290, 310);
	policy_host_destroy(host);
}

static void spread_prefers_the_emptier_disk_until_it_is_busy(void **state)
{
	static struct fake_view fake;
	struct policy_host *host = host_new("spread", NULL);
	struct place_request request = {.goal = 1, .size_bytes = 64 << 20, .path = "/a"};

	(void)state;
	view_even(&fake, 3, 1);
	fake.nodes[0].free_bytes /= 2;
	fake.nodes[2].free_bytes /= 2;
	assert_int_equal(place(host, &request, &fake).nodes[0], 2);
	fake.nodes[1].recent = 30;
	fake.view.version++;
	assert_int_equal(place(host, &request, &fake).nodes[0], 1);
	fake.nodes[0].write_rate = 4e9;
	fake.view.version++;
	assert_int_equal(place(host, &request, &fake).nodes[0], 3);
	fake.nodes[2].free_bytes = 1; /* no room for the chunk, though idle */
	fake.view.version++;
	assert_int_not_equal(place(host, &request, &fake).nodes[0], 3);
	policy_host_destroy(host);
}

static void round_robin_goes_by_the_seed_s_rule(void **state)
{
	static struct fake_view fake;
	struct policy_host *host = host_new("round_robin", NULL);

	(void)state;
	view_even(&fake, 5, 2);
	for (uint32_t i = 0; i < 20; i++) {
		struct place_request request = {
		        .goal = 3, .index = i, .path = "/a", .size_bytes = 1};
		struct place_answer answer = place(host, &request, &fake);

		for (uint32_t j = 0; j < 3; j++)
			assert_int_equal(answer.nodes[j], (i + j) % 5 + 1);
	}
	policy_host_destroy(host);
}

static void rendezvous_moves_only_what_a_lost_node_held(void **state)
{
	static struct fake_view fake;
	struct policy_host *host = host_new("rendezvous", NULL);
	struct rng rng = {seed};
	int moved = 0;

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct place_request request = request_random(&rng);
		struct place_answer before, after;

		request.goal = 1;
		view_even(&fake, 10, 1);
		before = place(host, &request, &fake);
		view_even(&fake, 9, 1); /* without node 10 */
		after = place(host, &request, &fake);
		if (before.nodes[0] == 10)
			moved++;
		else
			assert_int_equal(before.nodes[0], after.nodes[0]);
	}
	assert_in_range(moved, 10, 60);
	policy_host_destroy(host);
}

static void rendezvous_weighs_by_capacity(void **state)
{
	static struct fake_view fake;
	struct policy_host *host = host_new("rendezvous", NULL);
	struct rng rng = {seed};
	int large = 0;

	(void)state;
	view_even(&fake, 2, 1);
	fake.nodes[1].total_bytes *= 3;
	for (int i = 0; i < 2000; i++) {
		struct place_request request = request_random(&rng);

		request.goal = 1;
		large += place(host, &request, &fake).nodes[0] == 2;
	}
	assert_in_range(large, 1400, 1600);
	policy_host_destroy(host);
}

static uint64_t chunk_size(const char *script, uint64_t size, uint64_t asked)
{
	struct policy_host *host = host_new(NULL, script);
	struct file_request request = {
	        .path = "/a", .size_bytes = size, .asked = asked, .nodes = 3};
	struct dfs_error err = {0};
	uint64_t bytes = 0;

	if (policy_host_ops.chunk_size(host, &request, &bytes, &err) != 0)
		fail_msg("%s", err.text);
	policy_host_destroy(host);
	return bytes;
}

static void chunk_sizes_are_as_documented(void **state)
{
	const uint64_t mib = 1 << 20, gib = 1 << 30;

	(void)state;
	assert_int_equal(chunk_size("fixed", UINT64_MAX, 0), 64 * mib);
	assert_int_equal(chunk_size("fixed", 1, 0), 64 * mib);
	assert_int_equal(chunk_size("seed", 17 * mib, 0), 4 * mib);
	assert_int_equal(chunk_size("by_size", UINT64_MAX, 0), 64 * mib);
	assert_int_equal(chunk_size("by_size", 0, 0), 16 * mib);
	assert_int_equal(chunk_size("by_size", gib, 0), 16 * mib);
	assert_int_equal(chunk_size("by_size", gib + 1, 0), 32 * mib);
	assert_int_equal(chunk_size("by_size", 64 * gib, 0), gib);
	assert_int_equal(chunk_size("by_size", UINT64_C(1) << 50, 0), gib);
	assert_int_equal(chunk_size(NULL, 1, 0), CHUNK_SIZE_DEFAULT);
	assert_int_equal(chunk_size(NULL, 1, 65536), 65536);
}

static void what_is_asked_is_honoured_within_limits(void **state)
{
	static const char *const names[] = {"fixed", "seed", "by_size"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(chunk_size(names[i], 5, 1 << 20), 1 << 20);
		assert_int_equal(chunk_size(names[i], 5, 1), CHUNK_SIZE_MIN);
		assert_int_equal(chunk_size(names[i], 5, UINT64_C(1) << 40), CHUNK_SIZE_MAX);
		assert_int_equal(chunk_size(names[i], 5, INT64_MAX), CHUNK_SIZE_MAX);
	}
}

static void goals_are_asked_of_the_chunking_script(void **state)
{
	struct policy_host *with = host_new(NULL, "fixed"), *without = host_new(NULL, "seed");
	struct file_request request = {.path = "/a", .nodes = 3};
	struct dfs_error err = {0};
	uint32_t goal = 0;

	(void)state;
	assert_int_equal(policy_host_ops.goal(with, &request, &goal, &err), 0);
	assert_int_equal(goal, 3);
	request.asked = 2;
	assert_int_equal(policy_host_ops.goal(with, &request, &goal, &err), 0);
	assert_int_equal(goal, 2);
	assert_int_equal(policy_host_ops.goal(without, &request, &goal, &err), 0);
	assert_int_equal(goal, 2);
	assert_string_equal(policy_host_ops.name(with, "goal"), "fixed");
	assert_string_equal(policy_host_ops.name(without, "goal"), "built-in");
	assert_string_equal(policy_host_ops.name(without, "chunk_size"), "seed");
	assert_string_equal(policy_host_ops.name(without, "place"), "built-in");
	policy_host_destroy(with);
	policy_host_destroy(without);
}

static uint64_t retained(const char *script, const char *path)
{
	struct policy_host_options options = {SCRIPTS_DIR, NULL, NULL, 0, 0, script};
	struct retain_request request = {
	        .path = path, .kind = "file", .size_bytes = 5, .default_ms = 1234};
	struct policy_host *host;
	struct dfs_error err = {0};
	uint64_t ms = 1;

	assert_int_equal(policy_host_create(&host, &options, &err), 0);
	assert_string_equal(policy_host_ops.name(host, "retain"), script ? script : "built-in");
	assert_int_equal(policy_host_ops.retain(host, &request, &ms, &err), 0);
	policy_host_destroy(host);
	return ms;
}

static void retention_is_asked_of_its_script(void **state)
{
	(void)state;
	assert_int_equal(retained(NULL, "/x"), 1234);
	assert_int_equal(retained("default", "/tmp/x"), 1234);
	assert_int_equal(retained("by_tree", "/tmp/x/y"), 0);
	assert_int_equal(retained("by_tree", "/tmp"), 0);
	assert_int_equal(retained("by_tree", "/tmpx"), 1234);
	assert_int_equal(retained("by_tree", "/scratch/a"), 43200000);
	assert_int_equal(retained("by_tree", "/home/ada/tmp/x"), UINT64_C(30) * 86400000);
	assert_int_equal(retained("by_tree", "/"), 1234);
}

static void without_a_script_the_built_in_places(void **state)
{
	static struct fake_view fake;
	struct policy_host *host = host_new(NULL, NULL);
	struct place_request request = {.goal = 2, .path = "/a"};

	(void)state;
	view_even(&fake, 4, 2);
	assert_string_equal(place(host, &request, &fake).reason, "fake built-in for goal 2");
	policy_host_destroy(host);
}

static void an_empty_view_gives_no_nodes(void **state)
{
	static struct fake_view fake;

	(void)state;
	for (size_t p = 0; p < sizeof(placements) / sizeof(placements[0]); p++) {
		struct policy_host *host = host_new(placements[p], NULL);
		struct place_request request = {.goal = 3, .path = "/a"};

		fake.view = (struct place_view){NULL, 0, 7};
		assert_int_equal(place(host, &request, &fake).nodes_count, 0);
		policy_host_destroy(host);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_placement_gives_distinct_nodes),
	        cmocka_unit_test(urgent_puts_the_most_endangered_first),
	        cmocka_unit_test(spread_and_rendezvous_keep_racks_apart),
	        cmocka_unit_test(an_answer_follows_from_request_and_view_alone),
	        cmocka_unit_test(spread_fills_equal_nodes_evenly),
	        cmocka_unit_test(spread_prefers_the_emptier_disk_until_it_is_busy),
	        cmocka_unit_test(round_robin_goes_by_the_seed_s_rule),
	        cmocka_unit_test(rendezvous_moves_only_what_a_lost_node_held),
	        cmocka_unit_test(rendezvous_weighs_by_capacity),
	        cmocka_unit_test(chunk_sizes_are_as_documented),
	        cmocka_unit_test(what_is_asked_is_honoured_within_limits),
	        cmocka_unit_test(goals_are_asked_of_the_chunking_script),
	        cmocka_unit_test(retention_is_asked_of_its_script),
	        cmocka_unit_test(without_a_script_the_built_in_places),
	        cmocka_unit_test(an_empty_view_gives_no_nodes),
	};

	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	printf("# seed %llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
