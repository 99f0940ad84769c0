/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cmd/scripts.h"

static bool usable(const char *root)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/commands", root);
	return access(path, R_OK | X_OK) == 0;
}

int scripts_find(struct scripts *ret)
{
	char program[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *slash;

	if (size < 0) {
		fprintf(stderr, "dfs: /proc/self/exe: %s\n", strerror(errno));
		return -1;
	}
	program[size] = '\0';
	memcpy(ret->program, program, (size_t)size + 1);
	slash = strrchr(ret->program, '/');
	if (strncmp(ret->program, DFS_BUILD_ROOT "/", strlen(DFS_BUILD_ROOT "/")) == 0)
		snprintf(ret->root, sizeof(ret->root), "%s", DFS_SOURCE_ROOT "/scripts");
	else
		snprintf(ret->root, sizeof(ret->root), "%.*s/../share/dfs/scripts",
		        (int)(slash - ret->program), ret->program);
	if (!usable(ret->root)) {
		fprintf(stderr,
		        "dfs: its scripts are not at %s: install it again (meson install)\n",
		        ret->root);
		return -1;
	}
	snprintf(ret->commands, sizeof(ret->commands), "%s/commands", ret->root);
	snprintf(ret->library, sizeof(ret->library), "%s/lib", ret->root);
	return 0;
}
