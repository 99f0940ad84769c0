/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY_KEPT = 64 * 1024 };

static void on_response(void *arg, const struct io_response *response)
{
	struct reply *reply = arg;

	assert_int_equal(reply->status, 0); /* once */
	reply->status = response->status;
	reply->said_size = response->body_size;
	for (int i = 0; i < IO_HEADERS; i++)
		if (response->headers[i])
			snprintf(reply->headers[i], sizeof(reply->headers[i]), "%s",
			        response->headers[i]);
}

static void on_resume(void *arg)
{
	struct reply *reply = arg;

	if (reply->exchange)
		io_net(reply->rig->io, pause, reply->exchange, false);
}

struct pause {
	struct io_timer *timer;
	struct reply *reply;
};

static void on_pause_over(void *arg)
{
	struct pause *pause = arg;

	on_resume(pause->reply);
	io_timer_destroy(pause->reply->rig->io, pause->timer);
	free(pause);
}

static void pause_a_little(struct reply *reply)
{
	struct pause *pause = calloc(1, sizeof(*pause));

	pause->reply = reply;
	pause->timer = io_timer_create(reply->rig->io, on_pause_over, pause);
	io_net(reply->rig->io, pause, reply->exchange, true);
	io_timer_set(reply->rig->io, pause->timer, 1);
}

static void *on_room(void *arg, size_t *ret_size)
{
	struct reply *reply = arg;

	*ret_size = spot_size(reply->received);
	return *ret_size > 0 ? reply->into : NULL;
}

static void on_body(void *arg, const void *bytes, size_t size)
{
	struct reply *reply = arg;

	if (reply->into && bytes == reply->into) {
		if (size > spot_size(reply->received))
			reply->bad = true;
		reply->rig->placed += size;
	}
	assert_int_not_equal(reply->status, 0);
	assert_false(reply->ended);
	if (reply->body.size < BODY_KEPT)
		buf_append(&reply->body, bytes, size < BODY_KEPT ? size : BODY_KEPT);
	if (!pattern_is(bytes, size, reply->received))
		reply->bad = true;
	reply->received += size;
	if (reply->abort_at && reply->received >= reply->abort_at) {
		io_net(reply->rig->io, abort, reply->exchange);
		reply->exchange = NULL;
		reply->closed = true;
	} else if (reply->stopping) {
		io_net(reply->rig->io, pause, reply->exchange, true);
	} else if (reply->pausing) {
		pause_a_little(reply);
	}
}

static void on_body_end(void *arg)
{
	struct reply *reply = arg;

	assert_false(reply->ended);
	reply->ended = true;
}

static void on_writable(void *arg)
{
	struct reply *reply = arg;
	bool more = true;

	while ((more || reply->eager) && reply->sent < reply->send_size) {
		size_t size = reply->piece ? reply->piece : 256 * 1024;
		const char *bytes = pattern_at(reply->sent, &size);

		if (size > reply->send_size - reply->sent)
			size = reply->send_size - reply->sent;
		more = io_net(reply->rig->io, write, reply->exchange, bytes, size);
		reply->sent += size;
	}
	if (reply->sent < reply->send_size)
		io_net(reply->rig->io, want_write, reply->exchange);
}

static void on_closed(void *arg, const char *why)
{
	struct reply *reply = arg;

	assert_false(reply->closed);
	reply->closed = true;
	reply->fine = why == NULL;
	reply->exchange = NULL;
	snprintf(reply->why, sizeof(reply->why), "%s", why ? why : "");
}

static const struct io_exchange_events reply_events = {
        .response = on_response,
        .body = on_body,
        .body_end = on_body_end,
        .writable = on_writable,
        .closed = on_closed,
        .room = on_room,
};

void ask_with(struct rig *rig, struct reply *reply, const struct io_request *request)
{
	reply->rig = rig;
	reply->send_size = request->body_size;
	reply->exchange =
	        io_net(rig->io, exchange_open, rig->address, request, &reply_events, reply);
	assert_non_null(reply->exchange);
	if (request->body_size > 0)
		io_net(rig->io, want_write, reply->exchange);
}

void ask(struct rig *rig, struct reply *reply, const char *method, const char *path,
        uint64_t body_size)
{
	memset(reply, 0, sizeof(*reply));
	ask_with(rig, reply,
	        &(struct io_request){.method = method, .path = path, .body_size = body_size});
}

void reply_wait(struct reply *reply)
{
	rig_wait(reply->rig, &reply->closed);
}

void reply_fini(struct reply *reply)
{
	buf_fini(&reply->body);
}

/* ---- plain sockets ---- */

int plain_connect(struct rig *rig)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	        .sin_port = htons((uint16_t)loop_server_port(rig->server))};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

void plain_send(int fd, const char *text)
{
	size_t size = strlen(text);

	assert_int_equal(send(fd, text, size, MSG_NOSIGNAL), size);
}

void plain_read(struct rig *rig, int fd, const char *until, struct buf *ret)
{
	char bytes[65536];

	for (uint64_t end = io_mono_ms(rig->io) + 10000; io_mono_ms(rig->io) < end;) {
		ssize_t size = recv(fd, bytes, sizeof(bytes), 0);

		if (size == 0 || (size < 0 && errno != EAGAIN))
			return;
		if (size > 0)
			buf_append(ret, bytes, (size_t)size);
		if (size > 0 && until && memmem(ret->data, ret->size, until, strlen(until)))
			return;
		rig_turns(rig, 1);
	}
	fail_msg("ten seconds and no \"%s\" on the socket: %s", until ? until : "end",
	        ret->data ? ret->data : "");
}
