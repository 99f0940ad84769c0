/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include "base/buf.h"
#include "base/error.h"
#include "io/io.h"
#include "io/net.h"
#include "proto/gen/proto.h"

/*
 * A conversation of calls over a channel: many in flight, each with an id, answered in any order. Both ends use it:
 * clients and datanodes call the master, the master calls datanodes over the channel that they opened.
 *
 * On the wire, one JSON text a message, an object or an array of objects (a batch):
 *   call    {"i":7,"m":"stat","a":{...},"c":"<client id>","s":"<sequence>"}      c and s only on mutations
 *   reply   {"i":7,"r":{...}}   or   {"i":7,"e":{"code":"NOENT","message":"..."}}
 * Calls made in one turn of the loop leave as one batch; so do replies.
 *
 * Loop    all on the loop of `io`. A reply never comes inside link_call (but NOMEM does); in link_close it does. Any function may be called
 *         inside any event.
 * Limits  LINK_CALLS_MAX calls wait for this side's answer, further ones are refused with BUSY.
 * Faults  A message that is no JSON, over a limit, or no envelope closes the channel: nothing of it is used. A call whose
 *         arguments don't decode is refused; a reply that does not decode fails its call with PROTO; a reply to no call
 *         (it timed out) is dropped. A message or reply over 4 MiB fails with TOOBIG. A peer that lets 64 MiB wait for
 *         it is cut off.
 */
enum { LINK_CALLS_MAX = 16384 };

struct link;
struct link_call; /* a call to be answered, seen from the answering side */

typedef void link_reply(void *arg, int code, const struct dfs_error *err, const void *reply);

struct link_events {
	void (*opened)(void *arg); /* client side */
	/*
	 * The other side calls: `args` is the decoded proto_<name>_args, borrowed for this call. Answer now or later, once,
	 * by link_answer or link_refuse. NULL: every call is refused.
	 */
	void (*called)(void *arg, struct link_call *call, enum proto_call which, const void *args, uint64_t client,
		       uint64_t sequence);
	/*
	 * The channel broke, after all pending calls failed with CLOSED. `status`: HTTP status of a refusal, or 0. Last event:
	 * the link is gone when it returns (link_close inside it is allowed and does nothing more).
	 */
	void (*closed)(void *arg, int status, const char *why);
};

/* Client side: connect to `address` at path "/v1/rpc" with a bearer token. */
int link_open(struct link **ret, struct io *io, const char *address, const char *bearer, const struct link_events *events,
	      void *arg, struct dfs_error *err);
/* Server side: take over a channel inside io_service.channel; fills what that must return. */
int link_accept(struct link **ret, struct io *io, struct io_channel *channel, const struct link_events *events, void *arg,
		const struct io_channel_events **ret_events, void **ret_arg);
/* Call; `reply` comes once on the loop: decoded proto_<name>_reply (borrowed), or a code. timeout_ms 0: none. */
void link_call(struct link *link, enum proto_call which, const void *args, uint64_t client, uint64_t sequence,
	       uint64_t timeout_ms, link_reply *reply, void *arg);
void link_answer(struct link_call *call, const void *reply);
void link_refuse(struct link_call *call, int code, const char *message);
/* Close; pending calls fail with CLOSED within this call; `closed` does not follow. Calls to be answered may still be
   answered: that is a no-op. Takes NULL. */
void link_close(struct link *link);

/* The same calls by POST /v1/rpc/NAME (body: the args; client and sequence as query ?client=ID&sequence=N). */
int link_http_status(int code); /* 0 or DFS_E_... -> HTTP status (docs/contracts.md) */
int link_http_code(int status); /* the likeliest code of a status that came without a JSON error */

#endif
