/* SPDX-License-Identifier: MIT */
/* How long a placement takes: `meson test --benchmark policy`. Prints microseconds for each script
 * and view. */
#include <stdio.h>
#include <time.h>
#include "lua/policy.h"
#include "views.h"

enum { CALLS = 20000 };

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* `changed`: after each placement its nodes count one more, as the master's view does. */
static double bench(struct policy_host *host, struct fake_view *fake, bool changed)
{
	struct rng rng = {1};
	double begin = now_us();
	int calls = CALLS * 10 / (10 + (int)fake->view.nodes_count / 10);

	for (int i = 0; i < calls; i++) {
		struct place_request request = {.chunk = rng_next(&rng),
		        .seed = rng_next(&rng),
		        .path = "/sets/a",
		        .index = (uint64_t)i,
		        .size_bytes = 64 << 20,
		        .goal = 3};
		struct place_answer answer = {0};
		struct dfs_error err = {0};

		if (policy_host_ops.place(host, &request, &fake->view, &answer, &err) != 0) {
			printf("%s\n", err.text);
			return 0;
		}
		for (uint32_t r = 0; changed && r < answer.nodes_count; r++)
			fake->nodes[answer.nodes[r] - 1].recent++;
		fake->view.version += changed;
	}
	return (now_us() - begin) / calls;
}

int main(void)
{
	static const char *const names[] = {"spread", "round_robin", "rendezvous"};
	static const size_t counts[] = {10, 100, 1000};
	static struct fake_view fake;

	for (size_t n = 0; n < 3; n++) {
		struct policy_host_options options = {SCRIPTS_DIR, names[n], NULL, 0, 0};
		struct policy_host *host;
		struct dfs_error err = {0};

		if (policy_host_create(&host, &options, &err) != 0)
			return 1;
		for (size_t c = 0; c < 3; c++) {
			double same, changing;

			view_even(&fake, counts[c], 10);
			same = bench(host, &fake, false);
			changing = bench(host, &fake, true);
			printf("%-12s %4zu nodes: %7.1f us, with a changing view %7.1f us\n",
			        names[n], counts[c], same, changing);
		}
		policy_host_destroy(host);
	}
	return 0;
}
