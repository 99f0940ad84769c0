/* SPDX-License-Identifier: MIT */
#ifndef UNIT_IO_SIM_STORY_H
#define UNIT_IO_SIM_STORY_H

#include <stdlib.h>
#include <string.h>

/* A trace kept as one text, a line each. Zero-initialise; pass `story_line` to sim_trace. */
struct story {
	char *text;
	size_t size, capacity;
};

static inline void story_line(void *arg, const char *text)
{
	struct story *story = arg;
	size_t size = strlen(text);

	if (story->size + size + 2 > story->capacity) {
		story->capacity = 2 * (story->size + size + 2);
		story->text = realloc(story->text, story->capacity);
	}
	memcpy(story->text + story->size, text, size);
	story->size += size;
	story->text[story->size++] = '\n';
	story->text[story->size] = '\0';
}

static inline void story_fini(struct story *story)
{
	free(story->text);
}

#endif
