/* SPDX-License-Identifier: MIT */
#ifndef IO_SIM_NET_MODEL_H
#define IO_SIM_NET_MODEL_H

#include "io/sim/world.h"

/*
 * The simulated network. A conversation has two ends, each an object of its own host:
 *   end.c       what all ends have: packets in order, the peer, the end of it all
 *   link.c      pairs of hosts: latency, bandwidth, partitions
 *   server.c    addresses, listening, connecting
 *   channel.c   messages
 *   exchange.c  requests and responses;  stream.c their bodies;  head.c their heads
 *
 *                 OPENED, RESPONSE         peer vanished without a word
 *   CONNECTING -----------------> OPEN ------------------------> LOST
 *       |                           |                              |
 *       +---------------------------+------------------------------+--> OVER: told by `closed`, or
 * closed by its owner
 *
 * An end whose process died is `dead` on top of that: it does nothing and waits for its owner to
 * let go of it.
 */

enum {
	SIM_PORT_SIZE = 8, /* of a port as text */
	SIM_CONNECT_CUT_MS =
	        5000, /* connecting across a partition, or to a host that fell silent */
	SIM_CHANNEL_CONNECT_MS = 10000, /* until a channel is open, as in the real world */
	SIM_BREAK_MS = 20000,           /* traffic waits that long across a partition */
	SIM_PROBE_MIN_MS = 20000,       /* a channel's probes go unanswered */
	SIM_PROBE_MAX_MS = 30000,
	SIM_STALL_MS = 60000,   /* bytes of an exchange are owed and none come or go */
	SIM_ANSWER_MS = 120000, /* a whole request waits for its response */
};

/* ---- packets ---- */

enum sim_packet_kind {
	SIM_PACKET_OPENED,
	SIM_PACKET_MESSAGE,
	SIM_PACKET_RESPONSE,
	SIM_PACKET_BODY,
	SIM_PACKET_BODY_END,
	SIM_PACKET_CLOSED, /* bytes: the sentence */
};

struct sim_packet {
	struct sim_event event; /* its arrival */
	struct sim_end *to;
	enum sim_packet_kind kind;
	bool parked; /* it arrived and can not be delivered yet */
	char *bytes;
	size_t size;
	struct sim_head *head;
	struct sim_packet *prev, *next; /* in to->packets, as sent */
};

/* ---- ends ---- */

enum sim_end_state { SIM_END_CONNECTING, SIM_END_OPEN, SIM_END_LOST, SIM_END_OVER };

struct sim_end_class {
	/* A connection reached `server`: make the other end and ask the service. */
	void (*accept)(struct sim_end *client, struct io_server *server);
	void (*deliver)(struct sim_end *end, struct sim_packet *packet);
	bool (*blocked)(const struct sim_end *end);
	/* The other side can not be heard from now on, or can again; NULL: nobody minds. */
	void (*silence)(struct sim_end *end, bool silent);
	/* Stop the class's own events. */
	void (*stop)(struct sim_end *end);
	void (*closed)(struct sim_end *end, int status, const char *why);
	void (*fini)(struct sim_end *end); /* frees the object */
};

struct sim_end {
	const struct sim_end_class *class;
	struct sim_host *host, *other; /* ours and the peer's; `other` NULL: no such host */
	struct sim_end *peer;          /* NULL: not yet, or gone */
	enum sim_end_state state;
	bool dead;
	bool owned;      /* somebody will close it or be told */
	bool unanswered; /* LOST, and something was sent since */
	bool vanished;   /* the peer, without a word: LOST as soon as it is OPEN */
	bool ending;     /* `step` will tell `closed` */
	unsigned holds;  /* it stays in memory */
	char port[SIM_PORT_SIZE];
	struct io_server *server;   /* that accepted it */
	struct sim_packet *packets; /* to this end */
	uint64_t last_arrival_us;
	uint64_t unsent_bytes; /* messages from this end that were not delivered */
	struct sim_event step; /* connecting, then ending */
	int end_status;
	char *end_why;               /* NULL: all is complete */
	struct sim_event breaking;   /* its traffic waits at a partition */
	struct sim_end *prev, *next; /* in host->ends or host->dead_ends */
};

void sim_end_init(struct sim_end *end, const struct sim_end_class *class, struct sim_host *host,
        struct sim_host *other);
/* Make two ends one conversation: the server's is OPEN, the client's by sim_end_open. */
void sim_end_join(struct sim_end *client, struct sim_end *server);
void sim_end_open(struct sim_end *end);
/* OVER, and nobody is told; it goes when nobody holds it. */
void sim_end_discard(struct sim_end *end);
void sim_end_hold(struct sim_end *end);
void sim_end_release(struct sim_end *end);
static inline bool sim_end_alive(const struct sim_end *end)
{
	return !end->dead && end->state != SIM_END_OVER;
}

/*
 * To the peer, after what was sent before; `wire_us` is how long it takes besides the latency;
 * `bytes` are copied, `head` is taken. Into the void where the peer is gone.
 */
void sim_end_send(struct sim_end *end, enum sim_packet_kind kind, uint64_t wire_us,
        const void *bytes, size_t size, struct sim_head *head);
/* Something was sent to a peer that is gone: sooner or later its host says so, where it can. */
void sim_end_unanswered(struct sim_end *end);
/* Look whether the other side can be heard: after a partition, a pause, or their end. */
void sim_end_listen(struct sim_end *end);
/* What could not be delivered arrives anew. */
void sim_end_resend(struct sim_end *end);
void sim_end_drop_packets(struct sim_end *end);
/* The owner lets go of it: the peer is told, nothing follows. */
void sim_end_close(struct sim_end *end);
/* `closed` will be told to the owner after `delay_us`; `why` NULL: all is complete. The first of
 * several counts. */
