/* SPDX-License-Identifier: MIT */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <sys/socket.h>
#include "io/net.h"

/* "host:port" and "[v6]:port". Numbers and "localhost" need no look-up; names may block. */

struct address {
	struct sockaddr_storage sockaddr;
	unsigned size;
	char host[IO_ADDRESS_MAX];
	int port;
};

enum { ADDRESS_WHY_MAX = 200 };

/* 0, or -1 with a sentence: not of that form. */
int address_split(const char *text, struct address *ret, char ret_why[ADDRESS_WHY_MAX]);
/* 0: numeric, filled; 1: a name, to be looked up. */
int address_number(struct address *address);
/* "127.0.0.1": of a filled one. */
void address_print_host(const struct address *address, char *ret, size_t size);
/* Blocks. 0, or -1 with a sentence. A name's first IPv4 address, else its first. */
int address_resolve(struct address *address, char ret_why[ADDRESS_WHY_MAX]);

/* A look-up that does not block the loop: names go to a worker. The memory stays until `done`, or
 * where `busy` is false. */
struct lookup {
	struct io_work work;
	struct address address;
	char why[ADDRESS_WHY_MAX];
	int failed;
	bool busy;
	void (*done)(struct lookup *lookup);
};

/* 0: known at once; 1: `done` follows; -1: `why` says what is wrong with it. */
int lookup_start(struct lookup *lookup, struct io *io, const char *text,
        void (*done)(struct lookup *lookup));

#endif
