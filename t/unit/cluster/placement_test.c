/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "cluster/placement.h"

enum { MIB = 1 << 20, NODES = 6 };

/* Six alike nodes 1..6, racks a a b b c c, a GiB free each. */
struct world {
	struct place_node nodes[NODES];
	struct place_view view;
	struct place_request request;
};

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	for (uint32_t i = 0; i < NODES; i++) {
		w->nodes[i].node = i + 1;
		w->nodes[i].free_bytes = 1024 * (uint64_t)MIB;
		w->nodes[i].total_bytes = 2048 * (uint64_t)MIB;
		snprintf(w->nodes[i].rack, sizeof(w->nodes[i].rack), "%c", 'a' + (char)(i / 2));
	}
	w->view = (struct place_view){w->nodes, NODES, 1};
	w->request =
	        (struct place_request){.chunk = 7, .seed = 99, .size_bytes = 64 * MIB, .goal = 3};
	return w;
}

static struct place_answer answer_of(uint32_t count, uint32_t a, uint32_t b, uint32_t c)
{
	return (struct place_answer){.nodes = {a, b, c}, .nodes_count = count};
}

static void refused(struct world *w, struct place_answer answer, const char *why)
{
	struct dfs_error err = {0};

	assert_int_equal(place_check(&w->request, &w->view, &answer, &err), DFS_E_INVAL);
	assert_non_null(strstr(err.text, why));
}

static void a_right_answer_passes_the_check(void **state)
{
	struct world *w = world_new();
	struct place_answer answer = answer_of(3, 6, 1, 4);

	assert_int_equal(place_check(&w->request, &w->view, &answer, NULL), 0);
	free(w);
}

static void wrong_answers_are_refused(void **state)
{
	struct world *w = world_new();
	struct place_answer many = {.nodes_count = 10};

	refused(w, answer_of(3, 1, 2, 1), "node 1 is named twice");
	refused(w, answer_of(3, 1, 2, 7), "node 7 is not among the candidates");
	refused(w, answer_of(3, 1, 2, 0), "node 0 is not among");
	refused(w, answer_of(2, 1, 2, 0), "2 nodes where 3 are wanted");
	refused(w, answer_of(0, 0, 0, 0), "0 nodes where 3");
	refused(w, many, "at most 9");
	w->nodes[1].free_bytes = 64 * MIB - 1;
	refused(w, answer_of(3, 1, 2, 3), "node 2 has room for");
	free(w);
}

static void fewer_nodes_than_the_goal_are_all_wanted(void **state)
{
	struct world *w = world_new();
	struct place_answer answer;

	w->request.goal = 9;
	refused(w, answer_of(3, 1, 2, 3), "where 6 are wanted");
	w->view.nodes_count = 2;
	assert_int_equal(place_builtin(&w->request, &w->view, &answer, NULL), 0);
	assert_int_equal(answer.nodes_count, 2);
	assert_int_equal(place_check(&w->request, &w->view, &answer, NULL), 0);
	free(w);
}

static void without_a_roomy_node_there_is_no_place(void **state)
{
	struct world *w = world_new();
	struct policies policies = {0};
	struct place_answer answer;
	struct dfs_error err = {0};

	w->request.size_bytes = 2048 * (uint64_t)MIB;
	assert_int_equal(
	        policies_place(&policies, &w->request, &w->view, &answer, &err), DFS_E_NODES);
	w->view.nodes_count = 0;
	w->request.size_bytes = 1;
	assert_int_equal(
	        policies_place(&policies, &w->request, &w->view, &answer, &err), DFS_E_NODES);
	assert_true(err.text[0] != '\0');
	free(w);
}

static char rack_of(const struct world *w, uint32_t node)
{
	return w->nodes[node - 1].rack[0];
}

static void built_in_keeps_racks_apart_for_every_seed(void **state)
{
	struct world *w = world_new();

	for (uint64_t seed = 0; seed < 500; seed++) {
		struct place_answer a;

		w->request.seed = seed;
		assert_int_equal(place_builtin(&w->request, &w->view, &a, NULL), 0);
		assert_int_equal(a.nodes_count, 3);
		assert_int_not_equal(rack_of(w, a.nodes[0]), rack_of(w, a.nodes[1]));
		assert_int_not_equal(rack_of(w, a.nodes[0]), rack_of(w, a.nodes[2]));
		assert_int_not_equal(rack_of(w, a.nodes[1]), rack_of(w, a.nodes[2]));
	}
	free(w);
}

static void built_in_spreads_over_nodes_that_are_alike(void **state)
{
	struct world *w = world_new();
	uint32_t count[NODES + 1] = {0};

	for (uint64_t seed = 0; seed < 6000; seed++) {
		struct place_answer a;

		w->request.seed = seed;
		place_builtin(&w->request, &w->view, &a, NULL);
		count[a.nodes[0]]++;
	}
	for (uint32_t node = 1; node <= NODES; node++)
		assert_in_range(count[node], 800, 1200);
	free(w);
}

