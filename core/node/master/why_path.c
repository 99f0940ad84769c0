/* SPDX-License-Identifier: MIT */
/* `dfs why PATH`: what it is, who writes it, where it went, and its chunks that are not well. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "node/master/why.h"

enum {
	PAGE = 256,      /* extents at once */
	PAGES_MAX = 40,  /* at a call: the rest is asked for by offset */
	SHOWN_MAX = 400, /* chunks of a call that are told of */
	SESSIONS_MAX = 10000,
};

/* Looking for sessions that write one name. */
struct search {
	struct request *request;
	struct reasons *reasons;
	uint64_t parent;
	const char *name;
	size_t found;
};

/* A file's chunks on the way through them. */
struct tour {
	struct request *request;
	struct reasons *reasons;
	const char *path;
	bool all;
	uint64_t last, offset, next, chunks, well, shown;
	bool over;
};

static void why_sessions(
        struct request *request, const char *path, struct reasons *reasons, size_t *ret_found);
static int each_session(void *arg, uint64_t session, const struct proto_row_session *row);
static bool why_trash(struct request *request, const char *path, struct reasons *reasons);
static int why_file(struct tour *tour, const struct proto_attr *attr, struct dfs_error *err);
static void why_extent(struct tour *tour, const struct meta_extents *extents, size_t i);
static void why_placed(struct tour *tour, uint64_t chunk);

void why_path(struct request *request, const struct proto_why_args *args)
{
	struct reasons reasons = {.arena = &request->arena};
	struct tour tour = {.request = request, .reasons = &reasons, .all = args->all};
	struct proto_attr attr = {0};
	struct dfs_error err = {0};
	size_t sessions = 0;
	const char *path = request_path(request, args->path);
	int code;

	if (!path)
		return;
	code = meta_stat(request->master->meta, path, &request->arena, &attr, &err);
	if (args->offset == 0)
		why_sessions(request, path, &reasons, &sessions);
	if (code == DFS_E_NOENT && (why_trash(request, path, &reasons) || sessions > 0)) {
		why_answer(request, &reasons, 0);
		return;
	}
	if (code == 0 && attr.kind == PROTO_KIND_FILE) {
		tour.path = path;
		tour.offset = args->offset;
		code = why_file(&tour, &attr, &err);
	} else if (code == 0 && attr.kind == PROTO_KIND_DIR) {
		reasons_add(&reasons, "directory",
		        "it has %" PRIu64 " name%s; `dfs why` of a file in it tells of its chunks",
		        attr.size, attr.size == 1 ? "" : "s");
	} else if (code == 0) {
		reasons_add(&reasons, "symbolic link", "it is stored, not followed");
	}
	if (code != 0)
		request_fail(request, &err);
	else
		why_answer(request, &reasons, tour.next);
}

static void why_sessions(
        struct request *request, const char *path, struct reasons *reasons, size_t *ret_found)
{
	struct search search = {.request = request, .reasons = reasons};
	const char *slash = strrchr(path, '/');
	struct proto_attr parent;
	char dir[4096];

