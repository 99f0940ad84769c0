/* SPDX-License-Identifier: MIT */
#ifndef LUA_ANSWER_H
#define LUA_ANSWER_H

#include <lua.h>
#include "cluster/placement.h"

/* What a policy's function returned, at the top of the stack, as C sees it. Inside sandbox_call:
 * raise what is wrong. */

/* { nodes = { 3, 1, ... }, reason = "..." }; in nodes stand numbers, or nodes of the view. */
void answer_read_place(lua_State *L, struct place_answer *ret);
/* { urgency = 3, delay = 1.5, source = 2, target = 5, reason = "..." }, each optional, or nil; a
 * node is its number or a node of the view. */
void answer_read_repair(lua_State *L, struct repair_answer *ret);
/* A whole number >= `least`: bytes, replicas, milliseconds. */
uint64_t answer_read_count(lua_State *L, const char *function, lua_Integer least);

#endif
