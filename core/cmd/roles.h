/* SPDX-License-Identifier: MIT */
#ifndef CMD_ROLES_H
#define CMD_ROLES_H

#include "cmd/scripts.h"

/* A verb that is not a script: it starts or ends processes. */
struct role {
	const char *name;
	const char *summary;
	const char *usage; /* what --help prints */
	/* argv[0] is the verb. Returns the exit code; its sentence went to standard error. */
	int (*run)(const struct scripts *scripts, int argc, char **argv);
};

const struct role *role_find(const char *name); /* NULL: none */
/* "verb\tsummary\n" of each, for `dfs help`. */
const char *roles_summary(void);

#endif
