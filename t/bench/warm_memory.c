/* SPDX-License-Identifier: MIT */
/*
 * Touch memory and give it back.
 *
 *     warm_memory BYTES
 *
 * A hypervisor may take back what a guest has free, within seconds (free page reporting): the next
 * to use it waits for a fault on the host at each page, which made a cp of 1 GiB twice as slow and
 * a put three times. After this, the first BYTES that anybody allocates have a host's page behind
 * them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	size_t size = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;

	if (size == 0) {
		fprintf(stderr, "usage: warm_memory BYTES\n");
		return 2;
	}
	if (mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED) {
		perror("warm_memory");
		return 1;
	}
	return 0;
}
