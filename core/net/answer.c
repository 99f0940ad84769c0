/* SPDX-License-Identifier: MIT */
/* A server's end of an exchange: the request offered to the service, the response on its way. */
#include "net/session.h"

#include <assert.h>
#include <string.h>
#include "net/channel.h"
#include "net/exchange.h"

enum { DISCARD_MAX = 64 << 20 }; /* bytes of an unwanted body that are read for politeness */

static const struct io_exchange_events nobody; /* for exchanges that are answered at once */

/* A response without an event: errors of the service, and what it refuses. */
static void answer_error(struct session *session, int status)
{
	struct io_response response = {
	        .status = status, .headers[IO_CONTENT_TYPE] = "application/json"};
	struct io_exchange *exchange = session->exchange;
	struct buf body = {0};

	exchange->events = &nobody;
	http_print_error(&body, status, http_status_text(status));
	response.body_size = body.size;
	if (net_session_respond(exchange, &response) == 0) {
		if (!exchange_sent(exchange))
			conn_queue(session->conn, body.data, body.size);
		exchange->send_left = 0;
	} else {
		net_session_drop(session, "out of memory");
	}
	buf_fini(&body);
}

static void make_request(const struct http_head *head, struct io_request *ret)
{
	*ret = (struct io_request){
	        .method = head->method, .path = head->path, .body_size = head->body_size};
	memcpy(ret->headers, head->headers, sizeof(ret->headers));
}

/* The service says whether it takes the request; it may have answered, even aborted, before it
 * returns. */
static void offer(struct session *session, const struct http_head *head)
{
	struct io_server *server = session->server;
	struct io_exchange *exchange = session->exchange;
	const struct io_exchange_events *events = NULL;
	struct io_request request;
	void *arg = NULL;
	int status;

	make_request(head, &request);
	status = server->service->exchange(server->arg, exchange, &request, &events, &arg);
	if (session->state == SESSION_GONE || session->exchange != exchange)
		return;
	exchange->events = events ? events : &nobody;
	exchange->arg = arg;
	if (!exchange->responded && (status != 0 || !events))
		answer_error(session, status >= 400 && status <= 599 ? status : 500);
	if (session->state == SESSION_GONE)
		return;
	assert(events || exchange_sent(exchange)); /* else nobody would ever write the body */
}

static void begin_exchange(struct session *session, const struct http_head *head)
{
	struct io_exchange *exchange = net_exchange_create(session->server->loop);

	if (!exchange) {
		net_session_refuse(session, 503, "out of memory");
		return;
	}
	exchange->conn = session->conn;
	exchange->session = session;
	exchange->head_only = strcmp(head->method, "HEAD") == 0;
	exchange->old = head->old;
	exchange->send_left = IO_BODY_UNKNOWN;
	session->exchange = exchange;
	session->keep_alive = head->keep_alive;
	session->body_left = head->body_size;
	session->state = head->body_size > 0 ? SESSION_BODY : SESSION_ANSWER;
	offer(session, head);
	if (session->state == SESSION_BODY && head->expects_continue && !exchange->responded)
		conn_queue(session->conn, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	if (session->state == SESSION_BODY)
		net_session_body_due(session);
	else if (session->state == SESSION_ANSWER)
		net_session_body_complete(session);
}

/* The socket leaves HTTP: libwebsockets takes a duplicate, this connection ends without a word. */
static void begin_channel(struct session *session, const struct http_head *head)
{
	struct conn *conn = session->conn;
	struct io_request request;
	int status;

	make_request(head, &request);
	status = net_channel_accept(session->server, &request, head->key, conn_dup(conn));
	if (session->state == SESSION_GONE)
		return;
	if (status) {
		net_session_refuse(session, status >= 400 && status <= 599 ? status : 500,
		        http_status_text(status));
		return;
	}
	conn_pause(conn, true);
	net_session_leave(session);
	conn_destroy(conn);
}

void net_session_begin(struct session *session, const struct http_head *head)
{
	if (head->upgrade)
		begin_channel(session, head);
	else
		begin_exchange(session, head);
}

/* ---- responses ---- */

static bool has_body(const struct io_exchange *exchange, int status)
{
	return !exchange->head_only && status != 204 && status != 304 && status >= 200;
}

int net_session_respond(struct io_exchange *exchange, const struct io_response *response)
{
	struct session *session = exchange->session;
	bool unknown =
	        response->body_size == IO_BODY_UNKNOWN && has_body(exchange, response->status);
	struct buf head = {0};

	if (exchange->responded)
		return DFS_E_INVAL;
	if (!exchange->conn)
		return DFS_E_CLOSED;
	if ((unknown && exchange->old) ||
	        (session->state == SESSION_BODY && session->body_left > DISCARD_MAX))
		session->keep_alive = false;
	exchange->chunked_out = unknown && !exchange->old;
	http_print_response(&head, response, session->keep_alive, exchange->chunked_out);
	if (head.failed) {
		buf_fini(&head);
		return DFS_E_NOMEM;
	}
	exchange->responded = true;
	exchange->send_left = has_body(exchange, response->status) ? response->body_size : 0;
	conn_queue(exchange->conn, head.data, head.size);
	buf_fini(&head);
	return 0;
}

void net_session_writable(struct conn *conn)
{
	struct session *session = conn->owner;

	if (session->exchange)
		net_exchange_writable(session->exchange);
}

/* The response is with the kernel: the exchange is over, whatever of its request is still to come.
 */
void net_session_flushed(struct conn *conn)
{
	struct session *session = conn->owner;
	struct io_exchange *exchange = session->exchange;
	bool whole = session->state == SESSION_ANSWER;

	if (!exchange || !exchange->responded || !exchange_sent(exchange))
		return;
	session->exchange = NULL;
	net_exchange_close(exchange, whole ? NULL : "answered before the whole request had come");
	if (session->state == SESSION_GONE)
		return;
	if (whole) {
		net_session_next(session);
	} else if (session->body_left > DISCARD_MAX) {
		net_session_leave(session);
		conn_finish(conn);
	} else {
		session->state = SESSION_DISCARD;
		conn_pause(conn, false);
		net_session_body_due(session);
	}
}

void net_session_paused(struct io_exchange *exchange)
{
	conn_pause(exchange->conn, exchange->paused || exchange->session->stash.size > 0);
	if (exchange->paused || exchange->session->state != SESSION_BODY)
		conn_deadline(exchange->conn, 0, NULL);
	else
		net_session_body_due(exchange->session);
}

void net_session_abort(struct io_exchange *exchange)
{
	struct session *session = exchange->session;
	struct conn *conn = exchange->conn;

	if (!conn)
		return;
	session->exchange = NULL;
	net_session_leave(session);
	conn_destroy(conn);
}
