/* SPDX-License-Identifier: MIT */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include "store/chunk.h"

/* A copy of that chunk comes in: nothing else may create or delete it. */
bool copy_under_way(const struct store *store, uint64_t chunk);
void copy_free_all(struct store *store);
/* replace.c, blocks: the files of a durable copy under their names, those of `old` (may be NULL) in
 * bad/. 0; a negative errno, and those of `old` are where they were, as far as the disk lets them.
 */
int replace_pair(struct chunk *old, struct chunk *copy);

#endif
