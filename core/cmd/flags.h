/* SPDX-License-Identifier: MIT */
#ifndef CMD_FLAGS_H
#define CMD_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

/* Flags of the verbs that are not scripts. A row says where its value goes and what it must be. */
enum flag_kind {
	FLAG_TEXT,
	FLAG_SWITCH,
	FLAG_U32,
	FLAG_PORT,
	FLAG_SIZE,
	FLAG_MS,
	FLAG_AGE,
	FLAG_AGE_TEXT,
	FLAG_LIST
};

enum { FLAG_LIST_MAX = 64 };

struct flag {
	const char *name;
	enum flag_kind kind;
	void *to;
	bool *given;     /* may be NULL */
	uint32_t *count; /* FLAG_LIST: at most 64 */
};

struct flags {
	const char *verb, *usage;
	const struct flag *rows;
	size_t count;
	const char **operand; /* one argument that is no flag goes here; NULL: there is none */
};

/* -1: go on; else the exit code, after a sentence where it is not 0. The configuration file is read
 * first, so that flags override it. */
int flags_parse(const struct flags *flags, int argc, char **argv);
/* The exit code of a verb that ended with `code`: 0, 1, or 2 for misuse; says the sentence. */
int flags_finish(const char *verb, int code, const struct dfs_error *err);
/* Non-zero, after a sentence, where a flag or operand is missing. */
int flags_need(const char *verb, const char *flag, const char *value);

#endif
