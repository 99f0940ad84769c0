/* SPDX-License-Identifier: MIT */
/* Calls on the next turn of the loop, in the order in which they were asked for. */
#include "store/later.h"

#include <assert.h>
#include "base/error.h"

static void fired(void *arg);

int laters_init(struct laters *laters, struct io *io)
{
	*laters = (struct laters){.io = io};
	laters->last = &laters->first;
	laters->timer = io_timer_create(io, fired, laters);
	return laters->timer ? 0 : DFS_E_NOMEM;
}

void laters_fini(struct laters *laters)
{
	if (laters->io)
		io_timer_destroy(laters->io, laters->timer);
	*laters = (struct laters){0};
}

void later_add(struct laters *laters, struct later *later, void (*run)(struct later *later))
{
	assert(!later->queued);
	if (!laters->first)
		io_timer_set(laters->io, laters->timer, 0);
	later->run = run;
	later->next = NULL;
	later->queued = true;
	*laters->last = later;
	laters->last = &later->next;
}

void later_drop(struct laters *laters, struct later *later)
{
	if (!later->queued)
		return;
	for (struct later **at = &laters->first; *at; at = &(*at)->next)
		if (*at == later) {
			*at = later->next;
			if (!*at)
				laters->last = at;
			later->queued = false;
			return;
		}
	assert(!"queued, but not in the queue");
}

bool laters_empty(const struct laters *laters)
{
	return !laters->first;
}

/* What the calls ask for anew waits for the next turn. */
static void fired(void *arg)
{
	struct laters *laters = arg;
	struct later mark = {.queued = true};

	if (!laters->first)
		return;
	*laters->last = &mark;
	laters->last = &mark.next;
	while (laters->first != &mark) {
		struct later *later = laters->first;

		laters->first = later->next;
		later->queued = false;
		later->run(later);
	}
	laters->first = mark.next;
	if (!laters->first)
		laters->last = &laters->first;
	else
		io_timer_set(laters->io, laters->timer, 0);
}
