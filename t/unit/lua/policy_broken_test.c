/* SPDX-License-Identifier: MIT */
/* Scripts with mistakes: each is named with file, line and what was wanted; and what a policy can
 * see and do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "guide.h"
#include "lua/policy.h"
#include "views.h"

static char dir[] = "/tmp/policy_test.XXXXXX";

static void write_script(const char *folder, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/t.lua", dir, folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int load(
        const char *folder, const char *text, struct policy_host **ret, struct dfs_error *err)
{
	bool placing = strcmp(folder, "placement") == 0, repairing = strcmp(folder, "repair") == 0;
	struct policy_host_options options = {.scripts = dir,
	        .placement = placing ? "t" : NULL,
	        .chunking = placing || repairing ? NULL : "t",
	        .repair = repairing ? "t" : NULL};

	write_script(folder, text);
	return policy_host_create(ret, &options, err);
}

static void load_fails(const char *text, const char *sentence)
{
	struct policy_host *host = NULL;
	struct dfs_error err = {0};

	assert_int_equal(load("placement", text, &host, &err), DFS_E_SCRIPT);
	assert_string_equal(err.text, sentence);
	assert_null(host);
}

/* Body of place(request, view): the sentence it fails with, or "" and the answer. */
static struct place_answer place(const char *body, const char *sentence)
{
	static struct fake_view fake;
	char text[4096];
	struct policy_host *host;
	struct dfs_error err = {0};
	struct place_request request = {.chunk = 0xab,
	        .seed = 42,
	        .path = "/sets/a",
	        .index = 7,
	        .size_bytes = 64,
	        .goal = 3};
	struct place_answer answer = {.nodes_count = 77};
	int code;

	snprintf(text, sizeof(text),
	        "return { kind = 'place', summary = 't', place = function(request, view)\n%s\nend "
	        "}",
	        body);
	if (load("placement", text, &host, &err) != 0)
		fail_msg("%s", err.text);
	view_even(&fake, 5, 2);
	fake.nodes[2].recent = 9;
	fake.nodes[2].write_rate = 1.5;
	fake.nodes[3].avoid = true;
	code = policy_host_ops.place(host, &request, &fake.view, &answer, &err);
	if (strcmp(err.text, sentence) != 0)
		fail_msg("got '%s', want '%s'\n--- in:\n%s", err.text, sentence, body);
	assert_int_equal(code, sentence[0] ? DFS_E_SCRIPT : 0);
	if (code != 0)
		assert_int_equal(answer.nodes_count, 77); /* untouched */
	policy_host_destroy(host);
	return answer;
}

/* Body of repair(request, view), likewise. */
static struct repair_answer repair(const char *body, const char *sentence)
{
	static struct fake_view fake;
	char text[4096];
	struct policy_host *host;
	struct dfs_error err = {0};
	struct repair_request request = {.chunk = 0xab,
	        .seed = 42,
	        .size_bytes = 64,
	        .goal = 3,
	        .good = 1,
	        .live = 2,
	        .attempts = 4,
	        .waited_ms = 1500,
	        .sources = {2, 5},
	        .sources_count = 2};
	struct repair_answer answer = {.urgency = 77};
	int code;

	snprintf(text, sizeof(text),
	        "return { kind = 'repair', summary = 't', repair = function(request, view)\n%s\n"
	        "end }",
	        body);
	if (load("repair", text, &host, &err) != 0)
		fail_msg("%s", err.text);
	view_even(&fake, 5, 2);
	code = policy_host_ops.repair(host, &request, &fake.view, &answer, &err);
	if (strcmp(err.text, sentence) != 0)
		fail_msg("got '%s', want '%s'\n--- in:\n%s", err.text, sentence, body);
	assert_int_equal(code, sentence[0] ? DFS_E_SCRIPT : 0);
	if (code != 0)
		assert_true(answer.urgency == 77); /* untouched */
	policy_host_destroy(host);
	return answer;
}

