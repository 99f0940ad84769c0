/* SPDX-License-Identifier: MIT */
/* Where a file's bytes are: extents with replicas, best first, and a ticket for exactly each range
 * (RULES 8, 9, 32). */
#include <string.h>
#include "node/master/role.h"

static bool locate_extent(struct request *request, const struct meta_extents *extents, size_t i,
        struct proto_located *ret);

void handle_locate(struct request *request, const void *args)
{
	const struct proto_locate_args *locate = args;
	struct proto_locate_reply reply = {0};
	struct meta_extents extents = {0};
	struct dfs_error err = {0};
	uint32_t limit = locate->limit > 0 && locate->limit < 256 ? locate->limit : 256;
	const char *path = NULL;

	if (locate->path && locate->path[0]) {
		path = request_path(request, locate->path);
		if (!path)
			return;
	} else if (request->token.prefix[0] && strcmp(request->token.prefix, "/") != 0) {
		request_refuse(request, DFS_E_PERM, "a token for one tree must locate by path");
		return;
	}
	if (meta_extents(request->master->meta, path, locate->inode, locate->generation,
	            locate->offset, limit, &request->arena, &extents, &err) != 0) {
		request_fail(request, &err);
		return;
	}
	reply.attr = extents.attr;
	reply.more = extents.more;
	reply.extents = arena_alloc(&request->arena, (extents.count + 1) * sizeof(*reply.extents));
	for (; reply.extents && reply.extents_count < extents.count; reply.extents_count++) {
		if (!locate_extent(request, &extents, reply.extents_count,
		            &reply.extents[reply.extents_count])) {
			request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
			return;
		}
		if (reply.extents[reply.extents_count].replicas_count == 0 &&
		        calls_wait(request, DFS_E_UNAVAIL))
			return;
	}
	request_answer(request, &reply);
}

static bool locate_extent(struct request *request, const struct meta_extents *extents, size_t i,
        struct proto_located *ret)
{
	const struct proto_row_extent_row *extent = &extents->extents[i];
	const struct proto_row_chunk *chunk = &extents->chunks[i];
	struct ticket ticket = {
	        .verb = TICKET_READ,
	        .chunk = extent->chunk,
	        .version = chunk->version,
	        .offset = extent->chunk_offset,
	        .length = extent->length,
	        .expires_ms = master_clock_ms(request->master) +
	                      (int64_t)request->master->options.ticket_ms,
	};
	char text[PASS_SIZE];

	ticket_sign(request->master->options.key, &ticket, text);
	ret->offset = extents->offsets[i];
	ret->chunk = extent->chunk;
	ret->version = chunk->version;
	ret->state = chunk->state;
	ret->chunk_offset = extent->chunk_offset;
	ret->length = extent->length;
	ret->crc = extent->crc;
	ret->chunk_length = chunk->length;
	ret->ticket = arena_text(&request->arena, text, strlen(text));
	cluster_chunk_wanted(request->master->cluster, extent->chunk);
	return ret->ticket && cluster_replicas(request->master->cluster, extent->chunk,
	                              &request->arena, &ret->replicas, &ret->replicas_count) == 0;
}
