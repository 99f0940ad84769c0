/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include "cluster/engine.h"

/* Thousands of chunks come and go; the table agrees with a plain array at every step of a seeded
 * run. */
enum { IDS = 6000, STEPS = 60000 };

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

static void the_table_agrees_with_an_array(void **state)
{
	struct bench *b = bench_bare();
	static bool there[IDS];
	uint64_t seed = 20240229;
	uint32_t count = 0;

	memset(there, 0, sizeof(there));
	print_message("# seed %llu\n", (unsigned long long)seed);
	for (int step = 0; step < STEPS; step++) {
		/* Neighbouring ids, and ids that differ in their epoch only. */
		uint64_t at = next_random(&seed) % IDS;
		uint64_t id = ((at % 7 + 1) << 40) + at / 7;
		struct chunk *chunk = chunk_find(b->cluster, id);

		assert_int_equal(chunk != NULL, there[at]);
		if (chunk) {
			assert_true(chunk->id == id);
			assert_int_equal(chunk->crc, (uint32_t)at);
			if (next_random(&seed) % 3 != 0) {
				chunk_remove(b->cluster, chunk);
				there[at] = false;
				count--;
			}
		} else {
			chunk = chunk_add(b->cluster, id);
			assert_non_null(chunk);
			chunk->crc = (uint32_t)at;
			there[at] = true;
			count++;
		}
		assert_int_equal(b->cluster->chunks.count, count);
	}
	bench_free(b);
}

static void every_chunk_is_walked_once(void **state)
{
	struct bench *b = bench_bare();
	uint64_t sum = 0;

	for (uint64_t i = 1; i <= 10000; i++)
		assert_non_null(chunk_add(b->cluster, i));
	for (uint32_t i = 0; i < b->cluster->chunks.count; i++)
		sum += chunk_at(b->cluster, i)->id;
	assert_int_equal(sum, 10000 * 10001 / 2);
	bench_free(b);
}

static void a_chunk_costs_at_most_64_bytes(void **state)
{
	struct bench *b = bench_bare();
	const struct chunk_table *table = &b->cluster->chunks;
	uint64_t worst = 0;

	for (uint64_t i = 1; i <= 400000; i++) {
		uint64_t bytes;

		assert_non_null(chunk_add(b->cluster, ((uint64_t)BENCH_EPOCH << 40) + i));
		bytes = table->pages_count * (PAGE_CHUNKS * sizeof(struct chunk) + sizeof(void *)) +
		        table->index_size * sizeof(*table->index);
		if (i > 100000 && bytes * 100 / i > worst)
			worst = bytes * 100 / i;
	}
	print_message("# at worst %llu.%02llu bytes a chunk\n", (unsigned long long)worst / 100,
	        (unsigned long long)worst % 100);
	assert_true(worst <= 6400);
	bench_free(b);
}

static void replicas_keep_their_order_when_one_is_dropped(void **state)
{
	struct bench *b = bench_new(4);
	struct chunk *chunk = chunk_add(b->cluster, CHUNK(1));

	for (uint32_t node = 1; node <= 4; node++)
		assert_true(replica_set(b->cluster, chunk, node_find(b->cluster, node), MARK_OPEN));
	replica_drop(b->cluster, chunk, node_find(b->cluster, 2));
	replica_drop(b->cluster, chunk, node_find(b->cluster, 2)); /* not there: nothing happens */
	assert_int_equal(replica_find(chunk, node_find(b->cluster, 1)), 0);
	assert_int_equal(replica_find(chunk, node_find(b->cluster, 2)), -1);
	assert_int_equal(replica_find(chunk, node_find(b->cluster, 3)), 1);
	assert_int_equal(replica_find(chunk, node_find(b->cluster, 4)), 2);
	bench_free(b);
}

static struct chunk *good_chunk(struct bench *b, uint64_t id, uint32_t node)
{
	struct chunk *chunk = chunk_add(b->cluster, id);

	assert_non_null(chunk);
	chunk->state = PROTO_CHUNK_STATE_SEALED;
	chunk->goal = 1;
	chunk->length = 1;
	assert_true(replica_set(b->cluster, chunk, node_find(b->cluster, node), MARK_GOOD));
	return chunk;
}

/* A walk over all chunks is under way, a slice at each tick; one is moved from its front to its
 * back. */
static void a_chunk_moved_behind_a_walk_is_reckoned_all_the_same(void **state)
{
	struct bench *b = bench_new(2);
	struct cluster *c = b->cluster;

	for (uint64_t i = 1; i < 70000; i++)
		good_chunk(b, i, 2);
	good_chunk(b, 70000, 1);
	while (c->walking || c->walk_wanted)
		bench_run(b, 500);
	assert_int_equal(c->live[0], 0);
	bench_kill(b, 1);
	while (!c->walking)
		bench_run(b, 500);
	assert_in_range(c->walk_at, 1, 69999);
	assert_int_equal(c->live[0], 0);
	chunk_remove(c, chunk_find(c, 1)); /* the last one takes its place */
	while (c->walking)
		bench_run(b, 500);
	assert_int_equal(c->live[0], 1);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_table_agrees_with_an_array),
	        cmocka_unit_test(every_chunk_is_walked_once),
	        cmocka_unit_test(a_chunk_costs_at_most_64_bytes),
	        cmocka_unit_test(a_chunk_moved_behind_a_walk_is_reckoned_all_the_same),
	        cmocka_unit_test(replicas_keep_their_order_when_one_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
