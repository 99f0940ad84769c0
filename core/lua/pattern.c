/* SPDX-License-Identifier: MIT */
#include "lua/pattern.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>
#include "lua/budget.h"

enum {
	DEPTH_MAX = 200,
	CAPTURE_OPEN = -1,     /* not closed yet */
	CAPTURE_POSITION = -2, /* "()": where, not what */
};

enum escape { ESCAPE_ITEM, ESCAPE_MATCHED, ESCAPE_FAILED };

static const char *run(struct pattern *m, const char *s, const char *p);
static const char *item(struct pattern *m, const char *s, const char *p, const char *item_end);
static enum escape escape(struct pattern *m, const char **s, const char **p);
static const char *capture_open(struct pattern *m, const char *s, const char *p);
static const char *capture_close(struct pattern *m, const char *s, const char *p);
static const char *repeat_most(
        struct pattern *m, const char *s, const char *p, const char *item_end);
static const char *repeat_least(
        struct pattern *m, const char *s, const char *p, const char *item_end);
static const char *balance(struct pattern *m, const char *s, const char *p);
static const char *back_reference(struct pattern *m, const char *s, int digit);
static const char *item_end_of(struct pattern *m, const char *p);
static bool single(struct pattern *m, const char *s, const char *p, const char *item_end);
static bool in_set(int c, const char *p, const char *last);
static bool in_class(int c, int class);
static int is_zero(int c);

void pattern_init(struct pattern *m, lua_State *L, const char *subject, size_t subject_size,
        const char *text, size_t text_size)
{
	m->L = L;
	m->subject = subject;
	m->subject_end = subject + subject_size;
	m->text = text;
	m->end = text + text_size;
}

const char *pattern_match(struct pattern *m, const char *at)
{
	m->captures_count = 0;
	m->depth = DEPTH_MAX;
	return run(m, at, m->text);
}

void pattern_push(struct pattern *m, int index, const char *start, const char *end)
{
	ptrdiff_t size;

	if (index >= m->captures_count) {
		if (index > 0)
			luaL_error(m->L, "invalid capture index %%%d", index + 1);
		lua_pushlstring(m->L, start, (size_t)(end - start));
		return;
	}
	size = m->captures[index].size;
	if (size == CAPTURE_OPEN)
		luaL_error(m->L, "unfinished capture");
	if (size == CAPTURE_POSITION)
		lua_pushinteger(m->L, m->captures[index].start - m->subject + 1);
	else
		lua_pushlstring(m->L, m->captures[index].start, (size_t)size);
}

int pattern_push_all(struct pattern *m, const char *start, const char *end)
{
	int count = m->captures_count == 0 && start ? 1 : m->captures_count;

	luaL_checkstack(m->L, count, "too many captures");
	for (int i = 0; i < count; i++)
		pattern_push(m, i, start, end);
	return count;
}

/* Match the rest of the pattern, p, at s. Each single item without a repetition goes on in the
 * loop. */
static const char *run(struct pattern *m, const char *s, const char *p)
{
	if (m->depth-- == 0)
		luaL_error(m->L, "pattern too complex");
	while (s && p < m->end) {
		const char *item_end;

		budget_charge(m->L, 1);
		if (*p == '(' || *p == ')') {
			s = *p == '(' ? capture_open(m, s, p + 1) : capture_close(m, s, p + 1);
			break;
		}
		if (*p == '$' && p + 1 == m->end) {
			s = s == m->subject_end ? s : NULL;
			break;
		}
		if (*p == '%') {
			enum escape what = escape(m, &s, &p);

			if (what == ESCAPE_FAILED)
				s = NULL;
			if (what != ESCAPE_ITEM)
				continue;
		}
		item_end = item_end_of(m, p);
		if (item_end < m->end && *item_end != '\0' && strchr("?*+-", *item_end)) {
			s = item(m, s, p, item_end);
			break;
		}
		s = single(m, s, p, item_end) ? s + 1 : NULL;
		p = item_end;
	}
	m->depth++;
	return s;
}

/* An item with a repetition, and all that follows it. */
static const char *item(struct pattern *m, const char *s, const char *p, const char *item_end)
{
	const char *end;

	switch (*item_end) {
	case '?':
		end = single(m, s, p, item_end) ? run(m, s + 1, item_end + 1) : NULL;
		return end ? end : run(m, s, item_end + 1);
	case '+':
		return single(m, s, p, item_end) ? repeat_most(m, s + 1, p, item_end) : NULL;
	case '*':
		return repeat_most(m, s, p, item_end);
	default:
		return repeat_least(m, s, p, item_end);
	}
}

/* %b, %f and %1; others are classes or plain characters. Moves s and p past what matched. */
static enum escape escape(struct pattern *m, const char **s, const char **p)
{
	char kind = *p + 1 < m->end ? (*p)[1] : '\0';

	if (kind == 'b') {
		*s = balance(m, *s, *p + 2);
		*p += 4;
	} else if (kind == 'f') {
		const char *set = *p + 2, *last;
		int before = *s == m->subject ? '\0' : (unsigned char)(*s)[-1];
		int after = *s < m->subject_end ? (unsigned char)**s : '\0';

		if (set >= m->end || *set != '[')
			luaL_error(m->L, "missing '[' after '%%f' in pattern");
		*p = item_end_of(m, set);
		last = *p - 1;
		return !in_set(before, set, last) && in_set(after, set, last) ? ESCAPE_MATCHED
		                                                              : ESCAPE_FAILED;
	} else if (isdigit((unsigned char)kind)) {
		*s = back_reference(m, *s, kind);
		*p += 2;
	} else {
		return ESCAPE_ITEM;
	}
	return *s ? ESCAPE_MATCHED : ESCAPE_FAILED;
}

