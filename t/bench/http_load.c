/* SPDX-License-Identifier: MIT */
/*
 * Small HTTP requests as fast as a server answers them: N connections kept alive, one request in
 * flight on each, one thread.
 *
 *     http_load PORT CONNECTIONS COUNT [PATH]          prints requests/s
 *
 * Every answer must be a 200 with a Content-Length; anything else ends the run.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1024, ANSWER_MAX = 16 * 1024 };

struct connection {
	int fd;
	size_t got;
	char answer[ANSWER_MAX + 1];
};

struct load {
	int poll;
	char request[4096];
	size_t request_size;
	long to_send, to_come;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "http_load: %s\n", what);
	exit(1);
}

static void ask(struct load *load, struct connection *connection)
{
	connection->got = 0;
	if (load->to_send == 0)
		return;
	load->to_send--;
	if (send(connection->fd, load->request, load->request_size, MSG_NOSIGNAL) !=
	        (ssize_t)load->request_size)
		die("a request could not be sent");
}

/* 0: more is to come; else the size of the whole answer. */
static size_t answer_size(const struct connection *connection)
{
	const char *end = strstr(connection->answer, "\r\n\r\n");
	const char *length = strcasestr(connection->answer, "\r\ncontent-length:");
	size_t size;

	if (!end)
		return 0;
	if (strncmp(connection->answer, "HTTP/1.1 200", 12) != 0 || !length || length > end)
		die("an answer is not a 200 with a Content-Length");
	size = (size_t)(end + 4 - connection->answer) + strtoul(length + 17, NULL, 10);
	if (size > ANSWER_MAX)
		die("an answer is too large");
	return connection->got >= size ? size : 0;
}

static void take(struct load *load, struct connection *connection)
{
	ssize_t part = recv(connection->fd, connection->answer + connection->got,
	        ANSWER_MAX - connection->got, 0);
	size_t size;

	if (part <= 0)
		die("the server closed a connection");
	connection->got += (size_t)part;
	connection->answer[connection->got] = '\0';
	size = answer_size(connection);
	if (size == 0)
		return;
	if (size != connection->got)
		die("an answer has bytes past its end");
	load->to_come--;
	ask(load, connection);
}

static void open_connection(struct load *load, struct connection *connection, int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	        .sin_port = htons((uint16_t)port)};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

	connection->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connection->fd < 0 ||
	        connect(connection->fd, (struct sockaddr *)&address, sizeof(address)))
		die(strerror(errno));
	setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	if (epoll_ctl(load->poll, EPOLL_CTL_ADD, connection->fd, &event))
		die(strerror(errno));
}

static void turn(struct load *load)
{
	struct epoll_event events[64];
	int count = epoll_wait(load->poll, events, 64, 10000);

	if (count == 0)
		die("no answer came for 10 s");
	for (int i = 0; i < count; i++)
		take(load, events[i].data.ptr);
}

int main(int argc, char **argv)
{
	int port = argc >= 4 ? atoi(argv[1]) : 0, connections = argc >= 4 ? atoi(argv[2]) : 0;
	long count = argc >= 4 ? atol(argv[3]) : 0;
	struct load load = {.to_send = count, .to_come = count};
	struct connection *all;
	double start;

	if (port <= 0 || connections <= 0 || connections > CONNECTIONS_MAX || count < connections) {
		fprintf(stderr, "usage: http_load PORT CONNECTIONS COUNT [PATH]\n");
		return 2;
	}
	load.request_size = (size_t)snprintf(load.request, sizeof(load.request),
	        "GET %.1000s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n",
	        argc > 4 ? argv[4] : "/");
	load.poll = epoll_create1(0);
	all = calloc((size_t)connections, sizeof(*all));
	if (!all || load.poll < 0)
		die("out of memory or files");
	for (int i = 0; i < connections; i++)
		open_connection(&load, &all[i], port);
	start = now();
	for (int i = 0; i < connections; i++)
		ask(&load, &all[i]);
	while (load.to_come > 0)
		turn(&load);
	printf("%.0f\n", (double)count / (now() - start));
	free(all);
	return 0;
}
