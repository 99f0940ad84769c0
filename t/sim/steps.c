/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "meta/meta.h"
#include "steps.h"

enum { PATIENCE_MS = 120000 };

static void call(struct world *world, enum proto_call which, const void *args, struct arena *arena,
        void *ret_reply);

/* ---- files ---- */

void step_put(struct world *world, const char *path, const struct client_put *how,
        const void *bytes, uint64_t size)
{
	struct client_put all = *how;
	struct world_put put;

	all.path = path;
	all.mode = 0644;
	world_put(world, 0, &all, bytes, size, &put);
	assert_true(world_run_until(world, &put.over, PATIENCE_MS));
	assert_string_equal(put.result.err.text, "");
	assert_int_equal(put.result.code, 0);
}

void step_same(struct world *world, const char *path, const void *bytes, uint64_t size)
{
	struct world_get get;

	world_get(world, 0, path, &get);
	assert_true(world_run_until(world, &get.over, PATIENCE_MS));
	assert_string_equal(get.result.err.text, "");
	assert_int_equal(get.result.code, 0);
	assert_int_equal(get.bytes.size, size);
	assert_memory_equal(get.bytes.data, bytes, size);
	buf_fini(&get.bytes);
}

void step_put_files(
        struct world *world, unsigned files, const struct client_put *how, uint64_t size)
{
	for (unsigned i = 0; i < files; i++) {
		void *bytes = world_bytes(i + 1, size);
		char path[16];

		step_put(world, step_file_name(i, path), how, bytes, size);
		free(bytes);
	}
}

void step_same_files(struct world *world, unsigned files, uint64_t size)
{
	for (unsigned i = 0; i < files; i++) {
		void *bytes = world_bytes(i + 1, size);
		char path[16];

		step_same(world, step_file_name(i, path), bytes, size);
		free(bytes);
	}
}

const char *step_file_name(unsigned file, char ret[16])
{
	snprintf(ret, 16, "/f%u", file);
	return ret;
}

int step_remove(struct world *world, const char *path)
{
	struct proto_remove_args args = {.path = path, .now = true};

	return world_call(world, 0, PROTO_CALL_REMOVE, &args, NULL);
}

/* ---- what the master says ---- */

bool step_says(struct world *world, unsigned client, enum proto_call which, const void *args,
        const char *text)
{
	struct buf json = {0};
	bool says;

	assert_int_equal(world_call(world, client, which, args, &json), 0);
	buf_append(&json, "", 1);
	says = strstr(json.data, text) != NULL;
	buf_fini(&json);
	return says;
}

bool step_status_says(struct world *world, const char *text)
{
	struct proto_status_args args = {0};

	return step_says(world, 0, PROTO_CALL_STATUS, &args, text);
}

struct proto_status_reply step_status(struct world *world, struct arena *arena)
{
	struct proto_status_args args = {0};
	struct proto_status_reply reply = {0};

	call(world, PROTO_CALL_STATUS, &args, arena, &reply);
	return reply;
}

struct proto_locate_reply step_locate(struct world *world, const char *path, struct arena *arena)
{
	struct proto_locate_args args = {.path = path};
	struct proto_locate_reply reply = {0};

	call(world, PROTO_CALL_LOCATE, &args, arena, &reply);
	return reply;
}

void step_await_calm(struct world *world)
{
	struct arena arena = {0};

	while (step_status(world, &arena).safe_mode)
		sim_run_for(world->sim, 100);
	arena_fini(&arena);
}

uint32_t step_number_of(struct world *world, unsigned node)
{
	struct proto_nodes_args args = {0};
	struct proto_nodes_reply reply = {0};
	struct arena arena = {0};
	uint32_t number = 0;

	call(world, PROTO_CALL_NODES, &args, &arena, &reply);
	for (size_t i = 0; i < reply.nodes_count; i++)
		if (strcmp(reply.nodes[i].address, world->nodes[node].address) == 0)
			number = reply.nodes[i].node;
	arena_fini(&arena);
	assert_int_not_equal(number, 0);
	return number;
}

static void call(struct world *world, enum proto_call which, const void *args, struct arena *arena,
        void *ret_reply)
{
	struct buf json = {0};

	assert_int_equal(world_call(world, 0, which, args, &json), 0);
	assert_int_equal(
	        proto_call_info(which)->reply_decode(arena, json.data, json.size, ret_reply, NULL),
	        0);
	buf_fini(&json);
}

void step_mkdirs(struct world *world, unsigned from, unsigned count)
{
	for (unsigned i = from; i < from + count; i++) {
		char path[32];
		struct proto_mkdir_args args = {.path = path, .mode = 0755};

		snprintf(path, sizeof(path), "/d%u", i);
		assert_int_equal(world_call(world, 0, PROTO_CALL_MKDIR, &args, NULL), 0);
	}
}

struct proto_row_counters step_counters(struct kv *kv)
{
	struct proto_row_counters ret;
	struct arena arena = {0};
	struct dfs_error err;

	assert_int_equal(meta_verify(kv, &arena, &ret, &err), 0);
	arena_fini(&arena);
	return ret;
}
