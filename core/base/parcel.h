/* SPDX-License-Identifier: MIT */
#ifndef BASE_PARCEL_H
#define BASE_PARCEL_H

#include <stddef.h>
#include <sys/uio.h>
#include "base/slab.h"

/*
 * Bytes that lie about in memory and go to one place of a file, as one pwritev. Where they lie in
 * slabs the parcel uses these until it is cleared. Zero-initialise.
 */
struct parcel {
	struct iovec *iov;
	struct slab **slabs; /* NULL where the bytes are the caller's */
	int count, room;
	size_t bytes;
};

/* At the end. `slab` may be NULL. DFS_E_NOMEM changes nothing. */
int parcel_add(struct parcel *parcel, struct slab *slab, const void *bytes, size_t size);
/* Keep the first `count` pieces. */
void parcel_keep(struct parcel *parcel, int count);
/* Move the first `count` pieces to `to`, which is empty. */
int parcel_split(struct parcel *parcel, int count, struct parcel *to);
void parcel_fini(struct parcel *parcel);

#endif
