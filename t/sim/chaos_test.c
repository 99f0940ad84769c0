/* SPDX-License-Identifier: MIT */
/*
 * Random runs of the whole cluster, from seeds (storm.h). Two processes share them.
 *
 *     chaos_test [SEED [COUNT]]     one seed, or COUNT of them from SEED on; default: CHAOS_SEEDS,
 * or 300, from 1 on. CHAOS_TRACE=1 tells the whole story of a broken one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "storm.h"

enum { PROCESSES = 2 };

static uint64_t first_seed = 1, seeds = 300;

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void add(struct storm_figures *sum, const struct storm_figures *part)
{
	const uint64_t *from = (const uint64_t *)part;
	uint64_t *to = (uint64_t *)sum;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

static void tell(const struct storm_figures *figures, double took)
{
	fprintf(stderr,
	        "# %llu runs: %llu puts, %llu gets, %llu removes, %llu renames, %llu puts refused, "
	        "%llu files checked, %llu looks at everything\n",
	        (unsigned long long)figures->runs, (unsigned long long)figures->puts,
	        (unsigned long long)figures->gets, (unsigned long long)figures->removes,
	        (unsigned long long)figures->renames, (unsigned long long)figures->refused,
	        (unsigned long long)figures->checks, (unsigned long long)figures->looks);
	fprintf(stderr, "# faults:");
	for (unsigned kind = 1; kind < STORM_FAULT_KINDS; kind++)
		fprintf(stderr, "%s %llu %s", kind > 1 ? "," : "",
		        (unsigned long long)figures->faults[kind], fault_name(kind));
	fprintf(stderr, "\n# operator:");
	for (unsigned deed = 1; deed < DEED_KINDS; deed++)
		fprintf(stderr, "%s %llu %s", deed > 1 ? "," : "",
		        (unsigned long long)figures->deeds[deed], deed_name(deed));
	fprintf(stderr,
	        "\n# %llu unplugged, %llu backups restored, %llu files "
	        "rightly gone, %llu undeleted",
	        (unsigned long long)figures->unplugged, (unsigned long long)figures->restores,
	        (unsigned long long)figures->gone, (unsigned long long)figures->undeletes);
	fprintf(stderr, "\n# %.0f seeds an hour, %.0f simulated hours an hour\n",
	        (double)figures->runs * 3600 / took, (double)figures->simulated_ms / 1000 / took);
}

struct shared { /* by the processes */
	struct storm_figures figures[PROCESSES];
	atomic_bool broken;
};

/* One process's share of the seeds. */
static void work(unsigned process, struct shared *shared)
{
	for (uint64_t i = process; i < seeds && !shared->broken; i += PROCESSES)
		if (!storm_run(first_seed + i, getenv("CHAOS_TRACE") != NULL,
		            &shared->figures[process], NULL))
			shared->broken = true;
}

static void no_promise_is_broken(void **state)
{
	struct shared *shared = mmap(
	        NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct storm_figures sum = {0};
	double begin = seconds(CLOCK_MONOTONIC);
	pid_t pids[PROCESSES];
	bool well = true;

	assert_true(shared != MAP_FAILED);
	for (unsigned i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0) {
			work(i, shared);
			_exit(0);
		}
	}
	for (unsigned i = 0; i < PROCESSES; i++) {
		int status = 0;

		waitpid(pids[i], &status, 0);
		well = well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
		add(&sum, &shared->figures[i]);
	}
	tell(&sum, seconds(CLOCK_MONOTONIC) - begin);
	well = well && !shared->broken;
	munmap(shared, sizeof(*shared));
	assert_true(well);
	assert_true(sum.puts > 0 && sum.checks > 0 && sum.looks > 0);
}

/* What was found once can be looked at again, whatever ran before it in the process. */
static void a_seed_replays_exactly(void **state)
{
	struct storm_figures figures = {0};
	uint32_t first = 0, second = 0;

	assert_true(storm_run(first_seed, false, &figures, &first));
	assert_true(storm_run(first_seed + 1, false, &figures, NULL));
	assert_true(storm_run(first_seed, false, &figures, &second));
	assert_int_equal(first, second);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(no_promise_is_broken),
	        cmocka_unit_test(a_seed_replays_exactly),
	};

	if (getenv("CHAOS_SEEDS"))
		seeds = strtoull(getenv("CHAOS_SEEDS"), NULL, 10);
	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10), seeds = 1;
	if (argc > 2)
		seeds = strtoull(argv[2], NULL, 10);
	return cmocka_run_group_tests_name("chaos", tests, NULL, NULL);
}
