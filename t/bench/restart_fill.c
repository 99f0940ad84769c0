/* SPDX-License-Identifier: MIT */
/*
 * Metadata of many chunks, made as fast as the master's own engine can: sessions of 64 chunks with
 * a small extent each, through its operations and its log, in its batches. For restart_bench.
 *
 *     restart_fill DIR CHUNKS          DIR: a fresh one of `dfs init`. Prints the first chunk's id;
 * the others follow it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/kv_lmdb.h"
#include "meta/meta.h"
#include "net/loop.h"
#include "node/process/key.h"

enum { SESSION_CHUNKS = 64, NODES = 3, FILES_IN_FLIGHT = 512, EXTENT_SIZE = 4096 };

struct fill {
	struct loop *loop;
	struct kv *kv;
	struct meta *meta;
	uint64_t wanted, made, first, in_flight, files;
	bool over;
};

static void fatal(void *arg, const struct dfs_error *err)
{
	(void)arg;
	fprintf(stderr, "restart_fill: %s\n", err->text);
	exit(1);
}

static void check(int code, const struct dfs_error *err)
{
	if (code != 0)
		fatal(NULL, err);
}

static void go_on(struct fill *fill);

static void applied(void *arg, const struct meta_result *result)
{
	(void)arg;
	check(result->code, &result->err);
}

static void committed(void *arg, const struct meta_result *result)
{
	struct fill *fill = arg;

	check(result->code, &result->err);
	fill->in_flight--;
	go_on(fill);
}

static void nodes_make(struct fill *fill)
{
	for (uint32_t node = 1; node <= NODES; node++) {
		char address[32];
		struct proto_op op = {.kind = PROTO_OP_NODE_SET,
		        .node_set = {.node = node, .uuid = node, .address = address, .rack = ""}};

		snprintf(address, sizeof(address), "127.0.0.1:%u", node);
		meta_submit(fill->meta, &op, 0, 0, applied, NULL);
	}
}

/* A session, its chunks, and the commit that seals them; false while ids are being reserved. */
static bool file_make(struct fill *fill)
{
	static uint32_t nodes[NODES] = {1, 2, 3};
	struct proto_chunk_new chunks[SESSION_CHUNKS];
	struct proto_extent_new extents[SESSION_CHUNKS];
	char path[32];
	uint64_t session = meta_new_session(fill->meta);
	size_t count = 0;
	struct proto_op begin = {.kind = PROTO_OP_SESSION_BEGIN},
	                commit = {.kind = PROTO_OP_COMMIT};

	if (!session)
		return false;
	for (; count < SESSION_CHUNKS && fill->made < fill->wanted; count++) {
		uint64_t chunk = meta_new_chunk(fill->meta);

		if (!chunk)
			break;
		if (fill->first == 0)
			fill->first = chunk;
		if (chunk != fill->first + fill->made++)
			fatal(NULL, &(struct dfs_error){.text = "chunk ids are not in a row"});
		chunks[count] = (struct proto_chunk_new){chunk, 1, nodes, NODES};
		extents[count] = (struct proto_extent_new){
		        count * EXTENT_SIZE, chunk, 0, EXTENT_SIZE, (uint32_t)chunk, 1};
	}
	if (count == 0)
		return false;
	snprintf(path, sizeof(path), "/f%" PRIu64, fill->files++);
	begin.session_begin.session = commit.commit.session = session;
	begin.session_begin.path = path;
	begin.session_begin.goal = NODES;
	begin.session_begin.chunk_size = 1 << 20;
	begin.session_begin.chunks = chunks;
	begin.session_begin.chunks_count = count;
	commit.commit.size = count * EXTENT_SIZE;
	commit.commit.extents = extents;
	commit.commit.extents_count = count;
	commit.commit.mode = 0644;
	fill->in_flight++;
	meta_submit(fill->meta, &begin, 0, 0, applied, NULL);
	meta_submit(fill->meta, &commit, 0, 0, committed, fill);
	return true;
}

static void go_on(struct fill *fill)
{
	while (fill->made < fill->wanted && fill->in_flight < FILES_IN_FLIGHT && file_make(fill))
		;
	fill->over = fill->made == fill->wanted && fill->in_flight == 0;
}

int main(int argc, char **argv)
{
	struct fill fill = {.wanted = argc == 3 ? strtoull(argv[2], NULL, 10) : 0};
	struct loop_options loop_options = {.server = false};
	struct meta_options options = {.create = true, .fatal = fatal};
	struct cluster_key key;
	struct dfs_error err = {0};
	char path[4200];

	if (fill.wanted == 0) {
		fprintf(stderr, "usage: restart_fill DIR CHUNKS\n");
		return 2;
	}
	snprintf(path, sizeof(path), "%s/cluster.key", argv[1]);
	check(key_read(path, &key, &err), &err);
	snprintf(path, sizeof(path), "%s/master", argv[1]);
	check(loop_create(&fill.loop, &loop_options, &err), &err);
	check(kv_lmdb_open(&fill.kv, path, 0, &err), &err);
	options.kv = fill.kv;
	options.cluster = key.cluster;
	check(meta_open(&fill.meta, loop_io(fill.loop), &options, &err), &err);
	nodes_make(&fill);
	go_on(&fill);
	loop_run_until(fill.loop, &fill.over);
	printf("%016" PRIx64 "\n", fill.first);
	meta_close(fill.meta);
	loop_destroy(fill.loop);
	fill.kv->ops->close(fill.kv);
	return 0;
}
