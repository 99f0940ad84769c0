/* SPDX-License-Identifier: MIT */
/* Which files of the metadata datanodes hold, and which of them lead to the newest state. */
#include <stdlib.h>
#include <string.h>
#include "node/rescue/inside.h"

static int by_chunk(const void *a, const void *b);
static bool same(const struct rescue_held *a, const struct rescue_held *b);
static void reach(struct rescue_files *files);
static bool follows(const struct rescue_set *set, const struct rescue_set *before);
static bool newer(const struct checkpoint *a, const struct checkpoint *b);

int rescue_held_add(struct rescue_files *files, const struct rescue_held *held)
{
	if (files->held_count == files->held_size) {
		size_t size = files->held_size ? files->held_size * 2 : 256;
		struct rescue_held *grown = realloc(files->held, size * sizeof(*grown));

		if (!grown)
			return DFS_E_NOMEM;
		files->held = grown;
		files->held_size = size;
	}
	files->held[files->held_count++] = *held;
	return 0;
}

/* Of a number that datanodes hold different bytes under, those that most of them hold. */
int rescue_chunks_find(struct rescue_files *files)
{
	files->chunks = calloc(files->held_count + 1, sizeof(*files->chunks));
	if (!files->chunks)
		return DFS_E_NOMEM;
	if (files->held_count > 1)
		qsort(files->held, files->held_count, sizeof(*files->held), by_chunk);
	for (size_t at = 0, end; at < files->held_count; at = end) {
		const struct rescue_held *held = &files->held[at];
		struct rescue_chunk *last =
		        files->chunks_count ? &files->chunks[files->chunks_count - 1] : NULL;

		for (end = at; end < files->held_count && same(held, &files->held[end]);)
			end++;
		if (last && last->chunk == held->chunk && last->held_count >= end - at)
			continue;
		if (!last || last->chunk != held->chunk)
			last = &files->chunks[files->chunks_count++];
		*last = (struct rescue_chunk){held->chunk, held->length, held->crc, at, end - at};
	}
	return 0;
}

bool rescue_set_add(
        struct rescue_files *files, size_t last, const struct checkpoint *foot, const char *cluster)
{
	uint64_t size = foot->size_bytes + CHECKPOINT_FOOT_SIZE, bytes = 0;
	struct rescue_set *grown, set = {.foot = *foot, .first = last + 1};

	while (bytes < size && set.first > 0 &&
	        files->chunks[set.first - 1].chunk == files->chunks[last].chunk - set.count) {
		bytes += files->chunks[--set.first].length;
		set.count++;
	}
	if (bytes != size || strcmp(foot->cluster, cluster) != 0)
		return false;
	grown = realloc(files->sets, (files->sets_count + 1) * sizeof(*grown));
	if (!grown)
		return false;
	files->sets = grown;
	files->sets[files->sets_count++] = set;
	return true;
}

size_t rescue_choose(struct rescue_files *files, size_t ret[RESCUE_FILES_MAX])
{
	const struct rescue_set *best = NULL;
	size_t count = 0, at;

	reach(files);
	for (size_t i = 0; i < files->sets_count; i++)
		if (files->sets[i].reached && (!best || newer(&files->sets[i].foot, &best->foot)))
			best = &files->sets[i];
	if (!best)
		return 0;
	for (at = (size_t)(best - files->sets); count < RESCUE_FILES_MAX;
	        at = files->sets[at].before) {
		ret[count++] = at;
		if (files->sets[at].foot.from == 0)
			break;
	}
	for (size_t i = 0; i < count / 2; i++) {
		size_t swap = ret[i];

		ret[i] = ret[count - 1 - i];
		ret[count - 1 - i] = swap;
	}
	return count;
}

void rescue_files_fini(struct rescue_files *files)
{
	free(files->held);
	free(files->chunks);
	free(files->sets);
	*files = (struct rescue_files){0};
}

/* Checkpoints are reached; so is a part of the log behind a state that is. */
static void reach(struct rescue_files *files)
{
	bool more = true;

	for (size_t i = 0; i < files->sets_count; i++)
		files->sets[i].reached = files->sets[i].foot.from == 0 && !files->sets[i].broken;
	while (more) {
		more = false;
		for (size_t i = 0; i < files->sets_count; i++) {
			struct rescue_set *set = &files->sets[i];

			for (size_t j = 0; !set->reached && !set->broken && j < files->sets_count;
			        j++) {
				set->reached = follows(set, &files->sets[j]);
				set->before = j;
				more |= set->reached;
			}
		}
	}
}

static bool follows(const struct rescue_set *set, const struct rescue_set *before)
{
	return before->reached && set->foot.from > 0 &&
	       set->foot.from == before->foot.operation + 1 &&
	       set->foot.base_epoch == before->foot.epoch &&
	       set->foot.base_reign == before->foot.reign;
}

static bool newer(const struct checkpoint *a, const struct checkpoint *b)
{
	if (a->epoch != b->epoch)
		return a->epoch > b->epoch;
	if (a->operation != b->operation)
		return a->operation > b->operation;
	return a->from == 0 && b->from != 0; /* the same state: one file is better than many */
}

static int by_chunk(const void *a, const void *b)
{
	const struct rescue_held *x = a, *y = b;

	if (x->chunk != y->chunk)
		return x->chunk < y->chunk ? -1 : 1;
	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return x->crc < y->crc ? -1 : x->crc > y->crc;
}

static bool same(const struct rescue_held *a, const struct rescue_held *b)
{
	return by_chunk(a, b) == 0;
}
