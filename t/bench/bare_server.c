/* SPDX-License-Identifier: MIT */
/*
 * The least that a server on libwebsockets can do, by the library's own HTTP: what ours is measured
 * against.
 *
 *     bare_server DIR          prints its port, serves on loopback until it is killed
 *
 *     GET anything             200, about 100 bytes of JSON
 *     PUT /NAME                the body goes to DIR/NAME, fdatasync, then 200
 *
 * Not for anything but measuring: one thread, blocking writes, and libwebsockets answers no
 * `Expect: 100-continue`.
 */
#include <fcntl.h>
#include <libwebsockets.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct session {
	int fd; /* of a PUT, else -1 */
	bool failed;
};

static const char answer[] = "{\"name\":\"data.bin\",\"kind\":\"file\",\"inode\":"
                             "\"000000000000002a\",\"size\":\"1073741824\","
                             "\"mode\":420,\"goal\":3}";

static int answer_begin(struct lws *wsi, unsigned status)
{
	unsigned char head[LWS_PRE + 512], *start = head + LWS_PRE, *at = start,
	                                   *end = head + sizeof(head) - 1;

	if (lws_add_http_common_headers(
	            wsi, status, "application/json", sizeof(answer) - 1, &at, end) ||
	        lws_finalize_write_http_header(wsi, start, &at, end))
		return 1;
	lws_callback_on_writable(wsi);
	return 0;
}

static int answer_body(struct lws *wsi)
{
	unsigned char body[LWS_PRE + sizeof(answer)];

	memcpy(body + LWS_PRE, answer, sizeof(answer) - 1);
	if (lws_write(wsi, body + LWS_PRE, sizeof(answer) - 1, LWS_WRITE_HTTP_FINAL) !=
	        (int)sizeof(answer) - 1)
		return 1;
	return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int put_begin(struct lws *wsi, struct session *session, const char *path)
{
	const char *directory = lws_context_user(lws_get_context(wsi));
	char file[4096];

	if (path[0] == '/')
		path++;
	if (!path[0] || strchr(path, '/') || path[0] == '.')
		return lws_return_http_status(wsi, HTTP_STATUS_BAD_REQUEST, NULL) ? -1 : 0;
	snprintf(file, sizeof(file), "%s/%s", directory, path);
	session->failed = false;
	session->fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return session->fd < 0 ? -1 : 0;
}

static void put_body(struct session *session, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t part = write(session->fd, bytes, size);

		if (part <= 0) {
			session->failed = true;
			return;
		}
		bytes += part;
		size -= (size_t)part;
	}
}

static int put_end(struct lws *wsi, struct session *session)
{
	bool failed = session->failed || fdatasync(session->fd) != 0;

	close(session->fd);
	session->fd = -1;
	return answer_begin(wsi, failed ? HTTP_STATUS_INTERNAL_SERVER_ERROR : HTTP_STATUS_OK);
}

static int on_event(
        struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
	struct session *session = user;

	switch (reason) {
	case LWS_CALLBACK_HTTP:
		session->fd = -1;
		if (lws_hdr_total_length(wsi, WSI_TOKEN_PUT_URI) > 0)
			return put_begin(wsi, session, in);
		return answer_begin(wsi, HTTP_STATUS_OK);
	case LWS_CALLBACK_HTTP_BODY:
		put_body(session, in, size);
		return 0;
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return put_end(wsi, session);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return answer_body(wsi);
	default:
		return lws_callback_http_dummy(wsi, reason, user, in, size);
	}
}

int main(int argc, char **argv)
{
	static const struct lws_protocols protocols[] = {
	        {"http", on_event, sizeof(struct session), 0}, {0}};
	struct lws_context_creation_info info = {
	        .iface = "127.0.0.1",
	        .protocols = protocols,
	        .pt_serv_buf_size = 64 * 1024,
	        .keepalive_timeout = 300,
	        .fd_limit_per_thread = 1100,
	        .gid = (gid_t)-1,
	        .uid = (uid_t)-1,
	        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
	};
	struct lws_context *context;
	struct lws_vhost *vhost;

	if (argc != 2) {
		fprintf(stderr, "usage: bare_server DIR\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	info.user = argv[1];
	lws_set_log_level(LLL_ERR, NULL);
	context = lws_create_context(&info);
	vhost = context ? lws_create_vhost(context, &info) : NULL;
	if (!vhost) {
		fprintf(stderr, "bare_server: cannot listen\n");
		return 1;
	}
	printf("%d\n", lws_get_vhost_listen_port(vhost));
	fflush(stdout);
	while (lws_service(context, 0) >= 0)
		;
	return 1;
}