static void what_repair_answers_is_read_and_nonsense_is_named(void **state)
{
	struct repair_answer answer = repair(
	        "return { urgency = request.live + request.waited + #request.sources, delay = 2.5, "
	        "source = request.sources[2], target = view.nodes[1], reason = 'x' }",
	        "");

	(void)state;
	assert_true(answer.urgency == 5.5);
	assert_int_equal(answer.delay_ms, 2500);
	assert_int_equal(answer.source, 5);
	assert_int_equal(answer.target, 1);
	assert_string_equal(answer.reason, "x");
	answer = repair("", "");
	assert_true(answer.urgency == 0 && answer.delay_ms == 0);
	assert_int_equal(answer.source + answer.target, 0);
	repair("return {}", "");
	repair("return 3",
	        "repair/t.lua: repair must return { urgency = n, ... } or nothing, it returned "
	        "number");
	repair("return { urgency = 'high' }",
	        "repair/t.lua: repair returned a urgency that is a string, want a number");
	repair("return { delay = -1 }",
	        "repair/t.lua: repair returned delay = -1.0, want 0 to 300 seconds");
	repair("return { delay = 301 }",
	        "repair/t.lua: repair returned delay = 301.0, want 0 to 300 seconds");
	repair("return { delay = 0/0 }",
	        "repair/t.lua: repair returned delay = -nan, want 0 to 300 seconds");
	repair("return { target = 'b' }",
	        "repair/t.lua: repair returned a target that is neither a node nor its number");
	repair("return { source = 1.5 }",
	        "repair/t.lua: repair returned a source that is neither a node nor its number");
	repair("return { source = {} }", "");
	repair("request.x.y = 1", "repair/t.lua:2: attempt to index a nil value (field 'x')");
	repair("while true do end", "repair/t.lua:2: used up its 2000000 instructions");
}

static void a_script_that_is_not_one_does_not_load(void **state)
{
	(void)state;
	load_fails("return {", "placement/t.lua:1: unexpected symbol near <eof>");
	load_fails("\n\nlocal x = nil + 1",
	        "placement/t.lua:3: attempt to perform arithmetic on a nil value");
	load_fails(
	        "return 1", "placement/t.lua: the script must return a table, it returns number");
	load_fails("", "placement/t.lua: the script must return a table, it returns nil");
	load_fails("return {}", "placement/t.lua: the script's table must have kind = \"place\"");
	load_fails("return { kind = 'chunk_size' }",
	        "placement/t.lua: the script's table must have kind = \"place\"");
	load_fails("return { kind = 'place' }", "placement/t.lua: the script's table must have "
	                                        "summary = \"what it does in a line\"");
	load_fails("return { kind = 'place', summary = 'x' }",
	        "placement/t.lua: the script's table must have place = function(...), it has nil");
	load_fails("return { kind = 'place', summary = 'x', place = 1 }",
	        "placement/t.lua: the script's table must have place = function(...), it has "
	        "number");
	load_fails("while true do end", "placement/t.lua:1: used up its 2000000 instructions");
}

static void a_name_is_not_a_path(void **state)
{
	static const char *const names[] = {
	        "../x", "", "a/b", "x.lua", "a name that is far too long to be one of ours"};
	struct policy_host_options options = {dir, NULL, NULL, 0, 0};
	struct policy_host *host;
	struct dfs_error err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		options.placement = names[i];
		assert_int_equal(policy_host_create(&host, &options, &err), DFS_E_INVAL);
	}
	options.placement = "missing";
	assert_int_equal(policy_host_create(&host, &options, &err), DFS_E_NOENT);
	assert_non_null(strstr(err.text, "placement/missing.lua: No such file or directory"));
}

