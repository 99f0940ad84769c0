/* SPDX-License-Identifier: MIT */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

/*
 * Memory that goes away at once: what a decoded message points into. Zero-initialise. Aligned to 16. NULL on NOMEM.
 */
struct arena_block;

struct arena {
	struct arena_block *blocks;
};

void *arena_alloc(struct arena *arena, size_t size); /* zeroed */
char *arena_text(struct arena *arena, const char *bytes, size_t size); /* copy with a NUL */
/* Forget everything but keep one block for the next message. */
void arena_reset(struct arena *arena);
void arena_fini(struct arena *arena);

#endif
