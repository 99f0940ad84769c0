/* SPDX-License-Identifier: MIT */
/*
 * How fast this machine carries bytes from one process to another over a plain TCP socket on
 * loopback.
 *
 *     loopback_copy BYTES          prints MB/s
 *
 * 256 KiB are sent at a time and up to 1 MiB received: the sizes that core/net uses.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SEND = 256 * 1024, RECEIVE = 1024 * 1024 };

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int loopback_listen(struct sockaddr_in *ret_address)
{
	socklen_t size = sizeof(*ret_address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*ret_address = (struct sockaddr_in){
	        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || bind(fd, (struct sockaddr *)ret_address, size) || listen(fd, 1) ||
	        getsockname(fd, (struct sockaddr *)ret_address, &size))
		die("listen");
	return fd;
}

static void send_all(const struct sockaddr_in *address, char *bytes, uint64_t size)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)))
		die("connect");
	while (size > 0) {
		ssize_t part = send(fd, bytes, size < SEND ? (size_t)size : SEND, 0);

		if (part < 0)
			die("send");
		size -= (uint64_t)part;
	}
	close(fd);
}

static uint64_t receive_all(int fd, char *bytes)
{
	uint64_t got = 0;
	ssize_t part;

	while ((part = recv(fd, bytes, RECEIVE, 0)) > 0)
		got += (uint64_t)part;
	if (part < 0)
		die("recv");
	return got;
}

int main(int argc, char **argv)
{
	uint64_t size = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
	char *bytes = calloc(1, RECEIVE);
	struct sockaddr_in address;
	int listener, fd, status;
	double start;
	pid_t child;

	if (size == 0 || !bytes) {
		fprintf(stderr, "usage: loopback_copy BYTES\n");
		return 2;
	}
	listener = loopback_listen(&address);
	start = now();
	child = fork();
	if (child == 0) {
		send_all(&address, bytes, size);
		_exit(0);
	}
	fd = accept(listener, NULL, NULL);
	if (child < 0 || fd < 0)
		die("accept");
	if (receive_all(fd, bytes) != size || waitpid(child, &status, 0) != child || status != 0) {
		fprintf(stderr, "loopback_copy: not all bytes came\n");
		return 1;
	}
	printf("%.1f\n", (double)size / (now() - start) / 1e6);
	return 0;
}
