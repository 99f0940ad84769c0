/* SPDX-License-Identifier: MIT */
/* The table of replicas: an ordered array in pages. */
#include "store/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_SLOTS = 102 }; /* fills 4 KiB */

struct table_page {
	uint64_t count;
	struct slot slots[PAGE_SLOTS];
};

static size_t page_of(const struct table *table, uint64_t chunk);
static size_t place_in(const struct table_page *page, uint64_t chunk);
static struct table_page *page_insert(struct table *table, size_t at);
static struct table_page *page_split(struct table *table, size_t at, uint64_t chunk);

void table_fini(struct table *table)
{
	for (size_t i = 0; i < table->pages_count; i++)
		free(table->pages[i]);
	free(table->pages);
	*table = (struct table){0};
}

struct slot *table_find(const struct table *table, uint64_t chunk)
{
	struct slot *slot = table_at_or_after(table, chunk);

	return slot && slot->chunk == chunk ? slot : NULL;
}

struct slot *table_at_or_after(const struct table *table, uint64_t chunk)
{
	size_t at = page_of(table, chunk);
	size_t place;

	if (table->pages_count == 0)
		return NULL;
	place = place_in(table->pages[at], chunk);
	if (place < table->pages[at]->count)
		return &table->pages[at]->slots[place];
	return at + 1 < table->pages_count ? &table->pages[at + 1]->slots[0] : NULL;
}

struct slot *table_add(struct table *table, uint64_t chunk)
{
	size_t at = page_of(table, chunk);
	struct table_page *page = table->pages_count > 0 ? table->pages[at] : page_insert(table, 0);
	struct slot *slot;
	size_t place;

	if (page && page->count == PAGE_SLOTS)
		page = page_split(table, at, chunk);
	if (!page)
		return NULL;
	place = place_in(page, chunk);
	slot = &page->slots[place];
	assert(place == page->count || slot->chunk != chunk);
	memmove(slot + 1, slot, (page->count - place) * sizeof(*slot));
	*slot = (struct slot){.chunk = chunk};
	page->count++;
	table->count++;
	return slot;
}

void table_remove(struct table *table, uint64_t chunk)
{
	size_t at = page_of(table, chunk);
	struct slot *slot = table_find(table, chunk);
	struct table_page *page;

	assert(slot);
	page = table->pages[at];
	page->count--;
	memmove(slot, slot + 1, (size_t)(page->slots + page->count - slot) * sizeof(*slot));
	table->count--;
	if (page->count > 0)
		return;
	free(page);
	table->pages_count--;
	memmove(&table->pages[at], &table->pages[at + 1],
	        (table->pages_count - at) * sizeof(struct table_page *));
}

/* The last page whose first id is not above `chunk`; 0 where all are. Pages are never empty. */
static size_t page_of(const struct table *table, uint64_t chunk)
{
	size_t low = 0, high = table->pages_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (table->pages[middle]->slots[0].chunk <= chunk)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static size_t place_in(const struct table_page *page, uint64_t chunk)
{
	size_t low = 0, high = page->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (page->slots[middle].chunk < chunk)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct table_page *page_insert(struct table *table, size_t at)
{
	struct table_page *page = calloc(1, sizeof(*page));

	if (page && table->pages_count == table->pages_capacity) {
		size_t capacity = table->pages_capacity ? table->pages_capacity * 2 : 16;
		struct table_page **pages = realloc(table->pages, capacity * sizeof(*pages));

		if (!pages) {
			free(page);
			return NULL;
		}
		table->pages = pages;
		table->pages_capacity = capacity;
	}
	if (!page)
		return NULL;
	memmove(&table->pages[at + 1], &table->pages[at],
	        (table->pages_count - at) * sizeof(struct table_page *));
	table->pages[at] = page;
	table->pages_count++;
	return page;
}

/* Make room beside full page `at` and return the page that `chunk` belongs to. */
static struct table_page *page_split(struct table *table, size_t at, uint64_t chunk)
{
	struct table_page *left = table->pages[at];
	struct table_page *right = page_insert(table, at + 1);
	size_t keep = PAGE_SLOTS / 2;

	if (!right)
		return NULL;
	/* Ids mostly come in order: then the left page stays full. */
	if (chunk > left->slots[PAGE_SLOTS - 1].chunk)
		return right;
	right->count = PAGE_SLOTS - keep;
	memcpy(right->slots, left->slots + keep, right->count * sizeof(struct slot));
	left->count = keep;
	return chunk < right->slots[0].chunk ? left : right;
}
