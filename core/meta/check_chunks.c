/* SPDX-License-Identifier: MIT */
/* Contents and chunks: every extent has its chunk, every chunk its references, every content its
 * owner. */
#include <inttypes.h>
#include "meta/check.h"
#include "meta/keepsake.h"

static int visit_chunk(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_session(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_extent(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_member(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_freed(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_keepsake(
        struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int contents_of_files(struct check *check, struct dfs_error *err);
static void check_content(struct check *check, const struct check_content *content);
static void check_chunk(struct check *check, const struct check_chunk *chunk);
static bool miscounted(const struct check_chunk *chunk);

int check_chunks(struct check *check, struct dfs_error *err)
{
	uint64_t chunks = 0;
	int rc = check_table(check, META_CHUNK, err, visit_chunk);

	if (rc == 0)
		rc = check_table(check, META_SESSION, err, visit_session);
	if (rc == 0)
		rc = contents_of_files(check, err);
	check_sort(&check->contents);
	if (rc == 0)
		rc = check_table(check, META_EXTENT, err, visit_extent);
	if (rc == 0)
		rc = check_table(check, META_SESSION_CHUNK, err, visit_member);
	if (rc == 0)
		rc = check_table(check, META_FREED, err, visit_freed);
	if (rc == 0)
		rc = check_table(check, META_KEEPSAKE, err, visit_keepsake);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < check->contents.count; i++)
		check_content(check, (struct check_content *)check->contents.items + i);
	for (size_t i = 0; i < check->chunks.count; i++) {
		const struct check_chunk *chunk = (struct check_chunk *)check->chunks.items + i;

		check_chunk(check, chunk);
		chunks += chunk->state != PROTO_CHUNK_STATE_FREED;
	}
	check->done.add_chunks = (int64_t)(chunks - check->counters.chunks);
	if (chunks != check->counters.chunks)
		check_fault(check, "counted %" PRIu64 " chunks, found %" PRIu64,
		        check->counters.chunks, chunks);
	return 0;
}

static int visit_chunk(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	struct check_chunk chunk = {.chunk = key_get_u64(&at->key, 0)};
	struct proto_row_chunk row;

	if (!check_row(check, META_CHUNK, at, &row))
		return 0;
	chunk.session = row.session;
	chunk.state = row.state;
	chunk.refs = row.refs;
	chunk.live = row.live;
	chunk.floor = row.floor;
	/* A sealed one holds what extents point at; an open one tells how far they cover it. */
	if ((row.state == PROTO_CHUNK_STATE_SEALED && row.floor > row.length) ||
	        (row.state == PROTO_CHUNK_STATE_OPEN && row.length > row.floor))
		check_fault_of(check, META_ABOUT_CHUNK, chunk.chunk,
		        "chunk %016" PRIx64 ": length %" PRIu64
		        " does not fit its highest extent end %" PRIu64,
		        chunk.chunk, row.length, row.floor);
	return check_add(&check->chunks, &chunk, err) ? 0 : DFS_E_NOMEM;
}

static int visit_session(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	struct check_content content = {.content = key_get_u64(&at->key, 0)};
	struct proto_row_session row;

	if (!check_row(check, META_SESSION, at, &row))
		return 0;
	if (content.content >= check->counters.session_reserved)
		check_fault(check, "session %016" PRIx64 " was never reserved", content.content);
	content.size = row.staged;
	return check_add(&check->contents, &content, err) ? 0 : DFS_E_NOMEM;
}

static int contents_of_files(struct check *check, struct dfs_error *err)
{
	for (size_t i = 0; i < check->inodes.count; i++) {
		const struct check_inode *inode = (struct check_inode *)check->inodes.items + i;
		struct check_content content = {.content = inode->content, .size = inode->size};

		if (inode->kind != PROTO_KIND_FILE)
			continue;
		if ((inode->content == 0) != (inode->size == 0))
			check_fault_of(check, META_ABOUT_INODE, inode->inode,
			        "file %016" PRIx64 " has %" PRIu64 " bytes and content %016" PRIx64,
			        inode->inode, inode->size, inode->content);
		if (inode->content != 0 && !check_add(&check->contents, &content, err))
			return DFS_E_NOMEM;
	}
	return 0;
}

static int visit_extent(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	uint64_t number = key_get_u64(&at->key, 0), end = key_get_u64(&at->key, 8);
	struct check_content *content = check_find(&check->contents, number);
	struct proto_row_extent_row row;
	struct check_chunk *chunk;

	if (!check_row(check, META_EXTENT, at, &row))
		return 0;
	if (!content) {
		check_fault(check,
		        "an extent belongs to content %016" PRIx64 ", which nothing names", number);
	} else {
		if (content->doomed && content->found == 0)
			content->found = end - row.length;
		if (end - row.length != content->found)
			check_fault_of(check, META_ABOUT_CONTENT, number,
			        "content %016" PRIx64 " has a gap or an overlap at %" PRIu64,
			        number, content->found);
		content->found = end;
	}
	chunk = check_find(&check->chunks, row.chunk);
	if (!chunk) {
		check_fault_of(check, META_ABOUT_CONTENT, number,
		        "content %016" PRIx64 " points at chunk %016" PRIx64 ", which has no row",
		        number, row.chunk);
		return 0;
	}
	chunk->found_refs++;
	chunk->found_live += row.length;
	if (row.chunk_offset + row.length > chunk->floor)
		check_fault_of(check, META_ABOUT_CONTENT, number,
		        "an extent of content %016" PRIx64
		        " ends past the floor of chunk %016" PRIx64,
		        number, row.chunk);
	return 0;
}

static int visit_member(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	struct check_chunk *chunk = check_find(&check->chunks, key_get_u64(&at->key, 8));
	struct check_content *session = check_find(&check->contents, key_get_u64(&at->key, 0));

	if (!chunk || chunk->session != key_get_u64(&at->key, 0) || !session)
		check_fault(check,
		        "session %016" PRIx64 " may write chunk %016" PRIx64
		        ", which does not know of it",
		        key_get_u64(&at->key, 0), key_get_u64(&at->key, 8));
	else
		chunk->member = true;
	return 0;
}

static int visit_freed(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	struct check_chunk *chunk = check_find(&check->chunks, key_get_u64(&at->key, 8));

	if (!chunk || chunk->state != PROTO_CHUNK_STATE_FREED || chunk->freed)
		check_fault(check, "chunk %016" PRIx64 " is listed as freed and is not",
		        key_get_u64(&at->key, 8));
	else
		chunk->freed = true;
	return 0;
}

/* Each of its chunks is referred to once, by it. */
static int visit_keepsake(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	uint64_t first = key_get_u64(&at->key, 0);
	struct proto_row_keepsake row;

	if (!check_row(check, META_KEEPSAKE, at, &row))
		return 0;
	if (row.operation > check->counters.operation || row.part == 0 || row.size == 0)
		check_fault(check, "keepsake %016" PRIx64 " makes no sense", first);
	for (uint64_t i = 0; i < keepsake_parts(&row); i++) {
		struct check_chunk *chunk = check_find(&check->chunks, first + i);

		if (!chunk) {
			check_fault(check,
			        "keepsake %016" PRIx64 " points at chunk %016" PRIx64
			        ", which has no row",
			        first, first + i);
			break;
		}
		chunk->found_refs++;
		chunk->found_live += keepsake_part_length(&row, i);
	}
	return 0;
}

static void check_content(struct check *check, const struct check_content *content)
{
	if (!content->doomed && content->found != content->size)
		check_fault_of(check, META_ABOUT_CONTENT, content->content,
		        "content %016" PRIx64 " ends at %" PRIu64 ", its owner says %" PRIu64,
		        content->content, content->found, content->size);
}

static void check_chunk(struct check *check, const struct check_chunk *chunk)
{
	bool unused = chunk->refs == 0 && chunk->session == 0;

	if (chunk->refs != chunk->found_refs || chunk->live != chunk->found_live)
		check_fault_of(check, META_ABOUT_CHUNK, chunk->chunk,
		        "chunk %016" PRIx64 " says %u references to %" PRIu64
		        " bytes and has %u to %" PRIu64,
		        chunk->chunk, chunk->refs, chunk->live, chunk->found_refs,
		        chunk->found_live);
	if (miscounted(chunk) && check->out->miscounted)
		check->out->miscounted(check->out->arg, &(struct proto_mend_chunk){
		                                                .chunk = chunk->chunk,
		                                                .was_refs = chunk->refs,
		                                                .was_live = chunk->live,
		                                                .refs = chunk->found_refs,
		                                                .live = chunk->found_live,
		                                        });
	if (unused != (chunk->state == PROTO_CHUNK_STATE_FREED))
		check_fault_of(check, META_ABOUT_CHUNK, chunk->chunk, "chunk %016" PRIx64 " is %s",
		        chunk->chunk, unused ? "used by nothing and not freed" : "freed and used");
	if ((chunk->state == PROTO_CHUNK_STATE_FREED) != chunk->freed)
		check_fault_of(check, META_ABOUT_CHUNK, chunk->chunk,
		        "chunk %016" PRIx64 " is freed and not listed so", chunk->chunk);
	if ((chunk->session != 0) != chunk->member)
		check_fault_of(check, META_ABOUT_CHUNK, chunk->chunk,
		        "chunk %016" PRIx64 " names session %016" PRIx64 ", which does not list it",
		        chunk->chunk, chunk->session);
}

/* One that nothing points at, or that is freed already, is left as it is: to count it right would
 * be to delete it. */
static bool miscounted(const struct check_chunk *chunk)
{
	return chunk->state != PROTO_CHUNK_STATE_FREED && chunk->found_refs > 0 &&
	       (chunk->refs != chunk->found_refs || chunk->live != chunk->found_live);
}
