/* SPDX-License-Identifier: MIT */
/*
 * Random runs from seeds: users put, get and remove while hosts are killed, lose power, pause and
 * are cut off. A checker knows every acknowledged byte.
 *
 *     chaos_test [SEED [COUNT]]     one seed, or COUNT of them from SEED on; default: 1 and
 * CHAOS_SEEDS or 20
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "world.h"

enum { NODES = 4, FILES = 6, STEPS = 40, FILE_MAX = 3 * 64 * 1024 * 2 };

struct file {                /* what the checker knows of one path */
	uint64_t seed, size; /* acknowledged content; seed 0: none */
	uint64_t maybe_seed,
	        maybe_size; /* of a put whose answer was an error: it may have happened */
	bool maybe;
};

struct run {
	struct world *world;
	uint64_t random, seed;
	struct file files[FILES];
	struct world_put put;
	int putting; /* index, -1: none */
	uint64_t putting_seed;
	void *putting_bytes;
	unsigned acknowledged, refused, read_back, faults;
};

static uint64_t draw(struct run *run, uint64_t below)
{
	run->random ^= run->random << 13;
	run->random ^= run->random >> 7;
	run->random ^= run->random << 17;
	return run->random % below;
}

static void fail_run(struct run *run, const char *what, int file)
{
	fprintf(stderr, "# seed %llu: %s (/f%d) at %llu ms\n", (unsigned long long)run->seed, what,
	        file, (unsigned long long)sim_now_ms(run->world->sim));
	if (getenv("CHAOS_TRACE"))
		fwrite(run->world->trace.data, 1, run->world->trace.size, stderr);
	fail();
}

static void put_begin(struct run *run)
{
	static const uint64_t sizes[] = {0, 1, 1000, 65536, 65537, 200000, FILE_MAX};
	char path[16];
	struct client_put how = {.path = path,
	        .chunk_size = 64 * 1024,
	        .mode = 0644,
	        .goal = 1 + (uint32_t)draw(run, 3)};
	uint64_t size = sizes[draw(run, 7)];

	if (run->putting >= 0)
		return;
	/* One replica may rightly die with its datanode: what must survive has two. */
	if (how.goal == 1)
		how.goal = 2;
	run->putting = (int)draw(run, FILES);
	run->putting_seed = draw(run, 1000000) + 1;
	run->putting_bytes = world_bytes(run->putting_seed, size);
	snprintf(path, sizeof(path), "/f%d", run->putting);
	world_put(run->world, 0, &how, run->putting_bytes, size, &run->put);
}

static void put_settle(struct run *run)
{
	struct file *file;

	if (run->putting < 0 || !run->put.over)
		return;
	file = &run->files[run->putting];
	if (run->put.result.code == 0) {
		*file = (struct file){.seed = run->putting_seed, .size = run->put.size};
		run->acknowledged++;
	} else {
		file->maybe = true;
		file->maybe_seed = run->putting_seed;
		file->maybe_size = run->put.size;
		run->refused++;
	}
	free(run->putting_bytes);
	run->putting_bytes = NULL;
	run->putting = -1;
}

static bool holds(const struct world_get *get, uint64_t seed, uint64_t size)
{
	char *want = world_bytes(seed, size);
	bool same =
	        get->bytes.size == size && (size == 0 || memcmp(get->bytes.data, want, size) == 0);

	free(want);
	return same;
}

/* Every acknowledged file is there, whole, as it was acknowledged last. */
static void check_all(struct run *run)
{
	for (int i = 0; i < FILES; i++) {
		struct file *file = &run->files[i];
		struct world_get get;
		char path[16];

		if (file->seed == 0)
			continue;
		snprintf(path, sizeof(path), "/f%d", i);
		world_get(run->world, 1, path, &get);
		if (!world_run_until(run->world, &get.over, 600000))
			fail_run(run, "a get never ended", i);
		if (get.result.code != 0) {
			fprintf(stderr, "# %s\n", get.result.err.text);
			fail_run(run, "an acknowledged file cannot be read", i);
		}
		if (!holds(&get, file->seed, file->size) &&
		        !(file->maybe && holds(&get, file->maybe_seed, file->maybe_size)))
			fail_run(run, "an acknowledged file has other bytes", i);
		run->read_back++;
		buf_fini(&get.bytes);
	}
}

