/* SPDX-License-Identifier: MIT */
#ifndef IO_SIM_KV_TREE_H
#define IO_SIM_KV_TREE_H

#include "io/kv.h"

/*
 * An AVL tree of rows whose versions share what they have in common. A root is a value:
 * `sim_tree_share` gives a second one of the same rows at once, and changing one never changes the
 * other, for a node that two roots can reach is copied before it is changed. That is what makes
 * snapshots, aborts and copies of a whole store cheap.
 */
struct sim_row {
	unsigned refs;
	size_t key_size, value_size;
	unsigned char bytes[]; /* key, then value */
};

struct sim_node;

struct sim_node *sim_tree_share(struct sim_node *root); /* takes NULL, the empty tree */
void sim_tree_drop(struct sim_node *root);
/* The row with that key; NULL. */
struct sim_row *sim_tree_get(const struct sim_node *root, struct kv_bytes key);
/* The first row whose key is >= `key`, or > where `past`; NULL. */
struct sim_row *sim_tree_seek(const struct sim_node *root, struct kv_bytes key, bool past);
struct sim_row *sim_tree_last(const struct sim_node *root);
/* Adds or replaces; takes over the caller's reference to `row`. */
void sim_tree_put(struct sim_node **root, struct sim_row *row);
bool sim_tree_del(struct sim_node **root, struct kv_bytes key);

struct sim_row *sim_row_create(struct kv_bytes key, struct kv_bytes value);
struct sim_row *sim_row_ref(struct sim_row *row);
void sim_row_unref(struct sim_row *row); /* takes NULL */
struct kv_bytes sim_row_key(const struct sim_row *row);
struct kv_bytes sim_row_value(const struct sim_row *row);

#endif
