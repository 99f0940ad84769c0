/* SPDX-License-Identifier: MIT */
#ifndef BASE_CHUNK_ID_H
#define BASE_CHUNK_ID_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The number of a chunk (RULES 15, 20):
 *
 *   63           40   39         38              0
 *   +--------------+----------+------------------+
 *   | epoch        | keepsake | counter, 1 first |
 *   +--------------+----------+------------------+
 *
 * The epoch is that of the master that gave it out. A keepsake is a piece of the metadata itself,
 * told from chunks of files by its number alone: whoever rescues has nothing else to go by.
 */
enum { CHUNK_EPOCH_SHIFT = 40, CHUNK_KEEPSAKE_SHIFT = 39 };

static const uint64_t CHUNK_COUNTER_MAX = (UINT64_C(1) << CHUNK_KEEPSAKE_SHIFT) - 1;

static inline uint64_t chunk_id(uint64_t epoch, bool keepsake, uint64_t counter)
{
	return epoch << CHUNK_EPOCH_SHIFT | (uint64_t)keepsake << CHUNK_KEEPSAKE_SHIFT | counter;
}

static inline uint64_t chunk_epoch(uint64_t chunk)
{
	return chunk >> CHUNK_EPOCH_SHIFT;
}

static inline uint64_t chunk_counter(uint64_t chunk)
{
	return chunk & CHUNK_COUNTER_MAX;
}

static inline bool chunk_is_keepsake(uint64_t chunk)
{
	return chunk >> CHUNK_KEEPSAKE_SHIFT & 1;
}

#endif