static void built_in_takes_the_most_free_space_first(void **state)
{
	struct world *w = world_new();
	struct place_answer a;

	w->nodes[4].free_bytes += 300 * MIB;
	w->nodes[1].free_bytes += 200 * MIB;
	assert_int_equal(place_builtin(&w->request, &w->view, &a, NULL), 0);
	assert_int_equal(a.nodes[0], 5);
	assert_int_equal(a.nodes[1], 2);
	/* What was placed there a moment ago counts against it. */
	w->nodes[4].recent = 10;
	assert_int_equal(place_builtin(&w->request, &w->view, &a, NULL), 0);
	assert_int_equal(a.nodes[0], 2);
	free(w);
}

static void avoided_nodes_are_taken_only_when_nothing_else_is_left(void **state)
{
	struct world *w = world_new();
	struct place_answer a;

	w->nodes[0].avoid = w->nodes[2].avoid = w->nodes[4].avoid = true;
	for (uint64_t seed = 0; seed < 100; seed++) {
		w->request.seed = seed;
		place_builtin(&w->request, &w->view, &a, NULL);
		for (int i = 0; i < 3; i++)
			assert_int_equal(a.nodes[i] % 2, 0);
	}
	w->nodes[1].avoid = true;
	assert_int_equal(place_builtin(&w->request, &w->view, &a, NULL), 0);
	assert_int_equal(a.nodes_count, 3);
	assert_int_equal(a.nodes[0] % 2, 0);
	assert_int_equal(a.nodes[1] % 2, 0);
	free(w);
}

static void nodes_without_a_rack_are_racks_of_their_own(void **state)
{
	struct world *w = world_new();
	struct place_answer a;

	for (int i = 0; i < NODES; i++)
		w->nodes[i].rack[0] = '\0';
	w->request.goal = 6;
	assert_int_equal(place_builtin(&w->request, &w->view, &a, NULL), 0);
	assert_int_equal(a.nodes_count, 6);
	free(w);
}

/* ---- asking a script ---- */

struct script {
	int code;
	struct place_answer answer;
	uint64_t chunk_size;
	uint32_t goal;
	uint64_t retain_ms;
};

static int script_place(void *ctx, const struct place_request *request,
        const struct place_view *view, struct place_answer *ret, struct dfs_error *err)
{
	struct script *script = ctx;

	*ret = script->answer;
	return script->code ? error_set(err, script->code, "spread.lua:7: attempt to index nil")
	                    : 0;
}

static int script_chunk_size(
        void *ctx, const struct file_request *request, uint64_t *ret, struct dfs_error *err)
{
	struct script *script = ctx;

	*ret = script->chunk_size;
	return script->code ? error_set(err, script->code, "size.lua:1: no") : 0;
}

static int script_goal(
        void *ctx, const struct file_request *request, uint32_t *ret, struct dfs_error *err)
{
	struct script *script = ctx;

	*ret = script->goal;
	return script->code;
}

static int script_retain(
        void *ctx, const struct retain_request *request, uint64_t *ret, struct dfs_error *err)
{
	struct script *script = ctx;

	*ret = script->retain_ms;
	return script->code ? error_set(err, script->code, "retain.lua:1: no") : 0;
}

static const struct policy_ops ops = {
        script_place, script_chunk_size, script_goal, script_retain, NULL};

static void a_good_script_decides(void **state)
{
	struct world *w = world_new();
	struct script script = {.answer = answer_of(3, 6, 5, 4)};
	struct policies policies = {.ops = &ops, .ctx = &script};
	struct place_answer a;

	assert_int_equal(policies_place(&policies, &w->request, &w->view, &a, NULL), 0);
	assert_int_equal(a.nodes[0], 6);
	assert_false(a.fallback);
	assert_int_equal(policies.decisions[0], 1);
	assert_int_equal(policies.fallbacks[0], 0);
	free(w);
}

static void a_script_that_fails_falls_back_with_its_sentence(void **state)
{
	struct world *w = world_new();
	struct script script = {.code = DFS_E_SCRIPT};
	struct policies policies = {.ops = &ops, .ctx = &script};
	struct place_answer a;

	assert_int_equal(policies_place(&policies, &w->request, &w->view, &a, NULL), 0);
	assert_int_equal(place_check(&w->request, &w->view, &a, NULL), 0);
	assert_true(a.fallback);
	assert_string_equal(a.error, "spread.lua:7: attempt to index nil");
	assert_string_equal(policies.error[0], a.error);
	assert_int_equal(policies.fallbacks[0], 1);
	free(w);
}

static void a_script_that_answers_wrongly_falls_back_too(void **state)
{
	struct world *w = world_new();
	struct script script = {.answer = answer_of(3, 1, 1, 2)};
	struct policies policies = {.ops = &ops, .ctx = &script};
	struct place_answer a;

	assert_int_equal(policies_place(&policies, &w->request, &w->view, &a, NULL), 0);
	assert_int_equal(place_check(&w->request, &w->view, &a, NULL), 0);
	assert_true(a.fallback);
	assert_non_null(strstr(a.error, "named twice"));
	free(w);
}

