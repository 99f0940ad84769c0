/* SPDX-License-Identifier: MIT */
/*
 * A keepsake's parts, one after the other: one datanode fetches it from here, the others from that
 * one, as they would for a repair. What they report of it before it has a row is kept for the
 * cluster engine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "node/master/keepsakes.h"

enum { KEEP_PATIENCE_MS = 300000 };

static int place(struct keepsakes *keepsakes, struct part *part);
static void ask_first(struct keepsakes *keepsakes);
static void kept_first(void *arg, int code, const struct dfs_error *err, const void *reply);
static void ask_others(struct keepsakes *keepsakes);
static void copied(void *arg, int code, const struct dfs_error *err, const void *reply);
static void part_over(struct keepsakes *keepsakes);

void keepsakes_store(struct keepsakes *keepsakes)
{
	struct part *part = &keepsakes->parts[keepsakes->at];

	if (place(keepsakes, part) == 0)
		ask_first(keepsakes);
}

static int place(struct keepsakes *keepsakes, struct part *part)
{
	struct master *master = keepsakes->master;
	const struct proto_keepsake_chunk *chunk = &keepsakes->chunks[keepsakes->at];
	uint64_t id = keepsakes->first + keepsakes->at;
	struct place_request request = {
	        .chunk = id,
	        .seed = id * 0x9e3779b97f4a7c15u ^ meta_reign(master->meta),
	        .path = "/",
	        .index = keepsakes->at,
	        .size_bytes = chunk->length,
	        .goal = keepsakes->goal,
	};
	struct place_answer answer = {0};
	struct dfs_error err = {0};
	char text[200];

	if (policies_place(master->options.policies, &request,
	            cluster_view(master->cluster, chunk->length, NULL, 0), &answer, &err) != 0) {
		keepsakes_fail(keepsakes, err.code, err.text);
		return -1;
	}
	if (answer.nodes_count < writes_least(master, keepsakes->goal)) {
		snprintf(text, sizeof(text),
		        "only %u datanodes can take a copy of the metadata, and %u are needed",
		        answer.nodes_count, writes_least(master, keepsakes->goal));
		keepsakes_fail(keepsakes, DFS_E_NODES, text);
		return -1;
	}
	part->count = answer.nodes_count;
	for (uint32_t i = 0; i < answer.nodes_count; i++)
		part->holders[i] = (struct holder){.keepsakes = keepsakes, .node = answer.nodes[i]};
	return 0;
}

/* The first of them that does it. */
static void ask_first(struct keepsakes *keepsakes)
{
	struct part *part = &keepsakes->parts[keepsakes->at];
	const struct proto_keepsake_chunk *chunk = &keepsakes->chunks[keepsakes->at];
	char name[CHECKPOINT_NAME_MAX];
	struct proto_keep_args args = {
	        .chunk = keepsakes->first + keepsakes->at,
	        .version = KEEPSAKE_VERSION,
	        .length = chunk->length,
	        .crc = chunk->crc,
	        .name = name,
	        .offset = keepsakes->at * (uint64_t)KEEPSAKE_PART_BYTES,
	        .epoch = meta_epoch(keepsakes->master->meta),
	};

	checkpoint_name(&keepsakes->file, name);
	keepsakes->asked = 1;
	machines_call(keepsakes->master, part->holders[0].node, PROTO_CALL_KEEP, &args,
	        KEEP_PATIENCE_MS, kept_first, &part->holders[0]);
}

static void kept_first(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct holder *holder = arg;
	struct keepsakes *keepsakes = holder->keepsakes;
	struct part *part = &keepsakes->parts[keepsakes->at];

	keepsakes->asked = 0;
	holder->stored = code == 0;
	if (code == 0) {
		ask_others(keepsakes);
		return;
	}
	snprintf(keepsakes->error, sizeof(keepsakes->error), "%s", err->text);
	part->count--;
	memmove(part->holders, part->holders + 1, part->count * sizeof(part->holders[0]));
	if (keepsakes->master->stopping ||
	        part->count < writes_least(keepsakes->master, keepsakes->goal))
		keepsakes_fail(keepsakes, code, err->text);
	else
		ask_first(keepsakes);
}

