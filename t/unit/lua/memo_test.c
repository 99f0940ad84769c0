/* SPDX-License-Identifier: MIT */
/*
 * chunk_size and goal are asked again only where something changed that the script looked at. The
 * scripts here count their calls in an upvalue, which no policy should: it shows whether one was
 * made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lua/policy.h"

static char dir[] = "/tmp/memo_test.XXXXXX";

static struct policy_host *load(const char *body)
{
	struct policy_host_options options = {dir, NULL, "t", 0, 0};
	struct policy_host *host = NULL;
	struct dfs_error err = {0};
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/chunking/t.lua", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file,
	        "local calls = 0\n"
	        "local function answer(r)\n calls = calls + 1\n%s\nend\n"
	        "return { kind = 'chunk_size', summary = 't', chunk_size = answer, goal = answer }",
	        body);
	assert_int_equal(fclose(file), 0);
	if (policy_host_create(&host, &options, &err) != 0)
		fail_msg("%s", err.text);
	return host;
}

static uint64_t ask(
        struct policy_host *host, const char *path, uint64_t size, uint64_t asked, uint32_t nodes)
{
	struct file_request request = {
	        .path = path, .size_bytes = size, .asked = asked, .nodes = nodes};
	struct dfs_error err = {0};
	uint64_t answer = 0;

	if (policy_host_ops.chunk_size(host, &request, &answer, &err) != 0)
		fail_msg("%s", err.text);
	return answer;
}

static void what_a_script_did_not_look_at_asks_nothing_anew(void **state)
{
	struct policy_host *host = load("return calls");

	(void)state;
	assert_int_equal(ask(host, "/a", 1, 0, 3), 1);
	assert_int_equal(ask(host, "/b", UINT64_MAX, 7, 4), 1);
	policy_host_destroy(host);
	host = load("return r.size and calls or 100 + calls");
	assert_int_equal(ask(host, "/a", 1, 0, 3), 1);
	assert_int_equal(ask(host, "/b", 1, 5, 9), 1);
	assert_int_equal(ask(host, "/b", 2, 5, 9), 2);
	assert_int_equal(ask(host, "/b", UINT64_MAX, 5, 9), 103);
	assert_int_equal(ask(host, "/b", 2, 5, 9), 2);
	policy_host_destroy(host);
	host = load("return (r.asked or 0) * 1000 + r.nodes * 100 + calls");
	assert_int_equal(ask(host, "/a", 1, 0, 3), 301);
	assert_int_equal(ask(host, "/a", 2, 0, 3), 301);
	assert_int_equal(ask(host, "/a", 2, 1, 3), 1302);
	assert_int_equal(ask(host, "/a", 2, 1, 4), 1403);
	policy_host_destroy(host);
}

/* It looks at the size only where something was asked for. */
static void each_answer_rests_on_what_it_looked_at_itself(void **state)
{
	struct policy_host *host = load("return r.asked and r.size or 1000 + calls");

	(void)state;
	assert_int_equal(ask(host, "/a", 5, 0, 3), 1001);
	assert_int_equal(ask(host, "/a", 6, 0, 3), 1001);
	assert_int_equal(ask(host, "/a", 5, 1, 3), 5);
	assert_int_equal(ask(host, "/a", 6, 1, 3), 6);
	assert_int_equal(ask(host, "/a", 7, 0, 3), 1001);
	policy_host_destroy(host);
}

static void a_script_that_reads_paths_is_asked_for_each(void **state)
{
	struct policy_host *host = load("return r.size == 9 and calls or #r.path * 100 + calls");

	(void)state;
	assert_int_equal(ask(host, "/a", 9, 0, 3), 1);
	assert_int_equal(ask(host, "/b", 9, 0, 3), 1);
	assert_int_equal(ask(host, "/abc", 1, 0, 3), 402);
	assert_int_equal(ask(host, "/ab", 1, 0, 3), 303);
	assert_int_equal(ask(host, "/ab", 9, 0, 3), 4);
	policy_host_destroy(host);
}

static void goal_and_chunk_size_have_answers_of_their_own(void **state)
{
	struct policy_host *host = load("return calls");
	struct file_request request = {.path = "/a", .size_bytes = 1, .nodes = 3};
	uint32_t goal = 0;

	(void)state;
	assert_int_equal(ask(host, "/a", 1, 0, 3), 1);
	assert_int_equal(policy_host_ops.goal(host, &request, &goal, NULL), 0);
	assert_int_equal(goal, 2);
	policy_host_destroy(host);
}

static void failures_are_not_kept(void **state)
{
	struct policy_host *host = load("if calls < 3 then error('not yet') end return calls");
	struct file_request request = {.path = "/a", .size_bytes = 1, .nodes = 3};
	uint64_t answer = 0;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		        policy_host_ops.chunk_size(host, &request, &answer, NULL), DFS_E_SCRIPT);
	assert_int_equal(ask(host, "/a", 1, 0, 3), 3);
	policy_host_destroy(host);
}

static void a_request_is_a_plain_table_to_its_script(void **state)
{
	static const char *const bodies[] = {
	        "local names = {} for k in pairs(r) do names[#names + 1] = k end\n"
	        "assert(table.concat(names, ' ') == 'asked nodes path size') return calls",
	        "r.path = 'x' r.mine = 1 local n = 0 for k, v in pairs(r) do n = n + 1 end\n"
	        "assert(n == 5 and r.path == 'x' and r.size == 8) return calls",
	        "assert(getmetatable(r) == nil and r.path == '/a') return calls",
	        "setmetatable(r, { __index = function() return 7 end })\n"
	        "assert(r.path == '/a' and r.nodes == 3 and r.other == 7) return calls",
	        "assert(type(r) == 'table' and r.nosuch == nil and r[1] == nil and #r == 0) return "
	        "calls",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct policy_host *host = load(bodies[i]);

		assert_int_equal(ask(host, "/a", 8, 2, 3), 1);
		/* Whoever saw all of it saw the path. */
		assert_int_equal(ask(host, "/a", 8, 2, 3), i == 4 ? 1 : 2);
		policy_host_destroy(host);
	}
}

static int setup(void **state)
{
	char path[64];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/chunking", dir);
	return mkdir(path, 0700);
}

static int teardown(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/chunking/t.lua", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/chunking", dir);
	rmdir(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_a_script_did_not_look_at_asks_nothing_anew),
	        cmocka_unit_test(each_answer_rests_on_what_it_looked_at_itself),
	        cmocka_unit_test(a_script_that_reads_paths_is_asked_for_each),
	        cmocka_unit_test(goal_and_chunk_size_have_answers_of_their_own),
	        cmocka_unit_test(failures_are_not_kept),
	        cmocka_unit_test(a_request_is_a_plain_table_to_its_script),
	};

	return cmocka_run_group_tests_name("lua_memo", tests, setup, teardown);
}
