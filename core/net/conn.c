/* SPDX-License-Identifier: MIT */
/* TCP connections: libwebsockets polls them, reading and writing is done here. */
#include "net/conn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utlist.h>

enum {
	WAKES_AT = 256 * 1024, /* of a fast sender */
	FAST_PER_MS = 8 * 1024,
};

static void lose(struct conn *conn, const char *why);
static void wake_at(struct conn *conn, int bytes);

static void set_options(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &(int){20}, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &(int){5}, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &(int){4}, sizeof(int));
}

static struct conn *adopt(struct loop *loop, int fd)
{
	struct conn *conn = calloc(1, sizeof(*conn));
	lws_adopt_desc_t desc = {.vh = loop->vhost,
	        .type = LWS_ADOPT_RAW_FILE_DESC, /* polled only: we read where the bytes belong */
	        .fd.filefd = fd,
	        .vh_prot_name = "dfs"};

	if (!conn) {
		close(fd);
		errno = ENOMEM;
		return NULL;
	}
	set_options(fd);
	conn->magic = CONN_MAGIC;
	conn->loop = loop;
	conn->task.run = conn_turn;
	conn->budget = NET_WRITE_BUDGET;
	conn->wsi = lws_adopt_descriptor_vhost_via_info(&desc); /* closes fd where it fails */
	if (!conn->wsi) {
		free(conn);
		errno = EMFILE;
		return NULL;
	}
	lws_set_opaque_user_data(conn->wsi, conn); /* not before: a failure would call back */
	DL_APPEND(loop->conns, conn);
	return conn;
}

struct conn *conn_connect(
        struct loop *loop, const char *address, const struct sockaddr *peer, unsigned size)
{
	int fd = socket(peer->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct conn *conn;

	if (fd < 0)
		return NULL;
	if (connect(fd, peer, size) && errno != EINPROGRESS) {
		int error = errno;

		close(fd);
		errno = error;
		return NULL;
	}
	conn = adopt(loop, fd);
	if (!conn)
		return NULL;
	snprintf(conn->address, sizeof(conn->address), "%s", address);
	conn->state = CONN_CONNECTING;
	conn_deadline(conn, conn->loop->limits.connect_ms, "no answer");
	lws_callback_on_writable(conn->wsi);
	return conn;
}

struct conn *conn_accept(struct loop *loop, int fd)
{
	struct conn *conn = adopt(loop, fd);

