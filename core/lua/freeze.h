/* SPDX-License-Identifier: MIT */
#ifndef LUA_FREEZE_H
#define LUA_FREEZE_H

#include <lua.h>

/*
 * Read-only tables: an empty proxy whose reads fall through to the real table and whose writes
 * raise. `#`, ipairs and the sandbox's pairs see the real one. The real table stays in C's hands:
 * who holds it may go on changing it.
 */

/* Push a proxy of the table at `index`. `refuse` is called for a write (table, key, value) and
 * raises. */
void freeze_push(lua_State *L, int index, lua_CFunction refuse);
/* The usual `refuse`: "attempt to write field 'x' of a read-only table". */
int freeze_refuse(lua_State *L);
/* Replace the argument at `index` by what it is a proxy of, if it is one. */
void freeze_resolve(lua_State *L, int index);

#endif
