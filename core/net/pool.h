/* SPDX-License-Identifier: MIT */
#ifndef NET_POOL_H
#define NET_POOL_H

#include "net/conn.h"

/*
 * A client's idle connections, by address, each ready for a next request. The one used last is
 * taken first, so that the others grow old. One that says anything, or whose server closes it,
 * goes.
 */
enum { POOL_MAX = 64, POOL_PER_ADDRESS = 16 };

extern const struct conn_ops pool_ops;

struct conn *pool_take(struct loop *loop, const char *address); /* NULL where there is none */
void pool_put(struct conn *conn);

#endif
