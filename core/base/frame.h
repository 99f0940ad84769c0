/* SPDX-License-Identifier: MIT */
#ifndef BASE_FRAME_H
#define BASE_FRAME_H

#include <stddef.h>
#include <stdint.h>

/*
 * A frame: a span on the wire. Bodies of POST and of framed GET are frames, each a header and its bytes:
 *
 *   0      4      8              16             24     28
 *   +------+------+--------------+--------------+------+----------------+
 *   | size | crc  | writer       | sequence     | flags| size bytes ... |      little-endian
 *   +------+------+--------------+--------------+------+----------------+
 *
 * size 1..SPAN_SIZE_MAX; crc = CRC32C of the bytes, made by the client that wrote them, checked by every hop and kept
 * (RULES 7: a record is one or more frames, the last one flagged).
 */
enum {
	FRAME_HEADER_SIZE = 28,
	SPAN_SIZE_MAX = 65536,
	FRAME_RECORD_END = 1, /* flag: the record ends here */
};

struct frame {
	uint32_t size_bytes;
	uint32_t crc;
	uint64_t writer;
	uint64_t sequence;
	uint32_t flags;
};

void frame_encode(const struct frame *frame, uint8_t ret[FRAME_HEADER_SIZE]);
/* 0 or DFS_E_PROTO (size 0 or over the limit, unknown flag). */
int frame_decode(const uint8_t bytes[FRAME_HEADER_SIZE], struct frame *ret);
/* Bytes of a body that carries `payload` bytes in frames of SPAN_SIZE_MAX. */
uint64_t frame_body_size(uint64_t payload_bytes);

#endif
