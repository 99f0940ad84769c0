/* SPDX-License-Identifier: MIT */
/* CRC-32C by ISA-L, and the sum of two by arithmetic on polynomials over GF(2). */
#include "base/crc32c.h"

#include <isa-l/crc.h>

enum { CRC_PIECE_MAX = 1 << 30 }; /* ISA-L counts in int */

static const uint32_t POLYNOMIAL = 0x82f63b78; /* bit 31 is x^0 */
static const uint32_t X_POWER_0 = 1u << 31;

/*
 * x^(2^i) modulo the polynomial. It is (x + 1) times a primitive one of degree 31, so x^(2^31) is x
 * again and the table goes round. With it, appending a whole 64 KiB frame takes one multiplication
 * instead of eighteen.
 */
enum { SQUARES = 31 };
static const uint32_t X_SQUARED[SQUARES] = {
        0x40000000,
        0x20000000,
        0x08000000,
        0x00800000,
        0x00008000,
        0x82f63b78,
        0x6ea2d55c,
        0x18b8ea18,
        0x510ac59a,
        0xb82be955,
        0xb8fdb1e7,
        0x88e56f72,
        0x74c360a4,
        0xe4172b16,
        0x0d65762a,
        0x35d73a62,
        0x28461564,
        0xbf455269,
        0xe2ea32dc,
        0xfe7740e6,
        0xf946610b,
        0x3c204f8f,
        0x538586e3,
        0x59726915,
        0x734d5309,
        0xbc1ac763,
        0x7d0722cc,
        0xd289cabe,
        0xe94ca9bc,
        0x05b74f3f,
        0xa51e1f42,
};

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
	/* B's bytes shift A's remainder by x^(8 * b_size): a product of the squares at b_size's
	 * bits. */
	for (unsigned square = 3; b_size > 0; b_size >>= 1, square++)
		if (b_size & 1)
			a = multiply(X_SQUARED[square % SQUARES], a);
	return a ^ b;
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
