/* SPDX-License-Identifier: MIT */
#ifndef LUA_PATTERN_H
#define LUA_PATTERN_H

#include <lua.h>
#include <stddef.h>

/*
 * Lua's patterns (reference manual 6.4.1), every step of the matching charged to the sandbox's
 * budget: the stock matcher backtracks for hours inside one instruction, where no hook sees it.
 *
 * After the algorithm of lstrlib.c (Lua 5.4, MIT licence), whose answers the tests compare with.
 */
enum { PATTERN_CAPTURES_MAX = 32 };

struct pattern {
	lua_State *L;
	const char *subject, *subject_end;
	const char *text, *end; /* of the pattern, without the anchor */
	int depth;              /* of recursion still allowed */
	int captures_count;
	struct {
		const char *start;
		ptrdiff_t size; /* or one of the marks in pattern.c */
	} captures[PATTERN_CAPTURES_MAX];
};

void pattern_init(struct pattern *pattern, lua_State *L, const char *subject, size_t subject_size,
        const char *text, size_t text_size);
/* Match at `at` exactly: the end of the match, NULL where there is none. Raises for a malformed
 * pattern. */
const char *pattern_match(struct pattern *pattern, const char *at);
/* Push capture `index`; the whole match where the pattern has no captures and index is 0. */
void pattern_push(struct pattern *pattern, int index, const char *start, const char *end);
/* Push all captures, or the whole match where there are none and `start` is given. Returns how
 * many. */
int pattern_push_all(struct pattern *pattern, const char *start, const char *end);

#endif
