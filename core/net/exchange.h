/* SPDX-License-Identifier: MIT */
#ifndef NET_EXCHANGE_H
#define NET_EXCHANGE_H

#include "net/address.h"
#include "net/conn.h"
#include "net/http.h"

/*
 * One request and its response, as the house sees it; both sides. The server's end is driven by
 * session.c and answer.c, the client's by request.c and reply.c.
 *
 *   begun --> closed is told, once ------------------+--> freed in the next turn
 *     |                                              |
 *     +-----> abort: nobody is told any more --------+
 */
struct session;

struct io_exchange {
	unsigned magic;
	struct loop *loop;
	struct io_exchange *prev, *next;         /* in loop->exchanges */
	struct conn *conn;                       /* NULL: not yet, or no longer */
	const struct io_exchange_events *events; /* NULL: told that it is closed, or aborted */
	void *arg;
	struct task task;
	bool paused, want_write;
	bool chunked_out;   /* the body that we send is chunked */
	uint64_t send_left; /* of it; IO_BODY_UNKNOWN: until its end is written */

	/* server */
	struct session *session; /* NULL: we are a client */
	bool responded;
	bool head_only; /* HEAD: the body is not sent */
	bool old;       /* asked by HTTP/1.0 */

	/* client */
	struct lookup lookup;
	char address[IO_ADDRESS_MAX];
	struct buf head; /* of the request */
	bool idempotent; /* may be sent again on a fresh connection */
	bool head_request;
	bool opened;   /* was connected once */
	bool reused;   /* on a connection that had carried others */
	bool started;  /* bytes of the body were sent */
	bool heard;    /* bytes came back */
	struct buf in; /* the response's head, until it is whole */
	enum { REPLY_HEAD, REPLY_SIZED, REPLY_CHUNKED, REPLY_TO_END } reading;
	uint64_t receive_left;
	struct http_chunks chunks;
	bool keep_alive;
	char why[ADDRESS_WHY_MAX + IO_ADDRESS_MAX];
};

enum { EXCHANGE_MAGIC = 0x45584348 };

struct io_exchange *net_exchange_create(struct loop *loop);
/* Tell `closed`, once, and free it in the next turn. */
void net_exchange_close(struct io_exchange *exchange, const char *why);
/* Free it in the next turn. */
void net_exchange_release(struct io_exchange *exchange);
/* Everything that we send is written? */
static inline bool exchange_sent(const struct io_exchange *exchange)
{
	return exchange->send_left == 0;
}

void net_exchange_body(struct io_exchange *exchange, const char *bytes, size_t size);
/* Where the next bytes of its body should lie, of which `left` are still to come; or NULL. */
char *net_exchange_room(struct io_exchange *exchange, uint64_t left, size_t *ret_size);
void net_exchange_body_end(struct io_exchange *exchange);
void net_exchange_writable(struct io_exchange *exchange);
void net_exchanges_fini(struct loop *loop);

/* request.c */
struct io_exchange *net_request_open(void *ctx, const char *address,
        const struct io_request *request, const struct io_exchange_events *events, void *arg);
void net_request_abort(struct io_exchange *exchange);
void net_request_paused(struct io_exchange *exchange);
/* request.c, for reply.c */
void net_request_fail(struct io_exchange *exchange, const char *what, const char *why);
void net_request_due(struct io_exchange *exchange);
/* reply.c */
void net_reply_received(struct conn *conn, const char *bytes, size_t size);
void net_reply_finish(struct io_exchange *exchange);
char *net_reply_room(struct conn *conn, size_t *ret_size);
/* answer.c */
int net_session_respond(struct io_exchange *exchange, const struct io_response *response);
void net_session_abort(struct io_exchange *exchange);
void net_session_paused(struct io_exchange *exchange);

#endif
