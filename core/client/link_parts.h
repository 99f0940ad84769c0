/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_LINK_PARTS_H
#define CLIENT_LINK_PARTS_H

#include "client/link.h"
#include "proto/envelope.h"

/*
 * What link.c, link_ask.c and link_serve.c share. Nobody else includes it.
 *
 * A link lives until it is over *and* no function is at work in it (`uses`): its owner may close it
 * inside any event.
 */
struct link_asked;

enum { LINK_SPARES_MAX = 1024 };

enum { LINK_MAGIC = 0x4c494e4b };

struct link {
	unsigned magic;
	unsigned uses;
	bool open;   /* the channel takes messages */
	bool over;   /* closed; nothing is sent or told any more */
	bool choked; /* a send failed with choked_code: the link ends with this turn */
	int choked_code;
	struct io *io;
	struct io_channel *channel; /* NULL once over */
	const struct link_events *events;
	void *arg;

	/* Out: one batch, begun and not yet closed while out_count > 0. */
	struct buf out;
	size_t out_count;
	struct io_timer *turn; /* fires when this turn of the loop is over */

	/* Calls of this side. */
	uint64_t next_id;
	struct link_asked *asked;     /* uthash by id */
	struct link_asked *deadlines; /* utlist, the earliest first */
	struct link_asked *refused; /* utlist: those that never left, to be told in the next turn */
	struct io_timer *clock;
	struct link_asked *asked_spare; /* for reuse: a call needs no allocation */
	size_t asked_spare_count;

	/* Calls of the other side that wait for an answer. */
	struct link_call *served; /* utlist */
	size_t served_count;
	struct link_call *served_spare;
	size_t served_spare_count;
	/* The message under way. */
	struct envelopes envelopes;
	struct arena arena; /* its envelopes */
	struct arena body;  /* of the envelope under way */
};

void link_use(struct link *link);
void link_release(struct link *link);

/* Add to the batch. DFS_E_TOOBIG, DFS_E_INVAL, DFS_E_NOMEM. */
int link_put_call(struct link *link, uint64_t id, enum proto_call which, const void *args,
        uint64_t client, uint64_t sequence);
int link_put_reply(struct link *link, uint64_t id, enum proto_call which, const void *reply);
int link_put_fault(struct link *link, uint64_t id, int fault, const char *message);
void link_flush(struct link *link);

/* link_ask.c */
void link_ask_answered(struct link *link, const struct envelope *envelope);
void link_ask_overdue(void *arg);        /* the clock fired */
void link_ask_report(struct link *link); /* tell those that never left */
void link_ask_fail_all(struct link *link, const char *why);
void link_ask_spares_free(struct link *link);

/* link_serve.c */
void link_serve(struct link *link, const struct envelope *envelope);
void link_serve_orphan(struct link *link); /* answers to come are dropped */
void link_serve_spares_free(struct link *link);

#endif