	if (conn)
		conn->state = CONN_OPEN;
	return conn;
}

void conn_own(struct conn *conn, const struct conn_ops *ops, void *owner)
{
	conn->ops = ops;
	conn->owner = owner;
}

/* libwebsockets closes it in its own time, even where we are inside one of its callbacks;
 * RAW_CLOSE_FILE frees. */
void conn_destroy(struct conn *conn)
{
	if (conn->state == CONN_DEAD)
		return;
	conn->state = CONN_DEAD;
	conn->ops = NULL;
	conn->deadline_ms = 0;
	lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

void conn_finish(struct conn *conn)
{
	if (conn->state != CONN_OPEN || conn->broken) {
		conn_destroy(conn);
		return;
	}
	conn->state = CONN_LINGERING;
	conn->ops = NULL;
	conn->want_write = false;
	wake_at(conn, 0);
	conn_pause(conn, false);
	conn_deadline(conn, conn->loop->limits.stall_ms, "");
	loop_defer(conn->loop, &conn->task);
}

void conn_deadline(struct conn *conn, uint64_t delay_ms, const char *why)
{
	conn->deadline_ms = delay_ms ? loop_now_ms() + delay_ms : 0;
	conn->late = why;
}

void conn_pause(struct conn *conn, bool paused)
{
	conn->paused = paused;
	lws_rx_flow_control(conn->wsi, !paused);
}

int conn_dup(const struct conn *conn)
{
	return fcntl(lws_get_socket_fd(conn->wsi), F_DUPFD_CLOEXEC, 0);
}

/*
 * A sender that filled the socket fast is about to do so again: to be woken for each of its packets
 * costs both sides more than the bytes do. So poll waits for 256 KiB of them, 32 ms at most, where
 * as many and more are sure to come. The kernel tells of an end or an error at once, and of fewer
 * bytes where its memory is short.
 */
static void wake_at(struct conn *conn, int bytes)
{
	int least = bytes > 0 ? bytes : 1;

	if (conn->wakes_at != bytes && setsockopt(lws_get_socket_fd(conn->wsi), SOL_SOCKET,
	                                       SO_RCVLOWAT, &least, sizeof(least)) == 0)
		conn->wakes_at = bytes;
}

static void wake_for_next(struct conn *conn, size_t got)
{
	uint64_t now = loop_now_ms();
	uint64_t due = conn->ops && conn->ops->due ? conn->ops->due(conn) : 0;
	bool fast = got >= (now - conn->read_ms + 1) * FAST_PER_MS;

	if (got > 0)
		conn->read_ms = now;
	wake_at(conn, fast && due >= 2 * WAKES_AT ? WAKES_AT : 0);
}

/* Too late, but it was we who waited for more: from now on every byte counts. */
static bool has_more(struct conn *conn)
{
	int size = 0;

	if (conn->state == CONN_DEAD || conn->wakes_at == 0 ||
	        ioctl(lws_get_socket_fd(conn->wsi), FIONREAD, &size) != 0 || size == 0)
		return false;
	wake_at(conn, 0);
	return true;
}

void conns_sweep(struct loop *loop, uint64_t now_ms)
{
	struct conn *conn, *next;

	DL_FOREACH_SAFE (loop->conns, conn, next)
		if (conn->deadline_ms && conn->deadline_ms <= now_ms && !has_more(conn))
			lose(conn, conn->late);
		else if (conn->stall_ms && conn->stall_ms <= now_ms && conn->state != CONN_DEAD)
			lose(conn, "the other side takes no bytes");
}

void conns_fini(struct loop *loop)
{
	struct conn *conn;

	DL_FOREACH (loop->conns, conn) {
		conn->state = CONN_DEAD;
		conn->ops = NULL;
	}
}

static int connected(struct conn *conn)
{
	int error = 0;
	socklen_t size = sizeof(error);

	getsockopt(lws_get_socket_fd(conn->wsi), SOL_SOCKET, SO_ERROR, &error, &size);
	if (error) {
		lose(conn, strerror(error));
		return -1;
	}
	conn->state = CONN_OPEN;
	conn_deadline(conn, 0, NULL);
	conn->ops->opened(conn);
	return 0;
}

static void tell_lost(struct conn *conn, const struct conn_ops *ops, const char *why)
{
	if (ops)
		ops->lost(conn, why);
}

static void lose(struct conn *conn, const char *why)
{
	const struct conn_ops *ops = conn->ops;

	conn_destroy(conn);
	tell_lost(conn, ops, why);
}

/* What errno may say of a lost connection, as the failed read left it. */
static const char *reason_of(int error)
{
	switch (error) {
	case ECONNRESET:
	case ECONNREFUSED:
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case ENETUNREACH:
		return strerror(error);
	default:
		return "closed by the other side";
	}
}

/* The socket is closed: no more timers on `wsi`, it is being freed. */
static void gone(struct conn *conn, int error)
{
	const struct conn_ops *ops = conn->ops;

	conn->state = CONN_DEAD;
	conn->ops = NULL;
	tell_lost(conn, ops, reason_of(error));
	loop_undefer(conn->loop, &conn->task);
	DL_DELETE(conn->loop->conns, conn);
	buf_fini(&conn->out);
	conn->magic = 0;
	free(conn);
}

/* Where the owner wants them, or into the loop's buffer. */
static ssize_t read_some(struct conn *conn, size_t *ret_size)
{
	char *bytes = NULL;
	ssize_t got;

	if (conn->ops && conn->ops->room)
		bytes = conn->ops->room(conn, ret_size);
	if (!bytes) {
		bytes = conn->loop->in;
		*ret_size = NET_READ_SIZE;
	}
	do {
		got = recv(lws_get_socket_fd(conn->wsi), bytes, *ret_size, MSG_DONTWAIT);
	} while (got < 0 && errno == EINTR);
	if (got > 0 && conn->ops)
		conn->ops->received(conn, bytes, (size_t)got);
	return got;
}

/* Until there is no more, or others are to have their turn. -1: the other side has closed it. */
static int read_all(struct conn *conn, size_t *ret_got)
{
	size_t budget = NET_READ_BUDGET;

	while (conn->state != CONN_DEAD && !conn->paused) {
		size_t size;
		ssize_t got = read_some(conn, &size);

		if (got < 0 && errno == EAGAIN)
			return 0;
		if (got <= 0) {
			conn->error = got < 0 ? errno : 0;
			return -1;
		}
		*ret_got += (size_t)got;
		if ((size_t)got < size || (size_t)got >= budget)
			return 0;
		budget -= (size_t)got;
	}
	return 0;
}

int conn_callback(struct lws *wsi, enum lws_callback_reasons reason)
{
	struct conn *conn = lws_get_opaque_user_data(wsi);
	size_t got = 0;

	assert(conn->magic == CONN_MAGIC);
	if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
		lws_set_opaque_user_data(wsi, NULL);
		gone(conn, conn->error);
		return 0;
	}
	if (conn->state == CONN_DEAD)
		return -1;
	if (conn->state == CONN_CONNECTING && connected(conn))
		return -1;
	/* Not in here: libwebsockets stops looking for room after this call, also where it was
	 * asked anew. */
	if (reason == LWS_CALLBACK_RAW_WRITEABLE_FILE)
		loop_defer(conn->loop, &conn->task);
	else if (read_all(conn, &got) < 0)
		return -1;
	else if (conn->state != CONN_DEAD)
		wake_for_next(conn, got);
	return conn->state == CONN_DEAD ? -1 : 0;
}

bool conn_is(struct lws *wsi)
{
	const struct conn *conn = lws_get_opaque_user_data(wsi);

	return conn && conn->magic == CONN_MAGIC;
}
