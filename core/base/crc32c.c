/* SPDX-License-Identifier: MIT */
/* CRC-32C by ISA-L, and the sum of two by arithmetic on polynomials over GF(2). */
#include "base/crc32c.h"

#include <isa-l/crc.h>

enum { CRC_PIECE_MAX = 1 << 30 }; /* ISA-L counts in int */

static const uint32_t POLYNOMIAL = 0x82f63b78; /* bit 31 is x^0 */
static const uint32_t X_POWER_0 = 1u << 31;
static const uint32_t X_POWER_8 = 1u << 23;

static uint32_t multiply(uint32_t a, uint32_t b);

uint32_t crc32c(uint32_t crc, const void *bytes, size_t size)
{
	unsigned char *at = (unsigned char *)bytes; /* ISA-L forgot its const */

	/* crc32_iscsi neither presets nor inverts. */
	crc = ~crc;
	while (size > 0) {
		size_t piece = size < CRC_PIECE_MAX ? size : CRC_PIECE_MAX;

		crc = crc32_iscsi(at, (int)piece, crc);
		at += piece;
		size -= piece;
	}
	return ~crc;
}

uint32_t crc32c_combine(uint32_t a, uint32_t b, uint64_t b_size)
{
	/* B's bytes shift A's remainder by x^(8 * b_size); that power comes by repeated squaring.
	 */
	uint32_t shift = X_POWER_0;
	uint32_t square = X_POWER_8;

	for (uint64_t n = b_size; n > 0; n >>= 1) {
		if (n & 1)
			shift = multiply(shift, square);
		square = multiply(square, square);
	}
	return multiply(shift, a) ^ b;
}

/* a * b modulo the polynomial, both reflected. */
static uint32_t multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (uint32_t bit = X_POWER_0; bit != 0; bit >>= 1) {
		if (a & bit)
			product ^= b;
		b = b & 1 ? (b >> 1) ^ POLYNOMIAL : b >> 1;
	}
	return product;
}
