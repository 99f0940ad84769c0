/* SPDX-License-Identifier: MIT */
#ifndef IO_SIM_DISK_MODEL_H
#define IO_SIM_DISK_MODEL_H

#include "io/sim/world.h"

/*
 * The simulated disk. Two layers hold two images each, what processes see and what a power cut
 * leaves: pages.c    the bytes and the size of one file names.c    directories, and the journal of
 * changes to them On top of them stands io_disk_ops: handles.c  open files gate.c     every
 * operation passes here: it is counted, and fails or ends the host when that was asked for disk.c,
 * disk_bytes.c  the operations
 */

/* ---- pages.c ---- */

enum { SIM_PAGE_SIZE = 4096, SIM_SECTOR_SIZE = 512 };

#define SIM_FILE_MAX (UINT64_C(16) << 30)
#define SIM_NOT_CUT  UINT64_MAX

enum sim_page_state {
	SIM_PAGE_CLEAN,  /* both images are the same */
	SIM_PAGE_DIRTY,  /* written, not synced */
	SIM_PAGE_ADRIFT, /* a failed sync marked it clean: cached, not stored, and nobody will write
	                    it */
};

struct sim_page {
	uint8_t *now;    /* what reads see; NULL: zeros */
	uint8_t *stored; /* what the platter holds, unless CLEAN; NULL: zeros */
	enum sim_page_state state;
};

struct sim_file {
	struct sim_page *pages;
	size_t pages_count;
	size_t *dirty; /* indexes of the DIRTY pages */
	size_t dirty_count, dirty_capacity;
	size_t allocated; /* pages whose `now` is not NULL */
	uint64_t size, stored_size;
	uint64_t cut_size; /* the shortest that a truncate since the last sync made it; SIM_NOT_CUT
	                    */
};

/* A page of its own with those bytes; NULL: zeros. */
uint8_t *sim_page_copy(const uint8_t *bytes);
/* Processes see `now` from here on, which is taken. */
void sim_page_set(struct sim_file *file, struct sim_page *page, uint8_t *now);
/* Processes see zeros past `size`; `dirtying` as a write would. */
void sim_file_clear_past(struct sim_file *file, uint64_t size, bool dirtying);
void sim_file_init(struct sim_file *file);
void sim_file_fini(struct sim_file *file);
/* Pages that a write there would add; it must fit SIM_FILE_MAX. */
size_t sim_file_missing(const struct sim_file *file, uint64_t offset, size_t size);
void sim_file_write(struct sim_file *file, const void *bytes, size_t size, uint64_t offset);
size_t sim_file_read(const struct sim_file *file, void *ret_bytes, size_t size, uint64_t offset);
void sim_file_truncate(struct sim_file *file, uint64_t size);
void sim_file_sync(struct sim_file *file);
/* A sync that failed: each dirty page was written, or is ADRIFT, or is gone from the cache too. All
 * look clean. */
void sim_file_sync_failed(struct sim_file *file, struct sim_rng *rng);
void sim_file_power_cut(struct sim_file *file, struct sim_rng *rng);
bool sim_file_flip(struct sim_file *file, uint64_t bit); /* in both images; false past the end */

/* ---- names.c ---- */

enum { SIM_NAME_MAX = 255 };

struct sim_name {
	char *text;
	struct sim_inode *inode;
	UT_hash_handle hh;
};

struct sim_inode {
	bool is_dir;
	bool locked;
	unsigned links;   /* names that processes see */
	unsigned handles; /* open */
	unsigned keeps;   /* stored names and journal records: a power cut may need it */
	size_t charged;   /* its pages that count as used space */
	bool reachable;   /* scratch of a power cut */
	struct sim_file file;
	struct sim_name *live, *stored; /* a directory's names: now, and on the platter */
	struct sim_inode *prev, *next;
};

struct sim_change {
	struct sim_inode *dir;
	char *name;
	struct sim_inode *inode; /* what the name stands for from now on; NULL: nothing */
};