/* The others fetch it from that one, as they would for a repair. */
static void ask_others(struct keepsakes *keepsakes)
{
	struct master *master = keepsakes->master;
	struct part *part = &keepsakes->parts[keepsakes->at];
	const struct proto_keepsake_chunk *chunk = &keepsakes->chunks[keepsakes->at];
	const char *source = cluster_address(master->cluster, part->holders[0].node);
	char ticket[PASS_SIZE];
	struct proto_copy_args args = {
	        .chunk = keepsakes->first + keepsakes->at,
	        .version = KEEPSAKE_VERSION,
	        .length = chunk->length,
	        .crc = chunk->crc,
	        .source = source ? source : "",
	        .ticket = ticket,
	        .epoch = meta_epoch(master->meta),
	};

	machines_ticket(master, args.chunk, args.version, args.length, ticket);
	keepsakes->asked = part->count; /* one too many, till all have been asked */
	for (uint32_t i = 1; i < part->count; i++)
		machines_call(master, part->holders[i].node, PROTO_CALL_COPY, &args,
		        KEEP_PATIENCE_MS, copied, &part->holders[i]);
	if (--keepsakes->asked == 0)
		part_over(keepsakes);
}

static void copied(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct holder *holder = arg;
	struct keepsakes *keepsakes = holder->keepsakes;

	holder->stored = code == 0 || code == DFS_E_EXIST;
	if (!holder->stored)
		snprintf(keepsakes->error, sizeof(keepsakes->error), "%s", err->text);
	if (--keepsakes->asked == 0)
		part_over(keepsakes);
}

/* On enough of them? What is missing to the goal is repaired once it is a chunk. */
static void part_over(struct keepsakes *keepsakes)
{
	const struct part *part = &keepsakes->parts[keepsakes->at];
	uint32_t stored = 0;
	char text[512];

	for (uint32_t i = 0; i < part->count; i++)
		stored += part->holders[i].stored;
	if (keepsakes->master->stopping ||
	        stored < writes_least(keepsakes->master, keepsakes->goal)) {
		snprintf(text, sizeof(text), "%s", keepsakes->error);
		keepsakes_fail(keepsakes, DFS_E_NODES, text);
	} else if (++keepsakes->at < keepsakes->parts_count) {
		keepsakes_store(keepsakes);
	} else {
		keepsakes_commit(keepsakes);
	}
}

/* ---- what is reported meanwhile ---- */

bool keepsakes_coming(const struct master *master, uint64_t chunk)
{
	const struct keepsakes *keepsakes = master->keepsakes;

	return keepsakes && (keepsakes->stage == STORING || keepsakes->stage == COMMITTING) &&
	       chunk >= keepsakes->first && chunk - keepsakes->first < keepsakes->parts_count;
}

void keepsakes_node_gone(struct master *master, uint32_t node)
{
	struct keepsakes *keepsakes = master->keepsakes;
	size_t kept = 0;

	for (size_t i = 0; keepsakes && i < keepsakes->heard_count; i++)
		if (keepsakes->heard[i].node != node)
			keepsakes->heard[kept++] = keepsakes->heard[i];
	if (keepsakes)
		keepsakes->heard_count = kept;
}

void keepsakes_heard(
        struct master *master, uint32_t node, uint64_t chunk, const struct proto_held *held)
{
	struct keepsakes *keepsakes = master->keepsakes;
	struct heard *grown;
	size_t at = 0;

	if (!keepsakes_coming(master, chunk))
		return;
	while (at < keepsakes->heard_count &&
	        (keepsakes->heard[at].node != node || keepsakes->heard[at].held.chunk != chunk))
		at++;
	if (!held && at < keepsakes->heard_count)
		keepsakes->heard[at] = keepsakes->heard[--keepsakes->heard_count];
	if (!held)
		return;
	if (at == keepsakes->heard_count) {
		grown = realloc(keepsakes->heard, (at + 1) * sizeof(*grown));
		if (!grown)
			return; /* no memory: its next full report tells */
		keepsakes->heard = grown;
		keepsakes->heard_count++;
	}
	keepsakes->heard[at] = (struct heard){node, *held};
	keepsakes->heard[at].held.why = "";
}
