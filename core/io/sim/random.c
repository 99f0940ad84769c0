/* SPDX-License-Identifier: MIT */
/*
 * The world's random numbers: xoshiro256** by Blackman and Vigna (public domain), seeded by
 * splitmix64. Our own, for libc's may differ from machine to machine and a seed must mean the same
 * run everywhere.
 */
#include <assert.h>
#include <string.h>
#include "io/sim/world.h"

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t value, int bits)
{
	return value << bits | value >> (64 - bits);
}

void sim_rng_seed(struct sim_rng *rng, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		rng->state[i] = splitmix(&seed);
}

uint64_t sim_rng_next(struct sim_rng *rng)
{
	uint64_t *s = rng->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint64_t sim_rng_below(struct sim_rng *rng, uint64_t bound)
{
	assert(bound > 0);
	return sim_rng_next(rng) % bound;
}

uint64_t sim_rng_between(struct sim_rng *rng, uint64_t low, uint64_t high)
{
	assert(low <= high);
	return low + sim_rng_below(rng, high - low + 1);
}

bool sim_rng_percent(struct sim_rng *rng, unsigned percent)
{
	return sim_rng_below(rng, 100) < percent;
}

void sim_rng_bytes(struct sim_rng *rng, void *ret_bytes, size_t size)
{
	uint8_t *at = ret_bytes;

	while (size > 0) {
		uint64_t value = sim_rng_next(rng);
		size_t part = size < sizeof(value) ? size : sizeof(value);

		/* byte by byte from the lowest: the same on every machine */
		for (size_t i = 0; i < part; i++)
			at[i] = (uint8_t)(value >> (8 * i));
		at += part;
		size -= part;
	}
}
