/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "io/disk.h"
#include "node/process/daemon.h"

/* A signal handler has no context argument: this is the one pointer that the process keeps at file
 * scope. */
static struct loop *signal_loop;

static void stop_signal(int number)
{
	loop_stop(signal_loop);
}

void daemon_log(void *arg, const char *level, const char *line)
{
	struct timespec now;
	struct tm utc;
	char text[1400], when[32];
	int size;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &utc);
	size = snprintf(text, sizeof(text), "%s.%03ldZ %s role=%s %s\n", when,
	        now.tv_nsec / 1000000, level, (const char *)arg, line);
	if (size > (int)sizeof(text) - 1)
		size = sizeof(text) - 1;
	if (write(STDERR_FILENO, text, (size_t)size) < 0)
		return; /* a log that cannot be written stops nothing */
}

void daemon_signals(struct loop *loop)
{
	struct sigaction stop = {.sa_handler = stop_signal, .sa_flags = SA_RESTART};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	signal_loop = loop;
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

int daemon_lock(struct io *io, const char *path, uint64_t until_ms)
{
	int lock;

	while ((lock = io_disk(io, lock, path)) == -EBUSY && io_mono_ms(io) < until_ms)
		poll(NULL, 0, 10);
	return lock;
}
