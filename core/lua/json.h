/* SPDX-License-Identifier: MIT */
#ifndef LUA_JSON_H
#define LUA_JSON_H

#include <lua.h>
#include <stddef.h>

/*
 * Lua values as JSON text and back, by cJSON. All may raise.
 *
 * A table with elements 1..n is an array, any other an object with string keys, written in sorted
 * order; an empty table is an object unless it is marked (json_mark_array; arrays that come from
 * JSON are). Numbers are doubles on the other side: an integer beyond 2^53 raises, 64-bit values
 * travel as strings. null becomes nil. Text must be UTF-8.
 */

/* Push the text of the value at `index`. */
void json_encode_push(lua_State *L, int index);
/* Push the value of `text`. */
void json_decode_push(lua_State *L, const char *text, size_t size);
/* The table at `index` is an array, even when it is empty. */
void json_mark_array(lua_State *L, int index);

#endif
