/* SPDX-License-Identifier: MIT */
/*
 * The string library of the sandbox: stock where it is linear in its arguments, ours where it is
 * not or where it shows addresses. No string grows over BUDGET_STRING_MAX; the allocator sees to
 * that.
 */
#include "lua/safe.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <string.h>
#include "lua/budget.h"
#include "lua/pattern.h"

enum { BYTES_MAX = 250 };

static int string_byte(lua_State *L);
static int string_find(lua_State *L);
static int string_format(lua_State *L);
static int string_gmatch(lua_State *L);
static int string_gsub(lua_State *L);
static int string_match(lua_State *L);
static int string_rep(lua_State *L);
static int search(lua_State *L, bool find);
static bool is_plain(const char *text, size_t size);
static int find_plain(lua_State *L, const char *s, size_t size, size_t from);
static int gmatch_next(lua_State *L);
static void replacement(
        lua_State *L, luaL_Buffer *text, struct pattern *m, const char *start, const char *end);
static void expand(
        lua_State *L, luaL_Buffer *text, struct pattern *m, const char *start, const char *end);
static size_t position(lua_Integer at, size_t size);

static const char *const string_names[] = {
        "char", "format", "len", "lower", "reverse", "sub", "upper", NULL};
static const luaL_Reg string_ours[] = {{"byte", string_byte}, {"find", string_find},
        {"gmatch", string_gmatch}, {"gsub", string_gsub}, {"match", string_match},
        {"rep", string_rep}, {NULL, NULL}};

void safe_string_push(lua_State *L)
{
	lua_pushcfunction(L, luaopen_string);
	lua_call(L, 0, 1);
	safe_allow(L, string_names);
	luaL_setfuncs(L, string_ours, 0);
	lua_getfield(L, -1, "format");
	lua_pushcclosure(L, string_format, 1);
	lua_setfield(L, -2, "format");
	lua_pushliteral(L, "");
	lua_createtable(
	        L, 0, 2); /* a fresh metatable: no arithmetic on strings, no way to reach it */
	lua_pushvalue(L, -3);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
	lua_pop(L, 1);
}

static int string_byte(lua_State *L)
{
	size_t size;
	const char *s = luaL_checklstring(L, 1, &size);
	lua_Integer first = luaL_optinteger(L, 2, 1), last = luaL_optinteger(L, 3, first);
	size_t from = position(first, size);

	if (last > (lua_Integer)size)
		last = (lua_Integer)size;
	else if (last < 0)
		last = last < -(lua_Integer)size ? 0 : (lua_Integer)size + last + 1;
	if ((lua_Integer)from > last)
		return 0;
	if (last - (lua_Integer)from >= BYTES_MAX)
		return luaL_error(L, "string.byte: at most %d values", BYTES_MAX);
	luaL_checkstack(L, BYTES_MAX, "string.byte");
	for (lua_Integer at = (lua_Integer)from; at <= last; at++)
		lua_pushinteger(L, (unsigned char)s[at - 1]);
	return (int)(last - (lua_Integer)from + 1);
}

static int string_rep(lua_State *L)
{
	size_t size, separator_size, total;
	const char *s = luaL_checklstring(L, 1, &size);
	lua_Integer count = luaL_checkinteger(L, 2);
	const char *separator = luaL_optlstring(L, 3, "", &separator_size);
	luaL_Buffer text;

	total = size + separator_size;
	if (count <= 0 || total == 0) {
		lua_pushliteral(L, "");
		return 1;
	}
	if ((lua_Unsigned)count > BUDGET_STRING_MAX / total + 1)
		return luaL_error(L, "string.rep: result of more than %d bytes", BUDGET_STRING_MAX);
	luaL_buffinit(L, &text);
	for (lua_Integer i = 0; i < count; i++) {
		luaL_addlstring(&text, s, size);
		if (i + 1 < count)
			luaL_addlstring(&text, separator, separator_size);
	}
	luaL_pushresult(&text);
	return 1;
}

/* The stock format, its %s fed with text that shows no address. */
static int string_format(lua_State *L)
{
	const char *format = luaL_checkstring(L, 1);

	for (int arg = 2; (format = strchr(format, '%')) != NULL; format++) {
		format += strspn(format + 1, "-+ #0123456789.") + 1;
		if (*format == 'p')
			return luaL_error(L, "string.format: %%p would show an address");
		if (*format == 's' && arg <= lua_gettop(L) && !lua_isstring(L, arg)) {
			safe_text_push(L, arg);
			lua_replace(L, arg);
		}
		if (*format == '\0')
			break;
		arg += *format == '%' ? 0 : 1;
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 1);
	return 1;
}

static int string_find(lua_State *L)
{
	return search(L, true);
}

static int string_match(lua_State *L)
{
	return search(L, false);
}

static int search(lua_State *L, bool find)
{
	size_t size, text_size, from;
	const char *s = luaL_checklstring(L, 1, &size), *text = luaL_checklstring(L, 2, &text_size);
	bool anchored = text_size > 0 && *text == '^';
	struct pattern m;

	from = position(luaL_optinteger(L, 3, 1), size) - 1;
	if (from > size) {
		luaL_pushfail(L);
		return 1;
	}
	if (find && (lua_toboolean(L, 4) || is_plain(text, text_size)))
		return find_plain(L, s, size, from);
	pattern_init(&m, L, s, size, text + anchored, text_size - anchored);
	for (const char *at = s + from; at <= s + size; at++) {
		const char *end = pattern_match(&m, at);

		budget_charge(L, 1);
		if (end && find) {
			lua_pushinteger(L, at - s + 1);
			lua_pushinteger(L, end - s);
			return 2 + pattern_push_all(&m, NULL, NULL);
		}
		if (end)
			return pattern_push_all(&m, at, end);
		if (anchored)
			break;
	}
	luaL_pushfail(L);
	return 1;
}

