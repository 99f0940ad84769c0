/* SPDX-License-Identifier: MIT */
#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse_port(const char *text)
{
	long port = 0;

	if (!*text || strlen(text) > 5)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		port = port * 10 + (*text - '0');
	}
	return port <= 65535 ? (int)port : -1;
}

int address_split(const char *text, struct address *ret, char ret_why[ADDRESS_WHY_MAX])
{
	const char *colon = strrchr(text, ':');
	size_t size = colon ? (size_t)(colon - text) : 0;
	const char *host = text;

	memset(ret, 0, sizeof(*ret));
	if (size >= 2 && text[0] == '[' && text[size - 1] == ']') {
		host++;
		size -= 2;
	} else if (colon && memchr(text, ':', size)) {
		size = 0; /* IPv6 without brackets */
	}
	ret->port = colon ? parse_port(colon + 1) : -1;
	if (size == 0 || size >= sizeof(ret->host) || ret->port < 0) {
		snprintf(ret_why, ADDRESS_WHY_MAX, "%.100s is not an address of the form host:port",
		        text);
		return -1;
	}
	memcpy(ret->host, host, size);
	return 0;
}

int address_number(struct address *address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address->sockaddr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address->sockaddr;
	const char *host = strcmp(address->host, "localhost") == 0 ? "127.0.0.1" : address->host;

	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)address->port);
		address->size = sizeof(*v4);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)address->port);
		address->size = sizeof(*v6);
		return 0;
	}
	return 1;
}

void address_print_host(const struct address *address, char *ret, size_t size)
{
	const struct sockaddr *any = (const struct sockaddr *)&address->sockaddr;

	if (any->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)any)->sin6_addr, ret,
		        (socklen_t)size);
	else
		inet_ntop(AF_INET, &((const struct sockaddr_in *)any)->sin_addr, ret,
		        (socklen_t)size);
}

static void lookup_run(struct io_work *work)
{
	struct lookup *lookup = (struct lookup *)work;

	lookup->failed = address_resolve(&lookup->address, lookup->why);
}

static void lookup_done(struct io_work *work)
{
	struct lookup *lookup = (struct lookup *)work;

	lookup->busy = false;
	lookup->done(lookup);
}

int lookup_start(
        struct lookup *lookup, struct io *io, const char *text, void (*done)(struct lookup *lookup))
{
	if (address_split(text, &lookup->address, lookup->why))
		return -1;
	if (address_number(&lookup->address) == 0)
		return 0;
	lookup->work =
	        (struct io_work){.run = lookup_run, .done = lookup_done, .lane = IO_LANE_BULK};
	lookup->busy = true;
	lookup->done = done;
	io_work_submit(io, &lookup->work);
	return 1;
}

int address_resolve(struct address *address, char ret_why[ADDRESS_WHY_MAX])
{
	struct addrinfo hints = {
	        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found, *chosen;
	char port[8];
	int error;

	snprintf(port, sizeof(port), "%d", address->port);
	error = getaddrinfo(address->host, port, &hints, &found);
	if (error) {
		snprintf(
		        ret_why, ADDRESS_WHY_MAX, "%.100s: %s", address->host, gai_strerror(error));
		return -1;
	}
	for (chosen = found; chosen && chosen->ai_family != AF_INET;)
		chosen = chosen->ai_next;
	if (!chosen)
		chosen = found;
	memcpy(&address->sockaddr, chosen->ai_addr, chosen->ai_addrlen);
	address->size = chosen->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}