static const char *capture_open(struct pattern *m, const char *s, const char *p)
{
	bool position = p < m->end && *p == ')';
	const char *end;

	if (m->captures_count == PATTERN_CAPTURES_MAX)
		luaL_error(m->L, "too many captures");
	m->captures[m->captures_count].start = s;
	m->captures[m->captures_count].size = position ? CAPTURE_POSITION : CAPTURE_OPEN;
	m->captures_count++;
	end = run(m, s, p + (position ? 1 : 0));
	if (!end)
		m->captures_count--;
	return end;
}

static const char *capture_close(struct pattern *m, const char *s, const char *p)
{
	int index = m->captures_count - 1;
	const char *end;

	while (index >= 0 && m->captures[index].size != CAPTURE_OPEN)
		index--;
	if (index < 0)
		luaL_error(m->L, "invalid pattern capture");
	m->captures[index].size = s - m->captures[index].start;
	end = run(m, s, p);
	if (!end)
		m->captures[index].size = CAPTURE_OPEN;
	return end;
}

static const char *repeat_most(
        struct pattern *m, const char *s, const char *p, const char *item_end)
{
	ptrdiff_t count = 0;

	while (single(m, s + count, p, item_end)) {
		budget_charge(m->L, 1);
		count++;
	}
	for (; count >= 0; count--) {
		const char *end = run(m, s + count, item_end + 1);

		budget_charge(m->L, 1);
		if (end)
			return end;
	}
	return NULL;
}

static const char *repeat_least(
        struct pattern *m, const char *s, const char *p, const char *item_end)
{
	for (;; s++) {
		const char *end = run(m, s, item_end + 1);

		budget_charge(m->L, 1);
		if (end || !single(m, s, p, item_end))
			return end;
	}
}

static const char *balance(struct pattern *m, const char *s, const char *p)
{
	int depth = 1;

	if (p + 1 >= m->end)
		luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
	if (s >= m->subject_end || *s != *p)
		return NULL;
	for (s++; s < m->subject_end; s++) {
		budget_charge(m->L, 1);
		if (*s == p[1]) { /* first: both may be the same character */
			if (--depth == 0)
				return s + 1;
		} else if (*s == *p) {
			depth++;
		}
	}
	return NULL;
}

static const char *back_reference(struct pattern *m, const char *s, int digit)
{
	int index = digit - '1';
	ptrdiff_t size;

	if (index < 0 || index >= m->captures_count || m->captures[index].size == CAPTURE_OPEN)
		luaL_error(m->L, "invalid capture index %%%d", index + 1);
	size = m->captures[index].size;
	if (size < 0 || m->subject_end - s < size) /* a position never matches */
		return NULL;
	budget_charge(m->L, (uint64_t)size / 16);
	return memcmp(m->captures[index].start, s, (size_t)size) == 0 ? s + size : NULL;
}

static const char *item_end_of(struct pattern *m, const char *p)
{
	char first = *p++;

	if (first == '%') {
		if (p == m->end)
			luaL_error(m->L, "malformed pattern (ends with '%%')");
		return p + 1;
	}
	if (first != '[')
		return p;
	if (p < m->end && *p == '^')
		p++;
	do { /* a ']' that comes first stands for itself */
		if (p == m->end)
			luaL_error(m->L, "malformed pattern (missing ']')");
		if (*p++ == '%' && p < m->end)
			p++;
	} while (p == m->end || *p != ']');
	return p + 1;
}

static bool single(struct pattern *m, const char *s, const char *p, const char *item_end)
{
	int c;

	if (s >= m->subject_end)
		return false;
	c = (unsigned char)*s;
	switch (*p) {
	case '.':
		return true;
	case '%':
		return in_class(c, (unsigned char)p[1]);
	case '[':
		budget_charge(m->L, (uint64_t)(item_end - p) / 4);
		return in_set(c, p, item_end - 1);
	default:
		return (unsigned char)*p == c;
	}
}

/* p is at '[', last at the ']' that closes it. */
static bool in_set(int c, const char *p, const char *last)
{
	bool inside = p[1] != '^';

	if (!inside)
		p++;
	while (++p < last) {
		if (*p == '%') {
			p++;
			if (in_class(c, (unsigned char)*p))
				return inside;
		} else if (p[1] == '-' && p + 2 < last) {
			p += 2;
			if ((unsigned char)p[-2] <= c && c <= (unsigned char)*p)
				return inside;
		} else if ((unsigned char)*p == c) {
			return inside;
		}
	}
	return !inside;
}

static bool in_class(int c, int class)
{
	static const struct {
		char letter;
		int (*is)(int c);
	} classes[] = {{'a', isalpha}, {'c', iscntrl}, {'d', isdigit}, {'g', isgraph},
	        {'l', islower}, {'p', ispunct}, {'s', isspace}, {'u', isupper}, {'w', isalnum},
	        {'x', isxdigit}, {'z', is_zero}};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (classes[i].letter == tolower(class))
			return (classes[i].is(c) != 0) == (islower(class) != 0);
	return class == c;
}

/* Not in the manual any more, but in the stock matcher. */
static int is_zero(int c)
{
	return c == 0;
}
