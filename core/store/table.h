/* SPDX-License-Identifier: MIT */
#ifndef STORE_TABLE_H
#define STORE_TABLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * All replicas of a node by chunk id, in order: pages of 102 slots, found by binary search over
 * their first ids. 40 bytes a chunk when ids come in order (a page that grows at its end stays
 * full), at most about 80 otherwise. Pointers to slots are good until the next table_add or
 * table_remove.
 */
struct chunk;

struct slot {
	uint64_t chunk;
	uint64_t version;
	uint64_t length;
	uint32_t crc;
	uint8_t state; /* enum store_state */
	uint8_t dir;   /* index of its data directory */
	struct chunk
	        *loaded; /* what more is known while it is in use; NULL for a cold sealed chunk */
};

struct table_page;

struct table {
	struct table_page **pages;
	size_t pages_count, pages_capacity;
	size_t count;
};

void table_fini(struct table *table);
struct slot *table_find(const struct table *table, uint64_t chunk);
/* A slot for a chunk that is not there, zeroed but for its id. NULL when memory is out. */
struct slot *table_add(struct table *table, uint64_t chunk);
void table_remove(struct table *table, uint64_t chunk);
/* The slot with the lowest id at or above `chunk`; NULL past the last. */
struct slot *table_at_or_after(const struct table *table, uint64_t chunk);

#endif
