/* SPDX-License-Identifier: MIT */
#ifndef T_PROTO_RANDOM_H
#define T_PROTO_RANDOM_H

#include <stdbool.h>
#include <stdint.h>
#include "proto/gen/proto.h"

/* Messages with random contents, by their shapes, and whether two are the same. */

struct random {
	uint64_t state;
	unsigned list_max; /* entries of a list, where the schema allows as many */
};

/* The seed of this run: PROTO_SEED in the environment, else the time. It is printed. */
uint64_t random_seed(void);
uint64_t random_next(struct random *random);
uint64_t random_below(struct random *random, uint64_t bound);
/* Fill the struct; what it points to is in the arena. Texts are UTF-8, names any bytes but NUL. */
void random_fill(
        struct random *random, const struct proto_shape *shape, struct arena *arena, void *ret);
/* Every field the same, NULL strings and lists like empty ones. */
bool shape_equal(const struct proto_shape *shape, const void *a, const void *b);

#endif
