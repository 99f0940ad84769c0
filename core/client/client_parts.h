/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_CLIENT_PARTS_H
#define CLIENT_CLIENT_PARTS_H

#include "base/arena.h"
#include "client/client.h"

/*
 * What the files of the client share. Nobody else includes it.
 *
 * A call waits in `calls`, in the order of calling, from client_call until its answer, through any
 * number of connections.
 */
enum { CLIENT_MAGIC = 0x434c4e54, CLIENT_ADDRESS_SIZE = 264 };

enum connection_state {
	CONNECTION_IDLE,    /* nothing to say yet, or the last try ended for good */
	CONNECTION_OPENING, /* a channel is on its way */
	CONNECTION_HELLO,   /* it is open, the master is asked who we are */
	CONNECTION_READY,   /* calls go out */
	CONNECTION_WAITING, /* it broke: the next try has its time */
};

struct client_call {
	struct client *client;
	enum proto_call which;
	struct arena arena;
	const void *args; /* ours, in the arena */
	client_reply *reply;
	void *arg;
	uint64_t asked_ms;
	uint64_t client_id, sequence; /* of a mutation: given when it is sent first */
	bool sent;                    /* over the present connection */
	bool probe;                   /* the client's own: is anybody there? */
	struct client_call *prev, *next;
};

struct client {
	unsigned magic;
	struct io *io;
	char *master, *token, *program;
	uint64_t timeout_ms;
	uint32_t parallel;

	enum connection_state state;
	struct link *link;
	struct io_timer *retry;    /* WAITING: the next try */
	struct io_timer *patience; /* not READY: the oldest call gives up; READY: is the master
	                              still there? */
	uint64_t patience_at_ms;   /* when it fires; 0: it is not set */
	uint64_t lost_ms;          /* since when nobody answers */
	uint64_t heard_ms;         /* READY: the last answer */
	uint32_t tries;            /* in a row that failed */
	char why[200];             /* the last of them */
	bool probing;

	uint64_t id; /* ours, from the master; 0: none yet */
	uint64_t epoch;
	uint64_t sequence;
	struct client_call *calls; /* utlist */
	struct client_call *spare_calls;
	size_t spare_calls_count;
	struct client_job *jobs;   /* utlist */
	unsigned pieces;           /* of files that its puts read (put_piece.c) */
	bool ending;
};

/* connection.c */
int connection_init(struct client *client);
void connection_want(struct client *client); /* there is something to say */
void connection_stop(struct client *client);
void connection_watch(struct client *client); /* set `patience` for what waits now */

/* call.c */
void calls_spares_free(struct client *client); /* the spare ones */
/* Send what waits; READY only. */
void calls_send(struct client *client);
/* What was sent has no answer any more, it will be sent again. Mutations of another client id fail:
 * see there. */
void calls_unsend(struct client *client);
void calls_fail_foreign(struct client *client);
void calls_fail_all(struct client *client, int code, const char *sentence);
/* Those that waited longer than the timeout without a master. */
void calls_fail_overdue(struct client *client, const char *sentence);
/* When the oldest call gives up without a master; UINT64_MAX: there is none. */
uint64_t calls_deadline(const struct client *client);
/* Ask something cheap, to hear whether anybody is there. */
void calls_probe(struct client *client);

#endif
