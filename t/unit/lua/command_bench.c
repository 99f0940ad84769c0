/* SPDX-License-Identifier: MIT */
/* What a verb costs before it calls anybody: `meson test --benchmark command`. Prints microseconds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "fake_dfs.h"
#include "lua/command.h"

enum { RUNS = 500 };

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double bench(int argc, char **argv)
{
	static const char *const directories[] = {SCRIPTS_DIR "/commands"};
	struct command_host_options options = {
	        .directories = directories, .directories_count = 1, .library = SCRIPTS_DIR "/lib"};
	double begin = now_us();

	for (int i = 0; i < RUNS; i++)
		if (command_run(&options, argc, argv) != 0)
			return -1;
	return (now_us() - begin) / RUNS;
}

int main(void)
{
	char *version[] = {"version"}, *put[] = {"put", "/dev/null", "/a"},
	     *ls[] = {"ls", "-l", "/"}, *help[] = {"help"};
	int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	double times[4];

	fake_reset();
	dup2(out, 1);
	close(out);
	times[0] = bench(1, version);
	times[1] = bench(3, put);
	times[2] = bench(3, ls);
	times[3] = bench(1, help);
	fprintf(stderr, "version %.0f us, put of a file %.0f us, ls -l %.0f us, help %.0f us\n",
	        times[0], times[1], times[2], times[3]);
	return 0;
}
