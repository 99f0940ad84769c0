/* SPDX-License-Identifier: MIT */
#include "lua/rng.h"

#include <lauxlib.h>
#include "lua/freeze.h"

static int rng_int(lua_State *L);
static int rng_float(lua_State *L);

uint64_t rng_next(struct rng *rng)
{
	uint64_t x = rng->state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

void rng_push(lua_State *L, struct rng *rng)
{
	lua_createtable(L, 0, 2);
	lua_pushlightuserdata(L, rng);
	lua_pushcclosure(L, rng_int, 1);
	lua_setfield(L, -2, "int");
	lua_pushlightuserdata(L, rng);
	lua_pushcclosure(L, rng_float, 1);
	lua_setfield(L, -2, "float");
	freeze_push(L, -1, freeze_refuse);
	lua_replace(L, -2);
}

/* rng:int(n): 1..n, each as likely as the others. */
static int rng_int(lua_State *L)
{
	struct rng *rng = lua_touserdata(L, lua_upvalueindex(1));
	lua_Integer n = luaL_checkinteger(L, 2);
	uint64_t range, limit, x;

	luaL_argcheck(L, n >= 1, 2, "rng:int(n) wants n >= 1");
	range = (uint64_t)n;
	limit = UINT64_MAX - UINT64_MAX % range; /* beyond it, small answers would be likelier */
	do {
		x = rng_next(rng);
	} while (x >= limit);
	lua_pushinteger(L, (lua_Integer)(x % range) + 1);
	return 1;
}

/* rng:float(): 0 <= x < 1, in steps of 2^-53. */
static int rng_float(lua_State *L)
{
	struct rng *rng = lua_touserdata(L, lua_upvalueindex(1));

	lua_pushnumber(L, (double)(rng_next(rng) >> 11) * 0x1p-53);
	return 1;
}
