/* SPDX-License-Identifier: MIT */
/* The identity file: its text and its check. The making of a data directory is in init.c. */
#include "store/identity.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include "base/crc32c.h"
#include "base/text.h"
#include "store/dir.h"

static int read_file(struct io *io, const char *dir, char ret[IDENTITY_BYTES_MAX], size_t *ret_size,
        struct dfs_error *err);

size_t identity_format(
        const struct store_identity *identity, uint64_t disk, char ret[IDENTITY_BYTES_MAX])
{
	int size = snprintf(ret, IDENTITY_BYTES_MAX,
	        "moonchunk data directory\nformat 1\ncluster %s\nnode %016" PRIx64
	        "\ndisk %016" PRIx64 "\n",
	        identity->cluster, identity->node, disk);

	assert(size > 0 && size + 14 < IDENTITY_BYTES_MAX);
	size += snprintf(ret + size, (size_t)(IDENTITY_BYTES_MAX - size), "crc %08" PRIx32 "\n",
	        crc32c(0, ret, (size_t)size));
	return (size_t)size;
}

int identity_parse(const char *text, size_t size, struct store_identity *ret, uint64_t *ret_disk,
        struct dfs_error *err)
{
	struct store_identity identity = {0};
	uint64_t disk = 0;
	char copy[IDENTITY_BYTES_MAX] = {0};
	char again[IDENTITY_BYTES_MAX];

	if (size < sizeof(copy)) {
		memcpy(copy, text, size);
		if (sscanf(copy,
		            "moonchunk data directory\nformat 1\ncluster %32s\nnode %16" SCNx64
		            "\ndisk %16" SCNx64,
		            identity.cluster, &identity.node, &disk) == 3 &&
		        identity_format(&identity, disk, again) == size &&
		        memcmp(text, again, size) == 0) {
			*ret = identity;
			*ret_disk = disk;
			return 0;
		}
	}
	return error_set(err, DFS_E_CORRUPT, "the identity file is damaged or of another format");
}

int identity_check(struct io *io, const char *dir, const struct store_identity *wanted,
        uint64_t *ret_disk, struct dfs_error *err)
{
	struct store_identity found;
	char text[IDENTITY_BYTES_MAX];
	size_t size;
	int rc = read_file(io, dir, text, &size, err);

	if (rc < 0)
		return rc;
	if (identity_parse(text, size, &found, ret_disk, err) < 0)
		return error_set(err, DFS_E_FENCED,
		        "data directory %s: the identity file is damaged or of another format; "
		        "restore it from a backup, or empty the directory and initialise it anew",
		        dir);
	if (strcmp(found.cluster, wanted->cluster) != 0)
		return error_set(err, DFS_E_FENCED,
		        "data directory %s belongs to cluster %s, this node to %s: mount the right "
		        "disk",
		        dir, found.cluster, wanted->cluster);
	if (found.node != wanted->node)
		return error_set(err, DFS_E_FENCED,
		        "data directory %s belongs to node %016" PRIx64 ", this is node %016" PRIx64
		        ": mount the right disk",
		        dir, found.node, wanted->node);
	return 0;
}

static int read_file(struct io *io, const char *dir, char ret[IDENTITY_BYTES_MAX], size_t *ret_size,
        struct dfs_error *err)
{
	char path[DIR_FILE_MAX];
	ssize_t size;
	int handle;

	snprintf(path, sizeof(path), "%s/identity", dir);
	handle = io_disk(io, open, path, IO_OPEN_READ);
	if (handle == -ENOENT || handle == -ENOTDIR)
		return error_set(err, DFS_E_FENCED,
		        "data directory %s has no identity file: mount its disk, or initialise it "
		        "if it is new",
		        dir);
	if (handle < 0)
		return error_set(err, dir_code(handle), "%s: %s", path, strerror(-handle));
	size = io_disk(io, pread, handle, ret, IDENTITY_BYTES_MAX, 0);
	io_disk(io, close, handle);
	if (size < 0)
		return error_set(err, dir_code((int)size), "%s: %s", path, strerror((int)-size));
	*ret_size = (size_t)size;
	return 0;
}