static void mistakes_in_the_answer_are_named(void **state)
{
	(void)state;
	place("", "placement/t.lua: place must return { nodes = {...}, reason = \"...\" }, it "
	          "returned nil");
	place("return 3", "placement/t.lua: place must return { nodes = {...}, reason = \"...\" }, "
	                  "it returned number");
	place("return {}",
	        "placement/t.lua: place must return { nodes = {...} }, its nodes is nil");
	place("return { nodes = 1 }",
	        "placement/t.lua: place must return { nodes = {...} }, its nodes is number");
	place("return { nodes = { 1, 'two' } }",
	        "placement/t.lua: place returned nodes[2] = string, want a node or its number");
	place("return { nodes = { 1.5 } }",
	        "placement/t.lua: place returned nodes[1] = 1.5, want a node or its number");
	place("return { nodes = { -1 } }",
	        "placement/t.lua: place returned nodes[1] = -1.0, want a node or its number");
	place("return { nodes = { {} } }",
	        "placement/t.lua: place returned nodes[1] = nil, want a node or its number");
	place("return { nodes = { 1 }, reason = 5 }",
	        "placement/t.lua: place returned a reason that is a number, want a string");
	place("local t = {} for i = 1, 10 do t[i] = i end return { nodes = t }",
	        "placement/t.lua: place returned 10 nodes, at most 9 are possible");
	place("return { nodes = setmetatable({}, { __len = function() return 1 << 40 end }) }",
	        "placement/t.lua: place returned 1099511627776 nodes, at most 9 are possible");
	place("return { nodes = setmetatable({}, { __len = function() while true do end end }) }",
	        "placement/t.lua:2: used up its 2000000 instructions");
}

static void errors_in_service_name_the_line(void **state)
{
	(void)state;
	place("local n = view.nodes[99]\nreturn n.node",
	        "placement/t.lua:3: attempt to index a nil value (local 'n')");
	place("return view.top(3)",
	        "placement/t.lua:2: bad argument #2 to 'top' (number expected, got no value)");
	place("return view:top(3)",
	        "placement/t.lua:2: bad argument #2 to 'top' (function expected, got no value)");
	place("return view:top(3, function() return 'x' end)",
	        "placement/t.lua:2: view:top: the score of node 1 is string, want a number, nil or "
	        "false");
	place("return view:top(3, function() return 0 / 0 end)",
	        "placement/t.lua:2: view:top: the score of node 1 is not a number, want a number, "
	        "nil or false");
	place("return view:top(3, function(n) return n.x.y end)",
	        "placement/t.lua:2: attempt to index a nil value (field 'x')");
	place("return view:top(3, function() return 1 end, 'host')",
	        "placement/t.lua:2: bad argument #3 to 'top' (only \"rack\" can be kept apart)");
	place("while true do end", "placement/t.lua:2: used up its 2000000 instructions");
	place("error('nobody fits', 0)", "placement/t.lua:2: nobody fits");
}

static void the_view_is_read_only(void **state)
{
	(void)state;
	place("view.nodes[1].free = 0",
	        "placement/t.lua:2: attempt to write field 'free' of a read-only table");
	place("view.nodes[9] = {}",
	        "placement/t.lua:2: attempt to write field '9' of a read-only table");
	place("view.top = nil",
	        "placement/t.lua:2: attempt to write field 'top' of a read-only table");
	place("table.remove(view.nodes, 1)",
	        "placement/t.lua:2: attempt to write field '1' of a read-only table");
	place("table.sort(view.nodes, function(a, b) return a.node > b.node end)",
	        "placement/t.lua:2: attempt to write field '1' of a read-only table");
	place("setmetatable(view, {})", "placement/t.lua:2: cannot change a protected metatable");
	place("request.rng.int = nil",
	        "placement/t.lua:2: attempt to write field 'int' of a read-only table");
	place("count = 1", "placement/t.lua:2: attempt to set global 'count': write 'local count'");
}

