/* SPDX-License-Identifier: MIT */
/* Extents that are stored and not yet known to the master, in the order of the file. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "client/put.h"

static int extents_room(struct put_extents *extents)
{
	size_t capacity = extents->capacity ? 2 * extents->capacity : 16;
	struct proto_extent *items;

	if (extents->count < extents->capacity)
		return 0;
	items = realloc(extents->items, capacity * sizeof(*items));
	if (!items)
		return DFS_E_NOMEM;
	extents->items = items;
	extents->capacity = capacity;
	return 0;
}

int client_extents_add(struct put_extents *extents, const struct proto_extent *extent)
{
	char *receipt = strdup(extent->receipt ? extent->receipt : "");
	size_t at = extents->count;

	assert(extent->length > 0 && extent->offset >= extents->staged);
	if (!receipt || extents_room(extents) != 0) {
		free(receipt);
		return DFS_E_NOMEM;
	}
	/* Chunks end nearly in order: the place is near the end. */
	while (at > 0 && extents->items[at - 1].offset > extent->offset)
		at--;
	assert(at == 0 ||
	        extents->items[at - 1].offset + extents->items[at - 1].length <= extent->offset);
	memmove(&extents->items[at + 1], &extents->items[at],
	        (extents->count - at) * sizeof(*extents->items));
	extents->items[at] = *extent;
	extents->items[at].receipt = receipt;
	extents->count++;
	extents->bytes += extent->length;
	return 0;
}

int extents_move(struct put_extents *extents, struct put_extents *from)
{
	int code = 0;

	for (size_t i = 0; i < from->count && code == 0; i++)
		code = client_extents_add(extents, &from->items[i]);
	extents_clear(from);
	return code;
}

size_t extents_ready(const struct put_extents *extents)
{
	uint64_t end = extents->staged;
	size_t count = 0;

	while (count < extents->count && extents->items[count].offset == end)
		end += extents->items[count++].length;
	return count;
}

void extents_drop(struct put_extents *extents, size_t count)
{
	assert(count <= extents_ready(extents));
	for (size_t i = 0; i < count; i++) {
		extents->staged += extents->items[i].length;
		free((char *)extents->items[i].receipt);
	}
	extents->count -= count;
	memmove(extents->items, extents->items + count, extents->count * sizeof(*extents->items));
}

void extents_clear(struct put_extents *extents)
{
	for (size_t i = 0; i < extents->count; i++)
		free((char *)extents->items[i].receipt);
	free(extents->items);
	*extents = (struct put_extents){0};
}
