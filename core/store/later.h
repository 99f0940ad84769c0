/* SPDX-License-Identifier: MIT */
#ifndef STORE_LATER_H
#define STORE_LATER_H

#include <stdbool.h>
#include <stddef.h>
#include "io/io.h"

/*
 * Calls that must not happen inside the call that caused them: they run on the next turn of the
 * loop. Embedded in what they finish; once queued, `later_drop` takes one back.
 */
struct later {
	struct later *next;
	void (*run)(struct later *later);
	bool queued;
};

struct laters {
	struct io *io;
	struct io_timer *timer;
	struct later *first, **last;
};

int laters_init(struct laters *laters, struct io *io); /* DFS_E_NOMEM */
void laters_fini(struct laters *laters);               /* forgets what is queued */
void later_add(struct laters *laters, struct later *later, void (*run)(struct later *later));
void later_drop(struct laters *laters, struct later *later); /* also where it is not queued */
bool laters_empty(const struct laters *laters);

#define LATER_OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
