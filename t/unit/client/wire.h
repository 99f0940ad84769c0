/* SPDX-License-Identifier: MIT */
#ifndef T_UNIT_CLIENT_WIRE_H
#define T_UNIT_CLIENT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "io/io.h"
#include "io/net.h"

/*
 * An `io` for tests of links alone: a clock that the test moves, timers, and channels between two
 * ends of one process. Events wait in a queue until the test lets them happen. No exchanges, no
 * disk. The simulated network of io/sim is for everything that needs several hosts, delay and loss;
 * here the test sees and writes every message.
 */
struct wire;

struct wire *wire_create(void);
void wire_destroy(struct wire *wire); /* fails the test where something is still open */
struct io *wire_io(struct wire *wire);
/* Who accepts channels; set by net's `serve` too. */
void wire_service(struct wire *wire, const struct io_service *service, void *arg);
/* Let everything that is due happen, and what follows from it. */
void wire_run(struct wire *wire);
void wire_advance(struct wire *wire, uint64_t ms); /* and run */
/* The channel opened last, both ends of it. */
struct io_channel *wire_client_end(struct wire *wire);
struct io_channel *wire_server_end(struct wire *wire);
/* A message arrives at this end, from nowhere. */
void wire_inject(struct io_channel *end, const char *text, size_t size);
/* The channel breaks: both ends are told. */
void wire_break(struct io_channel *end, const char *why);
/* Messages sent by this end so far, and the last of them. */
size_t wire_sent(const struct io_channel *end);
const char *wire_last(const struct io_channel *end);
/* What channel_send answers from now on; 0: it sends. */
void wire_send_fails(struct wire *wire, int code);

#endif
