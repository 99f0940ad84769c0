/* SPDX-License-Identifier: MIT */
#ifndef T_FUZZ_FUZZ_H
#define T_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* One input. Returns 0; what is wrong aborts. Called by libFuzzer, or by replay.c for each file of
 * a corpus. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#endif
