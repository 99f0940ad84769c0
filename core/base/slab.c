/* SPDX-License-Identifier: MIT */
#include "base/slab.h"

#include <assert.h>
#include <stdlib.h>

enum { PAGE = 4096 };

static void destroy(struct slab *slab)
{
	free(slab->bytes);
	free(slab);
}

static struct slab *make(struct slabs *slabs)
{
	struct slab *slab = calloc(1, sizeof(*slab));
	void *bytes;

	if (!slab)
		return NULL;
	if (posix_memalign(&bytes, PAGE, SLAB_BYTES) != 0) {
		free(slab);
		return NULL;
	}
	slab->bytes = bytes;
	slab->home = slabs;
	return slab;
}

void slabs_fini(struct slabs *slabs)
{
	while (slabs->resting) {
		struct slab *slab = slabs->resting;

		slabs->resting = slab->next;
		destroy(slab);
	}
	slabs->count = 0;
}

struct slab *slab_take(struct slabs *slabs)
{
	struct slab *slab = slabs->resting;

	if (slab) {
		slabs->resting = slab->next;
		slabs->count--;
	} else {
		slab = make(slabs);
		if (!slab)
			return NULL;
	}
	slab->next = NULL;
	slab->size = 0;
	slab->users = 1;
	return slab;
}

void slab_ref(struct slab *slab)
{
	assert(slab->users > 0);
	slab->users++;
}

void slab_unref(struct slab *slab)
{
	if (!slab)
		return;
	assert(slab->users > 0);
	if (--slab->users > 0)
		return;
	if (slab->home->count == SLABS_KEPT) {
		destroy(slab);
		return;
	}
	slab->next = slab->home->resting;
	slab->home->resting = slab;
	slab->home->count++;
}
