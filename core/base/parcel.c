/* SPDX-License-Identifier: MIT */
#include "base/parcel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"

enum { ROOM_FIRST = 64 };

static int grow(struct parcel *parcel)
{
	int room = parcel->room ? 2 * parcel->room : ROOM_FIRST;
	struct iovec *iov = realloc(parcel->iov, (size_t)room * sizeof(*iov));
	struct slab **slabs;

	if (!iov)
		return DFS_E_NOMEM;
	parcel->iov = iov;
	slabs = realloc(parcel->slabs, (size_t)room * sizeof(*slabs));
	if (!slabs)
		return DFS_E_NOMEM;
	parcel->slabs = slabs;
	parcel->room = room;
	return 0;
}

int parcel_add(struct parcel *parcel, struct slab *slab, const void *bytes, size_t size)
{
	int last = parcel->count - 1;

	if (last >= 0 && parcel->slabs[last] == slab &&
	        (const char *)parcel->iov[last].iov_base + parcel->iov[last].iov_len == bytes) {
		parcel->iov[last].iov_len += size;
		parcel->bytes += size;
		return 0;
	}
	if (parcel->count == parcel->room && grow(parcel) < 0)
		return DFS_E_NOMEM;
	if (slab)
		slab_ref(slab);
	parcel->iov[parcel->count] =
	        (struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	parcel->slabs[parcel->count++] = slab;
	parcel->bytes += size;
	return 0;
}

void parcel_keep(struct parcel *parcel, int count)
{
	assert(count <= parcel->count);
	while (parcel->count > count) {
		parcel->count--;
		parcel->bytes -= parcel->iov[parcel->count].iov_len;
		slab_unref(parcel->slabs[parcel->count]);
	}
}

int parcel_split(struct parcel *parcel, int count, struct parcel *to)
{
	struct parcel all = *parcel;
	struct parcel rest = {.iov = to->iov, .slabs = to->slabs, .room = to->room};

	assert(to->count == 0 && count <= parcel->count);
	for (int i = count; i < all.count; i++) {
		while (rest.count == rest.room)
			if (grow(&rest) < 0)
				goto nomem;
		rest.iov[rest.count] = all.iov[i];
		rest.slabs[rest.count++] = all.slabs[i];
		rest.bytes += all.iov[i].iov_len;
	}
	all.count = count;
	all.bytes -= rest.bytes;
	*to = all;
	*parcel = rest;
	return 0;
nomem:
	rest.count = 0;
	rest.bytes = 0;
	*to = rest;
	return DFS_E_NOMEM;
}

void parcel_fini(struct parcel *parcel)
{
	parcel_keep(parcel, 0);
	free(parcel->iov);
	free(parcel->slabs);
	*parcel = (struct parcel){0};
}
