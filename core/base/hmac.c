/* SPDX-License-Identifier: MIT */
/* HMAC-SHA256 by OpenSSL. */
#include "base/hmac.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"

void hmac_hex(const uint8_t key[HMAC_SIZE], const char *text, size_t size, char ret[HMAC_HEX_SIZE])
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned int mac_size = 0;

	/* Without a MAC nothing may be signed or accepted: there is no safe way on. */
	if (!HMAC(EVP_sha256(), key, HMAC_SIZE, (const unsigned char *)text, size, mac, &mac_size))
		abort();
	assert(mac_size == HMAC_SIZE);
	text_hex(mac, HMAC_SIZE, ret);
}

bool hmac_equal(const char *a_hex, const char *b_hex)
{
	size_t size = HMAC_HEX_SIZE - 1;

	if (strnlen(a_hex, HMAC_HEX_SIZE) != size || strnlen(b_hex, HMAC_HEX_SIZE) != size)
		return false;
	return CRYPTO_memcmp(a_hex, b_hex, size) == 0;
}
