/* SPDX-License-Identifier: MIT */
/* The gate that every disk operation passes: the count of them, and the faults that tests asked
 * for. */
#include <errno.h>
#include "io/sim/disk_model.h"

struct sim_rng *sim_disk_rng(struct sim_host *host)
{
	return &host->disk->rng;
}

/* Half of the cuts come before the operation, half after: it may have been done and nobody was
 * told. */
static enum sim_gate power_goes(struct sim_host *host)
{
	host->disk->crash_at = 0;
	if (sim_rng_percent(&host->disk->rng, 50)) {
		host->disk->cut_pending = true;
		return SIM_GATE_GO;
	}
	sim_host_crash(host, false);
	return SIM_GATE_OFF;
}

enum sim_gate sim_disk_enter(struct sim_host *host, const char *what, const char *path)
{
	struct sim_disk *disk = host->disk;

	if (!sim_host_up(host))
		return SIM_GATE_OFF;
	disk->operations++;
	if (disk->operations == disk->crash_at)
		return power_goes(host);
	if (disk->operations != disk->fail_at)
		return SIM_GATE_GO;
	disk->fail_at = 0;
	sim_say(host->sim, "%s disk error in %s%s%s", host->name, what, path ? " " : "",
	        path ? path : "");
	return SIM_GATE_FAIL;
}

int64_t sim_disk_leave(struct sim_host *host, int64_t result)
{
	if (!host->disk->cut_pending)
		return result;
	host->disk->cut_pending = false;
	sim_host_crash(host, false);
	return -EIO;
}

void sim_disk_power_cut(struct sim_disk *disk)
{
	sim_names_power_cut(&disk->names, &disk->rng);
}

void sim_disk_capacity(struct sim_host *host, uint64_t bytes)
{
	sim_say(host->sim, "%s disk holds %llu bytes", host->name, (unsigned long long)bytes);
	host->disk->capacity_bytes = bytes;
}

void sim_disk_fail_after(struct sim_host *host, uint64_t operations)
{
	host->disk->fail_at = operations ? host->disk->operations + operations : 0;
}

void sim_disk_crash_after(struct sim_host *host, uint64_t operations)
{
	host->disk->crash_at = operations ? host->disk->operations + operations : 0;
}

uint64_t sim_disk_operations(const struct sim_host *host)
{
	return host->disk->operations;
}

void sim_disk_lies(struct sim_host *host, bool lies)
{
	host->disk->lies = lies;
	sim_say(host->sim, "%s disk %s", host->name, lies ? "lies from now on" : "is honest again");
}

int sim_disk_flip(struct sim_host *host, const char *path, uint64_t bit)
{
	struct sim_where where;
	int status = sim_names_find(&host->disk->names, path, &where);

	if (status < 0)
		return status;
	if (!where.inode)
		return -ENOENT;
	if (where.inode->is_dir)
		return -EISDIR;
	if (!sim_file_flip(&where.inode->file, bit))
		return -ERANGE;
	sim_inode_settle(&host->disk->names, where.inode);
	sim_say(host->sim, "%s bit %llu of %s flips", host->name, (unsigned long long)bit, path);
	return 0;
}
