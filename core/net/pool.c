/* SPDX-License-Identifier: MIT */
#include "net/pool.h"

#include <string.h>
#include <utlist.h>

static void forget(struct conn *conn)
{
	DL_DELETE2(conn->loop->idle, conn, idle_prev, idle_next);
}

struct conn *pool_take(struct loop *loop, const char *address)
{
	struct conn *conn;

	DL_FOREACH2(loop->idle, conn, idle_next)
	{
		if (strcmp(conn->address, address) != 0)
			continue;
		forget(conn);
		conn_deadline(conn, 0, NULL);
		return conn;
	}
	return NULL;
}

static void drop(struct conn *conn)
{
	forget(conn);
	conn_destroy(conn);
}

static void spoke(struct conn *conn, const char *bytes, size_t size)
{
	(void)bytes;
	(void)size;
	drop(conn);
}

static void idle_lost(struct conn *conn, const char *why)
{
	(void)why;
	forget(conn);
}

const struct conn_ops pool_ops = {.received = spoke, .lost = idle_lost};

void pool_put(struct conn *conn)
{
	struct loop *loop = conn->loop;
	struct conn *other, *oldest = NULL, *oldest_here = NULL;
	int count = 0, here = 0;

	DL_FOREACH2(loop->idle, other, idle_next)
	{
		count++;
		oldest = other;
		if (strcmp(other->address, conn->address) == 0) {
			here++;
			oldest_here = other;
		}
	}
	if (here >= POOL_PER_ADDRESS)
		drop(oldest_here);
	else if (count >= POOL_MAX)
		drop(oldest);
	conn_own(conn, &pool_ops, NULL);
	conn_rest(conn);
	conn_pause(conn, false);
	conn_deadline(conn, loop->limits.pool_ms, "");
	DL_PREPEND2(loop->idle, conn, idle_prev, idle_next);
}
