/* SPDX-License-Identifier: MIT */
/*
 * The little of LMDB's file format (data version 1, 64 bits) that tells whether a file was cut.
 * Everything is read by pread and every page number is checked against the file's end before it is
 * followed.
 *
 *   page 0, 1   meta: header, then magic, version, ..., page size and roots of two trees, last
 * page, transaction tree        of free pages: branch nodes hold a page number, leaf nodes a list
 * (count, page numbers)
 */
#include "io/kv_lmdb_size.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LMDB_VERSION = 1,
	PAGE_BRANCH = 0x01,
	PAGE_LEAF = 0x02,
	PAGE_META = 0x08,
	NODE_BIG = 0x01,
	PAGE_SIZE_MIN = 256,
	PAGE_SIZE_MAX = 65536,
	TREE_DEPTH_MAX = 32,
};

static const uint32_t LMDB_MAGIC = 0xBEEFC0DE;
static const uint64_t PAGE_NONE = UINT64_MAX;

struct page_header {
	uint64_t number;
	uint16_t pad, flags;
	uint16_t lower,
	        upper; /* where the nodes' offsets end; of an overflow run: its count of pages */
};

struct tree {
	uint32_t pad; /* of the first tree: the page size */
	uint16_t flags, depth;
	uint64_t branch_pages, leaf_pages, overflow_pages, entries, root;
};

struct meta_page {
	struct page_header header;
	uint32_t magic, version;
	uint64_t address, map_size;
	struct tree free, main;
	uint64_t last_page, transaction;
};

struct node_header {
	uint16_t low, high; /* size of the data; of a branch, with flags, the page number */
	uint16_t flags, key_size;
};

struct scan {
	int fd;
	uint64_t page_size;
	uint64_t pages;  /* whole pages that the file has */
	uint64_t last;   /* the last one that it should have */
	uint64_t found;  /* free pages past its end */
	int pread_errno; /* 0: the bytes themselves were wrong */
};

static int check_open(int fd, const char *file, struct dfs_error *err);
static int meta_newest(int fd, struct meta_page *ret, const char *file, struct dfs_error *err);
static bool meta_read(int fd, uint64_t offset, struct meta_page *ret);
static bool scan_tree(struct scan *scan, uint64_t number, int depth);
static bool scan_nodes(struct scan *scan, const char *page, int depth);
static bool scan_list(
        struct scan *scan, const struct node_header *node, const char *data, const char *end);
static bool page_read(struct scan *scan, uint64_t number, uint64_t offset, void *ret, size_t size);

int kv_lmdb_size_check(const char *file, struct dfs_error *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && errno == EACCES)
		return error_set(err, DFS_E_PERM,
		        "%s: permission denied: start the master as the user who owns the file, or "
		        "chown it to this one",
		        file);
	if (fd < 0)
		return error_set(err, error_from_errno(errno), "%s: %s", file, strerror(errno));
	rc = check_open(fd, file, err);
	close(fd);
	return rc;
}

static int cut_short(const char *file, uint64_t size, uint64_t wanted, struct dfs_error *err)
{
	return error_set(err, DFS_E_CORRUPT,
	        "%s: the file was cut: it has %" PRIu64 " bytes and should have %" PRIu64
	        "; put back a checkpoint or a backup of it, do not start with it",
	        file, size, wanted);
}

static int check_open(int fd, const char *file, struct dfs_error *err)
{
	struct stat stat;
	struct meta_page meta;
	struct scan scan = {.fd = fd};
	uint64_t size;
	int rc;

	if (fstat(fd, &stat) != 0)
		return error_set(err, DFS_E_IO, "%s: %s", file, strerror(errno));
	size = (uint64_t)stat.st_size;
	if (size == 0)
		return 0;
	if (size < sizeof(meta))
		return cut_short(file, size, 2 * (uint64_t)sysconf(_SC_PAGESIZE), err);
	rc = meta_newest(fd, &meta, file, err);
	if (rc != 0)
		return rc;
	scan.page_size = meta.free.pad;
	scan.pages = size / scan.page_size;
	scan.last = meta.last_page;
	if (scan.pages > scan.last)
		return 0;
	if (scan.pages < 2 || !scan_tree(&scan, meta.free.root, 0) ||
	        scan.found != scan.last + 1 - scan.pages)
		return scan.pread_errno
		               ? error_set(
		                         err, DFS_E_IO, "%s: %s", file, strerror(scan.pread_errno))
		               : cut_short(file, size, (scan.last + 1) * scan.page_size, err);
	return 0;
}

