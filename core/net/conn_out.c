/* SPDX-License-Identifier: MIT */
/* TCP connections: what goes out. */
#include "net/conn.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
	KEEP_MAX = 16 * 1024,    /* memory an idle connection keeps */
	QUEUE_LARGE = 64 * 1024, /* as much waits: let it go before asking for more */
};

static bool flush(struct conn *conn, const void *bytes, size_t size);

/* Without memory the connection is lost, in the next sweep. */
static void append(struct conn *conn, const void *bytes, size_t size)
{
	buf_append(&conn->out, bytes, size);
	if (!conn->out.failed)
		return;
	conn->broken = true;
	conn->deadline_ms = 1;
	conn->late = "out of memory";
}

void conn_want_write(struct conn *conn)
{
	conn->want_write = true;
	if (conn->state == CONN_OPEN && conn_is_flushed(conn))
		loop_defer(conn->loop, &conn->task);
}

void conn_queue(struct conn *conn, const void *bytes, size_t size)
{
	append(conn, bytes, size);
	loop_defer(conn->loop, &conn->task);
}

bool conn_write(struct conn *conn, const void *bytes, size_t size)
{
	conn->budget -= size < conn->budget ? size : conn->budget;
	return flush(conn, bytes, size) && conn->budget > 0;
}

void conn_rest(struct conn *conn)
{
	if (conn_is_flushed(conn) && conn->out.capacity > KEEP_MAX)
		buf_fini(&conn->out);
}

void conn_kick(struct conn *conn)
{
	if (!conn->asking)
		loop_defer(conn->loop, &conn->task);
}

bool conn_is_flushed(const struct conn *conn)
{
	return conn->out.size == 0;
}

static void keep(struct conn *conn, const char *bytes, size_t size)
{
	if (conn->out_sent == conn->out.size) {
		buf_clear(&conn->out);
		conn->out_sent = 0;
	}
	append(conn, bytes, size);
}

/* The other side is gone, but what it said before may still wait to be read: that, then the end,
 * comes by itself. */
static void give_up(struct conn *conn)
{
	conn->broken = true;
	buf_fini(&conn->out);
	conn->out_sent = 0;
}

/* Send what waits and then `bytes`; keep what the kernel does not take. True where nothing waits
 * any more. */
static bool flush(struct conn *conn, const void *bytes, size_t size)
{
	struct iovec iov[2] = {{conn->out.data ? conn->out.data + conn->out_sent : NULL,
	                               conn->out.size - conn->out_sent},
	        {(void *)bytes, size}};
	struct msghdr message = {
	        .msg_iov = iov[0].iov_len ? iov : iov + 1, .msg_iovlen = iov[0].iov_len ? 2 : 1};
	ssize_t sent;
	size_t taken, rest;

	if (conn->broken)
		return false;
	sent = sendmsg(lws_get_socket_fd(conn->wsi), &message, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		give_up(conn);
		return false;
	}
	taken = sent > 0 ? (size_t)sent : 0;
	rest = iov[0].iov_len;
	conn->out_sent += taken < rest ? taken : rest;
	taken -= taken < rest ? taken : rest;
	if (conn->out_sent == conn->out.size) {
		buf_clear(&conn->out);
		conn->out_sent = 0;
	}
	if (taken < size)
		keep(conn, (const char *)bytes + taken, size - taken);
	if (conn_is_flushed(conn)) {
		conn->stall_ms = 0;
		return true;
	}
	if (sent > 0 || conn->stall_ms == 0)
		conn->stall_ms = loop_now_ms() + conn->loop->limits.stall_ms;
	lws_callback_on_writable(conn->wsi);
	return false;
}

static void linger(struct conn *conn)
{
	shutdown(lws_get_socket_fd(conn->wsi), SHUT_WR);
	conn_deadline(conn, conn->loop->limits.linger_ms, "");
}

static void ask(struct conn *conn)
{
	conn->want_write = false;
	conn->budget = NET_WRITE_BUDGET;
	conn->asking = true;
	conn->ops->writable(conn);
	conn->asking = false;
}

static void settled(struct conn *conn)
{
	if (conn->state == CONN_LINGERING)
		linger(conn);
	else if (conn->state == CONN_OPEN && conn->ops->flushed)
		conn->ops->flushed(conn);
	if (conn->state == CONN_OPEN && conn->want_write)
		loop_defer(conn->loop, &conn->task);
}

/* Once a turn while there is something to do: ask for bytes, send them, say so. What waits goes
 * with the first of them. */
void conn_turn(struct task *task)
{
	struct conn *conn = (struct conn *)((char *)task - offsetof(struct conn, task));

	assert(conn->magic == CONN_MAGIC);
	if ((conn->state != CONN_OPEN && conn->state != CONN_LINGERING) || conn->broken)
		return;
	if (conn->out.size - conn->out_sent >= QUEUE_LARGE && !flush(conn, NULL, 0))
		return;
	if (conn->want_write)
		ask(conn);
	if (conn->state == CONN_DEAD || (!conn_is_flushed(conn) && !flush(conn, NULL, 0)))
		return;
	settled(conn);
}
