/* SPDX-License-Identifier: MIT */
/*
 * The end of a pass: files that the table does not know. A listing and the table are never of the
 * same moment (files are made before their slot and go before it), so a folder with suspects is
 * listed twice, and only what is strange both times is told. Nothing is removed: the next start
 * judges what it finds (README.md).
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "store/copy.h"
#include "store/scrubber.h"

enum { AGAIN_COST = SCRUB_SLICE, FOLDER_COST = SCRUB_COST_MIN, TOLD_MAX = 10 };

static void list_run(struct io_work *work);
static void list_done(struct io_work *work);
static size_t keep_strange(struct scrub *scrub);
static bool strange(const struct scrub *scrub, const struct found *found);
static bool was_suspect(const struct scrub *scrub, const struct found *found);
static void remember(struct scrub *scrub, size_t count);
static void tell(struct scrub *scrub, size_t count);

bool scrub_files_step(struct scrub *scrub)
{
	if (scrub->folder == DIR_FOLDERS)
		return true;
	scrub->all->store->running++;
	scrub->work = (struct io_work){.run = list_run, .done = list_done, .lane = IO_LANE_BULK};
	io_work_submit(scrub->all->store->io, &scrub->work);
	return false;
}

void scrub_files_drop(struct scrub *scrub)
{
	free(scrub->suspects);
	scrub->suspects = NULL;
	scrub->suspects_count = 0;
	scrub->again = false;
	scan_fini(&scrub->scan);
}

static void list_run(struct io_work *work)
{
	struct scrub *scrub = LATER_OF(work, struct scrub, work);

	scrub->status = scan_folder(&scrub->scan, scrub->dir, scrub->folder);
	if (scrub->status == 0)
		scan_merge(&scrub->scan);
}

static void list_done(struct io_work *work)
{
	struct scrub *scrub = LATER_OF(work, struct scrub, work);
	size_t count;

	scrub->all->store->running--;
	if (scrub->status < 0 && dir_vanished(scrub->dir)) {
		scrub_notice(scrub, "data directory %s: %s", scrub->dir->path, scrub->dir->error);
	} else if (scrub->status != 0) {
		scrub_notice(scrub, "data directory %s: folder %02x cannot be listed: %s",
		        scrub->dir->path, scrub->folder,
		        scrub->status < 0 ? strerror(-scrub->status) : "no memory");
	}
	count = scrub->status == 0 ? keep_strange(scrub) : 0;
	if (count > 0 && !scrub->again) {
		remember(scrub, count);
		scan_fini(&scrub->scan);
		scrub->again = true;
		scrub_step_done(scrub, AGAIN_COST);
		return;
	}
	tell(scrub, count);
	scrub_files_drop(scrub);
	scrub->folder++;
	scrub_step_done(scrub, FOLDER_COST);
}

/* To the front of the listing; how many. */
static size_t keep_strange(struct scrub *scrub)
{
	struct found *found = scrub->scan.found;
	size_t kept = 0;

	for (size_t i = 0; i < scrub->scan.count; i++)
		if (strange(scrub, &found[i]) && (!scrub->again || was_suspect(scrub, &found[i])))
			found[kept++] = found[i];
	return kept;
}

static bool strange(const struct scrub *scrub, const struct found *found)
{
	const unsigned pair = FOUND_DATA | FOUND_INDEX, copies = FOUND_DATA_TMP | FOUND_INDEX_TMP;
	const struct store *store = scrub->all->store;
	const struct slot *slot = table_find(&store->table, found->id);
	bool here = slot && &store->dirs[slot->dir] == scrub->dir;

	if (copy_under_way(store, found->id))
		return false;
	if ((found->files & copies) || ((found->files & pair) && !here))
		return true;
	return (found->files & FOUND_MARK) && !(here && slot->state == STORE_BAD);
}

static bool was_suspect(const struct scrub *scrub, const struct found *found)
{
	for (size_t i = 0; i < scrub->suspects_count; i++)
		if (scrub->suspects[i].id == found->id && scrub->suspects[i].files == found->files)
			return true;
	return false;
}

static void remember(struct scrub *scrub, size_t count)
{
	assert(!scrub->suspects);
	scrub->suspects = calloc(count, sizeof(*scrub->suspects));
	if (!scrub->suspects)
		return; /* without memory nothing is suspected */
	scrub->suspects_count = count;
	for (size_t i = 0; i < count; i++)
		scrub->suspects[i] =
		        (struct scrub_suspect){scrub->scan.found[i].id, scrub->scan.found[i].files};
}

static void tell(struct scrub *scrub, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct found *found = &scrub->scan.found[i];

		if (scrub->extra++ < TOLD_MAX)
			scrub_notice(scrub,
			        "data directory %s: files of chunk %016" PRIx64
			        " that are not in use (%s): left alone",
			        scrub->dir->path, found->id,
			        found->files & FOUND_INDEX  ? "an index"
			        : found->files & FOUND_DATA ? "bytes without an index"
			        : found->files & FOUND_MARK
			                ? "a mark of a replica that was given up"
			                : "a copy that nobody is making");
	}
	if (scrub->scan.foreign > 0) {
		if (scrub->extra < TOLD_MAX)
			scrub_notice(scrub,
			        "data directory %s: folder %02x holds %" PRIu64
			        " files that are not ours: left alone",
			        scrub->dir->path, scrub->folder, scrub->scan.foreign);
		scrub->extra += scrub->scan.foreign;
	}
}
