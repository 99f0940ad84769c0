/* SPDX-License-Identifier: MIT */
/* The fake cluster's beginning, end, time and files. */
#include "fake_cluster.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "fake_parts.h"

void fake_ticket(
        struct fake_cluster *fake, char verb, uint64_t chunk, uint64_t version, char ret[400])
{
	snprintf(ret, 400, "%c.%" PRIx64 ".%" PRIu64 ".%u", verb, chunk, version, fake->ticket_age);
}

void fake_receipt(uint64_t chunk, uint64_t offset, uint64_t length, uint32_t crc, char ret[400])
{
	snprintf(ret, 400, "receipt.%" PRIx64 ".%" PRIu64 ".%" PRIu64 ".%08x", chunk, offset,
	        length, crc);
}

struct fake_cluster *fake_create(const struct fake_options *options)
{
	struct fake_cluster *fake = calloc(1, sizeof(*fake));
	struct sim_options sim = {.seed = options->seed ? options->seed : 1,
	        .disk_min_us = options->work_ms * 1000,
	        .disk_max_us = options->work_ms * 1000};

	fake->options = *options;
	if (!fake->options.nodes)
		fake->options.nodes = 3;
	if (!fake->options.goal)
		fake->options.goal = 3;
	if (!fake->options.chunk_size)
		fake->options.chunk_size = 256 * 1024;
	fake->sim = sim_create(&sim);
	fake->client_host = sim_host_create(fake->sim, "client");
	fake->master_host = sim_host_create(fake->sim, "master");
	fake->first_client = fake->next_client = 100;
	fake->next_session = fake->next_chunk = fake->next_inode = fake->next_generation = 1;
	fake->chunks = calloc(FAKE_CHUNKS_MAX, sizeof(*fake->chunks));
	fake->notices = true;
	fake->ticket_age = 1;
	for (unsigned i = 0; i < fake->options.nodes; i++) {
		struct fake_node *node = &fake->nodes[i];
		char name[16];

		snprintf(name, sizeof(name), "node%u", i + 1);
		snprintf(node->address, sizeof(node->address), "%s:7071", name);
		node->fake = fake;
		node->index = i;
		node->host = sim_host_create(fake->sim, name);
		fake_node_serve(node);
	}
	fake_master_serve(fake);
	fake->client = fake_client_new(fake, "master:7070", "good");
	return fake;
}

struct client *fake_client_new(struct fake_cluster *fake, const char *master, const char *token)
{
	struct client_options options = {.master = master,
	        .token = token,
	        .program = "test",
	        .parallel = fake->options.parallel};
	struct client *client;
	struct dfs_error err = {0};
	int code = client_create(&client, sim_host_io(fake->client_host), &options, &err);

	assert(code == 0);
	return code == 0 ? client : NULL;
}

void fake_client_gone(struct fake_cluster *fake)
{
	client_destroy(fake->client);
	fake->client = NULL;
}

void fake_destroy(struct fake_cluster *fake)
{
	client_destroy(fake->client);
	if (fake->master_alive)
		fake_master_kill(fake);
	for (unsigned i = 0; i < fake->options.nodes; i++) {
		if (fake->nodes[i].alive)
			fake_node_kill(fake, i);
		fake_node_fini(&fake->nodes[i]);
	}
	fake_master_fini(fake);
	sim_destroy(fake->sim);
	free(fake->chunks);
	free(fake);
}

struct sim *fake_sim(struct fake_cluster *fake)
{
	return fake->sim;
}

struct client *fake_client(struct fake_cluster *fake)
{
	return fake->client;
}

struct sim_host *fake_master_host(struct fake_cluster *fake)
{
	return fake->master_host;
}

struct sim_host *fake_client_host(struct fake_cluster *fake)
{
	return fake->client_host;
}

/* ---- time ---- */

/* Deaths happen between events. */
static void bury(struct fake_cluster *fake)
{
	if (fake->master_dying)
		fake_master_kill(fake);
	for (unsigned i = 0; i < fake->options.nodes; i++)
		if (fake->nodes[i].dying)
			fake_node_kill(fake, i);
}

void fake_run(struct fake_cluster *fake, const bool *flag, uint64_t limit_ms)
{
	uint64_t end = sim_now_ms(fake->sim) + limit_ms;

	while (!*flag) {
		bool stepped = sim_step(fake->sim);

		assert(stepped);
		assert(sim_now_ms(fake->sim) <= end);
		bury(fake);
	}
}

void fake_run_for(struct fake_cluster *fake, uint64_t ms)
{
	for (uint64_t i = 0; i < ms; i++) {
		sim_run_for(fake->sim, 1);
		bury(fake);
	}
}

void fake_node_kill(struct fake_cluster *fake, unsigned index)
{
	struct fake_node *node = &fake->nodes[index];

	assert(node->alive);
	sim_host_kill(node->host);
	fake_node_clear(node);
	node->alive = node->dying = false;
}

void fake_node_start(struct fake_cluster *fake, unsigned index)
{
	struct fake_node *node = &fake->nodes[index];

	assert(!node->alive);
	sim_host_restart(node->host);
	fake_node_serve(node);
}

bool fake_node_alive(const struct fake_cluster *fake, unsigned node)
{
	return fake->nodes[node].alive;
}

void fake_node_fault(
        struct fake_cluster *fake, unsigned index, enum fake_fault fault, uint64_t bytes, int code)
{
	struct fake_node *node = &fake->nodes[index];

	node->fault = fault;
	node->fault_bytes = bytes;
	node->fault_code = code;
	node->fault_times = node->fault_skip = 0;
}

void fake_node_fault_skip(struct fake_cluster *fake, unsigned node, unsigned appends)
{
	fake->nodes[node].fault_skip = appends;
}