/* The meta page of the last commit, as LMDB chooses it. */
static int meta_newest(int fd, struct meta_page *ret, const char *file, struct dfs_error *err)
{
	struct meta_page second;

	if (!meta_read(fd, 0, ret))
		return error_set(err, DFS_E_CORRUPT,
		        "%s: not a metadata store, or its first page is damaged; put back a "
		        "checkpoint or a backup",
		        file);
	if (ret->version != LMDB_VERSION)
		return error_set(err, DFS_E_VERSION,
		        "%s: written by another version of LMDB (format %" PRIu32 ")", file,
		        ret->version);
	if (ret->free.pad < PAGE_SIZE_MIN || ret->free.pad > PAGE_SIZE_MAX)
		return error_set(err, DFS_E_CORRUPT,
		        "%s: its first page is damaged; put back a checkpoint or a backup", file);
	/* Without the second one LMDB would take the first, and forget the last commit in silence.
	 */
	if (!meta_read(fd, ret->free.pad, &second) || second.version != LMDB_VERSION)
		return error_set(err, DFS_E_CORRUPT,
		        "%s: its second page is damaged; put back a checkpoint or a backup", file);
	if (second.transaction > ret->transaction)
		*ret = second;
	return 0;
}

static bool meta_read(int fd, uint64_t offset, struct meta_page *ret)
{
	return pread(fd, ret, sizeof(*ret), (off_t)offset) == (ssize_t)sizeof(*ret) &&
	       (ret->header.flags & PAGE_META) && ret->magic == LMDB_MAGIC;
}

/* Count the free pages past the file's end; false where the tree leads there itself or makes no
 * sense. */
static bool scan_tree(struct scan *scan, uint64_t number, int depth)
{
	char *page;
	bool good;

	if (number == PAGE_NONE)
		return true;
	if (depth > TREE_DEPTH_MAX)
		return false;
	page = malloc(scan->page_size);
	if (!page) {
		scan->pread_errno = ENOMEM;
		return false;
	}
	good = page_read(scan, number, 0, page, scan->page_size) && scan_nodes(scan, page, depth);
	free(page);
	return good;
}

static bool scan_nodes(struct scan *scan, const char *page, int depth)
{
	struct page_header header;
	struct node_header node;
	uint16_t at;

	memcpy(&header, page, sizeof(header));
	if (header.lower < sizeof(header) || header.lower > scan->page_size)
		return false;
	for (size_t i = sizeof(header); i + sizeof(at) <= header.lower; i += sizeof(at)) {
		memcpy(&at, page + i, sizeof(at));
		if (at + sizeof(node) > scan->page_size)
			return false;
		memcpy(&node, page + at, sizeof(node));
		if (header.flags & PAGE_LEAF) {
			if (!scan_list(scan, &node, page + at + sizeof(node) + node.key_size,
			            page + scan->page_size))
				return false;
		} else if (!(header.flags & PAGE_BRANCH) ||
		           !scan_tree(scan,
		                   node.low | (uint64_t)node.high << 16 |
		                           (uint64_t)node.flags << 32,
		                   depth + 1)) {
			return false;
		}
	}
	return true;
}

/* One list of free pages: in the node, or on an overflow run whose first page the node names. */
static bool scan_list(
        struct scan *scan, const struct node_header *node, const char *data, const char *end)
{
	size_t size = node->low | (size_t)node->high << 16;
	uint64_t first, number;
	char *copy = NULL;
	bool good = false;

	if (size < sizeof(number) || data > end)
		return false;
	if (node->flags & NODE_BIG) {
		if ((size_t)(end - data) < sizeof(first))
			return false;
		memcpy(&first, data, sizeof(first));
		copy = malloc(size);
		if (!copy || !page_read(scan, first, sizeof(struct page_header), copy, size))
			goto out;
		data = copy;
	} else if ((size_t)(end - data) < size) {
		goto out;
	}
	for (size_t i = sizeof(number); i + sizeof(number) <= size; i += sizeof(number)) {
		memcpy(&number, data + i, sizeof(number));
		scan->found += number >= scan->pages && number <= scan->last;
	}
	good = true;
out:
	free(copy);
	return good;
}

static bool page_read(struct scan *scan, uint64_t number, uint64_t offset, void *ret, size_t size)
{
	ssize_t got;

	if (number < 2 || number >= scan->pages)
		return false;
	got = pread(scan->fd, ret, size, (off_t)(number * scan->page_size + offset));
	if (got < 0)
		scan->pread_errno = errno;
	return got == (ssize_t)size;
}
