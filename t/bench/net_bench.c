/* SPDX-License-Identifier: MIT */
/*
 * Speed of core/net between two processes over loopback, each figure beside the same work by plain
 * sockets in the same run: machines differ, ratios less so. One JSON line per figure.
 *
 *     net_bench [MEBIBYTES]        default 1024
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "io/net.h"
#include "net/loop.h"

enum { PIECE = 256 * 1024, READ = 1024 * 1024, IN_FLIGHT = 256, REQUEST = 225, BATCH = 64 };
enum { CALLS = 200000, SMALL = 30000, ROUNDS = 4 };

static char piece[READ];

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The machine may be busy: the best of some rounds, taken in turn. */
static void best(double *value, double measured)
{
	if (measured > *value)
		*value = measured;
}

static void least(double *value, double measured)
{
	if (*value == 0 || measured < *value)
		*value = measured;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Seconds that a process (of one thread) has had of a processor: a busy machine changes it little.
 */
static double cpu(pid_t pid)
{
	char path[64];
	unsigned long long ns = 0;
	FILE *file;

	sprintf(path, "/proc/%d/schedstat", (int)pid);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%llu", &ns) != 1)
		die(path);
	fclose(file);
	return (double)ns / 1e9;
}

static void row(
        const char *name, double value, const char *unit, double base, const char *base_name)
{
	printf("{\"bench\":\"net\",\"name\":\"%s\",\"value\":%.0f,\"unit\":\"%s\",\"base\":\"%s\","
	       "\"ratio\":%.2f}\n",
	        name, value, unit, base_name, base > 0 ? value / base : 1.0);
	fflush(stdout);
}

/* ---- plain sockets ---- */

static int plain_listen(int *ret_port)
{
	struct sockaddr_in address = {
	        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, 1) ||
	        getsockname(fd, (struct sockaddr *)&address, &size))
		die("listen");
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static int plain_connect(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	        .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	return fd;
}

static double plain_copy(uint64_t size, double *ret_cpu)
{
	double before = cpu(getpid());
	int port, listener = plain_listen(&port);
	pid_t child = fork();
	double start;
	int fd;

	if (child == 0) {
		fd = plain_connect(port);
		for (uint64_t sent = 0; sent < size;) {
			ssize_t part = send(fd, piece, PIECE, 0);

			if (part < 0)
				die("send");
			sent += (uint64_t)part;
		}
		pause(); /* until it was looked at */
	}
	fd = accept(listener, NULL, NULL);
	start = now();
	for (uint64_t got = 0; got < size;) {
		ssize_t part = recv(fd, piece, READ, 0);

		if (part <= 0)
			break;
		got += (uint64_t)part;
	}
	start = now() - start;
	*ret_cpu = cpu(getpid()) - before + cpu(child);
	kill(child, SIGKILL);
	close(fd);
	close(listener);
	waitpid(child, NULL, 0);
	return (double)size / start / 1e6;
}

static double plain_ping(int count)
{
	int port, listener = plain_listen(&port);
	pid_t child = fork();
	char bytes[256];
	double start;
	int fd;

	if (child == 0) {
		fd = accept(listener, NULL, NULL);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
		for (ssize_t part; (part = recv(fd, bytes, sizeof(bytes), 0)) > 0;)
			if (send(fd, bytes, (size_t)part, 0) < 0)
				break;
		_exit(0);
	}
	fd = plain_connect(port);
	start = now();
	for (int i = 0; i < count; i++)
		if (send(fd, piece, 100, 0) != 100 ||
		        recv(fd, bytes, sizeof(bytes), MSG_WAITALL & 0) <= 0)
			die("ping");
	start = now() - start;
	close(fd);
	close(listener);
	waitpid(child, NULL, 0);
	return count / start;
}

/* ---- the server ---- */

struct served {
	struct io *io;
	struct io_exchange *exchange;
	uint64_t left;
};

static void served_begin(struct served *served, uint64_t size)
{
	served->left = size;
	io_net(served->io, respond, served->exchange,
	        &(struct io_response){.status = 200, .body_size = size});
	io_net(served->io, want_write, served->exchange);
}

static void served_body(void *arg, const void *bytes, size_t size)
{
	(void)arg, (void)bytes, (void)size;
}

static void served_end(void *arg)
{
	struct served *served = arg;

	if (served->left == 0)
		served_begin(served, 2);
}

static void served_writable(void *arg)
{
	struct served *served = arg;

	while (served->left > 0) {
		size_t size = served->left < PIECE ? (size_t)served->left : PIECE;
		bool more = io_net(served->io, write, served->exchange, piece, size);

		served->left -= size;
		if (!more)
			break;
	}
	if (served->left > 0)
		io_net(served->io, want_write, served->exchange);
}

static void served_closed(void *arg, const char *why)
{
	(void)why;
	free(arg);
}

static int serve_exchange(void *arg, struct io_exchange *exchange, const struct io_request *request,
        const struct io_exchange_events **ret_events, void **ret_arg)
{
	static const struct io_exchange_events events = {.body = served_body,
	        .body_end = served_end,
	        .writable = served_writable,
	        .closed = served_closed};
	struct served *served = calloc(1, sizeof(*served));

	*served = (struct served){.io = arg, .exchange = exchange};
	*ret_events = &events;
	*ret_arg = served;
	if (strncmp(request->path, "/source/", 8) == 0)
		served_begin(served, strtoull(request->path + 8, NULL, 10));
	return 0;
}

struct echo {
	struct io *io;
	struct io_channel *channel;
};

static void echo_message(void *arg, const char *text, size_t size)
{
	struct echo *echo = arg;

	io_net(echo->io, channel_send, echo->channel, text, size);
}

static void echo_closed(void *arg, int status, const char *why)
{
	(void)status, (void)why;
	free(arg);
}

static int serve_channel(void *arg, struct io_channel *channel, const struct io_request *upgrade,
        const struct io_channel_events **ret_events, void **ret_arg)
{
	static const struct io_channel_events events = {
	        .message = echo_message, .closed = echo_closed};
	struct echo *echo = calloc(1, sizeof(*echo));

	(void)upgrade;
	*echo = (struct echo){.io = arg, .channel = channel};
	*ret_events = &events;
	*ret_arg = echo;
	return 0;
}

static struct loop *make_loop(bool server)
{
	struct dfs_error err = {0};
	struct loop *loop;

	if (loop_create(&loop, &(struct loop_options){.server = server}, &err)) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	return loop;
}

static pid_t start_server(char *ret_address)
{
	static const struct io_service service = {
	        .channel = serve_channel, .exchange = serve_exchange};
	int pipes[2], port;
	pid_t child;

	if (pipe(pipes))
		die("pipe");
	child = fork();
	if (child == 0) {
		struct loop *loop = make_loop(true);
		struct io *io = loop_io(loop);
		char why[256];
		struct io_server *server = io_net(io, serve, "127.0.0.1:0", &service, io, why);

		port = server ? loop_server_port(server) : 0;
		if (write(pipes[1], &port, sizeof(port)) != sizeof(port))
			_exit(1);
		loop_run(loop);
		_exit(0);
	}
	if (read(pipes[0], &port, sizeof(port)) != sizeof(port) || port == 0)
		die("server");
	close(pipes[0]);
	close(pipes[1]);
	sprintf(ret_address, "127.0.0.1:%d", port);
	return child;
}

/* ---- the client ---- */

struct client {
	struct io *io;
	const char *address;
	struct io_exchange *exchange;
	struct io_channel *channel;
	uint64_t left;
	int count, sent, want; /* messages or requests */
	size_t message_size;
	bool done;
};

static void on_writable(void *arg)
{
	struct client *client = arg;

	while (client->left > 0) {
		size_t size = client->left < PIECE ? (size_t)client->left : PIECE;
		bool more = io_net(client->io, write, client->exchange, piece, size);

		client->left -= size;
		if (!more)
			break;
	}
	if (client->left > 0)
		io_net(client->io, want_write, client->exchange);
}

static void request(struct client *client, const char *method, const char *path, uint64_t size);

static void on_closed(void *arg, const char *why)
{
	struct client *client = arg;

	if (why) {
		fprintf(stderr, "%s\n", why);
		exit(1);
	}
	client->done = ++client->count >= client->want;
	if (!client->done)
		request(client, "GET", "/source/100", 0);
}

static void request(struct client *client, const char *method, const char *path, uint64_t size)
{
	static const struct io_exchange_events events = {
	        .body = served_body, .writable = on_writable, .closed = on_closed};

	client->left = size;
	client->exchange = io_net(client->io, exchange_open, client->address,
	        (&(struct io_request){.method = method, .path = path, .body_size = size}), &events,
	        client);
	if (size > 0)
		io_net(client->io, want_write, client->exchange);
}

static double body(struct loop *loop, const char *address, bool post, uint64_t size)
{
	struct client client = {.io = loop_io(loop), .address = address, .want = 1};
	char path[64];
	double start = now();

	sprintf(path, "/source/%llu", (unsigned long long)size);
	request(&client, post ? "POST" : "GET", post ? "/sink" : path, post ? size : 0);
	loop_run_until(loop, &client.done);
	return (double)size / (now() - start) / 1e6;
}

static double small(struct loop *loop, const char *address)
{
	struct client client = {.io = loop_io(loop), .address = address, .want = SMALL};
	double start = now();

	request(&client, "GET", "/source/100", 0);
	loop_run_until(loop, &client.done);
	return SMALL / (now() - start);
}

static void say(struct client *client)
{
	static char text[REQUEST * BATCH];

	if (!*text)
		memset(text, 'x', sizeof(text));
	if (client->sent++ < client->want)
		io_net(client->io, channel_send, client->channel, text, client->message_size);
}

static void on_message(void *arg, const char *text, size_t size)
{
	struct client *client = arg;

	(void)text, (void)size;
	client->done = ++client->count >= client->want;
	say(client);
}

static void on_channel_closed(void *arg, int status, const char *why)
{
	(void)arg, (void)status;
	fprintf(stderr, "%s\n", why);
	exit(1);
}

static double calls(struct loop *loop, const char *address, int batch)
{
	static const struct io_channel_events events = {
	        .message = on_message, .closed = on_channel_closed};
	struct client client = {.io = loop_io(loop),
	        .want = CALLS / batch,
	        .message_size = (size_t)(REQUEST * batch)};
	double start = now();

	client.channel =
	        io_net(client.io, channel_open, address, "/v1/rpc", NULL, &events, &client);
	for (int i = 0; i < IN_FLIGHT / batch; i++)
		say(&client);
	loop_run_until(loop, &client.done);
	start = now() - start;
	io_net(client.io, channel_close, client.channel);
	return CALLS / start;
}

static double creation(void)
{
	double start = now();

	for (int i = 0; i < 20; i++)
		loop_destroy(make_loop(false));
	return (now() - start) / 20 * 1e6;
}

int main(int argc, char **argv)
{
	uint64_t size = (argc > 1 ? strtoull(argv[1], NULL, 10) : 1024) << 20;
	char address[64];
	pid_t server = start_server(address);
	struct loop *loop = make_loop(false);
	double spent[1], least_cpu[3] = {0}, per = 1e3 * (1 << 30) / (double)size;
	double copy = 0, post = 0, get = 0, ping = 0, requests = 0, rate = 0, batched = 0;

	for (int i = 0; i < ROUNDS; i++) {
		best(&copy, plain_copy(size, &spent[0]));
		least(&least_cpu[0], spent[0]);
		for (int get_it = 0; get_it < 2; get_it++) {
			double before = cpu(getpid()) + cpu(server);

			best(get_it ? &get : &post, body(loop, address, !get_it, size));
			least(&least_cpu[1 + get_it], cpu(getpid()) + cpu(server) - before);
		}
	}
	row("plain copy", copy, "MB/s", 0, "");
	row("post body", post, "MB/s", copy, "plain copy");
	row("get body", get, "MB/s", copy, "plain copy");
	row("plain copy, processor", least_cpu[0] * per, "ms/GiB", 0, "");
	row("post body, processor", least_cpu[1] * per, "ms/GiB", least_cpu[0] * per, "plain copy");
	row("get body, processor", least_cpu[2] * per, "ms/GiB", least_cpu[0] * per, "plain copy");
	for (int i = 0; i < ROUNDS; i++) {
		best(&ping, plain_ping(SMALL));
		best(&requests, small(loop, address));
		best(&rate, calls(loop, address, 1));
		best(&batched, calls(loop, address, BATCH));
	}
	row("plain ping", ping, "1/s", 0, "");
	row("small requests", requests, "1/s", ping, "plain ping");
	row("channel calls", rate, "1/s", ping, "plain ping");
	row("channel calls, batches of 64", batched, "1/s", rate, "channel calls");
	row("create and destroy a loop", creation(), "us", 0, "");
	loop_destroy(loop);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return 0;
}
