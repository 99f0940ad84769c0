/* SPDX-License-Identifier: MIT */
/* What becomes of a file's pages and its size: at a sync, at one that fails, at a power cut. */
#include <stdlib.h>
#include <string.h>
#include "io/sim/disk_model.h"

/* ---- sync ---- */

/* What is seen becomes what is stored. */
static void page_keep(struct sim_page *page)
{
	free(page->stored);
	page->stored = NULL;
	page->state = SIM_PAGE_CLEAN;
}

/* What is stored becomes what is seen. */
static void page_revert(struct sim_file *file, struct sim_page *page)
{
	sim_page_set(file, page, page->stored);
	page->stored = NULL;
	page->state = SIM_PAGE_CLEAN;
}

void sim_file_sync(struct sim_file *file)
{
	for (size_t i = 0; i < file->dirty_count; i++)
		page_keep(&file->pages[file->dirty[i]]);
	file->dirty_count = 0;
	file->stored_size = file->size;
	file->cut_size = SIM_NOT_CUT;
}

/* The truncate reached the platter: what it cut off is no longer stored. */
static void store_cut(struct sim_file *file)
{
	for (size_t i = 0; i < file->pages_count; i++) {
		struct sim_page *page = &file->pages[i];
		uint64_t start = (uint64_t)i * SIM_PAGE_SIZE;

		if (!page->stored || start + SIM_PAGE_SIZE <= file->cut_size)
			continue;
		if (start >= file->cut_size) {
			free(page->stored);
			page->stored = NULL;
		} else {
			size_t keep = (size_t)(file->cut_size - start);

			memset(page->stored + keep, 0, SIM_PAGE_SIZE - keep);
		}
	}
	if (file->stored_size > file->cut_size)
		file->stored_size = file->cut_size;
	file->cut_size = SIM_NOT_CUT;
}

void sim_file_sync_failed(struct sim_file *file, struct sim_rng *rng)
{
	if (sim_rng_percent(rng, 50)) {
		if (file->cut_size != SIM_NOT_CUT)
			store_cut(file);
		file->stored_size = file->size;
	}
	for (size_t i = 0; i < file->dirty_count; i++) {
		struct sim_page *page = &file->pages[file->dirty[i]];

		switch (sim_rng_below(rng, 3)) {
		case 0:
			page_keep(page);
			break;
		case 1:
			page->state = SIM_PAGE_ADRIFT;
			break;
		default:
			page_revert(file, page);
		}
	}
	file->dirty_count = 0;
}

/* ---- power cut ---- */

/* Sectors are written whole; the head or the tail of the page made it. */
static void page_tear(struct sim_file *file, struct sim_page *page, struct sim_rng *rng)
{
	size_t cut = SIM_SECTOR_SIZE * sim_rng_between(rng, 1, SIM_PAGE_SIZE / SIM_SECTOR_SIZE - 1);
	bool head_is_new = sim_rng_percent(rng, 50);
	uint8_t *torn = sim_page_copy(page->now);
	size_t from = head_is_new ? cut : 0;
	size_t to = head_is_new ? SIM_PAGE_SIZE : cut;

	if (page->stored)
		memcpy(torn + from, page->stored + from, to - from);
	else
		memset(torn + from, 0, to - from);
	sim_page_set(file, page, torn);
	page_keep(page);
}

/* Each page that was not synced is kept, lost or torn, whatever became of the others. */
static void settle_page(struct sim_file *file, struct sim_page *page, struct sim_rng *rng)
{
	switch (sim_rng_below(rng, 3)) {
	case 0:
		page_keep(page);
		break;
	case 1:
		page_revert(file, page);
		break;
	default:
		page_tear(file, page, rng);
	}
}

/* A truncate below the stored size was lost: so is all that was written past it afterwards. */
static void undo_cut(struct sim_file *file)
{
	for (size_t i = (size_t)(file->cut_size / SIM_PAGE_SIZE); i < file->pages_count; i++)
		if (file->pages[i].state == SIM_PAGE_DIRTY)
			page_revert(file, &file->pages[i]);
	file->size = file->stored_size;
}

/* Between what was stored and what was written lie the sizes that the file had: the old, the new,
 * one between. */
static uint64_t surviving_size(const struct sim_file *file, struct sim_rng *rng)
{
	if (file->size <= file->stored_size)
		return file->size;
	switch (sim_rng_below(rng, 3)) {
	case 0:
		return file->stored_size;
	case 1:
		return file->size;
	default:
		return sim_rng_between(rng, file->stored_size, file->size);
	}
}

static void settle_pages(struct sim_file *file, struct sim_rng *rng)
{
	for (size_t i = 0; i < file->pages_count; i++) {
		struct sim_page *page = &file->pages[i];

		if (page->state == SIM_PAGE_DIRTY)
			settle_page(file, page, rng);
		else if (page->state == SIM_PAGE_ADRIFT)
			page_revert(file, page);
	}
	file->dirty_count = 0;
}

void sim_file_power_cut(struct sim_file *file, struct sim_rng *rng)
{
	if (file->cut_size < file->stored_size && sim_rng_percent(rng, 50))
		undo_cut(file);
	else if (file->cut_size != SIM_NOT_CUT)
		store_cut(file);
	file->size = surviving_size(file, rng);
	settle_pages(file, rng);
	sim_file_clear_past(file, file->size, false);
	file->stored_size = file->size;
	file->cut_size = SIM_NOT_CUT;
}
