/* SPDX-License-Identifier: MIT */
#ifndef NODE_HTTP_ANSWER_H
#define NODE_HTTP_ANSWER_H

#include "base/buf.h"
#include "base/error.h"
#include "io/net.h"

/* A small body for an exchange: kept here while the socket takes it. Zero-initialise; `fini` frees.
 */
struct http_answer {
	struct buf body;
	size_t sent_bytes;
};

/* Status, type and the whole of `body` (filled by the caller before). `headers` may add x-dfs-...
 * by index; NULL: none. */
int http_answer_start(struct http_answer *answer, struct io *io, struct io_exchange *exchange,
        int status, const char *content_type, const char *const *headers);
/* The JSON error {code, message} with the status that stands for it (docs/contracts.md). */
int http_answer_error(struct http_answer *answer, struct io *io, struct io_exchange *exchange,
        int code, const char *message, const char *const *headers);
/* From the exchange's `writable`. */
void http_answer_writable(struct http_answer *answer, struct io *io, struct io_exchange *exchange);
void http_answer_fini(struct http_answer *answer);

/* The token or ticket of "Authorization: Bearer X"; NULL where there is none. */
const char *http_bearer(const struct io_request *request);

/* One value of /metrics in Prometheus' text format 0.0.4, with its help and type (counter, gauge). */
void http_metric(
        struct buf *ret, const char *name, const char *type, const char *help, uint64_t value);

#endif
