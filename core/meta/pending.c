/* SPDX-License-Identifier: MIT */
/* Lists of operations on their way, and the spare ones: a submitted operation costs no allocation.
 */
#include <assert.h>
#include <stdlib.h>
#include "meta/batch.h"

enum {
	SPARE_MAX = 4096,
	SPARE_PACKED_MAX = 16384, /* bytes: one huge operation must not pin its memory */
};

static void pending_free(struct pending *pending);

void pending_list_init(struct pending_list *list)
{
	*list = (struct pending_list){.last = NULL};
}

void pending_list_push(struct pending_list *list, struct pending *pending)
{
	pending->next = NULL;
	if (list->first)
		*list->last = pending;
	else
		list->first = pending;
	list->last = &pending->next;
	list->count++;
}

struct pending *pending_list_pop(struct pending_list *list)
{
	struct pending *pending = list->first;

	if (!pending)
		return NULL;
	assert(list->count > 0);
	list->first = pending->next;
	list->count--;
	pending->next = NULL;
	return pending;
}

void pending_list_spare(struct pending_list *list, struct pending *pending)
{
	if (list->count >= SPARE_MAX || pending->packed.capacity > SPARE_PACKED_MAX) {
		pending_free(pending);
		return;
	}
	arena_reset(&pending->arena);
	/* The last one used is the next one used: its memory is in the cache. */
	pending->next = list->first;
	if (!list->first)
		list->last = &pending->next;
	list->first = pending;
	list->count++;
}

void pending_list_free(struct pending_list *list)
{
	struct pending *pending;

	while ((pending = pending_list_pop(list)))
		pending_free(pending);
}

static void pending_free(struct pending *pending)
{
	arena_fini(&pending->arena);
	buf_fini(&pending->packed);
	free(pending);
}
