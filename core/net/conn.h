/* SPDX-License-Identifier: MIT */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "base/buf.h"
#include "net/loop_private.h"

/*
 * One TCP connection that speaks HTTP, of either side: bytes in, bytes out, the end. It knows
 * nothing of requests.
 *
 *   CONNECTING --> OPEN --conn_finish--> LINGERING --> (gone)
 *       |            |
 *       +------------+--- lost, conn_destroy ---------> (gone)
 *
 * libwebsockets polls the socket, as a "raw file". Reading is done here, so that the bytes of a
 * body go where they belong without a copy; writing too, because libwebsockets stops reading a
 * connection while a write is pending, so that a peer who answers early and stops reading would
 * never be heard.
 *
 * Owns    `ops` and `owner` are told until `lost`, conn_finish or conn_destroy; the memory goes by
 * itself later.
 */
struct conn;

struct conn_ops {
	void (*opened)(struct conn *conn); /* connected; client side */
	void (*received)(struct conn *conn, const char *bytes, size_t size);
	/* May be NULL or answer NULL: where the next bytes should lie when they are received. */
	char *(*room)(struct conn *conn, size_t *ret_size);
	/* May be NULL: how many bytes the other side owes us at least, before it may wait for us.
	 */
	uint64_t (*due)(struct conn *conn);
	void (*writable)(struct conn *conn); /* asked for by conn_want_write; once */
	void (*flushed)(struct conn *conn);  /* all that was written is with the kernel */
	void (*lost)(struct conn *conn, const char *why);
};

enum conn_state { CONN_CONNECTING, CONN_OPEN, CONN_LINGERING, CONN_DEAD };

struct conn {
	unsigned magic;
	enum conn_state state;
	struct loop *loop;
	struct lws *wsi;
	const struct conn_ops *ops;
	void *owner;
	struct conn *prev, *next;           /* in loop->conns */
	struct conn *idle_prev, *idle_next; /* in loop->idle */
	struct task task;
	struct buf out;  /* written, not yet with the kernel */
	size_t out_sent; /* of it */
	size_t budget;   /* bytes that may still be written in this turn */
	bool want_write;
	bool paused;
	int wakes_at;         /* bytes that must be there before poll tells of them; 0: one */
	uint64_t read_ms;     /* when something was last read */
	int error;            /* errno of the read that failed */
	bool asking;          /* inside ops->writable */
	bool broken;          /* nothing can be sent any more; there may be something to read */
	uint64_t deadline_ms; /* lost when it passes; 0: none */
	const char *late;     /* the sentence of that */
	uint64_t stall_ms;    /* when what waits in `out` has waited too long; 0: nothing waits */
	char address[IO_ADDRESS_MAX];
};

struct sockaddr;
/* Client: connect. NULL with errno set where that fails at once. */
struct conn *conn_connect(
        struct loop *loop, const char *address, const struct sockaddr *peer, unsigned size);
/* Server: takes an accepted socket, also where it fails. */
struct conn *conn_accept(struct loop *loop, int fd);
void conn_destroy(struct conn *conn);
/* Send what is written, then close without taking the last bytes away from the other side; `lost`
 * does not follow. */
void conn_finish(struct conn *conn);

void conn_own(struct conn *conn, const struct conn_ops *ops, void *owner);
void conn_deadline(struct conn *conn, uint64_t delay_ms, const char *why); /* 0: none */
void conn_pause(struct conn *conn, bool paused);
void conn_want_write(struct conn *conn);
/* Put into the line to be sent with the next write or at the end of this turn. */
void conn_queue(struct conn *conn, const void *bytes, size_t size);
/* Send now. True while the kernel has taken all and the budget of this turn is not spent. */
bool conn_write(struct conn *conn, const void *bytes, size_t size);
/* One request is over, the next not yet there: give memory back. */
void conn_rest(struct conn *conn);
/* Everything was written: `flushed` follows, in this turn or a later one. */
void conn_kick(struct conn *conn);
/* Nothing waits to be sent? */
bool conn_is_flushed(const struct conn *conn);
/* A second descriptor of the socket, for whom the connection is handed to. */
int conn_dup(const struct conn *conn);

/* Between conn.c (life) and conn_out.c: `task` of a connection, once a turn while there is
 * something to do. */
enum { CONN_MAGIC = 0x434f4e4e };
void conn_turn(struct task *task);

void conns_sweep(struct loop *loop, uint64_t now_ms);
void conns_fini(struct loop *loop);

#endif
