/* SPDX-License-Identifier: MIT */
/* Accounts of sandboxed scripts: the allocator and the hook. What is allowed at all is safe_*.c's
 * subject. */
#include "lua/budget.h"

#include <assert.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	BYTES_PER_INSTRUCTION =
	        32, /* a page fault and a copy of 32 bytes take about as long as an instruction */
	ALLOC_ALWAYS =
	        4096, /* smaller requests are honoured on an empty account: error texts need them */
	STRING_HEADER = 64, /* what Lua adds to a string's bytes, at most */
};

static bool affordable(struct budget *budget, size_t tag, size_t held, size_t size);
static void spend(struct budget *budget, uint64_t cost);
static void on_count(lua_State *L, lua_Debug *ar);
static int raise(lua_State *L, int level);
static int64_t cpu_ns(void);

void *budget_alloc(void *ud, void *ptr, size_t old_size, size_t size)
{
	struct budget *budget = ud;
	size_t held = ptr ? old_size : 0;
	void *moved;

	if (size == 0) {
		free(ptr);
		budget->memory_used -= held;
		return NULL;
	}
	/* Without a block, Lua tells in `old_size` what kind of object the memory is for. */
	if (size > held && !affordable(budget, ptr ? 0 : old_size, held, size))
		return NULL;
	moved = realloc(ptr, size);
	if (moved)
		budget->memory_used += size - held;
	return moved;
}

struct budget *budget_of(lua_State *L)
{
	void *ud;
	lua_Alloc alloc = lua_getallocf(L, &ud);

	assert(alloc == budget_alloc);
	return ud;
}

void budget_begin(lua_State *L)
{
	struct budget *budget = budget_of(L);

	budget->left = budget->instructions;
	budget->deadline_ns = 0; /* read at the first stride: a clock's system call costs as much as a short policy */
	budget->gone = BUDGET_LEFT;
	budget->string_refused = false;
	lua_sethook(L, on_count, LUA_MASKCOUNT, BUDGET_STRIDE);
}

void budget_charge(lua_State *L, uint64_t cost)
{
	struct budget *budget = budget_of(L);

	spend(budget, cost);
	if (budget->gone)
		raise(L, 1);
}

void budget_rethrow(lua_State *L, int status)
{
	struct budget *budget = budget_of(L);

	if (status == LUA_ERRMEM && !budget->gone)
		budget->gone = BUDGET_NO_MEMORY;
	if (!budget->gone)
		return;
	if (status == LUA_OK)
		raise(L, 1);
	lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
	lua_error(L); /* the first error, which knows its line */
}

void budget_words(const struct budget *budget, char *ret, size_t size)
{
	if (budget->string_refused)
		snprintf(ret, size, "made a string of more than %d bytes", BUDGET_STRING_MAX);
	else if (budget->gone == BUDGET_NO_INSTRUCTIONS)
		snprintf(ret, size, "used up its %llu instructions",
		        (unsigned long long)budget->instructions);
	else if (budget->gone == BUDGET_NO_TIME)
		snprintf(ret, size, "ran for more than %d s", BUDGET_SECONDS_MAX);
	else
		snprintf(ret, size, "needs more than %zu KiB of memory", budget->memory_cap / 1024);
}

static bool affordable(struct budget *budget, size_t tag, size_t held, size_t size)
{
	if (tag == LUA_TSTRING && size > BUDGET_STRING_MAX + STRING_HEADER) {
		budget->string_refused = true;
		return false;
	}
	if (size - held > budget->memory_cap - budget->memory_used)
		return false;
	spend(budget, size / BYTES_PER_INSTRUCTION);
	return !budget->gone || size <= ALLOC_ALWAYS;
}

static void spend(struct budget *budget, uint64_t cost)
{
	if (cost < budget->left) {
		budget->left -= cost;
		return;
	}
	budget->left = 0;
	if (!budget->gone)
		budget->gone = BUDGET_NO_INSTRUCTIONS;
}

static void on_count(lua_State *L, lua_Debug *ar)
{
	struct budget *budget = budget_of(L);

	(void)ar;
	if (!budget->gone)
		spend(budget, BUDGET_STRIDE);
	if (budget->deadline_ns == 0)
		budget->deadline_ns = cpu_ns() + BUDGET_SECONDS_MAX * INT64_C(1000000000);
	else if (!budget->gone && cpu_ns() > budget->deadline_ns)
		budget->gone = BUDGET_NO_TIME;
	if (budget->gone)
		raise(L, 0);
}

/* From now on every instruction raises: a script that catches this error gets no further. */
static int raise(lua_State *L, int level)
{
	char words[96];

	lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
	budget_words(budget_of(L), words, sizeof(words));
	luaL_where(L, level);
	lua_pushstring(L, words);
	lua_concat(L, 2);
	return lua_error(L);
}

static int64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}
