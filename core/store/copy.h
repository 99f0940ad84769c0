/* SPDX-License-Identifier: MIT */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include <stdbool.h>
#include <stdint.h>

struct store;

/* A copy of that chunk comes in: nothing else may create or delete it. */
bool copy_under_way(const struct store *store, uint64_t chunk);
void copy_free_all(struct store *store);

#endif
