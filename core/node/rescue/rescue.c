/* SPDX-License-Identifier: MIT */
/*
 * The stages of a rescue, one request at a time:
 *
 *   LISTING    each datanode: what does it keep?
 *   FEET       of each chunk the last 4,096 bytes: is it the end of a file, and of which?
 *   CHOOSING   -> the files that lead to the newest state; none: over
 *   FETCHING   the next of them, chunk by chunk, from one holder after the other until one's bytes
 *              are what it says they are; a file that is whole nowhere is broken: CHOOSING
 *   all there: over
 */
#include "node/rescue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "base/pass.h"
#include "client/chunk_http.h"
#include "io/disk.h"
#include "meta/keepsake.h"
#include "node/rescue/inside.h"
#include "proto/gen/proto.h"

enum { LISTED_BEFORE_MAX = 1000 }; /* pages of one datanode */

static const int64_t TICKET_MS = 7ll * 24 * 3600 * 1000;

enum stage { LISTING, FEET, FETCHING, OVER };

struct rescue {
	struct io *io;
	struct rescue_options options;
	struct rescue_files files;
	struct rescue_ask ask;
	struct io_timer *turn;
	enum stage stage;
	size_t datanode, answered; /* LISTING */
	uint64_t after;
	unsigned pages;
	size_t chunk, holder; /* FEET, FETCHING: which, and which of its holders is asked */
	size_t chosen[RESCUE_FILES_MAX], chosen_count, at; /* FETCHING: the file */
	int fd;
	uint64_t base, got; /* of the chunk under way: where it begins in the file, bytes here */
	uint32_t crc;
	struct dfs_error last; /* that went wrong */
	struct rescue_found found;
};

