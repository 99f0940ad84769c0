/* SPDX-License-Identifier: MIT */
/*
 * The table of chunks. Chunks lie dense in pages that never move; an open-addressed index of their
 * numbers finds them (linear probing; a removal moves later ones back, so there are no tombstones).
 * 48 bytes a chunk and, at a load of 0.4 to 0.8, 5 to 10 of the index.
 */
#include "cluster/engine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { INDEX_FIRST_SIZE = 1024 };

static uint32_t home_of(const struct chunk_table *table, uint64_t id);
static uint32_t index_place(struct chunk_table *table, uint64_t id, bool *ret_found);
static bool index_grow(struct chunk_table *table);
static void index_clear(struct chunk_table *table, uint32_t place);
static struct chunk *number_at(const struct chunk_table *table, uint32_t number);
static bool page_make(struct chunk_table *table);
static int place_for(const struct chunk *chunk, enum mark mark);
static int worth(enum mark mark);

struct chunk *chunk_find(struct cluster *cluster, uint64_t id)
{
	struct chunk_table *table = &cluster->chunks;
	uint32_t place;
	bool found;

	if (table->count == 0)
		return NULL;
	place = index_place(table, id, &found);
	return found ? number_at(table, table->index[place] - 1) : NULL;
}

struct chunk *chunk_add(struct cluster *cluster, uint64_t id)
{
	struct chunk_table *table = &cluster->chunks;
	struct chunk *chunk;
	uint32_t place;
	bool found;

	if (!index_grow(table) || !page_make(table))
		return NULL;
	place = index_place(table, id, &found);
	assert(!found);
	table->index[place] = ++table->count;
	chunk = number_at(table, table->count - 1);
	*chunk = (struct chunk){.id = id};
	orphan_known(cluster, id);
	return chunk;
}

void chunk_remove(struct cluster *cluster, struct chunk *chunk)
{
	struct chunk_table *table = &cluster->chunks;
	struct chunk *last = number_at(table, table->count - 1);
	uint32_t place, last_place;
	bool found;

	chunk_unreckon(cluster, chunk);
	place = index_place(table, chunk->id, &found);
	assert(found);
	if (chunk != last) {
		last_place = index_place(table, last->id, &found);
		assert(found);
		table->index[last_place] = table->index[place];
		*chunk = *last;
	}
	index_clear(table, place);
	table->count--;
	/* A walk may have passed the place that the last one moved to. */
	if (chunk != last)
		chunk_reckon(cluster, chunk);
}

struct chunk *chunk_at(struct cluster *cluster, uint32_t number)
{
	assert(number < cluster->chunks.count);
	return number_at(&cluster->chunks, number);
}

void chunks_fini(struct cluster *cluster)
{
	struct chunk_table *table = &cluster->chunks;

	for (size_t i = 0; i < table->pages_count; i++)
		free(table->pages[i]);
	free(table->pages);
	free(table->index);
	*table = (struct chunk_table){0};
}

/* ---- replicas of one chunk ---- */

int replica_find(const struct chunk *chunk, const struct node *node)
{
	for (int i = 0; i < PLACE_REPLICAS_MAX; i++)
		if (replica_mark(chunk, i) != MARK_NONE && chunk->slots[i] == node->slot)
			return i;
	return -1;
}

enum mark replica_mark(const struct chunk *chunk, int at)
{
	return (enum mark)(replica_raw(chunk, at) & MARK_MASK);
}

bool replica_confirmed(const struct cluster *cluster, const struct chunk *chunk, int at)
{
	return (replica_raw(chunk, at) & MARK_ROUND) == cluster->nodes[chunk->slots[at]]->round;
}

const char *mark_name(enum mark mark)
{
	static const char *const names[] = {[MARK_NONE] = "none",
	        [MARK_GOOD] = "good",
	        [MARK_OPEN] = "open",
	        [MARK_STALE] = "stale",
	        [MARK_SHORT] = "short",
	        [MARK_CORRUPT] = "corrupt",
	        [MARK_UNKNOWN] = "unknown",
	        [MARK_DOOMED] = "being deleted"};

	return names[mark];
}

bool mark_is_broken(enum mark mark)
{
	return mark == MARK_SHORT || mark == MARK_STALE || mark == MARK_CORRUPT;
}

uint8_t replica_raw(const struct chunk *chunk, int at)
{
	return (uint8_t)(chunk->marks[at / 2] >> (at % 2 * 4) & 15);
}

void replica_raw_set(struct chunk *chunk, int at, uint8_t raw)
{
	int shift = at % 2 * 4;

	chunk->marks[at / 2] =
	        (uint8_t)((chunk->marks[at / 2] & (15 << (4 - shift))) | raw << shift);
}