/* At most one datanode is away at a time: two replicas then always leave one. */
static void fault(struct run *run)
{
	struct world *world = run->world;
	unsigned victim = (unsigned)draw(run, NODES);

	run->faults++;
	switch (draw(run, 6)) {
	case 0:
		sim_note(world->sim, "fault: kill %s", world->nodes[victim].name);
		world_node_kill(world, victim);
		sim_run_for(world->sim, draw(run, 15000));
		put_settle(run);
		world_node_start(world, victim);
		break;
	case 1:
		sim_note(world->sim, "fault: power cut of %s", world->nodes[victim].name);
		world_node_crash(world, victim, draw(run, 2));
		sim_run_for(world->sim, draw(run, 15000));
		put_settle(run);
		world_node_start(world, victim);
		break;
	case 2:
		sim_note(world->sim, "fault: kill master");
		world_master_kill(world);
		sim_run_for(world->sim, draw(run, 3000));
		world_master_start(world);
		break;
	case 3:
		sim_note(world->sim, "fault: pause %s", world->nodes[victim].name);
		sim_host_pause(world->nodes[victim].host, true);
		sim_run_for(world->sim, draw(run, 20000));
		sim_host_pause(world->nodes[victim].host, false);
		break;
	case 4:
		sim_note(
		        world->sim, "fault: cut %s off from the master", world->nodes[victim].name);
		sim_partition(world->sim, world->nodes[victim].host, world->master_host, true);
		sim_run_for(world->sim, draw(run, 30000));
		sim_partition(world->sim, world->nodes[victim].host, world->master_host, false);
		break;
	case 5:
		sim_note(world->sim, "fault: connections of %s break", world->nodes[victim].name);
		sim_drop_connections(world->sim, world->nodes[victim].host, world->clients[0].host);
		break;
	}
	put_settle(run);
	if (!world_await_up(world, NODES, 120000))
		fail_run(run, "the cluster did not come back", -1);
}

static void one_run(uint64_t seed, struct run *ret)
{
	struct world_options options = {.seed = seed, .nodes = NODES, .clients = 2};
	struct run run = {.seed = seed, .random = seed * 0x9e3779b97f4a7c15u + 99, .putting = -1};

	options.master.timing.safe_mode_ms = 5000;
	run.world = world_create(&options);
	world_start(run.world);
	for (int step = 0; step < STEPS; step++) {
		put_begin(&run);
		sim_run_for(run.world->sim, 1 + draw(&run, 60));
		if (draw(&run, 4) == 0)
			fault(&run);
		put_settle(&run);
		if (draw(&run, 8) == 0 && run.putting < 0)
			check_all(&run);
	}
	if (run.putting >= 0 && !world_run_until(run.world, &run.put.over, 600000))
		fail_run(&run, "a put never ended", run.putting);
	put_settle(&run);
	check_all(&run);
	*ret = run;
	ret->world = NULL;
	world_destroy(run.world);
}

static uint64_t first_seed = 1, seeds = 20;

static void nothing_acknowledged_is_lost(void **state)
{
	unsigned acknowledged = 0, refused = 0, read_back = 0, faults = 0;
	clock_t begin = clock();
	struct run run;

	for (uint64_t seed = first_seed; seed < first_seed + seeds; seed++) {
		one_run(seed, &run);
		acknowledged += run.acknowledged;
		refused += run.refused;
		read_back += run.read_back;
		faults += run.faults;
	}
	fprintf(stderr,
	        "# %llu seeds: %u faults, %u puts acknowledged, %u refused, %u files read back; "
	        "%.0f seeds an hour\n",
	        (unsigned long long)seeds, faults, acknowledged, refused, read_back,
	        (double)seeds * 3600 * CLOCKS_PER_SEC / (double)(clock() - begin + 1));
	assert_true(acknowledged > 0 && read_back > 0 && faults > 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_acknowledged_is_lost)};

	if (getenv("CHAOS_SEEDS"))
		seeds = strtoull(getenv("CHAOS_SEEDS"), NULL, 10);
	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10), seeds = 1;
	if (argc > 2)
		seeds = strtoull(argv[2], NULL, 10);
	return cmocka_run_group_tests_name("chaos", tests, NULL, NULL);
}
