/* SPDX-License-Identifier: MIT */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli; RFC 3720 B.4: "123456789" gives e3069283). `crc` is that of the bytes before, 0 at the start. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t size);
/* CRC of A followed by B, from the CRC of each and B's length. O(log b_size). */
uint32_t crc32c_combine(uint32_t a, uint32_t b, uint64_t b_size);

#endif