bool replica_set(struct cluster *cluster, struct chunk *chunk, struct node *node, enum mark mark)
{
	int at = replica_find(chunk, node);

	assert(mark != MARK_NONE && mark <= MARK_DOOMED);
	if (at < 0)
		at = place_for(chunk, mark);
	if (at < 0)
		return false;
	chunk->slots[at] = node->slot;
	replica_raw_set(chunk, at, (uint8_t)(mark | node->round));
	chunk_reckon(cluster, chunk);
	return true;
}

void replica_drop(struct cluster *cluster, struct chunk *chunk, const struct node *node)
{
	int at = replica_find(chunk, node);

	if (at < 0)
		return;
	/* Those behind move up: the order of an open chunk's replicas is the chain's. */
	for (; at + 1 < PLACE_REPLICAS_MAX; at++) {
		replica_raw_set(chunk, at, replica_raw(chunk, at + 1));
		chunk->slots[at] = chunk->slots[at + 1];
	}
	replica_raw_set(chunk, at, MARK_NONE);
	chunk_reckon(cluster, chunk);
}

static int place_for(const struct chunk *chunk, enum mark mark)
{
	int worst = -1;

	for (int i = 0; i < PLACE_REPLICAS_MAX; i++) {
		if (replica_mark(chunk, i) == MARK_NONE)
			return i;
		if (worst < 0 || worth(replica_mark(chunk, i)) < worth(replica_mark(chunk, worst)))
			worst = i;
	}
	return worth(replica_mark(chunk, worst)) < worth(mark) ? worst : -1;
}

static int worth(enum mark mark)
{
	static const int worths[] = {[MARK_NONE] = 0,
	        [MARK_UNKNOWN] = 1,
	        [MARK_CORRUPT] = 1,
	        [MARK_SHORT] = 2,
	        [MARK_STALE] = 3,
	        [MARK_OPEN] = 4,
	        [MARK_GOOD] = 5,
	        [MARK_DOOMED] = 6};

	return worths[mark];
}

/* ---- the index ---- */

static struct chunk *number_at(const struct chunk_table *table, uint32_t number)
{
	return &table->pages[number / PAGE_CHUNKS][number % PAGE_CHUNKS];
}

/* Ids are epoch and counter: neighbours must not fall into neighbouring places of a full region. */
static uint32_t home_of(const struct chunk_table *table, uint64_t id)
{
	id ^= id >> 33;
	id *= UINT64_C(0xff51afd7ed558ccd);
	id ^= id >> 33;
	return (uint32_t)id & (table->index_size - 1);
}

/* Where the id is, or where it would go. */
static uint32_t index_place(struct chunk_table *table, uint64_t id, bool *ret_found)
{
	uint32_t place = home_of(table, id);

	while (table->index[place] != 0) {
		if (number_at(table, table->index[place] - 1)->id == id) {
			*ret_found = true;
			return place;
		}
		place = (place + 1) & (table->index_size - 1);
	}
	*ret_found = false;
	return place;
}

static bool index_grow(struct chunk_table *table)
{
	uint32_t size = table->index_size ? table->index_size * 2 : INDEX_FIRST_SIZE;
	uint32_t *old = table->index, *index;
	bool found;

	if (table->index_size && table->count + 1 <= table->index_size / 5 * 4)
		return true;
	if (size > UINT32_C(1) << 31)
		return false;
	index = calloc(size, sizeof(*index));
	if (!index)
		return false;
	table->index = index;
	table->index_size = size;
	for (uint32_t i = 0; i < table->count; i++)
		index[index_place(table, number_at(table, i)->id, &found)] = i + 1;
	free(old);
	return true;
}

/* Free a place, and move back into it what linear probing had pushed past it. */
static void index_clear(struct chunk_table *table, uint32_t place)
{
	uint32_t mask = table->index_size - 1, at = place;

	for (;;) {
		uint32_t home;

		at = (at + 1) & mask;
		if (table->index[at] == 0)
			break;
		home = home_of(table, number_at(table, table->index[at] - 1)->id);
		/* It may move when its home does not lie behind the free place. */
		if (((at - home) & mask) >= ((at - place) & mask)) {
			table->index[place] = table->index[at];
			place = at;
		}
	}
	table->index[place] = 0;
}

static bool page_make(struct chunk_table *table)
{
	struct chunk **pages, *page;

	if (table->count < table->pages_count * PAGE_CHUNKS)
		return true;
	pages = realloc(table->pages, (table->pages_count + 1) * sizeof(*pages));
	if (!pages)
		return false;
	table->pages = pages;
	page = malloc(PAGE_CHUNKS * sizeof(*page));
	if (!page)
		return false;
	pages[table->pages_count++] = page;
	return true;
}
