/* SPDX-License-Identifier: MIT */
/* What is put can be read: on the simulated disk, and on the real one. */
#include "rig.h"

static struct rig *the_rig(void **state)
{
	return *state;
}

static void what_is_put_can_be_read(void **state)
{
	struct rig *rig = the_rig(state);

	rig_put(rig, 1, 1, 0, 300000);
	rig_check(rig, 1, 300000);
	rig_put(rig, 1, 1, 300000, 300001);
	rig_check(rig, 1, 300001);
	assert_int_equal(store_count(rig->store), 1);
	assert_int_equal(store_used_bytes(rig->store), 300001);
}

static void what_is_put_is_there_after_a_restart(void **state)
{
	struct rig *rig = the_rig(state);

	rig_put(rig, 0x100, 3, 0, 200000);
	rig_sealed(rig, 0x200, 4, 100000);
	rig_reopen(rig);
	rig_check(rig, 0x100, 200000);
	rig_check(rig, 0x200, 100000);
	assert_int_equal(rig_held(rig, 0x100).state, STORE_OPEN);
	assert_int_equal(rig_held(rig, 0x100).version, 3);
	assert_int_equal(rig_held(rig, 0x200).state, STORE_SEALED);
	rig_put(rig, 0x100, 3, 200000, 250000);
	rig_reopen(rig);
	rig_check(rig, 0x100, 250000);
	assert_int_equal(rig->changed_count, 0);
}

static void any_range_can_be_read_both_ways(void **state)
{
	static const uint64_t at[] = {
	        0, 1, 27, 28, 29, 999, 1000, 1001, 2500, 262144, 399999, 400000};
	struct rig *rig = the_rig(state);
	struct rig_put put = {.chunk = 5, .version = 1, .to = 400000, .span = 1000};
	struct rig_done done;
	const size_t n = sizeof(at) / sizeof(at[0]);

	rig_append(rig, &put, &done);
	assert_int_equal(done.status, 0);
	for (size_t i = 0; i < n; i++)
		for (size_t j = i; j < n; j++) {
			assert_int_equal(rig_read(rig, 5, at[i], at[j] - at[i], false), 0);
			assert_int_equal(rig_read(rig, 5, at[i], at[j] - at[i], true), 0);
		}
}

/* Write-back of the data runs ahead of the index while a long append comes in: what it tells must
 * still be true. */
static void a_long_append_is_there_after_a_restart(void **state)
{
	struct rig *rig = the_rig(state);

	rig_put(rig, 7, 1, 0, 40 << 20);
	rig_reopen(rig);
	assert_int_equal(rig_held(rig, 7).state, STORE_OPEN);
	rig_check(rig, 7, 40 << 20);
}

static void a_read_past_the_end_fails(void **state)
{
	struct rig *rig = the_rig(state);

	rig_put(rig, 1, 1, 0, 1000);
	assert_int_equal(rig_read(rig, 1, 0, 1001, false), DFS_E_RANGE);
	assert_int_equal(rig_read(rig, 1, 1001, 0, false), DFS_E_RANGE);
	assert_int_equal(rig_read(rig, 1, UINT64_MAX, 2, false), DFS_E_RANGE);
	assert_int_equal(rig_read(rig, 1, 2, UINT64_MAX, false), DFS_E_RANGE);
	assert_int_equal(rig_read(rig, 2, 0, 1, false), DFS_E_NOENT);
}

static void slices_of_any_size_give_the_same_chunk(void **state)
{
	static const size_t slices[] = {1, 3, 27, 28, 29, 1000, 4096, 65564};
	struct rig *rig = the_rig(state);

	for (size_t i = 0; i < sizeof(slices) / sizeof(slices[0]); i++) {
		struct rig_put put = {.chunk = 10 + i,
		        .version = 1,
		        .to = slices[i] == 1 ? 9000 : 100000,
		        .span = 777,
		        .slice = slices[i],
		        .async = true};
		struct rig_done done;

		rig_append(rig, &put, &done);
		assert_int_equal(done.status, 0);
		rig_check(rig, put.chunk, put.to);
	}
}

