/* SPDX-License-Identifier: MIT */
/* The versioned tree under the simulated KV: AVL, copied along the path where another root shares
 * it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/kv_tree.h"
#include "io/sim/world.h"

struct sim_node {
	unsigned refs; /* parents and roots that point here */
	int height;
	struct sim_node *left, *right;
	struct sim_row *row;
};

/* ---- rows ---- */

struct sim_row *sim_row_create(struct kv_bytes key, struct kv_bytes value)
{
	struct sim_row *row = sim_alloc(sizeof(*row) + key.size + value.size);

	row->refs = 1;
	row->key_size = key.size;
	row->value_size = value.size;
	memcpy(row->bytes, key.data, key.size);
	if (value.size)
		memcpy(row->bytes + key.size, value.data, value.size);
	return row;
}

struct sim_row *sim_row_ref(struct sim_row *row)
{
	row->refs++;
	return row;
}

void sim_row_unref(struct sim_row *row)
{
	if (row && --row->refs == 0)
		free(row);
}

struct kv_bytes sim_row_key(const struct sim_row *row)
{
	return (struct kv_bytes){.data = row->bytes, .size = row->key_size};
}

struct kv_bytes sim_row_value(const struct sim_row *row)
{
	return (struct kv_bytes){.data = row->bytes + row->key_size, .size = row->value_size};
}

static int compare(struct kv_bytes a, struct kv_bytes b)
{
	size_t common = a.size < b.size ? a.size : b.size;
	int order = common ? memcmp(a.data, b.data, common) : 0;

	return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_node(struct kv_bytes key, const struct sim_node *node)
{
	return compare(key, sim_row_key(node->row));
}

/* ---- sharing ---- */

struct sim_node *sim_tree_share(struct sim_node *root)
{
	if (root)
		root->refs++;
	return root;
}

void sim_tree_drop(struct sim_node *root)
{
	if (!root || --root->refs > 0)
		return;
	sim_tree_drop(root->left);
	sim_tree_drop(root->right);
	sim_row_unref(root->row);
	free(root);
}

/* Make *slot this tree's alone, so that it may be changed. Its parent must be so already. */
static struct sim_node *own(struct sim_node **slot)
{
	struct sim_node *shared = *slot;
	struct sim_node *copy;

	if (shared->refs == 1)
		return shared;
	copy = sim_alloc(sizeof(*copy));
	*copy = *shared;
	copy->refs = 1;
	sim_tree_share(copy->left);
	sim_tree_share(copy->right);
	sim_row_ref(copy->row);
	shared->refs--;
	*slot = copy;
	return copy;
}

/* ---- look-up ---- */

struct sim_row *sim_tree_get(const struct sim_node *root, struct kv_bytes key)
{
	while (root) {
		int order = compare_node(key, root);

		if (order == 0)
			return root->row;
		root = order < 0 ? root->left : root->right;
	}
	return NULL;
}

struct sim_row *sim_tree_seek(const struct sim_node *root, struct kv_bytes key, bool past)
{
	struct sim_row *best = NULL;

	while (root) {
		int order = compare_node(key, root);

		if (order < 0 || (order == 0 && !past)) {
			best = root->row;
			root = root->left;
		} else {
			root = root->right;
		}
	}
	return best;
}

struct sim_row *sim_tree_last(const struct sim_node *root)
{
	if (!root)
		return NULL;
	while (root->right)
		root = root->right;
	return root->row;
}

/* ---- balance ---- */

static int height(const struct sim_node *node)
{
	return node ? node->height : 0;
}

static void measure(struct sim_node *node)
{
	int left = height(node->left);
	int right = height(node->right);

	node->height = (left > right ? left : right) + 1;
}

/* The child on the left becomes the parent. */
static void rotate_right(struct sim_node **slot)
{
	struct sim_node *node = *slot;
	struct sim_node *child = own(&node->left);

	node->left = child->right;
	child->right = node;
	*slot = child;
	measure(node);
	measure(child);
}

static void rotate_left(struct sim_node **slot)
{
	struct sim_node *node = *slot;
	struct sim_node *child = own(&node->right);

	node->right = child->left;
	child->left = node;
	*slot = child;
	measure(node);
	measure(child);
}

/* *slot is our own; its sides differ by two at most. */
static void balance(struct sim_node **slot)
{
	struct sim_node *node = *slot;
	int lean = height(node->left) - height(node->right);

	assert(node->refs == 1 && lean >= -2 && lean <= 2);
	if (lean == 2) {
		struct sim_node *left = own(&node->left);

		if (height(left->left) < height(left->right))
			rotate_left(&node->left);
		rotate_right(slot);
	} else if (lean == -2) {
		struct sim_node *right = own(&node->right);

		if (height(right->right) < height(right->left))
			rotate_right(&node->right);
		rotate_left(slot);
	} else {
		measure(node);
	}
}

/* ---- change ---- */

static struct sim_node *leaf_create(struct sim_row *row)
{
	struct sim_node *node = sim_alloc(sizeof(*node));

	node->refs = 1;
	node->height = 1;
	node->row = row;
	return node;
}

void sim_tree_put(struct sim_node **root, struct sim_row *row)
{
	struct sim_node *node;
	int order;

	if (!*root) {
		*root = leaf_create(row);
		return;
	}
	node = own(root);
	order = compare_node(sim_row_key(row), node);
	if (order == 0) {
		sim_row_unref(node->row);
		node->row = row;
		return;
	}
	sim_tree_put(order < 0 ? &node->left : &node->right, row);
	balance(root);
}

/* Take the first node out; its row goes to the caller. */
static struct sim_row *take_first(struct sim_node **root)
{
	struct sim_node *node = own(root);
	struct sim_row *row;

	if (node->left) {
		row = take_first(&node->left);
		balance(root);
		return row;
	}
	row = node->row;
	*root = node->right;
	free(node);
	return row;
}

static void remove_root(struct sim_node **root)
{
	struct sim_node *node = own(root);

	sim_row_unref(node->row);
	if (node->left && node->right) {
		node->row = take_first(&node->right);
		balance(root);
		return;
	}
	*root = node->left ? node->left : node->right;
	free(node);
}

static void remove_key(struct sim_node **root, struct kv_bytes key)
{
	struct sim_node *node = own(root);
	int order = compare_node(key, node);

	if (order == 0) {
		remove_root(root);
		return;
	}
	remove_key(order < 0 ? &node->left : &node->right, key);
	balance(root);
}

/* Look before the path is copied: a key that is not there changes nothing. */
bool sim_tree_del(struct sim_node **root, struct kv_bytes key)
{
	if (!sim_tree_get(*root, key))
		return false;
	remove_key(root, key);
	return true;
}
