/* SPDX-License-Identifier: MIT */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stddef.h>
#include <stdint.h>

/*
 * Pieces of memory that are filled once, from the front, and then read by several users: what comes
 * from a socket is written to a file by a worker and sent on to another socket, from one copy.
 *
 * Loop    users are counted on one loop; a worker reads bytes that a user on the loop holds for it.
 * Owns    `slab_take` makes the caller its first user; the last slab_unref gives it back to its
 * pool, which keeps a few and must outlive all of them.
 */
enum { SLAB_BYTES = 512 * 1024, SLABS_KEPT = 24 };

struct slab {
	struct slab *next; /* at rest: the pool's; in use: whoever filled it may link it */
	struct slabs *home;
	unsigned users;
	size_t size;    /* filled so far */
	uint8_t *bytes; /* SLAB_BYTES of them, page-aligned */
};

struct slabs { /* zero-initialise */
	struct slab *resting;
	size_t count;
};

void slabs_fini(struct slabs *slabs);
struct slab *slab_take(struct slabs *slabs); /* empty; NULL when memory is out */
void slab_ref(struct slab *slab);
void slab_unref(struct slab *slab); /* takes NULL */

#endif
