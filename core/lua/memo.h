/* SPDX-License-Identifier: MIT */
#ifndef LUA_MEMO_H
#define LUA_MEMO_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>
#include "cluster/placement.h"

/*
 * Answers of chunk_size or goal that hold for other files too. The script gets a request whose
 * fields are looked up one by one, so that it is known which of them it read. A policy is a pure
 * function: what agrees with an earlier request in all that was read then has the same answer, and
 * the script need not be asked again. A script that reads `path` is asked each time, with a plain
 * table.
 *
 * Owns    nothing; zero-initialise with each script
 */
enum { MEMO_SIZE = 16 };

struct memo_entry {
	uint8_t read; /* fields that the answer rests on */
	uint64_t size_bytes, asked;
	uint32_t nodes;
	uint64_t answer;
};

struct memo {
	struct memo_entry entries[MEMO_SIZE];
	unsigned count, next;
	uint8_t read; /* by the call under way */
	bool off;     /* the script reads paths */
};

bool memo_find(const struct memo *memo, const struct file_request *request, uint64_t *ret_answer);
/* The call is over, and this was its answer. */
void memo_keep(struct memo *memo, const struct file_request *request, uint64_t answer);
/* Push the request as a table; reads of it are noted in `memo`, which must outlive the state. */
void memo_request_push(lua_State *L, struct memo *memo, const struct file_request *request);
/*
 * For getmetatable and setmetatable of the sandbox: the request has no metatable as far as a script
 * can see. If the value at `index` is such a request, make it a plain table, all of it read.
 */
void memo_reveal(lua_State *L, int index);

#endif
