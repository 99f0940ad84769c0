/* SPDX-License-Identifier: MIT */
#ifndef BASE_HMAC_H
#define BASE_HMAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HMAC_SIZE = 32, HMAC_HEX_SIZE = 65 };

/* HMAC-SHA256 (RFC 2104) by OpenSSL, in hex. */
void hmac_hex(const uint8_t key[HMAC_SIZE], const char *text, size_t size, char ret[HMAC_HEX_SIZE]);
/* Compare in time that does not tell where they differ. */
bool hmac_equal(const char *a_hex, const char *b_hex);

#endif
