/* SPDX-License-Identifier: MIT */
#ifndef T_NET_RIG_H
#define T_NET_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/buf.h"
#include "io/net.h"
#include "net/loop.h"

/*
 * A server and its clients on one loop, over real sockets on 127.0.0.1. What the server does is in
 * the path:
 *
 *   GET  /bytes/N        N bytes of the pattern          POST /count      takes the body, answers
 * "N good" or "N bad" POST /echo           answers the body                POST /early/N    answers
 * 507 once N bytes have come GET  /status/S       refuses with S                  POST /slow as
 * /count, pausing after every piece POST /into as /count, into its own memory GET  /hold never
 * answers                   GET /drop/N     aborts after N bytes of 1 GiB GET  /chunked/N      N
 * bytes, size not said GET /headers    answers the carried headers of the request GET  /later
 * answers after a job on a worker
 */
struct rig {
	struct loop *loop;
	struct io *io;
	struct io_server *server;
	char address[64];
	struct served *served;
	uint64_t slow_ms; /* how long /slow pauses; 0: 1 */
	int requests;     /* that the server saw */
	uint64_t placed;  /* bytes of bodies that came to where a `room` wanted them */
	int served_open;  /* exchanges that the server has not been told are closed */
	int channels_open;
	char served_why[512];     /* of the last that closed; "" for NULL */
	struct io_exchange *held; /* by /hold */
	bool held_closed;
	struct rig_channel *accepted; /* the last */
	int refuse_channel;
	bool close_channel; /* accept, then close at the first message */
	char authorization[128];
	char origin[128];
};

void rig_open(struct rig *rig);
int rig_open_at(struct rig *rig, const char *host); /* -1: not on this machine */
void rig_close(struct rig *rig);
/* End the loop without a word to anybody. */
void rig_kill(struct rig *rig);
void rig_abort_held(struct rig *rig);
/* Serve until *flag; fails the test after ten seconds. */
void rig_wait(struct rig *rig, const bool *flag);
void rig_wait_ms(struct rig *rig, uint64_t delay_ms);
void rig_turns(struct rig *rig, int turns);

/* The pattern: byte `offset` of every body. */
void pattern_fill(char *bytes, size_t size, uint64_t offset);
bool pattern_is(const char *bytes, size_t size, uint64_t offset);
const char *pattern_at(uint64_t offset, size_t *ret_size);

/* Where a body is to come: rooms of odd sizes, and now and then none. */
enum { SPOT_SIZE = 100000 };
size_t spot_size(uint64_t received); /* 0: none */

/* A client's request and all that came of it. */
struct reply {
	struct rig *rig;
	struct io_exchange *exchange;
	uint64_t send_size, sent;
	size_t piece; /* bytes of one write; 0: 256 KiB */
	int status;
	char headers[IO_HEADERS][256];
	uint64_t said_size;
	struct buf body; /* its first 64 KiB */
	uint64_t received;
	char *into; /* SPOT_SIZE bytes: where the body is to come */
	bool bad;   /* not the pattern */
	bool ended, closed;
	bool fine; /* closed with NULL */
	bool pausing;
	bool stopping;     /* pauses at the first piece, for good */
	bool eager;        /* writes all, whatever it is told */
	uint64_t abort_at; /* bytes received; 0: never */
	char why[512];
};

void ask(struct rig *rig, struct reply *reply, const char *method, const char *path,
        uint64_t body_size);
void ask_with(struct rig *rig, struct reply *reply, const struct io_request *request);
void reply_wait(struct reply *reply);
void reply_fini(struct reply *reply);

/* One end of a channel. */
struct rig_channel {
	struct rig *rig;
	struct io_channel *channel;
	bool opened, closed;
	int status;
	char why[512];
	uint64_t count; /* messages received */
	uint64_t size;  /* of the last one */
	uint64_t want;  /* `enough` once so many came */
	bool enough;
	bool echo;
	bool numbered; /* messages are numbers, in order */
	bool disorder;
	char last[256];
};

void channel_start(struct rig *rig, struct rig_channel *channel, const char *bearer);

/* A plain socket, for what our client would never say. */
int plain_connect(struct rig *rig);
void plain_send(int fd, const char *text);
/* Reads until the end or until `until` is in it, turning the loop. */
void plain_read(struct rig *rig, int fd, const char *until, struct buf *ret);

int open_files(void);

#endif