static void a_copied_chunk_is_the_same_chunk(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_done done;

	rig_copy(rig, 9, 5, 333333, &done);
	assert_int_equal(done.status, 0);
	assert_int_equal(done.held.state, STORE_SEALED);
	rig_check(rig, 9, 333333);
	assert_int_equal(store_used_bytes(rig->store), 333333);
	rig_reopen(rig);
	rig_check(rig, 9, 333333);
	assert_int_equal(rig_held(rig, 9).version, 5);
}

static void a_deleted_chunk_is_gone(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_done done;

	rig_sealed(rig, 1, 1, 5000);
	rig_delete(rig, 1, 1, &done);
	assert_int_equal(done.status, 0);
	assert_int_equal(done.held.length, 5000);
	rig_absent(rig, 1);
	assert_int_equal(store_used_bytes(rig->store), 0);
	assert_false(rig_exists(rig, rig_path(rig, 1, ".data")));
	assert_false(rig_exists(rig, rig_path(rig, 1, ".idx")));
	rig_delete(rig, 1, 1, &done);
	assert_int_equal(done.status, 0);
	rig_reopen(rig);
	rig_absent(rig, 1);
}

static void a_seal_append_seals_when_the_chain_has_acknowledged(void **state)
{
	struct rig *rig = the_rig(state);
	struct rig_put put = {.chunk = 3, .version = 2, .to = 4096, .seal = true};
	struct rig_done done;

	rig_append(rig, &put, &done);
	assert_int_equal(done.status, 0);
	assert_int_equal(rig_held(rig, 3).state, STORE_OPEN);
	store_committed(rig->store, 3, 4096, true);
	while (rig_held(rig, 3).state != STORE_SEALED)
		rig_step(rig);
	rig_settle(rig);
	assert_int_equal(rig->changed_count, 1);
	assert_int_equal(rig->changed[0].state, STORE_SEALED);
	assert_int_equal(rig->changed[0].committed, 4096);
	rig_reopen(rig);
	assert_int_equal(rig_held(rig, 3).state, STORE_SEALED);
	assert_int_equal(rig_held(rig, 3).version, 2);
	rig_check(rig, 3, 4096);
}

static int collect(void *arg, const struct store_held *held)
{
	uint64_t *sum = arg;

	assert_true(held->chunk > sum[0]);
	sum[0] = held->chunk;
	sum[1]++;
	return held->chunk >= 9 ? 42 : 0;
}

static void replicas_are_visited_in_order_of_id(void **state)
{
	static const uint64_t ids[] = {7, 3, 11, 1, 9, 5};
	struct rig *rig = the_rig(state);
	uint64_t sum[2] = {0};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		rig_put(rig, ids[i], 1, 0, 10);
	assert_int_equal(store_each(rig->store, 3, collect, sum), 42);
	assert_int_equal(sum[0], 9);
	assert_int_equal(sum[1], 3);
}

static int setup_sim(void **state)
{
	struct rig *rig = rig_create(rig_seed());

	rig_open(rig);
	*state = rig;
	return 0;
}

static int setup_real(void **state)
{
	struct rig *rig = rig_create_real();

	rig_open(rig);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	rig_destroy(*state);
	return 0;
}

#define ON(setup, name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TESTS(setup)                                                                               \
	ON(setup, what_is_put_can_be_read), ON(setup, what_is_put_is_there_after_a_restart),       \
	        ON(setup, any_range_can_be_read_both_ways), ON(setup, a_read_past_the_end_fails),  \
	        ON(setup, a_long_append_is_there_after_a_restart),                                 \
	        ON(setup, slices_of_any_size_give_the_same_chunk),                                 \
	        ON(setup, a_copied_chunk_is_the_same_chunk), ON(setup, a_deleted_chunk_is_gone),   \
	        ON(setup, a_seal_append_seals_when_the_chain_has_acknowledged),                    \
	        ON(setup, replicas_are_visited_in_order_of_id)

int main(int argc, char **argv)
{
	const struct CMUnitTest simulated[] = {TESTS(setup_sim)};
	const struct CMUnitTest real[] = {TESTS(setup_real)};
	bool on_disk = argc > 1 && strcmp(argv[1], "real") == 0;

	return on_disk ? cmocka_run_group_tests_name("store_real", real, NULL, NULL)
	               : cmocka_run_group_tests_name("store_sim", simulated, NULL, NULL);
}
