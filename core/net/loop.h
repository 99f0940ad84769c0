/* SPDX-License-Identifier: MIT */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include "base/error.h"
#include "io/io.h"

/*
 * The real world: a libwebsockets loop, worker threads, the machine's clock, randomness and disk,
 * as one `struct io`. One loop per thread; a process may run several (the heartbeat has its own,
 * RULES 34).
 */
struct loop;

struct loop_options {
	bool server; /* listens: sizes its tables for thousands of connections; else for a client */
	unsigned disk_workers; /* threads of IO_LANE_DISK and IO_LANE_BULK together; 0: 4 servers, 1
	                          clients, made at first use */
};

int loop_create(struct loop **ret, const struct loop_options *options, struct dfs_error *err);
void loop_destroy(struct loop *loop); /* waits for workers; takes NULL */
struct io *loop_io(struct loop *loop);
/* Serve until loop_stop. */
void loop_run(struct loop *loop);
/* Serve until *flag is true (set by a callback); returns at once where it is. */
void loop_run_until(struct loop *loop, const bool *flag);
/* From any thread or a signal handler. */
void loop_stop(struct loop *loop);
/* Turns since the start, readable from any thread: a stuck loop does not count (RULES 34). */
uint64_t loop_turns(const struct loop *loop);
/* How slow its disk is, as io_pool_slowest_ms says it; from any thread. */
uint64_t loop_disk_ms(const struct loop *loop);
/* The port that a server of io_net.serve listens on: tests ask for port 0. */
struct io_server;
int loop_server_port(const struct io_server *server);

#endif