	if (!slash || !slash[1])
		return;
	snprintf(dir, sizeof(dir), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	if (meta_stat(request->master->meta, dir, &request->arena, &parent, NULL) != 0)
		return;
	search.parent = parent.inode;
	search.name = slash + 1;
	meta_each_session(request->master->meta, 0, SESSIONS_MAX, each_session, &search);
	*ret_found = search.found;
}

static int each_session(void *arg, uint64_t session, const struct proto_row_session *row)
{
	struct search *search = arg;

	if (row->parent != search->parent || strcmp(row->name, search->name) != 0)
		return 0;
	search->found++;
	why_session(search->request, session, row, "writing", search->reasons);
	return search->found >= 20;
}

static bool why_trash(struct request *request, const char *path, struct reasons *reasons)
{
	struct master *master = request->master;
	struct proto_row_trash_count count = {0};
	struct proto_row_trash row;
	uint64_t entry, goes_ms;

	if (meta_trash_newest(master->meta, path, &request->arena, &entry, &row, NULL) != 0)
		return false;
	meta_trash_count(master->meta, &count);
	goes_ms = row.living_ms + row.keep_ms;
	reasons_add_at(reasons, row.time_ms, "trash",
	        "it was removed%s%s and is in the trash as entry %" PRIu64
	        ": it goes for good after %" PRIu64
	        " s more of this master's living time; dfs undelete brings it back",
	        row.by && row.by[0] ? " by " : "", row.by ? row.by : "", entry,
	        goes_ms > count.living_ms ? (goes_ms - count.living_ms) / 1000 : 0);
	return true;
}

static int why_file(struct tour *tour, const struct proto_attr *attr, struct dfs_error *err)
{
	struct meta_extents extents = {.more = true};
	uint64_t inode = attr->inode, generation = attr->generation;
	int code = 0;

	if (tour->offset == 0)
		reasons_add(tour->reasons, "file",
		        "%" PRIu64 " bytes, generation %" PRIu64 "; %" PRIu32
		        " replicas and chunks of %" PRIu64
		        " bytes were decided when it was written",
		        attr->size, attr->generation, attr->goal, attr->chunk_size);
	for (int page = 0; code == 0 && extents.more && page < PAGES_MAX && !tour->over; page++) {
		code = meta_extents(tour->request->master->meta, NULL, inode, generation,
		        tour->offset, PAGE, &tour->request->arena, &extents, err);
		for (size_t i = 0; code == 0 && i < extents.count && !tour->over; i++)
			why_extent(tour, &extents, i);
		if (code == 0 && extents.count == 0)
			break;
	}
	if (code != 0)
		return code;
	tour->next = extents.more || tour->over ? tour->offset : 0;
	if (tour->chunks > 0)
		reasons_add(tour->reasons, "chunks",
		        "%" PRIu64 " of %" PRIu64 " have all their replicas%s", tour->well,
		        tour->chunks, tour->next ? " (so far)" : "");
	return 0;
}

static void why_extent(struct tour *tour, const struct meta_extents *extents, size_t i)
{
	struct cluster *cluster = tour->request->master->cluster;
	const struct proto_row_extent_row *extent = &extents->extents[i];
	struct cluster_chunk_outlook outlook = {0};
	char about[40];
	bool well;

	tour->offset = extents->offsets[i] + extent->length;
	if (extent->chunk == tour->last)
		return;
	if (tour->chunks++ == 0 && extents->offsets[i] == 0)
		why_placed(tour, extent->chunk);
	tour->last = extent->chunk;
	snprintf(about, sizeof(about), "chunk %016" PRIx64, extent->chunk);
	if (!cluster_chunk_outlook(cluster, extent->chunk, &outlook))
		return;
	well = outlook.state == PROTO_CHUNK_STATE_SEALED && !outlook.under && !outlook.lost;
	tour->well += well;
	if (well && !tour->all)
		return;
	reasons_add(tour->reasons, about,
	        "from byte %" PRIu64 ": %s%" PRIu32 " of %" PRIu32
	        " replicas count towards the goal%s%s",
	        extents->offsets[i], outlook.state == PROTO_CHUNK_STATE_OPEN ? "open, " : "",
	        outlook.good, outlook.goal,
	        outlook.lost     ? ": it cannot be read now; "
	        : outlook.why[0] ? ": "
	                         : "",
	        outlook.why);
	if (++tour->shown >= SHOWN_MAX)
		tour->over = true;
}

/* Of the first chunk, in one sentence: the others were asked for with it. */
static void why_placed(struct tour *tour, uint64_t chunk)
{
	if (!decisions_why(tour->request->master->decisions, chunk, tour->all, tour->reasons))
		reasons_add(tour->reasons, "placement",
		        "this master does not remember why its chunks are where they are: it keeps "
		        "its "
		        "last %d decisions",
		        DECISIONS_MAX);
}
