/* SPDX-License-Identifier: MIT */
/*
 * Run one command and say how long it took and how much memory it held at most.
 *
 *     timed FILE COMMAND [ARGUMENT...]
 *
 * FILE gets one line: seconds from before the fork to after the wait, KiB of peak memory, seconds
 * of CPU. The command keeps our standard streams; its exit code is ours. The kernel counts the peak
 * from before the exec, so the one that forks must be small: a shell would count its own 4 MiB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static int say(const char *path, double elapsed, const struct rusage *usage)
{
	FILE *file = fopen(path, "w");

	if (!file) {
		perror(path);
		return 1;
	}
	fprintf(file, "%.6f %ld %.6f\n", elapsed, usage->ru_maxrss,
	        seconds(usage->ru_utime) + seconds(usage->ru_stime));
	return fclose(file) != 0;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	double start = now();
	pid_t child;
	int status;

	if (argc < 3) {
		fprintf(stderr, "usage: timed FILE COMMAND [ARGUMENT...]\n");
		return 2;
	}
	child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) != child) {
		perror("timed");
		return 1;
	}
	if (say(argv[1], now() - start, &usage) != 0)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
