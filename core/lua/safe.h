/* SPDX-License-Identifier: MIT */
#ifndef LUA_SAFE_H
#define LUA_SAFE_H

#include <lua.h>
#include <stddef.h>

/*
 * The libraries of the sandbox. Each opener pushes a table of functions: stock ones by allow-list,
 * and ours where the stock function is not bounded, not deterministic or tells an address. What is
 * missing is missing on purpose: no load, require, io, os, debug, coroutine, collectgarbage, next,
 * raw*, print, math.random.
 */
void safe_base_push(lua_State *L);
void safe_string_push(
        lua_State *L); /* also makes it the methods of strings, out of the script's reach */
void safe_table_push(lua_State *L);
void safe_math_push(lua_State *L);

/* tostring without addresses: pushes "table" for a table, calls __tostring. */
void safe_text_push(lua_State *L, int index);
/* pairs of the table at 1, whatever its metatable says: iterator, nil, nil. */
int safe_pairs_plain(lua_State *L);

/* Is value `a` (an absolute index) before value `b`? May raise. */
typedef int safe_less(lua_State *L, int a, int b);
/* Sort elements 1..count of the plain table at `index`: stable, whatever `less` answers. Charges
 * the budget. */
void safe_sort(lua_State *L, int index, lua_Integer count, safe_less *less);

/* Copy fields `names` (ended by NULL) of the table at the top into a fresh one that takes its
 * place. */
void safe_allow(lua_State *L, const char *const *names);

#endif