static void a_policy_sees_request_and_nodes(void **state)
{
	struct place_answer answer;

	(void)state;
	place("assert(request.chunk == 0xab and request.path == '/sets/a' and request.index == 7)\n"
	      "assert(request.size == 64 and request.goal == 3 and #view.nodes == 5 and view.racks "
	      "== 2)\n"
	      "local n = view.nodes[3]\n"
	      "assert(n.node == 3 and n.rack == 'r0' and n.total == 1 << 40 and n.free == n.total "
	      "and n.used == 0)\n"
	      "assert(n.chunks == 0 and n.write_rate == 1.5 and n.read_rate == 0 and n.recent == 9 "
	      "and n.avoid == false)\n"
	      "local keys = {} for k in pairs(n) do keys[#keys + 1] = k end\n"
	      "assert(table.concat(keys, ' ') == 'avoid chunks free node rack read_rate recent "
	      "total used write_rate')\n"
	      "local count = 0 for i, node in ipairs(view.nodes) do assert(node.node == i) count = "
	      "count + 1 end\n"
	      "assert(count == 5)\n"
	      "return { nodes = {} }",
	        "");
	answer = place("return { nodes = { 2, view.nodes[5] }, reason = ('x'):rep(200) }", "");
	assert_int_equal(answer.nodes_count, 2);
	assert_int_equal(answer.nodes[0], 2);
	assert_int_equal(answer.nodes[1], 5);
	assert_int_equal(strlen(answer.reason), PLACE_REASON_MAX - 1);
}

static void top_picks_the_best(void **state)
{
	(void)state;
	place("local function numbers(list) local t = {} for i, n in ipairs(list) do t[i] = n.node "
	      "end\n"
	      "  return table.concat(t, ' ') end\n"
	      "local function same() return 0 end\n"
	      "assert(numbers(view:top(9, same)) == '1 2 3 5 4', 'ties by number, avoid last')\n"
	      "assert(numbers(view:top(2, function(n) return n.node end)) == '5 3')\n"
	      "assert(numbers(view:top(4, same, 'rack')) == '1 2 3 5', 'r0 r1, then r0: r1 has "
	      "only the avoided')\n"
	      "assert(numbers(view:top(9, function(n) return n.node > 2 and -n.node end)) == '3 5 "
	      "4')\n"
	      "assert(numbers(view:top(9, function(n) if n.node == 4 then return -math.huge end "
	      "end)) == '4')\n"
	      "assert(#view:top(0, same) == 0 and #view:top(-1, same) == 0)\n"
	      "assert(numbers(view:top(1, function(n) return #view:top(n.node, same) end)) == '5', "
	      "'nested')\n"
	      "return { nodes = {} }",
	        "");
}

static void randomness_follows_from_the_seed(void **state)
{
	struct place_answer a, b;
	static const char body[] =
	        "local rng, nodes, seen = request.rng, {}, {}\n"
	        "for i = 1, 1000 do\n"
	        "  local n, f = rng:int(5), rng:float()\n"
	        "  assert(math.type(n) == 'integer' and n >= 1 and n <= 5 and f >= 0 and f < 1)\n"
	        "  seen[n] = (seen[n] or 0) + 1\n"
	        "end\n"
	        "for i = 1, 5 do assert(seen[i] > 140 and seen[i] < 260, seen[i]) end\n"
	        "for i = 1, 9 do nodes[i] = rng:int(math.maxinteger) % 1000 end\n"
	        "assert(not pcall(rng.int, rng, 0))\n"
	        "return { nodes = nodes }";

	(void)state;
	a = place(body, "");
	b = place(body, "");
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_not_equal(a.nodes[0], a.nodes[1]);
}