void sim_end_finish(struct sim_end *end, uint64_t delay_us, int status, const char *why);
/* Its process died: after a power cut some of what is under way is lost; the peer hears of it or,
 * `silent`, does not. */
void sim_end_die(struct sim_end *end, bool power_cut, bool silent);

/* ---- heads ---- */

/* A request's or response's head, copied. */
struct sim_head {
	char *method, *path;
	int status;
	char *headers[IO_HEADERS];
	uint64_t body_size;
};

struct sim_head *sim_head_of_request(const struct io_request *request);
struct sim_head *sim_head_of_response(const struct io_response *response);
void sim_head_free(struct sim_head *head);
struct io_request sim_head_request(const struct sim_head *head); /* borrows */
struct io_response sim_head_response(const struct sim_head *head);
/* NULL, or what is wrong with the request. */
const char *sim_head_fault(const struct io_request *request);
/* The JSON body of a refusal by HTTP status. */
void sim_head_error(int status, char *ret_text, size_t size);

/* ---- links ---- */

struct sim_link_key {
	unsigned from, to; /* index of hosts */
};

struct sim_link {
	struct sim_link_key key;
	uint64_t free_us; /* when the last body byte on it has left */
	bool cut;
	UT_hash_handle hh;
};

struct sim_net {
	struct sim_link *links;
};

struct sim_link *sim_link_get(
        struct sim *sim, const struct sim_host *from, const struct sim_host *to);
bool sim_link_cut(struct sim *sim, const struct sim_host *a, const struct sim_host *b);
uint64_t sim_link_latency_us(struct sim *sim);
/* Put `size` bytes of a body on the wire: the time from now until the last has left. */
uint64_t sim_link_transfer_us(
        struct sim *sim, const struct sim_host *from, const struct sim_host *to, size_t size);

/* ---- servers ---- */

struct io_server {
	struct sim_host *host;
	uint64_t life; /* of the process that listens */
	char port[SIM_PORT_SIZE];
	const struct io_service *service;
	void *arg;
	struct io_server *prev, *next;
};

struct io_server *sim_serve(
        void *ctx, const char *address, const struct io_service *service, void *arg, char *ret_why);
void sim_server_close(void *ctx, struct io_server *server);
/* Find the host of `address` and go there; the class's `accept` follows, or `closed`. `other` and
 * `port` are filled. */
void sim_connect(struct sim_end *end, const char *address);
struct sim_host *sim_address_host(struct sim_host *from, const char *address, char *ret_port);

/* ---- the two kinds ---- */

struct io_channel *sim_channel_open(void *ctx, const char *address, const char *path,
        const char *bearer, const struct io_channel_events *events, void *arg);
int sim_channel_send(void *ctx, struct io_channel *channel, const char *text, size_t size);
void sim_channel_close(void *ctx, struct io_channel *channel);

enum { SIM_WINDOW_MIN = 64 * 1024, SIM_WINDOW_MAX = 1024 * 1024 };

/* The body that one end of an exchange sends. */
struct sim_stream {
	uint64_t left; /* bytes that the owner has yet to write; IO_BODY_UNKNOWN until it writes its
	                  end */
	char *buffer;
	size_t buffered;           /* written, still here */
	size_t consumed, capacity; /* of the buffer: in front of them, in all */
	size_t flying;             /* left, not yet taken by the other side's owner */
	size_t window;             /* of both, before the owner must wait */
	bool ended;                /* its end is sent */
	struct sim_event pump;
};

struct io_exchange {
	struct sim_end end;
	const struct io_exchange_events *events;
	void *arg;
	struct sim_head *request;
	bool server;
	bool started; /* its body may flow: the connection stands; server: the response is given */
	bool heard;   /* client: the response is here */
	bool body_whole; /* the other side's body is here */
	bool paused;
	bool leaks; /* paused, but a piece was read already */
	bool want_write;
	bool writing; /* inside `writable` */
	struct sim_stream out;
	struct sim_event writable, stall;
};

struct io_exchange *sim_exchange_open(void *ctx, const char *address,
        const struct io_request *request, const struct io_exchange_events *events, void *arg);
int sim_exchange_respond(
        void *ctx, struct io_exchange *exchange, const struct io_response *response);
void sim_exchange_pause(void *ctx, struct io_exchange *exchange, bool paused);
void sim_exchange_abort(void *ctx, struct io_exchange *exchange);
/* The body that it sends is on the wire to its last byte. */
void sim_exchange_sent(struct io_exchange *exchange);
/* Something moved: what it waits for now is given its time anew. */
void sim_exchange_moved(struct io_exchange *exchange);

void sim_stream_init(struct io_exchange *exchange, uint64_t body_size);
void sim_stream_fini(struct io_exchange *exchange);
void sim_stream_stop(struct io_exchange *exchange);
/* The body may flow from now on. */
void sim_stream_start(struct io_exchange *exchange);
/* The other side took `size` bytes. */
void sim_stream_taken(struct io_exchange *exchange, size_t size);
void sim_exchange_want_write(void *ctx, struct io_exchange *exchange);
bool sim_exchange_write(void *ctx, struct io_exchange *exchange, const void *bytes, size_t size);

#endif
