/* SPDX-License-Identifier: MIT */
/*
 * The bytes of one simulated file: pages of 4 KiB with what processes see and, where that differs,
 * what is stored.
 *
 *            write                   sync
 *   CLEAN ----------> DIRTY -----------------------> CLEAN
 *                     ^   |  sync fails
 *               write |   +----------> ADRIFT (looks clean; a power cut takes it)
 *                     +-------------------|
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/disk_model.h"

void sim_file_init(struct sim_file *file)
{
	memset(file, 0, sizeof(*file));
	file->cut_size = SIM_NOT_CUT;
}

void sim_file_fini(struct sim_file *file)
{
	for (size_t i = 0; i < file->pages_count; i++) {
		free(file->pages[i].now);
		free(file->pages[i].stored);
	}
	free(file->pages);
	free(file->dirty);
}

/* ---- pages ---- */

static size_t pages_for(uint64_t size)
{
	return (size_t)((size + SIM_PAGE_SIZE - 1) / SIM_PAGE_SIZE);
}

static void grow_pages(struct sim_file *file, size_t count)
{
	size_t bigger = file->pages_count + file->pages_count / 2;

	if (count <= file->pages_count)
		return;
	if (bigger < count)
		bigger = count;
	file->pages = sim_realloc(file->pages, bigger * sizeof(*file->pages));
	memset(file->pages + file->pages_count, 0,
	        (bigger - file->pages_count) * sizeof(*file->pages));
	file->pages_count = bigger;
}

uint8_t *sim_page_copy(const uint8_t *bytes)
{
	uint8_t *copy = sim_alloc(SIM_PAGE_SIZE);

	if (bytes)
		memcpy(copy, bytes, SIM_PAGE_SIZE);
	return copy;
}

static void mark_dirty(struct sim_file *file, size_t index)
{
	struct sim_page *page = &file->pages[index];

	if (page->state == SIM_PAGE_DIRTY)
		return;
	if (file->dirty_count == file->dirty_capacity) {
		file->dirty_capacity = file->dirty_capacity ? 2 * file->dirty_capacity : 16;
		file->dirty = sim_realloc(file->dirty, file->dirty_capacity * sizeof(size_t));
	}
	file->dirty[file->dirty_count++] = index;
	if (page->state == SIM_PAGE_CLEAN)
		page->stored = page->now ? sim_page_copy(page->now) : NULL;
	page->state = SIM_PAGE_DIRTY;
}

void sim_page_set(struct sim_file *file, struct sim_page *page, uint8_t *now)
{
	file->allocated += (now != NULL);
	file->allocated -= (page->now != NULL);
	if (page->now != now)
		free(page->now);
	page->now = now;
}

/* ---- read and write ---- */

size_t sim_file_missing(const struct sim_file *file, uint64_t offset, size_t size)
{
	size_t first = (size_t)(offset / SIM_PAGE_SIZE);
	size_t end = pages_for(offset + size);
	size_t missing = 0;

	for (size_t i = first; i < end; i++)
		if (i >= file->pages_count || !file->pages[i].now)
			missing++;
	return missing;
}

static void write_page(
        struct sim_file *file, size_t index, size_t within, const uint8_t *bytes, size_t size)
{
	struct sim_page *page = &file->pages[index];

	mark_dirty(file, index);
	if (!page->now)
		sim_page_set(file, page, sim_page_copy(NULL));
	memcpy(page->now + within, bytes, size);
}

void sim_file_write(struct sim_file *file, const void *bytes, size_t size, uint64_t offset)
{
	const uint8_t *at = bytes;
	uint64_t end = offset + size;

	assert(end <= SIM_FILE_MAX);
	if (size == 0)
		return;
	grow_pages(file, pages_for(end));
	while (offset < end) {
		size_t within = (size_t)(offset % SIM_PAGE_SIZE);
		size_t part = SIM_PAGE_SIZE - within;

		if (part > end - offset)
			part = (size_t)(end - offset);
		write_page(file, (size_t)(offset / SIM_PAGE_SIZE), within, at, part);
		at += part;
		offset += part;
	}
	if (file->size < end)
		file->size = end;
}

size_t sim_file_read(const struct sim_file *file, void *ret_bytes, size_t size, uint64_t offset)
{
	uint8_t *at = ret_bytes;
	uint64_t end;

	if (offset >= file->size)
		return 0;
	end = size < file->size - offset ? offset + size : file->size;
	size = (size_t)(end - offset);
	while (offset < end) {
		size_t index = (size_t)(offset / SIM_PAGE_SIZE);
		size_t within = (size_t)(offset % SIM_PAGE_SIZE);
		size_t part = SIM_PAGE_SIZE - within;

		if (part > end - offset)
			part = (size_t)(end - offset);
		if (index < file->pages_count && file->pages[index].now)
			memcpy(at, file->pages[index].now + within, part);
		else
			memset(at, 0, part);
		at += part;
		offset += part;
	}
	return size;
}

/* Bytes past `size` are zeros in the image that processes see; `dirtying` as by a truncate, or
 * silently. */
void sim_file_clear_past(struct sim_file *file, uint64_t size, bool dirtying)
{
	size_t within = (size_t)(size % SIM_PAGE_SIZE);
	size_t index = (size_t)(size / SIM_PAGE_SIZE);

	for (size_t i = index; i < file->pages_count; i++) {
		struct sim_page *page = &file->pages[i];

		if (!page->now)
			continue;
		if (dirtying)
			mark_dirty(file, i);
		if (i == index && within > 0)
			memset(page->now + within, 0, SIM_PAGE_SIZE - within);
		else
			sim_page_set(file, page, NULL);
	}
}

void sim_file_truncate(struct sim_file *file, uint64_t size)
{
	assert(size <= SIM_FILE_MAX);
	if (size < file->size) {
		sim_file_clear_past(file, size, true);
		if (size < file->cut_size)
			file->cut_size = size;
	}
	file->size = size;
}

/* ---- bit rot ---- */

static uint8_t *rot_page(uint8_t *bytes, size_t within, uint8_t mask)
{
	if (!bytes)
		bytes = sim_page_copy(NULL);
	bytes[within] ^= mask;
	return bytes;
}

bool sim_file_flip(struct sim_file *file, uint64_t bit)
{
	uint64_t byte = bit / 8;
	size_t within = (size_t)(byte % SIM_PAGE_SIZE);
	uint8_t mask = (uint8_t)(1u << (bit % 8));
	struct sim_page *page;

	if (byte >= file->size)
		return false;
	grow_pages(file, pages_for(file->size));
	page = &file->pages[byte / SIM_PAGE_SIZE];
	if (!page->now)
		sim_page_set(file, page, sim_page_copy(NULL));
	page->now[within] ^= mask;
	if (page->state != SIM_PAGE_CLEAN)
		page->stored = rot_page(page->stored, within, mask);
	return true;
}
