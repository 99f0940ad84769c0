/* SPDX-License-Identifier: MIT */
/* The machine's clocks and its randomness. */
#include "io/real.h"

#include <assert.h>
#include <errno.h>
#include <sys/random.h>
#include <time.h>

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) != 0)
		assert(!"clock_gettime"); /* only for a clock that this kernel does not have */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint64_t io_real_mono_ms(void)
{
	return (uint64_t)clock_ms(CLOCK_BOOTTIME);
}

int64_t io_real_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

void io_real_random(void *ret_bytes, size_t size)
{
	unsigned char *at = ret_bytes;

	while (size > 0) {
		ssize_t got = getrandom(at, size, 0);

		/* Ids that must never repeat come from here: going on without randomness is worse
		 * than ending. */
		assert(got > 0 || (got < 0 && errno == EINTR));
		if (got < 0)
			continue;
		at += got;
		size -= (size_t)got;
	}
}
