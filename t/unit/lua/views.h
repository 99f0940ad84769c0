/* SPDX-License-Identifier: MIT */
#ifndef UNIT_LUA_VIEWS_H
#define UNIT_LUA_VIEWS_H

#include <stdio.h>
#include "cluster/placement.h"
#include "lua/rng.h"

/* Invented clusters for the tests of policies. */
enum { VIEW_NODES_MAX = 1000 };

struct fake_view {
	struct place_node nodes[VIEW_NODES_MAX];
	struct place_view view;
};

static inline uint64_t below(struct rng *rng, uint64_t limit)
{
	return rng_next(rng) % limit;
}

/* `count` equal, empty nodes of 1 TiB on `racks` racks. */
static inline void view_even(struct fake_view *fake, size_t count, unsigned racks)
{
	for (size_t i = 0; i < count; i++) {
		struct place_node *node = &fake->nodes[i];

		*node = (struct place_node){
		        .node = (uint32_t)i + 1, .total_bytes = UINT64_C(1) << 40};
		node->free_bytes = node->total_bytes;
		snprintf(node->rack, sizeof(node->rack), "r%u", (unsigned)(i % racks));
		snprintf(node->address, sizeof(node->address), "10.0.0.%u:7071", (unsigned)i);
	}
	fake->view = (struct place_view){fake->nodes, count, fake->view.version + 1};
}

static inline void view_random(struct fake_view *fake, struct rng *rng, size_t nodes_max)
{
	size_t count = 1 + below(rng, nodes_max);

	view_even(fake, count, 1 + (unsigned)below(rng, 6));
	for (size_t i = 0; i < count; i++) {
		struct place_node *node = &fake->nodes[i];

		node->node = (uint32_t)(i * 3 + 1 + below(rng, 3));
		node->total_bytes = (UINT64_C(1) << 38) * (1 + below(rng, 8));
		node->free_bytes =
		        (UINT64_C(1) << 30) + below(rng, node->total_bytes - (UINT64_C(1) << 30));
		node->used_bytes = node->total_bytes - node->free_bytes;
		node->chunks = below(rng, 100000);
		node->write_rate = (double)below(rng, 1 << 30);
		node->recent = (uint32_t)below(rng, 50);
		node->avoid = below(rng, 8) == 0;
		snprintf(node->rack, sizeof(node->rack), "r%u", (unsigned)below(rng, 6));
	}
}

#endif