/* What survives whole or not at all. */
struct sim_record {
	bool chosen; /* scratch of a sync */
	struct sim_change changes[2];
	int changes_count;
	struct sim_record *prev, *next;
};

struct sim_names {
	struct sim_inode *root;
	struct sim_inode *inodes;
	struct sim_record *journal; /* not yet durable, oldest first */
	uint64_t used_pages;        /* of all charged inodes */
};

void sim_names_init(struct sim_names *names);
void sim_names_fini(struct sim_names *names);

struct sim_where {
	struct sim_inode *dir;       /* NULL for "/" itself */
	char name[SIM_NAME_MAX + 1]; /* in `dir` */
	struct sim_inode *inode;     /* what has that name; NULL: nothing */
};

/* Tables; `inode` NULL removes the name. Gives what the name stood for before, or NULL. */
struct sim_inode *sim_table_set(struct sim_name **table, const char *text, struct sim_inode *inode);
void sim_table_clear(struct sim_name **table);
/* The record leaves the journal: it is durable, or was never heard of. */
void sim_record_end(struct sim_names *names, struct sim_record *record, bool stored);
void sim_inode_free(struct sim_names *names, struct sim_inode *inode);

/* Where an absolute path leads: 0, or -ENOENT or -ENOTDIR (on the way), -EINVAL, -ENAMETOOLONG. */
int sim_names_find(struct sim_names *names, const char *path, struct sim_where *ret_where);
/* Changes: seen at once, durable by sim_names_sync. What `where` says must be fresh. */
struct sim_inode *sim_names_add(
        struct sim_names *names, const struct sim_where *where, bool is_dir);
void sim_names_remove(struct sim_names *names, const struct sim_where *where);
void sim_names_move(
        struct sim_names *names, const struct sim_where *from, const struct sim_where *to);
/* Make durable what the journal holds of `dir`, and what that depends on. */
void sim_names_sync(struct sim_names *names, struct sim_inode *dir);
/* A prefix of the journal survives, and of each file what its pages say. Handles must be closed
 * before. */
void sim_names_power_cut(struct sim_names *names, struct sim_rng *rng);
/* After a change of counts or pages: charge its space, free it where nothing needs it any more. */
void sim_inode_settle(struct sim_names *names, struct sim_inode *inode);

/* ---- the disk ---- */

struct sim_handle {
	struct sim_inode *inode; /* NULL: the slot is free */
	int flags;
	bool locks;
	unsigned uses;
};

struct sim_disk {
	struct sim_names names;
	struct sim_rng rng;
	uint64_t capacity_bytes;
	struct sim_handle *handles;
	size_t handles_count;
	uint64_t operations;
	uint64_t fail_at, crash_at; /* in `operations`; 0: never */
	bool lies;                  /* syncs do nothing and say that they did */
	bool cut_pending;           /* the power goes at the end of this operation */
};

struct sim_handle *sim_handle_find(struct sim_disk *disk, int fd); /* NULL where it is not open */
int sim_handle_open(struct sim_disk *disk, struct sim_inode *inode, int flags, bool locks);
void sim_handle_close(struct sim_disk *disk, struct sim_handle *handle);
uint64_t sim_disk_free_pages(const struct sim_disk *disk);

ssize_t sim_disk_pwritev(
        void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset);
ssize_t sim_disk_pread(void *ctx, int fd, void *ret_bytes, size_t size, uint64_t offset);
ssize_t sim_disk_preadv_now(
        void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset);
ssize_t sim_disk_preadv(void *ctx, int fd, const struct iovec *iov, int iov_count, uint64_t offset);
int sim_disk_fdatasync(void *ctx, int fd);
int sim_disk_write_back(void *ctx, int fd, uint64_t offset, uint64_t size);
int sim_disk_allocate(void *ctx, int fd, uint64_t offset, uint64_t size);
int sim_disk_truncate(void *ctx, int fd, uint64_t size);
int64_t sim_disk_size(void *ctx, int fd);

#endif