/* No character of a pattern in it; a ')' alone is none, says the stock find. */
static bool is_plain(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] != '\0' && strchr("^$*+?.([%-", text[i]))
			return false;
	return true;
}

static int find_plain(lua_State *L, const char *s, size_t size, size_t from)
{
	size_t needle_size;
	const char *needle = lua_tolstring(L, 2, &needle_size);
	const char *found = memmem(s + from, size - from, needle, needle_size);

	budget_charge(L, (size - from) / 16);
	if (!found) {
		luaL_pushfail(L);
		return 1;
	}
	lua_pushinteger(L, found - s + 1);
	lua_pushinteger(L, found - s + (lua_Integer)needle_size);
	return 2;
}

static int string_gmatch(lua_State *L)
{
	size_t size;

	luaL_checklstring(L, 1, &size);
	luaL_checkstring(L, 2);
	lua_pushinteger(L, (lua_Integer)position(luaL_optinteger(L, 3, 1), size) - 1);
	lua_replace(L, 3);
	lua_settop(L, 3);
	lua_pushinteger(L, -1);
	lua_pushcclosure(L, gmatch_next,
	        4); /* subject, pattern, where to go on, where the last match ended */
	return 1;
}

static int gmatch_next(lua_State *L)
{
	size_t size, text_size;
	const char *s = lua_tolstring(L, lua_upvalueindex(1), &size);
	const char *text = lua_tolstring(L, lua_upvalueindex(2), &text_size);
	lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
	struct pattern m;

	pattern_init(&m, L, s, size, text, text_size);
	for (lua_Integer at = lua_tointeger(L, lua_upvalueindex(3)); at <= (lua_Integer)size;
	        at++) {
		const char *end = pattern_match(&m, s + at);

		budget_charge(L, 1);
		if (!end || end - s == last)
			continue;
		lua_pushinteger(L, end - s);
		lua_pushvalue(L, -1);
		lua_replace(L, lua_upvalueindex(3));
		lua_replace(L, lua_upvalueindex(4));
		return pattern_push_all(&m, s + at, end);
	}
	return 0;
}

static int string_gsub(lua_State *L)
{
	size_t size, text_size;
	const char *s = luaL_checklstring(L, 1, &size), *text = luaL_checklstring(L, 2, &text_size);
	const char *at = s, *last = NULL;
	lua_Integer max = luaL_optinteger(L, 4, (lua_Integer)size + 1), count = 0;
	bool anchored = text_size > 0 && *text == '^';
	int type = lua_type(L, 3);
	struct pattern m;
	luaL_Buffer out;

	luaL_argexpected(L,
	        type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION ||
	                type == LUA_TTABLE,
	        3, "string/function/table");
	pattern_init(&m, L, s, size, text + anchored, text_size - anchored);
	luaL_buffinit(L, &out);
	while (count < max) {
		const char *end = pattern_match(&m, at);

		budget_charge(L, 1);
		if (end && end != last) {
			count++;
			replacement(L, &out, &m, at, end);
			at = last = end;
		} else if (at < s + size) {
			luaL_addchar(&out, *at++);
		} else {
			break;
		}
		if (anchored)
			break;
	}
	luaL_addlstring(&out, at, (size_t)(s + size - at));
	luaL_pushresult(&out);
	lua_pushinteger(L, count);
	return 2;
}

/* What stands for one match: argument 3 is a text with %1, a function or a table. false and nil
 * keep the match. */
static void replacement(
        lua_State *L, luaL_Buffer *out, struct pattern *m, const char *start, const char *end)
{
	int type = lua_type(L, 3);

	if (type == LUA_TNUMBER || type == LUA_TSTRING) {
		expand(L, out, m, start, end);
		return;
	}
	if (type == LUA_TFUNCTION) {
		lua_pushvalue(L, 3);
		lua_call(L, pattern_push_all(m, start, end), 1);
	} else {
		pattern_push(m, 0, start, end);
		lua_gettable(L, 3);
	}
	if (!lua_toboolean(L, -1)) {
		lua_pop(L, 1);
		luaL_addlstring(out, start, (size_t)(end - start));
		return;
	}
	if (!lua_isstring(L, -1))
		luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
	luaL_addvalue(out);
}

static void expand(
        lua_State *L, luaL_Buffer *out, struct pattern *m, const char *start, const char *end)
{
	size_t size;
	const char *text = lua_tolstring(L, 3, &size);

	budget_charge(L, size / 4);
	for (const char *at = text; at < text + size; at++) {
		if (*at != '%') {
			luaL_addchar(out, *at);
			continue;
		}
		at++;
		if (*at == '%') {
			luaL_addchar(out, '%');
		} else if (*at == '0') {
			luaL_addlstring(out, start, (size_t)(end - start));
		} else if (*at >= '1' && *at <= '9') {
			pattern_push(m, *at - '1', start, end);
			luaL_tolstring(L, -1, NULL); /* a position is a number */
			lua_remove(L, -2);
			luaL_addvalue(out);
		} else {
			luaL_error(L, "invalid use of '%%' in replacement string");
		}
	}
}

/* A position as string functions take it, from 1; negative ones count from the end. */
static size_t position(lua_Integer at, size_t size)
{
	if (at > 0)
		return (size_t)at;
	if (at == 0 || at < -(lua_Integer)size)
		return 1;
	return size + (size_t)at + 1;
}
