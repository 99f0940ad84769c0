/* SPDX-License-Identifier: MIT */
#ifndef LUA_BUDGET_H
#define LUA_BUDGET_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a sandboxed script may spend: memory, and work. Work is counted in VM instructions by a
 * hook; what C functions do on a script's behalf (matching, sorting, copying) is charged to the
 * same account, for no hook runs inside them, and memory that is asked for costs too, or `s .. s`
 * would copy megabytes for one instruction.
 *
 * An overdrawn budget stays so: pcall cannot swallow it, for the hook then raises at every
 * instruction, and the sandbox's pcall passes it on. It ends with the host's own call
 * (sandbox_call).
 */
enum {
	BUDGET_STRIDE = 1000, /* instructions between two looks of the hook */
	BUDGET_STRING_MAX =
	        16384,          /* bytes of one string: bounds what one instruction (==, <) costs */
	BUDGET_SECONDS_MAX = 2, /* of CPU: the last resort, for what nobody thought of */
};

enum budget_gone { BUDGET_LEFT, BUDGET_NO_INSTRUCTIONS, BUDGET_NO_MEMORY, BUDGET_NO_TIME };

struct budget {
	size_t memory_cap, memory_used;
	uint64_t instructions; /* of each call */
	uint64_t left;         /* of this call */
	int64_t deadline_ns;   /* of this call, in the thread's CPU time */
	enum budget_gone gone;
	bool string_refused; /* a string over BUDGET_STRING_MAX was asked for */
};

/* The lua_Alloc of a sandbox; its `ud` is the budget. */
void *budget_alloc(void *ud, void *ptr, size_t old_size, size_t size);
struct budget *budget_of(lua_State *L);
/* A new call: full account, hook armed. */
void budget_begin(lua_State *L);
/* C work worth `cost` instructions. Raises when the account is empty. */
void budget_charge(lua_State *L, uint64_t cost);
/* After a pcall inside the sandbox, with the error at the top: goes on raising where the budget is
 * gone. */
void budget_rethrow(lua_State *L, int status);
/* What is over, in words: "used up its 2000000 instructions". */
void budget_words(const struct budget *budget, char *ret, size_t size);

#endif
