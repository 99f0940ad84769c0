/* SPDX-License-Identifier: MIT */
/* Memory that goes away at once: a list of blocks, the newest first, each filled from its start. */
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	ARENA_ALIGN = 16,
	ARENA_BLOCK_FIRST =
	        512, /* thousands of calls in flight have an arena each: small ones share a cache */
	ARENA_BLOCK_MAX = 32768, /* each block is twice the last, up to this */
	ARENA_KEEP_MAX =
	        65536, /* one huge message must not pin its memory for a connection's life */
};

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	alignas(ARENA_ALIGN) unsigned char bytes[];
};

static struct arena_block *block_for(struct arena *arena, size_t size);

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block;
	void *bytes;

	if (size > SIZE_MAX / 4)
		return NULL;
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (size == 0)
		size = ARENA_ALIGN;
	block = block_for(arena, size);
	if (!block)
		return NULL;
	assert(size <= block->size - block->used);
	bytes = block->bytes + block->used;
	block->used += size;
	return memset(bytes, 0, size);
}

char *arena_text(struct arena *arena, const char *bytes, size_t size)
{
	char *text = size < SIZE_MAX / 4 ? arena_alloc(arena, size + 1) : NULL;

	if (text && size > 0)
		memcpy(text, bytes, size);
	return text;
}

void arena_reset(struct arena *arena)
{
	struct arena_block *keep = NULL, *next;

	for (struct arena_block *block = arena->blocks; block; block = next) {
		next = block->next;
		if (block->size <= ARENA_KEEP_MAX && (!keep || block->size > keep->size)) {
			free(keep);
			keep = block;
		} else {
			free(block);
		}
	}
	if (keep) {
		keep->next = NULL;
		keep->used = 0;
	}
	arena->blocks = keep;
}

void arena_fini(struct arena *arena)
{
	struct arena_block *next;

	for (struct arena_block *block = arena->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	arena->blocks = NULL;
}

/* The newest block where it has room, else a new one in front of it. */
static struct arena_block *block_for(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;
	size_t block_size = ARENA_BLOCK_FIRST;

	if (block && size <= block->size - block->used)
		return block;
	if (block)
		block_size = block->size < ARENA_BLOCK_MAX / 2 ? 2 * block->size : ARENA_BLOCK_MAX;
	if (block_size < size)
		block_size = size;
	block = malloc(sizeof(*block) + block_size);
	if (!block)
		return NULL;
	block->next = arena->blocks;
	block->size = block_size;
	block->used = 0;
	arena->blocks = block;
	return block;
}
