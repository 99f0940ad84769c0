/* SPDX-License-Identifier: MIT */
#ifndef CMD_SCRIPTS_H
#define CMD_SCRIPTS_H

#include <limits.h>

/*
 * Where the Lua that ships is: in the source tree for a program that runs from its build tree, else
 * below the prefix that the program was installed into (../share/dfs/scripts from it), so that an
 * installed tree may be moved.
 */
struct scripts {
	char program[PATH_MAX]; /* this executable */
	char root[PATH_MAX - 16];
	char commands[PATH_MAX];
	char library[PATH_MAX];
};

/* 0, or -1 after a sentence on standard error. */
int scripts_find(struct scripts *ret);

#endif
