/* SPDX-License-Identifier: MIT */
#ifndef UNIT_META_MODEL_H
#define UNIT_META_MODEL_H

#include "meta/meta.h"

/*
 * What the metadata should be, in the plainest form: a tree of nodes with pointers, sessions with
 * their bytes. Knows nothing of tables. model_apply says with which code the engine must answer,
 * and becomes what it should be then.
 */
enum { MODEL_SESSION_CHUNKS = 8, MODEL_SESSIONS = 8, MODEL_NAMES = 4 };

struct model_node {
	struct model_node *parent, *children, *next;
	char name[16], target[16];
	enum proto_kind kind;
	uint32_t mode;
	uint64_t size, generation;
	unsigned chunks; /* that its content uses */
};

struct model_session {
	uint64_t session; /* 0: free slot */
	struct model_node *parent;
	char name[16];
	bool no_replace;
	uint64_t staged;
	uint64_t chunks[MODEL_SESSION_CHUNKS];
	uint64_t filled[MODEL_SESSION_CHUNKS]; /* bytes of each that extents use */
	unsigned chunks_count;
};

/* A name in the trash. Its number is the engine's: the test tells it once it was answered. */
struct model_trash {
	struct model_trash *next;
	struct model_node *node;
	char path[64];
	uint64_t ticket, number, goes_ms;
};

struct model {
	struct model_node *root;
	struct model_trash *trash; /* the newest first */
	uint64_t tickets, living_ms;
	struct model_node *graves; /* removed: sessions may still point there */
	struct model_session sessions[MODEL_SESSIONS];
};

void model_init(struct model *model);
void model_fini(struct model *model);
int model_apply(struct model *model, const struct proto_op *op);
struct model_session *model_session(struct model *model, uint64_t session);
/* The entry with that ticket, that number; NULL. */
struct model_trash *model_trash_ticket(struct model *model, uint64_t ticket);
struct model_trash *model_trash_number(struct model *model, uint64_t number);
/* What is below the node; and the node itself too. */
void model_count(const struct model_node *node, uint64_t *files, uint64_t *dirs, uint64_t *bytes);
void model_count_all(
        const struct model_node *node, uint64_t *files, uint64_t *dirs, uint64_t *bytes);

#endif
