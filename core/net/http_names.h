/* SPDX-License-Identifier: MIT */
#ifndef NET_HTTP_NAMES_H
#define NET_HTTP_NAMES_H

#include "io/net.h"

/* Header names of enum io_header, as printed; compared without case. */
extern const char *const http_header_names[IO_HEADERS];

#endif
