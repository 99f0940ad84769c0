/* SPDX-License-Identifier: MIT */
/* How much room a data directory has (RULES 30): a reserve is never filled, and what was promised
 * counts as taken. */
#include <assert.h>
#include <inttypes.h>
#include "store/dir.h"

void dir_space_look(struct dir *dir)
{
	struct io_space space;

	if (io_disk(dir->io, space, dir->path, &space) == 0)
		dir->space = space;
}

uint64_t dir_reserve(const struct dir *dir)
{
	const uint64_t gib = UINT64_C(1) << 30;
	uint64_t total = dir->space.total_bytes;
	uint64_t reserve = total / 100 > gib ? total / 100 : gib;

	if (dir->reserve_asked != UINT64_MAX)
		return dir->reserve_asked;
	return reserve < total / 10 ? reserve : total / 10;
}

uint64_t dir_available(const struct dir *dir)
{
	uint64_t taken = dir_reserve(dir) + dir->granted;

	return dir->space.free_bytes > taken ? dir->space.free_bytes - taken : 0;
}

int dir_grant(struct dir *dir, uint64_t bytes, struct dfs_error *err)
{
	dir_space_look(dir);
	if (dir_available(dir) < bytes)
		return error_set(err, DFS_E_NOSPC,
		        "%s is full: %" PRIu64 " bytes free, %" PRIu64 " of them in reserve",
		        dir->path, dir->space.free_bytes, dir_reserve(dir));
	dir->granted += bytes;
	return 0;
}

void dir_ungrant(struct dir *dir, uint64_t bytes)
{
	assert(dir->granted >= bytes);
	dir->granted -= bytes;
}
