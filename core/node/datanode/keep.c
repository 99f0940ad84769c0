/* SPDX-License-Identifier: MIT */
/*
 * Keepsakes (RULES 20): pieces of the master's metadata as sealed chunks.
 *
 *   keep --> keepsake_read of the next bytes --> the store's copy --> ... --> durable -->
 * answered
 *
 * A copy like that from another datanode, but for its source: the master's file, over the channel
 * that is there. GET /v1/keepsakes tells a rescuer which keepsakes are here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "base/chunk_id.h"
#include "base/crc32c.h"
#include "base/text.h"
#include "node/datanode/role.h"

enum {
	READ_BYTES = 1 << 20,
	READ_PATIENCE_MS = 20000,
	LIST_MAX = 1000,
};

struct keeping {
	struct datanode *datanode;
	struct link_call *call;
	struct store_copy *copy; /* NULL once it is ending */
	char name[64];
	uint64_t chunk, offset, length, got;
	bool reading; /* a call to the master is under way: it comes back, whatever happens */
	bool over;    /* answered: only that call is awaited */
	struct keeping *prev, *next;
};

static int begin(
        struct keeping *keeping, const struct proto_keep_args *args, struct dfs_error *err);
static void read_next(struct keeping *keeping);
static void got_pieces(void *arg, int code, const struct dfs_error *err, const void *reply);
static int feed(struct keeping *keeping, const struct proto_keepsake_read_reply *reply,
        struct dfs_error *err);
static int feed_bytes(
        struct keeping *keeping, const uint8_t *bytes, size_t size, struct dfs_error *err);
static void stored(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held);
static void fail(struct keeping *keeping, int code, const char *text);
static void keeping_over(struct keeping *keeping);
static void keeping_free(struct keeping *keeping);
static int list_add(void *arg, const struct store_held *held);

void keep_start(
        struct datanode *datanode, struct link_call *call, const struct proto_keep_args *args)
{
	struct keeping *keeping = calloc(1, sizeof(*keeping));
	struct proto_keep_reply done = {0};
	struct dfs_error err = {0};
	int code;

	if (!keeping) {
		link_refuse(call, DFS_E_NOMEM, "the datanode is out of memory");
		return;
	}
	keeping->datanode = datanode;
	keeping->call = call;
	DL_APPEND(datanode->keepings, keeping);
	code = begin(keeping, args, &err);
	if (code == DFS_E_EXIST) { /* it is here already */
		link_answer(call, &done);
		keeping_free(keeping);
	} else if (code != 0) {
		fail(keeping, code, err.text);
	} else {
		read_next(keeping);
	}
}

void keep_close_all(struct datanode *datanode)
{
	struct keeping *keeping, *next;

	DL_FOREACH_SAFE (datanode->keepings, keeping, next) {
		if (!keeping->over && keeping->copy)
			fail(keeping, DFS_E_CANCELLED, "the datanode is stopping");
	}
}

/* The store tells of none of them any more, and the channel is gone. */
void keep_fini(struct datanode *datanode)
{
	struct keeping *keeping, *next;

	DL_FOREACH_SAFE (datanode->keepings, keeping, next) {
		if (!keeping->over)
			link_refuse(keeping->call, DFS_E_CANCELLED, "the datanode is stopping");
		keeping->copy = NULL; /* went with the store */
		keeping_free(keeping);
	}
}

static int begin(struct keeping *keeping, const struct proto_keep_args *args, struct dfs_error *err)
{
	if (!chunk_is_keepsake(args->chunk) || args->length == 0)
		return error_set(err, DFS_E_INVAL, "chunk %016llx is no keepsake",
		        (unsigned long long)args->chunk);
	keeping->chunk = args->chunk;
	keeping->offset = args->offset;
	keeping->length = args->length;
	snprintf(keeping->name, sizeof(keeping->name), "%s", args->name);
	return store_copy_begin(keeping->datanode->store, args->chunk, args->version, args->length,
	        args->crc, &keeping->copy, err);
}

static void read_next(struct keeping *keeping)
{
	uint64_t left = keeping->length - keeping->got;
	struct proto_keepsake_read_args args = {
	        .name = keeping->name,
	        .offset = keeping->offset + keeping->got,
	        .limit = left < READ_BYTES ? (uint32_t)left : READ_BYTES,
	};

	if (!keeping->datanode->link) {
		fail(keeping, DFS_E_CLOSED, "the channel to the master closed");
		return;
	}
	keeping->reading = true;
	link_call(keeping->datanode->link, PROTO_CALL_KEEPSAKE_READ, &args, 0, 0,
	        READ_PATIENCE_MS, got_pieces, keeping);
}

static void got_pieces(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct keeping *keeping = arg;
	struct dfs_error why = {0};

	keeping->reading = false;
	if (keeping->over) {
		keeping_free(keeping);
		return;
	}
	if (code != 0) {
		fail(keeping, code, err->text);
		return;
	}
	code = feed(keeping, reply, &why);
	if (code != 0) {
		fail(keeping, code, why.text);
	} else if (keeping->got < keeping->length) {
		read_next(keeping);
	} else {
		struct store_copy *copy = keeping->copy;

		keeping->copy = NULL;
		store_copy_end(copy, stored, keeping);
	}
}