static void tell(struct rescue *rescue, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
static void go_on(void *arg);
static void answered(void *arg, int code, const struct dfs_error *err);
static int fetched_bytes(void *arg, const void *bytes, size_t size);
static int ask_list(struct rescue *rescue);
static void listed(struct rescue *rescue);
static int list_take(struct rescue *rescue, struct dfs_error *err);
static void next_datanode(struct rescue *rescue);
static int ask_foot(struct rescue *rescue);
static void foot_read(struct rescue *rescue);
static void next_chunk(struct rescue *rescue);
static void choose(struct rescue *rescue);
static void next_file(struct rescue *rescue);
static int ask_chunk(struct rescue *rescue);
static void chunk_fetched(struct rescue *rescue);
static void file_fetched(struct rescue *rescue);
static void file_broken(struct rescue *rescue, const char *why);
static int get_chunk(struct rescue *rescue, const struct rescue_chunk *chunk, const char *range);
static void over(struct rescue *rescue, int code, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

int rescue_start(struct rescue **ret, struct io *io, const struct rescue_options *options,
        struct dfs_error *err)
{
	struct rescue *rescue = calloc(1, sizeof(*rescue));

	if (!rescue)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	rescue->io = io;
	rescue->options = *options;
	rescue->fd = -1;
	rescue->ask.done = answered;
	rescue->ask.arg = rescue;
	rescue->turn = io_timer_create(io, go_on, rescue);
	if (!rescue->turn || rescue_ask_init(&rescue->ask, io) != 0) {
		rescue_destroy(rescue);
		return error_set(err, DFS_E_NOMEM, "out of memory");
	}
	io_timer_set(io, rescue->turn, 0);
	*ret = rescue;
	return 0;
}

void rescue_destroy(struct rescue *rescue)
{
	if (!rescue)
		return;
	if (rescue->fd >= 0)
		io_disk(rescue->io, close, rescue->fd);
	rescue_ask_fini(&rescue->ask);
	io_timer_destroy(rescue->io, rescue->turn);
	rescue_files_fini(&rescue->files);
	free(rescue);
}

const struct rescue_found *rescue_found(const struct rescue *rescue)
{
	return &rescue->found;
}

void rescue_file(const struct rescue *rescue, size_t number, char ret[CHECKPOINT_PATH_MAX])
{
	char name[CHECKPOINT_NAME_MAX];

	checkpoint_name(&rescue->files.sets[rescue->chosen[number]].foot, name);
	snprintf(ret, CHECKPOINT_PATH_MAX, "%s/%s", rescue->options.dir, name);
}

/* Each step begins with a turn of its own: an answer that comes at once must not nest. */
static void go_on(void *arg)
{
	struct rescue *rescue = arg;
	int code = 0;

	switch (rescue->stage) {
	case LISTING:
		code = ask_list(rescue);
		break;
	case FEET:
		code = ask_foot(rescue);
		break;
	case FETCHING:
		code = ask_chunk(rescue);
		break;
	case OVER:
		rescue->options.done(rescue->options.arg, rescue->last.code, &rescue->last);
		return;
	}
	if (code != 0)
		over(rescue, DFS_E_NOMEM, "out of memory");
}

static void answered(void *arg, int code, const struct dfs_error *err)
{
	struct rescue *rescue = arg;

	if (rescue->stage != OVER)
		rescue->last = *err;
	switch (rescue->stage) {
	case LISTING:
		listed(rescue);
		break;
	case FEET:
		foot_read(rescue);
		break;
	case FETCHING:
		chunk_fetched(rescue);
		break;
	case OVER:
		break;
	}
	io_timer_set(rescue->io, rescue->turn, 0);
}

/* ---- what each keeps ---- */

static int ask_list(struct rescue *rescue)
{
	struct token token = {.role = TOKEN_ADMIN};
	char path[CHUNK_TEXT_SIZE], pass[PASS_SIZE], bearer[PASS_SIZE + 8];

	if (rescue->datanode == rescue->options.datanodes_count) {
		choose(rescue); /* none was named */
		io_timer_set(rescue->io, rescue->turn, 0);
		return 0;
	}
	token_sign(rescue->options.key, &token, pass);
	snprintf(bearer, sizeof(bearer), "Bearer %s", pass);
	chunk_keepsakes_format(rescue->after, path);
	rescue->ask.bytes = NULL;
	return rescue_ask_get(
	        &rescue->ask, rescue->options.datanodes[rescue->datanode], path, bearer, NULL);
}

static void listed(struct rescue *rescue)
{
	int code = rescue->last.code;

	if (code == 0)
		code = list_take(rescue, &rescue->last);
	if (code == DFS_E_FENCED) {
		over(rescue, code, "%s", rescue->last.text);
		return;
	}
	if (code != 0)
		tell(rescue, "%s: going on without it", rescue->last.text);
	if (code != 0 || rescue->after == 0)
		next_datanode(rescue);
}

/* Sets `after` where there is more. */
static int list_take(struct rescue *rescue, struct dfs_error *err)
{
	const char *address = rescue->options.datanodes[rescue->datanode];
	struct proto_keepsakes keepsakes;
	struct arena arena = {0};
	int code = proto_keepsakes_decode(
	        &arena, rescue->ask.body.data, rescue->ask.body.size, &keepsakes, err);

	if (code != 0) {
		code = error_where(err, "datanode %s", address);
	} else if (strcmp(keepsakes.cluster, rescue->options.cluster) != 0) {
		code = error_set(err, DFS_E_FENCED,
		        "datanode %s is of cluster %s, and the key of cluster %s", address,
		        keepsakes.cluster, rescue->options.cluster);
	} else {
		uint64_t last = rescue->after;

		for (size_t i = 0; i < keepsakes.chunks_count && code == 0; i++) {
			const struct proto_held *held = &keepsakes.chunks[i];
			struct rescue_held one = {
			        held->chunk, held->length, held->crc, (uint32_t)rescue->datanode};

			last = held->chunk;
			code = rescue_held_add(&rescue->files, &one);
		}
		if (keepsakes.epoch > rescue->found.seen_epoch)
			rescue->found.seen_epoch = keepsakes.epoch;
		rescue->answered += rescue->after == 0;
		rescue->after = keepsakes.more && last > rescue->after &&
		                                ++rescue->pages < LISTED_BEFORE_MAX
		                        ? last
		                        : 0;
	}
	arena_fini(&arena);
	return code;
}

static void next_datanode(struct rescue *rescue)
{
	rescue->after = 0;
	rescue->pages = 0;
	if (++rescue->datanode < rescue->options.datanodes_count)
		return;
	if (rescue->answered == 0) {
		over(rescue, DFS_E_UNAVAIL, "none of the %zu datanodes answered; the last one: %s",
		        rescue->options.datanodes_count, rescue->last.text);
		return;
	}
	if (rescue_chunks_find(&rescue->files) != 0) {
		over(rescue, DFS_E_NOMEM, "out of memory");
		return;
	}
	tell(rescue, "%zu of %zu datanodes answered; they keep %zu chunks of the metadata",
	        rescue->answered, rescue->options.datanodes_count, rescue->files.chunks_count);
	rescue->stage = FEET;
	rescue->chunk = rescue->holder = 0;
	next_chunk(rescue);
}

/* ---- which files these are ---- */

static int ask_foot(struct rescue *rescue)
{
	const struct rescue_chunk *chunk = &rescue->files.chunks[rescue->chunk];
	struct chunk_range range = {chunk->length - CHECKPOINT_FOOT_SIZE, chunk->length - 1};
	char text[CHUNK_TEXT_SIZE];

	chunk_range_format(&range, text);
	rescue->ask.bytes = NULL;
	return get_chunk(rescue, chunk, text);
}

static void foot_read(struct rescue *rescue)
{
	const struct rescue_chunk *chunk = &rescue->files.chunks[rescue->chunk];
	struct checkpoint foot = {.operation = 0};

	if (rescue->last.code != 0 || rescue->ask.body.size != CHECKPOINT_FOOT_SIZE) {
		if (++rescue->holder < chunk->held_count)
			return; /* another one has it too */
		tell(rescue, "chunk %016" PRIx64 " cannot be read: %s", chunk->chunk,
		        rescue->last.text);
	} else if (checkpoint_foot_parse(rescue->ask.body.data, &foot, NULL) == 0 &&
	           !rescue_set_add(&rescue->files, rescue->chunk, &foot, rescue->options.cluster)) {
		tell(rescue,
		        "of the metadata at operation %" PRIu64 " of epoch %" PRIu64
		        " some chunks are missing",
		        foot.operation, foot.epoch);
	}
	rescue->chunk++;
	rescue->holder = 0;
	next_chunk(rescue);
}

/* The next that can have a foot, or the next stage. */
static void next_chunk(struct rescue *rescue)
{
	while (rescue->chunk < rescue->files.chunks_count &&
	        rescue->files.chunks[rescue->chunk].length < CHECKPOINT_FOOT_SIZE)
		rescue->chunk++;
	if (rescue->chunk == rescue->files.chunks_count)
		choose(rescue);
}

/* ---- the newest state, and its files ---- */

static void choose(struct rescue *rescue)
{
	rescue->chosen_count = rescue_choose(&rescue->files, rescue->chosen);
	rescue->stage = FETCHING;
	rescue->at = 0;
	if (rescue->chosen_count == 0 && rescue->files.chunks_count == 0)
		over(rescue, DFS_E_NOENT,
		        "these datanodes keep nothing of the metadata: name others, or use a "
		        "backup");
	else if (rescue->chosen_count == 0)
		over(rescue, DFS_E_NOENT,
		        "these datanodes keep no whole copy of the metadata: name the others too");
	else
		next_file(rescue);
}

/* The first that is not here yet. */
static void next_file(struct rescue *rescue)
{
	struct rescue_set *set;
	char path[CHECKPOINT_PATH_MAX];

	while (rescue->at < rescue->chosen_count &&
	        rescue->files.sets[rescue->chosen[rescue->at]].fetched)
		rescue->at++;
	if (rescue->at == rescue->chosen_count) {
		rescue->found.state = rescue->files.sets[rescue->chosen[rescue->at - 1]].foot;
		rescue->found.files_count = rescue->chosen_count;
		rescue->last.code = 0;
		rescue->stage = OVER;
		return;
	}
	set = &rescue->files.sets[rescue->chosen[rescue->at]];
	rescue_file(rescue, rescue->at, path);
	io_disk(rescue->io, unlink, path);
	rescue->fd = io_disk(rescue->io, open, path,
	        IO_OPEN_READ | IO_OPEN_WRITE | IO_OPEN_CREATE | IO_OPEN_EXCLUSIVE);
	if (rescue->fd < 0) {
		over(rescue, error_from_errno(-rescue->fd), "%s: %s", path, strerror(-rescue->fd));
		return;
	}
	rescue->chunk = set->first;
	rescue->holder = 0;
	rescue->base = 0;
}

static int ask_chunk(struct rescue *rescue)
{
	rescue->got = 0;
	rescue->crc = 0;
	rescue->ask.bytes = fetched_bytes;
	return get_chunk(rescue, &rescue->files.chunks[rescue->chunk], NULL);
}

static int fetched_bytes(void *arg, const void *bytes, size_t size)
{
	struct rescue *rescue = arg;
	struct iovec iov = {.iov_base = (void *)bytes, .iov_len = size};
	ssize_t wrote;

	if (size > rescue->files.chunks[rescue->chunk].length - rescue->got)
		return -1;
	wrote = io_disk(rescue->io, pwritev, rescue->fd, &iov, 1, rescue->base + rescue->got);
	if (wrote < 0) {
		char path[CHECKPOINT_PATH_MAX];

		rescue_file(rescue, rescue->at, path);
		over(rescue, error_from_errno((int)-wrote), "%s: %s", path, strerror((int)-wrote));
		return -1;
	}
	rescue->crc = crc32c(rescue->crc, bytes, size);
	rescue->got += size;
	return 0;
}

static void chunk_fetched(struct rescue *rescue)
{
	const struct rescue_chunk *chunk = &rescue->files.chunks[rescue->chunk];
	const struct rescue_set *set = &rescue->files.sets[rescue->chosen[rescue->at]];
	const char *from = rescue->ask.address;

	if (rescue->last.code != 0)
		tell(rescue, "chunk %016" PRIx64 ": %s", chunk->chunk, rescue->last.text);
	else if (rescue->got != chunk->length || rescue->crc != chunk->crc)
		tell(rescue, "chunk %016" PRIx64 ": what datanode %s sent fails its checksum",
		        chunk->chunk, from);
	else {
		rescue->base += chunk->length;
		rescue->chunk++;
		rescue->holder = 0;
		if (rescue->chunk == set->first + set->count)
			file_fetched(rescue);
		return;
	}
	if (++rescue->holder == chunk->held_count)
		file_broken(rescue, "a chunk of it is whole nowhere");
}

static void file_fetched(struct rescue *rescue)
{
	struct rescue_set *set = &rescue->files.sets[rescue->chosen[rescue->at]];
	struct checkpoint found;
	struct dfs_error err = {0};
	char path[CHECKPOINT_PATH_MAX];

	rescue_file(rescue, rescue->at, path);
	io_disk(rescue->io, close, rescue->fd);
	rescue->fd = -1;
	if (checkpoint_check(rescue->io, path, &found, &err) != 0) {
		file_broken(rescue, err.text);
		return;
	}
	set->fetched = true;
	next_file(rescue);
}

static void file_broken(struct rescue *rescue, const char *why)
{
	struct rescue_set *set = &rescue->files.sets[rescue->chosen[rescue->at]];

	tell(rescue, "the metadata at operation %" PRIu64 " cannot be used: %s",
	        set->foot.operation, why);
	if (rescue->fd >= 0)
		io_disk(rescue->io, close, rescue->fd);
	rescue->fd = -1;
	set->broken = true;
	choose(rescue);
}

static int get_chunk(struct rescue *rescue, const struct rescue_chunk *chunk, const char *range)
{
	const struct rescue_held *held = &rescue->files.held[chunk->held + rescue->holder];
	struct ticket ticket = {
	        .verb = TICKET_READ,
	        .chunk = chunk->chunk,
	        .version = KEEPSAKE_VERSION,
	        .length = chunk->length,
	        .expires_ms = io_wall_ms(rescue->io) + TICKET_MS,
	};
	char path[CHUNK_TEXT_SIZE], pass[PASS_SIZE], bearer[PASS_SIZE + 8];

	ticket_sign(rescue->options.key, &ticket, pass);
	snprintf(bearer, sizeof(bearer), "Bearer %s", pass);
	chunk_path_format(chunk->chunk, path);
	return rescue_ask_get(
	        &rescue->ask, rescue->options.datanodes[held->datanode], path, bearer, range);
}

static void over(struct rescue *rescue, int code, const char *format, ...)
{
	char text[sizeof(rescue->last.text)]; /* what is printed may be the last error's text */
	va_list args;

	if (rescue->stage == OVER)
		return;
	rescue->stage = OVER;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	memcpy(rescue->last.text, text, sizeof(text));
	rescue->last.code = code;
	io_timer_set(rescue->io, rescue->turn, 0);
}

static void tell(struct rescue *rescue, const char *format, ...)
{
	char sentence[DFS_ERROR_TEXT_MAX + 200];
	va_list args;

	if (!rescue->options.tell)
		return;
	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	rescue->options.tell(rescue->options.arg, sentence);
}
