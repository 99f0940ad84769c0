/* SPDX-License-Identifier: MIT */
#ifndef LUA_RNG_H
#define LUA_RNG_H

#include <lua.h>
#include <stdint.h>

/*
 * The randomness of a policy: a stream of numbers that follows from the request's seed alone, on
 * every machine and in every version, so that a decision replays. SplitMix64 (Steele, Lea, Flood:
 * OOPSLA 2014).
 */
struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *rng);
/* Push a read-only table { int = function(self, n), float = function(self) } over `rng`, which the
 * caller keeps. */
void rng_push(lua_State *L, struct rng *rng);

#endif