static void mistakes_of_chunking_are_named(void **state)
{
	static const struct {
		const char *body, *sentence;
	} cases[] = {{"return 'x'",
	                     "chunking/t.lua: chunk_size must return a number, it returned string"},
	        {"", "chunking/t.lua: chunk_size must return a number, it returned nil"},
	        {"return 0", "chunking/t.lua: chunk_size must return a whole number of at least 1, "
	                     "it returned 0.0"},
	        {"return 1.5", "chunking/t.lua: chunk_size must return a whole number of at least "
	                       "1, it returned 1.5"},
	        {"return request.asked + 1", "chunking/t.lua:1: attempt to perform arithmetic on a "
	                                     "nil value (field 'asked')"},
	        {"return request.size + 1", "chunking/t.lua:1: attempt to perform arithmetic on a "
	                                    "nil value (field 'size')"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file_request request = {.path = "/a", .size_bytes = UINT64_MAX};
		struct policy_host *host;
		struct dfs_error err = {0};
		uint64_t bytes = 5;
		char text[512];

		snprintf(text, sizeof(text),
		        "return { kind = 'chunk_size', summary = 't', chunk_size = "
		        "function(request) %s end }",
		        cases[i].body);
		assert_int_equal(load("chunking", text, &host, &err), 0);
		assert_int_equal(
		        policy_host_ops.chunk_size(host, &request, &bytes, &err), DFS_E_SCRIPT);
		assert_string_equal(err.text, cases[i].sentence);
		assert_int_equal(bytes, 5);
		policy_host_destroy(host);
	}
}

static void a_policy_recovers_after_each_kind_of_failure(void **state)
{
	static struct fake_view fake;
	struct policy_host *host;
	struct dfs_error err = {0};
	struct place_answer answer;

	(void)state;
	assert_int_equal(
	        load("placement",
	                "return { kind = 'place', summary = 't', place = function(request, view)\n"
	                "  if request.index == 0 then return { nodes = { view.nodes[#view.nodes] } "
	                "} end\n"
	                "  if request.index == 1 then while true do end end\n"
	                "  if request.index == 2 then local t = {} while true do t = { t, t, t } "
	                "end end\n"
	                "  error({})\n"
	                "end }",
	                &host, &err),
	        0);
	for (uint64_t i = 0; i < 12; i++) {
		struct place_request request = {.path = "/a", .index = i % 4, .goal = 1};
		int code;

		view_even(&fake, 3 + i, 2);
		code = policy_host_ops.place(host, &request, &fake.view, &answer, &err);
		assert_int_equal(code, i % 4 == 0 ? 0 : DFS_E_SCRIPT);
		if (code == 0)
			assert_int_equal(answer.nodes[0], 3 + i);
	}
	policy_host_destroy(host);
}

/* A view that does not fit leaves the host ready for one that does. */
static void a_view_too_large_for_its_memory_fails_alone(void **state)
{
	static struct fake_view fake;
	struct policy_host_options options = {dir, "t", NULL, 300 * 1024, 0};
	struct place_request request = {.path = "/a", .goal = 1};
	struct place_answer answer;
	struct policy_host *host;
	struct dfs_error err = {0};

	(void)state;
	write_script("placement", "return { kind = 'place', summary = 't', place = function(r, v) "
	                          "return {nodes = {#v.nodes}} end }");
	assert_int_equal(policy_host_create(&host, &options, &err), 0);
	for (int round = 0; round < 3; round++) {
		view_even(&fake, 1000, 7);
		assert_int_equal(policy_host_ops.place(host, &request, &fake.view, &answer, &err),
		        DFS_E_SCRIPT);
		assert_string_equal(err.text, "placement/t.lua: needs more than 300 KiB of memory");
		view_even(&fake, 20, 7);
		assert_int_equal(
		        policy_host_ops.place(host, &request, &fake.view, &answer, &err), 0);
		assert_int_equal(answer.nodes[0], 20);
	}
	policy_host_destroy(host);
}

/* The long path of the first call leaves no room for the racks' new names; the second call has it.
 */
static int place_twice(
        struct policy_host *host, const struct fake_view *fake, struct place_answer *ret)
{
	static char path[4000];
	struct place_request large = {.path = path, .goal = 1}, small = {.path = "/a", .goal = 1};

	memset(path, 'x', sizeof(path) - 1);
	if (policy_host_ops.place(host, &large, &fake->view, ret, NULL) == 0)
		return 1;
	return policy_host_ops.place(host, &small, &fake->view, ret, NULL);
}

static void an_update_that_fails_half_way_is_made_up_for(void **state)
{
	static struct fake_view fake;
	struct policy_host_options options = {dir, "t", NULL, 20000, 0};
	struct place_request request = {.path = "/a", .goal = 1};
	struct place_answer answer;
	int retried = 0;

	(void)state;
	write_script("placement",
	        "return { kind = 'place', summary = 't', place = function(request, view)\n"
	        "  local new = 0\n"
	        "  for _, n in ipairs(view.nodes) do if #n.rack == 63 then new = new + 1 end end\n"
	        "  return { nodes = { new } }\n"
	        "end }");
	for (; options.memory_bytes < 80000; options.memory_bytes += 512) {
		struct policy_host *host = NULL;

		view_even(&fake, 20, 2);
		if (policy_host_create(&host, &options, NULL) != 0)
			continue;
		if (policy_host_ops.place(host, &request, &fake.view, &answer, NULL) == 0) {
			for (size_t i = 0; i < 20; i++)
				snprintf(fake.nodes[i].rack, sizeof(fake.nodes[i].rack), "%063zu",
				        i);
			fake.view.version++;
			if (place_twice(host, &fake, &answer) == 0) {
				assert_int_equal(answer.nodes[0], 20);
				retried++;
			}
		}
		policy_host_destroy(host);
	}
	assert_true(retried > 0);
}

static void the_example_of_the_guide_works(void **state)
{
	static struct fake_view fake;
	struct policy_host *host;
	struct dfs_error err = {0};
	struct place_request request = {.path = "/a", .goal = 2};
	struct place_answer answer;

	(void)state;
	if (load("placement", guide_example(GUIDE_DIR "/policies.md"), &host, &err) != 0)
		fail_msg("%s", err.text);
	view_even(&fake, 4, 2);
	fake.nodes[2].free_bytes *= 2;
	assert_int_equal(policy_host_ops.place(host, &request, &fake.view, &answer, &err), 0);
	assert_int_equal(answer.nodes_count, 2);
	assert_int_equal(answer.nodes[0], 3);
	assert_string_equal(answer.reason, "most free bytes");
	policy_host_destroy(host);
}

static int make_dirs(void **state)
{
	char path[128];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/repair", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/placement", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/chunking", dir);
	return mkdir(path, 0700);
}

static int remove_dirs(void **state)
{
	static const char *const names[] = {"/placement/t.lua", "/chunking/t.lua", "/repair/t.lua",
	        "/placement", "/chunking", "/repair", ""};
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", dir, names[i]);
		remove(path);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_script_that_is_not_one_does_not_load),
	        cmocka_unit_test(what_repair_answers_is_read_and_nonsense_is_named),
	        cmocka_unit_test(a_name_is_not_a_path),
	        cmocka_unit_test(mistakes_in_the_answer_are_named),
	        cmocka_unit_test(errors_in_service_name_the_line),
	        cmocka_unit_test(the_view_is_read_only),
	        cmocka_unit_test(a_policy_sees_request_and_nodes),
	        cmocka_unit_test(top_picks_the_best),
	        cmocka_unit_test(randomness_follows_from_the_seed),
	        cmocka_unit_test(mistakes_of_chunking_are_named),
	        cmocka_unit_test(a_policy_recovers_after_each_kind_of_failure),
	        cmocka_unit_test(a_view_too_large_for_its_memory_fails_alone),
	        cmocka_unit_test(an_update_that_fails_half_way_is_made_up_for),
	        cmocka_unit_test(the_example_of_the_guide_works),
	};

	return cmocka_run_group_tests(tests, make_dirs, remove_dirs);
}
