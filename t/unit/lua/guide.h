/* SPDX-License-Identifier: MIT */
#ifndef UNIT_LUA_GUIDE_H
#define UNIT_LUA_GUIDE_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The first Lua block of a guide: what people copy must work. Empty where there is none. */
static inline const char *guide_example(const char *path)
{
	static char text[8192];
	char line[512];
	bool inside = false;
	FILE *file = fopen(path, "r");

	text[0] = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		if (inside && strcmp(line, "```\n") == 0)
			break;
		if (inside && strlen(text) + strlen(line) < sizeof(text))
			strcat(text, line);
		inside |= strcmp(line, "```lua\n") == 0;
	}
	if (file)
		fclose(file);
	return text;
}

#endif
