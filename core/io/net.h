/* SPDX-License-Identifier: MIT */
#ifndef IO_NET_H
#define IO_NET_H

#include "io/io.h"

/*
 * The network as engines and roles see it: two kinds of conversation.
 *
 *   channel    ordered text messages both ways (a WebSocket): control.
 *   exchange   one HTTP request and its response, each with a body under flow control: chunk bytes, RPC by curl.
 *
 * Loop    all calls and callbacks on the loop of this `io`. Callbacks never run inside the call that caused them,
 *         except that `closed` may follow at any later turn; freeing your own object inside `closed` is fine.
 * Owns    bytes given to a callback are borrowed for that call. Bytes given to send/write are copied or written
 *         before it returns.
 */
struct io_channel;
struct io_exchange;
struct io_server;

enum {
	IO_MESSAGE_MAX = 4 * 1024 * 1024, /* bytes of one channel message */
	IO_ADDRESS_MAX = 264,             /* host:port with its terminator */
	IO_PATH_MAX = 2048,
	IO_HEADER_MAX = 4096, /* bytes of one header's value with its terminator */
};

/* ---- channels ---------------------------------------------------------------------------------------------- */

struct io_channel_events {
	void (*opened)(void *arg); /* client side only */
	void (*message)(void *arg, const char *text, size_t size);
	/* Last event; the channel is gone when it returns. `why` is a sentence; `status` the HTTP status of a refusal or 0. */
	void (*closed)(void *arg, int status, const char *why);
};

/* ---- exchanges --------------------------------------------------------------------------------------------- */

/* Headers that are carried; all others are ignored on both sides. */
enum io_header {
	IO_AUTHORIZATION, /* "Bearer ..." */
	IO_RANGE,
	IO_CONTENT_RANGE,
	IO_CONTENT_TYPE,
	IO_ACCEPT,
	IO_ORIGIN,
	IO_RETRY_AFTER,
	IO_IF_NONE_MATCH,
	IO_ETAG,
	IO_DFS_CHAIN,  /* x-dfs-chain: the rest of the chain, host:port, comma between */
	IO_DFS_APPEND, /* x-dfs-append: parameters of an append (contracts.md) */
	IO_DFS_CHUNK,  /* x-dfs-chunk: what a response says of the chunk */
	IO_HEADERS
};

#define IO_BODY_UNKNOWN UINT64_MAX

/* Strings are borrowed for the call. headers[i] is NULL where absent. */
struct io_request {
	const char *method; /* "GET", "HEAD", "POST", "DELETE" */
	const char *path;   /* "/v1/chunks/00ab...", with the query string if any */
	const char *headers[IO_HEADERS];
	uint64_t body_size; /* Content-Length; 0 without a body. Always known: 411 otherwise (see docs/contracts.md) */
};

struct io_response {
	int status;
	const char *headers[IO_HEADERS];
	uint64_t body_size; /* IO_BODY_UNKNOWN where the response is chunked */
};

struct io_exchange_events {
	void (*response)(void *arg, const struct io_response *response); /* client side, once, before its body */
	void (*body)(void *arg, const void *bytes, size_t size);        /* the other side's body, in order */
	void (*body_end)(void *arg);                                     /* the other side's body is complete, an empty one too */
	void (*writable)(void *arg);                                     /* asked for by io_exchange_want_write */
	/*
	 * Last event; the exchange is gone when it returns. `why` NULL: both bodies are complete; else a sentence.
	 * A server is told when its response is with the kernel, a client when the response is here. A server may answer
	 * before it has the whole request: the client gets that response whole, then both are told a sentence.
	 */
	void (*closed)(void *arg, const char *why);
	/*
	 * May be NULL, or answer NULL. Where the next bytes of the body may be put, *ret_size of them: if some are, `body`
	 * follows at once with bytes that lie there, from its start. Bytes that came otherwise lie elsewhere.
	 */
	void *(*room)(void *arg, size_t *ret_size);
};

/* ---- servers ----------------------------------------------------------------------------------------------- */

/*
 * What a listening process offers. Each returns 0 after filling ret_events and ret_arg, or an HTTP status to refuse
 * with (the implementation answers with the JSON error body). For an exchange it may also answer at once by
 * io_exchange_respond and set no events (*ret_events stays NULL).
 */
struct io_service {
	int (*channel)(void *arg, struct io_channel *channel, const struct io_request *upgrade,
		       const struct io_channel_events **ret_events, void **ret_arg);
	int (*exchange)(void *arg, struct io_exchange *exchange, const struct io_request *request,
			const struct io_exchange_events **ret_events, void **ret_arg);
};

struct io_net_ops {
	/* Listen on `address` ("127.0.0.1:7070"). NULL with a sentence in ret_why[256] where that fails. */
	struct io_server *(*serve)(void *ctx, const char *address, const struct io_service *service, void *arg,
				   char *ret_why);
	/*
	 * Stops listening and ends its conversations: those not closed or aborted in this turn are told `closed` in the next.
	 */
	void (*server_close)(void *ctx, struct io_server *server);

	/* Never NULL but for NOMEM; a failure to connect arrives as `closed`. `bearer` may be NULL. */
	struct io_channel *(*channel_open)(void *ctx, const char *address, const char *path, const char *bearer,
					   const struct io_channel_events *events, void *arg);
	/* 0, or DFS_E_TOOBIG (over IO_MESSAGE_MAX), DFS_E_BUSY (64 MiB wait to be sent), DFS_E_NOMEM. */
	int (*channel_send)(void *ctx, struct io_channel *channel, const char *text, size_t size);
	void (*channel_close)(void *ctx, struct io_channel *channel); /* takes NULL; `closed` does not follow */

	struct io_exchange *(*exchange_open)(void *ctx, const char *address, const struct io_request *request,
					     const struct io_exchange_events *events, void *arg);
	/*
	 * Server side: status and headers; the body follows by `write`, exactly body_size bytes. 0, DFS_E_INVAL (answered
	 * already), DFS_E_CLOSED (the connection is gone), DFS_E_NOMEM.
	 */
	int (*respond)(void *ctx, struct io_exchange *exchange, const struct io_response *response);
	void (*want_write)(void *ctx, struct io_exchange *exchange);
	/*
	 * Only inside `writable`. Takes all of it. Returns true while more may be written in this callback. A response of
	 * IO_BODY_UNKNOWN ends with a write of 0 bytes. Where no body is owed (HEAD, 204, 304) `writable` does not come.
	 */
	bool (*write)(void *ctx, struct io_exchange *exchange, const void *bytes, size_t size);
	/* Stop or resume `body`; what the implementation has already read may still arrive after a pause. */
	void (*pause)(void *ctx, struct io_exchange *exchange, bool paused);
	void (*abort)(void *ctx, struct io_exchange *exchange); /* takes NULL; `closed` does not follow */
};

#define io_net(io, verb, ...) ((io)->net->verb((io)->ctx, ##__VA_ARGS__))

#endif
