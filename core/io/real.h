/* SPDX-License-Identifier: MIT */
#ifndef IO_REAL_H
#define IO_REAL_H

#include "io/disk.h"

/* Parts of the real world that need no loop: POSIX files, clocks and getrandom. `ctx` is ignored.
 */
extern const struct io_disk_ops io_disk_real;
uint64_t io_real_mono_ms(void);
int64_t io_real_wall_ms(void);
void io_real_random(void *ret_bytes, size_t size);

/* Worker threads: jobs run on one of `threads`, then land in a list that the loop drains when
 * `wake` was called. */
struct io_pool;
struct io_pool *io_pool_create(unsigned threads, void (*wake)(void *arg), void *arg);
void io_pool_destroy(
        struct io_pool *pool); /* runs what is queued, then joins, calls no `done`; takes NULL */
void io_pool_submit(struct io_pool *pool, struct io_work *work);
void io_pool_drain(struct io_pool *pool); /* on the loop: calls `done` of what has run */
/*
 * How long the slowest job has run, of those that run now and those that ended within
 * IO_SLOW_KEPT_MS: a disk that hangs shows while it does, one that is slow again and again between
 * two jobs too. From any thread; takes NULL.
 */
enum { IO_SLOW_KEPT_MS = 20000 };
uint64_t io_pool_slowest_ms(struct io_pool *pool);

#endif
