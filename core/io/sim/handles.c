/* SPDX-License-Identifier: MIT */
/* The table of a simulated disk's open files: what a process holds, and what it loses when it ends.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/disk_model.h"

enum { SLOT_BITS = 16, SLOTS_MAX = 1 << SLOT_BITS, USES_MAX = 0x7fff };

/* A handle's number holds how often its slot was used: one that was closed, or died with its
 * process, is known. */
static int handle_number(const struct sim_disk *disk, size_t slot)
{
	return (int)(disk->handles[slot].uses << SLOT_BITS | slot);
}

struct sim_handle *sim_handle_find(struct sim_disk *disk, int fd)
{
	size_t slot = (size_t)fd & (SLOTS_MAX - 1);

	if (fd < 0 || slot >= disk->handles_count || !disk->handles[slot].inode)
		return NULL;
	return handle_number(disk, slot) == fd ? &disk->handles[slot] : NULL;
}

static size_t free_slot(struct sim_disk *disk)
{
	size_t slot = 0;

	while (slot < disk->handles_count && disk->handles[slot].inode)
		slot++;
	if (slot < disk->handles_count)
		return slot;
	disk->handles = sim_realloc(disk->handles, (slot + 1) * sizeof(*disk->handles));
	memset(&disk->handles[slot], 0, sizeof(*disk->handles));
	disk->handles_count++;
	return slot;
}

int sim_handle_open(struct sim_disk *disk, struct sim_inode *inode, int flags, bool locks)
{
	size_t slot = free_slot(disk);
	struct sim_handle *handle = &disk->handles[slot];

	if (slot >= SLOTS_MAX)
		return -EMFILE;
	handle->inode = inode;
	handle->flags = flags;
	handle->locks = locks;
	inode->handles++;
	inode->locked |= locks;
	return handle_number(disk, slot);
}

void sim_handle_close(struct sim_disk *disk, struct sim_handle *handle)
{
	struct sim_inode *inode = handle->inode;

	handle->inode = NULL;
	handle->uses = (handle->uses + 1) & USES_MAX;
	if (handle->locks)
		inode->locked = false;
	inode->handles--;
	sim_inode_settle(&disk->names, inode);
}

void sim_disk_close_all(struct sim_disk *disk)
{
	for (size_t i = 0; i < disk->handles_count; i++)
		if (disk->handles[i].inode)
			sim_handle_close(disk, &disk->handles[i]);
}