void fake_node_fault_times(struct fake_cluster *fake, unsigned node, unsigned times)
{
	fake->nodes[node].fault_times = times;
}

unsigned fake_node_posts(const struct fake_cluster *fake, unsigned node)
{
	return fake->nodes[node].posts_count;
}

unsigned fake_node_gets(const struct fake_cluster *fake, unsigned node)
{
	return fake->nodes[node].gets_count;
}

uint64_t fake_node_given(const struct fake_cluster *fake, unsigned node)
{
	return fake->nodes[node].given;
}

uint64_t fake_largest_post(const struct fake_cluster *fake)
{
	return fake->largest_post;
}

/* ---- files ---- */

static const struct fake_file *file_find(const struct fake_cluster *fake, const char *path)
{
	for (size_t i = 0; i < fake->files_count; i++)
		if (strcmp(fake->files[i].path, path) == 0)
			return &fake->files[i];
	return NULL;
}

bool fake_file_exists(const struct fake_cluster *fake, const char *path)
{
	return file_find(fake, path) != NULL;
}

static void extent_is(
        struct fake_cluster *fake, const struct fake_extent *extent, const uint8_t *bytes)
{
	struct fake_chunk *chunk = fake_chunk_find(fake, extent->chunk);
	size_t living = 0;

	assert(crc32c(0, bytes, extent->length) == extent->crc);
	for (size_t i = 0; i < chunk->nodes_count; i++) {
		struct fake_node *node = &fake->nodes[chunk->nodes[i]];
		struct fake_replica *replica = fake_replica_find(node, extent->chunk);

		/* One that was dead when the master sealed the chunk would be repaired later. */
		if (!node->alive ||
		        (chunk->version > 1 && (!replica || replica->version < chunk->version)))
			continue;
		living++;
		assert(replica && replica->bytes.size >= extent->chunk_offset + extent->length);
		assert(memcmp(replica->bytes.data + extent->chunk_offset, bytes, extent->length) ==
		        0);
	}
	assert(living > 0);
}

void fake_file_is(struct fake_cluster *fake, const char *path, const void *bytes, size_t size)
{
	const struct fake_file *file = file_find(fake, path);
	uint64_t at = 0;

	assert(file && file->size == size);
	for (size_t i = 0; i < file->extents_count; i++) {
		assert(file->extents[i].offset == at);
		extent_is(fake, &file->extents[i], (const uint8_t *)bytes + at);
		at += file->extents[i].length;
	}
	assert(at == size);
}

size_t fake_file_extents(const struct fake_cluster *fake, const char *path)
{
	return file_find(fake, path)->extents_count;
}

size_t fake_file_sealed(const struct fake_cluster *fake, const char *path)
{
	const struct fake_file *file = file_find(fake, path);
	size_t count = 0;

	for (size_t i = 0; i < file->extents_count; i++)
		count += !file->extents[i].receipt;
	return count;
}

uint64_t fake_file_chunk(const struct fake_cluster *fake, const char *path, size_t extent)
{
	return file_find(fake, path)->extents[extent].chunk;
}

void fake_file_break_crc(struct fake_cluster *fake, const char *path, size_t extent)
{
	((struct fake_file *)file_find(fake, path))->extents[extent].crc ^= 1;
}

void fake_file_hole(struct fake_cluster *fake, const char *path, size_t extent)
{
	struct fake_file *file = (struct fake_file *)file_find(fake, path);

	file->extents_count--;
	memmove(&file->extents[extent], &file->extents[extent + 1],
	        (file->extents_count - extent) * sizeof(*file->extents));
}

void fake_file_mode(struct fake_cluster *fake, const char *path, uint32_t mode, int64_t mtime_ns)
{
	struct fake_file *file = (struct fake_file *)file_find(fake, path);

	file->mode = mode;
	file->mtime_ns = mtime_ns;
}

static void chunk_fill(
        struct fake_cluster *fake, struct fake_chunk *chunk, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < chunk->nodes_count; i++) {
		struct fake_replica *replica = fake_replica_new(
		        &fake->nodes[chunk->nodes[i]], chunk->chunk, chunk->version);

		for (size_t at = 0; at < size; at += SPAN_SIZE_MAX) {
			uint32_t part =
			        size - at < SPAN_SIZE_MAX ? (uint32_t)(size - at) : SPAN_SIZE_MAX;

			fake_replica_add(replica, bytes + at, part, crc32c(0, bytes + at, part));
		}
		replica->sealed = true;
	}
	chunk->sealed = true;
	chunk->length = size;
}

void fake_file_make(struct fake_cluster *fake, const char *path, const void *bytes, size_t size)
{
	struct fake_file *file = (struct fake_file *)file_find(fake, path);
	size_t chunk_size = fake->options.chunk_size;

	if (!file) {
		assert(fake->files_count < FAKE_FILES_MAX);
		file = &fake->files[fake->files_count++];
		snprintf(file->path, sizeof(file->path), "%s", path);
		file->inode = fake->next_inode++;
		file->mode = 0644;
		file->extents = calloc(FAKE_EXTENTS_MAX, sizeof(*file->extents));
	}
	file->generation = fake->next_generation++;
	file->size = size;
	file->extents_count = 0;
	for (size_t at = 0; at < size; at += chunk_size) {
		size_t part = size - at < chunk_size ? size - at : chunk_size;
		struct fake_chunk *chunk = fake_chunk_new(fake, 0);

		chunk_fill(fake, chunk, (const uint8_t *)bytes + at, part);
		file->extents[file->extents_count++] = (struct fake_extent){.offset = at,
		        .chunk = chunk->chunk,
		        .length = part,
		        .crc = crc32c(0, (const uint8_t *)bytes + at, part),
		        .receipt = true};
	}
}