static void full_nodes_are_no_fault_of_the_script(void **state)
{
	struct world *w = world_new();
	struct script script = {.answer = answer_of(0, 0, 0, 0)};
	struct policies policies = {.ops = &ops, .ctx = &script};
	struct place_answer a;
	struct dfs_error err = {0};

	w->request.size_bytes = 2048 * (uint64_t)MIB;
	assert_int_equal(policies_place(&policies, &w->request, &w->view, &a, &err), DFS_E_NODES);
	assert_non_null(strstr(err.text, "no live datanode has room"));
	assert_int_equal(policies.fallbacks[0], 0);
	assert_string_equal(policies.error[0], "");
	free(w);
}

static void chunk_sizes_are_clamped(void **state)
{
	struct script script = {0};
	struct policies policies = {.ops = &ops, .ctx = &script}, none = {0};
	struct file_request request = {.path = "/x", .size_bytes = UINT64_MAX, .nodes = 3};

	script.chunk_size = 1;
	assert_int_equal(policies_chunk_size(&policies, &request), CHUNK_SIZE_MIN);
	script.chunk_size = UINT64_MAX;
	assert_int_equal(policies_chunk_size(&policies, &request), CHUNK_SIZE_MAX);
	script.code = DFS_E_SCRIPT;
	assert_int_equal(policies_chunk_size(&policies, &request), CHUNK_SIZE_DEFAULT);
	assert_int_equal(policies.fallbacks[1], 1);
	assert_int_equal(policies_chunk_size(&none, &request), CHUNK_SIZE_DEFAULT);
	request.asked = 1 << 20;
	assert_int_equal(policies_chunk_size(&none, &request), 1 << 20);
}

static void goals_stay_between_one_and_nine(void **state)
{
	struct script script = {0};
	struct policies policies = {.ops = &ops, .ctx = &script}, none = {0};
	struct file_request request = {.path = "/x", .nodes = 5};

	assert_int_equal(policies_goal(&policies, &request), 1);
	script.goal = 1000;
	assert_int_equal(policies_goal(&policies, &request), 9);
	script.code = DFS_E_SCRIPT;
	assert_int_equal(policies_goal(&policies, &request), 3);
	assert_true(policies.error[2][0] != '\0');
	assert_int_equal(policies_goal(&none, &request), 3);
	request.nodes = 2;
	assert_int_equal(policies_goal(&none, &request), 2);
	request.nodes = 0;
	assert_int_equal(policies_goal(&none, &request), 1);
	request.asked = 7;
	assert_int_equal(policies_goal(&none, &request), 7);
	request.asked = UINT64_MAX;
	assert_int_equal(policies_goal(&none, &request), 9);
}

/* RULES 14: nought to ten years; whatever else is none, and what was configured holds. */
static void retention_stays_below_ten_years(void **state)
{
	struct script script = {0};
	struct policies policies = {.ops = &ops, .ctx = &script}, none = {0};
	struct retain_request request = {.path = "/x", .kind = "file", .default_ms = 77};

	assert_int_equal(policies_retain(&policies, &request), 0);
	script.retain_ms = RETAIN_MAX_MS;
	assert_int_equal(policies_retain(&policies, &request), RETAIN_MAX_MS);
	assert_int_equal(policies.fallbacks[POLICY_RETAIN], 0);
	script.retain_ms = RETAIN_MAX_MS + 1;
	assert_int_equal(policies_retain(&policies, &request), 77);
	assert_int_equal(policies.fallbacks[POLICY_RETAIN], 1);
	assert_non_null(strstr(policies.error[POLICY_RETAIN], "ten years"));
	script.code = DFS_E_SCRIPT;
	assert_int_equal(policies_retain(&policies, &request), 77);
	assert_non_null(strstr(policies.error[POLICY_RETAIN], "retain.lua:1"));
	assert_int_equal(policies.decisions[POLICY_RETAIN], 4);
	assert_int_equal(policies_retain(&none, &request), 77);
	assert_string_equal(policy_kind_name(POLICY_RETAIN), "retain");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_right_answer_passes_the_check),
	        cmocka_unit_test(wrong_answers_are_refused),
	        cmocka_unit_test(fewer_nodes_than_the_goal_are_all_wanted),
	        cmocka_unit_test(without_a_roomy_node_there_is_no_place),
	        cmocka_unit_test(built_in_keeps_racks_apart_for_every_seed),
	        cmocka_unit_test(built_in_spreads_over_nodes_that_are_alike),
	        cmocka_unit_test(built_in_takes_the_most_free_space_first),
	        cmocka_unit_test(avoided_nodes_are_taken_only_when_nothing_else_is_left),
	        cmocka_unit_test(nodes_without_a_rack_are_racks_of_their_own),
	        cmocka_unit_test(a_good_script_decides),
	        cmocka_unit_test(a_script_that_fails_falls_back_with_its_sentence),
	        cmocka_unit_test(a_script_that_answers_wrongly_falls_back_too),
	        cmocka_unit_test(full_nodes_are_no_fault_of_the_script),
	        cmocka_unit_test(chunk_sizes_are_clamped),
	        cmocka_unit_test(goals_stay_between_one_and_nine),
	        cmocka_unit_test(retention_stays_below_ten_years),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