static int feed(struct keeping *keeping, const struct proto_keepsake_read_reply *reply,
        struct dfs_error *err)
{
	uint64_t before = keeping->got;
	int code = 0;

	for (size_t i = 0; i < reply->pieces_count && code == 0; i++) {
		size_t size = strlen(reply->pieces[i].data) / 2;
		uint8_t *bytes = malloc(size + 1);

		if (!bytes)
			return error_set(err, DFS_E_NOMEM, "the datanode is out of memory");
		if (text_hex_decode(reply->pieces[i].data, bytes, size) != 0 ||
		        size > keeping->length - keeping->got)
			code = error_set(err, DFS_E_PROTO,
			        "the master sent other bytes of %s than asked for", keeping->name);
		else
			code = feed_bytes(keeping, bytes, size, err);
		free(bytes);
	}
	if (code == 0 && keeping->got == before)
		code = error_set(err, DFS_E_CHANGED, "the master's %s ends at byte %llu",
		        keeping->name, (unsigned long long)(keeping->offset + keeping->got));
	return code;
}

/* In spans, each a record of its own. */
static int feed_bytes(
        struct keeping *keeping, const uint8_t *bytes, size_t size, struct dfs_error *err)
{
	int code = 0;

	for (size_t at = 0; at < size && code == 0;) {
		size_t part = size - at < SPAN_SIZE_MAX ? size - at : SPAN_SIZE_MAX;
		struct frame frame = {
		        .size_bytes = (uint32_t)part,
		        .crc = crc32c(0, bytes + at, part),
		        .flags = FRAME_RECORD_END,
		};
		uint8_t header[FRAME_HEADER_SIZE];

		frame_encode(&frame, header);
		code = store_copy_feed(keeping->copy, header, sizeof(header), err);
		if (code == 0)
			code = store_copy_feed(keeping->copy, bytes + at, part, err);
		at += part;
	}
	keeping->got += size;
	atomic_fetch_add(&keeping->datanode->pulse.write_bytes, size);
	return code;
}

static void stored(
        void *arg, int status, const struct dfs_error *err, const struct store_held *held)
{
	struct keeping *keeping = arg;
	struct proto_keep_reply reply = {0};

	if (status != 0) {
		fail(keeping, status, err->text);
		return;
	}
	link_answer(keeping->call, &reply);
	reports_changed(keeping->datanode, held);
	keeping_over(keeping);
}

static void fail(struct keeping *keeping, int code, const char *text)
{
	pulse_errors(keeping->datanode);
	datanode_log(keeping->datanode, "warn",
	        "event=keep_failed chunk=%016llx file=%s code=%s text=\"%s\"",
	        (unsigned long long)keeping->chunk, keeping->name, dfs_error_name(code), text);
	link_refuse(keeping->call, code, text);
	keeping_over(keeping);
}

static void keeping_over(struct keeping *keeping)
{
	keeping->over = true;
	if (keeping->copy)
		store_copy_cancel(keeping->copy);
	keeping->copy = NULL;
	if (!keeping->reading)
		keeping_free(keeping);
}

static void keeping_free(struct keeping *keeping)
{
	if (keeping->copy)
		store_copy_cancel(keeping->copy);
	DL_DELETE(keeping->datanode->keepings, keeping);
	free(keeping);
}

/* ---- GET /v1/keepsakes ---- */

struct listing {
	struct proto_held held[LIST_MAX];
	size_t count;
	bool more;
};

int keep_list(struct datanode *datanode, uint64_t after, struct buf *ret)
{
	struct listing *listing = calloc(1, sizeof(*listing));
	struct proto_keepsakes keepsakes = {
	        .cluster = datanode->options.store.identity.cluster,
	        .epoch = datanode->reign_saved.epoch,
	        .reign = datanode->reign_saved.reign,
	        .operation = datanode->reign_saved.operation,
	};
	int code;

	if (!listing)
		return DFS_E_NOMEM;
	store_each(datanode->store, after, list_add, listing);
	keepsakes.chunks = listing->held;
	keepsakes.chunks_count = listing->count;
	keepsakes.more = listing->more;
	code = proto_keepsakes_encode(&keepsakes, ret);
	free(listing);
	return code;
}

static int list_add(void *arg, const struct store_held *held)
{
	struct listing *listing = arg;

	if (!chunk_is_keepsake(held->chunk) ||
	        (enum proto_held_state)held->state != PROTO_HELD_STATE_SEALED)
		return 0;
	if (listing->count == LIST_MAX) {
		listing->more = true;
		return 1;
	}
	listing->held[listing->count++] = (struct proto_held){
	        .chunk = held->chunk,
	        .version = held->version,
	        .length = held->length,
	        .state = PROTO_HELD_STATE_SEALED,
	        .crc = held->crc,
	        .why = "",
	};
	return 0;
}
